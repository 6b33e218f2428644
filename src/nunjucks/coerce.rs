//! JavaScript's conversions and comparisons.

use std::cmp::Ordering;
use std::rc::Rc;

use super::error::{Result, fail};
use super::limits::{DEEPEST_VALUE, Meter};
use super::number;
use super::text::{Text, units};
use super::value::{Value, too_deep};

/// The code units of a value as output shows it: nothing for undefined and null, `a,b` for a list.
pub(crate) fn render(value: &Value, meter: &Meter) -> Result<Text> {
    match value {
        Value::Undefined | Value::Null => Ok(Text::from("")),
        _ => to_text(value, meter),
    }
}

/// `String(value)`
pub(crate) fn to_text(value: &Value, meter: &Meter) -> Result<Text> {
    if let Some(text) = value.as_text() {
        return Ok(text.clone());
    }
    value.plain()?;
    let mut out = Vec::new();
    write(value, &mut out, meter, 0)?;
    Ok(Text::from(out))
}

fn write(value: &Value, out: &mut Vec<u16>, meter: &Meter, depth: usize) -> Result<()> {
    if depth > DEEPEST_VALUE {
        return too_deep();
    }
    let before = out.len();
    match value {
        Value::Undefined => out.extend("undefined".encode_utf16()),
        Value::Null => out.extend("null".encode_utf16()),
        Value::Bool(bool) => out.extend(if *bool { "true" } else { "false" }.encode_utf16()),
        Value::Number(number) => out.extend(number::to_text(*number).encode_utf16()),
        Value::Text(text) => out.extend_from_slice(text),
        Value::Safe(text) => out.extend_from_slice(text),
        Value::Record(_) => out.extend("[object Object]".encode_utf16()),
        Value::Regex(regex) => out.extend(regex.regex.to_string().encode_utf16()),
        Value::Callable(_) => return fail("Callable values cannot be coerced"),
        Value::Array(array) => {
            for (at, item) in array.items.borrow().iter().enumerate() {
                meter.steps(1)?;
                if at > 0 {
                    out.push(u16::from(b','));
                }
                if !item.is_nullish() {
                    write(item, out, meter, depth + 1)?;
                }
            }
            return Ok(());
        }
    }
    meter.grow(out.len(), out.len() - before)
}

/// The value as a primitive: lists and records become strings.
fn to_primitive(value: &Value, meter: &Meter) -> Result<Value> {
    if value.is_primitive() {
        Ok(value.clone())
    } else {
        to_text(value, meter).map(Value::Text)
    }
}

/// `Number(value)`
pub(crate) fn to_number(value: &Value, meter: &Meter) -> Result<f64> {
    Ok(match value {
        Value::Undefined => f64::NAN,
        Value::Null | Value::Bool(false) => 0.0,
        Value::Bool(true) => 1.0,
        Value::Number(number) => *number,
        _ => {
            let text = to_text(value, meter)?;
            meter.search(text.len())?;
            number::parse(&text)
        }
    })
}

/// The number without its decimals; zero where it is none.
pub(crate) fn to_integer(value: &Value, meter: &Meter) -> Result<f64> {
    to_number(value, meter).map(number::integer)
}

/// `left === right`: lists, records and safe strings are the same only where they are one.
pub(crate) fn identical(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Undefined, Value::Undefined) | (Value::Null, Value::Null) => true,
        (Value::Bool(left), Value::Bool(right)) => left == right,
        (Value::Number(left), Value::Number(right)) => left == right,
        (Value::Text(left), Value::Text(right)) => left == right,
        (Value::Safe(left), Value::Safe(right)) => Rc::ptr_eq(left, right),
        (Value::Array(left), Value::Array(right)) => Rc::ptr_eq(left, right),
        (Value::Record(left), Value::Record(right)) => Rc::ptr_eq(left, right),
        (Value::Regex(left), Value::Regex(right)) => Rc::ptr_eq(left, right),
        (Value::Callable(left), Value::Callable(right)) => Rc::ptr_eq(left, right),
        _ => false,
    }
}

/// `left == right`
pub(crate) fn equal(left: &Value, right: &Value, meter: &Meter) -> Result<bool> {
    if let (Some(left), Some(right)) = (left.as_text(), right.as_text())
        && left.len() == right.len()
    {
        meter.search(left.len())?;
    }
    if identical(left, right) {
        return Ok(true);
    }
    if !left.is_primitive() && !right.is_primitive() {
        return Ok(false);
    }
    let left = to_primitive(left, meter)?;
    let right = to_primitive(right, meter)?;
    if left.is_nullish() || right.is_nullish() {
        return Ok(left.is_nullish() && right.is_nullish());
    }
    if std::mem::discriminant(&left) == std::mem::discriminant(&right) {
        return Ok(identical(&left, &right));
    }
    // Of kinds that differ, both count as numbers.
    Ok(to_number(&left, meter)? == to_number(&right, meter)?)
}

/// How two values stand to each other by `<` and `>`; nothing where one is not a number.
pub(crate) fn order(left: &Value, right: &Value, meter: &Meter) -> Result<Option<Ordering>> {
    let left = to_primitive(left, meter)?;
    let right = to_primitive(right, meter)?;
    if let (Value::Text(left), Value::Text(right)) = (&left, &right) {
        meter.search(left.len().min(right.len()))?;
        return Ok(Some(left.cmp(right)));
    }
    Ok(to_number(&left, meter)?.partial_cmp(&to_number(&right, meter)?))
}

/// `left + right`
pub(crate) fn add(left: &Value, right: &Value, meter: &Meter) -> Result<Value> {
    let left = to_primitive(left, meter)?;
    let right = to_primitive(right, meter)?;
    if matches!(left, Value::Text(_)) || matches!(right, Value::Text(_)) {
        return concat(&left, &right, meter);
    }
    Ok(Value::Number(
        to_number(&left, meter)? + to_number(&right, meter)?,
    ))
}

/// Both as strings, one after the other.
pub(crate) fn concat(left: &Value, right: &Value, meter: &Meter) -> Result<Value> {
    let left = to_text(left, meter)?;
    let right = to_text(right, meter)?;
    meter.make(left.len() + right.len())?;
    let mut out = Vec::with_capacity(left.len() + right.len());
    out.extend_from_slice(&left);
    out.extend_from_slice(&right);
    Ok(Value::Text(Text::from(out)))
}

/// A value as the name of an entry.
pub(crate) fn to_key(value: &Value, meter: &Meter) -> Result<Text> {
    match value {
        Value::Number(number) => Ok(Text::from(units(&number::to_text(*number)))),
        _ => to_text(value, meter),
    }
}
