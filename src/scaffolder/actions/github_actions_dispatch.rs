//! `github:actions:dispatch`: starts a workflow.

use serde_json::{Map, Value, json};

use crate::github::Verb;
use crate::scaffolder::action::{Action, Example, Level, Outcome, StepContext, Target};
use crate::scaffolder::error::ActionError;
use crate::scaffolder::github::{Repo, failed, inputs, is_since, targets, text_at};
use crate::scaffolder::services::Intent;

/// The intent's key within its step.
const KEY: &str = "dispatch";

/// See the module.
pub struct GithubActionsDispatch;

impl Action for GithubActionsDispatch {
    fn id(&self) -> &'static str {
        "github:actions:dispatch"
    }

    fn description(&self) -> &'static str {
        "Starts a GitHub Actions workflow on a branch or tag."
    }

    fn input_schema(&self) -> Value {
        inputs::object(
            &[
                inputs::repo_url(),
                (
                    "workflowId",
                    inputs::text("The workflow's file name or number"),
                ),
                (
                    "branchOrTagName",
                    inputs::text("The branch or tag the workflow runs on"),
                ),
                (
                    "workflowInputs",
                    inputs::pairs("What the workflow is given; 25 inputs at most"),
                ),
                (
                    "returnWorkflowRunDetails",
                    inputs::flag("Whether the run's number and addresses are put out"),
                ),
                inputs::token(),
            ],
            &["repoUrl", "workflowId", "branchOrTagName"],
        )
    }

    fn output_schema(&self) -> Value {
        inputs::object(
            &[
                ("workflowRunId", inputs::number("The run's number")),
                ("workflowRunUrl", inputs::text("The run in GitHub's API")),
                ("workflowRunHtmlUrl", inputs::text("The run's page")),
            ],
            &[],
        )
    }

    fn examples(&self) -> &'static [Example] {
        &[Example {
            description: "Deploy what was just published",
            example: "steps:\n  - action: github:actions:dispatch\n    input:\n      repoUrl: ${{ parameters.repoUrl }}\n      workflowId: deploy.yaml\n      branchOrTagName: main\n      workflowInputs:\n        environment: staging\n",
        }]
    }

    fn targets(&self, input: &Map<String, Value>) -> Vec<Target> {
        targets(input, "start a workflow of", false)
    }

    fn run<'a>(&'a self, step: &'a mut StepContext<'_>) -> Outcome<'a> {
        Box::pin(async move {
            let repo = Repo::of(step).await?;
            let outcome = dispatch(step, &repo).await?;
            for name in ["workflowRunId", "workflowRunUrl", "workflowRunHtmlUrl"] {
                if let Some(value) = outcome.get(name).filter(|value| !value.is_null()) {
                    step.output(name, value.clone());
                }
            }
            Ok(())
        })
    }
}

async fn dispatch(step: &StepContext<'_>, repo: &Repo) -> Result<Value, ActionError> {
    let workflow = step.text("workflowId").unwrap_or_default();
    let branch = step.text("branchOrTagName").unwrap_or_default();
    match step.intents.begin(KEY, Value::Null)? {
        Intent::Done(outcome) => return Ok(outcome),
        Intent::Unfinished { since, .. } => {
            if let Some(run) = started(repo, workflow, branch, &since).await? {
                step.log(Level::Info, "An earlier attempt had started the workflow");
                return done(step, &run, "id", "url");
            }
        }
        Intent::New => {}
    }
    let mut body = json!({"ref": branch});
    if let Some(given) = step.input.get("workflowInputs") {
        body["inputs"] = given.clone();
    }
    let wants_details = step.flag("returnWorkflowRunDetails", false);
    if wants_details {
        body["return_run_details"] = json!(true);
    }
    let at = repo.at(&["actions", "workflows", workflow, "dispatches"]);
    let answer = repo
        .client
        .write(Verb::Post, &at, Some(&body))
        .await
        .map_err(failed)?;
    step.log(
        Level::Info,
        &format!("Workflow {workflow} dispatched successfully"),
    );
    done(step, &answer.body, "workflow_run_id", "run_url")
}

/// A run of the workflow that was started by hand since an intent, by this identity.
async fn started(
    repo: &Repo,
    workflow: &str,
    branch: &str,
    since: &str,
) -> Result<Option<Value>, ActionError> {
    let login = repo.client.login().await.map_err(failed)?;
    let query = [
        ("event", "workflow_dispatch"),
        ("branch", branch),
        ("actor", login.as_str()),
        ("per_page", "10"),
    ];
    let at = repo.at(&["actions", "workflows", workflow, "runs"]);
    let runs = repo.client.read(&at, &query).await.map_err(failed)?;
    let runs = runs.get("workflow_runs").and_then(Value::as_array);
    Ok(runs
        .into_iter()
        .flatten()
        .find(|run| is_since(text_at(run, &["created_at"]).as_deref(), since))
        .cloned())
}

fn done(step: &StepContext<'_>, run: &Value, id: &str, url: &str) -> Result<Value, ActionError> {
    let outcome = json!({
        "workflowRunId": run.get(id),
        "workflowRunUrl": run.get(url),
        "workflowRunHtmlUrl": run.get("html_url"),
    });
    step.intents.done(KEY, outcome.clone())?;
    if step.flag("returnWorkflowRunDetails", false) {
        Ok(outcome)
    } else {
        Ok(Value::Null)
    }
}
