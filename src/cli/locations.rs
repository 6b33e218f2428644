//! `callboard locations`: the locations registered on this machine, which every sync reads.

use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;

use super::output::Format;
use super::{CliError, Context, Exit};
use crate::store::State;
use crate::text;

/// What to do.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    command: LocationsCommand,
}

#[derive(clap::Subcommand, Debug)]
enum LocationsCommand {
    /// List them
    List {
        /// How to print them
        #[arg(short, long, value_name = "FORMAT", default_value = "text")]
        output: Format,
    },
    /// Register a URL or a file; the next sync reads it
    Add {
        /// The URL of a catalog file, or a path on this machine; globs are allowed
        #[arg(value_name = "URL")]
        target: String,
    },
    /// Forget a URL or a file; the next sync drops what it gave
    Remove {
        /// The URL or path as it was registered
        #[arg(value_name = "URL")]
        target: String,
    },
}

#[derive(Serialize)]
struct Listed {
    r#type: String,
    target: String,
}

/// Runs it.
///
/// # Errors
/// A state that cannot be read or written, a target that is neither URL nor path, one that is not registered (3).
pub fn run(args: Args, context: &Context) -> Result<Exit, CliError> {
    let state = State::open(&context.paths()?.state_dir)?;
    match args.command {
        LocationsCommand::List { output } => list(&state, output, context),
        LocationsCommand::Add { target } => {
            let (kind, target) = read(&target)?;
            let added = state.add_location(kind, &target, Timestamp::now().as_second())?;
            context.note(if added {
                "registered; `callboard sync` reads it"
            } else {
                "it is registered already"
            });
            Ok(Exit::Done)
        }
        LocationsCommand::Remove { target } => {
            let absolute = read(&target).map(|(_, t)| t).unwrap_or_default();
            if state.remove_location(&target)? || state.remove_location(&absolute)? {
                return Ok(Exit::Done);
            }
            Err(CliError::new(
                Exit::NotFound,
                format!("{} is not registered", text::clean(&target)),
            )
            .hint("`callboard locations list` shows what is"))
        }
    }
}

fn list(state: &State, format: Format, context: &Context) -> Result<Exit, CliError> {
    let locations = state.locations()?;
    let mut out = context.output();
    match format {
        Format::Json => {
            let listed: Vec<Listed> = locations
                .into_iter()
                .map(|l| Listed {
                    r#type: l.kind,
                    target: l.target,
                })
                .collect();
            out.json(&listed)?;
        }
        Format::Text => {
            for location in locations {
                out.line(&text::clean(&format!(
                    "{}:{}",
                    location.kind, location.target
                )))?;
            }
        }
    }
    out.finish()?;
    Ok(Exit::Done)
}

/// The type of a target, and the target as it is kept: paths absolute.
fn read(target: &str) -> Result<(&'static str, String), CliError> {
    if target.starts_with("https://") || target.starts_with("http://") {
        let url = url::Url::parse(target)
            .map_err(|error| CliError::usage(format!("{}: {error}", text::clean(target))))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(CliError::usage("a URL that holds a password is not kept"));
        }
        return Ok(("url", target.to_owned()));
    }
    if target.contains("://") || target.is_empty() {
        return Err(CliError::usage(format!(
            "{} is neither an https URL nor a path",
            text::clean(target)
        )));
    }
    let path = target.strip_prefix("file:").unwrap_or(target);
    let path = std::path::absolute(Path::new(path))
        .map_err(|error| CliError::usage(format!("{}: {error}", text::clean(target))))?;
    Ok(("file", path.display().to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_kept_as_written_and_paths_absolute() {
        assert_eq!(
            read("https://github.com/a/b/blob/main/c.yaml").unwrap(),
            ("url", "https://github.com/a/b/blob/main/c.yaml".into())
        );
        let (kind, path) = read("a/*.yaml").unwrap();
        assert_eq!(kind, "file");
        assert!(path.starts_with('/') && path.ends_with("/a/*.yaml"));
    }

    #[test]
    fn other_schemes_and_passwords_are_refused() {
        for target in ["ftp://x/y", "", "https://user:secret@example.com/x"] {
            let error = read(target).unwrap_err();
            assert!(!error.message.contains("secret"));
        }
    }
}
