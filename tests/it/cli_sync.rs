//! `callboard sync` as a command: a GitHub App from its key to the entities, ctrl-c, and what is shown meanwhile.

use std::time::Duration;

use callboard::config::{Config, LoadOptions, LocationConfig};
use callboard::store::SyncLock;
use callboard::sync::access::Access;
use callboard::sync::reader::Reader;
use callboard::sync::sources::{reading_policy, sources};
use callboard::sync::{ClientFactory, Reporter};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::cli::World;
use super::cli_terminal::Run;
use super::github::loopback::{Account, App, Fault, Loopback, Recorded, Repository, Visibility};
use super::shared;
use super::sync::{Catalog, TOKEN, acme, component, service, services};

// Made for these tests; they open nothing.
const PRIVATE: &str = include_str!("github/keys/app.pkcs1.pem");
const PUBLIC: &str = include_str!("github/keys/app.public.pem");

/// Two organisations, with an App that is installed at both.
fn two_organisations() -> Loopback {
    let private = |name: &str| service(name).visibility(Visibility::Private);
    Loopback::start(
        acme([private("pay")])
            .organization(
                Account::organization("beta")
                    .member("ben")
                    .repository(private("ship")),
            )
            .app(
                App::new(7, PUBLIC)
                    .installed_at("acme")
                    .installed_at("beta"),
            ),
    )
}

/// A world whose configuration has these lines after its integration.
fn configured(github: &Loopback, apps: bool, rest: &str) -> World {
    let world = World::empty();
    let mut config = github.integration_yaml(None);
    if apps {
        config.push_str("      apps:\n        - appId: 7\n          privateKey: |\n");
        for line in PRIVATE.lines() {
            config.push_str(&format!("            {line}\n"));
        }
    } else {
        config.push_str(&format!("      token: {TOKEN}\n"));
    }
    config.push_str(rest);
    let folder = world.folder.path().join("config/callboard");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("config.yaml"), config).unwrap();
    world
}

fn discoveries(github: &Loopback, organisations: &[&str]) -> String {
    let mut out = "catalog:\n  providers:\n    github:\n".to_owned();
    for organisation in organisations {
        out.push_str(&format!(
            "      {organisation}:\n        organization: {organisation}\n        host: {}\n",
            github.host()
        ));
    }
    out
}

fn all_organisations(github: &Loopback) -> String {
    format!(
        "    githubOrg:\n      id: all\n      githubUrl: {}\n",
        github.web_url()
    )
}

fn is_token_request(request: &Recorded) -> bool {
    request.path.ends_with("/access_tokens")
}

#[test]
fn an_app_reads_each_organisation_by_its_own_installation_and_finds_out_which_there_are() {
    let github = two_organisations();
    let rest = discoveries(&github, &["acme", "beta"]) + &all_organisations(&github);
    let world = configured(&github, true, &rest);
    let summary = world.json(&["sync", "--output", "json"]);
    assert_eq!(summary["errors"], serde_json::json!([]), "{summary:#}");
    assert_eq!(
        world.names(&["list"]),
        [
            "component:default/pay",
            "component:default/ship",
            "user:default/ann",
            "user:default/ben"
        ]
    );
    let owners = github.change(|world| {
        let issued = world.issued.iter();
        issued
            .map(|i| (i.token.clone(), i.owner.clone()))
            .collect::<Vec<_>>()
    });
    let requests = github.requests();
    // One token an installation, for discovery and members alike.
    assert_eq!(requests.iter().filter(|r| is_token_request(r)).count(), 2);
    for request in requests.iter().filter(|r| r.is_graphql()) {
        let owner = owners
            .iter()
            .find(|(token, _)| Some(token.as_str()) == request.token());
        let Some(login) = request.variable("login") else {
            continue;
        };
        assert_eq!(login, owner.unwrap().1);
    }
    // Nothing of key or tokens is left behind.
    for file in shared::files(&world.folder.path().join("cache"), &[""]) {
        let bytes = std::fs::read(&file).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(
            !text.contains("ghs_") && !text.contains("PRIVATE"),
            "{}",
            file.display()
        );
    }
}

#[test]
fn an_installation_token_that_ends_while_syncing_is_fetched_anew() {
    let app = App::new(7, PUBLIC).installed_at("acme");
    let github = Loopback::start(acme(services(150)).app(app));
    let world = configured(&github, true, &discoveries(&github, &["acme"]));
    // The first page is read, the second refused.
    github.fault(Fault::bad_credentials().on_graphql().after(1).times(1));
    let summary = world.json(&["sync", "--output", "json"]);
    assert_eq!(summary["errors"], serde_json::json!([]), "{summary:#}");
    assert_eq!(summary["entities"], 150);
    let requests = github.requests();
    assert_eq!(requests.iter().filter(|r| is_token_request(r)).count(), 2);
    assert!(requests.iter().any(|r| r.answered == 401));
}

#[test]
fn one_installation_at_the_end_of_its_limit_does_not_stop_the_other() {
    let github = two_organisations();
    let world = configured(&github, true, &discoveries(&github, &["acme", "beta"]));
    let later = Timestamp::now().as_second() + 3_000;
    let of_acme = |request: &Recorded| request.variable("login").is_some_and(|l| l == "acme");
    github.fault(Fault::graphql_rate_limited(later).when(of_acme));
    let output = world.run(&["sync"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("rate limit"), "{said}");
    assert_eq!(world.names(&["list"]), ["component:default/ship"]);
}

#[test]
fn without_orgs_a_token_is_told_to_name_them() {
    let github = two_organisations();
    let rest = format!("catalog:\n  providers:\n{}", all_organisations(&github));
    let world = configured(&github, false, &rest);
    let output = world.run(&["sync"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("no orgs are named") && said.contains("hint: name"),
        "{said}"
    );
}

#[test]
fn a_bad_key_of_one_integration_stops_no_other_source_and_doctor_says_it() {
    let github = two_organisations();
    let mut rest = String::from(
        "    - host: ghe.example.com\n      apps:\n        - appId: 9\n          privateKey: no key\n",
    );
    rest.push_str(&discoveries(&github, &["acme"]));
    rest.push_str("      other:\n        organization: other\n        host: ghe.example.com\n");
    let world = configured(&github, false, &rest);
    let output = world.run(&["sync"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let error = "error: github-provider:other: the private key of GitHub App 9";
    assert!(
        said.contains(error) && said.contains("hint: use the .pem"),
        "{said}"
    );
    assert_eq!(world.names(&["list"]), ["component:default/pay"]);
    let output = world.run(&["doctor", "--offline"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut lines = said.lines().filter(|line| line.contains("ghe.example.com"));
    let told = lines.find(|line| line.contains("private key of GitHub App 9"));
    assert!(told.is_some_and(|line| line.starts_with('x')), "{said}");
}

#[test]
fn ctrl_c_ends_a_sync_and_keeps_what_is_complete() {
    let github = Loopback::start(acme(services(300)));
    let world = configured(&github, false, &discoveries(&github, &["acme"]));
    // The second page never comes.
    github.fault(Fault::slow(Duration::from_secs(600)).on_graphql().after(1));
    let mut run = Run::start(&world, "xterm-256color", &["sync"]);
    run.wait_for("100/300 repositories");
    run.wait_for("entities");
    run.send("\x03");
    let (code, said) = run.end();
    assert_eq!(code, 130, "{said:?}");
    assert!(said.contains("100 entities"), "{said:?}");
    assert_eq!(world.names(&["list"]).len(), 100);
    // Taken up again, it goes on to the end.
    github.clear_faults();
    world.out(&["sync"]);
    assert_eq!(world.names(&["list"]).len(), 300);
}

#[test]
fn progress_is_shown_on_a_terminal_alone() {
    let github = Loopback::start(acme(services(3)));
    let world = configured(&github, false, &discoveries(&github, &["acme"]));
    let output = world.run(&["sync"]);
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!said.contains('\x1b') && !said.contains('\r'), "{said:?}");
    // A sync that is over at once need not show any: this one waits for an answer that never comes.
    github.fault(Fault::slow(Duration::from_secs(600)).on_graphql());
    let mut run = Run::start(&world, "xterm-256color", &["sync", "--full"]);
    run.wait_for("\x1b[K");
    run.send("\x03");
    assert_eq!(run.end().0, 130);
}

#[test]
fn watching_refreshes_again_by_the_schedule_until_it_is_stopped() {
    let github = Loopback::start(acme([service("pay")]));
    let rest = discoveries(&github, &["acme"])
        + "        schedule:\n          frequency: {seconds: 10}\n          timeout: {seconds: 60}\n";
    let world = configured(&github, false, &rest);
    let mut run = Run::start(&world, "xterm-256color", &["sync", "--watch"]);
    run.wait_for("1 entities: 1 added");
    github.change(|world| {
        let text = component("pay", "second");
        let repository = world.repository_mut("acme", "pay").unwrap();
        repository.push(1_900_000_000, &[("catalog-info.yaml", Some(text.as_str()))]);
    });
    run.wait_for("1 entities: 0 added, 1 changed");
    run.send("\x03");
    let (code, said) = run.end();
    // Between two turns there is nothing that was stopped.
    assert!(matches!(code, 0 | 130), "{said:?}");
}

#[test]
fn watching_sees_what_is_registered_meanwhile() {
    let github = Loopback::start(acme([service("pay")]));
    let rest = discoveries(&github, &["acme"])
        + "        schedule:\n          frequency: {seconds: 5}\n          timeout: {seconds: 60}\n";
    let world = configured(&github, false, &rest);
    let file = world.folder.path().join("late.yaml");
    std::fs::write(&file, component("late", "first")).unwrap();
    let mut run = Run::start(&world, "xterm-256color", &["sync", "--watch"]);
    run.wait_for("1 entities: 1 added");
    world.out(&["locations", "add", file.to_str().unwrap()]);
    run.wait_for("2 entities: 1 added");
    run.send("\x03");
    run.end();
}

#[test]
fn watching_waits_for_another_process_and_says_so_once() {
    let github = Loopback::start(acme([service("pay")]));
    let world = configured(&github, false, &discoveries(&github, &["acme"]));
    let lock = SyncLock::acquire(&world.folder.path().join("cache")).unwrap();
    let (code, said) = world.failure(&["sync"]);
    let busy = format!(
        "another callboard is syncing (process {})",
        std::process::id()
    );
    assert_eq!(code, 1);
    assert!(said.contains(&busy), "{said}");
    let mut run = Run::start(&world, "xterm-256color", &["sync", "--watch"]);
    run.wait_for(&busy);
    // Longer than it takes to look again.
    std::thread::sleep(Duration::from_secs(3));
    drop(lock);
    run.wait_for("1 entities: 1 added");
    run.send("\x03");
    let (_, said) = run.end();
    assert_eq!(said.matches("another callboard").count(), 1, "{said}");
}

#[test]
fn offline_a_sync_reads_what_lies_here_and_says_what_it_left() {
    let github = Loopback::start(acme([service("pay")]));
    let world = configured(&github, false, &discoveries(&github, &["acme"]));
    // Nothing at all can be read, and there is nothing to show.
    let output = world.run(&["--offline", "sync"]);
    assert_eq!(output.status.code(), Some(6));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let left = "not read while offline: github-provider:acme";
    assert!(
        said.contains(left) && said.contains("hint: leave out"),
        "{said}"
    );
    world.out(&["sync"]);
    github.take_requests();
    // What lies here is read; the rest stays as it was.
    let file = world.folder.path().join("here.yaml");
    std::fs::write(&file, component("here", "first")).unwrap();
    world.out(&["locations", "add", file.to_str().unwrap()]);
    let output = world.run(&["--offline", "sync"]);
    assert_eq!(output.status.code(), Some(0));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(said, format!("note: {left}\n"));
    assert_eq!(
        world.names(&["list"]),
        ["component:default/here", "component:default/pay"]
    );
    let summary = world.json(&["--offline", "sync", "--output", "json"]);
    assert_eq!(summary["errors"], serde_json::json!([]));
    assert_eq!(summary["stale"], 0);
    assert_eq!(github.requests().len(), 0);
}

#[test]
fn every_app_config_of_the_corpus_gives_sources_or_says_why_not() {
    let github = Loopback::start(acme([Repository::new("none")]));
    for name in ["corpus/app-config", "examples"] {
        let Some(folder) = shared::folder(name) else {
            continue;
        };
        let mut files = shared::files(&folder, &[".yaml", ".yml"]);
        files.retain(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("app-config")
        });
        assert!(!files.is_empty());
        for path in files {
            let paths = [path.clone()];
            let config = Config::load(LoadOptions::new(None, &paths, &|_| None)).unwrap();
            let settings = config.settings();
            let catalog = Catalog::of(&github);
            let factory: std::sync::Arc<dyn ClientFactory> = catalog.context().clients;
            let access = Access::new(factory, CancellationToken::new());
            let policy = reading_policy(settings, access.hosts());
            let reader = Reader::new(access, policy, None).unwrap();
            let reporter = Reporter::new(|_| {}, || (0, None));
            let made = sources(settings, &[], &reader, &reporter);
            for issue in &made.issues {
                assert!(
                    !issue.location.is_empty() && issue.message.len() > 10,
                    "{}: {issue:?}",
                    path.display()
                );
            }
            let configured = settings.locations.len()
                + settings.github_providers.len()
                + settings.github_org_providers.len();
            assert!(made.providers.len() + made.issues.len() <= configured * 2);
            assert!(configured == 0 || made.providers.len() + made.issues.len() > 0);
            // The command itself, with no network to be had.
            let world = World::empty();
            let path = path.to_str().unwrap();
            let output = world.run(&["--config", path, "--offline", "sync"]);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(!said.contains("panicked"), "{said}");
            let is_local = |l: &LocationConfig| l.location_type == "file";
            match output.status.code() {
                Some(0) => assert!(settings.locations.iter().any(is_local), "{path}"),
                Some(1 | 6) => assert!(said.contains("error: "), "{path}: {said}"),
                other => panic!("{path}: {other:?}: {said}"),
            }
        }
    }
}
