//! A window with a line and a list: palette, help, menus.

use super::super::paint::Painter;
use crate::app::Target;
use crate::app::layout::{self, Area};
use crate::app::picker::{Choice, Picker, PickerKind};
use crate::text;
use crate::theme::Role;

/// From this width on the help names actions as a keymap does.
const IDS_FROM: u16 = 100;

/// Draws the window over whatever is there.
pub fn draw(painter: &mut Painter<'_>, picker: &Picker) {
    let state = painter.state;
    let layout = layout::picker(state.size, picker.rows.len());
    painter.cover();
    painter.on_popup();
    painter.fill(layout.frame);
    if layout.frame.y < layout.line.y {
        painter.frame(layout.frame, &picker.title);
    }
    let line = layout.line;
    if line.height > 0 {
        let prompt = match picker.kind {
            PickerKind::Palette => ":",
            PickerKind::Help | PickerKind::Menu => {
                if state.unicode {
                    "›"
                } else {
                    ">"
                }
            }
        };
        painter.put(line.x + 1, line.y, 2, prompt, Role::Accent);
        let x = line.x + 3;
        let width = line.width.saturating_sub(4);
        input(painter, x, line.y, width, &picker.editor);
        if picker.editor.is_empty() {
            let hint = match picker.kind {
                PickerKind::Palette => "type a command",
                PickerKind::Help => "type to search the keys of this screen",
                PickerKind::Menu => "type to narrow, enter to choose",
            };
            painter.put(x, line.y, width, hint, Role::Dim);
        }
    }
    let list = layout.list;
    let names = name_width(picker, list.width);
    for row in 0..list.height {
        let index = picker.at.top + usize::from(row);
        let y = list.y + row;
        let Some(shown) = picker.shown.get(index) else {
            if index == 0 {
                painter.put(
                    list.x + 3,
                    y,
                    list.width.saturating_sub(4),
                    "Nothing fits",
                    Role::Dim,
                );
            }
            break;
        };
        let Some(content) = picker.rows.get(shown.row) else {
            break;
        };
        let whole = Area {
            y,
            height: 1,
            ..list
        };
        let selected = index == picker.at.cursor;
        painter.on_selection(selected);
        if selected {
            painter.fill(whole);
        }
        let keys = u16::try_from(text::width(&content.keys)).unwrap_or(0);
        let room = list.width.saturating_sub(2);
        let name_role = match picker.kind {
            PickerKind::Help => Role::FooterKey,
            PickerKind::Palette | PickerKind::Menu => Role::Text,
        };
        let x = list.x + 1;
        painter.put_marked(
            x,
            y,
            names.min(room),
            &content.name,
            name_role,
            &shown.matched,
        );
        let detail_x = x + names + 2;
        let detail_room = room.saturating_sub(names + 2);
        // What a key does comes before what a keymap calls it.
        let in_place = picker.kind != PickerKind::Help || state.size.columns >= IDS_FROM;
        let keys_fit = in_place && keys > 0 && detail_room > keys + 12;
        let detail_width = if keys_fit {
            detail_room - keys - 2
        } else {
            detail_room
        };
        if detail_room > 4 {
            let used = painter.put(detail_x, y, detail_width, &content.detail, Role::Dim);
            if let Choice::Link(url) = &content.choice {
                painter.link(detail_x, y, used, url);
            }
        }
        if keys_fit {
            let keys_x = list.x + list.width - 1 - keys;
            let role = match picker.kind {
                PickerKind::Help => Role::Dim,
                PickerKind::Palette | PickerKind::Menu => Role::FooterKey,
            };
            painter.put(keys_x, y, keys, &content.keys, role);
        }
        painter.on_selection(false);
        painter.region(whole, Target::Item(index));
    }
}

/// As wide as the widest name, within reason.
fn name_width(picker: &Picker, width: u16) -> u16 {
    let widest = picker
        .rows
        .iter()
        .map(|row| text::width(&row.name))
        .max()
        .unwrap_or(0);
    u16::try_from(widest)
        .unwrap_or(u16::MAX)
        .min((width / 5 * 2).max(12))
}

/// Draws a line that is typed into, scrolled so that its cursor is seen.
pub fn input(
    painter: &mut Painter<'_>,
    x: u16,
    y: u16,
    width: u16,
    editor: &crate::app::editor::Editor,
) {
    if width == 0 {
        return;
    }
    let before = editor.before_cursor();
    let columns = text::width(before);
    let room = usize::from(width.saturating_sub(1));
    let content = editor.text();
    // Columns that have gone off the left edge.
    let (content, columns) = if columns > room {
        let kept = tail(before, room);
        let start = before.len() - kept.len();
        (content.get(start..).unwrap_or(content), text::width(kept))
    } else {
        (content, columns)
    };
    painter.put(x, y, width, content, Role::Input);
    let columns = u16::try_from(columns).unwrap_or(width);
    painter.cursor(x + columns.min(width), y);
}

/// The longest end of a text that fits into so many columns.
fn tail(content: &str, columns: usize) -> &str {
    let mut used = 0;
    let mut start = content.len();
    for grapheme in text::graphemes(content).rev() {
        used += text::grapheme_width(grapheme);
        if used > columns {
            break;
        }
        start -= grapheme.len();
    }
    content.get(start..).unwrap_or("")
}
