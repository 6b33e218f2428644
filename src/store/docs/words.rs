//! Words as the index has them, and as a question asks for them.
//!
//! SQLite's `unicode61` takes a run of letters for one word. Chinese and Japanese have no spaces, and Korean writes
//! particles on to its words, so each of their characters is a word of its own here, and what a person types in them is
//! a phrase: `장애` finds `결제장애가`. (The trigram tokenizer needs three characters; most Korean words have two.)

use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Words of a question that count.
const MOST_WORDS: usize = 16;
/// Characters of a word that count.
const LONGEST_WORD: usize = 64;

/// A text as it is put into the index.
pub(super) fn indexed(text: &str) -> String {
    let composed: String = if is_nfc(text) {
        text.to_owned()
    } else {
        text.nfc().collect()
    };
    if composed.is_ascii() {
        return composed;
    }
    let mut out = String::with_capacity(composed.len() + composed.len() / 2);
    for c in composed.chars() {
        if stands_alone(c) {
            out.push(' ');
            out.push(c);
            out.push(' ');
        } else {
            out.push(c);
        }
    }
    out
}

/// Whether a character is a word of its own: Hangul, Han, Kana.
pub(super) fn stands_alone(c: char) -> bool {
    matches!(u32::from(c),
        0x1100..=0x11FF | 0x3040..=0x30FF | 0x3130..=0x318F | 0x31F0..=0x31FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF
        | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF | 0xFF66..=0xFF9D | 0x20000..=0x3134F)
}

/// What a person typed, in words: small letters, composed, without what no word has.
pub(super) fn asked(question: &str) -> Vec<String> {
    question
        .nfc()
        .collect::<String>()
        .to_lowercase()
        .split(|c: char| c.is_whitespace() || c == '"')
        .map(|word| {
            word.trim_matches(|c: char| !c.is_alphanumeric())
                .chars()
                .filter(|c| !c.is_control())
                .take(LONGEST_WORD)
                .collect::<String>()
        })
        .filter(|word| word.chars().any(char::is_alphanumeric))
        .take(MOST_WORDS)
        .collect()
}

/// The question as FTS5 reads it: every word quoted, so that nothing in it is an operator; the last part of a word may
/// go on, except where that would be half the index. None where nothing is asked.
pub(super) fn expression(words: &[String]) -> Option<String> {
    let phrases: Vec<String> = words
        .iter()
        .map(|word| {
            let parts = indexed(word);
            let last: String = parts
                .chars()
                .rev()
                .skip_while(|c| !c.is_alphanumeric())
                .take_while(|c| c.is_alphanumeric())
                .collect();
            let goes_on = last.chars().count() > 1;
            let star = if goes_on { "*" } else { "" };
            format!("\"{}\"{star}", parts.replace('"', " "))
        })
        .collect();
    (!phrases.is_empty()).then(|| phrases.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(question: &str) -> Option<String> {
        expression(&asked(question))
    }

    #[test]
    fn nothing_a_person_types_is_an_operator() {
        assert_eq!(of("pool OR (x)").unwrap(), "\"pool\"* \"or\"* \"x\"");
        assert_eq!(of("a\" NEAR *").unwrap(), "\"a\" \"near\"*");
        assert_eq!(of("title:x").unwrap(), "\"title:x\"");
        assert_eq!(of(" * \" - "), None);
    }

    #[test]
    fn korean_is_asked_for_as_a_phrase_of_its_characters() {
        assert_eq!(of("장애").unwrap(), "\" 장  애 \"");
        // Decomposed, as macOS writes file names.
        assert_eq!(of("\u{110c}\u{1161}\u{11bc}애"), of("장애"));
        assert_eq!(indexed("DB장애 x"), "DB 장  애  x");
    }
}
