//! The binary as scripts meet it: what it prints, where, and how it ends.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use callboard::catalog::rules::{Rules, Trust};
use callboard::catalog::yaml::YamlLimits;
use callboard::catalog::{FileContext, file};
use callboard::store::{Cache, Checked, OpenMode, SourceCheck, UnitRecord};
use serde_json::{Value, json};
use tempfile::TempDir;

const CATALOG: &str = r#"
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: Payments
  title: 결제
  tags: [java, critical]
spec: {type: service, lifecycle: production, owner: team-a, system: shop, dependsOn: ["resource:gone"]}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: orders, tags: [go]}
spec: {type: website, lifecycle: production, owner: team-b}
---
apiVersion: backstage.io/v1alpha1
kind: System
metadata: {name: payments}
spec: {owner: team-a}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: team-a}
spec: {type: team, children: [team-b]}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: team-b}
spec: {type: team, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: hostile
  title: "a\e[31m\e]52;c;eA==\ab\u202ec"
  description: "one\ntwo\x9b2J"
  annotations: {acme.example/note: "n\e]52;c;eA==\ao\u2066te\x7f"}
  links: [{url: "https://example.com/\e[31m\u202ex", title: "li\e[31mnk\u202e", icon: "i\econ"}]
spec: {type: "ser\evice", lifecycle: production, owner: team-b}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: hostile-owner}
spec:
  type: service
  lifecycle: "pro\e[31md\u202e"
  owner: "te\e]52;c;eA==\aam\u202e"
  system: "sh\e[31mop\x9b"
  dependsOn: ["resource:g\e[31mone\u202e"]
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: list, description: Named like a command}
spec: {type: library, lifecycle: production, owner: team-a}
"#;

/// Folders of its own, with a cache of [`CATALOG`].
pub struct World {
    pub folder: TempDir,
}

impl World {
    pub fn empty() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub fn new() -> Self {
        let world = Self::empty();
        let rules = Rules::standard(Vec::new());
        let parsed = file::read(
            CATALOG.as_bytes(),
            &FileContext {
                location: "file:/acme/catalog-info.yaml",
                origin: "file:/acme/catalog-info.yaml",
                view_url: None,
                edit_url: None,
                source_location: None,
                rules: &rules,
                trust: Trust::Configured,
                limits: YamlLimits::default(),
            },
        );
        assert!(
            parsed.file.problems.is_empty(),
            "{:?}",
            parsed.file.problems
        );
        let dir = world.folder.path().join("cache");
        let mut cache = Cache::open(&dir, OpenMode::ReadWrite).unwrap().cache;
        cache
            .replace_unit(&UnitRecord {
                source: "file".into(),
                unit: "acme".into(),
                state: Value::Null,
                files: vec![parsed.file],
            })
            .unwrap();
        cache.publish().unwrap();
        let mut checked = Checked::default();
        checked.sources.insert(
            "file".into(),
            SourceCheck {
                at: Some(1),
                ..SourceCheck::default()
            },
        );
        checked.write(&dir).unwrap();
        world
    }

    /// An environment in which everything lies in the world's folder.
    pub fn environment(&self) -> Vec<(&'static str, OsString)> {
        let folder = self.folder.path();
        vec![
            ("HOME", folder.into()),
            ("XDG_CONFIG_HOME", folder.join("config").into()),
            ("CALLBOARD_CACHE_DIR", folder.join("cache").into()),
            ("CALLBOARD_STATE_DIR", folder.join("state").into()),
            ("TERM", "xterm-256color".into()),
            ("LANG", "C.UTF-8".into()),
            ("PATH", "/usr/bin:/bin".into()),
        ]
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_callboard"));
        command
            .args(args)
            .env_clear()
            .envs(self.environment())
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        command
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Standard output of a run that must end with 0.
    pub fn out(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {}", stderr(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    pub fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.out(args)).unwrap()
    }

    pub fn names(&self, args: &[&str]) -> Vec<String> {
        let mut all = args.to_vec();
        all.extend(["--output", "name"]);
        self.out(&all).lines().map(str::to_owned).collect()
    }

    /// Exit code and standard error of a run that must print no data.
    pub fn failure(&self, args: &[&str]) -> (i32, String) {
        let output = self.run(args);
        assert!(output.stdout.is_empty(), "{args:?}");
        (output.status.code().unwrap(), stderr(&output))
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn is_raw(c: char) -> bool {
    (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[test]
fn entities_are_listed_by_kind_and_filtered_as_backstage_filters() {
    let world = World::new();
    assert_eq!(world.names(&["list"]).len(), 8);
    assert_eq!(
        world.names(&["list", "components", "--filter", "spec.type=website"]),
        ["component:default/orders"]
    );
    assert_eq!(
        world.names(&[
            "list",
            "--filter",
            "metadata.tags=GO",
            "--filter",
            "metadata.tags=java"
        ]),
        ["component:default/orders", "component:default/payments"]
    );
    assert_eq!(
        world.names(&[
            "list",
            "--filter",
            "relations.ownedBy=group:default/team-a,kind=system"
        ]),
        ["system:default/payments"]
    );
    assert_eq!(
        world.names(&["list", "--filter", "spec.type=nothing"]),
        [""; 0]
    );
}

#[test]
fn an_owner_owns_what_its_child_groups_own_only_where_asked() {
    let world = World::new();
    assert_eq!(
        world.names(&["list", "--owner", "team-a"]),
        [
            "component:default/list",
            "component:default/payments",
            "system:default/payments"
        ]
    );
    assert_eq!(
        world.names(&[
            "list",
            "component",
            "--owner",
            "Team-A",
            "--include-children"
        ]),
        [
            "component:default/hostile",
            "component:default/list",
            "component:default/orders",
            "component:default/payments"
        ]
    );
    let (code, error) = world.failure(&["list", "--owner", "team-x"]);
    assert_eq!(code, 3);
    assert!(
        error.contains("did you mean group:default/team-"),
        "{error}"
    );
}

#[test]
fn json_is_what_backstages_api_serves() {
    let world = World::new();
    let listed = world.json(&[
        "list",
        "component",
        "--filter",
        "metadata.name=payments",
        "-o",
        "json",
    ]);
    let shown = world.json(&["show", "component:payments", "-o", "json"]);
    assert_eq!(listed, json!([shown.clone()]));
    assert_eq!(shown["apiVersion"], "backstage.io/v1alpha1");
    assert_eq!(shown["metadata"]["namespace"], "default");
    assert_eq!(shown["metadata"]["name"], "Payments");
    assert_eq!(
        shown["metadata"]["annotations"],
        json!({
            "backstage.io/managed-by-location": "file:/acme/catalog-info.yaml",
            "backstage.io/managed-by-origin-location": "file:/acme/catalog-info.yaml",
        })
    );
    assert!(shown["metadata"]["uid"].is_string() && shown["metadata"]["etag"].is_string());
    assert_eq!(
        shown["relations"],
        json!([
            {"type": "dependsOn", "targetRef": "resource:default/gone"},
            {"type": "ownedBy", "targetRef": "group:default/team-a"},
            {"type": "partOf", "targetRef": "system:default/shop"},
        ])
    );
    assert_eq!(shown.get("status"), None);
}

#[test]
fn yaml_says_the_same_as_json() {
    let world = World::new();
    let json = world.json(&["show", "orders", "-o", "json"]);
    let text = world.out(&["show", "orders", "-o", "yaml"]);
    let documents = callboard::catalog::yaml::parse(&text, &YamlLimits::default());
    assert_eq!(documents[0].content.as_ref().unwrap(), &json);
}

#[test]
fn nothing_hostile_reaches_standard_output_raw_and_json_keeps_every_value() {
    let world = World::new();
    for args in [
        &["list"][..],
        &["list", "-o", "wide"],
        &["list", "-o", "json"],
        &["list", "-o", "yaml"],
        &["list", "-o", "name"],
        &["show", "hostile"],
        &["show", "hostile", "-o", "json"],
        &["show", "hostile", "-o", "yaml"],
        &["search", "hostile"],
        &["search", "hostile", "-o", "json"],
        &["show", "hostile-owner"],
        &["show", "hostile-owner", "-o", "json"],
        &["show", "hostile-owner", "-o", "yaml"],
        &["list", "-o", "wide", "--query", "hostile"],
        &["--color", "always", "list", "component"],
        &["--color", "always", "show", "hostile-owner"],
    ] {
        let text = world.out(args);
        assert!(text.contains("hostile"), "{args:?}");
        assert!(!text.contains(is_raw), "{args:?}: {text:?}");
    }
    let shown = world.json(&["show", "hostile", "-o", "json"]);
    assert_eq!(
        shown["metadata"]["title"],
        "a\u{1b}[31m\u{1b}]52;c;eA==\u{7}b\u{202e}c"
    );
    assert_eq!(shown["spec"]["type"], "ser\u{1b}vice");
    assert_eq!(
        shown["metadata"]["annotations"]["acme.example/note"],
        "n\u{1b}]52;c;eA==\u{7}o\u{2066}te\u{7f}"
    );
    assert_eq!(
        shown["metadata"]["links"][0],
        json!({
            "url": "https://example.com/\u{1b}[31m\u{202e}x",
            "title": "li\u{1b}[31mnk\u{202e}",
            "icon": "i\u{1b}con",
        })
    );
    let yaml = world.out(&["show", "hostile", "-o", "yaml"]);
    let documents = callboard::catalog::yaml::parse(&yaml, &YamlLimits::default());
    assert_eq!(documents[0].content.as_ref().unwrap(), &shown);
    let owned = world.json(&["show", "hostile-owner", "-o", "json"]);
    assert_eq!(owned["spec"]["owner"], "te\u{1b}]52;c;eA==\u{7}am\u{202e}");
}

/// Hostile text in every field that a file has, most of which makes its entity invalid.
const HOSTILE_FILE: &str = r#"
apiVersion: "backstage.io/v1alpha1"
kind: "Comp\e[31monent"
metadata: {name: "na\e]52;c;eA==\ame"}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: "na\e]52;c;eA==\ame\u202e"
  namespace: "n\e[31ms"
  title: "ti\e[31mtle"
  tags: ["t\e[31mag\u202e"]
  labels: {"l\e[31m": "v\x9b"}
  annotations: {"a\e[31mb\u202e": "x\x9by"}
  links: [{"url": "u\e]52;c;eA==\a"}]
spec: {type: "s\e[31m", lifecycle: x, owner: "o\u202e", "k\e[31m": 1}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: fine, description: {"not\e[31m": text}}
spec: {type: service, lifecycle: x, owner: "a:b:c\e[31m"}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: twice, "name\e[31m": 1}
spec: {$text: "./no\e[31msuch\u202e"}
---
"a\e[31m": [
"#;

#[test]
fn what_is_said_about_a_hostile_file_is_clean() {
    let world = World::empty();
    let at = world.folder.path();
    write(at, "acme/catalog-info.yaml", HOSTILE_FILE);
    write(
        at,
        "acme/mkdocs.yml",
        "site_name: x\nnav: {\"a\\e[31m\": \"b\\e]52;c;x\\a\"}\n\"k\\e[31m\": [\n",
    );
    write(
        at,
        "config/callboard/config.yaml",
        "catalog:\n  locations:\n    - {type: file, target: ../../acme/catalog-info.yaml}\n",
    );
    for args in [
        &["validate", "acme"][..],
        &["validate", "acme", "-o", "json"],
        &["sync"],
        &["sync", "-v"],
        &["sync", "--full", "-o", "json"],
        &["list", "-o", "wide"],
        &["search", "is:invalid"],
        &["list", "-o", "json"],
        &["doctor", "--offline"],
        &["doctor", "--offline", "-o", "json"],
    ] {
        let output = world.run(args);
        let (out, err) = (
            String::from_utf8(output.stdout.clone()).unwrap(),
            stderr(&output),
        );
        let silent = out.is_empty() && err.is_empty();
        assert!(!silent || args[0] == "list", "{args:?}");
        assert!(!out.contains(is_raw), "{args:?}: {out:?}");
        assert!(!err.contains(is_raw), "{args:?}: {err:?}");
        if args.contains(&"json") {
            serde_json::from_str::<Value>(&out).unwrap();
        }
    }
    let found = world.run(&["validate", "acme", "-o", "json"]);
    let found: Value = serde_json::from_slice(&found.stdout).unwrap();
    assert!(found.as_array().unwrap().len() > 4, "{found}");
}

#[test]
fn a_hostile_configuration_is_told_clean() {
    let world = World::empty();
    write(
        world.folder.path(),
        "config/callboard/config.yaml",
        "organization: {name: \"o\\e]52;c;eA==\\arg\"}\ncallboard:\n  \"th\\e[31meme\": x\n  theme: \"n\\e[31mo\\u202e\"\n\
         integrations: {github: [{host: \"h\\e[31m.example\", token: \"${NO\\e[31mPE}\"}]}\n",
    );
    for args in [
        &["doctor", "--offline"][..],
        &["doctor", "--offline", "-o", "json"],
        &["config", "show"],
        &["config", "show", "-o", "json"],
        &["auth", "status", "--offline"],
        &["keys"],
        &["themes"],
        &["sync"],
    ] {
        let output = world.run(args);
        let all = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            stderr(&output)
        );
        let said: String = all.chars().filter(|&c| c != '\t').collect();
        assert!(!said.contains(is_raw), "{args:?}: {said:?}");
    }
}

#[test]
fn a_configuration_file_that_is_named_and_missing_is_told_by_every_command() {
    let world = World::new();
    for command in [
        &["list"][..],
        &["show", "payments"],
        &["keys"],
        &["validate", "."],
    ] {
        let mut args = vec!["--config", "missing.yaml"];
        args.extend(command);
        let (code, error) = world.failure(&args);
        assert_eq!(code, 1, "{args:?}");
        assert!(
            error.contains("missing.yaml: the file does not exist"),
            "{error}"
        );
    }
}

#[test]
fn an_error_that_repeats_a_hostile_argument_repeats_it_clean() {
    let world = World::new();
    const EVIL: &str = "nob\u{1b}[31mody\u{1b}]52;c;eA==\u{7}\u{202e}\u{9b}2J";
    let own = |prefix: &str| format!("{prefix}{EVIL}");
    for (expected, args) in [
        (3, vec!["show", EVIL]),
        (3, vec!["list", EVIL]),
        (3, vec!["list", "--owner", EVIL]),
        (2, vec!["list", "--filter", &own("=")]),
        (2, vec!["list", "-o", EVIL]),
        (2, vec![&own("--"), "list"]),
        (2, vec!["completions", EVIL]),
        (2, vec![EVIL, "list"]),
        (1, vec!["validate", EVIL]),
        (1, vec!["--config", EVIL, "config", "show"]),
        (6, vec!["--cache-dir", EVIL, "list"]),
    ] {
        let (code, error) = world.failure(&args);
        assert_eq!(code, expected, "{args:?}: {error}");
        assert!(!error.contains(is_raw), "{args:?}: {error:?}");
    }
}

#[test]
fn a_reference_of_two_kinds_is_ambiguous_and_one_of_none_is_not_found() {
    let world = World::new();
    let (code, error) = world.failure(&["show", "payments"]);
    assert_eq!(code, 4);
    assert!(
        error.contains("component:default/payments") && error.contains("system:default/payments")
    );
    let (code, error) = world.failure(&["show", "paymnets"]);
    assert_eq!(code, 3);
    assert!(
        error.starts_with("error: ") && error.contains("\nhint: did you mean"),
        "{error}"
    );
    let (code, _) = world.failure(&["show", "a:b:c"]);
    assert_eq!(code, 2);
}

#[test]
fn the_text_of_an_entity_tells_owner_relations_and_what_is_missing() {
    let world = World::new();
    let text = world.out(&["show", "component:payments"]);
    for part in [
        "component:default/payments",
        "결제",
        "group:default/team-a",
        "resource:default/gone",
        "not found",
        "java, critical",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let problem = text.lines().find(|line| line.contains("warning")).unwrap();
    assert!(problem.contains("catalog-info.yaml:8:"), "{problem}");
}

#[test]
fn a_query_may_hold_words_that_begin_with_a_dash() {
    let world = World::new();
    let refs = |args: &[&str]| -> Vec<String> {
        let found = world.json(args);
        let found = found.as_array().unwrap();
        found
            .iter()
            .map(|f| f["ref"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        refs(&[
            "search",
            "kind:component",
            "-tag:java",
            "-hostile",
            "-o",
            "json"
        ]),
        ["component:default/list", "component:default/orders"]
    );
    assert_eq!(
        refs(&["search", "-o", "json", "--limit", "1", "payments"]).len(),
        1
    );
    assert_eq!(
        world.names(&["list", "--query", "-tag:java kind:component owner:team-a"]),
        ["component:default/list"]
    );
}

#[test]
fn search_ranks_a_limit_as_it_ranks_everything() {
    let world = World::new();
    let all = world.json(&["search", "pay", "-o", "json", "--limit", "0"]);
    let one = world.json(&["search", "pay", "-o", "json", "--limit", "1"]);
    assert_eq!(all[0], one[0]);
    assert!(all[0]["score"].as_u64().unwrap() > 0);
}

#[test]
fn a_query_that_finds_nothing_is_no_failure() {
    let world = World::new();
    assert_eq!(
        world.json(&["search", "xyzzyplugh", "-o", "json"]),
        json!([])
    );
}

#[test]
fn an_empty_cache_is_told_with_its_own_exit_code() {
    let world = World::empty();
    for args in [
        &["list"][..],
        &["search", "x"],
        &["show", "x"],
        &["list", "--offline"],
    ] {
        let (code, error) = world.failure(args);
        assert_eq!(code, 6, "{args:?}");
        assert!(error.contains("callboard sync"), "{error}");
    }
}

#[test]
fn wrong_usage_is_told_on_standard_error() {
    let world = World::new();
    for args in [
        &["list", "--no-such-flag"][..],
        &["show"],
        &["list", "--filter", "=x"],
        &["list", "--filter", ""],
        &["list", "--filter", "kind=component", "--filter", ","],
        &["list", "--include-children"],
        &["completions", "tcsh-of-old"],
        &["orders", "list"],
    ] {
        let (code, error) = world.failure(args);
        assert_eq!(code, 2, "{args:?}");
        assert!(error.starts_with("error: "), "{args:?}: {error}");
    }
}

#[test]
fn an_unknown_kind_is_answered_with_the_nearest() {
    let world = World::new();
    let (code, error) = world.failure(&["list", "compnent"]);
    assert_eq!(code, 3);
    assert!(error.contains("did you mean Component?"), "{error}");
}

#[test]
fn a_wide_list_has_system_tags_and_file_and_is_whole_in_a_pipe() {
    let world = World::new();
    let text = world.out(&["list", "component", "-o", "wide"]);
    let mut lines = text.lines();
    let heading = lines.next().unwrap();
    for column in ["SYSTEM", "TAGS", "LOCATION", "OWNER", "LIFECYCLE"] {
        assert!(heading.contains(column), "{column} in {heading}");
    }
    let row = lines.find(|line| line.starts_with("Payments")).unwrap();
    for cell in ["shop", "java,critical", "file:/acme/catalog-info.yaml"] {
        assert!(row.contains(cell), "{cell} in {row}");
    }
}

#[test]
fn without_a_terminal_there_is_help_and_not_the_interface() {
    let world = World::new();
    let (code, error) = world.failure(&[]);
    assert_eq!(code, 2);
    assert!(
        error.contains("Usage:") && error.contains("search"),
        "{error}"
    );
    assert_eq!(world.failure(&["demo"]).0, 2);
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let world = World::new();
    let mut child = world
        .command(&["list", "-o", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(stderr(&output), "");
    let mut child = world
        .command(&["man"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    let mut pipe = BufReader::with_capacity(16, child.stdout.take().unwrap());
    pipe.read_line(&mut first).unwrap();
    drop(pipe);
    assert_eq!(stderr(&child.wait_with_output().unwrap()), "");
}

#[test]
fn help_names_every_command_and_goes_to_standard_output() {
    let world = World::empty();
    let help = world.out(&["--help"]);
    for command in [
        "sync",
        "list",
        "search",
        "show",
        "docs",
        "runbook",
        "validate",
        "locations",
        "auth",
        "config",
        "keys",
        "themes",
        "doctor",
        "completions",
        "man",
        "demo",
    ] {
        assert!(
            help.lines()
                .any(|line| line.trim_start().starts_with(command)),
            "{command}"
        );
        let own = world.out(&[command, "--help"]);
        assert!(own.contains("Usage: callboard"), "{command}: {own}");
    }
    assert!(world.out(&["--version"]).starts_with("callboard "));
}

#[test]
fn completions_and_the_manual_need_no_cache() {
    let world = World::empty();
    for shell in ["bash", "zsh", "fish"] {
        assert!(
            world.out(&["completions", shell]).contains("callboard"),
            "{shell}"
        );
    }
    assert!(
        world.out(&["man"]).starts_with(".ie") || world.out(&["man"]).contains(".TH callboard")
    );
}

#[test]
fn doctor_works_offline_on_an_empty_machine_and_speaks_json() {
    let world = World::empty();
    let checks = world.json(&["doctor", "--offline", "-o", "json"]);
    let sections: Vec<&str> = checks
        .as_array()
        .unwrap()
        .iter()
        .map(|check| check["section"].as_str().unwrap())
        .collect();
    for section in [
        "Terminal",
        "Folders",
        "Configuration",
        "Identity",
        "Cache",
        "Programs",
    ] {
        assert!(sections.contains(&section), "{section}");
    }
    assert!(
        !world.folder.path().join("state").exists(),
        "doctor changes nothing"
    );
}

#[test]
fn doctor_tells_unset_variables_and_that_it_asked_nobody_offline() {
    let world = World::new();
    write(
        world.folder.path(),
        "config/callboard/config.yaml",
        "backend: {baseUrl: '${CALLBOARD_TEST_NOT_SET}'}\n\
         integrations: {github: [{host: github.com, token: ghp_kept_to_itself}]}\n",
    );
    let output = world.run(&["doctor", "--offline", "-o", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains("ghp_kept_to_itself"));
    let checks: Value = serde_json::from_str(&text).unwrap();
    let of = |section: &str, name: &str| {
        checks
            .as_array()
            .unwrap()
            .iter()
            .find(|check| check["section"] == section && check["name"] == name)
            .unwrap_or_else(|| panic!("{section} {name} in {text}"))
    };
    let variable = of("Configuration", "variable");
    assert_eq!(variable["status"], "warning");
    assert!(
        variable["value"]
            .as_str()
            .unwrap()
            .starts_with("CALLBOARD_TEST_NOT_SET is not set (")
    );
    let identity = of("Identity", "github.com");
    assert_eq!(
        identity["value"],
        "token of the configuration, not checked (--offline)"
    );
    let age = of("Cache", "data as of")["value"].as_str().unwrap();
    assert!(age.starts_with("1970-01-01T00:00:01Z, "), "{age}");
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn validate_tells_place_and_reason_and_fails() {
    let world = World::empty();
    let at = world.folder.path();
    write(at, "good/catalog-info.yaml", CATALOG);
    write(
        at,
        "bad/catalog-info.yaml",
        "apiVersion: backstage.io/v1alpha1\nkind: System\nmetadata:\n  name: a b\nspec: {owner: o}\n",
    );
    write(at, "bad/mkdocs.yml", "site_name: x\nnav: {a: b}\n");
    assert_eq!(world.out(&["validate", "good"]), "");
    let output = world.run(&["validate", "."]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    let (warnings, lines): (Vec<&str>, Vec<&str>) =
        text.lines().partition(|line| line.contains(": warning: "));
    // With a second file there is something to look references up in.
    assert!(
        warnings.len() > 3
            && warnings
                .iter()
                .all(|line| line.contains("not in the catalog")),
        "{text}"
    );
    assert_eq!(lines.len(), 2, "{text}");
    assert!(
        lines[0].starts_with("./bad/catalog-info.yaml:4:9: "),
        "{text}"
    );
    assert!(
        lines[1].starts_with("./bad/mkdocs.yml:2:6: nav must be a list"),
        "{text}"
    );
    let output = world.run(&["validate", "bad/catalog-info.yaml", "-o", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found[0]["line"], 4);
    assert_eq!(found[0]["column"], 9);
    assert_eq!(found[0]["severity"], "error");
    assert_eq!(found[0]["path"], "bad/catalog-info.yaml");
}

#[test]
fn validate_passes_every_valid_file_of_the_corpus() {
    let (Some(corpus), Some(vectors)) = (
        super::shared::folder("corpus/catalog"),
        super::shared::folder("vectors/catalog"),
    ) else {
        return;
    };
    let world = World::empty();
    let mut checked = 0;
    for vector in super::shared::files(&vectors, &[".json"]) {
        let value: Value = serde_json::from_slice(&fs::read(&vector).unwrap()).unwrap();
        let folder = corpus.join(vector.file_stem().unwrap());
        let folder = folder.to_str().unwrap();
        // Backstage names a file once for a reference; a skeleton's `${{ values.name }}` stands in several.
        let is_known = |path: &str, message: &str| {
            // Of an entity that two files give, Backstage serves one and names the other in its log alone.
            message.contains("${{")
                || message.contains("is already given by")
                || value["errors"].as_array().unwrap().iter().any(|error| {
                    error["location"]
                        .as_str()
                        .unwrap()
                        .replace("file:<DIR>", folder)
                        == path
                })
        };
        let output = world.run(&["validate", folder, "--output", "json"]);
        let found: Value = serde_json::from_slice(&output.stdout).unwrap();
        for finding in found.as_array().unwrap() {
            let (path, message) = (
                finding["path"].as_str().unwrap(),
                finding["message"].as_str().unwrap(),
            );
            assert!(
                finding["severity"] == "warning" || is_known(path, message),
                "{finding}"
            );
        }
        checked += 1;
    }
    assert!(checked > 10, "{checked} repositories");
}

#[test]
fn the_sample_organisation_has_just_the_problems_it_means_to_have() {
    let world = World::empty();
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("demo");
    let output = world.run(&["validate", demo.to_str().unwrap()]);
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(
        lines[0].contains("crew/catalog-info.yaml:8:1: ") && lines[0].contains("lifecycle"),
        "{text}"
    );
    assert!(
        lines[1].contains("warning: dependsOn refers to resource:default/ledger-archive"),
        "{text}"
    );
}

#[test]
fn what_was_never_good_is_no_entity_but_show_says_what_is_wrong() {
    let world = World::new();
    let dir = world.folder.path().join("cache");
    let mut cache = Cache::open(&dir, OpenMode::ReadWrite).unwrap().cache;
    let rules = Rules::standard(Vec::new());
    let parsed = file::read(
        b"apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: half}\nspec: {type: x, owner: o}\n",
        &FileContext {
            location: "file:/half/catalog-info.yaml",
            origin: "file:/half/catalog-info.yaml",
            view_url: None,
            edit_url: None,
            source_location: None,
            rules: &rules,
            trust: Trust::Configured,
            limits: YamlLimits::default(),
        },
    );
    cache
        .replace_unit(&UnitRecord {
            source: "file".into(),
            unit: "half".into(),
            state: Value::Null,
            files: vec![parsed.file],
        })
        .unwrap();
    drop(cache);
    for args in [
        &["list", "-o", "name"][..],
        &["list", "-o", "json"],
        &["list", "--query", "half", "-o", "name"],
        &["search", "half", "-o", "json"],
    ] {
        let output = world.run(args);
        assert!(output.status.success(), "{args:?}");
        let out = String::from_utf8(output.stdout.clone()).unwrap();
        assert!(!out.contains("default/half"), "{args:?}: {out}");
    }
    let output = world.run(&["search", "is:invalid"]);
    assert!(
        stderr(&output).contains("callboard show component:default/half"),
        "{}",
        stderr(&output)
    );
    for args in [&["show", "half"][..], &["show", "half", "-o", "json"]] {
        let output = world.run(args);
        assert_eq!(output.status.code(), Some(1));
        assert!(output.stdout.is_empty());
        let err = stderr(&output);
        assert!(
            err.contains("/half/catalog-info.yaml:4:") && err.contains("lifecycle"),
            "{err}"
        );
    }
}

#[test]
fn a_list_of_nothing_says_why_on_standard_error() {
    let world = World::new();
    for args in [
        &["list", "--filter", "spec.type=nothing"][..],
        &["list", "--filter", "spec.type=nothing", "-o", "name"],
        &["list", "--query", "zqxjzqxj"],
    ] {
        let output = world.run(args);
        assert!(output.status.success(), "{args:?}");
        assert_eq!(stderr(&output), "nothing matches\n", "{args:?}");
    }
    let json = world.run(&["list", "--filter", "spec.type=nothing", "-o", "json"]);
    assert_eq!(
        (json.stdout.as_slice(), stderr(&json)),
        (&b"[]\n"[..], String::new())
    );
}

#[test]
fn a_first_sync_that_failed_is_told_by_what_finds_no_cache() {
    let world = World::empty();
    let dir = world.folder.path().join("cache");
    let mut checked = Checked::default();
    checked.sources.insert(
        "github".into(),
        SourceCheck {
            failure: Some("no connection".into()),
            ..SourceCheck::default()
        },
    );
    fs::create_dir_all(&dir).unwrap();
    checked.write(&dir).unwrap();
    let (code, error) = world.failure(&["list"]);
    assert_eq!(code, 6);
    assert!(
        error.contains("the last sync failed: github: no connection"),
        "{error}"
    );
}

#[test]
fn files_are_checked_against_each_other_and_against_the_cache() {
    let world = World::new();
    let system = |name: &str, owner: &str| {
        format!(
            "apiVersion: backstage.io/v1alpha1\nkind: System\nmetadata:\n  name: {name}\nspec:\n  owner: {owner}\n"
        )
    };
    let write = |path: &str, text: &str| fs::write(world.folder.path().join(path), text).unwrap();
    write("a.yaml", &system("new", "team-a"));
    write("b.yaml", &system("New", "team-gone"));
    // What the cache has counts.
    assert_eq!(world.out(&["validate", "a.yaml"]), "");
    assert_eq!(
        world.out(&["validate", "b.yaml"]),
        "b.yaml:6:10: warning: owner refers to group:default/team-gone, which is not in the catalog\n"
    );
    let both = world.run(&["validate", "a.yaml", "./a.yaml", "b.yaml", "-o", "json"]);
    assert_eq!(both.status.code(), Some(1));
    let both: Value = serde_json::from_slice(&both.stdout).unwrap();
    assert_eq!(both.as_array().unwrap().len(), 2, "{both}");
    assert_eq!(
        both[0],
        json!({
            "path": "b.yaml", "line": 4, "column": 9, "entityRef": "system:default/new", "severity": "error",
            "message": "Entity system:default/new is already given by a.yaml:4:9, which keeps it",
        })
    );
    // A single file with no cache has nothing to look its references up in.
    let nowhere = world.folder.path().join("nowhere");
    let mut alone = world.command(&["validate", "b.yaml"]);
    let alone = alone.env("CALLBOARD_CACHE_DIR", nowhere).output().unwrap();
    assert!(alone.status.success() && alone.stdout.is_empty());
}
