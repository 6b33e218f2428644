//! `debug:wait`: waits.

use std::time::Duration;

use serde_json::{Value, json};

use crate::scaffolder::action::{Action, Example, Level, Outcome, StepContext};
use crate::scaffolder::error::ActionError;

/// The longest wait Backstage allows.
const LONGEST: Duration = Duration::from_secs(10 * 60);

/// The action.
pub struct DebugWait;

impl Action for DebugWait {
    fn id(&self) -> &'static str {
        "debug:wait"
    }

    fn description(&self) -> &'static str {
        "Waits for a certain period of time."
    }

    fn input_schema(&self) -> Value {
        json!({
            "type": "object",
            "properties": {
                "minutes": {"type": "number", "description": "Waiting period in minutes."},
                "seconds": {"type": "number", "description": "Waiting period in seconds."},
                "milliseconds": {"type": "number", "description": "Waiting period in milliseconds."}
            },
            "additionalProperties": false,
            "$schema": "http://json-schema.org/draft-07/schema#"
        })
    }

    fn examples(&self) -> &'static [Example] {
        &[
            Example {
                description: "Waiting for 50 milliseconds",
                example: "steps:\n  - action: debug:wait\n    id: wait-milliseconds\n    name: Waiting for 50 milliseconds\n    input:\n      milliseconds: 50\n",
            },
            Example {
                description: "Waiting for 5 seconds",
                example: "steps:\n  - action: debug:wait\n    id: wait-5sec\n    name: Waiting for 5 seconds\n    input:\n      seconds: 5\n",
            },
            Example {
                description: "Waiting for 1 minutes",
                example: "steps:\n  - action: debug:wait\n    id: wait-1min\n    name: Waiting for 1 minutes\n    input:\n      minutes: 1\n",
            },
        ]
    }

    fn run<'a>(&'a self, step: &'a mut StepContext<'_>) -> Outcome<'a> {
        Box::pin(async move {
            let part = |name: &str, seconds: f64| {
                step.input.get(name).and_then(Value::as_f64).unwrap_or(0.0) * seconds
            };
            let seconds =
                part("minutes", 60.0) + part("seconds", 1.0) + part("milliseconds", 0.001);
            let wait = Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX);
            if wait > LONGEST {
                return Err(ActionError::input(format!(
                    "Waiting duration is longer than the maximum threshold of {} minutes",
                    LONGEST.as_secs() / 60
                )));
            }
            step.log(
                Level::Info,
                &format!("Waiting for {} milliseconds...", wait.as_millis()),
            );
            tokio::select! {
                () = tokio::time::sleep(wait) => Ok(()),
                () = step.cancel.cancelled() => Err(ActionError::cancelled()),
            }
        })
    }
}
