//! Tables of text as people have them: with commas, semicolons, tabs or bars between fields, decimal points or commas,
//! with or without a mark of UTF-8, line ends of Unix or Windows. What could be read in two ways is refused.

mod doubts;
mod head;
mod lines;
mod row;

use std::path::Path;

pub use self::doubts::TableDoubts;
use self::head::{Head, delimiter_of, delimiters_of};
use self::lines::line_of;
pub(crate) use self::lines::lines;
pub(crate) use self::lines::open_line;
pub(crate) use self::row::Row;
pub(crate) use self::row::decimal;
use super::error::at_line;
use super::{ImportError, ImportErrorKind};

/// A table: its header and its rows, with `#` lines passed over.
pub(crate) struct Table<'a> {
    path: &'a Path,
    /// The text from the header on.
    rows: &'a [u8],
    reader: csv::Reader<&'a [u8]>,
    delimiter: u8,
    columns: Vec<String>,
    /// Lines of the file before the header.
    lines_before: u64,
    /// The last line, if it has no end.
    open_line: Option<u64>,
}

/// The tables of chips that there are.
const TABLES: &str = "; `import csv` reads one line a cell and voltage, with the columns voltage,bank,row,column,p_0to1,p_1to0, \
                      `import flips` one line a cell of one voltage, or an array or matrix of cells, and `import log` the log of a tester";

/// Of names or numbers of columns so many letters are shown.
const SHOWN: usize = 80;

impl<'a> Table<'a> {
    /// The table in `bytes`, of which `header` is the usual one.
    pub(crate) fn new(path: &'a Path, bytes: &'a [u8], header: &str) -> Result<Self, ImportError> {
        let text = lines(path, bytes)?;
        let Head { rows, line, lines_before, told } = Head::find(text);
        let number = lines_before + 1;
        let delimiter = match told {
            Some(delimiter) => delimiter,
            None => delimiter_of(line).map_err(|both| {
                let found = format!("`{}` and `{}` in the header", both[0] as char, both[1] as char);
                at_line(
                    ImportErrorKind::Columns,
                    path,
                    number,
                    found,
                    format!("one sign between fields, as in {header}"),
                )
            })?,
        };
        let mut reader = reader(rows, delimiter, true);
        let found = reader.headers().map_err(|error| not_csv(path, lines_before, &error))?;
        let columns: Vec<String> = found.iter().map(str::to_ascii_lowercase).collect();
        let numbers = columns.iter().filter(|name| decimal(name).is_some_and(|n| n.parse::<f64>().is_ok()));
        if numbers.count() * 2 > columns.len() {
            let found = format!("numbers, `{}`, where the names of columns should stand", short(&columns));
            return Err(at_line(
                ImportErrorKind::Columns,
                path,
                number,
                found,
                format!("a header such as {header}{TABLES}"),
            ));
        }
        let open_line = open_line(text);
        Ok(Self { path, rows, reader, delimiter, columns, lines_before, open_line })
    }

    /// The table in `bytes` that has no header, and whose columns are these: the sign between fields is the one that gives as many.
    pub(crate) fn without_header(
        path: &'a Path,
        bytes: &'a [u8],
        columns: Vec<String>,
    ) -> Result<Self, ImportError> {
        let text = lines(path, bytes)?;
        let Head { rows, line, lines_before, told } = Head::find(text);
        let fitting = delimiters_of(line, columns.len());
        let delimiter = match (told, &fitting[..]) {
            (Some(delimiter), _) | (None, &[delimiter]) => delimiter,
            (None, fitting) => {
                let (kind, number) = (ImportErrorKind::Columns, lines_before + 1);
                let count =
                    if fitting.is_empty() { "others" } else { "as many by several signs between fields" };
                let expected =
                    format!("{} fields, as many as columns are named: {}", columns.len(), columns.join(","));
                return Err(at_line(kind, path, number, count, expected));
            }
        };
        let (reader, open_line) = (reader(rows, delimiter, false), open_line(text));
        Ok(Self { path, rows, reader, delimiter, columns, lines_before, open_line })
    }

    /// The names of the columns, in small letters.
    pub(crate) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The sign between fields.
    pub(crate) fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// The last line, if it has no end.
    pub(crate) fn open_line(&self) -> Option<u64> {
        self.open_line
    }

    /// Where the column of one of these names stands.
    pub(crate) fn position(&self, names: &[&str]) -> Result<Option<usize>, ImportError> {
        let mut with_name =
            self.columns.iter().enumerate().filter(|(_, column)| names.contains(&column.as_str()));
        let first = with_name.next();
        match (first, with_name.next()) {
            (Some((_, one)), Some((_, other))) => {
                let found = format!("two columns, `{one}` and `{other}`");
                Err(at_line(
                    ImportErrorKind::Columns,
                    self.path,
                    self.lines_before + 1,
                    found,
                    format!("one {}", names.join(" or ")),
                ))
            }
            _ => Ok(first.map(|(position, _)| position)),
        }
    }

    /// An error about the columns of a chip's table, of which these are needed.
    pub(crate) fn wrong_columns(&self, expected: &str) -> ImportError {
        self.wrong_header(&format!("{expected}{TABLES}"))
    }

    /// An error about the columns, of which these are needed.
    pub(super) fn wrong_header(&self, expected: &str) -> ImportError {
        let json = self.columns.first().is_some_and(|name| name.starts_with(['{', '[']));
        let found = if json { "JSON".to_owned() } else { format!("the columns {}", short(&self.columns)) };
        at_line(ImportErrorKind::Columns, self.path, self.lines_before + 1, found, expected)
    }

    /// Refuses a table with a column besides these: what it says would be lost. Without a name it says nothing, as the index of a
    /// data frame and what spreadsheets leave.
    pub(crate) fn only(&self, read: &[usize], expected: &str) -> Result<(), ImportError> {
        let mut named = self.columns.iter().enumerate().filter(|(_, name)| !name.is_empty());
        match named.find(|(index, _)| !read.contains(index)) {
            Some((_, name)) => Err(self.wrong_columns(&format!(
                "{expected}, and no others: nothing here has a place for `{name}`, so take it out"
            ))),
            None => Ok(()),
        }
    }

    /// Calls `row` with each row.
    pub(crate) fn for_each(
        mut self,
        mut row: impl FnMut(Row<'_>) -> Result<(), ImportError>,
    ) -> Result<(), ImportError> {
        let mut record = csv::StringRecord::new();
        loop {
            let read = self.reader.read_record(&mut record);
            if !read.map_err(|error| not_csv(self.path, self.lines_before, &error))? {
                return Ok(());
            }
            let line = self.lines_before + line_of(&record, self.rows);
            if record.len() != self.columns.len() {
                return Err(self.wrong_fields(line, record.len()));
            }
            let is_open = self.open_line == Some(line);
            row(Row { path: self.path, line, is_open, columns: &self.columns, record: &record })?;
        }
    }

    fn wrong_fields(&self, line: u64, found: usize) -> ImportError {
        let mut expected = format!("{} fields: {}", self.columns.len(), self.columns.join(","));
        if self.delimiter == b',' && found > self.columns.len() {
            expected += " (numbers with a decimal comma need quotes, or semicolons between fields)";
        }
        at_line(ImportErrorKind::Form, self.path, line, format!("{found} fields"), expected)
    }
}

fn reader(rows: &[u8], delimiter: u8, has_header: bool) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .has_headers(has_header)
        .comment(Some(b'#'))
        .delimiter(delimiter)
        .trim(csv::Trim::All)
        .flexible(true)
        .from_reader(rows)
}

/// Names of columns, or the first of many.
fn short(columns: &[String]) -> String {
    let all = columns.join(",");
    match all.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…, {} in all", &all[..end], columns.len()),
        None => all,
    }
}

fn not_csv(path: &Path, lines_before: u64, error: &csv::Error) -> ImportError {
    let line = error.position().map_or(0, csv::Position::line);
    let (kind, found) = match error.kind() {
        csv::ErrorKind::Utf8 { .. } => (ImportErrorKind::Encoding, "bytes that are no UTF-8".to_owned()),
        _ => (ImportErrorKind::Form, error.to_string()),
    };
    at_line(kind, path, lines_before + line, found, "a table in UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Result<Vec<(u64, String)>, String> {
        let table = Table::new(Path::new("t.csv"), text.as_bytes(), "a,b").map_err(|e| e.to_string())?;
        let mut rows = Vec::new();
        let read = table.for_each(|row| {
            rows.push((row.line, row.text(0).to_owned() + "|" + row.text(1)));
            Ok(())
        });
        read.map(|()| rows).map_err(|e| e.to_string())
    }

    #[test]
    fn any_usual_delimiter_line_end_and_mark_of_utf8_is_understood() {
        let expected = Ok(vec![(2, "1|2".to_owned()), (3, "3|4".to_owned())]);
        for delimiter in [',', ';', '\t', '|'] {
            for end in ["\n", "\r\n"] {
                for mark in ["", "\u{feff}"] {
                    let text = format!("{mark}a{delimiter}b{end}1{delimiter}2{end}3{delimiter}4");
                    assert_eq!(rows(&text), expected, "{text:?}");
                    assert_eq!(rows(&(text.clone() + end)), expected, "{text:?}");
                }
            }
        }
        assert_eq!(rows("sep=;\na;b\n1;2\n"), Ok(vec![(3, "1|2".to_owned())]));
    }

    #[test]
    fn lines_are_those_of_the_file_whatever_stands_between_rows() {
        for end in ["\n", "\r\n"] {
            let lines = ["# k: v", "", "a,b", "# x", "1,2", "", "# y", "# z", "3,\"4", "5\"", "6,7"];
            let found: Vec<u64> = rows(&lines.join(end)).unwrap().iter().map(|row| row.0).collect();
            assert_eq!(found, [5, 9, 11]);
        }
        assert!(rows("a,b\n# x\n\n1\n").unwrap_err().contains("line 4: found 1 fields"));
    }

    #[test]
    fn what_is_no_header_and_what_has_two_delimiters_is_named() {
        assert!(rows("0.58,0\n1,2\n").unwrap_err().contains("line 1: found numbers, `0.58,0`"));
        assert!(rows("\n\na,b;c\n").unwrap_err().contains("line 3: found `,` and `;` in the header"));
        let said = rows("a,b\n0,5,1\n").unwrap_err();
        assert!(said.contains("line 2: found 3 fields") && said.contains("decimal comma"), "{said}");
    }
}
