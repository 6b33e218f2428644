//! Laying files over one another and resolving what callboard reads, and nothing else.
//!
//! As Backstage: mappings merge, lists and scalars replace, `null` removes what lies below, and a value that is absent
//! because its variable is not set lets the one below through. An object with the single key `$env`, `$file` or `$include` stands
//! for what it names. Files are read only here, and only those that are referred to.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;

use super::keys::{KeyInfo, Kind};
use super::problem::{ConfigProblem, UnsetVariable};
use super::schema::Schema;
use super::secret::Secret;
use super::source::{Failure, MAX_FILE_VALUE, Source, folder_of, read_referenced};
use super::substitute::substitute;
use super::tree::{Tree, TreeValue, names_a_secret, origin};
use crate::catalog::Severity;
use crate::text::nearest;
use crate::yaml::{self, Node, Place, Value};

const REFERENCES: [&str; 3] = ["$file", "$env", "$include"];
/// An `$include` may lead to another so many times.
const MOST_INCLUDES_IN_A_ROW: u8 = 10;
/// So many files may be referred to in all.
const MOST_REFERENCES: usize = 500;

/// One file's say about a place.
#[derive(Clone)]
struct Layer<'a> {
    node: Cow<'a, Node>,
    file: Arc<Path>,
    dir: Arc<Path>,
    includes: u8,
}

impl<'a> Layer<'a> {
    fn with(&self, node: Cow<'a, Node>) -> Layer<'a> {
        Layer {
            node,
            file: self.file.clone(),
            dir: self.dir.clone(),
            includes: self.includes,
        }
    }

    fn tree(&self, value: TreeValue) -> Tree {
        Tree {
            value,
            origin: origin(&self.file, self.node.at),
            dir: self.dir.clone(),
        }
    }
}

/// Resolves, and notes what goes wrong on the way.
pub(super) struct Resolver<'e> {
    pub env: &'e dyn Fn(&str) -> Option<String>,
    pub problems: Vec<ConfigProblem>,
    pub unset: Vec<UnsetVariable>,
    references: usize,
}

impl<'e> Resolver<'e> {
    pub fn new(env: &'e dyn Fn(&str) -> Option<String>) -> Self {
        Self {
            env,
            problems: Vec::new(),
            unset: Vec::new(),
            references: 0,
        }
    }

    /// Lays the sources over one another, the last on top.
    pub fn resolve(&mut self, sources: &[Source], schema: &Schema) -> Option<Tree> {
        let layers = sources
            .iter()
            .rev()
            .map(|source| Layer {
                node: Cow::Borrowed(&source.root),
                file: source.file.clone(),
                dir: source.dir.clone(),
                includes: 0,
            })
            .collect();
        self.walk(layers, schema, "")
    }

    fn error(&mut self, layer: &Layer<'_>, key: &str, message: String, hint: Option<String>) {
        let origin = Some(origin(&layer.file, layer.node.at));
        let severity = Severity::Error;
        self.problems.push(ConfigProblem {
            severity,
            key: key.to_owned(),
            origin,
            message,
            hint,
        });
    }

    /// `layers`: highest first.
    fn walk(&mut self, layers: Vec<Layer<'_>>, schema: &Schema, path: &str) -> Option<Tree> {
        let mut maps = Vec::new();
        for layer in layers {
            let Some(layer) = self.concrete(layer, path) else {
                continue;
            };
            match &layer.node.value {
                Value::Map(_) => maps.push(layer),
                _ if !maps.is_empty() => break,
                Value::Null => return None,
                Value::List(_) => return self.list(&layer, schema, path),
                _ => return self.scalar(&layer, schema, path),
            }
        }
        let top = maps.first()?;
        match schema.leaf.map(|info| info.kind) {
            Some(Kind::Duration | Kind::Frequency | Kind::Allow) => {
                self.map(&maps, &Schema::default(), path, true)
            }
            Some(_) => {
                self.unwanted(top, schema, path);
                None
            }
            None if schema.named.is_empty() && schema.any.is_none() => {
                self.unwanted(top, schema, path);
                None
            }
            None => self.map(&maps, schema, path, false),
        }
    }

    fn unwanted(&mut self, layer: &Layer<'_>, schema: &Schema, path: &str) {
        let message = format!(
            "`{path}` is {}, {} is wanted",
            layer.node.value.type_name(),
            schema.wanted()
        );
        self.error(layer, path, message, None);
    }

    fn map(&mut self, maps: &[Layer<'_>], schema: &Schema, path: &str, all: bool) -> Option<Tree> {
        let top = maps.first()?;
        let mut merged: IndexMap<&str, (Place, Vec<Layer<'_>>)> = IndexMap::new();
        for layer in maps {
            for entry in layer.node.entries().unwrap_or_default() {
                let child = layer.with(Cow::Borrowed(&entry.node));
                merged
                    .entry(&entry.key)
                    .or_insert_with(|| (entry.at, Vec::new()))
                    .1
                    .push(child);
            }
        }
        let is_single =
            schema.any.is_none() || schema.single_if.iter().any(|key| merged.contains_key(key));
        let names = schema.siblings();
        let names = names.as_slice();
        let mut entries = Vec::with_capacity(merged.len());
        for (key, (at, layers)) in merged {
            let path = join(path, key);
            let tree = if all {
                self.generic(layers, &path)
            } else if let Some(child) = schema.child(key, is_single) {
                self.walk(layers, child, &path)
            } else {
                if let Some(layer) = layers.first() {
                    self.unknown(layer, &path, key, at, if is_single { names } else { &[] });
                }
                raw(&layers, names_a_secret(key))
            };
            entries.extend(tree.map(|tree| (key.to_owned(), tree)));
        }
        Some(top.tree(TreeValue::Map(entries)))
    }

    /// A key that the table does not have: callboard's own section must not have it; elsewhere it is another
    /// program's, unless it looks like a slip beside keys that callboard reads.
    fn unknown(
        &mut self,
        layer: &Layer<'_>,
        path: &str,
        key: &str,
        at: Place,
        names: &[&'static str],
    ) {
        let own = path.starts_with("callboard.");
        let deep = path.matches(['.', '[']).count() >= 2;
        let near = nearest(key, names.iter().copied());
        if !(own || deep && near.is_some()) {
            return;
        }
        let hint = near.map(|name| format!("did you mean `{name}`?"));
        let hint = hint.or_else(|| own.then(|| format!("known here: {}", names.join(", "))));
        self.problems.push(ConfigProblem {
            severity: Severity::Warning,
            key: path.to_owned(),
            origin: Some(origin(&layer.file, at)),
            message: format!("callboard does not know the key `{path}`"),
            hint,
        });
    }

    fn list(&mut self, layer: &Layer<'_>, schema: &Schema, path: &str) -> Option<Tree> {
        let Some(item) = &schema.item else {
            self.unwanted(layer, schema, path);
            return None;
        };
        let Value::List(nodes) = &layer.node.value else {
            return None;
        };
        let mut items = Vec::with_capacity(nodes.len());
        for (index, node) in nodes.iter().enumerate() {
            let path = format!("{path}[{index}]");
            items.extend(self.walk(vec![layer.with(Cow::Borrowed(node))], item, &path));
        }
        Some(layer.tree(TreeValue::List(items)))
    }

    fn scalar(&mut self, layer: &Layer<'_>, schema: &Schema, path: &str) -> Option<Tree> {
        let value = match (&layer.node.value, schema.leaf) {
            (_, None) => None,
            (value, Some(info)) => leaf(value, info),
        };
        match value {
            Some(value) => Some(layer.tree(value)),
            None => {
                self.unwanted_scalar(layer, schema, path);
                None
            }
        }
    }

    fn unwanted_scalar(&mut self, layer: &Layer<'_>, schema: &Schema, path: &str) {
        let Some(KeyInfo {
            kind: Kind::OneOf(words),
            ..
        }) = schema.leaf
        else {
            return self.unwanted(layer, schema, path);
        };
        let near = layer
            .node
            .as_str()
            .and_then(|text| nearest(text, words.iter().copied()));
        let hint = near.map(|word| format!("did you mean `{word}`?"));
        self.error(
            layer,
            path,
            format!("`{path}` is one of: {}", words.join(", ")),
            hint,
        );
    }

    /// Values below a place that has no table of its own (a duration, a rule's kind): everything is resolved.
    fn generic(&mut self, layers: Vec<Layer<'_>>, path: &str) -> Option<Tree> {
        let layer = layers
            .into_iter()
            .find_map(|layer| self.concrete(layer, path))?;
        let value = match &layer.node.value {
            Value::Bool(on) => TreeValue::Bool(*on),
            Value::Number(number) => TreeValue::Number(number.clone()),
            Value::String(text) => TreeValue::Text(text.clone()),
            _ => return None,
        };
        Some(layer.tree(value))
    }

    /// Resolves references until a value stands there; `None` where it is absent.
    fn concrete<'a>(&mut self, mut layer: Layer<'a>, path: &str) -> Option<Layer<'a>> {
        loop {
            match &layer.node.value {
                Value::String(text) => {
                    if !text.contains("${") {
                        return Some(layer);
                    }
                    let text = self.substituted(&layer, text, path)?;
                    let node = Node {
                        value: Value::String(text),
                        at: layer.node.at,
                    };
                    return Some(layer.with(Cow::Owned(node)));
                }
                Value::Map(entries) => {
                    let Some(entry) = entries
                        .iter()
                        .find(|entry| REFERENCES.contains(&entry.key.as_str()))
                    else {
                        return Some(layer);
                    };
                    if entries.len() != 1 {
                        let message =
                            format!("`{path}`: no other key may stand beside `{}`", entry.key);
                        self.error(&layer, path, message, None);
                        return None;
                    }
                    let Some(target) = entry.node.as_str() else {
                        let message = format!("`{path}`: `{}` names a string", entry.key);
                        self.error(&layer, path, message, None);
                        return None;
                    };
                    let target = self.substituted(&layer, target, path)?;
                    let text = match entry.key.as_str() {
                        "$env" => self.variable(&layer, &target, path)?,
                        "$file" => self.file(&layer, &target, path)?,
                        _ => {
                            layer = self.include(&layer, &target, path)?;
                            continue;
                        }
                    };
                    let node = Node {
                        value: Value::String(text),
                        at: layer.node.at,
                    };
                    return Some(layer.with(Cow::Owned(node)));
                }
                _ => return Some(layer),
            }
        }
    }

    fn note_unset(&mut self, layer: &Layer<'_>, name: &str, key: &str, empty: bool) {
        let origin = origin(&layer.file, layer.node.at);
        self.unset.push(UnsetVariable {
            name: name.to_owned(),
            key: key.to_owned(),
            origin,
            empty,
        });
    }

    fn substituted(&mut self, layer: &Layer<'_>, text: &str, path: &str) -> Option<String> {
        match substitute(text, self.env) {
            Ok(text) => Some(text),
            Err(unset) => {
                self.note_unset(layer, &unset.name, path, unset.empty);
                None
            }
        }
    }

    fn variable(&mut self, layer: &Layer<'_>, name: &str, path: &str) -> Option<String> {
        let value = (self.env)(name).map(|value| value.trim().to_owned());
        match value {
            Some(value) if !value.is_empty() => Some(value),
            other => {
                self.note_unset(layer, name, path, other.is_some());
                None
            }
        }
    }

    /// Counts a file that is referred to; `None` where there are too many.
    fn referenced(&mut self, layer: &Layer<'_>, target: &str, path: &str) -> Option<PathBuf> {
        self.references += 1;
        if self.references > MOST_REFERENCES {
            if self.references == MOST_REFERENCES + 1 {
                let message = format!(
                    "more than {MOST_REFERENCES} files are referred to; the rest is left out"
                );
                self.error(layer, path, message, None);
            }
            return None;
        }
        Some(layer.dir.join(target))
    }

    fn file(&mut self, layer: &Layer<'_>, target: &str, path: &str) -> Option<String> {
        let file = self.referenced(layer, target, path)?;
        match read_referenced(&file, MAX_FILE_VALUE) {
            Ok(text) => Some(text.trim_end().to_owned()),
            Err(failure) => {
                self.unreadable(layer, path, &file, &failure);
                None
            }
        }
    }

    fn unreadable(&mut self, layer: &Layer<'_>, path: &str, file: &Path, failure: &Failure) {
        let message = format!("`{path}` refers to {}: {failure}", file.display());
        self.error(layer, path, message, None);
    }

    fn include<'a>(&mut self, layer: &Layer<'a>, target: &str, path: &str) -> Option<Layer<'a>> {
        let (name, inside) = target.split_once('#').unwrap_or((target, ""));
        if layer.includes >= MOST_INCLUDES_IN_A_ROW {
            let message =
                format!("`{path}`: more than {MOST_INCLUDES_IN_A_ROW} files include one another");
            self.error(layer, path, message, None);
            return None;
        }
        if !matches!(
            Path::new(name).extension().and_then(|end| end.to_str()),
            Some("yaml" | "yml" | "json")
        ) {
            let message =
                format!("`{path}`: only .yaml, .yml and .json files can be included, not {name}");
            self.error(layer, path, message, None);
            return None;
        }
        let file = self.referenced(layer, name, path)?;
        let text = match read_referenced(&file, yaml::MAX_BYTES) {
            Ok(text) => text,
            Err(failure) => {
                self.unreadable(layer, path, &file, &failure);
                return None;
            }
        };
        let mut node = match yaml::parse(&text) {
            Ok(node) => node,
            Err(error) => {
                let (line, column) = (error.at.line, error.at.column);
                let message = format!(
                    "`{path}` includes {}:{line}:{column}: {}",
                    file.display(),
                    error.message
                );
                self.error(layer, path, message, None);
                return None;
            }
        };
        for part in inside.split('.').filter(|part| !part.is_empty()) {
            let found = match node.value {
                Value::Map(entries) => entries.into_iter().find(|entry| entry.key == part),
                _ => None,
            };
            match found {
                Some(entry) => node = entry.node,
                None => {
                    let message = format!("`{path}` includes {target}, which has no `{part}`");
                    self.error(layer, path, message, None);
                    return None;
                }
            }
        }
        let dir = folder_of(&file).into();
        Some(Layer {
            node: Cow::Owned(node),
            file: file.into(),
            dir,
            includes: layer.includes + 1,
        })
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

/// A scalar as its key wants it; `None` where it does not fit.
fn leaf(value: &Value, info: &KeyInfo) -> Option<TreeValue> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(on) => on.to_string(),
        _ => return None,
    };
    Some(match info.kind {
        _ if text.is_empty() => return None,
        Kind::Text
        | Kind::Path
        | Kind::NameOrFile
        | Kind::Duration
        | Kind::Frequency
        | Kind::Allow => TreeValue::Text(text),
        Kind::Secret => TreeValue::Secret(Secret::new(text)),
        Kind::OneOf(words) => TreeValue::Text(words.contains(&text.as_str()).then_some(text)?),
        Kind::Integer => TreeValue::Number(text.trim().parse::<u64>().ok()?.into()),
        // The words that Backstage's reader takes.
        Kind::Bool => TreeValue::Bool(match text.trim().to_ascii_lowercase().as_str() {
            "true" | "y" | "yes" | "1" | "on" => true,
            "false" | "n" | "no" | "0" | "off" => false,
            _ => return None,
        }),
    })
}

/// What other programs read: merged and not resolved, with what is secret by its name hidden.
fn raw(layers: &[Layer<'_>], secret: bool) -> Option<Tree> {
    let top = layers.first()?;
    let text = |text: String| {
        if secret || has_password(&text) {
            TreeValue::Secret(Secret::new(text))
        } else {
            TreeValue::Text(text)
        }
    };
    let value = match &top.node.value {
        Value::Null => return None,
        Value::Bool(on) => TreeValue::Bool(*on),
        Value::Number(number) if secret => text(number.to_string()),
        Value::Number(number) => TreeValue::Number(number.clone()),
        // A reference to a variable says where the secret is, not what it is.
        Value::String(string) if is_reference(string) => TreeValue::Text(string.clone()),
        Value::String(string) => text(string.clone()),
        Value::List(nodes) => TreeValue::List(
            nodes
                .iter()
                .filter_map(|node| raw(&[top.with(Cow::Borrowed(node))], secret))
                .collect(),
        ),
        Value::Map(_) => {
            let mut merged: IndexMap<&str, Vec<Layer<'_>>> = IndexMap::new();
            for layer in layers
                .iter()
                .take_while(|layer| layer.node.entries().is_some())
            {
                for entry in layer.node.entries().unwrap_or_default() {
                    merged
                        .entry(&entry.key)
                        .or_default()
                        .push(layer.with(Cow::Borrowed(&entry.node)));
                }
            }
            let entries = merged.into_iter().filter_map(|(key, layers)| {
                let hidden = !REFERENCES.contains(&key) && (secret || names_a_secret(key));
                raw(&layers, hidden).map(|tree| (key.to_owned(), tree))
            });
            TreeValue::Map(entries.collect())
        }
    };
    Some(top.tree(value))
}

/// Whether a text is nothing but one reference to a variable, without a default that could be the secret itself.
fn is_reference(text: &str) -> bool {
    let inside = text
        .trim()
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'));
    inside.is_some_and(|name| {
        !name.is_empty()
            && name
                .chars()
                .all(|char| char.is_ascii_alphanumeric() || char == '_')
    })
}

/// Whether an address has a password in it: `postgres://user:password@host`.
fn has_password(text: &str) -> bool {
    text.split("://").skip(1).any(|rest| {
        let authority = rest.split(['/', '?', '#', ' ']).next().unwrap_or_default();
        authority
            .rsplit_once('@')
            .is_some_and(|(user, _)| user.contains(':'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_with_a_password_is_a_secret_and_a_reference_is_not() {
        assert!(has_password("postgres://user:pw@host/db"));
        assert!(!has_password("https://example.com:8080/a@b"));
        assert!(is_reference("${TOKEN}"));
        assert!(!is_reference("${TOKEN:-abc}"));
        assert!(!is_reference("abc${TOKEN}"));
    }

    #[test]
    fn a_known_secret_is_hidden_from_debug_output() {
        let info = KeyInfo {
            path: "token",
            kind: Kind::Secret,
            doc: "",
        };
        let hidden = leaf(&Value::String("ghp_x".into()), &info);
        assert!(!format!("{hidden:?}").contains("ghp_x"));
    }
}
