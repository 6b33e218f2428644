//! What a folder of the workspace changes in a repository's tree.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use sha1::{Digest, Sha1};

use crate::github::Tree;
use crate::scaffolder::error::{ActionError, ActionErrorKind};
use crate::scaffolder::git::{Change, FileMode, bytes_of};

/// Most files that are looked at.
const MOST_FILES: usize = 100_000;

/// Every file below a folder, as it would stand in a commit below `target`; what `.gitignore` files leave out and `.git` are
/// left out. Links are links.
///
/// # Errors
/// `Storage` and `NotFound` where the folder cannot be read; `Input` where a name is not UTF-8 or `target` leads out.
pub fn files(folder: &Path, target: &str) -> Result<Vec<Change>, ActionError> {
    let prefix = inside(target)?;
    let mut changes = Vec::new();
    let walk = ignore::WalkBuilder::new(folder)
        .hidden(false)
        .ignore(false)
        .parents(false)
        .git_global(false)
        .git_exclude(false)
        .git_ignore(true)
        .require_git(false)
        .follow_links(false)
        .filter_entry(|entry| entry.file_name() != ".git")
        .sort_by_file_path(Path::cmp)
        .build();
    for entry in walk {
        let entry = entry.map_err(|error| {
            ActionError::new(ActionErrorKind::Storage, format!("the workspace: {error}"))
        })?;
        let path = entry.path();
        let metadata = path
            .symlink_metadata()
            .map_err(|error| ActionError::io(path.display(), &error))?;
        let Some(mode) = mode_of(&metadata) else {
            continue;
        };
        let relative = path.strip_prefix(folder).unwrap_or(path);
        let relative = relative.to_str().ok_or_else(|| {
            ActionError::input(format!("{}: the name is not UTF-8", relative.display()))
        })?;
        changes.push(Change {
            path: format!("{prefix}{relative}"),
            file: Some((mode, path.to_owned())),
        });
        if changes.len() > MOST_FILES {
            return Err(ActionError::new(
                ActionErrorKind::Limit,
                format!("the workspace holds more than {MOST_FILES} files"),
            ));
        }
    }
    Ok(changes)
}

/// A folder of a repository as what its files' paths begin with.
///
/// # Errors
/// `Input` where it leads out of the repository.
pub fn inside(target: &str) -> Result<String, ActionError> {
    let mut parts: Vec<&str> = Vec::new();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.pop().is_some() => {}
            ".." => {
                return Err(ActionError::input(format!(
                    "`{target}` leads out of the repository"
                )));
            }
            part => parts.push(part),
        }
    }
    if parts.iter().any(|part| part.eq_ignore_ascii_case(".git")) {
        return Err(ActionError::input(format!(
            "`{target}` is git's own folder"
        )));
    }
    let mut prefix = parts.join("/");
    if !prefix.is_empty() {
        prefix.push('/');
    }
    Ok(prefix)
}

fn mode_of(metadata: &Metadata) -> Option<FileMode> {
    if metadata.is_symlink() {
        return Some(FileMode::Link);
    }
    metadata.is_file().then(|| {
        if metadata.permissions().mode() & 0o111 == 0 {
            FileMode::Plain
        } else {
            FileMode::Executable
        }
    })
}

/// Of the changes those that make a difference to a tree: a file that is there as it is, and one that goes and is not
/// there, make none. A tree that was cut short is compared as far as it goes, but for what goes.
///
/// # Errors
/// `Storage` where a file cannot be read.
pub fn differing(changes: Vec<Change>, tree: &Tree) -> Result<Vec<Change>, ActionError> {
    let there: BTreeMap<&str, (&str, &str)> = tree
        .entries
        .iter()
        .filter(|entry| entry.kind == "blob")
        .map(|entry| {
            (
                entry.path.as_str(),
                (entry.mode.as_str(), entry.sha.as_str()),
            )
        })
        .collect();
    let mut differing = Vec::new();
    for change in changes {
        let had = there.get(change.path.as_str());
        let differs = match (&change.file, had) {
            (None, had) => had.is_some(),
            (Some(_), None) => true,
            (Some((mode, file)), Some((had_mode, had_id))) => {
                mode.text() != *had_mode || blob_id(&bytes_of(*mode, file)?) != *had_id
            }
        };
        if differs {
            differing.push(change);
        }
    }
    Ok(differing)
}

fn blob_id(bytes: &[u8]) -> String {
    let mut hasher = Sha1::new();
    hasher.update(format!("blob {}\0", bytes.len()).as_bytes());
    hasher.update(bytes);
    hasher
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::github::TreeEntry;

    fn entry(path: &str, mode: &str, content: &[u8]) -> TreeEntry {
        TreeEntry {
            path: path.into(),
            mode: mode.into(),
            kind: "blob".into(),
            sha: blob_id(content),
            size: None,
        }
    }

    #[test]
    fn a_folder_is_listed_with_modes_and_links_and_without_what_is_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("docs/.git")).unwrap();
        fs::write(at("docs/.git/config"), "x").unwrap();
        fs::write(at("docs/index.md"), "x").unwrap();
        fs::write(at(".gitignore"), "target\n").unwrap();
        fs::write(at("target"), "x").unwrap();
        fs::write(at("run"), "x").unwrap();
        fs::set_permissions(at("run"), fs::Permissions::from_mode(0o755)).unwrap();
        symlink("run", at("link")).unwrap();
        let listed: Vec<(String, &str)> = files(folder.path(), "/a/./b")
            .unwrap()
            .into_iter()
            .map(|change| (change.path, change.file.unwrap().0.text()))
            .collect();
        let expected = [
            ("a/b/.gitignore", "100644"),
            ("a/b/docs/index.md", "100644"),
            ("a/b/link", "120000"),
            ("a/b/run", "100755"),
        ];
        assert_eq!(listed, expected.map(|(path, mode)| (path.to_owned(), mode)));
    }

    #[test]
    fn what_is_there_as_it_is_makes_no_difference() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["same", "changed", "executable", "new"] {
            fs::write(folder.path().join(name), name).unwrap();
        }
        let mut changes = files(folder.path(), "").unwrap();
        for path in ["gone", "never"] {
            changes.push(Change {
                path: path.into(),
                file: None,
            });
        }
        let tree = Tree {
            sha: String::new(),
            entries: vec![
                entry("same", "100644", b"same"),
                entry("changed", "100644", b"before"),
                entry("executable", "100755", b"executable"),
                entry("gone", "100644", b""),
            ],
            truncated: false,
        };
        let paths: Vec<String> = differing(changes, &tree)
            .unwrap()
            .into_iter()
            .map(|change| change.path)
            .collect();
        assert_eq!(paths, ["changed", "executable", "new", "gone"]);
    }

    #[test]
    fn a_target_stays_in_the_repository() {
        assert_eq!(inside("").unwrap(), "");
        assert_eq!(inside("./a/../b/").unwrap(), "b/");
        for bad in ["..", "a/../..", "/../x", ".GIT/hooks"] {
            assert_eq!(
                inside(bad).unwrap_err().kind,
                ActionErrorKind::Input,
                "{bad}"
            );
        }
    }
}
