//! Which GitHub client reads what: one for each host, or, with a GitHub App, for each owner at a host.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use super::error::{SyncError, SyncErrorKind};
use super::summary::{RateLimit, RequestCounts};
use super::target::GithubHost;
use crate::github::{Client, Endpoint, ErrorKind, GithubError, KeptAnswers};

/// Makes the client for an owner at a host: the identity that may read there.
pub trait ClientFactory: Send + Sync {
    /// The addresses of every configured GitHub.
    fn endpoints(&self) -> Vec<Endpoint>;

    /// Why a GitHub cannot be used as it is configured; none where it can, or where nobody configured it.
    fn problem(&self, _host: &str) -> Option<GithubError> {
        None
    }

    /// A client for what `owner` has at `endpoint`.
    ///
    /// # Errors
    /// Where no identity can be had, or its configuration is of no use.
    fn client(&self, endpoint: &Endpoint, owner: &str) -> Result<Client, GithubError>;

    /// A client that asks where the configured Apps are installed; none where there is no App.
    ///
    /// # Errors
    /// As [`ClientFactory::client`].
    fn apps_client(&self, _endpoint: &Endpoint) -> Result<Option<Client>, GithubError> {
        Ok(None)
    }
}

/// The clients of one run. Clones share them, and so their counters.
#[derive(Clone)]
pub struct Access {
    factory: Arc<dyn ClientFactory>,
    cancel: CancellationToken,
    clients: Arc<Mutex<BTreeMap<(String, String), Client>>>,
    plain: Arc<PlainCounts>,
    offline: bool,
    kept: Option<Arc<dyn KeptAnswers>>,
}

/// Requests to plain addresses, which no client makes.
#[derive(Default)]
struct PlainCounts {
    requests: AtomicU64,
    not_modified: AtomicU64,
}

impl Access {
    /// Clients from `factory`, all stopped by `cancel`.
    pub fn new(factory: Arc<dyn ClientFactory>, cancel: CancellationToken) -> Self {
        Self {
            factory,
            cancel,
            clients: Arc::default(),
            plain: Arc::default(),
            offline: false,
            kept: None,
        }
    }

    /// The same, with answers of REST that are kept between runs.
    #[must_use]
    pub fn keeping(mut self, kept: Arc<dyn KeptAnswers>) -> Self {
        self.kept = Some(kept);
        self
    }

    /// The same, where nobody may be asked: every client is refused, with [`ErrorKind::Offline`].
    #[must_use]
    pub fn offline(mut self, offline: bool) -> Self {
        self.offline = offline;
        self
    }

    /// Whether nobody may be asked.
    pub fn is_offline(&self) -> bool {
        self.offline
    }

    /// Counts a request to a plain address.
    pub(super) fn count_plain(&self, not_modified: bool) {
        self.plain.requests.fetch_add(1, Ordering::Relaxed);
        if not_modified {
            self.plain.not_modified.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The hosts whose URLs name files of a GitHub.
    pub fn hosts(&self) -> Vec<GithubHost> {
        self.factory.endpoints().iter().map(host_of).collect()
    }

    /// One of the hosts.
    ///
    /// # Errors
    /// Where it is not configured, or its addresses are of no use.
    pub fn host(&self, host: &str) -> Result<GithubHost, GithubError> {
        self.endpoint(host).map(|endpoint| host_of(&endpoint))
    }

    /// The client for an owner at a host.
    ///
    /// # Errors
    /// Where the host is not configured or no identity can be had.
    pub fn client(&self, host: &str, owner: &str) -> Result<Client, GithubError> {
        if self.offline {
            return Err(GithubError::new(
                ErrorKind::Offline,
                format!("{host} is not asked while offline"),
            ));
        }
        let key = (host.to_ascii_lowercase(), owner.to_lowercase());
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&key) {
            return Ok(client.clone());
        }
        let endpoint = self.endpoint(host)?;
        let mut client = self
            .factory
            .client(&endpoint, owner)?
            .with_cancel(self.cancel.clone());
        if let Some(kept) = &self.kept {
            client = client.with_kept_answers(Arc::clone(kept));
        }
        clients.insert(key, client.clone());
        Ok(client)
    }

    /// The organisations at which the Apps configured for a host are installed; none where there is no App.
    ///
    /// # Errors
    /// Where the host is not configured or the installations cannot be listed.
    pub async fn installed_organizations(
        &self,
        host: &str,
    ) -> Result<Option<Vec<String>>, GithubError> {
        let Some(client) = self.factory.apps_client(&self.endpoint(host)?)? else {
            return Ok(None);
        };
        let client = client.with_cancel(self.cancel.clone());
        // Kept among the others, under an owner that nobody has, so that its requests count.
        self.clients
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert((host.to_ascii_lowercase(), String::new()), client.clone());
        client.installed_organizations().await.map(Some)
    }

    fn endpoint(&self, host: &str) -> Result<Endpoint, GithubError> {
        let mut all = self.factory.endpoints().into_iter();
        let missing = || {
            let text = format!("there is no GitHub integration for {host}");
            GithubError::new(ErrorKind::Configuration, text)
                .with_hint("add it under integrations.github")
        };
        all.find(|e| e.host().eq_ignore_ascii_case(host))
            .ok_or_else(|| self.factory.problem(host).unwrap_or_else(missing))
    }

    /// Requests of this run so far and the points they cost.
    pub fn counts(&self) -> (RequestCounts, u64) {
        let clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let mut out = RequestCounts {
            graphql: 0,
            rest: self.plain.requests.load(Ordering::Relaxed),
            not_modified: self.plain.not_modified.load(Ordering::Relaxed),
        };
        let mut cost = 0;
        let mut seen: Vec<&Client> = Vec::new();
        for client in clients.values() {
            // A factory may hand out one client for several owners; its counters count once.
            if seen.iter().any(|other| other.is_same(client)) {
                continue;
            }
            seen.push(client);
            let counts = client.counts();
            out.graphql += counts.graphql;
            out.rest += counts.rest;
            out.not_modified += counts.not_modified;
            cost += counts.graphql_cost;
        }
        (out, cost)
    }

    /// The rate limit that is closest to its end.
    pub fn rate_limit(&self) -> Option<RateLimit> {
        let clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        clients
            .values()
            .filter_map(|c| c.rate_limits().tightest())
            .min_by_key(|l| l.remaining)
            .map(|l| RateLimit {
                remaining: l.remaining,
                reset_at: l.reset_at.to_string(),
            })
    }

    /// Stops every request.
    pub fn cancel(&self) -> &CancellationToken {
        &self.cancel
    }
}

fn host_of(endpoint: &Endpoint) -> GithubHost {
    GithubHost {
        host: endpoint.host().to_owned(),
        web_url: endpoint.web_url().as_str().trim_end_matches('/').to_owned(),
        raw_base_url: endpoint.raw_base_url().map(|u| u.as_str().to_owned()),
    }
}

impl From<&GithubError> for SyncError {
    fn from(error: &GithubError) -> Self {
        let kind = match error.kind() {
            ErrorKind::Cancelled => SyncErrorKind::Cancelled,
            ErrorKind::Unauthorized => SyncErrorKind::NotSignedIn,
            ErrorKind::MissingScopes { .. }
            | ErrorKind::SsoRequired { .. }
            | ErrorKind::Suspended
            | ErrorKind::NotInstalled
            | ErrorKind::Forbidden => SyncErrorKind::NotAllowed,
            ErrorKind::Offline => SyncErrorKind::Offline,
            ErrorKind::RateLimited { .. } => SyncErrorKind::RateLimited,
            _ => SyncErrorKind::Failed,
        };
        let out = Self::new(kind, error.to_string());
        match error.hint() {
            Some(hint) => out.with_hint(hint),
            None => out,
        }
    }
}

impl From<GithubError> for SyncError {
    fn from(error: GithubError) -> Self {
        Self::from(&error)
    }
}
