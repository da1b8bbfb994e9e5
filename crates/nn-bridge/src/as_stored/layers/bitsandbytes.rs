//! bitsandbytes: NF4 and FP4, two codes a byte with a table of 16 numbers and a scale for each block; and int8 with a scale for each row.

use super::numbers::{Numbers, has_shape};
use super::{Decoder, LayerRole, Named, QuantisedLayer};
use crate::weights::{Dtype, Tensor};

/// The layer whose codes a tensor holds.
pub(super) fn layer<'a>(codes: &'a Tensor, named: &Named<'a>) -> Option<QuantisedLayer<'a>> {
    four_bits(codes, named).or_else(|| eight_bits(codes, named))
}

/// Two codes a byte, the first in the upper half: table(code)·scale(block).
struct FourBits {
    weights: u64,
    block: u64,
    scales: Numbers,
    table: Numbers,
}

fn four_bits<'a>(codes: &'a Tensor, named: &Named<'a>) -> Option<QuantisedLayer<'a>> {
    let scales = named.get(&codes.name, ".absmax")?;
    let table = named.get(&codes.name, ".quant_map")?;
    let blocks = scales.len() as u64;
    let weights = codes.len() as u64 * 2;
    // Scales that are quantised themselves are bytes.
    let known =
        codes.dtype() == Dtype::U8 && scales.is_float() && table.is_float() && has_shape(table, &[16]);
    if !known || blocks == 0 || !weights.is_multiple_of(blocks) {
        return None;
    }
    let decoder = FourBits {
        weights,
        block: weights / blocks,
        scales: Numbers::of(scales)?,
        table: Numbers::of(table)?,
    };
    Some(QuantisedLayer {
        name: codes.name.clone(),
        format: "bitsandbytes, 4 bits",
        parts: vec![(LayerRole::Codes, codes), (LayerRole::Scales, scales), (LayerRole::Table, table)],
        decoder: Box::new(decoder),
    })
}

impl Decoder for FourBits {
    fn weights(&self) -> u64 {
        self.weights
    }

    fn weight(&self, parts: &[&[u8]], index: u64) -> f64 {
        let byte = parts[0].get((index / 2) as usize).copied().unwrap_or(0);
        let code = if index.is_multiple_of(2) { byte >> 4 } else { byte & 15 };
        self.table.at(parts[2], code.into()) * self.scales.at(parts[1], index / self.block)
    }

    fn touched(&self, part: usize, bit: u64, touch: &mut dyn FnMut(u64)) {
        match part {
            0 => touch(bit / 8 * 2 + u64::from(bit % 8 < 4)),
            1 => {
                let block = self.scales.place(bit);
                (block * self.block..(block + 1) * self.block).for_each(touch);
            }
            _ => (0..self.weights).for_each(touch),
        }
    }
}

/// A byte a weight: code·scale(row)/127.
struct EightBits {
    rows: u64,
    columns: u64,
    scales: Numbers,
}

fn eight_bits<'a>(codes: &'a Tensor, named: &Named<'a>) -> Option<QuantisedLayer<'a>> {
    let scales = named.get(codes.name.strip_suffix("weight")?, "SCB")?;
    let &[rows, columns] = &codes.shape[..] else { return None };
    let (rows, columns) = (rows as u64, columns as u64);
    if codes.dtype() != Dtype::I8 || !scales.is_float() || !has_shape(scales, &[rows]) || columns == 0 {
        return None;
    }
    Some(QuantisedLayer {
        name: codes.name.clone(),
        format: "bitsandbytes, 8 bits",
        parts: vec![(LayerRole::Codes, codes), (LayerRole::Scales, scales)],
        decoder: Box::new(EightBits { rows, columns, scales: Numbers::of(scales)? }),
    })
}

impl Decoder for EightBits {
    fn weights(&self) -> u64 {
        self.rows * self.columns
    }

    fn weight(&self, parts: &[&[u8]], index: u64) -> f64 {
        let code = parts[0].get(index as usize).map_or(0, |&byte| byte.cast_signed());
        f64::from(code) * self.scales.at(parts[1], index / self.columns) / 127.0
    }

    fn touched(&self, part: usize, bit: u64, touch: &mut dyn FnMut(u64)) {
        if part == 0 {
            touch(bit / 8);
        } else {
            let row = self.scales.place(bit);
            (row * self.columns..(row + 1) * self.columns).for_each(touch);
        }
    }
}
