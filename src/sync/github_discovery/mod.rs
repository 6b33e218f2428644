//! Every repository of an organisation that has a catalog file: `catalog.providers.github`, and the old location type
//! `github-discovery`.
//!
//! A repository is a unit under GitHub's id of it, which a rename does not change. The first sync lists everything with
//! text; later ones ask for the last pushed, compare the counts, and sweep over what is known ([`crate::sync::sweep`]). Only where
//! that gives reason to is everything listed again, without text.

mod files;
mod listing;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::catalog::rules::{Rules, Trust};
use crate::github::queries::{FileNode, RepositoryNode};
use crate::github::{Client, GithubError};
use crate::sync::Schedule;
use crate::sync::error::{SyncError, SyncErrorKind};
use crate::sync::filter::{RepositoryFacts, RepositoryFilter};
use crate::sync::follow::{Follow, Place, ReadFile};
use crate::sync::glob::is_glob;
use crate::sync::policy::Readable;
use crate::sync::provider::{BoxFuture, EntityProvider, KnownUnit, Outcome, Turn};
use crate::sync::reader::Reader;
use crate::sync::summary::SyncIssue;
use crate::sync::target::{GithubHost, GithubTarget};

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
    progress: crate::sync::Reporter,
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
    /// Where a push may add files that were not there: the branch's head when it was read, empty where unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    open_at: Option<String>,
    /// When the repository was last pushed to, as GitHub says it (`pushedAt`): of any branch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pushed_at: Option<String>,
}

/// When the repository of a unit was last pushed to, from what a discovery keeps of it; none of another provider's units,
/// and of those that were read before this was kept.
pub fn last_push(state: &Value) -> Option<Timestamp> {
    let memory: UnitMemory = serde_json::from_value(state.clone()).ok()?;
    memory.pushed_at?.parse().ok()
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
    /// As in [`UnitMemory`]; none where only a sweep saw it.
    pushed_at: Option<String>,
}

impl GithubDiscovery {
    /// A discovery.
    pub fn new(
        config: DiscoveryConfig,
        reader: Reader,
        rules: Arc<Rules>,
        progress: crate::sync::Reporter,
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
            Some(_) => node.pushed_at.clone(),
        };
        Repository {
            id: node.id,
            name: node.name,
            url: node.url,
            branch: self.config.branch.clone().unwrap_or(default),
            file: (!self.is_glob()).then(|| node.files.into_iter().next().flatten()),
            head,
            pushed_at: node.pushed_at,
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

    /// Whether a file is of the unit's own repository, whose pushes tell when it changes.
    fn is_own(&self, target: &GithubTarget, memory: &UnitMemory) -> bool {
        target.owner.eq_ignore_ascii_case(&self.config.organization) && target.repo == memory.name
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

    fn watched(&self, known: &[KnownUnit]) -> Vec<GithubTarget> {
        let policy = self.reader.policy();
        let units = known.iter().map(memory);
        let files = units.flat_map(|(_, (memory, _))| {
            let foreign = (memory.files.iter())
                .filter_map(|file| file.readable(policy))
                .filter_map(|readable| match readable {
                    Readable::Github(target) => Some(target),
                    _ => None,
                });
            foreign
                .filter(|target| !self.is_own(target, &memory))
                .collect::<Vec<_>>()
        });
        files.collect()
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

    /// A repository that exists and could not be read: it keeps what it gave, and is tried again.
    fn unseen(&mut self, repository: &Repository, error: &SyncError) -> Result<(), SyncError> {
        self.cannot_see(repository, error)?;
        self.turn
            .sink
            .mark_stale(&BTreeSet::from([repository.id.clone()]))
    }

    /// Something of a repository could not be read: it is tried again.
    fn cannot_see(&mut self, repository: &Repository, error: &SyncError) -> Result<(), SyncError> {
        if error.kind == SyncErrorKind::Cancelled {
            return Err(error.clone());
        }
        self.state.retry.insert(repository.id.clone());
        self.turn
            .sink
            .issue(SyncIssue::new(&repository.url, &error.message));
        self.outcome.error.get_or_insert_with(|| error.clone());
        Ok(())
    }

    /// A repository of which the server refused a part: what it lacks may be there.
    fn refused(
        &mut self,
        node: RepositoryNode,
        problem: &crate::github::GraphqlProblem,
    ) -> Result<(), SyncError> {
        let error = SyncError::from(problem.to_error(&node.name_with_owner));
        let repository = self.provider.repository(node);
        self.unseen(&repository, &error)
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

    fn save(&mut self) -> Result<(), SyncError> {
        self.outcome.state = serde_json::to_value(&self.state).map_err(|e| {
            SyncError::new(SyncErrorKind::Failed, format!("the source's state: {e}"))
        })?;
        Ok(())
    }
}
