//! The catalog's searching: from the line to a job, from its answer to the list, and the preview behind it.

use std::sync::Arc;

use super::job::{Effect, Job, Policy, SearchRequest, Slot};
use super::layout;
use super::msg::{Matches, Timer};
use super::screen::{Preview, Results, Screen};
use super::state::{PREVIEW_REST, Purpose, State};

/// Searches for what the line says now. `keep` names the entity that stays selected if it is found; without it the
/// first result is selected. The old results stay until the new ones are there.
pub(super) fn start(state: &mut State, keep: Option<String>, effects: &mut Vec<Effect>) {
    let Some(catalog) = state.catalog() else {
        return;
    };
    let query = catalog.query().to_owned();
    let first = Arc::clone(&catalog.first);
    if query.is_empty() {
        state.stop(effects, Slot::Search);
        let results = Results::all(Arc::clone(&state.snapshot), &first, state.next_serial());
        show(state, results, keep.as_deref(), effects);
        return;
    }
    let request = SearchRequest {
        snapshot: Arc::clone(&state.snapshot),
        query: query.clone(),
        starred: Arc::clone(&state.starred),
        me: Arc::clone(&state.me),
        recent: first,
    };
    let purpose = Purpose::Search {
        query,
        snapshot: state.snapshot.generation(),
        keep,
    };
    state.start(
        effects,
        Policy::Latest(Slot::Search),
        Job::Search(request),
        purpose,
    );
}

/// Marks the catalogs whose line has a filter that now means something else; the screen that is shown is searched
/// again by its refresh, those behind it once they are back.
pub(super) fn outdate(state: &mut State, filter: &str) {
    for screen in state.behind.iter_mut().chain([&mut state.screen]) {
        if let Screen::Catalog(catalog) = screen
            && catalog.query().to_lowercase().contains(filter)
        {
            catalog.outdated = true;
        }
    }
}

/// Takes the answer to a search.
pub(super) fn finish(
    state: &mut State,
    query: String,
    keep: Option<String>,
    matches: Matches,
    effects: &mut Vec<Effect>,
) {
    let serial = state.next_serial();
    let mut results = Results::found(Arc::clone(&state.snapshot), query, matches.ids, serial);
    results.problems = matches.problems;
    results.nearest = matches.nearest;
    show(state, results, keep.as_deref(), effects);
}

fn show(state: &mut State, results: Results, keep: Option<&str>, effects: &mut Vec<Effect>) {
    let visible = state.visible_rows();
    let Some(catalog) = state.catalog_mut() else {
        return;
    };
    // Where what was selected has left the list, the row that took its place is the next.
    catalog.at.cursor = keep.map_or(0, |entity_ref| {
        let kept = results.position(entity_ref);
        kept.unwrap_or(catalog.at.cursor)
    });
    if keep.is_none() {
        catalog.at.top = 0;
    }
    catalog.results = results;
    catalog.outdated = false;
    let len = catalog.results.len();
    catalog.at.fit(len, visible);
    follow(state, effects);
}

/// Lets the preview follow once the selection has rested.
pub(super) fn follow(state: &State, effects: &mut Vec<Effect>) {
    let Some(catalog) = state.catalog() else {
        return;
    };
    let shown = layout::catalog(state.size, catalog.zoomed).preview.height > 0;
    let behind = catalog.selected_ref() != catalog.preview.entity_ref.as_deref();
    effects.push(Effect::Timer {
        timer: Timer::Preview,
        after: (shown && behind).then_some(PREVIEW_REST),
    });
}

/// Points the preview at the selected entity, with the facts of its row alone. Returns whether it moved.
pub(super) fn point_preview(state: &mut State) -> bool {
    let Some(catalog) = state.catalog_mut() else {
        return false;
    };
    let selected = catalog.selected_ref().map(str::to_owned);
    if selected == catalog.preview.entity_ref {
        return false;
    }
    catalog.preview = Preview {
        entity_ref: selected,
        ..Preview::default()
    };
    true
}

/// The selection has rested: points the preview at it and asks for what has to be loaded.
pub(super) fn rested(state: &mut State, effects: &mut Vec<Effect>) {
    if point_preview(state) {
        load_preview(state, effects);
    }
}

/// Asks for the details of the entity in the preview.
pub(super) fn load_preview(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(catalog) = state.catalog() else {
        return;
    };
    if layout::catalog(state.size, catalog.zoomed).preview.height == 0 || !state.opened {
        return;
    }
    let Some(entity_ref) = catalog.preview.entity_ref.clone() else {
        return;
    };
    let purpose = Purpose::Preview {
        entity_ref: entity_ref.clone(),
        then: None,
    };
    state.start(
        effects,
        Policy::Latest(Slot::Preview),
        Job::LoadEntity { entity_ref },
        purpose,
    );
}

/// Completes the word at the cursor if it is a filter. Returns whether it was.
///
/// One possible completion is put in; of several, what they have in common, and then one after the other.
pub(super) fn complete(state: &mut State, effects: &mut Vec<Effect>) -> bool {
    let facets = state.facets.clone();
    let Some(catalog) = state.catalog_mut() else {
        return false;
    };
    if let Some(index) = catalog
        .completion
        .filter(|_| !catalog.completions.is_empty())
    {
        let next = (index + 1) % catalog.completions.len();
        let word = catalog.completions.get(next).cloned().unwrap_or_default();
        catalog.line.replace_word(&word);
        catalog.completion = Some(next);
        start(state, None, effects);
        return true;
    }
    let word = catalog.line.word().to_owned();
    let options = match &facets {
        Some(facets) => facets.complete(&word),
        // Names of filters need no facets; their values come once those are there.
        None => super::facets::Facets::default().complete(&word),
    };
    match options.as_slice() {
        [] => return word.contains(':'),
        [only] => {
            let space = if only.ends_with(':') { "" } else { " " };
            catalog.line.replace_word(&format!("{only}{space}"));
            catalog.completions.clear();
            catalog.completion = None;
        }
        [first, ..] => {
            let common = common_prefix(&options);
            if common.chars().count() > word.chars().count() {
                catalog.line.replace_word(&common);
            } else {
                catalog.line.replace_word(&first.clone());
                catalog.completion = Some(0);
            }
            catalog.completions = options;
        }
    }
    want_facets(state, effects);
    start(state, None, effects);
    true
}

/// Asks for the values of filters once the line has a filter in it.
pub(super) fn want_facets(state: &mut State, effects: &mut Vec<Effect>) {
    let typed = state
        .catalog()
        .is_some_and(|catalog| catalog.line.text().contains(':'));
    let running = state
        .jobs
        .live
        .values()
        .any(|(slot, _)| *slot == Slot::Facets);
    if typed && state.facets.is_none() && !running {
        let job = Job::Facets(Arc::clone(&state.snapshot));
        state.start(effects, Policy::Latest(Slot::Facets), job, Purpose::Facets);
    }
}

fn common_prefix(options: &[String]) -> String {
    let Some((first, rest)) = options.split_first() else {
        return String::new();
    };
    let mut common = first.as_str();
    for option in rest {
        let same: usize = common
            .chars()
            .zip(option.chars())
            .take_while(|(a, b)| a == b)
            .map(|(a, _)| a.len_utf8())
            .sum();
        common = common.get(..same).unwrap_or("");
    }
    common.to_owned()
}
