//! `callboard [REF]`: the full-screen interface, or what stands in for it where there is no terminal for one.
//!
//! What the first frame does not need is left to closures that other threads call: the sources, the identity.

use std::io::{self, IsTerminal};
use std::path::Path;
use std::sync::Arc;

use clap::CommandFactory;

use super::catalog::Catalog;
use super::{Cli, CliError, Context, Exit, config, list, reference, show, sources, who};
use crate::app::Scope;
use crate::catalog::Snapshot;
use crate::config::{Clipboard, Icons, own_themes};
use crate::runtime::{self, Ending, Launch, LaunchError};
use crate::store::index;

/// Opens the interface, at an entity where one is named.
///
/// # Errors
/// Wrong usage where there is no terminal; a reference that stands for none or several; what the terminal says.
pub fn run(entity: Option<&str>, context: &Context) -> Result<Exit, CliError> {
    if !is_terminal() {
        return Err(no_terminal());
    }
    if context.dumb() {
        runtime::log::to_stderr(context.verbose());
        let term = context.env_text("TERM").map_or_else(
            || "TERM is not set".to_owned(),
            |term| format!("TERM={term}"),
        );
        context.note(&format!(
            "this terminal cannot show the interface ({term}); here is the plain text"
        ));
        return plain(entity, context);
    }
    let start_at = match entity {
        Some(entity) => Some(find(entity, context)?),
        None => None,
    };
    open(launch(start_at, context)?, context)
}

/// Whether a person sits at both ends.
pub fn is_terminal() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Runs the interface to its end.
///
/// # Errors
/// What the terminal says.
pub fn open(launch: Launch, context: &Context) -> Result<Exit, CliError> {
    if context.verbose() > 0 {
        runtime::log::to_file(&launch.paths.state_dir, context.verbose());
    }
    match runtime::run_interface(launch) {
        Ok(Ending::Quit) => Ok(Exit::Done),
        Ok(Ending::Signal(number)) => Ok(Exit::Signal(number)),
        // The shell that would read the code has gone as well.
        Ok(Ending::TerminalLost) => Ok(Exit::Failed),
        Err(error) => Err(launch_error(&error)),
    }
}

fn launch_error(error: &LaunchError) -> CliError {
    CliError::failed(error.to_string()).hint(error.hint())
}

/// What the interface starts with.
///
/// # Errors
/// A configuration that cannot be read at all; a user without a home.
pub fn launch(start_at: Option<String>, context: &Context) -> Result<Launch, CliError> {
    let config = context.config()?;
    let own = config.callboard();
    let folder = config::folder(context);
    let (keymap, keymap_problems) = config.keymap(
        folder.as_deref(),
        &crate::app::actions::known(),
        &Scope::ALL.map(Scope::name),
    );
    let (theme, theme_problems) = config.theme(folder.as_deref());
    let (themes, themes_problems) = own_themes(folder.as_deref());
    let notices = config
        .problems()
        .iter()
        .map(ToString::to_string)
        .chain(keymap_problems)
        .chain(theme_problems)
        .chain(themes_problems)
        .collect();
    Ok(Launch {
        paths: context.paths()?,
        offline: context.offline(),
        start_at,
        organization: config.organization_name().unwrap_or_default().to_owned(),
        keymap: Arc::new(keymap),
        theme,
        themes,
        unicode: match own.icons {
            Icons::Auto => None,
            Icons::Unicode => Some(true),
            Icons::Ascii => Some(false),
        },
        color: context.may_color(),
        mouse: own.mouse,
        clipboard: own.clipboard != Clipboard::Off,
        notices,
        log: Vec::new(),
        welcome: None,
        config_file: config_file(folder.as_deref(), context.env_text("HOME").as_deref()),
        sync: sources::plan(context)?,
        card_sources: who::sources(context)?,
        user: context.user(),
    })
}

/// The person's own configuration file as people write it: below their home with `~`.
fn config_file(folder: Option<&Path>, home: Option<&str>) -> String {
    let Some(file) = folder.map(|folder| folder.join("config.yaml")) else {
        return String::new();
    };
    match home.and_then(|home| file.strip_prefix(home).ok()) {
        Some(below) => format!("~/{}", below.display()),
        None => file.display().to_string(),
    }
}

/// The complete reference of a REF; the flat index alone is read where there is one.
fn find(entity: &str, context: &Context) -> Result<String, CliError> {
    let names = command_names();
    let commands: Vec<&str> = names.iter().map(String::as_str).collect();
    let found = |snapshot: &Snapshot| {
        reference::resolve(entity, snapshot, &commands).map(|id| snapshot.entity_ref(id).to_owned())
    };
    match index::read(&context.paths()?.cache_dir) {
        Some(snapshot) => found(&snapshot),
        None => found(Catalog::open(context)?.snapshot()),
    }
}

/// The names of all commands, to offer where a REF matches nothing.
fn command_names() -> Vec<String> {
    Cli::command()
        .get_subcommands()
        .map(|command| command.get_name().to_owned())
        .collect()
}

fn plain(entity: Option<&str>, context: &Context) -> Result<Exit, CliError> {
    match entity {
        Some(entity) => show::run(show::Args::text(entity), context),
        None => list::run(list::Args::default(), context),
    }
}

fn no_terminal() -> CliError {
    let help = Cli::command().render_long_help().to_string();
    CliError::usage(format!(
        "the interface needs a terminal\n\n{}",
        help.trim_end()
    ))
}
