//! Rows of text with what each piece is for: what a pane shows, as data, so that its length is known where it is
//! scrolled and not only where it is drawn.

use crate::text;
use crate::theme::Role;

/// A piece of text and what it is for.
pub type Span = (String, Role);

/// A row of pieces.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Line {
    /// From the left edge.
    pub left: Vec<Span>,
    /// Stands at the right end, if there is room.
    pub right: Vec<Span>,
}

impl Line {
    /// One piece.
    pub fn of(content: impl Into<String>, role: Role) -> Self {
        Self {
            left: vec![(content.into(), role)],
            right: Vec::new(),
        }
    }
}

/// What stands between the parts of a row: as a piece of its own it neither begins nor ends one.
pub const BETWEEN: &str = " · ";

/// Breaks a row of pieces at `columns`, each piece keeping its role; at most `most` rows, the last one then ending
/// with an ellipsis. Text is cleaned on the way.
pub fn wrap(spans: &[Span], columns: usize, most: usize) -> Vec<Vec<Span>> {
    let mut whole = String::new();
    let mut ends = Vec::with_capacity(spans.len());
    for (content, role) in spans {
        whole.push_str(&text::clean(content));
        ends.push((whole.len(), *role, content == BETWEEN));
    }
    let pieces = text::wrap(&whole, columns.max(1));
    let cut = pieces.len() > most;
    let base = whole.as_ptr() as usize;
    let mut rows: Vec<Vec<Span>> = Vec::new();
    for piece in pieces.into_iter().take(most) {
        let trimmed = piece.trim_end_matches(' ');
        // Each piece lies in the whole.
        let start = (piece.as_ptr() as usize).saturating_sub(base);
        let end = start + trimmed.len();
        let (mut row, mut at): (Vec<Span>, usize) = (Vec::new(), start);
        for (until, role, between) in &ends {
            let part = at..(*until).min(end);
            let loose = *between && (row.is_empty() || part.end == end);
            if !part.is_empty() && !loose {
                let content = whole.get(part.clone()).unwrap_or_default();
                row.push((content.to_owned(), *role));
            }
            at = at.max(part.end);
        }
        rows.push(row);
    }
    if cut && let Some((last, before)) = rows.last_mut().and_then(|row| row.split_last_mut()) {
        let used: usize = before.iter().map(|(content, _)| text::width(content)).sum();
        let more = format!("{}{}", last.0, text::ELLIPSIS);
        last.0 = text::truncate(&more, columns.saturating_sub(used)).into_owned();
    }
    rows
}

/// The same for text of one role: its rows, cleaned.
pub fn wrap_text(content: &str, columns: usize, most: usize) -> Vec<String> {
    wrap(&[(content.to_owned(), Role::Text)], columns, most)
        .into_iter()
        .map(|row| row.into_iter().map(|(content, _)| content).collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans() -> Vec<Span> {
        vec![
            ("team-payments".into(), Role::Title),
            (BETWEEN.into(), Role::Dim),
            ("#payments and more".into(), Role::Text),
        ]
    }

    fn words(rows: &[Vec<Span>]) -> Vec<String> {
        rows.iter()
            .map(|row| row.iter().map(|(content, _)| content.as_str()).collect())
            .collect()
    }

    #[test]
    fn a_row_breaks_between_words_and_each_piece_keeps_its_role() {
        let rows = wrap(&spans(), 26, 9);
        assert_eq!(words(&rows), ["team-payments · #payments", "and more"]);
        assert_eq!(rows[0][0], ("team-payments".into(), Role::Title));
        assert_eq!(rows[1], [("and more".into(), Role::Text)]);
    }

    #[test]
    fn no_row_begins_or_ends_with_what_stands_between_two_parts() {
        assert_eq!(
            words(&wrap(&spans(), 15, 9)),
            ["team-payments", "#payments and", "more"]
        );
    }

    #[test]
    fn what_is_left_out_is_marked() {
        let rows = wrap(&spans(), 15, 2);
        assert_eq!(words(&rows), ["team-payments", "#payments and…"]);
        let narrow = wrap(&[("abcdefgh".into(), Role::Text)], 4, 1);
        assert_eq!(words(&narrow), ["abc…"]);
    }

    #[test]
    fn nothing_is_one_empty_row() {
        assert_eq!(wrap(&[], 10, 3), vec![Vec::new()]);
    }
}
