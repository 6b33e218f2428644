//! The words of an expression.

use super::error::{Error, Pos, Result, quoted};
use super::regex::Regex;
use super::scan::{advanced, is_code_space};
use super::text::{Text, is_ascii, same};

/// The longest pattern of a regular expression, in UTF-16 code units.
const LONGEST_PATTERN: usize = 16_384;

#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) at: Pos,
    pub(crate) kind: TokenKind,
}

#[derive(Clone, Debug)]
pub(crate) enum TokenKind {
    Name(Text),
    Number(f64, Text),
    Text(Text),
    Regex(std::sync::Arc<Regex>),
    Operator(&'static str),
    End,
}

impl Token {
    pub(crate) fn is_operator(&self, operator: &str) -> bool {
        matches!(self.kind, TokenKind::Operator(here) if here == operator)
    }

    pub(crate) fn is_name(&self, name: &str) -> bool {
        matches!(&self.kind, TokenKind::Name(here) if here.is(name))
    }

    /// The token as it was written, more or less.
    pub(crate) fn shown(&self) -> String {
        match &self.kind {
            TokenKind::Name(text) | TokenKind::Number(_, text) | TokenKind::Text(text) => {
                quoted(&text.to_string())
            }
            TokenKind::Regex(regex) => quoted(&regex.to_string()),
            TokenKind::Operator(operator) => quoted(operator),
            TokenKind::End => "end of input".into(),
        }
    }
}

const OPERATORS: [&str; 26] = [
    "===", "!==", "**", "//", "==", "!=", "<=", ">=", "(", ")", "[", "]", "{", "}", ".", ",", ":",
    "|", "~", "+", "-", "*", "/", "%", "<", ">",
];

/// The words of an expression that begins at a place of the template.
pub(crate) fn tokens(code: &[u16], start: Pos) -> Result<Vec<Token>> {
    let mut found: Vec<Token> = Vec::new();
    let mut index = 0;
    let mut at = start;
    while let Some(unit) = code.get(index) {
        if is_code_space(*unit) {
            at = advanced(at, &[*unit]);
            index += 1;
            continue;
        }
        let previous = found.last();
        let (kind, end) =
            token(code, index, previous).map_err(|message| Error::syntax(message, at))?;
        found.push(Token { at, kind });
        at = advanced(at, code.get(index..end).unwrap_or_default());
        index = end;
    }
    found.push(Token {
        at,
        kind: TokenKind::End,
    });
    Ok(found)
}

fn token(
    code: &[u16],
    index: usize,
    previous: Option<&Token>,
) -> std::result::Result<(TokenKind, usize), String> {
    let rest = code.get(index..).unwrap_or_default();
    let unit = rest.first().copied().unwrap_or_default();
    let after_point = previous.is_some_and(|token| token.is_operator("."));
    if let Some(end) = identifier(code, index, after_point) {
        let word = code.get(index..end).unwrap_or_default();
        if same(word, "r") && code.get(end) == Some(&u16::from(b'/')) {
            let found = regex_end(code, index)?;
            let regex = Regex::new(&found.pattern, &found.flags)
                .ok_or("Invalid regular-expression literal")?;
            return Ok((TokenKind::Regex(std::sync::Arc::new(regex)), found.end));
        }
        return Ok((TokenKind::Name(Text::from(word)), end));
    }
    let is_digit = |at: usize| rest.get(at).is_some_and(|u| is_ascii(*u, "0123456789"));
    if is_ascii(unit, ".") && is_digit(1) && !previous.is_some_and(is_operand) {
        return Err("Invalid numeric literal".into());
    }
    if is_digit(0) {
        let mut length = (0..).take_while(|at| is_digit(*at)).count();
        if rest.get(length).is_some_and(|u| is_ascii(*u, ".")) {
            length += 1 + (length + 1..).take_while(|at| is_digit(*at)).count();
        }
        if rest.get(length).is_some_and(|u| is_word(*u)) && !is_digit(length) {
            return Err("Invalid numeric literal".into());
        }
        let written = rest.get(..length).unwrap_or_default();
        let value = super::number::parse(written);
        return Ok((
            TokenKind::Number(value, Text::from(written)),
            index + length,
        ));
    }
    if is_ascii(unit, "'\"") {
        return string(code, index, unit);
    }
    let operator = OPERATORS
        .iter()
        .find(|op| rest.get(..op.len()).is_some_and(|here| same(here, op)));
    if let Some(operator) = operator {
        return Ok((TokenKind::Operator(operator), index + operator.len()));
    }
    if is_ascii(unit, "=") {
        return Ok((TokenKind::Operator("="), index + 1));
    }
    let shown = char::decode_utf16(rest.iter().copied()).next();
    let shown = shown
        .and_then(std::result::Result::ok)
        .unwrap_or(char::REPLACEMENT_CHARACTER);
    Err(format!(
        "Unexpected character {}",
        quoted(&shown.to_string())
    ))
}

fn is_operand(token: &Token) -> bool {
    match token.kind {
        TokenKind::Operator(operator) => matches!(operator, ")" | "]" | "}"),
        TokenKind::End => false,
        _ => true,
    }
}

fn string(
    code: &[u16],
    index: usize,
    quote: u16,
) -> std::result::Result<(TokenKind, usize), String> {
    let mut value = Vec::new();
    let mut at = index + 1;
    while let Some(unit) = code.get(at) {
        at += 1;
        if *unit == quote {
            return Ok((TokenKind::Text(Text::from(value)), at));
        }
        if !is_ascii(*unit, "\\") {
            value.push(*unit);
            continue;
        }
        let Some(escaped) = code.get(at) else { break };
        at += 1;
        value.push(match char::from_u32(u32::from(*escaped)) {
            Some('n') => 10,
            Some('r') => 13,
            Some('t') => 9,
            _ => *escaped,
        });
    }
    Err("Unterminated string literal".into())
}

fn is_letter(unit: u16) -> bool {
    matches!(unit, 65..=90 | 97..=122 | 95)
}

fn is_word(unit: u16) -> bool {
    is_letter(unit) || matches!(unit, 48..=57)
}

/// The end of the name that begins here. After a point a name can begin with digits.
pub(crate) fn identifier(code: &[u16], start: usize, digits_first: bool) -> Option<usize> {
    let mut at = start;
    if digits_first {
        while code.get(at).is_some_and(|u| matches!(u, 48..=57)) {
            at += 1;
        }
    }
    code.get(at).filter(|u| is_letter(**u))?;
    let rest = code.get(at..).unwrap_or_default();
    Some(at + rest.iter().take_while(|u| is_word(**u)).count())
}

/// A regular expression as it is written: `r/pattern/flags`.
pub(crate) struct Pattern {
    pub(crate) pattern: Vec<u16>,
    pub(crate) flags: String,
    pub(crate) end: usize,
}

/// Reads the regular expression that begins here, without compiling it.
pub(crate) fn regex_end(code: &[u16], start: usize) -> std::result::Result<Pattern, &'static str> {
    let mut backslashes = 0usize;
    let mut at = start + 2;
    loop {
        let unit = code
            .get(at)
            .ok_or("Unterminated regular-expression literal")?;
        if is_ascii(*unit, "\\") {
            backslashes += 1;
        } else if is_ascii(*unit, "/") {
            if backslashes == 0 {
                break;
            }
            if backslashes.is_multiple_of(2) {
                return Err("Ambiguous regular-expression delimiter escape");
            }
            backslashes = 0;
        } else {
            backslashes = 0;
        }
        at += 1;
    }
    let pattern = code.get(start + 2..at).unwrap_or_default().to_vec();
    if pattern.len() > LONGEST_PATTERN {
        return Err("Regular-expression literal exceeds the maximum length");
    }
    let mut flags = String::new();
    at += 1;
    while let Some(flag) = code.get(at).and_then(|u| char::from_u32(u32::from(*u))) {
        if !matches!(flag, 'g' | 'i' | 'm' | 'y') {
            if flag.is_ascii_alphabetic() {
                return Err("Unsupported regular-expression flag");
            }
            break;
        }
        if flags.contains(flag) {
            return Err("Duplicate regular-expression flag");
        }
        flags.push(flag);
        at += 1;
    }
    Ok(Pattern {
        pattern,
        flags,
        end: at,
    })
}
