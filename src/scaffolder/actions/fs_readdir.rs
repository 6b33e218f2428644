//! `fs:readdir`: lists folders of the workspace.

use serde_json::{Value, json};

use crate::scaffolder::action::{Action, Example, Outcome, StepContext};
use crate::scaffolder::error::ActionError;

/// The action.
pub struct FsReaddir;

impl Action for FsReaddir {
    fn id(&self) -> &'static str {
        "fs:readdir"
    }

    fn description(&self) -> &'static str {
        "Lists the files and folders in folders of the workspace"
    }

    fn input_schema(&self) -> Value {
        json!({
            "type": "object",
            "required": ["paths"],
            "properties": {
                "paths": {"type": "array", "items": {"type": "string", "minLength": 1}, "description": "The folders to list"},
                "recursive": {"type": "boolean", "default": false, "description": "Lists what is in folders of folders, too"}
            },
            "additionalProperties": false,
            "$schema": "http://json-schema.org/draft-07/schema#"
        })
    }

    fn output_schema(&self) -> Value {
        let list = json!({
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "path", "fullPath"],
                "properties": {
                    "name": {"type": "string", "description": "Its name"},
                    "path": {"type": "string", "description": "Its path in the workspace"},
                    "fullPath": {"type": "string", "description": "Its path on the machine"}
                },
                "additionalProperties": false
            }
        });
        json!({
            "type": "object",
            "required": ["files", "folders"],
            "properties": {"files": list, "folders": list},
            "additionalProperties": false,
            "$schema": "http://json-schema.org/draft-07/schema#"
        })
    }

    fn examples(&self) -> &'static [Example] {
        &[Example {
            description: "List all files below a folder",
            example: "steps:\n  - id: list\n    name: List docs\n    action: fs:readdir\n    input:\n      paths:\n        - docs\n      recursive: true\n",
        }]
    }

    fn supports_dry_run(&self) -> bool {
        true
    }

    fn run<'a>(&'a self, step: &'a mut StepContext<'_>) -> Outcome<'a> {
        Box::pin(async move {
            let paths = step.input.get("paths").and_then(Value::as_array);
            let paths = paths.ok_or_else(|| ActionError::input("paths must be an array"))?;
            let recursive = step.flag("recursive", false);
            let folder = step.workspace.open()?;
            let (mut files, mut folders) = (Vec::new(), Vec::new());
            for path in paths.iter().filter_map(Value::as_str) {
                for entry in folder.entries(&step.workspace.inner(path)?, recursive)? {
                    let full = step.workspace.root().join(&entry.path);
                    let listed = json!({
                        "name": entry.name(),
                        "path": entry.path,
                        "fullPath": full.to_string_lossy(),
                    });
                    if entry.is_folder() {
                        folders.push(listed);
                    } else {
                        files.push(listed);
                    }
                }
            }
            step.output("files", Value::Array(files));
            step.output("folders", Value::Array(folders));
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaffolder::error::ActionErrorKind;
    use crate::scaffolder::stage::Stage;

    fn paths(listed: &Value) -> Vec<&str> {
        let items = listed.as_array().unwrap();
        items
            .iter()
            .map(|item| item["path"].as_str().unwrap())
            .collect()
    }

    #[tokio::test]
    async fn files_and_folders_are_listed_apart() {
        let stage = Stage::new();
        stage.has("docs/a.md", "");
        stage.has("docs/sub/b.md", "");
        stage.has("c.md", "");
        let out = stage
            .run(&FsReaddir, json!({"paths": ["."]}))
            .await
            .unwrap();
        assert_eq!(paths(&out["files"]), ["c.md"]);
        assert_eq!(paths(&out["folders"]), ["docs"]);
        let input = json!({"paths": ["docs", "docs/sub"], "recursive": true});
        let out = stage.run(&FsReaddir, input).await.unwrap();
        assert_eq!(
            paths(&out["files"]),
            ["docs/a.md", "docs/sub/b.md", "docs/sub/b.md"]
        );
        let first = &out["files"][0];
        assert_eq!(first["name"], "a.md");
        assert_eq!(
            first["fullPath"],
            stage.workspace.root().join("docs/a.md").to_str().unwrap()
        );
    }

    #[tokio::test]
    async fn links_are_listed_as_files_and_not_entered() {
        let stage = Stage::new();
        std::os::unix::fs::symlink("/etc", stage.workspace.root().join("etc")).unwrap();
        let out = stage
            .run(&FsReaddir, json!({"paths": ["."], "recursive": true}))
            .await
            .unwrap();
        assert_eq!(paths(&out["files"]), ["etc"]);
        for path in ["etc", "..", "/etc"] {
            let error = stage
                .run(&FsReaddir, json!({"paths": [path]}))
                .await
                .unwrap_err();
            assert_eq!(error.kind, ActionErrorKind::NotAllowed, "{path}: {error}");
        }
        let error = stage
            .run(&FsReaddir, json!({"paths": ["nope"]}))
            .await
            .unwrap_err();
        assert_eq!(error.kind, ActionErrorKind::NotFound);
    }
}
