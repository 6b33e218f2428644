//! Documentation on the screen: which page, where in it, what one came by.
//!
//! The page itself is laid out by a job. Everything here is about lines that are there already.

use std::sync::Arc;

use super::super::docs::{
    DocSet, DocsGoal, LaidOut, Nav, PageView, Place, line_of_source, source_at,
};
use super::super::layout::{self, DocsLayout, Size};
use super::super::list::{Position, Step};
use super::find::PageSearch;
use crate::markdown::{CodeId, Page, PageLink};

/// Lines that stay in sight above what was jumped to.
const ABOVE: usize = 2;

/// Which part of the screen keys move in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum DocsFocus {
    #[default]
    Page,
    Nav,
}

/// How far the page is.
#[derive(Clone, Debug, Default)]
pub enum DocsLoad {
    /// Asked for.
    #[default]
    Loading,
    /// There.
    Ready(LaidOut),
    /// Not to be had; says why.
    Missing(String),
}

/// Where in a page one wants to be once it is there.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Arrive {
    /// Where one is; at the top of a page that was not shown before.
    #[default]
    Stay,
    /// Where one was when it was last read: a line of the source, and how far below its first.
    Remembered((usize, usize)),
    /// At an anchor, without `#`.
    Anchor(String),
    /// At a line of the source, so many lines below its first and so many below the top of the screen.
    Source {
        line: usize,
        below: usize,
        from_top: usize,
        /// The link that was selected there.
        link: Option<usize>,
    },
    /// At the first match of the search, from a line of the source on.
    Match(Option<usize>),
}

/// A page that one followed a link on, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Visit {
    pub source: String,
    pub path: String,
    pub line: usize,
    pub below: usize,
    pub from_top: usize,
    pub link: Option<usize>,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct DocsScreen {
    /// The entity's complete reference.
    pub entity_ref: String,
    /// Which page is shown, or wanted.
    pub goal: Option<DocsGoal>,
    pub set: Option<Arc<DocSet>>,
    pub load: DocsLoad,
    pub nav: Nav,
    pub focus: DocsFocus,
    /// Whether the page has the room of navigation and contents.
    pub zoomed: bool,
    /// The line under the cursor, and the first visible one.
    pub at: Position,
    /// The first visible column of wide lines.
    pub left: usize,
    /// The link that is selected, in the page's list.
    pub link: Option<usize>,
    pub search: PageSearch,
    /// Where links were followed, the last one last.
    pub history: Vec<Visit>,
    /// Where to be once the page is there.
    pub arrive: Arrive,
    /// Whether another page was asked for and is not there yet: keys wait for it.
    pub awaiting: bool,
    /// How the page is laid out, or is to be.
    pub view: PageView,
}

impl DocsScreen {
    /// The documentation of an entity, still to be loaded.
    pub fn new(entity_ref: &str, goal: DocsGoal) -> Self {
        Self {
            entity_ref: entity_ref.to_owned(),
            goal: Some(goal),
            ..Self::default()
        }
    }

    /// What the page is laid out for on a screen of this size.
    pub fn wanted_view(&self, size: Size, unicode: bool) -> PageView {
        PageView {
            columns: layout::docs_columns(size, self.zoomed),
            ascii: !unicode,
            ..self.view.clone()
        }
    }

    /// Where its parts stand.
    pub fn layout(&self, size: Size) -> DocsLayout {
        let notice = self
            .set
            .as_ref()
            .is_some_and(|set| set.problem.is_some() || !set.site.problems.is_empty());
        layout::docs(size, self.zoomed, self.focus == DocsFocus::Nav, notice)
    }

    /// The page, once it is there.
    pub fn laid_out(&self) -> Option<&LaidOut> {
        match &self.load {
            DocsLoad::Ready(laid_out) => Some(laid_out),
            DocsLoad::Loading | DocsLoad::Missing(_) => None,
        }
    }

    /// Its lines, once they are there.
    pub fn page(&self) -> Option<&Arc<Page>> {
        self.laid_out().map(|laid_out| &laid_out.page)
    }

    /// How many lines it has.
    pub fn line_count(&self) -> usize {
        self.page().map_or(0, |page| page.lines.len())
    }

    /// How many lines are seen at once.
    pub fn visible(&self, size: Size) -> usize {
        usize::from(self.layout(size).page.height).max(1)
    }

    /// Takes a page: another one, the same at another width, or the same with its code in colour.
    pub fn attach(&mut self, laid_out: LaidOut, size: Size) {
        let known = self.laid_out();
        let same_text = known.is_some_and(|known| {
            known.text.source == laid_out.text.source && known.text.path == laid_out.text.path
        });
        let same_lines = same_text && known.is_some_and(|known| known.view == laid_out.view);
        let before = known.filter(|_| same_text).map(|known| {
            let (line, below) = source_at(&known.page, self.at.cursor);
            (line, below, self.at.cursor.saturating_sub(self.at.top))
        });
        self.load = DocsLoad::Ready(laid_out);
        self.awaiting = false;
        let mut selected = self.link.filter(|_| same_text);
        match (std::mem::take(&mut self.arrive), before) {
            (Arrive::Stay, _) if same_lines => {}
            (Arrive::Stay, Some((line, below, from_top))) => {
                self.stand_at_source(line, below, from_top)
            }
            (Arrive::Stay, None) => self.stand_at(0, 0),
            (Arrive::Remembered((line, below)), _) => self.stand_at_source(line, below, 0),
            (Arrive::Anchor(anchor), _) => {
                let line = self.page().and_then(|page| page.line_of_anchor(&anchor));
                self.stand_at(line.unwrap_or(0), 0);
            }
            (
                Arrive::Source {
                    line,
                    below,
                    from_top,
                    link,
                },
                _,
            ) => {
                self.stand_at_source(line, below, from_top);
                selected = link;
            }
            (Arrive::Match(line), _) => {
                let visible = self.visible(size);
                self.stand_at_source(line.unwrap_or(1), 0, visible / 3);
                self.find(true, true);
                self.at.top = self.at.cursor.saturating_sub(visible / 3);
            }
        }
        self.link = selected;
        if !same_lines {
            self.left = 0;
        }
        self.fit(size);
    }

    fn stand_at(&mut self, line: usize, from_top: usize) {
        self.at.cursor = line;
        self.at.top = line.saturating_sub(from_top);
    }

    fn stand_at_source(&mut self, line: usize, below: usize, from_top: usize) {
        let at = self
            .page()
            .map_or(0, |page| line_of_source(page, line, below));
        self.stand_at(at, from_top);
    }

    /// Puts cursors back to where they are seen.
    pub fn fit(&mut self, size: Size) {
        let layout = self.layout(size);
        let visible = usize::from(layout.page.height).max(1);
        self.at.fit(self.line_count(), visible);
        let rows = usize::from(layout.nav.height).max(1);
        self.nav.at.fit(self.nav.rows().len(), rows);
        let most = self
            .page()
            .map_or(0, |page| page.widest.saturating_sub(page.width));
        self.left = self.left.min(most + 8);
    }

    /// Moves the cursor in the part that has the focus.
    pub fn step(&mut self, step: Step, size: Size) {
        if self.focus == DocsFocus::Nav {
            let rows = usize::from(self.layout(size).nav.height).max(1);
            let len = self.nav.rows().len();
            self.nav.at.step(step, len, rows);
            return;
        }
        let (len, visible) = (self.line_count(), self.visible(size));
        let half = (visible / 2).max(1);
        let page = visible.saturating_sub(ABOVE).max(1);
        // Pages are read by scrolling: what a page or half of one moves is the text, the cursor going along.
        let by = match step {
            Step::PageDown => Some((page, true)),
            Step::HalfDown => Some((half, true)),
            Step::PageUp => Some((page, false)),
            Step::HalfUp => Some((half, false)),
            _ => None,
        };
        match by {
            Some((by, true)) => {
                let from_top = self.at.cursor.saturating_sub(self.at.top);
                let most = len.saturating_sub(visible);
                if self.at.top >= most {
                    self.at.cursor = len.saturating_sub(1);
                } else {
                    self.at.top = (self.at.top + by).min(most);
                    self.at.cursor = self.at.top + from_top;
                }
            }
            Some((by, false)) => {
                let from_top = self.at.cursor.saturating_sub(self.at.top);
                if self.at.top == 0 {
                    self.at.cursor = 0;
                } else {
                    self.at.top = self.at.top.saturating_sub(by);
                    self.at.cursor = self.at.top + from_top;
                }
            }
            None => {
                self.at.step(step, len, visible);
            }
        }
        self.link = None;
        self.at.fit(len, visible);
    }

    /// Goes to a line, which then stands near the top.
    pub fn jump(&mut self, line: usize, size: Size) {
        let seen = self.at.top..self.at.top + self.visible(size).saturating_sub(ABOVE * 2);
        self.at.cursor = line;
        if !seen.contains(&line) {
            self.at.top = line.saturating_sub(ABOVE);
        }
        self.link = None;
        self.fit(size);
    }

    /// Goes to a line, which then stands at the top.
    pub fn jump_to_top(&mut self, line: usize, size: Size) {
        self.stand_at(line, 0);
        self.link = None;
        self.fit(size);
    }

    /// Moves the cursor to the next line with the searched text; see [`PageSearch::next`].
    pub fn find(&mut self, forward: bool, here: bool) -> bool {
        let Some(page) = self.page().cloned() else {
            return false;
        };
        let text = |line: usize| page.lines.get(line).map(crate::markdown::Line::text);
        let found = self
            .search
            .next(page.lines.len(), self.at.cursor, forward, here, text);
        if let Some(line) = found {
            self.at.cursor = line;
            self.link = None;
        }
        found.is_some()
    }

    /// Selects the next link, or the one before; goes around.
    pub fn select_link(&mut self, forward: bool, size: Size) -> bool {
        let Some(page) = self.page().cloned() else {
            return false;
        };
        let links = &page.links;
        if links.is_empty() {
            return false;
        }
        let next = match (self.link, forward) {
            (Some(link), true) => (link + 1) % links.len(),
            (Some(link), false) => (link + links.len() - 1) % links.len(),
            (None, true) => links
                .iter()
                .position(|link| link.line >= self.at.cursor)
                .unwrap_or(0),
            (None, false) => links
                .iter()
                .rposition(|link| link.line <= self.at.cursor)
                .unwrap_or(links.len() - 1),
        };
        if let Some(link) = links.get(next) {
            self.jump(link.line, size);
            self.link = Some(next);
        }
        true
    }

    /// The link that enter follows: the selected one, else the first on the line under the cursor.
    pub fn link_here(&self) -> Option<(usize, &PageLink)> {
        let page = self.page()?;
        let on_line = || {
            let line = page.lines.get(self.at.cursor)?;
            line.spans.iter().find_map(|span| span.link)
        };
        let index = self.link.or_else(on_line)?;
        Some((index, page.links.get(index)?))
    }

    /// The code block that `y` copies: under the cursor, else the first that is seen, the nearest below the cursor before
    /// those above it.
    pub fn code_here(&self, size: Size) -> Option<CodeId> {
        let page = self.page()?;
        if let Some(id) = page.code_at(self.at.cursor) {
            return Some(id);
        }
        let seen = self.at.top..self.at.top + self.visible(size);
        let distance = |start: usize, end: usize| match start > self.at.cursor {
            true => (0, start - self.at.cursor),
            false => (1, self.at.cursor.saturating_sub(end)),
        };
        page.code
            .iter()
            .filter(|code| code.lines.start < seen.end && code.lines.end > seen.start)
            .min_by_key(|code| distance(code.lines.start, code.lines.end))
            .map(|code| code.id)
    }

    /// Where one is, to come back to.
    pub fn visit(&self) -> Option<Visit> {
        let laid_out = self.laid_out()?;
        let (line, below) = source_at(&laid_out.page, self.at.cursor);
        Some(Visit {
            source: laid_out.text.source.clone(),
            path: laid_out.text.path.clone(),
            line,
            below,
            from_top: self.at.cursor.saturating_sub(self.at.top),
            link: self.link,
        })
    }

    /// The line of the source at the top of the screen, with the page it is of.
    pub fn place(&self) -> Option<Place> {
        let laid_out = self.laid_out()?;
        let line = match self.at.top {
            0 => (1, 0),
            top => source_at(&laid_out.page, top),
        };
        Some((
            laid_out.text.source.clone(),
            laid_out.text.path.clone(),
            line,
        ))
    }

    /// Gives the page's memory back; it is laid out again when the screen is come back to.
    pub fn unload(&mut self) {
        let Some(visit) = self.visit() else { return };
        self.goal = Some(DocsGoal::Page {
            source: Some(visit.source),
            path: visit.path,
        });
        self.arrive = Arrive::Source {
            line: visit.line,
            below: visit.below,
            from_top: visit.from_top,
            link: visit.link,
        };
        self.load = DocsLoad::Loading;
    }
}
