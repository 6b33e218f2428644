//! A tree on the screen: which branches are open, what is filtered, where the cursor is.
//!
//! The tree itself is an [`Outline`], made by a job. What is seen of it is a list of line numbers; moving through that
//! costs nothing, opening and closing one pass over what is seen.

use std::sync::Arc;

use super::super::actions::Action;
use super::super::impact::Contacts;
use super::super::layout::{self, Size};
use super::super::list::Position;
use super::super::outline::{Carried, Item, Mark, Outline, TreeKind};
use super::tree_filter::TreeFilter;
use super::tree_open::{carry, first_opened, opened_to};
use crate::catalog::{RowId, Snapshot};

/// A line that is seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seen {
    /// Which line of the outline.
    pub node: u32,
    /// Bit n says that another line of level n follows below, under the same parent as this line or its parent of
    /// that level. Levels beyond 63 have no bit.
    pub guides: u64,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct TreeView {
    pub kind: TreeKind,
    /// None until it has been made.
    pub outline: Option<Arc<Outline>>,
    /// How its owners are reached; empty until that is known.
    pub contacts: Contacts,
    /// Which lines are open, of the lines of the outline.
    open: Vec<bool>,
    /// What is seen.
    rows: Vec<Seen>,
    pub at: Position,
    pub filter: TreeFilter,
    /// Whether the tree has the room of the figures above it.
    pub zoomed: bool,
    /// The entity to go to as soon as the tree is there.
    pub wanted: Option<String>,
}

/// A tree that has the screen for itself.
#[derive(Clone, Debug)]
pub struct TreeScreen {
    pub view: TreeView,
    /// The other tree of the whole catalog, once it was looked at.
    pub other: Option<Box<TreeView>>,
}

impl TreeView {
    /// A tree still to be made.
    pub fn new(kind: TreeKind) -> Self {
        Self {
            kind,
            outline: None,
            contacts: Contacts::new(),
            open: Vec::new(),
            rows: Vec::new(),
            at: Position::default(),
            filter: TreeFilter::default(),
            zoomed: false,
            wanted: None,
        }
    }

    /// Whether an action can do anything in it.
    pub fn applies(&self, action: Action) -> bool {
        use Action as A;
        let reach = matches!(self.kind, TreeKind::Reach { .. });
        // A tree that is still being made will hardly be empty.
        let empty = self.outline.is_some() && self.rows.is_empty();
        match action {
            A::Open => !empty || self.filter.typing,
            A::Copy | A::CopyMenu => !empty || reach,
            A::ExpandBelow
            | A::CollapseAll
            | A::Deeper
            | A::Shallower
            | A::Left
            | A::Right
            | A::Owner
            | A::Who
            | A::Runbook
            | A::Dependencies
            | A::Dependents
            | A::Yaml
            | A::OpenLink
            | A::YamlInPager
            | A::EditFile
            | A::Star
            | A::Refresh
                if empty =>
            {
                false
            }
            A::SwitchTree | A::NextPane | A::PreviousPane => self.kind.is_whole(),
            A::ExpandBelow | A::CollapseAll | A::Deeper | A::Shallower | A::Left | A::Right => {
                self.kind.is_whole() || reach
            }
            A::Zoom => reach,
            _ => true,
        }
    }

    /// How many rows are seen at once where it has a screen of this size.
    pub fn visible(&self, size: Size) -> usize {
        let head = self.head_rows(size.columns);
        usize::from(layout::tree(size, head, self.is_filtered()).list.height)
    }

    /// What is seen.
    pub fn rows(&self) -> &[Seen] {
        &self.rows
    }

    /// The line under the cursor, as a number for the outline.
    pub fn selected(&self) -> Option<usize> {
        Some(self.rows.get(self.at.cursor)?.node as usize)
    }

    /// The entity under the cursor.
    pub fn subject(&self) -> Option<(Arc<Snapshot>, RowId)> {
        let outline = self.outline.as_ref()?;
        let id = outline.row(self.selected()?)?;
        Some((Arc::clone(outline.snapshot()), id))
    }

    /// The reference of the line under the cursor, whether it leads anywhere or not.
    pub fn reference(&self) -> Option<&str> {
        self.outline.as_ref()?.reference(self.selected()?)
    }

    /// Whether a line is open.
    pub fn is_open(&self, node: usize) -> bool {
        let open = match &self.filter.found {
            Some(found) => &found.open,
            None => &self.open,
        };
        open.get(node).copied().unwrap_or(false)
    }

    /// Whether the tree has not been made yet, or is being made anew.
    pub fn is_older_than(&self, snapshot: &Arc<Snapshot>) -> bool {
        self.outline
            .as_ref()
            .is_none_or(|outline| !Arc::ptr_eq(outline.snapshot(), snapshot))
    }

    /// Takes an outline: the first, or one of a newer snapshot, in which what was open and the line under the cursor
    /// stay as they were as far as `carried` knows them. What the filter found belongs to the older one: it must be
    /// filtered again.
    pub fn attach(&mut self, outline: Arc<Outline>, carried: Option<&Carried>, visible: usize) {
        let before = std::mem::take(&mut self.open);
        let filtered = self.filter.found.take().is_some();
        let older = self.outline.take();
        let known = older
            .as_ref()
            .zip(carried)
            .filter(|(older, carried)| carried.is_from(older));
        self.open = match known {
            Some((older, carried)) => carry(older, &before, &outline, carried),
            None => first_opened(&outline),
        };
        let on = known.and_then(|(_, carried)| carried.line(self.selected()?));
        let from_top = self.at.cursor.saturating_sub(self.at.top);
        self.outline = Some(outline);
        self.rows.clear();
        self.lay_out(visible);
        if let Some(node) = on {
            // While a filter is applied anew, its lines are hardly open without it.
            if filtered || self.row_of(node).is_some() {
                self.reveal(node, visible);
            } else if let Some(row) = self.nearest(node) {
                self.at.cursor = row;
            }
            self.at.top = self.at.cursor.saturating_sub(from_top);
        }
        if let Some(wanted) = self.wanted.take() {
            self.go_to(&wanted, visible);
        }
        self.at.fit(self.rows.len(), visible);
    }

    /// Puts the cursor where it is seen.
    pub fn settle(&mut self, visible: usize) {
        self.at.fit(self.rows.len(), visible);
    }

    /// Goes to an entity, opening what is above it. Returns whether the tree has it.
    pub fn go_to(&mut self, entity_ref: &str, visible: usize) -> bool {
        let place = self
            .outline
            .as_ref()
            .and_then(|outline| outline.place(outline.snapshot().find(entity_ref)?));
        if let Some(node) = place {
            self.reveal(node, visible);
        }
        place.is_some()
    }

    /// Opens everything above a line and puts the cursor on it.
    pub fn reveal(&mut self, node: usize, visible: usize) {
        let Some(outline) = self.outline.clone() else {
            return;
        };
        let hidden = self
            .filter
            .found
            .as_ref()
            .is_some_and(|found| !found.kept.get(node).copied().unwrap_or(false));
        if hidden {
            self.filter = TreeFilter::default();
        }
        let mut at = node;
        while let Some(parent) = outline.parent(at) {
            self.set_open(parent, true);
            at = parent;
        }
        self.lay_out(visible);
        if let Some(row) = self.row_of(node) {
            self.at.cursor = row;
        }
        self.at.fit(self.rows.len(), visible);
    }

    /// Opens or closes a line; [`TreeView::lay_out`] must follow.
    fn set_open(&mut self, node: usize, open: bool) {
        let flags = match &mut self.filter.found {
            Some(found) => &mut found.open,
            None => &mut self.open,
        };
        if let Some(flag) = flags.get_mut(node) {
            *flag = open;
        }
    }

    /// The row of a line, where it is seen.
    pub fn row_of(&self, node: usize) -> Option<usize> {
        let node = u32::try_from(node).ok()?;
        self.rows.binary_search_by_key(&node, |row| row.node).ok()
    }

    /// The row of a line, or of the last one before it that is seen.
    pub(super) fn nearest(&self, node: usize) -> Option<usize> {
        let node = u32::try_from(node).ok()?;
        self.rows
            .partition_point(|row| row.node <= node)
            .checked_sub(1)
    }

    /// Makes the rows anew, the cursor staying on its line or going to what is above it.
    pub(super) fn lay_out(&mut self, visible: usize) {
        let Some(outline) = self.outline.clone() else {
            return;
        };
        let on = self.rows.get(self.at.cursor).map(|row| row.node as usize);
        let from_top = self.at.cursor.saturating_sub(self.at.top);
        let nodes = outline.nodes();
        let (open, found) = match &self.filter.found {
            Some(found) => (&found.open, Some(found)),
            None => (&self.open, None),
        };
        let flag = |flags: &[bool], at: usize| flags.get(at).copied().unwrap_or(false);
        let mut rows = Vec::with_capacity(self.rows.len());
        // Below a line that fits and is opened, everything is shown where nothing of it fits.
        let mut whole_until = 0;
        let mut index = 0;
        while let Some(node) = nodes.get(index) {
            let next = index + 1 + node.below as usize;
            let kept = found.is_none_or(|found| index < whole_until || flag(&found.kept, index));
            if !kept {
                index = next;
                continue;
            }
            rows.push(Seen {
                node: index as u32,
                guides: 0,
            });
            if !flag(open, index) {
                index = next;
                continue;
            }
            if let Some(found) = found
                && index >= whole_until
                && !flag(&found.above, index)
            {
                whole_until = next;
            }
            index += 1;
        }
        draw_guides(&mut rows, &outline);
        self.rows = rows;
        if let Some(row) = on.and_then(|node| self.nearest(node)) {
            self.at.cursor = row;
            self.at.top = row.saturating_sub(from_top);
        }
        self.at.fit(self.rows.len(), visible);
    }

    /// To the right: opens a closed line, goes into an open one, and from where an entity is only repeated to where it
    /// stands.
    pub fn expand(&mut self, visible: usize) {
        let Some((outline, node)) = self.outline.clone().zip(self.selected()) else {
            return;
        };
        let Some(line) = outline.node(node) else {
            return;
        };
        match (line.mark, line.item) {
            (Mark::Repeated | Mark::Cycle, Item::Row(id)) if line.below == 0 => {
                if let Some(place) = outline.place(id).filter(|place| *place != node) {
                    self.reveal(place, visible);
                }
            }
            _ if line.below == 0 => {}
            _ if self.is_open(node) => {
                self.at.cursor += 1;
                self.at.fit(self.rows.len(), visible);
            }
            _ => {
                self.set_open(node, true);
                self.lay_out(visible);
            }
        }
    }

    /// To the left: closes an open line, goes from a closed one to what is above it.
    pub fn collapse(&mut self, visible: usize) {
        let Some((outline, node)) = self.outline.clone().zip(self.selected()) else {
            return;
        };
        let has_below = outline.node(node).is_some_and(|line| line.below > 0);
        if has_below && self.is_open(node) {
            self.set_open(node, false);
            self.lay_out(visible);
        } else if let Some(row) = outline.parent(node).and_then(|up| self.row_of(up)) {
            self.at.cursor = row;
            self.at.fit(self.rows.len(), visible);
        }
    }

    /// Opens a closed line, closes an open one.
    pub fn toggle(&mut self, visible: usize) {
        let Some(node) = self.selected() else { return };
        let open = self.is_open(node);
        self.set_open(node, !open);
        self.lay_out(visible);
    }

    /// Opens the line under the cursor and everything below it.
    pub fn expand_below(&mut self, visible: usize) {
        let Some((outline, node)) = self.outline.clone().zip(self.selected()) else {
            return;
        };
        let below = outline.node(node).map_or(0, |line| line.below as usize);
        for index in node..=node + below {
            self.set_open(index, true);
        }
        self.lay_out(visible);
    }

    /// Closes everything; the cursor goes to what is above it at the top.
    pub fn collapse_all(&mut self, visible: usize) {
        let flags = match &mut self.filter.found {
            Some(found) => &mut found.open,
            None => &mut self.open,
        };
        flags.fill(false);
        self.lay_out(visible);
    }

    /// Opens one level more, or one less. Returns how many levels are shown now, and of how many.
    pub fn deepen(&mut self, more: bool, visible: usize) -> (u32, u32) {
        let Some(outline) = self.outline.clone() else {
            return (0, 0);
        };
        let deepest = outline.deepest();
        let level = self.level();
        let level = if more {
            level.saturating_add(1).min(deepest)
        } else {
            level.saturating_sub(1)
        };
        if !more || self.first_closed().is_some() {
            let opened = opened_to(&outline, level);
            match &mut self.filter.found {
                Some(found) => found.open = opened,
                None => self.open = opened,
            }
            self.lay_out(visible);
        }
        match self.first_closed() {
            Some(_) => (level, deepest),
            None => (deepest, deepest),
        }
    }

    /// Down to which level every line is open: 0 where only the top is seen.
    pub fn level(&self) -> u32 {
        let depth = |row: &Seen| Some(self.outline.as_ref()?.node(row.node as usize)?.depth);
        // A filter may leave out the deepest lines.
        self.first_closed()
            .or_else(|| self.rows.iter().filter_map(depth).max())
            .unwrap_or(0)
    }

    /// The first level that has a closed line; none where everything is open.
    fn first_closed(&self) -> Option<u32> {
        let outline = self.outline.as_ref()?;
        // Only what is seen can be closed.
        self.rows
            .iter()
            .filter_map(|row| {
                let node = outline.node(row.node as usize)?;
                (node.below > 0 && !self.is_open(row.node as usize)).then_some(node.depth)
            })
            .min()
    }
}

/// Says of each row on which levels others follow: from the last row to the first, remembering which levels have had
/// one.
fn draw_guides(rows: &mut [Seen], outline: &Outline) {
    let mut follows = 0u64;
    for row in rows.iter_mut().rev() {
        let depth = outline.node(row.node as usize).map_or(0, |node| node.depth);
        let Some(bit) = 1u64.checked_shl(depth) else {
            row.guides = follows;
            continue;
        };
        // What lies deeper belongs to a branch that ends here.
        let up_to = bit | (bit - 1);
        row.guides = follows & up_to;
        follows = (follows & up_to) | bit;
    }
}
