//! What can be wrong with a template, and where.

use std::fmt;

/// A place in a template: line and column, counted from zero, the column in UTF-16 code units.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Pos {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// What kind of mistake an [`Error`] tells of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorKind {
    /// The template cannot be read; nothing of it was evaluated.
    Syntax,
    /// The template can be read, and what it asks for cannot be done with the values it got.
    Evaluation,
    /// The template asks for more work, memory, output or nesting than a template may.
    Limit,
}

/// Why a template was not rendered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    at: Option<Pos>,
}

impl Error {
    /// What kind of mistake it is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What is wrong, without the place. It can hold text of the template or of its values.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The line, counted from 1.
    pub fn line(&self) -> Option<u32> {
        self.at.map(|at| at.line + 1)
    }

    /// The column, counted from 1 in UTF-16 code units.
    pub fn column(&self) -> Option<u32> {
        self.at.map(|at| at.column + 1)
    }

    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<&'static str> {
        let message = self.message.as_str();
        if self.kind == ErrorKind::Limit {
            return Some("Split the template, or do less in it");
        }
        [
            ("Unexpected character \"?\"", "There is no `a ? b : c`: write `b if a else c`"),
            ("Unexpected character \"&\"", "There is no `&&`: write `and`"),
            ("received \"|\"", "There is no `||`: write `or`"),
            ("Unexpected character \"!\"", "There is no `!`: write `not`"),
            ("Unexpected end of comment", "Write the two characters as `${{ '#}' }}`, or stand the text between {% raw %} and {% endraw %}"),
            ("Unsupported template-loading tag", "A template is one file: nothing can be included, imported or extended"),
            ("resolved to undefined and cannot be called", "Strings and lists have JavaScript's methods; what is not there is a filter, or missing"),
            ("Unterminated comment", "`{#` opens a comment; a shell's `${#x}` goes between {% raw %} and {% endraw %}"),
        ]
        .into_iter()
        .find(|(part, _)| message.contains(part))
        .map(|(_, hint)| hint)
    }

    pub(crate) fn syntax(message: impl Into<String>, at: Pos) -> Box<Self> {
        Box::new(Self {
            kind: ErrorKind::Syntax,
            message: message.into(),
            at: Some(at),
        })
    }

    pub(crate) fn limit(message: impl Into<String>) -> Box<Self> {
        Box::new(Self {
            kind: ErrorKind::Limit,
            message: message.into(),
            at: None,
        })
    }

    /// Says where, unless a place nearer to the mistake said so already.
    pub(crate) fn at(mut self: Box<Self>, at: Pos) -> Box<Self> {
        self.at.get_or_insert(at);
        self
    }

    /// Says what was being done.
    pub(crate) fn during(mut self: Box<Self>, what: &str, at: Pos) -> Box<Self> {
        if self.kind == ErrorKind::Evaluation {
            self.message = format!("{what}: {}", self.message);
        }
        self.at(at)
    }
}

/// `line 1, column 5: message`
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(at) = self.at {
            write!(f, "line {}, column {}: ", at.line + 1, at.column + 1)?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// What evaluation gives; the error is boxed, since results are passed through many hands.
pub(crate) type Result<T> = std::result::Result<T, Box<Error>>;

/// A mistake of evaluation, whose place is still to be said.
pub(crate) fn fail<T>(message: impl Into<String>) -> Result<T> {
    Err(Box::new(Error {
        kind: ErrorKind::Evaluation,
        message: message.into(),
        at: None,
    }))
}

/// Text of a template in quotes, bounded, for a message.
pub(crate) fn quoted(text: &str) -> String {
    const LONGEST: usize = 200;
    let mut shown: String = text.chars().take(LONGEST).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    let written = serde_json::Value::String(shown).to_string();
    written
        .chars()
        .flat_map(|c| {
            let hidden = c.is_control() || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            if hidden { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() }.chars().collect::<Vec<_>>()
        })
        .collect()
}

/// The known name nearest to a mistyped one, as the end of a message.
pub(crate) fn did_you_mean(name: &str, known: &[&'static str]) -> String {
    nearest(name, known).map_or_else(String::new, |near| {
        format!("; did you mean {}?", quoted(near))
    })
}

/// The known name nearest to a mistyped one, where one is near enough.
pub(crate) fn nearest(name: &str, known: &[&'static str]) -> Option<&'static str> {
    let length = name.chars().count();
    if length == 0 || length > 64 {
        return None;
    }
    let most = match length {
        ..=4 => 1,
        5..=10 => 2,
        _ => 3,
    };
    known
        .iter()
        .filter(|candidate| **candidate != name)
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| *candidate)
}

/// How many letters must be changed, added, left out or swapped with their neighbour to make one word of another.
fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().collect();
    let right: Vec<char> = right.chars().collect();
    let get = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX / 2);
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in right.iter().enumerate() {
            let mut best = (get(&above, j) + usize::from(a != b))
                .min(get(&above, j + 1) + 1)
                .min(get(&row, j) + 1);
            let swapped =
                i > 0 && j > 0 && left.get(i - 1) == Some(b) && right.get(j - 1) == Some(a);
            if swapped {
                best = best.min(get(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_offered_and_far_ones_are_not() {
        assert_eq!(
            did_you_mean("uper", &["lower", "upper"]),
            "; did you mean \"upper\"?"
        );
        assert_eq!(did_you_mean("tojson", &["lower", "upper"]), "");
        assert_eq!(distance("ab", "ba"), 1);
    }

    #[test]
    fn the_innermost_place_stays() {
        let inner = Pos { line: 1, column: 2 };
        let error = fail::<()>("x").unwrap_err().at(inner).at(Pos::default());
        assert_eq!(error.to_string(), "line 2, column 3: x");
    }
}
