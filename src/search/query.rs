//! The query language: fuzzy words, `"exact words"`, `key:value` filters, `-` before any of them to exclude.
//!
//! Every text is a query; what is wrong with one is a [`QueryProblem`] beside it, because people see the results
//! while they type. Grammar, tokens being split at white space outside quotes:
//!
//! | token | means |
//! |---|---|
//! | `pay` | the letters in this order in one field |
//! | `"pay now"` | exactly these characters in one field |
//! | `kind:api`, `kind:api,group` | a filter, any of its values; named twice, any of all values (`tag:`: every one) |
//! | `component:pay` | a reference: the kind and the word |
//! | `-tag:legacy`, `-pay`, `-"pay now"` | without these; an excluded word is exact |

use super::tier::has_uppercase;
use crate::catalog::snapshot::fold::fold;
use crate::text::nearest;

/// The characters of a query that are read: a longer one was pasted by mistake.
const LONGEST_QUERY: usize = 1000;
/// The words and filters of a query that are read.
const MOST_TOKENS: usize = 32;

/// What a filter looks at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FilterKey {
    /// `kind:`.
    Kind,
    /// `owner:`; `me` is the signed-in person with their groups.
    Owner,
    /// `type:`.
    Type,
    /// `lifecycle:`.
    Lifecycle,
    /// `system:`.
    System,
    /// `tag:`.
    Tag,
    /// `ns:`.
    Namespace,
    /// `is:` and `has:`.
    Is(Is),
}

/// What `is:` and `has:` ask for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Is {
    /// `is:orphan`.
    Orphan,
    /// `is:invalid`.
    Invalid,
    /// `is:stale`.
    Stale,
    /// `is:starred`.
    Starred,
    /// `has:runbook`.
    Runbook,
    /// `has:docs`.
    Docs,
}

/// The keys that take a value of the catalog; aliases follow the name that problems and completion use.
const KEYS: [(&str, FilterKey); 8] = [
    ("kind", FilterKey::Kind),
    ("owner", FilterKey::Owner),
    ("type", FilterKey::Type),
    ("lifecycle", FilterKey::Lifecycle),
    ("system", FilterKey::System),
    ("tag", FilterKey::Tag),
    ("ns", FilterKey::Namespace),
    ("namespace", FilterKey::Namespace),
];

const IS: [(&str, Is); 4] = [
    ("orphan", Is::Orphan),
    ("invalid", Is::Invalid),
    ("starred", Is::Starred),
    ("stale", Is::Stale),
];

const HAS: [(&str, Is); 2] = [("runbook", Is::Runbook), ("docs", Is::Docs)];

/// Kinds that a reference may begin with. Others need `kind:`.
const KINDS: [&str; 9] = [
    "component",
    "api",
    "resource",
    "system",
    "domain",
    "group",
    "user",
    "template",
    "location",
];

/// A word to find.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Word {
    /// The word, folded; its case as typed.
    pub text: String,
    /// In one piece, rather than its letters in order.
    pub exact: bool,
    /// Rows with it are left out.
    pub negated: bool,
    /// It has a capital, so case counts.
    pub case_sensitive: bool,
}

/// A filter on one property.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Filter {
    /// What it looks at.
    pub key: FilterKey,
    /// Any of these, as typed; none for [`FilterKey::Is`].
    pub values: Vec<String>,
    /// Rows that fit are left out.
    pub negated: bool,
    /// It is the end of the line and may be half typed: where no value is equal, those that begin with it count.
    pub unfinished: bool,
}

/// Something in a query that has no meaning and is left out of the search.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QueryProblem {
    /// The key or value as typed.
    pub token: String,
    /// What was probably meant, as it would be written.
    pub nearest: Option<String>,
    /// The values that its key takes, where the key is known.
    pub expected: Vec<&'static str>,
}

impl std::fmt::Display for QueryProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.expected.is_empty() {
            write!(f, "unknown filter {}", self.token)?;
        } else {
            write!(f, "{} is none of {}", self.token, self.expected.join(", "))?;
        }
        match &self.nearest {
            Some(nearest) => write!(f, "; did you mean {nearest}?"),
            None => Ok(()),
        }
    }
}

/// A query, read.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Query {
    words: Vec<Word>,
    filters: Vec<Filter>,
    problems: Vec<QueryProblem>,
}

impl Query {
    /// Reads a query. Every text is one.
    pub fn parse(text: &str) -> Self {
        let end = text
            .char_indices()
            .nth(LONGEST_QUERY)
            .map_or(text.len(), |(at, _)| at);
        let text = text.get(..end).unwrap_or(text);
        let mut query = Self::default();
        for token in tokens(text).take(MOST_TOKENS) {
            query.add(&token);
        }
        query
    }

    /// The words to find and to leave out.
    pub fn words(&self) -> &[Word] {
        &self.words
    }

    /// The filters.
    pub fn filters(&self) -> &[Filter] {
        &self.filters
    }

    /// What has no meaning in it.
    pub fn problems(&self) -> &[QueryProblem] {
        &self.problems
    }

    /// Whether it selects nothing: every row fits, in the order of an empty line.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.filters.is_empty()
    }

    fn add(&mut self, token: &Token) {
        let Some((key, value)) = token.filter() else {
            return self.add_word(&token.text, token.negated, token.quoted);
        };
        let key_lower = key.to_ascii_lowercase();
        let values: Vec<String> = value
            .split(',')
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
            .collect();
        match key_lower.as_str() {
            "is" => self.add_flags(token, "is", &IS, &values),
            "has" => self.add_flags(token, "has", &HAS, &values),
            known => {
                if let Some((_, key)) = KEYS.iter().find(|(name, _)| *name == known) {
                    self.add_filter(*key, values, token);
                } else if KINDS.contains(&known) {
                    self.add_reference(known, value, token);
                } else {
                    self.add_unknown(key, token);
                }
            }
        }
    }

    fn add_word(&mut self, text: &str, negated: bool, quoted: bool) {
        let folded = fold(text).into_owned();
        if !folded.is_empty() {
            self.words.push(Word {
                case_sensitive: has_uppercase(&folded),
                // Letters in order are in nearly every row; nobody means to exclude those.
                exact: quoted || negated,
                text: folded,
                negated,
            });
        }
    }

    fn add_filter(&mut self, key: FilterKey, values: Vec<String>, token: &Token) {
        if values.is_empty() {
            return;
        }
        // A property has one value, so two filters of it mean either; tags are many, so both are meant.
        let same = self
            .filters
            .iter_mut()
            .find(|f| f.key == key && f.negated == token.negated && key != FilterKey::Tag);
        match same {
            Some(filter) => {
                filter.values.extend(values);
                filter.unfinished |= token.last;
            }
            None => self.filters.push(Filter {
                key,
                values,
                negated: token.negated,
                unfinished: token.last,
            }),
        }
    }

    fn add_flags(
        &mut self,
        token: &Token,
        key: &str,
        table: &[(&'static str, Is)],
        values: &[String],
    ) {
        for value in values {
            let lower = value.to_lowercase();
            if let Some((_, is)) = table.iter().find(|(name, _)| *name == lower) {
                self.filters.push(Filter {
                    key: FilterKey::Is(*is),
                    values: Vec::new(),
                    negated: token.negated,
                    unfinished: false,
                });
            } else if !(token.last && table.iter().any(|(name, _)| name.starts_with(&lower))) {
                let names = table.iter().map(|(name, _)| *name);
                self.problems.push(QueryProblem {
                    token: format!("{key}:{value}"),
                    nearest: nearest(&lower, names.clone()).map(|name| format!("{key}:{name}")),
                    expected: names.collect(),
                });
            }
        }
    }

    fn add_reference(&mut self, kind: &str, value: &str, token: &Token) {
        self.add_filter(FilterKey::Kind, vec![kind.to_owned()], token);
        if let Some(filter) = self.filters.last_mut() {
            filter.unfinished = false;
        }
        let name = match value.split_once('/') {
            Some((namespace, name)) => {
                self.add_filter(FilterKey::Namespace, vec![namespace.to_owned()], token);
                name
            }
            None => value,
        };
        self.add_word(name, token.negated, token.quoted);
    }

    fn add_unknown(&mut self, key: &str, token: &Token) {
        let names = KEYS.iter().map(|(name, _)| *name).chain(["is", "has"]);
        self.problems.push(QueryProblem {
            token: format!("{key}:"),
            nearest: nearest(key, names).map(|name| {
                let sign = if token.negated { "-" } else { "" };
                format!("{sign}{name}:")
            }),
            expected: Vec::new(),
        });
    }
}

/// A piece of a query between white space.
struct Token {
    /// Without its sign and its quotes.
    text: String,
    negated: bool,
    /// It begins with a quote.
    quoted: bool,
    /// Nothing follows it, not even a space.
    last: bool,
}

impl Token {
    /// Key and value, where it has the form of a filter: letters before a colon that no `//` follows.
    fn filter(&self) -> Option<(&str, &str)> {
        if self.quoted {
            return None;
        }
        let (key, value) = self.text.split_once(':')?;
        let is_key = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphabetic());
        (is_key && !value.starts_with("//")).then_some((key, value))
    }
}

fn tokens(text: &str) -> impl Iterator<Item = Token> + '_ {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        if rest.is_empty() {
            return None;
        }
        let signed = rest
            .strip_prefix('-')
            .filter(|after| !after.is_empty() && !after.starts_with(char::is_whitespace));
        let body = signed.unwrap_or(rest);
        let mut token = Token {
            text: String::new(),
            negated: signed.is_some(),
            quoted: body.starts_with('"'),
            last: true,
        };
        let mut in_quotes = false;
        let mut end = body.len();
        for (at, c) in body.char_indices() {
            if c == '"' {
                in_quotes = !in_quotes;
            } else if c.is_whitespace() && !in_quotes {
                end = at;
                token.last = false;
                break;
            } else {
                token.text.push(c);
            }
        }
        rest = body.get(end..).unwrap_or("");
        Some(token)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(text: &str) -> Vec<String> {
        Query::parse(text)
            .words()
            .iter()
            .map(|w| {
                let sign = if w.negated { "-" } else { "" };
                let quote = if w.exact { "=" } else { "" };
                format!("{sign}{quote}{}", w.text)
            })
            .collect()
    }

    fn filters(text: &str) -> Vec<(FilterKey, Vec<String>, bool)> {
        Query::parse(text)
            .filters()
            .iter()
            .map(|f| (f.key, f.values.clone(), f.negated))
            .collect()
    }

    #[test]
    fn words_are_split_at_spaces_and_quotes_keep_them_together() {
        assert_eq!(words("  pay   svc "), ["pay", "svc"]);
        assert_eq!(words("\"pay now\" x"), ["=pay now", "x"]);
        assert_eq!(words("\"pay now"), ["=pay now"]);
        assert_eq!(words("-pay -\"a b\" -"), ["-=pay", "-=a b", "-"]);
        assert!(Query::parse(" \"\" ").is_empty());
    }

    #[test]
    fn a_capital_makes_a_word_mean_its_case() {
        let query = Query::parse("pay Svc");
        assert!(!query.words()[0].case_sensitive);
        assert!(query.words()[1].case_sensitive);
    }

    #[test]
    fn filters_take_several_values_and_a_sign() {
        assert_eq!(
            filters("kind:api,Group -tag:legacy ns:default"),
            [
                (FilterKey::Kind, vec!["api".into(), "Group".into()], false),
                (FilterKey::Tag, vec!["legacy".into()], true),
                (FilterKey::Namespace, vec!["default".into()], false),
            ]
        );
        assert_eq!(
            filters("kind:api kind:group tag:a tag:b"),
            [
                (FilterKey::Kind, vec!["api".into(), "group".into()], false),
                (FilterKey::Tag, vec!["a".into()], false),
                (FilterKey::Tag, vec!["b".into()], false),
            ]
        );
        assert_eq!(
            filters("is:orphan -has:docs"),
            [
                (FilterKey::Is(Is::Orphan), vec![], false),
                (FilterKey::Is(Is::Docs), vec![], true)
            ]
        );
        assert_eq!(
            filters("type:\"two words\""),
            [(FilterKey::Type, vec!["two words".into()], false)]
        );
    }

    #[test]
    fn a_filter_without_a_value_yet_says_nothing() {
        let query = Query::parse("owner: kind:");
        assert!(query.is_empty());
        assert!(query.problems().is_empty());
    }

    #[test]
    fn only_the_end_of_the_line_can_be_half_typed() {
        assert!(Query::parse("owner:pay").filters()[0].unfinished);
        assert!(!Query::parse("owner:pay ").filters()[0].unfinished);
        assert!(!Query::parse("owner:pay x").filters()[0].unfinished);
        assert!(Query::parse("is:orp").problems().is_empty());
        assert_eq!(Query::parse("is:orp ").problems().len(), 1);
    }

    #[test]
    fn an_unknown_filter_is_a_problem_with_what_was_meant() {
        let query = Query::parse("onwer:pay -kinds:api colour:red is:broken has:doc ");
        let texts: Vec<_> = query.problems().iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "unknown filter onwer:; did you mean owner:?",
                "unknown filter kinds:; did you mean -kind:?",
                "unknown filter colour:",
                "is:broken is none of orphan, invalid, starred, stale",
                "has:doc is none of runbook, docs; did you mean has:docs?",
            ]
        );
        assert!(query.is_empty());
    }

    #[test]
    fn a_reference_is_a_kind_and_a_word() {
        assert_eq!(
            filters("component:emea/pay"),
            [
                (FilterKey::Kind, vec!["component".into()], false),
                (FilterKey::Namespace, vec!["emea".into()], false),
            ]
        );
        assert_eq!(words("component:emea/pay"), ["pay"]);
        assert_eq!(
            words("https://github.com a-b:c 10:30"),
            ["https://github.com", "a-b:c", "10:30"]
        );
    }

    #[test]
    fn words_are_folded() {
        assert_eq!(words("Café")[0], "Cafe");
        assert_eq!(words("\u{200b}"), [""; 0]);
    }

    proptest! {
        #[test]
        fn every_text_is_a_query(text in "\\PC{0,60}") {
            Query::parse(&text);
        }

        #[test]
        fn every_text_of_the_language_s_own_characters_is_a_query(
            text in "[-\": ,/a-z결]{0,40}|(is|has|kind|owner|-tag):[a-z\", ]{0,9}",
        ) {
            let query = Query::parse(&text);
            prop_assert!(query.words().iter().all(|w| !w.text.is_empty()));
        }
    }
}
