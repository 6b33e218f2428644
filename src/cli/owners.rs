//! `--owner GROUP [--include-children]`: which owners that means.

use std::collections::BTreeSet;

use super::{CliError, Exit};
use crate::catalog::{DEFAULT_NAMESPACE, EntityRef, RowId, Snapshot};
use crate::text;

/// The complete references that an entity's owner may be: the one named (a group where no kind is given), and with
/// `children` every group below it.
///
/// # Errors
/// [`Exit::NotFound`] where there is neither such an owner nor anything that it owns.
pub fn of(owner: &str, children: bool, snapshot: &Snapshot) -> Result<BTreeSet<String>, CliError> {
    let wanted = EntityRef::parse(owner, Some("group"), DEFAULT_NAMESPACE)
        .map_err(|error| CliError::usage(error.to_string()))?
        .to_string();
    let start = snapshot.find(&wanted);
    if start.is_none() && !snapshot.ids().any(|id| snapshot.row(id).owner == wanted) {
        return Err(unknown(owner, &wanted, snapshot));
    }
    let mut owners = BTreeSet::from([wanted]);
    if children {
        // Groups can be each other's parents by mistake: none is visited twice.
        let mut open: Vec<RowId> = start.into_iter().collect();
        while let Some(id) = open.pop() {
            for relation in snapshot.relations(id) {
                if relation.relation == "parentOf" && owners.insert(relation.target_ref.to_owned())
                {
                    open.extend(relation.target);
                }
            }
        }
    }
    Ok(owners)
}

fn unknown(owner: &str, wanted: &str, snapshot: &Snapshot) -> CliError {
    let error = CliError::new(Exit::NotFound, format!("there is no owner \"{owner}\""));
    let owners = || {
        snapshot
            .ids()
            .map(|id| snapshot.entity_ref(id))
            .filter(|entity_ref| {
                entity_ref.starts_with("group:") || entity_ref.starts_with("user:")
            })
    };
    // Names alone are compared: what all references begin with would make any two of them alike.
    let near = text::nearest(name(wanted), owners().map(name)).and_then(|near| {
        let kind = |entity_ref: &str| entity_ref.split(':').next() == wanted.split(':').next();
        let mut named: Vec<&str> = owners().filter(|owner| name(owner) == near).collect();
        named.sort_by_key(|owner| !kind(owner));
        named.first().copied()
    });
    match near {
        Some(near) => error.hint(format!("did you mean {near}?")),
        None => error.hint("`callboard list group` shows the groups"),
    }
}

/// The name of a complete reference.
fn name(entity_ref: &str) -> &str {
    entity_ref.rsplit('/').next().unwrap_or(entity_ref)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::RowInput;

    fn snapshot() -> Snapshot {
        let group = |name: &str, children: &[&str]| RowInput {
            entity_ref: format!("group:default/{name}"),
            kind: "Group".into(),
            relations: children
                .iter()
                .map(|child| ("parentOf".to_owned(), format!("group:default/{child}")))
                .collect(),
            ..RowInput::default()
        };
        let orphaned = RowInput {
            entity_ref: "component:default/x".into(),
            owner: "group:default/gone".into(),
            ..RowInput::default()
        };
        Snapshot::build(
            vec![
                group("all", &["one", "two"]),
                group("one", &["deep"]),
                group("two", &["all"]),
                group("deep", &[]),
                orphaned,
            ],
            1,
        )
    }

    #[test]
    fn children_count_at_any_depth_and_a_circle_ends() {
        let owners = of("all", true, &snapshot()).unwrap();
        let names: Vec<&str> = owners.iter().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "group:default/all",
                "group:default/deep",
                "group:default/one",
                "group:default/two"
            ]
        );
    }

    #[test]
    fn without_children_it_is_the_group_alone() {
        assert_eq!(of("All", false, &snapshot()).unwrap().len(), 1);
    }

    #[test]
    fn a_group_that_is_gone_still_owns_what_names_it() {
        assert!(of("gone", false, &snapshot()).is_ok());
    }

    #[test]
    fn names_that_share_nothing_but_kind_and_namespace_are_not_offered() {
        let error = of("nosuch", false, &snapshot()).unwrap_err();
        assert_eq!(
            error.hint.as_deref(),
            Some("`callboard list group` shows the groups")
        );
    }

    #[test]
    fn an_unknown_owner_is_answered_with_the_nearest() {
        let error = of("depe", false, &snapshot()).unwrap_err();
        assert_eq!(error.exit, Exit::NotFound);
        assert_eq!(
            error.hint.as_deref(),
            Some("did you mean group:default/deep?")
        );
    }
}
