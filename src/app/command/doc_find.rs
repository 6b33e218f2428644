//! Choosing documentation: from the list of what has some, or by a search in all of it.

use std::sync::Arc;

use super::super::docs::{DocFound, DocListed, DocsGoal};
use super::super::job::{Effect, Job, Policy, Slot};
use super::super::screen::{Arrive, DocFind, DocFindKind, Screen};
use super::super::state::{Level, Purpose, State};
use super::docs::show;
use super::entity::nothing_selected;
use super::going::push;

fn find_mut(state: &mut State) -> Option<&mut DocFind> {
    match &mut state.screen {
        Screen::DocFind(find) => Some(find),
        _ => None,
    }
}

/// Lists what has documentation.
pub(super) fn list(state: &mut State, effects: &mut Vec<Effect>) {
    let is_list = |find: &DocFind| matches!(find.kind, DocFindKind::Entities { .. });
    if matches!(&state.screen, Screen::DocFind(find) if is_list(find)) {
        return;
    }
    push(
        state,
        Screen::DocFind(Box::new(DocFind::entities())),
        effects,
    );
    load(state, effects);
}

/// Begins a search in all documentation.
pub(super) fn search(state: &mut State, effects: &mut Vec<Effect>) {
    if let Some(find) = find_mut(state)
        && matches!(find.kind, DocFindKind::Pages { .. })
    {
        find.typing = true;
        return;
    }
    push(state, Screen::DocFind(Box::new(DocFind::pages())), effects);
}

/// Asks for what the screen lists, once the cache is open.
pub(in crate::app) fn load(state: &mut State, effects: &mut Vec<Effect>) {
    let (opened, snapshot) = (state.opened, Arc::clone(&state.snapshot));
    let Some(find) = find_mut(state).filter(|_| opened) else {
        return;
    };
    match &find.kind {
        DocFindKind::Entities { .. } => {
            let job = Job::ListDocs(snapshot);
            state.start(
                effects,
                Policy::Latest(Slot::DocFind),
                job,
                Purpose::DocFind,
            );
        }
        DocFindKind::Pages { .. } => ask(state, effects),
    }
}

/// What is typed has changed.
pub(in crate::app) fn typed(state: &mut State, effects: &mut Vec<Effect>) {
    ask(state, effects);
}

fn ask(state: &mut State, effects: &mut Vec<Effect>) {
    let visible = state.visible_rows();
    let Some(find) = find_mut(state) else { return };
    let line = find.line.text().trim().to_owned();
    let job = match &mut find.kind {
        DocFindKind::Entities { all: None, .. } => return,
        DocFindKind::Entities {
            all: Some(all),
            shown,
        } if line.is_empty() => {
            *shown = (0..all.len()).collect();
            None
        }
        DocFindKind::Entities { all: Some(all), .. } => Some(Job::FilterDocs {
            all: Arc::clone(all),
            line,
        }),
        DocFindKind::Pages { found, question } if line.is_empty() => {
            found.clear();
            question.clear();
            None
        }
        DocFindKind::Pages { question, .. } if *question == line => return,
        DocFindKind::Pages { .. } => Some(Job::SearchDocs { question: line }),
    };
    find.at.fit(find.row_count(), visible);
    match job {
        Some(job) => {
            state.start(
                effects,
                Policy::Latest(Slot::DocFind),
                job,
                Purpose::DocFind,
            );
        }
        None => state.stop(effects, Slot::DocFind),
    }
}

/// The list is there.
pub(in crate::app) fn take_list(
    state: &mut State,
    listed: Arc<Vec<DocListed>>,
    effects: &mut Vec<Effect>,
) {
    let Some(find) = find_mut(state) else { return };
    let on = find.selected_ref().map(str::to_owned);
    if let DocFindKind::Entities { all, shown } = &mut find.kind {
        *shown = (0..listed.len()).collect();
        if let Some(on) = on
            && let Some(row) = listed.iter().position(|listed| listed.entity_ref == on)
        {
            find.at.cursor = row;
        }
        *all = Some(listed);
    }
    ask(state, effects);
}

/// What fits what is typed.
pub(in crate::app) fn take_matches(state: &mut State, matches: Vec<usize>) {
    let visible = state.visible_rows();
    let Some(find) = find_mut(state) else { return };
    if let DocFindKind::Entities { shown, .. } = &mut find.kind {
        *shown = matches;
        find.at = Default::default();
        find.at.fit(find.row_count(), visible);
    }
}

/// What a search found.
pub(in crate::app) fn take_found(state: &mut State, pages: Vec<DocFound>) {
    let Some(find) = find_mut(state) else { return };
    let line = find.line.text().trim().to_owned();
    if let DocFindKind::Pages { found, question } = &mut find.kind {
        *found = pages;
        *question = line;
        find.at = Default::default();
    }
}

/// Opens what is under the cursor.
pub(super) fn open(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(find) = find_mut(state) else { return };
    let row = find.at.cursor;
    if let Some(found) = find.found(row).cloned() {
        let goal = DocsGoal::Page {
            source: Some(found.source.clone()),
            path: found.path.clone(),
        };
        let arrive = match found.line {
            Some(line) => Arrive::Match(usize::try_from(line).ok()),
            None => Arrive::Anchor(String::new()),
        };
        show(state, &found.entity_ref, goal, arrive, effects);
        if let Screen::Docs(docs) = &mut state.screen {
            docs.search.editor.set(found.needle());
        }
        return;
    }
    match find.listed(row).cloned() {
        Some(listed) if listed.readable => {
            show(
                state,
                &listed.entity_ref,
                DocsGoal::Start,
                Arrive::Stay,
                effects,
            );
        }
        Some(listed) => state.say(effects, Level::Warning, &listed.problem),
        None => nothing_selected(state, effects),
    }
}
