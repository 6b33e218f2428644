//! The messages of this session.

use super::super::ViewCache;
use super::super::paint::Painter;
use super::super::widget::bars;
use crate::app::layout::{self, Area};
use crate::app::list::Position;
use crate::app::{Level, Target};
use crate::theme::Role;

/// Draws the message log.
pub fn draw(painter: &mut Painter<'_>, at: Position, cache: &mut ViewCache) {
    let state = painter.state;
    let layout = layout::list(state.size);
    bars::status(painter, layout.status, &["messages".to_owned()], cache);
    messages(painter, layout.list, at);
    bars::footer(painter, layout.footer);
}

fn messages(painter: &mut Painter<'_>, list: Area, at: Position) {
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
    for row in 0..list.height {
        let index = at.top + usize::from(row);
        let Some(notice) = state.log.get(index) else {
            break;
        };
        let y = list.y + row;
        let whole = Area {
            y,
            height: 1,
            ..list
        };
        let selected = index == at.cursor;
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
        let mut x = list.x + 1;
        x += painter.put(x, y, list.width, &time, Role::Dim) + 2;
        x += painter.put(x, y, 1, sign, role) + 1;
        let room = (list.x + list.width).saturating_sub(x + 1);
        painter.put(x, y, room, &notice.text, Role::Text);
        painter.on_selection(false);
        painter.region(whole, Target::Row(index));
    }
}
