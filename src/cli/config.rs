//! `callboard config`: the merged configuration, where it is read from, and what may stand in it.

use std::path::PathBuf;

use serde_json::json;

use super::{CliError, Context, Exit, Format};
use crate::config::{self, Config, ConfigError, LoadOptions};
use crate::text::clean;

/// Its arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Print the merged configuration, secrets masked
    ///
    /// Every file is laid over the ones before it. Only the keys callboard reads are resolved; what other programs
    /// read is shown as it is written. Problems go to standard error.
    Show {
        /// Say behind each value which file and line it comes from
        #[arg(long)]
        origin: bool,
        /// How to print it
        #[arg(short, long, value_enum, default_value = "text")]
        output: Format,
    },
    /// Print which files are read, in the order of laying over, and whether they exist
    Path {
        /// How to print them
        #[arg(short, long, value_enum, default_value = "text")]
        output: Format,
    },
    /// Print a JSON Schema of the keys callboard reads, for editors
    Schema,
}

/// Runs it.
///
/// # Errors
/// A configuration file that cannot be read; what standard output says.
pub fn run(args: Args, context: &Context) -> Result<Exit, CliError> {
    match args.command {
        Command::Show { origin, output } => show(context, origin, output),
        Command::Path { output } => path(context, output),
        Command::Schema => {
            let mut out = context.output();
            out.json(&config::json_schema())?;
            out.finish()?;
            Ok(Exit::Done)
        }
    }
}

/// A variable of the environment as text.
fn variable(context: &Context, name: &str) -> Option<String> {
    context.env(name).and_then(|value| value.into_string().ok())
}

/// The configuration folder.
pub(super) fn folder(context: &Context) -> Option<PathBuf> {
    config::config_dir(&|name| variable(context, name))
}

/// Loads the configuration: the user's own file, and those that are named.
///
/// # Errors
/// A file that was named and does not exist, or one that cannot be read.
pub(super) fn load(context: &Context) -> Result<Config, CliError> {
    let env = |name: &str| variable(context, name);
    let options = LoadOptions::new(
        folder(context).as_deref(),
        &context.named_config_files(),
        &env,
    );
    let config = Config::load(options)?;
    for (file, exists) in config.files() {
        tracing::debug!(path = %file.path.display(), exists, "configuration file");
    }
    Ok(config)
}

impl From<ConfigError> for CliError {
    fn from(error: ConfigError) -> Self {
        CliError::failed(error.to_string()).hint(error.hint())
    }
}

/// Says on standard error what is wrong and does not stop the command.
pub(super) fn warn<'a>(lines: impl IntoIterator<Item = &'a str>) {
    use std::io::Write;
    let mut stderr = std::io::stderr().lock();
    for line in lines {
        // Standard error that is closed is nobody's loss.
        let _ = writeln!(stderr, "warning: {}", clean(line));
    }
}

fn show(context: &Context, origin: bool, output: Format) -> Result<Exit, CliError> {
    let config = load(context)?;
    let problems: Vec<String> = config.problems().iter().map(ToString::to_string).collect();
    let unset = config.unset_variables().iter().map(|unset| {
        let state = if unset.empty {
            "is empty"
        } else {
            "is not set"
        };
        format!(
            "{}: the variable {} {state}, so `{}` is absent",
            unset.origin, unset.name, unset.key
        )
    });
    let lines: Vec<String> = problems.into_iter().chain(unset).collect();
    warn(lines.iter().map(String::as_str));
    let mut out = context.output();
    let shown = config.show();
    match (output, shown) {
        (Format::Text, None) => {}
        (Format::Text, Some(shown)) => out.text(&shown.to_yaml(origin))?,
        (Format::Json, None) if origin => out.json(&json!([]))?,
        (Format::Json, None) => out.json(&json!({}))?,
        (Format::Json, Some(shown)) if origin => out.json(&shown.to_json_with_origins())?,
        (Format::Json, Some(shown)) => out.json(&shown.to_json())?,
    }
    out.finish()?;
    Ok(Exit::Done)
}

fn path(context: &Context, output: Format) -> Result<Exit, CliError> {
    let env = |name: &str| variable(context, name);
    let options = LoadOptions::new(
        folder(context).as_deref(),
        &context.named_config_files(),
        &env,
    );
    let mut out = context.output();
    let files = options.files.iter().map(|file| (file, file.path.exists()));
    match output {
        Format::Text => {
            for (file, exists) in files {
                let note = match (exists, file.required) {
                    (true, _) => "",
                    (false, true) => "  (missing)",
                    (false, false) => "  (not there)",
                };
                out.line(&clean(&format!("{}{note}", file.path.display())))?;
            }
        }
        Format::Json => {
            let rows: Vec<_> = files
                .map(|(file, exists)| json!({ "path": file.path.to_string_lossy(), "exists": exists, "required": file.required }))
                .collect();
            out.json(&rows)?;
        }
    }
    out.finish()?;
    Ok(Exit::Done)
}
