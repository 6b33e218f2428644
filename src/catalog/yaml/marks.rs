//! Places of values: one mark a value and one a key, in the order of the text, looked up by walking the value beside
//! them. So reading a file keeps eight bytes a value and computes a pointer only for what is complained about.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Step;

/// A place in a text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
pub struct Mark {
    /// 1-based line.
    pub line: u32,
    /// 1-based column, in characters.
    pub column: u32,
}

/// The marks of one document: for a mapping its own, then for each entry the key's and the value's; for a list its
/// own, then each item's.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks {
    pub(super) list: Vec<Mark>,
    /// Set where the value no longer has the entries that were written (`1: a` and `"1": b` are one key in JSON):
    /// then there are no places but the document's.
    pub(super) unusable: bool,
}

/// How many marks a value has.
pub(super) fn count(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(count).sum::<usize>(),
        Value::Object(map) => 1 + map.values().map(|v| 1 + count(v)).sum::<usize>(),
        _ => 1,
    }
}

impl Marks {
    fn at(&self, index: usize) -> Option<Mark> {
        if self.unusable {
            return None;
        }
        self.list.get(index).copied()
    }

    pub(super) fn value(&self, root: &Value, pointer: &str) -> Option<Mark> {
        self.find(root, pointer).1
    }

    pub(super) fn key(&self, root: &Value, pointer: &str) -> Option<Mark> {
        self.find(root, pointer).0
    }

    /// The marks of key and value at a pointer, or of the deepest value on the way there.
    fn find(&self, root: &Value, pointer: &str) -> (Option<Mark>, Option<Mark>) {
        let (mut value, mut index, mut key) = (root, 0, 0);
        for step in pointer.split('/').skip(1) {
            let step = step.replace("~1", "/").replace("~0", "~");
            let mut at = index + 1;
            let next = match value {
                Value::Array(items) => {
                    let wanted = step.parse::<usize>().unwrap_or(usize::MAX);
                    items.iter().enumerate().find_map(|(i, item)| {
                        if i == wanted {
                            return Some((item, at, at));
                        }
                        at += count(item);
                        None
                    })
                }
                Value::Object(map) => map.iter().find_map(|(k, v)| {
                    if *k == step {
                        return Some((v, at + 1, at));
                    }
                    at += 1 + count(v);
                    None
                }),
                _ => None,
            };
            match next {
                Some(found) => (value, index, key) = found,
                None => break,
            }
        }
        (self.at(key), self.at(index))
    }

    /// The root of a document as something to go down from.
    pub(super) fn root<'a>(&'a self, value: &'a Value, start: Mark) -> Placed<'a> {
        Placed {
            marks: self,
            start,
            value,
            index: 0,
        }
    }

    pub(super) fn walk<'a>(
        &self,
        root: &'a Value,
        start: Mark,
        visit: &mut dyn FnMut(&[Step<'a>], &'a Value, Mark) -> bool,
    ) {
        let mut path = Vec::new();
        self.walk_from(root, 0, start, &mut path, visit);
    }

    // Recursion is bounded: a value is at most `YamlLimits::depth` deep.
    fn walk_from<'a>(
        &self,
        value: &'a Value,
        index: usize,
        start: Mark,
        path: &mut Vec<Step<'a>>,
        visit: &mut dyn FnMut(&[Step<'a>], &'a Value, Mark) -> bool,
    ) -> usize {
        if !visit(path, value, self.at(index).unwrap_or(start)) {
            return index + count(value);
        }
        let mut at = index + 1;
        match value {
            Value::Array(items) => {
                for (i, item) in items.iter().enumerate() {
                    path.push(Step::Index(i));
                    at = self.walk_from(item, at, start, path, visit);
                    path.pop();
                }
            }
            Value::Object(map) => {
                for (key, item) in map {
                    path.push(Step::Key(key));
                    at = self.walk_from(item, at + 1, start, path, visit);
                    path.pop();
                }
            }
            _ => {}
        }
        at
    }
}

/// A value and its place.
#[derive(Clone, Copy)]
pub(crate) struct Placed<'a> {
    pub(crate) value: &'a Value,
    marks: &'a Marks,
    /// The document's place, for what has none of its own.
    start: Mark,
    index: usize,
}

impl<'a> Placed<'a> {
    /// Where it stands.
    pub(crate) fn mark(&self) -> Mark {
        self.marks.at(self.index).unwrap_or(self.start)
    }

    /// The entries of a mapping; none of anything else.
    pub(crate) fn entries(self) -> impl Iterator<Item = (&'a str, Placed<'a>)> {
        let map = self.value.as_object().into_iter().flatten();
        // What lies between two values is counted when it is passed.
        let (mut at, mut passed) = (self.index + 1, None);
        map.map(move |(key, value)| {
            at += passed.replace(value).map_or(0, |value| 1 + count(value));
            let index = at + 1;
            let placed = Placed {
                value,
                index,
                ..self
            };
            (key.as_str(), placed)
        })
    }

    /// The items of a list; none of anything else.
    pub(crate) fn items(self) -> impl Iterator<Item = Placed<'a>> {
        let list = self.value.as_array().into_iter().flatten();
        let (mut index, mut passed) = (self.index + 1, None);
        list.map(move |value| {
            index += passed.replace(value).map_or(0, count);
            Placed {
                value,
                index,
                ..self
            }
        })
    }
}
