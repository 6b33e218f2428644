//! The blast radius in figures: how much may break, in whose hands, and how they are reached.

use super::detail::{self, Loaded};
use crate::catalog::graph::{Direction, Reach, Summary};
use crate::catalog::{EntityRef, RowId, Snapshot, kinds};
use crate::text;

/// The owners whose contacts are collected, those with most of it first: more than anybody tells one by one.
const REACHED: usize = 200;

/// What may break when an entity fails.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Impact {
    /// The figures.
    pub summary: Summary,
    /// By owner, in the order of [`Summary::by_owner`].
    pub teams: Vec<Team>,
}

/// What one owner has to do with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Team {
    /// The owner's complete reference; none for what names no owner.
    pub owner: Option<String>,
    /// How many of the entities that may break it has.
    pub count: u32,
    /// How it is reached; empty where nobody says.
    pub contacts: Vec<String>,
}

impl Team {
    /// Its name for people.
    pub fn name(&self) -> String {
        match &self.owner {
            Some(owner) => match EntityRef::parse(owner, None, "") {
                Ok(parsed) => text::clean(&parsed.short(Some("group"))).into_owned(),
                Err(_) => text::clean(owner).into_owned(),
            },
            None => "no owner".to_owned(),
        }
    }

    /// How it is reached, in one line; empty where nobody says.
    pub fn contact(&self) -> String {
        text::clean(&self.contacts.join(", ")).into_owned()
    }
}

impl Impact {
    /// Counts what a walk over dependents reached; `contacts` says how an owner, by its complete reference, is reached.
    pub fn of(
        reach: &Reach<'_>,
        snapshot: &Snapshot,
        contacts: &mut dyn FnMut(&str) -> Vec<String>,
    ) -> Self {
        let summary = Summary::of(reach, snapshot);
        let teams = summary
            .by_owner
            .iter()
            .enumerate()
            .map(|(place, owner)| Team {
                owner: owner.owner.clone(),
                count: owner.count,
                contacts: owner
                    .owner
                    .as_deref()
                    .filter(|_| place < REACHED)
                    .map(&mut *contacts)
                    .unwrap_or_default(),
            })
            .collect();
        Self { summary, teams }
    }

    /// Of an entity; `load` gives an entity by its complete reference.
    pub fn of_entity(
        snapshot: &Snapshot,
        id: RowId,
        load: &mut dyn FnMut(&str) -> Option<Loaded>,
    ) -> Self {
        let reach = Reach::walk(snapshot, id, Direction::Dependents, None);
        Self::of(&reach, snapshot, &mut |owner| {
            load(owner).map_or_else(Vec::new, |owner| detail::contacts(&owner.served))
        })
    }

    /// `14 components, 2 APIs`; that there is nothing, where there is nothing.
    pub fn counts(&self) -> String {
        let summary = &self.summary;
        if summary.total() == 0 {
            return "nothing depends on it".to_owned();
        }
        let mut kinds: Vec<(&str, u32)> = summary
            .by_kind
            .iter()
            .map(|(kind, count)| (kind.as_str(), *count))
            .collect();
        kinds.sort_by_key(|(kind, _)| {
            let known = kinds::TABLE.iter();
            known
                .clone()
                .position(|k| k.name.eq_ignore_ascii_case(kind))
                .unwrap_or(known.len())
        });
        let counts: Vec<String> = kinds
            .iter()
            .map(|&(kind, count)| counted(count, kind))
            .collect();
        counts.join(", ")
    }

    /// `14 components, 2 APIs in 3 teams may break: 5 directly, 11 further away`.
    pub fn headline(&self) -> String {
        let summary = &self.summary;
        if summary.total() == 0 {
            return self.counts();
        }
        let teams = match summary.owners() {
            0 => String::new(),
            1 => " in 1 team".to_owned(),
            n => format!(" in {n} teams"),
        };
        format!(
            "{}{teams} may break: {} directly, {} further away",
            self.counts(),
            summary.direct,
            summary.indirect
        )
    }

    /// The headline, then a line an owner: name, count, contact.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.headline()];
        let names: Vec<String> = self.teams.iter().map(Team::name).collect();
        let unknown = (self.summary.owner_unknown > 0).then_some("owner unknown");
        let width = names
            .iter()
            .map(String::as_str)
            .chain(unknown)
            .map(text::width)
            .max()
            .unwrap_or(0);
        for (team, name) in self.teams.iter().zip(names) {
            let contact = match team.contact() {
                contact if contact.is_empty() => "no contact".to_owned(),
                contact => contact,
            };
            lines.push(format!(
                "  {}  {:>5}  {contact}",
                text::pad(&name, width),
                team.count
            ));
        }
        lines.extend(unknown.map(|name| {
            let name = text::pad(name, width);
            format!("  {name}  {:>5}", self.summary.owner_unknown)
        }));
        lines
    }
}

/// `1 component`, `2 APIs`.
fn counted(count: u32, kind: &str) -> String {
    let known = kinds::find(kind);
    let name = match (count, known) {
        (1, Some(kind)) => kind.name,
        (_, Some(kind)) => kind.plural,
        (_, None) => kind,
    };
    // Words begin small in a sentence; abbreviations stay as they are.
    let is_word = name.chars().nth(1).is_some_and(char::is_lowercase);
    let name = text::clean(name);
    if is_word {
        format!("{count} {}", name.to_lowercase())
    } else {
        format!("{count} {name}")
    }
}
