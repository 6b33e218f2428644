//! Test data that is too large, or not ours, to live in the repository: real catalog files of public repositories, and
//! what a real Backstage made of them. It lies in a folder `shared` beside the checkout, or where `CALLBOARD_SHARED`
//! says. Tests that need it say so and pass where it is absent.

use std::path::{Path, PathBuf};

/// A folder of the shared data, or nothing, said on standard error.
pub fn folder(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("CALLBOARD_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
        PathBuf::from,
    );
    let folder = root.join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: there is no {}", folder.display());
    None
}

/// All files below a folder whose names end in one of the given ways, in order of path.
pub fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let kind = std::fs::symlink_metadata(&path).unwrap().file_type();
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file()
                && endings
                    .iter()
                    .any(|ending| path.to_string_lossy().ends_with(ending))
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
