//! MXFP4 as gpt-oss stores it: `…_blocks` of U8 with the weights of 32 columns in the last 16 bytes, two a byte (E2M1), the first in the
//! lower half, and `…_scales` of U8, powers of 2 (E8M0), one for each of these. Any sides may come before, such as those of experts.
//! Source: Transformers, `integrations/mxfp4.py` (`convert_moe_packed_tensors`).

use super::matrix::{Matrix, Source};
use super::numbers::Numbers;
use super::scaled::Scaled;
use super::{QuantisedLayer, Within};
use crate::weights::{Dtype, Tensor};

/// Bytes of a block.
const BYTES: usize = 16;

/// The layer whose codes a tensor holds.
pub(super) fn layer<'a>(codes: &'a Tensor, within: &Within<'a>) -> Option<QuantisedLayer<'a>> {
    let name = codes.name.strip_suffix("_blocks")?;
    let scales = within.get(name, "_scales")?;
    let is_bytes = [codes, scales].iter().all(|tensor| tensor.dtype() == Dtype::U8);
    let (&bytes, blocks) = codes.shape.split_last()?;
    if !is_bytes || bytes != BYTES || blocks != &scales.shape[..] || blocks.is_empty() {
        return None;
    }
    let (rows, columns) = (scales.len() as u64, 2 * BYTES as u64);
    let of = |tensor, columns, dtype| {
        Some(Source { tensor, matrix: Matrix::by_rows([rows, columns], Numbers::of_type(dtype)?) })
    };
    let (codes, scales) = (of(codes, columns, Dtype::F4)?, of(scales, 1, Dtype::F8_E8M0)?);
    Some(Scaled::new(codes, scales, [1, columns]).layer(name, "MXFP4"))
}
