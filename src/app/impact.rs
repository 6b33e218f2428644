//! The blast radius in figures: how much may break, in whose hands, and how they are reached.

use std::collections::BTreeMap;

use super::detail::{Loaded, shown_ref};
use super::who::Reached;
use super::words;
use crate::catalog::graph::{Direction, Heading, Reach, Summary};
use crate::catalog::{RowId, Snapshot};
use crate::text;

/// The owners whose contacts are collected, those with most of it first: more than anybody tells one by one.
pub const REACHED: usize = 200;

/// How owners are reached, by their complete references.
pub type Contacts = BTreeMap<String, Reached>;

/// What may break when an entity fails.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Impact {
    /// The figures.
    pub summary: Summary,
    /// By owner, in the order of [`Summary::by_owner`].
    pub teams: Vec<Team>,
}

/// In whose hands entities are.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Hands {
    /// An owner's, by its complete reference, and whether the catalog has it.
    Owner(String, bool),
    /// Nobody's: they name no owner.
    Nobody,
    /// Nobody knows: they were never good.
    Unknown,
}

/// What one owner has to do with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Team {
    /// Whose.
    pub hands: Hands,
    /// How many of the entities.
    pub count: u32,
    /// How they are reached; none while nobody has looked.
    pub reached: Option<Reached>,
}

impl Team {
    /// Its name for people.
    pub fn name(&self) -> String {
        match &self.hands {
            Hands::Owner(owner, _) => shown_ref(owner, "group"),
            Hands::Nobody => Heading::NoOwner.title().to_owned(),
            Hands::Unknown => Heading::OwnerUnknown.title().to_owned(),
        }
    }

    /// Whether there is somebody to be told.
    pub fn is_known(&self) -> bool {
        matches!(self.hands, Hands::Owner(_, true))
    }

    /// How it is reached, at most `most` ways of it, in words; that there is none, where there is none. Empty where
    /// nobody has looked, or where there is nobody to be reached.
    pub fn contact(&self, most: usize) -> String {
        match (&self.hands, &self.reached) {
            (Hands::Owner(_, false), _) => words::NOT_FOUND.to_owned(),
            (Hands::Owner(_, true), Some(reached)) => reached.words(most),
            _ => String::new(),
        }
    }
}

/// Whom the reached entities belong to, most first, those of nobody last.
pub fn teams<'a>(
    summary: &'a Summary,
    snapshot: &'a Snapshot,
    mut reached: impl FnMut(&str) -> Option<Reached> + 'a,
) -> impl Iterator<Item = Team> + 'a {
    let owned = summary
        .by_owner
        .iter()
        .map(move |entry| match &entry.owner {
            Some(owner) => Team {
                reached: reached(owner),
                hands: Hands::Owner(owner.clone(), snapshot.find(owner).is_some()),
                count: entry.count,
            },
            None => Team {
                hands: Hands::Nobody,
                count: entry.count,
                reached: None,
            },
        });
    let unknown = Team {
        hands: Hands::Unknown,
        count: summary.owner_unknown,
        reached: None,
    };
    owned.chain((summary.owner_unknown > 0).then_some(unknown))
}

/// How many [`teams`] there are.
pub fn team_count(summary: &Summary) -> usize {
    summary.by_owner.len() + usize::from(summary.owner_unknown > 0)
}

impl Impact {
    /// Counts what a walk over dependents reached; `load` gives an entity by its complete reference.
    pub fn of(
        reach: &Reach<'_>,
        snapshot: &Snapshot,
        load: &mut dyn FnMut(&str) -> Option<Loaded>,
    ) -> Self {
        let summary = Summary::of(reach, snapshot);
        let mut left = REACHED;
        let reached = |owner: &str| {
            left = left.checked_sub(1)?;
            Some(Reached::of(snapshot, owner, load))
        };
        let teams = teams(&summary, snapshot, reached).collect();
        Self { summary, teams }
    }

    /// Of an entity; `load` as for [`Impact::of`].
    pub fn of_entity(
        snapshot: &Snapshot,
        id: RowId,
        load: &mut dyn FnMut(&str) -> Option<Loaded>,
    ) -> Self {
        let reach = Reach::walk(snapshot, id, Direction::Dependents, None);
        Self::of(&reach, snapshot, load)
    }

    /// `14 components, 2 APIs in 3 teams may break: 5 direct, 11 indirect`.
    pub fn sentence(&self) -> String {
        words::sentence(&self.summary, Direction::Dependents)
    }

    /// The sentence, then a line an owner: name, count, contact.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.sentence()];
        let names: Vec<String> = self.teams.iter().map(Team::name).collect();
        let width = names.iter().map(|name| text::width(name)).max();
        for (team, name) in self.teams.iter().zip(&names) {
            let name = text::pad(name, width.unwrap_or(0));
            let line = format!("  {name}  {:>5}  {}", team.count, team.contact(usize::MAX));
            lines.push(line.trim_end().to_owned());
        }
        lines
    }
}
