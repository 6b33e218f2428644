//! Every template of public repositories opens as a form, can be filled in, and reaches its review page; where one
//! cannot, it is for a reason that is said.

use std::path::{Path, PathBuf};

use callboard::form::{Field, FieldPath, Form, Kind, Msg, RepoPart};
use serde_json::{Map, Value, json};

use crate::shared;

/// What is tried for a text, until nothing is wrong.
const WORDS: &[&str] = &[
    "order-service",
    "orders",
    "order_service",
    "a",
    "ab1",
    "Orders",
    "ORDERS",
    "12",
    "30080",
    "1",
    "100",
    "1.0.0",
    "v1.0.0",
    "0.1",
    "10Gi",
    "100m",
    "128Mi",
    "8080",
    "123456789012",
    "https://example.com/path",
    "https://github.com/acme/orders",
    "https://example.com",
    "git@github.com:acme/orders.git",
    "someone@example.com",
    "example.com",
    "orders.example.com",
    "10.0.0.0/16",
    "10.0.0.1",
    "eu-west-1",
    "ABC-123",
    "ABC",
    "AB12",
    "com.example.orders",
    "com.example",
    "@acme/orders",
    "acme/orders",
    "/orders",
    "./orders",
    "group:default/acme",
    "component:default/orders",
    "user:default/guest",
    "2026-01-31",
    "Orders for everyone, everywhere, at any time of the day",
    "#channel",
    "true",
    "*/5 * * * *",
    "arn:aws:iam::123456789012:role/orders",
    "a: 1",
    "- a",
    "test-order-service",
    "ORDER1234",
    "order1",
    "orders-0001",
];

/// Fills in one field so that nothing is wrong with it; what is wrong, where that cannot be done.
fn fill(form: &mut Form, path: &FieldPath) -> Result<(), String> {
    let field = form.field(path).unwrap().clone();
    match &field.kind {
        Kind::Toggle { .. } => {
            for value in [true, false] {
                form.update(Msg::Set {
                    path: path.clone(),
                    value: json!(value),
                });
                if form.problem(path).is_none() {
                    return Ok(());
                }
            }
        }
        Kind::Choice { options, .. } | Kind::Checkboxes { options, .. } => {
            for option in 0..options.len() {
                form.update(Msg::Pick {
                    path: path.clone(),
                    option,
                });
                if form.problem(path).is_none() {
                    return Ok(());
                }
            }
        }
        Kind::List { .. } => {
            for _ in 0..20 {
                form.update(Msg::Add(path.clone()));
                if form.problem(path).is_none() {
                    return Ok(());
                }
            }
        }
        Kind::Names => {
            form.update(Msg::AddName {
                path: path.clone(),
                name: "name".into(),
            });
        }
        Kind::Group => {
            return Err(format!(
                "{path}: {}",
                form.problem(path).unwrap_or_default()
            ));
        }
        Kind::Entities(_) => set(form, path, json!(["component:default/orders"])),
        Kind::Tags(_) => set(form, path, json!(["orders"])),
        Kind::Facet(picker) if picker.multiple => set(form, path, json!(["orders"])),
        Kind::Secret { .. } => {
            for word in ["hunter2hunter2", "a", &"x".repeat(40)] {
                form.update(Msg::Secret {
                    path: path.clone(),
                    text: word.into(),
                });
                if form.problem(path).is_none() {
                    return Ok(());
                }
            }
        }
        Kind::RepoUrl(picker) => {
            let parts = [
                RepoPart::Host,
                RepoPart::Owner,
                RepoPart::Organization,
                RepoPart::Workspace,
                RepoPart::Project,
                RepoPart::Repo,
            ];
            for part in parts {
                let words: Vec<String> = match (picker.allowed(part), part) {
                    ([first, ..], _) => vec![first.clone()],
                    ([], RepoPart::Host) => vec!["github.com".to_owned()],
                    ([], _) => vec!["acme".to_owned()],
                };
                for text in words {
                    form.update(Msg::Repo {
                        path: path.clone(),
                        part,
                        text,
                    });
                }
                if form.problem(path).is_none() {
                    return Ok(());
                }
            }
        }
        Kind::Yaml { object: true } => {
            let mut text = String::new();
            for _ in 0..20 {
                form.update(Msg::Text {
                    path: path.clone(),
                    text: if text.is_empty() {
                        "{}".to_owned()
                    } else {
                        text.clone()
                    },
                });
                let Some(name) = form
                    .problem(path)
                    .and_then(|problem| problem.strip_suffix(" is needed"))
                else {
                    break;
                };
                text.push_str(&format!("{name}: orders\n"));
            }
        }
        _ => {
            for word in WORDS {
                form.update(Msg::Text {
                    path: path.clone(),
                    text: (*word).to_owned(),
                });
                if form.problem(path).is_none() {
                    return Ok(());
                }
            }
        }
    }
    match form.problem(path) {
        None => Ok(()),
        Some(problem) => Err(format!("{path}: {problem}")),
    }
}

fn set(form: &mut Form, path: &FieldPath, value: Value) {
    form.update(Msg::Set {
        path: path.clone(),
        value,
    });
}

/// Goes through a form to its review, filling in whatever is wrong; why it does not get there.
fn drive(form: &mut Form) -> Result<(), String> {
    for _ in 0..500 {
        if form.is_review() {
            let blockers = form.blockers();
            return match blockers.first() {
                None => Ok(()),
                Some(blocker) => Err(format!("{}: {}", blocker.label, blocker.message)),
            };
        }
        let wrong = |field: &&Field| form.problem(&field.path).is_some() && field.is_editable();
        let first = form.fields().find(wrong).map(|field| field.path.clone());
        match first {
            Some(path) => fill(form, &path)?,
            None => {
                let page = form.current();
                form.update(Msg::Next);
                if form.current() == page {
                    let disabled = form
                        .fields()
                        .find(|field| form.problem(&field.path).is_some());
                    return Err(match disabled {
                        Some(field) => format!(
                            "{} takes no change: {}",
                            field.path,
                            form.problem(&field.path).unwrap_or_default()
                        ),
                        None => form.page_problems().join("; "),
                    });
                }
            }
        }
    }
    Err("it never ends".to_owned())
}

/// Files that `$yaml` names are put in the place of its object, as the catalog does it.
fn included(value: Value, folder: &Path) -> Value {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(target)) = fields.get("$yaml")
                && let Ok(text) = std::fs::read_to_string(folder.join(target))
                && let Ok(value) = serde_yaml::from_str::<Value>(&text)
            {
                return value;
            }
            let fields = fields.into_iter();
            Value::Object(
                fields
                    .map(|(key, value)| (key, included(value, folder)))
                    .collect(),
            )
        }
        Value::Array(list) => list
            .into_iter()
            .map(|value| included(value, folder))
            .collect(),
        other => other,
    }
}

/// The templates below a folder, with their parameters.
fn templates(folder: &Path) -> Vec<(PathBuf, Value)> {
    let mut found = Vec::new();
    for path in shared::files(folder, &[".yaml", ".yml"]) {
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        if !text.contains("kind: Template") {
            continue;
        }
        let documents = match serde_yaml::from_multiple::<Value>(&text) {
            Ok(documents) => documents,
            Err(error) => {
                eprintln!("{}: not YAML: {error}", path.display());
                continue;
            }
        };
        for document in documents {
            if document["kind"] == "Template" {
                let parameters = document["spec"]["parameters"].clone();
                let parent = path.parent().unwrap_or(folder);
                found.push((path.clone(), included(parameters, parent)));
            }
        }
    }
    found
}

/// Drives every template below a folder; those that do not get to their review, with the reason.
fn unusable(folder: &Path) -> (usize, Vec<String>) {
    let templates = templates(folder);
    let count = templates.len();
    let mut failed = Vec::new();
    for (path, parameters) in templates {
        let name = path
            .strip_prefix(folder)
            .unwrap_or(&path)
            .display()
            .to_string();
        match Form::new(&parameters, Map::new()) {
            Err(error) => failed.push(format!("{name}: {error}")),
            Ok(mut form) => {
                if let Err(reason) = drive(&mut form) {
                    failed.push(format!("{name}: {reason}"));
                } else {
                    let command = form.command("template:default/x");
                    assert!(command.ends_with("VALUES\n"), "{name}: {command}");
                }
            }
        }
    }
    (count, failed)
}

#[test]
fn every_public_template_can_be_filled_in_to_its_review() {
    let Some(folder) = shared::folder("corpus/templates") else {
        return;
    };
    let (count, failed) = unusable(&folder);
    eprintln!(
        "{count} templates, {} unusable:\n{}",
        failed.len(),
        failed.join("\n")
    );
    assert!(count > 50);
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn every_template_of_the_examples_can_be_filled_in_to_its_review() {
    let Some(folder) = shared::folder("examples") else {
        return;
    };
    let (count, failed) = unusable(&folder);
    assert!(count > 3);
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
