//! `github:environment:create`: a deployment environment with its rules, variables and secrets.

use serde_json::{Map, Value, json};

use crate::github::Verb;
use crate::scaffolder::action::{Action, Example, Level, Outcome, StepContext, Target};
use crate::scaffolder::error::ActionError;
use crate::scaffolder::github::{
    Repo, access, after, failed, inputs, pairs, targets, text_at, texts,
};

/// See the module.
pub struct GithubEnvironmentCreate;

impl Action for GithubEnvironmentCreate {
    fn id(&self) -> &'static str {
        "github:environment:create"
    }

    fn description(&self) -> &'static str {
        "Makes a deployment environment of a GitHub repository."
    }

    fn input_schema(&self) -> Value {
        let policy = json!({
            "type": "object",
            "properties": {
                "protected_branches": inputs::flag("Whether protected branches alone may deploy"),
                "custom_branch_policies": inputs::flag("Whether branches and tags that match a pattern alone may deploy"),
            },
            "required": ["protected_branches", "custom_branch_policies"],
            "additionalProperties": false,
            "description": "Which branches may deploy: one of the two kinds; any branch where nothing is said",
        });
        inputs::object(
            &[
                inputs::repo_url(),
                ("name", inputs::text("The environment's name")),
                ("deploymentBranchPolicy", policy),
                (
                    "customBranchPolicyNames",
                    inputs::texts("Patterns of branches that may deploy"),
                ),
                (
                    "customTagPolicyNames",
                    inputs::texts("Patterns of tags that may deploy"),
                ),
                (
                    "environmentVariables",
                    inputs::pairs("The environment's variables"),
                ),
                ("secrets", inputs::pairs("The environment's secrets")),
                inputs::token(),
                (
                    "waitTimer",
                    inputs::number("Minutes that a deployment waits"),
                ),
                (
                    "preventSelfReview",
                    inputs::flag("Whether who deploys may not approve"),
                ),
                (
                    "reviewers",
                    inputs::texts("References of the people and groups who approve"),
                ),
            ],
            &["repoUrl", "name"],
        )
    }

    fn examples(&self) -> &'static [Example] {
        &[Example {
            description: "A production environment that a group approves",
            example: "steps:\n  - action: github:environment:create\n    input:\n      repoUrl: ${{ parameters.repoUrl }}\n      name: production\n      deploymentBranchPolicy:\n        protected_branches: true\n        custom_branch_policies: false\n      reviewers: [\"group:default/platform\"]\n",
        }]
    }

    fn targets(&self, input: &Map<String, Value>) -> Vec<Target> {
        targets(input, "create an environment of", false)
    }

    fn run<'a>(&'a self, step: &'a mut StepContext<'_>) -> Outcome<'a> {
        Box::pin(async move {
            let repo = Repo::of(step).await?;
            let name = step.text("name").unwrap_or_default();
            let mut body = Map::new();
            if let Some(policy) = step.input.get("deploymentBranchPolicy") {
                body.insert("deployment_branch_policy".into(), policy.clone());
            }
            if let Some(minutes) = step.input.get("waitTimer").and_then(Value::as_f64) {
                body.insert("wait_timer".into(), json!(minutes_of(minutes)));
            }
            if let Some(prevent) = step.input.get("preventSelfReview") {
                body.insert("prevent_self_review".into(), prevent.clone());
            }
            let reviewers = reviewers(step, &repo).await?;
            if !reviewers.is_empty() {
                body.insert("reviewers".into(), json!(reviewers));
            }
            let at = repo.at(&["environments", name]);
            let body = Value::Object(body);
            repo.client
                .write(Verb::Put, &at, Some(&body))
                .await
                .map_err(failed)?;
            fill(step, &repo, name)
                .await
                .map_err(|error| after(&format!("the environment `{name}` was made"), error))
        })
    }
}

/// GitHub takes up to 30 days.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the number is kept within 0 and 43,200"
)]
fn minutes_of(minutes: f64) -> u32 {
    minutes.clamp(0.0, 43_200.0) as u32
}

async fn fill(step: &StepContext<'_>, repo: &Repo, name: &str) -> Result<(), ActionError> {
    policies(step, repo, name).await?;
    for (key, value) in pairs(step.input, "environmentVariables") {
        access::variable(
            step,
            repo,
            &["environments", name, "variables"],
            &key,
            &value,
        )
        .await?;
    }
    let secrets = pairs(step.input, "secrets");
    if !secrets.is_empty() {
        access::put_secrets(repo, &["environments", name, "secrets"], &secrets).await?;
    }
    Ok(())
}

async fn policies(step: &StepContext<'_>, repo: &Repo, name: &str) -> Result<(), ActionError> {
    let branches = texts(step.input, "customBranchPolicyNames");
    let tags = texts(step.input, "customTagPolicyNames");
    if branches.is_empty() && tags.is_empty() {
        return Ok(());
    }
    let at = repo.at(&["environments", name, "deployment-branch-policies"]);
    let query = [("per_page", "100")];
    let had = repo.client.read(&at, &query).await.map_err(failed)?;
    let had = had.get("branch_policies").and_then(Value::as_array);
    let is_there = |kind: &str, pattern: &str| {
        had.into_iter().flatten().any(|policy| {
            text_at(policy, &["name"]).as_deref() == Some(pattern)
                && text_at(policy, &["type"]).unwrap_or_else(|| "branch".to_owned()) == kind
        })
    };
    let wanted = branches
        .iter()
        .map(|pattern| ("branch", pattern))
        .chain(tags.iter().map(|pattern| ("tag", pattern)));
    for (kind, pattern) in wanted {
        if is_there(kind, pattern) {
            continue;
        }
        let body = json!({"name": pattern, "type": kind});
        repo.client
            .write(Verb::Post, &at, Some(&body))
            .await
            .map_err(failed)?;
    }
    Ok(())
}

/// GitHub's numbers of the people and teams that the catalog's references stand for; who is not found is told and left out.
async fn reviewers(step: &StepContext<'_>, repo: &Repo) -> Result<Vec<Value>, ActionError> {
    let references = texts(step.input, "reviewers");
    let mut found = Vec::new();
    if references.is_empty() {
        return Ok(found);
    }
    let entities = step.services.catalog.entities(&references).await?;
    for (reference, entity) in references.iter().zip(entities) {
        let kind = entity
            .as_ref()
            .and_then(|entity| text_at(entity, &["kind"]));
        let name = entity
            .as_ref()
            .and_then(|entity| text_at(entity, &["metadata", "name"]))
            .unwrap_or_default();
        let (kind, segments) = match kind.as_deref() {
            Some("User") => ("User", vec!["users", &name]),
            Some("Group") => ("Team", vec!["orgs", &repo.url.owner, "teams", &name]),
            _ => {
                let text = format!("{reference} is no person or group of the catalog: left out");
                step.log(Level::Warn, &text);
                continue;
            }
        };
        let account = repo.client.find(&segments, &[]).await.map_err(failed)?;
        match account.and_then(|account| account.get("id").cloned()) {
            Some(id) => found.push(json!({"type": kind, "id": id})),
            None => {
                let text = format!("GitHub knows no {} {name}: left out", kind.to_lowercase());
                step.log(Level::Error, &text);
            }
        }
    }
    Ok(found)
}
