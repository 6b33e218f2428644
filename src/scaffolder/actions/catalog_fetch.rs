//! `catalog:fetch`: reads entities of the catalog.

use serde_json::{Value, json};

use crate::catalog::{DEFAULT_NAMESPACE, EntityRef};
use crate::scaffolder::action::{Action, Example, Outcome, StepContext};
use crate::scaffolder::error::ActionError;

/// The action.
pub struct CatalogFetch;

impl Action for CatalogFetch {
    fn id(&self) -> &'static str {
        "catalog:fetch"
    }

    fn description(&self) -> &'static str {
        "Reads one entity of the catalog, or several, by their references"
    }

    fn input_schema(&self) -> Value {
        json!({
            "type": "object",
            "properties": {
                "entityRef": {"type": "string", "description": "The reference of the entity to read"},
                "entityRefs": {
                    "type": "array",
                    "items": {"type": "string"},
                    "description": "The references of the entities to read"
                },
                "optional": {
                    "type": "boolean",
                    "description": "Whether an entity may be missing: it is null then. Default: false"
                },
                "defaultKind": {"type": "string", "description": "The kind of references that have none"},
                "defaultNamespace": {
                    "type": "string",
                    "description": "The namespace of references that have none"
                }
            },
            "additionalProperties": false,
            "$schema": "http://json-schema.org/draft-07/schema#"
        })
    }

    fn output_schema(&self) -> Value {
        json!({
            "type": "object",
            "properties": {
                "entity": {"description": "The entity, where `entityRef` was given"},
                "entities": {
                    "type": "array",
                    "description": "The entities in the order of `entityRefs`, where those were given"
                }
            },
            "additionalProperties": false,
            "$schema": "http://json-schema.org/draft-07/schema#"
        })
    }

    fn examples(&self) -> &'static [Example] {
        &[
            Example {
                description: "Read the entity of the owner that was picked",
                example: "steps:\n  - id: owner\n    name: Read the owner\n    action: catalog:fetch\n    input:\n      entityRef: ${{ parameters.owner }}\n      defaultKind: Group\n",
            },
            Example {
                description: "Read several entities, of which some may be missing",
                example: "steps:\n  - id: read\n    name: Read\n    action: catalog:fetch\n    input:\n      entityRefs:\n        - component:default/payments\n        - api:default/payments\n      optional: true\n",
            },
        ]
    }

    fn supports_dry_run(&self) -> bool {
        true
    }

    fn run<'a>(&'a self, step: &'a mut StepContext<'_>) -> Outcome<'a> {
        Box::pin(async move {
            let optional = step.flag("optional", false);
            let one = step.text("entityRef").filter(|one| !one.is_empty());
            let several = step.input.get("entityRefs").and_then(Value::as_array);
            if one.is_none() && several.is_none() {
                if optional {
                    return Ok(());
                }
                return Err(ActionError::input("Missing entity reference or references"));
            }
            let catalog = &step.services.catalog;
            let mut entity = None;
            if let Some(reference) = one {
                let found = catalog.entity(&complete(step, reference)?).await?;
                entity = Some(present(found, reference, optional)?);
            }
            let mut entities = None;
            if let Some(several) = several {
                let written: Vec<&str> = several.iter().filter_map(Value::as_str).collect();
                let wanted = written
                    .iter()
                    .map(|reference| complete(step, reference))
                    .collect::<Result<Vec<_>, _>>()?;
                let found = catalog.entities(&wanted).await?;
                let found = found.into_iter().zip(written);
                let list = found.map(|(found, reference)| present(found, reference, optional));
                entities = Some(list.collect::<Result<Vec<_>, _>>()?);
            }
            if let Some(entity) = entity {
                step.output("entity", entity);
            }
            if let Some(entities) = entities {
                step.output("entities", Value::Array(entities));
            }
            Ok(())
        })
    }
}

/// The complete reference that a written one stands for.
fn complete(step: &StepContext<'_>, reference: &str) -> Result<String, ActionError> {
    let kind = step.text("defaultKind").filter(|kind| !kind.is_empty());
    let namespace = step
        .text("defaultNamespace")
        .filter(|namespace| !namespace.is_empty());
    EntityRef::parse(reference, kind, namespace.unwrap_or(DEFAULT_NAMESPACE))
        .map(|reference| reference.to_string())
        .map_err(|error| ActionError::input(error.to_string()))
}

fn present(found: Option<Value>, reference: &str, optional: bool) -> Result<Value, ActionError> {
    match found {
        Some(entity) => Ok(entity),
        None if optional => Ok(Value::Null),
        None => Err(
            ActionError::not_found(format!("Entity {reference} not found"))
                .hint("it is not in the cache; `callboard sync` refreshes that"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::scaffolder::error::ActionErrorKind;
    use crate::scaffolder::services::{Answer, CatalogAccess, Registered};
    use crate::scaffolder::stage::Stage;

    /// A catalog with one entity.
    struct One;

    impl CatalogAccess for One {
        fn entity<'a>(&'a self, reference: &'a str) -> Answer<'a, Option<Value>> {
            let found = (reference == "component:default/pay").then(|| json!({"name": "pay"}));
            Box::pin(async move { Ok(found) })
        }

        fn entities<'a>(&'a self, references: &'a [String]) -> Answer<'a, Vec<Option<Value>>> {
            Box::pin(async move {
                let mut found = Vec::new();
                for reference in references {
                    found.push(self.entity(reference).await?);
                }
                Ok(found)
            })
        }

        fn register<'a>(&'a self, _url: &'a str) -> Answer<'a, Registered> {
            Box::pin(async { Err(ActionError::not_allowed("fetching registers nothing")) })
        }
    }

    fn stage() -> Stage {
        let mut stage = Stage::new();
        stage.catalog = Arc::new(One);
        stage
    }

    #[tokio::test]
    async fn references_are_completed_and_entities_put_out_in_their_order() {
        let stage = stage();
        let input = json!({"entityRef": "Pay", "defaultKind": "Component"});
        let out = stage.run(&CatalogFetch, input).await.unwrap();
        assert_eq!(out["entity"], json!({"name": "pay"}));
        let input = json!({"entityRefs": ["api:eu/b", "component:pay"], "optional": true});
        let out = stage.run(&CatalogFetch, input).await.unwrap();
        assert_eq!(out["entities"], json!([null, {"name": "pay"}]));
    }

    #[tokio::test]
    async fn what_is_missing_is_an_error_unless_it_may_be() {
        let stage = stage();
        let run = |input| stage.run(&CatalogFetch, input);
        let error = run(json!({"entityRef": "component:other"}))
            .await
            .unwrap_err();
        assert_eq!(error.message, "Entity component:other not found");
        let error = run(json!({})).await.unwrap_err();
        assert_eq!(error.message, "Missing entity reference or references");
        assert!(run(json!({"optional": true})).await.unwrap().is_empty());
        let error = run(json!({"entityRef": "pay"})).await.unwrap_err();
        assert_eq!(error.kind, ActionErrorKind::Input, "{error}");
    }
}
