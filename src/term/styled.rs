//! A piece of styled text for a command that prints lines.

use crate::text::clean;
use crate::theme::{Color, Style};

/// The text, cleaned, between the sequences that switch its style on and everything off (ECMA-48 SGR).
/// Nothing but the text where the style is empty.
pub fn styled(text: &str, style: Style) -> String {
    let mut codes: Vec<String> = Vec::new();
    let attributes = [
        (style.bold, "1"),
        (style.dim, "2"),
        (style.italic, "3"),
        (style.underline, "4"),
        (style.reverse, "7"),
    ];
    codes.extend(
        attributes
            .iter()
            .filter(|(on, _)| *on)
            .map(|(_, code)| (*code).to_owned()),
    );
    codes.extend(style.fg.map(|color| code(color, 30)));
    codes.extend(style.bg.map(|color| code(color, 40)));
    let text = clean(text);
    if codes.is_empty() {
        return text.into_owned();
    }
    format!("\x1b[{}m{text}\x1b[0m", codes.join(";"))
}

/// `base` is 30 for the text and 40 for what is behind it.
fn code(color: Color, base: u8) -> String {
    match color {
        Color::Default => (base + 9).to_string(),
        Color::Indexed(index @ 0..8) => (base + index).to_string(),
        Color::Indexed(index @ 8..16) => (base + 52 + index).to_string(),
        Color::Indexed(index) => format!("{};5;{index}", base + 8),
        Color::Rgb(red, green, blue) => format!("{};2;{red};{green};{blue}", base + 8),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_style_is_switched_on_and_everything_off_again() {
        let style = Style {
            bold: true,
            fg: Some(Color::Indexed(9)),
            bg: Some(Color::Rgb(1, 2, 3)),
            ..Style::default()
        };
        assert_eq!(styled("x", style), "\x1b[1;91;48;2;1;2;3mx\x1b[0m");
        let style = Style {
            fg: Some(Color::Indexed(2)),
            bg: Some(Color::Indexed(200)),
            ..Style::default()
        };
        assert_eq!(styled("x", style), "\x1b[32;48;5;200mx\x1b[0m");
    }

    #[test]
    fn the_text_brings_no_sequence_of_its_own() {
        assert_eq!(styled("a\x1b[31mb", Style::default()), "ab");
    }
}
