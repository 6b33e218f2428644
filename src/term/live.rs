//! A few lines on standard error that are written over themselves, for commands that show how something goes; what is
//! finished stays above them. Nothing where that is no terminal.

use std::io::{self, IsTerminal, Write};

use super::styled;
use crate::text;
use crate::theme::Style;

/// A block of lines. Dropping it takes it away; what was put above stays.
#[derive(Debug)]
pub struct LiveBlock<W: Write = io::Stderr> {
    to: W,
    columns: usize,
    rows: usize,
    /// How many lines of it stand on the screen.
    shown: usize,
}

impl LiveBlock {
    /// A block on standard error; none where that is no terminal or one that only prints lines.
    pub fn stderr() -> Option<Self> {
        let stderr = io::stderr();
        if !stderr.is_terminal() || std::env::var_os("TERM").is_none_or(|term| term == "dumb") {
            return None;
        }
        let mut block = Self::new(stderr, 80, 24);
        block.measure();
        Some(block)
    }

    /// Asks the terminal for its size, as it may have changed.
    pub fn measure(&mut self) {
        if let Ok(size) = rustix::termios::tcgetwinsize(&self.to)
            && size.ws_col > 0
            && size.ws_row > 0
        {
            self.columns = usize::from(size.ws_col);
            self.rows = usize::from(size.ws_row);
        }
    }
}

impl<W: Write> LiveBlock<W> {
    /// A block on a terminal of a size.
    pub fn new(to: W, columns: usize, rows: usize) -> Self {
        Self {
            to,
            columns,
            rows,
            shown: 0,
        }
    }

    /// How wide a line may be.
    pub fn columns(&self) -> usize {
        // The last column stays free: writing it would wrap on some terminals.
        self.columns.saturating_sub(1)
    }

    /// Puts lines above the block, where they stay, and shows the block anew. Each line is cleaned; those of the block are
    /// cut to the terminal.
    pub fn show(&mut self, above: &[(String, Style)], lines: &[(String, Style)]) {
        let mut out = String::new();
        self.back(&mut out);
        for (line, style) in above {
            out.push_str(&styled(line, *style));
            out.push_str("\x1b[K\r\n");
        }
        // One that is taller than the terminal could not be taken away again.
        let lines = lines.get(..self.rows.saturating_sub(1).min(lines.len()));
        let lines = lines.unwrap_or_default();
        for (line, style) in lines {
            let line = text::clean(line);
            out.push_str(&styled(&text::truncate(&line, self.columns()), *style));
            out.push_str("\x1b[K\r\n");
        }
        out.push_str("\x1b[J");
        self.shown = lines.len();
        self.write(&out);
    }

    /// Takes the block away.
    pub fn clear(&mut self) {
        if self.shown > 0 {
            let mut out = String::new();
            self.back(&mut out);
            out.push_str("\x1b[J");
            self.shown = 0;
            self.write(&out);
        }
    }

    fn back(&self, out: &mut String) {
        if self.shown > 0 {
            out.push_str(&format!("\r\x1b[{}A", self.shown));
        }
    }

    fn write(&mut self, out: &str) {
        // What cannot be shown is no reason to fail.
        let _ = self.to.write_all(out.as_bytes());
        let _ = self.to.flush();
    }
}

impl<W: Write> Drop for LiveBlock<W> {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(lines: &[&str]) -> Vec<(String, Style)> {
        lines
            .iter()
            .map(|line| ((*line).to_owned(), Style::default()))
            .collect()
    }

    #[test]
    fn the_block_is_written_over_and_what_is_above_stays() {
        let mut to = Vec::new();
        {
            let mut block = LiveBlock::new(&mut to, 11, 24);
            block.show(&[], &plain(&["one \x1b[31mtwo three", "x"]));
            block.show(&plain(&["done"]), &plain(&["y"]));
        }
        let expected = "one two t…\x1b[K\r\nx\x1b[K\r\n\x1b[J\
                        \r\x1b[2Adone\x1b[K\r\ny\x1b[K\r\n\x1b[J\
                        \r\x1b[1A\x1b[J";
        assert_eq!(String::from_utf8(to).unwrap(), expected);
    }

    #[test]
    fn a_block_is_never_taller_than_the_terminal() {
        let mut to = Vec::new();
        let mut block = LiveBlock::new(&mut to, 80, 3);
        block.show(&[], &plain(&["a", "b", "c", "d"]));
        assert_eq!(block.shown, 2);
    }
}
