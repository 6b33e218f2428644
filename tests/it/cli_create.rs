//! `callboard templates`, `actions` and `create --dry-run`.

use std::fs;

use serde_json::{Value, json};

use crate::cli::World;

const TEMPLATE: &str = r#"apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata:
  name: demo
  title: Demo template
  description: Makes a service
spec:
  owner: team-a
  type: service
  parameters:
    - title: Basics
      required: [name, owner]
      properties:
        name: {title: Name, type: string, description: Unique name, pattern: '^[a-z0-9-]+$', 'ui:autofocus': true}
        owner: {title: Owner, type: string, 'ui:field': OwnerPicker}
        visibility: {type: string, enum: [public, private], default: private}
    - properties:
        useDb: {type: boolean, default: false}
        port: {type: number}
  steps:
    - id: fetch
      name: Fetch skeleton
      action: fetch:template
      input:
        url: ./skeleton
        values: {name: '${{ parameters.name }}', port: '${{ parameters.port }}'}
    - id: log
      name: Log
      action: debug:log
      input: {message: 'Hello ${{ parameters.name }}, ${{ secrets.token }}', listWorkspace: true}
    - id: db
      name: DB
      if: ${{ parameters.useDb }}
      action: debug:log
      input: {message: db}
  output:
    links: [{title: Repository, url: 'https://example.com/${{ parameters.name }}'}]
"#;

fn world() -> World {
    let world = World::empty();
    let at = world.folder.path();
    fs::create_dir_all(at.join("t/skeleton")).unwrap();
    fs::write(at.join("t/template.yaml"), TEMPLATE).unwrap();
    fs::write(
        at.join("t/skeleton/README.md"),
        "# ${{ values.name }} ${{ values.port }}\n",
    )
    .unwrap();
    fs::create_dir_all(at.join("config/callboard")).unwrap();
    fs::write(
        at.join("config/callboard/config.yaml"),
        "catalog:\n  locations:\n    - {type: file, target: ../../t/template.yaml}\n",
    )
    .unwrap();
    world
}

fn synced() -> World {
    let world = world();
    world.out(&["sync"]);
    world
}

#[test]
fn templates_are_listed_and_shown_as_backstage_serves_their_parameters() {
    let world = synced();
    assert_eq!(
        world.json(&["templates", "--output", "json"]),
        json!([{"ref": "template:default/demo", "title": "Demo template", "description": "Makes a service", "type": "service", "owner": "team-a"}])
    );
    let text = world.out(&["templates"]);
    assert!(
        text.contains("demo") && text.contains("Demo template"),
        "{text}"
    );
    let shown = world.json(&["templates", "show", "demo", "-o", "json"]);
    assert_eq!(shown["title"], "Demo template");
    assert_eq!(shown["steps"][0]["title"], "Basics");
    assert_eq!(
        shown["steps"][0]["schema"]["required"],
        json!(["name", "owner"])
    );
    assert_eq!(
        shown["steps"][1]["title"],
        "Please enter the following information"
    );
    // By its path it is the same template.
    assert_eq!(
        world.json(&["templates", "show", "t/template.yaml", "-o", "json"]),
        shown
    );
    let text = world.out(&["templates", "show", "t"]);
    for part in [
        "name *",
        "[private]",
        "public or private",
        "Fetch skeleton",
        "fetch:template",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let (code, error) = world.failure(&["templates", "show", "dmeo"]);
    assert_eq!(code, 3);
    assert!(
        error.contains("did you mean template:default/demo?"),
        "{error}"
    );
}

#[test]
fn actions_are_printed_with_their_schemas() {
    let world = World::empty();
    let all = world.json(&["actions", "--output", "json"]);
    let ids: Vec<&str> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|action| action["id"].as_str().unwrap())
        .collect();
    assert!(
        ids.contains(&"debug:log") && ids.contains(&"fetch:template"),
        "{ids:?}"
    );
    let one = world.json(&["actions", "debug:log", "-o", "json"]);
    assert_eq!(
        one["schema"]["input"]["properties"]["message"]["type"],
        "string"
    );
    assert!(
        one["examples"][0]["example"]
            .as_str()
            .unwrap()
            .starts_with("steps:")
    );
    let text = world.out(&["actions", "debug:wait"]);
    assert!(text.contains("milliseconds  number"), "{text}");
    let (code, error) = world.failure(&["actions", "debug:lgo"]);
    assert_eq!(code, 3);
    assert!(error.contains("did you mean debug:log?"), "{error}");
}

#[test]
fn every_action_of_backstages_own_that_is_here_has_backstages_schema() {
    let Some(folder) = crate::shared::folder("backstage-api") else {
        return;
    };
    let text = fs::read_to_string(folder.join("38-scaffolder-actions.json")).unwrap();
    let captured: Value = serde_json::from_str(&text).unwrap();
    let all = World::empty().json(&["actions", "-o", "json"]);
    let mut compared = 0;
    for theirs in captured["body"].as_array().unwrap() {
        let ours = all
            .as_array()
            .unwrap()
            .iter()
            .find(|ours| ours["id"] == theirs["id"]);
        let Some(ours) = ours else { continue };
        compared += 1;
        // What it takes is the same, whatever words describe it.
        let names = |action: &Value| {
            let input = &action["schema"]["input"];
            let mut names: Vec<String> = [input]
                .into_iter()
                .chain(input["anyOf"].as_array().into_iter().flatten())
                .filter_map(|part| part["properties"].as_object())
                .flat_map(|map| map.keys().cloned())
                .collect();
            names.sort();
            names.dedup();
            names
        };
        assert_eq!(names(ours), names(theirs), "{}", theirs["id"]);
    }
    eprintln!("{compared} actions compared");
    assert!(compared >= 2);
}

#[test]
fn a_dry_run_answers_as_backstage_does_and_leaves_files_in_its_target() {
    let world = world();
    let out = world
        .command(&[
            "create",
            "t",
            "--dry-run",
            "--target",
            "made",
            "--set",
            "name=demo",
            "--set",
            "owner=team-a",
            "--set",
            "port=8080",
            "--secret",
            "token=THE_TOKEN",
            "-o",
            "json",
        ])
        .env("THE_TOKEN", "hunter2")
        .output()
        .unwrap();
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let text = String::from_utf8(out.stdout).unwrap();
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        answer["directoryContents"],
        json!([{"path": "README.md", "base64Content": "IyBkZW1vIDgwODAK", "executable": false}])
    );
    assert_eq!(
        answer["output"],
        json!({"links": [{"title": "Repository", "url": "https://example.com/demo"}]})
    );
    assert_eq!(answer["steps"][2]["if"], "${{ parameters.useDb }}");
    let messages: Vec<&str> = answer["log"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["body"]["message"].as_str().unwrap())
        .collect();
    assert!(
        messages.iter().any(|line| line.starts_with(
            "info: Running debug:log in dry-run mode with inputs (secrets redacted): "
        ) && line.contains("Hello demo, ***")),
        "{messages:#?}"
    );
    assert!(messages.contains(&"Skipping step db because its if condition was false"));
    assert!(!text.contains("hunter2"), "{text}");
    assert_eq!(
        fs::read_to_string(world.folder.path().join("made/README.md")).unwrap(),
        "# demo 8080\n"
    );
    // Nothing is written over.
    let (code, error) = world.failure(&[
        "create",
        "t",
        "--dry-run",
        "--target",
        "made",
        "--set",
        "name=demo",
        "--set",
        "owner=a",
    ]);
    assert_eq!(code, 2);
    assert!(error.contains("is not empty"), "{error}");
}

#[test]
fn answers_that_do_not_fit_are_told_by_name_and_in_backstages_shape() {
    let world = synced();
    let (code, error) = world.failure(&["create", "demo", "--dry-run", "--set", "name=Bad Name!"]);
    assert_eq!(code, 2);
    for line in [
        "owner: is required",
        "name: does not match pattern \"^[a-z0-9-]+$\"",
    ] {
        assert!(error.contains(line), "{error}");
    }
    let out = world.run(&[
        "create",
        "demo",
        "--dry-run",
        "--set",
        "name=Bad Name!",
        "-o",
        "json",
    ]);
    assert_eq!(out.status.code(), Some(2));
    let answer: Value = serde_json::from_slice(&out.stdout).unwrap();
    let first = &answer["errors"][0];
    assert_eq!(first["path"], json!([]));
    assert_eq!(first["property"], "instance");
    assert_eq!(first["message"], "requires property \"owner\"");
    assert_eq!(first["name"], "required");
    assert_eq!(first["argument"], "owner");
    assert_eq!(first["stack"], "instance requires property \"owner\"");
    assert_eq!(first["schema"]["title"], "Basics");
    let second = &answer["errors"][1];
    assert_eq!(second["path"], json!(["name"]));
    assert_eq!(second["instance"], "Bad Name!");
    assert_eq!(
        second["stack"],
        "instance.name does not match pattern \"^[a-z0-9-]+$\""
    );
    let (code, error) = world.failure(&["create", "demo", "--dry-run", "--set", "nmae=x"]);
    assert_eq!(code, 2);
    assert!(error.contains("did you mean name?"), "{error}");
}

#[test]
fn a_template_is_validated_with_exact_places() {
    let world = world();
    let broken = TEMPLATE
        .replace("fetch:template", "fetch:tmeplate")
        .replace(
            "if: ${{ parameters.useDb }}",
            "if: '${{ parameters.useDb ? 1 : 2 }}'",
        )
        .replace("message: db", "mesage: db");
    fs::write(world.folder.path().join("t/template.yaml"), broken).unwrap();
    let out = world.run(&["validate", "t"]);
    assert_eq!(out.status.code(), Some(1));
    let text = String::from_utf8(out.stdout).unwrap();
    for line in [
        "t/template.yaml:23:15: warning: callboard does not have the action fetch:tmeplate; did you mean fetch:template?",
        "t/template.yaml:33:33: this cannot be evaluated and stays as it is written: ",
        "t/template.yaml:35:15: warning: mesage is not an input of debug:log; did the template mean message?",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}
