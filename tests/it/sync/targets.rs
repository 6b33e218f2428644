//! What Location entities name: what cannot be read, what is too much, and what comes late.

use std::path::Path;

use callboard::config::ReadingAllow;

use super::{Catalog, acme, component, push};
use crate::github::loopback::{Fault, Loopback, Repository};

fn location(name: &str, targets: &[&str]) -> String {
    let lines: Vec<String> = targets.iter().map(|t| format!("    - {t}\n")).collect();
    format!(
        "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: {{name: {name}}}\nspec:\n  targets:\n{}",
        lines.concat()
    )
}

/// A host of plain addresses, and a target there.
fn elsewhere() -> Loopback {
    Loopback::start(acme([Repository::new("plain")
        .file("more.yaml", location("more", &["./p.yaml", "./q.yaml"]))
        .file("p.yaml", component("p", "first"))
        .file("q.yaml", component("q", "first"))
        .file("text.txt", "first")]))
}

fn plain(host: &Loopback, path: &str) -> String {
    format!("{}/acme/plain/main/{path}", host.raw_base_url())
}

/// `all.yaml` of `pay`, configured as a location, with these targets.
fn catalog(github: &Loopback, other: Option<&Loopback>) -> Catalog {
    let target = format!("{}/acme/pay/blob/main/all.yaml", github.web_url());
    let mut catalog = Catalog::of(github).location("url", &target, Path::new("/"));
    if let Some(other) = other {
        catalog.settings.reading_allow.push(ReadingAllow {
            host: other.host(),
            paths: None,
        });
    }
    catalog
}

fn pay(files: &[(&str, String)]) -> Repository {
    files
        .iter()
        .fold(Repository::new("pay"), |repository, (path, content)| {
            repository.file(path, content.as_str())
        })
}

fn cannot_be_read(path: &str) -> Vec<Fault> {
    vec![
        Fault::status(500).on_path(path),
        Fault::status(403).on_path(path),
        Fault::drop_connection().on_path(path),
    ]
}

#[tokio::test]
async fn a_target_that_cannot_be_read_keeps_what_it_led_to_as_stale_while_the_rest_is_refreshed() {
    let other = elsewhere();
    let targets = ["./a.yaml", &plain(&other, "more.yaml")];
    let github = Loopback::start(acme([pay(&[
        ("all.yaml", location("all", &targets)),
        ("a.yaml", component("a", "first")),
    ])]));
    let catalog = catalog(&github, Some(&other));
    let summary = catalog.sync().await;
    assert_eq!(summary.failures, []);
    let all = catalog.refs();
    assert_eq!(all.len(), 5, "{all:?}");
    for (turn, fault) in cannot_be_read("more.yaml").into_iter().enumerate() {
        let text = format!("turn {turn}");
        push(
            &github,
            "pay",
            "a.yaml",
            &component("a", &text),
            1_800_000_000,
        );
        other.fault(fault);
        let summary = catalog.sync().await;
        assert_eq!(summary.exit_code(), 1);
        assert_eq!(catalog.refs(), all);
        assert_eq!(catalog.description("a"), text);
        assert!(!catalog.is_stale("a"));
        assert!(catalog.is_stale("p") && catalog.is_stale("q"));
        // Asked again with nothing else changed, it writes nothing.
        let before = catalog.database();
        catalog.sync().await;
        assert_eq!(catalog.database(), before);
        other.clear_faults();
        let summary = catalog.sync().await;
        assert_eq!(summary.failures, []);
        assert_eq!((summary.stale, summary.removed), (0, 0));
    }
}

#[tokio::test]
async fn a_repository_keeps_what_its_location_led_to_while_that_cannot_be_read() {
    let other = elsewhere();
    let targets = ["./a.yaml", &plain(&other, "p.yaml")];
    let github = Loopback::start(acme([pay(&[
        ("catalog-info.yaml", location("all", &targets)),
        ("a.yaml", component("a", "first")),
    ])]));
    let mut catalog = Catalog::discovering(&github, |_| {});
    catalog.settings.reading_allow.push(ReadingAllow {
        host: other.host(),
        paths: None,
    });
    catalog.sync().await;
    let all = catalog.refs();
    assert_eq!(all.len(), 3, "{all:?}");
    other.fault(Fault::status(500).on_path("p.yaml"));
    let text = format!("{}# pushed\n", location("all", &targets));
    push(&github, "pay", "catalog-info.yaml", &text, 1_800_000_000);
    push(
        &github,
        "pay",
        "a.yaml",
        &component("a", "second"),
        1_800_000_000,
    );
    let summary = catalog.sync().await;
    assert_eq!(summary.exit_code(), 1);
    assert_eq!(catalog.refs(), all);
    assert_eq!(catalog.description("a"), "second");
    assert!(catalog.is_stale("p") && !catalog.is_stale("a"));
    other.clear_faults();
    assert_eq!(catalog.sync().await.stale, 0);
}

#[tokio::test]
async fn a_required_target_that_is_gone_is_an_error_beside_what_it_gave() {
    let github = Loopback::start(acme([pay(&[
        ("all.yaml", location("all", &["./a.yaml", "./b.yaml"])),
        ("a.yaml", component("a", "first")),
        ("b.yaml", component("b", "first")),
    ])]));
    let catalog = catalog(&github, None);
    catalog.sync().await;
    github.change(|world| {
        let repository = world.repository_mut("acme", "pay").unwrap();
        repository.push(1_800_000_000, &[("a.yaml", None)]);
    });
    let summary = catalog.sync().await;
    assert_eq!(summary.errors.len(), 1, "{:?}", summary.errors);
    assert!(summary.errors[0].message.contains("./a.yaml"));
    assert_eq!(summary.exit_code(), 0);
    assert!(catalog.has("a") && catalog.is_stale("a") && !catalog.is_stale("b"));
    // Once nobody names it, it goes.
    let all = location("all", &["./b.yaml"]);
    push(&github, "pay", "all.yaml", &all, 1_800_000_001);
    let summary = catalog.sync().await;
    assert_eq!((summary.removed, summary.errors.len()), (1, 0));
    assert!(!catalog.has("a"));
}

#[tokio::test]
async fn an_optional_target_that_is_gone_takes_its_entities_with_it() {
    let all = location("all", &["./a.yaml"]) + "  presence: optional\n";
    let github = Loopback::start(acme([pay(&[
        ("all.yaml", all),
        ("a.yaml", component("a", "first")),
    ])]));
    let catalog = catalog(&github, None);
    catalog.sync().await;
    assert!(catalog.has("a"));
    github.change(|world| {
        let repository = world.repository_mut("acme", "pay").unwrap();
        repository.push(1_800_000_000, &[("a.yaml", None)]);
    });
    let summary = catalog.sync().await;
    assert_eq!((summary.removed, summary.errors.len()), (1, 0));
}

#[tokio::test]
async fn a_location_file_that_no_longer_parses_keeps_all_that_it_led_to() {
    let github = Loopback::start(acme([pay(&[
        ("all.yaml", location("all", &["./a.yaml"])),
        ("a.yaml", component("a", "first")),
    ])]));
    let catalog = catalog(&github, None);
    catalog.sync().await;
    let all = catalog.refs();
    push(&github, "pay", "all.yaml", "kind: [", 1_800_000_000);
    let summary = catalog.sync().await;
    assert!(!summary.errors.is_empty());
    assert_eq!(catalog.refs(), all);
    assert!(catalog.is_stale("a"));
}

#[tokio::test]
async fn too_many_targets_are_told_once_and_cost_nothing() {
    let many: Vec<String> = (0..3000).map(|n| format!("./no/{n}.yaml")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let github = Loopback::start(acme([pay(&[("all.yaml", location("all", &many))])]));
    let catalog = catalog(&github, None);
    let summary = catalog.sync().await;
    // A thousand are asked for, fifty in a request; the first request is for the file itself.
    assert_eq!(github.requests().len(), 21);
    let told: Vec<&str> = summary.errors.iter().map(|e| e.message.as_str()).collect();
    assert_eq!(told.len(), 22, "{told:#?}");
    let about = |text: &str| told.iter().filter(|t| t.contains(text)).count();
    assert_eq!(about("more than 1000 targets"), 1);
    assert_eq!(about("980 more of the same kind"), 1);
}

#[tokio::test]
async fn addresses_that_cost_a_request_each_are_bounded() {
    let other = elsewhere();
    let many: Vec<String> = (0..400)
        .map(|n| plain(&other, &format!("{n}.yaml")))
        .collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let github = Loopback::start(acme([pay(&[("all.yaml", location("all", &many))])]));
    let catalog = catalog(&github, Some(&other));
    let summary = catalog.sync().await;
    assert_eq!(other.requests().len(), 200);
    let about = |text: &str| {
        let told = summary.errors.iter().filter(|e| e.message.contains(text));
        told.count()
    };
    assert_eq!(about("more than 200 globs and plain addresses"), 1);
}

#[tokio::test]
async fn several_globs_of_one_repository_cost_one_tree() {
    let github = Loopback::start(acme([pay(&[
        ("all.yaml", location("all", &["./a/*.yaml", "./b/*.yaml"])),
        ("a/one.yaml", component("one", "first")),
        ("b/two.yaml", component("two", "first")),
    ])]));
    let catalog = catalog(&github, None);
    catalog.sync().await;
    assert_eq!(catalog.refs().len(), 3);
    assert_eq!(github.rest_requests(), 1);
}

#[tokio::test]
async fn what_a_glob_newly_matches_and_what_comes_late_is_found_by_an_ordinary_sync() {
    let api = "apiVersion: backstage.io/v1alpha1\nkind: API\nmetadata: {name: api}\nspec:\n  type: openapi\n  lifecycle: production\n  owner: a\n  definition:\n    $text: ./late.txt\n";
    let targets = ["./a/*.yaml", "./late.yaml", "./api.yaml"];
    let github = Loopback::start(acme([pay(&[
        ("all.yaml", location("all", &targets)),
        ("a/one.yaml", component("one", "first")),
        ("api.yaml", api.into()),
    ])]));
    let catalog = catalog(&github, None);
    catalog.sync().await;
    assert_eq!(
        catalog.refs(),
        ["component:default/one", "location:default/all"]
    );
    let late = [
        ("a/two.yaml", component("two", "first")),
        ("late.yaml", component("late", "first")),
        ("late.txt", "here".into()),
    ];
    for (turn, (path, content)) in late.iter().enumerate() {
        // Nothing is new: one request, no write.
        github.take_requests();
        let before = catalog.database();
        assert!(!catalog.sync().await.changed_anything());
        assert_eq!(github.requests().len(), 1);
        assert_eq!(catalog.database(), before);
        push(&github, "pay", path, content, 1_800_000_000);
        assert_eq!(catalog.sync().await.added, 1, "{path}");
        assert_eq!(catalog.refs().len(), 3 + turn);
    }
}

#[tokio::test]
async fn a_push_beside_what_a_glob_matches_is_seen_once() {
    let github = Loopback::start(acme([pay(&[
        ("a/one.yaml", component("one", "first")),
        ("a/readme.md", "first".into()),
    ])]));
    let target = format!("{}/acme/pay/blob/main/a/*.yaml", github.web_url());
    let catalog = Catalog::of(&github).location("url", &target, Path::new("/"));
    catalog.sync().await;
    push(&github, "pay", "a/readme.md", "second", 1_800_000_000);
    github.take_requests();
    assert!(!catalog.sync().await.changed_anything());
    // The folder's id, its tree, and the ids of the matches.
    assert_eq!(github.take_requests().len(), 3);
    assert!(!catalog.sync().await.changed_anything());
    assert_eq!(github.take_requests().len(), 1);
    push(
        &github,
        "pay",
        "a/two.yaml",
        &component("two", "first"),
        1_800_000_001,
    );
    assert_eq!(catalog.sync().await.added, 1);
    github.change(|world| {
        let repository = world.repository_mut("acme", "pay").unwrap();
        repository.push(1_800_000_002, &[("a/one.yaml", None)]);
    });
    assert_eq!(catalog.sync().await.removed, 1);
}

#[tokio::test]
async fn all_configured_urls_are_compared_in_one_request() {
    let github = Loopback::start(acme((0..30).map(|n| {
        let name = format!("svc-{n}");
        Repository::new(&name).file("catalog-info.yaml", component(&name, "first"))
    })));
    let mut catalog = Catalog::of(&github);
    for n in 0..30 {
        let web = github.web_url();
        let target = format!("{web}/acme/svc-{n}/blob/main/catalog-info.yaml");
        catalog = catalog.location("url", &target, Path::new("/"));
    }
    catalog.sync().await;
    assert_eq!(catalog.refs().len(), 30);
    github.take_requests();
    assert!(!catalog.sync().await.changed_anything());
    assert_eq!(github.requests().len(), 1);
}

#[tokio::test]
async fn a_file_that_comes_late_in_another_repository_is_found_without_a_push() {
    let web = |github: &Loopback| format!("{}/acme/other/blob/main/late.yaml", github.web_url());
    let github = Loopback::start(acme([Repository::new("pay"), Repository::new("other")]));
    let all = location("all", &[&web(&github)]);
    push(&github, "pay", "catalog-info.yaml", &all, 1_700_000_000);
    let catalog = Catalog::discovering(&github, |_| {});
    catalog.sync().await;
    assert_eq!(catalog.refs(), ["location:default/all"]);
    push(
        &github,
        "other",
        "late.yaml",
        &component("late", "first"),
        1_600_000_000,
    );
    assert_eq!(catalog.sync().await.added, 1);
}

#[tokio::test]
async fn a_plain_address_is_asked_whether_it_has_changed_and_says_that_it_has_not() {
    let other = elsewhere();
    let github = Loopback::start(acme([]));
    let mut catalog =
        Catalog::of(&github).location("url", &plain(&other, "p.yaml"), Path::new("/"));
    catalog.settings.reading_allow.push(ReadingAllow {
        host: other.host(),
        paths: None,
    });
    let summary = catalog.sync().await;
    assert_eq!(
        (summary.requests.rest, summary.requests.not_modified),
        (1, 0)
    );
    let before = catalog.database();
    let summary = catalog.sync().await;
    assert_eq!(
        (summary.requests.rest, summary.requests.not_modified),
        (1, 1)
    );
    assert_eq!(catalog.database(), before);
    push(
        &other,
        "plain",
        "p.yaml",
        &component("p", "second"),
        1_800_000_000,
    );
    let summary = catalog.sync().await;
    assert_eq!(summary.changed, 1);
    assert_eq!(catalog.description("p"), "second");
    // A full sync takes nothing for granted.
    other.take_requests();
    let full = callboard::sync::SyncOptions {
        full: true,
        ..Default::default()
    };
    let summary = catalog.try_sync(full).await.unwrap();
    assert_eq!(summary.requests.not_modified, 0);
    assert!(
        other
            .requests()
            .iter()
            .all(|r| r.header("if-none-match").is_none())
    );
}
