//! How many columns a text takes, as the screen buffer counts them: the sum over its grapheme clusters.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// The grapheme clusters of a text: what a person takes for one character.
pub fn graphemes(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.graphemes(true)
}

/// The columns of one grapheme cluster: 0, 1 or 2, rarely more. A control character has none, because the
/// screen buffer leaves it out.
pub fn grapheme_width(grapheme: &str) -> usize {
    match grapheme.as_bytes() {
        [b' '..=b'~'] => 1,
        [0..=0x1f | 0x7f, ..] => 0,
        _ if grapheme.chars().any(char::is_control) => 0,
        // Terminals give the halfwidth sound marks a cell of their own; Unicode calls them combining.
        _ => grapheme.width() + grapheme.matches(['\u{ff9e}', '\u{ff9f}']).count(),
    }
}

/// The columns that a text takes on the screen.
pub fn width(text: &str) -> usize {
    if text.bytes().all(|b| matches!(b, b' '..=b'~')) {
        return text.len();
    }
    graphemes(text).map(grapheme_width).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::clean;
    use proptest::prelude::*;
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    #[test]
    fn korean_is_two_columns_a_syllable() {
        assert_eq!(width("결제-서비스"), 11);
        assert_eq!(width("e\u{301}"), 1);
        assert_eq!(width("\u{1100}\u{1161}\u{11a8}"), 2);
        assert_eq!(width("◆…│"), 3);
        assert_eq!(width(""), 0);
    }

    proptest! {
        #[test]
        fn agrees_with_the_screen_buffer(text in "[ -~]{0,10}[가-힣ｦ-ﾟ́あ-ん𝒜-𝒵🙂-🙏\u{600}-\u{6ff}]{0,10}|\\PC{0,20}") {
            let text = clean(&text);
            let area = Rect::new(0, 0, 200, 1);
            let mut buffer = Buffer::empty(area);
            let (x, _) = buffer.set_stringn(0, 0, &text, 200, Style::default());
            prop_assert_eq!(usize::from(x), width(&text));
        }
    }
}
