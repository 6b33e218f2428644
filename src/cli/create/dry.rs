//! `callboard create --dry-run`.

use std::fs;
use std::path::Path;

use tokio_util::sync::CancellationToken;

use super::{Args, Ready, services};
use crate::cli::{CliError, Context, Exit, Format, Output};
use crate::scaffolder::dry_run::{DryRun, LogLine, dry_run};
use crate::scaffolder::{ActionError, ActionErrorKind, Registry, Workspace};
use crate::text;

/// Runs a task dry and prints what Backstage's dry run answers.
pub fn run(args: &Args, ready: Ready, context: &Context) -> Result<Exit, CliError> {
    let temporary;
    let folder = match &args.target {
        Some(target) => {
            prepare(target)?;
            target.as_path()
        }
        None => {
            temporary = tempfile::tempdir()?;
            temporary.path()
        }
    };
    let folder = folder.canonicalize()?;
    let cancel = CancellationToken::new();
    let services = services::dry(context, cancel.clone())?;
    let workspace = Workspace::new(folder);
    let registry = Registry::default();
    let result = context.block_on(dry_run(
        &ready.task,
        &ready.secrets,
        &workspace,
        &services,
        &registry,
        &cancel,
    ))?;
    let mut out = context.output();
    match (result, args.output) {
        (Ok(answer), Format::Json) => out.json(&answer)?,
        (Ok(answer), Format::Text) => page(&answer, &mut out)?,
        (Err(failed), format) => {
            if format == Format::Text {
                log(&failed.log, &mut out)?;
            }
            out.finish()?;
            return Err(error(&failed.error));
        }
    }
    out.finish()?;
    if let Some(target) = &args.target {
        context.note(&format!("the files are in {}", target.display()));
    }
    Ok(Exit::Done)
}

/// The folder for the files: there, and empty.
fn prepare(target: &Path) -> Result<(), CliError> {
    let failed = |error: std::io::Error| CliError::usage(format!("{}: {error}", target.display()));
    fs::create_dir_all(target).map_err(failed)?;
    if fs::read_dir(target).map_err(failed)?.next().is_some() {
        return Err(
            CliError::usage(format!("{} is not empty", target.display()))
                .hint("name a folder that is empty or not there; nothing is overwritten"),
        );
    }
    Ok(())
}

/// A failed action as the command's error.
pub fn error(error: &ActionError) -> CliError {
    let exit = match error.kind {
        ActionErrorKind::NotAllowed => Exit::NotAllowed,
        _ => Exit::Failed,
    };
    let found = CliError::new(exit, &error.message);
    match &error.hint {
        Some(hint) => found.hint(hint),
        None => found,
    }
}

fn page(answer: &DryRun, out: &mut Output) -> Result<(), CliError> {
    log(&answer.log, out)?;
    let files = &answer.directory_contents;
    out.line("")?;
    out.line(&format!("Files ({})", files.len()))?;
    for file in files {
        let mark = if file.executable { "*" } else { "" };
        out.line(&format!("  {}{mark}", text::clean(&file.path)))?;
    }
    let has_output = answer.output.as_object().is_some_and(|map| !map.is_empty());
    if has_output {
        out.line("")?;
        out.line("Output")?;
        let json = serde_json::to_string_pretty(&answer.output).unwrap_or_default();
        for line in json.lines() {
            out.line(&format!("  {}", text::clean(line)))?;
        }
    }
    Ok(())
}

/// The log: steps at the margin, what they say below them.
fn log(lines: &[LogLine], out: &mut Output) -> Result<(), CliError> {
    for line in lines {
        let indent = match (&line.body.step_id, line.body.status) {
            (Some(_), None) => "    ",
            _ => "",
        };
        for text in text::clean_multiline(&line.body.message).lines() {
            out.line(&format!("{indent}{text}"))?;
        }
    }
    Ok(())
}
