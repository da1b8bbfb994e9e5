//! A matrix of text: a line for each row of a bank, a number for each cell, no header. Banks have blank lines between them, or lie one
//! below the other.

use super::array::Shape;
use super::text::{Line, begins_with, fields};
use super::value::Meaning;
use super::{Cells, Form, Source};
use crate::import::error::at_line;
use crate::import::flips::Axes;
use crate::import::flips::size::named_size;
use crate::import::table::decimal;
use crate::import::{ImportError, ImportErrorKind, TableDoubts};
use crate::npy::Number;

pub(super) const FORM: Form = Form {
    name: "a matrix of numbers",
    looks_like: |bytes| begins_with(bytes, |field| number(field).is_some(), |fields| fields > 1),
    read,
};

/// Fewer numbers in a line may be a row of a table that lacks its header, such as `row,col,p_flip`, unless the size is known.
const FEWEST: usize = 8;

/// What is read of a matrix, row by row.
struct Reading {
    meaning: Meaning,
    columns: usize,
    /// Rows so far, of the bank that is being read.
    rows: usize,
    /// Rows of a bank, once one has ended, and how many have.
    ended: Option<(usize, usize)>,
    /// What stands between the last row and the next.
    gap: Gap,
    /// Places of the cells that fail.
    failing: Vec<(u64, f32)>,
    cells: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Gap {
    None,
    Blank,
    Comment,
}

fn read(source: &Source<'_>) -> Result<Cells, ImportError> {
    let axes = source.options.axes.as_ref();
    let meaning = match source.options.reads {
        _ if axes.is_some_and(Axes::have_reads) => Meaning::Fails,
        Some(reads) => Meaning::Counts(reads),
        None => Meaning::Probabilities,
    };
    let mut reading =
        Reading { meaning, columns: 0, rows: 0, ended: None, gap: Gap::None, failing: Vec::new(), cells: 0 };
    for line in source.lines()? {
        match line? {
            (_, Line::Blank) => reading.gap = Gap::Blank,
            (_, Line::Comment) if reading.gap == Gap::None => reading.gap = Gap::Comment,
            (_, Line::Comment) => {}
            (number, Line::Numbers(text)) => reading.add(source, number, text)?,
        }
    }
    let (side, banks) = reading.ended.unwrap_or((reading.rows, 0));
    if side != reading.rows {
        let found = format!("{} rows in the last bank", reading.rows);
        return Err(source.wrong(ImportErrorKind::Incomplete, found, format!("{side}, as in the first")));
    }
    let sides = [banks + 1, side, reading.columns];
    // Blocks of rows are banks, unless the axes say something else.
    let is_flat = banks == 0 && axes.is_none_or(|axes| axes.count() == 2);
    let of_blocks = Axes::of_blocks();
    let (shape, told) =
        if is_flat { (&sides[1..], axes) } else { (&sides[..], Some(axes.unwrap_or(&of_blocks))) };
    let shape = Shape::new(source, "", (shape, false), told)?;
    let form = format!("a matrix (text) by {}: {}", shape.layout.axes, shape.meaning.describe());
    let mut cells = shape.map(shape.cells(reading.failing), form);
    cells.doubts = TableDoubts { never_failing: 0, open_line: source.open_line() };
    Ok(cells)
}

impl Reading {
    fn add(&mut self, source: &Source<'_>, line: u64, text: &str) -> Result<(), ImportError> {
        let wrong =
            |kind, found: String, expected: String| Err(at_line(kind, source.path, line, found, expected));
        let fields = fields(text);
        match (self.gap, self.rows) {
            (_, 0) => {
                self.columns = fields.len();
                let is_known = source.geometry.is_some() || named_size(source.path).is_some();
                if self.columns < FEWEST && !is_known {
                    let found = format!("{} numbers without a header", self.columns);
                    let expected = "a header, such as row,col,p_flip, if this is a table; or the size of the chip \
                                    (--geometry) if it is a matrix of so few columns";
                    return wrong(ImportErrorKind::Columns, found, expected.to_owned());
                }
            }
            (Gap::Comment, _) => {
                let expected = "a blank line between banks, or no comment between the rows of one";
                return wrong(
                    ImportErrorKind::Form,
                    "rows with a comment before them".to_owned(),
                    expected.to_owned(),
                );
            }
            (Gap::Blank, rows) => {
                let (side, banks) = self.ended.unwrap_or((rows, 0));
                if side != rows {
                    let found = format!("the end of a bank of {rows} rows before it");
                    return wrong(
                        ImportErrorKind::Incomplete,
                        found,
                        format!("{side} rows, as in the first bank"),
                    );
                }
                self.ended = Some((side, banks + 1));
                self.rows = 0;
            }
            (Gap::None, _) => {}
        }
        if fields.len() != self.columns {
            let found = format!("{} numbers", fields.len());
            return wrong(ImportErrorKind::Form, found, format!("{}, as in the first row", self.columns));
        }
        for (column, field) in fields.into_iter().enumerate() {
            let p = match number(field) {
                Some(_) if boolean(field).is_some() && matches!(self.meaning, Meaning::Counts(_)) => Err(
                    "a count of failing reads, or no --reads: a boolean says that a cell fails or does not"
                        .to_owned(),
                ),
                Some(number) => self.meaning.probability(number),
                None => Err("a number".to_owned()),
            };
            match p {
                Ok(p) => self.failing.extend((p > 0.0).then_some((self.cells, p))),
                Err(expected) => {
                    return wrong(
                        ImportErrorKind::Value,
                        format!("`{field}` in column {column} of the row"),
                        expected,
                    );
                }
            }
            self.cells += 1;
        }
        (self.gap, self.rows) = (Gap::None, self.rows + 1);
        Ok(())
    }
}

/// The number that a field is, with a decimal point or comma, or a boolean as a number.
fn number(field: &str) -> Option<Number> {
    match boolean(field).map_or_else(|| field.parse(), |fails| Ok(i128::from(fails))) {
        Ok(whole) => Some(Number::Whole(whole)),
        Err(_) => decimal(field)?.parse().ok().map(Number::Float),
    }
}

/// A boolean as programs write it.
fn boolean(field: &str) -> Option<bool> {
    match field {
        "True" | "true" | "TRUE" => Some(true),
        "False" | "false" | "FALSE" => Some(false),
        _ => None,
    }
}
