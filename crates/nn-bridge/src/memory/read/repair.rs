//! Repair of words, by what is known of a chip's cells: some are stored inverted, and some come from a small memory that does not
//! fail.

use sram_model::CellFault;

use super::raw::Held;
use crate::memory::cells::Stored;
use crate::memory::region::Region;

/// What is done about the words of a region, one by one (as Flip-and-Patch does).
#[derive(Debug, Default)]
pub(super) struct Words {
    /// Those that are stored inverted, ascending.
    inverted: Vec<u64>,
    /// Those that come from elsewhere, ascending.
    patched: Vec<u64>,
}

impl Words {
    /// Chosen for a region that stores these bits, with faults at these code addresses.
    pub(super) fn of(region: &Region, stored: Stored<'_>, hits: &[(u64, CellFault)]) -> Self {
        let description = &region.description;
        if !description.invert_words && description.patch_words == 0 {
            return Self::default();
        }
        let cells = region.words.coding.cells();
        let mut by_word: Vec<(u64, u64, CellFault)> =
            hits.iter().map(|(address, fault)| (address / cells, *address, *fault)).collect();
        by_word.sort_by_key(|(_, address, _)| *address);
        let (mut inverted, mut costs) = (Vec::new(), Vec::new());
        for word in by_word.chunk_by(|a, b| a.0 == b.0) {
            let [kept, turned] = cost(region, stored, word);
            let turns = description.invert_words && turned < kept;
            if turns {
                inverted.push(word[0].0);
            }
            costs.push((if turns { turned } else { kept }, word[0].0));
        }
        // The dearest first, the first of equals.
        costs.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let worth = costs.into_iter().filter(|(cost, _)| *cost > 0.0).take(description.patch_words as usize);
        let mut patched: Vec<u64> = worth.map(|(_, word)| word).collect();
        patched.sort_unstable();
        Self { inverted, patched }
    }

    pub(super) fn is_inverted(&self, word: u64) -> bool {
        self.inverted.binary_search(&word).is_ok()
    }

    pub(super) fn is_patched(&self, word: u64) -> bool {
        self.patched.binary_search(&word).is_ok()
    }

    pub(super) fn inverted(&self) -> u64 {
        self.inverted.len() as u64
    }

    pub(super) fn patched(&self) -> u64 {
        self.patched.len() as u64
    }
}

/// The squared change to expect of a word's weights, in steps of their codes, if it is stored as it is, and inverted.
fn cost(region: &Region, stored: Stored<'_>, word: &[(u64, u64, CellFault)]) -> [f64; 2] {
    let mut costs = [0.0; 2];
    for (_, address, fault) in word {
        let Some(held) = Held::at(region, *address) else { continue };
        let Some(weight) = held.weight().and_then(|weight| stored.layout.weight_bit(weight)) else {
            continue;
        };
        let is_one = held.is_one(region, stored);
        let significance = 4f64.powi(weight.bit as i32);
        let p = [fault.flip.p01(), fault.flip.p10()].map(f64::from);
        costs[0] += significance * p[usize::from(is_one)];
        costs[1] += significance * p[usize::from(!is_one)];
    }
    costs
}
