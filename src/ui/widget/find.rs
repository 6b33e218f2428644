//! The line of a search within a screen, in the place of the footer.

use super::super::paint::Painter;
use super::picker;
use crate::app::layout::Area;
use crate::app::screen::PageSearch;
use crate::theme::Role;

/// Draws the line that is typed into, and whether nothing was found.
pub fn draw(painter: &mut Painter<'_>, area: Area, search: &PageSearch) {
    if area.height == 0 {
        return;
    }
    painter.put(area.x + 1, area.y, 1, "/", Role::Accent);
    let width = area.width.saturating_sub(14);
    picker::input(painter, area.x + 3, area.y, width, &search.editor);
    if search.failed {
        let x = area.x + area.width.saturating_sub(10);
        painter.put(x, area.y, 9, "not found", Role::Warn);
    }
}
