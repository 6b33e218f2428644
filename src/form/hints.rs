//! The hints for the form that stand in a schema under `ui:`: taken out beside it as Backstage does, and read.
//!
//! Backstage lifts every `ui:` key of a page into a tree of its own, by the names of properties and whatever branch they
//! stand in; where two branches name the same field, the later one's hints hold for both.

use serde_json::{Map, Value};

/// Schemas nest no deeper than this; what lies deeper has no hints.
const DEEPEST: usize = 100;

/// The hints of a page: `ui:` keys, and one entry for each property with those of the property.
pub(super) fn extract(page: &Value) -> Value {
    let mut hints = Map::new();
    extract_into(page, &mut hints, 0);
    Value::Object(hints)
}

fn extract_into(schema: &Value, hints: &mut Map<String, Value>, depth: usize) {
    let Value::Object(fields) = schema else {
        return;
    };
    if depth > DEEPEST {
        return;
    }
    for (key, value) in fields {
        if key.starts_with("ui:") {
            hints.insert(key.clone(), value.clone());
        }
    }
    if let Some(Value::Object(properties)) = fields.get("properties") {
        for (name, property) in properties.iter().filter(|(_, value)| value.is_object()) {
            // Other branches may have named the property before.
            let mut inner = match hints.shift_remove(name) {
                Some(Value::Object(inner)) => inner,
                _ => Map::new(),
            };
            extract_into(property, &mut inner, depth + 1);
            hints.insert(name.clone(), Value::Object(inner));
        }
    }
    if let Some(items @ Value::Object(_)) = fields.get("items") {
        let mut fresh = Map::new();
        extract_into(items, &mut fresh, depth + 1);
        hints.insert("items".to_owned(), Value::Object(fresh));
    }
    let lists = ["anyOf", "oneOf", "allOf"]
        .iter()
        .filter_map(|key| fields.get(*key)?.as_array())
        .flatten();
    let dependencies = fields
        .get("dependencies")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(Map::values);
    let branches = ["then", "else"].iter().filter_map(|key| fields.get(*key));
    for part in lists.chain(dependencies).chain(branches) {
        extract_into(part, hints, depth + 1);
    }
}

/// The hints of one field.
#[derive(Clone, Debug, Default)]
pub(super) struct Hints(Map<String, Value>);

impl Hints {
    /// Those that stand in the schema itself (of a definition, say), and over them those of the page's tree. What stands
    /// under `ui:options` counts as much as a key of its own.
    pub fn new(schema: &Map<String, Value>, tree: Option<&Value>) -> Self {
        let mut all = Map::new();
        let own = schema.iter();
        let lifted = tree.and_then(Value::as_object).into_iter().flatten();
        for (key, value) in own.chain(lifted) {
            match (key.strip_prefix("ui:"), value) {
                (Some("options"), Value::Object(options)) => {
                    all.extend(
                        options
                            .iter()
                            .map(|(key, value)| (key.clone(), value.clone())),
                    );
                }
                (Some(name), _) => {
                    all.insert(name.to_owned(), value.clone());
                }
                (None, _) => {}
            }
        }
        Self(all)
    }

    /// A hint or option by its name without `ui:`.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// One that is a text with something in it.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// One that is true.
    pub fn is(&self, name: &str) -> bool {
        self.get(name) == Some(&Value::Bool(true))
    }

    /// One that is a flag.
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.get(name)?.as_bool()
    }

    /// A list of texts; one text alone is a list of it.
    pub fn texts(&self, name: &str) -> Vec<String> {
        texts(self.get(name))
    }

    /// The custom field's name.
    pub fn field(&self) -> Option<&str> {
        self.text("field")
    }

    /// The widget's name.
    pub fn widget(&self) -> Option<&str> {
        self.text("widget")
    }

    /// Backstage's flag that must be on for a field to be shown.
    pub fn feature_flag(&self) -> Option<&str> {
        self.get("backstage")?.get("featureFlag")?.as_str()
    }

    /// What is said about the review page: `ui:backstage.review`.
    pub fn review(&self) -> Option<&Value> {
        self.get("backstage")?.get("review")
    }
}

pub(super) fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::Array(list)) => list
            .iter()
            .filter_map(|item| item.as_str().map(str::to_owned))
            .collect(),
        Some(Value::String(one)) => vec![one.clone()],
        _ => Vec::new(),
    }
}

/// The names of properties in the order that `ui:order` asks for: `*` stands for those not named, and without it they
/// come last.
pub(super) fn ordered(names: Vec<String>, order: &[String]) -> Vec<String> {
    if order.is_empty() {
        return names;
    }
    let known: std::collections::HashSet<&str> = names.iter().map(String::as_str).collect();
    let named: std::collections::HashSet<&str> = order.iter().map(String::as_str).collect();
    let rest: Vec<&String> = names
        .iter()
        .filter(|name| !named.contains(name.as_str()))
        .collect();
    let mut sorted: Vec<String> = Vec::with_capacity(names.len());
    let mut placed = std::collections::HashSet::new();
    let mut rest_placed = false;
    for name in order {
        if name == "*" && !rest_placed {
            sorted.extend(rest.iter().map(|name| (*name).clone()));
            rest_placed = true;
        } else if known.contains(name.as_str()) && placed.insert(name.as_str()) {
            sorted.push(name.clone());
        }
    }
    if !rest_placed {
        sorted.extend(rest.into_iter().cloned());
    }
    sorted
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn hints_are_lifted_out_of_every_branch_by_property() {
        let page = json!({
            "ui:order": ["b", "*"],
            "properties": {"a": {"ui:help": "A", "items": {"ui:widget": "radio"}}},
            "dependencies": {"a": {"oneOf": [{"properties": {"b": {"ui:field": "OwnerPicker"}}}]}},
            "allOf": [{"if": {}, "then": {"properties": {"a": {"ui:help": "B"}}}}],
        });
        assert_eq!(
            extract(&page),
            json!({
                "ui:order": ["b", "*"],
                "a": {"ui:help": "B", "items": {"ui:widget": "radio"}},
                "b": {"ui:field": "OwnerPicker"},
            })
        );
    }

    #[test]
    fn options_count_as_hints() {
        let schema = json!({"ui:options": {"widget": "textarea", "rows": 3}, "ui:help": "h"});
        let hints = Hints::new(schema.as_object().unwrap(), None);
        assert_eq!(hints.widget(), Some("textarea"));
        assert_eq!(hints.get("rows"), Some(&json!(3)));
        assert_eq!(hints.text("help"), Some("h"));
    }

    #[test]
    fn the_order_puts_what_it_does_not_name_where_the_star_is() {
        let order = |order: &[&str]| {
            ordered(
                ["a", "b", "c"].map(str::to_owned).to_vec(),
                &order.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>(),
            )
            .join("")
        };
        assert_eq!(order(&["c", "*", "a"]), "cba");
        assert_eq!(order(&["c", "x"]), "cab");
        assert_eq!(order(&[]), "abc");
    }
}
