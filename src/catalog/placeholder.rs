//! Placeholders: `$text: ./readme.md` and its like, which stand for the content of another file. Finding them and
//! putting content in their place happens here; reading the content is the caller's, who knows what may be read.

use serde_json::Value;

use super::yaml::{self, Mark, Step, YamlDocument, YamlLimits, js_number, push_pointer};

/// What becomes of a placeholder's content.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PlaceholderKind {
    /// `$text`: the content as it is.
    Text,
    /// `$json`: parsed as JSON.
    Json,
    /// `$yaml`: parsed as the one YAML document it must hold.
    Yaml,
    /// `$openapi`: the content as it is; references to further files are not bundled.
    OpenApi,
    /// `$asyncapi`: like `$openapi`.
    AsyncApi,
}

impl PlaceholderKind {
    fn of(key: &str) -> Option<Self> {
        match key {
            "$text" => Some(Self::Text),
            "$json" => Some(Self::Json),
            "$yaml" => Some(Self::Yaml),
            "$openapi" => Some(Self::OpenApi),
            "$asyncapi" => Some(Self::AsyncApi),
            _ => None,
        }
    }

    /// The key it is written as: `$text`.
    pub fn key(self) -> &'static str {
        match self {
            Self::Text => "$text",
            Self::Json => "$json",
            Self::Yaml => "$yaml",
            Self::OpenApi => "$openapi",
            Self::AsyncApi => "$asyncapi",
        }
    }
}

/// Content that somebody has to read before an entity is complete.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlaceholderRequest {
    /// The entity it is for.
    pub entity_ref: String,
    /// JSON pointer of the mapping that the content replaces.
    pub pointer: String,
    /// What becomes of the content.
    pub kind: PlaceholderKind,
    /// As written: an absolute URL, or a path relative to the file.
    pub target: String,
    /// 1-based line of the placeholder.
    pub line: u32,
    /// 1-based column.
    pub column: u32,
}

/// A placeholder found in a document: a request, or one that asks for nothing readable.
pub(super) struct Found {
    pub pointer: String,
    pub kind: PlaceholderKind,
    pub target: Option<String>,
    pub mark: Mark,
}

/// Finds the placeholders of a document. A mapping with a `$` key among several is left alone, and so is all below it.
pub(super) fn find(document: &YamlDocument) -> Vec<Found> {
    let mut found = Vec::new();
    if !document.has_dollar_keys {
        return found;
    }
    document.walk(&mut |path, value, mark| {
        let Value::Object(map) = value else {
            return true;
        };
        if !map.keys().any(|key| key.starts_with('$')) {
            return true;
        }
        if let (1, Some((key, target))) = (map.len(), map.iter().next())
            && let Some(kind) = PlaceholderKind::of(key)
        {
            let mut pointer = String::new();
            path.iter()
                .for_each(|step: &Step<'_>| push_pointer(&mut pointer, *step));
            found.push(Found {
                pointer,
                kind,
                target: target.as_str().map(str::to_owned),
                mark,
            });
        }
        false
    });
    found
}

/// What a placeholder's content stands for.
///
/// # Errors
/// Why it stands for nothing, worded as Backstage does.
pub(super) fn interpret(
    kind: PlaceholderKind,
    target: &str,
    content: String,
    limits: &YamlLimits,
) -> Result<Value, String> {
    let key = kind.key();
    match kind {
        PlaceholderKind::Text | PlaceholderKind::OpenApi | PlaceholderKind::AsyncApi => {
            Ok(Value::String(content))
        }
        PlaceholderKind::Json => serde_json::from_str(&content)
            .map(javascript_numbers)
            .map_err(|error| {
                format!("Placeholder {key} failed to parse JSON data at {target}, {error}")
            }),
        PlaceholderKind::Yaml => {
            let mut documents = yaml::parse(&content, limits);
            let count = documents.len();
            match documents.pop() {
                Some(document) if count == 1 => document.content.map_err(|error| {
                    format!(
                        "Placeholder {key} found an error in the data at {target}, {error} at line {}, column {}",
                        error.mark.line, error.mark.column
                    )
                }),
                _ => Err(format!(
                    "Placeholder {key} expected to find exactly one document of data at {target}, found {count}"
                )),
            }
        }
    }
}

/// Numbers as JavaScript's `JSON.parse` leaves them: doubles.
fn javascript_numbers(value: Value) -> Value {
    match value {
        Value::Number(n) => n.as_f64().map_or(Value::Null, js_number),
        Value::Array(items) => Value::Array(items.into_iter().map(javascript_numbers).collect()),
        Value::Object(map) => Value::Object(
            map.into_iter()
                .map(|(k, v)| (k, javascript_numbers(v)))
                .collect(),
        ),
        other => other,
    }
}
