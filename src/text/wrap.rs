//! Breaking plain text into lines: at spaces, beside wide characters, and inside a word that fits no line.

use super::width::{grapheme_width, graphemes};

/// The lines of a text at a width of `columns` (at least 1), each a piece of it. Newlines break, an empty line
/// stays one, spaces at a break are left out, and a character wider than a whole line is left out.
pub fn wrap(text: &str, columns: usize) -> Vec<&str> {
    let columns = columns.max(1);
    text.split('\n')
        .flat_map(|line| wrap_line(line.strip_suffix('\r').unwrap_or(line), columns))
        .collect()
}

fn wrap_line(text: &str, columns: usize) -> Vec<&str> {
    let mut wrapper = Wrapper {
        text,
        columns,
        lines: Vec::new(),
        line: None,
    };
    let mut word = Piece::default();
    let mut at = 0;
    for grapheme in graphemes(text) {
        let piece = Piece {
            start: at,
            end: at + grapheme.len(),
            width: grapheme_width(grapheme),
        };
        at = piece.end;
        if grapheme == " " {
            wrapper.place_word(std::mem::take(&mut word));
        } else if piece.width > 1 {
            wrapper.place_word(std::mem::take(&mut word));
            wrapper.place(piece);
        } else if word.end == piece.start && word.end > word.start {
            word = Piece {
                end: piece.end,
                width: word.width + piece.width,
                ..word
            };
        } else {
            word = piece;
        }
    }
    wrapper.place_word(word);
    wrapper.finish()
}

/// A piece of the text that is `width` columns wide.
#[derive(Clone, Copy, Default)]
struct Piece {
    start: usize,
    end: usize,
    width: usize,
}

struct Wrapper<'a> {
    text: &'a str,
    columns: usize,
    lines: Vec<&'a str>,
    line: Option<Piece>,
}

impl<'a> Wrapper<'a> {
    /// Puts a word on the line or the next one; one that fits no line is cut.
    fn place_word(&mut self, word: Piece) {
        if word.end == word.start {
            return;
        }
        if word.width <= self.columns {
            return self.place(word);
        }
        self.end_line();
        let mut at = word.start;
        for grapheme in graphemes(self.slice(word.start, word.end)) {
            let end = at + grapheme.len();
            self.place(Piece {
                start: at,
                end,
                width: grapheme_width(grapheme),
            });
            at = end;
        }
    }

    fn place(&mut self, piece: Piece) {
        if piece.width > self.columns {
            return self.end_line();
        }
        // Between the pieces of a line there is nothing but spaces; the first line keeps its indent.
        let line = self.line.unwrap_or(match self.lines.is_empty() {
            true => Piece::default(),
            false => Piece {
                start: piece.start,
                end: piece.start,
                width: 0,
            },
        });
        let width = line.width + (piece.start - line.end) + piece.width;
        if width <= self.columns {
            self.line = Some(Piece {
                end: piece.end,
                width,
                ..line
            });
        } else {
            self.end_line();
            self.line = Some(piece);
        }
    }

    fn end_line(&mut self) {
        if let Some(line) = self.line.take() {
            self.lines.push(self.slice(line.start, line.end));
        }
    }

    fn finish(mut self) -> Vec<&'a str> {
        self.end_line();
        if self.lines.is_empty() {
            self.lines.push("");
        }
        self.lines
    }

    fn slice(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::width;
    use proptest::prelude::*;

    #[test]
    fn breaks_at_spaces() {
        assert_eq!(
            wrap("handles all payment processing", 12),
            ["handles all", "payment", "processing"]
        );
        assert_eq!(wrap("a b", 1), ["a", "b"]);
        assert_eq!(wrap("one  two", 4), ["one", "two"]);
    }

    #[test]
    fn keeps_newlines_and_empty_lines() {
        assert_eq!(wrap("a\n\nb\r\nc", 10), ["a", "", "b", "c"]);
        assert_eq!(wrap("", 10), [""]);
    }

    #[test]
    fn a_long_word_is_cut() {
        assert_eq!(wrap("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
    }

    #[test]
    fn korean_breaks_between_syllables() {
        assert_eq!(wrap("결제와 정산을", 5), ["결제", "와 정", "산을"]);
        assert_eq!(wrap("한글ab", 4), ["한글", "ab"]);
    }

    #[test]
    fn an_indented_first_line_stays_indented() {
        assert_eq!(wrap("  a b", 10), ["  a b"]);
    }

    proptest! {
        #[test]
        fn every_line_fits_and_no_letter_is_lost(text in "[a-z 가-힣]{0,60}", columns in 2usize..20) {
            let lines = wrap(&text, columns);
            for line in &lines {
                prop_assert!(width(line) <= columns, "{line:?}");
            }
            let letters = |s: &str| s.chars().filter(|c| *c != ' ').collect::<String>();
            prop_assert_eq!(letters(&lines.concat()), letters(&text));
        }

        #[test]
        fn any_text_wraps(text in any::<String>(), columns in 0usize..5) {
            for line in wrap(&text, columns) {
                prop_assert!(width(line) <= columns.max(1));
            }
        }
    }
}
