//! Takes the words of a dump, one after the other, and keeps those that differ from what was written.

use std::path::Path;

use super::super::plausible::{self, Failing};
use super::super::{ImportError, ImportErrorKind, Place};
use super::HexOptions;
use super::clean::{Clean, ones};
use crate::geometry::Geometry;

/// The words of a dump, as far as they have come.
#[derive(Debug)]
pub(super) struct Collector<'a> {
    path: &'a Path,
    options: &'a HexOptions,
    pub(super) clean: Clean,
    /// Words so far.
    pub(super) count: u64,
    /// Number of each word that differs from what was written, and the bits in which it does.
    pub(super) faulty: Vec<(u64, u128)>,
    /// Bits that differ: of even and odd rows, and of each those of even and odd columns.
    failing: [[u64; 2]; 2],
    keeping: Keeping,
}

/// Whether words that differ are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keeping {
    /// All of them.
    All,
    /// Unless there are many, and about half of all bits differ: no such dump is imported.
    Plausible,
    /// None, as there were too many.
    None,
}

/// So many words that differ are always kept.
const ALWAYS_KEPT: usize = 1 << 20;

/// The bits of a word that lie in odd columns.
const ODD_COLUMNS: u128 = (u128::MAX / 3) << 1;

impl<'a> Collector<'a> {
    pub(super) fn new(path: &'a Path, options: &'a HexOptions, clean: Clean, keeping: Keeping) -> Self {
        Self { path, options, clean, count: 0, faulty: Vec::new(), failing: [[0; 2]; 2], keeping }
    }

    /// Takes one word more.
    pub(super) fn add(&mut self, value: u128, place: Place) -> Result<(), ImportError> {
        let bits = self.options.word_bits;
        if value & !ones(bits) != 0 {
            let found = format!("the word {value:x}, number {}", self.count);
            let expected = format!("a word of {bits} bits, the bits above them 0");
            return Err(ImportError::content(ImportErrorKind::Value, self.path, place, found, expected));
        }
        let differing = value ^ self.clean.word(self.count);
        if differing != 0 {
            self.keep(differing);
        }
        self.count += 1;
        Ok(())
    }

    /// Keeps bits of the next word that differ from what was written.
    fn keep(&mut self, differing: u128) {
        let row = self.count % u64::from(self.options.rows) % 2;
        let odd = (differing & ODD_COLUMNS).count_ones();
        let of_row = &mut self.failing[row as usize];
        of_row[0] += u64::from(differing.count_ones() - odd);
        of_row[1] += u64::from(odd);
        if self.keeping == Keeping::Plausible && self.faulty.len() >= ALWAYS_KEPT && self.are_half() {
            (self.keeping, self.faulty) = (Keeping::None, Vec::new());
        }
        if self.keeping != Keeping::None {
            self.faulty.push((self.count, differing));
        }
    }

    /// Whether about half of the bits so far differ from what was written, or more.
    fn are_half(&self) -> bool {
        let bits = (self.count + 1) as f64 * f64::from(self.options.word_bits);
        plausible::are_half(self.failing().all(), bits)
    }

    fn failing(&self) -> Failing {
        Failing(self.failing.map(|row| row.map(|bits| bits as f64)))
    }

    /// The bits that differ, if the words were not kept.
    pub(super) fn not_kept(&self) -> Option<Failing> {
        (self.keeping == Keeping::None).then(|| self.failing())
    }

    /// Passes over words that are as they were written.
    pub(super) fn pass(&mut self, words: u64) {
        self.count = self.count.saturating_add(words);
    }

    /// Whether it would be more than any memory has, with so many words.
    pub(super) fn is_too_large(&self, words: u64) -> bool {
        words.saturating_mul(self.options.word_bits.into()) > Geometry::MAX_CELLS
    }

    /// Refuses what is not whole banks; `place` is the end of the dump, and `reading` how it was read.
    pub(super) fn check_whole(&self, place: Place, reading: &str) -> Result<(), ImportError> {
        let HexOptions { rows, word_bits, .. } = *self.options;
        if self.count > 0 && self.count.is_multiple_of(rows.into()) {
            return Ok(());
        }
        let found = format!("{} words ({reading})", self.count);
        let expected = format!("whole banks of {rows} words of {word_bits} bits");
        Err(ImportError::content(ImportErrorKind::Incomplete, self.path, place, found, expected))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A dump of bytes that were written with ones, of which so many fail in all bits before others that do not.
    fn of(failing: usize, good: usize, keeping: Keeping) -> (usize, Option<f64>) {
        let options = HexOptions { word_bits: 8, ..HexOptions::default() };
        let mut words = Collector::new(Path::new("c"), &options, Clean::Constant(0xff), keeping);
        for word in (0..failing).map(|_| 0).chain((0..good).map(|_| 0xff)) {
            words.add(word, Place::File).unwrap();
        }
        (words.faulty.len(), words.not_kept().map(Failing::all))
    }

    #[test]
    fn words_of_which_half_fail_are_not_kept_if_they_are_many() {
        let many = ALWAYS_KEPT + 7;
        assert_eq!(of(many, 9, Keeping::Plausible), (0, Some(8.0 * many as f64)));
        assert_eq!(of(many, 9, Keeping::All), (many, None));
        assert_eq!(of(ALWAYS_KEPT, 9, Keeping::Plausible), (ALWAYS_KEPT, None));
    }
}
