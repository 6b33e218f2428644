//! `roadiehq:utils:merge`: merges values into a JSON or YAML file of the workspace.

use serde_json::{Value, json};

use super::roadiehq_fs_parse::{read_documents, read_json, read_text, read_yaml};
use super::roadiehq_fs_write::written;
use super::roadiehq_serialize_yaml::{options_schema, style};
use crate::scaffolder::action::{Action, Example, Level, Outcome, StepContext};
use crate::scaffolder::error::ActionError;
use crate::scaffolder::structure::merge;
use crate::scaffolder::workspace::{Mode, shown};
use crate::scaffolder::{json_text, yaml_text};

/// The action.
pub struct RoadieMerge;

impl Action for RoadieMerge {
    fn id(&self) -> &'static str {
        "roadiehq:utils:merge"
    }

    fn description(&self) -> &'static str {
        "Merges values into a JSON or YAML file that is there; its name's ending says which"
    }

    fn input_schema(&self) -> Value {
        json!({
            "type": "object",
            "required": ["path", "content"],
            "properties": {
                "path": {"type": "string", "description": "The path of the file in the workspace"},
                "content": {"anyOf": [{"type": "string"}, {"type": "object"}], "description": "What is merged into it: a value, or a text in the file's own language"},
                "mergeArrays": {"type": "boolean", "description": "Joins lists; the new one replaces the old one otherwise"},
                "preserveYamlComments": {"type": "boolean", "description": "Asks for comments of YAML to stay; they are lost all the same, and a warning says so"},
                "useDocumentIncludingField": {
                    "type": "object",
                    "required": ["key", "value"],
                    "properties": {"key": {"type": "string"}, "value": {"type": "string"}},
                    "description": "Which document of a YAML file with several is meant: the one in which `key` is `value`"
                },
                "options": options_schema()
            },
            "additionalProperties": false,
            "$schema": "http://json-schema.org/draft-07/schema#"
        })
    }

    fn output_schema(&self) -> Value {
        written()
    }

    fn examples(&self) -> &'static [Example] {
        &[Example {
            description: "Add a dependency to a package.json",
            example: "steps:\n  - id: merge\n    name: Add the client\n    action: roadiehq:utils:merge\n    input:\n      path: package.json\n      content:\n        dependencies:\n          '@acme/client': ^2.0.0\n",
        }]
    }

    fn supports_dry_run(&self) -> bool {
        true
    }

    fn run<'a>(&'a self, step: &'a mut StepContext<'_>) -> Outcome<'a> {
        Box::pin(async move {
            let name = step.text("path").unwrap_or_default().to_owned();
            let path = step.workspace.inner(&name)?;
            let text = read_text(step, &name)?;
            let file = path.as_str().rsplit('/').next().unwrap_or_default();
            let merged = match file.rsplit_once('.') {
                Some((stem, "json")) if !stem.is_empty() => merge_json(step, &text, &name)?,
                Some((stem, "yaml" | "yml")) if !stem.is_empty() => merge_yaml(step, &text, &name)?,
                _ => {
                    let what = shown(&name);
                    step.log(
                        Level::Warn,
                        &format!("{what} stays as it is: it ends in neither .json, .yaml nor .yml"),
                    );
                    return Ok(());
                }
            };
            step.workspace
                .open()?
                .write(&path, merged.as_bytes(), Mode::Default)?;
            let place = step.workspace.place(&path);
            step.output("path", place.to_string_lossy().into());
            Ok(())
        })
    }
}

fn merge_json(step: &StepContext<'_>, text: &str, name: &str) -> Result<String, ActionError> {
    // A superset, so that comments and trailing commas are no error, as in Roadie's action.
    let mut value = read_yaml(text, name)?;
    let content = match step.input.get("content") {
        Some(Value::String(text)) => read_json(text, "content")?,
        content => content.cloned().unwrap_or_default(),
    };
    merge(&mut value, content, step.flag("mergeArrays", false));
    Ok(json_text::write(&value, "  "))
}

fn merge_yaml(step: &StepContext<'_>, text: &str, name: &str) -> Result<String, ActionError> {
    let content = match step.input.get("content") {
        Some(Value::String(text)) => read_yaml(text, "content")?,
        content => content.cloned().unwrap_or_default(),
    };
    let mut documents = read_documents(text, name)?;
    if step.flag("preserveYamlComments", false) && text.contains('#') {
        step.log(
            Level::Warn,
            &format!("Comments in {} do not survive the merge", shown(name)),
        );
    }
    let join = step.flag("mergeArrays", false);
    if documents.is_empty() {
        return Err(ActionError::input(format!(
            "{} holds no document",
            shown(name)
        )));
    }
    if let [document] = documents.as_mut_slice() {
        merge(document, content, join);
    } else {
        let chosen = step.input.get("useDocumentIncludingField");
        let of = |part: &str| chosen.and_then(|c| c.get(part)).and_then(Value::as_str);
        let (Some(key), Some(value)) = (of("key"), of("value")) else {
            return Err(ActionError::input(format!(
                "{} holds {} documents, and nothing says which is meant",
                shown(name),
                documents.len()
            ))
            .hint("Set useDocumentIncludingField to a key and its value in that document"));
        };
        for document in &mut documents {
            let is_meant = match document.get(key) {
                Some(Value::String(text)) => text == value,
                Some(Value::Number(number)) => number.to_string() == value,
                _ => {
                    return Err(ActionError::input(format!(
                        "{} has a document in which {} is neither a text nor a number",
                        shown(name),
                        shown(key)
                    )));
                }
            };
            if is_meant {
                merge(document, content.clone(), join);
            }
        }
    }
    let style = style(step.input.get("options").and_then(Value::as_object));
    let texts: Vec<String> = documents
        .iter()
        .map(|d| yaml_text::write(d, &style))
        .collect();
    Ok(texts.join("---\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaffolder::error::ActionErrorKind;
    use crate::scaffolder::stage::Stage;

    async fn merged(file: &str, text: &str, mut input: Value) -> Result<String, ActionError> {
        let stage = Stage::new();
        stage.has(file, text);
        input["path"] = file.into();
        stage.run(&RoadieMerge, input).await?;
        Ok(stage.text(file))
    }

    #[tokio::test]
    async fn json_is_merged_and_laid_out() {
        let text = "{\"a\": {\"b\": 1}, \"l\": [1]}";
        let input = json!({"content": {"a": {"c": 2}, "l": [2]}});
        assert_eq!(
            merged("p.json", text, input).await.unwrap(),
            "{\n  \"a\": {\n    \"b\": 1,\n    \"c\": 2\n  },\n  \"l\": [\n    2\n  ]\n}"
        );
        let input = json!({"content": "{\"l\": [1, 2]}", "mergeArrays": true});
        assert!(
            merged("p.json", text, input)
                .await
                .unwrap()
                .contains("1,\n    2\n")
        );
    }

    #[tokio::test]
    async fn yaml_is_merged_in_the_document_that_is_meant() {
        let input = json!({"content": "b: {c: 1}\n"});
        assert_eq!(
            merged("v.yaml", "a: 1 # why\nb: {d: 2}\n", input)
                .await
                .unwrap(),
            "a: 1\nb:\n  d: 2\n  c: 1\n"
        );
        let two = "kind: A\nx: 1\n---\nkind: B\nx: 1\n";
        let input = json!({"content": {"x": 2}, "useDocumentIncludingField": {"key": "kind", "value": "B"}});
        assert_eq!(
            merged("v.yml", two, input).await.unwrap(),
            "kind: A\nx: 1\n---\nkind: B\nx: 2\n"
        );
        let error = merged("v.yml", two, json!({"content": {"x": 2}}))
            .await
            .unwrap_err();
        assert!(
            error.message.contains("2 documents") && error.hint.is_some(),
            "{error}"
        );
    }

    #[tokio::test]
    async fn what_cannot_be_merged_is_said() {
        let error = merged("v.yaml", "a: [", json!({"content": {}}))
            .await
            .unwrap_err();
        assert_eq!(error.kind, ActionErrorKind::Input);
        assert_eq!(
            merged("notes.txt", "as it was", json!({"content": {}}))
                .await
                .unwrap(),
            "as it was"
        );
        let stage = Stage::new();
        let input = json!({"path": "nope.json", "content": {}});
        let error = stage.run(&RoadieMerge, input).await.unwrap_err();
        assert_eq!(error.kind, ActionErrorKind::NotFound);
        stage.has("v.yaml", "a: 1 # why\n");
        let input = json!({"path": "v.yaml", "content": {}, "preserveYamlComments": true});
        stage.run(&RoadieMerge, input).await.unwrap();
        assert!(stage.log().contains("warn: Comments in 'v.yaml'"));
    }
}
