//! What is wrong with an answer, in the template's words or a person's.

mod pattern;

use serde_json::Value;

use super::build::{Row, Words};
use super::field::Kind;
use super::path::Segment;
use super::picker::{valid_entity_name, valid_tag};
use super::validators::Validators;
use crate::catalog::EntityRef;
use crate::schema::Violation;
use crate::text;

pub use pattern::pattern_words;

/// Texts longer than this are cut in messages.
const SHORT: usize = 80;

/// What is wrong with a row's answer; nothing where it is right.
pub(super) fn problem(row: &Row, validators: &Validators) -> Option<String> {
    let field = &row.field;
    let Some(value) = &field.value else {
        return field.required.then(|| {
            told(row, "required").unwrap_or_else(|| match field.kind {
                Kind::Choice { .. } | Kind::Toggle { .. } => "Choose one".to_owned(),
                _ => "This is needed".to_owned(),
            })
        });
    };
    if matches!(field.path.last(), Some(Segment::Item(_)))
        && value.is_null()
        && !matches!(field.kind, Kind::Null)
    {
        return Some("Fill this in, or remove it".to_owned());
    }
    if let Some(unreadable) = &row.unreadable {
        return Some(told(row, "type").unwrap_or_else(|| unreadable.clone()));
    }
    if let Some(problem) = picked(row, value) {
        return Some(problem);
    }
    let violations = validators.check(&row.schema, value);
    violations
        .first()
        .map(|violation| worded(row, violation))
        .or_else(|| {
            let broken = !validators.allows(&row.schema, value);
            broken.then(|| "This is not what the template takes".to_owned())
        })
}

/// What Backstage's own fields check beside the schema.
fn picked(row: &Row, value: &Value) -> Option<String> {
    match (&row.field.kind, value) {
        (Kind::EntityName, Value::String(name)) if !valid_entity_name(name) => Some(
            "Must begin and end with a letter or number, with only letters, numbers, hyphens, underscores and periods \
             between, at most 63"
                .to_owned(),
        ),
        (Kind::Tags(_), Value::Array(tags)) => tags
            .iter()
            .filter_map(Value::as_str)
            .find(|tag| !valid_tag(tag))
            .map(|tag| {
                format!(
                    "{} is no tag: lowercase letters, numbers, + and #, joined by single hyphens, at most 63",
                    text::clean(tag)
                )
            }),
        (Kind::Entities(_), Value::Array(references)) => references
            .iter()
            .filter_map(Value::as_str)
            .find(|reference| EntityRef::parse(reference, None, "default").is_err())
            .map(|reference| format!("{} is not a valid entity ref", text::clean(reference))),
        (Kind::RepoUrl(picker), Value::String(stored)) => picker.problem(stored),
        _ => None,
    }
}

/// The template's own words for a keyword: `errorMessage` of the field, or of what it stands in.
fn told(row: &Row, keyword: &str) -> Option<String> {
    row.words
        .iter()
        .find_map(|words| match &words.property {
            None if keyword == "required" => None,
            None => match &words.written {
                Value::String(all) => Some(all.clone()),
                Value::Object(by) => said(by.get(keyword)).or_else(|| said(by.get("_"))),
                _ => None,
            },
            Some(name) => outer(words, name, keyword),
        })
        .map(|message| text::clean_multiline(&message).into_owned())
}

fn outer(words: &Words, name: &str, keyword: &str) -> Option<String> {
    let by = words.written.as_object()?;
    if keyword == "required" {
        return match by.get("required") {
            Some(Value::String(all)) => Some(all.clone()),
            Some(Value::Object(each)) => said(each.get(name)),
            _ => None,
        };
    }
    said(by.get("properties")?.get(name))
}

fn said(value: Option<&Value>) -> Option<String> {
    value?.as_str().map(str::to_owned)
}

fn worded(row: &Row, violation: &Violation) -> String {
    let own = violation.path.is_empty();
    if let Some(message) = told(row, &violation.name).filter(|_| own) {
        return message;
    }
    // Somewhere inside a value written as YAML.
    if !own {
        return format!(
            "{} {}",
            text::clean(
                violation
                    .property()
                    .trim_start_matches("instance")
                    .trim_start_matches('.')
            ),
            text::clean(&violation.message)
        );
    }
    plain(violation, &row.field.kind)
}

/// A violation in a person's words.
pub(super) fn plain(violation: &Violation, kind: &Kind) -> String {
    let argument = &violation.argument;
    let count = |one: &str, many: &str| {
        let number = argument.to_string();
        if number == "1" {
            format!("1 {one}")
        } else {
            format!("{number} {many}")
        }
    };
    let listed = |value: &Value| match value {
        Value::Array(list) => {
            let mut names: Vec<String> = list.iter().take(8).map(shown).collect();
            if list.len() > 8 {
                names.push("…".to_owned());
            }
            names.join(", ")
        }
        other => shown(other),
    };
    match violation.name.as_str() {
        "required" => format!("{} is needed", shown(argument)),
        "type" => match argument
            .as_array()
            .and_then(|types| types.first()?.as_str())
        {
            Some("integer") => "This must be a whole number".to_owned(),
            Some("number") => "This must be a number".to_owned(),
            Some("boolean") => "This must be yes or no".to_owned(),
            Some("string") => "This must be a text".to_owned(),
            Some("array") => "This must be a list".to_owned(),
            Some("object") => "This must be an object".to_owned(),
            _ => format!("This must be {}", listed(argument)),
        },
        "enum" | "oneOf" if matches!(kind, Kind::Choice { .. }) => {
            format!("{} is not one of the options", shown(&violation.instance))
        }
        "enum" => format!("This must be one of {}", listed(argument)),
        "const" => format!("This must be {}", shown(argument)),
        "minLength" => format!("At least {}", count("character", "characters")),
        "maxLength" => format!("At most {}", count("character", "characters")),
        "minItems" => format!("At least {}", count("item", "items")),
        "maxItems" => format!("At most {}", count("item", "items")),
        "minProperties" => format!("At least {}", count("entry", "entries")),
        "maxProperties" => format!("At most {}", count("entry", "entries")),
        "uniqueItems" => "No two may be the same".to_owned(),
        "minimum" => format!("At least {argument}"),
        "maximum" => format!("At most {argument}"),
        "exclusiveMinimum" => format!("More than {argument}"),
        "exclusiveMaximum" => format!("Less than {argument}"),
        "multipleOf" => format!("This must be a multiple of {argument}"),
        "pattern" => {
            let source = argument.as_str().unwrap_or_default();
            pattern_words(source).unwrap_or_else(|| {
                let source = text::clean(source);
                format!(
                    "This must match the pattern {}",
                    text::truncate(&source, SHORT)
                )
            })
        }
        "format" => match argument.as_str().unwrap_or_default() {
            "email" => "This must be an e-mail address".to_owned(),
            "uri" | "uri-reference" => "This must be a URL".to_owned(),
            "date" => "This must be a date: 2026-01-31".to_owned(),
            "time" => "This must be a time: 14:30:00Z".to_owned(),
            "date-time" => "This must be a date and time: 2026-01-31T14:30:00Z".to_owned(),
            "hostname" => "This must be a host name".to_owned(),
            "ipv4" => "This must be an IPv4 address".to_owned(),
            "ipv6" => "This must be an IPv6 address".to_owned(),
            other => format!("This must have the format {}", text::clean(other)),
        },
        _ => {
            let reasons = violation.reasons();
            let message = reasons.first().unwrap_or(&violation.message);
            format!(
                "The template says: {}",
                text::truncate(&text::clean(message), 2 * SHORT)
            )
        }
    }
}

fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) if text.is_empty() => "an empty text".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let cleaned = text::clean(&text);
    text::truncate(&cleaned, SHORT).to_string()
}
