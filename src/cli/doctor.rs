//! `callboard doctor`: what callboard finds on this machine, and what is wrong with it.
//!
//! Changes nothing and never waits long: what asks the network or another program has a deadline.
//!
//! The exit code is 1 where the user must mend something before callboard does what the configuration asks of it: a
//! configuration that cannot be read or has errors, an integration or a token that is of no use, a damaged cache. What
//! will pass by itself or only could be better (no network, a used-up rate limit, nobody signed in, a missing scope, a
//! variable that is not set, an empty cache) is a warning, and the code stays 0.

mod on_call;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::{CliError, Context, Exit, Format, Output, auth, config};
use crate::catalog::Severity;
use crate::github::Settings;
use crate::runtime;
use crate::scaffolder::git;
use crate::store::tasks::TaskStatus;
use crate::store::{Cache, Checked, OpenMode, StoreError, SyncLock, Tasks, file_system};
use crate::term::Capabilities;
use crate::text;
use crate::theme::Depth;

/// How long another program or a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// How to print it.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// How to print what is found
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: Format,
}

/// How a check came out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// As it should be, or a plain fact.
    Ok,
    /// It works, but not as well as it could.
    Warning,
    /// Something does not work.
    Error,
}

/// One thing that was looked at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Check {
    section: &'static str,
    name: String,
    status: Status,
    value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

/// What was found so far.
#[derive(Default)]
pub struct Report {
    checks: Vec<Check>,
}

impl Report {
    /// Adds a fact.
    pub fn fact(&mut self, section: &'static str, name: &str, value: impl Into<String>) {
        self.add(section, name, Status::Ok, value, None);
    }

    /// Adds a check and what to do about it.
    pub fn add(
        &mut self,
        section: &'static str,
        name: &str,
        status: Status,
        value: impl Into<String>,
        hint: Option<&str>,
    ) {
        self.checks.push(Check {
            section,
            name: name.to_owned(),
            status,
            value: value.into(),
            hint: hint.map(str::to_owned),
        });
    }

    fn worst(&self) -> Exit {
        if self
            .checks
            .iter()
            .any(|check| check.status == Status::Error)
        {
            Exit::Failed
        } else {
            Exit::Done
        }
    }

    fn print(&self, out: &mut Output) -> Result<(), CliError> {
        let mut section = "";
        let width = self
            .checks
            .iter()
            .map(|check| text::width(&check.name))
            .max()
            .unwrap_or(0);
        for check in &self.checks {
            if check.section != section {
                if !section.is_empty() {
                    out.line("")?;
                }
                section = check.section;
                out.line(section)?;
            }
            let mark = match check.status {
                Status::Ok => " ",
                Status::Warning => "!",
                Status::Error => "x",
            };
            let name = text::pad(&text::clean(&check.name), width);
            out.line(&format!("{mark} {name}  {}", text::clean(&check.value)))?;
            if let Some(hint) = &check.hint {
                out.line(&format!(
                    "  {}  {}",
                    text::pad("", width),
                    text::clean(hint)
                ))?;
            }
        }
        Ok(())
    }
}

/// Looks at everything and prints it.
///
/// # Errors
/// What standard output says. What is wrong on the machine is told, and makes the exit code 1.
pub fn run(args: Args, context: &Context) -> Result<Exit, CliError> {
    let mut report = Report::default();
    terminal(&mut report, context);
    paths(&mut report, context);
    configuration(&mut report, context);
    identity(&mut report, context);
    on_call::check(&mut report, context);
    cache(&mut report, context);
    tasks(&mut report, context);
    programs(&mut report);
    let mut out = context.output();
    match args.output {
        Format::Json => out.json(&report.checks)?,
        Format::Text => report.print(&mut out)?,
    }
    out.finish()?;
    Ok(report.worst())
}

fn terminal(report: &mut Report, context: &Context) {
    const SECTION: &str = "Terminal";
    let found = Capabilities::probe(&|name| context.env_text(name));
    match context.env_text("TERM") {
        Some(term) if !found.dumb => report.fact(SECTION, "TERM", term),
        Some(term) => report.add(
            SECTION,
            "TERM",
            Status::Warning,
            term,
            Some("the interface does not run here; the commands do"),
        ),
        None => report.add(
            SECTION,
            "TERM",
            Status::Warning,
            "not set",
            Some("the interface does not run here; the commands do"),
        ),
    }
    report.fact(
        SECTION,
        "colours",
        match found.depth {
            Depth::TrueColor => "16 million",
            Depth::Ansi256 => "256",
            Depth::Ansi16 => "16",
            Depth::None => "none",
        },
    );
    report.fact(
        SECTION,
        "characters",
        if found.unicode { "Unicode" } else { "ASCII" },
    );
    let session: Vec<&str> = [
        (found.session.ssh, "SSH"),
        (found.session.tmux, "tmux"),
        (found.session.screen, "screen"),
        (found.console, "Linux console"),
    ]
    .into_iter()
    .filter_map(|(is, name)| is.then_some(name))
    .collect();
    if !session.is_empty() {
        report.fact(SECTION, "inside", session.join(", "));
    }
}

fn paths(report: &mut Report, context: &Context) {
    const SECTION: &str = "Folders";
    let paths = match context.paths() {
        Ok(paths) => paths,
        Err(error) => {
            let hint = error.hint.as_deref();
            return report.add(SECTION, "all", Status::Error, error.message, hint);
        }
    };
    for (name, path) in [("cache", &paths.cache_dir), ("state", &paths.state_dir)] {
        folder(report, SECTION, name, path);
    }
    match config::folder(context) {
        Some(path) => folder(report, SECTION, "configuration", &path),
        None => report.add(
            SECTION,
            "configuration",
            Status::Warning,
            "none: there is no home folder",
            Some("set HOME or XDG_CONFIG_HOME, or name files with --config"),
        ),
    }
}

fn folder(report: &mut Report, section: &'static str, name: &str, path: &Path) {
    let system = file_system(path);
    let shown = path.display();
    if system.network {
        report.add(
            section,
            name,
            Status::Warning,
            format!("{shown} (network file system: {})", system.name),
            Some("a local folder is faster and safer: --cache-dir, --state-dir"),
        );
    } else {
        let missing = if path.exists() { "" } else { ", not made yet" };
        report.fact(section, name, format!("{shown} ({}{missing})", system.name));
    }
}

fn configuration(report: &mut Report, context: &Context) {
    const SECTION: &str = "Configuration";
    let config = match context.config() {
        Ok(config) => config,
        Err(error) => {
            let hint = error.hint.as_deref();
            return report.add(SECTION, "files", Status::Error, error.message, hint);
        }
    };
    for (file, exists) in config.files() {
        let state = if *exists { "" } else { " (does not exist)" };
        report.fact(SECTION, "file", format!("{}{state}", file.path.display()));
    }
    for variable in config.unset_variables() {
        report.add(
            SECTION,
            "variable",
            Status::Warning,
            format!(
                "{} {} ({}): `{}` is absent",
                variable.name,
                if variable.empty {
                    "is empty"
                } else {
                    "is not set"
                },
                variable.origin,
                variable.key
            ),
            Some("set it, or write ${VAR:-default}"),
        );
    }
    for problem in config.problems() {
        let status = match problem.severity {
            Severity::Error => Status::Error,
            Severity::Warning => Status::Warning,
        };
        report.add(
            SECTION,
            "problem",
            status,
            problem.to_string(),
            problem.hint.as_deref(),
        );
    }
    let sources = config.locations().len()
        + config.github_providers().len()
        + config.github_org_providers().len();
    if sources == 0 {
        report.add(
            SECTION,
            "sources",
            Status::Warning,
            "none",
            Some("name catalog.locations or catalog.providers.github in the configuration, or try `callboard demo`"),
        );
    } else {
        report.fact(SECTION, "sources", sources.to_string());
    }
}

/// Whether any source is read from a GitHub.
fn reads_github(context: &Context) -> bool {
    context.config().is_ok_and(|config| {
        !config.github_providers().is_empty()
            || !config.github_org_providers().is_empty()
            || config
                .locations()
                .iter()
                .any(|location| location.location_type != "file")
    })
}

fn identity(report: &mut Report, context: &Context) {
    const SECTION: &str = "Identity";
    if context.config().is_err() {
        // Told already, and without it nobody knows which GitHub.
        return;
    }
    let settings = Settings {
        connect_timeout: PATIENCE,
        read_timeout: PATIENCE,
        timeout: PATIENCE,
        retries: 0,
        ..Settings::default()
    };
    let all = match auth::survey(context, &settings) {
        Ok(all) => all,
        Err(error) => {
            let hint = error.hint.as_deref();
            return report.add(SECTION, "all", Status::Error, error.message, hint);
        }
    };
    let needed = reads_github(context);
    for who in &all {
        tell_identity(report, SECTION, who, needed, context.offline());
    }
}

fn tell_identity(
    report: &mut Report,
    section: &'static str,
    who: &auth::Status,
    needed: bool,
    offline: bool,
) {
    let host = &who.host;
    if let Some(problem) = who.error.as_ref().filter(|_| who.misconfigured) {
        return report.add(section, host, Status::Error, problem, who.hint.as_deref());
    }
    if !who.signed_in {
        let hint = "sign in with `callboard auth login`";
        return if needed {
            report.add(section, host, Status::Warning, who.source, Some(hint))
        } else {
            report.fact(section, host, who.source)
        };
    }
    if let Some(error) = &who.error {
        let status = match who.exit {
            Exit::NotAllowed => Status::Error,
            _ => Status::Warning,
        };
        let value = format!("{}: {error}", who.source);
        return report.add(section, host, status, value, who.hint.as_deref());
    }
    let Some(login) = &who.login else {
        let state = if offline {
            "not checked (--offline)"
        } else {
            "not checked: it signs in for each organisation when it is read"
        };
        return report.fact(section, host, format!("{}, {state}", who.source));
    };
    report.fact(section, host, format!("{login} (from {})", who.source));
    let scopes = auth::scopes_text(who.scopes.as_deref());
    match auth::missing_scopes(who.scopes.as_deref()).as_slice() {
        [] => report.fact(section, "scopes", scopes),
        missing => report.add(
            section,
            "scopes",
            Status::Warning,
            scopes,
            Some(&format!(
                "it lacks {}: private repositories or teams will be missing",
                missing.join(" and ")
            )),
        ),
    }
    if let Some(rate) = &who.rate_limit {
        let status = if rate.remaining == 0 {
            Status::Warning
        } else {
            Status::Ok
        };
        report.add(section, "rate limit", status, rate.text(), None);
    }
}

fn cache(report: &mut Report, context: &Context) {
    const SECTION: &str = "Cache";
    let Ok(paths) = context.paths() else { return };
    let dir = &paths.cache_dir;
    match Cache::open(dir, OpenMode::ReadOnly).and_then(|opened| {
        let entities =
            crate::store::index::read(dir).map_or(0, |snapshot| snapshot.served().count());
        Ok((opened.shared, opened.cache.generation()?, entities))
    }) {
        Ok((shared, generation, entities)) => {
            let shared = if shared { ", shared, read-only" } else { "" };
            report.fact(
                SECTION,
                "entities",
                format!("{entities} (generation {generation}{shared})"),
            );
        }
        Err(error @ StoreError::NoCache { .. }) => report.add(
            SECTION,
            "entities",
            Status::Warning,
            "none yet",
            Some(error.hint()),
        ),
        Err(error) => report.add(
            SECTION,
            "database",
            Status::Error,
            error.to_string(),
            Some(error.hint()),
        ),
    }
    let now = jiff::Timestamp::now().as_second();
    let checked = Checked::read(dir);
    if let Some(at) = checked.at() {
        let when = jiff::Timestamp::from_second(at).map_or(String::new(), |at| format!("{at}, "));
        report.fact(SECTION, "data as of", format!("{when}{}", age(now - at)));
    }
    for (source, check) in &checked.sources {
        let age = match check.at {
            Some(at) => format!("checked {}", age(now - at)),
            None => "never checked".to_owned(),
        };
        match &check.failure {
            None => report.fact(SECTION, "source", format!("{source}, {age}")),
            Some(failure) => report.add(
                SECTION,
                "source",
                Status::Warning,
                format!("{source}, {age}; the last attempt failed: {failure}"),
                None,
            ),
        }
    }
    if let Some(holder) = SyncLock::holder(dir) {
        let process = holder.map_or(String::new(), |pid| format!(" (process {pid})"));
        report.fact(SECTION, "syncing", format!("now{process}"));
    }
}

/// How long ago, in the largest unit that fits.
fn age(seconds: i64) -> String {
    let (n, unit) = match seconds.max(0) {
        s if s < 60 => return "just now".to_owned(),
        s if s < 3600 => (s / 60, "min"),
        s if s < 2 * 86_400 => (s / 3600, "h"),
        s => (s / 86_400, "days"),
    };
    format!("{n} {unit} ago")
}

/// What there is of tasks, and whether they outlive the session.
fn tasks(report: &mut Report, context: &Context) {
    const SECTION: &str = "Tasks";
    let Ok(paths) = context.paths() else { return };
    let survival = runtime::tasks::survival();
    match survival.warning() {
        None => report.fact(SECTION, "at logout", "they go on"),
        Some(warning) => report.add(SECTION, "at logout", Status::Warning, warning, None),
    }
    let counted = Tasks::open_existing(&paths.state_dir).and_then(|tasks| {
        let Some(tasks) = tasks else { return Ok(None) };
        let now = jiff::Timestamp::now().as_millisecond();
        let list = tasks.list()?;
        let stands = |status: TaskStatus| {
            let same = list.iter().filter(|task| tasks.status(task, now) == status);
            same.count()
        };
        let running = stands(TaskStatus::Processing) + stands(TaskStatus::Open);
        Ok(Some((list.len(), running, stands(TaskStatus::Interrupted))))
    });
    match counted {
        Ok(None) => report.fact(SECTION, "kept", "none yet"),
        Ok(Some((all, running, interrupted))) => report.fact(
            SECTION,
            "kept",
            format!("{all}, {running} running, {interrupted} interrupted"),
        ),
        Err(error) => report.add(
            SECTION,
            "kept",
            Status::Error,
            error.to_string(),
            Some(error.hint()),
        ),
    }
}

fn programs(report: &mut Report) {
    const SECTION: &str = "Programs";
    match version_of("git") {
        Some(told) if git::version(&told).is_some_and(|version| version < git::OLDEST) => {
            let (major, minor) = git::OLDEST;
            report.add(
                SECTION,
                "git",
                Status::Warning,
                told,
                Some(&format!(
                    "templates that publish a repository need git {major}.{minor} or newer"
                )),
            );
        }
        Some(told) => report.fact(SECTION, "git", told),
        None => report.add(
            SECTION,
            "git",
            Status::Warning,
            "not found",
            Some("templates that publish a repository need it"),
        ),
    }
}

/// The first line of `program --version`; none where it is not there or does not answer in time.
fn version_of(program: &str) -> Option<String> {
    let mut child = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => {
                let output = child.wait_with_output().ok()?;
                let text = String::from_utf8_lossy(&output.stdout);
                return text.lines().next().map(str::to_owned);
            }
            Ok(None) => std::thread::sleep(Duration::from_millis(10)),
            Ok(Some(_)) | Err(_) => return None,
        }
    }
    let _ = child.kill();
    let _ = child.wait();
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_told_in_the_largest_unit_that_fits() {
        assert_eq!(age(-5), "just now");
        assert_eq!(age(59), "just now");
        assert_eq!(age(180), "3 min ago");
        assert_eq!(age(7200), "2 h ago");
        assert_eq!(age(3 * 86_400), "3 days ago");
    }

    #[test]
    fn an_error_makes_the_exit_code_one_and_a_warning_does_not() {
        let mut report = Report::default();
        report.add("A", "b", Status::Warning, "c", Some("d"));
        assert_eq!(report.worst(), Exit::Done);
        report.add("A", "b", Status::Error, "c", None);
        assert_eq!(report.worst(), Exit::Failed);
    }

    #[test]
    fn a_program_that_is_not_there_has_no_version() {
        assert_eq!(version_of("callboard-no-such-program"), None);
    }
}
