//! Stopping for the shell's sake, and whether there is a shell to continue.

use nix::unistd;
use rustix::process::{self, Signal};

/// Who asked to stop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Asked {
    /// The person, by a key: everything of this job stops, as `ctrl-z` in a shell does.
    ByKey,
    /// Another process, by a signal to this one.
    BySignal,
}

/// Whether anybody could continue the program: a parent in the same session. Where the program is its session's leader
/// (an SSH command, a terminal's own command) a stop would be the end.
pub(super) fn possible() -> bool {
    let parent = unistd::getppid();
    // In a container the parent may be outside: then it has no number here, and nobody who could be asked.
    parent.as_raw() > 0
        && unistd::getsid(None).is_ok_and(|session| unistd::getsid(Some(parent)) == Ok(session))
}

/// Stops until continued. The terminal must have been given back.
pub(super) fn stop(asked: Asked) {
    // SIGSTOP and not SIGTSTP, whose handler is what led here.
    let result = match asked {
        Asked::ByKey => process::kill_current_process_group(Signal::STOP),
        Asked::BySignal => process::kill_process(process::getpid(), Signal::STOP),
    };
    if let Err(error) = result {
        tracing::warn!(%error, "the program could not be stopped");
    }
}
