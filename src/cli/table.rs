//! Columns of text, as wide as what stands in them, or as a terminal has room for.

use crate::text;

/// Cells between two of a line.
const GAP: usize = 2;
/// A column is not narrowed below this: an end of the line that is cut off reads better than stumps.
const NARROWEST: usize = 12;

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
    ///
    /// With `columns`, a terminal's, no line is wider: the widest cells are cut first, the names of the first column last.
    /// Without, nothing is cut.
    pub fn lines(&self, columns: Option<usize>) -> Vec<String> {
        if self.rows.is_empty() {
            return Vec::new();
        }
        let mut widths: Vec<usize> = self.headings.iter().map(|h| text::width(h)).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(text::width(cell));
            }
        }
        if let Some(columns) = columns {
            narrow(&mut widths, columns);
        }
        let headings = line(self.headings.iter().copied(), &widths);
        let rows = self
            .rows
            .iter()
            .map(|row| line(row.iter().map(String::as_str), &widths));
        std::iter::once(headings)
            .chain(rows)
            .map(|line| match columns {
                Some(columns) => text::truncate(&line, columns).into_owned(),
                None => line,
            })
            .collect()
    }
}

/// Takes from the widest columns but the first until a line fits, or until none has anything to spare.
fn narrow(widths: &mut [usize], columns: usize) {
    let gaps = GAP * widths.len().saturating_sub(1);
    for width in widths.iter_mut() {
        *width = (*width).min(columns.max(NARROWEST));
    }
    while widths.iter().sum::<usize>() + gaps > columns {
        let others = widths.iter_mut().skip(1);
        match others.filter(|width| **width > NARROWEST).max() {
            Some(widest) => *widest -= 1,
            None => return,
        }
    }
}

fn line<'a>(cells: impl Iterator<Item = &'a str>, widths: &[usize]) -> String {
    let mut out = String::new();
    for (i, (cell, &width)) in cells.zip(widths).enumerate() {
        if i > 0 {
            out.push_str(&" ".repeat(GAP));
        }
        let cell = if cell.is_empty() { "-" } else { cell };
        let cell = text::truncate(cell, width);
        if i + 1 == widths.len() {
            out.push_str(&cell);
        } else {
            out.push_str(&text::pad(&cell, width));
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
        assert_eq!(
            table.lines(None),
            ["NAME  OWNER", "결제  payments", "pay   -"]
        );
    }

    #[test]
    fn a_table_without_rows_has_no_heading() {
        assert!(Table::new(["NAME"]).lines(None).is_empty());
    }

    #[test]
    fn a_cell_cannot_break_its_line() {
        let mut table = Table::new(["NAME"]);
        table.row(["a\nb\u{1b}[31mc"]);
        assert_eq!(table.lines(None), ["NAME", "a bc"]);
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_and_the_widest_column_gives_way() {
        let mut table = Table::new(["NAME", "TYPE", "DESCRIPTION"]);
        let long = "결제를 맡는다. ".repeat(20);
        table.row(["payments-gateway", "service", &long]);
        for columns in 0..120 {
            for line in table.lines(Some(columns)) {
                assert!(text::width(&line) <= columns, "{columns}: {line}");
            }
        }
        let lines = table.lines(Some(50));
        assert!(lines[1].starts_with("payments-gateway  service  결제"));
        assert!(table.lines(None)[1].contains(long.trim()));
    }
}
