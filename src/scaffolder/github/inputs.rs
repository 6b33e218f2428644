//! The inputs and outputs that several GitHub actions have: names, types and defaults are those of Backstage's GitHub module
//! (0.10), the words are callboard's. Where Backstage's schema names another default than its code uses, the one that is
//! used stands here (`defaultBranch`: `main`).

use serde_json::{Map, Value, json};

/// A schema of an object that takes these properties and no others.
pub fn object(properties: &[(&str, Value)], required: &[&str]) -> Value {
    let properties: Map<String, Value> = properties
        .iter()
        .map(|(name, schema)| ((*name).to_owned(), schema.clone()))
        .collect();
    let mut schema = json!({"type": "object", "properties": properties});
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema["additionalProperties"] = json!(false);
    schema["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    schema
}

/// A text.
pub fn text(description: &str) -> Value {
    json!({"type": "string", "description": description})
}

/// A text with a default.
pub fn text_or(default: &str, description: &str) -> Value {
    json!({"type": "string", "default": default, "description": description})
}

/// One of some words.
pub fn word(words: &[&str], default: Option<&str>, description: &str) -> Value {
    let mut schema = json!({"type": "string", "enum": words});
    if let Some(default) = default {
        schema["default"] = json!(default);
    }
    schema["description"] = json!(description);
    schema
}

/// A switch.
pub fn flag(description: &str) -> Value {
    json!({"type": "boolean", "description": description})
}

/// A switch with a default.
pub fn flag_or(default: bool, description: &str) -> Value {
    json!({"type": "boolean", "default": default, "description": description})
}

/// A number.
pub fn number(description: &str) -> Value {
    json!({"type": "number", "description": description})
}

/// A list of texts.
pub fn texts(description: &str) -> Value {
    json!({"type": "array", "items": {"type": "string"}, "description": description})
}

/// Names and texts.
pub fn pairs(description: &str) -> Value {
    json!({"type": "object", "additionalProperties": {"type": "string"}, "description": description})
}

/// `repoUrl`.
pub fn repo_url() -> (&'static str, Value) {
    (
        "repoUrl",
        text("The repository, as `github.com?owner=OWNER&repo=NAME`"),
    )
}

/// `token`.
pub fn token() -> (&'static str, Value) {
    (
        "token",
        text("Signs the requests instead of the signed-in person's own token"),
    )
}

/// What a new repository is made with.
pub fn creation() -> Vec<(&'static str, Value)> {
    let access = |who: &str| {
        json!({
            "type": "object",
            "properties": {
                "access": text("The level: pull, triage, push, maintain, admin or a role of the organisation"),
                who: text(&format!("The {who}'s name, or a reference to it")),
            },
            "required": ["access", who],
            "additionalProperties": false,
        })
    };
    vec![
        ("description", text("One line about the repository")),
        ("homepage", text("The address of the project's own page")),
        (
            "access",
            text(
                "Who administers the repository besides its owner: a login, or a team as `OWNER/TEAM`",
            ),
        ),
        (
            "repoVisibility",
            word(
                &["private", "public", "internal"],
                None,
                "Who sees the repository; `private` where nothing is said",
            ),
        ),
        (
            "deleteBranchOnMerge",
            flag_or(false, "Whether a merged pull request's branch goes"),
        ),
        (
            "allowMergeCommit",
            flag_or(
                true,
                "Whether pull requests may be merged by a merge commit",
            ),
        ),
        (
            "allowSquashMerge",
            flag_or(true, "Whether pull requests may be squashed"),
        ),
        (
            "squashMergeCommitTitle",
            word(
                &["PR_TITLE", "COMMIT_OR_PR_TITLE"],
                Some("COMMIT_OR_PR_TITLE"),
                "The title a squashed commit begins with",
            ),
        ),
        (
            "squashMergeCommitMessage",
            word(
                &["PR_BODY", "COMMIT_MESSAGES", "BLANK"],
                Some("COMMIT_MESSAGES"),
                "The text a squashed commit begins with",
            ),
        ),
        (
            "allowRebaseMerge",
            flag_or(true, "Whether pull requests may be rebased"),
        ),
        (
            "allowAutoMerge",
            flag_or(
                false,
                "Whether pull requests may merge by themselves once they may",
            ),
        ),
        (
            "allowUpdateBranch",
            flag_or(
                false,
                "Whether GitHub offers to bring a pull request's branch up to date",
            ),
        ),
        (
            "collaborators",
            json!({
                "type": "array",
                "items": {"anyOf": [access("user"), access("team")]},
                "description": "People and teams with a level of access each",
            }),
        ),
        (
            "hasProjects",
            flag(
                "Whether the repository has projects; as the owner's settings say where nothing is said",
            ),
        ),
        (
            "hasWiki",
            flag_or(true, "Whether the repository has a wiki"),
        ),
        (
            "hasIssues",
            flag_or(true, "Whether the repository has issues"),
        ),
        ("topics", texts("The repository's topics, in lower case")),
        ("repoVariables", pairs("Variables for GitHub Actions")),
        ("secrets", pairs("Secrets for GitHub Actions")),
        (
            "oidcCustomization",
            json!({
                "type": "object",
                "properties": {
                    "useDefault": flag_or(true, "Whether GitHub's own template is used; then there are no claim keys"),
                    "includeClaimKeys": texts("The claims that the subject is made of"),
                },
                "additionalProperties": false,
                "description": "The subject of the tokens that workflows get",
            }),
        ),
        (
            "customProperties",
            json!({
                "type": "object",
                "additionalProperties": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
                "description": "The organisation's custom properties and their values here",
            }),
        ),
        (
            "subscribe",
            flag("Whether whoever makes the repository watches it"),
        ),
    ]
}

/// What protects a branch.
pub fn protection() -> Vec<(&'static str, Value)> {
    let who = |required: &[&str], description: &str| {
        let list = json!({"type": "array", "items": {"type": "string"}});
        let mut schema = json!({
            "type": "object",
            "properties": {"apps": list, "users": list, "teams": list},
        });
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        schema["additionalProperties"] = json!(false);
        schema["description"] = json!(description);
        schema
    };
    vec![
        (
            "bypassPullRequestAllowances",
            who(
                &[],
                "People, teams and Apps that may push without a pull request",
            ),
        ),
        (
            "requiredApprovingReviewCount",
            number("How many reviews must approve, 0 to 6; 1 where nothing is said"),
        ),
        (
            "restrictions",
            who(
                &["users", "teams"],
                "Who may push to the branch at all; for organisations",
            ),
        ),
        (
            "requireCodeOwnerReviews",
            flag("Whether a code owner of each changed file must approve"),
        ),
        (
            "dismissStaleReviews",
            flag("Whether new commits void approvals"),
        ),
        (
            "requiredStatusCheckContexts",
            texts("The checks that must succeed before a merge"),
        ),
        (
            "requireBranchesToBeUpToDate",
            flag_or(
                true,
                "Whether a branch must hold the base's last commit before a merge",
            ),
        ),
        (
            "requiredConversationResolution",
            flag("Whether every conversation must be resolved before a merge"),
        ),
        (
            "requireLastPushApproval",
            flag_or(
                false,
                "Whether somebody else than the last who pushed must approve",
            ),
        ),
        (
            "requiredCommitSigning",
            flag("Whether commits must be signed"),
        ),
        (
            "requiredLinearHistory",
            flag("Whether merge commits are kept out"),
        ),
    ]
}

/// What is committed and pushed.
pub fn pushing() -> Vec<(&'static str, Value)> {
    vec![
        (
            "defaultBranch",
            text_or("main", "The branch that is pushed"),
        ),
        (
            "protectDefaultBranch",
            flag_or(true, "Whether that branch is protected once it is pushed"),
        ),
        (
            "protectEnforceAdmins",
            flag_or(true, "Whether the protection holds for administrators too"),
        ),
        (
            "gitCommitMessage",
            text_or("initial commit", "The commit's message"),
        ),
        ("gitAuthorName", text_or("Scaffolder", "The author's name")),
        ("gitAuthorEmail", text("The author's address")),
        (
            "sourcePath",
            text(
                "The folder of the workspace that becomes the repository's root; the whole workspace where nothing is said",
            ),
        ),
    ]
}

/// The outputs of a published repository.
pub fn outputs(with_commit: bool) -> Value {
    let mut properties = vec![
        ("remoteUrl", text("Where git finds the repository")),
        ("repoContentsUrl", text("The page of the repository's root")),
    ];
    if with_commit {
        properties.push(("commitHash", text("The first commit's id")));
    }
    let names: Vec<&str> = properties.iter().map(|(name, _)| *name).collect();
    object(&properties, &names)
}
