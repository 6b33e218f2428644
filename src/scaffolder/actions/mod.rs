//! The actions, one file each: id, schemas, examples and what it does. `registry` lists them.

pub mod debug_log;
pub mod debug_wait;
pub mod fetch_plain;
pub mod fetch_plain_file;
pub mod fetch_template;
pub mod fetch_template_file;
pub mod fs_delete;
pub mod fs_readdir;
pub mod fs_rename;
pub mod roadiehq_fs_append;
pub mod roadiehq_fs_parse;
pub mod roadiehq_fs_write;
pub mod roadiehq_json_merge;
pub mod roadiehq_jsonata;
pub mod roadiehq_merge;
pub mod roadiehq_serialize_json;
pub mod roadiehq_serialize_yaml;
