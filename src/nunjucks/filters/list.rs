//! Filters of lists and records.

use std::cmp::Ordering;

use super::super::ast::is_reserved;
use super::super::checks;
use super::super::coerce::{add, identical, order, to_key, to_number, to_text};
use super::super::error::{Result, fail};
use super::super::limits::LONGEST_LIST;
use super::super::methods::{join as join_items, sorted};
use super::super::text::{Text, lower, units, upper};
use super::super::value::{Entries, Value};
use super::Call;

pub(super) fn apply(name: &str, call: &Call<'_>) -> Result<Value> {
    match name {
        "batch" => batch(call),
        "dictsort" => dictsort(call),
        "first" | "last" => edge(call, name),
        "groupby" => groupby(call),
        "join" => join(call),
        "length" => Ok(length(call)),
        "list" => list(call),
        "random" => random(call),
        "reject" | "select" => select(call, name),
        "rejectattr" | "selectattr" => select_attribute(call, name),
        "reverse" => reverse(call),
        "slice" => slice(call),
        "sort" => sort(call),
        _ => sum(call),
    }
}

/// What a value itself holds under a name.
pub(super) fn own(target: &Value, key: &[u16]) -> Option<Value> {
    super::super::eval::own_value(target, key)
}

fn letters(text: &[u16]) -> Vec<Value> {
    text.iter()
        .map(|unit| Value::Text(Text::from([*unit].as_slice())))
        .collect()
}

/// The items of a list, or the code units of a string.
fn sequence(call: &Call<'_>) -> Result<Option<Vec<Value>>> {
    let items = match call.input {
        Value::Array(array) => array.items.borrow().clone(),
        other => match other.as_text() {
            Some(text) => {
                call.meter.list(text.len())?;
                letters(text)
            }
            None => return Ok(None),
        },
    };
    call.meter.steps(items.len())?;
    Ok(Some(items))
}

/// The items of a list, string, or of a record that has a `length` as a list has.
fn indexed(call: &Call<'_>) -> Result<Option<Vec<Value>>> {
    let Value::Record(record) = call.input else {
        return sequence(call);
    };
    let length = match record.get(&units("length")) {
        Some(length) => to_number(length, call.meter)?,
        None => 0.0,
    };
    if length > LONGEST_LIST as f64 {
        call.meter.list(LONGEST_LIST + 1)?;
    }
    let count = if length > 0.0 {
        length.ceil() as usize
    } else {
        0
    };
    call.meter.list(count)?;
    let item = |at: usize| {
        record
            .get(&units(&at.to_string()))
            .cloned()
            .unwrap_or(Value::Undefined)
    };
    Ok(Some((0..count).map(item).collect()))
}

fn whole(call: &Call<'_>, message: &str) -> Result<usize> {
    let number = to_number(call.argument(0), call.meter)?.trunc();
    if number > 0.0 && number <= 9_007_199_254_740_991.0 {
        Ok(number as usize)
    } else {
        fail(message)
    }
}

fn batch(call: &Call<'_>) -> Result<Value> {
    if call.input.is_nullish() {
        return fail("batch requires a sequence");
    }
    let width = whole(call, "Batch size must be a positive integer")?;
    let Some(items) = indexed(call)? else {
        return Ok(Value::array(Vec::new()));
    };
    let fill = call.argument(1);
    let mut rows = Vec::new();
    for row in items.chunks(width) {
        let mut row = row.to_vec();
        if fill.truthy() && row.len() < width {
            call.meter.list(width)?;
            row.resize(width, fill.clone());
        }
        rows.push(Value::array(row));
    }
    Ok(Value::array(rows))
}

fn slice(call: &Call<'_>) -> Result<Value> {
    let Some(items) = sequence(call)? else {
        return fail("slice requires a sequence");
    };
    let count = whole(call, "Slice count must be a positive integer")?;
    call.meter.list(count)?;
    let (base, extra) = (items.len() / count, items.len() % count);
    let fill = call.argument(1);
    let text = call.input.as_text();
    let mut from = 0;
    let mut out = Vec::new();
    for at in 0..count {
        let to = from + base + usize::from(at < extra);
        let fills = fill.truthy() && at >= extra;
        if let Some(text) = text {
            if fills {
                return fail("slice cannot append a fill value to a string");
            }
            out.push(Value::Text(Text::from(
                text.get(from..to).unwrap_or_default(),
            )));
        } else {
            let mut part = items.get(from..to).unwrap_or_default().to_vec();
            if fills {
                part.push(fill.clone());
            }
            out.push(Value::array(part));
        }
        from = to;
    }
    Ok(Value::array(out))
}

fn dictsort(call: &Call<'_>) -> Result<Value> {
    let Value::Record(record) = call.input else {
        return fail("dictsort requires a record");
    };
    let case_sensitive = call.argument(0).truthy();
    let by_value = match call.argument(1) {
        Value::Undefined => false,
        Value::Text(by) if by.is("key") => false,
        Value::Text(by) if by.is("value") => true,
        _ => return fail("dictsort can only sort by key or value"),
    };
    let entries = record.entries.iter();
    let pairs = entries
        .map(|(name, value)| Value::array(vec![Value::Text(name.clone()), value.clone()]))
        .collect();
    let meter = call.meter;
    let part = |pair: &Value| {
        let part = own(pair, &units(if by_value { "1" } else { "0" })).unwrap_or(Value::Undefined);
        match part.as_text() {
            Some(text) if !case_sensitive => Value::Text(Text::from(upper(text))),
            _ => part,
        }
    };
    let pairs = sorted(pairs, meter, &mut |left, right| {
        let (left, right) = (part(left), part(right));
        if order(&left, &right, meter)? == Some(Ordering::Greater) {
            return Ok(1.0);
        }
        Ok(if identical(&left, &right) { 0.0 } else { -1.0 })
    })?;
    Ok(Value::array(pairs))
}

fn edge(call: &Call<'_>, name: &str) -> Result<Value> {
    if call.input.is_nullish() {
        return fail(format!("{name} requires a sequence"));
    }
    let last = name == "last";
    Ok(match call.input {
        Value::Array(array) => {
            let items = array.items.borrow();
            if last { items.last() } else { items.first() }
                .cloned()
                .unwrap_or(Value::Undefined)
        }
        Value::Record(record) => {
            let key = if last {
                let length = record
                    .get(&units("length"))
                    .cloned()
                    .unwrap_or(Value::Undefined);
                to_key(
                    &Value::Number(to_number(&length, call.meter)? - 1.0),
                    call.meter,
                )?
            } else {
                Text::from("0")
            };
            record.get(&key).cloned().unwrap_or(Value::Undefined)
        }
        other => match other.as_text() {
            Some(text) => {
                let unit = if last { text.last() } else { text.first() };
                unit.map_or(Value::Undefined, |unit| {
                    Value::Text(Text::from([*unit].as_slice()))
                })
            }
            None => Value::Undefined,
        },
    })
}

/// A filter that is pure cannot roll dice: it takes an item that depends on the list alone.
fn random(call: &Call<'_>) -> Result<Value> {
    if call.input.is_nullish() {
        return fail("random requires a sequence");
    }
    let items = indexed(call)?.unwrap_or_default();
    if items.is_empty() {
        return Ok(Value::Undefined);
    }
    let seed = items.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, item| {
        let text = to_text(item, call.meter).unwrap_or_else(|_| Text::from(""));
        text.iter().fold(hash, |hash, unit| {
            (hash ^ u64::from(*unit)).wrapping_mul(0x0100_0000_01b3)
        })
    });
    let at = (seed >> 16) as usize % items.len();
    Ok(items.get(at).cloned().unwrap_or(Value::Undefined))
}

fn length(call: &Call<'_>) -> Value {
    match call.input {
        Value::Array(array) => Value::Number(array.items.borrow().len() as f64),
        Value::Record(record) => Value::Number(record.entries.len() as f64),
        Value::Undefined | Value::Null | Value::Bool(false) => Value::Number(0.0),
        other => other
            .as_text()
            .map_or(Value::Undefined, |text| Value::Number(text.len() as f64)),
    }
}

fn list(call: &Call<'_>) -> Result<Value> {
    match call.input {
        Value::Array(_) => Ok(call.input.clone()),
        Value::Record(record) => {
            call.meter.list(record.entries.len())?;
            let pair = |(name, value): (&Text, &Value)| {
                Value::record([
                    (Text::from("key"), Value::Text(name.clone())),
                    (Text::from("value"), value.clone()),
                ])
            };
            Ok(Value::array(record.entries.iter().map(pair).collect()))
        }
        _ => match sequence(call)? {
            Some(items) => Ok(Value::array(items)),
            None => fail("list requires an iterable value"),
        },
    }
}

fn reverse(call: &Call<'_>) -> Result<Value> {
    if let Some(text) = call.input.as_text() {
        let mut text = text.to_vec();
        text.reverse();
        return call.like_input(text);
    }
    let mut items = indexed(call)?.unwrap_or_default();
    items.reverse();
    Ok(Value::array(items))
}

fn select(call: &Call<'_>, name: &str) -> Result<Value> {
    let test = match call.argument(0) {
        Value::Undefined => Text::from("truthy"),
        test => to_text(test, call.meter)?,
    };
    let test = test.to_string();
    let Some(arity) = checks::arity(&test) else {
        return fail(format!("Unknown template test {test}"));
    };
    if call.input.is_nullish() {
        return fail(format!("{name} requires a sequence"));
    }
    let Some(items) = indexed(call)? else {
        return Ok(Value::array(Vec::new()));
    };
    let arguments = call.arguments.get(1..).unwrap_or_default();
    checks::check_arity(&test, arity, arguments.len())?;
    let mut out = Vec::new();
    for item in items {
        if checks::apply(&test, &item, arguments, call.meter)? == (name == "select") {
            out.push(item);
        }
    }
    Ok(Value::array(out))
}

/// The name of an entry.
fn attribute(call: &Call<'_>, value: &Value) -> Result<Text> {
    let key = to_key(value, call.meter)?;
    if is_reserved(&key) {
        return fail(format!("Template attribute {key} is reserved"));
    }
    Ok(key)
}

fn read(item: &Value, key: &[u16]) -> Result<Value> {
    if item.is_nullish() {
        return fail("Cannot read a template attribute from a nullish value");
    }
    Ok(own(item, key).unwrap_or(Value::Undefined))
}

/// Names of entries in each other: `metadata.name`.
fn path(call: &Call<'_>, value: &Value) -> Result<Vec<Text>> {
    if !value.truthy() {
        return Ok(Vec::new());
    }
    match value {
        Value::Text(text) => {
            let parts = super::super::text::split(text, &units("."));
            parts
                .into_iter()
                .map(|part| attribute(call, &Value::Text(part)))
                .collect()
        }
        _ => Ok(vec![attribute(call, value)?]),
    }
}

fn read_path(item: &Value, path: &[Text]) -> Result<Value> {
    let mut value = item.clone();
    for name in path {
        value = read(&value, name)?;
        if matches!(value, Value::Undefined) {
            break;
        }
    }
    Ok(value)
}

fn select_attribute(call: &Call<'_>, name: &str) -> Result<Value> {
    let Value::Array(array) = call.input else {
        return fail(format!("{name} requires an array"));
    };
    let key = attribute(call, call.argument(0))?;
    let items = array.items.borrow();
    call.meter.steps(items.len())?;
    let mut out = Vec::new();
    for item in items.iter() {
        if read(item, &key)?.truthy() == (name == "selectattr") {
            out.push(item.clone());
        }
    }
    Ok(Value::array(out))
}

/// The items, or what each has under the name that an argument gives.
fn projected(call: &Call<'_>, at: usize, operation: &str) -> Result<Vec<Value>> {
    if !call.argument(at).truthy() {
        return match call.input {
            Value::Array(_) => Ok(sequence(call)?.unwrap_or_default()),
            _ => fail(format!("{operation} requires an array")),
        };
    }
    let key = attribute(call, call.argument(at))?;
    let items = indexed(call)?.unwrap_or_default();
    items.iter().map(|item| read(item, &key)).collect()
}

fn join(call: &Call<'_>) -> Result<Value> {
    let separator = if call.argument(0).truthy() {
        to_text(call.argument(0), call.meter)?
    } else {
        Text::from("")
    };
    let items = projected(call, 1, "join")?;
    join_items(&items, &separator, call.meter).map(Value::Text)
}

fn sum(call: &Call<'_>) -> Result<Value> {
    let mut total = Value::Number(0.0);
    for item in projected(call, 0, "sum")? {
        total = add(&total, &item, call.meter)?;
    }
    let start = match call.argument(1) {
        Value::Undefined => Value::Number(0.0),
        start => start.clone(),
    };
    add(&start, &total, call.meter)
}

fn sort(call: &Call<'_>) -> Result<Value> {
    let Some(items) = indexed(call)? else {
        return Ok(Value::array(Vec::new()));
    };
    let reverse = call.argument(0).truthy();
    let case_sensitive = call.argument(1).truthy();
    let path = path(call, call.argument(2))?;
    let meter = call.meter;
    let items = sorted(items, meter, &mut |left, right| {
        let (mut left, mut right) = (read_path(left, &path)?, read_path(right, &path)?);
        if !case_sensitive && let (Some(a), Some(b)) = (left.as_text(), right.as_text()) {
            (left, right) = (
                Value::Text(Text::from(lower(a))),
                Value::Text(Text::from(lower(b))),
            );
        }
        let up = if reverse { -1.0 } else { 1.0 };
        Ok(match order(&left, &right, meter)? {
            Some(Ordering::Less) => -up,
            Some(Ordering::Greater) => up,
            _ => 0.0,
        })
    })?;
    Ok(Value::array(items))
}

fn groupby(call: &Call<'_>) -> Result<Value> {
    if call.input.is_nullish() {
        return fail("groupby requires a sequence");
    }
    let Some(items) = indexed(call)? else {
        return Ok(Value::record([]));
    };
    let path = path(call, call.argument(0))?;
    let mut groups: indexmap::IndexMap<Text, Vec<Value>> = indexmap::IndexMap::new();
    for item in items {
        let key = to_key(&read_path(&item, &path)?, call.meter)?;
        if is_reserved(&key) {
            return fail(format!("Template record key {key} is reserved"));
        }
        groups.entry(key).or_default().push(item);
    }
    let entries: Entries = groups
        .into_iter()
        .map(|(name, items)| (name, Value::array(items)))
        .collect();
    Ok(Value::record(entries))
}
