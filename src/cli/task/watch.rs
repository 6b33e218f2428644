//! Following a task that was just started: its steps, the end of its log, and at last what it put out.
//!
//! On a terminal, steps with a spinner and their time, what is finished above; elsewhere a plain line an event. All of it
//! goes to standard error; links and texts of the end go to standard output. The task needs none of it: whoever goes away
//! detaches.

mod board;

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::signal::unix::{SignalKind, signal};

use super::{cancel, find, format, log};
use crate::cli::{CliError, Context, Exit, key_prompt};
use crate::scaffolder::task::{self, Progress};
use crate::store::Tasks;
use crate::store::tasks::{Follow, TaskStatus};
use crate::term::{Capabilities, LiveBlock};

use board::Board;

/// How often the spinner turns.
const TURN: Duration = Duration::from_millis(200);

/// Shows a task's events after one of them until it has ended.
///
/// # Errors
/// How it failed, with what to do about it; what the store says.
pub(super) fn follow(
    tasks: Tasks,
    id: &str,
    after: i64,
    context: &Context,
) -> Result<Exit, CliError> {
    let progress = Progress::new(&tasks.spec(id)?.unwrap_or_default());
    let mut viewer = Viewer {
        reader: Follow::new(tasks, id, after),
        id: id.to_owned(),
        progress,
        board: live(context),
        zone: TimeZone::system(),
    };
    let ending = context.block_on(viewer.run(context))??;
    viewer.end(ending, context)
}

/// The block of a terminal, where there is one and nobody wants every line.
fn live(context: &Context) -> Option<Board> {
    let block = LiveBlock::stderr().filter(|_| context.verbose() == 0 && !context.dumb())?;
    let unicode = Capabilities::probe(&|name| context.env_text(name)).unicode;
    let color = context.may_color() && context.env("NO_COLOR").is_none();
    Some(Board::new(block, unicode, color))
}

/// How following came to an end.
enum Ending {
    /// The task ended, or its process is gone.
    Over(TaskStatus),
    /// The person went away.
    Detached(Exit),
}

struct Viewer {
    reader: Follow,
    id: String,
    progress: Progress,
    board: Option<Board>,
    zone: TimeZone,
}

impl Viewer {
    async fn run(&mut self, context: &Context) -> Result<Ending, CliError> {
        let mut turned = Instant::now();
        // One for all the time: one that is made anew each time would lose what comes in between.
        let mut interrupts = signal(SignalKind::interrupt())
            .map_err(|error| CliError::failed(format!("signals: {error}")))?;
        loop {
            let now = Timestamp::now().as_millisecond();
            // Asked before the events: what is appended before the task ends is read after it is seen to have ended.
            let state = self.reader.state(now)?;
            let status = state.map_or(TaskStatus::Failed, |(_, status)| status);
            let news = self.news(context)?;
            if !status.is_running() {
                if let Some(board) = &mut self.board {
                    board.end(&self.progress, now);
                }
                return Ok(Ending::Over(status));
            }
            if let Some(board) = &mut self.board
                && (news || turned.elapsed() >= TURN)
            {
                board.draw(&self.progress, now);
                turned = Instant::now();
            }
            tokio::select! {
                () = tokio::time::sleep(log::PERIOD) => {}
                _ = interrupts.recv() => {
                    if let Some(ending) = self.asked(context)? {
                        return Ok(ending);
                    }
                }
            }
        }
    }

    /// Takes in what is new; tells whether there was anything.
    fn news(&mut self, context: &Context) -> Result<bool, CliError> {
        let mut any = false;
        loop {
            let page = self.reader.next_page()?;
            if page.is_empty() {
                return Ok(any);
            }
            any = true;
            for stored in &page {
                let event = task::event(stored);
                self.progress.apply(&event);
                match &mut self.board {
                    Some(board) => board.event(&event),
                    None => {
                        for line in format::event(&event, stored.at, &self.zone) {
                            context.note(&line);
                        }
                    }
                }
            }
        }
    }

    /// What ctrl-c means: detach, cancel, or nothing.
    fn asked(&mut self, context: &Context) -> Result<Option<Ending>, CliError> {
        if let Some(board) = &mut self.board {
            board.clear();
        }
        let asks = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        let key = if asks {
            key_prompt::ask(
                "The task goes on by itself. d detach · c cancel it · any other key: go on watching ",
            )
        } else {
            None
        };
        match key {
            Some(b'c' | b'C') => {
                cancel::ask(self.reader.tasks(), &self.id)?;
                Ok(None)
            }
            // Nobody to ask, or ctrl-c again: the person wants to leave.
            None => Ok(Some(Ending::Detached(Exit::Signal(2)))),
            Some(0x03 | 0x04) => Ok(Some(Ending::Detached(Exit::Signal(2)))),
            Some(b'd' | b'D') => Ok(Some(Ending::Detached(Exit::Done))),
            Some(_) => {
                context.note("");
                Ok(None)
            }
        }
    }

    /// Tells how it ended.
    fn end(mut self, ending: Ending, context: &Context) -> Result<Exit, CliError> {
        // The block is gone before anything else is printed.
        self.board = None;
        let short = find::short(&self.id).to_owned();
        let status = match ending {
            Ending::Detached(exit) => {
                context.note(&format!(
                    "the task goes on; follow it with: callboard task log --follow {short}"
                ));
                return Ok(exit);
            }
            Ending::Over(status) => status,
        };
        let again = format!("go on where it ended: callboard task retry {short}");
        match status {
            TaskStatus::Completed => {
                let mut out = context.output();
                let output = self.progress.output.unwrap_or_default();
                for line in format::output(&output) {
                    out.line(&line)?;
                }
                out.finish()?;
                Ok(Exit::Done)
            }
            TaskStatus::Cancelled => {
                cancel::tell_what_exists(self.reader.tasks(), &self.id, context)?;
                Err(CliError::failed("the task was cancelled").hint(again))
            }
            TaskStatus::Interrupted | TaskStatus::Open | TaskStatus::Processing => {
                Err(CliError::failed(
                    "the task was interrupted: its process was killed, or could store nothing any more",
                )
                .hint(again))
            }
            TaskStatus::Failed => {
                let error = self.progress.error;
                let message = error.map_or("the task failed".to_owned(), |error| error.message);
                Err(CliError::failed(message).hint(again))
            }
        }
    }
}
