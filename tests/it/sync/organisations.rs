//! Teams and members as groups and users.

use callboard::config::GithubOrgProviderConfig;

use super::{Catalog, TOKEN, origin};
use crate::github::loopback::{Account, Fault, Loopback, Team, Token, World};

fn world() -> World {
    let account = Account::organization("Acme")
        .member("ann")
        .member("bob")
        .team(
            Team::new("platform")
                .name("Platform")
                .description("Runs things"),
        )
        .team(
            Team::new("pay")
                .name("Pay")
                .parent("platform")
                .member("ann"),
        );
    World::new()
        .token(
            TOKEN,
            Token::classic("ann", &["repo", "read:org", "user:email"]),
        )
        .organization(account)
}

fn catalog(github: &Loopback) -> Catalog {
    let mut catalog = Catalog::of(github);
    catalog
        .settings
        .github_org_providers
        .push(GithubOrgProviderConfig {
            id: "production".into(),
            github_url: github.web_url(),
            orgs: vec!["Acme".into()],
            default_namespace: true,
            schedule: None,
            origin: origin(),
        });
    catalog
}

#[tokio::test]
async fn teams_and_members_become_groups_and_users() {
    let github = Loopback::start(world());
    let catalog = catalog(&github);
    let summary = catalog.sync().await;
    assert_eq!(summary.failures, []);
    assert_eq!(
        catalog.refs(),
        [
            "group:default/pay",
            "group:default/platform",
            "user:default/ann",
            "user:default/bob"
        ]
    );
    let ann = catalog.cache().entity("user:default/ann").unwrap().unwrap();
    assert_eq!(
        ann.record.entity["spec"]["memberOf"],
        serde_json::json!(["pay"])
    );
    assert_eq!(ann.location, format!("url:{}/ann", github.web_url()));
    let pay = catalog
        .cache()
        .entity("group:default/pay")
        .unwrap()
        .unwrap();
    assert_eq!(pay.record.entity["spec"]["parent"], "platform");
    assert_eq!(
        pay.record.entity["spec"]["members"],
        serde_json::json!(["default/ann"])
    );
    assert_eq!(
        pay.record.entity["metadata"]["annotations"]["github.com/team-slug"],
        "Acme/pay"
    );
    assert_eq!(
        pay.location,
        format!("url:{}/orgs/Acme/teams/pay", github.web_url())
    );
}

#[tokio::test]
async fn a_refresh_with_nothing_changed_takes_two_requests_and_writes_nothing() {
    let github = Loopback::start(world());
    let catalog = catalog(&github);
    catalog.sync().await;
    github.take_requests();
    let before = catalog.database();
    catalog.sync().await;
    assert_eq!(github.requests().len(), 2);
    assert_eq!(catalog.database(), before);
}

#[tokio::test]
async fn one_changed_team_changes_one_entity_and_a_deleted_one_goes() {
    let github = Loopback::start(world());
    let catalog = catalog(&github);
    catalog.sync().await;
    github.change(|w| {
        let account = w.account_mut("acme").unwrap();
        account.teams.retain(|t| t.slug != "pay");
    });
    let summary = catalog.sync().await;
    // The team goes; its parent and its member change.
    assert_eq!((summary.removed, summary.changed), (1, 2));
    assert_eq!(catalog.refs().len(), 3);
}

#[tokio::test]
async fn a_missing_scope_empties_nothing_and_names_it() {
    let github = Loopback::start(world());
    let mut catalog = catalog(&github);
    catalog.sync().await;
    github.change(|w| {
        w.tokens.insert(
            "ghp_less".into(),
            Token::classic("ann", &["repo", "user:email"]),
        );
    });
    catalog.token("ghp_less");
    let summary = catalog.sync().await;
    assert_eq!(summary.exit_code(), 5);
    assert_eq!(catalog.refs().len(), 4);
    let hint = summary.failures[0].hint.clone().unwrap_or_default();
    assert!(hint.contains("read:org"), "{hint}");
}

#[tokio::test]
async fn without_the_right_to_read_addresses_users_come_without_them() {
    let github = Loopback::start(world());
    let mut catalog = catalog(&github);
    github.change(|w| {
        w.tokens.insert(
            "ghp_less".into(),
            Token::classic("ann", &["repo", "read:org"]),
        );
    });
    catalog.token("ghp_less");
    let summary = catalog.sync().await;
    assert_eq!((summary.exit_code(), summary.entities), (0, 4));
}

#[tokio::test]
async fn a_failing_page_of_teams_keeps_every_group() {
    let github = Loopback::start(world());
    let catalog = catalog(&github);
    catalog.sync().await;
    github.fault(Fault::status(500).on_graphql().on_body("teams("));
    let summary = catalog.sync().await;
    assert_eq!(summary.exit_code(), 1);
    assert_eq!((summary.entities, summary.stale), (4, 0));
}

#[tokio::test]
async fn the_old_location_type_gives_the_same_entities_at_its_own_location() {
    let github = Loopback::start(world());
    let target = format!("{}/Acme", github.web_url());
    let catalog = Catalog::of(&github).location("github-org", &target, std::path::Path::new("/"));
    let summary = catalog.sync().await;
    assert_eq!(summary.failures, []);
    let pay = catalog
        .cache()
        .entity("group:default/pay")
        .unwrap()
        .unwrap();
    assert_eq!(pay.location, format!("github-org:{target}"));
    assert_eq!(
        pay.record.entity["spec"]["members"],
        serde_json::json!(["ann"])
    );
}

/// Two organisations that Ann is in, and one provider of both.
fn both() -> (Loopback, Catalog) {
    let other = Account::organization("Other")
        .member("ann")
        .member("cho")
        .team(Team::new("ops").name("Ops").member("ann").member("cho"));
    let github = Loopback::start(world().organization(other));
    let mut catalog = catalog(&github);
    let provider = &mut catalog.settings.github_org_providers[0];
    provider.orgs.push("Other".into());
    (github, catalog)
}

fn groups_of(catalog: &Catalog, user: &str) -> Vec<String> {
    let user = format!("user:default/{user}");
    let stored = catalog.cache().entity(&user).unwrap().unwrap();
    let groups = stored.record.entity["spec"]["memberOf"].clone();
    serde_json::from_value(groups).unwrap()
}

#[tokio::test]
async fn an_organisation_that_fails_takes_nobody_out_of_its_groups() {
    let (github, catalog) = both();
    catalog.sync().await;
    let before = groups_of(&catalog, "ann");
    assert_eq!(before, ["ops", "pay"]);
    github.fault(Fault::status(403).on_graphql().on_body("Other"));
    let summary = catalog.sync().await;
    assert_ne!(summary.exit_code(), 0);
    assert_eq!(summary.changed, 0);
    assert_eq!(groups_of(&catalog, "ann"), before);
}

#[tokio::test]
async fn an_organisation_that_fails_holds_up_no_other_one() {
    for failing_first in [false, true] {
        let (github, mut catalog) = both();
        if failing_first {
            catalog.settings.github_org_providers[0].orgs.reverse();
        }
        catalog.sync().await;
        let known = catalog.refs();
        github.fault(Fault::status(403).on_graphql().on_body("Other"));
        github.change(|w| {
            let acme = w.account_mut("acme").unwrap();
            acme.teams.retain(|team| team.slug != "pay");
            acme.teams
                .push(Team::new("ship").name("Ship").member("ann"));
            acme.members.retain(|login| login != "bob");
        });
        let summary = catalog.sync().await;
        assert_eq!(summary.failures.len(), 1);
        let said = &summary.failures[0].message;
        assert!(said.contains("organisation Other"), "{said}");
        assert_eq!(summary.errors.len(), 1, "{:?}", summary.errors);
        // What acme gave and gives no longer is gone, what it gives now is there, and all of the other is as it was.
        let gone = ["group:default/pay", "user:default/bob"];
        let mut expected: Vec<String> = known
            .into_iter()
            .filter(|known| !gone.contains(&known.as_str()))
            .chain(["group:default/ship".to_owned()])
            .collect();
        expected.sort();
        assert_eq!(catalog.refs(), expected);
        assert_eq!(groups_of(&catalog, "ann"), ["ops", "ship"]);
        assert_eq!(groups_of(&catalog, "cho"), ["ops"]);
        // And once it answers again, all is well.
        github.clear_faults();
        let summary = catalog.sync().await;
        assert_eq!((summary.exit_code(), summary.stale), (0, 0));
        assert_eq!(catalog.refs(), expected);
    }
}

#[tokio::test]
async fn where_every_organisation_fails_each_failure_is_said_once_and_nothing_goes() {
    let (github, catalog) = both();
    catalog.sync().await;
    let before = catalog.refs();
    github.fault(Fault::status(403).on_graphql());
    let summary = catalog.sync().await;
    assert_eq!(summary.failures.len(), 1);
    assert_eq!(summary.errors.len(), 2, "{:?}", summary.errors);
    assert_eq!(catalog.refs(), before);
}
