//! Repair by what is known of a chip.

use nn_bridge::memory::{Cells, Read, ReadModel, Which};
use nn_bridge::{Scheme, WeightImage};
use sram_model::{CellFault, FaultMap, Geometry};

use crate::scene::{chip, region, stored, tensor};

fn read(keys: &str, map: &FaultMap, which: Which) -> (Read, WeightImage) {
    let (memory, image) = stored(&region(keys), &[tensor("w", &[500])], &[Scheme::normal(8).unwrap()]);
    let read =
        memory.read(&image, &[Cells::Chip { map, offset: 0 }], ReadModel { which, seed: 2 }, 0).unwrap();
    (read, image)
}

/// Words that are used have fewer faults than the others, and one after the other hold what the memory stores.
#[test]
fn disabled_words_are_skipped() {
    let map = chip(Geometry::new(1, 64, 128).unwrap(), 9, 8);
    for (word, from, line) in [(8u64, 1u64, 1u64), (16, 2, 1), (16, 3, 4)] {
        let keys = format!("word = {word}\ndisable_from = {from}\ndisable_line = {line}");
        let (read, image) = read(&keys, &map, Which::Worst);
        let mut faults = vec![0; (8192 / (word * line)) as usize];
        map.faults().iter().for_each(|fault| faults[(fault.cell / (word * line)) as usize] += 1);
        let used: Vec<u64> = (0..faults.len() as u64).filter(|&at| faults[at as usize] < from).collect();
        let disabled = (faults.len() - used.len()) as u64 * line;
        assert_eq!(read.regions[0].disabled_words, disabled);
        assert!(disabled > 10 && !used.is_empty(), "{disabled}");
        // By hand: bit after bit in the cells of used lines, and again from the first on.
        let cells: Vec<u64> = used.iter().flat_map(|at| at * word * line..(at + 1) * word * line).collect();
        let wrong = (0..image.layout().len_bits()).filter(|&bit| {
            let cell = cells[bit as usize % cells.len()];
            let fault = map.faults().iter().find(|fault| fault.cell == cell);
            fault.is_some_and(|fault| {
                let p = if image.bits().get(bit) { fault.flip.p10() } else { fault.flip.p01() };
                p > 0.0
            })
        });
        assert_eq!(read.errors.iter().map(|(bit, _)| bit).collect::<Vec<_>>(), wrong.collect::<Vec<_>>());
        assert_eq!(read.errors.count() == 0, from == 1);
    }
}

/// The squared change in steps of codes, if all faults show.
fn squares(read: &Read) -> f64 {
    read.errors.iter().map(|(bit, _)| 4f64.powi((bit % 8) as i32)).sum()
}

#[test]
fn inverted_words_agree_with_their_cells() {
    // Cells that are stuck for sure, so that each word's better way is certain.
    let geometry = Geometry::new(1, 64, 128).unwrap();
    let all = chip(geometry, 4, 140);
    let is_stuck = |fault: &&CellFault| fault.flip.p01() + fault.flip.p10() == 1.0;
    let stuck = all.faults().iter().filter(is_stuck).filter(|fault| fault.flip.is_persistent());
    let map = FaultMap::new(geometry, all.voltage(), stuck.copied().collect()).unwrap();
    let (plain, _) = read("word = 8", &map, Which::Worst);
    let (inverted, image) = read("word = 8\ninvert_words = true", &map, Which::Worst);
    assert!(inverted.regions[0].inverted_words > 20);
    assert!(squares(&inverted) < 0.6 * squares(&plain), "{} {}", squares(&inverted), squares(&plain));
    // Word by word no other choice is better.
    for word in 0..500u64 {
        let cost = |turned: bool| -> f64 {
            let faults = map.faults().iter().filter(|fault| fault.cell / 8 == word);
            let of = |fault: &CellFault| {
                let is_one = image.bits().get(fault.cell) ^ turned;
                let p = if is_one { fault.flip.p10() } else { fault.flip.p01() };
                f64::from(p) * 4f64.powi((fault.cell % 8) as i32)
            };
            faults.map(of).sum()
        };
        let wrong = inverted.errors.iter().filter(|(bit, _)| bit / 8 == word);
        let found: f64 = wrong.map(|(bit, _)| 4f64.powi((bit % 8) as i32)).sum();
        assert!((found - cost(false).min(cost(true))).abs() < 1e-9, "word {word}");
    }
    let patched = |words: u32| {
        read(&format!("word = 8\ninvert_words = true\npatch_words = {words}"), &map, Which::Worst).0
    };
    let costs = [0, 5, 20, 500].map(|words| squares(&patched(words)));
    assert!(costs.windows(2).all(|pair| pair[1] < pair[0]) && costs[3] == 0.0, "{costs:?}");
    assert_eq!(patched(5).regions[0].patched_words, 5);
}
