//! Weights in floats of 8 and 4 bits.

use crate::made::{Layer, e2m1, e4m3, e4m3_codes, floats, nibbles, random, scales, small, tensor};

/// F8 of which blocks of `block` weights have a scale in common, under a name.
pub(crate) fn float8(name: &str, sides: [usize; 2], block: [usize; 2], shape: &[usize]) -> Layer {
    let [rows, columns] = sides;
    let codes = e4m3_codes(60, rows * columns);
    let across = columns.div_ceil(block[1]);
    let scales = scales(61, rows.div_ceil(block[0]) * across);
    let tensors = vec![
        tensor("up.weight", "F8_E4M3", &sides, small(&codes)),
        tensor(&format!("up.weight{name}"), "F32", shape, floats(&scales)),
    ];
    let weight = |at: usize| {
        let place = at / columns / block[0] * across + at % columns / block[1];
        f64::from(scales[place]) * e4m3(codes[at])
    };
    Layer::new("F8 with scales", tensors, (0..rows * columns).map(weight).collect())
}

/// F8 of which 32 columns have an exponent in common, of this type.
pub(crate) fn mxfp8(exponent: &'static str) -> Layer {
    let codes = e4m3_codes(62, 4 * 64);
    let exponents = random(63, 4 * 2, 255);
    let tensors = vec![
        tensor("up.weight", "F8_E4M3", &[4, 64], small(&codes)),
        tensor("up.weight_scale", exponent, &[4, 2], small(&exponents)),
    ];
    let weight = |at: usize| 2f64.powi(exponents[at / 32] as i32 - 127) * e4m3(codes[at]);
    Layer::new("F8 with scales", tensors, (0..4 * 64).map(weight).collect())
}

/// NVFP4, as compressed-tensors or as `ModelOpt` stores it.
pub(crate) fn nvfp4(is_packed: bool) -> Layer {
    let codes = random(64, 4 * 64, 16);
    let scale_codes = random(65, 4 * 4, 127);
    let whole = 3.7f32;
    let [weight, of_all] =
        if is_packed { ["weight_packed", "weight_global_scale"] } else { ["weight", "weight_scale_2"] };
    let tensors = vec![
        tensor(&format!("up.{weight}"), "U8", &[4, 32], nibbles(&codes)),
        tensor("up.weight_scale", "F8_E4M3", &[4, 4], small(&scale_codes)),
        tensor(&format!("up.{of_all}"), "F32", if is_packed { &[1] } else { &[] }, floats(&[whole])),
    ];
    let value = |at: usize| {
        let (scale, whole) = (e4m3(scale_codes[at / 16]), f64::from(whole));
        (if is_packed { scale / whole } else { scale * whole }) * e2m1(codes[at])
    };
    Layer::new("NVFP4", tensors, (0..4 * 64).map(value).collect())
}

/// MXFP4, as compressed-tensors stores it, or in blocks of experts.
pub(crate) fn mxfp4(is_packed: bool) -> Layer {
    let codes = random(66, 256, 16);
    let exponents = random(67, 8, 255);
    let tensors = if is_packed {
        vec![
            tensor("up.weight_packed", "U8", &[4, 32], nibbles(&codes)),
            tensor("up.weight_scale", "U8", &[4, 2], small(&exponents)),
        ]
    } else {
        vec![
            tensor("experts.up_blocks", "U8", &[2, 2, 2, 16], nibbles(&codes)),
            tensor("experts.up_scales", "U8", &[2, 2, 2], small(&exponents)),
        ]
    };
    let value = |at: usize| 2f64.powi(exponents[at / 32] as i32 - 127) * e2m1(codes[at]);
    Layer::new("MXFP4", tensors, (0..256).map(value).collect())
}
