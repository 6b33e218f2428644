//! Starting the process of a task: what it is told, and what it must not inherit.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::json;

use super::watch;
use crate::cli::sources::Recipe;
use crate::cli::{CliError, Context, Exit};
use crate::github::Source;
use crate::runtime::tasks::{self, Message, Order, is_sensitive, survival};
use crate::scaffolder::engine::TaskSpec;
use crate::store::Tasks;
use crate::store::tasks::{NewTask, TaskStatus};

/// A task that a person wants to be run.
#[derive(Debug)]
pub struct NewRun<'a> {
    /// What to run.
    pub spec: &'a TaskSpec,
    /// Where the template was read, for people: its reference or its path.
    pub template: &'a str,
    /// Its secrets.
    pub secrets: BTreeMap<String, String>,
    /// Whether to come back at once.
    pub detach: bool,
}

/// Stores a task, starts its process, and follows it unless it is to be detached: then its id is printed.
///
/// # Errors
/// Where it cannot be stored or started; how it failed, where it did.
pub fn create(run: NewRun<'_>, context: &Context) -> Result<Exit, CliError> {
    let state_dir = absolute(&context.paths()?.state_dir)?;
    let tasks = Tasks::open(&state_dir)?;
    if let Some(notice) = tasks.notice() {
        context.note(&format!("note: {notice}"));
    }
    let id = new_id();
    let spec = serde_json::to_value(run.spec)
        .map_err(|error| CliError::failed(format!("the task cannot be stored: {error}")))?;
    let names: Vec<String> = run.secrets.keys().cloned().collect();
    let user = run.spec.user.get("ref").and_then(|user| user.as_str());
    tasks.create(
        &NewTask {
            id: &id,
            title: &run.spec.title,
            template: run.template,
            spec: &spec,
            secrets: &names,
            identity: user,
        },
        Timestamp::now().as_millisecond(),
    )?;
    start(&state_dir, &tasks, &id, 1, run.secrets, context)?;
    if run.detach {
        let mut out = context.output();
        out.line(&id)?;
        out.finish()?;
        context.note(&format!(
            "follow it with: callboard task log --follow {}",
            super::find::short(&id)
        ));
        return Ok(Exit::Done);
    }
    watch::follow(tasks, &id, 0, context)
}

/// Starts the process of an attempt that was claimed; where that fails, the attempt has failed.
///
/// # Errors
/// Why it could not be started.
pub(super) fn start(
    state_dir: &Path,
    tasks: &Tasks,
    id: &str,
    attempt: i64,
    secrets: BTreeMap<String, String>,
    context: &Context,
) -> Result<(), CliError> {
    let survival = survival();
    if let Some(warning) = survival.warning() {
        context.note(&format!("note: {warning}"));
    }
    let message = Message {
        attempt,
        environment: environment(&secrets, context),
        secrets,
    };
    let started = tasks::start(&Order {
        state_dir,
        id,
        message: &message,
        flags: &flags(context)?,
        survival,
    });
    match started {
        // It goes on whatever becomes of this process.
        Ok(started) => {
            drop(started);
            Ok(())
        }
        Err(error) => {
            let completion = json!({
                "message": "Run completed with status: failed",
                "error": {"name": "Error", "message": error},
            });
            let now = Timestamp::now().as_millisecond();
            tasks.end(id, attempt, TaskStatus::Failed, &completion, now)?;
            Err(CliError::failed(error).hint("`callboard doctor` tells more"))
        }
    }
}

/// The variables that the process must know and must not have in its environment, and the token of `gh`, which may be out
/// of reach once the person has logged out.
fn environment(secrets: &BTreeMap<String, String>, context: &Context) -> BTreeMap<String, String> {
    let values: Vec<&str> = secrets.values().map(String::as_str).collect();
    let mut found: BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, value)| is_sensitive(name, value, &values))
        .collect();
    if context.offline() {
        return found;
    }
    let Ok(identities) = Recipe::of(context).map(|recipe| recipe.identities()) else {
        return found;
    };
    let Ok(identities) = identities else {
        return found;
    };
    for endpoint in identities.endpoints() {
        let Ok(person) = identities.person(endpoint.host()) else {
            continue;
        };
        let name = if endpoint.is_github_com() {
            "GH_TOKEN"
        } else {
            "GH_ENTERPRISE_TOKEN"
        };
        if person.source == Source::GhCli
            && let Some(token) = identities.gh_token(endpoint.host())
        {
            use secrecy::ExposeSecret as _;
            found
                .entry(name.to_owned())
                .or_insert_with(|| token.expose_secret().to_owned());
        }
    }
    found
}

/// The global flags of this process, for one that runs in another folder.
fn flags(context: &Context) -> Result<Vec<OsString>, CliError> {
    let mut flags = Vec::new();
    let mut flag = |name: &str, path: &Path| {
        flags.push(OsString::from(name));
        flags.push(absolute(path)?.into_os_string());
        Ok::<_, CliError>(())
    };
    flag("--cache-dir", &context.paths()?.cache_dir)?;
    for file in context.named_config_files() {
        flag("--config", &file)?;
    }
    if context.offline() {
        flags.push("--offline".into());
    }
    Ok(flags)
}

pub(super) fn absolute(path: &Path) -> Result<PathBuf, CliError> {
    std::path::absolute(path)
        .map_err(|error| CliError::failed(format!("{}: {error}", path.display())))
}

/// A random UUID (version 4).
fn new_id() -> String {
    let bits = fastrand::u128(..);
    let bits = bits & !(0xf << 76) | (4 << 76);
    let bits = bits & !(0b11 << 62) | (0b10 << 62);
    let hex = format!("{bits:032x}");
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32];
    let parts = parts.map(|part| hex.get(part).unwrap_or_default());
    parts.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_random_uuid() {
        let (one, other) = (new_id(), new_id());
        assert_ne!(one, other);
        let lengths: Vec<usize> = one.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!(one.as_bytes()[14], b'4');
        assert!(matches!(one.as_bytes()[19], b'8' | b'9' | b'a' | b'b'));
    }
}
