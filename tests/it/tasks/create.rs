//! From a template on disk to a task, and what ends with a cancelled one.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use callboard::store::tasks::TaskStatus;
use serde_json::{Value, json};

use super::world::{PATIENCE, TaskWorld};

const ID: &str = "0b1c2d3e-0000-4000-8000-000000000001";

const TEMPLATE: &str = r#"
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: service, title: A service}
spec:
  owner: team-a
  type: service
  parameters:
    - required: [name]
      properties:
        name: {type: string, pattern: "^[a-z]+$"}
  steps:
    - id: fetch
      name: Fetch
      action: fetch:template
      input: {url: ./skeleton, values: {name: "${{ parameters.name }}"}}
    - id: register
      name: Write
      action: catalog:write
      input:
        filePath: entity.yaml
        entity: {apiVersion: backstage.io/v1alpha1, kind: Component, metadata: {name: "${{ parameters.name }}"}}
    - id: read
      name: Read
      action: roadiehq:utils:fs:parse
      input: {path: entity.yaml, parser: yaml}
    - id: say
      name: Say
      action: debug:log
      input: {message: "password ${{ secrets.PASSWORD }}", listWorkspace: true}
  output:
    links:
      - {title: Repository, url: "https://example.com/${{ parameters.name }}"}
    text:
      - {title: Template, content: "${{ steps.read.output.content.metadata.annotations | dump }}"}
"#;

fn template(world: &TaskWorld) -> String {
    let folder = world.folder().join("template");
    fs::create_dir_all(folder.join("skeleton")).unwrap();
    fs::write(folder.join("template.yaml"), TEMPLATE).unwrap();
    fs::write(folder.join("skeleton/README.md"), "# ${{ values.name }}\n").unwrap();
    folder.join("template.yaml").to_str().unwrap().to_owned()
}

#[test]
fn a_template_becomes_a_task_that_runs_to_its_links_and_texts() {
    let world = TaskWorld::new();
    let path = template(&world);
    let args = [
        "create",
        &path,
        "--set",
        "name=pay",
        "--secret",
        "PASSWORD=MY_PASSWORD",
    ];
    let mut command = world.command(&args);
    let asked = super::world::Ran::of(command.env("MY_PASSWORD", "hunter2!").output().unwrap());
    assert_eq!(asked.code, 2, "{asked:?}");
    assert!(asked.err.contains("--yes"), "{asked:?}");
    assert!(asked.err.contains("Fetch (fetch:template)"), "{asked:?}");
    let mut command = world.command(&args);
    command.arg("--yes").env("MY_PASSWORD", "hunter2!");
    let ran = super::world::Ran::of(command.output().unwrap());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.out.contains("Repository  https://example.com/pay\n"),
        "{ran:?}"
    );
    assert!(
        ran.out.contains("backstage.io/source-template"),
        "the entity names its template: {ran:?}"
    );
    assert!(ran.err.contains("[say] info: password ***"), "{ran:?}");
    assert!(!ran.err.contains("hunter2"), "{ran:?}");
    let tasks = world.tasks().list().unwrap();
    assert_eq!(tasks.len(), 1);
    assert_eq!(tasks[0].title, "A service");
    assert_eq!(tasks[0].secrets, ["PASSWORD"]);
}

#[test]
fn a_detached_task_goes_on_and_its_id_is_all_that_is_printed() {
    let world = TaskWorld::new();
    let path = template(&world);
    let ran = world.run(&["create", &path, "--set", "name=pay", "--yes", "--detach"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let id = ran.out.trim();
    assert_eq!(id.len(), 36, "{ran:?}");
    world.wait_for_status(id, TaskStatus::Completed);
    let wrong = world.run(&["create", &path, "--set", "name=PAY", "--yes"]);
    assert_eq!(wrong.code, 2, "{wrong:?}");
    assert_eq!(world.tasks().list().unwrap().len(), 1);
}

fn lives(pid: &str) -> bool {
    let stat = fs::read_to_string(Path::new("/proc").join(pid).join("stat"));
    // What nobody waited for yet is dead all the same.
    stat.is_ok_and(|stat| !stat.contains(") Z "))
}

#[test]
fn cancelling_ends_the_programs_a_step_started_and_those_they_started() {
    let mut world = TaskWorld::new();
    let bin = world.folder().join("bin");
    fs::create_dir(&bin).unwrap();
    let pids = world.folder().join("pids");
    let script = format!(
        "#!/bin/sh\n# neither hears a polite word\ntrap '' TERM\n\
         (trap '' TERM; while :; do sleep 1; done) &\necho $! $$ > {0}.new\nmv {0}.new {0}\nwait\n",
        pids.display()
    );
    fs::write(bin.join("kubectl"), script).unwrap();
    fs::set_permissions(bin.join("kubectl"), fs::Permissions::from_mode(0o755)).unwrap();
    world.path = format!("{}:/usr/bin:/bin", bin.display()).into();
    let config = world.folder().join("config/callboard");
    fs::create_dir_all(&config).unwrap();
    fs::write(
        config.join("config.yaml"),
        "callboard: {scaffolder: {kube: {context: test}}}\n",
    )
    .unwrap();
    let step: Value = json!({"id": "apply", "name": "Apply", "action": "kube:apply", "input": {
        "manifest": "a: b", "namespaced": false,
    }});
    world.store(ID, json!([step]), &[]);
    let ran = world.run(&["task", "retry", ID, "--detach"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let start = Instant::now();
    let pids = loop {
        if let Ok(pids) = fs::read_to_string(&pids) {
            break pids;
        }
        let events = world.events(ID);
        assert!(
            start.elapsed() < PATIENCE,
            "kubectl was not run: {events:#?}"
        );
        thread::sleep(Duration::from_millis(5));
    };
    assert!(pids.split_whitespace().all(lives), "{pids}");
    let ran = world.run(&["task", "cancel", ID]);
    assert_eq!(ran.code, 0, "{ran:?}");
    world.wait_until_gone(ID);
    let left: Vec<&str> = pids.split_whitespace().filter(|pid| lives(pid)).collect();
    for pid in &left {
        let _ = Command::new("/bin/kill").args(["-9", pid]).status();
    }
    assert!(left.is_empty(), "{left:?} of {pids} live");
    assert_eq!(world.status(ID), "cancelled");
}
