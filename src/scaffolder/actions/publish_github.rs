//! `publish:github`: a new repository with the workspace as its first commit.

use serde_json::{Map, Value, json};

use crate::scaffolder::action::{Action, Example, Outcome, StepContext, Target};
use crate::scaffolder::github::{Repo, access, after, create, inputs, push, targets};

/// See the module.
pub struct PublishGithub;

impl Action for PublishGithub {
    fn id(&self) -> &'static str {
        "publish:github"
    }

    fn description(&self) -> &'static str {
        "Makes a GitHub repository and pushes the workspace to it."
    }

    fn input_schema(&self) -> Value {
        let mut properties = vec![inputs::repo_url()];
        properties.extend(inputs::creation());
        properties.extend(inputs::protection());
        properties.extend(inputs::pushing());
        properties.push(inputs::token());
        inputs::object(&properties, &["repoUrl"])
    }

    fn output_schema(&self) -> Value {
        inputs::outputs(true)
    }

    fn examples(&self) -> &'static [Example] {
        &[
            Example {
                description: "A private repository with a protected `main`",
                example: "steps:\n  - id: publish\n    action: publish:github\n    input:\n      repoUrl: ${{ parameters.repoUrl }}\n      description: ${{ parameters.description }}\n",
            },
            Example {
                description: "An internal repository that a team administers, reviewed by code owners",
                example: "steps:\n  - id: publish\n    action: publish:github\n    input:\n      repoUrl: github.com?owner=acme&repo=payments\n      repoVisibility: internal\n      access: acme/payments\n      requireCodeOwnerReviews: true\n      topics: [payments, java]\n",
            },
        ]
    }

    fn targets(&self, input: &Map<String, Value>) -> Vec<Target> {
        targets(input, "create repository", true)
    }

    fn run<'a>(&'a self, step: &'a mut StepContext<'_>) -> Outcome<'a> {
        Box::pin(async move {
            // Before anything is made: what could not be pushed need not be published.
            let files = push::source(step)?;
            if std::fs::read_dir(&files).is_ok_and(|mut entries| entries.next().is_none()) {
                return Err(crate::scaffolder::ActionError::input(
                    "there is nothing to publish: the folder holds no files",
                )
                .hint("let a step before this one fetch a skeleton, and check `sourcePath`"));
            }
            let repo = Repo::of(step).await?;
            let name = repo.url.full_name();
            let created = create::create(step, &repo).await?;
            access::give(step, &repo, created.in_organization)
                .await
                .map_err(|error| after(&format!("{name} was created"), error))?;
            let message = push::message(step);
            let commit = push::push(step, &repo, &created.clone_url, &message).await?;
            let branch = step
                .text("defaultBranch")
                .unwrap_or(push::BRANCH)
                .to_owned();
            step.output("remoteUrl", json!(created.clone_url));
            let contents = format!("{}/blob/{branch}", created.html_url);
            step.output("repoContentsUrl", json!(contents));
            step.output("commitHash", json!(commit));
            Ok(())
        })
    }
}
