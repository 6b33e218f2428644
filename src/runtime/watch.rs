//! Notices that another process has replaced the catalog's index.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc::Sender;

use super::event::Incoming;
use crate::store::index;

/// Watches the cache folder while it lives. Where the system cannot watch (too many watches, a network file system),
/// [`Watch::changed`] still finds out when asked.
pub(super) struct Watch {
    _watcher: Option<RecommendedWatcher>,
    index: PathBuf,
    seen: Option<SystemTime>,
}

impl Watch {
    /// Starts watching; the folder need not exist.
    pub(super) fn start(cache_dir: &Path, tell: Sender<Incoming>) -> Self {
        let index = cache_dir.join(index::FILE);
        let seen = modified(&index);
        let wanted = index.clone();
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            let Ok(event) = event else { return };
            let replaced = matches!(event.kind, EventKind::Create(_) | EventKind::Modify(_));
            if replaced && event.paths.contains(&wanted) {
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
            _watcher: watcher,
            index,
            seen,
        }
    }

    /// Whether the index was replaced since the last time it was asked.
    pub(super) fn changed(&mut self) -> bool {
        let now = modified(&self.index);
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
    fn a_folder_that_is_not_there_is_no_error() {
        let (tell, _told) = channel(8);
        let mut watch = Watch::start(Path::new("/nonexistent/callboard"), tell);
        assert!(!watch.changed());
    }
}
