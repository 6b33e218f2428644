//! What a task will do, as far as that is known before anything runs: for a person to read, and to be asked about.
//!
//! Nothing is done here. What steps put out is not known yet and made up from their schemas; so a step whose condition or
//! input looks at it *may* run, and what it touches is asked about again when it does.

use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use super::recorder::Recorder;
use super::{Engine, Run, State, TaskSpec};
use crate::nunjucks::{self, Options};
use crate::scaffolder::action::Target;
use crate::scaffolder::dry_run::example_output;
use crate::scaffolder::error::ActionError;
use crate::scaffolder::event::{EventBody, EventKind, EventSink};
use crate::scaffolder::nothing::Nothing;
use crate::scaffolder::registry::Registry;
use crate::scaffolder::services::Services;
use crate::scaffolder::template::{Condition, Step};
use crate::scaffolder::workspace::Workspace;

/// What is known of a step before it runs.
#[derive(Clone, PartialEq, Debug)]
pub struct PlannedStep {
    /// The step's id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Its action.
    pub action: String,
    /// Whether callboard has the action.
    pub is_known: bool,
    /// Whether it depends on what earlier steps put out, or on how the task goes.
    pub is_certain: bool,
    /// Its inputs, evaluated, one for each time it runs; secrets in them are `***`.
    pub inputs: Vec<Map<String, Value>>,
    /// What it touches outside this machine.
    pub targets: Vec<PlannedTarget>,
    /// Why it will fail, where that is certain.
    pub problem: Option<ActionError>,
}

/// Something that a step touches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlannedTarget {
    /// What it is.
    pub target: Target,
    /// Why a person must allow it; nothing where nobody must.
    pub question: Option<String>,
}

/// Looks ahead: the steps that will run, or may.
pub fn plan(
    task: &TaskSpec,
    secrets: &[String],
    services: &Services,
    registry: &Registry,
) -> Vec<PlannedStep> {
    let recorder = Recorder::new(&Silent);
    let workspace = Workspace::new("/nonexistent");
    let cancel = CancellationToken::new();
    let secrets: Map<String, Value> = secrets
        .iter()
        .map(|name| (name.clone(), Value::from("***")))
        .collect();
    let run = Run {
        task,
        task_id: "plan",
        secrets: &secrets,
        workspace: &workspace,
        services,
        registry,
        sink: &Silent,
        intents: &Nothing,
        cancel: &cancel,
        dry_run: true,
    };
    let mut engine = Engine::new(run, &recorder, State::default());
    task.steps
        .iter()
        .filter_map(|step| engine.look_ahead(step))
        .collect()
}

impl Engine<'_> {
    fn look_ahead(&mut self, step: &Step) -> Option<PlannedStep> {
        let depends = |text: &str| depends_on_run(text, &self.options);
        let may = match &step.condition {
            Some(Condition::Fixed(false)) => return None,
            Some(Condition::Text(text)) => depends(text),
            _ => false,
        };
        if !may && !self.condition_holds(step).unwrap_or(true) {
            return None;
        }
        let open = step
            .each
            .iter()
            .chain(&step.input)
            .any(|value| any_text(value, &depends));
        let registry = self.run.registry;
        let action = registry.get(&step.action);
        let mut planned = PlannedStep {
            id: step.id.clone(),
            name: step.name.clone(),
            action: step.action.clone(),
            is_known: action.is_some(),
            is_certain: !may && !open,
            inputs: Vec::new(),
            targets: Vec::new(),
            problem: None,
        };
        let mut output = json!({});
        if let Some(action) = action {
            match self.iterations(step, action) {
                Ok(iterations) => {
                    for iteration in iterations.into_iter().filter(|iteration| iteration.runs) {
                        for target in action.targets(&iteration.input) {
                            let question = self.permissions.question(&target, &self.created);
                            if target.creates {
                                self.created.insert(target.clone());
                            }
                            let found = PlannedTarget { target, question };
                            if !planned.targets.contains(&found) {
                                planned.targets.push(found);
                            }
                        }
                        planned.inputs.push(iteration.input);
                    }
                }
                Err(error) if planned.is_certain => planned.problem = Some(error),
                Err(_) => {}
            }
            let schema = action.output_schema();
            if !schema.is_null() {
                output = example_output(&schema);
            }
        }
        self.set_output(&step.id, output);
        Some(planned)
    }
}

/// Whether an expression looks at what is known only while the task runs.
fn depends_on_run(text: &str, options: &Options) -> bool {
    if nunjucks::is_plain(text, options) {
        return false;
    }
    match nunjucks::Template::new(text, options) {
        Ok(template) => template.usage().paths.iter().any(|path| {
            let first = path.names.first().map(String::as_str);
            matches!(first, Some("steps" | "always" | "failure" | "context"))
        }),
        Err(_) => false,
    }
}

fn any_text(value: &Value, holds: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => holds(text),
        Value::Array(items) => items.iter().any(|item| any_text(item, holds)),
        Value::Object(map) => map.values().any(|item| any_text(item, holds)),
        _ => false,
    }
}

/// Nobody hears what a look ahead says.
struct Silent;

impl EventSink for Silent {
    fn append(&self, _: EventKind, _: EventBody) -> Result<(), ActionError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::Arc;

    use super::*;
    use crate::scaffolder::template::TemplateSpec;
    use crate::scaffolder::template_folder::TemplateFolder;
    use crate::scaffolder::tests::Echo;

    fn planned(steps: Value) -> Vec<PlannedStep> {
        let entity = json!({
            "apiVersion": "scaffolder.backstage.io/v1beta3",
            "kind": "Template",
            "metadata": {"name": "t"},
            "spec": {"type": "x", "steps": steps},
        });
        let template = TemplateSpec::read(&entity).unwrap();
        let parameters = json!({"name": "pay", "list": ["a", "b"]});
        let task = TaskSpec::new(
            &template,
            TemplateFolder::Local(PathBuf::from("/nowhere")),
            parameters.as_object().unwrap().clone(),
            json!({}),
        );
        let registry = Registry::of(vec![Arc::new(Echo)]);
        plan(
            &task,
            &["token".to_owned()],
            &Nothing::services(),
            &registry,
        )
    }

    #[test]
    fn what_steps_touch_is_known_before_they_run() {
        let steps = planned(json!([
            {"id": "make", "action": "test:echo", "input": {"repo": "acme/${{ parameters.name }}", "create": true, "value": "${{ secrets.token }}"}},
            {"id": "use", "action": "test:echo", "input": {"repo": "acme/${{ parameters.name }}"}},
            {"id": "other", "action": "test:echo", "each": "${{ parameters.list }}", "input": {"repo": "acme/${{ each.value }}"}},
            {"id": "never", "action": "test:echo", "if": "${{ parameters.nothing }}"},
            {"id": "unknown", "action": "test:other"},
        ]));
        let told: Vec<_> = steps
            .iter()
            .flat_map(|step| &step.targets)
            .map(|found| (found.target.what.as_str(), found.question.is_some()))
            .collect();
        assert_eq!(
            told,
            [
                ("acme/pay", false),
                ("acme/pay", false),
                ("acme/a", true),
                ("acme/b", true)
            ]
        );
        let ids: Vec<_> = steps
            .iter()
            .map(|step| (step.id.as_str(), step.is_known))
            .collect();
        assert_eq!(
            ids,
            [
                ("make", true),
                ("use", true),
                ("other", true),
                ("unknown", false)
            ]
        );
        assert_eq!(steps[0].inputs[0]["value"], "***");
    }

    #[test]
    fn what_depends_on_earlier_steps_may_run() {
        let steps = planned(json!([
            {"id": "a", "action": "test:echo"},
            {"id": "b", "action": "test:echo", "if": "${{ steps.a.output.nothing }}"},
            {"id": "c", "action": "test:echo", "if": "${{ failure() }}"},
            {"id": "d", "action": "test:echo", "input": {"fail": "${{ steps.a.output }}"}},
            {"id": "e", "action": "test:echo", "input": {"fail": 7}},
        ]));
        let certain: Vec<_> = steps
            .iter()
            .map(|step| (step.id.as_str(), step.is_certain, step.problem.is_some()))
            .collect();
        assert_eq!(
            certain,
            [
                ("a", true, false),
                ("b", false, false),
                ("c", false, false),
                ("d", false, false),
                ("e", true, true),
            ]
        );
    }
}
