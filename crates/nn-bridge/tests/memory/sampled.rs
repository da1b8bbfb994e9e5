//! Which faults show in a read, and how often.

use std::collections::BTreeMap;

use flip_core::{Bits, SparseMask};
use nn_bridge::memory::{Cells, Description, Memory, Outline, Read, ReadModel, Stored, Which};
use nn_bridge::{Scheme, Zero};
use sram_model::{CellFault, FaultMap, FlipProbability, Geometry, Voltage, VoltageUnit};

/// A chip of `cells` cells with these faults.
fn map(cells: u64, faults: &BTreeMap<u64, (f32, f32)>) -> FaultMap {
    let fault = |(&cell, &(p01, p10)): (&u64, &(f32, f32))| CellFault {
        cell,
        flip: FlipProbability::new(p01, p10).unwrap(),
    };
    let (geometry, voltage) = (Geometry::new(1, 1, cells).unwrap(), Voltage::new(0.6).unwrap());
    let faults = faults.iter().map(fault).filter(|fault| !fault.flip.is_none());
    FaultMap::new(geometry, VoltageUnit::Volt.of(voltage), faults.collect()).unwrap()
}

/// A read of bytes, a weight each, that begin in this cell.
fn read(map: &FaultMap, offset: u64, bytes: &[u8], model: ReadModel, number: u64) -> Read {
    let outline = Outline { name: "w", shape: &[bytes.len()], stored_as: Scheme::rquant(8).unwrap().into() };
    let memory = Memory::new(&Description::default(), &[outline]).unwrap();
    let zeros = [Zero { code: 0, has_sign: false }];
    let stored = Stored { layout: memory.layout(), bits: Bits::new(bytes).into(), zeros: &zeros };
    memory.read_stored(stored, &[Cells::Chip { map, offset }], model, number).unwrap()
}

fn sampled(seed: u64) -> ReadModel {
    ReadModel { which: Which::Sampled, seed }
}

#[test]
fn a_sampled_fault_shows_with_its_probability_in_each_copy_of_the_chip() {
    // One cell that reads one with probability ¼, and 80,000 copies of it.
    let map = map(1, &BTreeMap::from([(0, (0.25, 0.0))]));
    let shown = |seed, number| read(&map, 0, &[0; 10_000], sampled(seed), number).errors;
    let near = |errors: &SparseMask| {
        (errors.count() as f64 - 20_000.0).abs() < 4.0 * (80_000f64 * 0.25 * 0.75).sqrt()
    };
    for (seed, number) in [(0, 0), (1, 0), (2, 0), (0, 1), (0, 2)] {
        assert!(near(&shown(seed, number)), "seed {seed}, read {number}");
    }
    // Seeds and numbers of reads are different reads, each of which comes again.
    let all = [shown(0, 0), shown(1, 0), shown(0, 1), shown(0, 2)];
    assert!((0..4).all(|a| (0..4).all(|b| (a == b) == (all[a] == all[b]))));
    assert_eq!(shown(0, 2), all[3]);
}

#[test]
fn certain_faults_show_in_every_read() {
    let map = map(2, &BTreeMap::from([(1, (0.0, 1.0))]));
    for seed in 0..100 {
        let errors = read(&map, 0, &[0b0000_1111], sampled(seed), seed).errors;
        assert_eq!(errors.iter().map(|(bit, _)| bit).collect::<Vec<_>>(), [1, 3]);
    }
}

#[test]
fn a_cell_that_is_persistent_for_zeros_leaves_stored_ones_alone() {
    let map = map(2, &BTreeMap::from([(0, (0.95, 0.05))]));
    let model = ReadModel { which: Which::Persistent, seed: 0 };
    for (stored, expected) in [([0u8], 4), ([0xff], 0), ([0b0011], 3)] {
        let read = read(&map, 0, &stored, model, 0);
        assert_eq!(read.errors.count(), expected);
        assert_eq!(read.expected_bit_errors(), expected as f64);
    }
}

/// What shows in a read shows at worst, and what fails with a greater probability shows where it did with a smaller one.
#[test]
fn reads_are_nested() {
    let of = |p: f32| map(50, &(0..50).map(|cell| (cell, (p, p / 2.0))).collect());
    let bytes: Vec<u8> = (0..200u8).map(|i| i.wrapping_mul(37)).collect();
    let bits = |p: f32, model: ReadModel| -> Vec<u64> {
        read(&of(p), 13, &bytes, model, 3).errors.iter().map(|(bit, _)| bit).collect()
    };
    let worst = bits(0.1, ReadModel { which: Which::Worst, seed: 0 });
    let reads = [0.1, 0.3, 0.6, 0.95].map(|p| bits(p, sampled(7)));
    assert!(reads.windows(2).all(|pair| pair[0].len() < pair[1].len()));
    assert!(reads.windows(2).all(|pair| pair[0].iter().all(|bit| pair[1].contains(bit))));
    assert!(reads[3].iter().all(|bit| worst.contains(bit)));
}

#[test]
fn expected_errors_are_the_mean_over_many_reads() {
    let faults: BTreeMap<u64, (f32, f32)> =
        (0..97).map(|cell| (cell, ((cell % 5) as f32 / 4.0, (cell % 3) as f32 / 2.0))).collect();
    let map = map(100, &faults);
    let bytes: Vec<u8> = (0..60u8).map(|i| i.wrapping_mul(37)).collect();
    let stored = Bits::new(&bytes);
    let expected = read(&map, 31, &bytes, sampled(0), 0).expected_bit_errors();
    // By hand, over every bit.
    let by_hand: f64 = (0..stored.len_bits())
        .filter_map(|bit| Some((bit, faults.get(&((31 + bit) % 100))?)))
        .map(|(bit, &(p01, p10))| f64::from(if stored.get(bit) { p10 } else { p01 }))
        .sum();
    assert!((expected - by_hand).abs() < 1e-9);
    let reads = 400;
    let count = |seed| read(&map, 31, &bytes, sampled(seed), 0).errors.count();
    let mean = (0..reads).map(count).sum::<u64>() as f64 / reads as f64;
    // Each bit adds at most ¼ to the variance of a read.
    let error = (stored.len_bits() as f64 / 4.0 / reads as f64).sqrt();
    assert!((mean - expected).abs() < 4.0 * error, "{mean} {expected}");
}
