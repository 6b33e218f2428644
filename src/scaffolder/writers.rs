//! Who writes to GitHub, and with whose token: the signed-in person, or the integration where the configuration says so.
//!
//! A step's own `token` is either the text of a token (a secret of the task) or an opaque handle to the person's
//! credentials. The handle is worth something here alone: it is no token, opens nothing, and goes to no other action.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use secrecy::SecretString;

use super::error::ActionError;
use super::github::failed;
use super::services::{Answer, GithubWriters};
use crate::config::ScaffolderIdentity;
use crate::github::{Client, Credentials, ErrorKind, GithubError, Identities, Settings, Source};

/// How a handle begins: what stands after it is random.
const HANDLE: &str = "callboard-user-credentials:";

/// The handles that a task's form gave, each standing for the person's credentials at one host.
#[derive(Clone, Debug, Default)]
pub struct Handles {
    hosts: BTreeMap<String, String>,
}

impl Handles {
    /// A new handle for the person's credentials at a host.
    pub fn issue(&mut self, host: &str) -> String {
        let handle = format!("{HANDLE}{:032x}", fastrand::u128(..));
        self.hosts.insert(handle.clone(), host.to_lowercase());
        handle
    }

    /// Takes over a handle that was issued before, as for a task that is taken up again.
    pub fn keep(&mut self, handle: &str, host: &str) {
        self.hosts.insert(handle.to_owned(), host.to_lowercase());
    }

    /// The host a handle is good for.
    pub fn host(&self, handle: &str) -> Option<&str> {
        self.hosts.get(handle).map(String::as_str)
    }
}

/// Clients that write, one for each identity, so that all steps share its pace and limits.
pub struct Writers {
    identities: Arc<Identities>,
    identity: ScaffolderIdentity,
    settings: Settings,
    handles: Handles,
    clients: Mutex<BTreeMap<(String, String), Client>>,
    given: Mutex<Vec<(String, SecretString, Client)>>,
}

impl Writers {
    /// Clients with these identities.
    pub fn new(
        identities: Arc<Identities>,
        identity: ScaffolderIdentity,
        settings: Settings,
        handles: Handles,
    ) -> Self {
        Self {
            identities,
            identity,
            settings,
            handles,
            clients: Mutex::default(),
            given: Mutex::default(),
        }
    }

    /// Who writes what `owner` has at a host, for people: `ann (callboard auth login)`. Asks GitHub for the login.
    ///
    /// # Errors
    /// `NotAllowed` where nobody is signed in.
    pub async fn describe(&self, host: &str, owner: &str) -> Result<String, ActionError> {
        let (client, source) = self.signed(host, owner).map_err(failed)?;
        Ok(match source {
            Source::ConfiguredApp => source.describe().to_owned(),
            _ => format!(
                "{} ({})",
                client.login().await.map_err(failed)?,
                source.describe()
            ),
        })
    }

    fn signed(&self, host: &str, owner: &str) -> Result<(Client, Source), GithubError> {
        let endpoint = self.identities.endpoint(host).cloned().ok_or_else(|| {
            GithubError::new(
                ErrorKind::Configuration,
                format!("there is no GitHub integration for {host}"),
            )
            .with_hint("add it under integrations.github")
        })?;
        let integration = self.identity == ScaffolderIdentity::Integration;
        let found = self.identities.writing(host, owner, integration)?;
        if matches!(found.credentials, Credentials::Anonymous) {
            return Err(GithubError::new(
                ErrorKind::Unauthorized,
                format!(
                    "nobody is signed in at {host}, and templates write as the person who starts them"
                ),
            ));
        }
        // Only an App's tokens differ by owner.
        let whose = match found.credentials {
            Credentials::Installation { .. } => owner.to_lowercase(),
            _ => String::new(),
        };
        let key = (endpoint.host().to_owned(), whose);
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&key) {
            return Ok((client.clone(), found.source));
        }
        let client = Client::new(endpoint, found.credentials, self.settings.clone())?;
        clients.insert(key, client.clone());
        Ok((client, found.source))
    }

    fn with_token(&self, host: &str, token: &str) -> Result<Client, GithubError> {
        use secrecy::ExposeSecret;
        let endpoint = self.identities.endpoint(host).cloned().ok_or_else(|| {
            GithubError::new(
                ErrorKind::Configuration,
                format!("there is no GitHub integration for {host}"),
            )
        })?;
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let known = given
            .iter()
            .find(|(at, known, _)| at.eq_ignore_ascii_case(host) && known.expose_secret() == token);
        if let Some((_, _, client)) = known {
            return Ok(client.clone());
        }
        let secret = SecretString::from(token.to_owned());
        let client = Client::new(
            endpoint,
            Credentials::Token(secret.clone()),
            self.settings.clone(),
        )?;
        given.push((host.to_owned(), secret, client.clone()));
        Ok(client)
    }
}

impl GithubWriters for Writers {
    fn client<'a>(
        &'a self,
        host: &'a str,
        owner: &'a str,
        token: Option<&'a str>,
    ) -> Answer<'a, Client> {
        Box::pin(async move {
            match token.map(str::trim).filter(|token| !token.is_empty()) {
                None => self
                    .signed(host, owner)
                    .map(|(client, _)| client)
                    .map_err(failed),
                Some(handle) if handle.starts_with(HANDLE) => match self.handles.host(handle) {
                    Some(known) if known.eq_ignore_ascii_case(host) => self
                        .signed(host, owner)
                        .map(|(client, _)| client)
                        .map_err(failed),
                    Some(known) => Err(ActionError::not_allowed(format!(
                        "the credentials that were asked for are those at {known}, not at {host}"
                    ))),
                    None => Err(ActionError::not_allowed(
                        "the step's token stands for credentials that this task was not given",
                    )
                    .hint("start the task again, so that the form asks for them")),
                },
                Some(token) => self.with_token(host, token).map_err(failed),
            }
        })
    }

    fn login<'a>(&'a self, host: &'a str) -> Answer<'a, String> {
        Box::pin(async move {
            let (client, _) = self.signed(host, "").map_err(failed)?;
            client.login().await.map_err(failed)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaffolder::ActionErrorKind;

    fn writers(
        folder: &std::path::Path,
        env: &'static [(&str, &str)],
        handles: Handles,
    ) -> Writers {
        let identities = Identities::new(&[], folder, move |name| {
            env.iter()
                .find(|(have, _)| *have == name)
                .map(|(_, value)| (*value).to_owned())
        })
        .unwrap()
        .with_gh(|_| None);
        Writers::new(
            Arc::new(identities),
            ScaffolderIdentity::User,
            Settings::default(),
            handles,
        )
    }

    #[tokio::test]
    async fn nobody_writes_where_nobody_is_signed_in() {
        let folder = tempfile::tempdir().unwrap();
        let writers = writers(folder.path(), &[], Handles::default());
        let error = writers
            .client("github.com", "acme", None)
            .await
            .unwrap_err();
        assert_eq!(error.kind, ActionErrorKind::NotAllowed);
        assert!(error.hint.unwrap().contains("auth login"));
    }

    #[tokio::test]
    async fn all_steps_of_a_person_share_one_pace() {
        let folder = tempfile::tempdir().unwrap();
        let writers = writers(
            folder.path(),
            &[("GITHUB_TOKEN", "ghp_x")],
            Handles::default(),
        );
        let one = writers.client("github.com", "acme", None).await.unwrap();
        let two = writers.client("github.com", "other", None).await.unwrap();
        assert!(one.is_same(&two));
        let given = writers
            .client("github.com", "acme", Some("ghp_y"))
            .await
            .unwrap();
        assert!(!given.is_same(&one));
        let again = writers
            .client("github.com", "acme", Some("ghp_y"))
            .await
            .unwrap();
        assert!(given.is_same(&again));
    }

    #[tokio::test]
    async fn a_handle_is_good_for_its_host_and_its_task_alone() {
        let folder = tempfile::tempdir().unwrap();
        let mut handles = Handles::default();
        let handle = handles.issue("github.com");
        let other = handles.issue("ghe.example.com");
        assert_ne!(handle, other);
        let writers = writers(folder.path(), &[("GITHUB_TOKEN", "ghp_x")], handles);
        let client = writers
            .client("github.com", "acme", Some(&handle))
            .await
            .unwrap();
        assert!(client.credentials().is_signed_in());
        for bad in [other.as_str(), "callboard-user-credentials:0"] {
            let error = writers
                .client("github.com", "acme", Some(bad))
                .await
                .unwrap_err();
            assert_eq!(error.kind, ActionErrorKind::NotAllowed, "{bad}");
        }
    }

    #[tokio::test]
    async fn a_host_that_is_not_configured_is_not_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let writers = writers(
            folder.path(),
            &[("GITHUB_TOKEN", "ghp_x")],
            Handles::default(),
        );
        assert!(
            writers
                .client("evil.example.com", "acme", None)
                .await
                .is_err()
        );
        assert!(
            writers
                .client("evil.example.com", "acme", Some("t"))
                .await
                .is_err()
        );
    }
}
