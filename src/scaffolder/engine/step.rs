//! One step: whether it runs, what a dry run says instead, and its action.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::prepare::Iteration;
use super::{Engine, StepState};
use crate::scaffolder::action::{Action, Level, StepContext, Target};
use crate::scaffolder::dry_run::example_output;
use crate::scaffolder::error::{ActionError, ActionErrorKind};
use crate::scaffolder::event::{EventBody, StepStatus};
use crate::scaffolder::services::StepIntents;
use crate::scaffolder::template::Step;

/// How long an action may take to end once its task is cancelled; then it is dropped.
const GRACE: Duration = Duration::from_millis(800);

impl Engine<'_> {
    /// Runs a step.
    pub(super) async fn step(&mut self, step: &Step) -> Result<(), ActionError> {
        let begun = EventBody::step(&step.id, format!("Beginning step {}", step.name));
        self.log(begun.status(StepStatus::Processing))?;
        if self.run.cancel.is_cancelled() {
            return Err(self.cancelled(step));
        }
        if !self.condition_holds(step)? {
            return self.skipped(
                step,
                format!(
                    "Skipping step {} because its if condition was false",
                    step.id
                ),
            );
        }
        let run = self.run;
        let Some(action) = run.registry.get(&step.action) else {
            self.set_output(&step.id, json!({}));
            return self.skipped(
                step,
                format!("Skipping because there is no action {}", step.action),
            );
        };
        if run.dry_run {
            let input = self.redacted_input(step)?;
            let input = serde_json::to_string_pretty(&input).unwrap_or_default();
            let message = format!(
                "Running {} in dry-run mode with inputs (secrets redacted): {input}",
                action.id()
            );
            self.line(step, Level::Info, &message)?;
            if !action.supports_dry_run() {
                let output = match action.output_schema() {
                    Value::Null => json!({}),
                    schema => example_output(&schema),
                };
                self.set_output(&step.id, output);
                return self.skipped(
                    step,
                    format!("Skipping because {} does not support dry-run", action.id()),
                );
            }
        }
        let iterations = self.iterations(step, action)?;
        let outputs = self.iterate(step, action, &iterations).await?;
        if run.cancel.is_cancelled() {
            return Err(self.cancelled(step));
        }
        let output = Value::Object(outputs);
        self.set_output(&step.id, output.clone());
        let ended = StepState {
            status: StepStatus::Completed,
            output,
        };
        self.state.steps.insert(step.id.clone(), ended);
        self.sink_save()?;
        let finished = EventBody::step(&step.id, format!("Finished step {}", step.name));
        self.log(finished.status(StepStatus::Completed))
    }

    /// Runs the action once for each item.
    async fn iterate(
        &mut self,
        step: &Step,
        action: &dyn Action,
        iterations: &[Iteration],
    ) -> Result<Map<String, Value>, ActionError> {
        let mut outputs = Map::new();
        for iteration in iterations {
            if let Some((key, value)) = &iteration.each {
                let item = json!({"key": key, "value": log_text(value)});
                let verb = if iteration.runs {
                    "Running"
                } else {
                    "Skipping"
                };
                self.line(
                    step,
                    Level::Info,
                    &format!("{verb} step each: {{\"each\":{item}}}"),
                )?;
                if !iteration.runs {
                    continue;
                }
            }
            let found = self.act(step, action, iteration).await?;
            for (name, value) in found {
                if step.each.is_none() {
                    outputs.insert(name, value);
                } else if let Value::Array(list) = outputs.entry(name).or_insert_with(|| json!([]))
                {
                    list.push(value);
                }
            }
        }
        Ok(outputs)
    }

    /// Runs the action once, as far as it may.
    async fn act(
        &mut self,
        step: &Step,
        action: &dyn Action,
        iteration: &Iteration,
    ) -> Result<Map<String, Value>, ActionError> {
        let run = self.run;
        let targets = if run.dry_run {
            Vec::new()
        } else {
            action.targets(&iteration.input)
        };
        for target in &targets {
            self.permit(step, target)?;
        }
        let scope = match &iteration.each {
            Some((key, _)) => format!("{}[{key}]", step.id),
            None => step.id.clone(),
        };
        let mut context = StepContext {
            input: &iteration.input,
            workspace: run.workspace,
            template: &run.task.folder,
            template_ref: &run.task.template_ref,
            services: run.services,
            intents: StepIntents::new(run.intents, scope),
            cancel: run.cancel,
            user: &run.task.user,
            step_id: &step.id,
            task_id: run.task_id,
            dry_run: run.dry_run,
            sink: self.sink,
            outputs: Map::new(),
        };
        let dropped = async {
            run.cancel.cancelled().await;
            tokio::time::sleep(GRACE).await;
        };
        let result = tokio::select! {
            biased;
            result = action.run(&mut context) => result,
            () = dropped => Err(ActionError::cancelled()),
        };
        let outputs = context.outputs;
        match result {
            Err(_) if run.cancel.is_cancelled() => return Err(self.cancelled(step)),
            Err(error) => return Err(error),
            Ok(()) => {}
        }
        if let Some(lost) = self.sink.lost() {
            return Err(lost);
        }
        for target in targets.into_iter().filter(|target| target.creates) {
            if self.created.insert(target.clone()) {
                self.state.created.push(target);
            }
        }
        Ok(outputs)
    }

    /// Refuses what needs a person's word that was not given.
    fn permit(&self, step: &Step, target: &Target) -> Result<(), ActionError> {
        let Some(why) = self.permissions.question(target, &self.created) else {
            return Ok(());
        };
        let error = ActionError::not_allowed(format!(
            "Step {} would {} {} on {}: {why}",
            step.id, target.verb, target.what, target.host
        ));
        Err(error.hint(format!(
            "if that is meant, allow it: --allow {}",
            target.what
        )))
    }

    fn skipped(&mut self, step: &Step, message: String) -> Result<(), ActionError> {
        self.log(EventBody::step(&step.id, message).status(StepStatus::Skipped))
    }

    fn cancelled(&self, step: &Step) -> ActionError {
        ActionError::new(
            ActionErrorKind::Cancelled,
            format!(
                "Step {} ({}) of task {} has been cancelled.",
                step.id, step.name, self.run.task_id
            ),
        )
    }

    /// A line of a step's log.
    pub(super) fn line(&self, step: &Step, level: Level, text: &str) -> Result<(), ActionError> {
        self.log(EventBody::step(
            &step.id,
            format!("{}: {text}", level.name()),
        ))
    }

    fn sink_save(&self) -> Result<(), ActionError> {
        use crate::scaffolder::event::EventSink as _;
        self.sink.save(&self.state)
    }
}

/// A value as JavaScript makes text of it, for the log of an `each`.
fn log_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items = items.iter().map(|item| match item {
                Value::Null => String::new(),
                other => log_text(other),
            });
            items.collect::<Vec<_>>().join(",")
        }
        Value::Object(_) => "[object Object]".to_owned(),
        other => other.to_string(),
    }
}
