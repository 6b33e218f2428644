//! The card of an entity out of the cache, for the screen and for `callboard who`, so that both say the same.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::load::load_entity;
use super::work::{failed, store_error};
use crate::app::JobError;
use crate::app::who::{ArgoCd, Card, Ingredients, OnCall};
use crate::catalog::oncall::PagerDutyKey;
use crate::catalog::{RowId, Snapshot};
use crate::oncall::{self, Account, Rota};
use crate::store::{Cache, Docs, OpenMode, StoreError};
use crate::sync::github_discovery::last_push;
use crate::techdocs::{self, Runbook, RunbookRules};

/// Where a card's facts come from, beside the cache.
#[derive(Clone, Debug, Default)]
pub struct CardSources {
    /// The PagerDuty accounts of the configuration.
    pub accounts: Vec<Account>,
    /// The rota file, where one is configured.
    pub rota: Option<PathBuf>,
    /// The Argo CDs of the configuration.
    pub argo_cds: Vec<ArgoCd>,
    /// By what runbooks are known.
    pub runbook_rules: RunbookRules,
}

/// How far up the owner's groups a rota is looked for.
const FURTHEST: usize = 8;

/// The card of a row as of a moment; none where the cache does not have the entity any more, or has only a document that
/// was never good.
///
/// # Errors
/// What the store says.
pub fn load_card(
    cache: &Cache,
    snapshot: &Snapshot,
    id: RowId,
    sources: &CardSources,
    now: Timestamp,
) -> Result<Option<Card>, StoreError> {
    let entity_ref = snapshot.entity_ref(id);
    let Some(stored) = cache.entity(entity_ref)? else {
        return Ok(None);
    };
    let entity = &stored.record.entity;
    let docs = cache.docs(entity_ref)?;
    let runbooks = runbooks_of(cache, entity, docs.as_ref(), &sources.runbook_rules)?;
    let ingredients = Ingredients {
        on_call: on_call(cache, snapshot, id, entity, sources, now)?,
        runbooks,
        argo_cds: sources.argo_cds.clone(),
        last_push: cache
            .unit_state(&stored.source, &stored.unit)?
            .and_then(|state| last_push(&state)),
    };
    let mut failure = None;
    let card = Card::build(snapshot, id, ingredients, &mut |wanted| {
        load_entity(cache, snapshot, wanted).unwrap_or_else(|error| {
            failure = Some(error);
            None
        })
    });
    match failure {
        Some(error) => Err(error),
        None => Ok(card),
    }
}

/// PagerDuty where the entity names a service, else the rota file for the entity or its owners.
fn on_call(
    cache: &Cache,
    snapshot: &Snapshot,
    id: RowId,
    entity: &Value,
    sources: &CardSources,
    now: Timestamp,
) -> Result<OnCall, StoreError> {
    let mut known = OnCall::default();
    if let Some(key) = PagerDutyKey::of(entity) {
        let found = oncall::look_up(cache, &key)?;
        known = OnCall {
            configured: !sources.accounts.is_empty() || found.schedule.is_some(),
            schedule: found.schedule,
            failure: found.failure,
            askable: !sources.accounts.is_empty(),
        };
    }
    if known.schedule.is_some() {
        return Ok(known);
    }
    let Some(file) = &sources.rota else {
        return Ok(known);
    };
    match Rota::read(file) {
        Ok(rota) => {
            let refs = responsible(snapshot, id);
            if let Some(schedule) = rota.schedule(&refs, now) {
                known = OnCall {
                    configured: true,
                    schedule: Some(schedule),
                    failure: known.failure,
                    askable: known.askable,
                };
            }
        }
        Err(error) => {
            known.configured = true;
            known.failure = Some(format!("rota: {error}"));
        }
    }
    Ok(known)
}

/// Asks the service that an entity names who is on call, and keeps the answer, or why there is none.
pub(super) fn refresh_on_call(
    cache_dir: &Path,
    accounts: &[Account],
    entity_ref: &str,
    cancel: &CancellationToken,
) -> Result<(), JobError> {
    let mut cache = Cache::open(cache_dir, OpenMode::ReadWrite)
        .map_err(store_error)?
        .cache;
    let stored = cache.entity(entity_ref).map_err(store_error)?;
    let key = stored.and_then(|stored| PagerDutyKey::of(&stored.record.entity));
    let Some(key) = key.filter(|_| !accounts.is_empty()) else {
        return Ok(());
    };
    let keys = BTreeSet::from([key]);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| failed(format!("no runtime: {error}"), None))?;
    let now = Timestamp::now();
    runtime
        .block_on(oncall::refresh(
            &mut cache, accounts, &keys, false, now, cancel,
        ))
        .map_err(store_error)?;
    Ok(())
}

/// The entity, its owner, and the owner's parents, nearest first.
fn responsible(snapshot: &Snapshot, id: RowId) -> Vec<&str> {
    let mut refs = vec![snapshot.entity_ref(id)];
    let owner = snapshot.row(id).owner;
    if !owner.is_empty() {
        refs.push(owner);
    }
    let mut current = snapshot.find(owner);
    for _ in 0..FURTHEST {
        let Some(group) = current else { break };
        let parent = snapshot
            .relations(group)
            .find(|relation| relation.relation == "childOf");
        let Some(parent) = parent else { break };
        refs.push(parent.target_ref);
        current = parent.target;
    }
    refs
}

/// An entity's runbooks, the best first: pages and fetched addresses that can be read here, then other addresses.
///
/// # Errors
/// What the store says.
pub fn runbooks_of(
    cache: &Cache,
    entity: &Value,
    docs: Option<&Docs>,
    rules: &RunbookRules,
) -> Result<Vec<Runbook>, StoreError> {
    // A page that could not be kept is no runbook to read.
    let site = docs.map(|docs| {
        let mut site = docs.site.clone();
        site.pages.retain(|page| page.skipped.is_none());
        site
    });
    let mut failure = None;
    let found = techdocs::runbooks(entity, site.as_ref(), rules, |address| {
        match cache.doc_fetched(address) {
            Ok(page) => page.map(|page| page.title),
            Err(error) => {
                failure.get_or_insert(error);
                None
            }
        }
    });
    failure.map_or(Ok(found), Err)
}
