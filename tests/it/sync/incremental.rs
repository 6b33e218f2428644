//! What changed since the last sync, and what goes.

use callboard::catalog::EntityRef;
use callboard::config::{AllowedKind, Config, LoadOptions, RuleConfig};
use callboard::sync::SyncOptions;
use callboard::sync::github_discovery::last_push;

use super::{Catalog, acme, component, origin, push, service, services};
use crate::github::loopback::{Fault, Loopback, Repository};

/// `acme` with these repositories, and a catalog that has been synced from it.
async fn synced(repositories: Vec<Repository>) -> (Loopback, Catalog) {
    let github = Loopback::start(acme(repositories));
    let catalog = Catalog::discovering(&github, |_| {});
    catalog.sync().await;
    (github, catalog)
}

/// Some services, and a repository whose catalog file names these targets and that has a component in `a/one.yaml`.
fn services_and_mono(targets: &str) -> Vec<Repository> {
    let location = format!(
        "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: {{name: all}}\nspec:\n  targets: {targets}\n"
    );
    let mono = Repository::new("mono")
        .file("catalog-info.yaml", location)
        .file("a/one.yaml", component("one", "first"));
    services(5).into_iter().chain([mono]).collect()
}

/// Pushes another description of a service.
fn push_second(github: &Loopback, name: &str, at: i64) {
    push(
        github,
        name,
        "catalog-info.yaml",
        &component(name, "second"),
        at,
    );
}

#[tokio::test]
async fn a_pushed_change_is_read_and_nothing_else() {
    let (github, catalog) = synced(services(60)).await;
    github.take_requests();
    push_second(&github, "svc-007", 1_800_000_000);
    let summary = catalog.sync().await;
    assert_eq!((summary.added, summary.changed, summary.removed), (0, 1, 0));
    assert_eq!(catalog.description("svc-007"), "second");
    assert!(github.requests().len() <= 3);
}

#[tokio::test]
async fn a_push_that_leaves_the_catalog_file_alone_changes_nothing() {
    let (github, catalog) = synced(services(20)).await;
    let generation = catalog.cache().generation().unwrap();
    push(&github, "svc-007", "README.md", "# hello\n", 1_800_000_000);
    let summary = catalog.sync().await;
    assert!(!summary.changed_anything());
    assert_eq!(catalog.cache().generation().unwrap(), generation);
}

#[tokio::test]
async fn every_push_to_a_repository_is_known_by_its_time() {
    let (github, catalog) = synced(services(20)).await;
    let pushed = |name: &str| {
        let cache = catalog.cache();
        let stored = cache.entity(&format!("component:default/{name}")).unwrap();
        let stored = stored.unwrap();
        let state = cache.unit_state(&stored.source, &stored.unit).unwrap();
        last_push(&state.unwrap()).unwrap().as_second()
    };
    let before = pushed("svc-008");
    // One leaves the catalog file alone, one changes it.
    push(&github, "svc-007", "README.md", "# hello\n", 1_800_000_000);
    let second = component("svc-009", "second");
    push(
        &github,
        "svc-009",
        "catalog-info.yaml",
        &second,
        1_800_000_060,
    );
    catalog.sync().await;
    assert_eq!(pushed("svc-007"), 1_800_000_000);
    assert_eq!(pushed("svc-008"), before);
    assert_eq!(pushed("svc-009"), 1_800_000_060);
}

#[tokio::test]
async fn more_pushes_than_one_page_are_all_read() {
    let (github, catalog) = synced(services(150)).await;
    for n in 0..130 {
        let name = format!("svc-{n:03}");
        push_second(&github, &name, 1_800_000_000 + n);
    }
    let summary = catalog.sync().await;
    assert_eq!(summary.changed, 130);
}

#[tokio::test]
async fn a_deleted_repository_loses_its_entities() {
    let (github, catalog) = synced(services(30)).await;
    github.change(|w| w.delete_repository("acme", "svc-003"));
    let summary = catalog.sync().await;
    assert_eq!(summary.removed, 1);
    assert!(!catalog.has("svc-003"));
    assert!(catalog.has("svc-004"));
}

#[tokio::test]
async fn a_new_repository_is_found_even_where_one_was_deleted() {
    let (github, catalog) = synced(services(30)).await;
    github.change(|w| {
        w.delete_repository("acme", "svc-003");
        // An old push: moved here from elsewhere.
        w.add_repository("acme", service("moved-in").pushed_at(1_600_000_000));
    });
    let summary = catalog.sync().await;
    assert_eq!(summary.failures, []);
    assert_eq!((summary.added, summary.removed), (1, 1));
    assert!(catalog.has("moved-in"));
}

#[tokio::test]
async fn an_archived_a_renamed_and_a_no_longer_matching_repository_are_seen_without_a_push() {
    let mut all = services(30);
    for repository in &mut all {
        repository.topics = vec!["catalog".into()];
    }
    let github = Loopback::start(acme(all));
    let catalog = Catalog::discovering(&github, |p| {
        p.filters.topic_include = vec!["catalog".into()]
    });
    catalog.sync().await;
    github.change(|w| {
        w.repository_mut("acme", "svc-001").unwrap().archived = true;
        w.repository_mut("acme", "svc-002").unwrap().topics.clear();
        w.repository_mut("acme", "svc-003").unwrap().name = "renamed".into();
    });
    let summary = catalog.sync().await;
    assert_eq!(summary.failures, []);
    assert!(!catalog.has("svc-001"));
    assert!(!catalog.has("svc-002"));
    let stored = catalog
        .cache()
        .entity("component:default/svc-003")
        .unwrap()
        .unwrap();
    assert!(
        stored.location.contains("/acme/renamed/blob/main/"),
        "{}",
        stored.location
    );
    assert_eq!(catalog.refs().len(), 28);
    // And back again.
    github.change(|w| {
        w.repository_mut("acme", "svc-001").unwrap().archived = false;
        w.repository_mut("acme", "svc-002").unwrap().topics = vec!["catalog".into()];
    });
    catalog.sync().await;
    assert_eq!(catalog.refs().len(), 30);
}

#[tokio::test]
async fn a_topic_that_was_taken_away_is_seen_although_no_count_has_changed() {
    let mut all = services(30);
    for repository in &mut all {
        repository.topics = vec!["catalog".into()];
    }
    let github = Loopback::start(acme(all));
    let catalog = Catalog::discovering(&github, |p| {
        p.filters.topic_include = vec!["catalog".into()]
    });
    catalog.sync().await;
    github.take_requests();
    github.change(|w| w.repository_mut("acme", "svc-002").unwrap().topics.clear());
    let summary = catalog.sync().await;
    assert_eq!(summary.removed, 1);
    assert!(!catalog.has("svc-002"));
    assert!(github.requests().len() <= 3);
}

#[tokio::test]
async fn a_catalog_file_that_was_removed_takes_its_entities_with_it() {
    let (github, catalog) = synced(services(30)).await;
    github.change(|w| {
        let repository = w.repository_mut("acme", "svc-003").unwrap();
        repository.push(1_800_000_000, &[("catalog-info.yaml", None)]);
    });
    let summary = catalog.sync().await;
    assert_eq!(summary.removed, 1);
    assert!(!catalog.has("svc-003"));
}

#[tokio::test]
async fn more_than_a_fifth_stays_as_stale_until_it_is_pruned() {
    let (github, catalog) = synced(services(60)).await;
    github.change(|w| {
        for n in 0..20 {
            w.delete_repository("acme", &format!("svc-{n:03}"));
        }
    });
    for _ in 0..2 {
        let summary = catalog.sync().await;
        assert_eq!(summary.failures, []);
        assert_eq!((summary.removed, summary.stale), (0, 20));
        assert!(catalog.is_stale("svc-003"));
        assert!(!catalog.is_stale("svc-030"));
        let snapshot = catalog.cache().snapshot().unwrap();
        let orphans = snapshot.ids().filter(|&id| snapshot.flags(id).orphan);
        assert_eq!(orphans.count(), 20);
        assert!(
            summary.notices.iter().any(|n| n.contains("--prune")),
            "{:?}",
            summary.notices
        );
    }
    let summary = catalog.prune().await;
    assert_eq!((summary.removed, summary.stale), (20, 0));
    assert_eq!(catalog.refs().len(), 40);
}

#[tokio::test]
async fn what_came_back_is_no_longer_stale() {
    let (github, catalog) = synced(services(60)).await;
    let kept = github.change(|w| std::mem::take(&mut w.account_mut("acme").unwrap().repositories));
    github.change(|w| {
        w.account_mut("acme").unwrap().repositories = kept.iter().skip(20).cloned().collect();
    });
    assert_eq!(catalog.sync().await.stale, 20);
    github.change(|w| w.account_mut("acme").unwrap().repositories = kept.clone());
    let summary = catalog.sync().await;
    assert_eq!(
        (summary.stale, summary.removed, summary.entities),
        (0, 0, 60)
    );
}

#[tokio::test]
async fn a_location_entity_is_followed_within_its_repository_and_refreshed_with_it() {
    let location = "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: {name: all}\nspec:\n  targets: [./a/*.yaml, ./missing.yaml]\n";
    let mut all = services(5);
    all.push(
        Repository::new("mono")
            .file("catalog-info.yaml", location)
            .file("a/one.yaml", component("one", "first"))
            .file("a/two.yaml", component("two", "first")),
    );
    let github = Loopback::start(acme(all));
    let catalog = Catalog::discovering(&github, |_| {});
    let summary = catalog.sync().await;
    assert!(catalog.has("one") && catalog.has("two"));
    assert!(
        summary
            .errors
            .iter()
            .any(|e| e.message.contains("missing.yaml")),
        "{:?}",
        summary.errors
    );
    push(
        &github,
        "mono",
        "a/one.yaml",
        &component("one", "second"),
        1_800_000_000,
    );
    let summary = catalog.sync().await;
    assert_eq!(summary.changed, 1);
    assert_eq!(catalog.description("one"), "second");
}

#[tokio::test]
async fn one_entity_can_be_fetched_again_alone() {
    let (github, catalog) = synced(services(30)).await;
    push_second(&github, "svc-003", 1_800_000_000);
    push_second(&github, "svc-004", 1_800_000_001);
    let options = SyncOptions {
        only: Some(EntityRef::new("component", "default", "svc-003")),
        ..SyncOptions::default()
    };
    let summary = catalog.try_sync(options).await.unwrap();
    assert_eq!(summary.changed, 1);
    assert_eq!(catalog.description("svc-003"), "second");
    assert_eq!(catalog.description("svc-004"), "first");
    catalog.sync().await;
    assert_eq!(catalog.description("svc-004"), "second");
}

#[tokio::test]
async fn a_source_that_is_no_longer_configured_goes_with_its_entities() {
    let github = Loopback::start(acme(services(3)));
    let mut catalog = Catalog::discovering(&github, |_| {});
    catalog.sync().await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("c.yaml"), component("local", "first")).unwrap();
    catalog.settings.github_providers.clear();
    let catalog = catalog.location("file", "c.yaml", folder.path());
    let summary = catalog.sync().await;
    assert_eq!((summary.removed, summary.added), (3, 1));
    assert_eq!(catalog.refs(), ["component:default/local"]);
}

#[tokio::test]
async fn a_source_that_the_configuration_lost_to_an_unset_variable_keeps_its_entities() {
    let github = Loopback::start(acme(services(3)));
    let mut catalog = Catalog::discovering(&github, |_| {});
    catalog.sync().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("app-config.yaml");
    let text =
        "catalog:\n  providers:\n    github:\n      acme:\n        organization: ${ACME_ORG}\n";
    std::fs::write(&file, text).unwrap();
    let config = Config::load(LoadOptions::new(None, &[file], &|_| None)).unwrap();
    catalog.settings = config.settings().clone();
    catalog.config_errors = config.catalog_errors().cloned().collect();
    let summary = catalog.sync().await;
    assert_eq!((summary.removed, summary.entities), (0, 3));
    assert_eq!(summary.exit_code(), 1);
    assert!(summary.failures[0].message.contains("ACME_ORG"));
    assert_eq!(summary.errors[0].line, Some(5), "{:?}", summary.errors);
}

#[tokio::test]
async fn a_file_that_could_not_be_compared_is_compared_at_the_next_sync() {
    let (github, catalog) = synced(services_and_mono("[./a/one.yaml]")).await;
    let second = component("one", "second");
    push(&github, "mono", "a/one.yaml", &second, 1_800_000_000);
    push(&github, "svc-001", "README.md", "# hello\n", 1_800_000_001);
    let later = jiff::Timestamp::now().as_second() + 3_000;
    github.fault(Fault::graphql_rate_limited(later).on_body("query Files("));
    let summary = catalog.sync().await;
    assert_eq!(summary.exit_code(), 1);
    assert_eq!(catalog.description("one"), "first");
    github.clear_faults();
    let summary = catalog.sync().await;
    assert_eq!(catalog.description("one"), "second");
    assert_eq!(summary.exit_code(), 0);
}

#[tokio::test]
async fn other_rules_take_effect_on_files_that_have_not_changed() {
    let github = Loopback::start(acme(services(3)));
    let mut catalog = Catalog::discovering(&github, |_| {});
    let folder = tempfile::tempdir().unwrap();
    let url = format!("{}/acme/svc-001/blob/main/other.yaml", github.web_url());
    push(
        &github,
        "svc-001",
        "other.yaml",
        &component("other", "first"),
        1_800_000_000,
    );
    catalog = catalog.location("url", &url, folder.path());
    catalog.settings.rules = Some(vec![RuleConfig {
        allow: vec![AllowedKind {
            kind: "API".into(),
            spec_type: None,
        }],
        locations: None,
        origin: origin(),
    }]);
    catalog.sync().await;
    assert!(catalog.refs().is_empty());
    catalog.settings.rules = None;
    catalog.sync().await;
    assert_eq!(catalog.refs().len(), 4);
    github.take_requests();
    catalog.sync().await;
    assert!(github.requests().len() <= 4, "{}", github.requests().len());
}

#[tokio::test]
async fn what_was_missing_and_what_a_glob_newly_matches_is_found_when_it_is_pushed() {
    let (github, catalog) = synced(services_and_mono("[./late.yaml, ./a/*.yaml]")).await;
    push(
        &github,
        "mono",
        "late.yaml",
        &component("late", "first"),
        1_800_000_000,
    );
    catalog.sync().await;
    assert!(catalog.has("late"));
    push(
        &github,
        "mono",
        "a/two.yaml",
        &component("two", "first"),
        1_800_000_001,
    );
    catalog.sync().await;
    assert!(catalog.has("two"));
}
