//! `--filter K=V`: Backstage's entity filters (`GET /api/catalog/entities?filter=…`).
//!
//! A key is a path with dots into the entity as it is served (`spec.type`, `metadata.tags`,
//! `metadata.annotations.github.com/project-slug`), or `relations.<type>`. In one filter, several values of one key are
//! or-ed and keys are and-ed; a key without a value asks whether it is there. Several filters are or-ed. Upper and lower
//! case are the same everywhere.

use serde_json::Value;

/// A filter that an entity matches or not.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct EntityFilter {
    /// The conditions of each flag; any of them is enough.
    sets: Vec<Vec<Key>>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Key {
    path: String,
    /// Empty: the key only has to be there.
    values: Vec<String>,
}

impl EntityFilter {
    /// Reads the values of all `--filter` flags; one may hold several conditions, joined by commas, as Backstage's
    /// parameter may.
    ///
    /// # Errors
    /// The condition that has no key.
    pub fn parse<'a>(flags: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut filter = Self::default();
        for flag in flags {
            let mut set = Vec::new();
            if flag.split(',').all(|part| part.trim().is_empty()) {
                return Err("a filter is empty".to_owned());
            }
            for condition in flag.split(',').map(str::trim).filter(|c| !c.is_empty()) {
                let (path, value) = match condition.split_once('=') {
                    Some((path, value)) => (path.trim(), Some(value.trim())),
                    None => (condition, None),
                };
                if path.is_empty() {
                    return Err(format!(
                        "the filter \"{condition}\" has no key before its ="
                    ));
                }
                add(&mut set, path.to_lowercase(), value.map(str::to_lowercase));
            }
            filter.sets.push(set);
        }
        Ok(filter)
    }

    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }

    /// Whether an entity, as it is served, matches.
    pub fn matches(&self, entity: &Value) -> bool {
        let passes = |key: &Key| {
            let mut test = |found: Found<'_>| {
                key.values.is_empty() || key.values.iter().any(|value| found.is(value))
            };
            match key.path.strip_prefix("relations.") {
                Some(relation) => related(entity, relation, &mut test),
                None => visit(entity, &key.path, &mut test),
            }
        };
        self.sets.is_empty() || self.sets.iter().any(|set| set.iter().all(passes))
    }
}

fn add(set: &mut Vec<Key>, path: String, value: Option<String>) {
    match set.iter_mut().find(|key| key.path == path) {
        Some(key) => key.values.extend(value),
        None => set.push(Key {
            path,
            values: value.into_iter().collect(),
        }),
    }
}

/// A value that stands at a path.
enum Found<'a> {
    Scalar(&'a Value),
    /// `metadata.tags.java`: the tag is there.
    Member,
}

impl Found<'_> {
    fn is(&self, wanted: &str) -> bool {
        match self {
            Self::Scalar(Value::String(text)) => text.to_lowercase() == wanted,
            Self::Scalar(Value::Null) => false,
            // As it is written: 3, true.
            Self::Scalar(other) => wanted == other.to_string().as_str(),
            Self::Member => wanted == "true",
        }
    }
}

/// Whether any value at `path` (lower-cased, dots in keys allowed) passes.
// Values come from the catalog's parser, which bounds their depth.
fn visit(value: &Value, path: &str, test: &mut impl FnMut(Found<'_>) -> bool) -> bool {
    match value {
        Value::Object(map) => map.iter().any(|(key, value)| {
            path.strip_prefix(key.to_lowercase().as_str())
                .and_then(|rest| {
                    if rest.is_empty() {
                        Some(rest)
                    } else {
                        rest.strip_prefix('.')
                    }
                })
                .is_some_and(|rest| visit(value, rest, test))
        }),
        Value::Array(items) => items.iter().any(|item| {
            visit(item, path, test)
                || matches!(item, Value::String(text) if !path.is_empty() && text.to_lowercase() == path)
                    && test(Found::Member)
        }),
        scalar => path.is_empty() && test(Found::Scalar(scalar)),
    }
}

/// Whether any target of a relation passes.
fn related(entity: &Value, relation: &str, test: &mut impl FnMut(Found<'_>) -> bool) -> bool {
    entity
        .get("relations")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter(|entry| {
            entry
                .get("type")
                .and_then(Value::as_str)
                .is_some_and(|kind| kind.to_lowercase() == relation)
        })
        .filter_map(|entry| entry.get("targetRef"))
        .any(|target| test(Found::Scalar(target)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn matches(flags: &[&str]) -> bool {
        let entity = json!({
            "kind": "Component",
            "metadata": {
                "name": "Pay",
                "namespace": "default",
                "tags": ["java", "Critical"],
                "annotations": {"github.com/project-slug": "acme/pay"},
                "links": [{"title": "Runbook", "url": "https://r.example"}],
            },
            "spec": {"type": "service", "owner": "team-a", "replicas": 3, "public": false, "note": null},
            "relations": [{"type": "ownedBy", "targetRef": "group:default/team-a"}],
        });
        EntityFilter::parse(flags.iter().copied())
            .unwrap()
            .matches(&entity)
    }

    #[test]
    fn keys_are_anded_and_values_of_one_key_ored() {
        assert!(matches(&["kind=component,spec.type=service"]));
        assert!(!matches(&["kind=component,spec.type=website"]));
        assert!(matches(&["spec.type=website,spec.type=service"]));
        assert!(matches(&[]));
    }

    #[test]
    fn any_of_several_filters_is_enough() {
        assert!(matches(&["kind=api", "spec.type=service"]));
        assert!(matches(&[
            "kind=component,spec.type=website",
            "spec.owner=team-a"
        ]));
        assert!(!matches(&["kind=component,spec.type=website", "kind=api"]));
    }

    #[test]
    fn case_does_not_matter_in_keys_or_values() {
        assert!(matches(&[
            "KIND=COMPONENT,Metadata.Name=pay,metadata.tags=critical"
        ]));
    }

    #[test]
    fn lists_match_by_any_item_and_by_membership() {
        assert!(matches(&["metadata.tags=java"]));
        assert!(matches(&["metadata.tags.java=true"]));
        assert!(matches(&["metadata.tags.java"]));
        assert!(!matches(&["metadata.tags.go"]));
        assert!(matches(&["metadata.links.title=runbook"]));
    }

    #[test]
    fn keys_may_hold_dots_of_their_own() {
        assert!(matches(&[
            "metadata.annotations.github.com/project-slug=acme/pay"
        ]));
        assert!(matches(&["metadata.annotations.github.com/project-slug"]));
        assert!(!matches(&["metadata.annotations.github"]));
    }

    #[test]
    fn relations_match_by_type_and_target() {
        assert!(matches(&["relations.ownedBy=group:default/team-a"]));
        assert!(matches(&["relations.ownedby"]));
        assert!(!matches(&["relations.dependsOn"]));
    }

    #[test]
    fn numbers_and_booleans_match_as_they_are_written() {
        assert!(matches(&["spec.replicas=3,spec.public=false"]));
        assert!(matches(&["spec.note"]));
        assert!(!matches(&["spec.note=null"]));
    }

    #[test]
    fn a_condition_without_a_key_is_refused() {
        assert!(EntityFilter::parse(["=service"]).is_err());
    }

    #[test]
    fn an_empty_value_is_not_the_same_as_no_value() {
        assert!(!matches(&["spec.type="]));
    }
}
