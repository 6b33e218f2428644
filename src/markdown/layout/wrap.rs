//! Breaking runs into lines: at spaces, between ideographs, and inside a word that fits no line.
//!
//! Korean is broken at its spaces, as it is written to be read, and not between syllables; Chinese and Japanese, which have
//! none, between characters, but never so that a line begins with closing punctuation.

use std::ops::Range;

use crate::markdown::document::Run;
use crate::text::{grapheme_width, graphemes};

/// A part of one run, on a line.
pub(super) struct Piece {
    pub run: usize,
    pub bytes: Range<usize>,
    /// What stands in its place: a character that is wider than the whole line.
    pub instead: Option<&'static str>,
    pub width: usize,
}

/// The lines of a text at a width. There is at least one; spaces at a break are left out, and a newline breaks.
pub(super) fn wrap(runs: &[Run], columns: usize) -> Vec<Vec<Piece>> {
    let mut wrapper = Wrapper {
        columns: columns.max(1),
        lines: Vec::new(),
        line: Vec::new(),
        width: 0,
        space: Vec::new(),
        space_width: 0,
        word: Vec::new(),
        word_width: 0,
    };
    let mut before = Class::Space;
    for (index, run) in runs.iter().enumerate() {
        let mut at = 0;
        for grapheme in graphemes(&run.text) {
            let bytes = at..at + grapheme.len();
            at = bytes.end;
            let class = Class::of(grapheme);
            let piece = |width| Piece {
                run: index,
                bytes: bytes.clone(),
                instead: None,
                width,
            };
            match class {
                Class::Newline => {
                    wrapper.end_word();
                    wrapper.end_line();
                }
                Class::Space => {
                    wrapper.end_word();
                    wrapper.push_space(piece(1));
                }
                _ => {
                    if class.may_break_after(before) {
                        wrapper.end_word();
                    }
                    wrapper.push(piece(grapheme_width(grapheme)));
                }
            }
            before = class;
        }
    }
    wrapper.end_word();
    if !wrapper.line.is_empty() || wrapper.lines.is_empty() {
        wrapper.end_line();
    }
    wrapper.lines
}

/// The columns that a text takes when nothing but newlines breaks it, and those of its longest word.
pub(super) fn measure(runs: &[Run]) -> (usize, usize) {
    let (mut widest, mut line, mut longest, mut word) = (0, 0, 0, 0);
    let mut before = Class::Space;
    for grapheme in runs.iter().flat_map(|run| graphemes(&run.text)) {
        let class = Class::of(grapheme);
        match class {
            Class::Newline => (line, word) = (0, 0),
            Class::Space => (line, word) = (line + 1, 0),
            _ => {
                let width = grapheme_width(grapheme);
                if class.may_break_after(before) {
                    word = 0;
                }
                (line, word) = (line + width, word + width);
            }
        }
        before = class;
        (widest, longest) = (widest.max(line), longest.max(word));
    }
    (widest, longest)
}

/// What a character is for breaking.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Newline,
    Space,
    /// Stands with its neighbours: letters, digits, syllables of Korean.
    Letter,
    /// A line may break on both of its sides.
    Ideograph,
    /// Never begins a line.
    Closing,
    /// Never ends a line.
    Opening,
}

impl Class {
    fn of(grapheme: &str) -> Class {
        match grapheme.chars().next().unwrap_or(' ') {
            '\n' => Class::Newline,
            ' ' => Class::Space,
            ..='\u{2fff}' => Class::Letter,
            '、' | '。' | '，' | '．' | '）' | '］' | '｝' | '」' | '』' | '】' | '〉' | '》'
            | '〕' | '！' | '？' | '：' | '；' | 'ー' | '々' | 'ゝ' | 'ゞ' | '・' => {
                Class::Closing
            }
            '（' | '［' | '｛' | '「' | '『' | '【' | '〈' | '《' | '〔' => Class::Opening,
            '\u{3000}'..='\u{312f}'
            | '\u{3190}'..='\u{a4cf}'
            | '\u{f900}'..='\u{faff}'
            | '\u{ff00}'..='\u{ff60}'
            | '\u{1f000}'..='\u{1faff}'
            | '\u{20000}'..='\u{3ffff}' => Class::Ideograph,
            _ => Class::Letter,
        }
    }

    /// Whether a line may break between the two.
    fn may_break_after(self, before: Class) -> bool {
        if self == Class::Closing || before == Class::Opening {
            return false;
        }
        self == Class::Ideograph
            || matches!(before, Class::Ideograph | Class::Closing)
            || self == Class::Opening
    }
}

struct Wrapper {
    columns: usize,
    lines: Vec<Vec<Piece>>,
    line: Vec<Piece>,
    width: usize,
    /// The spaces between the line and the word.
    space: Vec<Piece>,
    space_width: usize,
    word: Vec<Piece>,
    word_width: usize,
}

impl Wrapper {
    /// Adds to the word. What continues the same run becomes one piece with it.
    fn push(&mut self, mut piece: Piece) {
        if piece.width > self.columns {
            piece.instead = Some("?");
            piece.width = 1;
        }
        self.word_width += piece.width;
        // Cut early: a word longer than a line must not be held whole for each of its characters.
        if self.word_width > self.columns {
            self.word_width -= piece.width;
            self.cut_word();
            self.word_width = piece.width;
        }
        join(&mut self.word, piece);
    }

    fn push_space(&mut self, piece: Piece) {
        // More than one line's worth of spaces is none the wider.
        if self.space_width <= self.columns {
            self.space_width += piece.width;
            join(&mut self.space, piece);
        }
    }

    /// A word that fills a line of its own and goes on.
    fn cut_word(&mut self) {
        if !self.line.is_empty() {
            self.end_line();
        }
        self.space.clear();
        self.space_width = 0;
        self.line = std::mem::take(&mut self.word);
        self.end_line();
    }

    fn end_word(&mut self) {
        if self.word.is_empty() {
            return;
        }
        let fits = self.width + self.space_width + self.word_width <= self.columns;
        if !fits && !self.line.is_empty() {
            self.end_line();
        }
        if self.line.is_empty() {
            self.space.clear();
            self.space_width = 0;
        }
        self.width += self.space_width + self.word_width;
        for piece in self.space.drain(..).chain(self.word.drain(..)) {
            join(&mut self.line, piece);
        }
        self.space_width = 0;
        self.word_width = 0;
    }

    fn end_line(&mut self) {
        self.lines.push(std::mem::take(&mut self.line));
        self.width = 0;
        self.space.clear();
        self.space_width = 0;
    }
}

fn join(pieces: &mut Vec<Piece>, piece: Piece) {
    match pieces.last_mut() {
        Some(last)
            if last.run == piece.run
                && last.bytes.end == piece.bytes.start
                && last.instead.is_none()
                && piece.instead.is_none() =>
        {
            last.bytes.end = piece.bytes.end;
            last.width += piece.width;
        }
        _ => pieces.push(piece),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn run(text: &str) -> Run {
        Run {
            text: text.into(),
            ..Run::default()
        }
    }

    fn lines(texts: &[&str], columns: usize) -> Vec<String> {
        let runs: Vec<Run> = texts.iter().map(|text| run(text)).collect();
        let show = |piece: &Piece| {
            piece
                .instead
                .unwrap_or(&runs[piece.run].text[piece.bytes.clone()])
                .to_owned()
        };
        wrap(&runs, columns)
            .iter()
            .map(|line| line.iter().map(show).collect())
            .collect()
    }

    #[test]
    fn lines_break_at_spaces_and_newlines() {
        assert_eq!(
            lines(&["handles all ", "pay", "ment processing"], 12),
            ["handles all", "payment", "processing"]
        );
        assert_eq!(lines(&["a\nb\n\nc"], 10), ["a", "b", "", "c"]);
        assert_eq!(lines(&[""], 10), [""]);
        assert_eq!(lines(&["a  b"], 3), ["a", "b"]);
    }

    #[test]
    fn a_word_that_fits_no_line_is_cut() {
        assert_eq!(
            lines(&["x abcdefgh ij"], 3),
            ["x", "abc", "def", "gh", "ij"]
        );
        assert_eq!(lines(&["가나", "다라"], 5), ["가나", "다라"]);
        assert_eq!(lines(&["가a"], 1), ["?", "a"]);
    }

    #[test]
    fn korean_breaks_at_its_spaces() {
        assert_eq!(
            lines(&["결제와 정산을 확인"], 12),
            ["결제와", "정산을 확인"]
        );
    }

    #[test]
    fn chinese_and_japanese_break_between_characters_but_not_before_a_full_stop() {
        assert_eq!(lines(&["数据库连接。重启"], 8), ["数据库连", "接。重启"]);
        assert_eq!(lines(&["数据库连接。重启"], 10), ["数据库连", "接。重启"]);
        assert_eq!(lines(&["見て「再起動」"], 6), ["見て", "「再起", "動」"]);
    }

    #[test]
    fn the_measure_is_what_wrapping_makes_of_it() {
        assert_eq!(measure(&[run("one three\nxx")]), (9, 5));
        assert_eq!(measure(&[run("数据。库")]), (8, 4));
    }

    proptest! {
        #[test]
        fn every_line_fits_and_no_letter_is_lost(texts in prop::collection::vec("[a-z \n가-힣一-龥。「」🙂]{0,20}", 0..5), columns in 2usize..30) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let lines = lines(&texts, columns);
            let letters = |s: &str| s.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(letters(&lines.concat()), letters(&texts.concat()));
            for line in lines {
                prop_assert!(crate::text::width(&line) <= columns, "{:?}", line);
            }
        }
    }
}
