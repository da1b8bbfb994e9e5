//! Buffers of networks that are known by name, type and content: tables that are computed, not trained, and that no weight
//! memory holds. A rule that is too wide would leave weights out, so each asks for a whole last name, and those whose names weights
//! may have for what such a table holds, too.

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
    /// Tables of positions that are computed: of sines and cosines, slopes of `ALiBi`, places of anchors.
    Positions,
    /// Mean and deviation of the channels of images.
    Normalisation,
    /// What only training and its observers keep: an optimiser's state, ranges that were seen.
    Training,
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

const ROPE_FACTORS: [&str; 3] =
    ["rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight"];

const INDICES: [&str; 4] =
    ["position_ids", "token_type_ids", "relative_position_index", "attention_bias_idxs"];

const OPTIMISER: [&str; 4] = ["exp_avg", "exp_avg_sq", "max_exp_avg_sq", "momentum_buffer"];

/// The module that holds what an observer of PyTorch's quantisation saw.
const OBSERVER: &str = "activation_post_process";

/// The last part of a tensor's name.
pub(super) fn last_name(tensor: &Tensor) -> &str {
    tensor.name.rsplit('.').next().unwrap_or_default()
}

/// The kind of buffer that a tensor is, if it is known as one. `unsound` is its first element that is not finite.
pub(super) fn known(tensor: &Tensor, unsound: Option<(usize, f64)>) -> Option<Buffer> {
    let last = last_name(tensor);
    if ROTARY.contains(&last) || (last == "freqs" && is_of_rotary(tensor)) || is_of_rope_factors(tensor) {
        return Some(Buffer::Rotary);
    }
    if INDICES.contains(&last) && is_integer(tensor.dtype()) {
        return Some(Buffer::Indices);
    }
    if is_mask(tensor, last, unsound) {
        return Some(Buffer::Mask);
    }
    // An observer that has seen nothing keeps infinities.
    if OPTIMISER.contains(&last) || modules(tensor).any(|module| module == OBSERVER) {
        return Some(Buffer::Training);
    }
    if unsound.is_some() {
        return None;
    }
    if is_position(tensor, last) {
        return Some(Buffer::Positions);
    }
    is_normalisation(tensor, last).then_some(Buffer::Normalisation)
}

/// The parts of a tensor's name before the last, the nearest first.
fn modules(tensor: &Tensor) -> impl Iterator<Item = &str> {
    tensor.name.rsplit('.').skip(1)
}

/// Whether it belongs to a module of rotary positions.
fn is_of_rotary(tensor: &Tensor) -> bool {
    modules(tensor).next().is_some_and(|module| module.contains("rope") || module.contains("rotary"))
}

/// Whether it holds the factors of rotary frequencies that GGUF files have.
fn is_of_rope_factors(tensor: &Tensor) -> bool {
    ROPE_FACTORS.iter().any(|known| *known == tensor.name)
}

fn is_position(tensor: &Tensor, last: &str) -> bool {
    match last {
        "anchor_grid" => true,
        // They fall from one or less.
        "alibi_slopes" => all(tensor, |slope| slope > 0.0 && slope <= 1.0),
        "sinusoidal" => is_sinusoidal(tensor),
        _ => false,
    }
}

/// Whether the squares of each row add up to half of its elements, as those of sines and cosines of the same angles do.
fn is_sinusoidal(tensor: &Tensor) -> bool {
    let Some(&columns) = tensor.shape.last().filter(|&&columns| columns > 0 && columns % 2 == 0) else {
        return false;
    };
    let Some(values) = tensor.exact() else { return false };
    let values: Vec<f64> = values.collect();
    let square = |row: &[f64]| row.iter().map(|value| value * value).sum::<f64>();
    let half = columns as f64 / 2.0;
    !values.is_empty() && values.chunks(columns).all(|row| (square(row) - half).abs() < 0.01 * half)
}

/// Whether it is the mean or the deviation of three channels: what else is called so may be trained.
fn is_normalisation(tensor: &Tensor, last: &str) -> bool {
    tensor.len() == 3
        && match last {
            "mean" => all(tensor, |mean| (0.0..=255.0).contains(&mean)),
            "std" => all(tensor, |deviation| deviation > 0.0 && deviation <= 255.0),
            _ => false,
        }
}

fn all(tensor: &Tensor, holds: impl FnMut(f64) -> bool) -> bool {
    tensor.exact().is_some_and(|mut values| values.all(holds))
}

/// Whether it holds ones below and on the diagonal of a square, and zeros elsewhere.
fn is_triangle(tensor: &Tensor) -> bool {
    let &[.., rows, columns] = &tensor.shape[..] else { return false };
    let Some(values) = tensor.exact() else { return false };
    let expected = |at: usize| if at % columns <= at / columns % rows { 1.0 } else { 0.0 };
    rows == columns && rows > 1 && values.enumerate().all(|(at, value)| value == expected(at))
}

/// Whether it is a mask. `mask_token`, `mask_head.weight` and the like are trained: only the whole last name tells.
fn is_mask(tensor: &Tensor, last: &str, unsound: Option<(usize, f64)>) -> bool {
    let is_named = last == "mask" || last.ends_with("_mask") || (last == "bias" && is_causal(&tensor.shape));
    let masks = |value: f64| value == f64::NEG_INFINITY;
    match tensor.dtype() {
        Dtype::BOOL | Dtype::U8 => is_named,
        _ if last == "masked_bias" => tensor.len() == 1,
        _ if is_named => hides(tensor) || two_valued(tensor),
        _ if last == "tril" => is_triangle(tensor),
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
            Self::Positions => "computed tables of positions",
            Self::Normalisation => "means and deviations of images",
            Self::Training => "what only training keeps",
        })
    }
}
