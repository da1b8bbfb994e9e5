//! The faults of a chip that a region's words meet, and which of them show.

use sram_model::{CellFault, FaultMap};

use super::raw::{Held, Raw};
use super::repair;
use crate::memory::cells::Stored;
use crate::memory::laid::Laid;
use crate::memory::region::Region;
use crate::memory::which::Draws;
use crate::memory::{Detector, MemoryError, OnChip};

/// What a region's words read wrong on a chip with these faults, begun `offset` cells later than it says.
pub(super) fn read(
    region: &Region,
    stored: Stored<'_>,
    (map, offset): (&FaultMap, u64),
    draws: Draws,
) -> Result<Raw, MemoryError> {
    let laid = Laid::of(region, OnChip { geometry: map.geometry(), map: Some(map), offset })?;
    let raw = Raw { disabled_words: laid.disabled_words(), ..Raw::default() };
    let mut meeting = Meeting { region, stored, draws, extra: draws.of_extra(region.number), raw };
    meeting.all(laid.hits(map.faults()));
    Ok(meeting.raw)
}

/// The number of cells that are looked at together. Layouts may spread them over the whole image, where each stored bit takes a
/// fetch from memory, which is begun where the bit is known and under way while the next cells are looked for.
const TOGETHER: usize = 64;

/// Words that meet faults.
struct Meeting<'a> {
    region: &'a Region,
    stored: Stored<'a>,
    /// For bits of weights.
    draws: Draws,
    /// For others.
    extra: Draws,
    raw: Raw,
}

/// A faulty cell of a word.
struct Met {
    address: u64,
    fault: CellFault,
    held: Held,
    is_inverted: bool,
}

impl Meeting<'_> {
    /// Meets faults, each at its code address.
    fn all(&mut self, hits: impl Iterator<Item = (u64, CellFault)>) {
        if !self.region.repairs_words() {
            self.each(hits.map(|(address, fault)| (address, fault, false)));
            return;
        }
        let hits: Vec<(u64, CellFault)> = hits.collect();
        let words = repair::Words::of(self.region, self.stored, &hits);
        (self.raw.inverted_words, self.raw.patched_words) = (words.inverted(), words.patched());
        let cells = self.region.words.coding.cells();
        let left = hits.into_iter().filter(|(address, _)| !words.is_patched(address / cells));
        self.each(left.map(|(address, fault)| (address, fault, words.is_inverted(address / cells))));
    }

    /// The same, each with whether its word is stored inverted.
    fn each(&mut self, hits: impl Iterator<Item = (u64, CellFault, bool)>) {
        let mut together = Vec::with_capacity(TOGETHER);
        hits.for_each(|(address, fault, is_inverted)| {
            let Some(held) = Held::at(self.region, address) else { return };
            if let Held::Weight(bit) = held {
                self.stored.prefetch(bit);
            }
            together.push(Met { address, fault, held, is_inverted });
            if together.len() == TOGETHER {
                together.drain(..).for_each(|met| self.one(&met));
            }
        });
        together.iter().for_each(|met| self.one(met));
    }

    fn one(&mut self, met: &Met) {
        let Met { address, fault, held, is_inverted } = *met;
        let is_one = held.is_one(self.region, self.stored) ^ is_inverted;
        let weight = held.weight();
        self.raw.faults += 1;
        if matches!(self.region.description.detector, Some(Detector::Profile {})) {
            self.raw.flagged.push(address);
        }
        let draws = if weight.is_some() { self.draws } else { self.extra };
        let probability = draws.probability(fault.flip, is_one);
        if let Some(tensor) = weight.and_then(|weight| self.stored.layout.tensor(weight)) {
            self.raw.expect(tensor, probability);
        }
        if draws.shows(probability, is_one, weight.unwrap_or(address)) {
            self.raw.wrong.push(address);
        }
    }
}
