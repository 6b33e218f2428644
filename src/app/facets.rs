//! The values that a filter of the query can have, for completion.

use std::collections::BTreeMap;

use crate::catalog::{Snapshot, short_ref};

/// The filters of the query language that are completed, besides `is:` and `has:`.
const FILTERS: [&str; 7] = ["kind", "type", "owner", "lifecycle", "system", "tag", "ns"];

/// How many values of one filter are kept: more cannot be chosen from by eye.
const MAX_VALUES: usize = 20_000;

/// Every filter's values, the frequent ones first.
#[derive(Clone, Debug, Default)]
pub struct Facets {
    values: BTreeMap<&'static str, Vec<String>>,
}

impl Facets {
    /// Collects the values of a snapshot. Looks at every row, so it belongs in a job.
    pub fn build(snapshot: &Snapshot) -> Self {
        let mut counts: BTreeMap<&'static str, BTreeMap<String, u32>> = BTreeMap::new();
        let mut add = |filter: &'static str, value: &str| {
            if !value.is_empty() {
                *counts
                    .entry(filter)
                    .or_default()
                    .entry(value.to_owned())
                    .or_default() += 1;
            }
        };
        for id in snapshot.ids() {
            let row = snapshot.row(id);
            add("kind", &row.kind.to_lowercase());
            add("type", row.spec_type);
            add("lifecycle", row.lifecycle);
            add("ns", row.namespace);
            add("owner", &short_ref(row.owner, "group"));
            add("system", &short_ref(row.system, "system"));
            for tag in row.tags.split(' ') {
                add("tag", tag);
            }
        }
        let values = counts
            .into_iter()
            .map(|(filter, counts)| {
                let mut values: Vec<_> = counts.into_iter().collect();
                values.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
                values.truncate(MAX_VALUES);
                (filter, values.into_iter().map(|(value, _)| value).collect())
            })
            .collect();
        Self { values }
    }

    /// The values of one filter, the frequent ones first.
    pub fn values(&self, filter: &str) -> &[String] {
        self.values.get(filter).map_or(&[][..], Vec::as_slice)
    }

    /// What the last word of a line can be completed to, whole words each; empty where it is no filter.
    pub fn complete(&self, word: &str) -> Vec<String> {
        let (minus, word) = match word.strip_prefix('-') {
            Some(rest) => ("-", rest),
            None => ("", word),
        };
        let Some((filter, value)) = word.split_once(':') else {
            if word.is_empty() {
                return Vec::new();
            }
            return FILTERS
                .iter()
                .chain(&["is", "has"])
                .filter(|filter| filter.starts_with(word))
                .map(|filter| format!("{minus}{filter}:"))
                .collect();
        };
        let typed = value.to_lowercase();
        let fits = |candidate: &str| candidate.to_lowercase().starts_with(&typed);
        let fixed: &[&str] = match filter {
            "is" => &["orphan", "invalid", "starred"],
            "has" => &["runbook", "docs"],
            _ => &[],
        };
        let known = self.values(filter);
        let me = if filter == "owner" { &["me"][..] } else { &[] };
        fixed
            .iter()
            .chain(me)
            .copied()
            .chain(known.iter().map(String::as_str))
            // A value with a space cannot be written as a filter of one word.
            .filter(|candidate| fits(candidate) && !candidate.contains(' '))
            .take(50)
            .map(|candidate| format!("{minus}{filter}:{candidate}"))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::RowInput;

    fn facets() -> Facets {
        let row = |name: &str, owner: &str| RowInput {
            entity_ref: format!("component:default/{name}"),
            kind: "Component".into(),
            namespace: "default".into(),
            name: name.into(),
            owner: format!("group:default/{owner}"),
            tags: "java kafka".into(),
            ..RowInput::default()
        };
        Facets::build(&Snapshot::build(
            vec![row("a", "rare"), row("b", "payments"), row("c", "payments")],
            1,
        ))
    }

    #[test]
    fn a_filter_name_completes_up_to_its_colon() {
        assert_eq!(facets().complete("ow"), ["owner:"]);
        assert_eq!(facets().complete("-ki"), ["-kind:"]);
        assert!(facets().complete("zzz").is_empty());
        assert!(facets().complete("").is_empty());
    }

    #[test]
    fn values_come_most_frequent_first_and_owners_without_their_kind() {
        assert_eq!(
            facets().complete("owner:"),
            ["owner:me", "owner:payments", "owner:rare"]
        );
        assert_eq!(facets().complete("tag:k"), ["tag:kafka"]);
        assert_eq!(facets().complete("is:s"), ["is:starred"]);
    }
}
