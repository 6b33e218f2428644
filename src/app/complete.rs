//! What a reference that is being typed may become.

use crate::catalog::{Snapshot, short_ref};
use crate::text;

/// The most that is offered: more cannot be chosen from by eye.
const OFFERED: usize = 50;

/// How many rows are looked at between two looks at whether anybody still wants the answer.
const STRIDE: usize = 4_096;

/// A reference to choose.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Offer {
    /// In its shortest form with its kind.
    pub reference: String,
    /// The entity's title, without control characters; empty where it has none.
    pub title: String,
}

/// The entities that `[kind:][namespace/]name`, as far as it is typed, may mean: the kind as it begins, the namespace as it
/// is, the name in any part. Names that begin so come first, then the catalog's order. None where `cancelled`
/// said so on the way.
///
/// Looks at every row: a job's work.
pub fn references(
    snapshot: &Snapshot,
    typed: &str,
    cancelled: &dyn Fn() -> bool,
) -> Option<Vec<Offer>> {
    let typed = typed.to_lowercase();
    let (kind, rest) = match typed.split_once(':') {
        Some((kind, rest)) => (kind, rest),
        None => ("", typed.as_str()),
    };
    let (namespace, name) = match rest.split_once('/') {
        Some((namespace, name)) => (Some(namespace), name),
        None => (None, rest),
    };
    let (mut beginning, mut within) = (Vec::new(), Vec::new());
    for (looked_at, id) in snapshot.ids().enumerate() {
        if looked_at % STRIDE == 0 && cancelled() {
            return None;
        }
        if beginning.len() >= OFFERED {
            break;
        }
        let parts = snapshot.entity_ref(id).split_once(':');
        let Some((its_kind, (its_namespace, its_name))) =
            parts.and_then(|(kind, rest)| Some((kind, rest.split_once('/')?)))
        else {
            continue;
        };
        if !its_kind.starts_with(kind) || namespace.is_some_and(|wanted| wanted != its_namespace) {
            continue;
        }
        if its_name.starts_with(name) {
            beginning.push(id);
        } else if within.len() < OFFERED && its_name.contains(name) {
            within.push(id);
        }
    }
    let found = beginning.into_iter().chain(within).take(OFFERED);
    let offer = |id| Offer {
        reference: short_ref(snapshot.entity_ref(id), ""),
        title: text::clean(snapshot.row(id).title).into_owned(),
    };
    Some(found.map(offer).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::RowInput;

    fn offered(typed: &str) -> Vec<String> {
        let rows = [
            "component:default/payments",
            "component:default/repayments",
            "component:eu/payments",
            "system:default/payments",
            "workflow:default/nightly",
        ];
        let rows = rows.map(|entity_ref| RowInput {
            entity_ref: entity_ref.to_owned(),
            ..RowInput::default()
        });
        let snapshot = Snapshot::build(rows.into(), 1);
        let offers = references(&snapshot, typed, &|| false).unwrap();
        offers.into_iter().map(|offer| offer.reference).collect()
    }

    #[test]
    fn references_of_every_kind_and_namespace_are_offered_those_that_begin_so_first() {
        assert_eq!(
            offered("PAY"),
            [
                "component:payments",
                "component:eu/payments",
                "system:payments",
                "component:repayments"
            ]
        );
        assert_eq!(offered("wor:"), ["workflow:nightly"]);
        assert_eq!(offered("system:pay"), ["system:payments"]);
        assert_eq!(offered("eu/"), ["component:eu/payments"]);
        assert_eq!(offered("component:default/pay").len(), 2);
        assert!(offered("nothing-like-it").is_empty());
    }

    #[test]
    fn who_no_longer_asks_is_not_answered() {
        assert_eq!(
            references(&Snapshot::default(), "a", &|| true),
            Some(vec![])
        );
        let row = RowInput {
            entity_ref: "component:default/a".into(),
            ..RowInput::default()
        };
        let one = Snapshot::build(vec![row], 1);
        assert_eq!(references(&one, "a", &|| true), None);
    }
}
