//! Building a snapshot from rows.

use std::collections::HashMap;

use super::format::{
    Header, MOST_TARGETS, NONE, Numbers, ROW_WORDS, Text, pack_flags, pack_relation,
};
use super::{RowInput, Snapshot, fold, order_key};

/// The bytes that are kept of a title, of tags and of a description: rows are for finding, not for reading.
pub const LONGEST_TEXT: usize = 1024;

pub(super) fn build(mut rows: Vec<RowInput>, generation: u64) -> Snapshot {
    rows.sort_by(|a, b| order_key(&a.entity_ref).cmp(&order_key(&b.entity_ref)));
    rows.dedup_by(|later, first| later.entity_ref == first.entity_ref);
    // Beyond what a target can name there is no catalog; what fits is shown.
    rows.truncate(MOST_TARGETS as usize / 2);

    let ids: HashMap<&str, u32> = rows
        .iter()
        .zip(0..)
        .map(|(row, id)| (row.entity_ref.as_str(), id))
        .collect();
    let mut builder = Builder {
        row_count: u32::try_from(rows.len()).unwrap_or(NONE),
        ids,
        ..Builder::default()
    };
    for row in &rows {
        builder.push(row);
    }
    builder.finish(generation)
}

#[derive(Default)]
struct Builder<'a> {
    row_count: u32,
    ids: HashMap<&'a str, u32>,
    rows: Vec<u32>,
    text: String,
    /// Edges in `value_text`, which comes behind the rows' texts: values are read for row after row, and stay in the
    /// processor's cache where they stand together.
    values: Vec<u32>,
    value_text: String,
    value_of: HashMap<&'a str, u32>,
    types: Vec<u32>,
    type_of: HashMap<&'a str, u32>,
    relations: Vec<u32>,
    folded: Vec<u32>,
}

impl<'a> Builder<'a> {
    fn push(&mut self, row: &'a RowInput) {
        let start = self.edge();
        let ref_end = self.append(&row.entity_ref);
        let (name_start, name_end) = if row.entity_ref.ends_with(&row.name) {
            let length = u32::try_from(row.name.len()).unwrap_or(0);
            (ref_end.saturating_sub(length), ref_end)
        } else {
            (ref_end, self.append(&row.name))
        };
        let title_end = self.append(shortened(&row.title));
        let tags_end = self.append(shortened(&row.tags));
        let description_end = self.append(shortened(&row.description));
        let words: [u32; ROW_WORDS] = [
            start,
            ref_end,
            name_start,
            name_end,
            title_end,
            tags_end,
            description_end,
            self.value(&row.kind),
            self.value(&row.namespace),
            self.value(&row.owner),
            self.value(&row.spec_type),
            self.value(&row.lifecycle),
            self.value(&row.system),
            pack_flags(row.flags, row.problems),
            u32::try_from(self.relations.len()).unwrap_or(NONE),
            self.fold(row),
        ];
        self.rows.extend(words);
        for (relation, target) in &row.relations {
            let relation = self.relation_type(relation);
            let target = match self.ids.get(target.as_str()) {
                Some(id) => *id,
                None => self.row_count.saturating_add(self.value(target)),
            };
            self.relations.extend(pack_relation(relation, target));
        }
    }

    /// Adds the folded texts of a row where any of them differs, and says which they are.
    fn fold(&mut self, row: &RowInput) -> u32 {
        let texts = [
            &row.name,
            shortened(&row.title),
            shortened(&row.tags),
            fold::owner(&row.owner),
            shortened(&row.description),
        ];
        if texts
            .iter()
            .all(|text| text.is_ascii() || fold::fold(text) == *text)
        {
            return NONE;
        }
        let number = u32::try_from(self.folded.len() / super::format::FOLDED_WORDS).unwrap_or(NONE);
        let mut edge = self.edge();
        self.folded.push(edge);
        for text in texts {
            edge = self.append(&fold::fold(text));
            self.folded.push(edge);
        }
        number
    }

    fn edge(&self) -> u32 {
        edge(&self.text)
    }

    /// Appends a text and returns where it ends; one that would pass what an edge can name is left out.
    fn append(&mut self, text: &str) -> u32 {
        if self.text.len() + text.len() < NONE as usize {
            self.text.push_str(text);
        }
        self.edge()
    }

    fn value(&mut self, text: &'a str) -> u32 {
        if let Some(number) = self.value_of.get(text) {
            return *number;
        }
        let number = u32::try_from(self.values.len() / 2).unwrap_or(NONE);
        let start = edge(&self.value_text);
        self.value_text.push_str(text);
        self.values.extend([start, edge(&self.value_text)]);
        self.value_of.insert(text, number);
        number
    }

    fn relation_type(&mut self, relation: &'a str) -> u32 {
        if let Some(number) = self.type_of.get(relation) {
            return *number;
        }
        let number = u32::try_from(self.types.len()).unwrap_or(NONE);
        let value = self.value(relation);
        self.types.push(value);
        self.type_of.insert(relation, number);
        number
    }

    fn finish(mut self, generation: u64) -> Snapshot {
        let base = self.edge();
        let value_text = std::mem::take(&mut self.value_text);
        self.append(&value_text);
        for edge in &mut self.values {
            *edge = edge.saturating_add(base);
        }
        let count = |length: usize| u32::try_from(length).unwrap_or(NONE);
        let mut header = Header {
            generation,
            rows: self.row_count,
            values: count(self.values.len() / 2),
            types: count(self.types.len()),
            relations: count(self.relations.len()),
            folded: count(self.folded.len() / super::format::FOLDED_WORDS),
            text: count(self.text.len()),
            ..Header::default()
        };
        let mut words = self.rows;
        words.reserve_exact(
            self.values.len() + self.types.len() + self.relations.len() + self.folded.len(),
        );
        words.extend(self.values);
        words.extend(self.types);
        words.extend(self.relations);
        words.extend(self.folded);
        let numbers = Numbers::from_words(&words);
        let mut text = self.text;
        text.shrink_to_fit();
        header.numbers_sum = numbers.sum();
        header.text_sum = crc32fast::hash(text.as_bytes());
        Snapshot::from_parts(header, numbers, Text::new(text)).unwrap_or_default()
    }
}

/// Where the next text would begin.
fn edge(text: &str) -> u32 {
    u32::try_from(text.len()).unwrap_or(NONE)
}

/// As many whole characters as fit [`LONGEST_TEXT`].
fn shortened(text: &str) -> &str {
    let mut end = text.len().min(LONGEST_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or("")
}
