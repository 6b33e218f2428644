//! What callboard keeps on disk: the catalog's cache, the flat index beside it, and the state that must not be lost.
//!
//! Four things, four files. The **cache** ([`Cache`], SQLite, in the XDG cache folder) holds what sources handed
//! over, documentation included, and can be deleted at any time. The **index** ([`index`], a flat file beside it) is the catalog as the
//! interface holds it, so that the first frame waits for no database. The **state** ([`State`], SQLite, in the XDG
//! state folder) holds stars, registered locations and the session; [`First`] is what the first frame needs of it. The
//! **tasks** ([`Tasks`], SQLite, below the state folder) are what software templates run as, with their logs.
//!
//! Several processes share all of it: one syncs ([`SyncLock`]), all read. Nothing here may know a token, touch the
//! network or the terminal, or derive relations (that is `catalog`'s).

mod cache;
pub mod checked;
mod docs;
mod durable;
mod error;
mod files;
mod first;
pub mod index;
mod lock;
mod paths;
mod state;
pub mod tasks;

pub use cache::{
    Cache, HttpEntry, Kept, OpenMode, Opened, StoredEntity, StoredFile, UnitChange, UnitRecord,
    UnitState,
};
pub use checked::{Checked, SourceCheck};
pub use docs::{
    DocCandidate, DocCounts, DocEntity, DocHit, DocMark, DocPage, DocSiteRecord, DocSiteState,
    DocText, Docs, Fragment,
};
pub use error::StoreError;
pub use files::{FileSystem, file_system};
pub use first::First;
pub use lock::SyncLock;
pub use paths::{PathOptions, Paths};
pub use state::{RecentEntity, RegisteredLocation, State};
pub use tasks::Tasks;
