//! The software templates that ship with callboard, with their skeletons: `templates/` of its repository, compiled in.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use include_dir::{Dir, DirEntry, include_dir};

static TEMPLATES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// The names of the templates, sorted: each is a folder with a `template.yaml`.
pub fn names() -> Vec<&'static str> {
    let folders = TEMPLATES.dirs().filter_map(|folder| folder.path().to_str());
    let mut names: Vec<&str> = folders.collect();
    names.sort_unstable();
    names
}

/// Writes a template and its skeleton below a folder; gives the path of its `template.yaml`. None where no template is
/// called so.
///
/// # Errors
/// As the disk says.
pub fn unpack(name: &str, into: &Path) -> io::Result<Option<PathBuf>> {
    let Some(template) = TEMPLATES
        .dirs()
        .find(|folder| folder.path() == Path::new(name))
    else {
        return Ok(None);
    };
    let folder = into.join(name);
    extract(template, &folder)?;
    Ok(Some(folder.join("template.yaml")))
}

fn extract(from: &Dir<'_>, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in from.entries() {
        // A name of the tree that was compiled in; it has one part.
        let name = entry.path().file_name().unwrap_or_default();
        match entry {
            DirEntry::Dir(below) => extract(below, &to.join(name))?,
            DirEntry::File(file) => fs::write(to.join(name), file.contents())?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde_json::{Map, Value, json};
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::catalog::yaml::{YamlLimits, parse};
    use crate::nunjucks::{self, Options};
    use crate::scaffolder::dry_run::dry_run;
    use crate::scaffolder::engine::TaskSpec;
    use crate::scaffolder::{Nothing, Registry, TemplateFolder, TemplateSpec, Workspace};

    /// A template as a person would run it, dry.
    async fn files(name: &str, parameters: Value) -> BTreeMap<String, String> {
        let keep = tempfile::tempdir().unwrap();
        let path = unpack(name, keep.path()).unwrap().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let entity = parse(&text, &YamlLimits::default())
            .remove(0)
            .content
            .unwrap();
        let template = TemplateSpec::read(&entity).unwrap();
        let folder = TemplateFolder::Local(path.parent().unwrap().to_owned());
        let Value::Object(parameters) = parameters else {
            panic!("parameters are an object")
        };
        let mut task = TaskSpec::new(&template, folder, parameters, json!({}));
        task.skip_unknown = true;
        let root = keep.path().join("work");
        fs::create_dir(&root).unwrap();
        let done = dry_run(
            &task,
            &Map::new(),
            &Workspace::new(root),
            &Nothing::services(),
            &Registry::default(),
            &CancellationToken::new(),
        )
        .await
        .unwrap_or_else(|failed| panic!("{name}: {}", failed.error));
        let files = done.directory_contents.into_iter().map(|file| {
            let bytes = STANDARD.decode(file.base64_content).unwrap();
            (file.path, String::from_utf8(bytes).unwrap())
        });
        files.collect()
    }

    fn yaml(text: &str) -> Value {
        parse(text, &YamlLimits::default())
            .remove(0)
            .content
            .unwrap_or_else(|error| panic!("{error}\n{text}"))
    }

    /// Nothing of the template language is left but what is meant for others.
    fn no_traces(files: &BTreeMap<String, String>) {
        for (path, text) in files {
            for (number, line) in text.lines().enumerate() {
                let meant = line.contains("${{ secrets.") || line.contains("${{ github.");
                let left = ["${{", "{%", "undefined", "[object"]
                    .iter()
                    .any(|t| line.contains(t));
                assert!(meant || !left, "{path}:{}: {line}", number + 1);
            }
        }
    }

    #[test]
    fn four_templates_ship() {
        assert_eq!(
            names(),
            [
                "docs-site",
                "postgres-database",
                "register-repository",
                "rust-service"
            ]
        );
        let keep = tempfile::tempdir().unwrap();
        assert!(unpack("nope", keep.path()).unwrap().is_none());
        assert!(
            unpack("rust-service/skeleton", keep.path())
                .unwrap()
                .is_none()
        );
    }

    #[test]
    fn every_expression_of_a_shipped_template_can_be_read() {
        fn read(value: &Value, what: &str) {
            match value {
                Value::String(text) => {
                    nunjucks::Template::new(text, &Options::default())
                        .unwrap_or_else(|error| panic!("{what}: {error}\n{text}"));
                }
                Value::Array(items) => items.iter().for_each(|item| read(item, what)),
                Value::Object(map) => map.values().for_each(|item| read(item, what)),
                _ => {}
            }
        }
        let keep = tempfile::tempdir().unwrap();
        for name in names() {
            let path = unpack(name, keep.path()).unwrap().unwrap();
            read(&yaml(&fs::read_to_string(path).unwrap()), name);
        }
    }

    #[tokio::test]
    async fn a_rust_service_is_made_with_and_without_an_image() {
        let mut parameters = json!({
            "name": "fare-quotes", "description": "Says what a \"ticket\" costs.", "owner": "group:default/fares",
            "system": "system:default/booking", "lifecycle": "experimental", "port": 9090,
            "repoUrl": "github.com?owner=Acme&repo=fare-quotes", "visibility": "private", "image": true,
        });
        let made = files("rust-service", parameters.clone()).await;
        no_traces(&made);
        let names: Vec<&str> = made.keys().map(String::as_str).collect();
        for name in [
            "Cargo.toml",
            "src/main.rs",
            "src/routes.rs",
            "Dockerfile",
            ".dockerignore",
            ".gitignore",
            "docs/runbook.md",
        ] {
            assert!(names.contains(&name), "{names:?}");
        }
        let entity = yaml(&made["catalog-info.yaml"]);
        assert_eq!(
            entity["metadata"]["description"],
            "Says what a \"ticket\" costs."
        );
        assert_eq!(entity["spec"]["system"], "system:default/booking");
        assert_eq!(
            entity["metadata"]["annotations"]["github.com/project-slug"],
            "Acme/fare-quotes"
        );
        let workflow = yaml(&made[".github/workflows/ci.yml"]);
        assert_eq!(
            workflow["jobs"]["image"]["steps"][2]["env"]["IMAGE"],
            "ghcr.io/acme/fare-quotes:${{ github.sha }}"
        );
        assert!(made["src/main.rs"].contains("Err(_) => 9090,"));
        assert!(made["Cargo.toml"].contains("description = \"Says what a \\\"ticket\\\" costs.\""));
        parameters["image"] = json!(false);
        parameters["system"] = Value::Null;
        let made = files("rust-service", parameters).await;
        assert!(!made.contains_key("Dockerfile"));
        let workflow = yaml(&made[".github/workflows/ci.yml"]);
        assert_eq!(workflow["jobs"].as_object().unwrap().len(), 1);
        assert!(
            yaml(&made["catalog-info.yaml"])["spec"]
                .get("system")
                .is_none()
        );
    }

    #[tokio::test]
    async fn a_site_has_a_page_for_every_section_and_each_is_in_its_nav() {
        let parameters = json!({
            "name": "handbook", "title": "Handbook: how we work", "owner": "platform",
            "pages": ["How we work", "On call & after"], "repoUrl": "github.com?owner=acme&repo=handbook",
        });
        let made = files("docs-site", parameters).await;
        no_traces(&made);
        let site = yaml(&made["mkdocs.yml"]);
        assert_eq!(site["site_name"], "Handbook: how we work");
        assert_eq!(
            site["nav"][2],
            json!({"On call & after": "on-call-after.md"})
        );
        for entry in site["nav"].as_array().unwrap() {
            let page = entry
                .as_object()
                .unwrap()
                .values()
                .next()
                .unwrap()
                .as_str()
                .unwrap();
            assert!(
                made.contains_key(&format!("docs/{page}")),
                "{page}: {:?}",
                made.keys()
            );
        }
        assert_eq!(
            made["docs/how-we-work.md"],
            "# How we work\n\nNothing here yet.\n"
        );
        assert_eq!(
            yaml(&made["catalog-info.yaml"])["spec"]["type"],
            "documentation"
        );
    }

    #[tokio::test]
    async fn a_repository_is_registered_where_its_folder_is() {
        let parameters = json!({
            "repoUrl": "github.com?owner=acme&repo=mono", "path": "services/pay", "name": "pay", "type": "service",
            "lifecycle": "production", "owner": "group:default/pay", "dependsOn": ["resource:default/pay-db", "component:default/fx"],
            "description": "", "docs": true,
        });
        let made = files("register-repository", parameters).await;
        no_traces(&made);
        assert_eq!(made.len(), 1);
        let entity = yaml(&made["services/pay/catalog-info.yaml"]);
        assert_eq!(
            entity["spec"]["dependsOn"],
            json!(["resource:default/pay-db", "component:default/fx"])
        );
        assert_eq!(
            entity["metadata"]["annotations"]["backstage.io/techdocs-ref"],
            "dir:."
        );
        let parameters = json!({
            "repoUrl": "github.com?owner=acme&repo=pay", "path": "", "name": "pay", "type": "library",
            "lifecycle": "production", "owner": "pay", "dependsOn": [], "docs": false,
        });
        let made = files("register-repository", parameters).await;
        let entity = yaml(&made["catalog-info.yaml"]);
        assert_eq!(
            entity["spec"],
            json!({"type": "library", "lifecycle": "production", "owner": "pay"})
        );
    }

    #[tokio::test]
    async fn a_database_is_asked_for_in_terraform() {
        let parameters = json!({
            "name": "ticket-sales", "owner": "group:default/sales", "component": "component:default/sales",
            "environment": "production", "highAvailability": true, "reason": "Tickets are sold from it",
            "version": "17", "size": "small", "storage": 40, "backupDays": 14,
            "repoUrl": "github.com?owner=acme&repo=infrastructure",
        });
        let made = files("postgres-database", parameters).await;
        no_traces(&made);
        let terraform = &made["databases/production/ticket-sales/main.tf"];
        for line in [
            "module \"ticket_sales\" {",
            "  storage_gib       = 40",
            "  high_availability = true",
            "  deletion_protection   = true",
            "    owner = \"sales\"",
        ] {
            assert!(terraform.lines().any(|l| l == line), "{line}\n{terraform}");
        }
        let entity = yaml(&made["databases/production/ticket-sales/catalog-info.yaml"]);
        assert_eq!(
            entity["spec"]["dependencyOf"],
            json!(["component:default/sales"])
        );
    }
}
