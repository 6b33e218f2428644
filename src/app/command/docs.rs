//! Documentation: opening it, going from page to page and back, copying from it.

use std::sync::Arc;

use super::super::actions::Action;
use super::super::docs::{
    DocSet, DocsGoal, Followed, LaidOut, NoDocs, file_of, follow, web_address,
};
use super::super::job::{Effect, HandOver, Job, Policy, Slot};
use super::super::picker::{Choice, Picker, PickerKind, PickerRow};
use super::super::screen::{Arrive, DocsFocus, DocsLoad, DocsScreen, Screen};
use super::super::state::{Level, Purpose, State};
use super::entity::{copy, nothing_selected, open_link, subject_ref};
use super::going::{UNKNOWN, pop, push};
use super::windows::shell_word;
use crate::markdown::Target as Follows;
use crate::techdocs::{NavTarget, RunbookTarget, path};
use crate::text::{self, Cleaned};

/// How many of the last places are written down.
const WRITTEN: usize = 100;
/// How many columns one step sideways is.
const SIDEWAYS: usize = 8;

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
    let Some(entity_ref) = subject_ref(state) else {
        nothing_selected(state, effects);
        return;
    };
    if let Some(screen) = docs(state) {
        let start = screen.set.as_ref().and_then(|set| {
            let start = set.start.clone()?;
            Some((set.source.clone(), start))
        });
        if let Some((source, start)) = start {
            go(state, source, start, Arrive::Stay, effects);
        }
        return;
    }
    show(state, &entity_ref, DocsGoal::Start, Arrive::Stay, effects);
}

/// Opens the best runbook of the entity that is selected or shown; where one of its runbooks is read, offers the others.
pub(super) fn runbook(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(entity_ref) = subject_ref(state) else {
        nothing_selected(state, effects);
        return;
    };
    if let Some(set) = docs(state).and_then(|screen| screen.set.clone()) {
        runbook_menu(state, &set, effects);
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
                screen.nav = super::super::docs::Nav::new(set.nav(), &page);
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

/// Goes to a page; the one that is left is come back to.
fn go(state: &mut State, source: String, path: String, arrive: Arrive, effects: &mut Vec<Effect>) {
    let size = state.size;
    if let Some(screen) = docs_mut(state) {
        if let Some(visit) = screen.visit() {
            screen.history.push(visit);
        }
        screen.focus = DocsFocus::Page;
        screen.search = Default::default();
        screen.fit(size);
    }
    load_page(state, source, path, arrive, effects);
}

fn load_page(
    state: &mut State,
    source: String,
    path: String,
    arrive: Arrive,
    effects: &mut Vec<Effect>,
) {
    remember(state, effects);
    let (size, unicode) = (state.size, state.unicode);
    let Some(screen) = docs_mut(state) else {
        return;
    };
    let Some(set) = screen.set.clone() else {
        return;
    };
    screen.arrive = arrive;
    screen.awaiting = true;
    screen.goal = Some(DocsGoal::Page {
        source: Some(source.clone()),
        path: path.clone(),
    });
    let mut view = screen.wanted_view(size, unicode);
    view.toggled.clear();
    view.tabs.clear();
    let job = Job::LoadDoc {
        set,
        source,
        path,
        view,
    };
    state.start(effects, Policy::Latest(Slot::Docs), job, Purpose::Docs);
}

/// Goes back to where the last link was followed. Returns whether there is such a place.
fn go_back(state: &mut State, effects: &mut Vec<Effect>) -> bool {
    let size = state.size;
    let Some(screen) = docs_mut(state) else {
        return false;
    };
    let Some(visit) = screen.history.pop() else {
        return false;
    };
    let arrive = Arrive::Source {
        line: visit.line,
        below: visit.below,
        from_top: visit.from_top,
        link: visit.link,
    };
    let here = screen
        .laid_out()
        .cloned()
        .filter(|known| known.text.source == visit.source && known.text.path == visit.path);
    match here {
        Some(laid_out) => {
            screen.arrive = arrive;
            screen.attach(laid_out, size);
        }
        None => load_page(state, visit.source, visit.path, arrive, effects),
    }
    true
}

/// Leaves what is open on the screen, the nearest first; then the page, then the documentation.
pub(super) fn back(state: &mut State, effects: &mut Vec<Effect>) {
    let size = state.size;
    let Some(screen) = docs_mut(state) else {
        return;
    };
    if screen.search.is_open() {
        screen.search = Default::default();
    } else if screen.focus == DocsFocus::Nav {
        screen.focus = DocsFocus::Page;
        screen.fit(size);
    } else if screen.link.is_some() {
        screen.link = None;
    } else if !go_back(state, effects) {
        pop(state, effects);
    }
}

/// Follows what is under the cursor: a link, a fold, a tab, or an entry of the navigation.
pub(super) fn open_here(state: &mut State, effects: &mut Vec<Effect>) {
    let size = state.size;
    let Some(screen) = docs_mut(state) else {
        return;
    };
    if screen.search.typing {
        screen.search.typing = false;
        return;
    }
    if screen.focus == DocsFocus::Nav {
        open_nav(state, effects);
        return;
    }
    let Some((index, line, target)) = screen
        .link_here()
        .map(|(index, link)| (index, link.line, link.target))
    else {
        state.say(effects, Level::Info, "No link here; tab goes to the next");
        return;
    };
    match target {
        Follows::Fold(fold) => {
            if !screen.view.toggled.remove(&fold) {
                screen.view.toggled.insert(fold);
            }
            screen.jump(line, size);
            lay_docs(state, effects);
        }
        Follows::Tab(set, tab) => {
            screen.view.tabs.insert(set, tab);
            screen.link = Some(index);
            lay_docs(state, effects);
        }
        Follows::Link(_) => match followed(state) {
            Some(followed) => {
                if let Some(screen) = docs_mut(state) {
                    screen.link = Some(index);
                }
                go_to(state, followed, effects);
            }
            None => state.say(effects, Level::Info, "That link leads nowhere"),
        },
    }
}

/// Where the link under the cursor leads.
fn followed(state: &State) -> Option<Followed> {
    let screen = docs(state)?;
    let (_, link) = screen.link_here()?;
    let Follows::Link(id) = link.target else {
        return None;
    };
    let text = &screen.laid_out()?.text;
    let link = text.document.links.get(id.index())?;
    Some(follow(screen.set.as_ref()?, text, link))
}

fn go_to(state: &mut State, followed: Followed, effects: &mut Vec<Effect>) {
    let size = state.size;
    match followed {
        Followed::Anchor(anchor) => {
            let Some(screen) = docs_mut(state) else {
                return;
            };
            let line = screen.page().and_then(|page| page.line_of_anchor(&anchor));
            match line {
                Some(line) => {
                    screen.history.extend(screen.visit());
                    screen.jump_to_top(line, size);
                }
                None => {
                    let message = format!("This page has no heading #{anchor}");
                    state.say(effects, Level::Warning, &message);
                }
            }
        }
        Followed::Page { path, anchor } => {
            let source = docs(state).and_then(|screen| screen.set.as_ref());
            let source = source.map_or_else(String::new, |set| set.source.clone());
            let arrive = Arrive::Anchor(anchor.unwrap_or_default());
            go(state, source, path, arrive, effects);
        }
        Followed::Web(target) => open_link(state, &target, effects),
        Followed::Refused(why) => state.say(effects, Level::Warning, &why),
    }
}

fn open_nav(state: &mut State, effects: &mut Vec<Effect>) {
    let size = state.size;
    let Some(screen) = docs_mut(state) else {
        return;
    };
    let Some(node) = screen.nav.node(screen.nav.at.cursor).cloned() else {
        return;
    };
    match node.target {
        NavTarget::Section => {
            screen.nav.toggle();
            screen.fit(size);
        }
        NavTarget::Page(path) => {
            let source = screen.set.as_ref().map(|set| set.source.clone());
            let shown = screen.laid_out().is_some_and(|known| {
                known.text.path == path && Some(&known.text.source) == source.as_ref()
            });
            if shown {
                screen.focus = DocsFocus::Page;
                screen.fit(size);
            } else {
                go(
                    state,
                    source.unwrap_or_default(),
                    path,
                    Arrive::Stay,
                    effects,
                );
            }
        }
        NavTarget::Url(url) => open_link(state, &url, effects),
        NavTarget::Missing(path) => {
            let message = format!("{path} is named in the navigation but is not there");
            state.say(effects, Level::Warning, &message);
        }
    }
}

/// Opens the entry of the navigation that was clicked.
pub(in crate::app) fn click_nav(state: &mut State, row: usize, effects: &mut Vec<Effect>) {
    if let Some(screen) = docs_mut(state)
        && row < screen.nav.rows().len()
    {
        screen.nav.at.cursor = row;
        open_nav(state, effects);
    }
}

/// Goes to the heading that was clicked or chosen.
pub(in crate::app) fn go_to_line(state: &mut State, line: usize) {
    let size = state.size;
    if let Some(screen) = docs_mut(state) {
        screen.history.extend(screen.visit());
        screen.focus = DocsFocus::Page;
        screen.jump_to_top(line, size);
    }
}

/// Moves to headings, code blocks and links; shows the contents; hands the page over.
pub(super) fn within(state: &mut State, action: Action, effects: &mut Vec<Effect>) {
    let size = state.size;
    let Some(screen) = docs_mut(state) else {
        return;
    };
    let Some(laid_out) = screen.laid_out().cloned() else {
        return;
    };
    let (page, cursor) = (&laid_out.page, screen.at.cursor);
    let (line, what) = match action {
        Action::NextHeading => (page.next_heading(cursor), "heading below"),
        Action::PreviousHeading => (page.previous_heading(cursor), "heading above"),
        Action::NextCode => (page.next_code(cursor), "code block below"),
        Action::PreviousCode => (page.previous_code(cursor), "code block above"),
        Action::NextLink | Action::PreviousLink => {
            screen.focus = DocsFocus::Page;
            if !screen.select_link(action == Action::NextLink, size) {
                state.say(effects, Level::Info, "This page has no links");
            }
            return;
        }
        Action::Contents => {
            contents(state, &laid_out, effects);
            return;
        }
        _ => {
            let text = text::clean_multiline(&laid_out.text.text).into_owned();
            effects.push(Effect::HandOver(HandOver::Page { text }));
            return;
        }
    };
    match line {
        Some(line) if matches!(action, Action::NextHeading | Action::PreviousHeading) => {
            screen.focus = DocsFocus::Page;
            screen.jump_to_top(line, size);
        }
        Some(line) => {
            screen.focus = DocsFocus::Page;
            screen.jump(line, size);
        }
        None => state.say(effects, Level::Info, &format!("No {what}")),
    }
}

fn contents(state: &mut State, laid_out: &LaidOut, effects: &mut Vec<Effect>) {
    let headings = &laid_out.page.headings;
    if headings.is_empty() {
        state.say(effects, Level::Info, "This page has no headings");
        return;
    }
    let rows = headings
        .iter()
        .map(|heading| PickerRow {
            name: format!(
                "{}{}",
                "  ".repeat(usize::from(heading.level.saturating_sub(1))),
                heading.text
            ),
            detail: String::new(),
            keys: String::new(),
            choice: Choice::DocLine(heading.line),
        })
        .collect();
    let mut picker = Picker::new(PickerKind::Menu, "On this page", rows);
    if let Some(screen) = docs(state) {
        picker.at.cursor = laid_out.page.heading_at(screen.at.cursor).unwrap_or(0);
    }
    let visible = super::picker_rows(state.size, &picker);
    picker.at.fit(picker.shown.len(), visible);
    state.picker = Some(picker);
}

fn runbook_menu(state: &mut State, set: &DocSet, effects: &mut Vec<Effect>) {
    let here = docs(state).and_then(|screen| {
        let text = &screen.laid_out()?.text;
        Some((text.source.clone(), text.path.clone()))
    });
    let is_here = |target: &RunbookTarget| match (&here, target) {
        (Some((source, path)), RunbookTarget::Page(page)) => *source == set.source && page == path,
        (Some((source, _)), RunbookTarget::Fetched(address)) => {
            source.strip_prefix("url:") == Some(address)
        }
        _ => false,
    };
    let on_one = set.runbooks.iter().any(|runbook| is_here(&runbook.target));
    match set.runbooks.as_slice() {
        [] => state.say(effects, Level::Info, NO_RUNBOOK),
        [_] if on_one => state.say(effects, Level::Info, "This is its only runbook"),
        // From any other page straight to the best, as from everywhere else.
        [best, ..] if !on_one && !matches!(best.target, RunbookTarget::Url(_)) => {
            go_to_runbook(state, 0, effects);
        }
        runbooks => {
            let rows = runbooks
                .iter()
                .enumerate()
                .map(|(index, runbook)| {
                    let (RunbookTarget::Page(place)
                    | RunbookTarget::Fetched(place)
                    | RunbookTarget::Url(place)) = &runbook.target;
                    PickerRow {
                        name: text::clean(&runbook.title).into_owned(),
                        detail: text::clean(place).into_owned(),
                        keys: if is_here(&runbook.target) {
                            "shown"
                        } else {
                            ""
                        }
                        .to_owned(),
                        choice: Choice::DocRunbook(index),
                    }
                })
                .collect();
            let mut picker = Picker::new(PickerKind::Menu, "Runbooks", rows);
            let first_other = runbooks
                .iter()
                .position(|runbook| !is_here(&runbook.target));
            picker.at.cursor = first_other.unwrap_or(0);
            state.picker = Some(picker);
        }
    }
}

/// What is said of an entity without a runbook.
pub const NO_RUNBOOK: &str =
    "No runbook. Write docs/runbook.md, or annotate its catalog file with backstage.io/runbook-url";

/// Goes to one of the runbooks of the documentation that is shown.
pub(super) fn go_to_runbook(state: &mut State, index: usize, effects: &mut Vec<Effect>) {
    let Some(set) = docs(state).and_then(|screen| screen.set.clone()) else {
        return;
    };
    let top = Arrive::Anchor(String::new());
    match set.runbooks.get(index).map(|runbook| &runbook.target) {
        Some(RunbookTarget::Page(path)) => {
            go(state, set.source.clone(), path.clone(), top, effects);
        }
        Some(RunbookTarget::Fetched(address)) => {
            let name = path::name_of(address).to_owned();
            go(state, format!("url:{address}"), name, top, effects);
        }
        Some(RunbookTarget::Url(address)) => open_link(state, address, effects),
        None => {}
    }
}

/// Moves sideways: in wide code, into the navigation, in its tree.
pub(super) fn sideways(state: &mut State, right: bool) {
    let size = state.size;
    let Some(screen) = docs_mut(state) else {
        return;
    };
    match (screen.focus, right) {
        (DocsFocus::Nav, false) => {
            screen.nav.collapse();
        }
        (DocsFocus::Nav, true) => {
            if !screen.nav.expand() {
                screen.focus = DocsFocus::Page;
            }
        }
        (DocsFocus::Page, true) => {
            let most = screen.page().map_or(0, |page| {
                // The last columns are seen whole.
                page.widest.saturating_sub(page.width)
            });
            screen.left = (screen.left + SIDEWAYS).min(most);
        }
        (DocsFocus::Page, false) if screen.left > 0 => {
            screen.left = screen.left.saturating_sub(SIDEWAYS);
        }
        (DocsFocus::Page, false) => focus_nav(screen),
    }
    screen.fit(size);
}

fn focus_nav(screen: &mut DocsScreen) {
    if screen.nav.is_empty() {
        return;
    }
    screen.focus = DocsFocus::Nav;
    if let Some(laid_out) = screen.laid_out() {
        let path = laid_out.text.path.clone();
        screen.nav.go_to(&path);
    }
}

/// Goes to the other part of the screen.
pub(super) fn next_pane(state: &mut State) {
    let size = state.size;
    if let Some(screen) = docs_mut(state) {
        match screen.focus {
            DocsFocus::Page => focus_nav(screen),
            DocsFocus::Nav => screen.focus = DocsFocus::Page,
        }
        screen.fit(size);
    }
}

/// Gives the page all the room, or gives it back.
pub(super) fn zoom(state: &mut State, effects: &mut Vec<Effect>) {
    if let Some(screen) = docs_mut(state) {
        screen.zoomed = !screen.zoomed;
        screen.focus = DocsFocus::Page;
    }
    lay_docs(state, effects);
}

/// Copies the code block under the cursor or the selected link; else the nearest code that is seen, else the line.
pub(super) fn copy_here(state: &mut State, effects: &mut Vec<Effect>) {
    let size = state.size;
    let Some(screen) = docs(state) else { return };
    if screen.focus == DocsFocus::Nav {
        let node = screen.nav.node(screen.nav.at.cursor);
        let target = node.map(|node| match &node.target {
            NavTarget::Page(place) | NavTarget::Url(place) | NavTarget::Missing(place) => {
                place.clone()
            }
            NavTarget::Section => node.title.clone(),
        });
        if let Some(target) = target {
            copy(state, &target, effects);
        }
        return;
    }
    let Some(laid_out) = screen.laid_out() else {
        nothing_selected(state, effects);
        return;
    };
    let (page, document) = (&laid_out.page, &laid_out.text.document);
    let under = page.code_at(screen.at.cursor);
    let selected = match screen.link_here().filter(|_| screen.link.is_some()) {
        Some((_, link)) if under.is_none() => match link.target {
            Follows::Link(id) => document.links.get(id.index()),
            Follows::Fold(_) | Follows::Tab(..) => None,
        },
        _ => None,
    };
    if let Some(link) = selected {
        let target = link.target.clone();
        copy(state, &target, effects);
        return;
    }
    let code = under.or_else(|| screen.code_here(size));
    let code = code.and_then(|id| document.code.get(id.index()));
    match code {
        Some(code) => {
            let Cleaned { text, removed } = code.to_copy();
            let (content, language) = (text.into_owned(), code.language.clone());
            copy_code(state, content, &language, removed, effects);
        }
        None => {
            let line = page.lines.get(screen.at.cursor);
            let line = line.map(|line| line.text().trim().to_owned());
            match line.filter(|line| !line.is_empty()) {
                Some(line) => copy(state, &line, effects),
                None => state.say(effects, Level::Info, "Nothing to copy on this line"),
            }
        }
    }
}

fn copy_code(
    state: &mut State,
    content: String,
    language: &str,
    removed: usize,
    effects: &mut Vec<Effect>,
) {
    let lines = content.lines().count();
    let shown = match lines {
        0 | 1 => text::truncate(content.trim_end(), 80).into_owned(),
        lines => format!(
            "{lines} lines of {}",
            if language.is_empty() {
                "code"
            } else {
                language
            }
        ),
    };
    let lost = match removed {
        0 => String::new(),
        1 => ", without 1 control character".to_owned(),
        many => format!(", without {many} control characters"),
    };
    effects.push(Effect::Copy(content));
    state.say(effects, Level::Info, &format!("Copied {shown}{lost}"));
}

/// The menu of what can be copied of a page. Returns false where none is shown.
pub(super) fn copy_menu(state: &mut State) -> bool {
    let Some(screen) = docs(state) else {
        return false;
    };
    let (Some(set), Some(laid_out)) = (&screen.set, screen.laid_out()) else {
        return false;
    };
    let text = &laid_out.text;
    let address = web_address(&text.source, &set.site, &text.path);
    let file = file_of(&text.source, &set.site, &text.path);
    let command = format!(
        "callboard docs {} {}",
        shell_word(&screen.entity_ref),
        shell_word(&text.path)
    );
    let heading = laid_out.page.heading_at(screen.at.cursor);
    let anchor = heading.and_then(|at| laid_out.page.headings.get(at));
    let link = address.as_ref().map(|address| match anchor {
        Some(heading) if screen.at.cursor > 0 => format!("{address}#{}", heading.anchor),
        _ => address.clone(),
    });
    let title = &text.title;
    let choices = [
        ("link", link.clone()),
        ("path", file.or_else(|| Some(text.path.clone()))),
        ("command", Some(command)),
        (
            "Markdown link",
            link.map(|link| format!("[{title}]({link})")),
        ),
        ("page as Markdown", Some(text.text.clone())),
        ("entity", Some(screen.entity_ref.clone())),
    ];
    let rows = choices
        .into_iter()
        .filter_map(|(name, content)| {
            let content = content?;
            let first = content.lines().find(|line| !line.trim().is_empty());
            Some(PickerRow {
                name: name.to_owned(),
                detail: text::truncate(&text::clean(first.unwrap_or("")), 120).into_owned(),
                keys: String::new(),
                choice: Choice::Copy(content),
            })
        })
        .collect();
    state.picker = Some(Picker::new(PickerKind::Menu, "Copy", rows));
    true
}

/// Opens the link under the cursor in a browser, else the page itself.
pub(super) fn open_outside(state: &mut State, effects: &mut Vec<Effect>) {
    let of_page = |state: &State, path: Option<&str>| {
        let screen = docs(state)?;
        let set = screen.set.as_ref()?;
        let text = &screen.laid_out()?.text;
        web_address(&text.source, &set.site, path.unwrap_or(&text.path))
    };
    let target = match followed(state) {
        Some(Followed::Web(target)) => Some(target),
        Some(Followed::Page { path, .. }) => of_page(state, Some(&path)),
        _ => of_page(state, None),
    };
    match target {
        Some(target) => open_link(state, &target, effects),
        None => {
            let message = "This page is on this machine alone; e opens its file";
            state.say(effects, Level::Info, message);
        }
    }
}

/// Opens the page's file in an editor, at the line under the cursor.
pub(super) fn edit(state: &mut State, effects: &mut Vec<Effect>) {
    let file = docs(state).and_then(|screen| {
        let text = &screen.laid_out()?.text;
        let line = screen.visit().map_or(1, |visit| visit.line);
        let path = file_of(&text.source, &screen.set.as_ref()?.site, &text.path)?;
        Some((path, u32::try_from(line).ok()))
    });
    match file {
        Some((path, line)) => effects.push(Effect::HandOver(HandOver::EditFile { path, line })),
        None => {
            let message =
                "Its file is not on this machine; b opens it in a browser, P shows it in $PAGER";
            state.say(effects, Level::Info, message);
        }
    }
}
