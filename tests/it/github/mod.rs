//! The GitHub client against the loopback GitHub.

mod client;
mod identity;
pub mod loopback;
mod org;
