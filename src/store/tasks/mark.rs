//! The sign that a task began or ended: an empty file that is touched.
//!
//! Who shows tasks while none runs watches it, and so wakes up once when one starts, not at each line that is logged.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::time::SystemTime;

use super::Tasks;

/// The name of the file, in the folder of all tasks.
pub const MARK: &str = "changed";

impl Tasks {
    /// Touches the mark. Where it cannot be, viewers see the change when they look by themselves.
    pub(super) fn touch_mark(&self) {
        let path = self.folder.join(MARK);
        let touched = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .and_then(|file| file.set_modified(SystemTime::now()));
        if let Err(error) = touched {
            tracing::info!(%error, "the tasks' mark could not be touched");
        }
    }
}
