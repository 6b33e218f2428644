//! The folder a task works in. Every path that a step names goes through it, and none leaves it.
//!
//! A path is checked twice: as text ([`InnerPath`]), and by the system at the moment it is used. [`Folder`] holds the
//! workspace open and every operation is resolved below that handle, link by link, so that no link, and nothing that is
//! swapped in between, leads out. What one run writes is bounded ([`WorkspaceLimits`]).

mod git_name;
mod glob;
mod path;
mod walk;

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cap_std::fs::{
    Dir, DirBuilder, Metadata, MetadataExt, OpenOptions, OpenOptionsExt, Permissions,
    PermissionsExt,
};

use super::error::{ActionError, ActionErrorKind};

pub(crate) use git_name::is_git_folder;
pub use glob::{Globs, is_glob};
pub(crate) use path::shown;
pub use path::{InnerPath, LONGEST_NAME, LONGEST_PATH};
pub(crate) use walk::walk;
pub use walk::{Entry, EntryKind};

/// Where a file is made before it gets its name, so that a half-written one is never taken for a whole one.
const PART: &str = ".callboard.part";

/// What one run of a task may write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WorkspaceLimits {
    /// Files, folders and links made.
    pub entries: u64,
    /// Bytes of files written.
    pub bytes: u64,
}

impl Default for WorkspaceLimits {
    fn default() -> Self {
        Self {
            entries: 200_000,
            bytes: 1 << 30,
        }
    }
}

/// The folder of one task. Clones share what was spent.
#[derive(Clone, Debug)]
pub struct Workspace {
    root: PathBuf,
    limits: WorkspaceLimits,
    spent: Arc<Spent>,
}

#[derive(Debug, Default)]
struct Spent {
    entries: AtomicU64,
    bytes: AtomicU64,
}

/// The mode a file is written with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// As a program makes files: readable as the umask allows. A file that exists keeps its own.
    Default,
    /// This one, less what the umask takes away. A file that exists keeps its own.
    New(u32),
    /// Exactly this one, whatever was there.
    Exact(u32),
}

impl Workspace {
    /// The workspace in a folder that exists.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self::with_limits(root, WorkspaceLimits::default())
    }

    /// A workspace with limits of its own.
    pub fn with_limits(root: impl Into<PathBuf>, limits: WorkspaceLimits) -> Self {
        Self {
            root: root.into(),
            limits,
            spent: Arc::default(),
        }
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The path that a step wrote, checked as text.
    ///
    /// # Errors
    /// See [`InnerPath::read`].
    pub fn inner(&self, path: &str) -> Result<InnerPath, ActionError> {
        InnerPath::read(&self.root, path)
    }

    /// The place of a path on the disk, for showing it and for other programs. To read or write it use
    /// [`Workspace::open`], which no change of links in between can lead out.
    ///
    /// # Errors
    /// `NotAllowed` where it leads out, by `..` or by a link, or names Git's own folder.
    pub fn resolve(&self, path: &str) -> Result<PathBuf, ActionError> {
        let inner = self.inner(path)?;
        let folder = self.open()?;
        match folder.dir.metadata(inner.on_disk()) {
            Ok(_) => {}
            Err(error) if is_missing(&error) => {}
            Err(error) => return Err(disk_error(path, &error)),
        }
        Ok(self.place(&inner))
    }

    /// Where a path is, links not looked at: as actions put it out.
    pub fn place(&self, path: &InnerPath) -> PathBuf {
        if path.is_root() {
            self.root.clone()
        } else {
            self.root.join(path.as_str())
        }
    }

    /// Holds the workspace open.
    ///
    /// # Errors
    /// Where the folder is not there or may not be entered.
    pub fn open(&self) -> Result<Folder, ActionError> {
        let dir = Dir::open_ambient_dir(&self.root, cap_std::ambient_authority())
            .map_err(|error| ActionError::io("the workspace cannot be opened", &error))?;
        Ok(Folder {
            dir,
            workspace: self.clone(),
        })
    }

    /// Counts what is about to be made.
    fn spend(&self, entries: u64, bytes: u64) -> Result<(), ActionError> {
        let made = self.spent.entries.fetch_add(entries, Ordering::Relaxed);
        if made.saturating_add(entries) > self.limits.entries {
            return Err(ActionError::new(
                ActionErrorKind::Limit,
                format!(
                    "The task makes more than {} files and folders",
                    self.limits.entries
                ),
            ));
        }
        let written = self.spent.bytes.fetch_add(bytes, Ordering::Relaxed);
        if written.saturating_add(bytes) > self.limits.bytes {
            return Err(ActionError::new(
                ActionErrorKind::Limit,
                format!(
                    "The task writes more than {} MiB into its workspace",
                    self.limits.bytes >> 20
                ),
            ));
        }
        Ok(())
    }
}

/// A workspace held open: what its files are and hold.
#[derive(Debug)]
pub struct Folder {
    dir: Dir,
    workspace: Workspace,
}

impl Folder {
    /// What is at a path, a link not followed; none where nothing is.
    ///
    /// # Errors
    /// `NotAllowed` where a link on the way leads out; else as the disk says.
    pub fn kind(&self, path: &InnerPath) -> Result<Option<EntryKind>, ActionError> {
        let data = self.metadata(path)?;
        Ok(data.map(|data| walk::kind_of(&self.dir, Path::new(path.on_disk()), &data)))
    }

    /// Whether something is at a path, links followed. A link that leads out leads to nothing.
    pub fn exists(&self, path: &InnerPath) -> bool {
        self.dir.exists(path.on_disk())
    }

    fn metadata(&self, path: &InnerPath) -> Result<Option<Metadata>, ActionError> {
        match self.dir.symlink_metadata(path.on_disk()) {
            Ok(data) => Ok(Some(data)),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(disk_error(path.as_str(), &error)),
        }
    }

    /// The bytes of a file, links followed.
    ///
    /// # Errors
    /// `NotFound` and `NotAllowed` as their names say; `Input` for a folder; `Limit` above `most` bytes.
    pub fn read(&self, path: &InnerPath, most: u64) -> Result<Vec<u8>, ActionError> {
        read_below(&self.dir, path.on_disk(), most)
    }

    /// Writes a file and the folders it lies in. What is there is replaced as a whole or stays as it was; a link is
    /// written through, where it leads to a place inside.
    ///
    /// # Errors
    /// `Conflict` where a folder is in the way, `NotAllowed` where a link leads out, `Limit`, and as the disk says.
    pub fn write(&self, path: &InnerPath, bytes: &[u8], mode: Mode) -> Result<(), ActionError> {
        let failed = |error: io::Error| disk_error(path.as_str(), &error);
        let there = self.metadata(path)?;
        if path.is_root() || there.as_ref().is_some_and(Metadata::is_dir) {
            return Err(in_the_way(path));
        }
        self.workspace
            .spend(u64::from(there.is_none()), bytes.len() as u64)?;
        let exact = match (mode, &there) {
            (Mode::Exact(mode), _) => Some(mode),
            (_, Some(data)) if data.is_file() => Some(data.mode() & 0o7777),
            _ => None,
        };
        if let Some(data) = &there
            && data.is_symlink()
            && !matches!(mode, Mode::Exact(_))
        {
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(true);
            let mut file = self
                .dir
                .open_with(path.on_disk(), &options)
                .map_err(failed)?;
            return file.write_all(bytes).map_err(failed);
        }
        if there.is_none() {
            self.make_parents(path)?;
        }
        // What an interrupted run left there.
        let _ = self.dir.remove_file(PART);
        let first = match mode {
            Mode::Default => 0o666,
            Mode::New(mode) | Mode::Exact(mode) => mode & 0o7777,
        };
        let written = self.write_part(bytes, first, exact);
        let named = written.and_then(|()| self.dir.rename(PART, &self.dir, path.on_disk()));
        named.map_err(|error| {
            let _ = self.dir.remove_file(PART);
            failed(error)
        })
    }

    fn write_part(&self, bytes: &[u8], mode: u32, exact: Option<u32>) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(mode);
        let mut file = self.dir.open_with(PART, &options)?;
        file.write_all(bytes)?;
        match exact {
            Some(mode) => file.set_permissions(Permissions::from_mode(mode & 0o7777)),
            None => Ok(()),
        }
    }

    /// Adds to the end of a file; makes it where it is missing.
    ///
    /// # Errors
    /// As [`Folder::write`].
    pub fn append(&self, path: &InnerPath, bytes: &[u8]) -> Result<(), ActionError> {
        let there = self.metadata(path)?;
        if path.is_root() || there.as_ref().is_some_and(Metadata::is_dir) {
            return Err(in_the_way(path));
        }
        if there.is_none() {
            return self.write(path, bytes, Mode::Default);
        }
        self.workspace.spend(0, bytes.len() as u64)?;
        let failed = |error: io::Error| disk_error(path.as_str(), &error);
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        let mut file = self
            .dir
            .open_with(path.on_disk(), &options)
            .map_err(failed)?;
        file.write_all(bytes).map_err(failed)
    }

    /// Makes a link with this content, in place of a file or link that is there. Whoever follows it through a workspace
    /// stays inside.
    ///
    /// # Errors
    /// `Conflict` where a folder is in the way, and as the disk says.
    pub fn link(&self, path: &InnerPath, target: &str) -> Result<(), ActionError> {
        let failed = |error: io::Error| disk_error(path.as_str(), &error);
        match self.metadata(path)? {
            Some(data) if data.is_dir() => return Err(in_the_way(path)),
            Some(_) => self.dir.remove_file(path.on_disk()).map_err(failed)?,
            None => self.make_parents(path)?,
        }
        self.workspace.spend(1, target.len() as u64)?;
        self.dir
            .symlink_contents(target, path.on_disk())
            .map_err(failed)
    }

    /// Makes a folder, and those it lies in, where it is missing.
    ///
    /// # Errors
    /// `Conflict` where a file is in the way, and as the disk says.
    pub fn make_folder(&self, path: &InnerPath) -> Result<(), ActionError> {
        if path.is_root() || self.dir.is_dir(path.on_disk()) {
            return Ok(());
        }
        // Counted one by one: a path can ask for a thousand of them.
        let depth = path.as_str().split('/').count() as u64;
        self.workspace.spend(depth, 0)?;
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        self.dir
            .create_dir_with(path.on_disk(), &builder)
            .map_err(|error| disk_error(path.as_str(), &error))
    }

    fn make_parents(&self, path: &InnerPath) -> Result<(), ActionError> {
        match path.parent() {
            Some("") | None => Ok(()),
            Some(parent) => self.make_folder(&InnerPath::read(Path::new(""), parent)?),
        }
    }

    /// Removes a file, a link (not what it leads to) or a folder with all that is in it. Says whether there was
    /// anything.
    ///
    /// # Errors
    /// `NotAllowed` where a link on the way leads out, and as the disk says.
    pub fn remove(&self, path: &InnerPath) -> Result<bool, ActionError> {
        let failed = |error: io::Error| disk_error(path.as_str(), &error);
        if path.is_root() {
            for entry in self.dir.entries().map_err(failed)? {
                let entry = entry.map_err(failed)?;
                // By the name as it is, which may be no text.
                if entry.file_type().map_err(failed)?.is_dir() {
                    self.dir.remove_dir_all(entry.file_name()).map_err(failed)?;
                } else {
                    self.dir.remove_file(entry.file_name()).map_err(failed)?;
                }
            }
            return Ok(true);
        }
        let Some(data) = self.metadata(path)? else {
            return Ok(false);
        };
        if data.is_dir() {
            self.dir.remove_dir_all(path.on_disk()).map_err(failed)?;
        } else {
            self.dir.remove_file(path.on_disk()).map_err(failed)?;
        }
        Ok(true)
    }

    /// Moves a file, link or folder.
    ///
    /// # Errors
    /// `NotFound` where there is none, `Conflict` where something is at the new place and `overwrite` is not set, `Input`
    /// where a folder would go into itself.
    pub fn rename(
        &self,
        from: &InnerPath,
        to: &InnerPath,
        overwrite: bool,
    ) -> Result<(), ActionError> {
        let Some(source) = self.metadata(from)? else {
            return Err(ActionError::not_found(format!(
                "{} is not in the workspace",
                shown(from.as_str())
            )));
        };
        if from == to {
            return Ok(());
        }
        let inside = |outer: &InnerPath, inner: &InnerPath| {
            outer.is_root()
                || (inner.as_str().strip_prefix(outer.as_str()))
                    .is_some_and(|rest| rest.starts_with('/'))
        };
        if inside(from, to) || inside(to, from) {
            return Err(ActionError::input(format!(
                "{} and {} lie in each other: neither can be moved to the other's place",
                shown(from.as_str()),
                shown(to.as_str())
            )));
        }
        match self.metadata(to)? {
            // One file under two names, as on a file system that ignores case.
            Some(there) if there.dev() == source.dev() && there.ino() == source.ino() => {}
            Some(_) if !overwrite => {
                return Err(ActionError::conflict(format!(
                    "{} is there already",
                    shown(to.as_str())
                ))
                .hint("Set overwrite: true to replace it"));
            }
            Some(_) => {
                self.remove(to)?;
            }
            None => self.make_parents(to)?,
        }
        self.dir
            .rename(from.on_disk(), &self.dir, to.on_disk())
            .map_err(|error| disk_error(from.as_str(), &error))
    }

    /// What lies in a folder, in the order in which Backstage lists it: level by level, each folder's names sorted. Links
    /// are listed and not followed.
    ///
    /// # Errors
    /// `NotFound` where there is no such folder, `Limit` where there is too much in it.
    pub fn entries(&self, below: &InnerPath, recursive: bool) -> Result<Vec<Entry>, ActionError> {
        let mut entries = walk(&self.dir, below.as_str(), recursive, None)?;
        entries.retain(|entry| entry.path != PART);
        Ok(entries)
    }
}

/// The bytes of a regular file below a folder that is held open.
pub(crate) fn read_below(dir: &Dir, path: &str, most: u64) -> Result<Vec<u8>, ActionError> {
    let failed = |error: io::Error| disk_error(path, &error);
    // Asked before it is opened: opening a pipe waits for whoever writes to it.
    let data = dir.metadata(path).map_err(failed)?;
    if !data.is_file() {
        let what = if data.is_dir() { "a folder" } else { "no file" };
        return Err(ActionError::input(format!("{} is {what}", shown(path))));
    }
    let too_large = || {
        ActionError::new(
            ActionErrorKind::Limit,
            format!("{} is larger than {} MiB", shown(path), most >> 20),
        )
    };
    if data.len() > most {
        return Err(too_large());
    }
    let file = dir.open(path).map_err(failed)?;
    let mut bytes = Vec::with_capacity(usize::try_from(data.len()).unwrap_or(0));
    file.take(most.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > most {
        return Err(too_large());
    }
    Ok(bytes)
}

fn in_the_way(path: &InnerPath) -> ActionError {
    let name = match path.as_str() {
        "" => ".",
        name => name,
    };
    ActionError::conflict(format!("{} is a folder", shown(name)))
}

fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// What a failed operation on a path means.
pub(crate) fn disk_error(path: &str, error: &io::Error) -> ActionError {
    let name = shown(path);
    match error.kind() {
        // The only refusal that does not come from the system: the path left the folder that is held open.
        io::ErrorKind::PermissionDenied if error.raw_os_error().is_none() => {
            ActionError::not_allowed(format!("{name} leads out of its folder by a link"))
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ActionError::new(
            ActionErrorKind::Storage,
            format!("No room is left on the disk for {name}"),
        )
        .hint("Free some room, then retry the task: it goes on from this step"),
        io::ErrorKind::NotFound => ActionError::not_found(format!("{name} is not there")),
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => ActionError::conflict(
            format!("{name} cannot be: a part of its path is a file, not a folder"),
        ),
        io::ErrorKind::InvalidFilename => {
            ActionError::input(format!("{name} is no name a file can have here"))
        }
        _ => ActionError::io(name, error),
    }
}

#[cfg(test)]
mod tests;
