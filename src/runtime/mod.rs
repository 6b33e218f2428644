//! The interface at work: the event loop, its jobs, its signals.
//!
//! The loop waits for whatever comes first, lets [`app::update`](crate::app::update) turn it into state and effects,
//! hands the effects on, and draws when there is something to draw and the terminal takes it. It does no work
//! itself and, while nothing happens, nothing at all: no tick, no poll, no byte.

mod card;
mod docs;
mod event;
mod event_loop;
mod frame;
mod handover;
mod jobs;
mod launch;
mod load;
pub mod log;
mod open;
mod pace;
mod schedule;
mod setup;
mod signals;
#[cfg(test)]
mod stroke_tests;
mod suspend;
mod syncing;
pub mod tasks;
mod timers;
mod watch;
mod work;
mod zone;

pub use card::{CardSources, load_card, runbooks_of};
pub use event_loop::run_interface;
pub use launch::{Ending, Launch, LaunchError, RunSync, SyncPlan};
pub use load::load_entity;
