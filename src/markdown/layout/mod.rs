//! A document at a width: every block as lines.
//!
//! A block knows nothing of what it stands in: the bars, bullets and indentation before its lines are the layouter's prefix,
//! which never takes more than two thirds of a line, however deep a block stands.

mod blocks;
mod table;
mod wrap;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Note;
use super::document::{CodeId, Document, FoldId, LinkId, LinkKind, Run, TabsId};
use super::page::{Line, Page, PageHeading, PageLink, Span, Target};
use crate::text::{grapheme_width, graphemes, width};
use crate::theme::Role;
use wrap::Piece;

/// How a document is to be laid out. The default is the screen's: everything as the page has it at first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LayoutOptions {
    /// Nothing but ASCII for bars, bullets and signs.
    pub ascii: bool,
    /// Puts the address behind the text of a link, where it can neither be followed nor asked for.
    pub addresses: bool,
    /// Shows code between fences instead of beside a bar, so that it can be taken from a text as it is.
    pub fences: bool,
    /// Which of what folds is open.
    pub folding: Folding,
}

/// What of the things that fold is in sight.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Folding {
    /// Everything, tabs one after the other: for a text.
    Everything,
    /// As the page has it, with what a person changed.
    Chosen {
        /// What was opened or closed, against what the page says.
        toggled: BTreeSet<FoldId>,
        /// Which tab of a set is shown; the first where nothing is said.
        tabs: BTreeMap<TabsId, usize>,
    },
}

impl Default for Folding {
    fn default() -> Self {
        Folding::Chosen {
            toggled: BTreeSet::new(),
            tabs: BTreeMap::new(),
        }
    }
}

impl LayoutOptions {
    /// For a text that nobody can follow a link or open a fold in: the commands' output.
    pub fn text(ascii: bool) -> Self {
        LayoutOptions {
            ascii,
            addresses: true,
            fences: true,
            folding: Folding::Everything,
        }
    }
}

/// Lays a document out at a width of so many columns (at least 1). Only lines of code may be wider.
pub fn layout(document: &Document, columns: usize, options: &LayoutOptions) -> Page {
    let mut layouter = Layouter {
        document,
        options,
        page: Page {
            width: columns.max(1),
            ..Page::default()
        },
        prefix: Vec::new(),
        wants_gap: false,
        links: HashMap::new(),
        source_line: 0,
    };
    for note in &document.notes {
        // A snippet that is missing is seen where it is.
        if !matches!(note, Note::MissingSnippet(_)) {
            layouter.note(note);
        }
    }
    layouter.blocks(&document.blocks);
    let mut page = layouter.page;
    page.widest = page.lines.iter().map(Line::width).max().unwrap_or(0);
    page
}

/// What one container puts before the lines of its blocks.
struct Prefix {
    /// Before its first line, until that is written.
    first: Option<Vec<Span>>,
    /// Before every other.
    rest: Vec<Span>,
}

struct Layouter<'a> {
    document: &'a Document,
    options: &'a LayoutOptions,
    page: Page,
    prefix: Vec<Prefix>,
    /// Whether an empty line comes before the next block.
    wants_gap: bool,
    links: HashMap<LinkId, usize>,
    source_line: usize,
}

impl Layouter<'_> {
    /// The columns that a prefix may take, which leaves something to every text.
    fn prefix_room(&self) -> usize {
        self.page.width - self.page.width.div_ceil(3)
    }

    /// The columns that a text has on the next line.
    fn room(&self) -> usize {
        let taken = self
            .prefix
            .iter()
            .map(|prefix| spans_width(&prefix.rest))
            .sum::<usize>();
        // A first line's prefix is as wide as the others'.
        self.page.width - taken.min(self.prefix_room())
    }

    /// Lays blocks out behind a prefix. Both of its spans must be of one width.
    fn within(&mut self, first: Vec<Span>, rest: Vec<Span>, inner: impl FnOnce(&mut Self)) {
        self.prefix.push(Prefix {
            first: Some(first),
            rest,
        });
        let before = self.page.lines.len();
        inner(self);
        // A bullet with nothing behind it is still one.
        if self.page.lines.len() == before {
            self.push_line(Vec::new());
        }
        self.prefix.pop();
    }

    fn take_prefix(&mut self) -> Vec<Span> {
        let mut spans = Vec::new();
        for prefix in &mut self.prefix {
            match prefix.first.take() {
                Some(first) => spans.extend(first),
                None => spans.extend(prefix.rest.iter().cloned()),
            }
        }
        cut_start(spans, self.prefix_room())
    }

    /// An empty line between blocks, with the bars of what they stand in.
    fn gap(&mut self) {
        if !std::mem::take(&mut self.wants_gap) {
            return;
        }
        let mut spans: Vec<Span> = self
            .prefix
            .iter()
            .flat_map(|prefix| prefix.rest.iter().cloned())
            .collect();
        while spans
            .last()
            .is_some_and(|span| span.text.trim_end().is_empty())
        {
            spans.pop();
        }
        if let Some(last) = spans.last_mut() {
            last.text.truncate(last.text.trim_end().len());
        }
        let spans = cut_start(spans, self.prefix_room());
        self.page.lines.push(Line {
            prefix: spans.len(),
            spans,
            source_line: self.source_line,
            ..Line::default()
        });
    }

    fn push_line(&mut self, spans: Vec<Span>) {
        self.push_code_line(spans, None, false);
    }

    fn push_code_line(&mut self, spans: Vec<Span>, code: Option<(CodeId, usize)>, wide: bool) {
        let mut all = self.take_prefix();
        let prefix = all.len();
        all.extend(spans.into_iter().filter(|span| !span.text.is_empty()));
        self.page.lines.push(Line {
            spans: all,
            prefix,
            code,
            wide,
            source_line: self.source_line,
        });
    }

    /// Text, wrapped.
    fn text(&mut self, runs: &[Run], role: Role) {
        let runs = self.with_addresses(runs);
        for pieces in wrap::wrap(&runs, self.room()) {
            let mut spans = Vec::new();
            self.spans(&runs, &pieces, role, &mut spans);
            self.push_line(spans);
        }
    }

    /// Runs with the addresses of their links behind them, where that is asked for.
    fn with_addresses<'r>(&self, runs: &'r [Run]) -> std::borrow::Cow<'r, [Run]> {
        let plain = !self.options.addresses || runs.iter().all(|run| run.link.is_none());
        if plain {
            return runs.into();
        }
        let mut out = Vec::with_capacity(runs.len() + 2);
        let mut text = String::new();
        for (at, run) in runs.iter().enumerate() {
            out.push(run.clone());
            let Some(id) = run.link else { continue };
            text.push_str(&run.text);
            if runs.get(at + 1).is_some_and(|next| next.link == run.link) {
                continue;
            }
            let shown = std::mem::take(&mut text);
            let link = self.document.links.get(id.index());
            let address = link
                .filter(|link| link.kind != LinkKind::Anchor)
                .map(|link| crate::text::clean(&link.target));
            let said = |address: &str| {
                let bare = address.trim_start_matches("mailto:");
                shown.trim() == bare || address.is_empty() || address.starts_with("data:")
            };
            if let Some(address) = address.filter(|address| !said(address)) {
                out.push(Run {
                    text: format!(" ({address})"),
                    link: run.link,
                    ..Run::default()
                });
            }
        }
        out.into()
    }

    /// The spans of one wrapped line.
    fn spans(&mut self, runs: &[Run], pieces: &[Piece], role: Role, out: &mut Vec<Span>) {
        for piece in pieces {
            let Some(run) = runs.get(piece.run) else {
                continue;
            };
            let text = piece
                .instead
                .or_else(|| run.text.get(piece.bytes.clone()))
                .unwrap_or_default();
            let role = match run.emphasis {
                _ if run.link.is_some() => Role::Link,
                emphasis if emphasis.code => Role::Code,
                emphasis if emphasis.mark => Role::Accent,
                emphasis if emphasis.aside => Role::Dim,
                _ => role,
            };
            let link = run.link.map(|id| self.page_link(id, runs));
            out.push(Span {
                text: text.to_owned(),
                role,
                emphasis: run.emphasis,
                link,
            });
        }
    }

    /// The link of the page that stands for one of the document: one, however many lines it is spread over.
    fn page_link(&mut self, id: LinkId, runs: &[Run]) -> usize {
        if let Some(&known) = self.links.get(&id) {
            return known;
        }
        let texts = runs
            .iter()
            .filter(|run| run.link == Some(id))
            .map(|run| run.text.as_str());
        let text = texts.collect::<String>().replace('\n', " ");
        let index = self.add_link(Target::Link(id), text);
        self.links.insert(id, index);
        index
    }

    fn add_link(&mut self, target: Target, text: String) -> usize {
        self.page.links.push(PageLink {
            target,
            line: self.page.lines.len(),
            text,
        });
        self.page.links.len() - 1
    }

    /// Something that can be followed and is one word of ours: a fold, a tab.
    fn control(&mut self, target: Target, text: String, role: Role) -> Span {
        let link = self.add_link(target, text.clone());
        Span {
            link: Some(link),
            ..Span::new(text, role)
        }
    }

    fn anchor(&mut self, name: &str) {
        let line = self.page.lines.len();
        self.page.anchors.push((name.to_owned(), line));
    }

    fn heading(&mut self, index: usize, runs: &[Run]) {
        let Some(heading) = self.document.headings.get(index) else {
            return;
        };
        self.source_line = heading.source_line;
        let line = self.page.lines.len();
        self.anchor(&heading.anchor);
        self.anchor(&heading.github_anchor);
        self.page.headings.push(PageHeading {
            level: heading.level,
            text: heading.text.clone(),
            anchor: heading.anchor.clone(),
            line,
        });
        let sign = format!("{} ", "#".repeat(usize::from(heading.level)));
        let rest = " ".repeat(sign.len());
        let runs: Vec<Run> = runs
            .iter()
            .cloned()
            .map(|mut run| {
                run.emphasis.strong = true;
                run
            })
            .collect();
        self.within(
            vec![Span::new(sign, Role::Dim)],
            vec![Span::new(rest, Role::Text)],
            |this| this.text(&runs, Role::Title),
        );
    }

    fn note(&mut self, note: &Note) {
        let sign = if self.options.ascii { "! " } else { "▲ " };
        let run = Run {
            text: note.to_string(),
            ..Run::default()
        };
        self.within(
            vec![Span::new(sign, Role::Warn)],
            vec![Span::new("  ", Role::Text)],
            |this| this.text(&[run], Role::Warn),
        );
        self.wants_gap = true;
    }
}

fn spans_width(spans: &[Span]) -> usize {
    spans.iter().map(|span| width(&span.text)).sum()
}

/// The last columns of a prefix: what stands nearest to the text says most about it.
fn cut_start(spans: Vec<Span>, columns: usize) -> Vec<Span> {
    let mut over = spans_width(&spans).saturating_sub(columns);
    if over == 0 {
        return spans;
    }
    let mut out = Vec::with_capacity(spans.len());
    for mut span in spans {
        if over > 0 {
            let mut cut = 0;
            for grapheme in graphemes(&span.text) {
                if over == 0 {
                    break;
                }
                over = over.saturating_sub(grapheme_width(grapheme));
                cut += grapheme.len();
            }
            span.text.drain(..cut);
        }
        if !span.text.is_empty() {
            out.push(span);
        }
    }
    out
}
