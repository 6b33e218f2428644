//! What each job does, on its lane's thread.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use super::card::{CardSources, load_card};
use super::docs::{self, Docs};
use super::jobs::{Handle, Lane, Worker, Workers};
use super::launch::SyncPlan;
use super::load::load_entity;
use super::syncing;
use crate::app::complete;
use crate::app::detail::Detail;
use crate::app::docs::Place;
use crate::app::facets::Facets;
use crate::app::impact::Contacts;
use crate::app::outline::{Carried, Outline};
use crate::app::who::Reached;
use crate::app::{
    CacheUpdate, Condition, Job, JobError, JobErrorKind, Matches, Output, SearchRequest,
    TreeFilterRequest,
};
use crate::catalog::Snapshot;
use crate::search::{Query, SearchContext, Searcher, owners_of};
use crate::store::{Cache, Checked, OpenMode, Paths, State, StoreError};

/// What the lanes share.
pub(super) struct Services {
    pub(super) paths: Paths,
    pub(super) offline: bool,
    pub(super) sync: Option<SyncPlan>,
    pub(super) user: Arc<dyn Fn() -> Option<String> + Send + Sync>,
    pub(super) card_sources: CardSources,
    /// The newest snapshot: relations are computed, not stored.
    pub(super) snapshot: Mutex<Arc<Snapshot>>,
}

impl Services {
    pub(super) fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn set_snapshot(&self, snapshot: Arc<Snapshot>) {
        *self.snapshot.lock().unwrap_or_else(PoisonError::into_inner) = snapshot;
    }

    /// What the last checks of the sources, of whatever process, leave the data in.
    fn condition(&self, checked: &Checked) -> Condition {
        if self.offline {
            return Condition::Offline;
        }
        if self.sync.is_none() {
            return Condition::NoSources;
        }
        let failed: Vec<String> = checked
            .failures()
            .map(|(source, reason)| format!("{source}: {reason}"))
            .collect();
        match failed.is_empty() {
            true => Condition::Ready,
            false => Condition::SourcesFailed(failed),
        }
    }

    /// The condition after a sync that may be another process's. A failure is none where `shown` says already, and
    /// better, what stands in the way.
    pub(super) fn condition_now(&self, checked: &Checked, shown: &Condition) -> Option<Condition> {
        let now = self.condition(checked);
        let known = matches!(now, Condition::SourcesFailed(_))
            && !matches!(
                shown,
                Condition::Ready | Condition::Failed(_) | Condition::SourcesFailed(_)
            );
        (!known).then_some(now)
    }

    /// Those of an interface with a source.
    #[cfg(test)]
    pub(super) fn with_a_source(offline: bool) -> Self {
        let at = std::path::PathBuf::from("/nonexistent");
        Self {
            paths: Paths {
                cache_dir: at.clone(),
                state_dir: at,
            },
            offline,
            sync: Some(SyncPlan {
                run: Arc::new(|_, _, _| Ok(crate::sync::SyncSummary::default())),
                due: Arc::new(|_| crate::sync::Due::default()),
                auto: false,
            }),
            user: Arc::new(|| None),
            card_sources: CardSources::default(),
            snapshot: Mutex::default(),
        }
    }
}

/// The worker of every lane.
pub(super) fn workers(services: Arc<Services>) -> Workers {
    Arc::new(move |lane| -> Worker {
        let services = Arc::clone(&services);
        match lane {
            Lane::Search => {
                let mut search = Search::default();
                Box::new(move |job, handle| search.run(job, handle))
            }
            Lane::Tree => Box::new(tree),
            Lane::Docs => {
                let mut docs = Docs::new(services);
                Box::new(move |job, handle| docs.run(job, handle))
            }
            Lane::Store => {
                let mut store = Store {
                    services,
                    cache: None,
                    state: None,
                };
                Box::new(move |job, handle| store.run(job, handle))
            }
            Lane::Sync => Box::new(move |job, handle| syncing::sync(&services, job, handle)),
            Lane::OnCall => Box::new(move |job, handle| refresh_on_call(&services, job, handle)),
        }
    })
}

/// The name that places in pages are saved under.
const PLACES: &str = "docs.places";

pub(super) type Done = Result<Option<String>, JobError>;

pub(super) fn failed(message: impl Into<String>, hint: Option<String>) -> JobError {
    JobError {
        kind: JobErrorKind::Failed,
        message: message.into(),
        hint,
    }
}

pub(super) fn store_error(error: StoreError) -> JobError {
    let hint = error.hint();
    failed(
        error.to_string(),
        (!hint.is_empty()).then(|| hint.to_owned()),
    )
}

/// The search lane: keeps the searcher of the last snapshot.
#[derive(Default)]
struct Search {
    searcher: Option<(Arc<Snapshot>, Searcher)>,
}

impl Search {
    fn run(&mut self, job: Job, handle: &Handle) -> Done {
        let Job::Search(SearchRequest {
            snapshot,
            query,
            starred,
            me,
            recent,
        }) = job
        else {
            return Ok(None);
        };
        let kept = self
            .searcher
            .take()
            .filter(|(kept, _)| Arc::ptr_eq(kept, &snapshot));
        let (_, searcher) = self.searcher.insert(
            kept.unwrap_or_else(|| (Arc::clone(&snapshot), Searcher::new(Arc::clone(&snapshot)))),
        );
        let query = Query::parse(&query);
        let context = SearchContext {
            me: &me,
            starred: &starred,
            recent: &recent,
        };
        let cancelled = || handle.cancelled();
        let Some(found) = searcher.run(&query, &context, &cancelled) else {
            return Ok(None);
        };
        let nearest = if found.ids.is_empty() && !snapshot.is_empty() {
            searcher.nearest(&query, &cancelled).map(ToOwned::to_owned)
        } else {
            None
        };
        handle.output(Output::Matches(Matches {
            ids: found.ids,
            problems: query.problems().iter().map(ToString::to_string).collect(),
            nearest,
        }));
        Ok(None)
    }
}

/// The tree lane: trees are made for a snapshot and kept by the interface.
fn tree(job: Job, handle: &Handle) -> Done {
    match job {
        Job::Tree {
            snapshot,
            kind,
            made,
            older,
        } => {
            let outline = made.unwrap_or_else(|| Arc::new(Outline::build(snapshot, kind)));
            let carried = older.map(|older| Carried::between(older, &outline));
            handle.output(Output::Tree(outline, carried));
        }
        Job::FilterTree(TreeFilterRequest {
            outline,
            line,
            starred,
            me,
        }) => {
            let context = SearchContext {
                me: &me,
                starred: &starred,
                recent: &[],
            };
            if let Some(found) = outline.matches(&line, &context, &|| handle.cancelled()) {
                handle.output(Output::TreeMatches(found));
            }
        }
        Job::References { snapshot, typed } => {
            let cancelled = || handle.cancelled();
            if let Some(offers) = complete::references(&snapshot, &typed, &cancelled) {
                handle.output(Output::References(offers));
            }
        }
        Job::FilterDocs { all, line } => {
            handle.output(Output::DocMatches(docs::fitting(&all, &line)));
        }
        _ => {}
    }
    Ok(None)
}

/// The store lane: keeps both databases open.
struct Store {
    services: Arc<Services>,
    cache: Option<Cache>,
    state: Option<State>,
}

impl Store {
    fn run(&mut self, job: Job, handle: &Handle) -> Done {
        match job {
            Job::OpenCache { generation } => self.open(generation, handle),
            Job::Facets(snapshot) => {
                handle.output(Output::Facets(Arc::new(Facets::build(&snapshot))));
                Ok(None)
            }
            Job::LoadEntity { entity_ref } => self.load(&entity_ref, handle),
            Job::SetStar {
                entity_ref,
                starred,
            } => {
                let now = Timestamp::now().as_second();
                self.state()?
                    .set_star(&entity_ref, starred, now)
                    .map_err(store_error)?;
                handle.output(Output::Starred {
                    entity_ref,
                    starred,
                });
                Ok(None)
            }
            Job::RememberVisit { entity_ref } => {
                let now = Timestamp::now().as_second();
                let state = self.state()?;
                let first = state
                    .visit(&entity_ref, now)
                    .and_then(|()| state.first())
                    .map_err(store_error)?;
                handle.output(Output::Recent(first.recent));
                Ok(None)
            }
            Job::Contacts { owners } => self.contacts(&owners, handle),
            Job::RememberPlaces { places } => {
                let value = serde_json::json!(places);
                let state = self.state()?;
                state
                    .set_session(PLACES, Some(&value))
                    .map_err(store_error)?;
                Ok(None)
            }
            // Those of the other lanes.
            _ => Ok(None),
        }
    }

    fn state(&mut self) -> Result<&State, JobError> {
        let state = match self.state.take() {
            Some(state) => state,
            None => State::open(&self.services.paths.state_dir).map_err(store_error)?,
        };
        Ok(self.state.insert(state))
    }

    /// The cache; none where nothing was ever synced.
    fn cache(&mut self) -> Result<Option<&Cache>, JobError> {
        if self.cache.is_none() {
            self.cache = match Cache::open(&self.services.paths.cache_dir, OpenMode::ReadOnly) {
                Ok(opened) => Some(opened.cache),
                Err(StoreError::NoCache { .. }) => None,
                Err(error) => return Err(store_error(error)),
            };
        }
        Ok(self.cache.as_ref())
    }

    fn open(&mut self, generation: u64, handle: &Handle) -> Done {
        let mut update = CacheUpdate::default();
        let mut problem = None;
        match Cache::open(&self.services.paths.cache_dir, OpenMode::ReadOnly) {
            Ok(opened) => {
                update.read_only = Some(opened.shared);
                update.notice = opened.notice;
                let current = opened.cache.generation().map_err(store_error)?;
                if current != generation {
                    let snapshot = Arc::new(opened.cache.snapshot().map_err(store_error)?);
                    self.services.set_snapshot(Arc::clone(&snapshot));
                    update.snapshot = Some(snapshot);
                }
                self.cache = Some(opened.cache);
            }
            // What the index has is still shown; the next sync builds the database anew.
            Err(StoreError::NoCache { .. }) => {}
            Err(error) => problem = Some(store_error(error)),
        }
        let checked = Checked::read(&self.services.paths.cache_dir);
        update.synced_at = synced_at(&checked);
        update.condition = Some(self.services.condition(&checked));
        match self
            .state()
            .and_then(|state| state.first().map_err(store_error))
        {
            Ok(first) => {
                update.starred = Some(first.starred);
                update.recent = Some(first.recent);
            }
            Err(error) => problem = problem.or(Some(error)),
        }
        update.places = self.places();
        update.me = self.me();
        handle.output(Output::Cache(Box::new(update)));
        problem.map_or(Ok(None), Err)
    }

    /// Where one was in pages of documentation; none where that was never written down or cannot be read.
    fn places(&mut self) -> Option<Vec<Place>> {
        let value = self.state().ok()?.session(PLACES).ok()??;
        serde_json::from_value(value).ok()
    }

    /// The signed-in person and their groups, as the newest snapshot has them.
    fn me(&self) -> Option<Vec<String>> {
        let user = (self.services.user)()?;
        Some(owners_of(&self.services.snapshot(), &user))
    }

    /// How each of these owners is reached, as far as the cache knows.
    fn contacts(&mut self, owners: &[String], handle: &Handle) -> Done {
        let snapshot = self.services.snapshot();
        let Some(cache) = self.cache()? else {
            return Ok(None);
        };
        let mut found = Contacts::new();
        let mut failure = None;
        for owner in owners {
            if handle.cancelled() {
                return Ok(None);
            }
            let mut load = |wanted: &str| match load_entity(cache, &snapshot, wanted) {
                Ok(loaded) => loaded,
                Err(error) => {
                    failure = Some(error);
                    None
                }
            };
            found.insert(owner.clone(), Reached::of(&snapshot, owner, &mut load));
            if let Some(error) = failure {
                return Err(store_error(error));
            }
        }
        handle.output(Output::Contacts(found));
        Ok(None)
    }

    fn load(&mut self, entity_ref: &str, handle: &Handle) -> Done {
        let services = Arc::clone(&self.services);
        let sources = &services.card_sources;
        let snapshot = services.snapshot();
        let Some(cache) = self.cache()? else {
            handle.output(Output::Entity {
                detail: None,
                card: None,
            });
            return Ok(None);
        };
        let mut error = None;
        let mut load = |wanted: &str| match load_entity(cache, &snapshot, wanted) {
            Ok(loaded) => loaded,
            Err(failure) => {
                error = error.take().or(Some(failure));
                None
            }
        };
        let detail = Detail::build(entity_ref, &mut load);
        if let Some(error) = error {
            return Err(store_error(error));
        }
        let card = match snapshot.find(entity_ref) {
            Some(id) if detail.is_some() && !handle.cancelled() => {
                load_card(cache, &snapshot, id, sources, Timestamp::now()).map_err(store_error)?
            }
            _ => None,
        };
        handle.output(Output::Entity {
            detail: detail.map(Box::new),
            card: card.map(Box::new),
        });
        Ok(None)
    }
}

/// The time that the screen shows as the data's age.
pub(super) fn synced_at(checked: &Checked) -> Option<Timestamp> {
    Timestamp::from_second(checked.at()?).ok()
}

/// The on-call lane. What a service answers, and that it does not, is kept in the cache; only a cache that cannot be
/// written is a failure.
fn refresh_on_call(services: &Services, job: Job, handle: &Handle) -> Done {
    let Job::RefreshOnCall { entity_ref } = job else {
        return Ok(None);
    };
    if services.offline {
        return Ok(None);
    }
    let accounts = &services.card_sources.accounts;
    let folder = &services.paths.cache_dir;
    super::card::refresh_on_call(folder, accounts, &entity_ref, &handle.cancel)?;
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::SourceCheck;

    fn checked(failure: Option<&str>) -> Checked {
        let mut checked = Checked::default();
        let check = SourceCheck {
            failure: failure.map(ToOwned::to_owned),
            ..SourceCheck::default()
        };
        checked.sources.insert("acme".into(), check);
        checked
    }

    #[test]
    fn a_sync_elsewhere_says_what_the_data_is_in_now() {
        let failed = Condition::SourcesFailed(vec!["acme: gone".into()]);
        let limited = Condition::RateLimited { until: None };
        let online = Services::with_a_source(false);
        let now = |failure, shown| online.condition_now(&checked(failure), shown);
        assert_eq!(now(None, &failed), Some(Condition::Ready));
        assert_eq!(now(None, &limited), Some(Condition::Ready));
        assert_eq!(now(Some("gone"), &Condition::Ready), Some(failed.clone()));
        // What is known exactly is not overwritten by what the file says of it.
        assert_eq!(now(Some("wait"), &limited), None);
        let offline =
            Services::with_a_source(true).condition_now(&checked(None), &Condition::Offline);
        assert_eq!(offline, Some(Condition::Offline));
    }
}
