//! What a person comes back to, for the first frame: a small copy of the state's stars and visits in a file beside it.
//!
//! The first frame waits for no database, and a list must not change its order once somebody looks at it: so what comes
//! first in it has to be known as soon as the list is. The database stays the truth; a missing, damaged or old copy
//! is replaced after the start and costs one start in the plain order.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{StoreError, files};

/// The file's name in the state folder.
pub const FILE: &str = "first.json";
/// How many visited entities come first: as many as are seen at a glance.
pub const RECENT: usize = 12;
/// No copy is larger than this; what is, is something else.
const LIMIT: u64 = 1 << 20;

/// Complete references of what comes first where nothing is searched.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct First {
    /// The starred entities.
    #[serde(default)]
    pub starred: Vec<String>,
    /// The entities that were opened often and lately, best first.
    #[serde(default)]
    pub recent: Vec<String>,
}

impl First {
    /// Reads the copy of a state folder; empty where there is none that can be read.
    pub fn read(state_dir: &Path) -> Self {
        let mut text = Vec::new();
        File::open(state_dir.join(FILE))
            .and_then(|file| file.take(LIMIT).read_to_end(&mut text))
            .ok()
            .and_then(|_| serde_json::from_slice(&text).ok())
            .unwrap_or_default()
    }

    /// Replaces the copy of a state folder.
    ///
    /// # Errors
    /// [`StoreError::Io`] where the folder cannot be written.
    pub(super) fn write(&self, state_dir: &Path) -> Result<(), StoreError> {
        let path = state_dir.join(FILE);
        let text = serde_json::to_vec(self).map_err(StoreError::record(&path))?;
        files::replace(&path, 0o600, |file| file.write_all(&text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::State;

    #[test]
    fn stars_and_visits_are_there_for_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(First::read(folder.path()), First::default());
        let state = State::open(folder.path()).unwrap();
        state.set_star("component:default/b", true, 1).unwrap();
        state.visit("component:default/c", 2).unwrap();
        state.visit("component:default/a", 3).unwrap();
        state.visit("component:default/a", 4).unwrap();
        let first = First::read(folder.path());
        assert_eq!(first.starred, ["component:default/b"]);
        assert_eq!(first.recent, ["component:default/a", "component:default/c"]);
        assert_eq!(state.first().unwrap(), first);
        state.set_star("component:default/b", false, 5).unwrap();
        assert!(First::read(folder.path()).starred.is_empty());
    }

    #[test]
    fn a_copy_that_was_lost_or_damaged_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::open(folder.path()).unwrap();
        state.visit("component:default/a", 1).unwrap();
        std::fs::write(folder.path().join(FILE), b"{\"recent\": [7").unwrap();
        assert_eq!(First::read(folder.path()), First::default());
        assert_eq!(state.first().unwrap().recent, ["component:default/a"]);
        assert_eq!(First::read(folder.path()).recent, ["component:default/a"]);
    }

    #[test]
    fn no_more_come_first_than_are_seen_at_a_glance() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::open(folder.path()).unwrap();
        for n in 0..RECENT + 3 {
            let now = i64::try_from(n).unwrap() * 1000;
            state
                .visit(&format!("component:default/c{n}"), now)
                .unwrap();
        }
        assert_eq!(First::read(folder.path()).recent.len(), RECENT);
    }
}
