//! Why a sync, or one of its sources, failed: a kind for exit codes and screens, a message, and what to do.

use std::fmt;

/// What sort of failure it is; decides the exit code and how the interface shows it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum SyncErrorKind {
    /// Stopped by the user; what was complete is kept.
    Cancelled,
    /// The host could not be reached.
    Offline,
    /// The rate limit is used up.
    RateLimited,
    /// Anything else: a broken answer, a file that cannot be read, a wrong configuration.
    Failed,
    /// The identity may not see the source: a missing scope, a suspended App, SAML single sign-on.
    NotAllowed,
    /// No token, or one that is not valid.
    NotSignedIn,
    /// Another process is syncing into the same cache.
    Busy,
    /// The cache itself could not be read or written.
    Cache,
}

/// A failure of a whole source or of the whole run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SyncError {
    /// See [`SyncErrorKind`].
    pub kind: SyncErrorKind,
    /// What failed, in one line; may hold text from outside: pass it through `text` before it is shown.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl SyncError {
    /// An error of this kind without a hint.
    pub fn new(kind: SyncErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            hint: None,
        }
    }

    /// The same error, with what to do.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Whether something was held back for want of a right.
    pub fn is_withheld(&self) -> bool {
        matches!(
            self.kind,
            SyncErrorKind::NotAllowed | SyncErrorKind::NotSignedIn
        )
    }

    /// The process's exit code where nothing else went wrong. `cache_is_empty` tells the two meanings of being offline
    /// apart: with data on hand it is a failed source, without any it is "nothing to show".
    pub fn exit_code(&self, cache_is_empty: bool) -> u8 {
        match self.kind {
            SyncErrorKind::NotAllowed | SyncErrorKind::NotSignedIn => 5,
            SyncErrorKind::Offline | SyncErrorKind::RateLimited if cache_is_empty => 6,
            SyncErrorKind::Cancelled
            | SyncErrorKind::Offline
            | SyncErrorKind::RateLimited
            | SyncErrorKind::Failed
            | SyncErrorKind::Busy
            | SyncErrorKind::Cache => 1,
        }
    }
}

impl fmt::Display for SyncError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SyncError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn being_offline_is_worse_with_nothing_to_show() {
        let error = SyncError::new(SyncErrorKind::Offline, "no route to host");
        assert_eq!(error.exit_code(false), 1);
        assert_eq!(error.exit_code(true), 6);
    }

    #[test]
    fn not_being_allowed_has_its_own_exit_code() {
        for kind in [SyncErrorKind::NotAllowed, SyncErrorKind::NotSignedIn] {
            assert_eq!(SyncError::new(kind, "no").exit_code(false), 5);
        }
    }
}
