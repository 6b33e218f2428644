//! Tables: aligned where they fit, their cells wrapped where they nearly do, and else folded into one record a row, so that no
//! cell is out of sight at any width.

use super::Layouter;
use super::wrap::{self, Piece};
use crate::markdown::document::{Align, Run, TableBlock};
use crate::markdown::page::Span;
use crate::theme::Role;

/// The widest a column asks to stay when its cells are wrapped.
const WORD: usize = 20;

/// Columns between two columns: a space, a bar, a space.
const GAP: usize = 3;

impl Layouter<'_> {
    pub(super) fn table(&mut self, table: &TableBlock) {
        let columns = table
            .rows
            .iter()
            .map(Vec::len)
            .chain([table.head.len()])
            .max()
            .unwrap_or(0);
        if columns == 0 {
            return;
        }
        match widths(table, columns, self.room()) {
            Some((widths, wrapped)) => self.grid(table, &widths, wrapped),
            None => self.records(table),
        }
    }

    fn grid(&mut self, table: &TableBlock, widths: &[usize], wrapped: bool) {
        let (bar, line, cross) = match self.options.ascii {
            true => (" | ", "-", "-+-"),
            false => (" │ ", "─", "─┼─"),
        };
        let rule: Vec<String> = widths.iter().map(|&width| line.repeat(width)).collect();
        let rule = rule.join(cross);
        let has_head = table.head.iter().any(|cell| !cell.is_empty());
        if has_head {
            self.grid_row(table, &table.head, widths, bar, true);
            self.push_line(vec![Span::new(rule.clone(), Role::Border)]);
        }
        for (at, row) in table.rows.iter().enumerate() {
            // Rows of several lines would run into each other.
            if wrapped && at > 0 {
                self.push_line(vec![Span::new(rule.clone(), Role::Border)]);
            }
            self.grid_row(table, row, widths, bar, false);
        }
    }

    fn grid_row(
        &mut self,
        table: &TableBlock,
        row: &[Vec<Run>],
        widths: &[usize],
        bar: &str,
        head: bool,
    ) {
        let empty = Vec::new();
        let cells: Vec<(&[Run], Vec<Vec<Piece>>)> = widths
            .iter()
            .enumerate()
            .map(|(column, &width)| {
                let runs = row.get(column).unwrap_or(&empty).as_slice();
                (runs, wrap::wrap(runs, width))
            })
            .collect();
        let height = cells
            .iter()
            .map(|(_, lines)| lines.len())
            .max()
            .unwrap_or(1);
        for at in 0..height {
            let mut spans = Vec::new();
            for (column, ((runs, lines), &width)) in cells.iter().zip(widths).enumerate() {
                if column > 0 {
                    spans.push(Span::new(bar, Role::Border));
                }
                let pieces = lines.get(at).map(Vec::as_slice).unwrap_or_default();
                let used: usize = pieces.iter().map(|piece| piece.width).sum();
                let free = width.saturating_sub(used);
                let before = match table.align.get(column) {
                    Some(Align::Right) => free,
                    Some(Align::Center) => free / 2,
                    _ => 0,
                };
                push_spaces(&mut spans, before);
                let role = if head { Role::Title } else { Role::Text };
                self.spans(runs, pieces, role, &mut spans);
                if column + 1 < widths.len() {
                    push_spaces(&mut spans, free - before);
                }
            }
            self.push_line(spans);
        }
    }

    /// Each row as lines of `head: cell`.
    fn records(&mut self, table: &TableBlock) {
        let head_only = table.rows.is_empty();
        let rows = table.rows.iter().chain(head_only.then_some(&table.head));
        for (at, row) in rows.enumerate() {
            if at > 0 {
                let line = if self.options.ascii { "-" } else { "─" };
                let short = line.repeat(self.room().min(8));
                self.push_line(vec![Span::new(short, Role::Border)]);
            }
            for (column, cell) in row.iter().enumerate() {
                if cell.is_empty() {
                    continue;
                }
                let head = table
                    .head
                    .get(column)
                    .filter(|head| !head.is_empty() && !head_only);
                let mut runs = Vec::with_capacity(cell.len() + 2);
                if let Some(head) = head {
                    runs.extend(head.iter().cloned().map(|mut run| {
                        run.emphasis.strong = true;
                        run
                    }));
                    runs.push(Run {
                        text: ": ".to_owned(),
                        ..Run::default()
                    });
                }
                runs.extend(cell.iter().cloned());
                self.text(&runs, Role::Text);
            }
        }
    }
}

fn push_spaces(spans: &mut Vec<Span>, count: usize) {
    if count > 0 {
        spans.push(Span::new(" ".repeat(count), Role::Text));
    }
}

/// The columns of each column and whether cells are wrapped; none where they do not fit side by side.
fn widths(table: &TableBlock, columns: usize, room: usize) -> Option<(Vec<usize>, bool)> {
    let gaps = GAP.checked_mul(columns - 1)?;
    let room = room.checked_sub(gaps).filter(|&room| room >= columns)?;
    // At least 1, so that an empty column is still one.
    let mut natural = vec![1usize; columns];
    let mut least = vec![1usize; columns];
    for row in table.rows.iter().chain([&table.head]) {
        for ((natural, least), cell) in natural.iter_mut().zip(&mut least).zip(row) {
            let (width, word) = wrap::measure(cell);
            *natural = (*natural).max(width);
            *least = (*least).max(word.min(WORD));
        }
    }
    if natural.iter().sum::<usize>() <= room {
        return Some((natural, false));
    }
    let needed: usize = least.iter().sum();
    let mut free = room.checked_sub(needed)?;
    // What is left goes to the columns that want more, a column of text at a time to whoever has least of its wish.
    let mut widths = least;
    while free > 0 {
        let wanting = widths
            .iter_mut()
            .zip(&natural)
            .filter(|(width, natural)| **width < **natural);
        let Some((narrowest, _)) = wanting.min_by_key(|(width, _)| **width) else {
            break;
        };
        *narrowest += 1;
        free -= 1;
    }
    Some((widths, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[&[&str]]) -> TableBlock {
        let mut rows = rows.iter().map(|row| {
            let cell = |text: &&str| {
                vec![Run {
                    text: (*text).to_owned(),
                    ..Run::default()
                }]
            };
            row.iter().map(cell).collect::<Vec<_>>()
        });
        TableBlock {
            align: Vec::new(),
            head: rows.next().unwrap(),
            rows: rows.collect(),
        }
    }

    #[test]
    fn a_table_that_fits_keeps_its_widths() {
        let table = table(&[&["Name", "상태"], &["api", "정상"]]);
        assert_eq!(widths(&table, 2, 40), Some((vec![4, 4], false)));
        assert_eq!(widths(&table, 2, 11), Some((vec![4, 4], false)));
    }

    #[test]
    fn a_wide_table_gives_room_to_the_column_that_wants_it() {
        let table = table(&[
            &["Key", "Meaning"],
            &["a", "what it is about, at some length"],
        ]);
        assert_eq!(widths(&table, 2, 20), Some((vec![3, 14], true)));
    }

    #[test]
    fn a_table_that_does_not_fit_has_no_widths() {
        let table = table(&[&["Configuration", "Environment"]]);
        assert_eq!(widths(&table, 2, 20), None);
        assert_eq!(widths(&table, 2, 0), None);
    }
}
