//! Trees: asking for them, opening and closing branches, filtering, copying; and the chain between two entities.

use std::sync::Arc;

use super::super::actions::Action;
use super::super::impact::{Contacts, REACHED};
use super::super::job::{Effect, Job, Policy, Slot, TreeFilterRequest};
use super::super::outline::{Carried, Direction, Mark, Outline, Style, TreeKind};
use super::super::picker::{Choice, Picker, PickerKind, PickerRow};
use super::super::screen::{Screen, TreeScreen, TreeView};
use super::super::state::{Level, Purpose, State};
use super::entity::subject_ref;
use super::going::{candidates, open_entity, pop, push};
use super::windows::shell_word;
use crate::app::words;
use crate::text;

/// How many entities of one name are listed.
const LISTED: usize = 6;

/// Goes to the tree of the whole catalog, as it was left.
pub(super) fn whole(state: &mut State, effects: &mut Vec<Effect>) {
    let is_whole =
        |screen: &Screen| matches!(screen, Screen::Tree(tree) if tree.view.kind.is_whole());
    if is_whole(&state.screen) {
        return;
    }
    if state.behind.iter().any(is_whole) {
        while !is_whole(&state.screen) {
            pop(state, effects);
        }
        return;
    }
    let tree = state.left_tree.take().unwrap_or_else(|| {
        Box::new(TreeScreen {
            view: TreeView::new(TreeKind::Structure),
            other: None,
        })
    });
    push(state, Screen::Tree(tree), effects);
    load_tree(state, effects);
}

fn show(state: &mut State, kind: TreeKind, effects: &mut Vec<Effect>) {
    let tree = TreeScreen {
        view: TreeView::new(kind),
        other: None,
    };
    push(state, Screen::Tree(Box::new(tree)), effects);
    load_tree(state, effects);
}

/// Shows what a reference that leads nowhere has to do with those who name it: there is no page to show it on.
pub(super) fn reach(
    state: &mut State,
    root: String,
    direction: Direction,
    effects: &mut Vec<Effect>,
) {
    let kind = TreeKind::Reach {
        root: root.clone(),
        direction,
    };
    if state.tree().is_some_and(|view| view.kind == kind) {
        return;
    }
    let what = match direction {
        Direction::Dependencies => "what it needs",
        Direction::Dependents => "what needs it",
    };
    show(state, kind, effects);
    let message = format!("{root} is not in the catalog: this is {what}");
    state.say(effects, Level::Info, &message);
}

/// Shows the chain between two named entities, or between the selected one and a named one.
pub(super) fn path(state: &mut State, names: &str, effects: &mut Vec<Effect>) {
    let words: Vec<&str> = names.split_whitespace().collect();
    let here = subject_ref(state).filter(|here| state.snapshot.find(here).is_some());
    let (from, to) = match (words.as_slice(), here) {
        ([from, to], _) => (named(state, from), named(state, to)),
        ([to], Some(from)) => (Ok(from), named(state, to)),
        _ => {
            let message = "Between which two? :path FROM TO, each [kind:][namespace/]name";
            state.say(effects, Level::Info, message);
            return;
        }
    };
    match (from, to) {
        (Ok(from), Ok(to)) => show(state, TreeKind::Path { from, to }, effects),
        (Err(message), _) | (_, Err(message)) => state.say(effects, Level::Warning, &message),
    }
}

/// The complete reference that a name means, or what is wrong with it.
fn named(state: &State, name: &str) -> Result<String, String> {
    let found = candidates(&state.snapshot, name);
    match found.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(format!("{name} is not in the catalog")),
        several => {
            let listed: Vec<&str> = several.iter().take(LISTED).map(String::as_str).collect();
            let more = match several.len().saturating_sub(LISTED) {
                0 => String::new(),
                more => format!(" or {more} more"),
            };
            Err(format!("{name} is {}{more}", listed.join(" or ")))
        }
    }
}

/// Makes the tree of the screen, or makes it anew where it is older than the newest snapshot.
pub(in crate::app) fn load_tree(state: &mut State, effects: &mut Vec<Effect>) {
    let newest = Arc::clone(&state.snapshot);
    let Some(view) = state.tree().filter(|view| view.is_older_than(&newest)) else {
        if state
            .tree()
            .is_some_and(|view| view.is_filtered() && view.filter.found.is_none())
        {
            filter_tree(state, effects);
        }
        return;
    };
    let kind = view.kind.clone();
    state
        .outlines
        .retain(|outline| Arc::ptr_eq(outline.snapshot(), &newest));
    let known = state
        .outlines
        .iter()
        .find(|outline| *outline.kind() == kind);
    let made = known.cloned();
    let older = state.tree().and_then(|view| view.outline.clone());
    if let (Some(outline), None) = (&made, &older) {
        attach(state, Arc::clone(outline), None, effects);
        return;
    }
    let purpose = Purpose::Tree(kind.clone());
    let job = Job::Tree {
        snapshot: newest,
        kind,
        made,
        older,
    };
    state.start(effects, Policy::Latest(Slot::Tree), job, purpose);
}

/// A tree has been made.
pub(in crate::app) fn take_outline(
    state: &mut State,
    outline: Arc<Outline>,
    carried: Option<Carried>,
    effects: &mut Vec<Effect>,
) {
    if outline.kind().is_whole() && Arc::ptr_eq(outline.snapshot(), &state.snapshot) {
        state
            .outlines
            .retain(|known| known.kind() != outline.kind());
        state.outlines.push(Arc::clone(&outline));
    }
    if state
        .tree()
        .is_some_and(|view| view.kind == *outline.kind())
    {
        attach(state, outline, carried.as_ref(), effects);
    }
}

fn attach(
    state: &mut State,
    outline: Arc<Outline>,
    carried: Option<&Carried>,
    effects: &mut Vec<Effect>,
) {
    let visible = state.visible_rows();
    if let Some(view) = state.tree_mut() {
        view.attach(Arc::clone(&outline), carried, visible);
    }
    // How many rows are seen follows from what is said above them.
    refit(state);
    filter_tree(state, effects);
    let owners: Vec<String> = outline
        .summary()
        .into_iter()
        .flat_map(|summary| &summary.by_owner)
        .filter_map(|count| count.owner.clone())
        .take(REACHED)
        .collect();
    if !owners.is_empty() {
        let purpose = Purpose::Contacts(outline.kind().clone());
        let job = Job::Contacts { owners };
        state.start(effects, Policy::Latest(Slot::Contacts), job, purpose);
    }
}

/// How owners are reached is known.
pub(in crate::app) fn take_contacts(state: &mut State, kind: &TreeKind, contacts: Contacts) {
    if let Some(view) = state.tree_mut().filter(|view| view.kind == *kind) {
        view.contacts = contacts;
    }
    refit(state);
}

/// Looks for what is typed in the filter.
pub(in crate::app) fn filter_tree(state: &mut State, effects: &mut Vec<Effect>) {
    let visible = state.visible_rows();
    let (starred, me) = (Arc::clone(&state.starred), Arc::clone(&state.me));
    let Some(view) = state.tree_mut() else { return };
    let line = view.filter.editor.text().to_owned();
    if line.trim().is_empty() {
        view.clear_matches(visible);
        state.stop(effects, Slot::TreeFilter);
        refit(state);
        return;
    }
    let Some(outline) = view.outline.clone() else {
        return;
    };
    if view
        .filter
        .found
        .as_ref()
        .is_some_and(|found| found.line == line)
    {
        return;
    }
    let job = Job::FilterTree(TreeFilterRequest {
        outline,
        line: line.clone(),
        starred,
        me,
    });
    let purpose = Purpose::TreeFilter(line);
    state.start(effects, Policy::Latest(Slot::TreeFilter), job, purpose);
    refit(state);
}

/// What a filter found.
pub(in crate::app) fn take_matches(state: &mut State, line: String, found: Vec<u32>) {
    let visible = state.visible_rows();
    if let Some(view) = state.tree_mut()
        && view.filter.editor.text() == line
    {
        view.filtered(line, found, visible);
    }
}

fn refit(state: &mut State) {
    let visible = state.visible_rows();
    if let Some(view) = state.tree_mut() {
        view.settle(visible);
    }
}

/// The filter goes.
pub(super) fn unfilter(state: &mut State, effects: &mut Vec<Effect>) {
    state.stop(effects, Slot::TreeFilter);
    let visible = state.visible_rows();
    if let Some(view) = state.tree_mut() {
        view.unfilter(visible);
    }
    refit(state);
}

/// Switches between the two trees of the whole catalog; each is as it was.
pub(super) fn switch(state: &mut State, effects: &mut Vec<Effect>) {
    let Screen::Tree(tree) = &mut state.screen else {
        return;
    };
    let kind = match tree.view.kind {
        TreeKind::Structure => TreeKind::Ownership,
        TreeKind::Ownership => TreeKind::Structure,
        TreeKind::Reach { .. } | TreeKind::Path { .. } => return,
    };
    let on = tree
        .view
        .subject()
        .map(|(snapshot, id)| snapshot.entity_ref(id).to_owned());
    let first = tree.other.is_none();
    let other = tree
        .other
        .take()
        .map_or_else(|| TreeView::new(kind), |other| *other);
    tree.other = Some(Box::new(std::mem::replace(&mut tree.view, other)));
    if first && tree.view.at.cursor == 0 {
        // The other tree is looked at for what one is on.
        tree.view.wanted = on;
    }
    state.stop(effects, Slot::Tree);
    state.stop(effects, Slot::TreeFilter);
    refit(state);
    load_tree(state, effects);
}

/// Opens and closes more than one branch.
pub(super) fn branches(state: &mut State, action: Action, effects: &mut Vec<Effect>) {
    let visible = state.visible_rows();
    let Some(view) = state.tree_mut() else { return };
    if matches!(view.kind, TreeKind::Path { .. }) {
        return;
    }
    match action {
        Action::ExpandBelow => view.expand_below(visible),
        Action::CollapseAll => view.collapse_all(visible),
        _ => {
            let (level, deepest) = view.deepen(action == Action::Deeper, visible);
            let message = if level >= deepest {
                "Every level is open".to_owned()
            } else {
                format!("{level} of {deepest} levels open below the top")
            };
            state.say(effects, Level::Info, &message);
        }
    }
}

/// Closes or opens the branch under the cursor.
pub(super) fn sideways(state: &mut State, right: bool) {
    let visible = state.visible_rows();
    let Some(view) = state.tree_mut() else { return };
    if right {
        view.expand(visible);
    } else {
        view.collapse(visible);
    }
}

/// Gives the figures' room to the tree, or back.
pub(super) fn zoom(state: &mut State) {
    if let Some(view) = state.tree_mut() {
        view.zoomed = !view.zoomed;
    }
    refit(state);
}

/// Opens what is under the cursor: an entity's page, or a heading's branch. In the filter's line it only leaves that.
pub(super) fn open_line(state: &mut State, effects: &mut Vec<Effect>) {
    let visible = state.visible_rows();
    let Some(view) = state.tree_mut() else { return };
    if view.filter.typing {
        view.filter.typing = false;
        refit(state);
        return;
    }
    let outline = view.outline.clone();
    let reference = outline
        .as_ref()
        .zip(view.selected())
        .and_then(|(outline, index)| outline.reference(index));
    let Some(reference) = reference else {
        view.toggle(visible);
        return;
    };
    if state.snapshot.find(reference).is_some() {
        open_entity(state, reference, effects);
    } else {
        reach(state, reference.to_owned(), Direction::Dependents, effects);
    }
}

/// Goes to the next line that fits.
pub(super) fn next_match(state: &mut State, forward: bool, effects: &mut Vec<Effect>) {
    let visible = state.visible_rows();
    let Some(view) = state.tree_mut() else { return };
    if !view.next_match(forward, visible) {
        let line = view.filter.editor.text();
        let message = if line.is_empty() {
            "Search with / first".to_owned()
        } else {
            format!("Not found: {line}")
        };
        state.say(effects, Level::Info, &message);
    }
}

/// What `y` copies: of dependencies and dependents the message for those it concerns, else the reference under the
/// cursor; of dependencies too where that leads nowhere, since it is what has to be asked about.
pub(super) fn copied(state: &State) -> Option<String> {
    let view = state.tree()?;
    let outline = view.outline.as_ref()?;
    let selected = view.selected().and_then(|index| outline.node(index));
    let dangling = selected.is_some_and(|node| node.mark == Mark::Missing && node.depth > 0);
    let is_needed = matches!(
        view.kind,
        TreeKind::Reach {
            direction: Direction::Dependencies,
            ..
        }
    );
    if dangling && is_needed {
        return view.reference().map(str::to_owned);
    }
    if let Some(message) = outline.message(&view.contacts, Style::Text) {
        return Some(message);
    }
    match view.kind {
        TreeKind::Path { .. } => chain(outline),
        _ => Some(outline.reference(view.selected()?)?.to_owned()),
    }
}

/// A chain in words, a line each.
fn chain(outline: &Outline) -> Option<String> {
    let lines: Vec<String> = (0..outline.nodes().len())
        .filter_map(|index| {
            let reference = outline.reference(index)?;
            Some(match outline.relation(index) {
                Some(relation) => format!("  {} {reference}", words::chain(relation)),
                None => reference.to_owned(),
            })
        })
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// The menu of what can be copied of dependencies or dependents. Returns false where there is no such tree.
pub(super) fn copy_menu(state: &mut State) -> bool {
    let Some(view) = state.tree() else {
        return false;
    };
    let (TreeKind::Reach { root, direction }, Some(outline)) = (&view.kind, &view.outline) else {
        return false;
    };
    let direction = match direction {
        Direction::Dependencies => "dependencies",
        Direction::Dependents => "dependents",
    };
    let command = format!(
        "callboard tree {} --direction {direction}",
        shell_word(root)
    );
    let message = |style| outline.message(&view.contacts, style);
    let here = view.selected().and_then(|index| outline.reference(index));
    let choices = [
        ("message", message(Style::Text)),
        ("message as Markdown", message(Style::Markdown)),
        ("reference under the cursor", here.map(str::to_owned)),
        ("command", Some(command)),
    ];
    let rows = choices
        .into_iter()
        .filter_map(|(name, content)| {
            let content = content?;
            let first = content
                .lines()
                .nth(usize::from(name.starts_with("message")));
            Some(PickerRow {
                name: name.to_owned(),
                detail: text::truncate(first.unwrap_or(""), 120).into_owned(),
                keys: String::new(),
                choice: Choice::Copy(content),
            })
        })
        .collect();
    state.picker = Some(Picker::new(PickerKind::Menu, "Copy", rows));
    true
}
