//! The terminal device: its two ends, raw mode, its size. No escape sequence is written here.

use std::fs::OpenOptions;
use std::io::{self, IsTerminal};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::termios::{self, OptionalActions, Termios};

/// Columns and rows where the terminal does not say.
const FALLBACK: (u16, u16) = (80, 24);

/// A terminal, opened for reading and writing.
///
/// Both ends are standard input and output where those are terminals, else the process's controlling terminal.
/// They are never made non-blocking: the shell that started the program shares them.
#[derive(Debug)]
pub struct Tty {
    input: OwnedFd,
    output: OwnedFd,
}

impl Tty {
    /// Opens the process's terminal.
    ///
    /// # Errors
    /// Where there is none.
    pub fn open() -> io::Result<Self> {
        let stdin = io::stdin();
        let stdout = io::stdout();
        let device = || OpenOptions::new().read(true).write(true).open("/dev/tty");
        let input = if stdin.is_terminal() {
            stdin.as_fd().try_clone_to_owned()?
        } else {
            device()?.into()
        };
        let output = if stdout.is_terminal() {
            stdout.as_fd().try_clone_to_owned()?
        } else {
            device()?.into()
        };
        Ok(Self { input, output })
    }

    /// A terminal over a device that is already open.
    ///
    /// # Errors
    /// Where the system gives no second descriptor.
    pub fn from_fd(fd: &impl AsFd) -> io::Result<Self> {
        Ok(Self {
            input: fd.as_fd().try_clone_to_owned()?,
            output: fd.as_fd().try_clone_to_owned()?,
        })
    }

    /// Where keys come from.
    pub fn input(&self) -> BorrowedFd<'_> {
        self.input.as_fd()
    }

    /// Where frames go.
    pub fn output(&self) -> BorrowedFd<'_> {
        self.output.as_fd()
    }

    /// Columns and rows; 80 by 24 where the terminal does not say.
    pub fn size(&self) -> (u16, u16) {
        match termios::tcgetwinsize(&self.output) {
            Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col, size.ws_row),
            _ => FALLBACK,
        }
    }

    /// Turns on raw mode and returns the settings to go back to. What was typed already stays in the queue.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn enter_raw(&self) -> io::Result<Termios> {
        let before = termios::tcgetattr(&self.input)?;
        let mut raw = before.clone();
        raw.make_raw();
        self.set(&raw)?;
        Ok(before)
    }

    /// Puts settings back, at once and without throwing away what was typed.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn set(&self, settings: &Termios) -> io::Result<()> {
        termios::tcsetattr(&self.input, OptionalActions::Now, settings).map_err(io::Error::from)
    }

    /// Writes all of it, waiting as long as the terminal takes.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn write_all(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match rustix::io::write(&self.output, bytes) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
                Err(Errno::INTR) => {}
                // Another program made the shared description non-blocking.
                Err(Errno::AGAIN) => {
                    let mut fds = [rustix::event::PollFd::new(
                        &self.output,
                        rustix::event::PollFlags::OUT,
                    )];
                    match rustix::event::poll(&mut fds, None) {
                        Ok(_) | Err(Errno::INTR) => {}
                        Err(error) => return Err(error.into()),
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}
