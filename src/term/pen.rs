//! Where the terminal's cursor stands and what it writes with, and the cheapest way to be elsewhere.

use std::io::Write;

use super::scroll::Scroll;
use super::sgr::{self, Look};

/// The writing position and look of a terminal, as far as they are known.
#[derive(Clone, Debug)]
pub(super) struct Pen {
    /// None where the column is not certain: after the last column, and after a character whose width
    /// terminals disagree about.
    x: Option<u16>,
    /// None where nothing is known.
    y: Option<u16>,
    look: Look,
    scratch: Vec<u8>,
}

impl Pen {
    /// A pen of which nothing is known but that it writes plainly.
    pub(super) fn new() -> Self {
        Self {
            x: None,
            y: None,
            look: Look::PLAIN,
            scratch: Vec::new(),
        }
    }

    /// The column, where it is known and the row is `y`.
    pub(super) fn column(&self, y: u16) -> Option<u16> {
        self.x.filter(|_| self.y == Some(y))
    }

    /// The present look.
    pub(super) fn look(&self) -> Look {
        self.look
    }

    /// Resets the look and puts the pen in the upper left corner.
    pub(super) fn home(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\x1b[m\x1b[H");
        self.look = Look::PLAIN;
        (self.x, self.y) = (Some(0), Some(0));
    }

    /// Lets the terminal move rows by one, the new one blank. Setting a region puts the cursor in the upper left corner.
    pub(super) fn scroll(&mut self, out: &mut Vec<u8>, scroll: Scroll) {
        // A new row takes the ground of the look, on some terminals.
        self.dress(out, Look::PLAIN);
        let (top, bottom) = (u32::from(scroll.top) + 1, u32::from(scroll.bottom) + 1);
        // Writing to a vector cannot fail.
        let _ = match scroll.up {
            true => write!(out, "\x1b[{top};{bottom}r\x1b[{bottom}H\n\x1b[r"),
            false => write!(out, "\x1b[{top};{bottom}r\x1b[{top}H\x1bM\x1b[r"),
        };
        (self.x, self.y) = (Some(0), Some(0));
    }

    /// Takes a look on.
    pub(super) fn dress(&mut self, out: &mut Vec<u8>, look: Look) {
        sgr::change(out, self.look, look);
        self.look = look;
    }

    /// Notes that `columns` were written and where the row ends. After an uncertain width the column is unknown.
    pub(super) fn advance(&mut self, columns: u16, width: u16, certain: bool) {
        self.x = self
            .x
            .map(|x| x.saturating_add(columns))
            .filter(|&x| certain && x < width);
    }

    /// How many bytes it takes to go there.
    pub(super) fn cost(&mut self, x: u16, y: u16) -> usize {
        self.shortest(x, y);
        self.scratch.len()
    }

    /// Goes there.
    pub(super) fn go(&mut self, out: &mut Vec<u8>, x: u16, y: u16) {
        self.shortest(x, y);
        out.extend_from_slice(&self.scratch);
        (self.x, self.y) = (Some(x), Some(y));
    }

    fn shortest(&mut self, x: u16, y: u16) {
        let mut best = std::mem::take(&mut self.scratch);
        best.clear();
        let Some(from_y) = self.y else {
            absolute(&mut best, x, y);
            self.scratch = best;
            return;
        };
        if from_y == y {
            horizontal(&mut best, self.x, x);
            self.scratch = best;
            return;
        }
        absolute(&mut best, x, y);
        let mut other = Vec::with_capacity(16);
        vertical(&mut other, from_y, y);
        horizontal(&mut other, self.x, x);
        if other.len() < best.len() {
            std::mem::swap(&mut best, &mut other);
        }
        self.scratch = best;
    }
}

/// CUP, with ones left out.
fn absolute(out: &mut Vec<u8>, x: u16, y: u16) {
    // Writing to a vector cannot fail, here and below.
    let _ = match (x, y) {
        (0, 0) => write!(out, "\x1b[H"),
        (0, _) => write!(out, "\x1b[{}H", u32::from(y) + 1),
        (_, 0) => write!(out, "\x1b[;{}H", u32::from(x) + 1),
        _ => write!(out, "\x1b[{};{}H", u32::from(y) + 1, u32::from(x) + 1),
    };
}

/// Along one row. A carriage return needs no knowledge of the column.
fn horizontal(out: &mut Vec<u8>, from: Option<u16>, to: u16) {
    if from == Some(to) {
        return;
    }
    if to == 0 {
        out.push(b'\r');
        return;
    }
    let start = out.len();
    let _ = write!(out, "\x1b[{}G", u32::from(to) + 1);
    let absolute = out.len() - start;
    let relative = |n: u16| {
        if n == 1 {
            3
        } else {
            3 + n.ilog10() as usize + 1
        }
    };
    if let Some(from) = from {
        if to > from && relative(to - from) <= absolute {
            out.truncate(start);
            csi(out, to - from, 'C');
        } else if to < from && usize::from(from - to) <= absolute {
            out.truncate(start);
            out.extend(std::iter::repeat_n(8, usize::from(from - to)));
        } else if to < from && relative(from - to) < absolute {
            out.truncate(start);
            csi(out, from - to, 'D');
        }
    }
}

/// Along one column. A line feed in raw mode keeps the column.
fn vertical(out: &mut Vec<u8>, from: u16, to: u16) {
    if to > from && to - from <= 4 {
        out.extend(std::iter::repeat_n(b'\n', usize::from(to - from)));
    } else if to > from {
        csi(out, to - from, 'B');
    } else if to < from {
        csi(out, from - to, 'A');
    }
}

fn csi(out: &mut Vec<u8>, n: u16, action: char) {
    let _ = match n {
        1 => write!(out, "\x1b[{action}"),
        _ => write!(out, "\x1b[{n}{action}"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(from: (Option<u16>, Option<u16>), to: (u16, u16)) -> String {
        let mut pen = Pen::new();
        (pen.x, pen.y) = from;
        let mut out = Vec::new();
        pen.go(&mut out, to.0, to.1);
        String::from_utf8(out).unwrap().replace('\x1b', "^")
    }

    #[test]
    fn the_shortest_way_is_taken() {
        assert_eq!(way((None, None), (4, 9)), "^[10;5H");
        assert_eq!(way((None, None), (0, 0)), "^[H");
        assert_eq!(way((None, None), (4, 0)), "^[;5H");
        assert_eq!(way((Some(5), Some(3)), (5, 3)), "");
        assert_eq!(way((Some(5), Some(3)), (6, 3)), "^[C");
        assert_eq!(way((Some(5), Some(3)), (3, 3)), "\x08\x08");
        assert_eq!(way((Some(5), Some(3)), (0, 3)), "\r");
        assert_eq!(way((Some(100), Some(3)), (90, 3)), "^[91G");
        assert_eq!(way((Some(5), Some(3)), (0, 4)), "\n\r");
        assert_eq!(way((Some(5), Some(3)), (5, 5)), "\n\n");
        assert_eq!(way((Some(5), Some(30)), (5, 20)), "^[10A");
        assert_eq!(way((None, Some(3)), (0, 4)), "\n\r");
        assert_eq!(way((None, Some(3)), (7, 3)), "^[8G");
    }

    #[test]
    fn the_last_column_and_doubtful_widths_leave_the_column_unknown() {
        let mut pen = Pen::new();
        let mut out = Vec::new();
        pen.home(&mut out);
        pen.advance(10, 80, true);
        assert_eq!(pen.column(0), Some(10));
        assert_eq!(pen.column(1), None);
        pen.advance(2, 80, false);
        assert_eq!(pen.column(0), None);
        pen.home(&mut out);
        pen.advance(80, 80, true);
        assert_eq!(pen.column(0), None);
    }
}
