//! The program's own log: on standard error, or in a file where the terminal is taken.
//!
//! Messages name files, hosts and errors, and addresses without what follows a `?`. No event carries a header, a body or
//! credentials; errors of this program hold no token, and other libraries are heard only when they warn.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Mutex;

use tracing::Level;
use tracing_subscriber::Layer;
use tracing_subscriber::Registry;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::text;

/// The file's name in the state folder.
const FILE: &str = "callboard.log";
/// A log of this many bytes is begun anew at the next start.
const LIMIT: u64 = 1 << 20;

/// Logs to a file of the state folder from now on; `verbose` is the number of `-v`. A second start in one process keeps
/// the first log. Where the file cannot be, nothing is logged: there is no place left to say so.
pub fn to_file(state_dir: &Path, verbose: u8) {
    if let Ok(file) = open(state_dir) {
        let layer = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(Mutex::new(Clean(file)));
        start(layer, verbose);
    }
}

/// Logs to standard error from now on, a line an event; `verbose` is the number of `-v`.
pub fn to_stderr(verbose: u8) {
    let layer = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .without_time()
        .with_target(false)
        .with_writer(|| Clean(io::stderr()));
    start(layer, verbose);
}

fn start(layer: impl Layer<Registry> + Send + Sync, verbose: u8) {
    let levels = Targets::new()
        .with_default(Level::WARN)
        .with_target("callboard", level(verbose));
    let _ = tracing_subscriber::registry()
        .with(layer.with_filter(levels))
        .try_init();
}

fn level(verbose: u8) -> Level {
    match verbose {
        0 => Level::WARN,
        1 => Level::INFO,
        _ => Level::DEBUG,
    }
}

fn open(state_dir: &Path) -> io::Result<fs::File> {
    fs::create_dir_all(state_dir)?;
    let path = state_dir.join(FILE);
    let long = path.metadata().is_ok_and(|meta| meta.len() > LIMIT);
    OpenOptions::new()
        .create(true)
        .write(true)
        .append(!long)
        .truncate(long)
        .mode(0o600)
        .open(path)
}

/// Takes escape sequences and control characters out of what is logged; a place that cannot be written to is nobody's
/// loss.
struct Clean<W>(W);

impl<W: Write> Write for Clean<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // An event comes in one piece.
        let event = String::from_utf8_lossy(bytes);
        let _ = self.0.write_all(text::clean_multiline(&event).as_bytes());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let _ = self.0.flush();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_logged_is_clean_and_keeps_its_lines() {
        let mut sink = Clean(Vec::new());
        sink.write_all("INFO source=a\x1b[31mb\u{202e}c\n".as_bytes())
            .unwrap();
        assert_eq!(sink.0, b"INFO source=abc\n");
    }

    #[test]
    fn a_log_that_has_grown_long_is_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        fs::write(&path, "short\n").unwrap();
        open(folder.path()).unwrap().write_all(b"more\n").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"short\nmore\n");
        let long = usize::try_from(LIMIT).unwrap() + 1;
        fs::write(&path, vec![b'x'; long]).unwrap();
        open(folder.path()).unwrap().write_all(b"new\n").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new\n");
    }
}
