//! Skeletons by their URL, for the scaffolder: read as a sync reads, under the rules of reading, each file as it is in Git.

use std::path::Path;
use std::sync::Arc;

use crate::config::Settings;
use crate::github::Client;
use crate::scaffolder::workspace::{Mode, WorkspaceLimits};
use crate::scaffolder::{ActionError, ActionErrorKind, Answer, GithubWriters, Sources, Workspace};
use crate::sync::access::Access;
use crate::sync::error::SyncErrorKind;
use crate::sync::policy::{Readable, Refusal};
use crate::sync::reader::{FolderContent, FolderEntry, FolderLimits, ReadError, Reader, folder};
use crate::sync::sources::reading_policy;
use crate::sync::target::{GithubTarget, TargetError};

/// The largest file that is read by itself.
const FILE_LIMIT: u64 = 100 << 20;
/// What a skeleton may hold.
const LIMITS: FolderLimits = FolderLimits {
    files: 20_000,
    bytes: 500 << 20,
};

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

    async fn client(
        &self,
        target: &GithubTarget,
        token: Option<&str>,
    ) -> Result<Client, ActionError> {
        match token.filter(|token| !token.is_empty()) {
            Some(token) => {
                let writers = &self.writers;
                writers
                    .client(&target.host, &target.owner, Some(token))
                    .await
            }
            None => (self.reader.access())
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
        let policy = self.reader.policy();
        match policy.url(url) {
            // What is no file may be the page of a branch, or of a repository.
            Ok(Readable::Github(_)) | Err(Refusal::Target(TargetError::NotAFile(_))) => {}
            Ok(_) => {
                return Err(ActionError::input(format!(
                    "{url} is no folder of a repository"
                )));
            }
            Err(refusal) => return Err(refused(&refusal)),
        }
        let (target, candidates) = GithubTarget::folder(url, policy.github())
            .map_err(|error| refused(&Refusal::from(error)))?;
        let client = self.client(&target, token).await?;
        let entries = folder(&client, &target, &candidates, LIMITS)
            .await
            .map_err(|error| failed(&error))?;
        let into = into.to_owned();
        let written = tokio::task::spawn_blocking(move || write(&into, &entries)).await;
        written.unwrap_or_else(|_| {
            let what = format!("{url} could not be written");
            Err(ActionError::new(ActionErrorKind::Other, what))
        })
    }

    async fn read_file(&self, url: &str, token: Option<&str>) -> Result<Vec<u8>, ActionError> {
        match self.reader.policy().url(url).map_err(|r| refused(&r))? {
            Readable::Github(target) => {
                let client = self.client(&target, token).await?;
                let blob = self.reader.by_rest(&client, &target, FILE_LIMIT).await;
                blob.map(|blob| blob.bytes).map_err(|error| failed(&error))
            }
            Readable::Url(url) => {
                let read = self.reader.plain(&url, FILE_LIMIT).await;
                read.map_err(|error| failed(&error))
            }
            Readable::Disk { .. } => Err(ActionError::not_allowed(format!(
                "{url} is a path of this machine"
            ))),
        }
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

/// Writes what was read; links last, so that nothing is written through one.
fn write(into: &Path, entries: &[FolderEntry]) -> Result<(), ActionError> {
    let limits = WorkspaceLimits {
        entries: 10 * LIMITS.files as u64,
        bytes: 2 * LIMITS.bytes,
    };
    let workspace = Workspace::with_limits(into, limits);
    let folder = workspace.open()?;
    let is_link = |entry: &&FolderEntry| matches!(entry.content, FolderContent::Link(_));
    let (links, others): (Vec<_>, Vec<_>) = entries.iter().partition(is_link);
    for entry in others.into_iter().chain(links) {
        let path = workspace.inner(&entry.path)?;
        match &entry.content {
            FolderContent::File { bytes, executable } => {
                let mode = if *executable { 0o755 } else { 0o644 };
                folder.write(&path, bytes, Mode::Exact(mode))?;
            }
            FolderContent::Link(target) => folder.link(&path, target)?,
            FolderContent::Submodule => folder.make_folder(&path)?,
        }
    }
    Ok(())
}

fn refused(refusal: &Refusal) -> ActionError {
    ActionError::not_allowed(refusal.to_string())
}

fn failed(error: &ReadError) -> ActionError {
    let kind = match error {
        ReadError::NotFound(_) => ActionErrorKind::NotFound,
        ReadError::Unusable(_) => ActionErrorKind::Input,
        ReadError::Refused(_) => ActionErrorKind::NotAllowed,
        ReadError::Unseen(error) => match error.kind {
            SyncErrorKind::Cancelled => ActionErrorKind::Cancelled,
            SyncErrorKind::NotAllowed | SyncErrorKind::NotSignedIn => ActionErrorKind::NotAllowed,
            _ => ActionErrorKind::Network,
        },
    };
    ActionError::new(kind, error.message())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn file(path: &str, executable: bool) -> FolderEntry {
        FolderEntry {
            path: path.to_owned(),
            content: FolderContent::File {
                bytes: b"x".to_vec(),
                executable,
            },
        }
    }

    #[test]
    fn files_are_written_below_the_folder_alone_with_their_modes() {
        let keep = tempfile::tempdir().unwrap();
        let into = keep.path().join("into");
        fs::create_dir(&into).unwrap();
        let link = |path: &str, target: &str| FolderEntry {
            path: path.to_owned(),
            content: FolderContent::Link(target.to_owned()),
        };
        let module = FolderEntry {
            path: "module".to_owned(),
            content: FolderContent::Submodule,
        };
        let entries = [
            link("d", "../out"),
            file("bin/run", true),
            file("a", false),
            module,
        ];
        write(&into, &entries).unwrap();
        let mode = |name: &str| into.join(name).metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("bin/run"), mode("a")), (0o755, 0o644));
        assert!(into.join("module").is_dir());
        assert_eq!(fs::read_link(into.join("d")).unwrap(), Path::new("../out"));
        for path in ["../x", "/x", "a/../../x", ".git/config", "d/x", ""] {
            assert!(write(&into, &[file(path, false)]).is_err(), "{path}");
        }
        assert_eq!(fs::read_dir(keep.path()).unwrap().count(), 1);
    }
}
