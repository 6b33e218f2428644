//! What a cell looks like, and the shortest sequence from one look to another (ECMA-48 SGR).

use std::io::Write;

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

/// The colours and attributes of a cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Look {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

impl Look {
    /// What a terminal writes with after a reset.
    pub(super) const PLAIN: Self = Self {
        fg: Color::Reset,
        bg: Color::Reset,
        modifier: Modifier::empty(),
    };

    /// The look of a cell.
    pub(super) fn of(cell: &Cell) -> Self {
        Self {
            fg: cell.fg,
            bg: cell.bg,
            modifier: cell.modifier,
        }
    }

    /// As it shows on a blank: colour of the letter, weight and slant make no difference there.
    pub(super) fn on_blank(self) -> Self {
        let visible = Modifier::UNDERLINED | Modifier::REVERSED | Modifier::CROSSED_OUT;
        let modifier = self.modifier & visible;
        Self {
            fg: if modifier.is_empty() {
                Color::Reset
            } else {
                self.fg
            },
            bg: self.bg,
            modifier,
        }
    }

    /// Whether a blank of this look shows nothing at all, as erasing leaves it.
    pub(super) fn erased(self) -> bool {
        self.on_blank() == Self::PLAIN
    }
}

/// Attributes with the codes that turn them on and off. Bold and dim share theirs.
const ATTRIBUTES: [(Modifier, u8, u8); 9] = [
    (Modifier::BOLD, 1, 22),
    (Modifier::DIM, 2, 22),
    (Modifier::ITALIC, 3, 23),
    (Modifier::UNDERLINED, 4, 24),
    (Modifier::SLOW_BLINK, 5, 25),
    (Modifier::RAPID_BLINK, 6, 25),
    (Modifier::REVERSED, 7, 27),
    (Modifier::HIDDEN, 8, 28),
    (Modifier::CROSSED_OUT, 9, 29),
];

/// Appends the shortest sequence that turns one look into another; nothing where they are the same.
pub(super) fn change(out: &mut Vec<u8>, from: Look, to: Look) {
    if from == to {
        return;
    }
    let start = out.len();
    out.extend_from_slice(b"\x1b[");
    let body = out.len();
    step(out, from, to);
    let stepwise = out.len() - body;
    if stepwise <= 2 {
        finish(out, body);
        return;
    }
    // Resetting first may be shorter: an empty parameter is a zero.
    let reset = out.len();
    if to != Look::PLAIN {
        out.push(b';');
        step(out, Look::PLAIN, to);
    }
    if out.len() - reset < stepwise {
        out.drain(body..reset);
    } else {
        out.truncate(reset);
    }
    if out.len() == body {
        out.truncate(start);
        out.extend_from_slice(b"\x1b[m");
        return;
    }
    finish(out, body);
}

fn finish(out: &mut Vec<u8>, body: usize) {
    // Every parameter was written with a separator behind it.
    if out.len() > body && out.last() == Some(&b';') {
        out.pop();
    }
    out.push(b'm');
}

fn step(out: &mut Vec<u8>, from: Look, to: Look) {
    let gone = from.modifier - to.modifier;
    let mut set = to.modifier - from.modifier;
    let mut last_off = 0;
    for (attribute, _, off) in ATTRIBUTES {
        if gone.contains(attribute) && off != last_off {
            code(out, off);
            last_off = off;
            // What shares the code went off as well.
            for (other, _, other_off) in ATTRIBUTES {
                if other_off == off && to.modifier.contains(other) {
                    set |= other;
                }
            }
        }
    }
    for (attribute, on, _) in ATTRIBUTES {
        if set.contains(attribute) {
            code(out, on);
        }
    }
    if from.fg != to.fg {
        color(out, to.fg, 30);
    }
    if from.bg != to.bg {
        color(out, to.bg, 40);
    }
}

fn code(out: &mut Vec<u8>, code: u8) {
    // Writing to a vector cannot fail, here and below.
    let _ = write!(out, "{code};");
}

/// Appends a colour; `base` is 30 for letters and 40 for what is behind them.
fn color(out: &mut Vec<u8>, color: Color, base: u8) {
    let index = match color {
        Color::Reset => return code(out, base + 9),
        Color::Rgb(r, g, b) => {
            let _ = write!(out, "{};2;{r};{g};{b};", base + 8);
            return;
        }
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
        Color::Indexed(index) => index,
    };
    match index {
        0..=7 => code(out, base + index),
        8..=15 => code(out, base + 52 + index),
        _ => {
            let _ = write!(out, "{};5;{index};", base + 8);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(fg: Color, bg: Color, modifier: Modifier) -> Look {
        Look { fg, bg, modifier }
    }

    fn between(from: Look, to: Look) -> String {
        let mut out = Vec::new();
        change(&mut out, from, to);
        String::from_utf8(out).unwrap().replace('\x1b', "^")
    }

    #[test]
    fn only_what_differs_is_written() {
        let red = look(Color::Red, Color::Reset, Modifier::empty());
        let red_bold = look(Color::Red, Color::Reset, Modifier::BOLD);
        assert_eq!(between(red, red), "");
        assert_eq!(between(Look::PLAIN, red), "^[31m");
        assert_eq!(between(red, red_bold), "^[1m");
        assert_eq!(between(red_bold, red), "^[22m");
        assert_eq!(
            between(
                red,
                look(Color::LightRed, Color::Indexed(236), Modifier::empty())
            ),
            "^[91;48;5;236m"
        );
        assert_eq!(
            between(
                Look::PLAIN,
                look(Color::Rgb(1, 22, 255), Color::DarkGray, Modifier::empty())
            ),
            "^[38;2;1;22;255;100m"
        );
    }

    #[test]
    fn going_back_to_plain_is_a_bare_reset() {
        let busy = look(
            Color::Rgb(1, 2, 3),
            Color::Rgb(4, 5, 6),
            Modifier::BOLD | Modifier::REVERSED,
        );
        assert_eq!(between(busy, Look::PLAIN), "^[m");
    }

    #[test]
    fn a_reset_is_taken_where_it_is_shorter() {
        let busy = look(
            Color::Red,
            Color::Blue,
            Modifier::BOLD | Modifier::ITALIC | Modifier::UNDERLINED,
        );
        let green = look(Color::Green, Color::Reset, Modifier::empty());
        assert_eq!(between(busy, green), "^[;32m");
    }

    #[test]
    fn dim_survives_bold_going_off() {
        let both = look(Color::Reset, Color::Reset, Modifier::BOLD | Modifier::DIM);
        let dim = look(Color::Reset, Color::Reset, Modifier::DIM);
        assert_eq!(between(both, dim), "^[;2m");
    }

    #[test]
    fn a_blank_shows_no_letter_colour() {
        let red = look(Color::Red, Color::Reset, Modifier::BOLD);
        assert!(red.erased());
        assert!(!look(Color::Red, Color::Reset, Modifier::UNDERLINED).erased());
        assert!(!look(Color::Reset, Color::Red, Modifier::empty()).erased());
    }
}
