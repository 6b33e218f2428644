//! Taking the terminal and giving it back exactly as it was, whatever ends the program.
//!
//! Restoring happens once: on drop, in the panic hook, before a suspension or another program. It goes through
//! the writing thread, so that it never cuts a frame in two, and gives up on a terminal that takes nothing.

use std::io;
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::termios::{QueueSelector, Termios, tcflush};

use super::modes;
use super::tty::Tty;
use super::writer::Writer;

/// How long a terminal may take to swallow what it has and the way back.
const PATIENCE: Duration = Duration::from_millis(1500);
/// How long the answers to [`modes::PROBE`] are caught before they would land in the shell.
const ANSWERS: Duration = Duration::from_millis(400);

/// What is needed to give the terminal back; shared with the panic hook.
#[derive(Debug)]
pub(super) struct Guard {
    tty: Arc<Tty>,
    writer: Writer,
    /// The settings to go back to; none while the terminal is not taken.
    before: Mutex<Option<Termios>>,
    /// The first frame entered the alternate screen.
    pub(super) entered: AtomicBool,
    /// Kitty's keyboard protocol is on.
    pub(super) kitty: AtomicBool,
    /// The questions were asked, and when; none once the last is answered.
    asked: Mutex<Option<Instant>>,
}

impl Guard {
    pub(super) fn new(tty: Arc<Tty>, writer: Writer) -> Self {
        Self {
            tty,
            writer,
            before: Mutex::new(None),
            entered: AtomicBool::new(false),
            kitty: AtomicBool::new(false),
            asked: Mutex::new(None),
        }
    }

    /// Raw mode on, whoever turned it off. What was typed before stays, and so do the settings to go back to.
    pub(super) fn take(&self) -> io::Result<()> {
        let mut before = lock(&self.before);
        let found = self.tty.enter_raw()?;
        before.get_or_insert(found);
        Ok(())
    }

    /// Notes that the questions are on their way.
    pub(super) fn asked(&self) {
        *lock(&self.asked) = Some(Instant::now());
    }

    /// Notes that the last question was answered.
    pub(super) fn answered(&self) {
        *lock(&self.asked) = None;
    }

    /// Gives the terminal back; does nothing where it is not taken.
    pub(super) fn restore(&self) {
        let Some(before) = lock(&self.before).take() else {
            return;
        };
        if self.entered.swap(false, Ordering::Relaxed) {
            let leave = modes::leave(self.kitty.swap(false, Ordering::Relaxed));
            let patient = self.writer.wait(PATIENCE)
                && self.writer.submit(leave).is_ok()
                && self.writer.wait(PATIENCE);
            if patient {
                self.catch_answers();
            } else {
                // Nothing more gets through; at least what is stuck does not come out over the shell.
                let _ = tcflush(self.tty.output(), QueueSelector::OFlush);
            }
        }
        let _ = self.tty.set(&before);
    }

    /// Answers that are still on their way would be typed into the shell. Only right after the start there are any.
    fn catch_answers(&self) {
        while let Some(asked) = *lock(&self.asked) {
            if asked.elapsed() >= ANSWERS || self.writer.lost().is_some() {
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Installs a hook that gives the terminal back before a panic of this thread is printed. A panic of any other thread
/// is a failed job: it is logged and never printed over the screen.
pub(super) fn hook(guard: &Arc<Guard>) {
    let guard = Arc::downgrade(guard);
    let owner = thread::current().id();
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let Some(guard) = guard.upgrade() else {
            return previous(info);
        };
        if thread::current().id() == owner {
            guard.restore();
            previous(info);
        } else if lock(&guard.before).is_some() {
            tracing::error!(place = ?info.location().map(ToString::to_string), "a job panicked");
        } else {
            previous(info);
        }
    }));
}
