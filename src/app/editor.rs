//! One line of text being typed, with readline's keys.
//!
//! The only file of `app` that knows a terminal library: it wraps `tui_textarea`'s text model by its methods,
//! draws nothing, and shows nothing of it but text and cursor.

use tui_textarea::{CursorMove, TextArea};

use crate::keymap::{Key, KeyCode};
use crate::text;

/// The longest line, in characters; more is cut off, so that a paste of a file stays harmless.
const MAX_CHARS: usize = 2_000;

/// A line of text and the place of its cursor.
#[derive(Clone, Debug, Default)]
pub struct Editor {
    area: TextArea<'static>,
}

impl Editor {
    /// A line with this text and the cursor at its end.
    pub fn new(content: &str) -> Self {
        let mut editor = Self::default();
        editor.set(content);
        editor
    }

    /// The text.
    pub fn text(&self) -> &str {
        self.area.lines().first().map_or("", String::as_str)
    }

    /// Whether nothing is typed.
    pub fn is_empty(&self) -> bool {
        self.text().is_empty()
    }

    /// The text before the cursor.
    pub fn before_cursor(&self) -> &str {
        let line = self.text();
        let end = line
            .char_indices()
            .nth(self.area.cursor().1)
            .map_or(line.len(), |(at, _)| at);
        line.get(..end).unwrap_or(line)
    }

    /// The word that ends at the cursor.
    pub fn word(&self) -> &str {
        self.before_cursor()
            .rsplit(char::is_whitespace)
            .next()
            .unwrap_or("")
    }

    /// Puts other text in, with the cursor at its end.
    pub fn set(&mut self, content: &str) {
        self.area = TextArea::default();
        self.insert(content);
    }

    /// Types text at the cursor. Control characters go, newlines and tabs become spaces.
    pub fn insert(&mut self, content: &str) {
        let room = MAX_CHARS.saturating_sub(self.text().chars().count());
        let clean: String = text::clean(content).chars().take(room).collect();
        if !clean.is_empty() {
            self.area.insert_str(&clean);
        }
    }

    /// Puts another word in place of the one that ends at the cursor.
    pub fn replace_word(&mut self, word: &str) {
        for _ in 0..self.word().chars().count() {
            self.area.delete_char();
        }
        self.insert(word);
    }

    /// Whether a line takes this key for itself.
    pub fn takes(key: Key) -> bool {
        Self::default().key(key)
    }

    /// Takes a key if it is one of readline's or types a character.
    ///
    /// Returns whether it was: then nothing else may act on it.
    pub fn key(&mut self, key: Key) -> bool {
        let held = key.modifiers;
        match (key.code, held.ctrl, held.alt) {
            (KeyCode::Char(c), false, false) => {
                let mut buffer = [0; 4];
                self.insert(c.encode_utf8(&mut buffer));
            }
            (KeyCode::Char('a'), true, false) | (KeyCode::Home, ..) => {
                self.area.move_cursor(CursorMove::Head);
            }
            (KeyCode::Char('e'), true, false) | (KeyCode::End, ..) => {
                self.area.move_cursor(CursorMove::End);
            }
            (KeyCode::Left, true, _) => self.area.move_cursor(CursorMove::WordBack),
            (KeyCode::Right, true, _) => self.area.move_cursor(CursorMove::WordForward),
            (KeyCode::Char('b'), true, false) | (KeyCode::Left, ..) => {
                self.area.move_cursor(CursorMove::Back);
            }
            (KeyCode::Char('f'), true, false) | (KeyCode::Right, ..) => {
                self.area.move_cursor(CursorMove::Forward);
            }
            (KeyCode::Char('w'), true, false)
            | (KeyCode::Backspace, true, _)
            | (KeyCode::Backspace, _, true) => {
                self.area.delete_word();
            }
            (KeyCode::Char('u'), true, false) => {
                self.area.delete_line_by_head();
            }
            (KeyCode::Char('k'), true, false) => {
                self.area.delete_line_by_end();
            }
            (KeyCode::Char('d'), true, false) | (KeyCode::Delete, ..) => {
                self.area.delete_next_char();
            }
            (KeyCode::Char('h'), true, false) | (KeyCode::Backspace, ..) => {
                self.area.delete_char();
            }
            _ => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &[Key]) -> Editor {
        let mut editor = Editor::new("pay svc");
        for key in keys {
            editor.key(*key);
        }
        editor
    }

    #[test]
    fn readlines_keys_move_and_delete() {
        assert_eq!(typed(&[Key::ctrl('w')]).text(), "pay ");
        assert_eq!(typed(&[Key::ctrl('u')]).text(), "");
        assert_eq!(typed(&[Key::ctrl('a'), Key::ctrl('k')]).text(), "");
        assert_eq!(typed(&[Key::ctrl('a'), Key::ctrl('d')]).text(), "ay svc");
        assert_eq!(typed(&[Key::ctrl('b'), Key::char('x')]).text(), "pay svxc");
        assert_eq!(
            typed(&[Key::ctrl('a'), Key::ctrl('f')]).before_cursor(),
            "p"
        );
        assert_eq!(
            typed(&[Key::plain(KeyCode::Home), Key::ctrl('e')]).before_cursor(),
            "pay svc"
        );
    }

    #[test]
    fn keys_that_are_not_for_a_line_are_left_alone() {
        let mut editor = Editor::new("a");
        for key in [
            Key::plain(KeyCode::Enter),
            Key::plain(KeyCode::Up),
            Key::alt('w'),
            Key::ctrl('n'),
            Key::plain(KeyCode::Tab),
        ] {
            assert!(!editor.key(key));
        }
        assert_eq!(editor.text(), "a");
    }

    #[test]
    fn what_is_pasted_loses_its_control_characters_and_stays_one_line() {
        let mut editor = Editor::default();
        editor.insert("결제\n\u{1b}[31mred\u{202e}");
        assert!(!editor.text().contains(['\n', '\u{1b}', '\u{202e}']));
        assert!(editor.text().starts_with("결제 "));
        editor.insert(&"x".repeat(10_000));
        assert!(editor.text().chars().count() <= MAX_CHARS);
    }

    #[test]
    fn the_word_at_the_cursor_is_replaced_whole() {
        let mut editor = Editor::new("pay ow");
        assert_eq!(editor.word(), "ow");
        editor.replace_word("owner:");
        assert_eq!(editor.text(), "pay owner:");
    }
}
