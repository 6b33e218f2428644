//! The merged configuration for people and programs, secrets masked.

use serde_json::{Map, Value, json};

use super::settings::Origin;
use super::tree::{Tree, TreeValue, names_a_secret};
use crate::text::{clean, json_escape};

/// What stands in the place of a secret.
const MASK: &str = "********";

/// A value of the merged configuration. Secrets are gone from it.
#[derive(Clone, PartialEq, Debug)]
pub struct ShownValue {
    value: Shown,
    origin: Origin,
}

#[derive(Clone, PartialEq, Debug)]
enum Shown {
    Scalar(Value),
    List(Vec<ShownValue>),
    Map(Vec<(String, ShownValue)>),
}

pub(super) fn shown(tree: &Tree) -> ShownValue {
    let value = match &tree.value {
        TreeValue::Bool(on) => Shown::Scalar((*on).into()),
        TreeValue::Number(number) => Shown::Scalar(number.clone().into()),
        TreeValue::Text(text) => Shown::Scalar(without_credentials(text).into()),
        TreeValue::Secret(_) => Shown::Scalar(MASK.into()),
        TreeValue::List(items) => Shown::List(items.iter().map(shown).collect()),
        TreeValue::Map(entries) => Shown::Map(
            entries
                .iter()
                .map(|(key, tree)| (key.clone(), shown(tree)))
                .collect(),
        ),
    };
    ShownValue {
        value,
        origin: tree.origin.clone(),
    }
}

/// Text whose addresses have no user information and no value of a query key that names a secret.
fn without_credentials(text: &str) -> String {
    let mut parts = text.split("://");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str("://");
        let end = part.find(['/', '?', '#', ' ']).unwrap_or(part.len());
        let host = part.get(..end).and_then(|authority| authority.rfind('@'));
        let rest = host.and_then(|at| part.get(at..));
        if rest.is_some() {
            out.push_str(MASK);
        }
        for pair in rest
            .unwrap_or(part)
            .split_inclusive(['?', '&', '#', ';', ' '])
        {
            match pair.split_once('=') {
                Some((key, value)) if names_a_secret(key) || is_signature(key) => {
                    out.push_str(&format!("{key}={MASK}"));
                    let separator = value.chars().last();
                    out.extend(separator.filter(|char| "?&#; ".contains(*char)));
                }
                _ => out.push_str(pair),
            }
        }
    }
    // What an address parser takes for user information although it is not written the usual way, and what may be an
    // address with a raw `#`, `/` or `?` in its password, is not shown at all.
    let odd = match url::Url::parse(&out) {
        Ok(url) => url.password().is_some() || !url.username().is_empty() && url.username() != MASK,
        Err(_) => out.contains("://") && out.contains('@') && !out.contains(&format!("{MASK}@")),
    };
    if odd { MASK.to_owned() } else { out }
}

/// Whether a query key makes its address a key to what it leads to.
fn is_signature(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    matches!(key.as_str(), "sig" | "auth") || key.ends_with("signature")
}

impl ShownValue {
    /// The configuration as JSON.
    pub fn to_json(&self) -> Value {
        match &self.value {
            Shown::Scalar(value) => value.clone(),
            Shown::List(items) => items.iter().map(ShownValue::to_json).collect(),
            Shown::Map(entries) => Value::Object(
                entries
                    .iter()
                    .map(|(key, value)| (key.clone(), value.to_json()))
                    .collect::<Map<_, _>>(),
            ),
        }
    }

    /// Every single value with its key and place: `[{"key", "value", "file", "line", "column"}]`.
    pub fn to_json_with_origins(&self) -> Value {
        let mut rows = Vec::new();
        self.rows("", &mut rows);
        Value::Array(rows)
    }

    fn rows(&self, key: &str, rows: &mut Vec<Value>) {
        let mut row = |value: Value| {
            rows.push(json!({
                "key": key,
                "value": value,
                "file": self.origin.file.to_string_lossy(),
                "line": self.origin.line,
                "column": self.origin.column,
            }));
        };
        match &self.value {
            Shown::Scalar(value) => row(value.clone()),
            Shown::List(items) if items.is_empty() => row(json!([])),
            Shown::Map(entries) if entries.is_empty() => row(json!({})),
            Shown::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    item.rows(&format!("{key}[{index}]"), rows);
                }
            }
            Shown::Map(entries) => {
                for (name, value) in entries {
                    let key = if key.is_empty() {
                        name.clone()
                    } else {
                        format!("{key}.{name}")
                    };
                    value.rows(&key, rows);
                }
            }
        }
    }

    /// YAML, safe for a terminal; with a comment behind each value that says where it stands, where that is wanted.
    pub fn to_yaml(&self, origins: bool) -> String {
        let mut out = String::new();
        self.yaml(&mut out, 0, origins);
        out
    }

    // As deep as the files it comes from, which are bounded.
    fn yaml(&self, out: &mut String, indent: usize, origins: bool) {
        match &self.value {
            Shown::Map(entries) if !entries.is_empty() => {
                for (position, (key, value)) in entries.iter().enumerate() {
                    if position > 0 {
                        out.push_str(&" ".repeat(indent));
                    }
                    out.push_str(&scalar(&Value::String(key.clone())));
                    out.push(':');
                    match value.value {
                        Shown::Map(ref inner) if !inner.is_empty() => {
                            value.below(out, indent + 2, origins)
                        }
                        Shown::List(ref inner) if !inner.is_empty() => {
                            value.below(out, indent + 2, origins)
                        }
                        _ => {
                            out.push(' ');
                            value.yaml(out, indent, origins);
                        }
                    }
                }
            }
            Shown::List(items) if !items.is_empty() => {
                for (position, item) in items.iter().enumerate() {
                    if position > 0 {
                        out.push_str(&" ".repeat(indent));
                    }
                    out.push_str("- ");
                    item.yaml(out, indent + 2, origins);
                }
            }
            other => {
                match other {
                    Shown::Scalar(value) => out.push_str(&scalar(value)),
                    Shown::List(_) => out.push_str("[]"),
                    Shown::Map(_) => out.push_str("{}"),
                }
                if origins {
                    let origin = &self.origin;
                    let place = format!("  # {}:{}", origin.file.display(), origin.line);
                    out.push_str(&clean(&place));
                }
                out.push('\n');
            }
        }
    }

    fn below(&self, out: &mut String, indent: usize, origins: bool) {
        out.push('\n');
        out.push_str(&" ".repeat(indent));
        self.yaml(out, indent, origins);
    }
}

/// A scalar on one line: plain where it cannot be mistaken, else in JSON's quotes, which are YAML's too.
fn scalar(value: &Value) -> String {
    let Value::String(text) = value else {
        return value.to_string();
    };
    let safe = |char: char| char.is_alphanumeric() || "_./$~@+".contains(char);
    let plain = text
        .chars()
        .all(|char| safe(char) || "-:* {}".contains(char))
        && text.starts_with(|char: char| safe(char) && char != '@')
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !is_other_scalar(text);
    if plain || text == MASK {
        return if text == MASK {
            format!("\"{MASK}\"")
        } else {
            text.clone()
        };
    }
    json_escape(&value.to_string()).into_owned()
}

/// Whether plain text would be read back as something else than text.
fn is_other_scalar(text: &str) -> bool {
    let word = text.to_ascii_lowercase();
    matches!(
        word.as_str(),
        "null" | "~" | "true" | "false" | "yes" | "no" | "on" | "off" | ".nan" | ".inf"
    ) || text.starts_with(|char: char| char.is_ascii_digit() || char == '.' || char == '+')
        && text
            .chars()
            .all(|char| char.is_ascii_alphanumeric() || ".+-_:".contains(char))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_shown_without_what_opens_them() {
        for (text, shown) in [
            (
                "https://ghp_x@github.com/a/b",
                "https://********@github.com/a/b",
            ),
            ("https://u:p@ss@host/a?x=1", "https://********@host/a?x=1"),
            (
                "https://h/a?token=x&page=2&api_key=y#z",
                "https://h/a?token=********&page=2&api_key=********#z",
            ),
            (
                "https://h/a?X-Amz-Signature=x",
                "https://h/a?X-Amz-Signature=********",
            ),
            ("https://u:p#x@host/", MASK),
            ("https:/u:p@host/", MASK),
        ] {
            assert_eq!(without_credentials(text), shown);
        }
    }

    #[test]
    fn other_text_is_shown_as_it_is() {
        for text in [
            "https://github.com/a/b/blob/main/@x/*.yaml?raw=1",
            "https://${HOST}:7007",
            "mail me@example.com",
            "a=b; token=none",
            "./catalog/all.yaml",
        ] {
            assert_eq!(without_credentials(text), text);
        }
    }
}
