//! Admonitions, collapsible blocks and content tabs, which are a line of their own and what is indented below it.
//!
//! CommonMark knows no such thing, but it knows a container that stands anywhere a paragraph may: the quotation. So each of
//! them is written as one, whose first line is a token that names its header; what stands in it is read together with the
//! rest of the page, with its links and footnotes. Abbreviations are taken out on the way.

use super::snippets::SourceLine;

/// How deep they may stand in each other; below, a header is text.
const DEPTH: usize = 12;

/// How many quotes and list items one line may open: the parser looks at all of them again on every line.
const LINE_DEPTH: usize = 64;

/// Between these stands the number of a header. Neither is a character that any text may have.
const TOKEN: [char; 2] = ['\u{fdd0}', '\u{fdd1}'];

/// The header of a container.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Header {
    /// As it was written, in case it turns out to stand in code.
    pub written: String,
    pub kind: Kind,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Admonition {
        /// `note`, in lower case; empty where a collapsible block has none.
        class: String,
        /// Empty where it is to have none.
        title: Option<String>,
        /// Where it folds: whether it is open at first.
        fold: Option<bool>,
    },
    Tab {
        title: String,
        /// Whether it belongs to the tab that stands right before it.
        continues: bool,
    },
}

/// The page as CommonMark.
#[derive(Default)]
pub(super) struct Rewritten {
    pub text: String,
    /// Where each line begins in the text, and the line of the page it comes from.
    pub lines: Vec<(usize, u32)>,
    pub headers: Vec<Header>,
    pub abbreviations: Vec<(String, String)>,
}

/// The number of the header that a paragraph stands for.
pub(super) fn token(text: &str) -> Option<usize> {
    text.strip_prefix(TOKEN[0])?
        .strip_suffix(TOKEN[1])?
        .parse()
        .ok()
}

/// A text in which tokens stand as what they were made of.
pub(super) fn restore(text: &str, headers: &[Header]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut parts = text.split(TOKEN[0]);
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let found = part.split_once(TOKEN[1]).and_then(|(number, rest)| {
            let header = headers.get(number.parse::<usize>().ok()?)?;
            Some((header.written.as_str(), rest))
        });
        let (written, rest) = found.unwrap_or(("", part));
        out.push_str(written);
        out.push_str(rest);
    }
    out
}

impl Rewritten {
    /// Rewrites the lines of a page.
    pub(super) fn of(lines: &[SourceLine]) -> Rewritten {
        let mut out = Rewritten::default();
        out.rewrite(lines, "", 0);
        out
    }

    fn emit(&mut self, prefix: &str, line: &str, number: u32) {
        self.lines.push((self.text.len(), number));
        self.text.push_str(if line.is_empty() {
            prefix.trim_end()
        } else {
            prefix
        });
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn rewrite(&mut self, lines: &[SourceLine], prefix: &str, depth: usize) {
        let mut fence: Option<Fence> = None;
        let (mut in_list, mut after_blank) = (false, true);
        let mut previous_tab: Option<usize> = None;
        let mut at = 0;
        while let Some((line, number)) = lines.get(at) {
            at += 1;
            let (indent, rest) = indentation(line);
            if let Some(open) = fence.take().filter(|open| !open.is_left_by(indent, rest)) {
                if !open.is_closed_by(indent, rest) {
                    fence = Some(open);
                }
                self.emit(prefix, line, *number);
                continue;
            }
            if rest.is_empty() {
                after_blank = true;
                self.emit(prefix, line, *number);
                continue;
            }
            if indent == 0 && after_blank {
                in_list = false;
            }
            in_list |= is_list_item(rest);
            after_blank = false;
            let continues = previous_tab.take() == Some(indent);
            let in_code = indent >= 4 && !in_list;
            if let Some(abbreviation) = abbreviation(rest).filter(|_| indent < 4) {
                self.abbreviations.push(abbreviation);
                self.emit(prefix, "", *number);
                continue;
            }
            fence = Fence::open(indent, rest).filter(|_| !in_code);
            let kind = header(rest, continues).filter(|_| !in_code && depth < DEPTH);
            let Some(kind) = kind else {
                if opens_too_many(rest) {
                    // As text it stays whole, and whatever it would open is too deep to be shown.
                    self.emit(prefix, &format!("{}\\{rest}", " ".repeat(indent)), *number);
                } else {
                    self.emit(prefix, line, *number);
                }
                if is_markdown_in_html(rest) {
                    self.emit(prefix, "", *number);
                }
                continue;
            };
            if matches!(kind, Kind::Tab { .. }) {
                previous_tab = Some(indent);
            }
            let body = body(lines.get(at..).unwrap_or_default(), indent + 4);
            at += body.len();
            let inner = format!("{prefix}{}> ", " ".repeat(indent));
            self.emit(prefix, "", *number);
            let token = format!("{}{}{}", TOKEN[0], self.headers.len(), TOKEN[1]);
            self.headers.push(Header {
                written: line.clone(),
                kind,
            });
            self.emit(&inner, &token, *number);
            self.emit(&inner, "", *number);
            let body: Vec<SourceLine> = body
                .iter()
                .map(|(line, number)| (dedent(line, indent + 4), *number))
                .collect();
            self.rewrite(&body, &inner, depth + 1);
            self.emit(prefix, "", *number);
            after_blank = true;
        }
    }
}

/// The lines that belong to a header: empty or indented far enough, without the empty ones at their end.
fn body(lines: &[SourceLine], columns: usize) -> &[SourceLine] {
    let mut end = 0;
    for (at, (line, _)) in lines.iter().enumerate() {
        let (indent, rest) = indentation(line);
        if rest.is_empty() {
            continue;
        }
        if indent < columns {
            break;
        }
        end = at + 1;
    }
    lines.get(..end).unwrap_or_default()
}

/// The columns a line is indented by, and what follows.
pub(super) fn indentation(line: &str) -> (usize, &str) {
    let rest = line.trim_start_matches([' ', '\t']);
    let white = line.strip_suffix(rest).unwrap_or_default();
    let columns = white.chars().fold(0, |column, c| match c {
        '\t' => column + 4 - column % 4,
        _ => column + 1,
    });
    (columns, rest.trim_end_matches(['\r', '\n']))
}

/// The line without so many columns of its indentation.
fn dedent(line: &str, columns: usize) -> String {
    let (indent, _) = indentation(line);
    let rest = line.trim_start_matches([' ', '\t']);
    format!("{}{rest}", " ".repeat(indent.saturating_sub(columns)))
}

/// An open code fence.
struct Fence {
    mark: char,
    length: usize,
    indent: usize,
}

impl Fence {
    fn open(indent: usize, rest: &str) -> Option<Fence> {
        let mark = rest.chars().next().filter(|c| matches!(c, '`' | '~'))?;
        let info = rest.trim_start_matches(mark);
        let length = rest.len() - info.len();
        (length >= 3 && !(mark == '`' && info.contains('`'))).then_some(Fence {
            mark,
            length,
            indent,
        })
    }

    fn is_closed_by(&self, indent: usize, rest: &str) -> bool {
        let tail = rest.trim_start_matches(self.mark);
        tail.trim().is_empty() && rest.len() - tail.len() >= self.length && indent < self.indent + 4
    }

    /// Whether a line ends it by standing outside the list item that it stands in.
    fn is_left_by(&self, indent: usize, rest: &str) -> bool {
        !rest.is_empty() && indent + 4 <= self.indent
    }
}

/// Whether what stands here may have indented blocks below it: a list item, a definition, a footnote.
fn is_list_item(rest: &str) -> bool {
    let digits = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let marker = match rest.len() - digits.len() {
        0 => rest.strip_prefix(['-', '*', '+', ':']),
        1..=9 => digits.strip_prefix(['.', ')']),
        _ => None,
    };
    marker.is_some_and(|after| after.is_empty() || after.starts_with([' ', '\t']))
        || (rest.starts_with("[^") && rest.contains("]:"))
}

fn opens_too_many(rest: &str) -> bool {
    let mut chars = rest.chars().peekable();
    let mut count = 0;
    while let Some(c) = chars.next() {
        match c {
            '>' => count += 1,
            '-' | '*' | '+' if matches!(chars.peek(), Some(' ' | '\t')) => count += 1,
            ' ' | '\t' => {}
            _ => break,
        }
        if count > LINE_DEPTH {
            return !is_rule(rest);
        }
    }
    false
}

/// A rule is made of the same characters, but of one kind only.
fn is_rule(rest: &str) -> bool {
    let mut marks = rest.chars().filter(|c| !c.is_whitespace());
    match marks.next() {
        Some(first @ ('-' | '*')) => marks.all(|c| c == first),
        _ => false,
    }
}

/// `*[HTML]: Hyper Text Markup Language`
fn abbreviation(rest: &str) -> Option<(String, String)> {
    let (name, meaning) = rest.strip_prefix("*[")?.split_once("]:")?;
    let (name, meaning) = (name.trim(), meaning.trim());
    (!name.is_empty() && !meaning.is_empty()).then(|| (name.to_owned(), meaning.to_owned()))
}

/// `<div markdown>` and the like, alone on their line: what follows is Markdown, which CommonMark wants an empty line for.
fn is_markdown_in_html(rest: &str) -> bool {
    rest.starts_with('<')
        && rest.trim_end().ends_with('>')
        && rest
            .split([' ', '\t', '>'])
            .skip(1)
            .any(|word| word == "markdown" || word.starts_with("markdown="))
}

fn header(rest: &str, continues: bool) -> Option<Kind> {
    let rest = rest.trim_end();
    if let Some(after) = rest.strip_prefix("===") {
        let after = after.trim_start_matches(['!', '+']);
        let title = quoted(after.trim_start())?;
        let title = title.to_owned();
        // `===!` begins a new set.
        let continues = continues && !rest.starts_with("===!");
        return after
            .starts_with([' ', '\t'])
            .then_some(Kind::Tab { title, continues });
    }
    let (after, fold) = match rest.strip_prefix("!!!") {
        Some(after) => (after, None),
        None => {
            let after = rest.strip_prefix("???")?;
            match after.strip_prefix('+') {
                Some(after) => (after, Some(true)),
                None => (after, Some(false)),
            }
        }
    };
    let after = after.trim();
    let (classes, title) = match after.find('"') {
        Some(at) => {
            let (classes, title) = after.split_at(at);
            (classes.trim(), Some(quoted(title)?.to_owned()))
        }
        None => (after, None),
    };
    let is_class = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    if !classes.split(' ').all(|class| class.chars().all(is_class)) {
        return None;
    }
    let class = classes.split(' ').next().unwrap_or_default().to_lowercase();
    // A collapsible block may have a title alone; `!!!` alone is someone shouting.
    if class.is_empty() && (fold.is_none() || title.is_none()) {
        return None;
    }
    Some(Kind::Admonition { class, title, fold })
}

fn quoted(text: &str) -> Option<&str> {
    text.strip_prefix('"')?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewrite(text: &str) -> Rewritten {
        let lines: Vec<SourceLine> = text
            .lines()
            .zip(1..)
            .map(|(line, n)| (line.to_owned(), n))
            .collect();
        Rewritten::of(&lines)
    }

    /// The rewritten text, tokens as `#n`, without empty lines.
    fn shape(text: &str) -> String {
        let out = rewrite(text)
            .text
            .replace(TOKEN[0], "#")
            .replace(TOKEN[1], "");
        let lines: Vec<&str> = out
            .lines()
            .filter(|line| !line.trim_matches([' ', '>']).is_empty())
            .collect();
        lines.join("\n")
    }

    #[test]
    fn an_admonition_becomes_a_quotation_with_a_token() {
        assert_eq!(
            shape("!!! note \"Mind\"\n    text\n\n        code\nafter"),
            "> #0\n> text\n>     code\nafter"
        );
        assert_eq!(
            shape("- item\n\n    ??? tip\n        text"),
            "- item\n    > #0\n    > text"
        );
        assert_eq!(
            shape("!!! a\n    x\n    !!! b\n        y"),
            "> #0\n> x\n> > #1\n> > y"
        );
    }

    #[test]
    fn headers_say_what_they_are() {
        let admonition = |class: &str, title: Option<&str>, fold| {
            Some(Kind::Admonition {
                class: class.into(),
                title: title.map(Into::into),
                fold,
            })
        };
        for (line, kind) in [
            ("!!! note", admonition("note", None, None)),
            (
                "!!! Warning inline end \"\"",
                admonition("warning", Some(""), None),
            ),
            (
                "???+ tip \"A \"b\"\"",
                admonition("tip", Some("A \"b\""), Some(true)),
            ),
            ("??? \"Only\"", admonition("", Some("Only"), Some(false))),
            ("!!!", None),
            ("!!! Do not do this!", None),
            ("??? who knows?", None),
            (
                "=== \"Tab\"",
                Some(Kind::Tab {
                    title: "Tab".into(),
                    continues: true,
                }),
            ),
            (
                "===! \"Tab\"",
                Some(Kind::Tab {
                    title: "Tab".into(),
                    continues: false,
                }),
            ),
            ("=== Tab", None),
            ("======", None),
        ] {
            assert_eq!(header(line, true), kind, "{line}");
        }
    }

    #[test]
    fn tabs_that_follow_each_other_are_one_set() {
        let out = rewrite("=== \"A\"\n    a\n\n=== \"B\"\n    b\n\ntext\n\n=== \"C\"\n    c");
        let continues: Vec<bool> = out
            .headers
            .iter()
            .map(|header| {
                matches!(
                    header.kind,
                    Kind::Tab {
                        continues: true,
                        ..
                    }
                )
            })
            .collect();
        assert_eq!(continues, [false, true, false]);
    }

    #[test]
    fn code_is_left_alone() {
        for text in [
            "```\n!!! note\n    x\n```",
            "    !!! note\n        x",
            "~~~~\n```\n!!! a\n*[B]: c\n~~~~",
        ] {
            let out = rewrite(text);
            assert_eq!(out.text.trim_end(), text);
            assert!(out.headers.is_empty() && out.abbreviations.is_empty());
        }
    }

    #[test]
    fn an_open_fence_in_a_list_ends_with_the_list() {
        assert_eq!(
            shape("1. a\n\n    ```\n    x\n\n!!! note\n    y"),
            "1. a\n    ```\n    x\n> #0\n> y"
        );
    }

    #[test]
    fn a_line_that_opens_a_thousand_quotes_is_text() {
        assert!(opens_too_many(&"> ".repeat(1000)) && opens_too_many(&"+ - ".repeat(50)));
        assert!(!opens_too_many("> > - quoted") && !opens_too_many(&"-".repeat(200)));
        assert!(!opens_too_many(&"* ".repeat(200)) && !opens_too_many(&"+---".repeat(50)));
        assert!(rewrite(&">".repeat(100)).text.starts_with("\\>>>"));
    }

    #[test]
    fn every_line_knows_where_it_comes_from() {
        let out = rewrite("a\n!!! note\n    b\nc");
        for (start, number) in &out.lines {
            let line = out.text[*start..].lines().next().unwrap();
            if let Some(letter) = line.chars().find(char::is_ascii_lowercase) {
                assert_eq!(
                    *number,
                    match letter {
                        'a' => 1,
                        'b' => 3,
                        _ => 4,
                    }
                );
            }
        }
    }

    #[test]
    fn abbreviations_are_taken_out() {
        let out = rewrite("The API.\n\n*[API]: Application  Interface\n*[]: no");
        assert_eq!(
            out.abbreviations,
            [("API".to_string(), "Application  Interface".to_string())]
        );
        assert!(!out.text.contains("Interface") && out.text.contains("*[]: no"));
    }

    #[test]
    fn tokens_in_code_are_restored() {
        let out = rewrite("!!! note \"x\"\n    y");
        let text = format!("a {}0{} b {}9{}", TOKEN[0], TOKEN[1], TOKEN[0], TOKEN[1]);
        assert_eq!(
            restore(&text, &out.headers),
            format!("a !!! note \"x\" b 9{}", TOKEN[1])
        );
    }
}
