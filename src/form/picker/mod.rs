//! Backstage's own fields: their options read, their values in exactly the form Backstage stores.
//!
//! Nothing here knows where entities, groups or repositories come from: a screen asks a picker which it wants, and hands
//! it the facts.

mod entity;
mod filter;
mod repo;
mod tags;

pub use entity::{Candidate, EntityPicker, EntitySource};
pub use filter::{EntityFilter, FilterValue};
pub use repo::{RepoPart, RepoPicker, RepoUrl};
pub use tags::{FacetPicker, TagsPicker, valid_entity_name, valid_tag};

use serde_json::Value;

use super::hints::Hints;

/// `ui:options.requestUserCredentials`: the field wants the person's own token among the secrets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UserCredentials {
    /// The name of the secret.
    pub secrets_key: String,
    /// Scopes that GitHub is asked for beside writing repositories.
    pub github_scopes: Vec<String>,
}

impl UserCredentials {
    pub(super) fn read(hints: &Hints) -> Option<Self> {
        let asked = hints.get("requestUserCredentials")?;
        let secrets_key = asked.get("secretsKey")?.as_str()?.to_owned();
        let scopes = asked
            .get("additionalScopes")
            .and_then(|scopes| scopes.get("github"))
            .and_then(Value::as_array);
        Some(Self {
            secrets_key,
            github_scopes: scopes
                .into_iter()
                .flatten()
                .filter_map(|scope| scope.as_str().map(str::to_owned))
                .collect(),
        })
    }
}
