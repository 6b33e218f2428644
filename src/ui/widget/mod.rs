//! Parts that several screens have.

pub mod bars;
pub mod find;
pub mod kind;
pub mod picker;
pub mod tree;
