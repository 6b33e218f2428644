//! Documentation as the interface holds it: a site with its runbooks, a page read and laid out, what a search found.
//!
//! Plain data that jobs hand over. A page is read and laid out by a job at the width it is shown in; nothing here wraps
//! text or reads a cache.

mod address;
mod link;
mod nav;
mod place;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::markdown::{Document, FoldId, Folding, LayoutOptions, Page, TabsId};
use crate::techdocs::{NavNode, NavTarget, Runbook, Site};

pub use address::{file_of, web_address};
pub use link::{Followed, follow, page_named};
pub use nav::{Nav, NavRow};
pub use place::{Place, Places, line_of_source, source_at};

/// An entity's documentation: its site, where it begins, its runbooks.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct DocSet {
    /// The entity's complete reference.
    pub entity_ref: String,
    /// The site's source, `url:https://…/` or `file:/…/`; empty where the entity has runbooks alone.
    pub source: String,
    pub site: Site,
    /// The page to begin with.
    pub start: Option<String>,
    /// When the site was last read, in seconds since 1970; 0 where there is none.
    pub fetched_at: i64,
    /// Why it may be old. May hold text of a repository.
    pub problem: Option<String>,
    /// The entity's runbooks, the best first.
    pub runbooks: Vec<Runbook>,
}

impl DocSet {
    /// The navigation, and below it the pages that it leaves out: they can be read all the same.
    pub fn nav(&self) -> Vec<NavNode> {
        let mut nav = self.site.nav.clone();
        let named: BTreeSet<&str> = nav
            .iter()
            .filter_map(|node| match &node.target {
                NavTarget::Page(path) => Some(path.as_str()),
                _ => None,
            })
            .collect();
        let left_out: Vec<NavNode> = self
            .site
            .pages
            .iter()
            .filter(|page| !named.contains(page.path.as_str()))
            .map(|page| NavNode {
                title: page.title.clone(),
                level: u16::from(!self.site.nav.is_empty()),
                target: NavTarget::Page(page.path.clone()),
            })
            .collect();
        if !left_out.is_empty() && !nav.is_empty() {
            nav.push(NavNode {
                title: "Not in the navigation".to_owned(),
                level: 0,
                target: NavTarget::Section,
            });
        }
        nav.extend(left_out);
        nav
    }
}

/// A page's text and what it says.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct DocText {
    /// The source of the site it is of; of a page that was fetched by itself, `url:` and its address.
    pub source: String,
    /// Its path within the site.
    pub path: String,
    pub title: String,
    /// Its Markdown as it was read: clean it before it is shown.
    pub text: String,
    /// When it was read, in seconds since 1970.
    pub fetched_at: i64,
    pub document: Document,
}

/// How a page is to be laid out.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PageView {
    pub columns: usize,
    pub ascii: bool,
    /// What was opened or closed, against what the page says.
    pub toggled: BTreeSet<FoldId>,
    /// Which tab of a set is shown.
    pub tabs: BTreeMap<TabsId, usize>,
}

impl PageView {
    /// The same for the layouter.
    pub fn options(&self) -> LayoutOptions {
        LayoutOptions {
            ascii: self.ascii,
            folding: Folding::Chosen {
                toggled: self.toggled.clone(),
                tabs: self.tabs.clone(),
            },
            ..LayoutOptions::default()
        }
    }
}

/// A page laid out.
#[derive(Clone, Debug)]
pub struct LaidOut {
    pub text: Arc<DocText>,
    pub page: Arc<Page>,
    /// What it was laid out for.
    pub view: PageView,
    /// Whether its code has its colours; a page whose code is still plain may have them later.
    pub painted: bool,
}

/// Which page of an entity's documentation is wanted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DocsGoal {
    /// The first.
    Start,
    /// Its best runbook.
    Runbook,
    /// This one.
    Page {
        /// The site it is of, or the address it was fetched from; none for the entity's own site.
        source: Option<String>,
        path: String,
    },
}

/// Why there is nothing to read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NoDocs {
    /// In words for people.
    pub message: String,
    /// Runbooks that are only addresses: title and address.
    pub addresses: Vec<(String, String)>,
}

/// An entity with documentation, in the list of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DocListed {
    /// Complete reference.
    pub entity_ref: String,
    /// What it is called, cleaned.
    pub name: String,
    /// Its owner, as it is shown; empty where it has none.
    pub owner: String,
    /// Whether there is anything to read.
    pub readable: bool,
    /// Why there is nothing to read, or why it may be old; cleaned.
    pub problem: String,
}

/// A page that a search in all documentation found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DocFound {
    /// The site's source.
    pub source: String,
    pub entity_ref: String,
    /// How many other entities share the page.
    pub others: u64,
    pub path: String,
    /// The page's title, cleaned.
    pub title: String,
    /// The 1-based line of the page's text that the snippet is of.
    pub line: Option<u32>,
    /// The heading above that line, cleaned.
    pub heading: String,
    /// The line in pieces, cleaned, each with whether it is what was asked for.
    pub snippet: Vec<(String, bool)>,
}

impl DocFound {
    /// What to look for on the page: the first piece that was asked for.
    pub fn needle(&self) -> &str {
        let first = self.snippet.iter().find(|(_, matched)| *matched);
        first.map_or("", |(text, _)| text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::techdocs::SitePage;

    #[test]
    fn pages_that_the_navigation_leaves_out_stand_below_it() {
        let page = |path: &str| SitePage {
            path: path.into(),
            file: path.into(),
            title: path.to_uppercase(),
            oid: String::new(),
            size: 1,
            skipped: None,
        };
        let mut set = DocSet {
            site: Site {
                pages: vec![page("a.md"), page("b.md")],
                ..Site::default()
            },
            ..DocSet::default()
        };
        let titles = |set: &DocSet| -> Vec<(String, u16)> {
            set.nav().into_iter().map(|n| (n.title, n.level)).collect()
        };
        assert_eq!(titles(&set), [("A.MD".into(), 0), ("B.MD".into(), 0)]);
        set.site.nav = vec![NavNode {
            title: "Home".into(),
            level: 0,
            target: NavTarget::Page("a.md".into()),
        }];
        assert_eq!(
            titles(&set),
            [
                ("Home".into(), 0),
                ("Not in the navigation".into(), 0),
                ("B.MD".into(), 1)
            ]
        );
    }
}
