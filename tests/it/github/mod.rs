//! The GitHub client against the loopback GitHub.

mod auth;
pub mod client;
mod identity;
pub mod loopback;
mod org;
