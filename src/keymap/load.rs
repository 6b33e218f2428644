//! Reading layers into a [`Keymap`]: every line that makes no sense becomes a problem, the rest counts.

use super::{
    Binding, Bound, GLOBAL, Key, Keymap, KeymapProblem, KnownAction, LINE, Layer, Section, key,
};
use crate::text::nearest;
use crate::yaml::{self, Entry, Place, Value};

/// The key of a file that names the preset it lies over.
const EXTENDS: &str = "extends";
/// More bindings than this in one layer are refused; nobody has that many keys.
const MOST_BINDINGS: usize = 2_000;

/// What a file's `extends` says.
pub(super) fn extends(text: &str) -> Option<String> {
    let node = yaml::parse(text).ok()?;
    node.get(EXTENDS)?.node.as_str().map(str::to_owned)
}

impl Keymap {
    /// Lays the layers over one another, lowest first.
    ///
    /// `actions` and `scopes` are what exists. A binding of a higher layer takes the place of a lower one's with the same keys,
    /// and of every one whose keys it begins or continues; within one layer the first stands and the second is a problem.
    pub fn load(
        layers: &[Layer<'_>],
        actions: &[KnownAction<'_>],
        scopes: &[&str],
    ) -> (Keymap, Vec<KeymapProblem>) {
        let mut loader = Loader {
            keymap: Keymap::default(),
            problems: Vec::new(),
            actions,
            scopes,
        };
        for (height, layer) in layers.iter().enumerate() {
            loader.layer(layer, layers.len() - height);
        }
        (loader.keymap, loader.problems)
    }
}

struct Loader<'a> {
    keymap: Keymap,
    problems: Vec<KeymapProblem>,
    actions: &'a [KnownAction<'a>],
    scopes: &'a [&'a str],
}

impl Loader<'_> {
    fn problem(&mut self, layer: &Layer<'_>, at: Place, message: String, hint: Option<String>) {
        let (line, column) = (at.line, at.column);
        self.problems.push(KeymapProblem {
            layer: layer.name.to_string(),
            line,
            column,
            message,
            hint,
        });
    }

    /// `depth` is 1 for the highest layer: its bindings are shown first.
    fn layer(&mut self, layer: &Layer<'_>, depth: usize) {
        let node = match yaml::parse(&layer.text) {
            Ok(node) => node,
            Err(error) => return self.problem(layer, error.at, error.message, None),
        };
        let sections = match &node.value {
            Value::Null => return,
            Value::Map(sections) => sections,
            other => {
                let message = format!(
                    "a keymap is a mapping of sections, this is {}",
                    other.type_name()
                );
                return self.problem(layer, node.at, message, None);
            }
        };
        let mut count = 0;
        for section in sections {
            if section.key == EXTENDS {
                self.check_extends(layer, section);
                continue;
            }
            if !self.scopes.contains(&section.key.as_str()) {
                let hint = suggestion(&section.key, self.scopes.iter().copied());
                self.problem(
                    layer,
                    section.at,
                    format!("there is no section `{}`", section.key),
                    hint,
                );
                continue;
            }
            let entries = match &section.node.value {
                Value::Map(entries) => entries.as_slice(),
                Value::Null => &[],
                other => {
                    let message = format!(
                        "`{}` is a mapping of keys, this is {}",
                        section.key,
                        other.type_name()
                    );
                    self.problem(layer, section.node.at, message, None);
                    continue;
                }
            };
            let mut seen: Vec<Vec<Key>> = Vec::new();
            for entry in entries {
                count += 1;
                if count > MOST_BINDINGS {
                    let message =
                        format!("more than {MOST_BINDINGS} bindings; the rest is left out");
                    return self.problem(layer, entry.at, message, None);
                }
                self.entry(
                    layer,
                    depth * MOST_BINDINGS + count,
                    &section.key,
                    entry,
                    &mut seen,
                );
            }
        }
    }

    fn check_extends(&mut self, layer: &Layer<'_>, entry: &Entry) {
        let name = entry.node.as_str().unwrap_or_default();
        if super::preset(name).is_none() {
            let hint = format!(
                "the presets are {}",
                super::PRESETS.map(|(name, _)| name).join(", ")
            );
            self.problem(
                layer,
                entry.node.at,
                format!("there is no preset `{name}`"),
                Some(hint),
            );
        }
    }

    fn entry(
        &mut self,
        layer: &Layer<'_>,
        rank: usize,
        scope: &str,
        entry: &Entry,
        seen: &mut Vec<Vec<Key>>,
    ) {
        let keys = match key::parse_sequence(&entry.key) {
            Ok(keys) => keys,
            Err(message) => return self.problem(layer, entry.at, message, None),
        };
        if let Some(reason) = keys.iter().find_map(|key| key.cannot_be_bound()) {
            return self.problem(
                layer,
                entry.at,
                format!("`{}` cannot be bound", entry.key),
                Some(reason.into()),
            );
        }
        if scope == LINE && keys.first().is_some_and(|first| first.text().is_some()) {
            let hint = Some("bind it with ctrl or alt".into());
            return self.problem(
                layer,
                entry.at,
                format!("`{}` is text in a line", entry.key),
                hint,
            );
        }
        if let Some(other) = seen
            .iter()
            .find(|other| other.starts_with(&keys) || keys.starts_with(other))
        {
            let other = key::display_sequence(other);
            let message = format!(
                "`{}` is in the way of `{other}` above, which stands",
                entry.key
            );
            return self.problem(layer, entry.at, message, None);
        }
        let bound = match &entry.node.value {
            Value::Null => Bound::Nothing,
            Value::String(text) => match self.action(text, scope) {
                Ok((action, argument)) => {
                    let binding = Binding {
                        scope: scope.to_owned(),
                        keys: keys.clone(),
                        action,
                        argument,
                        layer: layer.name.to_string(),
                        line: entry.at.line,
                    };
                    Bound::Action(binding, rank)
                }
                Err((message, hint)) => return self.problem(layer, entry.node.at, message, hint),
            },
            other => {
                let message = format!(
                    "an action's name or null is wanted, this is {}",
                    other.type_name()
                );
                return self.problem(layer, entry.node.at, message, None);
            }
        };
        let section: &mut Section = self.keymap.sections.entry(scope.to_owned()).or_default();
        section.retain(|lower, _| !lower.starts_with(&keys) && !keys.starts_with(lower));
        section.insert(keys.clone(), bound);
        seen.push(keys);
    }

    /// Splits `kind api` into the action and its argument, and checks both.
    fn action(
        &self,
        text: &str,
        scope: &str,
    ) -> Result<(String, Option<String>), (String, Option<String>)> {
        let text = text.trim();
        let (id, argument) = match text.split_once(char::is_whitespace) {
            Some((id, argument)) => (id, Some(argument.trim().to_owned())),
            None => (text, None),
        };
        let Some(known) = self.actions.iter().find(|known| known.id == id) else {
            let hint = suggestion(id, self.actions.iter().map(|known| known.id));
            return Err((format!("there is no action `{id}`"), hint));
        };
        if known.scope != GLOBAL && known.scope != scope {
            let hint = format!("it belongs into the section `{}`", known.scope);
            return Err((
                format!("`{id}` means nothing in the section `{scope}`"),
                Some(hint),
            ));
        }
        if argument.is_some() && !known.takes_argument {
            return Err((format!("nothing may follow `{id}`"), None));
        }
        Ok((id.to_owned(), argument))
    }
}

fn suggestion<'a>(wanted: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    nearest(wanted, known).map(|name| format!("did you mean `{name}`?"))
}
