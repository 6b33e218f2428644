//! Reads entities from where an organisation keeps them (GitHub, URLs, folders) into the cache.
//!
//! Every source is an [`provider::EntityProvider`]: it compares what the cache has with what is there and hands over
//! [`provider::Mutation`]s. [`run`] applies them, one unit (a repository, a configured location) in one transaction, and
//! publishes the result once. Rules that hold for every source live here and nowhere else: what may go
//! ([`prune`]), what may be read ([`policy`]), how often ([`schedule`]).
//!
//! It must never: delete because something could not be seen, read this machine on behalf of a file that came from a
//! URL, send a token to a host it was not configured for, or write to the cache where nothing has changed.

pub mod access;
pub mod disk;
pub mod docs;
pub mod due;
pub mod error;
pub mod filter;
pub mod follow;
pub mod github_discovery;
pub mod github_org;
pub mod glob;
pub mod locations;
pub mod org_entities;
pub mod policy;
pub mod progress;
pub mod provider;
pub mod prune;
pub mod reader;
pub mod run;
pub mod schedule;
mod sink;
pub mod skeleton;
pub mod sources;
pub mod summary;
pub mod sweep;
pub mod target;
pub mod tree;
mod unchanged;

pub use access::{Access, ClientFactory};
pub use due::{Due, due, registered, syncing};
pub use error::{SyncError, SyncErrorKind};
pub use progress::{Progress, Reporter, Stage};
pub use run::{SyncContext, run};
pub use schedule::Schedule;
pub use sources::Registered;
pub use summary::{DocsSummary, RateLimit, RequestCounts, SyncIssue, SyncSummary};

use std::collections::BTreeSet;

use crate::catalog::EntityRef;

/// What one run of [`run`] is asked to do.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SyncOptions {
    /// Read everything again, whatever the cache says it knows.
    pub full: bool,
    /// Let everything go that a complete listing no longer shows, however much it is.
    pub prune: bool,
    /// Leave documentation alone.
    pub no_docs: bool,
    /// Refresh only these sources, by the names [`due`] gives; none for all.
    pub sources: Option<BTreeSet<String>>,
    /// Fetch again only the unit that gives this entity.
    pub only: Option<EntityRef>,
}
