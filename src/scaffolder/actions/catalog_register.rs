//! `catalog:register`: registers a catalog file, so that its entities are in the catalog.

use serde_json::{Value, json};
use url::Url;

use crate::nunjucks::HostKind;
use crate::scaffolder::action::{Action, Example, Level, Outcome, StepContext};
use crate::scaffolder::error::ActionError;
use crate::scaffolder::services::{Intent, Registered};

/// Where the file is where nothing is said.
const DEFAULT_PATH: &str = "/catalog-info.yaml";

/// The action.
pub struct CatalogRegister;

impl Action for CatalogRegister {
    fn id(&self) -> &'static str {
        "catalog:register"
    }

    fn description(&self) -> &'static str {
        "Registers a catalog file on this machine; its entities are in the catalog at once"
    }

    fn input_schema(&self) -> Value {
        let optional = json!({
            "type": "boolean",
            "description": "Whether the file may be missing, and the location be registered already. Default: false"
        });
        json!({
            "anyOf": [
                {
                    "type": "object",
                    "properties": {
                        "catalogInfoUrl": {"type": "string", "description": "The URL of the catalog file"},
                        "optional": optional
                    },
                    "required": ["catalogInfoUrl"],
                    "additionalProperties": false
                },
                {
                    "type": "object",
                    "properties": {
                        "repoContentsUrl": {
                            "type": "string",
                            "description": "The URL of the root of a repository's files"
                        },
                        "catalogInfoPath": {
                            "type": "string",
                            "description": "The path of the catalog file in the repository, /catalog-info.yaml by default"
                        },
                        "optional": optional
                    },
                    "required": ["repoContentsUrl"],
                    "additionalProperties": false
                }
            ],
            "$schema": "http://json-schema.org/draft-07/schema#"
        })
    }

    fn output_schema(&self) -> Value {
        json!({
            "type": "object",
            "properties": {
                "entityRef": {
                    "type": "string",
                    "description": "The reference of the file's component, else of its first entity"
                },
                "catalogInfoUrl": {"type": "string", "description": "The URL that was registered"}
            },
            "$schema": "http://json-schema.org/draft-07/schema#"
        })
    }

    fn examples(&self) -> &'static [Example] {
        &[
            Example {
                description: "Register what was published",
                example: "steps:\n  - id: register\n    name: Register\n    action: catalog:register\n    input:\n      repoContentsUrl: ${{ steps['publish'].output.repoContentsUrl }}\n      catalogInfoPath: /catalog-info.yaml\n",
            },
            Example {
                description: "Register a catalog file by its URL",
                example: "steps:\n  - id: register\n    name: Register\n    action: catalog:register\n    input:\n      catalogInfoUrl: https://github.com/acme/payments/blob/main/catalog-info.yaml\n",
            },
        ]
    }

    fn run<'a>(&'a self, step: &'a mut StepContext<'_>) -> Outcome<'a> {
        Box::pin(async move {
            let optional = step.flag("optional", false);
            let url = address(step)?;
            step.log(Level::Info, &format!("Registering {url} in the catalog"));
            let intent = step.intents.begin("register", json!(url))?;
            let found = step.services.catalog.register(&url).await?;
            // What this task registered before it was interrupted is no other location.
            if intent == Intent::New && found.known_before && !optional {
                return Err(
                    ActionError::conflict(format!("Location url:{url} already exists"))
                        .hint("with `optional: true` a location may be registered already"),
                );
            }
            step.intents.done("register", json!(found.entities))?;
            if let Some(problem) = &found.problem {
                if !optional {
                    return Err(ActionError::not_found(problem.clone()).hint(format!(
                        "the location stays registered; `callboard locations remove {url}` forgets it"
                    )));
                }
                step.log(Level::Warn, problem);
            }
            if let Some(chosen) = main_entity(&found.entities) {
                step.output("entityRef", Value::from(chosen));
            }
            if !found.found_by_source {
                step.log(Level::Warn, &only_you(&url, &found));
            }
            step.output("catalogInfoUrl", Value::from(url));
            Ok(())
        })
    }
}

/// The URL to register.
fn address(step: &StepContext<'_>) -> Result<String, ActionError> {
    if let Some(url) = step.text("catalogInfoUrl") {
        return Ok(url.to_owned());
    }
    let contents = step.text("repoContentsUrl").unwrap_or_default();
    let path = step
        .text("catalogInfoPath")
        .filter(|path| !path.is_empty())
        .unwrap_or(DEFAULT_PATH);
    let no_integration = || ActionError::input(format!("No integration found for host {contents}"));
    let url = Url::parse(contents).map_err(|_| no_integration())?;
    let host = match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => return Err(no_integration()),
    };
    let is_github = step
        .services
        .hosts
        .iter()
        .any(|(known, kind)| known.eq_ignore_ascii_case(&host) && *kind == HostKind::GitHub);
    if !is_github {
        return Err(no_integration());
    }
    below(url, path)
        .ok_or_else(|| ActionError::input(format!("{contents} is no URL of a repository's files")))
}

/// The file at a path of the repository whose files are at `contents`. Backstage writes such URLs with `tree`, which
/// GitHub takes for files too.
fn below(mut contents: Url, path: &str) -> Option<String> {
    let segments: Vec<String> = contents
        .path_segments()?
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect();
    let (owner, repository, branch) = match segments.as_slice() {
        [owner, repository] => (owner, repository, "HEAD"),
        [owner, repository, kind, branch, ..]
            if matches!(kind.as_str(), "blob" | "tree" | "edit" | "raw") =>
        {
            (owner, repository, branch.as_str())
        }
        _ => return None,
    };
    let path = path.trim_start_matches("./").trim_start_matches('/');
    let whole = format!("/{owner}/{repository}/tree/{branch}/{path}");
    contents.set_path(&whole);
    contents.set_query(None);
    contents.set_fragment(None);
    Some(contents.into())
}

/// The entity that stands for the file: its component, else whatever is not generated, else the first.
fn main_entity(references: &[String]) -> Option<&str> {
    let generated = |reference: &&String| {
        reference
            .rsplit('/')
            .next()
            .is_some_and(|name| name.starts_with("generated-"))
    };
    let mut written = references.iter().filter(|reference| !generated(reference));
    let first = written.clone().next();
    written
        .find(|reference| reference.starts_with("component:"))
        .or(first)
        .or(references.first())
        .map(String::as_str)
}

/// What to say where nobody else sees what was registered.
fn only_you(url: &str, found: &Registered) -> String {
    let what = "only you see this: no configured provider or location finds";
    match &found.share {
        Some(file) => format!(
            "{what} {url}. To show it to everybody, open a pull request that adds it to the targets of {file}"
        ),
        None => format!("{what} {url}. To show it to everybody, add it to catalog.locations"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::scaffolder::error::ActionErrorKind;
    use crate::scaffolder::services::{Answer, CatalogAccess};
    use crate::scaffolder::stage::Stage;

    /// Registers everything, and finds what it was told to.
    struct Registry(Registered);

    impl CatalogAccess for Registry {
        fn entity<'a>(&'a self, _reference: &'a str) -> Answer<'a, Option<Value>> {
            Box::pin(async { Ok(None) })
        }

        fn entities<'a>(&'a self, _references: &'a [String]) -> Answer<'a, Vec<Option<Value>>> {
            Box::pin(async { Ok(Vec::new()) })
        }

        fn register<'a>(&'a self, _url: &'a str) -> Answer<'a, Registered> {
            let found = self.0.clone();
            Box::pin(async move { Ok(found) })
        }
    }

    fn stage(found: Registered) -> Stage {
        let mut stage = Stage::new();
        stage.catalog = Arc::new(Registry(found));
        stage
    }

    fn published() -> Value {
        json!({"repoContentsUrl": "https://github.com/acme/pay/blob/main"})
    }

    #[tokio::test]
    async fn what_only_this_machine_sees_says_so_and_how_everybody_would() {
        let stage = stage(Registered {
            entities: vec!["component:default/pay".into()],
            share: Some("https://github.com/acme/catalog/edit/main/all.yaml".into()),
            ..Registered::default()
        });
        let out = stage.run(&CatalogRegister, published()).await.unwrap();
        assert_eq!(out["entityRef"], "component:default/pay");
        assert_eq!(
            out["catalogInfoUrl"],
            "https://github.com/acme/pay/tree/main/catalog-info.yaml"
        );
        let log = stage.log();
        assert!(log.contains("warn: only you see this"), "{log}");
        assert!(log.contains("acme/catalog/edit/main/all.yaml"), "{log}");
    }

    #[tokio::test]
    async fn what_a_provider_finds_needs_no_word() {
        let stage = stage(Registered {
            entities: vec!["component:default/pay".into()],
            found_by_source: true,
            ..Registered::default()
        });
        stage.run(&CatalogRegister, published()).await.unwrap();
        assert!(!stage.log().contains("warn: "));
    }

    #[tokio::test]
    async fn a_location_of_before_and_a_missing_file_are_errors_unless_they_may_be() {
        let known = Registered {
            known_before: true,
            ..Registered::default()
        };
        let missing = Registered {
            problem: Some("the file does not exist".into()),
            ..Registered::default()
        };
        for (found, kind) in [
            (known, ActionErrorKind::Conflict),
            (missing, ActionErrorKind::NotFound),
        ] {
            let stage = stage(found);
            let error = stage.run(&CatalogRegister, published()).await.unwrap_err();
            assert_eq!(error.kind, kind, "{error}");
            let mut input = published();
            input["optional"] = json!(true);
            let out = stage.run(&CatalogRegister, input).await.unwrap();
            assert!(out.contains_key("catalogInfoUrl"));
            assert!(!out.contains_key("entityRef"));
        }
    }

    #[tokio::test]
    async fn a_host_that_is_no_github_of_ours_has_no_integration() {
        for url in [
            "https://gitlab.com/a/b/-/tree/main",
            "https://evil.example/a/b",
            "x",
        ] {
            let stage = stage(Registered::default());
            let input = json!({ "repoContentsUrl": url });
            let error = stage.run(&CatalogRegister, input).await.unwrap_err();
            assert_eq!(
                error.message,
                format!("No integration found for host {url}")
            );
        }
    }

    fn at(contents: &str, path: &str) -> Option<String> {
        below(Url::parse(contents).unwrap(), path)
    }

    #[test]
    fn the_file_lies_in_the_repository_whatever_of_it_the_url_names() {
        let wanted = "https://github.com/acme/pay/tree/main/catalog-info.yaml";
        for contents in [
            "https://github.com/acme/pay/blob/main",
            "https://github.com/acme/pay/tree/main/",
            "https://github.com/acme/pay/blob/main/docs/README.md?x=1#L3",
        ] {
            for path in [
                "/catalog-info.yaml",
                "catalog-info.yaml",
                "./catalog-info.yaml",
            ] {
                assert_eq!(
                    at(contents, path).as_deref(),
                    Some(wanted),
                    "{contents} {path}"
                );
            }
        }
        assert_eq!(
            at("https://ghe.example:8443/acme/pay", "/a b/c.yaml").as_deref(),
            Some("https://ghe.example:8443/acme/pay/tree/HEAD/a%20b/c.yaml")
        );
        assert_eq!(at("https://github.com/acme", "/x"), None);
        assert_eq!(at("https://github.com/acme/pay/issues/1", "/x"), None);
    }

    #[test]
    fn the_component_stands_for_its_file() {
        let main = |references: &[&str]| {
            let references: Vec<String> = references.iter().map(|r| (*r).to_owned()).collect();
            main_entity(&references).map(str::to_owned)
        };
        assert_eq!(
            main(&[
                "api:default/a",
                "component:default/generated-x",
                "component:default/b"
            ]),
            Some("component:default/b".to_owned())
        );
        assert_eq!(
            main(&["location:default/generated-x", "api:default/a"]),
            Some("api:default/a".to_owned())
        );
        assert_eq!(
            main(&["location:default/generated-x"]),
            Some("location:default/generated-x".to_owned())
        );
        assert_eq!(main(&[]), None);
    }
}
