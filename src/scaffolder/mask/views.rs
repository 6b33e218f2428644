//! A text as others would read it: percent-decoded, its escapes resolved, its white space taken out; every byte of a
//! view knows which part of the text it comes from.

use std::ops::Range;

/// How many views of a text are looked at: encodings may stand in each other.
const MOST: usize = 12;

/// A text, or what it decodes to.
#[derive(Clone)]
pub(super) struct View {
    pub bytes: Vec<u8>,
    /// Where each byte begins in the text; empty where the view is the text itself.
    starts: Vec<usize>,
    /// Where the text ends.
    end: usize,
}

impl View {
    /// The part of the text that a part of the view comes from.
    pub fn source(&self, range: Range<usize>) -> Range<usize> {
        if self.starts.is_empty() {
            return range;
        }
        let start = self.starts.get(range.start).copied().unwrap_or(self.end);
        // White space that was taken out after the last byte may go with it.
        let end = self.starts.get(range.end).copied().unwrap_or(self.end);
        start..end
    }

    fn start(&self, at: usize) -> usize {
        if self.starts.is_empty() {
            at
        } else {
            self.starts.get(at).copied().unwrap_or(self.end)
        }
    }

    /// What a decoder makes of it, which gives the bytes of what begins at a place and how long that is; none where it
    /// changes nothing.
    fn decoded(&self, decode: impl Fn(&[u8]) -> Option<(Vec<u8>, usize)>) -> Option<Self> {
        let mut bytes = Vec::with_capacity(self.bytes.len());
        let mut starts = Vec::with_capacity(self.bytes.len());
        let mut changed = false;
        let mut at = 0;
        while let Some(rest) = self.bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let start = self.start(at);
            let (read, length) = match decode(rest) {
                Some(read) => {
                    changed = true;
                    read
                }
                None => (vec![rest[0]], 1),
            };
            starts.extend(std::iter::repeat_n(start, read.len()));
            bytes.extend(read);
            at += length.max(1);
        }
        changed.then_some(Self {
            bytes,
            starts,
            end: self.end,
        })
    }
}

/// The text and what it decodes to, encodings within each other included.
pub(super) fn of(text: &str) -> Vec<View> {
    let mut views = vec![View {
        bytes: text.as_bytes().to_vec(),
        starts: Vec::new(),
        end: text.len(),
    }];
    let mut at = 0;
    while let Some(view) = views.get(at).filter(|_| views.len() < MOST).cloned() {
        let has = |byte: u8| memchr::memchr(byte, &view.bytes).is_some();
        let mut next = Vec::new();
        if has(b'%') {
            next.extend(view.decoded(percent));
            if has(b'+') {
                next.extend(view.decoded(form));
            }
        } else if has(b'+') {
            next.extend(view.decoded(form));
        }
        if has(b'\\') {
            next.extend(view.decoded(escape));
        }
        if at == 0 && (has(b'\n') || has(b'\r')) {
            next.extend(view.decoded(line_break));
        }
        for view in next {
            if !views.iter().any(|known| known.bytes == view.bytes) {
                views.push(view);
            }
        }
        at += 1;
    }
    views
}

fn percent(rest: &[u8]) -> Option<(Vec<u8>, usize)> {
    let [b'%', high, low, ..] = rest else {
        return None;
    };
    Some((vec![digit(*high)? * 16 + digit(*low)?], 3))
}

/// As forms are sent: a plus is a space.
fn form(rest: &[u8]) -> Option<(Vec<u8>, usize)> {
    match rest {
        [b'+', ..] => Some((vec![b' '], 1)),
        _ => percent(rest),
    }
}

fn line_break(rest: &[u8]) -> Option<(Vec<u8>, usize)> {
    matches!(rest, [b'\n' | b'\r', ..]).then(|| (Vec::new(), 1))
}

/// The escapes of JSON, JavaScript, YAML and Rust.
fn escape(rest: &[u8]) -> Option<(Vec<u8>, usize)> {
    let [b'\\', kind, after @ ..] = rest else {
        return None;
    };
    let byte = |byte: u8| Some((vec![byte], 2));
    match kind {
        b'n' => byte(b'\n'),
        b'r' => byte(b'\r'),
        b't' => byte(b'\t'),
        b'b' => byte(8),
        b'f' => byte(12),
        b'0' => byte(0),
        b'"' | b'\'' | b'\\' | b'/' | b'`' | b'$' | b' ' => byte(*kind),
        b'x' => {
            let [high, low, ..] = after else { return None };
            let code = digit(*high)? * 16 + digit(*low)?;
            Some((utf8(u32::from(code))?, 4))
        }
        b'u' => unicode(after).map(|(bytes, length)| (bytes, length + 2)),
        _ => None,
    }
}

/// What follows `\u`: four digits, two such for what lies beyond the basic plane, or digits in braces.
fn unicode(after: &[u8]) -> Option<(Vec<u8>, usize)> {
    if let [b'{', rest @ ..] = after {
        let end = rest.iter().take(8).position(|byte| *byte == b'}')?;
        return Some((utf8(number(rest.get(..end)?)?)?, end + 2));
    }
    let first = number(after.get(..4)?)?;
    if !(0xd800..0xdc00).contains(&first) {
        return Some((utf8(first)?, 4));
    }
    let second = match after.get(4..10)? {
        [b'\\', b'u', digits @ ..] => number(digits)?,
        _ => return None,
    };
    let low = second.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
    Some((utf8(0x10000 + ((first - 0xd800) << 10) + low)?, 10))
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |sum, byte| {
        sum.checked_mul(16)?.checked_add(u32::from(digit(*byte)?))
    })
}

fn utf8(code: u32) -> Option<Vec<u8>> {
    char::from_u32(code).map(|c| c.to_string().into_bytes())
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}
