//! What a running task may reach: files by their URL, GitHub with a person's rights, the catalog, other servers.

mod catalog;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::create;
use super::skeletons::Skeletons;
use super::sources::Recipe;
use super::{CliError, Context};
use crate::github;
use crate::scaffolder::services::Outside;
use crate::scaffolder::writers::{Handles, Writers};
use crate::scaffolder::{GithubWriters, Services};
use crate::sync::access::Access;

use catalog::CachedCatalog;

/// The services of a context's task, which end what they do where `cancel` is cancelled.
///
/// # Errors
/// A configuration that is of no use.
pub fn of(context: &Context, cancel: &CancellationToken) -> Result<Services, CliError> {
    let failed = |message: String| CliError::failed(message);
    let settings = context.config()?.settings().clone();
    let recipe = Recipe::of(context)?;
    let sync = recipe.make().map_err(|error| failed(error.to_string()))?;
    let identities = recipe
        .identities()
        .map_err(|error| failed(error.to_string()))?;
    let access = Access::new(sync.clients, cancel.clone());
    let writers: Arc<dyn GithubWriters> = Arc::new(Writers::new(
        Arc::new(identities),
        settings.scaffolder.identity,
        github::Settings::default(),
        Handles::default(),
    ));
    let github_hosts = access.hosts();
    let hosts = create::services::hosts(&access);
    let skeletons = Skeletons::new(access, &settings, Arc::clone(&writers))
        .map_err(|error| failed(error.message))?;
    Ok(Services {
        sources: Arc::new(skeletons),
        github: writers,
        outside: Outside {
            argocd: settings.argocd_instances.clone().into(),
            backend_base_url: settings.backend_base_url.clone(),
            ..Outside::default()
        },
        config: Arc::new(settings.scaffolder.clone()),
        hosts: hosts.into(),
        catalog: Arc::new(CachedCatalog::new(
            recipe,
            settings,
            github_hosts,
            cancel.clone(),
        )),
    })
}
