//! YAML as npm's `yaml` writes it, which Backstage and its actions use for files that people read: the same choice of
//! quotes and blocks, the same folding of long lines.
//!
//! (`catalog::yaml::emit` writes YAML for a terminal, with what could control one escaped; here nothing is.)

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::catalog::yaml::plain_text_is_string;

/// How YAML is written; the defaults are those of npm's `yaml`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Style {
    /// Spaces of one level.
    pub indent: usize,
    /// Whether lists in mappings are indented.
    pub indent_lists: bool,
    /// Columns after which lines are folded; none for never.
    pub width: Option<usize>,
    /// The least columns that folding leaves.
    pub least_width: usize,
    /// Whether single quotes are preferred: where either does (`None`), always, or never.
    pub single_quotes: Option<bool>,
    /// How strings are written where nothing speaks against it.
    pub strings: Strings,
    /// How keys are.
    pub keys: Strings,
    /// Whether texts of several lines are written as blocks.
    pub blocks: bool,
    /// Words for null, true and false.
    pub words: [String; 3],
}

/// A way to write strings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Strings {
    /// Without quotes where it can be.
    Plain,
    /// In double quotes.
    Double,
    /// In single quotes where it can be.
    Single,
    /// As a block of lines.
    Block,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            indent: 2,
            indent_lists: true,
            width: Some(80),
            least_width: 20,
            single_quotes: None,
            strings: Strings::Plain,
            keys: Strings::Plain,
            blocks: true,
            words: ["null", "true", "false"].map(str::to_owned),
        }
    }
}

/// Writes a value as one document.
pub fn write(value: &Value, style: &Style) -> String {
    let mut writer = Writer {
        style,
        out: String::new(),
    };
    match value {
        Value::Object(map) if !map.is_empty() => writer.entries(map, 0),
        Value::Array(items) if !items.is_empty() => writer.items(items, 0),
        scalar => {
            let text = writer.scalar(scalar, Spot::default());
            writer.out.push_str(&text);
        }
    }
    if !writer.out.ends_with('\n') {
        writer.out.push('\n');
    }
    writer.out
}

struct Writer<'a> {
    style: &'a Style,
    out: String,
}

/// Where a scalar stands.
#[derive(Clone, Copy, Default)]
struct Spot {
    /// The indentation of its further lines.
    indent: usize,
    /// What stands before it in its line, where it follows a key.
    before: Option<usize>,
    is_key: bool,
}

// Recursion is bounded: values are JSON, at most 128 deep.
impl Writer<'_> {
    fn entries(&mut self, map: &Map<String, Value>, indent: usize) {
        for (at, (key, value)) in map.iter().enumerate() {
            if at > 0 {
                self.new_line(indent);
            }
            let inner = indent + self.style.indent;
            let spot = Spot {
                indent: inner,
                before: None,
                is_key: true,
            };
            let key = self.string(key, spot);
            self.out.push_str(&key);
            self.out.push(':');
            match value {
                Value::Object(map) if !map.is_empty() => {
                    self.new_line(inner);
                    self.entries(map, inner);
                }
                Value::Array(items) if !items.is_empty() => {
                    let at = if self.style.indent_lists {
                        inner
                    } else {
                        indent
                    };
                    self.new_line(at);
                    self.items(items, at);
                }
                scalar => {
                    let spot = Spot {
                        indent: inner,
                        before: Some(units(&key) + 1),
                        is_key: false,
                    };
                    let text = self.scalar(scalar, spot);
                    // What is folded at once begins on the next line.
                    if !text.starts_with('\n') {
                        self.out.push(' ');
                    }
                    self.out.push_str(&text);
                }
            }
        }
    }

    fn items(&mut self, items: &[Value], indent: usize) {
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.new_line(indent);
            }
            self.out.push_str("- ");
            let inner = indent + 2;
            match item {
                Value::Object(map) if !map.is_empty() => self.entries(map, inner),
                Value::Array(items) if !items.is_empty() => self.items(items, inner),
                scalar => {
                    let spot = Spot {
                        indent: inner,
                        ..Spot::default()
                    };
                    let text = self.scalar(scalar, spot);
                    self.out.push_str(&text);
                }
            }
        }
    }

    fn new_line(&mut self, indent: usize) {
        if !self.out.ends_with('\n') {
            self.out.push('\n');
        }
        self.out.extend(std::iter::repeat_n(' ', indent));
    }

    fn scalar(&self, value: &Value, spot: Spot) -> String {
        let [null, yes, no] = &self.style.words;
        match value {
            Value::Null => null.clone(),
            Value::Bool(true) => yes.clone(),
            Value::Bool(false) => no.clone(),
            Value::String(text) => self.string(text, spot),
            Value::Array(_) => "[]".to_owned(),
            Value::Object(_) => "{}".to_owned(),
            Value::Number(number) => number_text(number),
        }
    }

    fn string(&self, text: &str, spot: Spot) -> String {
        let odd = |c: char| matches!(c, '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{feff}');
        if text.contains(odd) {
            return self.double(text, spot);
        }
        let wanted = if spot.is_key {
            self.style.keys
        } else {
            self.style.strings
        };
        match wanted {
            Strings::Double => self.double(text, spot),
            Strings::Single => self.single(text, spot),
            Strings::Block if spot.is_key => self.quoted(text, spot),
            Strings::Block => self.block(text, spot),
            Strings::Plain => self.plain(text, spot),
        }
    }

    fn plain(&self, text: &str, spot: Spot) -> String {
        let several = text.contains('\n');
        if spot.is_key && several {
            return self.quoted(text, spot);
        }
        if several {
            return self.block(text, spot);
        }
        let marks = text.starts_with('%') || text.starts_with("---") || text.starts_with("...");
        if must_be_quoted(text) || !plain_text_is_string(text) || marks && spot.indent == 0 {
            return self.quoted(text, spot);
        }
        self.folded(text, spot, false)
    }

    fn quoted(&self, text: &str, spot: Spot) -> String {
        let (double, single) = (text.contains('"'), text.contains('\''));
        let singly = match self.style.single_quotes {
            Some(false) => false,
            _ if double != single => double,
            preferred => preferred == Some(true),
        };
        if singly {
            self.single(text, spot)
        } else {
            self.double(text, spot)
        }
    }

    fn single(&self, text: &str, spot: Spot) -> String {
        if self.style.single_quotes == Some(false) || text.contains('\n') {
            return self.double(text, spot);
        }
        self.folded(&format!("'{}'", text.replace('\'', "''")), spot, false)
    }

    fn double(&self, text: &str, spot: Spot) -> String {
        let mut out = String::from("\"");
        for c in text.chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                '\u{8}' => out.push_str("\\b"),
                '\u{c}' => out.push_str("\\f"),
                '\0' => out.push_str("\\0"),
                '\u{7}' => out.push_str("\\a"),
                '\u{b}' => out.push_str("\\v"),
                '\u{1b}' => out.push_str("\\e"),
                '\u{1}'..='\u{1f}' => {
                    let _ = write!(out, "\\x{:02x}", u32::from(c));
                }
                // A mark of byte order is an error within a document.
                '\u{feff}' => out.push_str("\\ufeff"),
                c => out.push(c),
            }
        }
        out.push('"');
        self.folded(&out, spot, true)
    }

    /// A text of several lines as a block that keeps them.
    fn block(&self, text: &str, spot: Spot) -> String {
        // A block cannot end in a line of white space.
        let ends_blank = text
            .rsplit_once('\n')
            .is_some_and(|(_, last)| !last.is_empty() && last.trim_matches([' ', '\t']).is_empty());
        let blank = text.chars().all(char::is_whitespace);
        if !self.style.blocks || ends_blank || blank {
            return self.quoted(text, spot);
        }
        let indent = if spot.indent == 0 && has_marker(text) {
            2
        } else {
            spot.indent
        };
        let body = text.trim_end_matches(['\n', '\t', ' ']);
        let end = text.get(body.len()..).unwrap_or_default();
        let chomp = match end.find('\n') {
            None => "-",
            Some(at) if body.is_empty() || at + 1 != end.len() => "+",
            Some(_) => "",
        };
        // White space at the start would be taken for the indentation.
        let start = body.trim_start_matches([' ', '\n']);
        let led = body.get(..body.len() - start.len()).unwrap_or_default();
        let hint = match led.contains(' ') {
            true if indent == 0 => "1".to_owned(),
            true => "2".to_owned(),
            false => String::new(),
        };
        let mut out = format!("|{hint}{chomp}\n");
        let whole = text.strip_suffix('\n').unwrap_or(text);
        for (at, line) in whole.split('\n').enumerate() {
            if at > 0 {
                out.push('\n');
            }
            if !line.is_empty() {
                out.extend(std::iter::repeat_n(' ', indent));
                out.push_str(line);
            }
        }
        out.push('\n');
        out
    }

    /// A text in one line, folded where it is too long.
    fn folded(&self, text: &str, spot: Spot, quoted: bool) -> String {
        let Some(width) = self.style.width.filter(|_| !spot.is_key) else {
            return text.to_owned();
        };
        fold(text, spot, width, self.style.least_width, quoted)
    }
}

/// Breaks a line at spaces, or in double quotes anywhere, as npm's `yaml` does. Lengths are UTF-16 code units.
fn fold(text: &str, spot: Spot, width: usize, least: usize, quoted: bool) -> String {
    let units: Vec<u16> = text.encode_utf16().collect();
    let least = if width < least { 0 } else { least };
    let step = (1 + least).max((1 + width).saturating_sub(spot.indent));
    if units.len() <= step {
        return text.to_owned();
    }
    const SPACE: u16 = 0x20;
    const TAB: u16 = 0x09;
    const BACKSLASH: u16 = 0x5c;
    let blank = |unit: Option<&u16>| matches!(unit, None | Some(&SPACE | &TAB));
    // Each with whether the break itself is written as an escape.
    let mut folds: Vec<(usize, bool)> = Vec::new();
    let mut end = width.saturating_sub(spot.indent);
    match spot.before {
        Some(before) if before > width.saturating_sub(least.max(2)) => folds.push((0, false)),
        Some(before) => end = width - before,
        None => {}
    }
    let (mut split, mut at) = (None, 0);
    let mut escape: Option<(usize, usize)> = None;
    while at < units.len() {
        if quoted && units.get(at) == Some(&BACKSLASH) {
            let length = match units.get(at + 1) {
                Some(unit) if *unit == u16::from(b'x') => 3,
                Some(unit) if *unit == u16::from(b'u') => 5,
                _ => 1,
            };
            escape = Some((at, at + length));
            at += length;
        }
        let before = at.checked_sub(1).and_then(|before| units.get(before));
        if units.get(at) == Some(&SPACE) && !blank(before) && !blank(units.get(at + 1)) {
            split = Some(at);
        }
        if at >= end {
            if let Some(place) = split.take() {
                folds.push((place, false));
                end = place + step;
            } else if quoted {
                let here = at;
                while at < units.len() && blank(at.checked_sub(1).and_then(|b| units.get(b))) {
                    at += 1;
                }
                let backslash = |at: usize| units.get(at) == Some(&BACKSLASH);
                // An escape that the search for the end of the space came upon is read as one.
                let again = match at.checked_sub(1) {
                    Some(before) if at != here && backslash(before) => Some(before),
                    _ if at != here && backslash(at) => Some(at),
                    _ => None,
                };
                let mut place = match escape {
                    Some((start, stop)) if at <= stop + 1 => start.saturating_sub(1),
                    _ => at.saturating_sub(2),
                };
                // Never within a surrogate pair.
                if units
                    .get(place)
                    .is_some_and(|unit| (0xd800..0xdc00).contains(unit))
                {
                    place = place.saturating_sub(1);
                }
                if folds.last().is_some_and(|(last, _)| *last >= place) {
                    return text.to_owned();
                }
                folds.push((place, true));
                end = place + step;
                if let Some(again) = again {
                    at = again;
                    continue;
                }
            }
        }
        at += 1;
    }
    if folds.is_empty() {
        return text.to_owned();
    }
    let mut out: Vec<u16> = Vec::with_capacity(units.len() + folds.len() * (spot.indent + 2));
    let break_line: Vec<u16> = format!("\n{}", " ".repeat(spot.indent))
        .encode_utf16()
        .collect();
    let first = folds.first().map_or(0, |(place, _)| *place);
    out.extend(units.get(..first).unwrap_or_default());
    for (number, (place, escaped)) in folds.iter().enumerate() {
        let next = folds
            .get(number + 1)
            .map_or(units.len(), |(place, _)| *place);
        // A space that becomes a line break is dropped; what is broken by an escape is not.
        let from = match (*place, escaped) {
            (0, _) => 0,
            (place, false) => place + 1,
            (place, true) => {
                out.extend(units.get(place));
                out.push(BACKSLASH);
                place + 1
            }
        };
        out.extend(&break_line);
        out.extend(units.get(from..next).unwrap_or_default());
    }
    String::from_utf16_lossy(&out)
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Whether a line beginning in a text would end the document.
fn has_marker(text: &str) -> bool {
    let marks =
        |line: &str| line.starts_with('%') || line.starts_with("---") || line.starts_with("...");
    text.lines().any(marks)
}

/// What npm's `yaml` does not write without quotes, of a text in one line.
fn must_be_quoted(text: &str) -> bool {
    let Some(first) = text.chars().next() else {
        return true;
    };
    let indicator = "\t ,[]{}#&*!|>'\"%@`".contains(first);
    let lone = matches!(text, "?" | "-");
    let led = ["? ", "- ", "?\t", "-\t"]
        .iter()
        .any(|led| text.starts_with(led));
    let inner = [": ", ":\t", " #", "\t#"]
        .iter()
        .any(|inner| text.contains(inner));
    indicator || lone || led || inner || text.ends_with([' ', '\t', ':', '-'])
}

/// A number as JavaScript writes it.
fn number_text(number: &serde_json::Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 1e15 => {
            format!("{float:.0}")
        }
        _ => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog::yaml::{YamlLimits, parse};

    fn plain(value: &Value) -> String {
        write(value, &Style::default())
    }

    fn read_back(text: &str) -> Value {
        let mut documents = parse(text, &YamlLimits::default());
        assert_eq!(documents.len(), 1, "{text}");
        documents
            .remove(0)
            .content
            .unwrap_or_else(|e| panic!("{e}\n{text}"))
    }

    #[test]
    fn mappings_and_lists_are_laid_out_as_backstage_has_them() {
        let value = json!({
            "a": {"b": [1, {"c": null, "d": [true]}, []], "e": {}},
            "f": 1.5, "g": 2.0, "h": [["x"]],
        });
        assert_eq!(
            plain(&value),
            "a:\n  b:\n    - 1\n    - c: null\n      d:\n        - true\n    - []\n  e: {}\nf: 1.5\ng: 2\nh:\n  - - x\n"
        );
        assert_eq!(plain(&json!("x")), "x\n");
        assert_eq!(plain(&json!([])), "[]\n");
    }

    #[test]
    fn strings_are_quoted_only_where_they_must_be() {
        for (text, written) in [
            ("plain text", "plain text"),
            ("", "\"\""),
            ("12", "\"12\""),
            ("true", "\"true\""),
            ("~", "\"~\""),
            ("yes", "yes"),
            ("a: b", "\"a: b\""),
            ("a:b", "a:b"),
            ("a #b", "\"a #b\""),
            ("a#b", "a#b"),
            ("- a", "\"- a\""),
            ("-a", "-a"),
            ("@a", "\"@a\""),
            ("*", "\"*\""),
            ("say \"hi\": x", "'say \"hi\": x'"),
            ("it's: x", "\"it's: x\""),
            ("ends:", "\"ends:\""),
            ("${{ x }}", "${{ x }}"),
            ("{{ x }}", "\"{{ x }}\""),
            ("한글", "한글"),
            ("\u{1b}[31m", "\"\\e[31m\""),
        ] {
            assert_eq!(
                plain(&json!({"k": text})),
                format!("k: {written}\n"),
                "{text:?}"
            );
            assert_eq!(read_back(&plain(&json!({"k": text})))["k"], text);
        }
    }

    #[test]
    fn texts_of_several_lines_are_blocks() {
        for (text, written) in [
            ("a\nb\n", "|\n  a\n  b\n"),
            ("a\nb", "|-\n  a\n  b\n"),
            ("a\n\n\n", "|+\n  a\n\n\n"),
            ("  a\nb\n", "|2\n    a\n  b\n"),
            ("a\n\nb: - #\n", "|\n  a\n\n  b: - #\n"),
        ] {
            assert_eq!(
                plain(&json!({"k": text})),
                format!("k: {written}"),
                "{text:?}"
            );
        }
        for text in [
            "a\nb\n ",
            "\n",
            "\n\n",
            " \n",
            "a\r\nb",
            "---\na\n",
            "\ta\nb",
            "a\n  b\n c",
        ] {
            for value in [
                json!({"k": text, "l": 1}),
                json!([text, text]),
                json!({"a": {"b": [text]}}),
            ] {
                assert_eq!(read_back(&plain(&value)), value, "{text:?}");
            }
        }
    }

    #[test]
    fn long_lines_are_folded_at_spaces() {
        let words = "word ".repeat(40).trim().to_owned();
        let value = json!({"description": words, "list": [words], "deep": {"er": {"x": format!("{words}: y")}}});
        let text = plain(&value);
        assert!(
            text.lines().all(|line| line.chars().count() <= 86),
            "{text}"
        );
        assert!(text.starts_with("description: word word"), "{text}");
        assert!(text.contains("\n  word word"), "{text}");
        assert_eq!(read_back(&text), value);
        let unbroken = "x".repeat(200);
        assert_eq!(plain(&json!({"k": unbroken})), format!("k: {unbroken}\n"));
        let wide = Style {
            width: None,
            ..Style::default()
        };
        assert_eq!(write(&json!({"k": words}), &wide), format!("k: {words}\n"));
    }

    #[test]
    fn a_style_is_followed() {
        let style = Style {
            indent: 4,
            indent_lists: false,
            single_quotes: Some(true),
            words: ["~", "yes", "no"].map(str::to_owned),
            ..Style::default()
        };
        let value = json!({"a": {"b": ["x: y", null, true]}});
        assert_eq!(
            write(&value, &style),
            "a:\n    b:\n    - 'x: y'\n    - ~\n    - yes\n"
        );
        let style = Style {
            strings: Strings::Double,
            ..Style::default()
        };
        assert_eq!(write(&json!({"a": "b"}), &style), "a: \"b\"\n");
    }

    proptest::proptest! {
        /// Whatever a text holds, it is read back the same.
        #[test]
        fn every_text_survives(text in "([a-z '\":#\\-?|>{}\\[\\]%@!&*\n\t]|한|🎉|\u{7}|\u{85}|\u{feff}|[ ]){0,120}", width in 0usize..60) {
            let style = Style { width: (width > 0).then_some(width), ..Style::default() };
            let value = json!({"k": text, "l": [text, {"m": text}], text.clone(): 1});
            proptest::prop_assert_eq!(read_back(&write(&value, &style)), value);
        }
    }
}
