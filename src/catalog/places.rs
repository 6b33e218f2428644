//! Where things stand in a catalog file: the place of a fault, of a byte, and of what later checks may point at.
//!
//! Pure; every place is one-based, counted in characters.

use serde_json::{Map, Value};

use super::policy::Fault;
use super::record::{Position, entry_of};
use super::relations::{self, SORTED_LISTS, javascript_order};
use super::yaml::{Mark, Step, YamlDocument};

/// The place of what is wrong.
pub(super) fn place(document: &YamlDocument, fault: &Fault) -> Mark {
    if fault.at_key {
        document.key_position(&fault.pointer)
    } else {
        document.position(&fault.pointer)
    }
}

/// The place of a byte.
pub(super) fn mark_of(bytes: &[u8], at: usize) -> Mark {
    let before = bytes.get(..at).unwrap_or(bytes);
    let line_start = before
        .iter()
        .rposition(|b| *b == b'\n')
        .map_or(0, |newline| newline + 1);
    let lines = before.iter().filter(|b| **b == b'\n').count();
    let line = String::from_utf8_lossy(before.get(line_start..).unwrap_or_default());
    let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Mark {
        line: small(lines + 1),
        column: small(line.chars().count() + 1),
    }
}

/// The places that later checks may point at: the document, its name, and its references, in the file's order.
pub(super) fn positions(document: &YamlDocument) -> Vec<Position> {
    let at = |field: String, mark: Mark| Position {
        field,
        line: mark.line,
        column: mark.column,
    };
    let mut kept = vec![at(String::new(), document.start)];
    let fields = document
        .content
        .as_ref()
        .ok()
        .and_then(|value| entry_of(value, "kind"))
        .and_then(Value::as_str)
        .and_then(super::kinds::find_exact)
        .map_or(&[][..], |kind| kind.relations);
    document.walk(&mut |path, value, mark| match path {
        [] => true,
        [Step::Key("metadata" | "spec")] => true,
        [Step::Key("metadata"), Step::Key("name")] => {
            kept.push(at("/metadata/name".to_owned(), mark));
            false
        }
        [Step::Key("spec"), Step::Key(key)] if fields.iter().any(|f| f.field == *key) => {
            if !value.is_array() {
                kept.push(at(relations::pointer(key, None), mark));
            }
            true
        }
        [Step::Key("spec"), Step::Key(key), Step::Index(i)] => {
            let index = u32::try_from(*i).unwrap_or(u32::MAX);
            kept.push(at(relations::pointer(key, Some(index)), mark));
            false
        }
        _ => false,
    });
    kept
}

/// Sorts the lists that Backstage serves sorted, and their places with them.
pub(super) fn sort_lists(entity: &mut Map<String, Value>, positions: &mut [Position]) {
    let Some(Value::Object(spec)) = entity.get_mut("spec") else {
        return;
    };
    for field in SORTED_LISTS {
        let Some(Value::Array(items)) = spec.get_mut(field) else {
            continue;
        };
        let sorted = |a: &Value, b: &Value| match (a.as_str(), b.as_str()) {
            (Some(a), Some(b)) => javascript_order(a, b),
            _ => std::cmp::Ordering::Equal,
        };
        if !items.iter().all(Value::is_string) || items.is_sorted_by(|a, b| sorted(a, b).is_le()) {
            continue;
        }
        let prefix = format!("/spec/{field}/");
        let mut slots: Vec<&mut Position> = positions
            .iter_mut()
            .filter(|p| p.field.starts_with(&prefix))
            .collect();
        let mut pairs: Vec<(Value, (u32, u32))> = std::mem::take(items)
            .into_iter()
            .enumerate()
            .map(|(i, item)| (item, slots.get(i).map_or((0, 0), |p| (p.line, p.column))))
            .collect();
        pairs.sort_by(|(a, _), (b, _)| sorted(a, b));
        for (slot, (_, mark)) in slots.iter_mut().zip(&pairs) {
            (slot.line, slot.column) = *mark;
        }
        *items = pairs.into_iter().map(|(item, _)| item).collect();
    }
}
