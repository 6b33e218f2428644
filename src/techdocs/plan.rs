//! From the files of a site to its pages and navigation, asking for what it has not seen.
//!
//! [`plan()`] is called again with what it wanted until it wants nothing more. It reads no file but those configurations
//! that it asked for, so a site of thousands of pages costs a listing.

mod nav;

use std::collections::{BTreeMap, BTreeSet};

use super::exclude::Exclusions;
use super::mkdocs::Config;
use super::order;
use super::path;
use super::runbook::RunbookRules;
use super::{NavTarget, Site, SitePage, is_decision};

/// Configurations laid over one another.
const MOST_INHERITED: usize = 5;
/// Pages of one site.
const MOST_PAGES: usize = 10_000;

/// What a name in a listing is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EntryKind {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// A link, which is not followed.
    Link,
}

/// One name in a listing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// What it is.
    pub kind: EntryKind,
    /// Git's object id.
    pub oid: String,
    /// Bytes of a file.
    pub size: u64,
}

/// What has been seen of a site so far. Paths are from its own folder, `/` between.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Source {
    /// Everything that was listed.
    pub entries: BTreeMap<String, Entry>,
    /// Folders of which everything is in `entries`, however deep. The site's own folder is the empty path.
    pub whole: BTreeSet<String>,
    /// Folders of which only the names directly in them are.
    pub shallow: BTreeSet<String>,
    /// Configurations that were read; none where one is there and of no use.
    pub texts: BTreeMap<String, Option<String>>,
}

impl Source {
    fn knows(&self, folder: &str) -> bool {
        let mut at = folder;
        loop {
            if self.whole.contains(at) {
                return true;
            }
            if at.is_empty() {
                return false;
            }
            at = path::folder_of(at);
        }
    }

    /// Whether a name is there, as far as can be told without asking: none where its folder was not listed.
    fn find(&self, at: &str) -> Option<Option<&Entry>> {
        if let Some(entry) = self.entries.get(at) {
            return Some(Some(entry));
        }
        let mut at = at;
        while !at.is_empty() {
            let folder = path::folder_of(at);
            if self.knows(folder) || self.shallow.contains(folder) {
                return Some(None);
            }
            match self.entries.get(folder) {
                Some(entry) if entry.kind != EntryKind::Folder => return Some(None),
                Some(_) => return None,
                None => at = folder,
            }
        }
        None
    }

    fn is_file(&self, at: &str) -> bool {
        self.entries
            .get(at)
            .is_some_and(|entry| entry.kind == EntryKind::File)
    }
}

/// How much of a site is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Bytes of one page.
    pub page: u64,
    /// Bytes of all pages of a site.
    pub site: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            page: 1_000_000,
            site: 20_000_000,
        }
    }
}

/// What [`plan()`] needs to see before it can say more.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Wants {
    /// Configurations to read.
    pub files: BTreeSet<String>,
    /// Folders to list, with everything below them.
    pub folders: BTreeSet<String>,
    /// Folders of which the names directly in them are enough.
    pub shallow: BTreeSet<String>,
}

impl Wants {
    /// Whether all has been seen.
    pub fn is_nothing(&self) -> bool {
        self.files.is_empty() && self.folders.is_empty() && self.shallow.is_empty()
    }
}

/// A site, as far as it can be told.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Plan {
    /// The site; complete once nothing is wanted.
    pub site: Site,
    /// What to look at before calling again.
    pub wants: Wants,
}

/// Says what a site is, or what must be seen first.
pub fn plan(source: &Source, limits: Limits, rules: &RunbookRules) -> Plan {
    let mut work = Work {
        source,
        wants: Wants::default(),
        problems: Vec::new(),
        pages: Vec::new(),
        known: BTreeMap::new(),
        includes: 0,
        exclusions: Exclusions::of(&Config::default(), &mut Vec::new()),
        snippet_paths: Vec::new(),
    };
    let mut site = Site::default();
    if !source.knows("") && !source.shallow.contains("") {
        work.wants.shallow.insert(String::new());
        return Plan {
            site,
            wants: work.wants,
        };
    }
    let config_at = ["mkdocs.yml", "mkdocs.yaml"]
        .into_iter()
        .find(|name| source.is_file(name));
    let config = match config_at {
        None => Some(Config::default()),
        Some(at) => work.config(at),
    };
    if let Some(mut config) = config {
        site.name = config.site_name().to_owned();
        if let Some(docs) = work.docs_folder("", &config) {
            work.snippets(&config, &docs);
            work.exclusions = Exclusions::of(&config, &mut work.problems);
            let nav = config.nav();
            work.problems.append(&mut config.problems);
            let part = nav::Part {
                folder: String::new(),
                docs,
                prefix: String::new(),
            };
            work.collect(&part);
            work.first_page_from_readme(&part);
            site.nav = work.navigate(&part, nav, 0);
        } else {
            work.problems.append(&mut config.problems);
        }
    }
    site.pages = work.pages;
    site.problems = work.problems;
    site.snippet_paths = work.snippet_paths;
    finish(&mut site, limits, rules);
    Plan {
        site,
        wants: work.wants,
    }
}

struct Work<'a> {
    source: &'a Source,
    wants: Wants,
    problems: Vec<String>,
    pages: Vec<SitePage>,
    /// Where in `pages` a path is.
    known: BTreeMap<String, usize>,
    includes: usize,
    /// Those of the site itself: the monorepo plugin puts all pages into one folder before they are looked at.
    exclusions: Exclusions,
    snippet_paths: Vec<String>,
}

impl Work<'_> {
    /// A configuration with what it inherits; none while one of them has not been read, or where it cannot be.
    fn config(&mut self, at: &str) -> Option<Config> {
        let mut config = self.one_config(at)?;
        let mut at = at.to_owned();
        let mut parent = config.inherits().map(str::to_owned);
        let mut depth = 0;
        while let Some(name) = parent {
            depth += 1;
            let target = path::within(path::folder_of(&at), &name);
            let Some(target) = target.filter(|_| depth <= MOST_INHERITED) else {
                config.problems.push(format!(
                    "INHERIT: \"{name}\" is not read: it leads out of the site or too far"
                ));
                break;
            };
            match self.source.find(&target) {
                Some(Some(entry)) if entry.kind == EntryKind::File => {}
                Some(_) => {
                    config
                        .problems
                        .push(format!("INHERIT: \"{name}\" does not exist"));
                    break;
                }
                None => {
                    self.wants
                        .shallow
                        .insert(path::folder_of(&target).to_owned());
                    return None;
                }
            }
            let base = self.one_config(&target)?;
            parent = base.inherits().map(str::to_owned);
            config.over(base);
            at = target;
        }
        Some(config)
    }

    fn one_config(&mut self, at: &str) -> Option<Config> {
        match self.source.texts.get(at) {
            Some(Some(text)) => Some(Config::read(text)),
            Some(None) => {
                let mut config = Config::default();
                config
                    .problems
                    .push(format!("{at} cannot be read: it is too large or no text"));
                Some(config)
            }
            None => {
                self.wants.files.insert(at.to_owned());
                None
            }
        }
    }

    /// The folder of the pages of a configuration that lies in `folder`; none while it has not been listed.
    ///
    /// TechDocs refuses one that is absolute or above the configuration.
    fn docs_folder(&mut self, folder: &str, config: &Config) -> Option<String> {
        let written = config.docs_dir();
        let docs = path::within(folder, written)
            .filter(|docs| docs == folder || path::below(folder, docs).is_some());
        let Some(docs) = docs else {
            self.problems.push(format!(
                "docs_dir: \"{written}\" leads out of the site and is not read"
            ));
            return None;
        };
        let there = match self.source.find(&docs) {
            _ if self.source.knows(&docs) => true,
            Some(Some(entry)) if entry.kind != EntryKind::Folder => {
                self.problems
                    .push(format!("docs_dir: \"{written}\" is no folder"));
                true
            }
            Some(None) => !docs.is_empty(),
            _ => false,
        };
        if there {
            return Some(docs);
        }
        self.wants.folders.insert(docs);
        None
    }

    fn snippets(&mut self, config: &Config, docs: &str) {
        for base in config.snippet_paths() {
            self.snippet_paths.extend(path::within("", &base));
        }
        self.snippet_paths.push(docs.to_owned());
        let mut seen = BTreeSet::new();
        self.snippet_paths.retain(|base| seen.insert(base.clone()));
    }

    /// Takes every page of a part, in MkDocs' own order.
    fn collect(&mut self, part: &nav::Part) {
        let mut found: Vec<&str> = self
            .source
            .entries
            .iter()
            .filter(|(_, entry)| entry.kind != EntryKind::Folder)
            .filter_map(|(at, _)| path::below(&part.docs, at))
            .filter(|page| {
                path::is_page(page) && !self.exclusions.excludes(&path::join(&part.prefix, page))
            })
            .collect();
        // MkDocs leaves a README out where the folder has an index.
        let all: BTreeSet<&str> = found.iter().copied().collect();
        found.retain(|page| {
            path::stem(path::name_of(page)) != "README"
                || !all.contains(path::join(path::folder_of(page), "index.md").as_str())
        });
        found.sort_by(|a, b| order::compare(a, b));
        for page in found {
            let file = path::join(&part.docs, page);
            self.add(path::join(&part.prefix, page), file);
        }
    }

    fn add(&mut self, page: String, file: String) {
        if self.pages.len() >= MOST_PAGES || self.known.contains_key(&page) {
            return;
        }
        let Some(entry) = self.source.entries.get(&file) else {
            return;
        };
        self.known.insert(page.clone(), self.pages.len());
        self.pages.push(SitePage {
            path: page,
            file,
            title: String::new(),
            oid: entry.oid.clone(),
            size: entry.size,
            skipped: (entry.kind == EntryKind::Link)
                .then(|| "is a link, which is not followed".to_owned()),
        });
    }

    /// TechDocs makes the README beside the configuration the first page where the documentation has none.
    fn first_page_from_readme(&mut self, part: &nav::Part) {
        let has_index = ["index.md", "README.md"]
            .iter()
            .any(|name| self.known.contains_key(*name));
        if has_index || !part.prefix.is_empty() {
            return;
        }
        let readme = ["README.md", "readme.md", "Readme.md"]
            .into_iter()
            .map(|name| path::join(&part.folder, name))
            .find(|at| self.source.is_file(at));
        if let Some(readme) = readme {
            let page = path::join(&part.prefix, "index.md");
            self.add(page.clone(), readme);
            // It is the first page where nothing else says so.
            if self
                .known
                .get(&page)
                .is_some_and(|at| at + 1 == self.pages.len())
                && let Some(first) = self.pages.pop()
            {
                self.pages.insert(0, first);
                let places = self.pages.iter().enumerate();
                self.known = places.map(|(at, p)| (p.path.clone(), at)).collect();
            }
        }
    }
}

/// Puts the pages of the navigation first, takes their titles from it, and holds the site to its limits: what would be
/// read at night is kept before everything else.
fn finish(site: &mut Site, limits: Limits, rules: &RunbookRules) {
    let mut places: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    for (at, node) in site.nav.iter().enumerate() {
        if let NavTarget::Page(path) = &node.target {
            places.entry(path).or_insert((at, &node.title));
        }
    }
    for page in &mut site.pages {
        if let Some((_, title)) = places.get(page.path.as_str()) {
            page.title = (*title).to_owned();
        }
    }
    site.pages.sort_by_key(|page| {
        places
            .get(page.path.as_str())
            .map_or(usize::MAX, |(at, _)| *at)
    });
    let ranks = ranks(site, rules);
    let mut order: Vec<usize> = (0..site.pages.len()).collect();
    order.sort_by_key(|at| ranks.get(*at).copied());
    let mut total = 0_u64;
    let mut problems = Vec::new();
    for at in order {
        let Some(page) = site.pages.get_mut(at) else {
            continue;
        };
        if page.skipped.is_none() {
            if page.size > limits.page {
                page.skipped = Some(format!(
                    "has {} bytes, more than the {} of a page that are kept",
                    page.size, limits.page
                ));
            } else if total.saturating_add(page.size) > limits.site {
                page.skipped = Some(format!(
                    "is left out: the site has more than the {} bytes that are kept",
                    limits.site
                ));
            } else {
                total = total.saturating_add(page.size);
            }
        }
        if let Some(why) = &page.skipped {
            problems.push(format!("{} {why}", page.file));
        }
    }
    site.problems.append(&mut problems);
}

/// How soon each page of a site should be there: 0 runbooks, 1 decisions, 2 everything else.
pub fn ranks(site: &Site, rules: &RunbookRules) -> Vec<u8> {
    let runbooks = rules.pages(site);
    site.pages
        .iter()
        .map(|page| {
            if runbooks.iter().any(|found| found.path == page.path) {
                0
            } else if is_decision(&page.path) {
                1
            } else {
                2
            }
        })
        .collect()
}

#[cfg(test)]
mod tests;
