//! Matching all rows and putting those that match in order.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use frizbee::{CaseMatching, Config, Match, Matcher, Matching, SortStrategy, UnicodeMatching};
use fuzzy_matcher::FuzzyMatcher;
use fuzzy_matcher::skim::SkimMatcherV2;

use super::filter::{Bits, Filters};
use super::query::{Query, Word};
use super::tier;
use crate::catalog::snapshot::SearchField;
use crate::catalog::{RowId, Snapshot};
use crate::text::nearest;

/// How many of the best are ranked a second time, by the finer and slower matcher.
const RANKED_TWICE: usize = 500;
/// Rows that a thread takes at once: their texts stay in its cache.
const CHUNK: usize = 1024;
/// Below this one thread is as quick as people can see, and a second one costs its start.
const WORTH_A_THREAD: usize = 16_384;
/// What each letter must bring a description, of frizbee's points; one in a piece that stands together has 16. With
/// less, nearly every long description would have nearly every short word's letters.
const CLOSE_ENOUGH: u32 = 12;

/// What a search knows of the person who searches.
#[derive(Clone, Copy, Debug)]
pub struct SearchContext<'a> {
    /// The owner references that `owner:me` means ([`owners_of`](super::owners_of)).
    pub me: &'a [String],
    /// The references that `is:starred` means; they come first where no word is searched.
    pub starred: &'a BTreeSet<String>,
    /// References that were opened often and lately, best first; they come next.
    pub recent: &'a [String],
}

impl SearchContext<'static> {
    /// Of nobody: no groups, no stars, nothing opened.
    pub const NOBODY: Self = Self {
        me: &[],
        starred: &BTreeSet::new(),
        recent: &[],
    };
}

/// What a search found.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Matches {
    /// The rows, best first: the whole order, of which the first `n` are the answer at limit `n`.
    pub ids: Vec<RowId>,
    /// A number for each row that never grows from one to the next; 0 where no word was searched.
    pub scores: Vec<u32>,
}

/// Searches one snapshot.
#[derive(Clone, Debug)]
pub struct Searcher {
    snapshot: Arc<Snapshot>,
}

impl Searcher {
    /// Needs no preparation: a snapshot is searched as it is.
    pub fn new(snapshot: Arc<Snapshot>) -> Self {
        Self { snapshot }
    }

    /// The rows that fit a query, best first. None where `cancelled` said so on the way; it is asked often, from
    /// several threads.
    pub fn run(
        &self,
        query: &Query,
        context: &SearchContext<'_>,
        cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Option<Matches> {
        let threads = if self.snapshot.len() < WORTH_A_THREAD {
            1
        } else {
            thread::available_parallelism().map_or(1, |n| n.get().min(2))
        };
        self.run_on(threads, query, context, cancelled)
    }

    /// As [`Searcher::run`], on so many threads: the answer is the same on any number.
    pub fn run_on(
        &self,
        threads: usize,
        query: &Query,
        context: &SearchContext<'_>,
        cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Option<Matches> {
        let filters = Filters::new(&self.snapshot, query.filters(), context);
        let keys = self.on_threads(threads, |next| self.scan(query, &filters, next, cancelled))?;
        if !query.words().iter().any(|word| !word.negated) {
            return Some(self.unranked(&keys, context));
        }
        self.rank(threads, query, keys, cancelled)
    }

    /// A name of the catalog that is near a word of the query: what to suggest where nothing fits.
    pub fn nearest(&self, query: &Query, cancelled: &(dyn Fn() -> bool + Sync)) -> Option<&str> {
        let word = query.words().iter().find(|word| !word.negated)?;
        let names = self
            .snapshot
            .ids()
            .take_while(|id| id.0 % 1024 != 0 || !cancelled())
            .map(|id| self.snapshot.row(id).name);
        nearest(&word.text, names)
    }

    /// Runs a scan on threads that take chunks in turn, and merges their sorted keys.
    fn on_threads(
        &self,
        threads: usize,
        scan: impl Fn(&AtomicUsize) -> Option<Vec<u64>> + Sync,
    ) -> Option<Vec<u64>> {
        let next = AtomicUsize::new(0);
        if threads < 2 {
            return scan(&next);
        }
        thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(|| scan(&next))).collect();
            let mut merged = scan(&next);
            for other in others {
                let keys = other.join().ok().flatten();
                merged = merged.zip(keys).map(|(a, b)| merge(a, b));
            }
            merged
        })
    }

    /// The sorted keys of the rows of the chunks that this thread got hold of.
    fn scan(
        &self,
        query: &Query,
        filters: &Filters<'_>,
        next: &AtomicUsize,
        cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Option<Vec<u64>> {
        let mut finders: Vec<Finder<'_>> = query.words().iter().map(Finder::new).collect();
        let rows = u32::try_from(self.snapshot.len()).unwrap_or(u32::MAX);
        let mut keys = Vec::new();
        let mut chunk = Chunk::new(&self.snapshot);
        loop {
            let start = next.fetch_add(CHUNK, Ordering::Relaxed);
            let Some(start) = u32::try_from(start).ok().filter(|start| *start < rows) else {
                break;
            };
            if cancelled() {
                return None;
            }
            let end = rows.min(start.saturating_add(CHUNK as u32));
            chunk.rows.clear();
            chunk.rows.extend(
                (start..end)
                    .map(RowId)
                    .filter(|id| filters.accept(*id))
                    .map(|id| Candidate {
                        id,
                        tier: 0,
                        score: 0,
                        found: false,
                    }),
            );
            for finder in &mut finders {
                chunk.narrow(finder);
            }
            keys.extend(chunk.rows.iter().map(Candidate::key));
        }
        keys.sort_unstable();
        Some(keys)
    }

    /// The order where no word is searched: starred, then opened lately, then the snapshot's.
    fn unranked(&self, keys: &[u64], context: &SearchContext<'_>) -> Matches {
        let mut fits = Bits::with_capacity(self.snapshot.len());
        for key in keys {
            fits.insert(row_of(*key).0);
        }
        let mut starred: Vec<RowId> = context
            .starred
            .iter()
            .filter_map(|entity_ref| self.snapshot.find(entity_ref))
            .collect();
        starred.sort_unstable();
        let recent = context
            .recent
            .iter()
            .filter_map(|entity_ref| self.snapshot.find(entity_ref));
        let mut placed = Bits::with_capacity(self.snapshot.len());
        let mut ids = Vec::with_capacity(keys.len());
        let all = keys.iter().map(|key| row_of(*key));
        for id in starred.iter().copied().chain(recent).chain(all) {
            if fits.contains(id.0) && !placed.contains(id.0) {
                placed.insert(id.0);
                ids.push(id);
            }
        }
        Matches {
            scores: vec![0; ids.len()],
            ids,
        }
    }

    /// Ranks the best again and writes the whole order down.
    fn rank(
        &self,
        threads: usize,
        query: &Query,
        keys: Vec<u64>,
        cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Option<Matches> {
        let (best, rest) = keys.split_at(keys.len().min(RANKED_TWICE));
        let mut best = self.rank_twice(threads, query, best, cancelled)?;
        best.sort_unstable_by_key(|(score, key)| (tier_of(*key), Reverse(*score), *key));

        let mut matches = Matches {
            ids: Vec::with_capacity(keys.len()),
            scores: Vec::with_capacity(keys.len()),
        };
        let mut lowest = u32::MAX;
        let second = best.iter().copied();
        let first = rest.iter().map(|key| (i64::from(score_of(*key)), *key));
        for (score, key) in second.chain(first) {
            // Tiers are ten thousand points apart; the two matchers' points are not of one scale, so that where the
            // second stops ranking a row may not seem better than the one before it.
            let points = u32::try_from(score.clamp(0, 9_999)).unwrap_or(0);
            lowest = lowest.min(100u32.saturating_sub(tier_of(key)) * 10_000 + points);
            matches.ids.push(row_of(key));
            matches.scores.push(lowest);
        }
        Some(matches)
    }

    fn rank_twice(
        &self,
        threads: usize,
        query: &Query,
        keys: &[u64],
        cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Option<Vec<(i64, u64)>> {
        let rank = |keys: &[u64]| {
            let ranker = Ranker::new(query);
            keys.iter()
                .map(|key| {
                    (!cancelled()).then(|| (ranker.score(&self.snapshot, row_of(*key)), *key))
                })
                .collect::<Option<Vec<_>>>()
        };
        if threads < 2 || keys.len() < RANKED_TWICE / 2 {
            return rank(keys);
        }
        let (mine, theirs) = keys.split_at(keys.len() / 2);
        thread::scope(|scope| {
            let other = scope.spawn(|| rank(theirs));
            let mut ranked = rank(mine)?;
            ranked.extend(other.join().ok().flatten()?);
            Some(ranked)
        })
    }
}

/// A row that may match, with how well it does so far.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    id: RowId,
    tier: u32,
    score: u32,
    found: bool,
}

/// Sorts by tier, then by falling score, then by reference (the order of rows).
impl Candidate {
    fn key(&self) -> u64 {
        let tier = u64::from(self.tier.min(0xff));
        let score = u64::from(0x00ff_ffff - self.score.min(0x00ff_ffff));
        tier << 56 | score << 32 | u64::from(self.id.0)
    }
}

fn row_of(key: u64) -> RowId {
    RowId((key & 0xffff_ffff) as u32)
}

fn tier_of(key: u64) -> u32 {
    (key >> 56) as u32
}

fn score_of(key: u64) -> u32 {
    0x00ff_ffff - (key >> 32 & 0x00ff_ffff) as u32
}

fn merge(a: Vec<u64>, b: Vec<u64>) -> Vec<u64> {
    if a.is_empty() {
        return b;
    }
    let mut merged = Vec::with_capacity(a.len() + b.len());
    let (mut a, mut b) = (a.into_iter().peekable(), b.into_iter().peekable());
    while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
        merged.extend(if x < y { a.next() } else { b.next() });
    }
    merged.extend(a);
    merged.extend(b);
    merged
}

/// One word, ready to be looked for in many texts.
struct Finder<'a> {
    word: &'a Word,
    matcher: Matcher,
    syllables: Vec<String>,
    /// What a description must score.
    close: u32,
}

impl<'a> Finder<'a> {
    fn new(word: &'a Word) -> Self {
        let config = Config::default()
            .max_typos(Some(0))
            .casing(if word.case_sensitive {
                CaseMatching::Respect
            } else {
                CaseMatching::Ignore
            })
            .unicode(UnicodeMatching::Smart)
            .matching(if word.exact {
                Matching::Substring
            } else {
                Matching::Fuzzy
            })
            .sort(SortStrategy::IndexAsc);
        let letters = u32::try_from(word.text.chars().count()).unwrap_or(u32::MAX);
        Self {
            matcher: Matcher::new(word.text.as_str(), &config),
            syllables: if word.exact {
                Vec::new()
            } else {
                tier::syllables(&word.text)
            },
            close: if word.exact {
                0
            } else {
                letters.saturating_mul(CLOSE_ENOUGH)
            },
            word,
        }
    }

    fn tier(&self, field: SearchField, text: &str) -> u8 {
        match field {
            SearchField::Name => tier::of_name(text, &self.word.text, self.word.case_sensitive),
            SearchField::Title => tier::TITLE,
            SearchField::Tags | SearchField::Owner => tier::TAG_OR_OWNER,
            SearchField::Description => tier::DESCRIPTION,
        }
    }
}

/// The candidates among the rows that are looked at together.
struct Chunk<'a> {
    snapshot: &'a Snapshot,
    rows: Vec<Candidate>,
    /// Which of the rows have not been found yet, and their texts.
    open: Vec<usize>,
    texts: Vec<&'a str>,
}

impl<'a> Chunk<'a> {
    fn new(snapshot: &'a Snapshot) -> Self {
        Self {
            snapshot,
            rows: Vec::with_capacity(CHUNK),
            open: Vec::with_capacity(CHUNK),
            texts: Vec::with_capacity(CHUNK),
        }
    }

    /// Keeps the rows that have a word (or have it not, where it is excluded), each in its best field.
    fn narrow(&mut self, finder: &mut Finder<'_>) {
        for row in &mut self.rows {
            row.found = false;
        }
        self.open.clear();
        self.open.extend(0..self.rows.len());
        for field in SearchField::ALL {
            let rows = self.open.iter().filter_map(|n| self.rows.get(*n));
            self.texts.clear();
            self.texts
                .extend(rows.map(|row| self.snapshot.search_text(row.id, field)));
            for found in finder.matcher.match_list(&self.texts) {
                let n = found.index as usize;
                let row = self.open.get(n).and_then(|n| self.rows.get_mut(*n));
                if let (Some(row), Some(text)) = (row, self.texts.get(n)) {
                    row.take(finder, field, text, &found);
                }
            }
            let rows = &self.rows;
            self.open
                .retain(|n| rows.get(*n).is_some_and(|row| !row.found));
            if self.open.is_empty() {
                break;
            }
        }
        self.rows.retain(|row| row.found != finder.word.negated);
    }
}

impl Candidate {
    fn take(&mut self, finder: &Finder<'_>, field: SearchField, text: &str, found: &Match) {
        let score = u32::from(found.score);
        let far_apart = field == SearchField::Description && score < finder.close;
        if far_apart || !tier::has_syllables(text, &finder.syllables) {
            return;
        }
        self.found = true;
        if !finder.word.negated {
            self.tier += u32::from(finder.tier(field, text));
            self.score += score;
        }
    }
}

/// Ranks a row a second time.
struct Ranker<'a> {
    words: Vec<(&'a Word, SkimMatcherV2)>,
}

impl<'a> Ranker<'a> {
    fn new(query: &'a Query) -> Self {
        let matcher = |word: &Word| {
            if word.case_sensitive {
                SkimMatcherV2::default().respect_case()
            } else {
                SkimMatcherV2::default().ignore_case()
            }
        };
        Self {
            words: query
                .words()
                .iter()
                .filter(|word| !word.negated)
                .map(|word| (word, matcher(word)))
                .collect(),
        }
    }

    fn score(&self, snapshot: &Snapshot, id: RowId) -> i64 {
        self.words
            .iter()
            .map(|(word, matcher)| score_word(word, matcher, snapshot, id))
            .sum()
    }
}

/// The score of a word in the first field that has it. The matcher knows the case of ASCII alone, so that other
/// texts are compared in small letters.
fn score_word(word: &Word, matcher: &SkimMatcherV2, snapshot: &Snapshot, id: RowId) -> i64 {
    let small = !word.case_sensitive && !word.text.is_ascii();
    let wanted = small.then(|| word.text.to_lowercase());
    let wanted = wanted.as_deref().unwrap_or(&word.text);
    SearchField::ALL
        .into_iter()
        .map(|field| snapshot.search_text(id, field))
        .filter(|text| !word.exact || tier::find(text, &word.text, word.case_sensitive).is_some())
        .find_map(|text| {
            if small {
                matcher.fuzzy_match(&text.to_lowercase(), wanted)
            } else {
                matcher.fuzzy_match(text, wanted)
            }
        })
        .unwrap_or(0)
}

#[cfg(test)]
mod tests;
