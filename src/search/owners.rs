//! Whose things are mine: a person, their groups, and the groups above those.

use std::collections::BTreeSet;

use crate::catalog::Snapshot;

/// The owner references that `owner:me` means for a User: the person, the groups they are a member of, and the
/// parents of these. Where the user is unknown, only the person.
pub fn owners_of(snapshot: &Snapshot, user_ref: &str) -> Vec<String> {
    let mut owners = BTreeSet::from([user_ref.to_owned()]);
    let mut open = vec![user_ref.to_owned()];
    while let Some(entity_ref) = open.pop() {
        let Some(row) = snapshot.find(&entity_ref) else {
            continue;
        };
        for relation in snapshot.relations(row) {
            // Parents may go round in circles; each group is visited once.
            if matches!(relation.relation, "memberOf" | "childOf")
                && owners.insert(relation.target_ref.to_owned())
            {
                open.push(relation.target_ref.to_owned());
            }
        }
    }
    owners.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::RowInput;

    #[test]
    fn a_person_owns_what_their_groups_and_the_groups_above_own() {
        let row = |entity_ref: &str, relations: &[(&str, &str)]| RowInput {
            entity_ref: entity_ref.into(),
            relations: relations
                .iter()
                .map(|(relation, target)| ((*relation).into(), (*target).into()))
                .collect(),
            ..RowInput::default()
        };
        let snapshot = Snapshot::build(
            vec![
                row("user:default/mara", &[("memberOf", "group:default/pay")]),
                row(
                    "group:default/pay",
                    &[
                        ("childOf", "group:default/dept"),
                        ("hasMember", "user:default/jin"),
                    ],
                ),
                row("group:default/dept", &[("childOf", "group:default/pay")]),
            ],
            1,
        );
        assert_eq!(
            owners_of(&snapshot, "user:default/mara"),
            [
                "group:default/dept",
                "group:default/pay",
                "user:default/mara"
            ]
        );
        assert_eq!(
            owners_of(&snapshot, "user:default/nobody"),
            ["user:default/nobody"]
        );
    }
}
