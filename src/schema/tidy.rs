//! A schema without what Backstage's validator passes over and a strict one would refuse.

use serde_json::{Map, Value};

use crate::nunjucks;

/// The keyword under which patterns are checked; strict schemas know none of that name, so no other engine looks at them.
pub(super) const PATTERN: &str = "ecmaPattern";

const TYPES: [&str; 7] = [
    "string", "boolean", "object", "array", "number", "integer", "null",
];
/// The formats that Backstage's validator looks at, as far as they mean the same everywhere.
const FORMATS: [&str; 9] = [
    "date-time",
    "date",
    "time",
    "email",
    "ipv4",
    "ipv6",
    "uri",
    "uri-reference",
    "hostname",
];
/// Schemas lie no deeper in each other than the YAML they come from; this is for those that come by hand.
const DEEPEST: usize = 200;

pub(super) fn tidy(schema: &Value) -> Value {
    Tidy { root: schema }.schema(schema, 0)
}

struct Tidy<'a> {
    root: &'a Value,
}

impl Tidy<'_> {
    fn schema(&self, schema: &Value, depth: usize) -> Value {
        let fields = match schema {
            Value::Object(fields) if depth < DEEPEST => fields,
            Value::Bool(flag) => return Value::Bool(*flag),
            _ => return Value::Bool(true),
        };
        if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
            return self.reference(reference, fields, depth);
        }
        let mut tidy = Map::new();
        for (key, value) in fields {
            if let Some((key, value)) = self.keyword(key, value, depth) {
                tidy.insert(key.to_owned(), value);
            }
        }
        exclusive(fields, &mut tidy, "exclusiveMinimum", "minimum");
        exclusive(fields, &mut tidy, "exclusiveMaximum", "maximum");
        lift_required(fields, &mut tidy);
        Value::Object(tidy)
    }

    /// Nothing stands beside a reference in draft 7, but definitions at the root are still to be found.
    fn reference(&self, reference: &str, fields: &Map<String, Value>, depth: usize) -> Value {
        let within = reference.strip_prefix('#').is_some_and(|pointer| {
            self.root
                .pointer(pointer)
                .is_some_and(|target| target.is_object() || target.is_boolean())
        });
        let mut tidy = Map::new();
        if within {
            tidy.insert("$ref".to_owned(), Value::from(reference));
        }
        for key in ["definitions", "$defs"] {
            if let Some(value) = fields.get(key).and_then(|value| self.schemas(value, depth)) {
                tidy.insert(key.to_owned(), value);
            }
        }
        Value::Object(tidy)
    }

    fn keyword<'k>(&self, key: &'k str, value: &Value, depth: usize) -> Option<(&'k str, Value)> {
        let kept = match key {
            "type" => types(value)?,
            "enum" => value.as_array().map(|_| value.clone())?,
            "const" => value.clone(),
            "maximum" | "minimum" | "exclusiveMaximum" | "exclusiveMinimum" => {
                value.as_number().map(|_| value.clone())?
            }
            "multipleOf" => value.as_f64().filter(|n| *n > 0.0).map(|_| value.clone())?,
            "maxLength" | "minLength" | "maxItems" | "minItems" | "maxProperties"
            | "minProperties" => size(value)?,
            "uniqueItems" => value.as_bool().map(Value::Bool)?,
            "format" => value
                .as_str()
                .filter(|format| FORMATS.contains(format))
                .map(Value::from)?,
            "pattern" => {
                let pattern = value.as_str()?;
                nunjucks::Pattern::new(pattern)?;
                return Some((PATTERN, value.clone()));
            }
            "required" => names(value)?,
            "items" => match value {
                Value::Array(list) => self.list(list, depth),
                one => self.schema(one, depth + 1),
            },
            "additionalItems"
            | "contains"
            | "additionalProperties"
            | "propertyNames"
            | "not"
            | "if"
            | "then"
            | "else" => self.schema(value, depth + 1),
            "allOf" | "anyOf" | "oneOf" => {
                self.list(value.as_array().filter(|l| !l.is_empty())?, depth)
            }
            "properties" | "definitions" | "$defs" => self.schemas(value, depth)?,
            "patternProperties" => {
                let Value::Object(mut map) = self.schemas(value, depth)? else {
                    return None;
                };
                map.retain(|pattern, _| simple(pattern));
                Value::Object(map)
            }
            "dependencies" => {
                let map = value.as_object()?;
                let parts = map.iter().filter_map(|(name, part)| {
                    let part = match part {
                        Value::Array(_) => names(part)?,
                        Value::Object(_) | Value::Bool(_) => self.schema(part, depth + 1),
                        _ => return None,
                    };
                    Some((name.clone(), part))
                });
                Value::Object(parts.collect())
            }
            _ => return None,
        };
        Some((key, kept))
    }

    fn list(&self, list: &[Value], depth: usize) -> Value {
        list.iter()
            .map(|item| self.schema(item, depth + 1))
            .collect()
    }

    fn schemas(&self, value: &Value, depth: usize) -> Option<Value> {
        let map = value.as_object()?;
        let parts = map
            .iter()
            .map(|(name, schema)| (name.clone(), self.schema(schema, depth + 1)));
        Some(Value::Object(parts.collect()))
    }
}

/// The types that exist; nothing where one does not: Backstage takes an unknown type for any.
fn types(value: &Value) -> Option<Value> {
    match value {
        Value::String(name) => TYPES.contains(&name.as_str()).then(|| value.clone()),
        Value::Array(names) => {
            let mut known: Vec<&str> = Vec::new();
            for name in names {
                let name = name.as_str().filter(|name| TYPES.contains(name))?;
                if !known.contains(&name) {
                    known.push(name);
                }
            }
            (!known.is_empty()).then(|| Value::from(known))
        }
        _ => None,
    }
}

fn size(value: &Value) -> Option<Value> {
    let number = value.as_f64().filter(|n| *n >= 0.0 && n.fract() == 0.0)?;
    // Larger than any value can be.
    Some(Value::from(number.min(1e15) as u64))
}

fn names(value: &Value) -> Option<Value> {
    let mut names: Vec<&str> = Vec::new();
    for name in value.as_array()?.iter().filter_map(Value::as_str) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Some(Value::from(names))
}

/// Draft 4's `exclusiveMinimum: true` makes `minimum` exclusive.
fn exclusive(written: &Map<String, Value>, tidy: &mut Map<String, Value>, key: &str, bound: &str) {
    if written.get(key) == Some(&Value::Bool(true))
        && let Some(limit) = tidy.shift_remove(bound)
    {
        tidy.insert(key.to_owned(), limit);
    }
}

/// Draft 3's `required: true` at a property is its parent's `required`.
fn lift_required(written: &Map<String, Value>, tidy: &mut Map<String, Value>) {
    let properties = written.get("properties").and_then(Value::as_object);
    let lifted: Vec<&str> = properties
        .into_iter()
        .flatten()
        .filter(|(_, schema)| schema.get("required") == Some(&Value::Bool(true)))
        .map(|(name, _)| name.as_str())
        .collect();
    if lifted.is_empty() {
        return;
    }
    let mut required: Vec<Value> = match tidy.get("required") {
        Some(Value::Array(names)) => names.clone(),
        _ => Vec::new(),
    };
    for name in lifted {
        if !required.iter().any(|known| known == name) {
            required.push(Value::from(name));
        }
    }
    tidy.insert("required".to_owned(), Value::Array(required));
}

/// A pattern of property names that means the same to every engine.
fn simple(pattern: &str) -> bool {
    pattern.len() <= 200
        && pattern
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "^$.*+?-_[]()|/: ".contains(c))
        && !pattern.contains("(?")
        && nunjucks::Pattern::new(pattern).is_some()
}
