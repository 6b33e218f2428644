//! Fields with one value: what they take by their type and hints, and what they hold.

use serde_json::Value;

use super::super::answers::Entry;
use super::super::field::{Choice, ChoiceStyle, Kind, Note};
use super::super::hints::Hints;
use super::super::options;
use super::super::path::Segment;
use super::super::schema_type::Type;
use super::super::value;
use super::{At, Builder, Fields, checked, custom};
use crate::text;

/// Options of one choice beyond this many are not shown.
const MOST_OPTIONS: usize = 10_000;

/// What a field holds.
pub(super) struct Held {
    pub value: Option<Value>,
    pub text: String,
    pub unreadable: Option<String>,
    pub wrong_default: bool,
}

impl Builder<'_> {
    pub(super) fn leaf(&mut self, at: At<'_>, schema: &Fields, hints: &Hints) -> Option<Value> {
        let kind_of_value = Type::of_schema(schema);
        let custom_field = hints.field().is_some();
        let (kind, note) = match self.picker(&at, schema, hints, kind_of_value) {
            Some(kind) => (kind, None),
            None => {
                let note = custom(hints).or_else(|| {
                    (kind_of_value.is_none() && options::choices(schema).is_none())
                        .then_some(Note::NoType)
                });
                (self.plain(schema, hints, kind_of_value, custom_field), note)
            }
        };
        if let Kind::Secret { .. } = kind {
            return self.secret(at, schema, hints, kind);
        }
        let held = self.held(&at, schema, hints, &kind, kind_of_value);
        let Held {
            value,
            text,
            unreadable,
            wrong_default,
        } = held;
        if self.quiet == 0 {
            let kind = match kind {
                Kind::Choice { mut options, style } => {
                    for option in &mut options {
                        option.chosen = Some(&option.value) == value.as_ref();
                    }
                    Kind::Choice { options, style }
                }
                other => other,
            };
            let mut row = self.row(&at, schema, hints, kind, value.clone());
            row.schema = checked(schema, &[]);
            row.unreadable = unreadable;
            row.field.text = text;
            row.field.note = note.or(wrong_default.then_some(Note::WrongDefault));
            self.push(row, hints);
        }
        value
    }

    /// A secret: of its value only the length is known here, as Backstage has it.
    fn secret(&mut self, at: At<'_>, schema: &Fields, hints: &Hints, kind: Kind) -> Option<Value> {
        use secrecy::ExposeSecret;
        let length = self
            .secrets
            .get(&at.path)
            .map_or(0, |secret| secret.expose_secret().encode_utf16().count());
        let value = (length > 0).then(|| Value::from("*".repeat(length)));
        if self.quiet == 0 {
            let mut row = self.row(&at, schema, hints, kind, value.clone());
            row.schema = checked(schema, &[]);
            row.field.untouched = length == 0;
            self.push(row, hints);
        }
        value
    }

    /// How a value of a type is filled in without a field of its own.
    fn plain(
        &self,
        schema: &Fields,
        hints: &Hints,
        kind: Option<Type>,
        custom_field: bool,
    ) -> Kind {
        let has_choices = schema.get("enum").is_some_and(Value::is_array)
            || options::choices(schema)
                .is_some_and(|choices| options::constants(choices).is_some());
        if schema.contains_key("const") && !has_choices {
            return Kind::Constant;
        }
        if kind == Some(Type::Boolean) {
            return toggle(schema, hints);
        }
        if has_choices {
            return Kind::Choice {
                options: self.choices(schema, hints),
                style: match hints.widget() {
                    Some("radio") => ChoiceStyle::Radio,
                    _ => ChoiceStyle::Select,
                },
            };
        }
        match kind {
            Some(Type::Integer | Type::Number) => {
                let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
                Kind::Number {
                    integer: kind == Some(Type::Integer),
                    minimum: bound("minimum").or_else(|| bound("exclusiveMinimum")),
                    maximum: bound("maximum").or_else(|| bound("exclusiveMaximum")),
                    step: bound("multipleOf")
                        .filter(|step| *step > 0.0)
                        .unwrap_or(1.0),
                    range: hints.widget() == Some("range"),
                }
            }
            Some(Type::Null) => Kind::Null,
            Some(Type::Object) => Kind::Yaml { object: true },
            Some(Type::Array) => Kind::Yaml { object: false },
            None if custom_field && schema.get("default").is_some_and(Value::is_object) => {
                Kind::Yaml { object: true }
            }
            _ => {
                let rows = hints.get("rows").and_then(|rows| match rows {
                    Value::Number(number) => number.as_u64(),
                    Value::String(text) => text.parse().ok(),
                    _ => None,
                });
                let rows = rows.map(|rows| u16::try_from(rows).unwrap_or(u16::MAX).clamp(1, 40));
                let area = hints.widget().is_some_and(|widget| {
                    widget.eq_ignore_ascii_case("textarea") || widget == "TextareaWidget"
                });
                Kind::Text {
                    // Without the widget, Backstage's one-line text takes no notice of rows.
                    rows: area.then(|| rows.unwrap_or(5)),
                    format: schema
                        .get("format")
                        .and_then(Value::as_str)
                        .map(|format| text::clean(format).into_owned()),
                }
            }
        }
    }

    /// The options of an `enum`, or of a `oneOf` whose parts are values.
    pub(super) fn choices(&self, schema: &Fields, hints: &Hints) -> Vec<Choice> {
        let disabled = hints.get("enumDisabled").and_then(Value::as_array);
        let names = hints.get("enumNames").or_else(|| schema.get("enumNames"));
        let named = |at: usize, value: &Value| -> Option<String> {
            match names? {
                Value::Array(names) => match names.get(at)? {
                    Value::String(name) => Some(name.clone()),
                    other => Some(other.to_string()),
                },
                Value::Object(names) => {
                    let name = names.get(&plain_text(value))?;
                    name.as_str().map(str::to_owned)
                }
                _ => None,
            }
        };
        let values: Vec<(Value, Option<String>)> = match schema.get("enum") {
            Some(Value::Array(values)) => values
                .iter()
                .enumerate()
                .map(|(at, value)| (value.clone(), named(at, value)))
                .collect(),
            _ => options::choices(schema)
                .and_then(|choices| options::constants(choices))
                .unwrap_or_default(),
        };
        values
            .into_iter()
            .take(MOST_OPTIONS)
            .map(|(value, name)| Choice {
                label: text::clean(&name.unwrap_or_else(|| plain_text(&value))).into_owned(),
                chosen: false,
                disabled: disabled.is_some_and(|list| list.contains(&value)),
                value,
            })
            .collect()
    }

    /// What a field holds: what was answered, else what was given, else its default.
    fn held(
        &self,
        at: &At<'_>,
        schema: &Fields,
        hints: &Hints,
        kind: &Kind,
        type_of: Option<Type>,
    ) -> Held {
        let mut held = Held {
            value: None,
            text: String::new(),
            unreadable: None,
            wrong_default: false,
        };
        match kind {
            Kind::Constant => {
                held.value = schema.get("const").cloned();
                held.text = held.value.as_ref().map(value::text).unwrap_or_default();
                return held;
            }
            Kind::Null => {
                held.value = Some(Value::Null);
                return held;
            }
            _ => {}
        }
        match self.answers.entry(&at.path) {
            Some(Entry::Cleared) => {}
            Some(Entry::Text(text)) => {
                held.text.clone_from(text);
                let empty = hints.get("emptyValue");
                (held.value, held.unreadable) = typed(text, kind, type_of, empty);
            }
            Some(Entry::Value(value)) => {
                held.text = value::text(value);
                held.value = Some(value.clone());
            }
            None => {
                let found = at.given.or(at.default);
                let found = found.filter(|value| !value.is_null() || takes(schema, value));
                if let Some(found) = found {
                    let better = type_of.and_then(|wanted| value::coerced(found, wanted));
                    // Options may be of any type, whatever the field's.
                    let better = better.filter(|_| !is_option(kind, found));
                    held.wrong_default = better.is_some();
                    let value = better.unwrap_or_else(|| found.clone());
                    held.text = value::text(&value);
                    let misfit = type_of.is_some_and(|wanted| {
                        let own = Type::of_value(&value);
                        own != wanted && !(own == Type::Integer && wanted == Type::Number)
                    });
                    held.wrong_default |=
                        misfit && !takes(schema, &value) && !is_option(kind, &value);
                    held.value = Some(value);
                } else if let Some(start) = self.start(at, kind) {
                    held.text.clone_from(&start);
                    held.value = Some(Value::from(start));
                } else if matches!(kind, Kind::Yaml { object: false } if type_of == Some(Type::Array))
                    || matches!(kind, Kind::Entities(_) | Kind::Tags(_))
                {
                    held.value = Some(Value::Array(Vec::new()));
                } else if matches!(kind, Kind::Choice { options, .. } if options.iter().any(|o| o.value.is_null()))
                {
                    // Null is an option: it is chosen like any other.
                } else if Type::takes_null(schema) && schema.get("default") == Some(&Value::Null) {
                    held.value = Some(Value::Null);
                }
            }
        }
        if let (Kind::Entity(picker), Some(Value::String(stored))) = (kind, &held.value)
            && !matches!(self.answers.entry(&at.path), Some(Entry::Text(_)))
        {
            held.text = picker.label_of(stored);
        }
        held
    }
}

/// Whether the value of a choice is one of its options.
fn is_option(kind: &Kind, value: &Value) -> bool {
    match kind {
        Kind::Choice { options, .. } | Kind::Checkboxes { options, .. } => {
            options.iter().any(|option| option.value == *value)
        }
        _ => false,
    }
}

/// Whether one of a schema's own types is that of a value.
fn takes(schema: &Fields, value: &Value) -> bool {
    match (schema.get("type"), value) {
        (_, Value::Null) => Type::takes_null(schema),
        (Some(Value::Array(_)), _) => {
            let own = super::super::schema_type::Type::of_value(value);
            let mut one = Fields::new();
            schema
                .get("type")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .any(|name| {
                    one.insert("type".to_owned(), name.clone());
                    Type::of_schema(&one) == Some(own)
                })
        }
        _ => false,
    }
}

/// What a typed text means, and why it means nothing.
fn typed(
    text: &str,
    kind: &Kind,
    type_of: Option<Type>,
    empty: Option<&Value>,
) -> (Option<Value>, Option<String>) {
    if text.is_empty() {
        return (empty.cloned(), None);
    }
    match kind {
        Kind::Number { integer, .. } => match value::number(text) {
            Some(number) => (Some(number), None),
            None => (
                Some(Value::from(text)),
                Some(if *integer {
                    "This must be a whole number".to_owned()
                } else {
                    "This must be a number".to_owned()
                }),
            ),
        },
        Kind::Yaml { object } => {
            if text.trim().is_empty() {
                return (None, None);
            }
            match value::from_yaml(text) {
                Ok(value) if *object && !value.is_object() => (
                    Some(value),
                    Some("This must be an object: lines of `name: value`".to_owned()),
                ),
                Ok(value) if type_of == Some(Type::Array) && !value.is_array() => (
                    Some(value),
                    Some("This must be a list: lines that begin with `-`".to_owned()),
                ),
                Ok(value) => (Some(value), None),
                Err(error) => (Some(Value::from(text)), Some(error)),
            }
        }
        Kind::Entity(picker) => (Some(Value::from(picker.stored(text))), None),
        _ => (Some(Value::from(text)), None),
    }
}

fn toggle(schema: &Fields, hints: &Hints) -> Kind {
    let mut yes = "Yes".to_owned();
    let mut no = "No".to_owned();
    let mut name = |value: &Value, label: &str| {
        let slot = match value {
            Value::Bool(true) => &mut yes,
            Value::Bool(false) => &mut no,
            _ => return,
        };
        *slot = text::clean(label).into_owned();
    };
    let values = match schema.get("enum") {
        Some(Value::Array(values)) => values.clone(),
        _ => vec![Value::Bool(true), Value::Bool(false)],
    };
    let names = hints
        .get("enumNames")
        .or_else(|| schema.get("enumNames"))
        .and_then(Value::as_array);
    for (value, label) in values.iter().zip(names.into_iter().flatten()) {
        if let Some(label) = label.as_str() {
            name(value, label);
        }
    }
    let titled = options::choices(schema).and_then(|choices| options::constants(choices));
    for (value, title) in titled.unwrap_or_default() {
        if let Some(title) = title {
            name(&value, &title);
        }
    }
    Kind::Toggle {
        yes,
        no,
        style: match hints.widget() {
            Some("radio") => ChoiceStyle::Radio,
            Some("select") => ChoiceStyle::Select,
            _ => ChoiceStyle::Boxes,
        },
    }
}

/// A value as JavaScript's `String` writes it, objects as JSON.
pub(super) fn plain_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl At<'_> {
    /// The property's own name, by which steps know a secret.
    pub(super) fn own_name(&self) -> String {
        match self.path.last() {
            Some(Segment::Key(name)) => name.clone(),
            _ => self.path.name().to_owned(),
        }
    }
}
