//! The references an entity's own fields make, before anything is known of the rest of the catalog.

use compact_str::{CompactString, ToCompactString as _};
use serde_json::{Map, Value};

use super::entity_ref::{self, DEFAULT_NAMESPACE};
use super::kinds::{self, RelationField};
use super::policy::Fault;
use super::record::{entry, entry_of};
use super::span::Span;

/// The lists of `spec` that Backstage serves sorted, whatever the kind.
pub(super) const SORTED_LISTS: [&str; 7] = [
    "providesApis",
    "consumesApis",
    "dependsOn",
    "dependencyOf",
    "memberOf",
    "children",
    "members",
];

/// One reference out of a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Reference {
    pub field: &'static RelationField,
    /// Which item of a list; none for a field that holds one reference.
    pub index: Option<u32>,
    /// The complete reference, lower-cased.
    pub target: Span,
}

/// Finds the references of an entity, in the order of its kind's fields; `text` is where they are written.
///
/// # Errors
/// The first one that cannot be read, with its place: Backstage drops such an entity.
pub(super) fn references(
    entity: &Map<String, Value>,
    text: &mut String,
    found: &mut Vec<Reference>,
) -> Result<(), Fault> {
    each(entity, |value, field, namespace, index| {
        let target = target(value, field, namespace, index, text)?;
        found.push(Reference {
            field,
            index,
            target,
        });
        Ok(())
    })
}

/// Whether all [`references`] of an entity can be read.
///
/// # Errors
/// The first one that cannot, as there.
pub(super) fn check(entity: &Map<String, Value>) -> Result<(), Fault> {
    each(entity, |value, field, namespace, index| {
        let clear = value.as_str().is_some_and(|text| {
            !text.is_empty() && entity_ref::is_complete(text, field.default_kind)
        });
        if clear {
            return Ok(());
        }
        target(value, field, namespace, index, &mut String::new()).map(|_| ())
    })
}

/// Calls `found` with each value that is a reference, its field, the entity's namespace and the value's place in a list.
fn each(
    entity: &Map<String, Value>,
    mut found: impl FnMut(&Value, &'static RelationField, &str, Option<u32>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let kind = entry(entity, "kind")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let Some(kind) = kinds::find_exact(kind) else {
        return Ok(());
    };
    let Some(spec) = entry(entity, "spec").and_then(Value::as_object) else {
        return Ok(());
    };
    let namespace = entry(entity, "metadata")
        .and_then(|metadata| entry_of(metadata, "namespace"))
        .and_then(Value::as_str)
        .unwrap_or(DEFAULT_NAMESPACE);
    for field in kind.relations {
        match entry(spec, field.field) {
            Some(Value::Array(items)) => {
                for (index, item) in (0u32..).zip(items) {
                    found(item, field, namespace, Some(index))?;
                }
            }
            // What is false in JavaScript makes no relation.
            None | Some(Value::Null | Value::Bool(false)) => {}
            Some(Value::String(text)) if text.is_empty() => {}
            Some(Value::Number(n)) if n.as_f64() == Some(0.0) => {}
            Some(value) => found(value, field, namespace, None)?,
        }
    }
    Ok(())
}

fn target(
    value: &Value,
    field: &'static RelationField,
    namespace: &str,
    index: Option<u32>,
    out: &mut String,
) -> Result<Span, Fault> {
    let fault = |message: String| Fault {
        name: "InputError",
        message,
        pointer: pointer(field.field, index).into(),
        at_key: false,
    };
    match value {
        Value::String(text) if text.is_empty() => {
            Err(fault("Entity reference must not be empty".to_owned()))
        }
        Value::String(text) => entity_ref::complete(text, field.default_kind, namespace, out)
            .map_err(|error| fault(error.to_string())),
        // A field without a schema (`dependencyOf`) may hold the three parts of a reference.
        other => {
            let part = |key: &str| {
                other
                    .get(key)
                    .and_then(Value::as_str)
                    .filter(|part| !part.is_empty())
            };
            let kind = part("kind").or(field.default_kind);
            match (kind, part("name")) {
                (Some(kind), Some(name)) => Ok(entity_ref::write(
                    kind,
                    part("namespace").unwrap_or(namespace),
                    name,
                    out,
                )),
                (None, _) => Err(fault(format!(
                    "Entity reference {other} had missing or empty kind (e.g. did not start with \"component:\" or similar)"
                ))),
                (_, None) => Err(fault(format!(
                    "Entity reference {other} had missing or empty name"
                ))),
            }
        }
    }
}

/// Where a reference stands: `/spec/dependsOn/0`. Almost all such places are short enough to need no allocation.
pub(super) fn pointer(field: &str, index: Option<u32>) -> CompactString {
    let mut text = CompactString::const_new("/spec/");
    text.push_str(field);
    if let Some(index) = index {
        text.push('/');
        text.push_str(&index.to_compact_string());
    }
    text
}

/// JavaScript's order of strings: by UTF-16 code units.
pub(super) fn javascript_order(a: &str, b: &str) -> std::cmp::Ordering {
    if a.is_ascii() || b.is_ascii() {
        // Below the surrogates the two orders agree, and an ASCII text is decided there.
        return a.cmp(b);
    }
    a.encode_utf16().cmp(b.encode_utf16())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn targets(entity: &Value) -> Result<Vec<String>, String> {
        let (mut text, mut found) = (String::new(), Vec::new());
        references(entity.as_object().unwrap(), &mut text, &mut found)
            .map(|()| {
                found
                    .iter()
                    .map(|r| format!("{} {}", r.field.forward.name(), r.target.of(&text)))
                    .collect()
            })
            .map_err(|fault| format!("{}: {}", fault.pointer, fault.message))
    }

    #[test]
    fn references_take_the_fields_kind_and_the_entitys_namespace() {
        let entity = json!({"kind": "Component", "metadata": {"name": "a", "namespace": "Shop"}, "spec": {
            "owner": "Team", "system": "x/S", "dependsOn": ["API:Y", "resource:other/DB"], "providesApis": ["p"],
            "dependencyOf": {"kind": "component", "name": "Z"}}});
        assert_eq!(
            targets(&entity).unwrap(),
            [
                "ownedBy group:shop/team",
                "providesApi api:shop/p",
                "dependsOn api:shop/y",
                "dependsOn resource:other/db",
                "dependencyOf component:shop/z",
                "partOf system:x/s"
            ]
        );
    }

    #[test]
    fn a_dependency_without_a_kind_is_a_fault_at_its_item() {
        let entity = json!({"kind": "Resource", "metadata": {}, "spec": {"owner": "a", "dependsOn": ["b:c", "foo"]}});
        assert_eq!(
            targets(&entity).unwrap_err(),
            "/spec/dependsOn/1: Entity reference \"foo\" had missing or empty kind (e.g. did not start with \"component:\" or similar)"
        );
    }

    #[test]
    fn empty_fields_and_unknown_kinds_refer_to_nothing() {
        for spec in [
            json!(null),
            json!({"owner": null}),
            json!({"owner": "", "dependencyOf": false, "dependsOn": []}),
        ] {
            assert_eq!(
                targets(&json!({"kind": "Component", "metadata": {}, "spec": spec})).unwrap(),
                [""; 0]
            );
        }
        assert_eq!(
            targets(&json!({"kind": "Robot", "spec": {"owner": "a"}})).unwrap(),
            [""; 0]
        );
    }

    #[test]
    fn strings_are_ordered_as_javascript_orders_them() {
        let mut list = ["b", "B", "\u{ffff}", "😀", "a", "é"];
        list.sort_by(|a, b| javascript_order(a, b));
        assert_eq!(list, ["B", "a", "b", "é", "😀", "\u{ffff}"]);
    }
}
