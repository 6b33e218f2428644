//! Which branches of a tree are open at first, and which stay so in a newer one.

use super::super::outline::{Item, Outline};
use crate::catalog::graph::Heading;

/// How many lines a tree of the whole catalog opens with at most.
const FIRST_OF_ALL: usize = 60;
/// The same for dependencies and dependents, which are asked for to be read.
const FIRST_OF_REACH: usize = 400;

/// What is open at first: as many levels as a screen or two can show, without what belongs to no system, which is
/// mostly people and groups.
pub(super) fn first_opened(outline: &Outline) -> Vec<bool> {
    let mut open = opened_to(outline, first_level(outline));
    if let Some(flag) = heading_line(outline, Heading::NoSystem).and_then(|line| open.get_mut(line))
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
        .unwrap_or_else(|| u32::from(!outline.kind().is_whole()))
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
pub(super) fn carry(older: &Outline, open: &[bool], newer: &Outline) -> Vec<bool> {
    let mut carried = vec![false; newer.nodes().len()];
    let branches = || {
        older
            .nodes()
            .iter()
            .zip(open)
            .enumerate()
            .filter(|(_, (node, _))| node.below > 0)
    };
    if branches().all(|(_, (_, open))| *open) {
        // Everything was: so is what has been added.
        carried.fill(true);
        return carried;
    }
    let place_of = |index: usize| match older.node(index)?.item {
        Item::Row(id) => newer.place(newer.snapshot().find(older.snapshot().entity_ref(id))?),
        Item::Missing(_) | Item::Heading(_) => None,
    };
    for (index, (node, _)) in branches().filter(|(_, (_, open))| **open) {
        let line = match node.item {
            Item::Heading(Heading::Members) => older
                .parent(index)
                .and_then(place_of)
                .and_then(|group| members_line(newer, group)),
            Item::Heading(heading) => heading_line(newer, heading),
            Item::Row(_) | Item::Missing(_) => place_of(index),
        };
        if let Some(flag) = line.and_then(|line| carried.get_mut(line)) {
            *flag = true;
        }
    }
    carried
}

/// The members' line of a group: the last of what hangs directly below it.
fn members_line(outline: &Outline, group: usize) -> Option<usize> {
    let mut at = group + 1;
    let end = at + outline.node(group)?.below as usize;
    while at < end {
        let node = outline.node(at)?;
        if node.item == Item::Heading(Heading::Members) {
            return Some(at);
        }
        at += 1 + node.below as usize;
    }
    None
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
