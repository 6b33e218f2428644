//! A tree as lines, whatever it is a tree of: what is printed as text and as JSON alike.

use std::collections::HashMap;

use crate::catalog::graph::{Heading, Hierarchy, HierarchyNode, Item, Place, Reach, Target};
use crate::catalog::{RowId, Snapshot};

/// What one line of an [`Outline`] stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject<'a> {
    /// An entity, or a reference to one that is not there.
    Entity(Target<'a>),
    /// A line that gathers entities which belong under nothing else.
    Heading(Heading),
}

/// What is unusual about a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mark {
    /// It stands above on this very path.
    Cycle,
    /// Its children stand at another place, further up.
    ShownAbove,
    /// Its children stand at another place, further down.
    ShownBelow,
    /// It is not in the catalog.
    Missing,
    /// What it would stand under is not in the catalog.
    ParentMissing,
}

/// One line of a tree, in the order in which they are printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutlineLine<'a> {
    /// What it stands for.
    pub subject: Subject<'a>,
    /// Levels below the top.
    pub depth: u32,
    /// The relation that leads here from the line it hangs under.
    pub relation: Option<&'a str>,
    /// See [`Mark`].
    pub mark: Option<Mark>,
    /// Whether it is the last of those that hang under the same line.
    pub last: bool,
    /// Of a group: how many entities it owns itself, and how many with its child groups'. Of a heading: how many
    /// stand under it, twice.
    pub counts: Option<(u32, u32)>,
}

/// What the lines are about: it decides what each says beside its reference.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Topic {
    /// One entity's edges, each named.
    Edges,
    /// The whole catalog: type, lifecycle and owner.
    Catalog,
}

/// A tree as lines.
#[derive(Clone, Debug)]
pub struct Outline<'a> {
    snapshot: &'a Snapshot,
    lines: Vec<OutlineLine<'a>>,
    topic: Topic,
}

impl<'a> Outline<'a> {
    /// What a walk found, its root first.
    pub fn of_reach(reach: &Reach<'a>, snapshot: &'a Snapshot) -> Self {
        let mut lines = Vec::with_capacity(reach.len());
        let mut shown: HashMap<Target<'a>, usize> = HashMap::new();
        let mut stack = vec![0u32];
        while let Some(index) = stack.pop() {
            let Some(node) = reach.node(index) else {
                continue;
            };
            let children = reach.children(index);
            if node.place == Place::First {
                shown.insert(node.target, lines.len());
            }
            lines.push(OutlineLine {
                subject: Subject::Entity(node.target),
                depth: node.depth,
                relation: node.relation,
                mark: match node.place {
                    Place::First => None,
                    Place::Cycle => Some(Mark::Cycle),
                    Place::Missing => Some(Mark::Missing),
                    Place::Repeated => Some(if shown.contains_key(&node.target) {
                        Mark::ShownAbove
                    } else {
                        Mark::ShownBelow
                    }),
                },
                last: false,
                counts: None,
            });
            stack.extend(children.rev());
        }
        Self::new(snapshot, lines, Topic::Edges)
    }

    /// The structure of the whole catalog, or of what hangs below one entity; at most `depth` levels below the top.
    pub fn structure(
        hierarchy: &Hierarchy,
        snapshot: &'a Snapshot,
        under: Option<RowId>,
        depth: Option<u32>,
    ) -> Self {
        let nodes = hierarchy.nodes();
        let nodes = match under.and_then(|id| hierarchy.find(id)) {
            Some(at) => {
                let below = nodes.get(at).map_or(0, |node| node.below as usize);
                nodes.get(at..=at + below).unwrap_or_default()
            }
            None => nodes,
        };
        let lines = nodes.iter().map(|node| OutlineLine {
            relation: matches!(node.item, Item::Row(_)).then_some("hasPart"),
            ..line(node)
        });
        let top = nodes.first().map_or(0, |node| node.depth);
        let mut lines: Vec<_> = lines
            .map(|line| OutlineLine {
                depth: line.depth - top,
                ..line
            })
            .filter(|line| depth.is_none_or(|limit| line.depth <= limit))
            .collect();
        forget_top_relations(&mut lines);
        Self::new(snapshot, lines, Topic::Catalog)
    }

    /// Who owns what in the whole catalog, at most `depth` levels below the top. Members hang directly under their
    /// group.
    pub fn ownership(hierarchy: &Hierarchy, snapshot: &'a Snapshot, depth: Option<u32>) -> Self {
        let mut lines = Vec::with_capacity(hierarchy.nodes().len());
        // Where each person stands who is no mere member, else the first place as one.
        let mut places: HashMap<RowId, usize> = HashMap::new();
        let mut members_at = None;
        for node in hierarchy.nodes() {
            if members_at.is_some_and(|at| node.depth <= at) {
                members_at = None;
            }
            if node.item == Item::Heading(Heading::Members) {
                members_at = Some(node.depth);
                continue;
            }
            let is_member = members_at.is_some();
            let mut line = line(node);
            line.depth -= u32::from(is_member);
            line.relation = match node.item {
                Item::Row(_) if is_member => Some("hasMember"),
                Item::Row(id) if is_group(snapshot, id) => Some("parentOf"),
                Item::Row(_) => Some("ownerOf"),
                Item::Heading(_) => None,
            };
            if let Item::Row(id) = node.item {
                if is_group(snapshot, id) {
                    line.counts = Some((node.own, node.total));
                }
                if is_member {
                    places.entry(id).or_insert(lines.len());
                } else {
                    places.insert(id, lines.len());
                }
            }
            lines.push(line);
        }
        for (at, line) in lines.iter_mut().enumerate() {
            if let (Some("hasMember"), Subject::Entity(Target::Row(id))) =
                (line.relation, line.subject)
                && let Some(&place) = places.get(&id)
            {
                line.mark = match place.cmp(&at) {
                    std::cmp::Ordering::Less => Some(Mark::ShownAbove),
                    std::cmp::Ordering::Equal => line.mark,
                    std::cmp::Ordering::Greater => Some(Mark::ShownBelow),
                };
            }
        }
        lines.retain(|line| depth.is_none_or(|limit| line.depth <= limit));
        forget_top_relations(&mut lines);
        Self::new(snapshot, lines, Topic::Catalog)
    }

    fn new(snapshot: &'a Snapshot, mut lines: Vec<OutlineLine<'a>>, topic: Topic) -> Self {
        // From the end: the first line met of a depth is the last of its siblings.
        let mut met: Vec<bool> = Vec::new();
        for line in lines.iter_mut().rev() {
            let depth = line.depth as usize;
            met.resize(depth + 1, false);
            if let Some(met) = met.get_mut(depth) {
                line.last = !std::mem::replace(met, true);
            }
        }
        Self {
            snapshot,
            lines,
            topic,
        }
    }

    /// Every line.
    pub fn lines(&self) -> &[OutlineLine<'a>] {
        &self.lines
    }

    /// The catalog it is about.
    pub fn snapshot(&self) -> &'a Snapshot {
        self.snapshot
    }

    /// Whether it is one entity's edges, each to be named.
    pub fn has_edges(&self) -> bool {
        self.topic == Topic::Edges
    }
}

/// A line that says what its node says.
fn line<'a>(node: &HierarchyNode) -> OutlineLine<'a> {
    OutlineLine {
        subject: match node.item {
            Item::Row(id) => Subject::Entity(Target::Row(id)),
            Item::Heading(heading) => Subject::Heading(heading),
        },
        depth: node.depth,
        relation: None,
        mark: match (node.cycle, node.missing) {
            (true, _) => Some(Mark::Cycle),
            (false, true) => Some(Mark::ParentMissing),
            (false, false) => None,
        },
        last: false,
        counts: matches!(node.item, Item::Heading(_)).then_some((node.total, node.total)),
    }
}

/// What stands at the top or under a heading is related to nothing above it.
fn forget_top_relations(lines: &mut [OutlineLine<'_>]) {
    let mut under_heading = false;
    for line in lines {
        if line.depth == 0 {
            line.relation = None;
            under_heading = matches!(line.subject, Subject::Heading(_));
        } else if line.depth == 1 && under_heading {
            line.relation = None;
        }
    }
}

fn is_group(snapshot: &Snapshot, id: RowId) -> bool {
    snapshot.row(id).kind.eq_ignore_ascii_case("group")
}
