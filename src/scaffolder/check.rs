//! Checking a template without running it: what it asks for, what its steps say, and whether that can mean anything.
//!
//! Pure: whoever has the file turns pointers into lines and columns, and looks whether a skeleton is there. What Backstage
//! could not run, or would leave as raw text, is an error; what is likely not meant is a warning.

mod expressions;
mod inputs;
mod parameters;

use std::collections::BTreeMap;

use serde_json::Value;

pub(super) use inputs::take_unknown;

use super::registry::Registry;
use super::template::{Condition, Step, TemplateSpec};
use crate::nunjucks::{HostKind, Options};

/// Something about a template.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// Where, as a JSON pointer into the entity.
    pub pointer: String,
    /// Where in the text at the pointer: line and column, counted from 1.
    pub within: Option<(u32, u32)>,
    /// Whether the key is meant, not its value.
    pub at_key: bool,
    /// Whether it is more than likely not meant.
    pub is_error: bool,
    /// What is wrong, with what is probably meant.
    pub message: String,
}

/// A place that a step reads beside its template.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// Where it is named.
    pub pointer: String,
    /// The relative URL, as far as it is known before it is evaluated.
    pub url: String,
    /// Whether a folder is wanted; else a file.
    pub is_folder: bool,
}

/// What checking a template found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Checked {
    /// In the order of the template.
    pub findings: Vec<Finding>,
    /// What should be beside it.
    pub wanted: Vec<Wanted>,
}

/// Actions that read beside the template, each with whether it reads a folder.
const READERS: [(&str, bool); 4] = [
    ("fetch:template", true),
    ("fetch:plain", true),
    ("fetch:template:file", false),
    ("fetch:plain:file", false),
];

/// Checks a template. `hosts` are those that `parseRepoUrl` knows.
pub fn check(
    template: &TemplateSpec,
    registry: &Registry,
    hosts: &[(String, HostKind)],
) -> Checked {
    let mut checker = Checker {
        template,
        registry,
        options: Options {
            hosts: hosts.to_vec(),
            ..Options::default()
        },
        parameters: template.parameter_names(),
        checked: Checked::default(),
    };
    checker.parameters();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, step) in template.steps.iter().enumerate() {
        if let Some(first) = seen.insert(&step.id, at) {
            checker.warn(
                format!("{}/id", step.pointer),
                format!(
                    "step {} has the id {} too; the last one's output counts",
                    first + 1,
                    step.id
                ),
            );
        }
        checker.step(at, step);
    }
    let output = expressions::Scene {
        steps_before: template.steps.len(),
        has_each: false,
        has_secrets: false,
    };
    checker.expressions(&template.output, "/spec/output", &output);
    checker.checked
}

struct Checker<'t> {
    template: &'t TemplateSpec,
    registry: &'t Registry,
    options: Options,
    parameters: Vec<&'t str>,
    checked: Checked,
}

impl Checker<'_> {
    fn step(&mut self, at: usize, step: &Step) {
        let scene = |has_each, has_secrets| expressions::Scene {
            steps_before: at,
            has_each,
            has_secrets,
        };
        let has_each = step.each.is_some();
        if self.registry.get(&step.action).is_none() {
            let near = self.registry.nearest(&step.action);
            let hint = near.map_or(String::new(), |near| format!("; did you mean {near}?"));
            self.warn(
                format!("{}/action", step.pointer),
                format!("callboard does not have the action {}{hint}", step.action),
            );
        }
        if let Some(Condition::Text(text)) = &step.condition {
            // With an `each` the condition is that of its items.
            let pointer = format!("{}/if", step.pointer);
            self.expressions(
                &Value::from(text.as_str()),
                &pointer,
                &scene(has_each, has_each),
            );
        }
        if let Some(each) = &step.each {
            self.expressions(each, &format!("{}/each", step.pointer), &scene(false, true));
        }
        if let Some(input) = &step.input {
            let pointer = format!("{}/input", step.pointer);
            self.expressions(input, &pointer, &scene(has_each, true));
        }
        self.inputs(step);
        self.wanted(step);
    }

    /// What the step reads beside the template.
    fn wanted(&mut self, step: &Step) {
        let Some((_, is_folder)) = READERS.iter().find(|(id, _)| *id == step.action) else {
            return;
        };
        let url = step.input.as_ref().and_then(|input| input.get("url"));
        if let Some(url) = url.and_then(Value::as_str) {
            self.checked.wanted.push(Wanted {
                pointer: format!("{}/input/url", step.pointer),
                url: url.to_owned(),
                is_folder: *is_folder,
            });
        }
    }

    fn warn(&mut self, pointer: String, message: String) {
        self.add(pointer, None, false, message);
    }

    fn error(&mut self, pointer: String, message: String) {
        self.add(pointer, None, true, message);
    }

    fn add(
        &mut self,
        pointer: String,
        within: Option<(u32, u32)>,
        is_error: bool,
        message: String,
    ) {
        self.checked.findings.push(Finding {
            pointer,
            within,
            at_key: false,
            is_error,
            message,
        });
    }
}

/// A pointer one step further.
fn below(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests;
