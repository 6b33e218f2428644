//! One line of progress on standard error for commands that take a while; nothing where that is no terminal.

use std::io::{self, IsTerminal, Write};

use crate::text;

/// A line that is written over itself. Dropping it takes it away.
#[derive(Debug)]
pub struct ProgressLine<W: Write = io::Stderr> {
    to: W,
    columns: usize,
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
            shown: false,
        }
    }

    /// Shows a text, cleaned and cut to the line.
    pub fn show(&mut self, text: &str) {
        let text = text::clean(text);
        // The last column stays free: writing it would wrap on some terminals.
        let text = text::truncate(&text, self.columns.saturating_sub(1));
        // Progress that cannot be shown is no reason to fail.
        let _ = write!(self.to, "\r{text}\x1b[K");
        let _ = self.to.flush();
        self.shown = true;
    }

    /// Takes the line away, so that something else can be printed; showing brings it back.
    pub fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            let _ = write!(self.to, "\r\x1b[K");
            let _ = self.to.flush();
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
            line.show("12 repos\x1b[31mitories");
        }
        assert_eq!(to, "\r12 reposi…\x1b[K\r\x1b[K".as_bytes());
    }

    #[test]
    fn nothing_shown_is_nothing_taken_away() {
        let mut to = Vec::new();
        drop(ProgressLine::new(&mut to, 80));
        assert!(to.is_empty());
    }
}
