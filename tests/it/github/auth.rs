//! `callboard auth`, the real binary against the loopback GitHub.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use super::client::{TOKEN, world};
use super::loopback::{Loopback, Token};

struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    fn new(github: &Loopback, token: Option<&str>, more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = format!("{}{more}", github.integration_yaml(token));
        std::fs::write(folder.path().join("config.yaml"), config).unwrap();
        Self { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_callboard"))
            .args(arguments)
            .env_clear()
            .env("HOME", self.path())
            .env("CALLBOARD_CONFIG", self.path().join("config.yaml"))
            .env("CALLBOARD_STATE_DIR", self.path().join("state"))
            .env("CALLBOARD_CACHE_DIR", self.path().join("cache"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        child.wait_with_output().unwrap()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn status(home: &Home) -> (Option<i32>, Value) {
    let output = home.run(&["auth", "status", "--output", "json"], "");
    (
        output.status.code(),
        serde_json::from_slice(&output.stdout).unwrap(),
    )
}

#[test]
fn a_token_on_standard_input_signs_in_until_logout() {
    let github = Loopback::start(world());
    let home = Home::new(&github, None, "");
    assert_eq!(status(&home).0, Some(5), "nobody is signed in at first");

    let login = home.run(&["auth", "login", "--with-token"], &format!("{TOKEN}\n"));
    assert_eq!(login.status.code(), Some(0), "{}", text(&login.stderr));
    assert!(text(&login.stdout).contains("as ann (scopes read:org, repo)"));

    let (code, told) = status(&home);
    assert_eq!(code, Some(0));
    assert_eq!(told[0]["host"], github.host());
    assert_eq!(told[0]["login"], "ann");
    assert_eq!(told[0]["source"], "callboard auth login");
    assert_eq!(told[0]["scopes"], serde_json::json!(["read:org", "repo"]));
    assert_eq!(told[0]["rateLimit"]["limit"], 5000);

    assert_eq!(home.run(&["auth", "logout"], "").status.code(), Some(0));
    assert_eq!(home.run(&["auth", "logout"], "").status.code(), Some(3));
    assert_eq!(status(&home).0, Some(5));
}

#[test]
fn a_wrong_token_is_not_stored_nor_repeated() {
    let github = Loopback::start(world());
    let home = Home::new(&github, None, "");
    let login = home.run(&["auth", "login", "--with-token"], "ghp_wrong");
    assert_eq!(login.status.code(), Some(5));
    let said = text(&login.stderr);
    assert!(
        said.contains("error: ") && said.contains("hint: "),
        "{said}"
    );
    assert!(!said.contains("ghp_wrong"));
    assert!(!home.path().join("state/auth.json").exists());
}

#[test]
fn a_token_that_lacks_scopes_is_taken_with_a_word_about_them() {
    let github = Loopback::start(world().token("ghp_narrow", Token::classic("ann", &["repo"])));
    let home = Home::new(&github, None, "");
    let login = home.run(&["auth", "login", "--with-token"], "ghp_narrow");
    assert_eq!(login.status.code(), Some(0));
    assert!(text(&login.stderr).contains("lacks read:org"));
}

#[test]
fn a_configured_token_is_named_as_the_source() {
    let github = Loopback::start(world());
    let (code, told) = status(&Home::new(&github, Some(TOKEN), ""));
    assert_eq!(code, Some(0));
    assert_eq!(told[0]["source"], "token of the configuration");
}

#[test]
fn a_client_id_signs_in_through_the_browser() {
    let mut world = world();
    world.device.client_id = Some("Iv1.known".to_owned());
    world.device.answers = vec![format!("token:{TOKEN}")];
    let github = Loopback::start(world);
    let home = Home::new(
        &github,
        None,
        "callboard:\n  auth:\n    clientId: Iv1.known\n",
    );
    let login = home.run(&["auth", "login"], "");
    let said = text(&login.stderr);
    assert_eq!(login.status.code(), Some(0), "{said}");
    assert!(
        said.contains("WDJB-MJHT") && said.contains("/login/device"),
        "{said}"
    );
    assert_eq!(status(&home).1[0]["login"], "ann");
}

#[test]
fn without_a_terminal_and_without_a_token_it_is_wrong_usage() {
    let github = Loopback::start(world());
    let login = Home::new(&github, None, "").run(&["auth", "login"], "");
    assert_eq!(login.status.code(), Some(2));
    assert!(text(&login.stderr).contains("--with-token"));
    assert!(github.requests().is_empty());
}

#[test]
fn a_server_that_cannot_be_reached_ends_with_6() {
    let github = Loopback::start(world());
    let home = Home::new(&github, Some(TOKEN), "");
    drop(github);
    assert_eq!(status(&home).0, Some(6));
}

fn check<'a>(report: &'a Value, section: &str, name: &str) -> &'a Value {
    report
        .as_array()
        .unwrap()
        .iter()
        .find(|check| check["section"] == section && check["name"] == name)
        .unwrap_or_else(|| panic!("{section} {name} in {report}"))
}

#[test]
fn doctor_asks_who_reads_and_fails_only_for_what_must_be_mended() {
    let github = Loopback::start(world().token("ghp_narrow", Token::classic("ann", &["repo"])));
    let host = github.host();
    let doctor = |token: Option<&str>| {
        let output = Home::new(&github, token, "").run(&["doctor", "--output", "json"], "");
        let said = text(&output.stdout);
        assert!(token.is_none_or(|token| !said.contains(token)), "{said}");
        let report: Value = serde_json::from_str(&said).unwrap();
        (output.status.code(), report)
    };

    let (code, report) = doctor(Some(TOKEN));
    assert_eq!(code, Some(0));
    let who = check(&report, "Identity", &host);
    assert_eq!(who["value"], "ann (from token of the configuration)");
    assert_eq!(
        check(&report, "Identity", "scopes")["value"],
        "scopes read:org, repo"
    );
    check(&report, "Identity", "rate limit");

    let (code, report) = doctor(Some("ghp_narrow"));
    assert_eq!(code, Some(0));
    assert_eq!(check(&report, "Identity", "scopes")["status"], "warning");

    let (code, report) = doctor(Some("ghp_wrong"));
    assert_eq!(code, Some(1));
    assert_eq!(check(&report, "Identity", &host)["status"], "error");

    let (code, report) = doctor(None);
    assert_eq!(code, Some(0));
    assert_eq!(check(&report, "Identity", &host)["value"], "not signed in");
}

#[test]
fn what_is_sent_is_told_where_asked_and_never_with_the_token() {
    let github = Loopback::start(world());
    let home = Home::new(&github, Some(TOKEN), "");
    let quiet = home.run(&["auth", "status"], "");
    assert_eq!(text(&quiet.stderr), "");
    for flag in ["-v", "-vv"] {
        let output = home.run(&["auth", "status", flag], "");
        assert!(text(&output.stdout).contains("ann"));
        let told = text(&output.stderr);
        let request = told.lines().find(|line| line.contains("request")).unwrap();
        for part in ["GET", "/user", "status=200", "ms="] {
            assert!(request.contains(part), "{part} in {told}");
        }
        assert!(
            !told.contains(TOKEN) && !told.to_lowercase().contains("bearer"),
            "{told}"
        );
        assert_eq!(flag == "-vv", told.contains("configuration file"), "{told}");
    }
}
