//! What the command line hands to the interface.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use thiserror::Error;
use tokio_util::sync::CancellationToken;

use super::card::CardSources;
use crate::app::SyncProgress;
use crate::keymap::Keymap;
use crate::store::Paths;
use crate::sync::{Due, SyncError, SyncOptions, SyncSummary};
use crate::theme::Theme;

/// Runs one sync to its end, on the thread that calls it; `progress` is told how far it is.
pub type RunSync = dyn Fn(SyncOptions, &dyn Fn(SyncProgress), CancellationToken) -> Result<SyncSummary, SyncError>
    + Send
    + Sync;

/// How the interface refreshes the cache.
#[derive(Clone)]
pub struct SyncPlan {
    /// Runs a sync.
    pub run: Arc<RunSync>,
    /// Which sources are due by their schedules, given the time, and when the next is. Called on the interface's thread:
    /// it computes, and at most reads a small file.
    pub due: Arc<dyn Fn(Timestamp) -> Due + Send + Sync>,
    /// Whether to sync by itself, on the start and by the schedules (`callboard.sync.auto`).
    pub auto: bool,
}

impl fmt::Debug for SyncPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncPlan")
            .field("auto", &self.auto)
            .finish_non_exhaustive()
    }
}

/// Everything the interface starts with. Making it costs the first frame: leave out what can wait.
#[derive(Clone)]
pub struct Launch {
    /// Where cache and state are.
    pub paths: Paths,
    /// `--offline`.
    pub offline: bool,
    /// The entity to open at, a complete reference.
    pub start_at: Option<String>,
    /// What the catalog is called.
    pub organization: String,
    /// The merged keymap.
    pub keymap: Arc<Keymap>,
    /// The theme to begin with.
    pub theme: Theme,
    /// The user's own themes, by name.
    pub themes: Vec<(String, Theme)>,
    /// Whether to draw glyphs outside ASCII; none to go by the locale.
    pub unicode: Option<bool>,
    /// Whether colours are wanted at all (`--color never`).
    pub color: bool,
    /// Whether the mouse is on at the start.
    pub mouse: bool,
    /// Whether copying reaches the terminal's clipboard.
    pub clipboard: bool,
    /// Messages to begin with: what is wrong with the configuration or the keymap.
    pub notices: Vec<String>,
    /// Lines that stand in the message log from the start, without being shown.
    pub log: Vec<String>,
    /// A line that is shown at the start, for a while.
    pub welcome: Option<String>,
    /// The person's own configuration file as it is shown, there or not; empty where there is no place for one.
    pub config_file: String,
    /// How to refresh the cache; none where no source is configured.
    pub sync: Option<SyncPlan>,
    /// Where an entity's card has its facts from, beside the cache.
    pub card_sources: CardSources,
    /// The signed-in person's complete reference, where it is known without the network; asked on another thread.
    pub user: Arc<dyn Fn() -> Option<String> + Send + Sync>,
}

impl fmt::Debug for Launch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Launch")
            .field("paths", &self.paths)
            .field("offline", &self.offline)
            .field("start_at", &self.start_at)
            .field("sync", &self.sync)
            .finish_non_exhaustive()
    }
}

/// How the interface ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// The person quit.
    Quit,
    /// A signal ended it; its number. Shells expect 128 and the number as the exit code.
    Signal(i32),
    /// The terminal went away.
    TerminalLost,
}

/// Why the interface could not run.
#[derive(Debug, Error)]
pub enum LaunchError {
    /// `TERM` says that the terminal can only print lines.
    #[error("the terminal cannot show a full-screen interface (TERM=dumb)")]
    Dumb,
    /// There is no terminal, or it is gone.
    #[error("the terminal cannot be used: {0}")]
    Terminal(#[source] std::io::Error),
    /// The system refuses threads, descriptors or signals.
    #[error("the system refuses what the interface needs: {0}")]
    System(#[source] std::io::Error),
}

impl LaunchError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            LaunchError::Dumb | LaunchError::Terminal(_) => {
                "use the commands instead: callboard list, search, show"
            }
            LaunchError::System(_) => "see the limits of this account: ulimit -a",
        }
    }
}
