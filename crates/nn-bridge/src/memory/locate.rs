//! Where a bit of a weight lies, and what lies in a cell.

use std::fmt;

use sram_model::{CellAddress, Geometry};

use super::cells::OnChip;
use super::laid::Laid;
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

/// A region on a chip.
pub struct RegionOnChip<'a> {
    laid: Laid<'a>,
    geometry: Geometry,
    word_cells: u64,
}

impl RegionOnChip<'_> {
    /// The cell in which a bit of a word lies.
    pub fn cell(&self, word: u64, bit: u64) -> ChipCell {
        let (copy, cell) = self.laid.cell(word * self.word_cells + bit);
        ChipCell { copy, cell, at: self.geometry.address(cell) }
    }
}

impl fmt::Debug for RegionOnChip<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a region on a chip of {}", self.geometry)
    }
}

impl Memory {
    /// How many copies of a chip it takes, with what layouts leave empty and words that are not used: those of the banks that most
    /// are taken of. `on` gives the chip of a region, if it is on one.
    ///
    /// # Errors
    /// [`MemoryError`] if a region does not fit its chip.
    pub fn copies<'a>(&self, on: impl Fn(usize) -> Option<OnChip<'a>>) -> Result<Option<f64>, MemoryError> {
        // Regions in the same banks share them.
        let mut shares: Vec<(&Region, f64)> = Vec::new();
        for (number, region) in self.regions.iter().enumerate() {
            let Some(on) = on(number) else { continue };
            let copies = region.copies(on)?;
            let same = |(other, _): &&mut (&Region, f64)| {
                let (one, other) = (&region.description, &other.description);
                one.chip == other.chip && one.banks == other.banks
            };
            match shares.iter_mut().find(same) {
                Some((_, share)) => *share += copies,
                None => shares.push((region, copies)),
            }
        }
        Ok(shares.into_iter().map(|(_, share)| share).reduce(f64::max))
    }

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

    /// What a bit of a word holds; of check bits in place another thing than the weight that it was made of.
    pub fn holds_at(&self, memory: &Memory, word: u64, bit: u64) -> Holds {
        self.holds(memory, word * self.words.coding.cells() + bit)
    }

    /// Checks that it fits a chip of this size.
    ///
    /// # Errors
    /// [`MemoryError`] if it does not.
    pub fn check(&self, geometry: Geometry) -> Result<(), MemoryError> {
        Laid::of(self, OnChip { geometry, map: None, offset: 0 }).map(|_| ())
    }

    /// The cell in which a bit of a word lies on a chip.
    ///
    /// # Errors
    /// [`MemoryError`] if the region does not fit the chip.
    pub fn cell(&self, on: OnChip<'_>, word: u64, bit: u64) -> Result<ChipCell, MemoryError> {
        Ok(self.on(on)?.cell(word, bit))
    }

    /// The cells in which its bits lie on a chip, for many of them.
    ///
    /// # Errors
    /// [`MemoryError`] if the region does not fit the chip.
    pub fn on(&self, on: OnChip<'_>) -> Result<RegionOnChip<'_>, MemoryError> {
        Ok(RegionOnChip { laid: Laid::of(self, on)?, geometry: on.geometry, word_cells: self.word_cells() })
    }

    /// How many copies of its banks on a chip it takes, with what its layout leaves empty and words that are not used.
    ///
    /// # Errors
    /// [`MemoryError`] if the region does not fit the chip.
    pub fn copies(&self, on: OnChip<'_>) -> Result<f64, MemoryError> {
        let laid = Laid::of(self, on)?;
        Ok(laid.len_bits() as f64 / laid.capacity() as f64)
    }

    /// What a cell of a chip holds on each of the first `most` copies of it; nothing if it lies in other banks, or no word uses it.
    ///
    /// # Errors
    /// [`MemoryError`] if the region does not fit the chip.
    pub fn held(
        &self,
        memory: &Memory,
        on: OnChip<'_>,
        cell: u64,
        most: u64,
    ) -> Result<Vec<Held>, MemoryError> {
        let laid = Laid::of(self, on)?;
        let Some(first) = laid.memory_bit(cell) else { return Ok(Vec::new()) };
        let copies = (0..most).map(|copy| (copy, first + copy * laid.capacity()));
        let there = copies.take_while(|(_, bit)| *bit < laid.len_bits());
        let there = there.filter_map(|(copy, memory_bit)| {
            let address = laid.address(memory_bit)?;
            let (word, bit) = (address / self.words.coding.cells(), address % self.words.coding.cells());
            Some(Held { copy, word, bit, holds: self.holds(memory, address) })
        });
        Ok(there.collect())
    }

    /// Whether a cell of a chip is one of words that are not used, for their faulty cells.
    ///
    /// # Errors
    /// [`MemoryError`] if the region does not fit the chip.
    pub fn disables(&self, on: OnChip<'_>, cell: u64) -> Result<bool, MemoryError> {
        Ok(Laid::of(self, on)?.disables(cell))
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
