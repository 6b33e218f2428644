//! `roadiehq:utils:fs:append`: adds a text to the end of a file of the workspace.

use serde_json::{Value, json};

use super::roadiehq_fs_write::written;
use crate::scaffolder::action::{Action, Example, Outcome, StepContext};

/// The action.
pub struct RoadieFsAppend;

impl Action for RoadieFsAppend {
    fn id(&self) -> &'static str {
        "roadiehq:utils:fs:append"
    }

    fn description(&self) -> &'static str {
        "Adds a text to the end of a file, which is made where it is missing"
    }

    fn input_schema(&self) -> Value {
        json!({
            "type": "object",
            "required": ["path", "content"],
            "properties": {
                "path": {"type": "string", "description": "The path of the file in the workspace"},
                "content": {"type": "string", "description": "What is added"}
            },
            "additionalProperties": false,
            "$schema": "http://json-schema.org/draft-07/schema#"
        })
    }

    fn output_schema(&self) -> Value {
        written()
    }

    fn examples(&self) -> &'static [Example] {
        &[Example {
            description: "Add a line to a list",
            example: "steps:\n  - id: add\n    name: Add the service\n    action: roadiehq:utils:fs:append\n    input:\n      path: services.txt\n      content: |\n        ${{ parameters.name }}\n",
        }]
    }

    fn supports_dry_run(&self) -> bool {
        true
    }

    fn run<'a>(&'a self, step: &'a mut StepContext<'_>) -> Outcome<'a> {
        Box::pin(async move {
            let path = step
                .workspace
                .inner(step.text("path").unwrap_or_default())?;
            let content = step.text("content").unwrap_or_default();
            step.workspace.open()?.append(&path, content.as_bytes())?;
            let place = step.workspace.place(&path);
            step.output("path", place.to_string_lossy().into());
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaffolder::error::ActionErrorKind;
    use crate::scaffolder::stage::Stage;

    #[tokio::test]
    async fn text_is_added_to_what_is_there_or_begins_a_file() {
        let stage = Stage::new();
        for line in ["one\n", "two\n"] {
            let input = json!({"path": "new/list.txt", "content": line});
            stage.run(&RoadieFsAppend, input).await.unwrap();
        }
        assert_eq!(stage.text("new/list.txt"), "one\ntwo\n");
    }

    #[tokio::test]
    async fn a_link_that_leads_out_is_not_followed() {
        let stage = Stage::new();
        let victim = stage.outside().join("victim");
        std::fs::write(&victim, "theirs").unwrap();
        std::os::unix::fs::symlink(&victim, stage.workspace.root().join("link")).unwrap();
        let input = json!({"path": "link", "content": "x"});
        let error = stage.run(&RoadieFsAppend, input).await.unwrap_err();
        assert_eq!(error.kind, ActionErrorKind::NotAllowed);
        assert_eq!(std::fs::read_to_string(victim).unwrap(), "theirs");
    }
}
