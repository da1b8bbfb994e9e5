//! The values of a tensor's codes.

use std::collections::BTreeMap;

use flip_core::PackedInts;

use super::{CodesError, CodesOf, key};
use crate::quantise::Quantizer;
use crate::scheme::{RangeRule, Scheme};
use crate::weights::{Dtype, Tensor};

/// The values of a tensor's codes, and `offset` more.
pub(super) fn decoded(
    tensor: &Tensor,
    metadata: &BTreeMap<String, String>,
    scheme: Scheme,
    offset: f32,
) -> Result<Tensor, CodesError> {
    let wrong = |what: String| CodesError::Tensor { name: tensor.name.clone(), what };
    let of = said_of(tensor, metadata).map_err(wrong)?;
    let codes = of.codes(tensor, scheme).map_err(wrong)?;
    let quantizer = of.quantizer(scheme).map_err(wrong)?;
    let mut values = vec![0.0; codes.len()];
    quantizer.unpack(&codes, 0, &mut values);
    if scheme.range() != RangeRule::Stored {
        restore_ends(&mut values, of.lo, of.hi);
    }
    values.iter_mut().for_each(|value| *value += offset);
    let result = Tensor::from_f32(tensor.name.clone(), of.shape, &values);
    let result = result.ok_or_else(|| wrong("no shape".to_owned()))?;
    // As they will lie in memory again.
    values.iter_mut().for_each(|value| *value -= offset);
    if gives_back(&quantizer, &values, &codes) {
        Ok(result)
    } else {
        Err(CodesError::OneWay { name: tensor.name.clone(), scheme: Box::new(scheme) })
    }
}

/// What the metadata say of a tensor.
fn said_of(tensor: &Tensor, metadata: &BTreeMap<String, String>) -> Result<CodesOf, String> {
    let key = key(&tensor.name);
    let text = metadata.get(&key).ok_or_else(|| format!("expected metadata `{key}`"))?;
    serde_json::from_str(text).map_err(|error| format!("metadata `{text}`: {error}"))
}

impl CodesOf {
    /// The codes that the bytes of a tensor are.
    fn codes(&self, tensor: &Tensor, scheme: Scheme) -> Result<PackedInts, String> {
        let Self { shape, .. } = self;
        let count = shape.iter().try_fold(1usize, |count, &side| count.checked_mul(side));
        let count = count.ok_or_else(|| format!("found shape {shape:?}, which has too many elements"))?;
        if tensor.dtype() != Dtype::U8 {
            return Err(format!("found elements of type {:?}, expected U8, packed codes", tensor.dtype()));
        }
        PackedInts::from_bytes(scheme.bits(), count, tensor.bytes().to_vec())
            .map_err(|error| format!("{error}, as of shape {shape:?} with {} bits", scheme.bits().bits()))
    }

    /// What gives codes of this range their values.
    fn quantizer(&self, scheme: Scheme) -> Result<Quantizer, String> {
        let &Self { lo, hi, step, .. } = self;
        let quantizer = Quantizer::of_range(scheme, lo, hi, step);
        if lo <= hi && (hi - lo).is_finite() && quantizer.step() == step {
            return Ok(quantizer);
        }
        let expected = "a range and a step of this scheme";
        Err(format!("found the range {lo} to {hi} in steps of {step}, expected {expected}"))
    }
}

/// Whether values, quantised anew, have the same range and codes.
fn gives_back(quantizer: &Quantizer, values: &[f32], codes: &PackedInts) -> bool {
    let Ok(again) = Quantizer::fit(quantizer.scheme(), values) else { return false };
    let mut packed = PackedInts::zeros(codes.width(), codes.len());
    again == *quantizer && again.pack(values, &mut packed, 0).is_ok() && packed.as_bytes() == codes.as_bytes()
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
