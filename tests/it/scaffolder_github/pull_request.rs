//! Pull requests: one tree, one commit, one branch.

use std::os::unix::fs::PermissionsExt;

use callboard::scaffolder::ActionErrorKind;
use serde_json::json;

use super::*;

fn input(github: &Loopback) -> Value {
    json!({
        "repoUrl": repo_url(github, "acme", "infra"), "branchName": "databases/pay",
        "title": "Database for pay", "description": "Asked for by Ann",
    })
}

fn with(github: &Loopback, more: Value) -> Value {
    let mut input = input(github);
    for (name, value) in more.as_object().unwrap() {
        input[name] = value.clone();
    }
    input
}

#[tokio::test]
async fn what_was_rendered_is_proposed_in_one_commit() {
    let github = Loopback::start(world());
    let stage = Stage::new(&github);
    stage
        .file("README.md", "# Infra\n")
        .file("databases/pay.tf", "resource \"x\" {}\r\n")
        .file("logo.png", [0xff, 0, 1])
        .file("run.sh", "#!/bin/sh\n");
    let run = stage.workspace.path().join("run.sh");
    std::fs::set_permissions(run, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::os::unix::fs::symlink("run.sh", stage.workspace.path().join("link")).unwrap();
    let output = stage
        .run(
            "publish:github:pull-request",
            with(&github, json!({
                "filesToDelete": ["old.tf", "never-there"], "reviewers": ["carol"], "teamReviewers": ["platform", "platform"],
                "assignees": ["ann"], "draft": true,
            })),
        )
        .await
        .unwrap();
    assert_eq!(
        writes(&github),
        [
            "POST /repos/acme/infra/git/blobs",
            "POST /repos/acme/infra/git/trees",
            "POST /repos/acme/infra/git/commits",
            "POST /repos/acme/infra/git/refs",
            "POST /repos/acme/infra/pulls",
            "POST /repos/acme/infra/pulls/1/requested_reviewers",
            "POST /repos/acme/infra/issues/1/assignees",
        ]
    );
    let tree = body(&github, "POST", "/git/trees");
    let paths: Vec<&str> = tree["tree"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["path"].as_str().unwrap())
        .collect();
    assert_eq!(
        paths,
        ["databases/pay.tf", "link", "logo.png", "run.sh", "old.tf"],
        "what is the same is not sent"
    );
    assert_eq!(output["pullRequestNumber"], 1);
    assert_eq!(output["targetBranchName"], "main");
    assert_eq!(
        output["remoteUrl"],
        format!("{}/acme/infra/pull/1", github.web_url())
    );
    let clone = clone(&github, "acme/infra", "databases/pay");
    let at = |path: &str| clone.path().join(path);
    assert_eq!(
        std::fs::read(at("databases/pay.tf")).unwrap(),
        b"resource \"x\" {}\r\n"
    );
    assert_eq!(std::fs::read(at("logo.png")).unwrap(), [0xff, 0, 1]);
    assert!(!at("old.tf").exists() && at("README.md").exists());
    assert!(git(clone.path(), &["ls-tree", "HEAD", "run.sh"]).starts_with("100755"));
    assert!(git(clone.path(), &["ls-tree", "HEAD", "link"]).starts_with("120000"));
    assert_eq!(
        git(clone.path(), &["rev-list", "--count", "origin/main..HEAD"]),
        "1"
    );
    assert_eq!(
        git(clone.path(), &["log", "-1", "--format=%s|%an"]),
        "Database for pay|ann"
    );
    github.change(|world| {
        let pull = &world.repository_mut("acme", "infra").unwrap().hub.pulls[0];
        assert_eq!(pull["draft"], true);
        assert_eq!(
            pull["asked"],
            json!({"reviewers": ["carol"], "team_reviewers": ["platform"]})
        );
    });
}

#[tokio::test]
async fn a_folder_goes_into_a_folder_with_the_configured_author() {
    let github = Loopback::start(world());
    let mut stage = Stage::new(&github);
    stage.config.default_author = (Some("Portal".into()), None);
    stage.file("out/a.tf", "a").file("not-this", "x");
    let more =
        json!({"sourcePath": "out", "targetPath": "/databases/./pay", "commitMessage": "Add it"});
    stage
        .run("publish:github:pull-request", with(&github, more))
        .await
        .unwrap();
    let clone = clone(&github, "acme/infra", "databases/pay");
    assert!(clone.path().join("databases/pay/a.tf").exists());
    assert!(!clone.path().join("not-this").exists());
    assert_eq!(
        git(clone.path(), &["log", "-1", "--format=%s|%an|%ae"]),
        "Add it|Portal|scaffolder@backstage.io"
    );
}

#[tokio::test]
async fn many_binary_files_go_by_one_push() {
    let github = Loopback::start(world());
    let stage = Stage::new(&github);
    for number in 0..61 {
        stage.file(&format!("images/{number}.png"), [0, 1, number]);
    }
    let more = json!({"filesToDelete": ["old.tf"]});
    stage
        .run("publish:github:pull-request", with(&github, more))
        .await
        .unwrap();
    assert_eq!(writes(&github), ["POST /repos/acme/infra/pulls"]);
    let clone = clone(&github, "acme/infra", "databases/pay");
    assert_eq!(
        std::fs::read(clone.path().join("images/60.png")).unwrap(),
        [0, 1, 60]
    );
    assert!(!clone.path().join("old.tf").exists() && clone.path().join("README.md").exists());
    assert_eq!(git(clone.path(), &["rev-list", "--count", "HEAD"]), "2");
}

#[tokio::test]
async fn nothing_different_proposes_nothing_where_the_template_says_so() {
    let github = Loopback::start(world());
    let stage = Stage::new(&github);
    stage.file("README.md", "# Infra\n");
    let more = json!({"createWhenEmpty": false});
    let output = stage
        .run("publish:github:pull-request", with(&github, more))
        .await
        .unwrap();
    assert!(output.is_empty());
    assert!(writes(&github).is_empty());
    assert!(stage.log().contains("was not created"), "{}", stage.log());
}

#[tokio::test]
async fn an_open_pull_request_is_left_alone_or_brought_up_to_date() {
    let github = Loopback::start(world());
    let first = Stage::new(&github);
    first.file("a.tf", "one");
    first
        .run("publish:github:pull-request", input(&github))
        .await
        .unwrap();
    let second = Stage::new(&github);
    second.file("a.tf", "two");
    let error = second
        .run("publish:github:pull-request", input(&github))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ActionErrorKind::Conflict);
    assert!(error.message.contains("/pull/1") && error.hint.unwrap().contains("update: true"));

    let third = Stage::new(&github);
    third.file("a.tf", "two");
    let more = json!({"update": true, "title": "Again"});
    let output = third
        .run("publish:github:pull-request", with(&github, more))
        .await
        .unwrap();
    assert_eq!(output["pullRequestNumber"], 1);
    let clone = clone(&github, "acme/infra", "databases/pay");
    assert_eq!(std::fs::read(clone.path().join("a.tf")).unwrap(), b"two");
    github.change(|world| {
        let pulls = &world.repository_mut("acme", "infra").unwrap().hub.pulls;
        assert_eq!((pulls.len(), &pulls[0]["title"]), (1, &json!("Again")));
    });
}

#[tokio::test]
async fn a_branch_with_somebodys_commits_is_not_overwritten() {
    let mut made = Repository::new("infra").file("README.md", "# Infra\n");
    made = made.file_on("databases/pay", "theirs", "x");
    let github = Loopback::start(
        World::new()
            .token(TOKEN, Token::classic("ann", &["repo"]))
            .organization(Account::organization("acme").member("ann").repository(made)),
    );
    let stage = Stage::new(&github);
    stage.file("a.tf", "one");
    let error = stage
        .run("publish:github:pull-request", input(&github))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ActionErrorKind::Conflict);
    assert!(
        error.message.contains("commits that `main` does not have"),
        "{}",
        error.message
    );
    assert!(writes(&github).is_empty());
}

#[tokio::test]
async fn a_rule_that_wants_signatures_is_named() {
    let github = Loopback::start(world());
    github.change(|world| {
        world.repository_mut("acme", "infra").unwrap().hub.rulesets = vec![
            json!({"id": 7, "name": "Signed only", "source": "acme", "source_type": "Organization", "rules": ["required_signatures"]}),
        ];
    });
    let stage = Stage::new(&github);
    stage.file("a.tf", "one");
    let error = stage
        .run("publish:github:pull-request", input(&github))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ActionErrorKind::NotAllowed);
    assert!(
        error
            .message
            .contains("`Signed only` of acme requires signed commits"),
        "{}",
        error.message
    );
}

#[tokio::test]
async fn a_lost_answer_makes_neither_a_second_branch_nor_a_second_pull_request() {
    let github = Loopback::start(world());
    let stage = Stage::new(&github);
    stage.file("a.tf", "one");
    github.fault(
        Fault::lost_answer()
            .on_path("/git/refs")
            .on_method("POST")
            .times(1),
    );
    github.fault(
        Fault::lost_answer()
            .on_path("/pulls")
            .on_method("POST")
            .times(1),
    );
    for _ in 0..2 {
        let error = stage
            .run("publish:github:pull-request", input(&github))
            .await
            .unwrap_err();
        assert_eq!(error.kind, ActionErrorKind::Network, "{error}");
    }
    let output = stage
        .run("publish:github:pull-request", input(&github))
        .await
        .unwrap();
    assert_eq!(output["pullRequestNumber"], 1);
    github.change(|world| {
        assert_eq!(
            world
                .repository_mut("acme", "infra")
                .unwrap()
                .hub
                .pulls
                .len(),
            1
        );
    });
}

#[tokio::test]
async fn a_branch_that_stays_without_its_pull_request_is_told() {
    let github = Loopback::start(world());
    let stage = Stage::new(&github);
    stage.file("a.tf", "one");
    github.fault(Fault::status(502).on_path("/pulls").on_method("POST"));
    let error = stage
        .run("publish:github:pull-request", input(&github))
        .await
        .unwrap_err();
    assert!(
        error
            .message
            .starts_with("the branch databases/pay of acme/infra is at"),
        "{}",
        error.message
    );
}

#[tokio::test]
async fn reviewers_that_github_refuses_are_told_and_the_pull_request_stays() {
    let github = Loopback::start(world());
    let stage = Stage::new(&github);
    stage.file("a.tf", "one");
    let more = json!({"reviewers": ["nobody"]});
    let output = stage
        .run("publish:github:pull-request", with(&github, more))
        .await
        .unwrap();
    assert_eq!(output["pullRequestNumber"], 1);
    assert!(
        stage.log().contains("Failure when adding reviewers"),
        "{}",
        stage.log()
    );
}

#[tokio::test]
async fn branches_that_cannot_be_proposed_are_refused_first() {
    let github = Loopback::start(world());
    let stage = Stage::new(&github);
    stage.file("a.tf", "one");
    for (more, kind) in [
        (json!({"branchName": "main"}), ActionErrorKind::Input),
        (
            json!({"targetBranchName": "nowhere"}),
            ActionErrorKind::NotFound,
        ),
        (json!({"targetPath": "../x"}), ActionErrorKind::Input),
        (json!({"forceFork": true}), ActionErrorKind::Input),
        (json!({"sourcePath": "../.."}), ActionErrorKind::NotAllowed),
    ] {
        let error = stage
            .run("publish:github:pull-request", with(&github, more.clone()))
            .await
            .unwrap_err();
        assert_eq!(error.kind, kind, "{more}");
    }
    assert!(writes(&github).is_empty());
}

#[tokio::test]
async fn a_dry_run_asks_nobody() {
    let github = Loopback::start(world());
    let mut stage = Stage::new(&github);
    stage.dry_run = true;
    stage.file("a.tf", "one");
    let output = stage
        .run("publish:github:pull-request", input(&github))
        .await
        .unwrap();
    assert_eq!(output["targetBranchName"], "databases/pay");
    assert_eq!(output["pullRequestNumber"], 43);
    assert!(github.requests().is_empty());
}
