//! Random bit errors of a region. Those of weights' bits are keyed by their place in the image, so that they do not depend on how
//! it is divided into regions and laid out.

use flip_core::{PersistentErrors, Rate, SparseMask, TransientErrors};

use super::raw::Raw;
use crate::image::WeightBit;
use crate::memory::Detector;
use crate::memory::cells::Stored;
use crate::memory::region::Region;
use crate::memory::which::{Draws, extra_seed};
use crate::memory::words::Coding;

/// Random bit errors.
#[derive(Clone, Copy, Debug)]
pub(super) struct Random {
    pub(super) rate: Rate,
    pub(super) seed: u64,
    /// The number of the read, if each has other errors.
    pub(super) read: Option<u64>,
}

impl Random {
    /// The bits in error among `len_bits` from `first_bit` on, counted from there.
    fn mask(self, first_bit: u64, len_bits: u64) -> SparseMask {
        let mask = match self.read {
            Some(read) => TransientErrors::new(self.seed, self.rate).mask(read, first_bit, len_bits),
            None => PersistentErrors::new(self.seed).mask(self.rate, first_bit, len_bits),
        };
        mask.into_sparse()
    }

    /// The bits of a region's words that are in error.
    pub(super) fn wrong(self, region: &Region, stored: Stored<'_>) -> Raw {
        let mut wrong = self.of_weights(region, stored);
        let (words, bits) = (&region.words, &region.bits);
        let extra = Self { seed: extra_seed(self.seed, region.number), ..self };
        if words.coding.extra_bits() > 0 {
            let (of_word, cells) = (words.coding.extra_bits(), words.coding.cells());
            let position = |check: u64| match &words.coding {
                Coding::Code(code) => u64::from(code.check_positions()[check as usize]),
                other => other.data_bits() + check,
            };
            let address = |at: u64| at / of_word * cells + position(at % of_word);
            wrong.extend(extra.mask(0, words.count() * of_word).iter().map(|(at, _)| address(at)));
            let of_data = words.coding.data_bits();
            if words.count() * of_data > bits.weight_bits() {
                // What fills words up lies in cells, too, and counts for the code.
                let fills = |at: u64| {
                    words.data_of(at / of_data, at % of_data).and_then(|data| bits.at(data)).is_none()
                };
                let address = |at: u64| at / of_data * cells + words.coding.place(at % of_data);
                let again = Self { seed: extra_seed(extra.seed, region.number), ..self };
                let filling = again.mask(0, words.count() * of_data);
                wrong.extend(filling.iter().map(|(at, _)| at).filter(|&at| fills(at)).map(address));
            }
        }
        let faults = wrong.len() as u64;
        // Nobody has a list of errors that are others in each read.
        let knows = matches!(region.description.detector, Some(Detector::Profile {})) && self.read.is_none();
        let flagged = if knows { wrong.clone() } else { Vec::new() };
        let expected =
            bits.pieces().iter().map(|piece| (piece.tensor, self.rate.get() * piece.open_bits() as f64));
        Raw { faults, expected: expected.collect(), wrong, flagged, ..Raw::default() }
    }

    /// Those that are weights'.
    fn of_weights(self, region: &Region, stored: Stored<'_>) -> Vec<u64> {
        let (words, bits) = (&region.words, &region.bits);
        if bits.is_image() {
            let mask = self.mask(0, stored.layout.len_bits());
            return mask.iter().map(|(bit, _)| words.address(bit)).collect();
        }
        let mut wrong = Vec::new();
        for piece in bits.pieces() {
            let range = stored.layout.bits(piece.tensor);
            let width = u64::from(stored.layout.width(piece.tensor).bits());
            for (bit, _) in self.mask(range.start, range.end - range.start).iter() {
                let (element, bit) = ((bit / width) as usize, (bit % width) as u32);
                if piece.robust >> bit & 1 == 1 {
                    continue;
                }
                let place = bits.place(WeightBit { tensor: piece.tensor, element, bit });
                wrong.extend(place.map(|place| words.address(place)));
            }
        }
        wrong
    }
}

/// Code addresses below `cells` at which a detector flags right bits.
pub(super) fn false_alarms(rate: f64, draws: Draws, cells: u64) -> Vec<u64> {
    let Ok(rate) = Rate::new(rate) else { return Vec::new() };
    let alarms = Random { rate, seed: draws.alarms(), read: Some(0) };
    alarms.mask(0, cells).iter().map(|(address, _)| address).collect()
}
