//! bitsandbytes, 4 bits (NF4, FP4): two codes a byte with a table of 16 numbers, and a scale for each block of weights. Scales may be
//! quantised in turn ("double quantisation"): a byte each, with a table of 256 numbers, a scale for each block of scales, and an offset,
//! which with the sizes of blocks stands in a JSON that is a tensor, too. Source: bitsandbytes, `functional.py` (`QuantState`).

use std::ops::Range;

use serde::Deserialize;

use super::numbers::{Numbers, has_shape};
use super::scaled::one;
use super::{Bytes, Decoder, LayerRole, QuantisedLayer, Within};
use crate::weights::{Dtype, Tensor};

/// Two codes a byte, the first in the upper half: table(code)·scale(block).
struct FourBits {
    weights: u64,
    block: u64,
    scales: Scales,
    table: Numbers,
}

/// What codes of a block are multiplied by.
enum Scales {
    Plain(Numbers),
    /// table(code)·scale(block of scales) + offset.
    Nested {
        table: Numbers,
        scales: Numbers,
        block: u64,
        offset: f64,
    },
}

/// The JSON of a layer.
#[derive(Deserialize)]
struct State {
    blocksize: u64,
    shape: Vec<u64>,
    nested_blocksize: Option<u64>,
    nested_offset: Option<f64>,
}

/// The longest JSON of a layer, in bytes: it is short.
const MAX_STATE: usize = 1 << 16;

/// The layer whose codes a tensor holds.
pub(super) fn layer<'a>(codes: &'a Tensor, within: &Within<'a>) -> Option<QuantisedLayer<'a>> {
    let of = |name: &str| within.get(&codes.name, name);
    let (scales, table) = (of(".absmax")?, of(".quant_map")?);
    if codes.dtype() != Dtype::U8 || !table.is_float() || !has_shape(table, &[16]) {
        return None;
    }
    let state = of(".quant_state.bitsandbytes__nf4").or_else(|| of(".quant_state.bitsandbytes__fp4"));
    let state = match state {
        Some(tensor) => Some(State::of(tensor)?),
        None => None,
    };
    let blocks = scales.len() as u64;
    let (weights, block) = blocks_of(codes.len() as u64, blocks, state.as_ref())?;
    let mut parts = vec![(LayerRole::Codes, codes), (LayerRole::Scales, scales), (LayerRole::Table, table)];
    let scales = if scales.is_float() {
        Scales::Plain(Numbers::of(scales)?)
    } else {
        let (outer, outer_table) = (of(".nested_absmax")?, of(".nested_quant_map")?);
        parts.extend([(LayerRole::ScalesOfScales, outer), (LayerRole::TableOfScales, outer_table)]);
        nested(scales, [outer, outer_table], &state?)?
    };
    let decoder = FourBits { weights, block, scales, table: Numbers::of(table)? };
    Some(QuantisedLayer::new(&codes.name, "bitsandbytes, 4 bits", parts, decoder))
}

impl State {
    /// Read from the bytes of a tensor; none if they are no such JSON.
    fn of(tensor: &Tensor) -> Option<Self> {
        let json = Some(tensor.bytes()).filter(|json| json.len() <= MAX_STATE)?;
        let state: Self = serde_json::from_slice(json).ok()?;
        (state.blocksize > 0).then_some(state)
    }
}

/// Weights of a layer, and of each block: as its JSON says, or else two a byte and blocks of one size.
fn blocks_of(bytes: u64, blocks: u64, state: Option<&State>) -> Option<(u64, u64)> {
    let (weights, block) = match state {
        Some(State { shape, blocksize, .. }) => {
            (shape.iter().try_fold(1u64, |weights, &side| weights.checked_mul(side))?, *blocksize)
        }
        None => (bytes * 2, (bytes * 2) / blocks),
    };
    (weights.div_ceil(2) == bytes && block > 0 && weights.div_ceil(block) == blocks)
        .then_some((weights, block))
        .filter(|_| state.is_some() || weights.is_multiple_of(blocks))
}

/// Scales that are bytes, with the scales and the table of these.
fn nested(codes: &Tensor, [outer, table]: [&Tensor; 2], state: &State) -> Option<Scales> {
    let block = state.nested_blocksize.filter(|&block| block > 0)?;
    let fits = codes.dtype() == Dtype::U8
        && outer.is_float()
        && table.is_float()
        && has_shape(table, &[256])
        && has_shape(outer, &[(codes.len() as u64).div_ceil(block)]);
    let (scales, table) = (Numbers::of(outer)?, Numbers::of(table)?);
    fits.then_some(Scales::Nested { table, scales, block, offset: state.nested_offset? })
}

impl FourBits {
    fn scale(&self, bytes: &Bytes<'_>, block: u64) -> f64 {
        let stored = bytes.of(LayerRole::Scales);
        match &self.scales {
            Scales::Plain(scales) => scales.at(stored, block),
            Scales::Nested { table, scales, block: of_scales, offset } => {
                let code = stored.get(block as usize).copied().unwrap_or(0);
                let scale = scales.at(bytes.of(LayerRole::ScalesOfScales), block / of_scales);
                table.at(bytes.of(LayerRole::TableOfScales), code.into()) * scale + offset
            }
        }
    }

    /// The weights of some blocks.
    fn of_blocks(&self, blocks: Range<u64>) -> Range<u64> {
        let bound = |block: u64| block.saturating_mul(self.block).min(self.weights);
        bound(blocks.start)..bound(blocks.end)
    }
}

impl Decoder for FourBits {
    fn weights(&self) -> u64 {
        self.weights
    }

    fn weight(&self, bytes: &Bytes<'_>, index: u64) -> f64 {
        let byte = bytes.of(LayerRole::Codes).get((index / 2) as usize).copied().unwrap_or(0);
        let code = if index.is_multiple_of(2) { byte >> 4 } else { byte & 15 };
        self.table.at(bytes.of(LayerRole::Table), code.into()) * self.scale(bytes, index / self.block)
    }

    fn touched(&self, role: LayerRole, bit: u64, touch: &mut dyn FnMut(Range<u64>)) {
        match (role, &self.scales) {
            (LayerRole::Codes, _) => {
                let index = bit / 8 * 2 + u64::from(bit % 8 < 4);
                if index < self.weights {
                    touch(one(index));
                }
            }
            (LayerRole::Scales, Scales::Plain(scales)) => {
                touch(self.of_blocks(one(scales.place(bit))));
            }
            (LayerRole::Scales, Scales::Nested { .. }) => touch(self.of_blocks(one(bit / 8))),
            (LayerRole::ScalesOfScales, Scales::Nested { scales, block, .. }) => {
                let first = scales.place(bit).saturating_mul(*block);
                touch(self.of_blocks(first..first.saturating_add(*block)));
            }
            // Any weight, or any scale, may have the code.
            _ => touch(0..self.weights),
        }
    }
}
