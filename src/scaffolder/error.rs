//! Why an action failed: a kind, what happened, and what to do about it.
//!
//! Messages are shown and stored as they are, so a token or a secret must never be put into one.

use std::fmt;

/// What sort of failure it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ActionErrorKind {
    /// The step's input, or a file it names, is of no use.
    Input,
    /// A rule, a right or a person's answer forbids it.
    NotAllowed,
    /// Something that is needed is not there.
    NotFound,
    /// Something is there already, or changed meanwhile.
    Conflict,
    /// The other side could not be reached, or did not answer sensibly.
    Network,
    /// A rate limit, a size limit, or a limit of work.
    Limit,
    /// The disk: full, read-only, damaged.
    Storage,
    /// The task was cancelled.
    Cancelled,
    /// Anything else.
    Other,
}

impl ActionErrorKind {
    /// The name Backstage's errors of this sort have.
    pub fn name(self) -> &'static str {
        match self {
            Self::Input => "InputError",
            Self::NotAllowed => "NotAllowedError",
            Self::NotFound => "NotFoundError",
            Self::Conflict => "ConflictError",
            Self::Network | Self::Limit | Self::Storage | Self::Cancelled | Self::Other => "Error",
        }
    }
}

/// A failed action.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ActionError {
    /// What sort of failure it is.
    pub kind: ActionErrorKind,
    /// What happened, as a sentence without a full stop.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl ActionError {
    /// A failure of a kind.
    pub fn new(kind: ActionErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            hint: None,
        }
    }

    /// The step's input is of no use.
    pub fn input(message: impl Into<String>) -> Self {
        Self::new(ActionErrorKind::Input, message)
    }

    /// A rule or a right forbids it.
    pub fn not_allowed(message: impl Into<String>) -> Self {
        Self::new(ActionErrorKind::NotAllowed, message)
    }

    /// Something that is needed is not there.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(ActionErrorKind::NotFound, message)
    }

    /// Something is there already.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(ActionErrorKind::Conflict, message)
    }

    /// The task was cancelled.
    pub fn cancelled() -> Self {
        Self::new(ActionErrorKind::Cancelled, "The task was cancelled")
    }

    /// A failed operation of the file system on something that has a name.
    pub fn io(what: impl fmt::Display, error: &std::io::Error) -> Self {
        let kind = match error.kind() {
            std::io::ErrorKind::NotFound => ActionErrorKind::NotFound,
            _ => ActionErrorKind::Storage,
        };
        Self::new(kind, format!("{what}: {error}"))
    }

    /// The same with what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for ActionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ActionError {}
