//! A fault mask as a sorted list: 8 bytes a fault, and applying it costs per fault, whatever the length.

mod apply;
mod difference;
mod entry;

pub(super) use entry::planes;

use self::apply::{Apply, Order};
use self::entry::{decode, encode};
use super::{FaultKind, check_window};
use crate::arch::Kernel;
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
        let (mut sorted, mut last, mut outside) = (true, None, None);
        let entry = |(position, kind)| {
            if position >= len_bits {
                outside.get_or_insert(position);
            }
            let entry = position << 2 | encode(kind);
            sorted &= last < Some(entry);
            last = Some(entry);
            entry
        };
        // Collected, not pushed: a list of positions that is handed over becomes this one in place.
        let mut entries: Vec<u64> = faults.into_iter().map(entry).collect();
        if let Some(position) = outside {
            return Err(MaskError::OutOfRange { position, len_bits });
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
        Self::sorted(len_bits, positions.map(|position| (position, FaultKind::Inverts)))
    }

    /// The mask with these faults, whose positions ascend and lie below `len_bits`.
    pub(crate) fn sorted(len_bits: u64, faults: impl Iterator<Item = (u64, FaultKind)>) -> Self {
        let entries: Vec<u64> = faults.map(|(position, kind)| position << 2 | encode(kind)).collect();
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

    /// The faults at positions in a range, ascending.
    pub fn within(
        &self,
        positions: std::ops::Range<u64>,
    ) -> impl ExactSizeIterator<Item = (u64, FaultKind)> + Clone + '_ {
        let place = |position: u64| self.entries.partition_point(|&entry| entry >> 2 < position);
        let (first, end) = (place(positions.start), place(positions.end));
        self.entries[first..end.max(first)].iter().map(|&entry| (entry >> 2, decode(entry)))
    }

    /// Keeps the faults that `keep` accepts.
    pub fn retain(&mut self, mut keep: impl FnMut(u64, FaultKind) -> bool) {
        self.entries.retain(|&entry| keep(entry >> 2, decode(entry)));
    }

    /// The step from one read to another: both are bit errors of the same clean string, as
    /// [`bit_errors`](super::FaultMask::bit_errors) gives them. Applied to the string with the errors of `self`, the step
    /// makes it the one with those of `next`, and applied again it goes back. It costs per bit that changes, as where a
    /// voltage is lowered and raised again. Making the step costs per fault of both; it is meant to be made once and
    /// applied often.
    ///
    /// # Errors
    /// [`MaskError::NotInverting`] for a fault that is no inversion, and [`MaskError::Length`] if the masks differ in
    /// length.
    pub fn step_to(&self, next: &Self) -> Result<Self, MaskError> {
        check_same(next.len_bits, self.len_bits)?;
        for mask in [self, next] {
            // All at once, as fast as memory brings them; which one it is matters only if there is one.
            let others =
                mask.entries.iter().fold(0, |all, &entry| all | (entry ^ encode(FaultKind::Inverts)) & 3);
            if others != 0
                && let Some((position, _)) = mask.iter().find(|&(_, kind)| kind != FaultKind::Inverts)
            {
                return Err(MaskError::NotInverting { position });
            }
        }
        let entries = difference::symmetric_difference(&self.entries, &next.entries);
        Ok(Self { entries, len_bits: self.len_bits })
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
        check_window(self.len_bits, first_bit, bits.len_bits())?;
        let order = Order::of(self.len_bits, self.count());
        let entries = &self.entries[..];
        kernel.run(Apply { entries, bits: bits.reborrow(), first_bit, order });
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

#[cfg(test)]
mod tests;
