//! What an action may reach outside its workspace: each behind a trait, so that tests and dry runs replace it.
//!
//! The rules stand behind the traits too: where files may be read from, whose token writes, which hosts may be asked. An
//! action opens no connection and reads no file outside its workspace by itself.

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::error::ActionError;
use crate::config::{ArgoCdInstance, ScaffolderConfig};
use crate::github;
use crate::nunjucks::HostKind;

/// What an asynchronous method of a service gives.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, ActionError>> + Send + 'a>>;

/// Everything an action may reach.
#[derive(Clone)]
pub struct Services {
    /// Files by their URL.
    pub sources: Arc<dyn Sources>,
    /// GitHub, with a person's rights.
    pub github: Arc<dyn GithubWriters>,
    /// The catalog.
    pub catalog: Arc<dyn CatalogAccess>,
    /// Servers that are no GitHub.
    pub outside: Outside,
    /// `callboard.scaffolder` and Backstage's `scaffolder`.
    pub config: Arc<ScaffolderConfig>,
    /// The hosts that `parseRepoUrl` and `projectSlug` know.
    pub hosts: Arc<[(String, HostKind)]>,
}

/// Reads files and folders by URL, under the rules of reading: configured integrations and `backend.reading.allow`,
/// never this machine.
pub trait Sources: Send + Sync {
    /// Writes the tree at a URL below a folder that exists and is empty: modes and links as they are in it, nothing
    /// outside the folder. `token` is the step's own `token` input, as for [`GithubWriters::client`].
    fn tree<'a>(&'a self, url: &'a str, token: Option<&'a str>, into: &'a Path) -> Answer<'a, ()>;

    /// The bytes of the file at a URL; `token` as for [`Sources::tree`].
    fn file<'a>(&'a self, url: &'a str, token: Option<&'a str>) -> Answer<'a, Vec<u8>>;
}

/// Clients that write to GitHub, signed as the person (or the integration, where the configuration says so).
pub trait GithubWriters: Send + Sync {
    /// A client of a host for what an owner has there. `token` is the step's own `token` input: a text, or the opaque
    /// handle that a form's `requestUserCredentials` gave.
    fn client<'a>(
        &'a self,
        host: &'a str,
        owner: &'a str,
        token: Option<&'a str>,
    ) -> Answer<'a, github::Client>;

    /// Who writes at a host: the account's login.
    fn login<'a>(&'a self, host: &'a str) -> Answer<'a, String>;
}

/// Servers that are no GitHub, and how they are asked.
#[derive(Clone)]
pub struct Outside {
    /// Sends the requests.
    pub http: Arc<dyn HttpAccess>,
    /// `argocd.appLocatorMethods[].instances[]`.
    pub argocd: Arc<[ArgoCdInstance]>,
    /// `backend.baseUrl`: the Backstage that `http:backstage:request` asks.
    pub backend_base_url: Option<String>,
}

impl Default for Outside {
    /// The network, with nothing configured.
    fn default() -> Self {
        Self {
            http: Arc::new(super::web::Web),
            argocd: Arc::new([]),
            backend_base_url: None,
        }
    }
}

/// A request to a server that is no GitHub. Whose host may be asked is the action's to decide, before.
#[derive(Clone, Debug)]
pub struct HttpRequest {
    /// `GET`, `POST`, …
    pub method: String,
    /// https, or http on this machine.
    pub url: Url,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// A header that carries a credential; never logged.
    pub authorization: Option<SecretString>,
    /// The body, if any.
    pub body: Option<Vec<u8>>,
    /// The longest time until the answer is there.
    pub timeout: Duration,
}

/// What a server answered, of any status.
#[derive(Clone, Debug)]
pub struct HttpAnswer {
    /// The status.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, whole.
    pub body: Vec<u8>,
}

/// Sends requests to servers that are no GitHub. Redirects are not followed.
pub trait HttpAccess: Send + Sync {
    /// Sends one request, once.
    fn send<'a>(
        &'a self,
        request: HttpRequest,
        cancel: &'a CancellationToken,
    ) -> Answer<'a, HttpAnswer>;
}

/// What registering a location found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Registered {
    /// Complete references of the entities in it, in the file's order.
    pub entities: Vec<String>,
    /// Whether a configured provider or location finds it too; else only this machine sees it.
    pub found_by_source: bool,
    /// Whether it was registered here before.
    pub known_before: bool,
    /// Why it gives no entity, where it gives none.
    pub problem: Option<String>,
    /// The configured file of locations, at an address where it can be edited.
    pub share: Option<String>,
}

/// The catalog as an action sees it.
pub trait CatalogAccess: Send + Sync {
    /// An entity as Backstage's API serves it, by its complete reference; none where it is not there.
    fn entity<'a>(&'a self, reference: &'a str) -> Answer<'a, Option<Value>>;

    /// Several entities, each as [`CatalogAccess::entity`], in order.
    fn entities<'a>(&'a self, references: &'a [String]) -> Answer<'a, Vec<Option<Value>>>;

    /// Registers the catalog file at a URL; its entities are in the cache when it returns.
    fn register<'a>(&'a self, url: &'a str) -> Answer<'a, Registered>;
}

/// What was done before about something that must not be done twice.
#[derive(Clone, PartialEq, Debug)]
pub enum Intent {
    /// Never tried: the intent is stored now, so do it.
    New,
    /// Tried, and nobody knows how it ended: look before doing it again.
    Unfinished {
        /// When it was tried, in RFC 3339.
        since: String,
        /// What was stored about it then.
        detail: Value,
    },
    /// Done, with this outcome.
    Done(Value),
}

/// Remembers what a task is about to make, so that a retry makes nothing twice.
pub trait Intents: Send + Sync {
    /// Stores, before it returns, that something will be made; or tells what is known about it. `key` names it within the
    /// task.
    ///
    /// # Errors
    /// Where it cannot be stored: then it must not be done.
    fn begin(&self, key: &str, detail: Value) -> Result<Intent, ActionError>;

    /// Stores how it ended.
    ///
    /// # Errors
    /// Where it cannot be stored.
    fn done(&self, key: &str, outcome: Value) -> Result<(), ActionError>;
}

/// [`Intents`] of one step: its keys need to be unique within the step (and its item) alone.
#[derive(Clone)]
pub struct StepIntents<'t> {
    intents: &'t dyn Intents,
    scope: String,
}

impl<'t> StepIntents<'t> {
    /// The intents of a step, by its id and the item of its `each`.
    pub fn new(intents: &'t dyn Intents, scope: impl Into<String>) -> Self {
        Self {
            intents,
            scope: scope.into(),
        }
    }

    /// See [`Intents::begin`].
    ///
    /// # Errors
    /// As there.
    pub fn begin(&self, key: &str, detail: Value) -> Result<Intent, ActionError> {
        self.intents.begin(&format!("{}/{key}", self.scope), detail)
    }

    /// See [`Intents::done`].
    ///
    /// # Errors
    /// As there.
    pub fn done(&self, key: &str, outcome: Value) -> Result<(), ActionError> {
        self.intents.done(&format!("{}/{key}", self.scope), outcome)
    }
}
