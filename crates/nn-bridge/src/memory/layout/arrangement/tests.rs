//! The laws of all arrangements, and two of them as pictures.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sram_model::FlipProbability;

use super::super::spec::LayoutSpec;
use super::*;

fn kind(text: &str) -> ArrangementKind {
    text.parse::<LayoutSpec>().unwrap().arrangement
}

fn geometry(text: &str) -> Geometry {
    text.parse().unwrap()
}

fn fault(cell: u64) -> CellFault {
    CellFault { cell, flip: FlipProbability::ALWAYS_0TO1 }
}

/// Any that can be, with its geometry and banks.
fn arrangements() -> impl Strategy<Value = (Arrangement, Geometry, Range<u32>)> {
    let kinds = prop_oneof![
        Just("linear".to_owned()),
        (1u32..4, 1u32..4).prop_map(|(i, k)| format!("interleave:{i}+column-mux:{k}")),
    ];
    let sizes = (1u64..8, 1u64..5, 1u64..20, 1u32..9);
    (kinds, sizes, 0u32..8, 1u32..8, 0u64..2000).prop_filter_map(
        "words fit",
        |(text, (banks, rows, columns, word_bits), first, number, offset)| {
            let geometry = Geometry::new(banks, rows, columns).ok()?;
            let banks = first..first + number;
            let made = Arrangement::new(kind(&text), geometry, banks.clone(), word_bits, offset).ok()?;
            Some((made, geometry, banks))
        },
    )
}

proptest! {
    #[test]
    fn every_arrangement_is_given_both_ways((arrangement, geometry, banks) in arrangements()) {
        let (capacity, per_bank) = (arrangement.capacity(), geometry.cells_per_bank());
        let mut holds = BTreeMap::new();
        for bit in 0..3 * capacity {
            let (copy, cell) = arrangement.cell(bit);
            prop_assert_eq!(copy, bit / capacity);
            prop_assert!(banks.contains(&((cell / per_bank) as u32)));
            prop_assert_eq!(holds.insert((copy, cell), bit), None, "two bits in cell {}", cell);
        }
        for cell in 0..geometry.cells() + 3 {
            for copy in 0..3 {
                let bit = arrangement.memory_bit(cell).map(|bit| bit + copy * capacity);
                prop_assert_eq!(bit, holds.get(&(copy, cell)).copied());
            }
        }
    }

    #[test]
    fn hits_are_all_bits_in_faulty_cells(
        (arrangement, geometry, _) in arrangements(),
        faulty in prop::collection::vec(any::<bool>(), 700),
        every: bool,
        len in 0.0f64..3.2,
    ) {
        let len_bits = (len * arrangement.capacity() as f64) as u64;
        let is_faulty = |cell: u64| every || faulty[cell as usize % 700];
        let faults: Vec<_> = (0..geometry.cells()).filter(|&cell| is_faulty(cell)).map(fault).collect();
        let expected: Vec<_> = (0..len_bits)
            .map(|bit| (bit, arrangement.cell(bit).1))
            .filter(|&(_, cell)| is_faulty(cell))
            .collect();
        let mut hits: Vec<_> = arrangement.hits(&faults, len_bits).map(|(bit, fault)| (bit, fault.cell)).collect();
        if !matches!(arrangement.kind, Cells::Linear(_)) {
            hits.sort_unstable();
        }
        prop_assert_eq!(hits, expected);
    }

    #[test]
    fn linear_goes_on_cell_by_cell(size in (1u64..4, 1u64..5, 1u64..9), offset in 0u64..300, len in 0u64..400, word_bits in 1u32..99) {
        let geometry = Geometry::new(size.0, size.1, size.2).unwrap();
        let all = 0..geometry.banks();
        let linear = Arrangement::new(ArrangementKind::Linear, geometry, all, word_bits, offset).unwrap();
        for bit in 0..len {
            prop_assert_eq!(linear.cell(bit), (bit / geometry.cells(), (offset + bit) % geometry.cells()));
        }
        let faults: Vec<_> = (0..geometry.cells()).filter(|cell| cell % 3 != 1).map(fault).collect();
        // Bit after bit, whatever lies in its cell.
        let of_bit = |bit: u64| {
            let cell = (offset + bit) % geometry.cells();
            faults.iter().find(|fault| fault.cell == cell).map(|fault| (bit, *fault))
        };
        prop_assert!(linear.hits(&faults, len).eq((0..len).filter_map(of_bit)));
    }
}

/// Each cell of 2 banks x 2 rows x 8 columns with word and bit that lie there: word 10's bit 2 is `a2`.
fn picture(text: &str, word_bits: u32, offset: u64) -> String {
    let geometry = geometry("2x2x8");
    let arrangement = Arrangement::new(kind(text), geometry, 0..2, word_bits, offset).unwrap();
    let name = |cell| match arrangement.memory_bit(cell) {
        Some(bit) => format!("{:x}{}", bit / u64::from(word_bits), bit % u64::from(word_bits)),
        None => "--".to_owned(),
    };
    let row = |row: u64| (0..8).map(|column| name(row * 8 + column)).collect::<Vec<_>>().join(" ");
    (0..4).map(row).collect::<Vec<_>>().join("\n")
}

#[test]
fn words_in_rows_as_pictures() {
    // Bank 0's two rows, then bank 1's. Words of 3 bits leave two columns over.
    let in_rows = "00 01 02 10 11 12 -- --\n\
                   20 21 22 30 31 32 -- --\n\
                   40 41 42 50 51 52 -- --\n\
                   60 61 62 70 71 72 -- --";
    let column_mux = "00 10 01 11 02 12 -- --\n\
                      20 30 21 31 22 32 -- --\n\
                      40 50 41 51 42 52 -- --\n\
                      60 70 61 71 62 72 -- --";
    let interleave = "00 01 02 20 21 22 -- --\n\
                      40 41 42 60 61 62 -- --\n\
                      10 11 12 30 31 32 -- --\n\
                      50 51 52 70 71 72 -- --";
    let both = "00 20 01 21 02 22 -- --\n\
                40 60 41 61 42 62 -- --\n\
                10 30 11 31 12 32 -- --\n\
                50 70 51 71 52 72 -- --";
    let pictures = [
        ("column-mux:1", in_rows),
        ("column-mux:2", column_mux),
        ("interleave:2", interleave),
        ("interleave:2+column-mux:2", both),
    ];
    for (text, expected) in pictures {
        assert_eq!(picture(text, 3, 0), expected, "{text}");
    }
    // Two groups of two words a row, and no column over.
    let two_groups = "00 10 01 11 20 30 21 31\n\
                      40 50 41 51 60 70 61 71\n\
                      80 90 81 91 a0 b0 a1 b1\n\
                      c0 d0 c1 d1 e0 f0 e1 f1";
    assert_eq!(picture("column-mux:2", 2, 0), two_groups);
    let linear = "00 01 02 10 11 12 20 21\n\
                  22 30 31 32 40 41 42 50\n\
                  51 52 60 61 62 70 71 72\n\
                  80 81 82 90 91 92 a0 a1";
    assert_eq!(picture("linear", 3, 0), linear);
}

#[test]
fn the_offset_selects_the_first_word() {
    // Cell 3 is in the second word, cell 6 in no word: the next that one uses is cell 8.
    let from_second = "70 71 72 00 01 02 -- --\n\
                       10 11 12 20 21 22 -- --\n\
                       30 31 32 40 41 42 -- --\n\
                       50 51 52 60 61 62 -- --";
    for offset in [3, 4, 5, 32 + 3] {
        assert_eq!(picture("column-mux:1", 3, offset), from_second);
    }
    for offset in [6, 7, 8] {
        assert!(picture("interleave:2", 3, offset).lines().nth(1).unwrap().starts_with("00 01 02"));
    }
    // After the last row comes the first.
    assert_eq!(picture("interleave:2", 3, 31), picture("interleave:2", 3, 0));
}

#[test]
fn a_region_is_some_banks() {
    let geometry = geometry("4x2x8");
    let region = Arrangement::new(kind("linear"), geometry, 1..3, 8, 5).unwrap();
    assert_eq!(
        (region.capacity(), region.cell(0), region.cell(27), region.cell(32)),
        (32, (0, 21), (0, 16), (1, 21))
    );
    assert_eq!(
        [15, 16, 21, 47, 48].map(|cell| region.memory_bit(cell)),
        [None, Some(27), Some(0), Some(26), None]
    );
    let faults: Vec<_> = (0..64).map(fault).collect();
    assert_eq!(region.hits(&faults, 64).count(), 64);
}

#[test]
fn what_does_not_fit_is_refused() {
    let geometry = geometry("6x2x32");
    let refused = |text: &str, banks: Range<u32>, word_bits| {
        Arrangement::new(kind(text), geometry, banks, word_bits, 0).unwrap_err()
    };
    for banks in [0..7, 3..3, Range { start: 4, end: 3 }, 6..7] {
        let (start, end) = (banks.start, banks.end);
        assert_eq!(refused("linear", banks, 8), LayoutError::Banks { start, end, banks: 6 });
    }
    assert_eq!(refused("linear", 0..6, 0), LayoutError::WordBits);
    assert_eq!(refused("interleave:4", 0..6, 8), LayoutError::Interleave { interleave: 4, banks: 6 });
    assert!(refused("column-mux:5", 0..6, 8).to_string().contains("at most 4"));
    assert!(refused("interleave:2", 0..6, 33).to_string().contains("not even one word fits"));
    assert!(refused("column-mux:4294967295", 0..6, u32::MAX).to_string().contains("not even one word fits"));
    assert!(Arrangement::new(kind("column-mux:4"), geometry, 0..6, 8, u64::MAX).is_ok());
}
