//! `roadiehq:utils:json:merge`: merges values into a JSON file of the workspace, which is made where it is missing.

use serde_json::{Value, json};

use super::roadiehq_fs_parse::{read_json, read_text};
use super::roadiehq_fs_write::written;
use crate::scaffolder::action::{Action, Example, Level, Outcome, StepContext};
use crate::scaffolder::json_text;
use crate::scaffolder::structure::merge;
use crate::scaffolder::workspace::{Mode, shown};

/// The action.
pub struct RoadieJsonMerge;

impl Action for RoadieJsonMerge {
    fn id(&self) -> &'static str {
        "roadiehq:utils:json:merge"
    }

    fn description(&self) -> &'static str {
        "Merges values into a JSON file, which is made where it is missing"
    }

    fn input_schema(&self) -> Value {
        json!({
            "type": "object",
            "required": ["path", "content"],
            "properties": {
                "path": {"type": "string", "description": "The path of the file in the workspace"},
                "content": {"anyOf": [{"type": "string"}, {"type": "object"}], "description": "What is merged into it: a value, or a JSON text"},
                "mergeArrays": {"type": "boolean", "description": "Joins lists; the new one replaces the old one otherwise"},
                "matchFileIndent": {"type": "boolean", "description": "Keeps the file's own indentation; two spaces otherwise"}
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
            description: "Set a field of a settings file",
            example: "steps:\n  - id: settings\n    name: Set the region\n    action: roadiehq:utils:json:merge\n    input:\n      path: settings.json\n      content:\n        region: ${{ parameters.region }}\n",
        }]
    }

    fn supports_dry_run(&self) -> bool {
        true
    }

    fn run<'a>(&'a self, step: &'a mut StepContext<'_>) -> Outcome<'a> {
        Box::pin(async move {
            let name = step.text("path").unwrap_or_default().to_owned();
            let path = step.workspace.inner(&name)?;
            let folder = step.workspace.open()?;
            let text = if folder.kind(&path)?.is_some() {
                read_text(step, &name)?
            } else {
                step.log(
                    Level::Info,
                    &format!("{} is not there and is made", shown(&name)),
                );
                "{}".to_owned()
            };
            let mut value = read_json(&text, &name)?;
            let content = match step.input.get("content") {
                Some(Value::String(text)) => read_json(text, "content")?,
                content => content.cloned().unwrap_or_default(),
            };
            merge(&mut value, content, step.flag("mergeArrays", false));
            let space = match step.flag("matchFileIndent", false) {
                true => indentation(&text),
                false => 2,
            };
            let merged = json_text::write(&value, &" ".repeat(space));
            folder.write(&path, merged.as_bytes(), Mode::Default)?;
            let place = step.workspace.place(&path);
            step.output("path", place.to_string_lossy().into());
            Ok(())
        })
    }
}

/// How many columns a text indents a level by: the first indented line's; two where none is.
fn indentation(text: &str) -> usize {
    let indented = text
        .lines()
        .map(|line| line.len() - line.trim_start_matches([' ', '\t']).len());
    indented
        .into_iter()
        .find(|columns| *columns > 0)
        .unwrap_or(2)
        .min(10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaffolder::error::ActionErrorKind;
    use crate::scaffolder::stage::Stage;

    #[tokio::test]
    async fn a_file_is_made_and_then_merged_into() {
        let stage = Stage::new();
        stage
            .run(
                &RoadieJsonMerge,
                json!({"path": "a.json", "content": {"a": {"b": 1}}}),
            )
            .await
            .unwrap();
        let input = json!({"path": "a.json", "content": "{\"a\": {\"c\": [1]}}"});
        stage.run(&RoadieJsonMerge, input).await.unwrap();
        assert_eq!(
            stage.text("a.json"),
            "{\n  \"a\": {\n    \"b\": 1,\n    \"c\": [\n      1\n    ]\n  }\n}"
        );
    }

    #[tokio::test]
    async fn the_files_own_indentation_stays_where_asked() {
        let stage = Stage::new();
        stage.has("a.json", "{\n    \"a\": 1\n}\n");
        let input = json!({"path": "a.json", "content": {"b": 2}, "matchFileIndent": true});
        stage.run(&RoadieJsonMerge, input).await.unwrap();
        assert_eq!(stage.text("a.json"), "{\n    \"a\": 1,\n    \"b\": 2\n}");
    }

    #[tokio::test]
    async fn what_is_no_json_is_an_error_and_stays() {
        let stage = Stage::new();
        stage.has("a.json", "{ // why\n}");
        let input = json!({"path": "a.json", "content": {}});
        let error = stage.run(&RoadieJsonMerge, input).await.unwrap_err();
        assert_eq!(error.kind, ActionErrorKind::Input);
        assert!(error.message.starts_with("a.json:1:"), "{error}");
        assert_eq!(stage.text("a.json"), "{ // why\n}");
    }
}
