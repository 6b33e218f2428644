//! Tasks and events as programs read them: Backstage's shapes, and what callboard knows besides.

use serde_json::{Map, Value, json};

use crate::scaffolder::task::{Progress, timestamp};
use crate::store::tasks::{StoredEvent, TaskRecord, TaskStatus};

/// A line of `task log --output json`.
pub(super) fn event(event: &StoredEvent) -> Value {
    json!({
        "id": event.id,
        "taskId": event.task,
        "createdAt": timestamp(event.at),
        "type": event.kind,
        "body": event.body,
    })
}

/// A task as lists have it.
pub(super) fn task(
    task: &TaskRecord,
    status: TaskStatus,
    last_event: Option<i64>,
) -> Map<String, Value> {
    let mut out = Map::new();
    let mut put = |key: &str, value: Value| {
        if !value.is_null() {
            out.insert(key.to_owned(), value);
        }
    };
    put("id", json!(task.id));
    put("status", json!(status.name()));
    put("title", json!(task.title));
    put("templateRef", json!(task.template));
    put("createdAt", json!(timestamp(task.created_at)));
    put("lastHeartbeatAt", json!(last_event.map(timestamp)));
    put("endedAt", json!(task.ended_at.map(timestamp)));
    put("createdBy", json!(task.identity));
    put("attempt", json!(task.attempt));
    out
}

/// The steps of a task.
pub(super) fn steps(progress: &Progress, spec: &Value) -> Value {
    let written = spec.get("steps").and_then(Value::as_array);
    let action = |id: &str| {
        written.into_iter().flatten().find_map(|step| {
            let same = step.get("id").and_then(Value::as_str) == Some(id);
            step.get("action").filter(|_| same).cloned()
        })
    };
    progress
        .steps
        .iter()
        .map(|step| {
            let mut out = json!({"id": step.id, "name": step.name, "status": step.status});
            let parts = [
                ("action", action(&step.id)),
                ("startedAt", step.began.map(|at| json!(timestamp(at)))),
                ("endedAt", step.ended.map(|at| json!(timestamp(at)))),
            ];
            if let Some(map) = out.as_object_mut() {
                for (key, value) in parts {
                    map.extend(value.map(|value| (key.to_owned(), value)));
                }
            }
            out
        })
        .collect()
}
