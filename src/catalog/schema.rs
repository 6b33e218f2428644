//! The part of JSON Schema that Backstage's entity schemas use, as constant tables, checked in the order and worded
//! as the validator it uses (ajv) does. Only the first violation is reported: that is all Backstage shows.

use serde_json::{Map, Value};

use super::yaml::{Step, push_pointer};

/// What a value must be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Schema {
    /// A string of at least so many characters.
    Text(usize),
    /// A string out of a list.
    Choice(&'static [&'static str]),
    /// A string or a boolean (conditions of templates).
    TextOrBool,
    /// A list of like items.
    List(&'static Schema),
    /// A mapping.
    Object(&'static ObjectSchema),
    /// The first alternative whose type fits; the alternatives differ in type.
    Either(&'static Schema, &'static Schema),
}

/// What a mapping must hold.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ObjectSchema {
    /// Keys that must be there.
    pub required: &'static [&'static str],
    /// Keys with a schema of their own, checked in this order.
    pub properties: &'static [(&'static str, Schema)],
    /// What every other key holds.
    pub others: Others,
}

/// What the keys without a schema of their own hold.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Others {
    /// Anything.
    #[default]
    Anything,
    /// They must not be there.
    Nothing,
    /// A value of this schema (`additionalProperties`: checked before the named ones).
    Each(&'static Schema),
    /// A value of this schema, for keys on one line (`patternProperties: ^.+$`).
    EachLine(&'static Schema),
}

/// Any mapping.
pub(super) const ANY_OBJECT: Schema = Schema::Object(&ObjectSchema {
    required: &[],
    properties: &[],
    others: Others::Anything,
});

/// A string that is not empty.
pub(super) const NAME: Schema = Schema::Text(1);

/// A list of strings that are not empty.
pub(super) const NAMES: Schema = Schema::List(&Schema::Text(1));

/// What is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Violation {
    /// JSON pointer of the value that is wrong; of a missing or surplus key: of the mapping.
    pub pointer: String,
    /// ajv's message: `must be string`.
    pub message: String,
    /// ajv's parameter: `type: string`.
    pub parameter: String,
    /// The surplus key, where that is what is wrong.
    pub surplus: Option<String>,
}

impl Violation {
    /// `/spec/owner must be string`; the root is written `<root>`.
    pub fn text(&self) -> String {
        let place = if self.pointer.is_empty() {
            "<root>"
        } else {
            &self.pointer
        };
        format!("{place} {}", self.message)
    }
}

/// Checks a value; `pointer` is where it stands, and is left as it was.
pub(super) fn check(schema: &Schema, value: &Value, pointer: &mut String) -> Result<(), Violation> {
    let wrong_type = |name: &str| {
        Err(violation(
            pointer,
            format!("must be {name}"),
            format!("type: {name}"),
        ))
    };
    match schema {
        Schema::Text(least) => match value.as_str() {
            None => wrong_type("string"),
            Some(text) if text.chars().take(*least).count() < *least => Err(violation(
                pointer,
                format!("must NOT have fewer than {least} characters"),
                format!("limit: {least}"),
            )),
            Some(_) => Ok(()),
        },
        Schema::Choice(choices) => match value.as_str() {
            None => wrong_type("string"),
            Some(text) if !choices.contains(&text) => Err(violation(
                pointer,
                "must be equal to one of the allowed values".to_owned(),
                format!("allowedValues: {}", choices.join(",")),
            )),
            Some(_) => Ok(()),
        },
        Schema::TextOrBool if value.is_string() || value.is_boolean() => Ok(()),
        Schema::TextOrBool => wrong_type("string,boolean"),
        Schema::List(item) => match value {
            Value::Array(items) => items.iter().enumerate().try_for_each(|(i, value)| {
                within(pointer, Step::Index(i), |pointer| {
                    check(item, value, pointer)
                })
            }),
            _ => wrong_type("array"),
        },
        Schema::Object(object) => match value {
            Value::Object(map) => check_object(object, map, pointer),
            _ => wrong_type("object"),
        },
        Schema::Either(_, second) if fits_type(second, value) => check(second, value, pointer),
        Schema::Either(first, _) => check(first, value, pointer),
    }
}

fn fits_type(schema: &Schema, value: &Value) -> bool {
    match schema {
        Schema::List(_) => value.is_array(),
        Schema::Object(_) => value.is_object(),
        _ => value.is_string(),
    }
}

fn violation(pointer: &str, message: String, parameter: String) -> Violation {
    Violation {
        pointer: pointer.to_owned(),
        message,
        parameter,
        surplus: None,
    }
}

fn within<T>(pointer: &mut String, step: Step<'_>, then: impl FnOnce(&mut String) -> T) -> T {
    let length = pointer.len();
    push_pointer(pointer, step);
    let result = then(pointer);
    pointer.truncate(length);
    result
}

/// Whether a value is as it must be: [`check`] without the words for what is wrong, since almost nothing is.
fn holds(schema: &Schema, value: &Value) -> bool {
    match (schema, value) {
        (Schema::Text(0), Value::String(_)) => true,
        (Schema::Text(1), Value::String(text)) => !text.is_empty(),
        (Schema::List(item), Value::Array(items)) => items.iter().all(|value| holds(item, value)),
        (Schema::Object(object), Value::Object(map)) => object_holds(object, map),
        _ => check(schema, value, &mut String::new()).is_ok(),
    }
}

/// [`holds`] of a mapping: one pass over its entries, no lookups.
pub(super) fn object_holds(schema: &ObjectSchema, map: &Map<String, Value>) -> bool {
    let entries_hold = map.iter().all(|(key, value)| {
        let named = schema.properties.iter().find(|(name, _)| name == key);
        named.is_none_or(|(_, property)| holds(property, value))
            && match schema.others {
                Others::Anything => true,
                Others::Nothing => named.is_some(),
                Others::Each(other) => named.is_some() || holds(other, value),
                Others::EachLine(other) => !is_on_one_line(key) || holds(other, value),
            }
    });
    entries_hold
        && schema
            .required
            .iter()
            .all(|required| map.keys().any(|key| key == required))
}

fn is_on_one_line(key: &str) -> bool {
    !key.is_empty() && !key.contains(['\n', '\r', '\u{2028}', '\u{2029}'])
}

/// Checks a mapping: required keys, then surplus ones, then the named ones, then the rest, as ajv does.
pub(super) fn check_object(
    schema: &ObjectSchema,
    map: &Map<String, Value>,
    pointer: &mut String,
) -> Result<(), Violation> {
    if object_holds(schema, map) {
        return Ok(());
    }
    if let Some(missing) = schema.required.iter().find(|key| !map.contains_key(**key)) {
        return Err(violation(
            pointer,
            format!("must have required property '{missing}'"),
            format!("missingProperty: {missing}"),
        ));
    }
    let named = |key: &str| schema.properties.iter().any(|(name, _)| *name == key);
    match schema.others {
        Others::Nothing => {
            if let Some(key) = map.keys().find(|key| !named(key)) {
                return Err(Violation {
                    surplus: Some(key.clone()),
                    ..violation(
                        pointer,
                        "must NOT have additional properties".to_owned(),
                        format!("additionalProperty: {key}"),
                    )
                });
            }
        }
        Others::Each(other) => {
            for (key, value) in map.iter().filter(|(key, _)| !named(key)) {
                within(pointer, Step::Key(key), |pointer| {
                    check(other, value, pointer)
                })?;
            }
        }
        Others::Anything | Others::EachLine(_) => {}
    }
    for (name, property) in schema.properties {
        if let Some(value) = map.get(*name) {
            within(pointer, Step::Key(name), |pointer| {
                check(property, value, pointer)
            })?;
        }
    }
    if let Others::EachLine(other) = schema.others {
        for (key, value) in map.iter().filter(|(key, _)| is_on_one_line(key)) {
            within(pointer, Step::Key(key), |pointer| {
                check(other, value, pointer)
            })?;
        }
    }
    Ok(())
}
