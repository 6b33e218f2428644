//! Tasks as several handles of one database see them.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::json;

use super::*;

const ID: &str = "0b1c2d3e-0000-4000-8000-000000000001";

fn create(tasks: &Tasks, id: &str, now: i64) {
    let spec = json!({"steps": []});
    tasks
        .create(
            &NewTask {
                id,
                title: "A service",
                template: "template:default/service",
                spec: &spec,
                secrets: &["PASSWORD".to_owned()],
                identity: Some("user:default/octocat"),
            },
            now,
        )
        .unwrap();
}

fn tasks() -> (tempfile::TempDir, Tasks) {
    let folder = tempfile::tempdir().unwrap();
    let tasks = Tasks::open(folder.path()).unwrap();
    create(&tasks, ID, 1_000);
    (folder, tasks)
}

fn status(tasks: &Tasks, now: i64) -> TaskStatus {
    tasks.status(&tasks.task(ID).unwrap().unwrap(), now)
}

#[test]
fn a_task_is_there_as_it_was_started_for_every_later_process() {
    let (folder, tasks) = tasks();
    drop(tasks);
    let tasks = Tasks::open_existing(folder.path()).unwrap().unwrap();
    let task = tasks.task(ID).unwrap().unwrap();
    assert_eq!(task.title, "A service");
    assert_eq!(task.secrets, ["PASSWORD"]);
    assert_eq!(task.identity.as_deref(), Some("user:default/octocat"));
    assert_eq!((task.created_at, task.attempt), (1_000, 1));
    assert_eq!(tasks.spec(ID).unwrap(), Some(json!({"steps": []})));
    assert_eq!(tasks.task("other").unwrap(), None);
}

#[test]
fn reading_tasks_where_there_never_was_one_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Tasks::open_existing(folder.path()).unwrap().is_none());
    assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none());
}

#[test]
fn everything_is_private() {
    let (folder, tasks) = tasks();
    tasks.make_workspace(ID).unwrap();
    let _lock = TaskLock::acquire(folder.path(), ID).unwrap();
    let mut found = Vec::new();
    let mut open = vec![folder.path().join("tasks")];
    while let Some(path) = open.pop() {
        let metadata = std::fs::symlink_metadata(&path).unwrap();
        let mode = metadata.permissions().mode() & 0o777;
        assert_eq!(
            mode,
            if metadata.is_dir() { 0o700 } else { 0o600 },
            "{path:?}"
        );
        if metadata.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|e| e.unwrap().path()));
        }
        found.push(path);
    }
    assert!(found.iter().any(|path| path.ends_with("tasks.db")));
    assert!(found.iter().any(|path| path.ends_with("lock")));
}

#[test]
fn another_reader_sees_an_event_as_soon_as_it_is_appended_and_knows_that_something_changed() {
    let (folder, tasks) = tasks();
    let reader = Tasks::open(folder.path()).unwrap();
    let before = reader.data_version().unwrap();
    assert_eq!(reader.data_version().unwrap(), before);
    let first = tasks
        .append(ID, "log", &json!({"message": "한"}), 5)
        .unwrap();
    assert_ne!(reader.data_version().unwrap(), before);
    let events = reader.events(ID, 0, 10).unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].id, events[0].at), (first, 5));
    assert_eq!(events[0].body, json!({"message": "한"}));
    assert_eq!(reader.last_event_at(ID).unwrap(), Some(5));
}

#[test]
fn events_come_in_pages_and_of_their_task_alone() {
    let (_folder, tasks) = tasks();
    create(&tasks, "other", 2_000);
    for n in 0..10 {
        tasks.append(ID, "log", &json!({ "n": n }), n).unwrap();
        tasks.append("other", "log", &json!({}), n).unwrap();
    }
    let mut seen = Vec::new();
    let mut after = 0;
    loop {
        let page = tasks.events(ID, after, 4).unwrap();
        assert!(page.len() <= 4);
        let Some(last) = page.last() else { break };
        after = last.id;
        seen.extend(page.iter().map(|event| event.body["n"].as_i64().unwrap()));
    }
    assert_eq!(seen, (0..10).collect::<Vec<_>>());
}

#[test]
fn ids_are_found_by_their_beginning_in_any_case() {
    let (_folder, tasks) = tasks();
    create(&tasks, "0b1cffff-0000-4000-8000-000000000002", 2_000);
    assert_eq!(tasks.ids("0B1C2").unwrap(), [ID]);
    assert_eq!(tasks.ids("0b1c").unwrap().len(), 2);
    assert_eq!(tasks.ids("").unwrap().len(), 2);
    assert!(tasks.ids("%").unwrap().is_empty());
    let listed = tasks.list().unwrap();
    assert_eq!(listed[1].id, ID, "the newest first");
}

#[test]
fn a_task_whose_process_died_is_interrupted_and_one_whose_process_lives_is_not() {
    let (folder, tasks) = tasks();
    assert_eq!(status(&tasks, 1_500), TaskStatus::Open, "about to start");
    assert_eq!(
        status(&tasks, 60_000),
        TaskStatus::Interrupted,
        "it never did"
    );
    let lock = TaskLock::acquire(folder.path(), ID).unwrap();
    assert!(tasks.begin(ID, 1, 42, Some(7)).unwrap());
    assert_eq!(status(&tasks, 60_000), TaskStatus::Processing);
    assert!(matches!(
        TaskLock::acquire(folder.path(), ID),
        Err(StoreError::TaskRuns { .. })
    ));
    drop(lock);
    assert_eq!(status(&tasks, 60_000), TaskStatus::Interrupted);
}

#[test]
fn only_a_task_that_does_not_run_can_be_claimed_and_only_once() {
    let (folder, tasks) = tasks();
    assert_eq!(tasks.claim(ID, 1_500).unwrap(), Claim::Runs);
    let lock = TaskLock::acquire(folder.path(), ID).unwrap();
    assert!(tasks.begin(ID, 1, 42, None).unwrap());
    assert_eq!(tasks.claim(ID, 60_000).unwrap(), Claim::Runs);
    drop(lock);
    assert_eq!(tasks.claim(ID, 60_000).unwrap(), Claim::Claimed(2));
    let other = Tasks::open(folder.path()).unwrap();
    assert_eq!(other.claim(ID, 60_001).unwrap(), Claim::Runs);
    assert_eq!(other.claim("unknown", 60_001).unwrap(), Claim::Unknown);
    let events = tasks.events(ID, 0, 10).unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].kind, "recovered");
}

#[test]
fn a_process_that_was_given_up_changes_nothing_any_more() {
    let (_folder, tasks) = tasks();
    assert_eq!(tasks.claim(ID, 60_000).unwrap(), Claim::Claimed(2));
    assert!(!tasks.begin(ID, 1, 42, None).unwrap());
    assert!(tasks.begin(ID, 2, 43, None).unwrap());
    tasks
        .end(ID, 1, TaskStatus::Failed, &json!({}), 61_000)
        .unwrap();
    assert_eq!(
        tasks.task(ID).unwrap().unwrap().status,
        TaskStatus::Processing
    );
    let completion = json!({"message": "Run completed with status: completed"});
    tasks
        .end(ID, 2, TaskStatus::Completed, &completion, 62_000)
        .unwrap();
    let task = tasks.task(ID).unwrap().unwrap();
    assert_eq!(task.status, TaskStatus::Completed);
    assert_eq!(task.ended_at, Some(62_000));
    let events = tasks.events(ID, 0, 10).unwrap();
    assert_eq!(events.last().unwrap().kind, "completion");
    assert_eq!(tasks.claim(ID, 90_000).unwrap(), Claim::Completed);
}

#[test]
fn a_wish_to_cancel_is_seen_by_the_process_and_forgotten_by_the_next_attempt() {
    let (folder, tasks) = tasks();
    let viewer = Tasks::open(folder.path()).unwrap();
    assert!(!tasks.is_cancelled(ID).unwrap());
    assert!(viewer.ask_to_cancel(ID).unwrap().is_some());
    assert!(tasks.is_cancelled(ID).unwrap());
    assert!(viewer.ask_to_cancel("unknown").unwrap().is_none());
    assert_eq!(tasks.claim(ID, 60_000).unwrap(), Claim::Claimed(2));
    assert!(!tasks.is_cancelled(ID).unwrap());
}

#[test]
fn an_intent_is_new_once_and_then_tells_what_is_known() {
    let (folder, tasks) = tasks();
    let detail = json!({"repository": "acme/pay"});
    assert_eq!(
        tasks
            .begin_intent(ID, "publish/create", &detail, 7)
            .unwrap(),
        None
    );
    let later = Tasks::open(folder.path()).unwrap();
    let known = later
        .begin_intent(ID, "publish/create", &json!("other"), 9)
        .unwrap()
        .unwrap();
    assert_eq!((known.at, known.detail, known.outcome), (7, detail, None));
    later
        .end_intent(ID, "publish/create", &json!({"id": 1}))
        .unwrap();
    let known = tasks
        .begin_intent(ID, "publish/create", &json!(null), 11)
        .unwrap()
        .unwrap();
    assert_eq!(known.outcome, Some(json!({"id": 1})));
    assert_eq!(tasks.intents(ID).unwrap().len(), 1);
}

#[test]
fn how_far_a_task_came_is_what_was_stored_last() {
    let (_folder, tasks) = tasks();
    assert_eq!(tasks.state(ID).unwrap(), None);
    tasks.save_state(ID, &json!({"steps": 1})).unwrap();
    tasks.save_state(ID, &json!({"steps": 2})).unwrap();
    assert_eq!(tasks.state(ID).unwrap(), Some(json!({"steps": 2})));
}

#[test]
fn beginning_and_ending_touch_the_mark_and_lines_of_the_log_do_not() {
    let (_folder, tasks) = tasks();
    let mark = tasks.folder().join(MARK);
    let modified = |path: &Path| std::fs::metadata(path).unwrap().modified().unwrap();
    std::fs::File::open(&mark)
        .unwrap()
        .set_modified(std::time::UNIX_EPOCH)
        .unwrap();
    tasks.append(ID, "log", &json!({}), 1).unwrap();
    assert_eq!(modified(&mark), std::time::UNIX_EPOCH);
    tasks.begin(ID, 1, 1, None).unwrap();
    assert_ne!(modified(&mark), std::time::UNIX_EPOCH);
}

#[test]
fn a_completed_tasks_folder_goes_and_its_log_stays() {
    let (folder, tasks) = tasks();
    let workspace = tasks.make_workspace(ID).unwrap();
    std::fs::write(workspace.join("README.md"), "x").unwrap();
    drop(TaskLock::acquire(folder.path(), ID).unwrap());
    tasks.append(ID, "log", &json!({}), 1).unwrap();
    tasks.remove_folder(ID).unwrap();
    tasks.remove_folder(ID).unwrap();
    assert!(!workspace.exists());
    assert_eq!(tasks.events(ID, 0, 10).unwrap().len(), 1);
}

#[test]
fn a_follower_gets_every_event_once_and_nothing_twice() {
    let (folder, tasks) = tasks();
    let mut follow = Follow::new(Tasks::open(folder.path()).unwrap(), ID, 0);
    for n in 0..1_200 {
        tasks.append(ID, "log", &json!({ "n": n }), n).unwrap();
    }
    let mut seen = Vec::new();
    loop {
        let page = follow.next_page().unwrap();
        if page.is_empty() {
            break;
        }
        seen.extend(page.into_iter().map(|event| event.body["n"].clone()));
    }
    assert_eq!(seen, (0..1_200).map(|n| json!(n)).collect::<Vec<_>>());
    assert!(follow.next_page().unwrap().is_empty());
    tasks.append(ID, "log", &json!({"n": "last"}), 1).unwrap();
    let page = follow.next_page().unwrap();
    assert_eq!(page.len(), 1);
    assert!(follow.next_page().unwrap().is_empty());
    let (_, status) = follow.state(60_000).unwrap().unwrap();
    assert_eq!(status, TaskStatus::Interrupted);
}
