//! Methods of strings.

use super::super::coerce::{to_number, to_text};
use super::super::error::{Result, fail};
use super::super::limits::Meter;
use super::super::replace;
use super::super::text::{Text, find, find_last, lower, split, trim, trim_end, trim_start, upper};
use super::super::value::Value;
use super::{optional_integer, relative};

pub(super) fn call(text: &Text, name: &str, given: &[Value], meter: &Meter) -> Result<Value> {
    meter.search(text.len())?;
    let argument = |at: usize| given.get(at).unwrap_or(&Value::Undefined);
    let integer = |at: usize| optional_integer(given.get(at), meter);
    let clamped = |at: f64| at.clamp(0.0, text.len() as f64) as usize;
    let part = |from: usize, to: usize| {
        Value::Text(Text::from(text.get(from..to.max(from)).unwrap_or_default()))
    };
    let position = |found: Option<usize>| Value::Number(found.map_or(-1.0, |at| at as f64));
    Ok(match name {
        "replace" => {
            let replacement = to_text(argument(1), meter)?;
            Value::Text(match argument(0) {
                Value::Regex(regex) => replace::with_regex(text, regex, &replacement, meter)?,
                search => replace::first(text, &to_text(search, meter)?, &replacement, meter)?,
            })
        }
        "split" => return pieces(text, argument(0), argument(1), meter),
        "includes" => {
            let needle = to_text(argument(0), meter)?;
            Value::Bool(find(text, &needle, clamped(integer(1)?.unwrap_or(0.0))).is_some())
        }
        "startsWith" => {
            let needle = to_text(argument(0), meter)?;
            let from = clamped(integer(1)?.unwrap_or(0.0));
            Value::Bool(
                text.get(from..)
                    .is_some_and(|rest| rest.starts_with(&needle)),
            )
        }
        "endsWith" => {
            let needle = to_text(argument(0), meter)?;
            let to = clamped(integer(1)?.unwrap_or(f64::INFINITY));
            Value::Bool(text.get(..to).is_some_and(|head| head.ends_with(&needle)))
        }
        "indexOf" => {
            let needle = to_text(argument(0), meter)?;
            position(find(text, &needle, clamped(integer(1)?.unwrap_or(0.0))))
        }
        "lastIndexOf" => {
            let needle = to_text(argument(0), meter)?;
            let latest = match argument(1) {
                Value::Undefined => f64::NAN,
                latest => to_number(latest, meter)?,
            };
            let latest = if latest.is_nan() {
                f64::INFINITY
            } else {
                latest.trunc()
            };
            position(find_last(text, &needle, clamped(latest)))
        }
        "slice" => {
            let from = relative(integer(0)?.unwrap_or(0.0), text.len());
            part(
                from,
                relative(integer(1)?.unwrap_or(f64::INFINITY), text.len()),
            )
        }
        "substring" => {
            let from = clamped(integer(0)?.unwrap_or(0.0));
            let to = clamped(integer(1)?.unwrap_or(f64::INFINITY));
            part(from.min(to), from.max(to))
        }
        "trim" => Value::Text(Text::from(trim(text))),
        "trimStart" => Value::Text(Text::from(trim_start(text))),
        "trimEnd" => Value::Text(Text::from(trim_end(text))),
        "toLowerCase" => Value::Text(meter.made(lower(text))?),
        "toUpperCase" => Value::Text(meter.made(upper(text))?),
        "charAt" | "charCodeAt" => {
            let at = integer(0)?.unwrap_or(0.0);
            let unit = if at < 0.0 {
                None
            } else {
                text.get(at as usize).copied()
            };
            if name == "charAt" {
                Value::Text(Text::from(unit.as_slice()))
            } else {
                Value::Number(unit.map_or(f64::NAN, f64::from))
            }
        }
        "concat" => {
            let mut out = text.to_vec();
            for value in given {
                out.extend_from_slice(&to_text(value, meter)?);
                meter.grow(out.len(), 0)?;
            }
            Value::Text(meter.made(out)?)
        }
        _ => return fail(format!("Unsupported string intrinsic {name}")),
    })
}

fn pieces(text: &Text, separator: &Value, limit: &Value, meter: &Meter) -> Result<Value> {
    let limit = match limit {
        Value::Undefined => usize::MAX,
        limit => {
            let number = to_number(limit, meter)?;
            // As JavaScript makes of any number one of 32 bits: a negative limit is a high one.
            if number.is_finite() {
                number.trunc().rem_euclid(4_294_967_296.0) as usize
            } else {
                0
            }
        }
    };
    let mut items: Vec<Value> = match separator {
        Value::Regex(regex) => replace::split(text, &regex.regex, limit, meter)?,
        Value::Undefined => vec![Value::Text(text.clone())],
        separator => split(text, &to_text(separator, meter)?)
            .into_iter()
            .map(Value::Text)
            .collect(),
    };
    items.truncate(limit);
    meter.list(items.len())?;
    Ok(Value::array(items))
}
