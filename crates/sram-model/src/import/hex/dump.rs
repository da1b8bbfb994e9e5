//! One dump: the words that differ from what was written.

use std::path::Path;

use super::super::plausible::{self, Failing};
use super::super::{ImportError, file_name, read_bytes, read_checked};
use super::HexOptions;
use super::clean::{Clean, Stored};
use super::collector::Keeping;
use super::kind::{Found, Source, kind_of, text};
use crate::profile::InputFile;

/// The faults of one dump.
#[derive(Debug)]
pub(super) struct Dump {
    pub(super) input: InputFile,
    /// Number of the pattern that was written.
    pub(super) pattern: usize,
    /// Words of the dump.
    pub(super) words: u64,
    /// Number of each word that differs from what was written, and the bits in which it does.
    pub(super) faulty_words: Vec<(u64, u128)>,
    /// How many bits do, if they are about half of all and too many to be kept.
    pub(super) not_kept: Option<Failing>,
    /// What was written.
    pub(super) clean: Clean,
    /// What kind of dump it is, in a word.
    pub(super) kind: &'static str,
    /// How it was read, in words.
    pub(super) reading: String,
    /// What of it is not in the file, in words.
    pub(super) missing: Option<String>,
    /// The first address, if there are any.
    pub(super) base: Option<u64>,
    /// Words of a line, if all lines but the last have as many, and several.
    pub(super) line_words: Option<u64>,
    /// Whether words stand without space between.
    pub(super) packed: bool,
}

/// The bytes of a dump; of a large one that should be text and is none, its begin says so.
fn read(path: &Path, options: &HexOptions) -> Result<Vec<u8>, ImportError> {
    if options.raw { read_bytes(path) } else { read_checked(path, &[], text::EXPECTED) }
}

impl Dump {
    /// Reads a dump of any kind, all of it.
    pub(super) fn read(path: &Path, stored: &Stored, options: &HexOptions) -> Result<Self, ImportError> {
        Self::of(path, &read(path, options)?, stored, options, Keeping::All)
    }

    /// Reads a dump of any kind, of which faults are kept unless they are too many to be plausible.
    pub(super) fn read_plausible(
        path: &Path,
        stored: &Stored,
        options: &HexOptions,
    ) -> Result<Self, ImportError> {
        let bytes = read(path, options)?;
        let keeping = if options.anyway { Keeping::All } else { Keeping::Plausible };
        let dump = Self::of(path, &bytes, stored, options, keeping)?;
        let cells = dump.words as f64 * f64::from(options.word_bits);
        match dump.not_kept {
            // What seemed too many at its begin is not, of all.
            Some(failing) if !plausible::are_half(failing.all(), cells) => {
                Self::of(path, &bytes, stored, options, Keeping::All)
            }
            _ => Ok(dump),
        }
    }

    fn of(
        path: &Path,
        bytes: &[u8],
        stored: &Stored,
        options: &HexOptions,
        keeping: Keeping,
    ) -> Result<Self, ImportError> {
        let source = Source { path, bytes, stored, options, keeping };
        let kind = kind_of(&source);
        let Found { words, reading, missing, base, line_words, packed } = kind.read(&source)?;
        let dump = Self {
            words: words.count,
            not_kept: words.not_kept(),
            faulty_words: words.faulty,
            clean: words.clean,
            pattern: 0,
            input: InputFile::new(file_name(path), bytes),
            kind: kind.name(&source),
            reading,
            missing,
            base,
            line_words,
            packed,
        };
        stored.check_alike(dump.words, dump.base, path)?;
        Ok(dump)
    }
}
