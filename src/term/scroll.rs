//! Finds out whether a frame is the last one with some rows moved by one, so that the terminal can move them itself.
//!
//! A list whose selection has reached its edge moves a row with every key. What stands beside it does not: that is
//! written again, which still costs less than the list.

use ratatui::buffer::Buffer;

/// Rows that have moved by one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Scroll {
    /// The first and the last row that the terminal moves; one of them is blank afterwards.
    pub(super) top: u16,
    pub(super) bottom: u16,
    /// Whether they moved up.
    pub(super) up: bool,
}

impl Scroll {
    /// The longest run of rows whose left halves are where their neighbours' were. None where those are fewer
    /// than `least`.
    pub(super) fn find(shown: &Buffer, wanted: &Buffer, least: usize) -> Option<Self> {
        let width = usize::from(wanted.area.width);
        if width == 0 || shown.area != wanted.area {
            return None;
        }
        let half = width / 2;
        let same = |y: usize, from: usize| {
            let wanted = wanted.content.get(y * width..y * width + half);
            wanted.is_some() && wanted == shown.content.get(from * width..from * width + half)
        };
        let rows = usize::from(wanted.area.height);
        let mut best: Option<(usize, usize, bool)> = None;
        for up in [true, false] {
            let mut start = 0;
            for y in 0..rows {
                let from = if up { y + 1 } else { y.wrapping_sub(1) };
                if from < rows && same(y, from) && !same(y, y) {
                    let length = y + 1 - start;
                    if best.is_none_or(|(_, most, _)| length > most) {
                        best = Some((start, length, up));
                    }
                } else {
                    start = y + 1;
                }
            }
        }
        let (start, length, up) = best.filter(|(_, length, _)| *length >= least)?;
        let (top, bottom) = match up {
            true => (start, start + length),
            false => (start.checked_sub(1)?, start + length - 1),
        };
        Some(Self {
            top: u16::try_from(top).ok()?,
            bottom: u16::try_from(bottom).ok()?,
            up,
        })
    }

    /// What the terminal shows after moving the rows.
    pub(super) fn apply(self, shown: &Buffer) -> Buffer {
        let mut moved = shown.clone();
        let width = usize::from(shown.area.width);
        let (top, bottom) = (
            usize::from(self.top) * width,
            usize::from(self.bottom) * width,
        );
        let Some(region) = moved.content.get_mut(top..bottom + width) else {
            return moved;
        };
        let blank = if self.up {
            region.rotate_left(width);
            bottom - top..bottom - top + width
        } else {
            region.rotate_right(width);
            0..width
        };
        for cell in region.get_mut(blank).unwrap_or_default() {
            cell.reset();
        }
        moved
    }
}
