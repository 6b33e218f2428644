//! The actions that write to GitHub, against the loopback GitHub: pushes are real, and what was published is read back.

mod faults;
mod others;
mod publish;
mod pull_request;
mod push;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use callboard::config::{GithubIntegration, ScaffolderConfig, ScaffolderIdentity};
use callboard::github::{Identities, Settings};
use callboard::scaffolder::services::StepIntents;
use callboard::scaffolder::{
    ActionError, Answer, CatalogAccess, EventBody, EventKind, EventSink, Handles, Intent, Intents,
    Outside, Registered, Registry, Services, Sources, StepContext, TemplateFolder, Workspace,
    Writers,
};
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

pub use crate::github::loopback::{
    Account, Fault, Loopback, Recorded, Reply, Repository, Team, Token, User, Visibility, World,
};

pub const TOKEN: &str = "ghp_writer_of_the_tests";

/// An organisation with a team, a person with an account of her own, and one repository with two files.
pub fn world() -> World {
    World::new()
        .token(
            TOKEN,
            Token::classic("ann", &["repo", "read:org", "workflow"]),
        )
        .token("ghp_stranger", Token::classic("bob", &["repo"]))
        .person(User::new("carol"))
        .organization(
            Account::organization("acme")
                .member("ann")
                .team(Team::new("platform").member("ann"))
                .repository(
                    Repository::new("infra")
                        .file("README.md", "# Infra\n")
                        .file("old.tf", "old\n")
                        .file(".github/workflows/deploy.yaml", "on: workflow_dispatch\n"),
                ),
        )
        .account(Account::user("ann"))
}

/// An intent: when it was stored, what was stored with it, and how it ended.
type Kept = (String, Value, Option<Value>);

/// What happened in a task: its lines, and its intents, which outlive a run.
#[derive(Default)]
pub struct Record {
    pub lines: Mutex<Vec<String>>,
    intents: Mutex<BTreeMap<String, Kept>>,
}

impl EventSink for Record {
    fn append(&self, _: EventKind, body: EventBody) -> Result<(), ActionError> {
        self.lines.lock().unwrap().push(body.message);
        Ok(())
    }
}

impl Intents for Record {
    fn begin(&self, key: &str, detail: Value) -> Result<Intent, ActionError> {
        let mut intents = self.intents.lock().unwrap();
        if let Some((since, detail, outcome)) = intents.get(key) {
            return Ok(match outcome {
                Some(outcome) => Intent::Done(outcome.clone()),
                None => Intent::Unfinished {
                    since: since.clone(),
                    detail: detail.clone(),
                },
            });
        }
        let now = jiff::Timestamp::now().to_string();
        intents.insert(key.to_owned(), (now, detail, None));
        Ok(Intent::New)
    }

    fn done(&self, key: &str, outcome: Value) -> Result<(), ActionError> {
        if let Some(intent) = self.intents.lock().unwrap().get_mut(key) {
            intent.2 = Some(outcome);
        }
        Ok(())
    }
}

struct Elsewhere(BTreeMap<String, Value>);

impl Sources for Elsewhere {
    fn tree<'a>(&'a self, _: &'a str, _: Option<&'a str>, _: &'a Path) -> Answer<'a, ()> {
        Box::pin(async { Err(ActionError::not_found("there is nothing here")) })
    }

    fn file<'a>(&'a self, _: &'a str, _: Option<&'a str>) -> Answer<'a, Vec<u8>> {
        Box::pin(async { Err(ActionError::not_found("there is nothing here")) })
    }
}

impl CatalogAccess for Elsewhere {
    fn entity<'a>(&'a self, reference: &'a str) -> Answer<'a, Option<Value>> {
        Box::pin(async move { Ok(self.0.get(reference).cloned()) })
    }

    fn entities<'a>(&'a self, references: &'a [String]) -> Answer<'a, Vec<Option<Value>>> {
        Box::pin(async move {
            Ok(references
                .iter()
                .map(|one| self.0.get(one).cloned())
                .collect())
        })
    }

    fn register<'a>(&'a self, _: &'a str) -> Answer<'a, Registered> {
        Box::pin(async { Ok(Registered::default()) })
    }
}

/// A task with a workspace, whose steps run one at a time.
pub struct Stage {
    pub workspace: tempfile::TempDir,
    state: tempfile::TempDir,
    pub record: Arc<Record>,
    pub cancel: CancellationToken,
    pub config: ScaffolderConfig,
    pub outside: Outside,
    pub handles: Handles,
    pub token: Option<&'static str>,
    pub dry_run: bool,
    pub entities: BTreeMap<String, Value>,
    pub identity: ScaffolderIdentity,
    pub integration: GithubIntegration,
}

impl Stage {
    pub fn new(github: &Loopback) -> Self {
        Self {
            workspace: tempfile::tempdir().unwrap(),
            state: tempfile::tempdir().unwrap(),
            record: Arc::default(),
            cancel: CancellationToken::new(),
            config: ScaffolderConfig::default(),
            outside: Outside::default(),
            handles: Handles::default(),
            token: Some(TOKEN),
            dry_run: false,
            entities: BTreeMap::new(),
            identity: ScaffolderIdentity::User,
            integration: integration(github, None),
        }
    }

    pub fn file(&self, path: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.workspace.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    pub fn log(&self) -> String {
        self.record.lines.lock().unwrap().join("\n")
    }

    /// Runs an action as a step; a second run of the same stage is a retry.
    pub async fn run(&self, id: &str, input: Value) -> Result<Map<String, Value>, ActionError> {
        let Value::Object(input) = input else {
            panic!("an input is an object")
        };
        let token = self.token;
        let identities = Identities::new(
            std::slice::from_ref(&self.integration),
            self.state.path(),
            move |name| {
                (name == "GH_ENTERPRISE_TOKEN")
                    .then(|| token.map(str::to_owned))
                    .flatten()
            },
        )
        .unwrap()
        .with_gh(|_| None);
        let settings = Settings {
            backoff: Duration::from_millis(1),
            timeout: Duration::from_secs(20),
            write_interval: Duration::ZERO,
            ..Settings::default()
        };
        let writers = Writers::new(
            Arc::new(identities),
            self.identity,
            settings,
            self.handles.clone(),
        );
        let elsewhere = Arc::new(Elsewhere(self.entities.clone()));
        let services = Services {
            sources: elsewhere.clone(),
            github: Arc::new(writers),
            catalog: elsewhere,
            outside: self.outside.clone(),
            config: Arc::new(self.config.clone()),
            hosts: Arc::new([]),
        };
        let registry = Registry::default();
        let action = registry.get(id).expect("an action");
        let workspace = Workspace::new(self.workspace.path());
        let template = TemplateFolder::Local(self.workspace.path().to_owned());
        let user = json!({});
        let mut step = StepContext {
            input: &input,
            workspace: &workspace,
            template: &template,
            template_ref: "",
            services: &services,
            intents: StepIntents::new(self.record.as_ref(), "step"),
            cancel: &self.cancel,
            user: &user,
            step_id: "step",
            task_id: "task",
            dry_run: self.dry_run,
            sink: self.record.as_ref(),
            outputs: Map::new(),
        };
        action.run(&mut step).await?;
        Ok(step.outputs)
    }
}

/// The loopback as an integration, with a token of its own where one is given.
pub fn integration(github: &Loopback, token: Option<&str>) -> GithubIntegration {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("app-config.yaml");
    std::fs::write(&file, github.integration_yaml(token)).unwrap();
    let options = callboard::config::LoadOptions::new(None, std::slice::from_ref(&file), &|_| None);
    let config = callboard::config::Config::load(options).unwrap();
    config.github_integrations()[0].clone()
}

/// `repoUrl` of a repository.
pub fn repo_url(github: &Loopback, owner: &str, name: &str) -> String {
    format!("{}?owner={owner}&repo={name}", github.host())
}

/// A clone of a repository's branch, made with a token: by the environment, since a test looks for tokens in arguments.
pub fn clone(github: &Loopback, full: &str, branch: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("http://{}/{full}.git", github.host());
    let signed = base64::engine::general_purpose::STANDARD.encode(format!("x:{TOKEN}"));
    let output = std::process::Command::new("git")
        .args(["clone", "--quiet", "--branch", branch, &url, "."])
        .current_dir(folder.path())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_COUNT", "1")
        .env("GIT_CONFIG_KEY_0", "http.extraHeader")
        .env(
            "GIT_CONFIG_VALUE_0",
            format!("Authorization: Basic {signed}"),
        )
        .env("GIT_TERMINAL_PROMPT", "0")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    folder
}

/// What git says in a folder.
pub fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = std::process::Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Methods and addresses of the requests that changed something, below the API's address.
pub fn writes(github: &Loopback) -> Vec<String> {
    github
        .writes()
        .iter()
        .map(|request| {
            let path = request.bare_path().trim_start_matches("/api/v3");
            format!("{} {path}", request.method)
        })
        .collect()
}

/// The body of the one request to an address.
pub fn body(github: &Loopback, method: &str, end: &str) -> Value {
    let found: Vec<Recorded> = github
        .writes()
        .into_iter()
        .filter(|request| request.method == method && request.bare_path().ends_with(end))
        .collect();
    assert_eq!(found.len(), 1, "{method} {end} in {:?}", writes(github));
    serde_json::from_slice(&found[0].body).unwrap_or_default()
}
