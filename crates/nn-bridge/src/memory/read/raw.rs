//! Which bits of a region's words read wrong, before anything is corrected.

use sram_model::{CellFault, FaultMap};

use super::repair::{self, Used};
use super::{Cells, Stored, random};
use crate::image::ImageLayout;
use crate::memory::region::Region;
use crate::memory::which::Draws;
use crate::memory::{Detector, MemoryError};

/// The wrong bits of a region's words, by code address.
#[derive(Debug, Default)]
pub(super) struct Raw {
    /// Code addresses of bits that read wrong, ascending.
    pub(super) wrong: Vec<u64>,
    /// Code addresses of bits that a detector flagged, ascending.
    pub(super) flagged: Vec<u64>,
    /// Faulty cells that hold bits of the region.
    pub(super) faults: u64,
    /// How many bits of weights are expected to read wrong, of tensors by their number, in any order and parts.
    pub(super) expected: Vec<(usize, f64)>,
    /// Words of cells that are not used.
    pub(super) disabled_words: u64,
    /// Words that are stored inverted.
    pub(super) inverted_words: u64,
    /// Words that come from a small memory that does not fail.
    pub(super) patched_words: u64,
}

impl Raw {
    /// Those of a region whose cells are these.
    pub(super) fn of(
        region: &Region,
        stored: Stored<'_>,
        cells: Cells<'_>,
        draws: Draws,
        number: u64,
    ) -> Result<Self, MemoryError> {
        let mut raw = match cells {
            Cells::Safe => Self::default(),
            Cells::Random { .. } if region.is_repaired() => {
                return Err(MemoryError::Repair { region: region.place.clone() });
            }
            Cells::Random { rate, seed, fresh } => {
                random::Random { rate, seed, read: fresh.then_some(number) }.wrong(region, stored)
            }
            Cells::Chip { map, offset } => Self::of_chip(region, stored, map, offset, draws)?,
        };
        // Copies of a chip, banks side by side: what ascends by cell need not ascend by word.
        for addresses in [&mut raw.wrong, &mut raw.flagged] {
            if !addresses.is_sorted() {
                addresses.sort_unstable();
            }
        }
        raw.detect(region, draws);
        Ok(raw)
    }

    fn of_chip(
        region: &Region,
        stored: Stored<'_>,
        map: &FaultMap,
        offset: u64,
        draws: Draws,
    ) -> Result<Self, MemoryError> {
        let arrangement = region.arrangement(map.geometry(), offset)?;
        let mut raw = Self::default();
        let extra = draws.of_extra(region.number);
        let Some(used) = Used::of(region, &arrangement, map.faults()) else {
            let placed = region.words.placed(arrangement.capacity());
            let hits = arrangement.hits(map.faults(), placed.len_bits());
            let hits = hits.filter_map(|(bit, fault)| Some((region.words.address_at(&placed, bit)?, fault)));
            raw.look_at(region, stored, hits, [draws, extra]);
            return Ok(raw);
        };
        if used.capacity() == 0 {
            return Err(MemoryError::NoWords { region: region.place.clone() });
        }
        raw.disabled_words = used.disabled_words(region);
        let placed = region.words.placed(used.capacity());
        let hits = used.hits(&arrangement, map.faults(), placed.len_bits()).into_iter();
        let hits = hits.filter_map(|(bit, fault)| Some((region.words.address_at(&placed, bit)?, fault)));
        raw.look_at(region, stored, hits, [draws, extra]);
        Ok(raw)
    }

    /// Draws which faults show, each at its code address; `draws` are those of bits of weights and of others.
    fn look_at(
        &mut self,
        region: &Region,
        stored: Stored<'_>,
        hits: impl Iterator<Item = (u64, CellFault)>,
        draws: [Draws; 2],
    ) {
        if !region.repairs_words() {
            hits.for_each(|(address, fault)| self.meet(region, stored, address, &fault, false, draws));
            return;
        }
        let hits: Vec<(u64, CellFault)> = hits.collect();
        let words = repair::Words::of(region, stored, &hits);
        (self.inverted_words, self.patched_words) = (words.inverted(), words.patched());
        let cells = region.words.coding.cells();
        for (address, fault) in hits.into_iter().filter(|(address, _)| !words.is_patched(address / cells)) {
            let is_inverted = words.is_inverted(address / cells);
            self.meet(region, stored, address, &fault, is_inverted, draws);
        }
    }

    fn meet(
        &mut self,
        region: &Region,
        stored: Stored<'_>,
        address: u64,
        fault: &CellFault,
        is_inverted: bool,
        [draws, extra]: [Draws; 2],
    ) {
        let Some(bit) = StoredBit::of(region, stored, address) else { return };
        let bit = StoredBit { is_one: bit.is_one ^ is_inverted, ..bit };
        self.faults += 1;
        if matches!(region.description.detector, Some(Detector::Profile {})) {
            self.flagged.push(address);
        }
        let draws = if bit.weight.is_some() { draws } else { extra };
        self.look(fault, &bit, address, draws, stored.layout);
    }

    /// Draws whether a fault shows.
    fn look(&mut self, fault: &CellFault, bit: &StoredBit, address: u64, draws: Draws, layout: &ImageLayout) {
        let probability = draws.probability(fault.flip, bit.is_one);
        if let Some(tensor) = bit.weight.and_then(|weight| layout.tensor(weight)) {
            match self.expected.last_mut().filter(|(last, _)| *last == tensor) {
                Some((_, sum)) => *sum += probability,
                None => self.expected.push((tensor, probability)),
            }
        }
        if draws.shows(probability, bit.is_one, bit.weight.unwrap_or(address)) {
            self.wrong.push(address);
        }
    }

    /// Flags bits as a circuit does that sees them read.
    fn detect(&mut self, region: &Region, draws: Draws) {
        let Some(Detector::Razor { detection, false_alarm }) = region.description.detector else { return };
        let draws = draws.of_detector(region.number);
        self.flagged =
            self.wrong.iter().copied().filter(|&address| draws.happens(detection, address)).collect();
        let alarms = random::false_alarms(false_alarm, draws, region.words.cells());
        if !alarms.is_empty() {
            self.flagged.extend(alarms);
            self.flagged.sort_unstable();
            self.flagged.dedup();
        }
    }
}

/// What a cell of a region stores.
pub(super) struct StoredBit {
    /// The bit of the image that it holds; none of check bits and of what fills words up.
    pub(super) weight: Option<u64>,
    pub(super) is_one: bool,
}

impl StoredBit {
    /// At a code address; `None` where no cell is, or one that never fails.
    pub(super) fn of(region: &Region, stored: Stored<'_>, address: u64) -> Option<Self> {
        let Region { words, bits, .. } = region;
        match words.data_bit(address) {
            Ok(Some(data)) if bits.is_image() => {
                Some(Self { weight: Some(data), is_one: stored.bits.get(data) })
            }
            Ok(Some(data)) => match bits.at(data) {
                Some(at) if at.is_robust => None,
                Some(at) => Some(Self { weight: Some(at.image_bit), is_one: stored.bits.get(at.image_bit) }),
                None => Some(Self { weight: None, is_one: false }),
            },
            Ok(None) => Some(Self { weight: None, is_one: false }),
            Err(check) => {
                let word = address / words.coding.cells();
                Some(Self { weight: None, is_one: region.check_bit(stored.bits, word, check) })
            }
        }
    }
}
