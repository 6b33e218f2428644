//! The cursor and the scroll offset of a list, and how both move.

/// A way to move in a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    Up,
    Down,
    /// To the first visible row, then by pages.
    PageUp,
    /// To the last visible row, then by pages.
    PageDown,
    HalfUp,
    HalfDown,
    First,
    Last,
}

/// Which row is selected and which is the first visible one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Position {
    pub cursor: usize,
    pub top: usize,
}

impl Position {
    /// Moves in a list of `len` rows of which `visible` are seen at once. Returns whether the cursor moved.
    pub fn step(&mut self, step: Step, len: usize, visible: usize) -> bool {
        let before = self.cursor;
        let visible = visible.max(1);
        let page = visible.saturating_sub(1).max(1);
        let last_seen = self.top + visible - 1;
        self.cursor = match step {
            Step::Up => self.cursor.saturating_sub(1),
            Step::Down => self.cursor.saturating_add(1),
            Step::PageUp if self.cursor > self.top => self.top,
            Step::PageUp => self.cursor.saturating_sub(page),
            Step::PageDown if self.cursor < last_seen => last_seen,
            Step::PageDown => self.cursor.saturating_add(page),
            Step::HalfUp => self.cursor.saturating_sub((visible / 2).max(1)),
            Step::HalfDown => self.cursor.saturating_add((visible / 2).max(1)),
            Step::First => 0,
            Step::Last => usize::MAX,
        };
        self.fit(len, visible);
        self.cursor != before
    }

    /// Puts the cursor back into the list and the offset where the cursor is seen.
    pub fn fit(&mut self, len: usize, visible: usize) {
        let visible = visible.max(1);
        self.cursor = self.cursor.min(len.saturating_sub(1));
        if self.cursor < self.top {
            self.top = self.cursor;
        } else if self.cursor >= self.top + visible {
            self.top = self.cursor + 1 - visible;
        }
        self.top = self.top.min(len.saturating_sub(visible));
    }

    /// How many rows are seen whole from the first visible one on, in a place of `room` screen rows where row `i` takes
    /// `height(i)`; at least 1.
    pub fn visible(&self, len: usize, room: usize, height: impl Fn(usize) -> usize) -> usize {
        let mut left = room;
        (self.top..len)
            .take_while(|row| match left.checked_sub(height(*row).max(1)) {
                Some(rest) => {
                    left = rest;
                    true
                }
                None => false,
            })
            .count()
            .max(1)
    }

    /// Puts the cursor back into the list and the offset where the row under the cursor is seen whole, if it has room
    /// at all, and no room is left below the last row that rows above could take.
    pub fn fit_heights(&mut self, len: usize, room: usize, height: impl Fn(usize) -> usize) {
        let height = |row| height(row).max(1);
        self.cursor = self.cursor.min(len.saturating_sub(1));
        if len == 0 {
            self.top = 0;
            return;
        }
        let wanted = self.top.min(self.cursor);
        let mut used = height(self.cursor);
        self.top = self.cursor;
        while self.top > wanted && used + height(self.top - 1) <= room {
            self.top -= 1;
            used += height(self.top);
        }
        let mut below = self.cursor + 1;
        while below < len && used <= room {
            used += height(below);
            below += 1;
        }
        while self.top > 0 && used + height(self.top - 1) <= room {
            self.top -= 1;
            used += height(self.top);
        }
    }

    /// Scrolls by lines, taking the cursor along only where it would leave the screen.
    pub fn scroll(&mut self, lines: i16, len: usize, visible: usize) {
        let most = len.saturating_sub(visible.max(1));
        let by = usize::from(lines.unsigned_abs());
        self.top = if lines < 0 {
            self.top.saturating_sub(by)
        } else {
            (self.top + by).min(most)
        };
        let last_seen = self.top + visible.max(1) - 1;
        self.cursor = self.cursor.clamp(self.top, last_seen);
        self.fit(len, visible);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_down_goes_to_the_last_visible_row_before_it_scrolls() {
        let mut at = Position::default();
        assert!(at.step(Step::PageDown, 100, 10));
        assert_eq!((at.cursor, at.top), (9, 0));
        at.step(Step::PageDown, 100, 10);
        assert_eq!((at.cursor, at.top), (18, 9));
        at.step(Step::PageUp, 100, 10);
        assert_eq!((at.cursor, at.top), (9, 9));
        at.step(Step::Last, 100, 10);
        assert_eq!((at.cursor, at.top), (99, 90));
        assert!(!at.step(Step::Down, 100, 10));
    }

    #[test]
    fn a_tall_row_under_the_cursor_is_seen_whole() {
        let heights = [1, 1, 4, 1, 6, 1];
        let height = |row: usize| heights[row];
        let mut at = Position { cursor: 2, top: 0 };
        at.fit_heights(6, 5, height);
        assert_eq!(at.top, 1);
        assert_eq!(at.visible(6, 5, height), 2);
        at.cursor = 4;
        at.fit_heights(6, 5, height);
        assert_eq!((at.top, at.visible(6, 5, height)), (4, 1));
        // Nothing is left empty below the last row.
        at = Position { cursor: 5, top: 5 };
        at.fit_heights(6, 8, height);
        assert_eq!(at.top, 3);
        at.fit_heights(0, 8, height);
        assert_eq!(at, Position::default());
    }

    #[test]
    fn nothing_moves_in_an_empty_list() {
        let mut at = Position::default();
        for step in [Step::Down, Step::PageDown, Step::Last, Step::HalfDown] {
            assert!(!at.step(step, 0, 0));
            assert_eq!(at, Position::default());
        }
    }

    #[test]
    fn the_wheel_keeps_the_cursor_on_the_screen() {
        let mut at = Position { cursor: 0, top: 0 };
        at.scroll(3, 100, 10);
        assert_eq!((at.cursor, at.top), (3, 3));
        at.scroll(-50, 100, 10);
        assert_eq!(at.top, 0);
        at.scroll(i16::MAX, 5, 10);
        assert_eq!((at.cursor, at.top), (3, 0));
    }
}
