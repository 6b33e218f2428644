//! What the preview of the selected entity says: what its row says at once, what had to be loaded a moment later.
//!
//! As data and not only as cells, so that scrolling ends where it does.

use super::actions::Action;
use super::detail::{Detail, LinkKind, shown_ref};
use super::impact::Impact;
use super::layout::{self, Area};
use super::line::{BETWEEN, Line, Span, wrap, wrap_text};
use super::screen::head::{count_of, kind_count};
use super::state::State;
use super::who::{Card, CardLine, Section, Tone};
use super::words;
use crate::catalog::{Row, RowId, Snapshot, kinds};
use crate::text;
use crate::theme::Role;

/// Where values begin, in columns.
const LABEL: usize = 11;
/// How many relations are looked at: more would not be shown, and a group may own thousands.
const RELATIONS: usize = 200;
/// Rows that a description has at most, and how high a preview must be for it to have them all even where it is shorter:
/// then the facts below it stand at one place for every entity, for the eye and for what a move costs.
const DESCRIPTION: usize = 3;
const ROOMY: u16 = 16;
/// How many people on call are named: the page has all of them.
const ON_CALL: usize = 2;
/// How many rows of its first problem are told: the page has all of them.
const PROBLEM_ROWS: usize = 2;
/// How many rows one value takes at most.
const VALUE_ROWS: usize = 3;

/// How many rows of it are seen at once.
pub fn height(state: &State) -> usize {
    let zoomed = state.catalog().is_some_and(|catalog| catalog.zoomed);
    usize::from(layout::catalog(state.size, zoomed).preview.height)
}

/// All rows of the preview, as wide as it is; none where nothing is selected.
pub fn lines(state: &State) -> Vec<Line> {
    let Some(catalog) = state.catalog() else {
        return Vec::new();
    };
    let snapshot = &catalog.results.snapshot;
    let shown = catalog.preview.entity_ref.as_deref();
    let Some(id) = shown.and_then(|entity_ref| snapshot.find(entity_ref)) else {
        return Vec::new();
    };
    let area = layout::catalog(state.size, catalog.zoomed).preview;
    let loaded = (
        catalog.preview.detail.as_deref(),
        catalog.preview.card.as_deref(),
    );
    of_entity(state, snapshot, id, loaded, area)
}

/// A title that says more than the name, not a part of it in other spelling.
pub fn telling_title<'a>(row: &Row<'a>) -> Option<&'a str> {
    let plain = |text: &str| -> String {
        text.chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect()
    };
    (!row.title.is_empty() && !plain(row.name).contains(&plain(row.title))).then_some(row.title)
}

fn of_entity(
    state: &State,
    snapshot: &Snapshot,
    id: RowId,
    (detail, card): (Option<&Detail>, Option<&Card>),
    area: Area,
) -> Vec<Line> {
    let row = snapshot.row(id);
    let width = area.width;
    let room = usize::from(width);
    let mut lines = Vec::new();
    let title = if row.title.is_empty() {
        row.name
    } else {
        row.title
    };
    let glyph = match state.unicode {
        true => kinds::glyph(row.kind),
        false => kinds::ascii(row.kind),
    };
    let mut head = Line::of(format!("{glyph} "), Role::Glyph);
    head.left.push((title.to_owned(), Role::Title));
    head.right.push((row.kind.to_lowercase(), Role::Dim));
    lines.push(head);
    // The list has the name; it stands here again only where the title is no other spelling of it.
    let named = telling_title(&row).is_some();
    if named {
        lines.push(Line::of(format!("  {}", row.name), Role::Dim));
    }
    if row.flags.unserved {
        lines.extend(of_unserved(detail, room));
        return lines;
    }
    let description = match detail {
        Some(detail) if !detail.description.is_empty() => detail.description.clone(),
        _ => text::clean(row.description).into_owned(),
    };
    let roomy = area.height >= ROOMY;
    if roomy || !description.is_empty() {
        // The name stands in the row that is free otherwise: what follows begins at one place.
        if !(roomy && named) {
            lines.push(Line::default());
        }
        let wrapped = text::wrap(&description, room.max(1));
        let cut = wrapped.len() > DESCRIPTION;
        let start = lines.len();
        for (index, line) in wrapped.into_iter().take(DESCRIPTION).enumerate() {
            let more = if cut && index + 1 == DESCRIPTION {
                text::ELLIPSIS
            } else {
                ""
            };
            lines.push(Line::of(format!("{}{more}", line.trim_end()), Role::Text));
        }
        if roomy {
            lines.resize(start + DESCRIPTION, Line::default());
        }
    }
    lines.push(Line::default());
    let key = |action: Action| {
        let key = state.key_for(action).filter(|_| width >= 36);
        key.map(|key| (key, Role::Dim))
            .into_iter()
            .collect::<Vec<_>>()
    };
    let told = card.map_or_else(Vec::new, |card| card.lines(state.now, &state.time_zone));
    if card.is_some_and(|card| card.on_call.configured) {
        for (index, line) in (told.iter())
            .filter(|line| line.section == Section::OnCall)
            .take(ON_CALL)
            .enumerate()
        {
            let keys = if index == 0 {
                key(Action::Who)
            } else {
                Vec::new()
            };
            lines.extend(on_call(line, keys, room));
        }
    }
    // Of the kinds that run, every fact has its place whether it is known or not.
    let sheet = roomy && matches!(row.kind, "Component" | "API" | "Resource");
    let most = if sheet { 1 } else { VALUE_ROWS };
    let mut fact = |name: &str, value: Vec<Span>, right: Vec<Span>, always: bool| {
        if !value.is_empty() {
            lines.extend(labelled(name, &value, right, room, most));
        } else if sheet && always {
            lines.push(label(name));
        }
    };
    let none = |known: bool| -> Vec<Span> {
        let dash = if state.unicode { "–" } else { "-" };
        match sheet && known {
            true => vec![(dash.into(), Role::Dim)],
            false => Vec::new(),
        }
    };
    let known = snapshot.find(row.owner).is_some();
    let mut owner = Vec::new();
    if !row.owner.is_empty() {
        let role = if known { Role::Text } else { Role::Warn };
        owner.push((shown_ref(row.owner, "group"), role));
        if !known {
            owner.push((" not found".into(), Role::Warn));
        }
    }
    let contacts = detail.filter(|_| known).map_or(&[][..], |d| &d.contacts);
    if sheet {
        fact("Owner", owner, key(Action::Owner), true);
        let contacts = text::truncate(&contacts.join(BETWEEN), room_beside(&[], room)).into_owned();
        if !contacts.is_empty() {
            fact("", vec![(contacts, Role::Dim)], Vec::new(), false);
        }
    } else {
        for contact in contacts {
            owner.push((BETWEEN.into(), Role::Dim));
            owner.push((contact.clone(), Role::Dim));
        }
        fact("Owner", owner, key(Action::Owner), true);
    }
    match card.map(|card| card.runbooks.as_slice()) {
        Some([first, rest @ ..]) => {
            let mut value = vec![(first.title.clone(), Role::Link)];
            if !rest.is_empty() {
                value.push((format!(" (+{})", rest.len()), Role::Dim));
            }
            fact("Runbook", value, key(Action::Runbook), true);
        }
        known => fact("Runbook", none(known.is_some()), Vec::new(), true),
    }
    match card.map(|card| &card.impact) {
        Some(impact) if impact.summary.total() > 0 => {
            let right = key(Action::Dependents);
            let columns = room_beside(&right, room);
            fact("Breaks", breaks(impact, columns), right, true);
        }
        known => fact("Breaks", none(known.is_some()), Vec::new(), true),
    }
    let said: Vec<&str> = [row.spec_type, row.lifecycle]
        .into_iter()
        .filter(|word| !word.is_empty())
        .collect();
    let nature = match said.is_empty() {
        true => none(true),
        false => vec![(said.join(" · "), Role::Text)],
    };
    fact("Type", nature, Vec::new(), true);
    let system = match row.system.is_empty() {
        true => none(true),
        false => vec![(shown_ref(row.system, "system"), Role::Text)],
    };
    fact("System", system, Vec::new(), true);
    let tags = match row.tags.is_empty() {
        true => none(true),
        false => vec![(row.tags.to_owned(), Role::Dim)],
    };
    fact("Tags", tags, Vec::new(), true);
    for (name, types, kinds) in [
        (
            "Depends on",
            &["dependsOn", "consumesApi"][..],
            &["Component", "Resource"][..],
        ),
        ("Provides", &["providesApi"], &["Component"]),
        ("Parts", &["hasPart"], &[]),
        ("Owns", &["ownerOf"], &[]),
        ("Members", &["hasMember"], &[]),
    ] {
        let value = match names(snapshot, id, types, room) {
            value if !value.is_empty() => value,
            _ => none(kinds.contains(&row.kind)),
        };
        fact(name, value, Vec::new(), false);
    }
    if let Some(detail) = detail {
        let links: Vec<_> = detail
            .links
            .iter()
            .filter(|link| !matches!(link.kind, LinkKind::Runbook | LinkKind::Source))
            .collect();
        if !links.is_empty() {
            lines.push(Line::default());
        }
        for (index, link) in links.iter().enumerate().take(6) {
            let mut line = label(if index == 0 { "Links" } else { "" });
            line.left.push((link.title.clone(), Role::Link));
            if link.title != link.url {
                let short = link.url.split("://").nth(1).unwrap_or(&link.url);
                line.left.push((format!("  {short}"), Role::Dim));
            }
            lines.push(line);
        }
    }
    let problems = detail.map_or(row.problems as usize, |detail| detail.problems.len());
    if problems > 0 {
        lines.push(Line::default());
        let sign = if state.unicode { "▲" } else { "!" };
        let count = count_of(problems, "problem", "problems");
        lines.push(Line::of(format!("{sign} {count}"), Role::Warn));
        for problem in detail
            .map_or(&[][..], |detail| &detail.problems)
            .iter()
            .take(1)
        {
            for line in wrap_text(&problem.message, room.saturating_sub(2), PROBLEM_ROWS) {
                lines.push(Line::of(format!("  {line}"), Role::Dim));
            }
        }
    }
    for (is, words) in [
        (row.flags.stale, "Stale: its source lost sight of it"),
        (row.flags.orphan, "Orphan: nothing refers to its location"),
    ] {
        if is {
            lines.push(Line::of(words, Role::Warn));
        }
    }
    lines
}

/// Who is on call, until when, and how to ring them; where to write is on the page.
fn on_call(line: &CardLine, right: Vec<Span>, room: usize) -> Vec<Line> {
    let mut line = line.clone();
    line.parts.truncate(4);
    let columns = room_beside(&right, room);
    let mut lines: Vec<Line> = Vec::new();
    for row in line.rows(columns) {
        let mut shown = label(if lines.is_empty() { line.label } else { "" });
        let mut at = 0;
        for (column, tone, content) in row {
            let role = match tone {
                Tone::Strong => Role::Title,
                Tone::Plain => Role::Text,
                Tone::Quiet => Role::Dim,
                Tone::Warning => Role::Warn,
                Tone::Bad => Role::Bad,
            };
            shown
                .left
                .push((" ".repeat(column.saturating_sub(at)), Role::Dim));
            at = column + text::width(&content);
            shown.left.push((content.into_owned(), role));
        }
        lines.push(shown);
    }
    if let Some(first) = lines.first_mut() {
        first.right = right;
    }
    lines
}

/// Of a document that was never good: what is wrong and where, and that the rest is not known.
fn of_unserved(detail: Option<&Detail>, room: usize) -> Vec<Line> {
    let mut lines = vec![Line::default()];
    let mut say = |content: &str, indent: &str, role: Role| {
        for line in wrap_text(content, room.saturating_sub(indent.len()), 6) {
            lines.push(Line::of(format!("{indent}{line}"), role));
        }
    };
    say("▲ Its file could not be read as an entity", "", Role::Warn);
    let problems = detail.map_or(&[][..], |detail| &detail.problems);
    for problem in problems.iter().take(3) {
        say(&problem.message, "  ", Role::Text);
        say(&problem.place, "  ", Role::Dim);
    }
    if problems.len() > 3 {
        let more = count_of(problems.len() - 3, "more problem", "more problems");
        say(&more, "  ", Role::Dim);
    }
    lines.push(Line::default());
    for name in ["Owner", "Relations"] {
        let value = [("unknown".to_owned(), Role::Dim)];
        lines.extend(labelled(name, &value, Vec::new(), room, VALUE_ROWS));
    }
    lines
}

fn label(name: &str) -> Line {
    Line::of(text::pad(name, LABEL), Role::Dim)
}

/// The columns of a value, between its label and what stands at the right end.
fn room_beside(right: &[Span], room: usize) -> usize {
    let reserved: usize = right.iter().map(|(key, _)| text::width(key) + 2).sum();
    room.saturating_sub(LABEL + reserved).max(8)
}

/// What breaks with it, in one row: by kind and in how many teams, as far as there is room.
fn breaks(impact: &Impact, columns: usize) -> Vec<Span> {
    let total = count_of(impact.summary.total() as usize, "entity", "entities");
    let teams = match impact.summary.owners() {
        0 => String::new(),
        teams => format!("{BETWEEN}{}", count_of(teams, "team", "teams")),
    };
    let forms = [
        format!("{}{teams}", words::counts(&impact.summary)),
        format!("{total}{teams}"),
    ];
    let fitting = forms.into_iter().find(|form| text::width(form) <= columns);
    vec![(fitting.unwrap_or(total), Role::Text)]
}

/// A value behind its label, going on in the next rows where it is long, `most` in all; `right` is at the end of its first row.
fn labelled(name: &str, value: &[Span], right: Vec<Span>, room: usize, most: usize) -> Vec<Line> {
    let columns = room_beside(&right, room);
    let mut lines: Vec<Line> = Vec::new();
    for row in wrap(value, columns, most) {
        let mut line = label(if lines.is_empty() { name } else { "" });
        line.left.extend(row);
        lines.push(line);
    }
    if let Some(first) = lines.first_mut() {
        first.right = right;
    }
    lines
}

/// The names at the other end of relations: as many as fit, and how many more there are.
fn names(snapshot: &Snapshot, id: RowId, types: &[&str], room: usize) -> Vec<Span> {
    let targets: Vec<_> = snapshot
        .relations(id)
        .take(RELATIONS)
        .filter(|relation| types.contains(&relation.relation))
        .collect();
    let Some(first) = targets.first() else {
        return Vec::new();
    };
    let first_kind = first.target_ref.split(':').next().unwrap_or("");
    // A long list is said in a number.
    if targets.len() > 6
        && targets
            .iter()
            .all(|target| target.target_ref.starts_with(first_kind))
    {
        let count = targets.len();
        let words = kind_count(first_kind, count);
        let more = if count == RELATIONS { " or more" } else { "" };
        return vec![(format!("{words}{more}"), Role::Text)];
    }
    let mut value = Vec::new();
    let mut used = LABEL;
    for (index, target) in targets.iter().enumerate() {
        let shown = match target.target {
            Some(id) => text::clean(snapshot.row(id).name).into_owned(),
            None => format!("? {}", shown_ref(target.target_ref, "component")),
        };
        let rest = targets.len() - index - 1;
        let reserve = if rest > 0 { 6 } else { 0 };
        let wide = text::width(&shown) + 2;
        if index > 0 && used + wide + reserve > room {
            value.push((format!(" +{}", rest + 1), Role::Dim));
            break;
        }
        if index > 0 {
            value.push((", ".into(), Role::Dim));
        }
        used += wide;
        let role = if target.target.is_some() {
            Role::Text
        } else {
            Role::Warn
        };
        value.push((shown, role));
    }
    value
}
