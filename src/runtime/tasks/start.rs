//! Starting a task's process.

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::logind::Survival;
use super::message::Message;
use crate::store::Tasks;
use crate::store::tasks::TaskStatus;

/// How long a process may take until it has begun; a busy machine needs its time.
const PATIENCE: Duration = Duration::from_secs(20);
const STEP: Duration = Duration::from_millis(5);

/// What is to be started.
#[derive(Debug)]
pub struct Order<'a> {
    /// The state folder, absolute.
    pub state_dir: &'a Path,
    /// The task.
    pub id: &'a str,
    /// What only its process may know.
    pub message: &'a Message,
    /// Global flags that its process needs besides its state folder: configuration files, the cache. Nothing secret.
    pub flags: &'a [OsString],
    /// Whether it outlives this session.
    pub survival: Survival,
}

/// A process that has begun.
#[derive(Debug)]
pub struct Started {
    /// To be waited for by who stays, so that it leaves no trace when it ends.
    pub child: Child,
}

/// Starts the process of a task and returns when it has begun, or has ended already.
///
/// # Errors
/// Where it cannot be started, in words for people; then the task's record says how it stands.
pub fn start(order: &Order<'_>) -> Result<Started, String> {
    if order.survival == Survival::Scope {
        match begin(order, true) {
            Ok(started) => return Ok(started),
            Err(error) => tracing::info!(%error, "no scope for the task; it is started without"),
        }
    }
    begin(order, false)
}

fn begin(order: &Order<'_>, scope: bool) -> Result<Started, String> {
    let failed = |error: std::io::Error| format!("the task's process cannot be started: {error}");
    let program = std::env::current_exe().map_err(failed)?;
    let mut command = if scope {
        let mut command = Command::new("systemd-run");
        command.args(["--user", "--scope", "--quiet", "--collect", "--"]);
        command.arg(program);
        command
    } else {
        Command::new(program)
    };
    command
        .arg("--state-dir")
        .arg(order.state_dir)
        .args(order.flags)
        .args(["task-run", order.id])
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    for name in order.message.environment.keys() {
        command.env_remove(name);
    }
    let mut child = command.spawn().map_err(failed)?;
    if let Some(mut pipe) = child.stdin.take() {
        // A process that has ended already is noticed below.
        let _ = pipe.write_all(&order.message.to_bytes());
    }
    let attempt = order.message.attempt;
    let tasks = Tasks::open(order.state_dir).map_err(|error| error.to_string())?;
    let has_begun = || {
        let task = tasks.task(order.id).map_err(|error| error.to_string())?;
        Ok::<_, String>(
            task.is_some_and(|task| task.attempt != attempt || task.status != TaskStatus::Open),
        )
    };
    let deadline = Instant::now() + PATIENCE;
    loop {
        if has_begun()? {
            return Ok(Started { child });
        }
        if let Ok(Some(status)) = child.try_wait() {
            // It may have begun and ended between two looks.
            if has_begun()? {
                return Ok(Started { child });
            }
            return Err(format!(
                "the task's process ended before it began ({status})"
            ));
        }
        if Instant::now() > deadline {
            return Err("the task's process does not begin".to_owned());
        }
        std::thread::sleep(STEP);
    }
}
