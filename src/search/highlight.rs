//! Which characters of a text a query found, for the rows that are on screen.

use std::collections::BTreeSet;

use fuzzy_matcher::FuzzyMatcher;
use fuzzy_matcher::skim::SkimMatcherV2;

use super::query::{Query, Word};
use super::tier::{find, find_at_word_start, has_syllables, syllables};
use crate::catalog::snapshot::fold::fold_with_origins;

/// The characters (counted from 0) of a text that the query's words found in it, in order; a word that is not in
/// this text marks nothing. A piece that stands together is preferred to letters here and there.
pub fn highlight(query: &Query, text: &str) -> Vec<usize> {
    let wanted: Vec<&Word> = query.words().iter().filter(|word| !word.negated).collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    let (folded, origins) = fold_with_origins(text);
    let mut marked = BTreeSet::new();
    for word in wanted {
        for n in positions(word, &folded) {
            marked.extend(origins.get(n));
        }
    }
    marked.into_iter().collect()
}

/// The characters of a folded text that a word found.
fn positions(word: &Word, folded: &str) -> Vec<usize> {
    let together = find_at_word_start(folded, &word.text, word.case_sensitive)
        .or_else(|| find(folded, &word.text, word.case_sensitive));
    if let Some(at) = together {
        let first = folded.get(..at).map_or(0, |before| before.chars().count());
        return (first..first + word.text.chars().count()).collect();
    }
    if word.exact || !has_syllables(folded, &syllables(&word.text)) {
        return Vec::new();
    }
    let matcher = SkimMatcherV2::default();
    let found = if word.case_sensitive {
        matcher.respect_case().fuzzy_indices(folded, &word.text)
    } else {
        matcher.ignore_case().fuzzy_indices(folded, &word.text)
    };
    found.map_or_else(Vec::new, |(_, positions)| positions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn marked(query: &str, text: &str) -> String {
        let positions = highlight(&Query::parse(query), text);
        text.chars()
            .enumerate()
            .map(|(n, c)| if positions.contains(&n) { c } else { '.' })
            .collect()
    }

    #[test]
    fn every_word_marks_its_letters() {
        assert_eq!(marked("pay svc", "card-payment-svc"), ".....pay.....svc");
        assert_eq!(marked("psvc", "payment-svc"), "p.......svc");
        assert_eq!(marked("\"ment\"", "payment"), "...ment");
        assert_eq!(marked("zzz -pay kind:api", "payment"), ".......");
    }

    #[test]
    fn a_piece_that_stands_together_is_marked_rather_than_letters() {
        assert_eq!(marked("pay", "p-a-y-pay"), "......pay");
        assert_eq!(marked("pay", "prepay-pay"), ".......pay");
    }

    #[test]
    fn marks_stand_on_the_characters_as_written() {
        assert_eq!(marked("cafe", "Le Café"), "...Café");
        assert_eq!(marked("결ㅈ", "새 결제"), "..결제");
        assert_eq!(marked("strasse", "Straße"), "Straße");
    }

    proptest! {
        #[test]
        fn marks_are_characters_of_the_text(query in "\\PC{0,12}", text in "\\PC{0,30}") {
            let count = text.chars().count();
            prop_assert!(highlight(&Query::parse(&query), &text).iter().all(|n| *n < count));
        }
    }
}
