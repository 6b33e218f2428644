//! `callboard sync`: refreshes the cache, once or by the schedules of its sources.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::output::Format;
use super::{CliError, Context, Exit, sources};
use crate::sync::{
    self, Progress, SyncContext, SyncError, SyncErrorKind, SyncOptions, SyncSummary,
};
use crate::term::ProgressLine;
use crate::text;

/// The longest sleep between two looks at what is due: the clock may be set meanwhile, and locations registered.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);
/// Between two looks whether another process is still syncing.
const BUSY_SLEEP: Duration = Duration::from_secs(1);
/// The shortest time between two states on the line: a slow link is not flooded.
const INTERVAL: Duration = Duration::from_millis(100);
/// More lines of errors would push what was done off the screen.
const MOST_ERRORS: usize = 20;

/// Its arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Read everything again, whatever is known
    #[arg(long)]
    full: bool,
    /// Stay, and refresh each source by its schedule until ctrl-c
    #[arg(long)]
    watch: bool,
    /// Let everything go that a complete listing no longer shows, however much it is
    #[arg(long)]
    prune: bool,
    /// Leave documentation as it is in the cache
    #[arg(long)]
    no_docs: bool,
    /// How to print the summary
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: Format,
}

/// Runs it.
///
/// # Errors
/// Where no source is configured, another process is syncing, or the cache cannot be written. Sources that fail
/// end with their exit code after the summary; so does PagerDuty, the source of who is on call.
pub fn run(args: Args, context: &Context) -> Result<Exit, CliError> {
    let recipe = sources::Recipe::of(context)?;
    let options = SyncOptions {
        full: args.full,
        prune: args.prune,
        no_docs: args.no_docs,
        ..SyncOptions::default()
    };
    context.block_on(async {
        let cancel = CancellationToken::new();
        tokio::spawn(interrupted(cancel.clone()));
        let turns = Turns {
            recipe: &recipe,
            cancel: &cancel,
            format: args.output,
            context,
        };
        if args.watch {
            return turns.watch(options).await;
        }
        let sync_context = recipe.make().map_err(error)?;
        turns
            .turn(&sync_context, &options)
            .await
            .map_err(Into::into)
    })?
}

/// Why a turn came to nothing.
enum Stopped {
    /// Another process syncs into the same cache.
    Busy(SyncError),
    /// Anything else.
    Failed(CliError),
}

impl From<SyncError> for Stopped {
    fn from(found: SyncError) -> Self {
        match found.kind {
            SyncErrorKind::Busy => Self::Busy(found),
            _ => Self::Failed(error(found)),
        }
    }
}

impl From<CliError> for Stopped {
    fn from(error: CliError) -> Self {
        Self::Failed(error)
    }
}

impl From<Stopped> for CliError {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Busy(found) => error(found),
            Stopped::Failed(error) => error,
        }
    }
}

/// What every turn works with.
struct Turns<'a> {
    recipe: &'a sources::Recipe,
    cancel: &'a CancellationToken,
    format: Format,
    context: &'a Context,
}

/// The first ctrl-c ends the sync where everything is complete, a second one at once: what is in the cache was
/// committed and stays.
async fn interrupted(stop: CancellationToken) {
    if tokio::signal::ctrl_c().await.is_err() {
        return;
    }
    stop.cancel();
    if tokio::signal::ctrl_c().await.is_ok() {
        std::process::exit(i32::from(Exit::Signal(2).code()));
    }
}

/// Shows how far it is until it is dropped: the newest state, no more often than a person reads. What ends before it is
/// shown needs no line.
async fn shown(mut line: Option<ProgressLine>, mut told: watch::Receiver<Progress>) -> Infallible {
    while let (Some(line), Ok(())) = (&mut line, told.changed().await) {
        let text = told.borrow_and_update().line();
        line.show(&text);
        tokio::time::sleep(INTERVAL).await;
    }
    // What is asked after the sources have been read leaves the line as it is.
    std::future::pending().await
}

impl Turns<'_> {
    /// Everything first, then each source by its schedule, until ctrl-c. What is registered is read again before each
    /// turn, and where another process syncs its end is waited for.
    async fn watch(&self, options: SyncOptions) -> Result<Exit, CliError> {
        // What was asked for once is not asked for again by every later turn.
        let later = SyncOptions {
            no_docs: options.no_docs,
            ..SyncOptions::default()
        };
        let mut first = Some(options);
        let mut exit = Exit::Signal(2);
        let mut is_told = false;
        while !self.cancel.is_cancelled() {
            let sync_context = match self.recipe.make() {
                Ok(made) => made,
                Err(found) if first.is_some() => return Err(error(found)),
                // The state was readable before, and may be again.
                Err(found) => {
                    self.context.note(&format!("error: {}", found.message));
                    self.sleep(LONGEST_SLEEP).await;
                    continue;
                }
            };
            let options = match &first {
                Some(options) => options.clone(),
                None => {
                    let due = sync::due(&sync_context, Timestamp::now(), &TimeZone::system())
                        .map_err(error)?;
                    if due.now.is_empty() {
                        self.sleep(until(due.next)).await;
                        continue;
                    }
                    SyncOptions {
                        sources: Some(due.now),
                        ..later.clone()
                    }
                }
            };
            match self.turn(&sync_context, &options).await {
                Ok(done) => (exit, first, is_told) = (done, None, false),
                Err(Stopped::Busy(found)) => {
                    if !std::mem::replace(&mut is_told, true) {
                        self.context
                            .note(&format!("note: {}: waiting for its end", found.message));
                    }
                    while sync::syncing(&sync_context.cache_dir).is_some()
                        && !self.cancel.is_cancelled()
                    {
                        self.sleep(BUSY_SLEEP).await;
                    }
                }
                Err(Stopped::Failed(error)) => return Err(error),
            }
        }
        Ok(exit)
    }

    async fn sleep(&self, time: Duration) {
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            () = self.cancel.cancelled() => {}
        }
    }

    async fn turn(
        &self,
        sync_context: &SyncContext,
        options: &SyncOptions,
    ) -> Result<Exit, Stopped> {
        let (tell, told) = watch::channel(Progress::default());
        let working = async {
            let mut summary = sync::run(
                sync_context,
                options,
                move |progress| {
                    // Nobody listens where no line is shown.
                    let _ = tell.send(progress);
                },
                self.cancel.clone(),
            )
            .await?;
            self.recipe
                .refresh_on_call(&mut summary, None, self.cancel)
                .await;
            Ok::<_, SyncError>(summary)
        };
        // Where every request is told, a line that is drawn over itself is in the way.
        let line = ProgressLine::stderr().filter(|_| self.context.verbose() == 0);
        let result = tokio::select! {
            result = working => result,
            never = shown(line, told) => match never {},
        };
        let summary = result?;
        self.print(&summary)?;
        Ok(exit(&summary))
    }

    fn print(&self, summary: &SyncSummary) -> Result<(), CliError> {
        let mut out = self.context.output();
        match self.format {
            Format::Json => out.json(summary)?,
            Format::Text => {
                for line in listed(summary) {
                    self.context.note(&line);
                }
                out.text(&described(summary))?;
            }
        }
        out.finish()?;
        for notice in &summary.notices {
            self.context.note(&format!("note: {notice}"));
        }
        for failure in &summary.failures {
            self.context.note(&format!("error: {}", failure.message));
            if let Some(hint) = &failure.hint {
                self.context.note(&format!("hint: {hint}"));
            }
        }
        Ok(())
    }
}

/// How long to wait for what is due next.
fn until(next: Option<Timestamp>) -> Duration {
    let wait = next.map(|next| next.duration_since(Timestamp::now()));
    wait.map_or(LONGEST_SLEEP, |wait| {
        Duration::try_from(wait)
            .unwrap_or_default()
            .min(LONGEST_SLEEP)
    })
}

fn exit(summary: &SyncSummary) -> Exit {
    if summary
        .failures
        .iter()
        .any(|f| f.kind == SyncErrorKind::Cancelled)
    {
        // As a shell expects of a program that ctrl-c ended.
        return Exit::Signal(2);
    }
    code(summary.exit_code())
}

fn code(code: u8) -> Exit {
    match code {
        0 => Exit::Done,
        5 => Exit::NotAllowed,
        6 => Exit::Unavailable,
        _ => Exit::Failed,
    }
}

pub(super) fn error(error: SyncError) -> CliError {
    let out = CliError::new(code(error.exit_code(true)), error.message);
    match error.hint {
        Some(hint) => out.hint(hint),
        None => out,
    }
}

/// The lines of the errors: the first ones, and how many more there are. Failures of sources are told by themselves.
fn listed(summary: &SyncSummary) -> Vec<String> {
    let told: BTreeSet<&str> = (summary.failures.iter())
        .map(|failure| failure.message.as_str())
        .collect();
    let mut lines: Vec<String> = (summary.errors.iter())
        .map(ToString::to_string)
        .filter(|line| !told.contains(line.as_str()))
        .collect();
    let more = lines.len().saturating_sub(MOST_ERRORS);
    lines.truncate(MOST_ERRORS);
    if more > 0 {
        lines.push(format!(
            "and {more} more (all of them: callboard sync --output json)"
        ));
    }
    lines
}

fn described(summary: &SyncSummary) -> String {
    let mut out = format!(
        "{} entities: {} added, {} changed, {} removed, {} unchanged",
        summary.entities, summary.added, summary.changed, summary.removed, summary.unchanged
    );
    if summary.stale > 0 {
        out.push_str(&format!(", {} stale", summary.stale));
    }
    if !summary.errors.is_empty() {
        let (n, s) = match summary.errors.len() {
            1 => (1, ""),
            n => (n, "s"),
        };
        out.push_str(&format!("; {n} error{s}"));
    }
    out.push('\n');
    let docs = summary.docs;
    if docs.sites > 0 {
        out.push_str(&format!(
            "docs: {} sites, {} pages, {} of them changed\n",
            docs.sites, docs.pages, docs.changed
        ));
    }
    let requests = summary.requests;
    if requests.graphql + requests.rest > 0 {
        out.push_str(&format!(
            "{} GraphQL and {} REST requests, {} of them not modified",
            requests.graphql, requests.rest, requests.not_modified
        ));
        if let Some(limit) = &summary.rate_limit {
            let until = text::clean(&limit.reset_at);
            out.push_str(&format!(
                "; rate limit {} left, full again {until}",
                limit.remaining
            ));
        }
        out.push('\n');
    }
    out.push_str(&format!(
        "took {}.{:01} s\n",
        summary.duration_ms / 1000,
        summary.duration_ms % 1000 / 100
    ));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::SyncIssue;

    #[test]
    fn the_summary_says_what_there_is_to_say() {
        let summary = SyncSummary {
            entities: 3,
            added: 2,
            unchanged: 1,
            duration_ms: 1_250,
            ..SyncSummary::default()
        };
        assert_eq!(
            described(&summary),
            "3 entities: 2 added, 0 changed, 0 removed, 1 unchanged\ntook 1.2 s\n"
        );
    }

    #[test]
    fn an_issue_is_printed_with_its_place() {
        let mut issue = SyncIssue::new("url:x", "bad");
        assert_eq!(issue.to_string(), "url:x: bad");
        (issue.line, issue.column) = (Some(3), Some(7));
        assert_eq!(issue.to_string(), "url:x:3:7: bad");
    }

    #[test]
    fn only_the_first_errors_are_printed_and_the_rest_counted() {
        let mut summary = SyncSummary::default();
        summary.errors.push(SyncIssue::new("url:x", "bad"));
        assert!(described(&summary).contains("; 1 error\n"));
        summary.errors = vec![SyncIssue::new("url:x", "bad"); 20];
        assert!(described(&summary).contains("; 20 errors\n"));
        assert_eq!(listed(&summary), ["url:x: bad"; 20]);
        summary.errors.push(SyncIssue::new("url:y", "bad"));
        let lines = listed(&summary);
        assert_eq!(lines.len(), 21);
        assert_eq!(
            lines[20],
            "and 1 more (all of them: callboard sync --output json)"
        );
    }

    #[test]
    fn a_failure_is_told_once() {
        let mut summary = SyncSummary::default();
        summary.errors.push(SyncIssue::new("url:x", "bad"));
        summary.errors.push(SyncIssue::new("github:acme", "no"));
        let failure = SyncError::new(SyncErrorKind::Failed, "github:acme: no");
        summary.failures.push(failure);
        assert_eq!(listed(&summary), ["url:x: bad"]);
    }

    #[test]
    fn being_stopped_ends_as_ctrl_c_does() {
        let mut summary = SyncSummary::default();
        assert_eq!(exit(&summary), Exit::Done);
        summary
            .failures
            .push(SyncError::new(SyncErrorKind::NotAllowed, "no"));
        assert_eq!(exit(&summary), Exit::NotAllowed);
        summary
            .failures
            .push(SyncError::new(SyncErrorKind::Cancelled, "stopped"));
        assert_eq!(exit(&summary).code(), 130);
    }
}
