//! Compiled schemas, kept for as long as the form is: a schema is compiled once, however often an answer changes.
//!
//! The validator is the one that also checks a task's values before it runs, so the form never takes what the engine
//! would refuse.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::schema::{Schema, Violation};

/// Compiled schemas are forgotten beyond this many; a form has a few for each field.
const MOST: usize = 4_096;
/// Steps through references and applied schemas that lead to no other value before one is taken for a circle.
const CIRCLE: usize = 200;

/// The schemas of one page, compiled when they are first asked for.
#[derive(Clone, Debug)]
pub(super) struct Validators {
    /// The page, in which references lead.
    root: Value,
    compiled: RefCell<HashMap<String, Option<Arc<Schema>>>>,
}

impl Validators {
    pub fn new(root: &Value) -> Self {
        Self {
            root: root.clone(),
            compiled: RefCell::new(HashMap::new()),
        }
    }

    /// Whether a value is as a schema wants it. One that cannot be compiled wants nothing that could be kept.
    pub fn allows(&self, schema: &Value, value: &Value) -> bool {
        match schema {
            Value::Bool(flag) => *flag,
            Value::Object(fields) if fields.is_empty() => true,
            Value::Object(_) => self
                .compiled(schema)
                .is_some_and(|schema| schema.allows(value)),
            _ => true,
        }
    }

    /// Everything in which a value is not as a schema wants it.
    pub fn check(&self, schema: &Value, value: &Value) -> Vec<Violation> {
        self.compiled(schema)
            .map(|schema| schema.check(value))
            .unwrap_or_default()
    }

    /// The compiled form; nothing where a reference leads nowhere or in a circle.
    fn compiled(&self, schema: &Value) -> Option<Arc<Schema>> {
        let key = schema.to_string();
        if let Some(known) = self.compiled.borrow().get(&key) {
            return known.clone();
        }
        let compiled = self.compile(schema, &key).map(Arc::new);
        let mut all = self.compiled.borrow_mut();
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(key, compiled.clone());
        compiled
    }

    fn compile(&self, schema: &Value, text: &str) -> Option<Schema> {
        if !text.contains("\"$ref\"") || *schema == self.root {
            if text.contains("\"$ref\"") && circles(&self.root, &self.root) {
                return None;
            }
            return Schema::new(schema).ok();
        }
        // References lead from the page's root, so the page goes along and they are led there.
        let mut whole = Map::new();
        whole.insert("allOf".to_owned(), Value::Array(vec![led(schema)]));
        let mut definitions = Map::new();
        definitions.insert("page".to_owned(), led(&self.root));
        whole.insert("definitions".to_owned(), Value::Object(definitions));
        let whole = Value::Object(whole);
        if circles(&whole, &whole) {
            return None;
        }
        Schema::new(&whole).ok()
    }
}

/// A schema whose references into the page lead to where the page has been put.
fn led(schema: &Value) -> Value {
    match schema {
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(key, value)| match value.as_str() {
                    Some(reference) if key == "$ref" && reference.starts_with('#') => {
                        let rest = reference.get(1..).unwrap_or_default();
                        (
                            key.clone(),
                            Value::from(format!("#/definitions/page{rest}")),
                        )
                    }
                    _ => (key.clone(), led(value)),
                })
                .collect(),
        ),
        Value::Array(list) => list.iter().map(led).collect(),
        other => other.clone(),
    }
}

/// Whether some schema applies itself to the same value, so that checking would never end.
pub(super) fn circles(schema: &Value, root: &Value) -> bool {
    let mut found = false;
    walk(schema, root, 0, &mut found);
    found
}

fn walk(schema: &Value, root: &Value, depth: usize, found: &mut bool) {
    if *found || depth > CIRCLE {
        return;
    }
    if let Value::Object(fields) = schema {
        if fields.contains_key("$ref") {
            let mut steps = CIRCLE;
            if leads_on(schema, root, 0, &mut steps) {
                *found = true;
                return;
            }
        }
        for value in fields.values() {
            walk(value, root, depth + 1, found);
        }
    } else if let Value::Array(list) = schema {
        for value in list {
            walk(value, root, depth + 1, found);
        }
    }
}

/// Whether following what a schema applies to the same value does not come to an end.
fn leads_on(schema: &Value, root: &Value, depth: usize, steps: &mut usize) -> bool {
    if depth > CIRCLE / 4 {
        return true;
    }
    let Value::Object(fields) = schema else {
        return false;
    };
    *steps = steps.saturating_sub(1);
    if *steps == 0 {
        return true;
    }
    if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
        let target = reference
            .strip_prefix('#')
            .and_then(|pointer| root.pointer(pointer));
        return target.is_some_and(|target| leads_on(target, root, depth + 1, steps));
    }
    let lists = ["allOf", "anyOf", "oneOf"]
        .iter()
        .filter_map(|key| fields.get(*key)?.as_array())
        .flatten();
    let single = ["not", "if", "then", "else"]
        .iter()
        .filter_map(|key| fields.get(*key));
    let dependencies = fields
        .get("dependencies")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(Map::values);
    for part in lists.chain(single).chain(dependencies) {
        if leads_on(part, root, depth + 1, steps) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn references_lead_into_the_page_from_any_part_of_it() {
        let page = json!({"definitions": {"port": {"type": "integer", "minimum": 1}}});
        let validators = Validators::new(&page);
        let part = json!({"$ref": "#/definitions/port"});
        assert!(validators.allows(&part, &json!(80)));
        assert!(!validators.allows(&part, &json!(0)));
        assert_eq!(validators.check(&part, &json!(0)).len(), 1);
    }

    #[test]
    fn a_reference_that_leads_to_itself_is_not_followed_for_ever() {
        let page = json!({"definitions": {
            "a": {"allOf": [{"$ref": "#/definitions/b"}]},
            "b": {"anyOf": [{"$ref": "#/definitions/a"}]},
            "tree": {"properties": {"child": {"$ref": "#/definitions/tree"}, "n": {"type": "integer"}}},
        }});
        let validators = Validators::new(&page);
        assert!(!validators.allows(&json!({"$ref": "#/definitions/a"}), &json!(1)));
        let itself = json!({"$ref": "#"});
        assert!(circles(&itself, &itself));
    }

    #[test]
    fn a_tree_of_schemas_is_no_circle() {
        let page = json!({"definitions": {
            "tree": {"properties": {"child": {"$ref": "#/definitions/tree"}, "n": {"type": "integer"}}},
        }});
        let validators = Validators::new(&page);
        let tree = json!({"$ref": "#/definitions/tree"});
        assert!(validators.allows(&tree, &json!({"child": {"child": {"n": 1}}})));
        assert!(!validators.allows(&tree, &json!({"child": {"child": {"n": "x"}}})));
    }
}
