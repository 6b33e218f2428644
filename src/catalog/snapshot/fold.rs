//! Text as search compares it: accents, widths and ligatures folded away, Hangul as the letters that are typed.
//!
//! Folding keeps case (a query with a capital means it) and is the identity on ASCII, so that most of a catalog needs
//! no second copy. A Hangul syllable becomes its letters, a final consonant the same letter as an initial one and a
//! compound vowel its parts, so that a syllable half typed is a prefix of the whole one: `갈` of `가로`. The letters
//! are written as C1 control characters, which are dropped from every other text, because they take two bytes where
//! Unicode's own take three.

use std::borrow::Cow;

use unicode_normalization::char::{canonical_combining_class, decompose_compatible};

/// The 28 letters, in the order of their C1 characters: 14 consonants, 10 vowels, then ㅐ ㅒ ㅔ ㅖ.
const LETTERS: [char; 28] = [
    'ㄱ', 'ㄴ', 'ㄷ', 'ㄹ', 'ㅁ', 'ㅂ', 'ㅅ', 'ㅇ', 'ㅈ', 'ㅊ', 'ㅋ', 'ㅌ', 'ㅍ', 'ㅎ', 'ㅏ', 'ㅑ',
    'ㅓ', 'ㅕ', 'ㅗ', 'ㅛ', 'ㅜ', 'ㅠ', 'ㅡ', 'ㅣ', 'ㅐ', 'ㅒ', 'ㅔ', 'ㅖ',
];

/// Initial consonants in Unicode's order, each as the letters it folds to.
const INITIALS: [&str; 19] = [
    "ㄱ", "ㄱㄱ", "ㄴ", "ㄷ", "ㄷㄷ", "ㄹ", "ㅁ", "ㅂ", "ㅂㅂ", "ㅅ", "ㅅㅅ", "ㅇ", "ㅈ", "ㅈㅈ",
    "ㅊ", "ㅋ", "ㅌ", "ㅍ", "ㅎ",
];

/// Vowels in Unicode's order.
const VOWELS: [&str; 21] = [
    "ㅏ", "ㅐ", "ㅑ", "ㅒ", "ㅓ", "ㅔ", "ㅕ", "ㅖ", "ㅗ", "ㅗㅏ", "ㅗㅐ", "ㅗㅣ", "ㅛ", "ㅜ",
    "ㅜㅓ", "ㅜㅔ", "ㅜㅣ", "ㅠ", "ㅡ", "ㅡㅣ", "ㅣ",
];

/// Final consonants in Unicode's order, without the empty one.
const FINALS: [&str; 27] = [
    "ㄱ", "ㄱㄱ", "ㄱㅅ", "ㄴ", "ㄴㅈ", "ㄴㅎ", "ㄷ", "ㄹ", "ㄹㄱ", "ㄹㅁ", "ㄹㅂ", "ㄹㅅ", "ㄹㅌ",
    "ㄹㅍ", "ㄹㅎ", "ㅁ", "ㅂ", "ㅂㅅ", "ㅅ", "ㅅㅅ", "ㅇ", "ㅈ", "ㅊ", "ㅋ", "ㅌ", "ㅍ", "ㅎ",
];

/// Letters that Unicode does not decompose, as people without their keyboard type them.
const PLAIN: [(char, &str); 22] = [
    ('Ø', "O"),
    ('ø', "o"),
    ('Ł', "L"),
    ('ł', "l"),
    ('Đ', "D"),
    ('đ', "d"),
    ('ð', "d"),
    ('Ð', "D"),
    ('ß', "ss"),
    ('ẞ', "SS"),
    ('Æ', "AE"),
    ('æ', "ae"),
    ('Œ', "OE"),
    ('œ', "oe"),
    ('Þ', "Th"),
    ('þ', "th"),
    ('ı', "i"),
    ('Ħ', "H"),
    ('ħ', "h"),
    ('Ŧ', "T"),
    ('ŧ', "t"),
    ('’', "'"),
];

/// A text as search compares it.
pub fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        fold_char(c, &mut |c| folded.push(c));
    }
    Cow::Owned(folded)
}

/// As [`fold`], with the number of the character of `text` that each folded character comes from.
pub fn fold_with_origins(text: &str) -> (String, Vec<usize>) {
    let mut folded = String::with_capacity(text.len());
    let mut origins = Vec::with_capacity(text.len());
    for (n, c) in text.chars().enumerate() {
        fold_char(c, &mut |c| {
            folded.push(c);
            origins.push(n);
        });
    }
    (folded, origins)
}

/// Whether a folded character is a letter of a Hangul syllable.
pub fn is_hangul_letter(c: char) -> bool {
    ('\u{80}'..'\u{9c}').contains(&c)
}

/// The part of an owner's complete reference that search reads: `payments` of `group:default/payments`.
pub fn owner(entity_ref: &str) -> &str {
    let rest = entity_ref
        .split_once(':')
        .map_or(entity_ref, |(_, rest)| rest);
    rest.strip_prefix("default/").unwrap_or(rest)
}

fn fold_char(c: char, push: &mut impl FnMut(char)) {
    if c.is_ascii() {
        return push(c);
    }
    decompose_compatible(c, |c| {
        if c.is_ascii() {
            push(c);
        } else if let Some((_, plain)) = PLAIN.iter().find(|(special, _)| *special == c) {
            plain.chars().for_each(&mut *push);
        } else if let Some(letters) = hangul_letters(c) {
            letters.chars().filter_map(letter).for_each(&mut *push);
        } else if !is_dropped(c) {
            push(c);
        }
    });
}

/// Accents and what has no width. The voicing marks of kana stay: they make another letter.
fn is_dropped(c: char) -> bool {
    match c {
        '\u{80}'..='\u{9f}' => true,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' => true,
        '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' => true,
        '\u{3099}' | '\u{309a}' => false,
        _ => canonical_combining_class(c) != 0,
    }
}

/// The letters of a conjoining or a free-standing Hangul letter.
fn hangul_letters(c: char) -> Option<&'static str> {
    let nth = |table: &'static [&'static str], first: u32| {
        let n = usize::try_from(u32::from(c) - first).ok()?;
        table.get(n).copied()
    };
    match c {
        '\u{1100}'..='\u{1112}' => nth(&INITIALS, 0x1100),
        '\u{1161}'..='\u{1175}' => nth(&VOWELS, 0x1161),
        '\u{11a8}'..='\u{11c2}' => nth(&FINALS, 0x11a8),
        _ => None,
    }
}

fn letter(c: char) -> Option<char> {
    let n = LETTERS.iter().position(|letter| *letter == c)?;
    char::from_u32(0x80 + u32::try_from(n).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ascii_is_itself() {
        assert!(matches!(fold("Payment-Service 2"), Cow::Borrowed(_)));
    }

    #[test]
    fn accents_widths_and_ligatures_fold_away_and_case_stays() {
        assert_eq!(
            fold("Øslo Café Ｆｕｌｌ ﬁne Straße"),
            "Oslo Cafe Full fine Strasse"
        );
        assert_eq!(fold("Caf\u{65}\u{301}"), "Cafe");
        assert_eq!(fold("a\u{200b}b\u{202e}c"), "abc");
    }

    #[test]
    fn composed_and_decomposed_hangul_are_the_same() {
        assert_eq!(
            fold("결제"),
            fold("\u{1100}\u{1167}\u{11af}\u{110c}\u{1166}")
        );
        assert!(fold("결제").chars().all(is_hangul_letter));
    }

    #[test]
    fn a_half_typed_syllable_is_a_prefix_of_the_whole_one() {
        let whole = fold("결과").into_owned();
        for typed in ["ㄱ", "겨", "결", "결ㄱ", "결고", "결과"] {
            assert!(whole.starts_with(&*fold(typed)), "{typed}");
        }
        // The input method shows the next initial as a final until its vowel comes.
        assert!(fold("가로").starts_with(&*fold("갈")));
        assert!(fold("값이").starts_with(&*fold("갑")));
        assert!(fold("까지").starts_with(&*fold("ㄲ")));
    }

    #[test]
    fn every_letter_of_the_tables_has_a_character() {
        for letters in INITIALS.iter().chain(&VOWELS).chain(&FINALS) {
            assert!(letters.chars().all(|c| letter(c).is_some()), "{letters}");
        }
    }

    #[test]
    fn kana_keep_their_voice() {
        assert_ne!(fold("が"), fold("か"));
        assert_eq!(fold("が"), fold("か\u{3099}"));
    }

    #[test]
    fn an_owner_is_searched_without_what_is_implied() {
        assert_eq!(owner("group:default/payments"), "payments");
        assert_eq!(owner("user:emea/mara"), "emea/mara");
        assert_eq!(owner(""), "");
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing_but_hangul_which_is_dropped(text in "\\PC{0,40}") {
            let once = fold(&text).into_owned();
            let plain: String = once.chars().filter(|c| !is_hangul_letter(*c)).collect();
            prop_assert_eq!(fold(&once).into_owned(), plain);
        }

        #[test]
        fn every_folded_character_has_an_origin(text in "\\PC{0,40}") {
            let (folded, origins) = fold_with_origins(&text);
            prop_assert_eq!(&*fold(&text), &folded);
            prop_assert_eq!(folded.chars().count(), origins.len());
            prop_assert!(origins.iter().all(|n| *n < text.chars().count()));
        }
    }
}
