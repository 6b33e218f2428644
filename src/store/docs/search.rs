//! Full-text search over all documentation, the best page first.

use rusqlite::params;

use super::words::{asked, expression, stands_alone};
use crate::store::{Cache, StoreError};
use crate::techdocs::title;
use crate::text;

/// Characters of a line that a snippet shows.
const SNIPPET: usize = 160;
/// Characters before the first match that it shows.
const BEFORE: usize = 40;
/// Lines of a page that are looked through for the best one.
const MOST_LINES: usize = 20_000;

/// A piece of a snippet, fit to be shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fragment {
    /// The text, cleaned.
    pub text: String,
    /// Whether it is what was asked for.
    pub matched: bool,
}

/// A page that was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DocHit {
    /// The site's source.
    pub source: String,
    /// An entity whose documentation it is: the first by reference.
    pub entity_ref: String,
    /// How many other entities share it.
    pub others: u64,
    /// The page's path within the site.
    pub path: String,
    /// The page's title; may hold text of a repository.
    pub title: String,
    /// The 1-based line of the page's text that the snippet is of; none where only the title or path matched.
    pub line: Option<u32>,
    /// The heading that line stands under, plain; empty where there is none.
    pub heading: String,
    /// The line, in pieces.
    pub snippet: Vec<Fragment>,
}

impl Cache {
    /// Pages in which every word of a question occurs, the best first: titles before headings before text.
    ///
    /// Words are taken as they are typed; nothing in them is an operator. The beginning of a word finds it.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub fn search_docs(&self, question: &str, limit: usize) -> Result<Vec<DocHit>, StoreError> {
        let words = asked(question);
        let Some(expression) = expression(&words) else {
            return Ok(Vec::new());
        };
        let sql = self.sql();
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        // Ranked first, then read: a text is only touched where its page is shown.
        let mut statement = self
            .connection()
            .prepare_cached(
                "WITH found AS MATERIALIZED (
                     SELECT rowid AS id, bm25(doc_words, 10.0, 4.0, 1.0) AS score FROM doc_words
                     WHERE doc_words MATCH ?1 ORDER BY score LIMIT ?2
                 )
                 SELECT doc_site.source, doc_page.path, doc_page.title, doc_page.text,
                        (SELECT min(entity_ref) FROM doc_entity WHERE doc_entity.source = doc_site.source),
                        (SELECT count(*) FROM doc_entity WHERE doc_entity.source = doc_site.source)
                 FROM found JOIN doc_page ON doc_page.id = found.id JOIN doc_site ON doc_site.id = doc_page.site
                 ORDER BY found.score, doc_site.source, doc_page.path",
            )
            .map_err(&sql)?;
        let rows = statement
            .query_map(params![expression, limit], |row| {
                let text: String = row.get(3)?;
                let best = best_line(&text, &words);
                Ok(DocHit {
                    source: row.get(0)?,
                    path: row.get(1)?,
                    title: row.get(2)?,
                    entity_ref: row.get::<_, Option<String>>(4)?.unwrap_or_default(),
                    others: row.get::<_, i64>(5)?.unsigned_abs().saturating_sub(1),
                    line: best.line,
                    heading: best.heading,
                    snippet: best.snippet,
                })
            })
            .map_err(&sql)?;
        rows.collect::<Result<_, _>>().map_err(&sql)
    }
}

#[derive(Default)]
struct Best {
    line: Option<u32>,
    heading: String,
    snippet: Vec<Fragment>,
}

/// The line with the most of the words, the first of those alike.
fn best_line(page: &str, words: &[String]) -> Best {
    let (_, body) = title::front_matter(page);
    let skipped = page
        .get(..page.len().saturating_sub(body.len()))
        .map_or(0, |matter| matter.matches('\n').count());
    let mut heading = "";
    let mut best: Option<(usize, usize, &str, &str)> = None;
    for (at, line) in body.lines().enumerate().take(MOST_LINES) {
        if line.starts_with('#') {
            heading = line;
        }
        let marks = matches(line, words);
        let distinct = words
            .iter()
            .enumerate()
            .filter(|(number, _)| marks.iter().any(|mark| mark.word == *number))
            .count();
        if distinct > best.map_or(0, |(most, ..)| most) {
            best = Some((distinct, at, line, heading));
        }
        if distinct == words.len() {
            break;
        }
    }
    let Some((_, at, line, heading)) = best else {
        let first = body
            .lines()
            .find(|line| !line.trim().is_empty() && !line.starts_with('#'))
            .unwrap_or_default();
        return Best {
            snippet: snippet(first, &[]),
            ..Best::default()
        };
    };
    Best {
        line: u32::try_from(at + skipped + 1).ok(),
        heading: text::clean(&title::plain(heading.trim_matches('#'))).into_owned(),
        snippet: snippet(line, words),
    }
}

struct Mark {
    word: usize,
    /// In characters of the line.
    from: usize,
    to: usize,
}

/// Where words occur in a line: at the beginning of a word, or anywhere in writing without spaces.
fn matches(line: &str, words: &[String]) -> Vec<Mark> {
    let chars: Vec<char> = line.chars().collect();
    let lower: Vec<char> = chars
        .iter()
        .map(|c| c.to_lowercase().next().unwrap_or(*c))
        .collect();
    let mut out = Vec::new();
    for (word, text) in words.iter().enumerate() {
        let wanted: Vec<char> = text.chars().collect();
        let Some(first) = wanted.first() else {
            continue;
        };
        let mut from = 0;
        while let Some(at) = lower
            .get(from..)
            .and_then(|rest| rest.iter().position(|c| c == first))
            .map(|at| at + from)
        {
            let begins = at == 0
                || stands_alone(*first)
                || lower
                    .get(at - 1)
                    .is_none_or(|before| !before.is_alphanumeric() || stands_alone(*before));
            let to = at + wanted.len();
            if begins && lower.get(at..to) == Some(wanted.as_slice()) {
                out.push(Mark { word, from: at, to });
                from = to;
            } else {
                from = at + 1;
            }
        }
    }
    out.sort_by_key(|mark| (mark.from, std::cmp::Reverse(mark.to)));
    out
}

/// A line in pieces, cut around its first match.
fn snippet(line: &str, words: &[String]) -> Vec<Fragment> {
    let shown = text::clean(line);
    let shown = shown
        .trim()
        .trim_start_matches(['#', '>', '|', ' '])
        .trim_start();
    let chars: Vec<char> = shown.chars().collect();
    let marks = matches(shown, words);
    let first = marks.first().map_or(0, |mark| mark.from);
    let start = if chars.len() <= SNIPPET {
        0
    } else {
        first.saturating_sub(BEFORE)
    };
    let end = (start + SNIPPET).min(chars.len());
    let mut out: Vec<Fragment> = Vec::new();
    let mut push = |from: usize, to: usize, matched: bool| {
        let text: String = chars.get(from..to).unwrap_or_default().iter().collect();
        if !text.is_empty() {
            out.push(Fragment { text, matched });
        }
    };
    let mut at = start;
    for mark in marks {
        if mark.from < at || mark.from >= end {
            continue;
        }
        push(at, mark.from, false);
        at = mark.to.min(end);
        push(mark.from, at, true);
    }
    push(at, end, false);
    if start > 0 {
        ellipsis(&mut out, true);
    }
    if end < chars.len() {
        ellipsis(&mut out, false);
    }
    out
}

fn ellipsis(out: &mut Vec<Fragment>, before: bool) {
    let mark = Fragment {
        text: "…".to_owned(),
        matched: false,
    };
    if before {
        out.insert(0, mark);
    } else {
        out.push(mark);
    }
}
