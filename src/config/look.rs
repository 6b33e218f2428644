//! The theme and the keymap that the configuration asks for: one of callboard's own, or a file of the user's.
//!
//! A name means `themes/NAME.yaml` or `keymaps/NAME.yaml` in the configuration folder where there is one, else the built-in
//! of that name. What cannot be read is said in a line of text, and the default takes its place: no look stops the program.

use std::path::{Path, PathBuf};

use super::source::{Failure, read_referenced};
use super::{Config, NameOrFile};
use crate::keymap::{self, Keymap, KnownAction};
use crate::text::nearest;
use crate::theme::{self, Theme};

/// Larger themes and keymaps are refused, in bytes.
const MOST_BYTES: usize = 256 * 1024;

impl Config {
    /// The keymap in force, and what is wrong with it, a line each. The lines may hold text of the user's file.
    pub fn keymap(
        &self,
        config_dir: Option<&Path>,
        actions: &[KnownAction<'_>],
        scopes: &[&str],
    ) -> (Keymap, Vec<String>) {
        let mut notices = Vec::new();
        let layers = match read(
            self.callboard().keymap.as_ref(),
            config_dir,
            "keymaps",
            &mut notices,
        ) {
            Found::File { name, text } => keymap::over_preset(keymap::Layer {
                name: name.into(),
                text: text.into(),
            }),
            Found::Name(name) => keymap::preset(&name).unwrap_or_else(|| {
                notices.push(unknown(
                    "keymap",
                    &name,
                    keymap::PRESETS.iter().map(|(name, _)| *name),
                ));
                keymap::preset("default").unwrap_or_default()
            }),
        };
        let (keymap, problems) = Keymap::load(&layers, actions, scopes);
        notices.extend(problems.iter().map(ToString::to_string));
        (keymap, notices)
    }

    /// The theme to begin with, at full depth, and what is wrong with it, a line each.
    pub fn theme(&self, config_dir: Option<&Path>) -> (Theme, Vec<String>) {
        let mut notices = Vec::new();
        let theme = match read(
            self.callboard().theme.as_ref(),
            config_dir,
            "themes",
            &mut notices,
        ) {
            Found::File { name, text } => {
                let (theme, problems) = Theme::load(theme::Layer {
                    name: name.into(),
                    text: text.into(),
                });
                notices.extend(problems.iter().map(ToString::to_string));
                theme
            }
            Found::Name(name) => Theme::built_in(&name).unwrap_or_else(|| {
                notices.push(unknown(
                    "theme",
                    &name,
                    theme::BUILT_IN.iter().map(|(name, _)| *name),
                ));
                Theme::default()
            }),
        };
        (theme, notices)
    }
}

/// The user's own themes, `themes/*.yaml` in the configuration folder, by name; what is wrong with them, a line each.
pub fn own_themes(config_dir: Option<&Path>) -> (Vec<(String, Theme)>, Vec<String>) {
    let mut notices = Vec::new();
    let mut themes = Vec::new();
    for path in own_files(config_dir, "themes") {
        let Some(name) = path.file_stem().and_then(|name| name.to_str()) else {
            continue;
        };
        match read_referenced(&path, MOST_BYTES) {
            Ok(text) => {
                let layer = theme::Layer {
                    name: path.to_string_lossy(),
                    text: text.into(),
                };
                let (theme, problems) = Theme::load(layer);
                notices.extend(problems.iter().map(ToString::to_string));
                themes.push((name.to_owned(), theme));
            }
            Err(failure) => notices.push(format!("{}: {failure}", path.display())),
        }
    }
    (themes, notices)
}

fn own_files(config_dir: Option<&Path>, folder: &str) -> Vec<PathBuf> {
    let Some(entries) = config_dir.and_then(|dir| std::fs::read_dir(dir.join(folder)).ok()) else {
        return Vec::new();
    };
    let is_yaml = |path: &PathBuf| path.extension().is_some_and(|end| end == "yaml");
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(is_yaml)
        .collect();
    files.sort();
    files
}

/// Where a theme or keymap was found.
enum Found {
    File { name: String, text: String },
    Name(String),
}

fn read(
    choice: Option<&NameOrFile>,
    config_dir: Option<&Path>,
    folder: &str,
    notices: &mut Vec<String>,
) -> Found {
    let default = || Found::Name("default".into());
    let (path, name) = match choice {
        None => return default(),
        Some(NameOrFile::File(path)) => (path.clone(), None),
        Some(NameOrFile::Name(name)) => match config_dir {
            Some(dir) => (dir.join(folder).join(format!("{name}.yaml")), Some(name)),
            None => return Found::Name(name.clone()),
        },
    };
    match (read_referenced(&path, MOST_BYTES), name) {
        (Ok(text), _) => Found::File {
            name: path.to_string_lossy().into_owned(),
            text,
        },
        (Err(Failure::NotFound), Some(name)) => Found::Name(name.clone()),
        (Err(failure), _) => {
            notices.push(format!("{}: {failure}", path.display()));
            default()
        }
    }
}

fn unknown(what: &str, name: &str, known: impl Iterator<Item = &'static str> + Clone) -> String {
    let hint = match nearest(name, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are {}", known.collect::<Vec<_>>().join(", ")),
    };
    format!("there is no {what} `{name}` ({hint})")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::LoadOptions;
    use crate::theme::{Color, Role};

    /// A configuration folder with these files.
    fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, Config) {
        let dir = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            std::fs::write(path, text).expect("a file");
        }
        let config =
            Config::load(LoadOptions::new(Some(dir.path()), &[], &|_| None)).expect("loads");
        (dir, config)
    }

    #[test]
    fn a_users_theme_is_found_by_name_and_by_path() {
        for choice in ["mine", "./themes/mine.yaml"] {
            let text = format!("callboard: {{theme: {choice}}}\n");
            let (dir, config) = folder(&[
                ("config.yaml", &text),
                ("themes/mine.yaml", "roles: {accent: '#010203'}\n"),
            ]);
            let (theme, notices) = config.theme(Some(dir.path()));
            assert_eq!(notices, [""; 0]);
            assert_eq!(theme.style(Role::Accent).fg, Some(Color::Rgb(1, 2, 3)));
            let (own, notices) = own_themes(Some(dir.path()));
            assert_eq!(
                (own.len(), own[0].0.as_str(), notices.len()),
                (1, "mine", 0)
            );
        }
    }

    #[test]
    fn a_look_that_does_not_exist_is_said_and_the_default_takes_its_place() {
        let (dir, config) = folder(&[(
            "config.yaml",
            "callboard: {theme: gruvbocks, keymap: ./none.yaml}\n",
        )]);
        let (theme, notices) = config.theme(Some(dir.path()));
        assert_eq!(theme, Theme::default());
        assert_eq!(
            notices,
            ["there is no theme `gruvbocks` (did you mean `gruvbox`?)"]
        );
        let action = KnownAction {
            id: "quit",
            scope: keymap::GLOBAL,
            takes_argument: false,
        };
        let (_, notices) =
            config.keymap(Some(dir.path()), &[action], &[keymap::GLOBAL, keymap::LINE]);
        assert!(
            notices[0].ends_with("none.yaml: the file does not exist"),
            "{notices:?}"
        );
    }

    #[test]
    fn a_users_keymap_lies_over_a_preset() {
        let (dir, config) = folder(&[
            ("config.yaml", "callboard: {keymap: mine}\n"),
            (
                "keymaps/mine.yaml",
                "extends: vim\nglobal: {x: quit, Z Z: null}\n",
            ),
        ]);
        let action = |id| KnownAction {
            id,
            scope: keymap::GLOBAL,
            takes_argument: false,
        };
        let (keymap, _) = config.keymap(
            Some(dir.path()),
            &[action("quit"), action("first")],
            &[keymap::GLOBAL],
        );
        let shown: Vec<String> = keymap
            .keys_for(&[keymap::GLOBAL], "quit")
            .iter()
            .map(|keys| keymap::display_sequence(keys))
            .collect();
        assert_eq!(shown, ["x", "q", "ctrl-c"]);
        assert_eq!(
            keymap.keys_for(&[keymap::GLOBAL], "first").len(),
            2,
            "home and vim's g g"
        );
    }
}
