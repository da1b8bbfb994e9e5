//! Words of which every second one, or every second line, is perfect, while the others hold all faults: what was expected,
//! beside what was read.

use std::collections::BTreeSet;

use super::stray::Shape;

/// Every second block of so many words is without a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Perfect {
    /// Words of a block.
    pub(super) words: u64,
    /// Whether the first block is perfect, and not the second.
    pub(super) first: bool,
    /// The faulty words of the others.
    pub(super) faulty_words: u64,
}

/// All faults lie in the same half by chance: once in 2 to this power. Faults of the same bit of a bank may be of one column, and
/// count once.
const MIN_COLUMNS: usize = 14;
/// Fewer blocks are halves of a chip, or of its banks.
const MIN_BLOCKS: u64 = 32;

impl Perfect {
    /// Looks for it in all dumps of a chip, of the same shape but for the faults.
    pub(super) fn find(dumps: &[Shape<'_>], rows: u64) -> Option<Self> {
        let lines = dumps.first().and_then(|dump| dump.line_words);
        // Each other word; the half of each line; each other line.
        let blocks = [Some(1), lines.filter(|words| words.is_multiple_of(2)).map(|words| words / 2), lines];
        let total = dumps.first().map_or(0, |dump| dump.words);
        let many = |words: &u64| *words > 0 && total / words >= MIN_BLOCKS;
        blocks.into_iter().flatten().filter(many).find_map(|words| {
            let half_of = |word: u64| word / words % 2;
            let faulty = || dumps.iter().flat_map(|dump| dump.faulty);
            let &(first, _) = faulty().next()?;
            if faulty().any(|&(word, _)| half_of(word) != half_of(first)) {
                return None;
            }
            let bits = dumps.iter().map(|dump| dump.word_bits).max().unwrap_or(0);
            let of_word = |&(word, failing): &(u64, u128)| {
                (0..bits).filter(move |bit| failing >> bit & 1 == 1).map(move |bit| (word / rows, bit))
            };
            let mut columns = BTreeSet::new();
            for column in faulty().flat_map(of_word) {
                columns.insert(column);
                if columns.len() >= MIN_COLUMNS {
                    let faulty_words = faulty().map(|(word, _)| word).collect::<BTreeSet<_>>().len() as u64;
                    return Some(Self { words, first: half_of(first) == 1, faulty_words });
                }
            }
            None
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(bits: impl Fn(u64) -> u128) -> Option<(u64, bool, u64)> {
        let faulty: Vec<(u64, u128)> =
            (0..2048).map(|word| (word, bits(word))).filter(|(_, bits)| *bits != 0).collect();
        let shape = Shape {
            words: 2048,
            word_bits: 16,
            banks: 2,
            line_words: Some(8),
            packed: false,
            faulty: &faulty,
        };
        Perfect::find(&[shape], 1024).map(|found| (found.words, found.first, found.faulty_words))
    }

    #[test]
    fn what_was_expected_beside_what_was_read_is_found() {
        type Half = fn(u64) -> u64;
        let fails = |word: u64, half: u64| if half == 1 && word % 5 == 2 { 1 << (word / 5 % 16) } else { 0 };
        let count =
            |half: fn(u64) -> u64| (0..2048).filter(|&word| fails(word, half(word)) != 0).count() as u64;
        let halves: [(u64, bool, Half); 4] = [
            (1, true, |word| word % 2),
            (1, false, |word| 1 - word % 2),
            (4, true, |word| word / 4 % 2),
            (8, false, |word| 1 - word / 8 % 2),
        ];
        for (words, first, half) in halves {
            assert_eq!(find(|word| fails(word, half(word))), Some((words, first, count(half))));
        }
        assert_eq!(find(|_| 0), None);
    }

    #[test]
    fn columns_of_one_half_are_no_proof() {
        // Of a multiplexer, whose first column is in even words.
        assert_eq!(find(|word| if word % 8 == 2 { 0x0411 } else { 0 }), None);
        assert_eq!(find(|word| 1 << (word * 7 % 16)), None);
    }
}
