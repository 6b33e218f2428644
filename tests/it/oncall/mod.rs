//! Who is on call, by the binary, against a PagerDuty on loopback.

mod pagerduty;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use pagerduty::{Fault, PagerDuty, TOKEN};

struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new(pagerduty: &PagerDuty, services: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut catalog = String::new();
        for (name, annotation) in services {
            catalog.push_str(&format!(
                "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: {name}\n  annotations:\n    \
                 {annotation}\nspec: {{type: service, lifecycle: production, owner: payments-team}}\n---\n"
            ));
        }
        catalog.push_str(
            "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {name: payments-team}\nspec:\n  type: team\n  \
             children: []\n  profile: {email: payments@example.org}\n",
        );
        fs::write(folder.path().join("catalog-info.yaml"), catalog).unwrap();
        fs::write(
            folder.path().join("config.yaml"),
            format!(
                "catalog:\n  rules: [{{allow: [Component, Group]}}]\n  locations:\n    - {{type: file, target: catalog-info.yaml}}\n\
                 pagerDuty: {{apiBaseUrl: '{}', apiToken: '${{PD_TOKEN}}'}}\n",
                pagerduty.url()
            ),
        )
        .unwrap();
        Self { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn run(&self, args: &[&str]) -> Output {
        self.run_with(args, TOKEN)
    }

    fn run_with(&self, args: &[&str], token: &str) -> Output {
        Command::new(env!("CARGO_BIN_EXE_callboard"))
            .args(args)
            .arg("--config")
            .arg(self.path().join("config.yaml"))
            .arg("--cache-dir")
            .arg(self.path().join("cache"))
            .arg("--state-dir")
            .arg(self.path().join("state"))
            .env_clear()
            .env("HOME", self.path())
            .env("PD_TOKEN", token)
            .output()
            .unwrap()
    }

    fn who(&self, name: &str) -> Value {
        let output = self.run(&["who", name, "--output", "json", "--offline"]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Everything that callboard has written.
    fn written(&self) -> Vec<u8> {
        let mut all = Vec::new();
        for folder in ["cache", "state"] {
            for file in fs::read_dir(self.path().join(folder))
                .into_iter()
                .flatten()
                .flatten()
            {
                all.extend(fs::read(file.path()).unwrap_or_default());
            }
        }
        all
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn hours(hours: i64) -> String {
    let at = Timestamp::now() + SignedDuration::from_hours(hours);
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn payments() -> PagerDuty {
    let pagerduty = PagerDuty::start();
    pagerduty.service("PPAY1", "PESC1", Some("0123456789abcdef0123456789abcdef"));
    pagerduty.user("PU1", "Jin Park", Some("1000000000"));
    pagerduty.user("PU2", "Mara Oliveira", None);
    pagerduty.on_call("PESC1", 1, "PU1", Some(&hours(-5)), Some(&hours(3)));
    pagerduty.on_call("PESC1", 1, "PU2", Some(&hours(3)), Some(&hours(11)));
    pagerduty.on_call("PESC1", 2, "PU2", None, None);
    pagerduty.incident("PPAY1", "Pool exhausted");
    pagerduty
}

#[test]
fn a_card_says_who_is_on_call_after_the_network_is_gone() {
    let pagerduty = payments();
    let desk = Desk::new(&pagerduty, &[("pay", "pagerduty.com/service-id: PPAY1")]);
    let synced = desk.run(&["sync"]);
    assert!(synced.status.success(), "{}", text(&synced.stderr));
    let requests = pagerduty.requests().len();
    drop(pagerduty);
    let card = desk.who("pay");
    let on_call = card["onCall"].as_array().unwrap();
    assert_eq!(on_call[0]["name"], "Jin Park");
    assert_eq!(on_call[0]["phone"], "+82 1000000000");
    assert_eq!(on_call[0]["email"], "pu1@example.org");
    assert_eq!(on_call[1]["level"], 2);
    assert_eq!(on_call[1]["end"], Value::Null);
    assert_eq!(card["onCallSource"], "PagerDuty");
    assert_eq!(card["incidents"][0]["title"], "Pool exhausted");
    assert_eq!(card["owner"]["contact"][0], "payments@example.org");
    // The service, its shifts, two users' phones, incidents.
    assert_eq!(requests, 5);
}

#[test]
fn an_integration_key_finds_the_service_that_has_it() {
    let pagerduty = payments();
    let key = "pagerduty.com/integration-key: 0123456789abcdef0123456789abcdef";
    let desk = Desk::new(
        &pagerduty,
        &[
            ("pay", key),
            ("other", "pagerduty.com/integration-key: ffff0000"),
        ],
    );
    let synced = desk.run(&["sync"]);
    assert!(
        synced.status.success(),
        "an annotation's error is the file's"
    );
    let told = text(&synced.stderr);
    assert!(
        told.contains("…0000") && !told.contains("ffff0000"),
        "{told}"
    );
    assert_eq!(desk.who("pay")["onCall"][0]["name"], "Jin Park");
    assert_eq!(desk.who("other")["onCall"], Value::Null);
}

#[test]
fn many_services_are_asked_for_page_by_page() {
    let pagerduty = PagerDuty::start();
    pagerduty.user("PU1", "Jin Park", None);
    let mut names = Vec::new();
    for number in 0..130 {
        pagerduty.service(&format!("PS{number}"), &format!("PE{}", number % 60), None);
        names.push((
            format!("svc-{number}"),
            format!("pagerduty.com/service-id: PS{number}"),
        ));
    }
    for policy in 0..60 {
        pagerduty.on_call(&format!("PE{policy}"), 1, "PU1", None, None);
    }
    let services: Vec<(&str, &str)> = names
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    let desk = Desk::new(&pagerduty, &services);
    let synced = desk.run(&["sync"]);
    assert!(synced.status.success(), "{}", text(&synced.stderr));
    assert_eq!(desk.who("svc-129")["onCall"][0]["name"], "Jin Park");
    // 2 pages of services, 3 batches of policies, 1 user, 6 batches of services with incidents.
    assert_eq!(pagerduty.requests().len(), 12);
}

#[test]
fn what_was_known_survives_every_failure_and_the_failure_is_said() {
    let pagerduty = payments();
    let desk = Desk::new(&pagerduty, &[("pay", "pagerduty.com/service-id: PPAY1")]);
    assert!(desk.run(&["sync"]).status.success());
    let faults = [
        (Fault::Status(401, vec![]), "does not accept the token"),
        (
            Fault::Status(429, vec![("ratelimit-reset", "3600".into())]),
            "rate limit",
        ),
        (Fault::Status(500, vec![]), "500"),
        (Fault::Body("<html>".into()), "makes no sense"),
        (Fault::Body("[]".into()), "makes no sense"),
        (Fault::CutOff, "cannot be reached"),
    ];
    for (fault, says) in faults {
        pagerduty.fault("/", 1, fault);
        let synced = desk.run(&["sync"]);
        assert_eq!(synced.status.code(), Some(1), "{says}");
        assert!(
            text(&synced.stderr).contains(says),
            "{}",
            text(&synced.stderr)
        );
        let card = desk.who("pay");
        assert_eq!(card["onCall"][0]["name"], "Jin Park", "{says}");
        assert!(card["onCallProblem"].as_str().unwrap().contains(says));
    }
    assert!(desk.run(&["sync"]).status.success());
    assert_eq!(desk.who("pay").get("onCallProblem"), None);
}

#[test]
fn a_service_that_is_gone_is_the_annotations_error() {
    let pagerduty = payments();
    let desk = Desk::new(
        &pagerduty,
        &[
            ("pay", "pagerduty.com/service-id: PGONE"),
            ("odd", "pagerduty.com/service-id: ../users"),
        ],
    );
    let synced = desk.run(&["sync"]);
    assert!(synced.status.success());
    let told = text(&synced.stderr);
    assert!(told.contains("service PGONE"), "{told}");
    assert!(
        desk.who("pay")["onCallProblem"]
            .as_str()
            .unwrap()
            .contains("PGONE")
    );
    assert!(
        pagerduty
            .requests()
            .iter()
            .all(|request| !request.contains("/users")),
        "an id cannot change the address"
    );
}

#[test]
fn phones_that_may_not_be_read_cost_the_phones_alone() {
    let pagerduty = payments();
    pagerduty.fault("/users", 10, Fault::Status(403, vec![]));
    let desk = Desk::new(&pagerduty, &[("pay", "pagerduty.com/service-id: PPAY1")]);
    assert!(desk.run(&["sync"]).status.success());
    let card = desk.who("pay");
    assert_eq!(card["onCall"][0]["name"], "Jin Park");
    assert_eq!(card["onCall"][0].get("phone"), None);
}

#[test]
fn the_token_goes_to_its_own_address_and_is_written_nowhere() {
    let elsewhere = PagerDuty::start();
    let pagerduty = payments();
    pagerduty.fault("/oncalls", 9, Fault::Redirect(elsewhere.url()));
    let desk = Desk::new(&pagerduty, &[("pay", "pagerduty.com/service-id: PPAY1")]);
    let synced = desk.run(&["sync", "-v"]);
    assert_eq!(synced.status.code(), Some(1));
    assert!(elsewhere.requests().is_empty());
    assert!(!text(&synced.stderr).contains(TOKEN) && !text(&synced.stdout).contains(TOKEN));
    assert!(!text(&desk.written()).contains(TOKEN));
    assert!(
        pagerduty
            .tokens_seen()
            .iter()
            .all(|seen| seen.ends_with(TOKEN))
    );
}

#[test]
fn a_wrong_token_names_the_key_to_make() {
    let pagerduty = payments();
    let desk = Desk::new(&pagerduty, &[("pay", "pagerduty.com/service-id: PPAY1")]);
    let synced = desk.run_with(&["sync"], "wrong");
    assert_eq!(synced.status.code(), Some(1));
    assert!(text(&synced.stderr).contains("PAGERDUTY_TOKEN"));
    assert_eq!(desk.who("pay")["onCall"], Value::Null);
    let card = desk.run(&["who", "pay"]);
    let card = text(&card.stdout);
    assert!(card.contains("On call     unknown"), "{card}");
    assert!(
        card.contains("payments@example.org"),
        "the owner is whom to ask: {card}"
    );
}

#[test]
fn a_time_past_what_was_fetched_is_unknown() {
    let pagerduty = payments();
    let desk = Desk::new(&pagerduty, &[("pay", "pagerduty.com/service-id: PPAY1")]);
    assert!(desk.run(&["sync"]).status.success());
    // As if it were fetched a month ago: the records say which time they are about.
    let file = desk.path().join("cache/catalog.db");
    let database = rusqlite::Connection::open(file).unwrap();
    let record: String = database
        .query_row(
            "SELECT record FROM on_call WHERE name LIKE 'policy:%'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let mut record: Value = serde_json::from_str(&record).unwrap();
    record["from"] = hours(-800).into();
    let until = hours(-400);
    record["until"] = until.clone().into();
    database
        .execute(
            "UPDATE on_call SET record = ?1 WHERE name LIKE 'policy:%'",
            [record.to_string()],
        )
        .unwrap();
    drop(database);
    let card = desk.who("pay");
    assert_eq!(card["onCall"], Value::Null);
    assert_eq!(card["onCallUnknownSince"], until);
    let card = text(&desk.run(&["who", "pay", "--offline"]).stdout);
    assert!(
        card.contains("unknown since") && !card.contains("Jin"),
        "{card}"
    );
}

#[test]
fn doctor_says_who_is_asked_and_what_is_wrong_with_the_rota() {
    let pagerduty = payments();
    let desk = Desk::new(&pagerduty, &[]);
    let mut config = fs::read_to_string(desk.path().join("config.yaml")).unwrap();
    config.push_str("callboard: {oncall: {rota: rota.yaml}}\n");
    fs::write(desk.path().join("config.yaml"), config).unwrap();
    fs::write(
        desk.path().join("rota.yaml"),
        "rotas: [{for: [a], people: []}]\n",
    )
    .unwrap();
    let told = desk.run(&["doctor", "--offline"]);
    assert_eq!(told.status.code(), Some(1));
    let told = text(&told.stdout);
    assert!(told.contains("a token for http://127.0.0.1"), "{told}");
    assert!(told.contains("rota 1: it names no people"), "{told}");
    assert!(!told.contains(TOKEN));
    assert!(pagerduty.requests().is_empty());
}

#[test]
fn nothing_of_a_repository_reaches_the_terminal_raw() {
    let pagerduty = PagerDuty::start();
    let desk = Desk::new(&pagerduty, &[]);
    let hostile = r#"x\e]52;c;aGk=\a\e[31m\u202e\u009b2J"#;
    fs::write(
        desk.path().join("catalog-info.yaml"),
        format!(
            "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: c1\n  title: \"{hostile}\"\n  annotations:\n    \
             backstage.io/runbook-url: \"https://x.test/{hostile}\"\n    datadoghq.com/dashboard-url: \"https://x.test/{hostile}\"\n    \
             backstage.io/kubernetes-id: \"{hostile}\"\n  links:\n    - {{url: \"https://x.test/{hostile}\", title: \"Runbook {hostile}\"}}\n    \
             - {{url: \"https://x.test/{hostile}\", title: \"Grafana {hostile}\"}}\n\
             spec: {{type: \"{hostile}\", lifecycle: \"{hostile}\", owner: \"{hostile}\", system: \"{hostile}\"}}\n"
        ),
    )
    .unwrap();
    assert!(desk.run(&["sync"]).status.success());
    let told = desk.run(&["who", "c1"]);
    assert!(told.status.success(), "{}", text(&told.stderr));
    let told = text(&told.stdout);
    assert!(told.contains("x.test"), "{told}");
    let raw = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    assert!(!told.contains(raw), "{told:?}");
}
