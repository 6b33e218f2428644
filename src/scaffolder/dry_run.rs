//! A dry run: a template's steps in a folder of their own, without leaving the machine but to read, answered as
//! Backstage's dry run answers.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use super::engine::{self, Run, State, TaskSpec};
use super::error::{ActionError, ActionErrorKind};
use super::event::{EventBody, EventKind, EventSink};
use super::mask::Masker;
use super::nothing::Nothing;
use super::registry::Registry;
use super::services::Services;
use super::workspace::Workspace;

/// What the files of an answer may hold together.
const MOST_BYTES: u64 = 256 << 20;

/// What a dry run answers.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DryRun {
    /// What happened.
    pub log: Vec<LogLine>,
    /// The files that the template makes, in order of path.
    pub directory_contents: Vec<DryFile>,
    /// What the template puts out.
    pub output: Value,
    /// The steps as they are written, each with its id and name.
    pub steps: Vec<Value>,
}

/// One line of the log.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct LogLine {
    /// What it says.
    pub body: EventBody,
}

/// One file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DryFile {
    /// Below the workspace, with `/`.
    pub path: String,
    /// Its bytes; of a link, what it points at.
    pub base64_content: String,
    /// Whether it may be run.
    pub executable: bool,
}

/// A dry run that failed, with what was said until then.
#[derive(Clone, PartialEq, Debug)]
pub struct Failed {
    /// Why.
    pub error: ActionError,
    /// What happened.
    pub log: Vec<LogLine>,
}

/// Runs a template dry. The workspace holds its files afterwards.
///
/// # Errors
/// The first step that failed.
pub async fn dry_run(
    task: &TaskSpec,
    secrets: &Map<String, Value>,
    workspace: &Workspace,
    services: &Services,
    registry: &Registry,
    cancel: &CancellationToken,
) -> Result<DryRun, Failed> {
    let masker = Masker::new(secrets.iter().filter_map(|(name, secret)| {
        let secret = secret.as_str()?;
        Some((name.clone(), secret.to_owned()))
    }));
    let sink = Collector::new(&masker);
    let run = Run {
        task,
        task_id: "dry-run",
        secrets,
        workspace,
        services,
        registry,
        sink: &sink,
        intents: &Nothing,
        cancel,
        dry_run: true,
    };
    let result = engine::run(run, State::default()).await;
    let log = sink.log();
    if let Some(mut error) = result.error {
        error.message = masker.mask(&error.message).into_owned();
        return Err(Failed { error, log });
    }
    match contents(workspace.root()) {
        Ok(directory_contents) => Ok(DryRun {
            log,
            directory_contents,
            output: masker.mask_value(&result.output.unwrap_or_default()),
            steps: task.steps.iter().map(|step| step.written.clone()).collect(),
        }),
        Err(error) => Err(Failed { error, log }),
    }
}

/// What an action that does not run in a dry run puts out, made from its output schema as Backstage makes it.
pub fn example_output(schema: &Value) -> Value {
    if let Some(examples) = schema.get("examples").and_then(Value::as_array) {
        return examples.first().cloned().unwrap_or_default();
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("object") => {
            let properties = schema.get("properties").and_then(Value::as_object);
            let made = properties
                .into_iter()
                .flatten()
                .map(|(name, schema)| (name.clone(), example_output(schema)));
            Value::Object(made.collect())
        }
        Some("array") => {
            let item = match schema.get("items") {
                Some(Value::Array(items)) => items.first(),
                other => other,
            };
            Value::Array(item.map(example_output).into_iter().collect())
        }
        Some("string") => Value::from("<example>"),
        Some("number") => Value::from(0),
        Some("boolean") => Value::from(false),
        _ => Value::from("<unknown>"),
    }
}

/// Keeps the log in memory, without secrets.
struct Collector<'m> {
    masker: &'m Masker,
    lines: Mutex<Vec<LogLine>>,
}

impl<'m> Collector<'m> {
    fn new(masker: &'m Masker) -> Self {
        Self {
            masker,
            lines: Mutex::default(),
        }
    }

    fn log(&self) -> Vec<LogLine> {
        self.lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl EventSink for Collector<'_> {
    fn append(&self, _: EventKind, mut body: EventBody) -> Result<(), ActionError> {
        body.message = self.masker.mask(&body.message).into_owned();
        let mut log = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        log.push(LogLine { body });
        Ok(())
    }
}

/// The files below a folder.
fn contents(root: &Path) -> Result<Vec<DryFile>, ActionError> {
    let mut files = Vec::new();
    let mut room = MOST_BYTES;
    collect(root, root, &mut files, &mut room)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn collect(
    root: &Path,
    folder: &Path,
    files: &mut Vec<DryFile>,
    room: &mut u64,
) -> Result<(), ActionError> {
    let failed = |error: &std::io::Error| ActionError::io(folder.display(), error);
    for entry in fs::read_dir(folder).map_err(|error| failed(&error))? {
        let entry = entry.map_err(|error| failed(&error))?;
        let path = entry.path();
        let data = path.symlink_metadata().map_err(|error| failed(&error))?;
        if data.is_dir() {
            collect(root, &path, files, room)?;
            continue;
        }
        let bytes = if data.is_symlink() {
            let target = fs::read_link(&path).map_err(|error| failed(&error))?;
            target.as_os_str().as_bytes().to_vec()
        } else if data.is_file() {
            *room = room.checked_sub(data.len()).ok_or_else(too_much)?;
            fs::read(&path).map_err(|error| failed(&error))?
        } else {
            continue;
        };
        files.push(DryFile {
            path: path
                .strip_prefix(root)
                .unwrap_or(&path)
                .to_string_lossy()
                .into_owned(),
            base64_content: STANDARD.encode(bytes),
            executable: data.is_file() && data.permissions().mode() & 0o111 != 0,
        });
    }
    Ok(())
}

fn too_much() -> ActionError {
    ActionError::new(
        ActionErrorKind::Limit,
        format!(
            "the template makes more than {} MiB of files",
            MOST_BYTES >> 20
        ),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn outputs_are_made_from_the_schema() {
        assert_eq!(
            example_output(&json!({"type": "object", "properties": {
                "url": {"type": "string"},
                "count": {"type": "number"},
                "done": {"type": "boolean"},
                "list": {"type": "array", "items": {"type": "string"}},
                "pair": {"type": "array", "items": [{"type": "number"}, {"type": "string"}]},
                "any": {},
                "given": {"type": "string", "examples": ["x", "y"]},
                "bare": {"type": "array"},
            }})),
            json!({"url": "<example>", "count": 0, "done": false, "list": ["<example>"], "pair": [0], "any": "<unknown>", "given": "x", "bare": []})
        );
    }

    #[test]
    fn files_are_listed_with_their_bytes_and_links_with_their_targets() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("b")).unwrap();
        fs::write(at("b/run.sh"), "#!").unwrap();
        fs::set_permissions(at("b/run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(at("a.txt"), [0xff, 0]).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", at("c")).unwrap();
        let found = contents(folder.path()).unwrap();
        let shown: Vec<_> = found
            .iter()
            .map(|file| {
                (
                    file.path.as_str(),
                    file.base64_content.as_str(),
                    file.executable,
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                ("a.txt", "/wA=", false),
                ("b/run.sh", "IyE=", true),
                ("c", "L2V0Yy9wYXNzd2Q=", false),
            ]
        );
    }
}
