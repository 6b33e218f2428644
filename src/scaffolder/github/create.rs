//! Makes a repository, once.

use serde_json::{Map, Value, json};

use super::{Repo, after, failed, is_since, text_at};
use crate::github::Verb;
use crate::scaffolder::action::{Level, StepContext};
use crate::scaffolder::error::{ActionError, ActionErrorKind};
use crate::scaffolder::services::Intent;

/// The intent's key within its step.
const KEY: &str = "create-repository";

/// A repository that a step made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Created {
    /// Where git finds it.
    pub clone_url: String,
    /// Its page.
    pub html_url: String,
    /// Whether it belongs to an organisation.
    pub in_organization: bool,
}

/// Makes the repository of a step. On a retry the one that this task made is taken.
///
/// # Errors
/// `Conflict` where one of that name was there before; `NotAllowed`, `NotFound` and others as GitHub says.
pub async fn create(step: &StepContext<'_>, repo: &Repo) -> Result<Created, ActionError> {
    let name = repo.url.full_name();
    let in_organization = is_organization(repo).await?;
    check_owner(step, repo, in_organization).await?;
    if let Some(team) = team_of_access(step, &repo.url.owner) {
        let segments = ["orgs", &repo.url.owner, "teams", team];
        if repo
            .client
            .find(&segments, &[])
            .await
            .map_err(failed)?
            .is_none()
        {
            return Err(ActionError::not_found(format!(
                "there is no team `{team}` in {}, which `access` names",
                repo.url.owner
            )));
        }
    }
    let existing = existing(repo).await?;
    let detail = json!({"repository": name, "absent": existing.is_none()});
    let intent = step.intents.begin(KEY, detail)?;
    if let Intent::Done(made) = &intent {
        return read(made, in_organization);
    }
    if let Some(found) = existing {
        let Intent::Unfinished { since, detail } = intent else {
            return Err(exists(&name));
        };
        if !adoptable(step, repo, &found, &since, &detail).await? {
            return Err(exists(&name).hint(
                "an earlier attempt of this task may have made it, but it is not empty or cannot be told apart: delete it, or choose another name",
            ));
        }
        step.log(
            Level::Info,
            &format!("{name} was made by an earlier attempt of this task and is still empty: going on with it"),
        );
        return finish(step, &found, in_organization);
    }
    let auto_init = step.input.get("autoInit").and_then(Value::as_bool);
    let body = body(step.input, &repo.url.name, in_organization, auto_init);
    let segments = if in_organization {
        vec!["orgs", &repo.url.owner, "repos"]
    } else {
        vec!["user", "repos"]
    };
    let made = repo
        .client
        .write(Verb::Post, &segments, Some(&body))
        .await
        .map_err(|error| not_created(&name, failed(error)))?;
    let created = finish(step, &made.body, in_organization)?;
    step.log(Level::Info, &format!("Created {}", created.html_url));
    if step.flag("allowUpdateBranch", false) {
        // Not among what a new repository takes.
        let body = json!({"allow_update_branch": true});
        repo.client
            .write(Verb::Patch, &repo.at(&[]), Some(&body))
            .await
            .map_err(|error| after(&format!("{name} was created"), failed(error)))?;
    }
    Ok(created)
}

/// Who may be named by `access`: the team of `OWNER/TEAM`.
pub fn team_of_access<'s>(step: &'s StepContext<'_>, owner: &str) -> Option<&'s str> {
    step.text("access")?
        .strip_prefix(owner)?
        .strip_prefix('/')
        .filter(|team| !team.is_empty())
}

async fn is_organization(repo: &Repo) -> Result<bool, ActionError> {
    let owner = &repo.url.owner;
    let account = repo
        .client
        .find(&["users", owner], &[])
        .await
        .map_err(failed)?;
    let account = account.ok_or_else(|| {
        ActionError::not_found(format!(
            "there is no account `{owner}` at {}",
            repo.url.host
        ))
        .hint("check `owner` in `repoUrl`")
    })?;
    Ok(account.get("type").and_then(Value::as_str) == Some("Organization"))
}

/// GitHub makes a person's repository for whoever asks, whatever owner the template names.
async fn check_owner(
    step: &StepContext<'_>,
    repo: &Repo,
    in_organization: bool,
) -> Result<(), ActionError> {
    if in_organization {
        return Ok(());
    }
    let owner = &repo.url.owner;
    if step.text("repoVisibility") == Some("internal") {
        return Err(ActionError::input(format!(
            "internal repositories exist in organisations alone, and {owner} is a person"
        ))
        .hint("choose `private` or `public`"));
    }
    let login = repo.client.login().await.map_err(failed)?;
    if login.eq_ignore_ascii_case(owner) {
        return Ok(());
    }
    Err(ActionError::not_allowed(format!(
        "{owner} is a person, and only {owner} can make repositories there; signed in is {login}"
    )))
}

/// The repository, where there is one of exactly that name: GitHub also answers for a name it had before.
async fn existing(repo: &Repo) -> Result<Option<Value>, ActionError> {
    let found = repo.client.find(&repo.at(&[]), &[]).await.map_err(failed)?;
    Ok(found.filter(|found| {
        text_at(found, &["full_name"])
            .is_some_and(|name| name.eq_ignore_ascii_case(&repo.url.full_name()))
    }))
}

/// Whether a repository that is there now is the one an earlier attempt made: it was absent then, was made since, is
/// administered by this identity, and nothing is in it.
async fn adoptable(
    step: &StepContext<'_>,
    repo: &Repo,
    found: &Value,
    since: &str,
    detail: &Value,
) -> Result<bool, ActionError> {
    let was_absent = detail.get("absent") == Some(&Value::Bool(true));
    let made_since = is_since(text_at(found, &["created_at"]).as_deref(), since);
    let is_ours = found.pointer("/permissions/admin") == Some(&Value::Bool(true));
    if !(was_absent && made_since && is_ours) {
        return Ok(false);
    }
    if step.flag("autoInit", false) {
        // With its first commit, and no other.
        let query = [("per_page", "2")];
        let commits = repo.client.read(&repo.at(&["commits"]), &query).await;
        return Ok(commits
            .map_err(failed)?
            .as_array()
            .is_some_and(|commits| commits.len() == 1));
    }
    let query = [("per_page", "1")];
    let branches = repo.client.read(&repo.at(&["branches"]), &query).await;
    Ok(branches
        .map_err(failed)?
        .as_array()
        .is_some_and(Vec::is_empty))
}

fn finish(
    step: &StepContext<'_>,
    found: &Value,
    in_organization: bool,
) -> Result<Created, ActionError> {
    let outcome = json!({
        "cloneUrl": found.get("clone_url"),
        "htmlUrl": found.get("html_url"),
    });
    let created = read(&outcome, in_organization)?;
    step.intents.done(KEY, outcome)?;
    Ok(created)
}

fn read(outcome: &Value, in_organization: bool) -> Result<Created, ActionError> {
    let text = |name: &str| {
        text_at(outcome, &[name]).ok_or_else(|| {
            ActionError::new(
                ActionErrorKind::Network,
                "GitHub's answer does not say where the new repository is",
            )
        })
    };
    Ok(Created {
        clone_url: text("cloneUrl")?,
        html_url: text("htmlUrl")?,
        in_organization,
    })
}

fn exists(name: &str) -> ActionError {
    ActionError::conflict(format!("there is a repository {name} already"))
        .hint("choose another name; nothing was changed")
}

fn not_created(name: &str, error: ActionError) -> ActionError {
    match error.kind {
        ActionErrorKind::Cancelled => error,
        ActionErrorKind::Network => ActionError {
            message: format!(
                "it is not known whether {name} was created: {}",
                error.message
            ),
            ..error
        }
        .hint("a retry looks for it before it makes it"),
        _ => ActionError {
            message: format!("{name} could not be created: {}", error.message),
            ..error
        },
    }
}

/// What GitHub is asked to make. Backstage: `createGithubRepoWithCollaboratorsAndTopics`, its defaults.
fn body(
    input: &Map<String, Value>,
    name: &str,
    in_organization: bool,
    auto_init: Option<bool>,
) -> Value {
    let flag = |key: &str, default: bool| {
        json!(input.get(key).and_then(Value::as_bool).unwrap_or(default))
    };
    let word =
        |key: &str, default: &str| json!(input.get(key).and_then(Value::as_str).unwrap_or(default));
    let visibility = word("repoVisibility", "private");
    let mut body = Map::new();
    body.insert("name".into(), json!(name));
    body.insert("private".into(), json!(visibility == "private"));
    for (key, from) in [
        ("description", "description"),
        ("homepage", "homepage"),
        ("has_issues", "hasIssues"),
        ("has_projects", "hasProjects"),
        ("has_wiki", "hasWiki"),
    ] {
        if let Some(value) = input.get(from) {
            body.insert(key.into(), value.clone());
        }
    }
    if let Some(auto_init) = auto_init {
        body.insert("auto_init".into(), json!(auto_init));
    }
    for (key, from, default) in [
        ("allow_auto_merge", "allowAutoMerge", false),
        ("allow_merge_commit", "allowMergeCommit", true),
        ("allow_rebase_merge", "allowRebaseMerge", true),
        ("allow_squash_merge", "allowSquashMerge", true),
        ("delete_branch_on_merge", "deleteBranchOnMerge", false),
    ] {
        body.insert(key.into(), flag(from, default));
    }
    body.insert(
        "squash_merge_commit_title".into(),
        word("squashMergeCommitTitle", "COMMIT_OR_PR_TITLE"),
    );
    body.insert(
        "squash_merge_commit_message".into(),
        word("squashMergeCommitMessage", "COMMIT_MESSAGES"),
    );
    if in_organization {
        body.insert("visibility".into(), visibility);
        if let Some(properties) = input.get("customProperties") {
            body.insert("custom_properties".into(), properties.clone());
        }
    }
    Value::Object(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body_of(input: Value, in_organization: bool) -> Value {
        let Value::Object(input) = input else {
            panic!("an object")
        };
        body(&input, "pay", in_organization, None)
    }

    #[test]
    fn a_repository_is_private_unless_it_is_said_otherwise() {
        let body = body_of(json!({}), true);
        assert_eq!(
            (&body["private"], &body["visibility"]),
            (&json!(true), &json!("private"))
        );
        let body = body_of(json!({"repoVisibility": "internal"}), true);
        assert_eq!(
            (&body["private"], &body["visibility"]),
            (&json!(false), &json!("internal"))
        );
        let body = body_of(json!({"repoVisibility": "public"}), false);
        assert_eq!(
            (&body["private"], body.get("visibility")),
            (&json!(false), None)
        );
    }

    #[test]
    fn what_a_template_does_not_say_is_left_to_github_or_backstages_default() {
        let body = body_of(json!({"hasWiki": false}), false);
        assert_eq!(body["has_wiki"], json!(false));
        assert!(body.get("has_issues").is_none() && body.get("auto_init").is_none());
        assert_eq!(body["allow_merge_commit"], json!(true));
        assert_eq!(
            body["squash_merge_commit_title"],
            json!("COMMIT_OR_PR_TITLE")
        );
    }
}
