//! Weights of 4 bits (E2M1), two a byte, the first in the lower half:
//!
//! * NVFP4: scale(row, 16 columns)·code, with scales in F8 (E4M3) that have a scale of all in common. compressed-tensors
//!   (`nvfp4-pack-quantized`) divides by that (`weight_global_scale`), `ModelOpt` multiplies with it (`weight_scale_2`).
//! * MXFP4 (`mxfp4-pack-quantized`): scale(row, 32 columns)·code, with scales that are powers of 2 (E8M0, as U8).
//!
//! Sources: compressed-tensors, `compressors/nvfp4` and `compressors/mxfp4`; `ModelOpt`, `torch/quantization/qtensor/nvfp4_tensor.py`.

use super::matrix::{Matrix, Source};
use super::numbers::{Numbers, has_shape, sides};
use super::scaled::{Scaled, Whole};
use super::{QuantisedLayer, Within};
use crate::weights::{Dtype, Tensor};

/// The layer whose codes a tensor holds.
pub(super) fn layer<'a>(codes: &'a Tensor, within: &Within<'a>) -> Option<QuantisedLayer<'a>> {
    let packed = codes.name.strip_suffix("_packed");
    let name = packed.unwrap_or(&codes.name);
    let whole = ["_global_scale", "_scale_2"].map(|whole| within.get(name, whole));
    let scales = within.get(name, "_scale").filter(|_| codes.dtype() == Dtype::U8)?;
    match (packed, whole) {
        (Some(_), [None, None]) => {
            let numbers = Numbers::of_type(Dtype::F8_E8M0)?;
            let is_exponent = matches!(scales.dtype(), Dtype::U8 | Dtype::F8_E8M0);
            Some(scaled(codes, scales, numbers, 32).filter(|_| is_exponent)?.layer(name, "MXFP4"))
        }
        (Some(_), [Some(whole), None]) => nvfp4(codes, scales, Whole::Over(of_all(whole)?), name),
        (None, [None, Some(whole)]) => nvfp4(codes, scales, Whole::Times(of_all(whole)?), name),
        _ => None,
    }
}

fn nvfp4<'a>(
    codes: &'a Tensor,
    scales: &'a Tensor,
    whole: Whole<'a>,
    name: &str,
) -> Option<QuantisedLayer<'a>> {
    let layer = scaled(codes, scales, Numbers::of(scales)?, 16)?;
    (scales.dtype() == Dtype::F8_E4M3).then(|| Scaled { whole, ..layer }.layer(name, "NVFP4"))
}

/// Codes with a scale for each group of so many columns.
fn scaled<'a>(codes: &'a Tensor, scales: &'a Tensor, numbers: Numbers, group: u64) -> Option<Scaled<'a>> {
    let [rows, bytes] = sides(codes)?;
    let columns = bytes * 2;
    let groups = columns / group;
    let fits = columns.is_multiple_of(group) && has_shape(scales, &[rows, groups]);
    let of = |tensor, columns, numbers| Source { tensor, matrix: Matrix::by_rows([rows, columns], numbers) };
    let codes = of(codes, columns, Numbers::of_type(Dtype::F4)?);
    fits.then(|| Scaled::new(codes, of(scales, groups, numbers), [1, group]))
}

/// The one number of a tensor.
fn of_all(tensor: &Tensor) -> Option<Source<'_>> {
    Source::of(tensor, [1, 1]).filter(|_| tensor.len() == 1 && tensor.is_float())
}
