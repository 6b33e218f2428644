//! Drawing: state in, cells out.
//!
//! Render only: nothing here changes [`State`], starts work, or knows a terminal. All text of a repository goes through
//! [`text::clean`](crate::text::clean) on its way into a cell, and every width is measured by [`text`](crate::text).

mod paint;
mod screen;
mod widget;

#[cfg(test)]
mod tests;

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::layout::{Area, Size};
use crate::app::screen::Screen;
use crate::app::{State, Target};
use paint::Painter;

/// What one frame needs to keep for the next: widths that were measured, and the spinner's place.
///
/// Losing it costs time, never meaning.
#[derive(Debug, Default)]
pub struct ViewCache {
    columns: Option<screen::catalog::Columns>,
    spinner: usize,
}

/// Something on screen that the mouse can reach.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Region {
    pub area: Rect,
    pub target: Target,
}

/// Columns of a row that lead somewhere, for a terminal with hyperlinks. The target is as its author wrote it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HyperLink {
    pub x: u16,
    pub y: u16,
    pub width: u16,
    pub target: String,
}

/// What a frame is besides its cells.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Rendered {
    /// Where the terminal's cursor stands; hidden where none.
    pub cursor: Option<(u16, u16)>,
    /// What can be clicked, the topmost last.
    pub regions: Vec<Region>,
    /// What a terminal with hyperlinks makes clickable itself.
    pub links: Vec<HyperLink>,
    /// When the next frame is wanted, if something on screen moves.
    pub next_frame: Option<Duration>,
}

impl Rendered {
    /// What is drawn at a cell, for [`Mouse`](crate::app::Mouse).
    pub fn hit(&self, column: u16, row: u16) -> Option<Target> {
        let at = ratatui::layout::Position::new(column, row);
        self.regions
            .iter()
            .rev()
            .find(|region| region.area.contains(at))
            .map(|region| region.target)
    }
}

/// Draws the whole state into `area` of `buf`. Every cell of the area is written, so the buffer may hold anything.
///
/// The layout follows `state.size`; an area of another size shows as much of it as fits.
pub fn render(state: &State, cache: &mut ViewCache, area: Rect, buf: &mut Buffer) -> Rendered {
    let mut painter = Painter::new(state, area, buf);
    painter.clear();
    match &state.screen {
        Screen::Catalog(catalog) => screen::catalog::draw(&mut painter, catalog, cache),
        Screen::Entity(page) => screen::entity::draw(&mut painter, page, cache),
        Screen::Tree(tree) => screen::tree::draw(&mut painter, tree, cache),
        Screen::Docs(docs) => screen::docs::draw(&mut painter, docs, cache),
        Screen::DocFind(find) => screen::doc_find::draw(&mut painter, find, cache),
        Screen::Log(page) => screen::log::draw(&mut painter, page, cache),
    }
    if let Some(picker) = &state.picker {
        widget::picker::draw(&mut painter, picker);
    }
    painter.finish()
}

/// The size that `state` was laid out for, as an area.
fn whole(size: Size) -> Area {
    Area {
        x: 0,
        y: 0,
        width: size.columns,
        height: size.rows,
    }
}
