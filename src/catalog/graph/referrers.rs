//! The edges of what has none of its own: of entities that are not in the catalog, and of documents that were never good
//! and of which nothing but the reference is known. Those who refer to them tell the edges.

use std::collections::HashMap;

use super::direction::reverse;
use crate::catalog::{RowId, Snapshot};

/// Who refers to each of them, as `(row, number of the relation's name as the row has it)`, in the order of the
/// reverse relation's name, then the catalog's.
#[derive(Debug)]
pub(super) struct Referrers(HashMap<u32, Vec<(RowId, u32)>>);

impl Referrers {
    /// Of a whole catalog: one pass over its edges.
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let names: Vec<&str> = snapshot.relation_types().map(reversed).collect();
        let mut all: HashMap<u32, Vec<(RowId, u32)>> = HashMap::new();
        for id in snapshot.ids() {
            for (relation, target) in snapshot.edges(id) {
                if is_told_by_others(snapshot, target) {
                    all.entry(target).or_default().push((id, relation));
                }
            }
        }
        for edges in all.values_mut() {
            edges.sort_by_key(|&(row, relation)| (names.get(relation as usize).copied(), row));
        }
        Self(all)
    }

    /// Of one of them.
    pub(super) fn get(&self, target: u32) -> &[(RowId, u32)] {
        self.0.get(&target).map_or(&[], Vec::as_slice)
    }
}

/// Whether the edges of a target of [`Snapshot::edges`] are told by those who refer to it alone.
pub(super) fn is_told_by_others(snapshot: &Snapshot, target: u32) -> bool {
    snapshot.is_dangling(target) || snapshot.flags(RowId(target)).unserved
}

/// The reverse of a relation; empty where it has none.
pub(super) fn reversed(relation: &str) -> &'static str {
    reverse(relation).unwrap_or("")
}
