//! Any bytes as a catalog file, and as a page of YAML.

#![no_main]
#![allow(dead_code, reason = "each target has one of the readers")]

#[path = "../../tests/it/readers.rs"]
mod readers;

libfuzzer_sys::fuzz_target!(|data: &[u8]| readers::catalog(data));
