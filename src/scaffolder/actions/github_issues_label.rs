//! `github:issues:label`: labels on an issue or a pull request.

use serde_json::{Map, Value, json};

use crate::github::Verb;
use crate::scaffolder::action::{Action, Example, Level, Outcome, StepContext, Target};
use crate::scaffolder::error::ActionError;
use crate::scaffolder::github::access::tolerate;
use crate::scaffolder::github::{Repo, inputs, targets, texts};

/// See the module.
pub struct GithubIssuesLabel;

impl Action for GithubIssuesLabel {
    fn id(&self) -> &'static str {
        "github:issues:label"
    }

    fn description(&self) -> &'static str {
        "Adds labels to an issue or a pull request on GitHub. That GitHub refuses them is a warning."
    }

    fn input_schema(&self) -> Value {
        inputs::object(
            &[
                inputs::repo_url(),
                (
                    "number",
                    inputs::number("The number of the issue or pull request"),
                ),
                ("labels", inputs::texts("The labels that are added")),
                inputs::token(),
            ],
            &["repoUrl", "number", "labels"],
        )
    }

    fn examples(&self) -> &'static [Example] {
        &[Example {
            description: "Label the pull request of a step before",
            example: "steps:\n  - action: github:issues:label\n    input:\n      repoUrl: ${{ parameters.repoUrl }}\n      number: ${{ steps.pr.output.pullRequestNumber }}\n      labels: [automated]\n",
        }]
    }

    fn targets(&self, input: &Map<String, Value>) -> Vec<Target> {
        targets(input, "add labels in", false)
    }

    fn run<'a>(&'a self, step: &'a mut StepContext<'_>) -> Outcome<'a> {
        Box::pin(async move {
            let number = step.input.get("number").and_then(Value::as_f64);
            let number = number
                .filter(|number| *number >= 1.0)
                .map(|number| format!("{number:.0}"))
                .ok_or_else(|| ActionError::input("`number` is no issue's number"))?;
            let labels = texts(step.input, "labels");
            if labels.is_empty() {
                step.log(Level::Info, "There are no labels to add");
                return Ok(());
            }
            let repo = Repo::of(step).await?;
            let at = repo.at(&["issues", &number, "labels"]);
            let body = json!({"labels": labels});
            let answer = repo.client.write(Verb::Post, &at, Some(&body)).await;
            let what = format!(
                "Failed: adding labels to issue: '{number}' on repo: '{}'",
                repo.url.name
            );
            tolerate(step, answer.map(|_| ()), &what)
        })
    }
}
