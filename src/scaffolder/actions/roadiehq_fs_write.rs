//! `roadiehq:utils:fs:write`: writes a text to a file of the workspace.

use serde_json::{Value, json};

use crate::scaffolder::action::{Action, Example, Outcome, StepContext};
use crate::scaffolder::workspace::Mode;

/// The action.
pub struct RoadieFsWrite;

impl Action for RoadieFsWrite {
    fn id(&self) -> &'static str {
        "roadiehq:utils:fs:write"
    }

    fn description(&self) -> &'static str {
        "Writes a file with a given content, and the folders it lies in; a file that is there is replaced"
    }

    fn input_schema(&self) -> Value {
        json!({
            "type": "object",
            "required": ["path", "content"],
            "properties": {
                "path": {"type": "string", "description": "The path in the workspace"},
                "content": {"type": "string", "description": "What the file is to hold"},
                "preserveFormatting": {"type": "boolean", "description": "Lays a content that is JSON out over several lines"}
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
            description: "Write a file from an answer of the form",
            example: "steps:\n  - id: owners\n    name: Write CODEOWNERS\n    action: roadiehq:utils:fs:write\n    input:\n      path: .github/CODEOWNERS\n      content: '* @${{ parameters.team }}'\n",
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
            let laid_out = match step.flag("preserveFormatting", false) {
                true => serde_json::from_str::<Value>(content).ok(),
                false => None,
            };
            let laid_out = laid_out.and_then(|value| serde_json::to_string_pretty(&value).ok());
            let text = laid_out.as_deref().unwrap_or(content);
            step.workspace
                .open()?
                .write(&path, text.as_bytes(), Mode::Default)?;
            let place = step.workspace.place(&path);
            step.output("path", place.to_string_lossy().into());
            Ok(())
        })
    }
}

/// The output of actions that write one file.
pub(super) fn written() -> Value {
    json!({
        "type": "object",
        "properties": {"path": {"type": "string", "description": "The path of the file on the machine"}},
        "additionalProperties": false,
        "$schema": "http://json-schema.org/draft-07/schema#"
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaffolder::error::ActionErrorKind;
    use crate::scaffolder::stage::Stage;

    #[tokio::test]
    async fn a_file_is_written_and_its_path_put_out() {
        let stage = Stage::new();
        let input = json!({"path": "a/b.txt", "content": "한글\n"});
        let out = stage.run(&RoadieFsWrite, input).await.unwrap();
        assert_eq!(stage.text("a/b.txt"), "한글\n");
        // What was put out names the same file to the next step.
        let input = json!({"path": out["path"], "content": "again"});
        stage.run(&RoadieFsWrite, input).await.unwrap();
        assert_eq!(stage.text("a/b.txt"), "again");
    }

    #[tokio::test]
    async fn json_is_laid_out_where_asked() {
        let stage = Stage::new();
        for (content, wanted) in [
            (
                "{\"b\":[1],\"a\":{}}",
                "{\n  \"b\": [\n    1\n  ],\n  \"a\": {}\n}",
            ),
            ("not json", "not json"),
        ] {
            let input = json!({"path": "a", "content": content, "preserveFormatting": true});
            stage.run(&RoadieFsWrite, input).await.unwrap();
            assert_eq!(stage.text("a"), wanted);
        }
    }

    #[tokio::test]
    async fn nothing_is_written_outside_or_for_git() {
        let stage = Stage::new();
        for path in ["../x", "/tmp/x", ".git/config", "a/../../x"] {
            let input = json!({"path": path, "content": "x"});
            let error = stage.run(&RoadieFsWrite, input).await.unwrap_err();
            assert_eq!(error.kind, ActionErrorKind::NotAllowed, "{path}");
        }
    }
}
