//! What can go wrong with a journal.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::identity::IdentityError;

/// What can go wrong with a journal.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The file cannot be used.
    #[error("cannot {what} the journal {}", path.display())]
    File {
        /// The journal.
        path: PathBuf,
        /// What could not be done.
        what: &'static str,
        /// Why.
        source: io::Error,
    },
    /// It is a folder, a pipe or a device.
    #[error("the journal {} is no file: expected a file, or a name that is free", path.display())]
    NoFile {
        /// What was named.
        path: PathBuf,
    },
    /// The file is something else.
    #[error("{} is no journal: expected a file that --journal made, or a name that is free", path.display())]
    NoJournal {
        /// The file.
        path: PathBuf,
    },
    /// A journal of version 1.
    #[error(
        "{} is a journal of an earlier version, whose lines do not say all that their results depend on: name another file, \
         and measure anew",
        path.display()
    )]
    Old {
        /// The file.
        path: PathBuf,
    },
    /// A line is damaged, or none of a journal.
    #[error("{}, line {line}: {what}. Remove the line to have that result measured again", path.display())]
    Line {
        /// The journal.
        path: PathBuf,
        /// Number of the line, from 1 on.
        line: u64,
        /// What was found and what was expected.
        what: String,
    },
    /// Somebody cut the file while it was in use.
    #[error("the journal {} had {from} bytes and now has {to}: somebody else writes to it", path.display())]
    Shrunk {
        /// The journal.
        path: PathBuf,
        /// Bytes read before.
        from: u64,
        /// Bytes now.
        to: u64,
    },
    /// A result cannot be written.
    #[error(transparent)]
    Identity(#[from] IdentityError),
}
