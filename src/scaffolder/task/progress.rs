//! What the events of a task amount to: which step is where, how long each took, how it ended.

use jiff::Timestamp;
use serde_json::Value;

use crate::scaffolder::event::{EventKind, StepStatus, TaskEvent, TaskFailure};

/// One step as a viewer sees it.
#[derive(Clone, PartialEq, Debug)]
pub struct StepProgress {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// How far it is.
    pub status: StepStatus,
    /// When it last began, in milliseconds since the Unix epoch.
    pub began: Option<i64>,
    /// When it ended.
    pub ended: Option<i64>,
}

impl StepProgress {
    /// How long it took, or has taken until `now`, in milliseconds.
    pub fn took(&self, now: i64) -> Option<i64> {
        let began = self.began?;
        let end = self.ended.unwrap_or(now);
        Some(end.saturating_sub(began).max(0))
    }
}

/// How far a task is.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Progress {
    /// Its steps, in order.
    pub steps: Vec<StepProgress>,
    /// The task's output, once it completed.
    pub output: Option<Value>,
    /// Why it failed, where it did.
    pub error: Option<TaskFailure>,
    /// Whether its last attempt has ended by itself.
    pub completed: bool,
}

impl Progress {
    /// Before the first event, of what a task was started with.
    pub fn new(spec: &Value) -> Self {
        let text = |step: &Value, key: &str| {
            let text = step.get(key).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        let steps = spec.get("steps").and_then(Value::as_array);
        Self {
            steps: steps
                .into_iter()
                .flatten()
                .map(|step| StepProgress {
                    id: text(step, "id"),
                    name: text(step, "name"),
                    status: StepStatus::Open,
                    began: None,
                    ended: None,
                })
                .collect(),
            ..Self::default()
        }
    }

    /// Takes the next event into account.
    pub fn apply(&mut self, event: &TaskEvent) {
        let at = event
            .created_at
            .parse::<Timestamp>()
            .map_or(0, Timestamp::as_millisecond);
        if event.kind == EventKind::Recovered {
            self.recover();
        }
        if let (Some(id), Some(status)) = (&event.body.step_id, event.body.status) {
            self.step(id, status, at);
        }
        if event.kind == EventKind::Completion {
            self.completed = true;
            self.output.clone_from(&event.body.output);
            self.error.clone_from(&event.body.error);
        }
    }

    /// The step that runs now.
    pub fn current(&self) -> Option<&StepProgress> {
        self.steps
            .iter()
            .find(|step| step.status == StepStatus::Processing)
    }

    /// Another attempt: what did not end well is open again.
    fn recover(&mut self) {
        self.completed = false;
        self.error = None;
        self.output = None;
        for step in &mut self.steps {
            if step.status != StepStatus::Completed {
                step.status = StepStatus::Open;
                step.began = None;
                step.ended = None;
            }
        }
    }

    fn step(&mut self, id: &str, status: StepStatus, at: i64) {
        let Some(step) = self.steps.iter_mut().find(|step| step.id == id) else {
            return;
        };
        match status {
            StepStatus::Processing => {
                // The items of an `each` begin one by one.
                if step.status != StepStatus::Processing {
                    step.began = Some(at);
                }
                step.ended = None;
            }
            StepStatus::Open => {}
            _ => step.ended = Some(at),
        }
        // Backstage: a cancelled step is said to have failed after it was said to be cancelled.
        if !(step.status == StepStatus::Cancelled && status == StepStatus::Failed) {
            step.status = status;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaffolder::event::EventBody;
    use serde_json::json;

    fn event(kind: EventKind, second: u8, body: Value) -> TaskEvent {
        TaskEvent {
            id: 0,
            task_id: "t".into(),
            created_at: format!("2026-11-20T23:08:{second:02}.000Z"),
            kind,
            body: serde_json::from_value::<EventBody>(body).unwrap(),
        }
    }

    fn spec() -> Value {
        json!({"steps": [{"id": "a", "name": "First"}, {"id": "b", "name": "Second"}]})
    }

    #[test]
    fn steps_begin_end_and_have_a_duration() {
        let mut progress = Progress::new(&spec());
        let log = EventKind::Log;
        let begin =
            json!({"message": "Beginning step First", "stepId": "a", "status": "processing"});
        progress.apply(&event(log, 1, begin));
        assert_eq!(
            progress.current().map(|step| step.name.as_str()),
            Some("First")
        );
        assert_eq!(
            progress.steps[0].took(1_763_680_083_500 + 365 * 86_400_000),
            Some(2_500)
        );
        let end = json!({"message": "Finished step First", "stepId": "a", "status": "completed"});
        progress.apply(&event(log, 5, end));
        assert_eq!(progress.steps[0].took(0), Some(4_000));
        assert_eq!(progress.current(), None);
        let over = json!({"message": "", "output": {"links": []}});
        progress.apply(&event(EventKind::Completion, 6, over));
        assert!(progress.completed);
        assert_eq!(progress.output, Some(json!({"links": []})));
    }

    #[test]
    fn a_retry_opens_what_did_not_end_well() {
        let mut progress = Progress::new(&spec());
        for (step, status) in [("a", "completed"), ("b", "failed")] {
            let body = json!({"message": "", "stepId": step, "status": status});
            progress.apply(&event(EventKind::Log, 1, body));
        }
        let over = json!({"message": "", "error": {"name": "Error", "message": "no"}});
        progress.apply(&event(EventKind::Completion, 2, over));
        assert_eq!(progress.error.as_ref().unwrap().message, "no");
        progress.apply(&event(EventKind::Recovered, 3, json!({"message": ""})));
        assert_eq!(progress.steps[0].status, StepStatus::Completed);
        assert_eq!(progress.steps[1].status, StepStatus::Open);
        assert!(!progress.completed && progress.error.is_none());
    }

    #[test]
    fn a_cancelled_step_stays_cancelled_though_it_is_said_to_have_failed() {
        let mut progress = Progress::new(&spec());
        for status in ["processing", "cancelled", "failed"] {
            let body = json!({"message": "", "stepId": "a", "status": status});
            progress.apply(&event(EventKind::Log, 1, body));
        }
        assert_eq!(progress.steps[0].status, StepStatus::Cancelled);
    }
}
