//! Services that reach nothing, for what must not: a dry run's writing half, a look ahead, tests.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::error::ActionError;
use super::services::{
    Answer, CatalogAccess, GithubWriters, Intent, Intents, Outside, Registered, Services, Sources,
};
use crate::config::ScaffolderConfig;
use crate::github::Client;
use crate::nunjucks::Options;

/// Every service, refusing; and intents that are forgotten, because nothing comes of them.
#[derive(Clone, Copy, Debug)]
pub struct Nothing;

impl Nothing {
    /// Services that reach nothing, with the configuration that is no configuration.
    pub fn services() -> Services {
        Services {
            sources: Arc::new(Self),
            github: Arc::new(Self),
            catalog: Arc::new(Self),
            config: Arc::new(ScaffolderConfig::default()),
            outside: Outside::default(),
            hosts: Options::default().hosts.into(),
        }
    }
}

fn refused<'a, T: 'a>() -> Answer<'a, T> {
    Box::pin(async {
        Err(ActionError::not_allowed(
            "this run does not leave this machine",
        ))
    })
}

impl Sources for Nothing {
    fn tree<'a>(&'a self, _: &'a str, _: Option<&'a str>, _: &'a Path) -> Answer<'a, ()> {
        refused()
    }

    fn file<'a>(&'a self, _: &'a str, _: Option<&'a str>) -> Answer<'a, Vec<u8>> {
        refused()
    }
}

impl GithubWriters for Nothing {
    fn client<'a>(&'a self, _: &'a str, _: &'a str, _: Option<&'a str>) -> Answer<'a, Client> {
        refused()
    }

    fn login<'a>(&'a self, _: &'a str) -> Answer<'a, String> {
        refused()
    }
}

impl CatalogAccess for Nothing {
    fn entity<'a>(&'a self, _: &'a str) -> Answer<'a, Option<Value>> {
        refused()
    }

    fn entities<'a>(&'a self, _: &'a [String]) -> Answer<'a, Vec<Option<Value>>> {
        refused()
    }

    fn register<'a>(&'a self, _: &'a str) -> Answer<'a, Registered> {
        refused()
    }
}

impl Intents for Nothing {
    fn begin(&self, _: &str, _: Value) -> Result<Intent, ActionError> {
        Ok(Intent::New)
    }

    fn done(&self, _: &str, _: Value) -> Result<(), ActionError> {
        Ok(())
    }
}
