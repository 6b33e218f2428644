//! `fetch:plain:file`: copies one file into the workspace as it is.

use serde_json::{Value, json};

use crate::scaffolder::action::{Action, Example, Level, Outcome, StepContext};
use crate::scaffolder::skeleton::file_of_step;
use crate::scaffolder::workspace::{Mode, shown};

/// The action.
pub struct FetchPlainFile;

impl Action for FetchPlainFile {
    fn id(&self) -> &'static str {
        "fetch:plain:file"
    }

    fn description(&self) -> &'static str {
        "Copies a single file into the workspace without rendering it"
    }

    fn input_schema(&self) -> Value {
        json!({
            "type": "object",
            "required": ["url", "targetPath"],
            "properties": {
                "url": {"type": "string", "description": "The file: a path beside the template, or a URL"},
                "targetPath": {"type": "string", "description": "The path in the workspace to copy the file to"},
                "token": {"type": "string", "description": "A token to read the file with, in place of the usual identity"}
            },
            "additionalProperties": false,
            "$schema": "http://json-schema.org/draft-07/schema#"
        })
    }

    fn examples(&self) -> &'static [Example] {
        &[Example {
            description: "Copy a licence from another repository",
            example: "steps:\n  - id: licence\n    name: Fetch licence\n    action: fetch:plain:file\n    input:\n      url: https://github.com/acme/policies/blob/main/LICENSE\n      targetPath: ./LICENSE\n",
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
            step.log(Level::Info, "Fetching the file");
            let file = file_of_step(step).await?;
            let folder = step.workspace.open()?;
            folder.write(&target, &file.bytes, Mode::New(file.mode))?;
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
    async fn a_file_is_copied_byte_for_byte_and_replaces_what_is_there() {
        let stage = Stage::new();
        stage.beside("a.bin", b"\0\xff${{ x }}");
        stage.has("deep/b.bin", "old");
        let input = json!({"url": "./a.bin", "targetPath": "deep/b.bin"});
        stage.run(&FetchPlainFile, input).await.unwrap();
        let copied = std::fs::read(stage.workspace.root().join("deep/b.bin")).unwrap();
        assert_eq!(copied, b"\0\xff${{ x }}");
    }

    #[tokio::test]
    async fn a_file_comes_from_an_address_too() {
        let mut stage = Stage::from_address("https://github.com/acme/tpl/blob/main/template.yaml");
        let url = "https://github.com/acme/tpl/tree/main/LICENSE";
        stage.web.insert(url.to_owned(), b"free".to_vec());
        let input = json!({"url": "LICENSE", "targetPath": "x/LICENSE"});
        stage.run(&FetchPlainFile, input).await.unwrap();
        assert_eq!(stage.text("x/LICENSE"), "free");
    }

    #[tokio::test]
    async fn neither_end_leaves_its_folder() {
        let stage = Stage::new();
        stage.beside("a", "1");
        std::os::unix::fs::symlink("/etc/passwd", stage.outside().join("template/link")).unwrap();
        for (url, target) in [
            ("../x", "a"),
            ("/etc/passwd", "a"),
            ("file:///etc/passwd", "a"),
            ("link", "a"),
            ("a", "../a"),
            ("a", "/tmp/a"),
            ("a", ".git/hooks/post-checkout"),
        ] {
            let input = json!({"url": url, "targetPath": target});
            let error = stage.run(&FetchPlainFile, input).await.unwrap_err();
            assert_eq!(
                error.kind,
                ActionErrorKind::NotAllowed,
                "{url} {target}: {error}"
            );
        }
        let input = json!({"url": ".", "targetPath": "a"});
        let error = stage.run(&FetchPlainFile, input).await.unwrap_err();
        assert_eq!(error.kind, ActionErrorKind::Input);
        assert!(stage.files().is_empty());
    }
}
