//! `callboard task show ID`.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::{find, format, json};
use crate::cli::{CliError, Context, Exit, Format, Output};
use crate::scaffolder::task::{self, Progress, timestamp};
use crate::store::Tasks;
use crate::store::tasks::{Follow, TaskRecord, TaskStatus};
use crate::term::Capabilities;
use crate::text;

/// The width of the column that names the fields.
const LABEL: usize = 11;
/// How wide a line about what was made may be.
const LONGEST_MADE: usize = 240;

pub(super) fn run(wanted: &str, output: Format, context: &Context) -> Result<Exit, CliError> {
    let (tasks, task) = find::find(wanted, context)?;
    let now = Timestamp::now().as_millisecond();
    let status = tasks.status(&task, now);
    let spec = tasks.spec(&task.id)?.unwrap_or_default();
    let mut progress = Progress::new(&spec);
    let mut follow = Follow::new(tasks, &task.id, 0);
    loop {
        let page = follow.next_page()?;
        if page.is_empty() {
            break;
        }
        for event in &page {
            progress.apply(&task::event(event));
        }
    }
    let tasks = follow.tasks();
    let mut out = context.output();
    match output {
        Format::Json => {
            let mut answer = json::task(&task, status, tasks.last_event_at(&task.id)?);
            answer.insert("steps".to_owned(), json::steps(&progress, &spec));
            answer.insert("secrets".to_owned(), json!(task.secrets));
            answer.insert("made".to_owned(), made_json(tasks, &task)?);
            let parts = [
                ("output", progress.output.clone()),
                ("error", progress.error.as_ref().map(|error| json!(error))),
                ("workspace", workspace(tasks, &task).map(Value::from)),
                ("spec", Some(spec)),
            ];
            for (key, value) in parts {
                answer.extend(value.map(|value| (key.to_owned(), value)));
            }
            out.json(&answer)?;
        }
        Format::Text => page(tasks, &task, status, &progress, now, context, &mut out)?,
    }
    out.finish()?;
    let goes_on = matches!(
        status,
        TaskStatus::Failed | TaskStatus::Cancelled | TaskStatus::Interrupted
    );
    if goes_on && output == Format::Text {
        context.note(&format!(
            "it goes on with: callboard task retry {}",
            find::short(&task.id)
        ));
    }
    Ok(Exit::Done)
}

fn page(
    tasks: &Tasks,
    task: &TaskRecord,
    status: TaskStatus,
    progress: &Progress,
    now: i64,
    context: &Context,
    out: &mut Output,
) -> Result<(), CliError> {
    let zone = TimeZone::system();
    let mut field = |label: &str, value: &str| {
        out.line(&format!(
            "{}{}",
            text::pad(label, LABEL),
            text::clean(value)
        ))
    };
    field("Task", &task.id)?;
    field("Title", &task.title)?;
    field("Template", &task.template)?;
    let attempt = match task.attempt {
        1 => String::new(),
        nth => format!(", attempt {nth}"),
    };
    field("Status", &format!("{}{attempt}", status.name()))?;
    let by = match &task.identity {
        Some(identity) => format!(" by {identity}"),
        None => String::new(),
    };
    let started = format::moment(task.created_at, &zone);
    field("Started", &format!("{started}{by}"))?;
    if let Some(ended) = task.ended_at {
        let took = format::took(ended.saturating_sub(task.claimed_at));
        field(
            "Ended",
            &format!("{}, after {took}", format::moment(ended, &zone)),
        )?;
    }
    if let Some(workspace) = workspace(tasks, task) {
        field("Workspace", &workspace)?;
    }
    out.line("")?;
    let unicode = Capabilities::probe(&|name| context.env_text(name)).unicode;
    let names = progress
        .steps
        .iter()
        .map(|step| text::width(&text::clean(&step.name)));
    let width = names.max().unwrap_or(0);
    for step in &progress.steps {
        let took = step.took(now).map(format::took).unwrap_or_default();
        let line = format!(
            "{} {}  {}  {took}",
            format::glyph(step.status, unicode),
            text::pad(&text::clean(&step.name), width),
            text::pad(format::status(step.status), LABEL),
        );
        out.line(line.trim_end())?;
    }
    if let Some(error) = &progress.error {
        out.line("")?;
        let message = format!("{}: {}", error.name, error.message);
        out.line(text::clean_multiline(&message).trim_end())?;
    }
    let lines = progress.output.as_ref().map(format::output);
    let lines = lines.unwrap_or_default();
    if !lines.is_empty() {
        out.line("")?;
    }
    for line in lines {
        out.line(&line)?;
    }
    let made = made(tasks, &task.id)?;
    if status != TaskStatus::Completed && !made.is_empty() {
        out.line("")?;
        out.line("Made, and still there:")?;
        for line in made {
            out.line(&format!("  {line}"))?;
        }
    }
    Ok(())
}

/// What a task made outside this machine, as far as it is known, a line each.
pub(super) fn made(tasks: &Tasks, id: &str) -> Result<Vec<String>, CliError> {
    let lines = tasks.intents(id)?.into_iter().map(|intent| {
        let detail = Some(&intent.detail).filter(|detail| !detail.is_null());
        let what = match detail.or(intent.outcome.as_ref()) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => format!(": {text}"),
            Some(other) => format!(": {other}"),
        };
        let unsure = match intent.outcome {
            Some(_) => "",
            None => " (begun; nobody knows whether it was made)",
        };
        let line = format!("{}{what}{unsure}", intent.key);
        text::truncate(&text::clean(&line), LONGEST_MADE).into_owned()
    });
    Ok(lines.collect())
}

fn made_json(tasks: &Tasks, task: &TaskRecord) -> Result<Value, CliError> {
    let intents = tasks.intents(&task.id)?;
    Ok(intents
        .into_iter()
        .map(|intent| {
            json!({
                "key": intent.key,
                "at": timestamp(intent.at),
                "detail": intent.detail,
                "outcome": intent.outcome,
            })
        })
        .collect())
}

fn workspace(tasks: &Tasks, task: &TaskRecord) -> Option<String> {
    let workspace = tasks.workspace(&task.id);
    workspace.exists().then(|| workspace.display().to_string())
}
