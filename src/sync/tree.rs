//! Many files of one folder at once: a walk over several threads that reads each file as it comes to it.
//!
//! Links are not followed, so that nothing outside the folder is read; no more of a file is read than it may have. The
//! outcome is in order of path, whatever the threads did.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, PoisonError};

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

/// Reads every file below `root` whose path is `wanted`, in folders that are `entered`, and makes something of its bytes on the thread that read it.
///
/// A folder or file that cannot be read stands in the list with its error; the walk goes on.
pub fn read_tree<T: Send>(
    root: &Path,
    options: TreeOptions,
    entered: impl Fn(&Path) -> bool + Sync,
    wanted: impl Fn(&Path) -> bool + Sync,
    make: impl Fn(&Path, &[u8]) -> T + Sync,
) -> Vec<(PathBuf, io::Result<T>)> {
    let queue = Mutex::new(Queue {
        folders: vec![root.to_owned()],
        busy: 0,
    });
    let changed = Condvar::new();
    let found = Mutex::new(Vec::new());
    let work = || {
        let (mut mine, mut buffer) = (Vec::new(), Vec::new());
        while let Some(folder) = next_folder(&queue, &changed) {
            let mut folders = Vec::new();
            if let Err(error) = walk(&folder, &mut folders, (&entered, &wanted), &mut |path| {
                let made = read(&path, options.bytes, &mut buffer)
                    .map(|length| make(&path, buffer.get(..length).unwrap_or_default()));
                mine.push((path, made));
            }) {
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

fn walk(
    folder: &Path,
    folders: &mut Vec<PathBuf>,
    (entered, wanted): (&impl Fn(&Path) -> bool, &impl Fn(&Path) -> bool),
    file: &mut dyn FnMut(PathBuf),
) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            let path = entry.path();
            if entered(&path) {
                folders.push(path);
            }
        } else if kind.is_file() {
            let path = entry.path();
            if wanted(&path) {
                file(path);
            }
        }
    }
    Ok(())
}

/// The least room a read gets, in bytes: most catalog files come whole.
const ROOM: usize = 16 << 10;

/// Reads a file to the beginning of the buffer, which only grows, and returns its length.
fn read(path: &Path, most: u64, buffer: &mut Vec<u8>) -> io::Result<usize> {
    // Opened, read to its end and closed: nothing is asked about a file that reading does not tell.
    let mut file = File::open(path)?;
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
                |path| path.extension().is_some_and(|e| e == "yaml"),
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
