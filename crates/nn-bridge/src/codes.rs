//! Files of codes: quantised weights as they lie in memory, packed, in a safetensors file of bytes. What is said of each tensor, in
//! the metadata, gives its codes their values; with a [`ModelCard`] they stand for a file of weights.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use flip_core::PackedInts;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::architecture::Architecture;
use crate::card::{CardError, ModelCard};
use crate::image::WeightImage;
use crate::quantise::Quantizer;
use crate::scheme::{Scheme, SchemeError};
use crate::weights::{Dtype, Tensor, WeightFile, write_bytes};

/// Whether the codes are clean or were read with bit errors.
const CODES: &str = "codes";
const CLEAN: &str = "clean";

const PACKING: [&str; 2] =
    ["packing", "code i takes bits i*m to i*m+m-1 of the bytes, LSB first; m = bits_per_weight"];

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

/// Why a file of codes does not stand for weights.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CodesError {
    /// They were read with bit errors.
    #[error(
        "found {found} codes, expected clean ones: bit errors would become weights (`inject --clean-codes` writes clean ones)"
    )]
    NotClean {
        /// What they are.
        found: String,
    },
    /// Nothing says which network and scheme they are of.
    #[error(
        "found codes without a card of their training, which says how they become weights: give the weights that they were made \
         of (codes that `inject` makes of weights from `train` have a card)"
    )]
    NoCard,
    /// The card cannot be read.
    #[error(transparent)]
    Card(#[from] CardError),
    /// Its scheme is unknown.
    #[error("the scheme of the codes")]
    Scheme(#[from] SchemeError),
    /// What is said of a tensor is missing or does not fit it.
    #[error("codes of tensor {name}: {what}")]
    Tensor {
        /// The tensor.
        name: String,
        /// What is wrong.
        what: String,
    },
    /// Quantising the values again would give other codes.
    #[error(
        "codes of tensor {name}: their values do not give them back under {scheme}, so they cannot stand for weights: give the \
         weights that they were made of"
    )]
    OneWay {
        /// The tensor.
        name: String,
        /// The scheme.
        scheme: Box<Scheme>,
    },
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

/// Metadata of tensors begin so.
const TENSOR: &str = "tensor ";

/// The metadata of a tensor.
fn key(tensor: &str) -> String {
    format!("{TENSOR}{tensor}")
}

/// A file of weights as it is; of a file of codes the weights that they stand for, and that give the same codes when they are
/// quantised as they were trained for.
///
/// # Errors
/// [`CodesError`] if its codes do not stand for weights.
pub fn weights_of(file: WeightFile) -> Result<WeightFile, CodesError> {
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

/// The values of a tensor's codes, and `offset` more.
fn decoded(
    tensor: &Tensor,
    metadata: &BTreeMap<String, String>,
    scheme: Scheme,
    offset: f32,
) -> Result<Tensor, CodesError> {
    let wrong = |what: String| CodesError::Tensor { name: tensor.name.clone(), what };
    let text = metadata.get(&key(&tensor.name));
    let text = text.ok_or_else(|| wrong(format!("expected metadata `{}`", key(&tensor.name))))?;
    let CodesOf { shape, lo, hi, step } =
        serde_json::from_str(text).map_err(|error| wrong(format!("metadata `{text}`: {error}")))?;
    let count = shape.iter().try_fold(1usize, |count, &side| count.checked_mul(side));
    let count = count.ok_or_else(|| wrong(format!("found shape {shape:?}, which has too many elements")))?;
    if tensor.dtype() != Dtype::U8 {
        return Err(wrong(format!("found elements of type {:?}, expected U8, packed codes", tensor.dtype())));
    }
    let bytes = tensor.bytes().to_vec();
    let codes = PackedInts::from_bytes(scheme.bits(), count, bytes).map_err(|error| {
        wrong(format!("{error}, as of shape {shape:?} with {} bits", scheme.bits().bits()))
    })?;
    let quantizer = Quantizer::of_range(scheme, lo, hi, step);
    if !(lo <= hi && (hi - lo).is_finite() && quantizer.step() == step) {
        let expected = "a range and a step of this scheme";
        return Err(wrong(format!("found the range {lo} to {hi} in steps of {step}, expected {expected}")));
    }
    let mut values = vec![0.0; count];
    quantizer.unpack(&codes, 0, &mut values);
    restore_ends(&mut values, lo, hi);
    values.iter_mut().for_each(|value| *value += offset);
    let result =
        Tensor::from_f32(tensor.name.clone(), shape, &values).ok_or_else(|| wrong("no shape".to_owned()))?;
    values.iter_mut().for_each(|value| *value -= offset);
    let again = Quantizer::fit(scheme, &values).ok().filter(|again| {
        let mut packed = PackedInts::zeros(scheme.bits(), count);
        *again == quantizer
            && again.pack(&values, &mut packed, 0).is_ok()
            && packed.as_bytes() == codes.as_bytes()
    });
    match again {
        Some(_) => Ok(result),
        None => Err(CodesError::OneWay { name: tensor.name.clone(), scheme: Box::new(scheme) }),
    }
}

/// The ends of a range are weights of the tensor, but where they come from codes float32 can miss them by its last digit.
fn restore_ends(values: &mut [f32], lo: f32, hi: f32) {
    let ends = values.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(least, greatest), &value| {
        (least.min(value), greatest.max(value))
    });
    for value in values {
        if *value == ends.1 {
            *value = hi;
        } else if *value == ends.0 {
            *value = lo;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Normalisation;

    fn card(scheme: &str, bits: u32, clip: Option<f64>) -> ModelCard {
        ModelCard {
            network: "simplenet".to_owned(),
            classes: 10,
            data: "cifar10".to_owned(),
            normalisation: Normalisation::none(3),
            scheme: scheme.to_owned(),
            bits,
            clip,
            method: String::new(),
            trained_under: String::new(),
            epochs: 1,
            seed: 0,
            made_by: String::new(),
        }
    }

    /// Tensors of a convolution and its norm, whose scale lies in memory less 1.
    fn image(scheme: Scheme) -> WeightImage {
        let wave =
            |count: usize, step: f32| (0..count).map(|i| (i as f32 * step).sin() * 0.13 + 0.02).collect();
        let tensors =
            [("conv1.weight", wave(999, 0.37)), ("norm1.weight", wave(64, 1.3)), ("one", vec![0.25; 3])];
        let tensors: Vec<Tensor> = tensors
            .into_iter()
            .map(|(name, values): (_, Vec<f32>)| {
                // As a file of trained weights gives them: clipped, and 1 added to some and taken away again.
                let limit = scheme.clip().unwrap_or(1.0) as f32;
                let clipped = |value: f32| (value.clamp(-limit, limit) + 1.0) - 1.0;
                let values: Vec<f32> = values.into_iter().map(clipped).collect();
                Tensor::from_f32(name, vec![values.len()], &values).unwrap()
            })
            .collect();
        WeightImage::build(scheme, &tensors.iter().collect::<Vec<_>>()).unwrap()
    }

    fn written(image: &WeightImage, clean: bool, card: Option<&ModelCard>) -> WeightFile {
        let mut bytes = Vec::new();
        let card = card.map(|card| (ModelCard::KEY.to_owned(), serde_json::to_string(card).unwrap()));
        write_codes(&mut bytes, image, clean, &card.into_iter().collect()).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        WeightFile::open(file.path()).unwrap()
    }

    #[test]
    fn codes_stand_for_weights_that_give_the_same_image() {
        for (bits, clip) in
            [(8, None), (8, Some(0.1)), (4, Some(0.1)), (3, None), (2, Some(0.05)), (16, None)]
        {
            let card = card("rquant", bits, clip);
            let image = image(card.scheme().unwrap());
            let file = weights_of(written(&image, true, Some(&card))).unwrap();
            let in_memory: Vec<Tensor> =
                image
                    .tensors()
                    .iter()
                    .map(|tensor| file.tensor(&tensor.name).unwrap())
                    .map(|tensor| {
                        if tensor.name == "norm1.weight" { tensor.less(1.0).unwrap() } else { tensor.clone() }
                    })
                    .collect();
            let again = WeightImage::build(image.scheme(), &in_memory.iter().collect::<Vec<_>>()).unwrap();
            assert_eq!(again.codes().as_bytes(), image.codes().as_bytes(), "{bits} bits, {clip:?}");
            for (a, b) in again.tensors().iter().zip(image.tensors()) {
                assert_eq!((&a.shape, a.quantizer), (&b.shape, b.quantizer), "{}", a.name);
            }
            assert_eq!(ModelCard::of(&file).unwrap(), Some(card));
            assert_eq!(file.metadata().len(), 1, "{:?}", file.metadata());
        }
    }

    #[test]
    fn what_does_not_stand_for_weights_is_refused() {
        let rquant = card("rquant", 8, None);
        let image_of = |card: &ModelCard| image(card.scheme().unwrap());
        let error = |file| weights_of(file).unwrap_err().to_string();
        let faulty = error(written(&image_of(&rquant), false, Some(&rquant)));
        assert!(faulty.contains("found faulty codes, expected clean ones"), "{faulty}");
        let no_card = error(written(&image_of(&rquant), true, None));
        assert!(no_card.contains("without a card"), "{no_card}");
        // Values that were truncated to codes lie on the edge to the next code.
        let normal = card("normal", 8, None);
        let one_way = error(written(&image_of(&normal), true, Some(&normal)));
        assert!(one_way.contains("do not give them back under 8 bits"), "{one_way}");
        // A range that is none, another step, and elements that are no codes.
        let file = written(&image_of(&rquant), true, Some(&rquant));
        let changed = |from: &str, to: &str| {
            let mut metadata = file.metadata().clone();
            metadata.values_mut().for_each(|value| *value = value.replace(from, to));
            error(file.clone().with_metadata(metadata))
        };
        let range = changed("\"lo\":-0.", "\"lo\":9.");
        assert!(range.contains("expected a range and a step"), "{range}");
        let step = changed("\"step\":0.00", "\"step\":0.01");
        assert!(step.contains("expected a range and a step"), "{step}");
        let floats = Tensor::from_f32("one", vec![3], &[1.0; 3]).unwrap();
        let floats = error(WeightFile::new(vec![floats], file.metadata().clone()));
        assert!(floats.contains("found elements of type F32, expected U8"), "{floats}");
        // Codes of another width.
        let narrow = error(written(&image_of(&rquant), true, Some(&card("rquant", 4, None))));
        assert!(
            narrow.contains("codes of tensor conv1.weight") && narrow.contains("with 4 bits"),
            "{narrow}"
        );
    }

    #[test]
    fn a_file_of_weights_is_as_it_was() {
        let tensor = Tensor::from_f32("w", vec![2], &[1.0, 2.0]).unwrap();
        let file = weights_of(WeightFile::new(vec![tensor.clone()], BTreeMap::new())).unwrap();
        assert_eq!(file.tensor("w").and_then(Tensor::values), tensor.values());
    }
}
