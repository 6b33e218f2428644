//! The command line: one file a command, each the plain twin of what a screen shows.
//!
//! Commands read arguments, call the services, and print. They hold no meaning of their own: what an entity
//! is, how a query matches and what a file says is decided in the libraries they call. Data goes to standard
//! output through [`Output`]; errors are [`CliError`]s and go to standard error in [`main`].

mod actions;
mod auth;
mod catalog;
mod completions;
mod config;
mod context;
mod create;
mod demo;
mod docs;
mod doctor;
mod error;
mod filter;
mod interface;
mod key_prompt;
mod keys;
mod list;
mod locations;
mod man;
mod mkdocs;
mod output;
mod owners;
mod query_args;
mod reference;
mod search;
mod secret_prompt;
mod services;
mod show;
mod skeletons;
mod sources;
mod sync;
mod table;
mod task;
mod task_run;
mod template_source;
mod templates;
mod themes;
mod tree;
mod validate;
mod who;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

pub use context::{Color, Context, GlobalArgs};
pub use error::{CliError, Exit};
pub use output::{Format, Output};

use crate::runtime::log;
use crate::text;

/// callboard: a developer portal in the terminal.
///
/// Reads the files an organisation has already written for Backstage (catalog-info.yaml, template.yaml,
/// mkdocs.yml, app-config.yaml) and shows them from a local cache. Without a command it opens the full-screen
/// interface.
#[derive(Parser, Debug)]
#[command(name = "callboard", version, max_term_width = 100)]
#[command(subcommand_help_heading = "Commands", disable_help_subcommand = true)]
#[command(override_usage = "callboard [OPTIONS] [REF]\n       callboard [OPTIONS] <COMMAND>")]
pub struct Cli {
    /// Open the interface at this entity, written `[kind:][namespace/]name`; one that is named like a command
    /// needs its kind
    #[arg(value_name = "REF")]
    pub entity: Option<String>,
    /// The flags of every command.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// The command; none opens the interface.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Every command. Their order here is the order of the help.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Open the interface on a sample organisation: no network, no token
    Demo(demo::Args),
    /// Refresh the cache from the configured sources
    Sync(sync::Args),
    /// List entities
    List(list::Args),
    /// Search the catalog, best match first
    Search(search::Args),
    /// Show one entity
    Show(show::Args),
    /// Say who is on call for an entity, whose it is, its runbook, and what breaks with it
    Who(who::Args),
    /// Draw what belongs where, who owns what, what an entity needs and what breaks with it
    Tree(tree::Args),
    /// Print pages of an entity's TechDocs
    Docs(docs::Args),
    /// Print an entity's runbook
    Runbook(docs::RunbookArgs),
    /// List software templates, and show what one asks for
    Templates(templates::Args),
    /// Make something from a software template
    Create(create::Args),
    /// List the scaffolder's actions: what they take, what they put out, how they are used
    Actions(actions::Args),
    /// Check catalog, template and mkdocs files on disk
    Validate(validate::Args),
    /// List, follow, retry and cancel what templates run as
    Task(task::Args),
    /// Run a task (for `create` and `task retry` alone)
    #[command(hide = true)]
    TaskRun(task_run::Args),
    /// Keep the list of locations registered on this machine
    Locations(locations::Args),
    /// Sign in to GitHub, sign out, and show who is signed in
    Auth(auth::Args),
    /// Show the merged configuration, where it is read from, and what may stand in it
    Config(config::Args),
    /// Print the key bindings in force
    Keys(keys::Args),
    /// List the colour themes
    Themes(themes::Args),
    /// Look at terminal, folders, configuration, identity and cache, and say what is wrong
    Doctor(doctor::Args),
    /// Print a script that completes commands and flags in a shell
    Completions(completions::Args),
    /// Print the manual page
    Man(man::Args),
}

/// Runs the program on its arguments, program name first, and says how the process ends.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args = query_args::separate(args.into_iter().collect(), &Cli::command());
    let result = match Cli::try_parse_from(args) {
        Ok(cli) => run(cli),
        Err(error) => parse_failure(&error),
    };
    match result {
        Ok(exit) => ExitCode::from(exit.code()),
        Err(error) => {
            report(&error);
            ExitCode::from(error.exit.code())
        }
    }
}

/// Runs one parsed command line.
///
/// # Errors
/// What the command could not do.
pub fn run(cli: Cli) -> Result<Exit, CliError> {
    let context = Context::new(cli.global);
    // These tell themselves which file is missing.
    let tells = matches!(cli.command, Some(Command::Doctor(_) | Command::Config(_)));
    if !tells && let Some(missing) = context.global().config.iter().find(|f| !f.exists()) {
        return Err(
            CliError::failed(format!("{}: the file does not exist", missing.display()))
                .hint("check the path given with --config"),
        );
    }
    let Some(command) = cli.command else {
        return interface::run(cli.entity.as_deref(), &context);
    };
    if let Some(entity) = cli.entity {
        return Err(
            CliError::usage(format!("\"{entity}\" stands before a command"))
                .hint("put what belongs to the command after it"),
        );
    }
    if !matches!(command, Command::Demo(_)) {
        log::to_stderr(context.verbose());
    }
    match command {
        Command::Demo(args) => demo::run(args, &context),
        Command::Doctor(args) => doctor::run(args, &context),
        Command::Sync(args) => sync::run(args, &context),
        Command::List(args) => list::run(args, &context),
        Command::Search(args) => search::run(args, &context),
        Command::Show(args) => show::run(args, &context),
        Command::Who(args) => who::run(args, &context),
        Command::Tree(args) => tree::run(args, &context),
        Command::Docs(args) => docs::run(args, &context),
        Command::Runbook(args) => docs::runbook(args, &context),
        Command::Templates(args) => templates::run(args, &context),
        Command::Create(args) => create::run(args, &context),
        Command::Actions(args) => actions::run(args, &context),
        Command::Validate(args) => validate::run(args, &context),
        Command::Task(args) => task::run(args, &context),
        Command::TaskRun(args) => task_run::run(args, &context),
        Command::Locations(args) => locations::run(args, &context),
        Command::Auth(args) => auth::run(args, &context),
        Command::Config(args) => config::run(args, &context),
        Command::Keys(args) => keys::run(args, &context),
        Command::Themes(args) => themes::run(args, &context),
        Command::Completions(args) => completions::run(args, &context),
        Command::Man(args) => man::run(args, &context),
    }
}

/// Help and version go to standard output and succeed; wrong usage goes to standard error.
fn parse_failure(error: &clap::Error) -> Result<Exit, CliError> {
    let rendered = error.render().to_string();
    if error.use_stderr() {
        let text = rendered
            .strip_prefix("error: ")
            .unwrap_or(&rendered)
            .trim_end();
        return Err(CliError::usage(text));
    }
    let mut out = Output::stdout();
    out.text(&rendered)?;
    out.finish()?;
    Ok(Exit::Done)
}

/// Prints an error for a person. Standard error that is closed is nobody's loss.
fn report(error: &CliError) {
    if error.message.is_empty() {
        return;
    }
    let mut text = format!("error: {}\n", text::clean_multiline(&error.message));
    if let Some(hint) = &error.hint {
        text.push_str(&format!("hint: {}\n", text::clean(hint)));
    }
    let _ = std::io::stderr().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn global_flags_stand_before_and_after_a_command() {
        for args in [
            ["callboard", "--offline", "man"],
            ["callboard", "man", "--offline"],
        ] {
            let cli = Cli::try_parse_from(args).unwrap();
            assert!(cli.global.offline, "{args:?}");
            assert!(matches!(cli.command, Some(Command::Man(_))), "{args:?}");
        }
    }

    #[test]
    fn a_word_that_is_no_command_is_a_reference() {
        let cli = Cli::try_parse_from(["callboard", "--offline", "payments"]).unwrap();
        assert_eq!(cli.entity.as_deref(), Some("payments"));
        assert!(cli.command.is_none());
    }
}
