//! TechDocs: which pages an entity's documentation has, in which order, and which of them are runbooks.
//!
//! Pure: it is handed the names of a site's files and the text of its `mkdocs.yml`, and says what else it must see
//! ([`plan::Plan::wants`]) or what the site is. Whoever fetches (`sync`) and keeps (`store`) it does so elsewhere.
//!
//! It must never: do I/O, follow a path out of its site, or trust a size it was not told.

mod exclude;
pub mod mkdocs;
mod order;
pub mod path;
pub mod plan;
pub mod reference;
pub mod runbook;
pub mod snippet;
pub mod title;

use serde::{Deserialize, Serialize};

pub use plan::{Entry, EntryKind, Limits, Plan, Source, plan};
pub use reference::{Declared, DocsRef, declared};
pub use runbook::{Runbook, RunbookRules, RunbookTarget, runbooks};

/// Where an entry of the navigation leads.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NavTarget {
    /// Nowhere: it has a title and what stands below it.
    Section,
    /// A page of the site, by its path.
    Page(String),
    /// An address outside of the site.
    Url(String),
    /// Something that the navigation names and that is not there, as it was written.
    Missing(String),
}

/// One line of the navigation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NavNode {
    /// What it is called. Of a page without a title of its own in `nav`, the page's title.
    pub title: String,
    /// How deep it stands: 0 at the top. What is below a section follows it, one level deeper.
    pub level: u16,
    /// Where it leads.
    pub target: NavTarget,
}

/// One page of a site, without its text.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SitePage {
    /// Its path within the site, as links between pages have it: `runbooks/pool.md`.
    pub path: String,
    /// Its file, from the folder of `mkdocs.yml` or, without one, the folder of the documentation.
    pub file: String,
    /// What it is called: its title in `nav`, else that of its front matter, its first heading, or its file name.
    pub title: String,
    /// Git's object id of the file.
    pub oid: String,
    /// Bytes, as listed.
    pub size: u64,
    /// Why its text is not kept: too large, binary, a link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped: Option<String>,
}

/// A documentation site: its navigation and its pages.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Site {
    /// `site_name`; empty where there is none.
    pub name: String,
    /// The navigation, parents before children.
    pub nav: Vec<NavNode>,
    /// Every page, those of the navigation first and in its order.
    pub pages: Vec<SitePage>,
    /// Folders that snippets are looked for in, from the site's own folder (`base_path` of pymdownx.snippets).
    #[serde(default)]
    pub snippet_paths: Vec<String>,
    /// What is wrong with it, a sentence each. May hold text of a repository: clean it before it is shown.
    #[serde(default)]
    pub problems: Vec<String>,
}

impl Site {
    /// A page by its path.
    pub fn page(&self, path: &str) -> Option<&SitePage> {
        self.pages.iter().find(|page| page.path == path)
    }

    /// The page a reader begins with: the first of the navigation.
    pub fn first_page(&self) -> Option<&str> {
        let of_nav = self.nav.iter().find_map(|node| match &node.target {
            NavTarget::Page(path) => Some(path.as_str()),
            _ => None,
        });
        of_nav.or_else(|| self.pages.first().map(|page| page.path.as_str()))
    }

    /// Gives pages and their entries of the navigation the titles that their texts have.
    ///
    /// A title that `nav` gives stays: [`plan()`] leaves only those empty that the text decides.
    pub fn name_pages<'a>(&mut self, text_of: impl Fn(&str) -> Option<&'a str>) {
        for page in &mut self.pages {
            if page.title.is_empty() {
                page.title = title::of_page(&page.path, text_of(&page.path));
            }
        }
        for at in 0..self.nav.len() {
            let Some(node) = self.nav.get(at).filter(|node| node.title.is_empty()) else {
                continue;
            };
            let title = match &node.target {
                NavTarget::Page(path) => self
                    .page(path)
                    .map_or_else(|| title::of_path(path), |page| page.title.clone()),
                NavTarget::Missing(path) => title::of_path(path),
                NavTarget::Url(url) => url.clone(),
                NavTarget::Section => String::new(),
            };
            if let Some(node) = self.nav.get_mut(at) {
                node.title = title;
            }
        }
    }
}

/// Whether a path is that of an architecture decision record, by its folder.
pub fn is_decision(path: &str) -> bool {
    let lower = path.to_lowercase();
    let folders = lower.rsplit_once('/').map_or("", |(folder, _)| folder);
    folders.split('/').any(|folder| {
        matches!(
            folder,
            "adr" | "adrs" | "decisions" | "architecture-decisions"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_are_known_by_their_folder() {
        assert!(is_decision("docs/adr/0001-one-ledger.md"));
        assert!(is_decision("Architecture-Decisions/x.md"));
        assert!(!is_decision("docs/adr.md"));
        assert!(!is_decision("broadcast/x.md"));
    }

    #[test]
    fn a_title_of_the_navigation_stays_and_the_others_come_from_the_text() {
        let page = |path: &str, title: &str| SitePage {
            path: path.into(),
            file: path.into(),
            title: title.into(),
            oid: String::new(),
            size: 1,
            skipped: None,
        };
        let node = |title: &str, path: &str| NavNode {
            title: title.into(),
            level: 0,
            target: NavTarget::Page(path.into()),
        };
        let mut site = Site {
            pages: vec![page("a.md", "Given"), page("b-c.md", ""), page("d.md", "")],
            nav: vec![node("Given", "a.md"), node("", "b-c.md"), node("", "d.md")],
            ..Site::default()
        };
        site.name_pages(|path| (path == "d.md").then_some("# From the text\n"));
        let titles: Vec<&str> = site.nav.iter().map(|n| n.title.as_str()).collect();
        assert_eq!(titles, ["Given", "B c", "From the text"]);
        assert_eq!(site.first_page(), Some("a.md"));
    }
}
