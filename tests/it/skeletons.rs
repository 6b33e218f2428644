//! Skeletons render to the files that a real Backstage made of them, and real ones of public repositories render at all.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use callboard::catalog::yaml::{YamlLimits, parse};
use callboard::nunjucks::Options;
use callboard::scaffolder::skeleton::{self, Rendering, Source};
use callboard::scaffolder::workspace::{EntryKind, Globs, Workspace};
use callboard::scaffolder::{ActionError, ActionErrorKind};
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use crate::shared;

/// Renders a skeleton by a step's input, as `fetch:template` does it.
fn render(folder: &Path, input: &Value, workspace: &Workspace) -> Result<(), ActionError> {
    let source = Source::open(folder, "./skeleton")?;
    let list = |name: &str| -> Option<Vec<String>> {
        let items = input.get(name)?.as_array()?;
        Some(
            items
                .iter()
                .filter_map(|i| i.as_str().map(str::to_owned))
                .collect(),
        )
    };
    let flag = |name: &str| input.get(name).and_then(Value::as_bool).unwrap_or(false);
    let patterns = list("copyWithoutTemplating").or_else(|| list("copyWithoutRender"));
    let raw = match patterns {
        Some(patterns) => {
            let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
            Some(Globs::new(&patterns, true, |path| source.is_folder(path))?)
        }
        None => None,
    };
    let cookiecutter = flag("cookiecutterCompat");
    let name = if cookiecutter {
        "cookiecutter"
    } else {
        "values"
    };
    let mut context = Map::new();
    context.insert(
        name.to_owned(),
        input.get("values").cloned().unwrap_or_default(),
    );
    let rendering = Rendering {
        target: workspace.inner("")?,
        context,
        options: Options {
            cookiecutter,
            ..Options::default()
        },
        replace: flag("replace"),
        extension: None,
        raw,
        raw_paths: input.get("copyWithoutRender").is_some(),
    };
    skeleton::render(&source, workspace, &rendering, &CancellationToken::new()).map(|_| ())
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), &to).unwrap();
            let runs = entry.metadata().unwrap().permissions().mode() & 0o111 != 0;
            fs::set_permissions(
                &to,
                fs::Permissions::from_mode(if runs { 0o755 } else { 0o644 }),
            )
            .unwrap();
        }
    }
}

/// The permission bits that this process takes from new files.
fn umask(folder: &Path) -> u32 {
    let probe = folder.join("probe");
    fs::create_dir(&probe).unwrap();
    let mode = fs::metadata(&probe).unwrap().permissions().mode() & 0o777;
    fs::remove_dir(&probe).unwrap();
    !mode & 0o777
}

#[test]
fn a_skeleton_of_corner_cases_renders_to_the_files_that_backstage_made() {
    let Some(vectors) = shared::folder("vectors") else {
        return;
    };
    let vector = vectors.join("templates/full");
    let expected: Value =
        serde_json::from_slice(&fs::read(vector.join("expected.json")).unwrap()).unwrap();
    let keep = tempfile::tempdir().unwrap();
    let skeleton = keep.path().join("skeleton");
    copy(&vector.join("skeleton"), &skeleton);
    // What Git does not keep.
    fs::create_dir(skeleton.join("empty")).unwrap();
    let mode = |path: &str, mode| {
        fs::set_permissions(skeleton.join(path), fs::Permissions::from_mode(mode)).unwrap();
    };
    mode("src/nonl.txt", 0o600);
    mode("bin/ro.txt", 0o444);
    for (target, name) in [
        ("../src/main.txt", "link.txt"),
        ("../src", "dirlink"),
        ("./nowhere", "dangling"),
        ("/etc/hostname", "outside"),
    ] {
        symlink(target, skeleton.join("bin").join(name)).unwrap();
    }
    let umask = umask(keep.path());
    let root = keep.path().join("work");
    fs::create_dir(&root).unwrap();
    let workspace = Workspace::new(&root);
    render(&skeleton, &expected["steps"][0]["input"], &workspace).unwrap();

    let mut wanted: BTreeMap<String, String> = BTreeMap::new();
    for file in expected["files"].as_array().unwrap() {
        let path = file["path"].as_str().unwrap();
        // A later step's.
        if path == "catalog-info.yaml" {
            continue;
        }
        let mode = file["mode"]
            .as_str()
            .map(|m| u32::from_str_radix(m, 8).unwrap() & !umask);
        let shown = match file["type"].as_str().unwrap() {
            "symlink" => format!("-> {}", file["target"].as_str().unwrap()),
            "dir" => format!("{:o}", mode.unwrap()),
            _ => format!(
                "{:o} {} {:?}",
                mode.unwrap(),
                file["size"],
                file["text"].as_str().unwrap()
            ),
        };
        wanted.insert(path.trim_end_matches('/').to_owned(), shown);
    }
    let folder = workspace.open().unwrap();
    let mut made: BTreeMap<String, String> = BTreeMap::new();
    for entry in folder.entries(&workspace.inner("").unwrap(), true).unwrap() {
        let at = root.join(&entry.path);
        let mode = fs::symlink_metadata(&at).unwrap().permissions().mode() & 0o777 & !umask;
        let shown = match &entry.kind {
            EntryKind::Link { target } => format!("-> {target}"),
            EntryKind::Folder => format!("{mode:o}"),
            _ => {
                let bytes = fs::read(&at).unwrap();
                format!(
                    "{mode:o} {} {:?}",
                    bytes.len(),
                    String::from_utf8_lossy(&bytes)
                )
            }
        };
        made.insert(entry.path, shown);
    }
    assert_eq!(made, wanted);
}

/// What a skeleton of a public repository is rendered with.
struct Case {
    template: PathBuf,
    skeleton: PathBuf,
    input: Value,
}

/// Every skeleton beside a template of the corpus, with a word for every value that the template passes.
fn corpus(folder: &Path) -> Vec<Case> {
    let mut cases = Vec::new();
    for template in shared::files(folder, &[".yaml", ".yml"]) {
        let text = fs::read_to_string(&template).unwrap_or_default();
        for document in parse(&text, &YamlLimits::default()) {
            let Ok(entity) = document.content else {
                continue;
            };
            let steps = entity.pointer("/spec/steps").and_then(Value::as_array);
            for step in steps.into_iter().flatten() {
                let input = &step["input"];
                let Some(url) = input["url"].as_str() else {
                    continue;
                };
                let skeleton = template.parent().unwrap().join(url);
                if step["action"] != "fetch:template" || !skeleton.is_dir() {
                    continue;
                }
                let mut input = input.clone();
                let values = input["values"].as_object().cloned().unwrap_or_default();
                let words = values.into_iter().map(|(name, value)| {
                    let word = match value {
                        Value::String(text) if text.contains("${{") => json!("demo-app"),
                        plain => plain,
                    };
                    (name, word)
                });
                input["values"] = Value::Object(words.collect());
                cases.push(Case {
                    template: template.clone(),
                    skeleton,
                    input,
                });
            }
        }
    }
    cases
}

#[test]
fn real_skeletons_render_or_say_where_they_cannot() {
    let Some(folder) = shared::folder("corpus/templates") else {
        return;
    };
    let cases = corpus(&folder);
    assert!(cases.len() >= 20, "only {} skeletons", cases.len());
    let mut failed = Vec::new();
    for case in &cases {
        let keep = tempfile::tempdir().unwrap();
        let Err(error) = render(&case.skeleton, &case.input, &Workspace::new(keep.path())) else {
            continue;
        };
        let name = case
            .template
            .strip_prefix(&folder)
            .unwrap()
            .display()
            .to_string();
        assert!(
            matches!(error.kind, ActionErrorKind::Input),
            "{name}: {:?} {error}",
            error.kind
        );
        let mut parts = error.message.splitn(4, ':');
        let (_, line, column) = (parts.next(), parts.next(), parts.next());
        let is_number = |part: Option<&str>| part.is_some_and(|part| part.parse::<u32>().is_ok());
        assert!(is_number(line) && is_number(column), "{name}: {error}");
        failed.push(format!("{name}: {error}"));
    }
    println!(
        "{} of {} skeletons render",
        cases.len() - failed.len(),
        cases.len()
    );
    for line in &failed {
        println!("  {line}");
    }
    assert!(failed.len() * 4 <= cases.len(), "{failed:#?}");
}

#[test]
fn fifty_thousand_files_are_rendered() {
    let keep = tempfile::tempdir().unwrap();
    let skeleton = keep.path().join("skeleton");
    for folder in 0..100 {
        let folder = skeleton.join(format!("d{folder}"));
        fs::create_dir_all(&folder).unwrap();
        for file in 0..500 {
            fs::write(folder.join(format!("f{file}.txt")), "${{ values.x }}").unwrap();
        }
    }
    let root = keep.path().join("work");
    fs::create_dir(&root).unwrap();
    render(
        &skeleton,
        &json!({"values": {"x": 7}}),
        &Workspace::new(&root),
    )
    .unwrap();
    assert_eq!(fs::read_to_string(root.join("d99/f499.txt")).unwrap(), "7");
    assert_eq!(fs::read_dir(root.join("d0")).unwrap().count(), 500);
}
