//! Words of cells that are not used, by what is known of a chip's cells.

use std::collections::HashMap;

use sram_model::CellFault;

use super::layout::Arrangement;
use super::region::Region;

/// The cells of a region without the words, or lines of words, that have too many faulty cells. What would lie there lies in the
/// next that is used.
#[derive(Debug)]
pub(super) struct Used {
    /// Cells of a line.
    line: u64,
    lines: u64,
    /// Lines that are not used, ascending.
    disabled: Vec<u64>,
}

impl Used {
    /// Those of a region on a chip with these faults; all of them if nothing is to be disabled.
    pub(super) fn of(region: &Region, arrangement: &Arrangement, faults: &[CellFault]) -> Option<Self> {
        let from = u64::from(region.description.disable_from?);
        let line = region.words.coding.cells() * u64::from(region.description.disable_line.unwrap_or(1));
        let mut faulty: HashMap<u64, u64> = HashMap::new();
        for bit in faults.iter().filter_map(|fault| arrangement.memory_bit(fault.cell)) {
            *faulty.entry(bit / line).or_default() += 1;
        }
        let lines = arrangement.capacity() / line;
        let mut disabled: Vec<u64> = faulty
            .into_iter()
            .filter(|&(line, count)| line < lines && count >= from)
            .map(|(line, _)| line)
            .collect();
        disabled.sort_unstable();
        Some(Self { line, lines, disabled })
    }

    /// How many words are not used.
    pub(super) fn disabled_words(&self, region: &Region) -> u64 {
        self.disabled.len() as u64 * (self.line / region.words.coding.cells())
    }

    /// Memory bits that one copy of the region holds.
    pub(super) fn capacity(&self) -> u64 {
        (self.lines - self.disabled.len() as u64) * self.line
    }

    /// The bit of a copy that a bit of its cells holds; none of a line that is not used.
    pub(super) fn held(&self, bit: u64) -> Option<u64> {
        let line = bit / self.line;
        match self.disabled.binary_search(&line) {
            Err(before) if line < self.lines => Some(bit - before as u64 * self.line),
            _ => None,
        }
    }

    /// Whether a bit of its cells is of a line that is not used. After the last whole line none is.
    pub(super) fn disables(&self, bit: u64) -> bool {
        self.disabled.binary_search(&(bit / self.line)).is_ok()
    }

    /// The bit of its cells that holds this bit of a copy.
    pub(super) fn holding(&self, bit: u64) -> u64 {
        let used = bit / self.line;
        // Lines that are not used come before it as long as fewer used ones come before them.
        let (mut low, mut high) = (0, self.disabled.len());
        while low < high {
            let middle = low.midpoint(high);
            if self.disabled[middle] - middle as u64 <= used { low = middle + 1 } else { high = middle }
        }
        bit + low as u64 * self.line
    }

    /// The faults that a memory of `len_bits` bits meets, each with the bit that it meets, in any order.
    pub(super) fn hits(
        &self,
        arrangement: &Arrangement,
        faults: &[CellFault],
        len_bits: u64,
    ) -> Vec<(u64, CellFault)> {
        let mut hits = Vec::new();
        for fault in faults {
            let bit = arrangement.memory_bit(fault.cell);
            let Some(first) = bit.and_then(|bit| self.held(bit)) else { continue };
            let all = (first..len_bits).step_by(usize::try_from(self.capacity()).unwrap_or(usize::MAX));
            hits.extend(all.map(|bit| (bit, *fault)));
        }
        hits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_lies_where_it_is_held() {
        for disabled in [vec![], vec![0], vec![1, 2], vec![0, 1, 4, 9], vec![3, 9], vec![8, 9]] {
            let used = Used { line: 3, lines: 10, disabled: disabled.clone() };
            let held: Vec<(u64, u64)> =
                (0..32).filter_map(|bit| used.held(bit).map(|held| (bit, held))).collect();
            // 30 bits are of lines, those after them of none.
            assert_eq!(held.len() as u64, used.capacity());
            for bit in 0..32 {
                assert_eq!(used.disables(bit), used.held(bit).is_none() && bit < 30, "{disabled:?}");
            }
            for (place, (bit, held)) in held.into_iter().enumerate() {
                assert!(bit < 30 && !disabled.contains(&(bit / 3)), "{disabled:?}");
                assert_eq!((held, used.holding(held)), (place as u64, bit), "{disabled:?}");
            }
        }
    }
}
