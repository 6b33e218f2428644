//! What a step is about to do: its items and their inputs, evaluated and checked, before any of it is done.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::Engine;
use crate::nunjucks::Error;
use crate::scaffolder::action::{Action, Level};
use crate::scaffolder::check::take_unknown;
use crate::scaffolder::error::{ActionError, ActionErrorKind};
use crate::scaffolder::evaluate::{Evaluated, Unevaluated, evaluate, is_truthy, items};
use crate::scaffolder::schema::{Schema, Violation};
use crate::scaffolder::template::{Condition, Step};

/// More items of an `each` are an error.
const MOST_ITEMS: usize = 10_000;

/// One time that a step's action runs.
pub(super) struct Iteration {
    /// The item's key and value; none where the step has no `each`.
    pub(super) each: Option<(String, Value)>,
    /// Whether the step's condition holds for the item.
    pub(super) runs: bool,
    /// What the action gets.
    pub(super) input: Map<String, Value>,
}

impl Engine<'_> {
    /// Whether a step's condition lets it begin. With an `each`, each item is asked on its own.
    pub(super) fn condition_holds(&self, step: &Step) -> Result<bool, ActionError> {
        match &step.condition {
            Some(Condition::Fixed(fixed)) => Ok(*fixed),
            Some(Condition::Text(text)) if step.each.is_none() => {
                let found = self.evaluated(&Value::from(text.as_str()), &self.context)?;
                self.warn(step, "if", &found.raw)?;
                Ok(is_truthy(found.value.as_ref()))
            }
            _ => Ok(true),
        }
    }

    /// The step's input with the secrets blotted out, for the log of a dry run.
    pub(super) fn redacted_input(&self, step: &Step) -> Result<Value, ActionError> {
        let Some(input) = &step.input else {
            return Ok(json!({}));
        };
        let secrets: Map<String, Value> = self
            .run
            .secrets
            .keys()
            .map(|name| (name.clone(), Value::from("***")))
            .collect();
        let mut context = self.context.clone();
        context.insert("secrets".to_owned(), Value::Object(secrets));
        let found = self.evaluated(input, &context)?;
        Ok(found.value.unwrap_or_else(|| json!({})))
    }

    /// Everything the step will do, its inputs valid.
    pub(super) fn iterations(
        &self,
        step: &Step,
        action: &dyn Action,
    ) -> Result<Vec<Iteration>, ActionError> {
        let mut context = self.context.clone();
        let secrets = Value::Object(self.run.secrets.clone());
        context.insert("secrets".to_owned(), secrets);
        let mut iterations = Vec::new();
        match &step.each {
            None => {
                let input = self.input(step, &context)?;
                iterations.push(Iteration {
                    each: None,
                    runs: true,
                    input,
                });
            }
            Some(each) => {
                for (key, value) in self.items(step, each, action, &context)? {
                    let item = json!({"key": key.as_str(), "value": &value});
                    context.insert("each".to_owned(), item);
                    let runs = self.item_runs(step, &context)?;
                    let input = self.input(step, &context)?;
                    iterations.push(Iteration {
                        each: Some((key, value)),
                        runs,
                        input,
                    });
                }
            }
        }
        let written = action.input_schema();
        let schema = Schema::new(&written).map_err(|error| {
            ActionError::input(format!("the schema of {}: {error}", action.id()))
        })?;
        let mut told = BTreeSet::new();
        for iteration in iterations.iter_mut().filter(|iteration| iteration.runs) {
            for (name, near) in take_unknown(&written, &mut iteration.input) {
                if !told.contains(&name) {
                    let near = near.map_or(String::new(), |near| {
                        format!("; did the template mean {near}?")
                    });
                    let message = format!("{name} is not an input of {}{near}", action.id());
                    self.line(step, Level::Warn, &message)?;
                    told.insert(name);
                }
            }
            check(action, &schema, iteration)?;
        }
        Ok(iterations)
    }

    fn items(
        &self,
        step: &Step,
        each: &Value,
        action: &dyn Action,
        context: &Map<String, Value>,
    ) -> Result<Vec<(String, Value)>, ActionError> {
        let found = self.evaluated(each, context)?;
        self.warn(step, "each", &found.raw)?;
        let place = format!("Invalid value on action {}.each parameter", action.id());
        let Some(value) = found.value else {
            let written = each
                .as_str()
                .map_or_else(|| each.to_string(), str::to_owned);
            return Err(ActionError::input(format!(
                "{place}, \"{written}\" cannot be resolved to a value"
            )));
        };
        let Some(items) = items(&value) else {
            return Err(ActionError::input(format!(
                "{place}, must resolve to an array or object"
            )));
        };
        if items.len() > MOST_ITEMS {
            return Err(ActionError::new(
                ActionErrorKind::Limit,
                format!("{place}, more than {MOST_ITEMS} items"),
            ));
        }
        Ok(items)
    }

    fn item_runs(&self, step: &Step, context: &Map<String, Value>) -> Result<bool, ActionError> {
        match &step.condition {
            Some(Condition::Text(text)) if !text.is_empty() => {
                let found = self.evaluated(&Value::from(text.as_str()), context)?;
                Ok(is_truthy(found.value.as_ref()))
            }
            Some(Condition::Fixed(fixed)) => Ok(*fixed),
            _ => Ok(true),
        }
    }

    fn input(
        &self,
        step: &Step,
        context: &Map<String, Value>,
    ) -> Result<Map<String, Value>, ActionError> {
        let Some(input) = &step.input else {
            return Ok(Map::new());
        };
        let found = self.evaluated(input, context)?;
        self.warn(step, "input", &found.raw)?;
        Ok(match found.value {
            Some(Value::Object(input)) => input,
            _ => Map::new(),
        })
    }

    fn evaluated(
        &self,
        value: &Value,
        context: &Map<String, Value>,
    ) -> Result<Evaluated, ActionError> {
        evaluate(value, context, &self.options, Some(&self.status)).map_err(|error: Error| {
            let message = format!("the step asks for too much: {error}");
            let found = ActionError::new(ActionErrorKind::Limit, message);
            match error.hint() {
                Some(hint) => found.hint(hint),
                None => found,
            }
        })
    }

    /// Tells of texts that stay as they are written: Backstage says nothing of them, and they are never meant so.
    fn warn(&self, step: &Step, part: &str, raw: &[Unevaluated]) -> Result<(), ActionError> {
        for text in raw {
            let mut message = format!(
                "{part}{} stays as it is written: {}",
                text.pointer,
                text.error.message()
            );
            if let Some(hint) = text.error.hint() {
                message.push_str(&format!(" ({hint})"));
            }
            self.line(step, Level::Warn, &message)?;
        }
        Ok(())
    }
}

/// Checks an input against its action's schema.
fn check(action: &dyn Action, schema: &Schema, iteration: &Iteration) -> Result<(), ActionError> {
    let violations = schema.check(&Value::Object(iteration.input.clone()));
    if violations.is_empty() {
        return Ok(());
    }
    let item = match &iteration.each {
        Some((key, _)) => format!("[{key}]"),
        None => String::new(),
    };
    let told: Vec<String> = violations.iter().map(Violation::stack).collect();
    let error = ActionError::input(format!(
        "Invalid input passed to action {}{item}, {}",
        action.id(),
        told.join(", ")
    ));
    let reasons: Vec<String> = violations.iter().flat_map(Violation::reasons).collect();
    Err(if reasons.is_empty() {
        error
    } else {
        error.hint(reasons.join(", "))
    })
}
