//! Other programs that get the terminal for a while: `$EDITOR` and `$PAGER`.
//!
//! A text goes to them in a file that only its owner can read, in a folder of its own that is removed with whatever the
//! program left beside it. The variables are commands of the person's own and are read as git reads them, by a shell.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{self, Pid, Signal};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::sync::mpsc::Receiver;

use super::event::Incoming;
use super::launch::Ending;
use super::signals::{Caught, Signals};
use super::suspend::{self, Asked};
use crate::app::{Edited, HandOver, Msg};
use crate::term::Tty;

/// An edited text that is longer is not taken over, in bytes.
const MAX_TEXT: u64 = 1 << 20;
/// How long signals that ended the program may be on their way to this one.
const LATE: Duration = Duration::from_millis(10);
/// Exit code of a shell that does not find its command.
const NOT_FOUND: i32 = 127;

/// A program that is ready to be started.
pub(super) struct Prepared {
    command: Command,
    /// The text is what comes back from it.
    wanted: Option<(Edited, PathBuf)>,
    /// Removed with this.
    _folder: Option<TempDir>,
    program: String,
}

/// What a program left behind.
pub(super) struct Outcome {
    /// For the interface.
    pub(super) msg: Option<Msg>,
    /// For the message log.
    pub(super) notice: Option<String>,
    /// What came in meanwhile.
    pub(super) incoming: Vec<Incoming>,
    /// A signal that ends the interface as well.
    pub(super) ending: Option<Ending>,
}

/// Gets everything ready; nothing has happened to the terminal yet. `env` gives a variable's value.
///
/// # Errors
/// Where no file can be written, in words for people.
pub(super) fn prepare(
    order: HandOver,
    tty: &Tty,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Prepared, String> {
    let failed = |error: io::Error| format!("no file for another program: {error}");
    let set = |name: &str| env(name).filter(|value| !value.trim().is_empty());
    let editor = || {
        set("VISUAL")
            .or_else(|| set("EDITOR"))
            .unwrap_or_else(|| "vi".into())
    };
    let mut prepared = match order {
        HandOver::Edit { what, text, name } => {
            let (folder, file) = written(&text, name).map_err(failed)?;
            let program = editor();
            Prepared {
                command: with_file(&program, None, &file),
                wanted: Some((what, file)),
                _folder: Some(folder),
                program,
            }
        }
        HandOver::EditFile { path, line } => {
            let program = editor();
            Prepared {
                command: with_file(&program, line, Path::new(&path)),
                wanted: None,
                _folder: None,
                program,
            }
        }
        HandOver::Page { text } => {
            let (folder, file) = written(&text, "text").map_err(failed)?;
            let program = set("PAGER").unwrap_or_else(|| {
                "if command -v less >/dev/null; then less; else more; fi".into()
            });
            let mut command = shell(&program);
            // A text that fits the screen is to be read as well: no quitting at once.
            let options = env("LESS").unwrap_or_default();
            command.env("LESS", format!("{options} -+F").trim_start());
            command.stdin(File::open(file).map_err(failed)?);
            Prepared {
                command,
                wanted: None,
                _folder: Some(folder),
                program,
            }
        }
    };
    let device = || tty.output().try_clone_to_owned().map(Stdio::from);
    prepared.command.stdout(device().map_err(failed)?);
    prepared.command.stderr(device().map_err(failed)?);
    if prepared._folder.is_none() || prepared.wanted.is_some() {
        let input = tty.input().try_clone_to_owned().map_err(failed)?;
        prepared.command.stdin(Stdio::from(input));
    }
    Ok(prepared)
}

/// A text in a file that only its owner can read.
fn written(text: &str, name: &str) -> io::Result<(TempDir, PathBuf)> {
    let folder = tempfile::Builder::new()
        .prefix("callboard-")
        .permissions(Permissions::from_mode(0o700))
        .tempdir()?;
    let path = folder.path().join(name);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)?;
    file.write_all(text.as_bytes())?;
    Ok((folder, path))
}

fn shell(program: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(program);
    command
}

/// An editor with a file, at a line where it is known how that is said.
fn with_file(program: &str, line: Option<u32>, file: &Path) -> Command {
    let mut command = shell(&format!("{program} \"$@\""));
    command.arg(program);
    let name = program.split_whitespace().next().unwrap_or_default();
    let name = name.rsplit('/').next().unwrap_or_default();
    const PLUS: [&str; 12] = [
        "vi",
        "vim",
        "nvim",
        "view",
        "nano",
        "emacs",
        "emacsclient",
        "kak",
        "micro",
        "joe",
        "jed",
        "mg",
    ];
    if let Some(line) = line.filter(|_| PLUS.contains(&name)) {
        command.arg(format!("+{line}"));
    }
    command.arg(file);
    command
}

impl Prepared {
    /// Runs it to its end. The terminal must have been given back. Signals are the program's meanwhile, but those that
    /// end the interface; what comes in is kept.
    pub(super) async fn run(
        mut self,
        signals: &mut Signals,
        incoming: &mut Receiver<Incoming>,
    ) -> Outcome {
        let mut outcome = Outcome {
            msg: None,
            notice: None,
            incoming: Vec::new(),
            ending: None,
        };
        let program = std::mem::take(&mut self.program);
        let status = match self.command.spawn() {
            Ok(mut child) => attend(&mut child, signals, incoming, &mut outcome).await,
            Err(error) => Err(error),
        };
        match status {
            Err(error) => outcome.notice = Some(format!("{program}: {error}")),
            Ok(status) if status.code() == Some(NOT_FOUND) => {
                outcome.notice = Some(format!("{program} was not found; set EDITOR and PAGER"));
            }
            Ok(status) if !status.success() => {
                if self.wanted.is_some() {
                    outcome.notice = Some(format!("{program}: {status}; nothing was taken over"));
                }
            }
            Ok(_) => match self.wanted.as_ref().map(|(what, path)| (*what, read(path))) {
                Some((what, Ok(text))) => outcome.msg = Some(Msg::Edited { what, text }),
                Some((_, Err(error))) => {
                    outcome.notice = Some(format!("{error}; nothing was taken over"));
                }
                None => {}
            },
        }
        outcome
    }
}

/// Waits for the program as a shell would: keys and signals of the terminal are its own.
async fn attend(
    child: &mut Child,
    signals: &mut Signals,
    incoming: &mut Receiver<Incoming>,
    outcome: &mut Outcome,
) -> io::Result<ExitStatus> {
    let pid = child
        .id()
        .and_then(|id| i32::try_from(id).ok())
        .and_then(Pid::from_raw);
    let tell = |signal: Signal| {
        if let Some(pid) = pid {
            let _ = process::kill_process(pid, signal);
        }
    };
    let mut take = |caught: Caught| match caught {
        Caught::End(number) if is_of_the_keyboard(number) => {}
        Caught::End(number) => {
            outcome.ending = Some(Ending::Signal(number));
            tell(Signal::TERM);
        }
        // The program stops itself by the same signal.
        Caught::Stop if suspend::possible() => suspend::stop(Asked::BySignal),
        Caught::Stop => tell(Signal::CONT),
        Caught::Continued | Caught::Resized => {}
    };
    let status = loop {
        tokio::select! {
            biased;
            caught = signals.next() => take(caught),
            status = child.wait() => break status,
            Some(message) = incoming.recv() => outcome.incoming.push(message),
        }
    };
    // What ended the program with a key may reach this one a moment later.
    while let Ok(caught) = tokio::time::timeout(LATE, signals.next()).await {
        take(caught);
    }
    status
}

fn is_of_the_keyboard(signal: i32) -> bool {
    [Signal::INT, Signal::QUIT]
        .iter()
        .any(|known| known.as_raw() == signal)
}

fn read(path: &Path) -> io::Result<String> {
    if fs::metadata(path)?.len() > MAX_TEXT {
        return Err(io::Error::other("the text is longer than 1 MiB"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_TEXT).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_lies_where_only_its_owner_reads_it_and_goes_with_its_folder() {
        let (folder, path) = written("secret", "line.txt").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(folder.path()), mode(&path)), (0o700, 0o600));
        fs::write(folder.path().join("line.txt~"), "left behind").unwrap();
        drop(folder);
        assert!(!path.exists() && !path.parent().unwrap().exists());
    }

    #[test]
    fn an_editor_is_told_the_line_where_that_is_known() {
        let arguments = |program: &str| -> Vec<String> {
            let command = with_file(program, Some(7), Path::new("/a b.yaml"));
            let arguments = command.as_std().get_args();
            arguments
                .map(|a| a.to_string_lossy().into_owned())
                .collect()
        };
        assert_eq!(
            arguments("/usr/bin/vim -n"),
            [
                "-c",
                "/usr/bin/vim -n \"$@\"",
                "/usr/bin/vim -n",
                "+7",
                "/a b.yaml"
            ]
        );
        assert_eq!(
            arguments("code --wait"),
            ["-c", "code --wait \"$@\"", "code --wait", "/a b.yaml"]
        );
    }
}
