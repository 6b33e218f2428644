//! `github:deployKey:create`: a deploy key, its private half a secret of Actions.

use serde_json::{Map, Value, json};

use crate::github::Verb;
use crate::scaffolder::action::{Action, Example, Level, Outcome, StepContext, Target};
use crate::scaffolder::error::ActionError;
use crate::scaffolder::github::{Repo, access, after, failed, inputs, targets, text_at};
use crate::scaffolder::services::Intent;

/// The intent's key within its step.
const KEY: &str = "deploy-key";

/// See the module.
pub struct GithubDeployKeyCreate;

impl Action for GithubDeployKeyCreate {
    fn id(&self) -> &'static str {
        "github:deployKey:create"
    }

    fn description(&self) -> &'static str {
        "Makes a deploy key of a GitHub repository and stores its private half as a secret of GitHub Actions."
    }

    fn input_schema(&self) -> Value {
        inputs::object(
            &[
                inputs::repo_url(),
                (
                    "publicKey",
                    inputs::text("The public half, as `ssh-keygen` writes it"),
                ),
                ("privateKey", inputs::text("The private half")),
                ("deployKeyName", inputs::text("The key's name on GitHub")),
                (
                    "privateKeySecretName",
                    inputs::text(
                        "The secret's name; the key's name in capitals, with `_PRIVATE_KEY`, where nothing is said",
                    ),
                ),
                inputs::token(),
            ],
            &["repoUrl", "publicKey", "privateKey", "deployKeyName"],
        )
    }

    fn output_schema(&self) -> Value {
        inputs::object(
            &[("privateKeySecretName", inputs::text("The secret's name"))],
            &["privateKeySecretName"],
        )
    }

    fn examples(&self) -> &'static [Example] {
        &[Example {
            description: "A key for deployments",
            example: "steps:\n  - action: github:deployKey:create\n    input:\n      repoUrl: ${{ parameters.repoUrl }}\n      publicKey: ${{ secrets.publicKey }}\n      privateKey: ${{ secrets.privateKey }}\n      deployKeyName: Push Tags\n",
        }]
    }

    fn targets(&self, input: &Map<String, Value>) -> Vec<Target> {
        targets(input, "create a deploy key of", false)
    }

    fn run<'a>(&'a self, step: &'a mut StepContext<'_>) -> Outcome<'a> {
        Box::pin(async move {
            let repo = Repo::of(step).await?;
            let name = step.text("deployKeyName").unwrap_or_default().to_owned();
            let secret = step.text("privateKeySecretName").map_or_else(
                || format!("{}_PRIVATE_KEY", name.replace(' ', "_").to_uppercase()),
                str::to_owned,
            );
            make(step, &repo, &name).await?;
            let private = step.text("privateKey").unwrap_or_default().to_owned();
            access::put_secrets(&repo, &["actions", "secrets"], &[(secret.clone(), private)])
                .await
                .map_err(|error| after(&format!("the deploy key `{name}` was made"), error))?;
            step.output("privateKeySecretName", json!(secret));
            Ok(())
        })
    }
}

async fn make(step: &StepContext<'_>, repo: &Repo, name: &str) -> Result<(), ActionError> {
    let key = step.text("publicKey").unwrap_or_default();
    let intent = step.intents.begin(KEY, Value::Null)?;
    if matches!(intent, Intent::Done(_)) {
        return Ok(());
    }
    if matches!(intent, Intent::Unfinished { .. }) && is_there(repo, key).await? {
        step.log(Level::Info, "An earlier attempt had made the deploy key");
        return step.intents.done(KEY, Value::Null);
    }
    let body = json!({"title": name, "key": key});
    let at = repo.at(&["keys"]);
    repo.client
        .write(Verb::Post, &at, Some(&body))
        .await
        .map_err(failed)?;
    step.intents.done(KEY, Value::Null)
}

/// Whether the key is there: its type and its bytes, without the comment, which GitHub leaves out.
async fn is_there(repo: &Repo, key: &str) -> Result<bool, ActionError> {
    let parts =
        |key: &str| -> Vec<String> { key.split_whitespace().take(2).map(str::to_owned).collect() };
    let query = [("per_page", "100")];
    let keys = repo
        .client
        .read(&repo.at(&["keys"]), &query)
        .await
        .map_err(failed)?;
    Ok(keys
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|found| text_at(found, &["key"]))
        .any(|found| parts(&found) == parts(key)))
}
