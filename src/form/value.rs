//! Between what is typed and what it means: numbers, YAML, and back.

use serde_json::{Map, Number, Value};
use serde_yaml::options::{MergeKeyPolicy, NonFiniteFloatPolicy};

use super::schema_type::Type;

/// The longest YAML that is read; answers are short.
const LONGEST: usize = 1 << 20;
/// How deep an answer's YAML may nest.
const DEEPEST: usize = 64;

/// The number a text stands for, as JavaScript's `Number` reads decimal ones; whole numbers are integers.
pub(super) fn number(text: &str) -> Option<Value> {
    let text = text.trim();
    let body = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !body.starts_with(|c: char| c.is_ascii_digit() || c == '.') || body.len() > 400 {
        return None;
    }
    let plain = text.strip_prefix('+').unwrap_or(text);
    if let Ok(whole) = plain.parse::<i64>() {
        return Some(Value::from(whole));
    }
    if let Ok(whole) = plain.parse::<u64>() {
        return Some(Value::from(whole));
    }
    let float: f64 = plain.parse().ok()?;
    if !float.is_finite() {
        return None;
    }
    // `5.0` and `1e3` are whole numbers; beyond this a float does not say exactly which.
    if float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0 {
        return Some(Value::from(float as i64));
    }
    Number::from_f64(float).map(Value::Number)
}

/// What a text in an editor holds for a value: the text itself, a number's digits, YAML of anything larger.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(_) | Value::Object(_) => to_yaml(value),
        other => other.to_string(),
    }
}

/// A value as YAML that reads back as the same value.
pub(super) fn to_yaml(value: &Value) -> String {
    let empty = match value {
        Value::Array(list) => list.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    };
    if empty {
        return String::new();
    }
    let text = serde_yaml::to_string(value).unwrap_or_default();
    // JSON is YAML, and holds what a writer of YAML may trip over.
    if from_yaml(&text).as_ref() == Ok(value) {
        text.trim_end_matches('\n').to_owned()
    } else {
        serde_json::to_string_pretty(value).unwrap_or_default()
    }
}

/// Reads YAML that a person typed.
///
/// # Errors
/// A sentence that says what is wrong and where.
pub(super) fn from_yaml(text: &str) -> Result<Value, String> {
    if text.len() > LONGEST {
        return Err("This is too long".to_owned());
    }
    let mut options = serde_yaml::options! {
        emit_comments: false,
        strict_booleans: true,
        merge_keys: MergeKeyPolicy::AsOrdinary,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        ignore_binary_tag_for_string: true,
        with_snippet: false,
    };
    options.alias_limits.max_total_replayed_events = 10_000;
    match serde_yaml::from_str_with_options::<Value>(text, options) {
        Ok(value) if depth(&value, 0) > DEEPEST => Err("This nests too deep".to_owned()),
        Ok(value) => Ok(value),
        Err(error) => {
            let place = error.location().map_or(String::new(), |location| {
                format!(" (line {})", location.line())
            });
            Err(format!("This is not valid YAML{place}"))
        }
    }
}

fn depth(value: &Value, at: usize) -> usize {
    if at > DEEPEST {
        return at;
    }
    let deepest = match value {
        Value::Array(list) => list.iter().map(|value| depth(value, at + 1)).max(),
        Value::Object(fields) => fields.values().map(|value| depth(value, at + 1)).max(),
        _ => None,
    };
    deepest.unwrap_or(at)
}

/// A value made of another type where nothing is lost by it: the default `8080` of a text, `"8080"` of a number,
/// `"true"` of a yes or no. Nothing where it is of the type already, or cannot be.
pub(super) fn coerced(value: &Value, wanted: Type) -> Option<Value> {
    match (value, wanted) {
        (Value::Number(number), Type::String) => Some(Value::from(number.to_string())),
        (Value::Bool(flag), Type::String) => Some(Value::from(flag.to_string())),
        (Value::String(text), Type::Number) => number(text),
        (Value::String(text), Type::Integer) => number(text).filter(|number| !number.is_f64()),
        (Value::Number(n), Type::Integer) if n.is_f64() => {
            number(&n.to_string()).filter(|number| !number.is_f64())
        }
        (Value::String(text), Type::Boolean) => match text.as_str() {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            _ => None,
        },
        _ => None,
    }
}

/// The values and depth of something written, as far as the limits go.
pub(super) fn measure(value: &Value, deepest: usize, most: usize) -> Option<usize> {
    let mut count = 0;
    let mut waiting = vec![(value, 0)];
    while let Some((value, depth)) = waiting.pop() {
        count += 1;
        if count > most || depth > deepest {
            return None;
        }
        match value {
            Value::Array(list) => waiting.extend(list.iter().map(|value| (value, depth + 1))),
            Value::Object(fields) => {
                waiting.extend(fields.values().map(|value| (value, depth + 1)))
            }
            _ => {}
        }
    }
    Some(count)
}

/// An object from pairs.
pub(super) fn object<const N: usize>(pairs: [(&str, Value); N]) -> Map<String, Value> {
    pairs
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn whole_numbers_are_integers_and_words_are_none() {
        assert_eq!(number("8080"), Some(json!(8080)));
        assert_eq!(number(" 5.0 "), Some(json!(5)));
        assert_eq!(number("1e3"), Some(json!(1000)));
        assert_eq!(number("-0.5"), Some(json!(-0.5)));
        assert_eq!(number(".5"), Some(json!(0.5)));
        for none in ["", "12x", "NaN", "inf", "Infinity", "-", "1,5", "0x10"] {
            assert_eq!(number(none), None, "{none}");
        }
    }

    #[test]
    fn yaml_that_is_shown_reads_back_as_the_same_value() {
        for value in [
            json!({"a": 1, "b": ["x", {"c": null}], "d": {}, "e": [], "f": "yes", "g": "1.0"}),
            json!(["- x", "a: b", "", "#", "multi\nline\n", " lead", "결제"]),
            json!({"on": true, "key: x": "v", "t": "a\n\nb", "n": {"m": [[1, 2], [3]]}, "q": "\u{0}"}),
            json!([{"a": {"b": "c"}}, "x\ty", "tail \nx"]),
        ] {
            let text = to_yaml(&value);
            assert_eq!(from_yaml(&text), Ok(value), "{text}");
        }
    }

    #[test]
    fn what_is_no_yaml_says_where() {
        assert!(from_yaml("a: [1,\nb: }").unwrap_err().contains("line"));
    }
}
