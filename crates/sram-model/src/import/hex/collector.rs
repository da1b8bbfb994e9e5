//! Takes the words of a dump, one after the other, and keeps those that differ from what was written.

use std::path::Path;

use super::super::{ImportError, ImportErrorKind, Place};
use super::HexOptions;
use super::clean::Clean;
use super::dump::ones;
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
}

impl<'a> Collector<'a> {
    pub(super) fn new(path: &'a Path, options: &'a HexOptions, clean: Clean) -> Self {
        Self { path, options, clean, count: 0, faulty: Vec::new() }
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
            self.faulty.push((self.count, differing));
        }
        self.count += 1;
        Ok(())
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
