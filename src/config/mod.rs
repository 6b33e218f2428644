//! The configuration: Backstage's app-config dialect, read as Backstage reads it.
//!
//! Several files are merged; `${VAR}`, `$env`, `$file` and `$include` are resolved only for the keys that callboard
//! reads. What is wrong becomes a problem with its file and line; only a file that cannot be read at all is an error.
//! Reads nothing but the configuration's own files, and never puts a secret into a message.

pub mod keys;
mod look;
mod problem;
mod read;
mod read_catalog;
mod resolve;
mod schedule;
mod schema;
mod secret;
mod settings;
mod show;
mod source;
mod substitute;
mod tree;

use std::path::{Path, PathBuf};

pub use look::own_themes;
pub use problem::{ConfigError, ConfigErrorKind, ConfigProblem, UnsetVariable};
pub use schedule::{Frequency, Schedule};
pub use schema::json_schema;
pub use secret::Secret;
pub use settings::{
    AllowedKind, ArgoCdInstance, CallboardConfig, Clipboard, DocsConfig, GithubApp,
    GithubAuthProvider, GithubFilters, GithubIntegration, GithubOrgProviderConfig,
    GithubProviderConfig, Icons, LocationConfig, NameOrFile, NamePattern, Origin, PagerDutyAccount,
    PagerDutyConfig, ReadingAllow, RuleConfig, RuleLocation, ScaffolderConfig, ScaffolderIdentity,
    Settings, TechdocsConfig,
};
pub use show::ShownValue;

use crate::catalog::Severity;

/// A file of the configuration, in the order of laying over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigFile {
    /// Where it is.
    pub path: PathBuf,
    /// Whether it must exist: a file that somebody named must, the user's own need not.
    pub required: bool,
}

/// What to load.
pub struct LoadOptions<'a> {
    /// The files; later ones are laid over earlier ones.
    pub files: Vec<ConfigFile>,
    /// Looks a variable of the environment up.
    pub env: &'a dyn Fn(&str) -> Option<String>,
}

impl<'a> LoadOptions<'a> {
    /// The user's own `config.yaml` in `config_dir`, then the files that were named.
    pub fn new(
        config_dir: Option<&Path>,
        named: &[PathBuf],
        env: &'a dyn Fn(&str) -> Option<String>,
    ) -> Self {
        let own = config_dir.map(|dir| ConfigFile {
            path: dir.join("config.yaml"),
            required: false,
        });
        let named = named.iter().map(|path| ConfigFile {
            path: path.clone(),
            required: true,
        });
        Self {
            files: own.into_iter().chain(named).collect(),
            env,
        }
    }
}

/// The configuration folder: `$XDG_CONFIG_HOME/callboard`, else `~/.config/callboard`, also on macOS.
pub fn config_dir(env: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let absolute = |name: &str| {
        env(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let base = absolute("XDG_CONFIG_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".config")))?;
    Some(base.join("callboard"))
}

/// The configuration, loaded. Cheap to ask: everything callboard reads is resolved once, on loading.
#[derive(Clone, Debug)]
pub struct Config {
    files: Vec<(ConfigFile, bool)>,
    tree: Option<tree::Tree>,
    settings: Settings,
    problems: Vec<ConfigProblem>,
    unset: Vec<UnsetVariable>,
}

impl Default for Config {
    /// No file at all.
    fn default() -> Self {
        let settings = Settings {
            github_integrations: vec![GithubIntegration::public()],
            ..Settings::default()
        };
        Self {
            files: Vec::new(),
            tree: None,
            settings,
            problems: Vec::new(),
            unset: Vec::new(),
        }
    }
}

impl Config {
    /// Reads and merges the files.
    ///
    /// # Errors
    /// A file that must exist does not, or one cannot be read as YAML. Everything else is among [`Config::problems`].
    pub fn load(options: LoadOptions<'_>) -> Result<Self, ConfigError> {
        let mut files = Vec::new();
        let mut sources = Vec::new();
        for file in options.files {
            let source = source::Source::read(&file.path)?;
            if source.is_none() && file.required {
                return Err(ConfigError {
                    kind: ConfigErrorKind::NotFound,
                    file: file.path,
                    position: None,
                    message: "the file does not exist".into(),
                });
            }
            files.push((file, source.is_some()));
            sources.extend(source);
        }
        let mut resolver = resolve::Resolver::new(options.env);
        let tree = resolver.resolve(&sources, &schema::Schema::new());
        let unset = resolver.unset;
        let mut config = Self {
            files,
            problems: resolver.problems,
            ..Self::default()
        };
        if let Some(tree) = tree {
            let mut reader = read::Reader {
                unset: unset
                    .iter()
                    .map(|unset| (unset.key.as_str(), unset))
                    .collect(),
                home: (options.env)("HOME").map(PathBuf::from),
                problems: Vec::new(),
            };
            config.settings = reader.read(&tree);
            config.problems.append(&mut reader.problems);
            config.tree = Some(tree);
        }
        config.unset = unset;
        Ok(config)
    }

    /// Everything callboard reads.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// `catalog.locations`.
    pub fn locations(&self) -> &[LocationConfig] {
        &self.settings.locations
    }

    /// `catalog.rules`; `None` where no file has the key. An empty list allows nothing.
    pub fn rules(&self) -> Option<&[RuleConfig]> {
        self.settings.rules.as_deref()
    }

    /// `catalog.import.entityFilename`.
    pub fn entity_filename(&self) -> &str {
        self.settings
            .entity_filename
            .as_deref()
            .unwrap_or("catalog-info.yaml")
    }

    /// `catalog.providers.github`.
    pub fn github_providers(&self) -> &[GithubProviderConfig] {
        &self.settings.github_providers
    }

    /// `catalog.providers.githubOrg`.
    pub fn github_org_providers(&self) -> &[GithubOrgProviderConfig] {
        &self.settings.github_org_providers
    }

    /// `integrations.github`; github.com is always among them.
    pub fn github_integrations(&self) -> &[GithubIntegration] {
        &self.settings.github_integrations
    }

    /// `backend.reading.allow`.
    pub fn reading_allow(&self) -> &[ReadingAllow] {
        &self.settings.reading_allow
    }

    /// `organization.name`.
    pub fn organization_name(&self) -> Option<&str> {
        self.settings.organization_name.as_deref()
    }

    /// callboard's own section.
    pub fn callboard(&self) -> &CallboardConfig {
        &self.settings.callboard
    }

    /// The client id for sign-in by device flow at a GitHub host: `callboard.auth.clientId`, which counts for github.com or, where
    /// another is the only one configured, for that; else the auth provider's of that host.
    pub fn auth_client_id(&self, host: &str) -> Option<&str> {
        let provider = self.settings.github_auth.iter().find(|provider| {
            match &provider.enterprise_instance_url {
                None => host == "github.com",
                Some(address) => url::Url::parse(address).is_ok_and(|address| {
                    let name = address.host_str().unwrap_or_default();
                    let with_port = address.port().map(|port| format!("{name}:{port}"));
                    with_port.as_deref().unwrap_or(name) == host
                }),
            }
        });
        let mut written = self
            .settings
            .github_integrations
            .iter()
            .filter(|integration| integration.origin.is_some());
        let own_host = match (written.next(), written.next()) {
            (Some(only), None) => only.host.as_str(),
            _ => "github.com",
        };
        let own = self
            .settings
            .callboard
            .auth_client_id
            .as_deref()
            .filter(|_| host == own_host);
        own.or_else(|| provider.map(|provider| provider.client_id.as_str()))
    }

    /// What does not work as it is written.
    pub fn problems(&self) -> &[ConfigProblem] {
        &self.problems
    }

    /// Whether something was left out because it cannot work. A sync then must not delete what it does not find.
    pub fn has_errors(&self) -> bool {
        self.problems
            .iter()
            .any(|problem| problem.severity == Severity::Error)
    }

    /// What was left out of the catalog's sources and rules, with why.
    pub fn catalog_errors(&self) -> impl Iterator<Item = &ConfigProblem> {
        self.problems.iter().filter(|problem| {
            problem.severity == Severity::Error
                && (problem.key == "catalog" || problem.key.starts_with("catalog."))
        })
    }

    /// Variables that are asked for by keys that callboard reads, and are not set.
    pub fn unset_variables(&self) -> &[UnsetVariable] {
        &self.unset
    }

    /// The files, in the order of laying over, and whether each exists.
    pub fn files(&self) -> &[(ConfigFile, bool)] {
        &self.files
    }

    /// The merged configuration, secrets masked.
    pub fn show(&self) -> Option<ShownValue> {
        self.tree.as_ref().map(show::shown)
    }
}

#[cfg(test)]
mod tests;
