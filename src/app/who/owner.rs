//! Whose the entity is, and how they are reached: the owner's own contact and members, the parent group's where the
//! owner has neither.

use super::clean;
use crate::app::detail::{self, Loaded};
use crate::catalog::{RowId, Snapshot};
use crate::text;

/// Most members that a card names.
const MOST_MEMBERS: usize = 50;
/// How far up a group without any contact is looked for one.
const FURTHEST: usize = 8;

/// Somebody in the owner's group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// Complete reference.
    pub entity_ref: String,
    /// What they are called.
    pub name: String,
    /// Where to write to them.
    pub email: Option<String>,
}

/// See the module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Owner {
    /// Complete reference.
    pub entity_ref: String,
    /// What it is called, where it has a title of its own.
    pub title: Option<String>,
    /// Whether the catalog has it.
    pub known: bool,
    /// How it is reached: chat, mail.
    pub contacts: Vec<String>,
    /// Its members, or those of the parent that the contacts are of.
    pub members: Vec<Member>,
    /// How many members there are.
    pub member_count: usize,
    /// The parent group whose contacts and members these are, where the owner has none of its own.
    pub via: Option<String>,
}

impl Owner {
    /// The owner of a row; of a group or a person, they themselves.
    pub(super) fn of(
        snapshot: &Snapshot,
        id: RowId,
        load: &mut dyn FnMut(&str) -> Option<Loaded>,
    ) -> Option<Self> {
        let row = snapshot.row(id);
        let is_owner =
            row.kind.eq_ignore_ascii_case("group") || row.kind.eq_ignore_ascii_case("user");
        let owner = if is_owner {
            row.entity_ref
        } else if row.owner.is_empty() {
            return None;
        } else {
            row.owner
        };
        let mut found = Self {
            entity_ref: owner.to_owned(),
            title: None,
            known: false,
            contacts: Vec::new(),
            members: Vec::new(),
            member_count: 0,
            via: None,
        };
        let Some(id) = snapshot.find(owner) else {
            return Some(found);
        };
        found.known = !snapshot.flags(id).unserved;
        found.title = Some(clean(snapshot.row(id).title)).filter(|title| !title.is_empty());
        let mut current = id;
        for level in 0..FURTHEST {
            let entity_ref = snapshot.entity_ref(current);
            found.contacts = load(entity_ref)
                .map(|loaded| {
                    detail::contacts(&loaded.served)
                        .iter()
                        .map(|contact| clean(contact))
                        .collect()
                })
                .unwrap_or_default();
            found.take_members(snapshot, current, load);
            if !found.contacts.is_empty() || !found.members.is_empty() {
                found.via = (level > 0).then(|| entity_ref.to_owned());
                break;
            }
            let parent = snapshot
                .relations(current)
                .find(|relation| relation.relation == "childOf")
                .and_then(|relation| relation.target);
            match parent {
                Some(parent) => current = parent,
                None => break,
            }
        }
        Some(found)
    }

    fn take_members(
        &mut self,
        snapshot: &Snapshot,
        group: RowId,
        load: &mut dyn FnMut(&str) -> Option<Loaded>,
    ) {
        let members: Vec<RowId> = snapshot
            .relations(group)
            .filter(|relation| relation.relation == "hasMember")
            .filter_map(|relation| relation.target)
            .collect();
        self.member_count = members.len();
        self.members = members
            .into_iter()
            .take(MOST_MEMBERS)
            .map(|id| {
                let row = snapshot.row(id);
                let email = load(row.entity_ref).and_then(|loaded| {
                    loaded
                        .served
                        .pointer("/spec/profile/email")
                        .and_then(serde_json::Value::as_str)
                        .map(clean)
                        .filter(|email| !email.is_empty())
                });
                let title = clean(row.title);
                Member {
                    entity_ref: row.entity_ref.to_owned(),
                    name: if title.is_empty() {
                        text::clean(row.name).into_owned()
                    } else {
                        title
                    },
                    email,
                }
            })
            .collect();
    }

    /// What it is called on the card.
    pub fn name(&self) -> String {
        let short = crate::app::facets::short(&self.entity_ref, "group");
        match &self.title {
            Some(title) if *title != short => format!("{title} ({})", text::clean(&short)),
            _ => clean(&short),
        }
    }
}
