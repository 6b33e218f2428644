//! An entity's page: head, tabs, body.

use super::super::ViewCache;
use super::super::paint::{Line, Painter, Span};
use super::super::widget::{bars, kind, picker};
use crate::app::Target;
use crate::app::detail::shown_ref;
use crate::app::layout::{self, Area};
use crate::app::screen::entity::{Load, Tone};
use crate::app::screen::{EntityPage, Screen, Tab};
use crate::catalog::Severity;
use crate::text;
use crate::theme::Role;

/// Where the head's values and the overview's names begin.
const LABEL: u16 = 16;

/// Draws an entity's page.
pub fn draw(painter: &mut Painter<'_>, page: &EntityPage, cache: &mut ViewCache) {
    let state = painter.state;
    let head = page.head_rows(state.size.columns);
    let layout = layout::entity(state.size, head, page.head_open);
    bars::status(painter, layout.status, &path(painter, page), cache);
    draw_head(painter, layout.head, page);
    draw_tabs(painter, layout.tabs, page);
    painter.rule(layout.rule);
    painter.region(layout.body, Target::List);
    draw_body(painter, layout.body, page);
    if page.search.typing {
        draw_search(painter, layout.footer, page);
    } else {
        bars::footer(painter, layout.footer);
    }
}

/// The pages one came by, the nearest three.
fn path(painter: &Painter<'_>, page: &EntityPage) -> Vec<String> {
    let mut names: Vec<String> = painter
        .state
        .behind
        .iter()
        .filter_map(|screen| match screen {
            Screen::Entity(page) => Some(page.name()),
            Screen::Catalog(_) | Screen::Log(_) => None,
        })
        .collect();
    if names.len() > 2 {
        names.drain(..names.len() - 2);
    }
    names.push(page.name());
    names
}

fn draw_head(painter: &mut Painter<'_>, area: Area, page: &EntityPage) {
    let mut lines = vec![title(painter, page)];
    let width = painter.state.size.columns;
    let facts = page.facts();
    // Without room for all of it the spaces go first, then the description: who answers for it stays.
    let description = page.description_lines(width);
    let room = usize::from(area.height);
    if room > facts.len() + description.len() {
        for line in description {
            lines.push(Line::of(format!("  {}", line.trim_end()), Role::Dim));
        }
    }
    lines.push(Line::default());
    for fact in facts {
        let label = text::pad(fact.label, usize::from(LABEL) - 4);
        let mut line = Line::of(format!("  {label}"), Role::Dim);
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
                line.left.push((" · ".into(), Role::Dim));
            }
            line.left.push((part.clone(), role));
        }
        lines.push(line);
    }
    if lines.len() > room {
        lines.retain(|line| !line.left.is_empty());
    }
    let inner = Area {
        x: area.x + 1,
        width: area.width.saturating_sub(2),
        ..area
    };
    for (line, y) in lines.iter().zip(area.y..area.y + area.height) {
        painter.put_line(inner, y, line);
    }
}

fn title(painter: &Painter<'_>, page: &EntityPage) -> Line {
    let state = painter.state;
    let kind = page.entity_ref.split(':').next().unwrap_or("");
    let title = page.title();
    let name = page.name();
    let glyph = kind::glyph(kind, state.unicode);
    let mut line = Line::of(format!("{glyph} "), Role::Glyph);
    line.left.push((title.clone(), Role::Title));
    if title != name {
        line.left.push((format!("  {name}"), Role::Dim));
    }
    if state.starred.contains(&page.entity_ref) {
        let star = if state.unicode { " ★" } else { " *" };
        line.left.push((star.into(), Role::Accent));
    }
    match page.row.map(|id| page.snapshot.row(id)) {
        Some(row) => {
            let system = shown_ref(row.system, "system");
            let words: Vec<&str> = [row.lifecycle, row.spec_type, kind, &system]
                .into_iter()
                .filter(|word| !word.is_empty())
                .collect();
            line.right.push((words.join(" · "), Role::Dim));
        }
        None => line
            .right
            .push(("no longer in the catalog".into(), Role::Warn)),
    }
    line
}

fn draw_tabs(painter: &mut Painter<'_>, area: Area, page: &EntityPage) {
    if area.height == 0 {
        return;
    }
    let mut x = area.x + 3;
    let label = |tab: Tab| match (tab, page.rows(tab)) {
        (Tab::Yaml, _) | (_, 0) => tab.title().to_owned(),
        (_, rows) => format!("{} {rows}", tab.title()),
    };
    // The tab that is shown is seen, if need be instead of the ones before it.
    let width = usize::from(area.width.saturating_sub(4));
    let current = page.tab.index();
    let start = (0..current).find(|start| {
        let seen = Tab::ALL.into_iter().take(current + 1).skip(*start);
        let used: usize = seen.map(|tab| text::width(&label(tab)) + 3).sum();
        used <= width + 3
    });
    for tab in Tab::ALL.into_iter().skip(start.unwrap_or(current)) {
        let rows = page.rows(tab);
        let label = label(tab);
        let role = match (tab == page.tab, tab, rows) {
            (true, ..) => Role::Tab,
            (false, Tab::Problems, 1..) => Role::Warn,
            (false, ..) => Role::Dim,
        };
        let room = (area.x + area.width).saturating_sub(x + 1);
        if room == 0 {
            break;
        }
        let used = painter.put(x, area.y, room, &label, role);
        let place = Area {
            x,
            y: area.y,
            width: used,
            height: 1,
        };
        painter.region(place, Target::Tab(tab.index()));
        x += used + 3;
    }
}

fn draw_body(painter: &mut Painter<'_>, area: Area, page: &EntityPage) {
    let rows = page.rows(page.tab);
    if rows == 0 {
        let content = match (&page.load, page.tab) {
            (_, Tab::Overview) => "It has no relations".to_owned(),
            (Load::Loading, _) => "Loading…".to_owned(),
            (Load::Missing(why), _) if !why.is_empty() => why.clone(),
            (Load::Missing(_), _) => "The cache has no more of it; R fetches it again".to_owned(),
            (Load::Ready(_), Tab::Links) => "It has no links".to_owned(),
            (Load::Ready(_), Tab::Annotations) => "It has no annotations".to_owned(),
            (Load::Ready(_), Tab::Problems) => "Nothing is wrong with it".to_owned(),
            (Load::Ready(_), Tab::Yaml) => "It is empty".to_owned(),
        };
        if area.height > 0 {
            painter.put(
                area.x + 3,
                area.y,
                area.width.saturating_sub(4),
                &content,
                Role::Dim,
            );
        }
        return;
    }
    let at = page.position();
    let height = u16::try_from(EntityPage::row_height(page.tab)).unwrap_or(1);
    let columns = match page.tab {
        Tab::Overview => Some(RelationColumns::measure(page, area.width)),
        _ => None,
    };
    let mut y = area.y;
    let mut index = at.top;
    while index < rows && y < area.y + area.height {
        let whole = Area {
            y,
            height: height.min(area.y + area.height - y),
            ..area
        };
        let selected = index == at.cursor;
        painter.on_selection(selected);
        if selected {
            painter.fill(whole);
            let bar = if painter.state.unicode { "▌" } else { ">" };
            painter.put(area.x, y, 1, bar, Role::Accent);
        }
        match (page.tab, &columns) {
            (Tab::Overview, Some(columns)) => {
                draw_relation(painter, whole, page, index, index == at.top, columns);
            }
            _ => draw_row(painter, whole, page, index),
        }
        painter.on_selection(false);
        painter.region(whole, Target::Row(index));
        y += height;
        index += 1;
    }
}

/// The widths of an overview's columns, over the rows that are seen or nearly so.
struct RelationColumns {
    label: u16,
    name: u16,
    fields: [u16; 3],
}

impl RelationColumns {
    fn measure(page: &EntityPage, width: u16) -> Self {
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
            of(label.clamp(usize::from(LABEL) - 4, 20))
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
    index: usize,
    first_seen: bool,
    columns: &RelationColumns,
) {
    let Some(row) = page.relations.get(index) else {
        return;
    };
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
    let marks = marks(page, &name);
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

fn draw_row(painter: &mut Painter<'_>, area: Area, page: &EntityPage, index: usize) {
    let Some(detail) = page.detail() else {
        return;
    };
    let (x, y) = (area.x + 3, area.y);
    let room = area.width.saturating_sub(4);
    // Two columns; says where the second begins and how wide it is.
    let pair = |painter: &mut Painter<'_>, name: &str, value: &str, roles: [Role; 2]| {
        let wide = (room * 2 / 5).min(44);
        let used = painter.put_marked(x, y, wide, name, roles[0], &marks(page, name));
        let at = x + wide.max(used) + 2;
        let rest = (area.x + area.width).saturating_sub(at + 1);
        let width = painter.put_marked(at, y, rest, value, roles[1], &marks(page, value));
        (at, width)
    };
    match page.tab {
        Tab::Links => {
            if let Some(link) = detail.links.get(index) {
                let roles = [Role::Text, Role::Link];
                let (at, width) = pair(painter, &link.title, &link.url, roles);
                painter.link(at, y, width, &link.url);
            }
        }
        Tab::Annotations => {
            if let Some((key, value)) = detail.annotations.get(index) {
                let (at, width) = pair(painter, key, value, [Role::Dim, Role::Text]);
                if value.starts_with("https://") || value.starts_with("http://") {
                    painter.link(at, y, width, value);
                }
            }
        }
        Tab::Problems => {
            if let Some(problem) = detail.problems.get(index) {
                let unicode = painter.state.unicode;
                let (sign, role) = match problem.severity {
                    Severity::Error => (if unicode { "✗" } else { "x" }, Role::Bad),
                    Severity::Warning => (if unicode { "▲" } else { "!" }, Role::Warn),
                };
                painter.put(x, y, 1, sign, role);
                let room = room.saturating_sub(2);
                painter.put(x + 2, y, room, &problem.message, Role::Text);
                if area.height > 1 {
                    let place = text::truncate_start(&problem.place, usize::from(room));
                    painter.put(x + 2, y + 1, room, &place, Role::Dim);
                }
            }
        }
        Tab::Yaml => {
            if let Some(line) = detail.yaml.get(index) {
                let shown = columns_from(line, page.left);
                let marks = marks(page, shown);
                let key = yaml_key(shown);
                if marks.is_empty() && page.left == 0 && key > 0 {
                    let (name, value) = shown.split_at(key);
                    let used = painter.put(x, y, room, name, Role::Code);
                    painter.put(x + used, y, room.saturating_sub(used), value, Role::Text);
                } else {
                    painter.put_marked(x, y, room, shown, Role::Text, &marks);
                }
            }
        }
        Tab::Overview => {}
    }
}

/// How many bytes of a line of YAML are a key with what stands before it.
fn yaml_key(line: &str) -> usize {
    match line
        .find(": ")
        .or_else(|| line.strip_suffix(':').map(str::len))
    {
        Some(end) if !line.get(..end).unwrap_or("").contains(['"', '\'', ' ']) => end + 1,
        Some(end) => {
            let start = line.len() - line.trim_start_matches([' ', '-']).len();
            let key = line.get(start..end).unwrap_or("");
            let plain = !key.is_empty() && !key.contains(['"', '\'', ' ']);
            if plain { end + 1 } else { 0 }
        }
        None => 0,
    }
}

/// What is left of a line when so many columns have gone off the left edge.
fn columns_from(line: &str, columns: usize) -> &str {
    let mut gone = 0;
    let mut start = 0;
    for grapheme in text::graphemes(line) {
        if gone >= columns {
            break;
        }
        gone += text::grapheme_width(grapheme);
        start += grapheme.len();
    }
    line.get(start..).unwrap_or("")
}

/// The characters of a text that the page's search found.
fn marks(page: &EntityPage, content: &str) -> Vec<usize> {
    let needle: Vec<char> = page.search.editor.text().to_lowercase().chars().collect();
    if needle.is_empty() {
        return Vec::new();
    }
    // Character by character, so that places stay places even where lower case has another length.
    let chars: Vec<char> = content
        .chars()
        .map(|c| c.to_lowercase().next().unwrap_or(c))
        .collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at + needle.len() <= chars.len() {
        if chars.get(at..at + needle.len()) == Some(needle.as_slice()) {
            found.extend(at..at + needle.len());
            at += needle.len();
        } else {
            at += 1;
        }
    }
    found
}

fn draw_search(painter: &mut Painter<'_>, area: Area, page: &EntityPage) {
    if area.height == 0 {
        return;
    }
    painter.put(area.x + 1, area.y, 1, "/", Role::Accent);
    let width = area.width.saturating_sub(14);
    picker::input(painter, area.x + 3, area.y, width, &page.search.editor);
    if page.search.failed {
        let word: Span = ("not found".into(), Role::Warn);
        painter.put_spans(area.x + area.width.saturating_sub(10), area.y, 9, &[word]);
    }
}
