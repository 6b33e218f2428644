//! The terminal as the event loop holds it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::capability::Session;
use super::clipboard::{self, CopyError};
use super::encoder::Encoder;
use super::guard::{self, Guard};
use super::links::LinkSpan;
use super::modes;
use super::translate::Reply;
use super::tty::Tty;
use super::writer::Writer;

/// What a frame says beyond its cells.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Drawing {
    /// Where the cursor stands; hidden where none.
    pub cursor: Option<(u16, u16)>,
    /// What leads somewhere.
    pub links: Vec<LinkSpan>,
}

/// A terminal in raw mode, on its alternate screen once the first frame is out. Dropping it gives it back.
#[derive(Debug)]
pub struct Terminal {
    tty: Arc<Tty>,
    writer: Writer,
    guard: Arc<Guard>,
    encoder: Encoder,
    buffer: Buffer,
    /// Sequences that go out with the next frame.
    queued: Vec<u8>,
    mouse: bool,
    /// The terminal knows kitty's keyboard protocol: it is on wherever the interface is.
    kitty: bool,
    /// Others had the terminal: the next frame puts it into the interface's modes again.
    anew: bool,
    size: (u16, u16),
}

impl Terminal {
    /// Takes the terminal: raw mode at once, everything else with the first frame. Keys typed before are kept.
    /// `drained` is called, on another thread, after every frame that is out and when the terminal is lost; it
    /// must not block.
    ///
    /// A panic of the thread that called this gives the terminal back before it is printed.
    ///
    /// # Errors
    /// Where the terminal is gone or the system gives no thread.
    pub fn take(tty: Arc<Tty>, drained: impl Fn() + Send + 'static) -> io::Result<Self> {
        let writer = Writer::start(Arc::clone(&tty), drained)?;
        let guard = Arc::new(Guard::new(Arc::clone(&tty), writer.clone()));
        guard.take()?;
        guard::hook(&guard);
        let size = tty.size();
        Ok(Self {
            tty,
            writer,
            guard,
            encoder: Encoder::new(),
            buffer: Buffer::empty(Rect::ZERO),
            queued: Vec::new(),
            mouse: false,
            kitty: false,
            anew: false,
            size,
        })
    }

    /// Columns and rows, as last asked.
    pub fn size(&self) -> (u16, u16) {
        self.size
    }

    /// Asks the system for the size anew, after it said that it changed. The next frame is drawn whole even where the
    /// size is what it was: a terminal that shrank and grew again has cut what it showed.
    pub fn measure(&mut self) {
        self.size = self.tty.size();
        self.encoder.forget();
    }

    /// Whether the last frame is out: while it is not, drawing is a waste.
    pub fn ready(&self) -> bool {
        self.writer.idle()
    }

    /// Whether the terminal is gone.
    pub fn lost(&self) -> bool {
        self.writer.lost().is_some()
    }

    /// Draws a frame: `render` fills an empty buffer of the terminal's size. What differs from the last one goes out
    /// in one write, with whatever was queued. Does nothing but say so where the last frame is not out yet.
    pub fn draw(&mut self, render: impl FnOnce(Rect, &mut Buffer) -> Drawing) -> bool {
        if !self.ready() {
            return false;
        }
        let area = Rect::new(0, 0, self.size.0, self.size.1);
        self.buffer.resize(area);
        self.buffer.reset();
        let drawing = render(area, &mut self.buffer);
        let mut out = self.writer.buffer();
        self.enter(&mut out);
        out.append(&mut self.queued);
        self.encoder
            .encode(&mut self.buffer, &drawing.links, drawing.cursor, &mut out);
        self.writer.submit(out).is_ok()
    }

    /// Sends what is queued without drawing, where the last frame is out.
    pub fn flush(&mut self) -> bool {
        if self.queued.is_empty() && self.kitty == self.guard.kitty.load(Ordering::Relaxed) {
            return true;
        }
        if !self.ready() {
            return false;
        }
        let mut out = self.writer.buffer();
        self.enter(&mut out);
        out.append(&mut self.queued);
        self.writer.submit(out).is_ok()
    }

    fn enter(&mut self, out: &mut Vec<u8>) {
        let anew = std::mem::take(&mut self.anew);
        if !self.guard.entered.swap(true, Ordering::Relaxed) || anew {
            out.extend_from_slice(&modes::enter());
            if self.mouse {
                out.extend_from_slice(modes::MOUSE_ON);
            }
            // Still on where others had the terminal without a word: never on twice.
            if self.guard.kitty.swap(false, Ordering::Relaxed) {
                out.extend_from_slice(&modes::plain_keys());
            }
        }
        if self.kitty && !self.guard.kitty.swap(true, Ordering::Relaxed) {
            out.extend_from_slice(&modes::kitty());
        }
    }

    /// Draws the next frame whole: for a person who asks for it.
    pub fn redraw(&mut self) {
        self.encoder.forget();
    }

    /// Asks the terminal what it can do. The answers come as input, or never.
    pub fn ask(&mut self) {
        self.guard.asked();
        self.queued.extend_from_slice(modes::PROBE);
    }

    /// Takes an answer into account.
    pub fn learn(&mut self, reply: Reply) {
        match reply {
            Reply::KittyKeyboard => self.kitty = true,
            Reply::SynchronizedOutput(known) => self.encoder.set_synchronized(known),
            Reply::End => self.guard.answered(),
        }
    }

    /// Turns the mouse on or off: while it is on, the terminal's own selection is not there.
    pub fn set_mouse(&mut self, on: bool) {
        if self.mouse != on {
            self.mouse = on;
            self.queued.extend_from_slice(match on {
                true => modes::MOUSE_ON,
                false => modes::MOUSE_OFF,
            });
        }
    }

    /// Sends a text to the clipboard with the next frame.
    ///
    /// # Errors
    /// Where it is too long for terminals.
    pub fn copy(&mut self, text: &str, session: Session) -> Result<(), CopyError> {
        let sequence = clipboard::copy(text, session)?;
        // Only the last of several copies counts: a stalled link must not collect them.
        if self.queued.len() > clipboard::LIMIT {
            self.queued.clear();
        }
        self.queued.extend_from_slice(&sequence);
        Ok(())
    }

    /// Gives the terminal back for a while: to the shell, an editor, a pager.
    pub fn release(&mut self) {
        self.guard.restore();
    }

    /// Takes the terminal again, after [`Terminal::release`] or after others had it without a word; the next frame is
    /// drawn whole, in one write.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn retake(&mut self) -> io::Result<()> {
        self.guard.take()?;
        self.size = self.tty.size();
        self.encoder.forget_all();
        self.anew = true;
        Ok(())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.guard.restore();
        self.writer.close();
    }
}
