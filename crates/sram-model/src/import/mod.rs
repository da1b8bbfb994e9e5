//! Profiles from files of others: [`hex`] dumps of a tester, [`flips`] (maps of flip probabilities), and the
//! [`interchange`](crate::interchange) CSV.

pub mod flips;
pub mod hex;

mod error;

pub use error::{ImportError, Place};

use std::fs::File;
use std::io::Read;
use std::path::Path;

use error::at_line;

/// The largest file that an importer reads.
const MAX_FILE_BYTES: u64 = 4 << 30;

/// Reads a file whole.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, ImportError> {
    let failed = |source| ImportError::Read { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    // One more than allowed, to see that there is more: what is no file does not tell its size.
    File::open(path)
        .and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes))
        .map_err(failed)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        let expected = format!("at most {MAX_FILE_BYTES} bytes");
        return Err(ImportError::content(path, Place::File, "more", expected));
    }
    // Some programs begin text with the mark of UTF-8, which means nothing.
    if bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.drain(..3);
    }
    Ok(bytes)
}

/// The file's name without folders, for provenance.
pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// The file's name without folders and extension, to call a chip by.
pub(crate) fn file_stem(path: &Path) -> String {
    path.file_stem().map_or_else(|| file_name(path), |stem| stem.to_string_lossy().into_owned())
}

/// A CSV file: its header and its rows, with `#` lines passed over.
pub(crate) struct Table<'a> {
    path: &'a Path,
    reader: csv::Reader<&'a [u8]>,
    columns: Vec<String>,
}

impl<'a> Table<'a> {
    pub(crate) fn new(path: &'a Path, bytes: &'a [u8]) -> Result<Self, ImportError> {
        let mut reader = csv::ReaderBuilder::new()
            .comment(Some(b'#'))
            .trim(csv::Trim::All)
            .flexible(true)
            .from_reader(bytes);
        let header = reader.headers().map_err(|error| not_csv(path, &error))?;
        let columns = header.iter().map(str::to_ascii_lowercase).collect();
        Ok(Self { path, reader, columns })
    }

    pub(crate) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Where the column of one of these names stands.
    pub(crate) fn position(&self, names: &[&str]) -> Option<usize> {
        self.columns.iter().position(|column| names.contains(&column.as_str()))
    }

    /// Calls `row` with each row.
    pub(crate) fn for_each(
        mut self,
        mut row: impl FnMut(Row<'_>) -> Result<(), ImportError>,
    ) -> Result<(), ImportError> {
        for record in self.reader.records() {
            let record = record.map_err(|error| not_csv(self.path, &error))?;
            let line = record.position().map_or(0, csv::Position::line);
            if record.len() != self.columns.len() {
                let expected = format!("{} fields: {}", self.columns.len(), self.columns.join(","));
                return Err(at_line(self.path, line, format!("{} fields", record.len()), expected));
            }
            row(Row { path: self.path, line, columns: &self.columns, record: &record })?;
        }
        Ok(())
    }
}

/// One row of a table.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    path: &'a Path,
    line: u64,
    columns: &'a [String],
    record: &'a csv::StringRecord,
}

impl Row<'_> {
    /// The text in a column of the table.
    pub(crate) fn text(&self, column: usize) -> &str {
        self.record.get(column).unwrap_or_default()
    }

    /// The value in a column.
    pub(crate) fn parse<T: std::str::FromStr>(
        &self,
        column: usize,
        expected: &str,
    ) -> Result<T, ImportError> {
        let text = self.text(column);
        text.parse().map_err(|_| self.wrong(format!("{} `{text}`", self.columns[column]), expected))
    }

    /// An error about this row.
    pub(crate) fn wrong(&self, found: impl Into<String>, expected: impl Into<String>) -> ImportError {
        at_line(self.path, self.line, found, expected)
    }
}

fn not_csv(path: &Path, error: &csv::Error) -> ImportError {
    let line = error.position().map_or(0, csv::Position::line);
    at_line(path, line, error.to_string(), "a CSV file in UTF-8")
}
