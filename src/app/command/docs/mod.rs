//! Documentation: opening it, taking what the jobs bring.

mod going;
mod taking;

use std::sync::Arc;

use super::super::docs::{DocSet, DocsGoal, LaidOut, Nav, NoDocs};
use super::super::job::{Effect, Job, Policy, Slot};
use super::super::picker::{Choice, Picker, PickerKind, PickerRow};
use super::super::screen::{Arrive, DocsLoad, DocsScreen, Screen};
use super::super::state::{Level, Purpose, State};
use super::entity::known_subject;
use super::going::{UNKNOWN, pop, push};
use crate::text;

pub(super) use going::{back, go_to_runbook, next_pane, open_here, sideways, within, zoom};
pub(in crate::app) use going::{click_nav, go_to_line};
pub(super) use taking::{copy_here, copy_menu, edit, open_outside};

/// What is said of an entity without a runbook.
pub const NO_RUNBOOK: &str =
    "No runbook: write docs/runbook.md or annotate it with backstage.io/runbook-url";

/// How many of the last places are written down.
const WRITTEN: usize = 100;

fn docs(state: &State) -> Option<&DocsScreen> {
    match &state.screen {
        Screen::Docs(docs) => Some(docs),
        _ => None,
    }
}

fn docs_mut(state: &mut State) -> Option<&mut DocsScreen> {
    match &mut state.screen {
        Screen::Docs(docs) => Some(docs),
        _ => None,
    }
}

/// Opens the documentation of the entity that is selected or shown.
pub(super) fn open_docs(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(entity_ref) = known_subject(state, effects) else {
        return;
    };
    if let Some(screen) = docs(state) {
        let start = screen.set.as_ref().and_then(|set| {
            let start = set.start.clone()?;
            Some((set.source.clone(), start))
        });
        if let Some((source, start)) = start {
            going::go(state, source, start, Arrive::Stay, effects);
        }
        return;
    }
    show(state, &entity_ref, DocsGoal::Start, Arrive::Stay, effects);
}

/// Opens the best runbook of the entity that is selected or shown; where one of its runbooks is read, offers the others.
pub(super) fn runbook(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(entity_ref) = known_subject(state, effects) else {
        return;
    };
    if let Some(set) = docs(state).and_then(|screen| screen.set.clone()) {
        going::runbook_menu(state, &set, effects);
        return;
    }
    let snapshot = &state.snapshot;
    let unserved = |id| snapshot.flags(id).unserved;
    if snapshot.find(&entity_ref).is_some_and(unserved) {
        state.say(effects, Level::Info, UNKNOWN);
        return;
    }
    // What to do comes at the beginning, wherever one was the last time.
    let top = Arrive::Anchor(String::new());
    show(state, &entity_ref, DocsGoal::Runbook, top, effects);
}

/// Shows documentation of an entity.
pub(super) fn show(
    state: &mut State,
    entity_ref: &str,
    goal: DocsGoal,
    arrive: Arrive,
    effects: &mut Vec<Effect>,
) {
    let mut screen = DocsScreen::new(entity_ref, goal);
    screen.arrive = arrive;
    push(state, Screen::Docs(Box::new(screen)), effects);
    load_docs(state, effects);
}

/// Reads the documentation of the screen, or reads it again.
pub(in crate::app) fn load_docs(state: &mut State, effects: &mut Vec<Effect>) {
    let (size, unicode, opened) = (state.size, state.unicode, state.opened);
    let Some(screen) = docs_mut(state) else {
        return;
    };
    screen.awaiting |= matches!(screen.load, DocsLoad::Loading);
    if !opened {
        return;
    }
    let job = Job::OpenDocs {
        entity_ref: screen.entity_ref.clone(),
        goal: screen.goal.clone().unwrap_or(DocsGoal::Start),
        view: screen.wanted_view(size, unicode),
    };
    state.start(effects, Policy::Latest(Slot::Docs), job, Purpose::Docs);
}

/// Lays the page out anew where it is shown in another way than it was laid out for, and lets a job that was stopped
/// finish its colours.
pub(in crate::app) fn lay_docs(state: &mut State, effects: &mut Vec<Effect>) {
    let (size, unicode) = (state.size, state.unicode);
    let running = state
        .jobs
        .live
        .values()
        .any(|(slot, _)| *slot == Slot::Docs);
    let Some(screen) = docs_mut(state) else {
        return;
    };
    let view = screen.wanted_view(size, unicode);
    let awaiting = screen.awaiting;
    let Some(laid_out) = screen.laid_out() else {
        return load_docs(state, effects);
    };
    let same = laid_out.view == view;
    if awaiting && !same {
        // The page that is on its way was asked for at another size: it is laid out when it is there.
        return;
    }
    if (same && (laid_out.painted || running)) || awaiting {
        return;
    }
    let job = Job::LayDoc {
        text: Arc::clone(&laid_out.text),
        view,
    };
    state.start(effects, Policy::Latest(Slot::Docs), job, Purpose::Docs);
}

/// The documentation of the screen is there, or there is none.
pub(in crate::app) fn take_docs(
    state: &mut State,
    found: Result<Arc<DocSet>, NoDocs>,
    effects: &mut Vec<Effect>,
) {
    let Some(screen) = docs_mut(state) else {
        return;
    };
    match found {
        Ok(set) if set.entity_ref == screen.entity_ref => {
            let known = screen.set.as_ref();
            if known.is_none_or(|known| known.site != set.site) {
                let page = match &screen.goal {
                    Some(DocsGoal::Page { path, .. }) => path.clone(),
                    _ => set.start.clone().unwrap_or_default(),
                };
                screen.nav = Nav::new(set.nav(), &page);
            }
            screen.set = Some(set);
        }
        Ok(_) => {}
        Err(_) if screen.set.is_some() => {}
        Err(none) => {
            pop(state, effects);
            no_docs(state, &none, effects);
        }
    }
}

fn no_docs(state: &mut State, none: &NoDocs, effects: &mut Vec<Effect>) {
    if none.addresses.is_empty() {
        state.say(effects, Level::Info, &none.message);
        return;
    }
    state.picker = Some(Picker::new(
        PickerKind::Menu,
        "Runbooks",
        address_rows(&none.addresses),
    ));
}

/// What can be done with addresses: opening each, copying each.
fn address_rows(addresses: &[(String, String)]) -> Vec<PickerRow> {
    let row = |what: &str, title: &str, url: &str, choice: Choice| PickerRow {
        name: format!("{what}{}", text::clean(title)),
        detail: text::clean(url).into_owned(),
        keys: String::new(),
        choice,
    };
    let mut rows: Vec<PickerRow> = addresses
        .iter()
        .map(|(title, url)| row("", title, url, Choice::Link(url.clone())))
        .collect();
    rows.extend(
        addresses
            .iter()
            .map(|(title, url)| row("Copy: ", title, url, Choice::Copy(url.clone()))),
    );
    rows
}

/// A page is there.
pub(in crate::app) fn take_doc(state: &mut State, laid_out: LaidOut, effects: &mut Vec<Effect>) {
    let size = state.size;
    let text = Arc::clone(&laid_out.text);
    let remembered = state.places.line(&text.source, &text.path);
    let Some(screen) = docs_mut(state) else {
        return;
    };
    let another = screen
        .laid_out()
        .is_none_or(|known| known.text.source != text.source || known.text.path != text.path);
    if another {
        if let (Arrive::Stay, Some(line)) = (&screen.arrive, remembered) {
            screen.arrive = Arrive::Remembered(line);
        }
        // What was opened there is not what is folded here.
        screen.view.toggled.clear();
        screen.view.tabs.clear();
        screen.goal = Some(DocsGoal::Page {
            source: Some(text.source.clone()),
            path: text.path.clone(),
        });
    }
    screen.attach(laid_out, size);
    if another
        && screen
            .set
            .as_ref()
            .is_some_and(|set| set.source == text.source)
    {
        screen.nav.go_to(&text.path);
        screen.fit(size);
    }
    lay_docs(state, effects);
}

/// A page is not to be had.
pub(in crate::app) fn take_no_doc(state: &mut State, why: String, effects: &mut Vec<Effect>) {
    let Some(screen) = docs_mut(state) else {
        return;
    };
    screen.awaiting = false;
    screen.arrive = Arrive::Stay;
    match screen.laid_out().map(|laid_out| Arc::clone(&laid_out.text)) {
        // The page one came from stays.
        Some(text) => {
            screen.goal = Some(DocsGoal::Page {
                source: Some(text.source.clone()),
                path: text.path.clone(),
            });
            screen.history.pop();
            state.say(effects, Level::Warning, &why);
        }
        None => screen.load = DocsLoad::Missing(text::clean(&why).into_owned()),
    }
}

/// Writes down where one is in the page that is left.
pub(super) fn remember(state: &mut State, effects: &mut Vec<Effect>) {
    let Some((source, path, line)) = docs(state).and_then(DocsScreen::place) else {
        return;
    };
    if !state.places.remember(&source, &path, line) {
        return;
    }
    let mut places: Vec<_> = state.places.all().rev().take(WRITTEN).cloned().collect();
    places.reverse();
    let job = Job::RememberPlaces { places };
    state.start(effects, Policy::Queue(Slot::State), job, Purpose::Write);
}
