//! The catalog as the interface holds it: one row an entity, with every field that search, filters, lists and
//! the tree use, and the relations between rows. Immutable, cheap to share, and read from a flat file before
//! any database is opened.
//!
//! It holds no YAML and no long text: what only an entity's own page shows is fetched from the store.

use super::entity_ref::EntityRef;

/// A row of one [`Snapshot`]; meaningless in another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RowId(pub u32);

/// What a row says of its entity beyond its texts.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct RowFlags {
    /// Has TechDocs of its own or of another entity (`backstage.io/techdocs-ref`, `-entity`).
    pub docs: bool,
    /// Has a runbook that can be named without reading its docs (annotation or link).
    pub runbook: bool,
    /// Has at least one error.
    pub invalid: bool,
    /// Nothing refers to the location that gave it any more.
    pub orphan: bool,
    /// Its source lost sight of it; the last good version is shown.
    pub stale: bool,
}

/// A row's texts. Optional ones are empty where the entity has none. Hostile text: pass it through `text`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Row<'a> {
    /// `kind:namespace/name`, lower-cased.
    pub entity_ref: &'a str,
    /// As written: `Component`.
    pub kind: &'a str,
    /// `default` where the entity names none.
    pub namespace: &'a str,
    /// As written.
    pub name: &'a str,
    /// `metadata.title`, or of a User or Group `spec.profile.displayName`.
    pub title: &'a str,
    /// `metadata.description`.
    pub description: &'a str,
    /// The complete reference of the owner, `group:default/payments`; empty where there is none.
    pub owner: &'a str,
    /// `spec.type`.
    pub spec_type: &'a str,
    /// `spec.lifecycle`.
    pub lifecycle: &'a str,
    /// The complete reference of the system; empty where there is none.
    pub system: &'a str,
    /// `metadata.tags`, joined by one space.
    pub tags: &'a str,
    /// See [`RowFlags`].
    pub flags: RowFlags,
    /// How many problems the entity has, dangling references included.
    pub problems: u32,
}

/// One relation of a row, in Backstage's order (by type, then target).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RowRelation<'a> {
    /// `ownedBy`, `dependsOn`, …
    pub relation: &'a str,
    /// The complete reference it points at.
    pub target_ref: &'a str,
    /// The row it points at; none where the reference dangles.
    pub target: Option<RowId>,
}

/// What goes into one row of a snapshot.
#[derive(Clone, Default, Debug)]
pub struct RowInput {
    /// See the fields of [`Row`] of the same names.
    pub entity_ref: String,
    pub kind: String,
    pub namespace: String,
    pub name: String,
    pub title: String,
    pub description: String,
    pub owner: String,
    pub spec_type: String,
    pub lifecycle: String,
    pub system: String,
    pub tags: String,
    pub flags: RowFlags,
    pub problems: u32,
    /// `(type, complete target reference)`, sorted.
    pub relations: Vec<(String, String)>,
}

/// The whole catalog, sorted by kind, then name, then namespace (the order of an empty query).
#[derive(Debug, Default)]
pub struct Snapshot {
    rows: Vec<RowInput>,
    generation: u64,
}

impl Snapshot {
    /// Builds a snapshot of the cache's `generation` from its rows, in any order.
    pub fn build(mut rows: Vec<RowInput>, generation: u64) -> Self {
        rows.sort_by(|a, b| a.entity_ref.cmp(&b.entity_ref));
        Self { rows, generation }
    }

    /// The generation of the cache it was built from.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// How many entities there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no entity.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// All rows, in order.
    pub fn ids(&self) -> impl Iterator<Item = RowId> + use<> {
        (0..self.rows.len() as u32).map(RowId)
    }

    /// One row.
    pub fn row(&self, id: RowId) -> Row<'_> {
        let r = &self.rows[id.0 as usize];
        Row {
            entity_ref: &r.entity_ref,
            kind: &r.kind,
            namespace: &r.namespace,
            name: &r.name,
            title: &r.title,
            description: &r.description,
            owner: &r.owner,
            spec_type: &r.spec_type,
            lifecycle: &r.lifecycle,
            system: &r.system,
            tags: &r.tags,
            flags: r.flags,
            problems: r.problems,
        }
    }

    /// The row of a complete, lower-cased reference.
    pub fn find(&self, entity_ref: &str) -> Option<RowId> {
        self.rows
            .binary_search_by(|r| r.entity_ref.as_str().cmp(entity_ref))
            .ok()
            .map(|i| RowId(i as u32))
    }

    /// The row of a reference.
    pub fn find_ref(&self, entity_ref: &EntityRef) -> Option<RowId> {
        self.find(&entity_ref.to_string())
    }

    /// A row's relations, reverse ones included.
    pub fn relations(&self, id: RowId) -> impl Iterator<Item = RowRelation<'_>> {
        self.rows[id.0 as usize]
            .relations
            .iter()
            .map(|(relation, target)| RowRelation {
                relation,
                target_ref: target,
                target: self.find(target),
            })
    }
}
