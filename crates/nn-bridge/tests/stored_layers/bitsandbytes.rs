//! bitsandbytes.

use crate::made::{Layer, Made, bytes, floats, random, signed, small, tensor};

const WEIGHTS: usize = 512;
const BLOCK: usize = 64;

/// The codes and the table of a layer of 4 bits.
fn codes() -> (Vec<u64>, Made, Vec<f32>, Made) {
    let codes = random(4, WEIGHTS, 16);
    let table: Vec<f32> = (0..16).map(|code| (code as f32 - 7.5) / 7.5).collect();
    let packed = codes.chunks(2).map(|two| (two[0] << 4 | two[1]) as u8).collect();
    let weight = tensor("fc.weight", "U8", &[WEIGHTS / 2, 1], packed);
    let map = tensor("fc.weight.quant_map", "F32", &[16], floats(&table));
    (codes, weight, table, map)
}

pub(crate) fn nf4() -> Layer {
    let (codes, weight, table, map) = codes();
    let scales: Vec<f32> = random(5, WEIGHTS / BLOCK, 100).iter().map(|&n| 0.01 + n as f32 * 1e-3).collect();
    let absmax = tensor("fc.weight.absmax", "F32", &[scales.len()], floats(&scales));
    let value = |at: usize| f64::from(table[codes[at] as usize]) * f64::from(scales[at / BLOCK]);
    Layer::new("bitsandbytes, 4 bits", vec![weight, absmax, map], (0..WEIGHTS).map(value).collect())
}

/// Scales quantised in blocks of 3, of which the last has 2.
pub(crate) fn nested() -> Layer {
    let (codes, weight, table, map) = codes();
    let scale_codes = random(30, WEIGHTS / BLOCK, 256);
    let outer: Vec<f32> = (0..3).map(|at| 0.5 + at as f32 / 7.0).collect();
    let scale_table: Vec<f32> = (0..256).map(|code| (code as f32 - 127.0) / 128.0).collect();
    let json = r#"{"quant_type": "nf4", "blocksize": 64, "shape": [16, 32], "dtype": "bfloat16",
        "nested_blocksize": 3, "nested_dtype": "float32", "nested_offset": 0.0625}"#;
    let tensors = vec![
        weight,
        tensor("fc.weight.absmax", "U8", &[scale_codes.len()], small(&scale_codes)),
        map,
        tensor("fc.weight.nested_absmax", "F32", &[3], floats(&outer)),
        tensor("fc.weight.nested_quant_map", "F32", &[256], floats(&scale_table)),
    ];
    let state =
        tensor("fc.weight.quant_state.bitsandbytes__nf4", "U8", &[json.len()], json.as_bytes().to_vec());
    let scale = |block: usize| {
        f64::from(scale_table[scale_codes[block] as usize]) * f64::from(outer[block / 3]) + 0.0625
    };
    let value = |at: usize| f64::from(table[codes[at] as usize]) * scale(at / BLOCK);
    let layer = Layer::new("bitsandbytes, 4 bits", tensors, (0..WEIGHTS).map(value).collect());
    Layer { beside: vec![state], ..layer }
}

pub(crate) fn int8() -> Layer {
    let (rows, columns) = (16, 32);
    let codes = signed(6, rows * columns);
    let scales: Vec<f32> = random(7, rows, 100).iter().map(|&n| 0.1 + n as f32 * 1e-3).collect();
    let tensors = vec![
        tensor("fc.weight", "I8", &[rows, columns], bytes(&codes)),
        tensor("fc.SCB", "F32", &[rows], floats(&scales)),
    ];
    let value = |at: usize| f64::from(codes[at]) * (f64::from(scales[at / columns]) / 127.0);
    Layer::new("bitsandbytes, 8 bits", tensors, (0..rows * columns).map(value).collect())
}
