//! What a task is made of, and how far it came: what is stored of it.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::scaffolder::action::Target;
use crate::scaffolder::event::StepStatus;
use crate::scaffolder::template::{Step, TemplateSpec};
use crate::scaffolder::template_folder::TemplateFolder;

/// Everything a run needs to know of a task, but for its secrets, which are stored nowhere.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskSpec {
    /// The template's complete reference.
    pub template_ref: String,
    /// The template's title, for people.
    pub title: String,
    /// Where relative URLs of the template resolve.
    pub folder: TemplateFolder,
    /// What was answered.
    pub parameters: Map<String, Value>,
    /// The steps.
    pub steps: Vec<Step>,
    /// What is told at the end, not yet evaluated.
    pub output: Value,
    /// The signed-in person: `ref` and `entity`, each where known; an object.
    pub user: Value,
    /// What the person allowed to be touched besides what the task makes: `OWNER/REPO`.
    #[serde(default)]
    pub allow: Vec<String>,
    /// Whether steps of unknown actions are left out.
    #[serde(default)]
    pub skip_unknown: bool,
}

impl TaskSpec {
    /// A task that runs a template with these answers.
    pub fn new(
        template: &TemplateSpec,
        folder: TemplateFolder,
        parameters: Map<String, Value>,
        user: Value,
    ) -> Self {
        Self {
            template_ref: template.entity_ref.clone(),
            title: template.title().to_owned(),
            folder,
            parameters,
            steps: template.steps.clone(),
            output: template.output.clone(),
            user,
            allow: Vec::new(),
            skip_unknown: false,
        }
    }
}

/// How far a task came.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct State {
    /// The steps that ended, by their ids, in order.
    pub steps: IndexMap<String, StepState>,
    /// What the task made outside this machine.
    #[serde(default)]
    pub created: Vec<Target>,
}

/// How a step ended.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct StepState {
    /// Completed or skipped; what failed is run again.
    pub status: StepStatus,
    /// What it put out; an object.
    pub output: Value,
}
