//! Scales of blocks of weights, where the shape of their tensor says which blocks.

use super::matrix::Source;
use super::numbers::sides;
use crate::weights::{Dtype, Tensor};

/// Scales, and the rows and columns of the blocks that have one in common.
type Scales<'a> = (Source<'a>, [u64; 2]);

/// Scales of a matrix of these sides, and the sides of the blocks that have one in common: one for all, for each row, or for each group
/// of columns in a row or in all rows.
pub(super) fn scales(tensor: &Tensor, [rows, columns]: [u64; 2]) -> Option<Scales<'_>> {
    let blocks = match sides::<2>(tensor) {
        Some(blocks) => blocks,
        None if tensor.len() == 1 => [1, 1],
        None => return None,
    };
    let fits = is_scale(tensor) && [1, rows].contains(&blocks[0]) && columns.is_multiple_of(blocks[1]);
    let block = [rows / blocks[0], columns / blocks[1]];
    Some((Source::of(tensor, blocks)?, block)).filter(|_| fits)
}

/// Scales of blocks of these sides, of which the last of a row or column may be smaller.
pub(super) fn scales_of(tensor: &Tensor, [rows, columns]: [u64; 2], block: [u64; 2]) -> Option<Scales<'_>> {
    let blocks: [u64; 2] = sides(tensor)?;
    let fits = is_scale(tensor)
        && !block.contains(&0)
        && blocks == [rows.div_ceil(block[0]), columns.div_ceil(block[1])];
    if fits { Some((Source::of(tensor, blocks)?, block)) } else { None }
}

/// Whether a tensor holds floats, or powers of 2.
fn is_scale(tensor: &Tensor) -> bool {
    tensor.is_float() || tensor.dtype() == Dtype::F8_E8M0
}
