//! `github:repo:create`: a new repository without files.

use serde_json::{Map, Value, json};

use crate::scaffolder::action::{Action, Example, Outcome, StepContext, Target};
use crate::scaffolder::github::{Repo, access, after, create, inputs, push, targets};

/// See the module.
pub struct GithubRepoCreate;

impl Action for GithubRepoCreate {
    fn id(&self) -> &'static str {
        "github:repo:create"
    }

    fn description(&self) -> &'static str {
        "Makes a GitHub repository."
    }

    fn input_schema(&self) -> Value {
        let mut properties = vec![inputs::repo_url()];
        properties.extend(inputs::creation());
        properties.push((
            "autoInit",
            inputs::flag_or(false, "Whether GitHub makes a first commit with a README"),
        ));
        properties.push((
            "workflowAccess",
            inputs::word(
                &["none", "organization", "user"],
                None,
                "Whose workflows elsewhere may use the repository's",
            ),
        ));
        properties.push(inputs::token());
        inputs::object(&properties, &["repoUrl"])
    }

    fn output_schema(&self) -> Value {
        inputs::outputs(false)
    }

    fn examples(&self) -> &'static [Example] {
        &[Example {
            description: "An empty repository, for a later github:repo:push",
            example: "steps:\n  - id: create\n    action: github:repo:create\n    input:\n      repoUrl: ${{ parameters.repoUrl }}\n      collaborators:\n        - team: platform\n          access: maintain\n",
        }]
    }

    fn targets(&self, input: &Map<String, Value>) -> Vec<Target> {
        targets(input, "create repository", true)
    }

    fn run<'a>(&'a self, step: &'a mut StepContext<'_>) -> Outcome<'a> {
        Box::pin(async move {
            let repo = Repo::of(step).await?;
            let created = create::create(step, &repo).await?;
            access::give(step, &repo, created.in_organization)
                .await
                .map_err(|error| after(&format!("{} was created", repo.url.full_name()), error))?;
            step.output("remoteUrl", json!(created.clone_url));
            let contents = format!("{}/blob/{}", created.html_url, push::BRANCH);
            step.output("repoContentsUrl", json!(contents));
            Ok(())
        })
    }
}
