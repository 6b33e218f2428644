//! HTML cut into tags and text, as far as documentation uses it: to leave its text, not to understand it.

use std::ops::Range;

/// A piece of HTML.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Token<'a> {
    /// Text, with its entities as they are written.
    Text(&'a str),
    Open(Tag<'a>),
    Close {
        /// In lower case.
        name: String,
    },
    /// A comment, a declaration, an instruction: nothing to read.
    Nothing,
}

/// An opening tag.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Tag<'a> {
    /// In lower case.
    pub name: String,
    attributes: &'a str,
    /// As it is written.
    pub written: &'a str,
}

/// Cuts HTML. Every byte is looked at a bounded number of times, whatever is left open.
pub(super) struct Tokens<'a> {
    html: &'a str,
    at: usize,
    /// What was looked for to the end and not found: it is not looked for again.
    no_comment_end: bool,
    no_quote_end: bool,
    no_tag_end: bool,
}

impl<'a> Tokens<'a> {
    pub(super) fn of(html: &'a str) -> Self {
        Tokens {
            html,
            at: 0,
            no_comment_end: false,
            no_quote_end: false,
            no_tag_end: false,
        }
    }

    fn slice(&self, range: Range<usize>) -> &'a str {
        self.html.get(range).unwrap_or_default()
    }

    /// The tag or comment that begins here, and where it ends.
    fn markup(&mut self, start: usize) -> Option<(Token<'a>, usize)> {
        let rest = self.slice(start..self.html.len());
        if rest.starts_with("<!--") {
            if self.no_comment_end {
                return None;
            }
            let end = rest.find("-->").map(|end| start + end + 3);
            self.no_comment_end = end.is_none();
            return end.map(|end| (Token::Nothing, end));
        }
        let after = rest.get(1..)?;
        if after.starts_with(['!', '?']) {
            let end = self.tag_end(start, start + 1)?;
            return Some((Token::Nothing, end));
        }
        let (name_from, closes) = match after.strip_prefix('/') {
            Some(_) => (start + 2, true),
            None => (start + 1, false),
        };
        let name = self.slice(name_from..self.html.len());
        let length = name
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':')))
            .unwrap_or(name.len());
        let name = name.get(..length)?;
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return None;
        }
        let end = self.tag_end(start, name_from + length)?;
        let name_to = name_from + length;
        let name = name.to_ascii_lowercase();
        let token = match closes {
            true => Token::Close { name },
            false => Token::Open(Tag {
                name,
                attributes: self.slice(name_to..end - 1),
                written: self.slice(start..end),
            }),
        };
        Some((token, end))
    }

    /// Behind the `>` that ends a tag: the first one outside quotes.
    fn tag_end(&mut self, start: usize, from: usize) -> Option<usize> {
        if self.no_tag_end {
            return None;
        }
        let rest = self.slice(from..self.html.len());
        let Some(plain) = rest.find('>') else {
            self.no_tag_end = true;
            return None;
        };
        let head = rest.get(..plain)?;
        if self.no_quote_end || !head.contains(['"', '\'']) {
            return Some(from + plain + 1);
        }
        let mut quote = None;
        for (at, c) in rest.char_indices() {
            match (quote, c) {
                (None, '>') => return Some(from + at + 1),
                (None, '"' | '\'') => quote = Some(c),
                (Some(open), c) if c == open => quote = None,
                _ => {}
            }
        }
        self.no_quote_end = true;
        Some(from + plain + 1).filter(|&end| end > start)
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let start = self.at;
        if start >= self.html.len() {
            return None;
        }
        let mut from = start;
        loop {
            let open = self
                .slice(from..self.html.len())
                .find('<')
                .map(|open| from + open);
            let Some(open) = open else {
                self.at = self.html.len();
                return Some(Token::Text(self.slice(start..self.at)));
            };
            if let Some((token, end)) = self.markup(open) {
                if open > start {
                    // The tag is read again next time, which happens once.
                    self.at = open;
                    return Some(Token::Text(self.slice(start..open)));
                }
                self.at = end;
                return Some(token);
            }
            from = open + 1;
        }
    }
}

impl Tag<'_> {
    /// The value of an attribute, its entities decoded; empty where it has none.
    pub(super) fn attribute(&self, wanted: &str) -> Option<String> {
        let mut rest = self.attributes;
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
            let end = rest
                .find(|c: char| c.is_whitespace() || matches!(c, '=' | '/'))
                .unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            let after = after.trim_start();
            let (value, after) = match after.strip_prefix('=') {
                None => ("", after),
                Some(after) => {
                    let after = after.trim_start();
                    match after.chars().next() {
                        Some(quote @ ('"' | '\'')) => {
                            let inner = after.get(1..).unwrap_or_default();
                            inner.split_once(quote).unwrap_or((inner, ""))
                        }
                        _ => after.split_at(after.find(char::is_whitespace).unwrap_or(after.len())),
                    }
                }
            };
            if name.eq_ignore_ascii_case(wanted) {
                return Some(decode(value));
            }
            if name.is_empty() && after.len() >= rest.len() || after.is_empty() {
                return None;
            }
            rest = after;
        }
    }

    pub(super) fn has_attributes(&self) -> bool {
        !self.attributes.trim_matches(['/', ' ', '\n']).is_empty()
    }
}

/// Whether a name is an element of HTML. Others are what people write for something to be filled in: `<service>`.
pub(super) fn is_element(name: &str) -> bool {
    matches!(
        name,
        "a" | "abbr"
            | "acronym"
            | "article"
            | "aside"
            | "audio"
            | "b"
            | "bdi"
            | "bdo"
            | "big"
            | "blockquote"
            | "body"
            | "br"
            | "button"
            | "caption"
            | "center"
            | "cite"
            | "code"
            | "col"
            | "colgroup"
            | "dd"
            | "del"
            | "details"
            | "dfn"
            | "dialog"
            | "div"
            | "dl"
            | "dt"
            | "em"
            | "embed"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "font"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "head"
            | "header"
            | "hr"
            | "html"
            | "i"
            | "iframe"
            | "img"
            | "input"
            | "ins"
            | "kbd"
            | "legend"
            | "li"
            | "main"
            | "mark"
            | "nav"
            | "nobr"
            | "noscript"
            | "ol"
            | "p"
            | "picture"
            | "pre"
            | "q"
            | "s"
            | "samp"
            | "script"
            | "section"
            | "small"
            | "span"
            | "strike"
            | "strong"
            | "style"
            | "sub"
            | "summary"
            | "sup"
            | "svg"
            | "table"
            | "tbody"
            | "td"
            | "textarea"
            | "tfoot"
            | "th"
            | "thead"
            | "tr"
            | "tt"
            | "u"
            | "ul"
            | "var"
            | "video"
            | "wbr"
    )
}

/// Elements whose names are words that people also write for something to be filled in; only with attributes are they what
/// they say.
pub(super) fn is_element_with_attributes(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "area"
            | "base"
            | "canvas"
            | "data"
            | "label"
            | "link"
            | "map"
            | "meta"
            | "meter"
            | "object"
            | "optgroup"
            | "option"
            | "output"
            | "param"
            | "path"
            | "progress"
            | "select"
            | "slot"
            | "source"
            | "template"
            | "time"
            | "title"
            | "track"
    )
}

/// Text with the common entities as the characters they stand for.
pub(super) fn decode(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, entity) = rest.split_at(at);
        out.push_str(before);
        let found = entity.get(1..).and_then(|body| {
            // No entity is longer.
            let end = body.bytes().take(10).position(|b| b == b';')?;
            Some((named(body.get(..end)?)?, body.get(end + 1..)?))
        });
        match found {
            Some((c, after)) => {
                out.push(c);
                rest = after;
            }
            None => {
                out.push('&');
                rest = entity.get(1..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    out
}

fn named(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code).filter(|&c| c != '\0');
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "copy" => '©',
        "reg" => '®',
        "trade" => '™',
        "hellip" => '…',
        "mdash" => '—',
        "ndash" => '–',
        "rarr" => '→',
        "larr" => '←',
        "times" => '×',
        "middot" => '·',
        "bull" => '•',
        "laquo" => '«',
        "raquo" => '»',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tag(html: &str) -> Tag<'_> {
        match Tokens::of(html).next() {
            Some(Token::Open(tag)) => tag,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn tags_text_and_comments_are_told_apart() {
        let tokens: Vec<Token<'_>> =
            Tokens::of("a < b <B class='x>y'>c</b ><!-- <i> -->d<!doctype html>").collect();
        assert_eq!(tokens.len(), 7);
        assert_eq!(tokens[0], Token::Text("a < b "));
        assert!(
            matches!(&tokens[1], Token::Open(tag) if tag.name == "b" && tag.written == "<B class='x>y'>")
        );
        assert_eq!(tokens[3], Token::Close { name: "b".into() });
        assert_eq!(tokens[5], Token::Text("d"));
    }

    #[test]
    fn what_is_never_closed_is_text() {
        for html in ["<a href=\"x", "a <!-- b", "</", "<", "<<<", "<1>"] {
            let text: String = Tokens::of(html)
                .map(|token| match token {
                    Token::Text(text) => text.to_owned(),
                    _ => String::new(),
                })
                .collect();
            assert_eq!(text, html);
        }
        let broken = "<a \">".repeat(50_001);
        assert!(Tokens::of(&broken).count() > 10_000);
        assert_eq!(Tokens::of(&"<!-- ".repeat(50_000)).count(), 1);
    }

    #[test]
    fn attributes_are_read() {
        let tag = tag("<img SRC = 'a b.png' alt=\"x &amp; y\" width=3 hidden/>");
        assert_eq!(tag.attribute("src").as_deref(), Some("a b.png"));
        assert_eq!(tag.attribute("alt").as_deref(), Some("x & y"));
        assert_eq!(tag.attribute("width").as_deref(), Some("3"));
        assert_eq!(tag.attribute("hidden").as_deref(), Some(""));
        assert_eq!(tag.attribute("none"), None);
        assert_eq!(super::tests::tag("<a =>").attribute("x"), None);
    }

    #[test]
    fn entities_are_decoded() {
        assert_eq!(
            decode("&lt;a&gt; &#65;&#x42; &unknown; & &#0;"),
            "<a> AB &unknown; & &#0;"
        );
    }

    proptest! {
        #[test]
        fn any_text_is_cut_without_losing_any(html in "[<>a!/\"'= -]{0,40}|\\PC{0,20}") {
            let mut length = 0;
            for token in Tokens::of(&html) {
                if let Token::Text(text) = token {
                    length += text.len();
                } else if let Token::Open(tag) = token {
                    tag.attribute("x");
                    length += tag.written.len();
                }
            }
            prop_assert!(length <= html.len());
        }
    }
}
