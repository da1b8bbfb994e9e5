//! Kinds of files that weights come in. Each is known by its first bytes, and has a file here; another is one file and one line in
//! [`SOURCES`].

mod archive;
mod gguf;
mod header;
mod numpy;
mod safetensors;
mod sharded;
mod torch;

use std::path::Path;

pub(super) use self::header::MAX_BYTES as MAX_HEADER_BYTES;
use super::foreign::Foreign;
use super::{WeightError, WeightFile};

/// The largest file that is read into memory: 16 GiB.
const MAX_FILE_BYTES: u64 = 16 << 30;

/// Where the bytes of tensors are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Loading {
    /// In memory.
    Read,
    /// In the file, which is mapped: what is not looked at takes no memory.
    Map,
}

/// What opens files of a kind.
type Open = fn(&Path, Loading) -> Result<WeightFile, WeightError>;

/// Kinds of files beside safetensors, which have no first bytes of their own.
const SOURCES: [(Foreign, Open); 5] = [
    (Foreign::Gguf, sharded::open_gguf),
    (Foreign::Npy, numpy::open_array),
    (Foreign::Npz, numpy::open_archive),
    (Foreign::PyTorch, torch::open),
    (Foreign::ShardIndex, sharded::open_index),
];

impl WeightFile {
    /// Reads a file of weights of any kind but GGUF, or a model in several of safetensors, by its index or folder.
    ///
    /// # Errors
    /// [`WeightError`] if it cannot be read or is not sound; [`WeightError::Foreign`] if it is known as something else.
    pub fn open(path: &Path) -> Result<Self, WeightError> {
        open(path, Loading::Read)
    }

    /// Maps a file of weights of any kind and size, or several: what is not looked at takes no memory.
    ///
    /// # Errors
    /// As of [`open`](Self::open); [`WeightError::Pipe`] if it is no file.
    pub fn map(path: &Path) -> Result<Self, WeightError> {
        open(path, Loading::Map)
    }
}

fn open(path: &Path, loading: Loading) -> Result<WeightFile, WeightError> {
    if path.is_dir() {
        return sharded::open_folder(path, loading);
    }
    let foreign = match safetensors::open(path, loading) {
        Err(WeightError::Foreign { foreign, .. }) => foreign,
        opened => return opened,
    };
    let path = path.to_owned();
    match SOURCES.iter().find(|(of, _)| *of == foreign) {
        Some((_, source)) if path.is_file() => source(&path, loading),
        Some(_) => Err(WeightError::Pipe { path }),
        None => Err(WeightError::Foreign { path, foreign }),
    }
}
