//! The preview of the selected entity: what its row says at once, what had to be loaded a moment later.

use super::super::paint::{Line, Painter};
use super::super::widget::kind;
use super::catalog::telling_title;
use crate::app::Action;
use crate::app::detail::{Detail, LinkKind, shown_ref};
use crate::app::layout::Area;
use crate::app::screen::entity::{DEPENDENTS, count_of, kind_count};
use crate::app::screen::{Catalog, Focus};
use crate::catalog::{RowId, Snapshot};
use crate::text;
use crate::theme::Role;

/// Where values begin.
const LABEL: usize = 11;
/// How many relations are looked at: more would not be shown, and a group may own thousands.
const RELATIONS: usize = 200;

/// Draws the preview.
pub fn draw(painter: &mut Painter<'_>, area: Area, catalog: &Catalog) {
    let state = painter.state;
    let snapshot = &catalog.results.snapshot;
    let Some(id) = catalog
        .preview
        .entity_ref
        .as_deref()
        .and_then(|entity_ref| snapshot.find(entity_ref))
    else {
        return;
    };
    let detail = catalog.preview.detail.as_deref();
    let mut lines = lines(painter, snapshot, id, detail, area.width);
    let most = lines.len().saturating_sub(usize::from(area.height));
    let scroll = catalog.preview.scroll.min(most);
    lines.drain(..scroll);
    if catalog.focus == Focus::Preview {
        // The pane that moving scrolls.
        painter.put(
            area.x.saturating_sub(1),
            area.y,
            1,
            if state.unicode { "▌" } else { ">" },
            Role::Accent,
        );
    }
    for (line, y) in lines.iter().zip(area.y..area.y + area.height) {
        painter.put_line(area, y, line);
    }
}

fn lines(
    painter: &Painter<'_>,
    snapshot: &Snapshot,
    id: RowId,
    detail: Option<&Detail>,
    width: u16,
) -> Vec<Line> {
    let state = painter.state;
    let row = snapshot.row(id);
    let room = usize::from(width);
    let mut lines = Vec::new();
    let title = if row.title.is_empty() {
        row.name
    } else {
        row.title
    };
    let mut head = Line::of(
        format!("{} ", kind::glyph(row.kind, state.unicode)),
        Role::Glyph,
    );
    head.left.push((title.to_owned(), Role::Title));
    head.right.push((row.kind.to_lowercase(), Role::Dim));
    lines.push(head);
    // The list has the name; it stands here again only where the title is no other spelling of it.
    if telling_title(&row).is_some() {
        lines.push(Line::of(format!("  {}", row.name), Role::Dim));
    }
    let description = match detail {
        Some(detail) if !detail.description.is_empty() => detail.description.clone(),
        _ => text::clean(row.description).into_owned(),
    };
    if !description.is_empty() {
        lines.push(Line::default());
        let wrapped = text::wrap(&description, room.max(1));
        let cut = wrapped.len() > 4;
        for (index, line) in wrapped.into_iter().take(4).enumerate() {
            let more = if cut && index == 3 {
                text::ELLIPSIS
            } else {
                ""
            };
            lines.push(Line::of(format!("{}{more}", line.trim_end()), Role::Text));
        }
    }
    lines.push(Line::default());
    let key = |action: Action| {
        let key = state.key_for(action).filter(|_| width >= 36);
        key.map(|key| (key, Role::Dim))
            .into_iter()
            .collect::<Vec<_>>()
    };
    if !row.owner.is_empty() {
        let known = snapshot.find(row.owner).is_some();
        let mut line = label("Owner");
        let role = if known { Role::Text } else { Role::Warn };
        line.left.push((shown_ref(row.owner, "group"), role));
        if known {
            for contact in detail.map_or(&[][..], |detail| &detail.contacts) {
                line.left.push((format!(" · {contact}"), Role::Dim));
            }
        } else {
            line.left.push((" not found".into(), Role::Warn));
        }
        line.right = key(Action::Owner);
        lines.push(line);
    }
    if let Some(detail) = detail {
        let runbooks: Vec<&str> = detail
            .links_of(LinkKind::Runbook)
            .map(|link| link.title.as_str())
            .collect();
        if let Some((first, rest)) = runbooks.split_first() {
            let mut line = label("Runbook");
            line.left.push(((*first).to_owned(), Role::Link));
            if !rest.is_empty() {
                line.left.push((format!(" (+{})", rest.len()), Role::Dim));
            }
            line.right = key(Action::Runbook);
            lines.push(line);
        }
    }
    let state_words = [row.spec_type, row.lifecycle];
    let words: Vec<&str> = state_words
        .into_iter()
        .filter(|word| !word.is_empty())
        .collect();
    if !words.is_empty() {
        let mut line = label("Type");
        line.left.push((words.join(" · "), Role::Text));
        lines.push(line);
    }
    if !row.system.is_empty() {
        let mut line = label("System");
        line.left
            .push((shown_ref(row.system, "system"), Role::Text));
        lines.push(line);
    }
    for (name, types) in [
        ("Depends on", &["dependsOn", "consumesApi"][..]),
        ("Provides", &["providesApi"][..]),
        ("Parts", &["hasPart"][..]),
        ("Owns", &["ownerOf"][..]),
        ("Members", &["hasMember"][..]),
    ] {
        lines.extend(names(snapshot, id, name, types, room));
    }
    let dependents = snapshot
        .relations(id)
        .take(RELATIONS)
        .filter(|relation| DEPENDENTS.contains(&relation.relation))
        .count();
    if dependents > 0 {
        let mut line = label("Needed by");
        line.left
            .push((count_of(dependents, "entity", "entities"), Role::Text));
        line.left.push((" directly".into(), Role::Dim));
        line.right = key(Action::Dependents);
        lines.push(line);
    }
    if !row.tags.is_empty() {
        let mut line = label("Tags");
        line.left.push((row.tags.to_owned(), Role::Dim));
        lines.push(line);
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
            .take(2)
        {
            for line in text::wrap(&problem.message, room.saturating_sub(2).max(1))
                .into_iter()
                .take(3)
            {
                lines.push(Line::of(format!("  {}", line.trim_end()), Role::Dim));
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

fn label(name: &str) -> Line {
    Line::of(text::pad(name, LABEL), Role::Dim)
}

/// The names at the other end of relations: as many as fit, and how many more there are.
fn names(snapshot: &Snapshot, id: RowId, name: &str, types: &[&str], room: usize) -> Option<Line> {
    let targets: Vec<_> = snapshot
        .relations(id)
        .take(RELATIONS)
        .filter(|relation| types.contains(&relation.relation))
        .collect();
    let first_kind = targets.first()?.target_ref.split(':').next().unwrap_or("");
    let mut line = label(name);
    // A long list is said in a number.
    if targets.len() > 6
        && targets
            .iter()
            .all(|target| target.target_ref.starts_with(first_kind))
    {
        let count = targets.len();
        let words = kind_count(first_kind, count);
        let more = if count == RELATIONS { " or more" } else { "" };
        line.left.push((format!("{words}{more}"), Role::Text));
        return Some(line);
    }
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
            line.left.push((format!(" +{}", rest + 1), Role::Dim));
            break;
        }
        if index > 0 {
            line.left.push((", ".into(), Role::Dim));
        }
        used += wide;
        let role = if target.target.is_some() {
            Role::Text
        } else {
            Role::Warn
        };
        line.left.push((shown, role));
    }
    Some(line)
}
