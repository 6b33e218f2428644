//! An entity's page: head, tabs, body.

use super::super::ViewCache;
use super::super::paint::{Line, Painter};
use super::super::widget::{bars, find, kind};
use crate::app::Target;
use crate::app::detail::{Source, shown_ref};
use crate::app::layout::{self, Area};
use crate::app::line::wrap_text;
use crate::app::screen::entity::{Load, PairColumns, ROW_ROWS, problem_columns};
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
        find::draw(painter, layout.footer, &page.search);
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
            _ => None,
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
    let facts = page.fact_lines(width, usize::from(area.height).saturating_sub(1));
    // Without room for all of it the spaces go first, then the description: who answers for it stays.
    let description = page.description_lines(width);
    let room = usize::from(area.height);
    let fitting = room.saturating_sub(facts.len() + 1);
    let cut = fitting < description.len();
    for (index, line) in description.iter().take(fitting).enumerate() {
        let more = if cut && index + 1 == fitting {
            text::ELLIPSIS
        } else {
            ""
        };
        lines.push(Line::of(format!("  {}{more}", line.trim_end()), Role::Dim));
    }
    lines.push(Line::default());
    lines.extend(facts);
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
        let unserved = page.is_unserved();
        let place = |detail: &crate::app::detail::Detail| match detail.problems.first() {
            Some(problem) => problem.place.clone(),
            None => detail.location.clone(),
        };
        let content = match (&page.load, page.tab) {
            (_, Tab::Overview) if unserved => {
                "Its relations are unknown: its file could not be read as an entity".to_owned()
            }
            (Load::Ready(detail), Tab::Yaml) if unserved => {
                format!("Its text is not kept here; it stands at {}", place(detail))
            }
            (Load::Ready(_), Tab::Annotations) if unserved => {
                "Its annotations are unknown: its file could not be read as an entity".to_owned()
            }
            (_, Tab::Overview) => "It has no relations".to_owned(),
            (Load::Loading, _) => "Loading".to_owned(),
            (Load::Missing(why), _) if !why.is_empty() => why.clone(),
            (Load::Missing(_), _) => "The cache has no more of it; R fetches it again".to_owned(),
            (Load::Ready(_), Tab::Links) => "It has no links".to_owned(),
            (Load::Ready(_), Tab::Annotations) => "It has no annotations".to_owned(),
            (Load::Ready(_), Tab::Problems) => "Nothing is wrong with it".to_owned(),
            (Load::Ready(_), Tab::Yaml) => "It is empty".to_owned(),
        };
        let room = area.width.saturating_sub(4);
        let rows = wrap_text(&content, usize::from(room), 6);
        for (row, y) in rows.iter().zip(area.y..area.y + area.height) {
            painter.put(area.x + 3, y, room, row, Role::Dim);
        }
        return;
    }
    let at = page.position();
    let columns = match page.tab {
        Tab::Overview => Some(RelationColumns::measure(page, area.width)),
        _ => None,
    };
    let mut y = area.y;
    let mut index = at.top;
    while index < rows && y < area.y + area.height {
        let height = u16::try_from(page.row_height(page.tab, index, area.width)).unwrap_or(1);
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

fn draw_row(painter: &mut Painter<'_>, area: Area, page: &EntityPage, index: usize) {
    let Some(detail) = page.detail() else {
        return;
    };
    let (x, y) = (area.x + 3, area.y);
    let room = area.width.saturating_sub(4);
    let marks = |content: &str| page.search.marks(content);
    match page.tab {
        Tab::Links => {
            if let Some(link) = detail.links.get(index) {
                let pair = Pair::new(&link.title, &link.url, [Role::Text, Role::Link]);
                draw_pair(painter, area, page, &pair, Some(&link.url));
            }
        }
        Tab::Annotations => {
            if let Some((key, value)) = detail.annotations.get(index) {
                let pair = Pair::new(key, value, [Role::Dim, Role::Text]);
                let is_link = value.starts_with("https://") || value.starts_with("http://");
                draw_pair(
                    painter,
                    area,
                    page,
                    &pair,
                    is_link.then_some(value.as_str()),
                );
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
                let columns = problem_columns(area.width);
                let rows = |content: &str, role| {
                    let rows = wrap_text(content, columns, ROW_ROWS);
                    rows.into_iter().map(move |row| (row, role))
                };
                let all = rows(&problem.message, Role::Text).chain(rows(&problem.place, Role::Dim));
                for ((row, role), y) in all.zip(y..y + area.height) {
                    let room = room.saturating_sub(2);
                    painter.put_marked(x + 2, y, room, &row, role, &marks(&row));
                }
            }
        }
        Tab::Yaml => {
            if let Some(line) = detail.yaml.get(index) {
                let used = match &detail.source {
                    Some(source) => draw_line_number(painter, area, source, index),
                    None => 0,
                };
                draw_yaml(painter, x + used, y, room.saturating_sub(used), page, line);
            }
        }
        Tab::Overview => {}
    }
}

/// Draws the number of a line of a file, and a sign where something is wrong with it. Returns how wide that is.
fn draw_line_number(painter: &mut Painter<'_>, area: Area, source: &Source, index: usize) -> u16 {
    // Text that was written anew stands in no file.
    if source.first_line == 0 {
        return 0;
    }
    let line = source
        .first_line
        .saturating_add(u32::try_from(index).unwrap_or(u32::MAX));
    let fault = source.faults.binary_search(&line).is_ok();
    let role = if fault { Role::Warn } else { Role::Dim };
    let sign = if fault { "▲" } else { " " };
    let number = format!("{line:>4} {sign} ");
    painter.put(
        area.x + 3,
        area.y,
        area.width.saturating_sub(4),
        &number,
        role,
    )
}

fn draw_yaml(painter: &mut Painter<'_>, x: u16, y: u16, room: u16, page: &EntityPage, line: &str) {
    let shown = columns_from(line, page.left);
    let marks = page.search.marks(shown);
    let key = yaml_key(shown);
    if marks.is_empty() && page.left == 0 && key > 0 {
        let (name, value) = shown.split_at(key);
        let used = painter.put(x, y, room, name, Role::Code);
        painter.put(x + used, y, room.saturating_sub(used), value, Role::Text);
    } else {
        painter.put_marked(x, y, room, shown, Role::Text, &marks);
    }
}

/// Two texts beside each other.
struct Pair<'a> {
    texts: [&'a str; 2],
    roles: [Role; 2],
}

impl<'a> Pair<'a> {
    fn new(first: &'a str, second: &'a str, roles: [Role; 2]) -> Self {
        Self {
            texts: [first, second],
            roles,
        }
    }
}

/// Draws two texts beside each other, each going on in the rows below; the second may lead somewhere.
fn draw_pair(
    painter: &mut Painter<'_>,
    area: Area,
    page: &EntityPage,
    pair: &Pair<'_>,
    link: Option<&str>,
) {
    let columns = PairColumns::at(area.width);
    let first = area.x + 3;
    let second = first + u16::try_from(columns.first + 2).unwrap_or(0);
    let places = [(first, columns.first), (second, columns.second)];
    for (part, (x, wide)) in places.into_iter().enumerate() {
        let (Some(content), Some(role)) = (pair.texts.get(part), pair.roles.get(part)) else {
            continue;
        };
        let room = u16::try_from(wide).unwrap_or(0);
        for (row, y) in wrap_text(content, wide, ROW_ROWS)
            .iter()
            .zip(area.y..area.y + area.height)
        {
            let marks = page.search.marks(row);
            let used = painter.put_marked(x, y, room, row, *role, &marks);
            if let Some(target) = link.filter(|_| part == 1) {
                painter.link(x, y, used, target);
            }
        }
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
