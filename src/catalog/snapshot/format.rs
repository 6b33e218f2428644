//! The snapshot's file: a header, numbers, text. Little-endian, no padding, nothing that needs decoding.
//!
//! | part | content |
//! |---|---|
//! | header | 64 bytes: magic and version, generation, counts, checksums |
//! | rows | 16 numbers each: edges in the text, numbers of column values, flags, first relation, folded texts |
//! | values | 2 numbers each: edges of a distinct text of a column, a relation's name, a dangling reference |
//! | types | 1 number each: the value that is a relation's name |
//! | relations | 1 number each: 8 bits of type, 24 bits of target (a row, or rows + value where it dangles) |
//! | folded | 6 numbers each: edges of the folded texts of a row, only where they differ from its texts |
//! | text | UTF-8; a row's own texts stand side by side |
//!
//! Both parts have a checksum, so that a damaged file is rebuilt rather than shown; no accessor relies on it.

use super::{Column, RowFlags};

/// Changes with every change of the format: a file of another one is rebuilt.
const MAGIC: [u8; 8] = *b"cbindex\x02";

/// Bytes of the header.
pub const HEADER_LEN: usize = 64;
/// Numbers of a row.
pub(super) const ROW_WORDS: usize = 16;
/// Numbers of a row's folded texts.
pub(super) const FOLDED_WORDS: usize = 6;
/// Stands for no number.
pub(super) const NONE: u32 = u32::MAX;
/// Rows and values together stay below this, so that a target fits its bits.
pub(super) const MOST_TARGETS: u32 = 1 << 24;
/// Distinct names of relations stay below this.
pub(super) const MOST_TYPES: u32 = 1 << 8;

/// The file's first bytes: how much of everything follows.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Header {
    pub(super) generation: u64,
    pub(super) rows: u32,
    pub(super) values: u32,
    pub(super) types: u32,
    pub(super) relations: u32,
    pub(super) folded: u32,
    pub(super) text: u32,
    pub(super) numbers_sum: u32,
    pub(super) text_sum: u32,
}

/// Where the parts begin: in numbers of four bytes, but the lengths in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Layout {
    pub(super) values: usize,
    pub(super) types: usize,
    pub(super) relations: usize,
    pub(super) folded: usize,
    /// Bytes of all numbers.
    pub numbers_len: usize,
    /// Bytes of the text.
    pub text_len: usize,
}

impl Header {
    /// Reads a header; none where it is damaged or of another format.
    pub fn parse(bytes: &[u8; HEADER_LEN]) -> Option<Self> {
        let word = |n: usize| {
            let four = bytes.get(n * 4..n * 4 + 4)?;
            Some(u32::from_le_bytes(four.try_into().ok()?))
        };
        let sum = bytes.get(..HEADER_LEN - 4).map(crc32fast::hash)?;
        if bytes.get(..8)? != MAGIC || word(15)? != sum {
            return None;
        }
        Some(Self {
            generation: u64::from(word(2)?) | u64::from(word(3)?) << 32,
            rows: word(4)?,
            values: word(5)?,
            types: word(6)?,
            relations: word(7)?,
            folded: word(8)?,
            text: word(9)?,
            numbers_sum: word(10)?,
            text_sum: word(11)?,
        })
    }

    pub(super) fn to_bytes(self) -> [u8; HEADER_LEN] {
        let mut bytes = [0; HEADER_LEN];
        let fields = MAGIC
            .into_iter()
            .chain(self.generation.to_le_bytes())
            .chain(
                [
                    self.rows,
                    self.values,
                    self.types,
                    self.relations,
                    self.folded,
                    self.text,
                    self.numbers_sum,
                    self.text_sum,
                ]
                .into_iter()
                .flat_map(u32::to_le_bytes),
            );
        for (place, byte) in bytes.iter_mut().zip(fields) {
            *place = byte;
        }
        if let Some((body, sum)) = bytes.split_last_chunk_mut::<4>() {
            *sum = crc32fast::hash(body).to_le_bytes();
        }
        bytes
    }

    /// Where the parts are; none where the counts cannot be (they are a file's word).
    pub fn layout(&self) -> Option<Layout> {
        let part = |count: u32, words: usize| (count as usize).checked_mul(words);
        let values = part(self.rows, ROW_WORDS)?;
        let types = values.checked_add(part(self.values, 2)?)?;
        let relations = types.checked_add(part(self.types, 1)?)?;
        let folded = relations.checked_add(part(self.relations, 1)?)?;
        let end = folded.checked_add(part(self.folded, FOLDED_WORDS)?)?;
        Some(Layout {
            values,
            types,
            relations,
            folded,
            numbers_len: end.checked_mul(4)?,
            text_len: self.text as usize,
        })
    }

    /// Takes the numbers of the file; none where they are not those that were written.
    pub fn numbers(&self, bytes: Vec<u8>) -> Option<Numbers> {
        let numbers = Numbers(bytes);
        (numbers.sum() == self.numbers_sum).then_some(numbers)
    }

    /// Takes the text of the file; none where it is not that which was written.
    pub fn text(&self, bytes: Vec<u8>) -> Option<Text> {
        if crc32fast::hash(&bytes) != self.text_sum {
            return None;
        }
        String::from_utf8(bytes).ok().map(Text)
    }
}

/// The numbers of a snapshot.
#[derive(Debug, Default)]
pub struct Numbers(Vec<u8>);

impl Numbers {
    pub(super) fn from_words(words: &[u32]) -> Self {
        Self(words.iter().flat_map(|word| word.to_le_bytes()).collect())
    }

    pub(super) fn sum(&self) -> u32 {
        crc32fast::hash(&self.0)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// One number; 0 beyond the end.
    pub(super) fn word(&self, n: usize) -> u32 {
        self.0
            .get(n * 4..)
            .and_then(|rest| rest.first_chunk())
            .map_or(0, |four| u32::from_le_bytes(*four))
    }

    /// The numbers of a range; none where it does not lie within.
    pub(super) fn words(&self, range: std::ops::Range<usize>) -> impl Iterator<Item = u32> + '_ {
        let all = self.0.as_chunks::<4>().0;
        all.get(range)
            .unwrap_or_default()
            .iter()
            .map(|four| u32::from_le_bytes(*four))
    }

    pub(super) fn row(&self, n: usize) -> RowWords<'_> {
        self.0
            .get(n * ROW_WORDS * 4..)
            .and_then(|rest| rest.first_chunk())
            .map_or(RowWords::NONE, RowWords)
    }
}

/// The text of a snapshot.
#[derive(Debug, Default)]
pub struct Text(String);

impl Text {
    pub(super) fn new(text: String) -> Self {
        Self(text)
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The text between two edges; empty where they are no edges of characters.
    pub(super) fn slice(&self, from: u32, to: u32) -> &str {
        self.0.get(from as usize..to as usize).unwrap_or("")
    }
}

/// The numbers of one row.
#[derive(Clone, Copy)]
pub(super) struct RowWords<'a>(&'a [u8; ROW_WORDS * 4]);

impl RowWords<'_> {
    /// A row of empty texts.
    pub(super) const NONE: RowWords<'static> = RowWords(&[0xff; ROW_WORDS * 4]);

    fn word(self, n: usize) -> u32 {
        match self.0.as_chunks::<4>().0.get(n) {
            Some(four) => u32::from_le_bytes(*four),
            None => 0,
        }
    }

    pub(super) fn start(self) -> u32 {
        self.word(0)
    }

    pub(super) fn ref_end(self) -> u32 {
        self.word(1)
    }

    /// Within the reference where the name is spelt as there, else right behind it.
    pub(super) fn name_start(self) -> u32 {
        self.word(2)
    }

    pub(super) fn name_end(self) -> u32 {
        self.word(3)
    }

    pub(super) fn title_end(self) -> u32 {
        self.word(4)
    }

    pub(super) fn tags_end(self) -> u32 {
        self.word(5)
    }

    pub(super) fn description_end(self) -> u32 {
        self.word(6)
    }

    pub(super) fn column(self, column: Column) -> u32 {
        self.word(match column {
            Column::Kind => 7,
            Column::Namespace => 8,
            Column::Owner => 9,
            Column::Type => 10,
            Column::Lifecycle => 11,
            Column::System => 12,
        })
    }

    pub(super) fn flags_and_problems(self) -> (RowFlags, u32) {
        let word = self.word(13);
        if word == NONE {
            return (RowFlags::default(), 0);
        }
        let flag = |bit: u32| word & (1 << bit) != 0;
        let flags = RowFlags {
            docs: flag(0),
            runbook: flag(1),
            invalid: flag(2),
            orphan: flag(3),
            stale: flag(4),
            unserved: flag(5),
        };
        (flags, word >> 8)
    }

    pub(super) fn relations(self) -> u32 {
        self.word(14)
    }

    pub(super) fn folded(self) -> u32 {
        self.word(15)
    }
}

/// A row's flags and number of problems as one number: what [`RowWords::flags_and_problems`] reads.
pub(super) fn pack_flags(flags: RowFlags, problems: u32) -> u32 {
    // One less than all bits, which stand for no row.
    let problems = problems.min((1 << 24) - 2);
    [
        flags.docs,
        flags.runbook,
        flags.invalid,
        flags.orphan,
        flags.stale,
        flags.unserved,
    ]
    .into_iter()
    .zip(0..)
    .fold(problems << 8, |word, (set, bit)| {
        word | u32::from(set) << bit
    })
}

/// A relation as one number; none where type or target is beyond what it can hold.
pub(super) fn pack_relation(relation: u32, target: u32) -> Option<u32> {
    (relation < MOST_TYPES && target < MOST_TARGETS).then_some(relation << 24 | target)
}

pub(super) fn unpack_relation(word: u32) -> (u32, u32) {
    (word >> 24, word & (MOST_TARGETS - 1))
}
