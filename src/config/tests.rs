//! What loading a configuration promises.

use std::path::Path;
use std::time::Duration;

use super::*;

/// Folders of files, and the environment.
struct Files {
    dir: tempfile::TempDir,
    env: Vec<(&'static str, &'static str)>,
}

impl Files {
    fn new(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            std::fs::write(path, text).expect("a file");
        }
        Self {
            dir,
            env: Vec::new(),
        }
    }

    fn with_env(mut self, env: &[(&'static str, &'static str)]) -> Self {
        self.env = env.to_vec();
        self
    }

    fn try_load(&self, names: &[&str]) -> Result<Config, ConfigError> {
        let env = |name: &str| {
            self.env
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        };
        let named: Vec<PathBuf> = names
            .iter()
            .map(|name| self.dir.path().join(name))
            .collect();
        Config::load(LoadOptions::new(None, &named, &env))
    }

    fn load(&self, names: &[&str]) -> Config {
        self.try_load(names).expect("it loads")
    }
}

fn one(text: &str) -> Config {
    Files::new(&[("a.yaml", text)]).load(&["a.yaml"])
}

fn messages(config: &Config) -> Vec<String> {
    config
        .problems()
        .iter()
        .map(|problem| {
            let line = problem.origin.as_ref().map_or(0, |origin| origin.line);
            let hint = problem.hint.as_deref().unwrap_or("-");
            format!("{line}: {} ({hint})", problem.message)
        })
        .collect()
}

#[test]
fn mappings_merge_and_lists_and_scalars_replace() {
    let files = Files::new(&[
        (
            "a.yaml",
            "organization: {name: One}\nbackend: {baseUrl: 'http://a/'}\ncatalog:\n  locations: [{type: url, target: one}, {type: url, target: two}]\n",
        ),
        (
            "b.yaml",
            "organization: {name: Two}\ncatalog:\n  locations: [{type: url, target: three}]\n  import: {entityFilename: c.yaml}\n",
        ),
    ]);
    let config = files.load(&["a.yaml", "b.yaml"]);
    assert_eq!(config.organization_name(), Some("Two"));
    assert_eq!(
        config.settings().backend_base_url.as_deref(),
        Some("http://a")
    );
    let targets: Vec<_> = config
        .locations()
        .iter()
        .map(|location| location.target.as_str())
        .collect();
    assert_eq!(targets, ["three"]);
    assert_eq!(config.entity_filename(), "c.yaml");
    assert_eq!(messages(&config), [""; 0]);
}

#[test]
fn null_removes_what_lies_below_and_an_unset_variable_lets_it_through() {
    let files = Files::new(&[
        (
            "a.yaml",
            "organization: {name: One}\nbackend: {baseUrl: http://a}\n",
        ),
        (
            "b.yaml",
            "organization: {name: '${NONE}'}\nbackend: {baseUrl: null}\n",
        ),
    ]);
    let config = files.load(&["a.yaml", "b.yaml"]);
    assert_eq!(config.organization_name(), Some("One"));
    assert_eq!(config.settings().backend_base_url, None);
    let unset: Vec<_> = config
        .unset_variables()
        .iter()
        .map(|unset| (unset.name.as_str(), unset.key.as_str()))
        .collect();
    assert_eq!(unset, [("NONE", "organization.name")]);
}

#[test]
fn only_keys_that_callboard_reads_are_resolved() {
    let config = one("\
techRadar: {url: '${RADAR}', secret: {$file: /nowhere}, other: {$include: none.yaml}}
backend:
  database: {connection: {password: '${POSTGRES_PASSWORD}', $file: x}}
organization: {name: '${ORG:-Here}'}
");
    assert_eq!(messages(&config), [""; 0]);
    assert!(config.unset_variables().is_empty());
    assert_eq!(config.organization_name(), Some("Here"));
}

#[test]
fn values_come_from_variables_files_and_other_files_relative_to_the_one_that_says_so() {
    let files = Files::new(&[
        ("a.yaml", "integrations:\n  github:\n    - host: github.com\n      token: {$env: TOKEN}\n      apps:\n        - $include: secrets/app.yaml\ncatalog: {$include: 'parts/catalog.yaml#some.place'}\n"),
        ("secrets/app.yaml", "appId: 7\nprivateKey: {$file: ./key.pem}\nclientId: '${CLIENT}'\n"),
        ("secrets/key.pem", "-----BEGIN\\nabc\n\n"),
        ("parts/catalog.yaml", "some: {place: {locations: [{type: file, target: ./x.yaml}]}}\n"),
    ])
    .with_env(&[("TOKEN", " ghp_1\n"), ("CLIENT", "Iv1")]);
    let config = files.load(&["a.yaml"]);
    assert_eq!(messages(&config), [""; 0]);
    let [github] = config.github_integrations() else {
        panic!("one integration")
    };
    assert_eq!(github.token.as_ref().map(Secret::expose), Some("ghp_1"));
    let [app] = github.apps.as_slice() else {
        panic!("one App")
    };
    assert_eq!(
        (
            app.app_id,
            app.private_key.expose(),
            app.client_id.as_deref()
        ),
        (7, "-----BEGIN\nabc", Some("Iv1"))
    );
    let [location] = config.locations() else {
        panic!("one location")
    };
    assert_eq!(location.base_dir, files.dir.path().join("parts"));
    assert!(
        location.origin.file.ends_with("parts/catalog.yaml"),
        "{}",
        location.origin
    );
}

#[test]
fn a_reference_that_leads_nowhere_is_an_error_at_its_place() {
    let config = one("\
integrations:
  github:
    - host: github.com
      token: {$file: missing.txt}
      apps:
        - {$include: missing.yaml}
organization: {$include: a.txt}
backend: {baseUrl: {$env: A, other: 1}}
");
    let found = messages(&config).join("\n");
    assert_eq!(config.problems().len(), 4, "{found}");
    for part in [
        "4: `integrations.github[0].token` refers to",
        "6: `integrations.github[0].apps[0]`",
        "only .yaml",
        "no other key may stand beside `$env`",
    ] {
        assert!(found.contains(part), "{part} in\n{found}");
    }
    assert!(config.has_errors());
}

#[test]
fn files_that_include_one_another_for_ever_are_an_error() {
    let files = Files::new(&[
        ("a.yaml", "organization: {name: {$include: 'b.yaml'}}"),
        ("b.yaml", "{$include: b.yaml}"),
    ]);
    let config = files.load(&["a.yaml"]);
    assert_eq!(config.problems().len(), 1, "{:?}", messages(&config));
    assert_eq!(config.organization_name(), None);
    let files = Files::new(&[("a.yaml", "{$include: a.yaml}")]);
    assert!(files.load(&["a.yaml"]).has_errors());
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_with_its_place() {
    let files = Files::new(&[
        ("a.yaml", "a: 1\nb: [secret\n"),
        ("b.yaml", "- list\n"),
        ("c.yaml", "a: \u{1}"),
    ]);
    std::fs::write(files.dir.path().join("d.yaml"), b"a: \xff\xfe").expect("written");
    let error = |name| files.try_load(&[name]).expect_err("an error");
    assert_eq!(error("none.yaml").kind, ConfigErrorKind::NotFound);
    let syntax = error("a.yaml");
    assert_eq!(syntax.kind, ConfigErrorKind::Syntax);
    assert!(
        syntax.position.is_some() && !syntax.to_string().contains("secret"),
        "{syntax}"
    );
    assert_eq!(error("b.yaml").kind, ConfigErrorKind::NotAMapping);
    assert_eq!(error("d.yaml").kind, ConfigErrorKind::Unreadable);
    assert_eq!(error("").kind, ConfigErrorKind::Unreadable, "a folder");
    assert!(!error("none.yaml").hint().is_empty());
    assert!(files.try_load(&[]).is_ok());
}

#[test]
fn the_users_own_file_need_not_exist_and_lies_below_the_named_ones() {
    let files = Files::new(&[
        (
            "own/config.yaml",
            "organization: {name: Own}\ncallboard: {theme: dark}\n",
        ),
        ("a.yaml", "organization: {name: Named}\n"),
    ]);
    let none = |_: &str| None;
    let named = [files.dir.path().join("a.yaml")];
    let own = files.dir.path().join("own");
    let config = Config::load(LoadOptions::new(Some(&own), &named, &none)).expect("loads");
    assert_eq!(config.organization_name(), Some("Named"));
    assert_eq!(
        config.callboard().theme,
        Some(NameOrFile::Name("dark".into()))
    );
    let config =
        Config::load(LoadOptions::new(Some(Path::new("/nowhere")), &named, &none)).expect("loads");
    assert_eq!(
        config
            .files()
            .iter()
            .map(|(_, exists)| *exists)
            .collect::<Vec<_>>(),
        [false, true]
    );
}

#[test]
fn one_provider_or_a_map_of_them() {
    let config = one(
        "catalog: {providers: {github: {organization: my-org, catalogPath: /x/*.yaml, filters: {branch: main}}}}\n",
    );
    let [provider] = config.github_providers() else {
        panic!("one provider")
    };
    assert_eq!(
        (
            provider.id.as_str(),
            provider.organization.as_str(),
            provider.host.as_str()
        ),
        ("default", "my-org", "github.com")
    );
    assert_eq!(provider.filters.branch.as_deref(), Some("main"));
    assert!(provider.filters.allow_forks && !provider.filters.allow_archived);

    let config = one("\
catalog:
  providers:
    github:
      first:
        organization: one
        filters:
          repository: '^(?!archived-).*$'
          topic: {include: [a, 2024], exclude: [b]}
          allowForks: 'false'
          visibility: [public, internal]
        schedule: {frequency: {minutes: 30}, timeout: PT5M, initialDelay: 15 seconds}
      second: {organization: two, host: GHE.example.com, schedule: {frequency: {cron: '0 * * * *'}, timeout: {minutes: 1}}}
");
    assert_eq!(messages(&config), [""; 0]);
    let [first, second] = config.github_providers() else {
        panic!("two providers")
    };
    assert!(
        first
            .filters
            .repository
            .as_ref()
            .is_some_and(|pattern| !pattern.matches("archived-x"))
    );
    assert_eq!(first.filters.topic_include, ["a", "2024"]);
    assert!(!first.filters.allow_forks);
    let schedule = first.schedule.clone().expect("a schedule");
    assert_eq!(
        schedule.frequency,
        Frequency::Every(Duration::from_secs(1800))
    );
    assert_eq!(
        (schedule.timeout, schedule.initial_delay),
        (
            Some(Duration::from_secs(300)),
            Some(Duration::from_secs(15))
        )
    );
    assert_eq!(
        (second.id.as_str(), second.host.as_str()),
        ("second", "ghe.example.com")
    );
    assert_eq!(
        second.schedule.as_ref().map(|schedule| &schedule.frequency),
        Some(&Frequency::Cron("0 * * * *".into()))
    );
}

#[test]
fn organisation_providers_are_one_a_list_or_a_map() {
    for (text, ids, default_namespace) in [
        (
            "{id: one, githubUrl: 'https://github.com/', orgs: [a]}",
            vec!["one"],
            true,
        ),
        (
            "[{id: one, orgs: [a]}, {id: two, githubUrl: https://ghe.example.com}]",
            vec!["one", "two"],
            false,
        ),
        ("{one: {orgs: [a, b]}}", vec!["one"], false),
    ] {
        let config = one(&format!("catalog: {{providers: {{githubOrg: {text}}}}}\n"));
        assert_eq!(messages(&config), [""; 0], "{text}");
        let providers = config.github_org_providers();
        assert_eq!(
            providers
                .iter()
                .map(|provider| provider.id.as_str())
                .collect::<Vec<_>>(),
            ids,
            "{text}"
        );
        assert_eq!(providers[0].default_namespace, default_namespace, "{text}");
        assert_eq!(providers[0].github_url, "https://github.com");
    }
}

#[test]
fn a_provider_without_its_organization_is_left_out_and_says_why() {
    let config = one("\
catalog:
  providers:
    github:
      a: {organisation: my-org}
      b: {organization: '${ORG}'}
      c: {organization: x, filters: {repository: '('}}
      d: {organization: x, filters: {topic: {include: ['${TOPIC}']}}}
      e: {organization: x, filters: {visibility: [pubic]}}
");
    let found = messages(&config);
    let all = found.join("\n");
    assert!(all.contains("4: a provider of GitHub repositories without `organization` (is `organisation` meant to be `organization`?)"), "{all}");
    assert!(all.contains("5: a provider of GitHub repositories without `organization`: the variable ORG is not set (set ORG)"), "{all}");
    assert!(
        all.contains(
            "6: `catalog.providers.github.c.filters.repository` is not a regular expression"
        ),
        "{all}"
    );
    assert!(all.contains("the variable TOPIC is not set"), "{all}");
    assert!(all.contains("did you mean `public`?"), "{all}");
    assert!(config.has_errors());
    let ids: Vec<_> = config
        .github_providers()
        .iter()
        .map(|provider| provider.id.as_str())
        .collect();
    assert_eq!(ids, ["e"]);
}

#[test]
fn github_com_is_always_there_and_a_server_of_ones_own_needs_its_address() {
    let config = one(
        "integrations: {github: [{host: 'ghe.example.com:8443', apiBaseUrl: 'https://ghe.example.com:8443/api/v3/', token: t}]}\n",
    );
    assert_eq!(messages(&config), [""; 0]);
    let hosts: Vec<_> = config
        .github_integrations()
        .iter()
        .map(|github| github.host.as_str())
        .collect();
    assert_eq!(hosts, ["ghe.example.com:8443", "github.com"]);
    let graphql = config.github_integrations()[0].graphql_url();
    assert_eq!(
        graphql.as_deref(),
        Some("https://ghe.example.com:8443/api/graphql")
    );

    let config = one(
        "integrations: {github: [{host: ghe.example.com}, {host: 'https://x.example/'}, {token: '${NONE}'}]}\n",
    );
    let found = messages(&config).join("\n");
    assert!(
        found.contains("the integration of ghe.example.com without `apiBaseUrl`"),
        "{found}"
    );
    assert!(
        found.contains("`integrations.github[1].host` is a host"),
        "{found}"
    );
    assert_eq!(
        config.problems().len(),
        2,
        "an unset token is no problem: {found}"
    );
    assert_eq!(config.unset_variables().len(), 1);
    assert_eq!(
        Config::default().github_integrations(),
        [GithubIntegration::public()]
    );
}

#[test]
fn rules_take_names_and_types_and_warn_of_slips() {
    let config = one("\
catalog:
  rules:
    - allow: [Component, Systems, Gadget, {kind: Resource, spec.type: database}]
    - allow: [Template]
      locations: [{type: url, pattern: 'https://github.com/org/*'}]
  locations:
    - type: url
      target: https://github.com/a/b/blob/main/users.yaml
      rules: [{allow: [User]}]
");
    let rules = config.rules().expect("rules");
    assert_eq!(
        rules[0].allow[3],
        AllowedKind {
            kind: "Resource".into(),
            spec_type: Some("database".into())
        }
    );
    assert_eq!(rules[0].locations, None);
    assert_eq!(rules[1].locations.as_ref().map(Vec::len), Some(1));
    assert_eq!(config.locations()[0].rules[0].allow[0].kind, "User");
    assert_eq!(
        messages(&config),
        ["3: no entity is of the kind `Systems` (did you mean `System`?)"]
    );
    assert!(!config.has_errors());
    assert_eq!(one("catalog: {}\n").rules(), None);
}

#[test]
fn an_unknown_key_of_callboards_own_is_a_warning_and_of_others_nothing() {
    let config = one("\
callboard:
  thme: dark
  zzzzzz: 1
  mouse: yes
  icons: asci
  scaffolder: {identity: integration, kube: {contxt: x}}
someoneElse: {thme: 1}
catalog: {processors: {x: 1}, providers: {gitlab: {a: 1}, github: {x: {organization: o, catalogPth: y, pageSizes: 3}}}}
");
    let found = messages(&config);
    let all = found.join("\n");
    assert_eq!(found.len(), 5, "{all}");
    assert!(
        all.contains("2: callboard does not know the key `callboard.thme` (did you mean `theme`?)"),
        "{all}"
    );
    assert!(
        all.contains("3: callboard does not know the key `callboard.zzzzzz` (known here: "),
        "{all}"
    );
    assert!(all.contains("did you mean `ascii`?"), "{all}");
    assert!(
        all.contains("`callboard.scaffolder.kube.contxt` (did you mean `context`?)"),
        "{all}"
    );
    assert!(all.contains("(did you mean `catalogPath`?)"), "{all}");
    assert!(config.callboard().mouse);
    assert_eq!(
        config.settings().scaffolder.identity,
        ScaffolderIdentity::Integration
    );
}

#[test]
fn a_value_of_the_wrong_type_is_an_error_and_the_rest_counts() {
    let config = one(
        "organization: [x]\nbackend: {baseUrl: {a: 1}}\ncatalog: {locations: {type: file}}\ncallboard: {sync: {auto: perhaps}}\n",
    );
    let all = messages(&config).join("\n");
    assert_eq!(config.problems().len(), 4, "{all}");
    assert!(
        all.contains("1: `organization` is a list, a mapping is wanted"),
        "{all}"
    );
    assert!(
        all.contains("`callboard.sync.auto` is a string, true or false is wanted"),
        "{all}"
    );
    assert!(config.callboard().sync_auto);
}

#[test]
fn names_and_files_of_themes_and_keymaps() {
    let files = Files::new(&[(
        "a.yaml",
        "callboard: {theme: gruvbox, keymap: mine.yaml, oncall: {rota: ~/rota.yaml}}\n",
    )])
    .with_env(&[("HOME", "/home/me")]);
    let config = files.load(&["a.yaml"]);
    assert_eq!(
        config.callboard().theme,
        Some(NameOrFile::Name("gruvbox".into()))
    );
    assert_eq!(
        config.callboard().keymap,
        Some(NameOrFile::File(files.dir.path().join("mine.yaml")))
    );
    assert_eq!(
        config.callboard().oncall_rota.as_deref(),
        Some(Path::new("/home/me/rota.yaml"))
    );
}

#[test]
fn the_client_id_for_signing_in_belongs_to_its_host() {
    let config = one("\
auth:
  environment: production
  providers:
    github:
      development: {clientId: dev}
      production: {clientId: prod, clientSecret: s}
      server: {clientId: ghe, enterpriseInstanceUrl: 'https://ghe.example.com:8443/'}
");
    assert_eq!(config.auth_client_id("github.com"), Some("prod"));
    assert_eq!(config.auth_client_id("ghe.example.com:8443"), Some("ghe"));
    assert_eq!(config.auth_client_id("other.example.com"), None);
    let config = one("callboard: {auth: {clientId: own}}\n");
    assert_eq!(config.auth_client_id("github.com"), Some("own"));
    assert_eq!(config.auth_client_id("ghe.example.com"), None);
}

#[test]
fn secrets_are_masked_wherever_they_stand() {
    let files = Files::new(&[("a.yaml", "\
integrations: {github: [{host: github.com, token: '${TOKEN}', apps: [{appId: 1, privateKey: sss1, webhookSecret: sss2}]}]}
auth: {providers: {github: {development: {clientId: visible, clientSecret: sss3}}}}
backend:
  auth: {keys: [{secret: sss4}]}
  database: {connection: {password: sss5, user: '${PGUSER}', host: 'postgres://u:sss6@h/d'}}
proxy: {/x: {headers: {Authorization: 'Bearer sss7'}}}
slack: {webhookUrl: 'https://hooks.example/sss8', tokens: [sss9]}
pagerDuty: {apiToken: '${PD:-sss0}'}
other: {apiKey: {$env: NAME_OF_IT}, dsn: '${A:-https://x:sssa@y}'}
")])
    .with_env(&[("TOKEN", "sss_")]);
    let config = files.load(&["a.yaml"]);
    let shown = config.show().expect("something");
    let outputs = [
        shown.to_yaml(true),
        shown.to_yaml(false),
        shown.to_json().to_string(),
        shown.to_json_with_origins().to_string(),
        format!("{config:?}"),
    ];
    for output in &outputs {
        assert!(!output.contains("sss"), "{output}");
    }
    let yaml = &outputs[0];
    for part in ["visible", "${PGUSER}", "NAME_OF_IT", "a.yaml:1"] {
        assert!(yaml.contains(part), "{part} in\n{yaml}");
    }
}

#[test]
fn what_is_shown_as_yaml_reads_back_as_the_same() {
    let config = one("\
organization: {name: \"결제 팀: \\e[31m \\u202ex\"}
other:
  list: [1, 'two', [3, {a: []}], {}, 'yes', '1', '', ' x', 'a: b', '# c', 2024-01-01, null]
  'key: odd': x
");
    let shown = config.show().expect("something");
    let yaml = shown.to_yaml(false);
    assert!(
        !yaml.contains('\u{1b}') && !yaml.contains('\u{202e}'),
        "{yaml}"
    );
    let back = one(&yaml);
    assert_eq!(
        back.show().expect("something").to_json(),
        shown.to_json(),
        "{yaml}"
    );
}

#[test]
fn a_file_full_of_everything_ends_soon() {
    let many: String = (0..40_000)
        .map(|number| format!("  k{number}: {{organization: [x]}}\n"))
        .collect();
    let config = one(&format!(
        "catalog:\n providers:\n  github:\n{}",
        many.replace("  k", "   k")
    ));
    assert!(config.problems().len() <= 100_000);
    assert!(config.has_errors());
    let files = Files::new(&[("a.yaml", "x: 1\n")]);
    std::fs::write(
        files.dir.path().join("big.yaml"),
        vec![b' '; crate::yaml::MAX_BYTES + 1],
    )
    .expect("written");
    assert!(files.try_load(&["big.yaml"]).is_err());
}

#[test]
fn the_configuration_folder_is_the_same_on_every_system() {
    let env = |name: &str| match name {
        "XDG_CONFIG_HOME" => Some("/x".to_owned()),
        _ => None,
    };
    assert_eq!(config_dir(&env), Some(PathBuf::from("/x/callboard")));
    let env = |name: &str| match name {
        "XDG_CONFIG_HOME" => Some("relative".to_owned()),
        "HOME" => Some("/home/me".to_owned()),
        _ => None,
    };
    assert_eq!(
        config_dir(&env),
        Some(PathBuf::from("/home/me/.config/callboard"))
    );
    assert_eq!(config_dir(&|_| None), None);
}

#[test]
fn a_location_with_a_password_is_left_out_and_told_without_it() {
    let config = one(
        "catalog: {locations: [{type: url, target: 'https://u:sss@github.com/a/b/blob/main/c.yaml'}]}\n",
    );
    assert!(config.locations().is_empty());
    let told = messages(&config).join("\n");
    assert!(told.contains("catalog.locations[0].target"), "{told}");
    assert!(!told.contains("sss"), "{told}");
}
