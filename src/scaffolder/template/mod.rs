//! A Template entity's `spec` as the scaffolder reads it: pages of parameters, steps, output, secrets, presentation.
//!
//! Nothing is evaluated here, and what is not understood is a problem with its place (a JSON pointer into the entity, which
//! whoever has the file turns into line and column), never a panic. Newer and experimental fields are kept and ignored.

mod read;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use read::SpecProblem;

/// Backstage's title of a page that has none.
pub const UNTITLED_PAGE: &str = "Please enter the following information";

/// A software template.
#[derive(Clone, PartialEq, Debug)]
pub struct TemplateSpec {
    /// The complete reference: `template:default/service`.
    pub entity_ref: String,
    /// The entity's `metadata`.
    pub metadata: Map<String, Value>,
    /// `spec.owner` as it is written.
    pub owner: Option<String>,
    /// `spec.type`.
    pub spec_type: Option<String>,
    /// The pages of the form, in order.
    pub pages: Vec<Page>,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// What is told at the end; an empty object where nothing is.
    pub output: Value,
    /// The schema of the secrets, where there is one.
    pub secrets: Option<Value>,
    /// `spec.presentation`, for the form's buttons.
    pub presentation: Option<Value>,
}

/// One page of the form.
#[derive(Clone, PartialEq, Debug)]
pub struct Page {
    /// Its title; none where it has none.
    pub title: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// The page itself: a schema of draft 7 with hints for the form in it.
    pub schema: Value,
    /// Where it stands: `/spec/parameters/0`.
    pub pointer: String,
}

/// A step's `if`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Condition {
    /// `if: false`.
    Fixed(bool),
    /// An expression, or a text, which is true unless it is empty.
    Text(String),
}

/// One step.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Step {
    /// By what other steps name it; `step-N` where it has none.
    pub id: String,
    /// What it is called; its action where it has no name.
    pub name: String,
    /// The action.
    pub action: String,
    /// When it runs.
    #[serde(default, rename = "if", skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
    /// What it runs for each of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub each: Option<Value>,
    /// What its action gets, not yet evaluated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Value>,
    /// Where it stands: `/spec/steps/0`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub pointer: String,
    /// Every field as it is written, id and name filled in: what a dry run answers with.
    #[serde(default)]
    pub written: Value,
}

impl TemplateSpec {
    /// Reads a Template entity, its placeholders filled in.
    ///
    /// # Errors
    /// Everything that keeps it from being run, in the file's order.
    pub fn read(entity: &Value) -> Result<Self, Vec<SpecProblem>> {
        read::read(entity)
    }

    /// The title, or the name.
    pub fn title(&self) -> &str {
        let text = |key: &str| self.metadata.get(key).and_then(Value::as_str);
        text("title")
            .filter(|title| !title.is_empty())
            .or_else(|| text("name"))
            .unwrap_or_default()
    }

    /// The description.
    pub fn description(&self) -> Option<&str> {
        self.metadata.get("description").and_then(Value::as_str)
    }

    /// The schema of a parameter by its name, looked for on every page, conditional parts included.
    pub fn parameter(&self, name: &str) -> Option<&Value> {
        self.pages
            .iter()
            .find_map(|page| find_property(&page.schema, name, 0))
    }

    /// The names of all parameters, in the order of the form, conditional ones included.
    pub fn parameter_names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for page in &self.pages {
            collect_properties(&page.schema, &mut names, 0);
        }
        let mut seen = std::collections::HashSet::new();
        names.retain(|name| seen.insert(*name));
        names
    }
}

/// How deep schemas may lie in each other; YAML's own bound is near.
const DEEPEST: usize = 64;

/// Where a schema may have more schemas of the same value: in lists, and in objects by condition.
const APPLIED_LISTS: [&str; 3] = ["oneOf", "anyOf", "allOf"];
const APPLIED: [&str; 3] = ["then", "else", "if"];

fn applied(schema: &Value) -> impl Iterator<Item = &Value> {
    let lists = APPLIED_LISTS
        .iter()
        .filter_map(|key| schema.get(key)?.as_array())
        .flatten();
    let single = APPLIED.iter().filter_map(|key| schema.get(key));
    let dependencies = ["dependencies", "dependentSchemas"]
        .iter()
        .filter_map(|key| schema.get(key)?.as_object())
        .flat_map(|map| map.values());
    lists.chain(single).chain(dependencies)
}

fn find_property<'a>(schema: &'a Value, name: &str, depth: usize) -> Option<&'a Value> {
    if depth > DEEPEST {
        return None;
    }
    if let Some(found) = schema.get("properties").and_then(|map| map.get(name)) {
        return Some(found);
    }
    // A property that is only compared says nothing of its type; a richer one may stand further on.
    let mut only_compared = None;
    for part in applied(schema) {
        match find_property(part, name, depth + 1) {
            Some(found) if found.get("const").is_some() && found.get("type").is_none() => {
                only_compared.get_or_insert(found);
            }
            Some(found) => return Some(found),
            None => {}
        }
    }
    only_compared
}

fn collect_properties<'a>(schema: &'a Value, names: &mut Vec<&'a str>, depth: usize) {
    if depth > DEEPEST {
        return;
    }
    if let Some(Value::Object(properties)) = schema.get("properties") {
        names.extend(properties.keys().map(String::as_str));
    }
    for part in applied(schema) {
        collect_properties(part, names, depth + 1);
    }
}

#[cfg(test)]
mod tests;
