//! The preview of the selected entity.

use super::super::paint::Painter;
use crate::app::layout::Area;
use crate::app::preview;
use crate::app::screen::{Catalog, Focus};
use crate::theme::Role;

/// Draws the preview.
pub fn draw(painter: &mut Painter<'_>, area: Area, catalog: &Catalog) {
    let state = painter.state;
    let mut lines = preview::lines(state);
    let most = lines.len().saturating_sub(usize::from(area.height));
    let scroll = catalog.preview.scroll.min(most);
    lines.drain(..scroll);
    if catalog.focus == Focus::Preview {
        // The pane that moving scrolls.
        let bar = if state.unicode { "▌" } else { ">" };
        painter.put(area.x.saturating_sub(1), area.y, 1, bar, Role::Accent);
    }
    for (line, y) in lines.iter().zip(area.y..area.y + area.height) {
        painter.put_line(area, y, line);
    }
}
