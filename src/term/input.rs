//! The thread that reads the terminal.
//!
//! It sleeps until there is something to read, and can be stopped to hand the terminal to another program without
//! swallowing a key meant for that. It never writes, and ends by itself when the terminal is gone.

use std::io;
use std::os::fd::OwnedFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use termina::Parser;

use super::translate::{Event, translate};
use super::tty::Tty;

/// How long the rest of an escape sequence may take before ESC counts as the key, in milliseconds. Only a lone ESC at
/// the end of what was read waits, and terminals with the kitty protocol never send one.
const ESCAPE_MS: i64 = 15;

/// What an unfinished sequence or paste may hold before it is dropped, in bytes.
const PENDING_LIMIT: usize = 4 << 20;

/// A running input thread; dropping it ends the thread.
#[derive(Debug)]
pub struct Input {
    stop: Option<OwnedFd>,
    thread: Option<JoinHandle<()>>,
}

impl Input {
    /// Starts reading. `sink` is called on the thread for every event and returns whether it wants more.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn start(
        tty: Arc<Tty>,
        sink: impl FnMut(Event) -> bool + Send + 'static,
    ) -> io::Result<Self> {
        let (stopped, stop) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
        let thread = thread::Builder::new()
            .name("input".into())
            .stack_size(256 * 1024)
            .spawn(move || read(&tty, &stopped, sink))?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Stops reading; returns once nothing more will be read. What is in the terminal's queue stays there.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        // Closing the pipe's end wakes the thread.
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        self.end();
    }
}

fn read(tty: &Tty, stopped: &OwnedFd, mut sink: impl FnMut(Event) -> bool) {
    let mut parser = Parser::default();
    let mut pending = 0;
    let mut buffer = [0u8; 4096];
    loop {
        // A lone ESC is a key once nothing follows it.
        let wait = Timespec {
            tv_sec: 0,
            tv_nsec: ESCAPE_MS * 1_000_000,
        };
        let timeout = (pending == 1).then_some(&wait);
        let mut fds = [
            PollFd::from_borrowed_fd(tty.input(), PollFlags::IN),
            PollFd::new(stopped, PollFlags::IN),
        ];
        let read = match poll(&mut fds, timeout) {
            Ok(0) => 0,
            Err(Errno::INTR) => continue,
            Err(_) => {
                sink(Event::Lost);
                return;
            }
            Ok(_) => {
                let [_, stop] = &fds;
                if !stop.revents().is_empty() {
                    return;
                }
                match rustix::io::read(tty.input(), &mut buffer) {
                    Ok(0) => {
                        sink(Event::Lost);
                        return;
                    }
                    Ok(read) => read,
                    Err(Errno::INTR | Errno::AGAIN) => continue,
                    Err(_) => {
                        sink(Event::Lost);
                        return;
                    }
                }
            }
        };
        let bytes = buffer.get(..read).unwrap_or_default();
        // The parser is another project's: whatever it makes of these bytes must not end the program.
        let parsed = catch_unwind(AssertUnwindSafe(|| {
            parser.parse(bytes, !bytes.is_empty());
            std::iter::from_fn(|| parser.pop()).collect::<Vec<_>>()
        }));
        let Ok(events) = parsed else {
            parser = Parser::default();
            pending = 0;
            continue;
        };
        // Two ESC in a row are read as one key; one at the end begins something or is a key.
        let escapes = bytes.iter().rev().take_while(|&&b| b == 0x1b).count();
        let before = usize::from(escapes == bytes.len() && pending == 1);
        pending = if !bytes.is_empty() && (escapes + before) % 2 == 1 {
            1
        } else if !events.is_empty() || bytes.is_empty() {
            0
        } else {
            pending + bytes.len() + 1
        };
        if pending > PENDING_LIMIT {
            parser = Parser::default();
            pending = 0;
        }
        for event in events.into_iter().filter_map(translate) {
            if !sink(event) {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keymap::Key;
    use std::fs::File;
    use std::io::Write;
    use std::sync::mpsc;

    fn terminal() -> (File, Arc<Tty>) {
        let (read, write) = rustix::pipe::pipe().unwrap();
        (File::from(write), Arc::new(Tty::from_fd(&read).unwrap()))
    }

    fn key(name: &str) -> Event {
        Event::Key(name.parse::<Key>().unwrap())
    }

    #[test]
    fn a_sequence_cut_in_two_is_one_key() {
        let (mut keyboard, tty) = terminal();
        let (tell, told) = mpsc::channel();
        let input = Input::start(tty, move |event| tell.send(event).is_ok()).unwrap();
        keyboard.write_all(b"\x1b[").unwrap();
        thread::sleep(std::time::Duration::from_millis(40));
        keyboard.write_all(b"Ax").unwrap();
        assert_eq!(told.recv().unwrap(), key("up"));
        assert_eq!(told.recv().unwrap(), key("x"));
        input.stop();
    }

    #[test]
    fn a_lone_escape_is_a_key() {
        let (mut keyboard, tty) = terminal();
        let (tell, told) = mpsc::channel();
        let _input = Input::start(tty, move |event| tell.send(event).is_ok()).unwrap();
        keyboard.write_all(b"\x1b").unwrap();
        assert_eq!(told.recv().unwrap(), key("esc"));
        keyboard.write_all(b"\x1b\x1b").unwrap();
        assert_eq!(told.recv().unwrap(), key("esc"));
    }

    #[test]
    fn the_end_of_the_terminal_is_told_once() {
        let (keyboard, tty) = terminal();
        let (tell, told) = mpsc::channel();
        let _input = Input::start(tty, move |event| tell.send(event).is_ok()).unwrap();
        drop(keyboard);
        assert_eq!(told.recv().unwrap(), Event::Lost);
        assert!(told.recv().is_err());
    }

    #[test]
    fn stopping_leaves_what_is_typed_next_to_others() {
        let (mut keyboard, tty) = terminal();
        let input = Input::start(Arc::clone(&tty), |_| true).unwrap();
        input.stop();
        keyboard.write_all(b"for the editor").unwrap();
        let mut buffer = [0; 32];
        let read = rustix::io::read(tty.input(), &mut buffer).unwrap();
        assert_eq!(&buffer[..read], b"for the editor");
    }
}
