//! What can be asked about syncing without syncing: what is due, who is at it, what was registered.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio_util::sync::CancellationToken;

use super::access::Access;
use super::error::SyncError;
use super::progress::Reporter;
use super::run::{SyncContext, all_sources};
use super::sources::{Registered, Sources};
use crate::store::{Checked, SyncLock};

/// Which sources are due, and when the next one is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Due {
    /// The names of sources to give as [`SyncOptions::sources`]; those never tried come first.
    pub now: BTreeSet<String>,
    /// When the next of the others is due; none where all are manual.
    pub next: Option<Timestamp>,
}

/// Asks the schedules of a configuration. Nothing is written and nobody is asked.
///
/// # Errors
/// Where the sources cannot be made.
pub fn due(context: &SyncContext, now: Timestamp, zone: &TimeZone) -> Result<Due, SyncError> {
    let access = Access::new(Arc::clone(&context.clients), CancellationToken::new());
    let reporter = Reporter::new(|_| {}, || (0, None));
    let (Sources { providers, .. }, _) = all_sources(context, &access, &reporter, None)?;
    let checked = Checked::read(&context.cache_dir);
    let mut due = Due::default();
    for provider in &providers {
        if context.offline && provider.needs_network() {
            continue;
        }
        let last = checked
            .sources
            .get(provider.name())
            .and_then(|c| c.tried_at.max(c.at))
            .and_then(|at| Timestamp::from_second(at).ok());
        let next = match last {
            None => Some(now),
            Some(last) => provider.schedule().next_after(last, zone),
        };
        match next {
            Some(at) if at <= now => {
                due.now.insert(provider.name().to_owned());
            }
            Some(at) => due.next = Some(due.next.map_or(at, |have| have.min(at))),
            None => {}
        }
    }
    Ok(due)
}

/// The process that is syncing into a folder now: `Some(None)` where one is and its number cannot be read.
pub fn syncing(cache_dir: &Path) -> Option<Option<u32>> {
    SyncLock::holder(cache_dir)
}

/// The registered locations of a state, as sources.
pub fn registered(locations: &[crate::store::RegisteredLocation]) -> Vec<Registered> {
    let mut seen = BTreeMap::new();
    locations
        .iter()
        .filter(|l| {
            seen.insert((l.kind.clone(), l.target.clone()), ())
                .is_none()
        })
        .map(|l| Registered {
            location_type: l.kind.clone(),
            target: l.target.clone(),
        })
        .collect()
}
