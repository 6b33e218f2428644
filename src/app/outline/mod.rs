//! A tree laid out for the screen: every line of it, in the order they stand, whether they are seen or not.
//!
//! Built by a job from a snapshot ([`Outline::build`]), never changed afterwards, and shared: which branches are open is
//! the affair of whoever shows it ([`TreeView`](super::screen::TreeView)). Lines hold numbers only; their texts are the
//! snapshot's, read for the lines that are seen.

mod build;
mod carried;
mod filter;
mod summary;

use std::sync::Arc;

use crate::catalog::graph::{self, Heading, Summary};
use crate::catalog::{RowId, Snapshot};

pub use carried::Carried;
pub use filter::in_pieces;
pub use summary::Style;

/// Which way dependencies are followed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Direction {
    /// What the entity needs.
    Dependencies,
    /// What needs the entity: the blast radius.
    Dependents,
}

impl From<Direction> for graph::Direction {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Dependencies => graph::Direction::Dependencies,
            Direction::Dependents => graph::Direction::Dependents,
        }
    }
}

/// What is laid out.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum TreeKind {
    /// Domains, systems and what is in them.
    Structure,
    /// Groups and what they own.
    Ownership,
    /// What an entity (a complete reference) needs, or what needs it.
    Reach { root: String, direction: Direction },
    /// The shortest chain of relations between two entities (complete references).
    Path { from: String, to: String },
}

impl TreeKind {
    /// The trees of the whole catalog, in the order of their tabs.
    pub const WHOLE: [TreeKind; 2] = [TreeKind::Structure, TreeKind::Ownership];

    /// Whether it is one of the two trees of the whole catalog.
    pub fn is_whole(&self) -> bool {
        matches!(self, TreeKind::Structure | TreeKind::Ownership)
    }
}

/// What a line stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Item {
    /// An entity.
    Row(RowId),
    /// A reference that leads nowhere; [`Outline::missing`] has it.
    Missing(u32),
    /// A line that gathers what belongs nowhere else.
    Heading(Heading),
}

/// What is particular about a line's place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mark {
    /// Nothing.
    None,
    /// It stands above on this very path.
    Cycle,
    /// It stands, with what hangs below it, at another line.
    Repeated,
    /// Its reference leads nowhere.
    Missing,
    /// What it would stand under is not in the catalog ([`graph::missing_parent`]).
    ParentMissing,
}

/// One line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Node {
    pub item: Item,
    /// The line it hangs under; [`Outline::parent`] says it as an option.
    parent: u32,
    /// Levels below the top.
    pub depth: u32,
    /// How many lines hang below it, at any depth.
    pub below: u32,
    /// Entities directly below it; of a group, what it owns itself.
    pub own: u32,
    /// Entities below it at any depth; of a group, with what its child groups own.
    pub total: u32,
    /// The relation that leads to it, as a number for [`Outline::relation`].
    relation: u32,
    pub mark: Mark,
}

/// No line, no relation.
const NONE: u32 = u32::MAX;

/// The columns that the widest of some texts take.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Widths {
    pub kind: u16,
    pub lifecycle: u16,
    pub owner: u16,
    pub system: u16,
}

/// See the module.
#[derive(Debug)]
pub struct Outline {
    snapshot: Arc<Snapshot>,
    kind: TreeKind,
    nodes: Vec<Node>,
    /// Relations and references that lead nowhere.
    texts: Vec<Box<str>>,
    /// The line of each row of the snapshot, the one that has its children where there are several.
    places: Vec<u32>,
    /// How many lines each level has.
    levels: Vec<u32>,
    widths: Widths,
    summary: Option<Summary>,
    gathered: Vec<(Heading, u32)>,
}

impl Outline {
    /// The snapshot that rows belong to.
    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// What is laid out.
    pub fn kind(&self) -> &TreeKind {
        &self.kind
    }

    /// Every line.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// One line.
    pub fn node(&self, index: usize) -> Option<&Node> {
        self.nodes.get(index)
    }

    /// The line that one hangs under.
    pub fn parent(&self, index: usize) -> Option<usize> {
        let parent = self.nodes.get(index)?.parent;
        (parent != NONE).then_some(parent as usize)
    }

    /// The line of an entity: the one that its children hang under.
    pub fn place(&self, id: RowId) -> Option<usize> {
        let place = *self.places.get(id.0 as usize)?;
        (place != NONE).then_some(place as usize)
    }

    /// The entity that a line stands for.
    pub fn row(&self, index: usize) -> Option<RowId> {
        match self.nodes.get(index)?.item {
            Item::Row(id) => Some(id),
            Item::Missing(_) | Item::Heading(_) => None,
        }
    }

    /// The reference that a line stands for, whether it leads anywhere or not.
    pub fn reference(&self, index: usize) -> Option<&str> {
        match self.nodes.get(index)?.item {
            Item::Row(id) => Some(self.snapshot.entity_ref(id)),
            Item::Missing(text) => Some(self.missing(text)),
            Item::Heading(_) => None,
        }
    }

    /// A reference that leads nowhere.
    pub fn missing(&self, text: u32) -> &str {
        self.texts.get(text as usize).map_or("", AsRef::as_ref)
    }

    /// The relation that leads to a line.
    pub fn relation(&self, index: usize) -> Option<&str> {
        let relation = self.nodes.get(index)?.relation;
        self.texts.get(relation as usize).map(AsRef::as_ref)
    }

    /// How many lines the first so many levels have.
    pub fn rows_to(&self, level: usize) -> usize {
        self.levels
            .iter()
            .take(level + 1)
            .map(|n| *n as usize)
            .sum()
    }

    /// The deepest level, the top being 0.
    pub fn deepest(&self) -> u32 {
        u32::try_from(self.levels.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }

    /// How wide the columns want to be.
    pub fn widths(&self) -> Widths {
        self.widths
    }

    /// The lines at the top that gather what belongs nowhere, and how many entities each has.
    pub fn gathered(&self) -> &[(Heading, u32)] {
        &self.gathered
    }

    /// What was reached, in figures; of dependencies and dependents only.
    pub fn summary(&self) -> Option<&Summary> {
        self.summary.as_ref()
    }
}

#[cfg(test)]
mod tests;
