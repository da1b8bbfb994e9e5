//! Applying the faults of a sparse mask to bits, in an order in which memory keeps up.

use crate::arch::{Work, prefetch};
use crate::bits::BitsMut;

/// Faults between one that is applied and one whose byte is fetched.
const PREFETCH_AHEAD: usize = 128;

/// Mean gaps between faults, in bits, at which the CPU takes ascending addresses for a pass over all of memory and fetches
/// the lines (of 512 bits) between them, too. In another order it does not: 2.5 ns a fault instead of 3.9 at a gap of 1000.
const MISLEADING_GAPS: std::ops::Range<u64> = 700..2500;
/// Strings up to this length lie in a cache, where order does not matter.
pub(super) const CACHED_BITS: u64 = 1 << 26;
/// Faults of a group.
const GROUP: usize = 128;
/// From one fault of a group to the one that is applied next.
const STEP: usize = 45;

/// Makes bits read as the faults of entries say.
pub(super) struct Apply<'a> {
    pub(super) entries: &'a [u64],
    pub(super) bits: BitsMut<'a>,
    pub(super) first_bit: u64,
    pub(super) order: Order,
}

/// The order in which faults are applied.
#[derive(Clone, Copy)]
pub(super) enum Order {
    /// As they are: all bytes lie in a cache.
    Cached,
    /// As they are, and bytes are fetched ahead.
    Ascending,
    /// Another one, group by group, and the bytes of the next group are fetched meanwhile.
    Shuffled,
}

impl Order {
    /// The fastest for a mask of this length with so many faults.
    pub(super) fn of(len_bits: u64, faults: u64) -> Self {
        let mean_gap = len_bits.checked_div(faults).unwrap_or(u64::MAX);
        if len_bits <= CACHED_BITS {
            Self::Cached
        } else if MISLEADING_GAPS.contains(&mean_gap) {
            Self::Shuffled
        } else {
            Self::Ascending
        }
    }
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
