//! What a running task writes down: its events, its steps, its intents.
//!
//! Everything that comes here is masked, and stored before anyone can see it. Once something could not be stored (the disk
//! is full), nothing more is done: the ledger cancels the task, since what is done and not recorded is worse than what is
//! not done.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::limits::{Budget, Verdict, shortened};
use super::timestamp;
use crate::scaffolder::engine::State;
use crate::scaffolder::error::{ActionError, ActionErrorKind};
use crate::scaffolder::event::{EventBody, EventKind, EventSink, StepStatus, TaskFailure};
use crate::scaffolder::mask::{Masker, Sequence};
use crate::scaffolder::services::{Intent, Intents};
use crate::store::tasks::TaskStatus;
use crate::store::{StoreError, Tasks};

/// Most bytes of what is said at the end of a step or a task.
const WORDS: usize = 256 * 1024;

/// The record of one attempt of a task.
pub struct Ledger {
    id: String,
    attempt: i64,
    masker: Arc<Masker>,
    stop: CancellationToken,
    inner: Mutex<Inner>,
}

struct Inner {
    tasks: Tasks,
    budget: Budget,
    /// The log of each step, as a secret may be cut in two by it.
    sequences: HashMap<String, Sequence>,
    /// Somebody asked for the task to be cancelled.
    cancelled: bool,
    /// The process is to end; the task goes on with a retry.
    interrupted: bool,
    /// Why nothing can be stored any more.
    broken: Option<ActionError>,
    ended: Option<TaskStatus>,
}

impl Ledger {
    /// The record of an attempt, in a store that nobody else of this process writes to. `stop` is cancelled where nothing
    /// can be stored any more.
    pub fn new(
        tasks: Tasks,
        id: &str,
        attempt: i64,
        masker: Arc<Masker>,
        stop: CancellationToken,
    ) -> Self {
        Self {
            id: id.to_owned(),
            attempt,
            masker,
            stop,
            inner: Mutex::new(Inner {
                tasks,
                budget: Budget::default(),
                sequences: HashMap::new(),
                cancelled: false,
                interrupted: false,
                broken: None,
                ended: None,
            }),
        }
    }

    /// Notes that a person wants the task cancelled: so it will have ended.
    pub fn cancelled(&self) {
        self.inner().cancelled = true;
    }

    /// Notes that this process must end. From now on nothing is stored: the task is left as if the process had been
    /// killed, and a retry goes on with it.
    pub fn interrupted(&self) {
        self.inner().interrupted = true;
    }

    /// Writes the last event of a task that could not begin, and why.
    pub fn fail(&self, why: &str) {
        let mut body = EventBody::task("Run completed with status: failed");
        body.error = Some(TaskFailure {
            name: "Error".to_owned(),
            message: why.to_owned(),
        });
        // Where even that cannot be stored, the task is found interrupted.
        let _ = self.append(EventKind::Completion, body);
    }

    /// How the task ended; none before its last event.
    pub fn ended(&self) -> Option<TaskStatus> {
        self.inner().ended
    }

    /// Why nothing could be stored any more, where that is so.
    pub fn broken(&self) -> Option<ActionError> {
        self.inner().broken.clone()
    }

    /// How far former attempts came, secrets in their places again; the beginning where none came anywhere.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn state(&self) -> Result<State, ActionError> {
        let stored = self
            .inner()
            .tasks
            .state(&self.id)
            .map_err(|e| storage(&e))?;
        let Some(stored) = stored else {
            return Ok(State::default());
        };
        serde_json::from_value(self.masker.unseal(&stored)).map_err(|error| {
            let message = format!("how far the task came cannot be read: {error}");
            ActionError::new(ActionErrorKind::Storage, message)
        })
    }

    /// Whether the store says that the task is to be cancelled.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn wish(&self) -> Result<bool, StoreError> {
        self.inner().tasks.is_cancelled(&self.id)
    }

    /// Changes with every write of another process.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn version(&self) -> Result<i64, StoreError> {
        self.inner().tasks.data_version()
    }

    /// Removes workspace and lock of a completed task.
    ///
    /// # Errors
    /// Where something cannot be removed.
    pub fn remove_folder(&self) -> Result<(), StoreError> {
        self.inner().tasks.remove_folder(&self.id)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does one write, unless one before it failed.
    fn store<T>(
        &self,
        write: impl FnOnce(&mut Inner) -> Result<T, StoreError>,
    ) -> Result<T, ActionError> {
        let mut inner = self.inner();
        if let Some(broken) = &inner.broken {
            return Err(broken.clone());
        }
        if inner.interrupted {
            return Err(ActionError::cancelled());
        }
        write(&mut inner).map_err(|error| {
            let error = storage(&error);
            inner.broken = Some(error.clone());
            self.stop.cancel();
            error
        })
    }

    /// The body without secrets, within its limits; none where it is not kept.
    fn admitted(&self, inner: &mut Inner, body: EventBody) -> Option<Value> {
        let step = body.step_id.clone().unwrap_or_default();
        let log = body.status.is_none() && body.output.is_none() && body.error.is_none();
        let message = if log {
            let sequence = inner.sequences.entry(step.clone()).or_default();
            let message = sequence.next(&self.masker, &body.message);
            match inner.budget.admit(&step, message) {
                Verdict::Keep(message) | Verdict::Last(message) => message,
                Verdict::Drop => return None,
            }
        } else {
            shortened(self.masker.mask(&body.message).into_owned(), WORDS)
        };
        let rest = EventBody {
            message: String::new(),
            ..body
        };
        let mut value = self
            .masker
            .mask_value(&serde_json::to_value(rest).unwrap_or_default());
        if let Some(body) = value.as_object_mut() {
            body.insert("message".to_owned(), Value::String(message));
        }
        Some(value)
    }
}

impl EventSink for Ledger {
    fn append(&self, kind: EventKind, body: EventBody) -> Result<(), ActionError> {
        let now = Timestamp::now().as_millisecond();
        let failed = body.error.is_some();
        let over = body.step_id.clone().filter(|_| {
            body.status
                .is_some_and(|status| status != StepStatus::Processing)
        });
        self.store(|inner| {
            if let Some(step) = over
                && let Some(dropped) = inner.budget.dropped(&step)
            {
                let message = format!("warn: {dropped} lines of this step were not kept");
                let note = json!({"message": message, "stepId": step});
                inner.tasks.append(&self.id, "log", &note, now)?;
            }
            let Some(body) = self.admitted(inner, body) else {
                return Ok(());
            };
            if kind == EventKind::Completion {
                let status = match (failed, inner.cancelled) {
                    (false, _) => TaskStatus::Completed,
                    (true, true) => TaskStatus::Cancelled,
                    (true, false) => TaskStatus::Failed,
                };
                inner
                    .tasks
                    .end(&self.id, self.attempt, status, &body, now)?;
                inner.ended = Some(status);
                return Ok(());
            }
            let kind = match kind {
                EventKind::Log | EventKind::Completion => "log",
                EventKind::Cancelled => "cancelled",
                EventKind::Recovered => "recovered",
            };
            inner.tasks.append(&self.id, kind, &body, now).map(drop)
        })
    }

    /// Secrets in outputs give way to their names ([`Masker::seal`]).
    fn save(&self, state: &State) -> Result<(), ActionError> {
        let record = serde_json::to_value(state).map_err(|error| {
            ActionError::new(
                ActionErrorKind::Storage,
                format!("a step's output: {error}"),
            )
        })?;
        let record = self.masker.seal(&record);
        self.store(|inner| inner.tasks.save_state(&self.id, &record))
    }
}

impl Intents for Ledger {
    fn begin(&self, key: &str, detail: Value) -> Result<Intent, ActionError> {
        let now = Timestamp::now().as_millisecond();
        let detail = self.masker.mask_value(&detail);
        let known = self.store(|inner| inner.tasks.begin_intent(&self.id, key, &detail, now))?;
        Ok(match known {
            None => Intent::New,
            Some(known) => match known.outcome {
                Some(outcome) => Intent::Done(self.masker.unseal(&outcome)),
                None => Intent::Unfinished {
                    since: timestamp(known.at),
                    detail: known.detail,
                },
            },
        })
    }

    fn done(&self, key: &str, outcome: Value) -> Result<(), ActionError> {
        let outcome = self.masker.seal(&outcome);
        self.store(|inner| inner.tasks.end_intent(&self.id, key, &outcome))
    }
}

fn storage(error: &StoreError) -> ActionError {
    ActionError::new(
        ActionErrorKind::Storage,
        format!("the task's record cannot be kept: {error}"),
    )
    .hint(error.hint())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaffolder::engine::StepState;
    use crate::store::tasks::NewTask;

    const ID: &str = "0b1c2d3e-0000-4000-8000-000000000001";
    const SECRET: &str = "hunter2-and-more";

    fn ledger(folder: &std::path::Path) -> Ledger {
        let tasks = Tasks::open(folder).unwrap();
        if tasks.task(ID).unwrap().is_none() {
            let task = NewTask {
                id: ID,
                title: "T",
                template: "template:default/t",
                spec: &json!({}),
                secrets: &[],
                identity: None,
            };
            tasks
                .create(&task, Timestamp::now().as_millisecond())
                .unwrap();
            tasks.begin(ID, 1, 1, None).unwrap();
        }
        let masker = Masker::new([("PASSWORD".to_owned(), SECRET.to_owned())]);
        Ledger::new(tasks, ID, 1, Arc::new(masker), CancellationToken::new())
    }

    fn state(output: Value) -> State {
        let mut state = State::default();
        let status = StepStatus::Completed;
        state
            .steps
            .insert("s".to_owned(), StepState { status, output });
        state
    }

    fn stored(folder: &std::path::Path) -> Vec<Value> {
        let tasks = Tasks::open(folder).unwrap();
        let events = tasks.events(ID, 0, 1000).unwrap();
        events.into_iter().map(|event| event.body).collect()
    }

    #[test]
    fn nothing_that_is_stored_holds_a_secret() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = ledger(folder.path());
        let line = |text: &str| {
            ledger
                .append(EventKind::Log, EventBody::step("s", text))
                .unwrap();
        };
        line(&format!("info: password {SECRET}"));
        line("info: in two hunter2-");
        line("and-more pieces");
        let mut body = EventBody::task("Run completed with status: failed");
        body.output = Some(json!({"links": [{"url": format!("https://x/{SECRET}")}]}));
        body.error = Some(TaskFailure {
            name: "Error".into(),
            message: format!("401 for {SECRET}"),
        });
        ledger.append(EventKind::Completion, body).unwrap();
        ledger.begin("create", json!({"password": SECRET})).unwrap();
        ledger.done("create", json!({"token": SECRET})).unwrap();
        ledger.save(&state(json!({"all": SECRET}))).unwrap();
        assert_eq!(ledger.ended(), Some(TaskStatus::Failed));
        drop(ledger);
        for entry in std::fs::read_dir(folder.path().join("tasks")).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let bytes = std::fs::read(&path).unwrap();
                for part in [SECRET, "hunter2", "and-more"] {
                    let found = memchr::memmem::find(&bytes, part.as_bytes());
                    assert_eq!(found, None, "{part} in {path:?}");
                }
            }
        }
        assert_eq!(stored(folder.path())[0]["message"], "info: password ***");
    }

    #[test]
    fn who_knows_the_secrets_gets_steps_and_outcomes_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let first = ledger(folder.path());
        let record = json!({"url": format!("https://{SECRET}@x")});
        let came = state(record.clone());
        assert_eq!(first.state().unwrap(), State::default());
        first.save(&came).unwrap();
        assert_eq!(first.begin("create", json!(1)).unwrap(), Intent::New);
        assert!(matches!(
            first.begin("create", json!(1)).unwrap(),
            Intent::Unfinished { .. }
        ));
        first.done("create", record.clone()).unwrap();
        drop(first);
        let second = ledger(folder.path());
        assert_eq!(second.state().unwrap(), came);
        assert_eq!(
            second.begin("create", json!(1)).unwrap(),
            Intent::Done(record)
        );
    }

    #[test]
    fn a_task_that_a_person_stopped_ends_as_cancelled() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = ledger(folder.path());
        ledger.cancelled();
        let mut body = EventBody::task("Run completed with status: failed");
        body.error = Some(TaskFailure {
            name: "Error".into(),
            message: "has been cancelled".into(),
        });
        ledger.append(EventKind::Completion, body).unwrap();
        let task = Tasks::open(folder.path()).unwrap().task(ID).unwrap();
        assert_eq!(task.unwrap().status, TaskStatus::Cancelled);
    }

    #[test]
    fn an_interrupted_process_leaves_the_record_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = ledger(folder.path());
        ledger.interrupted();
        let completion = EventBody::task("Run completed with status: failed");
        assert!(ledger.append(EventKind::Completion, completion).is_err());
        assert!(ledger.begin("create", json!(1)).is_err());
        assert!(stored(folder.path()).is_empty());
        assert_eq!(ledger.ended(), None);
    }

    #[test]
    fn what_cannot_be_stored_stops_the_task() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = ledger(folder.path());
        let other = rusqlite::Connection::open(folder.path().join("tasks/tasks.db")).unwrap();
        other.execute_batch("DROP TABLE event").unwrap();
        let error = ledger
            .append(EventKind::Log, EventBody::task("x"))
            .unwrap_err();
        assert_eq!(error.kind, ActionErrorKind::Storage);
        assert!(ledger.stop.is_cancelled());
        assert!(ledger.begin("create", json!(1)).is_err());
        assert_eq!(ledger.broken(), Some(error));
    }
}
