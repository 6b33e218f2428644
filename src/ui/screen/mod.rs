//! One file a screen.

pub mod catalog;
pub mod doc_find;
pub mod docs;
pub mod entity;
pub mod log;
mod overview;
mod preview;
pub mod tree;
