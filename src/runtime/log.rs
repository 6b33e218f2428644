//! The program's own log, in a file: the terminal is taken.
//!
//! Messages name files, hosts and errors; errors of this program hold no token, and other libraries are heard only
//! when they warn.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Mutex;

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The file's name in the state folder.
const FILE: &str = "callboard.log";
/// A log of this many bytes is begun anew at the next start.
const LIMIT: u64 = 1 << 20;

/// Logs to a file of the state folder from now on. Where that cannot be, nothing is logged.
pub(super) fn start(state_dir: &Path) {
    if let Err(error) = open(state_dir) {
        // There is no place left to say it: the terminal is the interface's.
        drop(error);
    }
}

fn open(state_dir: &Path) -> io::Result<()> {
    fs::create_dir_all(state_dir)?;
    let path = state_dir.join(FILE);
    let long = path.metadata().is_ok_and(|meta| meta.len() > LIMIT);
    let file = OpenOptions::new()
        .create(true)
        .write(true)
        .append(!long)
        .truncate(long)
        .mode(0o600)
        .open(path)?;
    let layer = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(Mutex::new(file));
    let levels = Targets::new()
        .with_default(Level::WARN)
        .with_target("callboard", Level::INFO);
    // A second start in one process keeps the first log.
    let _ = tracing_subscriber::registry()
        .with(layer)
        .with(levels)
        .try_init();
    Ok(())
}
