//! A task between its store and its engine: what is appended, what a retry goes on from, and what viewers make of it.
//!
//! [`run`] is one attempt of a task. [`Ledger`] is what the engine writes to meanwhile: it masks, bounds and stores. [`Progress`] is what anybody makes
//! of the stored events: steps with their states and times, and how it ended. No process is started and nothing is drawn
//! here.

mod ledger;
mod limits;
mod progress;
mod run;
mod secrets;

pub use ledger::Ledger;
pub use progress::{Progress, StepProgress};
pub use run::{Attempt, run};
pub use secrets::needed as needed_secrets;

use super::event::{EventBody, EventKind, TaskEvent};
use crate::store::tasks::StoredEvent;

/// A stored event as the scaffolder has it. What a later callboard stored besides is left out; a body that says nothing
/// gives an empty message.
pub fn event(stored: &StoredEvent) -> TaskEvent {
    let kind = match stored.kind.as_str() {
        "completion" => EventKind::Completion,
        "cancelled" => EventKind::Cancelled,
        "recovered" => EventKind::Recovered,
        _ => EventKind::Log,
    };
    let body = serde_json::from_value(stored.body.clone()).unwrap_or_else(|_| EventBody {
        message: stored
            .body
            .get("message")
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        ..EventBody::default()
    });
    TaskEvent {
        id: stored.id,
        task_id: stored.task.clone(),
        created_at: timestamp(stored.at),
        kind,
        body,
    }
}

/// Milliseconds since the Unix epoch as Backstage writes times: `2026-11-20T23:08:09.000Z`.
pub fn timestamp(millis: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(millis).unwrap_or_default();
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
