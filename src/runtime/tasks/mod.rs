//! Processes of tasks: starting one that outlives its terminal, stopping it, and what it leaves running.
//!
//! A task runs in a process of its own, the same program as `task-run ID`. Whoever starts it hands it token and secrets
//! through a pipe as one message ([`Message`]); they never stand in an argument, in the environment or on a disk. Everything
//! else goes through the store. What a task does is not known here.

mod environment;
mod logind;
mod message;
mod process;
mod start;

pub use environment::is_sensitive;
pub use logind::{Survival, survival};
pub use message::{LONGEST as LONGEST_MESSAGE, Message};
pub use process::{is_same_process, kill_session, started_at, terminate};
pub use start::{Order, Started, start};
