//! What a task outlives, and what goes on after what it does not.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::thread;

use callboard::store::tasks::TaskStatus;
use serde_json::{Value, json};

use super::world::{Ran, TaskWorld, log, wait};

const ID: &str = "0b1c2d3e-0000-4000-8000-000000000001";

#[test]
fn a_task_killed_at_any_step_is_interrupted_and_a_retry_finishes_without_doing_a_step_twice() {
    let steps = json!([
        wait("s0", 250),
        wait("s1", 250),
        wait("s2", 250),
        log("s3", "end")
    ]);
    for killed_at in ["s0", "s1", "s2"] {
        let world = TaskWorld::new();
        world.store(ID, steps.clone(), &[]);
        assert_eq!(world.run(&["task", "retry", ID, "--detach"]).code, 0);
        world.wait_for_step(ID, killed_at);
        world.signal(ID, "KILL");
        world.wait_until_gone(ID);
        assert_eq!(world.status(ID), "interrupted", "{killed_at}");
        let told = world.run(&["task", "log", ID, "--follow"]);
        assert_eq!(told.code, 0);
        assert!(told.err.contains("was interrupted"), "{told:?}");
        let ran = world.run(&["task", "retry", ID]);
        assert_eq!(ran.code, 0, "{killed_at}: {ran:?}");
        for step in ["s0", "s1", "s2", "s3"] {
            assert_eq!(world.finished(ID, step), 1, "{step} after {killed_at}");
        }
        assert_eq!(world.status(ID), "completed");
    }
}

#[test]
fn a_process_that_is_told_to_end_leaves_a_task_that_goes_on_later() {
    let world = TaskWorld::new();
    world.store(ID, json!([log("one", "x"), wait("wait", 2_500)]), &[]);
    assert_eq!(world.run(&["task", "retry", ID, "--detach"]).code, 0);
    world.wait_for_step(ID, "wait");
    world.signal(ID, "TERM");
    world.wait_until_gone(ID);
    assert_eq!(world.status(ID), "interrupted");
    let last = world.events(ID).pop().unwrap();
    assert_ne!(last.kind, "completion", "{last:?}");
    assert_eq!(world.run(&["task", "retry", ID]).code, 0);
    assert_eq!(world.finished(ID, "one"), 1);
    assert_eq!(world.finished(ID, "wait"), 1);
}

#[test]
fn viewers_in_other_processes_see_every_event_as_it_is_appended() {
    let world = TaskWorld::new();
    let steps: Vec<Value> = (0..6).map(|n| wait(&format!("s{n}"), 120)).collect();
    world.store(ID, json!(steps), &[]);
    assert_eq!(world.run(&["task", "retry", ID, "--detach"]).code, 0);
    let viewers: Vec<_> = (0..3)
        .map(|_| {
            world
                .command(&["task", "log", ID, "--follow", "--output", "json"])
                .stdout(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    let mut all = Vec::new();
    for mut viewer in viewers {
        let lines: Vec<String> = BufReader::new(viewer.stdout.take().unwrap())
            .lines()
            .map(Result::unwrap)
            .collect();
        assert!(viewer.wait().unwrap().success());
        all.push(lines);
    }
    let stored = world.events(ID);
    for lines in all {
        assert_eq!(lines.len(), stored.len());
        let last: Value = serde_json::from_str(lines.last().unwrap()).unwrap();
        assert_eq!(last["type"], "completion");
    }
}

#[test]
fn ten_thousand_lines_are_all_there() {
    let world = TaskWorld::new();
    let list: Vec<u32> = (0..10_000).collect();
    let steps = json!([{
        "id": "many", "name": "many", "action": "debug:log", "each": "${{ parameters.list }}",
        "input": {"message": "line ${{ each.value }}"},
    }]);
    world.store_with(ID, steps, &[], json!({"list": list}), json!({}));
    let ran = world.run(&["task", "retry", ID]);
    assert_eq!(
        ran.code,
        0,
        "{}",
        &ran.err[ran.err.len().saturating_sub(500)..]
    );
    let printed = world.run(&["task", "log", ID]);
    let lines: Vec<&str> = printed
        .out
        .lines()
        .filter(|line| line.contains("info: line "))
        .collect();
    assert_eq!(lines.len(), 10_000);
    assert!(lines[9_999].ends_with("info: line 9999"));
}

#[test]
fn a_full_disk_stops_the_task_and_nothing_that_was_stored_is_lost() {
    let world = TaskWorld::new();
    let long = "x".repeat(60_000);
    let mut steps: Vec<Value> = (0..40).map(|n| log(&format!("s{n}"), &long)).collect();
    steps.insert(0, log("first", "small"));
    world.store(ID, json!(steps), &[]);
    // As a full disk: no file may grow beyond the limit, and a write that would fails.
    let line = format!(
        "trap '' XFSZ; ulimit -f 3000; exec {} task retry {ID}",
        env!("CARGO_BIN_EXE_callboard")
    );
    let mut shell = Command::new("/bin/sh");
    shell
        .args(["-c", &line])
        .env_clear()
        .envs(world.world.environment())
        .stdin(Stdio::null());
    let ran = Ran::of(shell.output().unwrap());
    assert_eq!(
        ran.code,
        1,
        "{}",
        &ran.err[ran.err.len().saturating_sub(500)..]
    );
    world.wait_until_gone(ID);
    assert_eq!(world.status(ID), "interrupted");
    assert_eq!(world.finished(ID, "first"), 1);
    let ran = world.run(&["task", "retry", ID]);
    assert_eq!(
        ran.code,
        0,
        "{}",
        &ran.err[ran.err.len().saturating_sub(500)..]
    );
    assert_eq!(world.finished(ID, "first"), 1);
    assert_eq!(world.finished(ID, "s39"), 1);
}

/// Programs that say what the real ones would where processes are killed at logout.
fn logind(world: &mut TaskWorld, lingers: bool) {
    let bin = world.folder().join("bin");
    fs::create_dir(&bin).unwrap();
    let script = |name: &str, text: String| {
        let path = bin.join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    };
    let linger = if lingers { "yes" } else { "no" };
    script(
        "loginctl",
        format!(
            "#!/bin/sh\ncase \"$1\" in show-user) echo Linger={linger};; *) echo KillUserProcesses=yes;; esac\n"
        ),
    );
    let args = world.folder().join("scope-args");
    script(
        "systemd-run",
        format!(
            "#!/bin/sh\necho \"$@\" > {}\nwhile [ \"$1\" != -- ]; do shift; done\nshift\nexec \"$@\"\n",
            args.display()
        ),
    );
    world.path = format!("{}:/usr/bin:/bin", bin.display()).into();
}

#[test]
fn where_logout_kills_processes_a_task_is_started_in_a_scope_of_its_own() {
    let mut world = TaskWorld::new();
    logind(&mut world, true);
    world.store(ID, json!([log("one", "x")]), &[]);
    let ran = world.run(&["task", "retry", ID]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let args = fs::read_to_string(world.folder().join("scope-args")).unwrap();
    assert!(args.starts_with("--user --scope"), "{args}");
    assert!(args.contains("task-run"), "{args}");
    assert!(!ran.err.contains("log out"), "{ran:?}");
}

#[test]
fn where_nothing_saves_a_task_from_logout_the_person_is_told() {
    let mut world = TaskWorld::new();
    logind(&mut world, false);
    world.store(ID, json!([log("one", "x")]), &[]);
    let ran = world.run(&["task", "retry", ID]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("loginctl enable-linger"), "{ran:?}");
    assert!(!world.folder().join("scope-args").exists());
}

#[test]
fn a_process_that_leads_its_own_session_outlives_whoever_started_it() {
    let world = TaskWorld::new();
    world.store(ID, json!([wait("wait", 1_500), log("end", "x")]), &[]);
    let mut starter = world.command(&["task", "retry", ID]);
    let mut starter = starter.stderr(Stdio::piped()).spawn().unwrap();
    world.wait_for_step(ID, "wait");
    let pid = world.task(ID).pid.unwrap();
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let session: u32 = stat
        .rsplit_once(')')
        .unwrap()
        .1
        .split_whitespace()
        .nth(3)
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(session, pid, "it leads its session");
    starter.kill().unwrap();
    starter.wait().unwrap();
    world.wait_for_status(ID, TaskStatus::Completed);
    assert_eq!(world.finished(ID, "end"), 1);
    // Its folder goes after its last event.
    while world.state_dir().join("tasks").join(ID).exists() {
        thread::yield_now();
    }
}
