//! The words that a memory would hold if no cell failed, by their numbers in the dump.

use std::path::Path;
use std::sync::Arc;

use super::super::written::Pattern;
use super::super::{ImportError, ImportErrorKind, Place};
use super::{HexOptions, file_name};
use crate::profile::InputFile;

/// A pattern, and the dump that it is of, if it is of one.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) pattern: Pattern,
    dump: Option<WrittenWords>,
    /// The file of that dump.
    pub(super) input: Option<InputFile>,
}

/// What a dump holds that was written.
#[derive(Clone, Debug)]
pub(super) struct WrittenWords {
    pub(super) words: Arc<[u128]>,
    /// The first address, if there are any.
    pub(super) base: Option<u64>,
}

/// The words of one dump as they were written.
#[derive(Clone, Debug)]
pub(super) enum Clean {
    /// All alike.
    Constant(u128),
    /// Those of even rows, and those of odd ones.
    Checker { words: [u128; 2], rows: u64 },
    /// The address of the first word, and what the next one has more; in these bits.
    Address { base: u64, step: u64, mask: u128 },
    /// Any; those that are missing are 0.
    Words(Arc<[u128]>),
}

impl Stored {
    /// A pattern that is of no dump, or of these words of one.
    pub(super) fn new(pattern: &Pattern, dump: Option<(WrittenWords, InputFile)>) -> Self {
        let (dump, input) = dump.unzip();
        Self { pattern: pattern.clone(), dump, input }
    }

    /// Nothing that is known, before a dump was read: all words that are not 0 differ.
    pub(super) fn nothing(path: &Path) -> Self {
        Self { pattern: Pattern::Dump(path.to_owned()), dump: None, input: None }
    }

    /// The words of a dump whose addresses are these, if it has any: the first one, and by how much each word moves them.
    pub(super) fn clean(&self, addresses: Option<(u64, u64)>, options: &HexOptions) -> Clean {
        let (mask, rows) = (ones(options.word_bits), options.rows.into());
        let fives = (u128::MAX / 3) & mask;
        let tens = mask ^ fives;
        match (&self.pattern, &self.dump) {
            (Pattern::Ones, _) => Clean::Constant(mask),
            (Pattern::Zeros, _) => Clean::Constant(0),
            (Pattern::Checker, _) => Clean::Checker { words: [fives, tens], rows },
            (Pattern::CheckerInverse, _) => Clean::Checker { words: [tens, fives], rows },
            (Pattern::Address, _) => {
                let (base, step) = addresses.unwrap_or((0, 1));
                Clean::Address { base, step, mask }
            }
            (Pattern::Dump(_), Some(dump)) => Clean::Words(Arc::clone(&dump.words)),
            (Pattern::Dump(_), None) => Clean::Words(Arc::from([])),
        }
    }

    /// Refuses a dump of other words, so many from this address on, than what was written.
    pub(super) fn check_alike(&self, found: u64, base: Option<u64>, path: &Path) -> Result<(), ImportError> {
        let (Pattern::Dump(file), Some(written)) = (&self.pattern, &self.dump) else { return Ok(()) };
        let wrong = |found: String, expected: String| {
            let expected = format!("{expected} as in {}, which was written", file_name(file));
            Err(ImportError::content(ImportErrorKind::Files, path, Place::File, found, expected))
        };
        let words = written.words.len() as u64;
        if found != words {
            return wrong(format!("{found} words"), format!("{words} words"));
        }
        match (base, written.base) {
            (Some(base), Some(expected)) if base != expected => {
                wrong(format!("addresses from {base:#x} on"), format!("from {expected:#x} on"))
            }
            _ => Ok(()),
        }
    }
}

/// The lowest `bits` bits of a word, of at least one.
pub(super) fn ones(bits: u32) -> u128 {
    u128::MAX >> (128 - bits)
}

impl Clean {
    /// The word of this number as it was written.
    pub(super) fn word(&self, number: u64) -> u128 {
        match self {
            Self::Constant(word) => *word,
            Self::Checker { words, rows } => words[(number % rows % 2) as usize],
            Self::Address { base, step, mask } => {
                (u128::from(*base) + u128::from(number) * u128::from(*step)) & mask
            }
            Self::Words(words) => words.get(number as usize).copied().unwrap_or(0),
        }
    }

    /// After how many words it begins again, if it does.
    pub(super) fn repeats_after(&self) -> Option<u64> {
        match self {
            Self::Constant(_) => Some(1),
            Self::Checker { rows, .. } if rows.is_multiple_of(2) => Some(2),
            Self::Checker { rows, .. } => Some(*rows),
            Self::Address { .. } | Self::Words(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(pattern: &Pattern, word_bits: u32, rows: u32, addresses: Option<(u64, u64)>) -> Clean {
        let options = HexOptions { rows, word_bits, ..HexOptions::default() };
        Stored::new(pattern, None).clean(addresses, &options)
    }

    #[test]
    fn a_checkerboard_is_by_row_and_column_of_each_bank() {
        for rows in [3, 4] {
            let [checker, inverse] =
                [Pattern::Checker, Pattern::CheckerInverse].map(|pattern| clean(&pattern, 5, rows, None));
            for word in 0..12u64 {
                let (row, value) = (word % u64::from(rows), checker.word(word));
                assert!(
                    (0..5u64).all(|column| u64::try_from(value >> column & 1) == Ok((row + column + 1) % 2))
                );
                assert_eq!(value ^ inverse.word(word), 0x1f);
            }
            let period = checker.repeats_after().unwrap();
            assert!((0..24).all(|word| checker.word(word) == checker.word(word + period)));
        }
        assert_eq!([0, 1].map(|word| clean(&Pattern::Checker, 16, 1024, None).word(word)), [0x5555, 0xaaaa]);
    }

    #[test]
    fn addresses_are_cut_to_the_bits_of_a_word() {
        assert_eq!(clean(&Pattern::Address, 4, 8, None).word(0x1f), 0xf);
        assert_eq!(clean(&Pattern::Address, 8, 8, Some((0xff0, 2))).word(9), 0x02);
        assert_eq!(
            clean(&Pattern::Address, 128, 8, Some((u64::MAX, u64::MAX))).word(1),
            2 * u128::from(u64::MAX)
        );
    }
}
