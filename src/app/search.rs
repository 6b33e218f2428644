//! The catalog's searching: from the line to a job, from its answer to the list, and the preview behind it.

use std::sync::Arc;

use super::detail::Detail;
use super::job::{Effect, Job, Policy, SearchRequest, Slot};
use super::layout;
use super::msg::{Matches, Timer};
use super::screen::{Catalog, Preview, Results, Screen};
use super::state::{PREVIEW_REST, Purpose, State};
use super::who::Card;

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

/// Lets the preview follow: at once where the selection had rested before, else once it rests.
pub(super) fn follow(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(catalog) = state.catalog() else {
        return;
    };
    let shown = layout::catalog(state.size, catalog.zoomed).preview.height > 0;
    let behind = shown && catalog.is_preview_behind();
    let still = state.now.duration_since(state.moved_at).unsigned_abs() >= PREVIEW_REST;
    state.moved_at = state.now;
    effects.push(Effect::Timer {
        timer: Timer::Preview,
        after: (behind && !still).then_some(PREVIEW_REST),
    });
    if behind && still {
        rested(state, effects);
    }
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

/// The selection has rested: asks for its details, with which the preview moves to it, so that the preview changes
/// once and not twice. Where they are late or cannot be had, it moves with the facts of the row alone.
pub(super) fn rested(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(catalog) = state.catalog().filter(|c| c.is_preview_behind()) else {
        return;
    };
    let selected = catalog.selected_ref().map(str::to_owned);
    let is_for = |purpose: &Purpose| matches!(purpose, Purpose::Preview { entity_ref, .. } if Some(entity_ref) == selected.as_ref());
    let asked = state.jobs.live.values().any(|(_, purpose)| is_for(purpose));
    if !asked && selected.is_some_and(|selected| load(state, selected, effects)) {
        effects.push(Effect::Timer {
            timer: Timer::Preview,
            after: Some(PREVIEW_REST),
        });
    } else {
        point_preview(state);
    }
}

/// Asks for the details of the entity in the preview.
pub(super) fn load_preview(state: &mut State, effects: &mut Vec<Effect>) {
    let shown = state.catalog().and_then(|c| c.preview.entity_ref.clone());
    if let Some(entity_ref) = shown {
        load(state, entity_ref, effects);
    }
}

/// Takes the details of an entity and its card, for the preview if that is where the selection is.
pub(super) fn take_detail(
    state: &mut State,
    entity_ref: &str,
    (detail, card): (Option<Arc<Detail>>, Option<Arc<Card>>),
    effects: &mut Vec<Effect>,
) {
    let selected = state.catalog().and_then(Catalog::selected_ref);
    if selected == Some(entity_ref) && point_preview(state) {
        effects.push(Effect::Timer {
            timer: Timer::Preview,
            after: None,
        });
    }
    if let Some(catalog) = state.catalog_mut()
        && catalog.preview.entity_ref.as_deref() == Some(entity_ref)
    {
        catalog.preview.detail = detail;
        catalog.preview.card = card;
    }
}

/// No details of an entity come any more: the preview does without where there were none.
pub(super) fn loaded(state: &mut State, entity_ref: &str) {
    if state.catalog().and_then(Catalog::selected_ref) == Some(entity_ref) {
        point_preview(state);
    }
}

/// Asks for the details of an entity; false where there is nobody to ask, or nothing to show them in.
fn load(state: &mut State, entity_ref: String, effects: &mut Vec<Effect>) -> bool {
    let Some(catalog) = state.catalog() else {
        return false;
    };
    if layout::catalog(state.size, catalog.zoomed).preview.height == 0 || !state.opened {
        return false;
    }
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
    true
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
