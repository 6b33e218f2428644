//! What was listed of a repository, put where the reader of a site looks for it.

use std::collections::BTreeSet;

use crate::github::contents::TreeNode;
use crate::techdocs::{Entry, EntryKind, Source, path};

/// Names of one site that are looked at.
const MOST_NAMES: usize = 50_000;
/// The problem of a site of which not all was listed.
pub(super) const TOO_MANY_FILES: &str = "there are more files than are looked at";
/// Git's mode of a link.
const LINK: u64 = 0o120_000;

/// What is known of a site's folder so far, and what of it is being listed.
#[derive(Default, Debug)]
pub(super) struct Listed {
    /// What the site's reader sees.
    pub source: Source,
    /// Folders that were asked for with everything below them and are not complete yet.
    wanted: BTreeSet<String>,
    /// Folders within them that were too deep for one answer: path and object id.
    pub open: Vec<(String, String)>,
    /// There are more names than are looked at.
    pub cut: bool,
}

impl Listed {
    /// A folder's names; none where there is no such folder.
    pub fn names(&mut self, folder: &str, nodes: Option<&[TreeNode]>) {
        for node in nodes.unwrap_or_default() {
            self.add(folder, node);
        }
        self.source.shallow.insert(folder.to_owned());
    }

    /// A folder with what is below it, as far as it was answered; none where there is no such folder.
    pub fn tree(&mut self, folder: &str, nodes: Option<&[TreeNode]>) {
        self.wanted.insert(folder.to_owned());
        self.below(folder, nodes);
    }

    /// What was answered for one of the folders that were [`Listed::open`].
    pub fn below(&mut self, folder: &str, nodes: Option<&[TreeNode]>) {
        for node in nodes.unwrap_or_default() {
            self.add(folder, node);
            if node.kind != "tree" {
                continue;
            }
            let at = path::join(folder, &node.name);
            match &node.below {
                _ if is_noise(&node.name) => {}
                Some(nodes) => self.below(&at, Some(nodes)),
                None => self.open.push((at, node.oid.clone())),
            }
        }
    }

    /// Folders of which everything has been answered are known as a whole.
    pub fn settle(&mut self) {
        if self.cut {
            self.open.clear();
        }
        if self.open.is_empty() {
            self.source.whole.append(&mut self.wanted);
        }
    }

    /// A name by itself, from a listing of another kind.
    pub fn put(&mut self, at: String, entry: Entry) {
        if self.source.entries.len() >= MOST_NAMES {
            self.cut = true;
            return;
        }
        self.source.entries.insert(at, entry);
    }

    fn add(&mut self, folder: &str, node: &TreeNode) {
        // A name that is a path of its own is none that Git makes.
        let odd = node.name.is_empty() || node.name.contains('/') || node.name == "..";
        let kind = match node.kind.as_str() {
            "tree" => EntryKind::Folder,
            "blob" if node.mode == LINK => EntryKind::Link,
            "blob" => EntryKind::File,
            _ => return,
        };
        if odd {
            return;
        }
        self.put(
            path::join(folder, &node.name),
            Entry {
                kind,
                oid: node.oid.clone(),
                size: node.size,
            },
        );
    }
}

/// Folders in which nobody keeps documentation, and many files.
pub(super) fn is_noise(name: &str) -> bool {
    name.starts_with('.') || name == "node_modules"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str, kind: &str, below: Option<Vec<TreeNode>>) -> TreeNode {
        TreeNode {
            name: name.into(),
            kind: kind.into(),
            mode: if kind == "link" { LINK } else { 0o100_644 },
            oid: format!("oid of {name}"),
            size: 1,
            below,
        }
    }

    #[test]
    fn a_folder_is_whole_once_everything_below_it_was_answered() {
        let mut listed = Listed::default();
        let deep = node("deep", "tree", None);
        let sub = node("sub", "tree", Some(vec![node("x.md", "blob", None), deep]));
        listed.tree("docs", Some(&[sub, node(".git", "tree", None)]));
        listed.settle();
        assert!(listed.source.whole.is_empty());
        assert_eq!(
            listed.open,
            [("docs/sub/deep".into(), "oid of deep".into())]
        );
        listed.open.clear();
        listed.below("docs/sub/deep", Some(&[node("y.md", "blob", None)]));
        listed.settle();
        assert!(listed.source.whole.contains("docs"));
        assert!(listed.source.entries.contains_key("docs/sub/deep/y.md"));
        assert!(listed.source.entries.contains_key("docs/sub/x.md"));
    }

    #[test]
    fn odd_names_are_left_out() {
        let mut listed = Listed::default();
        let nodes = ["..", "a/b", ""].map(|name| node(name, "blob", None));
        listed.names("", Some(&nodes));
        assert!(listed.source.entries.is_empty());
    }
}
