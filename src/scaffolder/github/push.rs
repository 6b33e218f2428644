//! Pushes a step's files as the first commit of a repository, and protects the branch.

use std::path::PathBuf;

use serde_json::{Value, json};
use url::Url;

use super::protect::protect;
use super::{Repo, after, failed, text_at};
use crate::scaffolder::action::{Level, StepContext};
use crate::scaffolder::error::{ActionError, ActionErrorKind};
use crate::scaffolder::git::{Git, Person, Remote, no_git_folders};
use crate::scaffolder::services::Intent;

/// The intent's key within its step.
const KEY: &str = "push";

/// Who commits where neither the step nor the configuration says so. Backstage: `initRepoAndPush`.
pub const AUTHOR: (&str, &str) = ("Scaffolder", "scaffolder@backstage.io");

/// The branch where a step names none. Backstage's schema says `master`; what it does is `main`.
pub const BRANCH: &str = "main";

/// The folder of the workspace that a step publishes.
///
/// # Errors
/// `NotAllowed` where `sourcePath` leads out; `NotFound` where it is no folder.
pub fn source(step: &StepContext<'_>) -> Result<PathBuf, ActionError> {
    let path = step.text("sourcePath").unwrap_or("");
    let folder = step.workspace.resolve(path)?;
    if folder.is_dir() {
        no_git_folders(&folder)?;
        return Ok(folder);
    }
    Err(ActionError::not_found(format!(
        "`sourcePath` names `{path}`, which is no folder of the workspace"
    )))
}

/// Who commits: the step's input, else the configuration, else Backstage's default.
pub fn author(step: &StepContext<'_>) -> Person {
    let (name, email) = &step.services.config.default_author;
    let pick = |input: &str, configured: &Option<String>, default: &str| {
        step.text(input)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
            .or_else(|| configured.clone())
            .unwrap_or_else(|| default.to_owned())
    };
    Person {
        name: pick("gitAuthorName", name, AUTHOR.0),
        email: pick("gitAuthorEmail", email, AUTHOR.1),
    }
}

/// The commit's message: the step's input, else the configuration, else `initial commit`.
pub fn message(step: &StepContext<'_>) -> String {
    step.text("gitCommitMessage")
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
        .or_else(|| step.services.config.default_commit_message.clone())
        .unwrap_or_else(|| "initial commit".to_owned())
}

/// The address git pushes to, once it is certain that the token may go there.
///
/// # Errors
/// `NotAllowed` where GitHub's answer names another server.
pub fn remote_url(repo: &Repo, clone_url: &str) -> Result<Url, ActionError> {
    let refused = || {
        ActionError::not_allowed(format!(
            "GitHub says that {} is cloned from another server: nothing is pushed there",
            repo.url.full_name()
        ))
    };
    let url = Url::parse(clone_url).map_err(|_| refused())?;
    if repo.client.endpoint().may_see_token(&url) {
        Ok(url)
    } else {
        Err(refused())
    }
}

/// Commits the step's files and pushes them to a branch that has no commits, then protects it where the step wants that.
/// On a retry a push that arrived is not repeated. The commit's id comes back.
///
/// # Errors
/// As git and GitHub say; what was made before is said with it.
pub async fn push(
    step: &StepContext<'_>,
    repo: &Repo,
    clone_url: &str,
    message: &str,
) -> Result<String, ActionError> {
    let branch = step.text("defaultBranch").unwrap_or(BRANCH);
    let commit = once(step, repo, clone_url, branch, message).await?;
    if !step.flag("protectDefaultBranch", true) {
        return Ok(commit);
    }
    match protect(step, repo, branch, "protectEnforceAdmins").await {
        Ok(()) => {}
        Err(error) if error.kind == ActionErrorKind::Cancelled => return Err(error),
        Err(error) => {
            let hint = error
                .hint
                .map(|hint| format!(" ({hint})"))
                .unwrap_or_default();
            let text = format!(
                "Skipping: default branch protection on '{}', {}{hint}",
                repo.url.name, error.message
            );
            step.log(Level::Warn, &text);
        }
    }
    Ok(commit)
}

async fn once(
    step: &StepContext<'_>,
    repo: &Repo,
    clone_url: &str,
    branch: &str,
    message: &str,
) -> Result<String, ActionError> {
    let url = remote_url(repo, clone_url)?;
    let files = source(step)?;
    let git = Git::find(step.cancel).await?;
    git.check_branch(branch, step.cancel).await?;
    let committed = git
        .commit(&files, message, &author(step), step.cancel)
        .await?;
    let detail = json!({"commit": committed.commit, "branch": branch});
    match step.intents.begin(KEY, detail)? {
        Intent::New => {}
        Intent::Done(outcome) => {
            return Ok(text_at(&outcome, &["commit"]).unwrap_or(committed.commit));
        }
        Intent::Unfinished { detail, .. } => {
            let before = text_at(&detail, &["commit"]);
            if before.is_some() && repo.head(branch).await? == before {
                step.log(Level::Info, "An earlier attempt's push had arrived");
                return done(step, before.unwrap_or_default());
            }
        }
    }
    let token = repo.client.token().await.map_err(failed)?;
    let remote = Remote {
        url: &url,
        token: token.as_ref(),
    };
    step.log(
        Level::Info,
        &format!("Pushing to {}, branch {branch}", repo.url.full_name()),
    );
    git.push(&committed, branch, &remote, false, step.cancel)
        .await
        .map_err(|error| after(&format!("{} exists", repo.url.full_name()), error))?;
    done(step, committed.commit)
}

fn done(step: &StepContext<'_>, commit: String) -> Result<String, ActionError> {
    let outcome: Value = json!({"commit": commit});
    step.intents.done(KEY, outcome)?;
    Ok(commit)
}
