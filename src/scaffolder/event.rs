//! The events of a task: what is stored, followed and shown of it, in the shape of Backstage's task events.
//!
//! Messages are Backstage's words without its colour codes. Whoever implements [`EventSink`] masks secrets before a text
//! is stored or seen.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::engine::State;
use super::error::ActionError;

/// How far a step, or a task, is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StepStatus {
    /// Not begun.
    Open,
    /// Running.
    Processing,
    /// Ended well.
    Completed,
    /// Ended with an error.
    Failed,
    /// Stopped by a person.
    Cancelled,
    /// Not run: its condition was false, or a step before it failed.
    Skipped,
}

/// What an event is about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EventKind {
    /// A line of the log, or a step that changed its status.
    Log,
    /// The task ended; the last event.
    Completion,
    /// The task, or a step of it, was cancelled.
    Cancelled,
    /// The task goes on where it was interrupted.
    Recovered,
}

/// Why a task failed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TaskFailure {
    /// The error's name, as Backstage has it: `InputError`, `Error`, …
    pub name: String,
    /// What happened.
    pub message: String,
}

impl From<&ActionError> for TaskFailure {
    fn from(error: &ActionError) -> Self {
        Self {
            name: error.kind.name().to_owned(),
            message: error.message.clone(),
        }
    }
}

/// What an event says.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventBody {
    /// The line, or what happened, in words.
    pub message: String,
    /// The step it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step_id: Option<String>,
    /// The step's new status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<StepStatus>,
    /// At completion: the task's output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Value>,
    /// At completion: why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<TaskFailure>,
}

impl EventBody {
    /// A line that belongs to the task as a whole.
    pub fn task(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            ..Self::default()
        }
    }

    /// A line of a step.
    pub fn step(step_id: &str, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            step_id: Some(step_id.to_owned()),
            ..Self::default()
        }
    }

    /// The same with the step's new status.
    #[must_use]
    pub fn status(mut self, status: StepStatus) -> Self {
        self.status = Some(status);
        self
    }
}

/// One event as it is stored and printed: a line of `task log --output json`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskEvent {
    /// Rises by the order of events.
    pub id: i64,
    /// The task.
    pub task_id: String,
    /// RFC 3339 in UTC with milliseconds: `2026-11-20T23:08:09.000Z`.
    pub created_at: String,
    /// What it is about.
    #[serde(rename = "type")]
    pub kind: EventKind,
    /// What it says.
    pub body: EventBody,
}

/// Takes the events of a running task. A dry run collects them; a task's process stores each before anyone sees it.
pub trait EventSink: Send + Sync {
    /// Takes one event; when it returns, the event will not be lost.
    ///
    /// # Errors
    /// Where it cannot be kept: the task stops, because what is done and not recorded is worse than what is not done.
    fn append(&self, kind: EventKind, body: EventBody) -> Result<(), ActionError>;

    /// Keeps how far the task came, before its step is told to be finished; a run that is not gone on with keeps nothing.
    ///
    /// # Errors
    /// As [`EventSink::append`].
    fn save(&self, _state: &State) -> Result<(), ActionError> {
        Ok(())
    }
}
