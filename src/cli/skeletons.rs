//! Skeletons by their URL, for the scaffolder: read as a sync reads, under the rules of reading.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Component, Path};
use std::sync::Arc;

use crate::config::Settings;
use crate::github::{Client, ErrorKind, TreeEntry};
use crate::scaffolder::{ActionError, ActionErrorKind, Answer, GithubWriters, Sources};
use crate::sync::access::Access;
use crate::sync::error::SyncErrorKind;
use crate::sync::policy::Readable;
use crate::sync::reader::{ReadError, Reader};
use crate::sync::sources::reading_policy;
use crate::sync::target::GithubTarget;

/// The largest file of a skeleton, and what all of it may hold.
const FILE_LIMIT: u64 = 100 << 20;
const TREE_LIMIT: u64 = 500 << 20;
/// More files are no skeleton.
const MOST_FILES: usize = 20_000;
/// Files that are asked for at once.
const AT_ONCE: usize = 200;

/// Reads skeletons.
pub struct Skeletons {
    reader: Reader,
    /// For a step that brings a token of its own.
    writers: Arc<dyn GithubWriters>,
}

impl Skeletons {
    /// With these clients, under the configuration's rules.
    ///
    /// # Errors
    /// Where TLS or the proxy settings of the environment are of no use.
    pub fn new(
        access: Access,
        settings: &Settings,
        writers: Arc<dyn GithubWriters>,
    ) -> Result<Self, ActionError> {
        let policy = reading_policy(settings, access.hosts());
        let reader = Reader::new(access, policy, None)
            .map_err(|error| ActionError::new(ActionErrorKind::Other, error.to_string()))?;
        Ok(Self { reader, writers })
    }

    fn readable(&self, url: &str) -> Result<Readable, ActionError> {
        self.reader
            .policy()
            .url(url)
            .map_err(|refusal| ActionError::not_allowed(refusal.to_string()))
    }

    async fn client(
        &self,
        target: &GithubTarget,
        token: Option<&str>,
    ) -> Result<Client, ActionError> {
        match token {
            Some(token) => {
                self.writers
                    .client(&target.host, &target.owner, Some(token))
                    .await
            }
            None => self
                .reader
                .access()
                .client(&target.host, &target.owner)
                .map_err(|error| ActionError::not_allowed(error.to_string())),
        }
    }

    async fn read_tree(
        &self,
        url: &str,
        token: Option<&str>,
        into: &Path,
    ) -> Result<(), ActionError> {
        let target = match self.readable(url)? {
            Readable::Github(target) => target,
            _ => {
                return Err(ActionError::input(format!(
                    "{url} is no folder of a repository"
                )));
            }
        };
        let client = self.client(&target, token).await?;
        let (target, folder, entries) = list(&client, &target).await?;
        let mut contents = self
            .contents(&client, token, &target, &folder, &entries)
            .await?;
        // Links last: no file is written through one.
        let (links, files): (Vec<_>, Vec<_>) =
            entries.iter().partition(|entry| entry.mode == "120000");
        for entry in files.into_iter().chain(links) {
            let Some(bytes) = contents.remove(&entry.path) else {
                continue;
            };
            write(into, below(&folder, &entry.path), &entry.mode, &bytes)?;
        }
        Ok(())
    }

    /// The bytes of every file: texts many at a time, what is no text one by one.
    async fn contents(
        &self,
        client: &Client,
        token: Option<&str>,
        target: &GithubTarget,
        folder: &str,
        entries: &[TreeEntry],
    ) -> Result<BTreeMap<String, Vec<u8>>, ActionError> {
        let mut found = BTreeMap::new();
        let mut room = TREE_LIMIT;
        for batch in entries.chunks(AT_ONCE) {
            let targets: Vec<GithubTarget> = batch
                .iter()
                .map(|entry| target.with_path(&entry.path))
                .collect();
            // A token of the step's own reads one by one: it is used for nothing that is shared.
            let texts = match token {
                None => self.reader.files(&targets, FILE_LIMIT).await,
                Some(_) => Vec::new(),
            };
            let mut texts = texts.into_iter();
            for entry in batch {
                let bytes = match texts.next() {
                    Some(Ok(blob)) => blob.bytes,
                    Some(Err(error @ ReadError::Unseen(_))) => return Err(failed(&error)),
                    _ => client
                        .blob(&target.owner, &target.repo, &entry.sha, FILE_LIMIT)
                        .await
                        .map_err(|error| {
                            ActionError::new(
                                ActionErrorKind::Network,
                                format!("{}: {error}", below(folder, &entry.path)),
                            )
                        })?,
                };
                room = room
                    .checked_sub(bytes.len() as u64)
                    .ok_or_else(|| too_large("bytes"))?;
                found.insert(entry.path.clone(), bytes);
            }
        }
        Ok(found)
    }

    async fn read_file(&self, url: &str, token: Option<&str>) -> Result<Vec<u8>, ActionError> {
        match self.readable(url)? {
            Readable::Github(target) => {
                if token.is_some() {
                    return self.with_token(&target, token).await;
                }
                match self
                    .reader
                    .files(std::slice::from_ref(&target), FILE_LIMIT)
                    .await
                    .pop()
                {
                    Some(Ok(blob)) => Ok(blob.bytes),
                    Some(Err(ReadError::Unusable(_))) => self.with_token(&target, None).await,
                    Some(Err(error)) => Err(failed(&error)),
                    None => Err(ActionError::not_found(format!("{url} was not read"))),
                }
            }
            Readable::Url(url) => self
                .reader
                .plain(&url, FILE_LIMIT)
                .await
                .map_err(|error| failed(&error)),
            Readable::Disk { .. } => Err(ActionError::not_allowed(format!(
                "{url} is a path of this machine"
            ))),
        }
    }

    /// A file by the tree it lies in: binary ones too.
    async fn with_token(
        &self,
        target: &GithubTarget,
        token: Option<&str>,
    ) -> Result<Vec<u8>, ActionError> {
        let client = self.client(target, token).await?;
        let mut last = ActionError::not_found(format!("{} does not exist", target.url()));
        for (branch, path) in target.candidates() {
            match client
                .whole_tree(&target.owner, &target.repo, &branch)
                .await
            {
                Ok(tree) => {
                    let entry = tree
                        .entries
                        .iter()
                        .find(|entry| entry.kind == "blob" && entry.path == path);
                    if let Some(entry) = entry {
                        return client
                            .blob(&target.owner, &target.repo, &entry.sha, FILE_LIMIT)
                            .await
                            .map_err(|error| {
                                ActionError::new(ActionErrorKind::Network, error.to_string())
                            });
                    }
                }
                Err(error) if *error.kind() == ErrorKind::NotFound => {}
                Err(error) => {
                    last = ActionError::new(ActionErrorKind::Network, error.to_string());
                }
            }
        }
        Err(last)
    }
}

impl Sources for Skeletons {
    fn tree<'a>(&'a self, url: &'a str, token: Option<&'a str>, into: &'a Path) -> Answer<'a, ()> {
        Box::pin(self.read_tree(url, token, into))
    }

    fn file<'a>(&'a self, url: &'a str, token: Option<&'a str>) -> Answer<'a, Vec<u8>> {
        Box::pin(self.read_file(url, token))
    }
}

/// The files below a folder of a repository, the branch now known.
async fn list(
    client: &Client,
    target: &GithubTarget,
) -> Result<(GithubTarget, String, Vec<TreeEntry>), ActionError> {
    let missing = || ActionError::not_found(format!("{} does not exist", target.url()));
    for (branch, folder) in target.candidates().chain(whole(target)) {
        let folder = folder.trim_matches('/').to_owned();
        let tree = match client
            .whole_tree(&target.owner, &target.repo, &branch)
            .await
        {
            Ok(tree) => tree,
            Err(error) if *error.kind() == ErrorKind::NotFound => continue,
            Err(error) => {
                return Err(ActionError::new(
                    ActionErrorKind::Network,
                    format!("{}: {error}", target.url()),
                ));
            }
        };
        if tree.truncated {
            return Err(too_large("files"));
        }
        let entries: Vec<TreeEntry> = tree
            .entries
            .into_iter()
            .filter(|entry| entry.kind == "blob" && is_below(&folder, &entry.path))
            .collect();
        if entries.is_empty() {
            continue;
        }
        if entries.len() > MOST_FILES {
            return Err(too_large("files"));
        }
        return Ok((target.on_branch(&branch), folder, entries));
    }
    Err(missing())
}

/// A URL that names a branch and no folder in it: the whole repository.
fn whole(target: &GithubTarget) -> Option<(String, String)> {
    let (branch, path) = target.branch_and_path();
    path.is_empty().then_some((branch, path))
}

fn is_below(folder: &str, path: &str) -> bool {
    folder.is_empty()
        || path
            .strip_prefix(folder)
            .is_some_and(|rest| rest.starts_with('/'))
}

fn below<'p>(folder: &str, path: &'p str) -> &'p str {
    path.strip_prefix(folder)
        .map_or(path, |rest| rest.trim_start_matches('/'))
}

/// Writes one file or link below a folder.
fn write(into: &Path, path: &str, mode: &str, bytes: &[u8]) -> Result<(), ActionError> {
    let plain = Path::new(path)
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    if !plain || path.is_empty() {
        return Err(ActionError::not_allowed(format!(
            "the repository has a file called {path}"
        )));
    }
    let at = into.join(path);
    let failed = |error: std::io::Error| ActionError::io(path, &error);
    if let Some(parent) = at.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    if mode == "120000" {
        let target = std::str::from_utf8(bytes)
            .map_err(|_| ActionError::input(format!("{path} is a link to what has no name")))?;
        return symlink(target, &at).map_err(failed);
    }
    fs::write(&at, bytes).map_err(failed)?;
    let mode = if mode == "100755" { 0o755 } else { 0o644 };
    fs::set_permissions(&at, fs::Permissions::from_mode(mode)).map_err(failed)
}

fn too_large(what: &str) -> ActionError {
    ActionError::new(
        ActionErrorKind::Limit,
        format!("the skeleton has more {what} than are read"),
    )
}

fn failed(error: &ReadError) -> ActionError {
    let kind = match error {
        ReadError::NotFound(_) => ActionErrorKind::NotFound,
        ReadError::Unusable(_) => ActionErrorKind::Input,
        ReadError::Refused(_) => ActionErrorKind::NotAllowed,
        ReadError::Unseen(error) => match error.kind {
            SyncErrorKind::Cancelled => ActionErrorKind::Cancelled,
            _ => ActionErrorKind::Network,
        },
    };
    ActionError::new(kind, error.message())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_written_below_the_folder_alone_with_their_modes() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        write(at, "bin/run", "100755", b"#!").unwrap();
        write(at, "a", "100644", b"x").unwrap();
        write(at, "link", "120000", b"../outside").unwrap();
        let mode = |name: &str| fs::metadata(at.join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("bin/run"), mode("a")), (0o755, 0o644));
        assert_eq!(
            fs::read_link(at.join("link")).unwrap(),
            Path::new("../outside")
        );
        for path in ["../x", "/x", "a/../../x", ""] {
            assert!(write(at, path, "100644", b"x").is_err(), "{path}");
        }
    }

    #[test]
    fn paths_are_told_from_the_folder_that_was_asked_for() {
        assert!(is_below("a/b", "a/b/c"));
        assert!(!is_below("a/b", "a/bc"));
        assert!(is_below("", "x"));
        assert_eq!(below("a/b", "a/b/c/d"), "c/d");
        assert_eq!(below("", "x"), "x");
    }
}
