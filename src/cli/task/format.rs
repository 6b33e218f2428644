//! How tasks and their events read.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::scaffolder::event::{EventKind, StepStatus, TaskEvent};
use crate::text;

/// A duration, in as few words as say it.
pub(super) fn took(millis: i64) -> String {
    let seconds = millis.max(0) / 1000;
    match seconds {
        0..60 => format!("{seconds}.{} s", millis.max(0) % 1000 / 100),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// A moment in local time.
pub(super) fn moment(millis: i64, zone: &TimeZone) -> String {
    local(millis, zone, "%Y-%m-%d %H:%M:%S")
}

/// A moment's time of day.
pub(super) fn clock(millis: i64, zone: &TimeZone) -> String {
    local(millis, zone, "%H:%M:%S")
}

fn local(millis: i64, zone: &TimeZone, format: &str) -> String {
    let at = Timestamp::from_millisecond(millis).unwrap_or_default();
    at.to_zoned(zone.clone()).strftime(format).to_string()
}

/// What stands before a step by how far it is.
pub(super) fn glyph(status: StepStatus, unicode: bool) -> &'static str {
    match (status, unicode) {
        (StepStatus::Completed, true) => "✓",
        (StepStatus::Completed, false) => "+",
        (StepStatus::Failed, true) => "✗",
        (StepStatus::Failed, false) => "x",
        (StepStatus::Cancelled, true) => "■",
        (StepStatus::Cancelled, false) => "#",
        (StepStatus::Skipped, _) => "-",
        (StepStatus::Processing, true) => "▸",
        (StepStatus::Processing, false) => ">",
        (StepStatus::Open, true) => "·",
        (StepStatus::Open, false) => ".",
    }
}

/// The name of a step's status.
pub(super) fn status(status: StepStatus) -> &'static str {
    match status {
        StepStatus::Open => "open",
        StepStatus::Processing => "processing",
        StepStatus::Completed => "completed",
        StepStatus::Failed => "failed",
        StepStatus::Cancelled => "cancelled",
        StepStatus::Skipped => "skipped",
    }
}

/// The lines of an event: its time, its step and what it says, cleaned.
pub(super) fn event(event: &TaskEvent, at: i64, zone: &TimeZone) -> Vec<String> {
    let mut message = event.body.message.clone();
    if event.kind == EventKind::Completion
        && let Some(error) = &event.body.error
    {
        message.push_str(&format!("\n{}: {}", error.name, error.message));
    }
    let clock = clock(at, zone);
    let step = event.body.step_id.as_deref().map(text::clean);
    let mut lines = Vec::new();
    for (nth, line) in text::clean_multiline(&message).lines().enumerate() {
        let line = match (&step, nth) {
            (Some(step), 0) => format!("{clock}  [{step}] {line}"),
            (None, 0) => format!("{clock}  {line}"),
            _ => format!("{}  {line}", " ".repeat(clock.len())),
        };
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// The lines of a task's output: its links, then its texts.
pub(super) fn output(output: &Value) -> Vec<String> {
    let list = |key: &str| {
        let list = output.get(key).and_then(Value::as_array);
        list.map(Vec::as_slice).unwrap_or_default()
    };
    let word = |item: &Value, key: &str| {
        let text = item.get(key).and_then(Value::as_str).unwrap_or_default();
        text::clean(text).into_owned()
    };
    let links: Vec<(String, String)> = list("links")
        .iter()
        .map(|link| {
            let target = match word(link, "url") {
                url if url.is_empty() => word(link, "entityRef"),
                url => url,
            };
            (word(link, "title"), target)
        })
        .filter(|(_, target)| !target.is_empty())
        .collect();
    let width = links.iter().map(|(title, _)| text::width(title)).max();
    let mut lines: Vec<String> = links
        .iter()
        .map(|(title, target)| {
            let title = text::pad(title, width.unwrap_or(0));
            format!("{title}  {target}").trim().to_owned()
        })
        .collect();
    for item in list("text") {
        let content = item
            .get("content")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let title = word(item, "title");
        if !lines.is_empty() {
            lines.push(String::new());
        }
        if !title.is_empty() {
            lines.push(title);
        }
        let content = text::clean_multiline(content);
        lines.extend(content.trim_end().lines().map(str::to_owned));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaffolder::event::{EventBody, TaskFailure};
    use serde_json::json;

    fn at(body: EventBody, kind: EventKind) -> Vec<String> {
        let found = TaskEvent {
            id: 1,
            task_id: "t".into(),
            created_at: String::new(),
            kind,
            body,
        };
        event(&found, 1_763_680_083_500, &TimeZone::UTC)
    }

    #[test]
    fn an_event_is_a_time_a_step_and_its_words() {
        let body = EventBody::step("fetch", "info: one\n  two\u{1b}[2J\u{202e}");
        assert_eq!(
            at(body, EventKind::Log),
            ["23:08:03  [fetch] info: one", "            two"]
        );
        let mut body = EventBody::task("Run completed with status: failed");
        body.error = Some(TaskFailure {
            name: "Error".into(),
            message: "no\x1b]0;x\x07".into(),
        });
        assert_eq!(
            at(body, EventKind::Completion),
            [
                "23:08:03  Run completed with status: failed",
                "          Error: no"
            ]
        );
    }

    #[test]
    fn durations_are_short() {
        assert_eq!(took(1_250), "1.2 s");
        assert_eq!(took(-5), "0.0 s");
        assert_eq!(took(61_000), "1 min 1 s");
        assert_eq!(took(3_660_000), "1 h 1 min");
    }

    #[test]
    fn links_and_texts_are_told_and_nothing_else() {
        let value = json!({
            "links": [
                {"title": "Repository", "url": "https://x/y"},
                {"title": "목록", "entityRef": "component:default/y"},
                {"title": "nowhere"},
                5
            ],
            "text": [{"title": "Done", "content": "Created **y**\u{1b}[31m\n"}, {"content": "bare"}],
            "remoteUrl": "https://other"
        });
        assert_eq!(
            output(&value),
            [
                "Repository  https://x/y",
                "목록        component:default/y",
                "",
                "Done",
                "Created **y**",
                "",
                "bare"
            ]
        );
        assert!(output(&json!({})).is_empty());
    }
}
