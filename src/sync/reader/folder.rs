//! Whole folders of repositories, for skeletons of templates: one listing, then the files in batches.
//!
//! What GitHub hands out as text is held against the file's object id, so that no file is other than it is in Git; those
//! that are not text, and those that changed in between, are read by their ids.

use std::collections::BTreeMap;

use tokio::task::JoinSet;

use super::{ReadError, TEXT_BATCH, blob_id, files_halving, read_error};
use crate::github::queries::FileRequest;
use crate::github::{Client, TreeEntry};
use crate::sync::target::GithubTarget;

/// Requests for single files that are under way at a time.
const AT_A_TIME: usize = 8;
/// Larger files come by themselves: GitHub cuts long texts.
const LONGEST_TEXT: u64 = 400_000;

/// What a folder may hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FolderLimits {
    /// Files and links.
    pub files: usize,
    /// Bytes of all of them.
    pub bytes: u64,
}

/// A file, link or empty folder of a folder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FolderEntry {
    /// Its path from the folder, as Git has it: not looked at any further.
    pub path: String,
    /// What it is.
    pub content: FolderContent,
}

/// What an entry of a folder is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FolderContent {
    /// A file, and whether it can be run.
    File {
        /// Its bytes.
        bytes: Vec<u8>,
        /// Whether Git has its executable bit.
        executable: bool,
    },
    /// A link, with what is written in it.
    Link(String),
    /// Another repository that is bound in here: an empty folder, as in GitHub's archives.
    Submodule,
}

/// All that is in a folder of a repository, read with a client that may. `candidates` are branch and path, as
/// [`GithubTarget::folder`] gives them.
///
/// # Errors
/// `NotFound` where there is no such folder; `Unusable` where it is a file, or holds more than `limits` allow; else as
/// reading a file.
pub async fn folder(
    client: &Client,
    target: &GithubTarget,
    candidates: &[(String, String)],
    limits: FolderLimits,
) -> Result<Vec<FolderEntry>, ReadError> {
    let mut last = ReadError::NotFound(format!("{} does not exist", target.url()));
    for (branch, path) in candidates {
        match client.whole_tree(&target.owner, &target.repo, branch).await {
            Ok(tree) => {
                let found = target.on_branch(branch);
                match below(&tree.entries, path) {
                    Below::Folder(entries) => {
                        check(&found, &entries, !tree.truncated, limits)?;
                        return contents(client, &found, branch, path, entries).await;
                    }
                    Below::File => {
                        return Err(ReadError::Unusable(format!(
                            "{} is a file, where a folder is wanted",
                            found.url()
                        )));
                    }
                    Below::Nothing => {}
                }
            }
            Err(error) => last = read_error(&error, target),
        }
        if !matches!(last, ReadError::NotFound(_)) {
            break;
        }
    }
    Err(last)
}

async fn contents(
    client: &Client,
    target: &GithubTarget,
    branch: &str,
    folder: &str,
    entries: Vec<TreeEntry>,
) -> Result<Vec<FolderEntry>, ReadError> {
    // One request for files that are the same.
    let mut wanted: BTreeMap<String, (String, u64)> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.kind == "blob") {
        let size = entry.size.unwrap_or(0);
        wanted.insert(entry.sha.clone(), (entry.path.clone(), size));
    }
    let mut read = texts(client, target, branch, folder, &wanted).await;
    wanted.retain(|sha, _| !read.contains_key(sha));
    blobs(client, target, wanted, &mut read).await?;
    let mut out = Vec::with_capacity(entries.len());
    for entry in entries {
        let content = match (entry.kind.as_str(), entry.mode.as_str()) {
            ("blob", mode) => {
                let bytes = read.get(&entry.sha).cloned().unwrap_or_default();
                match mode {
                    "120000" => FolderContent::Link(String::from_utf8_lossy(&bytes).into_owned()),
                    mode => FolderContent::File {
                        bytes,
                        executable: mode == "100755",
                    },
                }
            }
            ("commit", _) => FolderContent::Submodule,
            _ => continue,
        };
        out.push(FolderEntry {
            path: entry.path,
            content,
        });
    }
    Ok(out)
}

/// The files that come as texts, many in a request; what does not come is left for [`blobs`].
async fn texts(
    client: &Client,
    target: &GithubTarget,
    branch: &str,
    folder: &str,
    wanted: &BTreeMap<String, (String, u64)>,
) -> BTreeMap<String, Vec<u8>> {
    let mut read = BTreeMap::new();
    let few = wanted.len() <= 2;
    if few || !client.credentials().is_signed_in() {
        return read;
    }
    let texts: Vec<(&String, &String)> = (wanted.iter())
        .filter(|(_, (_, size))| *size <= LONGEST_TEXT)
        .map(|(sha, (path, _))| (sha, path))
        .collect();
    for batch in texts.chunks(TEXT_BATCH) {
        let requests: Vec<FileRequest> = batch
            .iter()
            .map(|(_, path)| {
                let slash = if folder.is_empty() { "" } else { "/" };
                FileRequest {
                    owner: target.owner.clone(),
                    repository: target.repo.clone(),
                    expression: format!("{branch}:{folder}{slash}{path}"),
                }
            })
            .collect();
        let answers = files_halving(client, &requests).await;
        for ((sha, _), answer) in batch.iter().zip(answers) {
            let Ok(Some(node)) = answer else { continue };
            let Some(text) = node.text.filter(|_| !node.is_truncated) else {
                continue;
            };
            // What is no UTF-8 comes changed, and a branch may have moved.
            if blob_id(text.as_bytes()) == **sha {
                read.insert((*sha).clone(), text.into_bytes());
            }
        }
    }
    read
}

/// Files by their object ids, a few at a time.
async fn blobs(
    client: &Client,
    target: &GithubTarget,
    wanted: BTreeMap<String, (String, u64)>,
    read: &mut BTreeMap<String, Vec<u8>>,
) -> Result<(), ReadError> {
    let mut waiting = wanted.into_iter();
    let mut under_way: JoinSet<(String, Result<Vec<u8>, ReadError>)> = JoinSet::new();
    loop {
        while under_way.len() < AT_A_TIME
            && let Some((sha, (path, size))) = waiting.next()
        {
            let (client, file) = (client.clone(), target.clone());
            under_way.spawn(async move {
                // What the listing said, and a little for an honest mistake.
                let most = size.saturating_add(1_024);
                let bytes = client.blob(&file.owner, &file.repo, &sha, most).await;
                let bytes = bytes.map_err(|error| read_error(&error, &file.with_path(&path)));
                (sha, bytes)
            });
        }
        match under_way.join_next().await {
            Some(Ok((sha, bytes))) => {
                read.insert(sha, bytes?);
            }
            Some(Err(_)) => {
                return Err(ReadError::Unusable(format!(
                    "{} could not be read",
                    target.url()
                )));
            }
            None => return Ok(()),
        }
    }
}

enum Below {
    Folder(Vec<TreeEntry>),
    File,
    Nothing,
}

/// What a path of a listed repository is; entries get paths from there.
fn below(entries: &[TreeEntry], folder: &str) -> Below {
    let folder = folder.trim_matches('/');
    if folder.is_empty() {
        return Below::Folder(entries.to_vec());
    }
    match entries.iter().find(|entry| entry.path == folder) {
        Some(entry) if entry.kind == "tree" => {
            let inside = entries.iter().filter_map(|entry| {
                let path = entry.path.strip_prefix(folder)?.strip_prefix('/')?;
                Some(TreeEntry {
                    path: path.to_owned(),
                    ..entry.clone()
                })
            });
            Below::Folder(inside.collect())
        }
        Some(_) => Below::File,
        None => Below::Nothing,
    }
}

/// Refuses a folder that is too much, before any of its files is read.
fn check(
    target: &GithubTarget,
    entries: &[TreeEntry],
    complete: bool,
    limits: FolderLimits,
) -> Result<(), ReadError> {
    if !complete {
        return Err(ReadError::Unusable(format!(
            "{}: the repository has more files than GitHub lists",
            target.url()
        )));
    }
    let files = entries.iter().filter(|entry| entry.kind == "blob").count();
    if files > limits.files {
        return Err(ReadError::Unusable(format!(
            "{} has {files} files, more than the {} that are read",
            target.url(),
            limits.files
        )));
    }
    let bytes = (entries.iter()).fold(0_u64, |all, entry| {
        all.saturating_add(entry.size.unwrap_or(0))
    });
    if bytes > limits.bytes {
        return Err(ReadError::Unusable(format!(
            "{} has {bytes} bytes, more than the {} that are read",
            target.url(),
            limits.bytes
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: &str, path: &str) -> TreeEntry {
        TreeEntry {
            path: path.into(),
            mode: "100644".into(),
            kind: kind.into(),
            sha: "0".repeat(40),
            size: Some(10),
        }
    }

    #[test]
    fn a_folder_is_told_from_a_file_and_from_a_name_that_begins_like_it() {
        let entries = [
            entry("tree", "a"),
            entry("blob", "a/x"),
            entry("tree", "a/b"),
            entry("blob", "a/b/y"),
            entry("blob", "ab"),
        ];
        let paths = |folder: &str| match below(&entries, folder) {
            Below::Folder(entries) => Some(entries.into_iter().map(|e| e.path).collect::<Vec<_>>()),
            Below::File | Below::Nothing => None,
        };
        assert_eq!(paths("a"), Some(vec!["x".into(), "b".into(), "b/y".into()]));
        assert_eq!(paths("a/b/"), Some(vec!["y".into()]));
        assert_eq!(paths("").map(|p| p.len()), Some(5));
        assert!(matches!(below(&entries, "ab"), Below::File));
        assert!(matches!(below(&entries, "b"), Below::Nothing));
    }
}
