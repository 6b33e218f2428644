//! Commits a folder with the `git` program and pushes the commit.
//!
//! What a workspace holds was rendered from a template, so it is hostile to git: the repository's folder is outside of the
//! workspace, and no hook, filter, attribute, file-system monitor, signature or line-ending conversion runs. Of the
//! system's and the user's configuration only `http.proxy` and `http.sslCAInfo` count. git speaks https only (http on
//! this machine), never asks on a terminal, and follows no redirect.
//!
//! What must never happen here: a token in an argument, an address, a file or a message. It travels by the environment of
//! one process to a credential helper that answers for one host alone.

mod explain;
mod program;
mod tree;

use std::path::{Path, PathBuf};

use secrecy::SecretString;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::error::{ActionError, ActionErrorKind};
use super::workspace::is_git_folder;
use crate::github::endpoint::{may_speak, shown};
use program::Call;

pub use program::{Git, OLDEST, version};
pub use tree::{Change, FileMode, bytes_of};

/// Who made a commit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Person {
    /// The name, as it stands in the commit.
    pub name: String,
    /// The address, as it stands in the commit.
    pub email: String,
}

/// A repository of one commit, in a folder of its own that goes when this is dropped.
#[derive(Debug)]
pub struct Committed {
    folder: TempDir,
    /// The commit's object id.
    pub commit: String,
    /// Its tree's.
    pub tree: String,
}

/// Where a commit goes.
#[derive(Clone, Debug)]
pub struct Remote<'a> {
    /// The repository's https address, without a user or a password.
    pub url: &'a Url,
    /// The token for its host, if any.
    pub token: Option<&'a SecretString>,
}

/// The id of the tree that holds nothing.
const EMPTY_TREE: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
/// Goes before every attribute that a workspace names: bytes are committed as they are.
const NO_ATTRIBUTES: &str = "* -text -filter -ident -working-tree-encoding -diff -merge\n";

impl Git {
    /// Commits everything in a folder (what its `.gitignore` files leave out excepted), as a first commit.
    ///
    /// # Errors
    /// `Input` where there is nothing to commit, or git refuses a path; `Cancelled`; `Storage`.
    pub async fn commit(
        &self,
        files: &Path,
        message: &str,
        author: &Person,
        cancel: &CancellationToken,
    ) -> Result<Committed, ActionError> {
        no_git_folders(files)?;
        let folder = self.repository(cancel).await?;
        let add = Call::new(["add", "--all", "--", "."])
            .repository(folder.path())
            .work_tree(files);
        self.run(add, cancel).await?.success(explain::adding)?;
        let tree = self.write_tree(folder.path(), cancel).await?;
        if tree == EMPTY_TREE {
            return Err(nothing(files));
        }
        self.commit_tree(folder, &tree, None, message, author, cancel)
            .await
    }

    /// A commit on top of a branch's head as it is on the remote, with these changes.
    ///
    /// # Errors
    /// As [`Git::commit`] and [`Git::push`].
    pub async fn commit_onto(
        &self,
        base: &str,
        remote: &Remote<'_>,
        changes: &[Change],
        message: &str,
        author: &Person,
        cancel: &CancellationToken,
    ) -> Result<Committed, ActionError> {
        let folder = self.repository(cancel).await?;
        let fetch = self
            .speaking(
                Call::new(["fetch", "--quiet", "--no-tags", "--depth=1"]),
                remote,
            )?
            .argument(remote.url.as_str())
            .argument(base)
            .repository(folder.path());
        self.run(fetch, cancel)
            .await?
            .success(|told| explain::speaking("fetch", remote.url, told))?;
        let read = Call::new(["read-tree", base]).repository(folder.path());
        self.run(read, cancel)
            .await?
            .success(|told| explain::other("read-tree", told))?;
        self.apply(folder.path(), changes, cancel).await?;
        let tree = self.write_tree(folder.path(), cancel).await?;
        self.commit_tree(folder, &tree, Some(base), message, author, cancel)
            .await
    }

    /// Pushes a commit to a branch. `force` overwrites what is there.
    ///
    /// # Errors
    /// `NotAllowed`, `Conflict`, `NotFound`, `Limit` or `Network`, as the other side said; `Cancelled`.
    pub async fn push(
        &self,
        committed: &Committed,
        branch: &str,
        remote: &Remote<'_>,
        force: bool,
        cancel: &CancellationToken,
    ) -> Result<(), ActionError> {
        let plus = if force { "+" } else { "" };
        let refspec = format!("{plus}{}:refs/heads/{branch}", committed.commit);
        let push = self
            .speaking(
                Call::new([
                    "push",
                    "--porcelain",
                    "--no-verify",
                    "--no-signed",
                    "--no-follow-tags",
                ]),
                remote,
            )?
            .argument(remote.url.as_str())
            .argument(&refspec)
            .repository(committed.folder.path());
        let answer = self.run(push, cancel).await?;
        answer.success(|told| explain::speaking("push", remote.url, told))?;
        Ok(())
    }

    /// Puts a commit's files into an empty folder, with the repository itself, its branch at the commit.
    ///
    /// # Errors
    /// `Storage`; `Cancelled`.
    pub async fn settle(
        &self,
        committed: Committed,
        folder: &Path,
        branch: &str,
        cancel: &CancellationToken,
    ) -> Result<String, ActionError> {
        let head = format!("refs/heads/{branch}");
        let repository = committed.folder.path();
        let calls = [
            Call::new(["checkout-index", "--all", "--index"]).work_tree(folder),
            Call::new(["update-ref", &head, &committed.commit]),
            Call::new(["symbolic-ref", "HEAD", &head]),
            Call::new(["config", "core.bare", "false"]),
        ];
        for call in calls {
            self.run(call.repository(repository), cancel)
                .await?
                .success(|told| explain::other("checkout", told))?;
        }
        // What kept the workspace from acting on git is not for the person who goes on with the files.
        let attributes = repository.join("info").join("attributes");
        std::fs::remove_file(&attributes)
            .map_err(|error| ActionError::io(attributes.display(), &error))?;
        let target = folder.join(".git");
        move_folder(&committed.folder.keep(), &target)
            .map_err(|error| ActionError::io(target.display(), &error))?;
        Ok(committed.commit)
    }

    /// Whether git takes a text for the name of a branch.
    ///
    /// # Errors
    /// `Input` with the name where it does not.
    pub async fn check_branch(
        &self,
        name: &str,
        cancel: &CancellationToken,
    ) -> Result<(), ActionError> {
        let refname = format!("refs/heads/{name}");
        let call = Call::new(["check-ref-format", &refname]);
        let fits = !name.starts_with('-') && self.run(call, cancel).await?.is_success();
        if fits {
            return Ok(());
        }
        Err(ActionError::input(format!(
            "`{name}` cannot be the name of a branch"
        )))
    }

    async fn repository(&self, cancel: &CancellationToken) -> Result<TempDir, ActionError> {
        let folder = tempfile::Builder::new()
            .prefix("callboard-git-")
            .tempdir()
            .map_err(|error| ActionError::io("a folder for git", &error))?;
        let call = Call::new(["init", "--quiet", "--bare", "--template="]).argument(folder.path());
        self.run(call, cancel)
            .await?
            .success(|told| explain::other("init", told))?;
        let info = folder.path().join("info");
        std::fs::create_dir_all(&info)
            .and_then(|()| std::fs::write(info.join("attributes"), NO_ATTRIBUTES))
            .map_err(|error| ActionError::io("a folder for git", &error))?;
        Ok(folder)
    }

    async fn write_tree(
        &self,
        repository: &Path,
        cancel: &CancellationToken,
    ) -> Result<String, ActionError> {
        let call = Call::new(["write-tree"]).repository(repository);
        self.run(call, cancel)
            .await?
            .success(|told| explain::other("write-tree", told))
    }

    async fn commit_tree(
        &self,
        folder: TempDir,
        tree: &str,
        parent: Option<&str>,
        message: &str,
        author: &Person,
        cancel: &CancellationToken,
    ) -> Result<Committed, ActionError> {
        let mut call = Call::new(["commit-tree", "--no-gpg-sign", "-F", "-"]);
        if let Some(parent) = parent {
            call = call.argument("-p").argument(parent);
        }
        let call = call
            .argument(tree)
            .repository(folder.path())
            .input(message.as_bytes().to_vec())
            .environment("GIT_AUTHOR_NAME", plain(&author.name))
            .environment("GIT_AUTHOR_EMAIL", plain(&author.email))
            .environment("GIT_COMMITTER_NAME", plain(&author.name))
            .environment("GIT_COMMITTER_EMAIL", plain(&author.email));
        let commit = self
            .run(call, cancel)
            .await?
            .success(|told| explain::other("commit-tree", told))?;
        Ok(Committed {
            folder,
            commit,
            tree: tree.to_owned(),
        })
    }

    /// A call that speaks to the remote, with the token for it.
    fn speaking(&self, call: Call, remote: &Remote<'_>) -> Result<Call, ActionError> {
        let url = remote.url;
        if !may_speak(url) || !url.username().is_empty() || url.password().is_some() {
            return Err(ActionError::new(
                ActionErrorKind::NotAllowed,
                format!("{}: git pushes to https addresses alone", shown(url)),
            ));
        }
        Ok(call.remote(url, remote.token))
    }
}

/// Refuses a folder that holds git's own, in any spelling: git would take what is in it for a repository of its own and commit
/// a mere pointer to it.
///
/// # Errors
/// `Input` with the path; `Storage` where the folder cannot be read.
pub fn no_git_folders(files: &Path) -> Result<(), ActionError> {
    let mut folders = vec![files.to_owned()];
    while let Some(folder) = folders.pop() {
        let failed = |error: std::io::Error| ActionError::io(folder.display(), &error);
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if is_git_folder(&entry.file_name().to_string_lossy()) {
                let path = entry.path();
                let path = path.strip_prefix(files).unwrap_or(&path).display();
                return Err(ActionError::input(format!("`{path}` is git's own folder"))
                    .hint("no part of a path may be `.git`, in any spelling: take it out of the template"));
            }
            if entry.file_type().map_err(failed)?.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    Ok(())
}

/// Moves a folder, also to another file system.
fn move_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    if std::fs::rename(from, to).is_ok() {
        return Ok(());
    }
    let mut folders: Vec<(PathBuf, PathBuf)> = vec![(from.to_owned(), to.to_owned())];
    while let Some((from, to)) = folders.pop() {
        std::fs::create_dir(&to)?;
        for entry in std::fs::read_dir(&from)? {
            let entry = entry?;
            let (source, target) = (entry.path(), to.join(entry.file_name()));
            if entry.file_type()?.is_dir() {
                folders.push((source, target));
            } else {
                std::fs::copy(source, target)?;
            }
        }
    }
    std::fs::remove_dir_all(from)
}

/// git refuses angle brackets and lines in a name.
fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control() && !matches!(c, '<' | '>'))
        .collect()
}

fn nothing(files: &Path) -> ActionError {
    let holds = std::fs::read_dir(files).is_ok_and(|mut entries| entries.next().is_some());
    let error = ActionError::input("there is nothing to publish: the folder holds no files");
    if holds {
        error.hint("git commits no empty folders, and a .gitignore leaves files out")
    } else {
        error.hint(
            "let a step before this one fetch a skeleton, and check `sourcePath` and its `targetPath`",
        )
    }
}

#[cfg(test)]
mod tests;
