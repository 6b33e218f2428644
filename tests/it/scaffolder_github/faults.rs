//! What goes wrong while something is published: clear errors, nothing lost, and a retry that finishes.

use callboard::scaffolder::ActionErrorKind;
use serde_json::json;

use super::*;

fn stage(github: &Loopback) -> Stage {
    let stage = Stage::new(github);
    stage.file("a", "a");
    stage
}

#[tokio::test]
async fn a_missing_permission_is_named() {
    let github = Loopback::start(world());
    let stage = stage(&github);
    github.fault(
        Fault::not_accessible("integration", "administration=write").on_path("/orgs/acme/repos"),
    );
    let input = json!({"repoUrl": repo_url(&github, "acme", "pay")});
    let error = stage.run("publish:github", input).await.unwrap_err();
    assert_eq!(error.kind, ActionErrorKind::NotAllowed);
    assert!(
        error
            .message
            .contains("Resource not accessible by integration"),
        "{}",
        error.message
    );
    assert!(error.hint.unwrap().contains("administration=write"));
}

#[tokio::test]
async fn nobody_signed_in_is_told_how() {
    let github = Loopback::start(world());
    let mut stage = stage(&github);
    stage.token = None;
    let input = json!({"repoUrl": repo_url(&github, "acme", "pay")});
    let error = stage.run("publish:github", input).await.unwrap_err();
    assert_eq!(error.kind, ActionErrorKind::NotAllowed);
    assert!(error.hint.unwrap().contains("auth login"));
    assert!(github.requests().is_empty());
}

#[tokio::test]
async fn who_may_not_write_there_is_refused() {
    let github = Loopback::start(world());
    let mut stage = stage(&github);
    stage.token = Some("ghp_stranger");
    let input = json!({"repoUrl": repo_url(&github, "acme", "pay")});
    let error = stage.run("publish:github", input).await.unwrap_err();
    assert_eq!(error.kind, ActionErrorKind::NotAllowed);
    assert!(
        error.message.contains("acme/pay could not be created"),
        "{}",
        error.message
    );
}

#[tokio::test]
async fn a_name_that_is_taken_changes_nothing_however_often_it_is_tried() {
    let github = Loopback::start(world());
    let stage = stage(&github);
    let input = json!({"repoUrl": repo_url(&github, "acme", "infra")});
    for _ in 0..2 {
        let error = stage
            .run("publish:github", input.clone())
            .await
            .unwrap_err();
        assert_eq!(error.kind, ActionErrorKind::Conflict);
        assert!(error.message.contains("acme/infra"), "{}", error.message);
    }
    assert!(writes(&github).is_empty());
}

#[tokio::test]
async fn a_name_that_is_taken_in_the_last_moment_is_told_in_githubs_words() {
    let github = Loopback::start(world());
    let stage = stage(&github);
    github.fault(
        Fault::answer(Reply::json(
            422,
            &json!({"message": "Repository creation failed.", "errors": [{"resource": "Repository", "code": "custom",
                "field": "name", "message": "name already exists on this account"}]}),
        ))
        .on_path("/orgs/acme/repos"),
    );
    let input = json!({"repoUrl": repo_url(&github, "acme", "pay")});
    let error = stage.run("publish:github", input).await.unwrap_err();
    assert_eq!(error.kind, ActionErrorKind::Conflict);
    assert!(
        error
            .message
            .contains("name already exists on this account"),
        "{}",
        error.message
    );
}

#[tokio::test]
async fn an_answer_that_is_lost_makes_no_second_repository() {
    let github = Loopback::start(world());
    let stage = stage(&github);
    let input = json!({"repoUrl": repo_url(&github, "acme", "pay"), "topics": ["a"]});
    github.fault(
        Fault::lost_answer()
            .on_path("/orgs/acme/repos")
            .on_method("POST")
            .times(1),
    );
    let error = stage
        .run("publish:github", input.clone())
        .await
        .unwrap_err();
    assert_eq!(error.kind, ActionErrorKind::Network);
    assert!(
        error
            .message
            .contains("not known whether acme/pay was created"),
        "{}",
        error.message
    );
    let output = stage.run("publish:github", input).await.unwrap();
    let creations = writes(&github)
        .iter()
        .filter(|write| *write == "POST /orgs/acme/repos")
        .count();
    assert_eq!(creations, 1);
    assert!(stage.log().contains("still empty"), "{}", stage.log());
    let clone = clone(&github, "acme/pay", "main");
    assert_eq!(
        git(clone.path(), &["rev-parse", "HEAD"]),
        output["commitHash"]
    );
}

#[tokio::test]
async fn a_repository_that_somebody_filled_meanwhile_is_not_taken_over() {
    let github = Loopback::start(world());
    let stage = stage(&github);
    let input = json!({"repoUrl": repo_url(&github, "acme", "pay")});
    github.fault(
        Fault::lost_answer()
            .on_path("/orgs/acme/repos")
            .on_method("POST")
            .times(1),
    );
    stage
        .run("publish:github", input.clone())
        .await
        .unwrap_err();
    github.change(|world| {
        let repository = world.repository_mut("acme", "pay").unwrap();
        *repository = Repository::new("pay").file("theirs", "x");
        repository.hub.created_at = Some(jiff::Timestamp::now().as_second());
    });
    let error = stage.run("publish:github", input).await.unwrap_err();
    assert_eq!(error.kind, ActionErrorKind::Conflict);
    assert!(error.hint.unwrap().contains("cannot be told apart"));
}

#[tokio::test]
async fn a_repository_older_than_the_attempt_is_not_taken_over() {
    let github = Loopback::start(world());
    let stage = stage(&github);
    let input = json!({"repoUrl": repo_url(&github, "acme", "pay")});
    github.fault(
        Fault::status(502)
            .on_path("/orgs/acme/repos")
            .on_method("POST")
            .times(1),
    );
    stage
        .run("publish:github", input.clone())
        .await
        .unwrap_err();
    github.change(|world| world.add_repository("acme", Repository::empty("pay")));
    let error = stage.run("publish:github", input).await.unwrap_err();
    assert_eq!(error.kind, ActionErrorKind::Conflict);
}

#[tokio::test]
async fn a_failure_in_the_middle_says_what_was_made_and_a_retry_finishes() {
    let github = Loopback::start(world());
    let stage = stage(&github);
    let input = json!({
        "repoUrl": repo_url(&github, "acme", "pay"),
        "repoVariables": {"A": "1", "B": "2"}, "secrets": {"S": "s"},
    });
    github.fault(
        Fault::status(503)
            .on_path("/actions/variables")
            .after(1)
            .times(1),
    );
    let error = stage
        .run("publish:github", input.clone())
        .await
        .unwrap_err();
    assert_eq!(error.kind, ActionErrorKind::Network);
    assert!(
        error.message.starts_with("acme/pay was created, but"),
        "{}",
        error.message
    );
    stage.run("publish:github", input).await.unwrap();
    github.change(|world| {
        let hub = &world.repository_mut("acme", "pay").unwrap().hub;
        assert_eq!(hub.variables.len(), 2);
        assert_eq!(hub.secrets["S"], "s");
    });
    clone(&github, "acme/pay", "main");
}

#[tokio::test]
async fn the_network_that_goes_between_creation_and_push_is_survived() {
    let github = Loopback::start(world());
    let stage = stage(&github);
    let input = json!({"repoUrl": repo_url(&github, "acme", "pay")});
    github.fault(Fault::drop_connection().on_path("git-receive-pack"));
    let error = stage
        .run("publish:github", input.clone())
        .await
        .unwrap_err();
    assert_eq!(error.kind, ActionErrorKind::Network, "{error}");
    assert!(
        error.message.starts_with("acme/pay exists, but"),
        "{}",
        error.message
    );
    github.clear_faults();
    stage.run("publish:github", input).await.unwrap();
    assert_eq!(
        writes(&github)
            .iter()
            .filter(|write| write.ends_with("/orgs/acme/repos"))
            .count(),
        1
    );
    clone(&github, "acme/pay", "main");
}

#[tokio::test]
async fn a_push_that_arrived_without_an_answer_is_not_repeated() {
    let github = Loopback::start(world());
    let stage = stage(&github);
    let input = json!({"repoUrl": repo_url(&github, "acme", "pay")});
    github.fault(
        Fault::lost_answer()
            .on_path("/git-receive-pack")
            .on_method("POST")
            .times(1),
    );
    stage
        .run("publish:github", input.clone())
        .await
        .unwrap_err();
    let head = clone(&github, "acme/pay", "main");
    let output = stage.run("publish:github", input).await.unwrap();
    assert_eq!(
        git(head.path(), &["rev-parse", "HEAD"]),
        output["commitHash"]
    );
    assert!(stage.log().contains("push had arrived"), "{}", stage.log());
}

#[tokio::test]
async fn a_rejected_push_is_told_in_githubs_words() {
    let github = Loopback::start(world());
    github.change(|world| {
        world.add_repository("acme", Repository::empty("pay"));
        let bare = world.repository_mut("acme", "pay").unwrap().bare();
        bare.refuse_pushes("error: GH013: Repository rule violations found for refs/heads/main.\n- Changes must be made through a pull request.");
    });
    let stage = stage(&github);
    let input = json!({"repoUrl": repo_url(&github, "acme", "pay")});
    let error = stage
        .run("github:repo:push", input.clone())
        .await
        .unwrap_err();
    assert_eq!(error.kind, ActionErrorKind::NotAllowed);
    assert!(
        error.message.contains("through a pull request"),
        "{}",
        error.message
    );
    assert!(error.hint.unwrap().contains("protected"));
    github.change(|world| {
        world
            .repository_mut("acme", "pay")
            .unwrap()
            .bare()
            .take_pushes()
    });
    stage.run("github:repo:push", input).await.unwrap();
}

#[tokio::test]
async fn a_repository_with_commits_is_not_overwritten() {
    let github = Loopback::start(world());
    let stage = stage(&github);
    let input = json!({"repoUrl": repo_url(&github, "acme", "infra")});
    let error = stage.run("github:repo:push", input).await.unwrap_err();
    assert_eq!(error.kind, ActionErrorKind::Conflict, "{error}");
    let clone = clone(&github, "acme/infra", "main");
    assert!(clone.path().join("README.md").exists());
}

#[tokio::test]
async fn a_secondary_limit_is_waited_for() {
    let github = Loopback::start(world());
    let stage = stage(&github);
    github.fault(
        Fault::secondary_limit(Some(1))
            .on_path("/orgs/acme/repos")
            .times(1),
    );
    let input = json!({"repoUrl": repo_url(&github, "acme", "pay")});
    stage.run("publish:github", input).await.unwrap();
    let answers: Vec<u16> = github
        .writes()
        .iter()
        .filter(|request| request.path.ends_with("/orgs/acme/repos"))
        .map(|request| request.answered)
        .collect();
    assert_eq!(answers, [403, 201]);
}

#[tokio::test]
async fn a_creation_that_may_have_arrived_is_not_sent_again_by_itself() {
    let github = Loopback::start(world());
    let stage = stage(&github);
    github.fault(Fault::status(502).on_path("/orgs/acme/repos"));
    let input = json!({"repoUrl": repo_url(&github, "acme", "pay")});
    let error = stage.run("publish:github", input).await.unwrap_err();
    assert_eq!(error.kind, ActionErrorKind::Network);
    assert_eq!(writes(&github), ["POST /orgs/acme/repos"]);
}

#[tokio::test]
async fn a_cancelled_task_stops_while_git_waits() {
    let github = Loopback::start(world());
    let stage = stage(&github);
    github.fault(Fault::slow(std::time::Duration::from_secs(120)).on_path("git-receive-pack"));
    let cancel = stage.cancel.clone();
    let lines = Arc::clone(&stage.record);
    let watch = tokio::spawn(async move {
        while !lines
            .lines
            .lock()
            .unwrap()
            .iter()
            .any(|line| line.contains("Pushing"))
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        cancel.cancel();
    });
    let input = json!({"repoUrl": repo_url(&github, "acme", "pay")});
    let error = stage.run("publish:github", input).await.unwrap_err();
    watch.await.unwrap();
    assert_eq!(error.kind, ActionErrorKind::Cancelled);
}

#[tokio::test]
async fn a_task_that_dies_at_any_request_is_finished_by_a_retry() {
    // Each request in turn is the last that the first attempt sees; what was made by then is not made again.
    for last in 0..8 {
        let github = Loopback::start(world());
        let stage = Arc::new(stage(&github));
        let input = json!({
            "repoUrl": repo_url(&github, "acme", "pay"), "topics": ["a"], "repoVariables": {"A": "1"},
            "secrets": {"S": "s"},
        });
        github.fault(Fault::slow(Duration::from_secs(60)).after(last));
        let first = Arc::clone(&stage);
        let sent = input.clone();
        let attempt = tokio::spawn(async move { first.run("publish:github", sent).await });
        while github.requests().len() <= last as usize && !attempt.is_finished() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        attempt.abort();
        let _ = attempt.await;
        github.clear_faults();
        let output = stage
            .run("publish:github", input)
            .await
            .unwrap_or_else(|error| panic!("after {last}: {error} {:?}", error.hint));
        let creations = writes(&github)
            .iter()
            .filter(|write| write.ends_with("/orgs/acme/repos"))
            .count();
        assert_eq!(creations, 1, "after {last}");
        let clone = clone(&github, "acme/pay", "main");
        assert_eq!(
            git(clone.path(), &["rev-parse", "HEAD"]),
            output["commitHash"],
            "after {last}"
        );
    }
}
