//! The catalog as the interface holds it: one row an entity, with every field that search, filters, lists and
//! the tree use, and the relations between rows. Immutable, cheap to share, and read from a flat file before
//! any database is opened.
//!
//! It holds no YAML and no long text: what only an entity's own page shows is fetched from the store. In memory it
//! is what it is in its file, numbers and text, with nothing built beside them ([`format`]); every accessor is total,
//! so that even a file whose checksums lie can make nothing worse than wrong text.

mod build;
pub mod fold;
pub mod format;

use std::io;

use super::entity_ref::EntityRef;
use format::{Header, Layout, NONE, Numbers, RowWords, Text};

/// A row of one [`Snapshot`]; meaningless in another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RowId(pub u32);

/// What a row says of its entity beyond its texts.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct RowFlags {
    /// Says it has TechDocs, its own or another entity's (`backstage.io/techdocs-ref`, `-entity`), or has pages in the cache.
    pub docs: bool,
    /// Has a runbook: an annotation or a link names one, or one of its pages in the cache is one.
    pub runbook: bool,
    /// Has at least one error.
    pub invalid: bool,
    /// Nothing refers to the location that gave it any more.
    pub orphan: bool,
    /// Its source lost sight of it; the last good version is shown.
    pub stale: bool,
    /// Invalid, and never good: all that is known of it is its reference and its problems
    /// ([`unserved`](super::unserved)). What answers as Backstage does leaves it out.
    pub unserved: bool,
}

/// A row's texts. Optional ones are empty where the entity has none. Hostile text: pass it through `text`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Row<'a> {
    /// `kind:namespace/name`, lower-cased.
    pub entity_ref: &'a str,
    /// As written: `Component`.
    pub kind: &'a str,
    /// `default` where the entity names none.
    pub namespace: &'a str,
    /// As written.
    pub name: &'a str,
    /// `metadata.title`, or of a User or Group `spec.profile.displayName`.
    pub title: &'a str,
    /// `metadata.description`.
    pub description: &'a str,
    /// The complete reference of the owner, `group:default/payments`; empty where there is none.
    pub owner: &'a str,
    /// `spec.type`.
    pub spec_type: &'a str,
    /// `spec.lifecycle`.
    pub lifecycle: &'a str,
    /// The complete reference of the system; empty where there is none.
    pub system: &'a str,
    /// `metadata.tags`, joined by one space.
    pub tags: &'a str,
    /// See [`RowFlags`].
    pub flags: RowFlags,
    /// How many problems the entity has, dangling references included.
    pub problems: u32,
}

/// One relation of a row, in Backstage's order (by type, then target).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RowRelation<'a> {
    /// `ownedBy`, `dependsOn`, …
    pub relation: &'a str,
    /// The complete reference it points at.
    pub target_ref: &'a str,
    /// The row it points at; none where the reference dangles.
    pub target: Option<RowId>,
}

/// What goes into one row of a snapshot.
#[derive(Clone, Default, Debug)]
pub struct RowInput {
    /// See the fields of [`Row`] of the same names.
    pub entity_ref: String,
    pub kind: String,
    pub namespace: String,
    pub name: String,
    pub title: String,
    pub description: String,
    pub owner: String,
    pub spec_type: String,
    pub lifecycle: String,
    pub system: String,
    pub tags: String,
    pub flags: RowFlags,
    pub problems: u32,
    /// `(type, complete target reference)`, sorted.
    pub relations: Vec<(String, String)>,
}

/// A column of a row whose values repeat: each distinct text is held once and has a number ([`Snapshot::value`]).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Column {
    /// [`Row::kind`].
    Kind,
    /// [`Row::namespace`].
    Namespace,
    /// [`Row::owner`].
    Owner,
    /// [`Row::spec_type`].
    Type,
    /// [`Row::lifecycle`].
    Lifecycle,
    /// [`Row::system`].
    System,
}

/// A row's texts as search reads them: folded ([`fold`]).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SearchField {
    /// The name.
    Name,
    /// The title.
    Title,
    /// The tags, joined by one space.
    Tags,
    /// The owner's reference without kind and default namespace.
    Owner,
    /// The description.
    Description,
}

impl SearchField {
    /// All of them, in the order of how much a match there is worth.
    pub const ALL: [Self; 5] = [
        Self::Name,
        Self::Title,
        Self::Tags,
        Self::Owner,
        Self::Description,
    ];
}

/// The whole catalog, sorted by kind, then name, then namespace (the order of an empty query).
#[derive(Debug, Default)]
pub struct Snapshot {
    header: Header,
    layout: Layout,
    numbers: Numbers,
    text: Text,
}

impl Snapshot {
    /// Builds a snapshot of the cache's `generation` from its rows, in any order.
    ///
    /// Of two rows with the same reference the first stays. Titles, tags and descriptions are kept to
    /// 1,024 bytes each, whole characters.
    pub fn build(rows: Vec<RowInput>, generation: u64) -> Self {
        build::build(rows, generation)
    }

    /// Puts together what was read from a file; none where the parts are not of one size.
    pub fn from_parts(header: Header, numbers: Numbers, text: Text) -> Option<Self> {
        let layout = header.layout()?;
        (numbers.len() == layout.numbers_len && text.len() == layout.text_len).then_some(Self {
            header,
            layout,
            numbers,
            text,
        })
    }

    /// Reads a snapshot from the bytes that [`Snapshot::write_to`] wrote; none where they are anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (head, rest) = bytes.split_first_chunk()?;
        let header = Header::parse(head)?;
        let layout = header.layout()?;
        if rest.len() != layout.numbers_len.checked_add(layout.text_len)? {
            return None;
        }
        let (numbers, text) = rest.split_at_checked(layout.numbers_len)?;
        let numbers = header.numbers(numbers.to_vec())?;
        let text = header.text(text.to_vec())?;
        Self::from_parts(header, numbers, text)
    }

    /// Writes the whole snapshot.
    ///
    /// # Errors
    /// The writer's.
    pub fn write_to(&self, to: &mut impl io::Write) -> io::Result<()> {
        to.write_all(&self.header.to_bytes())?;
        to.write_all(self.numbers.bytes())?;
        to.write_all(self.text.as_str().as_bytes())
    }

    /// The generation of the cache it was built from.
    pub fn generation(&self) -> u64 {
        self.header.generation
    }

    /// How many entities there are.
    pub fn len(&self) -> usize {
        self.header.rows as usize
    }

    /// Whether there is no entity.
    pub fn is_empty(&self) -> bool {
        self.header.rows == 0
    }

    /// All rows, in order.
    pub fn ids(&self) -> impl Iterator<Item = RowId> + use<> {
        (0..self.header.rows).map(RowId)
    }

    /// The rows of what Backstage would serve: all but the [unserved](RowFlags::unserved) ones.
    pub fn served(&self) -> impl Iterator<Item = RowId> + '_ {
        self.ids().filter(|&id| !self.flags(id).unserved)
    }

    /// One row. A number of another snapshot may give a row of empty texts.
    pub fn row(&self, id: RowId) -> Row<'_> {
        let words = self.words(id);
        let (flags, problems) = words.flags_and_problems();
        Row {
            entity_ref: self.text.slice(words.start(), words.ref_end()),
            kind: self.value(words.column(Column::Kind)),
            namespace: self.value(words.column(Column::Namespace)),
            name: self.text.slice(words.name_start(), words.name_end()),
            title: self.text.slice(words.name_end(), words.title_end()),
            tags: self.text.slice(words.title_end(), words.tags_end()),
            description: self.text.slice(words.tags_end(), words.description_end()),
            owner: self.value(words.column(Column::Owner)),
            spec_type: self.value(words.column(Column::Type)),
            lifecycle: self.value(words.column(Column::Lifecycle)),
            system: self.value(words.column(Column::System)),
            flags,
            problems,
        }
    }

    /// The complete reference of a row; cheaper than the whole row.
    pub fn entity_ref(&self, id: RowId) -> &str {
        let words = self.words(id);
        self.text.slice(words.start(), words.ref_end())
    }

    /// A row's flags; cheaper than the whole row.
    pub fn flags(&self, id: RowId) -> RowFlags {
        self.words(id).flags_and_problems().0
    }

    /// The number of a row's text in a column, for [`Snapshot::value`]. Equal texts have equal numbers.
    pub fn column(&self, id: RowId, column: Column) -> u32 {
        self.words(id).column(column)
    }

    /// The distinct texts of columns, relations and dangling references: the numbers below this have a text.
    pub fn values(&self) -> u32 {
        self.header.values
    }

    /// The text with a number; empty for a number that has none.
    pub fn value(&self, number: u32) -> &str {
        if number >= self.header.values {
            return "";
        }
        let at = self.layout.values + number as usize * 2;
        self.text
            .slice(self.numbers.word(at), self.numbers.word(at + 1))
    }

    /// One of a row's texts as search reads them.
    pub fn search_text(&self, id: RowId, field: SearchField) -> &str {
        let words = self.words(id);
        let folded = words.folded();
        if folded != NONE {
            let at = self.layout.folded
                + folded as usize * format::FOLDED_WORDS
                + match field {
                    SearchField::Name => 0,
                    SearchField::Title => 1,
                    SearchField::Tags => 2,
                    SearchField::Owner => 3,
                    SearchField::Description => 4,
                };
            return self
                .text
                .slice(self.numbers.word(at), self.numbers.word(at + 1));
        }
        let (from, to) = match field {
            SearchField::Name => (words.name_start(), words.name_end()),
            SearchField::Title => (words.name_end(), words.title_end()),
            SearchField::Tags => (words.title_end(), words.tags_end()),
            SearchField::Owner => return fold::owner(self.value(words.column(Column::Owner))),
            SearchField::Description => (words.tags_end(), words.description_end()),
        };
        self.text.slice(from, to)
    }

    /// The row of a complete, lower-cased reference.
    pub fn find(&self, entity_ref: &str) -> Option<RowId> {
        let wanted = order_key(entity_ref);
        let (mut low, mut high) = (0, self.header.rows);
        while low < high {
            let middle = low + (high - low) / 2;
            match order_key(self.entity_ref(RowId(middle))).cmp(&wanted) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(RowId(middle)),
            }
        }
        None
    }

    /// The row of a reference.
    pub fn find_ref(&self, entity_ref: &EntityRef) -> Option<RowId> {
        self.find(&entity_ref.to_string())
    }

    /// Of each row the row of the same reference in another snapshot, in one pass over both.
    pub fn rows_in(&self, other: &Self) -> Vec<Option<RowId>> {
        let mut theirs = other.ids().peekable();
        let same = |id: RowId| {
            let wanted = order_key(self.entity_ref(id));
            let before = |at: &RowId| order_key(other.entity_ref(*at)) < wanted;
            while theirs.next_if(before).is_some() {}
            theirs.next_if(|at| order_key(other.entity_ref(*at)) == wanted)
        };
        self.ids().map(same).collect()
    }

    /// A row's relations, reverse ones included.
    pub fn relations(&self, id: RowId) -> impl Iterator<Item = RowRelation<'_>> {
        let (from, to) = self.edge_range(id);
        (from..to).map(move |n| {
            let word = self.numbers.word(self.layout.relations + n as usize);
            let (relation, target) = format::unpack_relation(word);
            let relation = self.numbers.word(self.layout.types + relation as usize);
            let row = (target < self.header.rows).then_some(RowId(target));
            RowRelation {
                relation: self.value(relation),
                target_ref: match row {
                    Some(row) => self.entity_ref(row),
                    None => self.value(target - self.header.rows),
                },
                target: row,
            }
        })
    }

    /// The complete references that relations name and that are no rows, sorted.
    pub fn dangling_refs(&self) -> Vec<&str> {
        let mut named = vec![false; self.header.values as usize];
        for (_, target) in self.ids().flat_map(|id| self.edges(id)) {
            let value = target.checked_sub(self.header.rows);
            if let Some(named) = value.and_then(|value| named.get_mut(value as usize)) {
                *named = true;
            }
        }
        let mut refs: Vec<&str> = (0..self.header.values)
            .zip(named)
            .filter(|(_, named)| *named)
            .map(|(value, _)| self.value(value))
            .collect();
        refs.sort_unstable();
        refs
    }

    /// A row's relations in numbers, `(type, target)`: what a walk over the whole catalog reads. The type is an index
    /// into [`Snapshot::relation_types`], the target a row, or what [`Snapshot::dangling_ref`] names.
    pub(in crate::catalog) fn edges(&self, id: RowId) -> impl Iterator<Item = (u32, u32)> + '_ {
        let (from, to) = self.edge_range(id);
        self.edges_in(from..to)
    }

    /// The edges of a stretch of all of them.
    pub(in crate::catalog) fn edges_in(
        &self,
        range: std::ops::Range<u32>,
    ) -> impl Iterator<Item = (u32, u32)> + '_ {
        let at = self.layout.relations;
        self.numbers
            .words(at + range.start as usize..at + range.end as usize)
            .map(format::unpack_relation)
    }

    /// Of each row where its edges begin, and where those of the last end.
    pub(in crate::catalog) fn edge_starts(&self) -> impl Iterator<Item = u32> + '_ {
        let starts = self.ids().map(|id| self.words(id).relations());
        starts.chain([self.header.relations])
    }

    /// How many relations all rows have together.
    pub(in crate::catalog) fn edge_count(&self) -> u32 {
        self.header.relations
    }

    /// The names of the relations that occur.
    pub(in crate::catalog) fn relation_types(&self) -> impl Iterator<Item = &str> {
        (0..self.header.types as usize)
            .map(|n| self.value(self.numbers.word(self.layout.types + n)))
    }

    /// Targets of [`Snapshot::edges`] are below this.
    pub(in crate::catalog) fn targets(&self) -> u32 {
        self.header.rows.saturating_add(self.header.values)
    }

    /// Whether a target of [`Snapshot::edges`] is no row.
    pub(in crate::catalog) fn is_dangling(&self, target: u32) -> bool {
        target >= self.header.rows
    }

    /// The complete reference that a target of [`Snapshot::edges`] stands for; none where it is a row.
    pub(in crate::catalog) fn dangling_ref(&self, target: u32) -> Option<&str> {
        self.is_dangling(target)
            .then(|| self.value(target - self.header.rows))
    }

    /// The target of a complete reference that a relation names and that is no row.
    pub(in crate::catalog) fn find_dangling(&self, entity_ref: &str) -> Option<u32> {
        let value = (0..self.header.values).find(|&n| self.value(n) == entity_ref)?;
        let target = self.header.rows.checked_add(value)?;
        self.ids()
            .any(|id| self.edges(id).any(|(_, at)| at == target))
            .then_some(target)
    }

    /// Where the edges of a row stand among all of them.
    pub(in crate::catalog) fn edge_range(&self, id: RowId) -> (u32, u32) {
        if id.0 >= self.header.rows {
            return (0, 0);
        }
        let from = self.words(id).relations();
        let to = match id.0 + 1 {
            next if next < self.header.rows => self.words(RowId(next)).relations(),
            _ => self.header.relations,
        };
        (from, to.min(self.header.relations))
    }

    fn words(&self, id: RowId) -> RowWords<'_> {
        if id.0 < self.header.rows {
            self.numbers.row(id.0 as usize)
        } else {
            RowWords::NONE
        }
    }
}

/// What rows are sorted by: kind, then name, then namespace of a complete reference.
fn order_key(entity_ref: &str) -> (&str, &str, &str) {
    let (kind, rest) = entity_ref.split_once(':').unwrap_or(("", entity_ref));
    let (namespace, name) = rest.split_once('/').unwrap_or(("", rest));
    (kind, name, namespace)
}

#[cfg(test)]
mod tests;
