//! Files of codes: quantised weights as they lie in memory, packed, in a safetensors file of bytes. What is said of each tensor, in
//! the metadata, gives its codes their values; with a [`ModelCard`] they stand for a file of weights.

mod decode;
mod error;

pub use error::CodesError;

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use self::decode::decoded;
use crate::architecture::Architecture;
use crate::card::ModelCard;
use crate::checkpoint::is_checkpoint;
use crate::image::WeightImage;
use crate::weights::{Tensor, WeightFile, write_bytes};

/// Whether the codes are clean or were read with bit errors.
const CODES: &str = "codes";
const CLEAN: &str = "clean";

const PACKING: [&str; 2] =
    ["packing", "code i takes bits i*m to i*m+m-1 of the bytes, LSB first; m = bits_per_weight"];

/// Metadata of tensors begin so.
const TENSOR: &str = "tensor ";

/// The metadata of a tensor.
fn key(tensor: &str) -> String {
    format!("{TENSOR}{tensor}")
}

/// How to read a tensor of codes.
#[derive(Serialize, Deserialize)]
struct CodesOf {
    shape: Vec<usize>,
    /// Range of the clean weights: no value lies outside.
    lo: f32,
    hi: f32,
    /// Step between two codes, in weights, or in −1..1 of an asymmetric range.
    step: f64,
}

/// Writes the codes of an image, clean or read with bit errors.
///
/// # Errors
/// What `out` says.
pub fn write_codes(
    out: &mut dyn Write,
    image: &WeightImage,
    clean: bool,
    metadata: &BTreeMap<String, String>,
) -> io::Result<()> {
    let mut metadata = metadata.clone();
    metadata.insert(CODES.to_owned(), if clean { CLEAN } else { "faulty" }.to_owned());
    metadata.insert(PACKING[0].to_owned(), PACKING[1].to_owned());
    let mut tensors = BTreeMap::new();
    for (index, tensor) in image.tensors().iter().enumerate() {
        let (lo, hi) = tensor.quantizer.range();
        let of = CodesOf { shape: tensor.shape.clone(), lo, hi, step: tensor.quantizer.step() };
        metadata.insert(key(&tensor.name), serde_json::to_string(&of)?);
        tensors.insert(tensor.name.as_str(), image.tensor_codes(index).into_bytes());
    }
    write_bytes(out, &tensors, &metadata)
}

/// A file of weights as it is; of a file of codes the weights that they stand for, and that give the same codes when they are
/// quantised as they were trained for.
///
/// # Errors
/// [`CodesError`] if its codes do not stand for weights, or if it is the checkpoint of a training.
pub fn weights_of(file: WeightFile) -> Result<WeightFile, CodesError> {
    if is_checkpoint(&file) {
        return Err(CodesError::Checkpoint);
    }
    let Some(found) = file.metadata().get(CODES) else { return Ok(file) };
    if found != CLEAN {
        return Err(CodesError::NotClean { found: found.clone() });
    }
    let card = ModelCard::of(&file)?.ok_or(CodesError::NoCard)?;
    let scheme = card.scheme()?;
    let architecture = card.architecture();
    let names =
        architecture.iter().flat_map(Architecture::parameters).map(|parameter| parameter.name.as_str());
    let places: HashMap<&str, usize> = names.zip(0..).collect();
    // As `train` has them in its files: codes lie by name.
    let mut tensors: Vec<&Tensor> = file.tensors().iter().collect();
    tensors.sort_by_key(|tensor| places.get(tensor.name.as_str()).copied().unwrap_or(usize::MAX));
    let offsets: HashMap<&str, f32> = architecture.iter().flat_map(Architecture::offsets).collect();
    let decoded = tensors.into_iter().map(|tensor| {
        let offset = offsets.get(tensor.name.as_str()).copied().unwrap_or(0.0);
        decoded(tensor, file.metadata(), scheme, offset)
    });
    let decoded = decoded.collect::<Result<Vec<_>, _>>()?;
    // What is said of codes is not said of floats.
    let mut metadata = file.metadata().clone();
    metadata.retain(|name, _| name != CODES && name != PACKING[0] && !name.starts_with(TENSOR));
    Ok(WeightFile::new(decoded, metadata))
}

#[cfg(test)]
mod tests;
