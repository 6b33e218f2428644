//! Reading a template's `spec`.

use serde_json::{Map, Value};

use super::{Condition, Page, Step, TemplateSpec};

/// Why a template cannot be run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SpecProblem {
    /// Where, as a JSON pointer into the entity.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
}

/// The entity's API version; Backstage runs no other.
const API_VERSION: &str = "scaffolder.backstage.io/v1beta3";

pub(super) fn read(entity: &Value) -> Result<TemplateSpec, Vec<SpecProblem>> {
    let mut problems = Problems(Vec::new());
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    if text(entity.get("kind")).as_deref() != Some("Template") {
        problems.add("/kind", "this is not a Template");
        return Err(problems.0);
    }
    if text(entity.get("apiVersion")).as_deref() != Some(API_VERSION) {
        problems.add(
            "/apiVersion",
            format!("only templates of {API_VERSION} can be run"),
        );
    }
    let empty = Map::new();
    let metadata = entity.get("metadata").and_then(Value::as_object);
    if metadata.is_none() {
        problems.add("", "the template has no metadata");
    }
    let metadata = metadata.unwrap_or(&empty);
    let Some(spec) = entity.get("spec").and_then(Value::as_object) else {
        problems.add("", "the template has no spec");
        return Err(problems.0);
    };
    let pages = pages(spec.get("parameters"), &mut problems);
    let steps = steps(spec.get("steps"), &mut problems);
    let output = match spec.get("output") {
        None | Some(Value::Null) => Value::Object(Map::new()),
        Some(output) => output.clone(),
    };
    let secrets = spec
        .get("secrets")
        .and_then(|secrets| secrets.get("schema"))
        .filter(|schema| schema.is_object())
        .cloned();
    if !problems.0.is_empty() {
        return Err(problems.0);
    }
    let part = |key: &str, default: &str| {
        text(metadata.get(key))
            .filter(|text| !text.is_empty())
            .unwrap_or_else(|| default.to_owned())
            .to_lowercase()
    };
    Ok(TemplateSpec {
        entity_ref: format!(
            "template:{}/{}",
            part("namespace", "default"),
            part("name", "")
        ),
        metadata: metadata.clone(),
        owner: text(spec.get("owner")),
        spec_type: text(spec.get("type")),
        pages,
        steps,
        output,
        secrets,
        presentation: spec.get("presentation").cloned(),
    })
}

struct Problems(Vec<SpecProblem>);

impl Problems {
    fn add(&mut self, pointer: impl Into<String>, message: impl Into<String>) {
        self.0.push(SpecProblem {
            pointer: pointer.into(),
            message: message.into(),
        });
    }
}

/// One page, or a list of them.
fn pages(parameters: Option<&Value>, problems: &mut Problems) -> Vec<Page> {
    let page = |schema: &Value, pointer: String| {
        let text = |key: &str| schema.get(key).and_then(Value::as_str).map(str::to_owned);
        Page {
            title: text("title"),
            description: text("description"),
            schema: schema.clone(),
            pointer,
        }
    };
    match parameters {
        None | Some(Value::Null) => Vec::new(),
        Some(one @ Value::Object(_)) => vec![page(one, "/spec/parameters".to_owned())],
        Some(Value::Array(list)) => {
            let mut pages = Vec::with_capacity(list.len());
            for (at, schema) in list.iter().enumerate() {
                let pointer = format!("/spec/parameters/{at}");
                match schema {
                    Value::Object(_) => pages.push(page(schema, pointer)),
                    Value::Null => {}
                    _ => problems.add(pointer, "a page of parameters must be an object"),
                }
            }
            pages
        }
        Some(_) => {
            problems.add(
                "/spec/parameters",
                "parameters must be an object or a list of objects",
            );
            Vec::new()
        }
    }
}

fn steps(steps: Option<&Value>, problems: &mut Problems) -> Vec<Step> {
    let Some(Value::Array(list)) = steps else {
        let pointer = if steps.is_some() {
            "/spec/steps"
        } else {
            "/spec"
        };
        problems.add(pointer, "the template has no list of steps");
        return Vec::new();
    };
    let mut found = Vec::with_capacity(list.len());
    for (at, step) in list.iter().enumerate() {
        let pointer = format!("/spec/steps/{at}");
        let Value::Object(fields) = step else {
            problems.add(pointer, "a step must be an object");
            continue;
        };
        let text = |key: &str| fields.get(key).and_then(Value::as_str);
        let Some(action) = text("action") else {
            problems.add(pointer, "the step has no action");
            continue;
        };
        let id = text("id").map_or_else(|| format!("step-{}", at + 1), str::to_owned);
        let name = text("name").unwrap_or(action).to_owned();
        let input = match fields.get("input") {
            None | Some(Value::Null) => None,
            Some(input @ Value::Object(_)) => Some(input.clone()),
            Some(_) => {
                problems.add(
                    format!("{pointer}/input"),
                    "a step's input must be an object",
                );
                continue;
            }
        };
        let condition = match fields.get("if") {
            Some(Value::Bool(fixed)) => Some(Condition::Fixed(*fixed)),
            Some(Value::String(text)) => Some(Condition::Text(text.clone())),
            // Backstage runs a step whose condition is neither.
            _ => None,
        };
        let mut written = fields.clone();
        written.insert("id".to_owned(), Value::from(id.as_str()));
        written.insert("name".to_owned(), Value::from(name.as_str()));
        found.push(Step {
            id,
            name,
            action: action.to_owned(),
            condition,
            each: fields.get("each").cloned(),
            input,
            pointer,
            written: Value::Object(written),
        });
    }
    found
}
