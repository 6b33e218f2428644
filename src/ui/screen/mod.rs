//! One file a screen.

pub mod catalog;
pub mod entity;
pub mod log;
mod preview;
pub mod tree;
