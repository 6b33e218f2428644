//! Methods of lists.

use std::rc::Rc;

use super::super::coerce::{identical, to_integer, to_text};
use super::super::error::{Result, fail};
use super::super::limits::{DEEPEST_VALUE, Meter};
use super::super::sort;
use super::super::text::Text;
use super::super::value::{Array, Value, too_deep};
use super::{optional_integer, relative};

pub(super) fn call(
    array: &Rc<Array>,
    name: &str,
    mut given: Vec<Value>,
    cookiecutter: bool,
    meter: &Meter,
) -> Result<Value> {
    let mut items = array.items.borrow().clone();
    meter.steps(items.len() / 8 + 1)?;
    let length = items.len();
    let first = given.first().cloned().unwrap_or(Value::Undefined);
    let integer = |at: usize| optional_integer(given.get(at), meter);
    let place = |at: Option<usize>| Value::Number(at.map_or(-1.0, |at| at as f64));
    let this = Value::Array(array.clone());
    let made = |items: Vec<Value>| {
        meter.list(items.len())?;
        Ok(Value::array(items))
    };
    match name {
        "at" => {
            let at = to_integer(&first, meter)?;
            let at = if at < 0.0 { at + length as f64 } else { at };
            let item = if at < 0.0 {
                None
            } else {
                items.get(at as usize)
            };
            Ok(item.cloned().unwrap_or(Value::Undefined))
        }
        "concat" => {
            for value in given {
                match value {
                    Value::Array(other) => {
                        meter.steps(other.items.borrow().len())?;
                        items.extend(other.items.borrow().iter().cloned());
                    }
                    other => items.push(other),
                }
            }
            made(items)
        }
        "flat" => {
            let depth = integer(0)?.map_or(1.0, |depth| depth.max(0.0));
            let mut out = Vec::new();
            flatten(&items, depth, &mut out, meter, 0)?;
            made(out)
        }
        "includes" => {
            let from = relative(integer(1)?.unwrap_or(0.0), length);
            let nan = |value: &Value| matches!(value, Value::Number(number) if number.is_nan());
            let found = items
                .iter()
                .skip(from)
                .any(|item| identical(item, &first) || (nan(item) && nan(&first)));
            Ok(Value::Bool(found))
        }
        "indexOf" | "index" | "find" => {
            let from = relative(
                if name == "indexOf" {
                    integer(1)?.unwrap_or(0.0)
                } else {
                    0.0
                },
                length,
            );
            Ok(place(
                items
                    .iter()
                    .enumerate()
                    .skip(from)
                    .find(|(_, item)| identical(item, &first))
                    .map(|(at, _)| at),
            ))
        }
        "lastIndexOf" => {
            let from = integer(1)?.unwrap_or(f64::INFINITY);
            let from = if from < 0.0 {
                from + length as f64
            } else {
                from
            };
            let end = if from < 0.0 {
                0
            } else {
                (from as usize).saturating_add(1).min(length)
            };
            Ok(place(
                items
                    .iter()
                    .take(end)
                    .rposition(|item| identical(item, &first)),
            ))
        }
        "count" => Ok(Value::Number(
            items.iter().filter(|item| identical(item, &first)).count() as f64,
        )),
        "join" => {
            let separator = if matches!(first, Value::Undefined) {
                Text::from(",")
            } else {
                to_text(&first, meter)?
            };
            join(&items, &separator, meter).map(Value::Text)
        }
        "slice" => {
            let from = relative(integer(0)?.unwrap_or(0.0), length);
            let to = relative(integer(1)?.unwrap_or(f64::INFINITY), length);
            made(items.get(from..to.max(from)).unwrap_or_default().to_vec())
        }
        "push" | "append" => {
            items.extend(given.iter().cloned());
            let length = items.len() as f64;
            Array::replace(array, items, &given, meter)?;
            Ok(Value::Number(length))
        }
        "unshift" => {
            items.splice(0..0, given.iter().cloned());
            let length = items.len() as f64;
            Array::replace(array, items, &given, meter)?;
            Ok(Value::Number(length))
        }
        "pop" => {
            let removed = if cookiecutter && !matches!(first, Value::Undefined) {
                let at = to_integer(&first, meter)?;
                let at = if at < 0.0 { at + length as f64 } else { at };
                (at >= 0.0 && at < length as f64).then(|| items.remove(at as usize))
            } else {
                items.pop()
            };
            Array::replace(array, items, &[], meter)?;
            Ok(removed.unwrap_or(Value::Undefined))
        }
        "shift" => {
            let removed = (!items.is_empty()).then(|| items.remove(0));
            Array::replace(array, items, &[], meter)?;
            Ok(removed.unwrap_or(Value::Undefined))
        }
        "splice" | "insert" | "remove" => {
            let added = match name {
                "splice" => given.split_off(given.len().min(2)),
                "insert" => given.split_off(given.len().min(1)),
                _ => Vec::new(),
            };
            let (from, count) = match name {
                "remove" => match items.iter().position(|item| identical(item, &first)) {
                    Some(at) => (at, 1),
                    None => (length, 0),
                },
                "insert" => (relative(to_integer(&first, meter)?, length), 0),
                _ if matches!(first, Value::Undefined) => (length, 0),
                _ => {
                    let from = relative(to_integer(&first, meter)?, length);
                    (
                        from,
                        optional_integer(given.get(1), meter)?
                            .map_or(length, |count| count.max(0.0) as usize),
                    )
                }
            };
            // Nothing is removed and nothing put in where no place is given.
            let added = if name == "splice" && matches!(first, Value::Undefined) {
                Vec::new()
            } else {
                added
            };
            let added = if name == "splice" && matches!(given.get(1), None | Some(Value::Undefined))
            {
                Vec::new()
            } else {
                added
            };
            let to = from.saturating_add(count).min(length);
            let removed = items.splice(from..to, added.iter().cloned()).collect();
            Array::replace(array, items, &added, meter)?;
            made(removed)
        }
        "sort" => {
            let texts: Result<Vec<(Text, Value)>> = items
                .iter()
                .filter(|item| !matches!(item, Value::Undefined))
                .map(|item| Ok((to_text(item, meter)?, item.clone())))
                .collect();
            let mut texts = texts?;
            meter.steps(length * 4)?;
            texts.sort_by(|left, right| left.0.cmp(&right.0));
            let mut sorted: Vec<Value> = texts.into_iter().map(|(_, item)| item).collect();
            sorted.resize(length, Value::Undefined);
            Array::replace(array, sorted, &[], meter)?;
            Ok(this)
        }
        "reverse" => {
            items.reverse();
            Array::replace(array, items, &[], meter)?;
            Ok(this)
        }
        "fill" => {
            let from = relative(integer(1)?.unwrap_or(0.0), length);
            let to = relative(integer(2)?.unwrap_or(f64::INFINITY), length);
            items
                .iter_mut()
                .take(to)
                .skip(from)
                .for_each(|item| *item = first.clone());
            Array::replace(array, items, &[first], meter)?;
            Ok(this)
        }
        "copyWithin" => {
            let target = relative(to_integer(&first, meter)?, length);
            let from = relative(integer(1)?.unwrap_or(0.0), length);
            let to = relative(integer(2)?.unwrap_or(f64::INFINITY), length);
            let copied: Vec<Value> = items.get(from..to.max(from)).unwrap_or_default().to_vec();
            items
                .iter_mut()
                .skip(target)
                .zip(copied)
                .for_each(|(item, value)| *item = value);
            Array::replace(array, items, &[], meter)?;
            Ok(this)
        }
        _ => fail(format!("Unsupported array intrinsic {name}")),
    }
}

/// The items as strings, undefined and null as nothing, with something between them.
pub(crate) fn join(items: &[Value], separator: &[u16], meter: &Meter) -> Result<Text> {
    meter.steps(items.len())?;
    let mut out = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let before = out.len();
        if at > 0 {
            out.extend_from_slice(separator);
        }
        if !item.is_nullish() {
            out.extend_from_slice(&to_text(item, meter)?);
        }
        meter.grow(out.len(), out.len() - before)?;
    }
    meter.made(out)
}

fn flatten(
    items: &[Value],
    depth: f64,
    out: &mut Vec<Value>,
    meter: &Meter,
    level: usize,
) -> Result<()> {
    if level > DEEPEST_VALUE {
        return too_deep();
    }
    for item in items {
        meter.steps(1)?;
        match item {
            Value::Array(array) if depth > 0.0 => {
                flatten(&array.items.borrow(), depth - 1.0, out, meter, level + 1)?
            }
            _ => out.push(item.clone()),
        }
    }
    Ok(())
}

/// Sorts with JavaScript's rule that undefined comes last, whatever the order is.
pub(crate) fn sorted(
    items: Vec<Value>,
    meter: &Meter,
    compare: &mut dyn FnMut(&Value, &Value) -> Result<f64>,
) -> Result<Vec<Value>> {
    let length = items.len();
    let mut rest: Vec<Value> = items
        .into_iter()
        .filter(|item| !matches!(item, Value::Undefined))
        .collect();
    sort::sort(&mut rest, meter, compare)?;
    rest.resize(length, Value::Undefined);
    Ok(rest)
}
