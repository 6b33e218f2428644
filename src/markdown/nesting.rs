//! Opening and closing what blocks stand in, and what a container becomes when it is closed.

use super::Note;
use super::build::Builder;
use super::containers::Kind;
use super::document::{Admonition, Block, FoldId, Item, Tab, TabsId, Tone};
use super::frame::{Frame, FrameKind, default_title, tone};
use super::inline::plain;
use crate::text::clean;

impl Builder {
    /// Adds a block to what is open.
    pub(super) fn push(&mut self, block: Block) {
        self.count();
        if let Some(frame) = self.frames.last_mut() {
            frame.blocks.push(block);
        }
    }

    pub(super) fn count(&mut self) {
        self.blocks += 1;
        if self.blocks >= self.limits.blocks && !self.full {
            self.full = true;
            let kept = self.limits.blocks;
            self.document.notes.push(Note::TooManyBlocks { kept });
        }
    }

    /// Opens a container.
    pub(super) fn open(&mut self, kind: FrameKind, html: bool) {
        self.flush();
        let kind = if self.frames.len() > self.limits.nesting {
            if !self.document.notes.contains(&Note::TooDeep) {
                self.document.notes.push(Note::TooDeep);
            }
            match kind {
                FrameKind::Footnote { .. } => kind,
                _ => FrameKind::Flat,
            }
        } else {
            kind
        };
        self.frames.push(Frame::new(kind, html));
    }

    pub(super) fn last_frame(&mut self) -> Option<&mut Frame> {
        self.frames.last_mut()
    }

    /// The container that the parser ends, and what HTML left open in it.
    pub(super) fn close_container(&mut self) {
        self.flush();
        while self.frames.len() > 1 {
            let html = self.frames.last().is_some_and(|frame| frame.html);
            self.close();
            if !html {
                break;
            }
        }
    }

    /// What HTML ends: the last such element, and what it left open in it; nothing where none is open here.
    pub(super) fn close_html(&mut self, name: &str) {
        self.flush();
        let open = self.frames.iter().rev().take_while(|frame| frame.html);
        let Some(depth) = open.into_iter().position(|frame| frame.is_closed_by(name)) else {
            return;
        };
        for _ in 0..=depth {
            self.close();
        }
    }

    /// Ends the innermost container.
    pub(super) fn close(&mut self) {
        let Some(frame) = self.frames.pop() else {
            return;
        };
        let blocks = frame.blocks;
        match frame.kind {
            FrameKind::Page | FrameKind::Flat => self.extend(blocks),
            FrameKind::Quote { header, alert } => self.close_quote(header, alert, blocks),
            FrameKind::List {
                start,
                tight,
                items,
            } => {
                self.push(Block::List {
                    start,
                    tight,
                    items,
                });
                self.extend(blocks);
            }
            FrameKind::Item { task, tight: own } => match self.frames.last_mut() {
                Some(Frame {
                    kind: FrameKind::List { items, tight, .. },
                    ..
                }) => {
                    *tight &= own;
                    items.push(Item { task, blocks });
                    self.count();
                }
                _ => self.extend(blocks),
            },
            FrameKind::Footnote { label } => {
                self.footnote_number(&label);
                self.footnotes.push((label, blocks));
            }
            FrameKind::Definitions(defined) => {
                self.push(Block::Definitions(defined));
                self.extend(blocks);
            }
            FrameKind::Definition => match self.frames.last_mut() {
                Some(Frame {
                    kind: FrameKind::Definitions(defined),
                    ..
                }) => match defined.last_mut() {
                    Some((_, empty)) if empty.is_empty() => *empty = blocks,
                    _ => defined.push((Vec::new(), blocks)),
                },
                _ => self.extend(blocks),
            },
            FrameKind::Details { title, open } => {
                let fold = Some(self.fold());
                let title = match title.is_empty() {
                    true => plain("Details"),
                    false => title,
                };
                self.push(Block::Admonition(Admonition {
                    tone: Tone::Plain,
                    title,
                    fold,
                    open,
                    blocks,
                }));
            }
            FrameKind::Table { table, .. } => {
                if !(table.head.is_empty() && table.rows.iter().all(Vec::is_empty)) {
                    self.push(Block::Table(table));
                }
                self.extend(blocks);
            }
        }
    }

    pub(super) fn extend(&mut self, blocks: Vec<Block>) {
        if let Some(frame) = self.frames.last_mut() {
            frame.blocks.extend(blocks);
        }
    }

    pub(super) fn fold(&mut self) -> FoldId {
        self.folds += 1;
        FoldId(self.folds - 1)
    }

    pub(super) fn close_quote(
        &mut self,
        header: Option<usize>,
        alert: Option<(Tone, &'static str)>,
        blocks: Vec<Block>,
    ) {
        let kind = header
            .and_then(|at| self.headers.get(at))
            .map(|header| header.kind.clone());
        let block = match (kind, alert) {
            (Some(Kind::Tab { title, continues }), _) => {
                return self.push_tab(&title, continues, blocks);
            }
            (Some(Kind::Admonition { class, title, fold }), _) => Block::Admonition(Admonition {
                tone: tone(&class),
                title: plain(&title.unwrap_or_else(|| default_title(&class))),
                fold: fold.map(|_| self.fold()),
                open: fold.unwrap_or(true),
                blocks,
            }),
            (None, Some((tone, title))) => Block::Admonition(Admonition {
                tone,
                title: plain(title),
                fold: None,
                open: true,
                blocks,
            }),
            (None, None) => Block::Quote(blocks),
        };
        self.push(block);
    }

    pub(super) fn push_tab(&mut self, title: &str, continues: bool, blocks: Vec<Block>) {
        let tab = Tab {
            title: clean(title).trim().to_owned(),
            blocks,
        };
        if continues
            && let Some(frame) = self.frames.last_mut()
            && let Some(Block::Tabs { tabs, .. }) = frame.blocks.last_mut()
        {
            return tabs.push(tab);
        }
        let id = TabsId(self.tabs);
        self.tabs += 1;
        self.push(Block::Tabs {
            id,
            tabs: vec![tab],
        });
    }
}
