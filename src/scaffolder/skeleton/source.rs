//! The folder that a skeleton is read from: held open, so that nothing outside it is read whatever its links say.

use std::path::Path;

use cap_std::fs::Dir;
use tempfile::TempDir;

use super::place::{Place, place};
use crate::scaffolder::action::StepContext;
use crate::scaffolder::error::{ActionError, ActionErrorKind};
use crate::scaffolder::template_folder::TemplateFolder;
use crate::scaffolder::workspace::{Entry, EntryKind, Folder, disk_error, read_below, shown, walk};

/// The largest file that is read.
pub const LARGEST: u64 = 100 << 20;
/// The mode of files that came without one.
const PLAIN: u32 = 0o644;

/// A folder to copy or to render.
pub struct Source {
    dir: Dir,
    /// Its name in messages: as the step wrote it.
    name: String,
    /// Keeps what was fetched until it is copied.
    _fetched: Option<TempDir>,
}

/// A file that a source has, with its permission bits.
pub struct File {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its permission bits.
    pub mode: u32,
}

impl Source {
    /// The folder at a path of this machine.
    ///
    /// # Errors
    /// Where it cannot be entered.
    pub fn open(path: &Path, name: &str) -> Result<Self, ActionError> {
        let dir = Dir::open_ambient_dir(path, cap_std::ambient_authority())
            .map_err(|error| disk_error(name, &error))?;
        Ok(Self {
            dir,
            name: name.to_owned(),
            _fetched: None,
        })
    }

    /// The folder that the `url` of a step names.
    ///
    /// # Errors
    /// As [`place`]; where it is not there, is no folder, or lies around the workspace.
    pub async fn of_step(step: &StepContext<'_>) -> Result<Self, ActionError> {
        let url = step.text("url").unwrap_or_default();
        match place(step.template, url)? {
            Place::Beside(path) => {
                let source = Self::open(&local_folder(step.template)?, url)?;
                let source = source.below(&path)?;
                source.must_not_hold(step.workspace.root())?;
                Ok(source)
            }
            Place::Address(address) => {
                let fetched = tempfile::tempdir().map_err(|error| {
                    ActionError::io("no temporary folder could be made", &error)
                })?;
                let token = step.text("token");
                let tree = step.services.sources.tree(&address, token, fetched.path());
                tokio::select! {
                    done = tree => done?,
                    () = step.cancel.cancelled() => return Err(ActionError::cancelled()),
                }
                let mut source = Self::open(fetched.path(), url)?;
                source._fetched = Some(fetched);
                Ok(source)
            }
        }
    }

    /// A folder below, by a path without `..`.
    fn below(self, path: &str) -> Result<Self, ActionError> {
        if path.is_empty() {
            return Ok(self);
        }
        let dir = self
            .dir
            .open_dir(path)
            .map_err(|error| match error.kind() {
                std::io::ErrorKind::NotADirectory => ActionError::input(format!(
                    "{} is a file, where a folder is wanted",
                    shown(&self.name)
                ))
                .hint("fetch:plain:file and fetch:template:file take single files"),
                std::io::ErrorKind::NotFound => ActionError::not_found(format!(
                    "There is no folder {} beside the template",
                    shown(&self.name)
                )),
                _ => disk_error(&self.name, &error),
            })?;
        Ok(Self { dir, ..self })
    }

    /// Refuses a folder that holds the workspace: copying would not end.
    fn must_not_hold(&self, workspace: &Path) -> Result<(), ActionError> {
        let me = self.dir.dir_metadata();
        let Ok(me) = me else { return Ok(()) };
        let Ok(workspace) = workspace.canonicalize() else {
            return Ok(());
        };
        use cap_std::fs::MetadataExt as _;
        use std::os::unix::fs::MetadataExt as _;
        let holds = workspace.ancestors().any(|folder| {
            folder.metadata().is_ok_and(|data| {
                data.dev() == cap_std::fs::MetadataExt::dev(&me) && data.ino() == me.ino()
            })
        });
        if holds {
            return Err(ActionError::input(format!(
                "The workspace lies in {}, which would be copied into itself",
                shown(&self.name)
            )));
        }
        Ok(())
    }

    /// All that is in the folder, in the order in which Backstage takes it. Links that lead out of the folder are left
    /// out and given second.
    ///
    /// The `.git` folder of a checkout is left out, too; a made-up one is an entry like any other.
    ///
    /// # Errors
    /// `Input` for a name that is no text, `Limit` for too many.
    pub fn entries(&self) -> Result<(Vec<Entry>, Vec<String>), ActionError> {
        let is_checkout = self.dir.is_file(".git") || self.dir.is_file(".git/HEAD");
        let entries = walk(&self.dir, "", true, is_checkout.then_some(".git"))?;
        if let Some(entry) = entries.iter().find(|entry| entry.garbled) {
            return Err(ActionError::input(format!(
                "{}: the name {} is not UTF-8",
                shown(&self.name),
                shown(&entry.path)
            )));
        }
        let mut outside = Vec::new();
        let entries = entries.into_iter().filter(|entry| {
            let inside = match &entry.kind {
                EntryKind::Link { target } => self.leads_inside(&entry.path, target),
                EntryKind::Other => false,
                EntryKind::File { .. } | EntryKind::Folder => true,
            };
            if !inside {
                outside.push(entry.path.clone());
            }
            inside
        });
        let entries = entries.collect();
        Ok((entries, outside))
    }

    /// Whether a link leads to a place in the folder, whether anything is there or not.
    fn leads_inside(&self, path: &str, target: &str) -> bool {
        stays_inside(path, target)
            && match self.dir.metadata(path) {
                // Refused by the handle that holds the folder open, not by the system.
                Err(error) => {
                    error.kind() != std::io::ErrorKind::PermissionDenied
                        || error.raw_os_error().is_some()
                }
                Ok(_) => true,
            }
    }

    /// Whether a path is a folder.
    pub fn is_folder(&self, path: &str) -> bool {
        !path.is_empty() && self.dir.is_dir(path)
    }

    /// A file's bytes, links followed as far as they stay in the folder.
    ///
    /// # Errors
    /// As the disk says; `Limit` above [`LARGEST`] bytes.
    pub fn read(&self, path: &str) -> Result<Vec<u8>, ActionError> {
        read_below(&self.dir, path, LARGEST)
    }
}

/// The file that the `url` of a step names.
///
/// # Errors
/// As [`place`]; where it is not there or too large.
pub async fn file_of_step(step: &StepContext<'_>) -> Result<File, ActionError> {
    let url = step.text("url").unwrap_or_default();
    match place(step.template, url)? {
        Place::Beside(path) => {
            use cap_std::fs::MetadataExt as _;
            let path = if path.is_empty() { "." } else { &path };
            let source = Source::open(&local_folder(step.template)?, url)?;
            let bytes = source.read(path)?;
            let mode = source.dir.metadata(path).map_or(PLAIN, |data| data.mode());
            Ok(File {
                bytes,
                mode: mode & 0o7777,
            })
        }
        Place::Address(address) => {
            let file = step.services.sources.file(&address, step.text("token"));
            let bytes = tokio::select! {
                bytes = file => bytes?,
                () = step.cancel.cancelled() => return Err(ActionError::cancelled()),
            };
            if bytes.len() as u64 > LARGEST {
                return Err(ActionError::new(
                    ActionErrorKind::Limit,
                    format!("{} is larger than {} MiB", shown(url), LARGEST >> 20),
                ));
            }
            Ok(File { bytes, mode: PLAIN })
        }
    }
}

fn local_folder(template: &TemplateFolder) -> Result<std::path::PathBuf, ActionError> {
    match template {
        TemplateFolder::Local(folder) => Ok(folder.clone()),
        TemplateFolder::Remote(url) => Err(ActionError::not_allowed(format!(
            "{} is no folder of this machine",
            shown(url.as_str())
        ))),
    }
}

/// Whether a link's content, read as text from where the link stands, stays below the top.
pub(super) fn stays_inside(path: &str, target: &str) -> bool {
    if target.is_empty() || target.starts_with('/') {
        return false;
    }
    // The folder that the link stands in.
    let mut depth = path.matches('/').count();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => match depth.checked_sub(1) {
                Some(up) => depth = up,
                None => return false,
            },
            _ => depth += 1,
        }
    }
    true
}

/// Copies a link into the workspace; leaves out one that would lead out from where it now stands. Says whether it was
/// made.
pub(super) fn copy_link(
    folder: &Folder,
    to: &crate::scaffolder::workspace::InnerPath,
    target: &str,
) -> Result<bool, ActionError> {
    if !stays_inside(to.as_str(), target) {
        return Ok(false);
    }
    folder.link(to, target)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_link_is_judged_from_where_it_stands() {
        for (path, target) in [
            ("bin/link", "../src/main"),
            ("bin/link", "./nowhere"),
            ("link", "a/../b"),
            ("a/b/c", "../../x"),
            ("link", "."),
        ] {
            assert!(stays_inside(path, target), "{path} -> {target}");
        }
        for (path, target) in [
            ("link", "../x"),
            ("a/link", "../../x"),
            ("a/link", "b/../../../x"),
            ("link", "/etc/hostname"),
            ("link", ".."),
            ("link", ""),
        ] {
            assert!(!stays_inside(path, target), "{path} -> {target}");
        }
    }

    #[test]
    fn links_that_lead_out_are_not_entries() {
        let keep = tempfile::tempdir().unwrap();
        let root = keep.path().join("skeleton");
        std::fs::create_dir_all(root.join("d")).unwrap();
        std::fs::write(root.join("a"), "1").unwrap();
        symlink("/etc/passwd", root.join("absolute")).unwrap();
        symlink("../x", root.join("up")).unwrap();
        symlink("../a", root.join("d/inside")).unwrap();
        symlink("nowhere", root.join("dangling")).unwrap();
        // As text it stays inside; followed, it does not.
        symlink("..", root.join("d/top")).unwrap();
        symlink("d/top/../x", root.join("roundabout")).unwrap();
        let (entries, outside) = Source::open(&root, "s").unwrap().entries().unwrap();
        let paths: Vec<&str> = entries.iter().map(|e| e.path.as_str()).collect();
        assert_eq!(paths, ["a", "d", "dangling", "d/inside", "d/top"]);
        assert_eq!(outside, ["absolute", "roundabout", "up"]);
    }

    #[test]
    fn the_git_folder_of_a_checkout_is_left_out_and_a_made_up_one_is_not() {
        let keep = tempfile::tempdir().unwrap();
        std::fs::create_dir(keep.path().join(".git")).unwrap();
        std::fs::write(keep.path().join(".git/config"), "").unwrap();
        let count = || {
            Source::open(keep.path(), "s")
                .unwrap()
                .entries()
                .unwrap()
                .0
                .len()
        };
        assert_eq!(count(), 2);
        std::fs::write(keep.path().join(".git/HEAD"), "ref: refs/heads/main\n").unwrap();
        assert_eq!(count(), 0);
    }

    #[test]
    fn a_name_that_is_no_text_is_an_error_that_shows_it() {
        use std::os::unix::ffi::OsStrExt as _;
        let keep = tempfile::tempdir().unwrap();
        std::fs::write(
            keep.path().join(std::ffi::OsStr::from_bytes(b"caf\xe9")),
            "",
        )
        .unwrap();
        let error = Source::open(keep.path(), "s")
            .unwrap()
            .entries()
            .unwrap_err();
        assert!(
            error.message.contains("caf") && error.message.contains("UTF-8"),
            "{error}"
        );
    }
}
