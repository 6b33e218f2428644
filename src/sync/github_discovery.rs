//! Every repository of an organisation that has a catalog file: `catalog.providers.github`, and the old location type
//! `github-discovery`.
//!
//! A repository is a unit under GitHub's id of it, which a rename does not change. The first sync lists everything with
//! text; later ones ask for the last pushed, compare the counts, and sweep over what is known ([`sweep`]). Only where
//! that gives reason to is everything listed again, without text.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Schedule;
use super::error::{SyncError, SyncErrorKind};
use super::filter::{RepositoryFacts, RepositoryFilter};
use super::follow::{Follow, Followed, Place, ReadFile, Root, unreadable};
use super::glob::{PathGlob, is_glob};
use super::policy::CATALOG_FILE_LIMIT;
use super::progress::Stage;
use super::provider::{BoxFuture, EntityProvider, KnownUnit, Outcome, Turn, Unit};
use super::reader::{Blob, ReadError, Reader, blob_id, cancelled, read_error};
use super::skeleton;
use super::summary::SyncIssue;
use super::sweep;
use super::target::{GithubHost, GithubTarget};
use crate::catalog::rules::{Rules, Trust};
use crate::github::queries::{self, FileNode, LARGEST_PAGE, RepositoryNode, RepositoryQuery};
use crate::github::{Client, GithubError};

/// The first look at what was pushed last.
const HEAD_PAGE: u32 = 20;
/// The least a page is halved to.
const SMALLEST_PAGE: u32 = 5;
/// After this long everything is listed again although nothing gave reason to.
const LIST_AGAIN: i64 = 7 * 24 * 3600;

/// What a discovery looks for.
#[derive(Clone, Debug)]
pub struct DiscoveryConfig {
    /// The provider's name in the cache.
    pub name: String,
    /// The integration.
    pub host: GithubHost,
    /// The organisation or user.
    pub organization: String,
    /// Where the catalog file is, without a leading slash; may be a glob.
    pub path: String,
    /// Another branch than the default one.
    pub branch: Option<String>,
    /// Which repositories count.
    pub filter: RepositoryFilter,
    /// When it is due.
    pub schedule: Schedule,
    /// `github-discovery:TARGET` where it is a location; none where each file is its own origin, as a provider's are.
    pub origin: Option<String>,
    /// What is not to be compared with what an earlier configuration gave.
    pub key: String,
}

/// See the module.
pub struct GithubDiscovery {
    config: DiscoveryConfig,
    reader: Reader,
    rules: Arc<Rules>,
    progress: super::Reporter,
}

/// What a provider keeps between runs.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct State {
    key: String,
    total: u64,
    archived: u64,
    /// The newest push that was seen.
    watermark: Option<String>,
    /// Known repositories that do not belong, so that the sweep sees them come back.
    others: Vec<String>,
    /// Units that could not be read and are tried again.
    retry: BTreeSet<String>,
    /// The last listing lacked nothing.
    complete: bool,
}

/// What a unit keeps.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct UnitMemory {
    name: String,
    branch: String,
    /// The catalog file's object id; with a glob, the branch's head or, where that is unknown, the last push.
    oid: String,
    /// What was read beyond it.
    files: Vec<ReadFile>,
}

/// A repository that belongs, from a listing or a sweep.
#[derive(Clone, Debug)]
struct Repository {
    id: String,
    name: String,
    url: String,
    branch: String,
    /// None where only a sweep saw it.
    file: Option<Option<FileNode>>,
    head: Option<String>,
}

impl GithubDiscovery {
    /// A discovery.
    pub fn new(
        config: DiscoveryConfig,
        reader: Reader,
        rules: Arc<Rules>,
        progress: super::Reporter,
    ) -> Self {
        Self {
            config,
            reader,
            rules,
            progress,
        }
    }

    fn follow(&self) -> Follow<'_> {
        Follow {
            reader: &self.reader,
            rules: &self.rules,
            trust: Trust::Discovered,
        }
    }

    fn client(&self) -> Result<Client, GithubError> {
        self.reader
            .access()
            .client(&self.config.host.host, &self.config.organization)
    }

    fn is_glob(&self) -> bool {
        is_glob(&self.config.path)
    }

    fn facts(node: &RepositoryNode) -> RepositoryFacts {
        RepositoryFacts {
            name: node.name.clone(),
            is_archived: node.is_archived,
            is_fork: node.is_fork,
            visibility: node.visibility.clone(),
            topics: node.topics.clone(),
            default_branch: node.default_branch.clone().filter(|_| !node.is_empty),
        }
    }

    fn repository(&self, node: RepositoryNode) -> Repository {
        let default = node.default_branch.unwrap_or_default();
        let head = match &self.config.branch {
            None => node.head_oid,
            Some(_) => node.pushed_at,
        };
        Repository {
            id: node.id,
            name: node.name,
            url: node.url,
            branch: self.config.branch.clone().unwrap_or(default),
            file: (!self.is_glob()).then(|| node.files.into_iter().next().flatten()),
            head,
        }
    }

    fn target(&self, repository: &Repository, path: &str) -> GithubTarget {
        GithubTarget::of(
            &self.config.host,
            &self.config.organization,
            &repository.name,
            &repository.branch,
            path,
        )
    }

    fn origin(&self, target: &GithubTarget) -> String {
        match &self.config.origin {
            Some(origin) => origin.clone(),
            None => Place::Github(target.clone()).location(),
        }
    }

    async fn refresh(&self, turn: Turn<'_>) -> Result<Outcome, SyncError> {
        let client = self.client()?;
        let state: State = serde_json::from_value(turn.state.clone()).unwrap_or_default();
        let known: BTreeMap<String, (UnitMemory, bool)> = turn.known.iter().map(memory).collect();
        let now = turn.now.as_second();
        let overdue = turn
            .last_full
            .is_none_or(|at| now.saturating_sub(at.as_second()) > LIST_AGAIN);
        let mut run = Run {
            provider: self,
            client,
            known,
            turn,
            outcome: Outcome::default(),
            state: State {
                key: self.config.key.clone(),
                retry: state.retry.clone(),
                ..State::default()
            },
        };
        if let Some(only) = run.turn.only {
            let ids: Vec<String> = only.iter().cloned().collect();
            run.reread(&ids).await?;
            run.outcome.state = run.turn.state.clone();
            return Ok(run.finish());
        }
        let fresh = state == State::default() || state.key != self.config.key;
        if run.turn.full || fresh {
            run.list(true).await?;
        } else if overdue || run.turn.list || !state.complete {
            run.list(false).await?;
        } else {
            run.increment(&state).await?;
        }
        Ok(run.finish())
    }
}

impl EntityProvider for GithubDiscovery {
    fn name(&self) -> &str {
        &self.config.name
    }

    fn schedule(&self) -> &Schedule {
        &self.config.schedule
    }

    fn refresh<'a>(&'a self, turn: Turn<'a>) -> BoxFuture<'a, Result<Outcome, SyncError>> {
        Box::pin(self.refresh(turn))
    }
}

fn memory(unit: &KnownUnit) -> (String, (UnitMemory, bool)) {
    let memory = serde_json::from_value(unit.state.clone()).unwrap_or_default();
    (unit.unit.clone(), (memory, unit.stale))
}

/// One refresh.
struct Run<'a, 'b> {
    provider: &'a GithubDiscovery,
    client: Client,
    known: BTreeMap<String, (UnitMemory, bool)>,
    turn: Turn<'b>,
    outcome: Outcome,
    state: State,
}

impl Run<'_, '_> {
    fn finish(mut self) -> Outcome {
        self.outcome.identity = self.client.fingerprint().unwrap_or_default();
        self.outcome
    }

    /// Lists everything; with text where nothing is known, else without.
    async fn list(&mut self, with_text: bool) -> Result<(), SyncError> {
        let mut after: Option<String> = None;
        let mut seen = BTreeSet::new();
        let mut others = Vec::new();
        let mut listed = 0;
        let mut complete = true;
        let mut size = LARGEST_PAGE;
        let mut first = true;
        self.state.retry.clear();
        loop {
            let page = match self.page(&mut size, with_text, after.as_deref()).await {
                Ok(page) => page,
                Err(error) if first => return Err(error),
                Err(error) => {
                    // What was read stays; the rest was not seen, which is not its deletion.
                    self.outcome.error = Some(error);
                    complete = false;
                    break;
                }
            };
            if first {
                self.state.total = page.page.total;
                self.state.archived = page.archived_total;
                self.state.watermark = page
                    .page
                    .items
                    .iter()
                    .filter_map(|n| n.pushed_at.clone())
                    .max();
                self.provider.progress.repositories_total(page.page.total);
                first = false;
            }
            complete &= page.page.is_complete();
            self.note(&page.page.problems, &page.page.withheld);
            listed += page.page.items.len() as u64;
            let mut belong = Vec::new();
            for node in page.page.items {
                if self
                    .provider
                    .config
                    .filter
                    .matches(&GithubDiscovery::facts(&node))
                {
                    belong.push(self.provider.repository(node));
                } else {
                    others.push(node.id);
                }
            }
            self.provider.progress.repositories(listed);
            let present = self.take(belong).await?;
            seen.extend(present);
            match page.page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        // A push while the pages were read can move a repository past the reader.
        if listed != self.state.total {
            complete = false;
        }
        others.sort();
        self.state.others = others;
        self.state.complete = complete;
        self.outcome.complete = complete;
        self.outcome.seen = Some(seen);
        self.save()
    }

    /// Asks for what was pushed since, compares the counts, and sweeps over what is known.
    async fn increment(&mut self, last: &State) -> Result<(), SyncError> {
        self.state = State {
            key: self.state.key.clone(),
            ..last.clone()
        };
        let mut size = HEAD_PAGE;
        let mut after: Option<String> = None;
        let mut counted = false;
        let mut listed = 0;
        let mut pushed = BTreeSet::new();
        loop {
            let page = self.page(&mut size, true, after.as_deref()).await?;
            if !counted {
                counted = true;
                self.provider.progress.repositories_total(page.page.total);
                if page.page.total != last.total || page.archived_total != last.archived {
                    return self.list(false).await;
                }
                let newest = page
                    .page
                    .items
                    .iter()
                    .filter_map(|n| n.pushed_at.clone())
                    .max();
                self.state.watermark = newest.max(last.watermark.clone());
            }
            if !page.page.is_complete() {
                self.note(&page.page.problems, &page.page.withheld);
                self.state.watermark.clone_from(&last.watermark);
            }
            let more = page.page.next;
            let news: Vec<RepositoryNode> = page
                .page
                .items
                .into_iter()
                .filter(|n| n.pushed_at >= last.watermark)
                .collect();
            let all_new = news.len() as u32 >= size.min(HEAD_PAGE) && !news.is_empty();
            listed += news.len() as u64;
            let mut belong = Vec::new();
            for node in news {
                pushed.insert(node.id.clone());
                if self
                    .provider
                    .config
                    .filter
                    .matches(&GithubDiscovery::facts(&node))
                {
                    belong.push(self.provider.repository(node));
                } else {
                    self.leave(&node.id);
                }
            }
            let ids: BTreeSet<String> = belong.iter().map(|r| r.id.clone()).collect();
            let present = self.take(belong).await?;
            for id in ids.difference(&present) {
                self.without_file(id);
            }
            match more {
                Some(next) if all_new => {
                    after = Some(next);
                    size = LARGEST_PAGE;
                }
                _ => break,
            }
        }
        self.provider.progress.repositories(listed.max(1));
        self.sweep(&pushed).await
    }

    async fn sweep(&mut self, pushed: &BTreeSet<String>) -> Result<(), SyncError> {
        let ids: Vec<String> = self
            .known
            .keys()
            .chain(&self.state.others)
            .filter(|id| !pushed.contains(*id))
            .filter(|id| !self.known.get(*id).is_some_and(|(_, stale)| *stale))
            .cloned()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        let topics = self.provider.config.filter.needs_topics();
        let sweep = match sweep::sweep(&self.client, &ids, topics).await {
            Ok(sweep) => sweep,
            Err(error) => {
                self.outcome.error = Some(error.into());
                return self.save();
            }
        };
        if !sweep.lost.is_empty() {
            return self.list(false).await;
        }
        // What was out of sight already is asked for apart: that it still is says nothing new.
        let mut again: Vec<String> = self
            .known
            .iter()
            .filter(|(id, (_, stale))| *stale && !pushed.contains(*id))
            .map(|(id, _)| id.clone())
            .collect();
        for seen in sweep.seen {
            self.provider.progress.repository();
            let belongs = self.provider.config.filter.matches(&seen.facts);
            match self.known.get(&seen.id) {
                Some(_) if !belongs => self.leave(&seen.id),
                Some((memory, _)) => {
                    let branch = self
                        .provider
                        .config
                        .branch
                        .clone()
                        .or(seen.facts.default_branch);
                    let same =
                        memory.name == seen.facts.name && Some(&memory.branch) == branch.as_ref();
                    if !same || self.state.retry.contains(&seen.id) {
                        again.push(seen.id);
                    } else {
                        self.turn.sink.unchanged(&seen.id);
                    }
                }
                None if belongs => again.push(seen.id),
                None => {}
            }
        }
        let outside = self.changed_outside().await;
        again.extend(outside);
        again.retain(|id| !pushed.contains(id));
        again.sort();
        again.dedup();
        self.reread(&again).await?;
        self.outcome.complete = sweep.complete && self.outcome.error.is_none();
        self.save()
    }

    /// Units with files of other repositories or addresses that are not as they were.
    async fn changed_outside(&mut self) -> Vec<String> {
        let policy = self.provider.reader.policy();
        let mut asked: Vec<(String, String, GithubTarget)> = Vec::new();
        let mut changed = Vec::new();
        for (id, (memory, _)) in &self.known {
            for file in &memory.files {
                match policy.url(&file.at) {
                    Ok(super::policy::Readable::Github(target)) => {
                        let own = target
                            .owner
                            .eq_ignore_ascii_case(&self.provider.config.organization)
                            && target.repo == memory.name;
                        if !own {
                            asked.push((id.clone(), file.oid.clone(), target));
                        }
                    }
                    Ok(super::policy::Readable::Url(url)) => {
                        let bytes = self
                            .provider
                            .reader
                            .plain(&url, super::policy::PLACEHOLDER_LIMIT)
                            .await;
                        if bytes.is_ok_and(|b| blob_id(&b) != file.oid) {
                            changed.push(id.clone());
                        }
                    }
                    _ => {}
                }
            }
        }
        let targets: Vec<GithubTarget> = asked.iter().map(|(_, _, t)| t.clone()).collect();
        let answers = self.provider.reader.object_ids(&targets).await;
        for ((id, oid, _), answer) in asked.into_iter().zip(answers) {
            match answer {
                Ok(now) if now == oid => {}
                Ok(_) | Err(ReadError::NotFound(_)) => changed.push(id),
                Err(_) => {}
            }
        }
        changed
    }

    /// Reads repositories by id again, whatever is known of them.
    async fn reread(&mut self, ids: &[String]) -> Result<(), SyncError> {
        if ids.is_empty() {
            return Ok(());
        }
        let sweep = sweep::sweep(
            &self.client,
            ids,
            self.provider.config.filter.needs_topics(),
        )
        .await
        .map_err(SyncError::from)?;
        let mut belong = Vec::new();
        for seen in sweep.seen {
            if !self.provider.config.filter.matches(&seen.facts) {
                self.leave(&seen.id);
                continue;
            }
            self.known.remove(&seen.id);
            belong.push(Repository {
                id: seen.id,
                name: seen.facts.name,
                url: seen.url,
                branch: self
                    .provider
                    .config
                    .branch
                    .clone()
                    .or(seen.facts.default_branch)
                    .unwrap_or_default(),
                file: None,
                head: None,
            });
        }
        let ids: BTreeSet<String> = belong.iter().map(|r| r.id.clone()).collect();
        let present = self.take(belong).await?;
        for id in ids.difference(&present) {
            self.without_file(id);
        }
        Ok(())
    }

    /// Compares repositories that belong with what is known, and hands over those that differ. Returns the ids of those
    /// that have a catalog file.
    async fn take(&mut self, repositories: Vec<Repository>) -> Result<BTreeSet<String>, SyncError> {
        let mut present = BTreeSet::new();
        let mut differ = Vec::new();
        let mut alike = Vec::new();
        for repository in repositories {
            self.state.others.retain(|id| *id != repository.id);
            if matches!(repository.file, Some(None)) {
                continue;
            }
            present.insert(repository.id.clone());
            if self.is_as_known(&repository) {
                alike.push(repository);
            } else {
                differ.push(repository);
            }
        }
        // The catalog files are the same; what they name may not be.
        let moved = self.changed_inside(&alike).await;
        for repository in alike {
            if moved.contains(&repository.id) {
                differ.push(repository);
            } else {
                self.turn.sink.unchanged(&repository.id);
            }
        }
        let missing = if self.provider.is_glob() {
            self.read_globs(differ).await?
        } else {
            self.read_files(differ).await?
        };
        for id in missing {
            present.remove(&id);
        }
        Ok(present)
    }

    fn is_as_known(&self, repository: &Repository) -> bool {
        if self.turn.full || self.state.retry.contains(&repository.id) {
            return false;
        }
        let Some((memory, stale)) = self.known.get(&repository.id) else {
            return false;
        };
        let oid = match &repository.file {
            Some(Some(node)) => Some(&node.oid),
            _ => repository.head.as_ref(),
        };
        !stale
            && memory.name == repository.name
            && memory.branch == repository.branch
            && Some(&memory.oid) == oid
    }

    /// Of repositories whose catalog file is as it was, those where a file that it names is not.
    async fn changed_inside(&mut self, repositories: &[Repository]) -> BTreeSet<String> {
        let mut asked: Vec<(String, String, GithubTarget)> = Vec::new();
        if !self.provider.is_glob() {
            for repository in repositories {
                let files = self
                    .known
                    .get(&repository.id)
                    .map(|(m, _)| m.files.as_slice());
                for file in files.unwrap_or_default() {
                    if let Ok(super::policy::Readable::Github(target)) =
                        self.provider.reader.policy().url(&file.at)
                    {
                        asked.push((repository.id.clone(), file.oid.clone(), target));
                    }
                }
            }
        }
        let targets: Vec<GithubTarget> = asked.iter().map(|(_, _, t)| t.clone()).collect();
        let answers = self.provider.reader.object_ids(&targets).await;
        asked
            .into_iter()
            .zip(answers)
            .filter(|((_, oid, _), now)| match now {
                Ok(now) => now != oid,
                Err(ReadError::NotFound(_)) => true,
                Err(_) => false,
            })
            .map(|((id, _, _), _)| id)
            .collect()
    }

    async fn read_files(&mut self, differ: Vec<Repository>) -> Result<Vec<String>, SyncError> {
        let path = self.provider.config.path.clone();
        let mut read: Vec<(Repository, Option<Result<Blob, ReadError>>)> = Vec::new();
        let mut asked = Vec::new();
        for repository in differ {
            let target = self.provider.target(&repository, &path);
            let bytes = match repository.file.clone().flatten() {
                Some(node)
                    if node.text.is_some() || node.is_binary == Some(true) || node.is_truncated =>
                {
                    Some(
                        self.provider
                            .reader
                            .bytes_of(&self.client, target, node, CATALOG_FILE_LIMIT)
                            .await,
                    )
                }
                _ => {
                    asked.push(target);
                    None
                }
            };
            read.push((repository, bytes));
        }
        let mut answers = self
            .provider
            .reader
            .files(&asked, CATALOG_FILE_LIMIT)
            .await
            .into_iter();
        let mut missing = Vec::new();
        let mut units = Vec::new();
        let mut roots = Vec::new();
        for (repository, bytes) in read {
            let bytes = match bytes {
                Some(bytes) => bytes,
                None => match answers.next() {
                    Some(answer) => answer,
                    None => continue,
                },
            };
            let target = self.provider.target(&repository, &path);
            let origin = self.provider.origin(&target);
            let place = Place::Github(target);
            match bytes {
                Ok(blob) => {
                    roots.push(Root {
                        unit: units.len(),
                        parsed: self.provider.follow().parse(&place, &origin, &blob.bytes),
                        place,
                    });
                    units.push((repository, blob.oid));
                }
                Err(ReadError::NotFound(_)) => missing.push(repository.id),
                Err(ReadError::Unseen(error)) => self.unseen(&repository, &error)?,
                Err(error) => {
                    let oid = repository
                        .file
                        .clone()
                        .flatten()
                        .map(|n| n.oid)
                        .unwrap_or_default();
                    let file = unreadable(&place, &origin, error.name(), &error.message());
                    self.put(&repository, oid, Vec::new(), vec![file])?;
                }
            }
        }
        self.hand_over(roots, units).await?;
        Ok(missing)
    }

    /// With a globbed path: one request for the tree of each repository that changed.
    async fn read_globs(&mut self, differ: Vec<Repository>) -> Result<Vec<String>, SyncError> {
        let glob = PathGlob::new(&self.provider.config.path)
            .map_err(|e| SyncError::new(SyncErrorKind::Failed, format!("catalogPath {e}")))?;
        let mut missing = Vec::new();
        for repository in differ {
            if self.turn.cancel.is_cancelled() {
                return Err(cancelled());
            }
            let owner = &self.provider.config.organization;
            let tree = self
                .client
                .whole_tree(owner, &repository.name, &repository.branch)
                .await;
            let tree = match tree {
                Ok(tree) => tree,
                Err(error) => {
                    match read_error(
                        &error,
                        &self
                            .provider
                            .target(&repository, &self.provider.config.path),
                    ) {
                        ReadError::NotFound(_) => missing.push(repository.id),
                        ReadError::Unseen(error) => self.unseen(&repository, &error)?,
                        other => self.unseen(
                            &repository,
                            &SyncError::new(SyncErrorKind::Failed, other.message()),
                        )?,
                    }
                    continue;
                }
            };
            if tree.truncated {
                self.turn.sink.issue(SyncIssue::new(
                    &repository.url,
                    "the repository has more files than GitHub lists; catalog files may be missing",
                ));
            }
            let blobs = tree
                .entries
                .iter()
                .filter(|e| e.kind == "blob" && e.mode != "120000");
            let paths: Vec<&str> = blobs
                .clone()
                .map(|e| e.path.as_str())
                .filter(|p| glob.matches(p))
                .collect();
            // Templates above a match say which folders are skeletons.
            let templates: Vec<&str> = blobs
                .map(|e| e.path.as_str())
                .filter(|p| {
                    is_template_name(p) && paths.iter().any(|m| m.starts_with(folder_of(p)))
                })
                .collect();
            let wanted: Vec<&str> = paths
                .iter()
                .chain(&templates)
                .copied()
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect();
            let targets: Vec<GithubTarget> = wanted
                .iter()
                .map(|p| self.provider.target(&repository, p))
                .collect();
            let answers = self
                .provider
                .reader
                .files(&targets, CATALOG_FILE_LIMIT)
                .await;
            let read: BTreeMap<&str, Result<Blob, ReadError>> =
                wanted.iter().copied().zip(answers).collect();
            let mut skeletons = Vec::new();
            for (path, answer) in &read {
                if let Ok(blob) = answer
                    && let Ok(text) = std::str::from_utf8(&blob.bytes)
                    && skeleton::is_template(text)
                {
                    skeletons.extend(skeleton::folders(path, text));
                }
            }
            let paths: Vec<&str> = paths
                .into_iter()
                .filter(|p| !skeleton::is_below(&skeletons, p))
                .collect();
            if paths.is_empty() {
                missing.push(repository.id);
                continue;
            }
            self.put_matches(repository, &paths, &read).await?;
        }
        Ok(missing)
    }

    async fn put_matches(
        &mut self,
        repository: Repository,
        paths: &[&str],
        read: &BTreeMap<&str, Result<Blob, ReadError>>,
    ) -> Result<(), SyncError> {
        let mut roots = Vec::new();
        let mut broken = Vec::new();
        let mut files = Vec::new();
        for path in paths {
            let target = self.provider.target(&repository, path);
            let origin = self.provider.origin(&target);
            let place = Place::Github(target);
            match read.get(path) {
                Some(Ok(blob)) => {
                    files.push(ReadFile {
                        at: super::follow::at(&place),
                        oid: blob.oid.clone(),
                    });
                    roots.push(Root {
                        unit: 0,
                        parsed: self.provider.follow().parse(&place, &origin, &blob.bytes),
                        place,
                    });
                }
                Some(Err(ReadError::Unseen(error))) => return self.unseen(&repository, error),
                Some(Err(error)) => {
                    broken.push(unreadable(&place, &origin, error.name(), &error.message()))
                }
                None => {}
            }
        }
        let Some(mut followed) = self.provider.follow().run(roots, 1).await.pop() else {
            return Ok(());
        };
        followed.files.extend(broken);
        followed.read.extend(files);
        let oid = repository.head.clone().unwrap_or_default();
        self.settle(&repository, oid, followed)
    }

    async fn hand_over(
        &mut self,
        roots: Vec<Root>,
        units: Vec<(Repository, String)>,
    ) -> Result<(), SyncError> {
        let followed = self.provider.follow().run(roots, units.len()).await;
        for ((repository, oid), followed) in units.into_iter().zip(followed) {
            self.settle(&repository, oid, followed)?;
        }
        Ok(())
    }

    fn settle(
        &mut self,
        repository: &Repository,
        oid: String,
        followed: Followed,
    ) -> Result<(), SyncError> {
        if let Some(error) = &followed.unseen {
            self.unseen(repository, error)?;
            if self.known.contains_key(&repository.id) {
                return Ok(());
            }
        } else {
            self.state.retry.remove(&repository.id);
        }
        self.put(repository, oid, followed.read, followed.files)
    }

    fn put(
        &mut self,
        repository: &Repository,
        oid: String,
        files: Vec<ReadFile>,
        records: Vec<crate::catalog::FileRecord>,
    ) -> Result<(), SyncError> {
        let memory = UnitMemory {
            name: repository.name.clone(),
            branch: repository.branch.clone(),
            oid,
            files,
        };
        self.provider
            .progress
            .entities(records.iter().map(|f| f.entities.len() as u64).sum());
        self.turn.sink.put(Unit {
            unit: repository.id.clone(),
            state: serde_json::to_value(memory).unwrap_or(Value::Null),
            files: records,
        })
    }

    /// A repository that exists and could not be read: it keeps what it gave, and is tried again.
    fn unseen(&mut self, repository: &Repository, error: &SyncError) -> Result<(), SyncError> {
        if error.kind == SyncErrorKind::Cancelled {
            return Err(error.clone());
        }
        self.state.retry.insert(repository.id.clone());
        self.turn
            .sink
            .issue(SyncIssue::new(&repository.url, &error.message));
        self.outcome.error.get_or_insert_with(|| error.clone());
        self.turn
            .sink
            .mark_stale(&BTreeSet::from([repository.id.clone()]))
    }

    /// A repository that belongs and has no catalog file (any more).
    fn without_file(&mut self, id: &str) {
        if self.turn.known.iter().any(|k| k.unit == id) {
            self.outcome.left.insert(id.to_owned());
        }
    }

    /// A repository that does not belong (any more).
    fn leave(&mut self, id: &str) {
        self.without_file(id);
        if let Err(at) = self.state.others.binary_search_by(|o| o.as_str().cmp(id)) {
            self.state.others.insert(at, id.to_owned());
        }
    }

    /// What the server held back is the source's error: it says what to do, and nothing goes because of it.
    fn note(&mut self, problems: &[crate::github::GraphqlProblem], withheld: &[String]) {
        let what = format!("repositories of {}", self.provider.config.organization);
        let first = problems
            .iter()
            .map(|p| SyncError::from(p.to_error(&what)))
            .max_by_key(|e| e.kind);
        let error = match first {
            Some(error) => error,
            None if !withheld.is_empty() => SyncError::new(
                SyncErrorKind::NotAllowed,
                format!("{what}: the organisation asks for single sign-on and held some back"),
            )
            .with_hint("authorise the token for the organisation's single sign-on, in GitHub's token settings"),
            None => return,
        };
        match &self.outcome.error {
            Some(have) if have.kind >= error.kind => {}
            _ => self.outcome.error = Some(error),
        }
    }

    async fn page(
        &mut self,
        size: &mut u32,
        with_text: bool,
        after: Option<&str>,
    ) -> Result<queries::RepositoryPage, SyncError> {
        let config = &self.provider.config;
        let paths = if self.provider.is_glob() {
            Vec::new()
        } else {
            vec![config.path.clone()]
        };
        self.provider
            .progress
            .stage(&config.organization, Stage::Listing);
        loop {
            if self.turn.cancel.is_cancelled() {
                return Err(cancelled());
            }
            let query = RepositoryQuery {
                owner: &config.organization,
                paths: &paths,
                branch: config.branch.as_deref(),
                with_text,
                first: *size,
                after,
            };
            match queries::repositories(&self.client, &query).await {
                Err(error) if error.wants_smaller_page() && *size > SMALLEST_PAGE => {
                    *size = (*size / 2).max(SMALLEST_PAGE);
                }
                Err(error) => return Err(error.into()),
                Ok(page) => return Ok(page),
            }
        }
    }

    fn save(&mut self) -> Result<(), SyncError> {
        self.outcome.state = serde_json::to_value(&self.state).map_err(|e| {
            SyncError::new(SyncErrorKind::Failed, format!("the source's state: {e}"))
        })?;
        Ok(())
    }
}

fn is_template_name(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name == "template.yaml" || name == "template.yml"
}

/// The folder of a path, with its slash; empty at the top.
fn folder_of(path: &str) -> &str {
    path.rfind('/')
        .and_then(|at| path.get(..=at))
        .unwrap_or_default()
}
