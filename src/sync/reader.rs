//! Reads files that the reading rules allow: many of them in one request where they are on a GitHub.
//!
//! It asks [`ReadingPolicy`] again for every redirect and never sends a token to a plain address.

mod folder;
mod ids;
mod plain;
mod trees;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

pub use folder::{FolderContent, FolderEntry, FolderLimits, folder};
pub use plain::Answers;
pub use trees::{Listing, Trees};

use plain::Plain;
pub(super) use plain::today;
use sha1::{Digest, Sha1};
use url::Url;

use super::access::Access;
use super::error::{SyncError, SyncErrorKind};
use super::policy::ReadingPolicy;
use super::target::GithubTarget;
use crate::github::queries::{self, FileNode, FileRequest};
use crate::github::{Client, ErrorKind, GithubError, RestAnswer, Validator};

/// Files with text asked for in one request: fifty of the largest that are not cut still fit an answer.
const TEXT_BATCH: usize = 50;

/// A file that was read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Blob {
    /// Where it is, its branch now known.
    pub target: GithubTarget,
    /// Git's object id, or a digest where there is none.
    pub oid: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Why a file was not read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReadError {
    /// It is not there, as far as this identity sees.
    NotFound(String),
    /// It is there and of no use: binary, too large, a folder.
    Unusable(String),
    /// Not allowed by the reading rules.
    Refused(String),
    /// Nothing can be said about it: the network, a limit, a right.
    Unseen(SyncError),
}

impl ReadError {
    /// The sentence for the file's problem.
    pub fn message(&self) -> String {
        match self {
            Self::NotFound(text) | Self::Unusable(text) | Self::Refused(text) => text.clone(),
            Self::Unseen(error) => error.to_string(),
        }
    }

    /// Backstage's name for it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "NotFoundError",
            Self::Unusable(_) => "InputError",
            Self::Refused(_) => "NotAllowedError",
            Self::Unseen(_) => "Error",
        }
    }
}

/// Reads for one run.
#[derive(Clone)]
pub struct Reader {
    access: Access,
    policy: ReadingPolicy,
    plain: Plain,
    /// Object ids that were asked for ahead, for all sources of the run at once.
    ahead: Arc<Mutex<BTreeMap<String, Result<String, ReadError>>>>,
}

impl Reader {
    /// A reader with these clients and rules; answers of plain addresses are kept in the cache of a folder, where one is
    /// given.
    ///
    /// # Errors
    /// Where TLS or the proxy settings of the environment are of no use.
    pub fn new(
        access: Access,
        policy: ReadingPolicy,
        answers: Option<Answers>,
    ) -> Result<Self, SyncError> {
        let plain = Plain::new(access.clone(), policy.clone(), answers)?;
        Ok(Self {
            access,
            policy,
            plain,
            ahead: Arc::default(),
        })
    }

    /// Reads a plain address of the allow list; every redirect is decided anew. What has not changed since it was last
    /// read comes from the cache.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn plain(&self, url: &Url, limit: u64) -> Result<Vec<u8>, ReadError> {
        self.plain.read(url, limit).await
    }

    /// The rules it reads by.
    pub fn policy(&self) -> &ReadingPolicy {
        &self.policy
    }

    /// The clients it reads with.
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// Reads files of any repositories, in the order given, each up to `limit` bytes.
    pub async fn files(
        &self,
        targets: &[GithubTarget],
        limit: u64,
    ) -> Vec<Result<Blob, ReadError>> {
        self.each(targets, |client, batch| {
            let reader = self.clone();
            async move { reader.text_batch(&client, batch, limit).await }
        })
        .await
    }

    /// Runs `read` over the distinct targets, grouped by the client that may read them, and deals the answers out.
    async fn each<T, F, R>(&self, targets: &[GithubTarget], read: F) -> Vec<Result<T, ReadError>>
    where
        T: Clone,
        F: Fn(Client, Vec<GithubTarget>) -> R,
        R: Future<Output = Vec<Result<T, ReadError>>>,
    {
        let mut groups: BTreeMap<(String, String), Vec<GithubTarget>> = BTreeMap::new();
        let mut known = BTreeSet::new();
        for target in targets {
            if known.insert(target.url()) {
                groups
                    .entry((target.host.clone(), target.owner.clone()))
                    .or_default()
                    .push(target.clone());
            }
        }
        // Owners that share a client share its requests.
        let mut by_client: Vec<(Client, Vec<GithubTarget>)> = Vec::new();
        let mut answers: BTreeMap<String, Result<T, ReadError>> = BTreeMap::new();
        for ((host, owner), group) in groups {
            match self.access.client(&host, &owner) {
                Ok(client) => match by_client.iter_mut().find(|(c, _)| c.is_same(&client)) {
                    Some((_, all)) => all.extend(group),
                    None => by_client.push((client, group)),
                },
                Err(error) => {
                    for target in group {
                        answers.insert(
                            target.url(),
                            Err(ReadError::Unseen(SyncError::from(&error))),
                        );
                    }
                }
            }
        }
        for (client, group) in by_client {
            let urls: Vec<String> = group.iter().map(GithubTarget::url).collect();
            for (url, answer) in urls.into_iter().zip(read(client, group).await) {
                answers.insert(url, answer);
            }
        }
        targets
            .iter()
            .map(|t| {
                answers.get(&t.url()).cloned().unwrap_or_else(|| {
                    Err(ReadError::NotFound(format!("{} was not read", t.url())))
                })
            })
            .collect()
    }

    async fn text_batch(
        &self,
        client: &Client,
        targets: Vec<GithubTarget>,
        limit: u64,
    ) -> Vec<Result<Blob, ReadError>> {
        if !client.credentials().is_signed_in() {
            let mut out = Vec::with_capacity(targets.len());
            for target in &targets {
                out.push(self.by_rest(client, target, limit).await);
            }
            return out;
        }
        let request = |target: &GithubTarget, branch: &str, path: &str| {
            Ok(file_request(target, format!("{branch}:{path}")))
        };
        let found = self
            .locate(&targets, request, |requests| async move {
                files_halving(client, &requests).await
            })
            .await;
        let mut out = Vec::with_capacity(targets.len());
        for (target, found) in targets.iter().zip(found) {
            out.push(match found {
                Ok((branch, node)) => {
                    self.bytes_of(client, target.on_branch(&branch), node, limit)
                        .await
                }
                Err(error) => Err(error),
            });
        }
        out
    }

    /// Finds what each target names: the likeliest reading of each URL first, then all others of what was not there.
    /// `ask` answers requests in their order.
    async fn locate<T: Clone, R>(
        &self,
        targets: &[GithubTarget],
        request: impl Fn(&GithubTarget, &str, &str) -> Result<FileRequest, ReadError>,
        ask: impl Fn(Vec<FileRequest>) -> R,
    ) -> Vec<Result<(String, T), ReadError>>
    where
        R: Future<Output = Vec<Result<Option<T>, GithubError>>>,
    {
        let missing = |t: &GithubTarget| ReadError::NotFound(format!("{} does not exist", t.url()));
        let mut out: Vec<Result<(String, T), ReadError>> =
            targets.iter().map(|t| Err(missing(t))).collect();
        for round in [0..1, 1..usize::MAX] {
            let mut asked: Vec<(usize, String, FileRequest)> = Vec::new();
            for (at, target) in targets.iter().enumerate() {
                if !matches!(out.get(at), Some(Err(ReadError::NotFound(_)))) {
                    continue;
                }
                let candidates = target.candidates().skip(round.start);
                for (branch, path) in candidates.take(round.end - round.start) {
                    match request(target, &branch, &path) {
                        Ok(request) => asked.push((at, branch, request)),
                        Err(error) => out[at] = Err(error),
                    }
                }
            }
            if asked.is_empty() {
                break;
            }
            let requests: Vec<FileRequest> = asked.iter().map(|(_, _, r)| r.clone()).collect();
            for ((at, branch, _), answer) in asked.into_iter().zip(ask(requests).await) {
                let (Some(target), Some(slot)) = (targets.get(at), out.get_mut(at)) else {
                    continue;
                };
                // The likelier reading wins.
                if !matches!(slot, Err(ReadError::NotFound(_))) {
                    continue;
                }
                *slot = match answer {
                    Ok(Some(node)) => Ok((branch, node)),
                    Ok(None) => Err(missing(target)),
                    Err(error) => Err(read_error(&error, target)),
                };
            }
        }
        out
    }

    /// The bytes of a file whose node came with an answer; read again where they were cut short.
    ///
    /// # Errors
    /// [`ReadError::Unusable`] for binary and oversized files; else as the second request fails.
    pub async fn bytes_of(
        &self,
        client: &Client,
        target: GithubTarget,
        node: FileNode,
        limit: u64,
    ) -> Result<Blob, ReadError> {
        if node.byte_size > limit {
            return Err(too_large(&target.url(), node.byte_size, limit));
        }
        match node.text {
            Some(text) if !node.is_truncated => Ok(Blob {
                target,
                oid: node.oid,
                bytes: text.into_bytes(),
            }),
            _ if node.is_binary == Some(true) => Err(ReadError::Unusable(format!(
                "{} is a binary file",
                target.url()
            ))),
            _ => match client
                .blob(&target.owner, &target.repo, &node.oid, limit)
                .await
            {
                Ok(bytes) => Ok(Blob {
                    target,
                    oid: node.oid,
                    bytes,
                }),
                Err(error) => Err(read_error(&error, &target)),
            },
        }
    }

    /// One file by REST, as its bytes are; without a token there is no other way.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn by_rest(
        &self,
        client: &Client,
        target: &GithubTarget,
        limit: u64,
    ) -> Result<Blob, ReadError> {
        let mut last = ReadError::NotFound(format!("{} does not exist", target.url()));
        for (branch, path) in target.candidates() {
            let answer = client
                .file(
                    &target.owner,
                    &target.repo,
                    &path,
                    Some(&branch),
                    limit,
                    &Validator::default(),
                )
                .await;
            match answer {
                Ok(RestAnswer::Fresh { body, .. }) => {
                    return Ok(Blob {
                        target: target.on_branch(&branch),
                        oid: blob_id(&body),
                        bytes: body,
                    });
                }
                Ok(RestAnswer::NotModified) => {}
                Err(error) => last = read_error(&error, target),
            }
            if !matches!(last, ReadError::NotFound(_)) {
                break;
            }
        }
        Err(last)
    }
}

/// [`queries::files`] in batches, each halved while the server finds it too much. A failing batch fails its own files only.
async fn files_halving(
    client: &Client,
    requests: &[FileRequest],
) -> Vec<Result<Option<FileNode>, GithubError>> {
    let mut out = Vec::with_capacity(requests.len());
    let mut size = TEXT_BATCH;
    let mut rest = requests;
    while !rest.is_empty() {
        let (now, later) = rest.split_at(size.min(rest.len()));
        match queries::files(client, now).await {
            Ok(answers) => out.extend(answers),
            Err(error) if error.wants_smaller_page() && now.len() > 1 => {
                size = now.len().div_ceil(2);
                continue;
            }
            Err(error) => out.extend(now.iter().map(|_| Err(error.clone()))),
        }
        rest = later;
    }
    out
}

fn file_request(target: &GithubTarget, expression: String) -> FileRequest {
    FileRequest {
        owner: target.owner.clone(),
        repository: target.repo.clone(),
        expression,
    }
}

/// What a failed request means for one file.
pub fn read_error(error: &GithubError, target: &GithubTarget) -> ReadError {
    match error.kind() {
        ErrorKind::NotFound => ReadError::NotFound(format!("{} does not exist", target.url())),
        ErrorKind::TooLarge { limit } => {
            ReadError::Unusable(format!("{} is larger than {limit} bytes", target.url()))
        }
        ErrorKind::Rejected { .. } | ErrorKind::Refused => ReadError::Unusable(error.to_string()),
        _ => ReadError::Unseen(SyncError::from(error)),
    }
}

fn too_large(what: &str, size: u64, limit: u64) -> ReadError {
    ReadError::Unusable(format!(
        "{what} has {size} bytes, more than the {limit} that are read"
    ))
}

/// The error of work that the user stopped.
pub fn cancelled() -> SyncError {
    SyncError::new(SyncErrorKind::Cancelled, "stopped")
}

/// Git's object id of a file's bytes, so that files of any origin compare in the same way.
pub fn blob_id(bytes: &[u8]) -> String {
    let mut hasher = Sha1::new();
    hasher.update(format!("blob {}\0", bytes.len()).as_bytes());
    hasher.update(bytes);
    hasher
        .finalize()
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn object_ids_are_those_of_git() {
        assert_eq!(
            blob_id(b"hello\n"),
            "ce013625030ba8dba906f756967f9e9ca394464a"
        );
        assert_eq!(blob_id(b""), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
    }
}
