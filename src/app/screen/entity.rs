//! An entity's page: the card that a person on call asks for first, then everything else, in tabs.
//!
//! The overview is one list, the card's lines and below them the relations, so that each line of the card is one key
//! from being copied or opened. Two tabs are trees: what the entity needs, and what needs it.

use std::sync::Arc;

use super::super::detail::Detail;
use super::super::editor::Editor;
use jiff::{Timestamp, tz::TimeZone};

use super::super::layout::{self, Area, Size, TreeLayout};
use super::super::line::wrap_text;
use super::super::list::Position;
use super::super::outline::{Direction, TreeKind};
use super::super::who::{Card, CardLine};
use super::find::PageSearch;
use super::tree::TreeView;
use crate::catalog::{EntityRef, RowId, Snapshot};
use crate::text;

/// The tabs, in order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Tab {
    #[default]
    Overview,
    Dependencies,
    Dependents,
    Links,
    Annotations,
    Problems,
    Yaml,
}

impl Tab {
    /// All of them, in order.
    pub const ALL: [Tab; 7] = [
        Tab::Overview,
        Tab::Dependencies,
        Tab::Dependents,
        Tab::Links,
        Tab::Annotations,
        Tab::Problems,
        Tab::Yaml,
    ];

    /// Its place in [`Tab::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }

    /// What stands on it.
    pub fn title(self) -> &'static str {
        match self {
            Tab::Overview => "Overview",
            Tab::Dependencies => "Dependencies",
            Tab::Dependents => "Dependents",
            Tab::Links => "Links",
            Tab::Annotations => "Annotations",
            Tab::Problems => "Problems",
            Tab::Yaml => "YAML",
        }
    }
}

/// A row of the overview.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OverviewRow {
    /// A line of the card, by its place in [`EntityPage::told`].
    Card(usize),
    /// A relation, by its place in [`EntityPage::relations`].
    Relation(usize),
}

/// One relation on the overview.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Relation {
    /// `dependsOn`, …
    pub relation: String,
    /// Whether it is the first of its type.
    pub first: bool,
    /// The complete reference it points at.
    pub target_ref: String,
    /// The row it points at; none where nothing of that reference is in the catalog.
    pub target: Option<RowId>,
}

/// How far the details are.
#[derive(Clone, Debug, Default)]
pub enum Load {
    /// Asked for.
    #[default]
    Loading,
    /// There.
    Ready(Arc<Detail>),
    /// The cache does not have them; the text says why, where that is known.
    Missing(String),
}

/// How many screen rows one row of a tab takes at most; copying gives all of it.
pub const ROW_ROWS: usize = 12;

/// How wide the two columns of links and annotations are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PairColumns {
    pub first: usize,
    pub second: usize,
}

impl PairColumns {
    /// In a body so wide.
    pub fn at(width: u16) -> Self {
        let room = usize::from(width.saturating_sub(4));
        let first = (room * 2 / 5).min(44);
        Self {
            first,
            second: room.saturating_sub(first + 2),
        }
    }
}

/// Where the overview has its cursor.
const OVERVIEW: usize = Tab::Overview as usize;

/// Columns that the labels of the card take in a body so wide; none where there is hardly room for what they label.
pub fn card_label(width: u16) -> u16 {
    if width < 40 { 0 } else { 14 }
}

/// How wide the lines of the card are in a body so wide.
pub fn card_columns(width: u16) -> usize {
    usize::from(width.saturating_sub(card_label(width) + 4)).max(1)
}

/// How wide the message of a problem is in a body so wide.
pub fn problem_columns(width: u16) -> usize {
    usize::from(width.saturating_sub(6)).max(1)
}

/// See the module.
#[derive(Clone, Debug)]
pub struct EntityPage {
    /// Complete reference, lower-cased.
    pub entity_ref: String,
    /// What `row` and the relations belong to.
    pub snapshot: Arc<Snapshot>,
    /// Its row; none where the entity has gone from the catalog.
    pub row: Option<RowId>,
    pub load: Load,
    /// The card, once it is there.
    pub card: Option<Arc<Card>>,
    /// The card's lines as of a moment; [`EntityPage::tell`] makes them.
    pub told: Vec<CardLine>,
    told_at: Option<Timestamp>,
    pub tab: Tab,
    pub relations: Vec<Relation>,
    /// What it needs, and what needs it.
    trees: [TreeView; 2],
    /// Cursor and scroll offset of each tab.
    pub at: [Position; Tab::ALL.len()],
    /// The first visible column of the YAML.
    pub left: usize,
    pub search: PageSearch,
}

/// The order of relation types on the overview: what it needs, what it gives, where it belongs.
const ORDER: [&str; 16] = [
    "dependsOn",
    "consumesApi",
    "providesApi",
    "dependencyOf",
    "apiProvidedBy",
    "apiConsumedBy",
    "ownedBy",
    "partOf",
    "hasPart",
    "ownerOf",
    "leaderOf",
    "childOf",
    "parentOf",
    "memberOf",
    "hasMember",
    "leadBy",
];

impl EntityPage {
    /// The page of an entity, its details still to be loaded.
    pub fn new(entity_ref: &str, snapshot: Arc<Snapshot>) -> Self {
        let mut page = Self {
            entity_ref: entity_ref.to_owned(),
            snapshot: Arc::clone(&snapshot),
            row: None,
            load: Load::Loading,
            card: None,
            told: Vec::new(),
            told_at: None,
            tab: Tab::Overview,
            relations: Vec::new(),
            trees: [Direction::Dependencies, Direction::Dependents].map(|direction| {
                TreeView::new(TreeKind::Reach {
                    root: entity_ref.to_owned(),
                    direction,
                })
            }),
            at: [Position::default(); Tab::ALL.len()],
            left: 0,
            search: PageSearch::default(),
        };
        page.attach(snapshot);
        page
    }

    /// Takes another snapshot, keeping the cursor on the relation it is on.
    pub fn attach(&mut self, snapshot: Arc<Snapshot>) {
        let told = self.told.len();
        let on = self.at[OVERVIEW]
            .cursor
            .checked_sub(told)
            .and_then(|index| self.relations.get(index))
            .map(|row| (row.relation.clone(), row.target_ref.clone()));
        self.row = snapshot.find(&self.entity_ref);
        let mut relations: Vec<Relation> = self
            .row
            .into_iter()
            .flat_map(|id| snapshot.relations(id))
            .map(|relation| Relation {
                relation: relation.relation.to_owned(),
                first: false,
                target_ref: relation.target_ref.to_owned(),
                target: relation.target,
            })
            .collect();
        let rank = |relation: &str| ORDER.iter().position(|known| *known == relation);
        relations.sort_by(|a, b| {
            let key = |r: &Relation| rank(&r.relation).unwrap_or(ORDER.len());
            key(a)
                .cmp(&key(b))
                .then_with(|| a.relation.cmp(&b.relation))
        });
        let mut last = String::new();
        for row in &mut relations {
            row.first = row.relation != last;
            last.clone_from(&row.relation);
        }
        if let Some((relation, target_ref)) = on
            && let Some(place) = relations
                .iter()
                .position(|row| row.relation == relation && row.target_ref == target_ref)
        {
            self.at[OVERVIEW].cursor = told + place;
        }
        self.relations = relations;
        self.snapshot = snapshot;
    }

    /// Takes what was loaded.
    pub fn take(&mut self, load: Load, card: Option<Arc<Card>>) {
        self.load = load;
        self.card = card;
        self.told_at = None;
    }

    /// Makes the card's lines as of a moment, if they are not of it already; the cursor stays on its line.
    pub fn tell(&mut self, now: Timestamp, zone: &TimeZone) {
        let same = |at: Timestamp| at.as_second() == now.as_second();
        if self.told_at.is_some_and(same) {
            return;
        }
        self.told_at = Some(now);
        let told = self.card_lines(now, zone);
        let at = &mut self.at[OVERVIEW];
        let before = self.told.len();
        let cursor = match self.told.get(at.cursor) {
            // The list begins with the card; whoever has not moved yet stands at its first line.
            None if before == 0 && at.cursor == 0 => 0,
            None => (at.cursor - before.min(at.cursor)).saturating_add(told.len()),
            Some(line) => {
                let nth = self.told[..at.cursor]
                    .iter()
                    .filter(|other| other.section == line.section)
                    .count();
                let of_section = |(index, other): (usize, &CardLine)| {
                    (other.section == line.section).then_some(index)
                };
                let same: Vec<usize> = told.iter().enumerate().filter_map(of_section).collect();
                let found = same.get(nth).or(same.last()).copied();
                found.unwrap_or(at.cursor.min(told.len().saturating_sub(1)))
            }
        };
        let down = cursor as isize - at.cursor as isize;
        if at.top > 0 {
            at.top = at.top.saturating_add_signed(down);
        }
        at.cursor = cursor;
        self.told = told;
    }

    /// What a row of the overview is.
    pub fn overview_row(&self, index: usize) -> Option<OverviewRow> {
        match index.checked_sub(self.told.len()) {
            None => Some(OverviewRow::Card(index)),
            Some(index) if index < self.relations.len() => Some(OverviewRow::Relation(index)),
            Some(_) => None,
        }
    }

    /// The relation that a row of the overview is.
    pub fn relation_at(&self, index: usize) -> Option<&Relation> {
        match self.overview_row(index)? {
            OverviewRow::Relation(index) => self.relations.get(index),
            OverviewRow::Card(_) => None,
        }
    }

    /// The line of the card under the cursor.
    pub fn card_line(&self) -> Option<&CardLine> {
        let index = self.position().cursor;
        (self.tab == Tab::Overview)
            .then(|| self.told.get(index))
            .flatten()
    }

    /// The tree of the tab that is shown, if that is one.
    pub fn tree(&self) -> Option<&TreeView> {
        let [dependencies, dependents] = &self.trees;
        match self.tab {
            _ if self.is_unserved() => None,
            Tab::Dependencies => Some(dependencies),
            Tab::Dependents => Some(dependents),
            _ => None,
        }
    }

    /// The same, to change.
    pub fn tree_mut(&mut self) -> Option<&mut TreeView> {
        let unserved = self.is_unserved();
        let [dependencies, dependents] = &mut self.trees;
        match self.tab {
            _ if unserved => None,
            Tab::Dependencies => Some(dependencies),
            Tab::Dependents => Some(dependents),
            _ => None,
        }
    }

    /// The details, once they are there.
    pub fn detail(&self) -> Option<&Arc<Detail>> {
        match &self.load {
            Load::Ready(detail) => Some(detail),
            Load::Loading | Load::Missing(_) => None,
        }
    }

    /// The line that is typed into, while one is: the tree's filter, or what is searched for.
    pub fn editor_mut(&mut self) -> Option<&mut Editor> {
        if self.tree().is_none() {
            return self.search.typing.then_some(&mut self.search.editor);
        }
        let filter = &mut self.tree_mut()?.filter;
        filter.typing.then_some(&mut filter.editor)
    }

    /// How many rows a tab has.
    pub fn rows(&self, tab: Tab) -> usize {
        let detail = self.detail();
        match tab {
            Tab::Overview => self.told.len() + self.relations.len(),
            // Trees keep their own rows.
            Tab::Dependencies | Tab::Dependents => 0,
            Tab::Links => detail.map_or(0, |detail| detail.links.len()),
            Tab::Annotations => detail.map_or(0, |detail| detail.annotations.len()),
            Tab::Problems => detail.map_or(0, |detail| detail.problems.len()),
            Tab::Yaml => detail.map_or(0, |detail| detail.yaml.len()),
        }
    }

    /// What the label of a tab counts; of trees everything that they reach.
    pub fn count(&self, tab: Tab) -> usize {
        match (tab, &self.card) {
            (Tab::Overview | Tab::Yaml, _) => 0,
            (Tab::Dependencies, Some(card)) => card.needs as usize,
            (Tab::Dependents, Some(card)) => card.impact.summary.total() as usize,
            _ => self.rows(tab),
        }
    }

    /// Whether a screen row is left free below a row: between the card and the relations.
    pub fn gap_below(&self, tab: Tab, index: usize) -> bool {
        tab == Tab::Overview && index + 1 == self.told.len() && !self.relations.is_empty()
    }

    /// How many screen rows a row of a tab takes in a body so wide: long texts go on in the next row.
    pub fn row_height(&self, tab: Tab, index: usize, width: u16) -> usize {
        if tab == Tab::Overview {
            let line = self.told.get(index);
            let rows = line.map_or(1, |line| line.rows(card_columns(width)).len());
            return rows + usize::from(self.gap_below(tab, index));
        }
        let Some(detail) = self.detail() else {
            return 1;
        };
        let rows = |content: &str, columns: usize| wrap_text(content, columns, ROW_ROWS).len();
        let pair = |name: &str, value: &str| {
            let columns = PairColumns::at(width);
            rows(name, columns.first).max(rows(value, columns.second))
        };
        match tab {
            Tab::Problems => detail.problems.get(index).map_or(1, |problem| {
                let columns = problem_columns(width);
                rows(&problem.message, columns) + rows(&problem.place, columns)
            }),
            Tab::Links => (detail.links.get(index)).map_or(1, |link| pair(&link.title, &link.url)),
            Tab::Annotations => {
                (detail.annotations.get(index)).map_or(1, |(key, value)| pair(key, value))
            }
            _ => 1,
        }
    }

    /// How many rows of the tab are seen at once, from the first visible one on.
    pub fn visible(&self, size: Size) -> usize {
        if let Some(tree) = self.tree() {
            return usize::from(self.tree_layout(tree, size).list.height);
        }
        let len = self.rows(self.tab);
        let room = usize::from(self.body(size).height);
        let height = |index| self.row_height(self.tab, index, size.columns);
        self.position().visible(len, room, height)
    }

    /// Puts cursor and offset of the tab where the row under the cursor is seen.
    pub fn fit(&mut self, size: Size) {
        if self.tree().is_some() {
            let visible = self.visible(size);
            if let Some(tree) = self.tree_mut() {
                tree.settle(visible);
            }
            return;
        }
        let len = self.rows(self.tab);
        let room = usize::from(self.body(size).height);
        let mut at = self.position();
        at.fit_heights(len, room, |index| {
            self.row_height(self.tab, index, size.columns)
        });
        *self.position_mut() = at;
    }

    /// Where the tab's rows stand.
    pub fn body(&self, size: Size) -> Area {
        layout::entity(size, self.head_rows(size)).body
    }

    /// Where the parts of a tab's tree stand.
    pub fn tree_layout(&self, tree: &TreeView, size: Size) -> TreeLayout {
        let head = tree.head_rows(size.columns);
        layout::tree_in(self.body(size), head, tree.is_filtered())
    }

    /// Whether it is an invalid document that was never good: nothing but its name and its problems is known.
    pub fn is_unserved(&self) -> bool {
        match self.row {
            Some(id) => self.snapshot.flags(id).unserved,
            None => self.detail().is_some_and(|detail| detail.unserved),
        }
    }

    /// Cursor and scroll offset of the tab that is shown.
    pub fn position(&self) -> Position {
        self.at.get(self.tab.index()).copied().unwrap_or_default()
    }

    /// The same, to change.
    pub fn position_mut(&mut self) -> &mut Position {
        &mut self.at[self.tab.index()]
    }

    /// What a row of the tab that is shown says, for searching and copying.
    pub fn row_text(&self, index: usize) -> Option<String> {
        let detail = self.detail();
        match self.tab {
            Tab::Overview => match self.overview_row(index)? {
                OverviewRow::Relation(index) => self.relations.get(index).map(|row| {
                    let name = row.target.map(|id| self.snapshot.row(id).title);
                    format!("{} {} {}", row.relation, row.target_ref, name.unwrap_or(""))
                }),
                OverviewRow::Card(index) => self.told.get(index).map(|line| {
                    let parts: Vec<&str> = line.parts.iter().map(|part| part.text.trim()).collect();
                    format!("{} {}", line.label, parts.join(" "))
                }),
            },
            Tab::Dependencies | Tab::Dependents => None,
            Tab::Links => detail?
                .links
                .get(index)
                .map(|link| format!("{} {}", link.title, link.url)),
            Tab::Annotations => detail?
                .annotations
                .get(index)
                .map(|(key, value)| format!("{key}: {value}")),
            Tab::Problems => detail?
                .problems
                .get(index)
                .map(|problem| format!("{}: {}", problem.place, problem.message)),
            Tab::Yaml => detail?.yaml.get(index).cloned(),
        }
    }

    /// What `y` copies: the essence of the row under the cursor.
    pub fn under_cursor(&self) -> Option<String> {
        let index = self.position().cursor;
        match self.tab {
            Tab::Overview => match self.overview_row(index)? {
                OverviewRow::Relation(index) => {
                    self.relations.get(index).map(|row| row.target_ref.clone())
                }
                OverviewRow::Card(index) => {
                    let line = self.told.get(index)?;
                    Some(line.copy.clone()).filter(|copy| !copy.is_empty())
                }
            },
            Tab::Dependencies | Tab::Dependents => None,
            Tab::Links => self.detail()?.links.get(index).map(|link| link.url.clone()),
            Tab::Annotations => self
                .detail()?
                .annotations
                .get(index)
                .map(|(_, value)| value.clone()),
            Tab::Problems | Tab::Yaml => self.row_text(index),
        }
    }

    /// Moves the cursor to the next row, forward or backward and around, that has the searched text.
    /// `here` lets the row under the cursor count.
    pub fn find(&mut self, forward: bool, here: bool) -> bool {
        let (len, start) = (self.rows(self.tab), self.position().cursor);
        let mut search = std::mem::take(&mut self.search);
        let found = search.next(len, start, forward, here, |index| self.row_text(index));
        self.search = search;
        if let Some(index) = found {
            self.position_mut().cursor = index;
        }
        found.is_some()
    }

    /// The owner's complete reference.
    pub fn owner(&self) -> Option<String> {
        let owner = self.snapshot.row(self.row?).owner;
        (!owner.is_empty()).then(|| owner.to_owned())
    }

    /// The entity's name as its page is titled: its title, or its name.
    pub fn title(&self) -> String {
        match self.row.map(|id| self.snapshot.row(id)) {
            Some(row) if !row.title.is_empty() => text::clean(row.title).into_owned(),
            Some(row) => text::clean(row.name).into_owned(),
            None => self.name(),
        }
    }

    /// The entity's name.
    pub fn name(&self) -> String {
        match self.row {
            Some(id) => text::clean(self.snapshot.row(id).name).into_owned(),
            None => EntityRef::parse(&self.entity_ref, None, "default").map_or_else(
                |_| text::clean(&self.entity_ref).into_owned(),
                |r| text::clean(r.name()).into_owned(),
            ),
        }
    }
}
