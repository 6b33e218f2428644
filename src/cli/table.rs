//! Columns of text, as wide as what stands in them.

use crate::text;

/// A table that is filled row by row and printed whole.
pub struct Table {
    headings: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table.
    pub fn new(headings: impl IntoIterator<Item = &'static str>) -> Self {
        Self {
            headings: headings.into_iter().collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row, a cell a heading; each cell is cleaned and stays on one line.
    pub fn row<'a>(&mut self, cells: impl IntoIterator<Item = &'a str>) {
        self.rows.push(
            cells
                .into_iter()
                .map(|cell| text::clean(cell).trim().to_owned())
                .collect(),
        );
    }

    /// The lines, headings first; nothing at all where there is no row. An empty cell is a `-`, so that columns can be
    /// counted by a program that splits at spaces.
    pub fn lines(&self) -> Vec<String> {
        if self.rows.is_empty() {
            return Vec::new();
        }
        let mut widths: Vec<usize> = self.headings.iter().map(|h| text::width(h)).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(text::width(cell));
            }
        }
        let heading = line(self.headings.iter().copied(), &widths);
        std::iter::once(heading)
            .chain(
                self.rows
                    .iter()
                    .map(|row| line(row.iter().map(String::as_str), &widths)),
            )
            .collect()
    }
}

fn line<'a>(cells: impl Iterator<Item = &'a str>, widths: &[usize]) -> String {
    let mut out = String::new();
    for (i, (cell, &width)) in cells.zip(widths).enumerate() {
        if i > 0 {
            out.push_str("  ");
        }
        let cell = if cell.is_empty() { "-" } else { cell };
        if i + 1 == widths.len() {
            out.push_str(cell);
        } else {
            out.push_str(&text::pad(cell, width));
        }
    }
    out.truncate(out.trim_end().len());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_what_a_terminal_shows() {
        let mut table = Table::new(["NAME", "OWNER"]);
        table.row(["결제", "payments"]);
        table.row(["pay", ""]);
        assert_eq!(table.lines(), ["NAME  OWNER", "결제  payments", "pay   -"]);
    }

    #[test]
    fn a_table_without_rows_has_no_heading() {
        assert!(Table::new(["NAME"]).lines().is_empty());
    }

    #[test]
    fn a_cell_cannot_break_its_line() {
        let mut table = Table::new(["NAME"]);
        table.row(["a\nb\u{1b}[31mc"]);
        assert_eq!(table.lines(), ["NAME", "a bc"]);
    }
}
