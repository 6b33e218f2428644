//! Where things stand in a catalog file: the place of a fault, of a byte, and of what later checks may point at.
//!
//! Pure; every place is one-based, counted in characters.

use std::cmp::Ordering;

use compact_str::CompactString;
use serde_json::{Map, Value};

use super::policy::Fault;
use super::record::{Position, entry_of};
use super::relations::{self, SORTED_LISTS, javascript_order};
use super::yaml::{Mark, Placed, YamlDocument};

/// Room for the places of most entities.
const USUAL_POSITIONS: usize = 10;

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
    let at = |field: CompactString, mark: Mark| Position {
        field,
        line: mark.line,
        column: mark.column,
    };
    let mut kept = Vec::with_capacity(USUAL_POSITIONS);
    kept.push(at(CompactString::default(), document.start));
    let fields = document
        .content
        .as_ref()
        .ok()
        .and_then(|value| entry_of(value, "kind"))
        .and_then(Value::as_str)
        .and_then(super::kinds::find_exact)
        .map_or(&[][..], |kind| kind.relations);
    let sections = document.placed().into_iter().flat_map(Placed::entries);
    for (section, placed) in sections {
        match section {
            "metadata" => {
                if let Some((_, name)) = placed.entries().find(|(key, _)| *key == "name") {
                    kept.push(at(CompactString::const_new("/metadata/name"), name.mark()));
                }
            }
            "spec" => {
                let is_reference = |key: &str| fields.iter().any(|f| f.field == key);
                for (key, placed) in placed.entries().filter(|(key, _)| is_reference(key)) {
                    if !placed.value.is_array() {
                        kept.push(at(relations::pointer(key, None), placed.mark()));
                    }
                    for (index, item) in (0u32..).zip(placed.items()) {
                        kept.push(at(relations::pointer(key, Some(index)), item.mark()));
                    }
                }
            }
            _ => {}
        }
    }
    kept
}

/// Sorts the lists that Backstage serves sorted, and their places with them.
pub(super) fn sort_lists(entity: &mut Map<String, Value>, positions: &mut [Position]) {
    let Some(Value::Object(spec)) = entity.get_mut("spec") else {
        return;
    };
    let order = |a: &Value, b: &Value| match (a.as_str(), b.as_str()) {
        (Some(a), Some(b)) => javascript_order(a, b),
        _ => Ordering::Equal,
    };
    for (field, value) in spec.iter_mut() {
        let Value::Array(items) = value else {
            continue;
        };
        if !SORTED_LISTS.contains(&field.as_str())
            || items.is_sorted_by(|a, b| order(a, b).is_le())
            || !items.iter().all(Value::is_string)
        {
            continue;
        }
        let of_field = |p: &&mut Position| {
            let rest = p.field.strip_prefix("/spec/");
            let rest = rest.and_then(|rest| rest.strip_prefix(field.as_str()));
            rest.is_some_and(|index| index.starts_with('/'))
        };
        let mut slots: Vec<&mut Position> = positions.iter_mut().filter(of_field).collect();
        let mut pairs: Vec<(Value, (u32, u32))> = items
            .drain(..)
            .enumerate()
            .map(|(i, item)| (item, slots.get(i).map_or((0, 0), |p| (p.line, p.column))))
            .collect();
        pairs.sort_by(|(a, _), (b, _)| order(a, b));
        for (slot, (_, mark)) in slots.iter_mut().zip(&pairs) {
            (slot.line, slot.column) = *mark;
        }
        items.extend(pairs.into_iter().map(|(item, _)| item));
    }
}
