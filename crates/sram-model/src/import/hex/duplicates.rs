//! Finds out whether a dump shows each cell several times.

use std::collections::BTreeSet;
use std::fmt;

use super::agreement::{Agreement, first_of_best};
use super::clean::ones;
use super::copies::Blocks;
use super::faults::Faults;
use super::proof::{Extent, bits_of, row_words};
use super::stray::Shape;

/// Cells that a dump shows several times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duplication {
    /// In each word.
    Bits(Repeats),
    /// In words of their own.
    Words(Blocks),
}

/// Words that repeat themselves: in every faulty word the bits fail in copies of the lowest ones, or in most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeats {
    /// Bits of a word.
    pub word_bits: u32,
    /// After this number of bits the word begins again.
    pub period_bits: u32,
    /// Faulty words, each counted once over all voltages.
    pub faulty_words: u64,
    /// Of the bits that fail in one copy the percentage that fails in the next, too, if not all words repeat; `None` if all do.
    pub percent: Option<u32>,
}

impl Repeats {
    /// Looks for the shortest period that all faulty words of all dumps have, or else most. `None` if there is none, or if nothing
    /// but columns, rows, or too few words speak for it.
    pub(super) fn find(dumps: &[Faults<'_>]) -> Option<Self> {
        let Shape { word_bits, words, .. } = dumps.first()?.shape;
        let faulty = || dumps.iter().flat_map(|dump| dump.shape.faulty);
        let found = |period_bits, percent| {
            let faulty_words = faulty().map(|(word, _)| word).collect::<BTreeSet<_>>().len() as u64;
            Self { word_bits, period_bits, faulty_words, percent }
        };
        let periods = || (1..word_bits).filter(|period| word_bits.is_multiple_of(*period));
        let cut = |period| Cut { word_bits, period, row: row_words(words) };
        let all = |&period: &u32| faulty().all(|&(_, bits)| repeats(bits, word_bits, period));
        let is_proof = |&period: &u32| {
            let mut spread = Extent::default();
            let of_all = dumps.iter().flat_map(|dump| &dump.living);
            of_all.for_each(|&(word, bits)| cut(period).add(&mut spread, word, bits));
            spread.is_proof(kinds(period))
        };
        if let Some(period) = periods().filter(all).find(is_proof) {
            return Some(found(period, None));
        }
        let mostly = periods().filter_map(|period| {
            let agreement = cut(period).agreement(dumps);
            let is_proof = agreement.is_beyond_chance() && agreement.spread.is_proof(kinds(period));
            is_proof.then(|| (found(period, Some(agreement.percent())), agreement.share()))
        });
        first_of_best(&mostly.collect::<Vec<_>>())
    }
}

/// The ways in which some but not all of so many bits fail.
fn kinds(period: u32) -> u64 {
    (1 << period.min(8)) - 2
}

/// Words that are cut into copies of so many bits, and where they lie.
#[derive(Clone, Copy)]
struct Cut {
    word_bits: u32,
    period: u32,
    /// Words of a row of the array.
    row: u64,
}

impl Cut {
    /// Adds the faults of a word, if it does not fail in all bits: such a word repeats with any period.
    fn add(self, spread: &mut Extent, word: u64, bits: u128) {
        let low = bits & ones(self.period);
        if low != 0 && low != ones(self.period) {
            spread.add_word(word, word / self.row);
            // The same bits of several banks are one kind: rows may fail in every other bit, in each bank.
            spread.add_kind(0, low);
        }
    }

    /// How far the living faults of each copy are those of the next.
    fn agreement(self, dumps: &[Faults<'_>]) -> Agreement {
        let Self { word_bits, period, .. } = self;
        let copies = word_bits / period;
        let mut agreement = Agreement::new(copies as usize);
        for dump in dumps {
            for &(word, bits) in &dump.living {
                for copy in 0..copies {
                    let next = (copy + 1) % copies * period;
                    let own = bits >> (copy * period) & ones(period);
                    let again = own & bits >> next;
                    // Of a word that fails in many bits, as one of a short dead row, any two have much in common.
                    let of_word = f64::from(bits.count_ones() - 1) / f64::from(word_bits - 1);
                    let by_chance = |bit: u32| {
                        let share = |of: u32| dump.density.share(word, of + bit);
                        share(copy * period).max(share(next)).max(of_word)
                    };
                    let expected = bits_of(own).map(by_chance).sum();
                    agreement.add(copy as usize, own.count_ones(), again.count_ones(), expected);
                    self.add(&mut agreement.spread, word, again);
                }
            }
        }
        agreement
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
        let Self { word_bits, period_bits, faulty_words, percent } = self;
        let copies = word_bits / period_bits;
        if let Some(percent) = percent {
            write!(
                f,
                "each cell seems to be dumped {copies} times: of the bits that fail in one copy of {period_bits} bits "
            )?;
            return write!(f, "{percent} % fail in the next, too, far beyond chance");
        }
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

    const ROWS: u64 = 4096;

    /// Of a bank, words of 16 bits that fail, each some words after the one before.
    fn find_at(words: &[(u64, u128)]) -> Option<(u32, Option<u32>)> {
        let shape =
            Shape { words: ROWS, word_bits: 16, banks: 1, line_words: None, packed: false, faulty: words };
        Repeats::find(&[Faults::of(shape, ROWS)]).map(|found| (found.period_bits, found.percent))
    }

    fn find(words: &[u128]) -> Option<u32> {
        let words: Vec<(u64, u128)> = (0..).map(|word| word * 97).zip(words.iter().copied()).collect();
        find_at(&words).map(|(period, percent)| {
            assert_eq!(percent, None, "all repeat");
            period
        })
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
    fn one_word_without_copies_makes_a_doubt_of_them() {
        let words = [0x0101, 0x8080, 0x4242, 0x1010, 0x2020, 0x0808, 0x0404, 0x0202, 0x0201];
        let words: Vec<(u64, u128)> = (0..).map(|word| word * 97).zip(words).collect();
        assert_eq!(find_at(&words), Some((8, Some(90))));
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

    /// So two sense amplifiers or column circuits fail, half a word apart.
    #[test]
    fn columns_prove_nothing_dead_or_in_part() {
        let every = |period: u64, from: u64, to: u64| -> Vec<(u64, u128)> {
            (from..to).filter(|word| word % period == 0).map(|word| (word, 0x0202)).collect()
        };
        for (period, from, to) in
            [(1, 0, 1024), (1, 512, 1024), (2, 0, 1024), (8, 0, 1024), (1, 300, 400), (4, 0, 512)]
        {
            assert_eq!(find_at(&every(period, from, to)), None, "{period} {from} {to}");
        }
        // Beside other faults that repeat.
        let mut words = every(1, 0, 1024);
        for (at, bit) in [(3, 0), (80, 2), (200, 3), (330, 4), (450, 5), (600, 6), (750, 7), (900, 0)] {
            words[at].1 |= 0x0101 << bit;
        }
        assert_eq!(find_at(&words), Some((8, None)));
    }

    #[test]
    fn rows_that_fail_in_every_other_bit_prove_nothing() {
        let rows: Vec<(u64, u128)> =
            (0..1024).filter(|word| word / 8 % 30 == 7).map(|word| (word, 0x5555)).collect();
        assert_eq!(find_at(&rows), None);
        let row: Vec<(u64, u128)> = (64..72).map(|word| (word, 0x0101 * u128::from(word))).collect();
        assert_eq!(find_at(&row), None, "one row");
    }

    #[test]
    fn copies_that_mostly_fail_alike_are_told_apart_from_chance() {
        let mixed = |number: u64| {
            let x = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 33
        };
        // Cells of which each read shows this percentage of the faults.
        let noisy = |faults: u64, shown: u64| -> Vec<(u64, u128)> {
            let of_word = |word: u64| {
                let fails = |bit: &u64| {
                    mixed(word * 8 + bit % 8) % 8192 < faults
                        && mixed(word * 16 + bit + 1_000_000) % 100 < shown
                };
                (0..16).filter(fails).fold(0, |bits, bit| bits | 1 << bit)
            };
            (0..1024).map(|word| (word, of_word(word))).filter(|(_, bits)| *bits != 0).collect()
        };
        for faults in [40, 200, 800] {
            let found = find_at(&noisy(faults, 80)).unwrap();
            assert!(
                found.0 == 8 && found.1.is_some_and(|percent| (70..90).contains(&percent)),
                "{faults}: {found:?}"
            );
            assert_eq!(find_at(&noisy(faults, 20)), None, "{faults}");
        }
        let independent = |faults: u64| -> Vec<(u64, u128)> {
            let of_word = |word: u64| {
                (0..16)
                    .filter(|bit| mixed(word * 16 + bit) % 1000 < faults)
                    .fold(0, |bits, bit| bits | 1 << bit)
            };
            (0..1024).map(|word| (word, of_word(word))).filter(|(_, bits)| *bits != 0).collect()
        };
        for faults in [1, 10, 100, 200, 400, 700] {
            assert_eq!(find_at(&independent(faults)), None, "{faults}");
        }
    }
}
