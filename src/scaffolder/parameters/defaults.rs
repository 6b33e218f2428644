//! Defaults, as the form fills them in: where a field has no answer, on every page, in the branches that apply.

use serde_json::{Map, Value};

use crate::scaffolder::schema::Schema;
use crate::scaffolder::template::TemplateSpec;

/// Schemas in each other; YAML's own bound is near.
const DEEPEST: usize = 64;

/// The answers with the defaults of what was not answered. A default that its own field would refuse is left out.
#[must_use]
pub fn with_defaults(
    template: &TemplateSpec,
    mut values: Map<String, Value>,
) -> Map<String, Value> {
    for page in &template.pages {
        fill(&page.schema, &mut values, 0);
    }
    values
}

fn fill(schema: &Value, values: &mut Map<String, Value>, depth: usize) {
    let Some(schema) = schema.as_object().filter(|_| depth < DEEPEST) else {
        return;
    };
    if let Some(Value::Object(properties)) = schema.get("properties") {
        for (name, property) in properties {
            property_default(name, property, values, depth);
        }
    }
    if let Some(Value::Array(parts)) = schema.get("allOf") {
        for part in parts {
            fill(part, values, depth + 1);
        }
    }
    if let Some(condition) = schema.get("if") {
        let branch = if allows(condition, values) {
            "then"
        } else {
            "else"
        };
        if let Some(branch) = schema.get(branch) {
            fill(branch, values, depth + 1);
        }
    }
    for key in ["oneOf", "anyOf"] {
        if let Some(Value::Array(branches)) = schema.get(key) {
            chosen(branches, values, depth);
        }
    }
    if let Some(Value::Object(dependencies)) = schema.get("dependencies") {
        for (name, part) in dependencies {
            if values.contains_key(name) {
                fill(part, values, depth + 1);
            }
        }
    }
}

/// Of several branches the first counts whose own choices (`const`, `enum`) the answers make.
fn chosen(branches: &[Value], values: &mut Map<String, Value>, depth: usize) {
    let fits = |branch: &&Value| {
        let properties = branch.get("properties").and_then(Value::as_object);
        properties.into_iter().flatten().all(|(name, property)| {
            let chooses = property.get("const").is_some() || property.get("enum").is_some();
            match values.get(name) {
                Some(value) if chooses => Schema::new(property).is_ok_and(|s| s.allows(value)),
                _ => true,
            }
        })
    };
    if let Some(branch) = branches.iter().find(fits) {
        fill(branch, values, depth + 1);
    }
}

fn property_default(name: &str, property: &Value, values: &mut Map<String, Value>, depth: usize) {
    if let Some(default) = property.get("default")
        && !values.contains_key(name)
        && Schema::new(property).is_ok_and(|schema| schema.allows(default))
    {
        values.insert(name.to_owned(), default.clone());
    }
    if property.get("properties").is_none() {
        return;
    }
    match values.get_mut(name) {
        Some(Value::Object(inner)) => fill(property, inner, depth + 1),
        Some(_) => {}
        None => {
            let mut inner = Map::new();
            fill(property, &mut inner, depth + 1);
            if !inner.is_empty() {
                values.insert(name.to_owned(), Value::Object(inner));
            }
        }
    }
}

fn allows(condition: &Value, values: &Map<String, Value>) -> bool {
    Schema::new(condition).is_ok_and(|schema| schema.allows(&Value::Object(values.clone())))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{object, template};
    use super::*;

    fn filled(parameters: Value, values: Value) -> Value {
        Value::Object(with_defaults(&template(parameters), object(values)))
    }

    #[test]
    fn what_was_not_answered_gets_its_default() {
        let pages = json!([
            {"properties": {"a": {"type": "string", "default": "x"}, "b": {"type": "number", "default": "wrong"}}},
            {"properties": {"c": {"type": "object", "properties": {"d": {"default": [1]}, "e": {}}}}},
        ]);
        assert_eq!(
            filled(pages.clone(), json!({})),
            json!({"a": "x", "c": {"d": [1]}})
        );
        assert_eq!(
            filled(pages, json!({"a": "", "c": {"e": 1}})),
            json!({"a": "", "c": {"e": 1, "d": [1]}})
        );
    }

    #[test]
    fn only_the_branch_that_applies_fills_its_defaults_in() {
        let pages = json!({
            "properties": {"db": {"type": "boolean", "default": true}, "tier": {"type": "string"}},
            "dependencies": {"db": {"oneOf": [
                {"properties": {"db": {"enum": [false]}, "none": {"default": 1}}},
                {"properties": {"db": {"enum": [true]}, "engine": {"type": "string", "default": "pg"}}},
            ]}},
            "if": {"properties": {"tier": {"const": "gold"}}, "required": ["tier"]},
            "then": {"properties": {"replicas": {"default": 3}}},
            "else": {"properties": {"replicas": {"default": 1}}},
        });
        assert_eq!(
            filled(pages.clone(), json!({})),
            json!({"db": true, "replicas": 1, "engine": "pg"})
        );
        assert_eq!(
            filled(pages, json!({"db": false, "tier": "gold"})),
            json!({"db": false, "tier": "gold", "replicas": 3, "none": 1})
        );
    }
}
