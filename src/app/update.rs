//! `update`: one message in, new state and effects out.

use std::sync::Arc;

use super::actions::Action;
use super::command;
use super::editor::Editor;
use super::job::{Edited, Effect, JobError, JobErrorKind, JobEvent, JobReport, Slot};
use super::mouse;
use super::msg::{CacheUpdate, Condition, Msg, Output, Timer};
use super::screen::Screen;
use super::screen::entity::Load;
use super::search;
use super::state::{AGE, Level, Notice, Purpose, State, count_invalid};
use crate::keymap::{Key, Lookup};
use crate::text;

/// How many keys wait for a search at most.
const HELD: usize = 256;

/// The filters whose results depend on more than the snapshot.
const STARRED: &str = "is:starred";
const ME: &str = "owner:me";

/// Takes one message and says what is to be done. Never slow: no work that grows with the catalog happens on a key.
pub fn update(state: &mut State, msg: Msg) -> Vec<Effect> {
    let mut effects = Vec::new();
    handle(state, msg, &mut effects);
    // However a search ended, nothing waits for one that no longer runs.
    release(state, &mut effects);
    command::keep_card(state, &mut effects);
    effects
}

fn handle(state: &mut State, msg: Msg, effects: &mut Vec<Effect>) {
    match msg {
        Msg::Key(_) | Msg::Paste(_) if !state.held.is_empty() && !is_quit(state, &msg) => {
            if state.held.len() < HELD {
                state.held.push_back(msg);
            }
        }
        Msg::Key(key) => press(state, key, effects),
        Msg::Paste(content) => {
            state.pending.clear();
            if let Some(editor) = state.typing_mut() {
                editor.insert(&content);
                typed(state, effects);
            }
        }
        Msg::Edited {
            what: Edited::Line,
            text,
        } => {
            if let Some(editor) = state.typing_mut() {
                let words: Vec<&str> = text.lines().map(str::trim).collect();
                editor.set(words.join(" ").trim());
                typed(state, effects);
            }
        }
        Msg::Mouse(mouse) => mouse::take(state, mouse, effects),
        Msg::Resize { columns, rows } => {
            state.size = super::layout::Size { columns, rows };
            fit(state);
            command::lay_docs(state, effects);
            if search::point_preview(state) {
                search::load_preview(state, effects);
            }
        }
        Msg::Focus(focused) => {
            state.focused = focused;
            effects.push(Effect::Timer {
                timer: Timer::Age,
                after: focused.then_some(AGE),
            });
        }
        Msg::Resumed => effects.push(Effect::Redraw),
        Msg::Clock(now) => state.now = now,
        Msg::Timer(Timer::Preview) => search::rested(state, effects),
        Msg::Timer(Timer::Toast) => state.toast = None,
        Msg::Timer(Timer::Age) => {
            effects.push(Effect::Timer {
                timer: Timer::Age,
                after: state.focused.then_some(AGE),
            });
            command::refresh_on_call(state, effects);
        }
        Msg::Timer(Timer::Shift) => command::shift_changed(state, effects),
        Msg::SyncDue => command::sync_due(state, effects),
        Msg::Capabilities(capabilities) => state.capabilities = capabilities,
        Msg::Cache(news) => take_cache(state, *news, effects),
        Msg::Job(report) => take_report(state, report, effects),
    }
}

fn is_quit(state: &State, msg: &Msg) -> bool {
    let Msg::Key(key) = msg else { return false };
    let scopes = state.scopes();
    matches!(state.keymap.lookup_typing(&scopes, &[*key]), Lookup::Action(binding) if binding.action == Action::Quit.id())
}

/// One key: readline's editing first where a line is typed, then the keymap.
fn press(state: &mut State, key: Key, effects: &mut Vec<Effect>) {
    let scopes = state.scopes();
    let typing = state.typing().is_some();
    if typing && state.pending.is_empty() {
        // Everywhere but in the catalog's own line, whose footer says otherwise, ctrl-c first leaves the line.
        let in_catalog_line = state.picker.is_none() && state.catalog().is_some();
        if key == Key::ctrl('c') && !in_catalog_line {
            command::run(state, Action::LeaveLine, None, effects);
            return;
        }
        // `:` in an empty line is the palette.
        let empty = state.typing().is_some_and(Editor::is_empty);
        if in_catalog_line && empty && key.text() == Some(':') {
            command::run(state, Action::Palette, None, effects);
            return;
        }
        if let Some(editor) = state.typing_mut()
            && editor.key(key)
        {
            typed(state, effects);
            return;
        }
    }
    state.pending.push(key);
    let found = if typing {
        state.keymap.lookup_typing(&scopes, &state.pending)
    } else {
        state.keymap.lookup(&scopes, &state.pending)
    };
    let bound = match found {
        Lookup::Prefix => return,
        Lookup::None => None,
        Lookup::Action(binding) => {
            Action::from_id(&binding.action).map(|action| (action, binding.argument.clone()))
        }
    };
    state.pending.clear();
    let Some((action, argument)) = bound else {
        return;
    };
    if command::waits_for_results(state, action) {
        state.held.push_back(Msg::Key(key));
        return;
    }
    command::run(state, action, argument.as_deref(), effects);
}

/// The text of the line that is typed into has changed, or its cursor has moved.
fn typed(state: &mut State, effects: &mut Vec<Effect>) {
    if let Some(picker) = &mut state.picker {
        picker.filter();
        command::want_references(state, effects);
        return;
    }
    match &mut state.screen {
        Screen::Catalog(catalog) => {
            catalog.completions.clear();
            catalog.completion = None;
            // What runs for another line is out of date as well.
            let query = catalog.query().to_owned();
            let shown = catalog.results.query == query;
            let running = state.jobs.live.values().any(
                |(_, purpose)| matches!(purpose, Purpose::Search { query: other, .. } if *other == query),
            );
            if shown && state.searching() && !running {
                state.stop(effects, Slot::Search);
            }
            if !shown && !running {
                search::start(state, None, effects);
                search::want_facets(state, effects);
            }
        }
        Screen::Entity(page) if page.tree().is_none() => {
            page.find(true, true);
            fit(state);
        }
        Screen::Entity(_) | Screen::Tree(_) => command::filter_tree(state, effects),
        Screen::Docs(docs) => {
            docs.find(true, true);
            fit(state);
        }
        Screen::DocFind(_) => command::doc_find::typed(state, effects),
        Screen::Log(page) => {
            page.find(&state.log, true, true);
            fit(state);
        }
    }
}

/// Puts cursors back into lists that have another length or height now.
pub(super) fn fit(state: &mut State) {
    let visible = state.visible_rows();
    match &mut state.screen {
        Screen::Catalog(catalog) => {
            let len = catalog.results.len();
            catalog.at.fit(len, visible);
        }
        Screen::Tree(tree) => tree.view.settle(visible),
        Screen::Docs(docs) => docs.fit(state.size),
        Screen::DocFind(find) => find.at.fit(find.row_count(), visible),
        Screen::Entity(page) => page.fit(state.size),
        Screen::Log(page) => page.fit(&state.log, state.size),
    }
    if let Some(picker) = &mut state.picker {
        let visible = command::picker_rows(state.size, picker);
        picker.at.fit(picker.shown.len(), visible);
    }
}

/// News of the cache: the screen takes a new snapshot with the cursor on the entity it was on.
fn take_cache(state: &mut State, news: CacheUpdate, effects: &mut Vec<Effect>) {
    if let Some(at) = news.synced_at {
        state.synced_at = Some(at);
    }
    if let Some(condition) = news.condition {
        if let Condition::SourcesFailed(sources) = &condition {
            remember_errors(state, sources);
        }
        state.condition = condition;
    }
    if let Some(read_only) = news.read_only {
        state.read_only = read_only;
    }
    if let Some(starred) = news.starred {
        let starred = Arc::new(starred.into_iter().collect());
        if state.starred != starred {
            state.starred = starred;
            search::outdate(state, STARRED);
        }
    }
    if let Some(recent) = news.recent {
        state.recent = recent;
    }
    if let Some(places) = news.places {
        state.places = super::docs::Places::new(places);
    }
    if let Some(me) = news.me
        && *state.me != *me
    {
        state.me = me.into();
        search::outdate(state, ME);
    }
    if let Some(notice) = news.notice {
        state.say(effects, Level::Warning, &notice);
    }
    if let Some(snapshot) = news.snapshot {
        state.invalid = count_invalid(&snapshot);
        state.snapshot = snapshot;
        state.facets = None;
        state.stop(effects, Slot::Facets);
        refresh_screen(state, effects);
    } else if state.catalog().is_some_and(|catalog| catalog.outdated) {
        refresh_screen(state, effects);
    }
}

/// Brings the screen to the newest snapshot if it shows an older one.
pub(super) fn refresh_screen(state: &mut State, effects: &mut Vec<Effect>) {
    let newest = Arc::clone(&state.snapshot);
    match &mut state.screen {
        Screen::Catalog(catalog) => {
            let older = !Arc::ptr_eq(&catalog.results.snapshot, &newest);
            if older || catalog.outdated {
                // A search that runs was begun by a newer line: its first result is wanted, not the old selection.
                let typed = catalog.query() != catalog.results.query;
                let keep = catalog.selected_ref().map(str::to_owned);
                if older {
                    // What was loaded for the preview may have changed.
                    catalog.preview.detail = None;
                    catalog.preview.card = None;
                }
                search::start(state, keep.filter(|_| !typed), effects);
                if older {
                    search::load_preview(state, effects);
                }
            }
        }
        Screen::Entity(page) => {
            if !Arc::ptr_eq(&page.snapshot, &newest) {
                page.attach(newest);
                fit(state);
                command::load_page(state, None, effects);
            } else if matches!(page.load, Load::Loading) {
                command::load_page(state, None, effects);
            }
            command::load_tree(state, effects);
        }
        Screen::Tree(_) => command::load_tree(state, effects),
        Screen::Docs(_) => command::load_docs(state, effects),
        Screen::DocFind(_) => command::doc_find::load(state, effects),
        Screen::Log(_) => {}
    }
}

fn take_report(state: &mut State, report: JobReport, effects: &mut Vec<Effect>) {
    // What is no longer wanted is dropped here, whatever it says.
    let Some((_, purpose)) = state.jobs.live.get(&report.id) else {
        return;
    };
    let purpose = purpose.clone();
    match report.event {
        JobEvent::Started => {
            if matches!(purpose, Purpose::Sync { .. }) {
                state.sync.get_or_insert_default();
            }
        }
        JobEvent::Progress(progress) => state.sync = Some(progress),
        JobEvent::Output(output) => take_output(state, purpose, output, effects),
        JobEvent::Finished(result) => {
            state.jobs.live.remove(&report.id);
            if let Purpose::Preview { entity_ref, .. } = &purpose {
                search::loaded(state, entity_ref);
            }
            finished(state, &purpose, result, effects);
        }
    }
}

fn take_output(state: &mut State, purpose: Purpose, output: Output, effects: &mut Vec<Effect>) {
    match (output, purpose) {
        (Output::Cache(news), _) => take_cache(state, *news, effects),
        (
            Output::Matches(matches),
            Purpose::Search {
                query,
                snapshot,
                keep,
            },
        ) if snapshot == state.snapshot.generation() => {
            search::finish(state, query, keep, matches, effects);
        }
        (Output::Facets(facets), _) => state.facets = Some(facets),
        (Output::Recent(recent), _) => state.recent = recent,
        (Output::Tree(outline, carried), Purpose::Tree(_)) => {
            command::take_outline(state, outline, carried, effects);
        }
        (Output::References(offers), Purpose::References(word)) => {
            if let Some(picker) = &mut state.picker {
                picker.offer(&word, offers);
            }
        }
        (Output::TreeMatches(found), Purpose::TreeFilter(line)) => {
            command::take_matches(state, line, found);
        }
        (Output::Contacts(contacts), Purpose::Contacts(kind)) => {
            command::take_contacts(state, &kind, contacts);
        }
        (Output::Docs(found), Purpose::Docs) => command::take_docs(state, found, effects),
        (Output::Doc(laid_out), Purpose::Docs) => command::take_doc(state, laid_out, effects),
        (Output::NoDoc(why), Purpose::Docs) => command::take_no_doc(state, why, effects),
        (Output::DocList(all), Purpose::DocFind) => {
            command::doc_find::take_list(state, all, effects);
        }
        (Output::DocMatches(found), Purpose::DocFind) => {
            command::doc_find::take_matches(state, found);
        }
        (Output::DocsFound(found), Purpose::DocFind) => {
            command::doc_find::take_found(state, found);
        }
        (Output::Errors(lines), _) => remember_errors(state, &lines),
        (
            Output::Starred {
                entity_ref,
                starred,
            },
            _,
        ) => {
            let stars = Arc::make_mut(&mut state.starred);
            if starred {
                stars.insert(entity_ref);
            } else {
                stars.remove(&entity_ref);
            }
            search::outdate(state, STARRED);
            if state.catalog().is_some_and(|catalog| catalog.outdated) {
                refresh_screen(state, effects);
            }
        }
        (Output::Entity { detail, card }, Purpose::Preview { entity_ref, then }) => {
            let detail = detail.map(|detail| Arc::new(*detail));
            let card = card.map(|card| Arc::new(*card));
            search::take_detail(state, &entity_ref, (detail.clone(), card), effects);
            if let (Some(action), Some(detail)) = (then, detail) {
                command::with_detail(state, action, &detail, effects);
            }
        }
        (Output::Entity { detail, card }, Purpose::Page { entity_ref, then }) => {
            let Screen::Entity(page) = &mut state.screen else {
                return;
            };
            if page.entity_ref != entity_ref {
                return;
            }
            let load = match detail {
                Some(detail) => Load::Ready(Arc::new(*detail)),
                None => Load::Missing(String::new()),
            };
            page.take(load, card.map(|card| Arc::new(*card)));
            let detail = page.detail().cloned();
            command::refresh_on_call(state, effects);
            if let (Some(action), Some(detail)) = (then, detail) {
                command::with_detail(state, action, &detail, effects);
            }
        }
        _ => {}
    }
}

/// Puts errors into the log, each once: a sync finds the same again until somebody corrects them.
fn remember_errors(state: &mut State, lines: &[String]) {
    for line in lines {
        let text = text::clean(line).into_owned();
        if state.log.iter().all(|notice| notice.text != text) {
            let (at, level) = (state.now, Level::Error);
            state.remember(Notice { at, level, text });
        }
    }
}

fn finished(
    state: &mut State,
    purpose: &Purpose,
    result: Result<Option<String>, JobError>,
    effects: &mut Vec<Effect>,
) {
    let syncing = matches!(purpose, Purpose::Sync { .. });
    if syncing && matches!(state.screen, Screen::Docs(_)) {
        // Documentation is fetched after the catalog: what is shown may be older than the snapshot.
        command::load_docs(state, effects);
    }
    let unasked = *purpose == Purpose::Sync { asked: false };
    if syncing {
        state.sync = None;
    }
    match result {
        Ok(message) => {
            if let Some(message) = message {
                let notice = Notice {
                    at: state.now,
                    level: Level::Info,
                    text: text::clean(&message).into_owned(),
                };
                state.remember(notice);
                if syncing && !unasked {
                    state.say(effects, Level::Info, &message);
                }
            }
        }
        Err(error) if error.kind == JobErrorKind::Cancelled => {}
        Err(error) => {
            if error.kind == JobErrorKind::Failed && syncing && state.condition == Condition::Ready
            {
                state.condition = Condition::Failed(text::clean(&error.message).into_owned());
            }
            if let (Purpose::Page { entity_ref, .. }, Screen::Entity(page)) =
                (purpose, &mut state.screen)
                && page.entity_ref == *entity_ref
            {
                let why = text::clean(&error.message).into_owned();
                page.take(Load::Missing(why), None);
            }
            if *purpose == Purpose::Docs {
                command::take_no_doc(state, error.message.clone(), effects);
            }
            let mut message = error.message.clone();
            if let Some(hint) = &error.hint {
                message.push_str(": ");
                message.push_str(hint);
            }
            let level = match error.kind {
                JobErrorKind::Busy => Level::Info,
                _ => Level::Error,
            };
            if unasked || matches!(purpose, Purpose::OnCall { .. }) {
                // The status says it already; what is tried again every minute is told once.
                let text = text::clean(&message).into_owned();
                if state.log.back().is_none_or(|last| last.text != text) {
                    let at = state.now;
                    state.remember(Notice { at, level, text });
                }
            } else {
                state.say(effects, level, &message);
            }
        }
    }
    if let Purpose::OnCall { entity_ref } = purpose {
        command::on_call_refreshed(state, entity_ref, effects);
    }
    if *purpose == Purpose::Cache {
        state.opened = true;
        search::point_preview(state);
        search::load_preview(state, effects);
        command::load_page(state, None, effects);
        command::load_docs(state, effects);
        command::doc_find::load(state, effects);
        if std::mem::take(&mut state.sync_on_start) && !state.read_only {
            command::sync(state, false, None, effects);
        }
    }
}

/// Lets the keys go that waited for the search.
fn release(state: &mut State, effects: &mut Vec<Effect>) {
    while !state.searching()
        && !state.tree_pending()
        && !state.docs_pending()
        && !state.page_pending()
        && let Some(msg) = state.held.pop_front()
    {
        let waiting = std::mem::take(&mut state.held);
        handle(state, msg, effects);
        // A key of these may have begun to wait itself: it stays before those behind it.
        state.held.extend(waiting);
    }
}
