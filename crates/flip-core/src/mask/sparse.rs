//! A fault mask as a sorted list: 8 bytes a fault, and applying it costs per fault, whatever the length.

use super::{FaultKind, check_window};
use crate::arch::{Kernel, Work, prefetch};
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
            if let Some(&entry) = mask.entries.iter().find(|&&entry| decode(entry) != FaultKind::Inverts) {
                return Err(MaskError::NotInverting { position: entry >> 2 });
            }
        }
        let mut entries = Vec::new();
        let (mut here, mut there) = (&self.entries[..], &next.entries[..]);
        while let (Some((&a, after_a)), Some((&b, after_b))) = (here.split_first(), there.split_first()) {
            if a != b {
                entries.push(a.min(b));
            }
            here = if a <= b { after_a } else { here };
            there = if b <= a { after_b } else { there };
        }
        entries.extend(here.iter().chain(there));
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
        let mean_gap = self.len_bits.checked_div(self.count()).unwrap_or(u64::MAX);
        let order = if self.len_bits <= CACHED_BITS {
            Order::Cached
        } else if MISLEADING_GAPS.contains(&mean_gap) {
            Order::Shuffled
        } else {
            Order::Ascending
        };
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

/// Makes bits read as the faults of entries say.
struct Apply<'a> {
    entries: &'a [u64],
    bits: BitsMut<'a>,
    first_bit: u64,
    order: Order,
}

/// The order in which faults are applied.
#[derive(Clone, Copy)]
enum Order {
    /// As they are: all bytes lie in a cache.
    Cached,
    /// As they are, and bytes are fetched ahead.
    Ascending,
    /// Another one, group by group, and the bytes of the next group are fetched meanwhile.
    Shuffled,
}

impl Work for Apply<'_> {
    type Output = ();

    #[inline(always)]
    fn run(mut self) {
        match self.order {
            Order::Cached => self.entries.iter().for_each(|&entry| self.apply(entry)),
            Order::Ascending => {
                for (index, &entry) in self.entries.iter().enumerate() {
                    // Faults are far apart, and the CPU does not see where the next ones lie.
                    if let Some(&later) = self.entries.get(index + PREFETCH_AHEAD) {
                        self.prefetch(later);
                    }
                    self.apply(entry);
                }
            }
            Order::Shuffled => {
                let (groups, rest) = self.entries.as_chunks::<GROUP>();
                for (number, group) in groups.iter().enumerate() {
                    let next = groups.get(number + 1).unwrap_or(group);
                    let mut index = 0;
                    for _ in 0..GROUP {
                        // An odd step meets every fault once.
                        index = (index + STEP) % GROUP;
                        self.prefetch(next[index]);
                        self.apply(group[index]);
                    }
                }
                rest.iter().for_each(|&entry| self.apply(entry));
            }
        }
    }
}

impl Apply<'_> {
    #[inline(always)]
    fn apply(&mut self, entry: u64) {
        let (byte, bit) = self.bits.byte_of(self.first_bit + (entry >> 2));
        let (clear, invert) = ((entry ^ entry >> 1) as u8 & 1, entry as u8 & 1);
        *byte = (*byte & !(clear << bit)) ^ (invert << bit);
    }

    #[inline(always)]
    fn prefetch(&self, entry: u64) {
        prefetch(self.bits.as_bits().bytes(), ((self.first_bit + (entry >> 2)) >> 3) as usize);
    }
}

/// Faults between one that is applied and one whose byte is fetched.
const PREFETCH_AHEAD: usize = 500;

/// Mean gaps between faults, in bits, at which the CPU takes ascending addresses for a pass over all of memory and fetches
/// the lines (of 512 bits) between them, too. In another order it does not: 2.5 ns a fault instead of 3.9 at a gap of 1000.
const MISLEADING_GAPS: std::ops::Range<u64> = 700..2500;
/// Strings up to this length lie in a cache, where order does not matter.
const CACHED_BITS: u64 = 1 << 26;
/// Faults of a group.
const GROUP: usize = 128;
/// From one fault of a group to the one that is applied next.
const STEP: usize = 45;

/// The two plane bits of a cell with a fault of `kind`: it reads `(stored & keep) ^ invert`.
pub(super) const fn planes(kind: FaultKind) -> (bool, bool) {
    match kind {
        FaultKind::ReadsOne => (false, true),
        FaultKind::ReadsZero => (false, false),
        FaultKind::Inverts => (true, true),
    }
}

/// The code of a kind. Its low bit is the invert bit, and the stored bit is cleared where the two bits differ.
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
    #[cfg_attr(miri, ignore = "takes hours under Miri")]
    fn long_masks_of_every_density_read_as_their_faults_say() {
        let len_bits = CACHED_BITS + 8 * 1000;
        for gap in [300, 1000, 4000] {
            let faults: Vec<(u64, FaultKind)> =
                (0..len_bits / gap).map(|k| (k * gap + k % 7, FaultKind::ALL[(k % 3) as usize])).collect();
            let mask = SparseMask::from_faults(len_bits, faults.iter().copied()).unwrap();
            let clean = vec![0x5au8; (len_bits / 8) as usize];
            let mut expected = clean.clone();
            for (position, kind) in faults {
                let (byte, bit) = (&mut expected[(position / 8) as usize], position % 8);
                let read = kind.reads(*byte >> bit & 1 == 1);
                *byte = *byte & !(1 << bit) | u8::from(read) << bit;
            }
            for kernel in Kernel::available() {
                let mut bytes = clean.clone();
                mask.apply_with(kernel, &mut BitsMut::new(&mut bytes), 0).unwrap();
                assert!(bytes == expected, "gap {gap}, {kernel}");
            }
        }
    }

    #[test]
    fn a_step_leads_from_one_read_to_the_other_and_back() {
        let clean: Vec<u8> = (0..2000u32).map(|i| ((i * 73) >> 3) as u8).collect();
        let len_bits = clean.len() as u64 * 8;
        let kind = |position: u64| FaultKind::ALL[(position % 3) as usize];
        // Some cells fail in both, some in one only, some with another kind.
        let read = |every: u64, shift: u64| {
            let cells = (0..len_bits).filter(|position| position % every == 0);
            let mask =
                SparseMask::from_faults(len_bits, cells.map(|position| (position, kind(position + shift))));
            let errors = mask.unwrap().bit_errors(Bits::new(&clean)).unwrap();
            let mut bytes = clean.clone();
            errors.apply(&mut BitsMut::new(&mut bytes)).unwrap();
            (errors, bytes)
        };
        let ((high, at_high), (low, at_low)) = (read(30, 0), read(12, 1));
        let step = high.step_to(&low).unwrap();
        assert_eq!(Ok(step.count()), Bits::new(&at_high).hamming(Bits::new(&at_low)));
        let mut bytes = at_high.clone();
        step.apply(&mut BitsMut::new(&mut bytes)).unwrap();
        assert_eq!(bytes, at_low);
        step.apply(&mut BitsMut::new(&mut bytes)).unwrap();
        assert_eq!(bytes, at_high);
        assert_eq!(high.step_to(&high).unwrap().count(), 0);
        assert_eq!(low.step_to(&high), Ok(step));
    }

    #[test]
    fn a_step_between_faults_that_hide_what_they_change_is_refused() {
        let stuck = SparseMask::from_faults(9, [(2, FaultKind::Inverts), (4, FaultKind::ReadsOne)]).unwrap();
        let empty = SparseMask::empty(9).unwrap();
        assert_eq!(empty.step_to(&stuck), Err(MaskError::NotInverting { position: 4 }));
        assert_eq!(stuck.step_to(&empty), Err(MaskError::NotInverting { position: 4 }));
        assert!(matches!(empty.step_to(&SparseMask::empty(8).unwrap()), Err(MaskError::Length(_))));
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
