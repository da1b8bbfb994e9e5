//! What each station of the way from a profile to bit errors in weights costs. Every bench checks its result first.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use flip_core::{Bits, BitsMut, FaultMask, PackedInts, PersistentErrors, Rate, TransientErrors};
use nn_bridge::{Placement, Quantizer, ReadModel, Scheme, read_mask};
use sram_model::{Between, FaultMap, Profile, STORED, Voltage, summarise};

/// Weights of 8 bits that kernels work on.
const BYTES: usize = 1 << 20;

fn chip_b() -> Profile {
    STORED[1].open().expect("stored chips are sound")
}

fn map(chip: &Profile) -> FaultMap {
    let voltage: Voltage = "0.8".parse().expect("a voltage");
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

fn injection(c: &mut Criterion) {
    let mut group = c.benchmark_group("inject into 1 MiB");
    group.throughput(Throughput::Bytes(BYTES as u64));
    let reference = map(&chip_b());
    let bits = BYTES as u64 * 8;
    let placement = Placement::new(4711, reference.geometry().cells());
    let mask =
        || read_mask(&reference, placement, bits, ReadModel::Persistent).expect("the image is not too long");
    let expected = reference.faults().iter().filter(|fault| fault.flip.is_persistent()).count() as u64 * 8;
    assert_eq!(mask().count(), expected);
    group.bench_function("mask of a chip", |b| b.iter(mask));

    let clean: Vec<u8> = (0..BYTES as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for (name, mask) in [("sparse", masks().0), ("dense", masks().1)] {
        let errors = mask.bit_errors(Bits::new(&clean)).expect("same length").count();
        let mut faulty = clean.clone();
        mask.apply(&mut BitsMut::new(&mut faulty)).expect("same length");
        assert_eq!(Bits::new(&clean).hamming(Bits::new(&faulty)), Ok(errors));
        group.bench_function(format!("apply {name} mask"), |b| {
            b.iter(|| mask.apply(&mut BitsMut::new(&mut faulty)));
        });
    }
    for p in [0.001, 0.01, 0.1] {
        let rate = Rate::new(p).expect("a rate");
        let mut buffer = vec![0u8; BYTES];
        let (persistent, transient) = (PersistentErrors::new(1), TransientErrors::new(1, rate));
        persistent.inject(rate, &mut BitsMut::new(&mut buffer), 0);
        let errors = Bits::new(&buffer).count_ones() as f64;
        assert!((errors / (bits as f64 * p) - 1.0).abs() < 0.1, "{errors} errors at {p}");
        group.bench_function(format!("persistent errors, p = {p}"), |b| {
            b.iter(|| persistent.inject(rate, &mut BitsMut::new(&mut buffer), 0));
        });
        group.bench_function(format!("transient errors, p = {p}"), |b| {
            b.iter(|| transient.inject(0, &mut BitsMut::new(&mut buffer), 0));
        });
    }
}

/// A sparse and a dense mask of [`BYTES`] bytes.
fn masks() -> (FaultMask, FaultMask) {
    let mask = |p| PersistentErrors::new(2).mask(Rate::new(p).expect("a rate"), 0, BYTES as u64 * 8);
    let (sparse, dense) = (mask(0.001), mask(0.1));
    assert!(matches!(sparse, FaultMask::Sparse(_)) && matches!(dense, FaultMask::Dense(_)));
    (sparse, dense)
}

fn quantisation(c: &mut Criterion) {
    let mut group = c.benchmark_group("quantise 1 Mi weights");
    let weights: Vec<f32> = (0..BYTES).map(|i| (i as f32 * 0.37).sin()).collect();
    group.throughput(Throughput::Bytes(BYTES as u64 * 4));
    let quantizer = Quantizer::fit(Scheme::rquant(8).expect("8 bits"), &weights).expect("finite weights");
    let (mut codes, mut values) = (vec![0; BYTES], vec![0.0; BYTES]);
    quantizer.encode(0, &weights, &mut codes).expect("weights in range");
    quantizer.decode(&codes, &mut values);
    assert!(weights.iter().zip(&values).all(|(w, v)| (w - v).abs() < 0.005));
    group.bench_function("encode", |b| {
        b.iter_batched_ref(
            || codes.clone(),
            |codes| quantizer.encode(0, &weights, codes),
            BatchSize::LargeInput,
        );
    });
    let mut packed = PackedInts::zeros(quantizer.scheme().bits(), BYTES);
    quantizer.pack(&weights, &mut packed, 0).expect("weights in range");
    assert!(packed.iter().eq(codes.iter().copied()));
    group.bench_function("fit", |b| b.iter(|| Quantizer::fit(quantizer.scheme(), black_box(&weights))));
    group.bench_function("quantise and pack", |b| b.iter(|| quantizer.pack(&weights, &mut packed, 0)));
    group.bench_function("unpack and dequantise", |b| b.iter(|| quantizer.unpack(&packed, 0, &mut values)));
    group.bench_function("decode", |b| b.iter(|| quantizer.decode(&codes, &mut values)));
}

criterion_group!(benches, profiles, injection, quantisation);
criterion_main!(benches);
