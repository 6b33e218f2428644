//! Protects a branch.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{Repo, failed, texts};
use crate::github::{GithubError, Verb};
use crate::scaffolder::action::{Level, StepContext};
use crate::scaffolder::error::ActionError;

/// How long GitHub is given to know a branch that was just pushed.
const MOMENT: Duration = Duration::from_millis(600);
/// How often it is asked again.
const ATTEMPTS: u32 = 3;

/// Protects a branch as the step's input says. `admins` is the input that holds administrators to it.
///
/// # Errors
/// As GitHub says; that the plan does not have it is a warning.
pub async fn protect(
    step: &StepContext<'_>,
    repo: &Repo,
    branch: &str,
    admins: &str,
) -> Result<(), ActionError> {
    let body = body(step.input, admins);
    let at = repo.at(&["branches", branch, "protection"]);
    let mut attempt = 0;
    let outcome = loop {
        let outcome = repo.client.write(Verb::Put, &at, Some(&body)).await;
        attempt += 1;
        match &outcome {
            Err(error) if is_unknown_yet(error) && attempt < ATTEMPTS => {
                tokio::select! {
                    () = step.cancel.cancelled() => return Err(ActionError::cancelled()),
                    () = tokio::time::sleep(MOMENT) => {}
                }
            }
            _ => break outcome,
        }
    };
    match outcome {
        Ok(_) => {}
        Err(error) if wants_another_plan(&error) => {
            step.log(
                Level::Warn,
                "Branch protection was not enabled as it requires GitHub Pro for private repositories",
            );
            return Ok(());
        }
        Err(error) => return Err(failed(error)),
    }
    if step.flag("requiredCommitSigning", false) {
        let at = repo.at(&["branches", branch, "protection", "required_signatures"]);
        repo.client
            .write(Verb::Post, &at, None)
            .await
            .map_err(failed)?;
    }
    Ok(())
}

fn is_unknown_yet(error: &GithubError) -> bool {
    error.to_string().contains("Branch not found")
}

fn wants_another_plan(error: &GithubError) -> bool {
    let told = error.to_string();
    told.contains("Upgrade to GitHub Pro") || told.contains("Upgrade to GitHub Team")
}

/// What GitHub is asked for. Backstage: `enableBranchProtectionOnDefaultRepoBranch`, its defaults.
fn body(input: &Map<String, Value>, admins: &str) -> Value {
    let flag = |key: &str, default: bool| {
        json!(input.get(key).and_then(Value::as_bool).unwrap_or(default))
    };
    let reviews = input
        .get("requiredApprovingReviewCount")
        .and_then(Value::as_f64)
        .unwrap_or(1.0);
    let mut required = json!({
        "required_approving_review_count": whole(reviews),
        "require_code_owner_reviews": flag("requireCodeOwnerReviews", false),
        "dismiss_stale_reviews": flag("dismissStaleReviews", false),
        "require_last_push_approval": flag("requireLastPushApproval", false),
    });
    if let Some(allowances) = input.get("bypassPullRequestAllowances") {
        required["bypass_pull_request_allowances"] = allowances.clone();
    }
    json!({
        "required_status_checks": {
            "strict": flag("requireBranchesToBeUpToDate", true),
            "contexts": texts(input, "requiredStatusCheckContexts"),
        },
        "restrictions": input.get("restrictions").cloned().unwrap_or_default(),
        "enforce_admins": flag(admins, true),
        "required_pull_request_reviews": required,
        "required_conversation_resolution": flag("requiredConversationResolution", false),
        "required_linear_history": flag("requiredLinearHistory", false),
        "block_creations": flag("blockCreations", false),
    })
}

/// GitHub takes 0 to 6 reviews; a number of an input may come as `1.0`.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the number is kept within 0 and 6"
)]
fn whole(number: f64) -> u8 {
    number.clamp(0.0, 6.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_wants_one_review_and_holds_administrators_to_it_by_default() {
        let body = body(&Map::new(), "protectEnforceAdmins");
        assert_eq!(body["enforce_admins"], true);
        assert_eq!(body["restrictions"], Value::Null);
        assert_eq!(
            body["required_pull_request_reviews"]["required_approving_review_count"],
            1
        );
        assert_eq!(
            body["required_status_checks"],
            json!({"strict": true, "contexts": []})
        );
    }

    #[test]
    fn what_a_template_asks_for_is_sent() {
        let Value::Object(input) = json!({
            "requiredApprovingReviewCount": 2.0, "requireCodeOwnerReviews": true, "enforceAdmins": false,
            "restrictions": {"users": [], "teams": ["platform"]},
            "bypassPullRequestAllowances": {"teams": ["platform"]},
        }) else {
            panic!("an object")
        };
        let body = body(&input, "enforceAdmins");
        let reviews = &body["required_pull_request_reviews"];
        assert_eq!(reviews["required_approving_review_count"], 2);
        assert_eq!(reviews["require_code_owner_reviews"], true);
        assert_eq!(
            reviews["bypass_pull_request_allowances"],
            json!({"teams": ["platform"]})
        );
        assert_eq!(body["restrictions"]["teams"], json!(["platform"]));
        assert_eq!(body["enforce_admins"], false);
    }
}
