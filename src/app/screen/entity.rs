//! An entity's page: what a person on call asks first, then everything else in tabs.

use std::sync::Arc;

use super::super::detail::{Detail, LinkKind, shown_ref};
use super::super::editor::Editor;
use super::super::list::Position;
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

/// A search within the page.
#[derive(Clone, Debug, Default)]
pub struct PageSearch {
    pub editor: Editor,
    /// Whether it is being typed.
    pub typing: bool,
    /// Whether the text was looked for and not found.
    pub failed: bool,
}

/// One line of the page's head.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fact {
    pub label: &'static str,
    /// The first is the answer, the others say more about it.
    pub parts: Vec<String>,
    pub tone: Tone,
}

/// How a fact is to be taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tone {
    Plain,
    /// It can be opened.
    Link,
    /// It is missing.
    Missing,
    Warning,
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

    /// The height of a row of a tab, in screen rows: a problem has its place and its message.
    pub const fn row_height(tab: Tab) -> usize {
        match tab {
            Tab::Problems => 2,
            _ => 1,
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
        let needle = self.search.editor.text().to_lowercase();
        let len = self.rows(self.tab);
        if needle.is_empty() || len == 0 {
            self.search.failed = false;
            return false;
        }
        let start = self.position().cursor;
        let offset = usize::from(!here);
        let found = (offset..len + offset)
            .map(|step| {
                if forward {
                    (start + step) % len
                } else {
                    (start + len - step % len) % len
                }
            })
            .find(|index| {
                self.row_text(*index)
                    .is_some_and(|row| row.to_lowercase().contains(&needle))
            });
        self.search.failed = found.is_none();
        if let Some(index) = found {
            self.position_mut().cursor = index;
        }
        found.is_some()
    }

    /// The first relation row of any of these types.
    pub fn first_relation(&self, types: &[&str]) -> Option<usize> {
        self.relations
            .iter()
            .position(|row| types.contains(&row.relation.as_str()))
    }

    /// The owner's complete reference.
    pub fn owner(&self) -> Option<String> {
        let owner = self.snapshot.row(self.row?).owner;
        (!owner.is_empty()).then(|| owner.to_owned())
    }

    /// The head's lines below title and description.
    pub fn facts(&self) -> Vec<Fact> {
        let mut facts = Vec::new();
        let detail = self.detail();
        let mut add = |label, parts: Vec<String>, tone| {
            if !parts.is_empty() {
                facts.push(Fact { label, parts, tone });
            }
        };
        let contacts = detail.map(|detail| detail.contacts.clone());
        let kind = self.entity_ref.split(':').next().unwrap_or("");
        if let Some(owner) = self.owner() {
            let known = self.snapshot.find(&owner).is_some();
            let mut parts = vec![shown_ref(&owner, "group")];
            if known {
                parts.extend(contacts.unwrap_or_default());
            } else {
                parts.push("not found in the catalog".into());
            }
            add(
                "Owner",
                parts,
                if known { Tone::Link } else { Tone::Warning },
            );
        } else if matches!(kind, "group" | "user") {
            add("Contact", contacts.unwrap_or_default(), Tone::Plain);
        } else {
            add("Owner", vec!["nobody".into()], Tone::Missing);
        }
        let titles = |kind: LinkKind| -> Vec<String> {
            detail
                .into_iter()
                .flat_map(|detail| detail.links_of(kind))
                .map(|link| link.title.clone())
                .collect()
        };
        let runbooks = titles(LinkKind::Runbook);
        if runbooks.is_empty()
            && detail.is_some()
            && matches!(kind, "component" | "api" | "resource")
        {
            let hint = "none: add a link titled Runbook to the entity".into();
            add("Runbook", vec![hint], Tone::Missing);
        } else {
            add("Runbook", runbooks, Tone::Link);
        }
        add("Dashboards", titles(LinkKind::Dashboard), Tone::Link);
        // Where people talk stands with the owner already.
        add("Links", titles(LinkKind::Other), Tone::Link);
        add("Needs", self.count(&DEPENDENCIES), Tone::Plain);
        add("Needed by", self.count(&DEPENDENTS), Tone::Plain);
        add("Parts", self.count(&["hasPart"]), Tone::Plain);
        add("Owns", self.count(&["ownerOf"]), Tone::Plain);
        add("Members", self.count(&["hasMember"]), Tone::Plain);
        let row = self.row.map(|id| self.snapshot.row(id));
        let tags = row.map_or("", |row| row.tags);
        if !tags.is_empty() {
            add("Tags", vec![text::clean(tags).into_owned()], Tone::Plain);
        }
        if let Some(row) = row {
            let mut warnings = Vec::new();
            // The index counts less than the database knows.
            let problems = detail.map_or(row.problems as usize, |detail| detail.problems.len());
            if problems > 0 {
                warnings.push(count_of(problems, "problem", "problems"));
                let first = detail.and_then(|detail| detail.problems.first());
                warnings.extend(first.map(|problem| problem.message.clone()));
            }
            add("Problems", warnings, Tone::Warning);
            let mut states = Vec::new();
            if row.flags.stale {
                states.push(
                    "stale: its source lost sight of it; this is the last good version".into(),
                );
            }
            if row.flags.orphan {
                states.push("orphan: nothing refers to its location any more".into());
            }
            add("State", states, Tone::Warning);
        }
        facts
    }

    /// Direct relations of these types by kind: `14 components`, `2 apis`.
    fn count(&self, types: &[&str]) -> Vec<String> {
        let mut kinds: Vec<(String, usize)> = Vec::new();
        let mut dangling = 0;
        for row in &self.relations {
            if !types.contains(&row.relation.as_str()) {
                continue;
            }
            if row.target.is_none() {
                dangling += 1;
                continue;
            }
            let kind = row.target_ref.split(':').next().unwrap_or("entity");
            match kinds.iter_mut().find(|(known, _)| known == kind) {
                Some((_, count)) => *count += 1,
                None => kinds.push((kind.to_owned(), 1)),
            }
        }
        kinds.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let mut parts: Vec<String> = kinds
            .into_iter()
            .map(|(kind, count)| kind_count(&kind, count))
            .collect();
        if dangling > 0 {
            parts.push(format!("{dangling} not found"));
        }
        parts
    }

    /// How many rows the head would like: title, description, a space, the facts, a space.
    pub fn head_rows(&self, width: u16) -> u16 {
        let description = self.description_lines(width).len();
        let rows = 1 + description + 1 + self.facts().len() + 1;
        u16::try_from(rows).unwrap_or(u16::MAX)
    }

    /// The description, at most three lines of it.
    pub fn description_lines(&self, width: u16) -> Vec<String> {
        let description = match (self.detail(), self.row) {
            (Some(detail), _) => detail.description.clone(),
            (None, Some(id)) => text::clean(self.snapshot.row(id).description).into_owned(),
            (None, None) => String::new(),
        };
        if description.is_empty() {
            return Vec::new();
        }
        let columns = usize::from(width.saturating_sub(6)).clamp(1, 100);
        let mut lines: Vec<String> = text::wrap(&description, columns)
            .into_iter()
            .take(3)
            .map(str::to_owned)
            .collect();
        if text::width(&description) > columns * 3
            && let Some(last) = lines.last_mut()
        {
            last.push_str(text::ELLIPSIS);
        }
        lines
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

/// `1 problem`, `2 problems`, with separated thousands.
pub fn count_of(count: usize, one: &str, many: &str) -> String {
    format!(
        "{} {}",
        super::super::status::thousands(count),
        if count == 1 { one } else { many }
    )
}

/// `1 component`, `2 APIs`, `3 things`.
pub fn kind_count(kind: &str, count: usize) -> String {
    let (one, many) = match kind {
        "api" => ("API", "APIs".to_owned()),
        other if other.ends_with('y') => {
            let stem = other.strip_suffix('y').unwrap_or(other);
            (other, format!("{stem}ies"))
        }
        other => (other, format!("{other}s")),
    };
    count_of(count, one, &many)
}
