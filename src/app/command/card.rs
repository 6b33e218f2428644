//! The card of the entity that is shown: kept true while it stays open, its lines opened and copied, and who is on call
//! asked for in the background.

use std::sync::Arc;

use super::super::docs::DocsGoal;
use super::super::job::{Effect, Job, Policy, Slot};
use super::super::msg::{Condition, Timer};
use super::super::screen::{Arrive, Screen, Tab};
use super::super::state::{Purpose, State};
use super::super::update::fit;
use super::super::who::{Card, CardTarget};
use super::entity::{copy, open_link};
use super::going::{load_page, open_entity};
use super::moving::show_tab;
use crate::techdocs::RunbookTarget;

/// How often the services of how many entities are remembered to have been asked.
const ASKED: usize = 1_000;

/// The card that is on the screen.
fn shown(state: &State) -> Option<&Arc<Card>> {
    match &state.screen {
        Screen::Entity(page) => page.card.as_ref(),
        Screen::Catalog(catalog) => catalog.preview.card.as_ref(),
        _ => None,
    }
}

/// Says the card anew for the moment it is, and sets the timer to when somebody else may be on call.
pub(in crate::app) fn keep_card(state: &mut State, effects: &mut Vec<Effect>) {
    let (now, zone) = (state.now, state.time_zone.clone());
    if let Some(page) = state.page_mut() {
        let before = page.told.len();
        page.tell(now, &zone);
        if page.told.len() != before {
            fit(state);
        }
    }
    let next = shown(state).and_then(|card| card.on_call.next_change(now));
    if next != state.shift_at {
        state.shift_at = next;
        effects.push(Effect::Timer {
            timer: Timer::Shift,
            after: next.map(|at| at.duration_since(now).unsigned_abs()),
        });
    }
}

/// Somebody else may be on call: the next frame says so. Where what is known ends here, more may be worked out.
pub(in crate::app) fn shift_changed(state: &mut State, effects: &mut Vec<Effect>) {
    state.shift_at = None;
    let now = state.now;
    let over = shown(state)
        .and_then(|card| card.on_call.schedule.as_ref())
        .is_some_and(|schedule| schedule.until <= now);
    if over {
        load_page(state, None, effects);
    }
}

/// Asks who is on call for the entity whose page is shown, where what is known is old and there is somebody to ask.
/// Nothing waits for the answer.
pub(in crate::app) fn refresh_on_call(state: &mut State, effects: &mut Vec<Effect>) {
    let Screen::Entity(page) = &state.screen else {
        return;
    };
    let now = state.now;
    let old = page
        .card
        .as_ref()
        .is_some_and(|card| card.on_call.is_old(now));
    if !old || state.read_only || state.condition == Condition::Offline {
        return;
    }
    let entity_ref = page.entity_ref.clone();
    let asked = state.on_call_asked.get(&entity_ref);
    if asked.is_some_and(|at| now.duration_since(*at) < super::super::who::FRESH) {
        return;
    }
    if state.on_call_asked.len() >= ASKED {
        state.on_call_asked.clear();
    }
    state.on_call_asked.insert(entity_ref.clone(), now);
    let purpose = Purpose::OnCall {
        entity_ref: entity_ref.clone(),
    };
    let job = Job::RefreshOnCall { entity_ref };
    state.start(effects, Policy::Latest(Slot::OnCall), job, purpose);
}

/// The service has answered, or not: the card says which.
pub(in crate::app) fn on_call_refreshed(
    state: &mut State,
    entity_ref: &str,
    effects: &mut Vec<Effect>,
) {
    let shown = matches!(&state.screen, Screen::Entity(page) if page.entity_ref == *entity_ref);
    if shown {
        load_page(state, None, effects);
    }
}

/// Opens the line of the card under the cursor; one that leads nowhere is copied.
pub(super) fn open_line(state: &mut State, effects: &mut Vec<Effect>) {
    let Screen::Entity(page) = &state.screen else {
        return;
    };
    let Some(line) = page.card_line() else {
        return;
    };
    let content = line.copy.clone();
    let entity_ref = page.entity_ref.clone();
    match line.target.clone() {
        Some(CardTarget::Url(url)) => open_link(state, &url, effects),
        Some(CardTarget::Runbook(target)) => {
            let goal = match target {
                RunbookTarget::Page(path) => DocsGoal::Page { source: None, path },
                target => match target.page(None) {
                    Some((source, path)) => DocsGoal::Page {
                        source: Some(source),
                        path,
                    },
                    None => return,
                },
            };
            let top = Arrive::Anchor(String::new());
            super::docs::show(state, &entity_ref, goal, top, effects);
        }
        Some(CardTarget::Entity(entity_ref)) => open_entity(state, &entity_ref, effects),
        Some(CardTarget::Dependents) => show_tab(state, Tab::Dependents.index(), effects),
        Some(CardTarget::Problems) => show_tab(state, Tab::Problems.index(), effects),
        None if content.is_empty() => {}
        None => copy(state, &content, effects),
    }
}

/// Opens the address that the line of the card under the cursor leads to. False where it leads to none.
pub(super) fn open_url(state: &mut State, effects: &mut Vec<Effect>) -> bool {
    let Screen::Entity(page) = &state.screen else {
        return false;
    };
    let target = page.card_line().and_then(|line| line.target.clone());
    // A runbook that was fetched is read here, and still has its address.
    match target {
        Some(CardTarget::Url(url) | CardTarget::Runbook(RunbookTarget::Fetched(url))) => {
            open_link(state, &url, effects);
            true
        }
        _ => false,
    }
}
