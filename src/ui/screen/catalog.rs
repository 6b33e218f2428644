//! The catalog: line, results, preview.

use super::super::ViewCache;
use super::super::paint::Painter;
use super::super::widget::{bars, kind, picker};
use super::preview;
use crate::app::detail::shown_ref;
use crate::app::layout::{self, Area};
use crate::app::preview::telling_title;
use crate::app::screen::{Catalog, Focus};
use crate::app::status::thousands;
use crate::app::{Condition, Target};
use crate::catalog::{Row, Snapshot};
use crate::search::{Query, highlight};
use crate::text;
use crate::theme::Role;

/// How many rows the columns' widths are measured on, spread over the whole catalog: measuring all would take longer
/// than a frame may, and measuring those of a list would move the columns with every letter typed.
const SAMPLE: usize = 256;

/// Columns before a name: the bar's sign, a space, the glyph, a space.
const INDENT: u16 = 4;
/// The least that is left for names.
const NAME: u16 = 16;

/// A column besides the name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Field {
    Type,
    Lifecycle,
    Owner,
    System,
}

impl Field {
    const fn title(self) -> &'static str {
        match self {
            Field::Type => "TYPE",
            Field::Lifecycle => "LIFECYCLE",
            Field::Owner => "OWNER",
            Field::System => "SYSTEM",
        }
    }

    /// The widest it gets.
    const fn most(self) -> usize {
        match self {
            Field::Type | Field::Lifecycle => 13,
            Field::Owner | Field::System => 22,
        }
    }

    fn value(self, row: &Row<'_>) -> String {
        match self {
            Field::Type => row.spec_type.to_owned(),
            Field::Lifecycle => row.lifecycle.to_owned(),
            Field::Owner if row.owner.is_empty() => String::new(),
            Field::Owner => shown_ref(row.owner, "group"),
            Field::System if row.system.is_empty() => String::new(),
            Field::System => shown_ref(row.system, "system"),
        }
    }
}

/// The columns of one list at one width.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Columns {
    serial: u64,
    width: u16,
    widest: Widest,
    name: u16,
    /// Each with its place and width.
    fields: Vec<(Field, u16, u16)>,
}

/// The most that one catalog's rows need.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Widest {
    generation: u64,
    rows: usize,
    name: usize,
    /// A name with its title.
    titled: usize,
    /// In the order of what gives way last.
    fields: [(Field, usize); 4],
}

impl Widest {
    fn measure(snapshot: &Snapshot) -> Self {
        let mut widest = Self {
            generation: snapshot.generation(),
            rows: snapshot.len(),
            name: 0,
            titled: 0,
            fields: [Field::Owner, Field::Type, Field::Lifecycle, Field::System].map(|f| (f, 0)),
        };
        let step = snapshot.len().div_ceil(SAMPLE).max(1);
        for id in snapshot.ids().step_by(step) {
            let row = snapshot.row(id);
            let plain = text::width(&text::clean(row.name));
            widest.name = widest.name.max(plain);
            widest.titled = widest.titled.max(plain + title_width(&row));
            for (field, most) in &mut widest.fields {
                let wide = text::width(&text::clean(&field.value(&row)));
                *most = (*most).max(wide.min(field.most()));
            }
        }
        widest
    }

    fn is_of(&self, snapshot: &Snapshot) -> bool {
        (self.generation, self.rows) == (snapshot.generation(), snapshot.len())
    }
}

impl Columns {
    /// The columns of a list: as wide as the whole catalog needs them, without those that say nothing here.
    fn measure(catalog: &Catalog, width: u16, widest: Option<Widest>) -> Self {
        let results = &catalog.results;
        let widest = widest
            .filter(|known| known.is_of(&results.snapshot))
            .unwrap_or_else(|| Widest::measure(&results.snapshot));
        let Widest { name, titled, .. } = widest;
        let says_something = |field: Field| {
            let mut rows = (0..SAMPLE).map_while(|index| results.get(index));
            rows.any(|id| !field.value(&results.snapshot.row(id)).is_empty())
        };
        let cells = |wide: usize| u16::try_from(wide).unwrap_or(u16::MAX);
        let room = width.saturating_sub(INDENT + 1);
        // Names go before columns, but an owner is worth more than the end of a long name.
        let name = cells(name).clamp(NAME, (room * 2 / 5).max(NAME));
        let mut left = room.saturating_sub(name.min(room));
        // Titles go before the system, which the preview names as well.
        let titles = cells(titled).saturating_sub(name).min(left / 2);
        let mut chosen = Vec::new();
        for (field, most) in widest.fields {
            if !says_something(field) {
                continue;
            }
            let wide = u16::try_from(most.max(field.title().len())).unwrap_or(u16::MAX);
            let reserve = if field == Field::System { titles } else { 0 };
            if left >= wide + 2 + reserve {
                left -= wide + 2;
                chosen.push((field, wide));
            }
        }
        let order = [Field::Type, Field::Lifecycle, Field::Owner, Field::System];
        chosen.sort_by_key(|(field, _)| order.iter().position(|other| other == field));
        let taken: u16 = chosen.iter().map(|(_, wide)| wide + 2).sum();
        let name = room.saturating_sub(taken);
        let mut x = INDENT + name + 2;
        let fields = chosen
            .into_iter()
            .map(|(field, wide)| {
                let place = (field, x, wide);
                x += wide + 2;
                place
            })
            .collect();
        Self {
            serial: results.serial,
            width,
            widest,
            name,
            fields,
        }
    }
}

fn title_width(row: &Row<'_>) -> usize {
    telling_title(row).map_or(0, |title| text::width(&text::clean(title)) + 2)
}

/// Draws the catalog.
pub fn draw(painter: &mut Painter<'_>, catalog: &Catalog, cache: &mut ViewCache) {
    let state = painter.state;
    let layout = layout::catalog(state.size, catalog.zoomed);
    let path: Vec<String> = match (state.organization.is_empty(), state.behind.is_empty()) {
        (_, false) => vec!["open".into()],
        (true, true) => Vec::new(),
        (false, true) => vec![state.organization.clone()],
    };
    bars::status(painter, layout.status, &path, cache);
    line(painter, layout.line, catalog);
    // Without any entity there is nothing to preview: the first run has the whole screen.
    let first_run = catalog.results.snapshot.is_empty();
    if !first_run {
        painter.rule(layout.rule);
    }
    if layout.list.height > 0 {
        painter.region(layout.list, Target::List);
        if catalog.results.is_empty() {
            let area = if first_run {
                Area {
                    width: state.size.columns,
                    ..layout.list
                }
            } else {
                layout.list
            };
            empty(painter, area, catalog);
        } else {
            list(painter, layout.header, layout.list, catalog, cache);
        }
    }
    if layout.preview.height > 0 && !first_run {
        painter.region(layout.preview, Target::Preview);
        preview::draw(painter, layout.preview, catalog);
    }
    // Last: a message lies over what is above the footer.
    bars::footer(painter, layout.footer);
}

fn line(painter: &mut Painter<'_>, area: Area, catalog: &Catalog) {
    if area.height == 0 {
        return;
    }
    painter.region(area, Target::Line);
    let state = painter.state;
    let typing = catalog.focus == Focus::Line;
    let all = catalog.results.snapshot.len();
    let found = catalog.results.len();
    let count = if catalog.results.query.is_empty() {
        thousands(all)
    } else {
        format!("{} of {}", thousands(found), thousands(all))
    };
    let count_width = u16::try_from(text::width(&count)).unwrap_or(0);
    let has_room = area.width > count_width + 20;
    let room = area
        .width
        .saturating_sub(if has_room { count_width + 6 } else { 4 });
    if has_room && all > 0 {
        let x = area.width - count_width - 1;
        painter.put(x, area.y, count_width, &count, Role::Dim);
    }
    let prompt = if state.unicode { "›" } else { ">" };
    let role = if typing { Role::Accent } else { Role::Dim };
    painter.put(area.x + 1, area.y, 2, prompt, role);
    let x = area.x + 3;
    if typing && state.picker.is_none() {
        picker::input(painter, x, area.y, room, &catalog.line);
    } else {
        painter.put(x, area.y, room, catalog.line.text(), Role::Input);
    }
    if catalog.line.is_empty() {
        let hint = if typing {
            "type to search"
        } else {
            "/ to search"
        };
        painter.put(x, area.y, room, hint, Role::Dim);
    } else if let Some(problem) = catalog.results.problems.first() {
        let used = u16::try_from(text::width(catalog.line.text())).unwrap_or(room) + 3;
        painter.put(
            x + used,
            area.y,
            room.saturating_sub(used),
            problem,
            Role::Warn,
        );
    } else if catalog.completions.len() > 1 {
        let used = u16::try_from(text::width(catalog.line.text())).unwrap_or(room) + 3;
        let options: Vec<&str> = catalog
            .completions
            .iter()
            .map(|word| {
                word.rsplit_once(':')
                    .filter(|(_, value)| !value.is_empty())
                    .map_or(word.as_str(), |(_, value)| value)
            })
            .collect();
        painter.put(
            x + used,
            area.y,
            room.saturating_sub(used),
            &options.join("  "),
            Role::Dim,
        );
    }
}

fn list(
    painter: &mut Painter<'_>,
    header: Area,
    area: Area,
    catalog: &Catalog,
    cache: &mut ViewCache,
) {
    let results = &catalog.results;
    let columns = match cache.columns.take() {
        Some(columns) if columns.serial == results.serial && columns.width == area.width => columns,
        other => Columns::measure(catalog, area.width, other.map(|columns| columns.widest)),
    };
    if header.height > 0 {
        // Why the rows do not begin with the first name.
        let names = match results.first() {
            0 => "NAME",
            _ => "NAME, the recent first",
        };
        painter.put(header.x + INDENT, header.y, columns.name, names, Role::Dim);
        for (field, x, width) in &columns.fields {
            painter.put(header.x + x, header.y, *width, field.title(), Role::Dim);
        }
    }
    let unicode = painter.state.unicode;
    let query = Query::parse(&results.query);
    for line in 0..area.height {
        let index = catalog.at.top + usize::from(line);
        let Some(id) = results.get(index) else {
            break;
        };
        let row = results.snapshot.row(id);
        let y = area.y + line;
        let whole = Area {
            y,
            height: 1,
            ..area
        };
        let selected = index == catalog.at.cursor;
        painter.on_selection(selected);
        // On the bar everything has one look: it is one thing, and fewer bytes to move.
        let quiet = if selected { Role::Text } else { Role::Dim };
        if selected {
            painter.fill(whole);
            painter.put(area.x, y, 1, if unicode { "▌" } else { ">" }, Role::Accent);
        }
        painter.put(area.x + 2, y, 1, kind::glyph(row.kind, unicode), Role::Text);
        let name_x = area.x + INDENT;
        let marks = highlight(&query, row.name);
        let mut explained = !marks.is_empty();
        let used = painter.put_marked(name_x, y, columns.name, row.name, Role::Text, &marks);
        let mut after = name_x + used;
        let mut left = columns.name - used;
        if row.flags.invalid && left >= 3 {
            after += 1 + painter.put(after + 1, y, 1, if unicode { "▲" } else { "!" }, Role::Warn);
            left = left.saturating_sub(2);
        }
        if painter.state.starred.contains(row.entity_ref) && left >= 3 {
            after += 1 + painter.put(
                after + 1,
                y,
                1,
                if unicode { "★" } else { "*" },
                Role::Accent,
            );
            left = left.saturating_sub(2);
        }
        if let Some(title) = telling_title(&row)
            && left >= 8
        {
            let marks = highlight(&query, title);
            explained |= !marks.is_empty();
            painter.put_marked(after + 2, y, left - 2, title, quiet, &marks);
        }
        for (field, x, width) in &columns.fields {
            let value = field.value(&row);
            let marks = match field {
                // Where the name does not show why the row is here, the owner may.
                Field::Owner if !explained => highlight(&query, &value),
                Field::Owner | Field::Type | Field::Lifecycle | Field::System => Vec::new(),
            };
            painter.put_marked(area.x + x, y, *width, &value, quiet, &marks);
        }
        painter.on_selection(false);
        painter.region(whole, Target::Row(index));
    }
    cache.columns = Some(columns);
}

/// What stands where there are no rows: why, and what to do.
fn empty(painter: &mut Painter<'_>, area: Area, catalog: &Catalog) {
    let state = painter.state;
    let mut lines: Vec<Vec<(String, Role)>> = Vec::new();
    let say = |content: &str, role: Role| vec![(content.to_owned(), role)];
    if !catalog.results.snapshot.is_empty() {
        let query = catalog.results.query.clone();
        lines.push(vec![
            ("Nothing matches ".into(), Role::Text),
            (query.clone(), Role::Title),
        ]);
        if let Some(problem) = catalog.results.problems.first() {
            lines.push(say(problem, Role::Warn));
        }
        if let Some(nearest) = &catalog.results.nearest {
            lines.push(Vec::new());
            lines.push(vec![
                ("The nearest name is ".into(), Role::Dim),
                (nearest.clone(), Role::Title),
            ]);
        }
        lines.push(Vec::new());
        let hint = if query.contains(':') {
            "Every filter and every word must match: take one away to see more."
        } else if query.contains(' ') {
            "Every word must match: take one away to see more."
        } else {
            "Fewer letters match more; ctrl-u empties the line."
        };
        lines.push(say(hint, Role::Dim));
    } else if state.sync.is_some() {
        lines.push(say("Reading your sources.", Role::Text));
        lines.push(say("Entities appear here as they come in.", Role::Dim));
    } else if !state.opened {
        lines.push(say("Opening the cache", Role::Dim));
    } else {
        let first = match &state.condition {
            Condition::SignedOut => "The catalog is empty, and nobody is signed in.",
            Condition::Offline => "The catalog is empty, and there is no network to fill it.",
            Condition::Failed(_) | Condition::SourcesFailed(_) => {
                "The catalog is empty: the last sync failed."
            }
            _ => "The catalog is empty.",
        };
        lines.push(say(first, Role::Title));
        let why = match &state.condition {
            Condition::Failed(why) => std::slice::from_ref(why),
            Condition::SourcesFailed(sources) => sources.get(..3).unwrap_or(sources),
            _ => &[],
        };
        lines.extend(why.iter().map(|why| say(why, Role::Bad)));
        let organisation = match state.config_file.as_str() {
            "" => "sources go into a file given with --config".to_owned(),
            file => format!("sources go into {file}"),
        };
        let ways = [
            (
                "Sign in to GitHub",
                "callboard auth login",
                organisation.as_str(),
            ),
            (
                "Open a folder",
                "callboard locations add ./catalog-info.yaml",
                "a file, or a folder with **/catalog-info.yaml",
            ),
            (
                "Look around",
                "callboard demo",
                "a sample organisation, no network, no account",
            ),
        ];
        // On a narrow screen each has lines of its own: a command or a path that is cut off is of no use.
        let room = usize::from(area.width.saturating_sub(INDENT + 1));
        let narrow = ways
            .iter()
            .any(|(_, command, note)| 20 + text::width(command).max(text::width(note)) > room);
        for (what, command, note) in ways {
            lines.push(Vec::new());
            if narrow {
                lines.push(say(what, Role::Text));
                for (content, role) in [(command, Role::Code), (note, Role::Dim)] {
                    for part in
                        text::wrap(content, usize::from(area.width).saturating_sub(7).max(1))
                    {
                        lines.push(vec![
                            ("  ".into(), role),
                            (part.trim_end().to_owned(), role),
                        ]);
                    }
                }
                continue;
            }
            lines.push(vec![
                (format!("{what:<20}"), Role::Text),
                (command.to_owned(), Role::Code),
            ]);
            lines.push(vec![
                (format!("{:<20}", ""), Role::Dim),
                (note.to_owned(), Role::Dim),
            ]);
        }
    }
    let top = if area.height > 12 { 2 } else { 0 };
    for (line, y) in lines.iter().zip(area.y + top..area.y + area.height) {
        let x = area.x + INDENT;
        painter.put_spans(x, y, area.width.saturating_sub(INDENT + 1), line);
    }
}
