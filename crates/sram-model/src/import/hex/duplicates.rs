//! Finds out whether a dump shows each cell several times.

use std::collections::BTreeMap;
use std::fmt;

use super::copies::Blocks;
use super::dump::ones;

/// Cells that a dump shows several times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duplication {
    /// In each word.
    Bits(Repeats),
    /// In words of their own.
    Words(Blocks),
}

/// Words that repeat themselves: in every faulty word the bits fail in copies of the lowest ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeats {
    /// Bits of a word.
    pub word_bits: u32,
    /// After this number of bits the word begins again.
    pub period_bits: u32,
    /// Faulty words, each counted once over all voltages; all of them repeat.
    pub faulty_words: u64,
}

/// Fewer faulty words than this prove nothing: copies by chance are then not out of the question.
const MIN_FAULTY_WORDS: u64 = 8;

impl Repeats {
    /// Looks for the shortest period that all faulty words of all dumps have. `None` if there is none, or too few
    /// faulty words to tell.
    pub(super) fn find<'a>(word_bits: u32, dumps: impl Iterator<Item = &'a [(u64, u128)]>) -> Option<Self> {
        let mut periods: Vec<u32> =
            (1..word_bits).filter(|period| word_bits.is_multiple_of(*period)).collect();
        let mut seen: BTreeMap<u64, u128> = BTreeMap::new();
        for &(word, bits) in dumps.flatten() {
            periods.retain(|&period| repeats(bits, word_bits, period));
            *seen.entry(word).or_default() |= bits;
        }
        // A word that fails as a whole repeats with any period: it proves none.
        let proof =
            |period: u32| seen.values().filter(|&&bits| bits & ones(period) != ones(period)).count() as u64;
        let period_bits = periods.into_iter().find(|&period| proof(period) >= MIN_FAULTY_WORDS)?;
        Some(Self { word_bits, period_bits, faulty_words: seen.len() as u64 })
    }
}

impl fmt::Display for Duplication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bits(repeats) => repeats.fmt(f),
            Self::Words(blocks) => blocks.fmt(f),
        }
    }
}

impl fmt::Display for Repeats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { word_bits, period_bits, faulty_words } = self;
        let copies = word_bits / period_bits;
        write!(
            f,
            "each cell is dumped {copies} times: in all {faulty_words} faulty words the {word_bits} bits are "
        )?;
        write!(f, "{copies} equal copies of {period_bits}")
    }
}

fn repeats(bits: u128, word_bits: u32, period: u32) -> bool {
    (bits ^ (bits >> period)) & (ones(word_bits) >> period) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(words: &[u128]) -> Option<u32> {
        let words: Vec<(u64, u128)> = (0..).zip(words.iter().copied()).collect();
        Repeats::find(16, std::iter::once(&words[..])).map(|found| found.period_bits)
    }

    #[test]
    fn the_shortest_period_of_all_words_is_found() {
        let bytes = [0x0101, 0x8080, 0x4242, 0x1010, 0x2020, 0x0808, 0x0404, 0x0202];
        assert_eq!(find(&bytes), Some(8));
        let nibbles = [0x1111, 0x2222, 0x4444, 0x8888, 0x3333, 0x1111, 0x2222, 0x4444];
        assert_eq!(find(&nibbles), Some(4));
        assert_eq!(find(&[nibbles, bytes].concat()), Some(8));
    }

    #[test]
    fn one_word_without_copies_is_proof_against_them() {
        assert_eq!(find(&[0x0101, 0x8080, 0x4242, 0x1010, 0x2020, 0x0808, 0x0404, 0x0202, 0x0201]), None);
    }

    #[test]
    fn words_that_fail_as_a_whole_prove_nothing() {
        assert_eq!(find(&[0xffff; 20]), None);
        let bytes = [0x0101, 0x8080, 0x4242, 0x1010, 0x2020, 0x0808, 0x0404, 0x0202];
        assert_eq!(find(&[&[0xffff; 20][..], &bytes].concat()), Some(8));
    }

    #[test]
    fn few_words_prove_nothing() {
        assert_eq!(find(&[0x0101, 0x8080, 0x4242]), None);
        assert_eq!(find(&[]), None);
    }
}
