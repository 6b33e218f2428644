//! `github:autolinks:create`: references like `JIRA-12` become links.

use serde_json::{Map, Value, json};

use crate::github::Verb;
use crate::scaffolder::action::{Action, Example, Level, Outcome, StepContext, Target};
use crate::scaffolder::error::ActionError;
use crate::scaffolder::github::{Repo, failed, inputs, targets, text_at};
use crate::scaffolder::services::Intent;

/// The intent's key within its step.
const KEY: &str = "autolink";

/// See the module.
pub struct GithubAutolinksCreate;

impl Action for GithubAutolinksCreate {
    fn id(&self) -> &'static str {
        "github:autolinks:create"
    }

    fn description(&self) -> &'static str {
        "Makes references with a prefix links in a GitHub repository."
    }

    fn input_schema(&self) -> Value {
        inputs::object(
            &[
                inputs::repo_url(),
                (
                    "keyPrefix",
                    inputs::text("What a reference begins with: `JIRA-`"),
                ),
                (
                    "urlTemplate",
                    inputs::text("Where it leads; `<num>` stands for what follows the prefix"),
                ),
                (
                    "isAlphanumeric",
                    inputs::flag_or(
                        true,
                        "Whether letters, digits and `-` may follow the prefix, rather than digits alone",
                    ),
                ),
                inputs::token(),
            ],
            &["repoUrl", "keyPrefix", "urlTemplate"],
        )
    }

    fn examples(&self) -> &'static [Example] {
        &[Example {
            description: "Link tickets",
            example: "steps:\n  - action: github:autolinks:create\n    input:\n      repoUrl: ${{ parameters.repoUrl }}\n      keyPrefix: PAY-\n      urlTemplate: https://tickets.example.com/browse/PAY-<num>\n",
        }]
    }

    fn targets(&self, input: &Map<String, Value>) -> Vec<Target> {
        targets(input, "create an autolink of", false)
    }

    fn run<'a>(&'a self, step: &'a mut StepContext<'_>) -> Outcome<'a> {
        Box::pin(async move {
            let repo = Repo::of(step).await?;
            let intent = step.intents.begin(KEY, Value::Null)?;
            if matches!(intent, Intent::Done(_)) {
                return Ok(());
            }
            let prefix = step.text("keyPrefix").unwrap_or_default();
            let template = step.text("urlTemplate").unwrap_or_default();
            if matches!(intent, Intent::Unfinished { .. })
                && is_there(&repo, prefix, template).await?
            {
                step.log(Level::Info, "An earlier attempt had made the autolink");
                return step.intents.done(KEY, Value::Null);
            }
            let body = json!({
                "key_prefix": prefix,
                "url_template": template,
                "is_alphanumeric": step.flag("isAlphanumeric", true),
            });
            let at = repo.at(&["autolinks"]);
            repo.client
                .write(Verb::Post, &at, Some(&body))
                .await
                .map_err(failed)?;
            step.intents.done(KEY, Value::Null)?;
            step.log(Level::Info, "Autolink reference created successfully");
            Ok(())
        })
    }
}

async fn is_there(repo: &Repo, prefix: &str, template: &str) -> Result<bool, ActionError> {
    let links = repo
        .client
        .read(&repo.at(&["autolinks"]), &[])
        .await
        .map_err(failed)?;
    Ok(links.as_array().into_iter().flatten().any(|link| {
        text_at(link, &["key_prefix"]).as_deref() == Some(prefix)
            && text_at(link, &["url_template"]).as_deref() == Some(template)
    }))
}
