//! GitHub Apps and the device flow.

use std::sync::Arc;
use std::time::Duration;

use callboard::github::queries;
use callboard::github::{AppAuth, Client, Credentials, ErrorKind};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::client::{TOKEN, endpoint, settings, world};
use super::loopback::{App, Loopback};

// Made for these tests; they open nothing.
const PKCS1: &str = include_str!("keys/app.pkcs1.pem");
const PKCS8: &str = include_str!("keys/app.pkcs8.pem");
const PUBLIC: &str = include_str!("keys/app.public.pem");

fn app(key: &str, owners: Option<&[&str]>) -> Arc<AppAuth> {
    let owners = owners.map(|owners| owners.iter().map(|owner| (*owner).to_owned()).collect());
    Arc::new(AppAuth::new("7", &SecretString::from(key), owners))
}

fn installed() -> Loopback {
    Loopback::start(world().app(App::new(7, PUBLIC).installed_at("acme")))
}

fn client_of(github: &Loopback, app: Arc<AppAuth>, owner: &str, fallback: Option<&str>) -> Client {
    let credentials = Credentials::Installation {
        apps: vec![app],
        owner: owner.to_owned(),
        fallback: fallback.map(SecretString::from),
    };
    Client::new(endpoint(github), credentials, settings()).unwrap()
}

#[tokio::test]
async fn an_app_signs_in_with_either_form_of_its_key_and_sees_what_is_private() {
    for key in [PKCS1, PKCS8] {
        let github = installed();
        let client = client_of(&github, app(key, None), "acme", None);
        let secret: Value = client.rest_json("/repos/acme/secret").await.unwrap();
        assert_eq!(secret["private"], true);
        assert!(
            client
                .fingerprint()
                .unwrap()
                .contains("app=7 owner=acme permissions=contents=read")
        );
    }
}

#[tokio::test]
async fn a_key_with_its_line_ends_written_out_is_understood() {
    let github = installed();
    let client = client_of(
        &github,
        app(&PKCS1.replace('\n', "\\n"), None),
        "acme",
        None,
    );
    assert!(
        client
            .rest_json::<Value>("/repos/acme/secret")
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn an_installation_token_is_fetched_once_and_anew_before_it_ends() {
    let github = installed();
    let client = client_of(&github, app(PKCS1, None), "ACME", None);
    for _ in 0..3 {
        client
            .rest_json::<Value>("/repos/acme/secret")
            .await
            .unwrap();
    }
    let issued = |github: &Loopback| github.change(|world| world.issued.len());
    assert_eq!(issued(&github), 1);
    let github = installed();
    github.change(|world| world.apps[0].token_seconds = 120);
    let client = client_of(&github, app(PKCS1, None), "acme", None);
    for _ in 0..2 {
        client
            .rest_json::<Value>("/repos/acme/secret")
            .await
            .unwrap();
    }
    assert_eq!(
        issued(&github),
        2,
        "a token that ends within minutes is not kept"
    );
}

#[tokio::test]
async fn an_installation_token_that_was_revoked_is_replaced() {
    let github = installed();
    let client = client_of(&github, app(PKCS1, None), "acme", None);
    client
        .rest_json::<Value>("/repos/acme/secret")
        .await
        .unwrap();
    github.change(|world| world.issued.clear());
    assert!(
        client
            .rest_json::<Value>("/repos/acme/secret")
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn an_app_that_is_not_installed_says_so_or_gives_way_to_the_token() {
    let github = installed();
    let error = client_of(&github, app(PKCS1, None), "other", None)
        .rest_json::<Value>("/user")
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.exit_code()),
        (&ErrorKind::NotInstalled, 5)
    );
    let client = client_of(&github, app(PKCS1, None), "other", Some(TOKEN));
    for _ in 0..2 {
        let user: Value = client.rest_json("/user").await.unwrap();
        assert_eq!(user["login"], "ann");
    }
    let asked = github
        .requests()
        .iter()
        .filter(|request| request.path.ends_with("/other/installation"))
        .count();
    assert_eq!(
        asked, 4,
        "each client asked once, for an organisation and for a user"
    );
}

#[tokio::test]
async fn an_app_for_other_owners_is_not_even_asked() {
    let github = installed();
    let client = client_of(&github, app(PKCS1, Some(&["elsewhere"])), "acme", None);
    let error = client
        .rest_json::<Value>("/repos/acme/secret")
        .await
        .unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::NotInstalled);
    assert!(github.requests().is_empty());
}

#[tokio::test]
async fn a_suspended_installation_is_told_and_never_gives_way_to_the_token() {
    let github = installed();
    github.change(|world| world.apps[0].installations[0].suspended = true);
    let client = client_of(&github, app(PKCS1, None), "acme", Some(TOKEN));
    let error = client
        .rest_json::<Value>("/repos/acme/secret")
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.exit_code()),
        (&ErrorKind::Suspended, 5)
    );
}

#[tokio::test]
async fn an_installation_suspended_meanwhile_is_told() {
    let github = installed();
    let client = client_of(&github, app(PKCS1, None), "acme", None);
    client
        .rest_json::<Value>("/repos/acme/secret")
        .await
        .unwrap();
    github.change(|world| world.apps[0].installations[0].suspended = true);
    let error = queries::teams(&client, "acme", 10, None).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Suspended);
}

#[tokio::test]
async fn a_wrong_key_is_told_as_that() {
    let github = Loopback::start(world().app(App::new(8, PUBLIC).installed_at("acme")));
    let error = client_of(&github, app(PKCS1, None), "acme", None)
        .rest_json::<Value>("/repos/acme/secret")
        .await
        .unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Unauthorized);
    assert!(error.to_string().contains("App 7"));
}

#[tokio::test]
async fn a_text_that_is_no_key_is_refused_without_repeating_it() {
    let app = app("hunter2", None);
    let error = app.problem().unwrap().clone();
    assert_eq!(error.kind(), &ErrorKind::Configuration);
    assert!(!format!("{error:?} {app:?}").contains("hunter2"));
    // It signs nothing, and no token that sees less takes its place.
    let github = installed();
    let asked = client_of(&github, app, "acme", Some(TOKEN))
        .rest_json::<Value>("/repos/acme/secret")
        .await;
    assert_eq!(asked.unwrap_err().to_string(), error.to_string());
    assert_eq!(github.requests().len(), 0);
}

#[tokio::test]
async fn another_app_serves_where_the_key_of_one_is_of_no_use() {
    let github = installed();
    let credentials = Credentials::Installation {
        apps: vec![
            Arc::new(AppAuth::new("8", &SecretString::from("hunter2"), None)),
            app(PKCS1, None),
        ],
        owner: "acme".to_owned(),
        fallback: None,
    };
    let client = Client::new(endpoint(&github), credentials, settings()).unwrap();
    client
        .rest_json::<Value>("/repos/acme/secret")
        .await
        .unwrap();
}

#[test]
fn debug_output_holds_no_key() {
    assert!(!format!("{:?}", app(PKCS1, None)).contains("PRIVATE"));
}

fn device(answers: &[&str]) -> Loopback {
    let mut world = world();
    world.device.client_id = Some("Iv1.known".to_owned());
    world.device.answers = answers.iter().map(|answer| (*answer).to_owned()).collect();
    Loopback::start(world)
}

async fn sign_in(github: &Loopback) -> Result<SecretString, callboard::github::GithubError> {
    let client = Client::new(endpoint(github), Credentials::Anonymous, settings()).unwrap();
    let code = client
        .start_device_flow("Iv1.known", &["repo", "read:org"])
        .await?;
    assert_eq!(code.user_code, "WDJB-MJHT");
    assert_eq!(
        code.verification_url,
        format!("{}/login/device", github.web_url())
    );
    client
        .finish_device_flow("Iv1.known", &code, Duration::from_millis(1))
        .await
}

#[tokio::test]
async fn the_device_flow_waits_for_the_person_and_slows_down_when_told() {
    let github = device(&[
        "authorization_pending",
        "slow_down",
        "authorization_pending",
        "token:ghp_new",
    ]);
    assert_eq!(sign_in(&github).await.unwrap().expose_secret(), "ghp_new");
    assert_eq!(github.rest_requests(), 5);
    assert_eq!(
        github
            .change(|world| world.device.asked_scopes.clone())
            .as_deref(),
        Some("repo read:org")
    );
    assert!(
        github
            .requests()
            .iter()
            .all(|request| request.token().is_none())
    );
}

#[tokio::test]
async fn a_denied_or_expired_code_ends_the_sign_in() {
    for (answer, says) in [("access_denied", "denied"), ("expired_token", "in time")] {
        let error = sign_in(&device(&[answer])).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.exit_code()),
            (&ErrorKind::Unauthorized, 5)
        );
        assert!(error.to_string().contains(says));
    }
}

#[tokio::test]
async fn an_unknown_client_id_is_told_with_what_to_check() {
    let github = device(&[]);
    github.change(|world| world.device.client_id = Some("another".to_owned()));
    let error = sign_in(&github).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Configuration);
    assert!(error.hint().unwrap().contains("client id"));
}

#[tokio::test]
async fn a_sign_in_page_on_another_host_is_not_shown() {
    let github = device(&[]);
    let started = serde_json::json!({
        "device_code": "x", "user_code": "y", "verification_uri": "https://evil.test/device",
        "expires_in": 900, "interval": 5,
    });
    github.fault(super::loopback::Fault::answer(
        super::loopback::Reply::json(200, &started),
    ));
    let error = sign_in(&github).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Refused);
}
