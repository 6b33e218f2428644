//! The catalog: a line to search with, the results, and a preview of the selected one.

use std::sync::Arc;

use super::super::detail::Detail;
use super::super::editor::Editor;
use super::super::list::Position;
use crate::catalog::{RowId, Snapshot};

/// Where keys go.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Focus {
    /// The line: letters search.
    #[default]
    Line,
    /// The list: letters are commands.
    List,
    /// The preview: moving scrolls it.
    Preview,
}

/// What the list shows. Rows are those of its own snapshot, so it stays whole while a newer one is searched.
#[derive(Clone, Debug)]
pub struct Results {
    /// What was searched.
    pub snapshot: Arc<Snapshot>,
    /// The line that was searched for.
    pub query: String,
    /// What was found, best first; none means every row, in the snapshot's order.
    ids: Option<Arc<[RowId]>>,
    /// What is wrong with the query.
    pub problems: Vec<String>,
    /// A name near the query's words, where nothing was found.
    pub nearest: Option<String>,
    /// Another number for every other list; what is derived from a list can be kept under it.
    pub serial: u64,
}

impl Results {
    /// Every row of a snapshot.
    pub fn all(snapshot: Arc<Snapshot>, serial: u64) -> Self {
        Self {
            snapshot,
            query: String::new(),
            ids: None,
            problems: Vec::new(),
            nearest: None,
            serial,
        }
    }

    /// What a search found.
    pub fn found(snapshot: Arc<Snapshot>, query: String, ids: Vec<RowId>, serial: u64) -> Self {
        Self {
            snapshot,
            query,
            ids: Some(ids.into()),
            problems: Vec::new(),
            nearest: None,
            serial,
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ids
            .as_ref()
            .map_or_else(|| self.snapshot.len(), |ids| ids.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The row at a place of the list.
    pub fn get(&self, index: usize) -> Option<RowId> {
        match &self.ids {
            Some(ids) => ids.get(index).copied(),
            None if index < self.snapshot.len() => u32::try_from(index).ok().map(RowId),
            None => None,
        }
    }

    /// Where in the list an entity stands.
    pub fn position(&self, entity_ref: &str) -> Option<usize> {
        let id = self.snapshot.find(entity_ref)?;
        match &self.ids {
            Some(ids) => ids.iter().position(|found| *found == id),
            None => usize::try_from(id.0).ok(),
        }
    }
}

/// What the preview shows. It follows the selection once that rests.
#[derive(Clone, Debug, Default)]
pub struct Preview {
    /// The entity it shows; its base facts come from the snapshot's row.
    pub entity_ref: Option<String>,
    /// What had to be loaded for it.
    pub detail: Option<Arc<Detail>>,
    /// Its first visible line.
    pub scroll: usize,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Catalog {
    pub line: Editor,
    pub focus: Focus,
    pub results: Results,
    pub at: Position,
    pub preview: Preview,
    /// Whether the preview has the place of the list.
    pub zoomed: bool,
    /// What `tab` can put in place of the word at the cursor, while more than one thing can.
    pub completions: Vec<String>,
    /// Which of the completions stands in the line.
    pub completion: Option<usize>,
    /// Whether what the line asks for has changed since: a star, or who is signed in.
    pub outdated: bool,
}

impl Catalog {
    /// Every row of a snapshot, ready to type.
    pub fn new(snapshot: Arc<Snapshot>, serial: u64) -> Self {
        Self {
            line: Editor::default(),
            focus: Focus::Line,
            results: Results::all(snapshot, serial),
            at: Position::default(),
            preview: Preview::default(),
            zoomed: false,
            completions: Vec::new(),
            completion: None,
            outdated: false,
        }
    }

    /// The selected row.
    pub fn selected(&self) -> Option<RowId> {
        self.results.get(self.at.cursor)
    }

    /// The selected entity's complete reference.
    pub fn selected_ref(&self) -> Option<&str> {
        self.selected()
            .map(|id| self.results.snapshot.row(id).entity_ref)
    }

    /// What is searched for, without the blanks around it.
    pub fn query(&self) -> &str {
        self.line.text().trim()
    }
}
