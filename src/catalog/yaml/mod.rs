//! YAML as a catalog file has it: text to JSON values with the place of every value, and values back to text.
//!
//! Scalars resolve by YAML 1.2's core schema as npm `yaml`, Backstage's parser, resolves them: `yes`, `on` and
//! dates are strings, numbers are JavaScript's doubles, `<<` is a literal key, duplicate keys are an error, and
//! tags are left out. Input is hostile: everything is bounded by [`YamlLimits`] and nothing here panics,
//! recurses by the input's depth, or reads anything but the text it is given.

mod build;
mod emit;
mod fast;
mod marks;
mod repair;
mod scalar;

pub use build::parse;
pub use emit::emit;
pub use marks::Mark;
pub use scalar::{js_number, plain_text_is_string};

use marks::Marks;
pub(crate) use marks::Placed;
use serde_json::Value;

/// How much a text may ask for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct YamlLimits {
    /// Bytes of text.
    pub bytes: usize,
    /// Collections within collections. Below serde_json's own limit of 128, so that a stored value can be read back.
    pub depth: usize,
    /// Values in one document, aliases expanded.
    pub nodes: usize,
    /// Bytes of keys and strings in one document, aliases expanded.
    pub text: usize,
    /// Documents in one text.
    pub documents: usize,
}

impl Default for YamlLimits {
    fn default() -> Self {
        Self {
            bytes: 16 << 20,
            depth: 100,
            nodes: 1_000_000,
            text: 64 << 20,
            documents: 100_000,
        }
    }
}

/// Why a document could not be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct YamlError {
    /// What is wrong, in one line.
    pub message: String,
    /// Where.
    pub mark: Mark,
}

/// One document of a text.
#[derive(Clone, Debug)]
pub struct YamlDocument {
    /// Which document of the text, counted from 0; empty and unreadable ones count.
    pub index: u32,
    /// Where its content begins.
    pub start: Mark,
    /// The document's value (`Null` for an empty one), or why there is none.
    pub content: Result<Value, YamlError>,
    marks: Marks,
    /// Whether some key begins with `$`: most documents need no search for placeholders.
    pub(crate) has_dollar_keys: bool,
}

impl YamlDocument {
    /// Where the value at a JSON pointer stands; the nearest enclosing value's place where the pointer leads nowhere,
    /// so that a missing field is reported at the mapping it is missing from.
    pub fn position(&self, pointer: &str) -> Mark {
        match &self.content {
            Ok(value) => self.marks.value(value, pointer).unwrap_or(self.start),
            Err(error) => error.mark,
        }
    }

    /// Where the key of the mapping entry at a JSON pointer stands (of a list item: the item itself).
    pub fn key_position(&self, pointer: &str) -> Mark {
        match &self.content {
            Ok(value) => self.marks.key(value, pointer).unwrap_or(self.start),
            Err(error) => error.mark,
        }
    }

    /// The items of the list at a path of keys (`/spec/targets`), with their places; none where there is no list.
    pub(crate) fn items(&self, path: &str) -> impl Iterator<Item = Placed<'_>> {
        let at = path.split('/').skip(1).try_fold(self.placed(), |at, key| {
            let entry = at?.entries().find(|(name, _)| *name == key);
            Some(entry.map(|(_, placed)| placed))
        });
        at.flatten().into_iter().flat_map(Placed::items)
    }

    /// The document's value with the place of everything in it; nothing where it could not be read.
    pub(crate) fn placed(&self) -> Option<Placed<'_>> {
        let value = self.content.as_ref().ok()?;
        Some(self.marks.root(value, self.start))
    }

    /// Visits every value that `visit` wants to go into, with its place, parents before children.
    ///
    /// `visit` gets the path from the root (keys, and indices as text) and says whether to go on below that value.
    pub(crate) fn walk<'a>(&'a self, visit: &mut dyn FnMut(&[Step<'a>], &'a Value, Mark) -> bool) {
        if let Ok(value) = &self.content {
            self.marks.walk(value, self.start, visit);
        }
    }
}

/// One step of a path into a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step<'a> {
    /// An entry of a mapping.
    Key(&'a str),
    /// An item of a list.
    Index(usize),
}

/// Appends one step to a JSON pointer, escaping `~` and `/`.
pub(crate) fn push_pointer(pointer: &mut String, step: Step<'_>) {
    use std::fmt::Write as _;
    pointer.push('/');
    match step {
        Step::Key(key) if key.contains(['~', '/']) => {
            pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
        }
        Step::Key(key) => pointer.push_str(key),
        Step::Index(index) => match u8::try_from(index) {
            Ok(digit @ 0..=9) => pointer.push(char::from(b'0' + digit)),
            _ => {
                let _ = write!(pointer, "{index}");
            }
        },
    }
}
