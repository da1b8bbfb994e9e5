//! Which regions can lie in the cells of a chip.

use nn_bridge::Scheme;
use nn_bridge::memory::{Cells, Description, Memory, MemoryError, OnChip, Outline};
use proptest::prelude::*;
use sram_model::{FaultMap, Geometry};

use crate::scene::{chip, region, stored, tensor};

/// Two tensors of 600 weights of 8 bits, each in a region with these keys.
fn two(first: &str, second: &str) -> Result<Memory, MemoryError> {
    let text = format!(
        "format = 1\n[[region]]\ntensors = [\"a\"]\n{first}\n[[region]]\ntensors = [\"b\"]\n{second}\n"
    );
    let outline = |name, shape| Outline { name, shape, stored_as: Scheme::normal(8).unwrap().into() };
    Memory::new(&Description::parse(&text).unwrap(), &[outline("a", &[600]), outline("b", &[600])])
}

/// 16 banks of 1,024 cells.
fn geometry() -> Geometry {
    Geometry::new(16, 16, 64).unwrap()
}

fn on(map: &FaultMap) -> [Cells<'_>; 2] {
    [Cells::Chip { map, offset: 0 }; 2]
}

fn shares(first: &str, second: &str) -> bool {
    let map = chip(geometry(), 5, 40);
    match two(first, second).unwrap().check_cells(&on(&map)) {
        Ok(()) => false,
        Err(MemoryError::SameCells { .. }) => true,
        Err(other) => panic!("{first} / {second}: {other}"),
    }
}

#[test]
fn regions_that_share_a_cell_are_refused() {
    for (first, second) in [
        ("banks = [0, 8]\noffset = 0", "banks = [1, 9]\noffset = 0"),
        (
            "banks = [0, 8]\noffset = 0\nlayout = \"interleave:4\"",
            "banks = [0, 8]\noffset = 0\nlayout = \"interleave:4\"",
        ),
        ("offset = 0", "offset = 4799"),
        // The first one goes on over copies of its bank.
        ("banks = [0, 1]\noffset = 0", "banks = [0, 1]\noffset = 100"),
        // Over the end of the banks.
        ("offset = 16380", "offset = 0"),
        ("offset = 0\ncode = \"secded:16\"\ndisable_from = 1", "offset = 6600"),
    ] {
        assert!(shares(first, second), "{first} / {second}");
        assert!(shares(second, first), "{second} / {first}");
    }
    for (first, second) in [
        ("", ""),
        ("banks = [0, 8]\noffset = 0", "banks = [8, 16]\noffset = 0"),
        ("offset = 0", "offset = 4800"),
        ("offset = 16380", "offset = 4796"),
        ("banks = [0, 1]\noffset = 0", "banks = [0, 1]\noffset = 4800"),
        ("banks = [0, 1]", "banks = [0, 1]"),
        ("offset = 0\nlayout = \"interleave:4\"", "offset = 8192\nlayout = \"interleave:4\""),
    ] {
        assert!(!shares(first, second), "{first} / {second}");
    }
}

proptest! {
    /// Of regions that are shorter than their banks: refused just if a cell is found that holds something of both.
    #[test]
    fn they_are_refused_just_if_a_cell_holds_both(
        keys in prop::array::uniform2((
            prop::sample::select(vec!["", "layout = \"interleave:2\"", "layout = \"column-mux:4\"\nword = 16", "disable_from = 3\nword = 32"]),
            0u64..16_384, (0u32..4).prop_map(|bank| 2 * bank), (4u32..=8).prop_map(|bank| 2 * bank),
        )),
        seed: u64,
    ) {
        let text = |(layout, offset, first, end): (&str, u64, u32, u32)| format!("{layout}\noffset = {offset}\nbanks = [{first}, {end}]");
        let map = chip(geometry(), seed, 20);
        let memory = two(&text(keys[0]), &text(keys[1])).unwrap();
        let fits = |number: usize| {
            let copies = memory.regions()[number].copies(OnChip { geometry: geometry(), map: Some(&map), offset: 0 });
            copies.unwrap() <= 1.0
        };
        prop_assume!(fits(0) && fits(1));
        // In the same banks and linear, they go on over copies if both together are longer.
        prop_assume!((keys[0].2, keys[0].3) != (keys[1].2, keys[1].3));
        let on_chip = OnChip { geometry: geometry(), map: Some(&map), offset: 0 };
        let holds = |number: usize, cell| !memory.regions()[number].held(&memory, on_chip, cell, 1).unwrap().is_empty();
        let both = (0..geometry().cells()).any(|cell| holds(0, cell) && holds(1, cell));
        prop_assert_eq!(memory.check_cells(&on(&map)).is_err(), both);
    }
}

#[test]
fn a_region_that_is_not_to_outgrow_its_cells_has_room_in_the_words_that_are_used() {
    let keys = "outgrown = \"refuse\"\nword = 64\ndisable_from = 1";
    let (memory, _) = stored(&region(keys), &[tensor("w", &[1600])], &[Scheme::normal(8).unwrap()]);
    for (often, has_room) in [(0, true), (2, false)] {
        let map = chip(geometry(), 5, often);
        let checked = memory.check_cells(&[Cells::Chip { map: &map, offset: 0 }]);
        match checked {
            Ok(()) => assert!(has_room),
            Err(MemoryError::Outgrown { bits, room, .. }) => {
                assert!(!has_room && bits == 12_800 && room < bits);
            }
            Err(other) => panic!("{other}"),
        }
    }
}

#[test]
fn nothing_follows_a_region_whose_end_is_not_known() {
    let refused = two("word = 16\ndisable_from = 1", "").unwrap_err();
    assert!(matches!(refused, MemoryError::Overlap { .. }), "{refused}");
    assert!(two("", "word = 16\ndisable_from = 1").is_ok());
}
