//! bitsandbytes, 8 bits: a byte a weight, code·scale(row)/127. Source: bitsandbytes, `autograd/_functions.py` (`MatMul8bitLt`);
//! scales are the greatest sizes of each row.

use super::matrix::Source;
use super::numbers::{has_shape, sides};
use super::scaled::{Scaled, Whole};
use super::{QuantisedLayer, Within};
use crate::weights::{Dtype, Tensor};

/// The layer whose codes a tensor holds.
pub(super) fn layer<'a>(codes: &'a Tensor, within: &Within<'a>) -> Option<QuantisedLayer<'a>> {
    let scales = within.get(codes.name.strip_suffix("weight")?, "SCB")?;
    let [rows, columns] = sides(codes)?;
    if codes.dtype() != Dtype::I8 || !scales.is_float() || !has_shape(scales, &[rows]) {
        return None;
    }
    let layer =
        Scaled::new(Source::of(codes, [rows, columns])?, Source::of(scales, [rows, 1])?, [1, columns]);
    Some(Scaled { whole: Whole::OverNumber(127.0), ..layer }.layer(&codes.name, "bitsandbytes, 8 bits"))
}
