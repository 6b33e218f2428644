//! What a real Backstage serves for real catalog files, and what it says of bad ones, is what callboard serves and says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use callboard::catalog::yaml::YamlLimits;
use callboard::catalog::{
    self, EntityRecord, FileContext, FileRecord, FileState, FileSummary, ParsedFile, Presence,
    Problem, Rules, Severity, Trust,
};
use serde_json::Value;

use crate::shared;

const BUILT_IN: [&str; 9] = [
    "Component",
    "API",
    "Resource",
    "System",
    "Domain",
    "Group",
    "User",
    "Location",
    "Template",
];

fn read(bytes: &[u8], location: &str) -> ParsedFile {
    let rules = Rules::allow(&BUILT_IN);
    let context = FileContext {
        location,
        origin: location,
        view_url: None,
        edit_url: None,
        source_location: None,
        rules: &rules,
        trust: Trust::Configured,
        limits: YamlLimits::default(),
    };
    let parsed = catalog::file::read(bytes, &context);
    // Files from disk could form no URL there, and the network was out of reach.
    let answers = parsed
        .placeholders
        .iter()
        .map(|_| Err("it was out of reach".to_owned()))
        .collect();
    parsed.resolve(answers)
}

/// Reads a file and, as Backstage does, drops a Location whose targets are not there. `reaches` gets the files that its
/// Locations name.
fn read_file(path: &Path, location: &str, reaches: &mut Vec<(String, String)>) -> FileRecord {
    let folder = path.parent().unwrap();
    let parsed = read(&std::fs::read(path).unwrap(), location);
    let mut file = parsed.file;
    for target in parsed.locations {
        let there = target.location_type == "file"
            && !target.target.ends_with('/')
            && folder.join(&target.target).is_file();
        let (inside, _) = location.rsplit_once('/').unwrap();
        reaches.push((
            location.to_owned(),
            normal(&format!("{inside}/{}", target.target)),
        ));
        if !there && target.presence == Presence::Required {
            let problem = Problem {
                severity: Severity::Error,
                name: "NotFoundError".to_owned(),
                message: format!("{} does not exist", target.target),
                entity_ref: Some(target.entity_ref.clone()),
                field: None,
                line: Some(target.line),
                column: Some(target.column),
            };
            file.reject(&target.entity_ref, problem);
        }
    }
    file
}

/// A path without `.` and `..`.
fn normal(path: &str) -> String {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Whether one file leads to another through Location entities. A file that is a location of its own and is reached
/// through another one as well has, in Backstage, the origin of whichever was read last.
fn leads(reaches: &[(String, String)], from: &str, to: &str, depth: usize) -> bool {
    let next = reaches.iter().filter(|(a, _)| a == from);
    depth > 0
        && next
            .into_iter()
            .any(|(_, b)| b == to || leads(reaches, b, to, depth - 1))
}

fn ref_of(entity: &Value) -> String {
    let text = |pointer: &str| {
        entity
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    format!(
        "{}:{}/{}",
        text("/kind"),
        text("/metadata/namespace"),
        text("/metadata/name")
    )
    .to_lowercase()
}

fn location_of(entity: &Value) -> String {
    entity["metadata"]["annotations"]["backstage.io/managed-by-location"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// Every entity of the files as it would be served, relations included, with what changes from run to run left out.
fn serve(files: &[FileRecord]) -> BTreeMap<String, Value> {
    let assembled = catalog::assemble(
        files
            .iter()
            .map(|file| FileSummary::new(file, FileState::default())),
    );
    let record = |location: &str, entity_ref: &str| -> &EntityRecord {
        let file = files.iter().find(|f| f.location == location).unwrap();
        file.entities
            .iter()
            .find(|e| e.entity_ref == entity_ref)
            .unwrap()
    };
    assembled
        .entities()
        .map(|entity| {
            let relations = entity
                .relations()
                .map(|r| (r.relation.name(), r.target_ref));
            let record = record(entity.location(), entity.entity_ref());
            let mut served = catalog::served(record, relations, &[], false);
            let metadata = served["metadata"].as_object_mut().unwrap();
            assert!(metadata.remove("uid").is_some_and(|uid| uid.is_string()));
            assert!(metadata.remove("etag").is_some_and(|etag| etag.is_string()));
            (entity.entity_ref().to_owned(), served)
        })
        .collect()
}

fn list<'a>(vector: &'a Value, key: &str) -> &'a [Value] {
    vector[key].as_array().map_or(&[], Vec::as_slice)
}

/// Compares one vector with the files as read; the differences, in words.
fn compare(
    name: &str,
    vector: &Value,
    mut files: Vec<FileRecord>,
    reaches: &[(String, String)],
) -> Vec<String> {
    let mut differences = Vec::new();
    let expected: BTreeMap<String, &Value> = list(vector, "entities")
        .iter()
        .map(|e| (ref_of(e), e))
        .collect();
    // Backstage drops a file for one unreadable document; callboard keeps the rest, which must not count as different.
    let dropped: BTreeSet<&str> = list(vector, "errors")
        .iter()
        .filter_map(|e| e["location"].as_str())
        .collect();
    for file in &files {
        for entity in &file.entities {
            let known = expected
                .get(&entity.entity_ref)
                .is_some_and(|e| location_of(e) == file.location);
            let elsewhere = expected.contains_key(&entity.entity_ref)
                || list(vector, "conflicts")
                    .iter()
                    .any(|c| c["newLocationKey"] == file.location.as_str());
            let network = entity.entity_ref.starts_with("location:");
            if !known && !elsewhere && !network && !dropped.contains(file.location.as_str()) {
                differences.push(format!(
                    "{name}: {} is served, but not by Backstage",
                    entity.entity_ref
                ));
            }
        }
    }
    for error in list(vector, "errors") {
        let (location, entity) = (
            error["location"].as_str().unwrap_or_default(),
            error["entity"].as_str(),
        );
        let file = files.iter().find(|f| f.location == location);
        let reported = file.is_some_and(|file| {
            file.problems.iter().any(|p| {
                p.line.is_some()
                    && (p.entity_ref.is_none()
                        || entity.is_none()
                        || p.entity_ref.as_deref() == entity
                        || entity.is_some_and(|e| e.starts_with("location:default/generated-")))
            })
        });
        if !reported {
            differences.push(format!(
                "{name}: {location} has no problem, but Backstage says {}",
                error["message"]
            ));
        }
    }
    for file in &mut files {
        let location = file.location.clone();
        file.entities.retain(|e| {
            expected
                .get(&e.entity_ref)
                .is_some_and(|e| location_of(e) == location)
        });
    }
    for entity in files.iter_mut().flat_map(|file| &mut file.entities) {
        let origin_of = |entity: &Value| {
            entity["metadata"]["annotations"]["backstage.io/managed-by-origin-location"].clone()
        };
        let location = location_of(&entity.entity);
        let origin = expected
            .get(&entity.entity_ref)
            .map(|e| origin_of(e))
            .unwrap();
        if leads(reaches, origin.as_str().unwrap(), &location, 10) {
            entity.entity["metadata"]["annotations"]["backstage.io/managed-by-origin-location"] =
                origin;
        }
    }
    let served = serve(&files);
    for (entity_ref, expected) in &expected {
        match served.get(entity_ref) {
            None => differences.push(format!("{name}: {entity_ref} is missing")),
            Some(served) if served != *expected => {
                differences.push(format!(
                    "{name}: {entity_ref} differs:\n{served}\n{expected}"
                ));
            }
            Some(_) => {}
        }
    }
    differences
}

#[test]
fn real_files_are_served_as_backstage_serves_them() {
    let (Some(vectors), Some(corpus)) = (
        shared::folder("vectors/catalog"),
        shared::folder("corpus/catalog"),
    ) else {
        return;
    };
    let (mut differences, mut entities) = (Vec::new(), 0);
    for path in shared::files(&vectors, &[".json"]) {
        let vector: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let root = corpus.join(&name);
        let mut reaches = Vec::new();
        let files = shared::files(&root, &[".yaml", ".yml"])
            .iter()
            .map(|path| {
                let inside = path
                    .strip_prefix(&root)
                    .unwrap()
                    .to_string_lossy()
                    .into_owned();
                read_file(path, &format!("file:<DIR>/{inside}"), &mut reaches)
            })
            .collect();
        entities += list(&vector, "entities").len();
        differences.extend(compare(&name, &vector, files, &reaches));
    }
    assert!(entities > 300, "only {entities} entities were compared");
    assert!(
        differences.is_empty(),
        "{} differences\n{}",
        differences.len(),
        differences.join("\n")
    );
}

#[test]
fn bad_documents_get_backstages_verdict() {
    let Some(folder) = shared::folder("vectors/catalog-errors") else {
        return;
    };
    let vector: Value =
        serde_json::from_slice(&std::fs::read(folder.join("expected.json")).unwrap()).unwrap();
    let mut files = Vec::new();
    for path in shared::files(&folder, &[".yaml"]) {
        let inside = path
            .strip_prefix(&folder)
            .unwrap()
            .to_string_lossy()
            .into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        // Each document was a location of its own, in no folder that holds the others.
        for (i, document) in text.split("---\n").enumerate() {
            let location = format!("file:<DIR>/{inside}#{i}");
            let parsed = read(document.as_bytes(), &location);
            let mut file = parsed.file;
            for target in parsed.locations {
                let problem = Problem {
                    severity: Severity::Error,
                    name: "NotFoundError".to_owned(),
                    message: format!("{} does not exist", target.target),
                    entity_ref: Some(target.entity_ref.clone()),
                    field: None,
                    line: Some(target.line),
                    column: Some(target.column),
                };
                file.reject(&target.entity_ref, problem);
            }
            files.push(file);
        }
    }
    let conflicts: Vec<_> = catalog::assemble(
        files
            .iter()
            .map(|f| FileSummary::new(f, FileState::default())),
    )
    .conflicts()
    .iter()
    .map(|c| (c.entity_ref.clone(), c.kept.clone(), c.refused.clone()))
    .collect();
    let expected: Vec<_> = list(&vector, "conflicts")
        .iter()
        .map(|c| {
            ["entityRef", "existingLocationKey", "newLocationKey"]
                .map(|key| c[key].as_str().unwrap().to_owned())
        })
        .map(|[entity_ref, kept, refused]| (entity_ref, kept, refused))
        .collect();
    assert_eq!(conflicts, expected);
    // Where Backstage names the field, so does callboard, in the same words.
    for error in list(&vector, "errors") {
        let location = error["location"].as_str().unwrap();
        let message = error["message"].as_str().unwrap();
        let file = files.iter().find(|f| f.location == location).unwrap();
        let said: Vec<_> = file.problems.iter().map(|p| p.message.as_str()).collect();
        let cause = message.rsplit("; caused by ").next().unwrap_or(message);
        let cause = cause
            .split_once("Error: ")
            .map_or(cause, |(_, cause)| cause);
        let cause = cause.split(". To learn more").next().unwrap_or(cause);
        let cause = cause.split(" - ").next().unwrap_or(cause);
        let free = cause.contains("does not exist")
            || cause.contains("YAML")
            || cause.starts_with("Flow map");
        assert!(
            free || cause.contains("got object") || said.iter().any(|said| said.contains(cause)),
            "{location}: Backstage says {cause:?}, callboard {said:?}"
        );
    }
    let differences = compare("catalog-errors", &vector, files, &[]);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn the_same_entity_has_the_same_uid_and_etag_and_another_has_others() {
    let text = |name: &str| {
        format!(
            "apiVersion: backstage.io/v1alpha1\nkind: System\nmetadata: {{name: {name}}}\nspec: {{owner: o}}\n"
        )
    };
    let served = |name: &str| {
        let parsed = read(text(name).as_bytes(), "file:/x.yaml");
        let served = catalog::served(
            &parsed.file.entities[0],
            [("ownedBy", "group:default/o")],
            &[],
            false,
        );
        ["uid", "etag"].map(|key| served["metadata"][key].as_str().unwrap().to_owned())
    };
    assert_eq!(served("a"), served("a"));
    let ([uid_a, etag_a], [uid_b, etag_b]) = (served("a"), served("b"));
    assert!(uid_a != uid_b && etag_a != etag_b);
    assert_eq!(uid_a.len(), 36);
}
