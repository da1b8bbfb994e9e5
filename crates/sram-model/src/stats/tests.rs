use flip_core::{PersistentErrors, Rate, SparseMask};

use super::*;
use crate::fault::{CellFault, FlipProbability};
use crate::geometry::{CellAddress, Floorplan, Geometry};
use crate::voltage::{Voltage, VoltageUnit};

fn map(geometry: Geometry, cells: impl IntoIterator<Item = u64>) -> FaultMap {
    let mut cells: Vec<u64> = cells.into_iter().collect();
    cells.sort_unstable();
    cells.dedup();
    let fault = |cell| CellFault { cell, flip: FlipProbability::ALWAYS_1TO0 };
    FaultMap::from_sorted(
        geometry,
        VoltageUnit::Volt.of(Voltage::new(0.8).unwrap()),
        cells.into_iter().map(fault).collect(),
    )
}

/// Independent faulty cells.
fn independent(geometry: Geometry, p: f64, seed: u64) -> FaultMap {
    let zeros = vec![0u8; geometry.cells() as usize / 8];
    let mask = PersistentErrors::new(seed).mask(Rate::new(p).unwrap(), 0, geometry.cells());
    let errors: SparseMask = mask.bit_errors(flip_core::Bits::new(&zeros)).unwrap();
    map(geometry, errors.iter().map(|(cell, _)| cell))
}

#[test]
fn independent_cells_have_the_statistics_of_independent_cells() {
    let geometry = Geometry::new(64, 256, 128).unwrap();
    let p = 0.02;
    let stats = MapStatistics::of(&independent(geometry, p, 5));
    for spread in stats.spreads {
        let dispersion = spread.dispersion.unwrap();
        // The variance of independent cells is 1 − p of their mean; the spread of the estimate is √(2/units).
        let tolerance = 5.0 * (2.0 / spread.units as f64).sqrt();
        assert!((dispersion - (1.0 - p)).abs() < tolerance, "{spread:?}");
    }
    for neighbour in stats.neighbours {
        let (low, high) = neighbour.faulty.interval(0.9999);
        assert!(low < p && p < high, "{neighbour:?}");
    }
    for words in stats.words {
        for (found, expected) in words.found.into_iter().zip(words.independent) {
            assert!((found as f64 - expected).abs() < 5.0 * expected.sqrt().max(1.0), "{words:?}");
        }
        assert_eq!(words.found.iter().sum::<u64>(), geometry.cells() / u64::from(words.bits));
        let total: f64 = words.independent.iter().sum();
        assert!((total / (geometry.cells() as f64 / f64::from(words.bits)) - 1.0).abs() < 1e-9);
    }
    assert!(stats.row_bits.iter().all(|bit| !bit.selects(stats.row_bits.len())), "{:?}", stats.row_bits);
    assert_eq!(stats.spreads[3].unit, Unit::PhysicalColumn { mux: 1 });
}

#[test]
fn a_column_select_is_found_and_makes_physical_columns() {
    let geometry = Geometry::new(8, 64, 16).unwrap();
    // In each array three physical columns fail at every second row, at even or odd ones.
    let cells = (0..8u32).flat_map(|bank| {
        (0..3u32).flat_map(move |k| {
            (0..32).map(move |i| CellAddress { bank, row: 2 * i + (bank + k) % 2, column: 5 * k + bank % 3 })
        })
    });
    let stats = MapStatistics::of(&map(geometry, cells.map(|at| geometry.cell(at).unwrap())));
    assert!(
        stats.row_bits[0].selects(6) && stats.row_bits[0].agreeing == stats.row_bits[0].pairs,
        "{:?}",
        stats.row_bits
    );
    assert!(stats.row_bits[1..].iter().all(|bit| !bit.selects(6)), "{:?}", stats.row_bits);
    let physical = stats.spreads[3];
    assert_eq!((physical.unit, physical.units), (Unit::PhysicalColumn { mux: 2 }, 256));
    assert_eq!(physical.units_hit, 24);
    // The worst 3 of 256 physical columns have 32 of 768 faults each.
    assert_eq!(physical.top_1_percent, Some(3.0 / 24.0));
    let share = |place| {
        let found = stats.neighbours.iter().find(|neighbour| neighbour.neighbour == place);
        found.unwrap().faulty.share().unwrap()
    };
    assert_eq!((share(Neighbour::Above), share(Neighbour::TwoAbove)), (0.0, 1.0));
}

#[test]
fn neighbours_are_counted_within_their_array_only() {
    // Two arrays of 2 × 3: the last cell of the first and the first of the second are no neighbours.
    let geometry = Geometry::new(2, 2, 3).unwrap();
    let stats = MapStatistics::of(&map(geometry, [1, 2, 5, 6]));
    let count = |place| {
        let found = stats.neighbours.iter().find(|neighbour| neighbour.neighbour == place).unwrap();
        (found.faulty.count, found.faulty.trials)
    };
    // Below faulty cells 1, 2 and 6 lie 4, 5 and 9, of which 5 is faulty; below 5 lies nothing.
    assert_eq!(count(Neighbour::Above), (1, 3));
    assert_eq!(count(Neighbour::Below), (1, 1));
    assert_eq!(count(Neighbour::Left), (1, 2));
    assert_eq!(count(Neighbour::Right), (1, 3));
    assert_eq!(count(Neighbour::TwoAbove), (0, 0));
}

#[test]
fn inclusion_counts_the_cells_that_recover() {
    let geometry = Geometry::new(1, 4, 4).unwrap();
    let inclusion = Inclusion::between(&map(geometry, [1, 2, 9]), &map(geometry, [2, 3, 9, 11]));
    assert_eq!(inclusion, Inclusion { kept: Proportion { count: 2, trials: 3 }, new: 2 });
}

#[test]
fn shares_that_do_not_change_have_no_law() {
    let share = Proportion { count: 123_457, trials: 16_777_216 };
    let at = |voltages: &[f64]| -> Vec<(f64, Proportion)> { voltages.iter().map(|&v| (v, share)).collect() };
    for voltages in [&[0.6, 0.59, 0.57][..], &[0.61, 0.6, 0.59, 0.58, 0.55, 0.531]] {
        assert_eq!(fit_probit(&at(voltages)), None, "{voltages:?}");
    }
}

#[test]
fn a_normal_law_is_found_again() {
    let law = ProbitFit { mean: 0.48, deviation: 0.025, worst_residual: 0.0 };
    let trials = 1u64 << 24;
    let point = |k: i32| {
        let voltage = 0.6 - 0.01 * f64::from(k);
        let count = (law.share(voltage) * trials as f64).round() as u64;
        (voltage, Proportion { count, trials })
    };
    let points: Vec<_> = (0..9).map(point).collect();
    let fit = fit_probit(&points).unwrap();
    assert!((fit.mean - law.mean).abs() < 1e-4 && (fit.deviation - law.deviation).abs() < 1e-4, "{fit:?}");
    assert!(fit.worst_residual < 1.0, "{fit:?}");
    assert_eq!(fit_probit(&points[..1]), None);
    let constant = [(0.5, points[8].1), (0.6, points[8].1)];
    assert_eq!(fit_probit(&constant), None);
}

#[test]
fn a_clean_chip_has_statistics_too() {
    let stats = MapStatistics::of(&map(Geometry::new(3, 5, 7).unwrap(), []));
    assert_eq!(stats.faulty.share(), Some(0.0));
    assert_eq!(stats.persistent.share(), None);
    assert!(stats.spreads.iter().all(|spread| spread.dispersion.is_none() && spread.top_1_percent.is_none()));
    assert_eq!(stats.words[3].found, [1, 0, 0, 0]);
}

#[test]
fn equal_chips_are_equal_and_others_are_told_apart() {
    let geometry = Geometry::new(16, 64, 64).unwrap();
    let few = map(geometry, (0..geometry.cells()).step_by(97));
    let same = equality_tests(&few, &few);
    assert!(same.len() >= 6 && same.iter().all(|test| test.p_value > 0.99 && test.first == test.second));
    let more = map(geometry, (0..geometry.cells()).step_by(61));
    let mut tests = equality_tests(&few, &more);
    correct_for_many(tests.iter_mut());
    let of = |what| tests.iter().find(|test| test.what == what).unwrap();
    assert!(of("faulty cells").corrected < 1e-6 && of("faulty cells by bank").corrected < 1e-3);
    assert_eq!(of("faults from 0 to 1").corrected, 1.0);
}

#[test]
fn shares_are_compared_exactly() {
    // 3 of 8 against 4 of 54: SciPy's fisher_exact([[3, 5], [4, 50]]).
    let geometry = |rows| Geometry::new(1, rows, 1).unwrap();
    let tests = equality_tests(&map(geometry(8), 0..3), &map(geometry(54), 0..4));
    assert!((tests[0].p_value - 0.039_707_492).abs() < 1e-8, "{}", tests[0].p_value);
    // Few of very many: 2 of 2^39 cells against 12 of as many are as 2 against 12 throws of a coin.
    let geometry = Geometry::new(1 << 9, 1 << 20, 1 << 10).unwrap();
    let tests = equality_tests(&map(geometry, 0..2), &map(geometry, 0..12));
    let coin = 2.0 * (1.0 + 14.0 + 91.0) / f64::from(1 << 14);
    assert!((tests[0].p_value / coin - 1.0).abs() < 1e-6, "{}", tests[0].p_value);
}

#[test]
fn a_test_is_called_what_it_is() {
    // With 10,000 of the rarer kind together shares are compared exactly, with one more by the normal approximation.
    let geometry = Geometry::new(4, 100, 100).unwrap();
    let of = |first: u64, second: u64| {
        let tests = equality_tests(&map(geometry, 0..first), &map(geometry, 0..second));
        tests.iter().find(|test| test.what == "faulty cells").unwrap().clone()
    };
    let (exact, normal) = (of(4_900, 5_100), of(4_900, 5_101));
    assert_eq!((exact.method, normal.method), (EqualityMethod::FisherExact, EqualityMethod::TwoProportionZ));
    assert!((exact.p_value / normal.p_value - 1.0).abs() < 0.1, "{exact:?} {normal:?}");
    // What is rare are the good cells of a chip that nearly fails as a whole.
    assert_eq!(of(39_000, 39_100).method, EqualityMethod::FisherExact);
    assert_eq!(of(0, 0).p_value, 1.0);
    let names = equality_tests(&map(geometry, 0..900), &map(geometry, 0..900));
    let name = |what| names.iter().find(|test| test.what == what).unwrap().method.name();
    assert_eq!(name("faulty cells by physical column"), "Mann-Whitney");
    assert_eq!(name("flip probabilities"), "Kolmogorov-Smirnov");
}

#[test]
fn a_probability_too_small_for_a_double_is_zero_without_a_sign() {
    let geometry = Geometry::new(1, 200, 200).unwrap();
    let flips = |p: f32| {
        let flip = FlipProbability::new(p, 0.0).unwrap();
        let faults = (0..2_000).map(|cell| CellFault { cell, flip }).collect();
        FaultMap::from_sorted(geometry, VoltageUnit::Volt.of(Voltage::new(0.8).unwrap()), faults)
    };
    let tests = equality_tests(&flips(0.2), &flips(0.8));
    let found = tests.iter().find(|test| test.what == "flip probabilities").unwrap();
    assert!(found.p_value == 0.0 && found.p_value.is_sign_positive(), "{found:?}");
}

#[test]
fn many_tests_are_corrected_as_holm_did() {
    let test = |p_value| EqualityTest {
        what: "x",
        method: EqualityMethod::FisherExact,
        first: 0.0,
        second: 0.0,
        p_value,
        corrected: p_value,
    };
    let mut tests = [0.04, 0.01, 0.03, 0.005].map(test);
    correct_for_many(tests.iter_mut());
    for (test, expected) in tests.iter().zip([0.06, 0.03, 0.06, 0.02]) {
        assert!((test.corrected - expected).abs() < 1e-12, "{}", test.corrected);
    }
}

#[test]
fn halves_that_fail_apart_and_copies_are_found() {
    let geometry = Geometry::new(2, 64, 16).unwrap();
    let stats = |cells: Vec<u64>| MapStatistics::of(&map(geometry, cells)).halves;
    // Rows of the lower half only.
    let lower = stats((0..40).map(|k| k * 13).collect());
    assert!(lower.rows == [40, 0] && lower.rows_p_value < 1e-9 && !lower.is_doubled());
    // Every fault eight columns further again.
    let doubled = stats((0..60).flat_map(|row| [row * 16 + row % 8, row * 16 + row % 8 + 8]).collect());
    assert!(doubled.is_doubled() && doubled.equal_halves == [60, 60] && doubled.columns_p_value > 0.5);
}

#[test]
fn banks_that_fail_alike_beside_each_other_are_correlated() {
    let geometry = Geometry::new(100, 16, 16).unwrap();
    let plan = Floorplan::grid(100, 10);
    // More and more faults from the left to the right.
    let rising = map(geometry, (0..100u64).flat_map(|bank| (0..bank % 10 * 5).map(move |k| bank * 256 + k)));
    let found = Autocorrelation::of(geometry, rising.faults(), &plan).unwrap();
    assert_eq!((found.pairs, found.p_value), (180, 0.001));
    assert!(found.moran_i > 0.8);
    // A chess board.
    let board = map(geometry, (0..100u64).filter(|bank| (bank + bank / 10) % 2 == 0).map(|bank| bank * 256));
    let found = Autocorrelation::of(geometry, board.faults(), &plan).unwrap();
    assert!((found.moran_i + 1.0).abs() < 1e-9 && found.p_value > 0.99);
    assert_eq!(Autocorrelation::of(geometry, &[], &plan), None);
}

#[test]
fn distributions_of_flip_probabilities_are_compared() {
    let geometry = Geometry::new(1, 100, 10).unwrap();
    let flips = |of: &dyn Fn(u64) -> f32| {
        let faults =
            (0..60).map(|cell| CellFault { cell, flip: FlipProbability::new(of(cell), 0.0).unwrap() });
        FaultMap::from_sorted(geometry, VoltageUnit::Volt.of(Voltage::new(0.8).unwrap()), faults.collect())
    };
    // Even over 0..1 against even over 0.2..1: the greatest distance is 0.2 at 0.2, so λ = 0.2·√30 = 1.0954.
    let (even, shifted) =
        (flips(&|k| (k as f32 + 0.5) / 60.0), flips(&|k| 0.2 + 0.8 * (k as f32 + 0.5) / 60.0));
    let tests = equality_tests(&even, &shifted);
    let found = tests.iter().find(|test| test.what == "flip probabilities").unwrap();
    // SciPy: kstwobign.sf(1.0954451).
    assert!((found.p_value - 0.181_300).abs() < 1e-5, "{}", found.p_value);
    assert!((found.first - 0.508).abs() < 0.01 && (found.second - 0.607).abs() < 0.01);
}

#[test]
fn units_are_compared_by_their_ranks() {
    // SciPy: mannwhitneyu([0, 0, 0, 1, 2, 5], [0, 1, 3, 3, 4, 6, 7], method='asymptotic').
    let geometry = |banks| Geometry::new(banks, 10, 1).unwrap();
    let cells = |counts: &[u64]| -> Vec<u64> {
        counts.iter().enumerate().flat_map(|(bank, &n)| (0..n).map(move |k| bank as u64 * 10 + k)).collect()
    };
    let first = map(geometry(6), cells(&[0, 0, 0, 1, 2, 5]));
    let second = map(geometry(7), cells(&[0, 1, 3, 3, 4, 6, 7]));
    let tests = equality_tests(&first, &second);
    let found = tests.iter().find(|test| test.what == "faulty cells by bank").unwrap();
    assert!((found.p_value - 0.127_170_848_511_926_14).abs() < 1e-9, "{}", found.p_value);
}
