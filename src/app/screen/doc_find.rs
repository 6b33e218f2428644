//! Two lists that lead to documentation: every entity that has some, and what a search in all pages found.

use std::sync::Arc;

use super::super::docs::{DocFound, DocListed};
use super::super::editor::Editor;
use super::super::layout::{self, Size};
use super::super::list::Position;

/// Which of the two.
#[derive(Clone, Debug)]
pub enum DocFindKind {
    /// Entities, filtered by what is typed.
    Entities {
        /// All of them; none until they are there.
        all: Option<Arc<Vec<DocListed>>>,
        /// Those that fit, the best first.
        shown: Vec<usize>,
    },
    /// Pages in which what is typed occurs.
    Pages {
        found: Vec<DocFound>,
        /// What they were found for.
        question: String,
    },
}

/// See the module.
#[derive(Clone, Debug)]
pub struct DocFind {
    pub kind: DocFindKind,
    pub line: Editor,
    /// Whether keys go into the line.
    pub typing: bool,
    pub at: Position,
    /// Why there is nothing to list, where that is known.
    pub problem: String,
}

impl DocFind {
    /// The list of entities, still to be loaded.
    pub fn entities() -> Self {
        Self::new(DocFindKind::Entities {
            all: None,
            shown: Vec::new(),
        })
    }

    /// A search in all pages.
    pub fn pages() -> Self {
        Self::new(DocFindKind::Pages {
            found: Vec::new(),
            question: String::new(),
        })
    }

    fn new(kind: DocFindKind) -> Self {
        Self {
            kind,
            line: Editor::default(),
            typing: true,
            at: Position::default(),
            problem: String::new(),
        }
    }

    /// How many rows it has.
    pub fn row_count(&self) -> usize {
        match &self.kind {
            DocFindKind::Entities { shown, .. } => shown.len(),
            DocFindKind::Pages { found, .. } => found.len(),
        }
    }

    /// How many screen rows one of its rows takes.
    pub fn row_height(&self) -> usize {
        match &self.kind {
            DocFindKind::Entities { .. } => 1,
            DocFindKind::Pages { .. } => 2,
        }
    }

    /// How many rows are seen at once.
    pub fn visible(&self, size: Size) -> usize {
        (usize::from(layout::doc_find(size).list.height) / self.row_height()).max(1)
    }

    /// The entity under the cursor.
    pub fn selected_ref(&self) -> Option<&str> {
        match &self.kind {
            DocFindKind::Entities { .. } => Some(&self.listed(self.at.cursor)?.entity_ref),
            DocFindKind::Pages { found, .. } => Some(&found.get(self.at.cursor)?.entity_ref),
        }
    }

    /// The entity of a row.
    pub fn listed(&self, row: usize) -> Option<&DocListed> {
        match &self.kind {
            DocFindKind::Entities { all, shown } => all.as_ref()?.get(*shown.get(row)?),
            DocFindKind::Pages { .. } => None,
        }
    }

    /// The page of a row.
    pub fn found(&self, row: usize) -> Option<&DocFound> {
        match &self.kind {
            DocFindKind::Pages { found, .. } => found.get(row),
            DocFindKind::Entities { .. } => None,
        }
    }
}
