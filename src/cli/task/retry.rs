//! `callboard task retry ID [--secret k=ENV]...`.

use jiff::Timestamp;

use super::launch::{self, absolute};
use super::secrets::{self, SecretFlag};
use super::{find, watch};
use crate::cli::{CliError, Context, Exit};
use crate::scaffolder::engine::{State, TaskSpec};
use crate::scaffolder::task::needed_secrets;
use crate::store::Tasks;
use crate::store::tasks::{Claim, TaskRecord, TaskStatus};

/// Which task, and its secrets.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The task's id, or the beginning of it
    #[arg(value_name = "ID")]
    id: String,
    /// Give a secret again: its name in the template and the variable of the environment that holds it
    #[arg(long = "secret", value_name = "NAME=ENV")]
    secrets: Vec<SecretFlag>,
    /// Let the task touch this repository, though it does not make it
    #[arg(long, value_name = "OWNER/REPO")]
    allow: Vec<String>,
    /// Do not wait for the task; print its id
    #[arg(long)]
    detach: bool,
}

pub(super) fn run(args: Args, context: &Context) -> Result<Exit, CliError> {
    let (tasks, task) = find::find(&args.id, context)?;
    let now = Timestamp::now().as_millisecond();
    match tasks.status(&task, now) {
        TaskStatus::Open | TaskStatus::Processing => return Err(runs(&task)),
        TaskStatus::Completed => return Err(completed(&task)),
        TaskStatus::Failed | TaskStatus::Cancelled | TaskStatus::Interrupted => {}
    }
    let (mut spec, state) = stored(&tasks, &task)?;
    let mut given = secrets::read(&args.secrets, context)?;
    secrets::complete(&mut given, &needed_secrets(&spec, &state, &task.secrets))?;
    let last = tasks.last_event(&task.id)?.unwrap_or(0);
    let attempt = match tasks.claim(&task.id, Timestamp::now().as_millisecond())? {
        Claim::Claimed(attempt) => attempt,
        Claim::Runs => return Err(runs(&task)),
        Claim::Completed => return Err(completed(&task)),
        Claim::Unknown => {
            return Err(CliError::new(Exit::NotFound, "the task has just gone"));
        }
    };
    if !args.allow.is_empty() {
        spec.allow.extend(args.allow);
        let spec = serde_json::to_value(&spec)
            .map_err(|error| CliError::failed(format!("the task cannot be stored: {error}")))?;
        tasks.replace_spec(&task.id, &spec)?;
    }
    let state_dir = absolute(&context.paths()?.state_dir)?;
    launch::start(&state_dir, &tasks, &task.id, attempt, given, context)?;
    if args.detach {
        let mut out = context.output();
        out.line(&task.id)?;
        out.finish()?;
        return Ok(Exit::Done);
    }
    watch::follow(tasks, &task.id, last, context)
}

/// What a task was started with, and how far it came.
fn stored(tasks: &Tasks, task: &TaskRecord) -> Result<(TaskSpec, State), CliError> {
    let unreadable = |error: serde_json::Error| {
        CliError::failed(format!(
            "the record of task {} cannot be read: {error}",
            task.id
        ))
        .hint("start it anew with `callboard create`")
    };
    let spec = tasks.spec(&task.id)?.unwrap_or_default();
    let spec = serde_json::from_value(spec).map_err(unreadable)?;
    let state = match tasks.state(&task.id)? {
        Some(state) => serde_json::from_value(state).map_err(unreadable)?,
        None => State::default(),
    };
    Ok((spec, state))
}

fn runs(task: &TaskRecord) -> CliError {
    CliError::failed(format!(
        "task {} is running, so it cannot be retried",
        task.id
    ))
    .hint(format!(
        "follow it with: callboard task log --follow {}",
        find::short(&task.id)
    ))
}

fn completed(task: &TaskRecord) -> CliError {
    CliError::failed(format!(
        "task {} is completed, so it cannot be retried",
        task.id
    ))
    .hint("`callboard create` starts a new one")
}
