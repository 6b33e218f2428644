//! Templates from end to end: what a real Backstage made of one, and every template of public repositories.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use base64::Engine;
use callboard::catalog::yaml::{YamlLimits, parse};
use callboard::nunjucks::Options;
use callboard::scaffolder::check::check;
use callboard::scaffolder::dry_run::dry_run;
use callboard::scaffolder::engine::{self, Run, State};
use callboard::scaffolder::{
    ActionError, EventBody, EventKind, EventSink, Nothing, Registry, StepStatus, TaskSpec,
    TemplateFolder, TemplateSpec, Workspace, parameters,
};
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use super::shared;

/// Copies a folder, writable, with nothing kept of modes but the bit that makes files run.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::write(&target, fs::read(entry.path()).unwrap()).unwrap();
            let runs = entry.metadata().unwrap().permissions().mode() & 0o111 != 0;
            mode(&target, if runs { 0o755 } else { 0o644 });
        }
    }
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// The template of the vectors in a folder of its own, with what Git does not keep made again.
fn quirks(from: &Path) -> (tempfile::TempDir, TemplateSpec, Map<String, Value>) {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    copy(from, at);
    fs::create_dir(at.join("skeleton/empty")).unwrap();
    mode(&at.join("skeleton/src/nonl.txt"), 0o600);
    mode(&at.join("skeleton/bin/ro.txt"), 0o444);
    for (name, target) in [
        ("link.txt", "../src/main.txt"),
        ("dirlink", "../src"),
        ("dangling", "./nowhere"),
        ("outside", "/etc/hostname"),
    ] {
        symlink(target, at.join("skeleton/bin").join(name)).unwrap();
    }
    let entity = document(&at.join("template.yaml"));
    let template = TemplateSpec::read(&entity).unwrap();
    let values = fs::read_to_string(at.join("values.json")).unwrap();
    let values: Value = serde_json::from_str(&values).unwrap();
    (folder, template, values.as_object().unwrap().clone())
}

/// What Backstage did.
fn expected(vectors: &Path) -> Value {
    let text = fs::read_to_string(vectors.join("expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn document(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap();
    let mut documents = parse(&text, &YamlLimits::default()).into_iter();
    documents.next().unwrap().content.unwrap()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_time()
        .build()
        .unwrap()
}

/// Keeps what a task says.
#[derive(Default)]
struct Told(std::sync::Mutex<Vec<EventBody>>);

impl EventSink for Told {
    fn append(&self, _: EventKind, body: EventBody) -> Result<(), ActionError> {
        self.0.lock().unwrap().push(body);
        Ok(())
    }
}

/// Everything below a folder, as the vectors list it.
fn listed(root: &Path, folder: &Path, found: &mut Vec<Value>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let data = path.symlink_metadata().unwrap();
        let name = path
            .strip_prefix(root)
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        let mode = format!("{:04o}", data.permissions().mode() & 0o7777);
        if data.is_dir() {
            found.push(json!({"path": format!("{name}/"), "type": "dir", "mode": mode}));
            listed(root, &path, found);
        } else if data.is_symlink() {
            let target = fs::read_link(&path).unwrap();
            found.push(json!({"path": name, "type": "symlink", "target": target}));
        } else {
            let bytes = fs::read(&path).unwrap();
            let text = String::from_utf8_lossy(&bytes).into_owned();
            found.push(json!({"path": name, "type": "file", "mode": mode, "size": bytes.len(), "text": text}));
        }
    }
}

#[test]
fn a_template_does_what_it_does_in_backstage() {
    let Some(vectors) = shared::folder("vectors/templates/full") else {
        return;
    };
    let (folder, template, values) = quirks(&vectors);
    let expected = expected(&vectors);
    assert_eq!(parameters::check(&template, &values).unwrap(), []);
    let task = TaskSpec::new(
        &template,
        TemplateFolder::Local(folder.path().to_owned()),
        values,
        json!({}),
    );
    let registry = Registry::default();
    let work = tempfile::tempdir().unwrap();
    let workspace = Workspace::new(work.path());
    let told = Told::default();
    let services = Nothing::services();
    let result = runtime().block_on(engine::run(
        Run {
            task: &task,
            task_id: "1",
            secrets: &Map::new(),
            workspace: &workspace,
            services: &services,
            registry: &registry,
            sink: &told,
            intents: &Nothing,
            cancel: &CancellationToken::new(),
            dry_run: false,
        },
        State::default(),
    ));
    assert_eq!(result.error, None);
    assert_eq!(result.output.as_ref(), Some(&expected["output"]));
    // Every change of a step's status, in order and in words.
    let changes: Vec<Value> = told
        .0
        .lock()
        .unwrap()
        .iter()
        .filter(|body| body.status.is_some())
        .map(|body| json!({"type": "log", "stepId": body.step_id, "status": body.status, "message": body.message}))
        .collect();
    let wanted: Vec<Value> = expected["log"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|line| line.get("status").is_some())
        .cloned()
        .collect();
    assert_eq!(changes, wanted);
    // Every file.
    let mut files = Vec::new();
    listed(work.path(), work.path(), &mut files);
    let by_path = |list: &mut Vec<Value>| {
        for file in list.iter_mut() {
            file.as_object_mut().unwrap().remove("sha256");
        }
        list.sort_by_key(|file| file["path"].as_str().unwrap().to_owned());
    };
    let mut wanted = expected["files"].as_array().unwrap().clone();
    by_path(&mut files);
    by_path(&mut wanted);
    assert_eq!(files, wanted);
}

#[test]
fn a_dry_run_shows_the_inputs_that_backstage_evaluates() {
    let Some(vectors) = shared::folder("vectors/templates/full") else {
        return;
    };
    let (folder, template, values) = quirks(&vectors);
    let expected = expected(&vectors);
    let task = TaskSpec::new(
        &template,
        TemplateFolder::Local(folder.path().to_owned()),
        values,
        json!({}),
    );
    let work = tempfile::tempdir().unwrap();
    let answer = runtime()
        .block_on(dry_run(
            &task,
            &Map::new(),
            &Workspace::new(work.path()),
            &Nothing::services(),
            &Registry::default(),
            &CancellationToken::new(),
        ))
        .unwrap();
    let inputs: Vec<(String, Value)> = answer
        .log
        .iter()
        .filter_map(|line| {
            let step = line.body.step_id.clone()?;
            let (_, json) = line
                .body
                .message
                .split_once(" in dry-run mode with inputs (secrets redacted): ")?;
            Some((step, serde_json::from_str(json).unwrap()))
        })
        .collect();
    let wanted: Vec<(String, Value)> = expected["steps"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|step| step.get("input").is_some())
        .map(|step| {
            (
                step["id"].as_str().unwrap().to_owned(),
                step["input"].clone(),
            )
        })
        .collect();
    assert_eq!(inputs, wanted);
    let statuses: Vec<_> = answer
        .log
        .iter()
        .filter_map(|line| line.body.status)
        .filter(|status| *status != StepStatus::Processing)
        .map(|status| serde_json::to_value(status).unwrap())
        .collect();
    let wanted: Vec<_> = expected["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["status"].clone())
        .collect();
    assert_eq!(statuses, wanted);
    assert_eq!(answer.output, expected["output"]);
    let ran = answer
        .directory_contents
        .iter()
        .find(|file| file.path == "bin/run.sh")
        .unwrap();
    assert!(ran.executable);
    let bytes = base64::engine::general_purpose::STANDARD.decode(&ran.base64_content);
    assert_eq!(bytes.unwrap(), b"#!/bin/sh\necho demo-app\n");
    let json = serde_json::to_value(&answer).unwrap();
    let keys: Vec<_> = json.as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["log", "directoryContents", "output", "steps"]);
    assert_eq!(
        json["steps"][0]["input"]["values"]["name"],
        "${{ parameters.name }}"
    );
}

/// Every template of a folder: how many there are, how many can be read, what is found in them.
fn all(folder: &Path) -> (usize, usize, usize) {
    let registry = Registry::default();
    let (mut templates, mut readable, mut findings) = (0, 0, 0);
    for path in shared::files(folder, &[".yaml", ".yml"]) {
        let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
        for document in parse(&text, &YamlLimits::default()) {
            let Ok(entity) = &document.content else {
                continue;
            };
            let is =
                |key: &str, value: &str| entity.get(key).and_then(Value::as_str) == Some(value);
            if !is("kind", "Template") || !is("apiVersion", "scaffolder.backstage.io/v1beta3") {
                continue;
            }
            templates += 1;
            match TemplateSpec::read(entity) {
                Ok(template) => {
                    readable += 1;
                    for page in &template.pages {
                        // A page that cannot be used is a finding, never a panic.
                        let _ = callboard::scaffolder::schema::Schema::new(&page.schema);
                    }
                    let found = check(&template, &registry, &Options::default().hosts);
                    for finding in &found.findings {
                        assert!(
                            finding.pointer.starts_with("/spec/"),
                            "{}: {finding:?}",
                            path.display()
                        );
                    }
                    findings += found.findings.len();
                }
                Err(problems) => {
                    for problem in &problems {
                        let mark = document.position(&problem.pointer);
                        assert!(mark.line > 0, "{}", path.display());
                        eprintln!("{}:{}: {}", path.display(), mark.line, problem.message);
                    }
                }
            }
        }
    }
    (templates, readable, findings)
}

#[test]
fn every_template_of_public_repositories_is_read_and_checked() {
    let Some(folder) = shared::folder("corpus/templates") else {
        return;
    };
    let (templates, readable, findings) = all(&folder);
    eprintln!("{templates} templates, {readable} can be read, {findings} findings");
    assert!(templates > 100, "{templates}");
    // What cannot be read lacks its steps, or has them in a file that is not there.
    assert!(templates - readable <= 3, "{readable} of {templates}");
}

#[test]
fn the_templates_of_the_guides_can_be_run() {
    let Some(folder) = shared::folder("examples") else {
        return;
    };
    let (templates, readable, findings) = all(&folder);
    eprintln!("{templates} templates, {readable} can be read, {findings} findings");
    assert!(templates > 0);
    assert_eq!(templates, readable);
}
