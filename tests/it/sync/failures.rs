//! Servers that fail, limits, rights that were lost: nothing of it empties a catalog.

use std::time::Duration;

use callboard::sync::{SyncErrorKind, SyncOptions};
use tokio_util::sync::CancellationToken;

use super::{Catalog, acme, component, push, service, services};
use crate::github::loopback::{Fault, Loopback, Repository, Token};

async fn synced(github: &Loopback) -> Catalog {
    let catalog = Catalog::discovering(github, |_| {});
    let summary = catalog.sync().await;
    assert_eq!(summary.failures, []);
    catalog
}

#[tokio::test]
async fn pages_are_halved_while_the_gateway_times_out() {
    let github = Loopback::start(acme(services(120)));
    github.fault(Fault::timeout_above(30));
    let catalog = synced(&github).await;
    assert_eq!(catalog.refs().len(), 120);
}

#[tokio::test]
async fn pages_are_halved_while_the_query_takes_too_many_resources() {
    let github = Loopback::start(acme(services(120)));
    github.fault(Fault::resource_limits_above(25));
    let catalog = synced(&github).await;
    assert_eq!(catalog.refs().len(), 120);
}

#[tokio::test]
async fn a_short_secondary_limit_is_waited_for() {
    let github = Loopback::start(acme(services(5)));
    github.fault(Fault::secondary_limit(Some(1)).on_graphql().times(1));
    let catalog = synced(&github).await;
    assert_eq!(catalog.refs().len(), 5);
}

#[tokio::test]
async fn a_used_up_limit_is_said_and_the_catalog_stays() {
    let github = Loopback::start(acme(services(30)));
    let catalog = synced(&github).await;
    let later = jiff::Timestamp::now().as_second() + 3_000;
    github.fault(Fault::graphql_rate_limited(later));
    let summary = catalog.sync().await;
    assert_eq!(summary.failures[0].kind, SyncErrorKind::RateLimited);
    assert_eq!(summary.exit_code(), 1);
    assert_eq!((summary.entities, summary.stale), (30, 0));
}

#[tokio::test]
async fn without_a_connection_and_without_a_cache_the_exit_code_says_so() {
    let github = Loopback::start(acme(services(1)));
    let catalog = Catalog::discovering(&github, |_| {});
    drop(github);
    let summary = catalog.sync().await;
    assert_eq!(summary.failures[0].kind, SyncErrorKind::Offline);
    assert_eq!(summary.exit_code(), 6);
}

#[tokio::test]
async fn a_page_that_is_cut_off_loses_neither_what_was_read_nor_what_was_known() {
    let github = Loopback::start(acme(services(250)));
    let catalog = synced(&github).await;
    // Something to list for: the count differs, and the second page never comes whole.
    github.change(|w| w.delete_repository("acme", "svc-000"));
    github.fault(
        Fault::cut_off_after(40)
            .on_graphql()
            .when(|r| r.variable("after").is_some_and(|v| v.is_string())),
    );
    let summary = catalog.sync().await;
    assert_eq!(summary.exit_code(), 1);
    assert_eq!(
        (summary.removed, summary.stale, summary.entities),
        (0, 0, 250)
    );
    github.clear_faults();
    let summary = catalog.sync().await;
    assert_eq!((summary.removed, summary.exit_code()), (1, 0));
}

#[tokio::test]
async fn a_repository_that_comes_as_null_keeps_its_entities() {
    let github = Loopback::start(acme(services(30)));
    let catalog = synced(&github).await;
    github.change(|w| {
        w.repository_mut("acme", "svc-003").unwrap().unreadable = true;
        w.add_repository("acme", service("new"));
    });
    let summary = catalog.sync().await;
    assert!(catalog.has("svc-003"));
    assert!(catalog.has("new"));
    assert_eq!(summary.removed, 0);
    assert_ne!(summary.exit_code(), 0);
}

#[tokio::test]
async fn files_that_the_server_refuses_are_not_taken_for_missing() {
    let github = Loopback::start(acme(services(20)));
    let catalog = synced(&github).await;
    github.change(|w| {
        for repository in &mut w.account_mut("acme").unwrap().repositories {
            repository.contents_refused = true;
        }
    });
    for n in 0..8 {
        let name = format!("svc-{n:03}");
        push(&github, &name, "README.md", "# hello\n", 1_800_000_000 + n);
    }
    for _ in 0..2 {
        let summary = catalog.sync().await;
        assert_eq!((summary.removed, summary.entities), (0, 20));
        assert_eq!(summary.exit_code(), 5);
    }
    github.change(|w| {
        for repository in &mut w.account_mut("acme").unwrap().repositories {
            repository.contents_refused = false;
        }
    });
    let summary = catalog.sync().await;
    assert_eq!((summary.exit_code(), summary.stale), (0, 0));
}

#[tokio::test]
async fn single_sign_on_never_empties_a_catalog_and_says_what_to_do() {
    let github = Loopback::start(acme(services(30)));
    let catalog = synced(&github).await;
    github.change(|w| w.account_mut("acme").unwrap().requires_sso = true);
    let summary = catalog.sync().await;
    assert_eq!(summary.exit_code(), 5);
    assert_eq!(catalog.refs().len(), 30);
    let hint = summary.failures[0].hint.clone().unwrap_or_default();
    assert!(hint.contains("single sign-on"), "{hint}");
}

#[tokio::test]
async fn results_that_single_sign_on_held_back_delete_nothing() {
    let github = Loopback::start(acme(services(30)));
    let catalog = synced(&github).await;
    github.change(|w| {
        for n in 0..5 {
            w.delete_repository("acme", &format!("svc-{n:03}"));
        }
    });
    github.fault(Fault::sso_partial("21955855").on_graphql());
    let summary = catalog.sync().await;
    assert_eq!(summary.exit_code(), 5);
    assert_eq!((summary.removed, summary.entities), (0, 30));
    github.clear_faults();
    let summary = catalog.sync().await;
    assert_eq!((summary.removed, summary.exit_code()), (5, 0));
}

#[tokio::test]
async fn a_narrowed_token_deletes_nothing() {
    let github = Loopback::start(acme(services(30)));
    let mut catalog = synced(&github).await;
    let fewer = Token::fine_grained("ann", Some(&["acme/svc-001", "acme/svc-002"]));
    github.change(|w| {
        for repository in &mut w.account_mut("acme").unwrap().repositories {
            repository.visibility = crate::github::loopback::Visibility::Private;
        }
        w.tokens.insert("github_pat_narrow".into(), fewer);
    });
    catalog.token("github_pat_narrow");
    for _ in 0..2 {
        let summary = catalog.sync().await;
        assert_eq!((summary.removed, summary.entities), (0, 30));
        assert_eq!(summary.stale, 28);
    }
    // The old token sees them again.
    catalog.token(super::TOKEN);
    let summary = catalog.sync().await;
    assert_eq!((summary.removed, summary.stale), (0, 0));
}

#[tokio::test]
async fn a_suspended_app_empties_nothing_and_says_what_to_do() {
    let github = Loopback::start(acme(services(30)));
    let catalog = synced(&github).await;
    github.fault(Fault::suspended());
    let summary = catalog.sync().await;
    assert_eq!(summary.exit_code(), 5);
    assert_eq!((summary.entities, summary.stale), (30, 0));
    assert!(
        summary.failures[0]
            .hint
            .as_deref()
            .unwrap_or_default()
            .contains("unsuspend")
    );
}

#[tokio::test]
async fn a_wrong_token_is_exit_code_five() {
    let github = Loopback::start(acme(services(3)));
    let mut catalog = Catalog::discovering(&github, |_| {});
    catalog.token("ghp_wrong");
    let summary = catalog.sync().await;
    assert_eq!(summary.failures[0].kind, SyncErrorKind::NotSignedIn);
    assert_eq!(summary.exit_code(), 5);
    assert!(!format!("{summary:?}").contains("ghp_wrong"));
}

#[tokio::test]
async fn a_redirect_to_another_host_never_carries_the_token() {
    let github = Loopback::start(acme(services(3)));
    let other = Loopback::start(acme([]));
    github.fault(Fault::redirect_to(&format!(
        "{}/api/graphql",
        other.web_url()
    )));
    let catalog = Catalog::discovering(&github, |_| {});
    let summary = catalog.sync().await;
    assert_ne!(summary.exit_code(), 0);
    assert!(other.requests().iter().all(|r| r.token().is_none()));
}

#[tokio::test]
async fn one_failing_repository_keeps_its_last_good_version_and_is_tried_again() {
    let location = |target: &str| {
        format!(
            "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: {{name: all}}\nspec: {{target: ./{target}}}\n"
        )
    };
    let mut all = services(5);
    all.push(
        Repository::new("mono")
            .file("catalog-info.yaml", location("a.yaml"))
            .file("a.yaml", component("one", "first"))
            .file("b.yaml", component("one", "second")),
    );
    let github = Loopback::start(acme(all));
    let catalog = synced(&github).await;
    push(
        &github,
        "mono",
        "catalog-info.yaml",
        &location("b.yaml"),
        1_800_000_000,
    );
    push(
        &github,
        "svc-001",
        "catalog-info.yaml",
        &component("svc-001", "second"),
        1_800_000_001,
    );
    github.fault(Fault::status(500).on_graphql().on_body("main:b.yaml"));
    let summary = catalog.sync().await;
    assert_eq!(summary.exit_code(), 1);
    assert_eq!(catalog.description("one"), "first");
    assert_eq!(catalog.description("svc-001"), "second");
    github.clear_faults();
    let summary = catalog.sync().await;
    assert_eq!((summary.exit_code(), summary.stale), (0, 0));
    assert_eq!(catalog.description("one"), "second");
}

#[tokio::test]
async fn a_broken_new_version_keeps_the_last_good_one_with_its_problem() {
    let github = Loopback::start(acme(services(5)));
    let catalog = synced(&github).await;
    push(
        &github,
        "svc-001",
        "catalog-info.yaml",
        "apiVersion: [",
        1_800_000_000,
    );
    let summary = catalog.sync().await;
    assert!(catalog.has("svc-001"));
    assert_eq!(summary.exit_code(), 0);
    assert!(
        summary
            .errors
            .iter()
            .any(|e| e.location.contains("svc-001"))
    );
}

#[tokio::test]
async fn being_stopped_keeps_what_was_complete() {
    let github = Loopback::start(acme(services(250)));
    github.fault(Fault::slow(Duration::from_millis(20)));
    let catalog = Catalog::discovering(&github, |_| {});
    let cancel = CancellationToken::new();
    let stop = cancel.clone();
    let summary = callboard::sync::run(
        &catalog.context(),
        &SyncOptions::default(),
        move |progress| {
            if progress.entities >= 100 {
                stop.cancel();
            }
        },
        cancel,
    )
    .await
    .unwrap();
    assert_eq!(summary.failures[0].kind, SyncErrorKind::Cancelled);
    assert!(
        (100..250).contains(&summary.entities),
        "{}",
        summary.entities
    );
    assert_eq!(catalog.refs().len() as u64, summary.entities);
    let index = callboard::store::index::read(&catalog.cache_dir()).unwrap();
    assert_eq!(index.len() as u64, summary.entities);
    github.clear_faults();
    let summary = catalog.sync().await;
    assert_eq!((summary.entities, summary.exit_code()), (250, 0));
}

#[tokio::test]
async fn two_syncs_into_one_cache_do_not_run_at_once() {
    let github = Loopback::start(acme(services(3)));
    let catalog = Catalog::discovering(&github, |_| {});
    let _lock = callboard::store::SyncLock::acquire(&catalog.cache_dir()).unwrap();
    let error = catalog.try_sync(SyncOptions::default()).await.unwrap_err();
    assert_eq!(error.kind, SyncErrorKind::Busy);
    assert!(
        error.message.contains(&std::process::id().to_string()),
        "{error}"
    );
}

#[tokio::test]
async fn a_failed_check_does_not_pass_for_a_good_one() {
    let github = Loopback::start(acme(services(3)));
    let catalog = synced(&github).await;
    let good = catalog.checked().sources["github-provider:acme"].clone();
    assert!(good.at.is_some() && good.failure.is_none());
    github.fault(Fault::status(500));
    catalog.sync().await;
    let bad = catalog.checked().sources["github-provider:acme"].clone();
    assert_eq!(bad.at, good.at);
    assert!(bad.failure.is_some());
}
