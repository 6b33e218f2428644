//! Putting text into cells: the only file that writes into the buffer.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color as CellColor, Modifier, Style as CellStyle};

use super::{HyperLink, Region, Rendered, whole};
use crate::app::layout::Area;
use crate::app::{State, Target};
use crate::text;
use crate::theme::{Color, Role, Style};

pub use crate::app::line::{Line, Span};

/// A buffer with the state that is drawn into it.
pub struct Painter<'a> {
    pub state: &'a State,
    pub rendered: Rendered,
    area: Rect,
    buf: &'a mut Buffer,
    ground: Style,
    /// Whether everything is drawn upon the selection's bar.
    selected: bool,
    look: Style,
}

impl<'a> Painter<'a> {
    pub fn new(state: &'a State, area: Rect, buf: &'a mut Buffer) -> Self {
        Self {
            state,
            rendered: Rendered::default(),
            area: area.intersection(buf.area),
            buf,
            ground: state
                .theme
                .style(Role::Text)
                .over(state.theme.style(Role::Ground)),
            selected: false,
            look: Style::default(),
        }
    }

    /// What the frame is besides its cells.
    pub fn finish(self) -> Rendered {
        self.rendered
    }

    /// Empties every cell.
    pub fn clear(&mut self) {
        let style = cell_style(self.ground);
        for y in self.area.top()..self.area.bottom() {
            for x in self.area.left()..self.area.right() {
                if let Some(cell) = self.buf.cell_mut((x, y)) {
                    cell.reset();
                    cell.set_style(style);
                }
            }
        }
    }

    /// From here on, text stands on a window over the screen.
    pub fn on_popup(&mut self) {
        let popup = self.state.theme.style(Role::Popup);
        self.ground = self
            .state
            .theme
            .style(Role::Text)
            .over(popup)
            .over(self.state.theme.style(Role::Ground));
        if popup.bg.is_some() {
            self.ground.bg = popup.bg;
        }
    }

    /// From here on, text stands on the selection's bar, or no longer.
    pub fn on_selection(&mut self, selected: bool) {
        self.selected = selected;
    }

    fn style(&self, role: Role) -> CellStyle {
        let theme = &self.state.theme;
        let mut style = if self.selected {
            theme.on_selection(role)
        } else {
            theme.style(role).over(self.ground)
        };
        style.bold |= self.look.bold;
        style.italic |= self.look.italic;
        style.underline |= self.look.underline;
        style.dim |= self.look.dim;
        style.reverse |= self.look.reverse;
        cell_style(style)
    }

    /// Fills an area with blanks of a role's style, or of the bar's.
    pub fn fill(&mut self, area: Area) {
        let style = self.style(Role::Text);
        for y in area.y..area.y.saturating_add(area.height) {
            for x in area.x..area.x.saturating_add(area.width) {
                self.set(x, y, " ", style);
            }
        }
    }

    fn set(&mut self, x: u16, y: u16, symbol: &str, style: CellStyle) {
        let (x, y) = (self.area.x.saturating_add(x), self.area.y.saturating_add(y));
        if x < self.area.right()
            && y < self.area.bottom()
            && let Some(cell) = self.buf.cell_mut((x, y))
        {
            cell.reset();
            cell.set_symbol(symbol);
            cell.set_style(style);
        }
    }

    /// From here on, text is written in a look on top of its role's.
    pub fn in_look(&mut self, look: Style) {
        self.look = look;
    }

    /// Writes text, cleaned and cut to `width` columns with an ellipsis. Returns how many columns it took.
    pub fn put(&mut self, x: u16, y: u16, width: u16, content: &str, role: Role) -> u16 {
        self.put_marked(x, y, width, content, role, &[])
    }

    /// The same with the characters at these places (counted in `content`) in the role of a match.
    pub fn put_marked(
        &mut self,
        x: u16,
        y: u16,
        width: u16,
        content: &str,
        role: Role,
        marks: &[usize],
    ) -> u16 {
        let clean = text::clean(content);
        // Where cleaning removed something, places no longer agree.
        let marks = if clean.len() == content.len() {
            marks
        } else {
            &[]
        };
        let shown = text::truncate(&clean, usize::from(width));
        let plain = self.style(role);
        let marked = self.style(Role::Match);
        let (mut at, mut index) = (x, 0);
        for grapheme in text::graphemes(&shown) {
            let columns = u16::try_from(text::grapheme_width(grapheme)).unwrap_or(u16::MAX);
            let is_marked = marks.contains(&index);
            index += grapheme.chars().count();
            if columns == 0 {
                continue;
            }
            if at.saturating_add(columns) > x.saturating_add(width) {
                break;
            }
            let style = if is_marked { marked } else { plain };
            let drawn = if self.state.unicode {
                grapheme
            } else {
                ascii_twin(grapheme).unwrap_or(grapheme)
            };
            self.set(at, y, drawn, style);
            for next in 1..columns {
                self.set(at + next, y, " ", style);
            }
            at += columns;
        }
        at - x
    }

    /// Writes pieces one after another. Returns how many columns they took.
    pub fn put_spans(&mut self, x: u16, y: u16, width: u16, spans: &[Span]) -> u16 {
        let mut used = 0;
        for (content, role) in spans {
            used += self.put(x + used, y, width.saturating_sub(used), content, *role);
        }
        used
    }

    /// Writes a row: its left part, and its right part where both fit or the right one is short.
    pub fn put_line(&mut self, area: Area, y: u16, line: &Line) {
        let right = spans_width(&line.right);
        let left = spans_width(&line.left);
        let room = usize::from(area.width);
        if right > 0 && (left + right + 2 <= room || right + 2 <= room / 4) {
            let x = area.x + area.width - u16::try_from(right).unwrap_or(area.width);
            self.put_spans(x, y, area.width, &line.right);
            let width = area.width - u16::try_from(right + 2).unwrap_or(area.width);
            self.put_spans(area.x, y, width, &line.left);
        } else {
            self.put_spans(area.x, y, area.width, &line.left);
        }
    }

    /// A rule of `─` or, where the area is one column wide, of `│`.
    pub fn rule(&mut self, area: Area) {
        let ascii = !self.state.unicode;
        let symbol = match (area.width == 1, ascii) {
            (true, false) => "│",
            (true, true) => "|",
            (false, false) => "─",
            (false, true) => "-",
        };
        let style = self.style(Role::Border);
        for y in area.y..area.y.saturating_add(area.height) {
            for x in area.x..area.x.saturating_add(area.width) {
                self.set(x, y, symbol, style);
            }
        }
    }

    /// A frame around an area, with a title in its upper edge.
    pub fn frame(&mut self, area: Area, title: &str) {
        if area.width < 2 || area.height < 2 {
            return;
        }
        let corners = if self.state.unicode {
            ["╭", "╮", "╰", "╯"]
        } else {
            ["+", "+", "+", "+"]
        };
        let (right, bottom) = (area.x + area.width - 1, area.y + area.height - 1);
        for (x, y, width, height) in [
            (area.x, area.y, area.width, 1),
            (area.x, bottom, area.width, 1),
            (area.x, area.y, 1, area.height),
            (right, area.y, 1, area.height),
        ] {
            self.rule(Area {
                x,
                y,
                width,
                height,
            });
        }
        let style = self.style(Role::Border);
        let places = [
            (area.x, area.y),
            (right, area.y),
            (area.x, bottom),
            (right, bottom),
        ];
        for ((x, y), corner) in places.into_iter().zip(corners) {
            self.set(x, y, corner, style);
        }
        if !title.is_empty() && area.width > 8 {
            let title = format!(" {title} ");
            self.put(area.x + 2, area.y, area.width - 4, &title, Role::Dim);
        }
    }

    /// Makes an area something the mouse can reach.
    pub fn region(&mut self, area: Area, target: Target) {
        let area = Rect::new(
            self.area.x.saturating_add(area.x),
            self.area.y.saturating_add(area.y),
            area.width,
            area.height,
        );
        self.rendered.regions.push(Region { area, target });
    }

    /// Makes columns of a row a hyperlink, where the terminal has those.
    pub fn link(&mut self, x: u16, y: u16, width: u16, target: &str) {
        if self.state.capabilities.hyperlinks && width > 0 {
            self.rendered.links.push(HyperLink {
                x: self.area.x.saturating_add(x),
                y: self.area.y.saturating_add(y),
                width,
                target: target.to_owned(),
            });
        }
    }

    /// Puts the terminal's cursor somewhere, if that is on the screen.
    pub fn cursor(&mut self, x: u16, y: u16) {
        let (x, y) = (self.area.x.saturating_add(x), self.area.y.saturating_add(y));
        if x < self.area.right() && y < self.area.bottom() {
            self.rendered.cursor = Some((x, y));
        }
    }

    /// Takes the regions of the screen below away: a window is over it.
    pub fn cover(&mut self) {
        self.rendered.regions.clear();
        self.rendered.links.clear();
        self.rendered.cursor = None;
        let all = whole(self.state.size);
        self.region(all, Target::List);
    }
}

/// What stands for a sign of the interface where only ASCII is drawn: as wide as the sign, so that nothing moves.
///
/// Letters are never replaced: where the locale says nothing of Unicode, most terminals show them all the same.
fn ascii_twin(sign: &str) -> Option<&'static str> {
    Some(match sign {
        "…" => "~",
        "·" | "–" | "—" | "─" | "━" | "•" => "-",
        "›" | "→" | "▸" | "▌" | "»" => ">",
        "‹" | "←" | "«" => "<",
        "↑" | "▴" => "^",
        "↓" | "▾" => "v",
        "│" | "┃" | "├" | "┤" | "└" | "▏" => "|",
        "╭" | "╮" | "╰" | "╯" | "┌" | "┐" | "┘" | "┬" | "┴" | "┼" => "+",
        "●" | "★" | "⟳" | "◆" | "▪" => "*",
        "○" | "◇" | "◦" => "o",
        "▲" => "!",
        "✗" | "✘" | "×" => "x",
        "✓" | "✔" => "+",
        _ => return None,
    })
}

/// The width of pieces, in columns.
pub fn spans_width(spans: &[Span]) -> usize {
    spans
        .iter()
        .map(|(content, _)| text::width(&text::clean(content)))
        .sum()
}

fn cell_style(style: Style) -> CellStyle {
    let mut out = CellStyle::reset();
    if let Some(fg) = style.fg {
        out = out.fg(cell_color(fg));
    }
    if let Some(bg) = style.bg {
        out = out.bg(cell_color(bg));
    }
    let modifiers = [
        (style.bold, Modifier::BOLD),
        (style.dim, Modifier::DIM),
        (style.italic, Modifier::ITALIC),
        (style.underline, Modifier::UNDERLINED),
        (style.reverse, Modifier::REVERSED),
    ];
    for (on, modifier) in modifiers {
        if on {
            out = out.add_modifier(modifier);
        }
    }
    out
}

const fn cell_color(color: Color) -> CellColor {
    match color {
        Color::Default => CellColor::Reset,
        Color::Indexed(index) => CellColor::Indexed(index),
        Color::Rgb(r, g, b) => CellColor::Rgb(r, g, b),
    }
}
