//! Where the lines of an older tree are in a newer one of the same kind.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Item, NONE, Outline};
use crate::catalog::graph::Heading;

/// For each line of an older tree the line of a newer one that is the same: on the same path where there is one, else
/// where what it stands for is now.
///
/// Grows with both trees: a job's work, so that taking a new snapshot costs the interface one look at each line.
#[derive(Debug)]
pub struct Carried {
    older: Arc<Outline>,
    lines: Vec<u32>,
}

/// What a line stands for, in the terms of the newer tree.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Key<'a> {
    Row(u32),
    Missing(&'a str),
    Heading(Heading),
}

impl Carried {
    /// Looks for every line of the older tree in the newer.
    pub fn between(older: Arc<Outline>, newer: &Outline) -> Self {
        let mut at: HashMap<(u32, Key<'_>), u32> = HashMap::with_capacity(newer.nodes.len());
        let mut missing: HashMap<&str, u32> = HashMap::new();
        for (line, node) in (0u32..).zip(&newer.nodes) {
            let key = match node.item {
                Item::Row(id) => Key::Row(id.0),
                Item::Heading(heading) => Key::Heading(heading),
                Item::Missing(text) => {
                    missing.entry(newer.missing(text)).or_insert(line);
                    Key::Missing(newer.missing(text))
                }
            };
            at.entry((node.parent, key)).or_insert(line);
        }
        let rows = older.snapshot.rows_in(&newer.snapshot);
        let mut lines: Vec<u32> = Vec::with_capacity(older.nodes.len());
        for node in &older.nodes {
            // Lines stand after what they hang under.
            let parent = match node.parent {
                NONE => Some(NONE),
                parent => lines
                    .get(parent as usize)
                    .copied()
                    .filter(|line| *line != NONE),
            };
            let on_path = |key| at.get(&(parent?, key)).copied();
            let line = match node.item {
                Item::Row(id) => {
                    let id = rows.get(id.0 as usize).copied().flatten();
                    let anywhere = || id.and_then(|id| newer.place(id)).map(|line| line as u32);
                    id.and_then(|id| on_path(Key::Row(id.0))).or_else(anywhere)
                }
                Item::Missing(text) => {
                    let text = older.missing(text);
                    on_path(Key::Missing(text)).or_else(|| missing.get(text).copied())
                }
                Item::Heading(heading) => on_path(Key::Heading(heading)),
            };
            lines.push(line.unwrap_or(NONE));
        }
        Self { older, lines }
    }

    /// Whether it begins at this tree.
    pub fn is_from(&self, older: &Arc<Outline>) -> bool {
        Arc::ptr_eq(&self.older, older)
    }

    /// The line of the newer tree.
    pub fn line(&self, older: usize) -> Option<usize> {
        let line = *self.lines.get(older)?;
        (line != NONE).then_some(line as usize)
    }
}
