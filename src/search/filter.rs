//! Filters made ready for one snapshot: sets of numbers instead of texts, so that a row costs a few comparisons.

use std::collections::BTreeSet;

use super::query::{Filter, FilterKey, Is};
use super::rank::SearchContext;
use crate::catalog::snapshot::Column;
use crate::catalog::{RowId, Snapshot};

/// A set of small numbers.
#[derive(Debug, Default)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    pub(super) fn with_capacity(numbers: usize) -> Self {
        Self(vec![0; numbers.div_ceil(64)])
    }

    pub(super) fn insert(&mut self, number: u32) {
        if let Some(word) = self.0.get_mut(number as usize / 64) {
            *word |= 1 << (number % 64);
        }
    }

    pub(super) fn contains(&self, number: u32) -> bool {
        self.0
            .get(number as usize / 64)
            .is_some_and(|word| word & (1 << (number % 64)) != 0)
    }
}

/// All filters of a query, for one snapshot.
#[derive(Debug)]
pub(super) struct Filters<'a> {
    snapshot: &'a Snapshot,
    filters: Vec<Ready>,
}

#[derive(Debug)]
struct Ready {
    negated: bool,
    test: Test,
}

#[derive(Debug)]
enum Test {
    /// The value of a column is one of these.
    Value(Column, Bits),
    /// A tag is one of these, lower-cased; or begins with one.
    Tag(Vec<String>, bool),
    Is(Is),
    /// The row is one of these.
    Row(Bits),
}

impl<'a> Filters<'a> {
    pub(super) fn new(
        snapshot: &'a Snapshot,
        filters: &[Filter],
        context: &SearchContext<'_>,
    ) -> Self {
        let ready = |filter: &Filter| Ready {
            negated: filter.negated,
            test: match filter.key {
                FilterKey::Kind => values(snapshot, Column::Kind, filter, context),
                FilterKey::Owner => values(snapshot, Column::Owner, filter, context),
                FilterKey::Type => values(snapshot, Column::Type, filter, context),
                FilterKey::Lifecycle => values(snapshot, Column::Lifecycle, filter, context),
                FilterKey::System => values(snapshot, Column::System, filter, context),
                FilterKey::Namespace => values(snapshot, Column::Namespace, filter, context),
                FilterKey::Tag => tags(snapshot, filter),
                FilterKey::Is(Is::Starred) => Test::Row(rows(snapshot, context.starred)),
                FilterKey::Is(is) => Test::Is(is),
            },
        };
        Self {
            snapshot,
            filters: filters.iter().map(ready).collect(),
        }
    }

    pub(super) fn accept(&self, id: RowId) -> bool {
        self.filters
            .iter()
            .all(|filter| self.fits(&filter.test, id) != filter.negated)
    }

    fn fits(&self, test: &Test, id: RowId) -> bool {
        match test {
            Test::Value(column, set) => set.contains(self.snapshot.column(id, *column)),
            Test::Tag(wanted, begins) => has_tag(self.snapshot.row(id).tags, wanted, *begins),
            Test::Is(is) => {
                let flags = self.snapshot.flags(id);
                match is {
                    Is::Orphan => flags.orphan,
                    Is::Invalid => flags.invalid,
                    Is::Stale => flags.stale,
                    Is::Runbook => flags.runbook,
                    Is::Docs => flags.docs,
                    Is::Starred => false,
                }
            }
            Test::Row(set) => set.contains(id.0),
        }
    }
}

fn rows(snapshot: &Snapshot, refs: &BTreeSet<String>) -> Bits {
    let mut set = Bits::with_capacity(snapshot.len());
    for id in refs
        .iter()
        .filter_map(|entity_ref| snapshot.find(entity_ref))
    {
        set.insert(id.0);
    }
    set
}

fn has_tag(tags: &str, wanted: &[String], begins: bool) -> bool {
    tags.split(' ').any(|tag| {
        wanted
            .iter()
            .any(|value| equals(tag, value) || (begins && begins_with(tag, value)))
    })
}

fn tags(snapshot: &Snapshot, filter: &Filter) -> Test {
    let exact = Test::Tag(filter.values.clone(), false);
    let half_typed = filter.unfinished
        && !snapshot
            .ids()
            .any(|id| has_tag(snapshot.row(id).tags, &filter.values, false));
    if half_typed {
        Test::Tag(filter.values.clone(), true)
    } else {
        exact
    }
}

/// The values of a column that a filter means. Where it may be half typed and no row has the value, those that begin
/// with it: so that the list narrows as one types, and an exact value is exact.
fn values(
    snapshot: &Snapshot,
    column: Column,
    filter: &Filter,
    context: &SearchContext<'_>,
) -> Test {
    let collect = |begins: bool| {
        let mut set = Bits::with_capacity(snapshot.values() as usize);
        for number in 0..snapshot.values() {
            let value = snapshot.value(number);
            if filter
                .values
                .iter()
                .any(|wanted| means(column, wanted, value, begins, context))
            {
                set.insert(number);
            }
        }
        set
    };
    let exact = collect(false);
    let half_typed = filter.unfinished
        && !snapshot
            .ids()
            .any(|id| exact.contains(snapshot.column(id, column)));
    Test::Value(column, if half_typed { collect(true) } else { exact })
}

fn means(
    column: Column,
    wanted: &str,
    value: &str,
    begins: bool,
    context: &SearchContext<'_>,
) -> bool {
    if value.is_empty() {
        return false;
    }
    match column {
        Column::Owner if wanted.eq_ignore_ascii_case("me") => {
            context.me.iter().any(|owner| owner == value)
        }
        Column::Owner | Column::System => means_reference(wanted, value, begins),
        _ => compare(value, wanted, begins),
    }
}

/// Whether `[kind:][namespace/]name` as typed means a complete reference; what is left out may be anything.
fn means_reference(wanted: &str, complete: &str, begins: bool) -> bool {
    let (kind, rest) = complete.split_once(':').unwrap_or(("", complete));
    let (namespace, name) = rest.split_once('/').unwrap_or(("", rest));
    let (wanted_kind, wanted_rest) = match wanted.split_once(':') {
        Some((kind, rest)) => (Some(kind), rest),
        None => (None, wanted),
    };
    let (wanted_namespace, wanted_name) = match wanted_rest.split_once('/') {
        Some((namespace, name)) => (Some(namespace), name),
        None => (None, wanted_rest),
    };
    wanted_kind.is_none_or(|wanted| equals(kind, wanted))
        && wanted_namespace.is_none_or(|wanted| equals(namespace, wanted))
        && compare(name, wanted_name, begins)
}

fn compare(value: &str, wanted: &str, begins: bool) -> bool {
    if begins {
        begins_with(value, wanted)
    } else {
        equals(value, wanted)
    }
}

fn equals(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b) || (!a.is_ascii() && a.to_lowercase() == b.to_lowercase())
}

fn begins_with(text: &str, start: &str) -> bool {
    super::tier::starts_with(text, start, false)
}
