//! What is known of one task.

use serde_json::Value;

/// How a task stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TaskStatus {
    /// Its process was started and has not begun.
    Open,
    /// Its steps are being run.
    Processing,
    /// Every step ended well or was skipped.
    Completed,
    /// A step failed.
    Failed,
    /// A person stopped it.
    Cancelled,
    /// Its process was killed, or the machine went down. Never stored: it follows from who holds the task's lock.
    Interrupted,
}

impl TaskStatus {
    /// As it is stored and printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
        }
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        [
            Self::Open,
            Self::Processing,
            Self::Completed,
            Self::Failed,
            Self::Cancelled,
        ]
        .into_iter()
        .find(|status| status.name() == name)
    }

    /// Whether a process works on it: more events may come by themselves.
    pub fn is_running(self) -> bool {
        matches!(self, Self::Open | Self::Processing)
    }
}

/// A task that is to be started.
#[derive(Clone, PartialEq, Debug)]
pub struct NewTask<'a> {
    /// A UUID.
    pub id: &'a str,
    /// What it is called: the template's title.
    pub title: &'a str,
    /// The template's complete reference, or the path it was read from.
    pub template: &'a str,
    /// See [`Tasks::spec`](super::Tasks::spec).
    pub spec: &'a Value,
    /// The names of the secrets it was given.
    pub secrets: &'a [String],
    /// Who started it, as their user reference.
    pub identity: Option<&'a str>,
}

/// A task, its spec apart. Times are in milliseconds since the Unix epoch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TaskRecord {
    /// A UUID in lower case.
    pub id: String,
    /// See [`NewTask::title`].
    pub title: String,
    /// See [`NewTask::template`].
    pub template: String,
    /// See [`NewTask::secrets`].
    pub secrets: Vec<String>,
    /// See [`NewTask::identity`].
    pub identity: Option<String>,
    /// When it was created.
    pub created_at: i64,
    /// When its latest attempt was asked for.
    pub claimed_at: i64,
    /// When its latest attempt ended; none while it has not.
    pub ended_at: Option<i64>,
    /// What the record says; ask [`Tasks::status`](super::Tasks::status) how it stands.
    pub status: TaskStatus,
    /// How often it was started; 1 for one that was never retried.
    pub attempt: i64,
    /// The process of the latest attempt.
    pub pid: Option<u32>,
    /// When that process started, as the system counts it: another process of the same number has another.
    pub pid_started: Option<u64>,
    /// Whether somebody asked for it to be cancelled.
    pub cancel: bool,
}
