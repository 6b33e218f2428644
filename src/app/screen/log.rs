//! The message log: what this session said, the newest last.

use std::collections::VecDeque;

use super::super::layout::{self, Size};
use super::super::line::wrap_text;
use super::super::list::Position;
use super::super::state::Notice;
use super::find::PageSearch;

/// Columns before a message: its time, its sign, and what stands between.
pub const INDENT: u16 = 13;
/// How many rows one message takes at most.
pub const MESSAGE_ROWS: usize = 12;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct LogPage {
    pub at: Position,
    pub search: PageSearch,
}

/// How wide messages are on a screen.
pub fn message_columns(size: Size) -> usize {
    usize::from(size.columns.saturating_sub(INDENT + 1)).max(1)
}

impl LogPage {
    /// How many messages are seen at once, from the first visible one on.
    pub fn visible(&self, log: &VecDeque<Notice>, size: Size) -> usize {
        let room = usize::from(layout::list(size).list.height);
        self.at.visible(log.len(), room, heights(log, size))
    }

    /// Puts cursor and offset where the message under the cursor is seen.
    pub fn fit(&mut self, log: &VecDeque<Notice>, size: Size) {
        let room = usize::from(layout::list(size).list.height);
        self.at.fit_heights(log.len(), room, heights(log, size));
    }

    /// Moves the cursor to the next message that has the searched text; see [`PageSearch::next`].
    pub fn find(&mut self, log: &VecDeque<Notice>, forward: bool, here: bool) -> bool {
        let text = |index: usize| log.get(index).map(|notice| notice.text.clone());
        let found = self
            .search
            .next(log.len(), self.at.cursor, forward, here, text);
        if let Some(index) = found {
            self.at.cursor = index;
        }
        found.is_some()
    }
}

fn heights(log: &VecDeque<Notice>, size: Size) -> impl Fn(usize) -> usize {
    let columns = message_columns(size);
    move |index| {
        let text = log.get(index).map_or("", |notice| &notice.text);
        wrap_text(text, columns, MESSAGE_ROWS).len()
    }
}
