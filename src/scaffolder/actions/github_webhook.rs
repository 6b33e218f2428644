//! `github:webhook`: a webhook of a repository.

use serde_json::{Map, Value, json};

use crate::github::{GithubError, Verb};
use crate::scaffolder::action::{Action, Example, Level, Outcome, StepContext, Target};
use crate::scaffolder::error::ActionError;
use crate::scaffolder::github::access::tolerate;
use crate::scaffolder::github::{Repo, failed, inputs, targets, text_at};
use crate::scaffolder::services::Intent;

/// The intent's key within its step.
const KEY: &str = "webhook";

/// What a webhook may be told of, as GitHub names it ("Webhook events and payloads"), Backstage's list.
const EVENTS: &[&str] = &[
    "branch_protection_configuration",
    "branch_protection_rule",
    "check_run",
    "check_suite",
    "code_scanning_alert",
    "commit_comment",
    "create",
    "custom_property",
    "custom_property_values",
    "delete",
    "dependabot_alert",
    "deploy_key",
    "deployment",
    "deployment_protection_rule",
    "deployment_review",
    "deployment_status",
    "discussion",
    "discussion_comment",
    "fork",
    "github_app_authorization",
    "gollum",
    "installation",
    "installation_repositories",
    "installation_target",
    "issue_comment",
    "issue_dependencies",
    "issues",
    "label",
    "marketplace_purchase",
    "member",
    "membership",
    "merge_group",
    "meta",
    "milestone",
    "org_block",
    "organization",
    "package",
    "page_build",
    "personal_access_token_request",
    "ping",
    "project",
    "project_card",
    "project_column",
    "projects_v2",
    "projects_v2_item",
    "projects_v2_status_update",
    "public",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "pull_request_review_thread",
    "push",
    "registry_package",
    "release",
    "repository",
    "repository_advisory",
    "repository_dispatch",
    "repository_import",
    "repository_ruleset",
    "repository_vulnerability_alert",
    "secret_scanning_alert",
    "secret_scanning_alert_location",
    "secret_scanning_scan",
    "security_advisory",
    "security_and_analysis",
    "sponsorship",
    "star",
    "status",
    "sub_issues",
    "team",
    "team_add",
    "watch",
    "workflow_dispatch",
    "workflow_job",
    "workflow_run",
];

/// See the module.
pub struct GithubWebhook;

impl Action for GithubWebhook {
    fn id(&self) -> &'static str {
        "github:webhook"
    }

    fn description(&self) -> &'static str {
        "Makes a webhook of a GitHub repository. That GitHub refuses it is a warning."
    }

    fn input_schema(&self) -> Value {
        inputs::object(
            &[
                inputs::repo_url(),
                ("webhookUrl", inputs::text("The address that is told")),
                (
                    "webhookSecret",
                    inputs::text("What the messages are signed with"),
                ),
                (
                    "events",
                    json!({
                        "anyOf": [
                            {"type": "array", "items": {"type": "string", "enum": EVENTS}},
                            {"type": "array", "items": {"type": "string", "const": "*"}},
                        ],
                        "default": ["push"],
                        "description": "What it is told of; `*` for everything",
                    }),
                ),
                (
                    "active",
                    inputs::flag_or(true, "Whether it is told anything yet"),
                ),
                (
                    "contentType",
                    inputs::word(&["form", "json"], Some("form"), "How messages are written"),
                ),
                (
                    "insecureSsl",
                    inputs::flag_or(
                        false,
                        "Whether the certificate of the address goes unchecked",
                    ),
                ),
                inputs::token(),
            ],
            &["repoUrl", "webhookUrl"],
        )
    }

    fn examples(&self) -> &'static [Example] {
        &[Example {
            description: "Tell a server of pushes and pull requests",
            example: "steps:\n  - action: github:webhook\n    input:\n      repoUrl: ${{ parameters.repoUrl }}\n      webhookUrl: https://ci.example.com/hook\n      webhookSecret: ${{ secrets.hook }}\n      events: [push, pull_request]\n      contentType: json\n",
        }]
    }

    fn supports_dry_run(&self) -> bool {
        true
    }

    fn targets(&self, input: &Map<String, Value>) -> Vec<Target> {
        targets(input, "create a webhook of", false)
    }

    fn run<'a>(&'a self, step: &'a mut StepContext<'_>) -> Outcome<'a> {
        Box::pin(async move {
            let address = step.text("webhookUrl").unwrap_or_default();
            if step.dry_run {
                step.log(Level::Info, &format!("Would create the webhook {address}"));
                return Ok(());
            }
            let repo = Repo::of(step).await?;
            let intent = step.intents.begin(KEY, Value::Null)?;
            if matches!(intent, Intent::Done(_)) {
                return Ok(());
            }
            if matches!(intent, Intent::Unfinished { .. }) && is_there(&repo, address).await? {
                step.log(Level::Info, "An earlier attempt had made the webhook");
                return step.intents.done(KEY, Value::Null);
            }
            let answer = make(step, &repo, address).await;
            if answer.is_ok() {
                step.intents.done(KEY, Value::Null)?;
                step.log(
                    Level::Info,
                    &format!("Webhook '{address}' created successfully"),
                );
            }
            let what = format!(
                "Failed: create webhook '{address}' on repo: '{}'",
                repo.url.name
            );
            tolerate(step, answer, &what)
        })
    }
}

async fn make(step: &StepContext<'_>, repo: &Repo, address: &str) -> Result<(), GithubError> {
    let insecure = if step.flag("insecureSsl", false) {
        "1"
    } else {
        "0"
    };
    let mut config = json!({
        "url": address,
        "content_type": step.text("contentType").unwrap_or("form"),
        "insecure_ssl": insecure,
    });
    if let Some(secret) = step.text("webhookSecret") {
        config["secret"] = json!(secret);
    }
    let push = json!(["push"]);
    let body = json!({
        "config": config,
        "events": step.input.get("events").unwrap_or(&push),
        "active": step.flag("active", true),
    });
    repo.client
        .write(Verb::Post, &repo.at(&["hooks"]), Some(&body))
        .await?;
    Ok(())
}

async fn is_there(repo: &Repo, address: &str) -> Result<bool, ActionError> {
    let query = [("per_page", "100")];
    let hooks = repo
        .client
        .read(&repo.at(&["hooks"]), &query)
        .await
        .map_err(failed)?;
    Ok(hooks
        .as_array()
        .into_iter()
        .flatten()
        .any(|hook| text_at(hook, &["config", "url"]).as_deref() == Some(address)))
}
