//! `--8<-- "path"`: text that stands in another file (pymdownx.snippets).
//!
//! As there, snippets are put in before anything else is read, in code blocks too, with the indentation of the line that names
//! them, and may name others. What is not found stays as it is written and is noted.

use super::{Limits, Note};
use crate::text::clean;

/// How deep snippets may name snippets.
const DEPTH: usize = 8;

/// The most snippets of a page: each costs its caller a look-up.
const COUNT: usize = 500;

/// The most notes about missing snippets.
const NOTES: usize = 20;

/// Where snippets come from.
///
/// An implementor must give nothing from outside the documentation's own repository, whatever the path says; `None` is the
/// answer to any other.
pub trait Snippets {
    /// The text of the file at that path, as written in the page.
    fn snippet(&mut self, path: &str) -> Option<String>;
}

/// There are none.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSnippets;

impl Snippets for NoSnippets {
    fn snippet(&mut self, _: &str) -> Option<String> {
        None
    }
}

impl<F: FnMut(&str) -> Option<String>> Snippets for F {
    fn snippet(&mut self, path: &str) -> Option<String> {
        self(path)
    }
}

/// A line of the source and the line of the page (from 1) that it comes from.
pub(super) type SourceLine = (String, u32);

/// Puts the snippets in.
pub(super) struct Expander<'a> {
    source: &'a mut dyn Snippets,
    left: usize,
    asked: usize,
    depth: usize,
    pub(super) notes: Vec<Note>,
}

impl<'a> Expander<'a> {
    pub(super) fn new(source: &'a mut dyn Snippets, limits: Limits) -> Self {
        Expander {
            source,
            left: limits.snippet_bytes,
            asked: 0,
            depth: 0,
            notes: Vec::new(),
        }
    }

    /// The lines of a page with its snippets in their places.
    pub(super) fn expand(&mut self, source: &str) -> Vec<SourceLine> {
        let mut out = Vec::new();
        // Nearly no page has any.
        if !source.contains("-8<-") {
            let lines = source.lines().zip(1..);
            out.extend(lines.map(|(line, number)| (line.to_owned(), number)));
            return out;
        }
        self.expand_into(source, "", None, &mut out);
        out
    }

    fn expand_into(
        &mut self,
        source: &str,
        indent: &str,
        origin: Option<u32>,
        out: &mut Vec<SourceLine>,
    ) {
        let mut in_block = None;
        for (line, number) in source.lines().zip(1u32..) {
            let number = origin.unwrap_or(number);
            let mut keep = |line: &str| match line.is_empty() {
                true => out.push((String::new(), number)),
                false => out.push((format!("{indent}{line}"), number)),
            };
            let (own, rest) = split_indent(line);
            if let Some(escaped) = rest.strip_prefix(';').filter(|rest| marker(rest).is_some()) {
                keep(&format!("{own}{escaped}"));
                continue;
            }
            match (marker(rest), in_block) {
                (Some(""), None) => in_block = Some(own),
                (Some(""), Some(_)) => in_block = None,
                (Some(path), None) => {
                    self.insert(line, path, &format!("{indent}{own}"), number, out)
                }
                (_, Some(block)) if !rest.is_empty() => {
                    let indent = format!("{indent}{block}");
                    self.insert(line, rest.trim_end(), &indent, number, out);
                }
                (_, Some(_)) => {}
                (None, None) => keep(line),
            }
        }
    }

    /// The snippet of that path, or the line that names it.
    fn insert(
        &mut self,
        line: &str,
        path: &str,
        indent: &str,
        number: u32,
        out: &mut Vec<SourceLine>,
    ) {
        // A path behind a semicolon is one that somebody took out.
        if path.starts_with(';') {
            return;
        }
        let Some(text) = self.fetch(path) else {
            let place = indent.strip_suffix(split_indent(line).0).unwrap_or(indent);
            out.push((format!("{place}{line}"), number));
            return;
        };
        if self.depth + 1 >= DEPTH {
            let lines = text.lines().map(|line| (format!("{indent}{line}"), number));
            return out.extend(lines);
        }
        self.depth += 1;
        self.expand_into(&text, indent, Some(number), out);
        self.depth -= 1;
    }

    fn fetch(&mut self, path: &str) -> Option<String> {
        let (file, part) = split_part(path);
        self.asked += 1;
        if self.asked > COUNT || self.left == 0 {
            self.note(Note::TooManySnippets);
            return None;
        }
        let found = self.source.snippet(file).and_then(|text| part.of(&text));
        let Some(text) = found else {
            self.note(Note::MissingSnippet(clean(path).into_owned()));
            return None;
        };
        match self.left.checked_sub(text.len().max(1)) {
            Some(left) => {
                self.left = left;
                Some(text)
            }
            None => {
                self.left = 0;
                self.note(Note::TooManySnippets);
                None
            }
        }
    }

    fn note(&mut self, note: Note) {
        if self.notes.len() < NOTES && !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}

fn split_indent(line: &str) -> (&str, &str) {
    let rest = line.trim_start_matches([' ', '\t']);
    (line.strip_suffix(rest).unwrap_or_default(), rest)
}

/// What a line that begins with `--8<--` names; empty where a block of paths begins or ends.
fn marker(rest: &str) -> Option<&str> {
    let after = rest.trim_start_matches('-');
    let dashes = rest.len() - after.len();
    let after = after.strip_prefix("8<")?;
    let tail = after.trim_start_matches('-');
    let closing = after.len() - tail.len();
    if dashes == 0 || closing == 0 {
        return None;
    }
    match tail.trim() {
        "" => Some(""),
        path => ['"', '\'']
            .into_iter()
            .find_map(|quote| path.strip_prefix(quote)?.strip_suffix(quote))
            .filter(|path| !path.is_empty() && tail.starts_with([' ', '\t'])),
    }
}

/// Which lines of a file a snippet is.
enum Part<'a> {
    Whole,
    /// From and to, counted from 1, both included; each may be left open. Several, one after another.
    Lines(Vec<(Option<usize>, Option<usize>)>),
    /// What stands between `--8<-- [start:name]` and `[end:name]`.
    Section(&'a str),
}

impl Part<'_> {
    fn of(&self, text: &str) -> Option<String> {
        let lines: Vec<&str> = match self {
            Part::Whole => text.lines().filter(|line| !is_section_mark(line)).collect(),
            Part::Lines(ranges) => ranges
                .iter()
                .flat_map(|&(from, to)| {
                    let from = from.unwrap_or(1).saturating_sub(1);
                    let to = to.unwrap_or(usize::MAX);
                    text.lines().skip(from).take(to.saturating_sub(from))
                })
                .collect(),
            Part::Section(name) => {
                let (start, end) = (format!("[start:{name}]"), format!("[end:{name}]"));
                let mut lines = text.lines();
                lines.find(|line| is_section_mark(line) && line.contains(&start))?;
                lines
                    .take_while(|line| !(is_section_mark(line) && line.contains(&end)))
                    .filter(|line| !is_section_mark(line))
                    .collect()
            }
        };
        Some(lines.join("\n"))
    }
}

fn is_section_mark(line: &str) -> bool {
    line.contains("-8<-") && (line.contains("[start:") || line.contains("[end:"))
}

/// `file`, `file:4:10`, `file:1:3,7:9`, `file:section`. A URL keeps its colons.
fn split_part(path: &str) -> (&str, Part<'_>) {
    if path.contains("://") {
        return (path, Part::Whole);
    }
    let Some((file, part)) = path.split_once(':') else {
        return (path, Part::Whole);
    };
    let number = |text: &str| match text.trim() {
        "" => Some(None),
        text => text.parse().ok().map(Some),
    };
    let ranges: Option<Vec<_>> = part
        .split(',')
        .map(|range| match range.split_once(':') {
            Some((from, to)) => Some((number(from)?, number(to)?)),
            None => number(range).map(|line| (line, None)),
        })
        .collect();
    match ranges {
        Some(ranges) => (file, Part::Lines(ranges)),
        None => (file, Part::Section(part)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(source: &str, files: &[(&str, &str)]) -> (String, Vec<Note>) {
        let mut files = |path: &str| {
            let found = files.iter().find(|(name, _)| *name == path)?;
            Some(found.1.to_owned())
        };
        let mut expander = Expander::new(&mut files, Limits::default());
        let lines: Vec<String> = expander
            .expand(source)
            .into_iter()
            .map(|(line, _)| line)
            .collect();
        (lines.join("\n"), expander.notes)
    }

    #[test]
    fn a_snippet_takes_the_indentation_of_its_line() {
        let (text, notes) = expand("a\n    --8<-- \"b.md\"\nc", &[("b.md", "one\n\n  two\n")]);
        assert_eq!(text, "a\n    one\n\n      two\nc");
        assert_eq!(notes, []);
    }

    #[test]
    fn a_snippet_that_is_not_found_stays_as_it_is_written() {
        let (text, notes) = expand("  --8<-- \"no.md\"", &[]);
        assert_eq!(text, "  --8<-- \"no.md\"");
        assert_eq!(notes, [Note::MissingSnippet("no.md".into())]);
    }

    #[test]
    fn snippets_may_be_parts_of_a_file_or_listed_in_a_block() {
        let file = "1\n# --8<-- [start:x]\n2\n3\n# --8<-- [end:x]\n4\n5";
        let files = [("f", file), ("g", "a\nb\nc\nd")];
        assert_eq!(expand("--8<-- \"f:x\"", &files).0, "2\n3");
        assert_eq!(expand("--8<-- 'g:2:3'", &files).0, "b\nc");
        assert_eq!(expand("--8<-- \"g::2\"", &files).0, "a\nb");
        assert_eq!(expand("--8<-- \"g:4\"", &files).0, "d");
        assert_eq!(
            expand("--8<--\ng:1:1\n; f\n\ng:2:2\n--8<--\nend", &files).0,
            "a\nb\nend"
        );
        assert_eq!(expand(";--8<-- \"g\"", &files).0, "--8<-- \"g\"");
    }

    #[test]
    fn snippets_that_name_each_other_come_to_an_end() {
        let files = [
            ("a", "x\n--8<-- \"b\""),
            ("b", "y\n--8<-- \"a\"\n--8<-- \"b\""),
        ];
        let (text, _) = expand("--8<-- \"a\"", &files);
        assert!(text.len() < 10_000 && text.starts_with("x\ny"));
        let big = "z\n".repeat(600_000);
        let files = [("a", big.as_str())];
        let (text, notes) = expand("--8<-- \"a\"", &files);
        assert_eq!(text, "--8<-- \"a\"");
        assert_eq!(notes, [Note::TooManySnippets]);
    }

    #[test]
    fn what_only_looks_like_a_snippet_is_left() {
        for text in ["8<-- \"a\"", "--8<-- a", "text --8<-- \"a\"", "--8< \"a\""] {
            assert_eq!(expand(text, &[("a", "no")]).0, text);
        }
    }
}
