//! What each action does.

use std::sync::Arc;

use super::actions::{Action, Scope, TABLE};
use super::detail::{Detail, LinkKind};
use super::job::{Effect, Job, Policy, Slot};
use super::layout::{self, Size};
use super::list::Step;
use super::msg::{Target, Timer};
use super::picker::{Choice, Picker, PickerKind, PickerRow};
use super::screen::entity::{DEPENDENCIES, DEPENDENTS, Load};
use super::screen::{Catalog, EntityPage, Focus, Screen, Tab};
use super::search;
use super::state::{Level, Purpose, State};
use super::update::{fit, refresh_screen};
use crate::catalog::EntityRef;
use crate::keymap::display_sequence;
use crate::text;
use crate::theme::{BUILT_IN, Theme};

/// How many columns one step sideways is.
const SIDEWAYS: usize = 8;
/// How many screens one can go back at most.
const BEHIND: usize = 100;

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
            | Action::Copy
            | Action::CopyMenu
            | Action::Star
            | Action::Refresh
            | Action::MoveDown
            | Action::MoveUp
            | Action::PageDown
            | Action::PageUp
    );
    about_selection && state.picker.is_none() && state.catalog().is_some() && state.searching()
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
        Action::NextPane => next_pane(state, true),
        Action::PreviousPane => next_pane(state, false),
        Action::Complete => {
            if !search::complete(state, effects) {
                next_pane(state, true);
            }
        }
        Action::Search => search_here(state),
        Action::NextMatch => next_match(state, true, effects),
        Action::PreviousMatch => next_match(state, false, effects),
        Action::Who => who(state, effects),
        Action::Owner => owner(state, effects),
        Action::Dependencies => to_relations(state, &DEPENDENCIES, "depends on nothing", effects),
        Action::Dependents => to_relations(state, &DEPENDENTS, "has no dependents", effects),
        Action::Yaml => yaml(state, effects),
        Action::Runbook | Action::OpenLink | Action::CopyMenu => {
            need_detail(state, action, effects);
        }
        Action::Copy => copy_here(state, effects),
        Action::Star => star(state, effects),
        Action::Refresh => {
            let Some(entity_ref) = subject_ref(state) else {
                nothing_selected(state, effects);
                return;
            };
            sync(state, false, Some(entity_ref), effects);
        }
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
            let serial = state.next_serial();
            let catalog = Catalog::new(Arc::clone(&state.snapshot), serial);
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
        Action::Sync => sync(state, argument == Some("full"), None, effects),
        Action::Log => {
            if !matches!(state.screen, Screen::Log(_)) {
                let mut at = super::list::Position::default();
                let visible = usize::from(layout::list(state.size).list.height);
                at.step(Step::Last, state.log.len(), visible);
                push(state, Screen::Log(at), effects);
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
        Action::Quit => effects.push(Effect::Quit),
    }
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
            }
            true
        }
        Action::Back | Action::LeaveLine => {
            state.picker = None;
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

/// How many rows of a window's list are seen at once.
pub(super) fn picker_rows(size: Size, picker: &Picker) -> usize {
    usize::from(layout::picker(size, picker.rows.len()).list.height).max(1)
}

fn choose(state: &mut State, choice: Choice, effects: &mut Vec<Effect>) {
    match choice {
        Choice::Run(action, argument) => run(state, action, argument.as_deref(), effects),
        Choice::Copy(content) => copy(state, &content, effects),
        Choice::Link(url) => open_link(state, &url, effects),
        Choice::Entity(entity_ref) => open_entity(state, &entity_ref, effects),
        Choice::Nothing => {}
    }
}

fn step(state: &mut State, step: Step, effects: &mut Vec<Effect>) {
    let visible = state.visible_rows();
    let len = state.log.len();
    match &mut state.screen {
        Screen::Catalog(catalog) if catalog.zoomed || catalog.focus == Focus::Preview => {
            let page = visible.max(5);
            catalog.preview.scroll = match step {
                Step::Up => catalog.preview.scroll.saturating_sub(1),
                Step::Down => catalog.preview.scroll.saturating_add(1),
                Step::PageUp | Step::HalfUp => catalog.preview.scroll.saturating_sub(page),
                Step::PageDown | Step::HalfDown => catalog.preview.scroll.saturating_add(page),
                Step::First => 0,
                Step::Last => catalog.preview.scroll,
            }
            .min(MAX_PREVIEW_SCROLL);
        }
        Screen::Catalog(catalog) => {
            if catalog.at.step(step, catalog.results.len(), visible) {
                search::follow(state, effects);
            }
        }
        Screen::Entity(page) => {
            let len = page.rows(page.tab);
            page.position_mut().step(step, len, visible);
        }
        Screen::Log(at) => {
            at.step(step, len, visible);
        }
    }
}

/// A preview is never longer than this, in rows.
const MAX_PREVIEW_SCROLL: usize = 200;

/// Turns the wheel over something.
pub(super) fn scroll(
    state: &mut State,
    lines: i16,
    target: Option<Target>,
    effects: &mut Vec<Effect>,
) {
    let visible = state.visible_rows();
    let size = state.size;
    if let Some(picker) = &mut state.picker {
        let visible = picker_rows(size, picker);
        picker.at.scroll(lines, picker.shown.len(), visible);
        return;
    }
    let log = state.log.len();
    match &mut state.screen {
        Screen::Catalog(catalog) if target == Some(Target::Preview) => {
            let by = usize::from(lines.unsigned_abs());
            catalog.preview.scroll = if lines < 0 {
                catalog.preview.scroll.saturating_sub(by)
            } else {
                (catalog.preview.scroll + by).min(MAX_PREVIEW_SCROLL)
            };
        }
        Screen::Catalog(catalog) => {
            let len = catalog.results.len();
            catalog.at.scroll(lines, len, visible);
            search::follow(state, effects);
        }
        Screen::Entity(page) => {
            let len = page.rows(page.tab);
            page.position_mut().scroll(lines, len, visible);
        }
        Screen::Log(at) => at.scroll(lines, log, visible),
    }
}

fn sideways(state: &mut State, right: bool) {
    match &mut state.screen {
        Screen::Entity(page) if page.tab == Tab::Yaml => {
            page.left = if right {
                (page.left + SIDEWAYS).min(10_000)
            } else {
                page.left.saturating_sub(SIDEWAYS)
            };
        }
        Screen::Entity(_) | Screen::Catalog(_) | Screen::Log(_) => {}
    }
}

fn open(state: &mut State, effects: &mut Vec<Effect>) {
    match &mut state.screen {
        Screen::Catalog(catalog) => match catalog.selected_ref().map(str::to_owned) {
            Some(entity_ref) => open_entity(state, &entity_ref, effects),
            None => nothing_selected(state, effects),
        },
        Screen::Entity(page) if page.search.typing => page.search.typing = false,
        Screen::Entity(page) => {
            let index = page.position().cursor;
            match page.tab {
                Tab::Overview => {
                    if let Some(row) = page.relations.get(index).cloned() {
                        open_entity(state, &row.target_ref, effects);
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
                Tab::Problems | Tab::Yaml => {}
            }
        }
        Screen::Log(_) => {}
    }
}

/// Opens the page of an entity, or says that the catalog does not have it.
pub(super) fn open_entity(state: &mut State, entity_ref: &str, effects: &mut Vec<Effect>) {
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
pub(super) fn load_page(state: &mut State, then: Option<Action>, effects: &mut Vec<Effect>) {
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

fn push(state: &mut State, screen: Screen, effects: &mut Vec<Effect>) {
    // What was being searched for belongs to the screen that is left.
    state.stop(effects, Slot::Search);
    if state.behind.len() >= BEHIND {
        state.behind.remove(1);
    }
    let left = std::mem::replace(&mut state.screen, screen);
    state.behind.push(left);
}

fn pop(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(screen) = state.behind.pop() else {
        return;
    };
    state.stop(effects, Slot::Search);
    state.screen = screen;
    fit(state);
    refresh_screen(state, effects);
    if let Some(catalog) = state.catalog()
        && catalog.query() != catalog.results.query
    {
        search::start(state, None, effects);
    }
    search::follow(state, effects);
}

fn back(state: &mut State, action: Action, effects: &mut Vec<Effect>) {
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
        Screen::Entity(page) if page.search.typing || !page.search.editor.is_empty() => {
            page.search = Default::default();
        }
        Screen::Catalog(_) | Screen::Entity(_) | Screen::Log(_) => pop(state, effects),
    }
}

fn next_pane(state: &mut State, forward: bool) {
    let size = state.size;
    match &mut state.screen {
        Screen::Catalog(catalog) => {
            let preview = layout::catalog(size, catalog.zoomed).preview.height > 0;
            let panes: &[Focus] = if preview {
                &[Focus::Line, Focus::List, Focus::Preview]
            } else {
                &[Focus::Line, Focus::List]
            };
            let here = panes
                .iter()
                .position(|pane| *pane == catalog.focus)
                .unwrap_or(0);
            let by = if forward { 1 } else { panes.len() - 1 };
            catalog.focus = panes
                .get((here + by) % panes.len())
                .copied()
                .unwrap_or_default();
        }
        Screen::Entity(page) => {
            let by = if forward { 1 } else { Tab::ALL.len() - 1 };
            let index = (page.tab.index() + by) % Tab::ALL.len();
            show_tab(state, index);
        }
        Screen::Log(_) => {}
    }
}

/// Shows the tab of this index.
pub(super) fn show_tab(state: &mut State, index: usize) {
    if let (Screen::Entity(page), Some(tab)) = (&mut state.screen, Tab::ALL.get(index)) {
        page.tab = *tab;
        fit(state);
    }
}

fn search_here(state: &mut State) {
    match &mut state.screen {
        Screen::Catalog(catalog) => {
            catalog.focus = Focus::Line;
            catalog.zoomed = false;
        }
        Screen::Entity(page) => {
            page.search.editor.set("");
            page.search.failed = false;
            page.search.typing = true;
        }
        Screen::Log(_) => {}
    }
}

fn next_match(state: &mut State, forward: bool, effects: &mut Vec<Effect>) {
    match &mut state.screen {
        Screen::Entity(page) => {
            if !page.find(forward, false) {
                let what = page.search.editor.text();
                let message = if what.is_empty() {
                    "Search with / first".to_owned()
                } else {
                    format!("Not found: {what}")
                };
                state.say(effects, Level::Info, &message);
            }
            fit(state);
        }
        // Every row of the list matches.
        Screen::Catalog(_) => step(state, if forward { Step::Down } else { Step::Up }, effects),
        Screen::Log(_) => {}
    }
}

fn subject_ref(state: &State) -> Option<String> {
    match &state.screen {
        Screen::Entity(page) => Some(page.entity_ref.clone()),
        Screen::Catalog(_) | Screen::Log(_) => {
            let (snapshot, id) = state.subject()?;
            Some(snapshot.row(id).entity_ref.to_owned())
        }
    }
}

fn nothing_selected(state: &mut State, effects: &mut Vec<Effect>) {
    state.say(effects, Level::Info, "Nothing is selected");
}

/// Makes sure that the page of the selected entity is on the screen.
fn to_page(state: &mut State, effects: &mut Vec<Effect>) -> bool {
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

fn who(state: &mut State, effects: &mut Vec<Effect>) {
    let was_page = matches!(state.screen, Screen::Entity(_));
    if to_page(state, effects)
        && let Screen::Entity(page) = &mut state.screen
    {
        // On the page itself: all of the card, and again the room back.
        page.head_open = !was_page || !page.head_open;
        fit(state);
    }
}

fn owner(state: &mut State, effects: &mut Vec<Effect>) {
    let Some((snapshot, id)) = state.subject() else {
        nothing_selected(state, effects);
        return;
    };
    let row = snapshot.row(id);
    if row.owner.is_empty() {
        let message = format!("{} has no owner", row.name);
        state.say(effects, Level::Info, &message);
    } else {
        open_entity(state, row.owner, effects);
    }
}

fn to_relations(state: &mut State, types: &[&str], otherwise: &str, effects: &mut Vec<Effect>) {
    if !to_page(state, effects) {
        return;
    }
    let Screen::Entity(page) = &mut state.screen else {
        return;
    };
    page.tab = Tab::Overview;
    match page.first_relation(types) {
        Some(index) => {
            page.position_mut().cursor = index;
            fit(state);
        }
        None => {
            let message = format!("{} {otherwise}", page.name());
            state.say(effects, Level::Info, &message);
        }
    }
}

fn yaml(state: &mut State, effects: &mut Vec<Effect>) {
    if to_page(state, effects) {
        show_tab(state, Tab::Yaml.index());
    }
}

/// Runs an action that needs what has to be loaded, now or as soon as that is there.
fn need_detail(state: &mut State, action: Action, effects: &mut Vec<Effect>) {
    match &state.screen {
        Screen::Entity(page) => match page.detail().cloned() {
            Some(detail) => with_detail(state, action, &detail, effects),
            None if matches!(page.load, Load::Loading) => {
                load_page(state, Some(action), effects);
            }
            None => state.say(effects, Level::Info, "The cache has no details of it"),
        },
        Screen::Catalog(catalog) => {
            let Some(entity_ref) = catalog.selected_ref().map(str::to_owned) else {
                nothing_selected(state, effects);
                return;
            };
            match catalog.preview.detail.clone() {
                Some(detail) if detail.entity_ref == entity_ref => {
                    with_detail(state, action, &detail, effects);
                }
                _ => {
                    let purpose = Purpose::Preview {
                        entity_ref: entity_ref.clone(),
                        then: Some(action),
                    };
                    let job = Job::LoadEntity { entity_ref };
                    state.start(effects, Policy::Latest(Slot::Preview), job, purpose);
                }
            }
        }
        Screen::Log(_) => nothing_selected(state, effects),
    }
}

/// The rest of an action that needed an entity's details.
pub(super) fn with_detail(
    state: &mut State,
    action: Action,
    detail: &Detail,
    effects: &mut Vec<Effect>,
) {
    match action {
        Action::Runbook => {
            let links: Vec<_> = detail.links_of(LinkKind::Runbook).cloned().collect();
            match links.as_slice() {
                [] => {
                    let message = "No runbook. Add a link titled Runbook, or the annotation backstage.io/runbook-url, to its catalog file";
                    state.say(effects, Level::Info, message);
                }
                [only] => open_link(state, &only.url, effects),
                _ => state.picker = Some(link_menu("Runbooks", &links)),
            }
        }
        Action::OpenLink => match detail.links.as_slice() {
            [] => state.say(effects, Level::Info, "It has no links"),
            [only] => open_link(state, &only.url.clone(), effects),
            links => state.picker = Some(link_menu("Links", links)),
        },
        Action::CopyMenu => state.picker = Some(copy_menu(detail)),
        _ => {}
    }
}

fn link_menu(title: &str, links: &[super::detail::Link]) -> Picker {
    let rows = links
        .iter()
        .map(|link| PickerRow {
            name: link.title.clone(),
            detail: link.url.clone(),
            keys: String::new(),
            choice: Choice::Link(link.url.clone()),
        })
        .collect();
    Picker::new(PickerKind::Menu, title, rows)
}

fn copy_menu(detail: &Detail) -> Picker {
    let entity_ref = &detail.entity_ref;
    let mut choices = vec![
        ("reference", entity_ref.clone()),
        (
            "command",
            format!("callboard show {}", shell_word(entity_ref)),
        ),
    ];
    if let Some(link) = detail
        .links
        .iter()
        .find(|link| link.kind == LinkKind::Source)
        .or_else(|| detail.links.first())
    {
        choices.push(("link", link.url.clone()));
        choices.push(("Markdown", format!("[{entity_ref}]({})", link.url)));
    } else {
        choices.push(("Markdown", format!("`{entity_ref}`")));
    }
    choices.push(("YAML", detail.yaml.join("\n")));
    let rows = choices
        .into_iter()
        .map(|(name, content)| PickerRow {
            name: name.to_owned(),
            detail: text::truncate(content.lines().next().unwrap_or(""), 120).into_owned(),
            keys: String::new(),
            choice: Choice::Copy(content),
        })
        .collect();
    Picker::new(PickerKind::Menu, "Copy", rows)
}

/// A word that a shell takes as it stands: names in a catalog are hardly validated.
fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_.:/@+".contains(c);
    if word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

fn copy_here(state: &mut State, effects: &mut Vec<Effect>) {
    let content = match &state.screen {
        Screen::Catalog(_) => subject_ref(state),
        Screen::Entity(page) => page
            .under_cursor()
            .or_else(|| Some(page.entity_ref.clone())),
        Screen::Log(at) => state.log.get(at.cursor).map(|notice| notice.text.clone()),
    };
    match content {
        Some(content) => copy(state, &content, effects),
        None => nothing_selected(state, effects),
    }
}

/// Copies text, and says so; and that control characters had to go where any had.
fn copy(state: &mut State, content: &str, effects: &mut Vec<Effect>) {
    let clean = text::clean_multiline(content).into_owned();
    let lost = if clean == content {
        ""
    } else {
        ", without its control characters"
    };
    let shown = match clean.lines().count() {
        0 | 1 => clean.clone(),
        lines => format!("{lines} lines"),
    };
    let message = format!("Copied {}{lost}", text::truncate(&shown, 80));
    effects.push(Effect::Copy(clean));
    state.say(effects, Level::Info, &message);
}

/// Opens a link in the browser, or where that is on another machine shows and copies it.
fn open_link(state: &mut State, url: &str, effects: &mut Vec<Effect>) {
    let Some(target) = text::link_target(url) else {
        let message = format!("Not a web address: {url}");
        state.say(effects, Level::Warning, &message);
        return;
    };
    if state.remote {
        let message = format!("Copied {target}");
        effects.push(Effect::Copy(target));
        state.say(effects, Level::Info, &message);
    } else {
        let message = format!("Opening {target}");
        effects.push(Effect::OpenLink(target));
        state.say(effects, Level::Info, &message);
    }
}

fn star(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(entity_ref) = subject_ref(state) else {
        nothing_selected(state, effects);
        return;
    };
    let starred = !state.starred.contains(&entity_ref);
    let job = Job::SetStar {
        entity_ref,
        starred,
    };
    state.start(effects, Policy::Queue(Slot::State), job, Purpose::Write);
}

/// Starts a sync, of everything or of one entity's source.
pub(super) fn sync(state: &mut State, full: bool, only: Option<String>, effects: &mut Vec<Effect>) {
    if state.read_only {
        let message = "This cache is shared and only read here; whoever fills it syncs it";
        state.say(effects, Level::Info, message);
        return;
    }
    let running = state
        .jobs
        .live
        .values()
        .any(|(slot, _)| *slot == Slot::Sync);
    if running {
        state.say(effects, Level::Info, "A sync is already running");
        return;
    }
    if let Some(entity_ref) = &only {
        let message = format!("Fetching {entity_ref}");
        state.say(effects, Level::Info, &message);
    }
    let job = Job::Sync { full, only };
    state.start(effects, Policy::Exclusive(Slot::Sync), job, Purpose::Sync);
}

/// The kinds a bare name is tried with, the likeliest first.
const KINDS: [&str; 9] = [
    "component",
    "api",
    "system",
    "resource",
    "domain",
    "group",
    "user",
    "template",
    "location",
];

fn open_named(state: &mut State, name: &str, effects: &mut Vec<Effect>) {
    let name = name.trim();
    if name.is_empty() {
        state.say(
            effects,
            Level::Info,
            "Which entity? :entity [kind:][namespace/]name",
        );
        return;
    }
    let candidates: Vec<String> = if name.contains(':') {
        EntityRef::parse(name, None, "default")
            .ok()
            .into_iter()
            .collect::<Vec<_>>()
    } else {
        KINDS
            .iter()
            .filter_map(|kind| EntityRef::parse(name, Some(kind), "default").ok())
            .collect()
    }
    .iter()
    .map(ToString::to_string)
    .filter(|entity_ref| state.snapshot.find(entity_ref).is_some())
    .collect();
    match candidates.as_slice() {
        [only] => open_entity(state, &only.clone(), effects),
        // None or several: the search shows what there is.
        _ => search_for(state, name, effects),
    }
}

fn list_kind(state: &mut State, kind: &str, effects: &mut Vec<Effect>) {
    let kind: String = kind.split_whitespace().collect();
    if kind.is_empty() {
        state.say(effects, Level::Info, "Which kind? :kind component");
        return;
    }
    search_for(state, &format!("kind:{kind} "), effects);
}

/// Goes to the catalog with this in its line.
fn search_for(state: &mut State, line: &str, effects: &mut Vec<Effect>) {
    while !state.behind.is_empty() {
        pop(state, effects);
    }
    if let Some(catalog) = state.catalog_mut() {
        catalog.line.set(line);
        catalog.focus = Focus::Line;
        catalog.zoomed = false;
        search::start(state, None, effects);
    }
}

fn theme(state: &mut State, name: &str, effects: &mut Vec<Effect>) {
    let own = state
        .themes
        .iter()
        .find(|(known, _)| known == name)
        .map(|(_, theme)| theme.clone());
    match own.or_else(|| Theme::built_in(name)) {
        Some(theme) => {
            state.theme = theme.at_depth(state.depth);
        }
        None => {
            let names: Vec<&str> = state
                .themes
                .iter()
                .map(|(name, _)| name.as_str())
                .chain(BUILT_IN.iter().map(|(name, _)| *name))
                .collect();
            let message = format!("Themes: {}", names.join(", "));
            state.say(effects, Level::Info, &message);
        }
    }
    effects.push(Effect::Timer {
        timer: Timer::Preview,
        after: None,
    });
}

fn keys_of(state: &State, action: Action, all: bool) -> String {
    let scopes = state.scopes();
    let found = if state.typing().is_some() {
        state.keymap.keys_for_typing(&scopes, action.id())
    } else {
        state.keymap.keys_for(&scopes, action.id())
    };
    let most = if all { 4 } else { 1 };
    found
        .iter()
        .take(most)
        .map(|keys| display_sequence(keys))
        .collect::<Vec<_>>()
        .join("  ")
}

fn palette(state: &State) -> Picker {
    let rows = TABLE
        .iter()
        .filter(|row| row.scope != Scope::Line && row.action != Action::Palette)
        .map(|row| PickerRow {
            name: match row.argument {
                Some(argument) => format!("{} {argument}", row.id),
                None => row.id.to_owned(),
            },
            detail: row.doc.to_owned(),
            keys: keys_of(state, row.action, false),
            choice: Choice::Run(row.action, None),
        })
        .collect();
    Picker::new(PickerKind::Palette, "Commands", rows)
}

fn help(state: &State) -> Picker {
    let mut rows: Vec<PickerRow> = TABLE
        .iter()
        .map(|row| PickerRow {
            name: keys_of(state, row.action, true),
            detail: row.doc.to_owned(),
            keys: row.id.to_owned(),
            choice: Choice::Run(row.action, None),
        })
        .filter(|row| !row.name.is_empty())
        .collect();
    if state.typing().is_some() {
        rows.push(PickerRow {
            name: "ctrl-a e b f w u k d".into(),
            detail: "Edit the line as readline does".into(),
            keys: String::new(),
            choice: Choice::Nothing,
        });
    }
    Picker::new(PickerKind::Help, "Keys", rows)
}
