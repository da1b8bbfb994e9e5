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
    // Operations and reads of 0 and 1 for each cell: 5n, 10n and 22n.
    for (name, operations, reads) in
        [("MATS+", 5, [1, 1]), ("March C-", 10, [3, 2]), ("March-SS", 22, [7, 6])]
    {
        let march: March = name.parse().unwrap();
        assert_eq!((march.operations(), march.reads()), (operations, reads), "{name}");
        assert_eq!(march.to_string().parse(), Ok(march));
    }
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
    assert!(error.contains('…') && error.chars().count() < 500, "{error}");
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
    for name in ["mats+", "march-c-", "march-ss"] {
        let result = name.parse::<March>().unwrap().run(&stuck, 1, 0);
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
