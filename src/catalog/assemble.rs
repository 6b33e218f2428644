//! The whole catalog out of its files: which of two like entities counts, the relations between all of them, and which
//! references lead nowhere.
//!
//! The outcome depends on the files alone, not on the order they come in: they are taken in order of location, and
//! within a file in order of document. What is kept is small: a [`FileSummary`] holds no entity, so that a catalog of
//! 100,000 entities can be assembled from a store file by file.

mod view;

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::kinds::Relation;
use super::record::{EntityRecord, FileRecord, Problem, Severity, entry, entry_of};
use super::relations::{self, Reference};
use super::snapshot::{RowFlags, RowInput};

/// More places than these of one entity are hashed.
const MANY_PLACES: usize = 64;

/// What the store knows of a file beyond its record.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FileState {
    /// Its source lost sight of it.
    pub stale: bool,
    /// Nothing refers to the location that gave it any more.
    pub orphan: bool,
}

/// What assembling needs of one file.
#[derive(Clone, Debug)]
pub struct FileSummary {
    location: String,
    entities: Vec<EntitySummary>,
}

#[derive(Clone, Debug)]
struct EntitySummary {
    row: RowInput,
    forward: Vec<Forward>,
    own_problems: u32,
    name_at: Option<(u32, u32)>,
}

/// A reference and its place.
#[derive(Clone, Debug)]
struct Forward {
    reference: Reference,
    at: Option<(u32, u32)>,
}

impl FileSummary {
    /// Takes from a file what assembling needs.
    pub fn new(file: &FileRecord, state: FileState) -> Self {
        Self {
            location: file.location.clone(),
            entities: file
                .entities
                .iter()
                .map(|record| EntitySummary::new(record, state))
                .collect(),
        }
    }

    /// How many entities the file gives.
    pub fn len(&self) -> usize {
        self.entities.len()
    }

    /// Whether it gives none.
    pub fn is_empty(&self) -> bool {
        self.entities.is_empty()
    }
}

impl EntitySummary {
    fn new(record: &EntityRecord, state: FileState) -> Self {
        let none = Map::new();
        let entity = record.entity.as_object().unwrap_or(&none);
        // A record in the store was read by these rules; should an older one have a bad reference, it has no relations.
        let references = relations::references(entity).unwrap_or_default();
        let place = |pointer: &str| {
            record
                .position(pointer)
                .map(|mark| (mark.line, mark.column))
        };
        let target_of = |field: &str| {
            references
                .iter()
                .find(|r| r.field.field == field)
                .map(|r| r.target.clone())
                .unwrap_or_default()
        };
        let invalid = record
            .problems
            .iter()
            .any(|problem| problem.severity == Severity::Error);
        let metadata = entry(entity, "metadata")
            .and_then(Value::as_object)
            .unwrap_or(&none);
        let spec = entry(entity, "spec")
            .and_then(Value::as_object)
            .unwrap_or(&none);
        let text = |map: &Map<String, Value>, key: &str| {
            entry(map, key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let kind = text(entity, "kind");
        let mut title = text(metadata, "title");
        if title.is_empty()
            && matches!(kind.as_str(), "User" | "Group")
            && let Some(profile) = spec.get("profile").and_then(Value::as_object)
        {
            title = text(profile, "displayName");
        }
        let annotation = |key: &str| {
            entry(metadata, "annotations")
                .and_then(|a| entry_of(a, key))
                .and_then(Value::as_str)
                .is_some_and(|v| !v.is_empty())
        };
        let row = RowInput {
            entity_ref: record.entity_ref.clone(),
            namespace: text(metadata, "namespace"),
            name: text(metadata, "name"),
            title,
            description: text(metadata, "description"),
            owner: target_of("owner"),
            spec_type: text(spec, "type"),
            lifecycle: text(spec, "lifecycle"),
            system: target_of("system"),
            tags: tags(metadata),
            flags: RowFlags {
                docs: annotation("backstage.io/techdocs-ref")
                    || annotation("backstage.io/techdocs-entity"),
                runbook: annotation("backstage.io/runbook-url") || links_a_runbook(metadata),
                invalid,
                orphan: state.orphan,
                stale: state.stale,
                unserved: false,
            },
            problems: 0,
            relations: Vec::new(),
            kind,
        };
        // The few places of most entities are quicker to look through than to hash.
        let places = &record.positions;
        let by_field: HashMap<&str, (u32, u32)> = if places.len() > MANY_PLACES {
            let places = places.iter().rev();
            places
                .map(|p| (p.field.as_str(), (p.line, p.column)))
                .collect()
        } else {
            HashMap::new()
        };
        let forward = references
            .into_iter()
            .map(|reference| {
                let (field, index) = (reference.field.field, reference.index);
                let at = if by_field.is_empty() {
                    let mut places = places.iter();
                    places
                        .find(|p| relations::is_pointer(&p.field, field, index))
                        .map(|p| (p.line, p.column))
                } else {
                    let pointer = relations::pointer(field, index);
                    by_field.get(pointer.as_str()).copied()
                };
                Forward { reference, at }
            })
            .collect();
        Self {
            row,
            forward,
            own_problems: u32::try_from(record.problems.len()).unwrap_or(u32::MAX),
            name_at: place("/metadata/name"),
        }
    }
}

fn tags(metadata: &Map<String, Value>) -> String {
    let tags = entry(metadata, "tags").and_then(Value::as_array);
    let tags = tags.into_iter().flatten().filter_map(Value::as_str);
    tags.collect::<Vec<_>>().join(" ")
}

/// Almost nobody annotates a runbook; many link one by that title.
fn links_a_runbook(metadata: &Map<String, Value>) -> bool {
    let links = entry(metadata, "links")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    links
        .filter_map(|link| entry_of(link, "title")?.as_str())
        .any(|title| {
            // Most titles have no `k` at all, of which only the Kelvin sign is another spelling.
            let possible = !title.is_ascii() || title.contains(['k', 'K']);
            possible
                && title
                    .to_lowercase()
                    .replace([' ', '-'], "")
                    .contains("runbook")
        })
}

/// The assembled catalog.
#[derive(Clone, Debug, Default)]
pub struct Assembled {
    /// By reference.
    entities: Vec<Assembly>,
    /// Every reference that occurs, in order; the number of a reference is its rank here.
    refs: Vec<String>,
    /// The entity of each reference, where there is one.
    entity_of: Vec<Option<u32>>,
    /// By source, then type, then target: all in the order they are served in.
    edges: Vec<Edge>,
    conflicts: Vec<Conflict>,
}

#[derive(Clone, Debug)]
struct Assembly {
    row: RowInput,
    location: String,
    own_problems: u32,
    dangling: Vec<Problem>,
    edges: std::ops::Range<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Edge {
    source: u32,
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
    files.sort_by(|a, b| a.location.cmp(&b.location));
    let mut conflicts = Vec::new();
    let (mut kept, mut losers) = (
        Vec::with_capacity(files.iter().map(FileSummary::len).sum()),
        Vec::new(),
    );
    {
        let mut first: HashMap<&str, &str> = HashMap::with_capacity(kept.capacity());
        for (f, file) in files.iter().enumerate() {
            for (e, entity) in file.entities.iter().enumerate() {
                match first.entry(&entity.row.entity_ref) {
                    std::collections::hash_map::Entry::Vacant(slot) => {
                        slot.insert(&file.location);
                    }
                    std::collections::hash_map::Entry::Occupied(slot) => {
                        let entity_ref = &entity.row.entity_ref;
                        let kept = slot.get();
                        let found = Conflict::new(entity_ref, entity.name_at, kept, &file.location);
                        conflicts.push(found);
                        losers.push((f, e));
                    }
                }
            }
        }
    }
    let mut losers = losers.into_iter().peekable();
    for (f, file) in files.into_iter().enumerate() {
        for (e, entity) in file.entities.into_iter().enumerate() {
            if losers.next_if_eq(&(f, e)).is_none() {
                kept.push(Some((entity, file.location.clone())));
            }
        }
    }
    let mut kept = in_order_of_reference(kept);
    for conflict in &conflicts {
        let found = kept.binary_search_by(|(e, _)| e.row.entity_ref.cmp(&conflict.entity_ref));
        if let Some((entity, _)) = found.ok().and_then(|at| kept.get_mut(at)) {
            entity.own_problems = entity.own_problems.saturating_add(1);
        }
    }
    connect(kept, conflicts)
}

/// Sorts entities, each of which is large, by moving each once.
fn in_order_of_reference(
    mut entities: Vec<Option<(EntitySummary, String)>>,
) -> Vec<(EntitySummary, String)> {
    let mut order: Vec<(&str, usize)> = entities
        .iter()
        .enumerate()
        .filter_map(|(i, slot)| Some((slot.as_ref()?.0.row.entity_ref.as_str(), i)))
        .collect();
    order.sort_unstable();
    let order: Vec<usize> = order.into_iter().map(|(_, i)| i).collect();
    order
        .into_iter()
        .filter_map(|i| entities.get_mut(i)?.take())
        .collect()
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

/// Numbers the references and lays out the relations. `kept` is sorted by reference.
fn connect(kept: Vec<(EntitySummary, String)>, conflicts: Vec<Conflict>) -> Assembled {
    // References to nothing, in order: with the entities' own they are all there are.
    let by_ref: HashMap<&str, u32> = kept
        .iter()
        .zip(0u32..)
        .map(|((entity, _), i)| (entity.row.entity_ref.as_str(), i))
        .collect();
    let targets: Vec<Vec<Option<u32>>> = kept
        .iter()
        .map(|(entity, _)| {
            entity
                .forward
                .iter()
                .map(|f| by_ref.get(f.reference.target.as_str()).copied())
                .collect()
        })
        .collect();
    drop(by_ref);
    let mut missing: Vec<&str> = kept
        .iter()
        .zip(&targets)
        .flat_map(|((entity, _), targets)| entity.forward.iter().zip(targets))
        .filter(|(_, target)| target.is_none())
        .map(|(forward, _)| forward.reference.target.as_str())
        .collect();
    missing.sort_unstable();
    missing.dedup();
    // Merge the two sorted lists, remembering the rank of each entity and of each missing reference.
    let mut refs: Vec<String> = Vec::with_capacity(kept.len() + missing.len());
    let mut entity_of = Vec::with_capacity(refs.capacity());
    let mut rank = Vec::with_capacity(kept.len());
    let mut missing_rank: HashMap<&str, u32> = HashMap::with_capacity(missing.len());
    let mut absent = missing.into_iter().peekable();
    let number = |refs: &Vec<String>| u32::try_from(refs.len()).unwrap_or(u32::MAX);
    for ((entity, _), i) in kept.iter().zip(0u32..) {
        while let Some(target) = absent.next_if(|target| *target < entity.row.entity_ref.as_str()) {
            missing_rank.insert(target, number(&refs));
            refs.push(target.to_owned());
            entity_of.push(None);
        }
        rank.push(number(&refs));
        refs.push(entity.row.entity_ref.clone());
        entity_of.push(Some(i));
    }
    for target in absent {
        missing_rank.insert(target, number(&refs));
        refs.push(target.to_owned());
        entity_of.push(None);
    }
    let mut edges = Vec::with_capacity(kept.len() * 8);
    for (((entity, _), targets), source) in kept.iter().zip(&targets).zip(&rank) {
        for (forward, target) in entity.forward.iter().zip(targets) {
            let field = forward.reference.field;
            match target.and_then(|entity| rank.get(entity as usize)) {
                Some(&target) => {
                    edges.push(Edge {
                        source: *source,
                        relation: field.forward,
                        target,
                    });
                    edges.push(Edge {
                        source: target,
                        relation: field.reverse,
                        target: *source,
                    });
                }
                None => {
                    if let Some(&target) = missing_rank.get(forward.reference.target.as_str()) {
                        edges.push(Edge {
                            source: *source,
                            relation: field.forward,
                            target,
                        });
                    }
                }
            }
        }
    }
    let mut edges = in_order_of_source(&edges, refs.len());
    edges.dedup();
    drop(missing_rank);
    let mut begin = 0;
    let mut entities = Vec::with_capacity(kept.len());
    for (((entity, location), targets), source) in kept.into_iter().zip(targets).zip(rank) {
        let length = edges.get(begin..).map_or(0, |rest| {
            rest.iter().take_while(|e| e.source == source).count()
        });
        let dangling = dangling(&entity, &targets);
        entities.push(Assembly {
            row: entity.row,
            location,
            own_problems: entity.own_problems,
            dangling,
            edges: begin..begin + length,
        });
        begin += length;
    }
    Assembled {
        entities,
        refs,
        entity_of,
        edges,
        conflicts,
    }
}

/// Sorts edges: first into place by their sources, which are ranks, then each source's few.
fn in_order_of_source(edges: &[Edge], sources: usize) -> Vec<Edge> {
    let mut ends = vec![0usize; sources];
    for edge in edges {
        if let Some(count) = ends.get_mut(edge.source as usize) {
            *count += 1;
        }
    }
    let mut total = 0;
    for end in &mut ends {
        total += *end;
        *end = total;
    }
    let mut sorted = edges.to_vec();
    for edge in edges {
        if let Some(end) = ends.get_mut(edge.source as usize) {
            *end = end.saturating_sub(1);
            if let Some(slot) = sorted.get_mut(*end) {
                *slot = *edge;
            }
        }
    }
    sorted
        .chunk_by_mut(|a, b| a.source == b.source)
        .for_each(<[Edge]>::sort_unstable);
    sorted
}

/// A warning for each reference of one entity that leads nowhere, as [`AssembledEntity::dangling`] has them; for a
/// reader that holds the catalog's references but not its files.
pub fn dangling_references(record: &EntityRecord, exists: impl Fn(&str) -> bool) -> Vec<Problem> {
    let summary = EntitySummary::new(record, FileState::default());
    let targets: Vec<Option<u32>> = summary
        .forward
        .iter()
        .map(|forward| exists(&forward.reference.target).then_some(0))
        .collect();
    dangling(&summary, &targets)
}

/// A warning for each reference that leads nowhere.
fn dangling(entity: &EntitySummary, targets: &[Option<u32>]) -> Vec<Problem> {
    entity
        .forward
        .iter()
        .zip(targets)
        .filter(|(_, target)| target.is_none())
        .map(|(Forward { reference, at }, _)| Problem {
            severity: Severity::Warning,
            name: "NotFoundError".to_owned(),
            message: format!(
                "{} refers to {}, which is not in the catalog",
                reference.field.field, reference.target
            ),
            entity_ref: Some(entity.row.entity_ref.clone()),
            field: Some(relations::pointer(reference.field.field, reference.index)),
            line: at.map(|(line, _)| line),
            column: at.map(|(_, column)| column),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::record::Position;
    use serde_json::json;

    #[test]
    fn each_of_few_and_of_very_many_references_has_its_own_place() {
        for count in [3, 10 * MANY_PLACES] {
            let names: Vec<String> = (0..count).map(|i| format!("component:x{i}")).collect();
            let position = |(i, line): (usize, u32)| Position {
                field: format!("/spec/dependsOn/{i}"),
                line,
                column: 5,
            };
            let record = EntityRecord {
                entity_ref: "component:default/a".to_owned(),
                document: 0,
                entity: json!({"kind": "Component", "metadata": {"name": "a"}, "spec": {"dependsOn": names}}),
                positions: (0..count).zip(100..).map(position).collect(),
                problems: Vec::new(),
            };
            let lines: Vec<Option<u32>> = dangling_references(&record, |_| false)
                .iter()
                .map(|problem| problem.line)
                .collect();
            let expected: Vec<Option<u32>> = (100..).take(count).map(Some).collect();
            assert_eq!(lines, expected);
        }
    }
}
