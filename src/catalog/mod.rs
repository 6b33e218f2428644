//! The software catalog's meaning, as Backstage gives it: references, entities, kinds, validation, relations,
//! and the snapshot that the rest of the program reads.
//!
//! Pure: no I/O, no clock, and no import of a sibling module.
//!
//! The way of a file: [`file::read`] makes entities and problems of its bytes; [`FileSummary`]s of all files go to
//! [`assemble()`], which settles conflicts and relations; [`served()`] is an entity as Backstage's API gives it.

pub mod assemble;
pub mod check;
pub mod entity_ref;
pub mod file;
pub mod graph;
pub mod kinds;
pub mod location;
pub mod oncall;
mod placeholder;
mod places;
mod policy;
pub mod record;
pub mod refused;
mod relations;
pub mod resolve;
pub mod rules;
mod schema;
pub mod served;
pub mod snapshot;
mod span;
pub mod unserved;
pub mod yaml;

pub use assemble::{
    Assembled, AssembledEntity, AssembledRelation, Conflict, FileState, FileSummary, assemble,
    dangling_references,
};
pub use check::{CheckedFile, check, check_file};
pub use entity_ref::{DEFAULT_NAMESPACE, EntityRef, RefError, short_ref};
pub use file::{FileContext, ParsedFile};
pub use location::{LocationTarget, Presence};
pub use placeholder::{PlaceholderKind, PlaceholderRequest};
pub use record::{EntityRecord, FileRecord, Position, Problem, Severity};
pub use resolve::{Named, PartialRef, Resolution};
pub use rules::{AllowedKind, Rule, RuleLocation, Rules, Trust};
pub use served::{served, uid};
pub use snapshot::{Row, RowFlags, RowId, RowInput, RowRelation, Snapshot};
