//! Which lines of a tree a typed line finds.

use std::sync::Arc;

use super::{Item, Outline};
use crate::catalog::snapshot::SearchField;
use crate::search::{Query, SearchContext, Searcher};

/// Where a word is looked for.
const FIELDS: [SearchField; 4] = [
    SearchField::Name,
    SearchField::Title,
    SearchField::Tags,
    SearchField::Owner,
];

impl Outline {
    /// The lines that fit, in order. None where `cancelled` said so on the way.
    ///
    /// The language is the search line's, but for one thing: a tree has no ranking that would push what fits badly out
    /// of sight, so a word is found in one piece only.
    pub fn matches(
        &self,
        line: &str,
        context: &SearchContext<'_>,
        cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Option<Vec<u32>> {
        let query = Query::parse(&in_pieces(line));
        let searcher = Searcher::new(Arc::clone(&self.snapshot));
        let found = searcher.run(&query, context, cancelled)?;
        let mut fits = vec![false; self.snapshot.len()];
        let words: Vec<String> = query
            .words()
            .iter()
            .filter(|word| !word.negated)
            .map(|word| word.text.to_lowercase())
            .collect();
        for id in found.ids {
            // What only a description says is too far from a name to keep a branch open for.
            let says = |word: &String| {
                FIELDS.iter().any(|field| {
                    self.snapshot
                        .search_text(id, *field)
                        .to_lowercase()
                        .contains(word)
                })
            };
            if words.iter().all(says)
                && let Some(fit) = fits.get_mut(id.0 as usize)
            {
                *fit = true;
            }
        }
        let in_text = |text: &str| {
            let text = text.to_lowercase();
            !words.is_empty()
                && query.filters().is_empty()
                && words.iter().all(|word| text.contains(word))
        };
        let found = (0u32..)
            .zip(&self.nodes)
            .filter(|(_, node)| match node.item {
                Item::Row(id) => fits.get(id.0 as usize).copied().unwrap_or(false),
                Item::Missing(text) => in_text(self.missing(text)),
                Item::Heading(heading) => in_text(heading.title()),
            });
        Some(found.map(|(index, _)| index).collect())
    }
}

/// The line with each word in quotes; filters, exclusions and what is quoted already stay as they are.
pub fn in_pieces(line: &str) -> String {
    let mut out = String::with_capacity(line.len() + 8);
    let mut quoted = false;
    for token in line.split_inclusive(char::is_whitespace) {
        let word = token.trim_end();
        let plain =
            !quoted && !word.is_empty() && !word.contains(['"', ':']) && !word.starts_with('-');
        if plain {
            out.push('"');
            out.push_str(word);
            out.push('"');
            out.push(' ');
        } else {
            out.push_str(token);
        }
        quoted ^= word.matches('"').count() % 2 == 1;
    }
    out
}
