//! The signals that concern a program with a terminal.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// A signal that the event loop acts upon.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Caught {
    /// End now, with what is saved saved; the signal's number.
    End(i32),
    /// The terminal has another size.
    Resized,
    /// Stop until continued.
    Stop,
    /// Continued, by a shell or whoever stopped the program.
    Continued,
}

/// Waits for any of them.
#[derive(Debug)]
pub(super) struct Signals {
    terminate: Signal,
    hang_up: Signal,
    interrupt: Signal,
    quit: Signal,
    resized: Signal,
    stop: Signal,
    continued: Signal,
}

impl Signals {
    /// Catches them from now on. Needs a runtime.
    ///
    /// # Errors
    /// Where the system refuses.
    pub(super) fn catch() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            resized: signal(SignalKind::window_change())?,
            stop: signal(SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw()))?,
            continued: signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()))?,
        })
    }

    /// The next one.
    pub(super) async fn next(&mut self) -> Caught {
        let end = |kind: SignalKind| Caught::End(kind.as_raw_value());
        tokio::select! {
            biased;
            _ = self.terminate.recv() => end(SignalKind::terminate()),
            _ = self.hang_up.recv() => end(SignalKind::hangup()),
            _ = self.interrupt.recv() => end(SignalKind::interrupt()),
            _ = self.quit.recv() => end(SignalKind::quit()),
            _ = self.stop.recv() => Caught::Stop,
            _ = self.continued.recv() => Caught::Continued,
            _ = self.resized.recv() => Caught::Resized,
        }
    }
}
