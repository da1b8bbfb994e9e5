//! A region: bits of weights, their words, and where these lie.

use flip_core::Bits;
use sram_model::Geometry;

use super::MemoryError;
use super::bits::RegionBits;
use super::description::RegionDescription;
use super::killi::{CHECK_BITS, LINE_BITS, PARITY_BITS};
use super::layout::Arrangement;
use super::words::{Coding, IN_PLACE_BITS, IN_PLACE_CHECK, Words, from_code_bit};

/// A region of a memory.
#[derive(Clone, Debug)]
pub struct Region {
    /// Which of the memory's regions it is.
    pub(super) number: u64,
    pub(super) name: String,
    pub(super) description: RegionDescription,
    pub(super) bits: RegionBits,
    pub(super) words: Words,
    /// Cell, among those of its banks, of its first bit.
    pub(super) offset: u64,
}

impl Region {
    /// What it is called in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// As it was described.
    pub fn description(&self) -> &RegionDescription {
        &self.description
    }

    /// Bits of weights that lie in it.
    pub fn weight_bits(&self) -> u64 {
        self.bits.weight_bits()
    }

    /// Cells that it takes: those of check bits and of what fills words up, marks of inverted words, and words of the small memory
    /// among them.
    pub fn cells(&self) -> u64 {
        let mut marks = if self.description.invert_words { self.words.count() } else { 0 };
        if let Some(killi) = self.description.killi {
            // States of two bits, and the ECC cache.
            let entries = self.words.count().div_ceil(u64::from(killi.lines_per_entry.max(1)));
            marks +=
                2 * self.words.count() + if killi.lines_per_entry == 0 { 0 } else { entries * CHECK_BITS };
        }
        self.words.cells() + marks + u64::from(self.description.patch_words) * self.words.coding.cells()
    }

    /// Check bits that take cells of their own.
    pub fn check_bits(&self) -> u64 {
        self.words.count() * self.words.coding.extra_bits()
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
        let arrangement = Arrangement::new(kind, geometry, banks, word, offset);
        let arrangement =
            arrangement.map_err(|source| MemoryError::Layout { region: self.name.clone(), source })?;
        let room = arrangement.capacity();
        if self.description.outgrown == super::Outgrown::Refuse && self.words.cells() > room {
            return Err(MemoryError::Outgrown { region: self.name.clone(), bits: self.words.cells(), room });
        }
        Ok(arrangement)
    }

    /// A check bit of a word, as it is stored.
    pub(super) fn check_bit(&self, stored: Bits<'_>, word: u64, check: u32) -> bool {
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
    fn stored(&self, stored: Bits<'_>, data: u64) -> bool {
        if self.bits.is_image() {
            return stored.get(data);
        }
        self.bits.at(data).is_some_and(|at| stored.get(at.image_bit))
    }
}
