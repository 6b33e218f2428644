//! Folders of their own with stored tasks in them, and the binary at work there.
//!
//! A task is stored as one whose process never began: to callboard it was interrupted, so that `task retry` runs it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use callboard::store::Tasks;
use callboard::store::tasks::{NewTask, StoredEvent, TaskRecord, TaskStatus};
use serde_json::{Value, json};

use crate::cli::World;

/// How long anything may take before a test gives up on it: no measure of speed.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub struct TaskWorld {
    pub world: World,
    pub path: OsString,
}

impl TaskWorld {
    pub fn new() -> Self {
        Self {
            world: World::empty(),
            path: "/usr/local/bin:/usr/bin:/bin".into(),
        }
    }

    pub fn folder(&self) -> &Path {
        self.world.folder.path()
    }

    pub fn state_dir(&self) -> PathBuf {
        self.folder().join("state")
    }

    pub fn tasks(&self) -> Tasks {
        Tasks::open(&self.state_dir()).unwrap()
    }

    /// Stores a task that `task retry` runs.
    pub fn store(&self, id: &str, steps: Value, secrets: &[&str]) {
        self.store_with(id, steps, secrets, json!({}), json!({}));
    }

    pub fn store_with(
        &self,
        id: &str,
        steps: Value,
        secrets: &[&str],
        parameters: Value,
        output: Value,
    ) {
        let spec = json!({
            "templateRef": "template:default/test",
            "title": "Test 시험",
            "folder": self.folder(),
            "parameters": parameters,
            "steps": steps,
            "output": output,
            "user": {"ref": "user:default/octocat"},
        });
        let secrets: Vec<String> = secrets.iter().map(|name| (*name).to_owned()).collect();
        let task = NewTask {
            id,
            title: "Test 시험",
            template: "template:default/test",
            spec: &spec,
            secrets: &secrets,
            identity: Some("user:default/octocat"),
        };
        self.tasks().create(&task, 0).unwrap();
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_callboard"));
        command
            .args(args)
            .env_clear()
            .envs(self.world.environment())
            .env("PATH", &self.path)
            .current_dir(self.folder())
            .stdin(Stdio::null());
        command
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        Ran::of(self.command(args).output().unwrap())
    }

    pub fn task(&self, id: &str) -> TaskRecord {
        self.tasks().task(id).unwrap().unwrap()
    }

    /// How the task stands as a person sees it.
    pub fn status(&self, id: &str) -> String {
        let ran = self.run(&["task", "show", id, "--output", "json"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        let value: Value = serde_json::from_str(&ran.out).unwrap();
        value["status"].as_str().unwrap().to_owned()
    }

    pub fn events(&self, id: &str) -> Vec<StoredEvent> {
        self.tasks().events(id, 0, 1_000_000).unwrap()
    }

    /// Waits for an event that is as asked.
    pub fn wait_for(&self, id: &str, what: &str, is: impl Fn(&StoredEvent) -> bool) -> StoredEvent {
        let tasks = self.tasks();
        let start = Instant::now();
        loop {
            let events = tasks.events(id, 0, 1_000_000).unwrap();
            if let Some(event) = events.iter().find(|event| is(event)) {
                return event.clone();
            }
            assert!(start.elapsed() < PATIENCE, "no {what}: {events:#?}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until a step is being run.
    pub fn wait_for_step(&self, id: &str, step: &str) {
        self.wait_for(id, step, |event| {
            event.body["stepId"] == step && event.body["status"] == "processing"
        });
    }

    pub fn wait_for_status(&self, id: &str, status: TaskStatus) {
        let tasks = self.tasks();
        let start = Instant::now();
        loop {
            let task = tasks.task(id).unwrap().unwrap();
            if task.status == status {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "not {status:?}: {task:?}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until nobody runs the task.
    pub fn wait_until_gone(&self, id: &str) {
        let start = Instant::now();
        while callboard::store::tasks::TaskLock::acquire(&self.state_dir(), id).is_err() {
            assert!(start.elapsed() < PATIENCE, "{id} still runs");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// How often each step is said to have finished.
    pub fn finished(&self, id: &str, step: &str) -> usize {
        let finished = format!("Finished step {step}");
        let events = self.events(id);
        events
            .iter()
            .filter(|event| event.body["message"] == finished.as_str())
            .count()
    }

    pub fn signal(&self, id: &str, signal: &str) {
        let pid = self.task(id).pid.unwrap();
        let status = Command::new("/bin/kill")
            .args([&format!("-{signal}"), &pid.to_string()])
            .status()
            .unwrap();
        assert!(status.success());
    }
}

/// What a command did.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// A step that logs.
pub fn log(id: &str, message: &str) -> Value {
    json!({"id": id, "name": id, "action": "debug:log", "input": {"message": message}})
}

/// A step that waits.
pub fn wait(id: &str, milliseconds: u64) -> Value {
    json!({"id": id, "name": id, "action": "debug:wait", "input": {"milliseconds": milliseconds}})
}
