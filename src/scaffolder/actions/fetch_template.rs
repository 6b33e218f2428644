//! `fetch:template`: renders a skeleton folder into the workspace.

use serde_json::{Map, Value, json};

use crate::nunjucks;
use crate::scaffolder::action::{Action, Example, Level, Outcome, StepContext};
use crate::scaffolder::error::ActionError;
use crate::scaffolder::skeleton::{self, Rendering, Report, Source};
use crate::scaffolder::workspace::Globs;

/// The action.
pub struct FetchTemplate;

impl Action for FetchTemplate {
    fn id(&self) -> &'static str {
        "fetch:template"
    }

    fn description(&self) -> &'static str {
        "Renders a skeleton, its file and folder names as well as their contents, into the workspace or a folder of it"
    }

    fn input_schema(&self) -> Value {
        json!({
            "type": "object",
            "required": ["url"],
            "properties": {
                "url": {"type": "string", "description": "The skeleton: a path beside the template, or the URL of a folder"},
                "targetPath": {"type": "string", "description": "The folder of the workspace to render into; the workspace itself by default"},
                "values": {"type": "object", "additionalProperties": {}, "description": "What the skeleton sees as `values`"},
                "copyWithoutRender": {"type": "array", "items": {"type": "string"}, "description": "Globs of what is copied with neither contents nor names rendered (deprecated: use copyWithoutTemplating)"},
                "copyWithoutTemplating": {"type": "array", "items": {"type": "string"}, "description": "Globs of what is copied with its contents as they are; names are rendered"},
                "cookiecutterCompat": {"type": "boolean", "description": "Reads the skeleton as one made for cookiecutter: `{{ cookiecutter.name }}`, `jsonify`"},
                "templateFileExtension": {"type": ["string", "boolean"], "description": "Renders only files with this extension, which their names lose; `true` stands for `.njk`"},
                "replace": {"type": "boolean", "description": "Replaces files that are there already; they stay otherwise"},
                "trimBlocks": {"type": "boolean", "description": "Drops the line break after a block tag"},
                "lstripBlocks": {"type": "boolean", "description": "Drops spaces and tabs in front of a block tag that begins its line"},
                "token": {"type": "string", "description": "A token to read the skeleton with, in place of the usual identity"}
            },
            "additionalProperties": false,
            "$schema": "http://json-schema.org/draft-07/schema#"
        })
    }

    fn examples(&self) -> &'static [Example] {
        &[
            Example {
                description: "Render the skeleton beside the template",
                example: "steps:\n  - id: fetch\n    name: Fetch skeleton\n    action: fetch:template\n    input:\n      url: ./skeleton\n      values:\n        name: ${{ parameters.name }}\n        owner: ${{ parameters.owner }}\n",
            },
            Example {
                description: "Leave GitHub's own expressions in workflows alone",
                example: "steps:\n  - id: fetch\n    name: Fetch skeleton\n    action: fetch:template\n    input:\n      url: ./skeleton\n      targetPath: ./service\n      copyWithoutTemplating:\n        - .github/workflows/*\n      values:\n        name: ${{ parameters.name }}\n",
            },
        ]
    }

    fn supports_dry_run(&self) -> bool {
        true
    }

    fn run<'a>(&'a self, step: &'a mut StepContext<'_>) -> Outcome<'a> {
        Box::pin(async move {
            let (mut rendering, patterns) = rendering(step)?;
            step.log(Level::Info, "Fetching the skeleton");
            let source = Source::of_step(step).await?;
            if let Some(patterns) = patterns {
                let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
                let is_folder = |path: &str| source.is_folder(path);
                rendering.raw = Some(Globs::new(&patterns, true, is_folder)?);
            }
            let (workspace, cancel) = (step.workspace.clone(), step.cancel.clone());
            let report =
                blocking(move || skeleton::render(&source, &workspace, &rendering, &cancel))
                    .await?;
            tell(step, &report);
            Ok(())
        })
    }
}

/// How the step wants its skeleton rendered, and the patterns of what is not.
fn rendering(step: &StepContext<'_>) -> Result<(Rendering, Option<Vec<String>>), ActionError> {
    let list = |name: &str| {
        let items = step.input.get(name)?.as_array()?;
        let texts = items.iter().filter_map(Value::as_str);
        Some(texts.map(str::to_owned).collect::<Vec<_>>())
    };
    let (unrendered, raw) = (list("copyWithoutRender"), list("copyWithoutTemplating"));
    if unrendered.is_some() && raw.is_some() {
        return Err(ActionError::input(
            "copyWithoutRender and copyWithoutTemplating cannot be used together",
        )
        .hint("Drop copyWithoutRender, which is deprecated"));
    }
    if unrendered.is_some() {
        step.log(
            Level::Warn,
            "copyWithoutRender is deprecated: use copyWithoutTemplating",
        );
    }
    let extension = match step.input.get("templateFileExtension") {
        Some(Value::Bool(true)) => Some(".njk".to_owned()),
        Some(Value::String(text)) if !text.is_empty() => {
            let dot = if text.starts_with('.') { "" } else { "." };
            Some(format!("{dot}{text}"))
        }
        _ => None,
    };
    let raw_paths = unrendered.is_some();
    let patterns = unrendered.or(raw);
    if extension.is_some() && (patterns.is_some() || step.flag("cookiecutterCompat", false)) {
        return Err(ActionError::input(
            "templateFileExtension cannot be used together with copyWithoutTemplating, copyWithoutRender or \
             cookiecutterCompat",
        ));
    }
    let (context, options) = templating(step);
    let rendering = Rendering {
        target: step
            .workspace
            .inner(step.text("targetPath").unwrap_or("./"))?,
        context,
        options,
        replace: step.flag("replace", false),
        extension,
        raw: None,
        raw_paths,
    };
    Ok((rendering, patterns))
}

/// What templates of a step see, and how they are read.
pub(super) fn templating(step: &StepContext<'_>) -> (Map<String, Value>, nunjucks::Options) {
    let cookiecutter = step.flag("cookiecutterCompat", false);
    let name = if cookiecutter {
        "cookiecutter"
    } else {
        "values"
    };
    let mut context = Map::new();
    if let Some(values) = step.input.get("values") {
        context.insert(name.to_owned(), values.clone());
    }
    let options = nunjucks::Options {
        cookiecutter,
        trim_blocks: step.flag("trimBlocks", false),
        lstrip_blocks: step.flag("lstripBlocks", false),
        hosts: step.services.hosts.to_vec(),
        ..nunjucks::Options::default()
    };
    (context, options)
}

/// Runs what works on the disk for long, so that the task goes on answering.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ActionError> + Send + 'static,
) -> Result<T, ActionError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(_) => Err(ActionError::new(
            crate::scaffolder::error::ActionErrorKind::Other,
            "The step stopped by a fault of callboard",
        )),
    }
}

/// Logs what was done.
pub(super) fn tell(step: &StepContext<'_>, report: &Report) {
    for warning in report.warnings() {
        step.log(Level::Warn, &warning);
    }
    step.log(Level::Info, &report.summary());
}

#[cfg(test)]
mod tests;
