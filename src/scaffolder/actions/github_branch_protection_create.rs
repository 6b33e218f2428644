//! `github:branch-protection:create`: protects a branch.

use serde_json::{Map, Value};

use crate::scaffolder::action::{Action, Example, Outcome, StepContext, Target};
use crate::scaffolder::github::{Repo, inputs, protect, targets, text_at};

/// See the module.
pub struct GithubBranchProtectionCreate;

impl Action for GithubBranchProtectionCreate {
    fn id(&self) -> &'static str {
        "github:branch-protection:create"
    }

    fn description(&self) -> &'static str {
        "Protects a branch of a GitHub repository."
    }

    fn input_schema(&self) -> Value {
        let mut properties = vec![
            inputs::repo_url(),
            (
                "branch",
                inputs::text("The branch; the repository's default branch where nothing is said"),
            ),
            (
                "enforceAdmins",
                inputs::flag_or(true, "Whether the protection holds for administrators too"),
            ),
        ];
        properties.extend(inputs::protection());
        properties.push((
            "blockCreations",
            inputs::flag_or(
                false,
                "Whether only those who may push may make branches that match",
            ),
        ));
        properties.push(inputs::token());
        inputs::object(&properties, &["repoUrl"])
    }

    fn examples(&self) -> &'static [Example] {
        &[Example {
            description: "Two reviews before anything reaches the default branch",
            example: "steps:\n  - action: github:branch-protection:create\n    input:\n      repoUrl: github.com?owner=acme&repo=payments\n      requiredApprovingReviewCount: 2\n",
        }]
    }

    fn targets(&self, input: &Map<String, Value>) -> Vec<Target> {
        targets(input, "protect a branch of", false)
    }

    fn run<'a>(&'a self, step: &'a mut StepContext<'_>) -> Outcome<'a> {
        Box::pin(async move {
            let repo = Repo::of(step).await?;
            let branch = match step.text("branch") {
                Some(branch) => branch.to_owned(),
                None => text_at(&repo.describe().await?, &["default_branch"]).unwrap_or_default(),
            };
            protect::protect(step, &repo, &branch, "enforceAdmins").await
        })
    }
}
