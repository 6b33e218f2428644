//! When each source was last asked, and with what outcome: a small file beside the database.
//!
//! A refresh that finds nothing new writes only this, so that a quiet catalog costs no database write and other
//! processes see no change where there is none.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{StoreError, files};

/// The file's name in the cache folder.
pub const FILE: &str = "checked.json";

/// What is known of one source's checks. Times are seconds since the Unix epoch.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct SourceCheck {
    /// The last check that succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<i64>,
    /// The last complete listing that succeeded (not only what is new).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_at: Option<i64>,
    /// The last attempt, whatever came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tried_at: Option<i64>,
    /// Why the last attempt failed; absent where it did not. Never holds a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// The last checks of all sources.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Checked {
    /// By source, under the names the sync gives them.
    #[serde(default)]
    pub sources: BTreeMap<String, SourceCheck>,
}

impl Checked {
    /// The age that a screen shows: the oldest of the sources' last successful checks, so that it never promises
    /// more than holds; none where a source was never checked or there is none.
    pub fn at(&self) -> Option<i64> {
        self.sources.values().map(|check| check.at).min().flatten()
    }

    /// The newest successful check of any source.
    pub fn newest(&self) -> Option<i64> {
        self.sources.values().filter_map(|check| check.at).max()
    }

    /// The sources whose last attempt failed, with the reason.
    pub fn failures(&self) -> impl Iterator<Item = (&str, &str)> {
        self.sources
            .iter()
            .filter_map(|(source, check)| Some((source.as_str(), check.failure.as_deref()?)))
    }

    /// Reads the file of a cache folder. A missing or unreadable one says that nothing is known.
    pub fn read(cache_dir: &Path) -> Self {
        fs::read(cache_dir.join(FILE))
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default()
    }

    /// Replaces the file of a cache folder.
    ///
    /// # Errors
    /// [`StoreError::Io`] where the folder cannot be written.
    pub fn write(&self, cache_dir: &Path) -> Result<(), StoreError> {
        files::ensure_folder(cache_dir)?;
        let path = cache_dir.join(FILE);
        let text = serde_json::to_vec_pretty(self).map_err(StoreError::record(&path))?;
        files::replace(&path, files::published_mode(cache_dir), |file| {
            file.write_all(&text)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(at: Option<i64>) -> SourceCheck {
        SourceCheck {
            at,
            ..SourceCheck::default()
        }
    }

    #[test]
    fn what_was_written_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut checked = Checked::default();
        checked.sources.insert("github:acme".into(), check(Some(7)));
        checked.write(folder.path()).unwrap();
        assert_eq!(Checked::read(folder.path()), checked);
    }

    #[test]
    fn a_missing_or_broken_file_says_that_nothing_is_known() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Checked::read(folder.path()), Checked::default());
        fs::write(folder.path().join(FILE), b"{\"sources\": 3").unwrap();
        assert_eq!(Checked::read(folder.path()), Checked::default());
    }

    #[test]
    fn the_age_shown_is_that_of_the_source_checked_longest_ago() {
        let mut checked = Checked::default();
        assert_eq!(checked.at(), None);
        checked.sources.insert("a".into(), check(Some(30)));
        checked.sources.insert("b".into(), check(Some(10)));
        assert_eq!(checked.at(), Some(10));
        assert_eq!(checked.newest(), Some(30));
        checked.sources.insert("c".into(), check(None));
        assert_eq!(checked.at(), None);
    }
}
