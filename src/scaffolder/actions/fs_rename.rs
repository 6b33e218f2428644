//! `fs:rename`: moves files and folders within the workspace.

use serde_json::{Value, json};

use crate::scaffolder::action::{Action, Example, Level, Outcome, StepContext};
use crate::scaffolder::error::ActionError;
use crate::scaffolder::workspace::shown;

/// The action.
pub struct FsRename;

impl Action for FsRename {
    fn id(&self) -> &'static str {
        "fs:rename"
    }

    fn description(&self) -> &'static str {
        "Renames and moves files and folders within the workspace"
    }

    fn input_schema(&self) -> Value {
        json!({
            "type": "object",
            "required": ["files"],
            "properties": {
                "files": {
                    "type": "array",
                    "description": "What is renamed, in order",
                    "items": {
                        "type": "object",
                        "required": ["from", "to"],
                        "properties": {
                            "from": {"type": "string", "description": "The path it has"},
                            "to": {"type": "string", "description": "The path it gets"},
                            "overwrite": {"type": "boolean", "description": "Replaces what is at the new path; an error otherwise"}
                        },
                        "additionalProperties": false
                    }
                }
            },
            "additionalProperties": false,
            "$schema": "http://json-schema.org/draft-07/schema#"
        })
    }

    fn examples(&self) -> &'static [Example] {
        &[Example {
            description: "Rename a file, and move a folder over what is there",
            example: "steps:\n  - id: rename\n    name: Rename\n    action: fs:rename\n    input:\n      files:\n        - from: gitignore\n          to: .gitignore\n        - from: template-docs\n          to: docs\n          overwrite: true\n",
        }]
    }

    fn supports_dry_run(&self) -> bool {
        true
    }

    fn run<'a>(&'a self, step: &'a mut StepContext<'_>) -> Outcome<'a> {
        Box::pin(async move {
            let files = step.input.get("files").and_then(Value::as_array);
            let files = files.ok_or_else(|| ActionError::input("files must be an array"))?;
            let folder = step.workspace.open()?;
            for file in files {
                let text = |name: &str| {
                    let text = file.get(name).and_then(Value::as_str).unwrap_or_default();
                    (!text.is_empty()).then_some(text)
                };
                let (Some(from), Some(to)) = (text("from"), text("to")) else {
                    return Err(ActionError::input("each file must have a from and a to"));
                };
                let overwrite = file.get("overwrite").and_then(Value::as_bool);
                folder.rename(
                    &step.workspace.inner(from)?,
                    &step.workspace.inner(to)?,
                    overwrite.unwrap_or(false),
                )?;
                step.log(
                    Level::Info,
                    &format!("Renamed {} to {}", shown(from), shown(to)),
                );
            }
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
    async fn files_and_folders_move_in_order() {
        let stage = Stage::new();
        stage.has("a", "1");
        stage.has("d/x", "2");
        let input = json!({"files": [{"from": "a", "to": "new/b"}, {"from": "./d", "to": "e"}, {"from": "e/x", "to": "new/b", "overwrite": true}]});
        stage.run(&FsRename, input).await.unwrap();
        assert_eq!(stage.files(), ["e/", "new/", "new/b"]);
        assert_eq!(stage.text("new/b"), "2");
    }

    #[tokio::test]
    async fn what_cannot_be_moved_says_why() {
        let stage = Stage::new();
        stage.has("a", "1");
        stage.has("b", "2");
        std::os::unix::fs::symlink("/etc", stage.workspace.root().join("etc")).unwrap();
        for (from, to, kind) in [
            ("a", "b", ActionErrorKind::Conflict),
            ("nope", "c", ActionErrorKind::NotFound),
            ("a", "", ActionErrorKind::Input),
            ("a", "../c", ActionErrorKind::NotAllowed),
            ("../../etc/passwd", "c", ActionErrorKind::NotAllowed),
            ("etc/passwd", "c", ActionErrorKind::NotAllowed),
            ("a", "etc/callboard-was-here", ActionErrorKind::NotAllowed),
            ("a", ".git/config", ActionErrorKind::NotAllowed),
        ] {
            let input = json!({"files": [{"from": from, "to": to}]});
            let error = stage.run(&FsRename, input).await.unwrap_err();
            assert_eq!(error.kind, kind, "{from} {to}: {error}");
        }
        assert_eq!(stage.text("a") + &stage.text("b"), "12");
    }
}
