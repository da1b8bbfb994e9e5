//! What each station of the way from a profile to bit errors in weights costs. Every bench checks its result first.

mod kernels;
mod memory;
mod models;

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use flip_core::PackedInts;
use nn_bridge::{ImageLayout, Quantizer, Scheme, WeightBit};
use sram_model::{Between, FaultMap, Profile, STORED, summarise};

/// Weights of 8 bits that are worked on.
pub(crate) const BYTES: usize = 1 << 20;

pub(crate) fn chip_b() -> Profile {
    STORED[1].open().expect("stored chips are sound")
}

pub(crate) fn map(chip: &Profile) -> FaultMap {
    let voltage = "0.8 V/Vmin".parse().expect("a voltage");
    chip.at(voltage, Between::NextLower).expect("the voltage is in range")
}

fn profiles(c: &mut Criterion) {
    let chip = chip_b();
    let reference = map(&chip);
    assert!((0.03..0.04).contains(&reference.rates().p()));
    c.bench_function("profile: open", |b| b.iter(chip_b));
    c.bench_function("profile: map at 0.8", |b| b.iter(|| map(black_box(&chip))));
    assert_eq!(summarise(&reference).faulty_cells, reference.faults().len() as u64);
    c.bench_function("profile: summary", |b| b.iter(|| summarise(black_box(&reference))));
}

fn layouts(c: &mut Criterion) {
    let mut group = c.benchmark_group("layout of 1 Mi weights");
    let width = Scheme::rquant(8).expect("8 bits").bits();
    // As many tensors as a large network has.
    let layout = ImageLayout::new(std::iter::repeat_n((width, BYTES / 256), 256));
    let bits: Vec<u64> = (0..1000).map(|i| i * 8191 + 5).collect();
    let there =
        |bits: &[u64]| -> Vec<WeightBit> { bits.iter().filter_map(|&b| layout.weight_bit(b)).collect() };
    let places = there(&bits);
    let back =
        |places: &[WeightBit]| -> Vec<u64> { places.iter().filter_map(|&p| layout.image_bit(p)).collect() };
    assert_eq!(back(&places), bits);
    group.throughput(Throughput::Elements(bits.len() as u64));
    group.bench_function("1000 bits to weights", |b| b.iter(|| there(&bits)));
    group.bench_function("1000 weights to bits", |b| b.iter(|| back(&places)));
}

fn quantisation(c: &mut Criterion) {
    let mut group = c.benchmark_group("quantise 1 Mi weights");
    let weights: Vec<f32> = (0..BYTES).map(|i| (i as f32 * 0.37).sin()).collect();
    group.throughput(Throughput::Bytes(BYTES as u64 * 4));
    for bits in [8, 4, 3] {
        let scheme = Scheme::rquant(bits).expect("a width");
        let fit = || Quantizer::fit(scheme, black_box(&weights)).expect("finite weights");
        let quantizer = fit();
        let (mut codes, mut values) = (vec![0; BYTES], vec![0.0; BYTES]);
        quantizer.encode(0, &weights, &mut codes).expect("weights in range");
        quantizer.decode(&codes, &mut values);
        let step = 2.0 / ((1 << bits) - 1) as f32;
        assert!(weights.iter().zip(&values).all(|(w, v)| (w - v).abs() < step));
        let mut packed = PackedInts::zeros(scheme.bits(), BYTES);
        quantizer.pack(&weights, &mut packed, 0).expect("weights in range");
        assert!(packed.iter().eq(codes.iter().copied()));
        let expected = values.clone();
        quantizer.unpack(&packed, 0, &mut values);
        assert_eq!(values, expected);

        group.bench_function(format!("range, {bits} bits"), |b| b.iter(fit));
        group.bench_function(format!("quantise and pack, {bits} bits"), |b| {
            b.iter(|| quantizer.pack(&weights, &mut packed, 0));
        });
        group.bench_function(format!("unpack and dequantise, {bits} bits"), |b| {
            b.iter(|| quantizer.unpack(&packed, 0, &mut values));
        });
    }
}

criterion_group!(
    benches,
    profiles,
    kernels::errors,
    kernels::masks,
    layouts,
    memory::reads,
    quantisation,
    models::fitting,
    models::large_chip
);
criterion_main!(benches);
