//! `catalog:write`: writes an entity to a catalog file of the workspace.

use serde_json::{Map, Value, json};

use crate::catalog::yaml;
use crate::scaffolder::action::{Action, Example, Level, Outcome, StepContext};
use crate::scaffolder::workspace::Mode;

/// Where it is written where nothing is said.
const DEFAULT_PATH: &str = "catalog-info.yaml";
/// By this annotation Backstage remembers which template an entity was made from.
const SOURCE_TEMPLATE: &str = "backstage.io/source-template";

/// The action.
pub struct CatalogWrite;

impl Action for CatalogWrite {
    fn id(&self) -> &'static str {
        "catalog:write"
    }

    fn description(&self) -> &'static str {
        "Writes an entity to a catalog file of the workspace, with the template it was made from"
    }

    fn input_schema(&self) -> Value {
        json!({
            "type": "object",
            "properties": {
                "filePath": {"type": "string", "description": "The path of the file, catalog-info.yaml by default"},
                "entity": {
                    "type": "object",
                    "additionalProperties": {},
                    "description": "The entity, as it stands in a catalog file"
                }
            },
            "required": ["entity"],
            "additionalProperties": false,
            "$schema": "http://json-schema.org/draft-07/schema#"
        })
    }

    fn examples(&self) -> &'static [Example] {
        &[Example {
            description: "Write a component's catalog file",
            example: "steps:\n  - id: catalog-info\n    name: Write catalog-info.yaml\n    action: catalog:write\n    input:\n      entity:\n        apiVersion: backstage.io/v1alpha1\n        kind: Component\n        metadata:\n          name: ${{ parameters.name }}\n          annotations: {}\n        spec:\n          type: service\n          lifecycle: production\n          owner: ${{ parameters.owner }}\n",
        }]
    }

    fn supports_dry_run(&self) -> bool {
        true
    }

    fn run<'a>(&'a self, step: &'a mut StepContext<'_>) -> Outcome<'a> {
        Box::pin(async move {
            let path = step
                .text("filePath")
                .filter(|path| !path.is_empty())
                .unwrap_or(DEFAULT_PATH);
            let place = step.workspace.inner(path)?;
            step.log(Level::Info, &format!("Writing {path}"));
            let entity = step.input.get("entity").cloned().unwrap_or_default();
            let text = yaml::emit(&with_template(entity, step.template_ref));
            step.workspace
                .open()?
                .write(&place, text.as_bytes(), Mode::Default)
        })
    }
}

/// The entity with the annotation that names its template.
fn with_template(mut entity: Value, template: &str) -> Value {
    let child = |map: &mut Map<String, Value>, key: &str| {
        if !map.get(key).is_some_and(Value::is_object) {
            map.insert(key.to_owned(), Value::Object(Map::new()));
        }
    };
    if !template.is_empty()
        && let Some(root) = entity.as_object_mut()
    {
        child(root, "metadata");
        if let Some(metadata) = root.get_mut("metadata").and_then(Value::as_object_mut) {
            child(metadata, "annotations");
            if let Some(annotations) = metadata
                .get_mut("annotations")
                .and_then(Value::as_object_mut)
            {
                annotations.insert(SOURCE_TEMPLATE.to_owned(), Value::from(template));
            }
        }
    }
    entity
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaffolder::error::ActionErrorKind;
    use crate::scaffolder::stage::Stage;

    #[tokio::test]
    async fn the_entity_is_written_with_the_template_it_was_made_from() {
        let stage = Stage::new();
        let entity = json!({
            "apiVersion": "backstage.io/v1alpha1",
            "kind": "Component",
            "metadata": {"name": "pay", "annotations": {"a/b": "c"}},
            "spec": {"type": "service", "owner": "팀"},
        });
        let input = json!({ "entity": entity });
        stage.run(&CatalogWrite, input).await.unwrap();
        let text = stage.text("catalog-info.yaml");
        assert!(text.starts_with("apiVersion: backstage.io/v1alpha1\nkind: Component\n"));
        assert!(
            text.contains("    a/b: c\n    backstage.io/source-template: template:"),
            "{text}"
        );
        assert!(text.contains("  owner: 팀\n"), "{text}");
    }

    #[tokio::test]
    async fn the_file_may_lie_anywhere_in_the_workspace_and_nowhere_else() {
        let stage = Stage::new();
        let input = json!({"filePath": "deep/er/entity.yaml", "entity": {"kind": "API"}});
        stage.run(&CatalogWrite, input).await.unwrap();
        assert!(stage.text("deep/er/entity.yaml").starts_with("kind: API\n"));
        let input = json!({"filePath": "../entity.yaml", "entity": {}});
        let error = stage.run(&CatalogWrite, input).await.unwrap_err();
        assert_eq!(error.kind, ActionErrorKind::NotAllowed);
    }
}
