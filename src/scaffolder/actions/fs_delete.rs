//! `fs:delete`: removes files and folders from the workspace.

use serde_json::{Value, json};

use crate::scaffolder::action::{Action, Example, Level, Outcome, StepContext};
use crate::scaffolder::error::ActionError;
use crate::scaffolder::workspace::{Globs, is_glob, shown};

/// The action.
pub struct FsDelete;

impl Action for FsDelete {
    fn id(&self) -> &'static str {
        "fs:delete"
    }

    fn description(&self) -> &'static str {
        "Deletes files and folders from the workspace"
    }

    fn input_schema(&self) -> Value {
        json!({
            "type": "object",
            "required": ["files"],
            "properties": {
                "files": {"type": "array", "items": {"type": "string"}, "description": "Paths and globs of what is deleted; what is not there is passed over"}
            },
            "additionalProperties": false,
            "$schema": "http://json-schema.org/draft-07/schema#"
        })
    }

    fn examples(&self) -> &'static [Example] {
        &[
            Example {
                description: "Delete a file and a folder",
                example: "steps:\n  - id: tidy\n    name: Tidy up\n    action: fs:delete\n    input:\n      files:\n        - TEMPLATE.md\n        - ./examples\n",
            },
            Example {
                description: "Delete by a glob",
                example: "steps:\n  - id: tidy\n    name: Tidy up\n    action: fs:delete\n    input:\n      files:\n        - '**/*.orig'\n",
            },
        ]
    }

    fn supports_dry_run(&self) -> bool {
        true
    }

    fn run<'a>(&'a self, step: &'a mut StepContext<'_>) -> Outcome<'a> {
        Box::pin(async move { delete(step) })
    }
}

fn delete(step: &StepContext<'_>) -> Result<(), ActionError> {
    let files = step.input.get("files").and_then(Value::as_array);
    let files = files.ok_or_else(|| ActionError::input("files must be an array"))?;
    let folder = step.workspace.open()?;
    for file in files.iter().filter_map(Value::as_str) {
        // As Backstage has it, for templates that were written on Windows.
        let file = file.replace('\\', "/");
        let path = step.workspace.inner(&file)?;
        let mut deleted = Vec::new();
        if is_glob(path.as_str()) && folder.kind(&path)?.is_none() {
            let glob = Globs::new(&[path.as_str()], false, |_| false)?;
            for entry in folder.entries(&step.workspace.inner("")?, true)? {
                if entry.garbled || !glob.matches(&entry.path) {
                    continue;
                }
                // Gone already where the folder it lay in is.
                if folder.remove(&step.workspace.inner(&entry.path)?)? {
                    deleted.push(entry.path);
                }
            }
        } else if folder.remove(&path)? {
            deleted.push(path.as_str().to_owned());
        }
        match deleted.as_slice() {
            [] => step.log(Level::Info, &format!("Nothing matches {}", shown(&file))),
            [one] => step.log(Level::Info, &format!("Deleted {}", shown(one))),
            many => step.log(
                Level::Info,
                &format!(
                    "Deleted {} files and folders that match {}",
                    many.len(),
                    shown(&file)
                ),
            ),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::scaffolder::error::ActionErrorKind;
    use crate::scaffolder::stage::Stage;

    fn full() -> Stage {
        let stage = Stage::new();
        for file in [
            "a.txt",
            "b.txt",
            ".env",
            "d/x.js",
            "d/e/y.js",
            ".github/w.yml",
        ] {
            stage.has(file, "x");
        }
        stage
    }

    #[tokio::test]
    async fn files_and_folders_go_and_what_is_not_there_is_passed_over() {
        let stage = full();
        let input = json!({"files": ["a.txt", "./.github", ".\\d", "nope"]});
        stage.run(&FsDelete, input).await.unwrap();
        assert_eq!(stage.files(), [".env", "b.txt"]);
        assert!(stage.log().contains("Nothing matches 'nope'"));
    }

    #[tokio::test]
    async fn globs_take_what_matches_and_no_hidden_names() {
        let stage = full();
        stage
            .run(&FsDelete, json!({"files": ["*.txt", "**/*.js"]}))
            .await
            .unwrap();
        assert_eq!(
            stage.files(),
            [".env", ".github/", ".github/w.yml", "d/", "d/e/"]
        );
        let stage = full();
        stage
            .run(&FsDelete, json!({"files": ["**"]}))
            .await
            .unwrap();
        assert_eq!(stage.files(), [".env", ".github/", ".github/w.yml"]);
    }

    #[tokio::test]
    async fn nothing_outside_is_deleted() {
        let stage = full();
        let victim = stage.outside().join("victim");
        std::fs::create_dir(&victim).unwrap();
        std::fs::write(victim.join("x"), "x").unwrap();
        symlink(&victim, stage.workspace.root().join("link")).unwrap();
        for file in [
            "../victim",
            "../../*",
            "/etc/passwd",
            "link/x",
            "link/*",
            ".git",
        ] {
            let error = stage
                .run(&FsDelete, json!({"files": [file]}))
                .await
                .unwrap_err();
            assert_eq!(error.kind, ActionErrorKind::NotAllowed, "{file}: {error}");
        }
        stage
            .run(&FsDelete, json!({"files": ["link"]}))
            .await
            .unwrap();
        assert!(victim.join("x").exists() && !stage.workspace.root().join("link").exists());
    }
}
