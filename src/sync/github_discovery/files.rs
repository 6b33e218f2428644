//! What repositories give: their catalog files, and everything those lead to.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Repository, Run, UnitMemory};
use crate::store::Kept;
use crate::sync::error::{SyncError, SyncErrorKind};
use crate::sync::follow::{Followed, Place, ReadFile, Root, unreadable};
use crate::sync::glob::PathGlob;
use crate::sync::policy::{CATALOG_FILE_LIMIT, Readable};
use crate::sync::provider::{Unit, may_grow};
use crate::sync::reader::{Blob, ReadError, Reader, cancelled, read_error};
use crate::sync::skeleton;
use crate::sync::summary::SyncIssue;
use crate::sync::target::GithubTarget;
use crate::sync::unchanged;

impl Run<'_, '_> {
    /// Compares repositories that belong with what is known, and hands over those that differ. Returns the ids of those
    /// that have a catalog file.
    pub(super) async fn take(
        &mut self,
        repositories: Vec<Repository>,
    ) -> Result<BTreeSet<String>, SyncError> {
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
                self.keep(&repository)?;
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

    /// A unit that is as the cache has it, but for the time of its last push.
    fn keep(&mut self, repository: &Repository) -> Result<(), SyncError> {
        let known = self.known.get(&repository.id);
        match known.filter(|(memory, _)| memory.pushed_at != repository.pushed_at) {
            None => {
                self.turn.sink.unchanged(&repository.id);
                Ok(())
            }
            Some((memory, _)) => {
                let memory = UnitMemory {
                    pushed_at: repository.pushed_at.clone(),
                    ..memory.clone()
                };
                let state = serde_json::to_value(memory).unwrap_or(Value::Null);
                self.turn.sink.remember(&repository.id, state)
            }
        }
    }

    pub(super) fn is_as_known(&self, repository: &Repository) -> bool {
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
            && memory
                .open_at
                .as_ref()
                .is_none_or(|at| Some(at) == repository.head.as_ref())
    }

    /// Of repositories whose catalog file is as it was, those where a file that it names is not.
    pub(super) async fn changed_inside(&mut self, repositories: &[Repository]) -> BTreeSet<String> {
        let policy = self.provider.reader.policy();
        let mut asked: Vec<(&str, &ReadFile)> = Vec::new();
        if !self.provider.is_glob() {
            for repository in repositories {
                let files = self.known.get(&repository.id);
                let files = files.map_or(&[][..], |(memory, _)| memory.files.as_slice());
                let in_repositories = (files.iter())
                    .filter(|file| matches!(file.readable(policy), Some(Readable::Github(_))));
                asked.extend(in_repositories.map(|file| (repository.id.as_str(), file)));
            }
        }
        let (changed, unchecked) = changed_of(&self.provider.reader, &asked).await;
        for (id, at, error) in unchecked {
            self.unchecked(id, &at, error);
        }
        changed
    }

    /// A unit of which a file could not be compared: what it gave stands, and it is read at the next sync whatever was
    /// pushed until then.
    pub(super) fn unchecked(&mut self, id: String, at: &str, error: SyncError) {
        if self.state.retry.insert(id) && error.kind != SyncErrorKind::Cancelled {
            self.turn.sink.issue(SyncIssue::new(at, &error.message));
        }
        self.outcome.error.get_or_insert(error);
    }

    pub(super) async fn read_files(
        &mut self,
        differ: Vec<Repository>,
    ) -> Result<Vec<String>, SyncError> {
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
                    self.put(&repository, oid, Followed::of(file))?;
                }
            }
        }
        self.hand_over(roots, units).await?;
        Ok(missing)
    }

    /// With a globbed path: one request for the tree of each repository that changed.
    pub(super) async fn read_globs(
        &mut self,
        differ: Vec<Repository>,
    ) -> Result<Vec<String>, SyncError> {
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
            // What it does not list may be there: nothing of the repository goes.
            let cut = tree.truncated.then(|| {
                let text = format!(
                    "{owner}/{} has more files than GitHub lists: catalog files may be missing, and those it gave are kept",
                    repository.name
                );
                SyncError::new(SyncErrorKind::Failed, text)
                    .with_hint("a catalogPath without a glob needs no listing")
            });
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
            // Without its templates nobody can say which of its files are skeletons.
            let unread = templates.iter().find_map(|path| match read.get(path) {
                Some(Err(ReadError::Unseen(error))) => Some(error.clone()),
                _ => None,
            });
            if let Some(error) = unread {
                self.unseen(&repository, &error)?;
                continue;
            }
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
            match cut {
                Some(cut) if paths.is_empty() => self.unseen(&repository, &cut)?,
                None if paths.is_empty() => missing.push(repository.id),
                cut => self.put_matches(repository, &paths, &read, cut).await?,
            }
        }
        Ok(missing)
    }

    /// Takes over the files that the glob matches. `unseen` says why there may be more of them.
    pub(super) async fn put_matches(
        &mut self,
        repository: Repository,
        paths: &[&str],
        read: &BTreeMap<&str, Result<Blob, ReadError>>,
        mut unseen: Option<SyncError>,
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
                    files.push(ReadFile::new(&place, &blob.oid));
                    roots.push(Root {
                        unit: 0,
                        parsed: self.provider.follow().parse(&place, &origin, &blob.bytes),
                        place,
                    });
                }
                Some(Err(ReadError::Unseen(error))) => {
                    unseen.get_or_insert_with(|| error.clone());
                }
                Some(Err(error)) => {
                    broken.push(unreadable(&place, &origin, error.name(), &error.message()))
                }
                None => {}
            }
        }
        if let (true, Some(error)) = (roots.is_empty(), &unseen) {
            return self.unseen(&repository, error);
        }
        let Some(mut followed) = self.provider.follow().run(roots, 1).await.pop() else {
            return Ok(());
        };
        if let Some(error) = unseen {
            followed.unseen.get_or_insert(error);
            followed.kept = Kept::Everything;
        }
        followed.files.extend(broken);
        followed.read.extend(files);
        let oid = repository.head.clone().unwrap_or_default();
        self.settle(&repository, oid, followed)
    }

    pub(super) async fn hand_over(
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

    pub(super) fn settle(
        &mut self,
        repository: &Repository,
        oid: String,
        followed: Followed,
    ) -> Result<(), SyncError> {
        if let Some(error) = &followed.unseen {
            // What could be read is taken over; the rest stays as it was and is tried again.
            self.cannot_see(repository, error)?;
        } else {
            self.state.retry.remove(&repository.id);
        }
        self.put(repository, oid, followed)
    }

    pub(super) fn put(
        &mut self,
        repository: &Repository,
        oid: String,
        followed: Followed,
    ) -> Result<(), SyncError> {
        let mut files = followed.read;
        files.sort();
        files.dedup();
        let records = followed.files;
        let memory = UnitMemory {
            name: repository.name.clone(),
            branch: repository.branch.clone(),
            oid,
            files,
            open_at: may_grow(&records).then(|| repository.head.clone().unwrap_or_default()),
            pushed_at: repository.pushed_at.clone(),
        };
        self.provider
            .progress
            .entities(records.iter().map(|f| f.entities.len() as u64).sum());
        self.turn.sink.put(Unit {
            unit: repository.id.clone(),
            state: serde_json::to_value(memory).unwrap_or(Value::Null),
            files: records,
            kept: followed.kept,
        })
    }
}

/// The ids of the units with a file that is not as it was, and the files of which that cannot be said.
pub(super) async fn changed_of(
    reader: &Reader,
    asked: &[(&str, &ReadFile)],
) -> (BTreeSet<String>, Vec<(String, String, SyncError)>) {
    let files: Vec<&ReadFile> = asked.iter().map(|(_, file)| *file).collect();
    let answers = unchanged::compare(reader, &files).await;
    let mut changed = BTreeSet::new();
    let mut unchecked = Vec::new();
    for ((id, file), same) in asked.iter().zip(answers) {
        match same {
            Ok(true) => {}
            Ok(false) => {
                changed.insert((*id).to_owned());
            }
            Err(error) => unchecked.push(((*id).to_owned(), file.at.clone(), error)),
        }
    }
    (changed, unchecked)
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
