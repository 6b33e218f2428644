//! What a dry run may reach: files by their URL, and the cached catalog. Nothing that writes.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::cli::catalog::Catalog;
use crate::cli::skeletons::Skeletons;
use crate::cli::sources::Recipe;
use crate::cli::{CliError, Context};
use crate::nunjucks::{HostKind, Options};
use crate::scaffolder::{
    ActionError, Answer, CatalogAccess, GithubWriters, Nothing, Registered, Services,
};
use crate::sync::access::Access;

/// The services of a dry run.
///
/// # Errors
/// A configuration that is of no use.
pub fn dry(context: &Context, cancel: CancellationToken) -> Result<Services, CliError> {
    let settings = context.config()?.settings().clone();
    let sync = Recipe::of(context)?
        .make()
        .map_err(|error| CliError::failed(error.to_string()))?;
    let access = Access::new(sync.clients, cancel);
    let writers: Arc<dyn GithubWriters> = Arc::new(Nothing);
    let hosts = hosts(&access);
    let skeletons = Skeletons::new(access, &settings, Arc::clone(&writers))
        .map_err(|error| CliError::failed(error.message))?;
    Ok(Services {
        sources: Arc::new(skeletons),
        github: writers,
        catalog: Arc::new(Cached::open(context)),
        config: Arc::new(settings.scaffolder),
        hosts: hosts.into(),
        ..Nothing::services()
    })
}

/// The hosts that expressions know: Backstage's own, and every configured GitHub.
pub fn hosts(access: &Access) -> Vec<(String, HostKind)> {
    let mut hosts = Options::default().hosts;
    for host in access.hosts() {
        if !hosts.iter().any(|(known, _)| *known == host.host) {
            hosts.push((host.host, HostKind::GitHub));
        }
    }
    hosts
}

/// The cached catalog, opened anew for each entity that is asked for: it is of one thread, and a run asks seldom.
struct Cached {
    /// Its folder, or why there is none.
    dir: Result<PathBuf, String>,
}

impl Cached {
    fn open(context: &Context) -> Self {
        let paths = context.paths();
        Self {
            dir: paths.map(|paths| paths.cache_dir).map_err(|e| e.message),
        }
    }

    fn read(&self, reference: &str) -> Result<Option<Value>, ActionError> {
        let dir = self
            .dir
            .as_ref()
            .map_err(|why| ActionError::not_found(why.as_str()))?;
        Catalog::at(dir)
            .and_then(
                |catalog| match catalog.snapshot().find(&reference.to_lowercase()) {
                    Some(id) => catalog.served(id),
                    None => Ok(None),
                },
            )
            .map_err(|error| ActionError::not_found(error.message))
    }
}

impl CatalogAccess for Cached {
    fn entity<'a>(&'a self, reference: &'a str) -> Answer<'a, Option<Value>> {
        Box::pin(async move { self.read(reference) })
    }

    fn entities<'a>(&'a self, references: &'a [String]) -> Answer<'a, Vec<Option<Value>>> {
        Box::pin(async move {
            references
                .iter()
                .map(|reference| self.read(reference))
                .collect()
        })
    }

    fn register<'a>(&'a self, url: &'a str) -> Answer<'a, Registered> {
        Nothing.register(url)
    }
}
