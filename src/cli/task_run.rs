//! `callboard task-run ID`: the process of a task. Not for people: `create` and `task retry` start it.
//!
//! It leaves its terminal's session first, so that nothing that becomes of the terminal becomes of the task, then reads
//! what only it may know from standard input, and runs the steps that are left. All that it has to say goes into the
//! tasks' store.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Read};
use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret as _;
use serde_json::{Map, Value};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::services;
use super::sources::Recipe;
use super::{CliError, Context, Exit};
use crate::github::Credentials;
use crate::runtime::tasks::{LONGEST_MESSAGE, Message, kill_session, started_at};
use crate::scaffolder::engine::TaskSpec;
use crate::scaffolder::mask::Masker;
use crate::scaffolder::task::{self, Attempt, Ledger};
use crate::scaffolder::{Registry, Services, Workspace};
use crate::store::tasks::{TaskLock, TaskStatus};
use crate::store::{StoreError, Tasks};

/// How often the lock is asked for: a viewer may hold it for the moment in which it looks whether anybody has it.
const TRIES: u32 = 100;
const PAUSE: Duration = Duration::from_millis(20);
/// Values of variables that are shorter hide too much else.
const SHORTEST_VARIABLE: usize = 8;

/// Which task.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The task's whole id
    #[arg(value_name = "ID")]
    id: String,
}

/// Runs the task to its end.
///
/// # Errors
/// Where it cannot begin; what goes wrong later stands in its record.
pub fn run(args: Args, context: &Context) -> Result<Exit, CliError> {
    if std::io::stdin().is_terminal() {
        return Err(CliError::usage("this is no command for people")
            .hint("`callboard create` starts a task, `callboard task retry` goes on with one"));
    }
    // It fails where this process leads a session already, which is just as well.
    let _ = rustix::process::setsid();
    let mut bytes = Vec::new();
    std::io::stdin()
        .take(LONGEST_MESSAGE)
        .read_to_end(&mut bytes)
        .map_err(|error| CliError::failed(format!("the pipe: {error}")))?;
    let message = Message::from_bytes(&bytes).map_err(CliError::failed)?;
    // A folder that somebody wants to unmount must not be held.
    let _ = std::env::set_current_dir("/");
    let environment = message.environment.clone();
    let inner = context.environment();
    let context = Context::with_env(context.global().clone(), move |name| {
        environment
            .get(name)
            .map(Into::into)
            .or_else(|| inner(name))
    });
    let state_dir = context.paths()?.state_dir;
    let _lock = lock(&state_dir, &args.id)?;
    let tasks = Tasks::open(&state_dir)?;
    let pid = std::process::id();
    if !tasks.begin(&args.id, message.attempt, pid, started_at(pid))? {
        return Err(CliError::failed("this attempt is not mine to run"));
    }
    let status = context.block_on(work(tasks, &args.id, message, &context))?;
    // Whatever an action left behind ends with its task.
    kill_session();
    Ok(match status? {
        Some(TaskStatus::Completed) => Exit::Done,
        _ => Exit::Failed,
    })
}

fn lock(state_dir: &std::path::Path, id: &str) -> Result<TaskLock, CliError> {
    for _ in 1..TRIES {
        match TaskLock::acquire(state_dir, id) {
            Err(StoreError::TaskRuns { .. }) => std::thread::sleep(PAUSE),
            other => return Ok(other?),
        }
    }
    Ok(TaskLock::acquire(state_dir, id)?)
}

async fn work(
    tasks: Tasks,
    id: &str,
    message: Message,
    context: &Context,
) -> Result<Option<TaskStatus>, CliError> {
    let stop = CancellationToken::new();
    let interrupt = CancellationToken::new();
    for kind in [
        SignalKind::terminate(),
        SignalKind::interrupt(),
        SignalKind::hangup(),
    ] {
        let mut caught =
            signal(kind).map_err(|error| CliError::failed(format!("signals: {error}")))?;
        let interrupt = interrupt.clone();
        tokio::spawn(async move {
            caught.recv().await;
            interrupt.cancel();
        });
    }
    let masker = Arc::new(Masker::new(secrets(&message, context)));
    let spec = tasks.spec(id)?.unwrap_or_default();
    let workspace = tasks.make_workspace(id)?;
    let ledger = Ledger::new(tasks, id, message.attempt, masker, stop.clone());
    let prepared = prepare(spec, &workspace, context, &stop);
    let (spec, workspace, services) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => {
            ledger.fail(&error.message);
            return Err(error);
        }
    };
    let secrets: Map<String, Value> = message
        .secrets
        .into_iter()
        .map(|(name, secret)| (name, Value::String(secret)))
        .collect();
    let status = task::run(Attempt {
        id,
        task: &spec,
        secrets: &secrets,
        workspace: &workspace,
        services: &services,
        registry: &Registry::default(),
        ledger: &ledger,
        stop: &stop,
        interrupt: &interrupt,
    })
    .await
    .map_err(|error| CliError::failed(error.message))?;
    if status == Some(TaskStatus::Completed) {
        ledger.remove_folder()?;
    }
    Ok(status)
}

/// What the task is made of; none of it can be made where its record or the configuration cannot be read.
fn prepare(
    spec: Value,
    workspace: &std::path::Path,
    context: &Context,
    stop: &CancellationToken,
) -> Result<(TaskSpec, Workspace, Services), CliError> {
    let spec = serde_json::from_value(spec)
        .map_err(|error| CliError::failed(format!("the task's record cannot be read: {error}")))?;
    Ok((
        spec,
        Workspace::new(workspace),
        services::of(context, stop)?,
    ))
}

/// Everything that must not be seen in what the task says: its secrets, the variables that travelled with them, and every
/// token that it could write with.
fn secrets(message: &Message, context: &Context) -> Vec<(String, String)> {
    let mut found: BTreeMap<String, String> = message.secrets.clone();
    let mut add = |name: String, value: &str| {
        if value.trim().len() >= SHORTEST_VARIABLE {
            found.entry(name).or_insert_with(|| value.trim().to_owned());
        }
    };
    for (name, value) in &message.environment {
        add(format!("environment:{name}"), value);
    }
    let Ok(config) = context.config() else {
        return found.into_iter().collect();
    };
    for integration in config.github_integrations() {
        if let Some(token) = &integration.token {
            add(format!("integration:{}", integration.host), token.expose());
        }
    }
    let identities = Recipe::of(context).and_then(|recipe| {
        recipe
            .identities()
            .map_err(|error| CliError::failed(error.to_string()))
    });
    if let Ok(identities) = identities {
        for endpoint in identities.endpoints() {
            let person = identities.person(endpoint.host());
            if let Ok(Credentials::Token(token)) = person.map(|person| person.credentials) {
                add(format!("person:{}", endpoint.host()), token.expose_secret());
            }
        }
    }
    found.into_iter().collect()
}
