//! One exchange with a server: bounded in time, size, hops and attempts; counted; cancellable.
//!
//! Redirects are followed here and not by the HTTP library, so that `Authorization` is decided anew for
//! every hop: it goes to the integration's own addresses and to no other.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, IF_NONE_MATCH, LOCATION,
};
use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::endpoint::{Endpoint, is_loopback, may_speak, shown};
use super::error::{ErrorKind, GithubError, printable};
use super::limits::{Counters, RateLimits, from_headers};
use super::refusal::{Limited, Refusal};
use super::write::WritePace;

/// A wait that a server asked for, as it is told to whoever watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// For how long.
    pub duration: Duration,
    /// Whether a limit asked for it, rather than a failure.
    pub limit: bool,
}

/// Bounds of every exchange.
#[derive(Clone)]
pub struct Settings {
    /// Longest time until a connection stands.
    pub connect_timeout: Duration,
    /// Longest silence while an answer is read.
    pub read_timeout: Duration,
    /// Longest time of one attempt as a whole.
    pub timeout: Duration,
    /// How often a failed attempt is repeated at most.
    pub retries: u32,
    /// The wait before the first repetition; it doubles each time, up to `longest_backoff`.
    pub backoff: Duration,
    /// The longest wait between repetitions.
    pub longest_backoff: Duration,
    /// The longest wait that a limit may ask for; beyond it the error is returned at once.
    pub longest_wait: Duration,
    /// Requests under way at once. GitHub asks for few.
    pub concurrency: usize,
    /// The least time between the beginnings of two requests that change something.
    pub write_interval: Duration,
    /// Told of every wait, for progress.
    pub on_wait: Option<Arc<dyn Fn(Wait) + Send + Sync>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(30),
            timeout: Duration::from_secs(60),
            retries: 3,
            backoff: Duration::from_millis(500),
            longest_backoff: Duration::from_secs(20),
            longest_wait: Duration::from_secs(75),
            concurrency: 4,
            write_interval: Duration::from_secs(1),
            on_wait: None,
        }
    }
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("retries", &self.retries)
            .field("longest_wait", &self.longest_wait)
            .field("concurrency", &self.concurrency)
            .finish_non_exhaustive()
    }
}

/// Most hops of one request.
const MOST_HOPS: u32 = 5;

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub method: Method,
    pub url: Url,
    pub accept: &'static str,
    pub if_none_match: Option<String>,
    pub body: Option<Vec<u8>>,
    /// The body's `Content-Type`.
    pub content_type: &'static str,
    /// Most bytes of the answer, after decompression.
    pub limit: u64,
    /// GitHub's name of the rate limit that this counts against.
    pub resource: &'static str,
    /// Whether 502, 503 and 504 are tried again.
    pub retry_gateway: bool,
    /// Whether the request may be repeated when it is not known if it arrived.
    pub idempotent: bool,
}

impl Request {
    pub(crate) fn get(url: Url, accept: &'static str, limit: u64) -> Self {
        Self {
            method: Method::GET,
            url,
            accept,
            if_none_match: None,
            body: None,
            content_type: "application/json",
            limit,
            resource: "core",
            retry_gateway: true,
            idempotent: true,
        }
    }

    pub(crate) fn post(url: Url, accept: &'static str, body: Vec<u8>, limit: u64) -> Self {
        Self {
            method: Method::POST,
            body: Some(body),
            idempotent: false,
            retry_gateway: false,
            ..Self::get(url, accept, limit)
        }
    }
}

/// A whole answer of any status.
#[derive(Debug)]
pub(crate) struct Response {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    /// What was asked for, as it is shown.
    pub what: String,
    pub signed_in: bool,
}

impl Response {
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(crate) fn refusal(&self) -> Refusal<'_> {
        Refusal {
            status: self.status,
            headers: &self.headers,
            body: &self.body,
            what: &self.what,
            signed_in: self.signed_in,
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// Why one attempt brought no answer.
enum Fault {
    /// Worth another attempt; `connected` tells whether a connection stood.
    Transient {
        error: GithubError,
        connected: bool,
    },
    Final(GithubError),
}

/// The connection pool with its limits; shared by every clone of a client.
#[derive(Debug)]
pub(crate) struct Transport {
    http: reqwest::Client,
    pub endpoint: Endpoint,
    pub settings: Settings,
    pub counters: Counters,
    limits: Mutex<RateLimits>,
    /// A secondary limit stops every request, not only the one that met it.
    paused_until: Mutex<Option<Instant>>,
    permits: Semaphore,
    /// Requests that change something, one after the other.
    pub writes: WritePace,
}

impl Transport {
    pub(crate) fn new(endpoint: Endpoint, settings: Settings) -> Result<Self, GithubError> {
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("callboard/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(settings.connect_timeout)
            .read_timeout(settings.read_timeout)
            .timeout(settings.timeout)
            .referer(false);
        if is_loopback(endpoint.api_base_url()) {
            // A proxy's loopback is another machine's.
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|error| {
            GithubError::new(
                ErrorKind::Configuration,
                format!("the HTTP client cannot be set up: {}", root_cause(&error)),
            )
            .with_hint("check the proxy settings and the system's certificates")
        })?;
        let permits = Semaphore::new(settings.concurrency.max(1));
        Ok(Self {
            http,
            endpoint,
            settings,
            counters: Counters::default(),
            limits: Mutex::default(),
            paused_until: Mutex::default(),
            permits,
            writes: WritePace::default(),
        })
    }

    pub(crate) fn rate_limits(&self) -> RateLimits {
        lock(&self.limits).clone()
    }

    /// Sends the request, again where that is worth it, and returns the answer whatever its status.
    ///
    /// # Errors
    /// `Offline`, `RateLimited`, `TooLarge`, `Refused` (a redirect), `Cancelled`, `Configuration`.
    pub(crate) async fn exchange(
        &self,
        request: &Request,
        token: Option<&SecretString>,
        cancel: &CancellationToken,
    ) -> Result<Response, GithubError> {
        let mut attempt = 0;
        loop {
            self.wait_for_pause(cancel).await?;
            self.check_limit(request)?;
            let outcome = self.attempt(request, token, cancel).await;
            let last = attempt >= self.settings.retries;
            let wait = match outcome {
                Ok(response) => {
                    let limited = response.refusal().limited(Timestamp::now());
                    if let Some(limited) = limited {
                        let too_long = limited.wait > self.settings.longest_wait;
                        if limited.secondary {
                            self.pause(limited.wait.min(self.settings.longest_wait));
                        }
                        if last || too_long {
                            return Ok(response);
                        }
                        self.limit_wait(&limited)
                    } else if matches!(response.status, 502..=504) && request.retry_gateway && !last
                    {
                        self.backoff(attempt)
                    } else {
                        return Ok(response);
                    }
                }
                Err(Fault::Final(error)) => return Err(error),
                Err(Fault::Transient { error, connected }) => {
                    // Without a network a second attempt is enough; a broken answer deserves more.
                    let hopeless = !connected && attempt >= 1;
                    if last || hopeless || (connected && !request.idempotent) {
                        return Err(error);
                    }
                    self.backoff(attempt)
                }
            };
            attempt += 1;
            tracing::info!(
                ms = wait.duration.as_millis(),
                limit = wait.limit,
                "waiting before another attempt"
            );
            if let Some(tell) = &self.settings.on_wait {
                tell(wait);
            }
            sleep(wait.duration, cancel).await?;
        }
    }

    /// One attempt, its redirects followed.
    async fn attempt(
        &self,
        request: &Request,
        token: Option<&SecretString>,
        cancel: &CancellationToken,
    ) -> Result<Response, Fault> {
        let permit = tokio::select! {
            () = cancel.cancelled() => return Err(Fault::Final(cancelled())),
            permit = self.permits.acquire() => permit,
        };
        let _permit = permit.map_err(|_| Fault::Final(cancelled()))?;
        let what = shown(&request.url);
        let mut url = request.url.clone();
        for _ in 0..=MOST_HOPS {
            let token = token.filter(|_| self.endpoint.may_see_token(&url));
            let answer = tokio::select! {
                () = cancel.cancelled() => return Err(Fault::Final(cancelled())),
                answer = self.hop(request, &url, token, &what) => answer?,
            };
            let status = StatusCode::from_u16(answer.status).unwrap_or_default();
            if !status.is_redirection() || status == StatusCode::NOT_MODIFIED {
                return Ok(answer);
            }
            url = self
                .next_hop(request, &url, &answer)
                .map_err(Fault::Final)?;
        }
        Err(Fault::Final(GithubError::new(
            ErrorKind::Refused,
            format!("{what}: redirected more than {MOST_HOPS} times"),
        )))
    }

    async fn hop(
        &self,
        request: &Request,
        url: &Url,
        token: Option<&SecretString>,
        what: &str,
    ) -> Result<Response, Fault> {
        if request.resource == "graphql" {
            self.counters.count_graphql();
        } else {
            self.counters.count_rest();
        }
        let mut builder = self
            .http
            .request(request.method.clone(), url.clone())
            .header(ACCEPT, request.accept)
            .header("x-github-api-version", "2022-11-28");
        if let Some(token) = token {
            builder = builder.header(AUTHORIZATION, bearer(token).map_err(Fault::Final)?);
        }
        if let Some(etag) = &request.if_none_match {
            builder = builder.header(IF_NONE_MATCH, etag);
        }
        if let Some(body) = &request.body {
            builder = builder
                .header(CONTENT_TYPE, request.content_type)
                .body(body.clone());
        }
        let sent = Instant::now();
        let answer = builder.send().await.map_err(|error| fault(&error, what));
        trace(request, url, sent, &answer);
        let mut answer = answer?;
        let status = answer.status().as_u16();
        let headers = answer.headers().clone();
        if self.endpoint.may_see_token(url)
            && let Some((resource, limit)) = from_headers(&headers, request.resource)
        {
            lock(&self.limits).observe(&resource, limit);
        }
        if status == 304 {
            self.counters.count_not_modified();
        }
        let mut body = Vec::new();
        // An error's body is read for its message alone.
        let most = if (200..300).contains(&status) {
            request.limit
        } else {
            request.limit.min(256 * 1024)
        };
        if answer.content_length().is_some_and(|length| length > most) && status < 300 {
            return Err(Fault::Final(too_large(what, most)));
        }
        while let Some(chunk) = answer.chunk().await.map_err(|error| fault(&error, what))? {
            let total = (body.len() as u64).saturating_add(chunk.len() as u64);
            if total > most {
                if status < 300 {
                    return Err(Fault::Final(too_large(what, most)));
                }
                break;
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Response {
            status,
            headers,
            body,
            what: what.to_owned(),
            signed_in: token.is_some(),
        })
    }

    /// Where a redirect leads, if callboard follows it.
    fn next_hop(
        &self,
        request: &Request,
        from: &Url,
        answer: &Response,
    ) -> Result<Url, GithubError> {
        let refuse = |text: String| GithubError::new(ErrorKind::Refused, text);
        let what = &answer.what;
        if request.method != Method::GET {
            return Err(refuse(format!(
                "{what}: a redirect of a {} is not followed",
                request.method
            )));
        }
        let location = answer.header(LOCATION.as_str()).unwrap_or_default();
        let url = from
            .join(location)
            .ok()
            .filter(|_| !location.is_empty())
            .ok_or_else(|| refuse(format!("{what}: redirected to no address")))?;
        if !may_speak(&url) || (from.scheme() == "https" && url.scheme() != "https") {
            return Err(refuse(format!(
                "{what}: redirected to {}, which is not https",
                shown(&url)
            )));
        }
        if !self.endpoint.may_see_token(&url) && !self.is_githubs_storage(&url) {
            let host = printable(url.host_str().unwrap_or_default(), 100);
            return Err(refuse(format!(
                "{what}: redirected to another host, {host}"
            )));
        }
        Ok(url)
    }

    /// Hosts that GitHub sends readers to for files and archives; they get no token.
    fn is_githubs_storage(&self, url: &Url) -> bool {
        let Some(host) = url.host_str() else {
            return false;
        };
        if self.endpoint.is_github_com() {
            return host == "codeload.github.com" || host.ends_with(".githubusercontent.com");
        }
        let own = self.endpoint.web_url().host_str().unwrap_or_default();
        !is_loopback(url) && !own.is_empty() && host.ends_with(&format!(".{own}"))
    }

    fn check_limit(&self, request: &Request) -> Result<(), GithubError> {
        let until = lock(&self.limits).blocked_until(request.resource, Timestamp::now());
        match until {
            None => Ok(()),
            Some(until) => Err(GithubError::new(
                ErrorKind::RateLimited {
                    until: Some(until),
                    secondary: false,
                },
                format!("{}: GitHub's rate limit is used up", shown(&request.url)),
            )),
        }
    }

    pub(crate) fn pause(&self, wait: Duration) {
        let mut paused = lock(&self.paused_until);
        let until = Instant::now() + wait;
        *paused = Some(paused.map_or(until, |earlier| earlier.max(until)));
    }

    async fn wait_for_pause(&self, cancel: &CancellationToken) -> Result<(), GithubError> {
        if cancel.is_cancelled() {
            return Err(cancelled());
        }
        let until = *lock(&self.paused_until);
        match until.and_then(|until| until.checked_duration_since(Instant::now())) {
            Some(wait) if !wait.is_zero() => sleep(wait, cancel).await,
            _ => Ok(()),
        }
    }

    fn limit_wait(&self, limited: &Limited) -> Wait {
        Wait {
            duration: limited.wait + jitter(Duration::from_millis(250)),
            limit: true,
        }
    }

    fn backoff(&self, attempt: u32) -> Wait {
        let doubled = self
            .settings
            .backoff
            .saturating_mul(1_u32 << attempt.min(16));
        let wait = doubled.min(self.settings.longest_backoff);
        Wait {
            duration: wait / 2 + jitter(wait / 2),
            limit: false,
        }
    }
}

/// Logs a request that was sent: never its headers, its body or what follows a `?`.
fn trace(request: &Request, url: &Url, sent: Instant, answer: &Result<reqwest::Response, Fault>) {
    let (method, url) = (&request.method, shown(url));
    let ms = sent.elapsed().as_millis();
    match answer {
        Ok(answer) => {
            tracing::info!(%method, %url, status = answer.status().as_u16(), ms, "request");
        }
        Err(Fault::Transient { error, .. } | Fault::Final(error)) => {
            tracing::info!(%method, %url, %error, ms, "request failed");
        }
    }
}

/// `Authorization` with the token, marked so that no log shows it.
fn bearer(token: &SecretString) -> Result<HeaderValue, GithubError> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret().trim()))
        .map_err(|_| {
            GithubError::new(
                ErrorKind::Unauthorized,
                "the token holds characters that no token has",
            )
        })?;
    value.set_sensitive(true);
    Ok(value)
}

/// Waits, unless cancelled.
pub(crate) async fn sleep(wait: Duration, cancel: &CancellationToken) -> Result<(), GithubError> {
    tokio::select! {
        () = cancel.cancelled() => Err(cancelled()),
        () = tokio::time::sleep(wait) => Ok(()),
    }
}

pub(crate) fn cancelled() -> GithubError {
    GithubError::new(ErrorKind::Cancelled, "cancelled")
}

fn too_large(what: &str, limit: u64) -> GithubError {
    GithubError::new(
        ErrorKind::TooLarge { limit },
        format!("{what}: the answer is larger than {limit} bytes"),
    )
}

fn fault(error: &reqwest::Error, what: &str) -> Fault {
    let cause = root_cause(error);
    let text = if error.is_timeout() {
        format!("{what}: no answer in time")
    } else if error.is_connect() {
        format!("{what}: no connection ({cause})")
    } else {
        format!("{what}: the connection broke ({cause})")
    };
    let failure = GithubError::new(ErrorKind::Offline, text);
    if error.is_builder() {
        return Fault::Final(GithubError::new(
            ErrorKind::Refused,
            format!("{what}: not a request that can be sent ({cause})"),
        ));
    }
    Fault::Transient {
        error: failure,
        connected: !error.is_connect(),
    }
}

/// The innermost reason, which says more than the layers around it and names no address.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    if std::ptr::eq(
        std::ptr::from_ref(cause).cast::<u8>(),
        std::ptr::from_ref(error).cast::<u8>(),
    ) {
        return "no reason told".to_owned();
    }
    printable(&cause.to_string(), 200)
}

fn jitter(most: Duration) -> Duration {
    most.mul_f64(fastrand::f64())
}

/// A poisoned lock guards plain values here: whoever panicked left them whole.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
