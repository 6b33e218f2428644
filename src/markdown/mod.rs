//! Markdown as documentation sites write it: CommonMark, tables, footnotes, and the extensions of MkDocs and its Material
//! theme, read into a [`Document`] and laid out as the [`Page`] of lines a screen or a text output shows.
//!
//! Three steps, each pure: [`parse`] (what the text says), [`layout`] (what its lines are at a width), and
//! [`highlight`] (which words of its code have which role, for a job to do beside). None of them reads a file: a snippet is
//! asked of a [`Snippets`] that the caller brings.
//!
//! The text is hostile. Everything shown has been through [`text`](crate::text); a parse is bounded in bytes, nesting and
//! blocks and says in the document's notes what it left out; the source of a code block stays as it was written, because
//! that is what a person copies.

mod attributes;
mod build;
mod containers;
mod document;
mod ending;
mod frame;
mod front_matter;
pub mod highlight;
mod html;
mod html_blocks;
mod inline;
mod layout;
mod marks;
mod nesting;
mod page;
mod prepare;
mod slug;
mod snippets;

pub use document::{
    Admonition, Align, Block, CodeBlock, CodeId, Document, Emphasis, FoldId, Heading, Item, Link,
    LinkId, LinkKind, Run, Tab, TableBlock, TabsId, Tone,
};
pub use layout::{Folding, LayoutOptions, layout};
pub use page::{Line, Page, PageCode, PageHeading, PageLink, Span, Target};
pub use slug::percent_decode;
pub use snippets::{NoSnippets, Snippets};

use std::fmt;

/// What bounds a parse. The defaults are what a page of documentation never reaches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// The most bytes of source that are read; the rest is left out, at the end of a line, with a note.
    pub bytes: usize,
    /// The most blocks (paragraphs, list items, table cells, …) that are kept.
    pub blocks: usize,
    /// How deep lists, quotes and the like may stand in each other; what is deeper is kept at this depth.
    pub nesting: usize,
    /// The most bytes that snippets may add.
    pub snippet_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            bytes: 2 * 1024 * 1024,
            blocks: 100_000,
            nesting: 24,
            snippet_bytes: 1024 * 1024,
        }
    }
}

/// Reads a page. Never fails: what cannot be understood is text, what is too much is left out with a note in
/// [`Document::notes`].
///
/// # Examples
/// ```
/// use callboard::markdown::{self, LayoutOptions, Limits, NoSnippets};
///
/// let document = markdown::parse("# Restart\n\nRun `make restart`.", Limits::default(), &mut NoSnippets);
/// let page = markdown::layout(&document, 40, &LayoutOptions::default());
/// assert_eq!(page.to_text(), "# Restart\n\nRun make restart.\n");
/// ```
pub fn parse(source: &str, limits: Limits, snippets: &mut dyn Snippets) -> Document {
    let prepared = prepare::prepare(source, limits, snippets);
    build::build(prepared, limits)
}

/// Something the document leaves out, for a line at its top.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Note {
    /// Only the first bytes of the page were read.
    Cut {
        /// How many were read.
        shown: usize,
        /// How many there are.
        of: usize,
    },
    /// The page has more blocks than are kept.
    TooManyBlocks {
        /// How many are kept.
        kept: usize,
    },
    /// Lists or quotes stand deeper in each other than is shown.
    TooDeep,
    /// Snippets would have made the page too long; the rest of them are shown as they are written.
    TooManySnippets,
    /// A snippet that was not found, or is not to be had; it is shown as it is written.
    MissingSnippet(
        /// Its path as written, cleaned.
        String,
    ),
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::Cut { shown, of } => write!(
                f,
                "this page has {}; its first {} are shown",
                bytes(*of),
                bytes(*shown)
            ),
            Note::TooManyBlocks { kept } => {
                write!(
                    f,
                    "this page has too many parts; the first {kept} are shown"
                )
            }
            Note::TooDeep => write!(
                f,
                "lists or quotes too deep in each other are shown less deep"
            ),
            Note::TooManySnippets => write!(
                f,
                "its snippets are too long together; some are shown as they are written"
            ),
            Note::MissingSnippet(path) => write!(f, "snippet not found: {path}"),
        }
    }
}

fn bytes(count: usize) -> String {
    const KB: usize = 1024;
    const MB: usize = KB * KB;
    match count {
        0..KB => format!("{count} bytes"),
        KB..MB => format!("{} kB", count / KB),
        _ => {
            let tenths = (count.saturating_mul(10)) / MB;
            match tenths % 10 {
                0 => format!("{} MB", tenths / 10),
                tenth => format!("{}.{tenth} MB", tenths / 10),
            }
        }
    }
}

#[cfg(test)]
mod snapshot_tests;
#[cfg(test)]
mod tests;
