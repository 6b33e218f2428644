//! Which files are binary, by the rule of npm's `isbinaryfile` 5, which Backstage asks: such files are copied as they are.
//!
//! It looks at the first bytes alone. Text in UTF-16 without a mark has NUL bytes in it and counts as binary; Latin-1
//! with few letters above ASCII counts as text.

/// Bytes that are judged.
const JUDGED: usize = 512;
/// Bytes after them that may finish a character.
const RESERVE: usize = 3;

/// Whether a file that begins so (with at least 515 bytes, where it has them) is binary.
pub fn is_binary(file: &[u8]) -> bool {
    let seen = file.get(..JUDGED + RESERVE).unwrap_or(file);
    let judged = seen.get(..JUDGED).unwrap_or(seen);
    if judged.is_empty() {
        return false;
    }
    const TEXT_MARKS: [&[u8]; 4] = [
        &[0xef, 0xbb, 0xbf],
        &[0x00, 0x00, 0xfe, 0xff],
        &[0xff, 0xfe, 0x00, 0x00],
        &[0x84, 0x31, 0x95, 0x33],
    ];
    if TEXT_MARKS.iter().any(|mark| seen.starts_with(mark)) {
        return false;
    }
    if seen.starts_with(b"%PDF-") {
        return true;
    }
    if seen.starts_with(&[0xfe, 0xff]) || seen.starts_with(&[0xff, 0xfe]) {
        return false;
    }
    let too_many = |suspicious: usize| suspicious * 100 > judged.len() * 10;
    let mut suspicious = 0;
    let mut at = 0;
    while let Some(byte) = judged.get(at) {
        match byte {
            0 => return true,
            7..=14 | 32..=127 => {}
            _ => match character(seen, at) {
                Character::Whole(length) => at += length - 1,
                Character::Broken(skipped) => {
                    at += skipped;
                    suspicious += 1;
                    // A verdict early on needs some bytes to go by.
                    if at >= 32 && too_many(suspicious) {
                        return true;
                    }
                }
            },
        }
        at += 1;
    }
    too_many(suspicious) || suspicious > 1 && is_protobuf(judged)
}

enum Character {
    /// A character of UTF-8 of so many bytes.
    Whole(usize),
    /// None; so many bytes after the first were looked at and are not judged by themselves.
    Broken(usize),
}

fn character(seen: &[u8], at: usize) -> Character {
    let continues =
        |offset: usize| (seen.get(at + offset)).is_some_and(|byte| (0x80..=0xbf).contains(byte));
    let length = match seen.get(at) {
        Some(0xc0..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..=0xf7) => 4,
        _ => return Character::Broken(0),
    };
    if at + length > seen.len() {
        Character::Broken(0)
    } else if (1..length).all(continues) {
        Character::Whole(length)
    } else {
        Character::Broken(1)
    }
}

/// Whether the bytes read as fields of Protocol Buffers up to their end.
fn is_protobuf(bytes: &[u8]) -> bool {
    let mut reader = Reader { bytes, at: 0 };
    let mut fields = 0;
    loop {
        match reader.field() {
            Field::Whole => fields += 1,
            Field::Wrong => return false,
            Field::CutShort => return fields > 0,
        }
    }
}

enum Field {
    Whole,
    Wrong,
    CutShort,
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    /// A number of 7 bits a byte; JavaScript's shifts wrap at 32 bits.
    fn number(&mut self) -> Option<i32> {
        let mut number = 0_i32;
        for index in 0..=10_u32 {
            let byte = *self.bytes.get(self.at)?;
            self.at += 1;
            number |= i32::from(byte & 0x7f).wrapping_shl(7 * index);
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn skip(&mut self, length: i32) -> Option<()> {
        // A length below zero skips nothing, as a loop up to it would.
        let length = usize::try_from(length).unwrap_or(0);
        (length <= self.bytes.len() - self.at).then(|| self.at += length)
    }

    fn field(&mut self) -> Field {
        let Some(kind) = self.number() else {
            return Field::CutShort;
        };
        let whole = match kind & 7 {
            0 => self.number().map(|_| ()),
            1 => self.skip(8),
            2 => self.number().and_then(|length| self.skip(length)),
            5 => self.skip(4),
            _ => return Field::Wrong,
        };
        whole.map_or(Field::CutShort, |()| Field::Whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_in_common_encodings_is_text() {
        assert!(!is_binary(b""));
        assert!(!is_binary(b"hello\r\n\tworld\n"));
        assert!(!is_binary("한글 ünïcödé 🎉".as_bytes()));
        assert!(!is_binary("\u{feff}with a mark\0".as_bytes()));
        assert!(!is_binary(b"\xff\xfeh\0i\0"), "UTF-16 with its mark");
        assert!(!is_binary(b"a longer line in Latin-1 with caf\xe9 in it"));
    }

    #[test]
    fn what_holds_a_nul_or_much_that_is_no_text_is_binary() {
        assert!(is_binary(b"\0\x01binary ${{ values.name }}"));
        assert!(is_binary(b"h\0i\0"), "UTF-16 without a mark");
        assert!(is_binary(b"%PDF-1.7"));
        assert!(is_binary(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"));
        assert!(is_binary(&[0x01; 40]));
        assert!(is_binary(&[0xe9; 600]));
        assert!(is_binary(&b"\x1b[31m".repeat(50)), "one byte in five");
    }

    #[test]
    fn only_the_beginning_counts() {
        let mut file = b"a".repeat(512);
        file.push(0);
        assert!(!is_binary(&file));
        let mut file = b"a".repeat(511);
        file.push(0);
        assert!(is_binary(&file));
        // A character that the border cuts is whole.
        let text = format!("{}{}", "a".repeat(510), "🎉".repeat(9));
        assert!(!is_binary(text.as_bytes()));
    }

    #[test]
    fn a_few_odd_bytes_are_binary_where_they_read_as_protobuf() {
        let mut message = vec![0x0a, 38];
        message.extend(b"a name that is long enough for a text ");
        message.extend([0x08, 0x96, 0x01, 0x08, 0x96, 0x01]);
        assert!(is_binary(&message));
        message[0] = 0x0b;
        assert!(!is_binary(&message));
    }
}
