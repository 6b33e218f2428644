//! Documentation into the cache: after the catalog, the sites of every entity that has one, runbooks and decisions first.
//!
//! A site is read where its entity says ([`declare`]), from a repository in batches over many of them ([`github`]) or from
//! disk ([`disk`]). Only what differs by object id is fetched; what cannot be read keeps its last good version.
//!
//! It must never: fetch what the reading rules do not allow, drop a site because it could not be seen, or fail a source of
//! entities.

mod declare;
mod disk;
mod fetch;
mod github;
mod listing;
mod marks;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::error::{SyncError, SyncErrorKind};
use super::policy::ReadingPolicy;
use super::progress::{Reporter, Stage};
use super::reader::{Reader, blob_id};
use super::summary::SyncIssue;
use crate::config::Settings;
use crate::store::{Cache, DocCandidate, DocEntity, DocSiteRecord, DocText};
use crate::techdocs::{Limits, RunbookRules, Site};

use declare::{Declarations, Place, declare};

/// Raised when the same files give another site than before.
const READING: u32 = 2;

/// What decides, beside the files, what a site is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Terms {
    limits: Limits,
    rules: RunbookRules,
}

impl Terms {
    fn of(settings: &Settings) -> Self {
        Self {
            limits: settings.callboard.docs.limits(),
            rules: settings.callboard.docs.runbook_rules(),
        }
    }

    /// A digest: a site that was read under another one is read again.
    fn key(&self) -> String {
        blob_id(format!("{READING} {self:?}").as_bytes())
    }
}

/// A site that was read.
#[derive(Debug)]
pub(super) struct Read {
    site: Site,
    texts: Vec<DocText>,
    /// Why something of it could not be seen.
    unseen: Option<String>,
}

/// What became of the documentation.
#[derive(Default, Debug)]
pub(super) struct Outcome {
    /// Pages that are new, differ or went.
    pub changed: u64,
    /// Sites that could not be read, by source.
    pub issues: Vec<SyncIssue>,
    /// Why the work could not go on, or not everywhere.
    pub failures: Vec<SyncError>,
}

/// What a run of the documentation works with.
pub(super) struct DocsRun<'a> {
    pub settings: &'a Settings,
    pub reader: &'a Reader,
    pub progress: &'a Reporter,
    /// Read everything again.
    pub full: bool,
    /// Only this entity's site.
    pub only: Option<String>,
    pub now: Timestamp,
}

/// Brings the documentation up to date.
///
/// # Errors
/// Where the cache cannot be read or written.
pub(super) async fn refresh(cache: &mut Cache, run: &DocsRun<'_>) -> Result<Outcome, SyncError> {
    let terms = Terms::of(run.settings);
    let candidates = candidates(cache, &terms)?;
    let Declarations {
        mut entities,
        mut places,
    } = declare(&candidates, run.reader.policy(), &terms.rules);
    let all: BTreeSet<String> = places.keys().cloned().collect();
    if let Some(only) = &run.only {
        let wanted: BTreeSet<String> = declared_by(&candidates, only, run, &terms);
        places.retain(|source, _| wanted.contains(source));
    }
    let mut out = Outcome::default();
    let mut known: BTreeMap<String, Value> = cache
        .doc_sites()?
        .into_iter()
        .map(|site| (site.source, site.state))
        .collect();
    if !places.is_empty() {
        run.progress.stage("documentation", Stage::Reading);
    }
    let mut unread: BTreeMap<String, String> = BTreeMap::new();
    let mut remote = Vec::new();
    for (source, place) in places {
        match place {
            Place::Disk { folder, below } => {
                let is_known = known.contains_key(&source);
                match from_disk(source.clone(), &folder, &below, &terms, run.now, is_known) {
                    Ok(record) => out.changed += cache.put_docs(&[record])?,
                    Err(problem) => {
                        unread.insert(source, problem);
                    }
                }
            }
            Place::Folder(target) => {
                let state = known.remove(&source).unwrap_or_default();
                remote.push(github::Job::new(source, target, false, state));
            }
            Place::Page(target) => {
                let state = known.remove(&source).unwrap_or_default();
                remote.push(github::Job::new(source, target, true, state));
            }
        }
    }
    let mut not_asked: BTreeSet<String> = BTreeSet::new();
    if run.reader.access().is_offline() {
        not_asked.extend(remote.into_iter().map(|job| job.source));
    } else {
        github::refresh(cache, remote, run, &terms, &mut out, &mut unread).await?;
    }
    for (source, problem) in &unread {
        out.issues.push(SyncIssue::new(source, problem));
    }
    tell(&mut entities, &unread, &mut out);
    // What this run did not look at keeps what was said of it.
    if run.only.is_some() || !out.failures.is_empty() {
        keep_problems(cache, &mut entities, |source| !unread.contains_key(source))?;
    } else if !not_asked.is_empty() {
        keep_problems(cache, &mut entities, |source| not_asked.contains(source))?;
    }
    cache.set_doc_entities(&entities)?;
    cache.retain_docs(&all)?;
    marks::mark(cache, &entities, &candidates, &terms.rules)?;
    Ok(out)
}

/// Reads the documentation of entities whose files are on this machine, and nothing else: no network, no other host.
///
/// # Errors
/// Where the cache cannot be read or written.
pub fn read_disk(cache: &mut Cache, settings: &Settings, now: Timestamp) -> Result<(), SyncError> {
    let terms = Terms::of(settings);
    let candidates = candidates(cache, &terms)?;
    let Declarations {
        mut entities,
        places,
    } = declare(&candidates, &ReadingPolicy::default(), &terms.rules);
    let mut unread = BTreeMap::new();
    let mut records = Vec::new();
    for (source, place) in places {
        if let Place::Disk { folder, below } = place {
            match from_disk(source.clone(), &folder, &below, &terms, now, false) {
                Ok(record) => records.push(record),
                Err(problem) => {
                    unread.insert(source, problem);
                }
            }
        }
    }
    tell(&mut entities, &unread, &mut Outcome::default());
    cache.put_docs(&records)?;
    cache.set_doc_entities(&entities)?;
    marks::mark(cache, &entities, &candidates, &terms.rules)?;
    Ok(())
}

/// What a folder of this machine gives. A site that is known changes as a whole; of a new one something is better than
/// nothing.
fn from_disk(
    source: String,
    folder: &Path,
    below: &Path,
    terms: &Terms,
    now: Timestamp,
    is_known: bool,
) -> Result<DocSiteRecord, String> {
    let mut read = disk::read(folder, below, terms)?;
    match read.unseen.take() {
        Some(why) if is_known => return Err(why),
        Some(why) => read.site.problems.insert(0, why),
        None => {}
    }
    Ok(DocSiteRecord {
        source,
        state: json!({ "key": terms.key() }),
        site: read.site,
        texts: read.texts,
        fetched_at: now.as_second(),
    })
}

/// The sources that one entity leads to: its site and its runbooks.
fn declared_by(
    candidates: &[DocCandidate],
    entity_ref: &str,
    run: &DocsRun<'_>,
    terms: &Terms,
) -> BTreeSet<String> {
    let site = declare(candidates, run.reader.policy(), &terms.rules)
        .entities
        .into_iter()
        .find(|entity| entity.entity_ref == entity_ref)
        .and_then(|entity| entity.source);
    let own: Vec<_> = candidates
        .iter()
        .filter(|candidate| candidate.entity_ref == entity_ref)
        .cloned()
        .collect();
    let own = declare(&own, run.reader.policy(), &terms.rules);
    own.places.into_keys().chain(site).collect()
}

/// The entities that may say something about documentation: of most records a look at their bytes is enough to know that
/// they do not.
fn candidates(cache: &Cache, terms: &Terms) -> Result<Vec<DocCandidate>, SyncError> {
    let mut marks = vec!["backstage.io/techdocs-", "런북", "book", "Book", "BOOK"];
    marks.extend(terms.rules.annotations.iter().map(String::as_str));
    let finders: Vec<_> = marks.iter().map(memchr::memmem::Finder::new).collect();
    let may = |record: &[u8]| finders.iter().any(|finder| finder.find(record).is_some());
    Ok(cache.doc_candidates(may)?)
}

/// Says of entities why their documentation could not be read, and of others what they declare wrongly.
fn tell(entities: &mut [DocEntity], unread: &BTreeMap<String, String>, out: &mut Outcome) {
    for entity in entities {
        if let Some(problem) = entity.source.as_ref().and_then(|source| unread.get(source)) {
            entity.problem = Some(problem.clone());
        } else if let Some(problem) = &entity.problem {
            let mut issue = SyncIssue::new(&entity.entity_ref, problem);
            issue.entity_ref = Some(entity.entity_ref.clone());
            out.issues.push(issue);
        }
    }
}

/// Keeps what was said of entities whose sources were not looked at, as `is_kept` tells.
fn keep_problems(
    cache: &Cache,
    entities: &mut [DocEntity],
    is_kept: impl Fn(&str) -> bool,
) -> Result<(), SyncError> {
    let known: BTreeMap<String, DocEntity> = cache
        .doc_entities()?
        .into_iter()
        .map(|entity| (entity.entity_ref.clone(), entity))
        .collect();
    for entity in entities {
        if let Some(old) = known.get(&entity.entity_ref)
            && entity.source.as_deref().is_none_or(&is_kept)
            && old.source == entity.source
        {
            entity.problem.clone_from(&old.problem);
        }
    }
    Ok(())
}

/// Problems once each, in order, and no more than are read.
fn finish(site: &mut Site) {
    const MOST: usize = 100;
    let mut seen = BTreeSet::new();
    site.problems.retain(|problem| seen.insert(problem.clone()));
    site.problems.truncate(MOST);
}

/// Whether an error ends the work: the next request would fare no better.
fn is_fatal(error: &SyncError) -> bool {
    matches!(
        error.kind,
        SyncErrorKind::Cancelled
            | SyncErrorKind::Offline
            | SyncErrorKind::RateLimited
            | SyncErrorKind::NotSignedIn
    )
}
