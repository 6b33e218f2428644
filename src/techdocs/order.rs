//! The order of pages where nobody gave one: MkDocs' own.
//!
//! MkDocs walks the folder: the files of a folder come before what is below it, `index` and `README` before other
//! files, and names compare as they are written, capitals first. A folder is a section titled by its name; two folders whose
//! names give one title (`run-books`, `run_books`) stay two sections, which MkDocs makes one of.

use std::cmp::Ordering;

use super::path;
use super::title;
use super::{NavNode, NavTarget};

/// Compares two paths as MkDocs walks over them.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a.split('/').peekable(), b.split('/').peekable());
    loop {
        match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) => {
                let (x_is_file, y_is_file) = (left.peek().is_none(), right.peek().is_none());
                let order = match (x_is_file, y_is_file) {
                    (true, true) => (!is_index(x), x).cmp(&(!is_index(y), y)),
                    (true, false) => Ordering::Less,
                    (false, true) => Ordering::Greater,
                    (false, false) => x.cmp(y),
                };
                if order != Ordering::Equal {
                    return order;
                }
            }
        }
    }
}

/// Whether a file is the page of its folder.
pub(super) fn is_index(name: &str) -> bool {
    matches!(path::stem(name), "index" | "README")
}

/// The navigation of some pages, sorted by [`compare`], from a level on. `prefix` is the folder they are all in.
pub(super) fn nav(pages: &[String], prefix: &str, level: u16) -> Vec<NavNode> {
    let mut out = Vec::new();
    let mut open: Vec<&str> = Vec::new();
    for page in pages {
        let Some(rest) = path::below(prefix, page) else {
            continue;
        };
        let folders: Vec<&str> = path::folder_of(rest)
            .split('/')
            .filter(|folder| !folder.is_empty())
            .collect();
        let shared = open
            .iter()
            .zip(&folders)
            .take_while(|(a, b)| a == b)
            .count();
        open.truncate(shared);
        for folder in folders.into_iter().skip(shared) {
            out.push(NavNode {
                title: title::of_folder(folder),
                level: level.saturating_add(depth(&open)),
                target: NavTarget::Section,
            });
            open.push(folder);
        }
        out.push(NavNode {
            title: String::new(),
            level: level.saturating_add(depth(&open)),
            target: NavTarget::Page(page.clone()),
        });
    }
    out
}

fn depth(open: &[&str]) -> u16 {
    u16::try_from(open.len()).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_come_before_folders_and_the_index_before_both() {
        let mut pages = vec![
            "b/z.md",
            "a.md",
            "b/index.md",
            "Zed.md",
            "index.md",
            "a/b/c.md",
            "README.md",
            "a/x.md",
        ];
        pages.sort_by(|a, b| compare(a, b));
        assert_eq!(
            pages,
            [
                "README.md",
                "index.md",
                "Zed.md",
                "a.md",
                "a/x.md",
                "a/b/c.md",
                "b/index.md",
                "b/z.md"
            ]
        );
    }

    #[test]
    fn folders_become_sections_with_their_depth() {
        let pages: Vec<String> = ["index.md", "run-books/a.md", "run-books/db/b.md", "x/c.md"]
            .map(str::to_owned)
            .to_vec();
        let lines: Vec<(u16, String)> = nav(&pages, "", 0)
            .into_iter()
            .map(|n| match n.target {
                NavTarget::Page(path) => (n.level, path),
                _ => (n.level, n.title),
            })
            .collect();
        let lines: Vec<(u16, &str)> = lines.iter().map(|(l, t)| (*l, t.as_str())).collect();
        assert_eq!(
            lines,
            [
                (0, "index.md"),
                (0, "Run books"),
                (1, "run-books/a.md"),
                (1, "Db"),
                (2, "run-books/db/b.md"),
                (0, "X"),
                (1, "x/c.md")
            ]
        );
    }
}
