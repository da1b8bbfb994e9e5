//! torchao.

use crate::made::{
    Layer, Made, bytes, e4m3, e4m3_codes, floats, nibbles, random, scales, signed, small, tensor,
};

const ROWS: usize = 6;
const COLUMNS: usize = 32;

/// A layer of a kind, whose metadata say which block has a scale in common.
fn layer(
    format: &'static str,
    kind: &str,
    block: [usize; 2],
    tensors: Vec<Made>,
    weight: impl Fn(usize) -> f64,
) -> Layer {
    let names: Vec<&str> =
        tensors.iter().filter_map(|tensor| tensor.name.strip_prefix("up._weight_")).collect();
    let text = format!(
        r#"{{"_type": "{kind}", "_data": {{"block_size": {block:?}, "dtype": {{"_type": "torch.dtype"}}}}, "_tensor_data_names": {names:?}}}"#
    );
    let weights = (0..ROWS * COLUMNS).map(weight).collect();
    Layer { metadata: Some(("up.weight".to_owned(), text)), ..Layer::new(format, tensors, weights) }
}

pub(crate) fn int8(scale_shape: &[usize]) -> Layer {
    let (codes, scales) = (signed(70, ROWS * COLUMNS), scales(71, ROWS));
    let tensors = vec![
        tensor("up._weight_qdata", "I8", &[ROWS, COLUMNS], bytes(&codes)),
        tensor("up._weight_scale", "F32", scale_shape, floats(&scales)),
    ];
    let weight = |at: usize| f64::from(scales[at / COLUMNS]) * f64::from(codes[at]);
    layer("torchao, 8 bits", "Int8Tensor", [1, COLUMNS], tensors, weight)
}

pub(crate) fn float8() -> Layer {
    let (codes, scales) = (e4m3_codes(72, ROWS * COLUMNS), scales(73, 2));
    let tensors = vec![
        tensor("up._weight_qdata", "F8_E4M3", &[ROWS, COLUMNS], small(&codes)),
        tensor("up._weight_scale", "F32", &[2, 1], floats(&scales)),
    ];
    let weight = |at: usize| f64::from(scales[at / COLUMNS / 3]) * e4m3(codes[at]);
    layer("torchao, F8", "Float8Tensor", [3, COLUMNS], tensors, weight)
}

pub(crate) fn intx() -> Layer {
    let (codes, scales, zeros) = (signed(74, ROWS * COLUMNS), scales(75, ROWS * 4), signed(76, ROWS * 4));
    let tensors = vec![
        tensor("up._weight_qdata", "I8", &[ROWS, COLUMNS], bytes(&codes)),
        tensor("up._weight_scale", "F32", &[ROWS, 4], floats(&scales)),
        tensor("up._weight_zero_point", "I8", &[ROWS, 4], bytes(&zeros)),
    ];
    let weight = |at: usize| f64::from(scales[at / 8]) * (f64::from(codes[at]) - f64::from(zeros[at / 8]));
    layer("torchao, 8 bits", "IntxUnpackedToInt8Tensor", [1, 8], tensors, weight)
}

/// Groups of 12 columns, of which the last has 8.
pub(crate) fn int4() -> Layer {
    let (codes, scales, zeros) = (random(77, ROWS * COLUMNS, 16), scales(78, ROWS * 3), scales(79, ROWS * 3));
    let tensors = vec![
        tensor("up._weight_qdata", "I8", &[ROWS, COLUMNS / 2], nibbles(&codes)),
        tensor("up._weight_scale", "F32", &[3, ROWS], floats(&scales)),
        tensor("up._weight_zero_point", "F32", &[3, ROWS], floats(&zeros)),
    ];
    let weight = |at: usize| {
        let place = at % COLUMNS / 12 * ROWS + at / COLUMNS;
        let code = if codes[at] < 8 { codes[at] as f64 } else { codes[at] as f64 - 16.0 };
        f64::from(scales[place]) * code + f64::from(zeros[place])
    };
    layer("torchao, 4 bits", "Int4Tensor", [1, 12], tensors, weight)
}
