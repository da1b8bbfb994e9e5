//! GPTQ and AWQ: integers packed into words of 32 bits, with scales and zeros for groups of rows.
//!
//! Weight of row i (input) and column o (output), in group g of rows: scale(g, o)·(code(i, o) − zero(g, o)). GPTQ packs codes down the
//! rows, bit after bit through the words of a column; AWQ packs the codes of 8 columns into a word, in the order 0, 2, 4, 6, 1, 3, 5, 7.
//! Zeros lie along the columns in both, as codes of AWQ do. GPTQ's first format stores zeros less 1, its second (`gptq_v2`) as they are;
//! their tensors are alike, and only the JSON beside them tells. Source: `GPTQModel`, `utils/model.py`, which turns one into the other.

use std::ops::Range;

use super::groups::Groups;
use super::numbers::{Numbers, is, sides};
use super::scaled::one;
use super::{Bytes, Decoder, LayerRole, QuantisedLayer, Within};
use crate::weights::{Dtype, Tensor};

/// The column of eight whose code lies in each nibble of a word, from the lowest on, as AWQ has it.
const AWQ_ORDER: [u64; 8] = [0, 2, 4, 6, 1, 3, 5, 7];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Packing {
    /// Down the rows.
    Gptq,
    /// Eight columns to a word.
    Awq,
}

struct Layer<'a> {
    packing: Packing,
    bits: u64,
    rows: u64,
    columns: u64,
    scales: Numbers,
    /// Rows of a group, where rows lie by group.
    group: u64,
    /// The groups of rows, where a tensor says them.
    groups: Option<Groups<'a>>,
    /// What stored zeros are short of.
    zeros_less: u64,
}

/// Why zeros of GPTQ are read as they are where nothing says how they are stored.
const FIRST_FORMAT: &str = "zeros of GPTQ are taken to be stored less 1, as its first format has them: no quantize_config.json or \
                            config.json beside the weights says `checkpoint_format`";

/// The layer whose codes a tensor holds.
pub(super) fn layer<'a>(codes: &'a Tensor, within: &Within<'a>) -> Option<QuantisedLayer<'a>> {
    let name = codes.name.strip_suffix(".qweight")?;
    let [zeros, scales] = [".qzeros", ".scales"].map(|part| within.get(name, part));
    let (zeros, scales) = (zeros?, scales?);
    let ([code_rows, code_columns], [groups, columns]) = (sides(codes)?, sides(scales)?);
    let [_, zero_columns] = sides(zeros)?;
    let bits = zero_columns * 32 / columns;
    let zeros_fit = is(zeros, Dtype::I32, &[groups, (columns * bits).div_ceil(32)]);
    if !zeros_fit || !scales.is_float() || codes.dtype() != Dtype::I32 || ![2, 3, 4, 8].contains(&bits) {
        return None;
    }
    let (packing, rows) = packing([code_rows, code_columns], columns, bits)?;
    let (zeros_less, assumed) = zeros_of(packing, within.config.checkpoint_format.as_deref())?;
    let (group, groups_of_rows) = match within.get(name, ".g_idx") {
        Some(_) if packing == Packing::Awq => return None,
        Some(tensor) => (rows, Some(Groups::of(tensor, groups, rows)?)),
        None => (group_size(rows, groups, within.config.group_size)?, None),
    };
    let mut parts = vec![(LayerRole::Codes, codes), (LayerRole::Scales, scales), (LayerRole::Zeros, zeros)];
    parts.extend(groups_of_rows.as_ref().map(|groups| (LayerRole::Groups, groups.tensor)));
    let scales = Numbers::of(scales)?;
    let decoder = Layer { packing, bits, rows, columns, scales, group, groups: groups_of_rows, zeros_less };
    let format = match (packing, zeros_less) {
        (Packing::Awq, _) => "AWQ",
        (Packing::Gptq, 1) => "GPTQ",
        (Packing::Gptq, _) => "GPTQ, second format",
    };
    Some(QuantisedLayer { assumed, ..QuantisedLayer::new(name, format, parts, decoder) })
}

/// How codes of these sides are packed, and how many rows they have. All words are full: programs refuse other numbers of rows.
fn packing([rows, across]: [u64; 2], columns: u64, bits: u64) -> Option<(Packing, u64)> {
    if across == columns {
        (rows * 32).is_multiple_of(bits).then_some((Packing::Gptq, rows * 32 / bits))
    } else {
        (bits == 4 && across * 8 == columns).then_some((Packing::Awq, rows))
    }
}

/// What stored zeros are short of, and what is assumed if nothing says it; none if a program has packed the layer for itself.
fn zeros_of(packing: Packing, format: Option<&str>) -> Option<(u64, Option<&'static str>)> {
    match (packing, format) {
        (Packing::Awq, _) | (Packing::Gptq, Some("gptq_v2")) => Some((0, None)),
        (Packing::Gptq, None) => Some((1, Some(FIRST_FORMAT))),
        (Packing::Gptq, Some("gptq")) => Some((1, None)),
        (Packing::Gptq, Some(_)) => None,
    }
}

/// Rows of a group: as the JSON says if that makes as many groups, or else all of one size; none if they would not be.
fn group_size(rows: u64, groups: u64, said: Option<i64>) -> Option<u64> {
    let said = said.and_then(|size| u64::try_from(size).ok()).filter(|&size| size > 0);
    let fits = said.filter(|&size| rows.div_ceil(size) == groups);
    fits.or_else(|| (rows >= groups && rows.is_multiple_of(groups)).then(|| rows / groups))
}

impl Layer<'_> {
    fn words_of_columns(&self) -> u64 {
        (self.columns * self.bits).div_ceil(32)
    }

    /// The code at a bit of the words of a column, which lie `stride` words apart from word `first` on.
    fn code(&self, bytes: &[u8], first: u64, stride: u64, bit: u64) -> u64 {
        let word = |number: u64| {
            let begin = (first + number * stride) as usize * 4;
            bytes
                .get(begin..begin + 4)
                .map_or(0, |word| u64::from(u32::from_le_bytes([word[0], word[1], word[2], word[3]])))
        };
        let (number, shift) = (bit / 32, bit % 32);
        let mut wide = word(number);
        if shift + self.bits > 32 {
            wide |= word(number + 1) << 32;
        }
        wide >> shift & ((1 << self.bits) - 1)
    }

    /// The code of a row or group that lies along the columns.
    fn along_columns(&self, bytes: &[u8], row: u64, column: u64) -> u64 {
        let bit = match self.packing {
            Packing::Gptq => column * self.bits,
            Packing::Awq => {
                let nibble = AWQ_ORDER.iter().position(|&at| at == column % 8).unwrap_or(0) as u64;
                column / 8 * 32 + nibble * 4
            }
        };
        self.code(bytes, row * self.words_of_columns(), 1, bit)
    }

    /// Row and column of what lies along the columns at a bit.
    fn place_along_columns(&self, bit: u64) -> (u64, u64) {
        let of_row = self.words_of_columns() * 32;
        let (row, bit) = (bit / of_row, bit % of_row);
        let column = match self.packing {
            Packing::Gptq => bit / self.bits,
            Packing::Awq => bit / 32 * 8 + AWQ_ORDER[(bit % 32 / 4) as usize],
        };
        (row, column)
    }

    /// The group of a row; none if there is no such group.
    fn group_of(&self, bytes: &Bytes<'_>, row: u64) -> Option<u64> {
        match &self.groups {
            Some(groups) => groups.at(bytes.of(LayerRole::Groups), row),
            None => Some(row / self.group),
        }
    }

    /// The weights of a group in a column.
    fn of_group(&self, group: u64, column: u64, touch: &mut dyn FnMut(Range<u64>)) {
        if column >= self.columns {
            return;
        }
        let row = |row: u64| touch(one(row * self.columns + column));
        match &self.groups {
            Some(groups) => groups.members(group).for_each(row),
            None => (group * self.group..((group + 1) * self.group).min(self.rows)).for_each(row),
        }
    }
}

impl Decoder for Layer<'_> {
    fn weights(&self) -> u64 {
        self.rows * self.columns
    }

    fn weight(&self, bytes: &Bytes<'_>, index: u64) -> f64 {
        let (row, column) = (index / self.columns, index % self.columns);
        let Some(group) = self.group_of(bytes, row) else { return f64::NAN };
        let scale = self.scales.at(bytes.of(LayerRole::Scales), group * self.columns + column);
        if scale.is_nan() {
            return scale;
        }
        let codes = bytes.of(LayerRole::Codes);
        let code = match self.packing {
            Packing::Gptq => self.code(codes, column, self.columns, row * self.bits),
            Packing::Awq => self.along_columns(codes, row, column),
        };
        let zero = self.along_columns(bytes.of(LayerRole::Zeros), group, column) + self.zeros_less;
        scale * (code as f64 - zero as f64)
    }

    fn touched(&self, role: LayerRole, bit: u64, touch: &mut dyn FnMut(Range<u64>)) {
        match role {
            LayerRole::Codes if self.packing == Packing::Gptq => {
                let (word, shift) = (bit / 32, bit % 32);
                let row = (word / self.columns * 32 + shift) / self.bits;
                if row < self.rows {
                    touch(one(row * self.columns + word % self.columns));
                }
            }
            LayerRole::Codes => {
                let (row, column) = self.place_along_columns(bit);
                touch(one(row * self.columns + column));
            }
            LayerRole::Scales => {
                let place = self.scales.place(bit);
                self.of_group(place / self.columns, place % self.columns, touch);
            }
            LayerRole::Zeros => {
                let (group, column) = self.place_along_columns(bit);
                self.of_group(group, column, touch);
            }
            _ => {
                let row = bit / 32;
                touch(row * self.columns..(row + 1) * self.columns);
            }
        }
    }
}
