//! The shortest chain of relations between two entities.

use super::referrers::{Referrers, is_told_by_others, reversed};
use crate::catalog::{RowId, Snapshot};

/// Stands for no row and no relation.
const NONE: u32 = u32::MAX;

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
    let own: Vec<&str> = snapshot.relation_types().collect();
    let reversed: Vec<&str> = own.iter().map(|name| reversed(name)).collect();
    let own_names = own.len() as u32;
    // Of each row the one that led to it and the number of the relation, own ones first, then reversed ones.
    let mut came_from: Vec<(u32, u32)> = vec![(NONE, NONE); snapshot.len()];
    let mut queue = vec![from];
    let mut referrers: Option<Referrers> = None;
    let mut next = 0;
    'search: while let Some(&at) = queue.get(next) {
        next += 1;
        let mut step = |relation: u32, target: u32| {
            if target != from.0
                && let Some(slot) = came_from.get_mut(target as usize)
                && slot.0 == NONE
            {
                *slot = (at.0, relation);
                queue.push(RowId(target));
            }
            target == to.0
        };
        if at == to {
            break;
        }
        // What was never good has no relations of its own; those who refer to it are connected by it all the same.
        if is_told_by_others(snapshot, at.0) {
            let referrers = referrers.get_or_insert_with(|| Referrers::of(snapshot));
            for &(row, relation) in referrers.get(at.0) {
                let is_named = |name: &&str| !name.is_empty();
                let known = reversed
                    .get(relation as usize)
                    .filter(|name| is_named(name));
                if known.is_some() && step(own_names + relation, row.0) {
                    break 'search;
                }
            }
        }
        for (relation, target) in snapshot.edges(at) {
            if step(relation, target) {
                break 'search;
            }
        }
    }
    let name = |relation: u32| match relation.checked_sub(own_names) {
        None => own.get(relation as usize).copied(),
        Some(relation) => reversed.get(relation as usize).copied(),
    };
    let mut chain = Vec::new();
    let mut at = to;
    while at != from {
        let (before, relation) = *came_from.get(at.0 as usize)?;
        let relation = name(relation).filter(|_| before != NONE)?;
        chain.push(Step {
            row: at,
            relation: Some(relation),
        });
        at = RowId(before);
    }
    chain.push(Step {
        row: from,
        relation: None,
    });
    chain.reverse();
    Some(chain)
}
