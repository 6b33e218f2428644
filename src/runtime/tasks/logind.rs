//! Whether a task outlives the session it is started in: logind may be told to kill a user's processes at logout.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(2);
const STEP: Duration = Duration::from_millis(2);

/// What happens to a task at logout.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Survival {
    /// It goes on.
    Safe,
    /// It would be killed, but not in a scope of the user's own manager, which lingers.
    Scope,
    /// It is killed.
    Killed,
}

impl Survival {
    /// What to tell the person, where there is something to tell.
    pub fn warning(self) -> Option<&'static str> {
        match self {
            Self::Safe | Self::Scope => None,
            Self::Killed => Some(
                "this machine ends your processes when you log out, tasks included; `loginctl enable-linger` changes that",
            ),
        }
    }
}

/// Asks `loginctl`; where there is none, or it says nothing, nobody kills anything.
pub fn survival() -> Survival {
    let kills = ask(&["show-session", "--property=KillUserProcesses"])
        .is_some_and(|answer| says_yes(&answer, "KillUserProcesses"));
    if !kills {
        return Survival::Safe;
    }
    let user = rustix::process::getuid().as_raw().to_string();
    let lingers = ask(&["show-user", &user, "--property=Linger"])
        .is_some_and(|answer| says_yes(&answer, "Linger"));
    if lingers {
        Survival::Scope
    } else {
        Survival::Killed
    }
}

/// What it answers; none where it does not, or not in time.
fn ask(arguments: &[&str]) -> Option<String> {
    let mut child = Command::new("loginctl")
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        match child.try_wait() {
            // A line or two: the pipe held it.
            Ok(Some(status)) if status.success() => {
                let output = child.wait_with_output().ok()?;
                return Some(String::from_utf8_lossy(&output.stdout).into_owned());
            }
            Ok(None) => std::thread::sleep(STEP),
            Ok(Some(_)) | Err(_) => return None,
        }
    }
    let _ = child.kill();
    let _ = child.wait();
    None
}

fn says_yes(answer: &str, property: &str) -> bool {
    answer.lines().any(|line| {
        line.split_once('=')
            .is_some_and(|(name, value)| name == property && value.trim() == "yes")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_yes_is_yes() {
        assert!(says_yes("KillUserProcesses=yes\n", "KillUserProcesses"));
        assert!(!says_yes("KillUserProcesses=no\n", "KillUserProcesses"));
        assert!(!says_yes("", "KillUserProcesses"));
        assert!(!says_yes("Linger=yes", "KillUserProcesses"));
    }
}
