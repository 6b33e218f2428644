//! `callboard man`: the manual page, all commands in one.

use clap::CommandFactory;

use super::{Cli, CliError, Context, Exit};

/// Nothing to choose.
#[derive(clap::Args, Debug)]
pub struct Args {}

/// Prints the page as roff: `callboard man | man -l -`.
///
/// # Errors
/// Where standard output fails.
pub fn run(_args: Args, context: &Context) -> Result<Exit, CliError> {
    let mut out = context.output();
    out.text(&page()?)?;
    out.finish()?;
    Ok(Exit::Done)
}

/// The page of the program, then each command's usage and options as a section of its own.
fn page() -> Result<String, CliError> {
    let mut command = Cli::command();
    command.build();
    let mut roff = Vec::new();
    let rendered = (|| {
        clap_mangen::Man::new(command.clone()).render(&mut roff)?;
        for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
            section(sub, &mut roff)?;
        }
        Ok::<(), std::io::Error>(())
    })();
    rendered.map_err(|error| CliError::failed(format!("the manual page: {error}")))?;
    Ok(String::from_utf8_lossy(&roff).into_owned())
}

/// One command, and below it its own commands.
fn section(command: &clap::Command, roff: &mut Vec<u8>) -> std::io::Result<()> {
    use std::io::Write;
    let name = command.get_bin_name().unwrap_or(command.get_name());
    writeln!(roff, ".SH \"{}\"", name.to_uppercase())?;
    let man = clap_mangen::Man::new(command.clone());
    man.render_synopsis_section(roff)?;
    man.render_description_section(roff)?;
    man.render_options_section(roff)?;
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        section(sub, roff)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_every_command() {
        let page = page().unwrap();
        for sub in Cli::command()
            .get_subcommands()
            .filter(|sub| !sub.is_hide_set())
        {
            let title = format!(".SH \"CALLBOARD {}\"", sub.get_name().to_uppercase());
            assert!(page.contains(&title), "{title}");
        }
    }
}
