//! A blast radius as a message to those it concerns, and the edges of a tree in words.

use std::collections::HashMap;

use super::{Direction, Item, Mark, Outline, TreeKind};
use crate::app::detail::shown_ref;
use crate::app::impact::{Contacts, Hands, Team, teams};
use crate::app::screen::head::count_of;
use crate::app::words;
use crate::catalog::RowId;
use crate::text;

/// The most entities that a message names; it says how many it leaves out.
const NAMED: usize = 100;

/// A message's look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    Text,
    Markdown,
}

impl Outline {
    /// Whom what was reached belongs to ([`teams`]); nobody where the tree is not one of dependencies or dependents.
    pub fn teams<'a>(&'a self, contacts: &'a Contacts) -> impl Iterator<Item = Team> + 'a {
        let summary = self.summary.iter();
        summary.flat_map(|summary| {
            teams(summary, &self.snapshot, |owner| {
                contacts.get(owner).cloned()
            })
        })
    }

    /// What was reached, as a message: figures, then each owner with how to reach it and what of it is concerned.
    /// None where the tree is not one of dependencies or dependents.
    pub fn message(&self, contacts: &Contacts, style: Style) -> Option<String> {
        let (TreeKind::Reach { root, direction }, Some(summary)) = (&self.kind, &self.summary)
        else {
            return None;
        };
        let markdown = style == Style::Markdown;
        let name = match self.snapshot.find(root).map(|id| self.snapshot.row(id)) {
            Some(row) if !row.title.is_empty() => {
                let (title, name) = (text::clean(row.title), text::clean(row.name));
                if markdown {
                    format!("{} (`{name}`)", plain(&title))
                } else {
                    format!("{title} ({name})")
                }
            }
            _ if markdown => format!("`{}`", shown_ref(root, "component")),
            _ => shown_ref(root, "component"),
        };
        let bold = if markdown { "**" } else { "" };
        let mut out = match direction {
            Direction::Dependents => format!("{bold}What breaks with {name}{bold}\n"),
            Direction::Dependencies => format!("{bold}What {name} needs{bold}\n"),
        };
        out.push_str(&words::sentence(summary, (*direction).into()));
        out.push('\n');
        let mut whose: HashMap<Hands, Vec<(RowId, usize)>> = HashMap::new();
        for (index, node) in self.nodes.iter().enumerate().skip(1) {
            if let (Item::Row(id), Mark::None) = (node.item, node.mark) {
                whose.entry(self.hands(id)).or_default().push((id, index));
            }
        }
        let mut left = NAMED;
        for team in self.teams(contacts) {
            let (title, reached) = (team.name(), team.contact(usize::MAX));
            let between = if reached.is_empty() { "" } else { " · " };
            out.push_str(&if markdown {
                format!(
                    "\n- **{}** {}{between}{}",
                    plain(&title),
                    team.count,
                    plain(&reached)
                )
            } else {
                format!("\n{title} {}{between}{reached}", team.count)
            });
            let of_team = whose.get(&team.hands).map_or(&[][..], Vec::as_slice);
            for (id, index) in of_team.iter().take(left) {
                let row = self.snapshot.row(*id);
                let name = text::clean(row.name);
                let how = self.phrase(*index).unwrap_or_default();
                out.push_str(&if markdown {
                    format!("\n  - `{name}` {}", plain(&how))
                } else {
                    format!("\n  {name} ({how})")
                });
            }
            left = left.saturating_sub(of_team.len());
        }
        if summary.total() as usize > NAMED {
            let rest = summary.total() as usize - NAMED;
            out.push_str(&format!("\n… and {}", count_of(rest, "more", "more")));
        }
        out.push('\n');
        Some(out)
    }

    /// Whose an entity is, as [`teams`] has it.
    fn hands(&self, id: RowId) -> Hands {
        let row = self.snapshot.row(id);
        if row.flags.unserved {
            Hands::Unknown
        } else if row.owner.is_empty() {
            Hands::Nobody
        } else {
            Hands::Owner(
                row.owner.to_owned(),
                self.snapshot.find(row.owner).is_some(),
            )
        }
    }

    /// What the edge to a line means, in words; right below the entity that was asked for it needs no name.
    pub fn edge(&self, index: usize) -> Option<String> {
        let near = self.nodes.get(index)?.depth == 1;
        self.words_of_edge(index, near)
    }

    /// What the edge to a line means, in words.
    pub fn phrase(&self, index: usize) -> Option<String> {
        self.words_of_edge(index, false)
    }

    fn words_of_edge(&self, index: usize, near: bool) -> Option<String> {
        let relation = self.relation(index)?;
        let from = match self.kind {
            // A chain goes from line to line.
            TreeKind::Path { .. } => index.checked_sub(1),
            _ => self.parent(index).filter(|_| !near),
        };
        let from = from.map(|parent| self.name(parent));
        Some(words::edge(relation, from.as_deref()))
    }

    /// What a line's entity is called, in whatever case it is written.
    fn name(&self, index: usize) -> String {
        match self.nodes.get(index).map(|node| node.item) {
            Some(Item::Row(id)) => text::clean(self.snapshot.row(id).name).into_owned(),
            Some(Item::Missing(text)) => shown_ref(self.missing(text), "component"),
            Some(Item::Heading(heading)) => heading.title().to_owned(),
            None => String::new(),
        }
    }
}

/// Text that Markdown takes as it stands.
fn plain(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    for c in words.chars() {
        if "\\`*_[]<>|".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
