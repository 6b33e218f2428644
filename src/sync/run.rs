//! One run: every due source in turn, each unit in its own transaction, one index at the end.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::SyncOptions;
use super::access::{Access, ClientFactory};
use super::docs::{self, DocsRun};
use super::error::{SyncError, SyncErrorKind};
use super::progress::{Progress, Reporter, Stage};
use super::provider::{EntityProvider, KnownUnit, Outcome, Turn};
use super::prune::{self, Listing};
use super::reader::{Answers, Reader, today};
use super::sink::{CacheSink, Changes};
use super::sources::{Registered, Sources, reading_policy, sources, terms};
use super::summary::{SyncIssue, SyncSummary};
use crate::catalog::{Severity, Snapshot};
use crate::config::{ConfigProblem, Settings};
use crate::store::{Cache, Checked, OpenMode, StoreError, SyncLock};

/// What a run works with.
#[derive(Clone)]
pub struct SyncContext {
    /// The configuration.
    pub settings: Arc<Settings>,
    /// What the configuration lacks of its sources: while there is any, no source counts as taken out of it.
    pub config_errors: Vec<ConfigProblem>,
    /// Locations registered on this machine.
    pub registered: Vec<Registered>,
    /// The cache's folder.
    pub cache_dir: PathBuf,
    /// Who reads from which GitHub.
    pub clients: Arc<dyn ClientFactory>,
    /// Ask nobody: only what lies on this machine is read, and everything else stays as it was.
    pub offline: bool,
}

/// Brings the cache up to date.
///
/// Sources that fail are part of the summary; so is being stopped by `cancel`, after which everything that was complete
/// is kept and searchable.
///
/// # Errors
/// [`SyncErrorKind::Busy`] where another process syncs into the same folder, [`SyncErrorKind::Cache`] where the cache
/// cannot be written, [`SyncErrorKind::Failed`] where no source is configured.
pub async fn run(
    context: &SyncContext,
    options: &SyncOptions,
    progress: impl Fn(Progress) + Send + Sync + 'static,
    cancel: CancellationToken,
) -> Result<SyncSummary, SyncError> {
    let started = Instant::now();
    let _lock = SyncLock::acquire(&context.cache_dir)?;
    let opened = Cache::open(&context.cache_dir, OpenMode::ReadWrite)?;
    let mut cache = opened.cache;
    let answers = Answers::of(context.cache_dir.clone());
    let access = Access::new(Arc::clone(&context.clients), cancel.clone())
        .offline(context.offline)
        .keeping(Arc::new(answers.clone()));
    let counted = access.clone();
    let reporter = Reporter::new(progress, move || {
        let (counts, _) = counted.counts();
        let left = counted.rate_limit().map(|l| l.remaining);
        (counts.graphql + counts.rest, left)
    });
    let (Sources { providers, issues }, reader) =
        all_sources(context, &access, &reporter, Some(answers))?;
    let mut work = Work {
        summary: SyncSummary {
            notices: opened.notice.into_iter().collect(),
            ..SyncSummary::default()
        },
        checked: Checked::read(&context.cache_dir),
        issues: issues.clone(),
        terms: terms(&context.settings, access.hosts()),
        now: Timestamp::now(),
        options,
        cancel: &cancel,
        offline: context.offline,
        skipped: Vec::new(),
    };
    for issue in issues {
        let message = format!("{}: {}", issue.location, issue.message);
        work.summary
            .failures
            .push(SyncError::new(SyncErrorKind::Failed, message));
    }
    for problem in &context.config_errors {
        work.misconfigured(problem);
    }
    if providers.is_empty() && work.summary.failures.is_empty() {
        return Err(nothing_configured());
    }
    let only = match &options.only {
        Some(entity) => {
            let entity = entity.to_string();
            let stored = cache.entity(&entity)?.ok_or_else(|| {
                SyncError::new(
                    SyncErrorKind::Failed,
                    format!("{entity} is not in the catalog"),
                )
            })?;
            Some((stored.source, BTreeSet::from([stored.unit])))
        }
        None => None,
    };
    if only.is_none() && options.sources.is_none() && context.config_errors.is_empty() {
        work.forget_unconfigured(&mut cache, &providers)?;
    }
    let is_wanted = |provider: &dyn EntityProvider| match (&only, &options.sources) {
        (Some((source, _)), _) => source == provider.name(),
        (None, Some(sources)) => sources.contains(provider.name()),
        (None, None) => true,
    };
    let (skipped, wanted): (Vec<&dyn EntityProvider>, Vec<_>) = (providers.iter())
        .map(Box::as_ref)
        .filter(|provider| is_wanted(*provider))
        .partition(|provider| context.offline && provider.needs_network());
    let skipped = skipped.iter().map(|provider| provider.name().to_owned());
    work.skipped.extend(skipped);
    if options.full {
        cache.http_clear()?;
    } else if only.is_none() {
        let mut watched = Vec::new();
        for provider in &wanted {
            watched.extend(provider.watched(&known_units(&cache, provider.name())?));
        }
        reader.look_ahead(&watched).await;
    }
    for provider in wanted {
        if cancel.is_cancelled() {
            break;
        }
        work.source(&mut cache, provider, only.as_ref().map(|(_, u)| u))
            .await?;
    }
    if !options.no_docs && !cancel.is_cancelled() {
        let run = DocsRun {
            settings: &context.settings,
            reader: &reader,
            progress: &reporter,
            full: options.full,
            only: options.only.as_ref().map(ToString::to_string),
            now: work.now,
        };
        work.documentation(&mut cache, &run).await?;
    }
    if cancel.is_cancelled()
        && !work
            .summary
            .failures
            .iter()
            .any(|f| f.kind == SyncErrorKind::Cancelled)
    {
        work.summary.failures.push(super::reader::cancelled());
    }
    cache.http_prune(today())?;
    reporter.stage("", Stage::Publishing);
    let snapshot = cache.publish()?;
    if work.summary.docs.changed > 0 {
        // A text that changed makes no new index: readers of a shared folder wait for the copy.
        cache.publish_copy()?;
    }
    work.checked.write(&context.cache_dir)?;
    work.say_what_was_skipped(&snapshot);
    work.finish(&cache, &snapshot, &access, started)
}

pub(super) fn all_sources(
    context: &SyncContext,
    access: &Access,
    reporter: &Reporter,
    answers: Option<Answers>,
) -> Result<(Sources, Reader), SyncError> {
    let policy = reading_policy(&context.settings, access.hosts());
    let reader = Reader::new(access.clone(), policy, answers)?;
    let sources = sources(&context.settings, &context.registered, &reader, reporter);
    Ok((sources, reader))
}

fn known_units(cache: &Cache, source: &str) -> Result<Vec<KnownUnit>, SyncError> {
    let units = cache.units(source)?.into_iter();
    let known = units.map(|u| KnownUnit {
        unit: u.unit,
        state: u.state,
        stale: u.stale,
    });
    Ok(known.collect())
}

fn nothing_configured() -> SyncError {
    SyncError::new(SyncErrorKind::Failed, "no source is configured").with_hint(
        "name an app-config.yaml with --config, or add a location with `callboard locations add URL`",
    )
}

/// What the engine keeps of a source beside the provider's own state.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct SourceMemory {
    /// Who made the last complete listing.
    identity: Option<String>,
    /// Units that stay although they are not seen.
    held: BTreeSet<String>,
    /// [`terms`] by which every unit was read.
    terms: String,
    /// The provider's.
    provider: Value,
}

struct Work<'a> {
    summary: SyncSummary,
    checked: Checked,
    issues: Vec<SyncIssue>,
    terms: String,
    now: Timestamp,
    options: &'a SyncOptions,
    cancel: &'a CancellationToken,
    offline: bool,
    /// What was not read for want of the network, by the user's own wish.
    skipped: Vec<String>,
}

impl Work<'_> {
    async fn source(
        &mut self,
        cache: &mut Cache,
        provider: &dyn EntityProvider,
        only: Option<&BTreeSet<String>>,
    ) -> Result<(), SyncError> {
        let name = provider.name();
        tracing::debug!(source = name, full = self.options.full, "source begun");
        let known = known_units(cache, name)?;
        let memory: SourceMemory = cache
            .source_state(name)?
            .and_then(|v| serde_json::from_value(v).ok())
            .unwrap_or_default();
        let last = self.checked.sources.get(name).cloned().unwrap_or_default();
        let mut sink = CacheSink {
            cache,
            source: name,
            confirmed: BTreeSet::new(),
            changes: Changes::default(),
            issues: Vec::new(),
            broken: None,
        };
        let result = provider
            .refresh(Turn {
                known: &known,
                state: &memory.provider,
                last_full: last.full_at.and_then(|at| Timestamp::from_second(at).ok()),
                full: self.options.full || memory.terms != self.terms,
                list: self.options.prune,
                only,
                now: self.now,
                cancel: self.cancel,
                sink: &mut sink,
            })
            .await;
        let CacheSink {
            confirmed,
            changes,
            issues,
            broken,
            ..
        } = sink;
        tracing::info!(
            source = name,
            added = changes.added,
            changed = changes.changed,
            removed = changes.removed,
            "source read"
        );
        self.summary.added += changes.added;
        self.summary.changed += changes.changed;
        self.summary.removed += changes.removed;
        self.issues.extend(issues);
        if let Some(error) = broken {
            return Err(error);
        }
        let mut result = result;
        let is_skipped = |error: &SyncError| self.offline && error.kind == SyncErrorKind::Offline;
        let mut partly = false;
        if let Ok(outcome) = &mut result
            && outcome.error.take_if(|error| is_skipped(error)).is_some()
        {
            partly = true;
            self.skipped.push(format!("what {name} names elsewhere"));
        }
        let at = self.now.as_second();
        let check = self.checked.sources.entry(name.to_owned()).or_default();
        check.tried_at = Some(at);
        let outcome = match result {
            Ok(outcome) => outcome,
            Err(error) => {
                check.failure = Some(error.message.clone());
                self.failed(name, error);
                return Ok(());
            }
        };
        check.failure = outcome.error.as_ref().map(|e| e.message.clone());
        if outcome.error.is_none() && only.is_none() && !partly {
            check.at = Some(at);
            if outcome.seen.is_some() && outcome.complete {
                check.full_at = Some(at);
            }
        }
        let seen_again: Vec<&String> = known
            .iter()
            .filter(|k| k.stale && confirmed.contains(&k.unit))
            .map(|k| &k.unit)
            .collect();
        cache.mark_stale(name, &seen_again, false)?;
        self.settle(
            cache,
            name,
            &known,
            memory,
            &outcome,
            &confirmed,
            only.is_some(),
        )?;
        if let Some(error) = outcome.error {
            self.failed(name, error);
        }
        Ok(())
    }

    /// Brings the documentation of what is in the cache now up to date. What it could not do fails no source.
    async fn documentation(
        &mut self,
        cache: &mut Cache,
        run: &DocsRun<'_>,
    ) -> Result<(), SyncError> {
        let outcome = docs::refresh(cache, run).await?;
        tracing::info!(changed = outcome.changed, "documentation read");
        self.issues.extend(outcome.issues);
        for failure in outcome.failures {
            self.failed("documentation", failure);
        }
        self.summary.docs.changed = outcome.changed;
        Ok(())
    }

    /// Decides what goes and what stays, and keeps what the next run must know.
    #[expect(
        clippy::too_many_arguments,
        reason = "one call; a struct for it would only be taken apart again"
    )]
    fn settle(
        &mut self,
        cache: &mut Cache,
        name: &str,
        known: &[KnownUnit],
        mut memory: SourceMemory,
        outcome: &Outcome,
        seen_again: &BTreeSet<String>,
        partial: bool,
    ) -> Result<(), SyncError> {
        let all: BTreeSet<String> = known.iter().map(|k| k.unit.clone()).collect();
        let unseen: BTreeSet<String> = match &outcome.seen {
            Some(seen) => (all.difference(seen))
                .filter(|unit| !outcome.unsure.contains(*unit))
                .cloned()
                .collect(),
            None => BTreeSet::new(),
        };
        let left: BTreeSet<String> = outcome.left.intersection(&all).cloned().collect();
        let listing = Listing {
            complete: outcome.complete,
            identity: outcome.identity.clone(),
            last_identity: memory.identity.clone(),
        };
        // That something was archived is seen, not inferred from its absence.
        let positive = Listing {
            complete: true,
            identity: String::new(),
            last_identity: None,
        };
        let mut verdict = if outcome.complete || unseen.is_empty() {
            let listing = if unseen.is_empty() { positive } else { listing };
            let missing = unseen.union(&left).cloned().collect();
            prune::decide(
                missing,
                all.len(),
                &memory.held,
                &listing,
                self.options.prune,
            )
        } else {
            prune::decide(
                left.clone(),
                all.len(),
                &memory.held,
                &positive,
                self.options.prune,
            )
        };
        if !outcome.complete && !unseen.is_empty() {
            // Held back for want of a right: shown as stale. A page that failed says nothing about anything.
            if outcome.error.as_ref().is_some_and(SyncError::is_withheld) {
                let unseen: Vec<&String> = unseen.iter().collect();
                cache.mark_stale(name, &unseen, true)?;
            }
        }
        let gone: Vec<String> = std::mem::take(&mut verdict.remove).into_iter().collect();
        if !gone.is_empty() {
            self.summary.removed += cache.remove_units(name, &gone)?.removed as u64;
        }
        if !verdict.keep.is_empty() {
            let keep: Vec<&String> = verdict.keep.iter().collect();
            cache.mark_orphan(name, &keep)?;
        }
        let held = memory.held.len();
        let reminder = || {
            format!("{held} out of sight are kept as stale; `callboard sync --prune` lets them go")
        };
        let reason = verdict.reason.or_else(|| {
            let still = outcome.seen.is_none() && held > 0 && !partial;
            still.then(reminder)
        });
        if let Some(reason) = reason {
            self.summary.notices.push(format!("{name}: {reason}"));
        }
        if partial {
            return Ok(());
        }
        if outcome.complete && outcome.seen.is_some() {
            memory.identity = Some(outcome.identity.clone());
            memory.held.retain(|unit| outcome.unsure.contains(unit));
            memory.held.extend(verdict.keep);
        } else {
            memory.held.retain(|unit| !seen_again.contains(unit));
            memory.held.extend(verdict.keep);
        }
        // A unit that is shown as stale is read again anyway.
        let by_terms = |k: &KnownUnit| k.stale || seen_again.contains(&k.unit);
        if known.iter().all(by_terms) {
            memory.terms.clone_from(&self.terms);
        }
        memory.provider = outcome.state.clone();
        let state = serde_json::to_value(&memory).map_err(|e| {
            SyncError::new(SyncErrorKind::Cache, format!("the source's state: {e}"))
        })?;
        cache.set_source_state(name, &state)?;
        Ok(())
    }

    /// What the user wished not to be read is no failure, unless there is nothing at all for it.
    fn say_what_was_skipped(&mut self, snapshot: &Snapshot) {
        /// More names say no more.
        const MOST: usize = 5;
        let count = self.skipped.len();
        if count == 0 {
            return;
        }
        let mut names = self.skipped.iter().take(MOST).cloned().collect::<Vec<_>>();
        if count > MOST {
            names.push(format!("{} more", count - MOST));
        }
        let names = names.join(", ");
        if snapshot.served().next().is_some() {
            let text = format!("not read while offline: {names}");
            return self.summary.notices.push(text);
        }
        let text = format!("there is nothing yet, and not read while offline: {names}");
        let error = SyncError::new(SyncErrorKind::Offline, text);
        self.summary
            .failures
            .push(error.with_hint("leave out --offline"));
    }

    fn failed(&mut self, name: &str, error: SyncError) {
        tracing::info!(source = name, error = error.message, "source failed");
        if error.kind != SyncErrorKind::Cancelled {
            self.issues.push(SyncIssue::new(name, &error.message));
        }
        let mut error = error;
        if error.kind != SyncErrorKind::Cancelled {
            error.message = format!("{name}: {}", error.message);
        }
        self.summary.failures.push(error);
    }

    fn misconfigured(&mut self, problem: &ConfigProblem) {
        let issue = SyncIssue::of_config(problem);
        self.summary.failures.push(SyncError {
            kind: SyncErrorKind::Failed,
            message: issue.to_string(),
            hint: problem.hint.clone(),
        });
        self.issues.push(issue);
    }

    fn forget_unconfigured(
        &mut self,
        cache: &mut Cache,
        providers: &[Box<dyn EntityProvider>],
    ) -> Result<(), SyncError> {
        // A source whose entry cannot be used just now is not gone from the configuration.
        let doubtful: BTreeSet<String> = self.issues.iter().map(|i| i.location.clone()).collect();
        for source in cache.sources()? {
            let configured =
                providers.iter().any(|p| p.name() == source) || doubtful.contains(&source);
            if !configured {
                self.summary.removed += cache.remove_source(&source)?.removed as u64;
            }
        }
        self.checked
            .sources
            .retain(|s, _| providers.iter().any(|p| p.name() == s) || doubtful.contains(s));
        Ok(())
    }

    fn finish(
        mut self,
        cache: &Cache,
        snapshot: &Snapshot,
        access: &Access,
        started: Instant,
    ) -> Result<SyncSummary, SyncError> {
        let (requests, cost) = access.counts();
        let summary = &mut self.summary;
        summary.errors = cache
            .problems()?
            .iter()
            .filter(|(_, p)| p.severity == Severity::Error)
            .map(|(location, problem)| SyncIssue::of_problem(location, problem))
            .collect();
        // A file that two sources lead to has its errors once.
        let mut seen = BTreeSet::new();
        summary.errors.retain(|e| {
            let place = (e.location.clone(), e.line, e.column);
            seen.insert((place, e.message.clone()))
        });
        let conflicts = cache.conflicts()?;
        let conflicts = conflicts.iter();
        summary
            .errors
            .extend(conflicts.map(|c| SyncIssue::of_problem(&c.refused, &c.problem)));
        summary.errors.append(&mut self.issues);
        summary.entities = snapshot.served().count() as u64;
        summary.stale = snapshot
            .served()
            .filter(|id| snapshot.row(*id).flags.stale)
            .count() as u64;
        summary.unchanged = summary
            .entities
            .saturating_sub(summary.added + summary.changed);
        summary.errors.extend(
            cache
                .doc_problems()?
                .iter()
                .map(|(source, problem)| SyncIssue::new(source, problem)),
        );
        let counts = cache.doc_counts()?;
        summary.docs.sites = counts.sites;
        summary.docs.pages = counts.pages;
        summary.requests = requests;
        summary.graphql_cost = cost;
        summary.rate_limit = access.rate_limit();
        summary.duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(self.summary)
    }
}

impl From<StoreError> for SyncError {
    fn from(error: StoreError) -> Self {
        let kind = match error {
            StoreError::Locked { .. } => SyncErrorKind::Busy,
            _ => SyncErrorKind::Cache,
        };
        Self::new(kind, error.to_string()).with_hint(error.hint())
    }
}
