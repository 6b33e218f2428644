//! From a page and the answers so far to the rows that are shown and the values they come to.
//!
//! The rows are worked out anew after every change: nothing is kept up to date by hand, so nothing can be out of date. What
//! it may cost is bounded; what lies beyond is left out and said.
//!
//! Defaults are react-jsonschema-form's: the deepest one wins, a constant is its own value, a list that nobody touched is
//! empty or as long as it must be, an object with nothing in it is there only where it must be.

mod leaf;
mod list;
mod object;
pub(super) mod pickers;

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde_json::{Map, Value};

use super::answers::Answers;
use super::field::{Field, Kind, Member, Note};
use super::hints::Hints;
use super::limits::Limits;
use super::options;
use super::path::FieldPath;
use super::resolve::{self, Resolver};
use super::schema_type::Type;
use super::validators::Validators;
use crate::text;

pub(super) type Fields = Map<String, Value>;

/// The last step of the path of a choice between forms: it has no value of its own.
pub(super) const OPTION: &str = "(option)";

/// A row, and what its answer is checked against.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub field: Field,
    /// The names and numbers that lead to its value.
    pub pointer: Vec<Value>,
    /// What its value must be; without what its own rows check.
    pub schema: Value,
    /// `errorMessage` of the field and of what it stands in, nearest first.
    pub words: Vec<Words>,
    /// What is wrong with the text, where it cannot be read as a value.
    pub unreadable: Option<String>,
    /// What is said about it on the review page: `ui:backstage.review`.
    pub review: Option<Value>,
}

/// An `errorMessage`, and by what name the field stands under it; nothing where it is the field's own.
#[derive(Clone, Debug)]
pub(super) struct Words {
    pub written: Value,
    pub property: Option<String>,
}

/// A page, worked out.
#[derive(Clone, Debug, Default)]
pub(super) struct Built {
    pub rows: Vec<Row>,
    /// Rows that are not shown but have a value.
    pub hidden: Vec<Row>,
    /// What the page gives the task.
    pub values: Fields,
    /// References that lead nowhere.
    pub broken: Vec<String>,
    /// Whether something was left out because it is too much.
    pub overflow: bool,
    /// Schemas that were looked at.
    pub visits: usize,
}

/// Where a schema is applied.
pub(super) struct At<'s> {
    pub path: FieldPath,
    pub pointer: Vec<Value>,
    pub schema: &'s Fields,
    pub hints: Option<&'s Value>,
    pub given: Option<&'s Value>,
    pub default: Option<&'s Value>,
    pub required: bool,
    pub depth: usize,
    pub member: Option<Member>,
    pub words: Vec<Words>,
    /// What it is called where its schema does not say.
    pub name: String,
}

pub(super) struct Builder<'a> {
    root: &'a Value,
    validators: &'a Validators,
    answers: &'a Answers,
    secrets: &'a BTreeMap<FieldPath, SecretString>,
    limits: Limits,
    budget: usize,
    /// Above zero, only values are worked out.
    quiet: usize,
    built: Built,
}

/// Works a page out. `others` are the values of the pages before it, which conditions may look at.
pub(super) fn build(
    root: &Value,
    hints: &Value,
    validators: &Validators,
    answers: &Answers,
    secrets: &BTreeMap<FieldPath, SecretString>,
    others: &Fields,
    limits: Limits,
) -> Built {
    let mut builder = Builder {
        root,
        validators,
        answers,
        secrets,
        limits,
        budget: limits.visits,
        quiet: 0,
        built: Built::default(),
    };
    let empty = Fields::new();
    let schema = root.as_object().unwrap_or(&empty);
    let path = FieldPath::root();
    let given = answers.given(&path).cloned();
    let at = At {
        path,
        pointer: Vec::new(),
        schema,
        hints: Some(hints),
        given: given.as_ref(),
        default: None,
        required: true,
        depth: 0,
        member: None,
        words: Vec::new(),
        name: String::new(),
    };
    let values = builder.object(&at, schema, others);
    builder.built.values = values;
    builder.built.visits = limits.visits.saturating_sub(builder.budget);
    if builder.budget == 0 {
        builder.built.overflow = true;
    }
    builder.built
}

impl Builder<'_> {
    /// The resolver, on this builder's account.
    fn resolver(&mut self) -> Resolver<'_> {
        Resolver::new(
            self.root,
            self.validators,
            &mut self.budget,
            &mut self.built.broken,
        )
    }

    /// A value of any type: its rows, and what it comes to.
    fn node(&mut self, at: At<'_>) -> Option<Value> {
        self.budget = self.budget.saturating_sub(1);
        let given = self.answers.given(&at.path).cloned();
        let given = given.as_ref().or(at.given);
        let too_deep = at.depth > self.limits.depth;
        let too_many = self.built.rows.len() + self.built.hidden.len() >= self.limits.fields;
        if self.budget == 0 || too_deep || too_many {
            self.built.overflow = true;
            return given.or(at.default).cloned();
        }
        let followed = if at.schema.contains_key("$ref") {
            self.resolver().follow(at.schema.clone())
        } else {
            at.schema.clone()
        };
        let hints = Hints::new(&followed, at.hints);
        if hints.feature_flag().is_some() {
            return None;
        }
        let own = own_default(&followed, at.default);
        let at = At {
            given,
            default: own.as_ref(),
            ..at
        };
        let is_object = Type::of_schema(&followed) == Some(Type::Object);
        if is_object && hints.field().is_none() && hints.widget() != Some("hidden") {
            return self.nested(at, &followed, &hints);
        }
        // What a lone value's conditions are decided by is the value itself.
        let schema = if resolve::is_conditional(&followed) {
            let now = self.raw(&at).unwrap_or(Value::Null);
            self.resolver().resolve(&followed, &now)
        } else {
            followed
        };
        let own = own_default(&schema, at.default);
        let at = At {
            default: own.as_ref(),
            ..at
        };
        if hints.field().is_none() && hints.widget() != Some("hidden") {
            match Type::of_schema(&schema) {
                // A condition can say what the schema did not.
                Some(Type::Object) => return self.nested(at, &schema, &hints),
                Some(Type::Array) => return self.array(at, &schema, &hints),
                _ => {}
            }
            if let Some(choices) = options::choices(&schema)
                && options::constants(choices).is_none()
            {
                return self.branches(at, &schema, &hints);
            }
        } else if Type::of_schema(&schema) == Some(Type::Array) {
            return self.array(at, &schema, &hints);
        }
        self.leaf(at, &schema, &hints)
    }

    /// What stands at a place before its schema is looked at closer.
    fn raw(&self, at: &At<'_>) -> Option<Value> {
        use super::answers::Entry;
        match self.answers.entry(&at.path) {
            Some(Entry::Value(value)) => Some(value.clone()),
            Some(Entry::Text(text)) if text.is_empty() => None,
            Some(Entry::Text(text)) => Some(match super::value::number(text) {
                Some(number)
                    if matches!(
                        Type::of_schema(at.schema),
                        Some(Type::Integer | Type::Number)
                    ) =>
                {
                    number
                }
                _ => Value::from(text.as_str()),
            }),
            Some(Entry::Cleared) => None,
            None => at.given.or(at.default).cloned(),
        }
    }

    /// A choice between forms of a value that is no object.
    fn branches(&mut self, at: At<'_>, schema: &Fields, hints: &Hints) -> Option<Value> {
        let value = self.raw(&at);
        let (chosen, option, path) = self.chosen(&at.path, schema, value.as_ref(), 0)?;
        let merged = super::merge::overlay(options::without(schema), option.clone());
        self.branch_row(&at, schema, hints, chosen, path);
        let default = at.default.filter(|_| !option.contains_key("default"));
        let inner = At {
            schema: &merged,
            default,
            depth: at.depth + 1,
            member: None,
            words: at.words.clone(),
            name: option
                .get("title")
                .and_then(Value::as_str)
                .unwrap_or(&at.name)
                .to_owned(),
            path: at.path.clone(),
            pointer: at.pointer.clone(),
            hints: at.hints,
            given: at.given,
            required: at.required,
        };
        // Options in options need a place of their own for their choice.
        if options::choices(&merged).is_some() {
            return self.leaf(inner, &merged, hints);
        }
        self.node(inner)
    }

    /// Which option of a schema is chosen: the person's choice, else what the value fits. `nth` counts choices that lie
    /// directly in each other.
    fn chosen(
        &mut self,
        path: &FieldPath,
        schema: &Fields,
        value: Option<&Value>,
        nth: usize,
    ) -> Option<(usize, Fields, FieldPath)> {
        let mut choice_path = path.key(OPTION);
        for _ in 0..nth {
            choice_path = choice_path.key(OPTION);
        }
        let choices = options::choices(schema)?.clone();
        let choices: Vec<Fields> = choices
            .into_iter()
            .take(200)
            .map(|choice| match choice {
                Value::Object(choice) => self.resolver().follow(choice),
                _ => Fields::new(),
            })
            .collect();
        let told = self.answers.choice(&choice_path);
        let at = told
            .filter(|at| *at < choices.len())
            .unwrap_or_else(|| options::closest(self.validators, &choices, value));
        let option = choices.into_iter().nth(at)?;
        Some((at, option, choice_path))
    }

    fn branch_row(
        &mut self,
        at: &At<'_>,
        schema: &Fields,
        hints: &Hints,
        chosen: usize,
        path: FieldPath,
    ) {
        if self.quiet > 0 {
            return;
        }
        let own = title_of(schema, hints);
        let choices = options::choices(schema).cloned().unwrap_or_default();
        let titles = choices
            .iter()
            .take(200)
            .enumerate()
            .map(|(at, choice)| {
                let choice = match choice {
                    Value::Object(choice) => self.resolver().follow(choice.clone()),
                    _ => Fields::new(),
                };
                text::clean(&options::title(&choice, at, own.as_deref())).into_owned()
            })
            .collect();
        let untouched = self.answers.choice(&path).is_none();
        let mut row = self.row(at, schema, hints, Kind::Branch { titles, chosen }, None);
        row.field.path = path;
        row.field.untouched = untouched;
        row.schema = Value::Bool(true);
        row.field.required = false;
        self.built.rows.push(row);
    }

    /// A row with what every field has.
    fn row(
        &self,
        at: &At<'_>,
        schema: &Fields,
        hints: &Hints,
        kind: Kind,
        value: Option<Value>,
    ) -> Row {
        let written = |name: &str| schema.get(name).and_then(Value::as_str);
        let block = |text: &str| text::clean_multiline(text.trim_end()).into_owned();
        let description = hints
            .text("description")
            .or_else(|| written("description"))
            .filter(|text| !text.is_empty());
        let label = title_of(schema, hints).unwrap_or_else(|| at.name.clone());
        let placeholder = hints.text("placeholder");
        let mut words = Vec::new();
        if let Some(own) = schema.get("errorMessage") {
            words.push(Words {
                written: own.clone(),
                property: None,
            });
        }
        words.extend(at.words.iter().cloned());
        Row {
            pointer: at.pointer.clone(),
            schema: Value::Bool(true),
            words,
            unreadable: None,
            review: hints.review().cloned(),
            field: Field {
                path: at.path.clone(),
                depth: at.depth.saturating_sub(1),
                label: text::clean(&label).into_owned(),
                description: description.map(block),
                help: hints.text("help").map(block),
                placeholder: placeholder.map(|text| text::clean(text).into_owned()),
                required: at.required,
                disabled: hints.is("disabled"),
                readonly: hints.is("readonly")
                    || schema.get("readOnly") == Some(&Value::Bool(true)),
                autofocus: hints.is("autofocus"),
                kind,
                text: String::new(),
                untouched: self.answers.entry(&at.path).is_none(),
                note: None,
                member: at.member.clone(),
                value,
            },
        }
    }

    fn push(&mut self, row: Row, hints: &Hints) {
        if self.quiet > 0 {
            return;
        }
        if hints.widget() == Some("hidden") {
            self.built.hidden.push(row);
        } else {
            self.built.rows.push(row);
        }
    }
}

/// A schema's own default, over that of what it stands in. Of objects both count, the schema's own first.
pub(super) fn own_default(schema: &Fields, outer: Option<&Value>) -> Option<Value> {
    if let Some(constant) = schema.get("const") {
        return Some(constant.clone());
    }
    match (schema.get("default"), outer) {
        (Some(Value::Object(own)), Some(Value::Object(outer))) => Some(Value::Object(
            super::merge::overlay(outer.clone(), own.clone()),
        )),
        (Some(own), _) => Some(own.clone()),
        (None, outer) => outer.cloned(),
    }
}

pub(super) fn title_of(schema: &Fields, hints: &Hints) -> Option<String> {
    hints
        .text("title")
        .or_else(|| schema.get("title").and_then(Value::as_str))
        .filter(|title| !title.is_empty())
        .map(str::to_owned)
}

/// A schema without what says nothing about whether a value is right, and without some keywords.
pub(super) fn checked(schema: &Fields, without: &[&str]) -> Value {
    const IDLE: [&str; 10] = [
        "title",
        "description",
        "default",
        "examples",
        "enumNames",
        "errorMessage",
        "definitions",
        "$defs",
        "$comment",
        "readOnly",
    ];
    let kept = schema.iter().filter(|(key, _)| {
        !key.starts_with("ui:") && !IDLE.contains(&key.as_str()) && !without.contains(&key.as_str())
    });
    Value::Object(
        kept.map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
    )
}

/// A note about a custom field or widget, where callboard has it not.
pub(super) fn custom(hints: &Hints) -> Option<Note> {
    const WIDGETS: [&str; 22] = [
        "text",
        "textarea",
        "password",
        "radio",
        "select",
        "checkbox",
        "checkboxes",
        "hidden",
        "range",
        "updown",
        "email",
        "uri",
        "url",
        "date",
        "date-time",
        "datetime",
        "time",
        "alt-date",
        "alt-datetime",
        "color",
        "file",
        "Secret",
    ];
    if let Some(name) = hints.field() {
        return Some(Note::CustomField(text::clean(name).into_owned()));
    }
    let widget = hints.widget()?;
    let stem = widget.trim_end_matches("Widget");
    let known = WIDGETS.iter().any(|known| known.eq_ignore_ascii_case(stem));
    (!known).then(|| Note::CustomWidget(text::clean(widget).into_owned()))
}
