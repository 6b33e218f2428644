//! What a sync works with, out of the configuration: the sources, the registered locations, and who reads.

use std::sync::Arc;
use std::sync::mpsc::channel;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio_util::sync::CancellationToken;

use super::context::Environment;
use super::{CliError, Context};
use crate::app::SyncProgress;
use crate::catalog::oncall::PagerDutyKey;
use crate::config::{ConfigProblem, GithubIntegration, Settings};
use crate::github::{self, Client, Endpoint, GithubError, Identities};
use crate::oncall::{self, Account, OnCallError, Refreshed};
use crate::runtime::SyncPlan;
use crate::store::{Cache, OpenMode, Paths, State, StoreError};
use crate::sync::{
    self, ClientFactory, Registered, SyncContext, SyncError, SyncErrorKind, SyncIssue, SyncOptions,
    SyncSummary,
};

/// Clients with the identities of the configuration, the stored sign-in, the environment and `gh`.
struct Clients(Identities);

impl ClientFactory for Clients {
    fn endpoints(&self) -> Vec<Endpoint> {
        self.0.endpoints()
    }

    fn problem(&self, host: &str) -> Option<GithubError> {
        self.0.problem(host).cloned()
    }

    fn client(&self, endpoint: &Endpoint, owner: &str) -> Result<Client, GithubError> {
        self.0
            .client(endpoint.host(), owner, github::Settings::default())
    }

    fn apps_client(&self, endpoint: &Endpoint) -> Result<Option<Client>, GithubError> {
        self.0
            .apps_client(endpoint.host(), github::Settings::default())
    }
}

/// All that a sync needs, kept until it is needed: making it reads keys and the state.
#[derive(Clone)]
pub struct Recipe {
    settings: Arc<Settings>,
    errors: Vec<ConfigProblem>,
    integrations: Vec<GithubIntegration>,
    paths: Paths,
    env: Environment,
    accounts: Vec<Account>,
    offline: bool,
}

impl Recipe {
    /// Of a context.
    ///
    /// # Errors
    /// A configuration that cannot be read; a user without a home.
    pub fn of(context: &Context) -> Result<Self, CliError> {
        let config = context.config()?;
        Ok(Self {
            settings: Arc::new(config.settings().clone()),
            errors: config.catalog_errors().cloned().collect(),
            integrations: config.github_integrations().to_vec(),
            paths: context.paths()?,
            env: context.environment(),
            offline: context.offline(),
            accounts: oncall::accounts(&config.settings().pager_duty, &|name| {
                context.env_text(name)
            }),
        })
    }

    /// The folders in use.
    pub fn paths(&self) -> &Paths {
        &self.paths
    }

    /// Who reads and writes.
    ///
    /// # Errors
    /// An integration that is of no use.
    pub fn identities(&self) -> Result<Identities, GithubError> {
        let env = Arc::clone(&self.env);
        Identities::new(&self.integrations, &self.paths.state_dir, move |name| {
            env(name)
                .and_then(|value| value.into_string().ok())
                .filter(|value| !value.is_empty())
        })
    }

    /// The signed-in person's login, where this machine knows it without asking anybody.
    pub fn login(&self) -> Option<String> {
        let identities = self.identities().ok()?;
        self.integrations
            .iter()
            .find_map(|integration| identities.store().get(&integration.host).ok().flatten())
            .map(|login| login.login)
    }

    /// What a sync works with.
    ///
    /// # Errors
    /// An integration that is of no use, a state that cannot be read.
    pub fn make(&self) -> Result<SyncContext, SyncError> {
        let unusable = |error: GithubError| {
            let hint = error.hint().map(str::to_owned);
            let failure = SyncError::new(SyncErrorKind::Failed, error.to_string());
            match hint {
                Some(hint) => failure.with_hint(hint),
                None => failure,
            }
        };
        Ok(SyncContext {
            settings: Arc::clone(&self.settings),
            config_errors: self.errors.clone(),
            registered: self.registered()?,
            cache_dir: self.paths.cache_dir.clone(),
            clients: Arc::new(Clients(self.identities().map_err(unusable)?)),
            offline: self.offline,
        })
    }

    /// Asks the configured PagerDuty accounts, if any, who is on call for what the cache names, and adds what failed to
    /// the summary. With `only`, for that entity alone.
    ///
    /// Who is on call is as much of what a sync brings as entities are: an account that fails is a source that failed,
    /// and a service that an annotation names and nobody has is an error like that of a file.
    pub async fn refresh_on_call(
        &self,
        summary: &mut SyncSummary,
        only: Option<&str>,
        cancel: &CancellationToken,
    ) {
        if self.accounts.is_empty() || self.offline || cancel.is_cancelled() {
            return;
        }
        let failures = match self.ask_who_is_on_call(only, cancel).await {
            Ok(refreshed) => refreshed.failures,
            Err(error) => {
                let failure = SyncError::from(error);
                let issue = SyncIssue::new("on call", &failure.message);
                summary.errors.push(issue);
                summary.failures.push(failure);
                return;
            }
        };
        for (what, error) in failures {
            // With no network at all PagerDuty is no news.
            let is_offline = matches!(error, OnCallError::Unreachable { .. })
                && !summary.failures.is_empty()
                && (summary.failures.iter()).all(|f| f.kind == SyncErrorKind::Offline);
            let kind = match is_offline {
                true => SyncErrorKind::Offline,
                false => SyncErrorKind::Failed,
            };
            let failure = SyncError::new(kind, format!("{what}: {error}"));
            summary.errors.push(SyncIssue::new(what, error.to_string()));
            if error.is_about_an_annotation() {
                continue;
            }
            summary.failures.push(match error.hint() {
                Some(hint) => failure.with_hint(hint),
                None => failure,
            });
        }
    }

    async fn ask_who_is_on_call(
        &self,
        only: Option<&str>,
        cancel: &CancellationToken,
    ) -> Result<Refreshed, StoreError> {
        let mut cache = Cache::open(&self.paths.cache_dir, OpenMode::ReadWrite)?.cache;
        let keys = match only {
            Some(entity_ref) => cache
                .entity(entity_ref)?
                .and_then(|stored| PagerDutyKey::of(&stored.record.entity))
                .into_iter()
                .collect(),
            None => oncall::in_use(&cache)?,
        };
        let now = Timestamp::now();
        oncall::refresh(
            &mut cache,
            &self.accounts,
            &keys,
            only.is_none(),
            now,
            cancel,
        )
        .await
    }

    fn registered(&self) -> Result<Vec<Registered>, SyncError> {
        // A state that does not exist is not made by reading it.
        if !self.paths.state_dir.exists() {
            return Ok(Vec::new());
        }
        let locations = State::open(&self.paths.state_dir)?.locations()?;
        Ok(sync::registered(&locations))
    }

    /// Whether there is anything to sync.
    fn has_sources(&self) -> bool {
        !self.settings.locations.is_empty()
            || !self.settings.github_providers.is_empty()
            || !self.settings.github_org_providers.is_empty()
            || self.registered().is_ok_and(|known| !known.is_empty())
    }
}

/// How the interface refreshes the cache; none where no source is configured.
///
/// # Errors
/// As [`Recipe::of`].
pub fn plan(context: &Context) -> Result<Option<SyncPlan>, CliError> {
    let recipe = Recipe::of(context)?;
    if !recipe.has_sources() {
        return Ok(None);
    }
    let for_due = recipe.clone();
    Ok(Some(SyncPlan {
        run: Arc::new(move |options, progress, cancel| run(&recipe, options, progress, cancel)),
        due: Arc::new(move |now| {
            let context = for_due.make().ok();
            context
                .and_then(|context| sync::due(&context, now, &TimeZone::system()).ok())
                .unwrap_or_default()
        }),
        auto: context.config()?.callboard().sync_auto,
    }))
}

/// Runs a sync on a thread of its own and hands its progress over on this one.
fn run(
    recipe: &Recipe,
    options: SyncOptions,
    progress: &dyn Fn(SyncProgress),
    cancel: CancellationToken,
) -> Result<SyncSummary, SyncError> {
    let context = recipe.make()?;
    let (tell, told) = channel();
    let system = |error: std::io::Error| {
        SyncError::new(SyncErrorKind::Failed, format!("no runtime: {error}"))
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(system)?;
    std::thread::scope(|scope| {
        let running = scope.spawn(move || {
            let tell = move |now: sync::Progress| {
                // Nobody listens any more only where the interface has ended.
                let _ = tell.send(SyncProgress {
                    what: now.source,
                    done: now.repositories,
                    total: now.repositories_total,
                });
            };
            runtime.block_on(async {
                let mut summary = sync::run(&context, &options, tell, cancel.clone()).await?;
                let only = options.only.as_ref().map(ToString::to_string);
                recipe
                    .refresh_on_call(&mut summary, only.as_deref(), &cancel)
                    .await;
                Ok(summary)
            })
        });
        for now in told {
            progress(now);
        }
        running.join().unwrap_or_else(|_| {
            Err(SyncError::new(
                SyncErrorKind::Failed,
                "the sync broke off; this is a bug in callboard",
            ))
        })
    })
}
