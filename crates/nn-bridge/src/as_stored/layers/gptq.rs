//! GPTQ and AWQ: integers packed into words of 32 bits, with scales and zeros for groups of rows.
//!
//! Weight of row i (input) and column o (output), in group g of rows: scale(g, o)·(code(i, o) − zero(g, o)), where GPTQ stores zeros
//! less 1. GPTQ packs codes down the rows, bit after bit through the words of a column; AWQ packs the codes of 8 columns into a word, in
//! the order 0, 2, 4, 6, 1, 3, 5, 7. Zeros lie along the columns in both, as codes of AWQ do.

use super::numbers::{Numbers, is};
use super::{Decoder, LayerRole, Named, QuantisedLayer};
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

struct Layer {
    packing: Packing,
    bits: u64,
    rows: u64,
    columns: u64,
    scales: Numbers,
    groups: u64,
    /// Rows of a group, where rows lie by group.
    group: u64,
    /// The rows of each group, where a tensor says which group a row has.
    rows_of_group: Option<Vec<Vec<u32>>>,
}

/// Codes, scales, zeros, and perhaps groups: the order of the parts.
const CODES: usize = 0;
const SCALES: usize = 1;
const ZEROS: usize = 2;
const GROUPS: usize = 3;

/// The layer whose codes a tensor holds.
pub(super) fn layer<'a>(codes: &'a Tensor, named: &Named<'a>) -> Option<QuantisedLayer<'a>> {
    let name = codes.name.strip_suffix(".qweight")?;
    let [zeros, scales] = [".qzeros", ".scales"].map(|part| named.get(name, part));
    let (zeros, scales) = (zeros?, scales?);
    let groups_of_rows = named.get(name, ".g_idx");
    let (&[code_rows, code_columns], &[groups, columns]) = (&codes.shape[..], &scales.shape[..]) else {
        return None;
    };
    let [code_rows, code_columns, groups, columns] =
        [code_rows, code_columns, groups, columns].map(|side| side as u64);
    let &[_, zero_columns] = &zeros.shape[..] else { return None };
    let bits = (zero_columns as u64).checked_mul(32)?.checked_div(columns)?;
    let zeros_fit = is(zeros, Dtype::I32, &[groups, (columns * bits).div_ceil(32)]);
    if !zeros_fit
        || !scales.is_float()
        || codes.dtype() != Dtype::I32
        || ![2, 3, 4, 8].contains(&bits)
        || groups == 0
    {
        return None;
    }
    let (packing, rows) = if code_columns == columns {
        (Packing::Gptq, code_rows * 32 / bits)
    } else {
        (Packing::Awq, code_rows)
    };
    let fits = match packing {
        Packing::Gptq => code_rows == (rows * bits).div_ceil(32),
        Packing::Awq => bits == 4 && code_columns * 8 == columns && groups_of_rows.is_none(),
    };
    if !fits || rows < groups {
        return None;
    }
    let rows_of_group = match groups_of_rows {
        Some(tensor) if is(tensor, Dtype::I32, &[rows]) => Some(rows_of_groups(tensor, groups)?),
        Some(_) => return None,
        None => None,
    };
    let mut parts = vec![(LayerRole::Codes, codes), (LayerRole::Scales, scales), (LayerRole::Zeros, zeros)];
    parts.extend(groups_of_rows.map(|tensor| (LayerRole::Groups, tensor)));
    let decoder = Layer {
        packing,
        bits,
        rows,
        columns,
        scales: Numbers::of(scales)?,
        groups,
        group: rows.div_ceil(groups),
        rows_of_group,
    };
    let format = if packing == Packing::Gptq { "GPTQ" } else { "AWQ" };
    Some(QuantisedLayer { name: name.to_owned(), format, parts, decoder: Box::new(decoder) })
}

/// The rows of each group; none if a row has no such group.
fn rows_of_groups(tensor: &Tensor, groups: u64) -> Option<Vec<Vec<u32>>> {
    let mut rows = vec![Vec::new(); usize::try_from(groups).ok()?];
    let (words, _) = tensor.bytes().as_chunks::<4>();
    for (row, &word) in (0..).zip(words) {
        rows.get_mut(usize::try_from(i32::from_le_bytes(word)).ok()?)?.push(row);
    }
    Some(rows)
}

impl Layer {
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
    fn group_of(&self, parts: &[&[u8]], row: u64) -> Option<u64> {
        let Some(groups) = parts.get(GROUPS) else { return Some(row / self.group) };
        let (words, _) = groups.as_chunks::<4>();
        let group = i32::from_le_bytes(*words.get(usize::try_from(row).ok()?)?);
        u64::try_from(group).ok().filter(|&group| group < self.groups)
    }

    /// The weights of a group in a column.
    fn of_group(&self, group: u64, column: u64, touch: &mut dyn FnMut(u64)) {
        if column >= self.columns {
            return;
        }
        let mut row = |row: u64| touch(row * self.columns + column);
        match &self.rows_of_group {
            Some(rows) => rows.get(group as usize).into_iter().flatten().for_each(|&at| row(u64::from(at))),
            None => (group * self.group..((group + 1) * self.group).min(self.rows)).for_each(row),
        }
    }
}

impl Decoder for Layer {
    fn weights(&self) -> u64 {
        self.rows * self.columns
    }

    fn weight(&self, parts: &[&[u8]], index: u64) -> f64 {
        let (row, column) = (index / self.columns, index % self.columns);
        let Some(group) = self.group_of(parts, row) else { return f64::NAN };
        let scale = self.scales.at(parts[SCALES], group * self.columns + column);
        let code = match self.packing {
            Packing::Gptq => self.code(parts[CODES], column, self.columns, row * self.bits),
            Packing::Awq => self.along_columns(parts[CODES], row, column),
        };
        if scale.is_nan() {
            return scale;
        }
        let zero = self.along_columns(parts[ZEROS], group, column) + u64::from(self.packing == Packing::Gptq);
        scale * (code as f64 - zero as f64)
    }

    fn touched(&self, part: usize, bit: u64, touch: &mut dyn FnMut(u64)) {
        match part {
            CODES if self.packing == Packing::Gptq => {
                let (word, shift) = (bit / 32, bit % 32);
                let row = (word / self.columns * 32 + shift) / self.bits;
                if row < self.rows {
                    touch(row * self.columns + word % self.columns);
                }
            }
            CODES => {
                let (row, column) = self.place_along_columns(bit);
                touch(row * self.columns + column);
            }
            SCALES => {
                let place = self.scales.place(bit);
                self.of_group(place / self.columns, place % self.columns, touch);
            }
            ZEROS => {
                let (group, column) = self.place_along_columns(bit);
                self.of_group(group, column, touch);
            }
            _ => {
                let row = bit / 32;
                (0..self.columns).for_each(|column| touch(row * self.columns + column));
            }
        }
    }
}
