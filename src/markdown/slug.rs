//! Anchors of headings, as the two places that documentation is read at make them.

use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization;

/// The anchor that MkDocs makes of a heading: Python-Markdown's `slugify`, which keeps nothing but ASCII. A Korean heading
/// has an empty one, which [`unique`] makes `_1`, `_2`, ….
pub(super) fn mkdocs(text: &str) -> String {
    let ascii: String = text.nfkd().filter(char::is_ascii).collect();
    let kept: String = ascii
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-') || is_space(*c))
        .collect();
    let mut out = String::with_capacity(kept.len());
    for c in kept.trim_matches(is_space).chars() {
        if c != '-' && !is_space(c) {
            out.push(c.to_ascii_lowercase());
        } else if !out.ends_with('-') {
            out.push('-');
        }
    }
    out
}

/// What Python's `\s` and `strip` take for space, in ASCII.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t'..='\r' | '\x1c'..='\x1f')
}

/// The anchor that GitHub makes of a heading: every letter and digit of any script stays.
pub(super) fn github(text: &str) -> String {
    text.trim()
        .chars()
        .flat_map(char::to_lowercase)
        .filter_map(|c| match c {
            ' ' => Some('-'),
            '-' | '_' => Some(c),
            c if c.is_alphanumeric() => Some(c),
            _ => None,
        })
        .collect()
}

/// The anchor, with a number where it is taken or empty, as Python-Markdown counts: `a`, `a_1`, `a_2`.
pub(super) fn unique(anchor: String, taken: &mut HashSet<String>) -> String {
    if !anchor.is_empty() && taken.insert(anchor.clone()) {
        return anchor;
    }
    let (stem, mut count) = match anchor.rsplit_once('_') {
        Some((stem, digits)) if digits.bytes().all(|b| b.is_ascii_digit()) => {
            (stem.to_owned(), digits.parse().unwrap_or(0u64))
        }
        _ => (anchor, 0),
    };
    loop {
        count = count.saturating_add(1);
        let next = format!("{stem}_{count}");
        if count == u64::MAX || taken.insert(next.clone()) {
            return next;
        }
    }
}

/// `%EA%B2%B0` as the characters it stands for; what is no such sequence stays.
pub fn percent_decode(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        let mut digit = || char::from(ahead.next()?).to_digit(16);
        let decoded = match byte {
            b'%' => digit()
                .zip(digit())
                .and_then(|(high, low)| u8::try_from(high * 16 + low).ok()),
            _ => None,
        };
        match decoded {
            Some(decoded) => {
                out.push(decoded);
                bytes = ahead;
            }
            None => out.push(byte),
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mkdocs_keeps_ascii_only() {
        for (text, anchor) in [
            (
                "Order Processing Delay (P95 > 500ms)",
                "order-processing-delay-p95-500ms",
            ),
            ("Order Service 운영 런북", "order-service"),
            ("장애 대응", ""),
            ("Café & Co. -- twice", "cafe-co-twice"),
            ("snake_case  and\ttabs", "snake_case-and-tabs"),
            ("1. First!", "1-first"),
        ] {
            assert_eq!(mkdocs(text), anchor, "{text}");
        }
    }

    #[test]
    fn github_keeps_every_script() {
        assert_eq!(github("장애 대응 (P95 > 500ms)"), "장애-대응-p95--500ms");
        assert_eq!(github("What's `up`?"), "whats-up");
    }

    #[test]
    fn an_anchor_that_is_taken_gets_a_number() {
        let mut taken = HashSet::new();
        let anchors = ["a", "a", "a_1", "", "", "b_7", "b_7"];
        let unique: Vec<String> = anchors
            .iter()
            .map(|a| unique(a.to_string(), &mut taken))
            .collect();
        assert_eq!(unique, ["a", "a_1", "a_2", "_1", "_2", "b_7", "b_8"]);
    }

    #[test]
    fn percent_encoding_is_read() {
        assert_eq!(percent_decode("%EC%9E%A5%EC%95%A0-100%"), "장애-100%");
        assert_eq!(percent_decode("%ff%zz%"), "%ff%zz%");
    }
}
