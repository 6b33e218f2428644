//! What the configuration, the environment and the state say of who reads: kept until it is asked for, on any thread.

use std::sync::Arc;

use super::context::Environment;
use super::{CliError, Context};
use crate::config::GithubIntegration;
use crate::github::{GithubError, Identities};
use crate::store::Paths;

/// All that naming a reader needs, kept until it is needed: making it reads keys and the state.
#[derive(Clone)]
pub struct Recipe {
    integrations: Vec<GithubIntegration>,
    paths: Paths,
    env: Environment,
}

impl Recipe {
    /// Of a context.
    ///
    /// # Errors
    /// A configuration that cannot be read; a user without a home.
    pub fn of(context: &Context) -> Result<Self, CliError> {
        let config = context.config()?;
        Ok(Self {
            integrations: config.github_integrations().to_vec(),
            paths: context.paths()?,
            env: context.environment(),
        })
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
}
