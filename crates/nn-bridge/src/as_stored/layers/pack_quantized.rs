//! `pack-quantized` of compressed-tensors, as llm-compressor writes it: integers of 2, 4 or 8 bits along the rows of I32 words, each
//! stored as its value + 2^(bits − 1); scale(row, group)·(code − zero(row, group)). Zeros, if there are any, are integers of as many
//! bits, packed down the rows, or I8. Source: compressed-tensors, `compressors/pack_quantized` and
//! `quantization/lifecycle/forward.py`.
//!
//! Widths that do not divide 32 are none of these: older versions left bits of each word unused, newer ones do not, and nothing tells.

use super::blocks::scales;
use super::groups::Groups;
use super::matrix::{Matrix, Source};
use super::numbers::{Numbers, is, sides};
use super::scaled::{Scaled, Zeros};
use super::{QuantisedLayer, Within};
use crate::weights::{Dtype, Tensor};

/// The layer whose codes a tensor holds.
pub(super) fn layer<'a>(codes: &'a Tensor, within: &Within<'a>) -> Option<QuantisedLayer<'a>> {
    let name = codes.name.strip_suffix("_packed")?;
    let [rows, columns] = shape(within.get(name, "_shape")?)?;
    let [code_rows, words] = sides(codes)?;
    let bits = width(columns, words)?;
    if codes.dtype() != Dtype::I32 || code_rows != rows {
        return None;
    }
    let integers = Numbers::integers(bits, 1 << (bits - 1));
    let matrix = Matrix::by_padded_rows([rows, columns], integers.clone(), words * 32);
    let (scales, block) = scales(within.get(name, "_scale")?, [rows, columns])?;
    let zeros = match within.get(name, "_zero_point") {
        Some(tensor) => Zeros::Codes(zeros(tensor, &scales, integers)?),
        None => Zeros::None,
    };
    let groups = match within.get(name, "_g_idx").filter(|tensor| !is_unset(tensor)) {
        Some(tensor) => Some(Groups::of(tensor, scales.matrix.columns, columns)?),
        None => None,
    };
    let layer = Scaled::new(Source { tensor: codes, matrix }, scales, block);
    Some(Scaled { zeros, groups, ..layer }.layer(name, "compressed-tensors, packed"))
}

/// The sides that a tensor of integers says.
fn shape(tensor: &Tensor) -> Option<[u64; 2]> {
    let numbers = Numbers::of(tensor)?;
    if !matches!(tensor.dtype(), Dtype::I64 | Dtype::I32) || sides(tensor)? != [2] {
        return None;
    }
    // Those of a tensor in memory are exact as floats.
    let side = |place| Some(numbers.at(tensor.bytes(), place)).filter(|&side| side >= 1.0);
    Some([side(0)? as u64, side(1)? as u64])
}

/// Bits of each of so many integers in so many words; none if these could be of two widths.
fn width(columns: u64, words: u64) -> Option<u64> {
    let fits = |bits: &u64| columns.checked_mul(*bits).is_some_and(|all| all.div_ceil(32) == words);
    let mut widths = [2, 4, 8].into_iter().filter(fits);
    widths.next().filter(|_| widths.next().is_none())
}

/// Zeros that lie as their scales do, packed or as they are.
fn zeros<'a>(tensor: &'a Tensor, scales: &Source<'_>, integers: Numbers) -> Option<Source<'a>> {
    let (rows, columns) = (scales.matrix.rows, scales.matrix.columns);
    if tensor.dtype() == Dtype::I8 {
        return Source::like(tensor, scales);
    }
    let packed = is(tensor, Dtype::I32, &[(rows * integers.bits()).div_ceil(32), columns]);
    packed.then(|| Source { tensor, matrix: Matrix::by_words([rows, columns], integers) })
}

/// Whether groups are not given after all: -1 stands for that.
fn is_unset(groups: &Tensor) -> bool {
    let (words, _) = groups.bytes().as_chunks::<4>();
    words.iter().any(|&word| i32::from_le_bytes(word) == -1)
}
