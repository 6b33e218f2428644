//! The messages of this session.

use super::super::ViewCache;
use super::super::paint::Painter;
use super::super::widget::{bars, find};
use crate::app::layout::{self, Area};
use crate::app::line::wrap_text;
use crate::app::screen::LogPage;
use crate::app::screen::log::{INDENT, MESSAGE_ROWS, message_columns};
use crate::app::{Level, Target};
use crate::theme::Role;

/// Draws the message log.
pub fn draw(painter: &mut Painter<'_>, page: &LogPage, cache: &mut ViewCache) {
    let state = painter.state;
    let layout = layout::list(state.size);
    bars::status(painter, layout.status, &["messages".to_owned()], cache);
    messages(painter, layout.list, page);
    if page.search.typing {
        find::draw(painter, layout.footer, &page.search);
    } else {
        bars::footer(painter, layout.footer);
    }
}

fn messages(painter: &mut Painter<'_>, list: Area, page: &LogPage) {
    let state = painter.state;
    if state.log.is_empty() && list.height > 0 {
        let content = "No messages: nothing went wrong in this session";
        painter.put(
            list.x + 3,
            list.y,
            list.width.saturating_sub(4),
            content,
            Role::Dim,
        );
        return;
    }
    let (mut y, mut index) = (list.y, page.at.top);
    let bottom = list.y + list.height;
    while let Some(notice) = state.log.get(index).filter(|_| y < bottom) {
        let rows = wrap_text(&notice.text, message_columns(state.size), MESSAGE_ROWS);
        let height = u16::try_from(rows.len()).unwrap_or(1).clamp(1, bottom - y);
        let whole = Area { y, height, ..list };
        let selected = index == page.at.cursor;
        painter.on_selection(selected);
        if selected {
            painter.fill(whole);
        }
        let (sign, role) = match notice.level {
            Level::Info => ("·", Role::Info),
            Level::Warning => ("▲", Role::Warn),
            Level::Error => ("✗", Role::Bad),
        };
        let sign = match (state.unicode, notice.level) {
            (true, _) => sign,
            (false, Level::Info) => "-",
            (false, Level::Warning) => "!",
            (false, Level::Error) => "x",
        };
        let time = notice
            .at
            .to_zoned(state.time_zone.clone())
            .strftime("%H:%M:%S")
            .to_string();
        painter.put(
            list.x + 1,
            y,
            list.width.saturating_sub(1),
            &time,
            Role::Dim,
        );
        painter.put(list.x + 11, y, 1, sign, role);
        let x = list.x + INDENT;
        let room = (list.x + list.width).saturating_sub(x + 1);
        for (row, y) in rows.iter().zip(y..bottom) {
            let marks = page.search.marks(row);
            painter.put_marked(x, y, room, row, Role::Text, &marks);
        }
        painter.on_selection(false);
        painter.region(whole, Target::Row(index));
        y += height;
        index += 1;
    }
}
