//! Sites of repositories: which of them changed, what they are, and their texts, each over many repositories at once.

mod job;
mod list;
mod rest;

use std::collections::{BTreeMap, BTreeSet};

pub(super) use job::Job;
use job::Memory;

use super::fetch::{self, Wanted};
use super::{DocsRun, Outcome, Terms, finish, is_fatal};
use crate::github::Client;
use crate::github::contents::{Look, ObjectNode, heads};
use crate::github::queries::FileNode;
use crate::store::{Cache, DocSiteRecord, DocText};
use crate::sync::error::SyncError;
use crate::techdocs::plan::ranks;
use crate::techdocs::{EntryKind, SitePage, snippet};

/// How often a site may want to see more.
const MOST_ROUNDS: usize = 20;
/// Texts of known sites that wait for the rest of their site, in bytes; beyond it they are written as they come.
const MOST_WAITING: usize = 64 << 20;
/// Snippets of one site.
const MOST_SNIPPETS: usize = 50;

/// Refreshes sites, those that share a client together.
pub(super) async fn refresh(
    cache: &mut Cache,
    jobs: Vec<Job>,
    run: &DocsRun<'_>,
    terms: &Terms,
    out: &mut Outcome,
    unread: &mut BTreeMap<String, String>,
) -> Result<(), SyncError> {
    let mut groups: Vec<(Client, Vec<Job>)> = Vec::new();
    for job in jobs {
        match run
            .reader
            .access()
            .client(&job.target.host, &job.target.owner)
        {
            Ok(client) => match groups.iter_mut().find(|(c, _)| c.is_same(&client)) {
                Some((_, jobs)) => jobs.push(job),
                None => groups.push((client, vec![job])),
            },
            Err(error) => {
                unread.insert(job.source, error.to_string());
            }
        }
    }
    for (client, jobs) in groups {
        let mut group = Group {
            client,
            jobs,
            run,
            terms,
            stop: None,
        };
        group.refresh(cache, out).await?;
        if let Some(error) = group.stop {
            let is_new = !out.failures.iter().any(|f| f.message == error.message);
            if is_new {
                out.failures.push(error);
            }
        }
        for job in group.jobs {
            if let Some(problem) = job.problem {
                unread.insert(job.source, problem);
            }
        }
        if run.reader.access().cancel().is_cancelled() {
            break;
        }
    }
    Ok(())
}

struct Group<'a> {
    client: Client,
    jobs: Vec<Job>,
    run: &'a DocsRun<'a>,
    terms: &'a Terms,
    /// Why the rest was not asked for.
    stop: Option<SyncError>,
}

impl Group<'_> {
    async fn refresh(&mut self, cache: &mut Cache, out: &mut Outcome) -> Result<(), SyncError> {
        let mut changed = self.changed().await;
        self.list(&mut changed).await;
        self.settle(cache, &changed, out)?;
        self.texts(cache, &changed, out).await?;
        self.snippets(cache, &changed, out).await
    }

    /// The jobs whose repositories are not as they were.
    async fn changed(&mut self) -> Vec<usize> {
        let key = self.terms.key();
        let (mut changed, mut alike) = (Vec::new(), Vec::new());
        for (at, job) in self.jobs.iter_mut().enumerate() {
            let memory = &job.memory;
            let is_settled = memory.key == key && memory.head.is_some();
            if is_settled && !self.run.full && !memory.repository.is_empty() {
                alike.push(at);
            } else {
                changed.push(at);
            }
        }
        if self.client.credentials().is_signed_in() {
            let asked: Vec<(String, String)> = alike
                .iter()
                .filter_map(|at| self.jobs.get(*at))
                .map(|job| (job.memory.repository.clone(), job.memory.branch.clone()))
                .collect();
            match heads(&self.client, &asked).await {
                Ok(heads) => {
                    for (at, head) in alike.into_iter().zip(heads) {
                        let known = self.jobs.get(at).map(|job| &job.memory.head);
                        if known != Some(&head) {
                            changed.push(at);
                        }
                    }
                }
                Err(error) => {
                    self.stop.get_or_insert(SyncError::from(&error));
                }
            }
        } else {
            changed.append(&mut alike);
        }
        changed.sort_unstable();
        for at in &changed {
            let Some(job) = self.jobs.get_mut(*at) else {
                continue;
            };
            let readings: Vec<(String, String)> = job.target.candidates().collect();
            job.memory = Memory {
                key: key.clone(),
                ..Memory::default()
            };
            job.readings = readings;
            job.next_reading();
        }
        changed
    }

    /// Writes what needs no text: sites of which only the navigation or the commit differs.
    fn settle(
        &mut self,
        cache: &mut Cache,
        changed: &[usize],
        out: &mut Outcome,
    ) -> Result<(), SyncError> {
        let mut records = Vec::new();
        for at in changed {
            let Some(job) = self.jobs.get_mut(*at) else {
                continue;
            };
            finish(&mut job.site);
            let known = cache.doc_ids(&job.source)?;
            job.missing = job
                .site
                .pages
                .iter()
                .filter(|page| is_wanted(page, &known))
                .count();
            if job.missing == 0 {
                records.push(job.record(self.run.now.as_second()));
            }
        }
        out.changed += cache.put_docs(&records)?;
        Ok(())
    }

    /// Fetches the texts that differ: runbooks of all sites first, then decisions, then the rest.
    async fn texts(
        &mut self,
        cache: &mut Cache,
        changed: &[usize],
        out: &mut Outcome,
    ) -> Result<(), SyncError> {
        let mut wanted: Vec<(u8, Wanted)> = Vec::new();
        for at in changed {
            let Some(job) = self.jobs.get(*at) else {
                continue;
            };
            if job.missing == 0 {
                continue;
            }
            let known = cache.doc_ids(&job.source)?;
            let ranks = ranks(&job.site, &self.terms.rules);
            for (page, rank) in job.site.pages.iter().zip(ranks) {
                if is_wanted(page, &known) {
                    let rank = if job.is_page { 0 } else { rank };
                    wanted.push((rank, job.text(*at, &page.path, &page.oid, page.size)));
                }
            }
        }
        wanted.sort_by_key(|(rank, _)| *rank);
        let mut wanted: Vec<Wanted> = wanted.into_iter().map(|(_, wanted)| wanted).collect();
        let mut waiting = 0;
        while !wanted.is_empty() && self.stop.is_none() {
            let batch = fetch::batch(&mut wanted);
            let mut touched = BTreeSet::new();
            for (wanted, text) in fetch::texts(&self.client, batch, self.terms.limits.page).await {
                touched.insert(wanted.job);
                waiting += wanted.size as usize;
                self.take_text(wanted, text);
            }
            let write_all = waiting > MOST_WAITING;
            let now = self.run.now.as_second();
            let mut records = Vec::new();
            let jobs = if write_all {
                changed.iter().copied().collect()
            } else {
                touched
            };
            for at in jobs {
                let Some(job) = self.jobs.get_mut(at) else {
                    continue;
                };
                // A site that is known changes as a whole; of a new one something is better than nothing.
                let is_due = job.missing == 0 || !job.is_known || write_all;
                if is_due && !job.texts.is_empty() || job.missing == 0 && job.problem.is_none() {
                    records.push(job.record(now));
                }
            }
            if write_all {
                waiting = 0;
            }
            out.changed += cache.put_docs(&records)?;
        }
        Ok(())
    }

    fn take_text(&mut self, wanted: Wanted, text: Result<Result<String, String>, SyncError>) {
        let Some(job) = self.jobs.get_mut(wanted.job) else {
            return;
        };
        match text {
            Ok(Ok(text)) => {
                job.missing = job.missing.saturating_sub(1);
                job.texts.push(DocText {
                    oid: wanted.oid(),
                    path: wanted.inside,
                    is_snippet: false,
                    text,
                });
            }
            // There, and of no use.
            Ok(Err(why)) => {
                job.missing = job.missing.saturating_sub(1);
                let page = job.site.pages.iter_mut().find(|p| p.path == wanted.inside);
                if let Some(page) = page {
                    job.site.problems.push(format!("{} {why}", page.file));
                    page.skipped = Some(why);
                }
            }
            Err(error) => {
                if is_fatal(&error) {
                    self.stop.get_or_insert(error);
                } else {
                    job.problem.get_or_insert(error.message);
                }
            }
        }
    }

    /// Files that pages bring in, of sites that changed: those named by what is in the cache now.
    async fn snippets(
        &mut self,
        cache: &mut Cache,
        changed: &[usize],
        out: &mut Outcome,
    ) -> Result<(), SyncError> {
        if self.stop.is_some() || !self.client.credentials().is_signed_in() {
            return Ok(());
        }
        let mut wanted = Vec::new();
        for at in changed {
            let Some(job) = self
                .jobs
                .get(*at)
                .filter(|job| !job.is_page && job.problem.is_none())
            else {
                continue;
            };
            for file in snippet_files(cache, job)? {
                wanted.push(Wanted {
                    look: Look::Text,
                    locator: job.at(&file),
                    ..job.text(*at, &file, "", 0)
                });
            }
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let mut touched = BTreeSet::new();
        for (wanted, answer) in fetch::all(&self.client, wanted).await {
            let Some(job) = self.jobs.get_mut(wanted.job) else {
                continue;
            };
            match answer {
                Ok((_, Some(ObjectNode::Blob(file)))) => {
                    let oid = file.oid.clone();
                    if let Some(text) = whole(file, self.terms.limits.page) {
                        touched.insert(wanted.job);
                        job.texts.push(DocText {
                            path: wanted.inside,
                            is_snippet: true,
                            oid,
                            text,
                        });
                    }
                }
                Ok(_) => {}
                // The commit is not settled while something of it is missing.
                Err(error) => {
                    touched.insert(wanted.job);
                    job.failed = true;
                    if is_fatal(&error) {
                        self.stop.get_or_insert(error);
                    }
                }
            }
        }
        let now = self.run.now.as_second();
        let records: Vec<DocSiteRecord> = touched
            .into_iter()
            .filter_map(|at| self.jobs.get_mut(at).map(|job| job.record(now)))
            .collect();
        out.changed += cache.put_docs(&records)?;
        Ok(())
    }
}

fn is_wanted(page: &SitePage, known: &BTreeMap<(bool, String), String>) -> bool {
    page.skipped.is_none() && known.get(&(false, page.path.clone())) != Some(&page.oid)
}

/// The files that a site's pages bring in and that are no pages of it.
fn snippet_files(cache: &Cache, job: &Job) -> Result<Vec<String>, SyncError> {
    let pages: BTreeSet<&str> = job.site.pages.iter().map(|p| p.file.as_str()).collect();
    let mut files: BTreeSet<String> = BTreeSet::new();
    for page in &job.site.pages {
        let Some(stored) = cache.doc_page(&job.source, &page.path)? else {
            continue;
        };
        for name in snippet::names(&stored.text) {
            let candidates = snippet::candidates(&name, &job.site.snippet_paths);
            let known = &job.listed.source.entries;
            // Where a listing has it, that one; else every place it may be.
            let listed = candidates
                .iter()
                .find(|file| known.get(*file).is_some_and(|e| e.kind == EntryKind::File));
            match listed {
                Some(file) if pages.contains(file.as_str()) => {}
                Some(file) => {
                    files.insert(file.clone());
                }
                None => files.extend(candidates.into_iter().filter(|f| !known.contains_key(f))),
            }
        }
    }
    Ok(files.into_iter().take(MOST_SNIPPETS).collect())
}

/// A file's text, where all of it came and it is not too large.
fn whole(file: FileNode, limit: u64) -> Option<String> {
    let FileNode {
        text,
        is_truncated,
        byte_size,
        ..
    } = file;
    text.filter(|_| !is_truncated && byte_size <= limit)
}
