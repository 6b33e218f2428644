//! `callboard themes`.

use super::{CliError, Context, Exit};

/// Its arguments.
#[derive(clap::Args, Debug)]
pub struct Args {}

/// Runs it.
///
/// # Errors
/// Always, as yet.
pub fn run(_args: Args, _context: &Context) -> Result<Exit, CliError> {
    Err(CliError::failed("themes is not built yet"))
}
