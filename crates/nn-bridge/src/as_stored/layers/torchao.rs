//! torchao: a weight `layer.weight` is stored as `layer._weight_qdata`, `layer._weight_scale` and perhaps `layer._weight_zero_point`, and
//! the file's metadata say under the weight's name of which kind it is, and which block of weights has a scale in common:
//!
//! * `Int8Tensor` and `Float8Tensor`: scale·code, of I8 or F8.
//! * `IntxUnpackedToInt8Tensor`: scale·(code − zero), of I8.
//! * `Int4Tensor`: two codes of 4 bits a byte, the first in the lower half, stored as two's complement; scale·code + zero, with scales
//!   and zeros column by column.
//!
//! Sources: torchao, `prototype/safetensors` and `quantization/quantize_/workflows`; FBGEMM, `gen_ai/quantize.py` (of `Int4Tensor`). Kinds
//! whose tensors lie as a kernel wants them are none of these.

use serde::Deserialize;

use super::matrix::{Matrix, Source};
use super::numbers::{Numbers, has_shape, sides};
use super::scaled::{Scaled, Zeros};
use super::{QuantisedLayer, Within};
use crate::weights::{Dtype, Tensor};

/// What the metadata say of a weight.
#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "_type")]
    name: String,
    #[serde(rename = "_data")]
    data: Data,
    #[serde(rename = "_tensor_data_names")]
    tensors: Vec<String>,
}

#[derive(Deserialize)]
struct Data {
    block_size: [u64; 2],
}

/// The layer whose codes a tensor holds.
pub(super) fn layer<'a>(codes: &'a Tensor, within: &Within<'a>) -> Option<QuantisedLayer<'a>> {
    let prefix = codes.name.strip_suffix("_qdata")?;
    let (module, weight) = prefix.rsplit_once("._")?;
    let name = format!("{module}.{weight}");
    let kind: Kind = serde_json::from_str(within.metadata.get(&name)?).ok()?;
    let [scales, zeros] = ["_scale", "_zero_point"].map(|part| within.get(prefix, part));
    // What it would have beside these, such as scales of what comes in, is not known here.
    if kind.tensors.len() != 2 + usize::from(zeros.is_some()) {
        return None;
    }
    let (scales, block) = (scales?, kind.data.block_size);
    match (&*kind.name, codes.dtype(), zeros) {
        ("Int8Tensor", Dtype::I8, None) => {
            Some(by_rows(codes, scales, block)?.layer(&name, "torchao, 8 bits"))
        }
        ("Float8Tensor", Dtype::F8_E4M3 | Dtype::F8_E5M2, None) => {
            Some(by_rows(codes, scales, block)?.layer(&name, "torchao, F8"))
        }
        ("IntxUnpackedToInt8Tensor", Dtype::I8, Some(zeros)) => {
            let layer = by_rows(codes, scales, block)?;
            let zeros = Zeros::Codes(Source::like(zeros, &layer.scales)?);
            Some(Scaled { zeros, ..layer }.layer(&name, "torchao, 8 bits"))
        }
        ("Int4Tensor", Dtype::I8 | Dtype::U8, Some(zeros)) => {
            Some(by_columns(codes, [scales, zeros], block)?.layer(&name, "torchao, 4 bits"))
        }
        _ => None,
    }
}

/// Codes of whole bytes, with a scale for each block in the order of these.
fn by_rows<'a>(codes: &'a Tensor, scales: &'a Tensor, block: [u64; 2]) -> Option<Scaled<'a>> {
    let [rows, columns] = sides(codes)?;
    if block.contains(&0) || !rows.is_multiple_of(block[0]) || !columns.is_multiple_of(block[1]) {
        return None;
    }
    let blocks = [rows / block[0], columns / block[1]];
    // Older versions leave out sides of 1.
    let is_flat =
        scales.shape.len() < 2 && blocks.contains(&1) && scales.len() as u64 == blocks[0] * blocks[1];
    let fits = scales.is_float() && (is_flat || has_shape(scales, &blocks));
    fits.then_some(Scaled::new(Source::of(codes, [rows, columns])?, Source::of(scales, blocks)?, block))
}

/// Two codes a byte, with scales and zeros for groups of columns, column by column.
fn by_columns<'a>(codes: &'a Tensor, of_groups: [&'a Tensor; 2], block: [u64; 2]) -> Option<Scaled<'a>> {
    let [rows, bytes] = sides(codes)?;
    let [1, group] = block else { return None };
    if group == 0 {
        return None;
    }
    let groups = (bytes * 2).div_ceil(group);
    let [scales, zeros] = of_groups.map(|tensor| {
        let fits = tensor.is_float() && has_shape(tensor, &[groups, rows]);
        let matrix = Matrix::by_columns([rows, groups], Numbers::of(tensor)?);
        fits.then_some(Source { tensor, matrix })
    });
    let matrix = Matrix::by_rows([rows, bytes * 2], Numbers::signed(4));
    let layer = Scaled::new(Source { tensor: codes, matrix }, scales?, block);
    Some(Scaled { zeros: Zeros::Added(zeros?), ..layer })
}
