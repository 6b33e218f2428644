//! Documentation in folders of this machine: the same sites, read on the spot.
//!
//! Links are not followed, and nothing outside of the folder of the entity's own file is read.

use std::io::ErrorKind;
use std::path::Path;

use super::listing::{Listed, TOO_MANY_FILES, is_noise};
use super::{Read, Terms, finish};
use crate::store::DocText;
use crate::sync::policy::{DiskError, open_below};
use crate::sync::reader::blob_id;
use crate::techdocs::mkdocs::CONFIG_LIMIT;
use crate::techdocs::{Entry, EntryKind, path, plan, snippet};

/// Folders within folders.
const DEEPEST: usize = 32;
/// How often a site may want to see more.
const MOST_ROUNDS: usize = 20;

/// Reads a site, as much of it as can be read.
///
/// # Errors
/// Why it cannot be read at all; the last good version stays.
pub(super) fn read(folder: &Path, below: &Path, terms: &Terms) -> Result<Read, String> {
    let real = |at: &Path| {
        at.canonicalize()
            .map_err(|_| format!("{} does not exist", at.display()))
    };
    if !real(folder)?.starts_with(real(below)?) {
        return Err(format!(
            "{} leads out of the folder of the file that names it",
            folder.display()
        ));
    }
    let mut listed = Listed::default();
    let mut unseen = None;
    let mut rounds = 0;
    let mut site = loop {
        let plan = plan(&listed.source, terms.limits, &terms.rules);
        if plan.wants.is_nothing() || rounds == MOST_ROUNDS {
            break plan.site;
        }
        rounds += 1;
        for file in plan.wants.files {
            let text = match open_below(below, &folder.join(&file), CONFIG_LIMIT) {
                Ok(bytes) => String::from_utf8(bytes).ok(),
                Err(error) => {
                    note(&mut unseen, &error);
                    None
                }
            };
            listed.source.texts.insert(file, text);
        }
        let depths = (plan.wants.shallow.iter().map(|at| (at, 0)))
            .chain(plan.wants.folders.iter().map(|at| (at, DEEPEST)));
        for (at, depth) in depths {
            list(folder, at, depth, &mut listed, &mut unseen);
        }
        listed.source.shallow.extend(plan.wants.shallow);
        listed.source.whole.extend(plan.wants.folders);
    };
    let mut texts = Vec::new();
    let mut named = Vec::new();
    for page in &mut site.pages {
        if page.skipped.is_some() {
            continue;
        }
        match open_below(below, &folder.join(&page.file), terms.limits.page) {
            Ok(bytes) => {
                page.oid = blob_id(&bytes);
                match String::from_utf8(bytes) {
                    Ok(text) => {
                        named.extend(snippet::names(&text));
                        texts.push(DocText {
                            path: page.path.clone(),
                            is_snippet: false,
                            oid: page.oid.clone(),
                            text,
                        });
                    }
                    Err(_) => page.skipped = Some("is a binary file".to_owned()),
                }
            }
            Err(error) => {
                note(&mut unseen, &error);
                page.skipped = Some(format!("cannot be read: {error}"));
            }
        }
        if let Some(why) = &page.skipped {
            site.problems.push(format!("{} {why}", page.file));
        }
    }
    for name in named {
        for file in snippet::candidates(&name, &site.snippet_paths) {
            let is_known = texts
                .iter()
                .any(|text| text.is_snippet && text.path == file)
                || site.pages.iter().any(|page| page.file == file);
            if is_known {
                break;
            }
            if !is_plain(folder, &file) {
                continue;
            }
            let bytes = open_below(below, &folder.join(&file), terms.limits.page).ok();
            if let Some(text) = bytes.and_then(|bytes| String::from_utf8(bytes).ok()) {
                texts.push(DocText {
                    path: file,
                    is_snippet: true,
                    oid: blob_id(text.as_bytes()),
                    text,
                });
                break;
            }
        }
    }
    if listed.cut {
        site.problems.push(TOO_MANY_FILES.to_owned());
    }
    finish(&mut site);
    Ok(Read {
        site,
        texts,
        unseen,
    })
}

/// Keeps why something could not be seen that may be there; what is not there, or leads out, was seen.
fn note(unseen: &mut Option<String>, error: &DiskError) {
    if matches!(error, DiskError::Io(..)) {
        unseen.get_or_insert_with(|| error.to_string());
    }
}

/// Lists a folder, and those in it as deep as is said. A folder that is not there has nothing in it; what cannot be looked
/// into is noted, and the rest listed.
fn list(root: &Path, at: &str, depth: usize, listed: &mut Listed, unseen: &mut Option<String>) {
    let folder = root.join(at);
    let io = |path: &Path, error| DiskError::Io(path.display().to_string(), error);
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return;
        }
        Err(error) => return note(unseen, &io(&folder, error)),
    };
    for entry in entries {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => return note(unseen, &io(&folder, error)),
        };
        let name = entry.file_name();
        // A name that is no Unicode cannot be named by a page.
        let Some(name) = name.to_str() else { continue };
        let metadata = match entry.path().symlink_metadata() {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => {
                note(unseen, &io(&entry.path(), error));
                continue;
            }
        };
        let kind = match metadata.file_type() {
            kind if kind.is_symlink() => EntryKind::Link,
            kind if kind.is_dir() => EntryKind::Folder,
            kind if kind.is_file() => EntryKind::File,
            _ => continue,
        };
        let inside = path::join(at, name);
        let is_folder = kind == EntryKind::Folder;
        listed.put(
            inside.clone(),
            Entry {
                kind,
                oid: String::new(),
                size: metadata.len(),
            },
        );
        if is_folder && depth > 0 && !is_noise(name) && !listed.cut {
            list(root, &inside, depth - 1, listed, unseen);
        }
    }
}

/// Whether a file and the folders on its way below the site's folder are no links.
fn is_plain(root: &Path, file: &str) -> bool {
    let mut at = root.to_owned();
    file.split('/').all(|part| {
        at.push(part);
        at.symlink_metadata()
            .is_ok_and(|metadata| !metadata.file_type().is_symlink())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, files: &[(&str, &[u8])]) {
        for (at, content) in files {
            let at = root.join(at);
            std::fs::create_dir_all(at.parent().unwrap()).unwrap();
            std::fs::write(at, content).unwrap();
        }
    }

    fn texts(read: &Read) -> Vec<(&str, &str)> {
        let texts = read.texts.iter();
        texts.map(|t| (t.path.as_str(), t.text.as_str())).collect()
    }

    #[test]
    fn a_folder_is_read_with_its_snippets() {
        let dir = tempfile::tempdir().unwrap();
        let site = dir.path().join("site");
        write(
            &site,
            &[
                (
                    "mkdocs.yml",
                    b"nav:\n  - Start: index.md\n  - Gone: gone.md\n",
                ),
                (
                    "docs/index.md",
                    b"# Hi\n--8<-- \"shared/alarm.txt\"\n--8<-- \"../secret\"\n",
                ),
                ("shared/alarm.txt", b"Ring."),
                ("docs/bad.md", b"\xff\xfe\x00"),
                ("../secret", b"s"),
            ],
        );
        let read = read(&site, &site, &Terms::default()).unwrap();
        assert_eq!(texts(&read)[1], ("shared/alarm.txt", "Ring."));
        assert_eq!(read.texts.len(), 2);
        assert_eq!(read.site.problems, ["docs/bad.md is a binary file"]);
        assert_eq!(read.site.nav.len(), 2);
    }

    #[test]
    fn links_out_of_the_folder_are_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let site = dir.path().join("site");
        write(
            dir.path(),
            &[
                ("secret.md", b"secret"),
                ("outside/x.md", b"secret"),
                ("site/docs/index.md", b"fine"),
            ],
        );
        std::os::unix::fs::symlink("../../secret.md", site.join("docs/link.md")).unwrap();
        std::os::unix::fs::symlink("../../outside", site.join("docs/folder")).unwrap();
        let read = read(&site, &site, &Terms::default()).unwrap();
        assert_eq!(texts(&read), [("index.md", "fine")]);
        assert_eq!(read.site.problems.len(), 1);
        std::os::unix::fs::symlink("../outside", site.join("elsewhere")).unwrap();
        assert!(super::read(&site.join("elsewhere"), &site, &Terms::default()).is_err());
        assert!(super::read(&site.join("none"), &site, &Terms::default()).is_err());
    }

    /// A folder within, whose path is longer than the system follows.
    fn too_deep(folder: &Path) {
        use rustix::fs::{Mode, OFlags, mkdirat, open, openat};
        let name = "d".repeat(250);
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let mut at = open(folder, flags, Mode::empty()).unwrap();
        for _ in 0..20 {
            mkdirat(&at, &name, Mode::RWXU).unwrap();
            at = openat(&at, &name, flags, Mode::empty()).unwrap();
        }
    }

    #[test]
    fn a_folder_that_cannot_be_listed_is_no_empty_one() {
        let dir = tempfile::tempdir().unwrap();
        write(
            dir.path(),
            &[("docs/index.md", b"Hi"), ("docs/sub/x.md", b"X")],
        );
        let terms = Terms::default();
        let from = |is_known| {
            let now = jiff::Timestamp::UNIX_EPOCH;
            super::super::from_disk("s".into(), dir.path(), dir.path(), &terms, now, is_known)
        };
        assert_eq!(read(dir.path(), dir.path(), &terms).unwrap().unseen, None);
        too_deep(&dir.path().join("docs/sub"));
        let read = read(dir.path(), dir.path(), &terms).unwrap();
        let why = read.unseen.clone().unwrap();
        assert!(why.contains("could not be read"), "{why}");
        // A new site is shown as far as it is seen, and says what it lacks; a known one stays as it was.
        assert_eq!(texts(&read), [("index.md", "Hi"), ("sub/x.md", "X")]);
        let record = from(false).unwrap();
        assert_eq!(record.site.problems, [why.as_str()]);
        assert_eq!(from(true).unwrap_err(), why);
    }
}
