//! Which cell a bit of a word is in.
//!
//! Words are counted through a bank row by row, bank after bank, lowest columns first. Bit 0 of a word is its least significant
//! bit and lies in the lowest column of the word's. With interleaved words (column multiplexing) a row holds bit 0 of all
//! its words, then bit 1 of them, and so on:
//!
//! ```text
//! two words of 4 bits a row    word after word: 00 01 02 03 10 11 12 13    interleaved: 00 10 01 11 02 12 03 13
//! ```

use std::path::Path;

use super::LogOptions;
use crate::geometry::{CellAddress, Geometry};
use crate::import::hex::MAX_WORD_BITS;
use crate::import::{ImportError, ImportErrorKind, Place};

/// What addresses count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AddressUnit {
    /// Words.
    #[default]
    Words,
    /// Bytes: the address of a word is that of its first byte.
    Bytes,
}

/// The words of a chip.
pub(super) struct Words<'a> {
    pub(super) geometry: Geometry,
    pub(super) word_bits: u32,
    per_row: u32,
    options: &'a LogOptions,
}

/// A word: the cell in the first column of its row, and its number in the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word {
    row_start: u64,
    index: u32,
}

impl<'a> Words<'a> {
    pub(super) fn new(path: &Path, geometry: Geometry, options: &'a LogOptions) -> Result<Self, ImportError> {
        let wrong = |found: String, expected: String| {
            Err(ImportError::content(ImportErrorKind::Options, path, Place::File, found, expected))
        };
        let columns = geometry.columns();
        let word_bits = options.word_bits.unwrap_or(columns);
        if word_bits == 0 || !columns.is_multiple_of(word_bits) {
            let found = format!("words of {word_bits} bits in rows of {columns} columns ({geometry})");
            return wrong(found, "word bits that divide a row".to_owned());
        }
        if options.address_unit == AddressUnit::Bytes && !word_bits.is_multiple_of(8) {
            let found = format!("addresses of bytes, and words of {word_bits} bits");
            return wrong(found, "words of whole bytes; or addresses of words".to_owned());
        }
        Ok(Self { geometry, word_bits, per_row: columns / word_bits, options })
    }

    /// Refuses words that are wider than any that is read.
    pub(super) fn check_width(&self, path: &Path) -> Result<(), ImportError> {
        if self.word_bits <= MAX_WORD_BITS {
            return Ok(());
        }
        let found = format!("words of {} bits, a row of {}", self.word_bits, self.geometry);
        let expected = format!("words of at most {MAX_WORD_BITS} bits: say how many they have (--word-bits)");
        Err(ImportError::content(ImportErrorKind::Options, path, Place::File, found, expected))
    }

    /// Words of the chip, or of one bank.
    pub(super) fn count(&self, of_bank: bool) -> u64 {
        let cells = if of_bank { self.geometry.cells_per_bank() } else { self.geometry.cells() };
        cells / u64::from(self.word_bits)
    }

    /// The largest address.
    pub(super) fn last_address(&self, of_bank: bool) -> u128 {
        u128::from(self.count(of_bank).saturating_sub(1)) * u128::from(self.step())
    }

    /// How many addresses apart words are.
    fn step(&self) -> u32 {
        match self.options.address_unit {
            AddressUnit::Words => 1,
            AddressUnit::Bytes => (self.word_bits / 8).max(1),
        }
    }

    /// The largest word.
    pub(super) fn last_word(&self) -> u128 {
        u128::MAX.checked_shr(MAX_WORD_BITS.saturating_sub(self.word_bits)).unwrap_or(u128::MAX)
    }

    /// The word at an address of the chip, or of a bank; or what was expected of the address.
    pub(super) fn at_address(&self, address: u128, bank: Option<u32>) -> Result<Word, String> {
        let of_bank = bank.is_some();
        let (last, step) = (self.last_address(of_bank), u128::from(self.step()));
        if address > last {
            let whose = if of_bank { "a bank" } else { "a chip" };
            return Err(format!(
                "an address from 0 to {last} ({last:#x}), as {whose} of {} has",
                self.geometry
            ));
        }
        if !address.is_multiple_of(step) {
            return Err(format!("a multiple of {step}, as addresses count bytes and words have {step}"));
        }
        let word = self.options.scramble.apply((address / step) as u64);
        let (per_row, columns) = (u64::from(self.per_row), u64::from(self.geometry.columns()));
        let row = word / per_row + u64::from(bank.unwrap_or(0)) * u64::from(self.geometry.rows());
        Ok(Word { row_start: row * columns, index: (word % per_row) as u32 })
    }

    /// The only word of a row, if the chip has such a row.
    pub(super) fn at_row(&self, bank: u32, row: u32) -> Option<Word> {
        let row_start = self.geometry.cell(CellAddress { bank, row, column: 0 })?;
        Some(Word { row_start, index: 0 })
    }

    /// The cell of a bit of a word.
    pub(super) fn cell(&self, word: Word, bit: u32) -> u64 {
        let (bits, words) = (u64::from(self.word_bits), u64::from(self.per_row));
        let (index, bit) = (u64::from(word.index), u64::from(bit));
        word.row_start + if self.options.interleave { bit * words + index } else { index * bits + bit }
    }

    /// What was decided of addresses, in words.
    pub(super) fn notes(&self) -> Vec<String> {
        let LogOptions { interleave, scramble, address_unit, .. } = self.options;
        let order = if *interleave { "interleaved" } else { "word after word" };
        let several = (self.per_row > 1)
            .then(|| format!("a row holds {} words of {} bits, {order}", self.per_row, self.word_bits));
        let scrambled = (!scramble.is_none()).then(|| format!("addresses were descrambled by {scramble}"));
        let bytes = (*address_unit == AddressUnit::Bytes).then(|| "addresses count bytes".to_owned());
        several.into_iter().chain(scrambled).chain(bytes).collect()
    }
}
