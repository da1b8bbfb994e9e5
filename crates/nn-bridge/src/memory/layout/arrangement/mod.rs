//! How memory words lie in the cells of a region, both ways, and which faults they meet.
//!
//! A region is a contiguous range of banks. Memory bit m is bit m mod n of word ⌊m / n⌋, n bits a word. A memory that outgrows the
//! region goes on in the same cells of another copy of the chip.

mod hits;
mod linear;
mod rows;
#[cfg(test)]
mod tests;

use std::ops::Range;

use sram_model::{CellFault, Geometry};

use self::hits::{Hits, Stretch};
use self::linear::LinearCells;
use self::rows::RowCells;
pub use self::rows::Rows;
pub(super) use self::rows::{ColumnMux, Interleave};
use super::error::LayoutError;

/// How memory words lie in cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ArrangementKind {
    /// Cell after cell, over the ends of rows, banks and copies.
    #[default]
    Linear,
    /// Whole words in rows.
    Rows(Rows),
}

impl ArrangementKind {
    /// The words that say it.
    pub(super) fn words(self) -> Vec<String> {
        match self {
            Self::Linear => Vec::new(),
            Self::Rows(rows) => rows.words(),
        }
    }
}

/// Where memory bits lie on a chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrangement {
    /// First cell of the region.
    first_cell: u64,
    /// Cells of the region.
    cells: u64,
    kind: Cells,
}

/// The cells of a region, counted from its first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cells {
    Linear(LinearCells),
    Rows(RowCells),
}

impl Arrangement {
    /// Memory words of `word_bits` bits in these banks of a chip. The first lies at cell `offset` of the region, modulo its
    /// cells; within rows: where the word of that cell does, or, if no word uses it, that of the next cell that one uses.
    ///
    /// # Errors
    /// [`LayoutError`] for banks that the chip lacks, and words that do not fit.
    pub fn new(
        kind: ArrangementKind,
        geometry: Geometry,
        banks: Range<u32>,
        word_bits: u32,
        offset: u64,
    ) -> Result<Self, LayoutError> {
        if banks.is_empty() || banks.end > geometry.banks() {
            let (start, end) = (banks.start, banks.end);
            return Err(LayoutError::Banks { start, end, banks: geometry.banks() });
        }
        if word_bits == 0 {
            return Err(LayoutError::WordBits);
        }
        let number = banks.end - banks.start;
        let cells = u64::from(number) * geometry.cells_per_bank();
        let offset = offset % cells;
        let kind = match kind {
            ArrangementKind::Linear => Cells::Linear(LinearCells { offset, cells }),
            ArrangementKind::Rows(rows) => {
                Cells::Rows(RowCells::new(rows, geometry, number, word_bits, offset)?)
            }
        };
        Ok(Self { first_cell: u64::from(banks.start) * geometry.cells_per_bank(), cells, kind })
    }

    /// Memory bits that one copy of the region holds.
    pub fn capacity(&self) -> u64 {
        match &self.kind {
            Cells::Linear(linear) => linear.cells,
            Cells::Rows(rows) => rows.capacity(),
        }
    }

    /// On which copy of the chip a memory bit lies, and in which of its cells.
    pub fn cell(&self, memory_bit: u64) -> (u64, u64) {
        let capacity = self.capacity();
        let (copy, bit) = (memory_bit / capacity, memory_bit % capacity);
        let cell = match &self.kind {
            Cells::Linear(linear) => linear.cell(bit),
            Cells::Rows(rows) => rows.cell(bit),
        };
        (copy, self.first_cell + cell)
    }

    /// The memory bit that a cell of the first copy holds; that of copy c is c · [`capacity`](Self::capacity) further. `None` if
    /// the cell is outside the region or no word uses it.
    #[inline]
    pub fn memory_bit(&self, cell: u64) -> Option<u64> {
        let cell = cell.checked_sub(self.first_cell).filter(|&cell| cell < self.cells)?;
        match &self.kind {
            Cells::Linear(linear) => Some(linear.bit(cell)),
            Cells::Rows(rows) => rows.bit(cell),
        }
    }

    /// Which of `faults`, by ascending cell, a memory of `len_bits` bits meets on all copies, each with the bit it meets. Linear:
    /// by ascending bit; in rows: copy by copy, in no order of bits. Costs per hit, not per cell or bit.
    pub fn hits<'a>(
        &'a self,
        faults: &'a [CellFault],
        len_bits: u64,
    ) -> impl Iterator<Item = (u64, CellFault)> + 'a {
        Hits::new(self, faults, len_bits)
    }

    /// Where the first `len_bits` bits of a copy lie.
    fn stretches(&self, len_bits: u64) -> Vec<Stretch> {
        match &self.kind {
            Cells::Linear(linear) => linear.stretches(len_bits),
            Cells::Rows(rows) => rows.stretches(len_bits),
        }
    }
}
