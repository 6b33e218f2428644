//! Who may sync: one process at a time, by a lock on a file that holds its process id.
//!
//! The lock is the operating system's, so it ends with its process however that ends; the number in the file only
//! serves the message to the others.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::{StoreError, files};

const FILE: &str = "sync.lock";

/// The right to sync into a cache folder, until it is dropped.
#[derive(Debug)]
pub struct SyncLock {
    // Held for its lock.
    _file: File,
}

impl SyncLock {
    /// Takes the lock of a cache folder without waiting.
    ///
    /// # Errors
    /// [`StoreError::Locked`] with the holder's process id where another process (or another handle of this one)
    /// has it; [`StoreError::Io`] where the file cannot be made or locked.
    pub fn acquire(cache_dir: &Path) -> Result<Self, StoreError> {
        files::ensure_folder(cache_dir)?;
        let path = cache_dir.join(FILE);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(StoreError::io("open", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::Locked {
                    pid: read_pid(&mut file),
                    path,
                });
            }
            Err(TryLockError::Error(e)) => return Err(StoreError::io("lock", &path)(e)),
        }
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .map_err(StoreError::io("write", &path))?;
        Ok(Self { _file: file })
    }

    /// Whether some process is syncing into the folder now, and which.
    pub fn holder(cache_dir: &Path) -> Option<Option<u32>> {
        let mut file = File::open(cache_dir.join(FILE)).ok()?;
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => Some(read_pid(&mut file)),
            _ => None,
        }
    }
}

fn read_pid(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_may_sync_and_the_other_learns_who_does() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(SyncLock::holder(folder.path()), None);
        let lock = SyncLock::acquire(folder.path()).unwrap();
        let me = Some(std::process::id());
        match SyncLock::acquire(folder.path()) {
            Err(StoreError::Locked { pid, .. }) => assert_eq!(pid, me),
            other => panic!("{other:?}"),
        }
        assert_eq!(SyncLock::holder(folder.path()), Some(me));
        drop(lock);
        assert_eq!(SyncLock::holder(folder.path()), None);
        SyncLock::acquire(folder.path()).unwrap();
    }
}
