//! compressed-tensors: packed integers, and bytes.

use crate::made::{Layer, bytes, floats, packed, packed_down, random, scales, signed, tensor, words};

const ROWS: usize = 6;

/// Which scales, zeros and groups a layer has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum With {
    /// One scale for all.
    OneScale,
    /// A scale a row.
    RowScales,
    /// A scale and a packed zero for each group of columns.
    PackedZeros,
    /// The same with zeros of a byte.
    Zeros,
    /// Groups of columns that a tensor says.
    Groups,
}

/// Integers packed along rows of `columns`, which need not fill the last word.
pub(crate) fn packed_integers(bits: usize, columns: usize, with: With) -> Layer {
    let groups = match with {
        With::OneScale | With::RowScales => 1,
        _ => 4,
    };
    let middle = 1i64 << (bits - 1);
    let codes = random(40 + bits as u64, ROWS * columns, 1 << bits);
    let of_row = |row: &[u64]| packed(row, bits);
    let weight_packed: Vec<u32> = codes.chunks(columns).flat_map(of_row).collect();
    let scale_rows = if with == With::OneScale { 1 } else { ROWS };
    let scales = scales(41, scale_rows * groups);
    let scale_shape: &[usize] = if with == With::OneScale { &[1] } else { &[ROWS, groups] };
    let shape: Vec<u8> = [ROWS, columns].iter().flat_map(|&side| (side as i64).to_le_bytes()).collect();
    let zeros = random(42, ROWS * groups, 1 << bits);
    let mut tensors = vec![
        tensor("q.weight_packed", "I32", &[ROWS, (columns * bits).div_ceil(32)], words(&weight_packed)),
        tensor("q.weight_scale", "F32", scale_shape, floats(&scales)),
    ];
    let mut zero = vec![0; ROWS * groups];
    if matches!(with, With::PackedZeros | With::Zeros) {
        zero = zeros.iter().map(|&zero| zero as i64 - middle).collect();
        let as_bytes: Vec<i8> = zero.iter().map(|&zero| zero as i8).collect();
        tensors.push(if with == With::Zeros {
            tensor("q.weight_zero_point", "I8", &[ROWS, groups], bytes(&as_bytes))
        } else {
            let shape = [(ROWS * bits).div_ceil(32), groups];
            tensor("q.weight_zero_point", "I32", &shape, words(&packed_down(&zeros, groups, bits)))
        });
    }
    let group = |column: usize| {
        if with == With::Groups { (column * 5 + 1) % groups } else { column / (columns / groups) }
    };
    if with == With::Groups {
        let of_column: Vec<u32> = (0..columns).map(|column| group(column) as u32).collect();
        tensors.push(tensor("q.weight_g_idx", "I32", &[columns], words(&of_column)));
    }
    let weight = |at: usize| {
        let (row, group) = (at / columns, group(at % columns));
        let scale = f64::from(scales[row % scale_rows * groups + group]);
        scale * (codes[at] as i64 - middle - zero[row * groups + group]) as f64
    };
    let weights = (0..ROWS * columns).map(weight).collect();
    let layer = Layer::new("compressed-tensors, packed", tensors, weights);
    Layer { beside: vec![tensor("q.weight_shape", "I64", &[2], shape)], ..layer }
}

/// A byte a weight, with a zero a row if asked for.
pub(crate) fn int8(groups: usize, with_zeros: bool) -> Layer {
    let columns = 32;
    let (codes, zeros) = (signed(50, ROWS * columns), signed(51, ROWS * groups));
    let scales = scales(52, ROWS * groups);
    let mut tensors = vec![
        tensor("q.weight", "I8", &[ROWS, columns], bytes(&codes)),
        tensor("q.weight_scale", "F32", &[ROWS, groups], floats(&scales)),
    ];
    if with_zeros {
        tensors.push(tensor("q.weight_zero_point", "I8", &[ROWS, groups], bytes(&zeros)));
    }
    let weight = |at: usize| {
        let place = at / columns * groups + at % columns / (columns / groups);
        let zero = if with_zeros { f64::from(zeros[place]) } else { 0.0 };
        f64::from(scales[place]) * (f64::from(codes[at]) - zero)
    };
    Layer::new("compressed-tensors, 8 bits", tensors, (0..ROWS * columns).map(weight).collect())
}
