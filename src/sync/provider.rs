//! The one way in which entities enter the catalog.
//!
//! A provider compares what the cache knows of it with what its source shows, hands over what differs unit by unit,
//! and says at the end what it saw. It neither deletes nor decides what is stale: [`super::prune`] does, for all alike.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;

use jiff::Timestamp;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::Schedule;
use super::error::SyncError;
use super::summary::SyncIssue;
use super::target::GithubTarget;
use crate::catalog::{FileRecord, Problem, Severity};
use crate::store::Kept;

/// What the cache knows of a unit: a repository, a configured location, a team, a member.
#[derive(Clone, PartialEq, Debug)]
pub struct KnownUnit {
    /// The provider's own key, stable over renames where the source has such a thing.
    pub unit: String,
    /// What the provider handed over with it.
    pub state: Value,
    /// It was kept although its source no longer shows it.
    pub stale: bool,
}

/// A unit as it is now; replaces what the cache has of it, in one transaction.
#[derive(Clone, PartialEq, Debug)]
pub struct Unit {
    /// See [`KnownUnit::unit`].
    pub unit: String,
    /// What the provider wants to find again next time: object ids, dates.
    pub state: Value,
    /// Its files; an empty list means that it is there and gives nothing.
    pub files: Vec<FileRecord>,
    /// What of its former files could not be seen this time and stays.
    pub kept: Kept,
}

/// Takes what a provider hands over while it works.
pub trait Sink: Send {
    /// Replaces a unit. What was put stays, whatever happens later in the run.
    ///
    /// # Errors
    /// Where the cache cannot be written; the provider gives up with this error.
    fn put(&mut self, unit: Unit) -> Result<(), SyncError>;

    /// Says that a unit was seen and gives what the cache has of it, and what to find again next time.
    ///
    /// # Errors
    /// As [`Sink::put`].
    fn remember(&mut self, unit: &str, state: Value) -> Result<(), SyncError>;

    /// Says that some units could not be read this time although they exist: they keep their last good version.
    ///
    /// # Errors
    /// As [`Sink::put`].
    fn mark_stale(&mut self, units: &BTreeSet<String>) -> Result<(), SyncError>;

    /// Says that a unit was seen and is as the cache has it.
    fn unchanged(&mut self, unit: &str);

    /// Something is wrong with a file or a unit; the run goes on.
    fn issue(&mut self, issue: SyncIssue);
}

/// What one refresh is asked to do and may use.
pub struct Turn<'a> {
    /// What the cache has of this provider.
    pub known: &'a [KnownUnit],
    /// What the provider returned as [`Outcome::state`] last time; `Null` the first time.
    pub state: &'a Value,
    /// When a complete listing last succeeded.
    pub last_full: Option<Timestamp>,
    /// Read everything again.
    pub full: bool,
    /// List everything, even where nothing gives reason to.
    pub list: bool,
    /// Read only these units.
    pub only: Option<&'a BTreeSet<String>>,
    /// The time of this run.
    pub now: Timestamp,
    /// Stops the work; what was put stays.
    pub cancel: &'a CancellationToken,
    /// Takes the results.
    pub sink: &'a mut dyn Sink,
}

/// Whether files that were not read could be part of a unit one day although none that was read changes: it names one that is
/// not there, or whatever matches a glob.
pub fn may_grow(files: &[FileRecord]) -> bool {
    let failed = |problems: &[Problem]| problems.iter().any(|p| p.severity == Severity::Error);
    files.iter().any(|file| {
        failed(&file.problems)
            || file.entities.iter().any(|entity| {
                let kind = entity.entity.get("kind").and_then(Value::as_str);
                let spec = || entity.entity.get("spec").map(Value::to_string);
                failed(&entity.problems)
                    || kind.is_some_and(|k| k.eq_ignore_ascii_case("Location"))
                        && spec().is_some_and(|s| s.contains('*') || s.contains("optional"))
            })
    })
}

/// What a provider saw.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Outcome {
    /// Every unit that exists and belongs to the provider, where everything was listed. None where only news was asked
    /// for: then nothing that was not mentioned goes.
    pub seen: Option<BTreeSet<String>>,
    /// Units that were seen and belong to the provider no longer (archived, another topic).
    pub left: BTreeSet<String>,
    /// Units of parts of the source that were not seen this time: they stay as they are, and so does what was decided
    /// about them before.
    pub unsure: BTreeSet<String>,
    /// Nothing was null, cut off or held back, the parts of the [`Outcome::unsure`] apart.
    pub complete: bool,
    /// Who listed and with which scopes; two listings compare only where this is equal.
    pub identity: String,
    /// What to hand in next time; the cache is written only where it differs.
    pub state: Value,
    /// Why the source as a whole is in doubt, although some of it could be read.
    pub error: Option<SyncError>,
}

/// A boxed future, so that providers of any kind stand in one list.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A source of entities.
pub trait EntityProvider: Send + Sync {
    /// The name under which the cache keeps its units: stable, unique, without secrets.
    fn name(&self) -> &str;

    /// When it is due.
    fn schedule(&self) -> &Schedule;

    /// Whether nothing of it can be read without the network.
    fn needs_network(&self) -> bool {
        true
    }

    /// Files elsewhere than in its own listing whose object ids it is going to ask for: those of all sources are asked
    /// for at once, before the first one is refreshed.
    fn watched(&self, _known: &[KnownUnit]) -> Vec<GithubTarget> {
        Vec::new()
    }

    /// Brings the cache up to date.
    ///
    /// # Errors
    /// Where the source could not be read at all. Units that were put before stay; nothing goes.
    fn refresh<'a>(&'a self, turn: Turn<'a>) -> BoxFuture<'a, Result<Outcome, SyncError>>;
}
