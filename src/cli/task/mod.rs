//! `callboard task`: what templates run as. Listing, reading, following, retrying and cancelling tasks.
//!
//! Everything goes through the tasks' store; the process of a task is only started, and told to look at the store. A viewer
//! may come and go.

mod cancel;
mod find;
mod format;
mod json;
mod launch;
mod list;
mod log;
mod retry;
mod secrets;
mod show;
mod watch;

use super::{CliError, Context, Exit, Format};

pub use launch::{NewRun, create};

/// What to do.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    command: TaskCommand,
}

#[derive(clap::Subcommand, Debug)]
enum TaskCommand {
    /// List tasks, the newest first
    List {
        /// How to print them
        #[arg(short, long, value_name = "FORMAT", default_value = "text")]
        output: Format,
    },
    /// Show one task: its steps, how long each took, what it put out
    Show {
        /// The task's id, or the beginning of it
        #[arg(value_name = "ID")]
        id: String,
        /// How to print it
        #[arg(short, long, value_name = "FORMAT", default_value = "text")]
        output: Format,
    },
    /// Print the log of a task
    Log {
        /// The task's id, or the beginning of it
        #[arg(value_name = "ID")]
        id: String,
        /// Go on printing until the task has ended
        #[arg(short, long)]
        follow: bool,
        /// How to print it; as JSON, one event a line
        #[arg(short, long, value_name = "FORMAT", default_value = "text")]
        output: Format,
    },
    /// Go on with a task that failed, was cancelled or interrupted, at the step where it ended
    Retry(retry::Args),
    /// Stop a task; what it made stays
    Cancel {
        /// The task's id, or the beginning of it
        #[arg(value_name = "ID")]
        id: String,
    },
}

/// Runs it.
///
/// # Errors
/// A task that is not there (3), an id that begins several (4), what the store says.
pub fn run(args: Args, context: &Context) -> Result<Exit, CliError> {
    match args.command {
        TaskCommand::List { output } => list::run(output, context),
        TaskCommand::Show { id, output } => show::run(&id, output, context),
        TaskCommand::Log { id, follow, output } => log::run(&id, follow, output, context),
        TaskCommand::Retry(args) => retry::run(args, context),
        TaskCommand::Cancel { id } => cancel::run(&id, context),
    }
}
