//! The short way for texts as people write catalog files: block mappings and lists with one-line scalars, literal and
//! folded blocks, plain flow lists. It takes a text whole or not at all: at the first thing it does not know for sure it
//! gives up, and the parser reads the text. So it never decides that something is wrong, and what it returns is what
//! the parser would have returned, places included; the tests hold it to that.

use serde_json::{Map, Value};

use super::marks::{Mark, Marks};
use super::scalar::{Scalar, plain, plain_text_is_string};
use super::{YamlDocument, YamlLimits};

/// Room for the places of most documents.
const USUAL_MARKS: usize = 100;

/// Reads all documents, or nothing where the text needs the parser.
pub(super) fn parse(text: &str, limits: &YamlLimits) -> Option<Vec<YamlDocument>> {
    if !is_simple(text.as_bytes()) {
        return None;
    }
    let mut reader = Reader {
        text,
        at: 0,
        line: 1,
        seen: None,
        marks: Vec::new(),
        entries: Vec::new(),
        dollar: false,
        limits,
    };
    let mut documents = Vec::new();
    match reader.peek()? {
        (0, first) if is_marker(first) => reader.marker(first)?,
        _ => {}
    }
    loop {
        let (indent, rest) = reader.peek()?;
        if indent != 0 || is_marker(rest) || is_item(rest) {
            return None;
        }
        reader.marks.reserve(USUAL_MARKS);
        let value = reader.mapping(0, 1)?;
        let list = std::mem::take(&mut reader.marks);
        documents.push(YamlDocument {
            index: u32::try_from(documents.len()).ok()?,
            start: *list.first()?,
            content: Ok(value),
            marks: Marks {
                list,
                unusable: false,
            },
            has_dollar_keys: std::mem::take(&mut reader.dollar),
        });
        if documents.len() >= limits.documents {
            return None;
        }
        match reader.peek() {
            None => return Some(documents),
            Some((0, rest)) if is_marker(rest) => reader.marker(rest)?,
            Some(_) => return None,
        }
    }
}

/// Whether every character is an ordinary one: no control but the line feed, and nothing that some YAML takes for a
/// line break or a byte order mark.
fn is_simple(bytes: &[u8]) -> bool {
    // Without a way out inside a chunk, a chunk is a few wide instructions.
    let all = |good: fn(u8) -> bool| {
        let chunk_is = |chunk: &[u8]| chunk.iter().fold(true, |all, b| all & good(*b));
        bytes.chunks(256).all(chunk_is)
    };
    if all(|b| matches!(b, b'\n' | b' '..=b'~')) {
        return true;
    }
    all(|b| b == b'\n' || (b >= b' ' && b != 0x7f))
        && !bytes
            .windows(2)
            .any(|pair| matches!(pair, [0xc2, 0x80..=0x9f]))
        && !bytes.windows(3).any(|three| {
            matches!(
                three,
                [0xe2, 0x80, 0xa8 | 0xa9] | [0xef, 0xbb, 0xbf] | [0xef, 0xbf, 0xb0..=0xbf]
            )
        })
}

fn is_marker(rest: &str) -> bool {
    matches!(
        rest.as_bytes(),
        [b'-', b'-', b'-', ..] | [b'.', b'.', b'.', ..]
    )
}

fn is_item(rest: &str) -> bool {
    matches!(rest.as_bytes(), [b'-'] | [b'-', b' ', ..])
}

struct Reader<'t, 'l> {
    text: &'t str,
    /// Where the line that comes next begins.
    at: usize,
    /// Its number, from 1.
    line: u32,
    /// What [`peek`](Self::peek) found at `at`: a line is asked for several times before it is taken.
    seen: Option<Line<'t>>,
    marks: Vec<Mark>,
    /// The entries of all mappings that are not complete, the innermost one's last.
    entries: Vec<(String, Value)>,
    dollar: bool,
    limits: &'l YamlLimits,
}

/// A line that says something.
#[derive(Clone, Copy)]
struct Line<'t> {
    indent: usize,
    /// The text after the indentation.
    rest: &'t str,
    /// Where the line after it begins.
    next: usize,
}

impl<'t> Reader<'t, '_> {
    /// The next line as it is, without its line feed, and where the one after it begins.
    fn raw(&self) -> Option<(&'t str, usize)> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        match memchr::memchr(b'\n', rest.as_bytes()) {
            Some(end) => Some((rest.get(..end)?, self.at + end + 1)),
            None => Some((rest, self.text.len())),
        }
    }

    fn skip(&mut self, next: usize) {
        self.at = next;
        self.line += 1;
        self.seen = None;
    }

    /// The next line that says something: its indentation and the text after it. Empty lines and comments are skipped.
    fn peek(&mut self) -> Option<(usize, &'t str)> {
        if let Some(line) = self.seen {
            return Some((line.indent, line.rest));
        }
        loop {
            let (line, next) = self.raw()?;
            let indent = spaces(line);
            let rest = line.get(indent..)?;
            if matches!(rest.as_bytes().first(), None | Some(b'#')) {
                self.skip(next);
                continue;
            }
            self.seen = Some(Line { indent, rest, next });
            return Some((indent, rest));
        }
    }

    /// Takes the line that was peeked at.
    fn take(&mut self) -> Option<()> {
        let next = match self.seen {
            Some(line) => line.next,
            None => self.raw()?.1,
        };
        self.skip(next);
        Some(())
    }

    /// A `---` line without anything else on it.
    fn marker(&mut self, rest: &str) -> Option<()> {
        if rest.trim_end_matches(' ') == "---" {
            self.take()
        } else {
            None
        }
    }

    /// Notes a place in the line that is being read.
    fn mark(&mut self, offset: usize) -> Option<()> {
        if self.marks.len() >= self.limits.nodes {
            return None;
        }
        self.marks.push(Mark {
            line: self.line,
            column: u32::try_from(offset).ok()? + 1,
        });
        Some(())
    }

    /// A mapping whose keys stand at `indent`, from its first key on.
    fn mapping(&mut self, indent: usize, depth: usize) -> Option<Value> {
        self.mark(indent)?;
        let (_, rest) = self.peek()?;
        self.entries(indent, rest, depth)
    }

    /// The entries of a mapping; `first` is the line from its first key on.
    fn entries(&mut self, indent: usize, first: &str, depth: usize) -> Option<Value> {
        let begin = self.entries.len();
        self.entry(indent, first, depth)?;
        while let Some((at, rest)) = self.peek() {
            if at < indent || (at == 0 && is_marker(rest)) {
                break;
            }
            if at > indent || is_item(rest) {
                return None;
            }
            self.entry(indent, rest, depth)?;
        }
        // The map is made once its size is known. An entity's metadata and annotations get two more entries later.
        let room = if matches!(depth, 2 | 3) { 2 } else { 0 };
        let mut map = Map::with_capacity(self.entries.len().saturating_sub(begin) + room);
        for (key, value) in self.entries.drain(begin..) {
            if map.insert(key, value).is_some() {
                return None;
            }
        }
        Some(Value::Object(map))
    }

    /// One `key: value`; `rest` is the line from the key on, which stands at `indent`.
    fn entry(&mut self, indent: usize, rest: &str, depth: usize) -> Option<()> {
        let (key, after) = key(rest)?;
        self.mark(indent)?;
        self.dollar |= key.starts_with('$');
        let value = after.get(spaces(after)..)?;
        let offset = indent + (rest.len() - value.len());
        let value = if matches!(value.as_bytes().first(), None | Some(b'#')) {
            self.take()?;
            self.below(indent, depth)?
        } else {
            self.value(indent, offset, value, depth)?
        };
        self.entries.push((key.to_owned(), value));
        Some(())
    }

    /// The collection below a key.
    fn below(&mut self, indent: usize, depth: usize) -> Option<Value> {
        if depth >= self.limits.depth {
            return None;
        }
        let (at, rest) = self.peek()?;
        if at == 0 && is_marker(rest) {
            return None;
        }
        match (at, is_item(rest)) {
            (at, true) if at > indent => self.list(at, at, depth + 1),
            // The parser's place of a list that is not indented is that of its first item.
            (at, true) if at == indent => {
                let item = rest.get(1..)?.trim_start_matches(' ');
                self.list(at, at + (rest.len() - item.len()), depth + 1)
            }
            (at, false) if at > indent => self.mapping(at, depth + 1),
            _ => None,
        }
    }

    /// A list whose dashes stand at `indent`, and whose place is noted as `offset`.
    fn list(&mut self, indent: usize, offset: usize, depth: usize) -> Option<Value> {
        self.mark(offset)?;
        let mut items = Vec::new();
        while let Some((at, rest)) = self.peek() {
            if at < indent || (at == indent && !is_item(rest)) || (at == 0 && is_marker(rest)) {
                break;
            }
            if at > indent {
                return None;
            }
            let item = rest.get(1..)?;
            let item = item.get(spaces(item)..)?;
            let offset = indent + (rest.len() - item.len());
            if item.is_empty() || item.starts_with('#') || is_item(item) {
                return None;
            }
            items.push(if key(item).is_some() {
                if depth >= self.limits.depth {
                    return None;
                }
                self.mark(offset)?;
                self.entries(offset, item, depth + 1)?
            } else {
                self.value(indent, offset, item, depth)?
            });
        }
        Some(Value::Array(items))
    }

    /// A value that begins on the line of its key or dash. `parent` is the indentation that a further line of it would
    /// have to exceed.
    fn value(
        &mut self,
        parent: usize,
        offset: usize,
        text: &'_ str,
        depth: usize,
    ) -> Option<Value> {
        if let Some(header @ (b'|' | b'>')) = text.bytes().next() {
            let chomp = text.get(1..)?.trim_end_matches(' ');
            self.take()?;
            return self.block(parent, header == b'>', chomp);
        }
        let value = match text.bytes().next()? {
            quote @ (b'"' | b'\'') => {
                self.mark(offset)?;
                Value::String(quoted(text, quote)?.to_owned())
            }
            b'[' => self.flow(offset, text, depth)?,
            b'{' if text.trim_end_matches(' ') == "{}" && depth < self.limits.depth => {
                self.mark(offset)?;
                Value::Object(Map::new())
            }
            _ => {
                self.mark(offset)?;
                one_line(text)?.to_value()
            }
        };
        self.take()?;
        // A deeper line would go on with the scalar.
        match self.peek() {
            Some((at, rest)) if at > parent && !(at == 0 && is_marker(rest)) => None,
            _ => Some(value),
        }
    }

    /// `[a, b]` of plain words.
    fn flow(&mut self, offset: usize, text: &str, depth: usize) -> Option<Value> {
        let inner = text
            .trim_end_matches(' ')
            .strip_prefix('[')?
            .strip_suffix(']')?;
        if depth >= self.limits.depth {
            return None;
        }
        self.mark(offset)?;
        let mut items = Vec::new();
        if inner.is_empty() {
            return Some(Value::Array(items));
        }
        let mut at = offset + 1;
        for part in inner.split(',') {
            let item = part.trim_matches(' ');
            let word =
                |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/' | b'+');
            if !item.bytes().next()?.is_ascii_alphanumeric() || !item.bytes().all(word) {
                return None;
            }
            self.mark(at + (part.len() - part.trim_start_matches(' ').len()))?;
            items.push(plain(item).to_value());
            at += part.len() + 1;
        }
        Some(Value::Array(items))
    }

    /// A literal or folded block, from the line after its header on.
    fn block(&mut self, parent: usize, folded: bool, chomp: &str) -> Option<Value> {
        let (mut out, mut blank, mut indent) = (String::new(), 0usize, None);
        while let Some((line, next)) = self.raw() {
            let rest = line.trim_start_matches(' ');
            let at = line.len() - rest.len();
            if rest.is_empty() {
                // Spaces beyond the indentation would be content.
                if at > indent? {
                    return None;
                }
                blank += 1;
            } else {
                if indent.is_none() {
                    // The parser's place of a block is that of its first line.
                    self.mark(at)?;
                }
                let indent = *indent.get_or_insert(at);
                if indent <= parent {
                    return None;
                }
                if at < indent {
                    if at > parent {
                        return None;
                    }
                    break;
                }
                let content = line.get(indent..)?;
                if folded && content.starts_with(' ') {
                    return None;
                }
                if !out.is_empty() {
                    if !folded {
                        out.push('\n');
                    } else if blank == 0 {
                        out.push(' ');
                    }
                }
                out.extend(std::iter::repeat_n('\n', blank));
                blank = 0;
                out.push_str(content);
            }
            if !self.text.get(..next)?.ends_with('\n') {
                return None;
            }
            self.skip(next);
        }
        if out.is_empty() {
            return None;
        }
        match chomp {
            "-" => {}
            "" => out.push('\n'),
            "+" => out.extend(std::iter::repeat_n('\n', blank + 1)),
            _ => return None,
        }
        Some(Value::String(out))
    }
}

/// How many spaces a text begins with.
fn spaces(text: &str) -> usize {
    let bytes = text.as_bytes();
    bytes.iter().position(|b| *b != b' ').unwrap_or(bytes.len())
}

/// The bytes that a word may have, as a table: every byte of every key is asked about.
const WORD: [bool; 256] = {
    let mut word = [false; 256];
    let mut b = 0;
    while b < 128u8 {
        word[b as usize] =
            b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/' | b'$');
        b += 1;
    }
    word
};

fn in_a_word(byte: u8) -> bool {
    WORD.get(usize::from(byte)).copied().unwrap_or_default()
}

/// A key that is a plain word, or a word in quotes, and what follows its colon.
fn key(rest: &str) -> Option<(&str, &str)> {
    let bytes = rest.as_bytes();
    let first = bytes.first()?;
    if let quote @ (b'"' | b'\'') = *first {
        let inner = rest.get(1..)?;
        let length = inner.bytes().position(|b| !in_a_word(b))?;
        let (key, after) = inner.split_at_checked(length)?;
        let after = after.strip_prefix(char::from(quote))?.strip_prefix(':')?;
        let clear = length > 0 && length <= 500 && (after.is_empty() || after.starts_with(' '));
        return clear.then_some((key, after));
    }
    if !(first.is_ascii_alphabetic() || matches!(first, b'$' | b'_')) {
        return None;
    }
    let length = bytes.iter().position(|b| !in_a_word(*b))?;
    let (key, after) = rest.split_at_checked(length)?;
    let after = after.strip_prefix(':')?;
    let clear =
        (after.is_empty() || after.starts_with(' ')) && length <= 500 && plain_text_is_string(key);
    clear.then_some((key, after))
}

/// A quoted scalar on one line, without escapes.
fn quoted(text: &str, quote: u8) -> Option<&str> {
    let inner = text.get(1..)?;
    let end = memchr::memchr(quote, inner.as_bytes())?;
    let (content, after) = inner.split_at_checked(end)?;
    if quote == b'"' && memchr::memchr(b'\\', content.as_bytes()).is_some() {
        return None;
    }
    let after = after.get(1..)?;
    let rest = after.trim_start_matches(' ');
    let clear = rest.is_empty() || (rest.starts_with('#') && rest.len() < after.len());
    clear.then_some(content)
}

/// A plain scalar on one line.
fn one_line(text: &str) -> Option<Scalar<'_>> {
    let first = *text.as_bytes().first()?;
    let starts = first.is_ascii_alphanumeric()
        || matches!(
            first,
            b'/' | b'.' | b'$' | b'_' | b'(' | b'<' | b'~' | b'+' | b'^' | b';' | b'=' | b'\\'
        )
        || first >= 0x80;
    if !starts {
        return None;
    }
    let bytes = text.as_bytes();
    let mut end = bytes.len();
    for at in memchr::memchr2_iter(b':', b'#', bytes) {
        match bytes.get(at) {
            Some(b'#') if at > 0 && bytes.get(at - 1) == Some(&b' ') => {
                end = at - 1;
                break;
            }
            // A mapping, unless a comment is all that follows; that is left to the parser as well.
            Some(b':') if matches!(bytes.get(at + 1), None | Some(b' ')) => return None,
            _ => {}
        }
    }
    Some(plain(text.get(..end)?.trim_end_matches(' ')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::yaml::build::parse_with_events;
    use proptest::prelude::*;

    /// What the parser makes of a text, in a form that can be compared.
    fn shown(documents: &[YamlDocument]) -> String {
        let one = |d: &YamlDocument| {
            format!(
                "{} {:?} {:?} {:?} {}",
                d.index, d.start, d.content, d.marks, d.has_dollar_keys
            )
        };
        documents.iter().map(one).collect::<Vec<_>>().join("\n")
    }

    fn agrees(text: &str) -> bool {
        let limits = YamlLimits::default();
        match parse(text, &limits) {
            None => false,
            Some(fast) => {
                assert_eq!(
                    shown(&fast),
                    shown(&parse_with_events(text, &limits)),
                    "{text}"
                );
                true
            }
        }
    }

    const ENTITY: &str = "# who\napiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: pay # short\n  title: 결제 서비스\n  \
        description: >-\n    Handles payments and\n    emits events.\n\n    More.\n  tags:\n    - java\n    - c.d\n  annotations:\n    \
        github.com/slug: a/b\n    x: \"dir:.\"\n    y: 'one'\n  links:\n  - url: https://a.b/c#d\n    title: Site\n  - url: http://x\nspec:\n  \
        type: service\n  n: 12\n  yes: true\n  list: [a, b-c, 1]\n  none: []\n  map: {}\n  \"kq\": x\n  '$q': y\n  \"12\": z\n  definition: |\n    openapi: 3\n      x: y\n\n    z\n\n  \
        parameters:\n    $text: ./a\n---\nkind: X\nspec:\n  keep: |+\n    a\n\n---\na: 1\n";

    #[test]
    fn an_ordinary_file_takes_the_short_way_and_comes_out_the_same() {
        assert!(agrees(ENTITY));
        assert!(agrees("---\na: b\n"));
        assert!(agrees("a: b"));
    }

    #[test]
    fn what_is_not_ordinary_is_left_to_the_parser() {
        for text in [
            "",
            "# only\n",
            "a: b\n  c\n",
            "a:\n",
            "a: &x b\n",
            "a: *x\n",
            "a: !t b\n",
            "a: [b: c]\n",
            "a: {b: c}\n",
            "a: b: c\n",
            "a: \"x\\n\"\n",
            "a: 'it''s'\n",
            "a: |2\n   b\n",
            "a:\tb\n",
            "a: b\r\n",
            "a: 1\na: 2\n",
            "1: a\n",
            "null: a\n",
            "- a\n",
            "a: @b\n",
            "a: %b\n",
            "a: |\n",
            "a: |\n b",
            "a: >\n  b\n    c\n",
            "---\n",
            "--- a\n",
            "a: b\n...\n",
            "a: \"b\"c\n",
            "a: - b\n",
            "\u{feff}a: b\n",
            "a: \u{2028}\n",
            "a:\n   b: c\n  d: e\n",
            "  a: b\n c: d\n",
            "a: [b,\n  c]\n",
            "a\n",
            "a: b\n c: d\n",
        ] {
            assert!(!agrees(text), "{text:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]

        /// Lines of an ordinary file, shuffled, cut and spoiled.
        #[test]
        fn it_never_differs_from_the_parser(
            picks in prop::collection::vec((0usize..60, 0usize..6, 0usize..12), 0..24),
            noise in prop::collection::vec((any::<prop::sample::Index>(), "[-:#'\"|>&*!\\[\\]{}, \n\tab1~é]"), 0..4),
        ) {
            let lines: Vec<&str> = ENTITY.split_inclusive('\n').collect();
            let mut text = String::new();
            for (line, indent, cut) in picks {
                let line = lines[line % lines.len()];
                let line = if cut == 0 { line.trim_start() } else { line };
                text.extend(std::iter::repeat_n(' ', if cut == 1 { indent } else { 0 }));
                text.push_str(line);
            }
            for (at, c) in noise {
                let mut at = at.index(text.len() + 1);
                while !text.is_char_boundary(at) {
                    at -= 1;
                }
                text.insert_str(at, &c);
            }
            agrees(&text);
        }

        #[test]
        fn one_spoiled_place_in_an_ordinary_file_is_seen(at in any::<prop::sample::Index>(), c in "[-:#'\"|>&*!%@`?\\[\\]{}, \n\t\\\\a1~é]{0,2}", cut in 0usize..6) {
            let mut at = at.index(ENTITY.len() - 8);
            while !ENTITY.is_char_boundary(at) {
                at -= 1;
            }
            let mut end = at + cut;
            while !ENTITY.is_char_boundary(end) {
                end += 1;
            }
            let text = format!("{}{c}{}", &ENTITY[..at], &ENTITY[end..]);
            agrees(&text);
        }
    }
}
