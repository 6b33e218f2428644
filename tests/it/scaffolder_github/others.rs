//! What is set up in a repository that exists, and what goes to servers that are no GitHub.

use std::io::{Read, Write};

use callboard::scaffolder::ActionErrorKind;
use serde_json::json;

use super::*;

fn infra(github: &Loopback, more: Value) -> Value {
    let mut input = json!({"repoUrl": repo_url(github, "acme", "infra")});
    for (name, value) in more.as_object().unwrap() {
        input[name] = value.clone();
    }
    input
}

#[tokio::test]
async fn a_workflow_is_started_and_its_run_put_out() {
    let github = Loopback::start(world());
    let stage = Stage::new(&github);
    let more = json!({
        "workflowId": "deploy.yaml", "branchOrTagName": "main", "workflowInputs": {"environment": "staging"},
        "returnWorkflowRunDetails": true,
    });
    let output = stage
        .run("github:actions:dispatch", infra(&github, more))
        .await
        .unwrap();
    assert!(output["workflowRunId"].is_u64());
    assert!(
        output["workflowRunHtmlUrl"]
            .as_str()
            .unwrap()
            .contains("/acme/infra/actions/runs/")
    );
    github.change(|world| {
        let run = &world.repository_mut("acme", "infra").unwrap().hub.runs[0];
        assert_eq!(run["inputs"], json!({"environment": "staging"}));
    });
    let other = Stage::new(&github);
    let more = json!({"workflowId": "nothing.yaml", "branchOrTagName": "main"});
    let error = other
        .run("github:actions:dispatch", infra(&github, more))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ActionErrorKind::NotFound);
}

#[tokio::test]
async fn a_workflow_whose_answer_was_lost_is_not_started_twice() {
    let github = Loopback::start(world());
    let stage = Stage::new(&github);
    let more = json!({"workflowId": "deploy.yaml", "branchOrTagName": "main"});
    // 204 has no body to be cut: the connection goes after the run was started.
    github.fault(
        Fault::answer(Reply::error(502, "gone"))
            .on_path("/dispatches")
            .times(1),
    );
    stage
        .run("github:actions:dispatch", infra(&github, more.clone()))
        .await
        .unwrap_err();
    github.change(|world| {
        let run = json!({
            "id": 5, "path": ".github/workflows/deploy.yaml", "actor": {"login": "ann"},
            "created_at": jiff::Timestamp::now().to_string(), "url": "u", "html_url": "h",
        });
        world
            .repository_mut("acme", "infra")
            .unwrap()
            .hub
            .runs
            .push(run);
    });
    stage
        .run("github:actions:dispatch", infra(&github, more))
        .await
        .unwrap();
    assert!(
        stage.log().contains("earlier attempt had started"),
        "{}",
        stage.log()
    );
    github.change(|world| {
        assert_eq!(
            world
                .repository_mut("acme", "infra")
                .unwrap()
                .hub
                .runs
                .len(),
            1
        )
    });
}

#[tokio::test]
async fn a_webhook_is_made_and_a_refused_one_is_a_warning() {
    let github = Loopback::start(world());
    let stage = Stage::new(&github);
    let more = json!({"webhookUrl": "https://ci.example.com/hook", "webhookSecret": "s", "events": ["push", "pull_request"]});
    stage
        .run("github:webhook", infra(&github, more.clone()))
        .await
        .unwrap();
    github.change(|world| {
        let hook = &world.repository_mut("acme", "infra").unwrap().hub.hooks[0];
        let config = json!({"url": "https://ci.example.com/hook", "content_type": "form", "insecure_ssl": "0", "secret": "s"});
        assert_eq!(hook["config"], config);
        assert_eq!(hook["events"], json!(["push", "pull_request"]));
    });
    stage
        .run("github:webhook", infra(&github, more.clone()))
        .await
        .unwrap();
    let another = Stage::new(&github);
    another
        .run("github:webhook", infra(&github, more))
        .await
        .unwrap();
    assert!(
        another.log().contains("Hook already exists"),
        "{}",
        another.log()
    );
    assert_eq!(
        writes(&github).len(),
        2,
        "the retry of the first step asked for nothing"
    );
}

#[tokio::test]
async fn an_issue_is_opened_once_and_labelled() {
    let github = Loopback::start(world());
    let stage = Stage::new(&github);
    let more = json!({"title": "DNS", "body": "please", "assignees": ["ann"], "milestone": 3.0, "labels": ["request"]});
    github.fault(
        Fault::lost_answer()
            .on_path("/issues")
            .on_method("POST")
            .times(1),
    );
    stage
        .run("github:issues:create", infra(&github, more.clone()))
        .await
        .unwrap_err();
    let output = stage
        .run("github:issues:create", infra(&github, more))
        .await
        .unwrap();
    assert_eq!(output["issueNumber"], 1);
    assert_eq!(
        output["issueUrl"],
        format!("{}/acme/infra/issues/1", github.web_url())
    );
    let labels = json!({"number": 1, "labels": ["urgent"]});
    stage
        .run("github:issues:label", infra(&github, labels))
        .await
        .unwrap();
    github.change(|world| {
        let issues = &world.repository_mut("acme", "infra").unwrap().hub.issues;
        assert_eq!(issues.len(), 1);
        assert_eq!(issues[0]["labels"], json!(["request", "urgent"]));
        assert_eq!(issues[0]["milestone"], 3);
    });
    let missing = json!({"number": 99, "labels": ["urgent"]});
    stage
        .run("github:issues:label", infra(&github, missing))
        .await
        .unwrap();
    assert!(
        stage.log().contains("adding labels to issue: '99'"),
        "{}",
        stage.log()
    );
}

#[tokio::test]
async fn an_environment_gets_rules_variables_secrets_and_reviewers() {
    let github = Loopback::start(world());
    let mut stage = Stage::new(&github);
    let entity = |kind: &str, name: &str| json!({"kind": kind, "metadata": {"name": name}});
    stage
        .entities
        .insert("user:default/carol".into(), entity("User", "carol"));
    stage
        .entities
        .insert("group:default/platform".into(), entity("Group", "platform"));
    let more = json!({
        "name": "production", "deploymentBranchPolicy": {"protected_branches": false, "custom_branch_policies": true},
        "customBranchPolicyNames": ["main", "release/*"], "customTagPolicyNames": ["v*"],
        "environmentVariables": {"REGION": "kr"}, "secrets": {"KEY": "k"}, "waitTimer": 30, "preventSelfReview": true,
        "reviewers": ["user:default/carol", "group:default/platform", "user:default/nobody"],
    });
    stage
        .run("github:environment:create", infra(&github, more.clone()))
        .await
        .unwrap();
    stage
        .run("github:environment:create", infra(&github, more))
        .await
        .unwrap();
    github.change(|world| {
        let made = &world
            .repository_mut("acme", "infra")
            .unwrap()
            .hub
            .environments["production"];
        assert_eq!(made.body["wait_timer"], 30);
        assert_eq!(made.body["prevent_self_review"], true);
        let kinds: Vec<&Value> = made.body["reviewers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| &one["type"])
            .collect();
        assert_eq!(kinds, ["User", "Team"]);
        assert_eq!(made.policies.len(), 3, "a retry makes none twice");
        assert_eq!(made.variables["REGION"], "kr");
        assert_eq!(made.secrets["KEY"], "k");
    });
    assert!(
        stage.log().contains("user:default/nobody is no person"),
        "{}",
        stage.log()
    );
}

#[tokio::test]
async fn links_keys_pages_and_protection_are_set_up_and_a_retry_repeats_none() {
    let github = Loopback::start(world());
    let stage = Stage::new(&github);
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIjqEjxKNOVCvNM0kk3KLRfPWQTVWzsnVkzeuyRgiyxP me";
    let mut stages = vec![
        (
            "github:autolinks:create",
            json!({"keyPrefix": "PAY-", "urlTemplate": "https://t.example.com/<num>"}),
            "/autolinks",
        ),
        (
            "github:deployKey:create",
            json!({"publicKey": key, "privateKey": "p", "deployKeyName": "Push Tags"}),
            "/keys",
        ),
        ("github:pages:enable", json!({}), "/pages"),
    ];
    for (id, more, end) in stages.drain(..) {
        let stage = Stage::new(&github);
        github.fault(Fault::lost_answer().on_path(end).on_method("POST").times(1));
        stage
            .run(id, infra(&github, more.clone()))
            .await
            .unwrap_err();
        let output = stage.run(id, infra(&github, more)).await.unwrap();
        if id == "github:deployKey:create" {
            assert_eq!(output["privateKeySecretName"], "PUSH_TAGS_PRIVATE_KEY");
        }
        let tries = writes(&github)
            .iter()
            .filter(|write| write.starts_with("POST") && write.ends_with(end))
            .count();
        assert_eq!(tries, 1, "{id}");
    }
    let more = json!({"requiredApprovingReviewCount": 2, "blockCreations": true});
    stage
        .run("github:branch-protection:create", infra(&github, more))
        .await
        .unwrap();
    github.change(|world| {
        let hub = &world.repository_mut("acme", "infra").unwrap().hub;
        assert_eq!(hub.autolinks[0]["is_alphanumeric"], true);
        assert_eq!(hub.secrets["PUSH_TAGS_PRIVATE_KEY"], "p");
        assert_eq!(hub.pages.as_ref().unwrap()["build_type"], "workflow");
        assert_eq!(hub.protection["main"]["block_creations"], true);
    });
    let more = json!({"branch": "nowhere"});
    let error = stage
        .run("github:branch-protection:create", infra(&github, more))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ActionErrorKind::NotFound);
}

#[tokio::test]
async fn every_action_says_what_it_touches() {
    let registry = Registry::default();
    let input = json!({
        "repoUrl": "github.com?owner=acme&repo=pay", "url": "https://api.example.com/x", "method": "POST",
        "path": "~/pay", "appName": "pay", "argoInstance": "main",
    });
    let input = input.as_object().unwrap();
    for action in registry.actions() {
        let id = action.id();
        let leaves = ["publish:", "github:", "argocd:", "http:", "kube:"];
        if !leaves.iter().any(|prefix| id.starts_with(prefix)) {
            continue;
        }
        let targets = action.targets(input);
        assert_eq!(targets.len(), 1, "{id}");
        assert!(
            !targets[0].verb.is_empty() && !targets[0].what.is_empty(),
            "{id}"
        );
        if id.starts_with("github:") || id.starts_with("publish:github") {
            assert_eq!(
                (targets[0].host.as_str(), targets[0].what.as_str()),
                ("github.com", "acme/pay"),
                "{id}"
            );
        }
        assert!(!action.examples().is_empty(), "{id}");
        assert!(
            action
                .targets(&Map::new())
                .iter()
                .all(|target| target.host != "github.com"),
            "{id}"
        );
    }
}

/// A server that answers each request by the next answer, and gives back what it was asked.
fn server(answers: Vec<(u16, &'static str)>) -> (String, std::thread::JoinHandle<Vec<String>>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let thread = std::thread::spawn(move || {
        let mut asked = Vec::new();
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut bytes = Vec::new();
            let mut chunk = [0; 4096];
            loop {
                let read = stream.read(&mut chunk).unwrap();
                bytes.extend_from_slice(&chunk[..read]);
                let text = String::from_utf8_lossy(&bytes).to_lowercase();
                let Some(end) = text.find("\r\n\r\n") else {
                    continue;
                };
                let length = text
                    .lines()
                    .find_map(|line| line.strip_prefix("content-length: "))
                    .and_then(|length| length.trim().parse::<usize>().ok())
                    .unwrap_or(0);
                if bytes.len() >= end + 4 + length || read == 0 {
                    break;
                }
            }
            asked.push(String::from_utf8_lossy(&bytes).into_owned());
            write!(
                stream,
                "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            )
            .unwrap();
        }
        asked
    });
    (address, thread)
}

#[tokio::test]
async fn a_project_and_an_application_are_made_in_argo_cd() {
    let github = Loopback::start(world());
    let (address, asked) = server(vec![(200, r#"{"token":"jwt"}"#), (200, "{}"), (200, "{}")]);
    let mut stage = Stage::new(&github);
    stage.outside.argocd = Arc::new([callboard::config::ArgoCdInstance {
        name: "main".into(),
        url: format!("http://{address}/argo"),
        token: None,
        username: Some("ann".into()),
        password: Some("pw".to_owned().into()),
    }]);
    let input = json!({
        "appName": "pay", "argoInstance": "main", "namespace": "pay", "repoUrl": "https://github.com/acme/pay.git", "path": "k8s",
    });
    stage
        .run("argocd:create-resources", input.clone())
        .await
        .unwrap();
    let asked = asked.join().unwrap();
    assert!(asked[0].starts_with("POST /argo/api/v1/session "));
    assert!(asked[1].starts_with("POST /argo/api/v1/projects ") && asked[1].contains("Bearer jwt"));
    assert!(asked[1].contains(r#""sourceRepos":["https://github.com/acme/pay.git"]"#));
    assert!(asked[2].starts_with("POST /argo/api/v1/applications "));
    assert!(
        asked[2].contains(r#""backstage-name":"pay""#) && asked[2].contains(r#""project":"pay""#)
    );
    assert!(!stage.log().contains("jwt"));

    let mut unknown = input;
    unknown["argoInstance"] = json!("other");
    let error = stage
        .run("argocd:create-resources", unknown)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ActionErrorKind::NotFound);
    assert!(error.hint.unwrap().contains("main"));
}

#[tokio::test]
async fn argo_cds_refusal_says_what_was_made() {
    let github = Loopback::start(world());
    let refusal = r#"{"message":"existing application spec is different"}"#;
    let (address, asked) = server(vec![(200, "{}"), (400, refusal)]);
    let mut stage = Stage::new(&github);
    stage.outside.argocd = Arc::new([callboard::config::ArgoCdInstance {
        name: "main".into(),
        url: format!("http://{address}"),
        token: Some("t".to_owned().into()),
        username: None,
        password: None,
    }]);
    let input = json!({"appName": "pay", "argoInstance": "main", "namespace": "n", "repoUrl": "r", "path": "p"});
    let error = stage
        .run("argocd:create-resources", input)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ActionErrorKind::Conflict);
    assert!(
        error.message.starts_with("the project pay was made, but"),
        "{}",
        error.message
    );
    asked.join().unwrap();
}

#[tokio::test]
async fn requests_go_to_configured_places_alone() {
    let github = Loopback::start(world());
    let mut stage = Stage::new(&github);
    let error = stage
        .run(
            "http:backstage:request",
            json!({"path": "proxy/x", "method": "GET"}),
        )
        .await
        .unwrap_err();
    assert!(
        error
            .message
            .contains("`backend.baseUrl` is not configured"),
        "{}",
        error.message
    );
    let error = stage
        .run(
            "http:request",
            json!({"url": "https://api.example.com/x", "method": "GET"}),
        )
        .await
        .unwrap_err();
    assert_eq!(error.kind, ActionErrorKind::NotAllowed);
    assert!(error.hint.unwrap().contains("httpHosts"));

    let (address, asked) = server(vec![
        (200, r#"{"id":1}"#),
        (404, r#"{"no":1}"#),
        (500, "{}"),
    ]);
    stage.config.http_hosts = vec![address.clone()];
    stage.outside.backend_base_url = Some(format!("http://{address}"));
    let output = stage
        .run(
            "http:request",
            json!({
                "url": format!("http://{address}/x"), "method": "POST", "params": {"a": "b c"},
                "headers": {"content-type": "application/json", "authorization": "Bearer t"}, "body": {"n": 1},
            }),
        )
        .await
        .unwrap();
    assert_eq!(
        (&output["code"], &output["body"]),
        (&json!(200), &json!({"id": 1}))
    );
    let output = stage
        .run(
            "http:backstage:request",
            json!({"path": "/proxy/x", "method": "GET", "continueOnBadResponse": true}),
        )
        .await
        .unwrap();
    assert_eq!(
        (&output["code"], &output["body"]),
        (&json!(404), &json!({"no": 1}))
    );
    let error = stage
        .run(
            "http:backstage:request",
            json!({"path": "proxy/x", "method": "DELETE"}),
        )
        .await
        .unwrap_err();
    assert!(error.message.contains("500"), "{}", error.message);
    let asked = asked.join().unwrap();
    assert!(
        asked[0].starts_with("POST /x?a=b+c ") && asked[0].ends_with(r#"{"n":1}"#),
        "{}",
        asked[0]
    );
    assert!(asked[1].starts_with("GET /api/proxy/x "));
}

#[tokio::test]
async fn kubernetes_is_reached_by_a_configured_context_alone() {
    let github = Loopback::start(world());
    let mut stage = Stage::new(&github);
    let error = stage
        .run("kube:apply", json!({"manifest": "kind: Namespace"}))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ActionErrorKind::NotAllowed);
    assert!(error.hint.unwrap().contains("kube.context"));
    stage.config.kube_context = Some("callboard-tests-have-no-cluster".into());
    let other = json!({"manifest": "kind: Namespace", "clusterName": "production"});
    let error = stage.run("kube:apply", other).await.unwrap_err();
    assert!(error.message.contains("production"), "{}", error.message);
    let error = stage
        .run("kube:apply", json!({"manifest": "kind: Namespace"}))
        .await
        .unwrap_err();
    assert!(
        matches!(
            error.kind,
            ActionErrorKind::Other | ActionErrorKind::NotFound
        ),
        "{error}"
    );
}

#[tokio::test]
async fn a_dry_run_of_a_webhook_and_an_issue_asks_nobody() {
    let github = Loopback::start(world());
    let mut stage = Stage::new(&github);
    stage.dry_run = true;
    stage
        .run(
            "github:webhook",
            infra(&github, json!({"webhookUrl": "https://x.test"})),
        )
        .await
        .unwrap();
    let output = stage
        .run(
            "github:issues:create",
            infra(&github, json!({"title": "t"})),
        )
        .await
        .unwrap();
    assert_eq!(output["issueNumber"], 42);
    assert!(github.requests().is_empty());
}
