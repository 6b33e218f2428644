//! One exchange: signing, limits, retries, redirects, ETags, pages.

use std::time::Duration;

use callboard::github::graphql::Paging;
use callboard::github::rest::{RestAnswer, Validator};
use callboard::github::{Client, Credentials, Endpoint, ErrorKind, Settings};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::loopback::{Account, Fault, Loopback, Repository, Token, Visibility, World};

pub const TOKEN: &str = "ghp_reader";

pub fn world() -> World {
    World::new()
        .token(TOKEN, Token::classic("ann", &["repo", "read:org"]))
        .organization(
            Account::organization("acme")
                .member("ann")
                .repository(
                    Repository::new("shop")
                        .file("catalog-info.yaml", "kind: Component\n")
                        .file("docs/index.md", "# Shop\n")
                        .pushed_at(2_000),
                )
                .repository(
                    Repository::new("secret")
                        .visibility(Visibility::Private)
                        .pushed_at(1_000),
                ),
        )
}

pub fn settings() -> Settings {
    Settings {
        backoff: Duration::from_millis(1),
        timeout: Duration::from_secs(10),
        ..Settings::default()
    }
}

pub fn endpoint(github: &Loopback) -> Endpoint {
    Endpoint::new(
        &github.host(),
        Some(&github.api_base_url()),
        Some(&github.raw_base_url()),
    )
    .unwrap()
}

pub fn client_with(github: &Loopback, token: &str) -> Client {
    let credentials = Credentials::Token(SecretString::from(token.to_owned()));
    Client::new(endpoint(github), credentials, settings()).unwrap()
}

pub fn client(github: &Loopback) -> Client {
    client_with(github, TOKEN)
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

#[tokio::test]
async fn a_request_names_its_version_and_program_and_is_signed() {
    let github = Loopback::start(world());
    let user: Value = client(&github).rest_json("/user").await.unwrap();
    assert_eq!(user["login"], "ann");
    let request = &github.requests()[0];
    assert_eq!(
        request.header("accept"),
        Some("application/vnd.github+json")
    );
    assert_eq!(request.header("x-github-api-version"), Some("2022-11-28"));
    assert!(
        request
            .header("user-agent")
            .unwrap()
            .starts_with("callboard/")
    );
    assert_eq!(request.token(), Some(TOKEN));
}

#[tokio::test]
async fn an_unchanged_answer_comes_back_as_not_modified() {
    let github = Loopback::start(world());
    let client = client(&github);
    let RestAnswer::Fresh { etag, .. } = client
        .rest_get("/user", &Validator::default())
        .await
        .unwrap()
    else {
        panic!("the first answer is new");
    };
    let again = client.rest_get("/user", &Validator { etag }).await.unwrap();
    assert_eq!(again, RestAnswer::NotModified);
    let counts = client.counts();
    assert_eq!((counts.rest, counts.not_modified), (2, 1));
}

#[tokio::test]
async fn pages_are_followed_to_the_end() {
    let mut account = Account::organization("many").member("ann");
    for number in 0..250 {
        account = account.repository(Repository::new(&format!("r{number}")));
    }
    let github = Loopback::start(world().organization(account));
    let all: Vec<Value> = client(&github)
        .rest_pages("/orgs/many/repos?per_page=100")
        .await
        .unwrap();
    assert_eq!(all.len(), 250);
    assert_eq!(github.rest_requests(), 3);
}

#[tokio::test]
async fn a_file_is_read_by_the_address_people_know() {
    let github = Loopback::start(world());
    let client = client(&github);
    let web = github.web_url();
    for url in [
        format!("{web}/acme/shop/blob/main/docs/index.md"),
        format!("{}/acme/shop/main/docs/index.md", github.raw_base_url()),
    ] {
        let answer = client
            .read_raw(&url, 1_000, &Validator::default())
            .await
            .unwrap();
        assert!(
            matches!(answer, RestAnswer::Fresh { body, .. } if body == b"# Shop\n"),
            "{url}"
        );
    }
}

#[tokio::test]
async fn a_folder_is_not_a_file() {
    let github = Loopback::start(world());
    let url = format!("{}/acme/shop/blob/main/docs", github.web_url());
    let error = client(&github)
        .read_raw(&url, 1_000, &Validator::default())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Rejected { status: 200 });
}

#[tokio::test]
async fn a_file_beyond_its_limit_is_not_read() {
    let github = Loopback::start(world());
    let url = format!("{}/acme/shop/blob/main/docs/index.md", github.web_url());
    let error = client(&github)
        .read_raw(&url, 3, &Validator::default())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::TooLarge { limit: 3 });
}

#[tokio::test]
async fn a_tree_that_was_cut_short_is_walked() {
    let github = Loopback::start(world());
    github.change(|world| {
        let shop = world.repository_mut("acme", "shop").unwrap();
        shop.push(
            3_000,
            &[
                ("a/b/one", Some("1")),
                ("a/two", Some("2")),
                ("c/three", Some("3")),
            ],
        );
        world.tree_limit = Some(4);
    });
    let tree = client(&github)
        .whole_tree("acme", "shop", "main")
        .await
        .unwrap();
    let files: Vec<&str> = tree
        .entries
        .iter()
        .filter(|entry| entry.kind == "blob")
        .map(|entry| entry.path.as_str())
        .collect();
    assert_eq!(
        files,
        [
            "a/b/one",
            "a/two",
            "c/three",
            "catalog-info.yaml",
            "docs/index.md"
        ]
    );
    assert!(!tree.truncated);
}

#[tokio::test]
async fn two_commits_tell_what_changed_between_them() {
    let github = Loopback::start(world());
    let (before, after) = github.change(|world| {
        let shop = world.repository_mut("acme", "shop").unwrap();
        let before = shop.head("main").unwrap();
        shop.push(
            3_000,
            &[
                ("docs/index.md", Some("# New\n")),
                ("catalog-info.yaml", None),
            ],
        );
        (before, shop.head("main").unwrap())
    });
    let files = client(&github)
        .compare("acme", "shop", &before, &after)
        .await
        .unwrap()
        .unwrap();
    let told: Vec<(&str, &str)> = files
        .iter()
        .map(|file| (file.filename.as_str(), file.status.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("docs/index.md", "modified"),
            ("catalog-info.yaml", "removed")
        ]
    );
}

#[tokio::test]
async fn an_empty_repository_has_no_tree() {
    let github = Loopback::start(world());
    github.change(|world| world.add_repository("acme", Repository::empty("void")));
    let error = client(&github)
        .tree("acme", "void", "main", true)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Rejected { status: 409 });
}

#[tokio::test]
async fn a_wrong_token_says_so_and_ends_with_5() {
    let github = Loopback::start(world());
    let error = client_with(&github, "ghp_wrong")
        .rest_json::<Value>("/user")
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.exit_code()),
        (&ErrorKind::Unauthorized, 5)
    );
    assert_eq!(
        github.rest_requests(),
        1,
        "a wrong token is not tried again"
    );
    assert!(!format!("{error:?} {error}").contains("ghp_wrong"));
}

#[tokio::test]
async fn a_missing_scope_is_named() {
    let github = Loopback::start(world().token("ghp_narrow", Token::classic("ann", &["repo"])));
    let error = client_with(&github, "ghp_narrow")
        .rest_pages::<Value>("/orgs/acme/teams")
        .await
        .unwrap_err();
    let ErrorKind::MissingScopes { missing } = error.kind() else {
        panic!("{error:?}");
    };
    assert_eq!(missing, &["read:org"]);
    assert_eq!(error.exit_code(), 5);
}

#[tokio::test]
async fn a_gateway_failure_is_tried_again() {
    let github = Loopback::start(world());
    github.fault(Fault::status(502).times(2));
    assert!(client(&github).rest_json::<Value>("/user").await.is_ok());
    assert_eq!(github.rest_requests(), 3);
}

#[tokio::test]
async fn a_lasting_failure_ends_after_a_bounded_number_of_attempts() {
    let github = Loopback::start(world());
    github.fault(Fault::status(503));
    let error = client(&github)
        .rest_json::<Value>("/user")
        .await
        .unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Server { status: 503 });
    assert_eq!(github.rest_requests(), 4);
}

#[tokio::test]
async fn an_answer_cut_off_in_its_middle_is_fetched_again() {
    let github = Loopback::start(world());
    github.fault(Fault::cut_off_after(5).times(1));
    let user: Value = client(&github).rest_json("/user").await.unwrap();
    assert_eq!(user["login"], "ann");
}

#[tokio::test]
async fn a_dropped_connection_is_tried_again() {
    let github = Loopback::start(world());
    github.fault(Fault::drop_connection().times(2));
    assert!(client(&github).rest_json::<Value>("/user").await.is_ok());
}

#[tokio::test]
async fn a_machine_without_a_server_is_offline_and_ends_with_6() {
    let github = Loopback::start(world());
    let client = client(&github);
    drop(github);
    let error = client.rest_json::<Value>("/user").await.unwrap_err();
    assert_eq!((error.kind(), error.exit_code()), (&ErrorKind::Offline, 6));
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up() {
    let github = Loopback::start(world());
    github.fault(Fault::slow(Duration::from_secs(30)));
    let settings = Settings {
        timeout: Duration::from_millis(50),
        retries: 1,
        ..settings()
    };
    let client = Client::new(endpoint(&github), Credentials::Anonymous, settings).unwrap();
    let error = client.rest_json::<Value>("/rate_limit").await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Offline);
    assert_eq!(github.rest_requests(), 2);
}

#[tokio::test]
async fn a_used_up_limit_tells_its_reset_and_is_not_asked_again() {
    let github = Loopback::start(world());
    let reset = now() + 1_800;
    github.fault(Fault::rate_limited(reset).times(1));
    let client = client(&github);
    for _ in 0..2 {
        let error = client.rest_json::<Value>("/user").await.unwrap_err();
        let until = Some(jiff::Timestamp::from_second(reset).unwrap());
        assert_eq!(
            error.kind(),
            &ErrorKind::RateLimited {
                until,
                secondary: false
            }
        );
        assert_eq!(error.exit_code(), 6);
    }
    assert_eq!(github.rest_requests(), 1, "the second request was not sent");
}

#[tokio::test]
async fn a_secondary_limit_waits_as_long_as_it_is_told_to() {
    let github = Loopback::start(world());
    github.fault(Fault::secondary_limit(Some(0)).times(1));
    let waits = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = std::sync::Arc::clone(&waits);
    let settings = Settings {
        on_wait: Some(std::sync::Arc::new(move |wait| {
            seen.lock().unwrap().push(wait.limit)
        })),
        ..settings()
    };
    let credentials = Credentials::Token(SecretString::from(TOKEN.to_owned()));
    let client = Client::new(endpoint(&github), credentials, settings).unwrap();
    assert!(client.rest_json::<Value>("/user").await.is_ok());
    assert_eq!(*waits.lock().unwrap(), [true]);
}

#[tokio::test]
async fn a_limit_that_would_take_too_long_is_an_error_at_once() {
    let github = Loopback::start(world());
    github.fault(Fault::secondary_limit(Some(3_600)));
    let error = client(&github)
        .rest_json::<Value>("/user")
        .await
        .unwrap_err();
    assert!(matches!(
        error.kind(),
        ErrorKind::RateLimited {
            secondary: true,
            until: Some(_)
        }
    ));
    assert_eq!(github.rest_requests(), 1);
}

#[tokio::test]
async fn cancelling_ends_a_request_that_hangs() {
    let github = Loopback::start(world());
    github.fault(Fault::slow(Duration::from_secs(60)));
    let cancel = CancellationToken::new();
    let client = client(&github).with_cancel(cancel.clone());
    let pending = tokio::spawn(async move { client.rest_json::<Value>("/user").await });
    while github.rest_requests() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    cancel.cancel();
    let error = pending.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Cancelled);
}

#[tokio::test]
async fn a_redirect_to_another_host_is_refused_and_the_token_stays() {
    let github = Loopback::start(world());
    let other = Loopback::start(world());
    github.fault(Fault::redirect_to(&format!(
        "{}/user",
        other.api_base_url()
    )));
    let error = client(&github)
        .rest_json::<Value>("/user")
        .await
        .unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Refused);
    assert!(other.requests().is_empty());
}

#[tokio::test]
async fn a_redirect_on_the_same_host_is_followed() {
    let github = Loopback::start(world());
    github.fault(Fault::redirect_to("/api/v3/user").on_path("/moved"));
    let user: Value = client(&github).rest_json("/moved").await.unwrap();
    assert_eq!(user["login"], "ann");
}

#[tokio::test]
async fn redirects_in_a_circle_end() {
    let github = Loopback::start(world());
    github.fault(Fault::redirect_to("/api/v3/user"));
    let error = client(&github)
        .rest_json::<Value>("/user")
        .await
        .unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Refused);
    assert_eq!(github.rest_requests(), 6);
}

#[tokio::test]
async fn a_next_page_on_another_host_is_not_followed() {
    let github = Loopback::start(world());
    let other = Loopback::start(world());
    let link = format!("<{}/user/orgs?page=2>; rel=\"next\"", other.api_base_url());
    let reply =
        super::loopback::Reply::json(200, &json!([{"login": "acme"}])).header("link", &link);
    github.fault(Fault::answer(reply));
    let all: Vec<Value> = client(&github).rest_pages("/user/orgs").await.unwrap();
    assert_eq!(all.len(), 1);
    assert!(other.requests().is_empty());
}

#[tokio::test]
async fn single_sign_on_tells_where_to_authorise() {
    let world = World::new()
        .token(TOKEN, Token::classic("ann", &["repo", "read:org"]))
        .organization(Account::organization("acme").member("ann").requires_sso());
    let github = Loopback::start(world);
    let error = client(&github)
        .rest_json::<Value>("/orgs/acme/repos")
        .await
        .unwrap_err();
    let url = format!(
        "{}/orgs/acme/sso?authorization_request=AB12",
        github.web_url()
    );
    assert_eq!(
        error.kind(),
        &ErrorKind::SsoRequired {
            url: Some(url.clone())
        }
    );
    assert!(error.hint().unwrap().contains(&url));
    assert_eq!(error.exit_code(), 5);
}

#[tokio::test]
async fn a_list_with_organisations_left_out_is_not_taken_for_whole() {
    let world = World::new()
        .token(TOKEN, Token::classic("ann", &["repo", "read:org"]))
        .organization(Account::organization("acme").member("ann").requires_sso());
    let github = Loopback::start(world);
    let error = client(&github)
        .rest_pages::<Value>("/user/orgs")
        .await
        .unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::SsoRequired { .. }));
}

#[tokio::test]
async fn nobody_signed_in_may_read_what_is_public_and_nothing_else() {
    let github = Loopback::start(world());
    let client = Client::new(endpoint(&github), Credentials::Anonymous, settings()).unwrap();
    assert!(client.rest_json::<Value>("/repos/acme/shop").await.is_ok());
    let error = client
        .rest_json::<Value>("/repos/acme/secret")
        .await
        .unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::NotFound);
    let error = client
        .graphql("{ viewer { login } }", &json!({}), Paging::Fixed)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Unauthorized);
    assert!(
        github
            .requests()
            .iter()
            .all(|request| request.token().is_none())
    );
}
