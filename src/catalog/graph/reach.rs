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
    /// Index into `firsts` of the node it hangs under.
    parent: u32,
    /// Index into `firsts` of its entity's first place.
    first: u32,
    /// Index of the relation's name.
    relation: u16,
    place: Place,
}

/// The first place of an entity.
#[derive(Clone, Copy, Debug)]
struct First {
    /// The entity: a row, or what [`Snapshot::dangling_ref`] names.
    target: u32,
    /// Index of its node.
    node: u32,
    /// Index of the first place it hangs under.
    parent: u32,
    depth: u32,
    first_child: u32,
    children: u32,
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
            .and_then(|node| self.firsts.get(node.first as usize))
            .filter(|first| first.node == index)
            .map_or(0..0, |n| n.first_child..n.first_child + n.children)
    }

    /// Every entity of the catalog that was reached, the root left out, with its distance; nearest first.
    pub fn reached(&self) -> impl Iterator<Item = (RowId, u32)> + '_ {
        self.firsts.iter().skip(1).filter_map(|first| {
            let node = self.nodes.get(first.node as usize)?;
            (node.place == Place::First).then_some((RowId(first.target), first.depth))
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
        let first = self.firsts.get(node.first as usize);
        let target = first.map_or(NONE, |first| first.target);
        ReachNode {
            target: match self.snapshot.dangling_ref(target) {
                Some(missing) => Target::Missing(missing),
                None => Target::Row(RowId(target)),
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
#[derive(Clone, Copy, Default)]
struct Edge {
    target: u32,
    relation: u16,
}

/// A place whose edges are to be followed: where they stand among all of the snapshot, then among those gathered.
#[derive(Clone, Copy)]
struct Span {
    at: u32,
    from: u32,
    to: u32,
    /// From what the edges come.
    here: Origins,
    /// Whether those tell them who refer to the place.
    told: bool,
}

/// How many places are looked up before the edges of any are read, and how many places' edges before any is followed:
/// all of these are scattered in memory, and reading many in a row waits for all at once instead of for each.
const BLOCK: usize = 64;

/// After so many places a walk is taken for a large one, for which the rows are gone through once to have what it reads
/// of them side by side.
const LARGE: usize = 2_000;

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
    /// The same of the snapshot's own names, as long as there can be any.
    follow_own: [Origins; 256],
    has_api_edges: bool,
    /// How many names are the snapshot's.
    own_names: usize,
    /// Of each row where its edges begin; made for a large walk.
    starts: Vec<u32>,
    /// Of each row from what its edges come, and whether others tell them; made with `starts`.
    origins: Vec<(Origins, bool)>,
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
        let mut follow_own = [Origins::NOWHERE; 256];
        for (slot, from) in follow_own.iter_mut().zip(follow.iter().take(own_names)) {
            *slot = *from;
        }
        // No edge makes more than one node; memory that stays untouched costs nothing.
        let most = snapshot.edge_count() as usize + 1;
        Self {
            snapshot,
            direction,
            nodes: Vec::with_capacity(most),
            firsts: Vec::with_capacity(most.min(snapshot.targets() as usize)),
            seen: vec![Seen::default(); snapshot.targets() as usize],
            kinds: vec![KindClass::Unknown; snapshot.values() as usize],
            has_api_edges: follow.contains(&Origins::API),
            follow,
            follow_own,
            names,
            own_names,
            starts: Vec::new(),
            origins: Vec::new(),
            referrers: None,
        }
    }

    fn run(mut self, root: u32, depth: Option<u32>) -> Reach<'a> {
        let within_root = self.class(root) == KindClass::Grouping;
        self.push(root, u16::MAX, NONE, within_root);
        let mut spans: Vec<Span> = Vec::with_capacity(BLOCK);
        let mut edges: Vec<Edge> = Vec::new();
        let mut next = 0;
        while next < self.firsts.len() {
            if next > LARGE && self.starts.is_empty() {
                self.spread_out();
            }
            let end = self.firsts.len().min(next + BLOCK);
            spans.clear();
            for at in next..end {
                self.look_up(at as u32, depth, &mut spans);
            }
            next = end;
            let mut gathered = 0;
            for span in &mut spans {
                gathered = self.gather(span, gathered, &mut edges);
            }
            for span in &spans {
                let edges = edges.get(span.from as usize..span.to as usize);
                self.follow_edges(*span, edges.unwrap_or_default());
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

    /// Puts what is read of each row side by side.
    fn spread_out(&mut self) {
        self.starts = self.snapshot.edge_starts().collect();
        let mut origins = Vec::with_capacity(self.starts.len());
        for id in self.snapshot.ids() {
            origins.push(self.origins_of(id.0));
        }
        self.origins = origins;
    }

    /// From what the edges of a target come, the asked root left out, and whether others tell them.
    fn origins_of(&mut self, target: u32) -> (Origins, bool) {
        let mut here = Origins::ANY;
        if self.has_api_edges && self.class(target) == KindClass::Api {
            here = here.and(Origins::API);
        }
        (here, is_told_by_others(self.snapshot, target))
    }

    /// Finds where the edges of a first place stand.
    fn look_up(&mut self, at: u32, depth: Option<u32>, spans: &mut Vec<Span>) {
        let Some(&first) = self.firsts.get(at as usize) else {
            return;
        };
        if depth.is_some_and(|limit| first.depth >= limit) {
            return;
        }
        let (mut here, told) = match self.origins.get(first.target as usize) {
            Some(known) => *known,
            None => self.origins_of(first.target),
        };
        if first.within_root {
            here = here.and(Origins::WITHIN_ROOT);
        }
        let (from, to) = match self.starts.get(first.target as usize..) {
            Some([from, to, ..]) => (*from, *to),
            _ => self.snapshot.edge_range(RowId(first.target)),
        };
        spans.push(Span {
            at,
            from,
            to,
            here,
            told,
        });
    }

    /// Writes the edges of a place that the direction follows behind the first `len` of `edges`; returns how many there
    /// are then.
    fn gather(&mut self, span: &mut Span, len: usize, edges: &mut Vec<Edge>) -> usize {
        let start = len;
        let mut len = len;
        let snapshot = self.snapshot;
        if span.told {
            let referrers = self
                .referrers
                .get_or_insert_with(|| Referrers::of(snapshot));
            let told = self.firsts.get(span.at as usize).map_or(NONE, |f| f.target);
            edges.truncate(len);
            for &(row, relation) in referrers.get(told) {
                let relation = relation as u16 + self.own_names as u16;
                if is_followed(&self.follow, relation, span.here) {
                    edges.push(Edge {
                        target: row.0,
                        relation,
                    });
                }
            }
            len = edges.len();
        } else {
            let most = len + span.to.saturating_sub(span.from) as usize;
            if edges.len() < most {
                edges.resize(most, Edge::default());
            }
            // Every edge is written, and the next over it where it is not followed: which of them are is nothing that a
            // processor could guess.
            for (relation, target) in snapshot.edges_in(span.from..span.to) {
                if let Some(slot) = edges.get_mut(len) {
                    let relation = relation as u16;
                    *slot = Edge { target, relation };
                }
                // Types of edges are below 256.
                len += usize::from(self.follow_own[usize::from(relation as u8)].meets(span.here));
            }
        }
        (span.from, span.to) = (start as u32, len as u32);
        len
    }

    /// Adds the nodes that the edges of a place lead to.
    fn follow_edges(&mut self, span: Span, edges: &[Edge]) {
        let first_child = self.nodes.len() as u32;
        let from_root = span.here.meets(Origins::WITHIN_ROOT);
        for edge in edges {
            let within_root = from_root
                && is_followed(&self.follow, edge.relation, Origins::WITHIN_ROOT)
                && self.class(edge.target) == KindClass::Grouping;
            self.push(edge.target, edge.relation, span.at, within_root);
        }
        let children = self.nodes.len() as u32 - first_child;
        if let Some(first) = self.firsts.get_mut(span.at as usize) {
            (first.first_child, first.children) = (first_child, children);
        }
    }

    /// Adds the node that an edge leads to.
    #[inline]
    fn push(&mut self, target: u32, relation: u16, parent: u32, within_root: bool) {
        let Some(seen) = self.seen.get_mut(target as usize) else {
            return;
        };
        let from = parent.wrapping_add(1);
        // Several relations may lead to the same entity; the first one names the edge.
        if seen.from == from && seen.first != 0 {
            return;
        }
        seen.from = from;
        let is_first = seen.first == 0;
        if is_first {
            let above = self.firsts.get(parent as usize);
            self.firsts.push(First {
                target,
                node: self.nodes.len() as u32,
                parent,
                depth: above.map_or(0, |above| above.depth + 1),
                first_child: 0,
                children: 0,
                within_root,
            });
            seen.first = self.firsts.len() as u32;
        }
        self.nodes.push(Node {
            parent,
            first: seen.first - 1,
            relation,
            place: if self.snapshot.is_dangling(target) {
                Place::Missing
            } else if is_first {
                Place::First
            } else {
                Place::Repeated
            },
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
    for (at, first) in firsts.iter().enumerate().rev() {
        let size = stretches.get(at).map_or(0, |s| s.1);
        if let Some(above) = stretches.get_mut(first.parent as usize) {
            above.1 += size;
        }
    }
    // The children of one parent follow each other.
    let (mut last_parent, mut free) = (NONE, 0);
    for (at, first) in firsts.iter().enumerate().skip(1) {
        if first.parent != last_parent {
            free = stretches.get(first.parent as usize).map_or(0, |s| s.0) + 1;
            last_parent = first.parent;
        }
        if let Some(own) = stretches.get_mut(at) {
            own.0 = free;
            free += own.1;
        }
    }
    // Every node is asked, since asking costs less than guessing which are worth it.
    for node in nodes {
        let stretch = |first: u32| stretches.get(first as usize).copied().unwrap_or((0, 0));
        let (top, size) = stretch(node.first);
        let (parent, _) = stretch(node.parent);
        if parent.wrapping_sub(top) < size && node.place == Place::Repeated {
            node.place = Place::Cycle;
        }
    }
}
