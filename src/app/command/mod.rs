//! What each action does.

mod card;
pub(super) mod doc_find;
mod docs;
mod entity;
mod going;
mod moving;
mod tree;
mod windows;

use std::sync::Arc;

use super::actions::Action;
use super::job::{Edited, Effect, HandOver, Job, Policy, Slot};
use super::layout::{self, Size};
use super::list::Step;
use super::picker::{Choice, Picker, PickerKind};
use super::screen::{LogPage, Screen, Tab};
use super::search;
use super::state::{Level, Purpose, State};
use super::update::fit;
pub(super) use card::{keep_card, on_call_refreshed, refresh_on_call, shift_changed};
pub use docs::NO_RUNBOOK;
pub(super) use docs::{
    click_nav, go_to_line, lay_docs, load_docs, take_doc, take_docs, take_no_doc,
};
use entity::{copy, copy_here, known_subject, need_detail, open_link, star};
pub(super) use entity::{sync, sync_due, with_detail};
use going::{back, list_kind, open, open_named, owner, pop, push, reach, search_for, who, yaml};
pub(super) use going::{load_page, open_entity};
use moving::{next_match, next_pane, search_here, sideways, step};
pub(super) use moving::{scroll, show_tab};
pub(super) use tree::{filter_tree, load_tree, take_contacts, take_matches, take_outline};
use windows::{help, palette, theme};

/// Whether an action is about the selected result while that is still being searched for: it waits, so that keys
/// typed ahead mean what they would have meant with a faster search.
pub(super) fn waits_for_results(state: &State, action: Action) -> bool {
    let about_selection = matches!(
        action,
        Action::Open
            | Action::Who
            | Action::Runbook
            | Action::Owner
            | Action::Dependencies
            | Action::Dependents
            | Action::Yaml
            | Action::OpenLink
            | Action::YamlInPager
            | Action::EditFile
            | Action::Copy
            | Action::CopyMenu
            | Action::Star
            | Action::Refresh
            | Action::MoveDown
            | Action::MoveUp
            | Action::PageDown
            | Action::PageUp
            | Action::HalfPageDown
            | Action::HalfPageUp
            | Action::First
            | Action::Last
            | Action::NextMatch
            | Action::PreviousMatch
            | Action::Zoom
    );
    let in_tree = action.info().scope == super::actions::Scope::Tree
        || matches!(action, Action::Left | Action::Right | Action::Search);
    let for_search = about_selection && state.catalog().is_some() && state.searching();
    let for_tree = (about_selection || in_tree) && state.tree_pending();
    let for_docs = state.docs_pending()
        && (about_selection || in_tree || action.info().scope == super::actions::Scope::Docs)
        && action != Action::Left;
    let for_page = about_selection && state.page_pending();
    state.picker.is_none() && (for_search || for_tree || for_docs || for_page)
}

/// Does what an action says, on the screen that is shown.
pub(super) fn run(
    state: &mut State,
    action: Action,
    argument: Option<&str>,
    effects: &mut Vec<Effect>,
) {
    if state.picker.is_some() && in_picker(state, action, effects) {
        return;
    }
    match action {
        Action::MoveDown => step(state, Step::Down, effects),
        Action::MoveUp => step(state, Step::Up, effects),
        Action::PageDown => step(state, Step::PageDown, effects),
        Action::PageUp => step(state, Step::PageUp, effects),
        Action::HalfPageDown => step(state, Step::HalfDown, effects),
        Action::HalfPageUp => step(state, Step::HalfUp, effects),
        Action::First => step(state, Step::First, effects),
        Action::Last => step(state, Step::Last, effects),
        Action::Left => sideways(state, false),
        Action::Right => sideways(state, true),
        Action::Open => open(state, effects),
        Action::Back | Action::LeaveLine => back(state, action, effects),
        Action::NextPane | Action::PreviousPane if matches!(state.screen, Screen::Tree(_)) => {
            tree::switch(state, effects);
        }
        Action::NextPane => next_pane(state, true, effects),
        Action::PreviousPane => next_pane(state, false, effects),
        Action::Complete => {
            if !search::complete(state, effects) {
                next_pane(state, true, effects);
            }
        }
        Action::Search => search_here(state),
        Action::NextMatch => next_match(state, true, effects),
        Action::PreviousMatch => next_match(state, false, effects),
        Action::Who => who(state, effects),
        Action::Owner => owner(state, effects),
        Action::Dependencies => reach(state, Tab::Dependencies, effects),
        Action::Dependents => reach(state, Tab::Dependents, effects),
        Action::Tree => tree::whole(state, effects),
        Action::Path => tree::path(state, argument.unwrap_or(""), effects),
        Action::SwitchTree => tree::switch(state, effects),
        Action::ExpandBelow | Action::CollapseAll | Action::Deeper | Action::Shallower => {
            tree::branches(state, action, effects);
        }
        Action::Runbook => docs::runbook(state, effects),
        Action::Docs => docs::open_docs(state, effects),
        Action::DocsList => doc_find::list(state, effects),
        Action::SearchDocs => doc_find::search(state, effects),
        Action::NextHeading
        | Action::PreviousHeading
        | Action::NextCode
        | Action::PreviousCode
        | Action::NextLink
        | Action::PreviousLink
        | Action::Contents
        | Action::PageInPager => docs::within(state, action, effects),
        Action::OpenLink if is_docs(state) => docs::open_outside(state, effects),
        Action::EditFile if is_docs(state) => docs::edit(state, effects),
        Action::Yaml => yaml(state, effects),
        Action::CopyMenu if docs::copy_menu(state) => {}
        Action::CopyMenu if tree::copy_menu(state) => {}
        Action::OpenLink if card::open_url(state, effects) => {}
        Action::OpenLink | Action::CopyMenu | Action::YamlInPager | Action::EditFile => {
            need_detail(state, action, effects);
        }
        Action::Copy => copy_here(state, effects),
        Action::Star => star(state, effects),
        Action::Refresh => {
            let Some(entity_ref) = known_subject(state, effects) else {
                return;
            };
            sync(state, false, Some(entity_ref), effects);
        }
        Action::Zoom if state.tree().is_some() => tree::zoom(state),
        Action::Zoom if is_docs(state) => docs::zoom(state, effects),
        Action::Zoom => {
            if let Some(catalog) = state.catalog_mut() {
                catalog.zoomed = !catalog.zoomed;
                catalog.preview.scroll = 0;
                search::point_preview(state);
                search::load_preview(state, effects);
                fit(state);
            }
        }
        Action::QuickOpen => {
            let catalog = state.new_catalog();
            push(state, Screen::Catalog(Box::new(catalog)), effects);
            search::point_preview(state);
            search::load_preview(state, effects);
        }
        Action::Catalog => {
            while !state.behind.is_empty() {
                pop(state, effects);
            }
        }
        Action::Entity => open_named(state, argument.unwrap_or(""), effects),
        Action::Kind => list_kind(state, argument.unwrap_or(""), effects),
        Action::Problems => search_for(state, "is:invalid ", effects),
        Action::EditLine => edit_line(state, effects),
        Action::Sync => sync(state, argument == Some("full"), None, effects),
        Action::Log => {
            if !matches!(state.screen, Screen::Log(_)) {
                let mut page = LogPage::default();
                page.at.cursor = state.log.len();
                page.fit(&state.log, state.size);
                push(state, Screen::Log(Box::new(page)), effects);
            }
        }
        Action::Theme => theme(state, argument.unwrap_or(""), effects),
        Action::Mouse => {
            state.mouse = !state.mouse;
            effects.push(Effect::Mouse(state.mouse));
            let word = if state.mouse {
                "on"
            } else {
                "off: the terminal selects text again"
            };
            state.say(effects, Level::Info, &format!("Mouse {word}"));
        }
        Action::Palette => state.picker = Some(palette(state)),
        Action::Help => state.picker = Some(help(state)),
        Action::Redraw => effects.push(Effect::Redraw),
        Action::Suspend => effects.push(Effect::Suspend),
        Action::Quit => {
            docs::remember(state, effects);
            effects.push(Effect::Quit);
        }
    }
}

fn is_docs(state: &State) -> bool {
    matches!(state.screen, Screen::Docs(_))
}

/// What an action does to the window over the screen. Returns false where it is one for the screen below: the
/// window has gone then.
fn in_picker(state: &mut State, action: Action, effects: &mut Vec<Effect>) -> bool {
    let size = state.size;
    let Some(picker) = &mut state.picker else {
        return false;
    };
    let step = match action {
        Action::MoveDown => Some(Step::Down),
        Action::MoveUp => Some(Step::Up),
        Action::PageDown => Some(Step::PageDown),
        Action::PageUp => Some(Step::PageUp),
        _ => None,
    };
    if let Some(step) = step {
        let visible = picker_rows(size, picker);
        picker.at.step(step, picker.shown.len(), visible);
        return true;
    }
    match action {
        Action::Open => {
            let choice = picker.choice();
            if let Some(Choice::Run(action, None)) = &choice
                && picker.kind == PickerKind::Palette
                && action
                    .info()
                    .argument
                    .is_some_and(|argument| !argument.starts_with('['))
                && !picker
                    .editor
                    .text()
                    .trim_start()
                    .starts_with(&format!("{} ", action.id()))
            {
                // It needs an argument: let that be typed.
                picker.editor.set(&format!("{} ", action.id()));
                picker.filter();
                return true;
            }
            if let Some(choice) = choice {
                state.picker = None;
                choose(state, choice, effects);
            }
            true
        }
        Action::Complete | Action::NextPane | Action::PreviousPane => {
            if let Some(name) = picker.completion() {
                picker.editor.set(&name);
                picker.filter();
                want_references(state, effects);
            }
            true
        }
        Action::Back | Action::LeaveLine => {
            state.picker = None;
            true
        }
        Action::EditLine => {
            edit_line(state, effects);
            true
        }
        Action::Redraw | Action::Suspend | Action::Quit => {
            if action == Action::Quit {
                state.picker = None;
                return true;
            }
            false
        }
        _ => {
            state.picker = None;
            false
        }
    }
}

/// Asks what the reference that is typed into the palette may become.
pub(super) fn want_references(state: &mut State, effects: &mut Vec<Effect>) {
    let Some((_, typed)) = state.picker.as_ref().and_then(Picker::reference_wanted) else {
        state.stop(effects, Slot::References);
        return;
    };
    let job = Job::References {
        snapshot: Arc::clone(&state.snapshot),
        typed: typed.clone(),
    };
    let purpose = Purpose::References(typed);
    state.start(effects, Policy::Latest(Slot::References), job, purpose);
}

/// How many rows of a window's list are seen at once.
pub(super) fn picker_rows(size: Size, picker: &Picker) -> usize {
    usize::from(layout::picker(size, picker.rows.len()).list.height).max(1)
}

/// Gives the line that is typed into to an editor.
fn edit_line(state: &mut State, effects: &mut Vec<Effect>) {
    if let Some(editor) = state.typing() {
        effects.push(Effect::HandOver(HandOver::Edit {
            what: Edited::Line,
            text: format!("{}\n", editor.text()),
            name: "line.txt",
        }));
    }
}

fn choose(state: &mut State, choice: Choice, effects: &mut Vec<Effect>) {
    match choice {
        Choice::Run(action, argument) => run(state, action, argument.as_deref(), effects),
        Choice::Copy(content) => copy(state, &content, effects),
        Choice::Link(url) => open_link(state, &url, effects),
        Choice::Entity(entity_ref) => open_entity(state, &entity_ref, effects),
        Choice::DocLine(line) => go_to_line(state, line),
        Choice::DocRunbook(index) => docs::go_to_runbook(state, index, effects),
        Choice::Nothing => {}
    }
}
