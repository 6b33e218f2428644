//! `github:repo:push`: the workspace as the first commit of a repository that exists.

use serde_json::{Map, Value, json};

use crate::scaffolder::action::{Action, Example, Outcome, StepContext, Target};
use crate::scaffolder::error::{ActionError, ActionErrorKind};
use crate::scaffolder::github::{Repo, inputs, push, targets, text_at};

/// See the module.
pub struct GithubRepoPush;

impl Action for GithubRepoPush {
    fn id(&self) -> &'static str {
        "github:repo:push"
    }

    fn description(&self) -> &'static str {
        "Pushes the workspace to a GitHub repository that has no commits yet."
    }

    fn input_schema(&self) -> Value {
        let mut properties = vec![inputs::repo_url()];
        properties.extend(inputs::protection());
        properties.extend(inputs::pushing());
        properties.push(inputs::token());
        inputs::object(&properties, &["repoUrl"])
    }

    fn output_schema(&self) -> Value {
        inputs::outputs(true)
    }

    fn examples(&self) -> &'static [Example] {
        &[Example {
            description: "Push what was rendered, with a message of its own",
            example: "steps:\n  - id: push\n    action: github:repo:push\n    input:\n      repoUrl: ${{ parameters.repoUrl }}\n      gitCommitMessage: Begin ${{ parameters.name }}\n",
        }]
    }

    fn targets(&self, input: &Map<String, Value>) -> Vec<Target> {
        targets(input, "push to", false)
    }

    fn run<'a>(&'a self, step: &'a mut StepContext<'_>) -> Outcome<'a> {
        Box::pin(async move {
            let repo = Repo::of(step).await?;
            let found = repo.describe().await?;
            let missing = || {
                ActionError::new(
                    ActionErrorKind::Network,
                    "GitHub's answer does not say where the repository is",
                )
            };
            let clone_url = text_at(&found, &["clone_url"]).ok_or_else(missing)?;
            let html_url = text_at(&found, &["html_url"]).ok_or_else(missing)?;
            // Backstage: here the configured message does not count.
            let message = step
                .text("gitCommitMessage")
                .unwrap_or("initial commit")
                .to_owned();
            let commit = push::push(step, &repo, &clone_url, &message).await?;
            let branch = step
                .text("defaultBranch")
                .unwrap_or(push::BRANCH)
                .to_owned();
            step.output("remoteUrl", json!(clone_url));
            step.output(
                "repoContentsUrl",
                json!(format!("{html_url}/blob/{branch}")),
            );
            step.output("commitHash", json!(commit));
            Ok(())
        })
    }
}
