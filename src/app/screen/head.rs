//! The head of an entity's page: what a person on call asks first. Facts as data, and broken into rows of a width.

use super::super::detail::{LinkKind, shown_ref};
use super::super::line::{BETWEEN, Line, Span, wrap};
use super::EntityPage;
use super::entity::{DEPENDENCIES, DEPENDENTS};
use crate::text;
use crate::theme::Role;

/// Where the head's values begin, in columns.
const LABEL: usize = 14;
/// How many rows one fact takes at most; the tabs have all of it.
const FACT_ROWS: usize = 3;

/// One line of the page's head.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fact {
    pub label: &'static str,
    /// The first is the answer, the others say more about it.
    pub parts: Vec<String>,
    pub tone: Tone,
}

/// How a fact is to be taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tone {
    Plain,
    /// It can be opened.
    Link,
    /// It is missing.
    Missing,
    Warning,
}

impl EntityPage {
    /// The head's facts below title and description.
    pub fn facts(&self) -> Vec<Fact> {
        if self.is_unserved() {
            return self.facts_of_unserved();
        }
        let mut facts = Vec::new();
        let detail = self.detail();
        let mut add = |label, parts: Vec<String>, tone| {
            if !parts.is_empty() {
                facts.push(Fact { label, parts, tone });
            }
        };
        let contacts = detail.map(|detail| detail.contacts.clone());
        let kind = self.entity_ref.split(':').next().unwrap_or("");
        if let Some(owner) = self.owner() {
            let known = self.snapshot.find(&owner).is_some();
            let mut parts = vec![shown_ref(&owner, "group")];
            if known {
                parts.extend(contacts.unwrap_or_default());
            } else {
                parts.push("not found in the catalog".into());
            }
            add(
                "Owner",
                parts,
                if known { Tone::Link } else { Tone::Warning },
            );
        } else if matches!(kind, "group" | "user") {
            add("Contact", contacts.unwrap_or_default(), Tone::Plain);
        } else {
            add("Owner", vec!["nobody".into()], Tone::Missing);
        }
        let titles = |kind: LinkKind| -> Vec<String> {
            detail
                .into_iter()
                .flat_map(|detail| detail.links_of(kind))
                .map(|link| link.title.clone())
                .collect()
        };
        let runbooks = titles(LinkKind::Runbook);
        if runbooks.is_empty()
            && detail.is_some()
            && matches!(kind, "component" | "api" | "resource")
        {
            let hint = "none: add a link titled Runbook to the entity".into();
            add("Runbook", vec![hint], Tone::Missing);
        } else {
            add("Runbook", runbooks, Tone::Link);
        }
        add("Dashboards", titles(LinkKind::Dashboard), Tone::Link);
        // Where people talk stands with the owner already.
        add("Links", titles(LinkKind::Other), Tone::Link);
        add("Needs", self.count(&DEPENDENCIES), Tone::Plain);
        add("Needed by", self.count(&DEPENDENTS), Tone::Plain);
        add("Parts", self.count(&["hasPart"]), Tone::Plain);
        add("Owns", self.count(&["ownerOf"]), Tone::Plain);
        add("Members", self.count(&["hasMember"]), Tone::Plain);
        let row = self.row.map(|id| self.snapshot.row(id));
        let tags = row.map_or("", |row| row.tags);
        if !tags.is_empty() {
            add("Tags", vec![text::clean(tags).into_owned()], Tone::Plain);
        }
        if let Some(row) = row {
            let mut warnings = Vec::new();
            // The index counts less than the database knows.
            let problems = detail.map_or(row.problems as usize, |detail| detail.problems.len());
            if problems > 0 {
                warnings.push(count_of(problems, "problem", "problems"));
                let first = detail.and_then(|detail| detail.problems.first());
                warnings.extend(first.map(|problem| problem.message.clone()));
            }
            add("Problems", warnings, Tone::Warning);
            let mut states = Vec::new();
            if row.flags.stale {
                states.push(
                    "stale: its source lost sight of it; this is the last good version".into(),
                );
            }
            if row.flags.orphan {
                states.push("orphan: nothing refers to its location any more".into());
            }
            add("State", states, Tone::Warning);
        }
        facts
    }

    /// Of a document that was never good: what is wrong and where, and that the rest is not known.
    fn facts_of_unserved(&self) -> Vec<Fact> {
        let mut facts = Vec::new();
        let mut add = |label, parts: Vec<String>, tone| facts.push(Fact { label, parts, tone });
        match self.detail().map(|detail| detail.problems.as_slice()) {
            Some([first, rest @ ..]) => {
                add("Invalid", vec![first.message.clone()], Tone::Warning);
                add("At", vec![first.place.clone()], Tone::Plain);
                if !rest.is_empty() {
                    let more = count_of(rest.len(), "more problem", "more problems");
                    add("", vec![more], Tone::Missing);
                }
            }
            Some([]) | None => {
                let why = "its file could not be read as an entity";
                add("Invalid", vec![why.into()], Tone::Warning);
            }
        }
        let unknown = "unknown: its file could not be read as an entity";
        add("Owner", vec![unknown.into()], Tone::Missing);
        facts
    }

    /// The facts in rows of a width, labels included: all of what they say where `room` rows are enough for that, else
    /// less of the long ones.
    pub fn fact_lines(&self, width: u16, room: usize) -> Vec<Line> {
        let plans = (1..=FACT_ROWS).rev().map(|most| self.facts_in(width, most));
        let mut last = Vec::new();
        for lines in plans {
            let fits = lines.len() <= room;
            last = lines;
            if fits {
                break;
            }
        }
        last
    }

    /// The facts, each in at most so many rows.
    fn facts_in(&self, width: u16, most: usize) -> Vec<Line> {
        let columns = usize::from(width).saturating_sub(LABEL + 2).max(8);
        let mut lines = Vec::new();
        for fact in self.facts() {
            let mut spans: Vec<Span> = Vec::new();
            for (index, part) in fact.parts.iter().enumerate() {
                let role = match (fact.tone, index) {
                    (Tone::Plain, _) => Role::Text,
                    (Tone::Link, _) if fact.label != "Owner" => Role::Link,
                    (Tone::Link, 0) => Role::Title,
                    (Tone::Link, _) => Role::Text,
                    (Tone::Missing, _) => Role::Dim,
                    (Tone::Warning, 0) => Role::Warn,
                    (Tone::Warning, _) => Role::Dim,
                };
                if index > 0 {
                    spans.push((BETWEEN.into(), Role::Dim));
                }
                spans.push((part.clone(), role));
            }
            let mut label = fact.label;
            for row in wrap(&spans, columns, most) {
                let padded = text::pad(label, LABEL - 2);
                let mut line = Line::of(format!("  {padded}"), Role::Dim);
                line.left.extend(row);
                lines.push(line);
                label = "";
            }
        }
        lines
    }

    /// Direct relations of these types by kind: `14 components`, `2 apis`.
    fn count(&self, types: &[&str]) -> Vec<String> {
        let mut kinds: Vec<(String, usize)> = Vec::new();
        let mut dangling = 0;
        for row in &self.relations {
            if !types.contains(&row.relation.as_str()) {
                continue;
            }
            if row.target.is_none() {
                dangling += 1;
                continue;
            }
            let kind = row.target_ref.split(':').next().unwrap_or("entity");
            match kinds.iter_mut().find(|(known, _)| known == kind) {
                Some((_, count)) => *count += 1,
                None => kinds.push((kind.to_owned(), 1)),
            }
        }
        kinds.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let mut parts: Vec<String> = kinds
            .into_iter()
            .map(|(kind, count)| kind_count(&kind, count))
            .collect();
        if dangling > 0 {
            parts.push(format!("{dangling} not found"));
        }
        parts
    }

    /// How many rows the head would like: title, description, a space, the facts, a space.
    pub fn head_rows(&self, width: u16) -> u16 {
        let description = self.description_lines(width).len();
        let rows = 1 + description + 1 + self.facts_in(width, FACT_ROWS).len() + 1;
        u16::try_from(rows).unwrap_or(u16::MAX)
    }

    /// The description, at most three lines of it.
    pub fn description_lines(&self, width: u16) -> Vec<String> {
        let description = match (self.detail(), self.row) {
            (Some(detail), _) => detail.description.clone(),
            (None, Some(id)) => text::clean(self.snapshot.row(id).description).into_owned(),
            (None, None) => String::new(),
        };
        if description.is_empty() {
            return Vec::new();
        }
        let columns = usize::from(width.saturating_sub(6)).clamp(1, 100);
        let mut lines: Vec<String> = text::wrap(&description, columns)
            .into_iter()
            .take(3)
            .map(str::to_owned)
            .collect();
        if text::width(&description) > columns * 3
            && let Some(last) = lines.last_mut()
        {
            last.push_str(text::ELLIPSIS);
        }
        lines
    }
}

/// `1 problem`, `2 problems`, with separated thousands.
pub fn count_of(count: usize, one: &str, many: &str) -> String {
    format!(
        "{} {}",
        super::super::status::thousands(count),
        if count == 1 { one } else { many }
    )
}

/// `1 component`, `2 APIs`, `3 things`.
pub fn kind_count(kind: &str, count: usize) -> String {
    let (one, many) = match kind {
        "api" => ("API", "APIs".to_owned()),
        other if other.ends_with('y') => {
            let stem = other.strip_suffix('y').unwrap_or(other);
            (other, format!("{stem}ies"))
        }
        other => (other, format!("{other}s")),
    };
    count_of(count, one, &many)
}
