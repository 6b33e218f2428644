//! Actions and sinks for the tests of this module: they tell what was done to them.

use std::sync::Mutex;

use serde_json::{Map, Value, json};

use super::action::{Action, Outcome, StepContext, Target};
use super::engine::State;
use super::error::ActionError;
use super::event::{EventBody, EventKind, EventSink};

/// Keeps events as lines: `step status message`.
#[derive(Default)]
pub struct Lines {
    pub lines: Mutex<Vec<String>>,
    pub saved: Mutex<Option<State>>,
    /// After so many lines the disk is full.
    pub full_after: Option<usize>,
}

impl Lines {
    pub fn all(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }
}

impl EventSink for Lines {
    fn append(&self, kind: EventKind, body: EventBody) -> Result<(), ActionError> {
        let mut lines = self.lines.lock().unwrap();
        if self.full_after.is_some_and(|full| lines.len() >= full) {
            return Err(ActionError::new(
                super::ActionErrorKind::Storage,
                "the disk is full",
            ));
        }
        let step = body.step_id.unwrap_or_else(|| "-".to_owned());
        let status = body.status.map_or_else(String::new, |status| {
            format!(
                " {}",
                serde_json::to_value(status).unwrap().as_str().unwrap()
            )
        });
        let kind = if kind == EventKind::Log { "" } else { "!" };
        lines.push(format!("{kind}{step}{status}: {}", body.message));
        Ok(())
    }

    fn save(&self, state: &State) -> Result<(), ActionError> {
        *self.saved.lock().unwrap() = Some(state.clone());
        Ok(())
    }
}

/// `test:echo`: puts its input out; fails where it is told to; touches what it is told to.
pub struct Echo;

impl Action for Echo {
    fn id(&self) -> &'static str {
        "test:echo"
    }

    fn description(&self) -> &'static str {
        "Puts out what it gets."
    }

    fn input_schema(&self) -> Value {
        json!({"type": "object", "properties": {"value": {}, "fail": {"type": "string"}, "repo": {"type": "string"}, "create": {"type": "boolean"}}})
    }

    fn output_schema(&self) -> Value {
        json!({"type": "object", "properties": {"value": {"type": "string"}}})
    }

    fn targets(&self, input: &Map<String, Value>) -> Vec<Target> {
        let text = |name: &str| input.get(name).and_then(Value::as_str);
        text("repo")
            .map(|repo| Target {
                host: "github.com".to_owned(),
                what: repo.to_owned(),
                verb: "write to".to_owned(),
                creates: input.get("create") == Some(&Value::Bool(true)),
            })
            .into_iter()
            .collect()
    }

    fn run<'a>(&'a self, step: &'a mut StepContext<'_>) -> Outcome<'a> {
        Box::pin(async move {
            if let Some(message) = step.text("fail") {
                return Err(ActionError::conflict(message));
            }
            let value = step.input.get("value").cloned().unwrap_or_default();
            step.output("value", value);
            Ok(())
        })
    }
}
