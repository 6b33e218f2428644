//! The modes the terminal is put into and taken out of. The bytes are crossterm's, so that they are what other
//! programs send; only what it has no command for is spelled out here.

use crossterm::Command;
use crossterm::cursor::Show;
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange,
    KeyboardEnhancementFlags, PopKeyboardEnhancementFlags, PushKeyboardEnhancementFlags,
};
use crossterm::terminal::{EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen};

/// Clicks, drags and the wheel, with coordinates of any size. crossterm's command asks for every movement as well.
pub(super) const MOUSE_ON: &[u8] = b"\x1b[?1000h\x1b[?1002h\x1b[?1006h";
pub(super) const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1002l\x1b[?1000l";
/// Questions: kitty's keyboard protocol, synchronized output, and one that every terminal answers.
pub(super) const PROBE: &[u8] = b"\x1b[?u\x1b[?2026$p\x1b[c";
/// The end of a link and of all looks.
const PLAIN: &str = "\x1b]8;;\x1b\\\x1b[m";

/// Alternate screen, bracketed paste, focus events.
pub(super) fn enter() -> Vec<u8> {
    let mut out = String::new();
    add(&mut out, EnterAlternateScreen);
    add(&mut out, EnableBracketedPaste);
    add(&mut out, EnableFocusChange);
    out.into_bytes()
}

/// Everything back: end of frame, of link and of looks, mouse, focus, paste, cursor, keyboard, screen.
pub(super) fn leave(kitty: bool) -> Vec<u8> {
    let mut out = String::new();
    add(&mut out, EndSynchronizedUpdate);
    out.push_str(PLAIN);
    out.push_str(&String::from_utf8_lossy(MOUSE_OFF));
    add(&mut out, DisableFocusChange);
    add(&mut out, DisableBracketedPaste);
    add(&mut out, Show);
    if kitty {
        add(&mut out, PopKeyboardEnhancementFlags);
    }
    add(&mut out, LeaveAlternateScreen);
    out.into_bytes()
}

/// Kitty's keyboard protocol off.
pub(super) fn plain_keys() -> Vec<u8> {
    let mut out = String::new();
    add(&mut out, PopKeyboardEnhancementFlags);
    out.into_bytes()
}

/// Kitty's keyboard protocol: keys that are ambiguous otherwise.
pub(super) fn kitty() -> Vec<u8> {
    let mut out = String::new();
    let flags = KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES;
    add(&mut out, PushKeyboardEnhancementFlags(flags));
    out.into_bytes()
}

/// Writing to a text does not fail.
fn add(out: &mut String, command: impl Command) {
    let _ = command.write_ansi(out);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_turned_on_is_turned_off_again() {
        let on = String::from_utf8([enter(), kitty(), MOUSE_ON.to_vec()].concat()).unwrap();
        let off = String::from_utf8(leave(true)).unwrap();
        for mode in on
            .split("\x1b[?")
            .skip(1)
            .filter_map(|m| m.split('h').next())
        {
            let mode: String = mode.chars().take_while(char::is_ascii_digit).collect();
            assert!(off.contains(&format!("\x1b[?{mode}l")), "{mode}");
        }
        assert!(on.contains("\x1b[>1u") && off.contains("\x1b[<"));
        assert!(!String::from_utf8(leave(false)).unwrap().contains("\x1b[<"));
    }

    #[test]
    fn the_mouse_is_not_asked_for_every_movement() {
        assert!(!String::from_utf8_lossy(MOUSE_ON).contains("1003"));
    }
}
