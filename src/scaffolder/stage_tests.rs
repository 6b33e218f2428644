//! What an action's test needs around it: a workspace, a template's folder, services that reach nothing real, and a log.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::action::{Action, StepContext};
use super::error::ActionError;
use super::event::{EventBody, EventKind, EventSink};
use super::services::{
    Answer, CatalogAccess, GithubWriters, Intent, Intents, Registered, Services, Sources,
    StepIntents,
};
use super::template_folder::TemplateFolder;
use super::workspace::Workspace;
use crate::config::ScaffolderConfig;
use crate::github;
use crate::nunjucks;

/// A step without a task.
pub(crate) struct Stage {
    keep: tempfile::TempDir,
    pub(crate) workspace: Workspace,
    pub(crate) template: TemplateFolder,
    /// Files by their addresses; a tree is all files whose addresses begin with its own.
    pub(crate) web: BTreeMap<String, Vec<u8>>,
    pub(crate) catalog: Arc<dyn CatalogAccess>,
    pub(crate) cancel: CancellationToken,
    pub(crate) dry_run: bool,
    lines: Mutex<Vec<String>>,
}

impl Stage {
    /// With an empty workspace and an empty template's folder.
    pub(crate) fn new() -> Self {
        let keep = tempfile::tempdir().unwrap();
        for folder in ["work", "template"] {
            std::fs::create_dir(keep.path().join(folder)).unwrap();
        }
        Self {
            workspace: Workspace::new(keep.path().join("work")),
            template: TemplateFolder::Local(keep.path().join("template")),
            web: BTreeMap::new(),
            catalog: Arc::new(Nobody),
            cancel: CancellationToken::new(),
            dry_run: false,
            lines: Mutex::default(),
            keep,
        }
    }

    /// As if the template had come from an address.
    pub(crate) fn from_address(url: &str) -> Self {
        Self {
            template: TemplateFolder::Remote(Url::parse(url).unwrap()),
            ..Self::new()
        }
    }

    /// The folder around workspace and template.
    pub(crate) fn outside(&self) -> PathBuf {
        self.keep.path().to_owned()
    }

    /// Writes a file beside the template.
    pub(crate) fn beside(&self, path: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        put(&self.keep.path().join("template").join(path), bytes)
    }

    /// Writes a file into the workspace.
    pub(crate) fn has(&self, path: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        put(&self.workspace.root().join(path), bytes)
    }

    /// A file of the workspace as text.
    pub(crate) fn text(&self, path: &str) -> String {
        let path = self.workspace.root().join(path);
        let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Everything in the workspace, folders with a slash at their ends, sorted.
    pub(crate) fn files(&self) -> Vec<String> {
        let folder = self.workspace.open().unwrap();
        let root = self.workspace.inner("").unwrap();
        let mut names: Vec<String> = folder
            .entries(&root, true)
            .unwrap()
            .iter()
            .map(|e| format!("{}{}", e.path, if e.is_folder() { "/" } else { "" }))
            .collect();
        names.sort();
        names
    }

    /// The lines that were logged.
    pub(crate) fn log(&self) -> String {
        self.lines.lock().unwrap().join("\n")
    }

    /// Runs an action; gives what it put out.
    pub(crate) async fn run(
        &self,
        action: &dyn Action,
        input: Value,
    ) -> Result<Map<String, Value>, ActionError> {
        let Value::Object(input) = input else {
            panic!("an input is an object")
        };
        let services = Services {
            sources: Arc::new(Web(self.web.clone())),
            github: Arc::new(Nobody),
            outside: crate::scaffolder::Outside::default(),
            catalog: Arc::clone(&self.catalog),
            config: Arc::new(ScaffolderConfig::default()),
            hosts: nunjucks::Options::default().hosts.into(),
        };
        let user = json!({});
        let mut step = StepContext {
            template_ref: "template:default/stage",
            input: &input,
            workspace: &self.workspace,
            template: &self.template,
            services: &services,
            intents: StepIntents::new(&Nobody, "step"),
            cancel: &self.cancel,
            user: &user,
            step_id: "step",
            task_id: "task",
            dry_run: self.dry_run,
            sink: self,
            outputs: Map::new(),
        };
        action.run(&mut step).await?;
        Ok(step.outputs)
    }
}

fn put(path: &Path, bytes: impl AsRef<[u8]>) -> PathBuf {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
    path.to_owned()
}

impl EventSink for Stage {
    fn append(&self, _kind: EventKind, body: EventBody) -> Result<(), ActionError> {
        self.lines.lock().unwrap().push(body.message);
        Ok(())
    }
}

struct Web(BTreeMap<String, Vec<u8>>);

impl Sources for Web {
    fn tree<'a>(&'a self, url: &'a str, _token: Option<&'a str>, into: &'a Path) -> Answer<'a, ()> {
        Box::pin(async move {
            let mut found = false;
            for (address, bytes) in &self.0 {
                if let Some(path) = address.strip_prefix(url).and_then(|p| p.strip_prefix('/')) {
                    put(&into.join(path), bytes);
                    found = true;
                }
            }
            found
                .then_some(())
                .ok_or_else(|| ActionError::not_found(url))
        })
    }

    fn file<'a>(&'a self, url: &'a str, _token: Option<&'a str>) -> Answer<'a, Vec<u8>> {
        let found = self.0.get(url).cloned();
        Box::pin(async move { found.ok_or_else(|| ActionError::not_found(url)) })
    }
}

/// Knows nothing and does nothing.
struct Nobody;

fn nothing<'a, T: Send + 'a>() -> Answer<'a, T> {
    Box::pin(async { Err(ActionError::not_allowed("a test reaches nothing")) })
}

impl GithubWriters for Nobody {
    fn client<'a>(
        &'a self,
        _host: &'a str,
        _owner: &'a str,
        _token: Option<&'a str>,
    ) -> Answer<'a, github::Client> {
        nothing()
    }

    fn login<'a>(&'a self, _host: &'a str) -> Answer<'a, String> {
        nothing()
    }
}

impl CatalogAccess for Nobody {
    fn entity<'a>(&'a self, _reference: &'a str) -> Answer<'a, Option<Value>> {
        nothing()
    }

    fn entities<'a>(&'a self, _references: &'a [String]) -> Answer<'a, Vec<Option<Value>>> {
        nothing()
    }

    fn register<'a>(&'a self, _url: &'a str) -> Answer<'a, Registered> {
        nothing()
    }
}

impl Intents for Nobody {
    fn begin(&self, _key: &str, _detail: Value) -> Result<Intent, ActionError> {
        Ok(Intent::New)
    }

    fn done(&self, _key: &str, _outcome: Value) -> Result<(), ActionError> {
        Ok(())
    }
}
