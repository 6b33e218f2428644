//! Where a field stands: keys of objects and items of lists, from the root of the answers.
//!
//! An item is named by a number it keeps while it is moved, so what is known of it (what was typed, whether it was left,
//! which branch was chosen) moves along by itself.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One step of a [`FieldPath`].
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Segment {
    /// An item of a list, by the number it was given when it was added; not its place.
    Item(u32),
    /// A property of an object.
    Key(String),
}

/// Where a field stands. The empty path is the whole form.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FieldPath(Vec<Segment>);

impl FieldPath {
    /// The whole form.
    pub fn root() -> Self {
        Self::default()
    }

    /// A property of this object.
    pub fn key(&self, name: &str) -> Self {
        self.with(Segment::Key(name.to_owned()))
    }

    /// An item of this list.
    pub fn item(&self, id: u32) -> Self {
        self.with(Segment::Item(id))
    }

    fn with(&self, segment: Segment) -> Self {
        let mut segments = Vec::with_capacity(self.0.len() + 1);
        segments.extend_from_slice(&self.0);
        segments.push(segment);
        Self(segments)
    }

    /// A property of the form by its name: the path of most fields.
    pub fn of(name: &str) -> Self {
        Self::root().key(name)
    }

    /// The steps, outermost first.
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// The object or list that this stands in; nothing for the root.
    pub fn parent(&self) -> Option<Self> {
        let (_, front) = self.0.split_last()?;
        Some(Self(front.to_vec()))
    }

    /// The last step.
    pub fn last(&self) -> Option<&Segment> {
        self.0.last()
    }

    /// The name of the nearest property: the parameter's own name, for an item that of its list.
    pub fn name(&self) -> &str {
        let key = self.0.iter().rev().find_map(|segment| match segment {
            Segment::Key(key) => Some(key.as_str()),
            Segment::Item(_) => None,
        });
        key.unwrap_or_default()
    }

    /// Whether this is the other path or stands below it.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }

    /// This path with `from` at its front replaced by `to`; nothing where it does not begin so.
    pub(super) fn rebased(&self, from: &Self, to: &Self) -> Option<Self> {
        let rest = self.0.strip_prefix(from.0.as_slice())?;
        let mut segments = to.0.clone();
        segments.extend_from_slice(rest);
        Some(Self(segments))
    }
}

/// As a person would write it: `service.ports[2]`. For items that is their own number, not their place.
impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Key(key) if at == 0 => f.write_str(key)?,
                Segment::Key(key) => write!(f, ".{key}")?,
                Segment::Item(id) => write!(f, "[{id}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_as_a_person_writes_it() {
        let path = FieldPath::of("service").key("ports").item(2);
        assert_eq!(path.to_string(), "service.ports[2]");
        assert_eq!(path.name(), "ports");
        assert!(path.is_within(&FieldPath::of("service")));
        assert!(!path.is_within(&FieldPath::of("serv")));
    }

    #[test]
    fn a_path_survives_being_written_down() {
        let path = FieldPath::of("a").item(3).key("3");
        let text = serde_json::to_string(&path).unwrap();
        assert_eq!(text, r#"["a",3,"3"]"#);
        assert_eq!(serde_json::from_str::<FieldPath>(&text).unwrap(), path);
    }
}
