//! Reading a template: pieces into statements, and the code in tags into expressions.

mod expression;
mod primary;
mod template;

pub(crate) use template::parse;
