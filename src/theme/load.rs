//! Reading a theme's file: palette, roles, inheritance.

use std::collections::BTreeMap;

use super::{Appearance, BUILT_IN, Color, Depth, Layer, Role, Style, Theme, ThemeProblem, color};
use crate::text::nearest;
use crate::yaml::{self, Entry, Node, Place, Value};

const KEYS: [&str; 5] = ["title", "appearance", "extends", "palette", "roles"];
const FIELDS: [&str; 7] = ["fg", "bg", "bold", "dim", "italic", "underline", "reverse"];

/// What a file says about a role; `None` is silence.
#[derive(Clone, Copy, Default)]
struct Partial {
    fg: Option<Color>,
    bg: Option<Color>,
    /// bold, dim, italic, underline, reverse.
    attributes: [Option<bool>; 5],
}

#[derive(Default)]
struct Loader {
    title: String,
    appearance: Appearance,
    palette: BTreeMap<String, Color>,
    roles: [Partial; Role::COUNT],
    problems: Vec<ThemeProblem>,
}

pub(super) fn load(layer: &Layer<'_>) -> (Theme, Vec<ThemeProblem>) {
    let mut loader = Loader::default();
    match yaml::parse(&layer.text) {
        Ok(node) => {
            let mut below = Vec::new();
            loader.below(layer, &node, &mut below);
            for (name, text) in below.iter().rev() {
                let built_in = Layer {
                    name: (*name).into(),
                    text: (*text).into(),
                };
                match yaml::parse(text) {
                    Ok(node) => loader.read(&built_in, &node),
                    Err(error) => loader.problem(&built_in, error.at, error.message, None),
                }
            }
            loader.read(layer, &node);
        }
        Err(error) => loader.problem(layer, error.at, error.message, None),
    }
    let theme = Theme {
        title: if loader.title.is_empty() {
            layer.name.to_string()
        } else {
            loader.title
        },
        appearance: loader.appearance,
        depth: Depth::TrueColor,
        styles: resolve(&loader.roles),
    };
    (theme, loader.problems)
}

/// Fills what a role leaves out from its parent, which stands before it.
fn resolve(roles: &[Partial; Role::COUNT]) -> [Style; Role::COUNT] {
    let mut styles = [Style::default(); Role::COUNT];
    for role in Role::ALL {
        let own = roles.get(role as usize).copied().unwrap_or_default();
        let parent = role
            .parent()
            .and_then(|parent| styles.get(parent as usize).copied())
            .unwrap_or_default();
        let [bold, dim, italic, underline, reverse] = own.attributes;
        let style = Style {
            fg: own.fg.or(parent.fg),
            bg: own.bg.or(parent.bg),
            bold: bold.unwrap_or(parent.bold),
            dim: dim.unwrap_or(parent.dim),
            italic: italic.unwrap_or(parent.italic),
            underline: underline.unwrap_or(parent.underline),
            reverse: reverse.unwrap_or(parent.reverse),
        };
        if let Some(place) = styles.get_mut(role as usize) {
            *place = style;
        }
    }
    styles
}

impl Loader {
    fn problem(&mut self, layer: &Layer<'_>, at: Place, message: String, hint: Option<String>) {
        let (line, column) = (at.line, at.column);
        self.problems.push(ThemeProblem {
            layer: layer.name.to_string(),
            line,
            column,
            message,
            hint,
        });
    }

    /// Collects the built-in themes that lie under a file, nearest first.
    fn below(
        &mut self,
        layer: &Layer<'_>,
        node: &Node,
        below: &mut Vec<(&'static str, &'static str)>,
    ) {
        let Some(entry) = node.get("extends") else {
            return;
        };
        let name = entry.node.as_str().unwrap_or_default();
        let Some(found) = BUILT_IN.into_iter().find(|(known, _)| *known == name) else {
            let hint = suggestion(name, BUILT_IN.iter().map(|(name, _)| *name));
            return self.problem(
                layer,
                entry.node.at,
                format!("there is no theme `{name}`"),
                hint,
            );
        };
        // A built-in theme cannot be changed, so this ends where they do.
        if below.len() < BUILT_IN.len() {
            below.push(found);
            if let Ok(node) = yaml::parse(found.1) {
                let layer = Layer {
                    name: found.0.into(),
                    text: found.1.into(),
                };
                self.below(&layer, &node, below);
            }
        }
    }

    fn read(&mut self, layer: &Layer<'_>, node: &Node) {
        let entries = match &node.value {
            Value::Null => return,
            Value::Map(entries) => entries,
            other => {
                let message = format!("a theme is a mapping, this is {}", other.type_name());
                return self.problem(layer, node.at, message, None);
            }
        };
        // The palette first: roles above it in the file may name its colours.
        for entry in entries.iter().filter(|entry| entry.key == "palette") {
            for color in self.entries(layer, entry) {
                match self.color(layer, &color.node) {
                    Some(value) => drop(self.palette.insert(color.key.clone(), value)),
                    None => continue,
                }
            }
        }
        for entry in entries {
            match entry.key.as_str() {
                "palette" | "extends" => {}
                "title" => self.title = entry.node.as_str().unwrap_or_default().to_owned(),
                "appearance" => match entry.node.as_str() {
                    Some("any") => self.appearance = Appearance::Any,
                    Some("dark") => self.appearance = Appearance::Dark,
                    Some("light") => self.appearance = Appearance::Light,
                    _ => {
                        let message = "`appearance` is dark, light or any".to_owned();
                        self.problem(layer, entry.node.at, message, None);
                    }
                },
                "roles" => {
                    for role in self.entries(layer, entry) {
                        self.role(layer, &role);
                    }
                }
                other => {
                    let hint = suggestion(other, KEYS.into_iter());
                    self.problem(
                        layer,
                        entry.at,
                        format!("a theme has no key `{other}`"),
                        hint,
                    );
                }
            }
        }
    }

    fn entries(&mut self, layer: &Layer<'_>, entry: &Entry) -> Vec<Entry> {
        match &entry.node.value {
            Value::Map(entries) => entries.clone(),
            Value::Null => Vec::new(),
            other => {
                let message = format!(
                    "`{}` is a mapping, this is {}",
                    entry.key,
                    other.type_name()
                );
                self.problem(layer, entry.node.at, message, None);
                Vec::new()
            }
        }
    }

    fn role(&mut self, layer: &Layer<'_>, entry: &Entry) {
        let Some(role) = Role::from_name(&entry.key) else {
            let hint = suggestion(&entry.key, Role::ALL.into_iter().map(Role::name));
            return self.problem(
                layer,
                entry.at,
                format!("there is no role `{}`", entry.key),
                hint,
            );
        };
        let mut partial = self.roles.get(role as usize).copied().unwrap_or_default();
        match &entry.node.value {
            Value::Map(fields) => {
                for field in fields {
                    self.field(layer, field, &mut partial);
                }
            }
            // `accent: blue` is short for `accent: {fg: blue}`.
            _ => partial.fg = self.color(layer, &entry.node).or(partial.fg),
        }
        if let Some(place) = self.roles.get_mut(role as usize) {
            *place = partial;
        }
    }

    fn field(&mut self, layer: &Layer<'_>, field: &Entry, partial: &mut Partial) {
        match FIELDS.iter().position(|name| *name == field.key) {
            Some(0) => partial.fg = self.color(layer, &field.node).or(partial.fg),
            Some(1) => partial.bg = self.color(layer, &field.node).or(partial.bg),
            Some(position) => match (&field.node.value, partial.attributes.get_mut(position - 2)) {
                (Value::Bool(on), Some(place)) => *place = Some(*on),
                _ => {
                    let message = format!("`{}` is true or false", field.key);
                    self.problem(layer, field.node.at, message, None);
                }
            },
            None => {
                let hint = suggestion(&field.key, FIELDS.into_iter());
                self.problem(
                    layer,
                    field.at,
                    format!("a style has no key `{}`", field.key),
                    hint,
                );
            }
        }
    }

    fn color(&mut self, layer: &Layer<'_>, node: &Node) -> Option<Color> {
        let text = match &node.value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            other => {
                let hint = matches!(other, Value::Null)
                    .then(|| "a colour that begins with # needs quotes".to_owned());
                let message = format!("a colour is wanted, this is {}", other.type_name());
                self.problem(layer, node.at, message, hint);
                return None;
            }
        };
        let found = self
            .palette
            .get(&text)
            .copied()
            .or_else(|| Color::parse(&text));
        if found.is_none() {
            let known = self.palette.keys().map(String::as_str).chain(color::ANSI);
            let hint = suggestion(&text, known).or_else(|| {
                Some("write \"#rrggbb\", 0 to 255, a name of the palette or of the sixteen".into())
            });
            self.problem(layer, node.at, format!("`{text}` is not a colour"), hint);
        }
        found
    }
}

fn suggestion<'a>(wanted: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    nearest(wanted, known).map(|name| format!("did you mean `{name}`?"))
}
