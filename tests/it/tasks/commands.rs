//! What `callboard task` prints, and how it ends.

use callboard::store::tasks::TaskStatus;
use serde_json::{Value, json};

use super::world::{TaskWorld, log, wait};

const ID: &str = "0b1c2d3e-0000-4000-8000-000000000001";
const OTHER: &str = "0b1cffff-0000-4000-8000-000000000002";

#[test]
fn a_task_runs_to_its_end_and_tells_what_it_put_out() {
    let world = TaskWorld::new();
    world.store_with(
        ID,
        json!([log("one", "hello ${{ parameters.name }}"), wait("two", 10)]),
        &[],
        json!({"name": "pay"}),
        json!({"links": [{"title": "Repository", "url": "https://example.com/${{ parameters.name }}"}]}),
    );
    let ran = world.run(&["task", "retry", "0b1c"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.out, "Repository  https://example.com/pay\n");
    assert!(ran.err.contains("[one] info: hello pay"), "{ran:?}");
    assert!(ran.err.contains("Run completed with status: completed"));
    let shown = world.run(&["task", "show", ID]);
    assert!(shown.out.contains("completed"), "{shown:?}");
    assert!(shown.out.contains("https://example.com/pay"), "{shown:?}");
    assert!(
        !world.state_dir().join("tasks").join(ID).exists(),
        "the workspace of a completed task is removed"
    );
    let again = world.run(&["task", "retry", ID]);
    assert_eq!(again.code, 1);
    assert!(again.err.contains("is completed"), "{again:?}");
}

#[test]
fn the_log_is_one_event_a_line_in_backstages_shape() {
    let world = TaskWorld::new();
    world.store(ID, json!([log("one", "hello")]), &[]);
    assert_eq!(world.run(&["task", "retry", ID]).code, 0);
    let ran = world.run(&["task", "log", ID, "--output", "json"]);
    assert_eq!(ran.code, 0);
    let events: Vec<Value> = ran
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let mut last = 0;
    for event in &events {
        assert_eq!(event["taskId"], ID);
        let id = event["id"].as_i64().unwrap();
        assert!(id > last);
        last = id;
        let at = event["createdAt"].as_str().unwrap();
        assert!(at.ends_with('Z') && at.len() == 24, "{at}");
    }
    let types: Vec<&str> = events.iter().map(|e| e["type"].as_str().unwrap()).collect();
    assert_eq!(types[0], "recovered");
    assert_eq!(*types.last().unwrap(), "completion");
    let begun = events
        .iter()
        .find(|event| event["body"]["status"] == "processing")
        .unwrap();
    assert_eq!(begun["body"]["stepId"], "one");
    let plain = world.run(&["task", "log", ID]);
    assert!(plain.out.contains("[one] Beginning step one"), "{plain:?}");
    assert!(plain.out.lines().count() >= events.len(), "{plain:?}");
}

#[test]
fn a_failed_step_is_told_and_a_retry_goes_on_with_it_in_the_workspace_it_had() {
    let world = TaskWorld::new();
    let steps = json!([
        log("one", "made once"),
        {"id": "two", "name": "two", "action": "debug:log", "input": {"message": 5}},
        log("never", "not reached"),
        {"id": "always", "name": "always", "action": "debug:log", "if": "${{ always() }}", "input": {"message": "x"}},
    ]);
    world.store(ID, steps, &[]);
    let ran = world.run(&["task", "retry", ID]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("error: "), "{ran:?}");
    assert!(
        ran.err
            .contains("hint: go on where it ended: callboard task retry 0b1c2d3e")
    );
    let shown: Value =
        serde_json::from_str(&world.run(&["task", "show", ID, "--output", "json"]).out).unwrap();
    assert_eq!(shown["status"], "failed");
    let statuses: Vec<&str> = shown["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["status"].as_str().unwrap())
        .collect();
    assert_eq!(statuses, ["completed", "failed", "skipped", "completed"]);
    assert!(
        shown["error"]["message"]
            .as_str()
            .unwrap()
            .contains("debug:log")
    );
    let workspace = shown["workspace"].as_str().unwrap();
    std::fs::write(format!("{workspace}/kept.txt"), "kept").unwrap();
    let ran = world.run(&["task", "retry", ID]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(
        world.finished(ID, "one"),
        1,
        "what ended well does not run again"
    );
    assert!(std::fs::read_to_string(format!("{workspace}/kept.txt")).is_ok());
    assert_eq!(world.task(ID).attempt, 3);
}

#[test]
fn tasks_are_listed_the_newest_first_and_an_empty_list_is_no_failure() {
    let world = TaskWorld::new();
    let ran = world.run(&["task", "list"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
    assert!(ran.err.contains("no task"), "{ran:?}");
    let ran = world.run(&["task", "list", "--output", "json"]);
    assert_eq!((ran.code, ran.out.trim()), (0, "[]"));
    assert!(!world.state_dir().exists(), "reading made a state");
    world.store(ID, json!([log("one", "x")]), &[]);
    world.store(OTHER, json!([log("one", "x")]), &[]);
    assert_eq!(world.run(&["task", "retry", ID]).code, 0);
    let ran = world.run(&["task", "list"]);
    assert!(
        ran.out.contains("0b1c2d3e  completed    Test 시험"),
        "{ran:?}"
    );
    assert!(
        ran.out.contains("0b1cffff  interrupted  Test 시험"),
        "{ran:?}"
    );
    let list: Value =
        serde_json::from_str(&world.run(&["task", "list", "-o", "json"]).out).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 2);
    assert_eq!(list[0]["templateRef"], "template:default/test");
}

#[test]
fn an_id_may_be_short_and_a_wrong_one_tells_what_was_meant() {
    let world = TaskWorld::new();
    let none = world.run(&["task", "show", "abc"]);
    assert_eq!(none.code, 3, "{none:?}");
    world.store(ID, json!([log("one", "x")]), &[]);
    world.store(OTHER, json!([log("one", "x")]), &[]);
    let both = world.run(&["task", "show", "0b1c"]);
    assert_eq!(both.code, 4, "{both:?}");
    assert!(
        both.err.contains(ID) && both.err.contains(OTHER),
        "{both:?}"
    );
    assert_eq!(world.run(&["task", "show", "0B1CF"]).code, 0);
    let slip = world.run(&["task", "cancel", "0b2cffff"]);
    assert_eq!(slip.code, 3);
    assert!(slip.err.contains("did you mean 0b1cffff?"), "{slip:?}");
    for hostile in ["", "%", "'; DROP TABLE task; --", "\u{1b}[31m"] {
        let ran = world.run(&["task", "log", hostile]);
        assert_eq!(ran.code, 3, "{hostile:?}: {ran:?}");
        assert!(!ran.err.contains('\u{1b}'));
    }
}

#[test]
fn a_running_task_is_not_retried_and_of_two_retries_at_once_one_runs() {
    let world = TaskWorld::new();
    world.store(ID, json!([wait("wait", 4_000)]), &[]);
    let start = || {
        world
            .command(&["task", "retry", ID, "--detach"])
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap()
    };
    let both =
        [start(), start()].map(|child| super::world::Ran::of(child.wait_with_output().unwrap()));
    let mut codes = both.each_ref().map(|ran| ran.code);
    codes.sort_unstable();
    assert_eq!(codes, [0, 1], "{both:?}");
    let refused = both.iter().find(|ran| ran.code == 1).unwrap();
    assert!(refused.err.contains("is running"), "{refused:?}");
    let again = world.run(&["task", "retry", ID]);
    assert_eq!(again.code, 1);
    assert!(
        again.err.contains("task log --follow 0b1c2d3e"),
        "{again:?}"
    );
    world.wait_for_status(ID, TaskStatus::Completed);
    assert_eq!(world.finished(ID, "wait"), 1);
    let recovered = world.events(ID);
    let recovered = recovered.iter().filter(|event| event.kind == "recovered");
    assert_eq!(recovered.count(), 1);
}

#[test]
fn cancelling_stops_a_step_that_waits_and_what_comes_after_it() {
    let world = TaskWorld::new();
    world.store(ID, json!([wait("wait", 500_000), log("after", "x")]), &[]);
    assert_eq!(world.run(&["task", "retry", ID, "--detach"]).code, 0);
    world.wait_for_step(ID, "wait");
    let ran = world.run(&["task", "cancel", ID]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("cancelled"), "{ran:?}");
    assert_eq!(world.status(ID), "cancelled");
    world.wait_until_gone(ID);
    let events = world.events(ID);
    let kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
    assert!(kinds.contains(&"cancelled"), "{kinds:?}");
    assert_eq!(*kinds.last().unwrap(), "completion");
    assert_eq!(world.finished(ID, "after"), 0);
    let again = world.run(&["task", "cancel", ID]);
    assert_eq!(again.code, 0);
    assert!(
        again.err.contains("has ended already: cancelled"),
        "{again:?}"
    );
}

#[test]
fn a_state_folder_that_cannot_be_written_is_an_error_that_names_it() {
    let world = TaskWorld::new();
    std::fs::write(world.folder().join("file"), "").unwrap();
    let state = world.folder().join("file/state");
    let state = state.to_str().unwrap();
    let ran = world.run(&["--state-dir", state, "task", "list"]);
    assert_eq!(ran.code, 0, "there is no task there: {ran:?}");
    let ran = world.run(&["--state-dir", state, "task", "retry", ID]);
    assert_eq!(ran.code, 3, "{ran:?}");
}

#[test]
fn the_process_of_a_task_is_no_command_for_people() {
    let world = TaskWorld::new();
    let ran = world.run(&["task-run", ID]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("no message"), "{ran:?}");
    let help = world.run(&["--help"]);
    assert!(!help.out.contains("task-run"));
}
