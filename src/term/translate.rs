//! What a terminal sends, in this program's own terms.
//!
//! The sequences themselves are read by `termina`'s parser. Replies to questions are told apart from keys here,
//! so that a late answer is never taken for typing.

use termina::escape::csi::{
    Csi, DecModeSetting, DecPrivateMode, DecPrivateModeCode, Device, Keyboard, Mode,
};
use termina::event::{
    KeyCode as Code, KeyEvent, KeyEventKind, Modifiers as Held, MouseButton, MouseEvent,
    MouseEventKind,
};

use crate::keymap::{Key, KeyCode, Modifiers};

/// Something that the terminal sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// A key was pressed, or repeats.
    Key(Key),
    /// Text was pasted. Hostile: it may hold anything.
    Paste(String),
    /// The mouse did something; only while it is on.
    Mouse(Mouse),
    /// The terminal gained or lost focus.
    Focus(bool),
    /// The terminal answered a question about what it can do.
    Reply(Reply),
    /// The terminal is gone.
    Lost,
}

/// What the mouse did, and where: columns and rows from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mouse {
    /// What it did.
    pub kind: MouseKind,
    /// Column, from 0.
    pub column: u16,
    /// Row, from 0.
    pub row: u16,
}

/// What the mouse did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MouseKind {
    /// A button went down.
    Down(Button),
    /// A button went up.
    Up(Button),
    /// Moved with a button down.
    Drag(Button),
    /// The wheel turned away from the user.
    ScrollUp,
    /// The wheel turned towards the user.
    ScrollDown,
}

/// A mouse button.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Button {
    /// The one under the index finger.
    Left,
    /// The wheel.
    Middle,
    /// The other one.
    Right,
}

/// An answer to the questions asked after the first frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reply {
    /// The kitty keyboard protocol is understood.
    KittyKeyboard,
    /// Whether synchronized output (mode 2026) is understood.
    SynchronizedOutput(bool),
    /// The last question was answered: what has not come by now will not come.
    End,
}

/// An event of the parser as one of ours; none where it means nothing here.
pub(super) fn translate(event: termina::Event) -> Option<Event> {
    match event {
        termina::Event::Key(key) => self::key(key).map(Event::Key),
        termina::Event::Mouse(mouse) => self::mouse(mouse).map(Event::Mouse),
        termina::Event::FocusIn => Some(Event::Focus(true)),
        termina::Event::FocusOut => Some(Event::Focus(false)),
        termina::Event::Paste(text) => Some(Event::Paste(text)),
        termina::Event::Csi(Csi::Keyboard(Keyboard::ReportFlags(_))) => {
            Some(Event::Reply(Reply::KittyKeyboard))
        }
        termina::Event::Csi(Csi::Device(Device::DeviceAttributes(()))) => {
            Some(Event::Reply(Reply::End))
        }
        termina::Event::Csi(Csi::Mode(Mode::ReportDecPrivateMode {
            mode: DecPrivateMode::Code(DecPrivateModeCode::SynchronizedOutput),
            setting,
        })) => {
            let known = matches!(setting, DecModeSetting::Set | DecModeSetting::Reset);
            Some(Event::Reply(Reply::SynchronizedOutput(known)))
        }
        _ => None,
    }
}

fn key(event: KeyEvent) -> Option<Key> {
    if event.kind == KeyEventKind::Release {
        return None;
    }
    let mut modifiers = Modifiers {
        ctrl: event.modifiers.contains(Held::CONTROL),
        alt: event.modifiers.intersects(Held::ALT | Held::META),
        shift: event.modifiers.contains(Held::SHIFT),
    };
    let code = match event.code {
        // A return that was typed before the terminal was in raw mode arrives as a line feed.
        Code::Char('j') if event.modifiers == Held::CONTROL => {
            modifiers.ctrl = false;
            KeyCode::Enter
        }
        Code::Char(c) if modifiers.shift => KeyCode::Char(upper(c)),
        Code::Char(c) => KeyCode::Char(c),
        Code::Enter => KeyCode::Enter,
        Code::Backspace => KeyCode::Backspace,
        Code::Tab => KeyCode::Tab,
        Code::BackTab => {
            modifiers.shift = true;
            KeyCode::Tab
        }
        Code::Escape => KeyCode::Esc,
        Code::Left => KeyCode::Left,
        Code::Right => KeyCode::Right,
        Code::Up => KeyCode::Up,
        Code::Down => KeyCode::Down,
        Code::Home => KeyCode::Home,
        Code::End => KeyCode::End,
        Code::PageUp => KeyCode::PageUp,
        Code::PageDown => KeyCode::PageDown,
        Code::Insert => KeyCode::Insert,
        Code::Delete => KeyCode::Delete,
        Code::Function(n) => KeyCode::F(n),
        _ => return None,
    };
    Some(Key::new(code, modifiers))
}

/// The capital of a letter that has exactly one.
fn upper(c: char) -> char {
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(single), None) => single,
        _ => c,
    }
}

fn mouse(event: MouseEvent) -> Option<Mouse> {
    let button = |button| match button {
        MouseButton::Left => Button::Left,
        MouseButton::Middle => Button::Middle,
        MouseButton::Right => Button::Right,
    };
    let kind = match event.kind {
        MouseEventKind::Down(b) => MouseKind::Down(button(b)),
        MouseEventKind::Up(b) => MouseKind::Up(button(b)),
        MouseEventKind::Drag(b) => MouseKind::Drag(button(b)),
        MouseEventKind::ScrollUp => MouseKind::ScrollUp,
        MouseEventKind::ScrollDown => MouseKind::ScrollDown,
        MouseEventKind::Moved | MouseEventKind::ScrollLeft | MouseEventKind::ScrollRight => {
            return None;
        }
    };
    Some(Mouse {
        kind,
        column: event.column,
        row: event.row,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(bytes: &[u8]) -> Vec<Event> {
        let mut parser = termina::Parser::default();
        parser.parse(bytes, false);
        std::iter::from_fn(|| parser.pop())
            .filter_map(translate)
            .collect()
    }

    fn keys(bytes: &[u8]) -> Vec<String> {
        sent(bytes)
            .into_iter()
            .map(|event| match event {
                Event::Key(key) => key.to_string(),
                other => format!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn keys_are_named_as_in_keymaps() {
        for (bytes, name) in [
            (&b"a"[..], "a"),
            (b"G", "G"),
            (b"\x1bw", "alt-w"),
            (b"\x1bD", "alt-D"),
            (b"\x03", "ctrl-c"),
            (b"\r", "enter"),
            (b"\n", "enter"),
            (b"\t", "tab"),
            (b"\x1b[Z", "shift-tab"),
            (b"\x7f", "backspace"),
            (b"\x1b", "esc"),
            (b"\x1b[A", "up"),
            (b"\x1bOA", "up"),
            (b"\x1b[6~", "pgdn"),
            (b"\x1bOP", "F1"),
            (b"\x1b[1;5C", "ctrl-right"),
            (b" ", "space"),
            ("결".as_bytes(), "결"),
            // The kitty keyboard protocol.
            (b"\x1b[27u", "esc"),
            (b"\x1b[105;5u", "ctrl-i"),
            (b"\x1b[100;4u", "alt-D"),
            (b"\x1b[119;3u", "alt-w"),
        ] {
            assert_eq!(keys(bytes), [name], "{bytes:?}");
        }
    }

    #[test]
    fn releases_are_left_out() {
        assert_eq!(sent(b"\x1b[97;1:3u"), []);
    }

    #[test]
    fn replies_are_not_typed() {
        assert_eq!(
            sent(b"\x1b[?0u\x1b[?2026;2$y\x1b[?62;22c"),
            [
                Event::Reply(Reply::KittyKeyboard),
                Event::Reply(Reply::SynchronizedOutput(true)),
                Event::Reply(Reply::End)
            ]
        );
        assert_eq!(
            sent(b"\x1b[?2026;0$y"),
            [Event::Reply(Reply::SynchronizedOutput(false))]
        );
    }

    #[test]
    fn a_paste_is_one_event() {
        assert_eq!(
            sent(b"\x1b[200~a\nb\x1b[201~"),
            [Event::Paste("a\nb".into())]
        );
    }

    #[test]
    fn focus_and_clicks_arrive() {
        assert_eq!(
            sent(b"\x1b[I\x1b[O"),
            [Event::Focus(true), Event::Focus(false)]
        );
        assert_eq!(
            sent(b"\x1b[<0;3;5M"),
            [Event::Mouse(Mouse {
                kind: MouseKind::Down(Button::Left),
                column: 2,
                row: 4
            })]
        );
    }
}
