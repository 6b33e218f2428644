//! What each job does, on its lane's thread.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use super::card::{CardSources, load_card};
use super::docs::{self, Docs};
use super::jobs::{Handle, Lane, Worker, Workers};
use super::launch::SyncPlan;
use super::load::load_entity;
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
use crate::catalog::{DEFAULT_NAMESPACE, EntityRef, Snapshot};
use crate::search::{Query, SearchContext, Searcher, owners_of};
use crate::store::{Cache, Checked, OpenMode, Paths, State, StoreError};
use crate::sync::{SyncError, SyncErrorKind, SyncOptions, SyncSummary};

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
            Lane::Sync => Box::new(move |job, handle| sync(&services, job, handle)),
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

fn sync(services: &Services, job: Job, handle: &Handle) -> Done {
    let Job::Sync { full, only, due } = job else {
        return Ok(None);
    };
    if services.offline {
        return Ok(Some("Offline: showing the cache".to_owned()));
    }
    let Some(plan) = &services.sync else {
        return Err(failed("no source to sync from", None));
    };
    let parse = |text| EntityRef::parse(text, None, DEFAULT_NAMESPACE);
    let only = match only.as_deref().map(parse).transpose() {
        Ok(only) => only,
        Err(error) => return Err(failed(error.to_string(), None)),
    };
    // Others are left alone until their own time comes; another process may have been quicker.
    let sources = due.then(|| (plan.due)(Timestamp::now()).now);
    if sources.as_ref().is_some_and(BTreeSet::is_empty) {
        return Ok(None);
    }
    let options = SyncOptions {
        full,
        only,
        sources,
        ..SyncOptions::default()
    };
    let progress = |progress| handle.progress(progress);
    let result = (plan.run)(options, &progress, handle.cancel.clone());
    let mut update = CacheUpdate::default();
    let before = services.snapshot().generation();
    if let Some(snapshot) = crate::store::index::read(&services.paths.cache_dir)
        && snapshot.generation() != before
    {
        let snapshot = Arc::new(snapshot);
        services.set_snapshot(Arc::clone(&snapshot));
        update.snapshot = Some(snapshot);
    }
    let checked = Checked::read(&services.paths.cache_dir);
    update.synced_at = synced_at(&checked);
    // Another process is at it: the data is as good as before, and what comes is seen when it is there.
    let is_busy = matches!(&result, Err(error) if error.kind == SyncErrorKind::Busy);
    update.condition = (!is_busy).then(|| condition_after(&result));
    handle.output(Output::Cache(Box::new(update)));
    match result {
        Ok(summary) => {
            let told = told(&summary);
            if !told.is_empty() {
                handle.output(Output::Errors(told));
            }
            Ok(Some(said(&summary)))
        }
        Err(error) if is_busy => Ok(Some(error.message)),
        Err(error) => Err(failed(error.message, error.hint)),
    }
}

/// What a sync leaves the data in. One that reached its end may have failed all the same, source by source.
fn condition_after(result: &Result<SyncSummary, SyncError>) -> Condition {
    let failures: Vec<&SyncError> = match result {
        Ok(summary) => summary.failures.iter().collect(),
        Err(error) => vec![error],
    };
    let failures: Vec<&SyncError> = failures
        .into_iter()
        .filter(|failure| failure.kind != SyncErrorKind::Cancelled)
        .collect();
    let Some(first) = failures.first() else {
        return Condition::Ready;
    };
    let all_alike = failures.iter().all(|failure| failure.kind == first.kind);
    match first.kind {
        SyncErrorKind::Offline if all_alike => Condition::Offline,
        SyncErrorKind::RateLimited if all_alike => Condition::RateLimited { until: None },
        SyncErrorKind::NotSignedIn if all_alike => Condition::SignedOut,
        _ if result.is_err() => Condition::Failed(first.message.clone()),
        _ => {
            let messages = failures.iter().map(|failure| failure.message.clone());
            Condition::SourcesFailed(messages.collect())
        }
    }
}

fn said(summary: &SyncSummary) -> String {
    let mut said = format!(
        "{} added, {} changed, {} removed",
        summary.added, summary.changed, summary.removed
    );
    match summary.errors.len() {
        0 => {}
        1 => said.push_str(", 1 error"),
        errors => said.push_str(&format!(", {errors} errors")),
    }
    said
}

/// How many errors of a sync the message log takes; the rest is counted, so that they do not push all else out of it.
const TOLD: usize = 200;

fn told(summary: &SyncSummary) -> Vec<String> {
    let mut lines: Vec<String> = summary
        .errors
        .iter()
        .take(TOLD)
        .map(ToString::to_string)
        .collect();
    let more = summary.errors.len().saturating_sub(TOLD);
    if more > 0 {
        lines.push(format!(
            "{more} more errors: `callboard sync --output json` lists all"
        ));
    }
    // What to do about a source stands below why it failed.
    for failure in &summary.failures {
        let Some(hint) = &failure.hint else { continue };
        lines.retain(|line| *line != failure.message);
        lines.push(failure.message.clone());
        lines.push(match failure.message.split_once(": ") {
            Some((source, _)) => format!("{source}: {hint}"),
            None => hint.clone(),
        });
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{JobEvent, JobId, Msg, Policy, Slot};
    use crate::runtime::event::Incoming;
    use crate::runtime::jobs::Runner;
    use crate::store::SourceCheck;
    use crate::sync::{Due, SyncIssue};

    #[test]
    fn a_sync_says_how_many_errors_there_are_and_where_each_is() {
        let mut summary = SyncSummary {
            added: 2,
            ..SyncSummary::default()
        };
        assert_eq!(said(&summary), "2 added, 0 changed, 0 removed");
        let mut issue = SyncIssue::new("file:/a.yaml", "bad");
        (issue.line, issue.column) = (Some(3), Some(7));
        summary.errors = vec![issue; TOLD + 2];
        assert_eq!(said(&summary), "2 added, 0 changed, 0 removed, 202 errors");
        let told = told(&summary);
        assert_eq!(told[0], "file:/a.yaml:3:7: bad");
        assert_eq!(told.len(), TOLD + 1);
        assert!(told[TOLD].starts_with("2 more errors"));
        summary.errors.truncate(1);
        assert!(said(&summary).ends_with(", 1 error"));
    }

    /// An interface with a source.
    fn services(offline: bool) -> Services {
        let at = std::path::PathBuf::from("/nonexistent");
        Services {
            paths: Paths {
                cache_dir: at.clone(),
                state_dir: at,
            },
            offline,
            sync: Some(SyncPlan {
                run: Arc::new(|_, _, _| Ok(SyncSummary::default())),
                due: Arc::new(|_| Due::default()),
                auto: false,
            }),
            user: Arc::new(|| None),
            card_sources: CardSources::default(),
            snapshot: Mutex::default(),
        }
    }

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
        let online = services(false);
        let now = |failure, shown| online.condition_now(&checked(failure), shown);
        assert_eq!(now(None, &failed), Some(Condition::Ready));
        assert_eq!(now(None, &limited), Some(Condition::Ready));
        assert_eq!(now(Some("gone"), &Condition::Ready), Some(failed.clone()));
        // What is known exactly is not overwritten by what the file says of it.
        assert_eq!(now(Some("wait"), &limited), None);
        let offline = services(true).condition_now(&checked(None), &Condition::Offline);
        assert_eq!(offline, Some(Condition::Offline));
    }

    #[test]
    fn a_sync_that_lost_a_source_on_the_way_does_not_say_that_all_is_well() {
        let after = |kinds: &[SyncErrorKind]| {
            let failures = kinds.iter().map(|kind| {
                SyncError::new(*kind, "acme: no").with_hint("ask an owner to let the App in")
            });
            condition_after(&Ok(SyncSummary {
                failures: failures.collect(),
                ..SyncSummary::default()
            }))
        };
        use SyncErrorKind as K;
        assert_eq!(after(&[]), Condition::Ready);
        assert_eq!(after(&[K::Cancelled]), Condition::Ready);
        assert_eq!(after(&[K::Offline, K::Offline]), Condition::Offline);
        assert_eq!(after(&[K::NotSignedIn]), Condition::SignedOut);
        assert_eq!(
            after(&[K::Offline, K::NotAllowed]),
            Condition::SourcesFailed(vec!["acme: no".into(); 2])
        );
        let failed = Err(SyncError::new(K::Cache, "the disk is full"));
        let condition = condition_after(&failed);
        assert_eq!(condition, Condition::Failed("the disk is full".into()));
    }

    #[test]
    fn what_to_do_about_a_failed_source_stands_below_why_it_failed() {
        let failure = SyncError::new(SyncErrorKind::NotAllowed, "acme: refused");
        let summary = SyncSummary {
            errors: vec![
                SyncIssue::new("acme", "refused"),
                SyncIssue::new("file:/a.yaml", "bad"),
            ],
            failures: vec![failure.with_hint("authorise the token")],
            ..SyncSummary::default()
        };
        assert_eq!(
            told(&summary),
            [
                "file:/a.yaml: bad",
                "acme: refused",
                "acme: authorise the token"
            ]
        );
    }

    #[test]
    fn a_schedule_syncs_what_is_due_and_leaves_the_others_alone() {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        let due = Arc::new(Mutex::new(BTreeSet::from(["teams".to_owned()])));
        let now = Arc::clone(&due);
        let mut services = services(false);
        services.sync = Some(SyncPlan {
            run: Arc::new(move |options: SyncOptions, _, _| {
                heard.lock().unwrap().push(options.sources);
                Ok(SyncSummary::default())
            }),
            due: Arc::new(move |_| Due {
                now: now.lock().unwrap().clone(),
                next: None,
            }),
            auto: true,
        });
        let (tell, mut told) = tokio::sync::mpsc::channel(64);
        let runner = Runner::new(workers(Arc::new(services)), tell);
        let mut run = |id, due| {
            let job = Job::Sync {
                full: false,
                only: None,
                due,
            };
            let policy = Policy::Exclusive(Slot::Sync);
            runner.start(JobId(id), policy, job).unwrap();
            while let Some(Incoming::Msg(Msg::Job(report))) = told.blocking_recv() {
                if let JobEvent::Finished(result) = report.event {
                    return result.unwrap();
                }
            }
            None
        };
        run(1, true);
        due.lock().unwrap().clear();
        // Another process has done it meanwhile: nothing is said.
        assert_eq!(run(2, true), None);
        run(3, false);
        let teams = Some(BTreeSet::from(["teams".to_owned()]));
        assert_eq!(*asked.lock().unwrap(), [teams, None]);
    }

    /// What a sync says at its end, and the condition it leaves.
    fn synced(services: Services) -> (Option<String>, Option<Condition>) {
        let (tell, mut told) = tokio::sync::mpsc::channel(8);
        let runner = Runner::new(workers(Arc::new(services)), tell);
        let job = Job::Sync {
            full: false,
            only: None,
            due: false,
        };
        let policy = Policy::Exclusive(Slot::Sync);
        runner.start(JobId(1), policy, job).unwrap();
        let mut condition = None;
        loop {
            let Some(Incoming::Msg(Msg::Job(report))) = told.blocking_recv() else {
                panic!("it never ended");
            };
            match report.event {
                JobEvent::Output(Output::Cache(update)) => condition = update.condition,
                JobEvent::Finished(result) => return (result.unwrap(), condition),
                _ => {}
            }
        }
    }

    #[test]
    fn a_sync_offline_says_that_it_is_offline() {
        let (said, _) = synced(services(true));
        assert_eq!(said.as_deref(), Some("Offline: showing the cache"));
    }

    #[test]
    fn that_another_process_is_syncing_is_no_failure() {
        let mut services = services(false);
        services.sync = Some(SyncPlan {
            run: Arc::new(|_, _, _| {
                let text = "another callboard is syncing (process 7)";
                Err(SyncError::new(SyncErrorKind::Busy, text))
            }),
            due: Arc::new(|_| Due::default()),
            auto: true,
        });
        let (said, condition) = synced(services);
        let text = said.unwrap();
        assert!(text.contains("process 7"), "{text}");
        assert_eq!(condition, None);
    }
}
