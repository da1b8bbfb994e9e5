//! Lines of which one word is a check sum of the others: where one of them fails, the sum differs in the same bits.
//!
//! Of an odd number of ones, or of zeros, the sum is as a cell that does not fail, so that it looks like a word of the memory.

use std::collections::{BTreeMap, BTreeSet};

use super::faults::Faults;

/// Fewer lines than this prove nothing.
const MIN_LINES: usize = 8;
/// Of the lines with faults at least this share cancels: in a sum that carries not all do.
const MOST: f64 = 0.9;

/// Of the lines of all dumps with faults how many there are, if the faults of nearly all cancel.
pub(super) fn cancelling_lines(dumps: &[Faults<'_>]) -> Option<usize> {
    let (mut cancelling, mut all) = (0, 0);
    for dump in dumps {
        // Two words that are alike are copies.
        let line_words = dump.shape.line_words.filter(|&words| words > 2)?;
        // Faults of dead columns and rows cancel, too, in lines of an even number of words.
        let lines: BTreeSet<u64> = dump.living.iter().map(|(word, _)| word / line_words).collect();
        let mut sums: BTreeMap<u64, u128> = BTreeMap::new();
        for (word, bits) in dump.shape.faulty.iter().filter(|(word, _)| lines.contains(&(word / line_words)))
        {
            *sums.entry(word / line_words).or_default() ^= bits;
        }
        cancelling += sums.values().filter(|&&sum| sum == 0).count();
        all += sums.len();
    }
    (cancelling >= MIN_LINES && cancelling as f64 >= MOST * all as f64).then_some(cancelling)
}
