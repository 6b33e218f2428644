//! What assembling needs of one file: the texts of its rows and its references, all in one string.

use std::ops::Range;

use serde_json::{Map, Value};

use crate::catalog::record::{EntityRecord, FileRecord, Severity, entry, entry_of};
use crate::catalog::relations::{self, Reference};
use crate::catalog::snapshot::{RowFlags, RowInput};
use crate::catalog::span::Span;

/// About how many bytes the texts of an entity take.
const USUAL_TEXT: usize = 384;
/// About how many references an entity has.
const USUAL_REFERENCES: usize = 6;

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
    pub(super) location: String,
    pub(super) origin: String,
    /// See [`FileState::stale`].
    pub(super) stale: bool,
    /// All texts of the entities and all references.
    pub(super) text: String,
    pub(super) entities: Vec<EntitySummary>,
    references: Vec<Reference>,
}

#[derive(Clone, Debug)]
pub(super) struct EntitySummary {
    pub(super) entity_ref: Span,
    kind: Span,
    namespace: Span,
    name: Span,
    title: Span,
    description: Span,
    owner: Span,
    spec_type: Span,
    lifecycle: Span,
    system: Span,
    tags: Span,
    flags: RowFlags,
    references: Range<usize>,
    /// How many problems it has by itself.
    pub(super) problems: u32,
    /// Line and column of its name.
    pub(super) name_at: Option<(u32, u32)>,
}

impl FileSummary {
    /// Takes from a file what assembling needs.
    pub fn new(file: &FileRecord, state: FileState) -> Self {
        let mut summary = Self {
            location: file.location.clone(),
            origin: file.origin.clone(),
            stale: state.stale,
            text: String::with_capacity(file.entities.len() * USUAL_TEXT),
            entities: Vec::with_capacity(file.entities.len()),
            references: Vec::with_capacity(file.entities.len() * USUAL_REFERENCES),
        };
        for record in &file.entities {
            summary.add(record, state);
        }
        summary
    }

    /// How many entities the file gives.
    pub fn len(&self) -> usize {
        self.entities.len()
    }

    /// Whether it gives none.
    pub fn is_empty(&self) -> bool {
        self.entities.is_empty()
    }

    /// The references of one of its entities.
    pub(super) fn references_of(&self, entity: u32) -> &[Reference] {
        let range = self.entities.get(entity as usize);
        let range = range.map(|entity| entity.references.clone());
        let references = range.and_then(|range| self.references.get(range));
        references.unwrap_or_default()
    }

    fn add(&mut self, record: &EntityRecord, state: FileState) {
        let none = Map::new();
        let entity = record.entity.as_object().unwrap_or(&none);
        let map = |key: &str| entry(entity, key).and_then(Value::as_object);
        let (metadata, spec) = (
            map("metadata").unwrap_or(&none),
            map("spec").unwrap_or(&none),
        );

        let first = self.references.len();
        // A record in the store was read by these rules; should an older one have a bad reference, it has no relations.
        if relations::references(entity, &mut self.text, &mut self.references).is_err() {
            self.references.truncate(first);
        }
        let references = self.references.get(first..).unwrap_or_default();
        let target_of = |field: &str| {
            let mut of_field = references.iter().filter(|r| r.field.field == field);
            of_field.next().map(|r| r.target).unwrap_or_default()
        };
        let (owner, system) = (target_of("owner"), target_of("system"));

        let kind = text_of(entity, "kind");
        let mut title = text_of(metadata, "title");
        if title.is_empty()
            && matches!(kind, "User" | "Group")
            && let Some(profile) = entry(spec, "profile").and_then(Value::as_object)
        {
            title = text_of(profile, "displayName");
        }
        let mut push = |text: &str| Span::push(&mut self.text, text);
        self.entities.push(EntitySummary {
            entity_ref: push(&record.entity_ref),
            kind: push(kind),
            namespace: push(text_of(metadata, "namespace")),
            name: push(text_of(metadata, "name")),
            title: push(title),
            description: push(text_of(metadata, "description")),
            owner,
            spec_type: push(text_of(spec, "type")),
            lifecycle: push(text_of(spec, "lifecycle")),
            system,
            tags: push_tags(&mut self.text, metadata),
            flags: RowFlags {
                invalid: record
                    .problems
                    .iter()
                    .any(|problem| problem.severity == Severity::Error),
                orphan: state.orphan,
                stale: state.stale,
                ..flags(metadata)
            },
            references: first..self.references.len(),
            problems: u32::try_from(record.problems.len()).unwrap_or(u32::MAX),
            name_at: record
                .position("/metadata/name")
                .map(|mark| (mark.line, mark.column)),
        });
    }

    /// The row of an entity, without its problems and relations.
    pub(super) fn row(&self, entity: &EntitySummary) -> RowInput {
        let text = |span: Span| span.of(&self.text).to_owned();
        RowInput {
            entity_ref: text(entity.entity_ref),
            kind: text(entity.kind),
            namespace: text(entity.namespace),
            name: text(entity.name),
            title: text(entity.title),
            description: text(entity.description),
            owner: text(entity.owner),
            spec_type: text(entity.spec_type),
            lifecycle: text(entity.lifecycle),
            system: text(entity.system),
            tags: text(entity.tags),
            flags: entity.flags,
            problems: 0,
            relations: Vec::new(),
        }
    }
}

fn text_of<'a>(map: &'a Map<String, Value>, key: &str) -> &'a str {
    entry(map, key).and_then(Value::as_str).unwrap_or_default()
}

/// What a row says of an entity by its metadata alone.
fn flags(metadata: &Map<String, Value>) -> RowFlags {
    let annotations = entry(metadata, "annotations");
    let annotation = |key: &str| {
        annotations
            .and_then(|a| entry_of(a, key))
            .and_then(Value::as_str)
            .is_some_and(|v| !v.is_empty())
    };
    RowFlags {
        docs: annotation("backstage.io/techdocs-ref") || annotation("backstage.io/techdocs-entity"),
        runbook: annotation("backstage.io/runbook-url") || links_a_runbook(metadata),
        ..RowFlags::default()
    }
}

/// Writes the tags with one space between.
fn push_tags(text: &mut String, metadata: &Map<String, Value>) -> Span {
    let start = text.len();
    let tags = entry(metadata, "tags").and_then(Value::as_array);
    let tags = tags.into_iter().flatten().filter_map(Value::as_str);
    for (i, tag) in tags.enumerate() {
        if i > 0 {
            text.push(' ');
        }
        text.push_str(tag);
    }
    Span::since(text, start)
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
