//! GraphQL: what discovery and the organisation provider ask, and answers with errors in them.

use callboard::github::graphql::Paging;
use callboard::github::queries::{self, FileRequest, RepositoryQuery};
use callboard::github::{Client, ErrorKind};
use serde_json::json;

use super::client::{TOKEN, client, client_with, world};
use super::loopback::{Account, Fault, Loopback, Repository, Team, Token, User, World, generate};

fn catalog() -> Vec<String> {
    vec!["catalog-info.yaml".to_owned()]
}

fn query<'a>(
    owner: &'a str,
    paths: &'a [String],
    first: u32,
    after: Option<&'a str>,
) -> RepositoryQuery<'a> {
    RepositoryQuery {
        owner,
        paths,
        branch: None,
        with_text: true,
        first,
        after,
    }
}

async fn all(client: &Client, owner: &str, first: u32) -> Vec<queries::RepositoryNode> {
    let paths = catalog();
    let mut found = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let answer = queries::repositories(client, &query(owner, &paths, first, after.as_deref()))
            .await
            .unwrap();
        assert!(answer.page.is_complete());
        found.extend(answer.page.items);
        match answer.page.next {
            Some(next) => after = Some(next),
            None => return found,
        }
    }
}

#[tokio::test]
async fn discovery_brings_the_catalog_file_with_the_repository_last_pushed_first() {
    let github = Loopback::start(world());
    let found = all(&client(&github), "acme", 100).await;
    let names: Vec<&str> = found
        .iter()
        .map(|repository| repository.name.as_str())
        .collect();
    assert_eq!(names, ["shop", "secret"]);
    let shop = &found[0];
    assert_eq!(shop.visibility, "public");
    assert_eq!(shop.default_branch.as_deref(), Some("main"));
    assert_eq!(shop.pushed_at.as_deref(), Some("1970-01-01T00:33:20Z"));
    assert_eq!(
        shop.head_oid,
        github.change(|world| world.repository_mut("acme", "shop").unwrap().head("main"))
    );
    let file = shop.files[0].as_ref().unwrap();
    assert_eq!(file.text.as_deref(), Some("kind: Component\n"));
    assert_eq!(file.byte_size, 16);
    assert_eq!(found[1].files, [None]);
}

#[tokio::test]
async fn a_thousand_repositories_take_ten_requests_and_ten_points() {
    let world = generate::world("acme", 1_000, 950)
        .token(TOKEN, Token::classic("octo", &["repo", "read:org"]));
    let github = Loopback::start(world);
    let client = client(&github);
    let found = all(&client, "acme", 100).await;
    assert_eq!(found.len(), 1_000);
    assert_eq!(
        found
            .iter()
            .filter(|repository| repository.files[0].is_some())
            .count(),
        950
    );
    let counts = client.counts();
    assert_eq!((counts.graphql, counts.rest), (10, 0));
    assert_eq!(github.graphql_requests(), 10);
    assert!(counts.graphql_cost >= 10);
    assert!(client.rate_limits().get("graphql").is_some());
}

#[tokio::test]
async fn a_sweep_asks_for_no_text() {
    let github = Loopback::start(world());
    let paths = catalog();
    let sweep = RepositoryQuery {
        with_text: false,
        ..query("acme", &paths, 100, None)
    };
    let answer = queries::repositories(&client(&github), &sweep)
        .await
        .unwrap();
    let file = answer.page.items[0].files[0].as_ref().unwrap();
    assert_eq!((file.text.as_deref(), file.oid.len()), (None, 40));
}

#[tokio::test]
async fn a_repository_deleted_between_two_pages_hides_no_other() {
    let mut account = Account::organization("acme").member("ann");
    for number in 0..6 {
        account = account.repository(Repository::new(&format!("r{number}")).pushed_at(number));
    }
    let github = Loopback::start(
        World::new()
            .token(TOKEN, Token::classic("ann", &[]))
            .organization(account),
    );
    let client = client(&github);
    let first = queries::repositories(&client, &query("acme", &[], 3, None))
        .await
        .unwrap();
    github.change(|world| world.delete_repository("acme", "r4"));
    let after = first.page.next.as_deref();
    let second = queries::repositories(&client, &query("acme", &[], 3, after))
        .await
        .unwrap();
    let names: Vec<&str> = second
        .page
        .items
        .iter()
        .map(|repository| repository.name.as_str())
        .collect();
    assert_eq!(names, ["r2", "r1", "r0"]);
    assert_eq!(second.page.total, 5);
}

#[tokio::test]
async fn archiving_shows_in_the_counts() {
    let github = Loopback::start(world());
    let client = client(&github);
    let before = queries::repositories(&client, &query("acme", &[], 1, None))
        .await
        .unwrap();
    github.change(|world| world.repository_mut("acme", "secret").unwrap().archived = true);
    let after = queries::repositories(&client, &query("acme", &[], 1, None))
        .await
        .unwrap();
    assert_eq!((before.page.total, before.archived_total), (2, 0));
    assert_eq!((after.page.total, after.archived_total), (2, 1));
}

#[tokio::test]
async fn a_users_repositories_are_listed_the_same_way() {
    let account = Account::user("ann").repository(Repository::new("dotfiles"));
    let github = Loopback::start(
        World::new()
            .token(TOKEN, Token::classic("ann", &[]))
            .account(account),
    );
    let answer = queries::repositories(&client(&github), &query("ann", &[], 10, None))
        .await
        .unwrap();
    assert!(answer.owner_is_user);
    assert_eq!(answer.page.items[0].name_with_owner, "ann/dotfiles");
}

#[tokio::test]
async fn an_owner_that_does_not_exist_is_not_found() {
    let github = Loopback::start(world());
    let error = queries::repositories(&client(&github), &query("nobody", &[], 10, None))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::NotFound);
}

#[tokio::test]
async fn a_page_that_is_too_much_asks_to_be_halved_without_being_repeated() {
    for fault in [Fault::resource_limits_above(25), Fault::timeout_above(25)] {
        let github = Loopback::start(world());
        github.fault(fault);
        let client = client(&github);
        let error = queries::repositories(&client, &query("acme", &[], 50, None))
            .await
            .unwrap_err();
        assert!(error.wants_smaller_page(), "{error:?}");
        assert_eq!(github.graphql_requests(), 1);
        assert!(
            queries::repositories(&client, &query("acme", &[], 25, None))
                .await
                .is_ok()
        );
    }
}

#[tokio::test]
async fn a_query_that_cannot_be_smaller_is_repeated_after_a_gateway_failure() {
    let github = Loopback::start(world());
    github.fault(Fault::status(502).times(1));
    assert_eq!(
        queries::viewer(&client(&github)).await.unwrap().login,
        "ann"
    );
}

#[tokio::test]
async fn a_repository_that_may_not_be_read_leaves_a_hole_and_the_rest() {
    let github = Loopback::start(world());
    github.change(|world| world.repository_mut("acme", "shop").unwrap().unreadable = true);
    let answer = queries::repositories(&client(&github), &query("acme", &[], 10, None))
        .await
        .unwrap();
    assert_eq!(
        (
            answer.page.items.len(),
            answer.page.holes,
            answer.page.total
        ),
        (1, 1, 2)
    );
    assert!(!answer.page.is_complete());
    assert_eq!(answer.page.problems[0].kind, ErrorKind::Forbidden);
}

#[tokio::test]
async fn results_left_out_for_single_sign_on_make_a_page_incomplete() {
    let github = Loopback::start(world());
    github.fault(Fault::sso_partial("21955855"));
    let answer = queries::repositories(&client(&github), &query("acme", &[], 10, None))
        .await
        .unwrap();
    assert_eq!(answer.page.withheld, ["21955855"]);
    assert!(!answer.page.is_complete());
}

#[tokio::test]
async fn an_organisation_behind_single_sign_on_says_where_to_authorise() {
    let world = World::new()
        .token(TOKEN, Token::classic("ann", &["repo", "read:org"]))
        .organization(Account::organization("acme").member("ann").requires_sso());
    let github = Loopback::start(world);
    let error = queries::repositories(&client(&github), &query("acme", &[], 10, None))
        .await
        .unwrap_err();
    let url = format!(
        "{}/orgs/acme/sso?authorization_request=AB12",
        github.web_url()
    );
    assert_eq!(error.kind(), &ErrorKind::SsoRequired { url: Some(url) });
}

#[tokio::test]
async fn an_exhausted_limit_of_graphql_is_told_by_a_200() {
    let github = Loopback::start(world());
    let reset = jiff::Timestamp::now().as_second() + 1_800;
    github.fault(Fault::graphql_rate_limited(reset));
    let error = queries::viewer(&client(&github)).await.unwrap_err();
    let until = Some(jiff::Timestamp::from_second(reset).unwrap());
    assert_eq!(
        error.kind(),
        &ErrorKind::RateLimited {
            until,
            secondary: false
        }
    );
}

#[tokio::test]
async fn teams_come_with_their_parent_and_immediate_members() {
    let mut big = Team::new("everyone");
    for number in 0..130 {
        big = big.member(&format!("p{number:03}"));
    }
    let account = Account::organization("acme")
        .team(
            Team::new("platform")
                .name("Platform")
                .description("Keeps it running")
                .parent("everyone")
                .member("ann"),
        )
        .team(big);
    let github = Loopback::start(
        World::new()
            .token(TOKEN, Token::classic("ann", &["read:org"]))
            .organization(account),
    );
    let client = client(&github);
    let teams = queries::teams(&client, "acme", 100, None).await.unwrap();
    assert!(teams.is_complete());
    let platform = teams
        .items
        .iter()
        .find(|team| team.slug == "platform")
        .unwrap();
    assert_eq!(platform.combined_slug, "acme/platform");
    assert_eq!(platform.parent.as_deref(), Some("everyone"));
    assert_eq!(platform.members, ["ann"]);
    let everyone = teams
        .items
        .iter()
        .find(|team| team.slug == "everyone")
        .unwrap();
    assert_eq!(everyone.members.len(), 100);
    let rest = queries::team_members(
        &client,
        "acme",
        "everyone",
        everyone.more_members.as_deref(),
    )
    .await
    .unwrap();
    assert_eq!((rest.items.len(), rest.next), (30, None));
}

#[tokio::test]
async fn teams_without_the_scope_say_which_is_missing() {
    let github = Loopback::start(world().token("ghp_narrow", Token::classic("ann", &["repo"])));
    let error = queries::teams(&client_with(&github, "ghp_narrow"), "acme", 50, None)
        .await
        .unwrap_err();
    assert_eq!(
        error.kind(),
        &ErrorKind::MissingScopes {
            missing: vec!["read:org".into()]
        }
    );
}

#[tokio::test]
async fn members_come_with_name_and_e_mail() {
    let world = world()
        .token(
            "ghp_mail",
            Token::classic("ann", &["read:org", "user:email"]),
        )
        .person(User::new("ann").name("Ann 이").email("ann@example.com"));
    let github = Loopback::start(world);
    let client = client_with(&github, "ghp_mail");
    let members = queries::members(&client, "acme", true, 100, None)
        .await
        .unwrap();
    assert!(members.is_complete(), "{members:?}");
    let ann = &members.items[0];
    assert_eq!(
        (ann.name.as_deref(), ann.email.as_deref()),
        (Some("Ann 이"), Some("ann@example.com"))
    );
    let without = queries::members(&client, "acme", false, 100, None)
        .await
        .unwrap();
    assert_eq!(without.items[0].email, None);
}

#[tokio::test]
async fn files_of_many_repositories_come_in_one_request() {
    let github = Loopback::start(world());
    let client = client(&github);
    let request = |repository: &str, expression: &str| FileRequest {
        owner: "acme".into(),
        repository: repository.into(),
        expression: expression.into(),
    };
    let answers = queries::files(
        &client,
        &[
            request("shop", "HEAD:docs/index.md"),
            request("shop", "HEAD:missing.md"),
            request("gone", "HEAD:docs/index.md"),
            request("shop", "main:docs"),
        ],
    )
    .await
    .unwrap();
    assert_eq!(
        answers[0]
            .as_ref()
            .unwrap()
            .as_ref()
            .unwrap()
            .text
            .as_deref(),
        Some("# Shop\n")
    );
    assert_eq!(answers[1].as_ref().unwrap(), &None);
    assert_eq!(
        answers[2].as_ref().unwrap_err().kind(),
        &ErrorKind::NotFound
    );
    assert_eq!(answers[3].as_ref().unwrap(), &None);
    assert_eq!(client.counts().graphql, 1);
}

#[tokio::test]
async fn the_identity_is_known_by_login_and_scopes() {
    let github = Loopback::start(
        world()
            .token("ghp_rotated", Token::classic("ann", &["read:org", "repo"]))
            .token("ghp_narrow", Token::classic("ann", &["repo"])),
    );
    let fingerprint = async |token: &str| {
        let client = client_with(&github, token);
        queries::viewer(&client).await.unwrap();
        client.fingerprint().unwrap()
    };
    let before = fingerprint(TOKEN).await;
    assert_eq!(before, fingerprint("ghp_rotated").await);
    assert_ne!(before, fingerprint("ghp_narrow").await);
    assert!(!before.contains("ghp_"));
}

#[tokio::test]
async fn the_loopback_server_is_as_strict_as_github() {
    let github = Loopback::start(world());
    let client = client(&github);
    for query in [
        "{ viewer { loginn } }",
        "{ viewer(name: 1) { login } }",
        "query($x: Int!) { organization(login: $x) { login } }",
        "{ organization(login: \"acme\") { repositories { nodes { name } } } }",
        "{ organization(login: \"acme\") { repositories(first: 101) { nodes { name } } } }",
        "{ organization(login: \"acme\") { teams(first: 100) { nodes { members(first: 100) { nodes { \
         organizations(first: 100) { nodes { login } } } } } } } }",
        "{ viewer { login }",
    ] {
        let answer = client.graphql(query, &json!({"x": 1}), Paging::Fixed).await;
        assert!(answer.is_err(), "{query}");
    }
}
