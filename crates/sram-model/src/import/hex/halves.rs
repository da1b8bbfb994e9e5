//! Words of which every second one, or every second line, is perfect, while the others hold all faults: what was expected,
//! beside what was read.

use std::collections::BTreeSet;

use super::proof::bits_of;
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

/// By chance all faults lie elsewhere than in the perfect words: at most this probability.
const CHANCE: f64 = 1e-4;
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
            let is_proof = 0.5f64.powi(independent(dumps, |word| word / rows)) <= CHANCE;
            is_proof.then(|| Self { words, first: half_of(first) == 1, faulty_words: faulty_words(dumps) })
        })
    }
}

/// A place in all lines, the first or the last of several, at which no word has a fault, while the others have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PerfectColumn {
    /// Whether it is the first, and not the last.
    pub(super) first: bool,
    /// The faulty words of the others.
    pub(super) faulty_words: u64,
}

impl PerfectColumn {
    /// Looks for it in all dumps of a chip. Of lines of two words it is [`Perfect`].
    pub(super) fn find(dumps: &[Shape<'_>], rows: u64) -> Option<Self> {
        let words = dumps.first()?.line_words.filter(|&words| words > 2)?;
        // The same bit at the same place of lines may be one column of the memory.
        let independent = independent(dumps, |word| word / rows * words + word % words);
        if (1.0 - 1.0 / words as f64).powi(independent) > CHANCE {
            return None;
        }
        let is_perfect =
            |place: u64| dumps.iter().flat_map(|dump| dump.faulty).all(|(word, _)| word % words != place);
        [true, false]
            .into_iter()
            .find(|&first| is_perfect(if first { 0 } else { words - 1 }))
            .map(|first| Self { first, faulty_words: faulty_words(dumps) })
    }
}

fn faulty_words(dumps: &[Shape<'_>]) -> u64 {
    dumps.iter().flat_map(|dump| dump.faulty).map(|(word, _)| word).collect::<BTreeSet<_>>().len() as u64
}

/// How many faults have nothing in common: of the bits of a column, `column` being where the word lies, and of those of a word, only
/// one counts.
fn independent(dumps: &[Shape<'_>], column: impl Fn(u64) -> u64) -> i32 {
    let mut seen = BTreeSet::new();
    let mut words = BTreeSet::new();
    for &(word, bits) in dumps.iter().flat_map(|dump| dump.faulty) {
        let new = bits_of(bits).map(|bit| (column(word), bit)).find(|place| !seen.contains(place));
        if let Some(place) = new.filter(|_| words.insert(word)) {
            seen.insert(place);
        }
    }
    i32::try_from(seen.len()).unwrap_or(i32::MAX)
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
