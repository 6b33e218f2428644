//! One exchange with PagerDuty's REST API v2: bounded in time and size, never redirected, read only.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::account::{Account, is_loopback};
use super::answers::{Page, page};
use super::error::OnCallError;
use crate::config::Secret;

/// Most bytes of one answer.
const LARGEST: usize = 16 * 1024 * 1024;
/// Entries a page; the most that PagerDuty gives.
pub(super) const PAGE: usize = 100;
/// PagerDuty's own limit of `offset + limit`.
const FURTHEST: usize = 10_000;
/// The longest wait for a rate limit before the answer is taken for a refusal.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// An account that is being asked.
pub(super) struct PagerDuty {
    http: reqwest::Client,
    base: Url,
    token: Secret,
    cancel: CancellationToken,
}

impl PagerDuty {
    pub fn new(account: &Account, cancel: CancellationToken) -> Result<Self, OnCallError> {
        let (base, token) = account.access.clone()?;
        let mut builder = reqwest::Client::builder()
            // A token goes to the configured address and nowhere else.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("callboard/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(10))
            .read_timeout(Duration::from_secs(15))
            .timeout(Duration::from_secs(40))
            .referer(false);
        if is_loopback(&base) {
            // A proxy's loopback is another machine's.
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|error| OnCallError::Unreachable {
            reason: root_cause(&error),
        })?;
        Ok(Self {
            http,
            base,
            token,
            cancel,
        })
    }

    /// Asks for one resource. `query` is written as pairs, brackets and all; `what` names it in messages.
    pub async fn get(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        what: &str,
    ) -> Result<Value, OnCallError> {
        let unreachable = |reason: String| OnCallError::Unreachable { reason };
        let mut url = self.base.clone();
        url.path_segments_mut()
            .map_err(|()| unreachable("the address has no path".to_owned()))?
            .pop_if_empty()
            .extend(path);
        url.query_pairs_mut().extend_pairs(query);
        let mut waited = false;
        loop {
            let answer = tokio::select! {
                () = self.cancel.cancelled() => return Err(unreachable("it was stopped".to_owned())),
                answer = self.attempt(url.clone(), what) => answer,
            };
            match answer {
                Err(OnCallError::RateLimited { wait: Some(wait) })
                    if !waited && wait <= LONGEST_WAIT =>
                {
                    waited = true;
                    tokio::select! {
                        () = self.cancel.cancelled() => return Err(unreachable("it was stopped".to_owned())),
                        () = tokio::time::sleep(wait) => {}
                    }
                }
                other => return other,
            }
        }
    }

    /// All entries of a list, page by page; also whether that was really all.
    pub async fn list(
        &self,
        path: &str,
        query: &[(&str, &str)],
        what: &str,
    ) -> Result<(Vec<Value>, bool), OnCallError> {
        let mut all = Vec::new();
        let limit = PAGE.to_string();
        let mut offset = 0;
        while offset + PAGE <= FURTHEST {
            let from = offset.to_string();
            let mut query = query.to_vec();
            query.extend([("limit", limit.as_str()), ("offset", from.as_str())]);
            let answer = self.get(&[path], &query, what).await?;
            let Page { entries, more } =
                page(answer, path).ok_or_else(|| OnCallError::Nonsense {
                    what: what.to_owned(),
                    reason: format!("it has no list of {path}"),
                })?;
            let none = entries.is_empty();
            all.extend(entries);
            if !more || none {
                return Ok((all, true));
            }
            offset += PAGE;
        }
        Ok((all, false))
    }

    async fn attempt(&self, url: Url, what: &str) -> Result<Value, OnCallError> {
        let unreachable = |error: reqwest::Error| OnCallError::Unreachable {
            reason: root_cause(&error),
        };
        let nonsense = |reason: &str| OnCallError::Nonsense {
            what: what.to_owned(),
            reason: reason.to_owned(),
        };
        let mut authorization =
            HeaderValue::from_str(&format!("Token token={}", self.token.expose()))
                .map_err(|_| OnCallError::Unauthorized)?;
        authorization.set_sensitive(true);
        let mut answer = self
            .http
            .get(url)
            .header(ACCEPT, "application/vnd.pagerduty+json;version=2")
            .header(AUTHORIZATION, authorization)
            .send()
            .await
            .map_err(unreachable)?;
        let status = answer.status();
        tracing::debug!(status = status.as_u16(), what, "PagerDuty answered");
        if !status.is_success() {
            return Err(self.refusal(status, answer.headers(), what));
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > LARGEST {
                return Err(nonsense("it is larger than 16 MB"));
            }
            body.extend_from_slice(&chunk);
        }
        serde_json::from_slice(&body).map_err(|_| nonsense("it is no JSON"))
    }

    fn refusal(
        &self,
        status: StatusCode,
        headers: &reqwest::header::HeaderMap,
        what: &str,
    ) -> OnCallError {
        let what = what.to_owned();
        match status.as_u16() {
            401 => OnCallError::Unauthorized,
            403 => OnCallError::Forbidden { what },
            404 => OnCallError::NotFound { what },
            429 => OnCallError::RateLimited {
                wait: ["retry-after", "ratelimit-reset"]
                    .into_iter()
                    .find_map(|name| headers.get(name)?.to_str().ok()?.trim().parse().ok())
                    .map(Duration::from_secs),
            },
            status => OnCallError::Refused { what, status },
        }
    }
}

/// The innermost reason, which says what happened; the outer ones repeat the address.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
