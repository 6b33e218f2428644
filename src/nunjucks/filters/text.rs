//! Filters of strings, and JSON.

use super::super::coerce::{order, to_number, to_text};
use super::super::error::{Result, fail};
use super::super::limits::{DEEPEST_VALUE, Meter};
use super::super::number;
use super::super::replace;
use super::super::text::{Text, capitalized, find, find_last, lower, split, trim, units, upper};
use super::super::value::{Value, too_deep};
use super::Call;

/// The most spaces a filter puts in at once.
const MOST_SPACES: f64 = 16_777_216.0;

pub(super) fn apply(name: &str, call: &Call<'_>) -> Result<Value> {
    match name {
        "capitalize" => call.like_input(capitalized(&lower(&call.text_or_empty()?))),
        "center" => center(call),
        "indent" => indent(call),
        "lower" => call
            .meter
            .made(lower(&call.text_or_empty()?))
            .map(Value::Text),
        "upper" => call
            .meter
            .made(upper(&call.text_or_empty()?))
            .map(Value::Text),
        "replace" => replaced(call),
        "title" => {
            let words = split(&call.text_or_empty()?, &units(" "));
            let words: Vec<Vec<u16>> = words.iter().map(|word| capitalized(&lower(word))).collect();
            call.like_input(words.join(&u16::from(b' ')))
        }
        "trim" => call.like_input(trim(call.text()?).to_vec()),
        "truncate" => truncate(call),
        "wordcount" => wordcount(call),
        _ => fail(format!("Unknown template filter {name}")),
    }
}

/// The input, where undefined, null and false count as the empty string.
fn normalized(call: &Call<'_>) -> Value {
    match call.input {
        Value::Undefined | Value::Null | Value::Bool(false) => Value::text(""),
        other => other.clone(),
    }
}

/// `input.length`, whatever the input is.
fn length(value: &Value) -> Value {
    match value {
        Value::Array(array) => Value::Number(array.items.borrow().len() as f64),
        Value::Record(record) => record
            .get(&units("length"))
            .cloned()
            .unwrap_or(Value::Undefined),
        _ => value
            .as_text()
            .map_or(Value::Undefined, |text| Value::Number(text.len() as f64)),
    }
}

fn spaces(count: f64, meter: &Meter) -> Result<Vec<u16>> {
    if count.is_nan() || count <= 0.0 {
        return Ok(Vec::new());
    }
    if count > MOST_SPACES {
        return fail("Filter spacing exceeds the supported bound");
    }
    let count = count.ceil() as usize;
    meter.make(count)?;
    Ok(vec![32; count])
}

fn center(call: &Call<'_>) -> Result<Value> {
    let input = normalized(call);
    let width = if call.argument(0).truthy() {
        call.argument(0).clone()
    } else {
        Value::Number(80.0)
    };
    let length = length(&input);
    if order(&length, &width, call.meter)?.is_some_and(std::cmp::Ordering::is_ge) {
        return Ok(input);
    }
    let missing = to_number(&width, call.meter)? - to_number(&length, call.meter)?;
    let mut out = spaces(missing / 2.0 - missing % 2.0, call.meter)?;
    out.extend_from_slice(&to_text(&input, call.meter)?);
    out.extend(spaces(missing / 2.0, call.meter)?);
    call.like_input(out)
}

fn indent(call: &Call<'_>) -> Result<Value> {
    let text = call.text_or_empty()?;
    if text.is_empty() && !matches!(call.input, Value::Safe(_)) {
        return Ok(Value::text(""));
    }
    let width = spaces(call.number_or(0, 4.0)?, call.meter)?;
    let first = call.argument(1).truthy();
    let mut out = Vec::new();
    for (at, line) in text.split(|unit| *unit == 10).enumerate() {
        if at > 0 {
            out.push(10);
        }
        if at > 0 || first {
            out.extend_from_slice(&width);
        }
        out.extend_from_slice(line);
        if at % 64 == 0 {
            call.meter.make(out.len())?;
        }
    }
    call.like_input(out)
}

fn replaced(call: &Call<'_>) -> Result<Value> {
    let meter = call.meter;
    let replacement = call.argument(1);
    let needle = match call.argument(0) {
        Value::Regex(regex) => {
            let Some(text) = call.input.as_text() else {
                return fail("Regular-expression replacement requires a string");
            };
            // Each time the filter starts anew, unlike the method.
            let anew = super::super::value::RegexValue {
                regex: regex.regex.clone(),
                last_index: 0.into(),
            };
            return replace::with_regex(text, &anew, &to_text(replacement, meter)?, meter)
                .map(Value::Text);
        }
        search @ (Value::Text(_) | Value::Number(_)) => to_text(search, meter)?,
        _ => return Ok(call.input.clone()),
    };
    let text = match call.input {
        Value::Number(_) => to_text(call.input, meter)?,
        _ => match call.input.as_text() {
            Some(text) => text.clone(),
            None => return Ok(call.input.clone()),
        },
    };
    meter.search(text.len())?;
    let with = to_text(replacement, meter)?;
    if needle.is_empty() {
        let between = if matches!(replacement, Value::Undefined) {
            units(",")
        } else {
            with.to_vec()
        };
        meter.make(
            text.len()
                .saturating_mul(between.len() + 1)
                .saturating_add(2 * with.len()),
        )?;
        let mut out = with.to_vec();
        for (at, unit) in text.iter().enumerate() {
            if at > 0 {
                out.extend_from_slice(&between);
            }
            out.push(*unit);
        }
        out.extend_from_slice(&with);
        return call.like_input(out);
    }
    let most = match call.argument(2) {
        Value::Undefined => -1.0,
        Value::Number(most) => *most,
        // What is no number by itself still counts as one, but never as "all".
        other => to_number(other, meter)?.max(0.0),
    };
    let unchanged = || match call.input {
        Value::Number(_) => Value::Text(text.clone()),
        input => input.clone(),
    };
    if most == 0.0 || find(&text, &needle, 0).is_none() {
        return Ok(unchanged());
    }
    let mut out = Vec::new();
    let (mut from, mut count) = (0, 0.0);
    while most == -1.0 || count < most {
        let Some(at) = find(&text, &needle, from) else {
            break;
        };
        out.extend_from_slice(text.get(from..at).unwrap_or_default());
        out.extend_from_slice(&with);
        meter.grow(out.len(), with.len() + at - from)?;
        from = at + needle.len();
        count += 1.0;
    }
    out.extend_from_slice(text.get(from..).unwrap_or_default());
    call.like_input(out)
}

fn truncate(call: &Call<'_>) -> Result<Value> {
    let input = normalized(call);
    let limit = if call.argument(0).truthy() {
        call.argument(0).clone()
    } else {
        Value::Number(255.0)
    };
    if order(&length(&input), &limit, call.meter)?.is_some_and(std::cmp::Ordering::is_le) {
        return Ok(input);
    }
    let Some(text) = input.as_text() else {
        return fail("Filter input must be a string");
    };
    let limit = to_number(&limit, call.meter)?;
    let most = number::integer(limit).clamp(0.0, text.len() as f64) as usize;
    // What is no number bounds the search for a space not at all, and what is cut off all the more.
    let latest = if limit.is_nan() { text.len() } else { most };
    let end = if call.argument(1).truthy() {
        None
    } else {
        find_last(text, &units(" "), latest)
    };
    let mut out = text.get(..end.unwrap_or(most)).unwrap_or_default().to_vec();
    match call.argument(2) {
        Value::Undefined | Value::Null => out.extend(units("...")),
        ending => out.extend_from_slice(&to_text(ending, call.meter)?),
    }
    call.like_input(out)
}

fn wordcount(call: &Call<'_>) -> Result<Value> {
    let input = normalized(call);
    if !input.truthy() {
        return Ok(Value::Null);
    }
    let is_word = |unit: &u16| matches!(*unit, 48..=57 | 65..=90 | 95 | 97..=122);
    let count = call
        .text()?
        .split(|unit| !is_word(unit))
        .filter(|word| !word.is_empty())
        .count();
    Ok(if count == 0 {
        Value::Null
    } else {
        Value::Number(count as f64)
    })
}

/// Writes JSON as `JSON.stringify` does; says whether the value can be written at all.
pub(super) fn write_json(
    value: &Value,
    indent: &str,
    depth: usize,
    out: &mut Vec<u16>,
    meter: &Meter,
) -> Result<bool> {
    if depth > DEEPEST_VALUE {
        return too_deep();
    }
    meter.steps(1)?;
    let before = out.len();
    let line = |out: &mut Vec<u16>, depth: usize| {
        if !indent.is_empty() {
            out.push(10);
            (0..depth).for_each(|_| out.extend(indent.encode_utf16()));
        }
    };
    match value {
        Value::Undefined => return Ok(false),
        Value::Null => out.extend(units("null")),
        Value::Bool(bool) => out.extend(units(&bool.to_string())),
        Value::Number(number) if !number.is_finite() => out.extend(units("null")),
        Value::Number(number) => out.extend(units(&number::to_text(*number))),
        Value::Text(text) => write_string(text, out),
        Value::Safe(text) => write_string(text, out),
        Value::Regex(_) => out.extend(units("{}")),
        Value::Callable(_) => return fail("Callable values cannot be serialized"),
        Value::Array(array) => {
            out.push(u16::from(b'['));
            let items = array.items.borrow();
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(u16::from(b','));
                }
                line(out, depth + 1);
                if !write_json(item, indent, depth + 1, out, meter)? {
                    out.extend(units("null"));
                }
            }
            if !items.is_empty() {
                line(out, depth);
            }
            out.push(u16::from(b']'));
        }
        Value::Record(record) => {
            out.push(u16::from(b'{'));
            let mut first = true;
            for (name, value) in &record.entries {
                if matches!(value, Value::Undefined) {
                    continue;
                }
                if !first {
                    out.push(u16::from(b','));
                }
                first = false;
                line(out, depth + 1);
                write_string(name, out);
                out.push(u16::from(b':'));
                if !indent.is_empty() {
                    out.push(32);
                }
                write_json(value, indent, depth + 1, out, meter)?;
            }
            if !first {
                line(out, depth);
            }
            out.push(u16::from(b'}'));
        }
    }
    if depth == 0 || out.len() - before > 4096 {
        meter.grow(out.len(), out.len() - before)?;
    }
    Ok(true)
}

fn write_string(text: &[u16], out: &mut Vec<u16>) {
    out.push(u16::from(b'"'));
    for (at, unit) in text.iter().enumerate() {
        let escape = match unit {
            34 => "\\\"",
            92 => "\\\\",
            8 => "\\b",
            9 => "\\t",
            10 => "\\n",
            12 => "\\f",
            13 => "\\r",
            0..=31 => {
                out.extend(units(&format!("\\u{unit:04x}")));
                continue;
            }
            0xd800..=0xdfff if is_half(text, at) => {
                out.extend(units(&format!("\\u{unit:04x}")));
                continue;
            }
            _ => {
                out.push(*unit);
                continue;
            }
        };
        out.extend(units(escape));
    }
    out.push(u16::from(b'"'));
}

/// Whether a surrogate stands without its other half.
fn is_half(text: &[u16], at: usize) -> bool {
    let is = |at: Option<usize>, low: u16, high: u16| {
        at.and_then(|at| text.get(at))
            .is_some_and(|unit| (low..=high).contains(unit))
    };
    let leads = is(Some(at), 0xd800, 0xdbff) && is(Some(at + 1), 0xdc00, 0xdfff);
    let follows = is(Some(at), 0xdc00, 0xdfff) && is(at.checked_sub(1), 0xd800, 0xdbff);
    !leads && !follows
}

/// The text, made from pieces.
pub(super) fn joined(pieces: &[Text], separator: &str) -> Vec<u16> {
    let separator = units(separator);
    let mut out = Vec::new();
    for (at, piece) in pieces.iter().enumerate() {
        if at > 0 {
            out.extend_from_slice(&separator);
        }
        out.extend_from_slice(piece);
    }
    out
}
