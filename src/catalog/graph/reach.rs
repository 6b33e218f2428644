//! Everything that can be reached from one entity, each at its shortest distance.

use super::Direction;
use super::direction::{Origins, is_grouping};
use super::referrers::{Referrers, is_told_by_others, reversed};
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
    /// The nodes at which children stand, in the same order.
    firsts: Vec<First>,
    names: Vec<&'a str>,
    direction: Direction,
}

/// A [`ReachNode`] in numbers: a walk over a large catalog makes hundreds of thousands, and is as quick as they are
/// small.
#[derive(Clone, Copy, Debug)]
struct Node {
    target: u32,
    /// Index into `firsts` of the node it hangs under.
    parent: u32,
    /// Index into `firsts` of its entity's first place.
    first: u32,
    /// Index of the relation's name.
    relation: u16,
    place: Place,
    /// Whether `hasPart` still carries failure from here.
    within_root: bool,
}

/// The first place of an entity.
#[derive(Clone, Copy, Debug)]
struct First {
    /// Index of its node.
    node: u32,
    depth: u32,
    first_child: u32,
    children: u32,
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
            .and_then(|node| self.firsts.get(node.first as usize))
            .filter(|first| first.node == index)
            .map_or(0..0, |n| n.first_child..n.first_child + n.children)
    }

    /// Every entity of the catalog that was reached, the root left out, with its distance; nearest first.
    pub fn reached(&self) -> impl Iterator<Item = (RowId, u32)> + '_ {
        self.firsts.iter().skip(1).filter_map(|first| {
            let node = self.nodes.get(first.node as usize)?;
            (node.place == Place::First).then_some((RowId(node.target), first.depth))
        })
    }

    /// How many different entities that are not in the catalog were reached, the root left out.
    pub fn missing(&self) -> u32 {
        let nodes = self.firsts.iter().skip(1);
        let nodes = nodes.filter_map(|first| self.nodes.get(first.node as usize));
        nodes.filter(|node| node.place == Place::Missing).count() as u32
    }

    fn shown(&self, node: &Node) -> ReachNode<'a> {
        let parent = self.firsts.get(node.parent as usize);
        ReachNode {
            target: match self.snapshot.dangling_ref(node.target) {
                Some(missing) => Target::Missing(missing),
                None => Target::Row(RowId(node.target)),
            },
            relation: self.names.get(usize::from(node.relation)).copied(),
            parent: parent.map(|parent| parent.node),
            depth: parent.map_or(0, |parent| parent.depth + 1),
            place: node.place,
        }
    }
}

/// What the walk remembers of an entity, as indices into `firsts` + 1, so that zeroed memory says "not seen".
#[derive(Clone, Copy, Default)]
struct Seen {
    /// Its first place.
    first: u32,
    /// Whose edges led to it last.
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

/// An edge on its way to become a node.
#[derive(Clone, Copy)]
struct Edge {
    target: u32,
    parent: u32,
    relation: u16,
    within_root: bool,
}

/// How many places' edges are gathered before any is followed: places are scattered in memory, and reading many of
/// them in a row waits for all at once instead of for each.
const BLOCK: usize = 64;

struct Walk<'a> {
    snapshot: &'a Snapshot,
    direction: Direction,
    nodes: Vec<Node>,
    firsts: Vec<First>,
    seen: Vec<Seen>,
    /// The class of each kind by the number of its text, as far as it was met.
    kinds: Vec<KindClass>,
    /// The names of relations by number: the snapshot's, then the reverse of each.
    names: Vec<&'a str>,
    follow: Vec<Origins>,
    has_api_edges: bool,
    /// How many names are the snapshot's.
    own_names: usize,
    /// Made when it is first asked for.
    referrers: Option<Referrers>,
}

impl<'a> Walk<'a> {
    fn new(snapshot: &'a Snapshot, direction: Direction) -> Self {
        let own: Vec<&'a str> = snapshot.relation_types().collect();
        let own_names = own.len();
        let reversed = own.iter().map(|name| reversed(name));
        let names: Vec<&'a str> = own.iter().copied().chain(reversed).collect();
        let follow: Vec<Origins> = names.iter().map(|name| direction.follows(name)).collect();
        // No edge makes more than one node; memory that stays untouched costs nothing.
        let most = snapshot.edge_count() as usize + 1;
        Self {
            snapshot,
            direction,
            nodes: Vec::with_capacity(most),
            firsts: Vec::new(),
            seen: vec![Seen::default(); snapshot.targets() as usize],
            kinds: vec![KindClass::Unknown; snapshot.values() as usize],
            has_api_edges: follow.contains(&Origins::API),
            follow,
            names,
            own_names,
            referrers: None,
        }
    }

    fn run(mut self, root: u32, depth: Option<u32>) -> Reach<'a> {
        let within_root = self.class(root) == KindClass::Grouping;
        self.push(Edge {
            target: root,
            parent: NONE,
            relation: u16::MAX,
            within_root,
        });
        let mut block = Vec::new();
        let mut next = 0;
        while next < self.firsts.len() {
            let end = self.firsts.len().min(next + BLOCK);
            block.clear();
            for at in next..end {
                self.gather(at as u32, depth, &mut block);
            }
            next = end;
            for edge in block.drain(..) {
                self.push(edge);
            }
        }
        mark_cycles(&mut self.nodes, &self.firsts);
        Reach {
            snapshot: self.snapshot,
            nodes: self.nodes,
            firsts: self.firsts,
            names: self.names,
            direction: self.direction,
        }
    }

    /// Adds the edges of a first place that the direction follows.
    fn gather(&mut self, at: u32, depth: Option<u32>, edges: &mut Vec<Edge>) {
        let Some(&first) = self.firsts.get(at as usize) else {
            return;
        };
        let Some(&node) = self.nodes.get(first.node as usize) else {
            return;
        };
        if depth.is_some_and(|limit| first.depth >= limit) {
            return;
        }
        let mut here = Origins::ANY;
        if self.has_api_edges && self.class(node.target) == KindClass::Api {
            here = here.and(Origins::API);
        }
        if node.within_root {
            here = here.and(Origins::WITHIN_ROOT);
        }
        let edge = |relation: u16, target: u32| Edge {
            target,
            parent: at,
            relation,
            within_root: false,
        };
        let before = edges.len();
        let follow = &self.follow;
        if is_told_by_others(self.snapshot, node.target) {
            let referrers = self
                .referrers
                .get_or_insert_with(|| Referrers::of(self.snapshot));
            let followed = referrers
                .get(node.target)
                .iter()
                .map(|&(row, relation)| (relation as u16 + self.own_names as u16, row.0))
                .filter(|(relation, _)| is_followed(follow, *relation, here));
            edges.extend(followed.map(|(relation, target)| edge(relation, target)));
        } else {
            let followed = self
                .snapshot
                .edges(RowId(node.target))
                .map(|(relation, target)| (relation as u16, target))
                .filter(|(relation, _)| is_followed(follow, *relation, here));
            edges.extend(followed.map(|(relation, target)| edge(relation, target)));
        }
        if node.within_root {
            for edge in edges.iter_mut().skip(before) {
                edge.within_root = is_followed(&self.follow, edge.relation, Origins::WITHIN_ROOT)
                    && self.class(edge.target) == KindClass::Grouping;
            }
        }
    }

    /// Adds the node that an edge leads to.
    fn push(&mut self, edge: Edge) {
        let Some(seen) = self.seen.get_mut(edge.target as usize) else {
            return;
        };
        let from = edge.parent.wrapping_add(1);
        // Several relations may lead to the same entity; the first one names the edge.
        if seen.from == from && seen.first != 0 {
            return;
        }
        seen.from = from;
        let here = self.nodes.len() as u32;
        let is_first = seen.first == 0;
        let above = self.firsts.get_mut(edge.parent as usize);
        let depth = above.map_or(0, |above| {
            if above.children == 0 {
                above.first_child = here;
            }
            above.children += 1;
            above.depth + 1
        });
        if is_first {
            self.firsts.push(First {
                node: here,
                depth,
                first_child: 0,
                children: 0,
            });
            seen.first = self.firsts.len() as u32;
        }
        self.nodes.push(Node {
            target: edge.target,
            parent: edge.parent,
            first: seen.first - 1,
            relation: edge.relation,
            place: if self.snapshot.is_dangling(edge.target) {
                Place::Missing
            } else if is_first {
                Place::First
            } else {
                Place::Repeated
            },
            within_root: edge.within_root,
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
}

fn is_followed(follow: &[Origins], relation: u16, here: Origins) -> bool {
    follow
        .get(usize::from(relation))
        .is_some_and(|from| from.meets(here))
}

/// Turns [`Place::Repeated`] into [`Place::Cycle`] where the entity's first place is above the node.
///
/// Done after the walk, by the stretch of a depth-first numbering that hangs below each first place: asking each node
/// for its ancestors would take a chain's length for each edge that leads back into it.
fn mark_cycles(nodes: &mut [Node], firsts: &[First]) {
    // `(number, size of what hangs below, itself included)`; children stand after their parents.
    let mut stretches = vec![(0u32, 1u32); firsts.len()];
    let parent_of = |first: &First| nodes.get(first.node as usize).map_or(NONE, |n| n.parent);
    let parents: Vec<u32> = firsts.iter().map(parent_of).collect();
    for (at, &parent) in parents.iter().enumerate().rev() {
        let size = stretches.get(at).map_or(0, |s| s.1);
        if let Some(above) = stretches.get_mut(parent as usize) {
            above.1 += size;
        }
    }
    // The children of one parent follow each other.
    let (mut last_parent, mut free) = (NONE, 0);
    for (at, &parent) in parents.iter().enumerate().skip(1) {
        if parent != last_parent {
            free = stretches.get(parent as usize).map_or(0, |s| s.0) + 1;
            last_parent = parent;
        }
        if let Some(own) = stretches.get_mut(at) {
            own.0 = free;
            free += own.1;
        }
    }
    for node in nodes.iter_mut().filter(|n| n.place == Place::Repeated) {
        if let (Some(&(top, size)), Some(&(parent, _))) = (
            stretches.get(node.first as usize),
            stretches.get(node.parent as usize),
        ) && parent.wrapping_sub(top) < size
        {
            node.place = Place::Cycle;
        }
    }
}
