//! The lines of a tree, made for what is seen of it alone.
//!
//! ```text
//! ▌ ▾ ◆ payment-service                                       component  production  payments-team
//!     ├─▾ ○ payment-api  +2                                   api        production  payments-team
//!     │   └── ◆ checkout-web                                  component  production  checkout
//! ```

use super::super::paint::Painter;
use super::kind;
use crate::app::Target;
use crate::app::detail::shown_ref;
use crate::app::layout::Area;
use crate::app::outline::{Item, Mark, Node, Outline, TreeKind};
use crate::app::screen::TreeView;
use crate::app::screen::tree::Seen;
use crate::app::status::thousands;
use crate::app::words;
use crate::catalog::graph::{Heading, missing_parent};
use crate::catalog::{DEFAULT_NAMESPACE, Row, RowId};
use crate::search::{Query, highlight};
use crate::text;
use crate::theme::Role;

/// Names get this much of a wide screen at most: columns that stand far from them are hard to follow.
const WIDEST_NAME: u16 = 72;

/// Draws what is seen of a tree.
pub fn draw(painter: &mut Painter<'_>, area: Area, view: &TreeView) {
    let Some(outline) = &view.outline else {
        return nothing(painter, area, "Laying it out…");
    };
    if outline.nodes().is_empty() {
        let words = match &view.kind {
            TreeKind::Structure | TreeKind::Ownership => "There is nothing in the catalog yet",
            TreeKind::Reach { .. } => "It is no longer in the catalog",
            TreeKind::Path { .. } => "No chain of relations leads from one to the other",
        };
        return nothing(painter, area, words);
    }
    if view.rows().is_empty() {
        return nothing(painter, area, "Nothing fits");
    }
    let query = Query::parse(&crate::app::outline::in_pieces(view.filter.editor.text()));
    let columns = Columns::of(outline, area.width);
    let levels = Levels::of(view, outline, area.height, &columns);
    for y in 0..area.height {
        let index = view.at.top + usize::from(y);
        let Some(seen) = view.rows().get(index) else {
            break;
        };
        let Some(node) = outline.node(seen.node as usize) else {
            break;
        };
        let whole = Area {
            y: area.y + y,
            height: 1,
            ..area
        };
        let selected = index == view.at.cursor;
        painter.on_selection(selected);
        if selected {
            painter.fill(whole);
            let bar = if painter.state.unicode { "▌" } else { ">" };
            painter.put(whole.x, whole.y, 1, bar, Role::Accent);
        }
        let line = LineOf {
            view,
            outline,
            node,
            seen,
            query: &query,
            columns: &columns,
            levels,
        };
        line.draw(painter, whole);
        painter.on_selection(false);
        painter.region(whole, Target::Row(index));
    }
}

fn nothing(painter: &mut Painter<'_>, area: Area, words: &str) {
    if area.height > 0 {
        let room = area.width.saturating_sub(4);
        painter.put(area.x + 3, area.y, room, words, Role::Dim);
    }
}

/// Which columns there is room for, of the widths that the whole tree wants: they stay while one moves.
struct Columns {
    /// Columns of a level.
    step: u16,
    name: u16,
    /// What an edge means; of dependencies, dependents and paths.
    phrase: u16,
    kind: u16,
    lifecycle: u16,
    /// The owner; in the tree of owners the system.
    last: u16,
}

impl Columns {
    fn of(outline: &Outline, width: u16) -> Self {
        let widths = outline.widths();
        let whole = outline.kind().is_whole();
        let ownership = *outline.kind() == TreeKind::Ownership;
        let mut columns = Self {
            step: match width {
                100.. => 4,
                40.. => 3,
                _ => 2,
            },
            name: 0,
            phrase: 0,
            kind: 0,
            lifecycle: 0,
            last: 0,
        };
        // The name keeps what it needs to be read with a few levels before it.
        let least = (width / 5 * 2).max(if whole { 32 } else { 24 }).min(width);
        let mut room = width.saturating_sub(least + 4);
        let mut take = |wanted: u16| {
            let fits = wanted > 0 && wanted + 2 <= room;
            if fits {
                room -= wanted + 2;
            }
            if fits { wanted } else { 0 }
        };
        if !whole {
            let wanted = if width >= 100 { 34 } else { 26 };
            columns.phrase = take(wanted);
        }
        columns.last = take(if ownership {
            widths.system
        } else {
            widths.owner
        });
        columns.kind = take(if whole || width >= 120 {
            widths.kind
        } else {
            0
        });
        columns.lifecycle = take(if whole { widths.lifecycle } else { 0 });
        let taken: u16 = [
            columns.phrase,
            columns.kind,
            columns.lifecycle,
            columns.last,
        ]
        .into_iter()
        .filter(|wide| *wide > 0)
        .map(|wide| wide + 2)
        .sum();
        columns.name = width.saturating_sub(taken + 3).min(WIDEST_NAME);
        if taken == 0 {
            columns.name = width.saturating_sub(3);
        }
        columns
    }
}

struct LineOf<'a> {
    view: &'a TreeView,
    outline: &'a Outline,
    node: &'a Node,
    seen: &'a Seen,
    query: &'a Query,
    columns: &'a Columns,
    levels: Levels,
}

/// How the levels of what is seen are drawn: all rows alike, so that a child never stands at its parent's level.
#[derive(Clone, Copy)]
struct Levels {
    /// Columns of a level.
    step: u16,
    /// The first levels that are left out, so that names stay in sight deep down.
    hidden: u32,
}

impl Levels {
    fn of(view: &TreeView, outline: &Outline, height: u16, columns: &Columns) -> Self {
        let depths = || {
            view.rows()
                .iter()
                .skip(view.at.top)
                .take(usize::from(height))
                .filter_map(|seen| Some(outline.node(seen.node as usize)?.depth))
        };
        let deepest = depths().max().unwrap_or(0);
        let range = deepest - depths().min().unwrap_or(0);
        let share = if columns.step > 2 { 2 } else { 3 };
        let most = |step: u16| u32::from(columns.name / share / step).max(1);
        // Rows of many levels stand closer before any of those levels is left out.
        let step = (1..=columns.step)
            .rev()
            .find(|step| range < most(*step))
            .unwrap_or(1);
        Self {
            step,
            hidden: deepest.saturating_sub(most(step)),
        }
    }
}

impl LineOf<'_> {
    fn index(&self) -> usize {
        self.seen.node as usize
    }

    fn draw(&self, painter: &mut Painter<'_>, area: Area) {
        let start = area.x + 2;
        let end = start + self.columns.name;
        let x = self.draw_branch(painter, start, area.y, end);
        let (note, sign, role) = self.note(painter.state.unicode);
        // A sign stands even where its words do not fit.
        let kept = if sign.is_empty() { 0 } else { 2 };
        let room = end.saturating_sub(x);
        let used = self.draw_name(painter, x, area.y, [room, kept], text::width(&note));
        let left = room.saturating_sub(used);
        if usize::from(left) >= text::width(&note) + 2 {
            painter.put(x + used + 2, area.y, left - 2, &note, role);
        } else if left > 1 && !sign.is_empty() {
            painter.put(x + used + 1, area.y, 1, sign, role);
        } else if left > 8 {
            painter.put(x + used + 2, area.y, left - 2, &note, role);
        }
        self.draw_columns(painter, end + 2, area);
    }

    /// Guides, and whether the branch is open. Returns where the line's own sign stands.
    fn draw_branch(&self, painter: &mut Painter<'_>, start: u16, y: u16, end: u16) -> u16 {
        let unicode = painter.state.unicode;
        let Levels { step, hidden } = self.levels;
        let depth = self.node.depth;
        let column = |level: u32| {
            let shown = u16::try_from(level.saturating_sub(hidden)).unwrap_or(0);
            start + 2 + shown.saturating_sub(1) * step
        };
        let room = |x: u16| end.saturating_sub(x);
        let follows = |level: u32| {
            let bit = 1u64.checked_shl(level).unwrap_or(0);
            self.seen.guides & bit != 0
        };
        if hidden > 0 && depth > 0 {
            let sign = if unicode { "…" } else { "~" };
            painter.put(start, y, room(start).min(1), sign, Role::Border);
        }
        if step > 2 {
            for level in hidden + 1..depth {
                if follows(level) {
                    let sign = if unicode { "│" } else { "|" };
                    let x = column(level);
                    painter.put(x, y, room(x).min(1), sign, Role::Border);
                }
            }
        }
        let sign_at = start + 2 + u16::try_from(depth.saturating_sub(hidden)).unwrap_or(0) * step;
        let branch = if self.node.below == 0 {
            None
        } else {
            Some(match (self.view.is_open(self.index()), unicode) {
                (true, true) => "▾",
                (false, true) => "▸",
                (true, false) => "-",
                (false, false) => "+",
            })
        };
        if depth > hidden && step > 2 {
            let x = column(depth);
            let corner = match (follows(depth), unicode) {
                (true, true) => "├",
                (false, true) => "└",
                (true, false) => "|",
                (false, false) => "`",
            };
            let line = if unicode { "─" } else { "-" };
            painter.put(x, y, room(x).min(1), corner, Role::Border);
            for x in x + 1..sign_at.saturating_sub(1) {
                painter.put(x, y, room(x).min(1), line, Role::Border);
            }
        }
        if let Some(branch) = branch {
            let x = sign_at.saturating_sub(2);
            painter.put(x, y, room(x).min(1), branch, Role::Accent);
        }
        sign_at
    }

    /// The sign, the name, and where there is room beside a note of this width the title that says more; some of the
    /// room is kept free. Returns how many columns they took.
    fn draw_name(
        &self,
        painter: &mut Painter<'_>,
        x: u16,
        y: u16,
        [room, kept]: [u16; 2],
        note: usize,
    ) -> u16 {
        let room = room.saturating_sub(kept);
        let unicode = painter.state.unicode;
        let fits = self.view.fits(self.index());
        let filtered = self.view.filter.found.is_some();
        let role = if fits { Role::Text } else { Role::Dim };
        let marks = |content: &str| {
            if filtered && fits {
                highlight(self.query, content)
            } else {
                Vec::new()
            }
        };
        match self.node.item {
            Item::Row(id) => {
                let row = self.outline.snapshot().row(id);
                let glyph = kind::glyph(row.kind, unicode);
                painter.put(x, y, room.min(1), glyph, Role::Glyph);
                let room = room.saturating_sub(2);
                let bold = self.node.depth == 0 || self.node.below > 0;
                let role = if bold && fits { Role::Title } else { role };
                let name = shown_name(&row);
                // The sign of what is invalid stands even where the name is cut.
                let warned = if row.flags.invalid { 2 } else { 0 };
                let space = room.saturating_sub(warned);
                let mut used = painter.put_marked(x + 2, y, space, &name, role, &marks(&name));
                if row.flags.invalid && used < room {
                    let sign = if unicode { "▲" } else { "!" };
                    used += 1 + painter.put(x + 3 + used, y, 1, sign, Role::Warn);
                }
                let title = text::clean(row.title);
                let note = u16::try_from(note + 2).unwrap_or(room);
                let room = (room + kept).saturating_sub(used + 2 + note);
                // Half a title says little.
                if says_more(row.title, row.name)
                    && usize::from(room) >= text::width(&title).min(12)
                {
                    let marks = marks(&title);
                    used +=
                        2 + painter.put_marked(x + 4 + used, y, room, &title, Role::Dim, &marks);
                }
                used + 2
            }
            Item::Missing(text) => {
                painter.put(x, y, room.min(1), "?", Role::Warn);
                let reference = shown_ref(self.outline.missing(text), "component");
                let room = room.saturating_sub(2);
                2 + painter.put_marked(x + 2, y, room, &reference, Role::Warn, &marks(&reference))
            }
            Item::Heading(heading) => {
                let role = match heading {
                    _ if !fits => Role::Dim,
                    Heading::NoOwner | Heading::OwnerNotFound | Heading::OwnerUnknown => Role::Warn,
                    Heading::NoSystem | Heading::Members => Role::Dim,
                };
                painter.put(x, y, room, heading.title(), role)
            }
        }
    }

    /// What is to be said behind the name: counts, or why there is no more of it.
    /// In words, as one sign where those do not fit, and how it is to be taken.
    fn note(&self, unicode: bool) -> (String, &'static str, Role) {
        let cycle = if unicode { "⟳" } else { "@" };
        let counted = |words: String| match self.count() {
            count if count.is_empty() => words,
            count => format!("{count} · {words}"),
        };
        let snapshot = self.outline.snapshot();
        match (self.node.mark, self.node.item) {
            (Mark::Cycle, _) if self.outline.kind().is_whole() => {
                let words = format!("{cycle} stands below itself");
                (counted(words), cycle, Role::Warn)
            }
            (Mark::Cycle, _) => (format!("{cycle} cycle"), cycle, Role::Warn),
            (Mark::Missing, _) => (words::NOT_FOUND.to_owned(), "", Role::Warn),
            (Mark::Repeated, Item::Row(id)) => {
                let (sign, words) = self.elsewhere(id, unicode);
                (format!("{sign} {words}"), sign, Role::Dim)
            }
            (Mark::ParentMissing, Item::Row(id)) => {
                let parent = missing_parent(snapshot, id).unwrap_or_default();
                let words = format!("? {} {}", shown_ref(parent, ""), words::NOT_FOUND);
                (counted(words), "?", Role::Warn)
            }
            (_, Item::Row(id)) if self.is_under(Heading::OwnerNotFound) => {
                let owner = shown_ref(snapshot.row(id).owner, "group");
                let words = format!("? {owner} {}", words::NOT_FOUND);
                (words, "?", Role::Warn)
            }
            _ => (self.count(), "", Role::Dim),
        }
    }

    /// Whether a line hangs directly under a heading.
    fn is_under(&self, heading: Heading) -> bool {
        let parent = self.outline.parent(self.index());
        let parent = parent.and_then(|parent| self.outline.node(parent));
        parent.is_some_and(|parent| parent.item == Item::Heading(heading))
    }

    fn elsewhere(&self, id: RowId, unicode: bool) -> (&'static str, &'static str) {
        let above = self
            .outline
            .place(id)
            .is_none_or(|place| place < self.index());
        match (above, unicode) {
            (true, true) => ("↑", "shown above"),
            (true, false) => ("^", "shown above"),
            (false, true) => ("↓", "shown below"),
            (false, false) => ("v", "shown below"),
        }
    }

    fn count(&self) -> String {
        if self.node.below == 0 {
            return String::new();
        }
        let Node { own, total, .. } = *self.node;
        match (self.outline.kind(), self.node.item) {
            (TreeKind::Ownership, Item::Row(_)) if own != total => {
                let (own, total) = (thousands(own as usize), thousands(total as usize));
                format!("{own} own · {total} in all")
            }
            (TreeKind::Structure | TreeKind::Ownership, _) => thousands(total as usize),
            _ if self.view.is_open(self.index()) => String::new(),
            _ => format!("+{}", thousands(self.node.below as usize)),
        }
    }

    fn draw_columns(&self, painter: &mut Painter<'_>, mut x: u16, area: Area) {
        let columns = self.columns;
        let end = area.x + area.width;
        let dim = Role::Dim;
        let mut put = |painter: &mut Painter<'_>, wide: u16, words: &str, role: Role| {
            if wide > 0 {
                let room = wide.min(end.saturating_sub(x));
                painter.put(x, area.y, room, words, role);
                x += wide + 2;
            }
        };
        if columns.phrase > 0 {
            let words = self.outline.edge(self.index()).unwrap_or_default();
            put(painter, columns.phrase, &words, dim);
        }
        let Item::Row(id) = self.node.item else {
            return;
        };
        let row: Row<'_> = self.outline.snapshot().row(id);
        put(painter, columns.kind, &row.kind.to_lowercase(), dim);
        put(painter, columns.lifecycle, row.lifecycle, dim);
        if *self.outline.kind() == TreeKind::Ownership {
            let system = shown_ref(row.system, "system");
            put(painter, columns.last, &system, dim);
            return;
        }
        let found = row.owner.is_empty() || self.outline.snapshot().find(row.owner).is_some();
        let owner = shown_ref(row.owner, "group");
        if found {
            put(painter, columns.last, &owner, dim);
        } else {
            put(painter, columns.last, &format!("? {owner}"), Role::Warn);
        }
    }
}

/// A name, with its namespace where that is not the one that goes without saying.
fn shown_name(row: &Row<'_>) -> String {
    let name = text::clean(row.name);
    if row.namespace.is_empty() || row.namespace.eq_ignore_ascii_case(DEFAULT_NAMESPACE) {
        name.into_owned()
    } else {
        format!("{}/{name}", text::clean(row.namespace))
    }
}

/// Whether a title is more than the name in other letters: `Payment Service` is not, of `payment-service`.
fn says_more(title: &str, name: &str) -> bool {
    let letters = |text: &str| -> Vec<char> {
        text.chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect()
    };
    !title.is_empty() && letters(title) != letters(name)
}
