//! The order of pages where nobody gave one: MkDocs' own.
//!
//! MkDocs walks the folder: the files of a folder come before what is below it, `index` and `README` before other
//! files, and names compare as they are written, capitals first. A folder is a section titled by its name. Sections are
//! found by their titles: of two folders in one place whose names give one title (`run-books`, `run_books`) the later one's
//! pages go on in the section of the first (MkDocs: `nest_paths`).

use std::cmp::Ordering;
use std::collections::HashMap;

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
    let mut sections = vec![Section::default()];
    let mut known: HashMap<(usize, String), usize> = HashMap::new();
    for page in pages {
        let Some(rest) = path::below(prefix, page) else {
            continue;
        };
        let folders = path::folder_of(rest).split('/');
        let mut at = 0;
        for folder in folders.filter(|folder| !folder.is_empty()) {
            let title = title::of_folder(folder);
            at = *known.entry((at, title.clone())).or_insert_with(|| {
                let new = sections.len();
                if let Some(section) = sections.get_mut(at) {
                    section.below.push(Below::Section(new));
                }
                sections.push(Section {
                    title,
                    ..Section::default()
                });
                new
            });
        }
        if let Some(section) = sections.get_mut(at) {
            section.below.push(Below::Page(page));
        }
    }
    lines(&sections, level)
}

/// A section of the navigation, by number; the first is the site itself.
#[derive(Default)]
struct Section<'a> {
    title: String,
    below: Vec<Below<'a>>,
}

/// What stands in a section.
enum Below<'a> {
    Page(&'a String),
    Section(usize),
}

/// The lines of sections that begin with the site; without recursion, since folders can be nested at will.
fn lines(sections: &[Section<'_>], level: u16) -> Vec<NavNode> {
    let mut out = Vec::new();
    let mut open: Vec<std::slice::Iter<'_, Below<'_>>> = sections
        .first()
        .map(|site| site.below.iter())
        .into_iter()
        .collect();
    while let Some(rest) = open.last_mut() {
        let Some(next) = rest.next() else {
            open.pop();
            continue;
        };
        let depth = u16::try_from(open.len() - 1).unwrap_or(u16::MAX);
        let level = level.saturating_add(depth);
        match next {
            Below::Page(page) => out.push(NavNode {
                title: String::new(),
                level,
                target: NavTarget::Page((*page).clone()),
            }),
            Below::Section(number) => {
                let Some(section) = sections.get(*number) else {
                    continue;
                };
                out.push(NavNode {
                    title: section.title.clone(),
                    level,
                    target: NavTarget::Section,
                });
                open.push(section.below.iter());
            }
        }
    }
    out
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

    #[test]
    fn folders_of_one_title_are_one_section_where_the_first_of_them_is() {
        let mut pages = [
            "run-books/a.md",
            "run_books/b.md",
            "run books/deep/c.md",
            "run_books/deep/d.md",
            "sea/e.md",
            "Run books/f.md",
        ]
        .map(str::to_owned)
        .to_vec();
        pages.sort_by(|a, b| compare(a, b));
        let lines: Vec<String> = nav(&pages, "", 0)
            .into_iter()
            .map(|node| {
                let indent = "  ".repeat(node.level.into());
                match node.target {
                    NavTarget::Page(path) => format!("{indent}{path}"),
                    _ => format!("{indent}{}", node.title),
                }
            })
            .collect();
        assert_eq!(
            lines,
            [
                "Run books",
                "  Run books/f.md",
                "  Deep",
                "    run books/deep/c.md",
                "    run_books/deep/d.md",
                "  run-books/a.md",
                "  run_books/b.md",
                "Sea",
                "  sea/e.md",
            ]
        );
    }

    #[test]
    fn folders_nested_at_will_are_no_harm() {
        let page = format!("{}x.md", "d/".repeat(100_000));
        let lines = nav(&[page], "", 0);
        assert_eq!(lines.len(), 100_001);
        assert_eq!(lines.last().map(|line| line.level), Some(u16::MAX));
    }
}
