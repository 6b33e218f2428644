//! Moving: rows, pages, panes, tabs, matches. Nothing here opens or asks for anything but the preview.

use super::super::job::{Effect, Slot};
use super::super::layout;
use super::super::list::Step;
use super::super::msg::Target;
use super::super::preview;
use super::super::screen::{Focus, Screen, Tab};
use super::super::search;
use super::super::state::{Level, State};
use super::super::update::fit;
use super::picker_rows;

/// How many columns one step sideways is.
const SIDEWAYS: usize = 8;

pub(super) fn step(state: &mut State, step: Step, effects: &mut Vec<Effect>) {
    let visible = state.visible_rows();
    let size = state.size;
    let len = state.log.len();
    if let Some(view) = state.tree_mut() {
        let len = view.rows().len();
        view.at.step(step, len, visible);
        return;
    }
    match &mut state.screen {
        Screen::Catalog(catalog) if catalog.zoomed || catalog.focus == Focus::Preview => {
            let height = layout::catalog(size, catalog.zoomed).preview.height;
            let page = usize::from(height.max(2)) - 1;
            let half = usize::from(height / 2).max(1);
            let to = match step {
                Step::Up => catalog.preview.scroll.saturating_sub(1),
                Step::Down => catalog.preview.scroll.saturating_add(1),
                Step::PageUp => catalog.preview.scroll.saturating_sub(page),
                Step::PageDown => catalog.preview.scroll.saturating_add(page),
                Step::HalfUp => catalog.preview.scroll.saturating_sub(half),
                Step::HalfDown => catalog.preview.scroll.saturating_add(half),
                Step::First => 0,
                Step::Last => usize::MAX,
            };
            scroll_preview(state, to);
        }
        Screen::Catalog(catalog) => {
            if catalog.at.step(step, catalog.results.len(), visible) {
                search::follow(state, effects);
            }
        }
        Screen::Entity(page) => {
            let len = page.rows(page.tab);
            page.position_mut().step(step, len, visible);
            page.fit(size);
        }
        Screen::Tree(_) => {}
        Screen::Docs(docs) => docs.step(step, size),
        Screen::DocFind(find) => {
            let len = find.row_count();
            find.at.step(step, len, visible);
        }
        Screen::Log(page) => {
            page.at.step(step, len, visible);
            page.fit(&state.log, size);
        }
    }
}

/// Scrolls the preview to a line, no further than to where its last line is seen.
fn scroll_preview(state: &mut State, to: usize) {
    let most = preview::lines(state)
        .len()
        .saturating_sub(preview::height(state));
    if let Some(catalog) = state.catalog_mut() {
        catalog.preview.scroll = to.min(most);
    }
}

/// Turns the wheel over something.
pub(in crate::app) fn scroll(
    state: &mut State,
    lines: i16,
    target: Option<Target>,
    effects: &mut Vec<Effect>,
) {
    let visible = state.visible_rows();
    let size = state.size;
    if let Some(picker) = &mut state.picker {
        let visible = picker_rows(size, picker);
        picker.at.scroll(lines, picker.shown.len(), visible);
        return;
    }
    let log = state.log.len();
    if let Some(view) = state.tree_mut() {
        let len = view.rows().len();
        view.at.scroll(lines, len, visible);
        return;
    }
    match &mut state.screen {
        Screen::Catalog(catalog) if target == Some(Target::Preview) => {
            let by = usize::from(lines.unsigned_abs());
            let to = match lines < 0 {
                true => catalog.preview.scroll.saturating_sub(by),
                false => catalog.preview.scroll.saturating_add(by),
            };
            scroll_preview(state, to);
        }
        Screen::Catalog(catalog) => {
            let len = catalog.results.len();
            catalog.at.scroll(lines, len, visible);
            search::follow(state, effects);
        }
        Screen::Entity(page) => {
            let len = page.rows(page.tab);
            page.position_mut().scroll(lines, len, visible);
            page.fit(size);
        }
        Screen::Log(page) => {
            page.at.scroll(lines, log, visible);
            page.fit(&state.log, size);
        }
        Screen::Tree(_) => {}
        Screen::Docs(docs) if matches!(target, Some(Target::Nav(_))) => {
            let rows = usize::from(docs.layout(size).nav.height).max(1);
            let len = docs.nav.rows().len();
            docs.nav.at.scroll(lines, len, rows);
        }
        Screen::Docs(docs) => {
            let len = docs.line_count();
            docs.at.scroll(lines, len, visible);
            docs.link = None;
        }
        Screen::DocFind(find) => {
            let len = find.row_count();
            find.at.scroll(lines, len, visible);
        }
    }
}

pub(super) fn sideways(state: &mut State, right: bool) {
    match &mut state.screen {
        Screen::Entity(page) if page.tab == Tab::Yaml => {
            page.left = if right {
                (page.left + SIDEWAYS).min(10_000)
            } else {
                page.left.saturating_sub(SIDEWAYS)
            };
        }
        Screen::Tree(_) | Screen::Entity(_) => super::tree::sideways(state, right),
        Screen::Docs(_) => super::docs::sideways(state, right),
        _ => {}
    }
}

pub(super) fn next_pane(state: &mut State, forward: bool, effects: &mut Vec<Effect>) {
    let size = state.size;
    match &mut state.screen {
        Screen::Catalog(catalog) => {
            let preview = layout::catalog(size, catalog.zoomed).preview.height > 0;
            let panes: &[Focus] = if preview {
                &[Focus::Line, Focus::List, Focus::Preview]
            } else {
                &[Focus::Line, Focus::List]
            };
            let here = panes
                .iter()
                .position(|pane| *pane == catalog.focus)
                .unwrap_or(0);
            let by = if forward { 1 } else { panes.len() - 1 };
            catalog.focus = panes
                .get((here + by) % panes.len())
                .copied()
                .unwrap_or_default();
        }
        Screen::Entity(page) => {
            let by = if forward { 1 } else { Tab::ALL.len() - 1 };
            let index = (page.tab.index() + by) % Tab::ALL.len();
            show_tab(state, index, effects);
        }
        Screen::Docs(_) => super::docs::next_pane(state),
        Screen::DocFind(find) => find.typing = !find.typing,
        Screen::Tree(_) | Screen::Log(_) => {}
    }
}

/// Shows the tab of this index, and has its tree made where it is one.
pub(in crate::app) fn show_tab(state: &mut State, index: usize, effects: &mut Vec<Effect>) {
    if let (Screen::Entity(page), Some(tab)) = (&mut state.screen, Tab::ALL.get(index)) {
        page.tab = *tab;
        state.stop(effects, Slot::Tree);
        state.stop(effects, Slot::TreeFilter);
        fit(state);
        super::load_tree(state, effects);
    }
}

pub(super) fn search_here(state: &mut State) {
    match &mut state.screen {
        Screen::Catalog(catalog) => {
            catalog.focus = Focus::Line;
            catalog.zoomed = false;
        }
        Screen::Entity(page) => match page.tree_mut() {
            Some(tree) => tree.filter.typing = true,
            None => page.search.begin(),
        },
        Screen::Log(page) => page.search.begin(),
        Screen::Tree(tree) => tree.view.filter.typing = true,
        Screen::Docs(docs) => {
            docs.focus = super::super::screen::DocsFocus::Page;
            docs.search.begin();
        }
        Screen::DocFind(find) => find.typing = true,
    }
}

pub(super) fn next_match(state: &mut State, forward: bool, effects: &mut Vec<Effect>) {
    if state.tree().is_some() {
        super::tree::next_match(state, forward, effects);
        return;
    }
    match &mut state.screen {
        Screen::Entity(page) => {
            let found = page.find(forward, false);
            let what = page.search.editor.text().to_owned();
            found_or_said(state, found, &what, effects);
        }
        Screen::Log(page) => {
            let found = page.find(&state.log, forward, false);
            let what = page.search.editor.text().to_owned();
            found_or_said(state, found, &what, effects);
        }
        Screen::Tree(_) => {}
        Screen::Docs(docs) => {
            let found = docs.find(forward, false);
            let what = docs.search.editor.text().to_owned();
            found_or_said(state, found, &what, effects);
        }
        // Every row of the list matches.
        Screen::Catalog(_) | Screen::DocFind(_) => {
            step(state, if forward { Step::Down } else { Step::Up }, effects)
        }
    }
}

/// Brings the match that was found into sight, or says that there is none.
fn found_or_said(state: &mut State, found: bool, what: &str, effects: &mut Vec<Effect>) {
    if found {
        fit(state);
    } else if what.is_empty() {
        state.say(effects, Level::Info, "Search with / first");
    } else {
        state.say(effects, Level::Info, &format!("Not found: {what}"));
    }
}
