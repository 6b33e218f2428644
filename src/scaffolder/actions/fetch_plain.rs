//! `fetch:plain`: copies a folder into the workspace as it is.

use serde_json::{Value, json};

use super::fetch_template::{blocking, tell};
use crate::scaffolder::action::{Action, Example, Level, Outcome, StepContext};
use crate::scaffolder::skeleton::{self, Source};

/// The action.
pub struct FetchPlain;

impl Action for FetchPlain {
    fn id(&self) -> &'static str {
        "fetch:plain"
    }

    fn description(&self) -> &'static str {
        "Copies a folder into the workspace, or into a folder of it, without rendering anything"
    }

    fn input_schema(&self) -> Value {
        json!({
            "type": "object",
            "required": ["url"],
            "properties": {
                "url": {"type": "string", "description": "The folder: a path beside the template, or the URL of a folder"},
                "targetPath": {"type": "string", "description": "The folder of the workspace to copy into; the workspace itself by default"},
                "token": {"type": "string", "description": "A token to read the folder with, in place of the usual identity"}
            },
            "additionalProperties": false,
            "$schema": "http://json-schema.org/draft-07/schema#"
        })
    }

    fn examples(&self) -> &'static [Example] {
        &[Example {
            description: "Copy a folder of another repository",
            example: "steps:\n  - id: policies\n    name: Fetch policies\n    action: fetch:plain\n    input:\n      url: https://github.com/acme/policies/tree/main/common\n      targetPath: ./policies\n",
        }]
    }

    fn supports_dry_run(&self) -> bool {
        true
    }

    fn run<'a>(&'a self, step: &'a mut StepContext<'_>) -> Outcome<'a> {
        Box::pin(async move {
            let target = (step.workspace).inner(step.text("targetPath").unwrap_or("./"))?;
            step.log(Level::Info, "Fetching the folder");
            let source = Source::of_step(step).await?;
            let (workspace, cancel) = (step.workspace.clone(), step.cancel.clone());
            let report =
                blocking(move || skeleton::copy(&source, &workspace, &target, &cancel)).await?;
            tell(step, &report);
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;
    use crate::scaffolder::error::ActionErrorKind;
    use crate::scaffolder::stage::Stage;

    #[tokio::test]
    async fn a_folder_is_copied_as_it_is_over_what_is_there() {
        let stage = Stage::new();
        let script = stage.beside("files/bin/run-${{ x }}.sh", "${{ x }}\r\n");
        std::fs::set_permissions(script, std::fs::Permissions::from_mode(0o755)).unwrap();
        std::fs::create_dir(stage.outside().join("template/files/empty")).unwrap();
        stage.beside("files/caf.txt", b"caf\xe9");
        stage.has("out/caf.txt", "old");
        let input = json!({"url": "./files", "targetPath": "out"});
        stage.run(&FetchPlain, input).await.unwrap();
        assert_eq!(
            stage.files(),
            [
                "out/",
                "out/bin/",
                "out/bin/run-${{ x }}.sh",
                "out/caf.txt",
                "out/empty/"
            ]
        );
        assert_eq!(stage.text("out/bin/run-${{ x }}.sh"), "${{ x }}\r\n");
        let copied = stage.workspace.root().join("out");
        assert_eq!(std::fs::read(copied.join("caf.txt")).unwrap(), b"caf\xe9");
        let mode = copied
            .join("bin/run-${{ x }}.sh")
            .metadata()
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o755);
        assert!(
            stage.log().contains("Wrote 2 files, 2 folders"),
            "{}",
            stage.log()
        );
    }

    #[tokio::test]
    async fn links_stay_links_and_those_that_lead_out_are_left_out() {
        let stage = Stage::new();
        stage.beside("files/a/x", "1");
        let files = stage.outside().join("template/files");
        symlink("../x", files.join("a/up")).unwrap();
        symlink("/etc/passwd", files.join("passwd")).unwrap();
        symlink("../../work", files.join("work")).unwrap();
        stage
            .run(&FetchPlain, json!({"url": "files"}))
            .await
            .unwrap();
        assert_eq!(stage.files(), ["a/", "a/up", "a/x"]);
        assert!(
            stage.log().contains("'passwd' was left out"),
            "{}",
            stage.log()
        );
    }

    #[tokio::test]
    async fn a_template_reads_nothing_outside_its_folder() {
        let stage = Stage::new();
        std::fs::create_dir(stage.outside().join("secret")).unwrap();
        symlink("../secret", stage.outside().join("template/link")).unwrap();
        for url in ["..", "../secret", "/etc", "file:///etc", "link"] {
            let error = stage
                .run(&FetchPlain, json!({"url": url}))
                .await
                .unwrap_err();
            assert_eq!(error.kind, ActionErrorKind::NotAllowed, "{url}: {error}");
        }
        let error = stage
            .run(&FetchPlain, json!({"url": "nope"}))
            .await
            .unwrap_err();
        assert_eq!(error.kind, ActionErrorKind::NotFound);
        stage.beside("file", "");
        let error = stage
            .run(&FetchPlain, json!({"url": "file"}))
            .await
            .unwrap_err();
        assert!(
            error.message.contains("is a file") && error.hint.is_some(),
            "{error}"
        );
        let input = json!({"url": ".", "targetPath": "../out"});
        let error = stage.run(&FetchPlain, input).await.unwrap_err();
        assert_eq!(error.kind, ActionErrorKind::NotAllowed);
    }

    #[tokio::test]
    async fn what_comes_from_an_address_is_asked_of_its_own_repository() {
        let mut stage =
            Stage::from_address("https://github.com/acme/tpl/blob/main/t/template.yaml");
        let own = "https://github.com/acme/tpl/tree/main/t/files";
        stage.web.insert(format!("{own}/a/b.txt"), b"1".to_vec());
        stage
            .run(&FetchPlain, json!({"url": "./files"}))
            .await
            .unwrap();
        assert_eq!(stage.text("a/b.txt"), "1");
        let error = stage
            .run(&FetchPlain, json!({"url": "../../../x"}))
            .await
            .unwrap_err();
        assert_eq!(error.kind, ActionErrorKind::NotAllowed);
    }

    #[tokio::test]
    async fn a_folder_that_holds_the_workspace_is_not_copied_into_itself() {
        let mut stage = Stage::new();
        stage.template = crate::scaffolder::TemplateFolder::Local(stage.outside());
        let error = stage
            .run(&FetchPlain, json!({"url": "."}))
            .await
            .unwrap_err();
        assert!(error.message.contains("into itself"), "{error}");
    }
}
