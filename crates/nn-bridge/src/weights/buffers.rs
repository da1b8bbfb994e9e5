//! Buffers of networks that are known by name, type and content: tables that are computed, not trained, and that no weight
//! memory holds. A rule that is too wide would leave weights out, so each asks for a whole last name, and masks for what a mask holds.

use std::fmt;

use safetensors::Dtype;

use super::Tensor;

/// A kind of buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Buffer {
    /// Frequencies, sines and cosines of rotary positions.
    Rotary,
    /// Numbers of positions, of token types, of places in a table.
    Indices,
    /// Masks of attention and of pruned weights, and the values that they put in place.
    Mask,
}

const ROTARY: [&str; 9] = [
    "inv_freq",
    "original_inv_freq",
    "cos_cached",
    "sin_cached",
    "cos_cache",
    "sin_cache",
    "cos_sin_cache",
    "freqs_cis",
    "freqs_cos_sin",
];

const INDICES: [&str; 4] =
    ["position_ids", "token_type_ids", "relative_position_index", "attention_bias_idxs"];

/// The last part of a tensor's name.
pub(super) fn last_name(tensor: &Tensor) -> &str {
    tensor.name.rsplit('.').next().unwrap_or_default()
}

/// The kind of buffer that a tensor is, if it is known as one. `unsound` is its first element that is not finite.
pub(super) fn known(tensor: &Tensor, unsound: Option<(usize, f64)>) -> Option<Buffer> {
    let last = last_name(tensor);
    if ROTARY.contains(&last) {
        return Some(Buffer::Rotary);
    }
    if INDICES.contains(&last) && is_integer(tensor.dtype()) {
        return Some(Buffer::Indices);
    }
    is_mask(tensor, last, unsound).then_some(Buffer::Mask)
}

/// Whether it is a mask. `mask_token`, `mask_head.weight` and the like are trained: only the whole last name tells.
fn is_mask(tensor: &Tensor, last: &str, unsound: Option<(usize, f64)>) -> bool {
    let is_named = last == "mask" || last.ends_with("_mask") || (last == "bias" && is_causal(&tensor.shape));
    let masks = |value: f64| value == f64::NEG_INFINITY;
    match tensor.dtype() {
        Dtype::BOOL | Dtype::U8 => is_named,
        _ if last == "masked_bias" => tensor.len() == 1,
        _ if is_named => hides(tensor) || two_valued(tensor),
        // Whatever its name: zeros and −inf are no weights.
        _ => unsound.is_some_and(|(_, value)| masks(value)) && holds_zero(tensor) && two_valued(tensor),
    }
}

/// `[1, 1, n, n]` with n above 1: what attention of GPT-2 and its like keeps as `bias`.
fn is_causal(shape: &[usize]) -> bool {
    matches!(shape, [1, 1, rows, columns] if rows == columns && *rows > 1)
}

/// Whether it holds −inf, and else numbers.
fn hides(tensor: &Tensor) -> bool {
    let values = || tensor.exact().into_iter().flatten();
    values().any(|value| value == f64::NEG_INFINITY) && values().all(|value| value < f64::INFINITY)
}

fn holds_zero(tensor: &Tensor) -> bool {
    tensor.exact().into_iter().flatten().any(|value| value == 0.0)
}

/// Whether it holds zeros and at most one other value, which may be −inf.
fn two_valued(tensor: &Tensor) -> bool {
    let Some(values) = tensor.exact() else { return false };
    let mut other = None;
    for value in values.filter(|&value| value != 0.0) {
        if *other.get_or_insert(value) != value {
            return false;
        }
    }
    other != Some(f64::INFINITY) && other.is_none_or(|other| !other.is_nan())
}

fn is_integer(dtype: Dtype) -> bool {
    use Dtype::{I8, I16, I32, I64, U8, U16, U32, U64};
    matches!(dtype, I8 | I16 | I32 | I64 | U8 | U16 | U32 | U64)
}

impl fmt::Display for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rotary => "buffers of rotary positions",
            Self::Indices => "buffers of indices",
            Self::Mask => "masks",
        })
    }
}
