//! What a scalar means: YAML 1.2's core schema, with JavaScript's numbers.

use serde_json::{Number, Value};

/// A resolved scalar; a mapping key needs to know more than its JSON value says.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Scalar<'a> {
    Null,
    Bool(bool),
    Number(f64),
    Text(&'a str),
}

impl Scalar<'_> {
    /// The value as JSON has it: not-a-number and the infinities are null there.
    pub(super) fn to_value(&self) -> Value {
        match self {
            Scalar::Null => Value::Null,
            Scalar::Bool(b) => Value::Bool(*b),
            Scalar::Number(f) => js_number(*f),
            Scalar::Text(s) => Value::String((*s).to_owned()),
        }
    }

    /// The key that JavaScript makes of it.
    pub(super) fn to_key(&self) -> String {
        match self {
            Scalar::Null => String::new(),
            Scalar::Bool(b) => b.to_string(),
            Scalar::Number(f) => js_number_text(*f),
            Scalar::Text(s) => (*s).to_owned(),
        }
    }
}

/// Resolves an untagged plain scalar.
pub(super) fn plain(text: &str) -> Scalar<'_> {
    let Some(&first) = text.as_bytes().first() else {
        return Scalar::Null;
    };
    if !matches!(
        first,
        b'~' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'-' | b'+' | b'.' | b'0'..=b'9'
    ) {
        return Scalar::Text(text);
    }
    match text {
        "~" | "null" | "Null" | "NULL" => return Scalar::Null,
        "true" | "True" | "TRUE" => return Scalar::Bool(true),
        "false" | "False" | "FALSE" => return Scalar::Bool(false),
        _ => {}
    }
    number(text).map_or(Scalar::Text(text), Scalar::Number)
}

/// Whether a text, written plain, is read back as the same string (as far as the core schema goes).
pub fn plain_text_is_string(text: &str) -> bool {
    matches!(plain(text), Scalar::Text(_))
}

/// Resolves `!!int "1"` and the like; a tag that is not one of the core schema's leaves a string, as does one whose
/// form the text does not have.
pub(super) fn tagged<'a>(text: &'a str, handle: &str, suffix: &str) -> Scalar<'a> {
    if !(handle == "tag:yaml.org,2002:" || handle == "!!") {
        return Scalar::Text(text);
    }
    match (suffix, plain(text)) {
        ("null", Scalar::Null) => Scalar::Null,
        ("bool", Scalar::Bool(b)) => Scalar::Bool(b),
        ("int", Scalar::Number(f)) if integer(text).is_some() => Scalar::Number(f),
        ("float", Scalar::Number(f)) if integer(text).is_none() => Scalar::Number(f),
        _ => Scalar::Text(text),
    }
}

fn number(text: &str) -> Option<f64> {
    integer(text).or_else(|| float(text))
}

fn digits(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

fn integer(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    if let Some(octal) = text.strip_prefix("0o") {
        return radix(octal, 8);
    }
    if let Some(hex) = text.strip_prefix("0x") {
        return radix(hex, 16);
    }
    let unsigned = match bytes.first()? {
        b'-' | b'+' => bytes.get(1..)?,
        _ => bytes,
    };
    if digits(unsigned) {
        text.parse().ok()
    } else {
        None
    }
}

/// Digits of a power-of-two radix, rounded once at the end as JavaScript's `parseInt` does.
fn radix(digits: &str, radix: u32) -> Option<f64> {
    if digits.is_empty() {
        return None;
    }
    let bits = radix.trailing_zeros();
    // The leading digits fill a u128; what does not fit can only break a tie, so it is kept as one sticky bit.
    let (mut value, mut dropped, mut sticky) = (0u128, 0i32, false);
    for c in digits.chars() {
        let digit = c.to_digit(radix)?;
        if value >> (128 - 2 * bits) == 0 && dropped == 0 {
            value = (value << bits) | u128::from(digit);
        } else {
            dropped = dropped.saturating_add(1);
            sticky |= digit != 0;
        }
    }
    if sticky {
        value |= 1;
    }
    let exponent = dropped.saturating_mul(bits.cast_signed());
    Some(value as f64 * 2f64.powi(exponent))
}

fn float(text: &str) -> Option<f64> {
    match text {
        ".nan" | ".NaN" | ".NAN" => return Some(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Some(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Some(f64::NEG_INFINITY),
        _ => {}
    }
    let bytes = text.as_bytes();
    let unsigned = match bytes.first()? {
        b'-' | b'+' => bytes.get(1..)?,
        _ => bytes,
    };
    let (mantissa, exponent) = match unsigned.iter().position(|b| matches!(b, b'e' | b'E')) {
        Some(at) => (unsigned.get(..at)?, Some(unsigned.get(at + 1..)?)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.iter().position(|&b| b == b'.') {
        Some(at) => (mantissa.get(..at)?, Some(mantissa.get(at + 1..)?)),
        None => (mantissa, None),
    };
    let all_digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    let form = match fraction {
        Some(fraction) if whole.is_empty() => digits(fraction),
        Some(fraction) => digits(whole) && all_digits(fraction),
        // Without point and exponent it would be an integer.
        None => digits(whole) && exponent.is_some(),
    };
    let exponent_form = exponent.is_none_or(|e| {
        digits(match e.first() {
            Some(b'-' | b'+') => e.get(1..).unwrap_or_default(),
            _ => e,
        })
    });
    if form && exponent_form {
        text.parse().ok()
    } else {
        None
    }
}

/// The number JavaScript prints into JSON for a double: `1` for 1.0, `0` for -0.0, null for what is not finite.
pub fn js_number(f: f64) -> Value {
    if !f.is_finite() {
        return Value::Null;
    }
    if f == 0.0 {
        return Value::from(0);
    }
    if f.fract() == 0.0 && f.abs() < 1e21 {
        // The shortest digits that mean this double, padded with zeros: what JavaScript prints.
        let text = format!("{f}");
        if let Ok(i) = text.parse::<i64>() {
            return Value::from(i);
        }
        if let Ok(u) = text.parse::<u64>() {
            return Value::from(u);
        }
    }
    Number::from_f64(f).map_or(Value::Null, Value::Number)
}

/// `String(f)` in JavaScript.
fn js_number_text(f: f64) -> String {
    if f.is_nan() {
        return "NaN".to_owned();
    }
    if f.is_infinite() {
        return if f > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    if f == 0.0 {
        return "0".to_owned();
    }
    if (1e-6..1e21).contains(&f.abs()) {
        return format!("{f}");
    }
    let text = format!("{f:e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) if !exponent.starts_with('-') => {
            format!("{mantissa}e+{exponent}")
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn value(text: &str) -> Value {
        plain(text).to_value()
    }

    #[test]
    fn what_yaml_1_1_would_resolve_is_a_string() {
        for text in [
            "yes",
            "no",
            "on",
            "off",
            "y",
            "n",
            "2024-01-02",
            "2024-01-02T03:04:05Z",
            "1_000",
            "0b11",
            "12:30:45",
            "0777x",
            "nULL",
            "tRUE",
            "1e",
            "e1",
            ".",
            "-",
            "+",
            "..",
            "1.2.3",
            "0x",
            "0o",
            "0o8",
            "0xg",
            "-0x1",
            "=",
            "infinity",
            "nan",
            "inf",
            ".Nan",
            "1e+",
            "1.e",
            "<<",
        ] {
            assert_eq!(value(text), json!(text), "{text}");
        }
    }

    #[test]
    fn the_core_schema_resolves_the_rest() {
        for (text, expected) in [
            ("", json!(null)),
            ("~", json!(null)),
            ("Null", json!(null)),
            ("True", json!(true)),
            ("FALSE", json!(false)),
            ("012", json!(12)),
            ("0o14", json!(12)),
            ("0x1f", json!(31)),
            ("-5", json!(-5)),
            ("+5", json!(5)),
            ("1.0", json!(1)),
            ("1.", json!(1)),
            (".5", json!(0.5)),
            ("-.5", json!(-0.5)),
            ("1e3", json!(1000)),
            ("1E-2", json!(0.01)),
            ("-0", json!(0)),
            ("-0.0", json!(0)),
            (".inf", json!(null)),
            ("-.INF", json!(null)),
            (".NaN", json!(null)),
            ("9007199254740993", json!(9_007_199_254_740_992_i64)),
            (
                "12345678901234567890",
                json!(12_345_678_901_234_567_000_u64),
            ),
            ("0xFFFFFFFFFFFFFFFF", json!(18_446_744_073_709_552_000.0)),
        ] {
            assert_eq!(value(text), expected, "{text}");
        }
        assert_eq!(
            value("123456789012345678901234").to_string(),
            "1.2345678901234569e+23"
        );
    }

    #[test]
    fn keys_are_javascripts_strings() {
        for (text, key) in [
            ("1.0", "1"),
            ("0x10", "16"),
            ("true", "true"),
            ("~", ""),
            (".nan", "NaN"),
            ("-.inf", "-Infinity"),
            ("1e21", "1e+21"),
            ("1e-7", "1e-7"),
            ("0.000001", "0.000001"),
            ("100000000000000000000", "100000000000000000000"),
        ] {
            assert_eq!(plain(text).to_key(), key, "{text}");
        }
    }

    #[test]
    fn only_the_core_schemas_tags_mean_something() {
        let core = "tag:yaml.org,2002:";
        assert_eq!(tagged("12", core, "str").to_value(), json!("12"));
        assert_eq!(tagged("0x1f", core, "int").to_value(), json!(31));
        assert_eq!(tagged("abc", core, "int").to_value(), json!("abc"));
        assert_eq!(tagged("1", core, "float").to_value(), json!("1"));
        assert_eq!(tagged("1.5", core, "float").to_value(), json!(1.5));
        assert_eq!(tagged("true", "!", "custom").to_value(), json!("true"));
        assert_eq!(
            tagged("12", core, "python/name:a.b").to_value(),
            json!("12")
        );
    }

    #[test]
    fn endless_digits_are_a_number_still() {
        let long = format!("0x{}", "f".repeat(100_000));
        assert_eq!(value(&long), json!(null));
        assert_eq!(value(&"9".repeat(100_000)), json!(null));
    }
}
