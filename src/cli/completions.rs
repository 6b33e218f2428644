//! `callboard completions SHELL`: the completion script of a shell.

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Cli, CliError, Context, Exit};

/// Which shell.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The shell that will read the script
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script.
///
/// # Errors
/// Where standard output fails.
pub fn run(args: Args, context: &Context) -> Result<Exit, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "callboard", &mut script);
    let mut out = context.output();
    out.text(&String::from_utf8_lossy(&script))?;
    out.finish()?;
    Ok(Exit::Done)
}
