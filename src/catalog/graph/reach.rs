//! Everything that can be reached from one entity, each at its shortest distance.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::Direction;
use super::direction::is_grouping;
use crate::catalog::{RowId, Snapshot};

/// An entity as an edge names it: one of the catalog, or a reference that leads nowhere.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Target<'a> {
    /// In the catalog.
    Row(RowId),
    /// Not in the catalog: the complete reference that is written there.
    Missing(&'a str),
}

/// Where a node stands in the tree that the walk lays out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// The entity's first, shortest place: its children stand here.
    First,
    /// It stands elsewhere, at a place as short or shorter.
    Repeated,
    /// It stands above on this very path: the edge closes a cycle.
    Cycle,
    /// The reference leads to no entity.
    Missing,
}

/// One line of the tree: an edge and where it leads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReachNode<'a> {
    /// The entity.
    pub target: Target<'a>,
    /// The relation that led here (`dependencyOf`); none at the root.
    pub relation: Option<&'a str>,
    /// Index of the node it hangs under; none at the root.
    pub parent: Option<u32>,
    /// Edges from the root.
    pub depth: u32,
    /// See [`Place`].
    pub place: Place,
    first_child: u32,
    children: u32,
    /// Whether `hasPart` still carries failure from here.
    within_root: bool,
}

/// The answer to "what does it need" or "what breaks with it".
///
/// Nodes are in breadth-first order, the root first; an entity has exactly one node of [`Place::First`], at its
/// shortest distance, and one more node for each further edge that leads to it.
#[derive(Clone, Debug)]
pub struct Reach<'a> {
    nodes: Vec<ReachNode<'a>>,
    direction: Direction,
}

impl<'a> Reach<'a> {
    /// Walks from `root`, at most `depth` edges far (unlimited where none is given).
    pub fn walk(
        snapshot: &'a Snapshot,
        root: RowId,
        direction: Direction,
        depth: Option<u32>,
    ) -> Self {
        let mut nodes = vec![ReachNode {
            target: Target::Row(root),
            relation: None,
            parent: None,
            depth: 0,
            place: Place::First,
            first_child: 0,
            children: 0,
            within_root: is_grouping(snapshot.row(root).kind),
        }];
        let mut seen = HashMap::from([(Target::Row(root), Seen { first: 0, from: 0 })]);
        let mut next = 0;
        while let Some(&node) = nodes.get(next) {
            let index = next as u32;
            next += 1;
            let (Target::Row(row_id), Place::First) = (node.target, node.place) else {
                continue;
            };
            if depth.is_some_and(|limit| node.depth >= limit) {
                continue;
            }
            let row = snapshot.row(row_id);
            let first_child = nodes.len() as u32;
            for relation in snapshot.relations(row_id) {
                if !direction.follows(&row, &relation, node.within_root) {
                    continue;
                }
                let target = match relation.target {
                    Some(id) => Target::Row(id),
                    None => Target::Missing(relation.target_ref),
                };
                let here = Seen {
                    first: nodes.len() as u32,
                    from: index,
                };
                let place = match seen.entry(target) {
                    Entry::Vacant(free) => {
                        free.insert(here);
                        Place::First
                    }
                    // Two relations may lead to the same entity; the first one names the edge.
                    Entry::Occupied(known)
                        if known.get().from == index && known.get().first != 0 =>
                    {
                        continue;
                    }
                    Entry::Occupied(mut known) => {
                        known.get_mut().from = index;
                        Place::Repeated
                    }
                };
                let is_missing = matches!(target, Target::Missing(_));
                nodes.push(ReachNode {
                    target,
                    relation: Some(relation.relation),
                    parent: Some(index),
                    depth: node.depth + 1,
                    place: if is_missing { Place::Missing } else { place },
                    first_child: 0,
                    children: 0,
                    within_root: node.within_root
                        && relation.relation == "hasPart"
                        && relation
                            .target
                            .is_some_and(|id| is_grouping(snapshot.row(id).kind)),
                });
            }
            let children = nodes.len() as u32 - first_child;
            if let Some(node) = nodes.get_mut(index as usize) {
                node.first_child = first_child;
                node.children = children;
            }
        }
        mark_cycles(&mut nodes, &seen);
        Self { nodes, direction }
    }

    /// Which way the walk went.
    pub fn direction(&self) -> Direction {
        self.direction
    }

    /// Every node, breadth first.
    pub fn nodes(&self) -> &[ReachNode<'a>] {
        &self.nodes
    }

    /// The nodes that hang under one, in the order of its relations. Empty for an index that is none.
    pub fn children(&self, index: u32) -> std::ops::Range<u32> {
        self.nodes
            .get(index as usize)
            .map_or(0..0, |n| n.first_child..n.first_child + n.children)
    }

    /// Every entity of the catalog that was reached, the root left out, with its distance; nearest first.
    pub fn reached(&self) -> impl Iterator<Item = (RowId, u32)> + '_ {
        self.nodes
            .iter()
            .skip(1)
            .filter_map(|n| match (n.target, n.place) {
                (Target::Row(id), Place::First) => Some((id, n.depth)),
                _ => None,
            })
    }
}

/// What the walk remembers of an entity.
struct Seen {
    /// The node of its first place.
    first: u32,
    /// The node whose edges led to it last.
    from: u32,
}

/// Turns [`Place::Repeated`] into [`Place::Cycle`] where the entity's first place is above the node.
///
/// Done after the walk, by the times at which a depth-first pass enters and leaves each node: asking each node
/// for its ancestors would take a chain's length for each edge that leads back into it.
fn mark_cycles(nodes: &mut [ReachNode<'_>], seen: &HashMap<Target<'_>, Seen>) {
    let mut times = vec![(0u32, 0u32); nodes.len()];
    let mut clock = 0;
    let mut stack = vec![(0u32, false)];
    while let Some((index, done)) = stack.pop() {
        let (Some(time), Some(node)) = (times.get_mut(index as usize), nodes.get(index as usize))
        else {
            continue;
        };
        clock += 1;
        if done {
            time.1 = clock;
            continue;
        }
        time.0 = clock;
        stack.push((index, true));
        stack.extend((node.first_child..node.first_child + node.children).map(|c| (c, false)));
    }
    for (index, node) in nodes.iter_mut().enumerate() {
        let first = seen
            .get(&node.target)
            .and_then(|s| times.get(s.first as usize));
        if let (Place::Repeated, Some(first), Some(own)) = (node.place, first, times.get(index))
            && first.0 < own.0
            && own.1 < first.1
        {
            node.place = Place::Cycle;
        }
    }
}
