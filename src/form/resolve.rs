//! What a schema comes to for the answers so far: references followed, conditions decided, parts merged.
//!
//! As react-jsonschema-form's `retrieveSchema` has it: `$ref` with what stands beside it laid over; then `dependencies`
//! (property lists, schemas, and `oneOf`s of which exactly one allows the trigger's value); then `allOf`; then
//! `if`/`then`/`else`. `oneOf` and `anyOf` elsewhere are a choice of the person's and stay.

use serde_json::{Map, Value};

use super::merge::{combine_all, overlay};
use super::options;
use super::validators::Validators;

type Fields = Map<String, Value>;

/// Schemas followed into each other before it is taken for a circle.
const DEEPEST: usize = 48;

/// Whether what a schema comes to depends on the answers or on other parts of the page.
pub(super) fn is_conditional(schema: &Fields) -> bool {
    ["$ref", "dependencies", "allOf", "if"]
        .iter()
        .any(|key| schema.contains_key(*key))
}

/// Works schemas out for the answers, with what is left to spend.
pub(super) struct Resolver<'a> {
    root: &'a Value,
    validators: &'a Validators,
    /// Schemas that may still be looked at.
    pub budget: &'a mut usize,
    /// References that lead nowhere or in a circle.
    pub broken: &'a mut Vec<String>,
}

impl<'a> Resolver<'a> {
    pub fn new(
        root: &'a Value,
        validators: &'a Validators,
        budget: &'a mut usize,
        broken: &'a mut Vec<String>,
    ) -> Self {
        Self {
            root,
            validators,
            budget,
            broken,
        }
    }

    /// The schema with its conditions decided by a value.
    pub fn resolve(&mut self, schema: &Fields, value: &Value) -> Fields {
        self.at(schema.clone(), value, 0)
    }

    fn at(&mut self, mut schema: Fields, value: &Value, depth: usize) -> Fields {
        if depth > DEEPEST || *self.budget == 0 {
            schema
                .retain(|key, _| !["$ref", "dependencies", "allOf", "if"].contains(&key.as_str()));
            return schema;
        }
        *self.budget -= 1;
        if schema.contains_key("$ref") {
            let followed = self.follow(schema);
            return self.at(followed, value, depth + 1);
        }
        if let Some(dependencies) = schema.remove("dependencies") {
            let chosen = self.chosen(schema, value, depth);
            let merged = match dependencies {
                Value::Object(dependencies) => self.depend(chosen, dependencies, value, depth),
                _ => chosen,
            };
            return self.at(merged, value, depth + 1);
        }
        if let Some(Value::Array(parts)) = schema.get("allOf") {
            let parts: Vec<Fields> = parts
                .clone()
                .into_iter()
                .filter_map(|part| match part {
                    Value::Object(part) => Some(self.at(part, value, depth + 1)),
                    _ => None,
                })
                .collect();
            schema = combine_all(schema, parts);
        }
        if let Some(condition) = schema.remove("if") {
            let holds = self.validators.allows(&condition, value);
            let (then, otherwise) = (schema.remove("then"), schema.remove("else"));
            if let Some(Value::Object(branch)) = if holds { then } else { otherwise } {
                let branch = self.at(branch, value, depth + 1);
                schema = overlay(schema, branch);
                if is_open(&schema) {
                    return self.at(schema, value, depth + 1);
                }
            }
        }
        schema
    }

    /// The schema that a reference leads to, with what stands beside the reference laid over it.
    pub fn follow(&mut self, mut schema: Fields) -> Fields {
        for _ in 0..DEEPEST {
            let Some(reference) = schema.remove("$ref") else {
                return schema;
            };
            let target = reference
                .as_str()
                .and_then(|text| text.strip_prefix('#'))
                .and_then(|pointer| self.root.pointer(&unescaped(pointer)));
            let Some(Value::Object(target)) = target else {
                self.note(&reference);
                return schema;
            };
            let mut followed = target.clone();
            followed.extend(schema);
            schema = followed;
        }
        if let Some(reference) = schema.remove("$ref") {
            self.note(&reference);
        }
        schema
    }

    fn note(&mut self, reference: &Value) {
        let text = reference.as_str().unwrap_or_default().to_owned();
        if !self.broken.contains(&text) && self.broken.len() < 20 {
            self.broken.push(text);
        }
    }

    /// Beside `dependencies`, a `oneOf` or `anyOf` is decided by the answers; its choice replaces the schema.
    fn chosen(&mut self, schema: Fields, value: &Value, depth: usize) -> Fields {
        let Some(choices) = options::choices(&schema) else {
            return schema;
        };
        let choices: Vec<Fields> = choices
            .iter()
            .map(|choice| match choice {
                Value::Object(choice) if choice.contains_key("$ref") && depth < DEEPEST => {
                    self.follow(choice.clone())
                }
                Value::Object(choice) => choice.clone(),
                _ => Fields::new(),
            })
            .collect();
        let at = options::first_matching(self.validators, &choices, Some(value));
        choices.into_iter().nth(at).unwrap_or(schema)
    }

    fn depend(
        &mut self,
        mut schema: Fields,
        dependencies: Fields,
        value: &Value,
        depth: usize,
    ) -> Fields {
        // One dependency can bring the field on which another hangs, so those passed over are tried again after each.
        let mut waiting: Vec<(String, Value)> = dependencies.into_iter().collect();
        while let Some(at) = waiting.iter().position(|(name, _)| {
            value.get(name).is_some()
                && match schema.get("properties") {
                    Some(Value::Object(properties)) => properties.contains_key(name),
                    _ => true,
                }
        }) {
            let (name, dependency) = waiting.remove(at);
            schema = match dependency {
                Value::Array(required) => {
                    let mut more = Fields::new();
                    more.insert("required".to_owned(), Value::Array(required));
                    overlay(schema, more)
                }
                Value::Object(part) => self.depend_on(schema, &name, part, value, depth),
                _ => schema,
            };
        }
        schema
    }

    fn depend_on(
        &mut self,
        schema: Fields,
        name: &str,
        part: Fields,
        value: &Value,
        depth: usize,
    ) -> Fields {
        let mut part = self.at(part, value, depth + 1);
        let branches = part.remove("oneOf");
        let schema = overlay(schema, part);
        let Some(Value::Array(branches)) = branches else {
            return schema;
        };
        let mut fitting = Vec::new();
        for branch in branches {
            let Value::Object(branch) = branch else {
                continue;
            };
            let branch = self.follow(branch);
            let trigger = branch
                .get("properties")
                .and_then(|properties| properties.get(name));
            let Some(trigger) = trigger else {
                continue;
            };
            let allowed = value
                .get(name)
                .is_none_or(|value| self.validators.allows(trigger, value));
            if allowed {
                fitting.push(branch);
            }
        }
        // react-jsonschema-form takes none where more than one fits.
        let (Some(mut branch), true) = (fitting.pop(), fitting.is_empty()) else {
            return schema;
        };
        if let Some(Value::Object(properties)) = branch.get_mut("properties") {
            properties.shift_remove(name);
        }
        let branch = self.at(branch, value, depth + 1);
        overlay(schema, branch)
    }
}

/// Whether there is still something to decide.
fn is_open(schema: &Fields) -> bool {
    schema.contains_key("if") || schema.contains_key("dependencies") || schema.contains_key("$ref")
}

/// A pointer as it stands in a URL.
fn unescaped(pointer: &str) -> String {
    pointer.replace("%20", " ").replace("%25", "%")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn resolved(page: Value, value: Value) -> Value {
        let validators = Validators::new(&page);
        let (mut budget, mut broken) = (1_000, Vec::new());
        let mut resolver = Resolver::new(&page, &validators, &mut budget, &mut broken);
        Value::Object(resolver.resolve(page.as_object().unwrap(), &value))
    }

    fn names(page: &Value, value: Value) -> Vec<String> {
        resolved(page.clone(), value)["properties"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect()
    }

    #[test]
    fn a_dependency_with_one_of_takes_the_branch_that_allows_the_trigger() {
        let page = json!({
            "properties": {"db": {"type": "string"}},
            "dependencies": {"db": {"oneOf": [
                {"properties": {"db": {"enum": ["none"]}}},
                {"properties": {"db": {"enum": ["postgres"]}, "version": {"type": "string"}}, "required": ["version"]},
            ]}},
        });
        assert_eq!(names(&page, json!({})), ["db"]);
        assert_eq!(names(&page, json!({"db": "none"})), ["db"]);
        assert_eq!(names(&page, json!({"db": "postgres"})), ["db", "version"]);
        assert_eq!(
            resolved(page, json!({"db": "postgres"}))["required"],
            json!(["version"])
        );
    }

    #[test]
    fn a_dependency_on_a_field_that_another_brings_is_found() {
        let page = json!({
            "properties": {"a": {}},
            "dependencies": {
                "b": {"properties": {"c": {}}},
                "a": {"properties": {"b": {}}},
            },
        });
        assert_eq!(names(&page, json!({"a": 1})), ["a", "b"]);
        assert_eq!(names(&page, json!({"a": 1, "b": 1})), ["a", "b", "c"]);
        assert_eq!(names(&page, json!({"b": 1})), ["a"]);
    }

    #[test]
    fn conditions_choose_between_then_and_else() {
        let page = json!({
            "properties": {"a": {}},
            "allOf": [{
                "if": {"properties": {"a": {"const": 1}}, "required": ["a"]},
                "then": {"properties": {"x": {}}},
                "else": {"properties": {"y": {}}},
            }],
        });
        assert_eq!(names(&page, json!({"a": 1})), ["a", "x"]);
        assert_eq!(names(&page, json!({"a": 2})), ["a", "y"]);
        assert_eq!(names(&page, json!({})), ["a", "y"]);
    }

    #[test]
    fn references_are_followed_and_what_stands_beside_them_wins() {
        let page = json!({
            "definitions": {"d": {"$ref": "#/definitions/e", "title": "D"}, "e": {"type": "string", "title": "E"}},
            "$ref": "#/definitions/d", "description": "here",
        });
        let found = resolved(page, json!({}));
        assert_eq!(found["type"], "string");
        assert_eq!(found["title"], "D");
        assert_eq!(found["description"], "here");
        assert!(found.get("$ref").is_none());
    }

    #[test]
    fn circles_of_references_end() {
        let page = json!({
            "definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"$ref": "#/definitions/a"}},
            "allOf": [{"$ref": "#/definitions/a"}, {"$ref": "#"}],
            "properties": {"x": {}},
        });
        assert_eq!(names(&page, json!({})), ["x"]);
    }
}
