//! `fetch:template:file`: renders one file into the workspace.

use serde_json::{Value, json};

use super::fetch_template::templating;
use crate::scaffolder::action::{Action, Example, Level, Outcome, StepContext};
use crate::scaffolder::skeleton::{Rendering, file_of_step};
use crate::scaffolder::workspace::{Mode, shown};

/// The action.
pub struct FetchTemplateFile;

impl Action for FetchTemplateFile {
    fn id(&self) -> &'static str {
        "fetch:template:file"
    }

    fn description(&self) -> &'static str {
        "Renders a single file into the workspace"
    }

    fn input_schema(&self) -> Value {
        json!({
            "type": "object",
            "required": ["url", "targetPath"],
            "properties": {
                "url": {"type": "string", "description": "The file: a path beside the template, or a URL"},
                "targetPath": {"type": "string", "description": "The path in the workspace to write the file to"},
                "values": {"type": "object", "additionalProperties": {}, "description": "What the file sees as `values`"},
                "cookiecutterCompat": {"type": "boolean", "description": "Reads the file as one made for cookiecutter: `{{ cookiecutter.name }}`, `jsonify`"},
                "replace": {"type": "boolean", "description": "Replaces a file that is there already; it stays otherwise"},
                "trimBlocks": {"type": "boolean", "description": "Drops the line break after a block tag"},
                "lstripBlocks": {"type": "boolean", "description": "Drops spaces and tabs in front of a block tag that begins its line"},
                "token": {"type": "string", "description": "A token to read the file with, in place of the usual identity"}
            },
            "additionalProperties": false,
            "$schema": "http://json-schema.org/draft-07/schema#"
        })
    }

    fn examples(&self) -> &'static [Example] {
        &[Example {
            description: "Render a file beside the template",
            example: "steps:\n  - id: readme\n    name: Write README\n    action: fetch:template:file\n    input:\n      url: ./README.md\n      targetPath: ./README.md\n      replace: true\n      values:\n        name: ${{ parameters.name }}\n",
        }]
    }

    fn supports_dry_run(&self) -> bool {
        true
    }

    fn run<'a>(&'a self, step: &'a mut StepContext<'_>) -> Outcome<'a> {
        Box::pin(async move {
            let target = step
                .workspace
                .inner(step.text("targetPath").unwrap_or_default())?;
            let folder = step.workspace.open()?;
            let replace = step.flag("replace", false);
            if !replace && folder.exists(&target) {
                let name = shown(target.as_str());
                step.log(Level::Info, &format!("{name} is there already and stays"));
                return Ok(());
            }
            step.log(Level::Info, "Fetching the file");
            let file = file_of_step(step).await?;
            let (context, options) = templating(step);
            let rendering = Rendering {
                target: step.workspace.inner("")?,
                context,
                options,
                replace,
                extension: None,
                raw: None,
                raw_paths: false,
            };
            let url = step.text("url").unwrap_or_default();
            let text = rendering.text(&String::from_utf8_lossy(&file.bytes), url)?;
            folder.write(&target, text.as_bytes(), Mode::Default)?;
            step.log(Level::Info, &format!("Wrote {}", shown(target.as_str())));
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaffolder::error::ActionErrorKind;
    use crate::scaffolder::stage::Stage;

    #[tokio::test]
    async fn a_file_is_rendered_where_none_is_yet() {
        let stage = Stage::new();
        stage.beside(
            "a.txt",
            "\u{feff}${{ values.name }}\r\n{% if values.x %}\ny\n{% endif %}\n",
        );
        let input =
            json!({"url": "a.txt", "targetPath": "out/a.txt", "values": {"name": "n", "x": 1}});
        stage.run(&FetchTemplateFile, input).await.unwrap();
        assert_eq!(stage.text("out/a.txt"), "\u{feff}n\r\n\ny\n\n");
        let again = json!({"url": "nope", "targetPath": "out/a.txt"});
        stage.run(&FetchTemplateFile, again).await.unwrap();
        assert!(stage.log().contains("is there already"));
        let input = json!({"url": "a.txt", "targetPath": "out/a.txt", "replace": true, "trimBlocks": true, "values": {"x": 1}});
        stage.run(&FetchTemplateFile, input).await.unwrap();
        assert_eq!(stage.text("out/a.txt"), "\u{feff}\r\ny\n");
    }

    #[tokio::test]
    async fn cookiecutters_delimiters_are_read_where_asked() {
        let stage = Stage::new();
        stage.beside("a.txt", "{{ cookiecutter.list | jsonify }} ${{ values.x }}");
        let input = json!({"url": "a.txt", "targetPath": "a", "cookiecutterCompat": true, "values": {"list": [1]}});
        stage.run(&FetchTemplateFile, input).await.unwrap();
        assert_eq!(stage.text("a"), "[1] $");
    }

    #[tokio::test]
    async fn an_error_says_where_it_is() {
        let stage = Stage::new();
        stage.beside("a.txt", "one\n  ${{ values.x | nosuch }}");
        let input = json!({"url": "./a.txt", "targetPath": "a"});
        let error = stage.run(&FetchTemplateFile, input).await.unwrap_err();
        assert_eq!(error.kind, ActionErrorKind::Input);
        assert!(error.message.starts_with("./a.txt:2:"), "{error}");
        assert!(stage.files().is_empty());
    }
}
