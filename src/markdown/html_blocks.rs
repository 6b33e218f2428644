//! What the elements of HTML come down to in a document: text, links, lists, tables, what folds.

use super::build::Builder;
use super::document::{Block, CodeBlock, LinkId, TableBlock};
use super::frame::FrameKind;
use super::html::{Tag, Token, Tokens, decode, is_element, is_element_with_attributes};
use super::inline::Mark;

/// What HTML has open that is no container.
#[derive(Default)]
pub(super) struct HtmlState {
    /// The HTML of the block that is being read.
    pub pending: String,
    /// Whether text goes to the title of what folds.
    pub in_summary: bool,
    /// The element whose text nobody reads.
    skipping: Option<String>,
    /// The text of `<pre>`.
    pre: Option<CodeBlock>,
}

impl HtmlState {
    pub(super) fn is_skipping(&self) -> bool {
        self.skipping.is_some()
    }

    /// What cannot reach over the end of an HTML block ends here.
    pub(super) fn end_block(&mut self) {
        self.skipping = None;
        self.in_summary = false;
    }
}

impl Builder {
    /// Reads a piece of HTML: a whole block, or one tag in a text.
    pub(super) fn read_html(&mut self, html: &str, inline: bool) {
        for token in Tokens::of(html) {
            if let Some(skipping) = &self.html.skipping {
                if matches!(&token, Token::Close { name } if name == skipping) {
                    self.html.skipping = None;
                }
                continue;
            }
            if let Some(pre) = &mut self.html.pre {
                match token {
                    Token::Text(text) => pre.source.push_str(&decode(text)),
                    Token::Close { name } if name == "pre" => self.end_pre(),
                    Token::Open(tag) if tag.name == "br" => pre.source.push('\n'),
                    Token::Open(tag) if !is_element(&tag.name) => pre.source.push_str(tag.written),
                    _ => {}
                }
                continue;
            }
            match token {
                Token::Text(text) => self.html_text(text),
                Token::Open(tag) => self.html_open(&tag, inline),
                Token::Close { name } => self.html_close(&name, inline),
                Token::Nothing => {}
            }
        }
        if !inline {
            self.end_pre();
        }
    }

    fn html_text(&mut self, text: &str) {
        let decoded = decode(text);
        if decoded.starts_with(char::is_whitespace) {
            self.inline.space();
        }
        for (at, word) in decoded.split_whitespace().enumerate() {
            if at > 0 {
                self.inline.text(" ");
            }
            self.begin_text();
            self.inline.text(word);
        }
        if decoded.ends_with(char::is_whitespace) {
            self.inline.space();
        }
    }

    fn html_open(&mut self, tag: &Tag<'_>, inline: bool) {
        let name = tag.name.as_str();
        if !(is_element(name) || (is_element_with_attributes(name) && tag.has_attributes())) {
            self.begin_text();
            return self.inline.text(tag.written);
        }
        if let Some(anchor) = tag
            .attribute("id")
            .or_else(|| tag.attribute("name").filter(|_| name == "a"))
        {
            self.html_anchor(anchor, inline);
        }
        match name {
            "br" => self.inline.line_break(),
            "img" => {
                let source = tag.attribute("src").unwrap_or_default();
                self.html_image(&source, &tag.attribute("alt").unwrap_or_default());
            }
            "iframe" | "video" | "audio" | "embed" => {
                if let Some(source) = tag.attribute("src").filter(|source| !source.is_empty()) {
                    self.html_image(&source, &tag.attribute("title").unwrap_or_default());
                }
            }
            "a" => {
                if let Some(target) = tag.attribute("href") {
                    let link = self.link(&target, false);
                    self.begin_text();
                    self.inline.open(Mark::Link(link));
                }
            }
            "sup" => self.inline.text("^"),
            "q" => self.inline.text("\""),
            "script" | "style" | "svg" | "head" => self.html.skipping = Some(tag.name.clone()),
            _ => match mark(name) {
                Some(mark) => {
                    self.begin_text();
                    self.inline.open(mark);
                }
                // Within a sentence nothing else begins a block.
                None if inline => {}
                None => self.html_open_block(tag),
            },
        }
    }

    fn html_open_block(&mut self, tag: &Tag<'_>) {
        match tag.name.as_str() {
            "hr" => {
                self.flush();
                self.push(Block::Rule);
            }
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                let level = tag.name.bytes().last().unwrap_or(b'1') - b'0';
                self.begin_heading(level);
            }
            "pre" => {
                self.flush();
                self.html.pre = Some(CodeBlock {
                    language: String::new(),
                    title: None,
                    source: String::new(),
                    source_line: self.source_line(),
                });
            }
            "details" => {
                let open = tag.attribute("open").is_some();
                self.open(
                    FrameKind::Details {
                        title: Vec::new(),
                        open,
                    },
                    true,
                );
            }
            "summary" => {
                self.flush();
                self.html.in_summary = true;
            }
            "ul" => self.open(
                FrameKind::List {
                    start: None,
                    tight: true,
                    items: Vec::new(),
                },
                true,
            ),
            "ol" => {
                let start = tag.attribute("start").and_then(|start| start.parse().ok());
                let start = Some(start.unwrap_or(1));
                self.open(
                    FrameKind::List {
                        start,
                        tight: true,
                        items: Vec::new(),
                    },
                    true,
                );
            }
            "li" => {
                self.close_open_item();
                self.open(
                    FrameKind::Item {
                        task: None,
                        tight: true,
                    },
                    true,
                );
            }
            "blockquote" => self.open(
                FrameKind::Quote {
                    header: None,
                    alert: None,
                },
                true,
            ),
            "table" => self.open(
                FrameKind::Table {
                    table: TableBlock::default(),
                    head: false,
                },
                true,
            ),
            "tr" => self.html_row(),
            "td" | "th" => self.html_cell(tag.name == "th"),
            "div" | "p" | "section" | "article" | "figure" | "figcaption" | "center" | "header"
            | "footer" | "main" | "nav" | "aside" | "dl" | "dt" | "dd" | "form" | "fieldset"
            | "caption" => self.flush(),
            _ => {}
        }
    }

    fn html_close(&mut self, name: &str, inline: bool) {
        if let Some(mark) = mark(name) {
            return self.inline.close(mark);
        }
        match name {
            "a" => self.inline.close(Mark::Link(LinkId(0))),
            "q" => self.inline.text("\""),
            _ if inline => {}
            "summary" => {
                self.flush();
                self.html.in_summary = false;
            }
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.end_heading(),
            "details" | "ul" | "ol" | "li" | "blockquote" | "table" => self.close_html(name),
            "td" | "th" | "tr" | "div" | "p" | "section" | "article" | "figure" | "figcaption"
            | "center" | "header" | "footer" | "main" | "nav" | "aside" | "dl" | "dt" | "dd"
            | "form" | "fieldset" | "caption" => self.flush(),
            _ => {}
        }
    }

    /// An item that the next one ends.
    fn close_open_item(&mut self) {
        self.flush();
        let open = self
            .last_frame()
            .is_some_and(|frame| frame.html && matches!(frame.kind, FrameKind::Item { .. }));
        if open {
            self.close_html("li");
        }
    }

    fn html_row(&mut self) {
        self.flush();
        if let Some(frame) = self.last_frame()
            && let FrameKind::Table { table, head } = &mut frame.kind
        {
            *head = false;
            table.rows.push(Vec::new());
        }
    }

    fn html_cell(&mut self, heads: bool) {
        self.flush();
        let Some(FrameKind::Table { table, head }) = self.last_frame().map(|frame| &mut frame.kind)
        else {
            return self.inline.space();
        };
        // The first row is the head where its cells say so.
        if heads
            && table.rows.len() == 1
            && table.rows.iter().all(Vec::is_empty)
            && table.head.is_empty()
        {
            *head = true;
            table.rows.clear();
        }
        match table.rows.last_mut() {
            Some(row) if !*head => row.push(Vec::new()),
            _ => table.head.push(Vec::new()),
        }
    }

    fn html_anchor(&mut self, anchor: String, inline: bool) {
        if anchor.is_empty() {
            return;
        }
        if inline {
            self.inline.anchors.push(anchor);
        } else {
            self.flush();
            self.push(Block::Anchor(anchor));
        }
    }

    fn html_image(&mut self, source: &str, text: &str) {
        let link = self.link(source, true);
        self.begin_text();
        self.inline.open(Mark::Image(link));
        self.html_text(text);
        self.end_image();
    }

    fn end_pre(&mut self) {
        if let Some(mut pre) = self.html.pre.take() {
            // The newline behind the tag is none of its text.
            if pre.source.starts_with('\n') {
                pre.source.remove(0);
            }
            if !pre.source.trim().is_empty() {
                self.push_code(pre);
            }
        }
    }
}

/// The look that an element gives its text.
fn mark(name: &str) -> Option<Mark> {
    Some(match name {
        "b" | "strong" => Mark::Strong,
        "i" | "em" | "cite" | "var" | "dfn" => Mark::Italic,
        "s" | "strike" | "del" => Mark::Strike,
        "u" | "ins" => Mark::Underline,
        "mark" => Mark::Highlight,
        "code" | "kbd" | "tt" | "samp" => Mark::Code,
        _ => return None,
    })
}
