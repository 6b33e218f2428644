//! Files, folders and URLs of the configuration, and what they may lead to.

use std::path::Path;

use callboard::config::ReadingAllow;

use super::{Catalog, acme, component, push, service};
use crate::github::loopback::{Fault, Loopback, Reply, Repository};

fn location(spec: &str) -> String {
    format!(
        "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: {{name: all}}\nspec:\n  {spec}\n"
    )
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn github() -> Loopback {
    Loopback::start(acme([Repository::new("pay")
        .file("catalog-info.yaml", component("pay", "first"))
        .file(
            "all.yaml",
            location("targets: [./catalog-info.yaml, ./apis/*.yaml]"),
        )
        .file("apis/a.yaml", api("a", "$text: ./a.json"))
        .file("apis/a.json", "{}")
        .file("apis/evil.yaml", api("evil", "$text: /etc/hostname"))
        .file(
            "apis/evil2.yaml",
            api("evil2", "$text: file:///etc/hostname"),
        )
        .file(
            "apis/evil3.yaml",
            api("evil3", "$text: ../../../../other/repo/x"),
        )
        .file(
            "apis/evil4.yaml",
            api("evil4", "$text: http://169.254.169.254/latest"),
        )
        .file("loop.yaml", location("target: ./loop2.yaml"))
        .file("loop2.yaml", location("target: ./loop.yaml"))
        .file(
            "local.yaml",
            location("type: file\n  target: /etc/hostname"),
        )]))
}

fn api(name: &str, definition: &str) -> String {
    format!(
        "apiVersion: backstage.io/v1alpha1\nkind: API\nmetadata: {{name: {name}}}\nspec:\n  type: openapi\n  lifecycle: production\n  owner: a\n  definition:\n    {definition}\n"
    )
}

#[tokio::test]
async fn a_url_leads_to_its_targets_and_placeholders_within_the_reading_rules() {
    let github = github();
    let target = format!("{}/acme/pay/blob/main/all.yaml", github.web_url());
    let catalog = Catalog::of(&github).location("url", &target, Path::new("/"));
    let summary = catalog.sync().await;
    assert_eq!(summary.failures, []);
    assert_eq!(
        catalog.refs(),
        [
            "api:default/a",
            "component:default/pay",
            "location:default/all"
        ]
    );
    for evil in ["evil", "evil2", "evil3", "evil4"] {
        let reference = format!("api:default/{evil}");
        assert!(
            summary
                .errors
                .iter()
                .any(|e| e.entity_ref.as_deref() == Some(&reference)),
            "{evil}"
        );
    }
    let hostname =
        std::fs::read_to_string("/etc/hostname").unwrap_or_else(|_| "no such file".into());
    assert!(!format!("{:?}", catalog.cache().all_files().unwrap()).contains(hostname.trim_end()));
    let stored = catalog
        .cache()
        .entity("component:default/pay")
        .unwrap()
        .unwrap();
    assert_eq!(stored.origin, format!("url:{target}"));
    assert_eq!(
        stored.location,
        format!(
            "url:{}/acme/pay/tree/main/catalog-info.yaml",
            github.web_url()
        )
    );
}

#[tokio::test]
async fn a_url_that_has_not_changed_costs_one_request_and_no_write() {
    let github = github();
    let target = format!("{}/acme/pay/blob/main/all.yaml", github.web_url());
    let catalog = Catalog::of(&github).location("url", &target, Path::new("/"));
    catalog.sync().await;
    github.take_requests();
    let before = catalog.database();
    let summary = catalog.sync().await;
    assert!(!summary.changed_anything());
    assert_eq!(github.requests().len(), 1);
    assert_eq!(catalog.database(), before);
}

#[tokio::test]
async fn a_globbed_url_gives_every_match() {
    let github = Loopback::start(acme([Repository::new("pay")
        .file("a/one.yaml", component("one", "first"))
        .file("a/two.yaml", component("two", "first"))
        .file("a/b/three.yaml", component("three", "first"))]));
    for (glob, count) in [("a/*.yaml", 2), ("**/*.yaml", 3)] {
        let target = format!("{}/acme/pay/blob/main/{glob}", github.web_url());
        let catalog = Catalog::of(&github).location("url", &target, Path::new("/"));
        let summary = catalog.sync().await;
        assert_eq!(
            (summary.entities, summary.exit_code()),
            (count, 0),
            "{glob}"
        );
    }
}

#[tokio::test]
async fn a_branch_with_slashes_is_found() {
    let github = Loopback::start(acme([Repository::new("pay").file_on(
        "feature/new",
        "a/catalog-info.yaml",
        component("new", "first"),
    )]));
    let target = format!(
        "{}/acme/pay/blob/feature/new/a/catalog-info.yaml",
        github.web_url()
    );
    let catalog = Catalog::of(&github).location("url", &target, Path::new("/"));
    catalog.sync().await;
    assert_eq!(catalog.refs(), ["component:default/new"]);
}

#[tokio::test]
async fn a_raw_url_and_a_public_file_without_a_token_are_read() {
    let github = github();
    let target = format!("{}/acme/pay/main/catalog-info.yaml", github.raw_base_url());
    let mut catalog = Catalog::of(&github).location("url", &target, Path::new("/"));
    catalog.credentials = callboard::github::Credentials::Anonymous;
    let summary = catalog.sync().await;
    assert_eq!(summary.failures, []);
    assert_eq!(catalog.refs(), ["component:default/pay"]);
}

#[tokio::test]
async fn locations_that_lead_to_each_other_end() {
    let github = github();
    let target = format!("{}/acme/pay/blob/main/loop.yaml", github.web_url());
    let catalog = Catalog::of(&github).location("url", &target, Path::new("/"));
    let summary = catalog.sync().await;
    assert_eq!(summary.failures, []);
    assert!(github.requests().len() <= 4);
}

#[tokio::test]
async fn a_location_from_a_url_cannot_name_this_machine() {
    let github = github();
    let target = format!("{}/acme/pay/blob/main/local.yaml", github.web_url());
    let catalog = Catalog::of(&github).location("url", &target, Path::new("/"));
    let summary = catalog.sync().await;
    assert!(
        summary.errors[0].message.contains("this machine"),
        "{:?}",
        summary.errors
    );
    assert_eq!(summary.errors[0].line, Some(6));
}

#[tokio::test]
async fn a_host_that_is_not_listed_is_a_failed_source_and_is_never_asked() {
    let github = github();
    let other = github_elsewhere();
    let target = format!("{}/acme/pay/blob/main/catalog-info.yaml", other.web_url());
    let mut catalog = Catalog::of(&github).location("url", &target, Path::new("/"));
    let summary = catalog.sync().await;
    assert_eq!(summary.exit_code(), 1);
    assert_eq!(other.requests().len(), 0);
    // Once it is listed it is read, as a plain address without a token.
    catalog.settings.reading_allow.push(ReadingAllow {
        host: other.host(),
        paths: None,
    });
    catalog.sync().await;
    assert!(!other.requests().is_empty());
    assert!(other.requests().iter().all(|r| r.token().is_none()));
}

fn github_elsewhere() -> Loopback {
    github()
}

#[tokio::test]
async fn files_and_globs_of_the_configuration_are_read_relative_to_it() {
    let github = Loopback::start(acme([]));
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "config/readme.md", "");
    write(folder.path(), "one.yaml", &component("one", "first"));
    write(folder.path(), "many/a.yaml", &component("a", "first"));
    write(folder.path(), "many/deep/b.yaml", &component("b", "first"));
    let base = folder.path().join("config");
    let catalog = Catalog::of(&github)
        .location("file", "../one.yaml", &base)
        .location("file", "../many/**/*.yaml", &base);
    let summary = catalog.sync().await;
    assert_eq!(summary.failures, []);
    assert_eq!(
        catalog.refs(),
        [
            "component:default/a",
            "component:default/b",
            "component:default/one"
        ]
    );
    let before = catalog.database();
    assert!(!catalog.sync().await.changed_anything());
    assert_eq!(catalog.database(), before);
    write(folder.path(), "many/a.yaml", &component("a", "second"));
    std::fs::remove_file(folder.path().join("many/deep/b.yaml")).unwrap();
    let summary = catalog.sync().await;
    assert_eq!((summary.changed, summary.removed), (1, 1));
}

#[tokio::test]
async fn a_file_on_disk_reads_only_below_its_own_folder() {
    let github = Loopback::start(acme([]));
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "secret.txt", "TOP-SECRET");
    write(folder.path(), "c/ok.txt", "fine");
    std::os::unix::fs::symlink("../secret.txt", folder.path().join("c/link.txt")).unwrap();
    write(folder.path(), "c/ok.yaml", &api("ok", "$text: ./ok.txt"));
    write(
        folder.path(),
        "c/up.yaml",
        &api("up", "$text: ../secret.txt"),
    );
    write(
        folder.path(),
        "c/link.yaml",
        &api("link", "$text: ./link.txt"),
    );
    write(
        folder.path(),
        "c/absolute.yaml",
        &api("absolute", "$text: /etc/hostname"),
    );
    write(
        folder.path(),
        "outside.yaml",
        &component("outside", "first"),
    );
    write(
        folder.path(),
        "c/location.yaml",
        &location("target: ../outside.yaml"),
    );
    let catalog = Catalog::of(&github).location("file", "c/*.yaml", folder.path());
    let summary = catalog.sync().await;
    assert_eq!(catalog.refs(), ["api:default/ok", "location:default/all"]);
    assert_eq!(summary.errors.len(), 4, "{:?}", summary.errors);
    assert!(!format!("{:?}", catalog.cache().all_files().unwrap()).contains("TOP-SECRET"));
}

#[tokio::test]
async fn a_folder_is_read_as_a_whole() {
    let github = Loopback::start(acme([]));
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "a/catalog-info.yaml",
        &component("a", "first"),
    );
    write(folder.path(), "org/teams.yaml", &component("b", "first"));
    write(
        folder.path(),
        "a/deployment.yaml",
        "apiVersion: apps/v1\nkind: Deployment\n",
    );
    let catalog = Catalog::of(&github).location("file", ".", folder.path());
    let summary = catalog.sync().await;
    assert_eq!(summary.errors, []);
    assert_eq!(
        catalog.refs(),
        ["component:default/a", "component:default/b"]
    );
}

#[tokio::test]
async fn a_missing_file_is_a_problem_and_keeps_what_it_gave() {
    let github = Loopback::start(acme([]));
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "c.yaml", &component("c", "first"));
    let catalog = Catalog::of(&github).location("file", "c.yaml", folder.path());
    catalog.sync().await;
    std::fs::remove_file(folder.path().join("c.yaml")).unwrap();
    let summary = catalog.sync().await;
    assert!(summary.errors[0].message.contains("does not exist"));
    assert!(catalog.has("c"));
}

/// A folder with two components, one of them in a folder of its own, as a location of this target.
async fn synced_folder(github: &Loopback, target: &str) -> (tempfile::TempDir, Catalog) {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a", "b"] {
        let path = format!("all/{name}/catalog-info.yaml");
        write(folder.path(), &path, &component(name, "first"));
    }
    let catalog = Catalog::of(github).location("file", target, folder.path());
    assert_eq!(catalog.sync().await.failures, []);
    assert_eq!(catalog.refs().len(), 2);
    (folder, catalog)
}

#[tokio::test]
async fn a_folder_or_glob_that_is_gone_keeps_all_it_gave_until_it_is_pruned() {
    let github = Loopback::start(acme([]));
    for target in ["all", "all/**/*.yaml"] {
        let (folder, catalog) = synced_folder(&github, target).await;
        let (here, away) = (folder.path().join("all"), folder.path().join("away"));
        std::fs::rename(&here, &away).unwrap();
        for _ in 0..2 {
            let summary = catalog.sync().await;
            assert_eq!(summary.exit_code(), 1, "{target}");
            assert_eq!((summary.removed, summary.stale), (0, 2), "{target}");
        }
        // Not mounted: the folder is there, and nothing in it.
        std::fs::create_dir(&here).unwrap();
        let summary = catalog.sync().await;
        assert_eq!((summary.exit_code(), summary.stale), (1, 2), "{target}");
        std::fs::remove_dir(&here).unwrap();
        std::fs::rename(&away, &here).unwrap();
        let summary = catalog.sync().await;
        assert_eq!((summary.exit_code(), summary.stale), (0, 0), "{target}");
        std::fs::rename(&here, &away).unwrap();
        catalog.sync().await;
        let summary = catalog.prune().await;
        assert_eq!((summary.exit_code(), summary.entities), (0, 0), "{target}");
        // Nothing is held any more, and nothing new is wrong.
        assert_eq!(catalog.sync().await.exit_code(), 0, "{target}");
    }
}

#[tokio::test]
async fn a_folder_that_never_was_there_is_a_problem_and_no_failure() {
    let github = Loopback::start(acme([]));
    let folder = tempfile::tempdir().unwrap();
    let catalog = Catalog::of(&github).location("file", "all", folder.path());
    for _ in 0..2 {
        let summary = catalog.sync().await;
        assert_eq!((summary.failures, summary.errors.len()), (vec![], 1));
    }
    std::fs::create_dir(folder.path().join("all")).unwrap();
    let summary = catalog.sync().await;
    assert_eq!((summary.failures, summary.errors), (vec![], vec![]));
}

/// Takes the right to read a folder away; nothing where this user may read it all the same.
fn locked(folder: &Path, mode: u32) -> Option<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(mode)).unwrap();
    if mode == 0 && std::fs::read_dir(folder).is_ok() {
        println!("skipped: this user may read everything");
        return None;
    }
    Some(())
}

#[tokio::test]
async fn a_folder_that_may_not_be_read_keeps_what_lies_below_it() {
    let github = Loopback::start(acme([]));
    for target in ["all", "all/**/*.yaml"] {
        for closed in ["all", "all/a"] {
            let (folder, catalog) = synced_folder(&github, target).await;
            if closed == "all/a" {
                std::fs::remove_dir_all(folder.path().join("all/b")).unwrap();
            }
            let at = folder.path().join(closed);
            if locked(&at, 0).is_none() {
                return;
            }
            let summary = catalog.sync().await;
            assert_eq!(summary.exit_code(), 1, "{target} {closed}");
            assert!(catalog.is_stale("a"), "{target} {closed}");
            locked(&at, 0o755);
            let summary = catalog.sync().await;
            assert_eq!((summary.exit_code(), summary.stale), (0, 0));
            // What is gone goes with the first complete listing.
            let left = if closed == "all" { 2 } else { 1 };
            assert_eq!(catalog.refs().len(), left, "{target} {closed}");
        }
    }
}

#[tokio::test]
async fn a_location_entity_whose_glob_begins_in_a_folder_that_is_gone_keeps_what_it_led_to() {
    let github = Loopback::start(acme([]));
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "c.yaml",
        &location("targets: [./all/**/*.yaml]"),
    );
    write(folder.path(), "all/a/x.yaml", &component("a", "first"));
    let catalog = Catalog::of(&github).location("file", "c.yaml", folder.path());
    catalog.sync().await;
    assert!(catalog.has("a"));
    let all = folder.path().join("all");
    std::fs::rename(&all, folder.path().join("away")).unwrap();
    let summary = catalog.sync().await;
    assert!(!summary.errors.is_empty());
    assert!(catalog.is_stale("a"));
    std::fs::rename(folder.path().join("away"), &all).unwrap();
    catalog.sync().await;
    assert!(!catalog.is_stale("a"));
    if locked(&all.join("a"), 0).is_some() {
        let summary = catalog.sync().await;
        assert_eq!(summary.exit_code(), 1);
        assert!(catalog.is_stale("a"));
        locked(&all.join("a"), 0o755);
    }
}

#[tokio::test]
async fn a_file_that_is_too_large_is_told_as_it_comes_and_goes() {
    let github = Loopback::start(acme([]));
    let (folder, catalog) = synced_folder(&github, "all").await;
    let large = format!(
        "{}#{}",
        component("c", "first"),
        "x".repeat(5 * 1024 * 1024)
    );
    write(folder.path(), "all/c/catalog-info.yaml", &large);
    let summary = catalog.sync().await;
    assert_eq!(summary.errors.len(), 1, "{:?}", summary.errors);
    std::fs::remove_dir_all(folder.path().join("all/c")).unwrap();
    assert_eq!(catalog.sync().await.errors, []);
    // One that grew keeps what it gave, and goes when it goes.
    let grown = large.replace("name: c", "name: a");
    write(folder.path(), "all/a/catalog-info.yaml", &grown);
    assert_eq!(catalog.sync().await.errors.len(), 1);
    assert!(catalog.has("a"));
    std::fs::remove_dir_all(folder.path().join("all/a")).unwrap();
    let summary = catalog.sync().await;
    assert_eq!((summary.errors, summary.removed), (vec![], 1));
}

#[tokio::test]
async fn a_globbed_url_that_lists_nothing_any_more_keeps_all_it_gave_until_it_is_pruned() {
    let files = || {
        Repository::new("pay")
            .file("a/one.yaml", component("one", "first"))
            .file("a/two.yaml", component("two", "first"))
    };
    let cut = r#"{"sha": "0", "tree": [], "truncated": true}"#;
    let faults = || {
        [
            Fault::status(404).on_path("/git/trees/"),
            Fault::status(409).on_path("/git/trees/"),
            Fault::answer(Reply::json(200, &serde_json::from_str(cut).unwrap()))
                .on_path("/git/trees/"),
        ]
    };
    for (nth, fault) in faults().into_iter().enumerate() {
        let github = Loopback::start(acme([files()]));
        let target = format!("{}/acme/pay/blob/main/a/*.yaml", github.web_url());
        let catalog = Catalog::of(&github).location("url", &target, Path::new("/"));
        catalog.sync().await;
        push(
            &github,
            "pay",
            "a/one.yaml",
            &component("one", "second"),
            1_900_000_000,
        );
        github.fault(fault);
        for _ in 0..2 {
            let summary = catalog.sync().await;
            assert_eq!((summary.entities, summary.stale), (2, 2), "{nth}");
            assert_eq!(summary.exit_code(), 1, "{nth}");
        }
        // A listing that is cut short or refused says nothing, whoever asks.
        if nth > 0 {
            assert_eq!(catalog.prune().await.entities, 2, "{nth}");
        }
        github.clear_faults();
        let summary = catalog.sync().await;
        assert_eq!((summary.exit_code(), summary.stale), (0, 0), "{nth}");
        assert_eq!(catalog.description("one"), "second");
    }
    let github = Loopback::start(acme([files()]));
    let target = format!("{}/acme/pay/blob/main/a/*.yaml", github.web_url());
    let catalog = Catalog::of(&github).location("url", &target, Path::new("/"));
    catalog.sync().await;
    github.change(|world| {
        let repository = world.repository_mut("acme", "pay").unwrap();
        repository.push(1_900_000_000, &[("a/one.yaml", None), ("a/two.yaml", None)]);
    });
    let summary = catalog.sync().await;
    assert_eq!((summary.entities, summary.stale), (2, 2));
    assert_eq!(summary.exit_code(), 1);
    assert_eq!(catalog.prune().await.entities, 0);
}

#[tokio::test]
async fn the_readable_files_of_the_examples_are_all_found() {
    let Some(examples) = crate::shared::folder("examples") else {
        return;
    };
    let github = Loopback::start(acme([]));
    let catalog = Catalog::of(&github).location("file", ".", &examples);
    let summary = catalog.sync().await;
    assert_eq!(summary.failures, []);
    let refs = catalog.refs();
    for kind in ["component:default/", "template:default/"] {
        assert!(refs.iter().any(|r| r.starts_with(kind)), "{kind}: {refs:?}");
    }
}

#[tokio::test]
async fn an_entity_that_two_files_give_is_told_with_both_places() {
    let github = github();
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.yaml", &component("pay", "first"));
    write(folder.path(), "b.yaml", &component("pay", "second"));
    let summary = Catalog::of(&github)
        .location("file", "./*.yaml", folder.path())
        .sync()
        .await;
    assert_eq!(summary.entities, 1);
    let [issue] = summary.errors.as_slice() else {
        panic!("{:?}", summary.errors);
    };
    assert!(issue.location.ends_with("/b.yaml"), "{issue:?}");
    assert_eq!(issue.entity_ref.as_deref(), Some("component:default/pay"));
    assert!(issue.message.contains("/a.yaml"), "{issue:?}");
    assert!(issue.line.is_some());
}

#[tokio::test]
async fn placeholders_of_one_file_bring_in_a_bounded_amount() {
    let github = Loopback::start(acme([Repository::new("pay")
        .file("t.txt", "x".repeat(3 << 20))
        .file("apis.yaml", many_apis())]));
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "t.txt", &"x".repeat(3 << 20));
    write(folder.path(), "apis.yaml", &many_apis());
    let url = format!("{}/acme/pay/blob/main/apis.yaml", github.web_url());
    for catalog in [
        Catalog::of(&github).location("file", "apis.yaml", folder.path()),
        Catalog::of(&github).location("url", &url, folder.path()),
    ] {
        let summary = catalog.sync().await;
        assert_eq!(catalog.refs().len(), 10);
        assert_eq!(summary.errors.len(), 10);
        assert!(summary.errors.iter().all(|e| e.message.contains("32 MiB")));
    }
}

/// Twenty APIs that all are the same text.
fn many_apis() -> String {
    let apis: Vec<String> = (0..20)
        .map(|i| api(&format!("a{i}"), "$text: ./t.txt"))
        .collect();
    apis.join("---\n")
}

#[tokio::test]
async fn offline_a_file_is_read_and_what_it_names_elsewhere_stays() {
    let github = Loopback::start(acme([service("pay"), service("ship")]));
    let folder = tempfile::tempdir().unwrap();
    let target = |name: &str| {
        let url = github.web_url();
        format!("{url}/acme/{name}/blob/main/catalog-info.yaml")
    };
    let file = |text: String| std::fs::write(folder.path().join("all.yaml"), text).unwrap();
    let names = |own: &str, target: &str| {
        let location = "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: {name: all}\n";
        format!(
            "{}---\n{location}spec: {{target: '{target}'}}\n",
            component("own", own)
        )
    };
    file(names("first", &target("pay")));
    let mut catalog = Catalog::of(&github).location("file", "all.yaml", folder.path());
    assert_eq!(catalog.sync().await.entities, 3);
    let checked = catalog.checked();
    github.take_requests();
    catalog.offline = true;
    file(names("second", &target("pay")));
    let summary = catalog.sync().await;
    assert_eq!((summary.exit_code(), summary.entities), (0, 3));
    assert_eq!(catalog.description("own"), "second");
    assert!(catalog.has("pay"));
    let left = summary.notices.join("\n");
    assert!(
        left.contains("not read while offline: what file:"),
        "{left}"
    );
    // A part of it is as old as it was, and nothing was asked.
    let at = |checked: &callboard::store::Checked| checked.at();
    assert_eq!(at(&catalog.checked()), at(&checked));
    assert_eq!(github.requests().len(), 0);
    catalog.offline = false;
    let summary = catalog.sync().await;
    assert_eq!((summary.stale, summary.errors), (0, vec![]));
}

#[tokio::test]
async fn a_file_that_two_sources_lead_to_is_no_conflict_with_itself() {
    let broken = component("pay", "first") + "---\nkind: Component\n";
    let repository = Repository::new("pay").file("catalog-info.yaml", broken);
    let github = Loopback::start(acme([repository]));
    let target = format!("{}/acme/*/blob/main/catalog-info.yaml", github.web_url());
    let catalog =
        Catalog::discovering(&github, |_| {}).location("github-discovery", &target, Path::new("/"));
    let summary = catalog.sync().await;
    assert_eq!(summary.failures, []);
    assert_eq!(summary.entities, 1);
    // Its own error, once.
    assert_eq!(summary.errors.len(), 1, "{:?}", summary.errors);
    assert_eq!(catalog.cache().conflicts().unwrap(), []);
}
