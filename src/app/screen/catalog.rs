//! The catalog: a line to search with, the results, and a preview of the selected one.

use std::sync::Arc;

use super::super::detail::Detail;
use super::super::editor::Editor;
use super::super::list::Position;
use super::super::who::Card;
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
    /// What was found, best first; none means every row, in the snapshot's order but for those that come first.
    ids: Option<Arc<[RowId]>>,
    /// The rows that come first where every row is shown, in their order and sorted.
    first: Vec<RowId>,
    sorted: Vec<RowId>,
    /// What is wrong with the query.
    pub problems: Vec<String>,
    /// A name near the query's words, where nothing was found.
    pub nearest: Option<String>,
    /// Another number for every other list; what is derived from a list can be kept under it.
    pub serial: u64,
}

impl Results {
    /// Every row of a snapshot: those of these references first, then the others as the snapshot has them.
    pub fn all(snapshot: Arc<Snapshot>, first: &[String], serial: u64) -> Self {
        let mut rows: Vec<RowId> = Vec::with_capacity(first.len());
        for id in first.iter().filter_map(|entity| snapshot.find(entity)) {
            if !rows.contains(&id) {
                rows.push(id);
            }
        }
        let mut sorted = rows.clone();
        sorted.sort_unstable();
        Self {
            snapshot,
            query: String::new(),
            ids: None,
            first: rows,
            sorted,
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
            first: Vec::new(),
            sorted: Vec::new(),
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
            None if index < self.first.len() => self.first.get(index).copied(),
            None if index < self.snapshot.len() => {
                let mut row = u32::try_from(index - self.first.len()).ok()?;
                for before in &self.sorted {
                    row += u32::from(before.0 <= row);
                }
                Some(RowId(row))
            }
            None => None,
        }
    }

    /// How many rows stand at the beginning because somebody comes back to them.
    pub fn first(&self) -> usize {
        self.first.len()
    }

    /// Where in the list an entity stands.
    pub fn position(&self, entity_ref: &str) -> Option<usize> {
        let id = self.snapshot.find(entity_ref)?;
        match &self.ids {
            Some(ids) => ids.iter().position(|found| *found == id),
            None => self
                .first
                .iter()
                .position(|first| *first == id)
                .or_else(|| {
                    let before = self.sorted.iter().filter(|first| **first < id).count();
                    Some(usize::try_from(id.0).ok()? + self.first.len() - before)
                }),
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
    /// Its card, loaded with it.
    pub card: Option<Arc<Card>>,
    /// Its first visible line.
    pub scroll: usize,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Catalog {
    pub line: Editor,
    pub focus: Focus,
    /// The references that its rows begin with where nothing is searched: as they were when it was opened, so that no
    /// row moves while somebody looks.
    pub first: Arc<[String]>,
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
    pub fn new(snapshot: Arc<Snapshot>, first: Arc<[String]>, serial: u64) -> Self {
        Self {
            line: Editor::default(),
            focus: Focus::Line,
            results: Results::all(snapshot, &first, serial),
            first,
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

    /// Whether the preview shows another entity than the selected one.
    pub fn is_preview_behind(&self) -> bool {
        self.selected_ref() != self.preview.entity_ref.as_deref()
    }

    /// What is searched for, without the blanks around it.
    pub fn query(&self) -> &str {
        self.line.text().trim()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::tests::desk::snapshot;

    #[test]
    fn every_row_stands_once_and_is_found_where_it_stands_whatever_comes_first() {
        let snapshot = snapshot(1);
        let refs: Vec<String> = snapshot
            .ids()
            .map(|id| snapshot.row(id).entity_ref.to_owned())
            .collect();
        let last = refs.last().unwrap().clone();
        let some = [refs[3].clone(), refs[0].clone(), last, refs[3].clone()];
        let gone = ["component:default/gone".to_owned()];
        for first in [&[][..], &some[..1], &some[..], &refs[..], &gone[..]] {
            let results = Results::all(Arc::clone(&snapshot), first, 1);
            let mut rows: Vec<RowId> = (0..results.len()).filter_map(|n| results.get(n)).collect();
            for (place, id) in rows.iter().enumerate() {
                assert_eq!(results.position(snapshot.row(*id).entity_ref), Some(place));
            }
            assert_eq!(results.get(results.len()), None);
            let plain = rows.split_off(results.first());
            assert!(plain.is_sorted());
            rows.extend(plain);
            rows.sort_unstable();
            assert_eq!(rows, snapshot.ids().collect::<Vec<_>>());
        }
        let results = Results::all(Arc::clone(&snapshot), &some, 1);
        assert_eq!(results.first(), 3);
        assert_eq!(results.position(&refs[3]), Some(0));
    }
}
