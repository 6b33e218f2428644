//! Filtering a tree: what fits is shown, with the path that leads to it.

use std::sync::Arc;

use super::super::editor::Editor;
use super::tree::TreeView;

/// What is typed to filter by, and what it found.
#[derive(Clone, Debug, Default)]
pub struct TreeFilter {
    pub editor: Editor,
    /// Whether it is being typed.
    pub typing: bool,
    /// What was found for which line.
    pub found: Option<Found>,
}

/// What a filter found in an outline.
#[derive(Clone, Debug)]
pub struct Found {
    /// The line that was searched for.
    pub line: String,
    /// The lines that fit, in order.
    pub matches: Arc<[u32]>,
    /// Lines that fit or have one below them that does.
    pub(super) kept: Vec<bool>,
    /// Lines that have one below them that fits.
    pub(super) above: Vec<bool>,
    pub(super) open: Vec<bool>,
}

impl TreeView {
    /// Whether a filter is typed or was.
    pub fn is_filtered(&self) -> bool {
        self.filter.typing || !self.filter.editor.is_empty()
    }

    /// Whether a line fits the filter; every line does where there is none.
    pub fn fits(&self, node: usize) -> bool {
        match &self.filter.found {
            Some(found) => {
                u32::try_from(node).is_ok_and(|node| found.matches.binary_search(&node).is_ok())
            }
            None => true,
        }
    }

    /// How many lines fit the filter, where there is one.
    pub fn match_count(&self) -> Option<usize> {
        self.filter.found.as_ref().map(|found| found.matches.len())
    }

    /// Takes what a filter found, or the end of filtering. The cursor goes to the first line that fits unless it is on
    /// one already; without a filter it stays on its line.
    pub fn filtered(&mut self, line: String, matches: Vec<u32>, visible: usize) {
        let Some(outline) = self.outline.clone() else {
            return;
        };
        let nodes = outline.nodes();
        let mut above = vec![false; nodes.len()];
        let mut kept = vec![false; nodes.len()];
        for found in &matches {
            let found = *found as usize;
            if let Some(flag) = kept.get_mut(found) {
                *flag = true;
            }
            let mut at = found;
            while let Some(parent) = outline.parent(at) {
                match above.get_mut(parent) {
                    Some(flag) if !*flag => *flag = true,
                    _ => break,
                }
                at = parent;
            }
        }
        for (kept, above) in kept.iter_mut().zip(&above) {
            *kept |= *above;
        }
        let first = matches.first().copied();
        self.filter.found = Some(Found {
            line,
            matches: matches.into(),
            kept,
            open: above.clone(),
            above,
        });
        self.lay_out(visible);
        let on_match = self.selected().is_some_and(|node| self.fits(node));
        if !on_match && let Some(row) = first.and_then(|node| self.row_of(node as usize)) {
            self.at.cursor = row;
        }
        self.at.fit(self.rows().len(), visible);
    }

    /// Takes the filter away; the line under the cursor stays in sight.
    pub fn unfilter(&mut self, visible: usize) {
        let on = self.selected();
        self.filter = TreeFilter::default();
        match on {
            Some(node) => self.reveal(node, visible),
            None => self.lay_out(visible),
        }
    }

    /// Shows every line again while the filter's line is still there to be typed.
    pub fn clear_matches(&mut self, visible: usize) {
        let on = self.selected();
        if self.filter.found.take().is_some()
            && let Some(node) = on
        {
            self.reveal(node, visible);
        }
    }

    /// Goes to the next line that fits the filter, around the end. Returns whether there is another.
    pub fn next_match(&mut self, forward: bool, visible: usize) -> bool {
        let Some(found) = &self.filter.found else {
            return false;
        };
        let matches = Arc::clone(&found.matches);
        let here = self.selected().and_then(|n| u32::try_from(n).ok());
        let here = here.unwrap_or(0);
        let next = if forward {
            let at = matches.partition_point(|node| *node <= here);
            matches.get(at).or_else(|| matches.first())
        } else {
            let at = matches.partition_point(|node| *node < here);
            at.checked_sub(1)
                .and_then(|at| matches.get(at))
                .or_else(|| matches.last())
        };
        let Some(node) = next else { return false };
        self.reveal(*node as usize, visible);
        true
    }
}
