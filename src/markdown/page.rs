//! What a page looks like at a width: lines of spans, and where in them the headings, code blocks and links are.

use std::ops::Range;

use crate::text::width;
use crate::theme::Role;

use super::document::{CodeBlock, CodeId, Document, Emphasis, FoldId, LinkId, TabsId};
use super::highlight::Highlighted;
use super::slug;

/// A page laid out. Lines are counted from 0.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Page {
    /// Its lines.
    pub lines: Vec<Line>,
    /// Its headings that are in sight, in order.
    pub headings: Vec<PageHeading>,
    /// Its code blocks that are in sight, in order.
    pub code: Vec<PageCode>,
    /// What can be followed: links, images, folds and tabs, in order of their first line.
    pub links: Vec<PageLink>,
    /// The columns it was laid out for.
    pub width: usize,
    /// The columns of its widest line: more than `width` where code is wide.
    pub widest: usize,
    pub(super) anchors: Vec<(String, usize)>,
}

/// A line of a page.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Line {
    /// What stands on it.
    pub spans: Vec<Span>,
    /// How many of the spans, from the first, are indentation, bars and bullets: they stay where a wide line scrolls, and
    /// are no text of the page.
    pub prefix: usize,
    /// The code block it is a line of (without its label), and which of that block's lines.
    pub code: Option<(CodeId, usize)>,
    /// Whether it may be wider than the page; such a line is never wrapped.
    pub wide: bool,
    /// The line of the source it comes from, counted from 1; 0 where there is none.
    pub source_line: usize,
}

/// A piece of a line in one look.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Span {
    /// Clean, and not empty.
    pub text: String,
    /// What it is for.
    pub role: Role,
    /// How it is written, on top of its role.
    pub emphasis: Emphasis,
    /// What following it does: a place in [`Page::links`].
    pub link: Option<usize>,
}

/// A heading on a page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PageHeading {
    /// 1 to 6.
    pub level: u8,
    /// Its text without markup.
    pub text: String,
    /// Its anchor.
    pub anchor: String,
    /// The first line it stands on.
    pub line: usize,
}

/// A code block on a page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PageCode {
    /// Which.
    pub id: CodeId,
    /// The lines it takes, with its label.
    pub lines: Range<usize>,
}

/// Something on a page that can be followed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PageLink {
    /// Where to.
    pub target: Target,
    /// The first line it stands on.
    pub line: usize,
    /// Its text on the page.
    pub text: String,
}

/// What following something does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// Goes where [`Document::links`] says.
    Link(LinkId),
    /// Opens or closes; lay out again with the fold toggled.
    Fold(FoldId),
    /// Shows a tab; lay out again with it chosen.
    Tab(TabsId, usize),
}

impl Page {
    /// The line that an anchor (without `#`) stands for: MkDocs' own first, then GitHub's, then without regard to case and
    /// percent-encoding. An empty one and `top` are the beginning.
    pub fn line_of_anchor(&self, anchor: &str) -> Option<usize> {
        let find = |wanted: &str, same: fn(&str, &str) -> bool| {
            let mut known = self.anchors.iter();
            known
                .find(|(name, _)| same(name, wanted))
                .map(|&(_, line)| line)
        };
        let decoded = slug::percent_decode(anchor);
        find(anchor, |a, b| a == b)
            .or_else(|| find(&decoded, |a, b| a == b))
            .or_else(|| find(&decoded, |a, b| a.to_lowercase() == b.to_lowercase()))
            .or_else(|| matches!(anchor, "" | "top").then_some(0))
    }

    /// The first heading below a line.
    pub fn next_heading(&self, line: usize) -> Option<usize> {
        self.headings
            .iter()
            .map(|heading| heading.line)
            .find(|&at| at > line)
    }

    /// The last heading above a line.
    pub fn previous_heading(&self, line: usize) -> Option<usize> {
        self.headings
            .iter()
            .map(|heading| heading.line)
            .rfind(|&at| at < line)
    }

    /// The heading that a line stands under (or is).
    pub fn heading_at(&self, line: usize) -> Option<usize> {
        self.headings
            .iter()
            .rposition(|heading| heading.line <= line)
    }

    /// The first line of the first code block that begins below a line.
    pub fn next_code(&self, line: usize) -> Option<usize> {
        self.code
            .iter()
            .map(|code| code.lines.start)
            .find(|&at| at > line)
    }

    /// The first line of the last code block that begins above a line.
    pub fn previous_code(&self, line: usize) -> Option<usize> {
        self.code
            .iter()
            .map(|code| code.lines.start)
            .rfind(|&at| at < line)
    }

    /// The code block that has a line.
    pub fn code_at(&self, line: usize) -> Option<CodeId> {
        let found = self.code.iter().find(|code| code.lines.contains(&line))?;
        Some(found.id)
    }

    /// Gives the code of a block its colours. They must come from the same block's [`CodeBlock::shown`]; where they do not
    /// fit a line it stays plain.
    pub fn paint_code(&mut self, id: CodeId, colours: &Highlighted) {
        let Some(lines) = self
            .code
            .iter()
            .find(|code| code.id == id)
            .map(|code| code.lines.clone())
        else {
            return;
        };
        for line in self.lines.get_mut(lines).unwrap_or_default() {
            if let Some((_, at)) = line.code {
                paint_line(line, colours.line(at));
            }
        }
    }

    /// The page as plain text: its lines, each with a newline, without spaces at their ends.
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        for line in &self.lines {
            line.spans.iter().for_each(|span| out.push_str(&span.text));
            out.truncate(out.trim_end_matches(' ').len());
            out.push('\n');
        }
        out
    }
}

/// Cuts the text of a code line where its role changes.
fn paint_line(line: &mut Line, colours: &[(Range<usize>, Role)]) {
    let code: String = line
        .spans
        .iter()
        .skip(line.prefix)
        .map(|span| span.text.as_str())
        .collect();
    let mut spans: Vec<Span> = line.spans.iter().take(line.prefix).cloned().collect();
    let mut push = |range: Range<usize>, role: Role| match code.get(range) {
        Some("") => true,
        Some(text) => {
            spans.push(Span::new(text, role));
            true
        }
        None => false,
    };
    let mut at = 0;
    for (range, role) in colours {
        if range.start < at || !push(at..range.start, Role::Code) || !push(range.clone(), *role) {
            return;
        }
        at = range.end;
    }
    if push(at..code.len(), Role::Code) {
        line.spans = spans;
    }
}

impl Line {
    /// Its text without what stands before it.
    pub fn text(&self) -> String {
        self.spans
            .iter()
            .skip(self.prefix)
            .map(|span| span.text.as_str())
            .collect()
    }

    /// The columns it takes.
    pub fn width(&self) -> usize {
        self.spans.iter().map(|span| width(&span.text)).sum()
    }

    /// The columns of what stands before its text.
    pub fn prefix_width(&self) -> usize {
        self.spans
            .iter()
            .take(self.prefix)
            .map(|span| width(&span.text))
            .sum()
    }
}

impl Span {
    /// A span with nothing but a role.
    pub fn new(text: impl Into<String>, role: Role) -> Self {
        Span {
            text: text.into(),
            role,
            emphasis: Emphasis::default(),
            link: None,
        }
    }
}

impl PageCode {
    /// The block in its document.
    pub fn block<'a>(&self, document: &'a Document) -> Option<&'a CodeBlock> {
        document.code.get(self.id.index())
    }
}
