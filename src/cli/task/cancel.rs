//! `callboard task cancel ID`: the wish is stored, and the task's process told to look for it.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::json;

use super::{find, show};
use crate::cli::{CliError, Context, Exit};
use crate::runtime::tasks::{is_same_process, terminate};
use crate::store::Tasks;
use crate::store::tasks::{TaskRecord, TaskStatus};

/// How long a task may take to end; far more than it needs.
const PATIENCE: Duration = Duration::from_secs(10);
const STEP: Duration = Duration::from_millis(20);

pub(super) fn run(wanted: &str, context: &Context) -> Result<Exit, CliError> {
    let (tasks, task) = find::find(wanted, context)?;
    let now = Timestamp::now().as_millisecond();
    match tasks.status(&task, now) {
        TaskStatus::Open | TaskStatus::Processing => {
            ask(&tasks, &task.id)?;
            wait(&tasks, &task.id)?;
        }
        TaskStatus::Interrupted => {
            let completion = json!({
                "message": "Run completed with status: failed",
                "error": {"name": "Error", "message": "The task was interrupted, and then cancelled"},
            });
            tasks.end(
                &task.id,
                task.attempt,
                TaskStatus::Cancelled,
                &completion,
                now,
            )?;
        }
        ended => {
            context.note(&format!(
                "task {} has ended already: {}",
                task.id,
                ended.name()
            ));
            return Ok(Exit::Done);
        }
    }
    let status = tasks
        .task(&task.id)?
        .map_or("cancelled", |task| task.status.name());
    context.note(&format!("task {}: {status}", task.id));
    tell_what_exists(&tasks, &task.id, context)?;
    Ok(Exit::Done)
}

/// Stores the wish and wakes the task's process, which would look for it soon by itself.
pub(super) fn ask(tasks: &Tasks, id: &str) -> Result<(), CliError> {
    if let Some(TaskRecord {
        pid: Some(pid),
        pid_started,
        ..
    }) = tasks.ask_to_cancel(id)?
        && is_same_process(pid, pid_started)
    {
        terminate(pid);
    }
    Ok(())
}

/// Cancelling deletes nothing: what was made is listed, so that a person can decide.
pub(super) fn tell_what_exists(tasks: &Tasks, id: &str, context: &Context) -> Result<(), CliError> {
    let made = show::made(tasks, id)?;
    if !made.is_empty() {
        context.note("What it made is still there:");
        for line in made {
            context.note(&format!("  {line}"));
        }
    }
    Ok(())
}

fn wait(tasks: &Tasks, id: &str) -> Result<(), CliError> {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        let Some(task) = tasks.task(id)? else { break };
        if !tasks
            .status(&task, Timestamp::now().as_millisecond())
            .is_running()
        {
            return Ok(());
        }
        std::thread::sleep(STEP);
    }
    Err(CliError::failed(format!("task {id} does not end"))
        .hint("it is asked to; `callboard task show` tells how it stands"))
}
