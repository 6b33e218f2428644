//! Which entities a picker offers: Backstage's catalog filter.
//!
//! Rules: the catalog client's `EntityFilterQuery`: every key must match, a list matches with any of its values, of
//! several filters any is enough; keys and values are compared without case; `{exists: true}` wants the key there. A key
//! leads through objects (`spec.type`); one that leads to a list is compared with each of its items; `metadata.tags.java`
//! exists where the list has that item; `relations.ownedBy` holds the targets of that relation.

use serde_json::Value;

/// What one key must be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FilterValue {
    /// One of these, compared without case.
    OneOf(Vec<String>),
    /// There at all.
    Exists,
}

/// Which entities are wanted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct EntityFilter {
    /// Any of these is enough; all entities where there is none.
    pub any: Vec<Vec<(String, FilterValue)>>,
}

impl EntityFilter {
    /// All entities of some kinds.
    pub fn kinds<S: AsRef<str>>(kinds: &[S]) -> Self {
        let kinds = kinds.iter().map(|kind| kind.as_ref().to_owned()).collect();
        Self {
            any: vec![vec![("kind".to_owned(), FilterValue::OneOf(kinds))]],
        }
    }

    /// Reads `catalogFilter`: one filter or a list of them.
    pub fn read(written: &Value) -> Self {
        let one = |filter: &Value| -> Option<Vec<(String, FilterValue)>> {
            Some(
                filter
                    .as_object()?
                    .iter()
                    .map(|(key, value)| (key.clone(), filter_value(value)))
                    .collect(),
            )
        };
        Self {
            any: match written {
                Value::Array(list) => list.iter().filter_map(one).collect(),
                other => one(other).into_iter().collect(),
            },
        }
    }

    /// Whether an entity, as the catalog's API serves it, is wanted.
    pub fn matches(&self, entity: &Value) -> bool {
        self.any.is_empty()
            || self.any.iter().any(|all| {
                all.iter().all(|(key, wanted)| {
                    let key = key.to_lowercase();
                    match wanted {
                        FilterValue::Exists => holds(entity, &key, None),
                        FilterValue::OneOf(values) => values
                            .iter()
                            .any(|value| holds(entity, &key, Some(&value.to_lowercase()))),
                    }
                })
            })
    }
}

fn filter_value(value: &Value) -> FilterValue {
    match value {
        Value::Array(list) => FilterValue::OneOf(list.iter().map(text).collect()),
        Value::Object(operation) if operation.get("exists") == Some(&Value::Bool(true)) => {
            FilterValue::Exists
        }
        other => FilterValue::OneOf(vec![text(other)]),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Whether a value has something under a lower-case key, and, where one is wanted, that lower-case value.
fn holds(value: &Value, key: &str, wanted: Option<&str>) -> bool {
    if key.is_empty() {
        return match value {
            Value::Array(list) => list.iter().any(|item| holds(item, "", wanted)),
            Value::Object(_) => wanted.is_none(),
            scalar => wanted.is_none_or(|wanted| text(scalar).to_lowercase() == wanted),
        };
    }
    match value {
        Value::Object(fields) => fields.iter().any(|(name, value)| {
            let name = name.to_lowercase();
            // Names hold dots themselves (annotations do), so each name that the key begins with is tried.
            let Some(rest) = key.strip_prefix(name.as_str()) else {
                return false;
            };
            if name == "relations" {
                let relation = rest.strip_prefix('.').unwrap_or_default();
                return related(value, relation, wanted);
            }
            match rest.strip_prefix('.') {
                Some(rest) => holds(value, rest, wanted),
                None => rest.is_empty() && holds(value, "", wanted),
            }
        }),
        // Backstage indexes a list's items as keys too: `metadata.tags.java` is true.
        Value::Array(list) => list.iter().any(|item| match item {
            Value::String(text) => {
                text.to_lowercase() == key && wanted.is_none_or(|wanted| wanted == "true")
            }
            other => holds(other, key, wanted),
        }),
        _ => false,
    }
}

fn related(relations: &Value, relation: &str, wanted: Option<&str>) -> bool {
    let list = relations.as_array().into_iter().flatten();
    list.into_iter().any(|one| {
        let is = |key: &str, wanted: &str| {
            one.get(key)
                .and_then(Value::as_str)
                .is_some_and(|text| text.to_lowercase() == wanted)
        };
        (relation.is_empty() || is("type", relation))
            && wanted.is_none_or(|wanted| is("targetRef", wanted))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn matches(filter: Value) -> bool {
        EntityFilter::read(&filter).matches(&json!({
            "kind": "Component",
            "metadata": {"name": "pay", "tags": ["Java", "go"], "annotations": {"github.com/project-slug": "o/r"}},
            "spec": {"type": "service", "lifecycle": "production"},
            "relations": [{"type": "ownedBy", "targetRef": "group:default/pay"}],
        }))
    }

    #[test]
    fn every_key_of_a_filter_must_match_without_case() {
        assert!(matches(
            json!({"kind": "component", "spec.type": "Service"})
        ));
        assert!(!matches(
            json!({"kind": "component", "spec.type": "library"})
        ));
        assert!(matches(json!({"kind": ["api", "component"]})));
    }

    #[test]
    fn of_several_filters_any_is_enough() {
        assert!(matches(json!([{"kind": "API"}, {"kind": "Component"}])));
        assert!(!matches(json!([{"kind": "API"}, {"kind": "Group"}])));
    }

    #[test]
    fn existence_lists_annotations_and_relations_can_be_asked_for() {
        assert!(matches(
            json!({"metadata.annotations.github.com/project-slug": {"exists": true}})
        ));
        assert!(!matches(
            json!({"metadata.annotations.x": {"exists": true}})
        ));
        assert!(matches(json!({"metadata.tags": "java"})));
        assert!(matches(json!({"metadata.tags.java": {"exists": true}})));
        assert!(matches(json!({"relations.ownedBy": "group:default/PAY"})));
        assert!(!matches(json!({"relations.partOf": {"exists": true}})));
    }
}
