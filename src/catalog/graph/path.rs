//! The shortest chain of relations between two entities.

use std::collections::VecDeque;

use super::referrers::{Referrers, is_told_by_others, reversed};
use crate::catalog::{RowId, Snapshot};

/// One entity of a chain, and the relation that leads from the one before to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step<'a> {
    /// The entity.
    pub row: RowId,
    /// The relation as the entity before has it (`dependsOn`); none at the start.
    pub relation: Option<&'a str>,
}

/// The shortest chain of relations of any type from one entity to another, both included; where several are as
/// short, the one whose relations come first in the catalog's order. None where there is no chain.
pub fn shortest_path(snapshot: &Snapshot, from: RowId, to: RowId) -> Option<Vec<Step<'_>>> {
    let mut came_from: Vec<Option<(RowId, &str)>> = vec![None; snapshot.len()];
    let mut queue = VecDeque::from([from]);
    let names: Vec<&str> = snapshot.relation_types().map(reversed).collect();
    let mut referrers: Option<Referrers> = None;
    'search: while let Some(at) = queue.pop_front() {
        if at == to {
            break 'search;
        }
        let mut step = |relation, target: RowId| {
            if target != from
                && let Some(slot @ None) = came_from.get_mut(target.0 as usize)
            {
                *slot = Some((at, relation));
                queue.push_back(target);
            }
        };
        // What was never good has no relations of its own; those who refer to it are connected by it all the same.
        if is_told_by_others(snapshot, at.0) {
            let referrers = referrers.get_or_insert_with(|| Referrers::of(snapshot));
            for &(row, relation) in referrers.get(at.0) {
                let name = names.get(relation as usize).copied();
                if let Some(name) = name.filter(|name| !name.is_empty()) {
                    step(name, row);
                }
            }
        }
        for relation in snapshot.relations(at) {
            if let Some(target) = relation.target {
                step(relation.relation, target);
            }
        }
    }
    let mut chain = Vec::new();
    let mut at = to;
    while at != from {
        let (before, relation) = (*came_from.get(at.0 as usize)?)?;
        chain.push(Step {
            row: at,
            relation: Some(relation),
        });
        at = before;
    }
    chain.push(Step {
        row: from,
        relation: None,
    });
    chain.reverse();
    Some(chain)
}
