//! The interface without a terminal: state, messages, and `update`, which turns a message into new state and a
//! list of effects.
//!
//! Plain data: no clock, no file, no network, no terminal library (only [`editor`] wraps one, for text input).

pub mod actions;
mod bindings;
mod command;
pub mod complete;
pub mod detail;
pub mod docs;
pub mod editor;
pub mod facets;
pub mod impact;
pub mod job;
pub mod layout;
pub mod line;
pub mod list;
mod mouse;
pub mod msg;
pub mod outline;
pub mod picker;
pub mod preview;
pub mod screen;
mod search;
pub mod state;
pub mod status;
mod update;
pub mod who;
pub mod words;

#[cfg(test)]
pub(crate) mod tests;

pub use actions::{Action, ActionInfo, Scope, TABLE};
pub use command::NO_RUNBOOK;
pub use job::{
    Edited, Effect, HandOver, Job, JobError, JobErrorKind, JobEvent, JobId, JobReport, Policy,
    SearchRequest, Slot, SyncProgress, TreeFilterRequest,
};
pub use msg::{
    CacheUpdate, Capabilities, Condition, Matches, Mouse, MouseKind, Msg, Output, Target, Timer,
};
pub use state::{Level, Notice, Setup, State};
pub use update::update;
