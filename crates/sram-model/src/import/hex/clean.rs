//! The words that a memory would hold if no cell failed, by their numbers in the dump.

use std::path::Path;
use std::sync::Arc;

use super::super::{ImportError, ImportErrorKind, Place};
use super::dump::{Dump, ones};
use super::written::Pattern;
use super::{HexOptions, file_name};
use crate::profile::InputFile;

/// A pattern, and the dump that it is of, if it is of one.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) pattern: Pattern,
    words: Option<Arc<[u128]>>,
    /// The file of that dump.
    pub(super) input: Option<InputFile>,
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
    /// What was written, of which a dump is read.
    pub(super) fn new(pattern: &Pattern, options: &HexOptions) -> Result<Self, ImportError> {
        let (words, input) = match pattern {
            Pattern::Dump(path) => Some(read(path, options)?),
            _ => None,
        }
        .unzip();
        Ok(Self { pattern: pattern.clone(), words, input })
    }

    /// The words of a dump whose addresses are these, if it has any: the first one, and by how much each word moves them.
    pub(super) fn clean(&self, addresses: Option<(u64, u64)>, options: &HexOptions) -> Clean {
        let (mask, rows) = (ones(options.word_bits), options.rows.into());
        let fives = u128::MAX / 3 & mask;
        let tens = mask ^ fives;
        match (&self.pattern, &self.words) {
            (Pattern::Ones, _) => Clean::Constant(mask),
            (Pattern::Zeros, _) => Clean::Constant(0),
            (Pattern::Checker, _) => Clean::Checker { words: [fives, tens], rows },
            (Pattern::CheckerInverse, _) => Clean::Checker { words: [tens, fives], rows },
            (Pattern::Address, _) => {
                let (base, step) = addresses.unwrap_or((0, 1));
                Clean::Address { base, step, mask }
            }
            (Pattern::Dump(_), words) => Clean::Words(words.clone().unwrap_or_else(|| Arc::from([]))),
        }
    }

    /// Refuses a dump of another size than what was written.
    pub(super) fn check_size(&self, path: &Path, words: u64) -> Result<(), ImportError> {
        let (Pattern::Dump(written), Some(expected)) = (&self.pattern, &self.words) else { return Ok(()) };
        if words == expected.len() as u64 {
            return Ok(());
        }
        let expected = format!("{} words as in {}, which was written", expected.len(), file_name(written));
        Err(ImportError::content(
            ImportErrorKind::Files,
            path,
            Place::File,
            format!("{words} words"),
            expected,
        ))
    }
}

/// The words of a dump.
fn read(path: &Path, options: &HexOptions) -> Result<(Arc<[u128]>, InputFile), ImportError> {
    if !path.is_file() {
        let found = "no file";
        let expected = format!("a dump of what was written, or one of {}", Pattern::names());
        return Err(ImportError::content(ImportErrorKind::Options, path, Place::File, found, expected));
    }
    // Nothing is written as far as is known: all words that are not 0 differ.
    let nothing = Stored { pattern: Pattern::Dump(path.to_owned()), words: None, input: None };
    let dump = Dump::read(path, &nothing, &HexOptions { missing_as_written: false, ..options.clone() })?;
    let mut words = vec![0; dump.words as usize];
    for (word, bits) in dump.faulty_words {
        words[word as usize] = bits;
    }
    Ok((words.into(), dump.input))
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

    fn clean(pattern: Pattern, word_bits: u32, rows: u32, addresses: Option<(u64, u64)>) -> Clean {
        let options = HexOptions { word_bits, rows, ..HexOptions::default() };
        Stored::new(&pattern, &options).unwrap().clean(addresses, &options)
    }

    #[test]
    fn a_checkerboard_is_by_row_and_column_of_each_bank() {
        for rows in [3, 4] {
            let [checker, inverse] =
                [Pattern::Checker, Pattern::CheckerInverse].map(|pattern| clean(pattern, 5, rows, None));
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
        assert_eq!([0, 1].map(|word| clean(Pattern::Checker, 16, 1024, None).word(word)), [0x5555, 0xaaaa]);
    }

    #[test]
    fn addresses_are_cut_to_the_bits_of_a_word() {
        assert_eq!(clean(Pattern::Address, 4, 8, None).word(0x1f), 0xf);
        assert_eq!(clean(Pattern::Address, 8, 8, Some((0xff0, 2))).word(9), 0x02);
        assert_eq!(
            clean(Pattern::Address, 128, 8, Some((u64::MAX, u64::MAX))).word(1),
            2 * u128::from(u64::MAX)
        );
    }
}
