//! A key as a person names it, independent of any terminal library.

/// Which key, apart from what is held with it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum KeyCode {
    /// A key that writes a character. Shift is in the character (`D`), not in the modifiers.
    Char(char),
    Enter,
    Esc,
    /// With shift held: what some terminals call back tab.
    Tab,
    Backspace,
    Delete,
    Insert,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    /// `F1` is `F(1)`.
    F(u8),
}

/// What is held while a key is pressed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct Modifiers {
    pub ctrl: bool,
    pub alt: bool,
    /// Never set together with [`KeyCode::Char`].
    pub shift: bool,
}

/// One key press.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Key {
    pub code: KeyCode,
    pub modifiers: Modifiers,
}

impl Key {
    /// A key with nothing held.
    pub const fn plain(code: KeyCode) -> Self {
        Self {
            code,
            modifiers: Modifiers {
                ctrl: false,
                alt: false,
                shift: false,
            },
        }
    }

    /// A character key with nothing held.
    pub const fn char(c: char) -> Self {
        Self::plain(KeyCode::Char(c))
    }

    /// A character key with control held.
    pub const fn ctrl(c: char) -> Self {
        let mut key = Self::char(c);
        key.modifiers.ctrl = true;
        key
    }

    /// A character key with alt held.
    pub const fn alt(c: char) -> Self {
        let mut key = Self::char(c);
        key.modifiers.alt = true;
        key
    }
}
