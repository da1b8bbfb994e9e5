//! Where a bit of a weight lies, and what lies in a cell.

use sram_model::{CellAddress, Geometry};

use super::{Memory, MemoryError, Region};
use crate::image::WeightBit;

/// Where a bit of a weight lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location {
    /// Number of its region.
    pub region: usize,
    /// Number of its word in the region.
    pub word: u64,
    /// Its place in the word.
    pub bit: u64,
}

/// A cell of a chip, or of the copy of this number where a region is longer than the chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChipCell {
    /// Number of the copy.
    pub copy: u64,
    /// Number of the cell.
    pub cell: u64,
    /// Its coordinates.
    pub at: CellAddress,
}

/// What a cell holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// A bit of a weight.
    Weight(WeightBit),
    /// The check bit of this number.
    Check(u32),
    /// Nothing: it fills a word up.
    Padding,
}

/// What a cell holds on one copy of the chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Number of the copy.
    pub copy: u64,
    /// Number of the word in the region.
    pub word: u64,
    /// Its place in the word.
    pub bit: u64,
    /// What it holds.
    pub holds: Holds,
}

impl Memory {
    /// Where a bit of a weight lies; `None` if there is no such bit.
    pub fn locate(&self, at: WeightBit) -> Option<Location> {
        self.layout.image_bit(at)?;
        self.regions.iter().enumerate().find_map(|(number, region)| {
            let address = region.words.address(region.bits.place(at)?);
            let cells = region.words.coding.cells();
            Some(Location { region: number, word: address / cells, bit: address % cells })
        })
    }
}

impl Region {
    /// Words that it has; without a code or layout that asks for words, bits.
    pub fn words(&self) -> u64 {
        self.words.count()
    }

    /// Cells of a word.
    pub fn word_cells(&self) -> u64 {
        self.words.coding.cells()
    }

    /// The cell in which a bit of a word lies on a chip, if the region begins `offset` cells later than it says.
    ///
    /// # Errors
    /// [`MemoryError`] if the region does not fit the chip.
    pub fn cell(
        &self,
        geometry: Geometry,
        offset: u64,
        word: u64,
        bit: u64,
    ) -> Result<ChipCell, MemoryError> {
        let arrangement = self.arrangement(geometry, offset)?;
        let placed = self.words.placed(arrangement.capacity());
        let address = word * self.words.coding.cells() + bit;
        let (copy, cell) = arrangement.cell(self.words.memory_bit(&placed, address));
        Ok(ChipCell { copy, cell, at: geometry.address(cell) })
    }

    /// What a cell of a chip holds on each of the first `most` copies of it; nothing if it lies in other banks, or no word uses it.
    ///
    /// # Errors
    /// [`MemoryError`] if the region does not fit the chip.
    pub fn held(
        &self,
        memory: &Memory,
        geometry: Geometry,
        offset: u64,
        cell: u64,
        most: u64,
    ) -> Result<Vec<Held>, MemoryError> {
        let arrangement = self.arrangement(geometry, offset)?;
        let (placed, capacity) = (self.words.placed(arrangement.capacity()), arrangement.capacity());
        let Some(first) = arrangement.memory_bit(cell) else { return Ok(Vec::new()) };
        let copies = (0..most).map(|copy| (copy, first + copy * capacity));
        let there =
            copies.take_while(|(_, bit)| *bit < placed.len_bits()).filter_map(|(copy, memory_bit)| {
                let address = self.words.address_at(&placed, memory_bit)?;
                let (word, bit) = (address / self.words.coding.cells(), address % self.words.coding.cells());
                Some(Held { copy, word, bit, holds: self.holds(memory, address) })
            });
        Ok(there.collect())
    }

    fn holds(&self, memory: &Memory, address: u64) -> Holds {
        let data = match self.words.data_bit(address) {
            Ok(data) => data,
            Err(check) => return Holds::Check(check),
        };
        let image_bit = data.and_then(|data| self.bits.at(data)).map(|at| at.image_bit);
        image_bit.and_then(|bit| memory.layout.weight_bit(bit)).map_or(Holds::Padding, Holds::Weight)
    }
}
