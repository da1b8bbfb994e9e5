//! Finds out whether a dump holds each word several times: in a row, line by line, bank by bank, or as a whole.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

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
}

/// Of a dump with more faulty words the first are looked at.
const SEEN: usize = 1 << 16;
/// Fewer faulty words than this, without their copies, prove nothing.
const MIN_FAULTY_WORDS: u64 = 8;
/// Of the faulty words at least this share have copies that fail alike: a cell that is read again may not fail again.
const MOST: f64 = 0.9;
/// A multiplexer has at most so many columns for a bit.
const MAX_COLUMNS: u64 = 64;
/// A class of fewer words says nothing of a column.
const MIN_COLUMN: u64 = 8;

impl Blocks {
    /// Looks for blocks in all dumps of a chip, of the same shape but for the faults.
    pub(super) fn find(dumps: &[Shape<'_>], rows: u64) -> Option<Self> {
        let shape = dumps.first()?;
        let lines =
            dumps.iter().map(|dump| dump.line_words).reduce(|all, words| all.filter(|_| all == words));
        let of_copies = |copies: u64| {
            let words = [Some(1), lines.flatten(), Some(rows), shape.words.checked_div(copies)];
            words.into_iter().flatten().map(move |words| (words, copies))
        };
        let mut blocks: Vec<(u64, u64)> = [8, 4, 3, 2].into_iter().flat_map(of_copies).collect();
        blocks.retain(|&(words, copies)| words > 0 && shape.words.is_multiple_of(words * copies));
        let proof: Vec<Vec<(u64, u128)>> = dumps.iter().map(|dump| without_columns(dump, rows)).collect();
        blocks.into_iter().find_map(|(words, copies)| {
            let alike = dumps.iter().map(|dump| alike(dump.faulty, words, copies));
            let (same, all) = alike.fold((0, 0), |sum, found| (sum.0 + found.0, sum.1 + found.1));
            let mut groups: Vec<u64> = dumps
                .iter()
                .zip(&proof)
                .flat_map(|(dump, proof)| {
                    let copied = proof.iter().filter(move |of| is_copied(dump.faulty, **of, words, copies));
                    copied.map(move |(word, _)| word / (words * copies) * words + word % words)
                })
                .collect();
            groups.sort_unstable();
            groups.dedup();
            let faulty_words = groups.len() as u64;
            (faulty_words >= MIN_FAULTY_WORDS && same as f64 >= MOST * all as f64).then_some(Self {
                words,
                copies,
                faulty_words,
            })
        })
    }
}

impl fmt::Display for Blocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { words, copies, faulty_words } = self;
        match words {
            1 => write!(f, "each word stands")?,
            words => write!(f, "each {words} words stand")?,
        }
        write!(f, " {copies} times in a row: {faulty_words} faulty words fail alike in all their copies")
    }
}

/// How many faulty words have copies that fail alike, and how many there are.
fn alike(faulty: &[(u64, u128)], words: u64, copies: u64) -> (u64, u64) {
    let seen = &faulty[..faulty.len().min(SEEN)];
    let same = seen.iter().filter(|of| is_copied(faulty, **of, words, copies)).count();
    (same as u64, seen.len() as u64)
}

/// Whether all other copies of a faulty word fail as it does.
fn is_copied(faulty: &[(u64, u128)], (word, bits): (u64, u128), words: u64, copies: u64) -> bool {
    let first = word / (words * copies) * (words * copies) + word % words;
    (0..copies).map(|copy| first + copy * words).all(|other| {
        faulty.binary_search_by_key(&other, |&(word, _)| word).is_ok_and(|at| faulty[at].1 == bits)
    })
}

/// The faulty words, of the first ones, that fail neither as a whole, as in a dead row, nor in nothing but dead columns: words of
/// these are alike in any chip.
fn without_columns(dump: &Shape<'_>, rows: u64) -> Vec<(u64, u128)> {
    let seen = &dump.faulty[..dump.faulty.len().min(SEEN)];
    let mut columns: BTreeMap<(u64, u32), Vec<u64>> = BTreeMap::new();
    for &(word, bits) in seen {
        for bit in (0..dump.word_bits).filter(|bit| bits >> bit & 1 == 1) {
            columns.entry((word / rows, bit)).or_default().push(word % rows);
        }
    }
    let alive: BTreeSet<u64> = columns
        .into_iter()
        .flat_map(|((bank, _), failing)| {
            let alive = alive_rows(&failing, rows);
            alive.into_iter().map(move |row| bank * rows + row)
        })
        .collect();
    let is_proof =
        |(word, bits): &&(u64, u128)| bits.count_ones() < dump.word_bits.max(2) && alive.contains(word);
    seen.iter().filter(is_proof).copied().collect()
}

/// Of rows that fail in one bit those that no dead column, or half dead one, explains, with a multiplexer of any width.
fn alive_rows(failing: &[u64], rows: u64) -> Vec<u64> {
    let widths = (0..)
        .map(|exponent| 1 << exponent)
        .take_while(|&width| width <= MAX_COLUMNS && rows / width >= MIN_COLUMN);
    let mut alive = failing.to_vec();
    for width in widths {
        let mut counts = vec![0; width as usize];
        failing.iter().for_each(|row| counts[(row % width) as usize] += 1);
        alive.retain(|row| 2 * counts[(row % width) as usize] < rows / width);
    }
    alive
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(rows: u64, words: u64, bits: impl Fn(u64) -> u128) -> Option<(u64, u64)> {
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
        Blocks::find(&[shape], rows).map(|found| (found.words, found.copies))
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
}
