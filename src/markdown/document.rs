//! What a page says: blocks, and the runs of text in them.
//!
//! Text in here is clean and may be shown, but for three things that stay as they were written: the source of a code
//! block, the target of a link, and an anchor.

use crate::text::{Cleaned, clean_multiline, expand_tabs, strip_block};

use super::Note;

/// Columns between the tab stops of code.
const TAB_STOP: usize = 4;

macro_rules! ids {
    ($( $(#[$doc:meta])* $name:ident; )*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
            pub struct $name(pub u32);

            impl $name {
                /// Its place in the document's list.
                pub fn index(self) -> usize {
                    self.0 as usize
                }
            }
        )*
    };
}

ids! {
    /// A link of the document: its place in [`Document::links`].
    LinkId;
    /// A code block of the document: its place in [`Document::code`].
    CodeId;
    /// Something that can be folded, counted from the top of the document.
    FoldId;
    /// A set of content tabs, counted from the top of the document.
    TabsId;
}

/// A page that was read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Document {
    /// The title that its front matter gives.
    pub title: Option<String>,
    /// What it says.
    pub blocks: Vec<Block>,
    /// Its headings, in order.
    pub headings: Vec<Heading>,
    /// Its code blocks, in order.
    pub code: Vec<CodeBlock>,
    /// Where its links and images go, in order.
    pub links: Vec<Link>,
    /// What was left out of it.
    pub notes: Vec<Note>,
}

impl Document {
    /// What the page calls itself: its front matter's title, else its first heading of level 1, as MkDocs has it.
    pub fn display_title(&self) -> Option<&str> {
        self.title.as_deref().or_else(|| {
            let first = self.headings.iter().find(|heading| heading.level == 1)?;
            Some(first.text.as_str())
        })
    }
}

/// A heading of the document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Heading {
    /// 1 to 6.
    pub level: u8,
    /// Its text without markup.
    pub text: String,
    /// The anchor as MkDocs makes it (or its own `#id`), unique in the page.
    pub anchor: String,
    /// The anchor as GitHub makes it, which links in a repository are often written for.
    pub github_anchor: String,
    /// The line of the source it stands on, counted from 1.
    pub source_line: usize,
}

/// A code block of the document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CodeBlock {
    /// The language its fence names, in lower case; empty where there is none.
    pub language: String,
    /// The title its fence gives.
    pub title: Option<String>,
    /// As it was written, controls and all; not to be shown.
    pub source: String,
    /// The line of the source that its fence (or first line) stands on, counted from 1.
    pub source_line: usize,
}

impl CodeBlock {
    /// What a person copies: the source without control, bidirectional and invisible characters, and how many were removed.
    pub fn to_copy(&self) -> Cleaned<'_> {
        strip_block(&self.source)
    }

    /// What is shown and highlighted: clean, with tabs as spaces, without the last newline. Its lines are the lines of the page.
    pub fn shown(&self) -> String {
        let clean = clean_multiline(&self.source);
        let clean = clean.strip_suffix('\n').unwrap_or(&clean);
        expand_tabs(clean, TAB_STOP).into_owned()
    }
}

/// Where a link goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    /// As it was written; hostile.
    pub target: String,
    /// What kind of target that is.
    pub kind: LinkKind,
    /// Whether it is an image.
    pub image: bool,
}

/// What kind of target a link has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LinkKind {
    /// A place in this page: `#anchor`.
    Anchor,
    /// A file of the site: `../runbook.md#restart`, `/img/a.png`.
    Relative,
    /// With a scheme, or `//host`.
    Absolute,
}

impl LinkKind {
    /// The kind of a target as written. Anything with a scheme is absolute, whatever the scheme is.
    pub fn of(target: &str) -> LinkKind {
        let target = target.trim_start();
        if target.starts_with('#') {
            return LinkKind::Anchor;
        }
        if target.starts_with("//") {
            return LinkKind::Absolute;
        }
        let scheme = target
            .split_once(':')
            .map(|(scheme, _)| scheme)
            .unwrap_or_default();
        let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
        if is_scheme {
            LinkKind::Absolute
        } else {
            LinkKind::Relative
        }
    }
}

/// How a run of text is written. A set of flags.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Emphasis {
    /// `**strong**`
    pub strong: bool,
    /// `*emphasis*`
    pub italic: bool,
    /// `~~deleted~~`
    pub strike: bool,
    /// `^^inserted^^`
    pub underline: bool,
    /// `==marked==`
    pub mark: bool,
    /// `` `code` ``, and keys: `++ctrl+c++`
    pub code: bool,
    /// What stands beside the text: a comment of an editor, a note of ours.
    pub aside: bool,
}

/// A piece of text in one look.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Run {
    /// Clean; a newline is a hard break.
    pub text: String,
    /// How it is written.
    pub emphasis: Emphasis,
    /// The link or image it belongs to; an image in a link belongs to the link.
    pub link: Option<LinkId>,
    /// Whether it is the text that stands for an image.
    pub image: bool,
}

/// A part of the page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Block {
    /// A heading: its place in [`Document::headings`], and its text.
    Heading {
        /// Its place in [`Document::headings`].
        index: usize,
        /// Its text.
        runs: Vec<Run>,
    },
    /// A paragraph.
    Paragraph {
        /// Its text; never empty.
        runs: Vec<Run>,
        /// The line of the source it begins on, counted from 1.
        line: usize,
    },
    /// Code, shown line by line and never wrapped.
    Code(
        /// Which.
        CodeId,
    ),
    /// A quotation.
    Quote(
        /// What is quoted.
        Vec<Block>,
    ),
    /// A list.
    List {
        /// The number of its first item; none for bullets.
        start: Option<u64>,
        /// Whether its items stand together, without empty lines between them.
        tight: bool,
        /// Its items.
        items: Vec<Item>,
    },
    /// Terms and what they mean.
    Definitions(
        /// Term (or none, for one more meaning), meaning.
        Vec<(Vec<Run>, Vec<Block>)>,
    ),
    /// A table.
    Table(
        /// Its cells.
        TableBlock,
    ),
    /// A note, warning and the like, and what folds.
    Admonition(
        /// Its kind, title and contents.
        Admonition,
    ),
    /// Content tabs.
    Tabs {
        /// Which set.
        id: TabsId,
        /// Its tabs, at least one.
        tabs: Vec<Tab>,
    },
    /// A footnote; they stand last.
    Footnote {
        /// Its number, as its references show it.
        number: usize,
        /// Its label as written: `fn:` and `fnref:` with it are the anchors of note and reference.
        label: String,
        /// What it says.
        blocks: Vec<Block>,
    },
    /// The abbreviations that the page uses; they stand last.
    Abbreviations(
        /// Abbreviation, meaning.
        Vec<(String, String)>,
    ),
    /// A line across.
    Rule,
    /// A place that a link can name, before what follows.
    Anchor(
        /// Its name as written.
        String,
    ),
}

/// An item of a list.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Item {
    /// Whether it is a task, and done.
    pub task: Option<bool>,
    /// What it says.
    pub blocks: Vec<Block>,
}

/// One of several content tabs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tab {
    /// What it is called.
    pub title: String,
    /// What it says.
    pub blocks: Vec<Block>,
}

/// A note, warning and the like: `!!! note`, `??? note`, `> [!NOTE]`, `<details>`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Admonition {
    /// How it is to be taken.
    pub tone: Tone,
    /// Its title; empty where it has none.
    pub title: Vec<Run>,
    /// Where it can be folded.
    pub fold: Option<FoldId>,
    /// Whether it is open at first.
    pub open: bool,
    /// What it says.
    pub blocks: Vec<Block>,
}

/// How an admonition is to be taken. The many kinds of Material for MkDocs come down to these.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tone {
    /// Something more: note, abstract, info, question, example, and kinds of a site's own.
    Note,
    /// Something that helps: tip, success.
    Good,
    /// Take care: warning, important.
    Warning,
    /// Do not: danger, failure, bug, caution.
    Danger,
    /// Words of another: quote; and what merely folds.
    Plain,
}

/// Where the cells of a column stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Align {
    /// To the left.
    #[default]
    Left,
    /// In the middle.
    Center,
    /// To the right.
    Right,
}

/// A table. Rows may be shorter than its columns are many.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TableBlock {
    /// One for each column.
    pub align: Vec<Align>,
    /// The cells of its head.
    pub head: Vec<Vec<Run>>,
    /// The cells of its rows.
    pub rows: Vec<Vec<Vec<Run>>>,
}
