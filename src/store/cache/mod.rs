//! The catalog's cache: what sources handed over, by source and unit (a repository, a folder), in SQLite.
//!
//! A unit is replaced in one transaction, so that a process killed at any moment loses nothing that was committed
//! and leaves nothing half done. Records hold no derived relations; those are computed from one read of all of them.
//! The *generation* counts changes of what the catalog shows, and only real ones: writing what is already there
//! writes nothing.

mod http;
mod merge;
mod on_call;
mod open;
mod problems;
mod publish;
mod read;
#[cfg(test)]
mod tests;
mod unserved;
mod write;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde_json::Value;

pub use http::HttpEntry;
pub(in crate::store) use write::bump;

use super::StoreError;
use crate::catalog::{Conflict, EntityRecord, FileRecord, Problem};

/// What a caller means to do with the cache.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OpenMode {
    /// Sync: makes what is missing, checks the database as a whole, sets a damaged or newer one aside.
    ReadWrite,
    /// Everything else. Never writes; a damaged or newer database is reported, not touched.
    ReadOnly,
}

/// A cache that was opened.
#[derive(Debug)]
pub struct Opened {
    /// The cache.
    pub cache: Cache,
    /// One line to show where an older database was set aside.
    pub notice: Option<String>,
    /// The folder cannot be written and the database was opened as somebody else published it.
    pub shared: bool,
}

/// What a source hands over at once: everything of one repository or folder.
#[derive(Clone, PartialEq, Debug)]
pub struct UnitRecord {
    /// The source it belongs to, under a name that stays the same from sync to sync.
    pub source: String,
    /// Its name within the source: `acme/payments`.
    pub unit: String,
    /// What the source needs to know at the next refresh (object ids, times); anything but secrets.
    pub state: Value,
    /// Its files, those that could not be read included.
    pub files: Vec<FileRecord>,
}

/// What stays of a unit's former files although it is not handed over again.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Kept {
    /// What is not handed over is gone.
    #[default]
    Nothing,
    /// The files at these locations could not be read and stay, stale, with all that they lead to. A folder of this
    /// machine, `file:` with a slash at its end, stands for all below it.
    Files(BTreeSet<String>),
    /// Nobody can say which files there are: all that were there stay, stale.
    Everything,
}

impl Kept {
    /// Whether a former file stays that is not handed over.
    fn keeps(&self, location: &str) -> bool {
        match self {
            Self::Nothing => false,
            Self::Everything => true,
            Self::Files(named) => {
                let is_below = |folder: &str| named.contains(folder);
                named.contains(location)
                    || location.starts_with("file:")
                        && location
                            .match_indices('/')
                            .filter_map(|(at, _)| location.get(..=at))
                            .any(is_below)
            }
        }
    }

    /// Keeps this location too.
    pub fn add(&mut self, location: String) {
        match self {
            Self::Nothing => *self = Self::Files(BTreeSet::from([location])),
            Self::Files(named) => {
                named.insert(location);
            }
            Self::Everything => {}
        }
    }

    /// Keeps what either of the two keeps.
    pub fn join(&mut self, other: Self) {
        match other {
            Self::Nothing => {}
            Self::Files(named) => named.into_iter().for_each(|location| self.add(location)),
            Self::Everything => *self = Self::Everything,
        }
    }
}

/// What `unit.stale` says: its source shows it.
const IN_SIGHT: i64 = 0;
/// Its source lost sight of it.
const STALE: i64 = 1;
/// See [`Cache::mark_orphan`].
const ORPHAN: i64 = 2;

/// What the cache knows of a unit, its files apart.
#[derive(Clone, PartialEq, Debug)]
pub struct UnitState {
    /// See [`UnitRecord::unit`].
    pub unit: String,
    /// See [`UnitRecord::state`].
    pub state: Value,
    /// The source lost sight of it; its entities are shown as they were.
    pub stale: bool,
}

/// What replacing or removing units did, counted in entities.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct UnitChange {
    /// Entities that were not there.
    pub added: usize,
    /// Entities whose content, problems or location differ. One that only moved within its file does not count.
    pub changed: usize,
    /// Entities that are gone.
    pub removed: usize,
    /// Entities that are as they were.
    pub unchanged: usize,
}

impl std::ops::AddAssign for UnitChange {
    fn add_assign(&mut self, other: Self) {
        self.added += other.added;
        self.changed += other.changed;
        self.removed += other.removed;
        self.unchanged += other.unchanged;
    }
}

/// A file with where it came from.
#[derive(Clone, PartialEq, Debug)]
pub struct StoredFile {
    /// See [`UnitRecord::source`].
    pub source: String,
    /// See [`UnitRecord::unit`].
    pub unit: String,
    /// Its unit or the file itself was not seen the last time; its entities are shown as they were.
    pub stale: bool,
    /// See [`Cache::mark_orphan`].
    pub orphan: bool,
    /// The file.
    pub file: FileRecord,
}

/// One entity of the cache, as its file gave it.
#[derive(Clone, PartialEq, Debug)]
pub struct StoredEntity {
    /// See [`UnitRecord::source`].
    pub source: String,
    /// See [`UnitRecord::unit`].
    pub unit: String,
    /// See [`StoredFile::stale`].
    pub stale: bool,
    /// See [`FileRecord::location`].
    pub location: String,
    /// See [`FileRecord::origin`].
    pub origin: String,
    /// The entity, its positions and its own problems.
    pub record: EntityRecord,
    /// Problems about it that stand with its file: another document of the file that gives it too.
    pub file_problems: Vec<Problem>,
    /// The other locations that give the same reference and lost it to this one, in their order.
    pub conflicts: Vec<Conflict>,
}

/// The cache database, open. For one thread at a time; give each its own.
#[derive(Debug)]
pub struct Cache {
    dir: PathBuf,
    path: PathBuf,
    connection: Connection,
}

impl Cache {
    /// The folder it lies in.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    pub(in crate::store) fn path(&self) -> &Path {
        &self.path
    }

    pub(in crate::store) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(in crate::store) fn sql(&self) -> impl Fn(rusqlite::Error) -> StoreError + use<> {
        StoreError::sql(&self.path)
    }

    pub(in crate::store) fn parse(&self, text: &str) -> Result<Value, StoreError> {
        serde_json::from_str(text).map_err(StoreError::record(&self.path))
    }
}
