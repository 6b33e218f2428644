//! `debug:log`: writes a message into the task's log, and lists the workspace.

use serde_json::{Value, json};

use crate::scaffolder::action::{Action, Example, Level, Outcome, StepContext};
use crate::scaffolder::error::ActionError;
use crate::scaffolder::workspace::{Entry, EntryKind, Folder};

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
        let folder = step.workspace.open()?;
        let mut entries = folder.entries(&step.workspace.inner("")?, true)?;
        entries.retain(|entry| !entry.is_folder());
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        let mut text = String::from("Workspace:");
        for entry in entries.iter().take(FILES) {
            text.push_str("\n  - ");
            text.push_str(&entry.path);
            if contents {
                text.push_str(":\n\n  ");
                text.push_str(&content(&folder, step, entry));
                text.push('\n');
            }
        }
        step.log(Level::Info, &text);
    }
    Ok(())
}

/// The text of a file as it is shown; links are not followed.
fn content(folder: &Folder, step: &StepContext<'_>, entry: &Entry) -> String {
    match &entry.kind {
        EntryKind::File { size, .. } if *size <= BYTES => {
            let path = step.workspace.inner(&entry.path);
            match path.and_then(|path| folder.read(&path, BYTES)) {
                Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                Err(error) => format!("({error})"),
            }
        }
        EntryKind::File { size, .. } => format!("({size} bytes)"),
        EntryKind::Link { target } => format!("(a link to {target})"),
        EntryKind::Folder | EntryKind::Other => "(no file)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaffolder::stage::Stage;

    #[tokio::test]
    async fn the_workspace_is_listed_and_its_links_are_not_followed() {
        let stage = Stage::new();
        stage.has("d/a.txt", "hello");
        stage.has("b.bin", b"\xff");
        std::os::unix::fs::symlink("/etc/passwd", stage.workspace.root().join("link")).unwrap();
        for listed in [json!(true), json!("with-filenames")] {
            let input = json!({"message": "look", "listWorkspace": listed});
            stage.run(&DebugLog, input).await.unwrap();
            assert!(
                stage
                    .log()
                    .ends_with("info: look\ninfo: Workspace:\n  - b.bin\n  - d/a.txt\n  - link"),
                "{}",
                stage.log()
            );
        }
        stage
            .run(&DebugLog, json!({"listWorkspace": "with-contents"}))
            .await
            .unwrap();
        let log = stage.log();
        assert!(log.contains("- d/a.txt:\n\n  hello\n"), "{log}");
        assert!(
            log.contains("(a link to /etc/passwd)") && !log.contains("root:"),
            "{log}"
        );
    }
}
