//! Arrays of numbers, one for each cell, or for each read of it: from their elements to the cells that fail.

use std::io::Read;

use super::axes::{Axes, Layout, index_of};
use super::value::Meaning;
use super::{Cells, Source};
use crate::counts::Counts;
use crate::import::flips::entry::Entry;
use crate::import::flips::size::named_size;
use crate::import::{ImportError, ImportErrorKind, TableDoubts};
use crate::npy::{ElementKind, Header, NpyError, Number};

/// So many bytes of elements are in memory at once: a multiple of the size of any element.
const CHUNK_BYTES: u64 = 1 << 16;

/// The cells of an array that ever fail, with their flip probabilities, ascending.
pub(super) struct Array {
    pub(super) shape: Shape,
    pub(super) failing: Vec<(u64, f32)>,
    /// What its elements are, in words.
    element: String,
}

/// What an array's numbers are, and which cells they are of.
pub(super) struct Shape {
    pub(super) layout: Layout,
    pub(super) meaning: Meaning,
}

impl Shape {
    /// Of an array of these sides.
    pub(super) fn new(
        source: &Source<'_>,
        what: &str,
        (shape, fortran_order): (&[usize], bool),
        axes: Option<&Axes>,
    ) -> Result<Self, ImportError> {
        let wrong = |(found, expected): (String, String)| {
            source.wrong(ImportErrorKind::Form, format!("{what}{found}"), expected)
        };
        let options = source.options;
        let layout = Layout::new(shape, fortran_order, axes, source.geometry).map_err(wrong)?;
        source.check_name(&layout)?;
        let meaning = match (layout.reads, options.reads) {
            (None, None) => Meaning::Probabilities,
            (None, Some(reads)) => Meaning::Counts(reads),
            (Some(axis), told) if told.is_none_or(|told| told == axis) => Meaning::Fails,
            (Some(axis), told) => {
                let found = format!("{what}an axis of {axis} reads, but --reads {}", told.unwrap_or(axis));
                return Err(source.wrong(
                    ImportErrorKind::Options,
                    found,
                    "the same number of reads, or no --reads",
                ));
            }
        };
        Ok(Self { layout, meaning })
    }

    /// The cells that fail, from places of the array, ascending, and what the numbers there say.
    pub(super) fn cells(&self, failing: Vec<(u64, f32)>) -> Vec<(u64, f32)> {
        let cell = |(place, p): (u64, f32)| (self.layout.cell(place), p);
        let Some(reads) = self.layout.reads else {
            let mut cells: Vec<(u64, f32)> = failing.into_iter().map(cell).collect();
            cells.sort_unstable_by_key(|&(cell, _)| cell);
            return cells;
        };
        let counts = Counts::of(failing.into_iter().map(|failing| cell(failing).0));
        counts.units().map(|(cell, count)| (cell, (count as f64 / f64::from(reads)) as f32)).collect()
    }

    /// The number of reads of which flip probabilities are shares, if that is known.
    pub(super) fn reads(&self) -> Option<u32> {
        match self.meaning {
            Meaning::Counts(reads) => Some(reads),
            _ => self.layout.reads,
        }
    }
}

impl Source<'_> {
    /// Refuses an array of another size than the file's name says, if no option says it.
    fn check_name(&self, layout: &Layout) -> Result<(), ImportError> {
        let found = layout.geometry;
        match named_size(self.path).filter(|_| self.geometry.is_none()) {
            Some(named) if (named.rows(), named.columns()) != (found.rows(), found.columns()) => {
                let said = format!(
                    "banks of {} rows x {} columns, but {}x{} in the name",
                    found.rows(),
                    found.columns(),
                    named.rows(),
                    named.columns()
                );
                let expected = format!("the same size; or --geometry {found}, if that is right");
                Err(self.wrong(ImportErrorKind::Name, said, expected))
            }
            _ => Ok(()),
        }
    }

    /// Reads the array that a file, or a part of one that `what` names, begins with. More than `most` failing cells are refused, and
    /// so is anything after the array.
    pub(super) fn array(&self, file: &mut impl Read, what: &str, most: usize) -> Result<Array, ImportError> {
        let header = Header::read(file).map_err(|error| match error {
            NpyError::Header { found, expected } => {
                self.wrong(ImportErrorKind::Form, format!("{what}{found}"), expected)
            }
            NpyError::Read(source) => ImportError::Read { path: self.path.to_owned(), source },
        })?;
        let sides = (&header.shape[..], header.fortran_order);
        let shape = Shape::new(self, what, sides, self.options.axes.as_ref())?;
        if header.element.kind() == ElementKind::Bool && matches!(shape.meaning, Meaning::Counts(_)) {
            let found = format!("{what}booleans, but --reads");
            let expected =
                "counts of failing reads, or no --reads: a boolean says that a cell fails or does not";
            return Err(self.wrong(ImportErrorKind::Options, found, expected));
        }
        let failing = self.elements(file, what, &header, shape.meaning, most)?;
        let failing = shape.cells(failing);
        Ok(Array { shape, failing, element: header.element.to_string() })
    }

    /// The places of the elements that are not 0, with what they say.
    fn elements(
        &self,
        file: &mut impl Read,
        what: &str,
        header: &Header,
        meaning: Meaning,
        most: usize,
    ) -> Result<Vec<(u64, f32)>, ImportError> {
        let Header { element, fortran_order, shape } = header;
        let size = element.bytes();
        let failed = |source| ImportError::Read { path: self.path.to_owned(), source };
        let mut left = header.elements().and_then(|count| count.checked_mul(size as u64)).unwrap_or(u64::MAX);
        let all = left;
        let (mut place, mut failing, mut chunk) = (0, Vec::new(), Vec::new());
        while left > 0 {
            chunk.clear();
            let read = file.take(left.min(CHUNK_BYTES)).read_to_end(&mut chunk).map_err(failed)? as u64;
            left -= read;
            if read == 0 {
                let found = format!("{what}{} bytes of elements", all - left);
                let expected = format!("{all}, as its header says: is the file cut short?");
                return Err(self.wrong(ImportErrorKind::Incomplete, found, expected));
            }
            for bytes in chunk.chunks_exact(size) {
                let number = element.number(bytes);
                if number != Number::Whole(0) && number != Number::Float(0.0) {
                    let p = meaning.probability(number).map_err(|expected| {
                        let index = index_of(shape, *fortran_order, place);
                        self.wrong(
                            ImportErrorKind::Value,
                            format!("{what}{} at {index}", shown(number)),
                            expected,
                        )
                    })?;
                    failing.extend((p > 0.0).then_some((place, p)));
                }
                place += 1;
            }
            if failing.len() > most {
                let found = format!("{what}more than {most} failing cells in so few packed bytes");
                return Err(self.wrong(
                    ImportErrorKind::TooLarge,
                    found,
                    "the same array unpacked, as numpy.save writes it",
                ));
            }
        }
        match file.take(1).read_to_end(&mut chunk).map_err(failed)? {
            0 => Ok(failing),
            _ => {
                let expected = format!("the end after {all}, as its header says");
                Err(self.wrong(ImportErrorKind::Form, format!("{what}more bytes of elements"), expected))
            }
        }
    }
}

fn shown(number: Number) -> String {
    match number {
        Number::Whole(whole) => whole.to_string(),
        Number::Float(float) => float.to_string(),
    }
}

impl Shape {
    /// A map of cells that fail, whose direction the array does not say.
    pub(super) fn map(&self, failing: Vec<(u64, f32)>, form: String) -> Cells {
        let entries = failing.into_iter().map(|(cell, p)| (cell, Entry::Undirected(p))).collect();
        let doubts = TableDoubts::default();
        Cells {
            geometry: self.layout.geometry,
            entries,
            form,
            reads: self.reads(),
            takes: &["--axes"],
            doubts,
        }
    }
}

impl Array {
    /// What it is, in words.
    pub(super) fn describe(&self) -> String {
        format!("{} by {}: {}", self.element, self.shape.layout.axes, self.shape.meaning.describe())
    }

    /// A map of cells whose direction the array does not say.
    pub(super) fn into_cells(self, form: &str) -> Cells {
        let form = format!("{form} of {}", self.describe());
        self.shape.map(self.failing, form)
    }
}
