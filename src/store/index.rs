//! The flat index file: the catalog's [`Snapshot`] as the interface reads it before any database is opened.
//!
//! Read whole, never mapped (a file that is cut short under a mapping would kill the process); replaced by rename;
//! stamped with the generation of the cache it was built from. A missing or damaged one is no error: the catalog
//! is built from the database instead.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::thread;

use super::{StoreError, files};
use crate::catalog::Snapshot;
use crate::catalog::snapshot::format::{HEADER_LEN, Header};

/// The file's name in the cache folder.
pub const FILE: &str = "catalog.index";

/// From this size on, numbers and text are read at the same time: a second thread costs some 50 microseconds.
const WORTH_A_THREAD: usize = 1 << 20;

/// Reads the index of a cache folder; none where it is missing, damaged or of another format.
pub fn read(cache_dir: &Path) -> Option<Snapshot> {
    let file = File::open(cache_dir.join(FILE)).ok()?;
    let size = usize::try_from(file.metadata().ok()?.len()).ok()?;
    let mut head = [0; HEADER_LEN];
    file.read_exact_at(&mut head, 0).ok()?;
    let header = Header::parse(&head)?;
    let layout = header.layout()?;
    // The counts are the file's word; nothing is allocated for more than there is.
    let body = layout.numbers_len.checked_add(layout.text_len)?;
    if size != body.checked_add(HEADER_LEN)? {
        return None;
    }
    let text_at = HEADER_LEN as u64 + layout.numbers_len as u64;
    let numbers = || header.numbers(part(&file, HEADER_LEN as u64, layout.numbers_len)?);
    let text = || header.text(part(&file, text_at, layout.text_len)?);
    let (numbers, text) = if body < WORTH_A_THREAD {
        (numbers(), text())
    } else {
        thread::scope(|scope| {
            let other = scope.spawn(numbers);
            let text = text();
            (other.join().ok().flatten(), text)
        })
    };
    Snapshot::from_parts(header, numbers?, text?)
}

/// Replaces the index of a cache folder.
///
/// # Errors
/// [`StoreError::Io`] where the folder cannot be written; the old index stays.
pub fn write(cache_dir: &Path, snapshot: &Snapshot) -> Result<(), StoreError> {
    files::ensure_folder(cache_dir)?;
    let path = cache_dir.join(FILE);
    files::replace(&path, files::published_mode(cache_dir), |file| {
        let mut buffered = BufWriter::new(file);
        snapshot.write_to(&mut buffered)?;
        buffered.flush()
    })
}

fn part(file: &File, at: u64, length: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, at).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::RowInput;

    fn snapshot(rows: usize) -> Snapshot {
        let rows = (0..rows)
            .map(|n| RowInput {
                entity_ref: format!("component:default/service-{n}"),
                name: format!("service-{n}"),
                description: "Reconciles the ledger with what the bank says. ".repeat(4),
                ..RowInput::default()
            })
            .collect();
        Snapshot::build(rows, 7)
    }

    #[test]
    fn small_and_large_indexes_are_read_back() {
        let folder = tempfile::tempdir().unwrap();
        for rows in [0, 1, 10_000] {
            write(folder.path(), &snapshot(rows)).unwrap();
            let read = read(folder.path()).unwrap();
            assert_eq!(read.len(), rows);
            assert_eq!(read.generation(), 7);
            assert!(rows == 0 || read.find("component:default/service-0").is_some());
        }
    }

    #[test]
    fn a_missing_cut_or_foreign_file_is_no_index() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read(folder.path()).is_none());
        write(folder.path(), &snapshot(10)).unwrap();
        let path = folder.path().join(FILE);
        let whole = std::fs::read(&path).unwrap();
        for length in [0, 10, HEADER_LEN, whole.len() - 1] {
            std::fs::write(&path, &whole[..length]).unwrap();
            assert!(read(folder.path()).is_none(), "{length}");
        }
        std::fs::write(&path, vec![b'x'; 4096]).unwrap();
        assert!(read(folder.path()).is_none());
    }

    #[test]
    fn an_index_is_replaced_as_a_whole_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &snapshot(3)).unwrap();
        write(folder.path(), &snapshot(4)).unwrap();
        assert_eq!(read(folder.path()).unwrap().len(), 4);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
