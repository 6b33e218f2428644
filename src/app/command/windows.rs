//! The windows over a screen, filled: palette, help, menus; and the themes.

use super::super::actions::{Action, ActionInfo, Scope, TABLE};
use super::super::detail::{Detail, Link, LinkKind};
use super::super::job::Effect;
use super::super::picker::{Choice, Picker, PickerKind, PickerRow};
use super::super::state::{Level, State};
use crate::catalog::kinds;
use crate::keymap::display_sequence;
use crate::text;
use crate::theme::{BUILT_IN, Theme};

pub(super) fn link_menu(title: &str, links: &[Link]) -> Picker {
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

/// Entities to choose from, by complete reference.
pub(super) fn entity_menu(title: &str, entities: &[&str]) -> Picker {
    let rows = entities
        .iter()
        .map(|entity_ref| PickerRow {
            name: text::clean(entity_ref).into_owned(),
            detail: String::new(),
            keys: String::new(),
            choice: Choice::Entity((*entity_ref).to_owned()),
        })
        .collect();
    Picker::new(PickerKind::Menu, title, rows)
}

pub(super) fn copy_menu(detail: &Detail) -> Picker {
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
pub(super) fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_.:/@+".contains(c);
    if word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

pub(super) fn keys_of(state: &State, action: Action, all: bool) -> String {
    let found = state.keys_of(action);
    let most = if all { 4 } else { 1 };
    found
        .iter()
        .take(most)
        .map(|keys| display_sequence(keys))
        .collect::<Vec<_>>()
        .join("  ")
}

pub(super) fn palette(state: &State) -> Picker {
    let commands = TABLE
        .iter()
        .filter(|row| row.scope != Scope::Line && row.action != Action::Palette)
        .filter(|row| state.applies(row.action))
        .map(|row| PickerRow {
            name: match row.argument {
                Some(argument) => format!("{} {argument}", row.id),
                None => row.id.to_owned(),
            },
            detail: row.doc.to_owned(),
            keys: keys_of(state, row.action, false),
            choice: Choice::Run(row.action, None),
        });
    let rows = commands.chain(arguments(state)).collect();
    Picker::new(PickerKind::Palette, "Commands", rows)
}

/// What commands can be followed by, where that is one of a few words: a row each.
fn arguments(state: &State) -> Vec<PickerRow> {
    let row = |action: Action, argument: &str, detail: String| PickerRow {
        name: format!("{} {argument}", action.id()),
        detail,
        keys: String::new(),
        choice: Choice::Run(action, Some(argument.to_owned())),
    };
    let mut rows = vec![row(
        Action::Sync,
        "full",
        "Fetch everything from every source, changed or not".into(),
    )];
    let mut known: Vec<String> = Vec::new();
    for kind in kinds::TABLE {
        let name = kind.name.to_lowercase();
        rows.push(row(
            Action::Kind,
            &name,
            format!("List the {}", kind.plural),
        ));
        known.push(name);
    }
    for kind in (state.facets.iter()).flat_map(|facets| facets.values("kind")) {
        if !known.contains(kind) && !kind.contains(' ') {
            let shown = text::clean(kind);
            rows.push(row(
                Action::Kind,
                &shown,
                format!("List what is of kind {shown}"),
            ));
        }
    }
    let mut themes: Vec<(&str, String)> = Vec::new();
    for (name, theme) in &state.themes {
        themes.push((name, theme.title.clone()));
    }
    for (name, _) in BUILT_IN {
        if themes.iter().all(|(known, _)| *known != name) {
            let title = Theme::built_in(name).map_or_else(String::new, |theme| theme.title);
            themes.push((name, title));
        }
    }
    for (name, title) in themes {
        let shown = if title == state.theme.title {
            " (shown now)"
        } else {
            ""
        };
        rows.push(row(Action::Theme, name, format!("{title}{shown}")));
    }
    rows
}

pub(super) fn help(state: &State) -> Picker {
    let scopes = state.scopes();
    // What only this screen has goes first, in the table's order as the rest.
    let (of_screen, of_all): (Vec<&ActionInfo>, Vec<&ActionInfo>) = TABLE
        .iter()
        .filter(|row| state.applies(row.action))
        .partition(|row| row.scope != Scope::Global && scopes.contains(&row.scope.name()));
    let mut rows: Vec<PickerRow> = of_screen
        .into_iter()
        .chain(of_all)
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

pub(super) fn theme(state: &mut State, name: &str, effects: &mut Vec<Effect>) {
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
}
