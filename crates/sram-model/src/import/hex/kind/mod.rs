//! The kinds of dumps, one file each, behind one interface: each says which files it reads, and gives their words.

mod bytes;
mod image;
mod intel;
mod raw;
mod records;
mod srec;
pub(super) mod text;

use std::path::Path;

use super::super::{ImportError, ImportErrorKind, Place, UTF8_MARK};
use super::HexOptions;
use super::clean::Stored;
use super::collector::{Collector, Keeping};

/// A kind of dump.
pub(super) trait Kind: Sync {
    /// Whether a file is of this kind, by what was asked and by how it begins.
    fn is(&self, source: &Source<'_>) -> bool;

    /// What such a dump is called, before the word "dump".
    fn name(&self, source: &Source<'_>) -> &'static str;

    /// The words of a file of this kind.
    fn read<'a>(&self, source: &Source<'a>) -> Result<Found<'a>, ImportError>;
}

/// All kinds, in the order in which they are asked; the last reads all that no other does.
const KINDS: [&dyn Kind; 4] = [&raw::Raw, &intel::IntelHex, &srec::SRecords, &text::Text];

/// The kind of a file.
pub(super) fn kind_of(source: &Source<'_>) -> &'static dyn Kind {
    KINDS.into_iter().find(|kind| kind.is(source)).unwrap_or(&text::Text)
}

/// A file to be read, and how.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) path: &'a Path,
    pub(super) bytes: &'a [u8],
    /// What was written.
    pub(super) stored: &'a Stored,
    pub(super) options: &'a HexOptions,
    pub(super) keeping: Keeping,
}

/// What a file holds.
pub(super) struct Found<'a> {
    pub(super) words: Collector<'a>,
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

impl<'a> Source<'a> {
    /// The begin of the text, after the mark of UTF-8 and blanks.
    fn begin(&self) -> &'a [u8] {
        self.bytes.strip_prefix(UTF8_MARK).unwrap_or(self.bytes).trim_ascii_start()
    }

    /// Refuses what was asked of texts alone, for this kind.
    fn refuse_options_of_texts(&self, kind: &str) -> Result<(), ImportError> {
        let HexOptions { packed, first_column, radix, .. } = self.options;
        let option = [
            (*packed, "--packed"),
            (first_column.is_some(), "--first-column"),
            (*radix == super::Radix::Binary, "--radix 2"),
        ];
        match option.into_iter().find(|(asked, _)| *asked) {
            Some((_, option)) => {
                let found = format!("{kind}, and {option}");
                Err(self.wrong(
                    ImportErrorKind::Options,
                    Place::File,
                    found,
                    format!("text, for {option}; leave it away"),
                ))
            }
            None => Ok(()),
        }
    }

    fn wrong(
        &self,
        kind: ImportErrorKind,
        place: Place,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> ImportError {
        ImportError::content(kind, self.path, place, found, expected)
    }
}
