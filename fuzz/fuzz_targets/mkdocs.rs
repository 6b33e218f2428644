//! Any text as a site's configuration, and as that of a site within it.

#![no_main]
#![allow(dead_code, reason = "each target has one of the readers")]

#[path = "../../tests/it/readers.rs"]
mod readers;

libfuzzer_sys::fuzz_target!(|data: &[u8]| readers::mkdocs(data));
