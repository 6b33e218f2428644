//! Who callboard is to a GitHub: which credentials read, and which write.
//!
//! Reading: the integration's App or token, else what `auth login` stored, else the environment, else `gh`.
//! Writing: the signed-in person only, unless the configuration says `integration`. A credential is looked
//! up for one host and never handed to another.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use secrecy::SecretString;

use super::app_auth::AppAuth;
use super::client::{Client, Credentials, Settings};
use super::endpoint::Endpoint;
use super::error::{ErrorKind, GithubError};
use super::login_store::LoginStore;
use crate::config::GithubIntegration;

/// Where credentials came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// `apps` of the integration.
    ConfiguredApp,
    /// `token` of the integration.
    ConfiguredToken,
    /// `callboard auth login`.
    StoredLogin,
    /// A variable of the environment.
    Environment(&'static str),
    /// `gh auth token`.
    GhCli,
    /// Nobody is signed in.
    Nobody,
}

impl Source {
    /// For people, as in `auth status`.
    pub fn describe(&self) -> &'static str {
        match self {
            Self::ConfiguredApp => "GitHub App of the configuration",
            Self::ConfiguredToken => "token of the configuration",
            Self::StoredLogin => "callboard auth login",
            Self::Environment(name) => name,
            Self::GhCli => "gh auth token",
            Self::Nobody => "not signed in",
        }
    }
}

/// Credentials and where they came from.
#[derive(Debug, Clone)]
pub struct Identity {
    pub credentials: Credentials,
    pub source: Source,
}

impl Identity {
    fn token(token: impl Into<SecretString>, source: Source) -> Self {
        Self {
            credentials: Credentials::Token(token.into()),
            source,
        }
    }

    fn nobody() -> Self {
        Self {
            credentials: Credentials::Anonymous,
            source: Source::Nobody,
        }
    }
}

/// Looks a variable of the environment up.
type Environment = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;
/// Asks `gh` for its token of a host.
type GhCli = Arc<dyn Fn(&str) -> Option<SecretString> + Send + Sync>;

struct Integration {
    endpoint: Endpoint,
    token: Option<SecretString>,
    apps: Vec<Arc<AppAuth>>,
}

/// Every identity that the configuration, the state folder, the environment and `gh` give.
pub struct Identities {
    integrations: Vec<Integration>,
    /// Hosts whose addresses are of no use, and why.
    unusable: Vec<(String, GithubError)>,
    store: LoginStore,
    env: Environment,
    gh: GhCli,
}

impl Identities {
    /// Reads the configured integrations. `state_dir` holds the stored sign-in.
    ///
    /// What is of no use in one of them stops nobody who needs another: see [`Identities::problem`].
    ///
    /// # Errors
    /// `Configuration` where github.com itself has no address.
    pub fn new(
        integrations: &[GithubIntegration],
        state_dir: &Path,
        env: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Result<Self, GithubError> {
        let mut known = Vec::new();
        let mut unusable: Vec<(String, GithubError)> = Vec::new();
        for integration in integrations {
            let endpoint = match Endpoint::new(
                &integration.host,
                integration.api_base_url.as_deref(),
                integration.raw_base_url.as_deref(),
            ) {
                Ok(endpoint) => endpoint,
                Err(error) => {
                    unusable.push((integration.host.clone(), error));
                    continue;
                }
            };
            let apps = integration
                .apps
                .iter()
                .map(|app| {
                    let key = SecretString::from(app.private_key.expose().to_owned());
                    Arc::new(AppAuth::new(
                        &app.app_id.to_string(),
                        &key,
                        app.allowed_installation_owners.clone(),
                    ))
                })
                .collect();
            let token = integration
                .token
                .as_ref()
                .map(|token| token.expose().trim())
                .filter(|token| !token.is_empty())
                .map(SecretString::from);
            known.push(Integration {
                endpoint,
                token,
                apps,
            });
        }
        let is_told = |host: &str| unusable.iter().any(|(other, _)| other == host);
        if !known.iter().any(|known| known.endpoint.is_github_com()) && !is_told("github.com") {
            known.push(Integration {
                endpoint: Endpoint::github_com()?,
                token: None,
                apps: Vec::new(),
            });
        }
        Ok(Self {
            integrations: known,
            unusable,
            store: LoginStore::new(state_dir),
            env: Arc::new(env),
            gh: Arc::new(gh_token),
        })
    }

    /// Without asking `gh`, or asking something else: for tests and for `--offline`.
    #[must_use]
    pub fn with_gh(
        mut self,
        gh: impl Fn(&str) -> Option<SecretString> + Send + Sync + 'static,
    ) -> Self {
        self.gh = Arc::new(gh);
        self
    }

    /// Why an integration cannot be used as it is configured: its addresses, or the private key of one of its Apps.
    pub fn problem(&self, host: &str) -> Option<&GithubError> {
        let mut unusable = self.unusable.iter();
        let address = unusable.find(|(other, _)| other.eq_ignore_ascii_case(host));
        address.map(|(_, error)| error).or_else(|| {
            let apps = &self.find(host)?.apps;
            apps.iter().find_map(|app| app.problem())
        })
    }

    /// Whether a GitHub App is configured to read from a host, for whatever owners.
    pub fn has_app(&self, host: &str) -> bool {
        self.find(host).is_some_and(|found| !found.apps.is_empty())
    }

    /// The addresses of every GitHub that can be used, github.com among them unless its own are of no use.
    pub fn endpoints(&self) -> Vec<Endpoint> {
        self.integrations
            .iter()
            .map(|integration| integration.endpoint.clone())
            .collect()
    }

    /// The GitHub of a host, if it is configured.
    pub fn endpoint(&self, host: &str) -> Option<&Endpoint> {
        self.find(host).map(|integration| &integration.endpoint)
    }

    /// Where sign-ins are stored.
    pub fn store(&self) -> &LoginStore {
        &self.store
    }

    /// Who reads what `owner` has at a host.
    ///
    /// Backstage: an App that is installed at the owner goes before the token; where it is not installed the
    /// token serves.
    ///
    /// # Errors
    /// `Configuration` where the stored sign-in cannot be read.
    pub fn reading(&self, host: &str, owner: &str) -> Result<Identity, GithubError> {
        let identity = match self.configured(host, owner) {
            Some(identity) => identity,
            None => self.person(host)?,
        };
        tracing::debug!(
            host,
            owner,
            source = identity.source.describe(),
            "who reads"
        );
        Ok(identity)
    }

    /// Who writes: the signed-in person; the integration only where the configuration allows it
    /// (`callboard.scaffolder.identity: integration`).
    ///
    /// # Errors
    /// As [`Identities::reading`].
    pub fn writing(
        &self,
        host: &str,
        owner: &str,
        integration_allowed: bool,
    ) -> Result<Identity, GithubError> {
        let configured = if integration_allowed {
            self.configured(host, owner)
        } else {
            None
        };
        match configured {
            Some(identity) => Ok(identity),
            None => self.person(host),
        }
    }

    /// The signed-in person at a host: stored, from the environment, or from `gh`.
    ///
    /// # Errors
    /// `Configuration` where the stored sign-in cannot be read.
    pub fn person(&self, host: &str) -> Result<Identity, GithubError> {
        let Some(integration) = self.find(host) else {
            return Ok(Identity::nobody());
        };
        let host = integration.endpoint.host();
        if let Some(login) = self.store.get(host)? {
            return Ok(Identity::token(login.token, Source::StoredLogin));
        }
        let variables: [&'static str; 2] = if integration.endpoint.is_github_com() {
            ["GITHUB_TOKEN", "GH_TOKEN"]
        } else {
            ["GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"]
        };
        for name in variables {
            let value = (self.env)(name).unwrap_or_default();
            if !value.trim().is_empty() {
                return Ok(Identity::token(
                    value.trim().to_owned(),
                    Source::Environment(name),
                ));
            }
        }
        Ok(match (self.gh)(host) {
            Some(token) => Identity::token(token, Source::GhCli),
            None => Identity::nobody(),
        })
    }

    /// The token that `gh` has for a host, if it is there and signed in.
    pub fn gh_token(&self, host: &str) -> Option<SecretString> {
        (self.gh)(host)
    }

    /// A client that reads what `owner` has at a host.
    ///
    /// # Errors
    /// `Configuration` where the host is not configured; else as [`Identities::reading`].
    pub fn client(
        &self,
        host: &str,
        owner: &str,
        settings: Settings,
    ) -> Result<Client, GithubError> {
        let endpoint = self.endpoint(host).ok_or_else(|| {
            let missing = || {
                let text = format!("there is no GitHub integration for {host}");
                GithubError::new(ErrorKind::Configuration, text)
                    .with_hint("add it under integrations.github")
            };
            self.problem(host).cloned().unwrap_or_else(missing)
        })?;
        let identity = self.reading(host, owner)?;
        Client::new(endpoint.clone(), identity.credentials, settings)
    }

    /// A client that asks where the Apps of a host are installed; none where there is no App.
    ///
    /// # Errors
    /// As [`Identities::client`].
    pub fn apps_client(
        &self,
        host: &str,
        settings: Settings,
    ) -> Result<Option<Client>, GithubError> {
        let Some(integration) = self.find(host).filter(|found| !found.apps.is_empty()) else {
            return Ok(None);
        };
        let credentials = Credentials::Installation {
            apps: integration.apps.clone(),
            owner: String::new(),
            fallback: None,
        };
        Client::new(integration.endpoint.clone(), credentials, settings).map(Some)
    }

    fn find(&self, host: &str) -> Option<&Integration> {
        self.integrations
            .iter()
            .find(|integration| integration.endpoint.host().eq_ignore_ascii_case(host))
    }

    fn configured(&self, host: &str, owner: &str) -> Option<Identity> {
        let integration = self.find(host)?;
        let apps: Vec<Arc<AppAuth>> = integration
            .apps
            .iter()
            .filter(|app| app.allows(owner))
            .cloned()
            .collect();
        if !apps.is_empty() {
            return Some(Identity {
                credentials: Credentials::Installation {
                    apps,
                    owner: owner.to_owned(),
                    fallback: integration.token.clone(),
                },
                source: Source::ConfiguredApp,
            });
        }
        let token = integration.token.clone()?;
        Some(Identity::token(token, Source::ConfiguredToken))
    }
}

impl std::fmt::Debug for Identities {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identities")
            .field("endpoints", &self.endpoints())
            .finish_non_exhaustive()
    }
}

/// Longest time that `gh` may take.
const GH_TIMEOUT: Duration = Duration::from_secs(5);

/// `gh auth token --hostname HOST`, if there is a `gh` that is signed in there. The token comes on its
/// standard output and is read into memory alone.
fn gh_token(host: &str) -> Option<SecretString> {
    let mut child = Command::new("gh")
        .args(["auth", "token", "--hostname", host])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let deadline = Instant::now() + GH_TIMEOUT;
    loop {
        match child.try_wait() {
            Ok(Some(_)) => break,
            Ok(None) if Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(5));
            }
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    }
    let output = child.wait_with_output().ok()?;
    if !output.status.success() || output.stdout.len() > 4096 {
        return None;
    }
    let text = String::from_utf8(output.stdout).ok()?;
    let token = text.trim();
    (!token.is_empty() && !token.contains(char::is_whitespace)).then(|| SecretString::from(token))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;
    use crate::config::{Origin, Secret};
    use crate::github::login_store::Login;

    fn integration(host: &str, token: Option<&str>) -> GithubIntegration {
        GithubIntegration {
            host: host.to_owned(),
            api_base_url: None,
            raw_base_url: None,
            token: token.map(|token| Secret::new(token.to_owned())),
            ..GithubIntegration::public()
        }
    }

    fn identities(
        integrations: &[GithubIntegration],
        state: &Path,
        env: &'static [(&'static str, &'static str)],
        gh: Option<&'static str>,
    ) -> Identities {
        let find = move |name: &str| {
            env.iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        };
        Identities::new(integrations, state, find)
            .unwrap()
            .with_gh(move |_| gh.map(SecretString::from))
    }

    fn told(identity: &Identity) -> (String, Source) {
        let token = match &identity.credentials {
            Credentials::Token(token) => token.expose_secret().to_owned(),
            _ => String::new(),
        };
        (token, identity.source.clone())
    }

    fn login(token: &str) -> Login {
        Login {
            login: "ann".into(),
            token: SecretString::from(token),
            scopes: Vec::new(),
        }
    }

    #[test]
    fn a_configured_token_reads_before_everything_else() {
        let state = tempfile::tempdir().unwrap();
        let all = identities(
            &[integration("github.com", Some("configured"))],
            state.path(),
            &[("GITHUB_TOKEN", "env")],
            Some("gh"),
        );
        all.store().put("github.com", &login("stored")).unwrap();
        let reading = all.reading("github.com", "acme").unwrap();
        assert_eq!(
            told(&reading),
            ("configured".into(), Source::ConfiguredToken)
        );
    }

    #[test]
    fn the_signed_in_person_writes_even_where_a_token_is_configured() {
        let state = tempfile::tempdir().unwrap();
        let all = identities(
            &[integration("github.com", Some("configured"))],
            state.path(),
            &[("GH_TOKEN", "env")],
            None,
        );
        let writing = all.writing("github.com", "acme", false).unwrap();
        assert_eq!(
            told(&writing),
            ("env".into(), Source::Environment("GH_TOKEN"))
        );
        let allowed = all.writing("github.com", "acme", true).unwrap();
        assert_eq!(
            told(&allowed),
            ("configured".into(), Source::ConfiguredToken)
        );
    }

    #[test]
    fn stored_then_environment_then_gh_then_nobody() {
        let state = tempfile::tempdir().unwrap();
        let env: &[(&str, &str)] = &[("GITHUB_TOKEN", "one"), ("GH_TOKEN", "two")];
        let all = identities(&[], state.path(), env, Some("gh"));
        all.store().put("github.com", &login("stored")).unwrap();
        let read = |all: &Identities| told(&all.reading("github.com", "acme").unwrap());
        assert_eq!(read(&all), ("stored".into(), Source::StoredLogin));
        all.store().remove("github.com").unwrap();
        assert_eq!(
            read(&all),
            ("one".into(), Source::Environment("GITHUB_TOKEN"))
        );
        let all = identities(&[], state.path(), &[("GITHUB_TOKEN", " ")], Some("gh"));
        assert_eq!(read(&all), ("gh".into(), Source::GhCli));
        let all = identities(&[], state.path(), &[], None);
        assert_eq!(read(&all), (String::new(), Source::Nobody));
    }

    #[test]
    fn a_token_for_github_com_is_not_given_to_another_server() {
        let state = tempfile::tempdir().unwrap();
        let server = [integration("ghe.example.com", None)];
        let all = identities(&server, state.path(), &[("GITHUB_TOKEN", "com")], None);
        let reading = all.reading("ghe.example.com", "acme").unwrap();
        assert_eq!(reading.source, Source::Nobody);
        let env: &[(&str, &str)] = &[("GH_ENTERPRISE_TOKEN", "own")];
        let all = identities(&server, state.path(), env, None);
        let reading = all.reading("GHE.example.com", "acme").unwrap();
        assert_eq!(told(&reading).0, "own");
        assert_eq!(
            all.reading("github.com", "acme").unwrap().source,
            Source::Nobody
        );
    }

    #[test]
    fn a_host_that_is_not_configured_gets_no_credentials() {
        let state = tempfile::tempdir().unwrap();
        let all = identities(
            &[],
            state.path(),
            &[("GH_ENTERPRISE_TOKEN", "own")],
            Some("gh"),
        );
        assert_eq!(
            all.reading("evil.test", "acme").unwrap().source,
            Source::Nobody
        );
        assert!(
            all.client("evil.test", "acme", Settings::default())
                .is_err()
        );
    }

    #[test]
    fn what_is_of_no_use_in_one_integration_stops_no_other() {
        let state = tempfile::tempdir().unwrap();
        let bad_key = GithubIntegration {
            apps: vec![crate::config::GithubApp {
                app_id: 7,
                private_key: Secret::new("no key".to_owned()),
                client_id: None,
                allowed_installation_owners: None,
                origin: Origin {
                    file: Path::new("app-config.yaml").into(),
                    line: 1,
                    column: 1,
                },
            }],
            ..integration("ghe.example.com", None)
        };
        let bad_address = GithubIntegration {
            api_base_url: Some("not an address".to_owned()),
            ..integration("other.example.com", None)
        };
        let good = integration("github.com", Some("configured"));
        let all = identities(&[bad_key, bad_address, good], state.path(), &[], None);
        assert_eq!(all.endpoints().len(), 2);
        assert!(all.problem("github.com").is_none());
        assert_eq!(
            told(&all.reading("github.com", "acme").unwrap()).0,
            "configured"
        );
        let why = all.problem("GHE.example.com").unwrap().to_string();
        assert!(why.contains("private key of GitHub App 7"), "{why}");
        assert!(all.has_app("ghe.example.com") && !all.has_app("github.com"));
        let address = all.problem("other.example.com").unwrap().clone();
        let client = all.client("other.example.com", "acme", Settings::default());
        assert_eq!(client.unwrap_err().to_string(), address.to_string());
    }

    #[test]
    fn the_addresses_of_github_com_are_not_replaced_where_they_are_of_no_use() {
        let state = tempfile::tempdir().unwrap();
        let bad = GithubIntegration {
            api_base_url: Some("not an address".to_owned()),
            ..integration("github.com", Some("configured"))
        };
        let all = identities(&[bad], state.path(), &[("GITHUB_TOKEN", "env")], None);
        assert!(
            all.client("github.com", "acme", Settings::default())
                .is_err()
        );
    }

    #[test]
    fn debug_output_holds_no_token() {
        let state = tempfile::tempdir().unwrap();
        let all = identities(
            &[integration("github.com", Some("hunter2"))],
            state.path(),
            &[],
            None,
        );
        let identity = all.reading("github.com", "acme").unwrap();
        assert!(!format!("{all:?} {identity:?}").contains("hunter2"));
    }
}
