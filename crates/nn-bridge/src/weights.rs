//! Weight files: safetensors, as PyTorch and others write them.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, SafeTensorError, SafeTensors, TensorView};
use sram_model::write_atomically;
use thiserror::Error;

/// The tensors of a network, as read from a file.
#[derive(Clone, Debug)]
pub struct WeightFile {
    tensors: Vec<Tensor>,
    metadata: HashMap<String, String>,
}

/// One tensor of a weight file.
#[derive(Clone, Debug)]
pub struct Tensor {
    /// Its name.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    dtype: Dtype,
    bytes: Vec<u8>,
}

/// The order in which tensors are laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TensorOrder {
    /// By name, byte by byte: the same for every file of a network.
    #[default]
    Name,
    /// As their data lies in the file.
    File,
}

/// The last part of the names of tensors that are statistics of a `BatchNorm`, not parameters.
const STATISTICS: [&str; 3] = ["running_mean", "running_var", "num_batches_tracked"];

impl WeightFile {
    /// Reads a safetensors file.
    ///
    /// # Errors
    /// [`WeightError`] if it cannot be read or is no sound safetensors file.
    pub fn open(path: &Path) -> Result<Self, WeightError> {
        let bytes =
            std::fs::read(path).map_err(|source| WeightError::Read { path: path.to_owned(), source })?;
        Self::parse(&bytes)
            .map_err(|source| WeightError::Format { path: path.to_owned(), source: Box::new(source) })
    }

    fn parse(bytes: &[u8]) -> Result<Self, SafeTensorError> {
        let (_, header) = SafeTensors::read_metadata(bytes)?;
        let file = SafeTensors::deserialize(bytes)?;
        let mut views = file.tensors();
        views.sort_by_key(|(name, view)| (view.data().as_ptr() as usize, name.clone()));
        let tensor = |(name, view): (String, TensorView<'_>)| Tensor {
            name,
            shape: view.shape().to_vec(),
            dtype: view.dtype(),
            bytes: view.data().to_vec(),
        };
        let tensors = views.into_iter().map(tensor).collect();
        Ok(Self { tensors, metadata: header.metadata().clone().unwrap_or_default() })
    }

    /// All tensors, in the order of the file.
    pub fn tensors(&self) -> &[Tensor] {
        &self.tensors
    }

    /// The tensors that a network keeps in its weight memory: those of floats, in this order. Statistics of `BatchNorm`
    /// (`running_mean`, `running_var`) are kept apart, with floats that no bit error hits, unless `with_statistics`.
    pub fn stored(&self, order: TensorOrder, with_statistics: bool) -> Vec<&Tensor> {
        let is_statistic =
            |tensor: &Tensor| STATISTICS.contains(&tensor.name.rsplit('.').next().unwrap_or_default());
        let is_stored = |tensor: &&Tensor| tensor.is_float() && (with_statistics || !is_statistic(tensor));
        let mut stored: Vec<&Tensor> = self.tensors.iter().filter(is_stored).collect();
        if order == TensorOrder::Name {
            stored.sort_by(|a, b| a.name.cmp(&b.name));
        }
        stored
    }

    /// Writes the file anew with other values for some tensors, as float32; all others keep their type and bytes.
    /// `metadata` is added to that of the file.
    ///
    /// # Errors
    /// [`WeightError`] if a name is unknown or a count wrong, or the file cannot be written.
    pub fn write_with(
        &self,
        path: &Path,
        values: &BTreeMap<&str, Vec<f32>>,
        metadata: &BTreeMap<String, String>,
    ) -> Result<(), WeightError> {
        let mut replaced: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
        for (&name, values) in values {
            let tensor = self.tensors.iter().find(|tensor| tensor.name == name);
            let expected = tensor.map_or(0, Tensor::len);
            if tensor.is_none() || expected != values.len() {
                return Err(WeightError::Mismatch { name: name.to_owned(), found: values.len(), expected });
            }
            replaced.insert(name, values.iter().flat_map(|value| value.to_le_bytes()).collect());
        }
        let views = self.tensors.iter().map(|tensor| {
            let (dtype, bytes) = match replaced.get(tensor.name.as_str()) {
                Some(bytes) => (Dtype::F32, bytes),
                None => (tensor.dtype, &tensor.bytes),
            };
            TensorView::new(dtype, tensor.shape.clone(), bytes).map(|view| (tensor.name.as_str(), view))
        });
        let mut all = self.metadata.clone();
        all.extend(metadata.iter().map(|(key, value)| (key.clone(), value.clone())));
        write_tensors(path, views, all)
    }
}

impl Tensor {
    /// The number of elements.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether it has no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether its elements are floats of a type that can be read: F64, F32, F16 or BF16.
    pub fn is_float(&self) -> bool {
        matches!(self.dtype, Dtype::F64 | Dtype::F32 | Dtype::F16 | Dtype::BF16)
    }

    /// Its elements as float32, or `None` if they are no floats.
    pub fn values(&self) -> Option<Vec<f32>> {
        let bytes = &self.bytes;
        match self.dtype {
            Dtype::F32 => Some(elements(bytes, f32::from_le_bytes)),
            Dtype::F64 => Some(elements(bytes, |bytes| f64::from_le_bytes(bytes) as f32)),
            Dtype::F16 => Some(elements(bytes, |bytes| half::f16::from_le_bytes(bytes).to_f32())),
            Dtype::BF16 => Some(elements(bytes, |bytes| half::bf16::from_le_bytes(bytes).to_f32())),
            _ => None,
        }
    }
}

fn elements<const N: usize>(bytes: &[u8], value: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    let (chunks, _) = bytes.as_chunks::<N>();
    chunks.iter().map(|&chunk| value(chunk)).collect()
}

/// Writes byte tensors, each a name and its bytes.
///
/// # Errors
/// [`WeightError`] if the file cannot be written.
pub fn write_bytes(
    path: &Path,
    tensors: &BTreeMap<&str, Vec<u8>>,
    metadata: &BTreeMap<String, String>,
) -> Result<(), WeightError> {
    let views = tensors
        .iter()
        .map(|(&name, bytes)| TensorView::new(Dtype::U8, vec![bytes.len()], bytes).map(|view| (name, view)));
    write_tensors(path, views, metadata.clone().into_iter().collect())
}

fn write_tensors<'a>(
    path: &Path,
    views: impl Iterator<Item = Result<(&'a str, TensorView<'a>), SafeTensorError>>,
    metadata: HashMap<String, String>,
) -> Result<(), WeightError> {
    let serialise = || safetensors::serialize(views.collect::<Result<Vec<_>, _>>()?, Some(metadata));
    let bytes = serialise()
        .map_err(|source| WeightError::Format { path: path.to_owned(), source: Box::new(source) })?;
    write_atomically::<io::Error>(path, |out| out.write_all(&bytes))
        .map_err(|source| WeightError::Write { path: path.to_owned(), source })
}

/// What can go wrong with a weight file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WeightError {
    /// The file cannot be read.
    #[error("cannot read weights {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is no sound safetensors file.
    #[error("{} is not a sound safetensors file", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: Box<SafeTensorError>,
    },
    /// New values for a tensor that there is not, or that has another size.
    #[error("tensor {name}: found {found} new values, expected {expected}")]
    Mismatch {
        /// The tensor.
        name: String,
        /// Values given.
        found: usize,
        /// Elements of the tensor, 0 if there is none of this name.
        expected: usize,
    },
}
