//! Globs of steps, with the meaning of the `globby` that Backstage uses: `*`, `?` and `[…]` stay within one name, `**`
//! crosses folders, `{a,b}` and `@(a|b)` choose, a `!` in front takes back what earlier patterns chose.

use std::collections::BTreeSet;

use globset::{GlobBuilder, GlobMatcher};

use super::path::shown;
use crate::scaffolder::error::ActionError;

/// The most a list of patterns may grow to once its braces are written out.
const MOST: usize = 1_000;

/// Whether a text chooses by a pattern rather than naming one file.
pub fn is_glob(text: &str) -> bool {
    let paired = |open: &str, close: char| {
        text.split_once(open)
            .is_some_and(|(_, rest)| rest.contains(close))
    };
    text.contains(['*', '?'])
        || text.starts_with('!')
        || paired("[", ']')
        || paired("{", '}')
        || ["@(", "+(", "!("].iter().any(|open| paired(open, ')'))
}

/// A list of patterns.
#[derive(Clone, Debug)]
pub struct Globs {
    /// Each with whether it takes back.
    patterns: Vec<(bool, Vec<Pattern>)>,
    hidden: bool,
}

/// One pattern, brace by brace: a part for each name of the path; none for `**`.
#[derive(Clone, Debug)]
struct Pattern(Vec<Option<Part>>);

#[derive(Clone, Debug)]
struct Part {
    matcher: GlobMatcher,
    /// Whether it names the leading dot of a hidden name itself.
    dot: bool,
}

impl Globs {
    /// Reads patterns. `is_folder` says whether a path is a folder: a pattern that is one alone means all that is in it.
    /// With `hidden` the wildcards take names that begin with a dot, too.
    ///
    /// # Errors
    /// `Input` with the pattern that cannot be read.
    pub fn new(
        patterns: &[&str],
        hidden: bool,
        is_folder: impl Fn(&str) -> bool,
    ) -> Result<Self, ActionError> {
        let mut out = Vec::with_capacity(patterns.len());
        let mut left = MOST;
        for written in patterns {
            let (takes_back, pattern) = match written.strip_prefix('!') {
                // `!(a)` is a pattern, not a pattern taken back.
                Some(rest) if !rest.starts_with('(') => (true, rest),
                _ => (false, *written),
            };
            let plain = pattern.trim_start_matches("./").trim_end_matches('/');
            let pattern = if is_folder(plain) {
                format!("{plain}/**")
            } else {
                pattern.trim_start_matches("./").to_owned()
            };
            let mut alternatives = BTreeSet::new();
            expand(&pattern, &mut alternatives, &mut left, 0).ok_or_else(|| {
                ActionError::input(format!("The pattern {} is too complex", shown(written)))
            })?;
            let compiled: Result<Vec<Pattern>, String> =
                alternatives.iter().map(|p| Pattern::new(p)).collect();
            let compiled = compiled.map_err(|reason| {
                ActionError::input(format!(
                    "The pattern {} cannot be read: {reason}",
                    shown(written)
                ))
            })?;
            out.push((takes_back, compiled));
        }
        Ok(Self {
            patterns: out,
            hidden,
        })
    }

    /// Whether a path is chosen.
    pub fn matches(&self, path: &str) -> bool {
        let names: Vec<&str> = path.split('/').collect();
        self.patterns
            .iter()
            .enumerate()
            .filter(|(_, (takes_back, _))| !takes_back)
            .any(|(at, (_, patterns))| {
                patterns.iter().any(|p| p.matches(&names, self.hidden))
                    && !self.is_taken_back(at, &names)
            })
    }

    /// Whether a pattern after that of `at` takes a path back, or a folder it lies in.
    fn is_taken_back(&self, at: usize, names: &[&str]) -> bool {
        let later = self.patterns.iter().skip(at + 1);
        later.filter(|(takes_back, _)| *takes_back).any(|(_, all)| {
            (1..=names.len())
                .filter_map(|length| names.get(..length))
                .any(|names| all.iter().any(|p| p.matches(names, true)))
        })
    }
}

impl Pattern {
    fn new(pattern: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        for part in pattern.split('/').filter(|part| !part.is_empty()) {
            if part == "**" {
                // Several in a row are one.
                if !matches!(parts.last(), Some(None)) {
                    parts.push(None);
                }
                continue;
            }
            if ["+(", "!(", "*("].iter().any(|open| part.contains(open)) {
                return Err(
                    "`+(…)`, `*(…)` and `!(…)` are not supported; write the names out in `{…}`"
                        .to_owned(),
                );
            }
            let glob = GlobBuilder::new(part)
                .literal_separator(true)
                .backslash_escape(true)
                .build()
                .map_err(|error| error.kind().to_string())?;
            parts.push(Some(Part {
                matcher: glob.compile_matcher(),
                dot: part.starts_with('.') || part.starts_with("\\."),
            }));
        }
        Ok(Self(parts))
    }

    /// Whether the names fit, in time bounded by parts times names.
    fn matches(&self, names: &[&str], hidden: bool) -> bool {
        // Which numbers of names the parts so far can have used up.
        let mut reached: Vec<bool> = vec![false; names.len() + 1];
        if let Some(first) = reached.first_mut() {
            *first = true;
        }
        for part in &self.0 {
            let mut next = vec![false; names.len() + 1];
            for (at, _) in reached.iter().enumerate().filter(|(_, r)| **r) {
                match part {
                    Some(part) => {
                        if let (Some(name), Some(slot)) = (names.get(at), next.get_mut(at + 1))
                            && (hidden || part.dot || !name.starts_with('.'))
                            && part.matcher.is_match(name)
                        {
                            *slot = true;
                        }
                    }
                    None => {
                        for (to, slot) in next.iter_mut().enumerate().skip(at) {
                            let last = to.checked_sub(1).and_then(|last| names.get(last));
                            if to > at && !hidden && last.is_some_and(|n| n.starts_with('.')) {
                                break;
                            }
                            *slot = true;
                        }
                    }
                }
            }
            reached = next;
        }
        // `a/**` means what is in `a`, not `a` itself.
        let all = reached.last().copied().unwrap_or(false);
        all && !(matches!(self.0.last(), Some(None)) && self.is_base(names))
    }

    /// Whether the names are those of the folder in front of a last `**`.
    fn is_base(&self, names: &[&str]) -> bool {
        let literal = self.0.len().checked_sub(1);
        literal == Some(names.len())
            && self.0.iter().zip(names).all(|(part, name)| {
                (part.as_ref()).is_some_and(|part| part.matcher.glob().glob() == *name)
            })
    }
}

/// Writes braces and `@(…)`, `?(…)` out: one pattern for each choice. None where there are too many.
fn expand(
    pattern: &str,
    into: &mut BTreeSet<String>,
    left: &mut usize,
    depth: usize,
) -> Option<()> {
    *left = left.checked_sub(1)?;
    if depth > 32 {
        return None;
    }
    let Some(group) = Group::find(pattern) else {
        into.insert(pattern.to_owned());
        return Some(());
    };
    for choice in &group.choices {
        let written = format!("{}{choice}{}", group.before, group.after);
        expand(&written, into, left, depth + 1)?;
    }
    Some(())
}

/// The first group of choices in a pattern.
struct Group<'a> {
    before: &'a str,
    choices: Vec<&'a str>,
    after: &'a str,
}

impl<'a> Group<'a> {
    fn find(pattern: &'a str) -> Option<Self> {
        let bytes = pattern.as_bytes();
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            let next = bytes.get(at + 1);
            let found = match (byte, next) {
                (b'\\', _) => {
                    at += 2;
                    continue;
                }
                (b'{', _) => Self::read(pattern, at, at + 1, b'}', b','),
                (b'@', Some(b'(')) => Self::read(pattern, at, at + 2, b')', b'|'),
                (b'?', Some(b'(')) => Self::read(pattern, at, at + 2, b')', b'|').map(|mut g| {
                    g.choices.push("");
                    g
                }),
                _ => None,
            };
            if found.is_some() {
                return found;
            }
            at += 1;
        }
        None
    }

    fn read(pattern: &'a str, start: usize, from: usize, close: u8, between: u8) -> Option<Self> {
        let bytes = pattern.as_bytes();
        let open = *bytes.get(from - 1)?;
        let (mut depth, mut at, mut begin) = (0_usize, from, from);
        let mut choices = Vec::new();
        loop {
            let byte = *bytes.get(at)?;
            if byte == b'\\' {
                at += 1;
            } else if byte == open {
                depth += 1;
            } else if byte == close && depth > 0 {
                depth -= 1;
            } else if byte == close {
                choices.push(pattern.get(begin..at)?);
                break;
            } else if byte == between && depth == 0 {
                choices.push(pattern.get(begin..at)?);
                begin = at + 1;
            }
            at += 1;
        }
        // Braces around one choice are letters, as in every shell.
        if close == b'}' && choices.len() < 2 {
            return None;
        }
        Some(Self {
            before: pattern.get(..start)?,
            choices,
            after: pattern.get(at + 1..)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(patterns: &[&str], hidden: bool, paths: &[&str]) -> Vec<String> {
        let globs = Globs::new(patterns, hidden, |path| path == "raw").unwrap();
        let chosen = paths.iter().filter(|path| globs.matches(path));
        chosen.map(|path| (*path).to_owned()).collect()
    }

    const PATHS: &[&str] = &[
        "a.txt",
        "raw",
        "raw/x.txt",
        "raw/deep/y.js",
        ".github",
        ".github/w.yml",
        "src/a.js",
        "src/b.ts",
        "src/.env",
        "x{1}",
    ];

    #[test]
    fn a_folder_means_what_is_in_it() {
        for pattern in ["raw", "raw/", "./raw", "raw/**"] {
            assert_eq!(
                chosen(&[pattern], true, PATHS),
                ["raw/x.txt", "raw/deep/y.js"],
                "{pattern}"
            );
        }
        assert_eq!(chosen(&["raw/*"], true, PATHS), ["raw/x.txt"]);
    }

    #[test]
    fn hidden_names_are_chosen_where_that_is_asked() {
        assert_eq!(chosen(&["**"], true, PATHS).len(), PATHS.len());
        assert_eq!(chosen(&["**/.env"], false, PATHS), ["src/.env"]);
        assert_eq!(chosen(&[".github/*"], false, PATHS), [".github/w.yml"]);
        assert!(!chosen(&["**"], false, PATHS).contains(&".github/w.yml".to_owned()));
        assert_eq!(chosen(&["src/*"], false, PATHS), ["src/a.js", "src/b.ts"]);
    }

    #[test]
    fn choices_are_written_out() {
        for pattern in [
            "src/*.{js,ts}",
            "src/*.@(js|ts)",
            "src/?(a|b).{j,t}s",
            "{src/a.js,src/b.ts}",
        ] {
            assert_eq!(
                chosen(&[pattern], true, PATHS),
                ["src/a.js", "src/b.ts"],
                "{pattern}"
            );
        }
        assert_eq!(chosen(&["x\\{1\\}"], true, PATHS), ["x{1}"]);
        assert_eq!(
            chosen(&["**/[ab].*"], true, PATHS),
            ["a.txt", "src/a.js", "src/b.ts"]
        );
    }

    #[test]
    fn a_later_pattern_takes_back_what_an_earlier_one_chose() {
        assert_eq!(chosen(&["**/*.js", "!raw/**"], true, PATHS), ["src/a.js"]);
        assert_eq!(chosen(&["**/*.js", "!raw"], true, PATHS), ["src/a.js"]);
        // An earlier one takes nothing back, and alone it chooses nothing.
        assert_eq!(chosen(&["!raw/**", "**/*.js"], true, PATHS).len(), 2);
        assert!(chosen(&["!a.txt"], true, PATHS).is_empty());
    }

    #[test]
    fn what_cannot_be_read_is_an_error_that_names_it() {
        let error = |pattern: &str| Globs::new(&[pattern], true, |_| false).unwrap_err();
        assert!(error("a/[b").message.contains("a/[b"));
        assert!(error("!(a)").message.contains("not supported"));
        assert!(error(&"{a,b}".repeat(40)).message.contains("too complex"));
        assert!(
            error(&format!("{}a,b{}", "{a,".repeat(60), "}".repeat(60)))
                .message
                .contains("too complex")
        );
    }

    #[test]
    fn patterns_are_told_from_names() {
        for glob in ["*.yaml", "**", "a?", "[ab]", "{a,b}", "@(a|b)", "!a"] {
            assert!(is_glob(glob), "{glob}");
        }
        for name in ["a.txt", "a/b", "a]b[", "f(x)", ".github"] {
            assert!(!is_glob(name), "{name}");
        }
    }
}
