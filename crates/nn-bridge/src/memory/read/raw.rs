//! Which bits of a region's words read wrong, before anything is corrected.

use crate::memory::cells::Stored;
use crate::memory::region::Region;

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
    /// So many bits of a tensor's weights more are expected to read wrong.
    pub(super) fn expect(&mut self, tensor: usize, bits: f64) {
        match self.expected.last_mut().filter(|(last, _)| *last == tensor) {
            Some((_, sum)) => *sum += bits,
            None => self.expected.push((tensor, bits)),
        }
    }
}

/// What a cell of a region holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Held {
    /// This bit of the image.
    Weight(u64),
    /// A check bit of a word.
    Check { word: u64, check: u32 },
    /// What fills a word up: a 0.
    Filling,
}

impl Held {
    /// At a code address; `None` where no cell is, or one that never fails.
    pub(super) fn at(region: &Region, address: u64) -> Option<Self> {
        let Region { words, bits, .. } = region;
        match words.data_bit(address) {
            Ok(Some(data)) if bits.is_image() => Some(Self::Weight(data)),
            Ok(Some(data)) => match bits.at(data) {
                Some(at) if at.is_robust => None,
                Some(at) => Some(Self::Weight(at.image_bit)),
                None => Some(Self::Filling),
            },
            Ok(None) => Some(Self::Filling),
            Err(check) => Some(Self::Check { word: address / words.coding.cells(), check }),
        }
    }

    /// The bit of the image that it is.
    pub(super) fn weight(self) -> Option<u64> {
        match self {
            Self::Weight(bit) => Some(bit),
            Self::Check { .. } | Self::Filling => None,
        }
    }

    /// Whether a 1 is stored.
    #[inline]
    pub(super) fn is_one(self, region: &Region, stored: Stored<'_>) -> bool {
        match self {
            Self::Weight(bit) => stored.get(bit),
            Self::Check { word, check } => region.check_bit(stored, word, check),
            Self::Filling => false,
        }
    }
}
