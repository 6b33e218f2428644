//! The interface without a terminal: state, messages, and `update`, which turns a message into new state and a
//! list of effects.
//!
//! Plain data: no clock, no file, no network, no terminal library (only `editor` wraps one, for text input).

pub mod actions;

pub use actions::{Action, ActionInfo, Scope, TABLE};
