//! The folder a task works in. Every path that a step names goes through it, and none leaves it.

use std::path::{Component, Path, PathBuf};

use super::error::ActionError;

/// The folder of one task.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// The workspace in a folder that exists.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The place of a relative path.
    ///
    /// # Errors
    /// `NotAllowed` where it is absolute or leads out, by `..` or by a link.
    pub fn resolve(&self, path: &str) -> Result<PathBuf, ActionError> {
        let refused = || {
            ActionError::not_allowed(
                "Relative path is not allowed to refer to a directory outside its parent",
            )
        };
        let mut place = self.root.clone();
        for component in Path::new(path).components() {
            match component {
                Component::CurDir => {}
                Component::Normal(name) => place.push(name),
                Component::ParentDir if place != self.root => {
                    place.pop();
                }
                Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                    return Err(refused());
                }
            }
        }
        let root = self
            .root
            .canonicalize()
            .map_err(|error| ActionError::io("the workspace", &error))?;
        // Links on the way count, the last part included; what does not exist yet links nowhere.
        let mut existing = place.as_path();
        while existing.symlink_metadata().is_err() {
            existing = existing.parent().ok_or_else(refused)?;
        }
        match existing.canonicalize() {
            Ok(real) if real.starts_with(&root) => Ok(place),
            _ => Err(refused()),
        }
    }
}
