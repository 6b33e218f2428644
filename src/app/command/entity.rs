//! What is done with the entity that is selected or shown: links, copies, stars, fetching it again.

use super::super::actions::Action;
use super::super::detail::Detail;
use super::super::job::{Effect, HandOver, Job, Policy, Slot};
use super::super::screen::Screen;
use super::super::screen::entity::Load;
use super::super::state::{Level, Purpose, State};
use super::going::load_page;
use super::windows::{copy_menu, link_menu};
use crate::text;

pub(super) fn subject_ref(state: &State) -> Option<String> {
    match &state.screen {
        Screen::Entity(page) => Some(page.entity_ref.clone()),
        Screen::Docs(docs) => Some(docs.entity_ref.clone()),
        Screen::DocFind(find) => find.selected_ref().map(str::to_owned),
        // Of a tree also what leads nowhere: what names it can be asked for.
        Screen::Tree(tree) => tree.view.reference().map(str::to_owned),
        Screen::Catalog(_) | Screen::Log(_) => {
            let (snapshot, id) = state.subject()?;
            Some(snapshot.row(id).entity_ref.to_owned())
        }
    }
}

/// The same where it is more than a name in a tree that leads nowhere; says what is wrong otherwise.
pub(super) fn known_subject(state: &mut State, effects: &mut Vec<Effect>) -> Option<String> {
    let in_tree = matches!(state.screen, Screen::Tree(_));
    match subject_ref(state) {
        Some(entity_ref) if !in_tree || state.snapshot.find(&entity_ref).is_some() => {
            Some(entity_ref)
        }
        _ => {
            nothing_selected(state, effects);
            None
        }
    }
}

/// Says that there is nothing under the cursor, or nothing but a name.
pub(super) fn nothing_selected(state: &mut State, effects: &mut Vec<Effect>) {
    let message = match subject_ref(state) {
        Some(entity_ref) => format!("{entity_ref} is not in the catalog"),
        None => "Nothing is selected".to_owned(),
    };
    state.say(effects, Level::Info, &message);
}

/// Runs an action that needs what has to be loaded, now or as soon as that is there.
pub(super) fn need_detail(state: &mut State, action: Action, effects: &mut Vec<Effect>) {
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
        Screen::Tree(_) | Screen::Docs(_) | Screen::DocFind(_) => {
            if let Some(entity_ref) = known_subject(state, effects) {
                let purpose = Purpose::Preview {
                    entity_ref: entity_ref.clone(),
                    then: Some(action),
                };
                let job = Job::LoadEntity { entity_ref };
                state.start(effects, Policy::Latest(Slot::Preview), job, purpose);
            }
        }
        Screen::Log(_) => nothing_selected(state, effects),
    }
}

/// The rest of an action that needed an entity's details.
pub(in crate::app) fn with_detail(
    state: &mut State,
    action: Action,
    detail: &Detail,
    effects: &mut Vec<Effect>,
) {
    match action {
        Action::OpenLink => match detail.links.as_slice() {
            [] => state.say(effects, Level::Info, "It has no links"),
            [only] => open_link(state, &only.url.clone(), effects),
            links => state.picker = Some(link_menu("Links", links)),
        },
        Action::CopyMenu => state.picker = Some(copy_menu(detail)),
        Action::YamlInPager if detail.yaml.is_empty() => {
            state.say(effects, Level::Info, "Its text is not kept here");
        }
        Action::YamlInPager => {
            let text = format!("{}\n", detail.yaml.join("\n"));
            effects.push(Effect::HandOver(HandOver::Page { text }));
        }
        Action::EditFile => match detail.location.strip_prefix("file:") {
            Some(path) => effects.push(Effect::HandOver(HandOver::EditFile {
                path: path.to_owned(),
                line: detail.line,
            })),
            None => {
                let message = "Its file is not on this machine; b opens it in a browser";
                state.say(effects, Level::Info, message);
            }
        },
        _ => {}
    }
}

pub(super) fn copy_here(state: &mut State, effects: &mut Vec<Effect>) {
    let content = match &state.screen {
        Screen::Docs(_) => return super::docs::copy_here(state, effects),
        Screen::Catalog(_) | Screen::DocFind(_) => subject_ref(state),
        Screen::Entity(page) if page.tree().is_some() => super::tree::copied(state),
        Screen::Entity(page) => page
            .under_cursor()
            .or_else(|| Some(page.entity_ref.clone())),
        Screen::Log(page) => state
            .log
            .get(page.at.cursor)
            .map(|notice| notice.text.clone()),
        Screen::Tree(_) => super::tree::copied(state),
    };
    match content {
        Some(content) => copy(state, &content, effects),
        None => nothing_selected(state, effects),
    }
}

/// Copies text, and says so; and that control characters had to go where any had.
pub(super) fn copy(state: &mut State, content: &str, effects: &mut Vec<Effect>) {
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
pub(super) fn open_link(state: &mut State, url: &str, effects: &mut Vec<Effect>) {
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

pub(super) fn star(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(entity_ref) = known_subject(state, effects) else {
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
pub(in crate::app) fn sync(
    state: &mut State,
    full: bool,
    only: Option<String>,
    effects: &mut Vec<Effect>,
) {
    if state.read_only {
        let message = "This cache is shared and only read here; whoever fills it syncs it";
        state.say(effects, Level::Info, message);
        return;
    }
    if state.syncing() {
        state.say(effects, Level::Info, "A sync is already running");
        return;
    }
    if let Some(entity_ref) = &only {
        let message = format!("Fetching {entity_ref}");
        state.say(effects, Level::Info, &message);
    }
    let job = Job::Sync {
        full,
        only,
        due: false,
    };
    let purpose = Purpose::Sync { asked: true };
    state.start(effects, Policy::Exclusive(Slot::Sync), job, purpose);
}

/// Starts the sync that a schedule asks for; one that runs already, and a cache that others fill, are enough.
pub(in crate::app) fn sync_due(state: &mut State, effects: &mut Vec<Effect>) {
    if state.read_only || state.syncing() {
        return;
    }
    let job = Job::Sync {
        full: false,
        only: None,
        due: true,
    };
    let purpose = Purpose::Sync { asked: false };
    state.start(effects, Policy::Exclusive(Slot::Sync), job, purpose);
}
