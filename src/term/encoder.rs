//! Turns a frame into the fewest bytes that make the terminal show it, given what it shows already.
//!
//! Unchanged cells are stepped over the cheapest way or written again where that is shorter, looks are changed by
//! what differs, blanks are erased where there are many. A frame is written row by row or look by look, whichever is
//! shorter: in a list where every row has the same three looks, the way to the next row costs less than the next
//! look. What a later look writes anyway may be written over on the way there. The result is one piece, for one write.
//! Nothing that a cell says can be an escape sequence: control characters become blanks here, whoever forgot them
//! before.

use std::io::Write;

use ratatui::buffer::{Buffer, Cell, CellDiffOption};
use ratatui::layout::Rect;

use super::links::{LinkMap, LinkSpan};
use super::pen::Pen;
use super::scroll::Scroll;
use super::sgr::Look;
use super::turns::{Due, Turns};
use crate::text;

/// Blanks from which on erasing is shorter than writing them, at the end of a row.
const ERASE_LINE_FROM: usize = 4;
/// Fewer bytes than these are not worth a second look at the frame.
const WORTH_ANOTHER_ORDER: usize = 160;
/// Fewer bytes than these are no moved list, and fewer rows that have moved are not worth moving.
const WORTH_SCROLLING: usize = 400;
const SCROLLED_ROWS: usize = 6;

/// What the terminal shows, and how it came to.
#[derive(Debug)]
pub struct Encoder {
    screen: Buffer,
    links: LinkMap,
    pen: Pen,
    /// Whether `screen` is what is shown.
    known: bool,
    cursor_shown: bool,
    /// Wrap frames so that the terminal shows them at once (mode 2026).
    synchronized: bool,
    /// What is to be written in which turn.
    turns: Turns,
    /// The frame in the other order, to compare.
    other: Vec<u8>,
    /// Every frame look by look, whatever that costs.
    #[cfg(test)]
    by_look: bool,
    /// Rows moved wherever they can be, whatever that costs.
    #[cfg(test)]
    scrolling: bool,
}

impl Default for Encoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Encoder {
    /// An encoder for a terminal whose cursor is shown and of whose content nothing is known.
    pub fn new() -> Self {
        Self {
            screen: Buffer::empty(Rect::ZERO),
            links: LinkMap::default(),
            pen: Pen::new(),
            known: false,
            cursor_shown: true,
            synchronized: false,
            turns: Turns::default(),
            other: Vec::new(),
            #[cfg(test)]
            by_look: false,
            #[cfg(test)]
            scrolling: false,
        }
    }

    /// Forgets what is shown: the next frame clears the screen and draws all of it. For a resize, for coming back,
    /// and for a person who asks for it; never to be safe.
    pub fn forget(&mut self) {
        self.known = false;
    }

    /// As [`Encoder::forget`], for a terminal that was restored and taken again: its cursor is shown.
    pub fn forget_all(&mut self) {
        self.known = false;
        self.cursor_shown = true;
    }

    /// Whether frames are wrapped for terminals that know synchronized output.
    pub fn set_synchronized(&mut self, synchronized: bool) {
        self.synchronized = synchronized;
    }

    /// Appends what makes the terminal show `next` with its cursor at `cursor` (hidden where none), and keeps it;
    /// what was shown before is left in `next`, for its allocation. Appends nothing where nothing changed.
    pub fn encode(
        &mut self,
        next: &mut Buffer,
        links: &[LinkSpan],
        cursor: Option<(u16, u16)>,
        out: &mut Vec<u8>,
    ) {
        let start = out.len();
        if self.synchronized {
            out.extend_from_slice(b"\x1b[?2026h");
        }
        let opened = out.len();
        if !self.known || self.screen.area != next.area {
            self.pen.home(out);
            out.extend_from_slice(b"\x1b[2J");
            self.screen.resize(next.area);
            self.screen.reset();
            self.links = LinkMap::default();
            self.known = true;
        }
        let next_links = LinkMap::new(links, next.area);
        self.rows(next, &next_links, links, out);
        self.place_cursor(cursor, next.area, out);
        self.links = next_links;
        std::mem::swap(&mut self.screen, next);
        if out.len() == opened {
            out.truncate(start);
        } else if self.synchronized {
            out.extend_from_slice(b"\x1b[?2026l");
        }
    }

    fn place_cursor(&mut self, cursor: Option<(u16, u16)>, area: Rect, out: &mut Vec<u8>) {
        let cursor = cursor.filter(|&(x, y)| x < area.width && y < area.height);
        if let Some((x, y)) = cursor {
            self.pen.go(out, x, y);
        }
        if self.cursor_shown != cursor.is_some() {
            self.cursor_shown = cursor.is_some();
            out.extend_from_slice(match self.cursor_shown {
                true => b"\x1b[?25h",
                false => b"\x1b[?25l",
            });
        }
    }

    fn rows(&mut self, next: &Buffer, next_links: &LinkMap, links: &[LinkSpan], out: &mut Vec<u8>) {
        let start = out.len();
        let shown = std::mem::take(&mut self.screen);
        let before = self.pen.clone();
        self.differing(&shown, next, next_links, links, out);
        // Links would have to move with their rows.
        let unlinked = links.is_empty() && self.links == *next_links;
        #[cfg(test)]
        let forced = self.scrolling;
        #[cfg(not(test))]
        let forced = false;
        let rows = if forced { 1 } else { SCROLLED_ROWS };
        if (forced || out.len() - start >= WORTH_SCROLLING)
            && unlinked
            && let Some(scroll) = Scroll::find(&shown, next, rows)
        {
            let moved = scroll.apply(&shown);
            let after = std::mem::replace(&mut self.pen, before);
            let mut scrolled = Vec::new();
            self.pen.scroll(&mut scrolled, scroll);
            self.differing(&moved, next, next_links, links, &mut scrolled);
            if forced || scrolled.len() < out.len() - start {
                out.truncate(start);
                out.append(&mut scrolled);
            } else {
                self.pen = after;
            }
        }
        self.screen = shown;
    }

    /// Writes what differs from what is shown, in the shorter of two orders.
    fn differing(
        &mut self,
        shown: &Buffer,
        next: &Buffer,
        next_links: &LinkMap,
        links: &[LinkSpan],
        out: &mut Vec<u8>,
    ) {
        let width = usize::from(next.area.width);
        if width == 0 {
            return;
        }
        let rows = || {
            let rows = shown.content.chunks(width);
            let rows = rows.zip(next.content.chunks(width));
            (0u16..).zip(rows).map(|(y, (shown, wanted))| Row {
                y,
                shown,
                wanted,
                shown_links: self.links.row(y),
                wanted_links: next_links.row(y),
                links,
            })
        };
        self.turns.begin(width, self.pen.look());
        for row in rows().filter(Row::differs) {
            row.plan(&mut self.turns);
        }
        let start = out.len();
        let mut pen = self.pen.clone();
        for row in rows() {
            if let Some(turns) = self.turns.row(row.y) {
                row.write(&mut pen, Due::all(turns), out);
            }
        }
        let looks = self.turns.looks();
        #[cfg(test)]
        let mut forced = self.by_look;
        #[cfg(not(test))]
        let mut forced = false;
        if forced || out.len() - start >= WORTH_ANOTHER_ORDER && looks >= 2 {
            for order in self.turns.orders() {
                self.other.clear();
                let mut by_look = self.pen.clone();
                for turn in order.turns() {
                    for row in rows() {
                        if let Some(turns) = self.turns.row(row.y).filter(|t| t.contains(&turn)) {
                            let due = Due::of_turn(turns, turn, &order);
                            row.write(&mut by_look, due, &mut self.other);
                        }
                    }
                }
                if forced || self.other.len() < out.len() - start {
                    forced = false;
                    out.truncate(start);
                    out.append(&mut self.other);
                    pen = by_look;
                }
            }
        }
        self.pen = pen;
    }
}

/// One row: as it is shown and as it is wanted.
struct Row<'a> {
    y: u16,
    shown: &'a [Cell],
    wanted: &'a [Cell],
    /// One number a column, or nothing where the row has no links.
    shown_links: &'a [u32],
    wanted_links: &'a [u32],
    links: &'a [LinkSpan],
}

impl Row<'_> {
    fn width(&self) -> usize {
        self.wanted.len()
    }

    fn differs(&self) -> bool {
        self.shown != self.wanted || self.shown_links != self.wanted_links
    }

    /// Says which cells are to be written, and in which turn: each look has one. Blanks have the turn of what they
    /// follow, where that shows on them as they want it, so that the pen goes on; else of what follows them.
    fn plan(&self, turns: &mut Turns) {
        let tails = turns.take_tails(self.shown);
        let mut plan = turns.plan(self.y);
        let mut x = 0;
        while let Some(cell) = self.wanted.get(x) {
            let columns = self.columns(x, cell);
            let changed = self.changed(x, cell, &tails);
            plan.cell(x, changed, Look::of(cell), safe_symbol(cell) == " ");
            x += columns;
        }
        plan.end();
        turns.give_tails(tails);
    }

    /// Writes what is due of it.
    fn write(&self, pen: &mut Pen, due: Due<'_>, out: &mut Vec<u8>) {
        let width = self.width();
        let mut open_link = 0;
        let mut x = 0;
        while let Some(cell) = self.wanted.get(x) {
            let columns = self.columns(x, cell);
            if !due.now(x) {
                x += columns;
                continue;
            }
            if let Some((end, last)) = self.blanks(x, due) {
                let count = last + 1 - x;
                let to_end = end == width;
                let next = (end..width).find(|&at| due.now(at));
                if to_end && count >= ERASE_LINE_FROM || erasing_is_shorter(x, last + 1, next) {
                    self.link(&mut open_link, 0, out);
                    self.reach(pen, x, due, out);
                    if !pen.look().erased() {
                        pen.dress(out, Look::PLAIN);
                    }
                    if to_end {
                        out.extend_from_slice(b"\x1b[K");
                    } else {
                        let _ = write!(out, "\x1b[{count}X");
                    }
                    x = if to_end { width } else { last + 1 };
                    continue;
                }
            }
            if open_link != 0 && pen.column(self.y) != u16::try_from(x).ok() {
                self.link(&mut open_link, 0, out);
            }
            self.reach(pen, x, due, out);
            self.link(&mut open_link, self.wanted_link(x), out);
            self.put(pen, cell, columns, out);
            x += columns;
        }
        self.link(&mut open_link, 0, out);
    }

    /// Goes to a column, by writing what stands before it where that is shortest: again, or before its turn.
    fn reach(&self, pen: &mut Pen, x: usize, due: Due<'_>, out: &mut Vec<u8>) {
        let Ok(column) = u16::try_from(x) else { return };
        // The pen may stand inside a wide character: nothing there is written again.
        let after_narrow = |from: usize| {
            from.checked_sub(1)
                .and_then(|before| self.wanted.get(before))
                .is_none_or(|cell| columns(cell) == 1)
        };
        let from = pen.column(self.y).map(usize::from);
        if let Some(from) = from.filter(|&from| from < x && after_narrow(from)) {
            let between = self.wanted.get(from..x).unwrap_or_default();
            let plain = between.len() < 8
                && (from..).zip(between).all(|(at, cell)| {
                    cell.symbol().len() == 1
                        && !matches!(cell.diff_option, CellDiffOption::Skip)
                        && (due.later(at) || writes_as(pen.look(), cell))
                })
                && (from..x).all(|at| self.wanted_link(at) == 0);
            if plain && between.len() <= pen.cost(column, self.y) {
                for cell in between {
                    self.put_as_is(pen, cell, 1, out);
                }
                return;
            }
        }
        pen.go(out, column, self.y);
    }

    fn put(&self, pen: &mut Pen, cell: &Cell, columns: usize, out: &mut Vec<u8>) {
        if !writes_as(pen.look(), cell) {
            pen.dress(out, Look::of(cell));
        }
        self.put_as_is(pen, cell, columns, out);
    }

    /// Writes a cell in whatever look the pen has.
    fn put_as_is(&self, pen: &mut Pen, cell: &Cell, columns: usize, out: &mut Vec<u8>) {
        let symbol = safe_symbol(cell);
        out.extend_from_slice(symbol.as_bytes());
        let width = u16::try_from(self.width()).unwrap_or(u16::MAX);
        pen.advance(u16::try_from(columns).unwrap_or(1), width, certain(symbol));
    }

    fn link(&self, open: &mut u32, wanted: u32, out: &mut Vec<u8>) {
        if *open == wanted {
            return;
        }
        *open = wanted;
        let target = self.links.iter().find(|link| link.id() == wanted);
        let _ = match target.filter(|_| wanted != 0) {
            Some(link) => write!(out, "\x1b]8;id={wanted:x};{}\x1b\\", link.target()),
            None => write!(out, "\x1b]8;;\x1b\\"),
        };
    }

    fn wanted_link(&self, x: usize) -> u32 {
        self.wanted_links.get(x).copied().unwrap_or(0)
    }

    fn shown_link(&self, x: usize) -> u32 {
        self.shown_links.get(x).copied().unwrap_or(0)
    }

    /// The columns of a cell that begins at `x`; what would stick out of the row is one column wide.
    fn columns(&self, x: usize, cell: &Cell) -> usize {
        let columns = columns(cell);
        if x + columns > self.width() {
            1
        } else {
            columns
        }
    }

    fn changed(&self, x: usize, cell: &Cell, tails: &[bool]) -> bool {
        if matches!(cell.diff_option, CellDiffOption::Skip) {
            return false;
        }
        tails.get(x).copied().unwrap_or(false)
            || self.wanted_link(x) != self.shown_link(x)
            || self.shown.get(x).is_none_or(|shown| !same(shown, cell))
    }

    /// The run of blanks that begins at `x` and shows nothing: where it ends, and the last column of it that is due.
    fn blanks(&self, x: usize, due: Due<'_>) -> Option<(usize, usize)> {
        let blank = |at: usize, cell: &Cell| {
            safe_symbol(cell) == " "
                && Look::of(cell).erased()
                && self.wanted_link(at) == 0
                && !matches!(cell.diff_option, CellDiffOption::Skip)
        };
        let mut end = x;
        let mut last = None;
        for (at, cell) in self.wanted.iter().enumerate().skip(x) {
            if !blank(at, cell) {
                break;
            }
            if due.now(at) {
                last = Some(at);
            }
            end = at + 1;
        }
        last.map(|last| (end, last))
    }
}

/// Whether erasing the blanks from `from` to before `to` is shorter than writing them; erasing leaves the pen where it
/// was, and `next` is where it has to go in this row.
fn erasing_is_shorter(from: usize, to: usize, next: Option<usize>) -> bool {
    let sequence = |n: usize| 3 + n.checked_ilog10().map_or(0, |tens| tens as usize + 1);
    let way = |n: usize| n.min(sequence(n));
    let (count, beyond) = (to - from, next.map(|next| (next - from, next - to)));
    let (after_erasing, after_writing) =
        beyond.map_or((0, 0), |(erased, written)| (sequence(erased), way(written)));
    sequence(count) + after_erasing < count + after_writing
}

/// How many columns a cell's symbol takes on the terminal.
pub(super) fn columns(cell: &Cell) -> usize {
    match cell.diff_option {
        CellDiffOption::ForcedWidth(columns) => usize::from(columns.get()),
        _ => text::width(safe_symbol(cell)).max(1),
    }
}

/// A cell's symbol as it may be written.
fn safe_symbol(cell: &Cell) -> &str {
    let symbol = cell.symbol();
    match symbol.as_bytes() {
        [b' '..=b'~'] => symbol,
        [_] | [] => " ",
        _ if symbol.chars().any(text::is_control_or_bidi) => " ",
        _ => symbol,
    }
}

/// Whether two cells look the same.
fn same(a: &Cell, b: &Cell) -> bool {
    let symbol = safe_symbol(a);
    if symbol != safe_symbol(b) || matches!(b.diff_option, CellDiffOption::AlwaysUpdate) {
        return false;
    }
    let (a, b) = (Look::of(a), Look::of(b));
    a == b || symbol == " " && a.on_blank() == b.on_blank()
}

/// Whether a pen of that look writes the cell as it is wanted.
fn writes_as(pen: Look, cell: &Cell) -> bool {
    let look = Look::of(cell);
    pen == look || safe_symbol(cell) == " " && pen.on_blank() == look.on_blank()
}

/// Whether every terminal gives a symbol the same width. They disagree about joined and decorated characters
/// and about pictures.
fn certain(symbol: &str) -> bool {
    let mut chars = symbol.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) => {
            !matches!(c, '\u{2600}'..='\u{27bf}' | '\u{1f000}'..='\u{1ffff}') || symbol.len() == 1
        }
        _ => false,
    }
}

#[cfg(test)]
#[path = "encoder_tests.rs"]
mod tests;
