//! Syncing into a real cache from the loopback GitHub and from folders.

mod discovery;
mod docs;
mod failures;
mod incremental;
mod locations;
mod organisations;
mod targets;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use callboard::config::{
    ConfigProblem, GithubFilters, GithubProviderConfig, LocationConfig, Origin, Settings,
};
use callboard::github::{Client, Credentials, Endpoint, GithubError};
use callboard::store::{Cache, Checked, OpenMode};
use callboard::sync::{ClientFactory, SyncContext, SyncError, SyncOptions, SyncSummary};
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

use crate::github::loopback::{Account, Loopback, Repository, Token, World};

pub const TOKEN: &str = "ghp_reader";

/// One identity at one loopback GitHub.
pub struct OneToken {
    pub endpoint: Endpoint,
    pub client: Client,
}

impl ClientFactory for OneToken {
    fn endpoints(&self) -> Vec<Endpoint> {
        vec![self.endpoint.clone()]
    }

    fn client(&self, _endpoint: &Endpoint, _owner: &str) -> Result<Client, GithubError> {
        Ok(self.client.clone())
    }
}

/// A cache and the configuration that fills it.
pub struct Catalog {
    pub dir: tempfile::TempDir,
    pub settings: Settings,
    pub config_errors: Vec<ConfigProblem>,
    pub credentials: Credentials,
    pub endpoint: Endpoint,
    pub offline: bool,
}

impl Catalog {
    pub fn of(github: &Loopback) -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            settings: Settings::default(),
            config_errors: Vec::new(),
            credentials: Credentials::Token(SecretString::from(TOKEN.to_owned())),
            endpoint: crate::github::client::endpoint(github),
            offline: false,
        }
    }

    /// A discovery of `acme`.
    pub fn discovering(github: &Loopback, change: impl FnOnce(&mut GithubProviderConfig)) -> Self {
        let mut catalog = Self::of(github);
        let mut provider = GithubProviderConfig {
            id: "acme".into(),
            organization: "acme".into(),
            host: github.host(),
            catalog_path: "/catalog-info.yaml".into(),
            filters: GithubFilters::default(),
            validate_locations_exist: false,
            schedule: None,
            origin: origin(),
        };
        change(&mut provider);
        catalog.settings.github_providers.push(provider);
        catalog
    }

    pub fn location(mut self, location_type: &str, target: &str, base_dir: &Path) -> Self {
        self.settings.locations.push(LocationConfig {
            location_type: location_type.into(),
            target: target.into(),
            rules: Vec::new(),
            base_dir: base_dir.to_owned(),
            origin: origin(),
        });
        self
    }

    pub fn token(&mut self, token: &str) {
        self.credentials = Credentials::Token(SecretString::from(token.to_owned()));
    }

    pub fn context(&self) -> SyncContext {
        let client = Client::new(
            self.endpoint.clone(),
            self.credentials.clone(),
            crate::github::client::settings(),
        )
        .unwrap();
        SyncContext {
            settings: Arc::new(self.settings.clone()),
            config_errors: self.config_errors.clone(),
            registered: Vec::new(),
            cache_dir: self.cache_dir(),
            clients: Arc::new(OneToken {
                endpoint: self.endpoint.clone(),
                client,
            }),
            offline: self.offline,
        }
    }

    pub fn cache_dir(&self) -> PathBuf {
        self.dir.path().join("cache")
    }

    pub async fn try_sync(&self, options: SyncOptions) -> Result<SyncSummary, SyncError> {
        callboard::sync::run(&self.context(), &options, |_| {}, CancellationToken::new()).await
    }

    pub async fn sync(&self) -> SyncSummary {
        self.try_sync(SyncOptions::default()).await.unwrap()
    }

    pub async fn prune(&self) -> SyncSummary {
        self.try_sync(SyncOptions {
            prune: true,
            ..SyncOptions::default()
        })
        .await
        .unwrap()
    }

    pub fn cache(&self) -> Cache {
        Cache::open(&self.cache_dir(), OpenMode::ReadOnly)
            .unwrap()
            .cache
    }

    pub fn refs(&self) -> Vec<String> {
        let mut refs: Vec<String> = self
            .cache()
            .all_files()
            .unwrap()
            .into_iter()
            .flat_map(|f| f.file.entities.into_iter().map(|e| e.entity_ref))
            .collect();
        refs.sort();
        refs
    }

    pub fn has(&self, name: &str) -> bool {
        self.cache()
            .entity(&format!("component:default/{name}"))
            .unwrap()
            .is_some()
    }

    pub fn is_stale(&self, name: &str) -> bool {
        self.cache()
            .entity(&format!("component:default/{name}"))
            .unwrap()
            .unwrap()
            .stale
    }

    pub fn description(&self, name: &str) -> String {
        let stored = self
            .cache()
            .entity(&format!("component:default/{name}"))
            .unwrap()
            .unwrap();
        stored.record.entity["metadata"]["description"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// Everything of the cache folder that a write to the database would change.
    pub fn database(&self) -> Vec<(String, Vec<u8>)> {
        let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(self.cache_dir())
            .unwrap()
            .map(|e| e.unwrap().path())
            .filter(|p| {
                let name = p.file_name().unwrap().to_str().unwrap();
                name.starts_with("catalog") && !name.ends_with("-shm")
            })
            .map(|p| (p.display().to_string(), std::fs::read(&p).unwrap()))
            // A reader leaves an empty log behind, a writer takes it away.
            .filter(|(_, bytes)| !bytes.is_empty())
            .collect();
        files.sort();
        files
    }

    pub fn checked(&self) -> Checked {
        Checked::read(&self.cache_dir())
    }
}

pub fn origin() -> Origin {
    Origin {
        file: Path::new("/app-config.yaml").into(),
        line: 1,
        column: 1,
    }
}

pub fn component(name: &str, description: &str) -> String {
    format!(
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: {name}\n  description: {description}\nspec:\n  type: service\n  lifecycle: production\n  owner: team-a\n"
    )
}

/// A repository whose catalog file gives a component of its name.
pub fn service(name: &str) -> Repository {
    Repository::new(name).file("catalog-info.yaml", component(name, "first"))
}

/// `acme` with some services, and a token that sees everything.
pub fn acme(repositories: impl IntoIterator<Item = Repository>) -> World {
    let mut account = Account::organization("acme").member("ann");
    for repository in repositories {
        account = account.repository(repository);
    }
    World::new()
        .token(TOKEN, Token::classic("ann", &["repo", "read:org"]))
        .organization(account)
}

pub fn services(count: usize) -> Vec<Repository> {
    (0..count)
        .map(|n| service(&format!("svc-{n:03}")).pushed_at(1_700_000_000 + n as i64))
        .collect()
}

/// Replaces a repository's catalog file, as a push at `at` does.
pub fn push(github: &Loopback, name: &str, path: &str, content: &str, at: i64) {
    github.change(|world| {
        let repository = world.repository_mut("acme", name).unwrap();
        repository.push(at, &[(path, Some(content))]);
    });
}
