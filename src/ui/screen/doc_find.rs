//! What has documentation, and what a search in all of it found.

use super::super::ViewCache;
use super::super::paint::{Line, Painter};
use super::super::widget::{bars, picker};
use crate::app::Target;
use crate::app::docs::{DocFound, DocListed};
use crate::app::layout::{self, Area};
use crate::app::screen::head::count_of;
use crate::app::screen::{DocFind, DocFindKind};
use crate::text;
use crate::theme::Role;

/// Draws either list.
pub fn draw(painter: &mut Painter<'_>, find: &DocFind, cache: &mut ViewCache) {
    let state = painter.state;
    let layout = layout::doc_find(state.size);
    let (name, hint) = match find.kind {
        DocFindKind::Entities { .. } => ("docs", "type to narrow, enter to read"),
        DocFindKind::Pages { .. } => ("docs › search", "words to find in all documentation"),
    };
    bars::status(painter, layout.status, &[name.to_owned()], cache);
    draw_input(painter, layout.line, find, hint);
    painter.rule(layout.rule);
    painter.region(layout.list, Target::List);
    draw_rows(painter, layout.list, find);
    bars::footer(painter, layout.footer);
}

fn draw_input(painter: &mut Painter<'_>, area: Area, find: &DocFind, hint: &str) {
    if area.height == 0 {
        return;
    }
    let sign = match (&find.kind, painter.state.unicode) {
        (DocFindKind::Pages { .. }, _) => "/",
        (_, true) => "›",
        (_, false) => ">",
    };
    painter.put(area.x + 1, area.y, 1, sign, Role::Accent);
    let count = count(find);
    let wide = u16::try_from(text::width(&count)).unwrap_or(0);
    let mut room = area.width.saturating_sub(4);
    if wide > 0 && room > wide + 24 {
        room -= wide + 2;
        let x = area.x + area.width - 1 - wide;
        painter.put(x, area.y, wide, &count, Role::Dim);
    }
    let x = area.x + 3;
    if find.typing {
        picker::input(painter, x, area.y, room, &find.line);
    } else {
        painter.put(x, area.y, room, find.line.text(), Role::Input);
    }
    if find.line.is_empty() {
        painter.put(x, area.y, room, hint, Role::Dim);
    }
    painter.region(area, Target::Line);
}

fn count(find: &DocFind) -> String {
    match &find.kind {
        DocFindKind::Entities {
            all: Some(all),
            shown,
        } if shown.len() < all.len() => {
            format!("{} of {}", shown.len(), all.len())
        }
        DocFindKind::Entities { all: Some(all), .. } => {
            count_of(all.len(), "entity with docs", "entities with docs")
        }
        DocFindKind::Entities { all: None, .. } => String::new(),
        DocFindKind::Pages { question, .. } if question.is_empty() => String::new(),
        DocFindKind::Pages { found, .. } => count_of(found.len(), "page", "pages"),
    }
}

fn draw_rows(painter: &mut Painter<'_>, area: Area, find: &DocFind) {
    let typed = !find.line.text().trim().is_empty();
    if find.row_count() == 0 {
        let words = match &find.kind {
            DocFindKind::Entities { all: None, .. } => "Loading",
            DocFindKind::Entities { .. } if typed => "Nothing fits",
            DocFindKind::Entities { .. } => {
                "No entity has documentation. The annotation backstage.io/techdocs-ref: dir:. in a catalog file names it; R or :sync fetches it"
            }
            DocFindKind::Pages { question, .. } if typed && !question.is_empty() => {
                "No page has all of these words"
            }
            DocFindKind::Pages { .. } => {
                "Every page of the cache is searched, with GitHub down as well"
            }
        };
        let room = area.width.saturating_sub(4);
        let rows = crate::app::line::wrap_text(words, usize::from(room), 4);
        for (row, y) in rows.iter().zip(area.y..area.y + area.height) {
            painter.put(area.x + 3, y, room, row, Role::Dim);
        }
        return;
    }
    let height = u16::try_from(find.row_height()).unwrap_or(1);
    let names = (find.at.top..find.row_count())
        .take(usize::from(area.height))
        .filter_map(|row| find.listed(row))
        .map(|listed| text::width(&listed.name))
        .max()
        .unwrap_or(0)
        .min(usize::from(area.width) / 2);
    let mut y = area.y;
    for row in find.at.top..find.row_count() {
        if y >= area.y + area.height {
            break;
        }
        let whole = Area {
            y,
            height: height.min(area.y + area.height - y),
            ..area
        };
        let selected = row == find.at.cursor;
        painter.on_selection(selected);
        if selected {
            painter.fill(whole);
            let bar = if painter.state.unicode { "▌" } else { ">" };
            painter.put(area.x, y, 1, bar, Role::Accent);
        }
        if let Some(listed) = find.listed(row) {
            draw_listed(painter, whole, listed, names);
        } else if let Some(found) = find.found(row) {
            draw_found(painter, whole, found);
        }
        painter.on_selection(false);
        painter.region(whole, Target::Row(row));
        y += height;
    }
}

fn inner(area: Area) -> Area {
    Area {
        x: area.x + 3,
        width: area.width.saturating_sub(4),
        ..area
    }
}

fn draw_listed(painter: &mut Painter<'_>, area: Area, listed: &DocListed, names: usize) {
    let area = inner(area);
    let role = if listed.readable {
        Role::Text
    } else {
        Role::Dim
    };
    let name = text::truncate(&listed.name, names);
    let mut line = Line::of(text::pad(&name, names), role);
    let reference = crate::app::detail::shown_ref(&listed.entity_ref, "component");
    if reference != listed.name {
        line.left.push((format!("  {reference}"), Role::Dim));
    }
    if !listed.owner.is_empty() {
        line.right.push((listed.owner.clone(), Role::Dim));
    }
    if !listed.problem.is_empty() {
        let word = if listed.readable {
            "may be old"
        } else {
            "not readable"
        };
        line.left
            .push((format!("  ▲ {word}: {}", listed.problem), Role::Warn));
    }
    painter.put_line(area, area.y, &line);
}

fn draw_found(painter: &mut Painter<'_>, area: Area, found: &DocFound) {
    let area = inner(area);
    let entity = crate::app::detail::shown_ref(&found.entity_ref, "component");
    let mut line = Line::of(found.title.clone(), Role::Title);
    if !found.heading.is_empty() && found.heading != found.title {
        line.left.push((" › ".into(), Role::Dim));
        line.left.push((found.heading.clone(), Role::Text));
    }
    line.right.push((entity, Role::Dim));
    if found.others > 0 {
        line.right.push((format!(" +{}", found.others), Role::Dim));
    }
    painter.put_line(area, area.y, &line);
    if area.height < 2 {
        return;
    }
    let y = area.y + 1;
    let mut used = 0;
    if found.snippet.is_empty() {
        painter.put(
            area.x + 2,
            y,
            area.width.saturating_sub(2),
            &found.path,
            Role::Dim,
        );
    }
    for (piece, matched) in &found.snippet {
        let role = if *matched { Role::Match } else { Role::Dim };
        let room = area.width.saturating_sub(2 + used);
        used += painter.put(area.x + 2 + used, y, room, piece, role);
    }
}
