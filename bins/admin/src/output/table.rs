//! Tables: framed and fitted on a terminal, tab-separated elsewhere.

use comfy_table::{ColumnConstraint, ContentArrangement, presets};

use super::escape::visible;

/// Rows of cells under a header.
pub(crate) struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
    optional: Vec<&'static str>,
}

impl Table {
    /// A table of columns with these headings.
    pub(crate) fn new<const N: usize>(header: [&str; N]) -> Self {
        let header = header.map(str::to_owned).to_vec();
        Self {
            header,
            rows: Vec::new(),
            optional: Vec::new(),
        }
    }

    /// A table of one thing: a line for each of its properties, and no heading.
    pub(crate) fn properties<const N: usize>(properties: [(&str, String); N]) -> Self {
        let rows = properties
            .map(|(name, value)| vec![name.to_owned(), value])
            .to_vec();
        Self {
            header: Vec::new(),
            rows,
            optional: Vec::new(),
        }
    }

    /// As [`Table::properties`], of properties whose number is not known.
    pub(crate) fn lines(properties: Vec<(&str, String)>) -> Self {
        let row = |(name, value): (&str, String)| vec![name.to_owned(), value];
        Self {
            header: Vec::new(),
            rows: properties.into_iter().map(row).collect(),
            optional: Vec::new(),
        }
    }

    /// A table of as many columns as are named.
    pub(crate) fn headed(header: Vec<String>) -> Self {
        Self {
            header,
            rows: Vec::new(),
            optional: Vec::new(),
        }
    }

    /// Adds a row of as many cells as there are headings.
    pub(crate) fn add(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Adds a row of as many cells as there are headings.
    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.to_vec());
    }

    /// Names columns that are left out, the first one first, where a terminal is too narrow.
    pub(crate) fn optional(mut self, columns: &[&'static str]) -> Self {
        self.optional = columns.to_vec();
        self
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
        let mut left_out = Vec::new();
        let mut optional = self.optional.iter();
        loop {
            let mut table = self.comfy(&left_out);
            let natural = natural_width(&table);
            let next = (natural > usize::from(width)).then(|| optional.next());
            if let Some(Some(column)) = next {
                left_out.push(*column);
                continue;
            }
            table
                .set_content_arrangement(ContentArrangement::Dynamic)
                .set_width(width);
            return table.to_string();
        }
    }

    /// The table without some columns. Ids stay whole, so that they can be copied.
    fn comfy(&self, left_out: &[&str]) -> comfy_table::Table {
        let kept = |cells: &Vec<String>| {
            let named = cells.iter().enumerate();
            let kept = named.filter(|(at, _)| {
                let name = self.header.get(*at).map(String::as_str);
                !name.is_some_and(|name| left_out.contains(&name))
            });
            kept.map(|(_, cell)| visible(cell)).collect::<Vec<_>>()
        };
        let mut table = comfy_table::Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED);
        let header = kept(&self.header);
        let id = header.iter().position(|name| name == "id");
        if !header.is_empty() {
            table.set_header(header);
        }
        for row in &self.rows {
            table.add_row(kept(row));
        }
        if let Some(column) = id.and_then(|at| table.column_mut(at)) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
        table
    }

    /// Every column, as RFC 4180 writes it.
    pub(super) fn csv(&self) -> String {
        let header = std::iter::once(&self.header).filter(|header| !header.is_empty());
        let line = |row: &Vec<String>| {
            let cells: Vec<_> = row.iter().map(|cell| csv_cell(cell)).collect();
            format!("{}\r\n", cells.join(","))
        };
        header.chain(&self.rows).map(line).collect()
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

/// A text that would be a formula in a spreadsheet is kept from being one; numbers stay as they are.
fn csv_cell(cell: &str) -> String {
    let shown = visible(cell);
    let number = shown.strip_prefix('-').unwrap_or(&shown);
    let number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let formula = !number && shown.starts_with(['=', '+', '-', '@']);
    let shown = if formula { format!("'{shown}") } else { shown };
    if shown.contains([',', '"']) {
        return format!("\"{}\"", shown.replace('"', "\"\""));
    }
    shown
}

/// How wide a table is that wraps nothing: each column has a border and two spaces.
fn natural_width(table: &comfy_table::Table) -> usize {
    let columns = table.column_max_content_widths();
    columns
        .iter()
        .map(|width| usize::from(*width) + 3)
        .sum::<usize>()
        + 1
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

    #[test]
    fn a_cell_of_csv_is_one_cell_and_no_formula() {
        let mut table = Table::new(["name", "cost"]);
        table.row(["=1+1".to_owned(), "-2.5".to_owned()]);
        table.row(["a,\"b\"\nc".to_owned(), "-x".to_owned()]);
        table.row(["@sum, of".to_owned(), String::new()]);
        assert_eq!(
            table.csv(),
            "name,cost\r\n'=1+1,-2.5\r\n\"a,\"\"b\"\"\\nc\",'-x\r\n\"'@sum, of\",\r\n"
        );
    }

    #[test]
    fn optional_columns_give_way_before_an_id_is_broken() {
        let mut table = Table::new(["name", "id", "creator", "note"]);
        let id = "tok_0akktjnwh1dr8".to_owned();
        table.row([
            "nightly".to_owned(),
            id.clone(),
            "grace hopper".to_owned(),
            "short".to_owned(),
        ]);
        let table = table.optional(&["creator"]);
        let wide = table.render(Some(80));
        assert!(wide.contains("grace hopper"), "{wide}");
        let narrow = table.render(Some(45));
        assert!(
            !narrow.contains("grace") && narrow.contains("short"),
            "{narrow}"
        );
        let narrowest = table.render(Some(36));
        assert!(narrowest.contains(&id), "{narrowest}");
    }
}
