//! What lies below a folder that is held open.

use std::io;
use std::path::Path;

use cap_std::fs::{Dir, Metadata, MetadataExt};

use super::disk_error;
use super::path::shown;
use crate::scaffolder::error::{ActionError, ActionErrorKind};

/// More than these are not listed.
const MOST: usize = 200_000;

/// A file, folder or link.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its path from the top, parts joined by `/`.
    pub path: String,
    /// What it is.
    pub kind: EntryKind,
    /// Whether its name is no text (not UTF-8): the path then only looks like it.
    pub garbled: bool,
}

/// What an entry is; links are not followed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EntryKind {
    /// A file of so many bytes, with its permission bits.
    File {
        /// Its permission bits.
        mode: u32,
        /// Bytes.
        size: u64,
    },
    /// A folder.
    Folder,
    /// A link, and what is written in it.
    Link {
        /// As it is written.
        target: String,
    },
    /// A pipe, a socket or a device: nothing a template can have.
    Other,
}

impl Entry {
    /// Its name, without the folders it lies in.
    pub fn name(&self) -> &str {
        self.path
            .rsplit_once('/')
            .map_or(&self.path, |(_, name)| name)
    }

    /// Whether it is a folder.
    pub fn is_folder(&self) -> bool {
        self.kind == EntryKind::Folder
    }
}

/// What is at a path, by what was found out about it.
pub(super) fn kind_of(dir: &Dir, path: &Path, data: &Metadata) -> EntryKind {
    if data.is_dir() {
        EntryKind::Folder
    } else if data.is_file() {
        EntryKind::File {
            mode: data.mode() & 0o7777,
            size: data.len(),
        }
    } else if data.is_symlink() {
        let target = dir.read_link_contents(path).unwrap_or_default();
        EntryKind::Link {
            target: target.to_string_lossy().into_owned(),
        }
    } else {
        EntryKind::Other
    }
}

/// Everything below `below`, level by level, each folder's names sorted by their bytes; of the folder alone where not
/// `recursive`. A folder directly below the top that is called `without` is left out.
///
/// # Errors
/// As the disk says; `Limit` where there is too much.
pub(crate) fn walk(
    dir: &Dir,
    below: &str,
    recursive: bool,
    without: Option<&str>,
) -> Result<Vec<Entry>, ActionError> {
    let mut out: Vec<Entry> = Vec::new();
    let mut level = vec![below.to_owned()];
    while !level.is_empty() {
        let mut next = Vec::new();
        for folder in level {
            let at = if folder.is_empty() { "." } else { &folder };
            let failed = |error: io::Error| disk_error(at, &error);
            let mut found = Vec::new();
            for entry in dir.read_dir(at).map_err(failed)? {
                let entry = entry.map_err(failed)?;
                let name = entry.file_name();
                if folder.is_empty() && without.is_some_and(|without| name == *without) {
                    continue;
                }
                let data = match entry.metadata() {
                    Ok(data) => data,
                    // Gone meanwhile.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    Err(error) => return Err(failed(error)),
                };
                let garbled = name.to_str().is_none();
                let lossy = name.to_string_lossy();
                let path = match folder.as_str() {
                    "" => lossy.into_owned(),
                    folder => format!("{folder}/{lossy}"),
                };
                let kind = kind_of(dir, &Path::new(at).join(&name), &data);
                found.push(Entry {
                    path,
                    kind,
                    garbled,
                });
                if out.len() + found.len() > MOST {
                    return Err(ActionError::new(
                        ActionErrorKind::Limit,
                        format!(
                            "{} has more than {MOST} files and folders in it",
                            shown(below)
                        ),
                    ));
                }
            }
            found.sort_by(|a, b| a.path.cmp(&b.path));
            // A folder whose name is no text cannot be entered by it.
            let entered = found.iter().filter(|e| e.is_folder() && !e.garbled);
            next.extend(entered.map(|e| e.path.clone()));
            out.extend(found);
        }
        level = if recursive { next } else { Vec::new() };
    }
    Ok(out)
}
