//! Patterns of schemas: ECMA-262's regular expressions, as Backstage's validator runs them (flag `u`), that always end.
//!
//! Two engines share the work, since none does it all. The bounded one of the expression language does what it can read,
//! which is every pattern without `\p{…}` and `\u{…}`, for texts of the basic plane, where the flag makes no difference.
//! The rest goes to `fancy-regex`, which gives up after a number of steps.

use super::limits::{Limits, Meter};
use super::regex::Regex;
use super::text;

/// The most steps of `fancy-regex`.
const BACKTRACKING: usize = 200_000;
/// Longer texts are not looked at.
const LONGEST: usize = 1 << 20;

/// A regular expression of a schema.
pub struct Pattern {
    source: String,
    bounded: Option<Regex>,
    unicode: Option<fancy_regex::Regex>,
}

impl Pattern {
    /// Reads a pattern; nothing where it is none.
    pub fn new(source: &str) -> Option<Self> {
        let needs_unicode = ["\\p{", "\\P{", "\\u{"]
            .iter()
            .any(|mark| source.contains(mark));
        let bounded = if needs_unicode {
            None
        } else {
            Regex::new(&text::units(source), "")
        };
        let unicode = fancy_regex::RegexBuilder::new(source)
            .backtrack_limit(BACKTRACKING)
            .build()
            .ok();
        (bounded.is_some() || unicode.is_some()).then(|| Self {
            source: source.to_owned(),
            bounded,
            unicode,
        })
    }

    /// As it is written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether it matches anywhere in a text; nothing where that takes too long to find out.
    pub fn matches(&self, text: &str) -> Option<bool> {
        if text.len() > LONGEST {
            return None;
        }
        let basic = text.chars().all(|c| u32::from(c) <= 0xffff);
        match (&self.bounded, &self.unicode) {
            (Some(bounded), unicode) if basic || unicode.is_none() => {
                let meter = Meter::new(Limits::default());
                let found = bounded.find(&text::units(text), 0, false, &meter);
                found.ok().map(|found| found.is_some())
            }
            (_, Some(unicode)) => unicode.is_match(text).ok(),
            (_, None) => None,
        }
    }
}

impl std::fmt::Debug for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pattern({:?})", self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> Option<bool> {
        Pattern::new(pattern).and_then(|pattern| pattern.matches(text))
    }

    #[test]
    fn patterns_mean_what_javascript_means() {
        assert_eq!(
            matches("^[a-z]+(-[a-z0-9]+)*$", "order-service"),
            Some(true)
        );
        assert_eq!(matches("^[a-z]+(-[a-z0-9]+)*$", "order😀"), Some(false));
        assert_eq!(matches("^(?!aws)\\w+$", "awsome"), Some(false));
        assert_eq!(matches("\\d$", "x٣"), Some(false));
        assert_eq!(matches("^.$", "😀"), Some(true));
        assert_eq!(matches("^\\p{Script=Hangul}+$", "결제"), Some(true));
        assert!(Pattern::new("([").is_none());
    }

    #[test]
    fn a_pattern_that_would_never_end_gives_up() {
        let text = format!("{}!", "a".repeat(5000));
        assert_eq!(matches("^(a+)+$", &text), None);
        assert_ne!(matches("^(\\p{L}+)+(?=x)$", &text), Some(true));
    }
}
