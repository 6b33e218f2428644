//! Strings as JavaScript has them: UTF-16 code units, half a surrogate pair included, since `length`, indices and the
//! pieces of a split string are counted in them. Nothing here knows of templates.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// An immutable string of UTF-16 code units; cloning shares it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Text(Arc<[u16]>);

impl Text {
    /// Whether the text is this one.
    pub(crate) fn is(&self, other: &str) -> bool {
        same(self, other)
    }
}

impl Deref for Text {
    type Target = [u16];

    fn deref(&self) -> &[u16] {
        &self.0
    }
}

impl From<&[u16]> for Text {
    fn from(units: &[u16]) -> Self {
        Self(units.into())
    }
}

impl From<Vec<u16>> for Text {
    fn from(units: Vec<u16>) -> Self {
        Self(units.into())
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(units(text).into())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

/// Half a surrogate pair is written as the replacement character.
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf16_lossy(&self.0))
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", String::from_utf16_lossy(&self.0))
    }
}

/// The code units of a text.
pub(crate) fn units(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

/// Whether code units spell a text.
pub(crate) fn same(units: &[u16], text: &str) -> bool {
    units.iter().copied().eq(text.encode_utf16())
}

/// A code unit that is one of these ASCII characters.
pub(crate) fn is_ascii(unit: u16, characters: &str) -> bool {
    char::from_u32(u32::from(unit)).is_some_and(|c| characters.contains(c))
}

/// What JavaScript trims and `\s` matches.
pub(crate) fn is_space(unit: u16) -> bool {
    matches!(
        unit,
        9..=13 | 32 | 0xa0 | 0x1680 | 0x2000..=0x200a | 0x2028 | 0x2029 | 0x202f | 0x205f | 0x3000 | 0xfeff
    )
}

/// The text without the white space at its beginning.
pub(crate) fn trim_start(text: &[u16]) -> &[u16] {
    let start = text
        .iter()
        .position(|u| !is_space(*u))
        .unwrap_or(text.len());
    text.get(start..).unwrap_or_default()
}

/// The text without the white space at its end.
pub(crate) fn trim_end(text: &[u16]) -> &[u16] {
    let end = text
        .iter()
        .rposition(|u| !is_space(*u))
        .map_or(0, |at| at + 1);
    text.get(..end).unwrap_or_default()
}

/// The text without the white space at both ends.
pub(crate) fn trim(text: &[u16]) -> &[u16] {
    trim_end(trim_start(text))
}

/// Where `needle` is first found at or after `from`; an empty one is found at `from`. Linear in both lengths.
pub(crate) fn find(text: &[u16], needle: &[u16], from: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    let Some(first) = needle.first() else {
        return Some(from);
    };
    if needle.len() <= 4 {
        return rest
            .windows(needle.len())
            .position(|window| window.first() == Some(first) && window == needle)
            .map(|at| at + from);
    }
    // Knuth, Morris and Pratt: texts made to be slow to search are no slower than others.
    let borders = borders(needle);
    let mut matched = 0;
    for (at, unit) in rest.iter().enumerate() {
        while matched > 0 && needle.get(matched) != Some(unit) {
            matched = borders.get(matched - 1).copied().unwrap_or(0);
        }
        if needle.get(matched) == Some(unit) {
            matched += 1;
        }
        if matched == needle.len() {
            return Some(from + at + 1 - matched);
        }
    }
    None
}

/// For each beginning of a text, the length of its longest end that is also its beginning.
fn borders(needle: &[u16]) -> Vec<usize> {
    let mut borders = vec![0; needle.len()];
    let mut matched = 0;
    for at in 1..needle.len() {
        while matched > 0 && needle.get(matched) != needle.get(at) {
            matched = borders.get(matched - 1).copied().unwrap_or(0);
        }
        if needle.get(matched) == needle.get(at) {
            matched += 1;
        }
        if let Some(border) = borders.get_mut(at) {
            *border = matched;
        }
    }
    borders
}

/// Where `needle` is last found at or before `latest`. Linear in both lengths.
pub(crate) fn find_last(text: &[u16], needle: &[u16], latest: usize) -> Option<usize> {
    if needle.len() > text.len() {
        return None;
    }
    let latest = latest.min(text.len() - needle.len());
    let head = text.get(..latest + needle.len())?;
    let backwards: Vec<u16> = head.iter().rev().copied().collect();
    let wanted: Vec<u16> = needle.iter().rev().copied().collect();
    find(&backwards, &wanted, 0).map(|at| head.len() - at - needle.len())
}

/// The pieces between separators; an empty separator gives one piece a code unit.
pub(crate) fn split(text: &[u16], separator: &[u16]) -> Vec<Text> {
    if separator.is_empty() {
        return text
            .iter()
            .map(|unit| Text::from([*unit].as_slice()))
            .collect();
    }
    let mut pieces = Vec::new();
    let mut from = 0;
    while let Some(at) = find(text, separator, from) {
        pieces.push(Text::from(text.get(from..at).unwrap_or_default()));
        from = at + separator.len();
    }
    pieces.push(Text::from(text.get(from..).unwrap_or_default()));
    pieces
}

/// The text in lower case, by Unicode's rules for no language in particular.
pub(crate) fn lower(text: &[u16]) -> Vec<u16> {
    recase(text, str::to_lowercase)
}

/// The text in upper case, by Unicode's rules for no language in particular.
pub(crate) fn upper(text: &[u16]) -> Vec<u16> {
    recase(text, str::to_uppercase)
}

fn recase(text: &[u16], change: fn(&str) -> String) -> Vec<u16> {
    if let Ok(text) = String::from_utf16(text) {
        return units(&change(&text));
    }
    // Halves of surrogate pairs have no case: what stands between them is changed piece by piece.
    let mut out = Vec::with_capacity(text.len());
    let mut piece = String::new();
    for character in char::decode_utf16(text.iter().copied()) {
        match character {
            Ok(character) => piece.push(character),
            Err(half) => {
                out.extend(change(&piece).encode_utf16());
                piece.clear();
                out.push(half.unpaired_surrogate());
            }
        }
    }
    out.extend(change(&piece).encode_utf16());
    out
}

/// The text with its first code unit in upper case.
pub(crate) fn capitalized(text: &[u16]) -> Vec<u16> {
    let Some((first, rest)) = text.split_first() else {
        return Vec::new();
    };
    let mut out = upper(&[*first]);
    out.extend_from_slice(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_forwards_and_backwards() {
        let text = units("aabaabaaab");
        assert_eq!(find(&text, &units("aab"), 1), Some(3));
        assert_eq!(find(&text, &units("aabaaa"), 0), Some(3));
        assert_eq!(find(&text, &units("aabaaaa"), 0), None);
        assert_eq!(find(&text, &[], 10), Some(10));
        assert_eq!(find(&text, &[], 11), None);
        assert_eq!(find_last(&text, &units("aab"), 6), Some(3));
        assert_eq!(find_last(&text, &units("aab"), 99), Some(7));
    }

    #[test]
    fn half_a_surrogate_pair_survives_a_change_of_case() {
        assert_eq!(upper(&[0xd83d, 97]), [0xd83d, 65]);
        assert_eq!(upper(&units("ß")), units("SS"));
    }

    #[test]
    fn an_empty_separator_splits_into_code_units() {
        assert_eq!(split(&units("😀"), &[]).len(), 2);
        assert_eq!(split(&[], &[]).len(), 0);
        assert_eq!(split(&[], &units("-")).len(), 1);
    }
}
