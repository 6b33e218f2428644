//! The navigation that `nav` gives, over the pages that are there.

use super::{EntryKind, Work};
use crate::techdocs::mkdocs::{NavEntry, NavItem};
use crate::techdocs::{NavNode, NavTarget, order, path};

/// Sites within a site, one below the other.
const DEEPEST_INCLUDE: usize = 5;
/// Sites within a site, all together.
const MOST_INCLUDES: usize = 200;

/// A configuration's share of a site: the site itself, or one that the monorepo plugin includes.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// Where its `mkdocs.yml` is.
    pub folder: String,
    /// Where its pages are.
    pub docs: String,
    /// What stands before its pages' paths; empty for the site itself.
    pub prefix: String,
}

impl Work<'_> {
    /// The navigation of a part: as given, else MkDocs' own.
    pub(super) fn navigate(
        &mut self,
        part: &Part,
        nav: Option<Vec<NavEntry>>,
        level: u16,
    ) -> Vec<NavNode> {
        let mut chain = vec![part.folder.clone()];
        self.part_nav(part, nav, level, &mut chain)
    }

    fn part_nav(
        &mut self,
        part: &Part,
        nav: Option<Vec<NavEntry>>,
        level: u16,
        chain: &mut Vec<String>,
    ) -> Vec<NavNode> {
        let mut out = Vec::new();
        match nav {
            Some(entries) => self.entries(part, &entries, level, chain, &mut out),
            None => {
                let pages: Vec<String> = self
                    .pages
                    .iter()
                    .map(|page| &page.path)
                    .filter(|path| path::below(&part.prefix, path).is_some())
                    .filter(|path| !self.exclusions.is_unlisted(path))
                    .cloned()
                    .collect();
                out = order::nav(&pages, &part.prefix, level);
            }
        }
        out
    }

    fn entries(
        &mut self,
        part: &Part,
        entries: &[NavEntry],
        level: u16,
        chain: &mut Vec<String>,
        out: &mut Vec<NavNode>,
    ) {
        for entry in entries {
            let title = entry.title.clone().unwrap_or_default();
            match &entry.item {
                NavItem::Section(below) => {
                    out.push(NavNode {
                        title,
                        level,
                        target: NavTarget::Section,
                    });
                    self.entries(part, below, level.saturating_add(1), chain, out);
                }
                NavItem::Target(target) => {
                    self.target(part, title, target.trim(), level, chain, out);
                }
            }
        }
    }

    fn target(
        &mut self,
        part: &Part,
        title: String,
        target: &str,
        level: u16,
        chain: &mut Vec<String>,
        out: &mut Vec<NavNode>,
    ) {
        let node = |title: String, target: NavTarget| NavNode {
            title,
            level,
            target,
        };
        let missing = |title: String| node(title, NavTarget::Missing(target.to_owned()));
        if let Some(pattern) = target.strip_prefix("*include ") {
            out.push(node(title, NavTarget::Section));
            for config in self.matching_configs(part, pattern.trim()) {
                self.include(&config, level.saturating_add(1), None, chain, out);
            }
            return;
        }
        // The YAML reader leaves the tag of an `!include` without quotes out.
        let included = target.strip_prefix("!include ").map(str::trim).or_else(|| {
            matches!(path::name_of(target), "mkdocs.yml" | "mkdocs.yaml").then_some(target)
        });
        if let Some(file) = included {
            match path::within(&part.folder, file) {
                Some(config) => self.include(&config, level, Some(title), chain, out),
                None => out.push(node(title, NavTarget::Missing(file.to_owned()))),
            }
            return;
        }
        if is_address(target) {
            let shown = if title.is_empty() {
                target.to_owned()
            } else {
                title
            };
            out.push(node(shown, NavTarget::Url(target.to_owned())));
            return;
        }
        let file = target.split(['#', '?']).next().unwrap_or_default();
        let Some(inside) = path::within("", file.trim_start_matches("./")) else {
            out.push(missing(title));
            return;
        };
        let page = path::join(&part.prefix, &inside);
        if let Some(page) = self.page_at(&page) {
            out.push(node(title, NavTarget::Page(page)));
            return;
        }
        let below: Vec<String> = self
            .pages
            .iter()
            .map(|page| &page.path)
            .filter(|path| path::below(&page, path).is_some())
            .cloned()
            .collect();
        if below.is_empty() {
            out.push(missing(title));
            return;
        }
        // A folder: MkDocs itself has no such entry, several of its plugins do.
        let title = if title.is_empty() {
            crate::techdocs::title::of_folder(path::name_of(&page))
        } else {
            title
        };
        out.push(node(title, NavTarget::Section));
        out.extend(order::nav(&below, &page, level.saturating_add(1)));
    }

    /// A page by the path that `nav` has; the folder's own page stands in for an index of either name.
    fn page_at(&self, page: &str) -> Option<String> {
        if self.known.contains_key(page) {
            return Some(page.to_owned());
        }
        let other = match path::name_of(page) {
            "README.md" => "index.md",
            "index.md" => "README.md",
            _ => return None,
        };
        let page = path::join(path::folder_of(page), other);
        self.known.contains_key(&page).then_some(page)
    }

    /// The configurations that an `*include` with a pattern means, as far as they were listed.
    fn matching_configs(&mut self, part: &Part, pattern: &str) -> Vec<String> {
        let start = pattern.split('*').next().unwrap_or_default();
        let start = path::within(&part.folder, path::folder_of(start));
        let glob = path::within(&part.folder, pattern).and_then(|pattern| {
            globset::GlobBuilder::new(&pattern)
                .literal_separator(true)
                .build()
                .ok()
        });
        let (Some(start), Some(glob)) = (start, glob) else {
            self.problems
                .push(format!("nav: \"*include {pattern}\" is not understood"));
            return Vec::new();
        };
        if !self.source.knows(&start) && self.source.find(&start) != Some(None) {
            self.wants.folders.insert(start);
            return Vec::new();
        }
        let matcher = glob.compile_matcher();
        let named = |at: &str| matches!(path::name_of(at), "mkdocs.yml" | "mkdocs.yaml");
        self.source
            .entries
            .iter()
            .filter(|(at, entry)| {
                entry.kind == EntryKind::File && named(at) && matcher.is_match(at.as_str())
            })
            .map(|(at, _)| at.clone())
            .take(MOST_INCLUDES)
            .collect()
    }

    /// A site within the site, by its configuration: its pages, and its navigation below a title.
    ///
    /// The plugin puts its pages under the name of that site.
    fn include(
        &mut self,
        config_at: &str,
        level: u16,
        title: Option<String>,
        chain: &mut Vec<String>,
        out: &mut Vec<NavNode>,
    ) {
        let folder = path::folder_of(config_at).to_owned();
        let node = |title: String, target: NavTarget| NavNode {
            title,
            level,
            target,
        };
        let mut missing = |work: &mut Self, why: &str| {
            let title = title.clone().unwrap_or_default();
            out.push(node(title, NavTarget::Missing(config_at.to_owned())));
            work.problems.push(format!("nav: {config_at} {why}"));
        };
        if chain.contains(&folder) {
            return missing(self, "includes itself");
        }
        if chain.len() > DEEPEST_INCLUDE || self.includes >= MOST_INCLUDES {
            return missing(self, "is not included: too many are");
        }
        self.includes += 1;
        match self.source.find(config_at) {
            Some(Some(entry)) if entry.kind == EntryKind::File => {}
            Some(Some(_)) => return missing(self, "is no file"),
            Some(None) => return missing(self, "does not exist"),
            None => {
                self.wants.shallow.insert(folder);
                return;
            }
        }
        let Some(mut config) = self.config(config_at) else {
            return;
        };
        let Some(docs) = self.docs_folder(&folder, &config) else {
            return;
        };
        let name = config.site_name().to_owned();
        let part = Part {
            prefix: alias(&name, &folder),
            folder: folder.clone(),
            docs,
        };
        self.collect(&part);
        let nav = config.nav();
        self.problems.append(&mut config.problems);
        let title = title.filter(|title| !title.is_empty()).unwrap_or_else(|| {
            if name.is_empty() {
                folder.clone()
            } else {
                name
            }
        });
        out.push(node(title, NavTarget::Section));
        chain.push(folder);
        let below = self.part_nav(&part, nav, level.saturating_add(1), chain);
        chain.pop();
        out.extend(below);
    }
}

/// What stands before the pages of an included site: its name where that can be a path, else a path made of it.
fn alias(name: &str, folder: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/');
    if !name.is_empty() && name.chars().all(plain) {
        return name.trim_matches('/').to_owned();
    }
    let mut out = String::new();
    for c in name.to_lowercase().chars() {
        if c.is_alphanumeric() || c == '_' {
            out.push(c);
        } else if !out.ends_with('-') && !out.is_empty() {
            out.push('-');
        }
    }
    let out = out.trim_matches('-');
    if out.is_empty() {
        folder.to_owned()
    } else {
        out.to_owned()
    }
}

/// Whether an entry leads out of the site by its scheme, or by naming a host.
fn is_address(target: &str) -> bool {
    if target.starts_with("//") {
        return true;
    }
    target.split_once(':').is_some_and(|(scheme, rest)| {
        let valid = scheme.len() > 1
            && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
        valid && (rest.starts_with("//") || scheme.eq_ignore_ascii_case("mailto"))
    })
}
