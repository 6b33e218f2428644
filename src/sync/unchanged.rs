//! Whether the files that a unit was made of are as they were: object ids for what is in repositories, all in one
//! request, and conditional requests for plain addresses.
//!
//! What was missing is compared like what was there, and a glob by the folder it looks below, so that a file that comes
//! late is found without any file being read.

use std::collections::BTreeSet;

use super::error::SyncError;
use super::follow::ReadFile;
use super::glob::PathGlob;
use super::policy::{PLACEHOLDER_LIMIT, Readable, ReadingPolicy};
use super::reader::{Reader, Trees, blob_id};
use super::target::GithubTarget;

/// What became of a unit's files.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Now {
    /// All are as they were.
    Same,
    /// The files are as they were, and something beside them is not: this is to be compared with the next time.
    Moved(Vec<ReadFile>),
    /// Something is to be read again.
    Different,
    /// Nothing can be said.
    Unseen(SyncError),
}

/// Compares each file with what is there now; an error where that cannot be said.
pub(super) async fn compare(reader: &Reader, files: &[&ReadFile]) -> Vec<Result<bool, SyncError>> {
    // What is no longer allowed is no news: other rules read everything anew.
    let mut out: Vec<Result<bool, SyncError>> = vec![Ok(true); files.len()];
    let mut asked: Vec<(usize, GithubTarget)> = Vec::new();
    for (at, file) in files.iter().enumerate() {
        match file.readable(reader.policy()) {
            Some(Readable::Github(target)) => asked.push((at, target)),
            Some(Readable::Url(url)) => {
                let bytes = reader.plain(&url, PLACEHOLDER_LIMIT).await;
                if let Some(slot) = out.get_mut(at) {
                    *slot = file.is_same(&bytes.map(|bytes| blob_id(&bytes)));
                }
            }
            Some(Readable::Disk { .. }) | None => {}
        }
    }
    let targets: Vec<GithubTarget> = asked.iter().map(|(_, t)| t.clone()).collect();
    let answers = reader.object_ids(&targets).await;
    for ((at, _), now) in asked.into_iter().zip(answers) {
        if let (Some(file), Some(slot)) = (files.get(at), out.get_mut(at)) {
            *slot = file.is_same(&now);
        }
    }
    out
}

/// The files of a unit that must be asked for to know that all are as they were: what lies below a folder that a glob
/// watches is as it was where the folder is.
pub(super) fn telling<'a>(policy: &ReadingPolicy, files: &'a [ReadFile]) -> Vec<&'a ReadFile> {
    let folders: Vec<Folder> = files.iter().filter_map(|f| Folder::of(policy, f)).collect();
    if folders.is_empty() {
        return files.iter().collect();
    }
    let below = |file: &ReadFile| folders.iter().any(|folder| folder.holds(policy, file));
    files
        .iter()
        .filter(|f| is_glob(policy, f) || !below(f))
        .collect()
}

/// What [`telling`] files are in repositories.
pub(super) fn targets(policy: &ReadingPolicy, files: &[ReadFile]) -> Vec<GithubTarget> {
    let readable = telling(policy, files)
        .into_iter()
        .filter_map(|file| file.readable(policy));
    readable
        .filter_map(|readable| match readable {
            Readable::Github(target) => Some(target),
            _ => None,
        })
        .collect()
}

/// Looks at all files of a unit.
pub(super) async fn look(reader: &Reader, files: &[ReadFile]) -> Now {
    let policy = reader.policy();
    let asked = telling(policy, files);
    let answers = compare(reader, &asked).await;
    let errors = answers.iter().filter_map(|a| a.as_ref().err());
    match errors.clone().next() {
        Some(error) if errors.count() == answers.len() => return Now::Unseen(error.clone()),
        Some(_) => return Now::Different,
        None => {}
    }
    let changed: Vec<&ReadFile> = (asked.into_iter().zip(answers))
        .filter(|(_, same)| *same == Ok(false))
        .map(|(file, _)| file)
        .collect();
    if changed.is_empty() {
        return Now::Same;
    }
    if !changed.iter().all(|file| is_glob(policy, file)) {
        return Now::Different;
    }
    below_changed(reader, files, &changed).await
}

/// Folders have changed: perhaps nothing that a glob matches, and nothing else that was read.
async fn below_changed(reader: &Reader, files: &[ReadFile], globs: &[&ReadFile]) -> Now {
    let policy = reader.policy();
    let known: BTreeSet<&str> = files.iter().map(|file| file.at.as_str()).collect();
    let mut trees = Trees::default();
    let mut moved = Vec::new();
    for glob in globs {
        let Some(Readable::Github(target)) = glob.readable(policy) else {
            return Now::Different;
        };
        match reader.expand(&target, &mut trees).await {
            Ok(listing) => {
                let found = listing.files.iter();
                if found
                    .map(|(file, _)| file.url())
                    .any(|url| !known.contains(url.as_str()))
                {
                    return Now::Different;
                }
                moved.push(listing.glob);
            }
            Err(_) => return Now::Different,
        }
    }
    let folders: Vec<Folder> = (globs.iter())
        .filter_map(|glob| Folder::of(policy, glob))
        .collect();
    let below: Vec<&ReadFile> = (files.iter())
        .filter(|f| !is_glob(policy, f) && folders.iter().any(|folder| folder.holds(policy, f)))
        .collect();
    if !(compare(reader, &below).await.iter()).all(|same| *same == Ok(true)) {
        return Now::Different;
    }
    let mut files = files.to_vec();
    for file in &mut files {
        if let Some(now) = moved.iter().find(|now| now.at == file.at) {
            file.clone_from(now);
        }
    }
    Now::Moved(files)
}

fn is_glob(policy: &ReadingPolicy, file: &ReadFile) -> bool {
    matches!(file.readable(policy), Some(Readable::Github(t)) if t.is_glob())
}

/// The folder that a glob looks below.
struct Folder {
    repository: GithubTarget,
    branch: String,
    /// With its slash; empty for the root.
    path: String,
}

impl Folder {
    fn of(policy: &ReadingPolicy, glob: &ReadFile) -> Option<Self> {
        let Some(Readable::Github(target)) = glob.readable(policy) else {
            return None;
        };
        if !target.is_glob() {
            return None;
        }
        let (branch, path) = target.branch_and_path();
        let mut path = PathGlob::new(&path).ok()?.literal_prefix();
        if !path.is_empty() {
            path.push('/');
        }
        Some(Self {
            repository: target,
            branch,
            path,
        })
    }

    fn holds(&self, policy: &ReadingPolicy, file: &ReadFile) -> bool {
        let Some(Readable::Github(target)) = file.readable(policy) else {
            return false;
        };
        let (branch, path) = target.branch_and_path();
        let own = &self.repository;
        (&target.host, &target.owner, &target.repo) == (&own.host, &own.owner, &own.repo)
            && branch == self.branch
            && path.starts_with(&self.path)
    }
}
