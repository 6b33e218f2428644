//! Expressions: whether they can be read, and whether what they name is there.

use serde_json::Value;

use super::{Checker, below};
use crate::nunjucks::{self, Template, UsedPath};
use crate::text;

/// Where an expression stands, which says what it sees.
pub(super) struct Scene {
    /// How many steps have run by then.
    pub(super) steps_before: usize,
    /// Whether there is an `each`.
    pub(super) has_each: bool,
    /// Whether it sees secrets.
    pub(super) has_secrets: bool,
}

/// What expressions see, besides what they bind themselves.
const ROOTS: [&str; 7] = [
    "parameters",
    "steps",
    "user",
    "secrets",
    "each",
    "context",
    "environment",
];

impl Checker<'_> {
    /// Checks every text of a value.
    pub(super) fn expressions(&mut self, value: &Value, pointer: &str, scene: &Scene) {
        match value {
            Value::String(text) => self.expression(text, pointer, scene),
            Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.expressions(item, &below(pointer, &at.to_string()), scene);
                }
            }
            Value::Object(map) => {
                for (key, item) in map {
                    self.expressions(item, &below(pointer, key), scene);
                }
            }
            _ => {}
        }
    }

    fn expression(&mut self, text: &str, pointer: &str, scene: &Scene) {
        if nunjucks::is_plain(text, &self.options) {
            return;
        }
        let template = match Template::new(text, &self.options) {
            Ok(template) => template,
            Err(error) => {
                let hint = error
                    .hint()
                    .map_or(String::new(), |hint| format!(" ({hint})"));
                let message = format!(
                    "this cannot be evaluated and stays as it is written: {}{hint}",
                    error.message()
                );
                let within = error.line().zip(error.column());
                self.add(pointer.to_owned(), within, true, message);
                return;
            }
        };
        let usage = template.usage();
        for filter in usage.filters.iter().filter(|filter| !filter.is_known) {
            let near = filter
                .nearest
                .map_or(String::new(), |near| format!("; did you mean {near}?"));
            self.add(
                pointer.to_owned(),
                Some((filter.line, filter.column)),
                true,
                format!(
                    "there is no filter {}, so this stays as it is written{near}",
                    filter.name
                ),
            );
        }
        // Names that the text binds itself are told among those it uses.
        let binds = text.contains("{%");
        for path in &usage.paths {
            self.path(path, pointer, scene, binds);
        }
    }

    fn path(&mut self, path: &UsedPath, pointer: &str, scene: &Scene, binds: bool) {
        let names: Vec<&str> = path.names.iter().map(String::as_str).collect();
        let message = match names.as_slice() {
            ["parameters", name, ..] => self.parameter(name),
            ["steps", id, rest @ ..] => self.step_output(id, rest, scene),
            ["each", ..] if !scene.has_each => {
                Some("`each` is nothing here: the step has no each".to_owned())
            }
            ["each", field, ..] if !["key", "value"].contains(field) => Some(format!(
                "`each` has a key and a value; each.{field} is nothing"
            )),
            ["secrets", ..] if !scene.has_secrets => Some(
                "secrets reach only a step's input and each, and the if of an each; this is nothing here"
                    .to_owned(),
            ),
            ["user", field, ..] if !["entity", "ref"].contains(field) => {
                Some(format!("`user` has an entity and a ref; user.{field} is nothing"))
            }
            [root, _, ..] if !binds && !ROOTS.contains(root) => text::nearest(root, ROOTS)
                .map(|near| format!("{root} is nothing here; did you mean {near}?")),
            _ => None,
        };
        if let Some(message) = message {
            let within = Some((path.line, path.column));
            self.add(pointer.to_owned(), within, false, message);
        }
    }

    fn parameter(&self, name: &str) -> Option<String> {
        if self.parameters.contains(&name) {
            return None;
        }
        let near = text::nearest(name, self.parameters.iter().copied());
        let near = near.map_or(String::new(), |near| format!("; did you mean {near}?"));
        Some(format!("the template has no parameter {name}{near}"))
    }

    fn step_output(&self, id: &str, rest: &[&str], scene: &Scene) -> Option<String> {
        let steps = &self.template.steps;
        let Some(at) = steps.iter().position(|step| step.id == id) else {
            let near = text::nearest(id, steps.iter().map(|step| step.id.as_str()));
            let near = near.map_or(String::new(), |near| format!("; did you mean {near}?"));
            return Some(format!("there is no step {id}{near}"));
        };
        if at >= scene.steps_before {
            return Some(format!(
                "step {id} has not run by then: what it puts out is nothing here"
            ));
        }
        match rest {
            [field, ..] if *field != "output" => Some(format!(
                "what a step puts out is steps.{id}.output, not .{field}"
            )),
            [_, name, ..] => {
                let step = steps.get(at)?;
                // Outputs of an `each` are lists, which have a length.
                if step.each.is_some() && *name == "length" {
                    return None;
                }
                let schema = self.registry.get(&step.action)?.output_schema();
                let known = schema.get("properties")?.as_object()?;
                if known.contains_key(*name)
                    || schema
                        .get("additionalProperties")
                        .is_some_and(|more| more != false)
                {
                    return None;
                }
                let near = text::nearest(name, known.keys().map(String::as_str));
                let near = near.map_or(String::new(), |near| format!("; did you mean {near}?"));
                Some(format!("{} does not put out {name}{near}", step.action))
            }
            _ => None,
        }
    }
}
