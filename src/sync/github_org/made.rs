//! One team or member, put together from what each organisation says of it, and what is kept of that: where one
//! organisation cannot be seen, what it said last still counts.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::sync::org_entities::OrgEntity;
use crate::sync::reader::blob_id;

/// What a unit keeps.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct UnitMemory {
    digest: String,
    /// The organisation whose word counts for all but a user's groups.
    base: String,
    /// The organisations that gave it, each with the groups that it puts a user in. None where an earlier version wrote
    /// this.
    #[serde(rename = "in")]
    groups: BTreeMap<String, Vec<Value>>,
}

impl UnitMemory {
    pub(super) fn of(state: &Value) -> Self {
        serde_json::from_value(state.clone()).unwrap_or_default()
    }

    /// Whether one of these organisations gave it, as far as is known.
    pub(super) fn is_of(&self, organizations: &BTreeSet<String>) -> bool {
        !organizations.is_empty() && self.groups.is_empty()
            || self.groups.keys().any(|org| organizations.contains(org))
    }
}

/// A unit as the organisations that were read have it.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Made {
    pub(super) location: String,
    entity: Value,
    base: String,
    groups: BTreeMap<String, Vec<Value>>,
}

impl Made {
    /// Takes over what organisations that were not seen whole said last. False where nothing can be said: the unit stays
    /// as it is known.
    pub(super) fn join(&mut self, known: &UnitMemory, unsure: &BTreeSet<String>) -> bool {
        if unsure.is_empty() {
            return true;
        }
        if known.groups.is_empty() {
            return false;
        }
        if !is_user(&self.entity) {
            return !unsure.contains(&known.base) && !unsure.contains(&self.base);
        }
        for org in unsure {
            if let Some(groups) = known.groups.get(org) {
                self.groups.insert(org.clone(), groups.clone());
            }
        }
        true
    }

    /// What is kept of it, and the document it is.
    pub(super) fn stored(&mut self) -> (Value, String) {
        if let Some(member_of) = self.entity.pointer_mut("/spec/memberOf") {
            let mut all: Vec<Value> = Vec::new();
            for group in self.groups.values().flatten() {
                if !all.contains(group) {
                    all.push(group.clone());
                }
            }
            *member_of = Value::Array(all);
        }
        let text = self.entity.to_string();
        let memory = UnitMemory {
            digest: blob_id(format!("{}\n{text}", self.location).as_bytes()),
            base: self.base.clone(),
            groups: self.groups.clone(),
        };
        (serde_json::to_value(memory).unwrap_or(Value::Null), text)
    }
}

/// Adds what an organisation gave; a user of several organisations is one, in the groups of all of them.
pub(super) fn add(made: &mut BTreeMap<String, Made>, org: &str, entity: OrgEntity) {
    let text = |pointer: &str| {
        entity
            .entity
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let unit = format!(
        "{}:{}/{}",
        text("/kind").to_lowercase(),
        text("/metadata/namespace").to_lowercase(),
        text("/metadata/name").to_lowercase()
    );
    let groups = entity.entity.pointer("/spec/memberOf");
    let groups = groups.and_then(Value::as_array).cloned();
    let one = made.entry(unit).or_insert_with(|| Made {
        location: entity.location,
        entity: entity.entity,
        base: org.to_owned(),
        groups: BTreeMap::new(),
    });
    one.groups
        .insert(org.to_owned(), groups.unwrap_or_default());
}

fn is_user(entity: &Value) -> bool {
    entity.get("kind") == Some(&json!("User"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(groups: &[&str]) -> OrgEntity {
        OrgEntity {
            location: "url:https://github.com/ann".into(),
            entity: json!({ "kind": "User", "metadata": { "name": "Ann" }, "spec": { "memberOf": groups } }),
        }
    }

    fn made(parts: &[(&str, &[&str])]) -> Made {
        let mut made = BTreeMap::new();
        for (org, groups) in parts {
            add(&mut made, org, user(groups));
        }
        assert_eq!(made.len(), 1);
        made.remove("user:/ann").unwrap()
    }

    fn member_of(made: &mut Made) -> Value {
        let (_, text) = made.stored();
        let entity: Value = serde_json::from_str(&text).unwrap();
        entity["spec"]["memberOf"].clone()
    }

    #[test]
    fn a_user_of_two_organisations_is_one_in_the_groups_of_both() {
        let mut made = made(&[("a", &["a/x"]), ("b", &["a/x", "b/y"])]);
        assert_eq!(member_of(&mut made), json!(["a/x", "b/y"]));
    }

    #[test]
    fn the_groups_of_an_organisation_that_cannot_be_seen_are_those_of_the_last_time() {
        let before = UnitMemory::of(&made(&[("a", &["a/x"]), ("b", &["b/y"])]).stored().0);
        let mut now = made(&[("a", &["a/new"])]);
        assert!(now.join(&before, &BTreeSet::from(["b".into()])));
        assert_eq!(member_of(&mut now), json!(["a/new", "b/y"]));
        // Seen in part: what is missing may be there.
        let mut now = made(&[("a", &["a/new"]), ("b", &[])]);
        assert!(now.join(&before, &BTreeSet::from(["b".into()])));
        assert_eq!(member_of(&mut now), json!(["a/new", "b/y"]));
        // Of what an earlier version wrote nobody knows whose it is.
        assert!(!now.join(&UnitMemory::default(), &BTreeSet::from(["b".into()])));
        assert!(now.join(&UnitMemory::default(), &BTreeSet::new()));
    }

    #[test]
    fn a_team_stays_where_its_organisation_cannot_be_seen() {
        let team = |members: &[&str]| OrgEntity {
            location: "url:https://github.com/orgs/a/teams/pay".into(),
            entity: json!({ "kind": "Group", "metadata": { "name": "pay" }, "spec": { "members": members } }),
        };
        let made = |org: &str, members: &[&str]| {
            let mut made = BTreeMap::new();
            add(&mut made, org, team(members));
            made.remove("group:/pay").unwrap()
        };
        let before = UnitMemory::of(&made("a", &["ann"]).stored().0);
        let unsure = BTreeSet::from(["a".to_owned()]);
        assert!(!made("a", &[]).join(&before, &unsure));
        // Another organisation's team of the same name does not take its place meanwhile.
        assert!(!made("b", &[]).join(&before, &unsure));
        assert!(made("a", &[]).join(&before, &BTreeSet::from(["b".into()])));
    }
}
