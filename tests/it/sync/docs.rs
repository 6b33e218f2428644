//! Documentation beside the catalog: what is fetched, what is kept, and how many requests it takes.

use std::path::Path;

use callboard::store::{DocPage, Docs};
use callboard::sync::SyncOptions;
use callboard::sync::reader::blob_id;
use callboard::techdocs::{NavTarget, RunbookRules, RunbookTarget, runbooks};

use super::{Catalog, acme};
use crate::github::loopback::{Fault, Loopback, Reply, Repository, Token, generate};

fn entity(name: &str, annotations: &str) -> String {
    format!(
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: {name}\n  annotations:\n    {annotations}\nspec:\n  \
         type: service\n  lifecycle: production\n  owner: team-a\n"
    )
}

/// A repository with a component of its name, documented in its root.
fn documented(name: &str) -> Repository {
    Repository::new(name)
        .file(
            "catalog-info.yaml",
            entity(name, "backstage.io/techdocs-ref: dir:."),
        )
        .file(
            "mkdocs.yml",
            format!("site_name: {name}\nnav:\n  - Home: index.md\n  - Pool: runbooks/pool.md\n"),
        )
        .file("docs/index.md", "# Home\n\nWelcome.\n")
        .file("docs/runbooks/pool.md", "# Pool\n\nDrain it.\n")
}

fn docs(catalog: &Catalog, name: &str) -> Docs {
    let entity_ref = format!("component:default/{name}");
    catalog.cache().docs(&entity_ref).unwrap().unwrap()
}

fn page(catalog: &Catalog, name: &str, path: &str) -> DocPage {
    let source = docs(catalog, name).source;
    catalog.cache().doc_page(&source, path).unwrap().unwrap()
}

fn pushed(github: &Loopback, name: &str, changes: &[(&str, Option<&str>)]) {
    github.change(|world| {
        let repository = world.repository_mut("acme", name).unwrap();
        let at = repository.pushed_at + 10_000;
        repository.push(at, changes);
    });
}

#[tokio::test]
async fn a_thousand_repositories_and_their_docs_are_read_in_150_requests_and_refreshed_in_8() {
    let world = generate::documented("acme", 1_000, 950)
        .token(super::TOKEN, Token::classic("ann", &["repo", "read:org"]));
    let github = Loopback::start(world);
    let catalog = Catalog::discovering(&github, |_| {});
    let summary = catalog.sync().await;
    assert_eq!(summary.failures, []);
    assert_eq!(summary.errors, []);
    assert_eq!((summary.docs.sites, summary.docs.pages), (950, 2_850));
    let first = github.take_requests();
    assert!(first.len() <= 150, "{} requests", first.len());

    let before = catalog.database();
    let summary = catalog.sync().await;
    assert_eq!((summary.failures, summary.docs.changed), (vec![], 0));
    let second = github.take_requests();
    let asked_for_text = second.iter().any(|request| {
        let body = String::from_utf8_lossy(&request.body);
        body.contains("query Objects")
    });
    assert!(!asked_for_text);
    assert!(second.len() <= 8, "{} requests", second.len());
    assert_eq!(catalog.database(), before);
    println!(
        "{} requests from nothing, {} to refresh",
        first.len(),
        second.len()
    );
}

#[tokio::test]
async fn only_what_a_push_changed_is_fetched_again() {
    let github = Loopback::start(acme([documented("pay"), documented("ship")]));
    let catalog = Catalog::discovering(&github, |_| {});
    catalog.sync().await;
    assert_eq!(
        page(&catalog, "pay", "index.md").text,
        "# Home\n\nWelcome.\n"
    );
    github.take_requests();
    pushed(
        &github,
        "pay",
        &[
            ("docs/index.md", Some("# Start\n\nHello.\n")),
            ("docs/runbooks/pool.md", None),
            ("docs/new.md", Some("# New\n")),
        ],
    );
    let summary = catalog.sync().await;
    assert_eq!(summary.failures, []);
    assert_eq!(
        page(&catalog, "pay", "index.md").text,
        "# Start\n\nHello.\n"
    );
    assert_eq!(page(&catalog, "pay", "new.md").title, "New");
    assert_eq!(summary.docs.changed, 3);
    let nav = docs(&catalog, "pay").site.nav;
    assert_eq!(nav[1].target, NavTarget::Missing("runbooks/pool.md".into()));
    let texts: usize = github
        .take_requests()
        .iter()
        .map(|r| {
            String::from_utf8_lossy(&r.body)
                .matches("GitObjectID!")
                .count()
        })
        .sum();
    assert_eq!(texts, 2);
}

#[tokio::test]
async fn without_docs_none_are_fetched_and_those_that_are_there_stay() {
    let github = Loopback::start(acme([documented("pay")]));
    let catalog = Catalog::discovering(&github, |_| {});
    catalog.sync().await;
    pushed(&github, "pay", &[("docs/index.md", Some("# Other\n"))]);
    let options = SyncOptions {
        no_docs: true,
        ..SyncOptions::default()
    };
    let summary = catalog.try_sync(options).await.unwrap();
    assert_eq!(summary.docs.pages, 2);
    assert_eq!(
        page(&catalog, "pay", "index.md").text,
        "# Home\n\nWelcome.\n"
    );
}

#[tokio::test]
async fn entities_that_share_a_site_fetch_it_once_and_another_may_point_at_it() {
    let two = format!(
        "{}---\n{}---\n{}",
        entity("a", "backstage.io/techdocs-ref: dir:./handbook"),
        entity("b", "backstage.io/techdocs-ref: dir:handbook/"),
        entity(
            "c",
            "backstage.io/techdocs-entity: component:a\n    backstage.io/techdocs-entity-path: /deep/x"
        ),
    );
    let repository = Repository::new("mono")
        .file("catalog-info.yaml", two)
        .file("handbook/mkdocs.yaml", "docs_dir: pages\n")
        .file("handbook/pages/index.md", "# Handbook\n")
        .file("handbook/pages/deep/x.md", "# Deep\n")
        .file("docs/not-these.md", "# No\n");
    let github = Loopback::start(acme([repository]));
    let catalog = Catalog::discovering(&github, |_| {});
    let summary = catalog.sync().await;
    assert_eq!((summary.docs.sites, summary.docs.pages), (1, 2));
    assert_eq!(docs(&catalog, "a").source, docs(&catalog, "b").source);
    assert_eq!(docs(&catalog, "a").start.as_deref(), Some("index.md"));
    assert_eq!(docs(&catalog, "c").start.as_deref(), Some("deep/x.md"));
}

#[tokio::test]
async fn other_repositories_branches_with_slashes_and_deep_folders_are_read() {
    let deep = (0..12).fold(String::new(), |at, n| format!("{at}{n}/"));
    let github = Loopback::start(acme([
        Repository::new("pay").file(
            "catalog-info.yaml",
            format!(
                "{}---\n{}",
                entity("pay", "backstage.io/techdocs-ref: url:WEB/acme/handbook"),
                entity(
                    "next",
                    "backstage.io/techdocs-ref: url:WEB/acme/handbook/tree/release/2026/site"
                ),
            ),
        ),
        Repository::new("handbook")
            .file("README.md", "# Handbook\n")
            .file_on("release/2026", "site/docs/index.md", "# Release\n")
            .file_on(
                "release/2026",
                &format!("site/docs/{deep}end.md"),
                "# End\n",
            ),
    ]));
    let web = github.web_url();
    github.change(|world| {
        let files = world.repository_mut("acme", "pay").unwrap();
        for content in files.branches.values_mut().flat_map(|f| f.values_mut()) {
            let text = String::from_utf8(content.clone()).unwrap();
            *content = text.replace("WEB", &web).into_bytes();
        }
    });
    let catalog = Catalog::discovering(&github, |_| {});
    let summary = catalog.sync().await;
    assert_eq!(summary.errors, []);
    assert_eq!(page(&catalog, "pay", "index.md").title, "Handbook");
    let end = format!("{deep}end.md");
    assert_eq!(page(&catalog, "next", &end).title, "End");
}

#[tokio::test]
async fn binary_oversized_and_linked_pages_are_told_and_the_rest_is_whole() {
    let large = "x".repeat(1_000_001);
    let middling = format!("# Long\n{}", "y".repeat(700_000));
    let github = Loopback::start(acme([documented("pay")
        .file("docs/binary.md", vec![0_u8, 159, 146, 150])
        .file("docs/large.md", large)
        .file("docs/middling.md", middling.clone())
        .link("docs/link.md", "../../etc/passwd")]));
    let catalog = Catalog::discovering(&github, |_| {});
    let summary = catalog.sync().await;
    assert_eq!(summary.exit_code(), 0);
    let mut told: Vec<&str> = summary.errors.iter().map(|e| e.message.as_str()).collect();
    told.sort_unstable();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[0].starts_with("docs/binary.md is a binary file"));
    assert!(told[1].starts_with("docs/large.md has 1000001 bytes"));
    assert!(told[2].starts_with("docs/link.md is a link"));
    assert_eq!(page(&catalog, "pay", "middling.md").text, middling);
    assert_eq!(summary.docs.pages, 3);
    github.take_requests();
    // They are not asked for again, and told again.
    assert_eq!(catalog.sync().await.errors.len(), 3);
    assert!(github.take_requests().len() <= 4);
}

#[tokio::test]
async fn snippets_are_fetched_from_the_site_and_from_nowhere_else() {
    let github = Loopback::start(acme([documented("pay")
        .file(
            "docs/index.md",
            "# Home\n\n--8<-- \"shared/alarm.txt\"\n--8<-- \"../../other/x.md\"\n--8<-- \"docs/runbooks/pool.md\"\n",
        )
        .file("shared/alarm.txt", "Ring the bell.\n")]));
    let catalog = Catalog::discovering(&github, |_| {});
    catalog.sync().await;
    let source = docs(&catalog, "pay").source;
    let snippet = |file: &str| catalog.cache().doc_snippet(&source, file).unwrap();
    assert_eq!(
        snippet("shared/alarm.txt").as_deref(),
        Some("Ring the bell.\n")
    );
    assert_eq!(
        snippet("docs/runbooks/pool.md").as_deref(),
        Some("# Pool\n\nDrain it.\n")
    );
    pushed(
        &github,
        "pay",
        &[("shared/alarm.txt", Some("Ring twice.\n"))],
    );
    catalog.sync().await;
    assert_eq!(
        snippet("shared/alarm.txt").as_deref(),
        Some("Ring twice.\n")
    );
}

#[tokio::test]
async fn a_runbook_of_the_same_github_is_fetched_and_any_other_is_a_link() {
    let github = Loopback::start(acme([
        Repository::new("pay"),
        Repository::new("ops").file("runbooks/pay.md", "# At night\n"),
    ]));
    let address = format!("{}/acme/ops/blob/main/runbooks/pay.md", github.web_url());
    let annotations = format!(
        "backstage.io/runbook-url: {address}\n  links:\n  - {{title: Runbook of old, url: 'https://wiki.example/pay.md'}}"
    );
    pushed(
        &github,
        "pay",
        &[("catalog-info.yaml", Some(&entity("pay", &annotations)))],
    );
    let catalog = Catalog::discovering(&github, |_| {});
    let summary = catalog.sync().await;
    assert_eq!(summary.errors, []);
    let cache = catalog.cache();
    let stored = cache.entity("component:default/pay").unwrap().unwrap();
    let found = runbooks(
        &stored.record.entity,
        None,
        &RunbookRules::default(),
        |address| cache.doc_fetched(address).unwrap().map(|page| page.title),
    );
    assert_eq!(found[0].title, "At night");
    assert_eq!(found[0].target, RunbookTarget::Fetched(address.clone()));
    assert_eq!(
        found[1].target,
        RunbookTarget::Url("https://wiki.example/pay.md".into())
    );
    assert_eq!(
        cache.doc_fetched(&address).unwrap().unwrap().text,
        "# At night\n"
    );
}

#[tokio::test]
async fn what_cannot_be_read_again_keeps_what_it_had() {
    let github = Loopback::start(acme([documented("pay"), documented("ship")]));
    let catalog = Catalog::discovering(&github, |_| {});
    catalog.sync().await;
    pushed(&github, "pay", &[("docs/index.md", Some("# New\n"))]);
    github.change(|world| {
        world
            .repository_mut("acme", "pay")
            .unwrap()
            .contents_refused = true
    });
    let summary = catalog.sync().await;
    assert!(!summary.errors.is_empty());
    assert_eq!(
        page(&catalog, "pay", "index.md").text,
        "# Home\n\nWelcome.\n"
    );
    github.change(|world| {
        world
            .repository_mut("acme", "pay")
            .unwrap()
            .contents_refused = false
    });
    let summary = catalog.sync().await;
    assert_eq!(summary.errors, []);
    assert_eq!(page(&catalog, "pay", "index.md").text, "# New\n");
    assert_eq!(docs(&catalog, "pay").problem, None);
}

#[tokio::test]
async fn documentation_goes_with_its_entity_and_with_its_annotation() {
    let github = Loopback::start(acme([documented("pay"), documented("ship")]));
    let catalog = Catalog::discovering(&github, |_| {});
    catalog.sync().await;
    pushed(
        &github,
        "pay",
        &[("catalog-info.yaml", Some(&entity("pay", "a: b")))],
    );
    let summary = catalog.sync().await;
    assert_eq!((summary.docs.sites, summary.docs.pages), (1, 2));
    assert_eq!(catalog.cache().docs("component:default/pay").unwrap(), None);
    assert_eq!(catalog.cache().search_docs("drain", 9).unwrap().len(), 1);
}

#[tokio::test]
async fn the_index_says_which_entities_have_a_runbook_as_their_pages_come_and_go() {
    let named = Repository::new("ship").file(
        "catalog-info.yaml",
        entity("ship", "acme.example/guide: https://wiki.example/ship"),
    );
    let github = Loopback::start(acme([documented("pay"), named]));
    let mut catalog = Catalog::discovering(&github, |_| {});
    catalog.settings.callboard.docs.runbook_annotations = vec!["acme.example/guide".to_owned()];
    let flags = |catalog: &Catalog, name: &str| {
        let snapshot = catalog.cache().publish().unwrap();
        let id = snapshot.find(&format!("component:default/{name}")).unwrap();
        let flags = snapshot.row(id).flags;
        (flags.docs, flags.runbook)
    };
    let run = SyncOptions {
        no_docs: true,
        ..SyncOptions::default()
    };
    catalog.try_sync(run).await.unwrap();
    assert_eq!(flags(&catalog, "pay"), (true, false));
    assert_eq!(flags(&catalog, "ship"), (false, false));
    catalog.sync().await;
    assert_eq!(flags(&catalog, "pay"), (true, true));
    assert_eq!(flags(&catalog, "ship"), (false, true));
    let generation = catalog.cache().generation().unwrap();
    pushed(&github, "pay", &[("docs/index.md", Some("# Other\n"))]);
    catalog.sync().await;
    assert_eq!(catalog.cache().generation().unwrap(), generation);
    pushed(
        &github,
        "pay",
        &[
            ("docs/runbooks/pool.md", None),
            ("mkdocs.yml", Some("nav: [index.md]\n")),
        ],
    );
    catalog.sync().await;
    assert!(catalog.cache().generation().unwrap() > generation);
    assert_eq!(flags(&catalog, "pay"), (true, false));
}

#[tokio::test]
async fn a_reference_that_may_not_be_followed_is_told() {
    let github = Loopback::start(acme([
        documented("pay").file(
            "catalog-info.yaml",
            entity("pay", "backstage.io/techdocs-ref: dir:../../.."),
        ),
        documented("ship").file(
            "catalog-info.yaml",
            entity(
                "ship",
                "backstage.io/techdocs-ref: url:https://gitlab.example/acme/ship",
            ),
        ),
        documented("gone").file(
            "catalog-info.yaml",
            entity("gone", "backstage.io/techdocs-ref: dir:./nowhere"),
        ),
    ]));
    let catalog = Catalog::discovering(&github, |_| {});
    let summary = catalog.sync().await;
    assert_eq!(summary.exit_code(), 0);
    assert_eq!(summary.docs.sites, 0);
    assert_eq!(summary.errors.len(), 3, "{:?}", summary.errors);
    for name in ["pay", "ship", "gone"] {
        let found = catalog
            .cache()
            .doc_entity(&format!("component:default/{name}"));
        assert!(found.unwrap().unwrap().problem.is_some(), "{name}");
    }
}

#[tokio::test]
async fn folders_of_this_machine_are_documented_as_repositories_are() {
    let github = Loopback::start(acme([]));
    let folder = tempfile::tempdir().unwrap();
    let write = |at: &str, text: &str| {
        let at = folder.path().join(at);
        std::fs::create_dir_all(at.parent().unwrap()).unwrap();
        std::fs::write(at, text).unwrap();
    };
    write(
        "pay/catalog-info.yaml",
        &entity("pay", "backstage.io/techdocs-ref: dir:."),
    );
    write("pay/mkdocs.yml", "nav:\n  - 런북: runbook.md\n");
    write("pay/docs/runbook.md", "# 결제 장애\n\n풀을 비운다.\n");
    write(
        "ship/catalog-info.yaml",
        &entity("ship", "backstage.io/techdocs-ref: dir:../pay"),
    );
    let catalog = Catalog::of(&github).location(
        "file",
        &format!("{}/*/catalog-info.yaml", folder.path().display()),
        Path::new("/"),
    );
    let summary = catalog.sync().await;
    assert_eq!(summary.docs.pages, 1);
    assert_eq!(summary.errors.len(), 1, "{:?}", summary.errors);
    assert_eq!(docs(&catalog, "pay").site.nav[0].title, "런북");
    let hits = catalog.cache().search_docs("장애", 9).unwrap();
    assert_eq!(hits[0].entity_ref, "component:default/pay");
    write("pay/docs/runbook.md", "# 결제 장애\n\n다시 시작한다.\n");
    assert_eq!(catalog.sync().await.docs.changed, 1);
    assert_eq!(catalog.sync().await.docs.changed, 0);
    assert!(page(&catalog, "pay", "runbook.md").text.contains("다시"));
}

#[tokio::test]
async fn without_a_token_documentation_is_read_by_rest() {
    let github = Loopback::start(acme([documented("pay")]));
    let catalog = anonymous(&github);
    let summary = catalog.sync().await;
    assert_eq!(summary.failures, []);
    assert_eq!(summary.docs.pages, 2);
    assert_eq!(page(&catalog, "pay", "runbooks/pool.md").title, "Pool");
    let before = catalog.database();
    let summary = catalog.sync().await;
    assert_eq!(summary.docs.changed, 0);
    // The catalog file and the tree are as they were, and nothing is written for it.
    assert_eq!(summary.requests.not_modified, 2, "{:?}", summary.requests);
    assert_eq!(catalog.database(), before);
}

#[tokio::test]
async fn that_documentation_failed_is_said_in_one_word() {
    let github = Loopback::start(acme([documented("pay")]));
    let catalog = Catalog::discovering(&github, |_| {});
    let later = jiff::Timestamp::now().as_second() + 3_000;
    github.fault(Fault::graphql_rate_limited(later).on_body("query Objects"));
    let summary = catalog.sync().await;
    let said = summary.failures[0].message.matches("documentation").count();
    assert_eq!((summary.failures.len(), said), (1, 1));
    let told = summary.errors[0].to_string();
    assert_eq!(summary.errors.len(), 1);
    assert_eq!(told.matches("documentation").count(), 1, "{told}");
}

/// A catalog of one documented repository that nobody is signed in to read.
fn anonymous(github: &Loopback) -> Catalog {
    let mut catalog = Catalog::of(github).location(
        "url",
        &format!("{}/acme/pay/blob/main/catalog-info.yaml", github.web_url()),
        Path::new("/"),
    );
    catalog.credentials = callboard::github::Credentials::Anonymous;
    catalog
}

#[tokio::test]
async fn without_a_token_a_configuration_that_cannot_be_read_is_not_taken_for_none() {
    let github = Loopback::start(acme([documented("pay")]));
    let catalog = anonymous(&github);
    catalog.sync().await;
    let nav = docs(&catalog, "pay").site.nav;
    let mkdocs = "site_name: pay\nnav:\n  - Home: index.md\n  - Pool: runbooks/pool.md\n";
    let blob = format!("/git/blobs/{}", blob_id(mkdocs.as_bytes()));
    github.fault(Fault::status(451).on_path(&blob));
    pushed(&github, "pay", &[("docs/index.md", Some("# New\n"))]);
    let summary = catalog.sync().await;
    assert_eq!(summary.docs.pages, 2);
    assert_eq!(summary.errors.len(), 1, "{:?}", summary.errors);
    assert_eq!(docs(&catalog, "pay").site.nav, nav);
    assert!(docs(&catalog, "pay").problem.is_some());
    github.clear_faults();
    let summary = catalog.sync().await;
    assert_eq!((summary.errors, summary.docs.changed), (vec![], 1));
    assert_eq!(page(&catalog, "pay", "index.md").text, "# New\n");
}

#[tokio::test]
async fn without_a_token_a_repository_that_is_listed_in_part_keeps_its_pages() {
    let github = Loopback::start(acme([documented("pay")]));
    let catalog = anonymous(&github);
    assert_eq!(catalog.sync().await.docs.pages, 2);
    let cut = serde_json::json!({"sha": "1", "tree": [], "truncated": true});
    github.fault(Fault::answer(Reply::json(200, &cut)).on_path("/git/trees/"));
    let summary = catalog.sync().await;
    assert_eq!((summary.docs.pages, summary.docs.changed), (2, 0));
    let told = &summary.errors[0].message;
    assert!(told.contains("more files than GitHub lists"), "{told}");
}
