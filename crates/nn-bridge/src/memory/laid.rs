//! A region on a chip: which of its bits lies in which cell, without words that are not used.

use sram_model::CellFault;

use super::cells::OnChip;
use super::layout::Arrangement;
use super::used::Used;
use super::words::Placed;
use super::{MemoryError, Outgrown, Region};

/// A region on a chip.
pub(super) struct Laid<'a> {
    region: &'a Region,
    arrangement: Arrangement,
    /// None if all words are used.
    used: Option<Used>,
    placed: Placed,
    /// Memory bits of a copy.
    capacity: u64,
}

impl<'a> Laid<'a> {
    pub(super) fn of(region: &'a Region, on: OnChip<'_>) -> Result<Self, MemoryError> {
        let arrangement = region.arrangement(on.geometry, on.offset)?;
        let used = on.map.and_then(|map| Used::of(region, &arrangement, map.faults()));
        let capacity = used.as_ref().map_or(arrangement.capacity(), Used::capacity);
        if capacity == 0 {
            return Err(MemoryError::NoWords { region: region.place.key("disable_from") });
        }
        let bits = region.words.cells();
        if region.description.outgrown == Outgrown::Refuse && bits > capacity {
            let region = region.place.key("outgrown");
            return Err(MemoryError::Outgrown { region, bits, room: capacity });
        }
        Ok(Self { region, arrangement, used, placed: region.words.placed(capacity), capacity })
    }

    /// Memory bits that a copy has room for.
    pub(super) fn capacity(&self) -> u64 {
        self.capacity
    }

    /// Memory bits that it takes, gaps and all.
    pub(super) fn len_bits(&self) -> u64 {
        self.placed.len_bits()
    }

    /// Words that are not used, in one copy.
    pub(super) fn disabled_words(&self) -> u64 {
        self.used.as_ref().map_or(0, |used| used.disabled_words(self.region))
    }

    /// The faults that it meets, each with its code address, in any order.
    pub(super) fn hits<'b>(&'b self, faults: &'b [CellFault]) -> impl Iterator<Item = (u64, CellFault)> + 'b {
        let used = self.used.as_ref().map(|used| used.hits(&self.arrangement, faults, self.len_bits()));
        let all = self.used.is_none().then(|| self.arrangement.hits(faults, self.len_bits()));
        let hits = used.into_iter().flatten().chain(all.into_iter().flatten());
        hits.filter_map(|(bit, fault)| Some((self.address(bit)?, fault)))
    }

    /// The code address at a memory bit; none in a gap, or after the end.
    pub(super) fn address(&self, memory_bit: u64) -> Option<u64> {
        self.region.words.address_at(&self.placed, memory_bit)
    }

    /// Copy and cell of a code address.
    pub(super) fn cell(&self, address: u64) -> (u64, u64) {
        let memory_bit = self.region.words.memory_bit(&self.placed, address);
        (memory_bit / self.capacity, self.cell_of(memory_bit % self.capacity))
    }

    /// The cell of a memory bit of the first copy.
    fn cell_of(&self, memory_bit: u64) -> u64 {
        let bit = self.used.as_ref().map_or(memory_bit, |used| used.holding(memory_bit));
        self.arrangement.cell(bit).1
    }

    /// The memory bit of the first copy that a cell holds; none if it lies in other banks, or no word uses it.
    pub(super) fn memory_bit(&self, cell: u64) -> Option<u64> {
        let bit = self.arrangement.memory_bit(cell)?;
        self.used.as_ref().map_or(Some(bit), |used| used.held(bit))
    }

    /// Whether a cell is one of words that are not used, for their faulty cells.
    pub(super) fn disables(&self, cell: u64) -> bool {
        let bit = self.arrangement.memory_bit(cell);
        self.used.as_ref().zip(bit).is_some_and(|(used, bit)| used.disables(bit))
    }

    /// Whether the first copy of a cell holds a bit of the region, or fills one of its words up.
    pub(super) fn takes(&self, cell: u64) -> bool {
        self.memory_bit(cell).is_some_and(|bit| self.address(bit).is_some())
    }

    /// The cells of the first copy that it takes.
    pub(super) fn cells(&self) -> impl Iterator<Item = u64> {
        let bits = 0..self.most_cells();
        bits.filter(|&bit| self.address(bit).is_some()).map(|bit| self.cell_of(bit))
    }

    /// No more than so many [`cells`](Self::cells).
    pub(super) fn most_cells(&self) -> u64 {
        self.len_bits().min(self.capacity)
    }
}
