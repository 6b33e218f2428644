//! The terminal: the only place that knows escape sequences, writes them, and puts everything back.
//!
//! [`Terminal`] is what the event loop holds: it takes frames and gives back a terminal as it was found, whatever
//! ends the program. [`Input`] turns what the terminal sends into keys and replies. Nothing here waits for a
//! terminal: a stalled link delays frames, never the program, and no reply is waited for before the first frame.

mod capability;
mod clipboard;
mod encoder;
mod guard;
mod input;
mod links;
mod live;
mod modes;
mod pen;
mod progress;
mod scroll;
mod sgr;
mod styled;
mod terminal;
mod translate;
mod tty;
mod turns;
mod writer;

pub use capability::{Capabilities, Session};
pub use clipboard::{CopyError, LIMIT as COPY_LIMIT};
pub use encoder::Encoder;
pub use input::Input;
pub use links::LinkSpan;
pub use live::LiveBlock;
pub use progress::ProgressLine;
pub use styled::styled;
pub use terminal::{Drawing, Terminal};
pub use translate::{Button, Event, Mouse, MouseKind, Reply};
pub use tty::Tty;
