//! Numbers as JavaScript reads and writes them. Nothing here knows of templates.

use super::text::{is_space, trim};

/// The shortest decimal that reads back as the number, laid out as JavaScript does: `1e+21`, `1e-7`, `0.1`.
pub(crate) fn to_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.into();
    }
    if value == 0.0 {
        return "0".into();
    }
    let (digits, point) = split_exponent(&format!("{:e}", value.abs()));
    let mut out = String::new();
    if value < 0.0 {
        out.push('-');
    }
    let count = digits.len() as i32;
    if count <= point && point <= 21 {
        out.push_str(&digits);
        out.extend(std::iter::repeat_n(
            '0',
            (point - count).unsigned_abs() as usize,
        ));
    } else if 0 < point && point <= 21 {
        let (whole, part) = digits.split_at(point.unsigned_abs() as usize);
        out.push_str(whole);
        out.push('.');
        out.push_str(part);
    } else if -6 < point && point <= 0 {
        out.push_str("0.");
        out.extend(std::iter::repeat_n('0', point.unsigned_abs() as usize));
        out.push_str(&digits);
    } else {
        out.push_str(&with_exponent(&digits, point - 1));
    }
    out
}

/// Digits and the place of the point before which they stand, of Rust's `1.5e3`.
fn split_exponent(written: &str) -> (String, i32) {
    let (mantissa, exponent) = written.split_once('e').unwrap_or((written, "0"));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    (digits, exponent.parse::<i32>().unwrap_or(0) + 1)
}

fn with_exponent(digits: &str, exponent: i32) -> String {
    let (first, rest) = digits.split_at(digits.len().min(1));
    let point = if rest.is_empty() { "" } else { "." };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{first}{point}{rest}e{sign}{}", exponent.unsigned_abs())
}

/// A positive number's decimal digits rounded half up to `count`, and the place of the point.
/// `count` is counted from the first digit that is not zero.
fn rounded(value: f64, count: i32) -> (String, i32) {
    // The exact value: no finite number has more than 767 significant digits.
    let (digits, mut point) = split_exponent(&format!("{value:.800e}"));
    if count < 0 {
        return ("0".into(), 1);
    }
    let count = count.unsigned_abs() as usize;
    let mut kept: Vec<u8> = digits.bytes().take(count).collect();
    kept.resize(count, b'0');
    if digits
        .as_bytes()
        .get(count)
        .is_some_and(|digit| *digit >= b'5')
    {
        let mut carry = true;
        for digit in kept.iter_mut().rev() {
            if *digit == b'9' {
                *digit = b'0';
            } else {
                *digit += 1;
                carry = false;
                break;
            }
        }
        if carry {
            kept.insert(0, b'1');
            point += 1;
        }
    }
    (kept.into_iter().map(char::from).collect(), point)
}

/// `Number.prototype.toFixed`; `None` where JavaScript throws.
pub(crate) fn to_fixed(value: f64, decimals: f64) -> Option<String> {
    let decimals = integer(decimals);
    if !(0.0..=100.0).contains(&decimals) {
        return None;
    }
    if !value.is_finite() || value.abs() >= 1e21 {
        return Some(to_text(value));
    }
    let decimals = decimals as usize;
    let mut digits = String::new();
    if value != 0.0 {
        let (_, point) = split_exponent(&format!("{:.800e}", value.abs()));
        let (kept, point) = rounded(value.abs(), point + decimals as i32);
        if kept != "0" && point + decimals as i32 > 0 {
            digits = kept;
        }
    }
    while digits.len() < decimals + 1 {
        digits.insert(0, '0');
    }
    let sign = if value < 0.0 { "-" } else { "" };
    let (whole, part) = digits.split_at(digits.len() - decimals);
    let point = if decimals == 0 { "" } else { "." };
    Some(format!("{sign}{whole}{point}{part}"))
}

/// `Number.prototype.toExponential`; `None` where JavaScript throws.
pub(crate) fn to_exponential(value: f64, decimals: Option<f64>) -> Option<String> {
    if !value.is_finite() {
        return Some(to_text(value));
    }
    let decimals = decimals.map(integer);
    if decimals.is_some_and(|d| !(0.0..=100.0).contains(&d)) {
        return None;
    }
    let sign = if value < 0.0 { "-" } else { "" };
    let (digits, point) = match decimals {
        Some(decimals) if value == 0.0 => ("0".repeat(decimals as usize + 1), 1),
        Some(decimals) => {
            let (mut digits, point) = rounded(value.abs(), decimals as i32 + 1);
            digits.truncate(decimals as usize + 1);
            (digits, point)
        }
        None => split_exponent(&format!("{:e}", value.abs())),
    };
    Some(format!("{sign}{}", with_exponent(&digits, point - 1)))
}

/// `Number.prototype.toPrecision`; `None` where JavaScript throws.
pub(crate) fn to_precision(value: f64, precision: Option<f64>) -> Option<String> {
    let Some(precision) = precision else {
        return Some(to_text(value));
    };
    if !value.is_finite() {
        return Some(to_text(value));
    }
    let precision = integer(precision);
    if !(1.0..=100.0).contains(&precision) {
        return None;
    }
    let count = precision as usize;
    let sign = if value < 0.0 { "-" } else { "" };
    let (digits, point) = if value == 0.0 {
        ("0".repeat(count), 1)
    } else {
        let (mut digits, point) = rounded(value.abs(), count as i32);
        digits.truncate(count);
        (digits, point)
    };
    let exponent = point - 1;
    if exponent < -6 || exponent >= count as i32 {
        return Some(format!("{sign}{}", with_exponent(&digits, exponent)));
    }
    if exponent < 0 {
        let zeros = "0".repeat((-point).unsigned_abs() as usize);
        return Some(format!("{sign}0.{zeros}{digits}"));
    }
    let (whole, part) = digits.split_at(point.unsigned_abs() as usize);
    let dot = if part.is_empty() { "" } else { "." };
    Some(format!("{sign}{whole}{dot}{part}"))
}

/// `Number.prototype.toString` with a base; `None` where JavaScript throws.
pub(crate) fn to_base(value: f64, base: f64) -> Option<String> {
    let base = integer(base);
    if !(2.0..=36.0).contains(&base) {
        return None;
    }
    if base == 10.0 || !value.is_finite() {
        return Some(to_text(value));
    }
    let radix = base as u32;
    let magnitude = value.abs();
    let mut whole = magnitude.floor();
    let mut part = magnitude - whole;
    let mut decimals: Vec<u32> = Vec::new();
    // Half the distance to the next number: digits below it say nothing.
    let mut delta = (0.5 * (magnitude.next_up() - magnitude)).max(0.0f64.next_up());
    if part >= delta {
        loop {
            part *= base;
            delta *= base;
            let digit = part as u32;
            decimals.push(digit);
            part -= f64::from(digit);
            if (part > 0.5 || (part == 0.5 && digit & 1 == 1)) && part + delta > 1.0 {
                // Rounds up, and carries as far as needed.
                loop {
                    match decimals.pop() {
                        None => {
                            whole += 1.0;
                            break;
                        }
                        Some(digit) if digit + 1 < radix => {
                            decimals.push(digit + 1);
                            break;
                        }
                        Some(_) => {}
                    }
                }
                break;
            }
            if part < delta {
                break;
            }
        }
    }
    let mut digits = Vec::new();
    while whole >= 9_007_199_254_740_992.0 {
        whole /= base;
        digits.push('0');
    }
    whole = whole.floor();
    loop {
        let remainder = whole % base;
        digits.push(char::from_digit(remainder as u32, radix).unwrap_or('0'));
        whole = (whole - remainder) / base;
        if whole <= 0.0 {
            break;
        }
    }
    if value < 0.0 {
        digits.push('-');
    }
    let mut out: String = digits.into_iter().rev().collect();
    if !decimals.is_empty() {
        out.push('.');
        out.extend(
            decimals
                .into_iter()
                .filter_map(|digit| char::from_digit(digit, radix)),
        );
    }
    Some(out)
}

/// The number without its decimals; not a number counts as zero.
pub(crate) fn integer(value: f64) -> f64 {
    if value.is_nan() {
        0.0
    } else {
        value.trunc() + 0.0
    }
}

/// `Number(text)`: white space around it is free, nothing at all is zero, anything else not a number.
pub(crate) fn parse(text: &[u16]) -> f64 {
    let text = String::from_utf16_lossy(trim(text));
    if text.is_empty() {
        return 0.0;
    }
    for (prefix, radix) in [
        ("0x", 16),
        ("0X", 16),
        ("0o", 8),
        ("0O", 8),
        ("0b", 2),
        ("0B", 2),
    ] {
        if let Some(digits) = text.strip_prefix(prefix) {
            if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
                return f64::NAN;
            }
            return whole(digits, radix);
        }
    }
    match prefix_of_decimal(&text) {
        length if length == text.len() => decimal(&text),
        _ => f64::NAN,
    }
}

/// `parseFloat`: as much of the text's beginning as is a number.
pub(crate) fn parse_float(text: &[u16]) -> f64 {
    let text = String::from_utf16_lossy(trim(text));
    match prefix_of_decimal(&text) {
        0 => f64::NAN,
        length => decimal(text.get(..length).unwrap_or_default()),
    }
}

/// `parseInt`: as much of the text's beginning as is a whole number to the base. `base` 0 stands for 10, or 16 after `0x`.
pub(crate) fn parse_int(text: &[u16], base: f64) -> f64 {
    let start = text
        .iter()
        .position(|u| !is_space(*u))
        .unwrap_or(text.len());
    let text = String::from_utf16_lossy(text.get(start..).unwrap_or_default());
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(&text)),
    };
    let base = if base.is_finite() {
        (base.trunc() % 4_294_967_296.0) as i64 as i32
    } else {
        0
    };
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let (radix, text) = match (base, hex) {
        (0 | 16, Some(rest)) => (16, rest),
        (0, None) => (10, text),
        (2..=36, _) => (base.unsigned_abs(), text),
        _ => return f64::NAN,
    };
    let end = text
        .find(|c: char| !c.is_digit(radix))
        .unwrap_or(text.len());
    match text.get(..end) {
        None | Some("") => f64::NAN,
        Some(digits) => sign * whole(digits, radix),
    }
}

fn whole(digits: &str, radix: u32) -> f64 {
    if radix == 10 {
        return digits.parse().unwrap_or(f64::NAN);
    }
    let digits = digits.chars().filter_map(|c| c.to_digit(radix));
    digits.fold(0.0, |value, digit| {
        value * f64::from(radix) + f64::from(digit)
    })
}

fn decimal(text: &str) -> f64 {
    match text.trim_start_matches(['+', '-']) {
        "Infinity" if text.starts_with('-') => f64::NEG_INFINITY,
        "Infinity" => f64::INFINITY,
        _ => text.parse().unwrap_or(f64::NAN),
    }
}

/// The length of the decimal number a text begins with.
fn prefix_of_decimal(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |from: usize| {
        let rest = bytes.get(from..).unwrap_or_default();
        rest.iter().take_while(|b| b.is_ascii_digit()).count()
    };
    let mut at = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    if text
        .get(at..)
        .is_some_and(|rest| rest.starts_with("Infinity"))
    {
        return at + "Infinity".len();
    }
    let before = digits(at);
    at += before;
    let mut after = 0;
    if bytes.get(at) == Some(&b'.') {
        after = digits(at + 1);
        if before + after > 0 {
            at += 1 + after;
        }
    }
    if before + after == 0 {
        return 0;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let exponent = digits(at + 1 + sign);
        if exponent > 0 {
            at += 1 + sign + exponent;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::super::text::units;
    use super::*;

    #[test]
    fn numbers_are_written_as_javascript_writes_them() {
        for (value, text) in [
            (1e21, "1e+21"),
            (123_456_789_012_345_680_000.0, "123456789012345680000"),
            (1e-7, "1e-7"),
            (0.000_001_5, "0.0000015"),
            (-0.0, "0"),
            (0.1 + 0.2, "0.30000000000000004"),
            (-1.5e-9, "-1.5e-9"),
            (8080.0, "8080"),
        ] {
            assert_eq!(to_text(value), text);
        }
    }

    #[test]
    fn halves_are_rounded_away_from_zero() {
        assert_eq!(to_fixed(2.5, 0.0).as_deref(), Some("3"));
        assert_eq!(to_fixed(-2.5, 0.0).as_deref(), Some("-3"));
        assert_eq!(to_fixed(1.005, 2.0).as_deref(), Some("1.00"));
        assert_eq!(to_fixed(0.5, 0.0).as_deref(), Some("1"));
        assert_eq!(to_fixed(0.04, 1.0).as_deref(), Some("0.0"));
        assert_eq!(to_fixed(0.05, 1.0).as_deref(), Some("0.1"));
        assert_eq!(to_fixed(9.99, 1.0).as_deref(), Some("10.0"));
        assert_eq!(to_fixed(1.0, 101.0), None);
        assert_eq!(to_precision(123.456, Some(4.0)).as_deref(), Some("123.5"));
        assert_eq!(
            to_precision(0.000_001, Some(2.0)).as_deref(),
            Some("0.0000010")
        );
        assert_eq!(to_precision(123.0, Some(2.0)).as_deref(), Some("1.2e+2"));
        assert_eq!(
            to_exponential(12345.0, Some(2.0)).as_deref(),
            Some("1.23e+4")
        );
        assert_eq!(to_exponential(12345.0, None).as_deref(), Some("1.2345e+4"));
    }

    #[test]
    fn numbers_are_written_to_other_bases() {
        assert_eq!(to_base(255.0, 16.0).as_deref(), Some("ff"));
        assert_eq!(to_base(-0.5, 2.0).as_deref(), Some("-0.1"));
        assert_eq!(
            to_base(0.1, 3.0).as_deref(),
            Some("0.0022002200220022002200220022002201")
        );
        assert_eq!(to_base(1.0, 1.0), None);
    }

    #[test]
    fn texts_are_read_as_javascript_reads_them() {
        for (text, value) in [
            ("", 0.0),
            (" 12 ", 12.0),
            ("0x1F", 31.0),
            (".5", 0.5),
            ("5.", 5.0),
            ("-1e3", -1000.0),
        ] {
            assert_eq!(parse(&units(text)), value, "{text}");
        }
        for text in [
            "1_000", "12px", "1e", "-0x1", ".", "inf", "infinity", "nan", "0b2",
        ] {
            assert!(parse(&units(text)).is_nan(), "{text}");
        }
        assert_eq!(parse_float(&units("3.7px")), 3.7);
        assert_eq!(parse_float(&units("1e+x")), 1.0);
        assert_eq!(parse_int(&units(" -0x10z"), 0.0), -16.0);
        assert_eq!(parse_int(&units("3.7"), 10.0), 3.0);
        assert!(parse_int(&units("9"), 8.0).is_nan());
    }
}
