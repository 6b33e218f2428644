//! The engine: runs the steps of a task, one after the other, as Backstage's workflow runner does.
//!
//! It knows no process, no terminal and no store: events go to a sink, what an action may reach stands behind traits, and a
//! token cancels it. It keeps going after a failure for the steps that ask for it (`always()`, `failure()`), and starts
//! again from a [`State`] where an earlier run of the task ended.

pub mod plan;
mod prepare;
mod recorder;
mod spec;
mod step;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use super::action::Target;
use super::error::{ActionError, ActionErrorKind};
use super::evaluate::{evaluate, without_hidden};
use super::event::{EventBody, EventKind, EventSink, StepStatus, TaskFailure};
use super::registry::Registry;
use super::services::{Intents, Services};
use super::template::{Condition, Step};
use super::trust::Permissions;
use super::workspace::Workspace;
use crate::nunjucks::{Options, StatusCheck};

pub use plan::{PlannedStep, PlannedTarget, plan};
pub use spec::{State, StepState, TaskSpec};

use recorder::Recorder;

/// What a run needs.
#[derive(Clone, Copy)]
pub struct Run<'r> {
    /// What to run.
    pub task: &'r TaskSpec,
    /// The task's id.
    pub task_id: &'r str,
    /// The secrets, by their names; texts. They reach `each`, `input` and the `if` of an item alone.
    pub secrets: &'r Map<String, Value>,
    /// The folder to work in; it exists.
    pub workspace: &'r Workspace,
    /// What actions may reach.
    pub services: &'r Services,
    /// The actions there are.
    pub registry: &'r Registry,
    /// Where events go. It masks secrets, in every form they take.
    pub sink: &'r dyn EventSink,
    /// What must not be made twice.
    pub intents: &'r dyn Intents,
    /// Cancels the task.
    pub cancel: &'r CancellationToken,
    /// Whether nothing may leave this machine.
    pub dry_run: bool,
}

/// How a run ended.
#[derive(Clone, PartialEq, Debug)]
pub struct RunResult {
    /// Completed, failed or cancelled.
    pub status: StepStatus,
    /// What the template puts out, where it completed.
    pub output: Option<Value>,
    /// The first error, where it did not.
    pub error: Option<ActionError>,
    /// How far it came, to go on from.
    pub state: State,
}

impl RunResult {
    /// The task's last event, for [`EventKind::Completion`].
    pub fn completion(&self) -> EventBody {
        let completed = self.status == StepStatus::Completed;
        let status = if completed { "completed" } else { "failed" };
        EventBody {
            message: format!("Run completed with status: {status}"),
            output: self.output.clone(),
            error: self.error.as_ref().map(TaskFailure::from),
            ..EventBody::default()
        }
    }
}

/// Runs a task to its end, from where `state` says.
pub async fn run(run: Run<'_>, state: State) -> RunResult {
    let recorder = Recorder::new(run.sink);
    let mut engine = Engine::new(run, &recorder, state);
    let output = engine.steps().await;
    let lost = recorder.lost();
    let Engine { state, .. } = engine;
    match (output, lost) {
        (Ok(output), None) => RunResult {
            status: StepStatus::Completed,
            output: Some(output),
            error: None,
            state,
        },
        (Err(error), None) | (_, Some(error)) => RunResult {
            status: match error.kind {
                ActionErrorKind::Cancelled => StepStatus::Cancelled,
                _ => StepStatus::Failed,
            },
            output: None,
            error: Some(error),
            state,
        },
    }
}

/// The actions of a task that callboard does not have, each with the id that was probably meant. A task that has any does
/// not start unless its person says so.
pub fn unknown_actions<'t>(
    task: &'t TaskSpec,
    registry: &Registry,
) -> Vec<(&'t Step, Option<&'static str>)> {
    task.steps
        .iter()
        .filter(|step| registry.get(&step.action).is_none())
        .map(|step| (step, registry.nearest(&step.action)))
        .collect()
}

/// A run under way.
struct Engine<'r> {
    run: Run<'r>,
    sink: &'r Recorder<'r>,
    options: Options,
    permissions: Permissions,
    /// What expressions see, but for secrets and the item of an `each`.
    context: Map<String, Value>,
    status: StatusCheck,
    created: BTreeSet<Target>,
    state: State,
}

impl<'r> Engine<'r> {
    fn new(run: Run<'r>, sink: &'r Recorder<'r>, state: State) -> Self {
        let hosts = run.services.hosts.to_vec();
        let task = run.task;
        let permissions = Permissions {
            allowed_owners: run.services.config.allowed_owners.clone(),
            allowed: task.allow.clone(),
            repository_hosts: hosts.iter().map(|(host, _)| host.clone()).collect(),
        };
        let context = [
            ("parameters", Value::Object(task.parameters.clone())),
            ("environment", json!({"parameters": {}, "secrets": {}})),
            ("steps", json!({})),
            ("user", task.user.clone()),
            ("context", json!({"task": {"id": run.task_id}})),
        ];
        let context = context
            .map(|(name, value)| (name.to_owned(), value))
            .into_iter()
            .collect();
        Self {
            run,
            sink,
            options: Options {
                hosts,
                ..Options::default()
            },
            permissions,
            context,
            status: StatusCheck::new(false),
            created: state.created.iter().cloned().collect(),
            state,
        }
    }

    /// The steps in order, then the output.
    async fn steps(&mut self) -> Result<Value, ActionError> {
        let steps = &self.run.task.steps;
        self.log(EventBody::task(format!(
            "Starting up task with {} steps",
            steps.len()
        )))?;
        self.refuse_unknown()?;
        let done = self
            .state
            .steps
            .values()
            .filter(|step| step.status == StepStatus::Completed)
            .count();
        if done > 0 {
            self.event(
                EventKind::Recovered,
                EventBody::task(format!(
                    "Task recovered - resuming from last known good state. {done} step(s) already completed."
                )),
            )?;
        }
        let mut first: Option<ActionError> = None;
        for step in steps {
            if self.done_before(step)? {
                continue;
            }
            if let Some(error) = &first
                && !self.runs_after(step, error)?
            {
                continue;
            }
            match self.step(step).await {
                Ok(()) => {}
                Err(error) if self.sink.lost().is_some() => return Err(error),
                Err(error) => {
                    self.failed(step, &error, first.is_some())?;
                    first.get_or_insert(error);
                    self.status = StatusCheck::new(true);
                }
            }
        }
        match first {
            Some(error) => Err(error),
            None => self.output(),
        }
    }

    fn refuse_unknown(&self) -> Result<(), ActionError> {
        if self.run.task.skip_unknown {
            return Ok(());
        }
        let unknown = unknown_actions(self.run.task, self.run.registry);
        let Some((step, nearest)) = unknown.first() else {
            return Ok(());
        };
        let error = ActionError::not_found(format!(
            "Template action with ID '{}' is not registered: callboard does not have it (step {})",
            step.action, step.id
        ));
        Err(match nearest {
            Some(nearest) => error.hint(format!("did the template mean {nearest}?")),
            None => error.hint("with --skip-unknown the steps of unknown actions are left out"),
        })
    }

    /// A step that an earlier run finished: its output is there, and it does not run again.
    fn done_before(&mut self, step: &Step) -> Result<bool, ActionError> {
        let Some(done) = self
            .state
            .steps
            .get(&step.id)
            .filter(|state| state.status == StepStatus::Completed)
        else {
            return Ok(false);
        };
        let output = done.output.clone();
        self.set_output(&step.id, output);
        let message = format!(
            "Skipping step {} because it was already completed in a previous run",
            step.id
        );
        self.log(EventBody::step(&step.id, message).status(StepStatus::Completed))?;
        Ok(true)
    }

    /// Whether a step runs after a failure: only one whose condition asks how the task is going, and none once the task is
    /// cancelled.
    fn runs_after(&mut self, step: &Step, error: &ActionError) -> Result<bool, ActionError> {
        let cancelled = error.kind == ActionErrorKind::Cancelled;
        if !cancelled && let Some(Condition::Text(condition)) = &step.condition {
            let status = StatusCheck::new(true);
            let value = Value::from(condition.as_str());
            // What it answers is asked again when the step runs.
            let _ = evaluate(&value, &self.context, &self.options, Some(&status));
            if status.was_asked() {
                return Ok(true);
            }
        }
        let why = if cancelled {
            "the task was cancelled"
        } else {
            "a previous step failed"
        };
        let message = format!("Skipping step {} because {why}", step.id);
        self.log(EventBody::step(&step.id, message).status(StepStatus::Skipped))?;
        Ok(false)
    }

    /// Tells that a step failed.
    fn failed(
        &mut self,
        step: &Step,
        error: &ActionError,
        another_did: bool,
    ) -> Result<(), ActionError> {
        if error.kind == ActionErrorKind::Cancelled {
            let message = format!("Step {} has been cancelled.", step.id);
            let body = EventBody::step(&step.id, message).status(StepStatus::Cancelled);
            return self.event(EventKind::Cancelled, body);
        }
        let mut message = format!("{}: {}", error.kind.name(), error.message);
        if another_did {
            message = format!("Additional error occurred: {message}");
        }
        if let Some(hint) = &error.hint {
            message.push_str("\nhint: ");
            message.push_str(hint);
        }
        self.log(EventBody::step(&step.id, message).status(StepStatus::Failed))
    }

    /// The template's output.
    fn output(&self) -> Result<Value, ActionError> {
        let evaluated = evaluate(
            &self.run.task.output,
            &self.context,
            &self.options,
            Some(&self.status),
        )
        .map_err(|error| {
            ActionError::new(ActionErrorKind::Limit, format!("the output: {error}"))
        })?;
        Ok(without_hidden(
            evaluated.value.unwrap_or_else(|| Value::Object(Map::new())),
        ))
    }

    /// Makes a step's output visible to expressions.
    fn set_output(&mut self, id: &str, output: Value) {
        if let Some(Value::Object(steps)) = self.context.get_mut("steps") {
            steps.insert(id.to_owned(), json!({ "output": output }));
        }
    }

    fn log(&self, body: EventBody) -> Result<(), ActionError> {
        self.event(EventKind::Log, body)
    }

    fn event(&self, kind: EventKind, body: EventBody) -> Result<(), ActionError> {
        self.sink.append(kind, body)
    }
}

#[cfg(test)]
mod tests;
