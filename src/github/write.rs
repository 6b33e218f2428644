//! REST that changes something: POST, PUT, PATCH and DELETE, one after the other and no faster than GitHub wants them.
//!
//! What a caller may rely on: a request that may have arrived is not sent again unless repeating it changes nothing; a
//! limit is waited for as GitHub asks; an error says what GitHub said, each of its `errors[]` in words. Names that
//! stand in an address are escaped here and can never lead to another one.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::MutexGuard;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::client::Client;
use super::error::{ErrorKind, GithubError};
use super::rest::JSON;
use super::transport::{Request, cancelled, sleep};

/// Most bytes of an answer to a write.
const ANSWER_LIMIT: u64 = 16 * 1024 * 1024;

/// How a request changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Makes something new; never repeated blindly.
    Post,
    /// Makes an object that nothing refers to yet (a blob, a tree, a commit): twice is as good as once.
    PostObject,
    /// Sets something as a whole; may be repeated.
    Put,
    /// Sets parts of something; never repeated blindly.
    Patch,
    /// Takes something away; may be repeated.
    Delete,
}

impl Verb {
    fn method(self) -> reqwest::Method {
        match self {
            Self::Post | Self::PostObject => reqwest::Method::POST,
            Self::Put => reqwest::Method::PUT,
            Self::Patch => reqwest::Method::PATCH,
            Self::Delete => reqwest::Method::DELETE,
        }
    }

    fn may_repeat(self) -> bool {
        matches!(self, Self::PostObject | Self::Put | Self::Delete)
    }
}

/// Lets requests that change something go one at a time and no faster than one in an interval.
///
/// GitHub ("Best practices for using the REST API"): one after the other, at least a second between them, which also keeps
/// below its 80 a minute.
#[derive(Debug, Default)]
pub(crate) struct WritePace {
    last: tokio::sync::Mutex<Option<Instant>>,
}

impl WritePace {
    /// Waits for a turn, which lasts until what is returned is dropped.
    pub(crate) async fn turn(
        &self,
        interval: Duration,
        cancel: &CancellationToken,
    ) -> Result<MutexGuard<'_, Option<Instant>>, GithubError> {
        let mut last = tokio::select! {
            () = cancel.cancelled() => return Err(cancelled()),
            last = self.last.lock() => last,
        };
        if let Some(began) = *last {
            let wait = (began + interval).saturating_duration_since(Instant::now());
            if !wait.is_zero() {
                sleep(wait, cancel).await?;
            }
        }
        *last = Some(Instant::now());
        Ok(last)
    }
}

/// What a write was answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// 200, 201, 202 or 204.
    pub status: u16,
    /// The answer; null where there is none.
    pub body: Value,
}

impl Client {
    /// Sends a request that changes something. `segments` are the names of the address below the API's, as they are;
    /// a segment may not be empty, `.` or `..`.
    ///
    /// # Errors
    /// Every kind of refusal. `Offline` where it is not known whether the request arrived.
    pub async fn write(
        &self,
        verb: Verb,
        segments: &[&str],
        body: Option<&Value>,
    ) -> Result<Written, GithubError> {
        let url = self.address(segments, &[])?;
        let request = Request {
            method: verb.method(),
            body: body.map(|body| body.to_string().into_bytes()),
            limit: ANSWER_LIMIT,
            idempotent: verb.may_repeat(),
            retry_gateway: verb.may_repeat(),
            ..Request::get(url, JSON, ANSWER_LIMIT)
        };
        let transport = self.transport();
        let interval = transport.settings.write_interval;
        let _turn = transport.writes.turn(interval, self.cancel()).await?;
        let response = self.send(&request).await?;
        if !response.is_success() {
            return Err(response.refusal().error(self.endpoint(), Timestamp::now()));
        }
        let body = if response.body.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&response.body).map_err(|_| {
                GithubError::new(
                    ErrorKind::Malformed,
                    format!("{}: the answer cannot be understood", response.what),
                )
            })?
        };
        Ok(Written {
            status: response.status,
            body,
        })
    }

    /// Reads something by the names of its address, for whoever is about to change it.
    ///
    /// # Errors
    /// Every kind of refusal; `NotFound` for 404.
    pub async fn read(
        &self,
        segments: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Value, GithubError> {
        let url = self.address(segments, query)?;
        self.rest_json(url.as_str()).await
    }

    /// As [`Client::read`]; nothing where it is not there.
    ///
    /// # Errors
    /// Every other refusal.
    pub async fn find(
        &self,
        segments: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Option<Value>, GithubError> {
        match self.read(segments, query).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if *error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The login requests are signed as; for an App's installation, the App's name as GitHub shows it where that is known.
    ///
    /// # Errors
    /// As [`Client::read`].
    pub async fn login(&self) -> Result<String, GithubError> {
        if let Some(login) = self.seen().login {
            return Ok(login);
        }
        let user = self.read(&["user"], &[]).await?;
        let login = user
            .get("login")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        self.note_login(&login);
        Ok(login)
    }

    fn address(&self, segments: &[&str], query: &[(&str, &str)]) -> Result<Url, GithubError> {
        if segments
            .iter()
            .any(|segment| matches!(*segment, "" | "." | ".."))
        {
            return Err(GithubError::new(
                ErrorKind::Refused,
                format!("{}: not an address", segments.join("/")),
            ));
        }
        let mut url = self.endpoint().api_base_url().clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::github::{Credentials, Endpoint, Settings};

    fn client() -> Client {
        Client::new(
            Endpoint::github_com().unwrap(),
            Credentials::Anonymous,
            Settings::default(),
        )
        .unwrap()
    }

    #[test]
    fn a_name_in_an_address_never_becomes_two() {
        let url = client()
            .address(
                &["repos", "o", "r", "actions", "secrets", "a/../b?c#d"],
                &[],
            )
            .unwrap();
        assert_eq!(
            url.as_str(),
            "https://api.github.com/repos/o/r/actions/secrets/a%2F..%2Fb%3Fc%23d"
        );
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for bad in ["", ".", ".."] {
            let error = client().address(&["repos", bad, "r"], &[]).unwrap_err();
            assert_eq!(error.kind(), &ErrorKind::Refused, "{bad}");
        }
    }

    #[tokio::test]
    async fn writes_begin_no_closer_than_the_interval_and_one_at_a_time() {
        let pace = WritePace::default();
        let cancel = CancellationToken::new();
        let interval = Duration::from_millis(20);
        let began = Instant::now();
        for _ in 0..3 {
            let turn = pace.turn(interval, &cancel).await.unwrap();
            assert!(pace.last.try_lock().is_err());
            drop(turn);
        }
        assert!(began.elapsed() >= 2 * interval);
    }

    #[tokio::test]
    async fn who_waits_for_a_turn_can_be_cancelled() {
        let pace = WritePace::default();
        let cancel = CancellationToken::new();
        let _held = pace.turn(Duration::ZERO, &cancel).await.unwrap();
        cancel.cancel();
        let error = pace.turn(Duration::ZERO, &cancel).await.unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Cancelled);
    }

    #[test]
    fn only_what_changes_nothing_twice_may_be_repeated() {
        let may: Vec<bool> = [
            Verb::Post,
            Verb::PostObject,
            Verb::Put,
            Verb::Patch,
            Verb::Delete,
        ]
        .map(Verb::may_repeat)
        .into();
        assert_eq!(may, [false, true, true, false, true]);
    }
}
