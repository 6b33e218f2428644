//! Issues, pull requests and runs of workflows.

use serde_json::{Value, json};

use super::super::http::Reply;
use super::super::rest::{date, paged};
use super::super::world::{Account, Repository, World};
use super::{Asked, invalid, not_found};

/// What people talk about, and what they start; none where the request is about something else.
pub fn answer(
    asked: &Asked,
    world: &mut World,
    account: &Account,
    name: &str,
    rest: &[&str],
) -> Option<Reply> {
    let people: Vec<String> = world.people.keys().cloned().collect();
    let id = world.fresh_id();
    let repository = world.repository_mut(&account.login, name)?;
    let full = format!("{}/{}", account.login, repository.name);
    let page = |kind: &str, number: u64| format!("{}/{full}/{kind}/{number}", asked.web);
    let login = asked.who.login().unwrap_or_default();
    Some(match (asked.method, rest) {
        ("GET", ["issues"]) => {
            let creator = asked.request.query("creator");
            let found = repository.hub.issues.iter().rev().filter(|issue| {
                creator
                    .as_deref()
                    .is_none_or(|creator| issue["user"]["login"] == creator)
            });
            paged(asked.request, found.cloned().collect(), asked.web)
        }
        ("POST", ["issues"]) => {
            let number = next_number(repository);
            let mut issue = asked.body.clone();
            issue["number"] = json!(number);
            issue["html_url"] = json!(page("issues", number));
            issue["user"] = json!({"login": login});
            issue["created_at"] = json!(date(asked.now));
            repository.hub.issues.push(issue.clone());
            Reply::json(201, &issue)
        }
        ("POST", ["issues", number, "labels"]) => match talked_about(repository, number) {
            Some(one) => {
                let mut labels = one["labels"].as_array().cloned().unwrap_or_default();
                for label in asked.body["labels"].as_array().into_iter().flatten() {
                    if !labels.contains(label) {
                        labels.push(label.clone());
                    }
                }
                one["labels"] = json!(labels);
                Reply::json(
                    200,
                    &json!(
                        labels
                            .iter()
                            .map(|label| json!({"name": label}))
                            .collect::<Vec<_>>()
                    ),
                )
            }
            None => not_found(),
        },
        ("POST", ["issues", number, "assignees"]) => match talked_about(repository, number) {
            Some(one) => {
                one["assignees"] = asked.body["assignees"].clone();
                Reply::json(201, one)
            }
            None => not_found(),
        },
        ("GET", ["pulls"]) => {
            let state = asked
                .request
                .query("state")
                .unwrap_or_else(|| "open".into());
            let head = asked.request.query("head");
            let found = repository.hub.pulls.iter().filter(|pull| {
                (state == "all" || pull["state"] == state.as_str())
                    && head
                        .as_deref()
                        .is_none_or(|head| pull["head"]["label"] == head)
            });
            paged(asked.request, found.cloned().collect(), asked.web)
        }
        ("POST", ["pulls"]) => open(asked, account, repository, &page),
        ("PATCH", ["pulls", number]) => {
            let Some(pull) = pull(repository, number) else {
                return Some(not_found());
            };
            for (name, value) in asked.body.as_object().into_iter().flatten() {
                if name == "base" {
                    pull["base"]["ref"] = value.clone();
                } else {
                    pull[name] = value.clone();
                }
            }
            Reply::json(200, pull)
        }
        ("POST", ["pulls", number, "requested_reviewers"]) => {
            let Some(pull) = pull(repository, number) else {
                return Some(not_found());
            };
            let unknown = asked.body["reviewers"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .any(|name| !people.contains(&name.to_lowercase()));
            if unknown {
                return Some(Reply::error(
                    422,
                    "Reviews may only be requested from collaborators.",
                ));
            }
            let team = asked.body["team_reviewers"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .any(|slug| !account.teams.iter().any(|team| team.slug == slug));
            if team {
                return Some(Reply::error(
                    422,
                    "Could not resolve to a node with the global id of ''.",
                ));
            }
            pull["asked"] = asked.body.clone();
            Reply::json(201, pull)
        }
        ("POST", ["actions", "workflows", workflow, "dispatches"]) => {
            let file = format!(".github/workflows/{workflow}");
            let head = repository.branches.get(&repository.default_branch);
            if !head.is_some_and(|files| files.contains_key(&file)) {
                return Some(not_found());
            }
            let reference = asked.text("ref");
            if !repository.branches.contains_key(&reference) {
                return Some(Reply::error(422, &format!("No ref found for: {reference}")));
            }
            let run = json!({
                "id": id, "path": file, "head_branch": reference, "event": "workflow_dispatch",
                "actor": {"login": login}, "inputs": asked.body["inputs"], "created_at": date(asked.now),
                "url": format!("{}/api/v3/repos/{full}/actions/runs/{id}", asked.web),
                "html_url": format!("{}/{full}/actions/runs/{id}", asked.web),
            });
            repository.hub.runs.push(run.clone());
            if asked.flag("return_run_details") {
                Reply::json(
                    200,
                    &json!({"workflow_run_id": id, "run_url": run["url"], "html_url": run["html_url"]}),
                )
            } else {
                Reply::empty(204)
            }
        }
        ("GET", ["actions", "workflows", workflow, "runs"]) => {
            let file = format!(".github/workflows/{workflow}");
            let actor = asked.request.query("actor");
            let found: Vec<&Value> = repository
                .hub
                .runs
                .iter()
                .rev()
                .filter(|run| run["path"] == file.as_str())
                .filter(|run| {
                    actor
                        .as_deref()
                        .is_none_or(|actor| run["actor"]["login"] == actor)
                })
                .collect();
            Reply::json(
                200,
                &json!({"total_count": found.len(), "workflow_runs": found}),
            )
        }
        _ => return None,
    })
}

fn next_number(repository: &Repository) -> u64 {
    (repository.hub.issues.len() + repository.hub.pulls.len() + 1) as u64
}

fn pull<'r>(repository: &'r mut Repository, number: &str) -> Option<&'r mut Value> {
    repository
        .hub
        .pulls
        .iter_mut()
        .find(|pull| pull["number"].as_u64() == number.parse().ok())
}

fn talked_about<'r>(repository: &'r mut Repository, number: &str) -> Option<&'r mut Value> {
    repository
        .hub
        .issues
        .iter_mut()
        .chain(&mut repository.hub.pulls)
        .find(|one| one["number"].as_u64() == number.parse().ok())
}

fn open(
    asked: &Asked,
    account: &Account,
    repository: &mut Repository,
    page: &dyn Fn(&str, u64) -> String,
) -> Reply {
    let head = asked.text("head");
    let head = head.rsplit(':').next().unwrap_or_default().to_owned();
    let base = asked.text("base");
    for (field, branch) in [("head", &head), ("base", &base)] {
        if !repository.branches.contains_key(branch) {
            return Reply::json(
                422,
                &json!({"message": "Validation Failed", "errors": [{"resource": "PullRequest", "field": field, "code": "invalid"}], "status": "422"}),
            );
        }
    }
    if repository.head(&head) == repository.head(&base) {
        return invalid(
            "PullRequest",
            "head",
            &format!("No commits between {base} and {head}"),
        );
    }
    let label = format!("{}:{head}", account.login);
    let has_one = repository
        .hub
        .pulls
        .iter()
        .any(|pull| pull["state"] == "open" && pull["head"]["label"] == label.as_str());
    if has_one {
        return invalid(
            "PullRequest",
            "head",
            &format!("A pull request already exists for {label}."),
        );
    }
    if asked.text("title").is_empty() {
        return invalid("PullRequest", "title", "title is missing");
    }
    let number = next_number(repository);
    let pull = json!({
        "number": number, "state": "open", "title": asked.text("title"), "body": asked.text("body"),
        "draft": asked.flag("draft"), "html_url": page("pull", number),
        "head": {"ref": head, "label": label, "sha": repository.head(&head)},
        "base": {"ref": base, "sha": repository.head(&base)},
        "user": {"login": asked.who.login()}, "created_at": date(asked.now),
    });
    repository.hub.pulls.push(pull.clone());
    Reply::json(201, &pull)
}
