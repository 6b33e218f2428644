//! Changes to a tree, put into git's index by their bytes: no file of the workspace is looked at by git itself, so no
//! filter, attribute or link of it can act.

use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

use super::explain;
use super::program::{Call, Git};
use crate::scaffolder::error::ActionError;

/// Files hashed by one process; their ids are within what is kept of its answer.
const BATCH: usize = 1_000;

/// How a file stands in a tree.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileMode {
    /// `100644`
    Plain,
    /// `100755`
    Executable,
    /// `120000`: the content is the link's target.
    Link,
}

impl FileMode {
    /// As git and GitHub write it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Plain => "100644",
            Self::Executable => "100755",
            Self::Link => "120000",
        }
    }
}

/// One path that a commit changes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// From the repository's root, `/` between.
    pub path: String,
    /// The file there from now on; none takes it away.
    pub file: Option<(FileMode, PathBuf)>,
}

impl Git {
    /// Applies changes to the index of a repository.
    pub(super) async fn apply(
        &self,
        repository: &Path,
        changes: &[Change],
        cancel: &CancellationToken,
    ) -> Result<(), ActionError> {
        let ids = self.store(repository, changes, cancel).await?;
        let mut index = Vec::new();
        for (change, id) in changes.iter().zip(ids) {
            let line = match (&change.file, id) {
                (Some((mode, _)), Some(id)) => format!("{} {id}\t{}", mode.text(), change.path),
                _ => format!("0 {}\t{}", "0".repeat(40), change.path),
            };
            index.extend_from_slice(line.as_bytes());
            index.push(0);
        }
        let call = Call::new(["update-index", "-z", "--index-info"])
            .repository(repository)
            .input(index);
        self.run(call, cancel).await?.success(explain::adding)?;
        Ok(())
    }

    /// Stores the changed files; their object ids in order, none for what is taken away.
    async fn store(
        &self,
        repository: &Path,
        changes: &[Change],
        cancel: &CancellationToken,
    ) -> Result<Vec<Option<String>>, ActionError> {
        let mut ids: Vec<Option<String>> = vec![None; changes.len()];
        let mut listed: Vec<(usize, &Path)> = Vec::new();
        for (at, change) in changes.iter().enumerate() {
            let Some((mode, file)) = &change.file else {
                continue;
            };
            let in_a_line = file
                .to_str()
                .is_some_and(|path| !path.contains(['\n', '"']));
            if *mode != FileMode::Link && in_a_line {
                listed.push((at, file));
                continue;
            }
            let call = Call::new(["hash-object", "-w", "--stdin"])
                .repository(repository)
                .input(bytes_of(*mode, file)?);
            let id = self.run(call, cancel).await?;
            let id = id.success(|told| explain::other("hash-object", told))?;
            if let Some(slot) = ids.get_mut(at) {
                *slot = Some(id);
            }
        }
        for batch in listed.chunks(BATCH) {
            let mut paths = Vec::new();
            for (_, path) in batch {
                paths.extend_from_slice(path.as_os_str().as_encoded_bytes());
                paths.push(b'\n');
            }
            let call = Call::new(["hash-object", "-w", "--no-filters", "--stdin-paths"])
                .repository(repository)
                .input(paths);
            let told = self.run(call, cancel).await?;
            let told = told.success(|told| explain::other("hash-object", told))?;
            for ((at, _), id) in batch.iter().zip(told.lines()) {
                if let Some(slot) = ids.get_mut(*at) {
                    *slot = Some(id.to_owned());
                }
            }
        }
        Ok(ids)
    }
}

/// A file's bytes; a link's target.
pub fn bytes_of(mode: FileMode, file: &Path) -> Result<Vec<u8>, ActionError> {
    let failed = |error: std::io::Error| ActionError::io(file.display(), &error);
    if mode == FileMode::Link {
        use std::os::unix::ffi::OsStringExt;
        let target = std::fs::read_link(file).map_err(failed)?;
        return Ok(target.into_os_string().into_vec());
    }
    std::fs::read(file).map_err(failed)
}
