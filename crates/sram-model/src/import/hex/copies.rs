//! Finds out whether a dump holds each word several times: in a row, line by line, bank by bank, or as a whole.

use std::fmt;

use super::agreement::{Agreement, Density, first_of_best};
use super::proof::{SEEN, Spread, bits_of, living, row_words};
use super::stray::Shape;

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

/// Of the faulty words at least this share have copies that fail alike: a cell that is read again may not fail again.
const MOST: f64 = 0.9;
/// The most copies that are looked for.
const MAX_COPIES: u64 = 16;
/// Of blocks that are none hardly anything agrees in this number of faulty words: the others need not be looked at.
const SAMPLE: usize = 1 << 12;
const HARDLY: f64 = 0.25;

/// The dumps of a chip, of the same shape but for the faults.
struct Dumps<'a> {
    shapes: &'a [Shape<'a>],
    rows: u64,
    /// The faults that speak for copies or against them.
    living: Vec<Vec<(u64, u128)>>,
}

impl Blocks {
    /// Looks for blocks in all dumps of a chip.
    pub(super) fn find(shapes: &[Shape<'_>], rows: u64) -> Option<Self> {
        let shape = shapes.first()?;
        let lines =
            shapes.iter().map(|dump| dump.line_words).reduce(|all, words| all.filter(|_| all == words));
        let of_copies = |copies: u64| {
            let words = [Some(1), lines.flatten(), Some(rows), shape.words.checked_div(copies)];
            words.into_iter().flatten().map(move |words| (words, copies))
        };
        let mut blocks: Vec<(u64, u64)> = (2..=MAX_COPIES).rev().flat_map(of_copies).collect();
        blocks.retain(|&(words, copies)| words > 0 && shape.words.is_multiple_of(words * copies));
        let living = shapes.iter().map(|dump| living(dump, rows)).collect();
        let dumps = Dumps { shapes, rows, living };
        let exact = blocks.iter().find_map(|&(words, copies)| dumps.alike(words, copies));
        exact.or_else(|| {
            let mostly = blocks.iter().filter_map(|&(words, copies)| dumps.mostly_alike(words, copies));
            first_of_best(&mostly.collect::<Vec<_>>())
        })
    }
}

impl fmt::Display for Blocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { words, copies, faulty_words, percent } = *self;
        let (stands, stand) =
            if percent.is_none() { ("stands", "stand") } else { ("seems to stand", "seem to stand") };
        match words {
            1 => write!(f, "each word {stands} {copies} times in a row: ")?,
            words => write!(f, "each {words} words {stand} {copies} times in a row: ")?,
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

impl Dumps<'_> {
    /// Blocks of which nearly all faulty words fail alike in all copies.
    fn alike(&self, words: u64, copies: u64) -> Option<Blocks> {
        let alike = self.shapes.iter().map(|dump| alike(dump.faulty, words, copies));
        let (same, all) = alike.fold((0, 0), |sum, found| (sum.0 + found.0, sum.1 + found.1));
        if all == 0 || (same as f64) < MOST * all as f64 {
            return None;
        }
        let mut spread = Spread::default();
        for (dump, living) in self.shapes.iter().zip(&self.living) {
            let copied = living
                .iter()
                .filter(|of| is_copied(dump.faulty, (of.0, failing(dump.faulty, of.0)), words, copies));
            copied.for_each(|&(word, bits)| self.add(&mut spread, word, bits, words, copies));
        }
        self.blocks(&spread, words, copies, None)
    }

    /// Blocks of which most faults are in the next copy, too, and how many.
    fn mostly_alike(&self, words: u64, copies: u64) -> Option<(Blocks, f64)> {
        if self.agreement(words, copies, Some(SAMPLE)).share() < HARDLY {
            return None;
        }
        let agreement = self.agreement(words, copies, None);
        let found = self.blocks(&agreement.spread, words, copies, Some(agreement.percent()))?;
        agreement.is_beyond_chance().then_some((found, agreement.share()))
    }

    /// How far the living faults of each copy, or of the first words of them, are those of the next.
    fn agreement(&self, words: u64, copies: u64, most: Option<usize>) -> Agreement {
        let mut agreement = Agreement::new(copies as usize);
        for (dump, living) in self.shapes.iter().zip(&self.living) {
            let density = most.is_none().then(|| Density::of(dump.faulty, self.rows));
            for &(word, bits) in &living[..living.len().min(most.unwrap_or(SEEN))] {
                let copy = word / words % copies;
                let next = if copy + 1 < copies { word + words } else { word - copy * words };
                let again = bits & failing(dump.faulty, next);
                let by_chance = |bit| {
                    let share = |word| density.as_ref().map_or(0.0, |density| density.share(word, bit));
                    share(word).max(share(next))
                };
                let expected = bits_of(bits).map(by_chance).sum();
                agreement.add(copy as usize, bits.count_ones(), again.count_ones(), expected);
                if again != 0 {
                    self.add(&mut agreement.spread, word, again, words, copies);
                }
            }
        }
        agreement
    }

    /// Adds a word that fails as its copies do.
    fn add(&self, spread: &mut Spread, word: u64, bits: u128, words: u64, copies: u64) {
        let first = first_copy(word, words, copies);
        let all = self.shapes.first().map_or(0, |shape| shape.words / copies);
        // Numbered without the copies.
        let number = word / (words * copies) * words + word % words;
        spread.add_word(number, number / row_words(all));
        bits_of(bits).for_each(|bit| spread.add_kind(first / self.rows, 1 << bit));
    }

    fn blocks(&self, spread: &Spread, words: u64, copies: u64, percent: Option<u32>) -> Option<Blocks> {
        let columns = self.shapes.first()?.word_bits;
        spread.is_proof(columns.into()).then(|| Blocks {
            words,
            copies,
            faulty_words: spread.words(),
            percent,
        })
    }
}

fn first_copy(word: u64, words: u64, copies: u64) -> u64 {
    word / (words * copies) * (words * copies) + word % words
}

/// How many faulty words have copies that fail alike, and how many there are.
fn alike(faulty: &[(u64, u128)], words: u64, copies: u64) -> (u64, u64) {
    let seen = &faulty[..faulty.len().min(SEEN)];
    let same = seen.iter().filter(|of| is_copied(faulty, **of, words, copies)).count();
    (same as u64, seen.len() as u64)
}

/// Whether all other copies of a faulty word fail as it does.
fn is_copied(faulty: &[(u64, u128)], (word, bits): (u64, u128), words: u64, copies: u64) -> bool {
    let first = first_copy(word, words, copies);
    (0..copies).map(|copy| first + copy * words).all(|other| failing(faulty, other) == bits)
}

/// The bits of a word that fail.
fn failing(faulty: &[(u64, u128)], word: u64) -> u128 {
    faulty.binary_search_by_key(&word, |&(word, _)| word).map_or(0, |at| faulty[at].1)
}

#[cfg(test)]
mod tests {
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
        Blocks::find(&[shape], rows)
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
