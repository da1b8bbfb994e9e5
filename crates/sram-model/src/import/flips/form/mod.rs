//! The forms that maps come in, each in its own file, told by a file's content.
//!
//! A form says whether content looks like its own, and reads it. Content that looks like several forms is read as each: it is of the
//! one that it can be read as, and refused if it can be read as two.

mod array;
mod axes;
mod json;
mod list;
mod matrix;
mod npy;
mod npz;
mod table;
mod text;
mod value;

use std::path::Path;

pub use self::axes::{Axes, AxesError};
pub(super) use self::npz::MAGIC as NPZ_MAGIC;
use super::FlipOptions;
use super::entry::Entry;
use super::size::geometry_of;
use crate::geometry::Geometry;
use crate::import::{ImportError, ImportErrorKind, Place, TableDoubts};
use crate::voltage::Voltage;

/// A form of maps.
struct Form {
    /// What a file of it is, with an article.
    name: &'static str,
    /// Whether content looks like it.
    looks_like: fn(&[u8]) -> bool,
    read: fn(&Source<'_>) -> Result<Cells, ImportError>,
}

/// All forms. What looks like no other is a table, so that a file of no form is refused as one.
const FORMS: [Form; 5] = [npy::FORM, npz::FORM, json::FORM, matrix::FORM, list::FORM];

/// A file to read a map from.
pub(super) struct Source<'a> {
    pub(super) path: &'a Path,
    pub(super) bytes: &'a [u8],
    pub(super) voltage: Voltage,
    /// The chip's size, if it is told or another map of it was read.
    pub(super) geometry: Option<Geometry>,
    pub(super) options: &'a FlipOptions,
}

/// What a file says of the cells of a chip.
pub(super) struct Cells {
    pub(super) geometry: Geometry,
    /// What is said of a cell, each cell once, ascending.
    pub(super) entries: Vec<(u64, Entry)>,
    /// What the file was read as.
    pub(super) form: String,
    /// Of how many reads flip probabilities are shares, if that is known.
    pub(super) reads: Option<u32>,
    /// Options that mean something for files of the form.
    pub(super) takes: &'static [&'static str],
    pub(super) doubts: TableDoubts,
}

/// Reads a map of whatever form.
pub(super) fn read(source: &Source<'_>) -> Result<Cells, ImportError> {
    let alike = FORMS.iter().filter(|form| (form.looks_like)(source.bytes));
    let read = alike.map(|form| (form.name, (form.read)(source)));
    let one = read.reduce(|one, other| source.one_of(one, other));
    one.map_or_else(|| table::read(source), |(_, read)| read)
}

/// The name of a form, and what content is if it is of it.
type AsForm = (&'static str, Result<Cells, ImportError>);

impl Source<'_> {
    /// The chip's size: as it is told, or as the file's name says.
    fn size(&self) -> Result<Geometry, ImportError> {
        self.geometry.map_or_else(|| geometry_of(self.path), Ok)
    }

    /// An error about the file, or about a part of it that `found` names.
    fn wrong(
        &self,
        kind: ImportErrorKind,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> ImportError {
        ImportError::content(kind, self.path, Place::File, found, expected)
    }

    /// What content is that looks like two forms: that which it can be read as.
    fn one_of(&self, (one, first): AsForm, (other, second): AsForm) -> AsForm {
        match (first, second) {
            (Ok(_), Ok(_)) => {
                let found = format!("what can be read as {one} and as {other}");
                let expected = "one of them: an array of NumPy (npy) in place of a matrix, or 0x before the numbers of a list";
                (one, Err(self.wrong(ImportErrorKind::Form, found, expected)))
            }
            (first @ Ok(_), Err(_)) => (one, first),
            (Err(_), second @ Ok(_)) => (other, second),
            (Err(first), Err(second)) => (one, Err(neither(first, &second, other))),
        }
    }
}

/// The error of content that can be read neither as one form nor as another.
fn neither(first: ImportError, second: &ImportError, other: &str) -> ImportError {
    match (first, second) {
        (
            ImportError::Content { kind, path, place, found, expected },
            ImportError::Content { place: at, found: of_other, expected: wanted, .. },
        ) => {
            let expected = format!("{expected}; nor is it {other}{at}: found {of_other}, expected {wanted}");
            ImportError::Content { kind, path, place, found, expected }
        }
        (first, _) => first,
    }
}
