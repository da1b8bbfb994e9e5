//! Writing safetensors files. The library's own writer orders metadata at random and tensors anew; the same input has to
//! give the same bytes.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use safetensors::Dtype;
use sram_model::write_atomically;

use super::source::MAX_HEADER_BYTES;
use super::{Tensor, WeightError, WeightFile};

impl WeightFile {
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
            let expected = self.tensor(name).map(Tensor::len);
            if expected != Some(values.len()) {
                let (name, found) = (name.to_owned(), values.len());
                return Err(WeightError::Mismatch { name, found, expected: expected.unwrap_or(0) });
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
    /// As it is written.
    fn part(&self) -> Part<'_> {
        Part { name: &self.name, dtype: self.dtype(), shape: Shape::Given(&self.shape), bytes: &self.bytes }
    }
}

/// Writes a file of byte tensors, each a name and its bytes, by name.
///
/// # Errors
/// What `out` says.
pub(crate) fn write_bytes(
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

/// An entry of the header.
#[derive(serde::Serialize)]
struct Info<'a> {
    dtype: Dtype,
    shape: &'a [usize],
    data_offsets: [usize; 2],
}

/// What the header calls its metadata.
const METADATA: &str = "__metadata__";

/// Writes a file: tensors in the order given, those of wide elements first so that all are aligned.
fn write_parts(
    out: &mut dyn Write,
    mut parts: Vec<Part<'_>>,
    metadata: &BTreeMap<String, String>,
) -> io::Result<()> {
    if parts.iter().any(|part| part.name == METADATA) {
        return Err(io::Error::other(format!("safetensors cannot hold a tensor called {METADATA}")));
    }
    parts.sort_by_key(|part| std::cmp::Reverse(part.dtype.bitsize()));
    let json = header_of(&parts, metadata)?;
    let (found, most) = (json.len() as u64, MAX_HEADER_BYTES);
    if found > most {
        return Err(io::Error::other(format!(
            "its header would have {found} bytes, more than the {most} allowed"
        )));
    }
    out.write_all(&found.to_le_bytes())?;
    out.write_all(&json)?;
    parts.iter().try_for_each(|part| out.write_all(part.bytes))
}

/// The header, filled up to a multiple of 8 bytes.
fn header_of(parts: &[Part<'_>], metadata: &BTreeMap<String, String>) -> serde_json::Result<Vec<u8>> {
    let mut json = b"{\"__metadata__\":".to_vec();
    serde_json::to_writer(&mut json, metadata)?;
    let mut end = 0;
    for part in parts {
        let (start, length) = (end, [part.bytes.len()]);
        end += part.bytes.len();
        let shape = match part.shape {
            Shape::Line => &length[..],
            Shape::Given(shape) => shape,
        };
        json.push(b',');
        serde_json::to_writer(&mut json, part.name)?;
        json.push(b':');
        let info = Info { dtype: part.dtype, shape, data_offsets: [start, end] };
        serde_json::to_writer(&mut json, &info)?;
    }
    json.push(b'}');
    json.resize(json.len().next_multiple_of(8), b' ');
    Ok(json)
}
