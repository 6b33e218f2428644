//! Texts that npm `yaml` reads and the parser behind [`parse`](super::parse) refuses, written so that it reads them.
//!
//! Nothing is looked for in advance: where the parser stops, this looks at that place alone, for what it is known to
//! stop at without need. What it writes is as long as what was there, so that all places stay what they were.

/// A text without what the parser stopped at, at this 1-based line and column; nothing where it stopped for good reason.
pub(super) fn repair(text: &str, line: usize, column: usize) -> Option<String> {
    let start: usize = text
        .split_inclusive('\n')
        .take(line.checked_sub(1)?)
        .map(str::len)
        .sum();
    let rest = text.get(start..)?;
    let (offset, _) = rest.char_indices().nth(column.checked_sub(1)?)?;
    let at = start + offset;
    tab_after_colon(text, at).or_else(|| surrogates(text, at))
}

/// A tab between a colon and the value at `at`: `key:<tab>value`. A list on the line of its key stays an error.
fn tab_after_colon(text: &str, at: usize) -> Option<String> {
    let (before, value) = text.split_at_checked(at)?;
    let is_item = value
        .strip_prefix('-')
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']));
    let colon = before.trim_end_matches('\t');
    if is_item || colon.len() == before.len() || !colon.ends_with(':') {
        return None;
    }
    let mut repaired = text.to_owned();
    repaired.replace_range(colon.len()..=colon.len(), " ");
    Some(repaired)
}

/// UTF-16 surrogates in the double-quoted text that begins at `at`, which JSON and JavaScript write for what lies beyond
/// U+FFFF: `"\ud83d\ude00"`. One without its other half is no character: U+FFFD stands for it.
fn surrogates(text: &str, at: usize) -> Option<String> {
    let inner = text.get(at..)?.strip_prefix('"')?;
    let mut written = String::new();
    let (mut rest, mut shorter, mut found) = (inner, 0, false);
    let end = loop {
        let next = rest.find(['"', '\\', '\n'])?;
        let (plain, special) = rest.split_at_checked(next)?;
        written.push_str(plain);
        if special.starts_with('"') {
            break special;
        }
        let length = match (surrogate(special), special.get(6..).and_then(surrogate)) {
            (Some(high @ 0xd800..0xdc00), Some(low @ 0xdc00..0xe000)) => {
                let code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                written.push_str(&format!("\\U{code:08x}"));
                shorter += 2;
                12
            }
            (Some(_), _) => {
                written.push_str("\\ufffd");
                6
            }
            (None, _) => {
                // A line break, or a backslash and what it escapes.
                let escaped = special.strip_prefix('\\').and_then(|e| e.chars().next());
                let length = 1 + escaped.map_or(0, char::len_utf8);
                written.push_str(special.get(..length)?);
                if special.get(..length)?.ends_with('\n') {
                    shorter = 0;
                }
                rest = special.get(length..)?;
                continue;
            }
        };
        found = true;
        rest = special.get(length..)?;
    };
    if !found {
        return None;
    }
    // Spaces behind the quote keep the rest of its line where it was.
    let before = text.get(..=at)?;
    let after = end.get(1..)?;
    let spaces = " ".repeat(shorter);
    Some([before, &written, "\"", &spaces, after].concat())
}

/// The surrogate that an escape at the beginning of a text stands for.
fn surrogate(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let code = u32::from_str_radix(digits, 16).ok()?;
    (0xd800..0xe000).contains(&code).then_some(code)
}

#[cfg(test)]
mod tests {
    use crate::catalog::yaml::{YamlLimits, parse};
    use serde_json::{Value, json};

    fn value(text: &str) -> Option<Value> {
        let mut documents = parse(text, &YamlLimits::default());
        assert_eq!(documents.len(), 1, "{text}");
        documents.pop()?.content.ok()
    }

    #[test]
    fn a_tab_may_stand_between_a_colon_and_a_plain_value() {
        for (text, expected) in [
            ("key:\tvalue\n", json!({"key": "value"})),
            ("key:\t\t-5 # five\n", json!({"key": -5})),
            ("- a:\tb\n- _c:\t_d\n", json!([{"a": "b"}, {"_c": "_d"}])),
            ("x:\n  a:\tb\n  c:\td\n", json!({"x": {"a": "b", "c": "d"}})),
            ("결제:\t서비스\n", json!({"결제": "서비스"})),
            // In a text of several lines it is text.
            ("t: |\n  k:\tv\nb:\tc\n", json!({"t": "k:\tv\n", "b": "c"})),
            ("t: \"k:\tv\"\nb:\tc\n", json!({"t": "k:\tv", "b": "c"})),
        ] {
            assert_eq!(value(text), Some(expected), "{text:?}");
        }
        assert_eq!(value("key:\t- a\n"), None);
        assert_eq!(value("key:\n\t- a\n"), None);
    }

    #[test]
    fn surrogate_escapes_are_the_character_they_make_together() {
        for (text, expected) in [
            (r#"a: "x\ud83d\ude00y\u00e9""#, json!({"a": "x😀yé"})),
            (
                r#"a: ["\uD83D\uDE00", "\ud83d\ude00"]"#,
                json!({"a": ["😀", "😀"]}),
            ),
            (r#""\ud83d\ude00": b"#, json!({"😀": "b"})),
            (r#"a: "\ud83d""#, json!({"a": "\u{fffd}"})),
            (r#"a: "\ude00\ud83d!""#, json!({"a": "\u{fffd}\u{fffd}!"})),
            (
                r#"a: "\\ud83d \"\ud83d\ude00""#,
                json!({"a": "\\ud83d \"😀"}),
            ),
            (r#"a: '\ud83d'"#, json!({"a": "\\ud83d"})),
        ] {
            assert_eq!(value(text), Some(expected), "{text:?}");
        }
        assert_eq!(value(r#"a: "\ud83d\ude0""#), None);
        assert_eq!(value(r#"a: "\ud83d\ude00"#), None);
    }

    #[test]
    fn places_stay_what_they_were() {
        let text = "# one\na: 1\n---\nb: [\"\\ud83d\\ude00\\ud83d\", {c:\td}, \"x\n  \\ud83d\\ude00\", e]\nf:\tg\n";
        let documents = parse(text, &YamlLimits::default());
        assert_eq!(documents.len(), 2);
        let place = |pointer: &str| {
            let mark = documents[1].position(pointer);
            (mark.line, mark.column)
        };
        assert_eq!(
            documents[1].content,
            Ok(json!({"b": ["😀\u{fffd}", {"c": "d"}, "x 😀", "e"], "f": "g"}))
        );
        assert_eq!(place("/b/0"), (4, 5));
        assert_eq!(place("/b/1/c"), (4, 31));
        assert_eq!(place("/b/3"), (5, 18));
        assert_eq!(place("/f"), (6, 4));
    }

    #[test]
    fn an_endless_number_of_repairs_comes_to_an_end() {
        let text = "a:\tb\n---\n".repeat(20_000);
        let documents = parse(&text, &YamlLimits::default());
        assert!(documents.iter().any(|d| d.content == Ok(json!({"a": "b"}))));
        assert!(documents.iter().any(|d| d.content.is_err()));
    }
}
