//! Repositories that are made, filled and set up.

use std::os::unix::fs::PermissionsExt;

use callboard::scaffolder::ActionErrorKind;
use serde_json::json;

use super::*;

#[tokio::test]
async fn a_published_workspace_is_cloned_back_as_it_was() {
    let github = Loopback::start(world());
    let stage = Stage::new(&github);
    stage
        .file("README.md", "# 결제\r\n")
        .file("bin/run", "#!/bin/sh\n")
        .file("logo.png", [0x89, b'P', 0, 0xff])
        .file(".gitattributes", "* text eol=lf\n")
        .file(".gitignore", "left-out\n")
        .file("left-out", "x");
    let run = stage.workspace.path().join("bin/run");
    std::fs::set_permissions(run, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::os::unix::fs::symlink("README.md", stage.workspace.path().join("link")).unwrap();
    let output = stage
        .run(
            "publish:github",
            json!({"repoUrl": repo_url(&github, "acme", "pay"), "description": "Pay"}),
        )
        .await
        .unwrap();
    let web = github.web_url();
    assert_eq!(output["remoteUrl"], format!("{web}/acme/pay.git"));
    assert_eq!(
        output["repoContentsUrl"],
        format!("{web}/acme/pay/blob/main")
    );
    let clone = clone(&github, "acme/pay", "main");
    assert_eq!(
        git(clone.path(), &["rev-parse", "HEAD"]),
        output["commitHash"]
    );
    let show = |path: &str| git(clone.path(), &["show", &format!("HEAD:{path}")]);
    assert_eq!(show("README.md"), "# 결제");
    assert!(git(clone.path(), &["ls-tree", "HEAD", "bin/run"]).starts_with("100755"));
    assert!(git(clone.path(), &["ls-tree", "HEAD", "link"]).starts_with("120000"));
    assert_eq!(
        std::fs::read(clone.path().join("logo.png")).unwrap(),
        [0x89, b'P', 0, 0xff]
    );
    assert!(!clone.path().join("left-out").exists());
    let raw = std::process::Command::new("git")
        .args(["cat-file", "blob", "HEAD:README.md"])
        .current_dir(clone.path())
        .output()
        .unwrap();
    assert_eq!(raw.stdout, "# 결제\r\n".as_bytes(), "line endings are kept");
    assert_eq!(
        git(clone.path(), &["log", "-1", "--format=%an <%ae> %s"]),
        "Scaffolder <scaffolder@backstage.io> initial commit"
    );
}

#[tokio::test]
async fn a_repository_is_private_and_its_branch_protected_unless_the_template_says_otherwise() {
    let github = Loopback::start(world());
    let stage = Stage::new(&github);
    stage.file("a", "a");
    let url = repo_url(&github, "acme", "pay");
    stage
        .run("publish:github", json!({"repoUrl": url}))
        .await
        .unwrap();
    assert_eq!(
        writes(&github),
        [
            "POST /orgs/acme/repos",
            "PUT /repos/acme/pay/branches/main/protection"
        ]
    );
    github.change(|world| {
        let made = world.repository_mut("acme", "pay").unwrap();
        assert_eq!(made.visibility, Visibility::Private);
        let protection = &made.hub.protection["main"];
        assert_eq!(
            protection["required_pull_request_reviews"]["required_approving_review_count"],
            1
        );
        assert_eq!(protection["enforce_admins"], true);
    });
}

#[tokio::test]
async fn everything_a_template_can_ask_for_reaches_github() {
    let github = Loopback::start(world());
    let mut stage = Stage::new(&github);
    stage.config.default_author = (Some("Portal".into()), Some("portal@acme.test".into()));
    stage.config.default_commit_message = Some("From the portal".into());
    stage.file("service/a", "a").file("not-this", "x");
    stage
        .run(
            "publish:github",
            json!({
                "repoUrl": repo_url(&github, "acme", "pay"),
                "homepage": "https://pay.example.com", "repoVisibility": "internal", "access": "acme/platform",
                "collaborators": [
                    {"user": "user:default/carol", "access": "push"},
                    {"team": "group:default/platform", "access": "maintain"},
                    {"user": "nobody-here", "access": "pull"},
                ],
                "topics": ["Payments", "java"], "repoVariables": {"REGION": "kr"},
                "secrets": {"TOKEN": "비밀"}, "oidcCustomization": {"useDefault": false, "includeClaimKeys": ["repo"]},
                "customProperties": {"tier": "1"}, "subscribe": true, "hasWiki": false, "allowUpdateBranch": true,
                "defaultBranch": "trunk", "sourcePath": "service", "requiredCommitSigning": true,
                "requireCodeOwnerReviews": true, "requiredApprovingReviewCount": 2,
                "restrictions": {"users": [], "teams": ["platform"]},
                "bypassPullRequestAllowances": {"teams": ["platform"]},
            }),
        )
        .await
        .unwrap();
    github.change(|world| {
        let made = world.repository_mut("acme", "pay").unwrap();
        assert_eq!(made.visibility, Visibility::Internal);
        assert_eq!(made.default_branch, "trunk");
        assert_eq!(made.topics, ["payments", "java"]);
        let hub = &made.hub;
        assert_eq!(hub.body["homepage"], "https://pay.example.com");
        assert_eq!(hub.body["custom_properties"], json!({"tier": "1"}));
        assert_eq!(hub.body["has_wiki"], false);
        assert_eq!(hub.body["allow_update_branch"], true);
        assert_eq!(hub.people["carol"], "push");
        assert_eq!(hub.teams["platform"], "maintain");
        assert_eq!(hub.variables["REGION"], "kr");
        assert_eq!(hub.secrets["TOKEN"], "비밀");
        assert_eq!(
            hub.oidc,
            json!({"use_default": false, "include_claim_keys": ["repo"]})
        );
        assert_eq!(hub.subscription["subscribed"], true);
        assert!(hub.signed.contains("trunk"));
        let reviews = &hub.protection["trunk"]["required_pull_request_reviews"];
        assert_eq!(reviews["required_approving_review_count"], 2);
        assert_eq!(reviews["require_code_owner_reviews"], true);
        let paths: Vec<&String> = made.branches["trunk"].keys().collect();
        assert_eq!(paths, ["a"]);
    });
    assert!(
        stage.log().contains("Skipping pull access for nobody-here"),
        "{}",
        stage.log()
    );
    let clone = clone(&github, "acme/pay", "trunk");
    assert_eq!(
        git(clone.path(), &["log", "-1", "--format=%an <%ae> %s"]),
        "Portal <portal@acme.test> From the portal"
    );
    assert!(
        !github
            .requests()
            .iter()
            .any(|request| request.body_text().contains("비밀"))
    );
}

#[tokio::test]
async fn a_person_publishes_in_an_account_of_her_own_and_in_no_others() {
    let github = Loopback::start(world().account(Account::user("carol")));
    let stage = Stage::new(&github);
    stage.file("a", "a");
    let own = json!({"repoUrl": repo_url(&github, "ann", "notes"), "access": "carol"});
    stage.run("publish:github", own).await.unwrap();
    assert_eq!(
        writes(&github)[..2],
        [
            "POST /user/repos",
            "PUT /repos/ann/notes/collaborators/carol"
        ]
    );
    clone(&github, "ann/notes", "main");

    let stage = Stage::new(&github);
    stage.file("a", "a");
    let others = json!({"repoUrl": repo_url(&github, "carol", "notes")});
    let error = stage.run("publish:github", others).await.unwrap_err();
    assert_eq!(error.kind, ActionErrorKind::NotAllowed);
    assert!(error.message.contains("only carol"), "{}", error.message);

    let internal = json!({"repoUrl": repo_url(&github, "ann", "x"), "repoVisibility": "internal"});
    let error = stage.run("publish:github", internal).await.unwrap_err();
    assert_eq!(error.kind, ActionErrorKind::Input);
}

#[tokio::test]
async fn an_account_or_a_team_that_is_not_there_is_named_before_anything_is_made() {
    let github = Loopback::start(world());
    let stage = Stage::new(&github);
    stage.file("a", "a");
    for (input, name) in [
        (
            json!({"repoUrl": repo_url(&github, "acmee", "pay")}),
            "acmee",
        ),
        (
            json!({"repoUrl": repo_url(&github, "acme", "pay"), "access": "acme/nobody"}),
            "nobody",
        ),
    ] {
        let error = stage.run("publish:github", input).await.unwrap_err();
        assert_eq!(error.kind, ActionErrorKind::NotFound);
        assert!(error.message.contains(name), "{}", error.message);
    }
    assert!(writes(&github).is_empty());
}

#[tokio::test]
async fn an_empty_workspace_publishes_nothing() {
    let github = Loopback::start(world());
    let stage = Stage::new(&github);
    let input = json!({"repoUrl": repo_url(&github, "acme", "pay")});
    let error = stage.run("publish:github", input).await.unwrap_err();
    assert_eq!(error.kind, ActionErrorKind::Input);
    assert!(error.hint.unwrap().contains("skeleton"));
    assert!(writes(&github).is_empty());
}

#[tokio::test]
async fn a_repository_is_made_and_filled_in_two_steps() {
    let github = Loopback::start(world());
    let stage = Stage::new(&github);
    stage.file("a", "a");
    let url = repo_url(&github, "acme", "pay");
    let made = stage
        .run(
            "github:repo:create",
            json!({"repoUrl": url, "workflowAccess": "organization"}),
        )
        .await
        .unwrap();
    assert_eq!(
        made["remoteUrl"],
        format!("{}/acme/pay.git", github.web_url())
    );
    let mut push = Stage::new(&github);
    push.config.default_commit_message = Some("not here".into());
    push.file("a", "a");
    let pushed = push
        .run(
            "github:repo:push",
            json!({"repoUrl": url, "protectDefaultBranch": false}),
        )
        .await
        .unwrap();
    let clone = clone(&github, "acme/pay", "main");
    assert_eq!(
        git(clone.path(), &["rev-parse", "HEAD"]),
        pushed["commitHash"]
    );
    assert_eq!(
        git(clone.path(), &["log", "-1", "--format=%s"]),
        "initial commit"
    );
    github.change(|world| {
        let hub = &world.repository_mut("acme", "pay").unwrap().hub;
        assert_eq!(hub.workflow_access, "organization");
        assert!(hub.protection.is_empty());
    });
}

#[tokio::test]
async fn a_plan_without_protection_is_a_warning() {
    let github = Loopback::start(world());
    let stage = Stage::new(&github);
    stage.file("a", "a");
    github.fault(
        Fault::answer(Reply::error(
            403,
            "Upgrade to GitHub Pro or make this repository public to enable this feature.",
        ))
        .on_path("/protection"),
    );
    let input = json!({"repoUrl": repo_url(&github, "acme", "pay")});
    stage.run("publish:github", input).await.unwrap();
    assert!(
        stage.log().contains("requires GitHub Pro"),
        "{}",
        stage.log()
    );
}

#[tokio::test]
async fn a_token_of_the_step_is_used_instead_of_the_persons() {
    let github = Loopback::start(world().token("ghp_given", Token::classic("ann", &["repo"])));
    let stage = Stage::new(&github);
    stage.file("a", "a");
    let input = json!({"repoUrl": repo_url(&github, "acme", "pay"), "token": "ghp_given"});
    stage.run("publish:github", input).await.unwrap();
    let tokens: Vec<Option<String>> = github
        .writes()
        .iter()
        .map(|request| request.token().map(str::to_owned))
        .collect();
    assert!(
        tokens
            .iter()
            .all(|token| token.as_deref() == Some("ghp_given")),
        "{tokens:?}"
    );
}

#[tokio::test]
async fn a_handle_stands_for_the_person_and_never_leaves_this_machine() {
    let github = Loopback::start(world());
    let mut stage = Stage::new(&github);
    let handle = stage.handles.issue(&github.host());
    stage.file("a", "a");
    let input = json!({"repoUrl": repo_url(&github, "acme", "pay"), "token": handle});
    stage.run("publish:github", input).await.unwrap();
    for request in github.requests() {
        assert!(!format!("{request:?}").contains("callboard-user-credentials"));
    }
}

#[tokio::test]
async fn a_local_repository_is_made_without_any_network() {
    let github = Loopback::start(world());
    let mut stage = Stage::new(&github);
    stage.token = None;
    stage.file("a", "a\r\n").file("b/c", "c");
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("pay");
    let output = stage
        .run(
            "publish:local",
            json!({"path": path, "defaultBranch": "trunk", "gitAuthorName": "Ann"}),
        )
        .await
        .unwrap();
    assert_eq!(std::fs::read(path.join("a")).unwrap(), b"a\r\n");
    assert_eq!(git(&path, &["rev-parse", "trunk"]), output["commitHash"]);
    assert_eq!(git(&path, &["log", "-1", "--format=%an"]), "Ann");
    assert!(
        output["remoteUrl"]
            .as_str()
            .unwrap()
            .starts_with("file:///")
    );
    let error = stage
        .run("publish:local", json!({"path": path}))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ActionErrorKind::Conflict);
    assert!(github.requests().is_empty());
}

#[tokio::test]
async fn a_configured_token_writes_only_where_the_configuration_says_so() {
    let github = Loopback::start(world());
    let mut stage = Stage::new(&github);
    stage.token = None;
    stage.integration = integration(&github, Some(TOKEN));
    stage.file("a", "a");
    let input = json!({"repoUrl": repo_url(&github, "acme", "pay")});
    let error = stage
        .run("publish:github", input.clone())
        .await
        .unwrap_err();
    assert_eq!(error.kind, ActionErrorKind::NotAllowed);
    assert!(github.requests().is_empty());
    stage.identity = ScaffolderIdentity::Integration;
    stage.run("publish:github", input).await.unwrap();
    clone(&github, "acme/pay", "main");
}

#[tokio::test]
async fn a_workspace_with_a_git_folder_in_disguise_publishes_nothing() {
    let github = Loopback::start(world());
    for (id, name) in [
        ("publish:github", "pay"),
        ("publish:github:pull-request", "infra"),
    ] {
        let stage = Stage::new(&github);
        stage.file("a", "a").file("sub/.GIT/config", "[core]");
        let input = json!({
            "repoUrl": repo_url(&github, "acme", name), "branchName": "b", "title": "t", "description": "",
        });
        let error = stage.run(id, input).await.unwrap_err();
        assert_eq!(error.kind, ActionErrorKind::Input, "{id}");
        assert!(error.message.contains("sub/.GIT"), "{}", error.message);
    }
    assert!(writes(&github).is_empty());
}
