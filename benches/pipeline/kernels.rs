//! Errors and masks, by every kernel that the CPU has.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use flip_core::{
    Bits, BitsMut, DenseMask, FaultKind, FaultMask, Kernel, PersistentErrors, Rate, SparseMask,
    TransientErrors,
};

use crate::BYTES;

const BITS: u64 = BYTES as u64 * 8;

fn rate(p: f64) -> Rate {
    Rate::new(p).expect("a rate")
}

/// Random errors in 1 MiB of weights.
pub(crate) fn errors(c: &mut Criterion) {
    let mut group = c.benchmark_group("random errors in 1 MiB");
    group.throughput(Throughput::Bytes(BYTES as u64));
    let reference: Vec<Vec<u8>> = [0.001, 0.01, 0.1].map(|p| inject(Kernel::PORTABLE, p)).into();
    for kernel in Kernel::available() {
        for (p, reference) in [0.001, 0.01, 0.1].into_iter().zip(&reference) {
            assert!(inject(kernel, p) == *reference, "kernel {kernel} gives other errors");
            let mut bytes = vec![0u8; BYTES];
            let persistent = PersistentErrors::new(1).with_kernel(kernel);
            group.bench_function(format!("persistent, p = {p}, {kernel}"), |b| {
                b.iter(|| persistent.inject(rate(p), &mut BitsMut::new(&mut bytes), 0));
            });
            let transient = TransientErrors::new(1, rate(p)).with_kernel(kernel);
            group.bench_function(format!("transient, p = {p}, {kernel}"), |b| {
                b.iter(|| transient.inject(0, &mut BitsMut::new(&mut bytes), 0));
            });
        }
    }
}

/// The errors of both models, whose number is checked.
fn inject(kernel: Kernel, p: f64) -> Vec<u8> {
    let mut bytes = vec![0u8; BYTES];
    PersistentErrors::new(1).with_kernel(kernel).inject(rate(p), &mut BitsMut::new(&mut bytes), 0);
    let errors = Bits::new(&bytes).count_ones() as f64;
    assert!((errors / (BITS as f64 * p) - 1.0).abs() < 0.1, "{errors} errors at {p}");
    TransientErrors::new(1, rate(p)).with_kernel(kernel).inject(0, &mut BitsMut::new(&mut bytes), 0);
    bytes
}

/// Masks of 1 MiB of weights: made, applied, and the step between two.
pub(crate) fn masks(c: &mut Criterion) {
    let mut group = c.benchmark_group("masks of 1 MiB");
    let chip = PersistentErrors::new(2);
    let mask = |p| chip.mask(rate(p), 0, BITS);
    for p in [0.001, 0.1] {
        let expected = BITS as f64 * p;
        assert!((mask(p).count() as f64 / expected - 1.0).abs() < 0.1);
        group.bench_function(format!("generate, p = {p}"), |b| b.iter(|| mask(p)));
    }
    let clean: Vec<u8> = (0..BYTES as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let sparse = mixed(&mask(0.001), &clean);
    let dense = FaultMask::Dense(DenseMask::from(&mixed(&mask(0.1), &clean)));
    let list: Vec<(u64, FaultKind)> = sparse.iter().collect();
    let collected = || SparseMask::from_faults(BITS, list.iter().copied());
    assert_eq!(collected().as_ref(), Ok(&sparse));
    group.bench_function("collect, p = 0.001", |b| b.iter(collected));

    for (name, mask) in [("sparse", FaultMask::Sparse(sparse)), ("dense", dense)] {
        let errors = mask.bit_errors(Bits::new(&clean)).expect("same length").count();
        let mut faulty = clean.clone();
        mask.apply(&mut BitsMut::new(&mut faulty)).expect("same length");
        assert_eq!(Bits::new(&clean).hamming(Bits::new(&faulty)), Ok(errors));
        group.bench_function(format!("apply {name}"), |b| {
            b.iter(|| mask.apply(&mut BitsMut::new(&mut faulty)));
        });
    }
    let errors = |p| mask(p).bit_errors(Bits::new(&clean)).expect("same length");
    let (before, after) = (errors(0.001), errors(0.0013));
    let step = || before.step_to(black_box(&after)).expect("both are errors");
    assert_eq!(step().count(), after.count() - before.count());
    group.bench_function("step from p = 0.001 to 0.0013", |b| b.iter(step));
}

/// The faulty cells of a mask with faults of all kinds.
fn mixed(mask: &FaultMask, clean: &[u8]) -> SparseMask {
    let errors = mask.bit_errors(Bits::new(clean)).expect("same length");
    let kinds = FaultKind::ALL.into_iter().cycle();
    let faults = errors.iter().map(|(position, _)| position).zip(kinds);
    SparseMask::from_faults(BITS, faults).expect("positions of a mask")
}
