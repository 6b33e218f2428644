//! How good a place a word was found in: the tiers of a match.

use crate::catalog::snapshot::fold::is_hangul_letter;

/// The word is the name.
pub(super) const EXACT_NAME: u8 = 0;
/// The name begins with the word.
pub(super) const NAME_PREFIX: u8 = 1;
/// A word of the name begins with the word.
pub(super) const NAME_WORD_START: u8 = 2;
/// The name has its letters.
pub(super) const NAME: u8 = 3;
/// The title has its letters.
pub(super) const TITLE: u8 = 4;
/// A tag or the owner has its letters.
pub(super) const TAG_OR_OWNER: u8 = 5;
/// The description has its letters, close together.
pub(super) const DESCRIPTION: u8 = 6;

pub(super) fn has_uppercase(text: &str) -> bool {
    text.chars().any(char::is_uppercase)
}

/// The tier of a word whose letters the name has.
pub(super) fn of_name(name: &str, word: &str, case_sensitive: bool) -> u8 {
    if name.is_ascii() && word.is_ascii() {
        return of_ascii_name(name.as_bytes(), word.as_bytes(), case_sensitive);
    }
    if starts_with(name, word, case_sensitive) {
        if name.len() == word.len() || name.chars().count() == word.chars().count() {
            return EXACT_NAME;
        }
        return NAME_PREFIX;
    }
    match find_at_word_start(name, word, case_sensitive) {
        Some(_) => NAME_WORD_START,
        None => NAME,
    }
}

/// As [`of_name`], without decoding: nearly all names are ASCII, and a short word is looked for in nearly all of them.
fn of_ascii_name(name: &[u8], word: &[u8], case_sensitive: bool) -> u8 {
    let same = |a: &u8, b: &u8| {
        if case_sensitive {
            a == b
        } else {
            a.eq_ignore_ascii_case(b)
        }
    };
    let begins = |text: &[u8]| {
        text.get(..word.len())
            .is_some_and(|start| start.iter().zip(word).all(|(a, b)| same(a, b)))
    };
    if begins(name) {
        return if name.len() == word.len() {
            EXACT_NAME
        } else {
            NAME_PREFIX
        };
    }
    let starts_inside = name.windows(2).zip(1..).any(|(pair, at)| {
        let [before, c] = pair else { return false };
        word.first().is_some_and(|first| same(c, first))
            && begins_word(char::from(*before), char::from(*c))
            && name.get(at..).is_some_and(begins)
    });
    if starts_inside { NAME_WORD_START } else { NAME }
}

/// Whether a text begins with a word.
pub(super) fn starts_with(text: &str, word: &str, case_sensitive: bool) -> bool {
    if case_sensitive {
        return text.starts_with(word);
    }
    if word.is_ascii() {
        return text
            .as_bytes()
            .get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()));
    }
    let mut chars = text.chars();
    word.chars()
        .all(|wanted| chars.next().is_some_and(|c| same_letter(c, wanted)))
}

/// Where a word stands in a text in one piece, as a byte offset.
pub(super) fn find(text: &str, word: &str, case_sensitive: bool) -> Option<usize> {
    if case_sensitive {
        return text.find(word);
    }
    text.char_indices().map(|(at, _)| at).find(|at| {
        text.get(*at..)
            .is_some_and(|rest| starts_with(rest, word, false))
    })
}

/// Where a word stands at the beginning of a word of a text, as a byte offset.
pub(super) fn find_at_word_start(text: &str, word: &str, case_sensitive: bool) -> Option<usize> {
    let mut before = '-';
    for (at, c) in text.char_indices() {
        if begins_word(before, c)
            && text
                .get(at..)
                .is_some_and(|rest| starts_with(rest, word, case_sensitive))
        {
            return Some(at);
        }
        before = c;
    }
    None
}

/// Whether a word of a name begins between two characters: after punctuation, at a capital after a small letter,
/// where digits begin or end.
fn begins_word(before: char, c: char) -> bool {
    if !is_word(c) {
        return false;
    }
    !is_word(before)
        || (before.is_lowercase() && c.is_uppercase())
        || before.is_ascii_digit() != c.is_ascii_digit()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || is_hangul_letter(c)
}

/// Whether the Hangul of a word stands in a text syllable by syllable: the letters of each typed syllable side by
/// side, the syllables in order. Without it `가` would be found wherever a ㄱ is followed by an ㅏ far away.
pub(super) fn has_syllables(text: &str, syllables: &[String]) -> bool {
    let mut rest = text;
    syllables.iter().all(|syllable| {
        let found = rest.find(syllable.as_str());
        rest = found
            .and_then(|at| rest.get(at + syllable.len()..))
            .unwrap_or("");
        found.is_some()
    })
}

/// The typed syllables of a folded word, as [`has_syllables`] wants them; none where it has no Hangul. A syllable
/// begins at a consonant that a vowel follows; free-standing consonants (`ㄱㅈ`) are syllables of their own.
pub(super) fn syllables(word: &str) -> Vec<String> {
    let chars: Vec<char> = word.chars().collect();
    let is_vowel = |c: char| ('\u{8e}'..'\u{9c}').contains(&c);
    let is_consonant = |c: char| is_hangul_letter(c) && !is_vowel(c);
    let mut found: Vec<String> = Vec::new();
    let mut has_vowel = false;
    let mut before_was_letter = false;
    for (n, &c) in chars.iter().enumerate() {
        if !is_hangul_letter(c) {
            before_was_letter = false;
            continue;
        }
        let next_is_vowel = chars.get(n + 1).copied().is_some_and(is_vowel);
        let begins = !before_was_letter
            || (is_consonant(c) && (next_is_vowel || !has_vowel))
            || found.is_empty();
        if begins {
            found.push(String::new());
            has_vowel = false;
        }
        has_vowel |= is_vowel(c);
        before_was_letter = true;
        if let Some(last) = found.last_mut() {
            last.push(c);
        }
    }
    found
}

fn same_letter(a: char, b: char) -> bool {
    a == b || a.to_lowercase().eq(b.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::snapshot::fold::fold;

    #[test]
    fn a_name_is_exact_or_begins_or_has_a_word_that_begins() {
        let tier = |name, word| of_name(name, word, false);
        assert_eq!(tier("Pay", "pay"), EXACT_NAME);
        assert_eq!(tier("payments", "pay"), NAME_PREFIX);
        assert_eq!(tier("card-payments", "pay"), NAME_WORD_START);
        assert_eq!(tier("cardPayments", "pay"), NAME_WORD_START);
        assert_eq!(tier("card2pay", "pay"), NAME_WORD_START);
        assert_eq!(tier("prepay", "pay"), NAME);
        assert_eq!(tier("ПЛАТЕЖ-а", "платеж"), NAME_PREFIX);
        assert_eq!(of_name("pay", "Pay", true), NAME);
    }

    proptest::proptest! {
        #[test]
        fn an_ascii_name_has_the_tier_that_any_name_would(
            name in "[a-cA-C0-1-]{1,8}",
            word in "[a-cA-C0-1-]{1,3}",
            case_sensitive: bool,
        ) {
            // A name that is not ASCII takes the other way; a letter at the far end changes no tier but the exact one.
            let other = format!("{name}é");
            let expected = match of_name(&other, &word, case_sensitive) {
                NAME_PREFIX if name.len() == word.len() => EXACT_NAME,
                tier => tier,
            };
            proptest::prop_assert_eq!(of_name(&name, &word, case_sensitive), expected);
        }
    }

    #[test]
    fn a_word_is_found_in_one_piece() {
        assert_eq!(find("Prepaid PAY", "pay", false), Some(8));
        assert_eq!(find("Prepaid PAY", "pay", true), None);
        assert_eq!(find("서비스 결제", "결제", false), Some(10));
    }

    #[test]
    fn hangul_is_split_as_it_is_typed() {
        let parts = |word: &str| syllables(&fold(word)).len();
        assert_eq!(parts("결제"), 2);
        assert_eq!(parts("ㄱㅈ"), 2);
        assert_eq!(parts("값"), 1);
        assert_eq!(parts("pay결제v2가"), 3);
        assert_eq!(parts("pay"), 0);
    }

    #[test]
    fn letters_of_other_syllables_make_none() {
        let has = |text: &str, word: &str| has_syllables(&fold(text), &syllables(&fold(word)));
        assert!(has("결제 서비스", "결제"));
        assert!(has("결제 서비스", "결서"));
        assert!(has("결제 서비스", "ㄱㅈ"));
        assert!(has("가로", "갈"));
        assert!(!has("구나", "가"));
        assert!(!has("제결", "결제"));
    }
}
