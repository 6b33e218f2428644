//! Catalog files of this machine: paths, globs and whole folders, walked, read and parsed on two threads.
//!
//! Links are not followed, `.git`, `node_modules` and other hidden folders are not entered, and what lies
//! below a template's skeleton is left out.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::glob::{PathGlob, is_glob};
use super::policy::{CATALOG_FILE_LIMIT, DiskError};
use super::skeleton;
use super::tree::{TreeOptions, read_tree};

/// Threads that walk, read and parse. More would starve the interface on a small machine.
const THREADS: usize = 2;
/// Deeper folders are not entered.
const MAX_DEPTH: usize = 64;

/// Which files of a folder are meant.
#[derive(Clone, Debug)]
pub enum Selection {
    /// Files of this name, and all YAML files that say they hold entities.
    Folder {
        /// `catalog.import.entityFilename`.
        entity_filename: String,
    },
    /// A glob, relative to the folder.
    Glob(PathGlob),
}

/// A file that was read, in the order of paths.
#[derive(Debug)]
pub struct Parsed<T> {
    /// Where it is.
    pub path: PathBuf,
    /// What `parse` made of it, or why it could not be read.
    pub result: Result<T, DiskError>,
    /// Where it could not be read, what that means.
    pub unread: Unread,
}

/// What could not be read.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Unread {
    /// A file that the selection means by its name.
    #[default]
    File,
    /// A file that may be meant: only its content would tell. It is no problem, and what it gave is not gone.
    Perhaps,
    /// A folder: nobody can say what lies below it.
    Folder,
}

/// What a glob of a file means.
#[derive(Debug, Default)]
pub struct Found {
    /// Its files, in order.
    pub files: Vec<PathBuf>,
    /// Folders that could not be read, and why.
    pub unread: Vec<(PathBuf, DiskError)>,
}

/// Splits a path with a glob into the folder the walk begins in and the glob below it; none where it has no glob.
///
/// # Errors
/// A sentence about a broken glob.
pub fn split_glob(path: &Path) -> Option<Result<(PathBuf, PathGlob), String>> {
    let text = path.to_str()?;
    if !is_glob(text) {
        return None;
    }
    let mut folder = PathBuf::new();
    let mut rest: Vec<String> = Vec::new();
    for part in path.components() {
        let name = part.as_os_str().to_string_lossy();
        if rest.is_empty() && !is_glob(&name) {
            folder.push(part);
        } else {
            rest.push(name.into_owned());
        }
    }
    Some(PathGlob::new(&rest.join("/")).map(|glob| (folder, glob)))
}

/// The files below `folder` that a glob which a file of it names means; the walk begins at `start`, once links are resolved.
///
/// # Errors
/// [`DiskError::Outside`] where the walk would begin outside of the folder, [`DiskError::TooMany`] where it meets more
/// than `most` files, whether the glob means them or not.
pub fn files_below(
    folder: &Path,
    start: &Path,
    glob: PathGlob,
    most: usize,
) -> Result<Found, DiskError> {
    let name = || start.display().to_string();
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => DiskError::NotFound(name()),
        _ => DiskError::Io(name(), error),
    };
    let inside = folder.canonicalize().map_err(failed)?;
    if !start.canonicalize().map_err(failed)?.starts_with(inside) {
        return Err(DiskError::Outside(name()));
    }
    let met = AtomicUsize::new(0);
    let found = walk(start, &Selection::Glob(glob), (&met, most), |_, _| ());
    if met.into_inner() > most {
        return Err(DiskError::TooMany(name(), most));
    }
    let mut out = Found::default();
    for file in found {
        match (file.unread, file.result) {
            (Unread::Folder, Err(error)) => out.unread.push((file.path, error)),
            _ => out.files.push(file.path),
        }
    }
    Ok(out)
}

/// Walks a folder and parses every file the selection means. `parse` runs on two threads.
///
/// Files that vanish while the walk is on are left out; unreadable ones are part of the result.
pub fn read_folder<T, P>(folder: &Path, selection: &Selection, parse: P) -> Vec<Parsed<T>>
where
    T: Send,
    P: Fn(&Path, &[u8]) -> T + Sync,
{
    walk(folder, selection, (&AtomicUsize::new(0), usize::MAX), parse)
}

/// [`read_folder`], until more than `most` files were met; those are counted in `met`.
fn walk<T, P>(
    folder: &Path,
    selection: &Selection,
    (met, most): (&AtomicUsize, usize),
    parse: P,
) -> Vec<Parsed<T>>
where
    T: Send,
    P: Fn(&Path, &[u8]) -> T + Sync,
{
    let skeletons: Mutex<Vec<String>> = Mutex::default();
    let options = TreeOptions {
        threads: THREADS,
        bytes: CATALOG_FILE_LIMIT,
    };
    let found = read_tree(
        folder,
        options,
        |found| {
            let relative = found.below_root.to_str();
            met.load(Ordering::Relaxed) <= most && relative.is_some_and(|r| entered(r, selection))
        },
        |found| {
            let relative = found.below_root.to_str();
            met.fetch_add(1, Ordering::Relaxed) < most
                && relative.is_some_and(|r| Meaning::of(r, selection) != Meaning::None)
        },
        |found, bytes| {
            let relative = found.below_root.to_str()?;
            let meaning = Meaning::of(relative, selection);
            note_skeletons(relative, bytes, &skeletons);
            let counts = match meaning {
                Meaning::Named => true,
                Meaning::IfItSaysSo => says_it_holds_entities(bytes),
                Meaning::TemplateOnly | Meaning::None => false,
            };
            counts.then(|| parse(found.path, bytes))
        },
    );
    let skeletons = skeletons
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    let mut out = Vec::with_capacity(found.len());
    for (path, read) in found {
        let relative = || relative(folder, &path);
        if !skeletons.is_empty()
            && relative().is_none_or(|relative| skeleton::is_below(&skeletons, relative))
        {
            continue;
        }
        let (unread, result) = match read {
            Ok(Some(parsed)) => (Unread::default(), Ok(parsed)),
            Ok(None) => continue,
            Err(error) => match relative().and_then(|r| unread(&path, r, selection, error)) {
                Some((unread, error)) => (unread, Err(error)),
                None => continue,
            },
        };
        out.push(Parsed {
            path,
            result,
            unread,
        });
    }
    out
}

/// What a path is to a selection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// A catalog file by its name.
    Named,
    /// One if its content says so.
    IfItSaysSo,
    /// Perhaps a template, whose skeletons matter although it is not asked for.
    TemplateOnly,
    /// Nothing.
    None,
}

impl Meaning {
    fn of(relative: &str, selection: &Selection) -> Self {
        let name = relative.rsplit('/').next().unwrap_or(relative);
        let is_yaml = name.ends_with(".yaml") || name.ends_with(".yml");
        match selection {
            Selection::Folder { entity_filename } if is_entity_file(name, entity_filename) => {
                Self::Named
            }
            Selection::Folder { .. } if is_yaml => Self::IfItSaysSo,
            Selection::Glob(glob) if glob.matches(relative) => Self::Named,
            _ if is_yaml && name.starts_with("template") => Self::TemplateOnly,
            _ => Self::None,
        }
    }
}

fn relative<'a>(folder: &Path, path: &'a Path) -> Option<&'a str> {
    path.strip_prefix(folder).ok()?.to_str()
}

fn note_skeletons(relative: &str, bytes: &[u8], skeletons: &Mutex<Vec<String>>) {
    const MARK: &[u8] = b"scaffolder.backstage.io/";
    if memchr::memmem::find(bytes, MARK).is_none() {
        return;
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && skeleton::is_template(text)
    {
        let folders = skeleton::folders(relative, text);
        skeletons
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(folders);
    }
}

/// What a file or folder that could not be read means; nothing where it was not asked for or is gone.
fn unread(
    path: &Path,
    relative: &str,
    selection: &Selection,
    error: std::io::Error,
) -> Option<(Unread, DiskError)> {
    let name = path.display().to_string();
    let unread = match Meaning::of(relative, selection) {
        // The root itself is listed too.
        _ if relative.is_empty() || path.is_dir() => Unread::Folder,
        Meaning::Named => Unread::File,
        Meaning::IfItSaysSo => Unread::Perhaps,
        Meaning::TemplateOnly | Meaning::None => return None,
    };
    match error.kind() {
        std::io::ErrorKind::NotFound => None,
        std::io::ErrorKind::FileTooLarge => {
            Some((unread, DiskError::TooLarge(name, CATALOG_FILE_LIMIT)))
        }
        _ => Some((unread, DiskError::Io(name, error))),
    }
}

/// Whether a file's name alone makes it a catalog file.
fn is_entity_file(name: &str, configured: &str) -> bool {
    name == configured || name == "catalog-info.yaml" || name == "catalog-info.yml"
}

/// Whether a line gives an `apiVersion` of Backstage's: a folder holds many YAML files that are none of ours. An indented
/// one belongs to something else, such as a manifest with a catalog file as one of its values.
pub fn says_it_holds_entities(bytes: &[u8]) -> bool {
    bytes.split(|b| *b == b'\n').any(|line| {
        line.strip_prefix(b"apiVersion:").is_some_and(|rest| {
            let rest = rest.trim_ascii();
            let rest = rest
                .strip_prefix(b"\"")
                .or(rest.strip_prefix(b"'"))
                .unwrap_or(rest);
            rest.starts_with(b"backstage.io/") || rest.starts_with(b"scaffolder.backstage.io/")
        })
    })
}

fn entered(relative: &str, selection: &Selection) -> bool {
    // A glob that names a hidden folder means it.
    let hidden = matches!(selection, Selection::Glob(glob) if glob.pattern().split('/').any(|s| s.starts_with('.')));
    let name = relative.rsplit('/').next().unwrap_or(relative);
    name != ".git"
        && name != "node_modules"
        && (hidden || !name.starts_with('.'))
        && relative.split('/').count() < MAX_DEPTH
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTITY: &str =
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: x}\n";

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        dir
    }

    fn names(dir: &Path, selection: &Selection) -> Vec<String> {
        read_folder(dir, selection, |_, bytes| bytes.len())
            .into_iter()
            .map(|f| {
                f.path
                    .strip_prefix(dir)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned()
            })
            .collect()
    }

    fn folder() -> Selection {
        Selection::Folder {
            entity_filename: "catalog-info.yaml".into(),
        }
    }

    #[test]
    fn a_folder_gives_its_catalog_files_and_no_other_yaml() {
        let dir = tree(&[
            ("b/catalog-info.yaml", "{{ broken"),
            ("a/org.yml", ENTITY),
            (
                "a/quoted.yaml",
                "---\napiVersion: \"backstage.io/v1alpha1\"\n",
            ),
            (
                "a/deploy.yaml",
                "apiVersion: apps/v1\nkind: Deployment\nbackstage.io/x: y\n",
            ),
            (
                "a/template.yaml",
                "apiVersion: v1\nkind: ConfigMap\ndata:\n  x: |\n    apiVersion: backstage.io/v1alpha1\n",
            ),
            (".git/catalog-info.yaml", ENTITY),
            ("node_modules/x/catalog-info.yaml", ENTITY),
            ("a/readme.md", ENTITY),
        ]);
        assert_eq!(
            names(dir.path(), &folder()),
            ["a/org.yml", "a/quoted.yaml", "b/catalog-info.yaml"]
        );
    }

    #[test]
    fn files_below_a_skeleton_are_left_out() {
        let dir = tree(&[
            (
                "t/template.yaml",
                "apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\nspec:\n  steps:\n  - input:\n      url: ./skeleton\n",
            ),
            (
                "t/skeleton/catalog-info.yaml",
                "name: ${{ values.name | dump }}\n",
            ),
            ("t/catalog-info.yaml", ENTITY),
        ]);
        assert_eq!(
            names(dir.path(), &folder()),
            ["t/catalog-info.yaml", "t/template.yaml"]
        );
        let glob = Selection::Glob(PathGlob::new("**/catalog-info.yaml").unwrap());
        assert_eq!(names(dir.path(), &glob), ["t/catalog-info.yaml"]);
    }

    #[test]
    fn a_glob_is_split_at_its_first_open_segment() {
        let (folder, glob) = split_glob(Path::new("/a/b/*/c.yaml")).unwrap().unwrap();
        assert_eq!(folder, Path::new("/a/b"));
        assert_eq!(glob.pattern(), "*/c.yaml");
        assert!(split_glob(Path::new("/a/b/c.yaml")).is_none());
        assert!(split_glob(Path::new("/a/*[b")).unwrap().is_err());
    }

    #[test]
    fn links_are_not_followed() {
        let dir = tree(&[("real/catalog-info.yaml", ENTITY)]);
        std::os::unix::fs::symlink(dir.path(), dir.path().join("real/loop")).unwrap();
        std::os::unix::fs::symlink("/etc/hostname", dir.path().join("real/catalog-info.yml"))
            .unwrap();
        assert_eq!(names(dir.path(), &folder()), ["real/catalog-info.yaml"]);
    }

    #[test]
    fn an_oversized_catalog_file_is_reported_and_others_are_read() {
        let dir = tree(&[("a/catalog-info.yaml", ENTITY)]);
        let large = std::fs::File::create(dir.path().join("catalog-info.yaml")).unwrap();
        large.set_len(CATALOG_FILE_LIMIT + 1).unwrap();
        let read = read_folder(dir.path(), &folder(), |_, bytes| bytes.len());
        assert!(matches!(read[1].result, Err(DiskError::TooLarge(..))));
        assert!(read[0].result.is_ok());
    }

    #[test]
    fn a_glob_that_a_file_names_begins_below_its_folder_and_meets_a_bounded_number_of_files() {
        let dir = tree(&[
            ("in/real/a.yaml", ENTITY),
            ("in/real/b.txt", ""),
            ("out/c.yaml", ENTITY),
        ]);
        let folder = dir.path().join("in");
        std::os::unix::fs::symlink("../out", folder.join("out")).unwrap();
        std::os::unix::fs::symlink("real", folder.join("link")).unwrap();
        let below = |start: &str, most: usize| {
            let glob = PathGlob::new("**/*.yaml").unwrap();
            files_below(&folder, &folder.join(start), glob, most)
        };
        assert!(matches!(below("out", 9), Err(DiskError::Outside(_))));
        assert!(matches!(below("none", 9), Err(DiskError::NotFound(_))));
        assert_eq!(
            below("link", 2).unwrap().files,
            [folder.join("link/a.yaml")]
        );
        assert!(matches!(below("link", 1), Err(DiskError::TooMany(_, 1))));
    }
}
