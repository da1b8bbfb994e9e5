//! A fault mask as two bit planes. A cell reads `(stored & keep) ^ invert`, which covers every fault there is:
//!
//! | fault | keep | invert |
//! |---|---|---|
//! | none | 1 | 0 |
//! | `ReadsOne` | 0 | 1 |
//! | `ReadsZero` | 0 | 0 |
//! | `Inverts` | 1 | 1 |

use bitvec::order::Lsb0;
use bitvec::vec::BitVec;

use super::sparse::planes;
use super::{FaultKind, SparseMask, check_window};
use crate::arch::{ApplyPlanes, Kernel};
use crate::bits::{Bits, BitsMut, bytes_for, check_same};
use crate::error::{LengthError, MaskError};

/// Faults of a bit string as two bit planes, in the bit order of [`Bits`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DenseMask {
    keep: BitVec<u8, Lsb0>,
    invert: BitVec<u8, Lsb0>,
}

impl DenseMask {
    /// A mask of `len_bits` bits without faults.
    pub fn empty(len_bits: u64) -> Self {
        let len = len_bits as usize;
        Self { keep: BitVec::repeat(true, len), invert: BitVec::repeat(false, len) }
    }

    /// Length of the bit string that it masks, in bits.
    pub fn len_bits(&self) -> u64 {
        self.keep.len() as u64
    }

    /// The number of faults.
    pub fn count(&self) -> u64 {
        let (keep, invert) = self.planes();
        keep.words().zip(invert.words()).map(|(k, i)| u64::from((!k | i).count_ones())).sum::<u64>()
            - (bytes_for(self.len_bits()).div_ceil(8) * 64 - self.len_bits())
    }

    /// Gives bit `position` a fault of `kind`, in place of the one it had.
    ///
    /// # Errors
    /// [`MaskError::OutOfRange`] if it lies beyond the end.
    pub fn set(&mut self, position: u64, kind: FaultKind) -> Result<(), MaskError> {
        if position >= self.len_bits() {
            return Err(MaskError::OutOfRange { position, len_bits: self.len_bits() });
        }
        let (keep, invert) = planes(kind);
        self.keep.set(position as usize, keep);
        self.invert.set(position as usize, invert);
        Ok(())
    }

    /// The fault of bit `position`, if it has one.
    pub fn get(&self, position: u64) -> Option<FaultKind> {
        let position = position as usize;
        match (*self.keep.get(position)?, *self.invert.get(position)?) {
            (true, false) => None,
            (false, true) => Some(FaultKind::ReadsOne),
            (false, false) => Some(FaultKind::ReadsZero),
            (true, true) => Some(FaultKind::Inverts),
        }
    }

    /// See [`FaultMask::apply`](super::FaultMask::apply).
    ///
    /// # Errors
    /// [`LengthError`] if `bits` and the mask differ in length.
    pub fn apply(&self, bits: &mut BitsMut<'_>) -> Result<(), LengthError> {
        check_same(bits.len_bits(), self.len_bits())?;
        self.apply_at(bits, 0)
    }

    /// See [`FaultMask::apply_at`](super::FaultMask::apply_at).
    ///
    /// # Errors
    /// [`LengthError`] if the mask reaches beyond the end of `bits`.
    pub fn apply_at(&self, bits: &mut BitsMut<'_>, first_bit: u64) -> Result<(), LengthError> {
        self.apply_with(Kernel::best(), bits, first_bit)
    }

    /// [`apply_at`](Self::apply_at), computed with these instructions.
    ///
    /// # Errors
    /// [`LengthError`] if the mask reaches beyond the end of `bits`.
    pub fn apply_with(
        &self,
        kernel: Kernel,
        bits: &mut BitsMut<'_>,
        first_bit: u64,
    ) -> Result<(), LengthError> {
        check_window(self.len_bits(), first_bit, bits.len_bits())?;
        let (keep, invert) = self.planes();
        // Whole bytes at a time, if the mask begins at one; what is left, or else all of it, word by word.
        let whole_bits = if first_bit.is_multiple_of(8) { self.len_bits() / 8 * 8 } else { 0 };
        let whole_bytes = (whole_bits / 8) as usize;
        kernel.run(ApplyPlanes {
            bytes: bits.bytes_of(first_bit / 8 * 8, whole_bits),
            keep: &keep.bytes()[..whole_bytes],
            invert: &invert.bytes()[..whole_bytes],
        });
        let mut rest = keep.after_byte(whole_bytes).words().zip(invert.after_byte(whole_bytes).words());
        bits.edit_words(first_bit + whole_bits, self.len_bits() - whole_bits, |_, stored| {
            let (keep, invert) = rest.next().unwrap_or((u64::MAX, 0));
            (stored & keep) ^ invert
        });
        Ok(())
    }

    /// See [`FaultMask::bit_errors`](super::FaultMask::bit_errors).
    ///
    /// # Errors
    /// [`LengthError`] if `bits` and the mask differ in length.
    pub fn bit_errors(&self, bits: Bits<'_>) -> Result<SparseMask, LengthError> {
        check_same(bits.len_bits(), self.len_bits())?;
        let (keep, invert) = self.planes();
        let changes = bits
            .words()
            .zip(keep.words().zip(invert.words()))
            .map(|(stored, (keep, invert))| stored ^ (stored & keep) ^ invert);
        Ok(SparseMask::inverting(self.len_bits(), positions_of_ones(changes)))
    }

    /// A mask that inverts the bits that are ones in `flips`.
    pub(crate) fn inverting(flips: BitVec<u8, Lsb0>) -> Self {
        Self { keep: BitVec::repeat(true, flips.len()), invert: flips }
    }

    /// Removes the faults where `chosen`, called with the index of a 64-bit word, has ones.
    pub(crate) fn clear_where(&mut self, chosen: impl Fn(usize) -> u64) {
        let len_bits = self.len_bits();
        let plane = |bits| BitsMut::sized(BitVec::as_raw_mut_slice(bits), len_bits);
        plane(&mut self.keep).edit_words(0, len_bits, |index, word| word | chosen(index));
        plane(&mut self.invert).edit_words(0, len_bits, |index, word| word & !chosen(index));
    }

    fn planes(&self) -> (Bits<'_>, Bits<'_>) {
        let plane = |bits| Bits::sized(BitVec::as_raw_slice(bits), self.len_bits());
        (plane(&self.keep), plane(&self.invert))
    }
}

impl From<&SparseMask> for DenseMask {
    fn from(sparse: &SparseMask) -> Self {
        let mut dense = Self::empty(sparse.len_bits());
        for (position, kind) in sparse.iter() {
            let (keep, invert) = planes(kind);
            dense.keep.set(position as usize, keep);
            dense.invert.set(position as usize, invert);
        }
        dense
    }
}

impl From<&DenseMask> for SparseMask {
    fn from(dense: &DenseMask) -> Self {
        let (keep, invert) = dense.planes();
        let faults = keep.words().zip(invert.words()).map(|(keep, invert)| !keep | invert);
        // Spare bits read as 0, so that they look like faults after the end.
        let inside = positions_of_ones(faults).take_while(|&position| position < dense.len_bits());
        Self::sorted(dense.len_bits(), inside.filter_map(|position| Some((position, dense.get(position)?))))
    }
}

/// The positions of the ones in a string of words, ascending.
pub(crate) fn positions_of_ones(words: impl IntoIterator<Item = u64>) -> impl Iterator<Item = u64> {
    words.into_iter().zip(0u64..).flat_map(|(mut word, index)| {
        std::iter::from_fn(move || {
            (word != 0).then(|| {
                let bit = u64::from(word.trailing_zeros());
                word &= word - 1;
                index * 64 + bit
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_keeps_the_fault_it_was_given_last() {
        let mut mask = DenseMask::empty(13);
        assert_eq!((mask.count(), mask.get(12), mask.get(13)), (0, None, None));
        for kind in FaultKind::ALL {
            mask.set(12, kind).unwrap();
            assert_eq!((mask.count(), mask.get(12)), (1, Some(kind)));
        }
        assert!(mask.set(13, FaultKind::Inverts).is_err());
    }
}
