//! `interleave:4`, `column-mux:4`: whole words in rows.
//!
//! With a column mux of k, the bits of k words take turns along a row, as the k columns behind one sense amplifier do; with
//! an interleave of i, words take turns in the i banks of a group. Where a word lies is its *slot*: slots are numbered along a
//! row, then row by row; over the banks of a group in turn, then group by group. Columns that are left over hold nothing.

use std::num::NonZeroU32;
use std::ops::Range;

use sram_model::Geometry;

use super::super::divide::{Divisor, difference};
use super::super::error::LayoutError;
use super::super::typed::Typed;
use super::hits::Stretch;

/// Whole words in rows; the rest of each row stays unused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rows {
    /// Banks of a group: consecutive words lie in consecutive banks of it. 1: a bank is filled before the next.
    pub interleave: NonZeroU32,
    /// Words whose bits take turns along a row: bit 0 of each, then bit 1 of each. 1: word after word.
    pub column_mux: NonZeroU32,
}

impl Rows {
    /// The words that say it; with neither, linear would be meant.
    pub(super) fn words(self) -> Vec<String> {
        let Self { interleave, column_mux } = self;
        let interleaved = (interleave.get() > 1).then(|| Interleave(interleave).word());
        let muxed = (column_mux.get() > 1 || interleaved.is_none()).then(|| ColumnMux(column_mux).word());
        [interleaved, muxed].into_iter().flatten().flatten().collect()
    }
}

/// The word for the banks of a group.
#[derive(Clone, Copy)]
pub(in crate::memory::layout) struct Interleave(pub(in crate::memory::layout) NonZeroU32);

/// The word for the words that share columns.
#[derive(Clone, Copy)]
pub(in crate::memory::layout) struct ColumnMux(pub(in crate::memory::layout) NonZeroU32);

impl Typed for Interleave {
    const EXAMPLE: &'static str = "interleave:4";

    fn of(argument: Option<&str>) -> Option<Self> {
        argument?.parse().ok().map(Self)
    }

    fn argument(&self) -> Option<String> {
        Some(self.0.to_string())
    }
}

impl Typed for ColumnMux {
    const EXAMPLE: &'static str = "column-mux:4";

    fn of(argument: Option<&str>) -> Option<Self> {
        argument?.parse().ok().map(Self)
    }

    fn argument(&self) -> Option<String> {
        Some(self.0.to_string())
    }
}

/// Where the words of a copy lie. Cells and banks are counted from the region's first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RowCells {
    columns: Divisor,
    rows: Divisor,
    interleave: Divisor,
    column_mux: Divisor,
    /// Columns of the words whose bits take turns.
    group_columns: Divisor,
    word_bits: u64,
    slots_of_row: u64,
    slots_of_bank: u64,
    slots: u64,
    /// The slot of word 0.
    first_slot: u64,
}

impl RowCells {
    pub(super) fn new(
        rows: Rows,
        geometry: Geometry,
        banks: u32,
        word_bits: u32,
        offset: u64,
    ) -> Result<Self, LayoutError> {
        let (interleave, column_mux) = (rows.interleave.get(), rows.column_mux.get());
        if !banks.is_multiple_of(interleave) {
            return Err(LayoutError::Interleave { interleave, banks });
        }
        let (columns, group_columns) = (geometry.columns(), u64::from(column_mux) * u64::from(word_bits));
        if group_columns > u64::from(columns) {
            let most = columns / word_bits;
            return Err(LayoutError::Row { column_mux, word_bits, columns, most });
        }
        let slots_of_row = u64::from(columns) / group_columns * u64::from(column_mux);
        let slots_of_bank = slots_of_row * u64::from(geometry.rows());
        let mut cells = Self {
            columns: Divisor::new(columns.into()),
            rows: Divisor::new(geometry.rows().into()),
            interleave: Divisor::new(interleave.into()),
            column_mux: Divisor::new(column_mux.into()),
            group_columns: Divisor::new(group_columns),
            word_bits: word_bits.into(),
            slots_of_row,
            slots_of_bank,
            slots: slots_of_bank * u64::from(banks),
            first_slot: 0,
        };
        cells.first_slot = cells.slot_from(offset);
        Ok(cells)
    }

    pub(super) fn capacity(&self) -> u64 {
        self.slots * self.word_bits
    }

    pub(super) fn cell(&self, bit: u64) -> u64 {
        let (word, bit) = (bit / self.word_bits, bit % self.word_bits);
        let (slot, lane) = self.interleave.divide((self.first_slot + word) % self.slots);
        let (banks, slot) = (slot / self.slots_of_bank, slot % self.slots_of_bank);
        let (row, slot) = (slot / self.slots_of_row, slot % self.slots_of_row);
        let (group, word) = self.column_mux.divide(slot);
        let bank = banks * self.interleave.get() + lane;
        let column = group * self.group_columns.get() + bit * self.column_mux.get() + word;
        (bank * self.rows.get() + row) * self.columns.get() + column
    }

    #[inline]
    pub(super) fn bit(&self, cell: u64) -> Option<u64> {
        let (slot, bit) = self.slot(cell)?;
        Some(difference(slot, self.first_slot, self.slots) * self.word_bits + bit)
    }

    /// The slot that uses a cell, and for which bit of its word.
    #[inline]
    fn slot(&self, cell: u64) -> Option<(u64, u64)> {
        let (row, column) = self.columns.divide(cell);
        let (group, column) = self.group_columns.divide(column);
        let (bit, word) = self.column_mux.divide(column);
        let slot = group * self.column_mux.get() + word;
        let (bank, row) = self.rows.divide(row);
        let (banks, lane) = self.interleave.divide(bank);
        let slot_of_bank = row * self.slots_of_row + slot;
        let slot_of_lane = banks * self.slots_of_bank + slot_of_bank;
        (slot < self.slots_of_row).then(|| (slot_of_lane * self.interleave.get() + lane, bit))
    }

    /// The slot of a cell, or, in columns that are left over, of the next row's first cell.
    fn slot_from(&self, cell: u64) -> u64 {
        let next_row = (cell / self.columns.get() + 1) * self.columns.get();
        // After the last row comes slot 0.
        let region = self.slots / self.slots_of_row * self.columns.get();
        let found = self.slot(cell).or_else(|| self.slot(next_row).filter(|_| next_row < region));
        found.map_or(0, |(slot, _)| slot)
    }

    /// The words begin in the middle of the slots: those up to the last slot come first.
    pub(super) fn stretches(&self, len_bits: u64) -> Vec<Stretch> {
        let end = self.first_slot + len_bits.div_ceil(self.word_bits);
        let turn = ((self.slots - self.first_slot) * self.word_bits).min(len_bits);
        let parts = [
            (self.first_slot..end.min(self.slots), 0..turn),
            (0..end.saturating_sub(self.slots), turn..len_bits),
        ];
        let all = parts.into_iter().flat_map(|(slots, bits)| {
            self.cells_of(slots).into_iter().map(move |cells| Stretch { cells, bits: bits.clone() })
        });
        all.collect()
    }

    /// Cells that hold all of these slots, whole rows of them.
    fn cells_of(&self, slots: Range<u64>) -> Vec<Range<u64>> {
        if slots.is_empty() {
            return Vec::new();
        }
        let of_group = self.slots_of_bank * self.interleave.get();
        let [first, last] = [slots.start, slots.end - 1].map(|slot| (slot / of_group, slot % of_group));
        if first.0 == last.0 {
            return self.cells_in_group(first.0, first.1, last.1).collect();
        }
        let cells_of_group = self.interleave.get() * self.rows.get() * self.columns.get();
        self.cells_in_group(first.0, first.1, of_group - 1)
            .chain(std::iter::once((first.0 + 1) * cells_of_group..last.0 * cells_of_group))
            .chain(self.cells_in_group(last.0, 0, last.1))
            .collect()
    }

    /// The same for slots `first` to `last` of a group of banks: some rows of each bank.
    fn cells_in_group(&self, group: u64, first: u64, last: u64) -> impl Iterator<Item = Range<u64>> {
        let [first, last] = [first, last].map(|slot| slot / self.interleave.get() / self.slots_of_row);
        let (interleave, rows, columns) = (self.interleave.get(), self.rows.get(), self.columns.get());
        (0..interleave).map(move |lane| {
            let row = (group * interleave + lane) * rows;
            (row + first) * columns..(row + last + 1) * columns
        })
    }
}
