//! Copying by OSC 52: the text goes to the clipboard of the machine the person sits at, over SSH as well.
//!
//! Whether the terminal took it cannot be known; what can be known to fail is said.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

use super::capability::Session;

/// The longest text that is copied, in bytes: terminals drop sequences above about 100,000 bytes, some above 75,000.
pub const LIMIT: usize = 54_000;

/// GNU screen takes strings of fewer than 768 bytes.
const SCREEN_CHUNK: usize = 700;

/// Why a text is not copied.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum CopyError {
    /// Terminals would drop it without a word.
    #[error("too long to copy: {0} bytes, and terminals take at most {LIMIT}")]
    TooLong(usize),
}

/// The sequence that copies a text.
///
/// # Errors
/// Where it is too long.
pub(super) fn copy(text: &str, session: Session) -> Result<Vec<u8>, CopyError> {
    if text.len() > LIMIT {
        return Err(CopyError::TooLong(text.len()));
    }
    let plain = format!("\x1b]52;c;{}\x1b\\", STANDARD.encode(text)).into_bytes();
    let mut out = Vec::new();
    if session.tmux {
        // With `set-clipboard on` tmux takes the plain one; with `allow-passthrough` the terminal takes this.
        out.extend_from_slice(b"\x1bPtmux;");
        for &byte in &plain {
            if byte == 0x1b {
                out.push(byte);
            }
            out.push(byte);
        }
        out.extend_from_slice(b"\x1b\\");
    } else if session.screen {
        for chunk in plain.chunks(SCREEN_CHUNK) {
            out.extend_from_slice(b"\x1bP");
            for &byte in chunk {
                // The string's own terminator must not end screen's: it is cut in two.
                match byte {
                    b'\\' => out.extend_from_slice(b"\x1b\\\x1bP\\"),
                    byte => out.push(byte),
                }
            }
            out.extend_from_slice(b"\x1b\\");
        }
        return Ok(out);
    }
    out.extend_from_slice(&plain);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(text: &str, session: Session) -> String {
        String::from_utf8(copy(text, session).unwrap())
            .unwrap()
            .replace('\x1b', "^")
    }

    #[test]
    fn a_text_is_sent_as_base64() {
        assert_eq!(sent("결제", Session::default()), "^]52;c;6rKw7KCc^\\");
    }

    #[test]
    fn tmux_gets_it_both_ways() {
        let tmux = Session {
            tmux: true,
            ..Session::default()
        };
        assert_eq!(sent("hi", tmux), "^Ptmux;^^]52;c;aGk=^^\\^\\^]52;c;aGk=^\\");
    }

    #[test]
    fn screen_gets_it_in_pieces() {
        let screen = Session {
            screen: true,
            ..Session::default()
        };
        let sent = sent(&"x".repeat(2000), screen);
        assert!(sent.split("^\\").all(|piece| piece.len() < 768));
    }

    #[test]
    fn what_terminals_would_drop_is_refused() {
        let long = "x".repeat(LIMIT + 1);
        assert_eq!(
            copy(&long, Session::default()),
            Err(CopyError::TooLong(LIMIT + 1))
        );
        assert!(copy(&long[1..], Session::default()).unwrap().len() < 75_000);
    }
}
