//! What can be wrong with an imported file.

use std::fmt;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::doubt::Doubt;

/// Why a file could not be imported.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The file or folder cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file's content, or what was asked of it, is not as expected.
    #[error("{}{place}: found {found}, expected {expected}", path.display())]
    Content {
        /// What is wrong, in short.
        kind: ImportErrorKind,
        /// The file.
        path: PathBuf,
        /// Where in the file.
        place: Place,
        /// What was found.
        found: String,
        /// What was expected.
        expected: String,
    },
    /// The file or folder can be read, but what it says of the chip is hardly so.
    #[error("{} is not plausible: {}; with --anyway it is imported as it is", path.display(), joined(doubts))]
    Implausible {
        /// The file or folder.
        path: PathBuf,
        /// What speaks against it, with the likely causes.
        doubts: Vec<Doubt>,
    },
}

fn joined(doubts: &[Doubt]) -> String {
    doubts.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// A place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The file as a whole.
    File,
    /// A line, counted from 1.
    Line(u64),
    /// A byte, counted from 0.
    Byte(u64),
    /// A byte of the file, counted from 0, and the line that it stands in, counted from 1.
    LineByte {
        /// The line.
        line: u64,
        /// The byte.
        byte: u64,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File => Ok(()),
            Self::Line(line) => write!(f, ", line {line}"),
            Self::Byte(offset) => write!(f, ", byte {offset}"),
            Self::LineByte { line, byte } => write!(f, ", line {line}, byte {byte}"),
        }
    }
}

/// What is wrong with a file, or a folder of files, in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ImportErrorKind {
    /// It cannot be read.
    Read,
    /// It is no text in ASCII or UTF-8, or its lines cannot be told apart.
    Encoding,
    /// It is larger than any that is read.
    TooLarge,
    /// What was asked for contradicts itself, or does not fit the files.
    Options,
    /// The files are no maps of one chip: none, several of one voltage, of different lengths or conditions.
    Files,
    /// The name of a file does not say what it should: a voltage, or the chip's size.
    Name,
    /// A `# key: value` is missing, or makes no sense.
    Key,
    /// A table has not the columns that are needed, or others.
    Columns,
    /// A line is not in the form of such files.
    Form,
    /// A value makes no sense where it stands.
    Value,
    /// A cell or a bank that the chip does not have.
    OutsideChip,
    /// Something that was given before.
    Twice,
    /// Something is missing: a voltage, a bank, the rest of a word, of a bank, or of the file.
    Incomplete,
    /// All is in order but what it says of the chip, which is hardly so.
    Implausible,
}

impl ImportError {
    /// What is wrong, in short.
    pub fn kind(&self) -> ImportErrorKind {
        match self {
            Self::Read { .. } => ImportErrorKind::Read,
            Self::Content { kind, .. } => *kind,
            Self::Implausible { .. } => ImportErrorKind::Implausible,
        }
    }

    pub(crate) fn content(
        kind: ImportErrorKind,
        path: &Path,
        place: Place,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        Self::Content { kind, path: path.to_owned(), place, found: found.into(), expected: expected.into() }
    }
}

pub(super) fn at_line(
    kind: ImportErrorKind,
    path: &Path,
    line: u64,
    found: impl Into<String>,
    expected: impl Into<String>,
) -> ImportError {
    ImportError::content(kind, path, Place::Line(line), found, expected)
}
