//! Reading an image from a chip, against a walk over every bit.

use std::collections::BTreeMap;

use flip_core::{BitWidth, Bits, BitsMut, FaultKind, FaultMask, ProtectedBits};
use nn_bridge::{Placement, ReadModel, expected_errors, read_errors, read_mask};
use proptest::prelude::*;
use sram_model::{
    Between, CellFault, Content, FaultMap, FlipProbability, Geometry, Profile, ProfileDraft, Provenance,
    Voltage, VoltageUnit,
};

fn volts() -> Voltage {
    Voltage::new(0.6).unwrap()
}

/// No protected bits.
fn open() -> ProtectedBits {
    ProtectedBits::most_significant(BitWidth::new(8).unwrap(), 0)
}

/// A chip of `cells` cells with these faults.
fn map(cells: u64, faults: &BTreeMap<u64, (f32, f32)>) -> FaultMap {
    let fault = |(&cell, &(p01, p10)): (&u64, &(f32, f32))| CellFault {
        cell,
        flip: FlipProbability::new(p01, p10).unwrap(),
    };
    let draft = ProfileDraft {
        name: String::new(),
        unit: VoltageUnit::Volt,
        geometry: Geometry::new(1, 1, cells).unwrap(),
        floorplan: None,
        vmin: None,
        measured: None,
        content: Content::Measured(vec![(volts(), faults.iter().map(fault).collect())]),
        provenance: Provenance::new("a test"),
    };
    let profile = Profile::from_bytes(draft.encode().unwrap(), "test").unwrap();
    profile.at(volts(), Between::NextLower).unwrap()
}

/// What the image reads as if every bit asks its own cell.
fn naive(
    map: &FaultMap,
    offset: u64,
    image: &[u8],
    shows: impl Fn(&CellFault) -> Option<FaultKind>,
) -> Vec<u8> {
    let mut read = image.to_vec();
    for bit in 0..image.len() as u64 * 8 {
        let cell = (offset + bit) % map.geometry().cells();
        let fault = map.faults().iter().find(|fault| fault.cell == cell);
        if let Some(kind) = fault.and_then(&shows) {
            let (byte, shift) = ((bit / 8) as usize, bit % 8);
            let stored = Bits::new(image).get(bit);
            read[byte] = read[byte] & !(1 << shift) | u8::from(kind.reads(stored)) << shift;
        }
    }
    read
}

fn read(mask: &FaultMask, image: &[u8]) -> Vec<u8> {
    let mut read = image.to_vec();
    mask.apply(&mut BitsMut::new(&mut read)).unwrap();
    read
}

/// Which directions of a cell have a flip probability of at least 0.9.
fn persistent_kind(flip: FlipProbability) -> Option<FaultKind> {
    match (flip.p01() >= 0.9, flip.p10() >= 0.9) {
        (true, true) => Some(FaultKind::Inverts),
        (true, false) => Some(FaultKind::ReadsOne),
        (false, true) => Some(FaultKind::ReadsZero),
        (false, false) => None,
    }
}

proptest! {
    #[test]
    fn every_bit_reads_as_its_cell_wherever_the_image_lies(
        cells in 1u64..300,
        faults in prop::collection::btree_map(0u64..300, (0f32..=1.0, 0f32..=1.0), 0..60),
        offset in 0u64..1000,
        image in prop::collection::vec(any::<u8>(), 0..120),
    ) {
        let faults = faults.into_iter().filter(|&(cell, _)| cell < cells).collect();
        let map = map(cells, &faults);
        let (placement, bits) = (Placement::new(offset, cells), image.len() as u64 * 8);
        let worst = read_mask(&map, placement, bits, ReadModel::Worst).unwrap();
        prop_assert_eq!(read(&worst, &image), naive(&map, offset, &image, |fault| fault.flip.kind()));
        let persistent = read_mask(&map, placement, bits, ReadModel::Persistent).unwrap();
        let expected = naive(&map, offset, &image, |fault| persistent_kind(fault.flip));
        prop_assert_eq!(read(&persistent, &image), expected);
        for model in [ReadModel::Worst, ReadModel::Persistent, ReadModel::Sampled { seed: 1 }] {
            let stored = Bits::new(&image);
            let expected = read_mask(&map, placement, bits, model).unwrap().bit_errors(stored).unwrap();
            let protected = ProtectedBits::most_significant(BitWidth::new(3).unwrap(), 2);
            let FaultMask::Sparse(kept) = protected.protect(&FaultMask::Sparse(expected.clone())) else { panic!() };
            prop_assert_eq!(read_errors(&map, placement, stored, model, &protected).unwrap(), kept);
            prop_assert_eq!(read_errors(&map, placement, stored, model, &open()).unwrap(), expected);
        }
        // A draw shows only faults that there are, each in a way that it has.
        let sampled = read_mask(&map, placement, bits, ReadModel::Sampled { seed: 1 }).unwrap();
        for stored in [vec![0u8; image.len()], vec![0xff; image.len()]] {
            let (drawn, possible) = (sampled.bit_errors(Bits::new(&stored)).unwrap(), worst.bit_errors(Bits::new(&stored)).unwrap());
            let possible: Vec<_> = possible.iter().collect();
            prop_assert!(drawn.iter().all(|error| possible.contains(&error)));
        }
    }
}

#[test]
fn a_sampled_fault_shows_with_its_probability_in_each_copy_of_the_chip() {
    // One cell that reads one with probability ¼, and 80,000 copies of it.
    let map = map(1, &BTreeMap::from([(0, (0.25, 0.0))]));
    let placement = Placement::new(0, 1);
    let shown =
        |seed| read_mask(&map, placement, 80_000, ReadModel::Sampled { seed }).unwrap().count() as f64;
    for seed in 0..3 {
        assert!((shown(seed) - 20_000.0).abs() < 4.0 * (80_000f64 * 0.25 * 0.75).sqrt(), "seed {seed}");
    }
    assert_ne!(shown(0), shown(1));
}

#[test]
fn certain_faults_show_in_every_read() {
    let map = map(2, &BTreeMap::from([(1, (0.0, 1.0))]));
    for seed in 0..100 {
        let mask = read_mask(&map, Placement::new(0, 2), 8, ReadModel::Sampled { seed }).unwrap();
        assert_eq!(read(&mask, &[0b0000_1111]), [0b0000_0101]);
    }
}

#[test]
fn a_cell_that_is_persistent_for_zeros_leaves_stored_ones_alone() {
    let map = map(2, &BTreeMap::from([(0, (0.95, 0.05))]));
    let (placement, model) = (Placement::new(0, 2), ReadModel::Persistent);
    for (stored, expected) in [([0u8], 4), ([0xff], 0), ([0b0011], 3)] {
        let stored = Bits::new(&stored);
        assert_eq!(read_errors(&map, placement, stored, model, &open()).unwrap().count(), expected);
        assert_eq!(expected_errors(&map, placement, stored, model, &open()), expected as f64);
    }
}

#[test]
fn expected_errors_are_the_mean_over_many_reads() {
    let faults: BTreeMap<u64, (f32, f32)> =
        (0..97).map(|cell| (cell, ((cell % 5) as f32 / 4.0, (cell % 3) as f32 / 2.0))).collect();
    let map = map(100, &faults);
    let image: Vec<u8> = (0..60u8).map(|i| i.wrapping_mul(37)).collect();
    let (placement, stored) = (Placement::new(31, 100), Bits::new(&image));
    let expected = expected_errors(&map, placement, stored, ReadModel::Sampled { seed: 0 }, &open());
    // By hand, over every bit.
    let by_hand: f64 = (0..stored.len_bits())
        .filter_map(|bit| Some((bit, faults.get(&((31 + bit) % 100))?)))
        .map(|(bit, &(p01, p10))| f64::from(if stored.get(bit) { p10 } else { p01 }))
        .sum();
    assert!((expected - by_hand).abs() < 1e-9);
    let reads = 400;
    let read = |seed| read_errors(&map, placement, stored, ReadModel::Sampled { seed }, &open()).unwrap();
    let mean = (0..reads).map(|seed| read(seed).count()).sum::<u64>() as f64 / reads as f64;
    // Each bit adds at most ¼ to the variance of a read.
    let error = (stored.len_bits() as f64 / 4.0 / reads as f64).sqrt();
    assert!((mean - expected).abs() < 4.0 * error, "{mean} {expected}");
}
