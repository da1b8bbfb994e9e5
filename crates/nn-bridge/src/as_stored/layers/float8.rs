//! Weights in F8 with scales beside them; scale·code, under two names:
//!
//! * `weight_scale`: one for all weights, for each row, for each group of columns or for each block of 128×128, of FBGEMM,
//!   compressed-tensors (`float-quantized`) and `ModelOpt`; as U8 exponents of 2 (E8M0) for each 32 columns of compressed-tensors
//!   (`mxfp8-quantized`).
//! * `weight_scale_inv`: one for each block of 128×128 weights, or of as many as the JSON beside them says (`weight_block_size`), or one
//!   for all. The name says what weights were multiplied by before; what is stored, codes are multiplied by. Source: DeepSeek-V3,
//!   `inference/kernel.py` (`weight_dequant`).
//!
//! Sources of the first: compressed-tensors, `quantization/lifecycle/forward.py` and `compressors/mxfp8`.

use super::blocks::{scales, scales_of};
use super::matrix::{Matrix, Source};
use super::numbers::{Numbers, has_shape, sides};
use super::scaled::Scaled;
use super::{QuantisedLayer, Within};
use crate::weights::{Dtype, Tensor};

/// Rows and columns of a block, where nothing says them.
const BLOCK: [u64; 2] = [128, 128];

/// Columns that have an exponent in common.
const EXPONENT_COLUMNS: u64 = 32;

/// The layer whose codes a tensor holds.
pub(super) fn layer<'a>(codes: &'a Tensor, within: &Within<'a>) -> Option<QuantisedLayer<'a>> {
    let sides = sides(codes)?;
    if !matches!(codes.dtype(), Dtype::F8_E4M3 | Dtype::F8_E5M2) {
        return None;
    }
    let [plain, inverse] = ["_scale", "_scale_inv"].map(|name| within.get(&codes.name, name));
    let (scales, block) = match (plain, inverse) {
        (Some(tensor), None) => exponents(tensor, sides)
            .or_else(|| scales(tensor, sides))
            .or_else(|| scales_of(tensor, sides, BLOCK))?,
        (None, Some(tensor)) if tensor.len() == 1 => scales(tensor, sides)?,
        (None, Some(tensor)) => scales_of(tensor, sides, within.config.weight_block_size.unwrap_or(BLOCK))?,
        // Both, or none.
        _ => return None,
    };
    Some(Scaled::new(Source::of(codes, sides)?, scales, block).layer(&codes.name, "F8 with scales"))
}

/// Scales that are powers of 2.
fn exponents(tensor: &Tensor, [rows, columns]: [u64; 2]) -> Option<(Source<'_>, [u64; 2])> {
    let blocks = [rows, columns / EXPONENT_COLUMNS];
    let is_exponent = matches!(tensor.dtype(), Dtype::U8 | Dtype::F8_E8M0);
    if !is_exponent || !columns.is_multiple_of(EXPONENT_COLUMNS) || !has_shape(tensor, &blocks) {
        return None;
    }
    let matrix = Matrix::by_rows(blocks, Numbers::of_type(Dtype::F8_E8M0)?);
    Some((Source { tensor, matrix }, [1, EXPONENT_COLUMNS]))
}
