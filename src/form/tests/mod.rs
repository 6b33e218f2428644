//! The form as a person drives it.

mod constructs;
mod drafts;
mod hints;
mod hostile;
mod lists;
mod pickers;
mod properties;
mod steps;

use serde_json::{Map, Value};

use super::{Effect, Field, FieldPath, Form, Kind, Msg};

/// A form of one page.
fn page(page: Value) -> Form {
    Form::new(&page, Map::new()).unwrap()
}

/// A form of one page with these properties.
fn form(properties: Value) -> Form {
    page(serde_json::json!({ "properties": properties }))
}

fn given(parameters: Value, given: Value) -> Form {
    Form::new(&parameters, given.as_object().cloned().unwrap()).unwrap()
}

/// A path as a test writes it: `a.b.0`, where numbers are items.
fn at(path: &str) -> FieldPath {
    path.split('.')
        .fold(FieldPath::root(), |path, part| match part.parse::<u32>() {
            Ok(item) => path.item(item),
            Err(_) => path.key(part),
        })
}

fn paths(form: &Form) -> Vec<String> {
    form.fields().map(|field| field.path.to_string()).collect()
}

fn field<'a>(form: &'a Form, path: &str) -> &'a Field {
    form.field(&at(path))
        .unwrap_or_else(|| panic!("no {path} among {:?}", paths(form)))
}

fn text(form: &mut Form, path: &str, text: &str) -> Vec<Effect> {
    form.update(Msg::Text {
        path: at(path),
        text: text.to_owned(),
    })
}

fn set(form: &mut Form, path: &str, value: Value) {
    form.update(Msg::Set {
        path: at(path),
        value,
    });
}

fn pick(form: &mut Form, path: &str, option: usize) {
    form.update(Msg::Pick {
        path: at(path),
        option,
    });
}

fn values(form: &Form) -> Value {
    Value::Object(form.values())
}

fn problem(form: &Form, path: &str) -> Option<String> {
    form.problem(&at(path)).map(str::to_owned)
}

fn labels(kind: &Kind) -> Vec<&str> {
    match kind {
        Kind::Choice { options, .. } | Kind::Checkboxes { options, .. } => {
            options.iter().map(|option| option.label.as_str()).collect()
        }
        Kind::Branch { titles, .. } => titles.iter().map(String::as_str).collect(),
        other => panic!("{other:?} has no options"),
    }
}
