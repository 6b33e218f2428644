//! Filters for HTML and URLs.

use super::super::coerce::{render, to_number, to_text};
use super::super::error::{Result, fail};
use super::super::text::{Text, find, is_ascii, is_space, same, trim, units};
use super::super::value::Value;
use super::Call;
use super::text::joined;

/// How often tags are taken out of what taking tags out left.
const MOST_PASSES: usize = 8;

pub(super) fn apply(name: &str, call: &Call<'_>) -> Result<Value> {
    match name {
        "e" | "escape" if matches!(call.input, Value::Safe(_)) => Ok(call.input.clone()),
        "e" | "escape" | "forceescape" => call
            .meter
            .made(escaped(&render(call.input, call.meter)?))
            .map(Value::safe),
        "nl2br" => {
            let text = if call.input.is_nullish() {
                Text::from("")
            } else {
                call.text()?.clone()
            };
            let mut out = Vec::new();
            let mut units_ahead = text.iter().copied().peekable();
            while let Some(unit) = units_ahead.next() {
                match unit {
                    13 if units_ahead.peek() == Some(&10) => {}
                    10 => out.extend(units("<br />\n")),
                    _ => out.push(unit),
                }
            }
            call.like_input(out)
        }
        "striptags" => striptags(call),
        "urlencode" => urlencode(call),
        _ => urlize(call),
    }
}

fn escaped(text: &[u16]) -> Vec<u16> {
    let mut out = Vec::with_capacity(text.len());
    for unit in text {
        let entity = match char::from_u32(u32::from(*unit)) {
            Some('&') => "&amp;",
            Some('"') => "&quot;",
            Some('\'') => "&#39;",
            Some('<') => "&lt;",
            Some('>') => "&gt;",
            Some('\\') => "&#92;",
            _ => {
                out.push(*unit);
                continue;
            }
        };
        out.extend(entity.encode_utf16());
    }
    out
}

fn striptags(call: &Call<'_>) -> Result<Value> {
    let mut text = call.text_or_empty()?.to_vec();
    let mut passes = 0;
    loop {
        call.meter.search(text.len())?;
        let next = without_tags(&text);
        if next.len() == text.len() {
            break;
        }
        text = next;
        passes += 1;
        if passes > MOST_PASSES {
            return fail("striptags input contains excessively nested markup");
        }
    }
    let text = trim(&text);
    let out = if call.argument(0).truthy() {
        lines_kept(text)
    } else {
        one_line(text)
    };
    call.like_input(out)
}

/// The text without `<a …>`, `</a>` and `<!-- … -->`.
fn without_tags(text: &[u16]) -> Vec<u16> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    // Once no tag is closed further on, none needs looking for: what follows stays linear.
    let (mut closes, mut comments) = (true, true);
    while let Some(unit) = text.get(at) {
        if is_ascii(*unit, "<") {
            if closes && let Some(name) = tag_name_end(text, at + 1) {
                match find(text, &units(">"), name) {
                    Some(end) => {
                        at = end + 1;
                        continue;
                    }
                    None => closes = false,
                }
            }
            if comments && text.get(at..at + 4).is_some_and(|here| same(here, "<!--")) {
                match find(text, &units("-->"), at + 4) {
                    Some(end) => {
                        at = end + 3;
                        continue;
                    }
                    None => comments = false,
                }
            }
        }
        out.push(*unit);
        at += 1;
    }
    out
}

/// Where the name of a tag ends, where one begins.
fn tag_name_end(text: &[u16], at: usize) -> Option<usize> {
    let at = at + usize::from(text.get(at).is_some_and(|u| is_ascii(*u, "/")));
    text.get(at).filter(|u| matches!(**u, 65..=90 | 97..=122))?;
    let rest = text.get(at..)?;
    let length = rest
        .iter()
        .take_while(|u| matches!(**u, 48..=57 | 65..=90 | 97..=122))
        .count();
    // A name ends at what is no part of a word: `_` would be one.
    let end = at + length;
    (text.get(end) != Some(&u16::from(b'_'))).then_some(end)
}

fn one_line(text: &[u16]) -> Vec<u16> {
    let words: Vec<&[u16]> = text
        .split(|u| is_space(*u))
        .filter(|word| !word.is_empty())
        .collect();
    words.join(&u16::from(b' '))
}

fn lines_kept(text: &[u16]) -> Vec<u16> {
    let is_end = |unit: u16| matches!(unit, 10 | 13 | 0x2028 | 0x2029);
    // Spaces at the ends of lines go, others become one.
    let mut spaced = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(unit) = text.get(at) {
        if *unit != 32 {
            spaced.push(*unit);
            at += 1;
            continue;
        }
        let end = at
            + text
                .get(at..)
                .unwrap_or_default()
                .iter()
                .take_while(|u| **u == 32)
                .count();
        let begins = spaced.last().is_none_or(|unit| is_end(*unit));
        let ends = text.get(end).is_none_or(|unit| is_end(*unit));
        if !begins && !ends {
            spaced.push(32);
        }
        at = end;
    }
    let mut out: Vec<u16> = Vec::with_capacity(spaced.len());
    let mut units_ahead = spaced.into_iter().peekable();
    while let Some(unit) = units_ahead.next() {
        if unit == 13 && units_ahead.peek() == Some(&10) {
            continue;
        }
        // No more than one empty line at a time.
        if unit == 10 && out.ends_with(&[10, 10]) {
            continue;
        }
        out.push(unit);
    }
    out
}

fn urlencode(call: &Call<'_>) -> Result<Value> {
    if let Some(text) = call.input.as_text() {
        return call.meter.made(encoded(text)?).map(Value::Text);
    }
    let meter = call.meter;
    let pair = |name: &Value, value: &Value| -> Result<Text> {
        let mut out = encoded(&to_text(name, meter)?)?;
        out.push(u16::from(b'='));
        out.extend(encoded(&to_text(value, meter)?)?);
        Ok(Text::from(out))
    };
    let mut pairs = Vec::new();
    match call.input {
        Value::Record(record) => {
            for (name, value) in &record.entries {
                pairs.push(pair(&Value::Text(name.clone()), value)?);
            }
        }
        Value::Array(array) => {
            for item in array.items.borrow().iter() {
                if item.is_nullish() {
                    return fail("urlencode sequence entries cannot be nullish");
                }
                let part = |at: &str| {
                    let plain = matches!(
                        item,
                        Value::Array(_) | Value::Record(_) | Value::Text(_) | Value::Safe(_)
                    );
                    let part = if plain {
                        super::list::own(item, &units(at))
                    } else {
                        None
                    };
                    part.unwrap_or(Value::Undefined)
                };
                pairs.push(pair(&part("0"), &part("1"))?);
            }
        }
        _ => {}
    }
    meter.made(joined(&pairs, "&")).map(Value::Text)
}

/// `encodeURIComponent`
fn encoded(text: &[u16]) -> Result<Vec<u16>> {
    let Ok(text) = String::from_utf16(text) else {
        return fail("URI malformed");
    };
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    Ok(units(&out))
}

fn urlize(call: &Call<'_>) -> Result<Value> {
    let length = match call.argument(0) {
        Value::Undefined => f64::INFINITY,
        Value::Number(number) if number.is_nan() => f64::INFINITY,
        other => Some(to_number(other, call.meter)?)
            .filter(|n| *n > 0.0)
            .unwrap_or(0.0),
    };
    let nofollow = if matches!(call.argument(1), Value::Bool(true)) {
        " rel=\"nofollow\""
    } else {
        ""
    };
    let text = call.text()?.clone();
    let mut out = Vec::new();
    let mut from = 0;
    while from < text.len() {
        let rest = text.get(from..).unwrap_or_default();
        let spaces = rest.iter().take_while(|u| is_space(**u)).count();
        let word = rest.iter().take_while(|u| !is_space(**u)).count();
        let taken = spaces.max(word);
        let piece = rest.get(..taken).unwrap_or_default();
        if spaces > 0 {
            out.extend_from_slice(piece);
        } else {
            link(piece, length, nofollow, &mut out);
        }
        call.meter.search(taken)?;
        from += taken;
    }
    call.meter.made(out).map(Value::Text)
}

/// A word, as a link where it is one.
fn link(word: &[u16], length: f64, nofollow: &str, out: &mut Vec<u16>) {
    let text = String::from_utf16_lossy(word);
    let possible = unpunctuated(&text);
    let shown = units(possible);
    let shown = shown
        .get(..(length.min(shown.len() as f64)) as usize)
        .unwrap_or_default();
    let shown = String::from_utf16_lossy(shown);
    let linked = if possible.starts_with("http://") || possible.starts_with("https://") {
        format!("<a href=\"{possible}\"{nofollow}>{shown}</a>")
    } else if possible.starts_with("www.") {
        format!("<a href=\"http://{possible}\"{nofollow}>{shown}</a>")
    } else if is_mail(possible) {
        format!("<a href=\"mailto:{possible}\">{possible}</a>")
    } else if has_common_domain(possible) {
        format!("<a href=\"http://{possible}\"{nofollow}>{shown}</a>")
    } else {
        out.extend_from_slice(word);
        return;
    };
    out.extend(linked.encode_utf16());
}

/// A word without a bracket before it and a sign after it.
fn unpunctuated(word: &str) -> &str {
    let start = ["&lt;", "(", "<"]
        .iter()
        .find_map(|sign| word.strip_prefix(sign))
        .unwrap_or(word);
    ["&gt;", ".", ",", ")"]
        .iter()
        .find_map(|sign| start.strip_suffix(sign))
        .unwrap_or(start)
}

fn is_mail(text: &str) -> bool {
    let Some((name, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let in_name = |c: char| c.is_ascii_alphanumeric() || "_.!#$%&'*+-/=?^`{|}~".contains(c);
    let labels: Vec<&str> = domain.split('.').collect();
    let is_label = |label: &&str| {
        !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    !name.is_empty() && name.chars().all(in_name) && labels.len() > 1 && labels.iter().all(is_label)
}

fn has_common_domain(text: &str) -> bool {
    [".org", ".net", ".com"].iter().any(|domain| {
        text.match_indices(domain).any(|(at, _)| {
            let rest = text.get(at + domain.len()..).unwrap_or_default();
            rest.is_empty() || rest.starts_with(':') || rest.starts_with('/')
        })
    })
}
