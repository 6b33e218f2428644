//! One site's refresh, from what is known of it to what is written.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::Terms;
use super::super::fetch::Wanted;
use super::super::listing::Listed;
use crate::github::contents::{Locator, Look};
use crate::store::{DocSiteRecord, DocText};
use crate::sync::target::GithubTarget;
use crate::techdocs::{Site, SitePage, path};

/// What the next refresh knows of a site.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Memory {
    pub key: String,
    pub repository: String,
    pub branch: String,
    pub folder: String,
    /// The commit at which everything was read; none where something is missing.
    pub head: Option<String>,
}

/// One site's refresh.
pub(in crate::sync::docs) struct Job {
    pub source: String,
    pub target: GithubTarget,
    pub(super) is_page: bool,
    pub(super) is_known: bool,
    pub(super) memory: Memory,
    /// The readings of the target that were not tried yet: branch and folder (of a single page, its path).
    pub(super) readings: Vec<(String, String)>,
    pub(super) listed: Listed,
    pub(super) site: Site,
    pub(super) rounds: usize,
    /// Texts that were fetched and not written yet.
    pub(super) texts: Vec<DocText>,
    /// Texts still to come.
    pub(super) missing: usize,
    /// Why it is not up to date.
    pub(super) problem: Option<String>,
    /// It was not looked at as a whole; the reason is the problem or, for all alike, that the work had to stop.
    pub(super) failed: bool,
}

impl Job {
    /// A job for a site, by a file in its folder or by the one page it is.
    pub fn new(source: String, target: GithubTarget, is_page: bool, state: Value) -> Self {
        let is_known = state.is_object();
        Self {
            source,
            target,
            is_page,
            is_known,
            memory: serde_json::from_value(state).unwrap_or_default(),
            readings: Vec::new(),
            listed: Listed::default(),
            site: Site::default(),
            rounds: 0,
            texts: Vec::new(),
            missing: 0,
            problem: None,
            failed: false,
        }
    }

    pub(super) fn at(&self, inside: &str) -> Locator {
        let at = if inside.is_empty() {
            self.memory.folder.clone()
        } else {
            path::join(&self.memory.folder, inside)
        };
        Locator::Expression(format!("{}:{at}", self.memory.branch))
    }

    /// Goes on to the next reading of the target; says whether there is one.
    pub(super) fn next_reading(&mut self) -> bool {
        if self.readings.is_empty() {
            return false;
        }
        let (branch, at) = self.readings.remove(0);
        self.memory.branch = branch;
        self.memory.folder = if self.is_page {
            at
        } else {
            path::folder_of(&at).to_owned()
        };
        self.listed = Listed::default();
        true
    }

    pub(super) fn give_up(&mut self, problem: impl Into<String>) {
        self.failed = true;
        self.problem = Some(problem.into());
    }

    pub(super) fn record(&mut self, now: i64) -> DocSiteRecord {
        let mut memory = self.memory.clone();
        if self.missing > 0 || self.failed || self.problem.is_some() {
            memory.head = None;
        }
        DocSiteRecord {
            source: self.source.clone(),
            state: serde_json::to_value(memory).unwrap_or_default(),
            site: self.site.clone(),
            texts: std::mem::take(&mut self.texts),
            fetched_at: now,
        }
    }
}

impl Job {
    pub(super) fn text(&self, at: usize, inside: &str, oid: &str, size: u64) -> Wanted {
        Wanted {
            job: at,
            owner: self.target.owner.clone(),
            repository: self.target.repo.clone(),
            inside: inside.to_owned(),
            look: Look::Text,
            locator: Locator::Oid(oid.to_owned()),
            size,
        }
    }

    /// The site that a single page is.
    pub(super) fn single(&mut self, found: Option<(String, u64)>, terms: &Terms) {
        let Some((oid, size)) = found else {
            return self.give_up(format!("{} does not exist", self.target.url()));
        };
        let name = path::name_of(&self.memory.folder).to_owned();
        let skipped = (size > terms.limits.page).then(|| {
            format!(
                "has {size} bytes, more than the {} of a page that are kept",
                terms.limits.page
            )
        });
        self.site = Site {
            problems: skipped.iter().map(|why| format!("{name} {why}")).collect(),
            pages: vec![SitePage {
                file: name.clone(),
                path: name,
                title: String::new(),
                oid,
                size,
                skipped,
            }],
            ..Site::default()
        };
    }
}
