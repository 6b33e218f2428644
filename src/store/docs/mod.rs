//! Documentation in the cache: sites, their pages, which entity has which, and the search over all of it.
//!
//! A site stands under its source (`url:https://…` or `file:/…`), so that entities that share one share its pages. A
//! site that could not be read again keeps what it had. Nothing is written where nothing differs.

mod marks;
mod read;
mod search;
#[cfg(test)]
mod tests;
mod words;
mod write;

use serde_json::Value;

use crate::techdocs::Site;

pub use search::{DocHit, Fragment};

/// What is written of a site at once.
#[derive(Clone, PartialEq, Debug)]
pub struct DocSiteRecord {
    /// Where it was read: `url:https://…/tree/main/` of a folder, `url:https://…/blob/main/x.md` of a single page,
    /// `file:/…` of a folder of this machine.
    pub source: String,
    /// What the next refresh must know of it; anything but secrets.
    pub state: Value,
    /// Its navigation and pages.
    pub site: Site,
    /// Texts that are new or differ. Pages of the site that are not among them keep the text they have.
    pub texts: Vec<DocText>,
    /// When it was read, in seconds since 1970.
    pub fetched_at: i64,
}

/// The text of a page or of a file that pages bring in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DocText {
    /// The page's path within the site; of a snippet, its file from the site's folder.
    pub path: String,
    /// Whether it is a snippet, which is no page of its own and is not searched.
    pub is_snippet: bool,
    /// Git's object id.
    pub oid: String,
    /// The text, as it was read.
    pub text: String,
}

/// A site as the cache knows it, without pages.
#[derive(Clone, PartialEq, Debug)]
pub struct DocSiteState {
    /// See [`DocSiteRecord::source`].
    pub source: String,
    /// See [`DocSiteRecord::state`].
    pub state: Value,
}

/// Which documentation an entity has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DocEntity {
    /// The complete, lower-cased reference.
    pub entity_ref: String,
    /// The site's source; none where it cannot be used.
    pub source: Option<String>,
    /// The page to begin with, where the entity names one, as it names it.
    pub page: Option<String>,
    /// Why there is nothing to read, or why what there is may be old.
    pub problem: Option<String>,
}

/// What the index says of an entity by what a sync found.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct DocMark {
    /// It has pages to read.
    pub docs: bool,
    /// One of its pages, annotations or links is a runbook by the configured rules.
    pub runbook: bool,
}

/// An entity's documentation, to be shown.
#[derive(Clone, PartialEq, Debug)]
pub struct Docs {
    /// The site's source.
    pub source: String,
    /// The site, every title filled in.
    pub site: Site,
    /// The page to begin with: the one the entity names, else the first of the navigation.
    pub start: Option<String>,
    /// When the site was last read, in seconds since 1970.
    pub fetched_at: i64,
    /// Why it may be old.
    pub problem: Option<String>,
}

/// A page's text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DocPage {
    /// Its path within the site.
    pub path: String,
    /// What it is called.
    pub title: String,
    /// Git's object id.
    pub oid: String,
    /// Its Markdown, as it was read: clean it before it is shown.
    pub text: String,
    /// When this text was read, in seconds since 1970.
    pub fetched_at: i64,
}

/// What of an entity decides about its documentation.
#[derive(Clone, PartialEq, Debug)]
pub struct DocCandidate {
    /// The complete, lower-cased reference.
    pub entity_ref: String,
    /// The entity, as its file gives it.
    pub entity: Value,
}

/// How much documentation the cache has.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct DocCounts {
    /// Sites.
    pub sites: u64,
    /// Pages with their text.
    pub pages: u64,
}

/// The tables of documentation; part of the cache's format.
pub(super) const TABLES: &str = "
    CREATE TABLE doc_site (
        id INTEGER PRIMARY KEY,
        source TEXT NOT NULL UNIQUE,
        state TEXT NOT NULL,
        site TEXT NOT NULL,
        fetched_at INTEGER NOT NULL
    );
    CREATE TABLE doc_page (
        id INTEGER PRIMARY KEY,
        site INTEGER NOT NULL REFERENCES doc_site (id) ON DELETE CASCADE,
        path TEXT NOT NULL,
        is_snippet INTEGER NOT NULL,
        title TEXT NOT NULL,
        oid TEXT NOT NULL,
        text TEXT NOT NULL,
        fetched_at INTEGER NOT NULL,
        UNIQUE (site, is_snippet, path)
    );
    CREATE TABLE doc_entity (
        entity_ref TEXT PRIMARY KEY,
        source TEXT,
        page TEXT,
        problem TEXT
    ) WITHOUT ROWID;
    CREATE TABLE doc_mark (
        entity_ref TEXT PRIMARY KEY,
        docs INTEGER NOT NULL,
        runbook INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX doc_entity_of_source ON doc_entity (source);
    CREATE VIRTUAL TABLE doc_words USING fts5 (
        title, headings, body,
        content = '', contentless_delete = 1, prefix = '2 3', tokenize = 'unicode61'
    );
";
