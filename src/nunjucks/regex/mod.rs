//! JavaScript's regular expressions, without the flags `u`, `s` and `v`, which a template's literals cannot have.
//!
//! Why not a library: a template's expression must not hang callboard, so every step of matching is counted, and
//! matching must backtrack as JavaScript does (groups that refer back, what is tried first); of the libraries that
//! match like JavaScript none counts.

mod compile;
mod parse;
mod run;

use std::fmt;

use super::error::Result;
use super::limits::Meter;
use super::text::Text;

/// A regular expression that was read and can be run.
pub(crate) struct Regex {
    source: Text,
    flags: String,
    program: compile::Program,
}

/// Where an expression matched: the whole, then its groups, as ranges of code units.
pub(crate) type Match = Vec<Option<(usize, usize)>>;

impl Regex {
    /// Reads an expression; nothing where JavaScript would refuse it, or where it is too large.
    pub(crate) fn new(pattern: &[u16], flags: &str) -> Option<Self> {
        let parsed = parse::parse(pattern)?;
        let program = compile::compile(&parsed, flags.contains('i'), flags.contains('m'))?;
        Some(Self {
            source: Text::from(pattern),
            flags: flags.to_owned(),
            program,
        })
    }

    pub(crate) fn is_global(&self) -> bool {
        self.flags.contains('g')
    }

    pub(crate) fn is_sticky(&self) -> bool {
        self.flags.contains('y')
    }

    /// The first match at or after a place; only at that place where `here` says so.
    pub(crate) fn find(
        &self,
        text: &[u16],
        from: usize,
        here: bool,
        meter: &Meter,
    ) -> Result<Option<Match>> {
        let mut machine = run::Machine::new(&self.program, text, meter);
        for start in from..=text.len() {
            if let Some(found) = machine.run(start)? {
                return Ok(Some(found));
            }
            if here {
                break;
            }
        }
        Ok(None)
    }

    /// The group that has a name.
    pub(crate) fn group(&self, name: &[u16]) -> Option<usize> {
        self.program
            .names
            .iter()
            .find(|(known, _)| known.as_slice() == name)
            .map(|(_, group)| *group)
    }

    /// Whether any group has a name.
    pub(crate) fn has_names(&self) -> bool {
        !self.program.names.is_empty()
    }
}

/// `/source/flags`, as JavaScript writes it.
impl fmt::Display for Regex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut source = String::new();
        for character in self.source.to_string().chars() {
            match character {
                '\n' => source.push_str("\\n"),
                '\r' => source.push_str("\\r"),
                '\u{2028}' => source.push_str("\\u2028"),
                '\u{2029}' => source.push_str("\\u2029"),
                other => source.push(other),
            }
        }
        if source.is_empty() {
            source.push_str("(?:)");
        }
        let flags: String = "gimy"
            .chars()
            .filter(|flag| self.flags.contains(*flag))
            .collect();
        write!(f, "/{source}/{flags}")
    }
}

impl fmt::Debug for Regex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::super::limits::Limits;
    use super::super::text::units;
    use super::*;

    fn first(pattern: &str, flags: &str, text: &str) -> Option<Vec<Option<String>>> {
        let regex = Regex::new(&units(pattern), flags).unwrap();
        let text = units(text);
        let meter = Meter::new(Limits::default());
        let found = regex.find(&text, 0, false, &meter).unwrap()?;
        let shown = |(start, end): (usize, usize)| String::from_utf16_lossy(&text[start..end]);
        Some(found.into_iter().map(|group| group.map(shown)).collect())
    }

    fn whole(pattern: &str, flags: &str, text: &str) -> Option<String> {
        first(pattern, flags, text)?.remove(0)
    }

    #[test]
    fn matches_are_javascripts() {
        assert_eq!(whole("a|ab", "", "xab").as_deref(), Some("a"));
        assert_eq!(
            whole("(?:a|ab)(?:c|bcd)", "", "abcd").as_deref(),
            Some("abcd")
        );
        assert_eq!(whole("a+?", "", "aaa").as_deref(), Some("a"));
        assert_eq!(whole("a{2,3}", "", "aaaa").as_deref(), Some("aaa"));
        assert_eq!(whole("a{2", "", "a{2").as_deref(), Some("a{2"));
        assert_eq!(whole("[^a-c]+", "", "abcxyz").as_deref(), Some("xyz"));
        assert_eq!(whole("[\\w-]+", "", "..a-b_1..").as_deref(), Some("a-b_1"));
        assert_eq!(whole("HELLO", "i", "say Hello").as_deref(), Some("Hello"));
        assert_eq!(whole("^b$", "m", "a\nb\nc").as_deref(), Some("b"));
        assert_eq!(whole("^b$", "", "a\nb\nc"), None);
        assert_eq!(whole("\\bcat\\b", "", "a cat.").as_deref(), Some("cat"));
        assert_eq!(whole("(?<=\\$)\\d+", "", "a $42").as_deref(), Some("42"));
        assert_eq!(whole("(?<!\\$)\\b\\d+", "", "$42 7").as_deref(), Some("7"));
        assert_eq!(whole("a(?=b)", "", "acab").as_deref(), Some("a"));
        assert_eq!(whole("a(?!b)", "", "abac").as_deref(), Some("a"));
        assert_eq!(whole("\\x41\\u0042\\cJ?", "", "AB").as_deref(), Some("AB"));
        assert_eq!(whole("[]", "", "a"), None);
        assert_eq!(whole("[^]", "", "\n").as_deref(), Some("\n"));
        assert_eq!(whole("(?:)*", "", "a").as_deref(), Some(""));
    }

    #[test]
    fn groups_are_javascripts() {
        let groups = |pattern, text| first(pattern, "", text).unwrap();
        let some = |text: &str| Some(text.to_owned());
        // A group in a repetition begins each round empty.
        assert_eq!(
            groups("(z)((a+)?(b+)?(c))*", "zaacbbbcac"),
            [
                some("zaacbbbcac"),
                some("z"),
                some("ac"),
                some("a"),
                None,
                some("c")
            ]
        );
        assert_eq!(groups("(a*)b\\1+", "baaac"), [some("b"), some("")]);
        assert_eq!(
            groups("(?<year>\\d{4})-\\k<year>", "2026-2026"),
            [some("2026-2026"), some("2026")]
        );
        assert_eq!(
            groups("(?=(a+))a*b\\1", "baaabac"),
            [some("aba"), some("a")]
        );
        assert_eq!(
            groups("(.*?)a(?!(a+)b\\2c)\\2(.*)", "baaabaac"),
            [some("baaabaac"), some("ba"), None, some("abaac")]
        );
        assert_eq!(
            groups("(?<=(\\d+)(\\d+))$", "1053"),
            [some(""), some("1"), some("053")]
        );
    }

    #[test]
    fn what_javascript_refuses_is_refused() {
        for pattern in [
            "(",
            ")",
            "[a",
            "a**",
            "*",
            "(?",
            "a{2,1}",
            "[b-a]",
            "\\",
            "(?<a>x)(?<a>y)",
            "(?<a>x)\\k<b>",
            "(?<=a)*",
        ] {
            assert!(Regex::new(&units(pattern), "").is_none(), "{pattern}");
        }
        assert!(Regex::new(&units("((((a{1000}){1000}){1000}){1000})"), "").is_none());
    }

    #[test]
    fn a_match_that_would_never_end_is_given_up() {
        let regex = Regex::new(&units("^(a+)+$"), "").unwrap();
        let text = units(&format!("{}b", "a".repeat(60)));
        let meter = Meter::new(Limits::default());
        assert!(regex.find(&text, 0, false, &meter).is_err());
    }
}
