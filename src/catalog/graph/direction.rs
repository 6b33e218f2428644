//! Which relations a walk follows, and in what words.

use crate::catalog::{Row, RowRelation};

/// Which way a walk goes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Direction {
    /// What the entity needs.
    Dependencies,
    /// What needs the entity: the blast radius.
    Dependents,
}

impl Direction {
    /// Whether this relation of `row` is followed. `within_root` says that `row` is the entity that was asked
    /// for, or a System or Domain reached from it by `hasPart` alone.
    pub(super) fn follows(
        self,
        row: &Row<'_>,
        relation: &RowRelation<'_>,
        within_root: bool,
    ) -> bool {
        let is_api = row.kind.eq_ignore_ascii_case("api");
        match (self, relation.relation) {
            (Direction::Dependencies, "dependsOn" | "consumesApi") => true,
            (Direction::Dependencies, "apiProvidedBy") => is_api,
            (Direction::Dependents, "dependencyOf" | "providesApi") => true,
            (Direction::Dependents, "apiConsumedBy") => is_api,
            (Direction::Dependents, "hasPart") => within_root && is_grouping(row.kind),
            _ => false,
        }
    }

    /// What the edge means, said of the entity it leads to; `from` is the name of the one it comes from.
    ///
    /// `dependencyOf` read along the walk is "depends on it"; `apiConsumedBy` is "consumes payment-api".
    pub fn phrase(self, relation: &str, from: &str) -> String {
        match (self, relation) {
            (Direction::Dependencies, "dependsOn") => format!("{from} depends on it"),
            (Direction::Dependencies, "consumesApi") => format!("{from} consumes it"),
            (Direction::Dependencies, "apiProvidedBy") => format!("provides {from}"),
            (Direction::Dependents, "dependencyOf") => format!("depends on {from}"),
            (Direction::Dependents, "apiConsumedBy") => format!("consumes {from}"),
            (Direction::Dependents, "providesApi") => format!("provided by {from}"),
            (Direction::Dependents, "hasPart") => format!("part of {from}"),
            _ => relation.to_owned(),
        }
    }
}

/// Whether failure reaches an entity of this kind's parts when it is the one that was asked for.
pub(super) fn is_grouping(kind: &str) -> bool {
    kind.eq_ignore_ascii_case("system") || kind.eq_ignore_ascii_case("domain")
}
