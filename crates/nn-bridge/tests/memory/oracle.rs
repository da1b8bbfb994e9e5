//! A memory that is simulated word by word: each word is encoded, each of its cells does what its fault says, and what is read is
//! decoded with its data.

use std::collections::HashMap;

use flip_core::FaultKind;
use nn_bridge::memory::code::{Correction, WordCode};
use nn_bridge::memory::{Cells, Holds, Memory, MemoryError, OnChip, OnDetected, Outcomes, ReadModel, Which};
use nn_bridge::{WeightBit, WeightImage};
use proptest::prelude::*;
use sram_model::{FaultMap, Geometry};

use crate::scene::{chip, region, schemes, stored, tensors};

/// What a naive memory reads.
#[derive(Debug, Default, PartialEq)]
struct Naive {
    /// Wrong bits of the image, ascending.
    errors: Vec<u64>,
    raw: u64,
    words: Outcomes,
    reread: u64,
}

/// A bit of a word: the bit of the image or check bit that it is, and what it stores.
struct CellOfWord {
    weight: Option<u64>,
    check: Option<u32>,
    cell: u64,
}

/// All words of the only region, by forward search: each bit of each weight, and each cell.
fn words(memory: &Memory, on: OnChip<'_>) -> Vec<Vec<CellOfWord>> {
    let (layout, region) = (memory.layout(), &memory.regions()[0]);
    let mut weight_at = HashMap::new();
    for tensor in 0..layout.tensors() {
        for element in 0..layout.weights(tensor) {
            for bit in 0..layout.width(tensor).bits() {
                let at = WeightBit { tensor, element, bit };
                let place = memory.locate(at).unwrap();
                let before = weight_at.insert((place.word, place.bit), layout.image_bit(at).unwrap());
                assert_eq!(before, None, "two bits in one place");
            }
        }
    }
    let mut all = Vec::new();
    for word in 0..region.words() {
        let mut cells = Vec::new();
        for bit in 0..region.word_cells() {
            // A memory without words ends with its last bit.
            if word * region.word_cells() + bit >= region.cells() {
                continue;
            }
            let at = region.cell(on, word, bit).unwrap();
            let held = region.held(memory, on, at.cell, u64::MAX).unwrap();
            let held = held.iter().find(|held| held.copy == at.copy).unwrap();
            assert!(!region.disables(on, at.cell).unwrap());
            assert_eq!((held.word, held.bit), (word, bit), "a cell holds what lies in it");
            let check = if let Holds::Check(check) = held.holds { Some(check) } else { None };
            let weight = weight_at.get(&(word, bit)).copied().filter(|_| check.is_none());
            assert_eq!(weight.is_some(), matches!(held.holds, Holds::Weight(_)));
            cells.push(CellOfWord { weight, check, cell: at.cell });
        }
        all.push(cells);
    }
    all
}

/// Whether a cell that stores this reads wrong: reads that are not drawn.
fn fails(map: &HashMap<u64, [f32; 2]>, cell: u64, is_one: bool, which: Which) -> bool {
    let p = map.get(&cell).map_or(0.0, |flip| flip[usize::from(is_one)]);
    match which {
        Which::Worst => p > 0.0,
        Which::Persistent => p >= 0.9,
        Which::Sampled => unreachable!("drawn"),
    }
}

fn naive(
    memory: &Memory,
    image: &WeightImage,
    map: &FaultMap,
    offset: u64,
    code: Option<&WordCode>,
    which: Which,
) -> Naive {
    let flips: HashMap<u64, [f32; 2]> =
        map.faults().iter().map(|fault| (fault.cell, [fault.flip.p01(), fault.flip.p10()])).collect();
    let policy = memory.regions()[0].description().on_detected;
    let mut found = Naive::default();
    let mut zero = Vec::new();
    for word in words(memory, OnChip { geometry: map.geometry(), map: Some(map), offset }) {
        let of_image = |weight: Option<u64>| weight.is_some_and(|bit| image.bits().get(bit));
        // Data bits in their order in the word, by position.
        let data: Vec<bool> =
            word.iter().filter(|cell| cell.check.is_none()).map(|cell| of_image(cell.weight)).collect();
        let checks = code.map_or(0, |code| {
            let mut limbs = vec![0u64; data.len().div_ceil(64).max(1)];
            data.iter()
                .enumerate()
                .for_each(|(bit, &is_one)| limbs[bit / 64] |= u64::from(is_one) << (bit % 64));
            code.encode(&limbs)
        });
        let stored: Vec<bool> = word
            .iter()
            .map(|cell| cell.check.map_or_else(|| of_image(cell.weight), |check| checks >> check & 1 == 1))
            .collect();
        let mut read: Vec<bool> = word
            .iter()
            .zip(&stored)
            .map(|(cell, &is_one)| is_one ^ fails(&flips, cell.cell, is_one, which))
            .collect();
        let wrong = read.iter().zip(&stored).filter(|(read, stored)| read != stored).count();
        found.raw += wrong as u64;
        let mut dropped = false;
        if let Some(code) = code {
            let ones: Vec<u32> = (0..).zip(&read).filter(|(_, is_one)| **is_one).map(|(at, _)| at).collect();
            let correction = code.decode(code.syndrome(&ones));
            match correction {
                Correction::Nothing => found.words.undetected += u64::from(wrong > 0),
                Correction::GiveUp => {
                    found.words.detected += 1;
                    match policy {
                        OnDetected::Keep => {}
                        OnDetected::Reread => {
                            dropped = true;
                            found.reread += 1;
                        }
                        _ => zero.extend(word.iter().filter_map(|cell| cell.weight)),
                    }
                }
                Correction::One(_) | Correction::Two(..) => {
                    if let Correction::One(a) | Correction::Two(a, _) = correction {
                        read[a as usize] ^= true;
                    }
                    if let Correction::Two(_, b) = correction {
                        read[b as usize] ^= true;
                    }
                    if read == stored { found.words.corrected += 1 } else { found.words.miscorrected += 1 }
                }
            }
        }
        if !dropped {
            let wrong =
                word.iter().zip(read.iter().zip(&stored)).filter(|(_, (read, stored))| read != stored);
            found.errors.extend(wrong.filter_map(|(cell, _)| cell.weight));
        }
    }
    make_zero(image, &zero, &mut found.errors);
    found.errors.sort_unstable();
    found
}

/// The weights of these bits read as 0.
fn make_zero(image: &WeightImage, bits: &[u64], errors: &mut Vec<u64>) {
    let zeros = image.zeros();
    for &bit in bits {
        let at = image.layout().weight_bit(bit).unwrap();
        let first = bit - u64::from(at.bit);
        let width = image.layout().width(at.tensor).bits();
        errors.retain(|error| !(first..first + u64::from(width)).contains(error));
        let flips = image.code(at.tensor, at.element) ^ zeros[at.tensor].code;
        errors.extend((0..width).filter(|bit| flips >> bit & 1 == 1).map(|bit| first + u64::from(bit)));
    }
}

fn scene() -> impl Strategy<Value = (String, String, &'static str, &'static str)> {
    let layouts = [
        "linear",
        "bit-plane",
        "tile:4x3",
        "permute:5",
        "padded:19",
        "column-mux:2",
        "interleave:2",
        "permute:9+bit-plane+interleave:2+column-mux:3",
        "tile:2x2+padded:8",
    ];
    let codes =
        ["", "parity:8", "hamming:16", "secded:8", "secded:32", "secded:64", "dected:64", "parity-zero"];
    (
        prop::sample::select(layouts.to_vec()).prop_map(str::to_owned),
        prop::sample::select(codes.to_vec()).prop_map(str::to_owned),
        prop::sample::select(vec!["keep", "zero-word", "zero-weights", "reread"]),
        prop::sample::select(vec!["copies", "restart-per-tensor"]),
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn reads_are_those_of_a_memory_simulated_word_by_word(
        (layout, code, policy, outgrown) in scene(),
        schemes in schemes(),
        (seed, often, offset, spare) in (any::<u64>(), 1u64..80, 0u64..2000, 0u64..3),
        (disable_from, disable_line) in (0u32..4, 1u32..4),
        which in prop::sample::select(vec![Which::Worst, Which::Persistent]),
    ) {
        let keys = [("layout", &*layout), ("outgrown", outgrown), ("code", &*code), ("on_detected", policy)];
        let has_policy = !code.is_empty() && code != "parity-zero";
        let typed = keys.iter().filter(|(key, value)| !value.is_empty() && (*key != "on_detected" || has_policy));
        let mut keys: String = typed.map(|(key, value)| format!("{key} = \"{value}\"\n")).collect();
        if disable_from > 0 {
            keys = format!("{keys}disable_from = {disable_from}\ndisable_line = {disable_line}\n");
        }
        let (memory, image) = stored(&region(&keys), &tensors(), &schemes);
        let geometry = Geometry::new(2, 2 + spare, 250 + seed % 7).unwrap();
        let map = chip(geometry, seed, often);
        let model = ReadModel { which, seed: 3 };
        let read = match memory.read(&image, &[Cells::Chip { map: &map, offset }], model, 0) {
            Err(MemoryError::NoWords { .. }) => return Ok(()),
            read => read.unwrap(),
        };
        let word_code = match code.as_str() {
            "" => None,
            "parity-zero" => Some(WordCode::named("parity:8").unwrap()),
            code => Some(WordCode::named(code).unwrap()),
        };
        let expected = naive(&memory, &image, &map, offset, word_code.as_ref(), which);
        prop_assert!(read.errors.iter().all(|(_, kind)| kind == FaultKind::Inverts));
        let found = Naive {
            errors: read.errors.iter().map(|(bit, _)| bit).collect(),
            raw: read.counts().raw_bit_errors,
            words: read.counts().words,
            reread: read.regions[0].reread_words,
        };
        prop_assert_eq!(found, expected);
    }
}
