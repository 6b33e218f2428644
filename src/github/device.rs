//! Signing in by the device flow: a code that the person types in a browser of any machine.
//!
//! GitHub: "Authorizing OAuth apps", device flow. No client secret takes part. The page to open is checked
//! to be on the integration's own host before it is shown.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::client::Client;
use super::error::{ErrorKind, GithubError, printable};
use super::transport::{Request, sleep};

const ACCEPT: &str = "application/json";
const ANSWER_LIMIT: u64 = 64 * 1024;
const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// GitHub's interval where it tells none, in seconds.
const INTERVAL: u64 = 5;

/// A sign-in that waits for a person.
#[derive(Debug, Clone)]
pub struct DeviceCode {
    /// What the person types, as `WDJB-MJHT`.
    pub user_code: String,
    /// Where they type it; on the integration's own host.
    pub verification_url: String,
    /// Seconds until the code is worthless.
    pub expires_in: u64,
    /// Seconds between two questions.
    pub interval: u64,
    device_code: SecretString,
}

#[derive(Deserialize)]
struct Started {
    device_code: String,
    user_code: String,
    verification_uri: String,
    expires_in: u64,
    #[serde(default)]
    interval: Option<u64>,
}

#[derive(Deserialize)]
struct Polled {
    #[serde(default)]
    access_token: Option<String>,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    interval: Option<u64>,
}

impl Client {
    /// Begins a sign-in. The client should be an anonymous one.
    ///
    /// # Errors
    /// `Configuration` where GitHub does not know the client id or the App has no device flow; `Refused`
    /// where the page to open is on another host.
    pub async fn start_device_flow(
        &self,
        client_id: &str,
        scopes: &[&str],
    ) -> Result<DeviceCode, GithubError> {
        let fields = [("client_id", client_id), ("scope", &scopes.join(" "))];
        let started: Started = self.sign_in("login/device/code", &fields).await?;
        let page = self
            .endpoint()
            .own_page(&started.verification_uri)
            .ok_or_else(|| {
                GithubError::new(
                    ErrorKind::Refused,
                    format!(
                        "{}: the page to sign in at is on another host",
                        self.endpoint().host()
                    ),
                )
            })?;
        Ok(DeviceCode {
            user_code: printable(&started.user_code, 40),
            verification_url: page,
            expires_in: started.expires_in.min(3_600),
            interval: started.interval.unwrap_or(INTERVAL).min(120),
            device_code: SecretString::from(started.device_code),
        })
    }

    /// Waits until the person has allowed or denied it, or the code has expired. `second` is how long one of
    /// GitHub's seconds takes, for tests.
    ///
    /// # Errors
    /// `Unauthorized` where it was denied or came too late; `Cancelled`.
    pub async fn finish_device_flow(
        &self,
        client_id: &str,
        code: &DeviceCode,
        second: Duration,
    ) -> Result<SecretString, GithubError> {
        let mut interval = code.interval;
        let mut waited = 0_u64;
        while waited <= code.expires_in {
            sleep(
                second.saturating_mul(u32::try_from(interval).unwrap_or(120)),
                self.cancel(),
            )
            .await?;
            waited = waited.saturating_add(interval.max(1));
            let fields = [
                ("client_id", client_id),
                ("device_code", code.device_code.expose_secret()),
                ("grant_type", GRANT),
            ];
            let polled: Polled = self.sign_in("login/oauth/access_token", &fields).await?;
            if let Some(token) = polled.access_token.filter(|token| !token.is_empty()) {
                return Ok(SecretString::from(token));
            }
            match polled.error.as_deref() {
                Some("authorization_pending") => {}
                Some("slow_down") => {
                    interval = polled.interval.unwrap_or(interval + INTERVAL).min(120);
                }
                Some("expired_token") => break,
                Some("access_denied") => {
                    return Err(GithubError::new(
                        ErrorKind::Unauthorized,
                        "the sign-in was denied",
                    )
                    .with_hint("sign in again with `callboard auth login`"));
                }
                other => return Err(self.refused(other.unwrap_or("no reason told"))),
            }
        }
        Err(
            GithubError::new(ErrorKind::Unauthorized, "the code was not used in time")
                .with_hint("sign in again with `callboard auth login`"),
        )
    }

    async fn sign_in<T: for<'a> Deserialize<'a>>(
        &self,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Result<T, GithubError> {
        let url = self
            .endpoint()
            .web_url()
            .join(path)
            .map_err(|_| self.refused("bad address"))?;
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let mut request = Request::post(url, ACCEPT, body.into_bytes(), ANSWER_LIMIT);
        request.content_type = "application/x-www-form-urlencoded";
        // Asking twice does no harm: a code that nobody types expires.
        request.idempotent = true;
        request.retry_gateway = true;
        let response = self
            .transport()
            .exchange(&request, None, self.cancel())
            .await?;
        if response.status == 404 {
            return Err(self.refused("the client id is not known"));
        }
        if !response.is_success() {
            let now = jiff::Timestamp::now();
            return Err(response.refusal().error(self.endpoint(), now));
        }
        // What went wrong comes with status 200 too.
        if let Ok(Polled {
            error: Some(error),
            access_token: None,
            ..
        }) = serde_json::from_slice::<Polled>(&response.body)
            && path.ends_with("code")
        {
            return Err(self.refused(&error));
        }
        serde_json::from_slice(&response.body).map_err(|_| {
            GithubError::new(
                ErrorKind::Malformed,
                format!("{}: the answer cannot be understood", response.what),
            )
        })
    }

    fn refused(&self, why: &str) -> GithubError {
        GithubError::new(
            ErrorKind::Configuration,
            format!(
                "{} refuses the sign-in: {}",
                self.endpoint().host(),
                printable(why, 100)
            ),
        )
        .with_hint("check the client id, and that its App has the device flow enabled")
    }
}
