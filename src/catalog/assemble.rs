//! The whole catalog out of its files: which of two like entities counts, the relations between all of them, and which
//! references lead nowhere.
//!
//! The outcome depends on the files alone, not on the order they come in: they are taken in order of location, and
//! within a file in order of document. What is kept is small: a [`FileSummary`] holds no entity, so that a catalog of
//! 100,000 entities can be assembled from a store file by file.

mod dangling;
mod summary;
mod view;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;

// Quicker than the standard library's hash for short texts, and seeded anew in every run: nobody can write a catalog
// file whose references all fall into one place.
use foldhash::fast::RandomState;

pub use dangling::dangling_references;
pub use summary::{FileState, FileSummary};

use super::kinds::Relation;
use super::record::{Problem, Severity};
use super::span::Span;
use summary::EntitySummary;

/// The assembled catalog.
#[derive(Clone, Debug, Default)]
pub struct Assembled {
    /// In order of location.
    files: Vec<FileSummary>,
    /// Every reference that occurs, in order; the number of a reference is its rank here.
    refs: Vec<Node>,
    /// In order of reference.
    entities: Vec<Assembly>,
    /// Entity by entity, by type, then target: in the order they are served in.
    edges: Vec<Edge>,
    conflicts: Vec<Conflict>,
}

/// A reference that occurs: an entity's own, or one that leads nowhere.
#[derive(Clone, Copy, Debug)]
struct Node {
    /// The file whose text has it.
    file: u32,
    text: Span,
    exists: bool,
}

#[derive(Clone, Debug)]
struct Assembly {
    file: u32,
    /// Which of the file's entities it is.
    entity: u32,
    /// How many problems it has, conflicts and dangling references included.
    problems: u32,
    edges: Range<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Edge {
    relation: Relation,
    target: u32,
}

/// An entity that two locations give.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conflict {
    /// The entity.
    pub entity_ref: String,
    /// The location that keeps it.
    pub kept: String,
    /// The location whose entity does not count.
    pub refused: String,
    /// The same as a problem of the refused location, with its place.
    pub problem: Problem,
}

/// One entity of the assembled catalog.
#[derive(Clone, Copy, Debug)]
pub struct AssembledEntity<'a> {
    all: &'a Assembled,
    file: &'a FileSummary,
    entity: &'a EntitySummary,
    assembly: &'a Assembly,
}

/// One relation of an entity.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AssembledRelation<'a> {
    /// Its type.
    pub relation: Relation,
    /// The complete reference it points at.
    pub target_ref: &'a str,
    /// Whether there is such an entity.
    pub exists: bool,
}

/// Puts files together.
pub fn assemble(files: impl IntoIterator<Item = FileSummary>) -> Assembled {
    let mut files: Vec<FileSummary> = files.into_iter().collect();
    // Of one location that two sources lead to, the one that is in sight counts.
    files.sort_by(|a, b| (&a.location, a.stale, &a.origin).cmp(&(&b.location, b.stale, &b.origin)));
    let Numbered {
        nodes,
        entities,
        edges,
        conflicts,
    } = Numbered::of(&files);
    let order = in_order_of_reference(&files, &nodes);
    let mut rank = vec![0u32; nodes.len()];
    for (place, node) in (0u32..).zip(&order) {
        if let Some(rank) = rank.get_mut(*node as usize) {
            *rank = place;
        }
    }
    let mut edges = BySource::new(entities.len(), &edges, &rank);
    let entities = order
        .iter()
        .filter_map(|number| {
            let entity = entities.get(*number as usize)?.clone();
            let edges = edges.take(*number);
            Some(Assembly { edges, ..entity })
        })
        .collect();
    Assembled {
        refs: (order.iter())
            .filter_map(|number| nodes.get(*number as usize).copied())
            .collect(),
        entities,
        edges: edges.taken,
        conflicts,
        files,
    }
}

/// The references of all files, numbered: those of entities in the order of the files, then those that lead nowhere.
#[derive(Default)]
struct Numbered {
    nodes: Vec<Node>,
    /// By number; without edges.
    entities: Vec<Assembly>,
    /// The number of an entity, and an edge to a number.
    edges: Vec<(u32, Edge)>,
    conflicts: Vec<Conflict>,
}

impl Numbered {
    fn of(files: &[FileSummary]) -> Self {
        let total = files.iter().map(FileSummary::len).sum();
        let mut all = Self {
            nodes: Vec::with_capacity(total),
            entities: Vec::with_capacity(total),
            ..Self::default()
        };
        // With room for some references that lead nowhere.
        let room = total + total / 8;
        let mut numbers = HashMap::with_capacity_and_hasher(room, RandomState::default());
        for (f, file) in (0u32..).zip(files) {
            for (e, entity) in (0u32..).zip(&file.entities) {
                match numbers.entry(entity.entity_ref.of(&file.text)) {
                    Entry::Vacant(slot) => {
                        slot.insert(number(all.nodes.len()));
                        all.add_entity(f, e, entity);
                    }
                    Entry::Occupied(slot) => all.refuse(files, *slot.get(), file, entity),
                }
            }
        }
        all.connect(files, &mut numbers);
        all
    }

    fn add_entity(&mut self, file: u32, entity: u32, summary: &EntitySummary) {
        self.nodes.push(Node {
            file,
            text: summary.entity_ref,
            exists: true,
        });
        self.entities.push(Assembly {
            file,
            entity,
            problems: summary.problems,
            edges: 0..0,
        });
    }

    /// Notes that an entity which has a number already is given a second time: no conflict where two sources lead to one
    /// location, which is the same entity.
    fn refuse(
        &mut self,
        files: &[FileSummary],
        first: u32,
        file: &FileSummary,
        entity: &EntitySummary,
    ) {
        let Some(winner) = self.entities.get_mut(first as usize) else {
            return;
        };
        let kept = files
            .get(winner.file as usize)
            .map_or("", |f| f.location.as_str());
        if kept == file.location {
            return;
        }
        winner.problems = winner.problems.saturating_add(1);
        let entity_ref = entity.entity_ref.of(&file.text);
        let conflict = Conflict::new(entity_ref, entity.name_at, kept, &file.location);
        self.conflicts.push(conflict);
    }

    /// Makes the edges of all entities, and counts the references that lead nowhere.
    fn connect<'a>(
        &mut self,
        files: &'a [FileSummary],
        numbers: &mut HashMap<&'a str, u32, RandomState>,
    ) {
        self.edges.reserve(self.entities.len() * 8);
        let existing = number(self.entities.len());
        for (source, assembly) in (0u32..).zip(&mut self.entities) {
            let Some(file) = files.get(assembly.file as usize) else {
                continue;
            };
            for reference in file.references_of(assembly.entity) {
                let next = number(self.nodes.len());
                let target = *numbers
                    .entry(reference.target.of(&file.text))
                    .or_insert(next);
                if target == next {
                    self.nodes.push(Node {
                        file: assembly.file,
                        text: reference.target,
                        exists: false,
                    });
                }
                let edge = |relation, target| Edge { relation, target };
                self.edges
                    .push((source, edge(reference.field.forward, target)));
                if target < existing {
                    self.edges
                        .push((target, edge(reference.field.reverse, source)));
                } else {
                    assembly.problems = assembly.problems.saturating_add(1);
                }
            }
        }
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The numbers of the nodes in the order of their references.
fn in_order_of_reference(files: &[FileSummary], nodes: &[Node]) -> Vec<u32> {
    let mut order: Vec<(&str, u32)> = nodes
        .iter()
        .zip(0u32..)
        .map(|(node, number)| (node.of(files), number))
        .collect();
    order.sort_unstable();
    order.into_iter().map(|(_, number)| number).collect()
}

/// Edges in groups of one source.
struct BySource {
    /// By number of the source.
    edges: Vec<Edge>,
    /// Where the edges of a source end, by its number.
    ends: Vec<usize>,
    taken: Vec<Edge>,
}

impl BySource {
    /// Groups edges by the numbers of their sources; their targets become ranks.
    fn new(sources: usize, edges: &[(u32, Edge)], rank: &[u32]) -> Self {
        // Each source's edges are counted, so that every edge can be put where it belongs.
        let mut ends = vec![0usize; sources + 1];
        for (source, _) in edges {
            if let Some(count) = ends.get_mut(*source as usize + 1) {
                *count += 1;
            }
        }
        let mut total = 0;
        for end in &mut ends {
            total += *end;
            *end = total;
        }
        let none = Edge {
            relation: Relation::OwnedBy,
            target: 0,
        };
        let mut grouped = vec![none; total];
        for (source, edge) in edges {
            let end = ends.get_mut(*source as usize);
            let target = rank.get(edge.target as usize);
            if let (Some(end), Some(target)) = (end, target)
                && let Some(slot) = grouped.get_mut(*end)
            {
                *end += 1;
                *slot = Edge {
                    target: *target,
                    ..*edge
                };
            }
        }
        Self {
            taken: Vec::with_capacity(total),
            edges: grouped,
            ends,
        }
    }

    /// Appends the edges of a source to those that were taken, sorted and none twice, and says where they are.
    fn take(&mut self, source: u32) -> Range<usize> {
        let end = |number: Option<usize>| {
            let end = number.and_then(|number| self.ends.get(number));
            end.copied().unwrap_or_default()
        };
        let (begin, end) = (
            end((source as usize).checked_sub(1)),
            end(Some(source as usize)),
        );
        let own = self.edges.get_mut(begin..end).unwrap_or_default();
        own.sort_unstable();
        let first = self.taken.len();
        for edge in own {
            if self.taken.len() == first || self.taken.last() != Some(edge) {
                self.taken.push(*edge);
            }
        }
        first..self.taken.len()
    }
}

impl Node {
    fn of<'a>(&self, files: &'a [FileSummary]) -> &'a str {
        let file = files.get(self.file as usize);
        file.map_or("", |file| self.text.of(&file.text))
    }
}

impl Conflict {
    /// The conflict of two locations about an entity; `name_at` is line and column of its name at the refused one.
    pub fn new(entity_ref: &str, name_at: Option<(u32, u32)>, kept: &str, refused: &str) -> Self {
        Self {
            entity_ref: entity_ref.to_owned(),
            kept: kept.to_owned(),
            refused: refused.to_owned(),
            problem: Problem {
                severity: Severity::Error,
                name: "ConflictError".to_owned(),
                message: format!("Entity {entity_ref} is already given by {kept}, which keeps it"),
                entity_ref: Some(entity_ref.to_owned()),
                field: Some("/metadata/name".to_owned()),
                line: name_at.map(|(line, _)| line),
                column: name_at.map(|(_, column)| column),
            },
        }
    }
}
