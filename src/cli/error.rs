//! How a command ends: the exit codes of the public surface, and the error a person reads.

use std::fmt;
use std::io;

use crate::store::StoreError;

/// What a process ends with. Scripts rely on the numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// 0: done.
    Done,
    /// 1: failed, or a check found something.
    Failed,
    /// 2: wrong usage.
    Usage,
    /// 3: the entity, page or setting that was named does not exist.
    NotFound,
    /// 4: the name stands for several entities.
    Ambiguous,
    /// 5: not signed in, or not allowed.
    NotAllowed,
    /// 6: offline or rate-limited, with nothing in the cache.
    Unavailable,
    /// 128 and the number: a signal ended the interface, as shells report it.
    Signal(i32),
}

impl Exit {
    /// The number the process ends with.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NotFound => 3,
            Self::Ambiguous => 4,
            Self::NotAllowed => 5,
            Self::Unavailable => 6,
            Self::Signal(number) => u8::try_from(number).map_or(u8::MAX, |n| n.saturating_add(128)),
        }
    }
}

/// Why a command could not do what it was asked.
///
/// Printed as `error: what` and, where there is something to do about it, `hint: what to do`. Either may hold
/// text of a repository: it is cleaned when it is printed, not before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CliError {
    /// What went wrong, naming the file, reference or URL. May have several lines.
    pub message: String,
    /// What the reader can do.
    pub hint: Option<String>,
    /// How the process ends.
    pub exit: Exit,
}

impl CliError {
    /// An error that ends with `exit`.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
            exit,
        }
    }

    /// An error that ends with 1.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(Exit::Failed, message)
    }

    /// An error of the arguments; ends with 2.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// The reader of standard output has gone. Nothing is said and nothing failed: `callboard list | head -1`.
    pub fn closed_pipe() -> Self {
        Self::new(Exit::Done, "")
    }

    /// The same error with what the reader can do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CliError {}

impl From<io::Error> for CliError {
    /// An error of standard output, the only stream whose errors come here bare.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::closed_pipe()
        } else {
            Self::failed(format!("standard output: {error}"))
        }
    }
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        let exit = match error {
            StoreError::NoCache { .. } => Exit::Unavailable,
            _ => Exit::Failed,
        };
        Self::new(exit, error.to_string()).hint(error.hint())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_pipe_is_no_failure_and_says_nothing() {
        let error = CliError::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!(error.exit, Exit::Done);
        assert!(error.message.is_empty());
    }

    #[test]
    fn a_full_disk_is_a_failure_that_says_so() {
        let error = CliError::from(io::Error::from(io::ErrorKind::StorageFull));
        assert_eq!(error.exit, Exit::Failed);
        assert!(error.message.starts_with("standard output: "));
    }
}
