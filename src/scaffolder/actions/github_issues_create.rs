//! `github:issues:create`: an issue.

use serde_json::{Map, Value, json};

use crate::github::Verb;
use crate::scaffolder::action::{Action, Example, Level, Outcome, StepContext, Target};
use crate::scaffolder::error::ActionError;
use crate::scaffolder::github::{Repo, RepoUrl, failed, inputs, is_since, targets, text_at};
use crate::scaffolder::services::Intent;

/// The intent's key within its step.
const KEY: &str = "issue";

/// See the module.
pub struct GithubIssuesCreate;

impl Action for GithubIssuesCreate {
    fn id(&self) -> &'static str {
        "github:issues:create"
    }

    fn description(&self) -> &'static str {
        "Opens an issue on GitHub."
    }

    fn input_schema(&self) -> Value {
        inputs::object(
            &[
                inputs::repo_url(),
                ("title", inputs::text("The issue's title")),
                ("body", inputs::text("The issue's text")),
                (
                    "assignees",
                    inputs::texts("Logins; only who may push can assign"),
                ),
                (
                    "milestone",
                    json!({"type": ["string", "number"], "description": "The milestone's number; only who may push can set it"}),
                ),
                (
                    "labels",
                    inputs::texts("Labels; only who may push can set them"),
                ),
                inputs::token(),
            ],
            &["repoUrl", "title"],
        )
    }

    fn output_schema(&self) -> Value {
        inputs::object(
            &[
                ("issueUrl", inputs::text("The issue's page")),
                ("issueNumber", inputs::number("The issue's number")),
            ],
            &["issueUrl", "issueNumber"],
        )
    }

    fn examples(&self) -> &'static [Example] {
        &[Example {
            description: "Ask the platform team for what a template cannot do",
            example: "steps:\n  - action: github:issues:create\n    input:\n      repoUrl: github.com?owner=acme&repo=platform\n      title: DNS name for ${{ parameters.name }}\n      labels: [request]\n",
        }]
    }

    fn supports_dry_run(&self) -> bool {
        true
    }

    fn targets(&self, input: &Map<String, Value>) -> Vec<Target> {
        targets(input, "open an issue in", false)
    }

    fn run<'a>(&'a self, step: &'a mut StepContext<'_>) -> Outcome<'a> {
        Box::pin(async move {
            let title = step.text("title").unwrap_or_default().to_owned();
            if step.dry_run {
                let url = RepoUrl::of(step.input)?;
                step.log(Level::Info, &format!("Would open the issue \"{title}\""));
                let page = format!("https://{}/{}/issues/42", url.host, url.full_name());
                step.output("issueUrl", json!(page));
                step.output("issueNumber", json!(42));
                return Ok(());
            }
            let repo = Repo::of(step).await?;
            let outcome = open(step, &repo, &title).await?;
            step.output("issueUrl", outcome.get("url").cloned().unwrap_or_default());
            step.output(
                "issueNumber",
                outcome.get("number").cloned().unwrap_or_default(),
            );
            Ok(())
        })
    }
}

async fn open(step: &StepContext<'_>, repo: &Repo, title: &str) -> Result<Value, ActionError> {
    match step.intents.begin(KEY, Value::Null)? {
        Intent::Done(outcome) => return Ok(outcome),
        Intent::Unfinished { since, .. } => {
            if let Some(issue) = opened(step, repo, title, &since).await? {
                step.log(Level::Info, "An earlier attempt had opened the issue");
                return done(step, &issue);
            }
        }
        Intent::New => {}
    }
    let mut body = json!({"title": title});
    for name in ["body", "assignees", "labels"] {
        if let Some(value) = step.input.get(name) {
            body[name] = value.clone();
        }
    }
    if let Some(milestone) = step.input.get("milestone") {
        body["milestone"] = whole(milestone);
    }
    let at = repo.at(&["issues"]);
    let answer = repo
        .client
        .write(Verb::Post, &at, Some(&body))
        .await
        .map_err(failed)?;
    let outcome = done(step, &answer.body)?;
    step.log(
        Level::Info,
        &format!(
            "Opened issue #{}: {}",
            outcome["number"],
            outcome["url"].as_str().unwrap_or_default()
        ),
    );
    Ok(outcome)
}

/// GitHub takes a number or a text of one; a number of an input may come as `1.0`.
#[allow(
    clippy::cast_possible_truncation,
    reason = "a milestone's number is small and whole"
)]
fn whole(milestone: &Value) -> Value {
    match milestone.as_f64() {
        Some(number) => json!(number as i64),
        None => milestone.clone(),
    }
}

/// An issue of this identity with the same title, opened since an intent.
async fn opened(
    step: &StepContext<'_>,
    repo: &Repo,
    title: &str,
    since: &str,
) -> Result<Option<Value>, ActionError> {
    let login = repo.client.login().await.map_err(failed)?;
    let query = [
        ("creator", login.as_str()),
        ("state", "all"),
        ("sort", "created"),
        ("direction", "desc"),
        ("per_page", "30"),
    ];
    let issues = repo
        .client
        .read(&repo.at(&["issues"]), &query)
        .await
        .map_err(failed)?;
    let text = step.text("body").unwrap_or_default();
    Ok(issues
        .as_array()
        .into_iter()
        .flatten()
        .find(|issue| {
            text_at(issue, &["title"]).as_deref() == Some(title)
                && text_at(issue, &["body"]).unwrap_or_default() == text
                && is_since(text_at(issue, &["created_at"]).as_deref(), since)
        })
        .cloned())
}

fn done(step: &StepContext<'_>, issue: &Value) -> Result<Value, ActionError> {
    let outcome = json!({"url": issue.get("html_url"), "number": issue.get("number")});
    step.intents.done(KEY, outcome.clone())?;
    Ok(outcome)
}
