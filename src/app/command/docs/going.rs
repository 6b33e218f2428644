//! Going from page to page and within one: links, navigation, headings, and the way back.

use super::super::super::actions::Action;
use super::super::super::docs::DocsGoal;
use super::super::super::docs::{DocSet, Followed, LaidOut, follow};
use super::super::super::job::{Effect, HandOver, Job, Policy, Slot};
use super::super::super::picker::{Choice, Picker, PickerKind, PickerRow};
use super::super::super::screen::{Arrive, DocsFocus, DocsScreen};
use super::super::super::state::{Level, Purpose, State};
use super::super::entity::open_link;
use super::super::going::pop;
use super::{NO_RUNBOOK, docs, docs_mut, lay_docs, remember};
use crate::markdown::Target as Follows;
use crate::techdocs::{NavTarget, RunbookTarget};
use crate::text;

/// How many columns one step sideways is.
const SIDEWAYS: usize = 8;

/// Goes to a page; the one that is left is come back to.
pub(super) fn go(
    state: &mut State,
    source: String,
    path: String,
    arrive: Arrive,
    effects: &mut Vec<Effect>,
) {
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
pub(in crate::app::command) fn back(state: &mut State, effects: &mut Vec<Effect>) {
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
pub(in crate::app::command) fn open_here(state: &mut State, effects: &mut Vec<Effect>) {
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
pub(super) fn followed(state: &State) -> Option<Followed> {
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
pub(in crate::app::command) fn within(
    state: &mut State,
    action: Action,
    effects: &mut Vec<Effect>,
) {
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
    let visible = super::super::picker_rows(state.size, &picker);
    picker.at.fit(picker.shown.len(), visible);
    state.picker = Some(picker);
}

pub(super) fn runbook_menu(state: &mut State, set: &DocSet, effects: &mut Vec<Effect>) {
    let here = docs(state).and_then(|screen| {
        let text = &screen.laid_out()?.text;
        Some((text.source.clone(), text.path.clone()))
    });
    let is_here = |target: &RunbookTarget| {
        let page = target.page(Some(&set.source));
        page.is_some() && page == here
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
                .map(|(index, runbook)| PickerRow {
                    name: text::clean(&runbook.title).into_owned(),
                    detail: text::clean(runbook.target.shown()).into_owned(),
                    keys: match is_here(&runbook.target) {
                        true => "shown".to_owned(),
                        false => String::new(),
                    },
                    choice: Choice::DocRunbook(index),
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

/// Goes to one of the runbooks of the documentation that is shown.
pub(in crate::app::command) fn go_to_runbook(
    state: &mut State,
    index: usize,
    effects: &mut Vec<Effect>,
) {
    let Some(set) = docs(state).and_then(|screen| screen.set.clone()) else {
        return;
    };
    let top = Arrive::Anchor(String::new());
    let Some(target) = set.runbooks.get(index).map(|runbook| &runbook.target) else {
        return;
    };
    match target.page(Some(&set.source)) {
        Some((source, path)) => go(state, source, path, top, effects),
        None => open_link(state, target.shown(), effects),
    }
}

/// Moves sideways: in wide code, into the navigation, in its tree.
pub(in crate::app::command) fn sideways(state: &mut State, right: bool) {
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
pub(in crate::app::command) fn next_pane(state: &mut State) {
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
pub(in crate::app::command) fn zoom(state: &mut State, effects: &mut Vec<Effect>) {
    if let Some(screen) = docs_mut(state) {
        screen.zoomed = !screen.zoomed;
        screen.focus = DocsFocus::Page;
    }
    lay_docs(state, effects);
}
