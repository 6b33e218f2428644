//! The overview of an entity's page: the lines of its card, and below them its relations.

use super::super::paint::Painter;
use super::super::widget::kind;
use crate::app::detail::shown_ref;
use crate::app::layout::Area;
use crate::app::screen::EntityPage;
use crate::app::screen::entity::{OverviewRow, Relation, card_columns, card_label};
use crate::app::who::{CardLine, CardTarget, Section, Tone};
use crate::text;
use crate::theme::Role;

/// Draws a row; `first_seen` says that nothing above it is seen.
pub(super) fn draw_row(
    painter: &mut Painter<'_>,
    area: Area,
    page: &EntityPage,
    index: usize,
    first_seen: bool,
    columns: &Columns,
) {
    match page.overview_row(index) {
        Some(OverviewRow::Card(line)) => {
            if let Some(line) = page.told.get(line) {
                draw_card_line(painter, area, page, line);
            }
        }
        Some(OverviewRow::Relation(row)) => {
            if let Some(row) = page.relations.get(row) {
                draw_relation(painter, area, page, row, first_seen, columns);
            }
        }
        None => {}
    }
}

/// The role of a part of the card.
pub(super) fn role(line: &CardLine, part: usize, tone: Tone) -> Role {
    let leads = matches!(
        line.target,
        Some(CardTarget::Url(_) | CardTarget::Runbook(_))
    );
    match (tone, line.section) {
        // What can be opened looks so; who is on call stays the loudest.
        (_, Section::Runbook | Section::Dashboard) if leads && part == 0 => Role::Link,
        (Tone::Plain, _) => Role::Text,
        (Tone::Strong, _) => Role::Title,
        (Tone::Quiet, _) => Role::Dim,
        (Tone::Warning, _) => Role::Warn,
        (Tone::Bad, _) => Role::Bad,
    }
}

fn draw_card_line(painter: &mut Painter<'_>, area: Area, page: &EntityPage, line: &CardLine) {
    let label = card_label(area.width);
    let x = area.x + 3;
    painter.put(x, area.y, label.saturating_sub(2), line.label, Role::Dim);
    let x = x + label;
    let right = area.x + area.width;
    let mut part = 0;
    for (row, y) in line
        .rows(card_columns(area.width))
        .into_iter()
        .zip(area.y..area.y + area.height)
    {
        for (column, tone, content) in row {
            let at = x + u16::try_from(column).unwrap_or(0);
            let role = role(line, part, tone);
            let marks = page.search.marks(&content);
            let used = painter.put_marked(at, y, right.saturating_sub(at), &content, role, &marks);
            if let (Some(CardTarget::Url(url)), Role::Link) = (&line.target, role) {
                painter.link(at, y, used, url);
            }
            part += 1;
        }
    }
}

/// The widths of the relations' columns, over the rows that are seen or nearly so.
pub(super) struct Columns {
    label: u16,
    name: u16,
    fields: [u16; 3],
}

impl Columns {
    pub(super) fn measure(page: &EntityPage, width: u16) -> Self {
        let mut widest = [0usize; 4];
        let mut label = 0;
        for row in page.relations.iter().take(256) {
            label = label.max(text::width(&row.relation));
            let values = relation_values(page, row.target);
            for (wide, value) in widest.iter_mut().zip(&values) {
                *wide = (*wide).max(text::width(value).min(32));
            }
            if row.target.is_none() {
                let shown = shown_ref(&row.target_ref, "component");
                widest[0] = widest[0].max(text::width(&shown).min(32));
            }
        }
        let of = |wide: usize| u16::try_from(wide).unwrap_or(0);
        // On a narrow screen the names matter more than how they are related.
        let label = if width < 40 {
            0
        } else {
            of(label.clamp(usize::from(card_label(width)) - 2, 20))
        };
        let mut room = width.saturating_sub(label + 9);
        let name = of(widest[0]).min(room);
        room -= name;
        let mut fields = [0; 3];
        // Owner before type before lifecycle.
        for index in [1, 0, 2] {
            let wide = of(widest.get(index + 1).copied().unwrap_or(0));
            if wide > 0 && wide + 2 <= room {
                room -= wide + 2;
                if let Some(field) = fields.get_mut(index) {
                    *field = wide;
                }
            }
        }
        Self {
            label,
            name,
            fields,
        }
    }
}

/// Name, type, owner, lifecycle.
fn relation_values(page: &EntityPage, target: Option<crate::catalog::RowId>) -> [String; 4] {
    let Some(row) = target.map(|id| page.snapshot.row(id)) else {
        return Default::default();
    };
    let clean = |content: &str| text::clean(content).into_owned();
    let owner = if row.owner.is_empty() {
        String::new()
    } else {
        shown_ref(row.owner, "group")
    };
    [
        clean(row.name),
        clean(row.spec_type),
        owner,
        clean(row.lifecycle),
    ]
}

fn draw_relation(
    painter: &mut Painter<'_>,
    area: Area,
    page: &EntityPage,
    row: &Relation,
    first_seen: bool,
    columns: &Columns,
) {
    let unicode = painter.state.unicode;
    let y = area.y;
    let right = area.x + area.width;
    let mut x = area.x + 3;
    // The label stands once for a group, and again where its beginning has been scrolled away.
    if columns.label > 0 && (row.first || first_seen) {
        painter.put(
            x,
            y,
            columns.label.min(area.width.saturating_sub(4)),
            &row.relation,
            Role::Dim,
        );
    }
    if columns.label > 0 {
        x += columns.label + 2;
    }
    if row.target.is_none() {
        painter.put(x, y, right.saturating_sub(x), "?", Role::Warn);
        let content = format!("{}  not found", shown_ref(&row.target_ref, "component"));
        painter.put(x + 2, y, right.saturating_sub(x + 3), &content, Role::Warn);
        return;
    }
    let kind = row.target_ref.split(':').next().unwrap_or("");
    painter.put(
        x,
        y,
        right.saturating_sub(x).min(1),
        kind::glyph(kind, unicode),
        Role::Glyph,
    );
    x += 2;
    let [name, rest @ ..] = relation_values(page, row.target);
    let marks = page.search.marks(&name);
    painter.put_marked(
        x,
        y,
        columns.name.min(right.saturating_sub(x)),
        &name,
        Role::Text,
        &marks,
    );
    x += columns.name + 2;
    for (value, width) in rest.iter().zip(columns.fields) {
        if width > 0 {
            painter.put(x, y, width.min(right.saturating_sub(x)), value, Role::Dim);
            x += width + 2;
        }
    }
}
