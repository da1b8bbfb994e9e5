//! Reads of memories: what layouts and codes cost, by fault.

use criterion::{Criterion, Throughput};
use flip_core::Rate;
use nn_bridge::memory::{Cells, Description, Memory, Outline, Read, ReadModel, Which};
use nn_bridge::{Scheme, Tensor, WeightImage};

use crate::{BYTES, chip_b, map};

/// A memory of one region for 256 tensors of 1 Mi weights in all, and what it stores.
fn memory(keys: &str) -> (Memory, WeightImage) {
    let scheme = Scheme::rquant(8).expect("8 bits");
    let values: Vec<f32> = (0..BYTES / 256).map(|i| (i as f32 * 0.37).sin()).collect();
    let tensors: Vec<Tensor> = (0..256)
        .map(|i| Tensor::from_f32(format!("{i}"), vec![64, BYTES / 256 / 64], &values).expect("a matrix"))
        .collect();
    let outlines: Vec<Outline<'_>> = tensors
        .iter()
        .map(|tensor| Outline { name: &tensor.name, shape: &tensor.shape, stored_as: scheme.into() })
        .collect();
    let description = Description::parse(&format!("format = 1\n[[region]]\n{keys}")).expect("a description");
    let memory = Memory::new(&description, &outlines).expect("a memory");
    let image = memory.image(&tensors.iter().collect::<Vec<_>>()).expect("finite weights");
    (memory, image)
}

pub(crate) fn reads(c: &mut Criterion) {
    let mut group = c.benchmark_group("read of 1 Mi weights");
    let chip = map(&chip_b());
    let (cells, len_bits) = (chip.geometry().cells(), BYTES as u64 * 8);
    let of_chip = Cells::Chip { map: &chip, offset: 4711 };
    let read = |(memory, image): &(Memory, WeightImage), cells: Cells<'_>, which: Which| -> Read {
        memory.read(image, &[cells], ReadModel { which, seed: 1 }, 0).expect("the memory fits the chip")
    };
    for layout in
        ["linear", "bit-plane", "padded:32", "tile:16x16", "permute:7", "interleave:4", "column-mux:4"]
    {
        let word = if layout.contains("interleave") || layout.contains("mux") { "\nword = 16" } else { "" };
        let stored = memory(&format!("layout = \"{layout}\"{word}"));
        for which in [Which::Sampled, Which::Worst] {
            let found = read(&stored, of_chip, which);
            // The image takes all cells of eight copies of the chip.
            assert_eq!(
                found.counts().faults_hit,
                chip.faults().len() as u64 * (len_bits / cells),
                "{layout}"
            );
            group.throughput(Throughput::Elements(found.counts().faults_hit));
            let name = format!("chip, {layout}, {}", which.name());
            group.bench_function(name, |b| b.iter(|| read(&stored, of_chip, which)));
        }
    }
    let rate = Rate::new(1e-4).expect("a rate");
    let random = Cells::Random { rate, seed: 1, fresh: false };
    let plain = read(&memory(""), random, Which::Sampled).errors.count();
    for code in ["", "parity:8", "secded:64", "dected:64", "in-place"] {
        let keys = if code.is_empty() { String::new() } else { format!("code = \"{code}\"") };
        let stored = memory(&keys);
        let found = read(&stored, random, Which::Sampled);
        assert!(
            found.counts().raw_bit_errors >= plain && (code.is_empty() || found.counts().words.all() > 700),
            "{code}"
        );
        group.throughput(Throughput::Elements(found.counts().raw_bit_errors));
        let name = format!("0.01 %, {}", if code.is_empty() { "no code" } else { code });
        group.bench_function(name, |b| b.iter(|| read(&stored, random, Which::Sampled)));
    }
}
