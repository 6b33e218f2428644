//! What a new repository is given: people and teams, topics, variables, secrets, settings of Actions.

use serde_json::{Value, json};

use super::create::team_of_access;
use super::seal::SealingKey;
use super::{Repo, failed, name_of, pairs, texts};
use crate::github::{ErrorKind, GithubError, Verb};
use crate::scaffolder::action::{Level, StepContext};
use crate::scaffolder::error::{ActionError, ActionErrorKind};
use crate::scaffolder::services::Intent;

/// Gives a repository what the step's input says. Each part may be repeated by a retry.
///
/// Backstage: people, teams and topics that GitHub refuses are warnings; the rest fails the step.
///
/// # Errors
/// As GitHub says.
pub async fn give(
    step: &StepContext<'_>,
    repo: &Repo,
    in_organization: bool,
) -> Result<(), ActionError> {
    let owner = &repo.url.owner;
    if let Some(team) = team_of_access(step, owner) {
        team_access(repo, team, "admin").await.map_err(failed)?;
    } else if let Some(person) = step
        .text("access")
        .filter(|person| *person != owner && !person.is_empty())
    {
        person_access(repo, person, "admin", in_organization)
            .await
            .map_err(failed)?;
    }
    collaborators(step, repo, in_organization).await?;
    topics(step, repo).await?;
    for (name, value) in pairs(step.input, "repoVariables") {
        variable(step, repo, &["actions", "variables"], &name, &value).await?;
    }
    let secrets = pairs(step.input, "secrets");
    if !secrets.is_empty() {
        put_secrets(repo, &["actions", "secrets"], &secrets).await?;
    }
    if let Some(oidc) = step.input.get("oidcCustomization") {
        let mut body = json!({"use_default": oidc.get("useDefault").unwrap_or(&Value::Bool(true))});
        if let Some(keys) = oidc.get("includeClaimKeys") {
            body["include_claim_keys"] = keys.clone();
        }
        let at = repo.at(&["actions", "oidc", "customization", "sub"]);
        repo.client
            .write(Verb::Put, &at, Some(&body))
            .await
            .map_err(failed)?;
    }
    if step.flag("subscribe", false) {
        let body = json!({"subscribed": true, "ignored": false});
        let at = repo.at(&["subscription"]);
        repo.client
            .write(Verb::Put, &at, Some(&body))
            .await
            .map_err(failed)?;
    }
    if let Some(level) = step.text("workflowAccess") {
        let body = json!({"access_level": level});
        let at = repo.at(&["actions", "permissions", "access"]);
        repo.client
            .write(Verb::Put, &at, Some(&body))
            .await
            .map_err(failed)?;
    }
    Ok(())
}

async fn collaborators(
    step: &StepContext<'_>,
    repo: &Repo,
    in_organization: bool,
) -> Result<(), ActionError> {
    let given = step.input.get("collaborators").and_then(Value::as_array);
    for one in given.into_iter().flatten() {
        let text = |name: &str| one.get(name).and_then(Value::as_str);
        let access = text("access").unwrap_or("push");
        let (who, answer) = match (text("user"), text("team")) {
            (Some(user), _) => {
                let user = name_of(user);
                (
                    user,
                    person_access(repo, user, access, in_organization).await,
                )
            }
            (None, Some(team)) => {
                let team = name_of(team);
                (team, team_access(repo, team, access).await)
            }
            (None, None) => continue,
        };
        tolerate(step, answer, &format!("Skipping {access} access for {who}"))?;
    }
    Ok(())
}

async fn topics(step: &StepContext<'_>, repo: &Repo) -> Result<(), ActionError> {
    if !step.input.contains_key("topics") {
        return Ok(());
    }
    let names: Vec<String> = texts(step.input, "topics")
        .iter()
        .map(|topic| topic.to_lowercase())
        .collect();
    let body = json!({"names": names});
    let at = repo.at(&["topics"]);
    let answer = repo.client.write(Verb::Put, &at, Some(&body)).await;
    tolerate(
        step,
        answer.map(|_| ()),
        &format!("Skipping topics {}", names.join(" ")),
    )
}

/// A refusal becomes a warning; only a cancelled task ends.
pub fn tolerate(
    step: &StepContext<'_>,
    answer: Result<(), GithubError>,
    what: &str,
) -> Result<(), ActionError> {
    let Err(error) = answer else {
        return Ok(());
    };
    let failure = failed(error);
    if failure.kind == ActionErrorKind::Cancelled {
        return Err(failure);
    }
    let hint = failure
        .hint
        .map(|hint| format!(" ({hint})"))
        .unwrap_or_default();
    step.log(Level::Warn, &format!("{what}: {}{hint}", failure.message));
    Ok(())
}

async fn team_access(repo: &Repo, team: &str, permission: &str) -> Result<(), GithubError> {
    let owner = &repo.url.owner;
    let segments = ["orgs", owner, "teams", team, "repos", owner, &repo.url.name];
    let body = json!({"permission": permission});
    repo.client.write(Verb::Put, &segments, Some(&body)).await?;
    Ok(())
}

async fn person_access(
    repo: &Repo,
    person: &str,
    permission: &str,
    in_organization: bool,
) -> Result<(), GithubError> {
    // GitHub: levels exist in organisations alone; elsewhere a collaborator may write.
    let body = if in_organization {
        json!({"permission": permission})
    } else {
        json!({})
    };
    let at = repo.at(&["collaborators", person]);
    repo.client.write(Verb::Put, &at, Some(&body)).await?;
    Ok(())
}

/// Makes a variable below `at`; one that an earlier attempt of this step may have made is set.
///
/// # Errors
/// `Conflict` where there is one of that name that this step did not make.
pub async fn variable(
    step: &StepContext<'_>,
    repo: &Repo,
    at: &[&str],
    name: &str,
    value: &str,
) -> Result<(), ActionError> {
    let key = format!("{}/{name}", at.join("/"));
    let intent = step.intents.begin(&key, Value::Null)?;
    if matches!(intent, Intent::Done(_)) {
        return Ok(());
    }
    let body = json!({"name": name, "value": value});
    let mut set = false;
    if matches!(intent, Intent::Unfinished { .. }) {
        let mut one = repo.at(at);
        one.push(name);
        set = match repo.client.write(Verb::Patch, &one, Some(&body)).await {
            Ok(_) => true,
            Err(error) if *error.kind() == ErrorKind::NotFound => false,
            Err(error) => return Err(failed(error)),
        };
    }
    if !set {
        repo.client
            .write(Verb::Post, &repo.at(at), Some(&body))
            .await
            .map_err(|error| {
                let error = failed(error);
                ActionError {
                    message: format!("the variable {name} could not be made: {}", error.message),
                    ..error
                }
            })?;
    }
    step.intents.done(&key, Value::Null)
}

/// Seals secrets with the key below `at` and puts them there.
///
/// # Errors
/// As GitHub says.
pub async fn put_secrets(
    repo: &Repo,
    at: &[&str],
    secrets: &[(String, String)],
) -> Result<(), ActionError> {
    let mut key = repo.at(at);
    key.push("public-key");
    let answer = repo.client.read(&key, &[]).await.map_err(failed)?;
    let key = SealingKey::read(&answer)?;
    for (name, secret) in secrets {
        let body = json!({"encrypted_value": key.seal(secret)?, "key_id": key.id});
        let mut one = repo.at(at);
        one.push(name);
        repo.client
            .write(Verb::Put, &one, Some(&body))
            .await
            .map_err(failed)?;
    }
    Ok(())
}
