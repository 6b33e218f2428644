//! Processes by their number: whether one is still the same, ending it, and ending what it started.

use std::path::Path;
use std::time::Duration;

use nix::unistd;
use rustix::process::{Pid, Signal, kill_process};

/// How long programs that are asked to end may take until they are made to.
const GRACE: Duration = Duration::from_millis(200);
const STEP: Duration = Duration::from_millis(10);

/// When a process started, as the system counts it; none where it does not live or the system does not tell.
pub fn started_at(pid: u32) -> Option<u64> {
    // After the name, which may hold anything, come the state and then numbers; this is the 20th of them.
    stat(pid)?.get(19)?.parse().ok()
}

/// Whether a process lives and is the one that started then.
pub fn is_same_process(pid: u32, started: Option<u64>) -> bool {
    started.is_some() && started_at(pid) == started
}

/// Asks a process to end.
pub fn terminate(pid: u32) {
    signal(pid, Signal::TERM);
}

/// Ends every other process of this one's session: first by asking, soon after by force. For the leader of a session
/// alone; elsewhere it would end the person's shell.
pub fn kill_session() {
    // Not rustix, which takes a leader outside of the container (0) for impossible.
    if unistd::getsid(None) != Ok(unistd::getpid()) {
        return;
    }
    let own = std::process::id();
    let mut left = session(own);
    for pid in &left {
        signal(*pid, Signal::TERM);
    }
    let mut waited = Duration::ZERO;
    while !left.is_empty() && waited < GRACE {
        std::thread::sleep(STEP);
        waited += STEP;
        left = session(own);
    }
    for pid in left {
        signal(pid, Signal::KILL);
    }
}

/// The living processes of a session but its leader.
fn session(leader: u32) -> Vec<u32> {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    let pids = entries.flatten().filter_map(|entry| {
        let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
        let fields = stat(pid)?;
        let dead = matches!(fields.first().map(String::as_str), Some("Z" | "X"));
        let session: u32 = fields.get(3)?.parse().ok()?;
        (session == leader && pid != leader && !dead).then_some(pid)
    });
    pids.collect()
}

/// The fields of `/proc/PID/stat` after the name.
fn stat(pid: u32) -> Option<Vec<String>> {
    let text =
        std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat")).ok()?;
    let (_, fields) = text.rsplit_once(')')?;
    Some(fields.split_whitespace().map(str::to_owned).collect())
}

fn signal(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    if let Some(pid) = pid {
        // One that has ended meanwhile needs no signal.
        let _ = kill_process(pid, signal);
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn a_process_is_the_same_until_it_ends() {
        let own = std::process::id();
        let started = started_at(own);
        assert!(started.is_some());
        assert!(is_same_process(own, started));
        assert!(!is_same_process(own, started.map(|at| at + 1)));
        assert!(!is_same_process(own, None));
        let mut child = Command::new("true").spawn().unwrap();
        let pid = child.id();
        child.wait().unwrap();
        assert_eq!(started_at(pid), None);
    }

    #[test]
    fn who_leads_no_session_ends_nobody() {
        let mut child = Command::new("sleep").arg("30").spawn().unwrap();
        kill_session();
        assert_eq!(child.try_wait().unwrap(), None);
        terminate(child.id());
        child.wait().unwrap();
    }
}
