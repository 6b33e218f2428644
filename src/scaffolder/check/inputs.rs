//! A step's input against the schema of its action, as far as it is known before it is evaluated.

use serde_json::{Map, Value};

use super::{Checker, below};
use crate::nunjucks::{self, Options};
use crate::scaffolder::schema::Schema;
use crate::scaffolder::template::Step;
use crate::text;

impl Checker<'_> {
    pub(super) fn inputs(&mut self, step: &Step) {
        let Some(action) = self.registry.get(&step.action) else {
            return;
        };
        let schema = action.input_schema();
        let pointer = format!("{}/input", step.pointer);
        let empty = Map::new();
        let input = match &step.input {
            Some(Value::Object(input)) => input,
            _ => &empty,
        };
        let known = known_inputs(&schema);
        for key in input
            .keys()
            .filter(|key| !known.is_empty() && !known.contains(&key.as_str()))
        {
            let near = text::nearest(key, known.iter().copied());
            let near = near.map_or(String::new(), |near| {
                format!("; did the template mean {near}?")
            });
            self.warn(
                below(&pointer, key),
                format!("{key} is not an input of {}{near}", step.action),
            );
            if let Some(last) = self.checked.findings.last_mut() {
                last.at_key = true;
            }
        }
        let place = if step.input.is_some() {
            pointer.clone()
        } else {
            step.pointer.clone()
        };
        let branches = branches(&schema);
        let missing: Vec<Vec<&str>> = branches
            .iter()
            .map(|branch| missing(branch, input))
            .collect();
        // Of several ways to write it the one that lacks least is meant.
        if let Some(least) = missing.iter().min_by_key(|missing| missing.len()) {
            for name in least {
                self.error(
                    place.clone(),
                    format!("{} needs the input {name}", step.action),
                );
            }
        }
        for (key, value) in input {
            let Some(property) = property(&branches, key) else {
                continue;
            };
            if !is_static(value, &self.options) {
                continue;
            }
            let violations = match Schema::new(property) {
                Ok(schema) => schema.check(value),
                Err(_) => continue,
            };
            for violation in &violations {
                let mut at = below(&pointer, key);
                for part in &violation.path {
                    let part = match part {
                        Value::String(part) => part.clone(),
                        other => other.to_string(),
                    };
                    at = below(&at, &part);
                }
                let reasons = violation.reasons();
                let told = if reasons.is_empty() {
                    violation.message.clone()
                } else {
                    reasons.join(", ").replace("instance ", "")
                };
                self.error(at, format!("{key} of {} {told}", step.action));
            }
        }
    }
}

/// The ways in which an input may be written: the schema itself, or the parts of its `anyOf` or `oneOf`.
fn branches(schema: &Value) -> Vec<&Value> {
    let several = ["anyOf", "oneOf"]
        .iter()
        .find_map(|key| schema.get(key)?.as_array());
    match several {
        Some(several) if !several.is_empty() => several.iter().collect(),
        _ => vec![schema],
    }
}

/// The names of all inputs; none where anything goes.
pub(in crate::scaffolder) fn known_inputs(schema: &Value) -> Vec<&str> {
    let open = |schema: &Value| {
        schema.get("patternProperties").is_some()
            || schema
                .get("additionalProperties")
                .is_some_and(|more| *more != Value::Bool(false))
    };
    let mut known = Vec::new();
    for part in branches(schema).into_iter().chain([schema]) {
        if open(part) {
            return Vec::new();
        }
        let properties = part.get("properties").and_then(Value::as_object);
        known.extend(
            properties
                .into_iter()
                .flatten()
                .map(|(name, _)| name.as_str()),
        );
    }
    known
}

fn property<'s>(branches: &[&'s Value], name: &str) -> Option<&'s Value> {
    branches
        .iter()
        .find_map(|branch| branch.get("properties")?.get(name))
}

/// Required inputs that are not there.
fn missing<'s>(schema: &'s Value, input: &Map<String, Value>) -> Vec<&'s str> {
    let required = schema.get("required").and_then(Value::as_array);
    required
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .filter(|name| !input.contains_key(*name))
        .collect()
}

/// Whether a value has no expression in it.
fn is_static(value: &Value, options: &Options) -> bool {
    match value {
        Value::String(text) => nunjucks::is_plain(text, options),
        Value::Array(items) => items.iter().all(|item| is_static(item, options)),
        Value::Object(map) => map.values().all(|item| is_static(item, options)),
        _ => true,
    }
}

/// The inputs that an action does not have, taken out of an input; each with the one that was probably meant.
pub(in crate::scaffolder) fn take_unknown(
    schema: &Value,
    input: &mut Map<String, Value>,
) -> Vec<(String, Option<String>)> {
    let known = known_inputs(schema);
    if known.is_empty() {
        return Vec::new();
    }
    let unknown: Vec<String> = input
        .keys()
        .filter(|key| !known.contains(&key.as_str()))
        .cloned()
        .collect();
    unknown
        .into_iter()
        .map(|key| {
            input.shift_remove(&key);
            let near = text::nearest(&key, known.iter().copied()).map(str::to_owned);
            (key, near)
        })
        .collect()
}
