//! What every command gets: the global flags and the environment, read once, and what follows from them,
//! loaded only when a command asks. Making a context does no I/O.

use std::cell::OnceCell;
use std::ffi::OsString;
use std::future::Future;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;

use super::error::CliError;
use super::output::Output;
use super::sources::Recipe;
use crate::catalog::{DEFAULT_NAMESPACE, EntityRef, Snapshot};
use crate::config::Config;
use crate::search;
use crate::store::{PathOptions, Paths, State};
use crate::text;

/// When to colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always, even into a pipe.
    Always,
    /// Never.
    Never,
}

/// The flags that stand before or after any command.
#[derive(clap::Args, Clone, Debug, Default)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Read this configuration file after `$XDG_CONFIG_HOME/callboard/config.yaml`; repeat it for more, later
    /// files override earlier ones [env: CALLBOARD_CONFIG, paths joined by `:`]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Vec<PathBuf>,
    /// Keep the catalog's cache in this folder [env: CALLBOARD_CACHE_DIR]
    #[arg(long, global = true, value_name = "DIR")]
    pub cache_dir: Option<PathBuf>,
    /// Keep stars, registered locations and sessions in this folder [env: CALLBOARD_STATE_DIR]
    #[arg(long, global = true, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
    /// Use the cache alone; never touch the network
    #[arg(long, global = true)]
    pub offline: bool,
    /// When to colour the output; `auto` colours on a terminal unless NO_COLOR is set
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
    /// Tell what is being done, on standard error; the interface writes it to callboard.log in the state folder. `-vv`
    /// tells more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// Looks a variable of the environment up.
pub type Environment = Arc<dyn Fn(&str) -> Option<OsString> + Send + Sync>;

/// See [`Context::person`].
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Person {
    /// The owner references that `owner:me` means.
    pub owners: Vec<String>,
    /// The references that are starred.
    pub starred: Vec<String>,
    /// The references that were opened often and lately, best first.
    pub recent: Vec<String>,
}

/// The flags, the environment, and what follows from them.
pub struct Context {
    global: GlobalArgs,
    env: Environment,
    config: OnceCell<Config>,
}

impl Context {
    /// A context over the process's own environment.
    pub fn new(global: GlobalArgs) -> Self {
        Self::with_env(global, |name| std::env::var_os(name))
    }

    /// A context over any environment.
    pub fn with_env(
        global: GlobalArgs,
        env: impl Fn(&str) -> Option<OsString> + Send + Sync + 'static,
    ) -> Self {
        Self {
            global,
            env: Arc::new(env),
            config: OnceCell::new(),
        }
    }

    /// The flags that stand before or after any command.
    pub fn global(&self) -> &GlobalArgs {
        &self.global
    }

    /// The environment, for what lives on other threads.
    pub fn environment(&self) -> Environment {
        Arc::clone(&self.env)
    }

    /// The configuration, read when it is first asked for.
    ///
    /// # Errors
    /// A file that was named and does not exist, or one that cannot be read.
    pub fn config(&self) -> Result<&Config, CliError> {
        if let Some(config) = self.config.get() {
            return Ok(config);
        }
        let config = super::config::load(self)?;
        Ok(self.config.get_or_init(|| config))
    }

    /// A variable of the environment; none where it is unset or empty.
    pub fn env(&self, name: &str) -> Option<OsString> {
        (self.env)(name).filter(|value| !value.is_empty())
    }

    /// A variable of the environment as text; none where it is unset, empty or no Unicode.
    pub fn env_text(&self, name: &str) -> Option<String> {
        self.env(name).and_then(|value| value.into_string().ok())
    }

    /// The configuration files named by `--config`, else by `CALLBOARD_CONFIG`, in order. The user's own file
    /// comes before them and is not among them.
    pub fn named_config_files(&self) -> Vec<PathBuf> {
        if !self.global.config.is_empty() {
            return self.global.config.clone();
        }
        self.env("CALLBOARD_CONFIG")
            .map(|paths| {
                std::env::split_paths(&paths)
                    .filter(|path| !path.as_os_str().is_empty())
                    .collect()
            })
            .unwrap_or_default()
    }

    /// The folders in use. Finding them touches no disk.
    ///
    /// # Errors
    /// Where a folder is not given and the user has no home.
    pub fn paths(&self) -> Result<Paths, CliError> {
        let options = PathOptions {
            cache_dir: self.global.cache_dir.clone(),
            state_dir: self.global.state_dir.clone(),
        };
        Ok(Paths::find(&options, &|name| self.env_text(name))?)
    }

    /// Whether the network is out of bounds.
    pub fn offline(&self) -> bool {
        self.global.offline
    }

    /// How many `-v` were given.
    pub fn verbose(&self) -> u8 {
        self.global.verbose
    }

    /// Whether what goes to standard output may be coloured.
    pub fn colored(&self) -> bool {
        match self.global.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                self.env("NO_COLOR").is_none() && !self.dumb() && io::stdout().is_terminal()
            }
        }
    }

    /// Whether the interface may colour, where the terminal can.
    pub fn may_color(&self) -> bool {
        self.global.color != Color::Never
    }

    /// The signed-in person's complete reference, as far as this machine knows without asking anybody; to be called
    /// on any thread.
    pub fn user(&self) -> Arc<dyn Fn() -> Option<String> + Send + Sync> {
        let Ok(recipe) = Recipe::of(self) else {
            return Arc::new(|| None);
        };
        Arc::new(move || {
            recipe
                .login()
                .map(|login| EntityRef::new("user", DEFAULT_NAMESPACE, &login).to_string())
        })
    }

    /// Whether the terminal can do nothing but print lines: `TERM` is `dumb` or unset.
    pub fn dumb(&self) -> bool {
        self.env("TERM").is_none_or(|term| term == "dumb")
    }

    /// The person at the keyboard, as far as this machine knows: for `owner:me`, `is:starred` and what was opened
    /// lately. A state that cannot be read is like an empty one: no search fails for it.
    pub fn person(&self, snapshot: &Snapshot) -> Person {
        let mut person = Person::default();
        if let Some(user) = self.user()() {
            person.owners = search::owners_of(snapshot, &user);
        }
        // A state that does not exist is not made by reading it.
        let Some(paths) = self.paths().ok().filter(|paths| paths.state_dir.exists()) else {
            return person;
        };
        let Ok(state) = State::open(&paths.state_dir) else {
            return person;
        };
        // The same that come first in the interface.
        let first = state.first().unwrap_or_default();
        person.starred = first.starred;
        person.recent = first.recent;
        person
    }

    /// Tells the person something beside the data, on standard error; control characters are removed.
    pub fn note(&self, text: &str) {
        let line = format!("{}\n", text::clean_multiline(text));
        // Standard error that is closed is nobody's loss.
        let _ = io::stderr().write_all(line.as_bytes());
    }

    /// How many columns standard output shows; none where it is no terminal, or one that does not say.
    pub fn columns(&self) -> Option<usize> {
        let stdout = io::stdout();
        if !stdout.is_terminal() {
            return None;
        }
        let size = rustix::termios::tcgetwinsize(&stdout).ok()?;
        Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
    }

    /// Where a command prints.
    pub fn output(&self) -> Output {
        Output::stdout()
    }

    /// Runs a future to its end on a runtime of its own; for the commands that talk to the network.
    ///
    /// # Errors
    /// Where the system gives no runtime.
    pub fn block_on<F: Future>(&self, future: F) -> Result<F::Output, CliError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(|error| CliError::failed(format!("no runtime: {error}")))?;
        Ok(runtime.block_on(future))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(global: GlobalArgs, env: &'static [(&'static str, &'static str)]) -> Context {
        Context::with_env(global, move |name| {
            env.iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn config_files_of_the_environment_are_joined_by_colons() {
        let context = context(
            GlobalArgs::default(),
            &[("CALLBOARD_CONFIG", "a.yaml::b.yaml")],
        );
        assert_eq!(
            context.named_config_files(),
            [PathBuf::from("a.yaml"), PathBuf::from("b.yaml")]
        );
    }

    #[test]
    fn the_flag_wins_over_the_environment() {
        let global = GlobalArgs {
            config: vec!["flag.yaml".into()],
            ..GlobalArgs::default()
        };
        let context = context(global, &[("CALLBOARD_CONFIG", "a.yaml")]);
        assert_eq!(context.named_config_files(), [PathBuf::from("flag.yaml")]);
    }

    #[test]
    fn an_empty_variable_is_an_unset_one() {
        let context = context(GlobalArgs::default(), &[("NO_COLOR", "")]);
        assert_eq!(context.env("NO_COLOR"), None);
    }

    #[test]
    fn a_terminal_without_a_name_is_dumb() {
        assert!(context(GlobalArgs::default(), &[]).dumb());
        assert!(context(GlobalArgs::default(), &[("TERM", "dumb")]).dumb());
        assert!(!context(GlobalArgs::default(), &[("TERM", "xterm-256color")]).dumb());
    }
}
