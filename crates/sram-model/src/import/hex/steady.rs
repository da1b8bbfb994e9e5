//! Whether the reads of a voltage are alike: the first after a change of the supply often differs from those after it.
//!
//! Cells that fail in some but not all of n reads tell: were the reads alike, each of the reads would be as likely as any other to be
//! one of the k in which such a cell fails, so that a read shows k/n of the failures of each, with the variance k/n·(1 − k/n). The
//! failures in a read are compared with that by χ² with one degree of freedom (of two reads it is the test of `McNemar`, 1947), and
//! the least of n probabilities is taken n times (Bonferroni). The cells are taken for independent; noise that many share makes
//! reads look more different than they are.

use std::fmt;

use statrs::function::erf::erfc;

use super::dump::Dump;

/// How the reads of one voltage and pattern compare.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadsAlike {
    /// Cells that fail in some but not all reads.
    pub unsteady_cells: u64,
    /// The read that differs most from the others; none if too few cells tell.
    pub most_different: Option<DifferentRead>,
}

/// A read compared with all others.
#[derive(Clone, Debug, PartialEq)]
pub struct DifferentRead {
    /// The file's name.
    pub file: String,
    /// Whether it is the first of the reads.
    pub is_first: bool,
    /// How many of the unsteady cells fail in it.
    pub failing: u64,
    /// How many would, were it as all others.
    pub expected: f64,
    /// The probability that reads which are alike differ as much: n times that of this read, at most 1.
    pub p_value: f64,
}

/// With less variance than this of a read's failures nothing can be told.
const LEAST_VARIANCE: f64 = 5.0;
/// Reads are said to differ if they would so with less than this probability.
const SIGNIFICANT: f64 = 0.01;

impl DifferentRead {
    /// Whether it is no chance.
    pub fn is_significant(&self) -> bool {
        self.p_value < SIGNIFICANT
    }
}

impl ReadsAlike {
    /// Whether the first read is not as the others.
    pub fn first_differs(&self) -> bool {
        self.most_different.as_ref().is_some_and(|most| most.is_first && most.is_significant())
    }

    /// Compares the reads of one voltage and pattern; bits from `columns` on are left out.
    #[expect(
        clippy::stable_sort_primitive,
        reason = "each dump is in order, which a stable sort makes use of"
    )]
    pub(super) fn of(dumps: &[Dump], columns: u32) -> Self {
        let reads = dumps.len();
        let mut failing: Vec<(u64, usize)> = Vec::new();
        for (read, dump) in dumps.iter().enumerate() {
            for &(word, bits) in &dump.faulty_words {
                let cells = (0..columns).filter(|column| bits >> column & 1 == 1);
                failing.extend(cells.map(|column| (word * u64::from(columns) + u64::from(column), read)));
            }
        }
        failing.sort();
        let mut in_read = vec![0u64; reads];
        let (mut unsteady_cells, mut expected, mut variance) = (0, 0.0, 0.0);
        for same in failing.chunk_by(|one, other| one.0 == other.0).filter(|same| same.len() < reads) {
            let share = same.len() as f64 / reads as f64;
            unsteady_cells += 1;
            expected += share;
            variance += share * (1.0 - share);
            same.iter().for_each(|&(_, read)| in_read[read] += 1);
        }
        let differs = |failing: u64| (failing as f64 - expected).abs();
        let most = (0..reads).rev().max_by(|&a, &b| differs(in_read[a]).total_cmp(&differs(in_read[b])));
        let most_different = most.filter(|_| variance >= LEAST_VARIANCE).map(|read| DifferentRead {
            file: dumps[read].input.name.clone(),
            is_first: read == 0,
            failing: in_read[read],
            expected,
            p_value: (reads as f64 * erfc(differs(in_read[read]) / (2.0 * variance).sqrt())).min(1.0),
        });
        Self { unsteady_cells, most_different }
    }
}

impl fmt::Display for ReadsAlike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unsteady = self.unsteady_cells;
        let Some(most) = &self.most_different else {
            return write!(
                f,
                "too few cells fail in some reads only ({unsteady}) to tell whether the reads are alike"
            );
        };
        let DifferentRead { file, failing, expected, p_value, .. } = most;
        if !most.is_significant() {
            return write!(
                f,
                "the reads are alike, as far as {unsteady} cells that fail in some of them tell (p = {p_value:.2})"
            );
        }
        write!(
            f,
            "the reads are not alike: of {unsteady} cells that fail in some of them {failing} fail in {file}, {expected:.0} would, were it \
             as the others (p = {p_value:.0e})"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::clean::Clean;
    use super::*;
    use crate::profile::InputFile;

    /// Reads of one bank of words of 16 bits; a cell fails in a read if `fails` says so.
    fn compare(reads: usize, cells: u64, fails: impl Fn(usize, u64) -> bool) -> ReadsAlike {
        let dump = |read: usize| {
            let bits = |word: u64| {
                (0..16).filter(|bit| fails(read, word * 16 + bit)).fold(0, |bits, bit| bits | 1 << bit)
            };
            let words = cells.div_ceil(16);
            Dump {
                input: InputFile::new(format!("run{read}"), &[]),
                pattern: 0,
                words,
                faulty_words: (0..words)
                    .map(|word| (word, bits(word)))
                    .filter(|(_, bits)| *bits != 0)
                    .collect(),
                not_kept: None,
                clean: Clean::Constant(0xffff),
                kind: "hex",
                reading: String::new(),
                missing: None,
                base: None,
                line_words: None,
                packed: false,
            }
        };
        ReadsAlike::of(&(0..reads).map(dump).collect::<Vec<_>>(), 16)
    }

    fn mixed(number: u64) -> u64 {
        let x = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 33
    }

    #[test]
    fn two_reads_are_compared_as_mcnemar_did() {
        // Of 60 cells that fail in one of two reads 40 do in the second: (40 − 20)²/60 = 6.667, p = 0.00982, for two reads twice that.
        let found = compare(2, 64, |read, cell| cell >= 60 || (cell < 40) == (read == 1));
        let most = found.most_different.clone().unwrap();
        assert_eq!(
            (found.unsteady_cells, most.failing, most.expected, &most.file[..]),
            (60, 20, 30.0, "run0")
        );
        assert!((most.p_value - 2.0 * 0.009_823).abs() < 1e-5 && !most.is_significant(), "{}", most.p_value);
    }

    #[test]
    fn reads_that_are_alike_hardly_ever_differ_and_a_first_one_that_fails_more_is_found() {
        // Cells of which each fails with a probability of its own.
        let fails = |seed: u64, read: usize, cell: u64, more: u64| {
            mixed(mixed(cell) + 7_919 * read as u64 + 1_000_003 * seed) % 100 < cell % 100 + more
        };
        let significant = |of: &dyn Fn(u64) -> ReadsAlike| {
            (0..200).filter(|&seed| of(seed).most_different.is_some_and(|most| most.is_significant())).count()
        };
        let alike = significant(&|seed| compare(5, 800, |read, cell| fails(seed, read, cell, 0)));
        assert!(alike <= 8, "{alike} of 200, of which 2 are to be expected");
        let first =
            |seed| compare(5, 800, |read, cell| fails(seed, read, cell, if read == 0 { 20 } else { 0 }));
        assert_eq!(significant(&first), 200);
        assert!((0..200).all(|seed| first(seed).most_different.unwrap().file == "run0"));
    }

    #[test]
    fn steady_cells_and_few_tell_nothing() {
        assert_eq!(compare(3, 64, |_, _| true), ReadsAlike { unsteady_cells: 0, most_different: None });
        assert_eq!(compare(3, 64, |read, cell| cell < 9 && read == 0).most_different, None);
    }
}
