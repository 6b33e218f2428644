//! Which parameters are secrets, and how they are kept apart from the answers.
//!
//! A secret is never among the values (there, asterisks stand for it, as Backstage has it), never in a draft, and never in
//! what `Debug` prints.

use std::collections::{BTreeMap, HashSet};

use secrecy::SecretString;
use serde_json::{Map, Value};

use super::build::pickers::is_secret;
use super::path::{FieldPath, Segment};

pub(super) type Secrets = BTreeMap<FieldPath, SecretString>;

/// Schemas looked at before it is given up to tell places apart, and how deep.
const MOST: usize = 50_000;
const DEEPEST: usize = 40;

/// The places of secrets: names of properties from the root, whatever item of a list they are in.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    exact: HashSet<Vec<String>>,
    /// Names that are a secret wherever they stand: for what lies too deep to be told apart.
    names: HashSet<String>,
}

impl Places {
    /// The places of all secrets, on whatever branch of whatever page.
    pub fn find(parameters: &Value) -> Self {
        let pages = match parameters {
            Value::Array(pages) => pages.iter().collect(),
            one => vec![one],
        };
        let mut places = Self::default();
        let mut budget = MOST;
        for page in pages {
            places.walk(page, page, &mut Vec::new(), 0, &mut budget);
        }
        places
    }

    fn walk(
        &mut self,
        schema: &Value,
        page: &Value,
        path: &mut Vec<String>,
        depth: usize,
        budget: &mut usize,
    ) {
        let Value::Object(fields) = schema else {
            return;
        };
        if is_secret(fields) {
            if let Some(name) = path.last() {
                self.exact.insert(path.clone());
                if depth + 4 > DEEPEST {
                    self.names.insert(name.clone());
                }
            }
            return;
        }
        *budget = budget.saturating_sub(1);
        if depth > DEEPEST || *budget == 0 {
            return;
        }
        let target = fields
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|reference| page.pointer(reference.strip_prefix('#')?));
        let lists = ["oneOf", "anyOf", "allOf"]
            .iter()
            .filter_map(|key| fields.get(*key)?.as_array())
            .flatten();
        let single = ["then", "else", "items", "additionalItems"]
            .iter()
            .filter_map(|key| fields.get(*key));
        let tuple = fields.get("items").and_then(Value::as_array);
        let dependencies = fields.get("dependencies").and_then(Value::as_object);
        let same = lists
            .chain(single)
            .chain(tuple.into_iter().flatten())
            .chain(dependencies.into_iter().flat_map(Map::values))
            .chain(target);
        for part in same {
            self.walk(part, page, path, depth + 1, budget);
        }
        if let Some(Value::Object(properties)) = fields.get("properties") {
            for (name, schema) in properties {
                path.push(name.clone());
                self.walk(schema, page, path, depth + 1, budget);
                path.pop();
            }
        }
        if let Some(rest) = fields.get("additionalProperties") {
            path.push(ANY.to_owned());
            self.walk(rest, page, path, depth + 1, budget);
            path.pop();
        }
    }

    /// Whether a place is, or lies in, a secret.
    pub fn hold(&self, path: &FieldPath) -> bool {
        if self.exact.is_empty() {
            return false;
        }
        let keys: Vec<&str> = path
            .segments()
            .iter()
            .filter_map(|segment| match segment {
                Segment::Key(key) => Some(key.as_str()),
                Segment::Item(_) => None,
            })
            .collect();
        keys.iter().any(|key| self.names.contains(*key))
            || self.exact.iter().any(|place| {
                place.len() <= keys.len()
                    && place.iter().zip(&keys).all(|(a, b)| a == b || a == ANY)
            })
    }
}

/// Any name, in a place.
const ANY: &str = "\u{0}*";

/// Takes secrets out of values that were given beforehand. Asterisks alone are what an earlier task's values hold in a
/// secret's place: they are dropped.
pub(super) fn take(path: &FieldPath, value: &mut Value, places: &Places, secrets: &mut Secrets) {
    match value {
        Value::Object(fields) => {
            let secret: Vec<String> = fields
                .keys()
                .filter(|name| places.hold(&path.key(name)))
                .cloned()
                .collect();
            for name in secret {
                if let Some(value) = fields.shift_remove(&name) {
                    keep(&path.key(&name), &value, secrets);
                }
            }
            for (name, value) in fields.iter_mut() {
                take(&path.key(name), value, places, secrets);
            }
        }
        Value::Array(list) => {
            for (at, value) in list.iter_mut().enumerate() {
                take(
                    &path.item(u32::try_from(at).unwrap_or(0)),
                    value,
                    places,
                    secrets,
                );
            }
        }
        _ => {}
    }
}

fn keep(path: &FieldPath, value: &Value, secrets: &mut Secrets) {
    match value {
        Value::String(text) if text.chars().any(|c| c != '*') => {
            secrets.insert(path.clone(), SecretString::from(text.as_str()));
        }
        Value::Array(list) => {
            for (at, value) in list.iter().enumerate() {
                keep(&path.item(u32::try_from(at).unwrap_or(0)), value, secrets);
            }
        }
        _ => {}
    }
}
