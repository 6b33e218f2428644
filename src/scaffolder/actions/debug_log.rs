//! `debug:log`: writes a message into the task's log, and lists the workspace.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::scaffolder::action::{Action, Example, Level, Outcome, StepContext};
use crate::scaffolder::error::ActionError;

/// The most files that are listed, and the most bytes of one that are shown.
const FILES: usize = 10_000;
const BYTES: u64 = 100_000;

/// The action.
pub struct DebugLog;

impl Action for DebugLog {
    fn id(&self) -> &'static str {
        "debug:log"
    }

    fn description(&self) -> &'static str {
        "Writes a message into the log and/or lists all files in the workspace."
    }

    fn input_schema(&self) -> Value {
        json!({
            "type": "object",
            "properties": {
                "message": {"type": "string", "description": "Message to output."},
                "listWorkspace": {
                    "anyOf": [
                        {"type": "boolean"},
                        {"type": "string", "enum": ["with-filenames", "with-contents"]}
                    ],
                    "description": "List all files in the workspace. If used with \"with-contents\", also the file contents are listed."
                }
            },
            "additionalProperties": false,
            "$schema": "http://json-schema.org/draft-07/schema#"
        })
    }

    fn examples(&self) -> &'static [Example] {
        &[
            Example {
                description: "Write a debug message",
                example: "steps:\n  - action: debug:log\n    id: write-debug-line\n    name: Write \"Hello Backstage!\" log line\n    input:\n      message: Hello Backstage!\n",
            },
            Example {
                description: "List the workspace directory",
                example: "steps:\n  - action: debug:log\n    id: write-workspace-directory\n    name: List the workspace directory\n    input:\n      listWorkspace: true\n",
            },
            Example {
                description: "List the workspace directory with file contents",
                example: "steps:\n  - action: debug:log\n    id: write-workspace-directory\n    name: List the workspace directory with file contents\n    input:\n      listWorkspace: with-contents\n",
            },
        ]
    }

    fn supports_dry_run(&self) -> bool {
        true
    }

    fn run<'a>(&'a self, step: &'a mut StepContext<'_>) -> Outcome<'a> {
        Box::pin(async move { log(step) })
    }
}

fn log(step: &mut StepContext<'_>) -> Result<(), ActionError> {
    let input = serde_json::to_string_pretty(step.input).unwrap_or_default();
    step.log(Level::Info, &input);
    if let Some(message) = step.text("message").map(str::to_owned)
        && !message.is_empty()
    {
        step.log(Level::Info, &message);
    }
    let contents = step.text("listWorkspace") == Some("with-contents");
    let listed = step.flag("listWorkspace", false) || step.text("listWorkspace").is_some();
    if listed {
        let root = step.workspace.root();
        let mut files = Vec::new();
        collect(root, root, &mut files)?;
        files.sort();
        let mut text = String::from("Workspace:");
        for file in files {
            text.push_str("\n  - ");
            text.push_str(&file);
            if contents {
                text.push_str(":\n\n  ");
                text.push_str(&content(&root.join(&file)));
                text.push('\n');
            }
        }
        step.log(Level::Info, &text);
    }
    Ok(())
}

/// The files below a folder, by their paths in it; links are listed and not followed.
fn collect(root: &Path, folder: &Path, files: &mut Vec<String>) -> Result<(), ActionError> {
    let failed = |error: &std::io::Error| ActionError::io("the workspace cannot be listed", error);
    for entry in fs::read_dir(folder).map_err(|error| failed(&error))? {
        let entry = entry.map_err(|error| failed(&error))?;
        if files.len() >= FILES {
            return Ok(());
        }
        let path = entry.path();
        let kind = entry.file_type().map_err(|error| failed(&error))?;
        if kind.is_dir() {
            collect(root, &path, files)?;
        } else if let Ok(inside) = path.strip_prefix(root) {
            files.push(inside.to_string_lossy().into_owned());
        }
    }
    Ok(())
}

/// The text of a file as it is shown.
fn content(path: &Path) -> String {
    match path.symlink_metadata() {
        Ok(data) if data.is_file() && data.len() <= BYTES => match fs::read(path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) => format!("({error})"),
        },
        Ok(data) if data.is_file() => format!("({} bytes)", data.len()),
        _ => "(a link)".to_owned(),
    }
}
