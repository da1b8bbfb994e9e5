//! GPTQ and AWQ.

use crate::made::{Layer, floats, packed, packed_down, random, scales, tensor, words};

const ROWS: usize = 32;
const COLUMNS: usize = 32;
const GROUPS: usize = 4;

/// A GPTQ layer; its second format stores zeros as they are.
pub(crate) fn gptq(bits: usize, act_order: bool, second: bool) -> Layer {
    let codes = random(bits as u64, ROWS * COLUMNS, 1 << bits);
    let zeros = random(10 + bits as u64, GROUPS * COLUMNS, (1 << bits) - 1);
    let scales = scales(20, GROUPS * COLUMNS);
    let group = |row: usize| if act_order { (row * 7 + 3) % GROUPS } else { row / (ROWS / GROUPS) };
    let qweight = packed_down(&codes, COLUMNS, bits);
    let qzeros: Vec<u32> = zeros.chunks(COLUMNS).flat_map(|zeros| packed(zeros, bits)).collect();
    let mut tensors = vec![
        tensor("up.qweight", "I32", &[ROWS * bits / 32, COLUMNS], words(&qweight)),
        tensor("up.scales", "F32", &[GROUPS, COLUMNS], floats(&scales)),
        tensor("up.qzeros", "I32", &[GROUPS, COLUMNS * bits / 32], words(&qzeros)),
    ];
    if act_order {
        let groups: Vec<u32> = (0..ROWS).map(|row| group(row) as u32).collect();
        tensors.push(tensor("up.g_idx", "I32", &[ROWS], words(&groups)));
    }
    let less = u64::from(!second);
    let weight = |at: usize| {
        let place = group(at / COLUMNS) * COLUMNS + at % COLUMNS;
        f64::from(scales[place]) * (codes[at] as f64 - (zeros[place] + less) as f64)
    };
    let weights = (0..ROWS * COLUMNS).map(weight).collect();
    if second {
        let config = Some(r#"{"bits": 4, "group_size": 8, "checkpoint_format": "gptq_v2"}"#);
        Layer { config, ..Layer::new("GPTQ, second format", tensors, weights) }
    } else {
        Layer::new("GPTQ", tensors, weights)
    }
}

pub(crate) fn awq() -> Layer {
    let codes = random(1, ROWS * COLUMNS, 16);
    let zeros = random(2, GROUPS * COLUMNS, 16);
    let scales = scales(3, GROUPS * COLUMNS);
    let pack = |codes: &[u64]| -> Vec<u32> {
        let order = [0, 2, 4, 6, 1, 3, 5, 7];
        codes
            .chunks(8)
            .map(|eight| (0..8).fold(0, |word, at| word | (eight[order[at]] as u32) << (4 * at)))
            .collect()
    };
    let tensors = vec![
        tensor("up.qweight", "I32", &[ROWS, COLUMNS / 8], words(&pack(&codes))),
        tensor("up.scales", "F32", &[GROUPS, COLUMNS], floats(&scales)),
        tensor("up.qzeros", "I32", &[GROUPS, COLUMNS / 8], words(&pack(&zeros))),
    ];
    let weight = |at: usize| {
        let place = at / COLUMNS / (ROWS / GROUPS) * COLUMNS + at % COLUMNS;
        f64::from(scales[place]) * (codes[at] as f64 - zeros[place] as f64)
    };
    Layer::new("AWQ", tensors, (0..ROWS * COLUMNS).map(weight).collect())
}
