//! Any text as a template.

#![no_main]
#![allow(dead_code, reason = "each target has one of the readers")]

#[path = "../../tests/it/readers.rs"]
mod readers;

libfuzzer_sys::fuzz_target!(|data: &[u8]| readers::nunjucks(data));
