//! What a provider hands over, written into the cache unit by unit, each in its own transaction.

use std::collections::BTreeSet;

use serde_json::Value;

use super::error::SyncError;
use super::provider::{Sink, Unit};
use super::summary::SyncIssue;
use crate::store::{Cache, StoreError, UnitRecord};

/// What a source's units changed in the cache, in entities.
#[derive(Default)]
pub(super) struct Changes {
    pub(super) added: u64,
    pub(super) changed: u64,
    pub(super) removed: u64,
}

/// Where a provider's units go.
pub(super) struct CacheSink<'a> {
    pub(super) cache: &'a mut Cache,
    pub(super) source: &'a str,
    /// Units that were written or found unchanged.
    pub(super) confirmed: BTreeSet<String>,
    pub(super) changes: Changes,
    pub(super) issues: Vec<SyncIssue>,
    /// The cache cannot be written: the run ends.
    pub(super) broken: Option<SyncError>,
}

impl CacheSink<'_> {
    fn check<T>(&mut self, result: Result<T, StoreError>) -> Result<T, SyncError> {
        result.map_err(|error| {
            let error = SyncError::from(error);
            self.broken.get_or_insert_with(|| error.clone());
            error
        })
    }
}

impl Sink for CacheSink<'_> {
    fn put(&mut self, unit: Unit) -> Result<(), SyncError> {
        self.confirmed.insert(unit.unit.clone());
        let record = UnitRecord {
            source: self.source.to_owned(),
            unit: unit.unit,
            state: unit.state,
            files: unit.files,
        };
        let result = self.cache.replace_seen(&record, &unit.kept);
        let change = self.check(result)?;
        self.changes.added += change.added as u64;
        self.changes.changed += change.changed as u64;
        self.changes.removed += change.removed as u64;
        Ok(())
    }

    fn remember(&mut self, unit: &str, state: Value) -> Result<(), SyncError> {
        self.confirmed.insert(unit.to_owned());
        let result = self.cache.set_unit_state(self.source, unit, &state);
        self.check(result)
    }

    fn mark_stale(&mut self, units: &BTreeSet<String>) -> Result<(), SyncError> {
        for unit in units {
            self.confirmed.remove(unit);
        }
        let units: Vec<&String> = units.iter().collect();
        let result = self.cache.mark_stale(self.source, &units, true);
        self.check(result).map(drop)
    }

    fn unchanged(&mut self, unit: &str) {
        self.confirmed.insert(unit.to_owned());
    }

    fn issue(&mut self, issue: SyncIssue) {
        self.issues.push(issue);
    }
}
