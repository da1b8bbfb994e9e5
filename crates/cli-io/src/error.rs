//! Why a file is not read or written.

use std::error::Error;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::shown::shown_os;

/// Why a file is not read or written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FileError {
    /// It would be written and is read, or is written twice.
    #[error("{} would be overwritten: it is also {other} by this command{}", shown_os(path.as_os_str()), another_name(path, typed))]
    Overwritten {
        /// The file as typed for the output.
        path: PathBuf,
        /// What it is typed as in the other place.
        typed: PathBuf,
        /// What else is done with it.
        other: &'static str,
    },
    /// What can be read once is to be read again.
    #[error(
        "{} is a pipe, which can be read once, and this command would read it twice: write it to a file first",
        shown_os(path.as_os_str())
    )]
    ReadTwice {
        /// The pipe.
        path: PathBuf,
    },
    /// Another process writes to the folder.
    #[error(
        "another process is writing to the folder {}: choose another one, or wait until it is done",
        shown_os(path.as_os_str())
    )]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// It cannot be written.
    #[error("cannot write {}", shown_os(path.as_os_str()))]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },
    /// It cannot be read.
    #[error("cannot read {}", shown_os(path.as_os_str()))]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl FileError {
    /// Whether arguments are at fault that do not go together, rather than the world.
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::Overwritten { .. } | Self::ReadTwice { .. })
    }
}

/// The other name of a file with two.
fn another_name(path: &Path, typed: &Path) -> String {
    if path == typed { String::new() } else { format!(", as {}", shown_os(typed.as_os_str())) }
}
