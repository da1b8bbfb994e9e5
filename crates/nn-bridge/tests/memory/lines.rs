//! Killi as a region of a memory.

use flip_core::Rate;
use nn_bridge::Scheme;
use nn_bridge::memory::{Cells, Holds, OnChip, ReadModel, Which};
use sram_model::Geometry;

use crate::scene::{chip, region, stored, tensor};

const KILLI: &str = "killi = { lines_per_entry = 1, ways = 4, reads = 4 }";

/// Reads that are always the same: a line with no wrong bit is clean, one with a single wrong bit of data corrected, others are not
/// used. Counted line by line, cell by cell.
#[test]
fn lines_are_classified_by_the_cells_that_hold_them() {
    let (memory, image) = stored(&region(KILLI), &[tensor("w", &[5000])], &[Scheme::rquant(8).unwrap()]);
    let map = chip(Geometry::new(4, 64, 128).unwrap(), 12, 1);
    let model = ReadModel { which: Which::Worst, seed: 0 };
    let read = memory.read(&image, &[Cells::Chip { map: &map, offset: 40 }], model, 0).unwrap();
    let lines = read.regions[0].lines.unwrap();

    let region = &memory.regions()[0];
    assert_eq!((region.words(), region.word_cells()), (79, 528));
    let on = OnChip { geometry: map.geometry(), map: None, offset: 40 };
    let (mut clean, mut one, mut more) = (0, 0, 0);
    for line in 0..region.words() {
        let bit_of = |bit: u64| {
            let at = region.cell(on, line, bit).unwrap();
            let held = region.held(&memory, on, at.cell, u64::MAX).unwrap();
            let holds = held.iter().find(|held| held.copy == at.copy).unwrap().holds;
            let is_one = match holds {
                Holds::Weight(at) => image.code(at.tensor, at.element) >> at.bit & 1 == 1,
                Holds::Padding | Holds::Check(_) => false,
            };
            (at.cell, is_one)
        };
        let mut cells: Vec<(u64, bool)> = (0..528).map(bit_of).collect();
        // Parity bit i is that of data bits i, i + 16, and so on.
        for parity in 0..16 {
            cells[512 + parity].1 = (parity..512).step_by(16).filter(|&bit| cells[bit].1).count() % 2 == 1;
        }
        let is_wrong = |(cell, is_one): &(u64, bool)| {
            let fault = map.faults().iter().find(|fault| fault.cell == *cell);
            fault.is_some_and(|fault| if *is_one { fault.flip.p10() > 0.0 } else { fault.flip.p01() > 0.0 })
        };
        let wrong: Vec<usize> = (0..528).filter(|&bit| is_wrong(&cells[bit])).collect();
        match wrong[..] {
            [] => clean += 1,
            [bit] if bit < 512 => one += 1,
            _ => more += 1,
        }
    }
    let states = lines.states;
    assert_eq!((states.clean, states.one_fault, states.disabled, states.unknown), (clean, one, more, 0));
    assert!(one > 3 && more > 3, "{one} {more}");
    assert_eq!((lines.misses.disabled, lines.misses.all(), lines.silent), (more, more, 0));
    assert_eq!((read.errors.count(), read.counts().words.corrected), (0, one));
    assert_eq!(read.regions[0].reread_words, more);
}

/// The share of lines with at most one fault is that of independent cells, and next to none reads wrong.
#[test]
fn random_errors_leave_the_lines_that_independence_leaves() {
    let (memory, image) = stored(&region(KILLI), &[tensor("w", &[1 << 18])], &[Scheme::rquant(8).unwrap()]);
    let p = 6e-4;
    let cells = [Cells::Random { rate: Rate::new(p).unwrap(), seed: 3, fresh: false }];
    let read = memory.read(&image, &cells, ReadModel { which: Which::Sampled, seed: 0 }, 0).unwrap();
    let states = read.regions[0].lines.unwrap().states;
    let lines = memory.regions()[0].words() as f64;
    let none = (1.0 - p).powi(528);
    let one = 512.0 * p * (1.0 - p).powi(527);
    for (found, share) in [(states.clean, none), (states.one_fault, one), (states.disabled, 1.0 - none - one)]
    {
        let deviation = (lines * share * (1.0 - share)).sqrt();
        assert!((found as f64 - lines * share).abs() < 5.0 * deviation, "{found} of {lines}: {share}");
    }
    assert!(states.capacity() > 0.93 && read.errors.count() == 0);
}
