//! An entity's page: what a person on call asks first, then everything else in tabs.

use std::sync::Arc;

use super::super::detail::Detail;
use super::super::layout::{self, Area, Size};
use super::super::line::wrap_text;
use super::super::list::Position;
use super::find::PageSearch;
use crate::catalog::{EntityRef, RowId, Snapshot};
use crate::text;

/// The tabs, in order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Tab {
    #[default]
    Overview,
    Links,
    Annotations,
    Problems,
    Yaml,
}

impl Tab {
    /// All of them, in order.
    pub const ALL: [Tab; 5] = [
        Tab::Overview,
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
            Tab::Links => "Links",
            Tab::Annotations => "Annotations",
            Tab::Problems => "Problems",
            Tab::Yaml => "YAML",
        }
    }
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
    pub tab: Tab,
    pub relations: Vec<Relation>,
    /// Cursor and scroll offset of each tab.
    pub at: [Position; Tab::ALL.len()],
    /// The first visible column of the YAML.
    pub left: usize,
    /// Whether the head has all the room it wants.
    pub head_open: bool,
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

/// Relation types of things that the entity needs.
pub const DEPENDENCIES: [&str; 2] = ["dependsOn", "consumesApi"];
/// Relation types of things that need the entity.
pub const DEPENDENTS: [&str; 2] = ["dependencyOf", "apiConsumedBy"];

impl EntityPage {
    /// The page of an entity, its details still to be loaded.
    pub fn new(entity_ref: &str, snapshot: Arc<Snapshot>) -> Self {
        let mut page = Self {
            entity_ref: entity_ref.to_owned(),
            snapshot: Arc::clone(&snapshot),
            row: None,
            load: Load::Loading,
            tab: Tab::Overview,
            relations: Vec::new(),
            at: [Position::default(); Tab::ALL.len()],
            left: 0,
            head_open: false,
            search: PageSearch::default(),
        };
        page.attach(snapshot);
        page
    }

    /// Takes another snapshot, keeping the cursor on the relation it is on.
    pub fn attach(&mut self, snapshot: Arc<Snapshot>) {
        let on = self
            .relations
            .get(self.at[0].cursor)
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
            self.at[0].cursor = place;
        }
        self.relations = relations;
        self.snapshot = snapshot;
    }

    /// The details, once they are there.
    pub fn detail(&self) -> Option<&Arc<Detail>> {
        match &self.load {
            Load::Ready(detail) => Some(detail),
            Load::Loading | Load::Missing(_) => None,
        }
    }

    /// How many rows a tab has.
    pub fn rows(&self, tab: Tab) -> usize {
        let detail = self.detail();
        match tab {
            Tab::Overview => self.relations.len(),
            Tab::Links => detail.map_or(0, |detail| detail.links.len()),
            Tab::Annotations => detail.map_or(0, |detail| detail.annotations.len()),
            Tab::Problems => detail.map_or(0, |detail| detail.problems.len()),
            Tab::Yaml => detail.map_or(0, |detail| detail.yaml.len()),
        }
    }

    /// How many screen rows a row of a tab takes in a body so wide: long texts go on in the next row.
    pub fn row_height(&self, tab: Tab, index: usize, width: u16) -> usize {
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
        let len = self.rows(self.tab);
        let room = usize::from(self.body(size).height);
        let height = |index| self.row_height(self.tab, index, size.columns);
        self.position().visible(len, room, height)
    }

    /// Puts cursor and offset of the tab where the row under the cursor is seen.
    pub fn fit(&mut self, size: Size) {
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
        layout::entity(size, self.head_rows(size.columns), self.head_open).body
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
            Tab::Overview => self.relations.get(index).map(|row| {
                let name = row.target.map(|id| self.snapshot.row(id).title);
                format!("{} {} {}", row.relation, row.target_ref, name.unwrap_or(""))
            }),
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
            Tab::Overview => self.relations.get(index).map(|row| row.target_ref.clone()),
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
