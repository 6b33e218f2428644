//! Puts changes on top of a commit of a repository: by the Git data API where they are few, else by git.
//!
//! The API takes texts in the tree itself, but each binary file as a blob of its own, and GitHub wants a second between
//! writes: beyond some of them a push is faster.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::push::{AUTHOR, remote_url};
use super::{Repo, failed, text_at};
use crate::github::Verb;
use crate::scaffolder::action::{Level, StepContext};
use crate::scaffolder::error::{ActionError, ActionErrorKind};
use crate::scaffolder::git::{Change, Committed, FileMode, Git, Person, Remote, bytes_of};

/// Binary files beyond which a push is faster than a blob a second.
const MOST_BLOBS: usize = 60;
/// Bytes of text that go into one tree.
const MOST_TEXT: usize = 10 * 1024 * 1024;

/// Where a commit goes on top.
#[derive(Clone, Debug)]
pub struct Base {
    /// The commit.
    pub commit: String,
    /// Its tree.
    pub tree: String,
    /// Where git finds the repository.
    pub clone_url: String,
}

/// A commit that is about to be a branch's head.
#[derive(Debug)]
pub enum Made {
    /// On GitHub already, with nothing that names it.
    There(String),
    /// Here, to be pushed.
    Here(Git, Committed),
}

impl Made {
    /// The commit's id.
    pub fn id(&self) -> &str {
        match self {
            Self::There(id) => id,
            Self::Here(_, committed) => &committed.commit,
        }
    }
}

/// What is said of a commit.
#[derive(Clone, Debug)]
pub struct Words {
    /// Its message.
    pub message: String,
    /// Its author; whoever signs the requests where there is none.
    pub author: Option<Person>,
}

enum Content {
    Text(String),
    Binary(Vec<u8>),
}

/// Makes a commit of changes on top of another.
///
/// # Errors
/// As GitHub and git say. Nothing names the commit yet, so nothing is left to be seen.
pub async fn commit(
    step: &StepContext<'_>,
    repo: &Repo,
    base: &Base,
    changes: &[Change],
    words: &Words,
) -> Result<Made, ActionError> {
    let mut text = 0;
    let mut blobs = 0;
    for change in changes {
        if let Some((mode, file)) = &change.file {
            match content(*mode, bytes_of(*mode, file)?) {
                Content::Text(content) => text += content.len(),
                Content::Binary(_) => blobs += 1,
            }
        }
    }
    if blobs > MOST_BLOBS || text > MOST_TEXT {
        step.log(
            Level::Info,
            &format!("{blobs} binary files and {text} bytes of text: pushing with git"),
        );
        return by_git(step, repo, base, changes, words).await;
    }
    let tree = if changes.is_empty() {
        base.tree.clone()
    } else {
        tree(repo, base, changes).await?
    };
    let mut body = json!({"message": words.message, "tree": tree, "parents": [base.commit]});
    if let Some(author) = &words.author {
        body["author"] = json!({"name": author.name, "email": author.email});
    }
    let id = made(repo, &["git", "commits"], &body).await?;
    Ok(Made::There(id))
}

async fn tree(repo: &Repo, base: &Base, changes: &[Change]) -> Result<String, ActionError> {
    let mut entries = Vec::with_capacity(changes.len());
    for change in changes {
        let entry = match &change.file {
            None => json!({"path": change.path, "mode": "100644", "type": "blob", "sha": null}),
            Some((mode, file)) => {
                let mut entry = json!({"path": change.path, "mode": mode.text(), "type": "blob"});
                match content(*mode, bytes_of(*mode, file)?) {
                    Content::Text(text) => entry["content"] = json!(text),
                    Content::Binary(bytes) => {
                        let body = json!({"content": STANDARD.encode(bytes), "encoding": "base64"});
                        entry["sha"] = json!(made(repo, &["git", "blobs"], &body).await?);
                    }
                }
                entry
            }
        };
        entries.push(entry);
    }
    let body = json!({"base_tree": base.tree, "tree": entries});
    made(repo, &["git", "trees"], &body).await
}

/// Text is what JSON can carry unchanged and git would show as text.
fn content(mode: FileMode, bytes: Vec<u8>) -> Content {
    if mode != FileMode::Link && bytes.contains(&0) {
        return Content::Binary(bytes);
    }
    match String::from_utf8(bytes) {
        Ok(text) => Content::Text(text),
        Err(error) => Content::Binary(error.into_bytes()),
    }
}

/// Makes an object, which nothing names yet, and gives its id.
async fn made(repo: &Repo, at: &[&str], body: &Value) -> Result<String, ActionError> {
    let answer = repo
        .client
        .write(Verb::PostObject, &repo.at(at), Some(body))
        .await
        .map_err(failed)?;
    text_at(&answer.body, &["sha"]).ok_or_else(|| {
        ActionError::new(
            ActionErrorKind::Network,
            format!("{}: GitHub's answer names no object", at.join("/")),
        )
    })
}

async fn by_git(
    step: &StepContext<'_>,
    repo: &Repo,
    base: &Base,
    changes: &[Change],
    words: &Words,
) -> Result<Made, ActionError> {
    let git = Git::find(step.cancel).await?;
    let url = remote_url(repo, &base.clone_url)?;
    let token = repo.client.token().await.map_err(failed)?;
    let remote = Remote {
        url: &url,
        token: token.as_ref(),
    };
    let author = match &words.author {
        Some(author) => author.clone(),
        None => identity(repo).await?,
    };
    let committed = git
        .commit_onto(
            &base.commit,
            &remote,
            changes,
            &words.message,
            &author,
            step.cancel,
        )
        .await?;
    Ok(Made::Here(git, committed))
}

/// Who GitHub would say has committed: the account's name, its address hidden as GitHub hides it. An App's installation has
/// no account that could be asked for.
async fn identity(repo: &Repo) -> Result<Person, ActionError> {
    let user = match repo.client.read(&["user"], &[]).await.map_err(failed) {
        Ok(user) => user,
        Err(error) if error.kind == ActionErrorKind::NotAllowed => {
            return Ok(Person {
                name: AUTHOR.0.to_owned(),
                email: AUTHOR.1.to_owned(),
            });
        }
        Err(error) => return Err(error),
    };
    let login = text_at(&user, &["login"]).unwrap_or_default();
    let id = user.get("id").and_then(Value::as_u64).unwrap_or_default();
    Ok(Person {
        name: text_at(&user, &["name"]).unwrap_or_else(|| login.clone()),
        email: text_at(&user, &["email"])
            .unwrap_or_else(|| format!("{id}+{login}@users.noreply.{}", repo.url.host)),
    })
}

/// Pushes a commit made here to a branch; `force` overwrites what is there.
///
/// # Errors
/// As git says.
pub async fn push(
    step: &StepContext<'_>,
    repo: &Repo,
    base: &Base,
    git: &Git,
    committed: &Committed,
    branch: &str,
    force: bool,
) -> Result<(), ActionError> {
    let url = remote_url(repo, &base.clone_url)?;
    let token = repo.client.token().await.map_err(failed)?;
    let remote = Remote {
        url: &url,
        token: token.as_ref(),
    };
    git.push(committed, branch, &remote, force, step.cancel)
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_text_that_json_can_carry_is_text() {
        let is_text =
            |mode, bytes: &[u8]| matches!(content(mode, bytes.to_vec()), Content::Text(_));
        assert!(is_text(FileMode::Plain, "가\r\n\u{1b}[0m".as_bytes()));
        assert!(is_text(FileMode::Plain, b""));
        assert!(!is_text(FileMode::Plain, b"a\0b"));
        assert!(!is_text(FileMode::Executable, &[0xff, 0xfe]));
        assert!(is_text(FileMode::Link, b"../x"));
    }
}
