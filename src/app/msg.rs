//! What reaches the interface: everything that `update` reacts to.

use std::sync::Arc;

use jiff::Timestamp;

use super::complete::Offer;
use super::detail::Detail;
use super::docs::{DocFound, DocListed, DocSet, LaidOut, NoDocs, Place};
use super::facets::Facets;
use super::impact::Contacts;
use super::job::{Edited, JobReport};
use super::outline::{Carried, Outline};
use super::who::Card;
use crate::catalog::{RowId, Snapshot};
use crate::keymap::Key;

/// One thing that happened.
#[derive(Debug)]
pub enum Msg {
    /// A key was pressed.
    Key(Key),
    /// An editor that [`HandOver::Edit`](super::HandOver::Edit) asked for has ended well; what it left behind.
    Edited { what: Edited, text: String },
    /// Text was pasted (bracketed paste).
    Paste(String),
    /// The mouse did something.
    Mouse(Mouse),
    /// The terminal has another size now, in cells.
    Resize { columns: u16, rows: u16 },
    /// The terminal window got (`true`) or lost the focus.
    Focus(bool),
    /// The program is back from a suspension.
    Resumed,
    /// What time it is. Sent at the start, before every [`Msg::Timer`], and cheap to send more often: ages on
    /// screen are computed from the last one.
    Clock(Timestamp),
    /// A timer that [`Effect::Timer`](super::Effect::Timer) asked for ran out.
    Timer(Timer),
    /// A source is due to be synced by its schedule. Not sent while the interface is offline.
    SyncDue,
    /// What the terminal turned out to be able to do.
    Capabilities(Capabilities),
    /// The cache changed, or what is known about it; from a job or from watching another process.
    Cache(Box<CacheUpdate>),
    /// A job has something to say.
    Job(JobReport),
}

/// The timers the interface uses; at most one of each runs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Timer {
    /// The selection has rested: let the preview follow.
    Preview,
    /// The message at the bottom has been read.
    Toast,
    /// Ages on screen are out of date.
    Age,
    /// Somebody else may be on call from now on.
    Shift,
}

/// A mouse event, with what lies under it as the last frame drew it
/// (`Rendered::hit` of the frame on screen).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mouse {
    /// What it did.
    pub kind: MouseKind,
    /// What is drawn there, if that can be clicked.
    pub target: Option<Target>,
}

/// What the mouse did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MouseKind {
    /// The left button went down.
    Press,
    /// The wheel turned by this many lines, down where positive.
    Wheel(i16),
}

/// Something on screen that can be clicked or scrolled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// The line text is typed into.
    Line,
    /// The list's row of this index (from the first row, not from the first visible one).
    Row(usize),
    /// The list below its rows.
    List,
    /// The preview.
    Preview,
    /// How many entities are invalid, in the top line.
    Problems,
    /// The tab of this index.
    Tab(usize),
    /// The line of this index in the navigation of documentation.
    Nav(usize),
    /// The line of a page that a heading in its contents leads to.
    Heading(usize),
    /// The row of this index in the palette, the help or a menu.
    Item(usize),
}

/// What the terminal can do, as far as the interface cares.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Capabilities {
    /// Whether OSC 8 hyperlinks are understood.
    pub hyperlinks: bool,
}

/// News of the cache. What is `None` has not changed.
#[derive(Clone, Debug, Default)]
pub struct CacheUpdate {
    /// A new snapshot.
    pub snapshot: Option<Arc<Snapshot>>,
    /// When the sources were last checked with success.
    pub synced_at: Option<Timestamp>,
    /// Whether and why the data cannot be refreshed.
    pub condition: Option<Condition>,
    /// Whether the cache is a shared one that is only read.
    pub read_only: Option<bool>,
    /// The references of all starred entities.
    pub starred: Option<Vec<String>>,
    /// Those of the entities that were opened often and lately, best first.
    pub recent: Option<Vec<String>>,
    /// Where one was in pages of documentation, the newest last.
    pub places: Option<Vec<Place>>,
    /// The owner references of the signed-in person: themselves and their groups.
    pub me: Option<Vec<String>>,
    /// One line for the message log: "the cache was damaged and has been set aside".
    pub notice: Option<String>,
}

/// Whether the cache can be refreshed. These are states that are shown, not errors.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Condition {
    /// Nothing stands in the way.
    #[default]
    Ready,
    /// The network, or the host, cannot be reached, or `--offline` was given.
    Offline,
    /// The host asks to wait.
    RateLimited {
        /// Until when, where the host said so.
        until: Option<Timestamp>,
    },
    /// No identity that the sources accept.
    SignedOut,
    /// No source is configured.
    NoSources,
    /// The last sync failed; the message says why.
    Failed(String),
    /// The last sync reached its end, but these sources failed: the name of each with why. What they gave before is
    /// still there.
    SourcesFailed(Vec<String>),
}

/// What a job hands over besides its end.
#[derive(Debug)]
pub enum Output {
    /// News of the cache, of [`Job::OpenCache`](super::Job::OpenCache) and [`Job::Sync`](super::Job::Sync).
    Cache(Box<CacheUpdate>),
    /// The answer to [`Job::Search`](super::Job::Search).
    Matches(Matches),
    /// The answer to [`Job::LoadEntity`](super::Job::LoadEntity).
    Entity {
        /// None where the cache has no such entity.
        detail: Option<Box<Detail>>,
        /// None where it was never good, besides.
        card: Option<Box<Card>>,
    },
    /// The answer to [`Job::Facets`](super::Job::Facets).
    Facets(Arc<Facets>),
    /// The answer to [`Job::Tree`](super::Job::Tree): the tree, and where the lines of the one before are in it.
    Tree(Arc<Outline>, Option<Carried>),
    /// The answer to [`Job::References`](super::Job::References).
    References(Vec<Offer>),
    /// The answer to [`Job::FilterTree`](super::Job::FilterTree): the lines that fit, in order.
    TreeMatches(Vec<u32>),
    /// The answer to [`Job::Contacts`](super::Job::Contacts).
    Contacts(Contacts),
    /// The answer to [`Job::OpenDocs`](super::Job::OpenDocs).
    Docs(Result<Arc<DocSet>, NoDocs>),
    /// A page, laid out.
    Doc(LaidOut),
    /// Why a page is not to be had.
    NoDoc(String),
    /// The answer to [`Job::ListDocs`](super::Job::ListDocs).
    DocList(Arc<Vec<DocListed>>),
    /// The answer to [`Job::FilterDocs`](super::Job::FilterDocs): the entities that fit, the best first.
    DocMatches(Vec<usize>),
    /// The answer to [`Job::SearchDocs`](super::Job::SearchDocs).
    DocsFound(Vec<DocFound>),
    /// Whether an entity is starred now.
    Starred { entity_ref: String, starred: bool },
    /// The entities that were opened often and lately, best first.
    Recent(Vec<String>),
    /// What is wrong in the sources, a line each with its place: for the message log, which takes each once.
    Errors(Vec<String>),
}

/// What a search found.
#[derive(Clone, Debug)]
pub struct Matches {
    /// The rows of the searched snapshot, best first.
    pub ids: Vec<RowId>,
    /// What is wrong with the query ("unknown filter"), in words for people.
    pub problems: Vec<String>,
    /// Where nothing matched: a name in the catalog that is near the query's words.
    pub nearest: Option<String>,
}
