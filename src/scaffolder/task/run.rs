//! One attempt of a task: from where the last one ended to its last event, while somebody may want it stopped.

use std::time::Duration;

use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use super::ledger::Ledger;
use crate::scaffolder::engine::{self, Run, TaskSpec};
use crate::scaffolder::error::ActionError;
use crate::scaffolder::event::{EventKind, EventSink};
use crate::scaffolder::registry::Registry;
use crate::scaffolder::services::Services;
use crate::scaffolder::workspace::Workspace;
use crate::store::tasks::TaskStatus;

/// How often the store is asked whether the task is to be cancelled.
const PERIOD: Duration = Duration::from_millis(100);

/// What an attempt needs.
pub struct Attempt<'a> {
    /// The task's id.
    pub id: &'a str,
    /// What to run.
    pub task: &'a TaskSpec,
    /// The secrets, by their names; texts.
    pub secrets: &'a Map<String, Value>,
    /// The folder to work in; it exists.
    pub workspace: &'a Workspace,
    /// What actions may reach.
    pub services: &'a Services,
    /// The actions there are.
    pub registry: &'a Registry,
    /// Where everything is written down.
    pub ledger: &'a Ledger,
    /// Stops the steps; the same that the ledger has.
    pub stop: &'a CancellationToken,
    /// Cancelled where this process is told to end.
    pub interrupt: &'a CancellationToken,
}

/// Runs the steps that are left and writes down how it ended. Gives none where the process was told to end, or nothing
/// could be written down any more: then the record stands as if it had been killed.
///
/// # Errors
/// Where the record cannot be read at all.
pub async fn run(attempt: Attempt<'_>) -> Result<Option<TaskStatus>, ActionError> {
    let state = attempt.ledger.state()?;
    let work = engine::run(
        Run {
            task: attempt.task,
            task_id: attempt.id,
            secrets: attempt.secrets,
            workspace: attempt.workspace,
            services: attempt.services,
            registry: attempt.registry,
            sink: attempt.ledger,
            intents: attempt.ledger,
            cancel: attempt.stop,
            dry_run: false,
        },
        state,
    );
    tokio::pin!(work);
    let result = tokio::select! {
        result = &mut work => result,
        () = watch(&attempt) => work.await,
    };
    // What could not be stored is known to the ledger.
    let _ = attempt
        .ledger
        .append(EventKind::Completion, result.completion());
    Ok(attempt.ledger.ended())
}

/// Waits until the task is to stop, and stops it.
async fn watch(attempt: &Attempt<'_>) {
    let mut seen = None;
    loop {
        // A record that cannot be read now may be read the next time; the steps go on meanwhile.
        let version = attempt.ledger.version().ok();
        let told = attempt.interrupt.is_cancelled();
        if (version != seen || told) && attempt.ledger.wish().unwrap_or(false) {
            attempt.ledger.cancelled();
            break;
        }
        if told {
            attempt.ledger.interrupted();
            break;
        }
        seen = version;
        tokio::select! {
            () = tokio::time::sleep(PERIOD) => {}
            () = attempt.interrupt.cancelled() => {}
            () = attempt.stop.cancelled() => return,
        }
    }
    attempt.stop.cancel();
}
