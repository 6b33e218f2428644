//! The dependency graph: what an entity needs, what breaks with it, and how two entities are connected.
//!
//! Everything is asked of a [`Snapshot`](super::Snapshot), whose rows already carry their relations in both
//! directions; nothing is built beforehand and nothing is kept. What is not in the catalog, or was never good, has
//! the edges that others tell of it. Walks are breadth first and never recursive, so
//! that a chain of a hundred thousand entities and a cycle of two are the same to them.
//!
//! | asked | edges followed |
//! |---|---|
//! | dependencies | `dependsOn`; `consumesApi`; of an API its providers (`apiProvidedBy`) |
//! | dependents | the reverse: `dependencyOf`; of an API its consumers (`apiConsumedBy`); the APIs a component provides (`providesApi`) |
//!
//! | owned | `parentOf`, `ownerOf`, `hasMember` |
//! | owners | `ownedBy`, `childOf`, `memberOf` |
//! | parts | `hasPart` |
//!
//! `hasPart` carries failure only from the System or Domain that was asked for (down to its parts), since a part
//! that fails does not take its whole system with it.

mod direction;
mod hierarchy;
mod path;
mod reach;
mod referrers;
mod summary;

pub use direction::Direction;
pub use hierarchy::{Heading, Hierarchy, HierarchyNode, Item, missing_parent};
pub use path::{Step, shortest_path};
pub use reach::{Place, Reach, ReachNode, Target};
pub use summary::{OwnerCount, Summary};

#[cfg(test)]
mod tests;
