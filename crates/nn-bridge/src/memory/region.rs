//! A region: bits of weights, their words, and where these lie.

use sram_model::{Geometry, Spares};

use super::MemoryError;
use super::bits::{Piece, RegionBits};
use super::cells::Stored;
use super::description::{OnDetected, RegionDescription, RegionPlace};
use super::killi::{CHECK_BITS, LINE_BITS, PARITY_BITS};
use super::layout::{Arrangement, LayoutError};
use super::words::{Coding, IN_PLACE_BITS, IN_PLACE_CHECK, Words, from_code_bit};

/// A region of a memory.
#[derive(Clone, Debug)]
pub struct Region {
    /// Which of the memory's regions it is.
    pub(super) number: u64,
    pub(super) place: RegionPlace,
    pub(super) description: RegionDescription,
    pub(super) bits: RegionBits,
    pub(super) words: Words,
    /// Cell, among those of its banks, of its first bit.
    pub(super) offset: u64,
}

impl Region {
    /// What it is called in messages.
    pub fn name(&self) -> &str {
        self.place.name()
    }

    /// As it was described.
    pub fn description(&self) -> &RegionDescription {
        &self.description
    }

    /// Bits of weights that lie in it.
    pub fn weight_bits(&self) -> u64 {
        self.bits.weight_bits()
    }

    /// Whether words of it may be read again, from memory that does not fail.
    pub fn reads_again(&self) -> bool {
        self.description.on_detected == OnDetected::Reread || self.description.killi.is_some()
    }

    /// Whether it lies on a chip: its cells neither are safe nor have a rate of their own.
    pub fn is_on_chip(&self) -> bool {
        !self.description.safe && self.description.rate.is_none()
    }

    /// Cells that it takes, on a chip and beside it.
    pub fn cells(&self) -> u64 {
        self.stored_cells() + self.safe_cells()
    }

    /// Cells that it takes in small memories that do not fail: marks of inverted words, words that come from there, states of lines
    /// and the ECC cache.
    pub fn safe_cells(&self) -> u64 {
        let mut cells =
            u64::from(self.description.patch_words).min(self.words.count()) * self.words.coding.cells();
        if self.description.invert_words {
            cells += self.words.count();
        }
        if let Some(killi) = self.description.killi {
            // States of two bits.
            cells += 2 * self.words.count();
            if killi.lines_per_entry > 0 {
                cells += CHECK_BITS * self.words.count().div_ceil(killi.lines_per_entry.into());
            }
        }
        cells
    }

    /// Cells of its words that are robust.
    pub(super) fn robust_cells(&self) -> u64 {
        self.bits.pieces().iter().map(Piece::robust_bits).sum()
    }

    /// Cells that its words take, with check bits and what fills words up: those that lie on a chip.
    pub fn stored_cells(&self) -> u64 {
        self.words.cells()
    }

    /// Check bits that take cells of their own.
    pub fn check_bits(&self) -> u64 {
        self.words.count() * self.words.coding.extra_bits()
    }

    /// Whether spare lines stand in for lines of its banks.
    pub fn has_spares(&self) -> bool {
        self.description.spares() != Spares::default()
    }

    /// Whether it is repaired by what is known of its cells.
    pub(super) fn is_repaired(&self) -> bool {
        self.has_spares() || self.description.disable_from.is_some() || self.repairs_words()
    }

    /// Cells of the banks that it lies in.
    pub fn cells_of_banks(&self, geometry: Geometry) -> u64 {
        let [first, end] = self.description.banks.unwrap_or([0, geometry.banks()]);
        geometry.cells_per_bank() * u64::from(end.min(geometry.banks()).saturating_sub(first))
    }

    /// Whether something is done about single words, by what they store.
    pub(super) fn repairs_words(&self) -> bool {
        self.description.invert_words || self.description.patch_words > 0
    }

    /// Where its words lie on a chip, begun `offset` cells later than it says.
    pub(super) fn arrangement(&self, geometry: Geometry, offset: u64) -> Result<Arrangement, MemoryError> {
        let banks = self.description.banks.map_or(0..geometry.banks(), |[first, end]| first..end);
        let cells = geometry.cells_per_bank() * u64::from(banks.end.saturating_sub(banks.start));
        // Both may be any numbers.
        let offset = if cells == 0 { 0 } else { (self.offset % cells + offset % cells) % cells };
        let kind = self.description.layout.arrangement;
        let word = self.words.coding.cells() as u32;
        Arrangement::new(kind, geometry, banks, word, offset).map_err(|source| {
            let is_of_banks = matches!(source, LayoutError::Banks { .. });
            let (key, other) = if is_of_banks { ("banks", "layout") } else { ("layout", "banks") };
            let region = format!("{}: `{key}`", self.place.first_key(&[key, other]));
            MemoryError::Layout { region, source }
        })
    }

    /// A check bit of a word, as it is stored.
    pub(super) fn check_bit(&self, stored: Stored<'_>, word: u64, check: u32) -> bool {
        let data = |bit: u64| self.words.data_of(word, bit).is_some_and(|data| self.stored(stored, data));
        match &self.words.coding {
            Coding::Plain(_) => false,
            // Data bit b is in segment b mod 16.
            Coding::Lines => {
                let segment = (u64::from(check)..LINE_BITS).step_by(PARITY_BITS as usize);
                segment.fold(false, |parity, bit| parity ^ data(bit))
            }
            Coding::Code(code) => code.encode_bit(check, |bit| data(u64::from(bit))),
            Coding::InPlace(code) if self.words.data_of(word, u64::from(IN_PLACE_BITS) - 1).is_some() => {
                code.encode_bit(check, |bit| data(from_code_bit(bit)))
            }
            // A rest that is too short for check bits has its weights as they are.
            Coding::InPlace(_) => data(u64::from(8 * check + IN_PLACE_CHECK)),
        }
    }

    /// The bit of the image at a bit of the data string; `None` of what fills words up.
    pub(super) fn image_bit(&self, data: u64) -> Option<u64> {
        if self.bits.is_image() { Some(data) } else { self.bits.at(data).map(|at| at.image_bit) }
    }

    /// A bit of the data string, as it is stored; what fills words up is 0.
    fn stored(&self, stored: Stored<'_>, data: u64) -> bool {
        if self.bits.is_image() {
            return stored.get(data);
        }
        self.bits.at(data).is_some_and(|at| stored.get(at.image_bit))
    }
}
