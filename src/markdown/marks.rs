//! The marks that CommonMark does not know: `==marked==`, `^^inserted^^`, `++ctrl+c++`, editors' `{++marks++}`, and bare URLs.
//!
//! They are looked for in the text between other markup, and may have other markup inside. One pass each, whatever the text.

use std::ops::Range;

use super::document::{Emphasis, Link, LinkId, LinkKind, Run};

/// A pair of marks and what stands between them.
struct Pair {
    open: &'static str,
    close: &'static str,
    /// Whether the marks must stand at the ends of words, as pymdownx's "smart" ones do.
    smart: bool,
    set: fn(&mut Emphasis),
}

const PAIRS: [Pair; 6] = [
    Pair {
        open: "{++",
        close: "++}",
        smart: false,
        set: |e| e.underline = true,
    },
    Pair {
        open: "{--",
        close: "--}",
        smart: false,
        set: |e| e.strike = true,
    },
    Pair {
        open: "{==",
        close: "==}",
        smart: false,
        set: |e| e.mark = true,
    },
    Pair {
        open: "{>>",
        close: "<<}",
        smart: false,
        set: |e| e.aside = true,
    },
    Pair {
        open: "==",
        close: "==",
        smart: true,
        set: |e| e.mark = true,
    },
    Pair {
        open: "^^",
        close: "^^",
        smart: true,
        set: |e| e.underline = true,
    },
];

/// Applies all of them.
pub(super) fn apply(runs: &mut Vec<Run>) {
    for pair in &PAIRS {
        if runs.iter().any(|run| run.text.contains(pair.open)) {
            *runs = apply_pair(std::mem::take(runs), pair);
        }
    }
    if runs.iter().any(|run| run.text.contains("++")) {
        *runs = each_text(std::mem::take(runs), keys, |run| {
            let keys = run
                .text
                .trim_matches('+')
                .trim_matches(['"', '\''])
                .to_owned();
            run.emphasis.code = true;
            run.text = keys;
        });
    }
}

/// A place in runs: which, and which byte of it.
type Place = (usize, usize);

fn apply_pair(runs: Vec<Run>, pair: &Pair) -> Vec<Run> {
    let found = find_pairs(&runs, pair);
    if found.is_empty() {
        return runs;
    }
    let mut edges = found
        .into_iter()
        .flat_map(|(open, close)| {
            [
                (open, pair.open.len(), true),
                (close, pair.close.len(), false),
            ]
        })
        .peekable();
    let mut out = Vec::with_capacity(runs.len() + 2);
    let mut inside = false;
    for (index, run) in runs.into_iter().enumerate() {
        let mut at = 0;
        let mut keep = |range: Range<usize>, inside: bool| {
            let text = run.text.get(range).unwrap_or_default();
            if !text.is_empty() {
                let mut piece = Run {
                    text: text.to_owned(),
                    ..run.clone()
                };
                if inside {
                    (pair.set)(&mut piece.emphasis);
                }
                out.push(piece);
            }
        };
        while let Some(((_, byte), length, opens)) = edges.next_if(|(place, ..)| place.0 == index) {
            keep(at..byte, inside);
            at = byte + length;
            inside = opens;
        }
        keep(at..run.text.len(), inside);
    }
    out
}

fn find_pairs(runs: &[Run], pair: &Pair) -> Vec<(Place, Place)> {
    let mut found = Vec::new();
    let mut open: Option<Place> = None;
    for (index, run) in runs.iter().enumerate() {
        if run.emphasis.code || run.image {
            continue;
        }
        let mut at = 0;
        while let Some(rest) = run.text.get(at..) {
            let mark = if open.is_some() {
                pair.close
            } else {
                pair.open
            };
            let Some(offset) = rest.find(mark) else {
                break;
            };
            let here = at + offset;
            let before = run
                .text
                .get(..here)
                .and_then(|text| text.chars().next_back());
            let after = run
                .text
                .get(here + mark.len()..)
                .and_then(|text| text.chars().next());
            at = here + mark.len();
            let same = mark.chars().next();
            let in_word = |c: Option<char>| {
                c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_') || c == same
            };
            let is_space = |c: Option<char>| c.is_some_and(char::is_whitespace);
            match open {
                None if !pair.smart || !(in_word(before) || is_space(after) || after == same) => {
                    open = Some((index, here));
                }
                Some(start) if !pair.smart || !(is_space(before) || in_word(after)) => {
                    // Nothing between them is nothing to mark.
                    if start != (index, here.saturating_sub(pair.open.len())) {
                        found.push((start, (index, here)));
                    }
                    open = None;
                }
                _ => {}
            }
        }
    }
    found
}

/// The next `++key+key++` of a text.
fn keys(text: &str) -> Option<Range<usize>> {
    let mut from = 0;
    loop {
        let start = from + text.get(from..)?.find("++")?;
        let inner = text.get(start + 2..)?;
        let length = inner.find("++")?;
        let keys = inner.get(..length)?;
        let is_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+' | '"');
        let before = text.get(..start)?.chars().next_back();
        let free = !before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '+');
        if free && !keys.is_empty() && keys.chars().all(is_key) {
            return Some(start..start + 2 + length + 2);
        }
        from = start + 2;
    }
}

/// Cuts pieces out of the plain text of runs and changes them.
fn each_text(
    runs: Vec<Run>,
    find: impl Fn(&str) -> Option<Range<usize>>,
    mut change: impl FnMut(&mut Run),
) -> Vec<Run> {
    let mut out = Vec::with_capacity(runs.len());
    for run in runs {
        if run.emphasis.code || run.image || run.link.is_some() {
            out.push(run);
            continue;
        }
        let mut rest = run.text.as_str();
        let piece = |text: &str| Run {
            text: text.to_owned(),
            ..run.clone()
        };
        while let Some(range) = find(rest)
            && let (Some(before), Some(found), Some(after)) = (
                rest.get(..range.start),
                rest.get(range.clone()),
                rest.get(range.end..),
            )
            && !found.is_empty()
        {
            if !before.is_empty() {
                out.push(piece(before));
            }
            let mut found = piece(found);
            change(&mut found);
            out.push(found);
            rest = after;
        }
        if !rest.is_empty() {
            out.push(piece(rest));
        }
    }
    out
}

/// Makes links of bare URLs.
pub(super) fn autolink(runs: &mut Vec<Run>, links: &mut Vec<Link>) {
    if !runs.iter().any(|run| run.text.contains("://")) {
        return;
    }
    *runs = each_text(std::mem::take(runs), bare_url, |run| {
        let id = LinkId(u32::try_from(links.len()).unwrap_or(u32::MAX));
        links.push(Link {
            target: run.text.clone(),
            kind: LinkKind::Absolute,
            image: false,
        });
        run.link = Some(id);
    });
}

/// The next bare URL of a text. It ends where ASCII ends, because a particle of Korean follows without a space, and leaves
/// out the punctuation of the sentence it stands in.
fn bare_url(text: &str) -> Option<Range<usize>> {
    let mut from = 0;
    loop {
        let rest = text.get(from..)?;
        let scheme = rest.find("://")?;
        let head = rest.get(..scheme)?;
        let start = match (head.ends_with("https"), head.ends_with("http")) {
            (true, _) => Some(from + scheme - 5),
            (_, true) => Some(from + scheme - 4),
            _ => None,
        };
        let body = from + scheme + 3;
        from = body;
        let Some(start) = start else { continue };
        let before = text.get(..start)?.chars().next_back();
        if before.is_some_and(|c| c.is_ascii_alphanumeric()) {
            continue;
        }
        let tail = text.get(body..)?;
        let is_url = |c: char| {
            c.is_ascii_graphic()
                && !matches!(c, '<' | '>' | '"' | '`' | '\\' | '^' | '{' | '}' | '|')
        };
        let length = tail.find(|c: char| !is_url(c)).unwrap_or(tail.len());
        let mut url = tail.get(..length)?;
        // The marks of a sentence, and a bracket that the URL did not open.
        loop {
            let unopened = |open, close| {
                url.ends_with(close) && url.matches(close).count() > url.matches(open).count()
            };
            if url.ends_with(['.', ',', ';', ':', '!', '?', '\'', '*', '_', '~'])
                || unopened('(', ')')
                || unopened('[', ']')
            {
                url = url.get(..url.len() - 1)?;
            } else {
                break;
            }
        }
        if url.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[') {
            return Some(start..body + url.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn run(text: &str) -> Run {
        Run {
            text: text.into(),
            ..Run::default()
        }
    }

    fn marked(text: &str) -> String {
        let mut runs = vec![run(text)];
        apply(&mut runs);
        let mut out = String::new();
        for run in runs {
            let e = run.emphasis;
            let sign = match (e.mark, e.underline, e.strike, e.code, e.aside) {
                (true, ..) => "m",
                (_, true, ..) => "u",
                (_, _, true, ..) => "s",
                (.., true, _) => "c",
                (.., true) => "a",
                _ => "",
            };
            match sign {
                "" => out.push_str(&run.text),
                sign => out.push_str(&format!("<{sign}:{}>", run.text)),
            }
        }
        out
    }

    #[test]
    fn marks_are_taken_where_pymdownx_takes_them() {
        for (text, expected) in [
            ("a ==b c== d", "a <m:b c> d"),
            ("if a==1 and b==2", "if a==1 and b==2"),
            ("a == b == c", "a == b == c"),
            ("^^new^^ and ^^", "<u:new> and ^^"),
            ("++ctrl+alt+del++ now", "<c:ctrl+alt+del> now"),
            ("C++ or D++", "C++ or D++"),
            ("i++ + ++j", "i++ + ++j"),
            (
                "{--old--}{++new++} {==x==}{>>why<<}",
                "<s:old><u:new> <m:x><a:why>",
            ),
            ("====", "===="),
            ("====== text ======", "====== text ======"),
        ] {
            assert_eq!(marked(text), expected, "{text}");
        }
    }

    #[test]
    fn marks_reach_over_other_markup() {
        let mut strong = run("b");
        strong.emphasis.strong = true;
        let mut runs = vec![run("==a "), strong, run(" c== d")];
        apply(&mut runs);
        let marks: Vec<(&str, bool)> = runs
            .iter()
            .map(|run| (run.text.as_str(), run.emphasis.mark))
            .collect();
        assert_eq!(
            marks,
            [("a ", true), ("b", true), (" c", true), (" d", false)]
        );
    }

    #[test]
    fn bare_urls_become_links_without_the_sentence_around_them() {
        for (text, url) in [
            (
                "see https://a.example/b_(c), then",
                Some("https://a.example/b_(c)"),
            ),
            ("(https://a.example/x)", Some("https://a.example/x")),
            ("https://a.example를 본다", Some("https://a.example")),
            ("http://[::1]:80/.", Some("http://[::1]:80/")),
            ("xhttp://a.b", None),
            ("http://", None),
            ("ftp://a.b", None),
        ] {
            assert_eq!(bare_url(text).map(|range| &text[range]), url, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_letter_is_lost(text in "[a-c=+^{}<> 가-]{0,40}|(==|\\+\\+|\\^\\^|\\{==|==\\}|a| |http://a.b){0,20}") {
            let mut runs = vec![run(&text)];
            apply(&mut runs);
            autolink(&mut runs, &mut Vec::new());
            let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
            let left: String = runs.iter().map(|run| run.text.as_str()).collect();
            prop_assert_eq!(letters(&left), letters(&text));
        }
    }
}
