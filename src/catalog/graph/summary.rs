//! The blast radius in figures: how many entities, of which kinds, in whose hands.

use std::collections::BTreeMap;

use super::Reach;
use crate::catalog::Snapshot;
use crate::catalog::snapshot::Column;

/// How many of the reached entities one owner has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnerCount {
    /// The complete reference of the owner; none for entities that name no owner.
    pub owner: Option<String>,
    /// How many entities.
    pub count: u32,
}

/// What a [`Reach`] amounts to, the entity that was asked for left out.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Summary {
    /// Entities one edge away.
    pub direct: u32,
    /// Entities further away.
    pub indirect: u32,
    /// How many of each kind, by the kind as written; sorted by kind.
    pub by_kind: BTreeMap<String, u32>,
    /// How many of each owner; most first, then by reference, those without an owner last. Documents that were never
    /// good are left out: who owns them is not known.
    pub by_owner: Vec<OwnerCount>,
    /// Entities whose owner is not known, because they were never good. They count as direct and indirect.
    pub owner_unknown: u32,
    /// What was reached and is not in the catalog. It counts as nothing else.
    pub missing: u32,
}

impl Summary {
    /// Counts what was reached.
    pub fn of(reach: &Reach<'_>, snapshot: &Snapshot) -> Self {
        let mut summary = Self {
            missing: reach.missing(),
            ..Self::default()
        };
        // By the numbers of their texts: a large walk reaches most of a catalog, which has few kinds and owners.
        let mut kinds = vec![0u32; snapshot.values() as usize];
        let mut owners = kinds.clone();
        let count = |counts: &mut [u32], number: u32| {
            if let Some(count) = counts.get_mut(number as usize) {
                *count += 1;
            }
        };
        for (id, depth) in reach.reached() {
            if depth == 1 {
                summary.direct += 1;
            } else {
                summary.indirect += 1;
            }
            count(&mut kinds, snapshot.column(id, Column::Kind));
            if snapshot.flags(id).unserved {
                summary.owner_unknown += 1;
            } else {
                count(&mut owners, snapshot.column(id, Column::Owner));
            }
        }
        let named = |counts: Vec<u32>| {
            let counted = (0u32..).zip(counts).filter(|(_, count)| *count > 0);
            counted.map(|(number, count)| (snapshot.value(number), count))
        };
        summary.by_kind = named(kinds).map(|(kind, n)| (kind.to_owned(), n)).collect();
        let mut owners: Vec<(&str, u32)> = named(owners).collect();
        owners.sort_unstable();
        summary.by_owner = owners
            .into_iter()
            .map(|(owner, count)| OwnerCount {
                owner: (!owner.is_empty()).then(|| owner.to_owned()),
                count,
            })
            .collect();
        summary
            .by_owner
            .sort_by(|a, b| (a.owner.is_none(), b.count).cmp(&(b.owner.is_none(), a.count)));
        summary
    }

    /// Everything that was reached.
    pub fn total(&self) -> u32 {
        self.direct + self.indirect
    }

    /// How many different owners are concerned.
    pub fn owners(&self) -> usize {
        self.by_owner.iter().filter(|o| o.owner.is_some()).count()
    }
}
