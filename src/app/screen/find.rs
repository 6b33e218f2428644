//! Searching within a screen: `/`, then `n` and `N` from row to row.

use super::super::editor::Editor;

/// A search within the rows of a screen.
#[derive(Clone, Debug, Default)]
pub struct PageSearch {
    pub editor: Editor,
    /// Whether it is being typed.
    pub typing: bool,
    /// Whether the text was looked for and not found.
    pub failed: bool,
}

impl PageSearch {
    /// Begins a new search: what is typed from here on is looked for.
    pub fn begin(&mut self) {
        self.editor.set("");
        self.failed = false;
        self.typing = true;
    }

    /// Whether there is anything to leave: a line that is typed, or matches that are marked.
    pub fn is_open(&self) -> bool {
        self.typing || !self.editor.is_empty()
    }

    /// The next row, forward or backward from `start` and around, whose text has what is looked for, in any case.
    /// `here` lets the row at `start` count.
    pub fn next(
        &mut self,
        rows: usize,
        start: usize,
        forward: bool,
        here: bool,
        text_of: impl Fn(usize) -> Option<String>,
    ) -> Option<usize> {
        let needle = self.editor.text().to_lowercase();
        self.failed = false;
        if needle.is_empty() || rows == 0 {
            return None;
        }
        let offset = usize::from(!here);
        let found = (offset..rows + offset)
            .map(|step| match forward {
                true => (start + step) % rows,
                false => (start + rows - step % rows) % rows,
            })
            .find(|row| text_of(*row).is_some_and(|text| text.to_lowercase().contains(&needle)));
        self.failed = found.is_none();
        found
    }

    /// The characters of a text that are to be marked, by their places.
    pub fn marks(&self, content: &str) -> Vec<usize> {
        let needle: Vec<char> = self.editor.text().to_lowercase().chars().collect();
        if needle.is_empty() {
            return Vec::new();
        }
        // Character by character, so that places stay places even where lower case has another length.
        let chars: Vec<char> = content
            .chars()
            .map(|c| c.to_lowercase().next().unwrap_or(c))
            .collect();
        let mut found = Vec::new();
        let mut at = 0;
        while at + needle.len() <= chars.len() {
            if chars.get(at..at + needle.len()) == Some(needle.as_slice()) {
                found.extend(at..at + needle.len());
                at += needle.len();
            } else {
                at += 1;
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: [&str; 4] = ["kind: API", "name: pay", "owner: Pay team", "end"];

    fn from(start: usize, forward: bool, here: bool, needle: &str) -> Option<usize> {
        let mut search = PageSearch::default();
        search.editor.set(needle);
        let text = |row: usize| ROWS.get(row).map(ToString::to_string);
        let found = search.next(ROWS.len(), start, forward, here, text);
        assert_eq!(search.failed, found.is_none() && !needle.is_empty());
        found
    }

    #[test]
    fn matches_are_gone_through_both_ways_and_around() {
        assert_eq!(from(0, true, true, "PAY"), Some(1));
        assert_eq!(from(1, true, false, "pay"), Some(2));
        assert_eq!(from(2, true, false, "pay"), Some(1));
        assert_eq!(from(1, false, false, "pay"), Some(2));
        assert_eq!(from(3, true, true, "absent"), None);
        assert_eq!(from(3, true, true, ""), None);
    }

    #[test]
    fn every_place_of_a_match_is_marked() {
        let mut search = PageSearch::default();
        search.editor.set("pa");
        assert_eq!(search.marks("Pay pa"), [0, 1, 4, 5]);
    }
}
