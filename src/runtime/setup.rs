//! What the interface begins with: the index file, and the small files beside it and in the state folder. Nothing else is
//! read before the first frame.

use std::sync::Arc;

use jiff::Timestamp;

use super::launch::Launch;
use super::{work, zone};
use crate::app::layout::Size;
use crate::app::{Condition, Setup};
use crate::store::{Checked, First, index};
use crate::term::Capabilities;

/// The state to begin with. The index file is read, and the small files beside it and in the state folder.
pub(super) fn setup(
    launch: &Launch,
    capabilities: &Capabilities,
    (columns, rows): (u16, u16),
) -> Setup {
    let cache_dir = &launch.paths.cache_dir;
    let snapshot = Arc::new(index::read(cache_dir).unwrap_or_default());
    let first = First::read(&launch.paths.state_dir);
    let condition = match (&launch.sync, launch.offline) {
        (_, true) => Condition::Offline,
        (None, false) => Condition::NoSources,
        (Some(_), false) => Condition::Ready,
    };
    let auto = launch.sync.as_ref().is_some_and(|plan| plan.auto);
    Setup {
        organization: launch.organization.clone(),
        snapshot,
        synced_at: work::synced_at(&Checked::read(cache_dir)),
        condition,
        read_only: false,
        now: Timestamp::now(),
        time_zone: zone::local(),
        size: Size { columns, rows },
        keymap: Arc::clone(&launch.keymap),
        theme: launch.theme.clone(),
        depth: match launch.color {
            true => capabilities.depth,
            false => crate::theme::Depth::None,
        },
        themes: launch.themes.clone(),
        unicode: launch.unicode.unwrap_or(capabilities.unicode),
        motion: !capabilities.session.ssh,
        mouse: launch.mouse,
        remote: capabilities.session.ssh,
        sync_on_start: auto && !launch.offline,
        start_at: launch.start_at.clone(),
        starred: first.starred,
        recent: first.recent,
        log: launch.log.clone(),
        welcome: launch.welcome.clone(),
        config_file: launch.config_file.clone(),
    }
}
