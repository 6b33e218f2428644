//! Work that `update` asks for and never does itself.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::docs::{DocListed, DocSet, DocText, DocsGoal, PageView, Place};
use super::msg::{Output, Timer};
use super::outline::{Outline, TreeKind};
use crate::catalog::Snapshot;

/// Which job a report belongs to. Never used twice in one session.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct JobId(pub u64);

/// What jobs of one purpose share.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Slot {
    /// Searching the catalog.
    Search,
    /// The values that filters can have.
    Facets,
    /// The entity in the preview.
    Preview,
    /// The entity on its page.
    Entity,
    /// The tree on the screen.
    Tree,
    /// What a tree is filtered by.
    TreeFilter,
    /// What a reference that is being typed may become.
    References,
    /// How the owners of a tree's entities are reached.
    Contacts,
    /// The page of documentation on the screen.
    Docs,
    /// Which documentation there is, or where in it something stands.
    DocFind,
    /// Asking who is on call.
    OnCall,
    /// Opening the cache.
    Cache,
    /// Fetching from the sources.
    Sync,
    /// Small writes to the state, in order.
    State,
}

/// How a job stands to others of its slot.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Policy {
    /// The newest wins: an older one of the slot is cancelled and its reports are dropped.
    Latest(Slot),
    /// One at a time: while one of the slot runs, another is refused with
    /// [`JobErrorKind::Busy`].
    Exclusive(Slot),
    /// Each waits for the one of the slot before it.
    Queue(Slot),
}

/// A piece of work. Whoever runs it answers with the [`Output`] that its line names, then
/// [`JobEvent::Finished`].
#[derive(Clone, Debug)]
pub enum Job {
    /// Open the database, compare its generation with the snapshot's, and hand over what differs:
    /// [`Output::Cache`].
    OpenCache {
        /// The generation of the snapshot on screen.
        generation: u64,
    },
    /// Search: one [`Output::Matches`].
    Search(SearchRequest),
    /// Collect the values of filters: one [`Output::Facets`], by [`Facets::build`](super::facets::Facets::build).
    Facets(Arc<Snapshot>),
    /// Load what only an entity's own page and the preview show: one [`Output::Entity`], by
    /// [`Detail::build`](super::detail::Detail::build) and [`Card::build`](super::who::Card::build).
    LoadEntity {
        /// Complete reference, lower-cased.
        entity_ref: String,
    },
    /// Ask the service that an entity names who is on call, and keep the answer in the cache, or why there is none. Says
    /// nothing but that it has ended.
    RefreshOnCall {
        /// Complete reference, lower-cased.
        entity_ref: String,
    },
    /// Lay a tree out: one [`Output::Tree`], by [`Outline::build`] and [`Carried::between`](super::outline::Carried).
    Tree {
        snapshot: Arc<Snapshot>,
        kind: TreeKind,
        /// The tree itself, where it is made already.
        made: Option<Arc<Outline>>,
        /// The tree that is shown until then.
        older: Option<Arc<Outline>>,
    },
    /// Find what a reference that is being typed may become: one [`Output::References`], by
    /// [`references`](super::complete::references).
    References {
        snapshot: Arc<Snapshot>,
        /// As far as it is typed.
        typed: String,
    },
    /// Find lines of a tree: one [`Output::TreeMatches`], by [`Outline::matches`].
    FilterTree(TreeFilterRequest),
    /// Collect how owners are reached: one [`Output::Contacts`], by
    /// [`Detail::build`](super::detail::Detail::build).
    Contacts {
        /// Complete references, lower-cased.
        owners: Vec<String>,
    },
    /// Load an entity's documentation and a page of it: one [`Output::Docs`], then as for [`Job::LoadDoc`].
    OpenDocs {
        /// Complete reference, lower-cased.
        entity_ref: String,
        goal: DocsGoal,
        view: PageView,
    },
    /// Read a page and lay it out: one [`Output::NoDoc`], or one [`Output::Doc`] and, where it has code, another with its
    /// colours.
    LoadDoc {
        set: Arc<DocSet>,
        source: String,
        path: String,
        view: PageView,
    },
    /// Lay a page out anew: as for [`Job::LoadDoc`].
    LayDoc { text: Arc<DocText>, view: PageView },
    /// List what has documentation: one [`Output::DocList`].
    ListDocs(Arc<Snapshot>),
    /// Find entities in that list: one [`Output::DocMatches`].
    FilterDocs {
        all: Arc<Vec<DocListed>>,
        line: String,
    },
    /// Search all documentation: one [`Output::DocsFound`].
    SearchDocs { question: String },
    /// Remember where one was in pages; [`Job::OpenCache`] reads it again.
    RememberPlaces {
        /// The newest last.
        places: Vec<Place>,
    },
    /// Refresh the cache: [`JobEvent::Progress`] and [`Output::Cache`] as it goes.
    Sync {
        /// Whether to read what has not changed as well.
        full: bool,
        /// Only the source of this entity.
        only: Option<String>,
        /// Only the sources that are due by their schedules.
        due: bool,
    },
    /// Remember whether an entity is starred: [`Output::Starred`].
    SetStar { entity_ref: String, starred: bool },
    /// Remember that an entity was opened: [`Output::Recent`].
    RememberVisit { entity_ref: String },
}

/// What to search for, and in what.
#[derive(Clone, Debug)]
pub struct SearchRequest {
    /// What is searched.
    pub snapshot: Arc<Snapshot>,
    /// The line as typed.
    pub query: String,
    /// The references that `is:starred` means.
    pub starred: Arc<BTreeSet<String>>,
    /// The owner references that `owner:me` means.
    pub me: Arc<[String]>,
    /// The references that come first where no word is searched, after the starred ones.
    pub recent: Arc<[String]>,
}

/// What to look for in a tree.
#[derive(Clone, Debug)]
pub struct TreeFilterRequest {
    /// Where.
    pub outline: Arc<Outline>,
    /// The line as typed.
    pub line: String,
    /// The references that `is:starred` means.
    pub starred: Arc<BTreeSet<String>>,
    /// The owner references that `owner:me` means.
    pub me: Arc<[String]>,
}

/// Something a job says.
#[derive(Debug)]
pub struct JobReport {
    /// Which job.
    pub id: JobId,
    /// What it says.
    pub event: JobEvent,
}

/// What a job can say.
#[derive(Debug)]
pub enum JobEvent {
    /// It has begun.
    Started,
    /// How far a sync is.
    Progress(SyncProgress),
    /// Something it found.
    Output(Output),
    /// It has ended; nothing follows. The text, where there is one, goes to the message log.
    Finished(Result<Option<String>, JobError>),
}

/// How far a sync is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SyncProgress {
    /// What is being read: `my-org`, `teams`.
    pub what: String,
    /// How many are done, and of how many, where that is known.
    pub done: u64,
    pub total: Option<u64>,
}

/// Why a job failed, for people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JobError {
    /// Which kind, where the interface reacts to it.
    pub kind: JobErrorKind,
    /// What failed, in one line.
    pub message: String,
    /// What to do about it, where something can be done.
    pub hint: Option<String>,
}

/// The kinds of failure that the interface tells apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum JobErrorKind {
    /// Another of its slot is running.
    Busy,
    /// It was cancelled; nothing is said about it.
    Cancelled,
    /// Everything else.
    Failed,
}

/// A text that another program gets, together with the terminal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HandOver {
    /// `$VISUAL`, else `$EDITOR`, gets the text to change; [`Msg::Edited`](super::Msg::Edited) brings it back, unless
    /// the editor failed.
    Edit {
        /// Whose text it is: comes back with it.
        what: Edited,
        text: String,
        /// What the editor sees as the file's name; its ending tells the language.
        name: &'static str,
    },
    /// The same program gets a file of this machine, to change it there.
    EditFile {
        path: String,
        /// 1-based, where one is of interest.
        line: Option<u32>,
    },
    /// `$PAGER` gets the text to show.
    Page { text: String },
}

/// Whose text an editor had.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Edited {
    /// The line that is typed into.
    Line,
}

/// What `update` wants done.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Start a job.
    Start { id: JobId, policy: Policy, job: Job },
    /// Stop a job; its reports are no longer wanted.
    Cancel(JobId),
    /// Send [`Msg::Timer`](super::Msg::Timer) after this long, in place of the timer of that name; none stops it.
    Timer {
        timer: Timer,
        after: Option<Duration>,
    },
    /// Put text on the clipboard. It is already stripped of control characters.
    Copy(String),
    /// Open a link (http, https or mailto) in the browser of this machine.
    OpenLink(String),
    /// Report mouse events or not.
    Mouse(bool),
    /// Give the terminal to another program until that ends.
    HandOver(HandOver),
    /// Draw every cell again.
    Redraw,
    /// Stop until the shell continues the program.
    Suspend,
    /// End the program.
    Quit,
}
