//! Every kernel that this CPU has gives the bytes that the portable one gives.
//!
//! A program without a test harness, which would start threads: emulators of other CPUs do not all manage that.

use flip_core::{BitsMut, DenseMask, FaultKind, Kernel, PersistentErrors, Rate, SparseMask, TransientErrors};

/// Rates on each path and at its ends.
const RATES: [f64; 13] =
    [0.0, 1e-9, 1e-4, 0.000_488, 0.000_489, 0.000_6, 0.003, 0.01, 0.015_624, 0.015_626, 0.2, 0.5, 1.0];

fn main() {
    // What a test runner asks for that lists tests before it runs them, as cargo-nextest does.
    let asked = |option: &str| std::env::args().any(|argument| argument == option);
    if asked("--list") {
        if !asked("--ignored") {
            println!("every_kernel_gives_the_same_bytes: test");
        }
        return;
    }
    let kernels = Kernel::available();
    for &kernel in &kernels {
        for p in RATES {
            assert!(random_errors(kernel, p) == random_errors(Kernel::PORTABLE, p), "{kernel} at {p}");
        }
        assert!(masks(kernel) == masks(Kernel::PORTABLE), "{kernel}: masks");
    }
    let names: Vec<&str> = kernels.into_iter().map(Kernel::name).collect();
    println!("kernels of this CPU, all with the bytes of the first: {}", names.join(", "));
    // The line by which tests are counted.
    println!("test result: ok. {} passed; 0 failed", names.len());
}

/// Bytes after errors of both kinds. An odd place and length, so that every path has partial blocks, too.
fn random_errors(kernel: Kernel, p: f64) -> Vec<u8> {
    let rate = Rate::new(p).expect("a rate");
    let mut bytes = vec![0x5au8; 200_003];
    let mut bits = BitsMut::with_len(&mut bytes[3..], 1_599_997).expect("the length fits");
    PersistentErrors::new(5).with_kernel(kernel).inject(rate, &mut bits, 1_000_008);
    TransientErrors::new(6, rate).with_kernel(kernel).inject(1, &mut bits, 1_000_008);
    bytes
}

/// Bytes after sparse and dense masks of all kinds of faults, at whole bytes and within one.
fn masks(kernel: Kernel) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..10_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let faults = (0..70_000u64).step_by(7).zip(FaultKind::ALL.into_iter().cycle());
    let sparse = SparseMask::from_faults(70_001, faults).expect("faults inside");
    for first in [0, 64, 13] {
        sparse.apply_with(kernel, &mut BitsMut::new(&mut bytes), first).expect("the mask fits");
        let dense = DenseMask::from(&sparse);
        dense.apply_with(kernel, &mut BitsMut::new(&mut bytes), first + 8).expect("the mask fits");
    }
    bytes
}
