//! Everything that can be reached from one entity, each at its shortest distance.

use std::collections::HashMap;

use super::Direction;
use super::direction::{Follow, is_grouping, reverse};
use crate::catalog::snapshot::Column;
use crate::catalog::{RowId, Snapshot};

/// An entity as an edge names it: one of the catalog, or a reference that leads nowhere.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Target<'a> {
    /// In the catalog.
    Row(RowId),
    /// Not in the catalog: the complete reference that is written there.
    Missing(&'a str),
}

impl<'a> Target<'a> {
    /// Its complete reference.
    pub fn entity_ref(self, snapshot: &'a Snapshot) -> &'a str {
        match self {
            Target::Row(id) => snapshot.entity_ref(id),
            Target::Missing(entity_ref) => entity_ref,
        }
    }

    /// Its name: as written, or of a reference that leads nowhere as the reference has it.
    pub fn name(self, snapshot: &'a Snapshot) -> &'a str {
        match self {
            Target::Row(id) => snapshot.row(id).name,
            Target::Missing(entity_ref) => entity_ref
                .split_once('/')
                .map_or(entity_ref, |(_, name)| name),
        }
    }
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
    /// The reference leads to no entity. What else names it may still hang below: a component that consumes an API
    /// which is not in the catalog breaks with the one that provides it.
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
}

/// The answer to "what does it need" or "what breaks with it".
///
/// Nodes are in breadth-first order, the root first; an entity has exactly one node at which its children stand, at
/// its shortest distance, and one more node for each further entity that leads to it. Where several relations lead
/// from one entity to another, the first by name is the edge.
#[derive(Clone, Debug)]
pub struct Reach<'a> {
    snapshot: &'a Snapshot,
    nodes: Vec<Node>,
    names: Vec<&'a str>,
    direction: Direction,
}

/// A [`ReachNode`] in numbers: a walk over a large catalog makes hundreds of thousands.
#[derive(Clone, Copy, Debug)]
struct Node {
    target: u32,
    parent: u32,
    depth: u32,
    first_child: u32,
    children: u32,
    /// Index of the relation's name.
    relation: u16,
    place: Place,
    /// Whether `hasPart` still carries failure from here.
    within_root: bool,
}

/// Stands for no node and for no relation.
const NONE: u32 = u32::MAX;

impl<'a> Reach<'a> {
    /// Walks from `root`, at most `depth` edges far (unlimited where none is given).
    pub fn walk(
        snapshot: &'a Snapshot,
        root: RowId,
        direction: Direction,
        depth: Option<u32>,
    ) -> Self {
        Walk::new(snapshot, direction).run(root.0, depth)
    }

    /// Walks from an entity that is not in the catalog, by its complete reference; none where nothing refers to it.
    pub fn walk_missing(
        snapshot: &'a Snapshot,
        root: &str,
        direction: Direction,
        depth: Option<u32>,
    ) -> Option<Self> {
        let root = snapshot.find_dangling(root)?;
        Some(Walk::new(snapshot, direction).run(root, depth))
    }

    /// Which way the walk went.
    pub fn direction(&self) -> Direction {
        self.direction
    }

    /// How many nodes there are: at least the root.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether nothing but the root was found.
    pub fn is_empty(&self) -> bool {
        self.nodes.len() <= 1
    }

    /// One node; none for an index that has none.
    pub fn node(&self, index: u32) -> Option<ReachNode<'a>> {
        self.nodes.get(index as usize).map(|node| self.shown(node))
    }

    /// Every node, breadth first.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = ReachNode<'a>> + DoubleEndedIterator + '_ {
        self.nodes.iter().map(|node| self.shown(node))
    }

    /// The nodes that hang under one, in the order of its relations. Empty for an index that is none.
    pub fn children(&self, index: u32) -> std::ops::Range<u32> {
        self.nodes
            .get(index as usize)
            .map_or(0..0, |n| n.first_child..n.first_child + n.children)
    }

    /// Every entity of the catalog that was reached, the root left out, with its distance; nearest first.
    pub fn reached(&self) -> impl Iterator<Item = (RowId, u32)> + '_ {
        let first = self.nodes.iter().skip(1);
        first
            .filter(|node| node.place == Place::First)
            .map(|node| (RowId(node.target), node.depth))
    }

    fn shown(&self, node: &Node) -> ReachNode<'a> {
        ReachNode {
            target: match self.snapshot.dangling_ref(node.target) {
                Some(missing) => Target::Missing(missing),
                None => Target::Row(RowId(node.target)),
            },
            relation: self.names.get(usize::from(node.relation)).copied(),
            parent: (node.parent != NONE).then_some(node.parent),
            depth: node.depth,
            place: node.place,
        }
    }
}

/// What the walk remembers of an entity; index + 1, so that zeroed memory says "not seen".
#[derive(Clone, Copy, Default)]
struct Seen {
    /// The node of its first place.
    first: u32,
    /// The node whose edges led to it last.
    from: u32,
}

/// What a kind means to a walk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum KindClass {
    Unknown,
    Api,
    Grouping,
    Other,
}

impl KindClass {
    fn of(kind: &str) -> Self {
        if kind.eq_ignore_ascii_case("api") {
            Self::Api
        } else if is_grouping(kind) {
            Self::Grouping
        } else {
            Self::Other
        }
    }
}

struct Walk<'a> {
    snapshot: &'a Snapshot,
    direction: Direction,
    nodes: Vec<Node>,
    seen: Vec<Seen>,
    /// The class of each kind by the number of its text, as far as it was met.
    kinds: Vec<KindClass>,
    /// The names of relations by number: the snapshot's, then the reverse of each.
    names: Vec<&'a str>,
    follow: Vec<Follow>,
    /// How many names are the snapshot's.
    own_names: usize,
    /// Who refers to each entity that is not there, as `(row, relation)`; made when it is first asked for.
    referrers: Option<HashMap<u32, Vec<(u32, u16)>>>,
}

impl<'a> Walk<'a> {
    fn new(snapshot: &'a Snapshot, direction: Direction) -> Self {
        let own: Vec<&'a str> = snapshot.relation_types().collect();
        let own_names = own.len();
        let reversed = own.iter().map(|name| reverse(name).unwrap_or(""));
        let names: Vec<&'a str> = own.iter().copied().chain(reversed).collect();
        Self {
            snapshot,
            direction,
            nodes: Vec::new(),
            seen: vec![Seen::default(); snapshot.targets() as usize],
            kinds: vec![KindClass::Unknown; snapshot.values() as usize],
            follow: names.iter().map(|name| direction.follows(name)).collect(),
            names,
            own_names,
            referrers: None,
        }
    }

    fn run(mut self, root: u32, depth: Option<u32>) -> Reach<'a> {
        let is_missing = self.snapshot.dangling_ref(root).is_some();
        let class = self.class(root);
        self.nodes.push(Node {
            target: root,
            parent: NONE,
            depth: 0,
            first_child: 0,
            children: 0,
            relation: u16::MAX,
            place: if is_missing {
                Place::Missing
            } else {
                Place::First
            },
            within_root: class == KindClass::Grouping,
        });
        if let Some(seen) = self.seen.get_mut(root as usize) {
            seen.first = 1;
        }
        let mut next = 0;
        while let Some(&node) = self.nodes.get(next) {
            let index = next as u32;
            next += 1;
            let is_first = self
                .seen
                .get(node.target as usize)
                .is_some_and(|seen| seen.first == index + 1);
            if !is_first || depth.is_some_and(|limit| node.depth >= limit) {
                continue;
            }
            let first_child = self.nodes.len() as u32;
            if self.snapshot.dangling_ref(node.target).is_none() {
                for (relation, target) in self.snapshot.edges(RowId(node.target)) {
                    self.edge(index, node, relation as u16, target);
                }
            } else {
                for (row, relation) in self.referrers(node.target) {
                    self.edge(index, node, relation, row);
                }
            }
            let children = self.nodes.len() as u32 - first_child;
            if let Some(node) = self.nodes.get_mut(index as usize) {
                node.first_child = first_child;
                node.children = children;
            }
        }
        mark_cycles(&mut self.nodes, &self.seen);
        Reach {
            snapshot: self.snapshot,
            nodes: self.nodes,
            names: self.names,
            direction: self.direction,
        }
    }

    /// Follows one edge of the node at `index`, where the direction follows it.
    fn edge(&mut self, index: u32, node: Node, relation: u16, target: u32) {
        let follow = self.follow.get(usize::from(relation)).copied();
        let followed = match follow.unwrap_or(Follow::Never) {
            Follow::Never => false,
            Follow::Always => true,
            Follow::OfApi => self.class(node.target) == KindClass::Api,
            Follow::WithinRoot => node.within_root,
        };
        if !followed {
            return;
        }
        let here = self.nodes.len() as u32;
        let Some(seen) = self.seen.get_mut(target as usize) else {
            return;
        };
        // Several relations may lead to the same entity; the first one names the edge.
        if seen.from == index + 1 {
            return;
        }
        seen.from = index + 1;
        let mut place = Place::Repeated;
        if seen.first == 0 {
            seen.first = here + 1;
            place = Place::First;
        }
        if self.snapshot.dangling_ref(target).is_some() {
            place = Place::Missing;
        }
        let within_root = node.within_root
            && follow == Some(Follow::WithinRoot)
            && self.class(target) == KindClass::Grouping;
        self.nodes.push(Node {
            target,
            parent: index,
            depth: node.depth + 1,
            first_child: 0,
            children: 0,
            relation,
            place,
            within_root,
        });
    }

    fn class(&mut self, target: u32) -> KindClass {
        if let Some(missing) = self.snapshot.dangling_ref(target) {
            return KindClass::of(missing.split(':').next().unwrap_or(""));
        }
        let number = self.snapshot.column(RowId(target), Column::Kind);
        let Some(class) = self.kinds.get_mut(number as usize) else {
            return KindClass::Other;
        };
        if *class == KindClass::Unknown {
            *class = KindClass::of(self.snapshot.value(number));
        }
        *class
    }

    /// The edges of an entity that is not in the catalog, told by those who refer to it.
    fn referrers(&mut self, missing: u32) -> Vec<(u32, u16)> {
        let (snapshot, own_names) = (self.snapshot, self.own_names);
        let all = self.referrers.get_or_insert_with(|| {
            let mut all: HashMap<u32, Vec<(u32, u16)>> = HashMap::new();
            for id in snapshot.ids() {
                for (relation, target) in snapshot.edges(id) {
                    if snapshot.is_dangling(target) {
                        let reversed = relation as u16 + own_names as u16;
                        all.entry(target).or_default().push((id.0, reversed));
                    }
                }
            }
            all
        });
        let mut edges = all.remove(&missing).unwrap_or_default();
        edges.sort_by_key(|&(row, relation)| {
            let name = self.names.get(usize::from(relation)).copied();
            (name.unwrap_or(""), row)
        });
        edges
    }
}

/// Turns [`Place::Repeated`] into [`Place::Cycle`] where the entity's first place is above the node.
///
/// Done after the walk, by the stretch of a depth-first numbering that hangs below each node: asking each node for
/// its ancestors would take a chain's length for each edge that leads back into it.
fn mark_cycles(nodes: &mut [Node], seen: &[Seen]) {
    if nodes.iter().all(|node| node.place != Place::Repeated) {
        return;
    }
    // Children stand after their parents, so that two passes number the whole tree.
    let mut sizes = vec![1u32; nodes.len()];
    for (index, node) in nodes.iter().enumerate().rev() {
        let size = sizes.get(index).copied().unwrap_or(0);
        if let Some(parent) = sizes.get_mut(node.parent as usize) {
            *parent += size;
        }
    }
    let mut numbers = vec![0u32; nodes.len()];
    // The number that the next child of each node gets.
    let mut next = vec![1u32; nodes.len()];
    for (index, node) in nodes.iter().enumerate().skip(1) {
        let size = sizes.get(index).copied().unwrap_or(0);
        let Some(free) = next.get_mut(node.parent as usize) else {
            continue;
        };
        let number = *free;
        *free += size;
        if let (Some(own), Some(child)) = (numbers.get_mut(index), next.get_mut(index)) {
            *own = number;
            *child = number + 1;
        }
    }
    for node in nodes.iter_mut().filter(|n| n.place == Place::Repeated) {
        let first = seen
            .get(node.target as usize)
            .map_or(0, |seen| seen.first.saturating_sub(1)) as usize;
        if let (Some(&top), Some(&size), Some(&parent)) = (
            numbers.get(first),
            sizes.get(first),
            numbers.get(node.parent as usize),
        ) && (top..top + size).contains(&parent)
        {
            node.place = Place::Cycle;
        }
    }
}
