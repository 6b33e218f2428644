//! A template cut into texts and tags, before any expression is read: delimiters, white space around them, comments
//! and raw blocks. A delimiter in a string of an expression does not end the tag.

use super::error::{Error, Pos, Result, quoted};
use super::lexer::{identifier, regex_end};
use super::text::{find, is_ascii, is_space, same, trim_end, trim_start};

/// How a template is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Syntax {
    /// Variables stand between `{{` and `}}`, as in cookiecutter's templates, and not between `${{` and `}}`.
    pub(crate) cookiecutter: bool,
    /// The line break after a block tag is dropped.
    pub(crate) trim_blocks: bool,
    /// The indent before a block tag is dropped.
    pub(crate) lstrip_blocks: bool,
}

/// A piece of a template.
pub(crate) enum Piece {
    Text(Vec<u16>, Pos),
    Variable(Tag),
    Block(Tag),
}

/// What stands between two delimiters.
#[derive(Clone)]
pub(crate) struct Tag {
    pub(crate) code: Vec<u16>,
    /// Where the tag begins.
    pub(crate) at: Pos,
    /// Where the code in it begins.
    pub(crate) code_at: Pos,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Variable,
    Block,
    Comment,
}

/// Cuts a template into pieces.
pub(crate) fn scan(source: &[u16], syntax: Syntax) -> Result<Vec<Piece>> {
    let scanner = Scanner {
        source,
        syntax,
        index: 0,
        at: Pos::default(),
        line_has_content: false,
        text: Vec::new(),
        text_at: Pos::default(),
        pieces: Vec::new(),
    };
    scanner.run()
}

struct Scanner<'a> {
    source: &'a [u16],
    syntax: Syntax,
    index: usize,
    at: Pos,
    line_has_content: bool,
    text: Vec<u16>,
    text_at: Pos,
    pieces: Vec<Piece>,
}

impl Scanner<'_> {
    fn run(mut self) -> Result<Vec<Piece>> {
        while self.index < self.source.len() {
            let (opening, stray) = self.next_opening();
            if let Some(stray) = stray {
                return Err(Error::syntax(
                    "Unexpected end of comment",
                    self.position(stray),
                ));
            }
            let Some((kind, start)) = opening else {
                self.append(self.source.len());
                break;
            };
            self.append(start);
            self.tag(kind)?;
        }
        self.flush();
        Ok(self.pieces)
    }

    /// The next delimiter that opens something, or the end of a comment that was never opened.
    fn next_opening(&self) -> (Option<(Kind, usize)>, Option<usize>) {
        let rest = self.source.get(self.index..).unwrap_or_default();
        for (offset, pair) in rest.windows(2).enumerate() {
            let at = self.index + offset;
            match pair {
                [0x7b, 0x25] => return (Some((Kind::Block, at)), None),
                [0x7b, 0x23] => return (Some((Kind::Comment, at)), None),
                [0x23, 0x7d] => return (None, Some(at)),
                [0x7b, 0x7b] if self.syntax.cookiecutter => {
                    return (Some((Kind::Variable, at)), None);
                }
                [0x24, 0x7b]
                    if !self.syntax.cookiecutter && self.source.get(at + 2) == Some(&0x7b) =>
                {
                    return (Some((Kind::Variable, at)), None);
                }
                _ => {}
            }
        }
        (None, None)
    }

    fn variable(&self) -> &'static str {
        if self.syntax.cookiecutter {
            "{{"
        } else {
            "${{"
        }
    }

    fn tag(&mut self, kind: Kind) -> Result<()> {
        let start = self.at;
        let (opening, closing, name) = match kind {
            Kind::Variable => (self.variable(), "}}", "variable"),
            Kind::Block => ("{%", "%}", "block"),
            Kind::Comment => ("{#", "#}", "comment"),
        };
        if kind == Kind::Block && self.syntax.lstrip_blocks && !self.line_has_content {
            self.strip_indent();
        }
        let inside = self.index + opening.len();
        let trims_left = self.source.get(inside) == Some(&u16::from(b'-'));
        if trims_left {
            self.text.truncate(trim_end(&self.text).len());
        }
        self.flush();
        self.advance(inside + usize::from(trims_left));
        let end = match kind {
            Kind::Comment => find(
                self.source,
                &closing.encode_utf16().collect::<Vec<_>>(),
                self.index,
            ),
            _ => self.terminator(closing)?,
        };
        let Some(end) = end else {
            return Err(Error::syntax(format!("Unterminated {name} tag"), start));
        };
        let trims_right = end > 0 && self.source.get(end - 1) == Some(&u16::from(b'-'));
        let content = self
            .source
            .get(self.index..end - usize::from(trims_right))
            .unwrap_or_default();
        let code = trim_code_start(content);
        let code_at = advanced(
            self.at,
            content
                .get(..content.len() - code.len())
                .unwrap_or_default(),
        );
        let code = if kind == Kind::Block {
            trim_code(code)
        } else {
            code
        }
        .to_vec();
        self.advance(end + closing.len());
        let tag = Tag {
            code,
            at: start,
            code_at,
        };
        match kind {
            Kind::Variable => self.pieces.push(Piece::Variable(tag)),
            Kind::Block if same(tag.name(), "raw") || same(tag.name(), "verbatim") => {
                return self.raw(&tag, trims_right);
            }
            Kind::Block => self.pieces.push(Piece::Block(tag)),
            Kind::Comment => {}
        }
        if trims_right {
            self.skip_space();
        } else if kind == Kind::Block && self.syntax.trim_blocks {
            self.skip_line_break();
        }
        Ok(())
    }

    /// All up to the tag that ends a raw block is text.
    fn raw(&mut self, tag: &Tag, trims_right: bool) -> Result<()> {
        let name = String::from_utf16_lossy(tag.name());
        if !tag.rest().is_empty() {
            return Err(Error::syntax(
                format!("{name} tag does not accept trailing content"),
                tag.at,
            ));
        }
        if self.syntax.trim_blocks {
            self.skip_line_break();
        }
        let Some((start, end)) = self.raw_end(&name) else {
            return Err(Error::syntax(
                format!("Missing {} tag", quoted(&format!("end{name}"))),
                tag.at,
            ));
        };
        if self
            .source
            .get(start..end)
            .is_some_and(|marker| marker.contains(&10))
        {
            return Err(Error::syntax(
                format!("{name} closing tag cannot contain a line break"),
                self.position(start),
            ));
        }
        self.append(start);
        self.advance(end);
        if trims_right {
            self.skip_space();
        }
        Ok(())
    }

    fn raw_end(&self, name: &str) -> Option<(usize, usize)> {
        let closing = format!("end{name}");
        let mut depth = 1usize;
        let mut index = self.index;
        loop {
            let start = find(self.source, &[u16::from(b'{'), u16::from(b'%')], index)?;
            index = start + 2;
            let word = self.after_space(start + 2);
            let starts = |text: &str| {
                self.source
                    .get(word..word + text.len())
                    .is_some_and(|here| same(here, text))
            };
            let (closes, length) = if starts(&closing) {
                (true, closing.len())
            } else if starts(name) {
                (false, name.len())
            } else {
                continue;
            };
            let end = self.after_space(word + length);
            if !self
                .source
                .get(end..end + 2)
                .is_some_and(|here| same(here, "%}"))
            {
                continue;
            }
            index = end + 2;
            depth = if closes { depth - 1 } else { depth + 1 };
            if depth == 0 {
                return Some((start, index));
            }
        }
    }

    fn after_space(&self, from: usize) -> usize {
        let rest = self.source.get(from..).unwrap_or_default();
        from + rest.len() - trim_start(rest).len()
    }

    fn skip_space(&mut self) {
        let to = self.after_space(self.index);
        self.advance(to);
    }

    fn skip_line_break(&mut self) {
        let rest = self.source.get(self.index..).unwrap_or_default();
        let length = match rest {
            [10, ..] => 1,
            [13, 10, ..] => 2,
            _ => 0,
        };
        self.advance(self.index + length);
    }

    fn strip_indent(&mut self) {
        let line = self
            .text
            .iter()
            .rposition(|u| *u == 10)
            .map_or(0, |at| at + 1);
        if self
            .text
            .get(line..)
            .is_some_and(|indent| indent.iter().all(|u| is_space(*u)))
        {
            self.text.truncate(line);
        }
    }

    fn append(&mut self, to: usize) {
        if self.text.is_empty() {
            self.text_at = self.at;
        }
        self.text
            .extend_from_slice(self.source.get(self.index..to).unwrap_or_default());
        self.advance(to);
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.pieces
                .push(Piece::Text(std::mem::take(&mut self.text), self.text_at));
        }
    }

    fn advance(&mut self, to: usize) {
        for unit in self.source.get(self.index..to).unwrap_or_default() {
            if *unit == 10 {
                self.at = Pos {
                    line: self.at.line + 1,
                    column: 0,
                };
                self.line_has_content = false;
            } else {
                self.at.column += 1;
                self.line_has_content |= !is_space(*unit);
            }
        }
        self.index = to.max(self.index);
    }

    fn position(&self, offset: usize) -> Pos {
        advanced(
            Pos::default(),
            self.source.get(..offset).unwrap_or_default(),
        )
    }

    /// Where the delimiter is that ends a tag, outside strings and regular expressions.
    fn terminator(&self, closing: &str) -> Result<Option<usize>> {
        let mut index = self.index;
        while index + closing.len() <= self.source.len() {
            if let Some(next) =
                skip(self.source, index).map_err(|e| Error::syntax(e, self.position(index)))?
            {
                index = next;
            } else if self
                .source
                .get(index..index + closing.len())
                .is_some_and(|here| same(here, closing))
            {
                return Ok(Some(index));
            } else {
                index += 1;
            }
        }
        Ok(None)
    }
}

impl Tag {
    /// The word a block tag begins with.
    pub(crate) fn name(&self) -> &[u16] {
        identifier(&self.code, 0, false)
            .and_then(|end| self.code.get(..end))
            .unwrap_or_default()
    }

    /// What follows the word.
    pub(crate) fn rest(&self) -> &[u16] {
        trim_code(self.code.get(self.name().len()..).unwrap_or_default())
    }

    /// Where a part of the code stands.
    pub(crate) fn position(&self, offset: usize) -> Pos {
        advanced(self.code_at, self.code.get(..offset).unwrap_or_default())
    }

    /// Where [`Tag::rest`] begins in the code.
    pub(crate) fn rest_offset(&self) -> usize {
        let after = self.code.get(self.name().len()..).unwrap_or_default();
        self.name().len() + after.len() - trim_code_start(after).len()
    }
}

/// The place after some text.
pub(crate) fn advanced(mut at: Pos, text: &[u16]) -> Pos {
    for unit in text {
        if *unit == 10 {
            at = Pos {
                line: at.line + 1,
                column: 0,
            };
        } else {
            at.column += 1;
        }
    }
    at
}

/// White space between the words of an expression.
pub(crate) fn is_code_space(unit: u16) -> bool {
    matches!(unit, 32 | 9 | 10 | 13 | 0xa0)
}

/// Code without the white space before it.
pub(crate) fn trim_code_start(code: &[u16]) -> &[u16] {
    let start = code
        .iter()
        .position(|u| !is_code_space(*u))
        .unwrap_or(code.len());
    code.get(start..).unwrap_or_default()
}

/// Code without the white space around it.
pub(crate) fn trim_code(code: &[u16]) -> &[u16] {
    let code = trim_code_start(code);
    let end = code
        .iter()
        .rposition(|u| !is_code_space(*u))
        .map_or(0, |at| at + 1);
    code.get(..end).unwrap_or_default()
}

/// The end of the string, word, number or regular expression that begins here.
pub(crate) fn skip(code: &[u16], index: usize) -> std::result::Result<Option<usize>, &'static str> {
    let Some(unit) = code.get(index) else {
        return Ok(None);
    };
    if is_ascii(*unit, "'\"") {
        let mut at = index + 1;
        while let Some(next) = code.get(at) {
            if is_ascii(*next, "\\") {
                at += 1;
            } else if next == unit {
                return Ok(Some(at + 1));
            }
            at += 1;
        }
        return Ok(Some(code.len()));
    }
    if let Some(end) = identifier(code, index, true) {
        let is_regex = code.get(index..end).is_some_and(|word| same(word, "r"))
            && code.get(end) == Some(&u16::from(b'/'));
        return if is_regex {
            regex_end(code, index).map(|found| Some(found.end))
        } else {
            Ok(Some(end))
        };
    }
    let digits = code
        .get(index..)
        .unwrap_or_default()
        .iter()
        .take_while(|u| is_ascii(**u, "0123456789"))
        .count();
    Ok((digits > 0).then_some(index + digits))
}

/// The offset of the first such character outside brackets, strings and regular expressions.
pub(crate) fn top_level(code: &[u16], wanted: char) -> Option<usize> {
    let mut depth = 0i32;
    let mut index = 0;
    while let Some(unit) = code.get(index) {
        if let Ok(Some(next)) = skip(code, index) {
            index = next;
            continue;
        }
        if is_ascii(*unit, "([{") {
            depth += 1;
        } else if is_ascii(*unit, ")]}") {
            depth -= 1;
        } else if depth == 0 && u32::from(*unit) == u32::from(wanted) {
            return Some(index);
        }
        index += 1;
    }
    None
}

/// The offset of the first such word outside brackets, strings and regular expressions, with white space around it.
pub(crate) fn top_level_word(code: &[u16], wanted: &str) -> Option<usize> {
    let mut depth = 0i32;
    let mut index = 0;
    while let Some(unit) = code.get(index) {
        if let Ok(Some(next)) = skip(code, index) {
            let spaced = |at: Option<usize>| {
                at.and_then(|at| code.get(at))
                    .is_none_or(|u| is_code_space(*u))
            };
            if depth == 0
                && code.get(index..next).is_some_and(|word| same(word, wanted))
                && spaced(index.checked_sub(1))
                && spaced(Some(next))
            {
                return Some(index);
            }
            index = next;
            continue;
        }
        if is_ascii(*unit, "([{") {
            depth += 1;
        } else if is_ascii(*unit, ")]}") {
            depth -= 1;
        }
        index += 1;
    }
    None
}

/// Where the bracket closes that opens the code.
pub(crate) fn closing_bracket(code: &[u16]) -> Option<usize> {
    let mut open = Vec::new();
    let mut index = 0;
    while let Some(unit) = code.get(index) {
        if let Ok(Some(next)) = skip(code, index) {
            index = next;
            continue;
        }
        match char::from_u32(u32::from(*unit)) {
            Some('(') => open.push(')'),
            Some('[') => open.push(']'),
            Some('{') => open.push('}'),
            Some(closing @ (')' | ']' | '}')) if open.last() == Some(&closing) => {
                open.pop();
                if open.is_empty() {
                    return Some(index);
                }
            }
            _ => {}
        }
        index += 1;
    }
    None
}
