//! Many files of one folder at once: a walk over several threads that reads each file as it comes to it.
//!
//! Links are not followed, so that nothing outside the folder is read; no more of a file is read than it may have. The
//! outcome is in order of path, whatever the threads did.

mod listing;

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, PoisonError};

use listing::{Found, Lister};

/// What is to be read, and how.
#[derive(Clone, Copy, Debug)]
pub struct TreeOptions {
    /// Threads to walk, read and work with; at least one.
    pub threads: usize,
    /// The most bytes a file may have.
    pub bytes: u64,
}

/// Folders still to be walked, and how many threads may add to them.
struct Queue {
    folders: Vec<PathBuf>,
    busy: usize,
}

/// A file or folder that the walk met.
#[derive(Clone, Copy, Debug)]
pub struct Met<'a> {
    /// Its path, beginning with the root's.
    pub path: &'a Path,
    /// The same from the root on.
    pub below_root: &'a OsStr,
}

/// Reads every file below `root` that is `wanted`, in folders that are `entered`, and makes something of its bytes on the
/// thread that read it.
///
/// A folder or file that cannot be read stands in the list with its error; the walk goes on.
pub fn read_tree<T: Send>(
    root: &Path,
    options: TreeOptions,
    entered: impl Fn(Met<'_>) -> bool + Sync,
    wanted: impl Fn(Met<'_>) -> bool + Sync,
    make: impl Fn(Met<'_>, &[u8]) -> T + Sync,
) -> Vec<(PathBuf, io::Result<T>)> {
    let queue = Mutex::new(Queue {
        folders: vec![root.to_owned()],
        busy: 0,
    });
    let changed = Condvar::new();
    let found = Mutex::new(Vec::new());
    let work = || {
        let (mut mine, mut buffer) = (Vec::new(), Vec::new());
        let (mut lister, mut names) = (Lister::new(), Names::new(root));
        while let Some(folder) = next_folder(&queue, &changed) {
            let mut folders = Vec::new();
            names.enter(&folder);
            let listed = lister.list(&folder, |name, found| {
                let met = names.name(name);
                match found {
                    Found::Folder if entered(met) => folders.push(met.path.to_owned()),
                    Found::File(open) if wanted(met) => {
                        let made = open()
                            .and_then(|file| read(file, options.bytes, &mut buffer))
                            .map(|length| make(met, buffer.get(..length).unwrap_or_default()));
                        mine.push((met.path.to_owned(), made));
                    }
                    Found::Folder | Found::File(_) => {}
                }
            });
            if let Err(error) = listed {
                mine.push((folder, Err(error)));
            }
            let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
            queue.busy = queue.busy.saturating_sub(1);
            // Whoever waits has nothing to do unless there is a new folder, or never will be one.
            if !folders.is_empty() || queue.busy == 0 {
                changed.notify_all();
            }
            queue.folders.append(&mut folders);
        }
        found
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .append(&mut mine);
    };
    std::thread::scope(|scope| {
        for _ in 1..options.threads {
            scope.spawn(work);
        }
        work();
    });
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_unstable_by(|(a, _), (b, _)| a.as_os_str().cmp(b.as_os_str()));
    found
}

/// The paths of what lies in one folder, written one after the other in the same place.
struct Names {
    path: Vec<u8>,
    /// Where the path below the root begins.
    below_root: usize,
    /// Where a name in the folder begins.
    name: usize,
}

impl Names {
    fn new(root: &Path) -> Self {
        let mut names = Self {
            path: Vec::new(),
            below_root: 0,
            name: 0,
        };
        names.enter(root);
        names.below_root = names.name;
        names
    }

    fn enter(&mut self, folder: &Path) {
        self.path.clear();
        self.path.extend_from_slice(folder.as_os_str().as_bytes());
        if !self.path.is_empty() && !self.path.ends_with(b"/") {
            self.path.push(b'/');
        }
        self.name = self.path.len();
    }

    fn name(&mut self, name: &OsStr) -> Met<'_> {
        self.path.truncate(self.name);
        self.path.extend_from_slice(name.as_bytes());
        let below_root = self.path.get(self.below_root..).unwrap_or_default();
        Met {
            path: Path::new(OsStr::from_bytes(&self.path)),
            below_root: OsStr::from_bytes(below_root),
        }
    }
}

/// The next folder, once there is one; nothing when all are walked.
fn next_folder(queue: &Mutex<Queue>, changed: &Condvar) -> Option<PathBuf> {
    let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        if let Some(folder) = queue.folders.pop() {
            queue.busy += 1;
            return Some(folder);
        }
        if queue.busy == 0 {
            return None;
        }
        queue = changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
    }
}

/// The least room a read gets, in bytes: most catalog files come whole.
const ROOM: usize = 16 << 10;

/// Reads a file to the beginning of the buffer, which only grows, and returns its length. Nothing is asked about the
/// file that reading does not tell.
fn read(mut file: File, most: u64, buffer: &mut Vec<u8>) -> io::Result<usize> {
    let mut length = 0;
    loop {
        if buffer.len() < length + ROOM {
            buffer.resize((length + ROOM).max(buffer.len() * 2), 0);
        }
        let got = match file.read(buffer.get_mut(length..).unwrap_or_default()) {
            Ok(0) => return Ok(length),
            Ok(got) => got,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        length += got;
        if length as u64 > most {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("the file has more than {most} bytes"),
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wanted_file_is_read_once_in_order_of_path() {
        let folder = tempfile::tempdir().unwrap();
        for i in 0..20 {
            let inner = folder.path().join(format!("{}/{i}", i % 3));
            std::fs::create_dir_all(&inner).unwrap();
            std::fs::write(inner.join("a.yaml"), format!("{i}")).unwrap();
            std::fs::write(inner.join("b.txt"), "no").unwrap();
        }
        for threads in [0, 1, 4] {
            let found = read_tree(
                folder.path(),
                TreeOptions {
                    threads,
                    bytes: 100,
                },
                |_| true,
                |met| met.path.extension().is_some_and(|e| e == "yaml"),
                |_, bytes| String::from_utf8_lossy(bytes).into_owned(),
            );
            assert_eq!(found.len(), 20);
            assert!(found.iter().is_sorted_by_key(|(path, _)| path.as_os_str()));
            let mut texts: Vec<usize> = found
                .iter()
                .map(|(_, t)| t.as_ref().unwrap().parse().unwrap())
                .collect();
            texts.sort_unstable();
            assert_eq!(texts, (0..20).collect::<Vec<_>>());
        }
    }

    #[test]
    fn links_are_left_alone_and_large_files_and_missing_folders_are_errors() {
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(outside.path().join("secret.yaml"), "x").unwrap();
        std::os::unix::fs::symlink(outside.path(), folder.path().join("link")).unwrap();
        std::os::unix::fs::symlink(
            outside.path().join("secret.yaml"),
            folder.path().join("link.yaml"),
        )
        .unwrap();
        std::fs::write(folder.path().join("large.yaml"), "0123456789").unwrap();
        let options = TreeOptions {
            threads: 2,
            bytes: 5,
        };
        let found = read_tree(folder.path(), options, |_| true, |_| true, |_, _| ());
        assert_eq!(found.len(), 1);
        assert!(
            found[0]
                .1
                .as_ref()
                .is_err_and(|e| e.kind() == io::ErrorKind::FileTooLarge)
        );
        let missing = read_tree(
            &folder.path().join("none"),
            options,
            |_| true,
            |_| true,
            |_, _| (),
        );
        assert!(missing.len() == 1 && missing[0].1.is_err());
    }
}
