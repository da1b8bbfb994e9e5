//! What can be wrong with an imported file.

use std::fmt;
use std::path::{Path, PathBuf};

use thiserror::Error;

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
    /// The file's content is not as expected.
    #[error("{}{place}: found {found}, expected {expected}", path.display())]
    Content {
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
    #[error("{} is not plausible: {}; with --anyway it is imported as it is", path.display(), doubts.join("; "))]
    Implausible {
        /// The file or folder.
        path: PathBuf,
        /// What speaks against it, with the likely cause.
        doubts: Vec<String>,
    },
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

impl ImportError {
    pub(crate) fn content(
        path: &Path,
        place: Place,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        Self::Content { path: path.to_owned(), place, found: found.into(), expected: expected.into() }
    }
}

pub(super) fn at_line(
    path: &Path,
    line: u64,
    found: impl Into<String>,
    expected: impl Into<String>,
) -> ImportError {
    ImportError::content(path, Place::Line(line), found, expected)
}
