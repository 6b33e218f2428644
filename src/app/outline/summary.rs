//! A blast radius in words: for the head of its tree, and as a message to those it concerns.

use std::collections::BTreeMap;

use super::{Direction, Item, Mark, Outline, TreeKind};
use crate::app::detail::shown_ref;
use crate::app::screen::head::{count_of, kind_count};
use crate::catalog::RowId;
use crate::catalog::graph::{self, Summary};
use crate::text;

/// How owners are reached, by their complete references; already stripped of control characters.
pub type Contacts = BTreeMap<String, Vec<String>>;

/// The most entities that a message names; it says how many it leaves out.
const NAMED: usize = 100;

/// `14 components, 2 APIs`: most first.
pub fn counts(summary: &Summary) -> String {
    let mut kinds: Vec<(&str, u32)> = summary
        .by_kind
        .iter()
        .map(|(kind, count)| (kind.as_str(), *count))
        .collect();
    kinds.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let words: Vec<String> = kinds
        .into_iter()
        .map(|(kind, count)| kind_count(&text::clean(kind).to_lowercase(), count as usize))
        .collect();
    words.join(", ")
}

/// What a dependency tree amounts to, in one line.
pub fn headline(summary: &Summary, direction: Direction) -> String {
    let missing = match (direction, summary.missing) {
        (Direction::Dependents, _) | (_, 0) => None,
        (_, 1) => Some("1 that is not found".to_owned()),
        (_, missing) => Some(format!("{missing} that are not found")),
    };
    if summary.total() == 0 {
        return match (direction, missing) {
            (Direction::Dependencies, Some(missing)) => format!("It needs {missing}"),
            (Direction::Dependencies, None) => "It depends on nothing".into(),
            (Direction::Dependents, _) => "Nothing depends on it".into(),
        };
    }
    let what = counts(summary);
    let teams = match summary.owners() {
        0 => String::new(),
        owners => format!(" in {}", count_of(owners, "team", "teams")),
    };
    match direction {
        Direction::Dependencies => {
            let missing = missing.map_or_else(String::new, |missing| format!(" and {missing}"));
            format!("It needs {what}{teams}{missing}")
        }
        Direction::Dependents => format!("{what}{teams} may break"),
    }
}

/// `5 direct, 11 indirect`.
pub fn distances(summary: &Summary) -> String {
    format!("{} direct, {} indirect", summary.direct, summary.indirect)
}

/// A message's look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    Text,
    Markdown,
}

impl Outline {
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
        out.push_str(&headline(summary, *direction));
        if summary.total() > 0 {
            out.push_str(&format!(": {}", distances(summary)));
        }
        out.push('\n');
        let mut by_owner: BTreeMap<&str, Vec<(RowId, usize)>> = BTreeMap::new();
        for (index, node) in self.nodes.iter().enumerate().skip(1) {
            if let (Item::Row(id), Mark::None) = (node.item, node.mark) {
                let owner = self.snapshot.row(id).owner;
                by_owner.entry(owner).or_default().push((id, index));
            }
        }
        let mut left = NAMED;
        for count in &summary.by_owner {
            let owner = count.owner.as_deref().unwrap_or("");
            let title = if owner.is_empty() {
                "nobody owns".to_owned()
            } else {
                shown_ref(owner, "group")
            };
            let reached = match contacts.get(owner).map(|found| found.join(" · ")) {
                Some(words) if !words.is_empty() => words,
                _ if owner.is_empty() => String::new(),
                _ => "no contact".into(),
            };
            let between = if reached.is_empty() { "" } else { " · " };
            out.push_str(&if markdown {
                format!(
                    "\n- **{}** {}{between}{}",
                    plain(&title),
                    count.count,
                    plain(&reached)
                )
            } else {
                format!("\n{title} {}{between}{reached}", count.count)
            });
            for (id, index) in by_owner.get(owner).into_iter().flatten().take(left) {
                let row = self.snapshot.row(*id);
                let name = text::clean(row.name);
                let how = self.phrase(*index).unwrap_or_default();
                out.push_str(&if markdown {
                    format!("\n  - `{name}` {}", plain(&how))
                } else {
                    format!("\n  {name} ({how})")
                });
            }
            left = left.saturating_sub(by_owner.get(owner).map_or(0, Vec::len));
        }
        if summary.total() as usize > NAMED {
            let rest = summary.total() as usize - NAMED;
            out.push_str(&format!("\n… and {}", count_of(rest, "more", "more")));
        }
        out.push('\n');
        Some(out)
    }

    /// What the edge to a line means, in words.
    pub fn phrase(&self, index: usize) -> Option<String> {
        let relation = self.relation(index)?;
        match &self.kind {
            TreeKind::Reach { direction, .. } => {
                let from = self.parent(index).and_then(|parent| self.row(parent));
                let from = from.map(|id| text::clean(self.snapshot.row(id).name).into_owned());
                let from = from.unwrap_or_default();
                Some(match (*direction, relation) {
                    // Said of the line, as everything else in its row is.
                    (Direction::Dependencies, "dependsOn") => format!("needed by {from}"),
                    (Direction::Dependencies, "consumesApi") => format!("consumed by {from}"),
                    (direction, _) => graph::Direction::from(direction).phrase(relation, &from),
                })
            }
            _ => Some(in_words(relation)),
        }
    }
}

/// A relation's name as words: `dependsOn` is "depends on".
fn in_words(relation: &str) -> String {
    let mut words = String::with_capacity(relation.len() + 4);
    for c in text::clean(relation).chars() {
        if c.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(c.to_lowercase());
    }
    words
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_needed_and_not_found_is_said() {
        let needs = |resources: u32, missing: u32| {
            let by_kind = (resources > 0).then(|| ("Resource".to_owned(), resources));
            let summary = Summary {
                direct: resources,
                by_kind: by_kind.into_iter().collect(),
                missing,
                ..Summary::default()
            };
            headline(&summary, Direction::Dependencies)
        };
        assert_eq!(needs(0, 0), "It depends on nothing");
        assert_eq!(needs(0, 1), "It needs 1 that is not found");
        assert_eq!(needs(2, 1), "It needs 2 resources and 1 that is not found");
        assert_eq!(needs(1, 2), "It needs 1 resource and 2 that are not found");
    }
}
