//! Whose the entity is, and how they are reached: the owner's own contact and members, the parent group's where the
//! owner has neither.

use super::clean;
use crate::app::detail::{self, Loaded};
use crate::app::words;
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

/// How an owner is reached: in its own ways, or where it has none in those of the nearest group above it that has any.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Reached {
    /// Chat, mail; without control characters.
    pub contacts: Vec<String>,
    /// The group above whose contacts these are, by its complete reference.
    pub via: Option<String>,
}

impl Reached {
    /// Of an owner by its complete reference; `load` gives an entity by its own.
    pub fn of(
        snapshot: &Snapshot,
        owner: &str,
        load: &mut dyn FnMut(&str) -> Option<Loaded>,
    ) -> Self {
        let Some(id) = snapshot.find(owner) else {
            return Self::default();
        };
        for group in upwards(snapshot, id) {
            let contacts = own_contacts(snapshot, group, load);
            if !contacts.is_empty() {
                let via = (group != id).then(|| snapshot.entity_ref(group).to_owned());
                return Self { contacts, via };
            }
        }
        Self::default()
    }

    /// At most so many of the contacts, and whose they are; that there is none, where there is none.
    pub fn words(&self, most: usize) -> String {
        if self.contacts.is_empty() {
            return words::NO_CONTACT.to_owned();
        }
        let shown: Vec<&str> = self
            .contacts
            .iter()
            .take(most)
            .map(String::as_str)
            .collect();
        let shown = shown.join(", ");
        match &self.via {
            Some(group) => format!("{shown} (of {})", detail::shown_ref(group, "group")),
            None => shown,
        }
    }
}

/// A group and the groups above it, each by its first parent, the nearest first. A ring of them ends.
fn upwards(snapshot: &Snapshot, id: RowId) -> impl Iterator<Item = RowId> + '_ {
    let parent = move |group: &RowId| {
        let mut relations = snapshot.relations(*group);
        relations
            .find(|relation| relation.relation == "childOf")?
            .target
    };
    std::iter::successors(Some(id), parent).take(FURTHEST)
}

fn own_contacts(
    snapshot: &Snapshot,
    owner: RowId,
    load: &mut dyn FnMut(&str) -> Option<Loaded>,
) -> Vec<String> {
    let loaded = load(snapshot.entity_ref(owner));
    let found = loaded.map_or_else(Vec::new, |loaded| detail::contacts(&loaded.served));
    found.iter().map(|contact| clean(contact)).collect()
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
        for group in upwards(snapshot, id) {
            found.contacts = own_contacts(snapshot, group, load);
            found.take_members(snapshot, group, load);
            if !found.contacts.is_empty() || !found.members.is_empty() {
                found.via = (group != id).then(|| snapshot.entity_ref(group).to_owned());
                break;
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
        let short = detail::shown_ref(&self.entity_ref, "group");
        match &self.title {
            Some(title) if *title != short => format!("{title} ({short})"),
            _ => short,
        }
    }
}
