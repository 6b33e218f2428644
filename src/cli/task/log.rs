//! `callboard task log ID [--follow]`.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{find, format, json};
use crate::cli::{CliError, Context, Exit, Format, Output};
use crate::scaffolder::task;
use crate::store::tasks::{Follow, StoredEvent, TaskStatus};
use crate::text;

/// How often the store is asked while the task runs.
pub(super) const PERIOD: Duration = Duration::from_millis(80);

pub(super) fn run(
    wanted: &str,
    follow: bool,
    output: Format,
    context: &Context,
) -> Result<Exit, CliError> {
    let (tasks, task) = find::find(wanted, context)?;
    let mut reader = Follow::new(tasks, &task.id, 0);
    let zone = TimeZone::system();
    let mut out = context.output();
    let status = loop {
        // Asked before the events: what is appended before the task ends is read after it is seen to have ended.
        let state = reader.state(Timestamp::now().as_millisecond())?;
        let status = state.map_or(TaskStatus::Failed, |(_, status)| status);
        loop {
            let page = reader.next_page()?;
            if page.is_empty() {
                break;
            }
            for event in &page {
                print(event, output, &zone, &mut out)?;
            }
            // Who follows sees each page at once; who does not may still want the first before the last is read.
            out.flush()?;
        }
        if !follow || !status.is_running() {
            break status;
        }
        std::thread::sleep(PERIOD);
    };
    out.finish()?;
    if status == TaskStatus::Interrupted {
        context.note(&format!(
            "the task was interrupted; it goes on with: callboard task retry {}",
            find::short(&task.id)
        ));
    }
    Ok(Exit::Done)
}

fn print(
    event: &StoredEvent,
    output: Format,
    zone: &TimeZone,
    out: &mut Output,
) -> Result<(), CliError> {
    match output {
        Format::Json => out.line(&text::json_escape(&json::event(event).to_string())),
        Format::Text => {
            for line in format::event(&task::event(event), event.at, zone) {
                out.line(&line)?;
            }
            Ok(())
        }
    }
}
