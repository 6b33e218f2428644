//! JavaScript's methods that templates can call on strings, numbers, lists and regular expressions, and the ones of
//! Python that cookiecutter's templates have besides.

mod list;
mod string;

use std::rc::Rc;

pub(crate) use list::{join, sorted};

use super::coerce::{to_integer, to_number, to_text};
use super::error::{Result, fail};
use super::limits::Meter;
use super::number;
use super::replace;
use super::text::Text;
use super::value::{Record, Value};

const STRING: [&str; 15] = [
    "charAt",
    "charCodeAt",
    "concat",
    "endsWith",
    "includes",
    "indexOf",
    "lastIndexOf",
    "replace",
    "slice",
    "split",
    "startsWith",
    "substring",
    "toLowerCase",
    "toUpperCase",
    "trim",
];
const TRIM: [&str; 2] = ["trimEnd", "trimStart"];
const NUMBER: [&str; 4] = ["toExponential", "toFixed", "toPrecision", "toString"];
const LIST: [&str; 17] = [
    "at",
    "concat",
    "copyWithin",
    "fill",
    "flat",
    "includes",
    "indexOf",
    "join",
    "lastIndexOf",
    "pop",
    "push",
    "reverse",
    "shift",
    "slice",
    "sort",
    "splice",
    "unshift",
];
const PYTHON_LIST: [&str; 6] = ["append", "count", "find", "index", "insert", "remove"];
const PYTHON_RECORD: [&str; 5] = ["get", "has_key", "items", "keys", "values"];

/// Whether a value has a method.
pub(crate) fn exists(receiver: &Value, name: &str, cookiecutter: bool) -> bool {
    match receiver {
        Value::Text(_) | Value::Safe(_) => STRING.contains(&name) || TRIM.contains(&name),
        Value::Number(_) => NUMBER.contains(&name),
        Value::Array(_) => LIST.contains(&name) || (cookiecutter && PYTHON_LIST.contains(&name)),
        Value::Record(_) => cookiecutter && PYTHON_RECORD.contains(&name),
        Value::Regex(_) => name == "test",
        _ => false,
    }
}

/// The fewest and the most arguments that a method takes.
pub(crate) fn arity(receiver: &Value, name: &str, cookiecutter: bool) -> (usize, usize) {
    match receiver {
        Value::Text(_) | Value::Safe(_) => match name {
            "replace" => (2, 2),
            "split" => (0, 2),
            "includes" | "startsWith" | "endsWith" | "indexOf" | "lastIndexOf" => (1, 2),
            "slice" | "substring" => (0, 2),
            "charAt" | "charCodeAt" => (0, 1),
            "concat" => (0, usize::MAX),
            _ => (0, 0),
        },
        Value::Number(_) => (0, 1),
        Value::Array(_) => match name {
            "at" | "count" | "index" | "find" | "remove" | "append" => (1, 1),
            "insert" => (2, 2),
            "includes" | "indexOf" | "lastIndexOf" => (1, 2),
            "copyWithin" | "fill" => (1, 3),
            "flat" | "join" => (0, 1),
            "slice" => (0, 2),
            "pop" => (0, usize::from(cookiecutter)),
            "shift" | "sort" | "reverse" => (0, 0),
            _ => (0, usize::MAX),
        },
        Value::Record(_) => match name {
            "get" => (1, 2),
            "has_key" => (1, 1),
            _ => (0, 0),
        },
        _ => (1, 1),
    }
}

/// Calls a method.
pub(crate) fn call(
    receiver: &Value,
    name: &str,
    given: Vec<Value>,
    cookiecutter: bool,
    meter: &Meter,
) -> Result<Value> {
    receiver.plain()?;
    match receiver {
        Value::Array(array) => list::call(array, name, given, cookiecutter, meter),
        Value::Number(value) => {
            let argument = match given.first() {
                None | Some(Value::Undefined) => None,
                Some(argument) => Some(to_number(argument, meter)?),
            };
            of_number(*value, name, argument)
        }
        Value::Record(record) => of_record(record, name, &given, meter),
        Value::Regex(regex) => {
            let text = to_text(given.first().unwrap_or(&Value::Undefined), meter)?;
            replace::test(regex, &text, meter).map(Value::Bool)
        }
        _ => match receiver.as_text() {
            Some(text) => string::call(text, name, &given, meter),
            None => fail(format!("Unsupported template intrinsic {name}")),
        },
    }
}

fn of_number(value: f64, name: &str, argument: Option<f64>) -> Result<Value> {
    let written = match name {
        "toFixed" => number::to_fixed(value, argument.unwrap_or(0.0)),
        "toExponential" => number::to_exponential(value, argument),
        "toPrecision" => number::to_precision(value, argument),
        _ => number::to_base(value, argument.unwrap_or(10.0)),
    };
    match written {
        Some(text) => Ok(Value::text(&text)),
        None => fail(format!("{name}() argument is out of range")),
    }
}

fn of_record(record: &Rc<Record>, name: &str, given: &[Value], meter: &Meter) -> Result<Value> {
    let key = |at: usize| to_text(given.get(at).unwrap_or(&Value::Undefined), meter);
    let all = |make: fn((&Text, &Value)) -> Value| {
        meter.list(record.entries.len())?;
        Ok(Value::array(record.entries.iter().map(make).collect()))
    };
    match name {
        "get" => Ok(record
            .get(&key(0)?)
            .or(given.get(1))
            .cloned()
            .unwrap_or(Value::Undefined)),
        "has_key" => Ok(Value::Bool(record.get(&key(0)?).is_some())),
        "keys" => all(|(name, _)| Value::Text(name.clone())),
        "values" => all(|(_, value)| value.clone()),
        _ => all(|(name, value)| Value::array(vec![Value::Text(name.clone()), value.clone()])),
    }
}

/// An argument as a whole number; nothing where it is not given.
fn optional_integer(argument: Option<&Value>, meter: &Meter) -> Result<Option<f64>> {
    match argument {
        None | Some(Value::Undefined) => Ok(None),
        Some(argument) => to_integer(argument, meter).map(Some),
    }
}

/// A place counted from the end where it is negative, and never outside.
fn relative(at: f64, length: usize) -> usize {
    let length_number = length as f64;
    let at = if at < 0.0 {
        (length_number + at).max(0.0)
    } else {
        at.min(length_number)
    };
    at as usize
}
