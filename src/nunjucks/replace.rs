//! What strings do with regular expressions, and `$1` in what they put in.

use super::error::Result;
use super::limits::Meter;
use super::regex::{Match, Regex};
use super::text::{Text, find, is_ascii};
use super::value::{RegexValue, Value};

/// `regex.test(text)`. With flag `g` or `y` each call goes on where the last one ended.
pub(crate) fn test(value: &RegexValue, text: &[u16], meter: &Meter) -> Result<bool> {
    let regex = &value.regex;
    let goes_on = regex.is_global() || regex.is_sticky();
    let from = if goes_on { value.last_index.get() } else { 0 };
    let found = if from > text.len() {
        None
    } else {
        regex.find(text, from, regex.is_sticky(), meter)?
    };
    if goes_on {
        value
            .last_index
            .set(whole(found.as_ref()).map_or(0, |(_, end)| end));
    }
    Ok(found.is_some())
}

/// `text.replace(regex, replacement)`
pub(crate) fn with_regex(
    text: &[u16],
    value: &RegexValue,
    replacement: &[u16],
    meter: &Meter,
) -> Result<Text> {
    let regex = &value.regex;
    let mut out = Vec::new();
    let mut copied = 0;
    let mut from = if !regex.is_global() && regex.is_sticky() {
        value.last_index.get()
    } else {
        0
    };
    while from <= text.len() {
        let found = regex.find(text, from, regex.is_sticky(), meter)?;
        let Some((found, (start, end))) = found.as_ref().zip(whole(found.as_ref())) else {
            value
                .last_index
                .set(if regex.is_global() || regex.is_sticky() {
                    0
                } else {
                    value.last_index.get()
                });
            break;
        };
        let before = out.len();
        out.extend_from_slice(text.get(copied..start).unwrap_or_default());
        substitute(text, found, Some(regex), replacement, &mut out, meter)?;
        meter.grow(out.len(), out.len() - before)?;
        copied = end;
        if !regex.is_global() {
            if regex.is_sticky() {
                value.last_index.set(end);
            }
            break;
        }
        from = if end == start { end + 1 } else { end };
    }
    out.extend_from_slice(text.get(copied..).unwrap_or_default());
    meter.made(out)
}

/// `text.replace(search, replacement)`: the first one alone.
pub(crate) fn first(
    text: &Text,
    search: &[u16],
    replacement: &[u16],
    meter: &Meter,
) -> Result<Text> {
    let Some(start) = find(text, search, 0) else {
        return Ok(text.clone());
    };
    let end = start + search.len();
    let mut out = text.get(..start).unwrap_or_default().to_vec();
    substitute(
        text,
        &vec![Some((start, end))],
        None,
        replacement,
        &mut out,
        meter,
    )?;
    out.extend_from_slice(text.get(end..).unwrap_or_default());
    meter.made(out)
}

/// `text.split(regex, limit)`: what groups matched stands between the pieces.
pub(crate) fn split(
    text: &[u16],
    regex: &Regex,
    limit: usize,
    meter: &Meter,
) -> Result<Vec<Value>> {
    let piece =
        |from: usize, to: usize| Value::Text(Text::from(text.get(from..to).unwrap_or_default()));
    if text.is_empty() {
        let matches = regex.find(text, 0, true, meter)?.is_some();
        return Ok(if matches {
            Vec::new()
        } else {
            vec![piece(0, 0)]
        });
    }
    let mut items = Vec::new();
    let (mut copied, mut from) = (0, 0);
    while from < text.len() && items.len() < limit {
        let Some(found) = regex.find(text, from, false, meter)? else {
            break;
        };
        let Some((start, end)) = whole(Some(&found)) else {
            break;
        };
        if start >= text.len() {
            break;
        }
        if end == copied {
            from = start.max(from) + 1;
            continue;
        }
        items.push(piece(copied, start));
        items.extend(
            found
                .iter()
                .skip(1)
                .map(|group| group.map_or(Value::Undefined, |(from, to)| piece(from, to))),
        );
        meter.steps(found.len())?;
        copied = end;
        from = if end == start { end + 1 } else { end };
    }
    items.push(piece(copied, text.len()));
    Ok(items)
}

fn whole(found: Option<&Match>) -> Option<(usize, usize)> {
    found.and_then(|found| found.first().copied().flatten())
}

/// Puts a replacement in, with what stands for parts of the match: `$$`, `$&`, `` $` ``, `$'`, `$1`, `$<name>`.
fn substitute(
    text: &[u16],
    found: &Match,
    regex: Option<&Regex>,
    replacement: &[u16],
    out: &mut Vec<u16>,
    meter: &Meter,
) -> Result<()> {
    let Some((start, end)) = whole(Some(found)) else {
        return Ok(());
    };
    let group = |number: usize| {
        let range = found.get(number).copied().flatten();
        range
            .and_then(|(from, to)| text.get(from..to))
            .unwrap_or_default()
    };
    let digit = |at: usize| {
        replacement
            .get(at)
            .filter(|u| matches!(**u, 48..=57))
            .map(|u| usize::from(u - 48))
    };
    let mut at = 0;
    while let Some(unit) = replacement.get(at) {
        let next = replacement
            .get(at + 1)
            .and_then(|u| char::from_u32(u32::from(*u)));
        if !is_ascii(*unit, "$") {
            out.push(*unit);
            at += 1;
            continue;
        }
        let (part, length): (&[u16], usize) = match next {
            Some('$') => (std::slice::from_ref(unit), 2),
            Some('&') => (text.get(start..end).unwrap_or_default(), 2),
            Some('`') => (text.get(..start).unwrap_or_default(), 2),
            Some('\'') => (text.get(end..).unwrap_or_default(), 2),
            Some('0'..='9') => {
                let one = digit(at + 1).unwrap_or(0);
                let two = digit(at + 2).map(|second| one * 10 + second);
                match two.filter(|two| (1..found.len()).contains(two)) {
                    Some(two) => (group(two), 3),
                    None if (1..found.len()).contains(&one) => (group(one), 2),
                    None => (std::slice::from_ref(unit), 1),
                }
            }
            Some('<') if regex.is_some_and(Regex::has_names) => {
                match find(replacement, &[u16::from(b'>')], at + 2) {
                    Some(close) => {
                        let name = replacement.get(at + 2..close).unwrap_or_default();
                        let number = regex.and_then(|regex| regex.group(name));
                        (number.map(group).unwrap_or_default(), close + 1 - at)
                    }
                    None => (std::slice::from_ref(unit), 1),
                }
            }
            _ => (std::slice::from_ref(unit), 1),
        };
        out.extend_from_slice(part);
        meter.grow(out.len(), part.len())?;
        at += length;
    }
    Ok(())
}
