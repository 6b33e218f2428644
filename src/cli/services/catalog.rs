//! The catalog as a running task sees and changes it: the cache, and the locations registered on this machine.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::cli::catalog::Catalog;
use crate::cli::sources::Recipe;
use crate::config::{GithubProviderConfig, Settings};
use crate::scaffolder::{ActionError, ActionErrorKind, Answer, CatalogAccess, Registered};
use crate::store::{Cache, OpenMode, State, StoreError};
use crate::sync::glob::{PathGlob, is_glob};
use crate::sync::target::{GithubHost, GithubTarget};
use crate::sync::{self, SyncErrorKind, SyncOptions};

/// How long another process's sync is waited for.
const PATIENCE: Duration = Duration::from_secs(120);
const STEP: Duration = Duration::from_millis(250);

/// The cache of a context, and its state.
pub struct CachedCatalog {
    recipe: Recipe,
    settings: Settings,
    hosts: Vec<GithubHost>,
    cache_dir: PathBuf,
    state_dir: PathBuf,
    cancel: CancellationToken,
}

impl CachedCatalog {
    /// The catalog of a recipe, whose GitHubs are these.
    pub fn new(
        recipe: Recipe,
        settings: Settings,
        hosts: Vec<GithubHost>,
        cancel: CancellationToken,
    ) -> Self {
        let paths = recipe.paths().clone();
        Self {
            recipe,
            settings,
            hosts,
            cache_dir: paths.cache_dir,
            state_dir: paths.state_dir,
            cancel,
        }
    }

    /// Opened anew for each that is asked for: it is of one thread, and a task asks seldom.
    fn read(&self, references: &[String]) -> Result<Vec<Option<Value>>, ActionError> {
        let catalog = match Catalog::at(&self.cache_dir) {
            Ok(catalog) => catalog,
            Err(error) => return Err(ActionError::not_found(error.message)),
        };
        references
            .iter()
            .map(
                |reference| match catalog.snapshot().find(&reference.to_lowercase()) {
                    Some(id) => catalog
                        .served(id)
                        .map_err(|error| ActionError::new(ActionErrorKind::Storage, error.message)),
                    None => Ok(None),
                },
            )
            .collect()
    }

    async fn add(&self, url: &str) -> Result<Registered, ActionError> {
        let state = State::open(&self.state_dir).map_err(|error| storage(&error))?;
        let new = state
            .add_location("url", url, Timestamp::now().as_second())
            .map_err(|error| storage(&error))?;
        drop(state);
        let source = format!("url:{url}");
        self.sync(&source).await?;
        let (entities, problem) = self.entities_of(&source)?;
        let problem = match entities.is_empty() {
            true => Some(problem.unwrap_or_else(|| format!("{url} gives no entity"))),
            false => None,
        };
        Ok(Registered {
            entities,
            found_by_source: is_found(&self.settings, &self.hosts, url),
            known_before: !new,
            problem,
            share: shared_file(&self.settings, &self.hosts),
        })
    }

    /// Refreshes one source, once nobody else syncs.
    async fn sync(&self, source: &str) -> Result<(), ActionError> {
        let context = self.recipe.make().map_err(|error| sync_error(&error))?;
        let options = SyncOptions {
            sources: Some(BTreeSet::from([source.to_owned()])),
            ..SyncOptions::default()
        };
        let mut waited = Duration::ZERO;
        loop {
            let cancel = self.cancel.clone();
            match sync::run(&context, &options, |_| {}, cancel).await {
                Err(error) if error.kind == SyncErrorKind::Busy && waited < PATIENCE => {
                    waited += STEP;
                    tokio::select! {
                        () = tokio::time::sleep(STEP) => {}
                        () = self.cancel.cancelled() => return Err(ActionError::cancelled()),
                    }
                }
                Err(error) => return Err(sync_error(&error)),
                Ok(summary) => {
                    let unreachable = summary.failures.into_iter().find(|failure| {
                        matches!(
                            failure.kind,
                            SyncErrorKind::Cancelled | SyncErrorKind::Cache
                        )
                    });
                    return match unreachable {
                        Some(error) => Err(sync_error(&error)),
                        None => Ok(()),
                    };
                }
            }
        }
    }

    /// The entities that a source gave, in the order of its files, and the first thing that is wrong with them.
    fn entities_of(&self, source: &str) -> Result<(Vec<String>, Option<String>), ActionError> {
        let cache = Cache::open(&self.cache_dir, OpenMode::ReadOnly)
            .map_err(|error| storage(&error))?
            .cache;
        let mut entities = Vec::new();
        let mut problem = None;
        for unit in cache.units(source).map_err(|error| storage(&error))? {
            let files = cache.unit_files(source, &unit.unit);
            for file in files.map_err(|error| storage(&error))?.unwrap_or_default() {
                entities.extend(file.entities.into_iter().map(|entity| entity.entity_ref));
                problem = problem.or_else(|| file.problems.first().map(|p| p.message.clone()));
            }
        }
        Ok((entities, problem))
    }
}

impl CatalogAccess for CachedCatalog {
    fn entity<'a>(&'a self, reference: &'a str) -> Answer<'a, Option<Value>> {
        Box::pin(async move {
            let mut found = self.read(&[reference.to_owned()])?;
            Ok(found.pop().flatten())
        })
    }

    fn entities<'a>(&'a self, references: &'a [String]) -> Answer<'a, Vec<Option<Value>>> {
        Box::pin(async move { self.read(references) })
    }

    fn register<'a>(&'a self, url: &'a str) -> Answer<'a, Registered> {
        Box::pin(self.add(url))
    }
}

/// Whether a configured provider or location finds what is at a URL. Of what cannot be seen from here, such as a
/// repository's topics, the best is assumed.
fn is_found(settings: &Settings, hosts: &[GithubHost], url: &str) -> bool {
    let Ok(target) = GithubTarget::parse(url, hosts) else {
        return settings
            .locations
            .iter()
            .any(|location| location.target == url);
    };
    let same = |location: &crate::config::LocationConfig| {
        GithubTarget::parse(&location.target, hosts).is_ok_and(|known| {
            known.host.eq_ignore_ascii_case(&target.host)
                && known.owner.eq_ignore_ascii_case(&target.owner)
                && known.repo.eq_ignore_ascii_case(&target.repo)
                && known.branch_and_path() == target.branch_and_path()
        })
    };
    settings.locations.iter().any(same)
        || settings
            .github_providers
            .iter()
            .any(|provider| discovers(provider, &target))
}

fn discovers(provider: &GithubProviderConfig, target: &GithubTarget) -> bool {
    let filters = &provider.filters;
    let named = filters
        .repository
        .as_ref()
        .is_none_or(|pattern| pattern.matches(&target.repo));
    let wanted = provider.catalog_path.trim_start_matches('/');
    provider.host.eq_ignore_ascii_case(&target.host)
        && provider.organization.eq_ignore_ascii_case(&target.owner)
        && named
        && target.candidates().any(|(branch, path)| {
            let path = path.trim_start_matches('/');
            let at = match is_glob(wanted) {
                true => PathGlob::new(wanted).is_ok_and(|glob| glob.matches(path)),
                false => wanted == path,
            };
            at && filters.branch.as_ref().is_none_or(|known| *known == branch)
        })
}

/// The file of locations that everybody reads, to be edited by a pull request; none where none is configured.
fn shared_file(settings: &Settings, hosts: &[GithubHost]) -> Option<String> {
    settings.locations.iter().find_map(|location| {
        let target = GithubTarget::parse(&location.target, hosts).ok()?;
        (location.location_type == "url" && !target.is_glob()).then(|| {
            location
                .target
                .replacen("/blob/", "/edit/", 1)
                .replacen("/tree/", "/edit/", 1)
        })
    })
}

fn storage(error: &StoreError) -> ActionError {
    ActionError::new(ActionErrorKind::Storage, error.to_string()).hint(error.hint())
}

fn sync_error(error: &sync::SyncError) -> ActionError {
    let kind = match error.kind {
        SyncErrorKind::Cancelled => ActionErrorKind::Cancelled,
        SyncErrorKind::Cache => ActionErrorKind::Storage,
        SyncErrorKind::Busy => ActionErrorKind::Conflict,
        _ => ActionErrorKind::Network,
    };
    let found = ActionError::new(kind, error.message.clone());
    match &error.hint {
        Some(hint) => found.hint(hint.clone()),
        None => found,
    }
}
