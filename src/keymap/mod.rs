//! Keymaps: which keys ask for which action, on which screen.
//!
//! A keymap is YAML: sections named for scopes (`global`, `line`, `catalog`, …), in each `keys: action`. Layers lie over one
//! another: the built-in `default`, a preset over it, the user's own file on top. What is wrong in a layer is a problem
//! with its line, and the rest of it counts: a keymap never stops the program. Pure: text in, table out; it knows neither
//! files nor a terminal, and the actions and scopes that exist are told to it.

mod key;
mod load;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

pub use key::{Key, KeyCode, Modifiers, display_sequence, parse_sequence};

/// The scope whose keys hold on every screen while no text is typed.
pub const GLOBAL: &str = "global";
/// The scope whose keys hold while a line of text is typed.
pub const LINE: &str = "line";

/// The built-in keymaps: name and text. Every other one lies over the first.
pub const PRESETS: [(&str, &str); 3] = [
    ("default", include_str!("../../keymaps/default.yaml")),
    ("vim", include_str!("../../keymaps/vim.yaml")),
    ("emacs", include_str!("../../keymaps/emacs.yaml")),
];

/// One file of a keymap.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Layer<'a> {
    /// What it is called in messages: a preset's name or a path.
    pub name: Cow<'a, str>,
    /// Its YAML.
    pub text: Cow<'a, str>,
}

/// The layers of a preset, lowest first; `None` where there is no preset of that name.
pub fn preset(name: &str) -> Option<Vec<Layer<'static>>> {
    let layer = |(name, text): (&'static str, &'static str)| Layer {
        name: name.into(),
        text: text.into(),
    };
    let (default, others) = PRESETS.split_first()?;
    if name == default.0 {
        return Some(vec![layer(*default)]);
    }
    let own = others.iter().find(|(known, _)| *known == name)?;
    Some(vec![layer(*default), layer(*own)])
}

/// The layers of a user's own file: the preset that its `extends` names (`default` where it names none or one that
/// does not exist, which [`Keymap::load`] then reports), and the file on top.
pub fn over_preset<'a>(file: Layer<'a>) -> Vec<Layer<'a>> {
    let mut layers: Vec<Layer<'a>> = load::extends(&file.text)
        .and_then(|name| preset(&name))
        .or_else(|| preset("default"))
        .unwrap_or_default();
    layers.push(file);
    layers
}

/// An action that keys may be bound to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KnownAction<'a> {
    /// Its name.
    pub id: &'a str,
    /// Where it may be bound: an action of [`GLOBAL`] in every section, another only in its own.
    pub scope: &'a str,
    /// Whether a word may follow its name: `kind api`.
    pub takes_argument: bool,
}

/// Keys and what they ask for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Binding {
    /// The section it stands in.
    pub scope: String,
    /// The keys, pressed one after another.
    pub keys: Vec<Key>,
    /// The action's name.
    pub action: String,
    /// What follows the action's name.
    pub argument: Option<String>,
    /// The layer it came from: a preset's name or a path.
    pub layer: String,
    /// 1-based line in the layer.
    pub line: u32,
}

/// What is wrong in a layer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeymapProblem {
    /// The layer: a preset's name or a path.
    pub layer: String,
    /// 1-based.
    pub line: u32,
    /// 1-based, in characters.
    pub column: u32,
    /// What is wrong; text of the file may be in it.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl fmt::Display for KeymapProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}:{}: {}",
            self.layer, self.line, self.column, self.message
        )?;
        self.hint.iter().try_for_each(|hint| write!(f, " ({hint})"))
    }
}

/// What keys mean so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lookup<'a> {
    /// They ask for this.
    Action(&'a Binding),
    /// They begin something longer: wait for another key.
    Prefix,
    /// They mean nothing here.
    None,
}

/// What one section says about a sequence of keys.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Bound {
    /// An action, with its rank: the lower, the rather it is shown.
    Action(Binding, usize),
    /// Unbound on purpose: the key does nothing here, nor what a farther scope says.
    Nothing,
}

/// Ordered by keys, so that all that begins alike lies together: a trie in one map.
type Section = BTreeMap<Vec<Key>, Bound>;

/// A keymap ready for use.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Keymap {
    sections: BTreeMap<String, Section>,
}

impl Keymap {
    /// What the keys mean on a screen. `scopes` are the sections to ask, nearest first (the screen's own, then
    /// [`GLOBAL`]): the first that knows the keys, as a whole or as a beginning, decides.
    pub fn lookup(&self, scopes: &[&str], keys: &[Key]) -> Lookup<'_> {
        for scope in scopes {
            match self.find(scope, keys) {
                Found::Action(binding) => return Lookup::Action(binding),
                Found::Prefix => return Lookup::Prefix,
                Found::Nothing => return Lookup::None,
                Found::Missing => {}
            }
        }
        Lookup::None
    }

    /// What the keys mean while a line of text is typed on a screen with these scopes.
    ///
    /// The section [`LINE`] comes first. A key that types a character means nothing else; every other key means what it
    /// means on the screen; and alt with a character that is a command there means that command, as esc and the
    /// character would. The line's own editing keys (readline's) are the caller's, who asks this after them.
    pub fn lookup_typing(&self, scopes: &[&str], keys: &[Key]) -> Lookup<'_> {
        match self.find(LINE, keys) {
            Found::Action(binding) => return Lookup::Action(binding),
            Found::Prefix => return Lookup::Prefix,
            Found::Nothing => return Lookup::None,
            Found::Missing => {}
        }
        let Some((first, rest)) = keys.split_first() else {
            return Lookup::None;
        };
        if first.text().is_some() {
            return Lookup::None;
        }
        let meant = self.lookup(scopes, keys);
        if meant != Lookup::None || !first.modifiers.alt || !matches!(first.code, KeyCode::Char(_))
        {
            return meant;
        }
        let mut plain = vec![first.without_alt()];
        plain.extend_from_slice(rest);
        self.lookup(scopes, &plain)
    }

    /// The keys that ask for an action on a screen, best first; none that a nearer scope shadows.
    pub fn keys_for(&self, scopes: &[&str], action: &str) -> Vec<Vec<Key>> {
        let mut found: Vec<(usize, &[Key])> = Vec::new();
        for (depth, scope) in scopes.iter().enumerate() {
            for (keys, bound) in self.sections.get(*scope).into_iter().flatten() {
                if let Bound::Action(binding, rank) = bound
                    && binding.action == action
                    && binding.argument.is_none()
                    && !self.is_shadowed(scopes.get(..depth).unwrap_or_default(), keys)
                {
                    found.push((*rank, keys));
                }
            }
        }
        found.sort_by_key(|(rank, _)| *rank);
        found.into_iter().map(|(_, keys)| keys.to_vec()).collect()
    }

    /// The keys that ask for an action while a line of text is typed, best first: see [`Keymap::lookup_typing`].
    pub fn keys_for_typing(&self, scopes: &[&str], action: &str) -> Vec<Vec<Key>> {
        let mut found = self.keys_for(&[LINE], action);
        for keys in self.keys_for(scopes, action) {
            let typed = match keys.split_first() {
                Some((first, rest)) if first.text().is_some() => {
                    let mut with_alt = vec![first.with_alt()];
                    with_alt.extend_from_slice(rest);
                    with_alt
                }
                _ => keys,
            };
            let works = matches!(self.lookup_typing(scopes, &typed), Lookup::Action(binding) if binding.action == action);
            if works && !found.contains(&typed) {
                found.push(typed);
            }
        }
        found
    }

    /// Every binding, section by section in the order of their names, each section's best first.
    pub fn bindings(&self) -> impl Iterator<Item = &Binding> {
        self.sections.values().flat_map(|section| {
            let mut ranked: Vec<_> = section
                .values()
                .filter_map(|bound| match bound {
                    Bound::Action(binding, rank) => Some((*rank, binding)),
                    Bound::Nothing => None,
                })
                .collect();
            ranked.sort_by_key(|(rank, _)| *rank);
            ranked.into_iter().map(|(_, binding)| binding)
        })
    }

    fn find(&self, scope: &str, keys: &[Key]) -> Found<'_> {
        let Some(section) = self.sections.get(scope) else {
            return Found::Missing;
        };
        match section.range(keys.to_vec()..).next() {
            Some((known, Bound::Action(binding, _))) if known == keys => Found::Action(binding),
            Some((known, Bound::Nothing)) if known == keys => Found::Nothing,
            Some((known, _)) if !keys.is_empty() && known.starts_with(keys) => Found::Prefix,
            _ => Found::Missing,
        }
    }

    fn is_shadowed(&self, nearer: &[&str], keys: &[Key]) -> bool {
        nearer.iter().any(|scope| {
            (1..=keys.len()).any(|end| {
                let found = self.find(scope, keys.get(..end).unwrap_or(keys));
                match found {
                    Found::Missing => false,
                    Found::Prefix => end == keys.len(),
                    Found::Action(..) | Found::Nothing => true,
                }
            })
        })
    }
}

enum Found<'a> {
    Action(&'a Binding),
    Prefix,
    Nothing,
    Missing,
}

#[cfg(test)]
mod tests;
