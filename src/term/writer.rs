//! The thread that writes to the terminal, so that a stalled link stops nothing but itself.
//!
//! It takes one frame at a time and never queues a second: while a frame has not drained, the caller keeps its state
//! and draws the newest one when told to go on. So a slow link costs no memory and shows no stale frames.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::tty::Tty;

#[derive(Debug, Default)]
struct State {
    frame: Option<Vec<u8>>,
    writing: bool,
    closed: bool,
    lost: Option<io::ErrorKind>,
    /// The last frame's allocation, for the next.
    spare: Vec<u8>,
}

impl State {
    fn idle(&self) -> bool {
        self.frame.is_none() && !self.writing
    }
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A writer that panicked has left plain data behind.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hands frames to the writing thread.
#[derive(Clone, Debug)]
pub struct Writer {
    shared: Arc<Shared>,
}

impl Writer {
    /// Starts the thread. `drained` is called on it after every frame that was written, and when the terminal is
    /// lost; it must not block.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn start(tty: Arc<Tty>, drained: impl Fn() + Send + 'static) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let writer = Self {
            shared: Arc::clone(&shared),
        };
        thread::Builder::new()
            .name("writer".into())
            .stack_size(128 * 1024)
            .spawn(move || run(&shared, &tty, &drained))?;
        Ok(writer)
    }

    /// Whether the last frame is out: only then is drawing worth anything.
    pub fn idle(&self) -> bool {
        self.shared.lock().idle()
    }

    /// Why the terminal can no longer be written to, where that is so.
    pub fn lost(&self) -> Option<io::ErrorKind> {
        self.shared.lock().lost
    }

    /// An empty buffer for the next frame: the last one's, where it is back.
    pub fn buffer(&self) -> Vec<u8> {
        let mut buffer = std::mem::take(&mut self.shared.lock().spare);
        buffer.clear();
        buffer
    }

    /// Hands a frame over. It is given back where the last one is not out yet.
    ///
    /// # Errors
    /// The frame itself.
    pub fn submit(&self, frame: Vec<u8>) -> Result<(), Vec<u8>> {
        let mut state = self.shared.lock();
        if !state.idle() {
            return Err(frame);
        }
        if state.lost.is_none() && !state.closed && !frame.is_empty() {
            state.frame = Some(frame);
            self.shared.changed.notify_all();
        }
        Ok(())
    }

    /// Waits until the last frame is out; whether it was within `limit`.
    pub fn wait(&self, limit: Duration) -> bool {
        let state = self.shared.lock();
        let (state, _) = self
            .shared
            .changed
            .wait_timeout_while(state, limit, |state| !state.idle() && state.lost.is_none())
            .unwrap_or_else(PoisonError::into_inner);
        state.idle()
    }

    /// Ends the thread once it has written what it has.
    pub fn close(&self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
    }
}

fn run(shared: &Shared, tty: &Tty, drained: &impl Fn()) {
    let mut state = shared.lock();
    loop {
        let Some(frame) = state.frame.take() else {
            if state.closed || state.lost.is_some() {
                return;
            }
            state = shared
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
            continue;
        };
        state.writing = true;
        drop(state);
        let result = tty.write_all(&frame);
        state = shared.lock();
        state.writing = false;
        state.spare = frame;
        if let Err(error) = result {
            state.lost = Some(error.kind());
        }
        shared.changed.notify_all();
        drop(state);
        drained();
        state = shared.lock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::io::Read;
    use std::os::fd::OwnedFd;
    use std::sync::mpsc;

    /// A pipe stands for a terminal that is written to: it fills up as one does.
    fn pipe() -> (File, Arc<Tty>) {
        let (read, write) = rustix::pipe::pipe().unwrap();
        let write: OwnedFd = write;
        (File::from(read), Arc::new(Tty::from_fd(&write).unwrap()))
    }

    #[test]
    fn a_frame_that_has_not_drained_keeps_the_next_one_out() {
        let (mut screen, tty) = pipe();
        let (tell, told) = mpsc::channel();
        let writer = Writer::start(tty, move || _ = tell.send(())).unwrap();
        let large = vec![b'a'; 1 << 20];
        writer.submit(large.clone()).unwrap();
        assert!(!writer.idle());
        assert_eq!(writer.submit(b"next".to_vec()), Err(b"next".to_vec()));
        let mut got = vec![0; large.len()];
        screen.read_exact(&mut got).unwrap();
        told.recv().unwrap();
        assert!(writer.wait(Duration::from_secs(10)));
        assert_eq!(got, large);
        writer.submit(b"next".to_vec()).unwrap();
        let mut got = [0; 4];
        screen.read_exact(&mut got).unwrap();
        assert_eq!(&got, b"next");
        writer.close();
    }

    #[test]
    fn a_lost_terminal_is_told_and_takes_nothing_more() {
        let (screen, tty) = pipe();
        let (tell, told) = mpsc::channel();
        let writer = Writer::start(tty, move || _ = tell.send(())).unwrap();
        drop(screen);
        writer.submit(b"frame".to_vec()).unwrap();
        told.recv().unwrap();
        assert_eq!(writer.lost(), Some(io::ErrorKind::BrokenPipe));
        assert_eq!(writer.submit(b"more".to_vec()), Ok(()));
        assert!(writer.idle());
    }

    #[test]
    fn an_allocation_is_used_again() {
        let (_screen, tty) = pipe();
        let writer = Writer::start(tty, || ()).unwrap();
        writer.submit(Vec::from([b'x'; 100])).unwrap();
        assert!(writer.wait(Duration::from_secs(10)));
        assert!(writer.buffer().capacity() >= 100);
        writer.close();
    }
}
