//! `callboard task list`.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::{find, format, json};
use crate::cli::table::Table;
use crate::cli::{CliError, Context, Exit, Format};
use crate::store::Tasks;

pub(super) fn run(output: Format, context: &Context) -> Result<Exit, CliError> {
    let now = Timestamp::now().as_millisecond();
    let tasks = Tasks::open_existing(&context.paths()?.state_dir)?;
    let list = match &tasks {
        Some(tasks) => tasks.list()?,
        None => Vec::new(),
    };
    let mut out = context.output();
    match (output, &tasks) {
        (Format::Json, None) => out.json(&Value::Array(Vec::new()))?,
        (Format::Json, Some(tasks)) => {
            let mut array = out.array()?;
            for task in &list {
                let last = tasks.last_event_at(&task.id)?;
                array.item(&json::task(task, tasks.status(task, now), last))?;
            }
            array.end()?;
        }
        (Format::Text, None) => {}
        (Format::Text, Some(tasks)) => {
            let zone = TimeZone::system();
            let mut table = Table::new(["ID", "STATUS", "TITLE", "TEMPLATE", "STARTED", "TOOK"]);
            for task in &list {
                let status = tasks.status(task, now);
                let end = match task.ended_at {
                    None if status.is_running() => Some(now),
                    None => tasks.last_event_at(&task.id)?,
                    ended => ended,
                };
                let took = end.map(|end| format::took(end.saturating_sub(task.claimed_at)));
                table.row([
                    find::short(&task.id),
                    status.name(),
                    &task.title,
                    &task.template,
                    &format::moment(task.created_at, &zone),
                    &took.unwrap_or_default(),
                ]);
            }
            for line in table.lines(context.columns()) {
                out.line(&line)?;
            }
        }
    }
    out.finish()?;
    if list.is_empty() && output == Format::Text {
        context.note("no task was started yet; `callboard create` starts one");
    }
    Ok(Exit::Done)
}
