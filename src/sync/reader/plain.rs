//! Plain addresses of the allow list: no token, every redirect decided anew, and a conditional request where the cache has
//! an answer with something to validate it by.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::StatusCode;
use reqwest::header::{
    ETAG, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION,
};
use url::Url;

use super::{ReadError, cancelled, too_large};
use crate::github::{KeptAnswer, KeptAnswers};
use crate::store::{Cache, HttpEntry, OpenMode, StoreError};
use crate::sync::access::Access;
use crate::sync::error::{SyncError, SyncErrorKind};
use crate::sync::policy::{Readable, ReadingPolicy};

/// Hops of one address.
const MOST_HOPS: usize = 5;
const USER_AGENT: &str = concat!("callboard/", env!("CARGO_PKG_VERSION"));

/// The answers that the cache of a folder keeps, of plain addresses and of GitHub's REST. Opened with the first address that is read; where it cannot be, answers
/// are not kept, and that is all.
#[derive(Clone)]
pub struct Answers(Arc<Mutex<Kept>>);

enum Kept {
    Unopened(PathBuf),
    Open(Box<Cache>),
    Unusable,
}

impl Answers {
    /// Those of a cache folder.
    pub fn of(cache_dir: PathBuf) -> Self {
        Self(Arc::new(Mutex::new(Kept::Unopened(cache_dir))))
    }

    fn with<T>(&self, ask: impl FnOnce(&mut Cache) -> Result<T, StoreError>) -> Option<T> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Kept::Unopened(dir) = &*kept {
            let opened = Cache::open(dir, OpenMode::ReadOnly).and_then(|o| o.cache.beside());
            *kept = match opened {
                Ok(cache) => Kept::Open(Box::new(cache)),
                Err(_) => Kept::Unusable,
            };
        }
        let Kept::Open(cache) = &mut *kept else {
            return None;
        };
        match ask(cache) {
            Ok(answer) => Some(answer),
            Err(error) => {
                tracing::debug!(%error, "an answer was not kept");
                None
            }
        }
    }

    fn of_url(&self, url: &Url) -> Option<HttpEntry> {
        self.with(|cache| cache.http_get(&key(url), today()))
            .flatten()
    }

    fn put_url(&self, url: &Url, entry: &HttpEntry) {
        self.with(|cache| cache.http_put(&key(url), entry, today()));
    }
}

impl KeptAnswers for Answers {
    fn get(&self, key: &str) -> Option<KeptAnswer> {
        let kept = self.with(|cache| cache.http_get(key, today())).flatten()?;
        Some(KeptAnswer {
            etag: kept.etag?,
            body: kept.body,
        })
    }

    fn put(&self, key: &str, answer: KeptAnswer) {
        let entry = HttpEntry {
            etag: Some(answer.etag),
            last_modified: None,
            body: answer.body,
        };
        self.with(|cache| cache.http_put(key, &entry, today()));
    }
}

/// The day by which the cache counts who asks for what.
pub(in crate::sync) fn today() -> i64 {
    Timestamp::now().as_second().div_euclid(24 * 3600)
}

/// Nobody is signed in at a plain address, so the address is all there is.
fn key(url: &Url) -> String {
    format!("GET {url}")
}

/// Reads plain addresses.
#[derive(Clone)]
pub(super) struct Plain {
    http: reqwest::Client,
    access: Access,
    policy: ReadingPolicy,
    answers: Option<Answers>,
}

impl Plain {
    pub(super) fn new(
        access: Access,
        policy: ReadingPolicy,
        answers: Option<Answers>,
    ) -> Result<Self, SyncError> {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(10))
            .timeout(Duration::from_secs(60))
            .user_agent(USER_AGENT)
            .build()
            .map_err(|e| {
                SyncError::new(SyncErrorKind::Failed, format!("HTTP cannot be set up: {e}"))
            })?;
        Ok(Self {
            http,
            access,
            policy,
            answers,
        })
    }

    pub(super) async fn read(&self, url: &Url, limit: u64) -> Result<Vec<u8>, ReadError> {
        if self.access.is_offline() {
            let text = format!("{url} is not asked for while offline");
            return Err(ReadError::Unseen(SyncError::new(
                SyncErrorKind::Offline,
                text,
            )));
        }
        let mut at = url.clone();
        for _ in 0..=MOST_HOPS {
            let kept = self.answers.as_ref().and_then(|a| a.of_url(&at));
            let mut request = self.http.get(at.clone());
            for (header, value) in kept.iter().flat_map(validators) {
                request = request.header(header, value);
            }
            let response = tokio::select! {
                response = request.send() => response.map_err(|e| offline(&at, &e))?,
                () = self.access.cancel().cancelled() => return Err(ReadError::Unseen(cancelled())),
            };
            let status = response.status();
            self.access.count_plain(status == StatusCode::NOT_MODIFIED);
            match (status, kept) {
                (StatusCode::NOT_MODIFIED, Some(kept)) => {
                    let size = kept.body.len() as u64;
                    return match size > limit {
                        true => Err(too_large(at.as_str(), size, limit)),
                        false => Ok(kept.body),
                    };
                }
                (StatusCode::NOT_FOUND | StatusCode::GONE, _) => {
                    return Err(ReadError::NotFound(format!("{at} does not exist")));
                }
                (status, _) if status.is_redirection() => at = self.next_hop(&at, &response)?,
                (status, _) if status.is_success() => {
                    return self.fresh(&at, response, limit).await;
                }
                _ => {
                    return Err(ReadError::Unseen(SyncError::new(
                        SyncErrorKind::Failed,
                        format!("{at} answered {status}"),
                    )));
                }
            }
        }
        Err(ReadError::Unusable(format!("{url} redirects too often")))
    }

    fn next_hop(&self, at: &Url, response: &reqwest::Response) -> Result<Url, ReadError> {
        let next = header(response, LOCATION)
            .and_then(|v| at.join(&v).ok())
            .ok_or_else(|| ReadError::Unusable(format!("{at} redirects to nowhere")))?;
        match self.policy.url(next.as_str()) {
            Ok(Readable::Url(next)) => Ok(next),
            Ok(_) => Err(ReadError::Refused(format!(
                "{at} redirects to {next}, which is not followed"
            ))),
            Err(refusal) => Err(ReadError::Refused(format!("{at} redirects: {refusal}"))),
        }
    }

    /// Reads an answer's body, and keeps it where something says when it is another one.
    async fn fresh(
        &self,
        at: &Url,
        response: reqwest::Response,
        limit: u64,
    ) -> Result<Vec<u8>, ReadError> {
        let mut entry = HttpEntry {
            etag: header(&response, ETAG),
            last_modified: header(&response, LAST_MODIFIED),
            body: Vec::new(),
        };
        entry.body = self.body(at, response, limit).await?;
        if let Some(answers) = &self.answers
            && (entry.etag.is_some() || entry.last_modified.is_some())
        {
            answers.put_url(at, &entry);
        }
        Ok(entry.body)
    }

    async fn body(
        &self,
        url: &Url,
        mut response: reqwest::Response,
        limit: u64,
    ) -> Result<Vec<u8>, ReadError> {
        if let Some(length) = response.content_length().filter(|n| *n > limit) {
            return Err(too_large(url.as_str(), length, limit));
        }
        let mut out = Vec::new();
        loop {
            let chunk = tokio::select! {
                chunk = response.chunk() => chunk.map_err(|e| offline(url, &e))?,
                () = self.access.cancel().cancelled() => return Err(ReadError::Unseen(cancelled())),
            };
            let Some(chunk) = chunk else { return Ok(out) };
            let total = (out.len() + chunk.len()) as u64;
            if total > limit {
                return Err(too_large(url.as_str(), total, limit));
            }
            out.extend_from_slice(&chunk);
        }
    }
}

/// What a request carries so that an answer that is kept need not come again.
fn validators(kept: &HttpEntry) -> impl Iterator<Item = (HeaderName, &str)> {
    let etag = kept.etag.as_deref().map(|value| (IF_NONE_MATCH, value));
    let date = kept.last_modified.as_deref();
    etag.into_iter()
        .chain(date.map(|value| (IF_MODIFIED_SINCE, value)))
}

fn header(response: &reqwest::Response, name: HeaderName) -> Option<String> {
    let value = response.headers().get(name)?;
    value.to_str().ok().map(str::to_owned)
}

fn offline(url: &Url, error: &reqwest::Error) -> ReadError {
    ReadError::Unseen(SyncError::new(
        SyncErrorKind::Offline,
        format!(
            "{} could not be read: {}",
            url.host_str().unwrap_or_default(),
            if error.is_timeout() {
                "no answer in time"
            } else {
                "no connection"
            }
        ),
    ))
}
