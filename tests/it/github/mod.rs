//! The GitHub client against the loopback GitHub.

mod client;
pub mod loopback;
mod org;
