//! Documentation in folders of this machine: the same sites, read on the spot.
//!
//! Links are not followed, and nothing outside of the folder of the entity's own file is read.

use std::path::Path;

use super::listing::{Listed, is_noise};
use super::{Read, Terms, finish};
use crate::store::DocText;
use crate::sync::policy::open_below;
use crate::sync::reader::blob_id;
use crate::techdocs::mkdocs::CONFIG_LIMIT;
use crate::techdocs::{Entry, EntryKind, path, plan, snippet};

/// Folders within folders.
const DEEPEST: usize = 32;
/// How often a site may want to see more.
const MOST_ROUNDS: usize = 20;

/// Reads a site.
///
/// # Errors
/// Why it cannot be read; the last good version stays.
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
    let mut rounds = 0;
    let mut site = loop {
        let plan = plan(&listed.source, terms.limits, &terms.rules);
        if plan.wants.is_nothing() || rounds == MOST_ROUNDS {
            break plan.site;
        }
        rounds += 1;
        for file in plan.wants.files {
            let text = open_below(below, &folder.join(&file), CONFIG_LIMIT)
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok());
            listed.source.texts.insert(file, text);
        }
        for at in plan.wants.shallow {
            list(folder, &at, 0, &mut listed);
            listed.source.shallow.insert(at);
        }
        for at in plan.wants.folders {
            list(folder, &at, DEEPEST, &mut listed);
            listed.source.whole.insert(at);
        }
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
            Err(error) => page.skipped = Some(format!("cannot be read: {error}")),
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
        site.problems
            .push("there are more files than are looked at".to_owned());
    }
    finish(&mut site);
    Ok(Read { site, texts })
}

fn list(root: &Path, at: &str, depth: usize, listed: &mut Listed) {
    let Ok(entries) = std::fs::read_dir(root.join(at)) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        // A name that is no Unicode cannot be named by a page.
        let (Some(name), Ok(metadata)) = (name.to_str(), entry.path().symlink_metadata()) else {
            continue;
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
            list(root, &inside, depth - 1, listed);
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
}
