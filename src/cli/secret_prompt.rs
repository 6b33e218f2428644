//! Asking for a secret on the terminal without showing it.
//!
//! Echo, line editing and signal keys are off while it is typed, so that `ctrl-c` is read as a key and the
//! terminal is put back in every case.

use std::io::{self, Read as _, Write as _};

use rustix::termios::{self, LocalModes, OptionalActions, Termios};

use super::CliError;

/// Longest secret, in bytes.
const LIMIT: usize = 16 * 1024;

/// Asks on standard error, reads from standard input, which must be a terminal.
///
/// # Errors
/// Where it is no terminal, and where the person gave up (`ctrl-c`, or `ctrl-d` at the start).
pub fn ask(prompt: &str) -> Result<String, CliError> {
    let failed = |error: io::Error| CliError::failed(format!("the terminal: {error}"));
    let _quiet = Quiet::start().map_err(failed)?;
    let mut screen = io::stderr();
    let _ = screen.write_all(prompt.as_bytes());
    let _ = screen.flush();
    let mut line = Line::default();
    let mut byte = [0];
    let outcome = loop {
        match io::stdin().read(&mut byte) {
            Ok(0) => break Outcome::GivenUp,
            Ok(_) => {
                if let Some(outcome) = line.key(byte[0]) {
                    break outcome;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(failed(error)),
        }
    };
    let _ = screen.write_all(b"\n");
    match outcome {
        Outcome::Typed(secret) => Ok(secret),
        Outcome::GivenUp => Err(CliError::failed("nothing was entered")),
    }
}

/// What was typed so far.
#[derive(Default)]
struct Line {
    bytes: Vec<u8>,
}

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Typed(String),
    GivenUp,
}

impl Line {
    /// Takes one byte; tells when the line has ended.
    fn key(&mut self, byte: u8) -> Option<Outcome> {
        match byte {
            b'\r' | b'\n' => {
                let text = String::from_utf8_lossy(&self.bytes).into_owned();
                return Some(Outcome::Typed(text));
            }
            0x03 => return Some(Outcome::GivenUp),
            0x04 if self.bytes.is_empty() => return Some(Outcome::GivenUp),
            0x08 | 0x7f => {
                self.bytes.pop();
            }
            // ctrl-u
            0x15 => self.bytes.clear(),
            _ if self.bytes.len() < LIMIT => self.bytes.push(byte),
            _ => {}
        }
        None
    }
}

/// The terminal without echo; put back when dropped.
struct Quiet {
    before: Termios,
}

impl Quiet {
    fn start() -> io::Result<Self> {
        let before = termios::tcgetattr(io::stdin())?;
        let mut quiet = before.clone();
        quiet
            .local_modes
            .remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        termios::tcsetattr(io::stdin(), OptionalActions::Flush, &quiet)?;
        Ok(Self { before })
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        let _ = termios::tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &[u8]) -> Option<Outcome> {
        let mut line = Line::default();
        keys.iter().find_map(|key| line.key(*key))
    }

    #[test]
    fn enter_ends_the_line_and_backspace_takes_one_back() {
        assert_eq!(typed(b"ghx\x7fp_1\r"), Some(Outcome::Typed("ghp_1".into())));
        assert_eq!(
            typed(b"wrong\x15right\n"),
            Some(Outcome::Typed("right".into()))
        );
    }

    #[test]
    fn ctrl_c_gives_up_and_ctrl_d_only_at_the_start() {
        assert_eq!(typed(b"abc\x03"), Some(Outcome::GivenUp));
        assert_eq!(typed(b"\x04"), Some(Outcome::GivenUp));
        assert_eq!(typed(b"abc\x04"), None);
    }
}
