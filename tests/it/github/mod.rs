//! The GitHub client against the loopback GitHub.

mod auth;
mod client;
mod identity;
pub mod loopback;
mod org;
