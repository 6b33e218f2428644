//! `github:pages:enable`: a repository's pages.

use serde_json::{Map, Value, json};

use crate::github::Verb;
use crate::scaffolder::action::{Action, Example, Level, Outcome, StepContext, Target};
use crate::scaffolder::github::{Repo, failed, inputs, targets};
use crate::scaffolder::services::Intent;

/// The intent's key within its step.
const KEY: &str = "pages";

/// See the module.
pub struct GithubPagesEnable;

impl Action for GithubPagesEnable {
    fn id(&self) -> &'static str {
        "github:pages:enable"
    }

    fn description(&self) -> &'static str {
        "Turns GitHub Pages on for a repository."
    }

    fn input_schema(&self) -> Value {
        inputs::object(
            &[
                inputs::repo_url(),
                (
                    "buildType",
                    inputs::word(
                        &["legacy", "workflow"],
                        Some("workflow"),
                        "Whether GitHub or a workflow builds the pages",
                    ),
                ),
                (
                    "sourceBranch",
                    inputs::text_or("main", "The branch the pages are made of"),
                ),
                (
                    "sourcePath",
                    inputs::word(
                        &["/", "/docs"],
                        Some("/"),
                        "The folder the pages are made of",
                    ),
                ),
                inputs::token(),
            ],
            &["repoUrl"],
        )
    }

    fn examples(&self) -> &'static [Example] {
        &[Example {
            description: "Pages built by a workflow",
            example: "steps:\n  - action: github:pages:enable\n    input:\n      repoUrl: ${{ parameters.repoUrl }}\n",
        }]
    }

    fn targets(&self, input: &Map<String, Value>) -> Vec<Target> {
        targets(input, "enable pages of", false)
    }

    fn run<'a>(&'a self, step: &'a mut StepContext<'_>) -> Outcome<'a> {
        Box::pin(async move {
            let repo = Repo::of(step).await?;
            let intent = step.intents.begin(KEY, Value::Null)?;
            if matches!(intent, Intent::Done(_)) {
                return Ok(());
            }
            let at = repo.at(&["pages"]);
            let had = matches!(intent, Intent::Unfinished { .. })
                && repo.client.find(&at, &[]).await.map_err(failed)?.is_some();
            if !had {
                let body = json!({
                    "build_type": step.text("buildType").unwrap_or("workflow"),
                    "source": {
                        "branch": step.text("sourceBranch").unwrap_or("main"),
                        "path": step.text("sourcePath").unwrap_or("/"),
                    },
                });
                repo.client
                    .write(Verb::Post, &at, Some(&body))
                    .await
                    .map_err(failed)?;
            }
            step.intents.done(KEY, Value::Null)?;
            step.log(Level::Info, "Completed enabling GitHub Pages");
            Ok(())
        })
    }
}
