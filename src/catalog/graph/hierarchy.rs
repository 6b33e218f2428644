//! The two trees of the whole catalog: its structure, and who owns what.
//!
//! A tree is flat: nodes in the order they are printed, each with its depth and the size of what hangs below,
//! so that an interface makes rows only for what is seen and a collapsed branch is skipped in one step.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::direction::is_grouping;
use crate::catalog::{RowId, Snapshot, kinds};

/// What one line of a [`Hierarchy`] stands for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Item {
    /// An entity.
    Row(RowId),
    /// A line that gathers entities which belong under nothing else.
    Heading(Heading),
}

/// The lines that are no entities.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Heading {
    /// Entities that name no system, or one that is not in the catalog.
    NoSystem,
    /// Entities that name no owner.
    NoOwner,
    /// Entities whose owner is not in the catalog.
    OwnerNotFound,
    /// Documents that were never good: nobody can read who owns them.
    OwnerUnknown,
    /// The members of the group above.
    Members,
}

impl Heading {
    /// The words of the line.
    pub fn title(self) -> &'static str {
        match self {
            Heading::NoSystem => "no system",
            Heading::NoOwner => "no owner",
            Heading::OwnerNotFound => "owner not found",
            Heading::OwnerUnknown => "owner unknown",
            Heading::Members => "members",
        }
    }
}

/// One line of a tree.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HierarchyNode {
    /// What it stands for.
    pub item: Item,
    /// Levels below the top.
    pub depth: u32,
    /// How many nodes hang below it, at any depth.
    pub below: u32,
    /// Entities that hang directly below it (of a group: that it owns itself).
    pub own: u32,
    /// Entities below it at any depth, headings and child groups not counted (of a group: child groups' included).
    pub total: u32,
    /// Its parents form a ring; it stands here because the ring was cut above it.
    pub cycle: bool,
    /// It names what it would stand under ([`missing_parent`]), which is not in the catalog; so it stands here.
    pub missing: bool,
}

/// What lines are marked with.
#[derive(Default)]
struct Marks {
    cycle: HashSet<RowId>,
    missing: HashSet<RowId>,
}

/// A whole tree.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Hierarchy {
    nodes: Vec<HierarchyNode>,
}

impl Hierarchy {
    /// Domain → subdomain → System → Component (→ its subcomponents), API, Resource. What belongs to no system
    /// stands under [`Heading::NoSystem`], so that every entity stands in the tree exactly once.
    pub fn structure(snapshot: &Snapshot) -> Self {
        let mut parents: Vec<Option<RowId>> = snapshot
            .ids()
            .map(|id| structure_parent(snapshot, id))
            .collect();
        let mut marks = Marks {
            cycle: cut_rings(&mut parents),
            ..Marks::default()
        };
        let mut forest = Forest::default();
        for id in snapshot.ids() {
            let parent = parents.get(id.0 as usize).copied().flatten();
            // A group's parent has no place in this tree.
            if parent.is_none()
                && !is_kind(snapshot, id, "group")
                && missing_parent(snapshot, id).is_some()
            {
                marks.missing.insert(id);
            }
            let under = match parent {
                Some(parent) => Some(Item::Row(parent)),
                None if is_grouping(snapshot.row(id).kind) => None,
                None => Some(Item::Heading(Heading::NoSystem)),
            };
            forest.add(under, Item::Row(id));
        }
        forest.heading(Heading::NoSystem);
        forest.flatten(snapshot, &marks)
    }

    /// Groups by their parents, under each what it owns and its members. What names no owner, and what names one
    /// that is not there, stand under headings of their own, as does what was never good, of which nobody knows; a
    /// person who owns something stands at the top.
    pub fn ownership(snapshot: &Snapshot) -> Self {
        let mut parents: Vec<Option<RowId>> = snapshot
            .ids()
            .map(|id| {
                is_kind(snapshot, id, "group")
                    .then(|| first_target(snapshot, id, "childOf", "group"))
                    .flatten()
            })
            .collect();
        let mut marks = Marks {
            cycle: cut_rings(&mut parents),
            ..Marks::default()
        };
        let mut forest = Forest::default();
        // People who own something and who were never good: they have no relations that would say so.
        let mut unserved_owners = BTreeSet::new();
        for id in snapshot.ids() {
            let row = snapshot.row(id);
            match row.kind.to_ascii_lowercase().as_str() {
                "group" => {
                    let parent = parents.get(id.0 as usize).copied().flatten();
                    if parent.is_none() && missing_parent(snapshot, id).is_some() {
                        marks.missing.insert(id);
                    }
                    forest.add(parent.map(Item::Row), Item::Row(id));
                    for member in snapshot
                        .relations(id)
                        .filter(|r| r.relation == "hasMember")
                        .filter_map(|r| r.target)
                    {
                        forest.member(id, member);
                    }
                }
                "user" => {
                    if snapshot.relations(id).any(|r| r.relation == "ownerOf") {
                        forest.add(None, Item::Row(id));
                    }
                }
                // Locations are where entities come from, not what somebody owns.
                "location" => {}
                _ => {
                    let owner = match snapshot.find(row.owner) {
                        _ if row.flags.unserved => Item::Heading(Heading::OwnerUnknown),
                        _ if row.owner.is_empty() => Item::Heading(Heading::NoOwner),
                        Some(owner)
                            if is_kind(snapshot, owner, "group")
                                || is_kind(snapshot, owner, "user") =>
                        {
                            Item::Row(owner)
                        }
                        _ => Item::Heading(Heading::OwnerNotFound),
                    };
                    if let Item::Row(owner) = owner
                        && is_kind(snapshot, owner, "user")
                        && snapshot.flags(owner).unserved
                    {
                        unserved_owners.insert(owner);
                    }
                    forest.add(Some(owner), Item::Row(id));
                }
            }
        }
        for owner in unserved_owners {
            forest.add(None, Item::Row(owner));
        }
        forest.heading(Heading::NoOwner);
        forest.heading(Heading::OwnerNotFound);
        forest.heading(Heading::OwnerUnknown);
        forest.flatten(snapshot, &marks)
    }

    /// Every line, in printing order.
    pub fn nodes(&self) -> &[HierarchyNode] {
        &self.nodes
    }

    /// The index of the line above that one hangs under.
    pub fn parent(&self, index: usize) -> Option<usize> {
        let depth = self.nodes.get(index)?.depth;
        (0..index)
            .rev()
            .find(|&i| self.nodes.get(i).is_some_and(|n| n.depth < depth))
    }

    /// The first line that stands for an entity.
    pub fn find(&self, id: RowId) -> Option<usize> {
        self.nodes.iter().position(|n| n.item == Item::Row(id))
    }
}

fn is_kind(snapshot: &Snapshot, id: RowId, kind: &str) -> bool {
    snapshot.row(id).kind.eq_ignore_ascii_case(kind)
}

/// The first entity of `kind` that a relation of `id` leads to, itself left out.
fn first_target(snapshot: &Snapshot, id: RowId, relation: &str, kind: &str) -> Option<RowId> {
    snapshot
        .relations(id)
        .filter(|r| r.relation == relation)
        .filter_map(|r| r.target)
        .find(|&target| target != id && is_kind(snapshot, target, kind))
}

/// The kinds that an entity may stand under, in the order in which they are asked for.
const STRUCTURE: [&str; 3] = ["component", "system", "domain"];

/// The complete reference of what an entity would stand under and which is not in the catalog: of a group its parent, of
/// anything else the component, system or domain that it says it is part of.
pub fn missing_parent(snapshot: &Snapshot, id: RowId) -> Option<&str> {
    let (relation, kinds): (_, &[&str]) = if is_kind(snapshot, id, "group") {
        ("childOf", &["group"])
    } else {
        ("partOf", &STRUCTURE)
    };
    let missing = |kind: &str| {
        let mut relations = snapshot.relations(id);
        let found = relations.find(|r| {
            r.relation == relation
                && r.target.is_none()
                && r.target_ref.split(':').next() == Some(kind)
        });
        found.map(|relation| relation.target_ref)
    };
    kinds.iter().find_map(|kind| missing(kind))
}

/// What an entity stands under: its parent component before its system, so that a subcomponent is found there.
fn structure_parent(snapshot: &Snapshot, id: RowId) -> Option<RowId> {
    STRUCTURE
        .into_iter()
        .find_map(|kind| first_target(snapshot, id, "partOf", kind))
}

/// Takes the parent from one entity of each ring of parents (the first in the catalog's order) and names those
/// entities: otherwise the ring would stand nowhere.
fn cut_rings(parents: &mut [Option<RowId>]) -> HashSet<RowId> {
    const NEW: u32 = 0;
    let mut visited = vec![NEW; parents.len()];
    let mut cut = HashSet::new();
    for start in 0..parents.len() {
        // Each walk up has a number of its own: meeting it again is a ring, meeting another is known ground.
        let walk = start as u32 + 1;
        let mut at = start;
        while visited.get(at) == Some(&NEW) {
            if let Some(mark) = visited.get_mut(at) {
                *mark = walk;
            }
            match parents.get(at).copied().flatten() {
                Some(parent) if visited.get(parent.0 as usize) == Some(&walk) => {
                    let first = ring_through(parents, parent);
                    if let Some(slot) = parents.get_mut(first.0 as usize) {
                        *slot = None;
                    }
                    cut.insert(first);
                    break;
                }
                Some(parent) => at = parent.0 as usize,
                None => break,
            }
        }
    }
    cut
}

/// The first entity, in the catalog's order, of the ring that `on` lies on.
fn ring_through(parents: &[Option<RowId>], on: RowId) -> RowId {
    let mut first = on;
    let mut at = on;
    while let Some(parent) = parents.get(at.0 as usize).copied().flatten() {
        first = first.min(parent);
        at = parent;
        if at == on {
            break;
        }
    }
    first
}

/// Children by parent, before they are laid out.
#[derive(Default)]
struct Forest {
    top: Vec<Item>,
    children: HashMap<Item, Vec<Item>>,
    members: HashMap<RowId, Vec<Item>>,
    headings: Vec<Heading>,
}

/// One step of laying out: a node to open, or the node at an index to close.
enum Task {
    Open {
        item: Item,
        depth: u32,
        member: bool,
    },
    Members {
        of: RowId,
        depth: u32,
    },
    Close(usize),
}

impl Forest {
    fn add(&mut self, under: Option<Item>, item: Item) {
        match under {
            Some(parent) => self.children.entry(parent).or_default().push(item),
            None => self.top.push(item),
        }
    }

    fn member(&mut self, group: RowId, member: RowId) {
        self.members
            .entry(group)
            .or_default()
            .push(Item::Row(member));
    }

    /// Adds the heading after everything else, where anything stands under it.
    fn heading(&mut self, heading: Heading) {
        if self.children.contains_key(&Item::Heading(heading)) {
            self.headings.push(heading);
        }
    }

    fn flatten(mut self, snapshot: &Snapshot, marks: &Marks) -> Hierarchy {
        let order = |item: &Item| match item {
            Item::Row(id) => (rank(snapshot.row(*id).kind), *id),
            Item::Heading(_) => (u8::MAX, RowId(u32::MAX)),
        };
        self.top.sort_by_key(order);
        for children in self.children.values_mut().chain(self.members.values_mut()) {
            children.sort_by_key(order);
        }
        let headings = self.headings.iter().map(|&h| Item::Heading(h));
        let top: Vec<Item> = self.top.iter().copied().chain(headings).collect();
        let mut nodes: Vec<HierarchyNode> = Vec::with_capacity(snapshot.len());
        let mut stack: Vec<Task> = Vec::new();
        let open = |item, depth| Task::Open {
            item,
            depth,
            member: false,
        };
        stack.extend(top.into_iter().rev().map(|item| open(item, 0)));
        while let Some(task) = stack.pop() {
            match task {
                Task::Close(index) => close(&mut nodes, index, snapshot),
                Task::Open {
                    item,
                    depth,
                    member,
                } => {
                    stack.push(Task::Close(nodes.len()));
                    nodes.push(node(item, depth, marks));
                    if member {
                        continue;
                    }
                    if let Item::Row(id) = item
                        && self.members.contains_key(&id)
                    {
                        stack.push(Task::Members {
                            of: id,
                            depth: depth + 1,
                        });
                    }
                    let children = self.children.get(&item).map_or(&[][..], Vec::as_slice);
                    stack.extend(children.iter().rev().map(|&child| open(child, depth + 1)));
                }
                Task::Members { of, depth } => {
                    stack.push(Task::Close(nodes.len()));
                    nodes.push(node(Item::Heading(Heading::Members), depth, marks));
                    let members = self.members.get(&of).map_or(&[][..], Vec::as_slice);
                    stack.extend(members.iter().rev().map(|&item| Task::Open {
                        item,
                        depth: depth + 1,
                        member: true,
                    }));
                }
            }
        }
        Hierarchy { nodes }
    }
}

fn node(item: Item, depth: u32, marks: &Marks) -> HierarchyNode {
    let is_in = |marked: &HashSet<RowId>| matches!(item, Item::Row(id) if marked.contains(&id));
    HierarchyNode {
        item,
        depth,
        below: 0,
        own: 0,
        total: 0,
        cycle: is_in(&marks.cycle),
        missing: is_in(&marks.missing),
    }
}

/// Counts what stands below the node at `index`, whose nodes are all laid out by now. Child groups and members
/// are no possessions: a group counts what it owns, the `members` line counts people.
fn close(nodes: &mut [HierarchyNode], index: usize, snapshot: &Snapshot) {
    let Some((node, below)) = nodes.get_mut(index..).and_then(<[_]>::split_first_mut) else {
        return;
    };
    let of_group = matches!(node.item, Item::Row(id) if is_kind(snapshot, id, "group"));
    let (mut own, mut total) = (0, 0);
    let mut at = 0;
    while let Some(child) = below.get(at) {
        let counts = match child.item {
            Item::Row(id) => !(of_group && is_kind(snapshot, id, "group")),
            Item::Heading(_) => false,
        };
        own += u32::from(counts);
        total += u32::from(counts);
        if child.item != Item::Heading(Heading::Members) {
            total += child.total;
        }
        at += 1 + child.below as usize;
    }
    node.own = own;
    node.total = total;
    node.below = below.len() as u32;
}

/// The order of siblings: groupings first, then in the table's order, then what the table does not know.
fn rank(kind: &str) -> u8 {
    if is_grouping(kind) || kind.eq_ignore_ascii_case("group") {
        return 0;
    }
    kinds::TABLE
        .iter()
        .position(|k| k.name.eq_ignore_ascii_case(kind))
        .map_or(u8::MAX, |place| place as u8 + 1)
}
