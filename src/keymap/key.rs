//! Keys and how they are written: `ctrl-x`, `alt-w`, `F1`, `shift-tab`, `space`, `]`.

use std::fmt;
use std::str::FromStr;

/// What was pressed, without modifiers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum KeyCode {
    /// A character as the keyboard layout gives it: `G`, not shift and `g`.
    Char(char),
    /// A function key, from 1.
    F(u8),
    /// Return.
    Enter,
    /// Escape.
    Esc,
    /// Tab; shift and tab is `Tab` with the shift modifier.
    Tab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Insert.
    Insert,
    /// Cursor up.
    Up,
    /// Cursor down.
    Down,
    /// Cursor left.
    Left,
    /// Cursor right.
    Right,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
}

/// What was held while a key was pressed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Modifiers {
    /// Control.
    pub ctrl: bool,
    /// Alt, Option or Meta.
    pub alt: bool,
    /// Shift; never set for a character, whose case says it.
    pub shift: bool,
}

impl Modifiers {
    /// Nothing held.
    pub const NONE: Modifiers = Modifiers {
        ctrl: false,
        alt: false,
        shift: false,
    };
}

/// A key with its modifiers, in the one form that compares equal: see [`Key::new`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Key {
    /// What was pressed.
    pub code: KeyCode,
    /// What was held.
    pub modifiers: Modifiers,
}

impl Key {
    /// A key in its normal form, however a terminal reported it: shift disappears into a character's case, and a
    /// letter with control is lower case, because a terminal cannot tell them apart.
    pub const fn new(code: KeyCode, modifiers: Modifiers) -> Self {
        let KeyCode::Char(char) = code else {
            return Self { code, modifiers };
        };
        let char = if modifiers.ctrl {
            char.to_ascii_lowercase()
        } else if modifiers.shift && char.is_ascii_lowercase() {
            char.to_ascii_uppercase()
        } else {
            char
        };
        Self {
            code: KeyCode::Char(char),
            modifiers: Modifiers {
                ctrl: modifiers.ctrl,
                alt: modifiers.alt,
                shift: false,
            },
        }
    }

    /// A key without modifiers.
    pub const fn plain(code: KeyCode) -> Self {
        Self::new(code, Modifiers::NONE)
    }

    /// A character without modifiers.
    pub const fn char(char: char) -> Self {
        Self::plain(KeyCode::Char(char))
    }

    /// A character with control.
    pub const fn ctrl(char: char) -> Self {
        Self::new(
            KeyCode::Char(char),
            Modifiers {
                ctrl: true,
                ..Modifiers::NONE
            },
        )
    }

    /// A character with alt.
    pub const fn alt(char: char) -> Self {
        Self::new(
            KeyCode::Char(char),
            Modifiers {
                alt: true,
                ..Modifiers::NONE
            },
        )
    }

    /// The character it types into a line of text; `None` for every key that is a command there.
    pub fn text(self) -> Option<char> {
        match self.code {
            KeyCode::Char(char) if !self.modifiers.ctrl && !self.modifiers.alt => Some(char),
            _ => None,
        }
    }

    /// The same key without alt.
    pub fn without_alt(self) -> Self {
        Self {
            modifiers: Modifiers {
                alt: false,
                ..self.modifiers
            },
            ..self
        }
    }

    /// The same key with alt.
    pub fn with_alt(self) -> Self {
        Self {
            modifiers: Modifiers {
                alt: true,
                ..self.modifiers
            },
            ..self
        }
    }

    /// Why nothing may be bound to it, where that is so: terminals send these as other keys.
    pub fn cannot_be_bound(self) -> Option<&'static str> {
        if !self.modifiers.ctrl {
            return None;
        }
        match self.code {
            KeyCode::Char('j') => Some("terminals may send ctrl-j for enter"),
            KeyCode::Char('m') => Some("terminals send ctrl-m for enter"),
            KeyCode::Char('i') => Some("terminals send ctrl-i for tab"),
            KeyCode::Char('[') => Some("terminals send ctrl-[ for esc"),
            _ => None,
        }
    }
}

/// Names of keys that are not characters; the first name of a key is the one that is shown.
const NAMES: &[(&str, KeyCode)] = &[
    ("enter", KeyCode::Enter),
    ("return", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("escape", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("del", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pgup", KeyCode::PageUp),
    ("pageup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
    ("pgdown", KeyCode::PageDown),
    ("pagedown", KeyCode::PageDown),
    ("space", KeyCode::Char(' ')),
    ("minus", KeyCode::Char('-')),
];

impl FromStr for Key {
    type Err = String;

    /// Reads one key. Names and modifiers are read without case, a character keeps its case.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut modifiers = Modifiers::default();
        let mut rest = text;
        while let Some((head, tail)) = rest.split_once('-') {
            // `-` is a key of its own: `-`, `alt--`.
            if head.is_empty() || tail.is_empty() {
                break;
            }
            let modifier = match head.to_ascii_lowercase().as_str() {
                "ctrl" | "c" | "control" => &mut modifiers.ctrl,
                "alt" | "a" | "m" | "meta" | "option" => &mut modifiers.alt,
                "shift" | "s" => &mut modifiers.shift,
                _ => {
                    return Err(format!(
                        "`{head}` is not a modifier: use ctrl, alt or shift"
                    ));
                }
            };
            if std::mem::replace(modifier, true) {
                return Err(format!("`{head}` stands twice"));
            }
            rest = tail;
        }
        let mut chars = rest.chars();
        let code = match (chars.next(), chars.next()) {
            (None, _) => return Err("the key is empty".into()),
            (Some(char), None) if !char.is_control() && !char.is_whitespace() => {
                KeyCode::Char(char)
            }
            _ => named(rest).ok_or_else(|| format!("`{rest}` is not a key"))?,
        };
        Ok(Key::new(code, modifiers))
    }
}

fn named(name: &str) -> Option<KeyCode> {
    let name = name.to_ascii_lowercase();
    if let Some(number) = name.strip_prefix('f')
        && let Ok(number) = number.parse::<u8>()
    {
        return (1..=24).contains(&number).then_some(KeyCode::F(number));
    }
    NAMES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, code)| *code)
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (held, name) in [
            (self.modifiers.ctrl, "ctrl-"),
            (self.modifiers.alt, "alt-"),
            (self.modifiers.shift, "shift-"),
        ] {
            if held {
                f.write_str(name)?;
            }
        }
        match self.code {
            KeyCode::F(number) => write!(f, "F{number}"),
            code => match (NAMES.iter().find(|(_, known)| *known == code), code) {
                (_, KeyCode::Char('-')) => f.write_str("-"),
                (Some((name, _)), _) => f.write_str(name),
                (None, KeyCode::Char(char)) => write!(f, "{char}"),
                (None, other) => write!(f, "{other:?}"),
            },
        }
    }
}

/// Reads keys pressed one after another, as a keymap has them: `ctrl-x ctrl-e`.
///
/// # Errors
/// What is wrong, in words.
pub fn parse_sequence(text: &str) -> Result<Vec<Key>, String> {
    let keys = text
        .split_ascii_whitespace()
        .map(str::parse)
        .collect::<Result<Vec<Key>, String>>()?;
    match keys.len() {
        0 => Err("the key is empty; the space bar is `space`".into()),
        1..=4 => Ok(keys),
        _ => Err("more than four keys in a row".into()),
    }
}

/// Writes keys as [`parse_sequence`] reads them.
pub fn display_sequence(keys: &[Key]) -> String {
    keys.iter()
        .map(Key::to_string)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_written_form_reads_back_as_itself() {
        for text in [
            "a",
            "G",
            "ctrl-x",
            "alt-w",
            "alt-D",
            "ctrl-alt-x",
            "F1",
            "F12",
            "space",
            "shift-tab",
            "]",
            "[",
            "}",
            "-",
            "alt--",
            "?",
            "/",
            ":",
            "*",
            "enter",
            "esc",
            "pgup",
            "pgdn",
            "home",
            "ctrl-up",
            "alt-space",
            "한",
            "1",
        ] {
            let key: Key = text.parse().expect(text);
            assert_eq!(key.to_string(), text);
        }
    }

    #[test]
    fn the_same_key_written_differently_is_the_same_key() {
        for (one, other) in [
            ("Ctrl-X", "ctrl-x"),
            ("C-x", "ctrl-x"),
            ("M-x", "alt-x"),
            ("shift-g", "G"),
            ("f1", "F1"),
            ("PageDown", "pgdn"),
            ("Escape", "esc"),
            ("minus", "-"),
            ("alt-ctrl-x", "ctrl-alt-x"),
        ] {
            assert_eq!(one.parse::<Key>(), other.parse::<Key>(), "{one}");
        }
    }

    #[test]
    fn what_is_no_key_says_so() {
        for text in [
            "",
            "ctrl-",
            "hyper-x",
            "ctrl-ctrl-x",
            "F0",
            "F99",
            "foo",
            "ctrl-foo",
        ] {
            assert!(text.parse::<Key>().is_err(), "{text}");
        }
        assert!(parse_sequence("  ").is_err());
        assert!(parse_sequence("a b c d e").is_err());
        assert_eq!(
            parse_sequence("ctrl-x ctrl-e")
                .map(|keys| display_sequence(&keys))
                .as_deref(),
            Ok("ctrl-x ctrl-e")
        );
    }

    #[test]
    fn a_letter_with_control_has_no_case_and_a_typed_character_is_text() {
        assert_eq!(
            Key::new(
                KeyCode::Char('X'),
                Modifiers {
                    ctrl: true,
                    shift: true,
                    alt: false
                }
            ),
            Key::ctrl('x')
        );
        assert_eq!(Key::char('한').text(), Some('한'));
        assert_eq!(Key::alt('w').text(), None);
        assert_eq!(Key::alt('w').without_alt(), Key::char('w'));
    }

    #[test]
    fn keys_that_terminals_confuse_cannot_be_bound() {
        for text in ["ctrl-j", "ctrl-m", "ctrl-i", "ctrl-["] {
            assert!(text.parse::<Key>().expect(text).cannot_be_bound().is_some());
        }
        assert!(Key::ctrl('l').cannot_be_bound().is_none());
    }
}
