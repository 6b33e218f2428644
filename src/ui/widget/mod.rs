//! Parts that several screens have.

pub mod bars;
pub mod kind;
pub mod picker;
