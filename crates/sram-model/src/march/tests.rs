use super::*;
use crate::geometry::Geometry;

fn map(flips: impl Iterator<Item = (f32, f32)>) -> FaultMap {
    let faults = flips
        .zip(0..)
        .map(|((p01, p10), cell)| CellFault { cell, flip: FlipProbability::new(p01, p10).unwrap() });
    FaultMap::from_sorted(Geometry::new(1, 1000, 100).unwrap(), "0.8 V".parse().unwrap(), faults.collect())
}

#[test]
fn known_tests_have_their_published_lengths() {
    // Operations, and reads of 0 and of 1, of each cell.
    let known = [
        ("MATS", 4, [1, 1]),
        ("MATS+", 5, [1, 1]),
        ("MATS++", 6, [2, 1]),
        ("March X", 6, [2, 1]),
        ("March Y", 8, [3, 2]),
        ("March C-", 10, [3, 2]),
        ("March C", 11, [4, 2]),
        ("PMOVI", 13, [4, 4]),
        ("March LR", 14, [4, 3]),
        ("March SR", 14, [4, 4]),
        ("March A", 15, [2, 2]),
        ("March B", 17, [3, 3]),
        ("March-SS", 22, [7, 6]),
        ("March RAW", 26, [9, 8]),
    ];
    assert_eq!(known.len(), NAMED_MARCHES.len());
    for (name, operations, reads) in known {
        let march: March = name.parse().unwrap();
        assert_eq!((march.operations(), march.reads()), (operations, reads), "{name}");
        assert_eq!(march.to_string().parse(), Ok(march));
    }
}

fn named() -> impl Iterator<Item = (&'static str, March)> {
    NAMED_MARCHES.iter().map(|named| (named.name, named.name.parse().unwrap()))
}

/// The sweeps of a test: order and operations.
fn sweeps(march: &March) -> impl Iterator<Item = (Order, &[Operation])> {
    march.elements.iter().filter_map(|element| match element {
        Element::Sweep { order, operations } => Some((*order, &operations[..])),
        Element::Delay => None,
    })
}

#[test]
fn a_memory_without_faults_passes_in_any_order_of_cells() {
    for (name, march) in named() {
        for seed in 0..50u64 {
            let mut cells = [None; 5];
            for (number, (_, operations)) in sweeps(&march).enumerate() {
                // Cells in an order of their own for each sweep.
                let mut order: Vec<usize> = (0..cells.len()).collect();
                order.sort_by_key(|&cell| {
                    (cell as u64 + 7 * number as u64 + 31 * seed).wrapping_mul(0x9e37_79b9_7f4a_7c15)
                });
                for cell in order {
                    for operation in operations {
                        match *operation {
                            Operation::Write(value) => cells[cell] = Some(value),
                            Operation::Read(value) => assert_eq!(cells[cell], Some(value), "{name}"),
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn all_but_mats_and_mats_plus_see_both_changes_of_a_cell() {
    // Van de Goor 1991: a transition fault is found if a cell is read after it changed and before it is written again.
    let sees = |march: &March, to: bool| {
        let all: Vec<Operation> = sweeps(march).flat_map(|(_, operations)| operations).copied().collect();
        let (mut held, mut changed) = (None, false);
        all.iter().any(|&operation| match operation {
            Operation::Write(value) => {
                changed = value == to && held == Some(!to);
                held = Some(value);
                false
            }
            Operation::Read(value) => changed && value == to,
        })
    };
    for (name, march) in named() {
        assert!(sees(&march, true), "{name}");
        assert_eq!(sees(&march, false), !["mats", "mats+"].contains(&name), "{name}");
    }
}

#[test]
fn all_but_mats_and_march_sr_meet_the_condition_for_address_faults() {
    // Van de Goor 1991: a sweep up that reads x and leaves the other value, and one down the other way round.
    let has = |march: &March, order: Order, x: bool| {
        sweeps(march).any(|(of, operations)| {
            let last = operations.iter().rev().find(|operation| matches!(operation, Operation::Write(_)));
            of == order && operations[0] == Operation::Read(x) && last == Some(&Operation::Write(!x))
        })
    };
    for (name, march) in named() {
        let met = [false, true].iter().any(|&x| has(&march, Order::Up, x) && has(&march, Order::Down, !x));
        assert_eq!(met, !["mats", "march-sr"].contains(&name), "{name}");
    }
}

#[test]
fn names_are_read_as_people_write_them_and_c_is_not_c_minus() {
    let is = |one: &str, other: &str| assert_eq!(one.parse::<March>(), other.parse::<March>(), "{one}");
    for text in ["March C-", "MarchC-", "MARCH_C-", "march c−", " March C– "] {
        is(text, "march-c-");
    }
    assert_ne!("march-c".parse::<March>(), "march-c-".parse::<March>());
    is("MATS ++", "mats++");
    is("March-LR", "marchlr");
}

#[test]
fn delays_are_kept_and_change_nothing() {
    let with: March = "any(w0); Del; up(r0,w1); delay; down(r1,w0) DEL; any(r0)".parse().unwrap();
    assert_eq!(with.to_string(), "{⇕(w0); Del; ⇑(r0,w1); Del; ⇓(r1,w0); Del; ⇕(r0)}");
    assert_eq!(with.to_string().parse(), Ok(with.clone()));
    let without: March = "march-x".parse().unwrap();
    assert_eq!((with.operations(), with.delays(), without.delays()), (6, 3, 0));
    let weak = map((0..500).map(|_| (0.3, 0.4)));
    assert_eq!(with.run(&weak, 3, 5), without.run(&weak, 3, 5));
    for text in ["Del", "any(w0) Dell; any(r0)", "Del any(w0); any(r0)", "any(w0); any(r0)Del)"] {
        assert!(text.parse::<March>().is_err(), "{text}");
    }
    // Each counts for the length of a test, so that the longest can be read as it is written.
    let of = |delays: usize| format!("(w0);(r0);{}", "Del;".repeat(delays));
    let longest: March = of(998).parse().unwrap();
    assert_eq!(longest.to_string().parse(), Ok(longest));
    assert!(
        of(999).parse::<March>().unwrap_err().to_string().contains("1001 operations on each cell and delays")
    );
}

#[test]
fn tests_can_be_written_without_arrows() {
    let plain: March = "any(w0);up(r0,w1); down( r1 , w0 );".parse().unwrap();
    assert_eq!(plain, "mats+".parse().unwrap());
}

#[test]
fn what_is_no_test_is_refused_by_the_part_that_is_wrong() {
    for (text, wrong) in [
        ("", "nothing"),
        ("march-x9", "march-x9"),
        ("⇑(w0); sideways(r0)", "sideways(r0)"),
        ("⇑(w0", "⇑(w0"),
        ("⇑(w2)", "⇑(w2)"),
        ("⇑(w0,w1)", "no element reads"),
        ("⇑()", "⇑()"),
        ("⇑(r0)", "nothing yet"),
        ("⇑(w0,w1); ⇓(r0)", "element 2 reads 0, but the cells hold 1"),
    ] {
        let error = text.parse::<March>().unwrap_err().to_string();
        assert!(error.contains(wrong), "{text}: {error}");
    }
}

#[test]
fn a_test_has_a_length() {
    let of = |operations: usize| format!("any(w0); any(r0{})", ",r0".repeat(operations - 2));
    assert_eq!(of(1_000).parse::<March>().unwrap().operations(), 1_000);
    let error = of(1_001).parse::<March>().unwrap_err().to_string();
    assert!(error.contains("1001 operations") && error.contains("at most 1000"), "{error}");
    let error = of(6_000).parse::<March>().unwrap_err().to_string();
    assert!(error.contains("bytes of notation") && error.contains("at most 16384"), "{error}");
    // The longest that is taken can be read as it is written, with arrows and blanks that need not be typed.
    let longest: March = format!("(w0);{}", "(r0);".repeat(999)).parse().unwrap();
    assert_eq!(longest.to_string().len(), 9_000);
    assert_eq!(longest.to_string().parse(), Ok(longest));
    // What is wrong is shown, not pages of it.
    let error = format!("⇕(w0); {}", "⇕".repeat(1_000)).parse::<March>().unwrap_err().to_string();
    assert!(error.contains('…') && error.chars().count() < 600, "{error}");
}

#[test]
fn a_million_reads_of_a_cell_are_counted_as_a_few() {
    let march: March = "any(w0); up(r0,w1)".parse().unwrap();
    let result = march.run(&map((0..2_000).map(|_| (0.25, 0.0))), 1_000_000, 7);
    let mean = result.counts.failed_reads as f64 / 2_000.0 / 1e6;
    assert!((mean - 0.25).abs() < 4.0 * (0.25 * 0.75 / 2e9f64).sqrt(), "{mean}");
    assert_eq!(result.counts.found, 2_000);
}

#[test]
fn a_cell_is_found_with_one_less_the_probability_that_every_read_passes() {
    let march: March = "mats+".parse().unwrap();
    for (q, reads) in [(0.5f32, 1), (0.1, 4), (0.02, 30)] {
        let result = march.run(&map((0..40_000).map(|_| (q, 0.0))), reads, 7);
        let expected = 1.0 - (1.0 - f64::from(q)).powi(reads as i32);
        let found = result.counts.found as f64 / 40_000.0;
        assert!(
            (found - expected).abs() < 4.0 * (expected * (1.0 - expected) / 40_000.0).sqrt(),
            "{q}: {found}"
        );
        assert!((result.counts.expected / 40_000.0 - expected).abs() < 1e-6);
        // The probabilities that are logged are right on the mean.
        let mean = result.found.iter().map(|fault| f64::from(fault.flip.p01())).sum::<f64>() / 40_000.0;
        assert!((mean - f64::from(q)).abs() < 4.0 * (f64::from(q) / 40_000.0 / f64::from(reads)).sqrt());
    }
}

#[test]
fn stuck_cells_are_given_back_as_they_are() {
    let stuck = map((0..500).map(|cell| {
        if cell % 3 == 0 {
            (1.0, 0.0)
        } else if cell % 3 == 1 {
            (0.0, 1.0)
        } else {
            (1.0, 1.0)
        }
    }));
    for (name, march) in named() {
        let result = march.run(&stuck, 1, 0);
        assert_eq!(result.found, stuck.faults(), "{name}");
    }
    // A test that never reads a one misses the cells that lose it.
    let blind: March = "any(w0); any(r0)".parse().unwrap();
    assert_eq!(blind.run(&stuck, 5, 0).counts.missed_persistent, 167);
}

#[test]
fn what_is_found_does_not_depend_on_other_cells() {
    let march: March = "march-c-".parse().unwrap();
    let (all, few) = (map((0..1000).map(|_| (0.2, 0.3))), map((0..10).map(|_| (0.2, 0.3))));
    let found = march.run(&all, 2, 3).found;
    assert!(found.iter().filter(|fault| fault.cell < 10).eq(march.run(&few, 2, 3).found.iter()));
}
