//! From the events of the CommonMark parser to a document.
//!
//! The parser bounds itself; this bounds what is kept: how many blocks, and how deep they stand in each other, since a
//! document is walked, and dropped, by functions that call themselves.

use std::collections::{HashMap, HashSet};

use pulldown_cmark::{
    Alignment, BlockQuoteKind, CodeBlockKind, Event, Options, Parser, Tag, TagEnd,
};

use super::attributes;
use super::containers::{Header, restore, token};
use super::document::{
    Align, Block, CodeBlock, CodeId, Document, Heading, Link, LinkId, LinkKind, Run, TableBlock,
    Tone,
};
use super::frame::{Frame, FrameKind};
use super::html_blocks::HtmlState;
use super::inline::{Finished, Inline, Mark};
use super::prepare::Prepared;
use super::{Limits, slug};
use crate::text::clean;

pub(super) fn build(prepared: Prepared, limits: Limits) -> Document {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_GFM
        | Options::ENABLE_DEFINITION_LIST;
    let mut builder = Builder::new(prepared.page.headers, prepared.page.lines, limits);
    builder.document.title = prepared.title;
    builder.document.notes = prepared.notes;
    for (event, range) in Parser::new_ext(&prepared.page.text, options).into_offset_iter() {
        if builder.full {
            break;
        }
        builder.offset = range.start;
        builder.event(event);
    }
    builder.finish(prepared.page.abbreviations)
}

pub(super) struct Builder {
    pub(super) document: Document,
    pub(super) headers: Vec<Header>,
    pub(super) lines: Vec<(usize, u32)>,
    pub(super) limits: Limits,
    pub(super) frames: Vec<Frame>,
    pub(super) inline: Inline,
    pub(super) html: HtmlState,
    pub(super) code: Option<CodeBlock>,
    pub(super) table: Option<TableBlock>,
    pub(super) heading: Option<u8>,
    pub(super) footnotes: Vec<(String, Vec<Block>)>,
    pub(super) numbers: HashMap<String, usize>,
    pub(super) anchors: HashSet<String>,
    pub(super) github_anchors: HashMap<String, usize>,
    pub(super) folds: u32,
    pub(super) tabs: u32,
    pub(super) blocks: usize,
    pub(super) full: bool,
    pub(super) offset: usize,
}

impl Builder {
    fn new(headers: Vec<Header>, lines: Vec<(usize, u32)>, limits: Limits) -> Self {
        Builder {
            document: Document::default(),
            headers,
            lines,
            limits,
            frames: vec![Frame::new(FrameKind::Page, false)],
            inline: Inline::default(),
            html: HtmlState::default(),
            code: None,
            table: None,
            heading: None,
            footnotes: Vec::new(),
            numbers: HashMap::new(),
            anchors: HashSet::new(),
            github_anchors: HashMap::new(),
            folds: 0,
            tabs: 0,
            blocks: 0,
            full: false,
            offset: 0,
        }
    }

    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code {
                Some(code) => code.source.push_str(&text),
                None => self.text(&text),
            },
            Event::Code(text) => {
                self.begin_text();
                self.inline.code(without_language(&text));
            }
            Event::Html(html) => self.html.pending.push_str(&html),
            Event::InlineHtml(html) => {
                self.begin_text();
                self.read_html(&html, true);
            }
            Event::InlineMath(text) | Event::DisplayMath(text) => self.text(&text),
            Event::SoftBreak => self.inline.text(" "),
            Event::HardBreak => self.inline.line_break(),
            Event::Rule => {
                self.flush();
                self.push(Block::Rule);
            }
            Event::FootnoteReference(label) => self.footnote_reference(&label),
            Event::TaskListMarker(done) => {
                if let Some(Frame {
                    kind: FrameKind::Item { task, .. },
                    ..
                }) = self.frames.last_mut()
                {
                    *task = Some(done);
                }
            }
        }
    }

    fn text(&mut self, text: &str) {
        self.begin_text();
        if self.html.is_skipping() {
            return;
        }
        self.inline.text(text);
    }

    pub(super) fn begin_text(&mut self) {
        if self.inline.is_empty() {
            self.inline.line = self.source_line();
        }
    }

    /// The line of the source that the event at hand comes from.
    pub(super) fn source_line(&self) -> usize {
        let after = self
            .lines
            .partition_point(|&(start, _)| start <= self.offset);
        let line = after.checked_sub(1).and_then(|at| self.lines.get(at));
        line.map_or(0, |&(_, number)| usize::try_from(number).unwrap_or(0))
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph => {
                self.flush();
                if let Some(Frame {
                    kind: FrameKind::Item { tight, .. },
                    html: false,
                    ..
                }) = self.frames.last_mut()
                {
                    *tight = false;
                }
            }
            Tag::Heading { level, .. } => {
                self.flush();
                self.begin_text();
                self.heading = Some(level as u8);
            }
            Tag::BlockQuote(kind) => {
                let alert = kind.map(alert);
                self.open(
                    FrameKind::Quote {
                        header: None,
                        alert,
                    },
                    false,
                );
            }
            Tag::CodeBlock(kind) => {
                self.flush();
                let (language, title) = match &kind {
                    CodeBlockKind::Fenced(info) => attributes::fence(&clean(info)),
                    CodeBlockKind::Indented => (String::new(), None),
                };
                self.code = Some(CodeBlock {
                    language,
                    title,
                    source: String::new(),
                    source_line: self.source_line(),
                });
            }
            Tag::HtmlBlock => self.flush(),
            Tag::List(start) => self.open(
                FrameKind::List {
                    start,
                    tight: true,
                    items: Vec::new(),
                },
                false,
            ),
            Tag::Item => self.open(
                FrameKind::Item {
                    task: None,
                    tight: true,
                },
                false,
            ),
            Tag::FootnoteDefinition(label) => self.open(
                FrameKind::Footnote {
                    label: label.to_string(),
                },
                false,
            ),
            Tag::DefinitionList => self.open(FrameKind::Definitions(Vec::new()), false),
            Tag::DefinitionListTitle => self.flush(),
            Tag::DefinitionListDefinition => self.open(FrameKind::Definition, false),
            Tag::Table(columns) => {
                self.flush();
                self.table = Some(TableBlock {
                    align: columns.into_iter().map(align).collect(),
                    ..TableBlock::default()
                });
            }
            Tag::TableRow => {
                if let Some(table) = &mut self.table {
                    table.rows.push(Vec::new());
                }
            }
            Tag::TableHead | Tag::TableCell | Tag::MetadataBlock(_) => {}
            Tag::Emphasis => self.mark(Mark::Italic),
            Tag::Strong => self.mark(Mark::Strong),
            Tag::Strikethrough => self.mark(Mark::Strike),
            Tag::Superscript | Tag::Subscript => {}
            Tag::Link { dest_url, .. } => {
                let link = self.link(&dest_url, false);
                self.mark(Mark::Link(link));
            }
            Tag::Image { dest_url, .. } => {
                let link = self.link(&dest_url, true);
                self.mark(Mark::Image(link));
            }
        }
    }

    fn mark(&mut self, mark: Mark) {
        self.begin_text();
        self.inline.open(mark);
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph => self.flush(),
            TagEnd::Heading(_) => self.end_heading(),
            TagEnd::CodeBlock => {
                if let Some(code) = self.code.take() {
                    self.push_code(code);
                }
            }
            TagEnd::HtmlBlock => {
                let html = std::mem::take(&mut self.html.pending);
                self.read_html(&html, false);
                self.html.end_block();
                self.flush();
            }
            TagEnd::BlockQuote(_)
            | TagEnd::List(_)
            | TagEnd::Item
            | TagEnd::FootnoteDefinition
            | TagEnd::DefinitionList
            | TagEnd::DefinitionListDefinition => self.close_container(),
            TagEnd::DefinitionListTitle => {
                let term = self.take_text();
                if let Some(Frame {
                    kind: FrameKind::Definitions(defined),
                    ..
                }) = self.frames.last_mut()
                {
                    defined.push((term.runs, Vec::new()));
                }
            }
            TagEnd::Table => {
                if let Some(table) = self.table.take() {
                    self.push(Block::Table(table));
                }
            }
            TagEnd::TableCell => self.end_cell(),
            TagEnd::TableHead | TagEnd::TableRow | TagEnd::MetadataBlock(_) => {}
            TagEnd::Emphasis => self.inline.close(Mark::Italic),
            TagEnd::Strong => self.inline.close(Mark::Strong),
            TagEnd::Strikethrough => self.inline.close(Mark::Strike),
            TagEnd::Superscript | TagEnd::Subscript => {}
            TagEnd::Link => self.inline.close(Mark::Link(LinkId(0))),
            TagEnd::Image => self.end_image(),
        }
    }

    /// An image without a text stands as the name of its file.
    pub(super) fn end_image(&mut self) {
        if let Some(id) = self.inline.image_without_text()
            && let Some(link) = self.document.links.get(id.index())
        {
            let path = link.target.split(['?', '#']).next().unwrap_or_default();
            let name = path
                .rsplit('/')
                .find(|part| !part.is_empty())
                .unwrap_or("image");
            let name = if path.starts_with("data:") {
                "image"
            } else {
                name
            };
            self.inline.text(name);
        }
        self.inline.close(Mark::Image(LinkId(0)));
    }

    pub(super) fn link(&mut self, target: &str, image: bool) -> LinkId {
        let id = LinkId(u32::try_from(self.document.links.len()).unwrap_or(u32::MAX));
        self.document.links.push(Link {
            target: target.to_owned(),
            kind: LinkKind::of(target),
            image,
        });
        id
    }

    fn end_cell(&mut self) {
        let cell = self.take_text().runs;
        if let Some(table) = &mut self.table {
            match table.rows.last_mut() {
                Some(row) => row.push(cell),
                None => table.head.push(cell),
            }
            self.count();
        }
    }

    fn footnote_reference(&mut self, label: &str) {
        let number = self.footnote_number(label);
        self.begin_text();
        self.inline.anchors.push(format!("fnref:{label}"));
        let link = self.link(&format!("#fn:{label}"), false);
        self.inline.open(Mark::Link(link));
        self.inline.text(&format!("[{number}]"));
        self.inline.close(Mark::Link(link));
    }

    /// Footnotes count in the order that the text comes to them.
    pub(super) fn footnote_number(&mut self, label: &str) -> usize {
        let next = self.numbers.len() + 1;
        *self.numbers.entry(label.to_owned()).or_insert(next)
    }

    pub(super) fn take_text(&mut self) -> Finished {
        std::mem::take(&mut self.inline).finish(&mut self.document.links)
    }

    /// Ends the paragraph that is open, if one is.
    pub(super) fn flush(&mut self) {
        if self.inline.is_empty() {
            return;
        }
        if self.heading.is_some() {
            // Only HTML leaves one open.
            return self.end_heading();
        }
        if let Some(number) = self.inline.raw().and_then(token) {
            let known = number < self.headers.len();
            if let Some(Frame {
                kind:
                    FrameKind::Quote {
                        header: header @ None,
                        ..
                    },
                blocks,
                ..
            }) = self.frames.last_mut()
                && blocks.is_empty()
                && known
            {
                *header = Some(number);
                self.inline = Inline::default();
                return;
            }
        }
        let text = self.take_text();
        let in_head = matches!(
            self.frames.last(),
            Some(Frame {
                kind: FrameKind::Table { .. },
                ..
            })
        );
        for anchor in text.anchors.into_iter().chain(text.id) {
            self.push(Block::Anchor(anchor));
        }
        if text.runs.is_empty() {
            return;
        }
        if in_head {
            return self.push_html_cell(text.runs);
        }
        if self.html.in_summary
            && let Some(Frame {
                kind: FrameKind::Details { title, .. },
                ..
            }) = self.frames.last_mut()
        {
            title.extend(text.runs);
            return;
        }
        let (runs, line) = (text.runs, text.line);
        self.push(Block::Paragraph { runs, line });
    }

    fn push_html_cell(&mut self, mut runs: Vec<Run>) {
        let Some(Frame {
            kind: FrameKind::Table { table, head },
            ..
        }) = self.frames.last_mut()
        else {
            return;
        };
        let row = match table.rows.last_mut() {
            Some(row) if !*head => row,
            _ => &mut table.head,
        };
        match row.last_mut() {
            Some(cell) => {
                if !cell.is_empty() {
                    cell.push(Run {
                        text: "\n".to_owned(),
                        ..Run::default()
                    });
                }
                cell.append(&mut runs);
            }
            None => row.push(runs),
        }
        self.count();
    }

    pub(super) fn begin_heading(&mut self, level: u8) {
        self.flush();
        self.begin_text();
        self.heading = Some(level);
    }

    pub(super) fn end_heading(&mut self) {
        let Some(level) = self.heading.take() else {
            return self.flush();
        };
        let text = self.take_text();
        for anchor in text.anchors {
            self.push(Block::Anchor(anchor));
        }
        let plain: String = text.runs.iter().map(|run| run.text.as_str()).collect();
        let plain = clean(&plain).trim().to_owned();
        let anchor = match text.id {
            Some(id) => {
                self.anchors.insert(id.clone());
                id
            }
            None => slug::unique(slug::mkdocs(&plain), &mut self.anchors),
        };
        let github = slug::github(&plain);
        let count = self.github_anchors.entry(github.clone()).or_default();
        let github_anchor = match *count {
            0 => github,
            count => format!("{github}-{count}"),
        };
        *count += 1;
        self.document.headings.push(Heading {
            level,
            text: plain,
            anchor,
            github_anchor,
            source_line: text.line.max(1),
        });
        let index = self.document.headings.len() - 1;
        self.push(Block::Heading {
            index,
            runs: text.runs,
        });
    }

    pub(super) fn push_code(&mut self, mut code: CodeBlock) {
        code.source = restore(&code.source, &self.headers);
        let id = CodeId(u32::try_from(self.document.code.len()).unwrap_or(u32::MAX));
        self.document.code.push(code);
        self.push(Block::Code(id));
    }
}

/// `#!python print()` is `print()`, coloured (pymdownx.inlinehilite).
fn without_language(code: &str) -> &str {
    let Some((language, rest)) = code
        .strip_prefix("#!")
        .and_then(|code| code.split_once(' '))
    else {
        return code;
    };
    let is_language = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '_' | '.');
    if !language.is_empty() && language.chars().all(is_language) {
        rest
    } else {
        code
    }
}

fn align(alignment: Alignment) -> Align {
    match alignment {
        Alignment::None | Alignment::Left => Align::Left,
        Alignment::Center => Align::Center,
        Alignment::Right => Align::Right,
    }
}

fn alert(kind: BlockQuoteKind) -> (Tone, &'static str) {
    match kind {
        BlockQuoteKind::Note => (Tone::Note, "Note"),
        BlockQuoteKind::Tip => (Tone::Good, "Tip"),
        BlockQuoteKind::Important => (Tone::Warning, "Important"),
        BlockQuoteKind::Warning => (Tone::Warning, "Warning"),
        BlockQuoteKind::Caution => (Tone::Danger, "Caution"),
    }
}
