//! GitHub Apps: a JWT signed with the App's private key, and the installation tokens it is traded for.
//!
//! GitHub: "Generating a JSON Web Token for a GitHub App" (RS256, at most ten minutes, `iat` a minute in
//! the past against clock drift) and "Authenticating as a GitHub App installation".

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::error::{ErrorKind, GithubError, printable};
use super::rest::next_page;
use super::transport::{Request, Response, Transport};

const ACCEPT: &str = "application/vnd.github+json";
const ANSWER_LIMIT: u64 = 1024 * 1024;
/// Pages of installations, a hundred on each.
const MOST_PAGES: usize = 100;
/// A token is fetched anew this long before it ends.
const MARGIN: Duration = Duration::from_secs(300);

/// A GitHub App by its id and private key.
pub struct AppAuth {
    app_id: String,
    /// Or why it is of no use.
    key: Result<EncodingKey, GithubError>,
    allowed_owners: Option<Vec<String>>,
    tokens: Mutex<HashMap<String, InstallationToken>>,
    /// Owners where it turned out not to be installed, so that it is not asked again with every request.
    absent: Mutex<HashSet<String>>,
}

/// A token of one installation.
#[derive(Debug, Clone)]
pub(crate) struct InstallationToken {
    pub token: SecretString,
    pub permissions: Vec<String>,
    expires_at: Timestamp,
}

impl AppAuth {
    /// `private_key` is PEM, PKCS#1 (as GitHub hands it out) or PKCS#8. `allowed_owners` is
    /// `allowedInstallationOwners`; without it every owner is allowed.
    ///
    /// A key that cannot be read concerns nobody but whom the App reads for: [`AppAuth::problem`] says so, and so does
    /// every request that the App would sign. What is said does not repeat the key.
    pub fn new(
        app_id: &str,
        private_key: &SecretString,
        allowed_owners: Option<Vec<String>>,
    ) -> Self {
        // Keys that travelled through an environment variable often have `\n` written out.
        let pem = private_key.expose_secret().replace("\\n", "\n");
        let key = EncodingKey::from_rsa_pem(pem.trim().as_bytes()).map_err(|_| {
            GithubError::new(
                ErrorKind::Configuration,
                format!("the private key of GitHub App {app_id} is not an RSA key in PEM form"),
            )
            .with_hint("use the .pem file that GitHub offered when the key was made")
        });
        Self {
            app_id: app_id.trim().to_owned(),
            key,
            allowed_owners,
            tokens: Mutex::default(),
            absent: Mutex::default(),
        }
    }

    /// Why it can sign nothing: its private key is of no use.
    pub fn problem(&self) -> Option<&GithubError> {
        self.key.as_ref().err()
    }

    /// The App's id, which is no secret.
    pub fn app_id(&self) -> &str {
        &self.app_id
    }

    /// Whether the configuration lets this App be used for `owner`.
    pub fn allows(&self, owner: &str) -> bool {
        self.allowed_owners
            .as_ref()
            .is_none_or(|owners| owners.iter().any(|own| own.eq_ignore_ascii_case(owner)))
    }

    /// The installation's token, fetched or kept from before.
    pub(crate) async fn token_for(
        &self,
        owner: &str,
        transport: &Transport,
        cancel: &CancellationToken,
    ) -> Result<InstallationToken, GithubError> {
        if !self.allows(owner) {
            return Err(GithubError::new(
                ErrorKind::NotInstalled,
                format!(
                    "GitHub App {} may not be used for {}",
                    self.app_id,
                    printable(owner, 60)
                ),
            ));
        }
        let key = owner.to_lowercase();
        // Held while fetching, so that requests at once fetch one token.
        let mut tokens = self.tokens.lock().await;
        let now = Timestamp::now();
        if let Some(token) = tokens.get(&key)
            && token.expires_at.duration_since(now).as_secs() > MARGIN.as_secs().cast_signed()
        {
            return Ok(token.clone());
        }
        if self.absent.lock().await.contains(&key) {
            return Err(self.not_installed(owner));
        }
        let fetched = self.fetch(owner, transport, cancel).await;
        match &fetched {
            Ok(token) => {
                tokens.insert(key, token.clone());
            }
            Err(error) if *error.kind() == ErrorKind::NotInstalled => {
                self.absent.lock().await.insert(key);
            }
            Err(_) => {}
        }
        fetched
    }

    /// The organisations at which the App is installed.
    ///
    /// Backstage: every installation whose target is an organisation, that of an owner which is not allowed left out.
    pub(crate) async fn organizations(
        &self,
        transport: &Transport,
        cancel: &CancellationToken,
    ) -> Result<Vec<String>, GithubError> {
        let mut found = Vec::new();
        let mut next = Some(
            transport
                .endpoint
                .rest_url("/app/installations?per_page=100")?,
        );
        for _ in 0..MOST_PAGES {
            let Some(url) = next.take() else { break };
            let jwt = self.jwt(Timestamp::now())?;
            let request = Request::get(url, ACCEPT, ANSWER_LIMIT);
            let response = transport.exchange(&request, Some(&jwt), cancel).await?;
            let link = response.header("link").unwrap_or_default();
            let more = next_page(link, &transport.endpoint);
            next = more.and_then(|more| transport.endpoint.rest_url(&more).ok());
            let page: Vec<Installation> = self.read(&response, transport)?;
            found.extend(page.into_iter().filter_map(Installation::organization));
        }
        found.retain(|login| self.allows(login));
        Ok(found)
    }

    /// Drops a token that was refused.
    pub(crate) async fn forget(&self, owner: &str) {
        self.tokens.lock().await.remove(&owner.to_lowercase());
    }

    async fn fetch(
        &self,
        owner: &str,
        transport: &Transport,
        cancel: &CancellationToken,
    ) -> Result<InstallationToken, GithubError> {
        let jwt = self.jwt(Timestamp::now())?;
        let installation = self.installation(owner, &jwt, transport, cancel).await?;
        let path = format!("/app/installations/{}/access_tokens", installation.id);
        let url = transport.endpoint.rest_url(&path)?;
        let mut request = Request::post(url, ACCEPT, b"{}".to_vec(), ANSWER_LIMIT);
        // A token more than needed does no harm.
        request.idempotent = true;
        request.retry_gateway = true;
        let response = transport.exchange(&request, Some(&jwt), cancel).await?;
        let answer: TokenAnswer = self.read(&response, transport)?;
        let mut permissions: Vec<String> = answer
            .permissions
            .iter()
            .map(|(name, level)| format!("{name}={}", level.as_str().unwrap_or_default()))
            .chain(
                answer
                    .repository_selection
                    .map(|all| format!("repositories={all}")),
            )
            .map(|text| printable(&text, 60))
            .collect();
        permissions.sort();
        Ok(InstallationToken {
            token: SecretString::from(answer.token),
            permissions,
            expires_at: answer.expires_at,
        })
    }

    async fn installation(
        &self,
        owner: &str,
        jwt: &SecretString,
        transport: &Transport,
        cancel: &CancellationToken,
    ) -> Result<Installation, GithubError> {
        for kind in ["orgs", "users"] {
            let mut url = transport.endpoint.rest_url(kind)?;
            if let Ok(mut path) = url.path_segments_mut() {
                path.push(owner).push("installation");
            }
            let request = Request::get(url, ACCEPT, ANSWER_LIMIT);
            let response = transport.exchange(&request, Some(jwt), cancel).await?;
            if response.status == 404 {
                continue;
            }
            let installation: Installation = self.read(&response, transport)?;
            if installation.suspended_at.is_some() {
                return Err(GithubError::new(
                    ErrorKind::Suspended,
                    format!(
                        "the installation of GitHub App {} at {} is suspended",
                        self.app_id,
                        printable(owner, 60)
                    ),
                ));
            }
            return Ok(installation);
        }
        Err(self.not_installed(owner))
    }

    fn not_installed(&self, owner: &str) -> GithubError {
        GithubError::new(
            ErrorKind::NotInstalled,
            format!(
                "GitHub App {} is not installed at {}",
                self.app_id,
                printable(owner, 60)
            ),
        )
    }

    fn read<T: for<'a> Deserialize<'a>>(
        &self,
        response: &Response,
        transport: &Transport,
    ) -> Result<T, GithubError> {
        if response.status == 401 {
            return Err(GithubError::new(
                ErrorKind::Unauthorized,
                format!(
                    "GitHub does not accept App {} and its key ({})",
                    self.app_id,
                    response.refusal().message()
                ),
            )
            .with_hint("check `appId`, `privateKey` and this machine's clock"));
        }
        if !response.is_success() {
            return Err(response
                .refusal()
                .error(&transport.endpoint, Timestamp::now()));
        }
        serde_json::from_slice(&response.body).map_err(|_| {
            GithubError::new(
                ErrorKind::Malformed,
                format!("{}: the answer cannot be understood", response.what),
            )
        })
    }

    fn jwt(&self, now: Timestamp) -> Result<SecretString, GithubError> {
        let key = self.key.as_ref().map_err(Clone::clone)?;
        let claims = Claims {
            iat: now.as_second() - 60,
            exp: now.as_second() + 9 * 60,
            iss: &self.app_id,
        };
        jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, key)
            .map(SecretString::from)
            .map_err(|_| {
                GithubError::new(
                    ErrorKind::Configuration,
                    format!("the private key of GitHub App {} cannot sign", self.app_id),
                )
            })
    }
}

impl fmt::Debug for AppAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppAuth")
            .field("app_id", &self.app_id)
            .field("allowed_owners", &self.allowed_owners)
            .finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct Claims<'a> {
    iat: i64,
    exp: i64,
    iss: &'a str,
}

#[derive(Deserialize)]
struct Installation {
    id: u64,
    #[serde(default)]
    suspended_at: Option<String>,
    #[serde(default)]
    target_type: String,
    /// An enterprise has no login.
    #[serde(default)]
    account: Option<Account>,
}

#[derive(Deserialize)]
struct Account {
    #[serde(default)]
    login: Option<String>,
}

impl Installation {
    fn organization(self) -> Option<String> {
        let login = self.account?.login?;
        (self.target_type == "Organization").then_some(login)
    }
}

#[derive(Deserialize)]
struct TokenAnswer {
    token: String,
    expires_at: Timestamp,
    #[serde(default)]
    permissions: serde_json::Map<String, serde_json::Value>,
    #[serde(default)]
    repository_selection: Option<String>,
}
