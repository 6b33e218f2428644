//! Configurations of real organisations load, and what concerns callboard in them works.

use std::path::{Path, PathBuf};

use callboard::catalog::Severity;
use callboard::config::{Config, Frequency, LoadOptions};

use crate::shared;

fn load(paths: &[PathBuf], env: &dyn Fn(&str) -> Option<String>) -> Config {
    Config::load(LoadOptions::new(None, paths, env)).unwrap_or_else(|error| panic!("{error}"))
}

fn app_configs(folder: &Path) -> Vec<PathBuf> {
    let mut files = shared::files(folder, &[".yaml", ".yml"]);
    files.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("app-config")
    });
    assert!(
        !files.is_empty(),
        "no app-config below {}",
        folder.display()
    );
    files
}

#[test]
fn every_app_config_of_the_corpus_loads_without_its_environment() {
    for name in ["corpus/app-config", "examples"] {
        let Some(folder) = shared::folder(name) else {
            continue;
        };
        for path in app_configs(&folder) {
            let config = load(std::slice::from_ref(&path), &|_| None);
            for problem in config.problems() {
                assert!(problem.origin.is_some(), "{problem}");
            }
            // What is shown is YAML again, with nothing lost.
            let Some(shown) = config.show() else { continue };
            let again = tempfile::tempdir().unwrap();
            let copy = again.path().join("copy.yaml");
            std::fs::write(&copy, shown.to_yaml(true)).unwrap();
            let back = load(&[copy], &|_| None);
            let back = back
                .show()
                .map(|back| back.to_json()["organization"].clone());
            assert_eq!(
                back,
                Some(shown.to_json()["organization"].clone()),
                "{}",
                path.display()
            );
        }
    }
}

#[test]
fn with_every_variable_set_no_error_of_the_corpus_is_left_but_files_that_are_not_there() {
    let Some(folder) = shared::folder("corpus/app-config") else {
        return;
    };
    let mut errors = Vec::new();
    for path in app_configs(&folder) {
        let config = load(&[path], &|_| Some("1".into()));
        assert!(config.unset_variables().is_empty());
        let wrong = config
            .problems()
            .iter()
            .filter(|problem| problem.severity == Severity::Error);
        errors.extend(wrong.map(ToString::to_string));
    }
    errors.retain(|error| !error.contains("the file does not exist"));
    // One organisation's file has a form of githubOrg that Backstage gave up years ago.
    errors.retain(|error| !error.contains("`catalog.providers.githubOrg.providers`"));
    assert_eq!(errors, Vec::<String>::new());
}

#[test]
fn the_playbooks_discovery_is_read() {
    let Some(folder) = shared::folder("examples/playbook") else {
        return;
    };
    let files = [
        folder.join("app-config.yaml"),
        folder.join("app-config.discovery.yaml"),
    ];
    let config = load(&files, &|name| {
        (name == "GITHUB_TOKEN").then(|| "ghp_x".to_owned())
    });
    assert!(!config.has_errors(), "{:?}", config.problems());
    let [provider] = config.github_providers() else {
        panic!("one provider")
    };
    assert_eq!(
        (provider.id.as_str(), provider.organization.as_str()),
        ("myOrg", "my-org")
    );
    assert!(
        provider
            .filters
            .repository
            .as_ref()
            .is_some_and(|pattern| !pattern.matches("archived-a"))
    );
    assert_eq!(provider.filters.topic_include, ["backstage-enabled"]);
    let frequency = provider
        .schedule
        .as_ref()
        .map(|schedule| &schedule.frequency);
    assert_eq!(
        frequency,
        Some(&Frequency::Every(std::time::Duration::from_secs(1800)))
    );
    assert_eq!(config.organization_name(), Some("MyOrg"));
    let kinds: Vec<_> = config
        .locations()
        .iter()
        .map(|location| location.location_type.as_str())
        .collect();
    assert_eq!(kinds, ["github-discovery", "file"]);
    let token = config.github_integrations()[0]
        .token
        .as_ref()
        .map(|token| token.expose().to_owned());
    assert_eq!(token.as_deref(), Some("ghp_x"));
    // The client id of signing in is not set, and only that is missed.
    let unset: Vec<_> = config
        .unset_variables()
        .iter()
        .map(|unset| unset.name.as_str())
        .collect();
    assert_eq!(unset, ["GITHUB_OAUTH_CLIENT_ID"]);
    let shown = config
        .show()
        .map(|shown| shown.to_yaml(false))
        .unwrap_or_default();
    assert!(!shown.contains("ghp_x"), "{shown}");
}
