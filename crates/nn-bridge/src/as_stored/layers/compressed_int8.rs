//! `int-quantized` of compressed-tensors: an I8 a weight; scale·(code − zero), with a scale, and perhaps a zero, for all weights, for
//! each row or for each group of columns. Source: compressed-tensors, `compressors/naive_quantized` and
//! `quantization/lifecycle/forward.py`.

use super::blocks::scales;
use super::matrix::Source;
use super::numbers::sides;
use super::scaled::{Scaled, Zeros};
use super::{QuantisedLayer, Within};
use crate::weights::{Dtype, Tensor};

/// The layer whose codes a tensor holds.
pub(super) fn layer<'a>(codes: &'a Tensor, within: &Within<'a>) -> Option<QuantisedLayer<'a>> {
    let sides = sides(codes)?;
    if codes.dtype() != Dtype::I8 || within.get(&codes.name, "_g_idx").is_some() {
        return None;
    }
    let (scales, block) = scales(within.get(&codes.name, "_scale")?, sides)?;
    let zeros = match within.get(&codes.name, "_zero_point") {
        Some(tensor) if tensor.dtype() == Dtype::I8 => Zeros::Codes(Source::like(tensor, &scales)?),
        Some(_) => return None,
        None => Zeros::None,
    };
    let layer = Scaled::new(Source::of(codes, sides)?, scales, block);
    Some(Scaled { zeros, ..layer }.layer(&codes.name, "compressed-tensors, 8 bits"))
}
