//! The software catalog's meaning, as Backstage gives it: references, entities, kinds, validation, relations,
//! and the snapshot that the rest of the program reads.
//!
//! Pure: no I/O, no clock, and no import of a sibling module.

pub mod entity_ref;
pub mod record;
pub mod snapshot;

pub use entity_ref::{DEFAULT_NAMESPACE, EntityRef, RefError};
pub use record::{EntityRecord, FileRecord, Position, Problem, Severity};
pub use snapshot::{Row, RowFlags, RowId, RowInput, RowRelation, Snapshot};
