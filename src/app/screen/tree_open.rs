//! Which branches of a tree are open at first, and which stay so in a newer one.

use super::super::outline::{Carried, Item, Outline};
use crate::catalog::graph::Heading;

/// How many lines a tree of the whole catalog opens with at most.
const FIRST_OF_ALL: usize = 60;
/// The same for dependencies and dependents, which are asked for to be read.
const FIRST_OF_REACH: usize = 400;

/// What is open at first: as many levels as a screen or two can show, without what belongs to no system, which is
/// mostly people and groups; unless there is nothing else.
pub(super) fn first_opened(outline: &Outline) -> Vec<bool> {
    let mut open = opened_to(outline, first_level(outline));
    if !has_one_top(outline)
        && let Some(flag) =
            heading_line(outline, Heading::NoSystem).and_then(|line| open.get_mut(line))
    {
        *flag = false;
    }
    open
}

/// The level that a tree is opened to at first.
fn first_level(outline: &Outline) -> u32 {
    let most = if outline.kind().is_whole() {
        FIRST_OF_ALL
    } else {
        FIRST_OF_REACH
    };
    (1..=outline.deepest())
        .take_while(|level| outline.rows_to(*level as usize) <= most)
        .last()
        .unwrap_or_else(|| u32::from(!outline.kind().is_whole() || has_one_top(outline)))
}

/// Whether everything hangs below one line: closed it would say nothing.
fn has_one_top(outline: &Outline) -> bool {
    outline.rows_to(0) == 1
}

/// The lines that are open where every line above a level is.
pub(super) fn opened_to(outline: &Outline, level: u32) -> Vec<bool> {
    outline
        .nodes()
        .iter()
        .map(|node| node.depth < level)
        .collect()
}

/// What was open in an older outline, in a newer one.
pub(super) fn carry(
    older: &Outline,
    open: &[bool],
    newer: &Outline,
    carried: &Carried,
) -> Vec<bool> {
    let branches = || {
        let lines = older.nodes().iter().zip(open).enumerate();
        lines.filter(|(_, (node, _))| node.below > 0)
    };
    if branches().next().is_none() {
        // Nothing could be closed.
        return first_opened(newer);
    }
    // Where everything was open, so is what has been added.
    let all = branches().all(|(_, (_, open))| *open);
    let mut flags = vec![all; newer.nodes().len()];
    for (index, _) in branches().filter(|(_, (_, open))| **open) {
        if let Some(flag) = carried.line(index).and_then(|line| flags.get_mut(line)) {
            *flag = true;
        }
    }
    flags
}

/// A heading at the top.
pub(super) fn heading_line(outline: &Outline, heading: Heading) -> Option<usize> {
    let mut at = 0;
    while let Some(node) = outline.node(at) {
        if node.item == Item::Heading(heading) {
            return Some(at);
        }
        at += 1 + node.below as usize;
    }
    None
}
