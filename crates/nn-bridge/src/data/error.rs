//! Why there is no data.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why there is no data.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DataError {
    /// The name of a data set is not known.
    #[error(
        "unknown data `{found}`: expected cifar10:PATH, cifar100:PATH, mnist:PATH, fashion-mnist:PATH, own images as FILE.npz or \
         FILE.safetensors, digits or digits:SEED"
    )]
    Name {
        /// What was found.
        found: String,
    },
    /// Files are not there.
    #[error("there is no {files} in {}, neither plain nor as .gz or .xz: {hint}", folder.display())]
    Missing {
        /// The files, any of which would do.
        files: String,
        /// Where they were sought.
        folder: PathBuf,
        /// Where to get them.
        hint: String,
    },
    /// The path does not exist.
    #[error("{} is not there: {hint}", path.display())]
    NoPath {
        /// The path.
        path: PathBuf,
        /// What to give, and where to get it.
        hint: String,
    },
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file does not hold what it should.
    #[error("{}: {what}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// Where, what was found, what was expected.
        what: String,
    },
    /// A file of images is not the one that was meant.
    #[error("{} holds other images: its SHA-256 is {found}, expected {expected}", path.display())]
    Checksum {
        /// The file.
        path: PathBuf,
        /// Its SHA-256.
        found: String,
        /// That of the file that was meant.
        expected: String,
    },
    /// Images have a tensor error of their own.
    #[error(transparent)]
    Weights(#[from] crate::weights::WeightError),
}

impl DataError {
    /// A file that cannot be read.
    pub(super) fn read(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        |source| Self::Read { path, source }
    }

    /// A file that does not hold what it should.
    pub(super) fn format(path: impl Into<PathBuf>) -> impl FnOnce(String) -> Self {
        let path = path.into();
        |what| Self::Format { path, what }
    }
}
