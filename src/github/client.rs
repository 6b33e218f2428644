//! The client: one identity at one GitHub.
//!
//! A clone shares connections, counters and limits with its original; `with_cancel` gives a clone that a
//! job can cancel.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use secrecy::{ExposeSecret, SecretString};
use sha1::{Digest, Sha1};
use tokio_util::sync::CancellationToken;

use super::app_auth::AppAuth;
use super::endpoint::Endpoint;
use super::error::{ErrorKind, GithubError};
use super::limits::{RateLimits, RequestCounts};
use super::refusal::granted_scopes;
use super::transport::{Request, Response, Transport, lock};

pub use super::transport::{Settings, Wait};

/// What the client signs its requests with. `Debug` never shows a token.
#[derive(Debug, Clone, Default)]
pub enum Credentials {
    /// Nothing: public REST only, 60 requests an hour, no GraphQL.
    #[default]
    Anonymous,
    /// A person's or a machine's token of any sort.
    Token(SecretString),
    /// The installation at `owner` of the first of these GitHub Apps that is installed there; its token is
    /// fetched and refreshed as needed. Where none is installed, `fallback` serves.
    Installation {
        apps: Vec<Arc<AppAuth>>,
        owner: String,
        fallback: Option<SecretString>,
    },
}

impl Credentials {
    /// Whether requests are signed at all.
    pub fn is_signed_in(&self) -> bool {
        !matches!(self, Self::Anonymous)
    }
}

/// What answers have told about the identity so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// The account's login, once an answer named it.
    pub login: Option<String>,
    /// The scopes of a classic token, sorted; `None` for other tokens or before the first answer.
    pub scopes: Option<Vec<String>>,
    /// The App whose installation signed, if one did.
    pub app: Option<String>,
    /// Permissions of an App's installation, as `name=level`, sorted.
    pub permissions: Vec<String>,
    /// Whether any request was answered.
    pub answered: bool,
}

#[derive(Debug)]
struct Inner {
    transport: Transport,
    credentials: Credentials,
    seen: Mutex<Seen>,
}

/// An answer that was kept with what it is checked by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptAnswer {
    /// The `ETag`, as it was sent.
    pub etag: String,
    /// The body.
    pub body: Vec<u8>,
}

/// Keeps answers of REST between runs, so that what is as it was need not come again and, for who is signed in, counts
/// against no limit.
pub trait KeptAnswers: Send + Sync {
    /// The answer kept under a [`Client::cache_key`].
    fn get(&self, key: &str) -> Option<KeptAnswer>;

    /// Keeps an answer in place of an earlier one. That it cannot be kept is nobody's failure.
    fn put(&self, key: &str, answer: KeptAnswer);
}

/// A client of one GitHub with one identity. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
    cancel: CancellationToken,
    kept: Option<Arc<dyn KeptAnswers>>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A client that connects at its first request.
    ///
    /// # Errors
    /// `Configuration` where TLS or the proxy settings of the environment cannot be used.
    pub fn new(
        endpoint: Endpoint,
        credentials: Credentials,
        settings: Settings,
    ) -> Result<Self, GithubError> {
        Ok(Self {
            inner: Arc::new(Inner {
                transport: Transport::new(endpoint, settings)?,
                credentials,
                seen: Mutex::default(),
            }),
            cancel: CancellationToken::new(),
            kept: None,
        })
    }

    /// The same client, asking for files and trees only where they differ from what is kept.
    #[must_use]
    pub fn with_kept_answers(mut self, kept: Arc<dyn KeptAnswers>) -> Self {
        self.kept = Some(kept);
        self
    }

    pub(super) fn kept_answers(&self) -> Option<&dyn KeptAnswers> {
        self.kept.as_deref()
    }

    /// The same client whose requests end when `cancel` is cancelled.
    #[must_use]
    pub fn with_cancel(&self, cancel: CancellationToken) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            cancel,
            kept: self.kept.clone(),
        }
    }

    /// The addresses this client speaks to.
    pub fn endpoint(&self) -> &Endpoint {
        &self.inner.transport.endpoint
    }

    /// What requests are signed with.
    pub fn credentials(&self) -> &Credentials {
        &self.inner.credentials
    }

    /// Whether both are clones of one client, and so share counters and limits.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// Requests made so far by all clones.
    pub fn counts(&self) -> RequestCounts {
        self.inner.transport.counters.read()
    }

    /// The rate limits seen so far.
    pub fn rate_limits(&self) -> RateLimits {
        self.inner.transport.rate_limits()
    }

    /// What answers have told about the identity.
    pub fn seen(&self) -> Seen {
        lock(&self.inner.seen).clone()
    }

    /// Names identity and scopes without revealing the token: two runs with equal fingerprints saw the
    /// same things as far as GitHub tells. `None` before the first answer, and while nobody is signed in.
    ///
    /// A classic token is known by login and scopes (a rotated token is the same identity). Other tokens
    /// have no scopes that GitHub tells, so a digest of the token stands in for them.
    pub fn fingerprint(&self) -> Option<String> {
        let seen = self.seen();
        if !seen.answered {
            return None;
        }
        let host = self.endpoint().host();
        match (&self.inner.credentials, &seen.app) {
            (Credentials::Installation { owner, .. }, Some(app)) => Some(format!(
                "{host} app={app} owner={} permissions={}",
                owner.to_lowercase(),
                seen.permissions.join(",")
            )),
            (Credentials::Token(token), _)
            | (
                Credentials::Installation {
                    fallback: Some(token),
                    ..
                },
                None,
            ) => Some(match (&seen.scopes, &seen.login) {
                (Some(scopes), Some(login)) => {
                    format!("{host} login={login} scopes={}", scopes.join(","))
                }
                (Some(scopes), None) => {
                    format!("{host} token={} scopes={}", digest(token), scopes.join(","))
                }
                (None, _) => format!("{host} token={}", digest(token)),
            }),
            (Credentials::Anonymous | Credentials::Installation { .. }, _) => None,
        }
    }

    /// The key under which an answer's ETag may be kept: GitHub's ETags depend on `Accept` and identity.
    pub fn cache_key(&self, url: &str, accept: &str) -> String {
        let who = match &self.inner.credentials {
            Credentials::Anonymous => "anonymous".to_owned(),
            Credentials::Token(token) => digest(token),
            Credentials::Installation {
                apps,
                owner,
                fallback,
            } => {
                let apps: Vec<&str> = apps.iter().map(|app| app.app_id()).collect();
                let token = fallback.as_ref().map(digest).unwrap_or_default();
                format!("apps {} {} {token}", apps.join(","), owner.to_lowercase())
            }
        };
        format!("{url}\n{accept}\n{who}")
    }

    /// The organisations at which the Apps of this client are installed, sorted, as far as the configuration lets them be
    /// used there.
    ///
    /// # Errors
    /// Where an App is not accepted or its installations cannot be listed.
    pub async fn installed_organizations(&self) -> Result<Vec<String>, GithubError> {
        let Credentials::Installation { apps, .. } = &self.inner.credentials else {
            return Ok(Vec::new());
        };
        let mut found = BTreeSet::new();
        for app in apps {
            let transport = &self.inner.transport;
            found.extend(app.organizations(transport, &self.cancel).await?);
        }
        Ok(found.into_iter().collect())
    }

    pub(crate) fn cancel(&self) -> &CancellationToken {
        &self.cancel
    }

    pub(crate) fn transport(&self) -> &Transport {
        &self.inner.transport
    }

    pub(crate) fn note_login(&self, login: &str) {
        lock(&self.inner.seen).login = Some(login.to_owned());
    }

    /// Sends a request with this client's identity. An installation's token that was refused is fetched
    /// anew once.
    pub(crate) async fn send(&self, request: &Request) -> Result<Response, GithubError> {
        let token = self.token().await?;
        let transport = &self.inner.transport;
        let mut response = transport
            .exchange(request, token.as_ref(), &self.cancel)
            .await?;
        if let Credentials::Installation { apps, owner, .. } = &self.inner.credentials
            && response.status == 401
        {
            for app in apps {
                app.forget(owner).await;
            }
            let token = self.token().await?;
            response = transport
                .exchange(request, token.as_ref(), &self.cancel)
                .await?;
        }
        let mut seen = lock(&self.inner.seen);
        if response.status != 401 && response.status < 500 {
            seen.answered = true;
        }
        if let Some(scopes) = granted_scopes(&response.headers) {
            seen.scopes = Some(scopes);
        }
        drop(seen);
        Ok(response)
    }

    /// What requests are signed with right now, for a program that speaks to the same GitHub by itself (`git`). It goes
    /// to this endpoint's own host and to no other, and never into an argument, a log or a file.
    ///
    /// # Errors
    /// Where an installation's token cannot be had.
    pub async fn token(&self) -> Result<Option<SecretString>, GithubError> {
        match &self.inner.credentials {
            Credentials::Anonymous => Ok(None),
            Credentials::Token(token) => Ok(Some(token.clone())),
            Credentials::Installation {
                apps,
                owner,
                fallback,
            } => {
                self.installation_token(apps, owner, fallback.as_ref())
                    .await
            }
        }
    }

    /// Backstage: the first App that is installed at the owner, else the token. Only "not installed" leads
    /// on; a suspended or refused App is an error, so that nobody looks through narrower eyes unawares. Where one
    /// App's key is of no use another App may serve, but not the token.
    async fn installation_token(
        &self,
        apps: &[Arc<AppAuth>],
        owner: &str,
        fallback: Option<&SecretString>,
    ) -> Result<Option<SecretString>, GithubError> {
        let mut not_installed = None;
        let mut broken = None;
        for app in apps {
            if let Some(error) = app.problem() {
                broken.get_or_insert(error);
                continue;
            }
            match app
                .token_for(owner, &self.inner.transport, &self.cancel)
                .await
            {
                Ok(token) => {
                    let mut seen = lock(&self.inner.seen);
                    seen.app = Some(app.app_id().to_owned());
                    seen.permissions = token.permissions;
                    return Ok(Some(token.token));
                }
                Err(error) if *error.kind() == ErrorKind::NotInstalled => {
                    not_installed = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        if let Some(error) = broken {
            return Err(error.clone());
        }
        match (fallback, not_installed) {
            (Some(token), _) => Ok(Some(token.clone())),
            (None, Some(error)) => Err(error),
            (None, None) => Ok(None),
        }
    }
}

/// A digest that tells two tokens apart and gives neither away (tokens have far too many bits to guess).
fn digest(token: &SecretString) -> String {
    let mut hasher = Sha1::new();
    hasher.update(b"callboard identity\0");
    hasher.update(token.expose_secret().trim().as_bytes());
    hasher
        .finalize()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(token: &str) -> Client {
        Client::new(
            Endpoint::github_com().unwrap(),
            Credentials::Token(SecretString::from(token.to_owned())),
            Settings::default(),
        )
        .unwrap()
    }

    #[test]
    fn debug_output_holds_no_token() {
        assert!(!format!("{:?}", client("ghp_verysecret")).contains("verysecret"));
    }

    #[test]
    fn the_key_of_an_etag_depends_on_accept_and_identity_and_hides_the_token() {
        let one = client("ghp_one").cache_key("u", "a");
        assert_ne!(one, client("ghp_two").cache_key("u", "a"));
        assert_ne!(one, client("ghp_one").cache_key("u", "b"));
        assert_eq!(one, client("ghp_one").cache_key("u", "a"));
        assert!(!one.contains("ghp_"));
    }

    #[test]
    fn there_is_no_fingerprint_before_an_answer() {
        assert_eq!(client("ghp_one").fingerprint(), None);
    }
}
