//! A regular expression in a person's words, where it is one of the simple ones that templates use: a set of characters,
//! perhaps with another for the beginning or the end, and perhaps a length.

/// What a pattern asks for: `^[a-z0-9-]+$` is "Only lowercase letters, numbers, and hyphens". Nothing where it is not
/// simple.
///
/// # Examples
/// ```
/// use callboard::form::pattern_words;
/// assert_eq!(
///     pattern_words("^[a-z0-9-]+$").as_deref(),
///     Some("Only lowercase letters, numbers, and hyphens")
/// );
/// ```
pub fn pattern_words(pattern: &str) -> Option<String> {
    let body = pattern.strip_prefix('^')?;
    let body = body
        .strip_suffix('$')
        .filter(|body| !body.ends_with('\\'))?;
    // One group around all of it means nothing.
    let body = body
        .strip_prefix("(?:")
        .or_else(|| body.strip_prefix('('))
        .and_then(|inner| inner.strip_suffix(')'))
        .filter(|inner| !inner.contains(['(', ')', '|']))
        .unwrap_or(body);
    let mut rest = body;
    let mut parts: Vec<Part> = Vec::new();
    while !rest.is_empty() {
        if let Some(tail) = hyphenated(rest) {
            // `([-][a-z0-9]+)*`: words joined by single hyphens.
            parts.push(Part::Joined(tail.0));
            rest = tail.1;
            continue;
        }
        let (set, after) = set(rest)?;
        let (range, after) = range(after)?;
        parts.push(Part::Set(set, range));
        rest = after;
        if parts.len() > 4 {
            return None;
        }
    }
    worded(&parts)
}

type Range = (u32, Option<u32>);

#[derive(Debug)]
enum Part {
    Set(Set, Range),
    Joined(Set),
}

fn worded(parts: &[Part]) -> Option<String> {
    match parts {
        [Part::Set(set, (least, most))] => {
            Some(limited(&format!("Only {}", set.words()?), *least, *most))
        }
        [
            Part::Set(first, (1, Some(1))),
            Part::Set(rest, (least, most)),
        ] => {
            let mut all = rest.clone();
            all.add(first);
            let words = all.words()?;
            let beginning = first.words()?;
            Some(limited(
                &format!("Only {words}; must begin with {}", one_of(&beginning)),
                least + 1,
                most.map(|most| most + 1),
            ))
        }
        [
            Part::Set(first, (1, Some(1))),
            Part::Set(middle, (least, most)),
            Part::Set(last, (1, Some(1))),
        ] => {
            let mut all = middle.clone();
            all.add(first);
            all.add(last);
            let ends = if first == last {
                format!("must begin and end with {}", one_of(&first.words()?))
            } else {
                format!(
                    "must begin with {} and end with {}",
                    one_of(&first.words()?),
                    one_of(&last.words()?)
                )
            };
            Some(limited(
                &format!("Only {}; {ends}", all.words()?),
                least + 2,
                most.map(|most| most + 2),
            ))
        }
        [Part::Set(word, (1, None)), Part::Joined(tail)] if word == tail => Some(format!(
            "Only {}, in words joined by single hyphens",
            word.words()?
        )),
        _ => None,
    }
}

fn limited(words: &str, least: u32, most: Option<u32>) -> String {
    match (least, most) {
        (least, Some(most)) if least == most && most > 1 => format!("{words}; exactly {most}"),
        (least, Some(most)) if least > 1 && most > 1 => format!("{words}; {least} to {most}"),
        (_, Some(1)) => format!("{words}; one"),
        (_, Some(most)) => format!("{words}; at most {most}"),
        (least, None) if least > 2 => format!("{words}; at least {least}"),
        _ => words.to_owned(),
    }
}

/// "lowercase letters and numbers" as "a lowercase letter or number".
fn one_of(plural: &str) -> String {
    let singular = plural
        .replace("letters", "letter")
        .replace("numbers", "number")
        .replace("hyphens", "hyphen")
        .replace("underscores", "underscore")
        .replace(", and ", ", or ")
        .replace(" and ", " or ");
    let article = if singular.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {singular}")
}

/// The characters of a class.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Set {
    lower: bool,
    upper: bool,
    digits: bool,
    /// Names of further characters, in the order they are told.
    others: Vec<&'static str>,
}

impl Set {
    fn add(&mut self, other: &Self) {
        self.lower |= other.lower;
        self.upper |= other.upper;
        self.digits |= other.digits;
        for name in &other.others {
            if !self.others.contains(name) {
                self.others.push(name);
            }
        }
    }

    fn words(&self) -> Option<String> {
        let mut names = Vec::new();
        match (self.lower, self.upper) {
            (true, true) => names.push("letters"),
            (true, false) => names.push("lowercase letters"),
            (false, true) => names.push("uppercase letters"),
            (false, false) => {}
        }
        if self.digits {
            names.push("numbers");
        }
        names.extend(&self.others);
        Some(match names.as_slice() {
            [] => return None,
            [one] => (*one).to_owned(),
            [one, two] => format!("{one} and {two}"),
            [front @ .., last] => format!("{}, and {last}", front.join(", ")),
        })
    }
}

/// `(-[a-z0-9]+)*` and its like.
fn hyphenated(text: &str) -> Option<(Set, &str)> {
    let inner = text
        .strip_prefix("(?:")
        .or_else(|| text.strip_prefix('('))?;
    let inner = inner
        .strip_prefix("[-]")
        .or_else(|| inner.strip_prefix("\\-"))
        .or_else(|| inner.strip_prefix('-'))?;
    let (set, rest) = set(inner)?;
    let rest = rest.strip_prefix("+)*")?;
    Some((set, rest))
}

/// A class or one escaped character class, and what follows.
fn set(text: &str) -> Option<(Set, &str)> {
    let mut set = Set::default();
    if let Some(rest) = text.strip_prefix("\\d") {
        set.digits = true;
        return Some((set, rest));
    }
    if let Some(rest) = text.strip_prefix("\\w") {
        word(&mut set);
        return Some((set, rest));
    }
    let body = text.strip_prefix('[')?;
    let end = close(body)?;
    let (inside, rest) = (body.get(..end)?, body.get(end + 1..)?);
    if inside.starts_with('^') {
        return None;
    }
    let mut chars = inside.chars().peekable();
    while let Some(c) = chars.next() {
        let c = if c == '\\' {
            match chars.next()? {
                'd' => {
                    set.digits = true;
                    continue;
                }
                'w' => {
                    word(&mut set);
                    continue;
                }
                's' => {
                    set.others.push("spaces");
                    continue;
                }
                c if c.is_ascii_alphanumeric() => return None,
                c => c,
            }
        } else {
            c
        };
        let mut ahead = chars.clone();
        if ahead.next() == Some('-')
            && let Some(to) = ahead.next()
        {
            match (c, to) {
                ('a', 'z') => set.lower = true,
                ('A', 'Z') => set.upper = true,
                ('0', '9') => set.digits = true,
                _ => return None,
            }
            chars = ahead;
            continue;
        }
        let name = match c {
            '-' => "hyphens",
            '_' => "underscores",
            '.' => "periods",
            ' ' => "spaces",
            '/' => "slashes",
            ':' => "colons",
            ',' => "commas",
            '@' => "at signs",
            '+' => "plus signs",
            _ => return None,
        };
        if !set.others.contains(&name) {
            set.others.push(name);
        }
    }
    Some((set, rest))
}

fn word(set: &mut Set) {
    set.lower = true;
    set.upper = true;
    set.digits = true;
    set.others.push("underscores");
}

fn close(body: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in body.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ']' => return Some(at),
            '[' => return None,
            _ => {}
        }
    }
    None
}

/// How often, and what follows.
fn range(text: &str) -> Option<(Range, &str)> {
    if let Some(rest) = text.strip_prefix('+') {
        return Some(((1, None), rest));
    }
    if let Some(rest) = text.strip_prefix('*') {
        return Some(((0, None), rest));
    }
    if let Some(rest) = text.strip_prefix('?') {
        return Some(((0, Some(1)), rest));
    }
    if let Some(body) = text.strip_prefix('{') {
        let (inside, rest) = body.split_once('}')?;
        let range = match inside.split_once(',') {
            None => {
                let exact = inside.parse::<u16>().ok()?;
                (exact.into(), Some(exact.into()))
            }
            Some((least, "")) => (least.parse::<u16>().ok()?.into(), None),
            Some((least, most)) => (
                least.parse::<u16>().ok()?.into(),
                Some(most.parse::<u16>().ok()?.into()),
            ),
        };
        return Some((range, rest));
    }
    Some(((1, Some(1)), text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simple_patterns_are_told_in_words() {
        for (pattern, words) in [
            (
                "^[a-z0-9-]+$",
                "Only lowercase letters, numbers, and hyphens",
            ),
            (
                "^[a-z0-9\\-_.]*$",
                "Only lowercase letters, numbers, hyphens, underscores, and periods",
            ),
            ("^[A-Za-z]+$", "Only letters"),
            ("^\\d{12}$", "Only numbers; exactly 12"),
            ("^[a-z]{3,30}$", "Only lowercase letters; 3 to 30"),
            (
                "^[a-z][a-z0-9-]*$",
                "Only lowercase letters, numbers, and hyphens; must begin with a lowercase letter",
            ),
            ("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", ""),
            (
                "^[a-z0-9][a-z0-9-]*[a-z0-9]$",
                "Only lowercase letters, numbers, and hyphens; must begin and end with a lowercase letter or number",
            ),
            ("^([a-z][a-z0-9]*)(-[a-z0-9]+)*$", ""),
            (
                "^[a-z0-9]+(-[a-z0-9]+)*$",
                "Only lowercase letters and numbers, in words joined by single hyphens",
            ),
            ("^(dev|prod)$", ""),
            ("[a-z]+", ""),
            ("^[^a]+$", ""),
            ("^(?!x)[a-z]+$", ""),
        ] {
            let expected = (!words.is_empty()).then(|| words.to_owned());
            assert_eq!(pattern_words(pattern), expected, "{pattern}");
        }
    }
}
