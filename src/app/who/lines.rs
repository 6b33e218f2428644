//! The card line by line, in the contract's order: the same for the screen and for `callboard who`.

use std::borrow::Cow;

use jiff::{Timestamp, tz::TimeZone};

use super::{Card, CardLink, LinkPurpose, Owner};
use crate::app::detail::shown_ref;
use crate::app::status::{age, clock};
use crate::app::words;
use crate::catalog::oncall::{OnCallNow, OnCallSchedule, Shift};
use crate::techdocs::RunbookTarget;
use crate::text;

/// How a part of a line is to be taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tone {
    Plain,
    /// What is looked for: a name, a number.
    Strong,
    Quiet,
    Warning,
    Bad,
}

/// A part of a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CardPart {
    /// The text.
    pub text: String,
    /// How it is to be taken.
    pub tone: Tone,
}

/// Where a line leads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CardTarget {
    /// A web page.
    Url(String),
    /// A runbook that can be read here.
    Runbook(RunbookTarget),
    /// An entity, by its complete reference.
    Entity(String),
    /// What depends on the entity.
    Dependents,
    /// What is wrong with it.
    Problems,
}

/// What a line is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Section {
    /// Who is on call, level by level.
    OnCall,
    /// Where that is known from, and since when; or why it is not newer.
    Source,
    Incident,
    Owner,
    Runbook,
    Dashboard,
    Impact,
    Escalation,
    Members,
    Nature,
    /// What is wrong with the entity itself; only its page says that.
    Trouble,
}

/// One line of the card.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CardLine {
    /// What it is about.
    pub section: Section,
    /// The same in words; empty where the line before says so.
    pub label: &'static str,
    /// What it says.
    pub parts: Vec<CardPart>,
    /// What copying it gives.
    pub copy: String,
    /// Where it leads, where it leads anywhere.
    pub target: Option<CardTarget>,
}

impl CardLine {
    pub(in crate::app) fn new(
        label: &'static str,
        copy: impl Into<String>,
        target: Option<CardTarget>,
    ) -> Self {
        Self {
            section: Section::Trouble,
            label,
            parts: Vec::new(),
            copy: text::clean(&copy.into()).into_owned(),
            target,
        }
    }

    fn of(mut self, section: Section) -> Self {
        self.section = section;
        self
    }

    pub(in crate::app) fn and(mut self, tone: Tone, text: impl Into<String>) -> Self {
        let text = text.into();
        if !text.is_empty() {
            // The last gate: a field that somebody forgets to clean must not reach a terminal.
            let text = text::clean(&text).into_owned();
            self.parts.push(CardPart { text, tone });
        }
        self
    }

    /// The parts that fit into `width` columns, two spaces between them, with the column each begins at. A part that does
    /// not fit is left out, and what follows it with it; the first is cut.
    pub fn fitted(&self, width: usize) -> Vec<(usize, Tone, Cow<'_, str>)> {
        let mut fitted = Vec::new();
        let mut column = 0;
        for part in &self.parts {
            let text = part.text.trim_end();
            let needed = text::width(text);
            if column + needed > width {
                if fitted.is_empty() {
                    fitted.push((column, part.tone, text::truncate(text, width)));
                }
                break;
            }
            fitted.push((column, part.tone, Cow::Borrowed(text)));
            column += text::width(&part.text) + GAP;
        }
        fitted
    }
}

impl CardLine {
    /// All of it in rows of `width` columns, each part with the column it begins at. What does not fit behind the parts
    /// before it stands in the next row, below the second part where the first is as short as a level. Words that are
    /// wider than a row go on in the next ones; only an address is cut. Nothing else goes missing: at night the number to
    /// ring is what the line is for.
    pub fn rows(&self, width: usize) -> Vec<Vec<(usize, Tone, Cow<'_, str>)>> {
        let first = self.parts.first().map_or(0, |part| text::width(&part.text));
        let hang = if first <= 3 && self.parts.len() > 1 {
            first + GAP
        } else {
            GAP
        };
        let hang = if width < 24 { 0 } else { hang };
        let mut rows = vec![Vec::new()];
        let mut column = 0;
        for part in &self.parts {
            let text = part.text.trim_end();
            let needed = text::width(text);
            if needed == 0 {
                column += text::width(&part.text) + GAP;
                continue;
            }
            let begun = rows.last().is_some_and(|row| !row.is_empty());
            let words = text.contains(' ');
            let cut = !words && part.tone == Tone::Quiet && column + ADDRESS <= width;
            if begun && column + needed > width && !cut {
                rows.push(Vec::new());
                column = hang;
            }
            let room = width.saturating_sub(column);
            if words && needed > room {
                for (number, piece) in text::wrap(text, room)
                    .into_iter()
                    .take(MOST_ROWS)
                    .enumerate()
                {
                    if number > 0 {
                        rows.push(Vec::new());
                    }
                    if let Some(row) = rows.last_mut() {
                        row.push((column, part.tone, Cow::Borrowed(piece.trim_end())));
                    }
                }
                column = width;
                continue;
            }
            if let Some(row) = rows.last_mut() {
                row.push((column, part.tone, text::truncate(text, room)));
            }
            // Below each other stand only the parts of a line's first row.
            column += GAP
                + if rows.len() > 1 {
                    needed
                } else {
                    text::width(&part.text)
                };
        }
        rows
    }
}

/// Columns in which the beginning of an address still says something.
const ADDRESS: usize = 12;
/// Rows that one part takes at most.
const MOST_ROWS: usize = 8;
/// Spaces between the parts of a line.
const GAP: usize = 2;

/// Makes the parts of each place as wide as the widest of them, so that they stand below each other; the last places
/// are left as they are.
fn align(lines: &mut [CardLine], places: usize) {
    for place in 0..places {
        let texts = lines.iter().filter_map(|line| line.parts.get(place));
        let width = texts.map(|part| text::width(&part.text)).max().unwrap_or(0);
        for part in lines
            .iter_mut()
            .filter_map(|line| line.parts.get_mut(place))
        {
            part.text = text::pad(&part.text, width);
        }
    }
}

/// Links of one line of the card.
const DASHBOARDS: &[LinkPurpose] = &[
    LinkPurpose::Grafana,
    LinkPurpose::Datadog,
    LinkPurpose::ArgoCd,
    LinkPurpose::Kubernetes,
    LinkPurpose::Logs,
    LinkPurpose::Dashboard,
];
/// Teams that one line names.
const MOST_TEAMS: usize = 4;
/// Members that one line names.
const MOST_MEMBERS: usize = 4;
/// Links that have a line each.
const MOST_LINKS: usize = 6;

impl Card {
    /// The card at a moment, in a time zone.
    pub fn lines(&self, now: Timestamp, zone: &TimeZone) -> Vec<CardLine> {
        let mut lines = self.on_call_lines(now, zone);
        let mut add = |section: Section, more: Vec<CardLine>| {
            lines.extend(more.into_iter().map(|line| line.of(section)));
        };
        add(Section::Incident, self.incident_lines(now, zone));
        add(Section::Owner, vec![self.owner_line()]);
        add(Section::Runbook, self.runbook_lines());
        add(Section::Dashboard, self.link_lines());
        add(Section::Impact, vec![self.impact_line()]);
        add(
            Section::Escalation,
            self.escalation_line(now).into_iter().collect(),
        );
        add(Section::Members, self.member_line().into_iter().collect());
        add(Section::Nature, self.nature_line(now).into_iter().collect());
        lines
    }

    fn on_call_lines(&self, now: Timestamp, zone: &TimeZone) -> Vec<CardLine> {
        const LABEL: &str = "On call";
        let failure = || {
            self.on_call.failure.as_ref().map(|failure| {
                CardLine::new("", failure.clone(), None)
                    .and(Tone::Warning, failure.clone())
                    .of(Section::Source)
            })
        };
        let Some(schedule) = &self.on_call.schedule else {
            let mut lines = vec![match (&self.on_call.failure, self.on_call.configured) {
                (Some(_), _) => CardLine::new(LABEL, "", None).and(Tone::Warning, "unknown"),
                (None, true) => CardLine::new(LABEL, "", None)
                    .and(Tone::Warning, "unknown")
                    .and(Tone::Quiet, "never fetched: run `callboard sync`"),
                (None, false) => CardLine::new(LABEL, "", None)
                    .and(Tone::Quiet, "no rota is known: ask the owner"),
            }];
            for line in &mut lines {
                line.section = Section::OnCall;
            }
            lines.extend(failure());
            return lines;
        };
        let link = schedule.url.clone().map(CardTarget::Url);
        let mut lines = match schedule.at(now) {
            OnCallNow::Known(shifts) if shifts.is_empty() => {
                vec![CardLine::new(LABEL, "nobody", link).and(Tone::Bad, "nobody is on call now")]
            }
            OnCallNow::Known(shifts) => shifts
                .iter()
                .enumerate()
                .map(|(number, shift)| {
                    let label = if number == 0 { LABEL } else { "" };
                    shift_line(label, shift, link.clone(), now, zone)
                })
                .collect::<Vec<_>>(),
            OnCallNow::Unknown { since } => {
                let text = match since {
                    Some(since) => format!("unknown since {}", clock(since, now, zone)),
                    None => "unknown: the clock is before what was fetched".to_owned(),
                };
                vec![CardLine::new(LABEL, text.clone(), link).and(Tone::Warning, text)]
            }
        };
        if lines.len() > 1 {
            align(&mut lines, 4);
        }
        for line in &mut lines {
            line.section = Section::OnCall;
        }
        lines.push(
            CardLine::new("", as_of(schedule, now, zone), None)
                .and(Tone::Quiet, as_of(schedule, now, zone))
                .of(Section::Source),
        );
        lines.extend(failure());
        lines
    }

    fn incident_lines(&self, now: Timestamp, zone: &TimeZone) -> Vec<CardLine> {
        let Some(schedule) = &self.on_call.schedule else {
            return Vec::new();
        };
        let count = schedule.incidents.len();
        let mut lines: Vec<CardLine> = schedule
            .incidents
            .iter()
            .take(3)
            .enumerate()
            .map(|(number, incident)| {
                let since = incident
                    .since
                    .map(|since| format!("since {}", clock(since, now, zone)));
                let url = incident
                    .url
                    .clone()
                    .filter(|url| url.starts_with("https://"));
                CardLine::new(
                    if number == 0 { "Incident" } else { "" },
                    url.clone().unwrap_or_else(|| incident.title.clone()),
                    url.map(CardTarget::Url),
                )
                .and(Tone::Bad, incident.title.clone())
                .and(Tone::Plain, incident.status.clone())
                .and(Tone::Quiet, since.unwrap_or_default())
            })
            .collect();
        if let (Some(last), true) = (lines.last_mut(), count > 3) {
            last.parts.push(CardPart {
                text: format!("+{} more", count - 3),
                tone: Tone::Quiet,
            });
        }
        lines
    }

    fn owner_line(&self) -> CardLine {
        let kind = self.entity_ref.split(':').next().unwrap_or("");
        let label = match kind {
            "group" | "user" => "Contact",
            _ => "Owner",
        };
        let Some(owner) = &self.owner else {
            return CardLine::new(label, "", None).and(Tone::Warning, "nobody is named");
        };
        let contacts = owner.contacts.join(" · ");
        let copy = if contacts.is_empty() {
            owner.entity_ref.clone()
        } else {
            owner.contacts.join(" ")
        };
        let target = owner
            .known
            .then(|| CardTarget::Entity(owner.entity_ref.clone()));
        let line = CardLine::new(label, copy, target).and(Tone::Plain, owner.name());
        if !owner.known {
            return line.and(Tone::Warning, "is not in the catalog");
        }
        if contacts.is_empty() {
            return line.and(Tone::Quiet, "no contact");
        }
        let line = line.and(Tone::Strong, contacts);
        match &owner.via {
            Some(parent) => line.and(Tone::Quiet, format!("of {}", shown_ref(parent, "group"))),
            None => line,
        }
    }

    fn runbook_lines(&self) -> Vec<CardLine> {
        const LABEL: &str = "Runbook";
        if self.runbooks.is_empty() {
            return vec![CardLine::new(LABEL, "", None).and(Tone::Quiet, "none is known")];
        }
        self.runbooks
            .iter()
            .take(3)
            .enumerate()
            .map(|(number, runbook)| {
                let label = if number == 0 { LABEL } else { "" };
                let more = match self.runbooks.len() {
                    all if number == 2 && all > 3 => format!("+{} more", all - 3),
                    _ => String::new(),
                };
                let address = runbook.target.shown();
                let target = match &runbook.target {
                    RunbookTarget::Url(url) => CardTarget::Url(url.clone()),
                    read_here => CardTarget::Runbook(read_here.clone()),
                };
                CardLine::new(label, address, Some(target))
                    .and(Tone::Strong, runbook.title.clone())
                    .and(Tone::Quiet, address)
                    .and(Tone::Quiet, more)
            })
            .collect()
    }

    fn link_lines(&self) -> Vec<CardLine> {
        let mut lines: Vec<CardLine> = self
            .links
            .iter()
            .filter(|link| DASHBOARDS.contains(&link.purpose))
            .take(MOST_LINKS)
            .map(link_line)
            .collect();
        if let Some(command) = self
            .kubernetes
            .as_ref()
            .and_then(super::KubernetesHint::command)
        {
            lines.push(
                CardLine::new("", command.clone(), None)
                    .and(Tone::Plain, "Kubernetes")
                    .and(Tone::Quiet, command),
            );
        }
        if let Some(first) = lines.first_mut() {
            first.label = "Dashboards";
        }
        align(&mut lines, 1);
        lines
    }

    fn impact_line(&self) -> CardLine {
        let teams: Vec<String> = self
            .impact
            .teams
            .iter()
            .take(MOST_TEAMS)
            .map(|team| format!("{} {}", team.name(), team.count))
            .collect();
        let more = self.impact.teams.len().saturating_sub(MOST_TEAMS);
        let mut teams = teams.join(" · ");
        if more > 0 {
            teams.push_str(&format!(" · +{more}"));
        }
        let summary = &self.impact.summary;
        let (tone, counts) = match summary.total() {
            0 => (Tone::Quiet, self.impact.sentence().to_lowercase()),
            _ => (Tone::Plain, words::counts(summary)),
        };
        let target = Some(CardTarget::Dependents);
        CardLine::new("Breaks", self.impact.sentence(), target)
            .and(tone, counts)
            .and(Tone::Quiet, teams)
    }

    /// Who is asked after the first level.
    fn escalation_line(&self, now: Timestamp) -> Option<CardLine> {
        let shifts = self.on_call.known(now)?;
        let first = shifts.first()?.level;
        let later: Vec<String> = shifts
            .iter()
            .filter(|shift| shift.level != first)
            .map(|shift| format!("L{} {}", shift.level, shift.person.name))
            .collect();
        let policy = self
            .on_call
            .schedule
            .as_ref()
            .and_then(|schedule| schedule.policy.clone());
        if policy.is_none() && later.is_empty() {
            return None;
        }
        let text = later.join(" → ");
        let copy = if text.is_empty() {
            policy.clone().unwrap_or_default()
        } else {
            text.clone()
        };
        Some(
            CardLine::new("Escalation", copy, None)
                .and(Tone::Plain, text)
                .and(Tone::Quiet, policy.unwrap_or_default()),
        )
    }

    fn member_line(&self) -> Option<CardLine> {
        let owner = self.owner.as_ref().filter(|owner| owner.member_count > 0)?;
        let names: Vec<String> = owner
            .members
            .iter()
            .take(MOST_MEMBERS)
            .map(|member| member.name.clone())
            .collect();
        let more = owner.member_count.saturating_sub(names.len());
        let mails: Vec<&str> = owner
            .members
            .iter()
            .filter_map(|member| member.email.as_deref())
            .collect();
        let text = names.join(", ");
        let copy = if mails.is_empty() {
            text.clone()
        } else {
            mails.join(", ")
        };
        let line = CardLine::new("Members", copy, members_of(owner)).and(Tone::Plain, text);
        Some(match more {
            0 => line,
            more => line.and(Tone::Quiet, format!("+{more} more")),
        })
    }

    fn nature_line(&self, now: Timestamp) -> Option<CardLine> {
        let system = match self.system.as_str() {
            "" => String::new(),
            system => shown_ref(system, "system"),
        };
        let tier = match &self.tier {
            Some(tier) if tier.to_lowercase().contains("tier") => tier.clone(),
            Some(tier) => format!("tier {tier}"),
            None => String::new(),
        };
        let facts: Vec<&str> = [
            self.lifecycle.as_str(),
            tier.as_str(),
            self.spec_type.as_str(),
            system.as_str(),
        ]
        .into_iter()
        .filter(|fact| !fact.is_empty())
        .collect();
        let pushed = self.last_push.map(|at| format!("pushed {}", age(at, now)));
        if facts.is_empty() && self.tags.is_empty() && pushed.is_none() {
            return None;
        }
        Some(
            CardLine::new("Kind", self.entity_ref.clone(), None)
                .and(Tone::Plain, facts.join(" · "))
                .and(Tone::Plain, pushed.unwrap_or_default())
                .and(Tone::Quiet, self.tags.join(" ")),
        )
    }
}

fn members_of(owner: &Owner) -> Option<CardTarget> {
    let group = owner.via.as_ref().unwrap_or(&owner.entity_ref);
    owner.known.then(|| CardTarget::Entity(group.clone()))
}

fn link_line(link: &CardLink) -> CardLine {
    let shown = link
        .url
        .split_once("://")
        .map_or(link.url.as_str(), |(_, rest)| rest);
    CardLine::new(
        "",
        link.url.clone(),
        Some(CardTarget::Url(link.url.clone())),
    )
    .and(Tone::Plain, link.title.clone())
    .and(Tone::Quiet, if link.title == link.url { "" } else { shown })
}

fn shift_line(
    label: &'static str,
    shift: &Shift,
    target: Option<CardTarget>,
    now: Timestamp,
    zone: &TimeZone,
) -> CardLine {
    let person = &shift.person;
    let until = match shift.end {
        Some(end) => format!("until {}", clock(end, now, zone)),
        None => "always".to_owned(),
    };
    let copy = person
        .phone
        .clone()
        .or_else(|| person.email.clone())
        .unwrap_or_else(|| person.name.clone());
    CardLine::new(label, copy, target)
        .and(Tone::Quiet, format!("L{}", shift.level))
        .and(Tone::Strong, person.name.clone())
        .and(Tone::Plain, until)
        .and(Tone::Strong, person.phone.as_deref().unwrap_or("no phone"))
        .and(Tone::Plain, person.email.as_deref().unwrap_or_default())
}

fn as_of(schedule: &OnCallSchedule, now: Timestamp, zone: &TimeZone) -> String {
    match schedule.fetched_at {
        Some(at) => format!("{} as of {}", schedule.source, clock(at, now, zone)),
        None => schedule.source.clone(),
    }
}
