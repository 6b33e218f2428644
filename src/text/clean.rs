//! Taking out of a text what could move a cursor, change a terminal, or hide in plain sight.
//!
//! Escape sequences go whole (their parameters would otherwise be left as litter), then control characters,
//! bidirectional controls (CVE-2021-42574), zero-width and other invisible characters: two names that look
//! the same must be the same, and the width of what is left must be what every terminal makes of it.

use std::borrow::Cow;
use std::fmt;
use std::iter::Peekable;
use std::ops::Deref;
use std::str::CharIndices;

use unicode_width::UnicodeWidthChar;

/// The most combining marks that one character may carry; what is written in any language stays well below,
/// and more would climb over the neighbouring lines.
const MARKS_LIMIT: usize = 6;

/// A stripped text, and whether anything was lost.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cleaned<'a> {
    /// What may be shown.
    pub text: Cow<'a, str>,
    /// How many characters were removed; a newline that became a space is not among them.
    pub removed: usize,
}

/// One line that may be shown: no control or escape sequence, nothing invisible; newlines and tabs are spaces.
///
/// # Examples
/// ```
/// assert_eq!(callboard::text::clean("a\x1b[31mb\x1b]0;title\x07c\nd"), "abc d");
/// ```
pub fn clean(text: &str) -> Cow<'_, str> {
    strip_line(text).text
}

/// As [`clean`], but newlines and tabs stay. A carriage return is, or belongs to, a newline.
pub fn clean_multiline(text: &str) -> Cow<'_, str> {
    strip_block(text).text
}

/// [`clean`], with a count of what it removed.
pub fn strip_line(text: &str) -> Cleaned<'_> {
    strip(text, false)
}

/// [`clean_multiline`], with a count of what it removed: a copy that lost anything says so.
pub fn strip_block(text: &str) -> Cleaned<'_> {
    strip(text, true)
}

/// Whether a character is a C0 or C1 control, DEL or a bidirectional control: what JSON and YAML output
/// writes as `\u` escapes and everything else loses.
pub fn is_control_or_bidi(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a character leaves no mark where it stands, so that a name with it looks like another without.
///
/// Unicode's `Default_Ignorable_Code_Point` and the format characters that stand for nothing to read. Joiners and
/// variation selectors are among them: terminals disagree about the width of what they join.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

fn strip(text: &str, multiline: bool) -> Cleaned<'_> {
    // Nearly every text is clean: find that out without writing anything.
    if text
        .bytes()
        .all(|b| matches!(b, b' '..=b'~') || (multiline && matches!(b, b'\n' | b'\t')))
    {
        return Cleaned {
            text: Cow::Borrowed(text),
            removed: 0,
        };
    }
    let mut out = String::with_capacity(text.len());
    let mut removed = 0;
    let mut marks = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let whitespace = match c {
            '\r' => {
                chars.next_if(|&(_, next)| next == '\n');
                Some('\n')
            }
            '\n' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some('\n'),
            '\t' => Some('\t'),
            _ => None,
        };
        if let Some(whitespace) = whitespace {
            out.push(if multiline { whitespace } else { ' ' });
            marks = 0;
        } else if c == '\u{1b}' || ('\u{80}'..='\u{9f}').contains(&c) {
            removed += 1 + skip_sequence(text, at, c, &mut chars);
        } else if c.is_control() || is_invisible(c) {
            removed += 1;
        } else {
            // A mark has nothing to stand on at the beginning of a line.
            let mark = c.width() == Some(0);
            marks = if mark { marks + 1 } else { 0 };
            if marks > MARKS_LIMIT || (mark && (out.is_empty() || out.ends_with('\n'))) {
                removed += 1;
            } else {
                out.push(c);
            }
        }
    }
    let text = if removed == 0 && out == text {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(out)
    };
    Cleaned { text, removed }
}

/// Steps over the rest of an escape sequence that `introducer` began, and counts its characters.
///
/// ECMA-48, and what terminals make of it: a string (OSC, DCS, SOS, PM, APC) ends at ST or BEL and is given up at
/// any other escape, C1 control, CAN or SUB. One that never ends loses its introducer only, so that a stray
/// byte does not swallow a text; every character is looked at no more than twice.
fn skip_sequence(
    text: &str,
    at: usize,
    introducer: char,
    chars: &mut Peekable<CharIndices<'_>>,
) -> usize {
    let mut count = 0;
    let kind = if introducer == '\u{1b}' {
        match chars.peek() {
            Some(&(_, c @ ('[' | ']' | 'P' | 'X' | '^' | '_'))) => {
                chars.next();
                count += 1;
                c
            }
            Some(&(_, ' '..='~')) => {
                count += take_while(chars, |c| (' '..='/').contains(&c));
                return count + take_one(chars, |c| ('0'..='~').contains(&c));
            }
            _ => return count,
        }
    } else {
        match introducer {
            '\u{9b}' => '[',
            '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => ']',
            _ => return count,
        }
    };
    if kind == '[' {
        count += take_while(chars, |c| ('0'..='?').contains(&c));
        count += take_while(chars, |c| (' '..='/').contains(&c));
        return count + take_one(chars, |c| ('@'..='~').contains(&c));
    }
    let body = chars.peek().map_or(text.len(), |&(i, _)| i).max(at);
    let rest = text.get(body..).unwrap_or_default();
    let Some(end) = rest.find(|c| {
        matches!(
            c,
            '\u{7}' | '\u{18}' | '\u{1a}' | '\u{1b}' | '\u{80}'..='\u{9f}'
        )
    }) else {
        return count;
    };
    while chars.next_if(|&(i, _)| i < body + end).is_some() {
        count += 1;
    }
    if rest.get(end..).is_some_and(|r| r.starts_with("\u{1b}\\")) {
        chars.next();
        chars.next();
        return count + 2;
    }
    // An introducer of the next sequence stays for the caller.
    count
        + take_one(chars, |c| {
            matches!(c, '\u{7}' | '\u{18}' | '\u{1a}' | '\u{9c}')
        })
}

fn take_while(chars: &mut Peekable<CharIndices<'_>>, accept: impl Fn(char) -> bool) -> usize {
    let mut count = 0;
    while chars.next_if(|&(_, c)| accept(c)).is_some() {
        count += 1;
    }
    count
}

fn take_one(chars: &mut Peekable<CharIndices<'_>>, accept: impl Fn(char) -> bool) -> usize {
    usize::from(chars.next_if(|&(_, c)| accept(c)).is_some())
}

/// A text that was cleaned at the border and may be shown as it is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SafeText(Box<str>);

impl SafeText {
    /// One line: see [`clean`].
    pub fn line(text: &str) -> Self {
        Self(clean(text).into())
    }

    /// Several lines: see [`clean_multiline`].
    pub fn block(text: &str) -> Self {
        Self(clean_multiline(text).into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for SafeText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for SafeText {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for SafeText {
    fn from(text: &str) -> Self {
        Self::line(text)
    }
}

impl fmt::Display for SafeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for SafeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn clean_text_is_borrowed() {
        for text in ["", "plain", "결제 서비스", "naïve — “quotes”"] {
            assert!(matches!(clean(text), Cow::Borrowed(t) if t == text));
        }
        assert!(matches!(clean_multiline("a\n\tb"), Cow::Borrowed(_)));
    }

    #[test]
    fn escape_sequences_go_whole() {
        for (text, left) in [
            ("a\x1b[1;31mb", "ab"),
            ("a\x1b[?1049hb", "ab"),
            ("a\u{9b}2Jb", "ab"),
            ("a\x1b]52;c;aGk=\x07b", "ab"),
            ("a\x1b]8;;http://x\x1b\\b", "ab"),
            ("a\u{9d}0;t\u{9c}b", "ab"),
            ("a\x1bPq#0;2;0\x1b\\b", "ab"),
            ("a\x1b_Ga=T;AAAA\x1b\\b", "ab"),
            ("a\x1b(0b", "ab"),
            ("a\x1b#8b", "ab"),
            ("a\x1bcb", "ab"),
            ("a\x1b[31", "a"),
            ("a\x1b", "a"),
            ("a\x1b\x1b[mb", "ab"),
            ("a\x1b[3\x1b[4mb", "ab"),
            ("a\x1b]0;t\x18b", "ab"),
            ("a\x1b]0;t\x1b[31mb", "ab"),
        ] {
            assert_eq!(clean(text), left, "{text:?}");
        }
    }

    #[test]
    fn a_string_that_never_ends_swallows_nothing() {
        assert_eq!(clean("a\x1b]the rest stays"), "athe rest stays");
    }

    #[test]
    fn invisible_characters_go() {
        for c in [
            '\u{200b}',
            '\u{200d}',
            '\u{202e}',
            '\u{2066}',
            '\u{feff}',
            '\u{ad}',
            '\u{3164}',
            '\u{e0041}',
            '\u{fe0f}',
            '\u{7f}',
            '\u{85}',
            '\0',
            '\u{115f}',
        ] {
            let text = format!("pay{c}ments");
            let expected = if c == '\u{85}' {
                "pay ments"
            } else {
                "payments"
            };
            assert_eq!(clean(&text), expected, "{c:?}");
        }
    }

    #[test]
    fn newlines_and_tabs_become_spaces_in_a_line_and_stay_in_a_block() {
        assert_eq!(clean("a\r\nb\tc\rd"), "a b c d");
        assert_eq!(clean_multiline("a\r\nb\tc\rd\u{2028}e"), "a\nb\tc\nd\ne");
    }

    #[test]
    fn marks_cannot_climb() {
        let zalgo = format!("e{}x", "\u{301}".repeat(500));
        assert_eq!(clean(&zalgo).chars().count(), 2 + MARKS_LIMIT);
        assert_eq!(clean("\u{301}e\u{301}"), "e\u{301}");
    }

    #[test]
    fn decomposed_hangul_stays() {
        let text = "\u{1100}\u{1161}\u{11a8}";
        assert_eq!(clean(text), text);
    }

    #[test]
    fn what_was_lost_is_counted() {
        assert_eq!(strip_block("a\x1b[31mb\n").removed, 5);
        assert_eq!(strip_block("a\r\nb").removed, 0);
        assert_eq!(strip_line("ab").removed, 0);
    }

    proptest! {
        #[test]
        fn nothing_that_controls_a_terminal_is_left(text in any::<String>(), esc in "(\u{1b}|\u{9b}|\u{9d}|\u{90}|\\]|\\[|;|m|\u{7}|\\\\|a|\n|\u{202e}|\u{200b}){0,40}") {
            for text in [text, esc] {
                let line = clean(&text);
                prop_assert!(!line.chars().any(|c| c.is_control() || is_invisible(c)), "{line:?}");
                let block = clean_multiline(&text);
                prop_assert!(!block.chars().any(|c| (c.is_control() && c != '\n' && c != '\t') || is_invisible(c)));
                prop_assert_eq!(clean(&line), line.as_ref());
                prop_assert_eq!(clean_multiline(&block), block.as_ref());
            }
        }
    }
}
