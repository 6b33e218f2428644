//! One line of progress on standard error for commands that take a while; nothing where that is no terminal.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::text;

/// The shortest time between two updates: a person reads no faster, and a slow link is not flooded.
const INTERVAL: Duration = Duration::from_millis(100);

/// A line that is written over itself. Dropping it takes it away.
#[derive(Debug)]
pub struct ProgressLine<W: Write = io::Stderr> {
    to: W,
    columns: usize,
    last: Option<Instant>,
    shown: bool,
}

impl ProgressLine {
    /// A line on standard error; none where that is no terminal or one that only prints lines.
    pub fn stderr() -> Option<Self> {
        let stderr = io::stderr();
        if !stderr.is_terminal() || std::env::var_os("TERM").is_none_or(|term| term == "dumb") {
            return None;
        }
        let columns =
            rustix::termios::tcgetwinsize(&stderr).map_or(0, |size| usize::from(size.ws_col));
        Some(Self::new(stderr, if columns == 0 { 80 } else { columns }))
    }
}

impl<W: Write> ProgressLine<W> {
    /// A line on a terminal that is `columns` wide.
    pub fn new(to: W, columns: usize) -> Self {
        Self {
            to,
            columns,
            last: None,
            shown: false,
        }
    }

    /// Shows a text, cleaned and cut to the line; `text` is called only where it is time for an update.
    pub fn update(&mut self, text: impl FnOnce() -> String) {
        if self.last.is_some_and(|last| last.elapsed() < INTERVAL) {
            return;
        }
        self.last = Some(Instant::now());
        let text = text();
        let text = text::clean(&text);
        // The last column stays free: writing it would wrap on some terminals.
        let text = text::truncate(&text, self.columns.saturating_sub(1));
        // Progress that cannot be shown is no reason to fail.
        let _ = write!(self.to, "\r{text}\x1b[K");
        let _ = self.to.flush();
        self.shown = true;
    }

    /// Takes the line away, so that something else can be printed; the next update brings it back.
    pub fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            let _ = write!(self.to, "\r\x1b[K");
            let _ = self.to.flush();
            self.last = None;
        }
    }
}

impl<W: Write> Drop for ProgressLine<W> {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_cut_cleaned_and_taken_away() {
        let mut to = Vec::new();
        {
            let mut line = ProgressLine::new(&mut to, 11);
            line.update(|| "12 repos\x1b[31mitories".into());
        }
        assert_eq!(to, "\r12 reposi…\x1b[K\r\x1b[K".as_bytes());
    }

    #[test]
    fn updates_in_quick_succession_are_left_out() {
        let mut to = Vec::new();
        let mut line = ProgressLine::new(&mut to, 80);
        line.update(|| "1".into());
        line.update(|| panic!("too early"));
        drop(line);
        assert_eq!(to, b"\r1\x1b[K\r\x1b[K");
    }

    #[test]
    fn nothing_shown_is_nothing_taken_away() {
        let mut to = Vec::new();
        drop(ProgressLine::new(&mut to, 80));
        assert!(to.is_empty());
    }
}
