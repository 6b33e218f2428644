//! What a person answered, by path: as typed, as picked, or emptied. Secrets are not among it.
//!
//! An answer stays when its field vanishes, and is there again when the field comes back; what a field that nobody touched
//! holds is not kept here but worked out from what was given beforehand and from the schema's defaults.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::path::{FieldPath, Segment};

/// One answer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Entry {
    /// As it was typed; what it means depends on the field's type.
    Text(String),
    /// As it was picked.
    Value(Value),
    /// Emptied: the default does not come back.
    Cleared,
}

/// The items of a list that was changed, each by the number it keeps.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Items {
    pub ids: Vec<u32>,
    next: u32,
}

/// All answers of a form.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Answers {
    /// What was given beforehand, and the items of lists as they were when the list was first changed.
    given: BTreeMap<FieldPath, Value>,
    entries: BTreeMap<FieldPath, Entry>,
    lists: BTreeMap<FieldPath, Items>,
    choices: BTreeMap<FieldPath, usize>,
    /// Names that were added to objects that take any.
    names: BTreeMap<FieldPath, Vec<String>>,
}

impl Answers {
    /// Answers that begin with values from elsewhere.
    pub fn new(given: Map<String, Value>) -> Self {
        let mut answers = Self::default();
        if !given.is_empty() {
            answers
                .given
                .insert(FieldPath::root(), Value::Object(given));
        }
        answers
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub fn entry(&self, path: &FieldPath) -> Option<&Entry> {
        self.entries.get(path)
    }

    /// What was given for exactly this place.
    pub fn given(&self, path: &FieldPath) -> Option<&Value> {
        self.given.get(path)
    }

    /// What was answered for the properties of an object, as far as it can be told without their schemas; nothing for
    /// those that were emptied.
    pub fn below(&self, path: &FieldPath) -> Vec<(String, Option<Value>)> {
        let depth = path.segments().len();
        self.entries
            .range(path.clone()..)
            .take_while(|(other, _)| other.is_within(path))
            .filter(|(other, _)| other.segments().len() == depth + 1)
            .filter_map(|(other, entry)| match other.last() {
                Some(Segment::Key(name)) => Some((
                    name.clone(),
                    match entry {
                        Entry::Value(value) => Some(value.clone()),
                        Entry::Text(text) if text.is_empty() => None,
                        Entry::Text(text) => Some(Value::from(text.as_str())),
                        Entry::Cleared => None,
                    },
                )),
                _ => None,
            })
            .collect()
    }

    pub fn set(&mut self, path: &FieldPath, entry: Entry) {
        self.entries.insert(path.clone(), entry);
    }

    /// Forgets an answer and everything below it: the default comes back.
    pub fn reset(&mut self, path: &FieldPath) {
        fn keep<T>(map: &mut BTreeMap<FieldPath, T>, path: &FieldPath) {
            map.retain(|other, _| !other.is_within(path));
        }
        keep(&mut self.entries, path);
        keep(&mut self.lists, path);
        keep(&mut self.choices, path);
        keep(&mut self.names, path);
        // What stands below came from changing a list or a name.
        self.given
            .retain(|other, _| other == path || !other.is_within(path));
    }

    /// Forgets an answer, what was given for it too.
    pub fn remove(&mut self, path: &FieldPath) {
        self.reset(path);
        self.given.retain(|other, _| !other.is_within(path));
    }

    pub fn choice(&self, path: &FieldPath) -> Option<usize> {
        self.choices.get(path).copied()
    }

    pub fn choose(&mut self, path: &FieldPath, choice: usize) {
        self.choices.insert(path.clone(), choice);
    }

    /// The numbers of a list's items; nothing where it was not changed.
    pub fn items(&self, path: &FieldPath) -> Option<&[u32]> {
        self.lists.get(path).map(|items| items.ids.as_slice())
    }

    /// The items of a list, to change them; from here on they are those it has now, whatever is given or a default.
    pub fn items_mut(&mut self, path: &FieldPath, now: &[Value]) -> &mut Items {
        if !self.lists.contains_key(path) {
            let mut items = Items::default();
            for value in now {
                let id = items.add();
                let item = path.item(id);
                // What stands here answers for the item; below it, whatever was answered is kept.
                self.given.entry(item).or_insert_with(|| value.clone());
            }
            self.lists.insert(path.clone(), items);
        }
        self.lists.entry(path.clone()).or_default()
    }

    /// The names in an object that takes any; nothing where they were not changed.
    pub fn names(&self, path: &FieldPath) -> Option<&[String]> {
        self.names.get(path).map(Vec::as_slice)
    }

    /// Those names, to change them; from here on they are those it has now.
    pub fn names_mut(&mut self, path: &FieldPath, now: &[String]) -> &mut Vec<String> {
        self.names
            .entry(path.clone())
            .or_insert_with(|| now.to_vec())
    }

    /// Moves everything known of a place to another.
    pub fn move_to(&mut self, from: &FieldPath, to: &FieldPath) {
        fn moved<T>(map: &mut BTreeMap<FieldPath, T>, from: &FieldPath, to: &FieldPath) {
            let old = std::mem::take(map);
            for (path, value) in old {
                let path = path.rebased(from, to).unwrap_or(path);
                map.insert(path, value);
            }
        }
        moved(&mut self.given, from, to);
        moved(&mut self.entries, from, to);
        moved(&mut self.lists, from, to);
        moved(&mut self.choices, from, to);
        moved(&mut self.names, from, to);
    }

    /// Puts a value where nothing was given yet.
    pub fn give(&mut self, path: &FieldPath, value: &Value) {
        self.given
            .entry(path.clone())
            .or_insert_with(|| value.clone());
    }

    /// A copy that can be written down, without anything for which `keep` says no: it is asked for every place and every
    /// property of what was given.
    pub fn written(&self, keep: &dyn Fn(&FieldPath) -> bool) -> Written {
        let given = self
            .given
            .iter()
            .filter(|(path, _)| keep(path))
            .map(|(path, value)| (path.clone(), kept(path, value, keep)))
            .collect();
        fn pairs<T: Clone>(
            map: &BTreeMap<FieldPath, T>,
            keep: &dyn Fn(&FieldPath) -> bool,
        ) -> Vec<(FieldPath, T)> {
            map.iter()
                .filter(|(path, _)| keep(path))
                .map(|(path, value)| (path.clone(), value.clone()))
                .collect()
        }
        Written {
            given,
            entries: pairs(&self.entries, keep)
                .into_iter()
                .map(|(path, entry)| match entry {
                    Entry::Value(value) => {
                        let value = kept(&path, &value, keep);
                        (path, Entry::Value(value))
                    }
                    other => (path, other),
                })
                .collect(),
            lists: pairs(&self.lists, keep),
            choices: pairs(&self.choices, keep),
            names: pairs(&self.names, keep),
        }
    }

    pub fn read(written: Written) -> Self {
        Self {
            given: written.given.into_iter().collect(),
            entries: written.entries.into_iter().collect(),
            lists: written.lists.into_iter().collect(),
            choices: written.choices.into_iter().collect(),
            names: written.names.into_iter().collect(),
        }
    }
}

impl Items {
    /// A new item at the end; its number.
    pub fn add(&mut self) -> u32 {
        // A list read from a file may lie about its next number.
        let above = self.ids.iter().max().map_or(0, |id| id.saturating_add(1));
        let id = self.next.max(above);
        self.next = id.saturating_add(1);
        self.ids.push(id);
        id
    }

    pub fn remove(&mut self, id: u32) {
        self.ids.retain(|known| *known != id);
    }

    /// Moves an item up (negative) or down, as far as there is room.
    pub fn shift(&mut self, id: u32, by: i32) {
        let Some(at) = self.ids.iter().position(|known| *known == id) else {
            return;
        };
        let last = self.ids.len().saturating_sub(1);
        let to = at
            .saturating_add_signed(isize::try_from(by).unwrap_or(0))
            .min(last);
        let id = self.ids.remove(at);
        self.ids.insert(to, id);
    }
}

/// What was given, without the properties that may not be written down.
fn kept(path: &FieldPath, value: &Value, keep: &dyn Fn(&FieldPath) -> bool) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().filter_map(|(name, value)| {
                let path = path.key(name);
                keep(&path).then(|| (name.clone(), kept(&path, value, keep)))
            });
            Value::Object(fields.collect())
        }
        Value::Array(list) => list
            .iter()
            .enumerate()
            .map(|(at, value)| kept(&path.item(u32::try_from(at).unwrap_or(0)), value, keep))
            .collect(),
        other => other.clone(),
    }
}

/// [`Answers`] as they are written down: lists of pairs, since a path is no key of JSON.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Written {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    given: Vec<(FieldPath, Value)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    entries: Vec<(FieldPath, Entry)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lists: Vec<(FieldPath, Items)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    choices: Vec<(FieldPath, usize)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    names: Vec<(FieldPath, Vec<String>)>,
}

impl Written {
    /// The names of the parameters that are answered.
    pub fn parameters(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for (path, value) in &self.given {
            if path.segments().is_empty()
                && let Value::Object(fields) = value
            {
                names.extend(fields.keys().map(String::as_str));
            }
        }
        for (path, _) in &self.entries {
            if let Some(Segment::Key(key)) = path.segments().first() {
                names.push(key);
            }
        }
        for (path, _) in &self.lists {
            if let Some(Segment::Key(key)) = path.segments().first() {
                names.push(key);
            }
        }
        names.sort_unstable();
        names.dedup();
        names
    }
}
