//! A fault mask as a sorted list: 8 bytes a fault, and applying it costs per fault, whatever the length.

use super::{FaultKind, check_window};
use crate::arch;
use crate::bits::{Bits, BitsMut, check_same};
use crate::error::{LengthError, MaskError};

/// Faults of a bit string as a list sorted by position, at most one a bit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SparseMask {
    /// Position × 4 + code of the kind; ascending, positions distinct and below `len_bits`.
    entries: Vec<u64>,
    len_bits: u64,
}

impl SparseMask {
    /// The longest mask there can be, in bits.
    pub const MAX_LEN_BITS: u64 = 1 << 62;

    /// A mask of `len_bits` bits without faults.
    ///
    /// # Errors
    /// [`MaskError::TooLong`] above [`MAX_LEN_BITS`](Self::MAX_LEN_BITS).
    pub fn empty(len_bits: u64) -> Result<Self, MaskError> {
        Self::from_faults(len_bits, [])
    }

    /// The mask of `len_bits` bits with the given faults, each a position and a kind, in any order.
    ///
    /// # Errors
    /// [`MaskError`] if a fault lies outside, two share a bit, or the mask is too long.
    pub fn from_faults(
        len_bits: u64,
        faults: impl IntoIterator<Item = (u64, FaultKind)>,
    ) -> Result<Self, MaskError> {
        if len_bits > Self::MAX_LEN_BITS {
            return Err(MaskError::TooLong { len_bits });
        }
        let mut entries = Vec::new();
        let mut sorted = true;
        for (position, kind) in faults {
            if position >= len_bits {
                return Err(MaskError::OutOfRange { position, len_bits });
            }
            let entry = position << 2 | encode(kind);
            sorted &= entries.last().is_none_or(|&last| last < entry);
            entries.push(entry);
        }
        if !sorted {
            entries.sort_unstable();
        }
        if let Some(pair) = entries.windows(2).find(|pair| pair[0] >> 2 == pair[1] >> 2) {
            return Err(MaskError::Duplicate { position: pair[0] >> 2 });
        }
        Ok(Self { entries, len_bits })
    }

    /// The mask that inverts the bits at `positions`, which ascend and lie below `len_bits`.
    pub(crate) fn inverting(len_bits: u64, positions: impl Iterator<Item = u64>) -> Self {
        let entries: Vec<u64> =
            positions.map(|position| position << 2 | encode(FaultKind::Inverts)).collect();
        debug_assert!(entries.is_sorted_by(|a, b| a < b));
        debug_assert!(entries.last().is_none_or(|&last| last >> 2 < len_bits));
        Self { entries, len_bits }
    }

    /// Length of the bit string that it masks, in bits.
    pub fn len_bits(&self) -> u64 {
        self.len_bits
    }

    /// The number of faults.
    pub fn count(&self) -> u64 {
        self.entries.len() as u64
    }

    /// The faults by ascending position.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (u64, FaultKind)> + Clone + '_ {
        self.entries.iter().map(|&entry| (entry >> 2, decode(entry)))
    }

    /// Keeps the faults that `keep` accepts.
    pub fn retain(&mut self, mut keep: impl FnMut(u64, FaultKind) -> bool) {
        self.entries.retain(|&entry| keep(entry >> 2, decode(entry)));
    }

    /// See [`FaultMask::apply`](super::FaultMask::apply).
    ///
    /// # Errors
    /// [`LengthError`] if `bits` and the mask differ in length.
    pub fn apply(&self, bits: &mut BitsMut<'_>) -> Result<(), LengthError> {
        check_same(bits.len_bits(), self.len_bits)?;
        self.apply_at(bits, 0)
    }

    /// See [`FaultMask::apply_at`](super::FaultMask::apply_at).
    ///
    /// # Errors
    /// [`LengthError`] if the mask reaches behind the end of `bits`.
    pub fn apply_at(&self, bits: &mut BitsMut<'_>, first_bit: u64) -> Result<(), LengthError> {
        check_window(self.len_bits, first_bit, bits.len_bits())?;
        for (index, &entry) in self.entries.iter().enumerate() {
            // Faults are far apart, and the CPU does not see where the next ones lie.
            if let Some(later) = self.entries.get(index + PREFETCH_AHEAD) {
                arch::prefetch(bits.as_bits().bytes(), ((first_bit + (later >> 2)) >> 3) as usize);
            }
            let (byte, bit) = bits.byte_of(first_bit + (entry >> 2));
            let (keep, invert) = (KEEP >> (entry & 3) & 1, INVERT >> (entry & 3) & 1);
            *byte = (*byte & !((1 - keep) << bit)) ^ (invert << bit);
        }
        Ok(())
    }

    /// See [`FaultMask::bit_errors`](super::FaultMask::bit_errors).
    ///
    /// # Errors
    /// [`LengthError`] if `bits` and the mask differ in length.
    pub fn bit_errors(&self, bits: Bits<'_>) -> Result<SparseMask, LengthError> {
        check_same(bits.len_bits(), self.len_bits)?;
        let changes = self.iter().filter(|&(position, kind)| {
            let stored = bits.get(position);
            kind.reads(stored) != stored
        });
        Ok(Self::inverting(self.len_bits, changes.map(|(position, _)| position)))
    }
}

/// Faults between one that is applied and one whose byte is fetched.
const PREFETCH_AHEAD: usize = 200;

/// The plane bits of [`planes`], bit k for the kind of code k.
const KEEP: u8 = 0b1000;
const INVERT: u8 = 0b1010;

/// The two plane bits of a cell with a fault of `kind`: it reads `(stored & keep) ^ invert`.
pub(super) const fn planes(kind: FaultKind) -> (bool, bool) {
    match kind {
        FaultKind::ReadsOne => (false, true),
        FaultKind::ReadsZero => (false, false),
        FaultKind::Inverts => (true, true),
    }
}

const fn encode(kind: FaultKind) -> u64 {
    match kind {
        FaultKind::ReadsOne => 1,
        FaultKind::ReadsZero => 2,
        FaultKind::Inverts => 3,
    }
}

const fn decode(entry: u64) -> FaultKind {
    match entry & 3 {
        1 => FaultKind::ReadsOne,
        2 => FaultKind::ReadsZero,
        _ => FaultKind::Inverts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_come_back_sorted() {
        let faults = [(9, FaultKind::ReadsZero), (3, FaultKind::Inverts), (5, FaultKind::ReadsOne)];
        let mask = SparseMask::from_faults(10, faults).unwrap();
        let mut sorted = faults;
        sorted.sort_unstable();
        assert_eq!(mask.iter().collect::<Vec<_>>(), sorted);
    }

    #[test]
    fn wrong_lists_are_refused_with_the_bit_at_fault() {
        let outside = SparseMask::from_faults(10, [(10, FaultKind::ReadsOne)]);
        assert_eq!(outside.unwrap_err(), MaskError::OutOfRange { position: 10, len_bits: 10 });
        let twice = SparseMask::from_faults(
            10,
            [(4, FaultKind::ReadsOne), (1, FaultKind::Inverts), (4, FaultKind::ReadsZero)],
        );
        assert_eq!(twice.unwrap_err(), MaskError::Duplicate { position: 4 });
        assert!(SparseMask::empty(SparseMask::MAX_LEN_BITS + 1).is_err());
    }
}
