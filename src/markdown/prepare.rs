//! A page on its way to the CommonMark parser: cut to size, its front matter off, its snippets in, its containers
//! rewritten.

use std::borrow::Cow;

use super::containers::Rewritten;
use super::front_matter;
use super::snippets::{Expander, Snippets};
use super::{Limits, Note};

/// What the parser is given, and what it is not.
pub(super) struct Prepared {
    pub title: Option<String>,
    pub page: Rewritten,
    pub notes: Vec<Note>,
}

/// Prepares a page.
pub(super) fn prepare(source: &str, limits: Limits, snippets: &mut dyn Snippets) -> Prepared {
    let whole = source.strip_prefix('\u{feff}').unwrap_or(source);
    let mut notes = Vec::new();
    let source = cut(whole, limits.bytes);
    if source.len() < whole.len() {
        notes.push(Note::Cut {
            shown: source.len(),
            of: whole.len(),
        });
    }
    let source = newlines(source);
    let front = front_matter::split(&source);
    let mut expander = Expander::new(snippets, limits);
    let mut lines = expander.expand(front.body);
    notes.append(&mut expander.notes);
    for (_, number) in &mut lines {
        *number = number.saturating_add(front.lines);
    }
    Prepared {
        title: front.title,
        page: Rewritten::of(&lines),
        notes,
    }
}

/// The first lines of a text that are together no longer than that.
fn cut(source: &str, bytes: usize) -> &str {
    if source.len() <= bytes {
        return source;
    }
    let mut end = bytes;
    while !source.is_char_boundary(end) {
        end -= 1;
    }
    let head = source.get(..end).unwrap_or_default();
    match head.rfind('\n') {
        Some(newline) => head.get(..=newline).unwrap_or_default(),
        None => head,
    }
}

/// Newlines as `\n`, as every line below counts on.
fn newlines(source: &str) -> Cow<'_, str> {
    if source.contains('\r') {
        Cow::Owned(source.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::markdown::NoSnippets;

    #[test]
    fn a_page_that_is_too_long_is_cut_at_a_line() {
        let limits = Limits {
            bytes: 10,
            ..Limits::default()
        };
        let page = prepare("one\n두번째\nthree", limits, &mut NoSnippets);
        assert_eq!(page.page.text, "one\n");
        assert_eq!(page.notes, [Note::Cut { shown: 4, of: 19 }]);
        assert_eq!(
            page.notes[0].to_string(),
            "this page has 19 bytes; its first 4 bytes are shown"
        );
    }

    #[test]
    fn newlines_of_every_kind_are_one_kind() {
        assert_eq!(
            prepare("a\r\nb\rc", Limits::default(), &mut NoSnippets)
                .page
                .text,
            "a\nb\nc\n"
        );
    }
}
