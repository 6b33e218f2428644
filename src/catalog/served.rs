//! An entity as `GET /api/catalog/entities` gives it.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};
use sha1::{Digest, Sha1};

use super::record::{EntityRecord, Problem, Severity};

/// The annotation of an entity that nothing gives any more.
pub const ORPHAN: &str = "backstage.io/orphan";

/// The entity with what Backstage adds when it serves it: `uid`, `etag`, `relations`, the orphan annotation, and its
/// errors under `status.items`. Warnings, dangling references among them, are callboard's own and not part of it.
///
/// `relations` are `(type, complete target reference)` in Backstage's order, as
/// [`assemble`](super::assemble) gives them; `problems` are further ones than the record's own.
pub fn served<'a>(
    record: &EntityRecord,
    relations: impl IntoIterator<Item = (&'a str, &'a str)>,
    problems: &[Problem],
    orphan: bool,
) -> Value {
    let mut entity = match &record.entity {
        Value::Object(map) => map.clone(),
        _ => Map::new(),
    };
    if orphan
        && let Some(Value::Object(annotations)) = entity
            .get_mut("metadata")
            .and_then(|metadata| metadata.get_mut("annotations"))
    {
        annotations.insert(ORPHAN.to_owned(), Value::from("true"));
    }
    let relations = relations
        .into_iter()
        .map(|(relation, target)| json!({ "type": relation, "targetRef": target }))
        .collect();
    entity.insert("relations".to_owned(), Value::Array(relations));
    let items: Vec<Value> = record
        .problems
        .iter()
        .chain(problems)
        .filter(|problem| problem.severity == Severity::Error)
        .map(|problem| {
            json!({
                "type": "backstage.io/catalog-processing",
                "level": "error",
                "message": format!("{}: {}", problem.name, problem.message),
                "error": { "name": problem.name, "message": problem.message },
            })
        })
        .collect();
    if !items.is_empty() {
        entity.insert("status".to_owned(), json!({ "items": items }));
    }
    let mut text = String::new();
    stable(&mut text, &entity);
    let mut etag = String::new();
    push_hex(&mut etag, &Sha1::digest(text.as_bytes()));
    if let Some(Value::Object(metadata)) = entity.get_mut("metadata") {
        metadata.insert("uid".to_owned(), Value::String(uid(&record.entity_ref)));
        // Backstage keeps an etag that a file brings along.
        metadata.entry("etag").or_insert(Value::String(etag));
    }
    Value::Object(entity)
}

/// A UUID that is always the same for a reference. Backstage draws one at random when it first sees an entity; here
/// nothing is remembered, so it is derived (as UUID version 5 derives it, from a hash).
pub fn uid(entity_ref: &str) -> String {
    let mut hash = Sha1::new();
    hash.update(b"callboard entity ");
    hash.update(entity_ref.as_bytes());
    let digest = hash.finalize();
    let mut hex = String::new();
    for (i, byte) in digest.iter().take(16).enumerate() {
        let byte = match i {
            6 => (byte & 0x0f) | 0x50,
            8 => (byte & 0x3f) | 0x80,
            _ => *byte,
        };
        if matches!(i, 4 | 6 | 8 | 10) {
            hex.push('-');
        }
        push_hex(&mut hex, &[byte]);
    }
    hex
}

pub(super) fn push_hex(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        let _ = write!(out, "{byte:02x}");
    }
}

/// JSON with sorted keys, so that the same entity has the same text.
fn stable(out: &mut String, map: &Map<String, Value>) {
    let mut keys: Vec<&String> = map.keys().collect();
    keys.sort();
    out.push('{');
    for (i, key) in keys.into_iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        let _ = write!(out, "{}:", Value::from(key.as_str()));
        if let Some(value) = map.get(key) {
            stable_value(out, value);
        }
    }
    out.push('}');
}

fn stable_value(out: &mut String, value: &Value) {
    match value {
        Value::Object(map) => stable(out, map),
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                stable_value(out, item);
            }
            out.push(']');
        }
        scalar => {
            let _ = write!(out, "{scalar}");
        }
    }
}
