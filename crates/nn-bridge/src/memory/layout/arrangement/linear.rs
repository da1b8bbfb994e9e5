//! Memory bits cell after cell, from some cell of the region on around to the one before it.

use super::super::divide::difference;
use super::hits::Stretch;

/// Where the bits of a copy lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LinearCells {
    /// Where bit 0 lies.
    pub(super) offset: u64,
    /// Cells of the region.
    pub(super) cells: u64,
}

impl LinearCells {
    pub(super) fn cell(self, bit: u64) -> u64 {
        (self.offset + bit) % self.cells
    }

    #[inline]
    pub(super) fn bit(self, cell: u64) -> u64 {
        difference(cell, self.offset, self.cells)
    }

    /// The bits begin in the middle of the cells: those up to the last cell come first.
    pub(super) fn stretches(self, len_bits: u64) -> Vec<Stretch> {
        let Self { offset, cells } = self;
        let end = offset + len_bits;
        let before_end = Stretch { cells: offset..end.min(cells), bits: 0..len_bits };
        let after = Stretch { cells: 0..end.saturating_sub(cells), bits: 0..len_bits };
        vec![before_end, after]
    }
}
