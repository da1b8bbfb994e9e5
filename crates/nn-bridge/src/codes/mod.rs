//! Files of codes: quantised weights as they lie in memory, packed, in a safetensors file of bytes. What is said of each tensor, in
//! the metadata, gives its codes their values: such a file is one of weights, too, which lie in memory as it has them.

mod decode;
mod error;

pub use error::CodesError;

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use crate::architecture::Architecture;
use crate::card::{LayerScheme, ModelCard};
use crate::checkpoint::is_checkpoint;
use crate::image::WeightImage;
use crate::scheme::RangeRule;
use crate::weights::{WeightFile, write_bytes};

/// Whether the codes are clean or were read with bit errors.
const CODES: &str = "codes";
const CLEAN: &str = "clean";
const FAULTY: &str = "faulty";

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
    /// Files of the first versions leave it to the card.
    #[serde(skip_serializing_if = "Option::is_none")]
    quantised: Option<LayerScheme>,
    /// Where all tensors have one range.
    #[serde(skip_serializing_if = "Option::is_none")]
    global_range: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<Origin>,
}

/// What a tensor was in the file that codes were made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// Its number in the file.
    pub place: usize,
    /// What the file's values have more than those in memory.
    pub offset: f32,
}

/// Writes the codes of an image, clean or read with bit errors.
///
/// # Errors
/// What `out` says.
pub fn write_codes(
    out: &mut dyn Write,
    image: &WeightImage,
    clean: bool,
    origin: &dyn Fn(&str) -> Origin,
    metadata: &BTreeMap<String, String>,
) -> io::Result<()> {
    let mut metadata = metadata.clone();
    metadata.insert(CODES.to_owned(), if clean { CLEAN } else { FAULTY }.to_owned());
    metadata.insert(PACKING[0].to_owned(), PACKING[1].to_owned());
    let mut tensors = BTreeMap::new();
    for (index, tensor) in image.tensors().iter().enumerate() {
        let (quantizer, scheme) = (&tensor.quantizer, tensor.quantizer.scheme());
        let (lo, hi) = quantizer.range();
        let of = CodesOf {
            shape: tensor.shape.clone(),
            lo,
            hi,
            step: quantizer.step(),
            quantised: Some(LayerScheme::of(&scheme)),
            global_range: if let RangeRule::Global(range) = scheme.range() { Some(range) } else { None },
            origin: Some(origin(&tensor.name)),
        };
        metadata.insert(key(&tensor.name), serde_json::to_string(&of)?);
        tensors.insert(tensor.name.as_str(), image.tensor_codes(index).into_bytes());
    }
    write_bytes(out, &tensors, &metadata)
}

impl WeightFile {
    /// Whether it holds codes.
    pub fn has_codes(&self) -> bool {
        self.metadata().get(CODES).is_some_and(|codes| [CLEAN, FAULTY].contains(&codes.as_str()))
    }
}

/// A file of weights as it is; of a file of codes the weights that they stand for, and that lie in memory as they are.
///
/// # Errors
/// [`CodesError`] if nothing says what its codes stand for, or if it is the checkpoint of a training.
pub fn weights_of(file: WeightFile) -> Result<WeightFile, CodesError> {
    if is_checkpoint(&file) {
        return Err(CodesError::Checkpoint);
    }
    let has_errors = match file.metadata().get(CODES).map(String::as_str) {
        Some(CLEAN) => false,
        Some(FAULTY) => true,
        // Others may call anything so.
        _ => return Ok(file),
    };
    let packing = file.metadata().get(PACKING[0]);
    if packing.map(String::as_str) != Some(PACKING[1]) {
        return Err(CodesError::Packing { found: packing.cloned().unwrap_or_default() });
    }
    let card = ModelCard::of(&file)?;
    let architecture = card.as_ref().and_then(ModelCard::architecture);
    let names = architecture.iter().flat_map(Architecture::parameters).map(|parameter| &*parameter.name);
    let places: HashMap<&str, usize> = names.zip(0..).collect();
    let offsets: HashMap<&str, f32> = architecture.iter().flat_map(Architecture::offsets).collect();
    let mut decoded = Vec::with_capacity(file.tensors().len());
    for tensor in file.tensors() {
        let of = CodesOf::said(tensor, file.metadata())?;
        // As `train` has them in its files.
        let of_network = || Origin {
            place: places.get(&*tensor.name).copied().unwrap_or(usize::MAX),
            offset: offsets.get(&*tensor.name).copied().unwrap_or(0.0),
        };
        let Origin { place, offset } = of.origin.unwrap_or_else(of_network);
        let scheme = match of.scheme(&tensor.name)? {
            Some(scheme) => scheme,
            None => card.as_ref().ok_or(CodesError::NoCard)?.scheme()?,
        };
        decoded.push((place, of.decoded(tensor, scheme, offset, has_errors)?));
    }
    // Codes lie by name in their file.
    decoded.sort_by_key(|(place, _)| *place);
    // What is said of codes is not said of floats.
    let mut metadata = file.metadata().clone();
    metadata.retain(|name, _| name != CODES && name != PACKING[0] && !name.starts_with(TENSOR));
    Ok(WeightFile::new(decoded.into_iter().map(|(_, tensor)| tensor).collect(), metadata))
}

#[cfg(test)]
mod tests;
