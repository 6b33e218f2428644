//! Notices that another process has replaced the catalog's index, or has checked its sources.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc::Sender;

use super::event::Incoming;
use crate::store::{checked, index};

/// How often keys ask at most where the system cannot watch.
const PAUSE: Duration = Duration::from_secs(1);

/// Watches the cache folder while it lives. Where the system cannot watch (too many watches, a network file system),
/// [`Watch::changed`] still finds out when asked.
pub(super) struct Watch {
    watcher: Option<RecommendedWatcher>,
    /// The index, and what tells of checks: a sync that finds nothing new replaces only that.
    files: [PathBuf; 2],
    seen: [Option<SystemTime>; 2],
    /// When a key asked last.
    asked: Option<Instant>,
}

impl Watch {
    /// Starts watching. A folder that does not exist is made, private, as a sync would make it: what is not there
    /// cannot be watched.
    pub(super) fn start(cache_dir: &Path, tell: Sender<Incoming>) -> Self {
        // Where it cannot be made, watching it fails and says so.
        let _ = DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(cache_dir);
        let files = [index::FILE, checked::FILE].map(|name| cache_dir.join(name));
        let seen = files.each_ref().map(|file| modified(file));
        let wanted = files.clone();
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            let Ok(event) = event else { return };
            let replaced = matches!(event.kind, EventKind::Create(_) | EventKind::Modify(_));
            if replaced && event.paths.iter().any(|path| wanted.contains(path)) {
                // Where many wait already, one more says nothing new.
                let _ = tell.try_send(Incoming::IndexReplaced);
            }
        });
        let watcher = watcher
            .and_then(|mut watcher| {
                watcher.watch(cache_dir, RecursiveMode::NonRecursive)?;
                Ok(watcher)
            })
            .inspect_err(|error| tracing::info!(%error, "the cache folder cannot be watched"))
            .ok();
        Self {
            watcher,
            files,
            seen,
            asked: None,
        }
    }

    /// Whether a key that is pressed now should ask for changes: nobody else tells of them, and the last key that
    /// asked is a while ago.
    pub(super) fn wants_to_ask(&mut self, now: Instant) -> bool {
        let due = self.watcher.is_none()
            && self
                .asked
                .is_none_or(|asked| now.saturating_duration_since(asked) >= PAUSE);
        if due {
            self.asked = Some(now);
        }
        due
    }

    /// Whether either was replaced since the last time it was asked.
    pub(super) fn changed(&mut self) -> bool {
        let now = self.files.each_ref().map(|file| modified(file));
        let changed = now != self.seen;
        self.seen = now;
        changed
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().ok()?.modified().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Snapshot;
    use tokio::sync::mpsc::channel;

    #[test]
    fn a_replaced_index_is_told_and_found_when_asked() {
        let folder = tempfile::tempdir().unwrap();
        let (tell, mut told) = channel(8);
        let mut watch = Watch::start(folder.path(), tell);
        assert!(!watch.changed());
        index::write(folder.path(), &Snapshot::default()).unwrap();
        assert!(matches!(
            told.blocking_recv(),
            Some(Incoming::IndexReplaced)
        ));
        assert!(watch.changed());
        assert!(!watch.changed());
    }

    #[test]
    fn a_sync_elsewhere_that_finds_nothing_new_is_told_as_well() {
        let folder = tempfile::tempdir().unwrap();
        let (tell, mut told) = channel(8);
        let mut watch = Watch::start(folder.path(), tell);
        checked::Checked::default().write(folder.path()).unwrap();
        assert!(watch.changed());
        assert!(matches!(
            told.blocking_recv(),
            Some(Incoming::IndexReplaced)
        ));
    }

    #[test]
    fn a_first_sync_elsewhere_is_told_though_there_was_no_folder() {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("callboard/cache");
        let (tell, mut told) = channel(8);
        let mut watch = Watch::start(&cache, tell);
        assert!(!watch.changed());
        assert!(!watch.wants_to_ask(Instant::now()));
        index::write(&cache, &Snapshot::default()).unwrap();
        assert!(matches!(
            told.blocking_recv(),
            Some(Incoming::IndexReplaced)
        ));
        assert!(watch.changed());
    }

    #[test]
    fn where_nothing_can_be_watched_keys_ask_once_a_second() {
        let folder = tempfile::tempdir().unwrap();
        let no_folder = folder.path().join("file");
        std::fs::write(&no_folder, "").unwrap();
        let (tell, _told) = channel(8);
        let mut watch = Watch::start(&no_folder.join("cache"), tell);
        assert!(!watch.changed());
        let now = Instant::now();
        assert!(watch.wants_to_ask(now));
        assert!(!watch.wants_to_ask(now + PAUSE / 2));
        assert!(watch.wants_to_ask(now + PAUSE));
        assert!(!watch.wants_to_ask(now + PAUSE));
    }
}
