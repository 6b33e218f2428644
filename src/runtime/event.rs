//! What reaches the event loop besides keys and signals.

use crate::app::Msg;

/// A message from a thread of the runtime.
#[derive(Debug)]
pub(super) enum Incoming {
    /// For the interface.
    Msg(Msg),
    /// The index, or the file that tells of checks, was replaced, by whomever.
    IndexReplaced,
}
