//! Documentation: navigation, page, contents.

use super::super::ViewCache;
use super::super::paint::{Painter, Span};
use super::super::widget::{bars, find};
use crate::app::docs::NavRow;
use crate::app::layout::{Area, GUTTER};
use crate::app::screen::{DocsFocus, DocsLoad, DocsScreen};
use crate::app::status::{Status, StatusTone};
use crate::app::{Action, Target};
use crate::markdown::{Emphasis, Line, Page, Target as Follows};
use crate::techdocs::NavTarget;
use crate::text;
use crate::theme::{Role, Style};

/// Draws documentation.
pub fn draw(painter: &mut Painter<'_>, docs: &DocsScreen, cache: &mut ViewCache) {
    let state = painter.state;
    let layout = docs.layout(state.size);
    let place = path(painter, docs);
    match status(painter, docs) {
        Some(status) => bars::status_of(painter, layout.status, &place, &status, cache),
        None => bars::status(painter, layout.status, &place, cache),
    }
    draw_notice(painter, layout.notice, docs);
    if docs.page().is_none_or(|page| listed(page) > 0) {
        painter.rule(layout.contents_rule);
    }
    draw_contents(painter, layout.contents, docs);
    painter.region(layout.page, Target::List);
    draw_page(painter, layout.page, docs);
    painter.on_selection(false);
    if layout.nav.width > 0 {
        painter.fill(layout.nav);
        // Beside a page that is of no site there is nothing to go to.
        if docs.set.is_none() || !docs.nav.is_empty() {
            painter.rule(layout.nav_rule);
        }
        draw_nav(painter, layout.nav, docs);
    }
    if docs.search.typing {
        find::draw(painter, layout.footer, &docs.search);
    } else {
        bars::footer(painter, layout.footer);
    }
}

/// The entity, and the page where one is shown.
fn path(painter: &Painter<'_>, docs: &DocsScreen) -> Vec<String> {
    let snapshot = &painter.state.snapshot;
    let name = match snapshot.find(&docs.entity_ref) {
        Some(id) => text::clean(snapshot.row(id).name).into_owned(),
        None => text::clean(&docs.entity_ref).into_owned(),
    };
    let title = docs.laid_out().map(|laid_out| laid_out.text.title.clone());
    let mut names = vec![name];
    names.push(
        title
            .filter(|title| !title.is_empty())
            .unwrap_or("docs".to_owned()),
    );
    names
}

/// When the page was read, and whether it may be old.
fn status(painter: &Painter<'_>, docs: &DocsScreen) -> Option<Status> {
    let state = painter.state;
    if state.sync.is_some() {
        return None;
    }
    let laid_out = docs.laid_out()?;
    let set = docs.set.as_ref()?;
    // A site whose pages did not change was checked all the same.
    let own = set.source == laid_out.text.source;
    let at = if own {
        set.fetched_at
    } else {
        laid_out.text.fetched_at
    };
    let at = jiff::Timestamp::from_second(at).ok()?;
    let mut status = state.status_since("fetched", at);
    if own && set.problem.is_some() && status.tone == StatusTone::Good {
        status.tone = StatusTone::Warning;
    }
    Some(status)
}

/// What is wrong with the documentation.
fn draw_notice(painter: &mut Painter<'_>, area: Area, docs: &DocsScreen) {
    let Some(set) = docs.set.as_ref().filter(|_| area.height > 0) else {
        return;
    };
    let problems = &set.site.problems;
    let words = match (&set.problem, problems.as_slice()) {
        (Some(problem), _) => format!("▲ May be old: {}", text::clean(problem)),
        (None, [only]) => format!("▲ {}", text::clean(only)),
        (None, [first, rest @ ..]) => format!("▲ {} (+{})", text::clean(first), rest.len()),
        (None, []) => return,
    };
    painter.put(
        area.x + 1,
        area.y,
        area.width.saturating_sub(2),
        &words,
        Role::Warn,
    );
}

fn draw_page(painter: &mut Painter<'_>, area: Area, docs: &DocsScreen) {
    let state = painter.state;
    let Some(page) = docs.page().cloned() else {
        let content = match &docs.load {
            DocsLoad::Missing(why) => why.as_str(),
            _ => "Loading",
        };
        let room = area.width.saturating_sub(GUTTER + 1);
        let rows = crate::app::line::wrap_text(content, usize::from(room), 6);
        for (row, y) in rows.iter().zip(area.y..area.y + area.height) {
            painter.put(area.x + GUTTER, y, room, row, Role::Dim);
        }
        return;
    };
    let columns = u16::try_from(page.width).unwrap_or(u16::MAX);
    let room = area.width.saturating_sub(GUTTER + 1).min(columns.max(1));
    // A page narrower than its place stands where reading begins; the rest is air.
    let x = area.x + GUTTER;
    let copies = docs.code_here(state.size);
    // Code that fits stays where it is.
    let seen = docs.at.top..docs.at.top + usize::from(area.height);
    let wide_blocks: Vec<_> = page
        .code
        .iter()
        .map(|code| code.lines.clone())
        .filter(|lines| lines.start < seen.end && lines.end > seen.start)
        .filter(|lines| {
            let block = page.lines.get(lines.clone()).unwrap_or_default();
            block.iter().any(|line| line.width() > usize::from(room))
        })
        .collect();
    for (line, y) in page
        .lines
        .iter()
        .enumerate()
        .skip(docs.at.top)
        .zip(area.y..area.y + area.height)
    {
        let (index, line) = line;
        if index == docs.at.cursor && docs.focus == DocsFocus::Page {
            let bar = if state.unicode { "▌" } else { ">" };
            painter.put(area.x, y, 1, bar, Role::Accent);
        }
        let scrolls = wide_blocks.iter().any(|lines| lines.contains(&index));
        draw_line(painter, x, y, room, line, docs, scrolls);
        let row = Area {
            y,
            height: 1,
            ..area
        };
        painter.region(row, Target::Row(index));
    }
    // What `y` copies is said where it stands.
    let block = page.code.iter().find(|code| Some(code.id) == copies);
    if let (Some(block), Some(key)) = (block, state.key_for(Action::Copy)) {
        let first = block.lines.start.max(docs.at.top);
        let wide = u16::try_from(text::width(&key)).unwrap_or(0);
        let y = area.y + u16::try_from(first - docs.at.top).unwrap_or(0);
        let used = page.lines.get(first).map_or(0, Line::width);
        let right = x + room;
        let free = used + usize::from(wide) + 6 < usize::from(room);
        if y < area.y + area.height && free {
            painter.put(right - wide - 5, y, wide, &key, Role::FooterKey);
            painter.put(right - 5, y, 5, " copy", Role::Dim);
        }
    }
    if page.lines.is_empty() {
        painter.put(x, area.y, room, "This page is empty", Role::Dim);
    }
}

fn draw_line(
    painter: &mut Painter<'_>,
    x: u16,
    y: u16,
    room: u16,
    line: &Line,
    docs: &DocsScreen,
    scrolls: bool,
) {
    let marks = if docs.search.is_open() {
        docs.search.marks(&line.text())
    } else {
        Vec::new()
    };
    let mut used = 0u16;
    // Columns of the text that are scrolled away, and characters of it that came before.
    let mut hidden = if scrolls && line.wide { docs.left } else { 0 };
    let mut chars = 0usize;
    let wide = line.wide && line.width().saturating_sub(hidden) > usize::from(room);
    for (index, span) in line.spans.iter().enumerate() {
        let left = room.saturating_sub(used);
        if left == 0 {
            break;
        }
        let in_prefix = index < line.prefix;
        let count = span.text.chars().count();
        let mut shown = span.text.as_str();
        let mut skipped = 0;
        if !in_prefix && hidden > 0 {
            let (rest, columns, cut) = cut_columns(shown, hidden);
            hidden = hidden.saturating_sub(columns);
            skipped = cut;
            shown = rest;
        }
        let selected = span.link.is_some() && span.link == docs.link;
        let mine: Vec<usize> = if in_prefix {
            Vec::new()
        } else {
            let from = chars + skipped;
            marks
                .iter()
                .filter(|at| (from..chars + count).contains(*at))
                .map(|at| at - from)
                .collect()
        };
        painter.in_look(look(span.emphasis, selected));
        painter.on_selection(selected);
        let at = x + used;
        let wrote = painter.put_marked(at, y, left, shown, span.role, &mine);
        painter.on_selection(false);
        painter.in_look(Style::default());
        if let Some(url) = span.link.and_then(|link| address(docs, link)) {
            painter.link(at, y, wrote, &url);
        }
        used += wrote;
        if !in_prefix {
            chars += count;
        }
    }
    if wide && room > 1 {
        let sign = if painter.state.unicode { "…" } else { "~" };
        painter.put(x + room - 1, y, 1, sign, Role::Dim);
    }
}

/// The web address of a link, for terminals that can open it themselves.
fn address(docs: &DocsScreen, link: usize) -> Option<String> {
    let laid_out = docs.laid_out()?;
    let Follows::Link(id) = laid_out.page.links.get(link)?.target else {
        return None;
    };
    let link = laid_out.text.document.links.get(id.index())?;
    (link.kind == crate::markdown::LinkKind::Absolute).then(|| link.target.clone())
}

/// Text without its first columns; how many columns and characters went.
fn cut_columns(content: &str, columns: usize) -> (&str, usize, usize) {
    let (mut gone, mut bytes, mut chars) = (0, 0, 0);
    for grapheme in text::graphemes(content) {
        if gone >= columns {
            break;
        }
        gone += text::grapheme_width(grapheme);
        bytes += grapheme.len();
        chars += grapheme.chars().count();
    }
    (content.get(bytes..).unwrap_or_default(), gone, chars)
}

fn look(emphasis: Emphasis, selected: bool) -> Style {
    Style {
        bold: emphasis.strong || selected,
        italic: emphasis.italic,
        underline: emphasis.underline,
        dim: emphasis.strike,
        ..Style::default()
    }
}

fn draw_nav(painter: &mut Painter<'_>, area: Area, docs: &DocsScreen) {
    let focused = docs.focus == DocsFocus::Nav;
    // Without sections there are no signs to leave room for.
    let flat = docs.nav.rows().iter().all(|row| row.branch.is_none());
    let shown = docs.laid_out().map(|laid_out| &laid_out.text);
    let own = docs
        .set
        .as_ref()
        .zip(shown)
        .is_some_and(|(set, text)| set.source == text.source);
    for (row, y) in (docs.nav.at.top..docs.nav.rows().len()).zip(area.y..area.y + area.height) {
        let (Some(node), Some(seen)) = (docs.nav.node(row), docs.nav.rows().get(row)) else {
            break;
        };
        let here = own
            && matches!(&node.target, NavTarget::Page(path) if shown.is_some_and(|text| text.path == *path));
        let whole = Area {
            y,
            height: 1,
            ..area
        };
        let selected = focused && row == docs.nav.at.cursor;
        painter.on_selection(selected);
        if selected {
            painter.fill(whole);
        }
        if selected || here {
            let bar = if painter.state.unicode { "▌" } else { ">" };
            painter.put(area.x, y, 1, bar, Role::Accent);
        }
        let spans = nav_spans(
            painter,
            node.level,
            *seen,
            &node.title,
            &node.target,
            here,
            flat,
        );
        painter.put_spans(area.x + 1, y, area.width.saturating_sub(2), &spans);
        painter.on_selection(false);
        painter.region(whole, Target::Nav(row));
    }
}

fn nav_spans(
    painter: &Painter<'_>,
    level: u16,
    seen: NavRow,
    title: &str,
    target: &NavTarget,
    here: bool,
    flat: bool,
) -> Vec<Span> {
    let unicode = painter.state.unicode;
    let sign = match (seen.branch, unicode) {
        (Some(true), true) => "▾ ",
        (Some(false), true) => "▸ ",
        (Some(true), false) => "v ",
        (Some(false), false) => "> ",
        (None, _) if flat => "",
        (None, _) => "  ",
    };
    let indent = "  ".repeat(usize::from(level.min(8)));
    let role = match target {
        _ if here => Role::Title,
        NavTarget::Section => Role::Dim,
        NavTarget::Page(_) => Role::Text,
        NavTarget::Url(_) => Role::Link,
        NavTarget::Missing(_) => Role::Warn,
    };
    let mut spans = vec![
        (format!("{indent}{sign}"), Role::Dim),
        (title.to_owned(), role),
    ];
    match target {
        NavTarget::Url(_) => spans.push((if unicode { " ↗" } else { " ^" }.into(), Role::Dim)),
        NavTarget::Missing(_) => spans.push((" missing".into(), Role::Warn)),
        NavTarget::Section | NavTarget::Page(_) => {}
    }
    spans
}

/// How many headings the contents name: the page's own title says nothing among its parts.
fn listed(page: &Page) -> usize {
    let title = page.headings.first().is_some_and(|first| first.level == 1);
    page.headings.len() - usize::from(title)
}

fn draw_contents(painter: &mut Painter<'_>, area: Area, docs: &DocsScreen) {
    let Some(page) = docs.page().cloned().filter(|_| area.width > 0) else {
        return;
    };
    let left_out = page.headings.len() - listed(&page);
    let headings: Vec<_> = page.headings.iter().skip(left_out).collect();
    if headings.is_empty() || area.height < 2 {
        return;
    }
    let inner = area.width.saturating_sub(3);
    painter.put(area.x + 2, area.y, inner, "On this page", Role::Dim);
    let current = headings
        .iter()
        .rposition(|heading| heading.line <= docs.at.cursor);
    let room = usize::from(area.height - 1);
    let base = headings
        .iter()
        .map(|heading| heading.level)
        .min()
        .unwrap_or(1);
    let top = current
        .map_or(0, |current| current.saturating_sub(room / 2))
        .min(headings.len().saturating_sub(room));
    for ((index, heading), y) in headings
        .iter()
        .enumerate()
        .skip(top)
        .zip(area.y + 1..area.y + area.height)
    {
        let here = Some(index) == current;
        if here {
            let bar = if painter.state.unicode { "▌" } else { ">" };
            painter.put(area.x + 1, y, 1, bar, Role::Accent);
        }
        let indent = "  ".repeat(usize::from(heading.level.saturating_sub(base).min(3)));
        let role = if here { Role::Title } else { Role::Dim };
        let words = format!("{indent}{}", heading.text);
        painter.put(area.x + 2, y, inner, &words, role);
        let row = Area {
            y,
            height: 1,
            ..area
        };
        painter.region(row, Target::Heading(heading.line));
    }
}
