//! Weight files: safetensors, as PyTorch and others write them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, SafeTensorError, SafeTensors, TensorView};
use sram_model::write_atomically;
use thiserror::Error;

/// The tensors of a network, as read from a file.
#[derive(Clone, Debug)]
pub struct WeightFile {
    tensors: Vec<Tensor>,
    metadata: BTreeMap<String, String>,
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

/// The largest file that is read: 16 GiB.
const MAX_FILE_BYTES: u64 = 16 << 30;

/// The last part of the names of tensors that are statistics of a `BatchNorm`, not parameters.
const STATISTICS: [&str; 3] = ["running_mean", "running_var", "num_batches_tracked"];

impl WeightFile {
    /// Reads a safetensors file.
    ///
    /// # Errors
    /// [`WeightError`] if it cannot be read or is no sound safetensors file.
    pub fn open(path: &Path) -> Result<Self, WeightError> {
        let mut bytes = Vec::new();
        File::open(path)
            .and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes))
            .map_err(|source| WeightError::Read { path: path.to_owned(), source })?;
        let header = |what| WeightError::Header { path: path.to_owned(), what };
        if bytes.len() as u64 > MAX_FILE_BYTES {
            return Err(header(format!("found more than {MAX_FILE_BYTES} bytes, expected at most as many")));
        }
        check_header(&bytes).map_err(header)?;
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
        Ok(Self { tensors, metadata: header.metadata().clone().unwrap_or_default().into_iter().collect() })
    }

    /// A file of these tensors, not yet written.
    pub fn new(tensors: Vec<Tensor>, metadata: BTreeMap<String, String>) -> Self {
        Self { tensors, metadata }
    }

    /// The same with other metadata.
    #[must_use]
    pub fn with_metadata(self, metadata: BTreeMap<String, String>) -> Self {
        Self { metadata, ..self }
    }

    /// What the file says of itself.
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.metadata
    }

    /// The tensor of this name.
    pub fn tensor(&self, name: &str) -> Option<&Tensor> {
        self.tensors.iter().find(|tensor| tensor.name == name)
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
        let stored: Vec<&Tensor> = self.tensors.iter().filter(is_stored).collect();
        match order {
            TensorOrder::File => stored,
            TensorOrder::Name => {
                let order = order_by_name(stored.iter().map(|tensor| &*tensor.name));
                order.into_iter().map(|index| stored[index]).collect()
            }
        }
    }

    /// Writes the file.
    ///
    /// # Errors
    /// [`WeightError`] if it cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), WeightError> {
        write_atomically::<io::Error>(path, |out| self.write_to(out))
            .map_err(|source| WeightError::Write { path: path.to_owned(), source })
    }

    /// Writes the bytes of the file.
    ///
    /// # Errors
    /// What `out` says.
    pub fn write_to(&self, out: &mut dyn Write) -> io::Result<()> {
        write_parts(out, self.tensors.iter().map(Tensor::part).collect(), &self.metadata)
    }

    /// Writes the bytes of the file with other values for some tensors, as float32; all others keep their type and bytes, and all
    /// keep their order as far as alignment allows. `metadata` is added to that of the file.
    ///
    /// # Errors
    /// [`WeightError`] if a name is unknown or a count wrong, or as `out` says.
    pub fn write_with(
        &self,
        out: &mut dyn Write,
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
        let parts = self.tensors.iter().map(|tensor| match replaced.get(tensor.name.as_str()) {
            Some(bytes) => Part { dtype: Dtype::F32, bytes, ..tensor.part() },
            None => tensor.part(),
        });
        let mut all = self.metadata.clone();
        all.extend(metadata.iter().map(|(key, value)| (key.clone(), value.clone())));
        Ok(write_parts(out, parts.collect(), &all)?)
    }
}

impl Tensor {
    /// A tensor of float32; `None` if there are not as many values as the shape says.
    pub fn from_f32(name: impl Into<String>, shape: Vec<usize>, values: &[f32]) -> Option<Self> {
        let len = shape.iter().try_fold(1usize, |len, &side| len.checked_mul(side))?;
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        (len == values.len()).then(|| Self { name: name.into(), shape, dtype: Dtype::F32, bytes })
    }

    /// The same tensor with this much less in each element, as float32; `None` if it holds no floats.
    #[must_use]
    pub fn less(&self, offset: f32) -> Option<Self> {
        let values: Vec<f32> = self.values()?.into_iter().map(|value| value - offset).collect();
        Self::from_f32(self.name.clone(), self.shape.clone(), &values)
    }

    /// As it is written.
    fn part(&self) -> Part<'_> {
        Part { name: &self.name, dtype: self.dtype, shape: Shape::Given(&self.shape), bytes: &self.bytes }
    }

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

/// Numbers of the names in the order in which their tensors lie in memory: byte by byte.
pub(crate) fn order_by_name<'a>(names: impl Iterator<Item = &'a str>) -> Vec<usize> {
    let names: Vec<&str> = names.collect();
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by_key(|&index| names[index]);
    order
}

fn elements<const N: usize>(bytes: &[u8], value: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    let (chunks, _) = bytes.as_chunks::<N>();
    chunks.iter().map(|&chunk| value(chunk)).collect()
}

/// Writes a file of byte tensors, each a name and its bytes, by name.
///
/// # Errors
/// What `out` says.
pub fn write_bytes(
    out: &mut dyn Write,
    tensors: &BTreeMap<&str, Vec<u8>>,
    metadata: &BTreeMap<String, String>,
) -> io::Result<()> {
    let parts =
        tensors.iter().map(|(&name, bytes)| Part { name, dtype: Dtype::U8, shape: Shape::Line, bytes });
    write_parts(out, parts.collect(), metadata)
}

/// A tensor to be written.
struct Part<'a> {
    name: &'a str,
    dtype: Dtype,
    shape: Shape<'a>,
    bytes: &'a [u8],
}

enum Shape<'a> {
    /// One dimension, as long as its bytes.
    Line,
    Given(&'a [usize]),
}

/// Writes a safetensors file: tensors in the order given, those of wide elements first so that all are aligned. The
/// library's own writer orders metadata at random and tensors anew; the same input has to give the same bytes.
fn write_parts(
    out: &mut dyn Write,
    mut parts: Vec<Part<'_>>,
    metadata: &BTreeMap<String, String>,
) -> io::Result<()> {
    parts.sort_by_key(|part| std::cmp::Reverse(part.dtype.bitsize()));
    let mut header = serde_json::Map::new();
    header.insert("__metadata__".to_owned(), serde_json::json!(metadata));
    let mut end = 0;
    for part in &parts {
        let (start, length) = (end, [part.bytes.len()]);
        end += part.bytes.len();
        let shape = match part.shape {
            Shape::Line => &length[..],
            Shape::Given(shape) => shape,
        };
        let entry = serde_json::json!({"dtype": part.dtype, "shape": shape, "data_offsets": [start, end]});
        header.insert(part.name.to_owned(), entry);
    }
    let mut json = serde_json::Value::Object(header).to_string().into_bytes();
    json.resize(json.len().next_multiple_of(8), b' ');
    out.write_all(&(json.len() as u64).to_le_bytes())?;
    out.write_all(&json)?;
    parts.iter().try_for_each(|part| out.write_all(part.bytes))
}

/// Checks what the library's errors are short about: that there is a header and that it lies in the file.
fn check_header(bytes: &[u8]) -> Result<(), String> {
    let Some((length, rest)) = bytes.split_first_chunk::<8>() else {
        return Err(format!("at byte 0: found {} bytes, expected the 8 of the header's length", bytes.len()));
    };
    let length = u64::from_le_bytes(*length);
    if length > rest.len() as u64 {
        return Err(format!(
            "at byte 0: found a header of {length} bytes, expected at most {}, the rest",
            rest.len()
        ));
    }
    let header = &rest[..length as usize];
    let parsed: serde_json::Value = serde_json::from_slice(header)
        .map_err(|error| format!("at byte 8: found {error} of the header, expected a JSON object"))?;
    let ends =
        parsed.as_object().into_iter().flatten().filter_map(|(_, entry)| entry["data_offsets"][1].as_u64());
    let (end, data) = (ends.max().unwrap_or(0), rest.len() as u64 - length);
    if end != data {
        let at = 8 + length;
        return Err(format!("at byte {at}: found {data} bytes of data, expected {end} as the header says"));
    }
    Ok(())
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
    /// What the bytes go to does not take them.
    #[error("cannot write the weights")]
    Output(#[from] io::Error),
    /// The file is no sound safetensors file.
    #[error("{} is not a sound safetensors file", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: Box<SafeTensorError>,
    },
    /// The file's header does not go with the file.
    #[error("{} is not a sound safetensors file: {what}", path.display())]
    Header {
        /// The file.
        path: PathBuf,
        /// Where, what was found, what was expected.
        what: String,
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
