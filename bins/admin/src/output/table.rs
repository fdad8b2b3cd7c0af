//! Tables: framed and fitted on a terminal, tab-separated elsewhere.

use comfy_table::{ContentArrangement, presets};

use super::escape::visible;

/// Rows of cells under a header.
pub(crate) struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table of columns with these headings.
    pub(crate) fn new<const N: usize>(header: [&str; N]) -> Self {
        let header = header.map(str::to_owned).to_vec();
        let rows = Vec::new();
        Self { header, rows }
    }

    /// A table of one thing: a line for each of its properties, and no heading.
    pub(crate) fn properties<const N: usize>(properties: [(&str, String); N]) -> Self {
        let rows = properties
            .map(|(name, value)| vec![name.to_owned(), value])
            .to_vec();
        let header = Vec::new();
        Self { header, rows }
    }

    /// Adds a row of as many cells as there are headings.
    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.to_vec());
    }

    /// Leaves the headings out.
    pub(crate) fn headless(mut self) -> Self {
        self.header.clear();
        self
    }

    pub(super) fn render(&self, width: Option<u16>) -> String {
        match width {
            Some(width) => self.framed(width),
            None => self.plain(),
        }
    }

    fn framed(&self, width: u16) -> String {
        let mut table = comfy_table::Table::new();
        table
            .load_style(presets::UTF8_FULL_CONDENSED)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(width);
        if !self.header.is_empty() {
            table.set_header(self.header.iter().map(|cell| visible(cell)));
        }
        for row in &self.rows {
            table.add_row(row.iter().map(|cell| visible(cell)));
        }
        table.to_string()
    }

    fn plain(&self) -> String {
        let header = std::iter::once(&self.header).filter(|header| !header.is_empty());
        let line = |row: &Vec<String>| {
            let cells: Vec<_> = row.iter().map(|cell| visible(cell)).collect();
            cells.join("\t")
        };
        let lines: Vec<_> = header.chain(&self.rows).map(line).collect();
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(["name", "note"]);
        table.row(["first".to_owned(), "a\tb\u{1b}[2J".to_owned()]);
        table.row(["second".to_owned(), "word ".repeat(40)]);
        table
    }

    #[test]
    fn a_table_fits_its_terminal() {
        let text = table().render(Some(60));
        assert!(
            text.lines().all(|line| line.chars().count() <= 60),
            "{text}"
        );
        assert!(
            text.contains("second") && !text.contains('\u{1b}'),
            "{text}"
        );
    }

    #[test]
    fn elsewhere_a_row_is_a_line_and_a_cell_ends_at_a_tab() {
        let text = table().render(None);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "name\tnote");
        assert_eq!(lines[1], "first\ta\\tb\\u{1b}[2J");
        assert_eq!(lines.len(), 3);
    }
}
