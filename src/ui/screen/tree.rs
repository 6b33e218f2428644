//! A tree that has the screen for itself: what it amounts to, its filter, its lines.

use super::super::ViewCache;
use super::super::paint::{Line, Painter, Span, spans_width};
use super::super::widget::{bars, picker, tree};
use crate::app::detail::shown_ref;
use crate::app::layout::{self, Area};
use crate::app::outline::{Direction, TreeKind};
use crate::app::screen::head::count_of;
use crate::app::screen::{Screen, TreeScreen, TreeView};
use crate::app::status::thousands;
use crate::app::words::{distances, headline};
use crate::app::{Action, Target};
use crate::catalog::graph::Heading;
use crate::text;
use crate::theme::Role;

/// Draws a tree.
pub fn draw(painter: &mut Painter<'_>, screen: &TreeScreen, cache: &mut ViewCache) {
    let state = painter.state;
    let view = &screen.view;
    let layout = layout::tree(
        state.size,
        view.head_rows(state.size.columns),
        view.is_filtered(),
    );
    bars::status(painter, layout.status, &path(painter, view), cache);
    draw_head(painter, layout.head, view);
    draw_filter(painter, layout.filter, view);
    painter.rule(layout.rule);
    painter.region(layout.list, Target::List);
    tree::draw(painter, layout.list, view);
    bars::footer(painter, layout.footer);
}

/// Where one is: the entity one came from before what is asked of it.
fn path(painter: &Painter<'_>, view: &TreeView) -> Vec<String> {
    let before = match painter.state.behind.last() {
        Some(Screen::Entity(page)) => Some(page.name()),
        _ => None,
    };
    let mut names = Vec::new();
    match &view.kind {
        TreeKind::Structure => names.push("structure".to_owned()),
        TreeKind::Ownership => names.push("ownership".to_owned()),
        TreeKind::Reach { root, direction } => {
            let name = name(view, root);
            names.extend(before.filter(|before| *before != name));
            names.push(name);
            names.push(match direction {
                Direction::Dependencies => "dependencies".into(),
                Direction::Dependents => "dependents".into(),
            });
        }
        TreeKind::Path { .. } => names.push("path".into()),
    }
    names
}

/// What an entity is called.
fn name(view: &TreeView, entity_ref: &str) -> String {
    let row = view.outline.as_ref().and_then(|outline| {
        let snapshot = outline.snapshot();
        Some(snapshot.row(snapshot.find(entity_ref)?).name)
    });
    match row {
        Some(name) => text::clean(name).into_owned(),
        None => shown_ref(entity_ref, "component"),
    }
}

/// Draws what stands above a tree; in a page's tab as well.
pub fn draw_head(painter: &mut Painter<'_>, area: Area, view: &TreeView) {
    if area.height == 0 {
        return;
    }
    let inner = Area {
        x: area.x + 3,
        width: area.width.saturating_sub(4),
        ..area
    };
    match &view.kind {
        TreeKind::Structure | TreeKind::Ownership => draw_trees(painter, inner, view),
        TreeKind::Path { from, to } => {
            let mut line = Line::of(name(view, from), Role::Title);
            let arrow = if painter.state.unicode {
                " → "
            } else {
                " -> "
            };
            line.left.push((arrow.into(), Role::Dim));
            line.left.push((name(view, to), Role::Title));
            let rows = view.rows().len();
            if rows > 0 {
                line.right
                    .push((count_of(rows - 1, "step", "steps"), Role::Dim));
            }
            painter.put_line(inner, area.y, &line);
        }
        TreeKind::Reach { direction, .. } => draw_reach(painter, inner, view, *direction),
    }
}

/// Which of the two trees this is, and how much is in it.
fn draw_trees(painter: &mut Painter<'_>, area: Area, view: &TreeView) {
    let mut x = area.x;
    let kinds = [
        ("Structure", TreeKind::Structure),
        ("Ownership", TreeKind::Ownership),
    ];
    for (index, (title, kind)) in kinds.into_iter().enumerate() {
        let role = if kind == view.kind {
            Role::Tab
        } else {
            Role::Dim
        };
        let room = (area.x + area.width).saturating_sub(x);
        let used = painter.put(x, area.y, room, title, role);
        let place = Area {
            x,
            y: area.y,
            width: used,
            height: 1,
        };
        painter.region(place, Target::Tab(index));
        x += used + 3;
    }
    let Some(outline) = &view.outline else { return };
    // What a platform team looks for, wherever in the tree one is.
    let mut spans: Vec<Span> = Vec::new();
    for (heading, count) in outline.gathered() {
        if !spans.is_empty() {
            spans.push((" · ".into(), Role::Dim));
        }
        let role = match heading {
            Heading::NoSystem | Heading::Members => Role::Dim,
            _ => Role::Warn,
        };
        let count = thousands(*count as usize);
        spans.push((format!("{} {count}", heading.title()), role));
    }
    let right = u16::try_from(spans_width(&spans)).unwrap_or(u16::MAX);
    let end = area.x + area.width;
    if x.saturating_add(right) <= end {
        painter.put_spans(end - right, area.y, right, &spans);
    }
}

fn draw_reach(painter: &mut Painter<'_>, area: Area, view: &TreeView, direction: Direction) {
    let summary = view.outline.as_ref().and_then(|outline| outline.summary());
    let Some(summary) = summary else { return };
    let role = match (direction, summary.total()) {
        (Direction::Dependents, 1..) => Role::Warn,
        _ => Role::Title,
    };
    let mut line = Line::of(headline(summary, direction.into()), role);
    if summary.total() > 0 {
        let distances = format!("   {}", distances(summary));
        let used = spans_width(&line.left) + text::width(&distances);
        if used <= usize::from(area.width) {
            line.left.push((distances, Role::Dim));
        }
        if let Some(key) = painter.state.key_for(Action::Copy) {
            line.right.push((key, Role::FooterKey));
            let what = match direction {
                Direction::Dependents => " copy for the incident channel",
                Direction::Dependencies => " copy",
            };
            line.right.push((what.into(), Role::Dim));
        }
    }
    painter.put_line(area, area.y, &line);
    let (rows, more) = view.owner_rows(painter.state.size.columns);
    let count = rows.len();
    for (index, row) in rows.into_iter().enumerate() {
        let y = area.y + 1 + u16::try_from(index).unwrap_or(0);
        if y >= area.y + area.height {
            break;
        }
        let mut spans: Vec<Span> = Vec::new();
        for entry in row {
            if !spans.is_empty() {
                spans.push(("    ".into(), Role::Dim));
            }
            let role = if entry.known { Role::Text } else { Role::Warn };
            spans.push((entry.name, role));
            spans.push((format!(" {}", entry.count), Role::Accent));
            if let Some(contact) = entry.contact {
                spans.push((format!("  {contact}"), Role::Dim));
            }
        }
        let last = index + 1 == count || y + 1 == area.y + area.height;
        if more > 0 && last {
            spans.push((format!("    +{more}"), Role::Dim));
        }
        painter.put_spans(area.x, y, area.width, &spans);
    }
}

/// Draws the filter's line; in a page's tab as well.
pub fn draw_filter(painter: &mut Painter<'_>, area: Area, view: &TreeView) {
    if area.height == 0 {
        return;
    }
    let found = match (view.match_count(), &view.outline) {
        (Some(0), _) => "nothing fits".to_owned(),
        (Some(found), _) => count_of(found, "match", "matches"),
        (None, _) => String::new(),
    };
    let right = vec![(found, Role::Dim)];
    let wide = u16::try_from(spans_width(&right)).unwrap_or(0);
    let x = area.x + 3;
    painter.put(x, area.y, 1, "/", Role::Accent);
    let mut room = area.width.saturating_sub(6);
    if wide > 0 && wide + 12 < room {
        room -= wide + 2;
        let at = area.x + area.width - 1 - wide;
        painter.put_spans(at, area.y, wide, &right);
    }
    if view.filter.typing {
        picker::input(painter, x + 2, area.y, room, &view.filter.editor);
    } else {
        let line = view.filter.editor.text();
        painter.put(x + 2, area.y, room, line, Role::Input);
    }
}
