//! The navigation of a site as a tree: which sections are open, what is seen of it, where its cursor is.

use std::collections::BTreeSet;

use super::super::list::Position;
use crate::techdocs::{NavNode, NavTarget};

/// A navigation with no more entries than this begins with everything open.
const SMALL: usize = 40;

/// One line that is seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NavRow {
    /// Which entry.
    pub node: usize,
    /// Whether something stands below it, and whether that is seen.
    pub branch: Option<bool>,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Nav {
    nodes: Vec<NavNode>,
    closed: BTreeSet<usize>,
    rows: Vec<NavRow>,
    pub at: Position,
}

impl Nav {
    /// Takes a navigation. Of a large one only the way to the page that is shown is open.
    pub fn new(nodes: Vec<NavNode>, page: &str) -> Self {
        let closed = if nodes.len() > SMALL {
            (0..nodes.len())
                .filter(|at| has_below(&nodes, *at))
                .collect()
        } else {
            BTreeSet::new()
        };
        let mut nav = Self {
            nodes,
            closed,
            ..Self::default()
        };
        nav.lay_out();
        nav.go_to(page);
        nav
    }

    /// What is seen.
    pub fn rows(&self) -> &[NavRow] {
        &self.rows
    }

    /// An entry.
    pub fn node(&self, row: usize) -> Option<&NavNode> {
        self.nodes.get(self.rows.get(row)?.node)
    }

    /// Whether there is nothing to choose from.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Puts the cursor on a page, opening what is above it.
    pub fn go_to(&mut self, page: &str) {
        let is_page =
            |node: &NavNode| matches!(&node.target, NavTarget::Page(path) if path == page);
        let Some(node) = self.nodes.iter().position(is_page) else {
            return;
        };
        let mut level = self.nodes.get(node).map_or(0, |node| node.level);
        for above in (0..node).rev() {
            let at = self.nodes.get(above).map_or(0, |node| node.level);
            if at < level {
                self.closed.remove(&above);
                level = at;
            }
        }
        self.lay_out();
        if let Some(row) = self.rows.iter().position(|row| row.node == node) {
            self.at.cursor = row;
        }
    }

    /// Opens the section under the cursor. Returns whether there was one to open.
    pub fn expand(&mut self) -> bool {
        match self.rows.get(self.at.cursor) {
            Some(row) if row.branch == Some(false) => {
                self.closed.remove(&row.node);
                self.lay_out();
                true
            }
            _ => false,
        }
    }

    /// Closes the section under the cursor, or goes up to the one it is in. Returns whether either was done.
    pub fn collapse(&mut self) -> bool {
        let Some(row) = self.rows.get(self.at.cursor).copied() else {
            return false;
        };
        if row.branch == Some(true) {
            self.closed.insert(row.node);
            self.lay_out();
            return true;
        }
        let level = |node: usize| self.nodes.get(node).map_or(0, |node| node.level);
        let own = level(row.node);
        let above = (0..self.at.cursor).rev().find(|above| {
            self.rows
                .get(*above)
                .is_some_and(|row| level(row.node) < own)
        });
        if let Some(above) = above {
            self.at.cursor = above;
        }
        above.is_some()
    }

    /// Opens or closes the section under the cursor. Returns whether it is one.
    pub fn toggle(&mut self) -> bool {
        match self.rows.get(self.at.cursor).map(|row| row.branch) {
            Some(Some(true)) => self.collapse(),
            Some(Some(false)) => self.expand(),
            _ => false,
        }
    }

    fn lay_out(&mut self) {
        self.rows.clear();
        let mut hidden_below: Option<u16> = None;
        for (index, node) in self.nodes.iter().enumerate() {
            if hidden_below.is_some_and(|level| node.level > level) {
                continue;
            }
            let closed = self.closed.contains(&index);
            hidden_below = closed.then_some(node.level);
            let branch = has_below(&self.nodes, index).then_some(!closed);
            self.rows.push(NavRow {
                node: index,
                branch,
            });
        }
        self.at.cursor = self.at.cursor.min(self.rows.len().saturating_sub(1));
    }
}

/// Whether something stands below an entry.
fn has_below(nodes: &[NavNode], index: usize) -> bool {
    match (nodes.get(index), nodes.get(index + 1)) {
        (Some(node), Some(next)) => next.level > node.level,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes() -> Vec<NavNode> {
        [
            (0, "Home", "index.md"),
            (0, "Runbooks", ""),
            (1, "Pool", "pool.md"),
            (1, "Deep", ""),
            (2, "Deeper", "deeper.md"),
            (0, "Changelog", "log.md"),
        ]
        .into_iter()
        .map(|(level, title, path)| NavNode {
            title: title.into(),
            level,
            target: match path {
                "" => NavTarget::Section,
                path => NavTarget::Page(path.into()),
            },
        })
        .collect()
    }

    fn seen(nav: &Nav) -> Vec<&str> {
        (0..nav.rows().len())
            .map(|row| nav.node(row).unwrap().title.as_str())
            .collect()
    }

    #[test]
    fn sections_close_and_open_and_the_way_to_a_page_opens_by_itself() {
        let mut nav = Nav::new(nodes(), "pool.md");
        assert_eq!(nav.at.cursor, 2);
        assert!(nav.collapse(), "up to its section");
        assert!(nav.collapse());
        assert_eq!(seen(&nav), ["Home", "Runbooks", "Changelog"]);
        assert!(nav.toggle());
        assert_eq!(seen(&nav).len(), 6);
        nav.collapse();
        nav.go_to("deeper.md");
        assert_eq!(seen(&nav)[nav.at.cursor], "Deeper");
        nav.at.cursor = 0;
        assert!(!nav.collapse() && !nav.expand() && !nav.toggle());
    }

    #[test]
    fn of_a_large_navigation_only_the_way_to_the_page_is_open() {
        let mut all = nodes();
        for n in 0..50 {
            all.push(NavNode {
                title: format!("Section {n}"),
                level: 0,
                target: NavTarget::Section,
            });
            all.push(NavNode {
                title: format!("Page {n}"),
                level: 1,
                target: NavTarget::Page(format!("{n}.md")),
            });
        }
        let nav = Nav::new(all, "7.md");
        assert_eq!(nav.rows().len(), 3 + 50 + 1);
        assert_eq!(nav.node(nav.at.cursor).unwrap().title, "Page 7");
        assert!(Nav::new(Vec::new(), "x").is_empty());
    }
}
