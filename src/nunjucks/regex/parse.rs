//! Reading a regular expression, with the freedoms browsers allow: `{` and `]` for themselves, octal escapes.

use super::super::text::units;

/// How deep groups lie in each other.
const DEEPEST: usize = 50;

/// Ranges of code units, both ends included.
pub(super) type Ranges = Vec<(u16, u16)>;

pub(super) enum Tree {
    Char(u16),
    /// Any but a line's end.
    Any,
    Class {
        ranges: Ranges,
        negated: bool,
    },
    Sequence(Vec<Tree>),
    Choice(Vec<Tree>),
    Group(usize, Box<Tree>),
    Back(usize),
    Repeat {
        tree: Box<Tree>,
        least: usize,
        most: Option<usize>,
        greedy: bool,
        groups: (usize, usize),
    },
    Look {
        tree: Box<Tree>,
        behind: bool,
        negated: bool,
    },
    Start,
    End,
    Boundary {
        negated: bool,
    },
}

pub(super) struct Parsed {
    pub(super) tree: Tree,
    pub(super) groups: usize,
    pub(super) names: Vec<(Vec<u16>, usize)>,
}

pub(super) fn parse(pattern: &[u16]) -> Option<Parsed> {
    let (count, named) = count_groups(pattern);
    let mut parser = Parser {
        pattern,
        at: 0,
        depth: 0,
        opened: 0,
        count,
        named,
        names: Vec::new(),
        wanted: Vec::new(),
    };
    let tree = parser.choice()?;
    if parser.at < pattern.len() {
        return None;
    }
    // `\k<name>` can stand before its group: the number it was given is its place among the names asked for.
    let found: Option<Vec<usize>> = parser
        .wanted
        .iter()
        .map(|wanted| {
            parser
                .names
                .iter()
                .find(|(name, _)| name == wanted)
                .map(|(_, group)| *group)
        })
        .collect();
    let mut tree = tree;
    resolve(&mut tree, &found?);
    Some(Parsed {
        tree,
        groups: count + 1,
        names: parser.names,
    })
}

/// References by name stand above this until their groups are known.
const BY_NAME: usize = 1 << 30;

fn resolve(tree: &mut Tree, groups: &[usize]) {
    match tree {
        Tree::Back(group) if *group >= BY_NAME => {
            *group = groups.get(*group - BY_NAME).copied().unwrap_or(0);
        }
        Tree::Sequence(parts) | Tree::Choice(parts) => {
            parts.iter_mut().for_each(|part| resolve(part, groups))
        }
        Tree::Group(_, inner)
        | Tree::Repeat { tree: inner, .. }
        | Tree::Look { tree: inner, .. } => resolve(inner, groups),
        _ => {}
    }
}

/// How many groups capture, and whether one has a name.
fn count_groups(pattern: &[u16]) -> (usize, bool) {
    let (mut count, mut named, mut in_class, mut at) = (0, false, false, 0);
    while let Some(unit) = pattern.get(at) {
        match char::from_u32(u32::from(*unit)) {
            Some('\\') => at += 1,
            Some('[') => in_class = true,
            Some(']') => in_class = false,
            Some('(') if !in_class => {
                let next: String = pattern
                    .get(at + 1..)
                    .unwrap_or_default()
                    .iter()
                    .take(3)
                    .map(|u| char::from_u32(u32::from(*u)).unwrap_or(' '))
                    .collect();
                let has_name =
                    next.starts_with("?<") && !next.starts_with("?<=") && !next.starts_with("?<!");
                named |= has_name;
                count += usize::from(has_name || !next.starts_with('?'));
            }
            _ => {}
        }
        at += 1;
    }
    (count, named)
}

struct Parser<'a> {
    pattern: &'a [u16],
    at: usize,
    depth: usize,
    opened: usize,
    count: usize,
    named: bool,
    names: Vec<(Vec<u16>, usize)>,
    wanted: Vec<Vec<u16>>,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.pattern
            .get(self.at)
            .map(|unit| char::from_u32(u32::from(*unit)).unwrap_or('\u{fffd}'))
    }

    fn take(&mut self, text: &str) -> bool {
        let wanted = units(text);
        let found = self
            .pattern
            .get(self.at..)
            .is_some_and(|rest| rest.starts_with(&wanted));
        if found {
            self.at += wanted.len();
        }
        found
    }

    fn unit(&mut self) -> Option<u16> {
        let unit = self.pattern.get(self.at).copied()?;
        self.at += 1;
        Some(unit)
    }

    fn choice(&mut self) -> Option<Tree> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let mut choices = vec![self.sequence()?];
        while self.take("|") {
            choices.push(self.sequence()?);
        }
        self.depth -= 1;
        if choices.len() == 1 {
            choices.pop()
        } else {
            Some(Tree::Choice(choices))
        }
    }

    fn sequence(&mut self) -> Option<Tree> {
        let mut parts = Vec::new();
        while self.peek().is_some_and(|c| c != '|' && c != ')') {
            let before = self.opened;
            let atom = self.atom()?;
            parts.push(self.quantified(atom, before)?);
        }
        Some(Tree::Sequence(parts))
    }

    fn quantified(&mut self, tree: Tree, before: usize) -> Option<Tree> {
        let start = self.at;
        let bounds = match self.peek() {
            Some('*') => Some((0, None)),
            Some('+') => Some((1, None)),
            Some('?') => Some((0, Some(1))),
            Some('{') => self.braces()?,
            _ => None,
        };
        let Some((least, most)) = bounds else {
            self.at = start;
            return Some(tree);
        };
        if self.peek() != Some('}') || self.at == start {
            self.at = start;
        }
        self.at += 1;
        let greedy = !self.take("?");
        match tree {
            Tree::Start | Tree::End | Tree::Boundary { .. } | Tree::Look { behind: true, .. } => {
                None
            }
            tree => Some(Tree::Repeat {
                tree: Box::new(tree),
                least,
                most,
                greedy,
                groups: (before + 1, self.opened),
            }),
        }
    }

    /// `{2}`, `{2,}` or `{2,3}`, up to its last character. Other braces stand for themselves.
    fn braces(&mut self) -> Option<Option<(usize, Option<usize>)>> {
        self.at += 1;
        let Some(least) = self.digits() else {
            return Some(None);
        };
        let most = if self.take(",") {
            self.digits()
        } else {
            Some(least)
        };
        if self.peek() != Some('}') {
            return Some(None);
        }
        if most.is_some_and(|most| most < least) {
            return None;
        }
        Some(Some((least, most)))
    }

    fn digits(&mut self) -> Option<usize> {
        let mut value: Option<usize> = None;
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            value = Some(
                value
                    .unwrap_or(0)
                    .saturating_mul(10)
                    .saturating_add(digit as usize),
            );
            self.at += 1;
        }
        value
    }

    fn atom(&mut self) -> Option<Tree> {
        match self.peek()? {
            '^' => self.one(Tree::Start),
            '$' => self.one(Tree::End),
            '.' => self.one(Tree::Any),
            '(' => self.group(),
            '[' => self.class(),
            '\\' => self.escape(),
            '*' | '+' | '?' => None,
            '{' => {
                // A quantifier with nothing before it; other braces are themselves.
                let start = self.at;
                let quantifier = self.braces()?.is_some();
                self.at = start;
                if quantifier {
                    None
                } else {
                    self.unit().map(Tree::Char)
                }
            }
            _ => self.unit().map(Tree::Char),
        }
    }

    fn one(&mut self, tree: Tree) -> Option<Tree> {
        self.at += 1;
        Some(tree)
    }

    fn group(&mut self) -> Option<Tree> {
        let look = |behind, negated| Some((behind, negated));
        let (look, group) = if self.take("(?:") {
            (None, None)
        } else if self.take("(?=") {
            (look(false, false), None)
        } else if self.take("(?!") {
            (look(false, true), None)
        } else if self.take("(?<=") {
            (look(true, false), None)
        } else if self.take("(?<!") {
            (look(true, true), None)
        } else if self.take("(?<") {
            self.opened += 1;
            let name = self.name()?;
            if self.names.iter().any(|(known, _)| *known == name) {
                return None;
            }
            self.names.push((name, self.opened));
            (None, Some(self.opened))
        } else if self.take("(?") {
            return None;
        } else {
            self.at += 1;
            self.opened += 1;
            (None, Some(self.opened))
        };
        let tree = Box::new(self.choice()?);
        if !self.take(")") {
            return None;
        }
        Some(match (look, group) {
            (Some((behind, negated)), _) => Tree::Look {
                tree,
                behind,
                negated,
            },
            (None, Some(group)) => Tree::Group(group, tree),
            (None, None) => *tree,
        })
    }

    fn name(&mut self) -> Option<Vec<u16>> {
        let mut name = Vec::new();
        loop {
            let unit = self.unit()?;
            match char::from_u32(u32::from(unit)) {
                Some('>') if !name.is_empty() => return Some(name),
                Some(c)
                    if c.is_alphabetic()
                        || c == '_'
                        || c == '$'
                        || (c.is_numeric() && !name.is_empty()) =>
                {
                    name.push(unit)
                }
                _ => return None,
            }
        }
    }

    fn escape(&mut self) -> Option<Tree> {
        self.at += 1;
        let start = self.at;
        match self.peek()? {
            'b' => self.one(Tree::Boundary { negated: false }),
            'B' => self.one(Tree::Boundary { negated: true }),
            'k' if self.named => {
                self.at += 1;
                if !self.take("<") {
                    return None;
                }
                let name = self.name()?;
                self.wanted.push(name);
                Some(Tree::Back(BY_NAME + self.wanted.len() - 1))
            }
            '1'..='9' => {
                let group = self.digits()?;
                if group <= self.count {
                    return Some(Tree::Back(group));
                }
                self.at = start;
                self.character_escape().map(Tree::Char)
            }
            _ => match self.class_escape() {
                Some(ranges) => Some(Tree::Class {
                    ranges,
                    negated: false,
                }),
                None => self.character_escape().map(Tree::Char),
            },
        }
    }

    /// `\d`, `\W` and the like.
    fn class_escape(&mut self) -> Option<Ranges> {
        let digits = || vec![(48, 57)];
        let words = || vec![(48, 57), (65, 90), (95, 95), (97, 122)];
        let spaces = || {
            vec![
                (9, 13),
                (32, 32),
                (0xa0, 0xa0),
                (0x1680, 0x1680),
                (0x2000, 0x200a),
                (0x2028, 0x2029),
                (0x202f, 0x202f),
                (0x205f, 0x205f),
                (0x3000, 0x3000),
                (0xfeff, 0xfeff),
            ]
        };
        let ranges = match self.peek()? {
            'd' => digits(),
            'D' => complement(&digits()),
            'w' => words(),
            'W' => complement(&words()),
            's' => spaces(),
            'S' => complement(&spaces()),
            _ => return None,
        };
        self.at += 1;
        Some(ranges)
    }

    fn character_escape(&mut self) -> Option<u16> {
        let unit = self.unit()?;
        let start = self.at;
        Some(match char::from_u32(u32::from(unit)) {
            Some('t') => 9,
            Some('n') => 10,
            Some('v') => 11,
            Some('f') => 12,
            Some('r') => 13,
            Some('c') => match self.peek() {
                Some(letter) if letter.is_ascii_alphabetic() => self.unit()? % 32,
                _ => {
                    // For itself: a backslash, then the c once more.
                    self.at = start - 1;
                    u16::from(b'\\')
                }
            },
            Some(kind @ ('x' | 'u')) => {
                let length = if kind == 'x' { 2 } else { 4 };
                let digits = self
                    .pattern
                    .get(self.at..self.at + length)
                    .map(String::from_utf16_lossy);
                match digits.and_then(|digits| {
                    u16::from_str_radix(digits.trim_start_matches('+'), 16)
                        .ok()
                        .filter(|_| digits.chars().all(|c| c.is_ascii_hexdigit()))
                }) {
                    Some(value) => {
                        self.at += length;
                        value
                    }
                    None => unit,
                }
            }
            Some(first @ '0'..='7') => {
                let mut value = first as u16 - 48;
                let most = if first <= '3' { 2 } else { 1 };
                for _ in 0..most {
                    let Some(digit) = self.peek().and_then(|c| c.to_digit(8)) else {
                        break;
                    };
                    value = value * 8 + digit as u16;
                    self.at += 1;
                }
                value
            }
            _ => unit,
        })
    }

    fn class(&mut self) -> Option<Tree> {
        self.at += 1;
        let negated = self.take("^");
        let mut ranges = Vec::new();
        while !self.take("]") {
            let low = self.class_atom()?;
            if self.peek() != Some('-') || self.pattern.get(self.at + 1) == Some(&u16::from(b']')) {
                ranges.extend(low);
                continue;
            }
            self.at += 1;
            let high = self.class_atom()?;
            match (low.as_slice(), high.as_slice()) {
                ([(low, same)], [(high, other)]) if low == same && high == other => {
                    if low > high {
                        return None;
                    }
                    ranges.push((*low, *high));
                }
                _ => {
                    ranges.extend(low);
                    ranges.push((45, 45));
                    ranges.extend(high);
                }
            }
        }
        Some(Tree::Class { ranges, negated })
    }

    fn class_atom(&mut self) -> Option<Ranges> {
        let unit = self.unit()?;
        if unit != u16::from(b'\\') {
            return Some(vec![(unit, unit)]);
        }
        if let Some(ranges) = self.class_escape() {
            return Some(ranges);
        }
        let unit = match self.peek()? {
            'b' => {
                self.at += 1;
                8
            }
            _ => self.character_escape()?,
        };
        Some(vec![(unit, unit)])
    }
}

/// All code units that are in no range. The ranges are in order.
fn complement(ranges: &[(u16, u16)]) -> Ranges {
    let mut out = Vec::new();
    let mut next = 0u16;
    for (low, high) in ranges {
        if *low > next {
            out.push((next, low - 1));
        }
        next = high.saturating_add(1);
    }
    out.push((next, u16::MAX));
    out
}
