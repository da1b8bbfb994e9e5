//! Finds out whether a dump holds each word several times: in a row, line by line, bank by bank, or as a whole.

use std::fmt;

use super::agreement::first_of_best;
use super::alike::Dumps;
use super::faults::Faults;

/// Words of which blocks of this number stand so many times, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocks {
    /// Words of a block.
    pub words: u64,
    /// How often each stands there.
    pub copies: u64,
    /// Faulty words, without their copies, that are proof of it.
    pub faulty_words: u64,
    /// Of the bits that fail in one copy the percentage that fails in the next, too, if that is the proof; `None` if words fail
    /// alike in all their copies.
    pub percent: Option<u32>,
}

/// The most copies that are looked for.
const MAX_COPIES: u64 = 16;
impl Blocks {
    /// Looks for blocks in all dumps of a chip.
    pub(super) fn find(faults: &[Faults<'_>]) -> Option<Self> {
        let &Faults { shape, rows, .. } = faults.first()?;
        let lines =
            faults.iter().map(|dump| dump.shape.line_words).reduce(|all, words| all.filter(|_| all == words));
        let of_copies = |copies: u64| {
            let words = [Some(1), lines.flatten(), Some(rows), shape.words.checked_div(copies)];
            words.into_iter().flatten().map(move |words| (words, copies))
        };
        let bursts = [8, 4, 3, 2].into_iter().flat_map(|copies| {
            let bursts = (1..).map(|exponent| 1 << exponent).take_while(|&words: &u64| words < shape.words);
            bursts.map(move |words| (words, copies))
        });
        let mut blocks: Vec<(u64, u64)> = (2..=MAX_COPIES).rev().flat_map(of_copies).chain(bursts).collect();
        blocks.retain(|&(words, copies)| words > 0 && shape.words.is_multiple_of(words * copies));
        let dumps = Dumps(faults);
        let exact = |&(words, copies): &(u64, u64)| {
            let faulty_words = dumps.alike(words, copies)?;
            Some(Self { words, copies, faulty_words, percent: None })
        };
        let mostly = |&(words, copies): &(u64, u64)| {
            let found = dumps.mostly_alike(words, copies)?;
            let (faulty_words, percent) = (found.spread.words(), Some(found.percent()));
            Some((Self { words, copies, faulty_words, percent }, found.share()))
        };
        let exact = blocks.iter().find_map(exact);
        exact.or_else(|| first_of_best(&blocks.iter().filter_map(mostly).collect::<Vec<_>>()))
    }
}

impl fmt::Display for Blocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { words, copies, faulty_words, percent } = *self;
        match words {
            1 => write!(f, "each word seems to stand {copies} times in a row: ")?,
            words => write!(f, "each {words} words seem to stand {copies} times in a row: ")?,
        }
        match percent {
            None => write!(f, "{faulty_words} faulty words fail alike in all their copies"),
            Some(percent) => {
                write!(
                    f,
                    "of the bits that fail in one copy {percent} % fail in the next, too, far beyond chance"
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::stray::Shape;
    use super::*;

    fn find(rows: u64, words: u64, bits: impl Fn(u64) -> u128) -> Option<(u64, u64)> {
        found(rows, words, bits).map(|found| (found.words, found.copies))
    }

    fn found(rows: u64, words: u64, bits: impl Fn(u64) -> u128) -> Option<Blocks> {
        let faulty: Vec<(u64, u128)> =
            (0..words).map(|word| (word, bits(word))).filter(|(_, bits)| *bits != 0).collect();
        let shape = Shape {
            words,
            word_bits: 16,
            banks: words / rows,
            line_words: Some(8),
            packed: false,
            faulty: &faulty,
        };
        Blocks::find(&[Faults::of(shape, rows)])
    }

    /// Words of which one of a few fails, in one bit.
    fn noise(word: u64) -> u128 {
        let mixed = word.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        if mixed.is_multiple_of(40) { 1 << (mixed / 40 % 16) } else { 0 }
    }

    #[test]
    fn words_lines_banks_and_dumps_that_stand_several_times_are_found() {
        assert_eq!(find(1024, 2048, |word| noise(word / 2)), Some((1, 2)));
        assert_eq!(find(1024, 4096, |word| noise(word / 4)), Some((1, 4)));
        assert_eq!(find(1024, 2048, |word| noise(word / 16 * 8 + word % 8)), Some((8, 2)));
        assert_eq!(find(1024, 8192, |word| noise(word / 2048 * 1024 + word % 1024)), Some((1024, 2)));
        assert_eq!(find(1024, 2048, |word| noise(word % 1024)), Some((1024, 2)));
        assert_eq!(find(1024, 9216, |word| noise(word % 3072)), Some((3072, 3)));
        assert_eq!(find(1024, 2048, noise), None);
        for burst in [2, 4, 32, 512] {
            let copied = |word: u64| noise(word / (2 * burst) * burst + word % burst);
            assert_eq!(find(1024, 4096, copied), Some((burst, 2)), "bursts of {burst}");
        }
        // Now and then a cell fails in one read and not in the other.
        let once = |word: u64| if word == 100 { 0x8000 } else { noise(word % 1024) };
        assert_eq!(find(1024, 2048, once), Some((1024, 2)));
    }

    #[test]
    fn dead_rows_columns_and_few_faults_prove_nothing() {
        assert_eq!(find(1024, 2048, |word| u128::from(word / 8 % 32 == 3) * 0xffff), None, "rows");
        assert_eq!(find(1024, 2048, |_| 0x0140), None, "columns");
        assert_eq!(find(1024, 4096, |word| u128::from(word % 4 == 1) << (word / 1024)), None, "multiplexed");
        assert_eq!(
            find(1024, 2048, |word| if word % 1024 < 100 { noise(word % 1024) } else { 0 }),
            None,
            "few"
        );
        assert_eq!(find(1024, 2048, |_| 0), None);
    }

    fn mixed(number: u64) -> u64 {
        let x = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 33
    }

    #[test]
    fn any_number_of_copies_is_found() {
        for copies in 2..=16 {
            assert_eq!(find(1024, copies * 1024, |word| noise(word % 1024)), Some((1024, copies)));
            assert_eq!(find(1024, copies * 1024, |word| noise(word / copies)), Some((1, copies)));
            let lines = |word: u64| noise(word / (8 * copies) * 8 + word % 8);
            assert_eq!(find(1024, copies * 1024, lines), Some((8, copies)));
        }
    }

    #[test]
    fn copies_that_are_reads_of_weak_cells_are_found() {
        for faults in [8, 40, 400] {
            // Of so many thousandths of the cells each read shows a fault at this percentage.
            let read = |shown: u64, place: u64, word: u64| {
                let fails = |bit: &u64| {
                    mixed(place * 16 + bit) % 1000 < faults
                        && mixed(word * 16 + bit + 5_000_000) % 100 < shown
                };
                (0..16).filter(fails).fold(0, |bits, bit| bits | 1 << bit)
            };
            for copies in [2, 3, 4, 5, 6, 7, 16] {
                let dump = found(1024, copies * 1024, |word| read(80, word % 1024, word)).unwrap();
                assert_eq!((dump.words, dump.copies), (1024, copies), "{faults}");
                assert!(dump.percent.is_some_and(|percent| (70..90).contains(&percent)), "{faults}: {dump}");
                let in_a_row = |word| read(80, word / copies, word);
                assert_eq!(find(1024, copies * 1024, in_a_row), Some((1, copies)), "{faults}");
                assert_eq!(find(1024, copies * 1024, |word| read(20, word % 1024, word)), None, "{faults}");
            }
        }
        for faults in [1, 10, 100, 300, 450, 700] {
            let of_word = |word: u64| {
                (0..16)
                    .filter(|bit| mixed(word * 16 + bit) % 1000 < faults)
                    .fold(0, |bits, bit| bits | 1 << bit)
            };
            for banks in [1, 6, 16] {
                assert_eq!(find(1024, banks * 1024, of_word), None, "{faults}");
            }
        }
    }

    #[test]
    fn dead_rows_beside_each_other_prove_nothing() {
        let row = |word: u64| 1 << (word % 8) | 0x4100;
        for rows in [20..22, 20..24, 16..20] {
            for each in [8, 16, 32] {
                let dead = |word: u64| if rows.contains(&(word / each)) { row(word) } else { 0 };
                assert_eq!(find(1024, 2048, dead), None, "{rows:?} of {each}");
                assert_eq!(find(1024, 2048, |word| dead(word) | noise(word)), None, "{rows:?} of {each}");
            }
        }
        // Many of them, each in bits of its own, the same in all of its words.
        for noisy in [0, 1] {
            let pattern = |line: u64| u128::from(mixed(line) >> 5 & 0x7fff);
            let dead = |word: u64| if word / 8 % 37 == 5 { pattern(word / 8) } else { noise(word) * noisy };
            assert_eq!(find(1024, 4096, dead), None, "{noisy}");
        }
        // In two banks.
        let both = |word: u64| if (160..176).contains(&(word % 1024)) { row(word) } else { 0 };
        assert_eq!(find(1024, 2048, both), None);
        // Pieces of columns.
        let pieces = |word: u64| u128::from(word % 200 < 50) << (word / 200 % 3 * 5);
        assert_eq!(find(1024, 2048, pieces), None);
    }

    /// Each cell of a large memory fails at one in a hundred.
    #[test]
    fn many_faults_take_no_time() {
        let bits = |word: u64| if mixed(word).is_multiple_of(7) { 1 << (mixed(word) / 7 % 16) } else { 0 };
        assert_eq!(find(1024, 1 << 20, bits), None);
        let read = |word: u64| if mixed(word + 9_000_000) % 10 < 8 { bits(word % (1 << 19)) } else { 0 };
        assert_eq!(find(1024, 1 << 20, read), Some((1 << 19, 2)));
    }
}
