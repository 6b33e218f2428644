//! An entity's page: head, tabs, body. What the overview shows is in [`overview`].

use super::super::ViewCache;
use super::super::paint::{Line, Painter};
use super::super::widget::{bars, find, kind};
use super::overview;
use crate::app::Target;
use crate::app::detail::{Source, shown_ref};
use crate::app::layout::{self, Area};
use crate::app::line::wrap_text;
use crate::app::screen::entity::{Load, PairColumns, ROW_ROWS, problem_columns};
use crate::app::screen::{EntityPage, Screen, Tab};
use crate::app::status::thousands;
use crate::catalog::Severity;
use crate::text;
use crate::theme::Role;

/// Draws an entity's page.
pub fn draw(painter: &mut Painter<'_>, page: &EntityPage, cache: &mut ViewCache) {
    let state = painter.state;
    let layout = layout::entity(state.size, page.head_rows(state.size));
    bars::status(painter, layout.status, &path(painter, page), cache);
    draw_head(painter, layout.head, page);
    draw_tabs(painter, layout.tabs, page);
    painter.rule(layout.rule);
    painter.region(layout.body, Target::List);
    match page.tree() {
        Some(tree) => {
            let layout = page.tree_layout(tree, state.size);
            super::tree::draw_head(painter, layout.head, tree);
            super::tree::draw_filter(painter, layout.filter, tree);
            painter.rule(layout.rule);
            super::super::widget::tree::draw(painter, layout.list, tree);
        }
        None => draw_body(painter, layout.body, page),
    }
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
    for line in page.description_lines(painter.state.size) {
        lines.push(Line::of(format!("  {line}"), Role::Dim));
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

/// How the tabs are written: with how much between them, and which of their counts.
#[derive(Clone, Copy)]
struct TabStyle {
    gap: u16,
    counts: bool,
    problems: bool,
}

impl TabStyle {
    /// From the roomiest to the one that says the least.
    const ALL: [Self; 4] = [
        Self::new(3, true, true),
        Self::new(2, true, true),
        Self::new(2, false, true),
        Self::new(2, false, false),
    ];

    const fn new(gap: u16, counts: bool, problems: bool) -> Self {
        Self {
            gap,
            counts,
            problems,
        }
    }

    fn label(self, page: &EntityPage, tab: Tab) -> String {
        let counted = match tab {
            Tab::Problems => self.problems,
            _ => self.counts,
        };
        match page.count(tab) {
            count if counted && count > 0 => format!("{} {}", tab.title(), thousands(count)),
            _ => tab.title().to_owned(),
        }
    }

    /// The columns that tabs take.
    fn width(self, page: &EntityPage, tabs: &[Tab]) -> usize {
        let labels = tabs.iter().map(|tab| text::width(&self.label(page, *tab)));
        labels.sum::<usize>() + usize::from(self.gap) * tabs.len().saturating_sub(1)
    }
}

/// The tabs: all of them where they fit in any style, else as many whole ones as do, the one that is shown among them, with
/// a sign where there are more.
fn draw_tabs(painter: &mut Painter<'_>, area: Area, page: &EntityPage) {
    if area.height == 0 {
        return;
    }
    let unicode = painter.state.unicode;
    let room = usize::from(area.width.saturating_sub(4));
    let fitting = TabStyle::ALL
        .into_iter()
        .find(|style| style.width(page, &Tab::ALL) <= room);
    let style = fitting.unwrap_or(TabStyle::new(2, false, false));
    let current = page.tab.index();
    let seen = |start: usize, end: usize| Tab::ALL.get(start..end).unwrap_or_default();
    let (mut start, mut end) = (0, Tab::ALL.len());
    if fitting.is_none() {
        let fits = |start: usize, end: usize| style.width(page, seen(start, end)) <= room;
        start = (0..current)
            .find(|start| fits(*start, current + 1))
            .unwrap_or(current);
        end = (current + 1..=Tab::ALL.len())
            .rev()
            .find(|end| fits(start, *end))
            .unwrap_or(current + 1);
    }
    if start > 0 {
        let sign = if unicode { "‹" } else { "<" };
        painter.put(area.x + 1, area.y, 1, sign, Role::Dim);
    }
    let mut x = area.x + 3;
    for tab in seen(start, end).iter().copied() {
        let role = match (tab == page.tab, tab, page.rows(tab)) {
            (true, ..) => Role::Tab,
            (false, Tab::Problems, 1..) => Role::Warn,
            (false, ..) => Role::Dim,
        };
        let room = (area.x + area.width).saturating_sub(x + 1);
        if room == 0 {
            break;
        }
        let used = painter.put(x, area.y, room, &style.label(page, tab), role);
        let place = Area {
            x,
            y: area.y,
            width: used,
            height: 1,
        };
        painter.region(place, Target::Tab(tab.index()));
        x += used + style.gap;
    }
    if end < Tab::ALL.len() && area.width > 4 {
        let sign = if unicode { "›" } else { ">" };
        painter.put(area.x + area.width - 1, area.y, 1, sign, Role::Dim);
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
            (_, Tab::Overview | Tab::Dependencies | Tab::Dependents) if unserved => {
                "Its relations are unknown: its file could not be read as an entity".to_owned()
            }
            (Load::Ready(detail), Tab::Yaml) if unserved => {
                format!("Its text is not kept here; it stands at {}", place(detail))
            }
            (Load::Ready(_), Tab::Annotations) if unserved => {
                "Its annotations are unknown: its file could not be read as an entity".to_owned()
            }
            (Load::Loading, _) => "Loading".to_owned(),
            (Load::Missing(why), _) if !why.is_empty() => why.clone(),
            (Load::Missing(_), _) => "The cache has no more of it; R fetches it again".to_owned(),
            (Load::Ready(_), Tab::Overview | Tab::Dependencies | Tab::Dependents) => {
                "It has no relations".to_owned()
            }
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
        Tab::Overview => Some(overview::Columns::measure(page, area.width)),
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
            let gap = u16::from(page.gap_below(page.tab, index) && whole.height > 1);
            painter.fill(Area {
                height: whole.height - gap,
                ..whole
            });
            let bar = if painter.state.unicode { "▌" } else { ">" };
            painter.put(area.x, y, 1, bar, Role::Accent);
        }
        match (page.tab, &columns) {
            (Tab::Overview, Some(columns)) => {
                overview::draw_row(painter, whole, page, index, index == at.top, columns);
            }
            _ => draw_row(painter, whole, page, index),
        }
        painter.on_selection(false);
        painter.region(whole, Target::Row(index));
        y += height;
        index += 1;
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
        Tab::Overview | Tab::Dependencies | Tab::Dependents => {}
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
