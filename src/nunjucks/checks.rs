//! nunjucks' tests: what `x is odd` asks.

use std::cmp::Ordering;

use super::coerce::{identical, order, to_number};
use super::error::{Result, fail};
use super::limits::Meter;
use super::text::{lower, upper};
use super::value::Value;

/// Each test, and how many arguments it takes.
const TESTS: [(&str, usize); 26] = [
    ("callable", 0),
    ("defined", 0),
    ("divisibleby", 1),
    ("escaped", 0),
    ("eq", 1),
    ("equalto", 1),
    ("even", 0),
    ("falsy", 0),
    ("ge", 1),
    ("greaterthan", 1),
    ("gt", 1),
    ("iterable", 0),
    ("le", 1),
    ("lessthan", 1),
    ("lower", 0),
    ("lt", 1),
    ("mapping", 0),
    ("ne", 1),
    ("null", 0),
    ("number", 0),
    ("odd", 0),
    ("sameas", 1),
    ("string", 0),
    ("truthy", 0),
    ("undefined", 0),
    ("upper", 0),
];

/// How many arguments a test takes; nothing where there is no such test.
pub(crate) fn arity(name: &str) -> Option<usize> {
    TESTS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, arity)| *arity)
}

/// All tests.
pub(crate) fn names() -> Vec<&'static str> {
    TESTS.iter().map(|(name, _)| *name).collect()
}

/// Refuses another number of arguments than a test takes.
pub(crate) fn check_arity(name: &str, wanted: usize, given: usize) -> Result<()> {
    if wanted == given {
        return Ok(());
    }
    let plural = if wanted == 1 { "" } else { "s" };
    fail(format!(
        "Template test {name} requires {wanted} positional argument{plural}"
    ))
}

/// Whether a value passes a test.
pub(crate) fn apply(name: &str, input: &Value, arguments: &[Value], meter: &Meter) -> Result<bool> {
    let first = arguments.first().unwrap_or(&Value::Undefined);
    if !matches!(name, "callable" | "eq" | "equalto" | "sameas" | "ne") {
        input.plain()?;
        first.plain()?;
    }
    let ordered =
        |accepts: fn(Ordering) -> bool| Ok(order(input, first, meter)?.is_some_and(accepts));
    Ok(match name {
        "callable" => matches!(input, Value::Callable(_)),
        "defined" => !matches!(input, Value::Undefined),
        "divisibleby" => to_number(input, meter)? % to_number(first, meter)? == 0.0,
        "escaped" => matches!(input, Value::Safe(_)),
        "eq" | "equalto" | "sameas" => identical(input, first),
        "even" => to_number(input, meter)? % 2.0 == 0.0,
        "falsy" => !input.truthy(),
        "ge" => return ordered(|order| order != Ordering::Less),
        "greaterthan" | "gt" => return ordered(|order| order == Ordering::Greater),
        "iterable" if input.is_nullish() => return fail("iterable test requires a value"),
        "iterable" => matches!(input, Value::Text(_) | Value::Safe(_) | Value::Array(_)),
        "le" => return ordered(|order| order != Ordering::Greater),
        "lessthan" | "lt" => return ordered(|order| order == Ordering::Less),
        "lower" | "upper" => match input {
            Value::Text(text) => {
                meter.search(text.len())?;
                **text
                    == *if name == "lower" {
                        lower(text)
                    } else {
                        upper(text)
                    }
            }
            Value::Safe(_) => false,
            _ => return fail("Filter input must be a string"),
        },
        "mapping" => matches!(input, Value::Record(_) | Value::Safe(_) | Value::Regex(_)),
        "ne" => !identical(input, first),
        "null" => matches!(input, Value::Null),
        "number" => matches!(input, Value::Number(_)),
        "odd" => to_number(input, meter)? % 2.0 == 1.0,
        "string" => matches!(input, Value::Text(_)),
        "truthy" => input.truthy(),
        "undefined" => matches!(input, Value::Undefined),
        _ => return fail(format!("Unknown template test {name}")),
    })
}
