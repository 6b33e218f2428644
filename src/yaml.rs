//! YAML of the files that a person configures callboard with (configuration, keymaps, themes), as values that
//! know their place.
//!
//! Scalars are resolved by YAML 1.2's core schema, as npm's `yaml` does for Backstage: `yes`, `on` and dates are
//! strings, `<<` is an ordinary key, a duplicate key is an error. Pure; bounded in size, depth and aliases. Its errors
//! never quote the file, which may hold secrets. (Entities have a parser of their own, in `catalog`.)

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_yaml::Spanned;
use serde_yaml::options::{MergeKeyPolicy, NonFiniteFloatPolicy};

/// Larger files are refused, in bytes.
pub const MAX_BYTES: usize = 4 * 1024 * 1024;

/// A value and where it stands.
#[derive(Clone, PartialEq, Debug)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// Where it begins.
    pub at: Place,
}

/// A place in a file; 1-based, columns in characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct Place {
    /// 1-based.
    pub line: u32,
    /// 1-based.
    pub column: u32,
}

impl Place {
    /// The first character of a file.
    pub const START: Place = Place { line: 1, column: 1 };
}

/// What a [`Node`] is.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number; infinities and NaN come as strings.
    Number(serde_json::Number),
    /// Text.
    String(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order of the file.
    Map(Vec<Entry>),
}

/// One key of a mapping and its value.
#[derive(Clone, PartialEq, Debug)]
pub struct Entry {
    /// The key as text, also where it looks like a number.
    pub key: String,
    /// Where the key begins.
    pub at: Place,
    /// Its value.
    pub node: Node,
}

impl Value {
    /// What it is called in a message.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(text) if text.is_empty() => "an empty string",
            Value::String(_) => "a string",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }
}

impl Node {
    /// The entries, where it is a mapping.
    pub fn entries(&self) -> Option<&[Entry]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The entry of that key, where it is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries()?.iter().find(|entry| entry.key == key)
    }

    /// The text, where it is a string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }
}

/// Why a text is not YAML, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct YamlError {
    /// In one line, without a full stop.
    pub message: String,
    /// Where; the start of the file where nothing better is known.
    pub at: Place,
}

/// Reads one document; an empty text is null.
///
/// # Errors
/// The text is not YAML, has several documents, or passes a limit.
pub fn parse(text: &str) -> Result<Node, YamlError> {
    if text.len() > MAX_BYTES {
        let message = format!("the file is larger than {} MiB", MAX_BYTES / 1024 / 1024);
        return Err(YamlError {
            message,
            at: Place::START,
        });
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut options = serde_yaml::options! {
        emit_comments: false,
        strict_booleans: true,
        merge_keys: MergeKeyPolicy::AsOrdinary,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        ignore_binary_tag_for_string: true,
        with_snippet: false,
    };
    options.alias_limits.max_total_replayed_events = 100_000;
    match serde_yaml::from_str_with_options::<Located>(text, options) {
        Ok(located) => Ok(located.0),
        Err(error) => {
            let at = error.location().map_or(Place::START, |location| Place {
                line: u32::try_from(location.line()).unwrap_or(u32::MAX).max(1),
                column: u32::try_from(location.column()).unwrap_or(u32::MAX).max(1),
            });
            Err(YamlError {
                message: plain_message(&error),
                at,
            })
        }
    }
}

/// The library's words without the place, which stands beside them, and in one line.
fn plain_message(error: &serde_yaml::Error) -> String {
    let text = error.without_snippet().to_string();
    let text = text.lines().next().unwrap_or("not valid YAML");
    let end = text
        .find(" at line ")
        .or_else(|| text.find(" (line "))
        .unwrap_or(text.len());
    let text = text
        .get(..end)
        .unwrap_or(text)
        .trim_end_matches([':', ' ', '.']);
    if text.is_empty() {
        "not valid YAML".into()
    } else {
        text.into()
    }
}

/// Gives a [`Node`] its place while it is read.
struct Located(Node);

impl<'de> Deserialize<'de> for Located {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Bare>::deserialize(deserializer)?;
        let at = place(&spanned);
        Ok(Located(Node {
            value: spanned.value.0,
            at,
        }))
    }
}

fn place<T>(spanned: &Spanned<T>) -> Place {
    let location = spanned.referenced;
    Place {
        line: u32::try_from(location.line()).unwrap_or(u32::MAX).max(1),
        column: u32::try_from(location.column()).unwrap_or(u32::MAX).max(1),
    }
}

/// A value whose own place is kept by [`Located`] around it.
struct Bare(Value);

impl<'de> Deserialize<'de> for Bare {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor).map(Bare)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a YAML value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    // Numbers past 64 bits are floats to npm's `yaml`.
    fn visit_i128<E: de::Error>(self, value: i128) -> Result<Value, E> {
        self.visit_f64(value as f64)
    }

    fn visit_u128<E: de::Error>(self, value: u128) -> Result<Value, E> {
        self.visit_f64(value as f64)
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Ok(match serde_json::Number::from_f64(value) {
            Some(number) => Value::Number(number),
            None => Value::String(value.to_string()),
        })
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Located(node)) = items.next_element()? {
            list.push(node);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Vec::new();
        while let Some(key) = entries.next_key::<Spanned<String>>()? {
            let Located(node) = entries.next_value()?;
            map.push(Entry {
                at: place(&key),
                key: key.value,
                node,
            });
        }
        Ok(Value::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(text: &str) -> Node {
        parse(text).expect("valid YAML")
    }

    #[test]
    fn every_value_and_key_knows_its_place() {
        let node =
            map("# comment\ncatalog:\n  locations:\n    - type: file\n      target: ./a.yaml\n");
        let catalog = node.get("catalog").expect("catalog");
        assert_eq!(catalog.at, Place { line: 2, column: 1 });
        let locations = catalog.node.get("locations").expect("locations");
        assert_eq!(locations.at, Place { line: 3, column: 3 });
        let Value::List(items) = &locations.node.value else {
            panic!("a list")
        };
        let target = items[0].get("target").expect("target");
        assert_eq!(
            target.node.at,
            Place {
                line: 5,
                column: 15
            }
        );
        assert_eq!(target.node.as_str(), Some("./a.yaml"));
    }

    #[test]
    fn scalars_are_resolved_as_yaml_1_2_has_them() {
        let node = map(
            "a: yes\nb: 2024-01-01\nc: 012\nd: null\ne: true\nf: '1'\ng: 1.5\nh:\ni: .inf\n1: one\n",
        );
        let value = |key: &str| node.get(key).map(|entry| entry.node.value.clone());
        assert_eq!(value("a"), Some(Value::String("yes".into())));
        assert_eq!(value("b"), Some(Value::String("2024-01-01".into())));
        assert_eq!(value("d"), Some(Value::Null));
        assert_eq!(value("e"), Some(Value::Bool(true)));
        assert_eq!(value("f"), Some(Value::String("1".into())));
        assert_eq!(value("h"), Some(Value::Null));
        assert_eq!(value("1"), Some(Value::String("one".into())));
        assert!(matches!(value("g"), Some(Value::Number(_))));
        assert!(matches!(value("i"), Some(Value::String(_))));
    }

    #[test]
    fn an_empty_file_and_a_byte_order_mark_are_fine() {
        assert_eq!(map("").value, Value::Null);
        assert_eq!(map("# nothing\n").value, Value::Null);
        assert!(map("\u{feff}a: 1\r\n").get("a").is_some());
    }

    #[test]
    fn merge_keys_are_ordinary_and_aliases_are_followed() {
        let node = map("a: &x {k: v}\nb: *x\n'<<': 1\nc:\n  <<: *x\n");
        assert_eq!(
            node.get("b")
                .and_then(|b| b.node.get("k"))
                .and_then(|k| k.node.as_str()),
            Some("v")
        );
        assert!(node.get("c").and_then(|c| c.node.get("<<")).is_some());
    }

    #[test]
    fn tags_of_other_programs_do_no_harm() {
        let node = map("a: !secret x\nb: !!python/name:os.system y\nc: !x {k: v}\nd: !y [1]\n");
        assert_eq!(node.get("a").and_then(|a| a.node.as_str()), Some("x"));
        assert!(node.get("c").and_then(|c| c.node.get("k")).is_some());
    }

    #[test]
    fn errors_have_a_place_and_quote_nothing() {
        let error = parse("a: 1\nb: [ghp_secret\nc: 2\n").expect_err("not YAML");
        assert!(error.at.line >= 2, "{error:?}");
        assert!(!error.message.contains("ghp_secret"), "{error:?}");
        let error = parse("a: 1\na: 2\n").expect_err("a duplicate key");
        assert_eq!(error.at.line, 2, "{error:?}");
        assert!(parse("a: 1\n---\nb: 2\n").is_err());
    }

    #[test]
    fn hostile_files_are_errors() {
        assert!(parse(&"[".repeat(100_000)).is_err());
        assert!(parse(&"a:\n ".repeat(20_000)).is_err());
        let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for level in 1..12 {
            let alias = vec![format!("*a{}", level - 1); 10].join(",");
            bomb.push_str(&format!("a{level}: &a{level} [{alias}]\n"));
        }
        assert!(parse(&bomb).is_err());
        assert!(parse(&"x".repeat(MAX_BYTES + 1)).is_err());
    }
}
