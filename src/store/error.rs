//! Why the store could not do something, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// What went wrong in the store; every kind names its file.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file or folder could not be read, written or made.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried: `write`, `create`, …
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The database refused a statement for a reason other than damage.
    #[error("{}: {source}", path.display())]
    Database {
        /// The database.
        path: PathBuf,
        /// SQLite's reason.
        source: rusqlite::Error,
    },
    /// The database is damaged, or no database at all.
    #[error("{} is damaged: {reason}", path.display())]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What a check said of it.
        reason: String,
    },
    /// The database was written by a later callboard and cannot be set aside.
    #[error("{} was written by a newer callboard (format {found}, this one knows {known})", path.display())]
    NewerFormat {
        /// The database.
        path: PathBuf,
        /// The format it has.
        found: i64,
        /// The latest format this program reads.
        known: i64,
    },
    /// The cache was written by an earlier callboard. It is built again from the sources, never converted.
    #[error("{} was written by an older callboard (format {found}, this one reads {known})", path.display())]
    OlderFormat {
        /// The database.
        path: PathBuf,
        /// The format it has.
        found: i64,
        /// The format this program reads.
        known: i64,
    },
    /// Something stored is not what this program writes.
    #[error("{}: a stored record cannot be read: {source}", path.display())]
    Record {
        /// The database.
        path: PathBuf,
        /// Why it is no record.
        source: serde_json::Error,
    },
    /// Another process is syncing.
    #[error("another callboard is syncing{}", pid.map(|pid| format!(" (process {pid})")).unwrap_or_default())]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// The holder, where it could be read.
        pid: Option<u32>,
    },
    /// A process runs the task already.
    #[error("the task {id} is running")]
    TaskRuns {
        /// The task.
        id: String,
    },
    /// The folder cannot be written by this user, so only reading is possible.
    #[error("{} is read-only", path.display())]
    ReadOnly {
        /// The folder.
        path: PathBuf,
    },
    /// There is no cache yet.
    #[error("there is no cache in {}", path.display())]
    NoCache {
        /// The folder.
        path: PathBuf,
    },
    /// No folder is configured and the system names none for this user.
    #[error("cannot find a home folder for this user")]
    NoHome,
}

impl StoreError {
    /// What to do about it, as one line.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Io { .. } => "check the folder's permissions and free space",
            Self::Database { .. } => {
                "if another callboard holds it, wait for that one; `callboard doctor` tells more"
            }
            Self::Damaged { .. } => {
                "run `callboard sync`: it sets the file aside and builds a new one"
            }
            Self::NewerFormat { .. } => {
                "use the newer callboard, or another --cache-dir or --state-dir"
            }
            Self::OlderFormat { .. } => "run `callboard sync`: it builds the cache anew",
            Self::Record { .. } => "run `callboard sync --full`",
            Self::Locked { .. } => "wait for it to finish; the interface shows its result",
            Self::TaskRuns { .. } => "follow it with `callboard task log --follow`",
            Self::ReadOnly { .. } => {
                "choose another folder with --cache-dir, or leave the sync to its owner"
            }
            Self::NoCache { .. } => "run `callboard sync` first",
            Self::NoHome => "set HOME, or give --cache-dir and --state-dir",
        }
    }

    /// Whether the file itself is at fault, so that setting it aside helps.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged { .. })
    }

    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }

    pub(super) fn sql(path: &Path) -> impl Fn(rusqlite::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged {
                path: path.clone(),
                reason: source.to_string(),
            },
            Some(ErrorCode::ReadOnly) => Self::ReadOnly { path: path.clone() },
            _ => Self::Database {
                path: path.clone(),
                source,
            },
        }
    }

    pub(super) fn record(path: &Path) -> impl Fn(serde_json::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Record {
            path: path.clone(),
            source,
        }
    }
}
