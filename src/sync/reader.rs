//! Reads files that the reading rules allow: many of them in one request where they are on a GitHub.
//!
//! It asks [`ReadingPolicy`] again for every redirect and never sends a token to a plain address.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sha1::{Digest, Sha1};
use url::Url;

use super::access::Access;
use super::error::{SyncError, SyncErrorKind};
use super::glob::PathGlob;
use super::policy::{Readable, ReadingPolicy};
use super::target::GithubTarget;
use crate::github::queries::{self, FileNode, FileRequest};
use crate::github::{Client, ErrorKind, GithubError, RestAnswer, Validator};

/// Files with text asked for in one request: fifty of the largest that are not cut still fit an answer.
const TEXT_BATCH: usize = 50;
/// Files whose object id alone is asked for.
const ID_BATCH: usize = 100;
/// Hops of a plain address.
const MOST_HOPS: usize = 5;

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
    plain: reqwest::Client,
}

impl Reader {
    /// A reader with these clients and rules.
    ///
    /// # Errors
    /// Where TLS or the proxy settings of the environment are of no use.
    pub fn new(access: Access, policy: ReadingPolicy) -> Result<Self, SyncError> {
        let plain = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(10))
            .timeout(Duration::from_secs(60))
            .user_agent(concat!("callboard/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|e| {
                SyncError::new(SyncErrorKind::Failed, format!("HTTP cannot be set up: {e}"))
            })?;
        Ok(Self {
            access,
            policy,
            plain,
        })
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

    /// The object ids of files, in the order given.
    pub async fn object_ids(&self, targets: &[GithubTarget]) -> Vec<Result<String, ReadError>> {
        self.each(targets, |client, batch| {
            let reader = self.clone();
            async move { reader.id_batch(&client, batch).await }
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
        let found = self.locate(client, &targets, true, TEXT_BATCH).await;
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

    async fn id_batch(
        &self,
        client: &Client,
        targets: Vec<GithubTarget>,
    ) -> Vec<Result<String, ReadError>> {
        if !client.credentials().is_signed_in() {
            let mut out = Vec::with_capacity(targets.len());
            for target in &targets {
                out.push(
                    self.by_rest(client, target, super::policy::PLACEHOLDER_LIMIT)
                        .await
                        .map(|b| b.oid),
                );
            }
            return out;
        }
        self.locate(client, &targets, false, ID_BATCH)
            .await
            .into_iter()
            .map(|found| found.map(|(_, node)| node.oid))
            .collect()
    }

    /// Finds each target's branch and file: the likeliest reading of each URL first, the rest only for what was not there.
    async fn locate(
        &self,
        client: &Client,
        targets: &[GithubTarget],
        with_text: bool,
        batch: usize,
    ) -> Vec<Result<(String, FileNode), ReadError>> {
        let mut out: Vec<Option<Result<(String, FileNode), ReadError>>> = vec![None; targets.len()];
        let mut candidates: Vec<_> = targets.iter().map(GithubTarget::candidates).collect();
        loop {
            let mut asked: Vec<(usize, String, FileRequest)> = Vec::new();
            for (at, target) in targets.iter().enumerate() {
                let open = matches!(out.get(at), Some(None | Some(Err(ReadError::NotFound(_)))));
                if !open {
                    continue;
                }
                if let Some((branch, path)) = candidates.get_mut(at).and_then(Iterator::next) {
                    let request = FileRequest {
                        owner: target.owner.clone(),
                        repository: target.repo.clone(),
                        expression: format!("{branch}:{path}"),
                    };
                    asked.push((at, branch, request));
                }
            }
            if asked.is_empty() {
                break;
            }
            let requests: Vec<FileRequest> = asked.iter().map(|(_, _, r)| r.clone()).collect();
            let answers = files_halving(client, &requests, with_text, batch).await;
            for ((at, branch, _), answer) in asked.into_iter().zip(answers) {
                let Some(target) = targets.get(at) else {
                    continue;
                };
                let found = match answer {
                    Ok(Some(node)) => Ok((branch, node)),
                    Ok(None) => Err(ReadError::NotFound(format!(
                        "{} does not exist",
                        target.url()
                    ))),
                    Err(error) => Err(read_error(&error, target)),
                };
                if let Some(slot) = out.get_mut(at) {
                    *slot = Some(found);
                }
            }
        }
        out.into_iter()
            .zip(targets)
            .map(|(found, t)| {
                found.unwrap_or_else(|| {
                    Err(ReadError::NotFound(format!("{} does not exist", t.url())))
                })
            })
            .collect()
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

    /// Without a token there is no GraphQL: one REST request a file.
    async fn by_rest(
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

    /// The files of a repository that a globbed target names, sorted by path: one request for its tree.
    ///
    /// # Errors
    /// As reading a file; [`ReadError::Unusable`] for a broken glob or a tree that cannot be listed whole.
    pub async fn expand(&self, target: &GithubTarget) -> Result<Vec<GithubTarget>, ReadError> {
        let client = self
            .access
            .client(&target.host, &target.owner)
            .map_err(|e| ReadError::Unseen(SyncError::from(&e)))?;
        let mut last = ReadError::NotFound(format!("{} does not exist", target.url()));
        for (branch, path) in target.candidates() {
            // A glob in what would be the branch: no more candidates make sense.
            if super::glob::is_glob(&branch) {
                break;
            }
            let glob = PathGlob::new(&path).map_err(ReadError::Unusable)?;
            match client
                .whole_tree(&target.owner, &target.repo, &branch)
                .await
            {
                Ok(tree) => {
                    if tree.truncated {
                        return Err(ReadError::Unusable(format!(
                            "{}: the repository has more files than GitHub lists",
                            target.url()
                        )));
                    }
                    let found = target.on_branch(&branch);
                    return Ok(tree
                        .entries
                        .iter()
                        .filter(|e| e.kind == "blob" && e.mode != "120000" && glob.matches(&e.path))
                        .map(|e| found.with_path(&e.path))
                        .collect());
                }
                Err(error) => last = read_error(&error, target),
            }
            if !matches!(last, ReadError::NotFound(_)) {
                break;
            }
        }
        Err(last)
    }

    /// Reads a plain address of the allow list; every redirect is decided anew.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn plain(&self, url: &Url, limit: u64) -> Result<Vec<u8>, ReadError> {
        let mut at = url.clone();
        for _ in 0..=MOST_HOPS {
            let request = self.plain.get(at.clone()).send();
            let response = tokio::select! {
                response = request => response.map_err(|e| offline(&at, &e))?,
                () = self.access.cancel().cancelled() => return Err(ReadError::Unseen(cancelled())),
            };
            let status = response.status();
            if status.is_redirection() {
                let next = response
                    .headers()
                    .get(reqwest::header::LOCATION)
                    .and_then(|v| v.to_str().ok())
                    .and_then(|v| at.join(v).ok())
                    .ok_or_else(|| ReadError::Unusable(format!("{at} redirects to nowhere")))?;
                match self.policy.url(next.as_str()) {
                    Ok(Readable::Url(next)) => at = next,
                    Ok(_) => {
                        return Err(ReadError::Refused(format!(
                            "{at} redirects to {next}, which is not followed"
                        )));
                    }
                    Err(refusal) => {
                        return Err(ReadError::Refused(format!("{at} redirects: {refusal}")));
                    }
                }
                continue;
            }
            if status == reqwest::StatusCode::NOT_FOUND {
                return Err(ReadError::NotFound(format!("{at} does not exist")));
            }
            if !status.is_success() {
                return Err(ReadError::Unseen(SyncError::new(
                    SyncErrorKind::Failed,
                    format!("{at} answered {status}"),
                )));
            }
            return self.body(&at, response, limit).await;
        }
        Err(ReadError::Unusable(format!("{url} redirects too often")))
    }

    async fn body(
        &self,
        url: &Url,
        mut response: reqwest::Response,
        limit: u64,
    ) -> Result<Vec<u8>, ReadError> {
        if response.content_length().is_some_and(|n| n > limit) {
            return Err(too_large(
                url.as_str(),
                response.content_length().unwrap_or(0),
                limit,
            ));
        }
        let mut out = Vec::new();
        loop {
            let chunk = tokio::select! {
                chunk = response.chunk() => chunk.map_err(|e| offline(url, &e))?,
                () = self.access.cancel().cancelled() => return Err(ReadError::Unseen(cancelled())),
            };
            let Some(chunk) = chunk else { return Ok(out) };
            if (out.len() + chunk.len()) as u64 > limit {
                return Err(too_large(
                    url.as_str(),
                    (out.len() + chunk.len()) as u64,
                    limit,
                ));
            }
            out.extend_from_slice(&chunk);
        }
    }
}

/// [`queries::files`] in batches, each halved while the server finds it too much. A failing batch fails its own files only.
async fn files_halving(
    client: &Client,
    requests: &[FileRequest],
    with_text: bool,
    batch: usize,
) -> Vec<Result<Option<FileNode>, GithubError>> {
    let mut out = Vec::with_capacity(requests.len());
    let mut size = batch.max(1);
    let mut rest = requests;
    while !rest.is_empty() {
        let (now, later) = rest.split_at(size.min(rest.len()));
        match queries::files(client, now, with_text).await {
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

fn offline(url: &Url, error: &reqwest::Error) -> ReadError {
    ReadError::Unseen(SyncError::new(
        SyncErrorKind::Offline,
        format!(
            "{} could not be read: {}",
            url.host_str().unwrap_or_default(),
            if error.is_timeout() {
                "no answer in time"
            } else {
                "no connection"
            }
        ),
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
