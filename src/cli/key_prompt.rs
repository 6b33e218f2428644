//! Asking a question that one key answers.

use std::io::{self, Read as _, Write as _};

use rustix::termios::{self, LocalModes, OptionalActions, Termios};

/// Asks on standard error and reads one key from standard input, which must be a terminal; none where it cannot be read.
/// `ctrl-c` is a key like any other.
pub fn ask(question: &str) -> Option<u8> {
    let _raw = Raw::start().ok()?;
    let mut screen = io::stderr();
    let _ = screen.write_all(question.as_bytes());
    let _ = screen.flush();
    let mut byte = [0];
    let key = loop {
        match io::stdin().read(&mut byte) {
            Ok(0) => break None,
            Ok(_) => break Some(byte[0]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => break None,
        }
    };
    let _ = screen.write_all(b"\n");
    key
}

/// The terminal key by key, without echo; put back when dropped.
struct Raw {
    before: Termios,
}

impl Raw {
    fn start() -> io::Result<Self> {
        let before = termios::tcgetattr(io::stdin())?;
        let mut raw = before.clone();
        raw.local_modes
            .remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        // What was typed before the question is no answer to it.
        termios::tcsetattr(io::stdin(), OptionalActions::Flush, &raw)?;
        Ok(Self { before })
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        let _ = termios::tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
    }
}
