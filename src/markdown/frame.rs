//! What is open while a page is read: the containers that blocks stand in.

use super::document::{Block, Item, Run, TableBlock, Tone};

/// An open container.
pub(super) struct Frame {
    pub kind: FrameKind,
    /// Whether HTML opened it: only HTML closes it, or the end of what it stands in.
    pub html: bool,
    pub blocks: Vec<Block>,
}

pub(super) enum FrameKind {
    /// The page itself.
    Page,
    /// One that stands too deep: its blocks are those of the one around it.
    Flat,
    Quote {
        /// The header of an admonition or a tab, where it is one.
        header: Option<usize>,
        /// What GitHub's alert says it is.
        alert: Option<(Tone, &'static str)>,
    },
    List {
        start: Option<u64>,
        tight: bool,
        items: Vec<Item>,
    },
    Item {
        task: Option<bool>,
        tight: bool,
    },
    Footnote {
        label: String,
    },
    Definitions(Vec<(Vec<Run>, Vec<Block>)>),
    Definition,
    Details {
        title: Vec<Run>,
        open: bool,
    },
    /// A table in HTML; the last row is the one that is open.
    Table {
        table: TableBlock,
        head: bool,
    },
}

impl Frame {
    pub(super) fn new(kind: FrameKind, html: bool) -> Self {
        Frame {
            kind,
            html,
            blocks: Vec::new(),
        }
    }

    /// The name of the element that closes it, where HTML opened it.
    pub(super) fn is_closed_by(&self, name: &str) -> bool {
        self.html
            && match self.kind {
                FrameKind::Details { .. } => name == "details",
                FrameKind::List { .. } => matches!(name, "ul" | "ol"),
                FrameKind::Item { .. } => name == "li",
                FrameKind::Quote { .. } => name == "blockquote",
                FrameKind::Table { .. } => name == "table",
                FrameKind::Flat => matches!(
                    name,
                    "details" | "ul" | "ol" | "li" | "blockquote" | "table"
                ),
                _ => false,
            }
    }
}

/// What the kinds of admonitions come down to, and what each is called where it has no title. After Material for MkDocs,
/// with its older names.
pub(super) fn tone(class: &str) -> Tone {
    match class {
        "tip" | "hint" | "success" | "check" | "done" => Tone::Good,
        "warning" | "warn" | "important" | "attention" => Tone::Warning,
        "danger" | "error" | "failure" | "fail" | "missing" | "bug" | "caution" => Tone::Danger,
        "quote" | "cite" | "" => Tone::Plain,
        _ => Tone::Note,
    }
}

/// A class as a title: `security-note` is `Security note`.
pub(super) fn default_title(class: &str) -> String {
    let words = class.replace(['-', '_'], " ");
    let mut chars = words.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}
