//! Whether a task's process lives: it holds a lock of the operating system, which ends with it however it ends.
//!
//! Unlike the number of a process, a lock is never another's, and holds across machines that share the folder.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::{Tasks, folder};
use crate::store::{StoreError, files};

const FILE: &str = "lock";

/// The right to run a task, until it is dropped.
#[derive(Debug)]
pub struct TaskLock {
    // Held for its lock.
    _file: File,
}

impl TaskLock {
    /// Takes the lock of a task without waiting.
    ///
    /// # Errors
    /// [`StoreError::Locked`] where another process (or another handle of this one) runs the task; [`StoreError::Io`] where
    /// the file cannot be made or locked.
    pub fn acquire(state_dir: &Path, id: &str) -> Result<Self, StoreError> {
        let path = place(&folder(state_dir), id);
        files::ensure_folder(path.parent().unwrap_or(Path::new(".")))?;
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(StoreError::io("open", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::TaskRuns { id: id.to_owned() }),
            Err(TryLockError::Error(error)) => Err(StoreError::io("lock", &path)(error)),
        }
    }

    /// Whether some process runs the task. `tasks` is the folder of all tasks.
    pub(super) fn is_held(tasks: &Path, id: &str) -> bool {
        let Ok(file) = File::open(place(tasks, id)) else {
            return false;
        };
        matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
    }
}

fn place(tasks: &Path, id: &str) -> PathBuf {
    tasks.join(id).join(FILE)
}

impl Tasks {
    /// Makes the folder a task works in, private, where it is not there yet.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn make_workspace(&self, id: &str) -> Result<PathBuf, StoreError> {
        let workspace = self.workspace(id);
        files::ensure_folder(&workspace)?;
        Ok(workspace)
    }

    /// Removes the folder of a task that will not run again: its workspace and its lock.
    ///
    /// # Errors
    /// [`StoreError::Io`] where something in it cannot be removed.
    pub fn remove_folder(&self, id: &str) -> Result<(), StoreError> {
        let place = self.folder.join(id);
        match std::fs::remove_dir_all(&place) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(StoreError::io("remove", &place)(error))
            }
            _ => Ok(()),
        }
    }
}
