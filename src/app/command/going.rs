//! Going from screen to screen, and back.

use std::sync::Arc;

use super::super::actions::Action;
use super::super::job::{Effect, Job, Policy, Slot};
use super::super::list::Position;
use super::super::outline::Direction;
use super::super::screen::{EntityPage, Focus, Screen, Tab};
use super::super::search;
use super::super::state::{Level, Purpose, State};
use super::super::update::{fit, refresh_screen};
use super::entity::{copy, nothing_selected, open_link, subject_ref};
use super::moving::show_tab;
use super::windows::entity_menu;
use crate::catalog::{PartialRef, Resolution, Snapshot};
use crate::text;

/// How many screens one can go back at most.
const BEHIND: usize = 100;

/// Of how many of these a page of documentation stays in memory.
const PAGES_KEPT: usize = 4;

/// What is said of a document that was never good, in place of a claim.
pub(super) const UNKNOWN: &str =
    "That is unknown: its file could not be read as an entity; e shows it";

pub(super) fn open(state: &mut State, effects: &mut Vec<Effect>) {
    match &mut state.screen {
        Screen::Catalog(catalog) => match catalog.selected_ref().map(str::to_owned) {
            Some(entity_ref) => open_entity(state, &entity_ref, effects),
            None => nothing_selected(state, effects),
        },
        Screen::Tree(_) => super::tree::open_line(state, effects),
        Screen::Docs(_) => super::docs::open_here(state, effects),
        Screen::DocFind(_) => super::doc_find::open(state, effects),
        Screen::Entity(page) if page.tree().is_some() => super::tree::open_line(state, effects),
        Screen::Entity(page) if page.search.typing => page.search.typing = false,
        Screen::Entity(page) => {
            let index = page.position().cursor;
            match page.tab {
                Tab::Overview => {
                    if let Some(row) = page.relation_at(index).cloned() {
                        open_entity(state, &row.target_ref, effects);
                    } else {
                        super::card::open_line(state, effects);
                    }
                }
                Tab::Links => {
                    let url = page
                        .detail()
                        .and_then(|detail| detail.links.get(index))
                        .map(|link| link.url.clone());
                    if let Some(url) = url {
                        open_link(state, &url, effects);
                    }
                }
                Tab::Annotations => {
                    let value = page.under_cursor().unwrap_or_default();
                    if text::link_target(&value).is_some() {
                        open_link(state, &value, effects);
                    } else {
                        copy(state, &value, effects);
                    }
                }
                Tab::Dependencies | Tab::Dependents | Tab::Problems | Tab::Yaml => {}
            }
        }
        Screen::Log(page) => page.search.typing = false,
    }
}

/// Opens the page of an entity, or says that the catalog does not have it.
pub(in crate::app) fn open_entity(state: &mut State, entity_ref: &str, effects: &mut Vec<Effect>) {
    if state.snapshot.find(entity_ref).is_none() {
        let message = format!("{entity_ref} is not in the catalog");
        state.say(effects, Level::Warning, &message);
        return;
    }
    let page = EntityPage::new(entity_ref, Arc::clone(&state.snapshot));
    push(state, Screen::Entity(Box::new(page)), effects);
    load_page(state, None, effects);
    let job = Job::RememberVisit {
        entity_ref: entity_ref.to_owned(),
    };
    state.start(effects, Policy::Queue(Slot::State), job, Purpose::Write);
}

/// Asks for the details of the page that is shown, if the cache is open.
pub(in crate::app) fn load_page(
    state: &mut State,
    then: Option<Action>,
    effects: &mut Vec<Effect>,
) {
    if !state.opened {
        return;
    }
    let Screen::Entity(page) = &state.screen else {
        return;
    };
    let entity_ref = page.entity_ref.clone();
    let purpose = Purpose::Page {
        entity_ref: entity_ref.clone(),
        then,
    };
    let job = Job::LoadEntity { entity_ref };
    state.start(effects, Policy::Latest(Slot::Entity), job, purpose);
}

pub(super) fn push(state: &mut State, screen: Screen, effects: &mut Vec<Effect>) {
    super::docs::remember(state, effects);
    state.stop(effects, Slot::Docs);
    state.stop(effects, Slot::DocFind);
    // What was being searched for belongs to the screen that is left.
    state.stop(effects, Slot::Search);
    state.stop(effects, Slot::Tree);
    state.stop(effects, Slot::TreeFilter);
    if state.behind.len() >= BEHIND {
        state.behind.remove(1);
    }
    let left = std::mem::replace(&mut state.screen, screen);
    state.behind.push(left);
    // Pages far behind give their memory back.
    for screen in state.behind.iter_mut().rev().skip(PAGES_KEPT) {
        if let Screen::Docs(docs) = screen {
            docs.unload();
        }
    }
}

pub(super) fn pop(state: &mut State, effects: &mut Vec<Effect>) {
    if state.behind.is_empty() {
        return;
    }
    super::docs::remember(state, effects);
    state.stop(effects, Slot::Docs);
    state.stop(effects, Slot::DocFind);
    let Some(screen) = state.behind.pop() else {
        return;
    };
    state.stop(effects, Slot::Search);
    state.stop(effects, Slot::Tree);
    state.stop(effects, Slot::TreeFilter);
    // The tree of the whole catalog is come back to as it was.
    if let Screen::Tree(tree) = std::mem::replace(&mut state.screen, screen)
        && tree.view.kind.is_whole()
    {
        state.left_tree = Some(tree);
    }
    fit(state);
    match state.screen {
        Screen::Docs(_) => super::docs::lay_docs(state, effects),
        _ => refresh_screen(state, effects),
    }
    if let Some(catalog) = state.catalog()
        && catalog.query() != catalog.results.query
    {
        search::start(state, None, effects);
    }
    search::follow(state, effects);
}

pub(super) fn back(state: &mut State, action: Action, effects: &mut Vec<Effect>) {
    match &mut state.screen {
        Screen::Catalog(catalog) if action == Action::LeaveLine => {
            catalog.completions.clear();
            catalog.completion = None;
            catalog.focus = Focus::List;
        }
        Screen::Catalog(catalog) if catalog.focus == Focus::Preview => {
            catalog.focus = Focus::List;
        }
        Screen::Catalog(catalog) if catalog.zoomed => {
            catalog.zoomed = false;
            fit(state);
        }
        Screen::Entity(page) if page.tree().is_some_and(|tree| tree.is_filtered()) => {
            super::tree::unfilter(state, effects);
        }
        Screen::Entity(page) if page.search.is_open() => page.search = Default::default(),
        Screen::Log(page) if page.search.is_open() => page.search = Default::default(),
        Screen::Tree(tree) if tree.view.is_filtered() => super::tree::unfilter(state, effects),
        Screen::DocFind(find) if action == Action::LeaveLine => find.typing = false,
        Screen::Docs(_) => super::docs::back(state, effects),
        _ => pop(state, effects),
    }
}

/// Makes sure that the page of the selected entity is on the screen.
pub(super) fn to_page(state: &mut State, effects: &mut Vec<Effect>) -> bool {
    if matches!(state.screen, Screen::Entity(_)) {
        return true;
    }
    match subject_ref(state) {
        Some(entity_ref) => {
            open_entity(state, &entity_ref, effects);
            matches!(state.screen, Screen::Entity(_))
        }
        None => {
            nothing_selected(state, effects);
            false
        }
    }
}

pub(super) fn who(state: &mut State, effects: &mut Vec<Effect>) {
    if to_page(state, effects) {
        show_tab(state, Tab::Overview.index(), effects);
        if let Some(page) = state.page_mut() {
            *page.position_mut() = Position::default();
        }
        fit(state);
    }
}

/// Shows what the entity needs, or what needs it: on its page, in the tab of that.
pub(super) fn reach(state: &mut State, tab: Tab, effects: &mut Vec<Effect>) {
    let unserved = state
        .subject()
        .is_some_and(|(snapshot, id)| snapshot.flags(id).unserved);
    if unserved {
        state.say(effects, Level::Info, UNKNOWN);
        return;
    }
    // What is not there has no page, but those who name it tell what it has to do with them.
    match subject_ref(state) {
        Some(entity_ref)
            if !matches!(state.screen, Screen::Entity(_))
                && state.snapshot.find(&entity_ref).is_none() =>
        {
            let direction = match tab {
                Tab::Dependencies => Direction::Dependencies,
                _ => Direction::Dependents,
            };
            super::tree::reach(state, entity_ref, direction, effects);
        }
        _ => {
            if to_page(state, effects) {
                show_tab(state, tab.index(), effects);
            }
        }
    }
}

pub(super) fn owner(state: &mut State, effects: &mut Vec<Effect>) {
    let Some((snapshot, id)) = state.subject() else {
        nothing_selected(state, effects);
        return;
    };
    let row = snapshot.row(id);
    let owners: Vec<_> = (snapshot.relations(id))
        .filter(|relation| relation.relation == "ownedBy")
        .map(|relation| relation.target_ref)
        .collect();
    if owners.len() > 1 {
        state.picker = Some(entity_menu("Owners", &owners));
    } else if row.flags.unserved {
        state.say(effects, Level::Info, UNKNOWN);
    } else if row.owner.is_empty() {
        let message = format!("{} has no owner", row.name);
        state.say(effects, Level::Info, &message);
    } else {
        open_entity(state, row.owner, effects);
    }
}

pub(super) fn yaml(state: &mut State, effects: &mut Vec<Effect>) {
    if to_page(state, effects) {
        show_tab(state, Tab::Yaml.index(), effects);
    }
}

pub(super) fn open_named(state: &mut State, name: &str, effects: &mut Vec<Effect>) {
    let name = name.trim();
    if name.is_empty() {
        state.say(
            effects,
            Level::Info,
            "Which entity? :entity [kind:][namespace/]name",
        );
        return;
    }
    let candidates = candidates(&state.snapshot, name);
    match candidates.as_slice() {
        [only] => open_entity(state, &only.clone(), effects),
        // The search shows what there is of the kind.
        [] => search_for(state, name, effects),
        several => {
            let several: Vec<&str> = several.iter().map(String::as_str).collect();
            state.picker = Some(entity_menu("Which one?", &several));
        }
    }
}

/// The complete references that a name may mean ([`PartialRef::resolve`]).
pub(super) fn candidates(snapshot: &Snapshot, name: &str) -> Vec<String> {
    let Some(wanted) = PartialRef::parse(name) else {
        return Vec::new();
    };
    match wanted.resolve(snapshot) {
        Resolution::Found(id) => vec![snapshot.entity_ref(id).to_owned()],
        Resolution::Ambiguous(several) => several.into_iter().map(str::to_owned).collect(),
        Resolution::NotFound => Vec::new(),
    }
}

pub(super) fn list_kind(state: &mut State, kind: &str, effects: &mut Vec<Effect>) {
    let kind: String = kind.split_whitespace().collect();
    if kind.is_empty() {
        state.say(effects, Level::Info, "Which kind? :kind component");
        return;
    }
    search_for(state, &format!("kind:{kind} "), effects);
}

/// Goes to a catalog with this in its line; what was there is kept to go back to.
pub(super) fn search_for(state: &mut State, line: &str, effects: &mut Vec<Effect>) {
    let unused = state.behind.is_empty()
        && state
            .catalog()
            .is_some_and(|catalog| catalog.line.is_empty());
    if !unused {
        let catalog = state.new_catalog();
        push(state, Screen::Catalog(Box::new(catalog)), effects);
    }
    if let Some(catalog) = state.catalog_mut() {
        catalog.line.set(line);
        catalog.focus = Focus::Line;
        catalog.zoomed = false;
        search::start(state, None, effects);
    }
}
