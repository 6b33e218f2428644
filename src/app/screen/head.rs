//! What stands above the tabs of an entity's page, and what the page adds to the card: what is wrong with the entity.

use jiff::{Timestamp, tz::TimeZone};

use super::super::layout::Size;
use super::super::who::{CardLine, CardTarget, Section, Tone};
use super::EntityPage;
use super::entity::Load;
use crate::catalog::kinds;
use crate::text;

impl EntityPage {
    /// The lines of the card and what is wrong with the entity, as of a moment.
    pub(super) fn card_lines(&self, now: Timestamp, zone: &TimeZone) -> Vec<CardLine> {
        if self.is_unserved() {
            return self.lines_of_unserved();
        }
        // All at once: what came first would not stay where it is.
        if matches!(self.load, Load::Loading) {
            return Vec::new();
        }
        let mut lines = self
            .card
            .as_ref()
            .map_or_else(Vec::new, |card| card.lines(now, zone));
        let kind = self.entity_ref.split(':').next().unwrap_or("");
        if !matches!(kind, "component" | "api" | "resource" | "system" | "domain") {
            // Nobody is rung for a group or a template, unless somebody said so.
            let card = self.card.as_ref();
            let rung = card.is_some_and(|card| card.on_call.configured);
            let runbook = card.is_some_and(|card| !card.runbooks.is_empty());
            let breaks = card.is_some_and(|card| card.impact.summary.total() > 0);
            lines.retain(|line| match line.section {
                Section::OnCall | Section::Source => rung,
                Section::Runbook => runbook,
                Section::Impact => breaks,
                _ => true,
            });
        }
        lines.extend(self.trouble());
        lines
    }

    fn trouble(&self) -> Vec<CardLine> {
        let mut lines = Vec::new();
        let Some(row) = self.row.map(|id| self.snapshot.row(id)) else {
            return lines;
        };
        let detail = self.detail();
        // The index counts less than the database knows.
        let problems = detail.map_or(row.problems as usize, |detail| detail.problems.len());
        if problems > 0 {
            let first = detail.and_then(|detail| detail.problems.first());
            let first = first.map_or("", |problem| problem.message.as_str());
            lines.push(
                CardLine::new("Problems", first, Some(CardTarget::Problems))
                    .and(Tone::Warning, count_of(problems, "problem", "problems"))
                    .and(Tone::Quiet, first),
            );
        }
        for (is, word, why) in [
            (
                row.flags.stale,
                "stale",
                "its source lost sight of it; this is the last good version",
            ),
            (
                row.flags.orphan,
                "orphan",
                "nothing refers to its location any more",
            ),
        ] {
            if is {
                lines.push(
                    CardLine::new("State", word, None)
                        .and(Tone::Warning, word)
                        .and(Tone::Quiet, why),
                );
            }
        }
        lines
    }

    /// Of a document that was never good: what is wrong and where, and that the rest is not known.
    fn lines_of_unserved(&self) -> Vec<CardLine> {
        let mut lines = Vec::new();
        let problems = self.detail().map(|detail| detail.problems.as_slice());
        let why = "its file could not be read as an entity";
        match problems {
            Some([first, rest @ ..]) => {
                let target = Some(CardTarget::Problems);
                lines.push(
                    CardLine::new("Invalid", first.message.clone(), target)
                        .and(Tone::Warning, first.message.clone()),
                );
                lines.push(
                    CardLine::new("At", first.place.clone(), None)
                        .and(Tone::Plain, first.place.clone()),
                );
                if !rest.is_empty() {
                    let more = count_of(rest.len(), "more problem", "more problems");
                    lines.push(
                        CardLine::new("", more.clone(), Some(CardTarget::Problems))
                            .and(Tone::Quiet, more),
                    );
                }
            }
            Some([]) | None => {
                lines.push(CardLine::new("Invalid", why, None).and(Tone::Warning, why));
            }
        }
        for label in ["On call", "Owner"] {
            lines.push(
                CardLine::new(label, "", None)
                    .and(Tone::Quiet, "unknown:")
                    .and(Tone::Quiet, why),
            );
        }
        lines
    }

    /// How many rows the head would like: title, description, a space where there is room for one.
    pub fn head_rows(&self, size: Size) -> u16 {
        let description = self.description_lines(size).len();
        let space = usize::from(size.rows >= 20);
        u16::try_from(1 + description + space).unwrap_or(u16::MAX)
    }

    /// The description: as much of it as leaves the room to the card.
    pub fn description_lines(&self, size: Size) -> Vec<String> {
        let description = match (self.detail(), self.row) {
            (Some(detail), _) => detail.description.clone(),
            (None, Some(id)) => text::clean(self.snapshot.row(id).description).into_owned(),
            (None, None) => String::new(),
        };
        let most = match size.rows {
            0..16 => 0,
            16..28 => 1,
            28..36 => 2,
            _ => 3,
        };
        if description.is_empty() || most == 0 {
            return Vec::new();
        }
        let columns = usize::from(size.columns.saturating_sub(6)).clamp(1, 100);
        let mut lines: Vec<String> = text::wrap(&description, columns)
            .into_iter()
            .map(|line| line.trim_end().to_owned())
            .collect();
        let cut = lines.len() > most;
        lines.truncate(most);
        if let Some(last) = lines.last_mut().filter(|_| cut) {
            last.push_str(text::ELLIPSIS);
            *last = text::truncate(last, columns).into_owned();
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

/// `1 component`, `2 APIs`, `3 factories`: a kind by its name in any case, stripped of control characters.
pub fn kind_count(kind: &str, count: usize) -> String {
    let word = match kinds::find(kind) {
        Some(known) if count == 1 => known.name.to_owned(),
        Some(known) => known.plural.to_owned(),
        None => {
            let kind = text::clean(kind);
            match kind.strip_suffix('y') {
                _ if count == 1 => kind.into_owned(),
                Some(stem) => format!("{stem}ies"),
                None => format!("{kind}s"),
            }
        }
    };
    // Words begin small in a sentence; abbreviations stay as they are.
    let is_word = word.chars().nth(1).is_some_and(char::is_lowercase);
    let word = if is_word { word.to_lowercase() } else { word };
    count_of(count, &word, &word)
}
