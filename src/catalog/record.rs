//! What a source hands over and the store keeps: files, their entities and their problems.
//!
//! Records hold no derived relations and no dangling marks; those are computed from all records at once
//! (`assemble`), so that the outcome does not depend on the order of syncing.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::refused::RefusedDocument;
use super::yaml::Mark;

/// An entry of a mapping. The mappings of an entity are small: looking at each key is quicker than hashing one.
pub(super) fn entry<'a>(map: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    if map.len() > 24 {
        return map.get(key);
    }
    map.iter()
        .find_map(|(k, value)| (k == key).then_some(value))
}

/// An entry of a value that is a mapping.
pub(super) fn entry_of<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    entry(value.as_object()?, key)
}

/// How bad a [`Problem`] is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The entity is shown and works, but its author would want to know.
    Warning,
    /// The document or entity is not served as it stands.
    Error,
}

/// Something that is wrong in a file, with its place.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Problem {
    /// Whether the entity is still served.
    pub severity: Severity,
    /// Backstage's name for the error (`InputError`, `NotFoundError`, …), as `status.items[].error.name` has it.
    pub name: String,
    /// What is wrong, in one line. May contain text of the file: pass it through `text` before it is shown.
    pub message: String,
    /// The entity the problem belongs to, `kind:namespace/name`, where that could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity_ref: Option<String>,
    /// The field, as a JSON pointer (`/spec/owner`), where one is at fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// 1-based line in the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// 1-based column, in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
}

/// Where a field stands in its file; kept for the fields that a later, catalog-wide check may complain about.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Position {
    /// JSON pointer of the value: `/spec/dependsOn/0`; the empty pointer is the document's first line.
    pub field: CompactString,
    /// 1-based line.
    pub line: u32,
    /// 1-based column, in characters.
    pub column: u32,
}

/// One entity as its file gives it: defaults filled in, location annotations set, lists sorted as Backstage
/// serves them; no `relations`, no `status`, no `uid`, no `etag`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct EntityRecord {
    /// `kind:namespace/name`, lower-cased.
    pub entity_ref: String,
    /// Which document of the file, counted from 0 (null documents count).
    pub document: u32,
    /// The entity. Where `problems` has an error, this is the last good version.
    pub entity: Value,
    /// Where its relation fields, name and first line stand in the file.
    pub positions: Vec<Position>,
    /// Problems of this entity alone.
    pub problems: Vec<Problem>,
}

impl EntityRecord {
    /// Where a field stands, of those whose place is kept.
    pub fn position(&self, field: &str) -> Option<Mark> {
        let position = self.positions.iter().find(|p| p.field == field)?;
        Some(Mark {
            line: position.line,
            column: position.column,
        })
    }
}

/// One catalog file that was read, or that could not be.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct FileRecord {
    /// Where it was read: `url:https://…` or `file:/…`; the value of `backstage.io/managed-by-location`.
    pub location: String,
    /// The configured location it was reached from; `backstage.io/managed-by-origin-location`.
    pub origin: String,
    /// The entities it gives, in document order.
    pub entities: Vec<EntityRecord>,
    /// Problems that belong to no entity that is served: unreadable file, bad YAML, refused kinds,
    /// documents without a name, invalid documents that were never good.
    pub problems: Vec<Problem>,
    /// The text of documents that an error keeps from being served, in the order in which that was found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<RefusedDocument>,
}
