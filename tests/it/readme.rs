//! The README says what is so: its tables against the ones that the program works with.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use callboard::app::actions;
use callboard::app::{Action, Scope};
use callboard::cli::Cli;
use callboard::config::keys;
use callboard::keymap::{self, Keymap, Lookup, parse_sequence};
use clap::CommandFactory;

fn readme() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

/// The cells of every row of the table that begins with `heading`.
fn table(heading: &str) -> Vec<Vec<String>> {
    let text = readme();
    let rows: Vec<Vec<String>> = text
        .lines()
        .skip_while(|line| *line != heading)
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            // A `|` between backticks would part a cell; nothing in these tables has one.
            let cells = line.trim_matches('|').split('|');
            cells.map(|cell| cell.trim().to_owned()).collect()
        })
        .collect();
    assert!(!rows.is_empty(), "no table {heading}");
    rows
}

/// What stands between backticks.
fn code(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn the_readme_names_every_key_of_callboards_own_and_no_other() {
    let known: BTreeSet<String> = keys::SECTIONS
        .iter()
        .flat_map(|section| {
            section
                .mounts
                .iter()
                .map(move |mount| (mount, section.keys))
        })
        .flat_map(|(mount, keys)| {
            keys.iter().map(move |key| match *mount {
                "" => key.path.to_owned(),
                mount => format!("{mount}.{}", key.path),
            })
        })
        .filter(|path| path.starts_with("callboard."))
        .map(|path| path.replace("[]", ""))
        .collect();
    let told: BTreeSet<String> = table("| key | value |")
        .iter()
        .flat_map(|row| {
            code(&row[0])
                .into_iter()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(told, known);
}

#[test]
fn the_words_a_setting_may_have_are_the_readmes() {
    let rows = table("| key | value |");
    for section in keys::SECTIONS.iter().filter(|s| s.mounts.contains(&"")) {
        for key in section.keys {
            let keys::Kind::OneOf(words) = key.kind else {
                continue;
            };
            let Some(row) = rows.iter().find(|row| code(&row[0]).contains(&key.path)) else {
                continue;
            };
            let told = code(&row[1]);
            for word in words {
                assert!(told.contains(word), "{word} of {} in {told:?}", key.path);
            }
        }
    }
}

fn default_keymap() -> Keymap {
    let layers = keymap::preset("default").unwrap();
    let (keymap, problems) = Keymap::load(&layers, &actions::known(), &Scope::ALL.map(Scope::name));
    assert!(problems.is_empty(), "{problems:?}");
    keymap
}

/// Words of a sentence by which two sentences may be seen to speak of one thing.
fn words(text: &str) -> BTreeSet<String> {
    text.to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.len() > 2 && !matches!(*word, "the" | "for" | "its" | "and" | "what"))
        .map(|word| word.trim_end_matches('s').to_owned())
        .collect()
}

#[test]
fn the_readmes_keys_do_what_it_says() {
    let keymap = default_keymap();
    let scopes = [
        Scope::Line,
        Scope::Catalog,
        Scope::Entity,
        Scope::Tree,
        Scope::Docs,
    ]
    .map(Scope::name);
    let mut checked = 0;
    for row in table("| key | does | key | does |") {
        for pair in row.chunks(2) {
            let does = words(&pair[1]);
            for key in code(&pair[0]).into_iter().flat_map(str::split_whitespace) {
                let key = match key {
                    "↑" => "up",
                    "↓" => "down",
                    "←" => "left",
                    "→" => "right",
                    key => key,
                };
                let keys = parse_sequence(key).unwrap_or_else(|error| panic!("{key}: {error}"));
                let bound: Vec<Action> = scopes
                    .iter()
                    .filter_map(|scope| match keymap.lookup(&[scope, "global"], &keys) {
                        Lookup::Action(binding) => Action::from_id(&binding.action),
                        _ => None,
                    })
                    .collect();
                assert!(!bound.is_empty(), "{key} is bound to nothing");
                let means = bound.iter().any(|action| {
                    let said = format!("{} {}", action.id(), action.info().doc);
                    !words(&said).is_disjoint(&does)
                });
                assert!(
                    means,
                    "{key}: the README says \"{}\", it is {bound:?}",
                    pair[1]
                );
                checked += 1;
            }
        }
    }
    assert!(checked > 25, "{checked} keys");
}

#[test]
fn the_readme_tells_every_command_and_no_other() {
    let told: BTreeSet<String> = table("| command | does |")
        .iter()
        .flat_map(|row| {
            code(&row[0])
                .into_iter()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .filter_map(|command| {
            let mut words = command.split_whitespace().map(str::to_owned);
            words.find(|word| word != "callboard" && !word.starts_with('['))
        })
        .collect();
    let known: BTreeSet<String> = Cli::command()
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
        .map(|command| command.get_name().to_owned())
        .collect();
    assert_eq!(told, known);
}
