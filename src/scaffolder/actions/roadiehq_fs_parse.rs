//! `roadiehq:utils:fs:parse`: reads a file of the workspace, as text, JSON or YAML.

use serde_json::{Value, json};

use crate::catalog::yaml::{self, YamlLimits};
use crate::scaffolder::action::{Action, Example, Outcome, StepContext};
use crate::scaffolder::error::ActionError;
use crate::scaffolder::workspace::shown;

/// The largest file that is read into a value.
pub(super) const LARGEST: u64 = 10 << 20;

/// The action.
pub struct RoadieFsParse;

impl Action for RoadieFsParse {
    fn id(&self) -> &'static str {
        "roadiehq:utils:fs:parse"
    }

    fn description(&self) -> &'static str {
        "Reads a file of the workspace and puts out what it holds, as a text or parsed"
    }

    fn input_schema(&self) -> Value {
        json!({
            "type": "object",
            "required": ["path"],
            "properties": {
                "path": {"type": "string", "description": "The path of the file in the workspace"},
                "parser": {"type": "string", "enum": ["yaml", "json", "multiyaml"], "description": "How the file is read; as a text where this is absent. `multiyaml` gives a list of documents"}
            },
            "additionalProperties": false,
            "$schema": "http://json-schema.org/draft-07/schema#"
        })
    }

    fn output_schema(&self) -> Value {
        json!({
            "type": "object",
            "properties": {"content": {"anyOf": [{"type": "string"}, {"type": "object"}], "description": "What the file holds"}},
            "$schema": "http://json-schema.org/draft-07/schema#"
        })
    }

    fn examples(&self) -> &'static [Example] {
        &[Example {
            description: "Read the name that a rendered catalog file has",
            example: "steps:\n  - id: parse\n    name: Read catalog file\n    action: roadiehq:utils:fs:parse\n    input:\n      path: catalog-info.yaml\n      parser: yaml\n  - name: Say its name\n    action: debug:log\n    input:\n      message: ${{ steps.parse.output.content.metadata.name }}\n",
        }]
    }

    fn supports_dry_run(&self) -> bool {
        true
    }

    fn run<'a>(&'a self, step: &'a mut StepContext<'_>) -> Outcome<'a> {
        Box::pin(async move {
            let name = step.text("path").unwrap_or_default().to_owned();
            let text = read_text(step, &name)?;
            let content = match step.text("parser") {
                Some("json") => read_json(&text, &name)?,
                Some("yaml") => read_yaml(&text, &name)?,
                Some("multiyaml") => Value::Array(read_documents(&text, &name)?),
                _ => Value::String(text),
            };
            step.output("content", content);
            Ok(())
        })
    }
}

/// A file of the workspace as text; what is no UTF-8 in it as Node reads it.
pub(super) fn read_text(step: &StepContext<'_>, path: &str) -> Result<String, ActionError> {
    let path = step.workspace.inner(path)?;
    let bytes = step.workspace.open()?.read(&path, LARGEST)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// JSON, with the place of what is wrong.
pub(super) fn read_json(text: &str, name: &str) -> Result<Value, ActionError> {
    serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        ActionError::input(format!(
            "{}:{line}:{column}: this is not JSON: {error}",
            shown(name).trim_matches('\'')
        ))
    })
}

/// YAML of one document.
pub(super) fn read_yaml(text: &str, name: &str) -> Result<Value, ActionError> {
    let mut documents = read_documents(text, name)?;
    match documents.len() {
        0 => Ok(Value::Null),
        1 => Ok(documents.remove(0)),
        many => Err(
            ActionError::input(format!("{} holds {many} YAML documents", shown(name)))
                .hint("parser: multiyaml reads them all"),
        ),
    }
}

/// YAML of any number of documents.
pub(super) fn read_documents(text: &str, name: &str) -> Result<Vec<Value>, ActionError> {
    let documents = yaml::parse(text, &YamlLimits::default()).into_iter();
    let read = documents.map(|document| {
        document.content.map_err(|error| {
            ActionError::input(format!(
                "{}:{}:{}: {}",
                shown(name).trim_matches('\''),
                error.mark.line,
                error.mark.column,
                error.message
            ))
        })
    });
    read.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaffolder::error::ActionErrorKind;
    use crate::scaffolder::stage::Stage;

    async fn parsed(text: &str, parser: &str) -> Result<Value, ActionError> {
        let stage = Stage::new();
        stage.has("f", text);
        let mut input = json!({"path": "f"});
        if !parser.is_empty() {
            input["parser"] = parser.into();
        }
        let out = stage.run(&RoadieFsParse, input).await?;
        Ok(out["content"].clone())
    }

    #[tokio::test]
    async fn a_file_is_read_as_asked() {
        assert_eq!(parsed("a: 1\n", "").await.unwrap(), "a: 1\n");
        assert_eq!(
            parsed("a: yes\nb: 0x10\n", "yaml").await.unwrap(),
            json!({"a": "yes", "b": 16})
        );
        assert_eq!(
            parsed("{\"a\": [1.5]}", "json").await.unwrap(),
            json!({"a": [1.5]})
        );
        assert_eq!(
            parsed("a: 1\n---\nb: 2\n", "multiyaml").await.unwrap(),
            json!([{"a": 1}, {"b": 2}])
        );
        assert_eq!(parsed("", "yaml").await.unwrap(), Value::Null);
    }

    #[tokio::test]
    async fn what_cannot_be_read_says_where() {
        for (text, parser, place) in [
            ("{\n  \"a\": nope}", "json", "f:2:"),
            ("a: 1\nb: [", "yaml", "f:"),
            ("a: 1\na: 2", "yaml", "f:2:"),
            ("a: 1\n---\nb: 2\n", "yaml", "'f' holds 2"),
        ] {
            let error = parsed(text, parser).await.unwrap_err();
            assert_eq!(error.kind, ActionErrorKind::Input);
            assert!(error.message.starts_with(place), "{error}");
        }
        let stage = Stage::new();
        let error = stage
            .run(&RoadieFsParse, json!({"path": "nope"}))
            .await
            .unwrap_err();
        assert_eq!(error.kind, ActionErrorKind::NotFound);
        let error = stage
            .run(&RoadieFsParse, json!({"path": "../nope"}))
            .await
            .unwrap_err();
        assert_eq!(error.kind, ActionErrorKind::NotAllowed);
    }
}
