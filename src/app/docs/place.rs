//! Places in pages that outlive a layout: lines of the source rather than of the screen.

use std::collections::VecDeque;

use crate::markdown::Page;

/// How many places are remembered, the newest.
const KEPT: usize = 200;

/// Where one was in a page: its source and path, the 1-based line of its text, and how many lines below the first of that
/// line, as the page was laid out.
pub type Place = (String, String, (usize, usize));

/// Where one was in the pages that were read last.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Places {
    /// The newest last.
    places: VecDeque<Place>,
}

impl Places {
    /// Those that were saved, the newest last.
    pub fn new(places: Vec<Place>) -> Self {
        let mut all = Self::default();
        for (source, path, line) in places {
            all.remember(&source, &path, line);
        }
        all
    }

    /// All of them, the newest last.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Place> {
        self.places.iter()
    }

    /// Where one was in a page.
    pub fn line(&self, source: &str, path: &str) -> Option<(usize, usize)> {
        let mut places = self.places.iter().rev();
        let found = places.find(|(s, p, _)| s == source && p == path)?;
        Some(found.2)
    }

    /// Remembers where one is in a page. Returns whether that is news.
    pub fn remember(&mut self, source: &str, path: &str, line: (usize, usize)) -> bool {
        if self.line(source, path).unwrap_or((1, 0)) == line {
            return false;
        }
        self.places.retain(|(s, p, _)| s != source || p != path);
        if self.places.len() >= KEPT {
            self.places.pop_front();
        }
        self.places
            .push_back((source.to_owned(), path.to_owned(), line));
        true
    }
}

/// The line of the source that a line of a page comes from, and how many lines below the first of that source line it
/// stands.
pub fn source_at(page: &Page, line: usize) -> (usize, usize) {
    let lines = page.lines.get(..=line).unwrap_or(&page.lines);
    let known = lines.iter().rposition(|line| line.source_line > 0);
    let Some(known) = known else { return (1, 0) };
    let source = lines.get(known).map_or(1, |line| line.source_line);
    let first = lines
        .iter()
        .take(known)
        .rposition(|line| line.source_line != source && line.source_line > 0)
        .map_or(0, |before| before + 1);
    (source, line.saturating_sub(first))
}

/// The line of a page that a line of the source stands on, or the last one above it.
pub fn line_of_source(page: &Page, source: usize, below: usize) -> usize {
    let mut best: Option<(usize, usize)> = None;
    for (index, line) in page.lines.iter().enumerate() {
        let at = line.source_line;
        if at > 0 && at <= source && best.is_none_or(|(known, _)| at > known) {
            best = Some((at, index));
        }
    }
    let Some((known, first)) = best else { return 0 };
    let length = page
        .lines
        .iter()
        .skip(first)
        .take_while(|line| line.source_line == known || line.source_line == 0)
        .count();
    let below = if known == source { below } else { 0 };
    first + below.min(length.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::markdown::{self, LayoutOptions, Limits, NoSnippets};

    #[test]
    fn a_place_survives_another_width() {
        let text = format!(
            "# One\n\n{}\n\n## Two\n\nshort\n\n```sh\na\nb\nc\n```\n",
            "word ".repeat(80)
        );
        let document = markdown::parse(&text, Limits::default(), &mut NoSnippets);
        let wide = markdown::layout(&document, 80, &LayoutOptions::default());
        let narrow = markdown::layout(&document, 20, &LayoutOptions::default());
        for needle in ["Two", "short", "b"] {
            let at = |page: &Page| {
                let mut lines = page.lines.iter();
                lines.position(|line| line.text().trim().ends_with(needle))
            };
            let (source, below) = source_at(&wide, at(&wide).unwrap());
            assert_eq!(
                Some(line_of_source(&narrow, source, below)),
                at(&narrow),
                "{needle}"
            );
        }
        assert_eq!(line_of_source(&Page::default(), 9, 3), 0);
        assert_eq!(source_at(&Page::default(), 9), (1, 0));
    }

    #[test]
    fn the_newest_places_are_kept() {
        let mut places = Places::default();
        assert!(!places.remember("s", "a.md", (1, 0)), "the top is no news");
        for n in 0..300 {
            assert!(places.remember("s", &format!("{n}.md"), (7, 2)));
        }
        assert!(!places.remember("s", "299.md", (7, 2)));
        assert_eq!(places.all().count(), KEPT);
        assert_eq!(places.line("s", "0.md"), None);
        assert_eq!(Places::new(places.all().cloned().collect()), places);
    }
}
