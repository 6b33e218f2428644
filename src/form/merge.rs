//! Two schemas made one: laid over each other, as a condition's branch is, or combined, as the parts of an `allOf` are.
//!
//! Rules: react-jsonschema-form's `mergeSchemas` and json-schema-merge-allof (not deep).

use serde_json::{Map, Value};

/// One schema laid over another: objects are merged, `required` is united, everything else is the upper one's.
pub(super) fn overlay(
    mut lower: Map<String, Value>,
    upper: Map<String, Value>,
) -> Map<String, Value> {
    lay(&mut lower, upper);
    lower
}

fn lay(lower: &mut Map<String, Value>, upper: Map<String, Value>) {
    for (key, value) in upper {
        match (lower.get_mut(&key), value) {
            (Some(Value::Object(below)), Value::Object(above)) => lay(below, above),
            (Some(Value::Array(below)), Value::Array(above)) if key == "required" => {
                unite(below, &above);
            }
            (Some(below), value) => *below = value,
            (None, value) => {
                lower.insert(key, value);
            }
        }
    }
}

fn unite(list: &mut Vec<Value>, more: &[Value]) {
    for value in more {
        if !list.contains(value) {
            list.push(value.clone());
        }
    }
}

/// A schema and the parts of its `allOf`, which must all hold, as one. Titles, descriptions and defaults are those that
/// come first. What cannot be told in one schema (two patterns, two `oneOf`s) stays under `allOf`, for the validator.
pub(super) fn combine_all(
    mut schema: Map<String, Value>,
    parts: Vec<Map<String, Value>>,
) -> Map<String, Value> {
    schema.remove("allOf");
    let mut kept = Vec::new();
    for part in parts {
        combine(&mut schema, part, &mut kept);
    }
    if !kept.is_empty() {
        match schema.get_mut("allOf") {
            Some(Value::Array(list)) => list.append(&mut kept),
            _ => {
                schema.insert("allOf".to_owned(), Value::Array(kept));
            }
        }
    }
    schema
}

fn combine(schema: &mut Map<String, Value>, part: Map<String, Value>, kept: &mut Vec<Value>) {
    for (key, value) in part {
        let Some(own) = schema.get_mut(&key) else {
            schema.insert(key, value);
            continue;
        };
        if *own == value {
            continue;
        }
        match (key.as_str(), own, value) {
            ("required", Value::Array(own), Value::Array(more)) => unite(own, &more),
            ("properties" | "definitions" | "$defs", Value::Object(own), Value::Object(more)) => {
                for (name, schema) in more {
                    match (own.get_mut(&name), schema) {
                        (Some(Value::Object(own)), Value::Object(more)) => {
                            let mut inner = Vec::new();
                            combine(own, more, &mut inner);
                            if !inner.is_empty() {
                                own.insert("allOf".to_owned(), Value::Array(inner));
                            }
                        }
                        (Some(_), _) => {}
                        (None, schema) => {
                            own.insert(name, schema);
                        }
                    }
                }
            }
            ("enum", Value::Array(own), Value::Array(more)) => {
                own.retain(|value| more.contains(value));
            }
            (
                "minimum" | "exclusiveMinimum" | "minLength" | "minItems" | "minProperties",
                own,
                more,
            ) if more.as_f64() > own.as_f64() => {
                *own = more;
            }
            (
                "maximum" | "exclusiveMaximum" | "maxLength" | "maxItems" | "maxProperties",
                own,
                more,
            ) if is_below(&more, own) => {
                *own = more;
            }
            ("uniqueItems", own, more @ Value::Bool(true))
            | ("additionalProperties", own, more @ Value::Bool(false)) => *own = more,
            (
                "pattern" | "oneOf" | "anyOf" | "not" | "format" | "multipleOf" | "const" | "items"
                | "type",
                _,
                more,
            ) => {
                let mut rest = Map::new();
                rest.insert(key.clone(), more);
                kept.push(Value::Object(rest));
            }
            ("errorMessage", Value::Object(own), Value::Object(more)) => lay(own, more),
            // Titles, descriptions, defaults, hints: the first one's.
            _ => {}
        }
    }
}

/// Whether a bound is lower than another, or the other is none.
fn is_below(bound: &Value, other: &Value) -> bool {
    bound
        .as_f64()
        .is_some_and(|bound| other.as_f64().is_none_or(|other| bound < other))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn a_branch_adds_its_fields_and_overrides_what_it_names() {
        let merged = overlay(
            map(json!({"required": ["a"], "properties": {"a": {"type": "string", "title": "A"}}})),
            map(json!({"required": ["a", "b"], "properties": {"a": {"title": "Z"}, "b": {}}})),
        );
        assert_eq!(
            Value::Object(merged),
            json!({"required": ["a", "b"], "properties": {"a": {"type": "string", "title": "Z"}, "b": {}}})
        );
    }

    #[test]
    fn parts_that_must_all_hold_narrow_each_other() {
        let merged = combine_all(
            map(json!({"title": "T", "minLength": 2, "enum": ["a", "b"], "allOf": []})),
            vec![
                map(json!({"title": "U", "minLength": 3, "maxLength": 9, "pattern": "^a"})),
                map(json!({"enum": ["b", "c"], "maxLength": 5, "pattern": "b$"})),
            ],
        );
        assert_eq!(
            Value::Object(merged),
            json!({"title": "T", "minLength": 3, "enum": ["b"], "maxLength": 5, "pattern": "^a", "allOf": [{"pattern": "b$"}]})
        );
    }
}
