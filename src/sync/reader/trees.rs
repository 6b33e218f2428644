//! Globs in repositories: one request for a repository's tree, whatever number of globs look into it.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha1::{Digest, Sha1};

use super::{ReadError, Reader, read_error};
use crate::github::{Tree, TreeEntry};
use crate::sync::error::SyncError;
use crate::sync::follow::{Place, ReadFile};
use crate::sync::glob::{PathGlob, is_glob};
use crate::sync::target::GithubTarget;

/// Trees that were listed, so that several globs of one repository cost one request.
#[derive(Default)]
pub struct Trees(BTreeMap<String, Result<Arc<Tree>, ReadError>>);

/// What a glob matches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listing {
    /// The files with their object ids, sorted by path.
    pub files: Vec<(GithubTarget, String)>,
    /// The glob itself, with the id of the folder below which every match lies: while that is the same, so are they.
    pub glob: ReadFile,
}

impl Reader {
    /// The files of a repository that a globbed target names.
    ///
    /// # Errors
    /// As reading a file; [`ReadError::Unusable`] for a broken glob or a tree that cannot be listed whole.
    pub async fn expand(
        &self,
        target: &GithubTarget,
        trees: &mut Trees,
    ) -> Result<Listing, ReadError> {
        let mut last = ReadError::NotFound(format!("{} does not exist", target.url()));
        for (branch, path) in target.candidates() {
            // A glob in what would be the branch: no more candidates make sense.
            if is_glob(&branch) {
                break;
            }
            let glob = PathGlob::new(&path).map_err(ReadError::Unusable)?;
            match self.tree(target, &branch, trees).await {
                Ok(tree) => {
                    if tree.truncated {
                        return Err(ReadError::Unusable(format!(
                            "{}: the repository has more files than GitHub lists",
                            target.url()
                        )));
                    }
                    let found = target.on_branch(&branch);
                    let folder = folder_id(&tree.entries, &glob.literal_prefix());
                    let matches = (tree.entries.iter())
                        .filter(|e| e.kind == "blob" && e.mode != "120000" && glob.matches(&e.path))
                        .map(|e| (found.with_path(&e.path), e.sha.clone()));
                    return Ok(Listing {
                        files: matches.collect(),
                        glob: ReadFile::new(&Place::Github(found), &folder.unwrap_or_default()),
                    });
                }
                Err(error) => last = error,
            }
            if !matches!(last, ReadError::NotFound(_)) {
                break;
            }
        }
        Err(last)
    }

    async fn tree(
        &self,
        target: &GithubTarget,
        branch: &str,
        trees: &mut Trees,
    ) -> Result<Arc<Tree>, ReadError> {
        let key = format!("{}/{}/{} {branch}", target.host, target.owner, target.repo);
        if let Some(known) = trees.0.get(&key) {
            return known.clone();
        }
        let client = self
            .access
            .client(&target.host, &target.owner)
            .map_err(|e| ReadError::Unseen(SyncError::from(&e)))?;
        let tree = client.whole_tree(&target.owner, &target.repo, branch).await;
        let tree = tree
            .map(Arc::new)
            .map_err(|error| read_error(&error, target));
        trees.0.insert(key, tree.clone());
        tree
    }
}

/// Git's id of a folder of a repository that was listed whole; none where there is no such folder.
///
/// That of the root is made from its entries: what GitHub calls a tree's `sha` is that of the commit it was asked by.
fn folder_id(entries: &[TreeEntry], folder: &str) -> Option<String> {
    if !folder.is_empty() {
        let found = entries
            .iter()
            .find(|e| e.kind == "tree" && e.path == folder);
        return found.map(|e| e.sha.clone());
    }
    let mut top: Vec<&TreeEntry> = entries.iter().filter(|e| !e.path.contains('/')).collect();
    // Git sorts folders as if their names ended with a slash.
    let key = |e: &TreeEntry| {
        let slash = if e.kind == "tree" { "/" } else { "" };
        format!("{}{slash}", e.path).into_bytes()
    };
    top.sort_by_cached_key(|e| key(e));
    let mut content = Vec::new();
    for entry in top {
        content.extend_from_slice(entry.mode.trim_start_matches('0').as_bytes());
        content.push(b' ');
        content.extend_from_slice(entry.path.as_bytes());
        content.push(0);
        for at in (0..entry.sha.len()).step_by(2) {
            let byte = entry.sha.get(at..at + 2)?;
            content.push(u8::from_str_radix(byte, 16).ok()?);
        }
    }
    let mut hasher = Sha1::new();
    hasher.update(format!("tree {}\0", content.len()).as_bytes());
    hasher.update(&content);
    let bytes = hasher.finalize();
    Some(bytes.iter().map(|b| format!("{b:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: &str, mode: &str, path: &str, sha: &str) -> TreeEntry {
        TreeEntry {
            path: path.into(),
            mode: mode.into(),
            kind: kind.into(),
            sha: sha.into(),
            size: None,
        }
    }

    #[test]
    fn the_id_of_the_root_is_that_of_git() {
        // `git mktree` of an empty file `a.b` and a folder `a` with the same file in it.
        let blob = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391";
        let folder = "496d6428b9cf92981dc9495211e6e1120fb6f2ba";
        let entries = [
            entry("tree", "040000", "a", folder),
            entry("blob", "100644", "a/a", blob),
            entry("blob", "100644", "a.b", blob),
        ];
        assert_eq!(
            folder_id(&entries, "").as_deref(),
            Some("c6797e9217856651d5f7d04202824dbe90cd9673")
        );
        assert_eq!(folder_id(&entries, "a").as_deref(), Some(folder));
        assert_eq!(folder_id(&entries, "b"), None);
    }
}
