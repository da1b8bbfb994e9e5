//! Checkpoints of PyTorch: a zip archive of a pickle, which says of each tensor where it lies in which storage, and the storages. The
//! pickle is not run: see [`crate::pickle`].

mod state;
mod stored;
mod tensors;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::ops::Range;
use std::path::Path;

use self::stored::StoredTensor;
use self::tensors::Tensors;
use super::super::bytes::MappedFile;
use super::super::{Tensor, WeightError, WeightFile};
use super::Loading;
use super::archive::Archive;
use crate::pickle;

/// How often bytes of a file may be elements, where strides say so, taken over all of it.
const MAX_COPIES: usize = 64;

/// The longest pickle that is read.
const MAX_PICKLE_BYTES: u64 = 64 << 20;

/// Reads or maps a checkpoint.
pub(super) fn open(path: &Path, loading: Loading) -> Result<WeightFile, WeightError> {
    let file = File::open(path).map_err(|source| WeightError::Read { path: path.to_owned(), source })?;
    let mapped = MappedFile::of(path, &file)?;
    of_file(mapped, loading).map_err(|what| WeightError::Unsound {
        path: path.to_owned(),
        kind: "a checkpoint of PyTorch",
        what,
    })
}

fn of_file(mut mapped: MappedFile, loading: Loading) -> Result<WeightFile, String> {
    let mut archive = Archive::of(&mapped)?;
    let is_pickle = |name: &str| name == "data.pkl" || name.ends_with("/data.pkl");
    let at =
        archive.entries.iter().position(|entry| is_pickle(&entry.name)).ok_or("found no data.pkl in it")?;
    let folder = archive.entries[at].name.trim_end_matches("data.pkl").to_owned();
    check_byte_order(&mut archive, &folder)?;
    let bytes = archive.read(at, MAX_PICKLE_BYTES)?;
    let pickle = pickle::read(&bytes, Tensors)?;
    let prefix = format!("{folder}data/");
    let storage = |entry: &super::archive::Entry| {
        Some((entry.name.strip_prefix(&*prefix)?.to_owned(), entry.range.clone()?))
    };
    let storages: HashMap<String, Range<usize>> = archive.entries.iter().filter_map(storage).collect();
    let is_compressed = |entry: &&super::archive::Entry| entry.range.is_none();
    let compressed: HashSet<String> = archive
        .entries
        .iter()
        .filter(is_compressed)
        .filter_map(|entry| Some(entry.name.strip_prefix(&*prefix)?.to_owned()))
        .collect();
    let checked = archive.checked();
    let (mut tensors, mut ties) = (Vec::<Tensor>::new(), BTreeMap::new());
    let mut first: HashMap<&StoredTensor, usize> = HashMap::new();
    let mut left = mapped.bytes().len().saturating_mul(MAX_COPIES);
    let state::State { named, beside } = state::state(&pickle)?;
    for (name, stored) in named {
        if let Some(&same) = first.get(stored) {
            // As safetensors has them in its metadata.
            ties.insert(name, tensors[same].name.clone());
            continue;
        }
        let storage = storages.get(&stored.key).cloned();
        let storage = storage.ok_or_else(|| {
            if compressed.contains(&stored.key) {
                format!("tensor {name}: its storage is compressed, expected it as torch.save writes it")
            } else {
                format!("tensor {name}: found no storage {} in it", stored.key)
            }
        })?;
        first.insert(stored, tensors.len());
        tensors.push(stored.tensor(name, storage, &mapped, loading, &mut left)?);
    }
    mapped.checked = checked;
    let model = WeightFile::new(tensors, ties).beside(beside);
    match loading {
        Loading::Read => Ok(model),
        Loading::Map => {
            stored::check_apart(model.tensors(), &mapped)?;
            Ok(model.lying_in(vec![mapped]))
        }
    }
}

/// Checks that storages are of little-endian numbers; old checkpoints do not say.
fn check_byte_order(archive: &mut Archive<'_>, folder: &str) -> Result<(), String> {
    let name = format!("{folder}byteorder");
    let Some(at) = archive.entries.iter().position(|entry| entry.name == name) else { return Ok(()) };
    match &*archive.read(at, 64)? {
        b"little" => Ok(()),
        other => Err(format!("found the byte order `{}`, expected little", String::from_utf8_lossy(other))),
    }
}
