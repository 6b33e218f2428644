//! The actions, one file each: id, schemas, examples and what it does. `registry` lists them.

pub mod debug_log;
pub mod debug_wait;
