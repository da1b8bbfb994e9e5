//! The faults that a memory meets: copy by copy, and in each copy stretch by stretch.

use std::ops::Range;
use std::slice;

use sram_model::CellFault;

use super::Arrangement;

/// Cells, counted from the region's first one, that hold some of these bits of one copy, and beside them perhaps others. No bit
/// lies in two stretches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) cells: Range<u64>,
    pub(super) bits: Range<u64>,
}

/// The faults of a stretch.
#[derive(Clone, Debug)]
struct Met<'a> {
    faults: &'a [CellFault],
    bits: Range<u64>,
}

/// Faults, each with the memory bit that it meets. See [`Arrangement::hits`].
#[derive(Clone, Debug)]
pub(super) struct Hits<'a> {
    arrangement: &'a Arrangement,
    /// Those of a whole copy.
    whole: Vec<Met<'a>>,
    whole_copies: u64,
    /// Those of the last copy, which is not whole.
    last: Vec<Met<'a>>,
    /// Which stretch comes next, and on which copy.
    next: (u64, usize),
    faults: slice::Iter<'a, CellFault>,
    bits: Range<u64>,
    /// First bit of the copy.
    before: u64,
}

// What `next` calls is inlined, so that a loop over hits keeps their state in registers; `fold` does in any case.
impl<'a> Hits<'a> {
    pub(super) fn new(arrangement: &'a Arrangement, faults: &'a [CellFault], len_bits: u64) -> Self {
        let capacity = arrangement.capacity();
        let met = |len_bits| -> Vec<Met<'a>> {
            let met = arrangement.stretches(len_bits).into_iter().map(|Stretch { cells, bits }| {
                let [start, end] = [cells.start, cells.end].map(|cell| cell + arrangement.first_cell);
                let before = |cell: u64| faults.partition_point(|fault| fault.cell < cell);
                Met { faults: &faults[before(start)..before(end)], bits }
            });
            met.filter(|met| !met.faults.is_empty()).collect()
        };
        let (whole, last) = (met(capacity), met(len_bits % capacity));
        // Without a fault there is no need to go over the copies.
        let first_copy = if whole.is_empty() { len_bits / capacity } else { 0 };
        Self {
            arrangement,
            whole,
            whole_copies: len_bits / capacity,
            last,
            next: (first_copy, 0),
            faults: [].iter(),
            bits: 0..0,
            before: 0,
        }
    }

    /// Goes on to the next stretch; `None` after the last one.
    #[inline(always)]
    fn advance(&mut self) -> Option<()> {
        let (mut copy, mut number) = self.next;
        if copy < self.whole_copies && number == self.whole.len() {
            (copy, number) = (copy + 1, 0);
        }
        let met = if copy < self.whole_copies { &self.whole } else { &self.last }.get(number)?;
        (self.faults, self.bits) = (met.faults.iter(), met.bits.clone());
        self.before = copy * self.arrangement.capacity();
        self.next = (copy, number + 1);
        Some(())
    }
}

impl Iterator for Hits<'_> {
    type Item = (u64, CellFault);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            for fault in self.faults.by_ref() {
                let bit = self.arrangement.memory_bit(fault.cell);
                if let Some(bit) = bit.filter(|bit| self.bits.contains(bit)) {
                    return Some((self.before + bit, *fault));
                }
            }
            self.advance()?;
        }
    }

    #[inline]
    fn fold<B, F: FnMut(B, Self::Item) -> B>(mut self, init: B, mut f: F) -> B {
        let mut folded = init;
        loop {
            let (arrangement, bits, before) = (self.arrangement, self.bits.clone(), self.before);
            for fault in self.faults.clone() {
                if let Some(bit) = arrangement.memory_bit(fault.cell).filter(|bit| bits.contains(bit)) {
                    folded = f(folded, (before + bit, *fault));
                }
            }
            if self.advance().is_none() {
                return folded;
            }
        }
    }
}
