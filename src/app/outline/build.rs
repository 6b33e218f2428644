//! Laying trees out, as a job does.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{Item, Mark, NONE, Node, Outline, TreeKind, Widths};
use crate::app::detail::shown_ref;
use crate::catalog::Snapshot;
use crate::catalog::graph::{self, Hierarchy, Place, Reach, Summary, Target, shortest_path};
use crate::catalog::snapshot::Column;
use crate::text;

/// A column never wants to be wider than this.
const WIDEST: usize = 28;

impl Outline {
    /// Lays a tree out. Grows with the catalog: a job's work, not the interface's. A reference that nothing in the
    /// snapshot has or names gives an outline without a line, and so do two entities with no chain between them.
    pub fn build(snapshot: Arc<Snapshot>, kind: TreeKind) -> Self {
        let mut draft = Draft::default();
        let summary = match &kind {
            TreeKind::Structure => {
                draft.hierarchy(&Hierarchy::structure(&snapshot));
                None
            }
            TreeKind::Ownership => {
                draft.hierarchy(&Hierarchy::ownership(&snapshot));
                None
            }
            TreeKind::Reach { root, direction } => {
                let direction = (*direction).into();
                let reach = match snapshot.find(root) {
                    Some(root) => Some(Reach::walk(&snapshot, root, direction, None)),
                    // What only others name can break as well.
                    None => Reach::walk_missing(&snapshot, root, direction, None),
                };
                reach.map(|reach| {
                    draft.reach(&reach);
                    Summary::of(&reach, &snapshot)
                })
            }
            TreeKind::Path { from, to } => {
                if let (Some(from), Some(to)) = (snapshot.find(from), snapshot.find(to)) {
                    draft.path(&shortest_path(&snapshot, from, to).unwrap_or_default());
                }
                None
            }
        };
        let places = places(&draft.nodes, snapshot.len());
        let mut levels: Vec<u32> = Vec::new();
        for node in &draft.nodes {
            let depth = node.depth as usize;
            if levels.len() <= depth {
                levels.resize(depth + 1, 0);
            }
            if let Some(level) = levels.get_mut(depth) {
                *level += 1;
            }
        }
        let widths = widths(&draft.nodes, &snapshot);
        let top = draft.nodes.iter().filter(|node| node.depth == 0);
        let gathered = top.filter_map(|node| match node.item {
            Item::Heading(heading) => Some((heading, node.total)),
            Item::Row(_) | Item::Missing(_) => None,
        });
        Outline {
            kind,
            gathered: gathered.collect(),
            nodes: draft.nodes,
            texts: draft.texts,
            places,
            levels,
            widths,
            summary,
            snapshot,
        }
    }
}

#[derive(Default)]
struct Draft {
    nodes: Vec<Node>,
    texts: Vec<Box<str>>,
    text_of: HashMap<Box<str>, u32>,
}

impl Draft {
    fn text(&mut self, text: &str) -> u32 {
        if let Some(number) = self.text_of.get(text) {
            return *number;
        }
        let number = u32::try_from(self.texts.len()).unwrap_or(NONE);
        self.texts.push(text.into());
        self.text_of.insert(text.into(), number);
        number
    }

    fn hierarchy(&mut self, hierarchy: &Hierarchy) {
        // The lines above the one at hand, the top first.
        let mut above: Vec<u32> = Vec::new();
        for (index, node) in (0u32..).zip(hierarchy.nodes()) {
            above.truncate(node.depth as usize);
            self.nodes.push(Node {
                item: match node.item {
                    graph::Item::Row(id) => Item::Row(id),
                    graph::Item::Heading(heading) => Item::Heading(heading),
                },
                parent: above.last().copied().unwrap_or(NONE),
                depth: node.depth,
                below: node.below,
                own: node.own,
                total: node.total,
                relation: NONE,
                mark: match (node.cycle, node.missing) {
                    (true, _) => Mark::Cycle,
                    (false, true) => Mark::ParentMissing,
                    (false, false) => Mark::None,
                },
            });
            above.push(index);
        }
    }

    /// A walk is breadth first, a tree on a screen depth first.
    fn reach(&mut self, reach: &Reach<'_>) {
        enum Task {
            Open(u32, u32),
            Close(usize),
        }
        let mut stack = vec![Task::Open(0, NONE)];
        while let Some(task) = stack.pop() {
            match task {
                Task::Close(index) => {
                    let below = self.nodes.len() - index - 1;
                    if let Some(node) = self.nodes.get_mut(index) {
                        node.below = u32::try_from(below).unwrap_or(NONE);
                    }
                }
                Task::Open(from, parent) => {
                    let Some(node) = reach.node(from) else {
                        continue;
                    };
                    let index = self.nodes.len();
                    let children = reach.children(from);
                    let line = Node {
                        item: match node.target {
                            Target::Row(id) => Item::Row(id),
                            Target::Missing(reference) => Item::Missing(self.text(reference)),
                        },
                        parent,
                        depth: node.depth,
                        below: 0,
                        own: u32::try_from(children.len()).unwrap_or(NONE),
                        total: 0,
                        relation: node.relation.map_or(NONE, |relation| self.text(relation)),
                        mark: match node.place {
                            Place::First => Mark::None,
                            Place::Repeated => Mark::Repeated,
                            Place::Cycle => Mark::Cycle,
                            Place::Missing => Mark::Missing,
                        },
                    };
                    self.nodes.push(line);
                    stack.push(Task::Close(index));
                    let parent = u32::try_from(index).unwrap_or(NONE);
                    stack.extend(children.rev().map(|child| Task::Open(child, parent)));
                }
            }
        }
    }

    fn path(&mut self, chain: &[graph::Step<'_>]) {
        for step in chain {
            let relation = step.relation.map_or(NONE, |relation| self.text(relation));
            self.nodes.push(Node {
                item: Item::Row(step.row),
                parent: NONE,
                depth: 0,
                below: 0,
                own: 0,
                total: 0,
                relation,
                mark: Mark::None,
            });
        }
    }
}

fn places(nodes: &[Node], rows: usize) -> Vec<u32> {
    let mut places = vec![NONE; rows];
    for (index, node) in (0u32..).zip(nodes) {
        let Item::Row(id) = node.item else { continue };
        let elsewhere = matches!(node.mark, Mark::Repeated);
        if let Some(place) = places.get_mut(id.0 as usize) {
            let better = match nodes.get(*place as usize) {
                None => true,
                // A person is a member here and owns something there; what is below a line makes it the place.
                Some(known) => {
                    !elsewhere
                        && (known.mark == Mark::Repeated || known.below == 0 && node.below > 0)
                }
            };
            if better {
                *place = index;
            }
        }
    }
    places
}

/// Each distinct text is measured once, whatever the number of lines.
fn widths(nodes: &[Node], snapshot: &Snapshot) -> Widths {
    let mut seen: [HashSet<u32>; 4] = Default::default();
    let columns = [
        Column::Kind,
        Column::Lifecycle,
        Column::Owner,
        Column::System,
    ];
    for node in nodes {
        if let Item::Row(id) = node.item {
            for (seen, column) in seen.iter_mut().zip(columns) {
                seen.insert(snapshot.column(id, column));
            }
        }
    }
    let widest = |numbers: &HashSet<u32>, implied: &str| {
        let columns = numbers.iter().map(|number| {
            let value = snapshot.value(*number);
            if implied.is_empty() || value.is_empty() {
                text::width(&text::clean(value))
            } else {
                text::width(&shown_ref(value, implied))
            }
        });
        u16::try_from(columns.max().unwrap_or(0).min(WIDEST)).unwrap_or(0)
    };
    let [kind, lifecycle, owner, system] = &seen;
    Widths {
        kind: widest(kind, ""),
        lifecycle: widest(lifecycle, ""),
        owner: widest(owner, "group"),
        system: widest(system, "system"),
    }
}
