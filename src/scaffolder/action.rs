//! What an action is, and what a step hands to it.

use std::future::Future;
use std::pin::Pin;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use super::error::ActionError;
use super::event::{EventBody, EventKind, EventSink};
use super::services::{Services, StepIntents};
use super::template_folder::TemplateFolder;
use super::workspace::Workspace;

/// What running an action gives.
pub type Outcome<'a> = Pin<Box<dyn Future<Output = Result<(), ActionError>> + Send + 'a>>;

/// How an action is used, for `callboard actions`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Example {
    /// What it shows.
    pub description: &'static str,
    /// YAML with `steps:`.
    pub example: &'static str,
}

/// Something outside this machine that a step touches.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Target {
    /// The host: `github.com`.
    pub host: String,
    /// What is touched there: `acme/payments`.
    pub what: String,
    /// What is done to it, as a verb and its object: `create repository`, `open a pull request in`.
    pub verb: String,
    /// Whether the step makes it: later steps may then touch it without a question.
    pub creates: bool,
}

/// How important a line of the log is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Level {
    /// What happens.
    Info,
    /// What may not be meant.
    Warn,
    /// What went wrong.
    Error,
}

impl Level {
    /// As it stands before a line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// An action of the scaffolder: one thing that a step can do.
pub trait Action: Send + Sync {
    /// By what a step names it: `fetch:template`.
    fn id(&self) -> &'static str;

    /// What it does, in a sentence.
    fn description(&self) -> &'static str;

    /// What it takes, as a schema of draft 7 in Backstage's own shape. The engine checks inputs against it.
    fn input_schema(&self) -> Value;

    /// What it puts out, as a schema of draft 7; null where it puts out nothing. A dry run makes its outputs from it.
    fn output_schema(&self) -> Value {
        Value::Null
    }

    /// How it is used.
    fn examples(&self) -> &'static [Example] {
        &[]
    }

    /// Whether a dry run runs it: it then touches nothing but the workspace where [`StepContext::dry_run`] is set.
    fn supports_dry_run(&self) -> bool {
        false
    }

    /// What outside this machine a step with this evaluated input touches. Answered without asking anybody, before
    /// anything runs; an input that is not understood touches nothing, and fails when it runs.
    fn targets(&self, _input: &Map<String, Value>) -> Vec<Target> {
        Vec::new()
    }

    /// Does it. The future ends soon after [`StepContext::cancel`] is cancelled.
    fn run<'a>(&'a self, step: &'a mut StepContext<'_>) -> Outcome<'a>;
}

/// What a step hands to its action.
pub struct StepContext<'t> {
    /// The step's input, evaluated and valid.
    pub input: &'t Map<String, Value>,
    /// The folder the task works in.
    pub workspace: &'t Workspace,
    /// Where relative URLs of the template resolve.
    pub template: &'t TemplateFolder,
    /// The template's complete reference.
    pub template_ref: &'t str,
    /// What may be reached outside the workspace.
    pub services: &'t Services,
    /// What must not be made twice.
    pub intents: StepIntents<'t>,
    /// Cancelled when the task is.
    pub cancel: &'t CancellationToken,
    /// The signed-in person: `ref` and `entity`, each where known.
    pub user: &'t Value,
    /// The step's id.
    pub step_id: &'t str,
    /// The task's id.
    pub task_id: &'t str,
    /// Whether nothing may leave this machine.
    pub dry_run: bool,
    /// Where lines of the log go.
    pub sink: &'t dyn EventSink,
    /// What the action put out so far.
    pub outputs: Map<String, Value>,
}

impl StepContext<'_> {
    /// Puts a value out under a name, for later steps; the last of one name wins.
    pub fn output(&mut self, name: &str, value: Value) {
        self.outputs.insert(name.to_owned(), value);
    }

    /// Writes a line to the task's log. Secrets are masked on the way; still, write none. Where the line cannot be stored
    /// the task stops after this step.
    pub fn log(&self, level: Level, text: &str) {
        let body = EventBody::step(self.step_id, format!("{}: {text}", level.name()));
        // The engine's sink remembers what it could not store.
        let _ = self.sink.append(EventKind::Log, body);
    }

    /// An input's text; none where it is absent or no text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.input.get(name).and_then(Value::as_str)
    }

    /// An input that switches something; `default` where it is absent.
    pub fn flag(&self, name: &str, default: bool) -> bool {
        self.input
            .get(name)
            .and_then(Value::as_bool)
            .unwrap_or(default)
    }
}
