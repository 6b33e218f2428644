//! The cached catalog as commands read it: the snapshot for names, lists and relations, the database for an entity's
//! whole text. Never writes and never touches the network.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::{CliError, Context, Exit};
use crate::app::detail::Loaded;
use crate::app::who::Card;
use crate::catalog::{RowId, Snapshot};
use crate::runtime::{self, CardSources};
use crate::store::{self, Cache, Checked, OpenMode, StoreError};

/// An open catalog.
pub struct Catalog {
    snapshot: Arc<Snapshot>,
    cache: Cache,
}

impl Catalog {
    /// Opens the cache of the context's folder.
    ///
    /// # Errors
    /// [`Exit::Unavailable`] where nothing has been synced yet; else what the store says.
    pub fn open(context: &Context) -> Result<Self, CliError> {
        let dir = context.paths()?.cache_dir;
        let opened = Cache::open(&dir, OpenMode::ReadOnly)
            .map_err(|error| unavailable(error, &dir, context))?;
        let cache = opened.cache;
        let generation = cache.generation()?;
        let snapshot = match store::index::read(&dir).filter(|s| s.generation() == generation) {
            Some(snapshot) => snapshot,
            None => cache.snapshot()?,
        };
        tracing::debug!(folder = %dir.display(), generation, entities = snapshot.len(), "cache opened");
        if snapshot.is_empty() {
            let checked = Checked::read(&dir);
            if checked.newest().is_none() {
                return Err(nothing_cached(context, &checked));
            }
        }
        Ok(Self {
            snapshot: Arc::new(snapshot),
            cache,
        })
    }

    /// Opens the cache in a folder; an empty one is as good as any.
    ///
    /// # Errors
    /// What the store says.
    pub fn at(dir: &Path) -> Result<Self, CliError> {
        let cache = Cache::open(dir, OpenMode::ReadOnly)?.cache;
        let generation = cache.generation()?;
        let snapshot = match store::index::read(dir).filter(|s| s.generation() == generation) {
            Some(snapshot) => snapshot,
            None => cache.snapshot()?,
        };
        Ok(Self {
            snapshot: Arc::new(snapshot),
            cache,
        })
    }

    /// Names, lists and relations.
    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// The database, for what is not of an entity itself.
    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    /// Says on standard error why a list for people is empty.
    pub fn explain_nothing(&self, context: &Context) {
        context.note(if self.snapshot.is_empty() {
            "the catalog is empty: the configured sources give no entity"
        } else {
            "nothing matches"
        });
    }

    /// An entity as `GET /api/catalog/entities` serves it; none where it has gone since the snapshot was made.
    ///
    /// # Errors
    /// What the store says.
    pub fn served(&self, id: RowId) -> Result<Option<Value>, CliError> {
        Ok(self.load(id)?.map(|loaded| loaded.served))
    }

    /// The card of an entity as of a moment; none where it has gone or was never good.
    ///
    /// # Errors
    /// What the store says.
    pub fn card(
        &self,
        id: RowId,
        sources: &CardSources,
        now: Timestamp,
    ) -> Result<Option<Card>, CliError> {
        Ok(runtime::load_card(
            &self.cache,
            &self.snapshot,
            id,
            sources,
            now,
        )?)
    }

    /// An entity with its place and its problems, conflicts and dangling references included.
    ///
    /// # Errors
    /// What the store says.
    pub fn load(&self, id: RowId) -> Result<Option<Loaded>, CliError> {
        let entity_ref = self.snapshot.entity_ref(id);
        Ok(runtime::load_entity(
            &self.cache,
            &self.snapshot,
            entity_ref,
        )?)
    }
}

fn unavailable(error: StoreError, dir: &Path, context: &Context) -> CliError {
    match error {
        StoreError::NoCache { .. } => nothing_cached(context, &Checked::read(dir)),
        other => other.into(),
    }
}

/// Nothing has been synced yet, or nothing could be.
fn nothing_cached(context: &Context, checked: &Checked) -> CliError {
    let message = match checked.failures().next() {
        Some((source, why)) => {
            format!("there is nothing in the cache yet, and the last sync failed: {source}: {why}")
        }
        None => "there is nothing in the cache yet".to_owned(),
    };
    let error = CliError::new(Exit::Unavailable, message);
    if context.offline() {
        error.hint("run `callboard sync` once while there is a network")
    } else {
        error.hint("run `callboard sync`, or `callboard demo` for a sample organisation")
    }
}
