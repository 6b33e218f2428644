//! The actions, one file each: id, schemas, examples and what it does. `registry` lists them.

pub mod debug_log;
pub mod debug_wait;
pub mod fetch_plain;
pub mod fetch_plain_file;
pub mod fetch_template;
pub mod fetch_template_file;
