//! Secrets: given by the environment, handed on by a pipe, and nowhere else.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use callboard::store::tasks::TaskStatus;
use serde_json::json;

use super::world::{TaskWorld, log, wait};

const ID: &str = "0b1c2d3e-0000-4000-8000-000000000001";
const SECRET: &str = "p@ss \"w\u{f6}rd\"/50%+ and more";
const TOKEN: &str = "ghp_0123456789abcdefghijABCDEFGHIJ012345";

/// Every way in which it must not stand anywhere.
fn forms(secret: &str) -> Vec<String> {
    let json = serde_json::to_string(secret).unwrap();
    let percent: String = secret
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect();
    let mut forms = vec![
        secret.to_owned(),
        json.trim_matches('"').to_owned(),
        percent,
        STANDARD.encode(secret).trim_end_matches('=').to_owned(),
        URL_SAFE_NO_PAD.encode(secret),
    ];
    // What is inside the base64 of a text around it, at the two other alignments.
    for before in ["x", "xy"] {
        let encoded = STANDARD.encode(format!("{before}{secret}"));
        forms.push(encoded[4..encoded.len() - 4].to_owned());
    }
    forms
}

fn files(below: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(below).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

fn assert_nowhere(bytes: &[u8], place: &str) {
    for secret in [SECRET, TOKEN] {
        for form in forms(secret) {
            let found = bytes
                .windows(form.len())
                .any(|window| window == form.as_bytes());
            assert!(!found, "{form} in {place}");
        }
    }
}

/// Steps that say the secret in every way they can.
fn telling() -> serde_json::Value {
    json!([
        log("plain", "password ${{ secrets.PASSWORD }} and ${{ secrets.PASSWORD | dump }}"),
        log("encoded", "${{ secrets.PASSWORD | urlencode }} ${{ secrets.ENCODED }} ${{ secrets.AROUND }}"),
        {"id": "keyed", "name": "keyed", "action": "debug:log", "input": {"message": "x", "extra ${{ secrets.PASSWORD }}": 1}},
        wait("wait", 400_000),
    ])
}

#[test]
fn a_secret_is_nowhere_on_disk_in_no_argument_and_in_no_environment() {
    let world = TaskWorld::new();
    world.store(ID, telling(), &["PASSWORD", "ENCODED", "AROUND"]);
    let mut command = world.command(&[
        "task",
        "retry",
        ID,
        "--detach",
        "--secret",
        "PASSWORD=MY_PASSWORD",
        "--secret",
        "ENCODED=MY_ENCODED",
        "--secret",
        "AROUND=HARMLESS_NAME",
    ]);
    command
        .env("MY_PASSWORD", SECRET)
        .env("MY_ENCODED", STANDARD.encode(SECRET))
        .env("HARMLESS_NAME", STANDARD.encode(format!("x{SECRET}")))
        .env("ALSO_HARMLESS", format!("before {SECRET} after"))
        .env("GITHUB_TOKEN", TOKEN);
    let ran = super::world::Ran::of(command.output().unwrap());
    // The third step's input has a key that is none of the action's, so the task fails there or waits.
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_nowhere(format!("{ran:?}").as_bytes(), "what retry printed");
    world.wait_for(ID, "the step that encodes", |event| {
        event.body["message"] == "Finished step encoded"
    });
    let pid = world.task(ID).pid.unwrap();
    for part in ["cmdline", "environ"] {
        // A process that has ended has neither.
        let bytes = fs::read(format!("/proc/{pid}/{part}")).unwrap_or_default();
        assert_nowhere(&bytes, part);
    }
    let mut found = Vec::new();
    files(world.folder(), &mut found);
    assert!(
        found.iter().any(|path| path.ends_with("tasks.db-wal")),
        "{found:?}"
    );
    for path in &found {
        assert_nowhere(
            &fs::read(path).unwrap_or_default(),
            &path.display().to_string(),
        );
    }
    let _ = world.run(&["task", "cancel", ID]);
    let printed = world.run(&["task", "log", ID]);
    assert!(printed.out.contains("password *** and"), "{printed:?}");
    assert_nowhere(printed.out.as_bytes(), "the log");
    let shown = world.run(&["task", "show", ID, "-o", "json"]);
    assert_nowhere(shown.out.as_bytes(), "what is shown");
    let mut found = Vec::new();
    files(world.folder(), &mut found);
    for path in &found {
        assert_nowhere(
            &fs::read(path).unwrap_or_default(),
            &path.display().to_string(),
        );
    }
}

#[test]
fn a_retry_asks_for_exactly_the_secrets_of_the_steps_that_are_left() {
    let world = TaskWorld::new();
    let steps = json!([
        log("one", "${{ secrets.FIRST }}"),
        log("two", "${{ secrets.SECOND }} ${{ secrets.NEVER }}"),
        wait("wait", 300_000),
    ]);
    world.store(ID, steps, &["FIRST", "SECOND"]);
    let ran = world.run(&["task", "retry", ID]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("FIRST, SECOND"), "{ran:?}");
    assert!(ran.err.contains("--secret FIRST=VARIABLE"), "{ran:?}");
    let args = [
        "task", "retry", ID, "--secret", "FIRST=A", "--secret", "SECOND=B",
    ];
    let mut unset = world.command(&args);
    let unset = super::world::Ran::of(unset.env("A", "first secret").output().unwrap());
    assert_eq!(unset.code, 2, "{unset:?}");
    assert_eq!(world.task(ID).attempt, 1, "nothing was claimed");
    let mut both = world.command(&args);
    both.arg("--detach")
        .env("A", "first secret")
        .env("B", "second secret");
    assert_eq!(super::world::Ran::of(both.output().unwrap()).code, 0);
    world.wait_for_step(ID, "wait");
    world.signal(ID, "KILL");
    world.wait_until_gone(ID);
    // What is left uses none.
    assert_eq!(world.run(&["task", "retry", ID, "--detach"]).code, 0);
    world.wait_for_status(ID, TaskStatus::Processing);
    assert_eq!(world.run(&["task", "cancel", ID]).code, 0);
    assert_eq!(world.finished(ID, "one"), 1);
}
