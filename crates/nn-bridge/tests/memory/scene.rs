//! Small networks, memories and chips.

use nn_bridge::memory::{Description, Memory, Outline};
use nn_bridge::{Scheme, Tensor, WeightImage};
use proptest::prelude::*;
use sram_model::{CellFault, FaultMap, FlipProbability, Geometry, Voltage, VoltageUnit};

/// Weights that differ from tensor to tensor.
pub(crate) fn tensor(name: &str, shape: &[usize]) -> Tensor {
    let count: usize = shape.iter().product();
    let phase = name.len() as f32 + count as f32 * 0.1;
    let values: Vec<f32> = (0..count).map(|i| (i as f32 * 0.7 + phase).sin() * 0.4 + 0.05).collect();
    Tensor::from_f32(name, shape.to_vec(), &values).unwrap()
}

/// The usual tensors of these tests.
pub(crate) fn tensors() -> Vec<Tensor> {
    [("a.weight", &[6, 5, 2][..]), ("b.bias", &[7]), ("c.weight", &[9, 4]), ("d.scale", &[3])]
        .map(|(name, shape)| tensor(name, shape))
        .to_vec()
}

/// A memory for tensors, and what it stores.
pub(crate) fn stored(description: &str, tensors: &[Tensor], schemes: &[Scheme]) -> (Memory, WeightImage) {
    let description = Description::parse(description).unwrap();
    let outlines: Vec<Outline<'_>> = tensors
        .iter()
        .zip(schemes.iter().cycle())
        .map(|(tensor, &scheme)| Outline {
            name: &tensor.name,
            shape: &tensor.shape,
            stored_as: scheme.into(),
        })
        .collect();
    let memory = Memory::new(&description, &outlines).unwrap();
    let mut image = memory.image(&tensors.iter().collect::<Vec<_>>()).unwrap();
    memory.make_room(&mut image);
    (memory, image)
}

/// A file with this one region.
pub(crate) fn region(keys: &str) -> String {
    format!("format = 1\n[[region]]\n{keys}\n")
}

/// A chip whose cells fail as these numbers say: of about a share `often` of them, in 256ths.
pub(crate) fn chip(geometry: Geometry, seed: u64, often: u64) -> FaultMap {
    let mix = |x: u64| {
        (x ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29).wrapping_mul(0xbf58_476d_1ce4_e5b9)
    };
    let faults = (0..geometry.cells()).filter(|&cell| mix(cell) >> 56 < often).map(|cell| {
        let p = [1.0, 0.95, 0.5, 0.125][(mix(cell) >> 20 & 3) as usize];
        let flip = match mix(cell) >> 30 & 3 {
            0 => FlipProbability::new(p, 0.0),
            1 => FlipProbability::new(0.0, p),
            2 => FlipProbability::new(p, 1.0 - p / 2.0),
            _ => FlipProbability::new(p, p),
        };
        CellFault { cell, flip: flip.unwrap() }
    });
    FaultMap::new(geometry, VoltageUnit::RelativeToVmin.of(Voltage::new(0.8).unwrap()), faults.collect())
        .unwrap()
}

/// Schemes of small tensors.
pub(crate) fn schemes() -> impl Strategy<Value = Vec<Scheme>> {
    let scheme =
        (prop::sample::select(vec!["rquant", "normal", "global"]), prop::sample::select(vec![2u32, 3, 4, 8]));
    prop::collection::vec(scheme.prop_map(|(name, bits)| Scheme::named(name, bits).unwrap()), 4)
}
