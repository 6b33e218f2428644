//! Values as YAML text, for people to read and for Backstage's parser to read back as the same value.

use serde_json::{Map, Value};

use super::scalar::plain_text_is_string;

/// Writes a value as a YAML document in block style, ending in a newline.
///
/// Control characters, DEL, line separators and bidirectional controls are written as `\u` escapes, so that the text
/// can go to a terminal; every value survives.
pub fn emit(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(map) if !map.is_empty() => entries(&mut out, map, 0),
        Value::Array(items) if !items.is_empty() => list(&mut out, items, 0),
        scalar => {
            text(&mut out, scalar, 0);
            out.push('\n');
        }
    }
    out
}

// Recursion is bounded: values come from `parse` or from JSON text, both at most 128 deep.
fn entries(out: &mut String, map: &Map<String, Value>, indent: usize) {
    for (i, (key, value)) in map.iter().enumerate() {
        if i > 0 {
            pad(out, indent);
        }
        string(out, key, None);
        out.push(':');
        below(out, value, indent, indent + 2);
    }
}

fn list(out: &mut String, items: &[Value], indent: usize) {
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            pad(out, indent);
        }
        out.push('-');
        match item {
            Value::Object(map) if !map.is_empty() => {
                out.push(' ');
                entries(out, map, indent + 2);
            }
            Value::Array(items) if !items.is_empty() => {
                out.push(' ');
                list(out, items, indent + 2);
            }
            scalar => {
                out.push(' ');
                text(out, scalar, indent + 2);
                out.push('\n');
            }
        }
    }
}

/// What follows `key:`.
fn below(out: &mut String, value: &Value, _indent: usize, inner: usize) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('\n');
            pad(out, inner);
            entries(out, map, inner);
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('\n');
            pad(out, inner);
            list(out, items, inner);
        }
        scalar => {
            out.push(' ');
            text(out, scalar, inner);
            out.push('\n');
        }
    }
}

fn pad(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}

fn text(out: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Null => out.push_str("null"),
        Value::String(s) => string(out, s, Some(indent)),
        Value::Array(_) => out.push_str("[]"),
        Value::Object(_) => out.push_str("{}"),
        other => out.push_str(&other.to_string()),
    }
}

/// Whether a character must not stand in the text as it is.
fn hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
            | '\u{fffe}' | '\u{ffff}')
}

/// A string in the plainest style that keeps it; `block` is the indentation of a literal block, where one may stand.
fn string(out: &mut String, s: &str, block: Option<usize>) {
    if is_plain(s) {
        out.push_str(s);
        return;
    }
    match block {
        Some(indent) if is_literal(s) => literal(out, s, indent),
        _ => quoted(out, s),
    }
}

fn is_plain(s: &str) -> bool {
    let Some(first) = s.chars().next() else {
        return false;
    };
    let indicator = matches!(
        first,
        '-' | '?'
            | ':'
            | ','
            | '['
            | ']'
            | '{'
            | '}'
            | '#'
            | '&'
            | '*'
            | '!'
            | '|'
            | '>'
            | '\''
            | '"'
            | '%'
            | '@'
            | '`'
            | ' '
            | '='
    );
    !indicator
        && plain_text_is_string(s)
        && !s.ends_with([' ', ':'])
        && !s.contains(": ")
        && !s.contains(" #")
        && !s.starts_with("...")
        && s != "<<"
        && !s.chars().any(hidden)
}

/// Whether a text of several lines can stand as a literal block.
fn is_literal(s: &str) -> bool {
    s.contains('\n')
        && !s.starts_with([' ', '\n', '\t'])
        && !s.chars().any(|c| c != '\n' && hidden(c))
        && s.trim_end_matches('\n')
            .lines()
            .all(|line| !line.ends_with(' '))
        && !s.trim_end_matches('\n').is_empty()
}

fn literal(out: &mut String, s: &str, indent: usize) {
    let body = s.trim_end_matches('\n');
    let newlines = s.len() - body.len();
    out.push_str(match newlines {
        0 => "|-",
        1 => "|",
        _ => "|+",
    });
    for line in body.split('\n') {
        out.push('\n');
        if !line.is_empty() {
            pad(out, indent);
            out.push_str(line);
        }
    }
    // The caller ends the last line.
    out.extend(std::iter::repeat_n('\n', newlines.saturating_sub(1)));
}

fn quoted(out: &mut String, s: &str) {
    use std::fmt::Write as _;
    out.push('"');
    for c in s.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if hidden(c) => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::yaml::{YamlLimits, parse};
    use serde_json::json;

    fn round_trip(value: &Value) -> Value {
        let text = emit(value);
        let mut documents = parse(&text, &YamlLimits::default());
        assert_eq!(documents.len(), 1, "{text}");
        documents
            .remove(0)
            .content
            .unwrap_or_else(|e| panic!("{e}\n{text}"))
    }

    #[test]
    fn an_entity_reads_well() {
        let value = json!({
            "apiVersion": "backstage.io/v1alpha1", "kind": "Component",
            "metadata": {"name": "pay", "tags": ["go", "c++"], "annotations": {}, "links": [{"url": "https://a.b/c#d", "title": "A: b"}]},
            "spec": {"n": 1, "yes": true, "none": null, "text": "one\ntwo\n", "list": []},
        });
        assert_eq!(
            emit(&value),
            "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: pay\n  tags:\n    - go\n    - c++\n  \
             annotations: {}\n  links:\n    - url: https://a.b/c#d\n      title: \"A: b\"\nspec:\n  n: 1\n  yes: true\n  \
             none: null\n  text: |\n    one\n    two\n  list: []\n"
        );
        assert_eq!(round_trip(&value), value);
    }

    #[test]
    fn strings_that_look_like_something_else_are_quoted() {
        for s in [
            "",
            " a",
            "a ",
            "true",
            "null",
            "~",
            "12",
            "0x1f",
            "1e3",
            ".inf",
            "- a",
            "a: b",
            "a #b",
            "#a",
            "@a",
            "`a",
            "%a",
            "<<",
            "a:",
            "---",
            "...",
            "? a",
            "*a",
            "&a",
            "!a",
            "|",
            ">",
            "\t",
            "a\tb",
            "\n",
            "\n\n",
            "a\n\n\n",
            " a\nb",
            "a \nb",
            "a\n b\n",
            "a\r\nb",
            "[a",
            "{a",
            "'a'",
            "\"a\"",
            "\\",
            "=",
            "-",
            "--- a",
            "a\n---\nb",
        ] {
            let value = json!({ "k": s, "l": [s], s: s });
            assert_eq!(round_trip(&value), value, "{s:?}");
            assert_eq!(round_trip(&json!(s)), json!(s), "{s:?}");
        }
    }

    #[test]
    fn what_could_move_a_terminal_is_escaped() {
        let value = json!({ "a\u{1b}[2J": "x\u{1b}]52;c;AAAA\u{7}\u{9b}\u{202e}\u{2066}\u{7f}\u{85}\u{2028}한글\n" });
        let text = emit(&value);
        assert!(!text.chars().any(|c| c != '\n' && hidden(c)), "{text}");
        assert!(
            text.contains("\\u001b") && text.contains("\\u202e") && text.contains("한글"),
            "{text}"
        );
        assert_eq!(round_trip(&value), value);
    }
}
