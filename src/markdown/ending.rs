//! The end of a page: its footnotes, in the order that the text comes to them, and the abbreviations that it uses.

use super::build::Builder;
use super::document::{Block, Document, Run};
use crate::text::clean;

/// The most abbreviations that are looked for in a page.
const ABBREVIATIONS: usize = 200;

impl Builder {
    pub(super) fn finish(mut self, abbreviations: Vec<(String, String)>) -> Document {
        self.flush();
        while self.frames.len() > 1 {
            self.close();
        }
        let page = self.frames.pop().map(|frame| frame.blocks);
        let mut blocks = page.unwrap_or_default();
        let numbers = &self.numbers;
        let mut footnotes: Vec<Block> = self
            .footnotes
            .into_iter()
            .map(|(label, blocks)| Block::Footnote {
                number: numbers.get(&label).copied().unwrap_or_default(),
                label,
                blocks,
            })
            .collect();
        footnotes.sort_by_key(|block| match block {
            Block::Footnote { number, .. } => *number,
            _ => 0,
        });
        blocks.append(&mut footnotes);
        let abbreviations: Vec<(String, String)> = abbreviations
            .into_iter()
            .take(ABBREVIATIONS)
            .map(|(name, meaning)| (clean(&name).into_owned(), clean(&meaning).into_owned()))
            .filter(|(name, _)| blocks.iter().any(|block| mentions(block, name)))
            .collect();
        if !abbreviations.is_empty() {
            blocks.push(Block::Abbreviations(abbreviations));
        }
        self.document.blocks = blocks;
        self.document
    }
}

/// Whether a block's text has a word in it.
fn mentions(block: &Block, word: &str) -> bool {
    let runs = |runs: &[Run]| runs.iter().any(|run| run.text.contains(word));
    let all = |blocks: &[Block]| blocks.iter().any(|block| mentions(block, word));
    match block {
        Block::Heading { runs: text, .. } | Block::Paragraph { runs: text, .. } => runs(text),
        Block::Quote(blocks) | Block::Footnote { blocks, .. } => all(blocks),
        Block::List { items, .. } => items.iter().any(|item| all(&item.blocks)),
        Block::Definitions(defined) => defined
            .iter()
            .any(|(term, blocks)| runs(term) || all(blocks)),
        Block::Table(table) => {
            let mut rows = std::iter::once(&table.head).chain(&table.rows);
            rows.any(|row| row.iter().any(|cell| runs(cell)))
        }
        Block::Admonition(admonition) => runs(&admonition.title) || all(&admonition.blocks),
        Block::Tabs { tabs, .. } => tabs
            .iter()
            .any(|tab| tab.title.contains(word) || all(&tab.blocks)),
        Block::Code(_) | Block::Abbreviations(_) | Block::Rule | Block::Anchor(_) => false,
    }
}
